"""What a base is made of and whether it fits, told before it is loaded."""

from __future__ import annotations

import pytest
import torch

from pvchat.bases import sizes
from pvchat.bases.loading import load_base
from pvchat.bases.sizes import parameters_of
from pvchat.bases.sources import read_source
from pvchat.errors import SettingsError
from pvchat.runtime import has_matrix_units


def test_parameters_are_those_of_the_loaded_base(base) -> None:
    own = sum(p.numel() for n, p in base.model.named_parameters() if "mixer" not in n)
    assert parameters_of(base.source) == own


def test_it_is_told_before_anything_is_loaded(folder_of) -> None:
    told: list[str] = []
    base = load_base(read_source(str(folder_of("smolvlm"))), say=told.append)
    assert "parameters in" in told[0]
    assert "of memory" in told[0]
    assert base.model.dtype is torch.float32 or has_matrix_units()
    assert "of memory" not in sizes.size_of(read_source("hub:a/b"), "float32").summary
    assert parameters_of(read_source("hub:a/b")) is None


def test_what_does_not_fit_in_float32_is_loaded_in_bfloat16(folder_of, monkeypatch: pytest.MonkeyPatch) -> None:
    source = read_source(str(folder_of("llava_onevision")))
    wide, half = (sizes.size_of(source, dtype).memory for dtype in ("float32", "bfloat16"))
    monkeypatch.setattr("pvchat.bases.loading.best_dtype", lambda device: torch.float32)
    for room, dtype in ((wide, "float32"), ((wide + half) // 2, "bfloat16"), (half - 1, "float32")):
        monkeypatch.setattr(sizes, "_memory", lambda room=room: room)
        assert sizes.fitting_size(source, "float32").dtype == dtype
    monkeypatch.setattr(sizes, "_memory", lambda: (wide + half) // 2)
    assert load_base(source).model.dtype is torch.bfloat16
    with pytest.raises(SettingsError, match="in float32.*doesn.t fit|doesn.t fit.*in float32"):
        load_base(source, dtype=torch.float32)  # what was asked for isn't changed

"""What a base is made of and whether it fits, told before it is loaded."""

from __future__ import annotations

import pytest
import torch

from pvchat.bases import sizes
from pvchat.bases.loading import load_base
from pvchat.bases.prompts import BasePrompt, inputs_of
from pvchat.bases.seeing import _places
from pvchat.bases.sizes import FRAME_TOKENS, shape_of
from pvchat.bases.sources import read_source
from pvchat.errors import SettingsError
from pvchat.runtime import matrix_units


def test_a_shape_is_that_of_the_loaded_base(base, clip) -> None:
    """Parameters, layers, and the places that a frame takes in a prompt."""
    shape, model = shape_of(base.source), base.model
    assert shape.parameters == sum(p.numel() for n, p in model.named_parameters() if "mixer" not in n)
    config = model.config.get_text_config()
    assert shape.layers == config.num_hidden_layers
    assert (shape.groups, shape.head) == (config.num_key_value_heads, config.head_dim)
    if base.family.name == "Qwen3-VL":  # it sees frames at their own size, which isn't known before
        assert shape.tokens == FRAME_TOKENS
        return
    inputs = inputs_of(base, clip, BasePrompt("Who is there?"))
    places = int(_places(base, inputs["input_ids"]).sum())
    assert shape.tokens * len(clip.frames) <= places <= shape.tokens * len(clip.frames) + 1  # one may end the video


def test_it_is_told_before_anything_is_loaded(folder_of) -> None:
    told: list[str] = []
    base = load_base(read_source(str(folder_of("smolvlm"))), say=told.append)
    assert "parameters in" in told[0]
    assert "of memory" in told[0]
    assert base.model.dtype is torch.float32 or matrix_units()
    assert "of memory" not in sizes.size_of(read_source("hub:a/b"), "float32").summary
    assert shape_of(read_source("hub:a/b")) is None


def test_what_does_not_fit_in_float32_is_loaded_in_bfloat16(folder_of, monkeypatch: pytest.MonkeyPatch) -> None:
    source = read_source(str(folder_of("llava_onevision")))
    wide, half = (sizes.size_of(source, dtype).bytes for dtype in ("float32", "bfloat16"))
    monkeypatch.setattr("pvchat.bases.loading.best_dtype", lambda device: torch.float32)
    for room, dtype in ((wide, "float32"), ((wide + half) // 2, "bfloat16"), (half - 1, "float32")):
        monkeypatch.setattr(sizes, "_memory", lambda room=room: room)
        assert sizes.fitting_size(source, "float32").dtype == dtype
    monkeypatch.setattr(sizes, "_memory", lambda: (wide + half) // 2)
    assert load_base(source).model.dtype is torch.bfloat16
    with pytest.raises(SettingsError, match="in float32.*doesn.t fit|doesn.t fit.*in float32"):
        load_base(source, dtype=torch.float32)  # what was asked for isn't changed

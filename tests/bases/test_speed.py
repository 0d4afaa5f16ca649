"""What a base is made of and how fast it will speak, told before it is loaded."""

from __future__ import annotations

import pytest
import torch

from pvchat.bases import sizes, speed
from pvchat.bases.loading import load_base
from pvchat.bases.prompts import Prompt, inputs_of
from pvchat.bases.seeing import _places
from pvchat.bases.shapes import FRAME_TOKENS, Shape, shape_of
from pvchat.bases.sources import read_source
from pvchat.bases.speed import Rates, pace, rates_of, speed_of
from pvchat.errors import SettingsError

# 100 parameters multiplied by every token, 10 by every word, 20 by every patch
SMALL = Shape(140, 20, 10, 10, layers=2, width=3, groups=1, head=3, vision_layers=1, vision_width=2, patches=8,
              tokens=4)  # fmt: skip


def test_a_shape_is_that_of_the_loaded_base(base, clip) -> None:
    """Parameters by what multiplies them, layers, and the places that a frame takes in a prompt."""
    shape, model = shape_of(base.source), base.model
    tower = sum(p.numel() for n, p in model.named_parameters() if "vision" in n or "visual" in n)
    assert shape.vision == tower > 0
    assert shape.words == model.get_input_embeddings().weight.numel()
    assert shape.decoder + shape.vision + shape.words + shape.looked_up == shape.parameters
    config = model.config.get_text_config()
    assert (shape.layers, shape.width) == (config.num_hidden_layers, config.hidden_size)
    assert (shape.groups, shape.head) == (config.num_key_value_heads, config.head_dim)
    if base.family.name == "Qwen3-VL":  # it sees frames at their own size, which isn't known before
        assert shape.tokens == FRAME_TOKENS
        return
    inputs = inputs_of(base, clip, Prompt("Who is there?"))
    places = int(_places(base, inputs["input_ids"]).sum())
    assert shape.tokens * len(clip.frames) <= places <= shape.tokens * len(clip.frames) + 1  # one may end the video


@pytest.mark.parametrize("name", ["smolvlm2-500m", "qwen3-vl-2b"])
def test_a_presets_parts_are_its_whole(name: str) -> None:
    shape = shape_of(read_source(name))
    assert shape.parameters / 2 < shape.decoder <= shape.parameters - shape.vision - shape.words
    assert shape_of(read_source("hub:a/b")) is None


def test_the_first_word_waits_for_products_and_the_rest_for_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "LAYER_S", 0.0)
    found = speed_of(SMALL, 3, "float32", Rates(1e3, 1e3))
    tokens = 3 * 4 + speed.ASKED_TOKENS
    sees, reads = 2 * 20 * 24 + 4 * 2 * 24 * 8, 2 * 100 * tokens + 2 * 2 * 3 * tokens**2
    assert found.first_s == pytest.approx((sees + reads) / (speed.REACHED * 1e3))
    assert 1 / found.tokens_s == pytest.approx(((100 + 10) * 4 + 2 * tokens * 2 * 3 * 4) / (speed.READS * 1e3))
    assert speed_of(SMALL, 6, "float32", Rates(1e3, 1e3)).first_s > found.first_s
    half = speed_of(SMALL, 3, "bfloat16", Rates(1e3, 1e3))
    assert half.tokens_s == pytest.approx(2 * found.tokens_s)
    assert half.first_s == found.first_s


def test_a_machines_rates_are_measured_once() -> None:
    """The road that a card would take says about the same of a processor as the one without torch."""
    wide, half = rates_of("cpu", "float32"), rates_of("cpu", "bfloat16")
    assert rates_of("cpu", "float32") == wide
    assert wide.operations > 1e8
    assert wide.read > 1e8
    products, read = speed.HALF[speed.matrix_units()]
    assert half == Rates(wide.operations * products, wide.read * read)
    torchs = speed._by_torch("cpu", "float32")
    assert 0.02 < torchs.operations / wide.operations < 50
    assert 0.02 < torchs.read / wide.read < 50


def test_it_is_told_before_anything_is_loaded(folder_of) -> None:
    told: list[str] = []
    base = load_base(read_source(str(folder_of("smolvlm"))), say=told.append)
    assert "the first word after about" in told[0]
    assert "tokens a second" in told[0]
    assert base.model.dtype is torch.float32 or speed.matrix_units()
    assert "tokens a second" not in sizes.size_of(read_source("hub:a/b"), "float32").summary
    assert [pace(v) for v in (0.123, 9.87, 42.4, 812.3)] == ["0.12", "9.9", "42", "812"]


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

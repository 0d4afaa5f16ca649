"""Which kind of place frames show: linear heads on EfficientNet features, one learned from pictures of places, people
before them, and people in photos and film, one also from drawn clips (`recipes/places`).

In: features [B, 1280] of what frames show beside people (`efficientnet.FrameExpert`, `free_cells`). Out: a probability
for each kind of place.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.attributes import arrays_of, softmax
from pvchat.schemas import FloatArray

_FILE = Path(__file__).with_name("scenes.safetensors")
OTHER = "another place"  # of no kind that has a name here
# What people cover of a frame: so many face widths to each side, from so much above the face down to the lower edge.
_BESIDE, _ABOVE, _SIDE, _LEFT = 1.3, 0.3, 7, 6  # cells across the grid; those that must be left to tell by


def place_shares(features: FloatArray, drawn: bool) -> dict[str, float]:
    """How likely each of `kinds_of_place` is of a clip with frames [B, 1280], B > 0: they decide together."""
    arrays, head = arrays_of(_FILE), "drawn." if drawn else ""
    logits = features @ arrays[f"{head}weight"].T + arrays[f"{head}bias"]
    return dict(zip(kinds_of_place(), softmax(logits.mean(0)).tolist(), strict=True))


@cache
def kinds_of_place() -> tuple[str, ...]:
    """What the heads can tell; its card lies beside the weights as .json."""
    return tuple(json.loads(_FILE.with_suffix(".json").read_text(encoding="utf-8"))["labels"])


def free_cells(faces: FloatArray) -> NDArray[np.bool_]:
    """[49] cells of a frame's grid that show nobody whose face is in boxes [n, 4]; all where few would be left."""
    middles, free = (np.arange(_SIDE) + 0.5) / _SIDE, np.ones((_SIDE, _SIDE), bool)
    for x0, y0, x1, y1 in faces:
        beside = np.abs(middles - (x0 + x1) / 2) < _BESIDE * (x1 - x0)
        free &= ~((middles > y0 - _ABOVE * (y1 - y0))[:, None] & beside[None])
    return free.ravel() if free.sum() >= _LEFT else np.ones(_SIDE * _SIDE, bool)

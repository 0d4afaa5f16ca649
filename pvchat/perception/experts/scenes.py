"""Which kind of place frames show: a linear head on EfficientNet features, learned from pictures of places, people
before them, and people in photos and film (`recipes/places`).

In: pooled features [B, 1280] of frames (`efficientnet.FrameExpert`). Out: a probability for each kind of place.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pvchat.perception.experts.attributes import softmax
from pvchat.schemas import FloatArray

_FILE = Path(__file__).with_name("scenes.safetensors")
OTHER = "another place"  # of no kind that has a name here


class PlaceHead:
    """The trained head; its card lies beside the weights as .json."""

    def __init__(self) -> None:
        from safetensors.numpy import load_file

        arrays = load_file(_FILE)
        self.labels: list[str] = json.loads(_FILE.with_suffix(".json").read_text(encoding="utf-8"))["labels"]
        self._weight, self._bias = (arrays[name].astype(np.float32) for name in ("weight", "bias"))

    def probabilities(self, features: FloatArray) -> FloatArray:
        """[C] how likely each of `labels` is of a clip with frames [B, 1280], B > 0: they decide together."""
        return np.asarray(softmax((features @ self._weight.T + self._bias).mean(0)), np.float32)

"""What is seen at a filmed head: a hat, a helmet, sunglasses or a mask; how long the hair is, and of what colour.


Two readers look at each picture, and the mean of their log-odds counts: a linear one at the last layer, which knows
things, and a small network at the middle maps, which sees where in the picture something is (`facemaps.py`). Both
learned from heads that were read by eye (`recipes/looks/headlooks.py`); the card beside the weights says from which
probability a label is told, and below which it is denied.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pvchat.perception.experts.attributes import Attribute, claimed
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.facemaps import SIDE, outputs
from pvchat.perception.experts.headfiles import arrays_of, sigmoid
from pvchat.schemas import FloatArray, Pixels

WEIGHTS = Path(__file__).with_name("headlooks.safetensors")
LABELS = ("a hat", "a helmet", "sunglasses", "a face mask", "long hair", "short hair")
COLOURS = ("dark", "brown", "blonde", "grey", "red", "")  # of hair; the last: bald
COLOUR = 0.55  # share of one of COLOURS from which it is told


@dataclass(frozen=True)
class SeenAtHead:
    """What several pictures of one head show, and surely don't, of LABELS; the hair's colour where no hat hides it."""

    shown: list[Attribute] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    colour: str | None = None


class HeadLooks:
    """The two readers, on the features of `frames`."""

    def __init__(self, frames: FrameExpert) -> None:
        self._frames, self._arrays = frames, arrays_of(WEIGHTS)
        self._rows = json.loads(WEIGHTS.with_suffix(".json").read_text(encoding="utf-8"))["labels"]

    def look(self, heads: Sequence[Pixels], features: FloatArray) -> SeenAtHead:
        """What pictures of one head, and their pooled features [n, 1280], show. The network sees every other one."""
        if not len(heads):
            return SeenAtHead()
        maps = self._frames.maps(list(heads[::2]), SIDE)
        chances = sigmoid((linear_log_odds(self._arrays, features).mean(0) + outputs(self._arrays, maps).mean(0)) / 2)
        labels, colours = np.split(chances, [len(LABELS)])
        lacking = [label for label, p in zip(LABELS, labels, strict=True) if p < self._rows[label]["denied_below"]]
        shown, bare = claimed(self._rows, labels), "a hat" in lacking
        if not bare and "a hat" not in (claim.label for claim in shown):  # what may be a hat may be a helmet
            lacking = [label for label in lacking if label != "a helmet"]
        return SeenAtHead(shown, lacking, likeliest_colour(colours) if bare else None)


def linear_log_odds(arrays: dict[str, FloatArray], features: FloatArray) -> FloatArray:
    """Features [n, 1280] to the linear reader's log-odds of LABELS and COLOURS [n, K]."""
    return np.asarray(features @ arrays["linear.weight"].T + arrays["linear.bias"], np.float32)


def likeliest_colour(chances: FloatArray) -> str | None:
    """Which of COLOURS hair has, by the probabilities of each; None where none is likely, and of a bald head."""
    shares = chances / chances.sum()
    return (COLOURS[int(shares.argmax())] or None) if shares.max() >= COLOUR else None

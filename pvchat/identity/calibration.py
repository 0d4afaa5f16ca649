"""Turns raw log-odds into probabilities that hold on footage: of all answers with .9, nine in ten should be right.

A logistic model (Platt scaling) over log-odds with competition (`presence.py`), the number of people who compete (its
square, too: the first few take most from the right one's odds), and quality. That only makes the line steeper: a term
of its own would learn how often far people were asked for, as would face height and masks.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import Flags, FloatArray, IntArray, Track

if TYPE_CHECKING:
    from pvchat.people.person import Person

FILE = Path(__file__).with_suffix(".json")
TERMS = ("odds", "odds × crowd", "odds × good", "crowd", "crowd × crowd", "one")
LOGIT_RANGE = (-7.0, 20.0)  # log-odds beyond which nothing changes
CROWD_SCALE = 4.0  # ln(1 + others) that counts as 1: some fifty people


@dataclass(frozen=True)
class Calibration:
    """Weights of `TERMS`, for faces and for drawn figures: [6] each."""

    face: tuple[float, ...]
    figure: tuple[float, ...]

    @classmethod
    def load(cls, path: Path = FILE) -> Calibration:
        """The shipped one."""
        rows = json.loads(path.read_text(encoding="utf-8"))
        return cls(tuple(rows["face"]), tuple(rows["figure"]))

    def apply(
        self, logits: FloatArray, others: int | IntArray, good: FloatArray | float = 0.0, figure: Flags | bool = False
    ) -> FloatArray:
        """Calibrated log-odds [..., K] of those of one person or several on K tracks, competition included.

        `others`: how many other people are enrolled; [K] where that differs. `good`: [..., K] quality, 0..1, of the
        worse of the two that are compared (`EnrollmentQuality.of_pair`); 0 for drawn figures. `figure`: whether
        somebody is compared as a drawn figure, of all or [..., K].
        """
        row = terms(logits, others, good)
        face, drawn = (sum(map(operator.mul, weights, row)) for weights in (self.face, self.figure))
        return np.broadcast_to(np.asarray(np.where(figure, drawn, face), np.float32), np.shape(logits)).copy()

    def min_logit(self, odds: float, others: int) -> float:
        """The raw log-odds below which none can become calibrated `odds` among so many others, whatever the quality."""
        crowd = float(np.log1p(others)) / CROWD_SCALE
        found = []
        for weights in (self.face, self.figure):
            steep, by_crowd, by_good, one, other, rest = weights
            found += [(odds - one * crowd - other * crowd**2 - rest) / (steep + by_crowd * crowd + by_good * good)
                      for good in (0.0, 1.0)]  # fmt: skip
        return min(found) if min(found) > LOGIT_RANGE[0] else float("-inf")


@dataclass(frozen=True)
class EnrollmentQuality:
    """How well P people were enrolled, and by face or figure; or the same of each of some pairs of person and track."""

    quality: FloatArray  # of the best sighting that each was enrolled from; 0 of drawn figures
    only_figure: Flags  # who is compared with drawn figures alone …
    figure: Flags  # … and who is with these, too

    @classmethod
    def of(cls, people: Sequence[Person]) -> EnrollmentQuality:
        """[P] each."""
        quality = [one.quality if one.kind == "face" else 0.0 for one in people]
        kinds = np.array([(one.kind == "figure", one.figure is not None) for one in people], bool).reshape(-1, 2)
        return cls(np.array(quality, np.float64), *kinds.T)

    def __getitem__(self, rows: Any) -> EnrollmentQuality:
        """The same of some rows; `[:, None]`: [P, 1] each, beside K tracks."""
        return EnrollmentQuality(self.quality[rows], self.only_figure[rows], self.figure[rows])

    def of_pair(self, best: FloatArray) -> FloatArray:
        """Quality of the worse of the two, the enrollment or the track (`best_quality`); 0 for figures."""
        return np.minimum(best, self.quality)

    def as_figures(self, best: FloatArray) -> Flags:
        """Whether people are compared with tracks as drawn figures, by `best_quality` of the tracks."""
        return self.only_figure | self.figure & (best == 0)


def best_quality(tracks: Sequence[Track]) -> FloatArray:
    """[K]: quality of the best sighting of each of K face tracks; 0 of figures."""
    return np.array([t.quality.max(initial=0.0) if t.kind == "face" else 0.0 for t in tracks], np.float64)


def terms(logits: FloatArray, others: int | IntArray, good: FloatArray | float) -> tuple[NDArray[np.float64], ...]:
    """`TERMS` of K tracks, arrays that broadcast to [..., K] each; arguments as of `Calibration.apply`."""
    odds, good = np.clip(np.asarray(logits, np.float64), *LOGIT_RANGE), np.clip(good, 0.0, 1.0)
    crowd = np.asarray(np.log1p(others) / CROWD_SCALE)
    return odds, odds * crowd, odds * good, crowd, crowd * crowd, np.ones(())

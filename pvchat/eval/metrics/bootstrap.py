"""Values with intervals: a bootstrap that draws whole clips, since questions about one clip are not independent.

Legend: n rows, C clips, R resamples, S sums that a measure is made of. A measure is a function of sums over rows (hits
and counts, n-gram matches, …), so that a resample is one matrix product. Percentile intervals at 95 %
(Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13); one seed for all, so that the same clips are drawn
for every system.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Combine = Callable[[Array], Array]  # [R, S] sums -> [R] values
LEVEL = 0.95


@dataclass(frozen=True)
class Measure:
    """One number: its value, its interval, over how many rows and clips."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    clips: int


@dataclass(frozen=True)
class Bootstrap:
    """How to resample."""

    resamples: int = 1000
    seed: int = 0

    def measure(self, clips: Sequence[str], sums: Any, combine: Combine) -> Measure:
        """A measure of the sums that each row adds [n, S]; `clips`: of the rows; an undefined value is NaN."""
        sums = np.asarray(sums, np.float64).reshape(len(clips), -1) if len(clips) else np.zeros((0, 1))
        if not len(clips):
            return Measure(None, None, None, 0, 0)
        names, index = np.unique(np.asarray(clips), return_inverse=True)
        per_clip = np.zeros((len(names), sums.shape[1]))
        np.add.at(per_clip, index, sums)
        value = combine(per_clip.sum(0, keepdims=True))[0]
        drawn = combine(self.draws(len(names)) @ per_clip) if self.resamples and len(names) > 1 else np.zeros(0)
        return with_interval(value, drawn, len(clips), len(names))

    def mean(self, clips: Sequence[str], values: Any) -> Measure:
        """The mean of one value for each row."""
        rows = np.asarray(values, np.float64)
        return self.measure(clips, np.stack([rows, np.ones_like(rows)], 1) if len(rows) else [], ratio)

    def draws(self, clips: int) -> Array:
        """How often each of C clips is drawn in each resample: [R, C]."""
        return _draws(clips, self.resamples, self.seed)


def with_interval(value: float, drawn: Array, n: int, clips: int) -> Measure:
    """A value with the percentile interval of its resamples (none from a single clip)."""
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.percentile(drawn, [50 * (1 - LEVEL), 50 * (1 + LEVEL)]) if len(drawn) else (np.nan, np.nan)
    return Measure(plain(value), plain(low), plain(high), n, clips)


def ratio(sums: Array) -> Array:
    """First sum over second: [R]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums[:, 0] / sums[:, 1]


def plain(value: float) -> float | None:
    """A finite float rounded for JSON, else None."""
    return round(float(value), 6) if np.isfinite(value) else None


@lru_cache(maxsize=512)
def _draws(clips: int, resamples: int, seed: int) -> Array:
    return np.random.default_rng(seed).multinomial(clips, np.full(clips, 1 / clips), resamples).astype(np.float64)

"""How often somebody is in any video, and how probably in each of them, since she is in so few."""

from __future__ import annotations

import numpy as np

from pvchat.schemas import FloatArray

EVEN = 0.5  # how often somebody is there as the probabilities of one video take it [choice]
# How much more a video's log-odds say in a library, of real people and of drawn ones: they were fitted to questions
# whose noes are hard, about people who look alike or stand side by side; most of a library's videos are nothing to her
REAL, DRAWN = 2.0, 1.25  # [fitted, ADR 0139]
_DRAWS = 4.0  # videos with her and without her that count as seen before there are any (a Beta prior) [fitted]
_ROUNDS = 50
_SURE = 1e-9  # a probability is at least so far from 0 and 1


def base_rate(probabilities: FloatArray, videos: int, slope: float = REAL) -> float:
    """In what share of videos somebody is.

    Expectation maximisation over the videos' own probabilities (Saerens, Latinne, Decaestecker, 2002, "Adjusting the
    outputs of a classifier to new a priori probabilities"), kept from the ends by a Beta prior.

    Args:
        probabilities: [n] that she is in each of n videos, at even odds; in the others she surely isn't.
        videos: how many there are in all.
        slope: what the log-odds of these are multiplied by, `REAL` or `DRAWN`.
    """
    rate = EVEN
    for _ in range(_ROUNDS):
        found = float(adjusted(probabilities, rate, slope).sum())
        rate = (found + _DRAWS) / (videos + 2 * _DRAWS)
    return rate


def adjusted(probabilities: FloatArray, rate: float, slope: float = REAL) -> FloatArray:
    """Probabilities [n] that hold at even odds, where somebody is there at another rate; `slope` as for `base_rate`."""
    likely = np.clip(np.float64(probabilities), _SURE, 1 - _SURE)
    odds = (likely / (1 - likely)) ** slope * (rate / (1 - rate))
    return np.asarray(odds / (1 + odds), np.float32)

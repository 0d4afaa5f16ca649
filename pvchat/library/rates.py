"""How often somebody is in any video, and how probably in each of them, since she is in so few."""

from __future__ import annotations

import numpy as np

from pvchat.schemas import FloatArray

EVEN = 0.5  # how often somebody is there as the probabilities of one video take it [choice]
# How much more a video's log-odds say in a library: they were fitted to questions whose noes are hard, about people who
# look alike or stand side by side, and most of a library's videos are nothing to her
SLOPE = 1.5  # [fitted, ADR 0141]
# Only videos that by themselves show her so surely tell how often she is there: else whoever looks like her and comes
# often would raise her rate, and then all his videos would be hers
CLEARLY = 0.95  # [fitted, ADR 0141]
_DRAWS = 4.0  # videos with her and without her that count as seen before there are any (a Beta prior) [fitted]
_ROUNDS = 50
_SURE = 1e-9  # a probability is at least so far from 0 and 1


def base_rate(probabilities: FloatArray, videos: int) -> float:
    """In what share of videos somebody is.

    Expectation maximisation over the clear videos' own probabilities (Saerens, Latinne, Decaestecker, 2002,
    "Adjusting the outputs of a classifier to new a priori probabilities"), kept from the ends by a Beta prior.

    Args:
        probabilities: [n] that she is in each of n videos, at even odds; in the others she surely isn't.
        videos: how many there are in all.
    """
    rate, clear = EVEN, probabilities[probabilities >= CLEARLY]
    for _ in range(_ROUNDS):
        found = float(adjusted(clear, rate).sum())
        rate = (found + _DRAWS) / (videos + 2 * _DRAWS)
    return rate


def adjusted(probabilities: FloatArray, rate: float) -> FloatArray:
    """Probabilities [n] that hold at even odds, where somebody is there at another rate."""
    likely = np.clip(np.float64(probabilities), _SURE, 1 - _SURE)
    odds = (likely / (1 - likely)) ** SLOPE * (rate / (1 - rate))
    return np.asarray(odds / (1 + odds), np.float32)

"""How near the sightings of a face come to somebody's, and what they are held against.

In: a person's rows, a track's rows, a cohort of strangers. Out: three distances, which a logistic model weighs
(`presence.py`). Rows are identity vectors or faceprints; both are compared by Euclidean distance.

Legend: P rows of a person, n of a track, C of a cohort, D their width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pvchat.perception.experts.faceprint import BLANK, BLANK_MASKED, blankness
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import FloatArray

Weights = tuple[float, ...]
NEIGHBOURS = 10  # nearest cohort rows that a track is held against
NEAREST = 0.1  # share of all sighting-prototype pairs that counts as near
# Blankness before and beyond the limit between which likeness fades; a wider or earlier fading does as well.
FADES = 0.05, 0.15


@dataclass(frozen=True)
class PrintModel:
    """What faceprints are held against, and what both looks at a face say together.

    Attributes:
        cohort: [C, 512] means over several strangers each.
        weights: of (near, apart, cohort distance by identity vectors, the same by faceprints, 1) …
        masked_weights: … and of a track behind a mask, which is compared with the bare face, too.
    """

    cohort: FloatArray
    weights: Weights
    masked_weights: Weights


@dataclass(frozen=True)
class Sightings:
    """What of a track is the same whoever it is compared with.

    Attributes:
        rows: [n, D] of its sightings.
        middle: [D] their mean.
        strange: how far it is from the nearest strangers.
    """

    rows: FloatArray
    middle: FloatArray
    strange: float

    @classmethod
    def of(cls, rows: FloatArray, quality: FloatArray, cohort: FloatArray) -> Sightings:
        """Rows [n, D] with their quality [n], held against a cohort [C, D]."""
        middle = mean_identity(rows, quality)
        return cls(rows, middle, strange(middle[None], cohort)[0])


def measures(prototypes: FloatArray, identity: FloatArray, quality: FloatArray, cohort: FloatArray) -> FloatArray:
    """What the logistic model sees: near, apart, cohort distance [3].

    Args:
        prototypes: [P, D] of the person.
        identity: [n, D] of the track's sightings.
        quality: [n] of the same.
        cohort: [C, D].
    """
    return measured(prototypes[None], Sightings.of(identity, quality, cohort))[0]


def measured(prototypes: FloatArray, sightings: Sightings) -> FloatArray:
    """`measures` [G, 3] of a track and G people with as many rows each: prototypes [G, P, D]."""
    near = near_of(distances(prototypes, sightings.rows))
    apart = [np.linalg.norm(one) for one in prototypes.mean(1) - sightings.middle]
    return np.stack([near, apart, np.full(len(near), sightings.strange)], 1).astype(np.float32)


def made_out(prints: FloatArray, masked: bool) -> tuple[FloatArray, float]:
    """The faceprints [n, 512] in which a face can be made out, and how well it can be in the clearest of them, 0..1.

    Where it can be in none, the one that shows most is left.
    """
    blank, limit = blankness(prints), BLANK_MASKED if masked else BLANK
    shown = blank < limit
    before, beyond = FADES
    share = (limit + beyond - float(blank.min())) / (before + beyond)
    return prints[shown if shown.any() else [int(blank.argmin())]], min(max(share, 0.0), 1.0)


def distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Euclidean distance of every row of a [..., n, D] to every row of b [m, D]: [..., n, m]."""
    squared = (a * a).sum(-1)[..., None] + (b * b).sum(1) - 2 * (a @ b.T)  # faster than differences
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)), np.float32)


def near_of(distance: FloatArray) -> FloatArray:
    """Mean of the nearest tenth of each track's pairs [G, n, P]: [G]."""
    pairs = np.sort(distance.reshape(len(distance), -1), axis=1)
    return np.asarray(pairs[:, : max(1, int(pairs.shape[1] * NEAREST))].mean(1))


def strange(middles: FloatArray, cohort: FloatArray) -> FloatArray:
    """How far means of tracks [n, D] are from the nearest few of a cohort [C, D]: [n]."""
    return np.asarray(np.sort(distances(middles, cohort), axis=1)[:, :NEIGHBOURS].mean(1))

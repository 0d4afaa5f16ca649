"""How near the sightings of a face come to somebody's, and what they are held against.

In: a person's rows, a track's rows, a cohort of strangers. Out: three distances, which a logistic model weighs
(`presence.py`). Rows are identity vectors or faceprints; both are compared by Euclidean distance.

Legend: G people, P rows of each; N tracks, n rows of each; C rows of a cohort, D their width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.faceprint import BLANK, BLANK_MASKED, blankness
from pvchat.schemas import FloatArray

Weights = tuple[float, ...]
NEIGHBOURS = 10  # nearest cohort rows that a track is held against
NEAREST = 0.1  # share of all sighting-prototype pairs that counts as near
# Blankness before and beyond the limit between which likeness fades; a wider or earlier fading does as well.
FADES = 0.05, 0.15


@dataclass(frozen=True)
class PrintModel:
    """What faceprints are held against, and what both looks at a face say together."""

    cohort: FloatArray  # [C, 512] means over several strangers each
    weights: Weights  # of (near, apart, cohort distance by identity vectors, the same by faceprints, 1) …
    masked_weights: Weights  # … and of a track behind a mask, which is compared with the bare face, too


@dataclass(frozen=True)
class Sightings:
    """What of N tracks is the same whoever they are compared with."""

    rows: FloatArray  # [N, n, D] of their sightings
    middles: FloatArray  # [N, D] their means, weighted by quality
    strange: FloatArray  # [N] how far they are from the nearest strangers

    @classmethod
    def of(cls, rows: FloatArray, quality: FloatArray, cohort: FloatArray) -> Sightings:
        """Rows [N, n, D] with their quality [N, n], held against a cohort [C, D]."""
        weight = quality[..., None] + 1e-3
        middles = (rows * weight).sum(1) / weight.sum(1)
        nearest = np.partition(distances(middles, cohort), min(NEIGHBOURS, len(cohort)) - 1)[:, :NEIGHBOURS]
        return cls(rows, middles, nearest.mean(1))


def measures(prototypes: FloatArray, identity: FloatArray, quality: FloatArray, cohort: FloatArray) -> FloatArray:
    """What the logistic model sees of a person's prototypes [P, D] and a track's sightings [n, D] of a quality [n],
    held against a cohort [C, D]: near, apart, cohort distance [3].
    """
    return measured(prototypes[None], Sightings.of(identity[None], quality[None], cohort))[0, 0]


def measured(prototypes: FloatArray, tracks: Sightings) -> FloatArray:
    """`measures` [G, N, 3] of N tracks and G people with as many rows each: prototypes [G, P, D]."""
    count, rows, width = tracks.rows.shape
    pairs = distances(prototypes, tracks.rows.reshape(count * rows, width))
    near = nearest_mean(pairs.reshape(*prototypes.shape[:2], count, rows).swapaxes(1, 2))
    apart = distances(prototypes.mean(1, keepdims=True), tracks.middles)[:, 0]
    return np.stack([near, apart, np.broadcast_to(tracks.strange, near.shape)], -1).astype(np.float32)


def made_out(prints: FloatArray, masked: bool) -> tuple[FloatArray, float]:
    """The faceprints [n, 512] in which a face can be made out, and how well it can be in the clearest of them, 0..1.

    Where it can be in none, the one that shows most is left.
    """
    seen, shares = visible(prints[None], masked)
    return prints[seen[0]], float(shares[0])


def visible(prints: FloatArray, masked: bool) -> tuple[NDArray[np.bool_], FloatArray]:
    """`made_out` of N tracks with n faceprints each, [N, n, 512]: which of these are left [N, n], and how well [N]."""
    blank = blankness(prints.reshape(-1, prints.shape[-1])).reshape(prints.shape[:2])
    limit, least = BLANK_MASKED if masked else BLANK, blank.min(1)
    before, beyond = FADES
    shares = np.clip((limit + beyond - least) / (before + beyond), 0.0, 1.0)
    return (blank < limit) | (blank == least[:, None]), shares


def distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Euclidean distance of every row of a [..., n, D] to every row of b [m, D]: [..., n, m]."""
    squared = (a * a).sum(-1)[..., None] + (b * b).sum(1) - 2 * (a @ b.T)  # faster than differences
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)), np.float32)


def nearest_mean(distance: FloatArray) -> FloatArray:
    """Mean of the nearest tenth of each person's and track's pairs [G, N, P, n]: [G, N]."""
    pairs = distance.reshape(*distance.shape[:2], -1)
    count = max(1, int(pairs.shape[-1] * NEAREST))
    return np.asarray(np.partition(pairs, count - 1)[..., :count].mean(-1))

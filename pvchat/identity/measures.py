"""Distances of a face's sightings to a person's prototypes (her enrolled views), and to a cohort of strangers.

In: a person's rows, a track's rows, a cohort of strangers. Out: three distances, which a logistic model weighs
(`presence.py`). Rows are identity vectors or faceprints; both are compared by Euclidean distance.

Legend: G people, P rows of each; N tracks, n rows of each; C rows of a cohort, D their width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pvchat.perception.experts.faceprint import BLANK, BLANK_MASKED, blankness
from pvchat.schemas import Flags, FloatArray

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
    """N tracks, with what doesn't depend on the person whom they are compared with."""

    rows: FloatArray  # [N, n, D] of their sightings
    means: FloatArray  # [N, D] their means, weighted by quality
    cohort_distance: FloatArray  # [N] mean distance to the nearest strangers

    @classmethod
    def of(cls, rows: FloatArray, quality: FloatArray, cohort: FloatArray) -> Sightings:
        """Rows [N, n, D] with their quality [N, n], held against a cohort [C, D]."""
        weight = quality[..., None] + 1e-3
        means = (rows * weight).sum(1) / weight.sum(1)
        nearest = np.partition(distances(means, cohort), min(NEIGHBOURS, len(cohort)) - 1)[:, :NEIGHBOURS]
        return cls(rows, means, nearest.mean(1))


def pair_features(prototypes: FloatArray, identity: FloatArray, quality: FloatArray, cohort: FloatArray) -> FloatArray:
    """What the logistic model sees of a person's prototypes [P, D] and a track's sightings [n, D] of a quality [n],
    held against a cohort [C, D]: near, apart, cohort distance [3].
    """
    return distance_features(prototypes[None], Sightings.of(identity[None], quality[None], cohort))[0, 0]


def distance_features(prototypes: FloatArray, tracks: Sightings) -> FloatArray:
    """`pair_features` [G, N, 3] of N tracks and G people with as many rows each: prototypes [G, P, D]."""
    count, rows, width = tracks.rows.shape
    people, own = prototypes.shape[:2]
    pairs = distances(prototypes, tracks.rows.reshape(count * rows, width)).reshape(people, own, count, rows)
    each = pairs.swapaxes(1, 2).reshape(people, count, own * rows)
    nearest = max(1, int(own * rows * NEAREST))
    near = np.asarray(np.partition(each, nearest - 1)[..., :nearest].mean(-1))
    apart = distances(prototypes.mean(1, keepdims=True), tracks.means)[:, 0]
    return np.stack([near, apart, np.broadcast_to(tracks.cohort_distance, near.shape)], -1).astype(np.float32)


def visible_prints(prints: FloatArray, masked: bool) -> tuple[FloatArray, float]:
    """The faceprints [n, 512] in which a face can be made out, and how visible it is in the clearest of them, 0..1.

    Where it can be in none, the one that shows most is left.
    """
    seen, shares = visible_mask(prints[None], masked)
    return prints[seen[0]], float(shares[0])


def visible_mask(prints: FloatArray, masked: bool) -> tuple[Flags, FloatArray]:
    """`visible_prints` of N tracks with n prints each [N, n, 512]: a mask [N, n], and how visible the faces are [N]."""
    blank = blankness(prints.reshape(-1, prints.shape[-1])).reshape(prints.shape[:2])
    limit, least = BLANK_MASKED if masked else BLANK, blank.min(1)
    before, beyond = FADES
    shares = np.clip((limit + beyond - least) / (before + beyond), 0.0, 1.0)
    return (blank < limit) | (blank == least[:, None]), shares


def distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Euclidean distance of every row of a [..., n, D] to every row of b [m, D]: [..., n, m]."""
    squared = (a * a).sum(-1)[..., None] + (b * b).sum(1) - 2 * (a @ b.T)  # faster than differences
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)), np.float32)

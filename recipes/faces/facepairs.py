"""Pairs of faces in the conditions of footage, by which the face student's mixture is chosen.

In: faces of people kept for the choice. Out: their chips in every condition, pairs of them, how many pairs are told.
One face of a pair is as it was, the other in the condition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import FloatArray
from recipes.faces.facedegrade import CLEAN, FaceView, degraded_chip
from recipes.faces.faceset import FaceSet

CONDITIONS: dict[str, FaceView] = {
    "full": CLEAN,
    "40 px": FaceView(height=40, quality=-26, jitter=1),
    "28 px": FaceView(height=28, quality=-26, jitter=1),
    "20 px": FaceView(height=20, quality=-26, jitter=1),
    "14 px": FaceView(height=14, quality=-26, jitter=1),
    "masked": FaceView(wear=("mask",), jitter=1),
    "masked, 40 px": FaceView(height=40, quality=-26, wear=("mask",), jitter=1),
    "turned": FaceView(turn=(40, 0), jitter=1),
}
_ACCEPT = 0.01  # share of the strangers that pass
_PHOTOS = 4  # of one person at most: nobody shall fill the pairs


def views(faces: FaceSet, seed: int = 0) -> dict[str, NDArray[np.uint8]]:
    """Chips [n, 150, 150, 3] of the faces in every condition; half of the heads turn either way."""
    found: dict[str, NDArray[np.uint8]] = {}
    for name, view in CONDITIONS.items():
        rng = np.random.default_rng((seed, len(found)))
        chips = []
        for i in range(len(faces)):
            yaw = view.turn[0] * (1 if rng.random() < 0.5 else -1)
            this = FaceView(**{**view.__dict__, "turn": (yaw, 0.0)}) if yaw else view
            chips.append(degraded_chip(faces.patches[i], float(faces.height[i]), faces.mesh[i], this, rng))
        found[name] = np.stack(chips)
    return found


def pairs(name: NDArray[np.str_], count: int, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """`count` pairs of one person and as many of two: places [2 count, 2] and same [2 count]."""
    rng = np.random.default_rng(seed)
    same: list[tuple[int, int]] = []
    for who in np.unique(name):
        photos = np.nonzero(name == who)[0]
        own = [(int(a), int(b)) for a in photos for b in photos if a != b]
        same += [own[k] for k in rng.permutation(len(own))[: _PHOTOS * (_PHOTOS - 1)]]
    same = [same[k] for k in rng.permutation(len(same))[:count]]
    other: list[tuple[int, int]] = []
    while len(other) < len(same):
        a, b = (int(k) for k in rng.integers(len(name), size=2))
        if name[a] != name[b]:
            other.append((a, b))
    return np.array(same + other), np.arange(2 * len(same)) < len(same)


def alike(vectors: dict[str, FloatArray], places: NDArray[np.int64]) -> dict[str, FloatArray]:
    """Negative distances [p] of pairs: the first face as it was, the second in each condition."""
    clean = vectors["full"][places[:, 0]]
    return {name: -np.linalg.norm(clean - v[places[:, 1]], axis=1) for name, v in vectors.items()}


def found_share(scores: FloatArray, same: NDArray[np.bool_]) -> float:
    """Share of pairs of one person told at the score that 1 % of the strangers pass (TPR at FPR 1 %)."""
    return float((scores[same] > np.quantile(scores[~same], 1 - _ACCEPT)).mean())

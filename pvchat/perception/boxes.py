"""How much two boxes overlap, which of several that overlap stay, and boxes in, around or below a face.

In: boxes as corners (x0, y0, x1, y1), in pixels or as fractions. Out: a share for every pair, or a box.
Legend: n, m boxes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pvchat.schemas import Flags, FloatArray

_TINY = 1e-9  # least area that is divided by: boxes without area share nothing


def overlap(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection over union of every box in a [n, 4] with every box in b [m, 4]: [n, m]."""
    shared, area_a, area_b = areas(a, b)
    return np.asarray(shared / np.maximum(area_a + area_b - shared, _TINY))


def nesting(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection over the smaller one's area of every box in a [n, 4] with every box in b [m, 4]: [n, m]."""
    shared, area_a, area_b = areas(a, b)
    return np.asarray(shared / np.maximum(np.minimum(area_a, area_b), _TINY))


def inside(a: FloatArray, b: FloatArray) -> FloatArray:
    """Share of the area of every box in a [n, 4] that lies in every box in b [m, 4]: [n, m]."""
    shared, area_a, _ = areas(a, b)
    return np.asarray(shared / np.maximum(area_a, _TINY))


def first_of_each(same: Flags) -> list[int]:
    """Which of n, the best first, are left when those go that are the `same` [n, n] as a better one that is left."""
    left: list[int] = []
    for number, row in enumerate(same):
        if not row[left].any():
            left.append(number)
    return left


def part(box: FloatArray, left: float, top: float, right: float, bottom: float) -> FloatArray:
    """A part of a box [4], in shares of its width and height from its upper left corner: (0, 0, 1, 1) is all of it."""
    width, height = box[2] - box[0], box[3] - box[1]
    ends = box[0] + left * width, box[1] + top * height, box[0] + right * width, box[1] + bottom * height
    return np.array(ends, np.float32)


def below(face: FloatArray, half: float, start: float, end: float) -> FloatArray:
    """A box [4] below a face's [4]: `half` face widths to each side, from `start` to `end` face heights under it."""
    x, width, height = (face[0] + face[2]) / 2, face[2] - face[0], face[3] - face[1]
    return np.array([x - half * width, face[3] + start * height, x + half * width, face[3] + end * height], np.float32)


def areas(a: FloatArray, b: FloatArray) -> tuple[Any, Any, Any]:
    """Shared area [n, m], areas [n, 1] and [1, m]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    area_a, area_b = ((x[:, 2:] - x[:, :2]).prod(1) for x in (a, b))
    return np.clip(high - low, 0, None).prod(2), area_a[:, None], area_b[None]

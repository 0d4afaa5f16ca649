"""Boxes: how much two of them overlap, parts of one, where head and body are about a face's, and what one shows.

A box is its corners (x0, y0, x1, y1), in pixels or as fractions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pvchat.schemas import Flags, FloatArray, Pixels

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


def head_box(face: FloatArray) -> FloatArray:
    """The head region [4] of a face box [4]: 2 face widths wide, 1.6 face heights high. Pixels or fractions alike.

    A face's box is about 1.25 times as high as wide; a head with its hair or hat fills a square.
    """
    return part(face, -0.5, -0.38, 1.5, 1.22)


def body_box(face: FloatArray) -> FloatArray:
    """The torso region [4] below a face box [4]: 3.2 face widths wide, 3 face heights high (figure drawing's canon)."""
    return below(face, 1.6, -0.1, 3.0)


def bust_box(face: FloatArray) -> FloatArray:
    """The region [4] of head, shoulders and chest, and what is behind them, of a face box [4]."""
    return part(face, -1.1, -0.6, 2.1, 3.2)


def crop(image: Pixels, box: FloatArray) -> Pixels:
    """The part of `box` [4] (fractions) inside the image [H, W, 3]; at least one pixel."""
    height, width = image.shape[:2]
    x0, y0 = (int(np.clip(round(v * n), 0, n - 1)) for v, n in zip(box[:2], (width, height), strict=True))
    x1, y1 = (int(np.clip(round(v * n), a + 1, n)) for v, a, n in zip(box[2:], (x0, y0), (width, height), strict=True))
    return image[y0:y1, x0:x1]


def crop_square(image: Pixels, box: FloatArray) -> Pixels:
    """The square (in pixels) around a box [4] (fractions) in an image [H, W, 3], clipped at the frame."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = box * np.array([width, height] * 2, np.float32)
    x, y, half = (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0, 8.0) / 2
    left, top = int(np.clip(x - half, 0, max(width - 8, 0))), int(np.clip(y - half, 0, max(height - 8, 0)))
    return image[top : max(int(y + half), top + 8), left : max(int(x + half), left + 8)]


def area(boxes: FloatArray) -> Any:
    """Areas [n] of boxes [n, 4]."""
    return (boxes[:, 2:] - boxes[:, :2]).prod(1)


def areas(a: FloatArray, b: FloatArray) -> tuple[Any, Any, Any]:
    """Shared area [n, m], areas [n, 1] and [1, m]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.clip(high - low, 0, None).prod(2), area(a)[:, None], area(b)[None]

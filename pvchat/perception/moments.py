"""What one person shows at eight moments: the input of the model of deeds (`model/deeds.py`).

In: frames, her body's box and her joints in some sightings. Out: `Moments`. Of fewer sightings some stand for several
moments; a still picture is eight equal ones, without motion.

Legend: M moments (8), n sightings, W features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.attributes import crop
from pvchat.perception.experts.efficientnet import WIDTH as FEATURES
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.schemas import FloatArray

MOMENTS = 8
QUARTERS = 4
JOINTS = 33
POSE = 5 * JOINTS + 8  # place, visibility and motion of each joint, then the box and its motion
_ROOM = 1.15  # side of the square around a body, in its longer side
_HALVES = slice(0, 4), slice(3, 7)  # of the 7 by 7 grid; the middle belongs to both
_FAR = 2.0  # body heights from the middle of the body within which a joint is believed
_FASTER = 4.0  # by which motion is scaled up beside places


@dataclass(frozen=True)
class Moments:
    """B people at M moments each.

    Attributes:
        quarters: [B, M, 4, W] features of the quarters of the square around the body.
        change: [B, M, W] mean absolute change of the square's cells since the moment before; 0 in the first.
        frame: [B, M, W] features of the whole frame.
        pose: [B, M, POSE] joints about the middle of the body, in its heights.
        posed: [B, M] where joints were found.
    """

    quarters: FloatArray
    change: FloatArray
    frame: FloatArray
    pose: FloatArray
    posed: NDArray[np.bool_]

    def arrays(self) -> list[NDArray[np.generic]]:
        """In the order of the model's arguments."""
        return [getattr(self, one.name) for one in fields(self)]

    @classmethod
    def joined(cls, several: Sequence[Self]) -> Self:
        """All people of several in one batch."""
        return cls(*(np.concatenate(rows) for rows in zip(*(one.arrays() for one in several), strict=True)))


def moments(
    images: Sequence[NDArray[np.uint8]], boxes: FloatArray, joints: FloatArray, frame: FloatArray, expert: FrameExpert
) -> Moments:
    """One person's moments.

    Args:
        images: n frames in order of time, n at least 1.
        boxes: [n, 4] her body's, fractions of the frame.
        joints: [n, 33, 4] NaN where none were found.
        frame: [n, W] features of the frames.
        expert: describes the crops.
    """
    aspect = images[0].shape[1] / images[0].shape[0]
    squares = [crop(image, square(box, aspect)) for image, box in zip(images, boxes, strict=True)]
    grid = expert.grid(squares).reshape(len(images), 7, 7, FEATURES)
    rows = np.linspace(0, len(images) - 1, MOMENTS).round().astype(np.int64)
    change = np.zeros((MOMENTS, FEATURES), np.float32)
    change[1:] = np.abs(np.diff(grid[rows], axis=0)).mean((1, 2))
    pose, posed = placed(joints[rows], boxes[rows], aspect)
    return Moments(quarters_of(grid)[rows][None], change[None], frame[rows][None], pose[None], posed[None])


def quarters_of(grid: FloatArray) -> FloatArray:
    """[n, 4, W] of a grid [n, 7, 7, W]: top left, top right, bottom left, bottom right."""
    return np.stack([grid[:, rows, columns].mean((1, 2)) for rows in _HALVES for columns in _HALVES], 1)


def square(box: FloatArray, aspect: float) -> FloatArray:
    """The square around a box [4] (fractions), as pixels go, with some room."""
    x, y = float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2
    half = max(float(box[2] - box[0]) * aspect, float(box[3] - box[1])) * _ROOM / 2
    return np.clip(np.array([x - half / aspect, y - half, x + half / aspect, y + half], np.float32), 0, 1)


def placed(joints: FloatArray, boxes: FloatArray, aspect: float) -> tuple[FloatArray, NDArray[np.bool_]]:
    """[M, POSE] joints and box as the model takes them, and where there are joints [M].

    Args:
        joints: [M, 33, 4] fractions of the frame, NaN where none were found.
        boxes: [M, 4].
        aspect: frame width over height.
    """
    seen = ~np.isnan(joints).any((1, 2))
    height = np.maximum(boxes[:, 3] - boxes[:, 1], 0.05)[:, None]
    middle = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    at = (joints[:, :, :2] - middle) * np.array([aspect, 1.0], np.float32) / height[..., None]
    at = np.clip(np.nan_to_num(np.concatenate([at, joints[:, :, 2:][:, :, 1:]], 2)), -_FAR, _FAR)
    moved = np.diff(at[:, :, :2], axis=0, prepend=at[:1, :, :2])
    shifted = np.diff(boxes, axis=0, append=boxes[-1:])
    count = len(joints)
    parts = (at.reshape(count, -1), _FASTER * moved.reshape(count, -1), boxes, _FASTER * shifted)
    return np.concatenate(parts, 1).astype(np.float32), seen

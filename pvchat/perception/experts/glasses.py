"""Whether a face wears glasses: a logistic regression on the edges around the eyes, found by the face's mesh.

A strip from temple to temple is cut out in the frame of the outer corners of the eyes, so that neither size nor a
tilted head counts, and described by histograms of oriented gradients (Dalal & Triggs, CVPR 2005): rims and the bridge
between them are edges that no bare face has there (`recipes/looks/glasses.py`).

Legend: the strip is H rows by W columns; D = H / 4 * W / 5 * 6 features; lengths are distances of the outer corners.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.experts.headfiles import linear_head
from pvchat.perception.experts.regions import sample
from pvchat.schemas import FloatArray, Pixels

WEIGHTS = Path(__file__).with_suffix(".safetensors")
H, W = 32, 60
_RIGHT, _LEFT = 33, 263  # outer corners of the eyes
_ACROSS, _DOWN = 0.75, 0.4  # half the strip's width and height
_CELL, _ANGLES = (4, 5), 6  # rows and columns of a cell, directions of its histogram
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_NEAREST = 24.0  # pixels between the corners below which rims are gone
FRONT = 30.0  # degrees of yaw beyond which the far rim is hidden


def glasses_log_odds(image: Pixels, points: FloatArray, yaw: float) -> float:
    """Log-odds that a face of an image [h, w, 3] wears glasses; NaN where it is too small or turned too far (degrees).

    `points`: [468, 3], x and y as fractions of the frame.
    """
    size = np.array([image.shape[1], image.shape[0]], np.float32)
    apart = float(np.linalg.norm((points[_LEFT, :2] - points[_RIGHT, :2]) * size))
    if apart < _NEAREST or abs(yaw) > FRONT:
        return float("nan")
    weight, bias = linear_head(WEIGHTS)
    seen = strip(image, points)
    both = (features(seen) + features(seen[:, ::-1])) / 2  # a face and its mirror image wear the same
    return float(both @ weight + bias.item())


def strip(image: Pixels, points: FloatArray) -> FloatArray:
    """[H, W] luma (0..255) around the eyes, bilinear; beyond the frame its last pixel is repeated."""
    height, width = image.shape[:2]
    right, left = points[[_RIGHT, _LEFT], :2] * np.array([width, height], np.float32)
    across = left - right
    down = np.array([-across[1], across[0]], np.float32)
    rows, columns = np.linspace(-_DOWN, _DOWN, H), np.linspace(-_ACROSS, _ACROSS, W)
    places = (left + right) / 2 + rows[:, None, None] * down + columns[None, :, None] * across
    return sample(image, places[..., 0], places[..., 1]) @ _LUMA


def features(seen: FloatArray) -> FloatArray:
    """[D] square roots of the gradients of a strip [H, W] in each cell by direction, over those of the whole strip."""
    gy, gx = np.gradient(seen)
    size, turn = np.hypot(gx, gy), (np.arctan2(gy, gx) % np.pi) / np.pi * _ANGLES
    first = np.floor(turn)
    later = turn - first
    cells = np.zeros((H // _CELL[0], W // _CELL[1], _ANGLES), np.float32)
    for angle in range(_ANGLES):
        here = size * ((first % _ANGLES == angle) * (1 - later) + ((first + 1) % _ANGLES == angle) * later)
        cells[..., angle] = here.reshape(cells.shape[0], _CELL[0], cells.shape[1], _CELL[1]).sum((1, 3))
    cells /= np.sqrt((cells**2).mean()) + 1.0
    return np.asarray(np.sqrt(cells).ravel(), np.float32)

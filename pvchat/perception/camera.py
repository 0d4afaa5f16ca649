"""What the camera did: pan, tilt, zoom and cuts between sampled frames, to tell people's own motion from it.

In: the sampled frames. Out: `Camera`. Each frame is compared with the next in a grid of blocks by phase correlation
(Kuglin & Hines 1975, "The phase correlation image alignment method"); a shift and a zoom are fitted to the blocks by
least absolute deviations, so that a person who covers a minority of the frame does not bend them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.schemas import FloatArray

_WIDTH = 256  # pixels; frames are compared at this width
_BLOCK, _STRIDE = 64, 32
_PLAIN = 4.0  # grey levels of standard deviation below which a block has nothing to follow
_PEAK = 0.04  # a block's correlation peak must reach this
_FIT = 1.5  # pixels a block may lie off the fitted motion and still follow it
_FEWEST = 4  # blocks that a fit needs
_CUT_FOLLOWS = 0.15  # share of blocks below which two frames show different scenes


@dataclass
class Camera:
    """T sampled frames.

    Attributes:
        aspect: frame width over height.
        shift: [T, 2] where the scene moved since the frame before, fractions of the frame (the first row is 0).
        zoom: [T] by what factor the scene grew about the frame's centre since the frame before (the first is 1).
        cut: [T] bool, a new scene starts at this frame: nothing can be said about motion across it.
        live: [T] share of textured blocks that do not follow the camera: 0 in a filmed photo.
    """

    aspect: float
    shift: FloatArray
    zoom: FloatArray
    cut: NDArray[np.bool_]
    live: FloatArray

    def steady(self, frames: NDArray[np.int64], points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Undo the camera's motion, back to the first of `frames`.

        Args:
            frames: [n] ascending indices.
            points: [n, 2] fractions of the frame.

        Returns:
            points as if the camera had stood still [n, 2], and the accumulated zoom [n] (1 at the first).
        """
        out, zooms = np.array(points, np.float32), np.ones(len(frames), np.float32)
        scale, move = 1.0, np.zeros(2)
        for row in range(1, len(frames)):
            for frame in range(int(frames[row - 1]) + 1, int(frames[row]) + 1):
                scale, move = scale * float(self.zoom[frame]), move * float(self.zoom[frame]) + self.shift[frame]
            out[row] = (points[row] - 0.5 - move) / scale + 0.5
            zooms[row] = scale
        return out, zooms


def measure_camera(images: NDArray[np.uint8]) -> Camera:
    """Follow the scene through `images` [T, H, W, 3] uint8 RGB."""
    count, height, width = images.shape[:3]
    camera = Camera(
        width / height, np.zeros((count, 2), np.float32), np.ones(count, np.float32), np.zeros(count, bool),
        np.zeros(count, np.float32),
    )  # fmt: skip
    rows = max(_BLOCK, round(_WIDTH * height / width))
    before = None
    for frame in range(count):
        grey = np.asarray(Image.fromarray(images[frame]).convert("L").resize((_WIDTH, rows)), np.float32)
        if before is not None:
            shift, camera.zoom[frame], camera.live[frame], camera.cut[frame] = _step(before, grey)
            camera.shift[frame] = shift / [_WIDTH, rows]
        before = grey
    return camera


def _step(before: FloatArray, after: FloatArray) -> tuple[FloatArray, float, float, bool]:
    """Shift in pixels, zoom, share of blocks that don't follow, and whether this is a cut."""
    places, shifts, textured = _blocks(before, after)
    if textured < _FEWEST:
        return np.zeros(2, np.float32), 1.0, 0.0, False
    if len(places) < max(_FEWEST, _CUT_FOLLOWS * textured):
        return np.zeros(2, np.float32), 1.0, 1.0, True
    middle = np.array([before.shape[1], before.shape[0]], np.float32) / 2
    shift, zoom = _fit(np.asarray(places - middle, np.float32), shifts)
    off = np.abs(shifts - shift - (zoom - 1) * (places - middle)).max(1)
    follows = float((off <= _FIT).sum()) / textured
    if follows < _CUT_FOLLOWS:
        return np.zeros(2, np.float32), 1.0, 1.0, True
    return shift, zoom, 1.0 - follows, False


def _blocks(before: FloatArray, after: FloatArray) -> tuple[FloatArray, FloatArray, int]:
    """Block centres [n, 2] with the shift of each [n, 2] in pixels, and how many blocks had texture at all."""
    window = np.hanning(_BLOCK)[:, None] * np.hanning(_BLOCK)[None]
    places, shifts, textured = [], [], 0
    for y in range(0, before.shape[0] - _BLOCK + 1, _STRIDE):
        for x in range(0, before.shape[1] - _BLOCK + 1, _STRIDE):
            a, b = (image[y : y + _BLOCK, x : x + _BLOCK] for image in (before, after))
            if a.std() < _PLAIN:
                continue
            textured += 1
            shift, peak = phase_shift((a - a.mean()) * window, (b - b.mean()) * window)
            if peak >= _PEAK:
                places.append((x + _BLOCK / 2, y + _BLOCK / 2))
                shifts.append(shift)
    return np.array(places, np.float32).reshape(-1, 2), np.array(shifts, np.float32).reshape(-1, 2), textured


def phase_shift(a: FloatArray, b: FloatArray) -> tuple[tuple[float, float], float]:
    """By how many pixels (x, y) `b` is `a` moved, to a part of a pixel, and the height of the correlation peak 0..1."""
    cross = np.fft.rfft2(b) * np.conj(np.fft.rfft2(a))
    surface = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9), s=a.shape)
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    near = surface.take(range(row - 1, row + 2), 0, mode="wrap").take(range(column - 1, column + 2), 1, mode="wrap")
    weights = np.clip(near, 0, None)
    total = max(float(weights.sum()), 1e-9)
    dy, dx = float((weights.sum(1) * [-1, 0, 1]).sum()) / total, float((weights.sum(0) * [-1, 0, 1]).sum()) / total
    height, width = surface.shape
    y, x = (row + height // 2) % height - height // 2 + dy, (column + width // 2) % width - width // 2 + dx
    return (x, y), total


def _fit(offsets: FloatArray, shifts: FloatArray) -> tuple[FloatArray, float]:
    """Fit shift + (zoom - 1) * offset to block shifts, by iteratively reweighted least squares."""
    weights = np.ones(len(offsets))
    shift, growth = np.median(shifts, 0), 0.0
    for _ in range(12):
        weights = 1 / np.maximum(np.abs(shifts - shift - growth * offsets).sum(1), 0.1)
        w = weights / weights.sum()
        centre, mean = w @ offsets, w @ shifts
        spread = float(w @ ((offsets - centre) ** 2).sum(1))
        growth = float(w @ ((offsets - centre) * (shifts - mean)).sum(1)) / max(spread, 1e-6)
        shift = mean - growth * centre
    return np.asarray(shift, np.float32), 1.0 + growth

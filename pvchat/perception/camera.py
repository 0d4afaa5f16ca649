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
    """T sampled frames."""

    aspect: float  # frame width over height
    shift: FloatArray  # [T, 2] where the scene moved since the frame before, fractions of the frame
    zoom: FloatArray  # [T] by what factor it grew about the frame's centre since then
    cut: NDArray[np.bool_]  # [T] a new scene starts here: nothing can be said about motion across it
    live: FloatArray  # [T] share of textured blocks that do not follow the camera: 0 in a filmed photo

    def steady(self, frames: NDArray[np.int64], points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Points [n, 2] (fractions) of frames [n] (ascending indices) as if the camera had stood still since the first,
        and the accumulated zoom [n] (1 at the first).
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
    before: _Blocks | None = None
    for frame in range(count):
        grey = np.asarray(Image.fromarray(images[frame]).convert("L").resize((_WIDTH, rows)), np.float32)
        here = _split_into_blocks(grey)
        if before is not None:
            shift, camera.zoom[frame], camera.live[frame], camera.cut[frame] = _frame_motion(before, here)
            camera.shift[frame] = shift / [_WIDTH, rows]
        before = here
    return camera


@dataclass
class _Blocks:
    """B blocks of a frame."""

    offsets: FloatArray  # [B, 2] of their middles from the frame's, pixels
    textured: NDArray[np.bool_]  # [B] there is something to follow
    spectra: NDArray[np.complex128]  # [B, _BLOCK, _BLOCK / 2 + 1] of their deviation from their mean under a window


def _split_into_blocks(grey: FloatArray) -> _Blocks:
    """The overlapping blocks of a grey frame [rows, _WIDTH], row by row."""
    window = np.hanning(_BLOCK)[:, None] * np.hanning(_BLOCK)[None]
    parts = np.lib.stride_tricks.sliding_window_view(grey, (_BLOCK, _BLOCK))[::_STRIDE, ::_STRIDE]
    ys, xs = np.mgrid[: parts.shape[0], : parts.shape[1]] * _STRIDE + _BLOCK / 2
    middle = np.array([grey.shape[1], grey.shape[0]], np.float32) / 2
    offsets = np.asarray(np.stack((xs.ravel(), ys.ravel()), 1) - middle, np.float32)
    blocks = parts.reshape(-1, _BLOCK, _BLOCK)
    means = blocks.mean((1, 2), keepdims=True)
    return _Blocks(offsets, blocks.std((1, 2)) >= _PLAIN, np.fft.rfft2((blocks - means) * window))


def _frame_motion(before: _Blocks, after: _Blocks) -> tuple[FloatArray, float, float, bool]:
    """The camera's motion between two frames: shift (pixels), zoom, share of blocks that don't follow, is it a cut."""
    rows = np.flatnonzero(before.textured)
    if len(rows) < _FEWEST:
        return np.zeros(2, np.float32), 1.0, 0.0, False
    shifts, peaks = block_shifts(before.spectra[rows], after.spectra[rows])
    clear = peaks >= _PEAK
    shifts, offsets = shifts[clear], before.offsets[rows[clear]]
    if len(shifts) < max(_FEWEST, _CUT_FOLLOWS * len(rows)):
        return np.zeros(2, np.float32), 1.0, 1.0, True
    shift, zoom = _fit(offsets, shifts)
    off = np.abs(shifts - shift - (zoom - 1) * offsets).max(1)
    follows = float((off <= _FIT).sum()) / len(rows)
    if follows < _CUT_FOLLOWS:
        return np.zeros(2, np.float32), 1.0, 1.0, True
    return shift, zoom, 1.0 - follows, False


def block_shifts(a: NDArray[np.complex128], b: NDArray[np.complex128]) -> tuple[FloatArray, FloatArray]:
    """Shifts (x, y) in pixels [B, 2] from square blocks a to b (spectra [B, n, n / 2 + 1]), and peaks' heights [B]."""
    cross = b * np.conj(a)
    surface = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9))
    count, side = surface.shape[:2]
    rows, columns = np.divmod(surface.reshape(count, -1).argmax(1), side)
    around = np.arange(-1, 2)
    near = surface[
        np.arange(count)[:, None, None],
        (rows[:, None] + around)[..., None] % side,
        (columns[:, None] + around)[:, None] % side,
    ]
    weights = np.clip(near, 0, None)
    total = np.maximum(weights.sum((1, 2)), 1e-9)
    part = np.stack(((weights.sum(1) * around).sum(1), (weights.sum(2) * around).sum(1)), 1) / total[:, None]
    whole = (np.stack((columns, rows), 1) + side // 2) % side - side // 2
    return (whole + part).astype(np.float32), total


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

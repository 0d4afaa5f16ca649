"""Rotated rectangles of an image: cut out for a network, and its points and masks put back into the frame.

The geometry is MediaPipe's (ImageToTensor, LandmarkProjection, AlignmentPointsRects and RectTransformation calculators,
Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, ceil, cos, floor, hypot, pi, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.networks import built
from pvchat.schemas import FloatArray, Pixels

_MASK = 256  # long side of a mask that is laid out over a frame


@dataclass(frozen=True)
class Region:
    """A square in an image: centre and side in pixels, `angle` in radians (clockwise as seen, since y points down)."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    def scaled(self, factor: float, shift_down: float = 0.0) -> Region:
        """Grown by `factor` after moving it along its own downward axis by `shift_down` of its side."""
        step = self.side * shift_down
        return Region(self.x - step * sin(self.angle), self.y + step * cos(self.angle), self.side * factor, self.angle)

    def to_frame(self, points: FloatArray) -> FloatArray:
        """Points [n, 2+] as fractions of the region -> pixels; a third column (depth) is scaled along."""
        out = np.array(points, np.float32)
        u, v = (out[:, 0] - 0.5) * self.side, (out[:, 1] - 0.5) * self.side
        out[:, 0] = self.x + u * cos(self.angle) - v * sin(self.angle)
        out[:, 1] = self.y + u * sin(self.angle) + v * cos(self.angle)
        if out.shape[1] > 2:
            out[:, 2] *= self.side
        return out


def whole_image(image: Pixels) -> Region:
    """The square that holds the whole image, centred (MediaPipe's letterbox)."""
    height, width = image.shape[:2]
    return Region(width / 2, height / 2, float(max(height, width)))


def axis_region(start: FloatArray, end: FloatArray, target: float) -> Region:
    """The square centred on `start` with `end` on its border ([2] pixels), turned so that start -> end points in
    `target` direction (radians, counter-clockwise from the x axis: pi/2 is up).
    """
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    turn = target - atan2(-dy, dx)
    return Region(float(start[0]), float(start[1]), 2 * hypot(dx, dy), (turn + pi) % (2 * pi) - pi)


def around(points: FloatArray, angle: float) -> Region:
    """The smallest square turned by `angle` that holds `points` [n, 2] (pixels)."""
    turned = points[:, :2] @ np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]], np.float32)
    low, high = turned.min(0), turned.max(0)
    u, v = (low + high) / 2
    x, y = u * cos(angle) - v * sin(angle), u * sin(angle) + v * cos(angle)
    return Region(float(x), float(y), float((high - low).max()), angle)


def crop_region(image: Pixels, region: Region, size: int, *, edge: bool = True) -> FloatArray:
    """A region of an image [H, W, 3] uint8 RGB scaled bilinearly to [size, size, 3] float32, 0..1.

    Where it reaches beyond the image its border pixels are repeated; where it is upright and not `edge`, it is black.
    """
    # Pixel k of the crop is taken at k / size, not at its middle: OpenCV's warp as MediaPipe calls it, which is what
    # the networks were trained on.
    steps = np.asarray((np.arange(size, dtype=np.float32) / size - 0.5) * np.float32(region.side), np.float32)
    if region.angle:
        return _sample_rotated(image, region, steps) / np.float32(255)
    xs, ys = (np.asarray(np.float32(middle) + steps, np.float32) for middle in (region.x, region.y))
    return sample(image, xs[None], ys[:, None], edge=edge) / np.float32(255)


def _sample_rotated(image: Pixels, region: Region, steps: FloatArray) -> FloatArray:
    """`sample` of a turned square whose rows and columns lie `steps` [s] from its middle: [s, s, 3], 0..255."""
    c, s = cos(region.angle), sin(region.angle)
    reach = region.side * (abs(c) + abs(s)) / 2 + 2
    # Only what it covers goes to the network, and one pixel more, since the last ones repeat beyond it.
    (x0, x1), (y0, y1) = _pixel_range(region.x, reach, image.shape[1]), _pixel_range(region.y, reach, image.shape[0])
    to_x, to_y = 2 / (x1 - x0 - 1), 2 / (y1 - y0 - 1)  # -1 is the first pixel of the part, 1 the last
    places = np.empty((1, len(steps), len(steps), 2), np.float32)
    along_x, along_y = steps[None] * np.float32(c * to_x), steps[None] * np.float32(s * to_y)
    np.subtract(along_x + np.float32((region.x - x0) * to_x - 1), steps[:, None] * np.float32(s * to_x),
                out=places[0, :, :, 0])  # fmt: skip
    np.add(along_y + np.float32((region.y - y0) * to_y - 1), steps[:, None] * np.float32(c * to_y),
           out=places[0, :, :, 1])  # fmt: skip
    return _bilinear()(image[y0:y1, x0:x1], places)[0]


@built
def _bilinear(openvino: Any) -> Any:
    """Bilinear look-up: pixels [H, W, 3] uint8, places [1, h, w, 2] (-1 at the first, 1 at the last) to [h, w, 3]."""
    ops = openvino.opset13
    pixels, places = ops.parameter([-1, -1, 3], np.uint8), ops.parameter([1, -1, -1, 2], np.float32)
    planes = ops.unsqueeze(ops.transpose(pixels, np.array([2, 0, 1])), np.int64(0))
    how = {"align_corners": True, "mode": "bilinear", "padding_mode": "border"}
    found = ops.grid_sample(ops.convert(planes, "f32"), places, how)
    rows = ops.transpose(ops.squeeze(found, np.array([0])), np.array([1, 2, 0]))
    return openvino.Model([rows.output(0)], [pixels, places])


def _pixel_range(middle: float, reach: float, size: int) -> tuple[int, int]:
    """First and one past the last of `size` pixels within `reach` of a place; two at least."""
    first = min(max(floor(middle - reach), 0), size - 2)
    return first, max(min(ceil(middle + reach), size), first + 2)


def sample(image: NDArray[np.generic], xs: FloatArray, ys: FloatArray, *, edge: bool = True) -> FloatArray:
    """Bilinear look-up of `image` [H, W] or [H, W, C] at pixel positions `xs`, `ys` (of one shape when broadcast):
    float32; beyond its border that is repeated, or, if not `edge`, all is 0.
    """
    height, width = image.shape[:2]
    flat = image.reshape(height * width, -1)
    left, top = np.floor(xs), np.floor(ys)
    fx, fy = (xs - left)[..., None].astype(np.float32), (ys - top)[..., None].astype(np.float32)
    x0, y0 = left.astype(np.int32), top.astype(np.int32)
    columns = [np.clip(x0, 0, width - 1), np.clip(x0 + 1, 0, width - 1)]
    rows = [np.clip(y0, 0, height - 1) * width, np.clip(y0 + 1, 0, height - 1) * width]
    upper = flat.take(rows[0] + columns[0], 0) * (1 - fx) + flat.take(rows[0] + columns[1], 0) * fx
    lower = flat.take(rows[1] + columns[0], 0) * (1 - fx) + flat.take(rows[1] + columns[1], 0) * fx
    out = upper * (1 - fy) + lower * fy
    if not edge:
        out *= ((xs >= -0.5) & (xs <= width - 0.5) & (ys >= -0.5) & (ys <= height - 0.5))[..., None]
    return np.asarray(out if image.ndim == 3 else out[..., 0], np.float32)


def mask_over_frame(mask: FloatArray, region: Region, width: int, height: int) -> FloatArray:
    """A region's mask [m, m] over the frame (in pixels): [h, w] float32, its long side 256; zero outside the region."""
    scale = _MASK / max(width, height)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    xs = (np.arange(w, dtype=np.float32) + 0.5) * (width / w) - region.x
    ys = (np.arange(h, dtype=np.float32) + 0.5) * (height / h) - region.y
    c, s = cos(region.angle), sin(region.angle)
    u = (xs[None, :] * c + ys[:, None] * s) / region.side + 0.5
    v = (ys[:, None] * c - xs[None, :] * s) / region.side + 0.5
    side = mask.shape[0]
    return sample(mask, np.asarray(u * side - 0.5, np.float32), np.asarray(v * side - 0.5, np.float32), edge=False)

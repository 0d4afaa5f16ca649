"""Area averages of an image and of boxes in it, from one table of sums: what MTCNN's networks are shown.

In: an image [H, W, 3] uint8. Out: smaller or larger pictures whose pixels are the means of the rectangles they cover,
colour by colour, as the networks take them. A place of the table has four numbers, the last for nothing: numpy looks up
sixteen bytes at once as fast as one number, and twelve slowly.
The rectangles are those of the paper's reference code (area interpolation: from floor(i n / m) to ceil((i + 1) n / m),
so neighbours may share a pixel). With a summed-area table (Crow, 1984) a mean costs four look-ups, however large.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import FloatArray


class AreaTable:
    """The sums over all rectangles of an image that begin in its upper left corner."""

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self.height, self.width, _ = image.shape
        # 32 bits hold 255 times the pixels of an 8-megapixel image.
        self._sums = np.zeros((self.height + 1, self.width + 1, 4), np.int32)
        np.cumsum(image, 1, np.int32, out=self._sums[1:, 1:, :3])
        for row in range(1, self.height + 1):  # whole rows at a time: `cumsum` would go down each column
            self._sums[row] += self._sums[row - 1]

    def resized(self, rows: int, columns: int) -> FloatArray:
        """The whole image as [3, rows, columns]."""
        top, bottom = _bins(np.array([0]), np.array([self.height]), rows)
        left, right = _bins(np.array([0]), np.array([self.width]), columns)
        bands = self._sums.take(bottom[0], 0)
        bands -= self._sums.take(top[0], 0)
        sums = bands.take(right[0], 1)
        sums -= bands.take(left[0], 1)
        return _means(sums, (bottom - top).T * (right - left))

    def crops(self, boxes: NDArray[np.int64], side: int) -> FloatArray:
        """The boxes [n, 4] (x0, y0, x1, y1 whole pixels inside the image, x1 and y1 excluded): [n, 3, side, side]."""
        left, right = _bins(boxes[:, 0], boxes[:, 2], side)
        top, bottom = (v * (self.width + 1) for v in _bins(boxes[:, 1], boxes[:, 3], side))
        flat = self._sums.reshape(-1, 4)
        sums = flat.take(bottom[:, :, None] + right[:, None], 0)
        sums -= flat.take(bottom[:, :, None] + left[:, None], 0)
        sums -= flat.take(top[:, :, None] + right[:, None], 0)
        sums += flat.take(top[:, :, None] + left[:, None], 0)
        return _means(sums, ((bottom - top) // (self.width + 1))[:, :, None] * (right - left)[:, None])


def _means(sums: NDArray[np.int32], areas: NDArray[np.int64]) -> FloatArray:
    """[..., 3, rows, columns] of sums [..., rows, columns, 4] and areas [..., rows, columns]."""
    planes = np.ascontiguousarray(np.moveaxis(sums[..., :3], -1, -3))
    whole = areas.astype(np.float32)[..., None, :, :]
    means: FloatArray = np.divide(planes, whole, dtype=np.float32, casting="same_kind")
    return means


def _bins(low: NDArray[np.int64], high: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and ends [n, count] of the parts of the stretches from `low` [n] to `high` [n]."""
    steps, length = np.arange(count), (high - low)[:, None]
    return low[:, None] + steps * length // count, low[:, None] - (-(steps + 1) * length // count)

"""Face boxes and five points: MTCNN (Zhang et al., 2016, arXiv:1604.02878), three small cascaded networks, frozen.

In: uint8 RGB images. Out, an image: boxes in pixels, five points (eyes, nose, mouth corners), scores.

The pyramid and the crops come out of one table of sums a frame, to the bin as the paper's reference code makes them.
The candidates of several frames go through R-Net and O-Net together; P-Net takes one level of one frame at a time while
that fills the processor's cache (docs/adr/0014-fast-runtime.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.assets.weights import member_path
from pvchat.perception.boxes import first_of_each, nesting
from pvchat.perception.experts.networks import Input, Network, built, in_batches, load
from pvchat.schemas import FloatArray, IntArray, Pixels

# Constants of the paper's reference code: the pyramid shrinks by 0.709 (half the area a step); P-Net sees 12-pixel
# cells at stride 2; R-Net and O-Net take 24 and 48 pixels.
_FACTOR = 0.709
_CELL, _STRIDE = 12, 2
_CANDIDATES = 600  # at most this many of a frame go into R-Net: bounds the time on busy textures
_LEVEL_PIXELS = 60_000  # that P-Net takes at a time; more is slower a pixel
_RNET_BATCH, _ONET_BATCH = 128, 32  # crops a call of R-Net, of O-Net
_NESTED = 0.7  # share of the smaller of two boxes above which they are one face

Found = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class _Candidates:
    """n boxes of one frame: boxes [n, 4] (x0, y0, x1, y1 pixels), scores [n], shifts [n, 4] of the box's size."""

    boxes: FloatArray
    scores: FloatArray
    shifts: FloatArray

    def take(self, rows: NDArray[np.generic]) -> _Candidates:
        return _Candidates(self.boxes[rows], self.scores[rows], self.shifts[rows])

    def shifted(self, border: int = 0) -> FloatArray:
        """Boxes after regression; `border` is 1 where a box counts its last pixel."""
        size = self.boxes[:, 2:] - self.boxes[:, :2] + np.float32(border)
        return self.boxes + self.shifts * np.tile(size, 2)


class MTCNN:
    """The three networks and the cascade between them.

    `folder` holds pnet.pt, rnet.pt and onet.pt, where it isn't the fetched one; `min_face`: smallest face side that is
    looked for, in pixels; `thresholds`: P-, R- and O-Net scores from which a candidate passes; the reference code has
    .6 for P-Net (docs/adr/0028-faces-followed.md).
    """

    def __init__(
        self,
        folder: Path | None = None,
        device: str = "cpu",
        min_face: float = 20,
        thresholds: tuple[float, float, float] = (0.7, 0.7, 0.7),
    ) -> None:
        folder = folder or member_path("faces", "pnet.pt").parent
        self.min_face, self.thresholds = min_face, thresholds

        def layers(weights: Path) -> Any:
            from pvchat.perception.experts import mtcnnlayers  # which imports torch

            return mtcnnlayers.trained(weights.stem, weights)

        self._pnet, self._rnet, self._onet = (
            load(name, folder / f"{name}.pt", layers, Input((-1, 3, side, side)), device=device, small=True)
            for name, side in (("pnet", -1), ("rnet", 24), ("onet", 48))
        )

    def detect_many(self, images: Sequence[Pixels]) -> list[Found]:
        """Boxes [n, 4], points [n, 5, 2], scores [n] (pixels, best first) in some images [H, W, 3] of one size."""
        tables = [AreaTable(image) for image in images]
        return self._confirm(tables, self._propose(tables)) if tables else []

    def confirm_many(self, images: Sequence[Pixels], boxes: Sequence[FloatArray]) -> list[Found]:
        """As `detect_many`, among candidates that are known (R-Net and O-Net alone): an image's boxes [n, 4] (x0, y0,
        x1, y1 pixels), as large as the faces that they may be.
        """
        return self._confirm([AreaTable(image) for image in images], boxes) if len(images) else []

    def _confirm(self, tables: list[AreaTable], boxes: Sequence[FloatArray]) -> list[Found]:
        """R-Net and O-Net on each image's candidates."""
        refined: list[FloatArray] = []
        for squares, scores, shifts, *_ in _classify_crops(self._rnet, tables, boxes, 24, _RNET_BATCH):
            one = _Candidates(squares, scores, shifts).take(scores > self.thresholds[1])
            refined.append(one.shifted(1)[non_max_suppression(one.boxes, one.scores, 0.7)])
        found: list[Found] = []
        for squares, scores, shifts, places in _classify_crops(self._onet, tables, refined, 48, _ONET_BATCH):
            passed = scores > self.thresholds[2]
            one = _Candidates(squares, scores, shifts).take(passed)
            size = one.boxes[:, 2:] - one.boxes[:, :2] + 1
            points = np.stack((places[passed, :5], places[passed, 5:]), 2) * size[:, None] + one.boxes[:, None, :2] - 1
            faces, order = one.shifted(1), np.argsort(-one.scores, kind="stable")
            order = order[first_of_each(nesting(faces[order], faces[order]) > _NESTED)]
            found.append((faces[order], points[order].astype(np.float32), one.scores[order]))
        return found

    def _propose(self, tables: list[AreaTable]) -> list[FloatArray]:
        """P-Net over the image pyramid: a frame's candidate boxes [n, 4]."""
        height, width = tables[0].height, tables[0].width
        whole = np.array([[0, 0, width, height]])
        levels: list[list[_Candidates]] = [[] for _ in tables]
        for scale in _pyramid(min(height, width), self.min_face):
            size = (int(height * scale + 1), int(width * scale + 1))
            at_once = max(1, _LEVEL_PIXELS // (size[0] * size[1]))
            for start in range(0, len(tables), at_once):
                part = tables[start : start + at_once]
                found = self._pnet(np.concatenate([table.crops(whole, *size) for table in part]))
                for frame, (scores, shifts) in enumerate(zip(*found, strict=True), start):
                    levels[frame].append(_cells(scores, shifts, scale, self.thresholds[0]))
        return [self._merge(found) for found in levels]

    def _merge(self, levels: list[_Candidates]) -> FloatArray:
        """The levels' candidates as one frame's boxes [n, 4]: suppressed in each level, then over all."""
        if not levels:  # the image is smaller than any face that is looked for
            return np.zeros((0, 4), np.float32)
        kept = [level.take(non_max_suppression(level.boxes, level.scores, 0.5)) for level in levels]
        joined = _Candidates(*(np.concatenate([getattr(k, n) for k in kept]) for n in ("boxes", "scores", "shifts")))
        return joined.take(non_max_suppression(joined.boxes, joined.scores, 0.7)[:_CANDIDATES]).shifted()


def non_max_suppression(boxes: FloatArray, scores: FloatArray, overlap: float) -> IntArray:
    """Indices [k], best first, of boxes [n, 4] (corners) whose intersection over union with no better kept one exceeds
    `overlap`; scores [n] above 0. Greedy suppression in the runtime's own code: torchvision's results without torch.
    """
    if len(boxes) == 0:
        return np.zeros(0, np.int64)
    chosen, count = _suppression(overlap)(boxes[None], scores[None, None])
    keep = np.asarray(chosen[: int(count[0]), 2], np.int64)
    return keep[np.lexsort((keep, -scores[keep]))]


@built
def _suppression(openvino: Any, overlap: float) -> Any:
    # The operator drops a box at the threshold itself, torchvision only above it; cells of a grid meet it exactly.
    above = np.float32(overlap)
    if float(above) <= overlap:
        above = np.nextafter(above, np.float32(1))
    ops = openvino.opset13
    boxes, scores = ops.parameter([-1, -1, 4], np.float32), ops.parameter([-1, 1, -1], np.float32)
    kept = ops.non_max_suppression(
        boxes, scores, ops.constant(np.int64(1 << 30)), ops.constant(above),
        ops.constant(np.float32(0)), box_encoding="corner", sort_result_descending=False, output_type="i32",
    )  # fmt: skip
    return openvino.Model([kept.output(0), kept.output(2)], [boxes, scores])


def _pyramid(side: int, min_face: float) -> Sequence[float]:
    """Scales at which a 12-pixel cell covers faces from `min_face` up to the whole image."""
    scales, scale = [], _CELL / min_face
    while side * scale >= _CELL:
        scales.append(scale)
        scale *= _FACTOR
    return scales


def _cells(scores: FloatArray, shifts: FloatArray, scale: float, threshold: float) -> _Candidates:
    """The cells of one level, scores [h, w] and shifts [4, h, w], that pass, as boxes in the frame."""
    row, column = np.nonzero(scores >= threshold)
    corner = np.stack((column, row), 1).astype(np.float32) * _STRIDE
    boxes = np.floor(np.concatenate((corner + 1, corner + _CELL), 1) / np.float32(scale))
    return _Candidates(boxes, scores[row, column], shifts[:, row, column].T)


def _square(boxes: FloatArray) -> FloatArray:
    """Squares [n, 4] around the centres of boxes [n, 4], as long as their longer sides."""
    size = boxes[:, 2:] - boxes[:, :2]
    side = size.max(1, keepdims=True)
    corner = boxes[:, :2] + size / 2 - side / 2
    return np.concatenate((corner, corner + side), 1)


def _classify_crops(
    network: Network, tables: list[AreaTable], boxes: Sequence[FloatArray], side: int, most: int
) -> list[tuple[FloatArray, ...]]:
    """Each frame's boxes, squared, that overlap it, with what a network says of their crops of `side` pixels."""
    pairs = [_crops(table, _square(some), side) for table, some in zip(tables, boxes, strict=True)]
    kept, crops = [squares for squares, _ in pairs], np.concatenate([pixels for _, pixels in pairs])
    if not len(crops):
        return [(none, none[:, 0], none, np.zeros((0, 10), np.float32)) for none in kept]
    ends = np.cumsum([len(squares) for squares in kept])[:-1]
    said = in_batches(network, crops, most)
    return list(zip(kept, *(np.split(rows, ends) for rows in said), strict=True))


def _crops(table: AreaTable, boxes: FloatArray, side: int) -> tuple[FloatArray, FloatArray]:
    """The boxes [n, 4] that overlap the image, and their crops [n, 3, side, side]."""
    whole = np.trunc(boxes).astype(int)
    low, high = np.maximum(whole[:, :2], 1), np.minimum(whole[:, 2:], [table.width, table.height])
    kept = (high > low).all(1)
    # Pixels count from 1, as in the reference code.
    return boxes[kept], table.crops(np.concatenate((low[kept] - 1, high[kept]), 1), side, side)


class AreaTable:
    """The sums over all rectangles of an image [H, W, 3] uint8 that begin in its upper left corner.

    With such a table (Crow, 1984) the mean of a rectangle costs four look-ups, however large. The rectangles are those
    of the paper's reference code: from floor(i n / m) to ceil((i + 1) n / m), so neighbours may share a pixel. A place
    has four numbers, the last for nothing: numpy looks up sixteen bytes at once as fast as one number, twelve slowly.
    """

    def __init__(self, image: Pixels) -> None:
        self.height, self.width, _ = image.shape
        # 32 bits hold 255 times the pixels of an 8-megapixel image.
        self._sums = np.zeros((self.height + 1, self.width + 1, 4), np.int32)
        np.cumsum(image, 1, np.int32, out=self._sums[1:, 1:, :3])
        for row in range(1, self.height + 1):  # whole rows at a time: `cumsum` would go down each column
            self._sums[row] += self._sums[row - 1]

    def crops(self, boxes: IntArray, rows: int, columns: int) -> FloatArray:
        """Boxes [n, 4] (whole pixels inside the image, x1 and y1 excluded) as pictures [n, 3, rows, columns]."""
        left, right = _bins(boxes[:, 0], boxes[:, 2], columns)
        top, bottom = (v * (self.width + 1) for v in _bins(boxes[:, 1], boxes[:, 3], rows))
        flat = self._sums.reshape(-1, 4)
        sums = flat.take(bottom[:, :, None] + right[:, None], 0)
        sums -= flat.take(bottom[:, :, None] + left[:, None], 0)
        sums -= flat.take(top[:, :, None] + right[:, None], 0)
        sums += flat.take(top[:, :, None] + left[:, None], 0)
        areas = ((bottom - top) // (self.width + 1))[:, :, None] * (right - left)[:, None]
        planes = np.ascontiguousarray(np.moveaxis(sums[..., :3], -1, 1))
        return np.asarray(np.divide(planes, areas[:, None].astype(np.float32), dtype=np.float32, casting="same_kind"))


def _bins(low: IntArray, high: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Starts and ends [n, count] of the parts of the stretches from `low` [n] to `high` [n]."""
    steps, length = np.arange(count), (high - low)[:, None]
    return low[:, None] + steps * length // count, low[:, None] - (-(steps + 1) * length // count)

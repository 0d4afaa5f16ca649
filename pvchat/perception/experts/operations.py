"""Arithmetic that the runtime does faster than numpy: suppression of boxes, bilinear look-up of pixels.

In: arrays. Out: arrays.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.networks import Network, put_together
from pvchat.schemas import FloatArray


class Suppression:
    """Greedy non-maximum suppression in the runtime's own code: torchvision's results, without importing it."""

    def __init__(self) -> None:
        self._models: dict[float, Network] = {}

    def __call__(self, boxes: FloatArray, scores: FloatArray, overlap: float) -> NDArray[np.int64]:
        """Indices of boxes [n, 4] whose intersection over union with no better kept one exceeds `overlap`.

        Args:
            boxes: [n, 4] corners.
            scores: [n], above 0.
            overlap: 0..1.

        Returns:
            [k] indices, best first.
        """
        if len(boxes) == 0:
            return np.zeros(0, np.int64)
        if overlap not in self._models:
            self._models[overlap] = put_together(partial(_suppression, overlap))
        chosen, count = self._models[overlap](boxes[None], scores[None, None])
        keep = np.asarray(chosen[: int(count[0]), 2], np.int64)
        return keep[np.lexsort((keep, -scores[keep]))]


@cache
def look_up() -> Network:
    """Bilinear look-up in the runtime's own code, of places outside at the border.

    Called with pixels [H, W, 3] uint8 and places [1, h, w, 2] float32 (x and y, -1 at the first pixel, 1 at the last),
    it returns [h, w, 3] float32.
    """
    return put_together(_sampling)


def _suppression(overlap: float, openvino: Any) -> Any:
    ops = openvino.opset13
    # The operator drops a box at the threshold itself, torchvision only above it; cells of a grid meet it exactly.
    above = np.float32(overlap)
    if float(above) <= overlap:
        above = np.nextafter(above, np.float32(1))
    boxes, scores = ops.parameter([-1, -1, 4], np.float32), ops.parameter([-1, 1, -1], np.float32)
    kept = ops.non_max_suppression(
        boxes, scores, ops.constant(np.int64(1 << 30)), ops.constant(above),
        ops.constant(np.float32(0)), box_encoding="corner", sort_result_descending=False, output_type="i32",
    )  # fmt: skip
    return openvino.Model([kept.output(0), kept.output(2)], [boxes, scores])


def _sampling(openvino: Any) -> Any:
    ops = openvino.opset13
    pixels, places = ops.parameter([-1, -1, 3], np.uint8), ops.parameter([1, -1, -1, 2], np.float32)
    planes = ops.unsqueeze(ops.transpose(pixels, np.array([2, 0, 1])), np.int64(0))
    how = {"align_corners": True, "mode": "bilinear", "padding_mode": "border"}
    found = ops.grid_sample(ops.convert(planes, "f32"), places, how)
    rows = ops.transpose(ops.squeeze(found, np.array([0])), np.array([1, 2, 0]))
    return openvino.Model([rows.output(0)], [pixels, places])

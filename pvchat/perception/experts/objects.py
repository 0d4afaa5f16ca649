"""Things in a frame: SSD-MobileNetV2 trained on COCO, frozen.

Source: Liu et al. 2016 (SSD, arXiv:1512.02325) on MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381), TensorFlow's
zoo, `ssd_mobilenet_v2_coco_2018_03_29`; a frozen TensorFlow graph, which OpenVINO reads itself. It is cut behind the
resizing of the picture and before the suppression, whose loops take longer than the network, and kept converted
(`networks.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.assets.weights import member_path
from pvchat.perception.experts.networks import load_graph
from pvchat.perception.experts.ssd import Detections, suppress
from pvchat.schemas import FloatArray, Pixels

GRAPH = "frozen_inference_graph.pb"
_SIDE = 300  # pixels, both sides: frames are squashed, as in training
_PIXELS = "Preprocessor/map/TensorArrayStack/TensorArrayGatherV3"  # the resized pictures, 0..255
_BOXES, _SCORES = "Postprocessor/Reshape_2", "Postprocessor/convert_scores"
_LEAST = 0.2  # score below which no threshold that is used lies
_CLASSES, PERSON = 91, 1  # of COCO's numbers, 0 being nothing
_SAME = 0.6  # overlap from which two boxes of a label are one thing, as in the graph's own suppression
_FILE = Path(__file__).with_name("coco.json")
LABELS = {int(number): label for number, label in json.loads(_FILE.read_text(encoding="utf-8")).items()}  # by number


@dataclass(frozen=True)
class Detection:
    """One thing in one frame: COCO label, box [4] as fractions of the frame, score 0..1."""

    label: str
    box: FloatArray
    score: float


class ThingExpert:
    """Finds the things that COCO has names for; raises WeightsError where it isn't fetched yet."""

    def __init__(self) -> None:
        graph = member_path("things", GRAPH)
        self._load = partial(load_graph, "things", graph, _PIXELS, (1, _SIDE, _SIDE, 3), (_BOXES, _SCORES))
        self._of_people = self._load(_only_people)

    all = cached_property(lambda self: self._load())  # the whole network, loaded when it is first needed

    def find(self, image: Pixels) -> list[Detection]:
        """The things in a frame [H, W, 3], best first."""
        boxes, scores = self.all(_as_input(image))
        return read_detections(boxes[0], scores[0])

    def scores(self, image: Pixels) -> tuple[FloatArray, FloatArray]:
        """All boxes [n, 4] (fractions) in a picture [H, W, 3], and the score [n, L] of each of LABELS."""
        boxes, scores = self.all(_as_input(image))
        return _corners(boxes[0]), scores[0][:, list(LABELS)]

    def people(self, image: Pixels) -> list[Detection]:
        """The people among them, in less time."""
        boxes, scores = self._of_people(_as_input(image))
        return _of_label(PERSON, _corners(boxes[0]), scores[0, :, 0])


def _as_input(image: Pixels) -> FloatArray:
    """A frame [H, W, 3] as the network takes it: [1, 300, 300, 3]."""
    from PIL import Image  # the labels alone are read by questions, too

    picture = Image.fromarray(image).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    return np.asarray(picture, np.float32)[None]


def _only_people(model: Any) -> None:
    """Leave of the network's classes [91] the one of people: the layers that tell them take most of its time."""
    from openvino import opset13

    def put(layer: Any, value: NDArray[Any]) -> Any:
        """Give a layer another second input; returns what comes after it."""
        layer.input(1).replace_source_output(opset13.constant(np.ascontiguousarray(value)).output(0))
        return after(layer)

    def after(layer: Any) -> Any:
        return next(iter(layer.output(0).get_target_inputs())).get_node()

    for layer in model.get_ordered_ops():  # to [anchors * 91, …]; then bias, transposition, reshaping to [1, n, 91]
        if layer.get_type_name() == "Convolution" and layer.input_value(1).get_shape()[0] % _CLASSES == 0:
            bias = put(layer, layer.input_value(1).get_node().data[PERSON::_CLASSES])
            turned = put(bias, bias.input_value(1).get_node().data[:, PERSON::_CLASSES])
            put(after(turned), np.array([1, -1, 1]))
    model.validate_nodes_and_infer_types()


def read_detections(boxes: FloatArray, scores: FloatArray) -> list[Detection]:
    """The network's output as detections, best first: boxes [n, 4] (y0, x0, y1, x1 as fractions), scores [n, 91] of
    COCO's numbers.
    """
    corners = _corners(boxes)
    found = [one for number in LABELS for one in _of_label(number, corners, scores[:, number])]
    return sorted(found, key=lambda d: -d.score)


def _corners(boxes: FloatArray) -> FloatArray:
    """The network's boxes [n, 4] as x0, y0, x1, y1 inside the frame."""
    return np.clip(boxes[:, [1, 0, 3, 2]], 0, 1)


def _of_label(number: int, corners: FloatArray, scores: FloatArray) -> list[Detection]:
    """Things of one label, by COCO's number, best first: its scores [n], each of a box [n, 4]."""
    keep = np.flatnonzero(scores >= _LEAST)
    if not len(keep):
        return []
    points: Any = np.zeros((len(keep), 0, 2), np.float32)
    one = suppress(Detections(corners[keep], points, scores[keep]), _SAME)
    return [Detection(LABELS[number], box, float(score)) for box, score in zip(one.boxes, one.scores, strict=True)]

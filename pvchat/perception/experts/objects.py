"""Things in a frame: SSD-MobileNetV2 trained on COCO, frozen.

In: frames. Out: boxes with a COCO label and a score each. Source: Liu et al. 2016 (SSD, arXiv:1512.02325) on
MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381), TensorFlow's zoo, `ssd_mobilenet_v2_coco_2018_03_29`; a frozen
TensorFlow graph, which OpenVINO reads itself. It is cut behind the resizing of the picture and before the suppression,
whose loops take longer than the network, and kept converted (`networks.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.networks import load_graph
from pvchat.perception.experts.ssd import Detections, suppress
from pvchat.schemas import FloatArray

GRAPH = "frozen_inference_graph.pb"
_SIDE = 300  # pixels, both sides: frames are squashed, as in training
_PIXELS = "Preprocessor/map/TensorArrayStack/TensorArrayGatherV3"  # the resized pictures, 0..255
_BOXES, _SCORES = "Postprocessor/Reshape_2", "Postprocessor/convert_scores"
_LEAST = 0.2  # score below which no threshold that is used lies
_KEPT = 48  # frames: more than a short clip has
_SAME = 0.6  # overlap from which two boxes of a label are one thing, as in the graph's own suppression
_NAMES = """person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,
parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,
frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,
wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,
potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,
refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"""
_UNUSED = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)  # of COCO's numbers
LABELS = dict(
    zip((i for i in range(1, 91) if i not in _UNUSED), _NAMES.replace("\n", "").split(","), strict=True)
)  # by COCO's number


@dataclass(frozen=True)
class Detection:
    """One thing in one frame: COCO label, box [4] as fractions of the frame, score 0..1."""

    label: str
    box: FloatArray
    score: float


class ThingExpert:
    """Finds the things that COCO has names for.

    Bodies are looked for in a clip first, things later, in the same frames (`bodies.py`, `things.py`): what was found
    in the last few frames is kept until it is asked for once more.

    Args:
        graph: the frozen TensorFlow graph; None takes it from the weights cache.

    Raises:
        WeightsError: it isn't fetched yet.
    """

    def __init__(self, graph: Path | None = None) -> None:
        if graph is None:
            from pvchat.assets.weights import member_path

            graph = member_path("things", GRAPH)
        self._network = load_graph("things", graph, _PIXELS, (1, _SIDE, _SIDE, 3), (_BOXES, _SCORES))
        self._kept: dict[bytes, list[Detection]] = {}  # by the picture's digest, the oldest first

    def find(self, image: NDArray[np.uint8]) -> list[Detection]:
        """The things in a frame [H, W, 3], best first."""
        from PIL import Image  # the labels alone are read by questions, too

        picture = Image.fromarray(image).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
        digest = hashlib.blake2b(picture.tobytes(), digest_size=16).digest()
        if (known := self._kept.pop(digest, None)) is not None:
            return known
        boxes, scores = self._network(np.asarray(picture, np.float32)[None])
        self._kept[digest] = found = read(boxes[0], scores[0])
        while len(self._kept) > _KEPT:
            self._kept.pop(next(iter(self._kept)), None)
        return list(found)


def read(boxes: FloatArray, scores: FloatArray) -> list[Detection]:
    """The network's output as detections, best first.

    Args:
        boxes: [n, 4] y0, x0, y1, x1 as fractions.
        scores: [n, 91], of COCO's numbers.
    """
    corners: FloatArray = np.clip(boxes[:, [1, 0, 3, 2]], 0, 1)
    found: list[Detection] = []
    for number, label in LABELS.items():
        if not len(keep := np.flatnonzero(scores[:, number] >= _LEAST)):
            continue
        points: Any = np.zeros((len(keep), 0, 2), np.float32)
        one = suppress(Detections(corners[keep], points, scores[keep, number]), _SAME)
        found += [Detection(label, box, float(score)) for box, score in zip(one.boxes, one.scores, strict=True)]
    return sorted(found, key=lambda d: -d.score)

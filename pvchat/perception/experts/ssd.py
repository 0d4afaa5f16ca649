"""MediaPipe's single-shot detectors (faces, whole persons): anchors, decoding, suppression.

Constants come from MediaPipe's face_detection_full_range and pose_detection graphs (Apache-2.0), the method from
BlazeFace (Bazarevsky et al. 2019, arXiv:1907.05047).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pvchat.perception.boxes import overlap
from pvchat.perception.experts.networks import LiteNetwork
from pvchat.perception.experts.regions import Region, crop_region
from pvchat.schemas import FloatArray, Pixels

_SCORE_CLIP = 60.0  # logits beyond this are clipped before the sigmoid, which float32 could not hold
_OVERLAP = 0.3  # detections that overlap more than this are averaged into one


_SURE = 0.5  # score that a person must reach
Strides = tuple[tuple[int, int], ...]
# Of a detector: its file, and its strides with anchors a cell.
FACES = "face_detection_full_range_sparse.tflite", ((4, 1),)
PERSONS = "pose_detection.tflite", ((8, 2), (16, 2), (32, 6))


@dataclass
class Detections:
    """n things that a detector found in one frame, in pixels, best first."""

    boxes: FloatArray  # [n, 4] x0, y0, x1, y1
    points: FloatArray  # [n, K, 2] K of each
    scores: FloatArray  # [n] 0..1

    def __len__(self) -> int:
        return len(self.scores)


class Detector:
    """One SSD network with its anchors."""

    def __init__(self, file: str, strides: Strides) -> None:
        self._network = LiteNetwork(file)
        self._size = self._network.input_size[0]
        self._anchors = anchors(self._size, strides)

    def __call__(self, image: Pixels, region: Region, threshold: float = _SURE) -> Detections:
        """Find objects in `region` of `image` [H, W, 3]; outside the image is black, as in training."""
        raw, logits = self._network(crop_region(image, region, self._size, edge=False) * 2 - 1)  # pixels -1..1
        found = decode(raw, logits[:, 0], self._anchors, self._size, threshold)
        corners = region.to_frame(found.boxes.reshape(-1, 2)).reshape(-1, 2, 2)
        points = region.to_frame(found.points.reshape(-1, 2)).reshape(found.points.shape)
        return Detections(corners.reshape(-1, 4), points, found.scores)


def anchors(size: int, strides: Strides) -> FloatArray:
    """Anchor centres [n, 2] as fractions, row-major within a stride (the networks use fixed, unit anchor sizes)."""
    centres = []
    for stride, count in strides:
        cells = size // stride
        ys, xs = np.divmod(np.arange(cells * cells), cells)
        centre = (np.stack([xs, ys], 1) + 0.5) / cells
        centres.append(np.repeat(centre, count, 0))
    return np.concatenate(centres).astype(np.float32)


def decode(raw: FloatArray, logits: FloatArray, centres: FloatArray, size: int, threshold: float) -> Detections:
    """Raw network output -> suppressed detections as fractions of the region.

    `raw`: [n, 4 + 2K] centre x, centre y, width, height, then points x, y, all in input pixels from the anchor;
    `logits`: [n]; `centres`: [n, 2] of the anchors; `size`: input side in pixels; `threshold`: of the probability.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits, -_SCORE_CLIP, _SCORE_CLIP)))
    keep = np.flatnonzero(scores >= threshold)
    points = np.asarray(raw[keep].reshape(len(keep), raw.shape[1] // 2, 2) / size, np.float32)
    points[:, 0] += centres[keep]
    points[:, 2:] += centres[keep][:, None]
    half = points[:, 1] / 2
    boxes = np.concatenate([points[:, 0] - half, points[:, 0] + half], 1)
    return suppress(Detections(boxes, points[:, 2:], scores[keep].astype(np.float32)))


def suppress(found: Detections, least: float = _OVERLAP) -> Detections:
    """Weighted non-maximum suppression: each group's boxes and points are averaged by score (BlazeFace §3.3)."""
    boxes, points, scores = [], [], []
    left = np.argsort(-found.scores)
    while len(left):
        same = overlap(found.boxes[left[:1]], found.boxes[left])[0] > least
        same[0] = True
        group = left[same]
        weights = found.scores[group] / found.scores[group].sum()
        boxes.append(np.einsum("n,nd->d", weights, found.boxes[group]))
        points.append(np.einsum("n,nkd->kd", weights, found.points[group]))
        scores.append(found.scores[left[0]])
        left = left[~same]
    merged = np.array(boxes, np.float32).reshape(-1, 4)
    places = np.array(points, np.float32).reshape(len(scores), *found.points.shape[1:])
    return Detections(merged, places, np.array(scores, np.float32))

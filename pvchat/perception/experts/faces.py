"""Faces in one frame: boxes and points, identity vectors (`identity.py`), fitness for identification.


MTCNN finds most faces and places its points well; MediaPipe's wide-range detector adds turned and masked ones. The five
points are mapped by a similarity transform (Umeyama, 1991) onto their mean place in dlib's 150-pixel face chip: dlib's
own 5-point predictor expects boxes of dlib's detector and drifts on turned faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.perception.boxes import overlap
from pvchat.perception.experts import faceprint
from pvchat.perception.experts.faceprint import FaceprintNetwork
from pvchat.perception.experts.identity import SIDE, IdentityNetwork
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.perception.experts.mtcnn import MTCNN, Found
from pvchat.perception.experts.ssd import Detections
from pvchat.schemas import FloatArray, Pixels

# Median place of MTCNN's points in dlib's chips over 300 LFW photos: left eye, right eye, nose, mouth corners.
TEMPLATE = np.array([[48.7, 47.0], [103.0, 47.0], [75.4, 79.5], [52.0, 106.3], [99.6, 106.8]])
_CORNERS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float64)
_BORDER = 3  # pixels around a chip that the bicubic warp may look at
# Frames are searched at this longest side, larger ones than four thirds of it at this share: smaller faces carry no
# identity.
_DETECT_SIDE, _DETECT_SHARE = 720, 0.75
_SAME = 0.3  # overlap from which both detectors mean one face
_WIDE_MIN = 0.7  # score that the wide-range detector must reach …
_PERHAPS = 0.5  # … to be looked at where faces are followed …
_WIDE_SCORE = 0.6  # … and where its scores begin on MTCNN's scale: 0.7 there is about as sure as 0.88 here
# Shifts (in sizes) and scales at which a face is looked for again around where it was a moment before.
_NEIGHBOURS = ((0, 0, 1), (-0.15, 0, 1), (0.15, 0, 1), (0, -0.15, 1), (0, 0.15, 1), (0, 0, 0.8), (0, 0, 1.25))
_SHARP = 60.0  # variance of the Laplacian of a chip from which it counts as sharp
_LARGE = 60.0  # pixels of face height from which size is no limit (a chip is 150 with a wide margin)


@dataclass
class DetectedFaces(Detections):
    """n faces of one frame, described; of each five points: eyes, nose, mouth corners."""

    quality: FloatArray  # [n] fitness for identification, 0..1 (size, sharpness, frontality)
    identity: FloatArray  # [n, 128] descriptors (mean of the chip and its mirror image)


class FaceExpert:
    """Finds and describes the faces of a frame."""

    def __init__(
        self,
        detector: MTCNN | None = None,
        network: IdentityNetwork | None = None,
        wide: WideFaceDetector | None = None,
        device: str = "cpu",
    ) -> None:
        self.detector = detector or MTCNN(device=device)
        self.network = network or IdentityNetwork(device=device)
        self.wide = wide or WideFaceDetector()

    printer = cached_property(lambda self: FaceprintNetwork())  # of faceprints, loaded when it is first needed

    def locate_many(self, images: Sequence[Pixels], near: Sequence[FloatArray] | None = None) -> list[Detections]:
        """Where each frame's faces are: MTCNN's, and of the wide-range detector's those that are sure and overlap none.

        `near`: boxes [n, 4] (pixels) of each frame's faces a moment before: MTCNN looks around these alone, and at what
        the wide-range detector, which still sees the whole frame, takes for a face.
        """
        small = [_shrink_for_search(image) for image in images]
        scales = [seen.shape[1] / image.shape[1] for seen, image in zip(small, images, strict=True)]
        wide = [self._wide_faces(image, _WIDE_MIN if near is None else _PERHAPS) for image in images]
        if near is None:
            own = self.detector.detect_many(small)
        else:
            seen = [np.concatenate((around, found)) for around, (found, _, _) in zip(near, wide, strict=True)]
            tried = [_neighbour_boxes(boxes) for boxes in seen]
            boxes_to_try = [boxes * np.float32(scale) for boxes, scale in zip(tried, scales, strict=True)]
            own = self.detector.confirm_many(small, boxes_to_try)
        located = []
        for scale, (boxes, points, scores), (more, five, sure) in zip(scales, own, wide, strict=True):
            boxes, points = boxes / scale, points / scale
            new = (overlap(more, boxes).max(1, initial=0.0) < _SAME) & (sure >= _WIDE_MIN)
            more_scores = _WIDE_SCORE + (1 - _WIDE_SCORE) * sure[new]
            pairs = ((boxes, more[new]), (points, five[new]), (scores, more_scores))
            located.append(Detections(*(np.concatenate(pair).astype(np.float32) for pair in pairs)))
        return located

    def _wide_faces(self, image: Pixels, least: float) -> Found:
        """Boxes, five points and scores (pixels) of the wide-range detector's faces."""
        size = np.array(image.shape[1::-1], np.float32)
        found, keys, scores = self.wide.faces(image, least)
        right_eye, left_eye, nose, mouth = (keys[:, i] * size for i in range(4))
        # of the mouth it has one point; the corners lie about that
        eyes, corners = TEMPLATE[1, 0] - TEMPLATE[0, 0], TEMPLATE[4, 0] - TEMPLATE[3, 0]
        half = (left_eye - right_eye) * np.float32(corners / eyes / 2)
        points = np.stack((right_eye, left_eye, nose, mouth - half, mouth + half), 1).astype(np.float32)
        return found * np.tile(size, 2), points, scores

    def prints(self, images: Sequence[Pixels], points: Sequence[FloatArray]) -> FloatArray:
        """Faceprints [n, 512] of n faces, one of each image; points [5, 2] each (pixels)."""
        crops = [chip(i, p, faceprint.TEMPLATE, faceprint.SIDE) for i, p in zip(images, points, strict=True)]
        return self.printer.describe(np.stack(crops) if crops else np.zeros((0, 1, 1, 3), np.uint8))

    def vectors(self, chips: Sequence[Pixels]) -> FloatArray:
        """Identity vectors [n, 128] of n chips [150, 150, 3]: means of the chip's and its mirror image's."""
        bare = np.stack(chips) if len(chips) else np.zeros((0, SIDE, SIDE, 3), np.uint8)
        both = self.network.describe(np.concatenate((bare, bare[:, :, ::-1])))
        return np.asarray((both[: len(chips)] + both[len(chips) :]) / 2, np.float32)


def chip(image: Pixels, points: FloatArray, template: NDArray[np.float64] = TEMPLATE, side: int = SIDE) -> Pixels:
    """The aligned face chip [side, side, 3] for five points [5, 2] (eyes, nose, mouth corners) in pixels of the image
    [H, W, 3], which the chip has where `template` [5, 2] says.
    """
    matrix, offset = _similarity(np.asarray(points, np.float64), template)
    scale = float(np.sqrt(abs(np.linalg.det(matrix))))  # chip pixels an image pixel
    source = Image.fromarray(image)
    inverse = np.linalg.inv(matrix)
    shift = -inverse @ offset
    if scale < 1 / 1.5:  # shrink first: the affine warp has no anti-aliasing of its own
        size = (max(1, round(source.width * scale)), max(1, round(source.height * scale)))
        ratio = np.array([size[0] / source.width, size[1] / source.height])
        inverse, shift = ratio[:, None] * inverse, ratio * shift
        source, corner = _shrunk(source, size, inverse @ (side * _CORNERS).T + shift[:, None])
        shift = shift - corner
    affine = (inverse[0, 0], inverse[0, 1], shift[0], inverse[1, 0], inverse[1, 1], shift[1])
    warped = source.transform((side, side), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
    return np.array(warped)


def _shrunk(
    source: Image.Image, size: tuple[int, int], shown: NDArray[np.float64]
) -> tuple[Image.Image, NDArray[np.float64]]:
    """The part of a picture shrunk to `size` that holds the points `shown` [2, n] (shrunk pixels), and its corner."""
    low = np.clip(np.floor(shown.min(1)) - _BORDER, 0, np.array(size) - 1)
    high = np.clip(np.ceil(shown.max(1)) + _BORDER, low + 1, size)
    back = np.array([source.width / size[0], source.height / size[1]])
    box = (*(low * back), *np.minimum(high * back, source.size))
    width, height = (high - low).astype(int)
    return source.resize((int(width), int(height)), Image.Resampling.BOX, box), low


def frontality(points: FloatArray) -> float:
    """How frontal a face is, 0 (profile) to 1, from five points [5, 2]: the nose's place between the eyes (PVChat's
    quality gate, in eye distances instead of face widths).
    """
    left, right, nose = points[0], points[1], points[2]
    axis = right - left
    distance = float(np.linalg.norm(axis))
    if distance < 1e-3:
        return 0.0
    offset = float(np.dot(nose - (left + right) / 2, axis) / distance**2)
    return max(0.0, 1.0 - 1.5 * abs(offset))


def face_quality(chip_pixels: Pixels, found: Detections, i: int) -> float:
    """A located face's quality, 0..1, from its chip [150, 150, 3]: sharpness, size, frontality, detector's score."""
    box, points = found.boxes[i], found.points[i]
    grey = chip_pixels[25:125, 25:125].astype(np.float32).mean(2)
    laplacian = grey[1:-1, :-2] + grey[1:-1, 2:] + grey[:-2, 1:-1] + grey[2:, 1:-1] - 4 * grey[1:-1, 1:-1]
    sharp = min(1.0, float(laplacian.var()) / _SHARP)
    large = min(1.0, float(box[3] - box[1]) / _LARGE)
    fit = (0.25 + 0.75 * frontality(points)) * (0.3 + 0.7 * sharp) * (0.2 + 0.8 * large)
    return float(np.float32(fit) * found.scores[i])


def _similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Least-squares rotation, scale and shift that take source [n, 2] to target [n, 2]: y = matrix @ x + offset."""
    centre, goal = source.mean(0), target.mean(0)
    s, t = source - centre, target - goal
    spread = max(float((s**2).sum()), 1e-9)
    cosine = float((s * t).sum()) / spread
    sine = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / spread
    matrix = np.array([[cosine, -sine], [sine, cosine]])
    if abs(np.linalg.det(matrix)) < 1e-9:  # all points in one place: any chip is as good as another
        matrix = np.eye(2)
    return matrix, goal - matrix @ centre


def _neighbour_boxes(boxes: FloatArray) -> FloatArray:
    """Boxes [n, 4] with their neighbours in place and size, [n * 7, 4]: candidates as P-Net would give them."""
    size = boxes[:, 2:] - boxes[:, :2]
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    found = []
    for x, y, factor in _NEIGHBOURS:
        centre, half = middle + size * np.array([x, y], np.float32), size * np.float32(factor / 2)
        found.append(np.concatenate((centre - half, centre + half), 1))
    return np.concatenate(found).astype(np.float32)


def _shrink_for_search(image: Pixels) -> Pixels:
    """The image as it is searched: its longest side is at most `_DETECT_SIDE`, or `_DETECT_SHARE` of what it was."""
    scale = min(1.0, max(_DETECT_SHARE, _DETECT_SIDE / max(image.shape[:2])))
    if scale == 1.0:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))

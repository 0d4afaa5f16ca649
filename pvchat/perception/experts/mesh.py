"""Face mesh and wide-range face boxes: MediaPipe Face Mesh and BlazeFace (full range), frozen.

Source: Kartynnik et al. 2019 (arXiv:1907.06724), Bazarevsky et al. 2019 (arXiv:1907.05047); constants from MediaPipe's
face_landmark and face_detection graphs.

Whether its eyes are cast down is told by a logistic regression on points of the mesh in the face's own frame (cheek to
cheek, forehead to chin), so that neither size nor a turned head counts (`recipes/looks/downcast.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import atan2
from pathlib import Path

import numpy as np

from pvchat.perception.experts.headfiles import linear_head, sigmoid
from pvchat.perception.experts.networks import LiteNetwork
from pvchat.perception.experts.regions import Region, around, crop_region, whole_image
from pvchat.perception.experts.ssd import FACES, Detector
from pvchat.schemas import FloatArray, Pixels

POINTS = 468
SMALLEST_MOUTH = 36  # pixels, height of a face below which the mesh guesses how its mouth moves
# Indices of the canonical face mesh; "right" is the person's own right, the left of a picture that faces us.
PARTS: dict[str, list[int]] = json.loads(Path(__file__).with_name("facemesh.json").read_text(encoding="utf-8"))
_RIGHT_EYE_OUTER, _RIGHT_EYE_INNER, _LEFT_EYE_INNER, _LEFT_EYE_OUTER = 33, 133, 362, 263
_RIGHT_LIDS, _LEFT_LIDS = (159, 145), (386, 374)
_UPPER_LIP, _LOWER_LIP, _RIGHT_CORNER, _LEFT_CORNER = 13, 14, 61, 291
FOREHEAD, CHIN, RIGHT_CHEEK, LEFT_CHEEK = 10, 152, 234, 454
DOWNCAST_WEIGHTS = Path(__file__).with_name("downcast.safetensors")
_SHOWN = np.concatenate([PARTS[part] for part in ("mouth", "brows", "lids", "cheeks")])
_NEUTRAL_WIDTH = 0.30  # mouth width of an unsmiling face, in face heights
_MARGIN = 1.5  # the region the network is trained on, over the tight box of the mesh


@dataclass
class Mesh:
    """One face."""

    points: FloatArray  # [468, 3] x, y as fractions of the frame, z (fraction of its width, small is near)
    presence: float  # 0..1, that a face is there
    mouth_open: float  # gap between the inner lips over the face's height; 0 closed, 0.2 wide open
    eyes_open: float  # lid gap over eye width, mean of both; under 0.1 closed, 0.3 open
    smile: float  # height of the mouth's corners and its width against a neutral face, in face heights
    yaw: float  # degrees, positive turned to the picture's right
    pitch: float  # degrees, positive up
    roll: float  # degrees, positive clockwise as seen


class MeshExpert:
    """Lays the mesh over a face that is already found."""

    def __init__(self) -> None:
        self._network = LiteNetwork("face_landmark.tflite")

    def mesh(self, image: Pixels, box: FloatArray, points: FloatArray | None = None) -> Mesh | None:
        """The mesh of the face in a box [4] (fractions) of an image [H, W, 3]; None where the network sees none.

        `points`: [5, 2] picture-left eye, picture-right eye, nose, mouth corners as fractions; they give the roll.
        """
        height, width = image.shape[:2]
        scale = np.array([width, height], np.float32)
        corners = np.asarray(box, np.float32).reshape(2, 2) * scale
        angle = 0.0
        if points is not None and np.isfinite(points).all():
            dx, dy = (points[1] - points[0]) * scale
            angle = atan2(dy, dx)
        centre = corners.mean(0)
        region = Region(float(centre[0]), float(centre[1]), float((corners[1] - corners[0]).max()) * _MARGIN, angle)
        for _ in range(2):  # the second look is framed by the mesh itself, as in tracking
            raw, flag = self._network(crop_region(image, region, self._network.input_size[0]))
            found = region.to_frame(np.asarray(raw.reshape(POINTS, 3) / self._network.input_size[0], np.float32))
            dx, dy = found[_LEFT_EYE_OUTER, :2] - found[_RIGHT_EYE_OUTER, :2]
            region = around(found, atan2(dy, dx)).scaled(_MARGIN)
        presence = float(1 / (1 + np.exp(-flag.ravel()[0])))
        if presence < 0.5:
            return None
        size: FloatArray = np.array([width, height, width], np.float32)
        return Mesh(found / size, presence, **measure(found))


class WideFaceDetector:
    """Finds faces up to about five metres away, turned and masked ones included."""

    def __init__(self) -> None:
        self._detector = Detector(*FACES)

    def faces(self, image: Pixels, threshold: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """All faces, best first: boxes [n, 4], keypoints [n, 6, 2], scores [n]; fractions of the frame.

        Keypoints are right eye, left eye, nose, mouth, right ear, left ear; the person's own sides.
        """
        height, width = image.shape[:2]
        found = self._detector(image, whole_image(image), threshold)
        scale = np.array([width, height], np.float32)
        return (found.boxes.reshape(-1, 2, 2) / scale).reshape(-1, 4), found.points / scale, found.scores


def measure(points: FloatArray) -> dict[str, float]:
    """Mouth, eyes, smile and head angles of a mesh [468, 3] in pixels (depth too): `Mesh`'s measures by name."""
    (across, down, _), height = face_axes(points)
    corners = (points[_RIGHT_CORNER] + points[_LEFT_CORNER]) / 2
    lips = (points[_UPPER_LIP] + points[_LOWER_LIP]) / 2
    mouth_width = _gap(points, _RIGHT_CORNER, _LEFT_CORNER) / height
    right = _gap(points, *_RIGHT_LIDS) / _gap(points, _RIGHT_EYE_OUTER, _RIGHT_EYE_INNER)
    left = _gap(points, *_LEFT_LIDS) / _gap(points, _LEFT_EYE_OUTER, _LEFT_EYE_INNER)
    return {
        "mouth_open": _gap(points, _UPPER_LIP, _LOWER_LIP) / height,
        "eyes_open": (right + left) / 2,
        "smile": float((lips - corners) @ down) / height + mouth_width - _NEUTRAL_WIDTH,
        "yaw": float(np.degrees(atan2(across[2], np.hypot(across[0], across[1])))),
        "pitch": float(np.degrees(atan2(-down[2], np.hypot(down[0], down[1])))),
        "roll": float(np.degrees(atan2(across[1], across[0]))),
    }


def shown_points(points: FloatArray) -> FloatArray:
    """[D] of a mesh [468, 3] in pixels (depth too): where mouth, brows, lids and cheeks lie, in face heights.

    The height is measured along the face's own y, as when the weights learned.
    """
    axes, _ = face_axes(points)
    height = max(float((points[CHIN] - points[FOREHEAD]) @ axes[1]), 1e-6)
    middle = points[[FOREHEAD, CHIN, RIGHT_CHEEK, LEFT_CHEEK]].mean(0)
    return np.asarray(((points[_SHOWN] - middle) @ axes.T) / height, np.float32).ravel()


def downcast(points: FloatArray) -> float:
    """The probability that a face's eyes are cast down or shut; points [468, 3] in pixels."""
    weight, bias = linear_head(DOWNCAST_WEIGHTS)
    return float(sigmoid(shown_points(points) @ weight + bias.item()))


def face_axes(points: FloatArray) -> tuple[FloatArray, float]:
    """The face's own x, y and z [3, 3] (rows of length 1; y goes down) and height, of a mesh [468, 3] in pixels."""
    across, down = _unit(points[LEFT_CHEEK] - points[RIGHT_CHEEK]), points[CHIN] - points[FOREHEAD]
    height = max(float(np.linalg.norm(down)), 1e-6)
    down = _unit(down - across * float(down @ across))
    return np.stack((across, down, np.cross(across, down))).astype(np.float32), height


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def _gap(points: FloatArray, a: int, b: int) -> float:
    return float(np.linalg.norm(points[a] - points[b]))

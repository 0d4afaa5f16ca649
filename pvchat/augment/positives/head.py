"""A head to turn and to dress: the face mesh of one frame, grown by rings that hold hair, ears and neck.

In: the 468 points of a face. Out: a `Head`: its points in the frame's pixels and in the head's own upright coordinates
(unit: face height, origin amid cheeks, forehead and chin, x to the picture's right, y down, z away from the camera), in
which expressions, turns and things to wear are described.

Legend: P = 468 + 3 rings of 36 points. The outermost ring never moves: it ties the warp to the rest of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pvchat.augment.positives.warp import triangulate
from pvchat.schemas import FloatArray, IntArray

# Indices of MediaPipe's canonical face mesh; "right" is the person's own, the left of a picture that faces us.
FOREHEAD, CHIN, RIGHT_CHEEK, LEFT_CHEEK = 10, 152, 234, 454
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
FACE = 468
# Each ring: how far out sideways and down, how far up (hair), how much deeper than the oval, how much it turns along.
_RINGS = ((1.22, 1.45, 0.22, 0.9), (1.65, 2.0, 0.35, 0.45), (2.4, 2.9, 0.40, 0.0))
_NECK = 0.45  # share of a ring's turn that remains straight below the chin


@dataclass
class Head:
    """One frame's head.

    Attributes:
        pixels: [P, 3] x, y and depth in pixels of the frame.
        local: [P, 3] the same in the head's own coordinates.
        follows: [P] 0..1, how much a point turns with the head.
        axes: [3, 3] rows: the head's x, y, z in the frame.
        centre: [3] origin in the frame.
        height: face height in pixels.
    """

    pixels: FloatArray
    local: FloatArray
    follows: FloatArray
    axes: FloatArray
    centre: FloatArray
    height: float

    def to_pixels(self, local: FloatArray) -> FloatArray:
        """Points [n, 3] of the head's own coordinates in the frame."""
        return np.asarray(self.centre + self.height * local @ self.axes, np.float32)

    def triangles(self) -> IntArray:
        """[M, 3], from the upright face: turned faces fold over themselves in the frame."""
        return triangulate(self.local[:, :2])


def build(mesh: FloatArray, width: int, height: int) -> Head:
    """The head of one mesh [468, 3] (fractions of a frame of `width` by `height` pixels)."""
    face = np.asarray(mesh * [width, height, width], np.float32)
    face[:, :2] -= 0.5  # a pixel's middle is a whole number
    axes, centre, size = frame_of(face)
    local = np.asarray((face - centre) @ axes.T / size, np.float32)
    grown, follows = _grow(local)
    head = Head(face, grown, follows, axes, centre, size)
    head.pixels = np.concatenate((face, head.to_pixels(grown[FACE:])))
    return head


def frame_of(face: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Axes [3, 3], origin [3] and height of a mesh [468, 3] in pixels."""
    across = _unit(face[LEFT_CHEEK] - face[RIGHT_CHEEK])
    down = face[CHIN] - face[FOREHEAD]
    size = float(np.linalg.norm(down))
    down = _unit(down - across * float(down @ across))
    centre = face[[RIGHT_CHEEK, LEFT_CHEEK, FOREHEAD, CHIN]].mean(0)
    return np.stack((across, down, np.cross(across, down))).astype(np.float32), centre, max(size, 1e-6)


def rotation(yaw: float, pitch: float, roll: float) -> FloatArray:
    """[3, 3] to multiply row vectors with: degrees, yaw to the picture's right, pitch up, roll clockwise as seen."""
    y, p, r = np.radians((yaw, pitch, roll))
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    tilt = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return np.asarray(turn @ nod @ tilt, np.float32)


def _grow(local: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rings around the oval, and how much every point follows the head."""
    oval = local[list(OVAL)]
    below = np.clip(oval[:, 1] / max(float(oval[:, 1].max()), 1e-6), 0, 1)  # 1 straight below the face
    points, follows = [local], [np.ones(FACE, np.float32)]
    for out, up, deeper, turn in _RINGS:
        ring = oval.copy()
        ring[:, 0] *= out
        ring[:, 1] *= np.where(oval[:, 1] < 0, up, out)
        ring[:, 2] += deeper
        points.append(ring)
        follows.append(turn * (1 - (1 - _NECK) * below).astype(np.float32))
    return np.concatenate(points).astype(np.float32), np.concatenate(follows)


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)

"""The head of one frame as a mesh: the face mesh with rings around it for hair, ears and neck; warps of it.

Expressions and turns are described in the head's own upright coordinates (unit: face height, origin
amid cheeks, forehead and chin, x to the picture's right, y down, z away from the camera). To warp or paint, every
triangle's pixels are listed at once (bounding boxes, then barycentric coordinates), farthest triangles first, so that
the nearest one stays: a painter's algorithm without a loop.

Legend: P = 468 + 3 rings of 36 points. The outermost ring never moves: it ties the warp to the rest of the picture.
M triangles, K covered pixels. Places are x, y in pixels, a pixel's middle is a whole number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay
from scipy.spatial.transform import Rotation

from pvchat.perception.experts import mesh
from pvchat.perception.experts.regions import sample
from pvchat.schemas import FloatArray, IntArray, Pixels

_FLAT = 1e-3  # twice the area in square pixels below which a triangle is seen edge-on
FACE = mesh.POINTS
OVAL = mesh.PARTS["oval"]
# Each ring: how far out sideways and down, how far up (hair), how much deeper than the oval, how much it turns along.
_RINGS = ((1.22, 1.45, 0.22, 0.9), (1.65, 2.0, 0.35, 0.45), (2.4, 2.9, 0.40, 0.0))
_NECK = 0.45  # share of a ring's turn that remains straight below the chin


@dataclass(frozen=True)
class Raster:
    """The pixels that a mesh covers."""

    triangles: IntArray  # [M, 3] of the mesh
    rows: IntArray  # [K]
    columns: IntArray  # [K]
    triangle: IntArray  # [K] the nearest one there
    weights: FloatArray  # [K, 3] barycentric coordinates in it

    def interpolate(self, values: FloatArray) -> FloatArray:
        """Values [P, D] of the mesh's points at the covered pixels: [K, D]."""
        corners, weights = values[self.triangles], self.weights
        mixed = sum(corners[self.triangle, k] * weights[:, k, None] for k in range(3))
        return np.asarray(mixed, np.float32)


@dataclass
class HeadMesh:
    """One frame's head."""

    pixels: FloatArray  # [P, 3] x, y and depth in pixels of the frame
    local: FloatArray  # [P, 3] the same in the head's own coordinates
    follows: FloatArray  # [P] 0..1, how much a point turns with the head
    axes: FloatArray  # [3, 3] rows: the head's x, y, z in the frame
    centre: FloatArray  # [3] origin in the frame
    height: float  # of the face, pixels

    def to_pixels(self, local: FloatArray) -> FloatArray:
        """Points [n, 3] of the head's own coordinates in the frame."""
        return np.asarray(self.centre + self.height * local @ self.axes, np.float32)

    @cached_property
    def triangles(self) -> IntArray:
        """[M, 3], from the upright face: turned faces fold over themselves in the frame."""
        return triangulate(self.local[:, :2])


def triangulate(points: FloatArray) -> IntArray:
    """Delaunay triangles [M, 3] of points [P, 2]."""
    return Delaunay(np.asarray(points, np.float64)).simplices.astype(np.int64)


def rasterise(points: FloatArray, depth: FloatArray, triangles: IntArray, height: int, width: int) -> Raster:
    """Which triangle [M, 3] of points [P, 2] (pixels; depth [P], small is near) is seen at which pixel of an image."""
    corners = points[triangles].astype(np.float64)
    double = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    order = np.argsort(-depth[triangles].mean(1), kind="stable")
    order = order[np.abs(double[order]) > _FLAT]
    owner, x, y = _pixels_in_boxes(corners, order, height, width)
    area, shares = np.where(np.abs(double) > _FLAT, double, 1.0), []
    for k in (0, 1):  # the first two barycentric coordinates of a pixel: a x + b y + c, over the triangle's area
        b, c = corners[:, (k + 1) % 3], corners[:, (k + 2) % 3]
        plane = np.stack((b[:, 1] - c[:, 1], c[:, 0] - b[:, 0], _cross(b, c))) / area
        shares.append(plane[0][owner] * x + plane[1][owner] * y + plane[2][owner])
    first, second = shares
    inside = np.flatnonzero((first >= -1e-6) & (second >= -1e-6) & (first + second <= 1 + 1e-6))
    nearest = np.full(height * width, -1, np.int64)
    nearest[y[inside] * width + x[inside]] = inside  # of several, numpy keeps the last: the nearest
    pixels = np.flatnonzero(nearest >= 0)
    kept = nearest[pixels]
    weights = np.stack((first[kept], second[kept], 1 - first[kept] - second[kept]), 1)
    return Raster(triangles, pixels // width, pixels % width, owner[kept], weights.astype(np.float32))


def warp(
    image: Pixels, source: FloatArray, target: FloatArray, depth: FloatArray, triangles: IntArray
) -> tuple[Pixels, Raster]:
    """Move the mesh's points and the texture of an image [H, W, 3] with them; also what the mesh covers then.

    Points [P, 2] go from `source` to `target` (of a depth [P], small is near); those on the mesh's border should stay.
    """
    seen = rasterise(target, depth, triangles, *image.shape[:2])
    at = seen.interpolate(source)
    out = image.copy()
    out[seen.rows, seen.columns] = np.clip(sample(image, at[:, 0], at[:, 1]) + 0.5, 0, 255).astype(np.uint8)
    return out, seen


def build_head(points: FloatArray, width: int, height: int) -> HeadMesh:
    """The head of one mesh [468, 3] (fractions of a frame of `width` by `height` pixels)."""
    face = np.asarray(points * [width, height, width], np.float32)
    face[:, :2] -= 0.5  # a pixel's middle is a whole number
    axes, size = mesh.face_axes(face)
    centre = face[[mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK, mesh.FOREHEAD, mesh.CHIN]].mean(0)
    local = np.asarray((face - centre) @ axes.T / size, np.float32)
    oval = local[OVAL]
    below = np.clip(oval[:, 1] / max(float(oval[:, 1].max()), 1e-6), 0, 1)  # 1 straight below the face
    rings, follows = [local], [np.ones(FACE, np.float32)]
    for out, up, deeper, turn in _RINGS:
        ring = oval.copy()
        ring[:, 0] *= out
        ring[:, 1] *= np.where(oval[:, 1] < 0, up, out)
        ring[:, 2] += deeper
        rings.append(ring)
        follows.append(turn * (1 - (1 - _NECK) * below).astype(np.float32))
    grown = np.concatenate(rings).astype(np.float32)
    head = HeadMesh(face, grown, np.concatenate(follows), axes, centre, size)
    head.pixels = np.concatenate((face, head.to_pixels(grown[FACE:])))
    return head


def rotation(yaw: float, pitch: float, roll: float) -> FloatArray:
    """[3, 3] to multiply row vectors with: degrees, yaw to the picture's right, pitch up, roll clockwise as seen."""
    return np.asarray(Rotation.from_euler("YXZ", (yaw, pitch, -roll), degrees=True).as_matrix(), np.float32)


def face_brightness(image: Pixels, head: HeadMesh) -> float:
    """How bright the face is, against one in full light: cheeks, forehead, chin."""
    height, width = image.shape[:2]
    at = np.round(head.pixels[[50, 280, 9, 151, 199], :2]).astype(int)
    grey = image[np.clip(at[:, 1], 0, height - 1), np.clip(at[:, 0], 0, width - 1)].mean()
    return float(np.clip(grey / 165, 0.3, 1.1))


def _pixels_in_boxes(
    corners: NDArray[np.float64], order: IntArray, height: int, width: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Triangle, x and y of all pixels in the triangles' bounding boxes, in the triangles' order."""
    low = np.maximum(np.ceil(corners[order].min(1)).astype(np.int64), 0)
    high = np.minimum(np.floor(corners[order].max(1)).astype(np.int64), [width - 1, height - 1])
    size = np.maximum(high - low + 1, 0)
    counts = size.prod(1)
    place = np.repeat(np.arange(len(order)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[place], low[place, 0] + within % size[place, 0], low[place, 1] + within // size[place, 0]


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]

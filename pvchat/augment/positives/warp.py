"""Piecewise-affine warps over triangles, vectorised, with hidden surfaces removed.

In: an image, a mesh's points where they are and where they shall be, its triangles and depths. Out: the warped image,
or a texture painted on the mesh. Every triangle's pixels are listed at once (bounding boxes, then barycentric
coordinates), farthest triangles first, so that the nearest one stays: a painter's algorithm without a loop.
Legend: P points, M triangles, K covered pixels. Points are x, y in pixels, a pixel's middle is a whole number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.regions import sample
from pvchat.schemas import FloatArray, IntArray

_FLAT = 1e-3  # twice the area in square pixels below which a triangle is seen edge-on


@dataclass(frozen=True)
class Cover:
    """The pixels that a mesh covers.

    Attributes:
        rows, columns: [K] which pixels.
        triangle: [K] the nearest triangle there.
        weights: [K, 3] barycentric coordinates in it.
    """

    rows: IntArray
    columns: IntArray
    triangle: IntArray
    weights: FloatArray

    def interpolate(self, triangles: IntArray, values: FloatArray) -> FloatArray:
        """Values [P, D] of the mesh's points at the covered pixels: [K, D]."""
        corners, weights = values[triangles], self.weights
        mixed = sum(corners[self.triangle, k] * weights[:, k, None] for k in range(3))
        return np.asarray(mixed, np.float32)


def triangulate(points: FloatArray) -> IntArray:
    """Delaunay triangles [M, 3] of points [P, 2]."""
    from scipy.spatial import Delaunay

    return Delaunay(np.asarray(points, np.float64)).simplices.astype(np.int64)


def cover(points: FloatArray, depth: FloatArray, triangles: IntArray, height: int, width: int) -> Cover:
    """Which triangle is seen at which pixel.

    Args:
        points: [P, 2] pixels.
        depth: [P], small is near.
        triangles: [M, 3].
        height: of the image, pixels.
        width: of the image, pixels.
    """
    corners = points[triangles].astype(np.float64)
    double = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    order = np.argsort(-depth[triangles].mean(1), kind="stable")
    order = order[np.abs(double[order]) > _FLAT]
    owner, x, y = _candidates(corners, order, height, width)
    plane = _barycentric(corners, double)
    first, second = (plane[k, 0][owner] * x + plane[k, 1][owner] * y + plane[k, 2][owner] for k in (0, 1))
    inside = np.flatnonzero((first >= -1e-6) & (second >= -1e-6) & (first + second <= 1 + 1e-6))
    nearest = np.full(height * width, -1, np.int64)
    nearest[y[inside] * width + x[inside]] = inside  # of several, numpy keeps the last: the nearest
    pixels = np.flatnonzero(nearest >= 0)
    kept = nearest[pixels]
    weights = np.stack((first[kept], second[kept], 1 - first[kept] - second[kept]), 1)
    return Cover(pixels // width, pixels % width, owner[kept], weights.astype(np.float32))


def warp(
    image: NDArray[np.uint8], source: FloatArray, target: FloatArray, depth: FloatArray, triangles: IntArray
) -> tuple[NDArray[np.uint8], Cover]:
    """Move the mesh's points and the texture with them.

    Args:
        image: [H, W, 3] uint8 RGB.
        source: [P, 2] where the points are.
        target: [P, 2] where they shall be; points on the mesh's border should stay where they are.
        depth: [P] of the target, small is near.
        triangles: [M, 3].

    Returns:
        The image, and what the mesh covers in it.
    """
    seen = cover(target, depth, triangles, *image.shape[:2])
    at = seen.interpolate(triangles, source)
    out = image.copy()
    out[seen.rows, seen.columns] = np.clip(sample(image, at[:, 0], at[:, 1]) + 0.5, 0, 255).astype(np.uint8)
    return out, seen


def paint(
    image: NDArray[np.uint8],
    texture: FloatArray,
    places: FloatArray,
    target: FloatArray,
    triangles: IntArray,
    light: float = 1.0,
) -> NDArray[np.uint8]:
    """Lay a texture with transparency over the mesh.

    Args:
        image: [H, W, 3] uint8 RGB.
        texture: [h, w, 4] RGB 0..255 and alpha 0..1.
        places: [P, 2] where the points lie in the texture, pixels.
        target: [P, 3] where they lie in the image, and how deep: small is near.
        triangles: [M, 3].
        light: factor on the texture's colours.
    """
    height, width = image.shape[:2]
    seen = cover(target[:, :2], target[:, 2], triangles, height, width)
    at = seen.interpolate(triangles, places)
    look = sample(texture, at[:, 0], at[:, 1])
    alpha = look[:, 3:]
    out = image.copy()
    under = image[seen.rows, seen.columns].astype(np.float32)
    mixed = under * (1 - alpha) + np.clip(look[:, :3] * light, 0, 255) * alpha
    out[seen.rows, seen.columns] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
    return out


def _candidates(
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


def _barycentric(corners: NDArray[np.float64], double: NDArray[np.float64]) -> NDArray[np.float64]:
    """[2, 3, M]: the first two barycentric coordinates of triangles [M, 3, 2] as a x + b y + c."""
    planes = []
    for k in (0, 1):
        b, c = corners[:, (k + 1) % 3], corners[:, (k + 2) % 3]
        planes.append(np.stack((b[:, 1] - c[:, 1], c[:, 0] - b[:, 0], _cross(b, c))))
    return np.stack(planes) / np.where(np.abs(double) > _FLAT, double, 1.0)


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]

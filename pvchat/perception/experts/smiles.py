"""Whether a face smiles, and whether its eyes are cast down: logistic regressions on the points of its mesh.

In: the 468 points of `mesh.py`. Out: probabilities. The points are put into the face's own frame (cheek to cheek,
forehead to chin), so that neither size nor a turned head counts, and those of mouth, brows, lids and cheeks are kept.
Weights: `smiles.safetensors` and `downcast.safetensors`, made by `recipes/looks/smiles.py` and `downcast.py`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.experts.attributes import linear_head, sigmoid
from pvchat.schemas import FloatArray

WEIGHTS, DOWNCAST = Path(__file__).with_suffix(".safetensors"), Path(__file__).with_name("downcast.safetensors")
_FOREHEAD, _CHIN, _RIGHT_CHEEK, _LEFT_CHEEK = 10, 152, 234, 454
_MOUTH = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409, 78, 95, 88, 178, 87, 14,
    317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
)  # fmt: skip
_BROWS = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 336, 296, 334, 293, 300, 276, 283, 282, 295, 285)
_LIDS = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 263, 249, 390, 373, 374, 380, 381, 382,
    362, 398, 384, 385, 386, 387, 388, 466,
)  # fmt: skip
_CHEEKS = (205, 425, 50, 280, 187, 411, 216, 436, 212, 432, 206, 426, 9, 8, 168, 6, 98, 327, 2)
POINTS = np.array(_MOUTH + _BROWS + _LIDS + _CHEEKS)  # indices of the canonical face mesh


def features(points: FloatArray) -> FloatArray:
    """[D] of a mesh [468, 3] in pixels (depth too): where its POINTS lie, in face heights from the face's middle."""
    across = points[_LEFT_CHEEK] - points[_RIGHT_CHEEK]
    across = across / max(float(np.linalg.norm(across)), 1e-6)
    down = points[_CHIN] - points[_FOREHEAD]
    down = down - across * float(down @ across)
    height = max(float(np.linalg.norm(down)), 1e-6)
    axes = np.stack([across, down / height, np.cross(across, down / height)], 1)
    middle = points[[_FOREHEAD, _CHIN, _RIGHT_CHEEK, _LEFT_CHEEK]].mean(0)
    return np.asarray(((points[POINTS] - middle) @ axes) / height, np.float32).ravel()


def smiling(points: FloatArray) -> float:
    """The probability that a face smiles; points [468, 3] in pixels, depth too."""
    return _likely(WEIGHTS, points)


def downcast(points: FloatArray) -> float:
    """The probability that its eyes are cast down or shut; points as above."""
    return _likely(DOWNCAST, points)


def _likely(head: Path, points: FloatArray) -> float:
    weight, bias = linear_head(head)
    return float(sigmoid(features(points) @ weight + bias.item()))

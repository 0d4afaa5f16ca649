"""Whether a face smiles, and whether its eyes are cast down: logistic regressions on the points of its mesh.

In: the 468 points of `mesh.py`. Out: probabilities. The points are put into the face's own frame (cheek to cheek,
forehead to chin), so that neither size nor a turned head counts, and those of mouth, brows, lids and cheeks are kept.
Weights: `smiles.safetensors` and `downcast.safetensors`, made by `recipes/looks/smiles.py` and `downcast.py`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.experts.attributes import linear_head, sigmoid
from pvchat.perception.experts.mesh import CHIN, FOREHEAD, LEFT_CHEEK, PARTS, RIGHT_CHEEK
from pvchat.schemas import FloatArray

WEIGHTS, DOWNCAST = Path(__file__).with_suffix(".safetensors"), Path(__file__).with_name("downcast.safetensors")
POINTS = np.concatenate([PARTS[part] for part in ("mouth", "brows", "lids", "cheeks")])


def features(points: FloatArray) -> FloatArray:
    """[D] of a mesh [468, 3] in pixels (depth too): where its POINTS lie, in face heights from the face's middle."""
    across = points[LEFT_CHEEK] - points[RIGHT_CHEEK]
    across = across / max(float(np.linalg.norm(across)), 1e-6)
    down = points[CHIN] - points[FOREHEAD]
    down = down - across * float(down @ across)
    height = max(float(np.linalg.norm(down)), 1e-6)
    axes = np.stack([across, down / height, np.cross(across, down / height)], 1)
    middle = points[[FOREHEAD, CHIN, RIGHT_CHEEK, LEFT_CHEEK]].mean(0)
    return np.asarray(((points[POINTS] - middle) @ axes) / height, np.float32).ravel()


def smiling_and_downcast(points: FloatArray) -> tuple[float, float]:
    """The probabilities that a face smiles, and that its eyes are cast down or shut; points [468, 3] in pixels."""
    shown, heads = features(points), (linear_head(head) for head in (WEIGHTS, DOWNCAST))
    smiling, downcast = (float(sigmoid(shown @ weight + bias.item())) for weight, bias in heads)
    return smiling, downcast

"""Faceprints: a second description of faces, by a network that knows two million people, to recognise them by.


EdgeFace-S (George et al. 2023, "EdgeFace: Efficient Face Recognition Model for Edge Devices") tells turned, dark and
small faces of footage apart better than `identity.py` does (docs/adr/0023-faceprints.md). It is dear: faces are
followed by that, and only the best sightings of each track are printed.

Crops that show no face, or none that can be made out, get prints that resemble each other, whoever they show (Deng et
al. 2023, "Harnessing Unrecognizable Faces for Improving Face Recognition"): two of them say nothing. `blankness` tells.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat.assets.weights import member_path
from pvchat.perception.experts.headfiles import arrays_of, unit
from pvchat.perception.experts.networks import in_parallel, load_file
from pvchat.schemas import FACEPRINT, FloatArray, Pixels

SIDE = 112  # pixels of a face crop
# Where ArcFace's crops have the left eye, right eye, nose and mouth corners (Deng et al. 2019, InsightFace's code).
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
GRAPH = "edgeface_s_gamma_05.onnx"
NOBODY = Path(__file__).with_name("nobody.safetensors")  # made by `recipes/faces/nonfaces.py`
# Blankness from which nothing can be made out of a bare face, of a masked one, and from which it likely is no face.
BLANK, BLANK_MASKED, NO_FACE = 0.25, 0.4, 0.5


class FaceprintNetwork:
    """EdgeFace-S; raises WeightsError where it isn't fetched yet."""

    def __init__(self) -> None:
        self._network = load_file("faceprints", member_path("faceprints", GRAPH), (1, 3, SIDE, SIDE))

    def describe(self, crops: Pixels) -> FloatArray:
        """Faceprints [B, 512] of unit length of face crops [B, 112, 112, 3] uint8 RGB, aligned to `TEMPLATE`."""
        if not len(crops):
            return np.zeros((0, FACEPRINT), np.float32)
        planes = (crops.astype(np.float32).transpose(0, 3, 1, 2) - 127.5) / 127.5
        # one at a time: the file's own reshapes are for a batch of one
        rows = np.concatenate(in_parallel(lambda i: self._network(planes[i : i + 1])[0], range(len(planes))))
        return unit(rows)


def blankness(prints: FloatArray | NDArray[np.float16]) -> FloatArray:
    """How much faceprints [n, 512] resemble those of what is no face or a drawn one: [n] cosines, about 0 for faces."""
    return np.asarray((np.asarray(prints, np.float32) @ nobody().T).max(1), np.float32)


def shows_face(prints: FloatArray | NDArray[np.float16], limit: float = BLANK) -> bool:
    """Whether one of some faceprints [n, 512] is less blank than a limit; yes where there are none that could tell."""
    return not len(prints) or float(blankness(prints).min()) < limit


def nobody() -> FloatArray:
    """[2, 512]: the mean faceprints, of unit length, of what isn't a face and of drawn faces."""
    return arrays_of(NOBODY)["directions"]

"""Face identity: a 128-d face recognition network for faces as footage shows them.

In: aligned 150-pixel face chips. Out: 128-d descriptors that are compared by Euclidean distance.

The network has dlib's layers and began with dlib's weights; `identity.safetensors` are our own, trained to give a
small, masked, turned or badly lit face the vector of the same face as it was (`recipes/faces/facefit.py`). Its last
layer is scaled so that distances mean what they mean with dlib.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pvchat.perception.experts.networks import Input, in_batches, load
from pvchat.schemas import FloatArray, Pixels

WIDTH = 128
SIDE = 150  # pixels of a face chip
FILE = Path(__file__).with_suffix(".safetensors")
_BATCH = 16


class IdentityNetwork:
    """The face recognition network, with weights of our own."""

    def __init__(self, weights: Path = FILE, device: str = "cpu") -> None:
        def layers(weights: Path) -> Any:
            from pvchat.perception.experts import identitylayers  # which imports torch

            return identitylayers.trained(weights)

        self._network = load("identity", weights, layers, Input((-1, SIDE, SIDE, 3), "uint8"), device=device)

    def describe(self, chips: Pixels) -> FloatArray:
        """Descriptors [B, 128] of face chips [B, 150, 150, 3] uint8 RGB, aligned; two good photos of one person are
        usually closer than 0.6 (dlib's own threshold).
        """
        if len(chips) == 0:
            return np.zeros((0, WIDTH), np.float32)
        return in_batches(self._network, chips, _BATCH)[0]

"""Face identity: dlib's 128-d face recognition network.

In: aligned 150-pixel face chips. Out: 128-d descriptors, equal to dlib's own to 1e-5. The layers, and how dlib's file
is read, are in `identitylayers.py`; they run in `networks.py`'s runtime.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.networks import in_batches, load
from pvchat.schemas import FloatArray

if TYPE_CHECKING:
    from torch import nn

WIDTH = 128
SIDE = 150  # pixels of a face chip
MEMBER = "dlib_face_recognition_resnet_model_v1.dat"
_BATCH = 16


class IdentityNetwork:
    """dlib's face recognition network.

    Args:
        weights: the .dat file; None takes it from the weights cache.
        device: torch device name.
    """

    def __init__(self, weights: Path | None = None, device: str = "cpu") -> None:
        if weights is None:
            from pvchat.assets.weights import member_path

            weights = member_path("identity", MEMBER)
        self._network = load("identity", weights, _descriptor, (-1, SIDE, SIDE, 3), device=device)

    def describe(self, chips: NDArray[np.uint8]) -> FloatArray:
        """Descriptors of face chips.

        Args:
            chips: [B, 150, 150, 3] uint8 RGB, aligned.

        Returns:
            [B, 128] float32; two photos of one person are usually closer than 0.6 (dlib's own threshold).
        """
        if len(chips) == 0:
            return np.zeros((0, WIDTH), np.float32)
        return in_batches(self._network, chips, _BATCH)[0]


def _descriptor(weights: Path) -> nn.Module:
    from pvchat.perception.experts import identitylayers

    return identitylayers.descriptor(weights)

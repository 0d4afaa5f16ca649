"""Where the faces of drawn figures are: the locator's boxes take in hair, half a body, or a part of either.

In: pictures of a drawn figure with its boxes, the detector of near and far faces. Out: a face box for each, where one
is found, which is in about half of the clips. Hair lies above it, clothes below.

Legend: boxes are x0, y0, x1, y1 as fractions of the frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.attributes import crop
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.schemas import FloatArray

_SURE = 0.4  # the detector's score
_MARGIN = 0.1  # of the figure's box that is looked at beyond it
_SMALLEST, _LARGEST = 0.3, 1.1  # height of the face over that of the figure's box: ears and eyes look like faces, too


def face_in(image: NDArray[np.uint8], figure: FloatArray, detector: WideFaceDetector) -> FloatArray | None:
    """The box [4] of the face that is surest in a figure's box [4], or None."""
    size = figure[2:] - figure[:2]
    around = np.clip(np.concatenate([figure[:2] - _MARGIN * size, figure[2:] + _MARGIN * size]), 0, 1)
    found, _, scores = detector.faces(np.ascontiguousarray(crop(image, around)), _SURE)
    scale = np.tile(around[2:] - around[:2], 2)
    for box, _ in sorted(zip(found, scores, strict=True), key=lambda pair: -pair[1]):
        face = np.asarray(np.tile(around[:2], 2) + box * scale, np.float32)
        tall = float(face[3] - face[1]) / max(float(size[1]), 1e-6)
        middle = (face[:2] + face[2:]) / 2
        if _SMALLEST <= tall <= _LARGEST and (middle > figure[:2]).all() and (middle < figure[2:]).all():
            return face
    return None


def faces_in(
    images: Sequence[NDArray[np.uint8]], figures: FloatArray, detector: WideFaceDetector
) -> list[FloatArray | None]:
    """`face_in` of each picture with its figure's box [n, 4]."""
    return [face_in(image, figure, detector) for image, figure in zip(images, figures, strict=True)]


def hair_of(face: FloatArray) -> FloatArray:
    """The part [4] of the picture above a drawn face that is hair."""
    x, width, height = (face[0] + face[2]) / 2, face[2] - face[0], face[3] - face[1]
    return np.array([x - 0.3 * width, face[1] - 0.45 * height, x + 0.3 * width, face[1] - 0.1 * height], np.float32)


def clothes_of(face: FloatArray) -> FloatArray:
    """The part [4] of the picture below a drawn face that is clothes."""
    x, width, height = (face[0] + face[2]) / 2, face[2] - face[0], face[3] - face[1]
    return np.array([x - 0.7 * width, face[3] + 0.4 * height, x + 0.7 * width, face[3] + 1.3 * height], np.float32)

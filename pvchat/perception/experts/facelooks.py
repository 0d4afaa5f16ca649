"""What a filmed face shows: a smile, a beard, a moustache.

In: a frame, a face's box, the frame features' network. Out: probabilities, by a small network over the middle of that
one, as drawn faces are read (`facemaps.py`). It learned from faces that were read by eye, as they are and as small
as in pictures of groups, where a mesh of points no longer follows the mouth (`recipes/looks/facelooks.py`).
"""

from __future__ import annotations

from pathlib import Path

from pvchat.perception.boxes import part
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.facemaps import face_maps, probabilities
from pvchat.perception.experts.figures import crop_squares
from pvchat.schemas import FloatArray, Pixels

WEIGHTS = Path(__file__).with_name("facelooks.safetensors")
LOOKS = ("smile", "beard", "beard or moustache")
_MARGIN = 0.075  # of the face's box that is looked at beyond it


def cut_out(image: Pixels, box: FloatArray) -> Pixels:
    """The square about a face's box [4] (fractions) in a frame [H, W, 3], as the network sees it."""
    return crop_squares(image, part(box, -_MARGIN, -_MARGIN, 1 + _MARGIN, 1 + _MARGIN)[None])[0]


def looks_of_face(image: Pixels, box: FloatArray, frames: FrameExpert) -> FloatArray:
    """The probability [K] of each of LOOKS, of the face in `box` [4] (fractions) of a frame [H, W, 3]."""
    found: FloatArray = probabilities(face_maps(frames, [cut_out(image, box)]), WEIGHTS)[0]
    return found

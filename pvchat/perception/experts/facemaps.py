"""Small networks that look at a face or a head: two convolutions and attention over the middle maps of the backbone.

In: cut-out faces, uint8 RGB; a network's arrays. Out: what it says: log-odds, probabilities or a vector.

The middle of the frozen EfficientNet-Lite0 sees lines, colours and eyes, and where they are; its last layer knows
things. What such a network reads depends on its weights: whose a drawn face is (`figures.py`), what it shows
(`../drawnheads.py`), what a head wears (`headlooks.py`), and what a filmed face shows (`looks_of_face`): that one
learned from faces that were read by eye, as they are and as small as in pictures of groups, where a mesh of points no
longer follows the mouth (`recipes/looks/facelooks.py`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.boxes import crop_square, part
from pvchat.perception.experts.efficientnet import MIDDLE, STRIDE, FrameExpert
from pvchat.perception.experts.headfiles import arrays_of, sigmoid, softmax
from pvchat.schemas import FloatArray, Pixels

Arrays = dict[str, FloatArray]
SIDE = 128  # pixels of a face
CELLS = SIDE // STRIDE
CHANNELS = MIDDLE[2] + MIDDLE[4]  # of the backbone's blocks 2 and 4, the first that `FrameExpert.maps` gives
FACE_WEIGHTS = Path(__file__).with_name("facelooks.safetensors")
FACE_LOOKS = ("smile", "beard", "beard or moustache")
_MARGIN = 0.075  # of a filmed face's box that is looked at beyond it


def face_maps(expert: FrameExpert, pictures: list[Pixels]) -> FloatArray:
    """N cut-out faces of any size to maps [n, 152, 8, 8]."""
    return expert.maps(pictures, SIDE)[:, :CHANNELS]


def probabilities(maps: FloatArray, weights: Path | Arrays) -> FloatArray:
    """Maps [n, 152, 8, 8] to the probabilities [n, K] of what a network was trained to tell."""
    return sigmoid(outputs(arrays_of(weights) if isinstance(weights, Path) else weights, maps))


def looks_of_face(image: Pixels, box: FloatArray, frames: FrameExpert) -> FloatArray:
    """The probability [K] of each of FACE_LOOKS, of the face in `box` [4] (fractions) of a frame [H, W, 3]."""
    return probabilities(face_maps(frames, [cut_out(image, box)]), FACE_WEIGHTS)[0]


def cut_out(image: Pixels, box: FloatArray) -> Pixels:
    """The square about a face's box [4] (fractions) in a frame [H, W, 3], as the network sees it."""
    return crop_square(image, part(box, -_MARGIN, -_MARGIN, 1 + _MARGIN, 1 + _MARGIN))


def outputs(arrays: Arrays, maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to the outputs [n, K] of a network: log-odds, or a vector."""
    found = [attention_pooled(arrays, one) for one in np.asarray(maps, np.float32)]
    rows = np.stack(found) if found else np.zeros((0, arrays["learned.out.weight"].shape[1]), np.float32)
    return np.asarray(rows @ arrays["learned.out.weight"].T + arrays["learned.out.bias"], np.float32)


def attention_pooled(arrays: Arrays, maps: FloatArray) -> FloatArray:
    """Maps [152, 8, 8] of one face: what each look of a network attends to, one after the other."""
    x = convolve(maps, arrays["learned.0.weight"], arrays["learned.0.bias"]) + arrays["learned.place"]
    x = np.maximum(x, 0)
    x = x + np.maximum(convolve(x, arrays["learned.1.weight"], arrays["learned.1.bias"]), 0)
    looks = convolve(x, arrays["learned.look.weight"], arrays["learned.look.bias"]).reshape(-1, CELLS * CELLS)
    return np.asarray(softmax(looks) @ x.reshape(len(x), -1).T, np.float32).ravel()


def convolve(maps: FloatArray, weight: FloatArray, bias: FloatArray) -> FloatArray:
    """One convolution that keeps the size: maps [C, h, w], weight [D, C, k, k] with k odd, bias [D] -> [D, h, w]."""
    k, (height, width) = weight.shape[-1], maps.shape[1:]
    padded = np.pad(maps, ((0, 0), (k // 2, k // 2), (k // 2, k // 2)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(1, 2))  # [C, h, w, k, k]
    rows = seen.transpose(1, 2, 0, 3, 4).reshape(height * width, -1)
    return np.asarray((rows @ weight.reshape(len(weight), -1).T + bias).T.reshape(-1, height, width), np.float32)

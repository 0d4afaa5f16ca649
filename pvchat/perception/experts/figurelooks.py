"""What a drawn face looks like, as one vector that tells characters apart, and what it shows: a smile, shut eyes.

In: cut-out faces, uint8 RGB, as the locator of `figures.py` found them. Out: identity vectors [n, 128] of length 1;
probabilities [n, K] of SHOWN and of LOOKS.

The middle of the frozen EfficientNet-Lite0 sees lines, colours and eyes (its last layer knows things, and drawn
characters are none). Two readings of these maps (docs/adr/0026-drawn-likeness.md, `recipes/figures/figures.py`):
- **parts**: means over the whole, hair, eyes and skin, and spreads; whitened by what varies within a character, main
  directions: exact where the picture is good;
- **learned**: two small convolutions whose attention picks what is looked at; trained so that a face dimmed, tinted,
  small, tilted and before another background stays itself. A small part of the likeness: alone it forgets too much.

Two networks like that one read what a face shows, and whose it is by sex and hair; they learned from drawn faces that
were read by eye (`recipes/looks/expressions.py`; ADR 0122, 0131).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.experts.efficientnet import MIDDLE, STRIDE, FrameExpert
from pvchat.perception.experts.headfiles import arrays_of, sigmoid, softmax, unit
from pvchat.schemas import FloatArray, Pixels

Arrays = dict[str, FloatArray]
SIDE = 128
CELLS = SIDE // STRIDE
CHANNELS = MIDDLE[2] + MIDDLE[4]  # of the backbone's blocks 2 and 4, the first that `FrameExpert.maps` gives
EXPRESSIONS = Path(__file__).with_name("expressions.safetensors")
# A mouth that smiles, shut or open; is open, smiling or not; is open and smiles. Eyes that are shut. A face at all, for
# the locator takes hands and clothes for some. Open eyes that look at whoever looks at the picture, or nearly so.
SHOWN = ("smile", "open", "laugh", "shut", "face", "ahead")
DRAWN_LOOKS = Path(__file__).with_name("drawnlooks.safetensors")
HAIRS = ("dark", "brown", "orange", "blonde", "white", "grey", "pink", "red", "blue", "light blue", "purple", "green")
LOOKS = ("man", *HAIRS)  # that it is a man or a boy; the colour of the hair
_LEARNED = 0.15  # share of the second reading
# Rows and columns of the maps: the whole, its upper and lower half, the middle (skin, eyes), the top (hair), the eyes.
_PARTS = (
    np.s_[:, :], np.s_[:4, :], np.s_[4:, :], np.s_[2:7, 2:6], np.s_[:3, 1:7], np.s_[4:6, 1:7],
)  # fmt: skip


def face_maps(expert: FrameExpert, pictures: list[Pixels]) -> FloatArray:
    """N cut-out faces of any size to maps [n, 152, 8, 8]."""
    return expert.maps(pictures, SIDE)[:, :CHANNELS]


def appearance(maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to [n, 1064]: each channel's mean in every part, and its spread."""
    means = [maps[:, :, rows, columns].mean((2, 3)) for rows, columns in _PARTS]
    return np.concatenate([*means, maps.std((2, 3), ddof=1)], 1)


def by_parts(w: Arrays, looks: FloatArray) -> FloatArray:
    """Appearance vectors [n, 1064] to main directions [n, 128] of length 1."""
    scaled = unit(np.asarray((looks - w["looks.mean"]) / w["looks.spread"], np.float32))
    return unit(np.asarray((scaled - w["parts.mean"]) @ w["parts.weight"].T, np.float32))


def by_learning(w: Arrays, maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to what the small network says of them: [n, 64] of length 1."""
    return unit(read(w, maps))


def read(w: Arrays, maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to what a small network reads in them: [n, K]."""
    found = [attention_pooled(w, one) for one in np.asarray(maps, np.float32)]
    rows = np.stack(found) if found else np.zeros((0, w["learned.out.weight"].shape[1]), np.float32)
    return np.asarray(rows @ w["learned.out.weight"].T + w["learned.out.bias"], np.float32)


def probabilities(maps: FloatArray, weights: Path | Arrays) -> FloatArray:
    """Maps [n, 152, 8, 8] to how probable each of SHOWN (weights of EXPRESSIONS) or LOOKS is: [n, K]."""
    return sigmoid(read(arrays_of(weights) if isinstance(weights, Path) else weights, maps))


def attention_pooled(w: Arrays, maps: FloatArray) -> FloatArray:
    """Maps [152, 8, 8] of one face: what each look of a small network attends to, one after the other."""
    x = convolve(maps, w["learned.0.weight"], w["learned.0.bias"]) + w["learned.place"]
    x = np.maximum(x, 0)
    x = x + np.maximum(convolve(x, w["learned.1.weight"], w["learned.1.bias"]), 0)
    looks = convolve(x, w["learned.look.weight"], w["learned.look.bias"]).reshape(-1, CELLS * CELLS)
    return np.asarray(softmax(looks) @ x.reshape(len(x), -1).T, np.float32).ravel()


def identity(w: Arrays, maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to identity vectors [n, 128] of length 1."""
    both = join_readings(by_parts(w, appearance(maps)), by_learning(w, maps))
    return unit(np.asarray(both @ w["identity.weight"].T, np.float32))


def join_readings(parts: FloatArray, learned: FloatArray) -> FloatArray:
    """Both readings [n, 192], of length 1: a cosine is the mean of theirs, weighed."""
    both = np.concatenate([np.sqrt(1 - _LEARNED) * parts, np.sqrt(_LEARNED) * learned], 1)
    return np.asarray(both, np.float32)


def convolve(maps: FloatArray, weight: FloatArray, bias: FloatArray) -> FloatArray:
    """One convolution that keeps the size: maps [C, h, w], weight [D, C, k, k] with k odd, bias [D] -> [D, h, w]."""
    k, (height, width) = weight.shape[-1], maps.shape[1:]
    padded = np.pad(maps, ((0, 0), (k // 2, k // 2), (k // 2, k // 2)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(1, 2))  # [C, h, w, k, k]
    rows = seen.transpose(1, 2, 0, 3, 4).reshape(height * width, -1)
    return np.asarray((rows @ weight.reshape(len(weight), -1).T + bias).T.reshape(-1, height, width), np.float32)

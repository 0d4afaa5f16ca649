"""What a drawn face looks like, as one vector that tells characters apart; and what may be told of one.

In: the maps of cut-out faces (`facemaps.py`), as the locator of `figures.py` found them. Out: identity vectors [n, 128]
of length 1.

Drawn characters are no things, so they are told apart by the backbone's middle. Two readings of its maps
(docs/adr/0026-drawn-likeness.md, `recipes/figures/figures.py`):
- **parts**: means over the whole, hair, eyes and skin, and spreads; whitened by what varies within a character, main
  directions: exact where the picture is good;
- **learned**: a small network whose attention picks what is looked at; trained so that a face dimmed, tinted, small,
  tilted and before another background stays itself. A small part of the likeness: alone it forgets too much.

Two other small networks read what a face shows (SHOWN), and whose it is by sex and hair (LOOKS); they learned from
drawn faces that were read by eye (`recipes/looks/expressions.py`; ADR 0122, 0131).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.experts.facemaps import Arrays, outputs
from pvchat.perception.experts.headfiles import unit
from pvchat.schemas import FloatArray

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


def appearance(maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to [n, 1064]: each channel's mean in every part, and its spread."""
    means = [maps[:, :, rows, columns].mean((2, 3)) for rows, columns in _PARTS]
    return np.concatenate([*means, maps.std((2, 3), ddof=1)], 1)


def by_parts(arrays: Arrays, looks: FloatArray) -> FloatArray:
    """Appearance vectors [n, 1064] to main directions [n, 128] of length 1."""
    scaled = unit(np.asarray((looks - arrays["looks.mean"]) / arrays["looks.spread"], np.float32))
    return unit(np.asarray((scaled - arrays["parts.mean"]) @ arrays["parts.weight"].T, np.float32))


def by_learning(arrays: Arrays, maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to what the small network says of them: [n, 64] of length 1."""
    return unit(outputs(arrays, maps))


def identity(arrays: Arrays, maps: FloatArray) -> FloatArray:
    """Maps [n, 152, 8, 8] to identity vectors [n, 128] of length 1."""
    both = join_readings(by_parts(arrays, appearance(maps)), by_learning(arrays, maps))
    return unit(np.asarray(both @ arrays["identity.weight"].T, np.float32))


def join_readings(parts: FloatArray, learned: FloatArray) -> FloatArray:
    """Both readings [n, 192], of length 1: a cosine is the mean of theirs, weighed."""
    both = np.concatenate([np.sqrt(1 - _LEARNED) * parts, np.sqrt(_LEARNED) * learned], 1)
    return np.asarray(both, np.float32)

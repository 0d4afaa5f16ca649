"""The colour of hair by its pixels: of drawn people from the top of the head, of photographed ones where it hangs down.

In: pictures and boxes. Out: "blonde hair" and the like, a colour, pixels; None where it isn't sure.
"""

from __future__ import annotations

import numpy as np

from pvchat.perception import colours
from pvchat.perception.boxes import crop, part
from pvchat.perception.sightings import Pictured
from pvchat.schemas import Flags, FloatArray, Pixels

# Long hair: how far beside the face and how deep it is looked for, in its widths and heights; the share of one side
# that it covers; how far in hue and lightness it may be from the hair above the face.
_BESIDE, _CHEEK, _NECK, _HANGS = 0.3, 0.6, 0.15, 0.5
_HUE_APART, _DARKER, _LIGHTER = 14.0, 18.0, 32.0


def drawn_colour(seen: Pictured) -> str | None:
    """Hair colour, which may be any, of a drawn head: the top of its box in each picture."""
    said: list[str | None] = []
    for one in seen:
        found = colours.dominant(crop(one.image, part(one.box, 0.3, 0.05, 0.7, 0.25)).reshape(-1, 3), groups=3)
        said.append(found[0].word if found[0].share > 0.5 else None)
    name, share = colours.vote(said)
    if name is None or share < 0.6:
        return None
    blonde = {"yellow": "blonde", "beige": "blonde", "dark grey": "dark", "black": "dark"}
    return f"{blonde.get(name, name)} hair"


def long_colour(image: Pixels, face: FloatArray) -> FloatArray | None:
    """The colour [3] CIELAB of hair that hangs beside a face box [4]; None where it is short or not surely hair."""
    strip = part(face, 0.2, -0.16, 0.8, -0.02)  # right above the face
    pixels = crop(image, strip).reshape(-1, 3)
    if strip[1] < 0 or len(pixels) < 24:  # few of them are in the picture
        return None
    colour = np.asarray(np.median(colours.to_lab(pixels), 0), np.float32)
    sides = (part(face, left, _CHEEK, left + _BESIDE, 1 + _NECK) for left in (-_BESIDE, 1.0))
    hangs = max(float(like(crop(image, side).reshape(-1, 3), colour).mean()) for side in sides)
    return colour if hangs >= _HANGS else None


def like(pixels: Pixels, colour: FloatArray) -> Flags:
    """[N] which pixels may be hair of a colour [3] CIELAB, in light or shade."""
    apart = colours.to_lab(pixels) - colour
    near = np.hypot(apart[:, 1], apart[:, 2]) < _HUE_APART
    return near & (apart[:, 0] > -_DARKER) & (apart[:, 0] < _LIGHTER)

"""The colour of hair: of photographed people from above the face, of drawn ones from the top of the head.

In: sightings and their pictures. Out: "dark hair" and the like; None where it isn't sure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.perception import colours
from pvchat.perception.experts.attributes import crop
from pvchat.perception.sightings import Pictured, relit, skin_colour
from pvchat.schemas import Flags, FloatArray, Pixels

_SHADED = 16.0  # how much darker than the cheeks skin above a forehead may be; brown hair has its hue, but is darker
_BROWN, _BLONDE = 40.0, 52.0  # lightness: brown hair is darker than the one, blonde hair lighter than the other

# Long hair: how far beside the face and how deep it is looked for, in its widths and heights; the share of one side
# that it covers; how far in hue and lightness it may be from the hair above the face.
_BESIDE, _CHEEK, _NECK, _HANGS = 0.3, 0.6, 0.15, 0.5
_HUE_APART, _DARKER, _LIGHTER = 14.0, 18.0, 32.0


def photographed(seen: Pictured) -> str | None:
    """Hair colour from the strip above the face box; None when it is skin, mixed or outside the frame."""
    said: list[str | None] = []
    for i, image in seen:
        face = seen.track.boxes[i]
        lit = None if seen.grey else relit(image, face)
        brown = lit is not None and _above(lit, face, False) == "brown hair"  # grey hair looks blonde in raised light
        said.append("brown hair" if brown else _above(image, face, seen.grey))
    word, share = colours.vote(said)
    return word if share >= 0.6 and (not seen.grey or word == "dark hair") else None


def drawn(boxes: Sequence[FloatArray], images: Sequence[Pixels]) -> str | None:
    """Hair colour, which may be any, of a drawn head: the top of its box [4] in each picture."""
    said: list[str | None] = []
    for box, image in zip(boxes, images, strict=True):
        x0, y0, x1, y1 = box
        top = np.array([x0 + 0.3 * (x1 - x0), y0 + 0.05 * (y1 - y0), x1 - 0.3 * (x1 - x0), y0 + 0.25 * (y1 - y0)])
        found = colours.dominant(crop(image, top).reshape(-1, 3), groups=3)
        said.append(found[0].word if found[0].share > 0.5 else None)
    name, share = colours.vote(said)
    if name is None or share < 0.6:
        return None
    blonde = {"yellow": "blonde", "beige": "blonde", "dark grey": "dark", "black": "dark"}
    return f"{blonde.get(name, name)} hair"


def long_colour(image: Pixels, face: FloatArray) -> FloatArray | None:
    """The colour [3] CIELAB of hair that hangs beside a face box [4]; None where it is short or not surely hair."""
    pixels = _strip(image, face)
    if pixels is None:
        return None
    colour = np.asarray(np.median(colours.to_lab(pixels), 0), np.float32)
    x0, y0, x1, y1 = face
    reach, top, bottom = _BESIDE * (x1 - x0), y0 + _CHEEK * (y1 - y0), y1 + _NECK * (y1 - y0)
    sides = (np.array([left, top, left + reach, bottom], np.float32) for left in (x0 - reach, x1))
    hangs = max(float(like(crop(image, side).reshape(-1, 3), colour).mean()) for side in sides)
    return colour if hangs >= _HANGS else None


def like(pixels: Pixels, colour: FloatArray) -> Flags:
    """[N] which pixels may be hair of a colour [3] CIELAB, in light or shade."""
    apart = colours.to_lab(pixels) - colour
    near = np.hypot(apart[:, 1], apart[:, 2]) < _HUE_APART
    return near & (apart[:, 0] > -_DARKER) & (apart[:, 0] < _LIGHTER)


def _strip(image: Pixels, face: FloatArray) -> Pixels | None:
    """Pixels [N, 3] right above a face box [4]; None where few of them are in the picture."""
    x0, y0, x1, y1 = face
    w, h = x1 - x0, y1 - y0
    strip = np.array([x0 + 0.2 * w, y0 - 0.16 * h, x1 - 0.2 * w, y0 - 0.02 * h], np.float32)
    pixels = crop(image, strip).reshape(-1, 3)
    return None if strip[1] < 0 or len(pixels) < 24 else pixels


def _above(image: Pixels, face: FloatArray, grey: bool) -> str | None:
    pixels = _strip(image, face)
    if pixels is None:
        return None
    lab, skin = colours.to_lab(pixels), skin_colour(image, face)
    middle = np.median(lab, 0)
    like_skin = not grey and colours.skin_like(pixels, skin).mean() >= 0.5
    bald = like_skin and middle[0] > min(skin[0] - _SHADED, _BROWN)
    mixed = float(np.percentile(lab[:, 0], 75) - np.percentile(lab[:, 0], 25)) >= 22
    if mixed or bald:
        return None
    lightness, a, b = middle
    hue = float(np.degrees(np.arctan2(b, a)) % 360)
    if lightness < 27:
        return "dark hair"
    if float(np.hypot(a, b)) < 7:
        return "grey hair" if 42 <= lightness < 80 else None
    if not 30 <= hue <= 100:
        return None
    return "blonde hair" if lightness > _BLONDE and hue > 62 else "brown hair" if lightness < _BROWN else None

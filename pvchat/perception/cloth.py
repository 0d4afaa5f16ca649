"""The colour of what somebody wears, from many sightings: of the torso, and of the upper arms.

An open jacket shows its colour on the arms, and what is under it on the chest; a print or an apron covers the chest
alone. Whoever stands in front covers both, and their clothes are not hers; nor is the long hair that lies upon them.
Legend: N pixels; lengths are in face heights of the person in question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pvchat.perception import colours
from pvchat.perception.boxes import crop, part
from pvchat.perception.experts import body
from pvchat.perception.sightings import Picture, best_sightings, relit, within_bars
from pvchat.schemas import Flags, FloatArray, Pixels, Track
from pvchat.video import Clip

_SIGHTINGS, _SIDE = 8, 96  # sightings that are looked at; pixels of a region across and down, about
_FEWEST = 2  # sightings with the torso in the picture from which those without it don't count
_DARK, _LIT_AGREE = ("black", "dark grey", "black and grey"), 0.6  # what is looked at in better light; who must agree
_ARMS_AGREE = 0.5  # share of the sightings from which the arms tell the colour
_SHOULDER_SEEN, _ELBOW_SEEN = 0.6, 0.3  # visibility
_UPPER, _WIDE = (0.05, 0.6), 0.16  # part of the way from shoulder to elbow that sleeves cover; half of its width
_LOWEST = 0.97  # the upper edge of a region that is in the picture
_FREE = 0.35  # share of a region that nobody may cover
_SAME_TOP, _SAME_MIDDLE = 0.5, 0.3  # how near to hers a face is that is her own on another track, in its size
_LOWER = 0.35  # how much lower than hers the chin of somebody is whose body is in front of hers
# Long hair: the part of the torso's width, from its middle, and of its height, from below, that shows cloth, and the
# share of that which has the colour of the hair up to which cloth of that colour is held for hair.
_MIDDLE, _BOTTOM, _HAIR = 0.3, 0.4, 0.3
# How far beside the face and how deep it is looked for, in its widths and heights; the share of one side that it
# covers; how far in hue and lightness it may be from the hair above the face.
_BESIDE, _CHEEK, _NECK, _HANGS = 0.3, 0.6, 0.15, 0.5
_HUE_APART, _DARKER, _LIGHTER = 14.0, 18.0, 32.0
# Lightness of hair from which it isn't black: tops are often black, and seldom as brown or blonde as long hair above
# them. Share of the torso from which what has its colour isn't told at all.
_BROWN, _NEARLY_ALL = 27.0, 0.75


@dataclass(frozen=True)
class _Sample(Picture):
    """One picture of somebody, and what lies upon her torso in it."""

    hair: FloatArray | None  # [3] CIELAB of long hair that may
    in_front: list[FloatArray]  # boxes [4] of whoever covers her


def worn_colour(clip: Clip, track: Track, others: Sequence[Track], outer: bool) -> tuple[str | None, float]:
    """The colour of the upper garment of somebody whose face is seen, and the share of the sightings that say so.

    `others`: tracks of who may stand in front, her own too. `outer`: it is open at the front, as jackets are, so that
    the arms tell its colour.
    """
    seen = [_sample_of(clip, track, int(row), others) for row in best_sightings(track, _SIGHTINGS)]
    shown = [one for one in seen if _visible_torso(one)[1] < _LOWEST]  # a close-up of the face shows no clothes
    seen = shown if len(shown) >= _FEWEST else seen
    arms, arms_agree = colours.vote([_colour_phrase(one.image, _arm_pixels(one), one.skin) for one in seen])
    if arms_agree < _ARMS_AGREE:
        arms = None
    if outer and arms:
        return arms, arms_agree
    torso, agreed = colours.vote([_colour_phrase(one.image, _torso_pixels(one), one.skin) for one in seen])
    if torso in _DARK:
        torso, agreed = _in_better_light(seen) or (torso, agreed)
    several = (torso or "").split(" and ")
    if arms and (torso is None or len(several) > 1 and colours.family(arms) in map(colours.family, several)):
        return arms, arms_agree
    return torso, agreed


def colour_of(image: Pixels, box: FloatArray, skin: FloatArray | None, grey: bool) -> str | None:
    """The colour phrase of a region's pixels that are no skin; None if too few are left."""
    pixels = crop(image, within_bars(image, box))
    if box[1] >= _LOWEST or pixels.shape[0] < 4 or pixels.shape[1] < 4:
        return None
    flat = pixels.reshape(-1, 3)
    return colours.shade(np.median(colours.to_lab(flat), 0)) if grey else _colour_phrase(image, flat, skin)


def _sample_of(clip: Clip, track: Track, row: int, others: Sequence[Track]) -> _Sample:
    """Sighting `row` of a track, with who covers it."""
    image, face = clip.images[track.frames[row]], track.boxes[row]
    faces = [t.boxes[i] for t in others if t is not track for i in np.flatnonzero(t.frames == track.frames[row])]
    covered = [box for other in faces for box in _covered_by(other, face)]
    return _Sample(track, row, image, _long_hair(image, face), covered)


def _covered_by(other: FloatArray, face: FloatArray) -> list[FloatArray]:
    """Boxes [4] of what another person hides of her: the head, and the body if that is in front (faces, fractions)."""
    width, height = other[2] - other[0], other[3] - other[1]
    apart = abs(other[0] + other[2] - face[0] - face[2]) / 2
    if apart < _SAME_MIDDLE * (face[2] - face[0]) and abs(other[1] - face[1]) < _SAME_TOP * height:
        return []
    x0, x1 = other[0] - 0.25 * width, other[2] + 0.25 * width
    found = [np.array([x0, other[1] - 0.45 * height, x1, other[3] + 0.15 * height], np.float32)]
    if other[3] > face[3] + _LOWER * (face[3] - face[1]):
        found.append(np.array([other[0] - width, other[3] + 0.1 * height, other[2] + width, 2.0], np.float32))
    return found


def _torso_pixels(one: _Sample) -> Pixels:
    """Pixels [N, 3] of the torso that nobody covers."""
    box = _visible_torso(one)
    if box[1] >= _LOWEST:
        return np.zeros((0, 3), np.uint8)
    pixels, places = _pixels_in(one.image, box)
    if one.hair is not None:
        covered, bottom = _like_hair(pixels, one.hair), min(box[3], 1.0)
        middle = np.abs(places[:, 0] - (box[0] + box[2]) / 2) < _MIDDLE * (box[2] - box[0])
        middle &= places[:, 1] > bottom - _BOTTOM * (bottom - box[1])
        if middle.any() and (covered[middle].mean() <= _HAIR or one.hair[0] > _BROWN):
            free = ~covered & (covered.mean() < _NEARLY_ALL)  # else it may be cloth
            pixels, places = pixels[free], places[free]
    return _uncovered(pixels, places, one)


def _visible_torso(one: _Sample) -> FloatArray:
    """The box of the torso; whether it is in the picture its upper edge says."""
    return within_bars(one.image, one.torso)


def _arm_pixels(one: _Sample) -> Pixels:
    """Pixels [N, 3] of the upper arms that are seen and that nobody covers."""
    joints, height = one.joints, float(one.box[3] - one.box[1])
    pixels, places = [np.zeros((0, 3), np.uint8)], [np.zeros((0, 2), np.float32)]
    size = np.array(one.image.shape[1::-1], np.float32)
    for shoulder, elbow, _ in body.ARMS if not np.isnan(joints).any() else ():
        if joints[shoulder, 3] < _SHOULDER_SEEN or joints[elbow, 3] < _ELBOW_SEEN:
            continue
        start, end = joints[shoulder, :2], joints[elbow, :2]
        reach = _WIDE * height * size[1] / size
        around = np.concatenate([np.minimum(start, end) - reach, np.maximum(start, end) + reach])
        found, where = _pixels_in(one.image, around)
        way, to = (end - start) * size, (where - start) * size
        length = max(float(np.hypot(*way)), 1e-6)
        along, beside = to @ way / length**2, np.abs(to[:, 0] * way[1] - to[:, 1] * way[0]) / length
        on = (along > _UPPER[0]) & (along < _UPPER[1]) & (beside < _WIDE * height * size[1])
        pixels.append(found[on])
        places.append(where[on])
    return _uncovered(np.concatenate(pixels), np.concatenate(places), one)


def _pixels_in(image: Pixels, box: FloatArray) -> tuple[Pixels, FloatArray]:
    """Pixels [N, 3] of a box, every so manyth of them, and where they are [N, 2] (fractions)."""
    height, width = image.shape[:2]
    shown = crop(image, box)
    left, top = (int(np.clip(round(float(v) * n), 0, n - 1)) for v, n in ((box[0], width), (box[1], height)))
    step = max(1, max(shown.shape[:2]) // _SIDE)
    x, y = np.meshgrid(np.arange(0, shown.shape[1], step), np.arange(0, shown.shape[0], step))
    places = np.stack([(x.ravel() + left + 0.5) / width, (y.ravel() + top + 0.5) / height], 1)
    return shown[::step, ::step].reshape(-1, 3), places.astype(np.float32)


def _uncovered(pixels: Pixels, places: FloatArray, one: _Sample) -> Pixels:
    """The pixels [N, 3] at places [N, 2] that nobody covers; none where most are covered."""
    free = np.ones(len(pixels), bool)
    for box in one.in_front:
        free &= ~((places >= box[:2]) & (places < box[2:])).all(1)
    return pixels[free] if free.sum() >= _FREE * len(pixels) else pixels[:0]


def _long_hair(image: Pixels, face: FloatArray) -> FloatArray | None:
    """The colour [3] CIELAB of hair that hangs beside a face box [4]; None where it is short or not surely hair."""
    strip = part(face, 0.2, -0.16, 0.8, -0.02)  # right above the face
    pixels = crop(image, strip).reshape(-1, 3)
    if strip[1] < 0 or len(pixels) < 24:  # few of them are in the picture
        return None
    colour = np.asarray(np.median(colours.to_lab(pixels), 0), np.float32)
    sides = (part(face, left, _CHEEK, left + _BESIDE, 1 + _NECK) for left in (-_BESIDE, 1.0))
    hangs = max(float(_like_hair(crop(image, side).reshape(-1, 3), colour).mean()) for side in sides)
    return colour if hangs >= _HANGS else None


def _like_hair(pixels: Pixels, colour: FloatArray) -> Flags:
    """[N] which pixels may be hair of a colour [3] CIELAB, in light or shade."""
    apart = colours.to_lab(pixels) - colour
    near = np.hypot(apart[:, 1], apart[:, 2]) < _HUE_APART
    return near & (apart[:, 0] > -_DARKER) & (apart[:, 0] < _LIGHTER)


def _colour_phrase(image: Pixels, pixels: Pixels, skin: FloatArray | None) -> str | None:
    """The colour phrase of pixels [N, 3] that are no skin; None if too few are left."""
    flat = pixels if skin is None or not len(pixels) else pixels[~colours.skin_like(pixels, skin)]
    if len(flat) < max(12, 0.15 * len(pixels)):
        return None
    return colours.name_colours(colours.dominant(flat, colours.cast(image)))


def _in_better_light(seen: Sequence[_Sample]) -> tuple[str, float] | None:
    """The colour that a dark garment has in better light, and how many agree; None where it is no clearer there."""
    said: list[str | None] = []
    for one in seen:
        if (lit := relit(one.image, one.box)) is not None:
            clear = replace(one, image=lit)
            said.append(_colour_phrase(lit, _torso_pixels(clear), clear.skin))
    colour, agreed = colours.vote(said)
    if colour is None or " and " in colour or agreed < _LIT_AGREE:  # shades of one colour may be said together
        colour, agreed = colours.vote([re.sub(r"^(dark|light) | and .*", "", word or "") or None for word in said])
    clear_enough = colour not in (None, "dark blue", "blue") and agreed >= _LIT_AGREE  # raised light is a little blue
    return (colour, agreed) if colour and clear_enough else None

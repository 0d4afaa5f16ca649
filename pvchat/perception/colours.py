"""Colour words from pixels.

Everything is CIELAB (CIE 15:2018, sRGB IEC 61966-2-1, white D65) and its cylinder: lightness L 0..100, chroma C, hue h
in degrees. The boundaries follow the centres of the basic colour terms (Berlin & Kay, 1969) in that space and were
checked against colour labels of photos. Nothing is said of hue where the picture has none: `is_grey_scale`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import Flags, FloatArray, IntArray, Pixels

_WHITE = np.array([0.95047, 1.0, 1.08883])  # D65
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_GREY_CHROMA, _GREY_SHARE = 9.0, 0.003  # compression leaves chroma of 1 to 2 everywhere, more only in specks
_PATCH, _ROUNDS = 4000, 12  # pixels that k-means sees at most; its rounds at most
_SAMPLES = 5  # frames of footage that are looked at, about
_BARS_DIFFER = 0.02  # share of the side by which two black bars may differ
# Of hues from h to h the words by lightness (L below which, word), the last for all the rest; strong colours keep their
# name where they are dark: by hue from h to h, from one L to another, for chroma from _STRONG on.
_WORDS: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_GREYS, _STRONG = _WORDS["greys"], 35.0
# Black with the hue of a dark colour beside it is that colour in shade: its least chroma, the most degrees between
# them, the lightness up to which a colour has black folds.
_SHADED = 3.0, 40.0, 45.0
_BACKGROUND_SHARE = 0.5
BAR, _SKY = 24, 0.3  # brightest value of a black bar's row, compression included; share of a sky that is blue
_NEUTRALS = [name for _, name in _GREYS]
_VALUES = np.arange(256) / 255
_LINEAR = np.where(_VALUES <= 0.04045, _VALUES / 12.92, ((_VALUES + 0.055) / 1.055) ** 2.4)  # of each byte


@dataclass(frozen=True)
class Colour:
    """A colour word, the share of the region it covers (0..1), and its mean L, a, b."""

    word: str
    share: float
    lab: tuple[float, float, float]


def to_lab(rgb: Pixels) -> FloatArray:
    """[..., 3] uint8 sRGB to CIELAB, L 0..100."""
    xyz = to_linear(rgb) @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), -1).astype(np.float32)


def to_linear(rgb: NDArray[np.integer]) -> NDArray[np.float64]:
    """sRGB, 0..255, to light, 0..1."""
    return _LINEAR[rgb]


def from_linear(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light [..., 3], 0..1, to sRGB, 0..1: the inverse of `to_linear`."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def is_grey_scale(images: Pixels) -> bool:
    """Whether footage [T, H, W, 3] has no colour at all: a face in a grey room is enough colour."""
    step = max(1, images.shape[1] // 60), max(1, images.shape[2] // 60)
    lab = to_lab(images[:, :: step[0], :: step[1]])
    return bool((np.hypot(lab[..., 1], lab[..., 2]) > _GREY_CHROMA).mean() < _GREY_SHARE)


def cast(image: Pixels) -> FloatArray:
    """The colour cast (a, b) of a frame [H, W, 3]: what its palest surfaces have in common, at most 8 units.

    Only weakly coloured bright pixels vote (L 55..97, C < 16): a red stage isn't a cast. Few such pixels: no cast.
    """
    lab = to_lab(image[:: max(1, image.shape[0] // 90), :: max(1, image.shape[1] // 90)]).reshape(-1, 3)
    pale = lab[(lab[:, 0] > 55) & (lab[:, 0] < 97) & (np.hypot(lab[:, 1], lab[:, 2]) < 16)]
    if len(pale) < 0.1 * len(lab):
        return np.zeros(2, np.float32)
    shift = np.median(pale[:, 1:], 0)
    return np.asarray(shift * min(1.0, 8.0 / max(float(np.hypot(*shift)), 1e-6)), np.float32)


def word(lab: FloatArray) -> str:
    """The colour word of one CIELAB colour [3]."""
    lightness, a, b = (float(v) for v in lab)
    chroma, hue = float(np.hypot(a, b)), float(np.degrees(np.arctan2(b, a)) % 360)
    # below which a colour counts as grey: dark pixels carry chroma noise, bluish greys still read as grey
    neutral = 20.0 if lightness < 13 else 11.0 if lightness < 25 else 8.0
    neutral += 1.5 if 215 <= hue < 300 and lightness > 30 else 0.0
    if lightness < 7 or chroma < neutral:
        return next(str(name) for limit, name in _GREYS if lightness < limit)
    if 42 <= hue < 108 and chroma < 30 and lightness >= 58:
        return "beige"
    if 42 <= hue < 108 and chroma < 30:
        return "brown" if hue < 95 else "olive green"
    if chroma >= _STRONG:
        for low, high, least, most, name in _WORDS["strong"]:
            if low <= hue < high and least <= lightness < most:
                return str(name)
    steps = next(words for low, high, words in _WORDS["hues"] if low <= hue < high or (high == 360 and hue >= low))
    return next(str(name) for limit, name in steps if lightness < limit)


def dominant(pixels: Pixels, shift: FloatArray | None = None, groups: int = 4) -> list[Colour]:
    """The colours of pixels [N, 3], most of them first, by k-means with k = `groups`; those with one word are one.

    `shift`: (a, b) of the light's cast, as from `cast`; half of it is taken off, since pale things may be tinted.
    """
    if len(pixels) == 0:
        return []
    lab = to_lab(pixels[:: max(1, len(pixels) // _PATCH)])
    if shift is not None:
        lab[:, 1:] -= 0.5 * shift
    centres, member = _k_means(lab, min(groups, len(lab)))
    merged: dict[str, list[tuple[float, FloatArray]]] = {}
    for i, centre in enumerate(centres):
        if share := float((member == i).mean()):
            merged.setdefault(word(centre), []).append((share, centre))
    found = []
    for name, parts in merged.items():
        shares, labs = zip(*parts, strict=True)
        lightness, a, b = np.average(labs, 0, shares).tolist()
        found.append(Colour(name, sum(shares), (lightness, a, b)))
    return sorted(found, key=lambda colour: -colour.share)


def name_colours(colours: list[Colour]) -> str | None:
    """One phrase for a region: "black", "white and blue", "multicoloured"; shades of one hue are one colour."""
    families: dict[str, list[Colour]] = {}
    for colour in _out_of_shade(colours):
        families.setdefault(family(colour.word), []).append(colour)
    ranked = sorted(families.values(), key=lambda group: -sum(c.share for c in group))
    if not ranked:
        return None
    shares = [sum(c.share for c in group) for group in ranked]
    if shares[0] < 0.46 and shares[1] < 0.25 and sum(share >= 0.1 for share in shares) >= 4:
        return "multicoloured"
    neutral = [_NEUTRALS.index(group[0].word) for group in ranked[:2] if group[0].word in _NEUTRALS]
    alike = len(neutral) == 2 and abs(neutral[0] - neutral[1]) < 2
    if shares[0] >= 0.5 or len(ranked) == 1 or shares[1] < 0.25 or alike:
        return ranked[0][0].word
    if shares[0] + shares[1] >= 0.6:
        return f"{ranked[0][0].word} and {ranked[1][0].word}"
    return "multicoloured"


def _out_of_shade(colours: list[Colour]) -> list[Colour]:
    """Black as the colour beside it where it has its hue: folds and shadows of dark blue cloth aren't black."""
    strong = [c for c in colours if c.word not in _NEUTRALS and c.share >= 0.3 and c.lab[0] < _SHADED[2]]
    found = []
    for colour in colours:
        same = next((c for c in strong if colour.word == "black" and _same_hue(colour, c)), colour)
        found.append(Colour(same.word, colour.share, same.lab))
    return found


def _same_hue(black: Colour, other: Colour) -> bool:
    angles = [float(np.degrees(np.arctan2(c.lab[2], c.lab[1]))) for c in (black, other)]
    apart = abs((angles[0] - angles[1] + 180) % 360 - 180)
    return float(np.hypot(*black.lab[1:])) >= _SHADED[0] and apart <= _SHADED[1]


def vote(words: Sequence[str | None]) -> tuple[str | None, float]:
    """The most frequent of some words, shades of a colour counted together, and that colour's share; none below .4."""
    said = [w for w in words if w]
    if not said:
        return None, 0.0
    colours = [family(w) for w in said]
    most = max(sorted(set(colours)), key=colours.count)
    shades = [w for w in said if family(w) == most]
    share = len(shades) / len(words)
    return (max(sorted(set(shades)), key=shades.count), share) if share >= 0.4 else (None, share)


def without_bars(images: Pixels) -> Pixels:
    """A few frames of footage [T, H, W, 3], spread over it, without black bars that are as broad on both sides."""
    some = images[:: max(1, len(images) // _SAMPLES)][:_SAMPLES]
    shown = some.max((0, 3)) > BAR
    for axis, lit in ((1, shown.any(1)), (2, shown.any(0))):
        at = np.flatnonzero(lit)
        if len(at) and abs(at[0] - (len(lit) - 1 - at[-1])) <= _BARS_DIFFER * len(lit):
            some = some.take(range(at[0], at[-1] + 1), axis)
    return some


def light(images: Pixels) -> str | None:
    """Whether it is "dark" or "bright", by the median lightness of frames `without_bars`; None in between."""
    lightness = float(np.median(to_lab(images[:, ::8, ::8])[..., 0]))
    return "dark" if lightness < 14 else "bright" if lightness > 82 else None


def background(images: Pixels) -> str | None:
    """The one colour of the upper rim and sides of frames `without_bars`, seldom people: "a grey background"."""
    said: list[str | None] = []
    for image in images:
        height, width = image.shape[:2]
        top, side = max(1, height // 6), max(1, width // 8)
        parts = (image[:top], image[top : height // 2, :side], image[top : height // 2, -side:])
        found = dominant(np.concatenate([p.reshape(-1, 3) for p in parts]))
        said.append(found[0].word if found and found[0].share > _BACKGROUND_SHARE else None)
    name, share = vote(said)
    if name is None or share < 0.6:
        return None
    plain = "dark" if name in ("black", "dark grey") else name
    return f"a{'n' if plain[0] in 'aeio' else ''} {plain} background"


def blue_sky(images: Pixels) -> bool:
    """Whether the uppermost fifth of frames `without_bars`, taken outdoors, is blue enough for a sky in most."""
    shares = []
    for image in images:
        lab = to_lab(image[: max(1, len(image) // 5) : max(1, len(image) // 90), :: max(1, image.shape[1] // 120)])
        hue, chroma = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360, np.hypot(lab[..., 1], lab[..., 2])
        shares.append(float(((hue > 215) & (hue < 300) & (chroma > 8) & (lab[..., 0] > 45)).mean()))
    return float(np.median(shares)) >= _SKY


def shade(lab: FloatArray) -> str | None:
    """What may be said of a colour in grey-scale footage: "dark", "light" or nothing."""
    return "dark" if lab[0] < 32 else "light" if lab[0] > 68 else None


def skin_like(pixels: Pixels, skin: FloatArray) -> Flags:
    """[N] which pixels have the hue and chroma of `skin` ([3] CIELAB of a face) at a lightness shade explains."""
    lab = to_lab(pixels)
    near = np.hypot(lab[:, 1] - skin[1], lab[:, 2] - skin[2]) < 15
    return near & (lab[:, 0] > skin[0] - 30) & (lab[:, 0] < skin[0] + 22) & (np.hypot(lab[:, 1], lab[:, 2]) > 6)


def family(words: str) -> str:
    """The colour that the first word of "dark red and blue" is a shade of; dark grey is black, light grey white."""
    name = words.split(" and ")[0]
    plain = name.removeprefix("dark ").removeprefix("light ").removeprefix("olive ")
    return {"dark grey": "black", "light grey": "white"}.get(name, plain)


def _k_means(points: FloatArray, k: int) -> tuple[FloatArray, IntArray]:
    """Lloyd's algorithm from a k-means++ start: centres [k, 3] and each point's group [N]."""
    random = np.random.default_rng(0)
    centres = points[[int(random.integers(len(points)))]]
    for _ in range(k - 1):
        far = _squared_distances(points, centres).min(0)
        if far.sum() <= 0:
            break
        centres = np.concatenate((centres, points[[int(random.choice(len(points), p=far / far.sum()))]]))
    member = np.full(len(points), -1, np.int64)
    for _ in range(_ROUNDS):
        before, member = member, _squared_distances(points, centres).argmin(0)
        if np.array_equal(before, member):
            break  # further rounds would change nothing
        centres = np.stack([points[member == i].mean(0) if (member == i).any() else c for i, c in enumerate(centres)])
    return centres, member


def _squared_distances(points: FloatArray, centres: FloatArray) -> FloatArray:
    """[k, N] of points [N, 3] to centres [k, 3]; by coordinate, for a sum over so short an axis is slow."""
    x, y, z = (np.ascontiguousarray(points[:, i]) - centres[:, i, None] for i in range(3))
    return np.asarray(x * x + y * y + z * z)

"""Accessories drawn on the face mesh: surgical mask, scrub cap, glasses, sunglasses, cap.

A thing is drawn once a sample, flat, in the head's own upright coordinates (`head.py`: unit face height), from the
places of this face's own eyes, nose and jaw; then it is laid over the mesh of every frame like a texture: it turns,
foreshortens and is hidden by what is nearer. Its light is the face's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.interpolate import PchipInterpolator

from pvchat.augment.positives import head as heads
from pvchat.augment.profile import Positive, Profile, draw_stretch
from pvchat.schemas import FloatArray

ACCESSORIES = ("mask", "glasses", "cap", "scrubs")
_SCALE = 160  # texture pixels a face height
_EXTENT = (1.3, 1.75, 1.45)  # how far the texture reaches sideways, up, down
_OVERSAMPLE = 2
_NAMES = {
    "mask": "a surgical mask", "glasses": "glasses", "sunglasses": "sunglasses", "cap": "a cap",
    "scrubs": "a surgical mask and a scrub cap",
}  # fmt: skip
_CLOTH = ((150, 200, 225), (225, 228, 230), (140, 205, 190), (60, 62, 68), (170, 190, 235))
_RIMS = ((25, 22, 22), (70, 45, 25), (110, 110, 118), (160, 130, 70), (90, 20, 25))
_CAPS = ((40, 48, 70), (28, 28, 30), (150, 35, 35), (215, 212, 205), (40, 95, 60), (190, 150, 60), (90, 120, 170))
Colour = tuple[int, int, int]
Points = NDArray[np.floating[Any]]


def accessory_clip(profile: Profile, count: int, rng: np.random.Generator, kind: str) -> Positive:
    """The subject wearing one kind of `ACCESSORIES`."""
    frames = draw_stretch(profile.meshed, count, rng)
    height, width = profile.images.shape[1:3]
    found = [heads.build_head(profile.meshes[f], width, height) for f in frames]
    shape = np.mean([h.local for h in found], 0)
    things = [kind] if kind != "scrubs" else ["mask", "scrubs"]
    if kind == "glasses" and rng.random() < 0.35:
        things = ["sunglasses"]
    textures = [draw_accessory(thing, shape, rng) for thing in things]
    images = []
    for frame, head in zip(frames, found, strict=True):
        image = profile.images[frame]
        lit = heads.face_brightness(image, head)
        for texture in textures:
            image = lay_on_head(image, head, texture, lit)
        images.append(image)
    hides = {"mask": "mouth", "sunglasses": "eyes"}
    covers = frozenset(hides[thing] for thing in things if thing in hides)
    return Positive(np.stack(images), {"appearance": f"wears {_NAMES[things[-1]]}"}, covers)


def draw_accessory(thing: str, shape: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A thing's texture [h, w, 4] (RGB 0..255, alpha 0..1) for a face of this upright shape [P, 3]."""
    canvas = _Canvas()
    if thing == "mask":
        _draw_mask(canvas, shape, _pick(_CLOTH, rng), float(rng.uniform(-0.02, 0.04)))
    elif thing in ("glasses", "sunglasses"):
        _draw_glasses(canvas, shape, _pick(_RIMS, rng), rng, dark=thing == "sunglasses")
    else:
        _draw_cap(canvas, shape, _pick(_CLOTH[:3] if thing == "scrubs" else _CAPS, rng), brim=thing == "cap")
    return canvas.texture()


def lay_on_head(image: NDArray[np.uint8], head: heads.HeadMesh, texture: FloatArray, light: float) -> NDArray[np.uint8]:
    """A frame [H, W, 3] with a texture on its head."""
    places = np.stack((head.local[:, 0] + _EXTENT[0], head.local[:, 1] + _EXTENT[1]), 1) * _SCALE
    seen = heads.rasterise(head.pixels[:, :2], head.pixels[:, 2], head.triangles, *image.shape[:2])
    return heads.lay_texture(image, texture, places, seen, light)


class _Canvas:
    """A texture to draw on in face heights, smoothed by oversampling; later shapes lie over earlier ones."""

    def __init__(self) -> None:
        side, up, down = _EXTENT
        size = round(2 * side * _SCALE) * _OVERSAMPLE, round((up + down) * _SCALE) * _OVERSAMPLE
        self.colour, self.alpha = Image.new("RGB", size), Image.new("L", size)

    def place(self, points: Points) -> list[tuple[float, float]]:
        scale = _SCALE * _OVERSAMPLE
        return [((x + _EXTENT[0]) * scale, (y + _EXTENT[1]) * scale) for x, y in np.asarray(points)[:, :2]]

    def polygon(self, points: Points, colour: Colour, alpha: float = 1.0) -> None:
        self._add(lambda d: d.polygon(self.place(points), fill=255), colour, alpha)

    def line(self, points: Points, colour: Colour, width: float, alpha: float = 1.0) -> None:
        wide = max(1, round(width * _SCALE * _OVERSAMPLE))
        self._add(lambda d: d.line(self.place(points), fill=255, width=wide, joint="curve"), colour, alpha)

    def shade(self, points: Points, amount: float, blur: float) -> None:
        """Darken what is there within soft outlines."""
        self.colour.paste((0, 0, 0), mask=self._soft(points, amount, blur))

    def shadow(self, points: Points, amount: float, blur: float) -> None:
        """Darken what lies under the thing, too."""
        self._blend(self._soft(points, amount, blur), (18, 14, 14))

    def texture(self) -> FloatArray:
        size = self.alpha.width // _OVERSAMPLE, self.alpha.height // _OVERSAMPLE
        alpha = np.asarray(self.alpha.resize(size, Image.Resampling.BOX), np.float32) / 255
        colour = np.asarray(self.colour.resize(size, Image.Resampling.BOX), np.float32)
        return np.concatenate((colour, alpha[..., None]), 2)

    def _soft(self, points: Points, amount: float, blur: float) -> Image.Image:
        layer = Image.new("L", self.alpha.size)
        ImageDraw.Draw(layer).polygon(self.place(points), fill=round(255 * amount))
        return layer.filter(ImageFilter.GaussianBlur(blur * _SCALE * _OVERSAMPLE))

    def _add(self, draw_on: Callable[[ImageDraw.ImageDraw], None], colour: Colour, alpha: float) -> None:
        layer = Image.new("L", self.alpha.size)
        draw_on(ImageDraw.Draw(layer))
        self._blend(layer.point(lambda v: round(v * alpha)), colour)

    def _blend(self, layer: Image.Image, colour: Colour) -> None:
        """Porter and Duff's `over` (1984) with straight alpha, where the layer is."""
        if (box := layer.getbbox()) is None:
            return
        below, above = (np.asarray(x.crop(box), np.float32)[..., None] / 255 for x in (self.alpha, layer))
        both = above + below * (1 - above)
        old = np.asarray(self.colour.crop(box), np.float32)
        flat = np.array(colour, np.float32)
        mixed = (flat * above + old * below * (1 - above)) / np.maximum(both, 1e-6)
        self.colour.paste(Image.fromarray(np.where(both > 0, mixed, flat).astype(np.uint8)), box)
        self.alpha.paste(Image.fromarray((both[..., 0] * 255 + 0.5).astype(np.uint8)), box)


def _draw_mask(canvas: _Canvas, shape: FloatArray, cloth: Colour, drop: float) -> None:
    """From the bridge of the nose under the cheekbones to below the chin, with folds and ear loops."""
    q = shape[:, :2]
    jaw = [93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323]
    low = q[jaw] * [1.03, 1.0] + np.array([0, 0.035])
    low[0], low[-1] = q[93] * [1.0, 1.0] + [0.02, 0.02], q[323] + [-0.02, 0.02]
    top = np.stack((q[346], q[347], q[277], (q[197] + q[195]) / 2, q[47], q[118], q[117]))
    top[[1, 2, 4, 5], 1] += np.array([0.03, 0.0, 0.0, 0.03], np.float32)
    outline = np.concatenate((low, _smooth(top + [0, drop])))
    strap = _darker(cloth, 0.93)
    for side, corner, jaw_corner in ((-1, 93, 58), (1, 323, 288)):
        ear = q[234 if side < 0 else 454] * [1.18, 1.0] + [0, 0.02]
        canvas.line(np.stack((q[corner] + [0.02 * -side, 0.03], ear)), strap, 0.014)
        canvas.line(np.stack((q[jaw_corner] * [0.99, 1.0], ear + [0, 0.10])), strap, 0.014)
    canvas.polygon(outline, cloth)
    left, right = low[3], low[-4]
    for share in (0.30, 0.48, 0.66):  # folds run from cheek to cheek
        y = top[3, 1] + drop + share * (q[152, 1] - top[3, 1])
        xs = np.linspace(left[0] * 0.93, right[0] * 0.93, 15)
        bow = 0.035 * (1 - (2 * (xs - left[0]) / (right[0] - left[0]) - 1) ** 2)
        canvas.line(np.stack((xs, y + bow), 1), _darker(cloth, 0.80), 0.007, 0.8)
        canvas.line(np.stack((xs, y + bow + 0.009), 1), _lighter(cloth, 0.5), 0.006, 0.6)
    _side_shade(canvas, q)
    canvas.line(_smooth(top + [0, drop + 0.012]), _darker(cloth, 0.86), 0.012, 0.8)  # the wire over the nose


def _draw_glasses(canvas: _Canvas, shape: FloatArray, rim: Colour, rng: np.random.Generator, *, dark: bool) -> None:
    """Two lenses around the eyes, bridge and temples."""
    q = shape[:, :2]
    width, height = float(rng.uniform(0.135, 0.16)), float(rng.uniform(0.085, 0.12))
    thick, square = float(rng.uniform(0.010, 0.026)), float(rng.uniform(2.0, 4.0))
    eyes = [(q[33] + q[133]) / 2, (q[362] + q[263]) / 2]
    middle = (eyes[0] + eyes[1]) / 2
    for side, eye, ear in ((-1, eyes[0], q[127]), (1, eyes[1], q[356])):
        centre = eye + [0.012 * side, 0.012]
        lens = _superellipse(centre, width, height, square)
        canvas.polygon(lens, (22, 20, 20) if dark else (235, 240, 245), 0.93 if dark else 0.10)
        glint = _superellipse(centre + [-0.05, -0.045], 0.035, 0.012, 2.0)
        canvas.polygon(glint, (255, 255, 255), 0.25 if dark else 0.35)
        canvas.line(np.concatenate((lens, lens[:2])), rim, thick)
        outer = centre + [side * width, -0.35 * height]
        canvas.line(np.stack((outer, ear * [1.12, 1.0] + [0, 0.0])), rim, thick)
    inner = [eyes[0] + [width + 0.005, -0.01], [middle[0], middle[1] - 0.03], eyes[1] + [-width - 0.005, -0.01]]
    canvas.line(_smooth(np.stack(inner)), rim, thick)


def _draw_cap(canvas: _Canvas, shape: FloatArray, cloth: Colour, *, brim: bool) -> None:
    """A dome over the hair; a baseball cap has a brim with a shadow under it, a scrub cap a tied band."""
    q = shape[:, :2]
    forehead = float(q[10, 1])
    half = float(q[356, 0] - q[127, 0]) / 2 * 1.28
    middle = float(q[127, 0] + q[356, 0]) / 2
    low = forehead + 0.06
    side_y = float((q[127, 1] + q[356, 1]) / 2) - 0.02
    turn = np.linspace(np.pi, 2 * np.pi, 40)
    top = np.stack((middle + half * np.cos(turn), side_y + (0.70 if brim else 0.72) * np.sin(turn)), 1)
    edge_x = np.linspace(middle + half, middle - half, 20)
    edge_y = low + (side_y - low) * ((edge_x - middle) / half) ** 2
    edge = np.stack((edge_x, edge_y), 1)
    dome = np.concatenate((top, edge))
    canvas.shadow(np.concatenate((edge, edge[::-1] + [0, 0.05])), 0.35, 0.02)
    canvas.polygon(dome, cloth)
    for x in (-0.55, 0.0, 0.55) if brim else ():  # seams
        across = middle + half * x * np.sin(np.linspace(0.25, np.pi / 2, 12))
        down = np.linspace(top[:, 1].min() + 0.02, low + 0.3 * abs(x) * (side_y - low), 12)
        canvas.line(np.stack((across, down), 1), _darker(cloth, 0.72), 0.006, 0.8)
    canvas.shade(np.concatenate((edge, edge[::-1] - [0, 0.07])), 0.35, 0.02)
    for side in (-1, 1):
        across = middle + side * np.array([0.78, 1.02, 1.02, 0.85]) * half
        down = side_y + np.array([-0.5, -0.4, 0.05, 0.05])
        canvas.shade(np.stack((across, down), 1), 0.35, 0.05)
    if brim:
        _draw_brim(canvas, cloth, middle, half, low)
    else:
        canvas.line(edge - [0, 0.035], _darker(cloth, 0.85), 0.02, 0.8)


def _draw_brim(canvas: _Canvas, cloth: Colour, middle: float, half: float, low: float) -> None:
    """The brim of a cap, from its middle, half its width and the dome's lower edge; and the brim's shadow."""
    at = np.linspace(-1, 1, 30)
    wide = 0.80 * half
    front = np.stack((middle + wide * at, low + 0.155 - 0.13 * at**2), 1)
    back = np.stack((middle + wide * at[::-1], low - 0.045 + 0.07 * at[::-1] ** 2), 1)
    canvas.shadow(np.concatenate((front, front[::-1] + [0, 0.07])), 0.42, 0.02)
    canvas.polygon(np.concatenate((front, back)), _darker(cloth, 0.8))
    canvas.line(front, _darker(cloth, 0.5), 0.012)
    canvas.shade(np.concatenate((back, back[::-1] + [0, 0.03])), 0.35, 0.012)


def _side_shade(canvas: _Canvas, q: FloatArray) -> None:
    """Cloth turns away from the light at the cheeks and under the chin."""
    for corner, side in ((234, -1), (454, 1)):
        x = q[corner, 0]
        strip = np.stack(
            ([x - side * 0.12, x + side * 0.1, x + side * 0.1, x - side * 0.06], [-0.2, -0.2, 0.6, 0.6]), 1
        )
        canvas.shade(strip, 0.30, 0.05)
    y = float(q[152, 1])
    canvas.shade(np.array([[-0.4, y - 0.05], [0.4, y - 0.05], [0.4, y + 0.2], [-0.4, y + 0.2]]), 0.22, 0.05)


def _superellipse(centre: FloatArray, width: float, height: float, power: float) -> FloatArray:
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    c, s = np.cos(turn), np.sin(turn)
    x = np.sign(c) * np.abs(c) ** (2 / power) * width
    y = np.sign(s) * np.abs(s) ** (2 / power) * height
    return np.asarray(centre)[:2] + np.stack((x, y), 1)


def _smooth(points: Points) -> FloatArray:
    """A curve through points [n, 2]."""
    at = np.linspace(0, 1, len(points))
    return np.asarray(PchipInterpolator(at, points)(np.linspace(0, 1, 40)), np.float32)


def _darker(colour: Colour, factor: float) -> Colour:
    return tuple(round(c * factor) for c in colour)  # type: ignore[return-value]


def _lighter(colour: Colour, share: float) -> Colour:
    return tuple(round(c + (255 - c) * share) for c in colour)  # type: ignore[return-value]


def _pick(colours: Sequence[Colour], rng: np.random.Generator) -> Colour:
    return colours[int(rng.integers(len(colours)))]

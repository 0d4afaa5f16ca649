"""Drawn faces as footage may show them: in another light, small, blurred, tilted, before something else.

In: face crops, uint8 RGB. Out: changed copies of them. `changed` changes a little, as the locator and a good clip do;
`harmed` leaves of a face what a far or dark shot, a hand before it, a bad codec leave.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from recipes.figures.scenes import posterise, tint
from recipes.model.base.degrade import compressed

_SIDE = 160  # pixels of a face while it is changed


def changed(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A crop cut out a little elsewhere, mirrored, small, blurred, compressed, in another light."""
    height, width = crop.shape[:2]
    wide = np.pad(crop, ((height // 4,) * 2, (width // 4,) * 2, (0, 0)), mode="edge")
    side, shift = rng.uniform(0.75, 1.15), rng.normal(0, 0.06, 2)
    tall = side * rng.uniform(0.85, 1.15)
    x, y = (0.75 + shift[0] - side / 2) * width, (0.75 + shift[1] - side / 2) * height
    picture = Image.fromarray(wide).crop((int(x), int(y), int(x + side * width), int(y + tall * height)))
    if rng.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.4:
        pixels = int(rng.uniform(32, 96))
        picture = picture.resize((pixels, pixels), Image.Resampling.BILINEAR)
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.5))))
    if rng.random() < 0.4:
        picture = compressed(picture, int(rng.uniform(20, 70)))
    return tint(np.asarray(picture), rng)


def harmed(
    crop: NDArray[np.uint8], backgrounds: list[NDArray[np.uint8]], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """A crop of which much is lost: tilted, before something else, covered in part, small, in any light."""
    canvas = _placed(Image.fromarray(crop).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR), backgrounds, rng)
    kind = rng.random()
    angle = rng.normal(0, 12) if kind < 0.5 else rng.uniform(-90, 90) if kind < 0.6 else 0.0
    canvas = canvas.rotate(float(angle), Image.Resampling.BILINEAR)
    side, shift = rng.uniform(0.75, 1.3), rng.normal(0, 0.07, 2)
    tall = side * np.exp(rng.normal(0, 0.08))
    x, y = (1 + shift - np.array([side, tall]) / 2) * _SIDE
    picture = canvas.crop((int(x), int(y), int(x + side * _SIDE), int(y + tall * _SIDE)))
    if rng.random() < 0.25:
        _cover(picture, rng)
    pixels = int(np.exp(rng.uniform(np.log(20), np.log(100)))) if rng.random() < 0.6 else 128
    picture = picture.resize((pixels, pixels), Image.Resampling.BILINEAR)
    if rng.random() < 0.25:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.2))))
    if rng.random() < 0.5:
        picture = compressed(picture, int(rng.uniform(20, 75)))
    return relit(np.asarray(picture), rng)


def relit(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Another light: gain of each colour and of all, gamma, saturation, haze; one in five as it is."""
    kind, x = rng.random(), image.astype(np.float32) / 255
    if kind < 0.2:
        return image
    spread = 0.08 if kind < 0.65 else 0.22
    x = x ** np.exp(rng.normal(0, spread)) * np.exp(rng.normal(0, spread, 3) + rng.normal(0, 1.6 * spread))
    x = x + rng.normal(0, 0.4 * spread)
    if rng.random() < 0.5:
        grey = x.mean(2, keepdims=True)
        x = grey + (x - grey) * np.exp(rng.normal(0, 0.25))
    if rng.random() < 0.15:
        haze, share = rng.uniform(0.2, 0.8, 3), rng.uniform(0.1, 0.4)
        x = x * (1 - share) + haze * share
    return (np.clip(x, 0, 1) * 255).astype(np.uint8)


def _placed(face: Image.Image, backgrounds: list[NDArray[np.uint8]], rng: np.random.Generator) -> Image.Image:
    """The face, mirrored or not, in the middle of a canvas twice as wide: its own edges go on, or something else."""
    if rng.random() < 0.5:
        face = face.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    half = _SIDE // 2
    if rng.random() < 0.45:
        return Image.fromarray(np.pad(np.asarray(face), ((half,) * 2, (half,) * 2, (0, 0)), mode="edge"))
    canvas = _behind(backgrounds, rng)
    draw = ImageDraw.Draw(canvas)
    if rng.random() < 0.7:
        width, top = rng.uniform(0.3, 0.9) * _SIDE, 1.4 * _SIDE
        shoulders = [(0.8 * _SIDE, top), (1.2 * _SIDE, top), (_SIDE + width, 2 * _SIDE), (_SIDE - width, 2 * _SIDE)]
        draw.polygon(shoulders, fill=_colour(rng))
    if rng.random() < 0.5:
        hair, more = np.median(np.asarray(face)[: _SIDE // 4].reshape(-1, 3), 0), rng.uniform(0.02, 0.15) * _SIDE
        around = [half - more, half - more, half + _SIDE + more, half + _SIDE + more / 2]
        draw.ellipse(around, fill=tuple(int(v) for v in hair))
    mask, inset = Image.new("L", face.size, 0), rng.uniform(-0.14, 0.02) * _SIDE
    ImageDraw.Draw(mask).ellipse([inset, inset, _SIDE - inset, _SIDE - inset], fill=255)
    canvas.paste(face, (half, half), mask.filter(ImageFilter.GaussianBlur(3)))
    return canvas


def _behind(backgrounds: list[NDArray[np.uint8]], rng: np.random.Generator) -> Image.Image:
    """A photo, a photo as a painted background, or one colour."""
    size = (2 * _SIDE, 2 * _SIDE)
    if rng.random() < 0.2:
        return Image.new("RGB", size, _colour(rng))
    picture = Image.fromarray(backgrounds[rng.integers(len(backgrounds))])
    if rng.random() < 0.6:
        picture = posterise(picture.resize((_SIDE, _SIDE)), rng)
    return picture.resize(size)


def _cover(picture: Image.Image, rng: np.random.Generator) -> None:
    """Something round of one colour before the top or the chin: a cap, a hand, a cup."""
    side = picture.size[0]
    width, height = rng.uniform(0.2, 0.6, 2) * side
    x = rng.uniform(-0.2, 1) * side
    y = (rng.uniform(-0.3, -0.05) if rng.random() < 0.5 else rng.uniform(0.5, 0.9)) * side
    ImageDraw.Draw(picture).ellipse([x, y, x + width, y + height], fill=_colour(rng))


def _colour(rng: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(v) for v in rng.integers(0, 256, 3))

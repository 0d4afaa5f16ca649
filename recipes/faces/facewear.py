"""What is drawn on a face: a mask, a cap, glasses.

In: a patch of `faceset.py`, whose aligned face lies at fixed places. Out: the same patch with the thing on it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import zoom

from pvchat.perception.experts import faceprint
from pvchat.perception.experts.faces import SIDE, TEMPLATE, chip
from pvchat.schemas import FloatArray
from recipes.faces.faceset import MARGIN, PATCH

MASK_COLOURS = ((150, 200, 225), (225, 228, 230))  # the usual surgical blue, and white
_MASK = ((26, 82), (52, 77), (75, 67), (98, 77), (124, 82), (120, 112), (102, 136), (75, 146), (48, 136), (30, 112))
# The crop of a faceprint at one and a half times its size, somewhat more of it below, holds a chip about here.
_WIDER, _WIDE, _CHIP_IN_WIDE = 1.5, 184, (8, 31)


def draw_mask(chip_pixels: NDArray[np.uint8], colour: tuple[int, int, int], drop: float = 0.0) -> NDArray[np.uint8]:
    """A face chip [150, 150, 3] with a surgical mask drawn over nose, mouth and chin.

    Args:
        chip_pixels: an aligned chip, so that the mask's outline lies at fixed places.
        colour: RGB of the cloth.
        drop: how far the mask has slid down the nose, in chip pixels.
    """
    picture = Image.fromarray(chip_pixels)
    outline = [(x, y + (drop if y < 100 else 0)) for x, y in _MASK]
    shade = Image.new("L", picture.size, 0)
    ImageDraw.Draw(shade).polygon(outline, fill=255)
    grey = np.asarray(picture.convert("L"), np.float32)
    light = float(np.clip(grey[40:75, 45:105].mean() / 170.0, 0.4, 1.0))  # as bright as the face it lies on
    rows = 1.0 - 0.10 * np.cos(np.arange(SIDE) / 9.0)  # folds
    cloth = np.clip(np.array(colour, np.float32)[None, None] * light * rows[:, None, None], 0, 255)
    cover = np.asarray(shade.filter(ImageFilter.GaussianBlur(1.2)), np.float32)[..., None] / 255.0
    return (chip_pixels * (1 - cover) + cloth * cover).astype(np.uint8)


def masked_crop(
    image: NDArray[np.uint8], points: FloatArray, colour: tuple[int, int, int], drop: float = 0.0
) -> NDArray[np.uint8]:
    """The crop [112, 112, 3] that a faceprint is made of, with a mask drawn on; `chip` and `draw_mask` say the rest."""
    wide = chip(image, points, faceprint.TEMPLATE * _WIDER, _WIDE)
    x, y = _CHIP_IN_WIDE
    wide[y : y + SIDE, x : x + SIDE] = draw_mask(wide[y : y + SIDE, x : x + SIDE], colour, drop)
    crop = int(_WIDER * faceprint.SIDE)
    small = Image.fromarray(wide[:crop, :crop]).resize((faceprint.SIDE, faceprint.SIDE), Image.Resampling.BOX)
    return np.asarray(small)


def _mask(patch: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The product's drawn mask, of random colour and height."""
    colour = MASK_COLOURS[int(rng.integers(0, len(MASK_COLOURS)))] if rng.random() < 0.6 else rng.integers(20, 240, 3)
    inner = patch[MARGIN:-MARGIN, MARGIN:-MARGIN]
    out = patch.copy()
    worn = draw_mask(inner, tuple(int(c) for c in colour), float(rng.uniform(-4, 8)))  # type: ignore[arg-type]
    out[MARGIN:-MARGIN, MARGIN:-MARGIN] = worn
    return out


def _cap(patch: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A cap or hood edge over forehead and hair, its brim in shade."""
    brim = MARGIN + float(rng.uniform(8, 30))  # the eyes lie at 47
    bend, tilt = rng.uniform(2, 14), rng.uniform(-5, 5)
    outline = [(0, -5), (PATCH, -5), (PATCH, brim + 25), *_arc(brim, bend, tilt), (0, brim + 25)]
    return _cloth(patch, outline, rng)


def _arc(level: float, bend: float, tilt: float) -> list[tuple[float, float]]:
    return [(100 + 88 * t, level + bend * t * t * 2 + tilt * t) for t in np.linspace(1, -1, 9)]


def _glasses(patch: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Frames with clear or dark lenses."""
    picture = Image.fromarray(patch)
    lens = Image.new("L", picture.size, 0)
    frame = Image.new("L", picture.size, 0)
    w, h = rng.uniform(17, 24), rng.uniform(11, 19)
    thick = int(rng.integers(1, 5))
    for x, y in TEMPLATE[:2] + MARGIN:
        box = (x - w, y - h * 0.9, x + w, y + h * 1.1)
        ImageDraw.Draw(lens).rounded_rectangle(box, float(h * 0.6), fill=255)
        ImageDraw.Draw(frame).rounded_rectangle(box, float(h * 0.6), outline=255, width=thick)
    (x0, y0), (x1, _) = TEMPLATE[:2] + MARGIN
    ImageDraw.Draw(frame).line((x0 + w, y0, x1 - w, y0), fill=255, width=thick)
    dark = float(rng.uniform(0.6, 0.95)) if rng.random() < 0.4 else float(rng.uniform(0, 0.2))
    out: NDArray[np.floating] = patch.astype(np.float32)
    for layer, strength, colour in ((lens, dark, rng.uniform(0, 50, 3)), (frame, 0.95, rng.uniform(0, 110, 3))):
        cover = np.asarray(layer.filter(ImageFilter.GaussianBlur(0.7)), np.float32)[..., None] / 255 * strength
        out = out * (1 - cover) + np.float32(colour) * cover
    return out.astype(np.uint8)


def _cloth(patch: NDArray[np.uint8], outline: list[tuple[float, float]], rng: np.random.Generator) -> NDArray[np.uint8]:
    shade = Image.new("L", (PATCH, PATCH), 0)
    ImageDraw.Draw(shade).polygon(outline, fill=255)
    cover = np.asarray(shade.filter(ImageFilter.GaussianBlur(1.5)), np.float32)[..., None] / 255
    folds = zoom(rng.normal(1, 0.08, (9, 9)), PATCH / 9, order=1)[..., None]
    return (patch * (1 - cover) + np.clip(rng.uniform(10, 230, 3) * folds, 0, 255) * cover).astype(np.uint8)


WEAR = {"mask": _mask, "cap": _cap, "glasses": _glasses}

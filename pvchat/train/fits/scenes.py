"""Composed scenes with drawn faces at known places, to train the figure locator on.

In: face crops and background pictures. Out: a `DrawnScene`: the picture, the face boxes and which crop each one is.
Faces get a rough head of hair and body (flat colours), are pasted as a soft ellipse or as the plain square, and the
whole scene is tinted (night, sunset), so that neither the square's edges nor one light is what the locator learns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from pvchat.schemas import FloatArray

_SHAPES = ((480, 270), (480, 270), (480, 360), (360, 360), (270, 480))
_MAX_OVERLAP = 0.15  # of the smaller face's area


@dataclass
class DrawnScene:
    """image [H, W, 3] uint8; boxes [n, 4] fractions; source: index of each face's crop; is the background drawn too?"""

    image: NDArray[np.uint8]
    boxes: FloatArray
    source: list[int]
    drawn_background: bool


def compose(
    crops: list[NDArray[np.uint8]], backgrounds: list[NDArray[np.uint8]], rng: np.random.Generator
) -> DrawnScene:
    """One scene: 0 to 6 faces (one in eight scenes has none), log-uniform sizes of 12 to 110 % of the shorter side."""
    size = _SHAPES[rng.integers(len(_SHAPES))]
    canvas, drawn = _background(size, backgrounds, rng)
    count = 0 if rng.random() < 1 / 8 else 1 + rng.binomial(5, 0.3)
    smallest, largest = (0.2, 1.1) if count == 1 else (0.12, 0.45)
    boxes: list[list[float]] = []
    source: list[int] = []
    for _ in range(count):
        side = float(np.exp(rng.uniform(np.log(smallest), np.log(largest)))) * min(size)
        box = free_square(size, side, boxes, rng)
        if box is None:
            continue
        source.append(int(rng.integers(len(crops))))
        paste_face(canvas, Image.fromarray(crops[source[-1]]), box, rng)
        boxes.append(box)
    scale = np.array([size[0], size[1]] * 2, np.float32)
    found = np.clip(np.array(boxes, np.float32).reshape(-1, 4) / scale, 0, 1)
    return DrawnScene(tint(np.asarray(canvas), rng), found, source, drawn)


def tint(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Random light: half of the scenes a little brighter or darker, a quarter in coloured or night light."""
    kind = rng.random()
    if kind < 0.25:
        return image
    spread = 0.08 if kind < 0.75 else 0.25
    gain = np.exp(rng.normal(0, spread, 3) + rng.normal(0, 2 * spread))
    return np.clip(image * gain + rng.normal(0, 8), 0, 255).astype(np.uint8)


def posterise(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A photo as a painted background: smoothed, few colours, more saturated."""
    smooth = picture.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.SMOOTH_MORE)
    return smooth.quantize(int(rng.integers(8, 40))).convert("RGB")


def _background(
    size: tuple[int, int], backgrounds: list[NDArray[np.uint8]], rng: np.random.Generator
) -> tuple[Image.Image, bool]:
    """A photo, a blurred or posterised photo, a gradient; and whether it counts as drawn."""
    kind = rng.integers(5)
    if kind == 4:
        ends = rng.integers(0, 256, (2, 2, 3)).astype(np.uint8)
        return Image.fromarray(ends).resize(size, Image.Resampling.BICUBIC), True
    picture = Image.fromarray(backgrounds[rng.integers(len(backgrounds))]).resize(size, Image.Resampling.BILINEAR)
    if kind == 0:
        return picture, False
    if kind == 1:
        return picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(1, 6)))), False
    return posterise(picture, rng), True


def free_square(
    size: tuple[int, int], side: float, boxes: list[list[float]], rng: np.random.Generator
) -> list[float] | None:
    """A square that may be cut by the frame's edge by a tenth and hardly covers the earlier ones; None if none fits."""
    for _ in range(20):
        x, y = (float(rng.uniform(-0.1 * side, n - 0.9 * side)) for n in size)
        box = [x, y, x + side, y + side]
        if all(_shared(box, other) < _MAX_OVERLAP * min(side, other[2] - other[0]) ** 2 for other in boxes):
            return box
    return None


def _shared(a: list[float], b: list[float]) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0.0) * max(height, 0.0)


def paste_face(canvas: Image.Image, crop: Image.Image, box: list[float], rng: np.random.Generator) -> None:
    """Paste a face crop into a box (pixels), mostly with a body of one colour and a head of hair."""
    x0, y0, x1, y1 = box
    side = x1 - x0
    draw = ImageDraw.Draw(canvas)
    if rng.random() < 0.7:
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        width = side * rng.uniform(0.4, 0.9)
        middle = (x0 + x1) / 2
        top = y1 - 0.1 * side
        draw.polygon([(middle - 0.2 * side, top), (middle + 0.2 * side, top), (middle + width, top + 3 * side),
                      (middle - width, top + 3 * side)], fill=colour)  # fmt: skip
    if rng.random() < 0.6:
        hair = np.median(np.asarray(crop)[: crop.height // 4].reshape(-1, 3), 0).astype(int)
        grow = side * rng.uniform(0.05, 0.2)
        draw.ellipse([x0 - grow, y0 - grow, x1 + grow, y1 + grow / 2], fill=tuple(int(v) for v in hair))
    pixels = max(round(side), 8)
    face = crop.resize((pixels, pixels), Image.Resampling.BILINEAR)
    if rng.random() < 0.5:
        face = face.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    canvas.paste(face, (round(x0), round(y0)), _soft_mask(pixels, rng))


def _soft_mask(pixels: int, rng: np.random.Generator) -> Image.Image:
    """A soft ellipse (three in four) or the whole square."""
    mask = Image.new("L", (pixels, pixels), 0)
    if rng.random() < 0.25:
        return Image.new("L", (pixels, pixels), 255)
    inset = pixels * rng.uniform(-0.08, 0.04)
    ImageDraw.Draw(mask).ellipse([inset, inset, pixels - inset, pixels - inset], fill=255)
    return mask.filter(ImageFilter.GaussianBlur(pixels * 0.02))

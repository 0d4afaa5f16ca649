"""Composed scenes with drawn faces at known places, to train the figure locator on.

In: face crops, clothes and background pictures. Out: a `DrawnScene`: the picture, the face boxes and which crop each
one is. Faces get a rough head of hair and a body (a flat colour, or clothes in few colours), are pasted as a soft
ellipse or as the plain square, and the whole scene is tinted (night, sunset), so that neither the square's edges nor
one light is what the locator learns. Pieces of drawings that are no face (hair, clothes, a face upside down) lie about,
so that drawn lines alone don't make one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from pvchat.schemas import FloatArray

_SHAPES = ((480, 270), (480, 270), (480, 360), (360, 360), (270, 480))
_MAX_OVERLAP = 0.15  # of the smaller face's area
_MAX_PIECES = 3
_TILT = 12.0  # degrees, spread of half of the faces


@dataclass
class DrawnScene:
    """image [H, W, 3] uint8; boxes [n, 4] fractions; source: index of each face's crop; is the background drawn too?"""

    image: NDArray[np.uint8]
    boxes: FloatArray
    source: list[int]
    drawn_background: bool


def compose(
    crops: list[NDArray[np.uint8]],
    backgrounds: list[NDArray[np.uint8]],
    rng: np.random.Generator,
    clothes: list[NDArray[np.uint8]] | None = None,
) -> DrawnScene:
    """One scene: 0 to 7 faces (one in ten scenes has none), log-uniform sizes of 10 to 120 % of the shorter side."""
    size = _SHAPES[rng.integers(len(_SHAPES))]
    canvas, drawn = _background(size, backgrounds, rng)
    for _ in range(rng.integers(0, _MAX_PIECES)):
        _paste_piece(canvas, Image.fromarray(crops[rng.integers(len(crops))]), rng)
    count = 0 if rng.random() < 1 / 10 else 1 + rng.binomial(6, 0.3)
    smallest, largest = (0.2, 1.2) if count == 1 else (0.12, 0.8) if count == 2 else (0.1, 0.45)
    boxes: list[list[float]] = []
    source: list[int] = []
    for _ in range(count):
        side = float(np.exp(rng.uniform(np.log(smallest), np.log(largest)))) * min(size)
        box = free_square(size, side, boxes, rng)
        if box is None:
            continue
        source.append(int(rng.integers(len(crops))))
        worn = Image.fromarray(clothes[rng.integers(len(clothes))]) if clothes and rng.random() < 0.5 else None
        paste_face(canvas, _tilted(Image.fromarray(crops[source[-1]]), rng), box, rng, worn)
        boxes.append(box)
    scale = np.array([size[0], size[1]] * 2, np.float32)
    found = np.clip(np.array(boxes, np.float32).reshape(-1, 4) / scale, 0, 1)
    if rng.random() < 0.3:
        canvas = canvas.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.2))))
    return DrawnScene(tint(np.asarray(canvas), rng), found, source, drawn)


def _tilted(face: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The face with its head to one side, or as it is; what comes into the corners has the top's colour."""
    if rng.random() < 0.5:
        return face
    hair = np.median(np.asarray(face)[:10].reshape(-1, 3), 0)
    corner = tuple(int(v) for v in hair)
    return face.rotate(float(rng.normal(0, _TILT)), Image.Resampling.BILINEAR, fillcolor=corner)


def _paste_piece(canvas: Image.Image, crop: Image.Image, rng: np.random.Generator) -> None:
    """Something drawn that is no face: a corner of hair, what lies beneath the chin, a face upside down."""
    w, h = crop.size
    pieces = (crop.crop((0, 0, 0.35 * w, 0.25 * h)), crop.crop((0, 0.8 * h, w, h)), crop.rotate(180))
    piece = pieces[rng.integers(3)]
    side = float(np.exp(rng.uniform(np.log(0.1), np.log(0.6)))) * min(canvas.size)
    piece = piece.resize((max(8, int(side)), max(8, int(side * rng.uniform(0.5, 1.5)))))
    x, y = (int(rng.uniform(-0.3 * side, n)) for n in canvas.size)
    canvas.paste(piece, (x, y))


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


def paste_face(
    canvas: Image.Image, crop: Image.Image, box: list[float], rng: np.random.Generator, worn: Image.Image | None = None
) -> None:
    """Paste a face crop into a box (pixels), mostly with a head of hair and a body: of one colour, or a garment."""
    x0, y0, x1, y1 = box
    side = x1 - x0
    if worn is not None:
        width = int(side * rng.uniform(1.2, 2.2))
        garment = posterise(worn.resize((width, int(width * rng.uniform(0.9, 1.4)))), rng)
        canvas.paste(garment, (round((x0 + x1 - width) / 2), round(y1 - 0.15 * side)))
    elif rng.random() < 0.7:
        _draw_body(canvas, box, rng)
    if rng.random() < 0.6:
        hair = np.median(np.asarray(crop)[: crop.height // 4].reshape(-1, 3), 0).astype(int)
        grow = side * rng.uniform(0.05, 0.2)
        around = [x0 - grow, y0 - grow, x1 + grow, y1 + grow / 2]
        ImageDraw.Draw(canvas).ellipse(around, fill=tuple(int(v) for v in hair))
    pixels = max(round(side), 8)
    face = crop.resize((pixels, pixels), Image.Resampling.BILINEAR)
    if rng.random() < 0.5:
        face = face.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    canvas.paste(face, (round(x0), round(y0)), _soft_mask(pixels, rng))


def _draw_body(canvas: Image.Image, box: list[float], rng: np.random.Generator) -> None:
    """Shoulders and a robe of one colour below the face."""
    x0, _, x1, y1 = box
    side, middle = x1 - x0, (x0 + x1) / 2
    colour = tuple(int(v) for v in rng.integers(0, 256, 3))
    width, top = side * rng.uniform(0.4, 0.9), y1 - 0.1 * side
    ImageDraw.Draw(canvas).polygon(
        [(middle - 0.2 * side, top), (middle + 0.2 * side, top), (middle + width, top + 3 * side),
         (middle - width, top + 3 * side)], fill=colour,
    )  # fmt: skip


def _soft_mask(pixels: int, rng: np.random.Generator) -> Image.Image:
    """A soft ellipse (three in four) or the whole square."""
    mask = Image.new("L", (pixels, pixels), 0)
    if rng.random() < 0.25:
        return Image.new("L", (pixels, pixels), 255)
    inset = pixels * rng.uniform(-0.08, 0.04)
    ImageDraw.Draw(mask).ellipse([inset, inset, pixels - inset, pixels - inset], fill=255)
    return mask.filter(ImageFilter.GaussianBlur(pixels * 0.02))

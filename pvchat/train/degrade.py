"""What footage makes of a photo of a face: few pixels, compression, other light.

In: a photo and how large its face is. Out: a degraded copy. The presence calibration (`fits/presence.py`) and the base
(`base/features.py`) see faces as they are and as such copies.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FACE_PX = (22, 70)  # face heights of copies in pixels: from the smallest that the detector finds to a close shot
QUALITY = (35, 85)  # of JPEG
GAIN, OFFSET = (0.6, 1.15), 20.0  # of the light; the offset in grey levels, up and down
GREY = 0.15  # share of copies without colour
# Of copies as the hardest footage shows them: as above, and narrowed as a turned head is, smeared, covered in part.
HARD_PX, HARD_QUALITY, HARD_GAIN = (10, 36), (20, 65), (0.35, 1.15)
NARROW, SMEAR, COVERED, COVER = (0.55, 1.0), 3, 0.3, 0.4  # widths; pixels; share of copies; of the face, at most


def compressed(picture: Image.Image, quality: int) -> Image.Image:
    """A picture as JPEG leaves it."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def dimmed(picture: Image.Image, gain: float) -> Image.Image:
    """A picture in so much of its light; above 1 in more."""
    return picture.point([min(255, int(v * gain)) for v in range(256)] * 3)


def degrade_face(image: NDArray[np.uint8], height: float, rng: np.random.Generator) -> tuple[NDArray[np.uint8], float]:
    """A copy as footage would show it: the face 22 to 70 pixels high, JPEG, other light, sometimes grey.

    Args:
        image: [H, W, 3] uint8 RGB.
        height: of the face in pixels.
        rng: generator.

    Returns:
        The copy and its scale, at most 1.
    """
    scale = min(1.0, float(rng.uniform(*FACE_PX)) / max(height, 1.0))
    size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    small = Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)
    pixels = np.asarray(compressed(small, int(rng.integers(*QUALITY)))).astype(np.float32)
    pixels = pixels * rng.uniform(*GAIN) + rng.uniform(-OFFSET, OFFSET)
    if rng.random() < GREY:
        pixels = np.repeat(pixels.mean(2, keepdims=True), 3, 2)
    return np.clip(pixels, 0, 255).astype(np.uint8), scale


def harm_face(
    image: NDArray[np.uint8], box: NDArray[np.floating], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A copy as the hardest footage would show it: 10 to 36 pixels high, narrowed, smeared, dim, partly covered.

    Args:
        image: [H, W, 3] uint8 RGB.
        box: [4] of the face, in pixels.
        rng: generator.

    Returns:
        The copy and its scales [2] in x and y.
    """
    pixels = _covered(image, box, rng) if rng.random() < COVERED else image
    scale = min(1.0, float(rng.uniform(*HARD_PX)) / max(float(box[3] - box[1]), 1.0))
    size = (max(8, round(image.shape[1] * scale * rng.uniform(*NARROW))), max(8, round(image.shape[0] * scale)))
    small = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR), np.float32)
    along = int(rng.integers(2))
    small = np.mean([np.roll(small, i, axis=along) for i in range(int(rng.integers(1, SMEAR + 1)))], axis=0)
    small = np.clip(small * rng.uniform(*HARD_GAIN) + rng.uniform(-OFFSET, OFFSET), 0, 255).astype(np.uint8)
    shown = np.asarray(compressed(Image.fromarray(small), int(rng.integers(*HARD_QUALITY))))
    return shown, np.array([size[0] / image.shape[1], size[1] / image.shape[0]], np.float32)


def _covered(image: NDArray[np.uint8], box: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A copy with a patch of one colour over some of the face."""
    pixels, (x0, y0, x1, y1) = image.copy(), box
    width, height = rng.uniform(0.1, COVER, 2) * (x1 - x0, y1 - y0)
    left, top = rng.uniform(x0, x1 - width), rng.uniform(y0, y1 - height)
    pixels[max(0, int(top)) : int(top + height), max(0, int(left)) : int(left + width)] = rng.integers(0, 256, 3)
    return pixels

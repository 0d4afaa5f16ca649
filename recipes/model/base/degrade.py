"""What footage makes of a photo of a face: few pixels, compression, other light.

In: a photo and how large its face is. Out: a degraded copy. The base (`base/features.py`) and the recipes see faces
as they are and as such copies.
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


def compressed(picture: Image.Image, quality: int) -> Image.Image:
    """A picture as JPEG leaves it."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


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

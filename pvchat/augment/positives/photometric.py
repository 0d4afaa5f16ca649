"""The subject as filmed, and in other light: what cameras, distance and networks do to frames [T, H, W, 3] uint8 RGB.

One drawn setting for all frames of a sample (a camera doesn't change between two frames), noise anew in each.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, uniform_filter1d

from pvchat.augment.profile import Positive, Profile, draw_stretch
from pvchat.schemas import FloatArray, Pixels

_LEAST_FACE = 44.0  # pixels of face height below which identity is lost
_FACE_SHARE = (0.16, 0.5)  # face height over frame height after a crop


def subclip(profile: Profile, count: int, rng: np.random.Generator) -> Positive:
    """A stretch of the clip in which the subject is seen, at the clip's pace or twice as fast."""
    pace = (1, 1, 2)[int(rng.integers(3))]
    frames = draw_stretch(profile.seen, min(count * pace, max(len(profile), 1)), rng)
    at = np.linspace(0, len(frames) - 1, count).round().astype(int)
    return Positive(profile.images[frames[at]])


@dataclass(frozen=True)
class CameraLook:
    """One camera's look. Neutral values, the defaults, change nothing."""

    gain: float = 1.0
    gamma: float = 1.0
    warmth: float = 1.0  # red over blue
    saturation: float = 1.0  # 0 is grey
    blur: float = 0.0  # standard deviation, pixels
    motion: float = 0.0  # length of a motion blur along x, pixels
    noise: float = 0.0  # standard deviation in grey levels
    quality: int = 100  # of JPEG; 100 leaves out the compression


def photometric_variant(profile: Profile, count: int, rng: np.random.Generator) -> Positive:
    """A crop around the subject or a smaller picture, seen by another camera."""
    frames = draw_stretch(profile.seen, count, rng)
    images = profile.images[frames]
    box = np.nanmedian(profile.boxes[frames], 0)
    if rng.random() < 0.7:
        images = crop(images, box, rng)
    face = float(box[3] - box[1]) * profile.images.shape[1]
    if rng.random() < 0.4 and face > 1.3 * _LEAST_FACE:
        images = downscale(images, float(rng.uniform(_LEAST_FACE / face, 0.9)))
    if rng.random() < 0.3:
        images = images[:, :, ::-1]
    return Positive(apply_camera(images, draw_camera(rng), rng))


def mild_variant(images: Pixels, rng: np.random.Generator) -> Pixels:
    """Slightly another camera, for samples whose recipe changes something else."""
    gain, gamma, warmth = (float(rng.uniform(*span)) for span in ((0.85, 1.15), (0.85, 1.18), (0.94, 1.07)))
    look = CameraLook(gain, gamma, warmth, noise=float(rng.uniform(0, 3)), quality=int(rng.integers(55, 96)))
    return apply_camera(images, look, rng)


def draw_camera(rng: np.random.Generator) -> CameraLook:
    """A camera, from good to poor."""
    blurred = rng.random()
    return CameraLook(
        gain=float(rng.uniform(0.6, 1.35)),
        gamma=float(rng.uniform(0.7, 1.45)),
        warmth=float(rng.uniform(0.86, 1.16)),
        saturation=float(rng.uniform(0.5, 1.3)) if rng.random() < 0.9 else 0.0,
        blur=float(rng.uniform(0.4, 1.3)) if blurred < 0.35 else 0.0,
        motion=float(rng.uniform(2, 5)) if blurred > 0.85 else 0.0,
        noise=float(rng.uniform(0, 9)) if rng.random() < 0.5 else 0.0,
        quality=int(rng.integers(18, 80)) if rng.random() < 0.6 else 100,
    )


def apply_camera(images: Pixels, look: CameraLook, rng: np.random.Generator) -> Pixels:
    """Frames as a camera with this look takes them; a uint8 look-up table does light and colour."""
    ramp = (np.arange(256, dtype=np.float32) / 255) ** np.float32(look.gamma) * np.float32(255 * look.gain)
    warm = np.float32(np.sqrt(look.warmth))
    gains: tuple[Any, ...] = (warm, 1.0, 1 / warm)
    out = np.stack([(ramp * f)[images[..., c]] for c, f in enumerate(gains)], -1).astype(np.float32)
    if look.saturation != 1.0:
        grey = out @ np.array([0.299, 0.587, 0.114], np.float32)
        out = grey[..., None] + (out - grey[..., None]) * np.float32(look.saturation)
    if look.blur > 0:
        out = gaussian_filter(out, (0, look.blur, look.blur, 0), truncate=2.5)
    if look.motion >= 2:
        out = uniform_filter1d(out, round(look.motion), axis=2)
    if look.noise > 0:
        out += rng.standard_normal(out.shape, np.float32) * np.float32(look.noise)
    done = np.clip(out + 0.5, 0, 255).astype(np.uint8)
    return compress(done, look.quality) if look.quality < 100 else done


def crop(images: Pixels, box: FloatArray, rng: np.random.Generator) -> Pixels:
    """A window of the frame that holds the face box [4] (fractions) somewhere; even sides, as videos have them."""
    height, width = images.shape[1:3]
    x0, y0, x1, y1 = np.clip(box, 0, 1) * [width, height, width, height]
    face = max(y1 - y0, 8.0)
    most = _FACE_SHARE[1] + 0.2
    least = min(max(_FACE_SHARE[0], face / height), most)  # a close-up may fill more of the frame than any crop
    tall = max(min(float(height), face / float(rng.uniform(least, most))), 1.25 * face)
    wide = min(float(width), tall * float(rng.uniform(0.8, 1.6)), float(width))
    wide = max(wide, 1.25 * (x1 - x0))
    left = _place(x0, x1, min(wide, width), width, rng)
    top = _place(y0, y1, min(tall, height), height, rng)
    rows, columns = _even(min(tall, height)), _even(min(wide, width))
    return images[:, top : top + rows, left : left + columns]


def downscale(images: Pixels, scale: float) -> Pixels:
    """Fewer pixels, as of somebody farther away."""
    height, width = images.shape[1:3]
    size = _even(max(64.0, width * scale)), _even(max(64.0, height * scale))
    return np.stack([np.asarray(Image.fromarray(i).resize(size, Image.Resampling.BOX)) for i in images])


def compress(images: Pixels, quality: int) -> Pixels:
    """Frames after JPEG compression."""
    out = []
    for image in images:
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(image)).save(file, "JPEG", quality=quality)
        with Image.open(file) as picture:
            out.append(np.asarray(picture.convert("RGB")))
    return np.stack(out)


def _place(low: float, high: float, size: float, whole: float, rng: np.random.Generator) -> int:
    """A random start for a window of `size` that holds low..high and lies inside the frame."""
    first, last = max(0.0, high + 0.05 * (high - low) - size), min(whole - size, max(low - 0.05 * (high - low), 0.0))
    return int(rng.uniform(min(first, last), max(first, last))) if last > first else int(max(0.0, min(first, last)))


def _even(length: float) -> int:
    return max(2, int(length) // 2 * 2)

"""The subject somewhere else: the person mask cuts them out, another picture comes behind.

The coarse mask follows the picture's edges after a guided filter; colours at the rim are taken from inside the mask, so
that no halo of the old background stays; the subject's light moves a little towards the new scene's. Without a folder
of pictures the background is a plain wall, a gradient, or lights out of focus.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, uniform_filter

from pvchat.augment.profile import Positive, Profile, draw_stretch
from pvchat.augment.schemas import PLAIN
from pvchat.perception.experts.body import resize
from pvchat.schemas import FloatArray, Pixels

_PICTURE_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp"))
_MATCH = 0.25  # how far the subject's light moves towards the new scene's
_ZOOM = 1.12  # the background is a little larger than the frame and drifts in it, as behind a hand-held camera


def pictures_in(folders: Sequence[Path]) -> list[Path]:
    """All pictures below some folders, sorted."""
    return sorted(p for folder in folders for p in folder.rglob("*") if p.suffix.lower() in _PICTURE_SUFFIXES)


def on_new_background(
    profile: Profile, count: int, rng: np.random.Generator, pictures: Sequence[Path] = ()
) -> Positive:
    """The subject before one of the pictures, or a made-up background where there is none."""
    assert profile.masks is not None
    frames = draw_stretch(profile.seen, count, rng)
    images = profile.images[frames]
    scene, notes = _draw_background(images.shape[1:3], pictures, rng)
    mattes = np.stack([matte(i, profile.masks[f]) for i, f in zip(images, frames, strict=True)])
    return Positive(replace_background(images, mattes, scene, rng), notes)


def _draw_background(
    size: tuple[int, ...], pictures: Sequence[Path], rng: np.random.Generator
) -> tuple[Pixels, dict[str, str]]:
    """A picture [h, w, 3] larger than frames of `size` (H, W), and what is known of it."""
    height, width = (round(side * _ZOOM) for side in size)
    if pictures:
        try:
            with Image.open(pictures[int(rng.integers(len(pictures)))]) as picture:
                picture.draft("RGB", (1280, 1280))
                return _random_crop(picture.convert("RGB"), (width, height), rng), {}
        except OSError:  # then as if there were none
            pass
    return plain_scene(width, height, rng), {"location": PLAIN}


def matte(image: Pixels, mask: Pixels) -> FloatArray:
    """A person's share of every pixel [H, W], from a coarse mask [h, w]: He et al.'s guided filter (2013) on grey."""
    height, width = image.shape[:2]
    coarse = np.clip(resize(mask.astype(np.float32) / 255, height, width), 0, 1)
    fine = guided(image.astype(np.float32).mean(2) / 255, coarse, max(2, round(0.015 * max(height, width))), 8e-4)
    return np.clip((fine - 0.25) / 0.62, 0, 1)


def guided(guide: FloatArray, values: FloatArray, radius: int, softness: float) -> FloatArray:
    """`values` [H, W] smoothed within windows of `radius` so that they follow the edges of `guide` [H, W]."""

    def mean(x: FloatArray) -> FloatArray:
        return np.asarray(uniform_filter(x, 2 * radius + 1, mode="nearest"), np.float32)

    m_guide, m_values = mean(guide), mean(values)
    slope = (mean(guide * values) - m_guide * m_values) / (mean(guide * guide) - m_guide**2 + softness)
    return mean(slope) * guide + mean(m_values - slope * m_guide)


def replace_background(images: Pixels, mattes: FloatArray, scene: Pixels, rng: np.random.Generator) -> Pixels:
    """Frames [T, H, W, 3] with `scene` [h, w, 3] (larger than H by W) where their mattes [T, H, W] are 0."""
    count, height, width = mattes.shape
    room = np.array([scene.shape[0] - height, scene.shape[1] - width])
    start, end = (rng.uniform(0, 1, 2) * room for _ in range(2))
    drift = np.round(start + (end - start) * np.linspace(0, 0.4, count)[:, None]).astype(int)
    own = float((images[0].mean(2) * mattes[0]).sum() / max(float(mattes[0].sum()), 1.0))
    gain = float(np.clip((max(scene.mean(), 1.0) / max(own, 1.0)) ** _MATCH, 0.75, 1.25))
    out = np.empty_like(images)
    for t, (top, left) in enumerate(drift):
        behind = scene[top : top + height, left : left + width].astype(np.float32)
        person, share = images[t].astype(np.float32), mattes[t][..., None]
        # At the rim the old background shines through: there the colours come from farther inside.
        sure = np.clip((share - 0.9) / 0.1, 0, 1)
        weight = gaussian_filter(sure, (3.0, 3.0, 0))
        inside = gaussian_filter(person * sure, (3.0, 3.0, 0)) / np.maximum(weight, 1e-4)
        rim = np.clip((0.95 - share) / 0.5, 0, 1) * (weight > 0.02)
        person = (person * (1 - rim) + inside * rim) * gain
        out[t] = np.clip(person * share + behind * (1 - share) + 0.5, 0, 255).astype(np.uint8)
    return out


def plain_scene(width: int, height: int, rng: np.random.Generator) -> Pixels:
    """A wall, a gradient or lights out of focus [height, width, 3]."""
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32) / max(height, width)
    base, other = rng.uniform(30, 225, 3), rng.uniform(30, 225, 3)
    if (kind := int(rng.integers(3))) == 0:  # a wall with its light
        base = base.mean() + (base - base.mean()) * 0.5
        light = 1 - 0.45 * np.hypot(xs - rng.uniform(0, 1), ys - rng.uniform(0, 0.5))
        picture = base * light[..., None]
    else:
        angle = rng.uniform(0, np.pi)
        share = np.clip(0.5 + np.cos(angle) * (xs - 0.5) + np.sin(angle) * (ys - 0.3), 0, 1)[..., None]
        picture = base * share + other * (1 - share)
    if kind == 2:
        for _ in range(int(rng.integers(15, 45))):
            x, y, radius = rng.uniform(0, 1), rng.uniform(0, height / max(height, width)), rng.uniform(0.02, 0.09)
            disc = np.clip((radius - np.hypot(xs - x, ys - y)) / 0.012, 0, 1)[..., None]
            picture = picture + disc * (rng.uniform(60, 255, 3) - picture) * rng.uniform(0.2, 0.7)
    grain = rng.normal(0, 2.0, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def _random_crop(picture: Image.Image, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """A part of the picture of the wanted shape, scaled to `size` (width, height)."""
    scale = max(size[0] / picture.width, size[1] / picture.height)
    wide, tall = size[0] / scale, size[1] / scale
    left, top = rng.uniform(0, picture.width - wide + 1e-6), rng.uniform(0, picture.height - tall + 1e-6)
    box = (left, top, min(left + wide, picture.width), min(top + tall, picture.height))
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box=box))

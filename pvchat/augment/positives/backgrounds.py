"""The subject somewhere else: the person mask cuts them out, another picture or the people of other clips come behind.

The coarse mask follows the picture's edges after a guided filter; colours at the rim are taken from inside the mask, so
that no halo of the old background stays; the subject's light moves a little towards the new scene's. Without a folder
of pictures the background is another scene of the subject's own clip, or a plain wall, a gradient, lights out of focus.

Among the people of other clips the subject stands in front, to the left or right, so that the others stay in view.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence, Set
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter, uniform_filter

from pvchat import video
from pvchat.augment.profile import Positive, Profile, draw_stretch
from pvchat.augment.schemas import PLAIN
from pvchat.augment.settings import FPS
from pvchat.config import VideoConfig
from pvchat.errors import VideoReadError
from pvchat.perception.experts.body import resize
from pvchat.schemas import FloatArray

Images = NDArray[np.uint8]
PICTURE_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp"))
_OTHER_SCENE = 0.4  # share of their backgrounds' colours that two frames of two scenes have in common at most
_BINS = 6  # of each colour channel
_MATCH = 0.25  # how far the subject's light moves towards the new scene's
_ZOOM = 1.12  # the background is a little larger than the frame and drifts in it, as behind a hand-held camera
_CROWD_TRIES = 3  # files that may be unreadable
_CROWD_SHIFT = (0.14, 0.26)  # how far the subject moves to the side, in frame widths
_CROWD_SCALE = (0.75, 0.95)  # and how much smaller they become
_CUT_OFF = 0.05  # share of a border that is the subject's when they are cut off there
_CROPPED_ABOVE = 0.15  # of the height that a frame has too much, so much is cut off above: heads are in the upper part
_CROWD_SPLITS = {3: "val", 6: "test"}  # of seven parts of the files; the rest is for training


def files_in(folders: Sequence[Path], endings: Set[str]) -> list[Path]:
    """All files below some folders with these endings, sorted."""
    return sorted(p for folder in folders for p in folder.rglob("*") if p.suffix.lower() in endings)


def on_new_background(
    profile: Profile, count: int, rng: np.random.Generator, pictures: Sequence[Path] = ()
) -> Positive:
    """The subject before one of the pictures, or a made-up background where there is none."""
    assert profile.masks is not None
    frames = draw_stretch(profile.seen, count, rng)
    images = profile.images[frames]
    scene, notes = _draw_background(profile, int(frames[0]), pictures, rng)
    mattes = np.stack([matte(i, profile.masks[f]) for i, f in zip(images, frames, strict=True)])
    return Positive(replace_background(images, mattes, scene, rng), notes)


def in_crowd(profile: Profile, count: int, rng: np.random.Generator, files: Sequence[Path]) -> Positive:
    """The subject in a clip of other people, one of the files; raises ValueError where none tried can be read."""
    assert profile.masks is not None
    frames = draw_stretch(profile.seen, count, rng)
    scene = _draw_crowd(profile, count, files, rng)
    scale = float(rng.uniform(*_CROWD_SCALE))
    aside = float(rng.uniform(*_CROWD_SHIFT))
    left, right = ((profile.masks[frames][:, :, column] > 127).mean() > _CUT_OFF for column in (0, -1))
    if left == right:
        aside *= int(rng.choice([-1, 1]))
    elif left:  # to where the person is cut off
        aside = -aside
    out = []
    for frame, behind in zip(frames, scene, strict=True):
        image = profile.images[frame]
        share = (255 * matte(image, profile.masks[frame])).astype(np.uint8)
        person = _shrink_and_shift(image, scale, aside)
        shown = _shrink_and_shift(share, scale, aside).astype(np.float32) / np.float32(255)
        out.append(replace_background(person[None], shown[None], behind, rng)[0])
    return Positive(np.stack(out))


def _draw_background(
    profile: Profile, frame: int, pictures: Sequence[Path], rng: np.random.Generator
) -> tuple[Images, dict[str, str]]:
    """A picture [h, w, 3] larger than the frames, and what is known of it."""
    height, width = profile.images.shape[1:3]
    size = round(width * _ZOOM), round(height * _ZOOM)
    if pictures:
        try:
            with Image.open(pictures[int(rng.integers(len(pictures)))]) as picture:
                picture.draft("RGB", (1280, 1280))
                return _random_crop(picture.convert("RGB"), size, rng), {}
        except OSError:  # then as if there were none
            pass
    others = other_scenes(profile, frame)
    if len(others) and rng.random() < 0.5:
        behind = others[int(rng.integers(len(others)))]
        return _random_crop(Image.fromarray(without_person(profile, int(behind))), size, rng), {}
    return plain_scene(size[0], size[1], rng), {"location": PLAIN}


def _draw_crowd(profile: Profile, count: int, files: Sequence[Path], rng: np.random.Generator) -> Images:
    """Frames [T, H, W, 3] of one of the files that belong to the profile's split."""
    split = next(iter(profile.spans))
    files = [f for f in files if _CROWD_SPLITS.get(zlib.crc32(f.name.encode()) % 7, "train") == split] or files
    for _ in range(_CROWD_TRIES if files else 0):
        try:
            return _crop_stretch(files[int(rng.integers(len(files)))], count, profile.images.shape[1:3], rng)
        except VideoReadError:
            continue
    raise ValueError("no clip of other people can be read")


def _crop_stretch(path: Path, count: int, size: tuple[int, ...], rng: np.random.Generator) -> Images:
    """A stretch of a clip, its frames filled to `size` (H, W)."""
    config = VideoConfig(sample_fps=FPS, max_frames=count, max_side=2 * max(size))
    long, wanted = video.probe(path, config).duration_s, count / FPS
    start = float(rng.uniform(0, max(long - wanted, 0.0)))
    found = video.load(path, config, span=(start, start + wanted) if long > wanted else None).images
    found = found[np.minimum(np.arange(count), len(found) - 1)]
    scale = max(size[0] / found.shape[1], size[1] / found.shape[2])
    wide, tall = size[1] / scale, size[0] / scale
    left, top = (found.shape[2] - wide) / 2, (found.shape[1] - tall) * _CROPPED_ABOVE
    box = (left, top, left + wide, top + tall)
    scaled = [Image.fromarray(i).resize((size[1], size[0]), Image.Resampling.BILINEAR, box=box) for i in found]
    return np.stack([np.asarray(i) for i in scaled])


def matte(image: Images, mask: NDArray[np.uint8]) -> FloatArray:
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


def replace_background(images: Images, mattes: FloatArray, scene: Images, rng: np.random.Generator) -> Images:
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


def other_scenes(profile: Profile, frame: int) -> NDArray[np.int64]:
    """Frames whose background has other colours than that of `frame`; where only the camera moves, it hasn't."""
    assert profile.masks is not None
    rows, columns = profile.masks.shape[1:]
    ys = np.linspace(0, profile.images.shape[1] - 1, rows).round().astype(int)
    xs = np.linspace(0, profile.images.shape[2] - 1, columns).round().astype(int)
    histograms = []
    for image, mask in zip(profile.images, profile.masks, strict=True):
        free = image[ys][:, xs][mask < 64].astype(int) * _BINS // 256
        counts = np.bincount(free @ [_BINS * _BINS, _BINS, 1], minlength=_BINS**3)
        histograms.append(counts / max(len(free), 1) if len(free) > 0.1 * mask.size else counts * 0 + 1.0)
    common = np.minimum(np.stack(histograms), histograms[frame]).sum(1)
    return np.flatnonzero(common < _OTHER_SCENE)


def without_person(profile: Profile, frame: int) -> Images:
    """A frame whose person is filled with what surrounds them, softly: only good enough to stand behind somebody."""
    assert profile.masks is not None
    image = profile.images[frame].astype(np.float32)
    free = 1 - (maximum_filter(matte(profile.images[frame], profile.masks[frame]), 15) > 0.1).astype(np.float32)
    filled, weight = np.zeros_like(image), np.zeros(image.shape[:2], np.float32)
    for sigma in (4, 16, 64):  # near pixels first, farther ones where there are none
        near = gaussian_filter(free, sigma) + 1e-6
        colour = gaussian_filter(image * free[..., None], (sigma, sigma, 0)) / near[..., None]
        take = np.clip(near * 3, 0, 1) * (1 - weight)
        filled, weight = filled + colour * take[..., None], weight + take
    filled /= np.maximum(weight, 1e-6)[..., None]
    return np.clip(np.where(free[..., None] > 0.5, image, filled), 0, 255).astype(np.uint8)


def plain_scene(width: int, height: int, rng: np.random.Generator) -> Images:
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


def _random_crop(picture: Image.Image, size: tuple[int, int], rng: np.random.Generator) -> Images:
    """A part of the picture of the wanted shape, scaled to `size` (width, height)."""
    scale = max(size[0] / picture.width, size[1] / picture.height)
    wide, tall = size[0] / scale, size[1] / scale
    left, top = rng.uniform(0, picture.width - wide + 1e-6), rng.uniform(0, picture.height - tall + 1e-6)
    box = (left, top, min(left + wide, picture.width), min(top + tall, picture.height))
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box=box))


def _shrink_and_shift(picture: Images, scale: float, aside: float) -> Images:
    """A picture [H, W(, 3)] made smaller about the middle of its lower edge and moved by `aside` widths; else black."""
    height, width = picture.shape[:2]
    size = max(2, round(width * scale)), max(2, round(height * scale))
    small = Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR)
    out = Image.new(small.mode, (width, height))
    out.paste(small, (round((width - size[0]) / 2 + aside * width), height - size[1]))
    return np.asarray(out)

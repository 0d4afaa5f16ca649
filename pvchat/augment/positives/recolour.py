"""Other clothes: what the subject wears below the face gets another colour, folds and shades stay.

Clothes are the person below the chin, less what has the face's or the hair's colour near the head (skin, long hair).
In CIELAB the hue and chroma become the new colour's, the lightness moves to it by its mean and keeps its texture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, label, median_filter

from pvchat.augment.positives.backgrounds import matte
from pvchat.augment.profile import Positive, Profile, draw_stretch
from pvchat.perception import colours
from pvchat.schemas import FloatArray

Images = NDArray[np.uint8]
# CIELAB of cloth in plain colours: L, a, b.
CLOTH: dict[str, tuple[float, float, float]] = {
    "white": (88, 0, 2), "black": (14, 0, 0), "grey": (52, 0, 0), "red": (46, 58, 38), "dark blue": (24, 8, -32),
    "light blue": (72, -8, -24), "green": (50, -42, 34), "dark green": (30, -24, 16), "yellow": (82, 2, 68),
    "orange": (66, 40, 62), "purple": (38, 44, -40), "pink": (72, 38, 2), "beige": (78, 4, 20), "brown": (38, 16, 26),
}  # fmt: skip
_FAR = 22.0  # CIELAB distance from the old colour that a new one must have
_LEAST = 0.02  # share of the frame that clothes must cover
_WHITE = np.array([0.95047, 1.0, 1.08883])  # D65
_TO_RGB = np.linalg.inv(
    np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
)


def recolour_clip(profile: Profile, count: int, rng: np.random.Generator) -> Positive:
    """Clothes in another colour; raises ValueError where there are none in the picture."""
    frames = draw_stretch(profile.meshed, count, rng)
    covers = [clothes_mask(profile, int(f)) for f in frames]
    if np.mean([c.mean() for c in covers]) < _LEAST:
        raise ValueError("no clothes in the picture")
    first = colours.to_lab(profile.images[frames[0]])[covers[0] > 0.5]
    old: FloatArray = np.median(first, 0) if len(first) else np.zeros(3, np.float32)
    names = [n for n, lab in CLOTH.items() if np.linalg.norm(np.array(lab) - old) > _FAR]
    new = np.array(CLOTH[names[int(rng.integers(len(names)))]], np.float32)
    images = [recolour_frame(profile.images[f], c, old, new) for f, c in zip(frames, covers, strict=True)]
    said = colours.name_colours(colours.dominant(images[0][covers[0] > 0.6])) or "other"  # as it really became
    return Positive(np.stack(images), {"appearance": f"wears {said} clothes"})


def clothes_mask(profile: Profile, frame: int) -> FloatArray:
    """How much of each pixel [H, W] is the subject's clothes, 0..1."""
    assert profile.masks is not None
    image, mesh = profile.images[frame], profile.meshes[frame]
    height, width = image.shape[:2]
    person = matte(image, profile.masks[frame])
    face = mesh[:, :2] * [width, height]
    chin, tall, middle = face[152, 1], face[152, 1] - face[10, 1], face[:, 0].mean()
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    below = np.clip((ys - chin - 0.02 * tall) / (0.12 * tall), 0, 1)
    near = np.hypot(xs - middle, (ys - chin) * 0.8) < 1.1 * tall
    hair = _like_hair(image, face, tall) & near & (person > 0.5)
    parts, _ = label(hair)  # only what is joined with hair above the chin: dark clothes below a dark head are none
    hair &= np.isin(parts, np.setdiff1d(np.unique(parts[(ys < chin - 0.3 * tall) & hair]), [0]))
    at = face[[50, 280, 5, 108, 337]].astype(int)
    patch = image[np.clip(at[:, 1], 0, height - 1), np.clip(at[:, 0], 0, width - 1)]
    skin = colours.skin_like(image.reshape(-1, 3), np.median(colours.to_lab(patch), 0), reach=11.0)
    bare = skin.reshape(height, width) | hair
    bare = median_filter(bare.astype(np.uint8), 5).astype(np.float32)
    return np.asarray(gaussian_filter(person * below * (1 - bare), 0.8), np.float32)


def recolour_frame(image: Images, cover: FloatArray, old: FloatArray, new: FloatArray) -> Images:
    """A frame [H, W, 3] whose covered part [H, W] goes from the median colour `old` to `new` (CIELAB [3])."""
    rows, columns = np.nonzero(cover > 0.01)
    if len(rows) == 0:
        return image
    pixels = image[rows, columns]
    lab = colours.to_lab(pixels)
    # darker cloth has less contrast; lighter cloth shows more of it
    contrast = float(np.clip((new[0] + 12) / (old[0] + 12), 0.55, 1.6))
    changed = np.empty_like(lab)
    changed[:, 0] = np.clip(new[0] + (lab[:, 0] - old[0]) * contrast, 2, 98)
    fade = np.clip(changed[:, :1] / max(float(new[0]), 1.0), 0.3, 1.2)  # shades are less colourful
    changed[:, 1:] = new[1:] * fade + 0.25 * (lab[:, 1:] - old[1:])
    out = image.copy()
    share = cover[rows, columns][:, None]
    out[rows, columns] = np.clip(pixels * (1 - share) + to_rgb(changed) * share + 0.5, 0, 255).astype(np.uint8)
    return out


def to_rgb(lab: FloatArray) -> FloatArray:
    """CIELAB [..., 3] to sRGB 0..255 [..., 3], clipped: the inverse of `colours.to_lab`."""
    y = (np.asarray(lab[..., 0], np.float64) + 16) / 116
    f = np.stack((y + lab[..., 1] / 500, y, y - lab[..., 2] / 200), -1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _WHITE
    linear = np.clip(xyz @ _TO_RGB.T, 0, 1)
    return np.asarray(255 * colours.from_linear(linear), "f4")


def _like_hair(image: Images, face: FloatArray, tall: float) -> NDArray[np.bool_]:
    """Pixels of the colour just above the forehead."""
    height, width = image.shape[:2]
    x, y = face[10].astype(int)
    top, bottom = max(0, int(y - 0.28 * tall)), max(1, int(y - 0.08 * tall))
    half = max(1, int(0.2 * tall))
    patch = image[top:bottom, max(0, x - half) : x + half].reshape(-1, 3)
    if len(patch) < 8:
        return np.zeros((height, width), bool)
    hair = np.median(colours.to_lab(patch), 0)
    return np.linalg.norm(colours.to_lab(image) - hair, axis=2) < 13

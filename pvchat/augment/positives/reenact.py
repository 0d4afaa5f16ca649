"""Face-mesh reenactment: the subject turns, nods, smiles, blinks or talks as another stretch of real footage does.

The motion of the subject's own head elsewhere in the clip, scaled to the wanted reach, moves every mesh and the texture
with it; where it moves too little, a smooth curve does. No network generates anything, so identity stays in the pixels;
what turns into view (the far cheek, the mouth's inside) is stretched or painted plainly: turns end at 25 degrees.
Legend: T frames, P points of a head, n frames of the clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from pvchat.augment.positives import head as heads
from pvchat.augment.positives.head import Raster, warp
from pvchat.augment.profile import MEASURES, Positive, Profile, draw_stretch
from pvchat.perception.experts.mesh import CHIN, PARTS
from pvchat.schemas import FloatArray, Pixels

MOST_DEGREES = 25.0
_SWAY = 2.0  # degrees
# What each kind is called, what it moves: channel of `MEASURES`, field of `Motion`; least and most reach, motion that a
# driver must have to be worth scaling.
_MOVES: dict[str, tuple[str, str, str, float, float, float]] = {
    "turn": ("turning the head", "yaw", "yaw", 12.0, MOST_DEGREES, 4.0),
    "nod": ("nodding", "pitch", "pitch", 8.0, 18.0, 3.0),
    "smile": ("smiling", "smile", "smile", 0.05, 0.085, 0.02),
    "blink": ("blinking", "eyes_open", "blink", 0.75, 1.0, 0.08),
    "talk": ("talking", "mouth_open", "mouth", 0.05, 0.10, 0.02),
}
KINDS = tuple(_MOVES)
_PIVOT = np.array([0.0, 0.12, 0.33], np.float32)  # where a head turns, in face heights
_UPPER_LIP, _LOWER_LIP, _MOUTH_CORNERS = (PARTS[name] for name in ("upper lip", "lower lip", "corners inside"))
_INSIDE, _TEETH = np.array([58, 26, 26], np.float32), np.array([205, 196, 186], np.float32)


@dataclass(frozen=True)
class Motion:
    """What is added to the subject's own motion, T frames: degrees; smile and mouth in face heights; blink 0..1."""

    yaw: FloatArray
    pitch: FloatArray
    roll: FloatArray
    mouth: FloatArray
    blink: FloatArray
    smile: FloatArray


def reenact_clip(profile: Profile, count: int, rng: np.random.Generator, kind: str) -> Positive:
    """The subject making one kind of motion, one of `KINDS`."""
    frames = draw_stretch(profile.meshed, count, rng)
    length = max(count, 12)  # a still is a moment of a motion
    added = plan_motion(kind, length, profile.motion, rng)
    deed, _, moved, *_ = _MOVES[kind]
    strength = np.abs(getattr(added, moved))
    moment = np.arange(count) if count > 1 else np.array([int(np.argmax(strength))])
    pairs = zip(frames, moment, strict=True)
    images = [reenact_frame(profile.images[frame], profile.meshes[frame], added, int(at)) for frame, at in pairs]
    return Positive(np.stack(images), {"action": deed} if count > 1 else {})


def plan_motion(kind: str, count: int, driver: FloatArray, rng: np.random.Generator) -> Motion:
    """The motion of one sample of T frames, out of a measured one [n, 6] (NaN rows are left out)."""
    _, channel, moved, least, most, worth = _MOVES[kind]
    reach = float(rng.uniform(least, most))
    curve = _measured_curve(driver[np.isfinite(driver).all(1), MEASURES.index(channel)], count, worth, kind, rng)
    if curve is None:
        curve = _synthetic_curve(kind, count, rng)
    parts = dict.fromkeys(("mouth", "blink", "smile"), np.zeros(count, np.float32))
    for name in ("yaw", "pitch", "roll"):  # heads are never quite still: a slow drift that begins at 0
        drift = np.cumsum(rng.normal(0, 0.35, count))
        parts[name] = np.asarray(np.clip(drift - drift[0], -_SWAY, _SWAY), np.float32)
    return Motion(**{**parts, moved: curve * np.float32(reach)})


def reenact_frame(image: Pixels, mesh: FloatArray, motion: Motion, at: int) -> Pixels:
    """One frame [H, W, 3] with its face moved as `motion` says at its frame `at`."""
    height, width = image.shape[:2]
    head = heads.build_head(mesh, width, height)
    moved = apply_expression(head.local, motion.mouth[at], motion.blink[at], motion.smile[at])
    across, down = head.axes[0], head.axes[1]
    yaw = _limited_turn(float(motion.yaw[at]), float(np.degrees(np.arctan2(across[2], np.hypot(*across[:2])))))
    pitch = _limited_turn(float(motion.pitch[at]), float(np.degrees(np.arctan2(-down[2], np.hypot(*down[:2])))))
    turned = (moved - _PIVOT) @ heads.rotation(yaw, pitch, float(motion.roll[at])) + _PIVOT
    local = np.asarray(moved + head.follows[:, None] * (turned - moved), np.float32)
    target = head.to_pixels(local)
    out, seen = warp(image, head.pixels[:, :2], target[:, :2], target[:, 2], head.triangles)
    _fill_mouth(out, seen, head.local, moved, heads.face_brightness(image, head))
    return out


def apply_expression(local: FloatArray, mouth: float, blink: float, smile: float) -> FloatArray:
    """Points [P, 3] (face heights) after opening the mouth, closing the eyes and smiling."""
    out = local.copy()
    if blink > 0:
        for side in ("right", "left"):
            above, below = PARTS[f"{side} eye above"], PARTS[f"{side} eye below"]
            drop = (local[below] - local[above])[:, :2] * np.float32(0.94 * blink)
            out[above, :2] += drop
            out[PARTS[f"{side} lid"], :2] += 0.45 * drop
    if mouth > 0:
        out[:, 1] += np.float32(mouth) * _jaw(local)
    if smile != 0:
        for corner, way in zip(PARTS["corners outside"], (-1.0, 1.0), strict=True):
            near = np.exp(-((local[:, :2] - local[corner, :2]) ** 2).sum(1) / (2 * 0.13**2)).astype(np.float32)
            near *= np.abs(local[:, 1] - local[corner, 1]) < 0.4
            out[:, 0] += np.float32(smile * 0.8 * way) * near
            out[:, 1] -= np.float32(smile * 0.75) * near
    return out


def _jaw(local: FloatArray) -> FloatArray:
    """[P] how far each point drops with the jaw: lower lip and chin wholly, cheeks and neck less, upper lip barely."""
    middle = (local[13] + local[14]) / 2
    down = np.clip((local[:, 1] - middle[1]) / 0.05, 0, 1)
    beside = np.exp(-((local[:, 0] - middle[0]) ** 2) / (2 * 0.26**2))
    beyond = np.clip(1 - (local[:, 1] - local[CHIN, 1]) / 0.45, 0, 1)
    amount = down * beside * beyond
    arc = np.cos(np.linspace(-1.15, 1.15, len(_LOWER_LIP)))  # as which the inner lip opens
    amount[_LOWER_LIP], amount[_UPPER_LIP], amount[_MOUTH_CORNERS] = arc, -0.12 * arc, 0.15
    return amount.astype(np.float32)


def _fill_mouth(out: Pixels, seen: Raster, before: FloatArray, after: FloatArray, light: float) -> None:
    """Paint what opens between the lips of a mesh [P, 3]: dark, with teeth; an open mouth keeps its own texture."""
    opened = float(after[14, 1] - after[13, 1]) - float(before[14, 1] - before[13, 1])
    strength = np.clip((opened - 0.008) / 0.02, 0, 1) * np.clip(1 - (before[14, 1] - before[13, 1]) / 0.05, 0, 1)
    if strength <= 0:
        return
    lips = np.zeros(len(before), bool)
    lips[[*_UPPER_LIP, *_LOWER_LIP, *_MOUTH_CORNERS]] = True
    inside = np.asarray(lips[seen.triangles].all(1))[seen.triangle]
    depth = np.full((len(before), 1), 0.5, np.float32)
    depth[_UPPER_LIP], depth[_LOWER_LIP] = 0.0, 1.0
    down = seen.interpolate(depth)[inside]
    teeth = np.clip((0.42 - down) / 0.15, 0, 1) * np.clip((down - 0.02) / 0.08, 0, 1) * np.clip(opened / 0.06, 0, 1)
    colour = (_INSIDE + (_TEETH - _INSIDE) * 0.8 * teeth) * light
    edge = np.clip(np.minimum(down, 1 - down) / 0.08, 0, 1) * strength
    rows, columns = seen.rows[inside], seen.columns[inside]
    under = out[rows, columns].astype(np.float32)
    out[rows, columns] = np.clip(under * (1 - edge) + colour * edge, 0, 255).astype(np.uint8)


def _limited_turn(added: float, own: float) -> float:
    """No turn by more than `MOST_DEGREES`, and none that ends farther from the camera than that or where it began."""
    most = max(MOST_DEGREES, abs(own))
    return float(np.clip(np.clip(own + added, -most, most) - own, -MOST_DEGREES, MOST_DEGREES))


def _measured_curve(
    values: FloatArray, count: int, least: float, kind: str, rng: np.random.Generator
) -> FloatArray | None:
    """A measured curve [count] of reach 1 out of values [n], or None where they move less than `least`."""
    if len(values) < 4:
        return None
    curve = values - np.median(values)
    curve = -curve if kind == "blink" else curve  # a closing eye
    curve = gaussian_filter1d(curve, 0.5 if kind == "blink" else 1.0)  # the mesh trembles, heads don't
    low, high = np.percentile(curve, (2, 98))
    if high - low < least:
        return None
    curve = np.concatenate((curve, curve[::-1])) if len(curve) < count else curve
    strongest = int(np.abs(curve).argmax())
    start = int(np.clip(strongest - rng.integers(1, count), 0, max(len(curve) - count, 0)))
    curve = np.resize(curve[start : start + count], count)
    curve = curve / max(float(np.abs(curve).max()), 1e-6)
    if kind in ("turn", "nod"):
        return np.asarray(curve * rng.choice([-1.0, 1.0]), np.float32)
    return np.clip(curve if curve.max() >= -curve.min() else -curve, 0, 1).astype(np.float32)


def _synthetic_curve(kind: str, count: int, rng: np.random.Generator) -> FloatArray:
    """A made-up curve [count] of reach 1: a turn there and back, two nods, a blink of a third of a second, talk."""
    at = np.linspace(0, 1, count, dtype=np.float32)
    start = float(rng.uniform(0, 0.3))
    if kind == "turn":
        return np.asarray(rng.choice([-1.0, 1.0]) * np.sin(np.pi * np.clip((at - start / 2) / 0.85, 0, 1)), np.float32)
    if kind == "nod":
        return np.asarray(np.sin(2 * np.pi * (2 * at + start)), np.float32)
    if kind == "smile":
        return np.asarray(np.clip((at - start) / 0.25, 0, 1), np.float32)
    if kind == "blink":
        middle = float(rng.uniform(0.3, 0.7))
        return np.asarray(np.clip(1 - (np.abs(at - middle) - 0.06) / 0.08, 0, 1), np.float32)
    noise = np.float32(rng.uniform(0, 1, count))
    return np.asarray(np.abs(np.sin(np.pi * (at * count / 3.3 + start))) * (0.6 + 0.4 * noise), np.float32)

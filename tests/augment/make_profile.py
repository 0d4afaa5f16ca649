"""A made-up subject: a painted face that a real mesh fits, on a painted background, in frames without any weights.

`face.json` is the mean of five meshes of the demo's footage in the head's own coordinates, lips closed, in thousandths.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from make_analysis import identity_of
from PIL import Image, ImageDraw

from pvchat.augment.positives import head as heads
from pvchat.augment.profile import MEASURES, Profile, segments
from pvchat.people.person import Person

WIDTH, HEIGHT = 240, 200
FACE = np.float32(json.loads(Path(__file__).with_name("face.json").read_text())) / 1000
TALL = 80.0  # pixels of the painted face
SHIRT, WALL, SKIN = (40, 60, 160), (120, 150, 110), (205, 165, 140)


def mesh_at(x: float = 120.0, y: float = 75.0, yaw: float = 0.0) -> np.ndarray:
    """The mesh [468, 3] (fractions) of a face around a pixel, turned by `yaw` degrees."""
    points = FACE @ heads.rotation(yaw, 0.0, 0.0) * TALL + [x, y, 0]
    return np.float32(points / [WIDTH, HEIGHT, WIDTH])


def paint(mesh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A frame [H, W, 3] with that face, and the person's mask [H, W] uint8."""
    picture, mask = Image.new("RGB", (WIDTH, HEIGHT), WALL), Image.new("L", (WIDTH, HEIGHT))
    at = mesh[:, :2] * [WIDTH, HEIGHT]
    oval = [tuple(p) for p in at[list(heads.OVAL)]]
    chin, x = float(at[152, 1]), float(at[152, 0])
    for draw, shirt, skin in ((ImageDraw.Draw(picture), SHIRT, SKIN), (ImageDraw.Draw(mask), 255, 255)):
        draw.rectangle((x - 18, chin - 20, x + 18, chin + 20), fill=skin)
        draw.polygon([(x - 70, HEIGHT), (x - 55, chin + 12), (x + 55, chin + 12), (x + 70, HEIGHT)], fill=shirt)
        draw.polygon(oval, fill=skin)
    draw = ImageDraw.Draw(picture)
    for corners in ((33, 133), (362, 263)):
        (x0, y0), (x1, _) = at[corners[0]], at[corners[1]]
        draw.ellipse((x0, y0 - 4, x1, y0 + 4), fill=(240, 240, 240))
        draw.ellipse(((x0 + x1) / 2 - 3, y0 - 3, (x0 + x1) / 2 + 3, y0 + 3), fill=(30, 20, 20))
    draw.line([tuple(at[61]), tuple(at[13]), tuple(at[291])], fill=(150, 60, 60), width=3)
    draw.line([tuple(at[6]), tuple(at[4])], fill=(170, 120, 100), width=3)
    noise = np.random.default_rng(int(mesh.sum() * 1e4) % 1000).integers(-6, 7, (HEIGHT, WIDTH, 3))
    return np.clip(np.asarray(picture).astype(int) + noise, 0, 255).astype(np.uint8), np.asarray(mask)


def make_profile(count: int = 24, *, kind: str = "face", masks: bool = True, clips: int = 3) -> Profile:
    """A subject who drifts to the right and turns a little, over `count` frames."""
    turns = 6 * np.sin(np.linspace(0, 6, count))
    meshes = np.stack([mesh_at(110 + i * 0.5, 75, float(turns[i])) for i in range(count)])
    painted = [paint(m) for m in meshes]
    low, high = meshes[:, :, :2].min(1), meshes[:, :, :2].max(1)
    motion = np.zeros((count, len(MEASURES)), np.float32)
    motion[:, 0], motion[:, 4] = turns, 0.3
    person = Person(
        "Ana", kind=kind, arrays={
            "prototypes": np.stack([identity_of(1, 0.1, seed=i) for i in range(4)]),
            "body": np.zeros((2, 1280), np.float16), "frame": np.zeros(1280, np.float16),
        },
    )  # fmt: skip
    if kind == "figure":
        meshes, motion = np.full_like(meshes, np.nan), np.full_like(motion, np.nan)
    return Profile(
        "Ana", "a" * 64, person, np.stack([p for p, _ in painted]), np.arange(count, dtype=np.float32) / 8,
        np.concatenate((low, high), 1).astype(np.float32), meshes.astype(np.float32), motion,
        np.stack([m for _, m in painted]) if masks else None, segments(count) if clips > 1 else {"train": (0, count)},
    )  # fmt: skip

"""People of a composed scene: whose head, where, how large, where they walk, what they wear.

In: heads (face crops with detected points), what the camera shows. Out: `Actor`s, the farthest first.

Place and scale follow a camera at eye height: the heads of standing people lie on the horizon whatever their distance,
and a head 1/7.5 of the body says where the feet are (or that the frame cuts the body off).

Legend: T frames; coordinates in pixels of the scene ("world").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import FloatArray

CLIP_FRAMES = 4
COLOURS = {
    "red": (190, 35, 40), "blue": (40, 70, 180), "green": (40, 130, 60), "yellow": (225, 200, 50),
    "black": (25, 25, 28), "white": (235, 235, 232), "grey": (128, 128, 130), "orange": (225, 120, 35),
    "purple": (110, 50, 140), "pink": (230, 140, 170), "brown": (110, 70, 40),
}  # fmt: skip
GARMENTS = ("shirt", "sweater", "t-shirt", "jacket")

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class ActorHead:
    """A face crop.

    Attributes:
        image: [H, W, 3] uint8.
        box: [4] the face in pixels; points: [5, 2] eyes, nose, mouth corners.
        identity: whose.
        file: which crop: an episode must not enroll on it.
    """

    image: NDArray[np.uint8]
    box: FloatArray
    points: FloatArray
    identity: str
    file: str


@dataclass
class Actor:
    """A person in the world.

    Attributes:
        head: whose.
        height: of the head.
        path: [T, 2] of the head's centre.
        colour, garment: of what is worn above; legs: colour of what is worn below.
        covered: "a face mask", "a cap" or ""; cover: its colour.
        walks: walks themselves (not the camera).
    """

    head: ActorHead
    height: float
    path: FloatArray
    colour: str
    garment: str
    legs: Colour
    covered: str
    cover: Colour
    walks: bool


def place_actors(
    heads: Sequence[ActorHead], windows: FloatArray, rng: np.random.Generator, walk: bool | None
) -> list[Actor]:
    """People at separate places inside what the camera shows in the middle of the clip, the farthest first.

    Args:
        heads: of the people.
        windows: [T, 4] of the world that the camera shows.
        rng: generator.
        walk: must they walk? None draws for each.
    """
    x0, y0, x1, y1 = (float(v) for v in windows[[1, 2]].mean(0))
    width, height = x1 - x0, y1 - y0
    horizon = y0 + height * float(rng.uniform(0.28, 0.45))
    slots = x0 + width * (rng.permutation(len(heads)) + 0.5) / max(1, len(heads))
    largest = min(0.42, 0.75 / max(1, len(heads)))
    sizes = height * np.exp(rng.uniform(np.log(0.13), np.log(largest), len(heads)))
    found = []
    for head, slot, size in zip(heads, slots, sizes, strict=True):
        walks = (rng.random() < 0.3) if walk is None else walk
        spread = 0.35 / max(1, len(heads)) * width
        start = np.array([slot + rng.uniform(-spread, spread), horizon + rng.normal(0, 0.03) * size])
        found.append(Actor(head, float(size), _path(start, walks, x0, width, float(size), rng), *_looks(rng), walks))
    return sorted(found, key=lambda f: f.height)


def hides(near: Actor, far: Actor) -> NDArray[np.bool_]:
    """[T] bool: the nearer person's head or body comes within half a head of the farther one's face."""
    across, down = np.abs(near.path - far.path)[:, 0], (far.path - near.path)[:, 1]
    reach = 0.4 * far.height
    by_head = (across < 0.45 * near.height + reach) & (np.abs(down) < 0.6 * near.height + reach)
    by_body = (across < 1.2 * near.height + reach) & (down + reach > 0.6 * near.height)
    return by_head | by_body


def _path(
    start: FloatArray, walks: bool, left: float, width: float, size: float, rng: np.random.Generator
) -> FloatArray:
    """Head centres [T, 2]: constant, or a walk across a third to two thirds of the view with a bob."""
    path = np.tile(start, (CLIP_FRAMES, 1)).astype(np.float32)
    if walks:
        ends = left + width * np.sort(rng.choice([0.12, 0.3, 0.7, 0.88], 2, replace=False))
        ends = ends if ends[1] - ends[0] > 0.3 * width else left + width * np.array([0.15, 0.85])
        first, last = ends if rng.random() < 0.5 else ends[::-1]
        path[:, 0] = np.linspace(first, last, CLIP_FRAMES)
        path[:, 1] += 0.05 * size * np.tile([0.0, 1.0], CLIP_FRAMES)[:CLIP_FRAMES]
    return path


def _looks(rng: np.random.Generator) -> tuple[str, str, Colour, str, Colour]:
    """Colour and garment of the top, colour of the legs, what covers the head and in which colour."""
    names = list(COLOURS)
    cover = ("", "", "", "a face mask", "a cap")[rng.integers(5)]
    cloth = ((235, 240, 245), (150, 200, 225), (30, 30, 30))[rng.integers(3)]
    colour = cloth if cover == "a face mask" else COLOURS[names[rng.integers(len(names))]]
    legs = ((30, 35, 60), (35, 35, 35), (120, 105, 80), (70, 80, 110))[rng.integers(4)]
    return names[rng.integers(len(names))], GARMENTS[rng.integers(len(GARMENTS))], legs, cover, colour

"""Identities composited into captioned scenes, with everything known: who, where, what worn, which movement.

In: heads (face crops with detected points) and background pictures. Out: a `Composite`, frames and truth.

People are placed by `actors.py` and drawn by `painting.py`. Motion is made from stills: people walk through the scene,
the camera pans or zooms over it. What a truth says is measured on the boxes that came out, not on what was planned.

Legend: T frames, coordinates in pixels of the scene ("world") or of the frame, fractions in `SceneTruth`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.schemas import FloatArray
from recipes.model.base.episodes import position_word
from recipes.scenes.actors import CLIP_FRAMES, Actor, ActorHead, hides, place_actors
from recipes.scenes.painting import FRAME, picture

MARGIN = 1.5  # the scene is so many times larger than the frame when the camera moves
MOVES = 0.15  # of the frame's width, from which a change of place counts as movement
CAMERA = ("still", "pans to the right", "pans to the left", "zooms in", "zooms out")


@dataclass
class SceneTruth:
    """One person of a composite.

    Attributes:
        identity, file: of the head.
        frames: [n] in which the face is visible.
        boxes: [n, 4] face boxes, fractions; points: [n, 5, 2].
        worn: "a red shirt".
        covered: "a face mask", "a cap" or "".
    """

    identity: str
    file: str
    frames: NDArray[np.int64]
    boxes: FloatArray
    points: FloatArray
    worn: str
    covered: str = ""

    @property
    def position(self) -> str:
        """Where the person is on average: "on the left", "in the middle", "on the right"."""
        return position_word(float((self.boxes[:, 0] + self.boxes[:, 2]).mean() / 2))

    @property
    def movement(self) -> str:
        """Across the frame "from left to right" or back, "" when it stays; a pan moves people too."""
        centre = (self.boxes[:, 0] + self.boxes[:, 2]) / 2
        moved = float(centre[-1] - centre[0])
        if abs(moved) < MOVES:
            return ""
        return "from left to right" if moved > 0 else "from right to left"


@dataclass
class Composite:
    """frames [T, H, W, 3] uint8; camera: what it does; people in pasting order; walks: does each of them walk?"""

    frames: NDArray[np.uint8]
    camera: str
    people: list[SceneTruth]
    walks: list[bool] = field(default_factory=list)


def compose(
    background: NDArray[np.uint8],
    heads: Sequence[ActorHead],
    rng: np.random.Generator,
    *,
    camera: str | None = None,
    walk: bool | None = None,
) -> Composite:
    """One composite.

    Args:
        background: [H, W, 3], stretched to the scene.
        heads: who shall be in it, at most about 4; someone whom no frame shows is left out of the truth.
        rng: generator.
        camera: one of the camera's moves; None draws one (still in half of the cases).
        walk: must people walk? None draws for each.

    Returns:
        One frame when nothing moves, else CLIP_FRAMES.
    """  # fmt: skip
    chosen = camera or ("still" if rng.random() < 0.5 else str(rng.choice(CAMERA[1:])))
    world = FRAME if chosen == "still" else (round(FRAME[0] * MARGIN), round(FRAME[1] * MARGIN))
    windows = camera_path(chosen, world)
    actors = place_actors(heads, windows, rng, walk)
    moving = chosen != "still" or any(f.walks for f in actors)
    count = CLIP_FRAMES if moving else 1
    still = Image.fromarray(background).resize(world, Image.Resampling.BICUBIC)
    frames = [picture(still, actors, t, windows[t]) for t in range(count)]
    truths = [truth_of(f, windows[:count], actors[i + 1 :]) for i, f in enumerate(actors)]
    seen = [i for i, truth in enumerate(truths) if len(truth.frames)]
    return Composite(np.stack(frames), chosen, [truths[i] for i in seen], [actors[i].walks for i in seen])


def camera_path(camera: str, world: tuple[int, int]) -> FloatArray:
    """Windows [T, 4] x0, y0, x1, y1 of the world that the camera shows, in frame proportions."""
    width, height = world
    share = np.linspace(0, 1, CLIP_FRAMES)
    if camera == "still":
        return np.tile(np.array([0, 0, width, height], np.float32), (CLIP_FRAMES, 1))
    if camera.startswith("pans"):
        left = (width - FRAME[0]) * (share if camera.endswith("right") else 1 - share)
        top = np.full(CLIP_FRAMES, (height - FRAME[1]) / 2)
        return np.stack([left, top, left + FRAME[0], top + FRAME[1]], 1).astype(np.float32)
    size = 1 - (1 - 1 / MARGIN) * (share if camera.endswith("in") else 1 - share)
    half = np.stack([width * size, height * size], 1) / 2
    middle = np.array([width, height]) / 2
    return np.concatenate([middle - half, middle + half], 1).astype(np.float32)


def truth_of(actor: Actor, windows: FloatArray, nearer: Sequence[Actor]) -> SceneTruth:
    """Boxes and points as fractions, where the face's centre is well inside the frame and nobody stands before it."""
    box, points = actor.head.box, actor.head.points
    scale = actor.height / (1.3 * float(box[3] - box[1]))
    centre = np.array([box[[0, 2]].mean(), box[[1, 3]].mean()])
    at = actor.path[: len(windows), None] + ((np.concatenate([box.reshape(2, 2), points]) - centre) * scale)[None]
    low, span = windows[:, None, :2], windows[:, None, 2:] - windows[:, None, :2]
    inside = (at - low) / span  # [T, 7, 2]
    middle = inside[:, :2].mean(1)
    hidden = np.any([hides(other, actor)[: len(windows)] for other in nearer], axis=0) if nearer else False
    seen = np.flatnonzero(((middle > 0.03) & (middle < 0.97)).all(1) & ~np.asarray(hidden))
    boxes = np.clip(inside[seen, :2].reshape(-1, 4), 0, 1).astype(np.float32)
    worn = f"{'an' if actor.colour[0] in 'aeiou' else 'a'} {actor.colour} {actor.garment}"
    found = inside[seen, 2:].astype(np.float32)
    return SceneTruth(actor.head.identity, actor.head.file, seen, boxes, found, worn, actor.covered)

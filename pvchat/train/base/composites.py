"""Identities composited into captioned scenes, with everything known: who, where, what worn, which movement.

In: heads (face crops with detected points) and background pictures. Out: a `Composite`, frames and truth.

Place and scale follow a camera at eye height: the heads of standing people lie on the horizon whatever their distance,
and a head 1/7.5 of the body says where the feet are (or that the frame cuts the body off). Bodies are drawn in plain
clothes of a known colour; masks and caps are drawn on. Motion is made from stills: people walk through the scene, the
camera pans or zooms over it. What a truth says is measured on the boxes that came out, not on what was planned.

Legend: T frames, coordinates in pixels of the scene ("world") or of the frame, fractions in `Truth`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from pvchat.schemas import FloatArray

FRAME = (320, 240)  # width, height of a frame
MARGIN = 1.5  # the scene is so many times larger than the frame when the camera moves
HEADS_A_BODY = 7.5  # heights of the head in a standing adult (artists' canon)
CLIP_FRAMES = 4
MOVES = 0.15  # of the frame's width, from which a change of place counts as movement
LEFT, RIGHT = 0.38, 0.62  # of the frame's width
COLOURS = {
    "red": (190, 35, 40), "blue": (40, 70, 180), "green": (40, 130, 60), "yellow": (225, 200, 50),
    "black": (25, 25, 28), "white": (235, 235, 232), "grey": (128, 128, 130), "orange": (225, 120, 35),
    "purple": (110, 50, 140), "pink": (230, 140, 170), "brown": (110, 70, 40),
}  # fmt: skip
GARMENTS = ("shirt", "sweater", "t-shirt", "jacket")
_CAMERA = ("still", "pans to the right", "pans to the left", "zooms in", "zooms out")


@dataclass(frozen=True)
class Head:
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
class Truth:
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
    people: list[Truth]
    walks: list[bool] = field(default_factory=list)


@dataclass
class _Figure:
    """A person in the world: head height, path of the head's centre [T, 2], looks."""

    head: Head
    height: float
    path: FloatArray
    colour: str
    garment: str
    legs: tuple[int, int, int]
    covered: str
    cover: tuple[int, int, int]
    walks: bool


def position_word(x: float) -> str:
    """A place across the frame (0..1) in words."""
    return "on the left" if x < LEFT else "on the right" if x > RIGHT else "in the middle"


def compose(
    background: NDArray[np.uint8],
    heads: Sequence[Head],
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
    chosen = camera or ("still" if rng.random() < 0.5 else str(rng.choice(_CAMERA[1:])))
    world = FRAME if chosen == "still" else (round(FRAME[0] * MARGIN), round(FRAME[1] * MARGIN))
    windows = camera_path(chosen, world)
    figures = _figures(heads, windows, rng, walk)
    moving = chosen != "still" or any(f.walks for f in figures)
    count = CLIP_FRAMES if moving else 1
    still = Image.fromarray(background).resize(world, Image.Resampling.BICUBIC)
    frames = [_frame(still, figures, t, windows[t]) for t in range(count)]
    truths = [_truth(f, windows[:count], figures[i + 1 :]) for i, f in enumerate(figures)]
    seen = [i for i, truth in enumerate(truths) if len(truth.frames)]
    return Composite(np.stack(frames), chosen, [truths[i] for i in seen], [figures[i].walks for i in seen])


def camera_path(camera: str, world: tuple[int, int]) -> FloatArray:
    """Windows [T, 4] x0, y0, x1, y1 of the world that the camera shows, in frame proportions."""
    width, height = world
    share = np.linspace(0, 1, CLIP_FRAMES)
    if camera == "still":
        return np.tile(np.float32([0, 0, width, height]), (CLIP_FRAMES, 1))
    if camera.startswith("pans"):
        left = (width - FRAME[0]) * (share if camera.endswith("right") else 1 - share)
        top = np.full(CLIP_FRAMES, (height - FRAME[1]) / 2)
        return np.stack([left, top, left + FRAME[0], top + FRAME[1]], 1).astype(np.float32)
    size = 1 - (1 - 1 / MARGIN) * (share if camera.endswith("in") else 1 - share)
    half = np.stack([width * size, height * size], 1) / 2
    middle = np.array([width, height]) / 2
    return np.concatenate([middle - half, middle + half], 1).astype(np.float32)


def _figures(heads: Sequence[Head], windows: FloatArray, rng: np.random.Generator, walk: bool | None) -> list[_Figure]:
    """People at separate places inside what the camera shows in the middle of the clip, the farthest first."""
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
        found.append(_Figure(head, float(size), _path(start, walks, x0, width, float(size), rng), *_looks(rng), walks))
    return sorted(found, key=lambda f: f.height)


def _path(
    start: FloatArray, walks: bool, left: float, width: float, size: float, rng: np.random.Generator
) -> FloatArray:
    """Head centres [T, 2]: constant, or a walk across a third to two thirds of the view with a bob."""
    path = np.tile(start, (CLIP_FRAMES, 1)).astype(np.float32)
    if walks:
        ends = left + width * np.sort(rng.choice([0.12, 0.3, 0.7, 0.88], 2, replace=False))
        ends = ends if ends[1] - ends[0] > 0.3 * width else left + width * np.array([0.15, 0.85])
        path[:, 0] = np.linspace(*(ends if rng.random() < 0.5 else ends[::-1]), CLIP_FRAMES)
        path[:, 1] += 0.05 * size * np.tile([0.0, 1.0], CLIP_FRAMES)[:CLIP_FRAMES]
    return path


def _looks(rng: np.random.Generator) -> tuple[str, str, tuple[int, int, int], str, tuple[int, int, int]]:
    """Colour and garment of the top, colour of the legs, what covers the head and in which colour."""
    names = list(COLOURS)
    cover = ("", "", "", "a face mask", "a cap")[rng.integers(5)]
    cloth = ((235, 240, 245), (150, 200, 225), (30, 30, 30))[rng.integers(3)]
    colour = cloth if cover == "a face mask" else COLOURS[names[rng.integers(len(names))]]
    legs = ((30, 35, 60), (35, 35, 35), (120, 105, 80), (70, 80, 110))[rng.integers(4)]
    return names[rng.integers(len(names))], GARMENTS[rng.integers(len(GARMENTS))], legs, cover, colour


def _frame(still: Image.Image, figures: Sequence[_Figure], t: int, window: FloatArray) -> NDArray[np.uint8]:
    """The world at time t as the camera sees it."""
    world = still.copy()
    for figure in figures:
        _paste(world, figure, figure.path[t])
    shown = world.resize(FRAME, Image.Resampling.BICUBIC, box=tuple(float(v) for v in window))
    return np.asarray(shown)


def _paste(world: Image.Image, figure: _Figure, at: FloatArray) -> None:
    """Body, then head, then what covers it."""
    x, y, h = float(at[0]), float(at[1]), figure.height
    draw = ImageDraw.Draw(world)
    chin, feet = y + 0.5 * h, y + (HEADS_A_BODY - 0.5) * h
    hips = chin + 2.6 * h
    top = COLOURS[figure.colour]
    shade = tuple(int(0.8 * v) for v in top)
    for side in (-1, 1):
        draw.polygon([(x, hips), (x + side * 0.75 * h, hips), (x + side * 0.7 * h, feet), (x + side * 0.2 * h, feet)],
                     fill=figure.legs)  # fmt: skip
        draw.line(
            [(x + side * 0.95 * h, chin + 0.5 * h), (x + side * 1.15 * h, hips)], fill=shade, width=round(0.4 * h)
        )
    draw.rounded_rectangle([x - 1.0 * h, chin + 0.15 * h, x + 1.0 * h, hips + 0.3 * h], radius=0.45 * h, fill=top)
    face = np.asarray(figure.head.image)
    skin = tuple(int(v) for v in np.median(_middle(face, figure.head.box).reshape(-1, 3), 0))
    draw.rectangle([x - 0.22 * h, y + 0.3 * h, x + 0.22 * h, chin + 0.3 * h], fill=skin)
    covered = cover(figure.head, figure.covered, figure.cover)
    scale = h / (1.3 * float(figure.head.box[3] - figure.head.box[1]))  # a face box spans about 1/1.3 of the head
    size = [max(8, round(n * scale)) for n in covered.shape[1::-1]]
    crop = Image.fromarray(covered).resize(size, Image.Resampling.BICUBIC)
    centre = np.array([figure.head.box[[0, 2]].mean(), figure.head.box[[1, 3]].mean()]) * scale
    corner = (round(x - float(centre[0])), round(y - float(centre[1])))
    world.paste(crop, corner, _head_mask(figure, size, centre, h))


def _head_mask(figure: _Figure, size: list[int], centre: FloatArray, h: float) -> Image.Image:
    """A soft ellipse around hair and face, a little higher than the face box."""
    mask = Image.new("L", (size[0], size[1]), 0)
    x, y = float(centre[0]), float(centre[1]) - 0.08 * h
    ImageDraw.Draw(mask).ellipse([x - 0.45 * h, y - 0.6 * h, x + 0.45 * h, y + 0.6 * h], fill=255)
    return mask.filter(ImageFilter.GaussianBlur(0.03 * h))


def cover(head: Head, what: str, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The head's picture with a mask or a cap drawn on by its five points.

    Args:
        head: the crop.
        what: "a face mask", "a cap" or "".
        colour: of it.
    """
    if not what:
        return head.image
    picture = Image.fromarray(head.image)
    draw = ImageDraw.Draw(picture)
    x0, y0, x1, y1 = (float(v) for v in head.box)
    eyes, nose = head.points[:2].mean(0), head.points[2]
    if what == "a face mask":
        outline = [(x0, eyes[1] * 0.5 + nose[1] * 0.5), (nose[0], nose[1] - 0.08 * (y1 - y0)),
                   (x1, eyes[1] * 0.5 + nose[1] * 0.5), (x1 - 0.05 * (x1 - x0), y1 - 0.12 * (y1 - y0)),
                   (head.points[3:, 0].mean(), y1 + 0.03 * (y1 - y0)),
                   (x0 + 0.05 * (x1 - x0), y1 - 0.12 * (y1 - y0))]  # fmt: skip
        draw.polygon([(float(a), float(b)) for a, b in outline], fill=colour)
    else:
        brow = float(eyes[1]) - 0.18 * (y1 - y0)
        wide = 0.08 * (x1 - x0)
        draw.pieslice(
            [x0 - wide, y0 - 0.35 * (y1 - y0), x1 + wide, 2 * brow - y0 + 0.35 * (y1 - y0)], 180, 360, fill=colour
        )
        draw.rectangle([x0 - 2.5 * wide, brow - 0.05 * (y1 - y0), x1 + 2.5 * wide, brow], fill=colour)
    return np.asarray(picture)


def _truth(figure: _Figure, windows: FloatArray, nearer: Sequence[_Figure]) -> Truth:
    """Boxes and points as fractions, where the face's centre is well inside the frame and nobody stands before it."""
    box, points = figure.head.box, figure.head.points
    scale = figure.height / (1.3 * float(box[3] - box[1]))
    centre = np.array([box[[0, 2]].mean(), box[[1, 3]].mean()])
    at = figure.path[: len(windows), None] + ((np.concatenate([box.reshape(2, 2), points]) - centre) * scale)[None]
    low, span = windows[:, None, :2], windows[:, None, 2:] - windows[:, None, :2]
    inside = (at - low) / span  # [T, 7, 2]
    middle = inside[:, :2].mean(1)
    hidden = np.any([_hides(other, figure)[: len(windows)] for other in nearer], axis=0) if nearer else False
    seen = np.flatnonzero(((middle > 0.03) & (middle < 0.97)).all(1) & ~np.asarray(hidden))
    boxes = np.clip(inside[seen, :2].reshape(-1, 4), 0, 1).astype(np.float32)
    worn = f"{'an' if figure.colour[0] in 'aeiou' else 'a'} {figure.colour} {figure.garment}"
    found = inside[seen, 2:].astype(np.float32)
    return Truth(figure.head.identity, figure.head.file, seen, boxes, found, worn, figure.covered)


def _hides(near: _Figure, far: _Figure) -> NDArray[np.bool_]:
    """[T] bool: the nearer person's head or body comes within half a head of the farther one's face."""
    across, down = np.abs(near.path - far.path)[:, 0], (far.path - near.path)[:, 1]
    reach = 0.4 * far.height
    by_head = (across < 0.45 * near.height + reach) & (np.abs(down) < 0.6 * near.height + reach)
    by_body = (across < 1.2 * near.height + reach) & (down + reach > 0.6 * near.height)
    return by_head | by_body


def _middle(face: NDArray[np.uint8], box: FloatArray) -> NDArray[np.uint8]:
    """The middle of the face: skin."""
    x0, y0, x1, y1 = (float(v) for v in box)
    rows = slice(max(0, round(y0 + 0.5 * (y1 - y0))), max(1, round(y0 + 0.7 * (y1 - y0))))
    return face[rows, max(0, round(x0 + 0.3 * (x1 - x0))) : max(1, round(x0 + 0.7 * (x1 - x0)))]

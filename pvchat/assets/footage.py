"""The demo's clips: real footage out of pinned packages, cut or panned into short mp4 files.

Nothing is drawn or generated: a photo becomes a clip by a slow move of the crop over it, and its `what` says so. Files
are written once: the same clips keep their content keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.assets import weights
from pvchat.storage import atomic
from pvchat.video import save_clip

Images = Iterator[NDArray[np.uint8]]
Crop = tuple[float, float, float]  # centre x, centre y, width: fractions of the photo's width, height, width

STILL_FPS, STILL_SECONDS = 12, 3.0
HEIGHT = 360  # pixels, of clips made from photos


@dataclass(frozen=True)
class Shot:
    """One clip: frames of `file` between two times, or a move from one crop of a photo to another."""

    name: str  # the clip's file name without `.mp4`
    what: str  # it shows, for people
    shows: tuple[str, ...]  # names, as the demo enrolls them, of those who are truly in it
    role: str = ""  # the row of `packages.toml`
    file: str = ""  # the file of that row
    span: tuple[float, float] = (0.0, 0.0)  # start and end in seconds (videos)
    move: tuple[Crop, Crop] | None = None  # first and last crop (photos)
    aspect: float = 1.0  # width by height of the clip (photos)
    beside: str = ""  # two other shots side by side, as long as the shorter


CAR, PORTRAITS, ASTRONAUT = "footage-car", "footage-portraits", "footage-astronaut"
SHOTS: tuple[Shot, ...] = (
    Shot("car-1", "a man talks in a car, first half", ("Carl",), CAR, "carphone_pristine.mp4", span=(0.0, 2.0)),
    Shot("car-2", "the same man, second half", ("Carl",), CAR, "carphone_pristine.mp4", span=(2.0, 4.1)),
    Shot(
        "portrait", "Barack Obama, portrait (slow zoom on a photo)", ("Obama",), PORTRAITS, "obama.jpg",
        move=((0.5, 0.5, 1.0), (0.5, 0.36, 0.62)), aspect=0.8,
    ),
    Shot(
        "speech", "Barack Obama speaks, another photo (slow zoom)", ("Obama",), PORTRAITS, "obama2.jpg",
        move=((0.5, 0.42, 1.0), (0.5, 0.34, 0.75)), aspect=0.8,
    ),
    Shot(
        "blue-room", "Barack Obama stands, a third photo (slow zoom)", ("Obama",), PORTRAITS, "obama3.jpg",
        move=((0.5, 0.5, 1.0), (0.52, 0.35, 0.8)), aspect=0.75,
    ),
    Shot(
        "other-man", "Joe Biden, in the same room (slow zoom on a photo)", (), PORTRAITS, "biden.jpg",
        move=((0.5, 0.3, 1.0), (0.5, 0.26, 0.8)), aspect=0.8,
    ),
    Shot(
        "astronaut", "Eileen Collins, astronaut (slow zoom on a photo)", (), ASTRONAUT, "astronaut.png",
        move=((0.5, 0.5, 1.0), (0.46, 0.4, 0.75)), aspect=1.0,
    ),
    Shot("both", "split screen: the man in the car, and Obama's speech", ("Carl", "Obama"), beside="car-2 speech"),
)  # fmt: skip


def build(folder: Path) -> dict[str, Path]:
    """Make the clips that aren't there yet in a folder; their paths by name. Raises WeightsError without footage."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {shot.name: folder / f"{shot.name}.mp4" for shot in SHOTS}
    for shot in SHOTS:
        if not paths[shot.name].exists():
            with atomic.drafted(paths[shot.name]) as draft:
                save_clip(draft, _images(shot), _fps(shot))
    return paths


def shot(name: str) -> Shot:
    """The shot of that name."""
    return next(s for s in SHOTS if s.name == name)


def move_over(photo: Any, move: tuple[Crop, Crop], aspect: float, count: int) -> Images:
    """So many frames [HEIGHT, round(HEIGHT·aspect), 3] uint8 RGB of a slow move over a photo (a PIL image).

    `move`: the first and the last crop, each shifted to lie inside the photo.
    """
    first, last = np.array(move[0]), np.array(move[1])
    for t in np.linspace(0.0, 1.0, count):
        x, y, width = first + (last - first) * (t * t * (3 - 2 * t))  # smoothstep: starts and ends at rest
        wide = min(width * photo.width, photo.width, photo.height * aspect)
        tall = wide / aspect
        left = min(max(x * photo.width - wide / 2, 0.0), photo.width - wide)
        top = min(max(y * photo.height - tall / 2, 0.0), photo.height - tall)
        box = (left, top, left + wide, top + tall)
        size = (round(HEIGHT * aspect), HEIGHT)
        yield np.asarray(photo.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0))


def _images(shot_: Shot) -> Images:
    if shot_.beside:
        yield from _side_by_side(*(shot(name) for name in shot_.beside.split()))
        return
    path = weights.member_path(shot_.role, shot_.file)
    if shot_.move:
        with Image.open(path) as photo:
            yield from move_over(photo.convert("RGB"), shot_.move, shot_.aspect, round(STILL_FPS * STILL_SECONDS))
        return
    import av

    start, end = shot_.span
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and start <= frame.time < end:
                yield frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def _side_by_side(left: Shot, right: Shot) -> Images:
    """Both shots at one height; the slower one's frames are repeated, and both end with the shorter."""
    fps = _fps(left)
    still = list(_images(right))
    for number, image in enumerate(_images(left)):
        index = int(number / fps * _fps(right))
        if index >= len(still):
            return
        other = still[index]
        wide = round(image.shape[1] * other.shape[0] / image.shape[0])
        scaled = Image.fromarray(image).resize((wide, other.shape[0]), Image.Resampling.BICUBIC)
        yield np.concatenate([np.asarray(scaled), other], axis=1)


def _fps(shot_: Shot) -> float:
    if shot_.beside:
        return _fps(shot(shot_.beside.split()[0]))
    return STILL_FPS if shot_.move else 30000 / 1001  # carphone runs at NTSC's rate

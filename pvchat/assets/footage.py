"""The demo's clips: real footage out of pinned packages, cut or panned into short mp4 files; footage.toml lists them.

Nothing is drawn or generated: a photo becomes a clip by a slow move of the crop over it. Files are written once: the
same clips keep their content keys.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
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
Crop = Sequence[float]  # centre x, centre y, width: fractions of the photo's width, height, width

STILL_FPS, STILL_SECONDS = 12, 3.0
HEIGHT = 360  # pixels, of clips made from photos


@dataclass(frozen=True)
class Shot:
    """One clip: frames of `file` between two times, or a move from one crop of a photo to another."""

    name: str  # the clip's file name without `.mp4`
    shows: Sequence[str]  # names, as the demo enrolls them, of those who are truly in it
    role: str = ""  # the row of `packages.toml`
    file: str = ""  # the file of that row
    span: Sequence[float] = (0.0, 0.0)  # start and end in seconds (videos)
    move: Sequence[Crop] = ()  # first and last crop (photos)
    aspect: float = 1.0  # width by height of the clip (photos)
    beside: str = ""  # two other shots side by side, as long as the shorter


_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SHOTS = {row["name"]: Shot(**row) for row in _TABLES["shots"]}
ENROLLED: dict[str, str] = _TABLES["enrolled"]  # name: the clip that the demo enrolls her from
ASKED: tuple[tuple[str, str], ...] = tuple(map(tuple, _TABLES["asked"]))  # clip, question
EVALUATED: tuple[str, ...] = tuple(_TABLES["evaluated"])  # clips of the demo set
WEARS: dict[str, str] = _TABLES["wears"]  # name: a true sentence


def build(folder: Path) -> dict[str, Path]:
    """Make the clips that aren't there yet in a folder; their paths by name. Raises WeightsError without footage."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.mp4" for name in SHOTS}
    for name, path in paths.items():
        if not path.exists():
            with atomic.drafted(path) as draft:
                save_clip(draft, _images(SHOTS[name]), _fps(SHOTS[name]))
    return paths


def move_over(photo: Any, move: Sequence[Crop], aspect: float, count: int) -> Images:
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


def _images(shot: Shot) -> Images:
    if shot.beside:
        yield from _side_by_side(*(SHOTS[name] for name in shot.beside.split()))
        return
    path = weights.member_path(shot.role, shot.file)
    if shot.move:
        with Image.open(path) as photo:
            yield from move_over(photo.convert("RGB"), shot.move, shot.aspect, round(STILL_FPS * STILL_SECONDS))
        return
    import av

    start, end = shot.span
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


def _fps(shot: Shot) -> float:
    if shot.beside:
        return _fps(SHOTS[shot.beside.split()[0]])
    return STILL_FPS if shot.move else 30000 / 1001  # carphone runs at NTSC's rate

"""A made-up camera: a wall, and people who are patches of one colour each; what the experts would say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from make_analysis import make_analysis, make_track
from make_studio import ANA, BEN
from numpy.typing import NDArray

from pvchat.library.live.parts import LivePart
from pvchat.schemas import ClipAnalysis
from pvchat.video import Clip

CARL = 3  # nobody enrolled
SIZE, FPS, STEP = (160, 120), 10, 1 / 3
COLOURS = {ANA: (200, 40, 40), BEN: (40, 40, 200), CARL: (40, 200, 40)}
Scene = Sequence[tuple[float, tuple[int, ...]]]  # for how many seconds who is there


def pictures(scene: Scene) -> Iterator[NDArray[np.uint8]]:
    """The pictures of a scene, `FPS` a second; whoever is there moves a little."""
    at = 0
    for seconds, people in scene:
        for _ in range(round(seconds * FPS)):
            image = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
            for place, person in enumerate(people):
                left = 20 + 60 * place + 2 * (at % 5)
                image[30:90, left : left + 40] = COLOURS[person]
            at += 1
            yield image


def write(path: Path, scene: Scene, container: str = "mpegts") -> Path:
    """A recording of a scene, with a key picture each second."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream("libx264", FPS, options={"g": str(FPS), "bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, image in enumerate(pictures(scene)):
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def look(part: LivePart) -> ClipAnalysis:
    """What experts would say: whose colours are seen, in the samples that show them."""
    tracks = []
    for place, (person, colour) in enumerate(COLOURS.items()):
        near = np.abs(part.clip.images.astype(int) - colour).max(3) < 50
        frames = np.flatnonzero(near.mean((1, 2)) > 0.02).tolist()
        if frames:
            tracks.append(make_track(person, frames, box=(0.1 + 0.3 * place, 0.2, 0.3 + 0.3 * place, 0.6)))
    return analysed(part.clip, *tracks)


def analysed(clip: Clip, *tracks: object) -> ClipAnalysis:
    """An analysis of a part's clip."""
    made = make_analysis(*tracks, frames=len(clip.times), step=STEP)  # type: ignore[arg-type]
    return replace(made, times=clip.times, duration_s=clip.duration_s, shots=np.float32([[0, clip.duration_s]]))


def part(second: int, *people: int, still: bool = False, broken: bool = False) -> LivePart:
    """The part of one second (since 1970) with these people in it."""
    images = list(pictures([(1.0, people)]))[:: FPS // 3][:3]
    times = np.float32([(k + 0.5) * STEP for k in range(3)])
    shown = np.zeros((0, SIZE[1], SIZE[0], 3), np.uint8) if still else np.stack(images)
    return LivePart(float(second), Clip("", 1.0, *SIZE, times, shown), 0.0, still, broken)

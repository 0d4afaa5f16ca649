"""A long video of forty seconds, who is on in it, and experts that know.

In: a path. Out: a file of coloured scenes with a clock in its pixels; what perfect experts say of a part of it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from make_analysis import HEIGHT, WIDTH, identity_of, make_track
from make_clips import encode
from numpy.typing import NDArray

from pvchat import video
from pvchat.config import VideoConfig
from pvchat.schemas import ClipAnalysis, Garment, PersonFacts, Progress, SceneFacts
from pvchat.storage.clips import ClipCache
from pvchat.video.shots import shots

if TYPE_CHECKING:
    from pvchat.service.clipmemory import ClipMemory

CONFIG = VideoConfig(scan_from_s=2.0)
FPS = 10
CUTS = (7.0, 21.3, 22.0, 30.5)
CAST = ((2.0, 5.0, 1), (9.0, 14.9, 2), (15.0, 24.0, 3), (30.0, 38.0, 1))  # start, end, person


def film(seconds: float = 40.0, cuts: tuple[float, ...] = CUTS) -> Iterator[NDArray[np.uint8]]:
    """Scenes of coloured patches; a bar on the left edge is as high as the seconds that have passed."""
    scenes = np.random.default_rng(3).integers(0, 256, (len(cuts) + 1, 6, 10, 3))
    for index in range(round(seconds * FPS)):
        scene = sum(index >= round(cut * FPS) for cut in cuts)
        image = np.kron(scenes[scene], np.ones((16, 16, 1))).astype(np.uint8)
        image[:, :16] = 255 * (np.arange(96)[:, None, None] < index / FPS * 2)
        yield image


def write_film(path: Path) -> Path:
    """A video in which somebody of `CAST` comes or goes at every cut."""
    return encode(path, film(40.0, (2.0, 5.0, 15.0, 24.0, 30.0, 38.0)), fps=FPS, options={"g": "25"})


def part_of(clip: video.Clip, who: tuple[tuple[float, float, int], ...] = CAST) -> ClipAnalysis:
    """What perfect experts would say about a part: whoever is on at its samples."""
    tracks = []
    for start, end, person in who:
        frames = np.flatnonzero((clip.times >= start) & (clip.times < end))
        if len(frames):
            track = make_track(person, frames.tolist(), where=f"person {person} from {start:g}")
            track.identity = np.stack([identity_of(person, 0.1, seed=int(100 * clip.times[f])) for f in frames])
            tracks.append(track)
    grid = np.stack([np.full((49, 1280), t, np.float16) for t in clip.times[:4]])
    edges = shots(clip.cuts, clip.duration_s, clip.start_s)
    scene = SceneFacts(place="an office" if clip.start_s < 30 else "a shop", setting="indoors")
    return ClipAnalysis("k", clip.duration_s, WIDTH, HEIGHT, clip.times, grid, tracks, scene, edges)


class Experts:
    """Perfect ones, that note which parts they saw and of whom they measured what."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from pvchat.perception import closer, scan

        self.seen: list[float] = []
        self.measured: list[str] = []
        monkeypatch.setattr(scan, "recognise", self.recognise)
        monkeypatch.setattr(closer, "recognise", self.recognise)
        monkeypatch.setattr(closer, "measure", self.measure)
        monkeypatch.setattr(scan, "with_things", lambda clip, part, *_: part)
        monkeypatch.setattr(scan, "tell_place", lambda part: part)

    def recognise(self, clip: video.Clip, _: Any, progress: Any, depth: Any) -> ClipAnalysis:
        self.seen.append(clip.start_s)
        return replace(part_of(clip), stage="who")

    def measure(
        self, clip: video.Clip, seen: ClipAnalysis, _: Any, progress: Any, depth: Any, only: tuple[int, ...]
    ) -> ClipAnalysis:
        for number in only:
            facts = seen.tracks[number].facts
            self.measured.append(str(facts.where))
            coat = Garment("coat", "red", 0.9)
            seen.tracks[number].facts = PersonFacts(where=facts.where, clothes=[coat])
        return seen


def memory_in(folder: Path, progress: Progress = lambda what, done, total: None) -> ClipMemory:
    from pvchat.service.clipmemory import ClipMemory

    networks: Any = SimpleNamespace(lock=threading.RLock(), experts=None, forget=lambda: None)
    return ClipMemory(networks, ClipCache(folder), CONFIG, progress)


def person(analysis: ClipAnalysis, number: int) -> Any:
    return next(t for t in analysis.tracks if str(t.facts.where).startswith(f"person {number} "))

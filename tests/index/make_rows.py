"""Index entries made up without any analysis: light enough for hundreds of people and for spawned processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.index.entries import NO_TRACK, ClipEntry, Kind, TrackEntry, Views
from pvchat.index.store import VideoIndex

EXPERTS = "test 1"
VIEWS = 8


def face(person: int, views: int = VIEWS, seed: int = 0) -> np.ndarray:
    """Views [V, 128] of a made-up person: strangers are about 0.85 apart, views of one person about 0.2."""
    middle = np.random.default_rng(person).standard_normal(128)
    spread = np.random.default_rng((person, seed)).standard_normal((views, 128))
    spread /= np.linalg.norm(spread, axis=1, keepdims=True)
    return np.float32(0.6 * middle / np.linalg.norm(middle) + 0.15 * spread)


def made_clip(number: int, *people: int) -> tuple[ClipEntry, dict[Kind, Views]]:
    """Clip `number` of these people, as `VideoIndex.add` takes it."""
    tracks = [TrackEntry(i, "face", [(0.0, 2.0)], 0.8, None, False, (0.4, 0.2, 0.6, 0.5)) for i in range(len(people))]
    entry = ClipEntry(f"{number:064x}", 2.0, False, 1.0, {f"/clips/{number}.mp4": (1, 1)}, tracks)
    scene = np.random.default_rng((number, 1)).random((1, 1280), np.float32)
    faces = {track: face(person) for track, person in enumerate(people)}
    return entry, {"faces": faces, "figures": {}, "clips": {NO_TRACK: scene / np.linalg.norm(scene)}}


def add_some(root: str, first: int) -> None:
    """What a second process does."""
    index = VideoIndex(Path(root))
    for number in range(first, first + 3):
        index.add([made_clip(number, number)], EXPERTS)

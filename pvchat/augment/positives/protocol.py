"""Generators of positives: functions from a `Profile` of one segment to new frames that still show the subject.

What is made is checked by `gates.py` afterwards: a generator may fail, but it must say what it covered or changed.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pvchat.augment.profile import Profile
from pvchat.augment.schemas import Stage


@dataclass
class Positive:
    """New frames that show the subject, and what was changed in them."""

    images: NDArray[np.uint8]  # [T, H, W, 3] RGB; T is 1 for a still
    notes: dict[str, str] = field(default_factory=dict)  # by question type, as in `Sample.notes`
    covers: frozenset[str] = frozenset()  # parts of the face that are hidden: "mouth", "eyes"


@dataclass(frozen=True)
class Generator:
    """One way to make positives."""

    name: str  # the recipe that its samples carry
    make: Callable[[Profile, int, np.random.Generator], Positive]  # so many frames; the same for the same seed
    needs: Set[str]  # what `Profile.has` must hold
    share: float  # of the planned samples, relative to the other generators'
    stages: tuple[Stage, ...] = ("video", "image")  # what it can make


def draw_stretch(usable: NDArray[np.bool_], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices [count] of a random stretch of usable frames [T]; one that is too short is played to and fro.

    Raises ValueError where no frame is usable.
    """
    runs = np.flatnonzero(np.diff(usable.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    if len(runs) == 0:
        raise ValueError("no frame shows the subject")
    starts = np.concatenate([np.arange(start, end - count + 1) for start, end in runs])
    if len(starts):
        return starts[rng.integers(len(starts))] + np.arange(count)
    start, end = max(runs.tolist(), key=lambda run: run[1] - run[0])
    return ping_pong(start, end, count)


def ping_pong(start: int, end: int, count: int) -> NDArray[np.int64]:
    """Indices [count] from `start` up to `end`, back, and so on."""
    return np.resize(np.concatenate((np.arange(start, end), np.arange(end - 2, start, -1))), count).astype(np.int64)

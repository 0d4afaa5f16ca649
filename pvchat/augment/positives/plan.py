"""Which positives are made: planned before anything is made, so that an interrupted run goes on where it stopped.

In: a profile, generators, settings. Out: `PlannedSample`s, and the `Sample` that each becomes. The same clip, settings
and seed give the same ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pvchat.augment.positives.protocol import Generator, Made
from pvchat.augment.profile import Profile
from pvchat.augment.schemas import Sample, Split, Stage
from pvchat.augment.settings import AugmentConfig


@dataclass(frozen=True)
class PlannedSample:
    """One planned sample."""

    id: str
    recipe: str
    stage: Stage
    split: Split
    seed: int


def plan(profile: Profile, makers: Sequence[Generator], config: AugmentConfig, seed: int) -> list[PlannedSample]:
    """Which samples to make: shares of the generators that can, spread over the segments."""
    able = [m for m in makers if m.needs <= profile.has]
    planned = []
    for stage, count in (("video", config.clips), ("image", config.stills)):
        usable = [m for m in able if stage in m.stages]
        planned += spread_splits(profile, [(m.name, stage) for m in _allot(usable, count)], seed)
    return planned


def spread_splits(profile: Profile, wanted: Sequence[tuple[str, str]], seed: int) -> list[PlannedSample]:
    """Planned samples for (recipe, stage) pairs: every seventh is for validation, every other seventh for test."""
    planned = []
    for number, (recipe, stage) in enumerate(wanted):
        split = {3: "val", 6: "test"}.get(number % 7, "train") if len(profile.spans) > 2 else "train"
        name = f"{profile.key}:{recipe}:{stage}:{split}:{number}:{seed}"
        digest = hashlib.sha256(name.encode()).hexdigest()
        planned.append(PlannedSample(digest[:16], recipe, stage, split, int(digest[16:24], 16)))  # type: ignore[arg-type]
    return planned


def to_sample(planned: PlannedSample, made: Made, profile: Profile) -> Sample:
    """The sample that a planned one became."""
    ending = "png" if planned.stage == "image" else "mp4"
    return Sample(
        id=planned.id,
        role="positive",
        recipe=planned.recipe,
        stage=planned.stage,
        media=f"media/{planned.id}.{ending}",
        source=profile.source(planned.split),
        split=planned.split,
        people={profile.name: True},
        seed=planned.seed,
        notes=made.notes,
    )


def _allot(makers: Sequence[Generator], count: int) -> list[Generator]:
    """`count` makers in proportion to their shares (largest remainders), interleaved."""
    if not makers or not count:
        return []
    exact = np.array([m.share for m in makers]) / sum(m.share for m in makers) * count
    whole = np.floor(exact).astype(int)
    for index in np.argsort(-(exact - whole), kind="stable")[: count - whole.sum()]:
        whole[index] += 1
    places = [((k + 0.5) / n, i) for i, n in enumerate(whole) for k in range(n)]
    return [makers[i] for _, i in sorted(places)]

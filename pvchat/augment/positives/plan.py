"""Which positives are made and by whom.

In: a profile, settings. Out: generators; `PlannedSample`s, planned before anything is made, so that an interrupted run
goes on where it stopped; `Made` frames, and the `Sample` that each becomes. The same clip, settings and seed give the
same ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pvchat.augment.positives import photometric
from pvchat.augment.positives.backgrounds import Backgrounds, Crowd
from pvchat.augment.positives.photometric import Photometric, SubClips
from pvchat.augment.positives.protocol import Generator, Made
from pvchat.augment.positives.recolour import Recolour
from pvchat.augment.positives.reenact import KINDS, Reenact
from pvchat.augment.positives.wear import WORN, Wear
from pvchat.augment.profile import Profile
from pvchat.augment.schemas import Sample, Split, Stage
from pvchat.augment.settings import HUB, AugmentConfig
from pvchat.schemas import FloatArray

_MILD = 0.5  # share of the samples of other recipes that get mild photometric changes on top


@dataclass(frozen=True)
class PlannedSample:
    """One planned sample."""

    id: str
    recipe: str
    stage: Stage
    split: Split
    seed: int


def plan_positives(
    profile: Profile, makers: Sequence[Generator], config: AugmentConfig, seed: int
) -> list[PlannedSample]:
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


def generators(config: AugmentConfig, drivers: Sequence[FloatArray] = ()) -> list[Generator]:
    """All generators that the settings ask for.

    Args:
        config: names them.
        drivers: head motions [n, 6] of other clips (`reenact.measure_drivers`).
    """
    found: list[Generator] = []
    if "offline" in config.generators:
        found += [SubClips(), Photometric(), Backgrounds(config.backgrounds), Recolour()]
        found += [Reenact(kind, drivers) for kind in KINDS]
        found += [Wear(kind) for kind in WORN]
        found += [Crowd(config.others, config.fps)] if config.others else []
    if "consisid" in config.generators:
        from pvchat.augment.positives.hub import ConsisID

        found.append(ConsisID.from_pretrained(config.model))
    if "identity-adapter" in config.generators:
        from pvchat.augment.positives.hub import IdentityAdapter

        found.append(IdentityAdapter.from_pretrained(config.model))
    return found


def require_generators(config: AugmentConfig) -> None:
    """Raise SettingsError where a generator that the settings ask for could not run here at all."""
    if set(config.generators) & set(HUB):
        from pvchat.augment.positives.hub import require

        require()


def make_planned(planned: PlannedSample, profile: Profile, makers: Sequence[Generator], config: AugmentConfig) -> Made:
    """Carry out one planned sample.

    Raises:
        ValueError: the segment doesn't hold what the generator needs; the sample is dropped and counted.
    """
    maker = next(m for m in makers if m.name == planned.recipe)
    part = profile.part(planned.split)
    if not maker.needs - {"motion"} <= part.has:
        raise ValueError(f"the segment lacks {', '.join(sorted(maker.needs - part.has))}")
    rng = np.random.default_rng(planned.seed)
    count = 1 if planned.stage == "image" else max(2, round(config.seconds * config.fps))
    made = maker.make(part, count, rng)
    if maker.name not in ("subclip", "photometric") and rng.random() < _MILD:
        made.images = photometric.mild(made.images, rng)
    return made


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

"""Which positives are made and by whom; and emptied scenes, the last resort where no clip of other people is at hand.

In: a profile, settings. Out: generators; `PlannedSample`s, planned before anything is made, so that an interrupted run
goes on where it stopped; `Made` frames, and the `Sample` that each becomes. The same clip, settings and seed give the
same ids.

An emptied scene is a negative: the subject filled with what surrounds them, under a camera that drifts. It keeps yes
and no in balance, it doesn't teach to tell people apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pvchat.augment.positives import photometric
from pvchat.augment.positives.backgrounds import Backgrounds, Crowd, without_person
from pvchat.augment.positives.photometric import Photometric, SubClips
from pvchat.augment.positives.protocol import Generator, Made
from pvchat.augment.positives.recolour import Recolour
from pvchat.augment.positives.reenact import KINDS, Reenact
from pvchat.augment.positives.wear import WORN, Wear
from pvchat.augment.profile import Profile
from pvchat.augment.schemas import EMPTY, Sample, Split, Stage
from pvchat.augment.settings import HUB, AugmentConfig
from pvchat.schemas import FloatArray

_MILD = 0.5  # share of the samples of other recipes that get mild photometric changes on top
_EVERY_STILL = 4  # every fourth is a still
_EMPTY_ZOOM = (0.7, 0.95)  # share of the frame that is shown


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


def plan_empty_scenes(profile: Profile, count: int, seed: int) -> list[PlannedSample]:
    """So many planned samples, spread over the segments; none without a mask, since nobody could be taken out."""
    if profile.masks is None:
        return []
    stages = ["image" if k % _EVERY_STILL == _EVERY_STILL - 1 else "video" for k in range(count)]
    return spread_splits(profile, [(EMPTY, stage) for stage in stages], seed)


def empty_scene(planned: PlannedSample, profile: Profile, count: int) -> Made:
    """The emptied scene of one frame, looked at by a drifting camera of its own."""
    rng = np.random.default_rng(planned.seed)
    part = profile.part(planned.split)
    scene = without_person(part, int(rng.integers(len(part))))
    height, width = scene.shape[:2]
    zoom = float(rng.uniform(*_EMPTY_ZOOM))
    rows, columns = int(height * zoom) // 2 * 2, int(width * zoom) // 2 * 2
    room = np.array([height - rows, width - columns])
    start, end = (rng.uniform(0, 1, 2) * room for _ in range(2))
    ways = np.round(start + (end - start) * np.linspace(0, 0.5, count)[:, None]).astype(int)
    images = np.stack([scene[y : y + rows, x : x + columns] for y, x in ways])
    if rng.random() < 0.5:
        images = np.ascontiguousarray(images[:, :, ::-1])
    return Made(photometric.develop(images, photometric.draw_look(rng), rng))


def negative_of(planned: PlannedSample, made: Made, profile: Profile) -> Sample:
    """The negative that a planned one became."""
    sample = to_sample(planned, made, profile)
    sample.role, sample.people = "negative", {profile.name: False}
    return sample


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

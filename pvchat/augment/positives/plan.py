"""Which positives are made and by whom: planned before anything is made, so that an interrupted run goes on.

The same clip, settings and seed give the same ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import partial

import numpy as np

from pvchat.augment.positives import photometric
from pvchat.augment.positives.backgrounds import on_new_background, pictures_in
from pvchat.augment.positives.consisid import ConsisID
from pvchat.augment.positives.reenact import KINDS, reenact_clip
from pvchat.augment.profile import Positive, Profile
from pvchat.augment.schemas import FPS, AugmentConfig, Sample, Split, Stage

_SPLITS: dict[int, Split] = {3: "val", 6: "test"}  # of every seven samples of a stage; the rest is for training
_MILD = 0.5  # share of the samples of other recipes that get mild photometric changes on top


@dataclass(frozen=True)
class Generator:
    """One way to make positives."""

    name: str  # the recipe that its samples carry
    make: Callable[[Profile, int, np.random.Generator], Positive]  # so many frames; the same for the same seed
    needs: Set[str]  # what `Profile.has` must hold
    share: float  # of the planned samples, relative to the other generators'
    stages: tuple[Stage, ...] = ("video", "image")  # what it can make


def plan_positives(profile: Profile, makers: Sequence[Generator], config: AugmentConfig, seed: int) -> list[Sample]:
    """The samples to make, not their media: the shares of generators that can, spread over the segments."""
    samples, splits = list[Sample](), _SPLITS if len(profile.spans) > 2 else {}
    stages: tuple[tuple[Stage, int, str], ...] = (("video", config.clips, "mp4"), ("image", config.stills, "png"))
    for stage, count, ending in stages:
        usable = [m for m in makers if m.needs <= profile.has and stage in m.stages]
        for number, maker in enumerate(_share_out(usable, count)):
            split = splits.get(number % 7, "train")
            made_of = f"{profile.key}:{maker.name}:{stage}:{split}:{number}:{seed}"
            digest = hashlib.sha256(made_of.encode()).hexdigest()
            samples.append(Sample(
                id=digest[:16], role="positive", recipe=maker.name, stage=stage, media=f"media/{digest[:16]}.{ending}",
                source=profile.source(split), split=split, people={profile.name: True}, seed=int(digest[16:24], 16),
            ))  # fmt: skip
    return samples


def generators(config: AugmentConfig) -> list[Generator]:
    """All generators that the settings ask for."""
    found: list[Generator] = []
    if "offline" in config.generators:
        pictures = pictures_in(config.backgrounds)
        mesh, mask = {"subject", "mesh"}, {"subject", "mask"}
        found = [
            Generator("subclip", photometric.subclip, {"subject", "motion"}, 10.0, ("video",)),
            Generator("photometric", photometric.photometric_variant, {"subject"}, 20.0),
            Generator("background", partial(on_new_background, pictures=pictures), mask, 12.0),
            *(Generator(f"reenact:{kind}", partial(reenact_clip, kind=kind), mesh, 6.0) for kind in KINDS),
        ]
    if "consisid" in config.generators:
        made = ConsisID.from_pretrained(config.model)
        found.append(Generator("consisid", made.make, {"subject", "mesh"}, 30.0, ("video",)))
    return found


def make_planned(planned: Sample, profile: Profile, makers: Sequence[Generator], config: AugmentConfig) -> Positive:
    """Carry out one planned sample; raises ValueError where the segment doesn't hold what the generator needs."""
    maker = next(m for m in makers if m.name == planned.recipe)
    part = profile.part(planned.split)
    if not maker.needs - {"motion"} <= part.has:
        raise ValueError(f"the segment lacks {', '.join(sorted(maker.needs - part.has))}")
    rng = np.random.default_rng(planned.seed)
    count = 1 if planned.stage == "image" else max(2, round(config.seconds * FPS))
    made = maker.make(part, count, rng)
    if maker.name not in ("subclip", "photometric") and rng.random() < _MILD:
        made.images = photometric.mild_variant(made.images, rng)
    return made


def _share_out(makers: Sequence[Generator], count: int) -> list[Generator]:
    """`count` makers in proportion to their shares (largest remainders), interleaved."""
    if not makers or not count:
        return []
    exact = np.array([m.share for m in makers]) / sum(m.share for m in makers) * count
    whole = np.floor(exact).astype(int)
    for index in np.argsort(-(exact - whole), kind="stable")[: count - whole.sum()]:
        whole[index] += 1
    places = [((k + 0.5) / n, i) for i, n in enumerate(whole) for k in range(n)]
    return [makers[i] for _, i in sorted(places)]

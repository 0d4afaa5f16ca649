"""Which positives are made and by whom: planned before anything is made, so that an interrupted run goes on.

The same clip, settings and seed give the same ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

import numpy as np

from pvchat.augment.folders import MEDIA_SUFFIXES
from pvchat.augment.positives import photometric
from pvchat.augment.positives.backgrounds import PICTURE_SUFFIXES, files_in, in_crowd, on_new_background
from pvchat.augment.positives.consisid import ConsisID
from pvchat.augment.positives.protocol import Generator, Positive
from pvchat.augment.positives.recolour import recolour_clip
from pvchat.augment.positives.reenact import KINDS, reenact_clip
from pvchat.augment.positives.wear import ACCESSORIES, accessory_clip
from pvchat.augment.profile import Profile
from pvchat.augment.schemas import Sample, Split, Stage
from pvchat.augment.settings import FPS, AugmentConfig

_MILD = 0.5  # share of the samples of other recipes that get mild photometric changes on top


def plan_positives(profile: Profile, makers: Sequence[Generator], config: AugmentConfig, seed: int) -> list[Sample]:
    """The samples to make, whose media aren't there yet: shares of the generators that can, spread over the segments.

    Every seventh is for validation, every other seventh for test.
    """
    able = [m for m in makers if m.needs <= profile.has]
    wanted: list[tuple[str, Stage, int]] = []
    counts: tuple[tuple[Stage, int], ...] = (("video", config.clips), ("image", config.stills))
    for stage, count in counts:
        usable = [m for m in able if stage in m.stages]
        wanted += [(maker.name, stage, number) for number, maker in enumerate(_share_out(usable, count))]
    return [_planned_sample(profile, *one, seed) for one in wanted]


def generators(config: AugmentConfig) -> list[Generator]:
    """All generators that the settings ask for."""
    found: list[Generator] = []
    if "offline" in config.generators:
        pictures = files_in([config.backgrounds] if config.backgrounds else [], PICTURE_SUFFIXES)
        mesh, mask = {"subject", "mesh"}, {"subject", "mask"}
        found = [
            Generator("subclip", photometric.subclip, {"subject", "motion"}, 10.0, ("video",)),
            Generator("photometric", photometric.photometric_variant, {"subject"}, 20.0),
            Generator("background", partial(on_new_background, pictures=pictures), mask, 12.0),
            Generator("recolour", recolour_clip, mesh | mask | {"clothes"}, 10.0),
            *(Generator(f"reenact:{kind}", partial(reenact_clip, kind=kind), mesh, 6.0) for kind in KINDS),
        ]
        for kind in ACCESSORIES:
            share = 3.0 if kind == "scrubs" else 6.0
            found.append(Generator(f"wear:{kind}", partial(accessory_clip, kind=kind), mesh, share))
        if config.others:
            clips = files_in(config.others, MEDIA_SUFFIXES)
            found.append(Generator("crowd", partial(in_crowd, files=clips), mask, 8.0))
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


def _planned_sample(profile: Profile, recipe: str, stage: Stage, number: int, seed: int) -> Sample:
    split: Split = "train"
    if len(profile.spans) > 2:
        split = {3: "val", 6: "test"}.get(number % 7, "train")  # type: ignore[assignment]
    digest = hashlib.sha256(f"{profile.key}:{recipe}:{stage}:{split}:{number}:{seed}".encode()).hexdigest()
    return Sample(
        id=digest[:16], role="positive", recipe=recipe, stage=stage,
        media=f"media/{digest[:16]}.{'png' if stage == 'image' else 'mp4'}", source=profile.source(split), split=split,
        people={profile.name: True}, seed=int(digest[16:24], 16),
    )  # fmt: skip


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

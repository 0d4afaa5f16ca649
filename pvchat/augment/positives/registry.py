"""All generators of positives, and one planned sample carried out.

In: settings, a planned sample. Out: generators; `Made` frames.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.augment.positives import photometric
from pvchat.augment.positives.backgrounds import Backgrounds
from pvchat.augment.positives.crowd import Crowd
from pvchat.augment.positives.photometric import Photometric
from pvchat.augment.positives.plan import PlannedSample
from pvchat.augment.positives.protocol import Generator, Made, Take
from pvchat.augment.positives.recolour import Recolour
from pvchat.augment.positives.reenact import KINDS, Reenact
from pvchat.augment.positives.subclips import SubClips
from pvchat.augment.positives.wear import WORN, Wear
from pvchat.augment.profile import Profile
from pvchat.augment.settings import HUB, AugmentConfig
from pvchat.schemas import FloatArray

_MILD = 0.5  # share of the samples of other recipes that get mild photometric changes on top


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
        found += [Crowd(config.others)] if config.others else []
    if "consisid" in config.generators:
        from pvchat.augment.positives.hub import ConsisID

        found.append(ConsisID.from_pretrained(config.model))
    if "identity-adapter" in config.generators:
        from pvchat.augment.positives.hub import IdentityAdapter

        found.append(IdentityAdapter.from_pretrained(config.model))
    return found


def require(config: AugmentConfig) -> None:
    """Raise SettingsError where a generator that the settings ask for could not run here at all."""
    if set(config.generators) & set(HUB):
        from pvchat.augment.positives.hub import require

        require()


def make(planned: PlannedSample, profile: Profile, makers: Sequence[Generator], config: AugmentConfig) -> Made:
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
    made = maker.make(part, Take(count, config.fps), rng)
    if maker.name not in ("subclip", "photometric") and rng.random() < _MILD:
        made.images = photometric.mild(made.images, rng)
    return made

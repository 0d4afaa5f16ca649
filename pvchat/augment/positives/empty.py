"""The scene without the subject: the last resort where no clip of other people is at hand.

In: a profile with masks. Out: negatives of its own scene, the subject filled with what surrounds them, under a camera
that drifts. They are easy ones: they keep yes and no in balance, they don't teach to tell people apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pvchat.augment.positives import photometric
from pvchat.augment.positives.backgrounds import without_person
from pvchat.augment.positives.plan import PlannedSample, spread_splits, to_sample
from pvchat.augment.positives.protocol import Made, Take

if TYPE_CHECKING:
    from pvchat.augment.profile import Profile
    from pvchat.augment.schemas import Sample

RECIPE = "empty"
_STILLS = 4  # every so manieth is a still
_ZOOM = (0.7, 0.95)  # share of the frame that is shown


def plan(profile: Profile, count: int, seed: int) -> list[PlannedSample]:
    """So many planned samples, spread over the segments; none without a mask, since nobody could be taken out."""
    if profile.masks is None:
        return []
    stages = ["image" if k % _STILLS == _STILLS - 1 else "video" for k in range(count)]
    return spread_splits(profile, [(RECIPE, stage) for stage in stages], seed)


def make(planned: PlannedSample, profile: Profile, take: Take) -> Made:
    """The emptied scene of one frame, looked at by a drifting camera of its own."""
    rng = np.random.default_rng(planned.seed)
    part = profile.part(planned.split)
    scene = without_person(part, int(rng.integers(len(part))))
    height, width = scene.shape[:2]
    zoom = float(rng.uniform(*_ZOOM))
    rows, columns = int(height * zoom) // 2 * 2, int(width * zoom) // 2 * 2
    room = np.array([height - rows, width - columns])
    start, end = (rng.uniform(0, 1, 2) * room for _ in range(2))
    ways = np.round(start + (end - start) * np.linspace(0, 0.5, take.count)[:, None]).astype(int)
    images = np.stack([scene[y : y + rows, x : x + columns] for y, x in ways])
    if rng.random() < 0.5:
        images = np.ascontiguousarray(images[:, :, ::-1])
    return Made(photometric.develop(images, photometric.draw_look(rng), rng), take.times)


def sample_of(planned: PlannedSample, made: Made, profile: Profile) -> Sample:
    """The negative that a planned one became."""
    sample = to_sample(planned, made, profile)
    sample.role, sample.people = "negative", {profile.name: False}
    return sample

"""The subject as filmed: stretches of the clip itself."""

from __future__ import annotations

import numpy as np

from pvchat.augment.positives.protocol import Made, Take, window
from pvchat.augment.profile import Profile


class SubClips:
    """A stretch of the clip in which the subject is seen, at the clip's pace or half or twice as fast."""

    name = "subclip"
    needs = frozenset({"subject", "motion"})
    stages = frozenset({"video"})
    share = 10.0

    def make(self, profile: Profile, take: Take, rng: np.random.Generator) -> Made:
        """See `Generator`."""
        pace = (1, 1, 2)[int(rng.integers(3))]
        frames = window(profile.seen, min(take.count * pace, max(len(profile), 1)), rng)
        at = np.linspace(0, len(frames) - 1, take.count).round().astype(int)
        return Made(profile.images[frames[at]], take.times)

"""One augmentation on its way: what it is about, where its files lie, what its steps share.

In: a clip, a name, a folder, the service. Out: `Augmentation`, which every step is handed; names of the steps' results.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.augment import profile
from pvchat.augment.analyses import Analyses
from pvchat.augment.journal import read_lines
from pvchat.augment.profile import Profile
from pvchat.augment.questions import teacher
from pvchat.augment.schemas import Sample
from pvchat.augment.settings import AugmentConfig
from pvchat.augment.watch import NOBODY, Watch
from pvchat.schemas import Service

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pvchat.augment.questions.teacher import Teacher

RESULTS = {
    "profile": "profile.safetensors", "positives": "positives.jsonl", "negatives": "negatives.jsonl",
    "filter": "samples.jsonl", "questions": "questions.jsonl", "dataset": "dataset.jsonl",
}  # fmt: skip


@dataclass
class Augmentation:
    """One augmentation.

    Attributes:
        clip, name, out, chat, config: as in `steps.augment`.
        watch: told what is done; stops it between two samples.
        manifests: of the steps that are done, by step.
    """

    clip: Path
    name: str
    out: Path
    chat: Service
    config: AugmentConfig
    watch: Watch = NOBODY
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)
    _profile: Profile | None = field(default=None, repr=False)
    _analyses: Analyses | None = field(default=None, repr=False)
    _teacher: Teacher | None = field(default=None, repr=False)

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""
        return self.chat.settings.seed if self.config.seed is None else self.config.seed

    @property
    def profile(self) -> Profile:
        """The subject, read back where an earlier call measured them."""
        if self._profile is None:
            path = self.out / RESULTS["profile"]
            self._profile = profile.load_or_build(path, self.clip, self.name, self.chat, self.config)
        return self._profile

    def keep(self, measured: Profile) -> None:
        """Use a profile that was just measured instead of reading it back."""
        self._profile = measured

    @property
    def analyses(self) -> Analyses:
        """What the experts saw in a sample."""
        if self._analyses is None:
            self._analyses = Analyses(self.out, self.chat, self.config)
        return self._analyses

    @property
    def teacher(self) -> Teacher:
        """Who says what the present do."""
        if self._teacher is None:
            self._teacher = teacher.choose(self.config.teacher, self.chat, self.frames)
        return self._teacher

    def frames(self, sample: Sample) -> NDArray[np.uint8]:
        """A sample's frames [T, H, W, 3] that the experts saw."""
        from pvchat import video

        return video.load(self.analyses.path(sample), self.analyses.chat.settings.video).images

    def check(self) -> None:
        """Raise StoppedError when it is to end."""
        self.watch.check(str(self.out))


def read_samples(out: str | Path) -> list[Sample]:
    """All samples of a folder that went through the gates, dropped ones among them."""
    return [Sample(**row) for row in read_lines(Path(out) / RESULTS["filter"])]

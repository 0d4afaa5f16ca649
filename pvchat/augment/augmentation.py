"""One augmentation, as its steps share it: clip, person, folder, settings, and the analyses of its samples."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pvchat.augment import profile
from pvchat.augment.lines import read_lines
from pvchat.augment.profile import Profile
from pvchat.augment.schemas import Sample
from pvchat.augment.settings import AugmentConfig
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.schemas import ClipAnalysis, Service
from pvchat.storage.clips import ClipCache

_ALL_BYTES = 1 << 40  # the folder's own analyses are never thrown out
RESULTS = {
    "profile": "profile.safetensors", "positives": "positives.jsonl", "negatives": "negatives.jsonl",
    "filter": "samples.jsonl", "dataset": "dataset.jsonl",
}  # fmt: skip


class AnalysisCache:
    """Analyses of samples, each made once and kept in `OUT/analyses`: gates, questions and training share them."""

    def __init__(self, out: Path, chat: Service, config: AugmentConfig | None = None) -> None:
        usual, frames = chat.settings.video, (config or AugmentConfig()).frames
        # one frame of a still: more of the same would tell no more
        video = replace(usual, max_frames=frames, still_seconds=1 / usual.sample_fps)
        self.out, self.chat = out, chat.beside(ClipCache(out / "analyses", _ALL_BYTES), video)

    def __call__(self, sample: Sample) -> ClipAnalysis:
        """Raises VideoReadError when the sample's media can't be read."""
        return self.chat.analyse(self.path(sample))

    def path(self, sample: Sample) -> Path:
        """Where a sample's media lies, dropped or not."""
        kept = self.out / sample.media
        dropped = self.out / "dropped" / kept.name
        return dropped if dropped.exists() and not kept.exists() else kept


@dataclass
class Augmentation:
    """One run of `steps.augment`: its inputs, and what its steps share."""

    clip: Path
    name: str
    out: Path
    chat: Service
    config: AugmentConfig
    watch: Watch = UNWATCHED
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)  # of the steps that are done
    input_hash: str = ""  # of what the step at hand is made from

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""
        return self.chat.settings.seed if self.config.seed is None else self.config.seed

    @cached_property
    def profile(self) -> Profile:
        """The subject: read back where an earlier call measured them, set by the step that does."""
        path = self.out / RESULTS["profile"]
        return profile.load_or_build(path, self.clip, self.name, self.chat, self.config)

    @cached_property
    def analyses(self) -> AnalysisCache:
        """What the experts saw in a sample."""
        return AnalysisCache(self.out, self.chat, self.config)


def read_samples(out: str | Path) -> list[Sample]:
    """All samples of a folder that went through the gates, dropped ones among them."""
    return [Sample(**row) for row in read_lines(Path(out) / RESULTS["filter"])]

"""Analyses of samples: made once and kept beside them, so that gates, questions and training share them.

In: a `Sample`. Out: its `ClipAnalysis`, from `OUT/analyses` or by the experts. The user's cache stays out of it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pvchat.augment.schemas import Sample
from pvchat.augment.settings import AugmentConfig
from pvchat.schemas import ClipAnalysis, Service
from pvchat.storage.clips import ClipCache

_ALL_BYTES = 1 << 40  # the folder's own analyses are never thrown out


class Analyses:
    """The analysis of a sample, made once and kept in `OUT/analyses`.

    Args:
        out: folder of an augmentation.
        chat: runs the experts.
        config: how many frames of a sample they see.
    """

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

"""Analyses of samples: made once and kept beside them, so that gates, questions and training share them.

In: a `Sample`. Out: its `ClipAnalysis`, from `OUT/analyses` or by the experts. The user's cache stays out of it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.augment.schemas import Sample
from pvchat.augment.settings import AugmentConfig
from pvchat.schemas import ClipAnalysis
from pvchat.storage.clips import ClipCache

if TYPE_CHECKING:
    from pvchat.service import PVChat

_ALL_BYTES = 1 << 40  # the folder's own analyses are never thrown out


class Analyses:
    """The analysis of a sample, made once and kept in `OUT/analyses`.

    Args:
        out: folder of an augmentation.
        chat: runs the experts.
        config: how many frames of a sample they see.
    """

    def __init__(self, out: Path, chat: PVChat, config: AugmentConfig | None = None) -> None:
        frames = (config or AugmentConfig()).frames
        self.out, self.chat = out, chat.aside(ClipCache(out / "analyses", _ALL_BYTES), frames)
        video = self.chat.settings.video
        still = replace(video, still_seconds=1 / video.sample_fps)  # one frame: more of the same would tell no more
        self.chat.settings = replace(self.chat.settings, video=still)

    def __call__(self, sample: Sample) -> ClipAnalysis:
        """Raises VideoReadError when the sample's media can't be read."""
        return self.chat.analyse(self.path(sample))

    def path(self, sample: Sample) -> Path:
        """Where a sample's media lies, dropped or not."""
        kept = self.out / sample.media
        dropped = self.out / "dropped" / kept.name
        return dropped if dropped.exists() and not kept.exists() else kept

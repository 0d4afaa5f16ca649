"""What the experts said about clips: from memory, from the cache on disk, or by letting them look.

In: a clip's path. Out: a `Look`: its analysis, and the seconds it took. A clip is known by the SHA-256 of its bytes
(`video.ContentKeys`), so a copy under another name costs nothing either.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.config import VideoConfig
from pvchat.errors import VideoReadError
from pvchat.perception import VERSION
from pvchat.schemas import ClipAnalysis, Look, Progress
from pvchat.video import ContentKeys

if TYPE_CHECKING:
    from pvchat.service.networks import Networks
    from pvchat.storage.clips import ClipCache
    from pvchat.video import Probe

IN_MEMORY = 8  # analysed clips

Partial = Callable[[ClipAnalysis], None]


class ClipMemory:
    """Analyses of clips, each made once.

    Args:
        networks: whose experts look, one clip at a time.
        cache: where analyses are kept on disk.
        config: how clips are read.
        progress: told what is being done.
    """

    def __init__(self, networks: Networks, cache: ClipCache, config: VideoConfig, progress: Progress) -> None:
        self.networks, self.cache, self.config, self.progress = networks, cache, config, progress
        self._keys = ContentKeys(cache.root / "keys.json")  # goes when the cache is purged
        self._recent: OrderedDict[str, ClipAnalysis] = OrderedDict()

    def look(self, clip: str | Path, partial: Partial | None = None) -> Look:
        """What the experts say about a clip; the seconds are 0 unless it had to be decoded.

        Args:
            clip: a video, an animation or a photo.
            partial: called, while a long video is looked through, with what was seen so far.

        Raises:
            VideoReadError: it can't be used.
        """
        if not isinstance(clip, (str, os.PathLike)):
            what = f"a clip is the path of a file, not {type(clip).__name__}."
            raise VideoReadError(what, subject=ascii(clip)[:80], hint="Name one video or photo.")
        key, version = self._keys.of(clip), f"{VERSION}:{self.config}"
        with self.networks.lock:
            held = self._recent.get(key) or self.cache.load(key, version)
            seen = Look(held) if held is not None else self._first_look(clip, key, version, partial)
            self._recent[key] = seen.analysis
            self._recent.move_to_end(key)
            while len(self._recent) > IN_MEMORY:
                self._recent.popitem(last=False)
        return seen

    def drop(self, key: str) -> None:
        """Forget one clip, in memory and on disk."""
        from pvchat.perception.scan import KeptParts

        self._recent.pop(key, None)
        self.networks.forget()
        self.cache.purge_key(key)
        KeptParts(self.cache, key).remove()

    def clear(self) -> None:
        """Forget all clips in memory; the cache on disk is its owner's to purge."""
        self._recent.clear()
        self.networks.forget()

    def __len__(self) -> int:
        return len(self._recent)

    def _first_look(self, clip: str | Path, key: str, version: str, partial: Partial | None) -> Look:
        from pvchat import video
        from pvchat.perception import analysis
        from pvchat.perception.scan import long_video

        if (long := long_video(clip, self.config)) is not None:
            return self._look_through(clip, long, key, version, partial)
        started = time.perf_counter()
        decoded = video.load(clip, self.config, progress=self.progress, key=key)
        read = time.perf_counter()
        found = analysis.analyse(decoded, self.networks.experts, self.progress)
        seen = Look(found, read - started, time.perf_counter() - read)
        self.cache.save(found, version)
        return seen

    def _look_through(self, clip: str | Path, found: Probe, key: str, version: str, partial: Partial | None) -> Look:
        """A long video, part by part; parts that were finished before it was stopped aren't made again."""
        from pvchat.perception.scan import KeptParts, scan

        started, parts = time.perf_counter(), KeptParts(self.cache, key, version)
        for so_far in scan(clip, found, self.networks.experts, self.config, parts, self.progress):
            if partial is not None:
                partial(so_far.analysis())
        seen = Look(so_far.analysis(), experts_s=time.perf_counter() - started)  # decoding is in it
        self.cache.save(seen.analysis, version)
        parts.remove()
        return seen

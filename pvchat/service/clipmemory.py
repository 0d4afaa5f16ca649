"""What the experts said about clips: from memory, from the cache on disk, or by letting them look.

In: a clip's path. Out: a `Look`: its analysis, and the seconds it took. A clip is known by the SHA-256 of its bytes
(`video.ContentKeys`), so a copy under another name costs nothing either.

The experts look at one clip at a time, at a long video part by part: between two parts others have their turn, and
what is known already is told without waiting for them.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.config import VideoConfig
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
        self._at_work: dict[str, threading.Lock] = {}  # by key: one look at a clip at a time
        self._gone: set[str] = set()  # keys at work that were forgotten meanwhile
        self._lock = threading.Lock()  # of the three above

    def look(self, clip: str | Path, partial: Partial | None = None) -> Look:
        """What the experts say about a clip; the seconds are 0 unless it had to be decoded.

        Args:
            clip: a video, an animation or a photo.
            partial: called, while a long video is looked through, with what was seen so far.

        Raises:
            VideoReadError: it can't be used.
        """
        from pvchat.perception.scan import KeptParts

        key, version = self._keys.of(clip), f"{VERSION}:{self.config}"
        with self._lock:
            held, at_work = self._remembered(key), self._at_work.setdefault(key, threading.Lock())
        if held is not None:
            return Look(held)
        with at_work:
            try:
                held = self._remembered(key) or self.cache.load(key, version)
                seen = Look(held) if held is not None else self._first_look(clip, key, version, partial)
                self._keep(key, seen.analysis, version if held is None else "")
                if held is None and seen.analysis.scenes:  # the whole is kept, or was forgotten: its parts needn't be
                    KeptParts(self.cache, key).remove()
            finally:
                with self._lock:
                    self._at_work.pop(key, None)
                    self._gone.discard(key)
        return seen

    def _remembered(self, key: str) -> ClipAnalysis | None:
        """An analysis in memory, which stays there for longer now."""
        if key in self._recent:
            self._recent.move_to_end(key)
        return self._recent.get(key)

    def _keep(self, key: str, analysis: ClipAnalysis, version: str) -> None:
        """Keep an analysis in memory, and on disk where it has a version; not if it was forgotten while it was made."""
        with self._lock:
            if key in self._gone:
                return
            self._recent[key] = analysis
            self._recent.move_to_end(key)
            while len(self._recent) > IN_MEMORY:
                self._recent.popitem(last=False)
            if version:
                self.cache.save(analysis, version)

    def drop(self, key: str) -> None:
        """Forget one clip, in memory and on disk."""
        from pvchat.perception.scan import KeptParts

        with self._lock:
            self._recent.pop(key, None)
            self._gone |= {key} & set(self._at_work)
        self.cache.purge_key(key)
        KeptParts(self.cache, key).remove()

    def clear(self) -> None:
        """Forget all clips in memory; the cache on disk is its owner's to purge."""
        with self._lock:
            self._recent.clear()
            self._gone |= set(self._at_work)

    def __len__(self) -> int:
        return len(self._recent)

    def _first_look(self, clip: str | Path, key: str, version: str, partial: Partial | None) -> Look:
        from pvchat import video
        from pvchat.perception import analysis
        from pvchat.perception.scan import long_video

        if (long := long_video(clip, self.config)) is not None:
            return self._look_through(clip, long, key, version, partial)
        with self.networks.lock:
            started = time.perf_counter()
            decoded = video.load(clip, self.config, progress=self.progress, key=key)
            read = time.perf_counter()
            found = analysis.analyse(decoded, self.networks.experts, self.progress)
            return Look(found, read - started, time.perf_counter() - read)

    def _look_through(self, clip: str | Path, found: Probe, key: str, version: str, partial: Partial | None) -> Look:
        """A long video, part by part; parts that were finished before it was stopped aren't made again."""
        from pvchat.perception.scan import KeptParts, scan

        started, parts = time.perf_counter(), KeptParts(self.cache, key, version)
        scanning = scan(clip, found, self.networks.experts, self.config, parts, self.progress)
        so_far = None
        while True:
            with self.networks.lock:
                more = next(scanning, None)
            if more is None:
                break
            so_far = more
            if partial is not None:
                partial(so_far.analysis())
        assert so_far is not None  # it yields at least once
        return Look(so_far.analysis(), experts_s=time.perf_counter() - started)  # decoding is in it

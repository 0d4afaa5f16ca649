"""What the experts said about clips: from memory, from the cache on disk, or by letting them look.

In: a clip's path, and how much must be known. Out: a `Look`: its analysis, and the seconds it took. A clip is known by
its bytes (`video.ContentKeys`). The experts look at one clip at a time, at a long video part by part: between two parts
others have their turn. An entry of the cache is of stage "who" until somebody needs more; then the fuller one takes its
place. What was begun before a clip was forgotten, or is of bytes that changed meanwhile, answers, and isn't kept.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pvchat import video, watchdog
from pvchat.config import VideoConfig
from pvchat.errors import VideoReadError
from pvchat.perception import VERSION
from pvchat.schemas import ClipAnalysis, Look, Progress, Stage, Track
from pvchat.service.networks import Networks
from pvchat.storage.clips import ClipCache
from pvchat.video import Clip, ContentKeys, Probe

IN_MEMORY = 8  # analysed clips

Partial = Callable[[ClipAnalysis], None]
Within = Callable[[float], tuple[float, float] | None]  # a length → what is asked about of a clip so long; seconds


@dataclass(eq=False)
class ClipFile:
    """A clip that is being looked at."""

    path: str | Path
    key: str  # its content key
    version: str  # under which its analysis is kept
    since: str = ""  # the cache's last purge before this look began (`ClipCache.last_purge`)
    gone: bool = False  # it was forgotten, or is another file, since this look began: nothing is kept


class ActiveLooks:
    """The looks that are under way or wait for their turn, by their clips' keys."""

    def __init__(self) -> None:
        self._looks: dict[str, tuple[threading.Lock, list[ClipFile]]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, file: ClipFile) -> Iterator[None]:
        """Wait until nobody else looks at the same clip."""
        with self._lock:
            turn, looks = self._looks.setdefault(file.key, (threading.Lock(), []))
            looks.append(file)
        try:
            with turn, watchdog.working():
                yield
        finally:
            with self._lock:
                looks.remove(file)
                if not looks:
                    del self._looks[file.key]

    def forget(self, key: str | None = None) -> None:
        """What is at work on a clip, on all if None, is not to be kept."""
        with self._lock:
            for _, looks in self._looks.values():
                for file in looks:
                    file.gone |= key in (None, file.key)


class ClipMemory:
    """Analyses of clips, each made once; whatever takes a clip raises VideoReadError where it can't be used."""

    def __init__(self, networks: Networks, cache: ClipCache, config: VideoConfig, progress: Progress) -> None:
        self.networks, self.cache, self.config = networks, cache, config
        self._listener = progress
        self._keys = ContentKeys(cache.root / "keys.json")  # goes when the cache is purged
        self._recent: OrderedDict[str, ClipAnalysis] = OrderedDict()
        self._decoded: Clip | None = None  # the last short one, while only who is in it was looked for
        self._probed: tuple[str, Probe] | None = None  # of the last long video: its packets are all read for it
        self._at_work = ActiveLooks()
        self._since = cache.last_purge()
        self._lock = threading.Lock()  # of what is remembered

    def look(
        self, clip: str | Path, partial: Partial | None = None, stage: Stage = "what", within: Within | None = None
    ) -> Look:
        """What the experts say about a clip; the seconds are 0 unless it had to be decoded or looked at.

        Args:
            clip: a video, an animation or a photo.
            partial: called, while a long video is looked through, with what was seen so far.
            stage: "who" where only that is needed. Of long videos no more is looked for; `measured` adds the rest.
            within: tells which seconds are needed; of a long video that isn't known yet no more is looked through.
        """
        if not isinstance(clip, (str, os.PathLike)):
            what = f"a clip is the path of a file, not {type(clip).__name__}."
            raise VideoReadError(what, subject=ascii(clip)[:80], hint="Name one video or photo.")
        return self._look(self._file(clip), partial, stage, within)

    def _look(self, file: ClipFile, partial: Partial | None, stage: Stage, within: Within | None) -> Look:
        held = self._remembered(file.key)
        if held is not None and _is_enough(held, stage):
            return Look(held)
        with self._at_work.turn(file):
            held = self._remembered(file.key) or self.cache.load(file.key, file.version)
            seen = Look(held) if held is not None else self._first_look(file, partial, within)
            if seen.length_s is not None:
                return seen  # some minutes of it; their parts are kept
            if not _is_enough(seen.analysis, stage):
                seen = self._measure(file, seen)
            else:  # place, postures and deeds are those that the heads of today tell of all it holds
                from pvchat.perception.deeds import tell_actions
                from pvchat.perception.places import tell_place

                seen = replace(seen, analysis=tell_place(tell_actions(seen.analysis)))
            self._remember(seen.analysis, file)
        return seen

    def update(
        self, clip: str | Path, seen: ClipAnalysis, amend: Callable[[ClipAnalysis], ClipAnalysis]
    ) -> ClipAnalysis:
        """A clip's analysis, of all of it, with something more that `amend` adds to what is known by then; kept so."""
        file = self._file(clip, goes_on=True)
        with self._at_work.turn(file), self.networks.lock:
            analysis = amend(self._remembered(file.key) or seen)
            self._save(analysis, file)
            self._remember(analysis, file)
        return analysis

    def measured(
        self, clip: str | Path, seen: Look, tracks: Sequence[Track], things: bool = False, whole: bool = True
    ) -> Look:
        """The same look with what some people do and wear measured: of all in a short clip, of these in a long video.

        Args:
            clip: as it was looked at.
            seen: what `look` said.
            tracks: of its analysis or of a part of it (`between`), none: nothing is measured; in a long video
                their longest stretches are (`closer.stretches_of`).
            things: of a short clip the things are asked for, too; the scan of a long video has them already.
            whole: the look is at all of the clip; at its beginning only it isn't kept.
        """
        if not tracks and (not things or seen.analysis.scenes):
            return seen
        if not seen.analysis.scenes:
            more = self._look(self._file(clip, goes_on=True), None, "what", None)
            return Look(more.analysis, seen.decode_s + more.decode_s, seen.experts_s + more.experts_s)
        from pvchat.perception.closer import look_closer, stretches_of, with_facts_of
        from pvchat.perception.scan import LongVideo

        wanted = [one for one in stretches_of(tracks) if not one.told]
        if not wanted:
            return seen
        # whoever forgets holds the lock too; its turn the whole video's scan may have for long
        with self.networks.lock, watchdog.working():
            started, file = time.perf_counter(), self._file(clip, goes_on=True)
            source = LongVideo(file.path, self._probe(file), self.config)
            found = look_closer(source, seen.analysis, wanted, self.networks.experts, self.progress)
            if whole:  # another question may have had others measured since this one looked
                found = with_facts_of(found, self._remembered(file.key) or found)
                self._save(found, file)
                self._remember(found, file)
        return replace(seen, analysis=found, experts_s=seen.experts_s + time.perf_counter() - started)

    def key_of(self, clip: str | Path) -> str:
        """The content key of a clip."""
        return self._keys.of(clip)

    def progress(self, what: str, done: float, total: float) -> None:
        """Pass on to the listener what is being done; the watchdog learns that work goes on."""
        watchdog.beat()
        self._listener(what, done, total)

    def drop(self, key: str) -> None:
        """Forget one clip, in memory and on disk."""
        self._at_work.forget(key)  # before what it kept goes
        self.evict(key)
        self._decoded = self._probed = None
        self.cache.remove(key, forgotten=True)

    def evict(self, key: str) -> None:
        """Drop a clip's analysis from memory; it stays on disk."""
        with self._lock:
            self._recent.pop(key, None)

    def clear(self) -> None:
        """Forget all clips in memory; the cache on disk is its owner's to purge."""
        self._at_work.forget()
        with self._lock:
            self._recent.clear()
        self._decoded = self._probed = None

    def _file(self, clip: str | Path, goes_on: bool = False) -> ClipFile:
        """A clip when a look begins, or goes on from an earlier one: if that is held no more, it was forgotten."""
        since = self.cache.last_purge()
        with self._lock:
            elsewhere, self._since = since != self._since, since
        if elsewhere:  # another process has forgotten somebody
            self.clear()
        file = ClipFile(clip, self._keys.of(clip), f"{VERSION}:{self.config}", since)
        file.gone = goes_on and not self._holds(file.key)
        return file

    def _remembered(self, key: str) -> ClipAnalysis | None:
        with self._lock:
            if key in self._recent:
                self._recent.move_to_end(key)  # it stays there for longer now
            return self._recent.get(key)

    def _holds(self, key: str) -> bool:
        return self._remembered(key) is not None or self.cache.has(key)

    def _remember(self, analysis: ClipAnalysis, file: ClipFile) -> None:
        """Keep an analysis in memory, unless its clip was forgotten while it was looked at."""
        with self._lock:
            if file.gone:
                return
            self._recent[analysis.key] = analysis
            self._recent.move_to_end(analysis.key)
            while len(self._recent) > IN_MEMORY:
                self._recent.popitem(last=False)

    def _check(self, file: ClipFile) -> None:
        """Note whether a clip became another one while it was looked at."""
        with suppress(VideoReadError, OSError):  # deleted meanwhile: what was read was it
            file.gone |= self._keys.of(file.path) != file.key

    def _save(self, analysis: ClipAnalysis, file: ClipFile) -> None:
        """Keep an analysis on disk, unless its clip was forgotten, or became another, while it was looked at."""
        self._check(file)
        with self._lock:
            if not file.gone:
                self.cache.save(analysis, file.version, file.since)

    def _first_look(self, file: ClipFile, partial: Partial | None, within: Within | None) -> Look:
        from pvchat.perception import analysis
        from pvchat.perception.scan import is_long, probe_or_none

        started = time.perf_counter()
        found = probe_or_none(file.path, self.config)
        if found is not None and is_long(found, self.config):
            self._probed = file.key, found
            return self._look_through(file, found, partial, None if within is None else within(found.duration_s))
        with self.networks.lock:
            decoded = video.load(file.path, self.config, progress=self.progress, key=file.key, found=found)
            read = time.perf_counter()
            seen = analysis.recognise(decoded, self.networks.experts, self.progress)
            self._decoded = decoded if seen.stage == "who" else None
        self._save(seen, file)
        if file.gone:
            self._decoded = None
        return Look(seen, read - started, time.perf_counter() - read)

    def _probe(self, file: ClipFile) -> Probe:
        """What `video.probe` says of a long video, from memory if it is the last one."""
        known = self._probed
        if known is None or known[0] != file.key:
            known = self._probed = file.key, video.probe(file.path, self.config)
        return known[1]

    def _measure(self, file: ClipFile, seen: Look) -> Look:
        """A short clip's analysis of stage "what" out of one of stage "who"; decoded again if it isn't the last one."""
        from pvchat.perception.measuring import measure

        decode_s, started = seen.decode_s, time.perf_counter()
        with self.networks.lock:
            decoded, self._decoded = self._decoded, None
            if decoded is None or decoded.key != file.key:
                decoded = video.load(file.path, self.config, progress=self.progress, key=file.key)
                decode_s, started = decode_s + time.perf_counter() - started, time.perf_counter()
            measured = measure(decoded, seen.analysis, self.networks.experts, self.progress)
        self._save(measured, file)
        return Look(measured, decode_s, seen.experts_s + time.perf_counter() - started)

    def _look_through(
        self, file: ClipFile, found: Probe, partial: Partial | None, needed: tuple[float, float] | None
    ) -> Look:
        """A long video, or some seconds of it, part by part, decoding included in the experts' seconds.

        Parts that were finished before aren't made again; between two parts others have the experts.
        """
        from pvchat.perception.scan import KeptParts, LongVideo, scan

        parts = KeptParts(self.cache, file.key, file.version, lambda: not file.gone, file.since)
        started, so_far = time.perf_counter(), None
        scanning = scan(LongVideo(file.path, found, self.config), self.networks.experts, parts, self.progress, needed)
        with closing(scanning):  # whoever stops it may hold on to the error, and with it to what reads ahead
            while True:
                with self.networks.lock:
                    more = next(scanning, None)
                if more is None:
                    break
                so_far = more
                if partial is not None:
                    partial(so_far.analysis())
        assert so_far is not None  # it yields at least once
        seen, took_s = so_far.analysis(), time.perf_counter() - started
        if needed is None:
            self._save(seen, file)
        else:
            self._check(file)
        if needed is None or file.gone or self._holds(file.key):
            parts.remove()
        return Look(seen, experts_s=took_s, length_s=None if needed is None else found.duration_s)


def _is_enough(analysis: ClipAnalysis, stage: Stage) -> bool:
    """Whether an analysis holds what a stage asks for; a long video is measured by `measured`."""
    return stage == "who" or analysis.stage == "what" or bool(analysis.scenes)

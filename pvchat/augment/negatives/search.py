"""Clips that don't show the subject, chosen so that telling them apart is worth learning.

In: the subject (enrolled person, analysis and file of the enrollment clip), an index of a folder of videos
(`pvchat.index`) and perhaps plain folders, of which a passing index is made. Out: `Negative`s; `excerpts.py` makes
`Sample`s with media of them. No clip of an index is analysed for this: the presence model judges the vectors that the
index keeps. What is cut later is judged again by what it shows.

Three kinds, half of them hard and half random:

- "same-clip": other people of the enrollment clip, cut out so that the subject is not in the picture;
- "lookalike": the nearest faces (or figures) of other clips BEYOND a least distance: whoever is nearer may be the
  subject, and the subject must never be their own negative (`strangers.py` decides). Those of the subject's apparent
  gender come first;
- "random": anyone else beyond the same distance.

Without an index and folders the demo's footage serves, where it was fetched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from pvchat.augment.negatives.candidates import Negative, Negatives, SubjectClip, windows
from pvchat.augment.negatives.strangers import Strangers, TrackScores, cut_outs, stand_in
from pvchat.augment.settings import AugmentConfig
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.config import home
from pvchat.index import folder as index_folder
from pvchat.index.entries import NO_TRACK, ClipEntry, Kind, TrackEntry
from pvchat.index.store import VideoIndex
from pvchat.schemas import ClipAnalysis, FloatArray, Service
from pvchat.storage import atomic

_HARD = 0.5  # share that shall be look-alikes or people of the same clip; the rest is random
MOST_FILES = 60  # of plain folders that are looked at; an index has no such limit
_OTHER_GENDER = 0.1  # how much farther a look-alike of another apparent gender counts
_LOOK_AT = 20  # tracks judged for each candidate wanted, at most
_NEARER = 0.5  # share of all strangers seen that may count as look-alikes: in a small folder the rest is just random


@dataclass(frozen=True)
class _IndexedClip:
    """An indexed clip as judged."""

    analysis: ClipAnalysis
    judged: TrackScores
    clip: Path | None


class Pool:
    """The strangers of one index.

    Args:
        index: to search.
        subject: whom candidates must not show.
        strangers: tells strangers from the subject; learns here what else shows the subject.
        config: how many are wanted.
        seed: of the random ones.
        dropped: counts refused clips by reason.
    """

    def __init__(
        self,
        index: VideoIndex,
        subject: SubjectClip,
        strangers: Strangers,
        config: AugmentConfig,
        seed: int,
        dropped: Counter[str],
    ) -> None:
        self.index, self.subject, self.strangers = index, subject, strangers
        self.count, self.seconds, self.seed, self.dropped = config.negatives, config.seconds, seed, dropped
        self.kind: Kind = "faces" if subject.person.kind == "face" else "figures"
        self._seen: dict[int, _IndexedClip] = {}
        self._refused: dict[int, str | None] = {}

    def recognise(self) -> list[tuple[ClipEntry, TrackEntry]]:
        """Look at the nearest tracks, remember those that are the subject; the tracks, nearest first."""
        prototypes = np.asarray(self.subject.person.arrays["prototypes"], np.float32)
        count = max(1, _LOOK_AT * self.count)
        hits = self.index.nearest(self.kind, prototypes, count, but=[self.subject.analysis.key])
        for number in dict.fromkeys(hit.clip.number for hit in hits):
            clip = next(hit.clip for hit in hits if hit.clip.number == number)
            seen = self._look(clip)
            self.strangers.recognise(seen.analysis, seen.judged)
        return [(hit.clip, hit.track) for hit in hits if hit.track is not None]

    def lookalikes(self, near: Sequence[tuple[ClipEntry, TrackEntry]]) -> list[Negative]:
        """The nearest strangers of `recognise`, nearest first, one excerpt of each before a second one."""
        ranked = []
        for clip, track in near:
            if self._refusal(clip) is None:
                ranked.append((self._rank(clip, track), clip, track))
        ranked = sorted(ranked, key=lambda r: r[0])[: max(1, round(_NEARER * len(ranked)))]
        cut = [windows(track.spans, self.seconds) for _, _, track in ranked]
        found: list[Negative] = []
        for turn in range(max(map(len, cut), default=0)):
            for (_, clip, track), excerpts in zip(ranked, cut, strict=True):
                if turn < len(excerpts) and len(found) < self.count:
                    found.append(self._candidate("lookalike", clip, track, *excerpts[turn]))
        return found

    def random(self) -> list[Negative]:
        """Strangers of clips drawn at random; of each clip one excerpt before a second one."""
        generator = np.random.default_rng(self.seed)
        clips = [clip for clip in self.index.clips() if clip.key != self.subject.analysis.key]
        order = generator.permutation(len(clips))
        empty = [not any(t.kind == self.subject.person.kind for t in clips[i].tracks) for i in order]
        order = order[np.argsort(empty, kind="stable")]  # clips without anybody of the subject's kind are too easy
        found: list[Negative] = []
        spare: list[Negative] = []
        for at in order[: _LOOK_AT * max(1, self.count)]:
            if len(found) >= 2 * self.count:  # twice: some may be chosen as look-alikes already
                break
            if self._refusal(clips[at]) is None:
                drawn = self._drawn(clips[at], generator)
                found, spare = found + drawn[:1], spare + drawn[1:]
        return [*found, *(spare[i] for i in generator.permutation(len(spare)))]

    def _drawn(self, clip: ClipEntry, generator: np.random.Generator) -> list[Negative]:
        tracks = [t for t in clip.tracks if t.kind == self.subject.person.kind]
        track = tracks[int(generator.integers(len(tracks)))] if tracks else None
        cut = windows(track.spans if track else [(0.0, clip.duration_s)], self.seconds)
        return [self._candidate("random", clip, track, *cut[i]) for i in generator.permutation(len(cut))]

    def _candidate(self, recipe: str, clip: ClipEntry, track: TrackEntry | None, start: float, end: float) -> Negative:
        seen, place = self._look(clip), self._place(clip, track)
        distance = float(seen.judged.distance[place]) if place is not None else float("inf")
        assert seen.clip is not None  # else `_refusal` gave that as the reason
        return Negative(
            recipe,  # type: ignore[arg-type]
            clip.key, seen.clip, track.number if track else None, start, end, None, round(distance, 4),
        )  # fmt: skip

    def _rank(self, clip: ClipEntry, track: TrackEntry) -> float:
        place = self._place(clip, track)
        mine = self.subject.analysis.tracks[self.subject.track].facts.gender
        other = mine is not None and track.gender is not None and track.gender != mine
        return float(self._look(clip).judged.distance[place]) + _OTHER_GENDER * other

    def _place(self, clip: ClipEntry, track: TrackEntry | None) -> int | None:
        return clip.tracks.index(track) if track is not None else None

    def _refusal(self, clip: ClipEntry) -> str | None:
        if clip.number not in self._refused:
            seen = self._look(clip)
            why = self.strangers.refusal(seen.analysis, seen.judged)
            if why is None and seen.clip is None:
                why = "its file is gone"
            self._refused[clip.number] = why
            if why is not None:
                self.dropped[why] += 1
        return self._refused[clip.number]

    def _look(self, clip: ClipEntry) -> _IndexedClip:
        if clip.number not in self._seen:
            views: dict[Kind, dict[int, FloatArray]] = {
                kind: self.index.views(clip, kind) for kind in ("faces", "figures", "clips")
            }
            scene = views["clips"][NO_TRACK][0]
            analysis = stand_in(clip, views["faces"], views["figures"], scene)
            file = next((Path(p) for p in sorted(clip.files) if Path(p).is_file()), None)
            self._seen[clip.number] = _IndexedClip(analysis, self.strangers.judge(analysis), file)
        return self._seen[clip.number]


@contextmanager
def opened(config: AugmentConfig, seed: int, chat: Service, watch: Watch = UNWATCHED) -> Iterator[list[VideoIndex]]:
    """The indexes to search; that of the plain folders is deleted afterwards.

    Without an index and folders the demo's footage (a dozen short clips of four people) is searched, where it is on
    this machine: `pvchat doctor --fetch` brings it.

    Raises:
        VideoIndexError: `config.index` isn't there or can't be read.
    """
    from pvchat.video.copies import workspace

    kept = [index_folder.open_index(config.index)] if config.index is not None else []
    files = [path for one in config.others for path, _ in index_folder.walk(one)]
    if config.index is None and not config.others:
        files = footage_clips()
    if not files:
        yield kept
        return
    order = np.random.default_rng(seed).permutation(len(files))[:MOST_FILES]
    with workspace() as place:
        paths = [Path(files[i]) for i in sorted(order)]
        index_folder.add(place / "index", paths, chat, progress=watch.progress, stop=watch.stop)
        yield [*kept, VideoIndex(place / "index")]


def footage_clips() -> list[str]:
    """The demo's clips, cut when they are first needed; none where the footage isn't on this machine."""
    from pvchat.assets import footage, weights

    if weights.missing(table=footage.FOOTAGE):
        return []
    place = home() / "footage"
    atomic.make_private_folder(place)
    return sorted(str(path) for path in footage.build(place).values())


def find(
    subject: SubjectClip, chat: Service, config: AugmentConfig, seed: int = 0, watch: Watch = UNWATCHED
) -> Negatives:
    """Choose negatives.

    Args:
        subject: whom they must not show.
        chat: analyses the clips of `config.others` (cached) and has the presence model.
        config: how many, how long, and where: its index is read, never changed; of the other folders one is made in
            `$PVCHAT_HOME/tmp`, and deleted.
        seed: of the choice of random ones and of the splits.
        watch: told what is being done; stops looking at more files of `config.others`.

    Returns:
        Candidates in an order that is the same for the same input and seed; fewer than asked for when there are fewer.
        Where too few are hard, random ones fill up, and the other way round.

    Raises:
        VideoIndexError: the index can't be read.
    """
    strangers = Strangers(subject.person, chat.presence_model, chat.settings.presence.present_from)
    dropped: Counter[str] = Counter()
    near: list[Negative] = []
    random: list[Negative] = []
    with opened(config, seed, chat, watch) as indexes:
        pools = [Pool(one, subject, strangers, config, seed, dropped) for one in indexes]
        tracks = [pool.recognise() for pool in pools]  # of all of them, before any is asked for strangers
        for pool, nearest in zip(pools, tracks, strict=True):
            near += pool.lookalikes(nearest)
            random += pool.random()
    beside = list(cut_outs(subject, strangers, config.seconds, dropped))
    near = sorted(near, key=lambda c: c.distance) if len(pools) > 1 else near  # those of one pool are in order
    hard = [c for pair in zip_longest(beside, near) for c in pair if c is not None]
    return Negatives(balance(hard, random, config.negatives), dict(dropped), seed)


def balance(hard: Sequence[Negative], random: Sequence[Negative], count: int) -> list[Negative]:
    """`count` of both in the wished share, hard ones first, each list's order kept.

    Where one list is too short, the other fills up. Nothing is both: an excerpt chosen as hard is not drawn again.
    """
    wanted = round(count * _HARD)
    taken = {_place(c) for c in hard[:wanted]}
    free = [c for c in random if _place(c) not in taken]
    few = min(len(free), max(count - wanted, count - len(hard)))
    chosen = list(hard[: count - few])
    taken = {_place(c) for c in chosen}
    return [*chosen, *[c for c in free if _place(c) not in taken][:few]]


def _place(candidate: Negative) -> tuple[str, float, float]:
    return candidate.key, candidate.start_s, candidate.end_s

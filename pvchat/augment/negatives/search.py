"""Clips that don't show the subject, chosen so that telling them apart is worth learning.

In: the subject (enrolled person, analysis and file of the enrollment clip), folders of clips of other people. Out:
`Negative`s; `excerpts.py` makes `Sample`s with media of them. Each clip is looked at once (analyses are cached), and of
what was seen the vectors are kept while the search goes on. What is cut later is judged again by what it shows.

Three kinds, half of them hard and half random:

- "same-clip": other people of the enrollment clip, cut out so that the subject is not in the picture;
- "lookalike": the nearest faces (or figures) of other clips BEYOND a least distance: whoever is nearer may be the
  subject, and the subject must never be their own negative (`strangers.py` decides). Those of the subject's apparent
  gender come first;
- "random": anyone else beyond the same distance.

Without folders the demo's footage serves, where it was fetched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from pvchat.augment.negatives.strangers import (
    Negative,
    Negatives,
    Strangers,
    SubjectClip,
    TrackScores,
    cut_outs,
    windows,
)
from pvchat.augment.settings import AugmentConfig
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.config import home
from pvchat.errors import PVChatError
from pvchat.identity.enroll import prototypes
from pvchat.schemas import ClipAnalysis, FloatArray, Service
from pvchat.storage import atomic
from pvchat.video.files import walk

_HARD = 0.5  # share that shall be look-alikes or people of the same clip; the rest is random
MOST_FILES = 60  # that are looked at, drawn at random
_OTHER_GENDER = 0.1  # how much farther a look-alike of another apparent gender counts
_LOOK_AT = 20  # tracks judged for each candidate wanted, at most
_NEARER = 0.5  # share of all strangers seen that may count as look-alikes: in a small folder the rest is just random


@dataclass(frozen=True, eq=False)
class OtherClip:
    """A clip of a folder, what was seen (without features: dozens of films are held at once), how like the subject.

    `views` are the vectors [V, D] of each track of the subject's kind, as an enrollment would keep them, by its number.
    """

    path: Path
    analysis: ClipAnalysis
    judged: TrackScores
    views: dict[int, FloatArray]

    @property
    def key(self) -> str:
        """Content key of the file."""
        return self.analysis.key


class OtherClips:
    """The clips of other people, no two alike, searched for those that are certainly not the subject.

    `strangers` learns here what else shows the subject; `dropped` counts refused clips by reason.
    """

    def __init__(
        self,
        clips: Sequence[OtherClip],
        subject: SubjectClip,
        strangers: Strangers,
        config: AugmentConfig,
        seed: int,
        dropped: Counter[str],
    ) -> None:
        self.clips, self.subject, self.strangers = clips, subject, strangers
        self.count, self.seconds, self.seed, self.dropped = config.negatives, config.seconds, seed, dropped
        self._refused: dict[str, bool] = {}

    def recognise(self) -> list[tuple[OtherClip, int]]:
        """Remember which of the nearest tracks are the subject; the tracks, nearest first."""
        mine = np.asarray(self.subject.person.arrays["prototypes"], np.float32)
        near = nearest(self.clips, mine, max(1, _LOOK_AT * self.count))
        for clip in dict.fromkeys(clip for clip, _ in near):
            self.strangers.recognise(clip.analysis, clip.judged)
        return near

    def lookalikes(self, near: Sequence[tuple[OtherClip, int]]) -> list[Negative]:
        """The nearest strangers of `recognise`, nearest first, one excerpt of each before a second one."""
        ranked = [(self._rank(*one), *one) for one in near if not self._is_refused(one[0])]
        ranked = sorted(ranked, key=lambda r: r[0])[: max(1, round(_NEARER * len(ranked)))]
        cut = [windows(_spans(clip, track), self.seconds) for _, clip, track in ranked]
        found: list[Negative] = []
        for turn in range(max(map(len, cut), default=0)):
            for (_, clip, track), excerpts in zip(ranked, cut, strict=True):
                if turn < len(excerpts) and len(found) < self.count:
                    found.append(_candidate("lookalike", clip, track, *excerpts[turn]))
        return found

    def random(self) -> list[Negative]:
        """Strangers of clips drawn at random; of each clip one excerpt before a second one."""
        generator = np.random.default_rng(self.seed)
        order = generator.permutation(len(self.clips))
        # clips without anybody of the subject's kind are too easy
        order = order[np.argsort([not self.clips[i].views for i in order], kind="stable")]
        found: list[Negative] = []
        spare: list[Negative] = []
        for at in order[: _LOOK_AT * max(1, self.count)]:
            if len(found) >= 2 * self.count:  # twice: some may be chosen as look-alikes already
                break
            if not self._is_refused(self.clips[at]):
                drawn = self._drawn(self.clips[at], generator)
                found, spare = found + drawn[:1], spare + drawn[1:]
        return [*found, *(spare[i] for i in generator.permutation(len(spare)))]

    def _drawn(self, clip: OtherClip, generator: np.random.Generator) -> list[Negative]:
        tracks = list(clip.views)
        track = tracks[int(generator.integers(len(tracks)))] if tracks else None
        cut = windows(_spans(clip, track), self.seconds)
        return [_candidate("random", clip, track, *cut[i]) for i in generator.permutation(len(cut))]

    def _rank(self, clip: OtherClip, track: int) -> float:
        mine = self.subject.analysis.tracks[self.subject.track].facts.gender
        theirs = clip.analysis.tracks[track].facts.gender
        other = mine is not None and theirs is not None and theirs != mine
        return float(clip.judged.distance[track]) + _OTHER_GENDER * other

    def _is_refused(self, clip: OtherClip) -> bool:
        """Whether a clip may show the subject; why is counted once."""
        if clip.key not in self._refused:
            why = self.strangers.refusal(clip.analysis, clip.judged)
            self._refused[clip.key] = why is not None
            self.dropped.update([why] if why is not None else [])
        return self._refused[clip.key]


def nearest(clips: Sequence[OtherClip], mine: FloatArray, count: int) -> list[tuple[OtherClip, int]]:
    """The `count` tracks (numbers) whose nearest view is nearest to any of somebody's [P, D], nearest first."""
    import faiss

    tracks = [(clip, number) for clip in clips for number in clip.views]
    if not tracks:
        return []
    views = [clip.views[number] for clip, number in tracks]
    owner = np.repeat(np.arange(len(tracks)), [len(one) for one in views])
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # a search is short, and two OpenMP runtimes in one process can crash on macOS
    try:
        index = faiss.IndexFlatL2(mine.shape[1])
        index.add(np.concatenate(views))
        apart, rows = index.search(np.ascontiguousarray(mine), len(owner))
    finally:
        faiss.omp_set_num_threads(threads)
    order = owner[rows.ravel()[np.argsort(apart.ravel(), kind="stable")]]
    return [tracks[i] for i in dict.fromkeys(order.tolist())][:count]


def look_through(
    subject: SubjectClip, chat: Service, strangers: Strangers, files: Sequence[str], watch: Watch, dropped: Counter[str]
) -> list[OtherClip]:
    """The clips of some files, looked at and judged, until the watch stops it; what can't be read is counted."""
    found: dict[str, OtherClip] = {}
    for number, file in enumerate(files):
        if watch.stopped:
            break
        watch.tell("looking at other people", number, len(files))
        try:
            analysis = chat.analyse(file)
        except (PVChatError, OSError):
            dropped["can't be read"] += 1
            continue
        if analysis.key not in (subject.analysis.key, *found):
            found[analysis.key] = _judged(Path(file), analysis, strangers)
    return list(found.values())


def _judged(path: Path, analysis: ClipAnalysis, strangers: Strangers) -> OtherClip:
    own = {n: t for n, t in enumerate(analysis.tracks) if t.kind == strangers.person.kind and len(t)}
    views = {number: prototypes(track) for number, track in own.items()}
    return OtherClip(path, analysis.without_features(), strangers.judge(analysis), views)


def _candidate(recipe: str, clip: OtherClip, track: int | None, start: float, end: float) -> Negative:
    distance = float("inf") if track is None else float(clip.judged.distance[track])
    return Negative(recipe, clip.key, clip.path, track, start, end, None, round(distance, 4))  # type: ignore[arg-type]


def _spans(clip: OtherClip, track: int | None) -> list[tuple[float, float]]:
    """When a track is seen; of a clip without anybody all of it."""
    seen = clip.analysis
    return [(0.0, seen.duration_s)] if track is None else seen.spans(seen.tracks[track].shown_in)


def files_of(config: AugmentConfig, seed: int) -> list[str]:
    """The files to look at, at most `MOST_FILES`, drawn at random; of the demo's footage where no folder is named."""
    files = [path for folder in config.others for path, _ in walk(folder)] if config.others else footage_clips()
    return [files[i] for i in sorted(np.random.default_rng(seed).permutation(len(files))[:MOST_FILES])]


def footage_clips() -> list[str]:
    """The demo's clips, cut when they are first needed; none where the footage isn't on this machine."""
    from pvchat.assets import footage, packages, weights

    if weights.missing(table=packages.table("footage")):
        return []
    place = home() / "footage"
    atomic.make_private_folder(place)
    return sorted(str(path) for path in footage.build(place).values())


def find(
    subject: SubjectClip, chat: Service, config: AugmentConfig, seed: int = 0, watch: Watch = UNWATCHED
) -> Negatives:
    """Choose negatives; the same for the same input and seed, which draws files, random ones and splits.

    Where too few are hard, random ones fill up, and the other way round. The watch stops looking at more files.
    """
    strangers = Strangers(subject.person, chat.networks.presence, chat.settings.presence.present_from)
    dropped: Counter[str] = Counter()
    clips = look_through(subject, chat, strangers, files_of(config, seed), watch, dropped)
    others = OtherClips(clips, subject, strangers, config, seed, dropped)
    near = others.lookalikes(others.recognise())
    random = others.random()
    beside = list(cut_outs(subject, strangers, config.seconds, dropped))
    hard = [c for pair in zip_longest(beside, near) for c in pair if c is not None]
    return Negatives(balance(hard, random, config.negatives), dict(dropped), seed)


def balance(hard: Sequence[Negative], random: Sequence[Negative], count: int) -> list[Negative]:
    """`count` of both in the wished share, hard ones first, each list's order kept; nothing is both."""
    wanted = round(count * _HARD)
    taken = {_place(c) for c in hard[:wanted]}
    free = [c for c in random if _place(c) not in taken]
    few = min(len(free), max(count - wanted, count - len(hard)))
    chosen = list(hard[: count - few])
    taken = {_place(c) for c in chosen}
    return [*chosen, *[c for c in free if _place(c) not in taken][:few]]


def _place(candidate: Negative) -> tuple[str, float, float]:
    return candidate.key, candidate.start_s, candidate.end_s

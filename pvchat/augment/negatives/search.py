"""Clips that don't show the subject, chosen so that telling them apart is worth learning; half hard, half random.

- "same-clip": other people of the enrollment clip, cut out so that the subject is not in the picture;
- "lookalike": the nearest faces (or figures) of other clips BEYOND a least distance: whoever is nearer may be the
  subject, who must never be their own negative (`strangers.py` decides); those of the same apparent gender come first;
- "random": anyone else beyond the same distance.

In: the subject, folders of clips of other people (else the demo's footage, where it was fetched). Out: `Negative`s;
`excerpts.py` cuts them and judges them again by what they show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from pvchat.assets import footage, packages, weights
from pvchat.augment.negatives.strangers import (
    Negative,
    Negatives,
    Recipe,
    StrangerCheck,
    SubjectClip,
    TrackScores,
    excerpt_times,
    same_clip_negatives,
)
from pvchat.augment.settings import AugmentConfig
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.config import home
from pvchat.errors import PVChatError
from pvchat.identity.enroll import prototypes
from pvchat.schemas import ClipAnalysis, FloatArray, Service
from pvchat.storage import atomic
from pvchat.video.files import walk

_HARD_SHARE = 0.5  # share that shall be look-alikes or people of the same clip; the rest is random
MOST_FILES = 60  # that are looked at, drawn at random
_OTHER_GENDER = 0.1  # how much farther a look-alike of another apparent gender counts
_LOOKALIKE_SHARE = 0.5  # of all strangers seen may count as look-alikes: in a small folder the rest is just random


@dataclass(frozen=True, eq=False)
class OtherClip:
    """A clip of other people: its analysis (without features: dozens are held at once), scores of its tracks.

    `views` are the vectors [V, D] of each track of the subject's kind, as an enrollment would keep them, by its number.
    """

    path: Path
    analysis: ClipAnalysis
    scores: TrackScores
    views: dict[int, FloatArray]


def find_negatives(
    subject: SubjectClip, chat: Service, config: AugmentConfig, seed: int = 0, watch: Watch = UNWATCHED
) -> Negatives:
    """Choose negatives; the same for the same input and seed, which draws files, random ones and splits.

    Where too few are hard, random ones fill up, and the other way round.
    """
    strangers = StrangerCheck(subject.person, chat.networks.presence, chat.settings.presence.present_from)
    clips, unreadable = analyse_clips(files_of(config, seed), subject, chat, strangers, watch)
    for clip in clips:
        strangers.remember_subject(clip.analysis, clip.scores)
    refusals = {clip: strangers.refusal(clip.analysis, clip.scores) for clip in clips}
    dropped = Counter({"can't be read": unreadable})
    dropped.update(reason for reason in refusals.values() if reason)
    near = lookalike_negatives([clip for clip in clips if not refusals[clip]], subject, config)
    # all are drawn from, refused ones too: the seed's order doesn't depend on who the subject is
    rng = np.random.default_rng(seed)
    order = [clips[i] for i in rng.permutation(len(clips))]
    random = random_negatives([clip for clip in order if not refusals[clip]], config, rng)
    beside = list(same_clip_negatives(subject, strangers, config.seconds, dropped))
    hard = [c for pair in zip_longest(beside, near) for c in pair if c is not None]
    return Negatives(balance(hard, random, config.negatives), dict(+dropped), seed)


def analyse_clips(
    files: Sequence[str], subject: SubjectClip, chat: Service, strangers: StrangerCheck, watch: Watch
) -> tuple[list[OtherClip], int]:
    """The clips of some files, no two alike, with scores of their tracks; and how many files can't be read."""
    found: dict[str, OtherClip] = {}
    unreadable = 0
    for file in watch.over("looking at other people", files):
        try:
            analysis = chat.analyse(file)
        except (PVChatError, OSError):
            unreadable += 1
            continue
        if analysis.key not in (subject.analysis.key, *found):
            own = {n: t for n, t in enumerate(analysis.tracks) if t.kind == strangers.person.kind and len(t)}
            views = {number: prototypes(track) for number, track in own.items()}
            scores = strangers.score(analysis)
            found[analysis.key] = OtherClip(Path(file), analysis.without_features(), scores, views)
    return list(found.values()), unreadable


def lookalike_negatives(clips: Sequence[OtherClip], subject: SubjectClip, config: AugmentConfig) -> list[Negative]:
    """The nearer half of all strangers, nearest first, one excerpt of each before a second one."""
    mine = subject.analysis.tracks[subject.track].facts.gender

    def rank(one: tuple[OtherClip, int]) -> float:
        clip, track = one
        theirs = clip.analysis.tracks[track].facts.gender
        other = mine is not None and theirs is not None and theirs != mine
        return float(clip.scores.distance[track]) + _OTHER_GENDER * other

    near = sorted(nearest_tracks(clips, np.asarray(subject.person.arrays["prototypes"], np.float32)), key=rank)
    near = near[: max(1, round(_LOOKALIKE_SHARE * len(near)))]
    spans = [excerpt_times(_spans(*one), config.seconds) for one in near]
    found = [[_candidate("lookalike", *one, *span) for span in cut] for one, cut in zip(near, spans, strict=True)]
    return [c for turn in zip_longest(*found) for c in turn if c is not None][: config.negatives]


def nearest_tracks(clips: Sequence[OtherClip], mine: FloatArray) -> list[tuple[OtherClip, int]]:
    """All tracks (numbers), nearest first, by their view nearest to any of somebody's [P, D]."""
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
    return [tracks[i] for i in dict.fromkeys(order.tolist())]


def random_negatives(clips: Sequence[OtherClip], config: AugmentConfig, rng: np.random.Generator) -> list[Negative]:
    """Strangers of clips in a drawn order; of each clip one excerpt before a second one."""
    found: list[Negative] = []
    spare: list[Negative] = []
    for clip in sorted(clips, key=lambda clip: not clip.views):  # those without anybody of her kind are too easy
        if len(found) >= 2 * config.negatives:  # twice: some may be chosen as look-alikes already
            break
        tracks = list(clip.views)
        track = tracks[int(rng.integers(len(tracks)))] if tracks else None
        cut = excerpt_times(_spans(clip, track), config.seconds)
        one = [_candidate("random", clip, track, *cut[i]) for i in rng.permutation(len(cut))]
        found, spare = found + one[:1], spare + one[1:]
    return [*found, *(spare[i] for i in rng.permutation(len(spare)))]


def _candidate(recipe: Recipe, clip: OtherClip, track: int | None, start: float, end: float) -> Negative:
    distance = float("inf") if track is None else float(clip.scores.distance[track])
    return Negative(recipe, clip.analysis.key, clip.path, track, start, end, None, round(distance, 4))


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
    if weights.missing(table=packages.table("footage")):
        return []
    place = home() / "footage"
    atomic.make_private_folder(place)
    return sorted(str(path) for path in footage.build(place).values())


def balance(hard: Sequence[Negative], random: Sequence[Negative], count: int) -> list[Negative]:
    """`count` of both in the wished share, hard ones first, each list's order kept; nothing is both."""
    wanted = round(count * _HARD_SHARE)
    taken = {_excerpt_key(c) for c in hard[:wanted]}
    free = [c for c in random if _excerpt_key(c) not in taken]
    few = min(len(free), max(count - wanted, count - len(hard)))
    chosen = list(hard[: count - few])
    taken = {_excerpt_key(c) for c in chosen}
    return [*chosen, *[c for c in free if _excerpt_key(c) not in taken][:few]]


def _excerpt_key(candidate: Negative) -> tuple[str, float, float]:
    return candidate.key, candidate.start_s, candidate.end_s

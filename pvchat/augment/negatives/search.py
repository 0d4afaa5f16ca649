"""Clips that don't show the subject, chosen so that telling them apart is worth learning; half hard, half random.

- "same-clip": other people of the enrollment clip, cut out so that the subject is not in the picture;
- "lookalike": the nearest faces (or figures) of other clips BEYOND a least distance: whoever is nearer may be the
  subject, who must never be their own negative (`strangers.py` decides);
- "random": anyone else beyond the same distance.

In: the subject, folders of clips of other people (else the demo's footage, where it was fetched). Out: `Negative`s,
then `Sample`s: excerpts are cut, an mp4 each and for some also a still; the step "filter" judges what they show. What
was cut is kept, so a stopped run goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from pvchat import video
from pvchat.assets import footage, packages, weights
from pvchat.augment.augmentation import MEDIA, Augmentation, write_media
from pvchat.augment.negatives.strangers import (
    Negative,
    Recipe,
    SubjectClip,
    TrackScores,
    excerpt_times,
    same_clip_negatives,
    score_tracks,
)
from pvchat.augment.schemas import FPS, AugmentConfig, Sample, Split, Stage, digest
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.config import home
from pvchat.errors import PVChatError, VideoReadError
from pvchat.identity.enroll import prototypes
from pvchat.runtime import faiss_on_one_thread
from pvchat.schemas import ClipAnalysis, FloatArray, Pixels, Service
from pvchat.storage import atomic
from pvchat.video.files import walk

_HARD_SHARE = 0.5  # share that shall be look-alikes or people of the same clip; the rest is random
MOST_FILES = 60  # that are looked at, drawn at random
_STILLS = 3  # every third excerpt also gives its middle frame, as a sample of stage "image"
_SHARED = 4  # source clips from which validation and test get one at least
_SIDE = 480  # pixels of an excerpt's longest side
_VAL, _TEST = 0.15, 0.15  # shares of the source clips that go into those splits
_MOST_SIDE = 1280  # pixels of the frame that a crop is cut from
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
) -> tuple[list[Negative], dict[str, int]]:
    """Choose negatives, and how many clips and people were refused, by reason; the same for the same input and seed.

    Where too few are hard, random ones fill up, and the other way round.
    """
    clips, unreadable = analyse_clips(files_of(config, seed), subject, chat, watch)
    refusals = {clip: clip.scores.refusal() for clip in clips}
    dropped = Counter({"can't be read": unreadable})
    dropped.update(reason for reason in refusals.values() if reason)
    near = lookalike_negatives([clip for clip in clips if not refusals[clip]], subject, config)
    # all are drawn from, refused ones too: the seed's order doesn't depend on who the subject is
    rng = np.random.default_rng(seed)
    order = [clips[i] for i in rng.permutation(len(clips))]
    random = random_negatives([clip for clip in order if not refusals[clip]], config, rng)
    beside = list(same_clip_negatives(subject, chat.networks.presence, config.seconds, dropped))
    hard = [c for pair in zip_longest(beside, near) for c in pair if c is not None]
    return balance(hard, random, config.negatives), dict(+dropped)


def analyse_clips(
    files: Sequence[str], subject: SubjectClip, chat: Service, watch: Watch
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
            own = {n: t for n, t in enumerate(analysis.tracks) if t.kind == subject.person.kind and len(t)}
            views = {number: prototypes(track) for number, track in own.items()}
            scores = score_tracks(subject.person, chat.networks.presence, analysis)
            found[analysis.key] = OtherClip(Path(file), analysis.without_features(), scores, views)
    return list(found.values()), unreadable


def lookalike_negatives(clips: Sequence[OtherClip], subject: SubjectClip, config: AugmentConfig) -> list[Negative]:
    """The nearer half of all strangers, nearest first, one excerpt of each before a second one."""
    near = nearest_tracks(clips, np.asarray(subject.person.arrays["prototypes"], np.float32))
    near = near[: max(1, round(_LOOKALIKE_SHARE * len(near)))]
    found = [_candidates("lookalike", *one, config.seconds) for one in near]
    return [c for turn in zip_longest(*found) for c in turn if c is not None][: config.negatives]


def nearest_tracks(clips: Sequence[OtherClip], mine: FloatArray) -> list[tuple[OtherClip, int]]:
    """All tracks (numbers), nearest first, by their view nearest to any of somebody's [P, D]."""
    import faiss

    tracks = [(clip, number) for clip in clips for number in clip.views]
    if not tracks:
        return []
    views = [clip.views[number] for clip, number in tracks]
    owner = np.repeat(np.arange(len(tracks)), [len(one) for one in views])
    with faiss_on_one_thread():
        apart, rows = faiss.knn(np.ascontiguousarray(mine), np.concatenate(views), len(owner))
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
        cut = _candidates("random", clip, track, config.seconds)
        one = [cut[i] for i in rng.permutation(len(cut))]
        found, spare = found + one[:1], spare + one[1:]
    return [*found, *(spare[i] for i in rng.permutation(len(spare)))]


def _candidates(recipe: Recipe, clip: OtherClip, track: int | None, seconds: float) -> list[Negative]:
    """Excerpts of when a track is seen; of a clip without anybody, of all of it."""
    seen, distance, spans = clip.analysis, float("inf"), [(0.0, clip.analysis.duration_s)]
    if track is not None:
        distance, spans = float(clip.scores.distance[track]), seen.spans(seen.tracks[track].shown_in)
    cut = excerpt_times(spans, seconds)
    return [Negative(recipe, seen.key, clip.path, track, *span, None, round(distance, 4)) for span in cut]


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


def write_excerpts(candidates: Sequence[Negative], subject: SubjectClip, run: Augmentation) -> list[Sample]:
    """Cut the candidates' excerpts into the run's media: a sample of stage "video" for each, of "image" for some.

    All samples of a source, the clip's key, are in one split. `dropped` is "unreadable" where its file can't be read
    any more; such samples have no media.
    """
    config = run.config
    atomic.make_private_folder(run.out / MEDIA)
    splits, stills = split_sources(candidates, run.seed), min(config.negatives // _STILLS, len(candidates))
    with_still = set(np.linspace(0, len(candidates) - 1, stills).round().astype(int))
    samples: list[Sample] = []
    for number, candidate in enumerate(run.watch.over("cutting negatives", candidates)):
        split, source = splits[candidate.key], candidate.key
        if candidate.key == subject.analysis.key:  # of the enrollment clip: where the segment is that it is cut from
            middle = (candidate.start_s + candidate.end_s) / 2
            inside = [(part, name) for start, end, part, name in subject.segments if start <= middle <= end]
            split, source = inside[0] if inside else ("train", candidate.key)
        stages: tuple[Stage, ...] = ("video", "image") if number in with_still else ("video",)
        about = {"split": split, "source": source, "people": {subject.name: False}, "seed": run.seed}
        made = [_sample(candidate, config.seconds, stage, about) for stage in stages]
        _cut(candidate, made, run)
        samples += made
    return samples


def split_sources(candidates: Sequence[Negative], seed: int) -> dict[str, Split]:
    """A split for each source clip, so that each recipe has clips in every split; where one has few, both together."""
    order = sorted({c.key for c in candidates}, key=lambda key: digest(key, seed))
    near = {c.key for c in candidates if c.recipe == "lookalike"}
    random = {c.key for c in candidates if c.recipe == "random"} - near
    groups = [near, random] if min(len(near), len(random)) >= _SHARED else [near | random]
    splits: dict[str, Split] = {}
    for group in groups:
        keys = [key for key in order if key in group]
        least = int(len(keys) >= _SHARED)
        val, test = (max(round(share * len(keys)), least) for share in (_VAL, _TEST))
        for place, key in enumerate(keys):
            splits[key] = "val" if place < val else "test" if place < val + test else "train"
    return {key: splits.get(key, "train") for key in order}


def cut_excerpt(candidate: Negative, chat: Service, seconds: float) -> Pixels:
    """The frames [T, H, W, 3] of a candidate's excerpt; raises VideoReadError."""
    x0, y0, x1, y1 = candidate.box or (0.0, 0.0, 1.0, 1.0)
    side = min(_MOST_SIDE, round(_SIDE / max(x1 - x0, y1 - y0, 0.1)))
    frames = max(1, round(seconds * FPS))
    wanted = replace(chat.settings.video, sample_fps=FPS, max_frames=frames, whole_side=side, max_side=side)
    span = (candidate.start_s, max(candidate.end_s, candidate.start_s + 1 / FPS))
    clip = video.load(candidate.clip, wanted, span=span)
    height, width = clip.images.shape[1:3]
    sides = (x0, x1, width), (y0, y1, height)
    across, down = (slice(round(a * n), max(round(b * n), round(a * n) + 2)) for a, b, n in sides)
    return np.ascontiguousarray(clip.images[:, down, across])


def _cut(candidate: Negative, made: Sequence[Sample], run: Augmentation) -> None:
    """Write the media that aren't there."""
    missing = [sample for sample in made if not (run.out / sample.media).exists()]
    try:
        images = cut_excerpt(candidate, run.analyses.chat, run.config.seconds) if missing else None
    except VideoReadError:
        for sample in missing:
            sample.dropped = "unreadable"
        return
    for sample in missing:
        assert images is not None
        write_media(run.out / sample.media, images[0 if sample.stage == "video" else len(images) // 2 :])


def _sample(candidate: Negative, seconds: float, stage: Stage, about: dict[str, Any]) -> Sample:
    """An excerpt, or its still; `about`: further fields."""
    place = (candidate.key, candidate.recipe, candidate.track, candidate.start_s, candidate.end_s, candidate.box)
    name = digest(*place, seconds, FPS, _SIDE, stage)[:16]
    gates = {"distance": candidate.distance} if np.isfinite(candidate.distance) else {}
    media = f"{MEDIA}/{name}{'.mp4' if stage == 'video' else '.jpg'}"
    return Sample(name, "negative", candidate.recipe, stage, media, gates=gates, **about)

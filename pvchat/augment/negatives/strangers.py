"""Which tracks certainly don't show the subject, in other clips and in the subject's own; records of what is found.

A track is a stranger when the presence model says "improbable" (at most `MAX_PROBABILITY`) and its mean vector lies
beyond `MIN_DISTANCE` from the subject's.

People of the subject's own clip are the best negatives: the same place, light and camera. They are cropped so that the
subject is not in the picture. Two faces that are seen at once are two people, whatever the model says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from pvchat.augment.profile import Profile
from pvchat.augment.schemas import Split
from pvchat.identity.enroll import choose, index_of
from pvchat.identity.presence import PresenceModel
from pvchat.people.person import Person
from pvchat.perception.boxes import overlap
from pvchat.perception.experts.headfiles import sigmoid
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis, FloatArray, Service, Track

Recipe = Literal["same-clip", "lookalike", "random"]
Box = tuple[float, float, float, float]

MAX_PROBABILITY = 0.05  # of being the subject, by the presence model, up to which anyone counts as somebody else
MIN_DISTANCE = 0.5  # Euclidean distance of mean face vectors below which two faces may be one person
_TOGETHER = 3  # sampled frames in which both must be seen
_SAME_FACE = 0.3  # overlap from which two boxes of one frame are one face found twice
_AROUND = (1.0, 0.8, 1.0, 2.5)  # of the face's size: how much of the picture left, above, right, below belongs to it
_BODY = (2.0, 6.0)  # of the subject's face: how far their body reaches to each side of its middle, and below it
_HEAD = 0.35  # of the subject's face size around their face: hair and chin
_LEAST = 48  # pixels of the crop's shorter side
_SHORTEST_S = 0.25


@dataclass(frozen=True)
class SubjectClip:
    """Whom the data set is about."""

    name: str  # as asked about
    person: Person  # as enrolled; needn't be stored anywhere
    analysis: ClipAnalysis  # of the enrollment clip
    track: int  # index of the subject into its tracks
    clip: Path
    # start_s, end_s, and what people who are cut from there get: split, `Sample.source`; without any all is "train"
    segments: tuple[tuple[float, float, Split, str], ...] = ()

    @classmethod
    def of(cls, profile: Profile, chat: Service, clip: str | Path, track: int | None = None) -> SubjectClip:
        """The subject of an augmentation's profile; `track` as in `AugmentConfig`."""
        analysis = chat.analyse(clip)
        chosen = choose(analysis, track, Path(clip).name)
        number = index_of(analysis, chosen)
        times, spans = profile.times, profile.spans
        segments = tuple((float(times[a]), float(times[b - 1]), s, profile.source(s)) for s, (a, b) in spans.items())
        return cls(profile.name, profile.person, analysis, number, Path(clip), segments)


@dataclass(frozen=True)
class Negative:
    """One negative before it is cut."""

    recipe: Recipe
    key: str  # content key of the clip
    clip: Path
    track: int | None  # index into the clip's tracks; None for clips without anybody
    start_s: float
    end_s: float
    box: Box | None  # x0, y0, x1, y1 as fractions of the frame to crop to; None: the whole frame
    distance: float  # from the subject's mean vector; infinite for clips without anybody of that kind


@dataclass(frozen=True)
class TrackScores:
    """How like the subject K tracks of one clip are."""

    probability: FloatArray  # [K] that each shows the subject
    distance: FloatArray  # [K] of its mean from the subject's
    clip: float  # probability that anyone in the clip is the subject

    def refusal(self) -> str | None:
        """Why the clip may show the subject, or None: nobody in it does."""
        if self.clip > MAX_PROBABILITY:
            return "may be the subject"
        return "too near to the subject" if np.min(self.distance, initial=np.inf) < MIN_DISTANCE else None


def score_tracks(person: Person, presence: PresenceModel, analysis: ClipAnalysis) -> TrackScores:
    """How like the subject everyone in a clip is."""
    middle = np.asarray(person.arrays["prototypes"], np.float32).mean(0)
    means = [mean_identity(t.identity, t.quality) if t.kind == person.kind else None for t in analysis.tracks]
    apart = [np.inf if mean is None else float(np.linalg.norm(mean - middle)) for mean in means]
    # In her own place her reach would make a view of her that the enrollment doesn't have somebody else's.
    without_place = replace(person, arrays={k: v for k, v in person.arrays.items() if k != "frame"})

    def probability(tracks: list[Track]) -> float:
        shown = replace(analysis, tracks=tracks)
        logits = np.concatenate([presence.logits([one], shown)[0] for one in (person, without_place)])
        return float(sigmoid(logits.max())) if logits.size else 0.0

    each = [probability([track]) for track in analysis.tracks]
    together = probability(analysis.tracks)  # drawn figures are scored clip by clip
    return TrackScores(np.array(each, np.float32), np.array(apart, np.float32), max([together, *each]))


def same_clip_negatives(
    subject: SubjectClip, presence: PresenceModel, seconds: float, dropped: Counter[str]
) -> Iterator[Negative]:
    """Excerpts of the enrollment clip, of so many seconds at most, that show somebody else and not the subject."""
    analysis, me = subject.analysis, subject.analysis.tracks[subject.track]
    scores = score_tracks(subject.person, presence, analysis)
    parts = [(start, end) for start, end, *_ in subject.segments] or [(0.0, analysis.duration_s)]  # none is crossed
    for number, track in enumerate(analysis.tracks):
        if number == subject.track or track.kind != me.kind:
            continue
        if lies_on_body(track, me):
            dropped["in the subject's clip: on the subject's own body"] += 1
            continue
        distance, probability = float(scores.distance[number]), float(scores.probability[number])
        if distance < MIN_DISTANCE or probability > MAX_PROBABILITY and not seen_together(track, me):
            dropped["in the subject's clip: may be the subject"] += 1
            continue
        spans = [(max(a, first), min(b, last)) for first, last in parts for a, b in analysis.spans(track.frames)]
        for start, end in excerpt_times([(a, b) for a, b in spans if b - a >= _SHORTEST_S], seconds):
            box = crop_without_subject(analysis, track, me, start, end)
            if box is None:
                dropped["in the subject's clip: no room beside the subject"] += 1
                continue
            yield Negative("same-clip", analysis.key, subject.clip, number, start, end, box, round(distance, 4))


def excerpt_times(spans: Sequence[tuple[float, float]], seconds: float) -> list[tuple[float, float]]:
    """Excerpts of at most `seconds` out of spans [start_s, end_s], the middle of the longest span first."""
    found = []
    for start, end in sorted(spans, key=lambda s: s[0] - s[1]):
        pieces = max(1, int((end - start) / seconds))
        step = (end - start) / pieces
        half = min(seconds, step) / 2
        middles = [start + (k + 0.5) * step for k in range(pieces)]
        middles.sort(key=lambda m: abs(m - (start + end) / 2))
        found += [(round(m - half, 2), round(m + half, 2)) for m in middles]
    return found


def seen_together(a: Track, b: Track) -> bool:
    """Whether two tracks are in one picture at different places often enough to be two people."""
    _, at_a, at_b = np.intersect1d(a.frames, b.frames, return_indices=True)
    shared = [overlap(a.boxes[i][None], b.boxes[j][None])[0, 0] for i, j in zip(at_a, at_b, strict=True)]
    return len(shared) >= _TOGETHER and max(shared) < _SAME_FACE


def lies_on_body(track: Track, subject: Track) -> bool:
    """Whether what was taken for a face is mostly on the subject's own body: a print on a shirt, a fold, a hand."""
    _, at, mine = np.intersect1d(track.frames, subject.frames, return_indices=True)
    if not len(at):
        return False
    middles = (track.boxes[at, :2] + track.boxes[at, 2:]) / 2
    boxes = subject.boxes[mine]
    size, chin = boxes[:, 2:] - boxes[:, :2], boxes[:, 3]
    aside = np.abs(middles[:, 0] - (boxes[:, 0] + boxes[:, 2]) / 2) <= _BODY[0] * size[:, 0]
    below = (middles[:, 1] > chin) & (middles[:, 1] < chin + _BODY[1] * size[:, 1])
    return bool((aside & below).mean() > 0.5)


def crop_without_subject(analysis: ClipAnalysis, track: Track, subject: Track, start: float, end: float) -> Box | None:
    """A box around one track, clear of the subject's head, between two times (seconds); None where there is no room."""
    slack = float(np.median(np.diff(analysis.times))) if len(analysis.times) > 1 else 0.0
    mine = _box_around(analysis, track, start - slack, end + slack)
    if mine is None:
        return None
    size = mine[2:] - mine[:2]
    grown = np.concatenate([mine[:2] - size * _AROUND[:2], mine[2:] + size * _AROUND[2:]])
    box = np.clip(grown, 0, 1)
    theirs = _box_around(analysis, subject, start - 2 * slack, end + 2 * slack)
    if theirs is not None:
        margin = _HEAD * (theirs[2:] - theirs[:2])
        box = _largest_part_without(box, mine, np.concatenate([theirs[:2] - margin, theirs[2:] + margin]))
    if box is None:
        return None
    width, height = (box[2:] - box[:2]) * [analysis.width, analysis.height]
    x0, y0, x1, y1 = (round(float(v), 4) for v in box)
    return (x0, y0, x1, y1) if min(width, height) >= _LEAST else None


def _largest_part_without(box: FloatArray, keep: FloatArray, avoid: FloatArray) -> FloatArray | None:
    """The largest part of `box` that holds all of `keep` and nothing of `avoid`, cut by one straight line."""
    if (np.minimum(box[2:], avoid[2:]) <= np.maximum(box[:2], avoid[:2])).any():
        return box
    parts = []
    for axis in (0, 1):
        if avoid[axis] >= keep[axis + 2]:  # it lies to the right or below
            parts.append(box.copy())
            parts[-1][axis + 2] = min(box[axis + 2], avoid[axis])
        if avoid[axis + 2] <= keep[axis]:
            parts.append(box.copy())
            parts[-1][axis] = max(box[axis], avoid[axis + 2])
    return max(parts, key=lambda p: float((p[2:] - p[:2]).prod()), default=None)


def _box_around(analysis: ClipAnalysis, track: Track, start: float, end: float) -> FloatArray | None:
    """The box [4] around all of a track's between two times."""
    times = analysis.times[track.frames]
    boxes = track.boxes[(times >= start) & (times <= end)]
    return np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)]) if len(boxes) else None

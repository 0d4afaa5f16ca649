"""What somebody in a long video does and wears, measured in the stretches that a question is about.

In: the video, the analysis of its scan, and stretches of people's tracks. Out: an analysis with the facts of those.
The shot that a stretch lies in is read again, looked at as a clip of its own, and those of its people are measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pvchat.perception import tracks
from pvchat.perception.analysis import WHOLE, recognise
from pvchat.perception.boxes import overlap
from pvchat.perception.experts.collection import Experts
from pvchat.perception.measuring import measure
from pvchat.perception.scan import LongVideo
from pvchat.schemas import Appearance, ClipAnalysis, PersonFacts, Progress, Track
from pvchat.video import Clip

CLOSE = replace(WHOLE, prints=0)
MOST_STRETCHES = 12  # that are measured for one question, unless more people are asked about
_SAME = 0.5  # overlap from which a face that is found again is the one that was seen in the scan
_AT_ONCE_S = 0.15  # between a sample of the scan and one of the shot that is read again
_Facts = list[tuple[Appearance, PersonFacts]]


def stretches_of(shown: Sequence[Track]) -> list[Appearance]:
    """The stretches in which people (of the whole, or of a part of the video) are measured: the longest of each.

    One person is measured in `MOST_STRETCHES`; several share these, and each has one at least.
    """
    each = max(1, MOST_STRETCHES // max(1, len(shown)))
    return [one for track in shown for one in sorted(track.appearances, key=lambda a: a.start_s - a.end_s)[:each]]


def look_closer(
    source: LongVideo,
    whole: ClipAnalysis,
    wanted: Sequence[Appearance],
    experts: Experts,
    progress: Progress | None = None,
) -> ClipAnalysis:
    """The analysis of a long video's scan with the facts of some stretches measured, out of its tracks' `appearances`.

    The one that is given stays as it is; progress is in shots. Raises VideoReadError of a file that can't be read.
    """
    report = progress or (lambda what, done, total: None)
    shots = dict[tuple[float, float], list[Appearance]]()
    for stretch in wanted:
        shots.setdefault(_shot_around(whole, stretch), []).append(stretch)
    found: _Facts = []
    for number, (shot, stretches) in enumerate(sorted(shots.items())):
        report("looking closer", number, len(shots))
        found += _measured_facts(source.piece(whole.key, shot), whole, stretches, experts)
    report("looking closer", len(shots), len(shots))
    return replace(whole, tracks=[_with_facts(track, found) for track in whole.tracks])


def with_facts_of(whole: ClipAnalysis, other: ClipAnalysis) -> ClipAnalysis:
    """The analysis with the facts of more stretches: those that another analysis of the same scan has measured."""
    if [len(t.appearances) for t in whole.tracks] != [len(t.appearances) for t in other.tracks]:
        return whole  # of another scan
    found = [
        (mine, theirs.facts)
        for one, two in zip(whole.tracks, other.tracks, strict=True)
        for mine, theirs in zip(one.appearances, two.appearances, strict=True)
        if theirs.told and not mine.told
    ]
    return replace(whole, tracks=[_with_facts(track, found) for track in whole.tracks]) if found else whole


def _shot_around(whole: ClipAnalysis, stretch: Appearance) -> tuple[float, float]:
    """From when to when the shot goes that a stretch lies in, as far as it is in the same part of the scan."""
    middle = (stretch.start_s + stretch.end_s) / 2
    spans = [*whole.shots.tolist(), *((scene.start_s, scene.end_s) for scene in whole.scenes)]
    around = [(start, end) for start, end in spans if start <= middle < end]
    return max(start for start, _ in around), min(end for _, end in around)


def _measured_facts(piece: Clip, whole: ClipAnalysis, stretches: Sequence[Appearance], experts: Experts) -> _Facts:
    """The facts of stretches that lie in one shot; who isn't found there again keeps those that were told."""
    seen = recognise(piece, experts, None, CLOSE)
    numbers = [_matching_track(one, whole, seen, piece) for one in stretches]
    if known := sorted({number for number in numbers if number is not None}):
        seen = measure(piece, seen, experts, None, CLOSE, only=known)
    pairs = zip(stretches, numbers, strict=True)
    return [(one, one.facts if number is None else seen.tracks[number].facts) for one, number in pairs]


def _matching_track(stretch: Appearance, whole: ClipAnalysis, seen: ClipAnalysis, clip: Clip) -> int | None:
    """The number of the track of a shot, read again, that a stretch of the scan is of: by place, else by identity."""
    track = next(t for t in whole.tracks if any(a is stretch for a in t.appearances))
    same = [i for i, one in enumerate(seen.tracks) if one.kind == track.kind]
    if not same:
        return None
    shared, times = [], whole.times[track.frames]
    for one in (seen.tracks[i] for i in same):
        a, b = np.nonzero(np.abs(times[:, None] - clip.times[one.frames]) <= _AT_ONCE_S)
        shared.append(int((overlap(track.boxes[a], one.boxes[b]).diagonal() >= _SAME).sum()))  # frames
    if max(shared):
        return same[int(np.argmax(shared))]
    means = [tracks.mean_identity(one.identity, one.quality) for one in (track, *(seen.tracks[i] for i in same))]
    apart = np.linalg.norm(np.stack(means[1:]) - means[0], axis=1)
    return same[int(apart.argmin())] if apart.min() < tracks.LINK_OVERLAPPING else None


def _with_facts(track: Track, found: Sequence[tuple[Appearance, PersonFacts]]) -> Track:
    """The track with new facts of its stretches, and of itself where its facts were such a stretch's."""
    facts, stretches = track.facts, []
    for stretch in track.appearances:
        new = next((f for one, f in found if one is stretch), None)
        if new is not None:
            facts = new if track.facts == stretch.facts else facts
            stretch = replace(stretch, facts=new, told=True)
        stretches.append(stretch)
    return replace(track, appearances=stretches, facts=facts)

"""What somebody in a long video does and wears, measured in the stretches that a question is about.

In: the video, the analysis of its scan, and stretches of people's tracks. Out: an analysis with the facts of those.
The part of the video that a stretch lies in is read again, its faces found and measured as in a short clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pvchat.perception.analysis import Depth, recognise
from pvchat.perception.boxes import overlap
from pvchat.perception.experts.collection import Experts
from pvchat.perception.measuring import measure
from pvchat.perception.scan import LongVideo
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import Appearance, ClipAnalysis, PersonFacts, Progress, Track
from pvchat.video import Clip

CLOSE = Depth(grid_frames=3, body_crops=3, prints=0, figure_frames=3, figure_tracks=3, faceless=False)
_SAME = 0.5  # overlap from which a face that is found again is the one that was seen in the scan


def stretch_of(shown: Track) -> Appearance | None:
    """The stretch of a track (of the whole, or of a part of the video) that its facts were measured in, or None."""
    return next((a for a in shown.appearances if a.facts == shown.facts), None)


def look_closer(
    source: LongVideo,
    whole: ClipAnalysis,
    wanted: Sequence[Appearance],
    experts: Experts,
    progress: Progress | None = None,
) -> ClipAnalysis:
    """The analysis of a long video's scan with the facts of some stretches measured, out of its tracks' `appearances`.

    The one that is given stays as it is; progress is in stretches. Raises VideoReadError of a file that can't be read.
    """
    tell = progress or (lambda what, done, total: None)
    found: list[tuple[Appearance, PersonFacts]] = []
    for number, stretch in enumerate(wanted):
        tell("looking closer", number, len(wanted))
        track = next(t for t in whole.tracks if any(a is stretch for a in t.appearances))
        found.append((stretch, _measured_facts(source, whole, track, stretch, experts)))
    tell("looking closer", len(wanted), len(wanted))
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


def _measured_facts(
    source: LongVideo, whole: ClipAnalysis, track: Track, stretch: Appearance, experts: Experts
) -> PersonFacts:
    """Read the part of the video again that a stretch lies in, and measure the track's facts there."""
    middle = (stretch.start_s + stretch.end_s) / 2
    start_s = max((s.start_s for s in whole.scenes if s.start_s <= middle), default=0.0)
    parts = source.parts(whole.key, start_s)
    piece = next(parts, None)
    parts.close()
    if piece is None:  # the file lost its end
        return stretch.facts
    seen = recognise(piece, experts, None, CLOSE)
    if (number := _matching_track(track, whole, seen, piece)) is None:
        return stretch.facts
    return measure(piece, seen, experts, None, CLOSE, only=(number,)).tracks[number].facts


def _matching_track(track: Track, whole: ClipAnalysis, seen: ClipAnalysis, clip: Clip) -> int | None:
    """The number of the re-analysed part's track that is this track of the scan: by place, else by identity."""
    same = [i for i, one in enumerate(seen.tracks) if one.kind == track.kind]
    if not same:
        return None
    first, shared = int(np.searchsorted(whole.times, clip.times[0] - 1e-3)), []
    for one in (seen.tracks[i] for i in same):
        _, a, b = np.intersect1d(track.frames - first, one.frames, return_indices=True)
        shared.append(int((overlap(track.boxes[a], one.boxes[b]).diagonal() >= _SAME).sum()))  # frames
    if max(shared):
        return same[int(np.argmax(shared))]
    mean = mean_identity(track.identity, track.quality)
    apart = [np.linalg.norm(mean - mean_identity(seen.tracks[i].identity, seen.tracks[i].quality)) for i in same]
    return same[int(np.argmin(apart))]


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

"""Who speaks: whose mouth moves while speech is heard.

A stretch of speech gets the face track it comes from, or is marked `unseen` (the speaker isn't in the picture) or
`overlap` (several mouths move). If it isn't sure, nobody is named. Faces are not looked for anew: a face is followed
between two of its sightings in one shot.

A mouth that speaks opens and closes several times a second; what counts is by how much its opening changes from one
look to the next, in face heights. The numbers were chosen in docs/adr/0039-sound.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pvchat.config import VideoConfig
from pvchat.perception.experts.mesh import SMALLEST_MOUTH, MeshExpert
from pvchat.schemas import ClipAnalysis, FloatArray, Utterance
from pvchat.video.files import PathLike, Probe
from pvchat.video.parts import pictures_at

_LOOKS_A_SECOND = 12.5  # syllables come at 3 to 7 a second
_MOST_LOOKS = 60  # of one stretch: a long one is looked at in its first seconds
_APART_S = 1.1  # most between two sightings between which a face is followed
_FOLLOWED = 0.6  # share of the looks in which a mouth must be measured
_THERE = 0.25  # … and in which a face must be seen at all to be one that may speak
_LOOKS = 5  # after so many looks without a face there is none
_MOVES, _STILL = 0.009, 0.004  # face heights a look
_CLEARLY = 1.6  # times as much as the mouth that moves second most


@dataclass(frozen=True)
class Face:
    """A face at one time: of which track, its box and five points (fractions of the picture)."""

    track: int
    box: FloatArray
    points: FloatArray


def with_speakers(
    path: PathLike,
    found: Probe,
    analysis: ClipAnalysis,
    utterances: Sequence[Utterance],
    mesh: MeshExpert,
    config: VideoConfig,
) -> tuple[Utterance, ...]:
    """What was heard in a clip (`found`: what `probe` said) with who speaks; VideoReadError where it can't be read."""
    looks = [look_times(one) for one in utterances]
    faces = {time: faces_at(analysis, time) for times in looks for time in times}
    wanted = [time for time, there in faces.items() if there]
    opened: dict[float, dict[int, float]] = defaultdict(dict)
    for time, image in pictures_at(path, found, wanted, config) if wanted else ():
        for face in faces[time]:
            if (face.box[3] - face.box[1]) * image.shape[0] >= SMALLEST_MOUTH:
                seen = mesh.mesh(image, face.box, face.points)
                opened[time][face.track] = np.nan if seen is None else seen.mouth_open
    spoken = []
    for one, times in zip(utterances, looks, strict=True):
        shown = Counter(face.track for time in times for face in faces[time])
        there = {track for track, count in shown.items() if count >= _THERE * len(times)}
        there -= false_faces(times, opened)
        # its pictures were looked at, so that a face would have been found
        sampled = (analysis.times >= one.start_s - _APART_S) & (analysis.times <= one.end_s + _APART_S)
        looked = not shown and bool(sampled.any())
        spoken.append(_with_speaker(one, there, mouth_movements(times, opened), looked))
    return tuple(spoken)


def _with_speaker(one: Utterance, there: set[int], moves: Mapping[int, float], looked: bool) -> Utterance:
    """A stretch with who speaks, of the faces `there` whose `moves` are known; `looked`: nobody was to be seen."""
    if not there:
        return replace(one, unseen=looked)
    if there - set(moves):  # a mouth that can't be followed may be the one
        return one
    (most, track), *others = sorted(((move, track) for track, move in moves.items()), reverse=True)
    second = others[0][0] if others else 0.0
    if most >= _MOVES and most >= _CLEARLY * second:
        return replace(one, track=track)
    return replace(one, unseen=most < _STILL, overlap=second >= _MOVES)


def look_times(one: Utterance) -> list[float]:
    """The seconds at which mouths are looked at during a stretch."""
    count = min(_MOST_LOOKS, max(2, round((one.end_s - one.start_s) * _LOOKS_A_SECOND)))
    return [round(one.start_s + (i + 0.5) / _LOOKS_A_SECOND, 3) for i in range(count)]


def faces_at(analysis: ClipAnalysis, time: float) -> list[Face]:
    """The faces in the picture at a time (seconds): between two sightings around it, or beside the one that is near."""
    found = []
    for number, track in enumerate(analysis.tracks):
        if track.kind != "face" or not len(track):
            continue
        first, last = analysis.times[track.frames[0]], analysis.times[track.frames[-1]]
        if not first - _APART_S <= time <= last + _APART_S:  # of most tracks of a long video that is all there is to do
            continue
        times = analysis.times[track.frames]
        near = np.flatnonzero(analysis.shot_of(times) == analysis.shot_of(np.array([time], np.float32))[0])
        before, after = near[times[near] <= time][-1:], near[times[near] > time][:1]
        ends = np.concatenate([before, after])
        gap = times[after[0]] - times[before[0]] if len(ends) == 2 else 2 * abs(times[ends] - time).min(initial=np.inf)
        if gap > _APART_S:
            continue
        share = (time - times[ends[0]]) / max(gap, 1e-6) if len(ends) == 2 else 0.0
        one, other = ends if len(ends) == 2 else np.repeat(ends, 2)
        box, points = ((1 - share) * values[one] + share * values[other] for values in (track.boxes, track.points))
        found.append(Face(number, box, points))
    return found


def false_faces(times: Sequence[float], opened: Mapping[float, Mapping[int, float]]) -> set[int]:
    """Tracks that are no faces: the detector took an arm or a pattern for one, and the mesh never fits."""
    looks = Counter(track for time in times for track in opened.get(time, {}))
    fits = {track for time in times for track, value in opened.get(time, {}).items() if not np.isnan(value)}
    return {track for track, count in looks.items() if count >= _LOOKS and track not in fits}


def mouth_movements(times: Sequence[float], opened: Mapping[float, Mapping[int, float]]) -> dict[int, float]:
    """By how much each mouth that could be followed changes from one look to the next, face heights (mean).

    `opened`: how far mouths are open at each look, by time and track; NaN where the mesh finds no face.
    """
    moves = {}
    for track in sorted({track for time in times for track in opened.get(time, {})}):
        series = np.array([opened.get(time, {}).get(track, np.nan) for time in times])
        steps = np.abs(np.diff(series))
        if np.isfinite(series).sum() >= _FOLLOWED * len(times) and np.isfinite(steps).any():
            moves[track] = float(np.mean(steps[np.isfinite(steps)]))
    return moves

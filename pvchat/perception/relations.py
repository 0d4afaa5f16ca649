"""What people have to do with the things around them: what they sit or lie on, and ties.

In: a track with its poses, the clip's `Thing`s (`things.py`). Out: fields of the track's facts, with their grounds. A
relation counts where it holds in most of the frames that show both.

Legend: lengths are in face heights of the person in question, so that near and far people are treated alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from pvchat.perception.experts import body
from pvchat.perception.posture import BEDS
from pvchat.schemas import ClipAnalysis, FloatArray, Garment, Ground, Thing, Track

_SEEN = 0.5  # visibility from which a hip is believed
_MOSTLY = 0.6  # share of the frames that show both in which a relation must hold [choice]
_SEATS = {"chair": "on a chair", "bench": "on a bench"} | BEDS
_DARK = re.compile(r"^(black|grey|dark \w+|navy)$")

_Relation = Callable[[Track, int, FloatArray], bool]  # track, sighting, box of the thing -> whether it holds


def tell_things(track: Track, analysis: ClipAnalysis) -> None:
    """Put into a track's facts what its person sits or lies on, and a tie."""
    facts = track.facts
    tie = next((t for t in analysis.things if t.label == "tie" and _mostly(track, t, _at_collar)), None)
    if tie is not None and not any(garment.kind in ("tie", "bow tie") for garment in facts.clothes):
        main = facts.clothes[0] if facts.clothes else None
        if main is not None and main.kind == "top":  # a dark one with a tie is a suit, a light one a shirt
            main.kind = "suit" if _DARK.search(main.colour or "") else "shirt"
        facts.clothes.append(Garment("tie", None, tie.confidence))
        facts.grounds["tie"] = _ground(tie, analysis)
    seat = next((t for t in analysis.things if t.label in _SEATS and _mostly(track, t, _seated)), None)
    if seat is not None and (facts.pose or "").endswith(("sitting", "lying down")):
        in_bed = seat.label == "couch" and analysis.scene.place == "a bedroom"
        facts.seat = _SEATS["bed" if in_bed else seat.label]
        facts.confidence["seat"], facts.grounds["seat"] = seat.confidence, _ground(seat, analysis)


def _mostly(track: Track, thing: Thing, holds: _Relation) -> bool:
    """Whether a relation holds in most of the frames that show both, the thing in the same frame or beside it."""
    rows, seen = {int(frame): i for i, frame in enumerate(track.frames)}, []
    for frame, box in zip(thing.frames, thing.boxes, strict=True):
        near = [rows[f] for f in (frame, frame - 1, frame + 1) if f in rows]
        seen += [holds(track, row, np.array(box, np.float32)) for row in near[:1]]
    return bool(seen) and float(np.mean(seen)) >= _MOSTLY


def _ground(thing: Thing, analysis: ClipAnalysis) -> Ground:
    """The sighting of the thing that is surest."""
    best = int(np.argmax(thing.scores))
    x0, y0, x1, y1 = thing.boxes[best]
    return Ground(round(float(analysis.times[thing.frames[best]]), 2), (x0, y0, x1, y1), thing.confidence)


def _seated(track: Track, row: int, box: FloatArray) -> bool:
    """Whether the hips lie in the thing's box; where they aren't seen, whether it is around or below the body."""
    face, poses = track.boxes[row], [track.pose[i] for i in (row, row - 1, row + 1) if 0 <= i < len(track)]
    joints = next((pose for pose in poses if not np.isnan(pose).any()), None)
    if joints is not None and (joints[list(body.HIPS), 3] >= _SEEN).all():
        hips = joints[list(body.HIPS), :2].mean(0)
        low = box[3] + 0.5 * (face[3] - face[1])
        return bool(box[0] <= hips[0] <= box[2] and box[1] <= hips[1] <= low)
    middle = float(face[0] + face[2]) / 2
    return bool(box[0] <= middle <= box[2] and box[3] > face[3] + 1.0 * (face[3] - face[1]) and box[1] > face[1])


def _at_collar(track: Track, row: int, box: FloatArray) -> bool:
    """Whether a tie begins below the face, at most a face width to the side."""
    face = track.boxes[row]
    height, middle = float(face[3] - face[1]), float(face[0] + face[2]) / 2
    level = face[3] - 0.3 * height < box[1] < face[3] + height
    return bool(level and abs((box[0] + box[2]) / 2 - middle) < 0.7 * (face[2] - face[0]))

"""Things of a clip: found in a few frames, followed through them; and what people have to do with them.

In: frames and `experts/objects.py`; a track with its poses. Out: `Thing`s with a calibrated confidence, and the room
that they stand in as a rule; what somebody sits or lies on, and a tie, in the track's facts. Only what passes
`objects.json`, which `recipes/looks/things.py` measures on held-back photos, is kept; what is seen in one of several
frames needs more. A relation counts where it holds in most of the frames that show both.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.perception.boxes import first_of_each, nesting, overlap
from pvchat.perception.experts import body
from pvchat.perception.experts.objects import Detection
from pvchat.perception.posture import BEDS
from pvchat.schemas import ClipAnalysis, Flags, FloatArray, Garment, Ground, IntArray, Thing, Track

# The detector's calibration: `slope`, `offset`, limits `sure` and `once`, stricter labels.
_FILE = Path(__file__).with_name("experts") / "objects.json"
CALIBRATION: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
_LINK = 0.3  # overlap from which two boxes in successive frames are one thing [choice]
_SAME_PLACE = 0.6  # overlap from which boxes of two labels are one thing, which bears the likelier one [choice]
_INSIDE = 0.8  # share of the smaller box that lies in one of the same label, from which it is a part of that [choice]
_SURE_ONCE = 0.8  # confidence from which a thing that is seen in one frame tells the room [choice]
_BOOK, _SHELF = 0.25, 3.0  # the detector's score of a book among others; books in a frame that stand on shelves
_ROOMS = {"bed": "a bedroom", "toilet": "a bathroom", "oven": "a kitchen", "microwave": "a kitchen"}

_SEEN = 0.5  # visibility from which a hip is believed
_MOSTLY = 0.6  # share of the frames that show both in which a relation must hold [choice]
_SEATS = {"chair": "on a chair", "bench": "on a bench"} | BEDS
_DARK = re.compile(r"^(black|grey|dark \w+|navy)$")

_Relation = Callable[[Track, int, FloatArray], bool]  # track, sighting, box of the thing -> whether it holds


def find_things(detected: dict[int, list[Detection]], shots: IntArray) -> list[Thing]:
    """The things of a clip, the surest first, `detected` by frame; `shots` [T]: nothing is followed across a cut."""
    found = {frame: without_duplicates(there) for frame, there in detected.items()}
    looked = Counter(int(shots[frame]) for frame in found)
    things = [thing for thing in link_detections(found, shots) if thing.label not in CALIBRATION["silent"]]
    for thing in things:
        thing.confidence = confidence(thing, looked[int(shots[thing.frames[0]])])
    sure = sorted((t for t in things if t.confidence >= CALIBRATION["sure"]), key=lambda t: -t.confidence)
    boxes = np.array([np.median(thing.boxes, 0) for thing in sure], np.float32).reshape(-1, 4)
    # without those whose place has a surer thing of another label, also in other frames
    twice = (overlap(boxes, boxes) > _SAME_PLACE) & ~_same_label(sure)
    return [sure[i] for i in first_of_each(twice)]


def without_duplicates(found: Sequence[Detection]) -> list[Detection]:
    """Detections without people (who are followed by their faces), and without a second one for the same box."""
    things = [one for one in found if one.label != "person"]
    boxes = np.array([one.box for one in things], np.float32).reshape(-1, 4)
    twice = (overlap(boxes, boxes) > _SAME_PLACE) | (_same_label(things) & (nesting(boxes, boxes) > _INSIDE))
    return [things[i] for i in first_of_each(twice)]


def _same_label(some: Sequence[Detection | Thing]) -> Flags:
    """[n, n] which of them have one label."""
    labels = np.array([one.label for one in some])
    return np.asarray(labels[:, None] == labels[None])


def probability(label: str, score: float) -> float:
    """How likely a detection of this score is right, from held-back photos."""
    table, inside = CALIBRATION, float(np.clip(score, 1e-4, 1 - 1e-4))
    logit = table["slope"] * np.log(inside / (1 - inside)) + table["offset"] - table.get(f"less {label}", 0.0)
    return float(1 / (1 + np.exp(-logit)))


def confidence(thing: Thing, looked: int) -> float:
    """A thing's confidence, of `looked` searched frames of its shot: seen once among several counts for less."""
    best = sorted((probability(thing.label, s) for s in thing.scores), reverse=True)
    if looked <= 1:
        return round(best[0], 3)
    second = best[1] if len(best) > 1 else CALIBRATION["once"] * best[0]
    return round((best[0] + second) / 2, 3)


def link_detections(found: dict[int, list[Detection]], shots: IntArray) -> list[Thing]:
    """Link detections by overlap, from one searched frame to the next within a shot; `shots` [T]."""
    things: list[Thing] = []
    for frame in sorted(found):
        free = [t for t in things if t.frames[-1] != frame and shots[t.frames[-1]] == shots[frame]]
        for one in found[frame]:
            same = [t for t in free if t.label == one.label]
            near = overlap(one.box[None], np.array([t.boxes[-1] for t in same], np.float32).reshape(-1, 4))[0]
            if near.max(initial=0.0) >= _LINK:
                thing = same[int(near.argmax())]
                free.remove(thing)
            else:
                thing = Thing(one.label, 0.0)
                things.append(thing)
            thing.frames.append(frame)
            thing.boxes.append([round(float(v), 4) for v in one.box])
            thing.scores.append(round(one.score, 4))
    return things


def shows_bookshelves(detected: dict[int, list[Detection]]) -> bool:
    """Whether books are found in a frame as many, on average, as stand on shelves; a single one seldom is a book."""
    books = [sum(one.label == "book" and one.score >= _BOOK for one in there) for there in detected.values()]
    return bool(books) and float(np.mean(books)) >= _SHELF


def room_of(things: Sequence[Thing]) -> tuple[str, float] | None:
    """The room that a thing, seen twice or well, stands in as a rule, and how sure that is; None where none does."""
    sure = [t for t in things if t.label in _ROOMS and (len(t.frames) > 1 or t.confidence >= _SURE_ONCE)]
    return (_ROOMS[sure[0].label], sure[0].confidence) if sure else None


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

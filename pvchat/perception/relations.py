"""What people have to do with the things around them: held, worn, ridden, sat on, stood at, stood beside.

In: a track with its poses, the clip's `Thing`s (`things.py`). Out: fields of the track's facts, with their grounds. A
relation counts where it holds in most of the frames that show both.

Legend: lengths are in face heights of the person in question, so that near and far people are treated alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from pvchat.perception.experts import body
from pvchat.schemas import ClipAnalysis, FloatArray, Garment, Ground, PersonFacts, Thing, Track

_SEEN = 0.5  # visibility from which a wrist or hip is believed
_HELD = 0.6  # share of the frames with a thing and a hand in which the hand must be at it [choice]
_FEET, _KNEES = 7.0, 4.5  # of a standing, of a sitting person below the chin
# No phones: microphones and pistols are taken for them.
_HELD_WORDS = {
    "cup": "a cup", "bottle": "a bottle", "wine glass": "a glass", "book": "a book",
    "remote": "a remote control", "umbrella": "an umbrella", "handbag": "a bag", "suitcase": "a suitcase",
    "banana": "a banana", "apple": "an apple", "sandwich": "a sandwich", "orange": "an orange", "hot dog": "a hot dog",
    "pizza": "a pizza", "donut": "a doughnut", "fork": "a fork", "knife": "a knife", "spoon": "a spoon",
    "bowl": "a bowl", "tennis racket": "a racket", "baseball bat": "a baseball bat", "frisbee": "a frisbee",
    "sports ball": "a ball", "skateboard": "a skateboard", "surfboard": "a surfboard", "teddy bear": "a teddy bear",
    "scissors": "scissors", "toothbrush": "a toothbrush", "laptop": "a laptop",
}  # fmt: skip
_SEATS = {"chair": "on a chair", "couch": "on a sofa", "bench": "on a bench", "bed": "on a bed"}
_RIDDEN = {"bicycle": "riding a bicycle", "motorcycle": "riding a motorcycle", "horse": "riding a horse"}
_AT = {"dining table": "at a table", "laptop": "at a laptop", "oven": "at a stove", "sink": "at a sink"}
_BESIDE = (
    "car", "bus", "truck", "train", "bicycle", "motorcycle", "horse", "dog", "cat", "refrigerator", "potted plant",
)  # fmt: skip
_DARK = re.compile(r"^(black|grey|dark \w+|navy)$")
_STANDING_BY = 3  # frames that a thing beside somebody must be seen in: what passes is taken for anything
_MOST_HELD = 2.5  # height and width of what is held in one hand, in face heights; of a racket or board more
_LONG = ("umbrella", "tennis racket", "baseball bat", "skateboard", "surfboard", "suitcase", "handbag")

_Relation = Callable[[Track, int, FloatArray], bool]  # track, sighting, box of the thing -> whether it holds


def tell_things(track: Track, analysis: ClipAnalysis) -> None:
    """Put into a track's facts what its person holds, rides, sits on, stands at and beside, and a tie."""
    person = _Subject(track, analysis)
    held = next((t for t in analysis.things if t.label in _HELD_WORDS and person.holds(t)), None)
    if held is not None:
        _set_fact(track.facts, "holding", _HELD_WORDS[held.label], held, person)
    if ties := [t for t in analysis.things if t.label == "tie" and person.mostly(t, _at_collar)]:
        _tell_tie(track.facts, ties[0], person)
    sat_on = [t for t in analysis.things if t.label in (*_SEATS, *_RIDDEN) and person.mostly(t, person.seated)]
    seats, ridden = ([t for t in sat_on if t.label in words] for words in (_SEATS, _RIDDEN))
    if seats and track.facts.pose in ("sitting", "lying down"):
        in_bed = seats[0].label == "couch" and analysis.scene.place == "a bedroom"
        _set_fact(track.facts, "seat", _SEATS["bed" if in_bed else seats[0].label], seats[0], person)
    if ridden and track.facts.activity is None and track.facts.pose != "standing":
        _set_fact(track.facts, "activity", _RIDDEN[ridden[0].label], ridden[0], person)
    for thing in analysis.things:
        word = _where_at(thing, person, ridden=thing in ridden)
        if word and word not in track.facts.near and len(track.facts.near) < 2:
            track.facts.near.append(word)
            track.facts.grounds[word] = person.ground(thing)


def _set_fact(facts: PersonFacts, name: str, word: str, thing: Thing, person: _Subject) -> None:
    """Set a field of the facts that a thing tells, with its confidence and its ground."""
    setattr(facts, name, word)
    facts.confidence[name], facts.grounds[name] = thing.confidence, person.ground(thing)


def _tell_tie(facts: PersonFacts, tie: Thing, person: _Subject) -> None:
    """A tie among the clothes; a dark top with one is a suit, a light one a shirt."""
    if any(garment.kind in ("tie", "bow tie") for garment in facts.clothes):
        return
    main = facts.clothes[0] if facts.clothes else None
    if main is not None and main.kind == "top":
        main.kind = "suit" if _DARK.search(main.colour or "") else "shirt"
    facts.clothes.append(Garment("tie", None, tie.confidence))
    facts.grounds["tie"] = person.ground(tie)


def _where_at(thing: Thing, person: _Subject, ridden: bool) -> str | None:
    """Such as "at a table" or "next to a car", where the person is there."""
    word = _AT.get(thing.label) if person.mostly(thing, _in_front) else None
    stays = thing.label in _BESIDE and len(thing.frames) >= _STANDING_BY
    if word is not None or ridden or not stays or not person.mostly(thing, _next_to):
        return word
    return f"next to {'an' if thing.label[0] in 'aeiou' else 'a'} {thing.label.removeprefix('potted ')}"


class _Subject:
    """Somebody whose relations to things are looked at."""

    def __init__(self, track: Track, analysis: ClipAnalysis) -> None:
        self._track, self._analysis = track, analysis
        self._rows = {int(frame): i for i, frame in enumerate(track.frames)}

    def ground(self, thing: Thing) -> Ground:
        """The sighting of the thing that is surest."""
        best = int(np.argmax(thing.scores))
        x0, y0, x1, y1 = thing.boxes[best]
        return Ground(round(float(self._analysis.times[thing.frames[best]]), 2), (x0, y0, x1, y1), thing.confidence)

    def holds(self, thing: Thing) -> bool:
        """Whether a hand is at the thing in most of the frames that show both, and it isn't too large for a hand."""
        near = [self._hand_at(row, np.array(box, np.float32), thing.label) for row, box in self._both(thing)]
        told = [n for n in near if n is not None]
        return bool(told) and float(np.mean(told)) >= _HELD

    def _both(self, thing: Thing) -> list[tuple[int, list[float]]]:
        """Sightings (row of the track, box of the thing) of the same or the next sampled frame."""
        pairs = []
        for frame, box in zip(thing.frames, thing.boxes, strict=True):
            rows = [self._rows[f] for f in (frame, frame - 1, frame + 1) if f in self._rows]
            if rows:
                pairs.append((rows[0], box))
        return pairs

    def mostly(self, thing: Thing, holds: _Relation) -> bool:
        """Whether a relation holds in most of the frames that show both."""
        seen = [holds(self._track, row, np.array(box, np.float32)) for row, box in self._both(thing)]
        return bool(seen) and float(np.mean(seen)) >= _HELD

    def _hand_at(self, row: int, box: FloatArray, label: str) -> bool | None:
        """None where no hand is seen or the thing's size doesn't fit a hand."""
        joints, face = self._posed(row), self._track.boxes[row]
        height = float(face[3] - face[1])
        wide = self._analysis.width / self._analysis.height * float(box[2] - box[0])
        most = _MOST_HELD * (3 if label in _LONG else 1) * height
        if joints is None or max(wide, float(box[3] - box[1])) > most:
            return None
        hands = body.hand_centres(joints, _SEEN)
        slack = np.array([0.25 * height * self._analysis.height / self._analysis.width, 0.25 * height], np.float32)
        inside = [bool(((h >= box[:2] - slack) & (h <= box[2:] + slack)).all()) for h in hands]
        return any(inside) if hands else None

    def _posed(self, row: int) -> FloatArray | None:
        """The pose [33, 4] of the sighting or of one beside it."""
        for i in (row, row - 1, row + 1):
            if 0 <= i < len(self._track) and not np.isnan(self._track.pose[i]).any():
                return self._track.pose[i]
        return None

    def seated(self, track: Track, row: int, box: FloatArray) -> bool:
        """Whether the hips lie in the thing's box; where they aren't seen, whether it is around or below the body."""
        joints, face = self._posed(row), track.boxes[row]
        if joints is not None and (joints[list(body.HIPS), 3] >= _SEEN).all():
            hips = joints[list(body.HIPS), :2].mean(0)
            low = box[3] + 0.5 * (face[3] - face[1])
            return bool(box[0] <= hips[0] <= box[2] and box[1] <= hips[1] <= low)
        middle = float(face[0] + face[2]) / 2
        return bool(box[0] <= middle <= box[2] and box[3] > face[3] + 1.0 * (face[3] - face[1]) and box[1] > face[1])


def _in_front(track: Track, row: int, box: FloatArray) -> bool:
    """Whether the thing lies below the chin, before the body."""
    x0, _, x1, y1 = track.body_boxes[row]
    face = track.boxes[row]
    height = float(face[3] - face[1])
    shared = min(x1, box[2]) - max(x0, box[0])
    below = box[1] > face[3] and box[1] < face[3] + _KNEES * height
    return bool(below and shared > 0.4 * min(x1 - x0, box[2] - box[0]))


def _at_collar(track: Track, row: int, box: FloatArray) -> bool:
    """Whether a tie begins below the face, at most a face width to the side."""
    face = track.boxes[row]
    height, middle = float(face[3] - face[1]), float(face[0] + face[2]) / 2
    level = face[3] - 0.3 * height < box[1] < face[3] + height
    return bool(level and abs((box[0] + box[2]) / 2 - middle) < 0.7 * (face[2] - face[0]))


def _next_to(track: Track, row: int, box: FloatArray) -> bool:
    """Whether the thing is about as near as the person and less than two face widths from the body."""
    face = track.boxes[row]
    height, width = float(face[3] - face[1]), float(face[2] - face[0])
    gap = max(face[0], box[0]) - min(face[2], box[2])
    feet = min(1.0, float(face[3]) + _FEET * height)
    level = box[3] > face[3] + height and abs(min(1.0, float(box[3])) - feet) < 2.5 * height
    return bool(gap < 3 * width and level)

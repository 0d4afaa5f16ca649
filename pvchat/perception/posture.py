"""Whether somebody stands, sits, lies, strides or falls, and from when to when where that changes.

In: one track, posed, the clip's bodies (`bodies.py`) and frame features. Out: `pose` and `course` of the track's facts,
and as its movement "falling" and "walking or running". An analysis holds all that it needs: it is told whenever one is
looked at (`deeds.tell_actions`).

A first linear head, of joints and frame, learned from thousands of pictures of known postures. How likely it makes one
doesn't hold on film, so a second one, which learned from people in film, photos and drawn clips read by eye
(`recipes/posture`), weighs its word beside the body's outline, her surroundings (`bodyfeatures.py`) and the first one's
word about others. Who falls is told by the outline alone, and who lies flat in it lies. Who sits down or stands up is
told by both: its top sinks or rises while the feet stay, and the heads see her stand before or after that, and sit
after or before.

Legend: slim is height over width of a body's box, in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from pvchat.perception.bodyfeatures import (
    CUT,
    JOINTS,
    Descriptions,
    belongs_to,
    body_boxes,
    cached_description,
    is_cut_off,
    is_readable,
    slimness,
    surroundings,
)
from pvchat.perception.experts.headfiles import arrays_of, softmax
from pvchat.schemas import BODY, ClipAnalysis, FloatArray, PersonFacts, Thing, Track

WEIGHTS = Path(__file__).with_name("experts") / "posture.safetensors"
TOLD = ("standing", "sitting", "lying down", "striding", "bending")
_AGREE = 0.7  # share of the sightings that must agree
# Somebody who goes down: frames in a row; slim of who stands or sits before and of who lies after; share of her height
# by which the top of the body comes down; times as broad as before, which who leaves the picture below isn't.
_FRAMES, _UPRIGHT, _DOWN, _SINKS, _WIDER = 3, 1.2, 0.65, 0.15, 1.1
_BY_OUTLINE = 0.75  # how sure it is that somebody falls
_RISEN = 1.0  # slim from which who fell doesn't lie any more
# Somebody who sits down or stands up: share of her height by which the top of the body sinks or rises at least, where
# its foot is in the frame, and where the frame cuts it off, as of who only leans; by which its foot moves at most;
# times as broad as before, at most; frames that are there before and after at least; seconds that it takes.
_LOWERED, _HELD, _AS_BROAD, _BOTH, _TAKES_S = (0.2, 0.25), 0.1, 1.3, 2, 0.75
# How likely one of standing and sitting is before and after, at least, and its share of what speaks for either.
_HALF, _EITHER = 0.5, 0.65
# Somebody who lies: slim at most in `_AGREE` of so many frames, and a box no higher than that share of the frame (a
# face that fills it is broad, too).
_FLAT, _LOW, _FEW = 0.6, 0.55, 4
# Probability from which a posture is told, and is without "probably"; or, from .5, so many times that of any other.
LIKELY, _SURE, _CLEARLY = 0.6, 0.8, 2.5
_COMPANY, OTHERS = 6, 7  # how many others count, and the numbers that tell of them
_BUST = (1.5, 1.0)  # face heights below the chin that must be seen of who stands, and of a drawn figure, hair counted
_STRIDES, _FALLS = "walking or running", "falling"  # which of both she does who strides is hardly known
BEDS, FLOOR = {"bed": "on a bed", "couch": "on a sofa"}, "on the floor"
# Share of a lying body's width that is over a bed, and of its height by which it may reach further down (a pillow, an
# arm, a loose box). [choice]
_OVER, _BELOW = 0.5, 0.3
Course = list[tuple[float, float, str]]  # as `PersonFacts.course`


def tell_posture(track: Track, analysis: ClipAnalysis, known: Descriptions | None = None) -> None:
    """Write posture, and of who strides or falls the movement, into a track's facts; nothing where it isn't known."""
    facts, course, likely = track.facts, _course(track, analysis), dict[str, float]()
    if not course:
        boxes = body_boxes(track, analysis)
        low = len(boxes) >= _FEW and float(np.median(boxes[:, 3] - boxes[:, 1])) <= _LOW
        lies = low and float((slimness(boxes, analysis) <= _FLAT).mean()) >= _AGREE
        likely = {"lying down": _SURE} if lies else postures(track, analysis, known)
    facts.course = course
    if not (course or likely):
        return
    facts.pose = facts.movement = None
    facts.confidence.pop("pose", None)
    facts.confidence.pop("movement", None)
    if any(said.endswith(_FALLS) for *_, said in course):
        facts.movement, facts.confidence["movement"] = _FALLS, _BY_OUTLINE
    elif course:  # what she does longest
        facts.pose, facts.confidence["pose"] = max(course, key=lambda part: part[1] - part[0])[2], LIKELY
    else:
        _tell_likeliest(track, analysis, likely)
    if facts.pose is None or facts.pose.endswith("standing"):  # a kept analysis may hold what an earlier head told
        facts.seat = _lies_on([one for one in analysis.bodies if belongs_to(one, track)], course, analysis)


def _tell_likeliest(track: Track, analysis: ClipAnalysis, likely: dict[str, float]) -> None:
    """Write the likeliest posture into the facts of somebody whose posture doesn't change: flat, or with "probably".

    Less is sure of who is drawn, or stands unseen below the chest.
    """
    facts, (best, *rest) = track.facts, sorted(likely, key=lambda name: -likely[name])
    sure = round(likely[best], 3)
    if rest and 0.5 <= sure < LIKELY and sure >= _CLEARLY * likely[rest[0]]:
        sure = LIKELY
    drawn = analysis.scene.drawn
    bust = best == "standing" and is_cut_off(track, _BUST[drawn])
    if best == "bending" or sure < (_SURE if bust else LIKELY) or (bust and drawn):
        return
    if best == "striding":
        facts.movement, facts.confidence["movement"] = _STRIDES, sure
    else:
        flat = sure >= _SURE and not (bust or drawn)
        facts.pose, facts.confidence["pose"] = best if flat else f"probably {best}", sure


def _course(track: Track, analysis: ClipAnalysis) -> Course:
    """What somebody does in turn who falls, sits down or stands up in a shot, by the body that is hers there."""
    for own in (one for one in analysis.bodies if belongs_to(one, track)):
        boxes = np.array(own.boxes, np.float32)
        parts = _fall(track, analysis, own.frames, boxes)
        if not parts and len(boxes) >= _AGREE * len(track.shown_in):
            parts = _change(track, analysis, own.frames, boxes)
        if parts:
            return _known_parts(parts)
    return []


def _known_parts(parts: Course) -> Course:
    """Those parts of which something is known, in hundredths of seconds; none that ends where the clip begins."""
    rounded = [(round(max(float(start), 0.0), 2), round(float(end), 2), said) for start, end, said in parts]
    return [(start, end, said) for start, end, said in rounded if said and start < end]


def _fall(track: Track | None, analysis: ClipAnalysis, frames: list[int], boxes: FloatArray) -> Course:
    """What somebody does who falls: what she did upright, the fall, how she lies, what she does when she is up again.

    `boxes` [n, 4] of her body in `frames`, which follow each other; without a track only the fall and how she lies.
    """
    shape, times, half = slimness(boxes, analysis), analysis.times[frames], analysis.step_s / 2
    if (flat := _falls(shape, boxes)) is None:
        return []
    tallest = boxes[int(shape[:flat].argmax())]
    low = boxes[:, 1] - tallest[1] > 2 * _SINKS * (tallest[3] - tallest[1])
    upright = np.flatnonzero(((shape >= _UPRIGHT) & ~low)[:flat])
    first, last = upright[np.flatnonzero(np.diff(upright, prepend=-2) > 1)[-1]], upright[-1]  # without a gap
    up = next((i for i in range(flat, len(shape)) if shape[i] >= _RISEN), len(shape))
    again = _posture_during(track, analysis, frames[up:]) if up < len(shape) else ""
    return [
        (times[first] - half, times[last], _posture_during(track, analysis, frames[first : last + 1])),
        (times[last], times[flat], f"probably {_FALLS}"),
        (times[flat], times[up - 1] + half, "lying down"),
        (times[up - 1] + half, times[-1] + half, again),
    ]


def _change(track: Track, analysis: ClipAnalysis, frames: list[int], boxes: FloatArray) -> Course:
    """What somebody does who sits down or stands up: one before, the other after, where both are likely."""
    times, half = analysis.times[frames], analysis.step_s / 2
    takes = max(0, min(round(_TAKES_S / max(analysis.step_s, 1e-6)), len(boxes) - 2 * _BOTH))  # frames
    sinks = np.array([_sinks(boxes, at, at + takes) for at in range(_BOTH, len(boxes) - takes - _BOTH + 1)])
    if not len(sinks) or np.abs(sinks).max() < _LOWERED[int(np.median(boxes[:, 3]) > CUT)]:
        return []
    most = int(np.abs(sinks).argmax())
    end, start = most + _BOTH, most + _BOTH + takes
    said = _posture_during(track, analysis, frames[:end]), _posture_during(track, analysis, frames[start:])
    if said != ("probably standing", "probably sitting")[:: 1 if sinks[most] > 0 else -1]:
        return []
    middle = (times[end - 1] + times[start]) / 2
    return [(times[0] - half, middle, said[0]), (middle, times[-1] + half, said[1])]


def _sinks(boxes: FloatArray, end: int, start: int) -> float:
    """The share of a body's height by which its top sinks (negative: rises) from before one of its boxes [n, 4] to
    after another; 0 where its foot moves, too, or its width changes, as of who comes near or goes out below.
    """
    parts = boxes[max(0, end - _FRAMES) : end], boxes[start : start + _FRAMES]
    before, after = (np.median(part, 0) for part in parts)
    height = max(before[3] - before[1], after[3] - after[1])
    narrow, broad = sorted((before[2] - before[0], after[2] - after[0]))
    moves = abs(after[3] - before[3]) > _HELD * height or broad > _AS_BROAD * narrow
    return 0.0 if moves else float((after[1] - before[1]) / height)


def _posture_during(track: Track | None, analysis: ClipAnalysis, frames: list[int]) -> str:
    """Whether somebody probably stands (or strides) or sits in frames that follow each other; "" if neither is."""
    if track is None:
        return ""
    span = float(analysis.times[frames[0]]), float(analysis.times[frames[-1]])
    part, shown = analysis.between(*span), analysis.shown_between(*span)
    mine = next((one for one, i in zip(part.tracks, shown, strict=True) if analysis.tracks[i] is track), None)
    if mine is None:
        return ""
    middles = [some.mean() for some in np.array_split(track.shown_in, max(1, len(track.looks)))]
    inside = [i for i in range(len(track.looks)) if frames[0] <= middles[i] <= frames[-1]]  # each is of a stretch
    mine.looks = track.looks[inside] if inside else mine.looks
    likely = postures(mine, part)
    upright, sits = likely.get("standing", 0.0) + likely.get("striding", 0.0), likely.get("sitting", 0.0)
    posture, sure = ("standing", upright) if upright > sits else ("sitting", sits)
    return f"probably {posture}" if sure >= _HALF and sure >= _EITHER * (upright + sits) else ""


def postures(track: Track, analysis: ClipAnalysis, known: Descriptions | None = None) -> dict[str, float]:
    """The probability of each of TOLD; empty for figures whose body wasn't found, unless they are drawn."""
    if not is_readable(track, analysis):
        return {}
    logits = _weights("") @ np.append(posture_features(track, analysis, _weights("first "), known), 1.0)
    return dict(zip(TOLD, softmax(logits).tolist(), strict=True))


def posture_features(
    track: Track, analysis: ClipAnalysis, first: FloatArray, known: Descriptions | None = None
) -> FloatArray:
    """The second head's features [N]: the first head's logits, body, surroundings, and what others seem to do.

    `first`: [6, 1337] weights of the first head, the bias last; `known` as of `cached_description`.
    """
    company = [one for one in analysis.tracks if one is not track and np.isin(one.frames, track.frames).any()]
    near = [one for one in company[:_COMPANY] if is_readable(one, analysis)]
    words = [_first_logits(cached_description(one, analysis, known), first) for one in near]
    others = [*softmax(np.stack(words)).mean(0), 1.0] if words else [0.0] * OTHERS
    around, shown = surroundings(track, analysis), cached_description(track, analysis, known)
    return np.concatenate([_first_logits(shown, first), shown, around, others]).astype(np.float32)


def _first_logits(shown: FloatArray, first: FloatArray) -> FloatArray:
    """Logits [6] of the first head for a body's description: of its joints and frame."""
    return np.asarray(first @ np.concatenate([shown[:JOINTS], shown[-BODY:], [1.0]], dtype=np.float32))


@lru_cache
def _weights(name: str) -> FloatArray:
    """Weights [C, N + 1] of the head whose arrays' names begin so, the bias last."""
    arrays = arrays_of(WEIGHTS)
    return np.column_stack([arrays[f"{name}weight"], arrays[f"{name}bias"]]).astype(np.float32)


def facts_by_outline(one: Thing, analysis: ClipAnalysis) -> PersonFacts:
    """When a body falls and lies, of whose face and pose nothing is known; empty where it doesn't fall.

    A sample of a long video counts as two, for it stands for as much time as two of a short clip.
    """
    often = 2 if analysis.scenes else 1
    boxes = np.repeat(np.array(one.boxes, np.float32), often, axis=0)
    parts = _fall(None, analysis, np.repeat(one.frames, often).tolist(), boxes)
    if not parts:
        return PersonFacts()
    course = _known_parts(parts)
    seat = _lies_on([one], course, analysis)
    return PersonFacts(movement=_FALLS, course=course, seat=seat, confidence={"movement": _BY_OUTLINE})


def _lies_on(bodies: Sequence[Thing], course: Course, analysis: ClipAnalysis) -> str | None:
    """What somebody lies on who fell: a bed or a sofa, if it is as wide and her body reaches hardly further down, else
    the floor, probably where the clip shows neither. None of who doesn't lie.
    """
    time = next(((start, end) for start, end, said in course if said == "lying down"), (0.0, 0.0))
    sightings = [pair for one in bodies for pair in zip(one.frames, one.boxes, strict=True)]
    lying = [box for frame, box in sightings if time[0] <= analysis.times[frame] < time[1]]
    beds = [(one.label, np.median(one.boxes, 0)) for one in analysis.things if one.label in BEDS]
    if not lying:
        return None
    left, top, right, low = np.median(lying, 0)
    for label, (x0, y0, x1, y1) in beds:
        across = min(right, x1) - max(left, x0)
        if across >= _OVER * (right - left) and y0 < low <= y1 + _BELOW * (low - top):
            return BEDS[label]
    return FLOOR if beds else f"probably {FLOOR}"


def _falls(shape: FloatArray, boxes: FloatArray) -> int | None:
    """Where a body that was upright becomes flat, lower and broader; slimness [n] and boxes [n, 4] by frame."""
    width = boxes[:, 2] - boxes[:, 0]
    for first in (1 + np.flatnonzero(shape[1 : 1 - _FRAMES] <= _DOWN)).tolist():  # it is flat there
        before, flat = int(shape[:first].argmax()), slice(first, first + _FRAMES)
        height, sunk = boxes[before, 3] - boxes[before, 1], boxes[flat, 1].min() - boxes[before, 1]
        lies = shape[before] >= _UPRIGHT and shape[flat].max() <= _DOWN and width[flat].min() >= _WIDER * width[before]
        if lies and sunk >= _SINKS * height:
            return 1 + int(np.flatnonzero(shape[:first] > _DOWN)[-1])  # flat since then
    return None

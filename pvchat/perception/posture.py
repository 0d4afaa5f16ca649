"""Whether somebody stands, sits, lies, strides or falls, and from when to when where that changes.

In: one track, posed, the clip's bodies (`bodies.py`) and frame features. Out: `pose` and `course` of the track's facts,
and as its movement "falling" and "walking or running". An analysis holds all that it needs, so `tell_postures` tells it
whenever one is looked at, and no clip is looked at anew.

A first linear head, of joints and frame, learned from thousands of pictures of known postures. How likely it makes one
doesn't hold on film, so a second one, which learned from people in film, photos and drawn clips read by eye
(`recipes/posture`), weighs its word beside the body's outline, what is seen of and below her (a chair or a bed is in
the cells of the frame below a face, bent knees are in the strip of the legs) and the first one's word about others. Who
falls is told by the outline alone, and who lies flat in it lies. Who sits down or stands up is told by both: its top
sinks or rises while the feet stay, and the heads see her stand before or after that, and sit after or before.

Legend: n sightings; lengths of `geometry` are in face heights; slim is height over width of a body's box, in pixels;
`aspect` is width over height of the frame.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from pvchat.perception.boxes import areas
from pvchat.perception.experts import body
from pvchat.perception.experts.attributes import arrays_of, softmax
from pvchat.perception.heads import holds_face
from pvchat.schemas import BODY, STRIPS, ClipAnalysis, FloatArray, IntArray, PersonFacts, Thing, Track

WEIGHTS = Path(__file__).with_name("experts") / "posture.safetensors"
TOLD = ("standing", "sitting", "lying down", "striding", "bending")
_PAIRS = (body.SHOULDERS, (13, 14), (15, 16), body.HIPS, body.KNEES, (27, 28))  # left and right
_CALVES = (body.LEFT_HIP, body.LEFT_KNEE, 27), (body.RIGHT_HIP, body.RIGHT_KNEE, 28)
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
_CUT = 0.97  # where a body's box ends that the frame cuts off
# Probability from which a posture is told, and is without "probably"; or, from .5, so many times that of any other.
LIKELY, _SURE, _CLEARLY = 0.6, 0.8, 2.5
JOINTS = 56  # numbers of `geometry`, which the first head reads beside the frame
_COMPANY, OTHERS = 6, 7  # how many others count, and the numbers that tell of them
_BUST = (1.5, 1.0)  # face heights below the chin that must be seen of who stands, and of a drawn figure, hair counted
_STRIDES, _FALLS = "walking or running", "falling"  # which of both she does who strides is hardly known
# Surroundings: numbers that tell where the face is and what of the body is seen; cells across the grid; what lies below
# a face, in its heights, and where it starts at most; face heights below the chin within which the frame may end.
PLACEMENT, _CELLS = 7, 7
_WIDE, _DEEP, _CHIN, _LOWEST = 2.2, 7.0, 0.5, 0.93
_ENDS = (2.0, 4.0)
Course = list[tuple[float, float, str]]  # as `PersonFacts.course`
Descriptions = dict[int, FloatArray]  # the `body_description` of a clip's people, by the `id` of their track


def tell_postures(analysis: ClipAnalysis, known: Descriptions) -> ClipAnalysis:
    """Write everybody's posture into the analysis, and return it; of a long video's stretches that was done before."""
    for track in analysis.tracks if analysis.stage == "what" and not analysis.scenes else ():
        tell_posture(track, analysis, known)
    return analysis


def tell_posture(track: Track, analysis: ClipAnalysis, known: Descriptions | None = None) -> None:
    """Write posture, and of who strides or falls the movement, into a track's facts; nothing where it isn't known."""
    facts, course, likely = track.facts, _course(track, analysis), dict[str, float]()
    if not course:
        boxes = body_boxes(track, analysis)
        lies = _lies(slimness(boxes, analysis), boxes)
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
        _tell_one_posture(track, analysis, likely)
    if facts.pose is None or facts.pose.endswith("standing"):
        facts.seat = None  # a kept analysis may hold the seat that an earlier head told


def _tell_one_posture(track: Track, analysis: ClipAnalysis, likely: dict[str, float]) -> None:
    """Write the likeliest posture into the facts of somebody whose posture doesn't change."""
    facts, (told, *rest) = track.facts, sorted(likely, key=lambda name: -likely[name])
    sure = round(likely[told], 3)
    if rest and 0.5 <= sure < LIKELY and sure >= _CLEARLY * likely[rest[0]]:
        sure = LIKELY
    if sure >= LIKELY and told == "striding":
        facts.movement, facts.confidence["movement"] = _STRIDES, sure
    elif told != "bending" and (word := _phrase(told, sure, track, analysis)):
        facts.pose, facts.confidence["pose"] = word, sure


def _course(track: Track, analysis: ClipAnalysis) -> Course:
    """What somebody does in turn who falls, sits down or stands up in a shot, by the body that is hers there."""
    for own in (one for one in analysis.bodies if _belongs_to(one, track)):
        boxes = np.array(own.boxes, np.float32)
        parts = _fall(track, analysis, own.frames, boxes)
        if not parts and len(boxes) >= _AGREE * len(track.shown_in):
            parts = _change(track, analysis, own.frames, boxes)
        if parts:
            return _as_told(parts)
    return []


def _as_told(parts: Course) -> Course:
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
    again = _seen_as(track, analysis, frames[up:]) if up < len(shape) else ""
    return [
        (times[first] - half, times[last], _seen_as(track, analysis, frames[first : last + 1])),
        (times[last], times[flat], f"probably {_FALLS}"),
        (times[flat], times[up - 1] + half, "lying down"),
        (times[up - 1] + half, times[-1] + half, again),
    ]


def _change(track: Track, analysis: ClipAnalysis, frames: list[int], boxes: FloatArray) -> Course:
    """What somebody does who sits down or stands up: one before, the other after, where both are likely."""
    times, half = analysis.times[frames], analysis.step_s / 2
    takes = max(0, min(round(_TAKES_S / max(analysis.step_s, 1e-6)), len(boxes) - 2 * _BOTH))  # frames
    sinks = np.array([_sinks(boxes, at, at + takes) for at in range(_BOTH, len(boxes) - takes - _BOTH + 1)])
    if not len(sinks) or np.abs(sinks).max() < _LOWERED[int(np.median(boxes[:, 3]) > _CUT)]:
        return []
    most = int(np.abs(sinks).argmax())
    end, start = most + _BOTH, most + _BOTH + takes
    said = _seen_as(track, analysis, frames[:end]), _seen_as(track, analysis, frames[start:])
    if said != ("probably standing", "probably sitting")[:: 1 if sinks[most] > 0 else -1]:
        return []
    middle = (times[end - 1] + times[start]) / 2
    return [(times[0] - half, middle, said[0]), (middle, times[-1] + half, said[1])]


def _sinks(boxes: FloatArray, end: int, start: int) -> float:
    """The share of a body's height by which its top sinks (negative: rises) from before one of its boxes [n, 4] to
    after another; 0 where its foot moves, too, or it gets broader or narrower, as of who comes near or goes out below.
    """
    parts = boxes[max(0, end - _FRAMES) : end], boxes[start : start + _FRAMES]
    before, after = (np.median(part, 0) for part in parts)
    height = max(before[3] - before[1], after[3] - after[1])
    narrow, broad = sorted((before[2] - before[0], after[2] - after[0]))
    moves = abs(after[3] - before[3]) > _HELD * height or broad > _AS_BROAD * narrow
    return 0.0 if moves else float((after[1] - before[1]) / height)


def _seen_as(track: Track | None, analysis: ClipAnalysis, frames: list[int]) -> str:
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
    told, sure = ("standing", upright) if upright > sits else ("sitting", sits)
    return f"probably {told}" if sure >= _HALF and sure >= _EITHER * (upright + sits) else ""


def _phrase(told: str, sure: float, track: Track, analysis: ClipAnalysis) -> str | None:
    """The posture's phrase, flat or with "probably"; less sure for who is drawn or stands unseen below the chest."""
    drawn = analysis.scene.drawn
    bust = told == "standing" and is_cut_off(track, _BUST[drawn])
    if sure < (_SURE if bust else LIKELY) or (bust and drawn):
        return None
    return told if sure >= _SURE and not (bust or drawn) else f"probably {told}"


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

    `first`: [6, 1337] weights of the first head, on joints and frame, the bias last; `known`: descriptions of the
    clip's people that are there already; new ones are added.
    """
    company = [one for one in analysis.tracks if one is not track and np.isin(one.frames, track.frames).any()]
    near = [one for one in company[:_COMPANY] if is_readable(one, analysis)]
    words = [_first_logits(cached_description(one, analysis, known), first) for one in near]
    others = [*softmax(np.stack(words)).mean(0), 1.0] if words else [0.0] * OTHERS
    around, shown = surroundings(track, analysis, posed_sightings(track)), cached_description(track, analysis, known)
    return np.concatenate([_first_logits(shown, first), shown, around, others]).astype(np.float32)


def _first_logits(shown: FloatArray, first: FloatArray) -> FloatArray:
    """Logits [6] of the first head for a body's description."""
    return np.asarray(first @ np.concatenate([shown[:JOINTS], shown[-BODY:], [1.0]], dtype=np.float32))


@lru_cache
def _weights(name: str) -> FloatArray:
    """Weights [C, N + 1] of the head whose arrays' names begin so, the bias last."""
    arrays = arrays_of(WEIGHTS)
    return np.column_stack([arrays[f"{name}weight"], arrays[f"{name}bias"]]).astype(np.float32)


def is_readable(track: Track, analysis: ClipAnalysis) -> bool:
    """Whether heads can tell of somebody: a face or a body was found, or it is drawn, and frames are kept."""
    seen = track.kind == "face" or len(track.looks) or analysis.scene.drawn
    return bool(seen and len(analysis.frame_features))


def posed_sightings(track: Track) -> IntArray:
    """Sightings with a pose; where there is none, all."""
    found = np.flatnonzero(~np.isnan(track.pose).any((1, 2)))
    return np.asarray(found if len(found) else np.arange(len(track)), np.int64)


def cached_description(track: Track, analysis: ClipAnalysis, known: Descriptions | None) -> FloatArray:
    """`body_description`, taken from `known` if it is there, else added to it."""
    known = {} if known is None else known
    if id(track) not in known:
        known[id(track)] = body_description(track, analysis)
    return known[id(track)]


def body_description(track: Track, analysis: ClipAnalysis) -> FloatArray:
    """[1344] joints, outline, whether there is a face, and frame features: means over the sightings with a pose."""
    seen, aspect = posed_sightings(track), analysis.width / analysis.height
    joints = np.mean([geometry(track.pose[i], track.boxes[i], aspect) for i in seen], 0)
    boxes, outline = body_boxes(track, analysis), [0.0] * 7
    if len(boxes):  # size and shape of the body, relative to those of the face
        (width, height), (wide, tall) = (np.median(some[:, 2:] - some[:, :2], 0) for some in (track.boxes, boxes))
        low, shape = float(np.median(boxes[:, 3])), float(np.log(np.median(slimness(boxes, analysis))))
        outline = [1.0, shape, low, low > _CUT, float(np.log(tall / height)), float(np.log(wide / width)), float(tall)]
    looks = analysis.pooled_frames[nearest_kept_frames(track, analysis, seen)].mean(0)
    return np.concatenate([joints, outline, [track.kind == "face"], looks]).astype(np.float32)


def body_boxes(track: Track, analysis: ClipAnalysis) -> FloatArray:
    """[n, 4] the boxes of the bodies that are this track's, by frame."""
    hers = [one for one in analysis.bodies if _belongs_to(one, track)]
    rows = sorted((frame, box) for one in hers for frame, box in zip(one.frames, one.boxes, strict=True))
    return np.array([box for _, box in rows], np.float32).reshape(-1, 4)


def slimness(boxes: FloatArray, analysis: ClipAnalysis) -> FloatArray:
    """Height over width [n] of a body's boxes [n, 4], in pixels."""
    size = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(size[:, 1] * analysis.height / np.maximum(size[:, 0] * analysis.width, 1e-6), np.float32)


def geometry(joints: FloatArray, face: FloatArray, aspect: float) -> FloatArray:
    """[56] what a pose [33, 4] beside its face box [4] shows; zeros, but for the face, where there is no pose.

    Left and right are told by the picture, not by the body, so that a mirrored picture says the same.
    """
    height = float(face[3] - face[1])
    seen_face = [(1 - float(face[3])) / height / 8, 3 * height, float(np.log(height + 1e-3)) / 2]
    if np.isnan(joints).any():
        return np.array([1.0, *seen_face, *[0.0] * 52], np.float32)
    scale = np.array([aspect, 1.0])
    xy = (joints[:, :2] * scale - (face[:2] + face[2:]) / 2 * scale) / height
    seen = joints[:, 3] * ((joints[:, :2] > 0) & (joints[:, :2] < 1)).all(1)
    places = []
    for pair in _PAIRS:
        for k in sorted(pair, key=lambda k: float(xy[k, 0])):
            places += [np.clip(xy[k, 0], -5, 5) / 3 * seen[k], np.clip(xy[k, 1], -2, 9) / 5 * seen[k], seen[k]]
    return np.array([0.0, *seen_face, *places, *_angles(xy, seen)], np.float32)


def facts_by_outline(one: Thing, analysis: ClipAnalysis) -> PersonFacts:
    """When a body falls and lies, of whose face and pose nothing is known; empty where it doesn't fall.

    A sample of a long video counts as two, for it stands for as much time as two of a short clip.
    """
    often = 2 if analysis.scenes else 1
    boxes = np.repeat(np.array(one.boxes, np.float32), often, axis=0)
    parts = _fall(None, analysis, np.repeat(one.frames, often).tolist(), boxes)
    if not parts:
        return PersonFacts()
    return PersonFacts(movement=_FALLS, course=_as_told(parts), confidence={"movement": _BY_OUTLINE})


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


def _lies(shape: FloatArray, boxes: FloatArray) -> bool:
    """Whether a body is low and broad in most frames; slimness [n] and boxes [n, 4]."""
    low = len(shape) >= _FEW and float(np.median(boxes[:, 3] - boxes[:, 1])) <= _LOW
    return low and float((shape <= _FLAT).mean()) >= _AGREE


def _belongs_to(one: Thing, track: Track) -> bool:
    """Whether a body is this track's: it carries the face somewhere, or is where the figure's body is."""
    for frame, box in zip(one.frames, one.boxes, strict=True):
        for row in np.flatnonzero(np.abs(track.frames - frame) <= (1 if track.kind == "face" else 0)):
            here = np.asarray(box, np.float32)
            if holds_face(here, track.boxes[row]) if track.kind == "face" else np.allclose(here, track.body_boxes[row]):
                return True
    return False


def _angles(xy: FloatArray, seen: FloatArray) -> list[float]:
    """[16] lean of the trunk, thighs and knees, feet apart; each times how well its joints are seen."""
    trunk = xy[list(body.HIPS)].mean(0) - xy[list(body.SHOULDERS)].mean(0)
    length = max(float(np.linalg.norm(trunk)), 0.5)
    lean = float(np.arctan2(abs(trunk[0]), trunk[1]))
    hips, knees, feet = (float(seen[list(pair)].min()) for pair in (body.HIPS, body.KNEES, (27, 28)))
    drops = sorted(float(xy[k, 1] - xy[h, 1]) / length for h, k in body.THIGHS)
    slants = sorted(float(np.arctan2(abs(xy[k, 0] - xy[h, 0]), xy[k, 1] - xy[h, 1])) for h, k in body.THIGHS)
    bends = sorted(angle(xy[h] - xy[k], xy[a] - xy[k]) for h, k, a in _CALVES)
    return [
        lean * hips, lean * (1 - hips), *(d * knees for d in drops), *(d * (1 - knees) for d in drops),
        *(s * knees for s in slants), *(b * feet for b in bends), *(np.abs(xy[27] - xy[28]) * feet / 3),
        hips, knees, feet, min(length, 6.0) / 4 * hips,
    ]  # fmt: skip


def angle(a: FloatArray, b: FloatArray) -> float:
    """The angle between two vectors [2], radians."""
    return float(np.arccos(np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-6), -1, 1)))


def surroundings(track: Track, analysis: ClipAnalysis, seen: IntArray) -> FloatArray:
    """[7 + 3 * 1280]: size and place of the face, whether a body was found, whether the frame ends below, whether it is
    drawn; then features of what is below the face in sightings [n], of torso, of legs.
    """
    _, top, _, chin = np.median(track.boxes, 0)
    ends = [is_cut_off(track, deep) for deep in _ENDS]
    placement = [np.log(chin - top), top, chin, len(track.looks) > 0, *ends, analysis.scene.drawn]
    strips = np.zeros((STRIPS, BODY), np.float32)
    if len(track.looks):
        strips = np.asarray(track.looks[:, : STRIPS * BODY], np.float32).mean(0).reshape(STRIPS, BODY)
    below = _features_below_face(track, analysis, seen)
    return np.concatenate([placement, below, *strips[1:]]).astype(np.float32)


def is_cut_off(track: Track, deep: float) -> bool:
    """Whether the frame ends within so many face heights below the chin."""
    _, top, _, chin = np.median(track.boxes, 0)
    return bool(chin + deep * (chin - top) > 1)


def nearest_kept_frames(track: Track, analysis: ClipAnalysis, seen: IntArray) -> IntArray:
    """Index [n] of the frame with kept features that is nearest to each of these sightings [n]."""
    kept = np.linspace(0, len(analysis.times) - 1, len(analysis.frame_features)).round()
    return np.asarray(np.abs(kept[None] - track.frames[seen][:, None]).argmin(1), np.int64)


def _features_below_face(track: Track, analysis: ClipAnalysis, seen: IntArray) -> FloatArray:
    """[1280] mean features of the cells below the face, by how much of each lies there."""
    box = track.boxes[seen]
    height, middle = box[:, 3] - box[:, 1], (box[:, 0] + box[:, 2]) / 2
    wide = _WIDE * height * analysis.height / analysis.width
    top = np.minimum(box[:, 3] + _CHIN * height, _LOWEST)
    below = np.stack([middle - wide, top, middle + wide, box[:, 3] + _DEEP * height], 1)
    weights = _cell_shares(np.asarray(below, np.float32))
    by_frame = np.zeros((len(analysis.frame_features), _CELLS**2))
    np.add.at(by_frame, nearest_kept_frames(track, analysis, seen), weights / len(seen))
    rows = np.flatnonzero(by_frame.any(1))
    found = np.einsum("gc,gcd->d", by_frame[rows], np.asarray(analysis.frame_features[rows], np.float32))
    return np.asarray(found, np.float32)


def _cell_shares(boxes: FloatArray) -> FloatArray:
    """[n, 49] share of boxes [n, 4] (fractions of the frame) that lies in each cell."""
    edges = np.linspace(0, 1, _CELLS + 1)
    top, left = (some.ravel() for some in np.meshgrid(edges[:-1], edges[:-1], indexing="ij"))
    bottom, right = (some.ravel() for some in np.meshgrid(edges[1:], edges[1:], indexing="ij"))
    shares, *_ = areas(np.clip(boxes, 0, 1), np.stack([left, top, right, bottom], 1))
    return np.asarray(shares / np.maximum(shares.sum(1, keepdims=True), 1e-6), np.float32)

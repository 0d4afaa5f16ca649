"""Whether somebody stands, sits or lies, by three measures together: joints, the body's outline, likelihood.

In: one track, posed, the clip's bodies (`bodytracks.py`) and frame features. Out: `pose` of the track's facts,
and as its movement "falling or lying down" and "walking or running".

1. Angles of trunk and thighs, where hips and knees are seen. By single photos they are right about 96 of 100 who stand
   and 78 who sit, but 54 of those who sit by knees that are guessed: what a table hides is guessed at hip height.
2. The boxes of the body: narrow ones stand, low and broad ones lie, and a tall one that gets low and broad went down. A
   box says less than joints do, but bodies are found where no face is seen, and behind others.
3. A linear head over the joints that are found and what the whole frame looks like, all sightings together. It was
   learned from photos and film of people known to stand, sit, lie, walk, run or bend, whole and cut off below the chest
   (`recipes/posture`). It decides where the others don't, and about guessed knees.

Legend: n sightings, J joints of the pose; lengths of `geometry` are in face heights; slim is height over width of a
body's box, in pixels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.experts import body
from pvchat.perception.experts.attributes import linear_head, softmax
from pvchat.perception.heads import carries
from pvchat.schemas import ClipAnalysis, FloatArray, PersonFacts, Thing, Track

WEIGHTS = Path(__file__).with_name("experts") / "posture.safetensors"
NAMES = ("standing", "sitting", "lying down", "walking", "running", "bending")
_PAIRS = (body.SHOULDERS, (13, 14), (15, 16), body.HIPS, body.KNEES, (27, 28))  # left and right
_CALVES = (body.LEFT_HIP, body.LEFT_KNEE, 27), (body.RIGHT_HIP, body.RIGHT_KNEE, 28)
# Joints: visibility from which one counts, and a knee does, for a hidden one is still guessed, with .8 and less; share
# of the sightings that must agree.
_SEEN, _KNEE_SEEN, _AGREE = 0.6, 0.9, 0.7
# Both knees guessed with this and hardly below the hips: who sits facing the camera; and how sure that is.
_KNEE_GUESSED, _FLAT_THIGHS, _BY_GUESS, _GUESSED = 0.5, 0.4, "sitting by guessed knees", 0.5
# Outlines: slim of who stands, in `_AGREE` of at least so many frames.
_SLIM, _FRAMES = 2.2, 3
# Somebody who goes down: slim of who stands or sits before and of who lies after, in `_FRAMES` in a row; share of her
# height by which the top of the body comes down; times as broad as before, which who leaves the picture below isn't.
_UPRIGHT, _DOWN, _SINKS, _WIDER = 1.2, 0.65, 0.15, 1.1
# Slim at most in so many of the frames, and a box no higher than that share of the frame (a face that fills it is
# broad, too), of somebody who lies.
_FLAT, _MOSTLY, _LOW = 0.6, 0.7, 0.55
_FEW = 4  # frames that lying needs
_BY_OUTLINE = 0.7  # how sure that is
# Likelihood: probability from which somebody whose hips are seen stands, and others probably sit; from which a posture
# is sure; and below which sitting by guessed knees isn't said, and by seen ones.
_PROBABLE, _SURE, _DOUBTED, _UNLIKELY = 0.7, 0.8, 0.45, 0.3
# From which somebody isn't said to stand, and from which is said to walk or run; which of both is hardly known.
_STRIDES, _SURELY_STRIDES = 0.5, 0.6
_HIPS_SEEN = 0.5  # mean visibility of the hips


def tell_posture(track: Track, analysis: ClipAnalysis) -> None:
    """Settle the posture in a track's facts, which hold what `posture_by_joints` said, by outline and likelihood."""
    _tell_by_outline(track, analysis)
    _settle(track.facts, postures(track, analysis), _hips_seen(track.pose) >= _HIPS_SEEN)


def posture_by_joints(pose: FloatArray, aspect: float) -> tuple[str | None, float]:
    """Standing, sitting or lying down by the angles of torso and thighs.

    Args:
        pose: [n, 33, 4].
        aspect: frame width over height.

    Returns:
        the pose that most sightings show (None when the hips or knees aren't seen, or they disagree), confidence.
    """
    shown = [vote for joints in pose if (vote := _one_pose(joints, aspect)) is not None]
    votes = ["sitting" if vote == _BY_GUESS else vote for vote in shown]
    if not votes or len(votes) < 0.3 * len(pose):
        return None, 0.0
    best = max(set(votes), key=votes.count)
    share = votes.count(best) / len(votes)
    if best == "unclear" or share < _AGREE:
        return None, 0.0
    sure = round(0.9 * share * min(1.0, 0.7 + 0.1 * len(votes)), 3)
    return best, min(sure, _GUESSED) if 2 * shown.count(_BY_GUESS) > len(shown) else sure


def postures(track: Track, analysis: ClipAnalysis) -> dict[str, float] | None:
    """How likely each of NAMES is, the mean of all sightings; None of whom no face is seen."""
    posed = np.flatnonzero(~np.isnan(track.pose).any((1, 2)))
    seen = posed if len(posed) else np.arange(len(track))
    if track.kind != "face" or not len(analysis.frame_features):
        return None
    frames = np.asarray(analysis.frame_features, np.float32).mean(1)
    described = np.linspace(0, len(analysis.times) - 1, len(frames)).round()
    nearest = np.abs(described[None] - track.frames[seen][:, None]).argmin(1)
    aspect = analysis.width / analysis.height
    shown = np.stack([geometry(track.pose[i], track.boxes[i], aspect) for i in seen])
    shares = likely_postures(shown, frames[nearest], *linear_head(WEIGHTS))
    return dict(zip(NAMES, shares.mean(0).tolist(), strict=True))


def likely_postures(shown: FloatArray, frame: FloatArray, weight: FloatArray, bias: FloatArray) -> FloatArray:
    """[n, 6] probabilities of NAMES.

    Args:
        shown: [n, 56] from `geometry`.
        frame: [n, 1280] features of the frame.
        weight: [6, 56 + 1280] as the recipe makes it.
        bias: [6].
    """
    logits = np.concatenate([shown, frame], 1) @ weight.T + bias
    return np.asarray(softmax(logits), np.float32)


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


def _tell_by_outline(track: Track, analysis: ClipAnalysis) -> None:
    hers = [one for one in analysis.bodies if _is_hers(one, track)]
    rows = sorted((frame, box) for one in hers for frame, box in zip(one.frames, one.boxes, strict=True))
    if not rows:
        return
    boxes = np.array([box for _, box in rows], np.float32)
    slim = (boxes[:, 3] - boxes[:, 1]) * analysis.height / ((boxes[:, 2] - boxes[:, 0]) * analysis.width)
    facts = track.facts
    if _goes_down(slim, boxes):
        facts.pose, facts.movement = None, "falling or lying down"
        facts.confidence["movement"] = _BY_OUTLINE
    elif _lies(slim, boxes):
        facts.pose, facts.confidence["pose"] = "lying down", _BY_OUTLINE
    elif facts.pose is None and len(slim) >= _FRAMES and float((slim >= _SLIM).mean()) >= _AGREE:
        facts.pose, facts.confidence["pose"] = "standing", _BY_OUTLINE


def _goes_down(slim: FloatArray, boxes: FloatArray) -> bool:
    """Whether a body [n], [n, 4] that stood or sat is flat, lower and broader in several frames in a row."""
    width = boxes[:, 2] - boxes[:, 0]
    for first in range(1, len(slim) - _FRAMES + 1):
        before, flat = int(slim[:first].argmax()), slice(first, first + _FRAMES)
        height, sunk = boxes[before, 3] - boxes[before, 1], boxes[flat, 1].min() - boxes[before, 1]
        lies = slim[before] >= _UPRIGHT and slim[flat].max() <= _DOWN and width[flat].min() >= _WIDER * width[before]
        if lies and sunk >= _SINKS * height:
            return True
    return False


def _lies(slim: FloatArray, boxes: FloatArray) -> bool:
    low = float(np.median(boxes[:, 3] - boxes[:, 1])) <= _LOW
    return len(slim) >= _FEW and low and float((slim <= _FLAT).mean()) >= _MOSTLY


def _is_hers(one: Thing, track: Track) -> bool:
    """Whether a body is this track's: it carries the face somewhere, or is where the figure's body is."""
    for frame, box in zip(one.frames, one.boxes, strict=True):
        for row in np.flatnonzero(np.abs(track.frames - frame) <= (1 if track.kind == "face" else 0)):
            here = np.asarray(box, np.float32)
            if carries(here, track.boxes[row]) if track.kind == "face" else np.allclose(here, track.body_boxes[row]):
                return True
    return False


def _settle(facts: PersonFacts, likely: dict[str, float] | None, hips_seen: bool) -> None:
    """Let the likelihood of postures, where there is one, decide what joints and outline left open."""
    if likely is None or facts.movement == "falling or lying down":
        return
    strides, sits = likely["walking"] + likely["running"], likely["sitting"]
    if facts.pose == "sitting":
        guessed = facts.confidence["pose"] <= _GUESSED
        facts.confidence["pose"] = round(sits, 3) if guessed else facts.confidence["pose"]
        facts.pose = "sitting" if sits >= (_DOUBTED if guessed else _UNLIKELY) else None
    if facts.pose == "standing" and strides >= _STRIDES:
        facts.pose = None
    if strides >= _SURELY_STRIDES and facts.pose is None:
        way = facts.movement if facts.movement != "standing still" else None
        facts.movement = (way or "moving").replace("moving", "walking or running", 1)
        facts.confidence["movement"] = round(strides, 3)
    if facts.pose is not None or strides >= _STRIDES:
        return
    stands = likely["standing"] + strides
    if stands >= (_PROBABLE if hips_seen else _SURE):
        facts.pose, facts.confidence["pose"] = "standing", round(stands, 3)
    elif sits >= _PROBABLE:
        facts.pose, facts.confidence["pose"] = "sitting" if sits >= _SURE else "probably sitting", round(sits, 3)


def _one_pose(joints: FloatArray, aspect: float) -> str | None:
    """One sighting's vote: None when the legs or the trunk aren't seen, "unclear" between the poses, `_BY_GUESS`."""
    xy, seen = joints[:, :2] * [aspect, 1.0], joints[:, 3] >= _SEEN
    inside = np.asarray(((joints[:, :2] > 0) & (joints[:, :2] < 1)).all(1))
    shoulders, hips, knees = list(body.SHOULDERS), list(body.HIPS), list(body.KNEES)
    legs = [(hip, knee) for hip, knee in body.THIGHS if inside[knee] and joints[knee, 3] >= _KNEE_SEEN]
    if not (seen & inside)[shoulders].any() or not (seen & inside)[hips].all():
        return None
    trunk = xy[hips].mean(0) - xy[shoulders].mean(0)
    length = float(np.linalg.norm(trunk))
    lean = np.degrees(np.arctan2(abs(trunk[0]), trunk[1]))
    if not legs:  # guessed knees tell of who sits facing the camera only
        guessed = (joints[knees, 3] >= _KNEE_GUESSED).all() and inside[knees].all()
        flat = max(float(xy[knee, 1] - xy[hip, 1]) for hip, knee in body.THIGHS) < _FLAT_THIGHS * length
        return _BY_GUESS if guessed and flat and lean < 25 else None
    drops = [float(xy[knee, 1] - xy[hip, 1]) / max(length, 1e-6) for hip, knee in legs]
    slants = [np.degrees(np.arctan2(abs(xy[k, 0] - xy[h, 0]), xy[k, 1] - xy[h, 1])) for h, k in legs]
    if lean > 40:
        return "lying down" if lean > 65 and all(abs(slant - 90) < 35 for slant in slants) else "unclear"
    if min(drops) > 0.55 and max(slants) < 35:
        return "standing"
    return "sitting" if max(drops) < 0.45 else "unclear"


def _hips_seen(pose: FloatArray) -> float:
    """How well both hips are seen in the picture, the mean over the sightings of [n, 33, 4] that have a pose."""
    hips = pose[~np.isnan(pose).any((1, 2))][:, list(body.HIPS)]
    inside = ((hips[..., :2] > 0) & (hips[..., :2] < 1)).all(2)
    return float((hips[..., 3] * inside).min(1).mean()) if len(hips) else 0.0


def _angles(xy: FloatArray, seen: FloatArray) -> list[float]:
    """[16] lean of the trunk, thighs and knees, feet apart; each times how well its joints are seen."""
    trunk = xy[list(body.HIPS)].mean(0) - xy[list(body.SHOULDERS)].mean(0)
    length = max(float(np.linalg.norm(trunk)), 0.5)
    lean = float(np.arctan2(abs(trunk[0]), trunk[1]))
    hips, knees, feet = (float(seen[list(pair)].min()) for pair in (body.HIPS, body.KNEES, (27, 28)))
    drops = sorted(float(xy[k, 1] - xy[h, 1]) / length for h, k in body.THIGHS)
    slants = sorted(float(np.arctan2(abs(xy[k, 0] - xy[h, 0]), xy[k, 1] - xy[h, 1])) for h, k in body.THIGHS)
    bends = sorted(_angle(xy[h] - xy[k], xy[a] - xy[k]) for h, k, a in _CALVES)
    return [
        lean * hips, lean * (1 - hips), *(d * knees for d in drops), *(d * (1 - knees) for d in drops),
        *(s * knees for s in slants), *(b * feet for b in bends), *(np.abs(xy[27] - xy[28]) * feet / 3),
        hips, knees, feet, min(length, 6.0) / 4 * hips,
    ]  # fmt: skip


def _angle(a: FloatArray, b: FloatArray) -> float:
    return float(np.arccos(np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-6), -1, 1)))

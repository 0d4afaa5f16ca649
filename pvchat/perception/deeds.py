"""What somebody does with things and with others, by all that an analysis holds of her: phones, drinks, hugs, poses.

In: one track, posed, of a clip's analysis. Out: `deed` of the track's facts, "probably" said of what is likely only.
A linear head weighs what is found of joints and hands, what is at them and at the mouth (`handled.py`), where the head
turns, how near others are, and what the picture network sees of her body, below her and in the frame. It learned from
people in film, TV and photos whose deeds were read by eye (`recipes/deeds`), each deed as often as it is stated to be
in footage; some it knows only so that they are not taken for others. Two that are hard to tell apart are told together.

As postures are, deeds are told whenever an analysis is looked at, and no clip is looked at anew. Of drawn figures none
is: it learned from photographs.

Legend: n sightings. Lengths are in face heights, from the middle of the face.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pvchat.perception.experts import body
from pvchat.perception.experts.attributes import linear_head, softmax
from pvchat.perception.experts.objects import LABELS
from pvchat.perception.grounds import ground_facts
from pvchat.perception.handled import ANYWHERE, AT_MOUTH, AT_WRIST
from pvchat.perception.posture import Known, described_once, is_readable, posed
from pvchat.perception.surroundings import surroundings
from pvchat.schemas import ClipAnalysis, FloatArray, IntArray, PersonFacts, Track

WEIGHTS = Path(__file__).with_name("experts") / "deeds.safetensors"
_THINGS = (  # COCO's, by what is done with them
    ("cell phone",), ("laptop", "keyboard", "mouse", "tv"), ("book",), ("cup", "wine glass", "bottle"),
    ("banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake"),
    ("bowl", "fork", "knife", "spoon", "dining table"), ("oven", "microwave", "sink", "refrigerator", "toaster"),
    ("baseball bat", "tennis racket", "sports ball", "frisbee", "skateboard", "surfboard", "baseball glove"),
    ("toothbrush", "hair drier", "scissors"), ("person",),
)  # fmt: skip
_ROWS = tuple([list(LABELS.values()).index(label) for label in labels] for labels in _THINGS)
_PHONE, _COMPUTER, _BOOK = range(3)  # of them
GAZE, COMPANY, HANDLED, HEEDED = 8, 9, 3 * len(_THINGS), 10  # numbers that tell of each
# The nose between eyes and mouth, 0 to 1: from where on somebody looks down, and how much lower still.
_LEVEL, _BENT = 0.55, 0.2
_UNSEEN = 0.02  # score of what isn't there
LIKELY, _SURE = 0.4, 0.7  # probability from which a deed is told, and is without "probably" (ADR 0107)
# Told, in the order of the head's rows; behind them what it knows and isn't told.
TOLD = (
    "talking on the phone", "using a phone", "working at a computer", "reading", "writing", "eating", "drinking",
    "smoking", "cooking", "pouring a drink", "hugging somebody", "playing music", "posing for a photo", "sleeping",
    "holding a gun", "clapping",
)  # fmt: skip
UNTOLD = (
    "nothing", "fighting", "doing sports", "working", "cleaning", "grooming", "raising a hand", "taking photos",
    "speaking into a microphone",
)  # fmt: skip
KINDS = (*TOLD, *UNTOLD)
_GOING = ("walking or running", "falling or lying down")
_POSING, _TYPING = "posing for a photo", "using a phone"
_NOT_POSING = (  # what nobody does who poses
    "talking", "gesturing", "waving", "nodding", "shaking", "looking down", "looking up", "looking to the",
)  # fmt: skip
_NOT_TYPING = ("looking ahead", "looking up")  # who does has something else in the hand, for the detector a phone
_PAIRS = (  # told together where neither is likely enough alone
    ("using a phone", "working at a computer"), ("reading", "writing"), ("eating", "drinking"),
)  # fmt: skip
_TOGETHER = ("using a phone or a computer", "reading or writing", "eating or drinking")
_WRISTS, _ELBOWS = ((15, 19), (16, 20)), ((11, 13, 15), (12, 14, 16))  # wrist and forefinger; shoulder, elbow, wrist
_MOUTH, _EARS = (9, 10), (7, 8)
_LAP = 1.6  # below the shoulders


def tell_deeds(analysis: ClipAnalysis, known: Known) -> ClipAnalysis:
    """The analysis with the deeds of all whose bodies were measured, told by what it holds; of a long video each
    stretch's are told when it is measured. `known`: what `tell_postures` has described.
    """
    for track in analysis.tracks if analysis.stage == "what" and not analysis.scenes else ():
        tell_deed(track, analysis, known)
        ground_facts(track, analysis)
    return analysis


def tell_deed(track: Track, analysis: ClipAnalysis, known: Known | None = None) -> None:
    """Tell the deed in a track's facts; what the frames or a thing tell of her comes first."""
    settle(track.facts, {} if track.facts.activity else deed_shares(track, analysis, known))


def settle(facts: PersonFacts, shares: dict[str, float]) -> None:
    """Put the deed that is told of these probabilities into somebody's facts, where nothing there speaks against it."""
    facts.deed = None
    for told_before in (facts.confidence, facts.grounds):
        told_before.pop("deed", None)
    for deed, against in ((_POSING, _NOT_POSING), (_TYPING, _NOT_TYPING)):
        if any(gesture.startswith(against) for gesture in facts.gestures):
            shares.pop(deed, None)
    if facts.movement in _GOING:
        shares.pop(_POSING, None)
    if told := likeliest(shares):
        name, share = told
        facts.deed, facts.confidence["deed"] = name if share >= _SURE else f"probably {name}", round(share, 3)


def likeliest(shares: dict[str, float]) -> tuple[str, float] | None:
    """The deed that is told of some probabilities, or the two that are, and how likely that is."""
    alone = {name: shares.get(name, 0.0) for name in TOLD}
    pairs = {said: alone[a] + alone[b] for said, (a, b) in zip(_TOGETHER, _PAIRS, strict=True)}
    for told in (alone, pairs):
        name = max(told, key=lambda one: told[one])
        if told[name] >= LIKELY:
            return name, told[name]
    return None


def deed_shares(track: Track, analysis: ClipAnalysis, known: Known | None = None) -> dict[str, float]:
    """How likely each of TOLD and UNTOLD is; nothing of drawn figures and of those whose body wasn't found."""
    logits = deed_logits(track, analysis, known)
    return {} if logits is None else dict(zip(KINDS, softmax(logits).tolist(), strict=True))


def deed_logits(track: Track, analysis: ClipAnalysis, known: Known | None = None) -> FloatArray | None:
    """[C] float32 log-odds, up to a number that all share, of what somebody does, in the order of KINDS.

    How often footage shows each is in them: a softmax makes probabilities of them. None of drawn figures, whose deeds
    the head never learned, and of those whose body wasn't found.

    Args:
        track: one of the analysis, of stage "what".
        analysis: of the clip.
        known: what is described already of the clip's people.
    """
    if analysis.scene.drawn or not is_readable(track, analysis):
        return None
    weight, bias = linear_head(WEIGHTS)
    return np.asarray(weight @ weighed(track, analysis, known) + bias, np.float32)


def weighed(track: Track, analysis: ClipAnalysis, known: Known | None = None) -> FloatArray:
    """[N] what the head weighs."""
    seen, aspect = posed(track), analysis.width / analysis.height
    hands, gaze, things = _hands(track, seen, aspect), _gaze(track, seen, aspect), _handled(track)
    return np.concatenate(
        [
            described_once(track, analysis, known), surroundings(track, analysis, seen), track.body[seen].mean(0),
            hands, gaze, _company(track, analysis, aspect), things.ravel(), _heeded(HandSigns(*hands), gaze, things),
        ]
    ).astype(np.float32)  # fmt: skip


def _handled(track: Track) -> FloatArray:
    """[K, 3] log-odds of the likeliest of each of _THINGS about her, at her mouth, at a wrist; 0: not seen."""
    if not len(track.handled):
        return np.zeros((len(_THINGS), 3), np.float32)
    scores = np.clip(track.handled.astype(np.float32), _UNSEEN, 1 - _UNSEEN)
    odds = (np.log(scores / (1 - scores)) - np.log(_UNSEEN / (1 - _UNSEEN))).mean(0)
    return np.stack([odds[:, rows].max(1) for rows in _ROWS])


def _heeded(hands: HandSigns, gaze: FloatArray, things: FloatArray) -> list[float]:
    """[HEEDED] whether she looks down, at her hands or at what is in them, and whether a phone is at her ear.

    Pistols and microphones, which the detector takes for phones, are not looked down at. `things`: [K, 3].
    """
    seen, pitch = gaze[0], gaze[3]
    down = seen * min(max((pitch - _LEVEL) / _BENT, 0.0), 1.0)
    phone, ear = things[_PHONE], hands.at_ear
    return [
        down, down * hands.together, down * hands.both_low, down * down,
        down * phone[AT_WRIST], down * phone[ANYWHERE], ear * phone[AT_MOUTH], ear * phone[ANYWHERE],
        down * things[_COMPUTER, AT_WRIST], down * things[_BOOK, AT_WRIST],
    ]  # fmt: skip


def _near(length: float, reach: float) -> float:
    return float(np.exp(-((length / reach) ** 2)))


class HandSigns(NamedTuple):
    """What a pose tells of hands, 0 (no pose, not seen, far away) to 1; of both hands, the one that is nearer or surer.

    Of `both_…` it is the other one.
    """

    posed: float
    at_mouth: float
    at_ear: float
    about_mouth: float
    both_at_mouth: float
    touching: float  # each other
    together: float
    raised: float  # above the shoulders
    both_raised: float
    overhead: float
    in_lap: float
    both_low: float
    held_out: float  # to the side
    straight_arm: float
    both_straight: float
    seen: float
    both_seen: float
    shoulders: float  # a third of how broad they are, in face heights: narrow from the side


HANDS = len(HandSigns._fields)


def _hands(track: Track, seen: IntArray, aspect: float) -> FloatArray:
    """[HANDS] the mean signs of hands in sightings [n]."""
    found = [hand_signs(track.pose[i], track.boxes[i], aspect) for i in seen]
    return np.clip(np.mean(found, 0), -3, 3).astype(np.float32)


def hand_signs(joints: FloatArray, face: FloatArray, aspect: float) -> HandSigns:
    """Of a pose [33, 4] (NaN: there is none) beside its face box [4]; `aspect`: frame width over height."""
    if np.isnan(joints).any():
        return HandSigns(*[0.0] * HANDS)
    scale = np.array([aspect, 1.0]) / (face[3] - face[1])
    xy = (joints[:, :2] - (face[:2] + face[2:]) / 2) * scale
    seen = joints[:, 3] * ((joints[:, :2] > 0) & (joints[:, :2] < 1)).all(1)
    hands, sure = [xy[list(hand)].mean(0) for hand in _WRISTS], [float(seen[list(hand)].min()) for hand in _WRISTS]
    mouth, chest = xy[list(_MOUTH)].mean(0), xy[list(body.SHOULDERS)].mean(0)
    broad = float(abs(xy[11, 0] - xy[12, 0]))
    both, apart = sure[0] * sure[1], float(np.linalg.norm(hands[0] - hands[1]))

    def each(sign: Callable[[FloatArray], float]) -> list[float]:
        return [sign(hand) * s for hand, s in zip(hands, sure, strict=True)]

    def at_mouth(reach: float) -> list[float]:
        return each(lambda hand: _near(float(np.linalg.norm(hand - mouth)), reach))

    def low(reach: float, wide: float) -> list[float]:
        return each(lambda hand: _near(float(hand[1] - chest[1]) - _LAP, reach) * float(abs(hand[0] - chest[0]) < wide))

    at_ear = each(lambda hand: _near(min(float(np.linalg.norm(hand - xy[ear])) for ear in _EARS), 0.8))
    raised = each(lambda hand: float(hand[1] < chest[1]))
    straight = [_straight(xy, *arm) * float(min(seen[arm[1]], seen[arm[2]])) for arm in _ELBOWS]
    return HandSigns(
        posed=1.0,
        at_mouth=max(at_mouth(0.8)),
        at_ear=max(at_ear),
        about_mouth=max(at_mouth(1.6)),
        both_at_mouth=min(at_mouth(1.0)),
        touching=both * _near(apart, 0.7),
        together=both * _near(apart, 1.6),
        raised=max(raised),
        both_raised=min(raised),
        overhead=max(each(lambda hand: float(hand[1] < mouth[1] - 1))),
        in_lap=max(low(0.9, 0.6 * broad)),
        both_low=min(low(1.2, np.inf)),
        held_out=max(each(lambda hand: float(abs(hand[0] - chest[0]) > 1.2 * broad))),
        straight_arm=max(straight),
        both_straight=min(straight),
        seen=max(sure),
        both_seen=min(sure),
        shoulders=min(broad, 5.0) / 3,
    )


def _straight(xy: FloatArray, shoulder: int, elbow: int, wrist: int) -> float:
    """How straight an arm is, 0 to 1."""
    a, b = xy[shoulder] - xy[elbow], xy[wrist] - xy[elbow]
    cosine = float(a @ b) / (float(np.linalg.norm(a) * np.linalg.norm(b)) + 1e-6)
    return float(np.arccos(np.clip(cosine, -1, 1)) / np.pi)


def _gaze(track: Track, seen: IntArray, aspect: float) -> FloatArray:
    """[8] where the head turns and bends, by eyes, nose and mouth in sightings [n]; zeros where no face is seen."""
    points, box = track.points[seen], track.boxes[seen]
    if not len(points) or np.isnan(points).any():
        return np.zeros(GAZE, np.float32)
    xy = points * np.array([aspect, 1.0])
    eyes, mouth = (xy[:, 0] + xy[:, 1]) / 2, (xy[:, 3] + xy[:, 4]) / 2
    wide = np.linalg.norm(xy[:, 1] - xy[:, 0], axis=1) + 1e-6
    long = np.linalg.norm(mouth - eyes, axis=1) + 1e-6
    turned = float(np.abs((xy[:, 2, 0] - eyes[:, 0]) / wide).mean())
    top, height = box[:, 1], box[:, 3] - box[:, 1]
    told = [
        1.0, turned, _near(turned, 0.15), ((xy[:, 2, 1] - eyes[:, 1]) / long).mean(),
        np.abs((xy[:, 1, 1] - xy[:, 0, 1]) / wide).mean(), np.log(long / wide).mean(),
        ((mouth[:, 1] - top) / height).mean(), ((eyes[:, 1] - top) / height).mean(),
    ]  # fmt: skip
    return np.clip(told, -3, 3).astype(np.float32)


def _company(track: Track, analysis: ClipAnalysis, aspect: float) -> FloatArray:
    """[9] how near the nearest of the others is who are seen with her, how large, how far their bodies overlap."""
    found = [one for other in analysis.tracks if other is not track if (one := _beside(track, other, aspect))]
    if not found:
        return np.zeros(COMPANY, np.float32)
    away, lap, larger, higher = min(found)
    near = [_near(away, reach) for reach in (1.0, 1.8, 3.0)]
    shared = max(one[1] for one in found)
    told = [1.0, *near, lap, float(np.clip(larger, -2, 2)), min(higher, 3.0), min(len(found), 4) / 4, shared]
    return np.asarray(told, np.float32)


def _beside(track: Track, other: Track, aspect: float) -> tuple[float, float, float, float] | None:
    """How far away somebody is, what share of her body's box theirs covers, how much larger and higher up they are."""
    hers, theirs = np.nonzero(track.frames[:, None] == other.frames[None])
    if not len(hers):
        return None
    face, head = track.boxes[hers], other.boxes[theirs]
    height, tall = face[:, 3] - face[:, 1], head[:, 3] - head[:, 1]
    way = (head[:, :2] + head[:, 2:] - face[:, :2] - face[:, 2:]) / 2 * np.array([aspect, 1.0])
    away = np.linalg.norm(way, axis=1) / ((height + tall) / 2)
    mine, box = track.body_boxes[hers], other.body_boxes[theirs]
    shared = np.clip(np.minimum(mine[:, 2:], box[:, 2:]) - np.maximum(mine[:, :2], box[:, :2]), 0, None).prod(1)
    lap = shared / np.clip(mine[:, 2:] - mine[:, :2], 1e-6, None).prod(1)
    larger, higher = np.log(tall / height).mean(), np.abs(way[:, 1] / height).mean()
    return float(away.min()), float(lap.max()), float(larger), float(higher)

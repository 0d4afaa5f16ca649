"""What somebody does with things and with others: phones, drinks, hugs, poses.

In: one track with poses, of a clip's analysis. Out: `deed` of the track's facts, with "probably" if it is only likely.
A linear head classifies numbers of body, hands, things at them, gaze, company and attention, all of them reckoned from
what the analysis holds, whenever one is looked at. It learned from people in film, TV and photos whose deeds were read
by eye (`recipes/deeds`), each deed weighted by how often footage shows it; some classes are there only so that they are
not taken for others. Two deeds that are hard to tell apart are told together.

Legend: n sightings, K groups of things; `aspect` is frame width over height. Lengths are in face heights, from the
middle of the face.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from pvchat.perception import bodyfeatures
from pvchat.perception.bodyfeatures import Descriptions
from pvchat.perception.boxes import inside
from pvchat.perception.experts import body
from pvchat.perception.experts.headfiles import labels_of, linear_head, softmax
from pvchat.perception.experts.objects import LABELS
from pvchat.perception.grounds import ground_facts
from pvchat.perception.handled import ANYWHERE, AT_MOUTH, AT_WRIST
from pvchat.perception.posture import tell_posture
from pvchat.schemas import ClipAnalysis, FloatArray, IntArray, PersonFacts, Track

WEIGHTS = Path(__file__).with_name("experts") / "deeds.safetensors"
LIKELY, _SURE = 0.4, 0.7  # probability from which a deed is told, and is without "probably" (ADR 0107)
# The head's classes, in the order of its rows: first those that are told, and from "nothing" on those that never are.
KINDS = labels_of(WEIGHTS)
TOLD, UNTOLD = KINDS[: KINDS.index("nothing")], KINDS[KINDS.index("nothing") :]
_POSING, _TYPING = "posing for a photo", "using a phone"
_MOVES = ("talking", "gesturing", "nodding", "shaking")
_NOT_POSING = (*_MOVES, "looking down", "looking up", "looking to the")  # what nobody does who poses
_GROUP = 3  # people who pose for a photo of a group
_NOT_TYPING = ("looking ahead", "looking up")  # who does has something else in the hand, for the detector a phone
_PAIRS = {  # told together where neither is likely enough alone
    "using a phone or a computer": ("using a phone", "working at a computer"),
    "reading or writing": ("reading", "writing"),
    "eating or drinking": ("eating", "drinking"),
}
_THINGS = (  # COCO's, by what is done with them
    ("cell phone",), ("laptop", "keyboard", "mouse", "tv"), ("book",), ("cup", "wine glass", "bottle"),
    ("banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake"),
    ("bowl", "fork", "knife", "spoon", "dining table"), ("oven", "microwave", "sink", "refrigerator", "toaster"),
    ("baseball bat", "tennis racket", "sports ball", "frisbee", "skateboard", "surfboard", "baseball glove"),
    ("toothbrush", "hair drier", "scissors"), ("person",),
)  # fmt: skip
_ROWS = tuple([list(LABELS.values()).index(label) for label in labels] for labels in _THINGS)
_PHONE, _COMPUTER, _BOOK = range(3)  # of them
GAZE, COMPANY, HANDLED, ATTENTION = 8, 9, 3 * len(_THINGS), 10  # how many features each part has
# The nose between eyes and mouth, 0 to 1: from where on somebody looks down, and how much lower still.
_LEVEL, _BENT = 0.55, 0.2
_UNSEEN = 0.02  # score of what isn't there
_LAP = 1.6  # below the shoulders


def tell_actions(analysis: ClipAnalysis) -> ClipAnalysis:
    """Write posture and deed of everybody who was measured into the analysis, and return it.

    Those of a long video's stretches are written when they are measured.
    """
    known: Descriptions = {}  # people are described once for both
    for track in analysis.tracks if analysis.stage == "what" and not analysis.scenes else ():
        tell_posture(track, analysis, known)
        tell_deed(track, analysis, known)
        ground_facts(track, analysis)
    share_pose(analysis)
    return analysis


def share_pose(analysis: ClipAnalysis) -> None:
    """Say that somebody probably poses where half of those seen together with her do, and three at least; not of who
    moves, or does more. Of long videos nothing: their people were told when their stretches were measured.
    """
    if analysis.scenes:
        return
    people = [track for track in analysis.tracks if track.kind == "face"]
    posing = [track for track in people if (track.facts.deed or "").endswith(_POSING)]  # before any is told here
    for track in people:
        facts = track.facts
        if facts.deed or facts.movement or any(one.startswith(_MOVES) for one in facts.gestures):
            continue
        near, alike = (sum(np.isin(one.frames, track.frames).any() for one in some) for some in (people, posing))
        if alike >= max(_GROUP, near / 2):
            facts.deed, facts.confidence["deed"] = f"probably {_POSING}", LIKELY
            ground_facts(track, analysis)


def tell_deed(track: Track, analysis: ClipAnalysis, known: Descriptions | None = None) -> None:
    """Write the likeliest deed into a track's facts."""
    write_deed(track.facts, deed_shares(track, analysis, known))


def write_deed(facts: PersonFacts, shares: dict[str, float]) -> None:
    """Write the likeliest deed into somebody's facts, but for deeds that her gestures or movement contradict."""
    facts.deed = None
    facts.confidence.pop("deed", None)
    facts.grounds.pop("deed", None)
    for deed, against in ((_POSING, _NOT_POSING), (_TYPING, _NOT_TYPING)):
        if any(gesture.startswith(against) for gesture in facts.gestures):
            shares.pop(deed, None)
    if facts.movement:  # she walks, runs or falls
        shares.pop(_POSING, None)
    if best := likeliest(shares):
        name, share = best
        facts.deed, facts.confidence["deed"] = name if share >= _SURE else f"probably {name}", round(share, 3)


def likeliest(shares: dict[str, float]) -> tuple[str, float] | None:
    """The deed that is likely enough to be told, or a pair of deeds that is together, with its probability."""
    alone = {name: shares.get(name, 0.0) for name in TOLD}
    pairs = {phrase: alone[a] + alone[b] for phrase, (a, b) in _PAIRS.items()}
    for candidates in (alone, pairs):
        name = max(candidates, key=lambda one: candidates[one])
        if candidates[name] >= LIKELY:
            return name, candidates[name]
    return None


def deed_shares(track: Track, analysis: ClipAnalysis, known: Descriptions | None = None) -> dict[str, float]:
    """The probability of each of KINDS; empty for drawn figures and for those whose body wasn't found."""
    logits = deed_logits(track, analysis, known)
    return {} if logits is None else dict(zip(KINDS, softmax(logits).tolist(), strict=True))


def deed_logits(track: Track, analysis: ClipAnalysis, known: Descriptions | None = None) -> FloatArray | None:
    """Logits [C] float32 of what somebody of an analysis of stage "what" does, in the order of KINDS.

    None for drawn figures, whose deeds the head never learned, and for those whose body wasn't found.
    """
    if analysis.scene.drawn or not bodyfeatures.is_readable(track, analysis):
        return None
    weight, bias = linear_head(WEIGHTS)
    return np.asarray(weight @ deed_features(track, analysis, known) + bias, np.float32)


def deed_features(track: Track, analysis: ClipAnalysis, known: Descriptions | None = None) -> FloatArray:
    """The feature vector [N] that the head classifies."""
    seen, aspect = bodyfeatures.posed_sightings(track), analysis.width / analysis.height
    hands, gaze, things = _hands(track, seen, aspect), _gaze(track, seen, aspect), _thing_log_odds(track)
    shown, around = bodyfeatures.cached_description(track, analysis, known), bodyfeatures.surroundings(track, analysis)
    company, attention = _company(track, analysis, aspect), _attention(HandSigns(*hands), gaze, things)
    parts = [shown, around, track.body[seen].mean(0), hands, gaze, company, things.ravel(), attention]
    return np.concatenate(parts).astype(np.float32)


def _thing_log_odds(track: Track) -> FloatArray:
    """[K, 3] log-odds of the likeliest thing of each group about her, at her mouth, at a wrist; 0: not seen."""
    if not len(track.handled):
        return np.zeros((len(_THINGS), 3), np.float32)
    scores = np.clip(track.handled.astype(np.float32), _UNSEEN, 1 - _UNSEEN)
    odds = (np.log(scores / (1 - scores)) - np.log(_UNSEEN / (1 - _UNSEEN))).mean(0)
    return np.stack([odds[:, rows].max(1) for rows in _ROWS])


def _attention(hands: HandSigns, gaze: FloatArray, things: FloatArray) -> list[float]:
    """[ATTENTION] whether she looks down, at her hands or at what is in them, and whether a phone is at her ear.

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


def _closeness(length: float, reach: float) -> float:
    """1 at length 0, e^-1 at `reach`."""
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
    """The signs of hands of a pose [33, 4] beside its face box [4]; all 0 where there is no pose (NaN)."""
    if np.isnan(joints).any():
        return HandSigns(*[0.0] * HANDS)
    scale = np.array([aspect, 1.0]) / (face[3] - face[1])
    xy = (joints[:, :2] - (face[:2] + face[2:]) / 2) * scale
    visible = joints[:, 3] * ((joints[:, :2] > 0) & (joints[:, :2] < 1)).all(1)
    left, right = (_signs_of_hand(side, xy, visible) for side in (0, 1))
    pairs = {name: (left[name], right[name]) for name in left}
    signs = {name: min(pair) if name.startswith("both_") else max(pair) for name, pair in pairs.items()}
    both, apart = left["seen"] * right["seen"], float(np.linalg.norm(_hand(0, xy) - _hand(1, xy)))
    touching, together = both * _closeness(apart, 0.7), both * _closeness(apart, 1.6)
    broad = min(_shoulder_width(xy), 5.0) / 3
    return HandSigns(posed=1.0, touching=touching, together=together, shoulders=broad, **signs)


def _signs_of_hand(side: int, xy: FloatArray, visible: FloatArray) -> dict[str, float]:
    """The signs of one hand (`side` 0: left), by their names in `HandSigns`; of joints xy [33, 2], visible [33]."""
    hand, arm, width = _hand(side, xy), body.ARMS[side], _shoulder_width(xy)
    wrist, _, finger = body.HANDS[side]
    mouth, chest = xy[list(body.MOUTH)].mean(0), xy[list(body.SHOULDERS)].mean(0)
    from_mouth = float(np.linalg.norm(hand - mouth))
    from_ear = min(float(np.linalg.norm(hand - xy[ear])) for ear in body.EARS)
    from_lap, aside = float(hand[1] - chest[1]) - _LAP, float(abs(hand[0] - chest[0]))
    seen, raised = float(visible[[wrist, finger]].min()), float(hand[1] < chest[1])
    signs = {
        "at_mouth": _closeness(from_mouth, 0.8), "about_mouth": _closeness(from_mouth, 1.6),
        "both_at_mouth": _closeness(from_mouth, 1.0), "at_ear": _closeness(from_ear, 0.8),
        "raised": raised, "both_raised": raised, "overhead": float(hand[1] < mouth[1] - 1),
        "in_lap": _closeness(from_lap, 0.9) * float(aside < 0.6 * width), "both_low": _closeness(from_lap, 1.2),
        "held_out": float(aside > 1.2 * width), "seen": 1.0, "both_seen": 1.0,
    }  # fmt: skip
    shoulder, elbow, end = xy[list(arm)]
    straight = bodyfeatures.angle(shoulder - elbow, end - elbow) / np.pi * float(min(visible[list(arm[1:])]))
    return {name: sign * seen for name, sign in signs.items()} | {"straight_arm": straight, "both_straight": straight}


def _hand(side: int, xy: FloatArray) -> FloatArray:
    """Where a hand is [2]: between its wrist and its forefinger."""
    wrist, _, finger = body.HANDS[side]
    return np.asarray(xy[[wrist, finger]].mean(0))


def _shoulder_width(xy: FloatArray) -> float:
    return float(abs(xy[body.LEFT_SHOULDER, 0] - xy[body.RIGHT_SHOULDER, 0]))


def _gaze(track: Track, seen: IntArray, aspect: float) -> FloatArray:
    """[GAZE] where the head turns and bends, by eyes, nose and mouth in sightings [n]; zeros where no face is seen."""
    points, box = track.points[seen], track.boxes[seen]
    if not len(points) or np.isnan(points).any():
        return np.zeros(GAZE, np.float32)
    xy = points * np.array([aspect, 1.0])
    eyes, mouth = (xy[:, 0] + xy[:, 1]) / 2, (xy[:, 3] + xy[:, 4]) / 2
    wide = np.linalg.norm(xy[:, 1] - xy[:, 0], axis=1) + 1e-6
    long = np.linalg.norm(mouth - eyes, axis=1) + 1e-6
    turned = float(np.abs((xy[:, 2, 0] - eyes[:, 0]) / wide).mean())
    top, height = box[:, 1], box[:, 3] - box[:, 1]
    features = [
        1.0, turned, _closeness(turned, 0.15), ((xy[:, 2, 1] - eyes[:, 1]) / long).mean(),
        np.abs((xy[:, 1, 1] - xy[:, 0, 1]) / wide).mean(), np.log(long / wide).mean(),
        ((mouth[:, 1] - top) / height).mean(), ((eyes[:, 1] - top) / height).mean(),
    ]  # fmt: skip
    return np.clip(features, -3, 3).astype(np.float32)


def _company(track: Track, analysis: ClipAnalysis, aspect: float) -> FloatArray:
    """[COMPANY] how near the nearest person seen with her is, how large, and how far their bodies overlap."""
    # of each: how far away, what share of her body's box theirs covers, how much larger and higher up
    found: list[tuple[float, float, float, float]] = []
    for other in analysis.tracks:
        hers, theirs = np.nonzero(track.frames[:, None] == other.frames[None])
        if other is track or not len(hers):
            continue
        face, head = track.boxes[hers], other.boxes[theirs]
        height, tall = face[:, 3] - face[:, 1], head[:, 3] - head[:, 1]
        way = (head[:, :2] + head[:, 2:] - face[:, :2] - face[:, 2:]) / 2 * np.array([aspect, 1.0])
        away = np.linalg.norm(way, axis=1) / ((height + tall) / 2)
        laps = inside(track.body_boxes[hers], other.body_boxes[theirs]).diagonal()
        sizes, rise = np.log(tall / height), np.abs(way[:, 1] / height)
        found.append((float(away.min()), float(laps.max()), float(sizes.mean()), float(rise.mean())))
    if not found:
        return np.zeros(COMPANY, np.float32)
    nearest, lap, larger, higher = min(found)
    near = [_closeness(nearest, reach) for reach in (1.0, 1.8, 3.0)]
    most = max(one[1] for one in found)
    features = [1.0, *near, lap, float(np.clip(larger, -2, 2)), min(higher, 3.0), min(len(found), 4) / 4, most]
    return np.asarray(features, np.float32)

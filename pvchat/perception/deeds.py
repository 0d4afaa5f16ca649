"""What somebody does with things and with others: phones, drinks, hugs, poses.

In: one track with poses, of a clip's analysis. Out: `deed` of the track's facts, with "probably" if it is only likely.
A linear head classifies the features of `deedfeatures.py`. It learned from people in film, TV and photos whose deeds
were read by eye (`recipes/deeds`), each deed weighted by how often footage shows it; some classes are there only so
that they are not taken for others. Two deeds that are hard to tell apart are told together.

As postures are, deeds are told whenever an analysis is looked at, and no clip is looked at anew. Of drawn figures none
is: the head learned from photographs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.deedfeatures import deed_features
from pvchat.perception.experts.attributes import linear_head, softmax
from pvchat.perception.grounds import ground_facts
from pvchat.perception.posture import Descriptions, is_readable
from pvchat.schemas import ClipAnalysis, FloatArray, PersonFacts, Track

WEIGHTS = Path(__file__).with_name("experts") / "deeds.safetensors"
LIKELY, _SURE = 0.4, 0.7  # probability from which a deed is told, and is without "probably" (ADR 0107)
# Classes that are told, in the order of the head's rows, and after them classes that never are.
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
_ON_THE_MOVE = ("walking or running", "falling or lying down")
_POSING, _TYPING = "posing for a photo", "using a phone"
_NOT_POSING = (  # what nobody does who poses
    "talking", "gesturing", "waving", "nodding", "shaking", "looking down", "looking up", "looking to the",
)  # fmt: skip
_NOT_TYPING = ("looking ahead", "looking up")  # who does has something else in the hand, for the detector a phone
_PAIRS = (  # told together where neither is likely enough alone
    ("using a phone", "working at a computer"), ("reading", "writing"), ("eating", "drinking"),
)  # fmt: skip
_PAIR_PHRASES = ("using a phone or a computer", "reading or writing", "eating or drinking")


def tell_deeds(analysis: ClipAnalysis, known: Descriptions) -> ClipAnalysis:
    """Write the deed of everybody who was measured into the analysis, and return it.

    Those of a long video's stretches are written when they are measured. `known`: what `tell_postures` has described.
    """
    for track in analysis.tracks if analysis.stage == "what" and not analysis.scenes else ():
        tell_deed(track, analysis, known)
        ground_facts(track, analysis)
    return analysis


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
    if facts.movement in _ON_THE_MOVE:
        shares.pop(_POSING, None)
    if best := likeliest(shares):
        name, share = best
        facts.deed, facts.confidence["deed"] = name if share >= _SURE else f"probably {name}", round(share, 3)


def likeliest(shares: dict[str, float]) -> tuple[str, float] | None:
    """The deed that is likely enough to be told, or a pair of deeds that is together, with its probability."""
    alone = {name: shares.get(name, 0.0) for name in TOLD}
    pairs = {phrase: alone[a] + alone[b] for phrase, (a, b) in zip(_PAIR_PHRASES, _PAIRS, strict=True)}
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

    They hold how often footage shows each deed: a softmax makes probabilities of them. None for drawn figures, whose
    deeds the head never learned, and for those whose body wasn't found. `known`: as for `tell_deeds`.
    """
    if analysis.scene.drawn or not is_readable(track, analysis):
        return None
    weight, bias = linear_head(WEIGHTS)
    return np.asarray(weight @ deed_features(track, analysis, known) + bias, np.float32)

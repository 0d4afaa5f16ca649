"""What kind of garment somebody wears over all others: a suit, a T-shirt, a dress; ties and stethoscopes.

In: features of her torso and of her bust (`Experts.clothes`), how long the sleeves are, whether it is a man. Out: kinds
with confidences. A linear head tells, over features of a network whose last blocks were trained on people in photos and
film whose clothes were read by eye (`recipes/looks/garments.py`); what it isn't sure of stays a "top". ImageNet's own
classes know armour, suits and ties: where they claim a suit, the head need be less sure of it.

Legend: p, q [1000] are mean probabilities of ImageNet's classes over the torso and over the bust.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.experts.attributes import Attribute
from pvchat.perception.experts.headfiles import labels_of, linear_head, softmax
from pvchat.schemas import FloatArray

WEIGHTS = Path(__file__).with_name("experts") / "garments.safetensors"
# In the order of the head's rows: those that are told; behind them what is a top for whoever asks, or nothing worn.
KINDS = labels_of(WEIGHTS)
TOLD, UNTOLD = KINDS[: KINDS.index("sleeveless top")], KINDS[KINDS.index("sleeveless top") :]
# Probability from which a kind is told, one of several alike is, and a suit that ImageNet's classes claim (ADR 0126).
LIKELY, _ALIKE, _SUIT = 0.7, 0.7, 0.4
_SURER = {"T-shirt": 0.8, "uniform": 0.9}  # what other tops are taken for
_JACKETS, _COATS = ("jacket", "coat", "suit"), ("coat", "white coat")  # of which one is a jacket, a coat
_NOT_WITH = {  # what has no such sleeves
    "sleeveless": {"T-shirt", "shirt", "sweater", "hoodie", *_JACKETS, *_COATS, "cardigan", "uniform", "robe"},
    "short-sleeved": {"sweater", "hoodie", *_JACKETS, *_COATS, "cardigan", "robe", "sleeveless top"},
    "long-sleeved": {"T-shirt", "sleeveless top", "bare"},
}
# Suit, Windsor tie, bow tie and groom together are formal wear.
_FORMAL, _TIES = [834, 906, 457, 982], {906: "tie", 457: "bow tie"}
_FORMAL_SURE, _TIE_SURE = 0.45, 0.25
_SUITS, _SUIT_SEEN, _TIE_ALONE = [834, 982], 0.05, 0.6  # tiny faces wear "ties" without a trace of a suit
_STETHOSCOPE, _STETHOSCOPE_SURE = 823, 0.4
_ARMOUR, _ARMOUR_SURE = [461, 524], 0.33  # breastplate and cuirass
ACCESSORIES = ("tie", "bow tie", "stethoscope")
OUTER = ("suit", "jacket")
OPEN = (*OUTER, "coat", "cardigan")  # are worn open at the front
WHOLE = ("suit", "coat", "dress", "robe", "armour")  # cover the legs, or say already what does


def garment_shares(torso: FloatArray, bust: FloatArray, sleeves: str | None, gender: str | None) -> dict[str, float]:
    """How likely each of KINDS is, by features [1280] of both and by what is known of her."""
    weight, bias = linear_head(WEIGHTS)
    shares = dict(zip(KINDS, softmax(weight @ np.concatenate([torso, bust]) + bias).tolist(), strict=True))
    for kind in _NOT_WITH.get(sleeves or "", set()) | ({"dress"} if gender == "man" else set()):
        shares[kind] = 0.0
    whole = sum(shares.values())
    return {kind: share / whole for kind, share in shares.items()}


def garment_claims(shares: dict[str, float], p: FloatArray, q: FloatArray, gender: str | None) -> list[Attribute]:
    """The kind that is told, if one is, with its accessories."""
    if (armour := max(float(p[_ARMOUR].sum()), float(q[_ARMOUR].sum()))) >= _ARMOUR_SURE:
        return [Attribute("armour", armour)]
    found = _surest_kind(shares, max(_formality(p), _formality(q)) >= _FORMAL_SURE)
    seen = {index: float(max(p[index], q[index])) for index in _TIES}
    tie = max(seen, key=lambda index: seen[index])  # nobody wears two
    if gender != "woman" and any(claim.label == "suit" for claim in found) and seen[tie] >= _TIE_SURE:
        found.append(Attribute(_TIES[tie], seen[tie]))
    if (stethoscope := float(p[_STETHOSCOPE])) >= _STETHOSCOPE_SURE:
        found.append(Attribute("stethoscope", stethoscope))
    return found


def _surest_kind(shares: dict[str, float], formal: bool) -> list[Attribute]:
    """What is likely enough by itself, else one of several that are alike."""
    best = "suit" if formal and shares["suit"] >= _SUIT else max(shares, key=lambda kind: shares[kind])
    if best in TOLD and shares[best] >= (_SUIT if formal and best == "suit" else _SURER.get(best, LIKELY)):
        return [Attribute("coat" if best in _COATS else best, shares[best])]
    alike = {"jacket": sum(shares[kind] for kind in _JACKETS), "coat": sum(shares[kind] for kind in _COATS)}
    return [Attribute(kind, share) for kind, share in alike.items() if share >= _ALIKE][:1]


def _formality(p: FloatArray) -> float:
    """How sure formal wear is in one crop: a tie counts beside a suit, or by itself where it is sure."""
    seen = p[_SUITS].sum() >= _SUIT_SEEN or p[list(_TIES)].sum() >= _TIE_ALONE
    return float(p[_FORMAL].sum()) if seen else 0.0

"""What kind of garment somebody wears over all others: a suit, a T-shirt, a dress; ties and stethoscopes.

In: features of her torso and of her bust, how long the sleeves are, whether it is a man. Out: kinds with confidences.
A linear head tells, fitted to people in photos and film whose clothes were read by eye (`recipes/looks/garments.py`);
what it isn't sure of stays a "top". ImageNet's own classes know suits and ties, white coats and gowns: what they claim
is told where the head holds it for possible, too.

Legend: p, q [1000] are mean probabilities of ImageNet's classes over the torso and over the bust.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.experts.attributes import Attribute, linear_head, softmax
from pvchat.schemas import FloatArray

WEIGHTS = Path(__file__).with_name("experts") / "garments.safetensors"
# Told, in the order of the head's rows; behind them what is a top for whoever asks, or nothing worn there.
TOLD = (
    "T-shirt", "shirt", "sweater", "hoodie", "jacket", "suit", "coat", "white coat", "cardigan", "vest", "dress",
    "uniform", "apron", "robe",
)  # fmt: skip
UNTOLD = ("sleeveless top", "long-sleeved top", "jersey", "chef's jacket", "bare", "other")
# Probability from which a kind is told, one of several alike is, and what ImageNet's classes claim (ADR 0117).
_LIKELY, _ALIKE = 0.6, 0.65
_CLAIMED = {"suit": 0.4, "jacket": 0.6, "coat": 0.5, "dress": 0.4}
_JACKETS, _COATS = ("jacket", "coat", "suit"), ("coat", "white coat")  # of which one is a jacket, a coat
_NOT_WITH = {  # what has no such sleeves
    "sleeveless": {"T-shirt", "shirt", "sweater", "hoodie", *_JACKETS, *_COATS, "cardigan", "uniform", "robe"},
    "short-sleeved": {"sweater", "hoodie", *_JACKETS, *_COATS, "cardigan", "robe", "sleeveless top"},
    "long-sleeved": {"T-shirt", "sleeveless top", "bare"},
}
# Suit, Windsor tie, bow tie and groom together are formal wear.
_FORMAL, _TIES = [834, 906, 457, 982], {906: "tie", 457: "bow tie"}
_FORMAL_SURE, _TIE_SURE = 0.45, 0.25
_SUITS, _SUIT_SEEN, _TIE_ALONE = [834, 982], 0.05, 0.6  # faces of 20 pixels wear "ties" without a trace of a suit
_GOWNS, _GOWN_SURE = [400, 667], 0.55  # academic gown, mortarboard: dark jackets, where a suit is seen a little too
_COAT, _STETHOSCOPE = 617, 823  # lab coat; a stethoscope hangs over one, so the two share their probability
_MEDICAL_SURE, _STETHOSCOPE_SURE = 0.6, 0.4
# Gown, hoopskirt, overskirt, sarong, brassiere, maillots, bikini, bath towel: of a woman's bust in a strapless dress.
_DRESS, _DRESS_SURE = [578, 601, 689, 775, 459, 638, 639, 445, 434], 0.4
ACCESSORIES = ("tie", "bow tie", "stethoscope")
OUTER = ("suit", "jacket")
OPEN = (*OUTER, "coat", "cardigan")  # are worn open at the front
WHOLE = ("suit", "coat", "dress", "robe")  # cover the legs, or say already what does


def garment_shares(torso: FloatArray, bust: FloatArray, sleeves: str | None, gender: str | None) -> dict[str, float]:
    """How likely each of TOLD and UNTOLD is, by features [1280] of both and by what is known of her."""
    weight, bias = linear_head(WEIGHTS)
    shares = dict(zip((*TOLD, *UNTOLD), softmax(weight @ np.concatenate([torso, bust]) + bias).tolist(), strict=True))
    for kind in _NOT_WITH.get(sleeves or "", set()) | ({"dress"} if gender == "man" else set()):
        shares[kind] = 0.0
    whole = sum(shares.values())
    return {kind: share / whole for kind, share in shares.items()}


def classified(shares: dict[str, float], p: FloatArray, q: FloatArray, gender: str | None) -> list[Attribute]:
    """The kind that is told, if one is, with its accessories."""
    claims = _claimed(p, q, gender)
    alike = shares | {"jacket": sum(shares[kind] for kind in _JACKETS), "coat": sum(shares[kind] for kind in _COATS)}
    best = max(shares, key=lambda kind: shares[kind])
    told = [Attribute(kind, alike[kind]) for kind in claims if alike[kind] >= _CLAIMED[kind]][:1]
    if not told and best in TOLD and shares[best] >= _LIKELY:
        told = [Attribute("coat" if best in _COATS else best, shares[best])]
    if not told:
        told = [Attribute(kind, alike[kind]) for kind in ("jacket", "coat") if alike[kind] >= _ALIKE][:1]
    suited = bool(told) and told[0].label == "suit" and gender != "woman"
    seen = float(p[_STETHOSCOPE])
    hung = [Attribute("stethoscope", seen)] if seen >= _STETHOSCOPE_SURE else []
    return told + (_tie(np.maximum(p, q)) if suited else []) + hung


def _claimed(p: FloatArray, q: FloatArray, gender: str | None) -> list[str]:
    """What ImageNet's classes claim, the narrower first."""
    formal = max(_formality(p), _formality(q)) >= _FORMAL_SURE
    gown = float(p[_FORMAL + _GOWNS].sum()) >= _GOWN_SURE
    medical = p[_STETHOSCOPE] + p[_COAT] >= _MEDICAL_SURE and p[_COAT] >= 0.15
    dress = gender != "man" and float((p + q)[_DRESS].sum() / 2) >= _DRESS_SURE
    said = {"suit": formal, "coat": medical, "jacket": formal or gown, "dress": dress}
    return [kind for kind, claimed in said.items() if claimed]


def _tie(seen: FloatArray) -> list[Attribute]:
    """The surer kind of tie, if one is seen: nobody wears two."""
    index = max(_TIES, key=lambda i: float(seen[i]))
    return [Attribute(_TIES[index], float(seen[index]))] if seen[index] >= _TIE_SURE else []


def _formality(p: FloatArray) -> float:
    """How sure formal wear is in one crop: a tie counts beside a suit, or by itself where it is sure."""
    seen = p[_SUITS].sum() >= _SUIT_SEEN or p[list(_TIES)].sum() >= _TIE_ALONE
    return float(p[_FORMAL].sum()) if seen else 0.0

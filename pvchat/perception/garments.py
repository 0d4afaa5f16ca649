"""What is worn, told by ImageNet's own classes: suits and ties, white coats, dresses.

In: what our heads claim of a torso, the classifier's probabilities over torso and bust crops. Out: kinds of garments
with confidences. Heads of ours, learned from street and shop photos, are wrong on photos of another source
(docs/LOG.md); these classes hold on footage.

Legend: p, q [1000] are mean probabilities over the torso and over the bust crops of a person's best sightings.
"""

from __future__ import annotations

import numpy as np

from pvchat.perception.experts.attributes import Attribute
from pvchat.schemas import FloatArray

# Suit, Windsor tie, bow tie and groom together are formal wear. A suit is said of men and of whoever wears a tie.
_FORMAL, _TIES = [834, 906, 457, 982], {906: "tie", 457: "bow tie"}
_FORMAL_SURE, _TIE_SURE = 0.45, 0.25
_SUITS, _SUIT_SEEN, _TIE_ALONE = [834, 982], 0.05, 0.6  # faces of 20 pixels wear "ties" without a trace of a suit
_GOWNS, _GOWN_SURE = [400, 667], 0.55  # academic gown, mortarboard: dark jackets, where a suit is seen a little too
_COAT, _STETHOSCOPE = 617, 823  # lab coat; a stethoscope hangs over one, so the two share their probability
_MEDICAL_SURE = 0.6
# Gown, hoopskirt, overskirt, sarong, brassiere, maillots, bikini, bath towel: of a woman's bust in a strapless dress.
# Of whoever isn't known for a woman more of it is needed.
_DRESS, _DRESS_SURE, _DRESS_ALONE = [578, 601, 689, 775, 459, 638, 639, 445, 434], 0.4, 0.5
ACCESSORIES = ("tie", "bow tie", "stethoscope")
OUTER = ("suit", "jacket")
OPEN = (*OUTER, "coat")  # are worn open at the front
WHOLE = ("suit", "coat", "dress")  # cover the legs, or say already what does


def classified(claims: list[Attribute], p: FloatArray, q: FloatArray, gender: str | None) -> list[Attribute]:
    """The claims of our heads with what the classifier adds; a bust shows a collar and a tie better than a torso."""
    return _formal(claims, p, q, gender) + _medical(p) + _dress(claims, p, q, gender)


def _formal(claims: list[Attribute], p: FloatArray, q: FloatArray, gender: str | None) -> list[Attribute]:
    sure = max(_formality(p), _formality(q))
    gown = float(p[_FORMAL + _GOWNS].sum())
    worn = any(claim.label in OUTER for claim in claims)
    if sure < _FORMAL_SURE:
        return claims if worn or gown < _GOWN_SURE else [Attribute("jacket", gown)]
    ties = [] if gender == "woman" else _tie(np.maximum(p, q))
    if worn:
        return claims if any(claim.label in _TIES.values() for claim in claims) else claims + ties
    return [Attribute("suit" if ties or gender == "man" else "jacket", sure), *ties]


def _tie(seen: FloatArray) -> list[Attribute]:
    """The surer kind of tie, if one is seen: nobody wears two."""
    index = max(_TIES, key=lambda i: float(seen[i]))
    return [Attribute(_TIES[index], float(seen[index]))] if seen[index] >= _TIE_SURE else []


def _formality(p: FloatArray) -> float:
    """How sure formal wear is in one crop: a tie counts beside a suit, or by itself where it is sure."""
    seen = p[_SUITS].sum() >= _SUIT_SEEN or p[list(_TIES)].sum() >= _TIE_ALONE
    return float(p[_FORMAL].sum()) if seen else 0.0


def _medical(p: FloatArray) -> list[Attribute]:
    found = []
    if p[_STETHOSCOPE] + p[_COAT] >= _MEDICAL_SURE and p[_COAT] >= 0.15:
        found.append(Attribute("coat", float(p[_STETHOSCOPE] + p[_COAT])))
    if p[_STETHOSCOPE] >= 0.4:
        found.append(Attribute("stethoscope", float(p[_STETHOSCOPE])))
    return found


def _dress(claims: list[Attribute], p: FloatArray, q: FloatArray, gender: str | None) -> list[Attribute]:
    sure = float((p + q)[_DRESS].sum() / 2)
    told = gender != "man" and not claims and sure >= (_DRESS_SURE if gender else _DRESS_ALONE)
    return [Attribute("dress", sure)] if told else []

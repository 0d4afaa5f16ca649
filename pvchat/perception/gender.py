"""Whether somebody's face looks like a man's or a woman's.

What tells people apart tells men from women, too: one linear head over the vector (`recipes/looks/gender.py`) is right
of blurred, masked and turned faces. Turned-away and covered ones look more like a woman's than they should, so that a
woman's face must say so more clearly.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception.experts.attributes import Attribute
from pvchat.perception.experts.headfiles import arrays_of, sigmoid
from pvchat.schemas import FloatArray, Track

WEIGHTS = Path(__file__).with_name("experts") / "gender.safetensors"
# Log-odds of a man from which one is told, and down to which a woman is: of sightings in one clip, and of an
# enrollment, whose sightings are the best of one clip and surely hers.
OF_TRACK, OF_PERSON = (1.2, -3.1), (0.4, -1.5)
_CLAIM = {"man": 1.0, "woman": -1.0}  # what the other head's word adds to them [choice]
_ALONE = 0.3  # quality that a face seen once needs
_SHORTEST = 1.0  # length from which a vector may be a real face's


def log_odds(vectors: FloatArray) -> float | None:
    """How much likelier (natural logarithm) face vectors [n, 128] of one person are a man's; None where none is one."""
    vectors, head = np.asarray(vectors, np.float32), arrays_of(WEIGHTS)
    faces = vectors[np.linalg.norm(vectors, axis=1) >= _SHORTEST]
    return float((faces @ head["weight"]).mean() + head["bias"][0]) if len(faces) else None


def gender_of_track(track: Track, claim: Attribute | None) -> Attribute | None:
    """Man or woman with its probability, of somebody followed through a clip; `claim` is the other head's word."""
    seen = log_odds(track.identity)
    if seen is None or len(track) == 1 and float(track.quality[0]) < _ALONE:
        return claim
    odds = seen + (0.0 if claim is None else _CLAIM[claim.label])
    gender = _man_or_woman(odds, OF_TRACK)
    return None if gender is None else Attribute(gender, float(sigmoid(np.array(abs(odds)))))


def gender_of_person(prototypes: FloatArray) -> str | None:
    """What an enrolled person looks like, by the vectors [n, 128] of her enrollment."""
    odds = log_odds(prototypes)
    return None if odds is None else _man_or_woman(odds, OF_PERSON)


def _man_or_woman(odds: float, limits: tuple[float, float]) -> str | None:
    man, woman = limits
    return "man" if odds >= man else "woman" if odds <= woman else None

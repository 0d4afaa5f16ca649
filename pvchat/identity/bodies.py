"""How much hair, clothes and build say about who somebody is, if both clips were filmed in one place.

In: an enrolled person's looks and those of a clip's tracks (`perception/bodies.py`). Out: log-odds to add to the
faces'. Clothes can change: they count as far as the clip's place is that of the enrollment, if the face says little,
and as far as a track is more like her than anybody who is seen beside it (uniforms). They lift nobody above
`CLOTHES_ALONE_MAX`, which is "unsure" where nobody else is enrolled.

Legend: K tracks, P and m rows of looks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pvchat.people.person import Person
from pvchat.schemas import BODY, STRIPS, TINTS, FloatArray, Track

LOGITS_PER_UNIT = 30.0  # log-odds of one unit of cosine …
OTHER_CLOTHES_COSINE = 0.25  # … above that of people in other clothes …
MAX_UNITS = 0.3  # … and the most units that count
COLOUR_WEIGHT, COLOUR_DISTANCE = 0.01, 25.0  # cosine of one unit of Lab nearer than strangers' clothes are
SAME_PLACE_COSINE, OTHER_PLACE_COSINE = 0.7, 0.4  # cosine of two clips' mean frames: one place; another
CLOTHES_ALONE_MAX = 0.3  # log-odds that faces must give for more than it: a body alone, of somebody alone, is no "yes"
NO_FACE_LOGIT = 1.0  # log-odds of a body that has no face, in the same place
NO_FACE_ELSEWHERE_LOGIT = -6.0  # … and in another: nothing is known of it
CLEAR_FACE_QUALITY = 0.5  # quality of a track's best sighting from which its face speaks for itself


def body_logits(person: Person, tracks: Sequence[Track], place: float, mean: FloatArray) -> FloatArray:
    """Log-odds [K] to add to those by face on K tracks; for a track without a face they are all that there is.

    `place`: how alike the two clips' places are (`scene_likeness`); `mean`: [1280] mean body features.
    """
    known = np.asarray(person.arrays.get("looks", ()), np.float32)
    same_place = float(np.clip((place - OTHER_PLACE_COSINE) / (SAME_PLACE_COSINE - OTHER_PLACE_COSINE), 0.0, 1.0))
    compared = [body_similarity(known, t.looks, mean) if len(known) and len(t.looks) else 0.0 for t in tracks]
    similarities = np.array(compared)
    out = np.zeros(len(tracks), np.float32)
    for i, track in enumerate(tracks):
        best_other = max((similarities[k] for k in range(len(tracks)) if k != i), default=0.0)
        bonus = LOGITS_PER_UNIT * same_place * min(MAX_UNITS, float(similarities[i]) - max(0.0, float(best_other)))
        if track.kind == "face":
            out[i] = bonus * max(0.0, 1.0 - float(track.quality.max()) / CLEAR_FACE_QUALITY)
        else:
            seen = same_place if len(known) and len(track.looks) else 0.0
            out[i] = bonus + NO_FACE_LOGIT * seen + NO_FACE_ELSEWHERE_LOGIT * (1.0 - seen)
    return out


def body_similarity(known: FloatArray, seen: NDArray[np.float16], mean: FloatArray) -> float:
    """How much more alike two bodies are than those of people in other clothes.

    Compared are a person's looks [P, LOOKS] and the nearest of a track's m sightings [m, LOOKS]; `mean`: [1280] mean
    body features.
    """
    one, others = known.mean(0), np.asarray(seen, np.float32)
    shades = np.linalg.norm(one[-TINTS:] - others[:, -TINTS:], axis=1)
    a = one[:-TINTS].reshape(STRIPS, BODY) - mean
    b = others[:, :-TINTS].reshape(-1, STRIPS, BODY) - mean
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=2)
    cosine = ((a * b).sum(2) / np.maximum(lengths, 1e-9)).mean(1)
    return float((cosine - OTHER_CLOTHES_COSINE + COLOUR_WEIGHT * (COLOUR_DISTANCE - shades)).max())

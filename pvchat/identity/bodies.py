"""How much a body says about who somebody is: hair, clothes and build, where place and time are alike.

In: an enrolled person's looks and those of a clip's tracks (`perception/bodies.py`). Out: log-odds to add to the
faces'. Clothes are no identity: they count as far as the clip's place is that of the enrollment, where the face says
little, and as far as a track is more like her than anybody who is seen beside it (uniforms). They lift nobody above
`WORN_MOST`, which is "unsure" where nobody else is enrolled.

Legend: K tracks, P and m rows of looks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pvchat.people.person import Person
from pvchat.schemas import BODY, STRIPS, TINTS, FloatArray, Track

WORTH = 30.0  # log-odds of one unit of likeness beyond …
ALIKE = 0.25  # … the cosine that people in other clothes reach, too …
MOST = 0.3  # … and no more than so many units
TINT, SHADE = 0.01, 25.0  # units of likeness of one of Lab's nearer than …; strangers' clothes are as far apart
HERE, ELSEWHERE = 0.7, 0.4  # cosine of two clips' mean frames: one place; another
WORN_MOST = 0.3  # log-odds that faces must give for more than it: a body alone, of somebody alone, is no "yes"
ALONE = 1.0  # log-odds of a body that has no face, in the same place
OTHER_PLACE = -6.0  # … and in another: nothing is known of it
WEAK = 0.5  # quality of a track's best sighting from which its face speaks for itself


def body_logits(person: Person, tracks: Sequence[Track], place: float, mean: FloatArray) -> FloatArray:
    """What bodies add to the log-odds [K] of a person enrolled by face on K tracks; of one without a face it is all.

    `place`: how alike the two clips' places are (`scene_likeness`); `mean`: [1280] mean body features.
    """
    known = np.asarray(person.arrays.get("looks", ()), np.float32)
    here = float(np.clip((place - ELSEWHERE) / (HERE - ELSEWHERE), 0.0, 1.0))
    alike = np.array([likeness(known, t.looks, mean) if len(known) and len(t.looks) else 0.0 for t in tracks])
    out = np.zeros(len(tracks), np.float32)
    for i, track in enumerate(tracks):
        beside = max((alike[k] for k in range(len(tracks)) if k != i), default=0.0)
        counted = WORTH * here * min(MOST, float(alike[i]) - max(0.0, float(beside)))
        if track.kind == "face":
            out[i] = counted * max(0.0, 1.0 - float(track.quality.max()) / WEAK)
        else:
            seen = here if len(known) and len(track.looks) else 0.0
            out[i] = counted + ALONE * seen + OTHER_PLACE * (1.0 - seen)
    return out


def likeness(known: FloatArray, seen: NDArray[np.float16], mean: FloatArray) -> float:
    """How much more alike two bodies are than people in other clothes: a person's looks [P, LOOKS] and the nearest of a
    track's m sightings [m, LOOKS]; `mean`: [1280] mean body features.
    """
    one, others = known.mean(0), np.asarray(seen, np.float32)
    shades = np.linalg.norm(one[-TINTS:] - others[:, -TINTS:], axis=1)
    a = one[:-TINTS].reshape(STRIPS, BODY) - mean
    b = others[:, :-TINTS].reshape(-1, STRIPS, BODY) - mean
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=2)
    cosine = ((a * b).sum(2) / np.maximum(lengths, 1e-9)).mean(1)
    return float((cosine - ALIKE + TINT * (SHADE - shades)).max())

"""Two enrollments of one person, from two clips, become one.

In: two `Person`s. Out: a `Person` that has the prototypes of both. Legend: P prototypes, D vector width.

Presence compares every sighting with every prototype (`identity/measures.py`), so more views and lights of a person
only add prototypes; nothing is averaged away. The trained part of a deep enrollment can't be merged: one of them stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import PeopleError
from pvchat.people.corrections import MOST, examples_of, with_examples
from pvchat.people.parts import RECORD, capped, counts_of, stacked
from pvchat.people.person import Person

# [P, D] each: rows of both
STACKED = ("prototypes", "prints", "body", "looks", "voice", "figure")
MOST_ROWS = 64  # of each: eight clips …
MOST_LOOKS = 16  # … but of looks, which are wide, and old soon


def joined(kept: Person, gone: Person) -> Person:
    """One person of two, or of one and another clip of hers.

    Args:
        kept: whose name, id and thumbnail stay.
        gone: whose vectors are added.

    Raises:
        PeopleError: one has a face only and the other is a drawn figure only.
    """
    if kept.kind != gone.kind:
        if kept.figure is None or gone.figure is None:
            what = f"'{kept.name}' and '{gone.name}' can't be one: one was enrolled by face, the other by appearance."
            raise PeopleError(what, hint="Enroll a clip that shows the face.")
        kept, gone = _by_face(kept), _by_face(gone)
    deep = kept if kept.depth == "deep" or gone.depth != "deep" else gone
    arrays = {
        **deep.arrays,
        **{key: _rows(kept, gone, key) for key in STACKED if key in kept.arrays or key in gone.arrays},
    }
    sightings = sum(int(p.extra.get("sightings", 0)) for p in (kept, gone))
    clips = sum(int(p.extra.get("clips", 1)) for p in (kept, gone))
    counts = capped([*counts_of(kept), *counts_of(gone)], MOST_ROWS)
    quality = max(kept.quality, gone.quality)  # the better clip lifts the poor one's cost
    extra = {**deep.extra, "sightings": sightings, "clips": clips, "quality": quality, RECORD: counts}
    if kept.drawn != gone.drawn:
        extra.pop("drawn", None)  # she is at home in drawn clips and in filmed ones
    confidence = max(kept.confidence, gone.confidence)
    both = replace(kept, depth=deep.depth, arrays=arrays, extra=extra, confidence=confidence)
    return with_examples(both, [*examples_of(kept), *examples_of(gone)][-MOST:])


def alike(one: Person, other: Person) -> float | None:
    """Mean Euclidean distance between the prototypes of two people; None where they can't be compared.

    The mean over all pairs, not the nearest pair: of two people with many views each, one pair is always near. Below
    `corrections.SAME_FACE` two faces count as the same person's.
    """
    if one.kind != "face" or other.kind != "face":
        return None
    a, b = (np.asarray(p.arrays["prototypes"], np.float32) for p in (one, other))
    return float(np.linalg.norm(a[:, None] - b[None], axis=2).mean())


def _by_face(person: Person) -> Person:
    """A drawn figure as somebody of whose face nothing is known yet; what users said to be her joins her figure."""
    if person.kind == "face":
        return person
    said = examples_of(person)
    hers = [one for one in said if one.correction.her and not one.correction.here]
    figure = stacked((person.arrays["prototypes"], *(one.faces for one in hers)))
    others = {key: rows for key, rows in person.arrays.items() if key not in STACKED}
    extra = {**person.extra, "quality": 0.0}
    by_face = replace(person, kind="face", arrays={**others, "figure": figure}, extra=extra)
    return with_examples(by_face, [one for one in said if one not in hers])


def _rows(kept: Person, gone: Person, key: str) -> NDArray[Any]:
    """Rows of both, the kept person's first; one that has none adds none."""
    both = [np.atleast_2d(p.arrays[key]) for p in (kept, gone) if p.arrays.get(key) is not None and len(p.arrays[key])]
    most = MOST_LOOKS if key == "looks" else MOST_ROWS
    return np.concatenate(both)[:most] if both else kept.arrays.get(key, gone.arrays.get(key, np.zeros((0, 0))))

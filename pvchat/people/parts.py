"""Several clips of one person: which rows of her vectors come from which, and how two enrollments become one.

Presence compares every sighting with every prototype, one clip after the other (`identity/presence.py`), for more rows
in one heap come nearer to strangers, too; nothing is averaged away. The trained part of a deep enrollment can't be
merged: one of them stays.

Legend: P prototypes, D vector width.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import PeopleError
from pvchat.people.contents import OF_CLIPS
from pvchat.people.corrections import MOST, NO_ROWS, SAME_FACE, examples_of, split_rows, with_examples
from pvchat.people.person import Person

Rows = NDArray[Any]
RECORD = "parts"  # key in `Person.extra`: for each clip the numbers of its rows in each of the arrays `OF_CLIPS`

# [P, D] each: rows of both
STACKED = ("prototypes", "prints", "body", "looks", "voice", "figure")
MOST_ROWS = 64  # of each: eight clips …
MOST_LOOKS = 16  # … but of looks, which are wide, and old soon
# Cosine of two people's faceprints from which they are one, and mean distance of their faces up to which (ADR 0074).
_ONE_PRINT, _MAY_BE_ONE = 0.4, 0.7


@dataclass(frozen=True)
class View:
    """What one clip shows of somebody's face, or what stands for it: rows to compare with; any may be none."""

    rows: Rows  # [P, 128] identity vectors; of drawn figures [P, D]
    prints: Rows = field(default_factory=lambda: NO_ROWS)  # [P, 512] faceprints
    masked: bool = False  # the face is behind a mask


def stacked(rows: Iterable[Any]) -> NDArray[np.float32]:
    """All rows [n, D] of some arrays, of which any may be empty; [0, 0] where all are."""
    filled = [np.asarray(part, np.float32) for part in rows if len(part)]
    return np.concatenate(filled) if filled else NO_ROWS


def parts_of(person: Person) -> list[View]:
    """For each of a person's clips its rows of the arrays `OF_CLIPS`; an array that isn't there gives none."""
    arrays = [np.asarray(person.arrays.get(key, NO_ROWS)) for key in OF_CLIPS]
    return [View(rows, prints) for rows, prints in split_rows(arrays, counts_of(person))]


def counts_of(person: Person) -> list[list[int]]:
    """The numbers of rows, clip by clip; all as one clip's where nothing is recorded."""
    found: list[list[int]] = person.extra.get(RECORD) or [[len(person.arrays.get(key, ())) for key in OF_CLIPS]]
    return found


def cap_counts(counts: list[list[int]], most: int) -> list[list[int]]:
    """Counts of rows, clip by clip, when each array is cut to `most` rows; without clips that lose all of theirs."""
    ends = np.minimum(np.cumsum(counts, 0), most)
    return [row for row in np.diff(ends, axis=0, prepend=0).tolist() if any(row)]


def merge_people(kept: Person, gone: Person) -> Person:
    """One person of two, or of one and another clip of hers: `kept`'s name, id and thumbnail, the vectors of both.

    PeopleError: one has a face only and the other is a drawn figure only.
    """
    if kept.kind != gone.kind:
        if kept.figure is None or gone.figure is None:
            what = f"'{kept.name}' and '{gone.name}' can't be one: one was enrolled by face, the other by appearance."
            raise PeopleError(what, hint="Enroll a clip that shows the face.")
        kept, gone = _by_face(kept), _by_face(gone)
    deep = kept if kept.depth == "deep" or gone.depth != "deep" else gone
    either_has = [key for key in STACKED if key in kept.arrays or key in gone.arrays]
    arrays = deep.arrays | {key: _rows(kept, gone, key) for key in either_has}
    sightings = sum(int(p.extra.get("sightings", 0)) for p in (kept, gone))
    clips = sum(int(p.extra.get("clips", 1)) for p in (kept, gone))
    counts = cap_counts([*counts_of(kept), *counts_of(gone)], MOST_ROWS)
    quality = max(kept.quality, gone.quality)  # the better clip lifts the poor one's cost
    extra = {**deep.extra, "sightings": sightings, "clips": clips, "quality": quality, RECORD: counts}
    if kept.drawn != gone.drawn:
        extra.pop("drawn", None)  # she is at home in drawn clips and in filmed ones
    confidence = max(kept.confidence, gone.confidence)
    both = replace(kept, depth=deep.depth, arrays=arrays, extra=extra, confidence=confidence)
    return with_examples(both, [*examples_of(kept), *examples_of(gone)][-MOST:])


def is_one_face(one: Person, other: Person) -> bool | None:
    """Whether two people are one who is enrolled twice; None where they can't be compared by face.

    By their prototypes and, where both have some, by their faceprints.
    """
    if one.kind != "face" or other.kind != "face":
        return None
    distance = _mean_distance(one, other)
    a, b = (np.asarray(person.arrays.get("prints", NO_ROWS), np.float32).sum(0) for person in (one, other))
    if not (a.any() and b.any()):
        return distance < SAME_FACE
    return distance < _MAY_BE_ONE and float(a @ b) > _ONE_PRINT * float(np.linalg.norm(a) * np.linalg.norm(b))


def require_unlike(person: Person, others: Iterable[Person]) -> None:
    """Raise PeopleError where a person from a file looks like one of the others.

    Copies of somebody's vectors under other names would take her own sightings from her.
    """
    if alike := [(_mean_distance(person, other), other.name) for other in others if is_one_face(person, other)]:
        name = min(alike)[1]
        what = f"this looks like {name}, who is enrolled already: the same person, or another?"
        hint = f"If it is {name}: import it with --name and --replace. If it is somebody else: "
        raise PeopleError(what, subject=person.name, hint=f"{hint}pvchat people import FILE --alike.")


def _mean_distance(one: Person, other: Person) -> float:
    """Over all pairs of prototypes, not the nearest pair: of two people with many views each, one is always near."""
    a, b = (np.asarray(person.arrays["prototypes"], np.float32) for person in (one, other))
    return float(np.linalg.norm(a[:, None] - b[None], axis=2).mean())


def _by_face(person: Person) -> Person:
    """A drawn figure as somebody of whose face nothing is known yet; what users said to be her joins her figure."""
    if person.kind == "face":
        return person
    said = examples_of(person)
    hers = [one for one in said if one.correction.her]
    figure = stacked((person.arrays["prototypes"], *(one.faces for one in hers)))
    others = {key: rows for key, rows in person.arrays.items() if key not in STACKED}
    extra = {**{key: value for key, value in person.extra.items() if key != RECORD}, "quality": 0.0}
    by_face = replace(person, kind="face", arrays={**others, "figure": figure}, extra=extra)
    return with_examples(by_face, [one for one in said if one not in hers])


def _rows(kept: Person, gone: Person, key: str) -> NDArray[Any]:
    """Rows of both, the kept person's first; one that has none adds none."""
    both = [rows for person in (kept, gone) if len(rows := person.arrays.get(key, NO_ROWS))]
    most = MOST_LOOKS if key == "looks" else MOST_ROWS
    return np.concatenate(both)[:most] if both else kept.arrays.get(key, gone.arrays.get(key, NO_ROWS))

"""What people said of somebody's recognition ("that is not Ana", "that is Ana"), as it is kept with her.

Vectors lie in her arrays; `Person.extra[RECORD]` says which rows are which correction's. A file that is given away
holds the faces that are hers only: the others are somebody else's, who wasn't asked (`shareable`).

Legend: n rows of one correction, D vector width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import PeopleError
from pvchat.people.contents import CORRECTED
from pvchat.people.person import Person

RECORD = "corrections"  # key in `Person.extra`; their vectors are the arrays "corrections.faces" and "….prints"
MOST = 64  # corrections a person
MOST_ROWS = 4  # of one correction, in each of the arrays
SAME_TRACK = 0.35  # Euclidean distance of means within which two tracks of one clip are one
SAME_FACE = 0.6  # Euclidean distance up to which two faces count as one person's (dlib's threshold and scale)

Rows = NDArray[np.float16]
NO_ROWS: NDArray[np.float32] = np.zeros((0, 0), np.float32)


@dataclass(frozen=True)
class Correction:
    """One thing that was said: that is her, or that is not `her`."""

    her: bool
    clip: str  # SHA-256 of the clip's bytes; empty where a file from elsewhere says it
    at_s: float  # a moment of the clip at which she, or who was taken for her, is seen
    source: str = ""  # the clip's file name, for lists
    created: str = ""  # ISO 8601 time in UTC
    masked: bool = False  # it is a face behind a mask
    faces: int = 0  # how many rows of each of the arrays are this one's
    prints: int = 0

    def to_dict(self) -> dict[str, Any]:
        """One row of `people corrections --json`, without what only the store needs."""
        return {key: value for key, value in asdict(self).items() if key not in ("masked", *CORRECTED)}


@dataclass(frozen=True)
class Example:
    """A correction with its vectors: faces [n, D], faceprints [n, 512]; these may be none."""

    correction: Correction
    faces: Rows
    prints: Rows = field(default_factory=lambda: np.zeros((0, 0), np.float16))


def examples_of(person: Person) -> list[Example]:
    """A person's corrections with their vectors, in the order in which they were said."""
    said = corrections_of(person)
    arrays = [np.asarray(person.arrays.get(f"{RECORD}.{name}", NO_ROWS), np.float16) for name in CORRECTED]
    rows = split_rows(arrays, [[one.faces, one.prints] for one in said])
    return [Example(one, faces, prints) for one, (faces, prints) in zip(said, rows, strict=True)]


def split_rows(arrays: Sequence[NDArray[Any]], counts: Sequence[Sequence[int]]) -> Iterator[list[NDArray[Any]]]:
    """Consecutive rows of some arrays: for each row of `counts`, which has a number for each array, that many."""
    left = list(arrays)
    for row in counts:
        yield [rows[:count] for rows, count in zip(left, row, strict=True)]
        left = [rows[count:] for rows, count in zip(left, row, strict=True)]


def corrections_of(person: Person) -> list[Correction]:
    """What was said of a person, first to last."""
    return [Correction(**row) for row in person.extra.get(RECORD, ())]


def with_corrections(person: Person, *fresh: Example) -> Person:
    """The person with more examples, after the others; what was said earlier of the same tracks goes.

    Raises PeopleError: she has as many as she may have.
    """
    kept = [e for e in examples_of(person) if not any(_same_track(e, other) for other in fresh)]
    if len(kept) + len(fresh) > MOST:
        what = f"has {MOST} corrections, and no room for more."
        raise PeopleError(what, subject=person.name, hint="Undo some: pvchat people corrections NAME --undo N.")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    dated = (replace(e, correction=replace(e.correction, created=e.correction.created or now)) for e in fresh)
    return with_examples(person, [*kept, *dated])


def with_examples(person: Person, examples: Sequence[Example]) -> Person:
    """The person with these examples in the place of those that she has."""
    arrays, said, kept = {**person.arrays}, list[dict[str, Any]](), {name: list[Rows]() for name in CORRECTED}
    for one in examples:
        faces, prints = (np.asarray(part, np.float16)[:MOST_ROWS] for part in (one.faces, one.prints))
        said.append(asdict(replace(one.correction, faces=len(faces), prints=len(prints))))
        kept["faces"] += [faces] if len(faces) else []
        kept["prints"] += [prints] if len(prints) else []
    for name, filled in kept.items():
        arrays.pop(f"{RECORD}.{name}", None)
        if filled:
            arrays[f"{RECORD}.{name}"] = np.concatenate(filled)
    extra = {key: value for key, value in person.extra.items() if key != RECORD}
    return replace(person, arrays=arrays, extra=extra | ({RECORD: said} if said else {}))


def without_correction(person: Person, number: int) -> Person:
    """The person without her correction of that number, counted from 1; raises PeopleError: there is none."""
    examples = examples_of(person)
    if not 1 <= number <= len(examples):
        hint = f"Pick one from 1 to {len(examples)}." if examples else ""
        raise PeopleError(f"has no correction {number}.", subject=person.name, hint=hint)
    return with_examples(person, examples[: number - 1] + examples[number:])


def without_corrections(person: Person, gone: Sequence[Correction]) -> Person:
    """The person without these corrections, as far as she has them."""
    return with_examples(person, [e for e in examples_of(person) if e.correction not in gone])


def without_clips(person: Person) -> Person:
    """A person from a stranger's file without what its corrections say of single clips; faces still count."""
    return with_examples(person, [replace(e, correction=replace(e.correction, clip="")) for e in examples_of(person)])


def shareable(person: Person) -> Person:
    """The person as she may be exported: without others' faces, and names of files."""
    mine = [e for e in examples_of(person) if e.correction.her]
    return with_examples(person, [replace(e, correction=replace(e.correction, source="")) for e in mine])


def corrections_that_may_show(person: Person, other: Person) -> list[Correction]:
    """Those of "that is not her" whose faces may be `other`'s; they are deleted when `other` is forgotten."""
    found = []
    for example in (e for e in examples_of(person) if not e.correction.her):
        faces = example.faces.astype(np.float32)[:, None]
        alike = [rows for rows in _vectors(other) if rows.shape[1:] == faces.shape[2:]]
        if any(float(np.linalg.norm(faces - rows, axis=2).min(initial=np.inf)) < SAME_FACE for rows in alike):
            found.append(example.correction)
    return found


def shares_vectors(person: Person, other: Person) -> bool:
    """Whether a person has some of another's vectors, as after a merge of both."""
    both = [(a, b) for a in _vectors(person) for b in _vectors(other) if a.shape[1] == b.shape[1]]
    return any(bool((a == b[0]).all(-1).any()) for a, b in both)


def _vectors(person: Person) -> list[NDArray[np.float32]]:
    """Rows [n, D] that a person is recognised by: of her face, of her figure, or of both, which are never near."""
    rows = [np.asarray(person.arrays.get(key, ()), np.float32) for key in ("prototypes", "figure")]
    return [one for one in rows if len(one)]


def _same_track(one: Example, other: Example) -> bool:
    """Whether two examples are of one track of one clip: a clip's means of two people's faces lie farther apart."""
    kinds = [(said.clip, said.masked) for said in (one.correction, other.correction)]
    a, b = one.faces, other.faces
    if kinds[0] != kinds[1] or not len(a) or not len(b) or a.shape[1] != b.shape[1]:
        return False
    return bool(np.linalg.norm(a.mean(0, np.float32) - b.mean(0, np.float32)) < SAME_TRACK)

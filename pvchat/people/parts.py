"""Which rows of a person's vectors come from which of her enrollment clips.

In: a `Person`, some of whose arrays were stacked when clips of hers were joined (`merge.py`). Out: the rows of each
clip, since presence compares with one clip after the other (`identity/presence.py`): more rows in one heap come nearer
to strangers, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.people.person import Person

Rows = NDArray[Any]
NOTHING: NDArray[np.float32] = np.zeros((0, 0), np.float32)
RECORD = "parts"  # key in `Person.extra`: for each clip the numbers of its rows in each of the arrays in `KEYS`
KEYS = ("prototypes", "prints")


@dataclass(frozen=True)
class View:
    """What one clip shows of somebody's face, or what stands for it: rows to compare with; any may be none.

    Attributes:
        bare, masked: [P, 128] identity vectors, without and with a mask; of drawn figures [P, D], bare.
        prints: [P, 512] faceprints.
        masked_prints: [P, 512] those of sightings behind a mask.
    """

    bare: Rows
    masked: Rows = field(default_factory=lambda: NOTHING)
    prints: Rows = field(default_factory=lambda: NOTHING)
    masked_prints: Rows = field(default_factory=lambda: NOTHING)


def stacked(rows: Iterable[Any]) -> NDArray[np.float32]:
    """All rows [n, D] of some arrays, of which any may be empty; [0, 0] where all are."""
    filled = [np.asarray(part, np.float32) for part in rows if len(part)]
    return np.concatenate(filled) if filled else NOTHING


def parts_of(person: Person) -> list[View]:
    """For each of a person's clips its rows of the arrays in `KEYS`; an array that isn't there gives none."""
    left = [np.asarray(person.arrays.get(key, NOTHING)) for key in KEYS]
    parts = []
    for counts in counts_of(person):
        bare, prints = (rows[:count] for rows, count in zip(left, counts, strict=True))
        parts.append(View(bare, prints=prints))
        left = [rows[count:] for rows, count in zip(left, counts, strict=True)]
    return parts


def counts_of(person: Person) -> list[list[int]]:
    """The numbers of rows, clip by clip; all as one clip's where nothing is recorded, or what is doesn't add up."""
    whole = [len(person.arrays.get(key, ())) for key in KEYS]
    rows = person.extra.get(RECORD)
    if not isinstance(rows, list) or not all(_is_counts(row) for row in rows):
        return [whole]
    return rows if [sum(row[i] for row in rows) for i in range(len(KEYS))] == whole else [whole]


def capped(counts: list[list[int]], most: int) -> list[list[int]]:
    """The numbers of rows when of each array only the first `most` are kept; clips of which nothing stays are left out.

    Args:
        counts: clip by clip.
        most: rows of each array.
    """
    left, kept = [most] * len(KEYS), []
    for row in counts:
        part = [min(count, rest) for count, rest in zip(row, left, strict=True)]
        left = [rest - count for rest, count in zip(left, part, strict=True)]
        kept += [part] if any(part) else []
    return kept


def _is_counts(row: Any) -> bool:
    """Whether these may be the numbers of a clip's rows in the arrays in `KEYS`."""
    return isinstance(row, list) and len(row) == len(KEYS) and all(type(n) is int and n >= 0 for n in row)

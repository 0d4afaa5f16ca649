"""Which things stand on which: a table and the things of a clip in, those on it out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.schemas import Thing

SURFACES = ("chair", "couch", "bench", "bed", "dining table")  # things on which others stand


def things_on(table: Thing, things: Sequence[Thing]) -> list[Thing]:
    """The things whose foot stands on a table, a bed or the like in a frame that shows both."""
    under = dict(zip(table.frames, table.boxes, strict=True))
    found = []
    for thing in (one for one in things if one is not table and one.label not in SURFACES):
        both = [(box, under[f]) for f, box in zip(thing.frames, thing.boxes, strict=True) if f in under]
        if both and np.mean([_stands_on(*boxes) for boxes in both]) > 0.5:
            found.append(thing)
    return found


def _stands_on(box: Sequence[float], table: Sequence[float]) -> bool:
    """Whether a thing's foot lies between a table's sides and not below it."""
    return table[0] < (box[0] + box[2]) / 2 < table[2] and table[1] - 0.02 < box[3] < table[3]

"""People enrolled by face, ready to be compared with one track after another.

In: people. Out: what their clips show of them, stacked: views with the same numbers of rows are compared at once.

Legend: V views, G of one stack, P and Q rows of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pvchat.identity.examples import view_beside
from pvchat.identity.measures import made_out
from pvchat.people.parts import NOTHING, View, parts_of
from pvchat.people.person import Person
from pvchat.schemas import FloatArray, IntArray


@dataclass(frozen=True)
class Stack:
    """Views with the same numbers of rows.

    Attributes:
        which: [G] their places among all views.
        rows: [G, P, 128] identity vectors.
        prints: [G, Q, 512] faceprints; Q is 0 where they aren't compared by any.
        clear: [G] how well a face can be made out in the clearest of them, 0..1.
    """

    which: IntArray
    rows: FloatArray
    prints: FloatArray
    clear: FloatArray


class Gallery:
    """What the clips of P people, and what users said of them, show of their faces.

    Args:
        people: enrolled by face.

    Attributes:
        views: one person's after the other's.
        counts, starts: [P] how many of these are each person's, and where hers begin.
    """

    def __init__(self, people: Sequence[Person]) -> None:
        own = [[v for v in (*parts_of(one), view_beside(one)) if len(v.bare) or len(v.masked)] for one in people]
        self.views = [view for views in own for view in views]
        self.counts = np.array([len(views) for views in own], int)
        self.starts = np.cumsum(self.counts) - self.counts
        self._stacks: dict[tuple[bool, bool], list[Stack]] = {}

    def stacks(self, masked: bool, printed: bool) -> list[Stack]:
        """All views as a track is compared with them; arguments as of `stacks_of`."""
        if (masked, printed) not in self._stacks:
            self._stacks[masked, printed] = stacks_of(self.views, masked, printed)
        return self._stacks[masked, printed]


def stacks_of(views: Sequence[View], masked: bool, printed: bool) -> list[Stack]:
    """V views as a track is compared with them.

    Args:
        views: of anybody.
        masked: the track's face is behind a mask.
        printed: the track has faceprints.
    """
    alike: dict[tuple[int, int], list[tuple[int, FloatArray, FloatArray, float]]] = {}
    for place, view in enumerate(views):
        prints, clear = np.asarray(view.prints if len(view.prints) else view.masked_prints, np.float32), 1.0
        if printed and len(prints):
            prints, clear = made_out(prints, masked and not len(view.prints))
        else:
            prints = NOTHING
        rows = np.asarray(view.bare if len(view.bare) else view.masked, np.float32)
        alike.setdefault((len(rows), len(prints)), []).append((place, rows, prints, clear))
    stacks = []
    for group in alike.values():
        which, own, printed_rows, clearest = zip(*group, strict=True)
        stacks.append(Stack(np.array(which), np.stack(own), np.stack(printed_rows), np.array(clearest)))
    return stacks

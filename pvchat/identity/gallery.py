"""Enrolled faces and face tracks as arrays, stacked by their numbers of rows, so that all are compared at once.

In: people; tracks of one clip, or of a whole library. Out: what people's clips show of them, and tracks with the
faceprints in which a face can be made out.

Legend: V views, G of one stack, P and Q rows of each; N tracks, n sightings and m faceprints of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from pvchat.identity.corrections import confirmed_view, is_masked
from pvchat.identity.measures import visible_mask, visible_prints
from pvchat.identity.same_place import is_covered
from pvchat.people.parts import NO_ROWS, View, parts_of
from pvchat.people.person import Person
from pvchat.schemas import Flags, FloatArray, IntArray, Track


@dataclass(frozen=True)
class Stack:
    """Views with the same numbers of rows."""

    which: IntArray  # [G] their places among all views
    rows: FloatArray  # [G, P, 128] identity vectors
    prints: FloatArray  # [G, Q, 512] faceprints; Q is 0 where they aren't compared by any
    clear: FloatArray  # [G] how well a face can be made out in the clearest of them, 0..1


class Gallery:
    """What the clips of P people enrolled by face, and what users said of them, show of their faces."""

    def __init__(self, people: Sequence[Person]) -> None:
        own = [[view for view in (*parts_of(one), confirmed_view(one)) if len(view.rows)] for one in people]
        self.views = [view for views in own for view in views]
        self.counts = np.array([len(views) for views in own], int)  # [P] how many of the views are each person's
        self.starts = np.cumsum(self.counts) - self.counts  # [P] where hers begin
        self.stacks = cache(partial(stacks_of, self.views))  # all views, stacked, to be compared with a track


def stacks_of(views: Sequence[View], masked: bool, printed: bool) -> list[Stack]:
    """V views, stacked by their numbers of rows, to be compared with a track.

    `masked`: the track's face is behind a mask; `printed`: it has faceprints.
    """
    alike: dict[tuple[int, int], list[tuple[int, FloatArray, FloatArray, float]]] = {}
    for place, view in enumerate(views):
        prints, clear = NO_ROWS, 1.0
        if printed and len(view.prints):
            prints, clear = visible_prints(np.asarray(view.prints, np.float32), masked and view.masked)
        rows = np.asarray(view.rows, np.float32)
        alike.setdefault((len(rows), len(prints)), []).append((place, rows, prints, clear))
    stacks = []
    for group in alike.values():
        which, own, printed_rows, clearest = zip(*group, strict=True)
        stacks.append(Stack(np.array(which), np.stack(own), np.stack(printed_rows), np.array(clearest)))
    return stacks


@dataclass(frozen=True)
class FaceTracks:
    """N face tracks with the same numbers of rows."""

    which: IntArray  # [N] their places among all
    masked: bool  # all these faces are behind masks, or none is
    hidden: Flags  # [N] a mask, a hat or sunglasses hide a part of the face
    identity: FloatArray  # [N, n, 128] vectors of the sightings
    quality: FloatArray  # [N, n] of these
    prints: FloatArray  # [N, m, 512] faceprints; m may be 0
    shown: FloatArray  # [N] how well a face can be made out in the clearest of these, 0..1

    def with_visible_prints(self) -> Iterator[FaceTracks]:
        """The same tracks with those faceprints only in which a face can be made out; at least one, if any."""
        if not self.prints.shape[1]:
            yield self
            return
        seen, shown = visible_mask(self.prints, self.masked)
        if seen.all():  # usually: nothing is copied
            yield replace(self, shown=shown)
            return
        for prints in np.unique(seen, axis=0):
            some = (seen == prints).all(1)
            yield FaceTracks(
                self.which[some], self.masked, self.hidden[some], self.identity[some], self.quality[some],
                self.prints[np.ix_(some, prints)], shown[some],
            )  # fmt: skip


def faces_of(tracks: Sequence[Track]) -> Iterator[FaceTracks]:
    """The face tracks among some, those with the same numbers of rows together."""
    alike: dict[tuple[bool, int, int], list[int]] = {}
    for place, track in enumerate(tracks):
        if track.kind == "face":
            alike.setdefault((is_masked(track), len(track), len(track.prints)), []).append(place)
    for (masked, _, _), places in alike.items():
        some = [tracks[place] for place in places]
        prints = np.stack([track.prints if len(track.prints) else NO_ROWS for track in some]).astype(np.float32)
        hidden = np.array([masked or is_covered(track) for track in some])
        identity, quality = np.stack([t.identity for t in some]), np.stack([t.quality for t in some])
        shown = np.ones(len(some), np.float32)
        yield from FaceTracks(np.array(places), masked, hidden, identity, quality, prints, shown).with_visible_prints()

"""How near a face's sightings come to a person's prototypes (her enrolled views), and to a cohort of strangers.

What people's clips show of them, and tracks, are stacked by their numbers of rows, so that all are compared at once:
three distances, which a logistic model weighs (`presence.py`). Rows are identity vectors or faceprints; both are
compared by Euclidean distance.

Legend: V views (what a clip shows of somebody), G of one stack, or people, P and Q rows of each; N tracks, n sightings
and m faceprints of each; C rows of a cohort, D their width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from pvchat.identity.corrections import confirmed_view
from pvchat.identity.same_place import is_covered
from pvchat.people.parts import NO_ROWS, View, parts_of
from pvchat.people.person import Person
from pvchat.perception.experts.faceprint import BLANK, BLANK_MASKED, blankness
from pvchat.perception.sightings import is_masked
from pvchat.schemas import Flags, FloatArray, IntArray, Track

Weights = tuple[float, ...]
NEIGHBOURS = 10  # nearest cohort rows that a track is held against
NEAREST = 0.1  # share of all sighting-prototype pairs that counts as near
# Blankness before and beyond the limit between which likeness fades; a wider or earlier fading does as well.
FADES = 0.05, 0.15


@dataclass(frozen=True)
class PrintModel:
    """What faceprints are held against, and what both looks at a face say together."""

    cohort: FloatArray  # [C, 512] means over several strangers each
    weights: Weights  # of (near, apart, cohort distance by identity vectors, the same by faceprints, 1) …
    masked_weights: Weights  # … and of a track behind a mask, which is compared with the bare face, too


@dataclass(frozen=True)
class Sightings:
    """N tracks, with what doesn't depend on the person whom they are compared with."""

    rows: FloatArray  # [N, n, D] of their sightings
    means: FloatArray  # [N, D] their means, weighted by quality
    cohort_distance: FloatArray  # [N] mean distance to the nearest strangers

    @classmethod
    def of(cls, rows: FloatArray, quality: FloatArray, cohort: FloatArray) -> Sightings:
        """Rows [N, n, D] with their quality [N, n], held against a cohort [C, D]."""
        weight = quality[..., None] + 1e-3
        means = (rows * weight).sum(1) / weight.sum(1)
        nearest = np.partition(distances(means, cohort), min(NEIGHBOURS, len(cohort)) - 1)[:, :NEIGHBOURS]
        return cls(rows, means, nearest.mean(1))


def pair_features(prototypes: FloatArray, identity: FloatArray, quality: FloatArray, cohort: FloatArray) -> FloatArray:
    """What the logistic model sees of a person's prototypes [P, D] and a track's sightings [n, D] of a quality [n],
    held against a cohort [C, D]: near, apart, cohort distance [3].
    """
    return distance_features(prototypes[None], Sightings.of(identity[None], quality[None], cohort))[0, 0]


def distance_features(prototypes: FloatArray, tracks: Sightings) -> FloatArray:
    """`pair_features` [G, N, 3] of N tracks and G people with as many rows each: prototypes [G, P, D]."""
    count, rows, width = tracks.rows.shape
    people, own = prototypes.shape[:2]
    pairs = distances(prototypes, tracks.rows.reshape(count * rows, width)).reshape(people, own, count, rows)
    each = pairs.swapaxes(1, 2).reshape(people, count, own * rows)
    nearest = max(1, int(own * rows * NEAREST))
    near = np.asarray(np.partition(each, nearest - 1)[..., :nearest].mean(-1))
    apart = distances(prototypes.mean(1, keepdims=True), tracks.means)[:, 0]
    return np.stack([near, apart, np.broadcast_to(tracks.cohort_distance, near.shape)], -1).astype(np.float32)


def visible_prints(prints: FloatArray, masked: bool) -> tuple[FloatArray, float]:
    """The faceprints [n, 512] in which a face can be made out, and how visible it is in the clearest of them, 0..1.

    Where it can be in none, the one that shows most is left.
    """
    seen, shares = visible_mask(prints[None], masked)
    return prints[seen[0]], float(shares[0])


def visible_mask(prints: FloatArray, masked: bool) -> tuple[Flags, FloatArray]:
    """`visible_prints` of N tracks with n prints each [N, n, 512]: a mask [N, n], and how visible the faces are [N]."""
    blank = blankness(prints.reshape(-1, prints.shape[-1])).reshape(prints.shape[:2])
    limit, least = BLANK_MASKED if masked else BLANK, blank.min(1)
    before, beyond = FADES
    shares = np.clip((limit + beyond - least) / (before + beyond), 0.0, 1.0)
    return (blank < limit) | (blank == least[:, None]), shares


def distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Euclidean distance of every row of a [..., n, D] to every row of b [m, D]: [..., n, m]."""
    squared = (a * a).sum(-1)[..., None] + (b * b).sum(1) - 2 * (a @ b.T)  # faster than differences
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)), np.float32)


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

"""Long videos in which somebody surely is: further tracks are held against her sightings there, all videos at once.

In: log-odds by people's enrollments, and who surely is on which track by these. Out: log-odds by both, as
`identity/recurring.py` makes them of one video. Of each video only the tracks that lend their sightings, and those
that are near her, are read.

Legend: P people, T tracks, L that lend, K that are held against these, S that are read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pvchat.identity.gallery import FaceTracks
from pvchat.identity.presence import PresenceModel
from pvchat.identity.recurring import NEAR, SURE, by_film, held_against
from pvchat.library import records
from pvchat.library.contests import Contests, Everyone, Pairs
from pvchat.people.parts import View
from pvchat.schemas import FloatArray, IntArray

_LENDING = 32  # tracks, or more of one video, whose sightings others are held against at once


@dataclass(frozen=True)
class _Look:
    """Somebody in a film: her place, tracks [L] that surely show her, and those [K] that are held against them."""

    row: int
    lent: IntArray
    near: IntArray


def held_together(
    library: sqlite3.Connection,
    model: PresenceModel,
    everyone: Everyone,
    films: tuple[Contests, FloatArray, Pairs],
) -> FloatArray:
    """Log-odds [P, T] by enrollment and film, competition not included.

    `films`: long videos; log-odds [P, T] by enrollments; who may be where by these.
    """
    part, found, _ = films
    out = found.copy()
    for looks in _some(list(_looks(everyone, *films))):
        lent, near = (np.unique(np.concatenate([getattr(one, side) for one in looks])) for side in ("lent", "near"))
        alike = _alike(library, model, part.tracks[lent], part.tracks[near])
        for one in looks:
            seen = alike[np.ix_(np.searchsorted(lent, one.lent), np.searchsorted(near, one.near))]
            out[one.row, one.near] = by_film(found[one.row, one.near], seen, one.lent[:, None] == one.near)
    return out


def _looks(everyone: Everyone, part: Contests, found: FloatArray, pairs: Pairs) -> Iterator[_Look]:
    """Who surely is in which film, drawn figures aside, and what there is to compare."""
    faces, ends = part.best > 0, np.append(part.starts[1:], len(part.tracks))
    surely = (pairs.logits[1] > SURE) & faces[pairs.columns] & ~everyone.enrolled.figure[pairs.row[pairs.of]]
    tracks = np.split(pairs.columns, pairs.starts[1:])
    shown = np.split(surely, pairs.starts[1:])
    for pair in np.flatnonzero(pairs.anywhere(surely)).tolist():
        start, end, row = int(part.starts[pairs.where[pair]]), int(ends[pairs.where[pair]]), int(pairs.row[pair])
        sure = np.zeros(end - start, bool)
        sure[tracks[pair][shown[pair]] - start] = True
        lent, near = held_against(sure, (found[row, start:end] > NEAR) & faces[start:end])
        if len(near):
            yield _Look(row, lent + start, near + start)


def _some(looks: Sequence[_Look]) -> Iterator[list[_Look]]:
    """All of them, as many at once as lend `_LENDING` tracks."""
    lending = np.cumsum([0, *(len(one.lent) for one in looks)])[:-1] // _LENDING
    for batch in np.unique(lending).tolist():
        yield [looks[place] for place in np.flatnonzero(lending == batch).tolist()]


def _alike(library: sqlite3.Connection, model: PresenceModel, lent: IntArray, near: IntArray) -> NDArray[np.float64]:
    """Log-odds [L, K] that tracks, by their numbers, show whoever others show."""
    groups = records.faces_numbered(library, np.union1d(lent, near).tolist())
    views = dict(view for group in groups for view in _views(group))
    out = np.empty((len(lent), len(near)), np.float64)
    looks = [views[number] for number in lent.tolist()]
    for group in groups:
        wanted = np.isin(group.which, near)
        if wanted.any():
            for faces in group.rows(wanted, np.ones(group.prints.shape[1], bool), group.shown).made_out():
                out[:, np.searchsorted(near, faces.which)] = model.alike(looks, faces)
    return out


def _views(group: FaceTracks) -> Iterator[tuple[int, View]]:
    """What each track's sightings look like, by its number; no more of them are kept than are lent."""
    for number, rows, prints in zip(group.which.tolist(), group.identity, group.prints, strict=True):
        yield number, View(rows, prints)

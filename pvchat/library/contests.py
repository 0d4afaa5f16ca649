"""Pairs of a person and a clip that may show her, from kept log-odds, for many clips at once; nothing is written.

In: rows of `contests`: among how many people competition in a clip was decided, and the sum of their odds on each of
its tracks; and people's log-odds on these (`odds.py`). Out: pairs of a person and a clip that may show her, with
calibrated log-odds before somebody came or went and now.

Legend: P people, T tracks, C clips, M pairs of a person and a clip that may show her, N of these with a track.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pvchat.config import PresenceConfig
from pvchat.identity.calibration import EnrollmentQuality
from pvchat.identity.presence import DRAWN_MISMATCH, SPAN_FROM, PresenceModel
from pvchat.identity.recurring import NEAR_LOGIT
from pvchat.library.odds import has_clothes
from pvchat.people.corrections import corrections_of
from pvchat.people.person import Person
from pvchat.schemas import FloatArray, IntArray

_CLIPS = 2000  # that are decided at once
Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class Enrolled:
    """P enrolled people as arrays."""

    numbers: IntArray  # [P] of each (`people.id`)
    fresh: Marks  # [P] who wasn't there before
    said: Marks  # [P] of whom users said that somebody isn't her
    enrolled: EnrollmentQuality  # what the calibration knows of them
    worlds: NDArray[np.float64]  # [P, 2] log-odds that a real clip, and a drawn one, costs
    bodies: bool  # hair and clothes, or pieces of figures, may count

    @classmethod
    def of(cls, people: Mapping[int, Person], fresh: Sequence[int]) -> Enrolled:
        """People by their numbers, and the numbers of who is new."""
        numbers, everyone = np.array(list(people), int), list(people.values())
        said = np.array([any(not one.her for one in corrections_of(person)) for person in everyone], bool)
        foreign = [[person.drawn not in (None, drawn) for drawn in (False, True)] for person in everyone]
        worlds, enrolled = DRAWN_MISMATCH * np.array(foreign, float).reshape(-1, 2), EnrollmentQuality.of(everyone)
        bodies = bool(enrolled.figure.any()) or any(map(has_clothes, everyone))
        return cls(numbers, np.isin(numbers, fresh), said, enrolled, worlds, bodies)


@dataclass(frozen=True)
class ClipTracks:
    """Some clips with all their tracks, one clip's after the other's."""

    clips: IntArray  # [C] numbers
    starts: IntArray  # [C] where the tracks of each begin
    tracks: IntArray  # [T] their numbers
    of: IntArray  # [T] the place of each track's clip among `clips`
    best: FloatArray  # [T] quality of each track's best sighting; 0 of figures
    cost: FloatArray  # [C] log-odds that each track loses in a long video; else 0
    drawn: IntArray  # [C] 1 where they are drawn
    people: IntArray  # [C] how many people competed
    together: FloatArray  # [T] the sum of their odds

    def some(self, which: Marks) -> tuple[ClipTracks, Marks]:
        """Those of its clips that are marked [C], and which tracks are theirs [T]."""
        mine = which[self.of]
        counts = np.bincount(self.of, minlength=len(self.clips))[which]
        part = ClipTracks(
            self.clips[which], np.cumsum(counts) - counts, self.tracks[mine], np.repeat(np.arange(len(counts)), counts),
            self.best[mine], self.cost[which], self.drawn[which], self.people[which], self.together[mine],
        )  # fmt: skip
        return part, mine


@dataclass(frozen=True)
class Candidates:
    """M pairs of a person and a clip that may show her, before or now, with the tracks that may."""

    everyone: Enrolled  # who was looked for …
    part: ClipTracks  # … and in which clips
    row: IntArray  # [M] place of the person
    where: IntArray  # [M] place of the clip
    starts: IntArray  # [M] where the tracks of each pair begin
    of: IntArray  # [N] the pair of a track
    columns: IntArray  # [N] places of tracks
    logits: NDArray[np.float64]  # [2, N] calibrated log-odds before and now
    top: FloatArray  # [2, M] the largest of `logits`
    near: IntArray  # [M] on how many tracks she may be seen, as far as a long video goes by more than her enrollment

    def anywhere(self, rows: Marks) -> Marks:
        """[M]: whether something [N] holds on any of a pair's tracks."""
        return np.bincount(self.of[rows], minlength=len(self.row)) > 0


def clip_batches(library: sqlite3.Connection) -> Iterator[ClipTracks]:
    """All clips that have tracks, `_CLIPS` at a time."""
    columns, last = "clip, cost, drawn, people, tracks, best, together", 0
    words = f"SELECT {columns} FROM contests WHERE clip > ? ORDER BY clip LIMIT {_CLIPS}"
    while rows := library.execute(words, (last,)).fetchall():
        *numbers, tracks, best, together = zip(*rows, strict=True)
        clips, cost, drawn, people = map(np.array, numbers)
        counts = np.array([len(one) // 8 for one in tracks])
        yield ClipTracks(
            clips, np.cumsum(counts) - counts, np.frombuffer(b"".join(tracks), np.int64),
            np.repeat(np.arange(len(clips)), counts), np.frombuffer(b"".join(best), np.float64), cost, drawn, people,
            np.frombuffer(b"".join(together), np.float64),
        )  # fmt: skip
        last = int(clips[-1])


def candidates_of(
    model: PresenceModel, everyone: Enrolled, part: ClipTracks, found: FloatArray, config: PresenceConfig
) -> tuple[Candidates, FloatArray]:
    """Whoever may be in a clip, of people's log-odds [P, T] on its tracks; and the sum of everyone's odds [T]."""
    own = np.exp(found, dtype=np.float64)
    sums = own.sum(0)
    others = [np.maximum(count - 1, 0) for count in (part.people, np.full_like(part.people, len(everyone.numbers)))]
    limit = min(log_odds(SPAN_FROM), log_odds(config.absent_below))
    counts = np.unique(np.concatenate(others)).tolist()
    least = min(NEAR_LOGIT, *(model.calibration.min_logit(limit, one) for one in counts))
    row, column = np.nonzero(found >= least)  # competition only takes
    clip, mine = part.of[column], own[row, column]
    enrolled, best = everyone.enrolled[row], part.best[column]
    good, figures = enrolled.of_pair(best), enrolled.as_figures(best)
    cost = part.cost[clip] + everyone.worlds[row, part.drawn[clip]]
    taken = np.stack([np.log(np.maximum(one[column] - mine, 1.0)) for one in (part.together, sums)])
    logits = np.stack([model.calibrated(found[row, column] - less, good, figures, count[clip]) - cost
                       for less, count in zip(taken, others, strict=True)])  # fmt: skip
    logits[0, everyone.fresh[row]] = -np.inf
    pair, of = np.unique(row * len(part.clips) + clip, return_inverse=True)
    top = np.full((2, len(pair)), -np.inf)  # before somebody came or went, and now, as `logits`
    for most, one in zip(top, logits, strict=True):
        np.maximum.at(most, of, one)
    there = top.max(0) >= log_odds(config.absent_below)
    kept, which = there[of], np.flatnonzero(there)
    near = np.bincount(of[found[row, column] > NEAR_LOGIT], minlength=len(pair))[which]
    row, where = np.divmod(pair[which], len(part.clips))
    of = np.searchsorted(which, of[kept])
    starts = np.searchsorted(of, np.arange(len(which)))
    return Candidates(everyone, part, row, where, starts, of, column[kept], logits[:, kept], top[:, which], near), sums


def log_odds(probability: float) -> float:
    """The log-odds of a probability, finite also for 0 and 1."""
    inside = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(np.log(inside) - np.log1p(-inside))

"""Who is in which clip when somebody has come or gone: decided by everyone's kept log-odds, all clips at once.

In: rows of `contests` and `odds`; whoever is new joins the sums of odds there, whoever has gone leaves them. Out: new
decisions, where nothing but these numbers counts, and marks of clips: what holds of people in them is written when they
are opened (`ROWS_BEHIND`), or they are recognised anew (`STALE`). That is where more counts (bodies, voices, what users
said) and a decision changes by more than `_TOUCHED`, or the log-odds of somebody whom users spoke of move by that. In
long videos tracks are held against her sightings there, too (`identity/recurring.py`): here they are decided without,
and exactly when they are opened, wherever log-odds move by that.

Legend: P people, T tracks, C clips, M pairs of a person and a clip that may show her, N of these with a track.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.config import PresenceConfig
from pvchat.identity.calibration import EnrollmentQuality
from pvchat.identity.evidence import NAMED
from pvchat.identity.presence import DRAWN_MISMATCH, SPAN_FROM, PresenceModel
from pvchat.identity.same_place import CLEAR_FACE_QUALITY, has_clothes
from pvchat.library import odds, records
from pvchat.people.corrections import corrections_of
from pvchat.people.person import Person
from pvchat.schemas import Flags, FloatArray, IntArray

_TOUCHED = 0.05  # log-odds: .0125 of a probability
_CLIPS = 2000  # that are decided at once
# Marks of clips: their decisions are to be made anew; what holds of people is behind the decisions.
STALE, ROWS_BEHIND = 1, 2


@dataclass(frozen=True)
class _Enrolled:
    """P enrolled people as arrays."""

    numbers: IntArray  # [P] of each (`people.id`)
    fresh: Flags  # [P] who wasn't there before
    said: Flags  # [P] of whom users said that somebody isn't her
    enrolled: EnrollmentQuality  # what the calibration knows of them
    drawn_costs: NDArray[np.float64]  # [P, 2] log-odds that a real clip, and a drawn one, costs
    bodies: bool  # hair and clothes, or pieces of figures, may count

    @classmethod
    def of(cls, people: Mapping[int, Person], fresh: Sequence[int]) -> _Enrolled:
        """People by their numbers, and the numbers of who is new."""
        numbers, everyone = np.array(list(people), int), list(people.values())
        said = np.array([any(not one.her for one in corrections_of(person)) for person in everyone], bool)
        foreign = [[person.drawn not in (None, drawn) for drawn in (False, True)] for person in everyone]
        drawn_costs, enrolled = DRAWN_MISMATCH * np.array(foreign, float).reshape(-1, 2), EnrollmentQuality.of(everyone)
        bodies = bool(enrolled.figure.any()) or any(map(has_clothes, everyone))
        return cls(numbers, np.isin(numbers, fresh), said, enrolled, drawn_costs, bodies)


@dataclass(frozen=True)
class _ClipTracks:
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


@dataclass(frozen=True)
class _Candidates:
    """M pairs of a person and a clip that may show her, before or now, with the tracks that may."""

    everyone: _Enrolled  # who was looked for …
    part: _ClipTracks  # … and in which clips
    row: IntArray  # [M] place of the person
    where: IntArray  # [M] place of the clip
    starts: IntArray  # [M] where the tracks of each pair begin
    of: IntArray  # [N] the pair of a track
    columns: IntArray  # [N] places of tracks
    logits: NDArray[np.float64]  # [2, N] calibrated log-odds before and now
    top: FloatArray  # [2, M] the largest of `logits`

    def anywhere(self, rows: Flags) -> Flags:
        """[M]: whether something [N] holds on any of a pair's tracks."""
        return np.bincount(self.of[rows], minlength=len(self.row)) > 0


def decide(
    library: sqlite3.Connection, model: PresenceModel, people: Mapping[int, Person], fresh: Sequence[int],
    config: PresenceConfig,
) -> None:  # fmt: skip
    """Bring decisions up to date with who is enrolled now, and mark the clips in which one changes (in `transaction`).

    `people`: all, by their numbers, whose rows are there; `fresh`: who wasn't among them before.
    """
    everyone = _Enrolled.of(people, fresh)
    spoken_of = records.clips_of(library, {one.clip for person in people.values() for one in corrections_of(person)})
    heard = library.execute("SELECT DISTINCT clip FROM facts WHERE attribute = 'speaks'")
    deeper = np.array([*spoken_of, *(clip for (clip,) in heard)], int)  # clips where more than kept log-odds decides
    for part in _clip_batches(library):
        found = odds.read(library, part.tracks, list(people))
        pairs, together = _candidates_of(model, everyone, part, found, config)
        _update_batch(library, pairs, deeper, config)
        sums = np.split(together, part.starts[1:])
        kept = [(len(people), one.tobytes(), clip) for one, clip in zip(sums, part.clips.tolist(), strict=True)]
        library.executemany("UPDATE contests SET people = ?, together = ? WHERE clip = ?", kept)
    crossed = (
        "UPDATE clips SET stale = 2 WHERE NOT stale AND id IN (SELECT clip FROM appearances WHERE who > 0 AND "
        "decision <> CASE WHEN probability >= ? THEN 'present' WHEN probability < ? THEN 'absent' ELSE 'unsure' END)"
    )
    library.execute(crossed, (config.present_from, config.absent_below))


def _clip_batches(library: sqlite3.Connection) -> Iterator[_ClipTracks]:
    """All clips that have tracks, `_CLIPS` at a time."""
    columns, last = "clip, cost, drawn, people, tracks, best, together", 0
    words = f"SELECT {columns} FROM contests WHERE clip > ? ORDER BY clip LIMIT {_CLIPS}"
    while rows := library.execute(words, (last,)).fetchall():
        *numbers, tracks, best, together = zip(*rows, strict=True)
        clips, cost, drawn, people = map(np.array, numbers)
        counts = np.array([len(one) // 8 for one in tracks])
        yield _ClipTracks(
            clips, np.cumsum(counts) - counts, np.frombuffer(b"".join(tracks), np.int64),
            np.repeat(np.arange(len(clips)), counts), np.frombuffer(b"".join(best), np.float64), cost, drawn, people,
            np.frombuffer(b"".join(together), np.float64),
        )  # fmt: skip
        last = int(clips[-1])


def _candidates_of(
    model: PresenceModel, everyone: _Enrolled, part: _ClipTracks, found: FloatArray, config: PresenceConfig
) -> tuple[_Candidates, FloatArray]:
    """Whoever may be in a clip, of people's log-odds [P, T] on its tracks; and the sum of everyone's odds [T]."""
    own = np.exp(found, dtype=np.float64)
    sums = own.sum(0)
    others = [np.maximum(count - 1, 0) for count in (part.people, np.full_like(part.people, len(everyone.numbers)))]
    limit = min(_log_odds(SPAN_FROM), _log_odds(config.absent_below))
    counts = np.unique(np.concatenate(others)).tolist()
    least = min(model.calibration.min_logit(limit, one) for one in counts)
    row, column = np.nonzero(found >= least)  # competition only takes
    clip, mine = part.of[column], own[row, column]
    enrolled, best = everyone.enrolled[row], part.best[column]
    good, figures = enrolled.of_pair(best), enrolled.as_figures(best)
    cost = part.cost[clip] + everyone.drawn_costs[row, part.drawn[clip]]
    taken = np.stack([np.log(np.maximum(one[column] - mine, 1.0)) for one in (part.together, sums)])
    logits = np.stack([model.calibration.apply(found[row, column] - less, count[clip], good, figures) - cost
                       for less, count in zip(taken, others, strict=True)])  # fmt: skip
    logits[0, everyone.fresh[row]] = -np.inf
    pair, starts, of = np.unique(row * len(part.clips) + clip, return_index=True, return_inverse=True)
    top = np.maximum.reduceat(logits, starts, axis=1)  # before somebody came or went, and now, as `logits`
    there = top.max(0) >= _log_odds(config.absent_below)
    kept, which = there[of], np.flatnonzero(there)
    row, where = np.divmod(pair[which], len(part.clips))
    of = np.searchsorted(which, of[kept])
    starts = np.searchsorted(of, np.arange(len(which)))
    return _Candidates(everyone, part, row, where, starts, of, column[kept], logits[:, kept], top[:, which]), sums


def _log_odds(probability: float) -> float:
    """The log-odds of a probability, finite also for 0 and 1."""
    inside = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(np.log(inside) - np.log1p(-inside))


def _update_batch(library: sqlite3.Connection, pairs: _Candidates, deeper: IntArray, config: PresenceConfig) -> None:
    """Write the decisions that change, shift other probabilities, mark the clips."""
    part = pairs.part
    limits = np.sort([_log_odds(one) for one in (SPAN_FROM, config.absent_below, config.present_from, NAMED)])
    before, now = 2 * np.searchsorted(limits, pairs.logits, "right") + (pairs.logits == pairs.top[:, pairs.of])
    moved = np.abs(np.diff(pairs.logits, axis=0)[0]) > _TOUCHED
    changes, widely, touched = (pairs.anywhere(one) for one in (before != now, (before != now) & moved, moved))
    more, said = _other_evidence(pairs, deeper)
    film, alone = (part.cost > 0)[pairs.where], ~(more | said)  # alone: nothing but these numbers counts, films aside
    marks = np.zeros(len(part.clips), int)
    marks[pairs.where[changes | touched & film]] = ROWS_BEHIND
    marks[pairs.where[widely & ~alone | touched & said]] = STALE
    marked = zip(marks[marks > 0].tolist(), part.clips[marks > 0].tolist(), strict=True)
    library.executemany("UPDATE clips SET stale = ? WHERE id = ? AND stale <> 1", marked)
    now_known = (marks != STALE)[pairs.where]
    shifts = now_known & ~(changes & alone) & np.isfinite(pairs.top[0]) & (pairs.top[0] != pairs.top[1])
    fall = np.exp(pairs.top[0, shifts] - pairs.top[1, shifts]).tolist()
    who, where = pairs.everyone.numbers[pairs.row[shifts]], part.clips[pairs.where[shifts]]
    words = "UPDATE appearances SET probability = probability / (probability + (1 - probability) * ?)"
    library.executemany(f"{words} WHERE who = ? AND clip = ?", zip(fall, who.tolist(), where.tolist(), strict=True))
    _write_decisions(library, pairs, np.flatnonzero(now_known & changes & alone), config)


def _other_evidence(pairs: _Candidates, deeper: IntArray) -> tuple[Flags, Flags]:
    """[M] each: where bodies or voices count, where what users said of her.

    In a long video bodies count by these numbers, but for pieces of one figure, which compete as one.
    """
    everyone, part = pairs.everyone, pairs.part
    least = np.minimum.reduceat(part.best, part.starts)
    faint = everyone.bodies & np.where(part.cost > 0, least == 0, least < CLEAR_FACE_QUALITY)
    more = faint | np.isin(part.clips, deeper)
    return more[pairs.where], everyone.said[pairs.row]


def _write_decisions(library: sqlite3.Connection, pairs: _Candidates, which: IntArray, config: PresenceConfig) -> None:
    """Write who is where, and on which tracks, as `PresenceModel.score` decides it."""
    everyone, part = pairs.everyone, pairs.part
    least = np.where(part.cost > 0, _log_odds(config.present_from), _log_odds(SPAN_FROM))[pairs.where]
    shown = pairs.logits[1] >= np.minimum(least, pairs.top[1])[pairs.of]
    tracks, ends = part.tracks[pairs.columns], np.append(pairs.starts[1:], len(shown))
    probabilities = 1 / (1 + np.exp(-np.clip(pairs.top[1], -30, 30)))
    there, gone = list[tuple[Any, ...]](), list[tuple[int, int]]()
    for one, probability in zip(which.tolist(), probabilities[which].tolist(), strict=True):
        place = int(everyone.numbers[pairs.row[one]]), int(part.clips[pairs.where[one]])
        if probability < config.absent_below:
            gone.append(place)
        else:
            mine = slice(pairs.starts[one], ends[one])
            decision = "present" if probability >= config.present_from else "unsure"
            there.append((*place, decision, probability, json.dumps(tracks[mine][shown[mine]].tolist())))
    library.executemany("DELETE FROM appearances WHERE who = ? AND clip = ?", gone)
    words = "INSERT INTO appearances(who, clip, decision, probability, tracks) VALUES (?, ?, ?, ?, ?)"
    now = "decision = excluded.decision, probability = excluded.probability, tracks = excluded.tracks"
    library.executemany(f"{words} ON CONFLICT(who, clip) DO UPDATE SET {now}", there)

"""Who is in which clip when somebody has come or gone: decided by everyone's kept log-odds, all clips at once.

In: rows of `odds` (`odds.py`) and of `contests`: among how many people competition in a clip was decided, and the sum
of their odds on each of its tracks. Somebody new joins that sum, whoever has gone leaves it. Out: new decisions, where
nothing but these numbers counts; what holds of people in such a clip waits until it is opened (`BEHIND`).

Elsewhere more counts: in a long video in which somebody surely is and may be on a further track, where bodies may,
where voices are heard, of whom or of what users spoke. Such a clip is recognised anew (`STALE`) where a decision
changes, or the log-odds of somebody who may be there, in such a film or spoken of, move by more than `_TOUCHED`. A
smaller change waits there, too.

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
from pvchat.identity.bodies import WEAK
from pvchat.identity.calibration import enrolled_quality
from pvchat.identity.evidence import NAMED
from pvchat.identity.presence import OTHER_WORLD, SPAN, PresenceModel
from pvchat.identity.recurring import NEAR, SURE
from pvchat.library import odds, records
from pvchat.people.corrections import corrections_of
from pvchat.people.person import Person
from pvchat.schemas import FloatArray, IntArray

_CLIPS = 2000  # that are decided at once
_TOUCHED = 0.05  # log-odds: .0125 of a probability
# Marks of clips: their decisions are to be made anew; what holds of people is behind the decisions.
STALE, BEHIND = 1, 2
Marks = NDArray[np.bool_]


def decide(
    library: sqlite3.Connection,
    model: PresenceModel,
    people: Mapping[int, Person],
    fresh: Sequence[int],
    config: PresenceConfig,
) -> None:
    """Bring decisions up to date with who is there now, and mark the clips in which one changes.

    Args:
        library: the tables; within a change.
        model: calibrates.
        people: all, by their numbers, whose rows are there.
        fresh: who wasn't among them before.
        config: the costs of mistakes.
    """
    everyone, deeper = _Everyone.of(people, fresh), _deeper(library, people)
    for part in _contests(library):
        logits = odds.read(library, part.tracks, list(people))
        own = np.exp(logits, dtype=np.float64)
        together = own.sum(0)
        pairs = _pairs(model, everyone, part, (logits, own, together), config)
        _write(library, part, pairs, _plain(everyone, part, pairs, deeper), config)
        sums = np.split(together, part.starts[1:])
        kept = [(len(people), one.tobytes(), clip) for one, clip in zip(sums, part.clips.tolist(), strict=True)]
        library.executemany("UPDATE contests SET people = ?, together = ? WHERE clip = ?", kept)
    crossed = (
        "UPDATE clips SET stale = 2 WHERE NOT stale AND id IN (SELECT clip FROM appearances WHERE who > 0 AND "
        "decision <> CASE WHEN probability >= ? THEN 'present' WHEN probability < ? THEN 'absent' ELSE 'unsure' END)"
    )
    library.execute(crossed, (config.present_from, config.absent_below))


@dataclass(frozen=True)
class _Everyone:
    """P people.

    Attributes:
        numbers: [P] of each (`people.id`).
        fresh: [P] who wasn't there before.
        said: [P] of whom users said that somebody isn't her.
        figures, as_figure: [P] who is a drawn figure only; who is compared with drawn figures.
        quality: [P] of enrollments; 0 of figures.
        worlds: [P, 2] log-odds that a real clip, and a drawn one, costs.
        bodies: hair and clothes, or pieces of figures, may count.
    """

    numbers: IntArray
    fresh: Marks
    said: Marks
    figures: Marks
    as_figure: Marks
    quality: FloatArray
    worlds: NDArray[np.float64]
    bodies: bool

    @classmethod
    def of(cls, people: Mapping[int, Person], fresh: Sequence[int]) -> _Everyone:
        """People by their numbers, and the numbers of who is new."""
        numbers, everyone = np.array(list(people), int), list(people.values())
        said = np.array([any(not one.her for one in corrections_of(person)) for person in everyone], bool)
        figures = np.array([person.kind == "figure" for person in everyone], bool)
        as_figure = np.array([person.figure is not None for person in everyone], bool)
        foreign = [[person.drawn not in (None, drawn) for drawn in (False, True)] for person in everyone]
        worlds = OTHER_WORLD * np.array(foreign, float).reshape(-1, 2)
        bodies = bool(as_figure.any()) or any(map(odds.is_dressed, everyone))
        quality = enrolled_quality(everyone)
        return cls(numbers, np.isin(numbers, fresh), said, figures, as_figure, quality, worlds, bodies)


@dataclass(frozen=True)
class _Contests:
    """Some clips with all their tracks, one clip's after the other's.

    Attributes:
        clips: [C] numbers.
        starts: [C] where the tracks of each begin.
        tracks: [T] their numbers.
        of: [T] the place of each track's clip among `clips`.
        best: [T] quality of each track's best sighting; 0 of figures.
        cost: [C] log-odds that each track loses in a long video; else 0.
        drawn: [C] 1 where they are drawn.
        people: [C] how many people competed.
        together: [T] the sum of their odds.
    """

    clips: IntArray
    starts: IntArray
    tracks: IntArray
    of: IntArray
    best: FloatArray
    cost: FloatArray
    drawn: IntArray
    people: IntArray
    together: FloatArray


@dataclass(frozen=True)
class _Pairs:
    """Who may be in which clip, before or now, and on which of its tracks.

    Attributes:
        who: [M] number of the person.
        where: [M] place of the clip.
        row: [M] place of the person.
        starts: [M] where the tracks of each pair begin.
        of: [N] the pair of a track.
        tracks: [N] numbers of tracks.
        logits: [2, N] calibrated log-odds before and now.
        top: [2, M] the largest of `logits`.
        near: [M] on how many tracks she may be seen, as far as a long video goes by more than her enrollment.
    """

    who: IntArray
    where: IntArray
    row: IntArray
    starts: IntArray
    of: IntArray
    tracks: IntArray
    logits: NDArray[np.float64]
    top: FloatArray
    near: IntArray

    def anywhere(self, rows: Marks) -> Marks:
        """[M]: whether something [N] holds on any of a pair's tracks."""
        return np.bincount(self.of[rows], minlength=len(self.who)) > 0


def _contests(library: sqlite3.Connection) -> Iterator[_Contests]:
    """All clips with tracks, some at once."""
    words = (
        "SELECT clip, cost, drawn, people, tracks, best, together FROM contests WHERE clip > ? "
        f"ORDER BY clip LIMIT {_CLIPS}"
    )
    last = 0
    while rows := library.execute(words, (last,)).fetchall():
        clips, cost, drawn, people, tracks, best, together = zip(*rows, strict=True)
        counts = np.array([len(one) // 8 for one in tracks])
        yield _Contests(
            np.array(clips), np.cumsum(counts) - counts, np.frombuffer(b"".join(tracks), np.int64),
            np.repeat(np.arange(len(clips)), counts), _numbers(best), np.array(cost), np.array(drawn),
            np.array(people), _numbers(together),
        )  # fmt: skip
        last = clips[-1]


def _numbers(data: Sequence[bytes]) -> FloatArray:
    return np.frombuffer(b"".join(data), np.float64)


def _log_odds(probability: float) -> float:
    inside = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(np.log(inside) - np.log1p(-inside))


def _deeper(library: sqlite3.Connection, people: Mapping[int, Person]) -> IntArray:
    """Clips of which users spoke, or in which somebody is heard."""
    spoken_of = records.clips_of(library, {one.clip for person in people.values() for one in corrections_of(person)})
    heard = library.execute("SELECT DISTINCT clip FROM facts WHERE attribute = 'speaks'")
    return np.array([*spoken_of, *(clip for (clip,) in heard)], int)


def _pairs(
    model: PresenceModel,
    everyone: _Everyone,
    part: _Contests,
    seen: tuple[FloatArray, FloatArray, FloatArray],
    config: PresenceConfig,
) -> _Pairs:
    """Whoever may be in a clip, of people's log-odds [P, T] on its tracks, the same as odds, and their sum [T]."""
    found, own, sums = seen
    others = [np.maximum(count - 1, 0) for count in (part.people, np.full_like(part.people, len(everyone.numbers)))]
    limit = min(_log_odds(SPAN), _log_odds(config.absent_below))
    least = min(NEAR, *(model.calibration.least(limit, one) for one in np.unique(np.concatenate(others)).tolist()))
    row, column = np.nonzero(found >= least)  # competition only takes
    clip, mine = part.of[column], own[row, column]
    best = part.best[column]
    good = np.minimum(best, everyone.quality[row])
    figures = everyone.figures[row] | everyone.as_figure[row] & (best == 0)
    cost = part.cost[clip] + everyone.worlds[row, part.drawn[clip]]
    taken = np.stack([np.log(np.maximum(one[column] - mine, 1.0)) for one in (part.together, sums)])
    logits = np.stack([model.worth(found[row, column] - less, good, figures, count[clip]) - cost
                       for less, count in zip(taken, others, strict=True)])  # fmt: skip
    logits[0, everyone.fresh[row]] = -np.inf
    pair, of = np.unique(row * len(part.clips) + clip, return_inverse=True)
    top = np.full((2, len(pair)), -np.inf)
    for best, one in zip(top, logits, strict=True):
        np.maximum.at(best, of, one)
    there = top.max(0) >= _log_odds(config.absent_below)
    kept, which = there[of], np.flatnonzero(there)
    near = np.bincount(of[found[row, column] > NEAR], minlength=len(pair))[which]
    row, where = np.divmod(pair[which], len(part.clips))
    of = np.searchsorted(which, of[kept])
    starts = np.searchsorted(of, np.arange(len(which)))
    return _Pairs(
        everyone.numbers[row], where, row, starts, of, part.tracks[column[kept]], logits[:, kept],
        top[:, which], near,
    )  # fmt: skip


def _plain(everyone: _Everyone, part: _Contests, pairs: _Pairs, deeper: IntArray) -> tuple[Marks, Marks]:
    """[M]: where nothing but these numbers counts; where each of them may count for more than itself."""
    looked_for = (pairs.top.max(0) > SURE) & (pairs.near > 1)  # by her own sightings in a long video
    in_film = (part.cost > 0) & (np.bincount(pairs.where[looked_for], minlength=len(part.clips)) > 0)
    faint = everyone.bodies & (np.minimum.reduceat(part.best, part.starts) < WEAK)
    said = everyone.said[pairs.row]
    more = in_film | faint | np.isin(part.clips, deeper)
    return ~(said | more[pairs.where]), said | in_film[pairs.where]


def _write(
    library: sqlite3.Connection, part: _Contests, pairs: _Pairs, plain: tuple[Marks, Marks], config: PresenceConfig
) -> None:
    """Write the decisions that change, move other probabilities, and mark the clips."""
    limits = np.sort([_log_odds(one) for one in (SPAN, config.absent_below, config.present_from, NAMED)])
    before, now = 2 * np.searchsorted(limits, pairs.logits, "right") + (pairs.logits == pairs.top[:, pairs.of])
    changes, alone = pairs.anywhere(before != now), plain[0]
    moved = np.abs(np.diff(pairs.logits, axis=0)[0]) > _TOUCHED
    widely, touched = pairs.anywhere((before != now) & moved), pairs.anywhere(moved)
    marks = np.zeros(len(part.clips), int)
    marks[pairs.where[changes]] = BEHIND
    marks[pairs.where[widely & ~alone | touched & plain[1]]] = STALE
    marked = zip(marks[marks > 0].tolist(), part.clips[marks > 0].tolist(), strict=True)
    library.executemany("UPDATE clips SET stale = ? WHERE id = ? AND stale <> 1", marked)
    waits = marks[pairs.where] == STALE
    _move(library, part, pairs, ~waits & ~(changes & alone) & np.isfinite(pairs.top[0]))
    _decided(library, part, pairs, np.flatnonzero(~waits & changes & alone), config)


def _move(library: sqlite3.Connection, part: _Contests, pairs: _Pairs, which: Marks) -> None:
    """Probabilities move by as much as log-odds do."""
    which = which & (pairs.top[0] != pairs.top[1])
    fall = np.exp(pairs.top[0, which] - pairs.top[1, which]).tolist()
    rows = zip(fall, pairs.who[which].tolist(), part.clips[pairs.where[which]].tolist(), strict=True)
    words = "UPDATE appearances SET probability = probability / (probability + (1 - probability) * ?)"
    library.executemany(f"{words} WHERE who = ? AND clip = ?", rows)


def _decided(
    library: sqlite3.Connection, part: _Contests, pairs: _Pairs, which: IntArray, config: PresenceConfig
) -> None:
    """Write who is where, and on which tracks, as `PresenceModel.score` decides it."""
    least = np.where(part.cost > 0, _log_odds(config.present_from), _log_odds(SPAN))[pairs.where]
    shown = pairs.logits[1] >= np.minimum(least, pairs.top[1])[pairs.of]
    ends = np.append(pairs.starts[1:], len(shown))
    probabilities = 1 / (1 + np.exp(-np.clip(pairs.top[1], -30, 30)))
    there, gone = list[tuple[Any, ...]](), list[tuple[int, int]]()
    for one, probability in zip(which.tolist(), probabilities[which].tolist(), strict=True):
        place = int(pairs.who[one]), int(part.clips[pairs.where[one]])
        if probability < config.absent_below:
            gone.append(place)
        else:
            mine = slice(pairs.starts[one], ends[one])
            decision = "present" if probability >= config.present_from else "unsure"
            there.append((*place, decision, probability, json.dumps(pairs.tracks[mine][shown[mine]].tolist())))
    library.executemany("DELETE FROM appearances WHERE who = ? AND clip = ?", gone)
    words = "INSERT INTO appearances(who, clip, decision, probability, tracks) VALUES (?, ?, ?, ?, ?)"
    now = "decision = excluded.decision, probability = excluded.probability, tracks = excluded.tracks"
    library.executemany(f"{words} ON CONFLICT(who, clip) DO UPDATE SET {now}", there)

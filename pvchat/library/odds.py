"""Everyone's log-odds on every track, and what changes in a library when somebody comes or goes.

In: the tables, people. Out: rows of `odds`, what each person's looks say of each track before people compete for it;
rows of `contests`, by which competition in a clip was decided: among how many, and the sum of their odds on each of its
tracks. Somebody new is compared with all tracks at once. Her odds join the sum, those of whoever has gone leave it, and
all decisions follow from that without a look at vectors. Clips in which one changes are marked (`stale`), to be
recognised anew; in all others probabilities move by as much as their log-odds. One person more moves everybody's a
little, and some of them over a limit: such clips can wait.

In long videos, and for people of whom users said "that is not her", more counts than these numbers: such a clip is
marked where somebody who may be there loses or gains `_TOUCHED` by competition.

Legend: P people, K tracks of a clip, T tracks, C clips.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pvchat.config import PresenceConfig
from pvchat.identity.bodies import ELSEWHERE, OTHER_PLACE, WEAK
from pvchat.identity.calibration import best_quality
from pvchat.identity.evidence import NAMED
from pvchat.identity.gallery import Gallery
from pvchat.identity.presence import NEVER, OTHER_WORLD, SPAN, PresenceModel
from pvchat.identity.recurring import crowd
from pvchat.library import records
from pvchat.people.corrections import corrections_of
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, FloatArray, IntArray

_BLOCK = 256  # tracks, by number, of a row of `odds`; `library.sql` knows it
_CLIPS = 2000  # that are decided at once
_TOUCHED = 0.05  # log-odds: .0125 of a probability
STALE, SLIGHTLY = 1, 2  # marks of clips in which a decision changes: by more than that, by less
People = Mapping[int, Person]  # by their numbers (`people.id`)


def of_clip(
    library: sqlite3.Connection, model: PresenceModel, clip: int, seen: tuple[ClipAnalysis, list[int]], people: People
) -> FloatArray:
    """`PresenceModel.compared` [P, K] of people in a clip: what is kept, else it is made now and kept.

    Args:
        library: the tables; within a change.
        model: compares.
        clip: its number.
        seen: its analysis, and the numbers of its tracks.
        people: all of them.
    """
    analysis, tracks = seen
    if library.execute("SELECT 1 FROM contests WHERE clip = ?", (clip,)).fetchone() is not None:
        return read(library, np.array(tracks, int), list(people))
    odds = model.compared(list(people.values()), analysis)
    if not tracks:
        return odds  # nothing to compete for
    enter(library, list(people), np.array(tracks, int), odds)
    row = (
        clip, np.array(tracks, np.int64).tobytes(), best_quality(analysis.tracks).tobytes(), crowd(analysis),
        analysis.scene.drawn, len(people), _together(odds).tobytes(),
    )  # fmt: skip
    library.execute("INSERT INTO contests VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return odds


def compared(
    library: sqlite3.Connection, model: PresenceModel, people: Sequence[Person], after: int = 0
) -> tuple[IntArray, FloatArray]:
    """Numbers [T] of all tracks (of those beyond `after`), and `PresenceModel.compared` [P, T] of people on them.

    Clips in which hair and clothes count, drawn figures do, or of which the user spoke are compared one by one.
    """
    words = (
        "SELECT t.id, t.clip, t.kind <> 'face', length(t.looks) > 0, c.long FROM tracks AS t "
        "JOIN clips AS c ON c.id = t.clip WHERE t.id > ? ORDER BY t.id"
    )
    tracks, clips, *kinds = np.array(library.execute(words, (after,)).fetchall(), int).reshape(-1, 5).T
    faceless, bodies, films = (kind > 0 for kind in kinds)
    alike, weak = _alike(library, model, people, clips), faceless.copy()
    wears = np.array([[one.kind == "face" and _is_dressed(one)] for one in people], bool)
    out = np.where(wears & bodies & faceless, OTHER_PLACE, NEVER).astype(np.float32)
    rows = np.array([row for row, person in enumerate(people) if person.kind == "face"], int)
    known = [people[row] for row in rows]
    gallery = Gallery(known)
    for seen in records.faces_of(library, after) if known else ():
        columns = np.searchsorted(tracks, seen.which)
        weak[columns] = seen.quality.max(1) < WEAK
        scenes = np.where(films[columns], 0.0, alike[np.ix_(rows, columns)])
        out[np.ix_(rows, columns)] = model.face_logits(known, gallery, seen, scenes)
    drawn = np.array([[person.kind == "figure"] for person in people], bool) & faceless
    keys = json.dumps(sorted({one.clip for person in people for one in corrections_of(person)}))
    spoken = library.execute("SELECT id FROM clips WHERE key IN (SELECT value FROM json_each(?))", (keys,)).fetchall()
    closer = drawn | wears & bodies & weak & (alike > ELSEWHERE) | np.isin(clips, spoken)
    for clip in np.unique(clips[closer.any(0)]).tolist():
        analysis, numbers = records.analysis_of(library, clip)
        out[:, np.searchsorted(tracks, numbers)] = model.compared(people, analysis)
    return tracks, out


def with_odds(library: sqlite3.Connection) -> set[int]:
    """The numbers of people who were compared with all tracks: who was with the last one; all, if there is none."""
    last = library.execute("SELECT max(id) FROM tracks").fetchone()[0]
    words = "SELECT id FROM people" if last is None else f"SELECT who FROM odds WHERE block = {last // _BLOCK}"
    return {number for (number,) in library.execute(words)}


def decide(
    library: sqlite3.Connection, model: PresenceModel, people: People, fresh: Sequence[int], config: PresenceConfig
) -> None:
    """Bring decisions up to date with who is there now; clips in which one changes are marked.

    Args:
        library: the tables; within a change.
        model: calibrates.
        people: all, whose rows are there.
        fresh: who wasn't among them before.
        config: the costs of mistakes.
    """
    for part in _contests(library):
        odds = read(library, part.tracks, list(people))
        changed, moved = _changes(model, people, fresh, part, odds, config)
        words = "UPDATE clips SET stale = ? WHERE id = ? AND stale <> 1"
        library.executemany(words, [one for one in zip(changed.tolist(), part.clips.tolist(), strict=True) if one[0]])
        numbers = np.array(list(people), int)
        rows = zip(moved[2].tolist(), numbers[moved[0]].tolist(), part.clips[moved[1]].tolist(), strict=True)
        words = "UPDATE appearances SET probability = probability / (probability + (1 - probability) * ?)"
        library.executemany(f"{words} WHERE who = ? AND clip = ?", rows)
        together = np.split(_together(odds), part.starts[1:])
        kept = [(len(people), one.tobytes(), clip) for one, clip in zip(together, part.clips.tolist(), strict=True)]
        library.executemany("UPDATE contests SET people = ?, together = ? WHERE clip = ?", kept)
    crossed = (
        "UPDATE clips SET stale = 2 WHERE NOT stale AND id IN (SELECT clip FROM appearances WHERE who > 0 AND "
        "decision <> CASE WHEN probability >= ? THEN 'present' WHEN probability < ? THEN 'absent' ELSE 'unsure' END)"
    )
    library.execute(crossed, (config.present_from, config.absent_below))


def enter(library: sqlite3.Connection, numbers: Sequence[int], tracks: IntArray, odds: FloatArray) -> None:
    """Write log-odds [P, T] of people, by their numbers, on tracks [T]."""
    for block in np.unique(tracks // _BLOCK).tolist():
        mine = tracks // _BLOCK == block
        kept = _blocks(library, block, block, numbers)
        kept[:, tracks[mine] % _BLOCK] = odds[:, mine]
        rows = [(block, number, row.tobytes()) for number, row in zip(numbers, kept, strict=True)]
        library.executemany("INSERT OR REPLACE INTO odds VALUES (?, ?, ?)", rows)


def read(library: sqlite3.Connection, tracks: IntArray, numbers: Sequence[int]) -> FloatArray:
    """Log-odds [P, T] of people on tracks, by their numbers."""
    first, last = int(min(tracks.tolist(), default=0)) // _BLOCK, int(max(tracks.tolist(), default=0)) // _BLOCK
    return _blocks(library, first, last, numbers)[:, tracks - first * _BLOCK]


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


def _is_dressed(person: Person) -> bool:
    """Whether hair and clothes can count: these are known, and the place."""
    return len(person.arrays.get("looks", ())) > 0 and "frame" in person.arrays


def _alike(library: sqlite3.Connection, model: PresenceModel, people: Sequence[Person], clips: IntArray) -> FloatArray:
    """How alike people's enrollments and tracks' clips [T] are by their mean frames [P, T]; 0 where none is known."""
    out = np.zeros((len(people), len(clips)), np.float32)
    if not len(clips) or not any("frame" in one.arrays for one in people):
        return out
    ends = int(clips.min()), int(clips.max())
    rows = library.execute("SELECT id, frame FROM clips WHERE id BETWEEN ? AND ? ORDER BY id", ends)
    while part := rows.fetchmany(_CLIPS):
        numbers, frames = zip(*part, strict=True)
        seen = np.frombuffer(b"".join(frames), np.float16).reshape(len(part), -1)
        mine = np.isin(clips, numbers)
        for row, person in enumerate(people):
            if "frame" in person.arrays:
                out[row, mine] = model.scene_likeness(person, seen)[np.searchsorted(numbers, clips[mine])]
    return out


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
            np.repeat(np.arange(len(clips)), counts), _numbers(b"".join(best)), np.array(cost), np.array(drawn),
            np.array(people), _numbers(b"".join(together)),
        )  # fmt: skip
        last = clips[-1]


def _numbers(data: bytes) -> FloatArray:
    return np.frombuffer(data, np.float64)


def _log_odds(probability: float) -> float:
    inside = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(np.log(inside) - np.log1p(-inside))


def _together(odds: FloatArray) -> FloatArray:
    return np.exp(np.asarray(odds, np.float64)).sum(0)


def _changes(
    model: PresenceModel,
    people: People,
    fresh: Sequence[int],
    part: _Contests,
    odds: FloatArray,
    config: PresenceConfig,
) -> tuple[IntArray, tuple[IntArray, IntArray, FloatArray]]:
    """The clips' marks [C], 0 where no decision, nor a track that is told of, changes; and elsewhere who [M] in which
    of the clips [M] is as much less likely [M], as a factor of the odds.
    """
    everyone, own = list(people.values()), np.exp(np.asarray(odds, np.float64))
    drawn = np.array([[person.drawn not in (None, one) for one in (False, True)] for person in everyone], bool)
    cost = (part.cost + OTHER_WORLD * drawn.reshape(-1, 2)[:, part.drawn])[:, part.of]
    counts = part.people, np.full_like(part.people, len(people))
    taken = [np.log(np.maximum(together - own, 1.0)) for together in (part.together, own.sum(0))]
    logits = [model.worth(everyone, odds - less, part.best, np.maximum(count - 1, 0)[part.of]) - cost
              for less, count in zip(taken, counts, strict=True)]  # fmt: skip
    logits[0][np.isin(list(people), fresh)] = -np.inf
    best = [np.maximum.reduceat(one, part.starts, axis=1) for one in logits]
    limits = np.sort([_log_odds(one) for one in (SPAN, config.absent_below, config.present_from, NAMED)])
    likely = np.maximum(*best) >= _log_odds(config.absent_below)
    who, track = np.nonzero(likely[:, part.of])
    clip = part.of[track]
    before, after = (one[who, track] for one in logits)
    marks = [2 * np.searchsorted(limits, one, "right") + (one == top[who, clip])
             for one, top in zip((before, after), best, strict=True)]  # fmt: skip
    said = np.array([any(not one.her for one in corrections_of(person)) for person in everyone], bool)
    touched = (np.abs(taken[1] - taken[0])[who, track] > _TOUCHED) & (said[who] | (part.cost[clip] > 0))
    changed = np.zeros(len(part.clips), int)
    changed[clip[marks[0] != marks[1]]] = SLIGHTLY
    changed[clip[(marks[0] != marks[1]) & (np.abs(after - before) > _TOUCHED) | touched]] = STALE
    fall = np.where(likely & (changed != STALE), best[0] - best[1], 0.0)
    somebody, somewhere = np.nonzero(fall)
    return changed, (somebody, somewhere, np.exp(fall[somebody, somewhere]))


def _blocks(library: sqlite3.Connection, first: int, last: int, numbers: Sequence[int]) -> FloatArray:
    """Log-odds [P, tracks] of people on all tracks of some blocks."""
    out = np.full((len(numbers), last - first + 1, _BLOCK), NEVER, np.float32)
    rows: dict[Any, int] = {number: row for row, number in enumerate(numbers)}
    for block, who, data in library.execute("SELECT * FROM odds WHERE block BETWEEN ? AND ?", (first, last)):
        if who in rows:
            out[rows[who], block - first] = np.frombuffer(data, np.float32)
    return out.reshape(len(numbers), (last - first + 1) * _BLOCK)

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

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

_BLOCK = 256  # tracks, by number, of a row of `odds`
_CLIPS = 2000  # that are decided at once
_TOUCHED = 0.05  # log-odds: .0125 of a probability
STALE, SLIGHTLY = 1, 2  # marks of clips in which a decision changes: by more than that, by less
People = Mapping[int, Person]  # by their numbers (`people.id`)


def of_clip(
    library: sqlite3.Connection, model: PresenceModel, clip: int, seen: tuple[ClipAnalysis, list[int]], people: People
) -> FloatArray:
    """`PresenceModel.compared` [P, K] of people in a clip: as it was written, or it is now.

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
    """Numbers [T] of all tracks (of those beyond `after`), and `PresenceModel.compared` [P, T] of people on them."""
    words = "SELECT id, clip, kind = 'face', length(looks) > 0 FROM tracks WHERE id > ? ORDER BY id"
    tracks, clips, faces, bodies = np.array(library.execute(words, (after,)).fetchall(), int).reshape(-1, 4).T
    if not len(tracks):
        return tracks, np.zeros((len(people), 0), np.float32)
    out = np.full((len(people), len(tracks)), NEVER, np.float32)
    places = _Places.of(library, model, people)
    for row, person in enumerate(people):
        if _wears(person):
            out[row, (bodies > 0) & (faces == 0)] = OTHER_PLACE
    rows = np.array([row for row, person in enumerate(people) if person.kind == "face"], int)
    known = [people[row] for row in rows]
    gallery = Gallery(known)
    for seen in records.faces_of(library, after) if known else ():
        columns = np.searchsorted(tracks, seen.which)
        scenes = places.scenes(clips[columns])[rows]
        out[np.ix_(rows, columns)] = model.face_logits(known, gallery, seen, scenes)
    figures, worn = {*clips[faces == 0].tolist()}, {*clips[bodies > 0].tolist()}
    for clip in _looked_at(library, people, places, figures, worn) & {*clips.tolist()}:
        analysis, numbers = records.analysis_of(library, clip)
        out[:, np.searchsorted(tracks, numbers)] = model.compared(people, analysis)
    return tracks, out


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
    limits = np.array([SPAN, config.absent_below, config.present_from, NAMED])
    for part in _contests(library):
        odds = read(library, part.tracks, list(people))
        before, after = _decided(model, people, part, odds, fresh)
        changed, moved = _changes(part, before, after, np.log(limits / (1 - limits)))
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
        cost: [C] log-odds that each track loses in a long video.
        drawn: [C] they are drawn.
        long: [C] they are long videos.
        people: [C] how many people competed.
        together: [T] the sum of their odds.
    """

    clips: IntArray
    starts: IntArray
    tracks: IntArray
    of: IntArray
    best: FloatArray
    cost: FloatArray
    drawn: NDArray[np.bool_]
    long: NDArray[np.bool_]
    people: IntArray
    together: FloatArray


@dataclass(frozen=True)
class _Places:
    """How alike P people's enrollments and C clips are by their mean frames.

    Attributes:
        clips: [C] numbers, ascending.
        long: [C] they are long videos.
        alike: [P, C] cosine; 0 where no frame of the enrollment is known.
    """

    clips: IntArray
    long: NDArray[np.bool_]
    alike: FloatArray

    @classmethod
    def of(cls, library: sqlite3.Connection, model: PresenceModel, people: Sequence[Person]) -> _Places:
        """Those of all clips."""
        clips, long, alike = list[int](), list[bool](), [np.zeros((len(people), 0), np.float32)]
        rows = library.execute("SELECT id, long, frame FROM clips ORDER BY id")
        while part := rows.fetchmany(_CLIPS):
            numbers, films, frames = zip(*part, strict=True)
            seen = np.frombuffer(b"".join(frames), np.float16).reshape(len(part), -1)
            clips, long = [*clips, *numbers], [*long, *films]
            alike.append(np.zeros((len(people), len(part)), np.float32))
            for row, person in enumerate(people):
                if "frame" in person.arrays:
                    alike[-1][row] = model.scene_likenesses(person, seen)
        return cls(np.array(clips, int), np.array(long, bool), np.concatenate(alike, 1))

    def scenes(self, clips: IntArray) -> FloatArray:
        """What counts as likeness of places [P, N] for faces in some clips [N]: none in long videos."""
        at = np.searchsorted(self.clips, clips)
        return np.where(self.long[at], 0.0, self.alike[:, at])


def _wears(person: Person) -> bool:
    """Whether somebody can be recognised by hair and clothes, too."""
    return person.kind == "face" and len(person.arrays.get("looks", ())) > 0 and "frame" in person.arrays


def _looked_at(
    library: sqlite3.Connection, people: Sequence[Person], places: _Places, figures: set[int], worn: set[int]
) -> set[int]:
    """Clips that are compared one by one: the user spoke of them, or more than faces counts."""
    said = {one.clip for person in people for one in corrections_of(person)}
    found = {row[0] for key in said for row in library.execute("SELECT id FROM clips WHERE key = ?", (key,))}
    if any(person.kind == "figure" for person in people):
        found |= figures
    here = (places.alike[[_wears(person) for person in people]] > ELSEWHERE).any(0)
    if here.any():
        rows = library.execute("SELECT clip, best FROM contests")
        found |= worn & {*places.clips[here].tolist()} & {clip for clip, best in rows if _numbers(best).min() < WEAK}
    return found


def _contests(library: sqlite3.Connection) -> Iterator[_Contests]:
    """All clips with tracks, some at once."""
    words = (
        "SELECT c.clip, c.tracks, c.best, c.cost, c.drawn, clips.long, c.people, c.together "
        "FROM contests AS c JOIN clips ON clips.id = c.clip WHERE c.clip > ? AND length(c.tracks) > 0 "
        f"ORDER BY c.clip LIMIT {_CLIPS}"
    )
    last = 0
    while rows := library.execute(words, (last,)).fetchall():
        clips, tracks, best, cost, drawn, long, people, together = zip(*rows, strict=True)
        counts = np.array([len(one) // 8 for one in tracks])
        yield _Contests(
            np.array(clips), np.cumsum(counts) - counts, np.frombuffer(b"".join(tracks), np.int64),
            np.repeat(np.arange(len(clips)), counts), _numbers(b"".join(best)), np.array(cost), np.array(drawn, bool),
            np.array(long, bool), np.array(people), _numbers(b"".join(together)),
        )  # fmt: skip
        last = clips[-1]


def _numbers(data: bytes) -> FloatArray:
    return np.frombuffer(data, np.float64)


def _together(odds: FloatArray) -> FloatArray:
    return np.exp(np.asarray(odds, np.float64)).sum(0)


@dataclass(frozen=True)
class _Decided:
    """Log-odds as decisions are made by them.

    Attributes:
        logits: [P, T] calibrated.
        taken: [P, T] what competition took.
        touchy: [P, C] more counts than these.
    """

    logits: FloatArray
    taken: FloatArray
    touchy: NDArray[np.bool_]


def _decided(
    model: PresenceModel, people: People, part: _Contests, odds: FloatArray, fresh: Sequence[int]
) -> tuple[_Decided, _Decided]:
    """As decisions were, and as they are."""
    everyone = list(people.values())
    drawn = np.array([[person.drawn not in (None, one) for one in (False, True)] for person in everyone], bool)
    cost = part.cost + OTHER_WORLD * drawn.reshape(-1, 2)[:, part.drawn.astype(int)]
    said = np.array([any(not one.her for one in corrections_of(person)) for person in everyone], bool)
    own, found = np.exp(np.asarray(odds, np.float64)), []
    for count, together in ((part.people, part.together), (np.full_like(part.people, len(people)), own.sum(0))):
        taken = np.asarray(np.log(np.maximum(together - own, 1.0)), np.float32)
        logits = model.worth(everyone, odds - taken, part.best, np.maximum(count - 1, 0)[part.of])
        logits = (logits - cost[:, part.of]).astype(np.float32)
        found.append(_Decided(logits, taken, said[:, None] | part.long))
    before, after = found
    before.logits[[number in set(fresh) for number in people]] = -np.inf
    return before, after


def _changes(
    part: _Contests, before: _Decided, after: _Decided, limits: FloatArray
) -> tuple[IntArray, tuple[IntArray, IntArray, FloatArray]]:
    """The clips' marks [C], 0 where no decision, nor a track that is told of, changes; and elsewhere who [M] in which
    of the clips [M] is as much less likely [M], as a factor of the odds.
    """
    best = [np.maximum.reduceat(one.logits, part.starts, axis=1) for one in (before, after)]
    likely = np.maximum(*best) >= limits[1]
    who, track = np.nonzero(likely[:, part.of])
    clip = part.of[track]
    marks = [
        2 * np.searchsorted(limits, one.logits[who, track], "right") + (one.logits[who, track] == top[who, clip])
        for one, top in zip((before, after), best, strict=True)
    ]
    other = marks[0] != marks[1]
    moved = np.abs(after.logits[who, track] - before.logits[who, track]) > _TOUCHED
    touched = np.abs(after.taken - before.taken)[who, track] > _TOUCHED
    changed = np.zeros(len(part.clips), int)
    changed[clip[other]] = SLIGHTLY
    changed[clip[(other & moved) | (touched & after.touchy[who, clip])]] = STALE
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
    return out.reshape(len(numbers), -1)

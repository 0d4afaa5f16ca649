"""Everyone's log-odds on every track: what each person's looks say of it before people compete for it.

In: the tables, people. Out: rows of `odds`, a person's on 256 tracks each; rows of `contests`, by which competition in
a clip is decided (`decisions.py`). Somebody new is compared with all tracks at once. A library that another presence
model compared is compared anew.

Legend: P people, K tracks of a clip, T tracks.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

import numpy as np

from pvchat.identity.calibration import best_quality
from pvchat.identity.measures import Gallery
from pvchat.identity.presence import IMPOSSIBLE_LOGIT, PresenceModel
from pvchat.identity.recurring import long_video_cost
from pvchat.identity.same_place import CLEAR_FACE_QUALITY, NO_FACE_ELSEWHERE_LOGIT, OTHER_PLACE_COSINE, has_clothes
from pvchat.library import records
from pvchat.people.corrections import corrections_of
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, FloatArray, IntArray
from pvchat.storage.library import transaction

_BLOCK = 256  # tracks, by number, of a row of `odds`; `library.sql` knows it
_CLIPS = 2000  # whose places are compared at once
People = Mapping[int, Person]  # by their numbers (`people.id`)


def logits_of_clip(
    library: sqlite3.Connection, model: PresenceModel, clip: int, seen: tuple[ClipAnalysis, list[int]], people: People
) -> FloatArray:
    """`PresenceModel.solo_logits` [P, K] of people in a clip, as kept, or made now and kept; within a transaction.

    `seen`: the clip's analysis, and the numbers of its tracks.
    """
    analysis, tracks = seen
    if library.execute("SELECT 1 FROM contests WHERE clip = ?", (clip,)).fetchone() is not None:
        return read(library, np.array(tracks, int), list(people))
    odds = model.solo_logits(list(people.values()), analysis)
    if not tracks:
        return odds  # nothing to compete for
    write(library, list(people), np.array(tracks, int), odds)
    row = (
        clip, np.array(tracks, np.int64).tobytes(), best_quality(analysis.tracks).tobytes(), long_video_cost(analysis),
        analysis.scene.drawn, len(people), np.exp(odds, dtype=np.float64).sum(0).tobytes(),
    )  # fmt: skip
    library.execute("INSERT INTO contests VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return odds


def logits_of_tracks(
    library: sqlite3.Connection, model: PresenceModel, people: Sequence[Person], after: int = 0
) -> tuple[IntArray, FloatArray]:
    """Numbers [T] of all tracks (of those beyond `after`), and `PresenceModel.solo_logits` [P, T] of people on them.

    Clips in which hair and clothes count, that are drawn, or of which the user spoke are compared one by one.
    """
    words = (
        "SELECT t.id, t.clip, t.kind <> 'face', length(t.looks) > 0, c.long FROM tracks AS t "
        "JOIN clips AS c ON c.id = t.clip WHERE t.id > ? ORDER BY t.id"
    )
    tracks, clips, *kinds = np.array(library.execute(words, (after,)).fetchall(), int).reshape(-1, 5).T
    faceless, bodies, films = (kind > 0 for kind in kinds)
    alike, weak = _place_likeness(library, model, people, clips), faceless.copy()
    wears = np.array([[has_clothes(one)] for one in people], bool)
    out = np.where(wears & bodies & faceless, NO_FACE_ELSEWHERE_LOGIT, IMPOSSIBLE_LOGIT).astype(np.float32)
    rows = np.array([row for row, person in enumerate(people) if person.kind == "face"], int)
    known = [people[row] for row in rows]
    gallery = Gallery(known)
    for seen in records.faces_of(library, after) if known else ():
        columns = np.searchsorted(tracks, seen.which)
        weak[columns] = seen.quality.max(1) < CLEAR_FACE_QUALITY
        scenes = np.where(films[columns], 0.0, alike[np.ix_(rows, columns)])
        out[np.ix_(rows, columns)] = model.face_logits(known, gallery, seen, scenes)
    in_drawn = np.isin(clips, [clip for (clip,) in library.execute("SELECT clip FROM contests WHERE drawn")])
    drawn = np.array([[person.figure is not None] for person in people], bool) & (faceless | in_drawn)
    spoken = records.clips_of(library, {one.clip for person in people for one in corrections_of(person)})
    closer = drawn | wears & bodies & weak & (alike > OTHER_PLACE_COSINE) | np.isin(clips, spoken)
    for clip in np.unique(clips[closer.any(0)]).tolist():
        analysis, numbers = records.analysis_of(library, clip)
        out[:, np.searchsorted(tracks, numbers)] = model.solo_logits(people, analysis)
    return tracks, out


def compared_people(library: sqlite3.Connection) -> set[int]:
    """The numbers of people whose log-odds on all tracks are kept: those on the newest; all, where there is none."""
    newest = library.execute("SELECT tracks FROM contests ORDER BY clip DESC LIMIT 1").fetchone()
    block = None if newest is None else int(np.frombuffer(newest[0], np.int64)[-1]) // _BLOCK
    words = "SELECT id FROM people" if block is None else f"SELECT who FROM odds WHERE block = {block}"
    return {number for (number,) in library.execute(words)}


def drop_if_outdated(library: sqlite3.Connection, model: PresenceModel) -> bool:
    """Delete log-odds that another presence model or calibration made; whether there were any: all clips are stale."""
    before = library.execute("SELECT version FROM model").fetchone()
    if before == (model.version,):
        return False
    with transaction(library, derived=True):
        for table in ("odds", "contests", "model"):
            library.execute(f"DELETE FROM {table}")
        library.execute("UPDATE clips SET stale = 1")
        library.execute("INSERT INTO model VALUES (?)", (model.version,))
    return before is not None


def write(library: sqlite3.Connection, numbers: Sequence[int], tracks: IntArray, odds: FloatArray) -> None:
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


def _place_likeness(
    library: sqlite3.Connection, model: PresenceModel, people: Sequence[Person], clips: IntArray
) -> FloatArray:
    """How alike people's enrollments and tracks' clips [T] are by their mean frames [P, T]; 0 where none is known."""
    out = np.zeros((len(people), len(clips)), np.float32)
    framed = [(row, person) for row, person in enumerate(people) if "frame" in person.arrays]
    if not len(clips) or not framed:
        return out
    ends = int(clips.min()), int(clips.max())
    rows = library.execute("SELECT id, frame FROM clips WHERE id BETWEEN ? AND ? ORDER BY id", ends)
    while part := rows.fetchmany(_CLIPS):
        numbers, frames = zip(*part, strict=True)
        seen = records.frames_of(b"".join(frames))
        mine = np.isin(clips, numbers)
        for row, person in framed:
            out[row, mine] = model.scene_likeness(person, seen)[np.searchsorted(numbers, clips[mine])]
    return out


def _blocks(library: sqlite3.Connection, first: int, last: int, numbers: Sequence[int]) -> FloatArray:
    """Log-odds [P, tracks] of people on all tracks of some blocks."""
    out = np.full((len(numbers), last - first + 1, _BLOCK), IMPOSSIBLE_LOGIT, np.float32)
    rows = {number: row for row, number in enumerate(numbers)}
    words = "SELECT * FROM odds WHERE block BETWEEN ? AND ? AND who IN (SELECT value FROM json_each(?))"
    for block, who, data in library.execute(words, (first, last, json.dumps(list(rows)))):
        out[rows[who], block - first] = np.frombuffer(data, np.float32)
    return out.reshape(len(numbers), (last - first + 1) * _BLOCK)

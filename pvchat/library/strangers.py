"""Groups of strangers: which track is in which, grouped anew when tracks have come, and how they are shown.

In: the tables. Out: rows of `groups` and `members`; a `Stranger` for each group, `Shown` tracks, JPEG bytes, which are
cut out of a video when asked for and kept nowhere. A stranger's track is one of a face in which nobody enrolled was
surely recognised. A group keeps its number as tracks come and go: each new group gets the number that most of its
tracks had. What the user said (`members.said`) is kept to: those tracks stay where they were put.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat import video
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.identity.measures import visible_prints
from pvchat.library import records
from pvchat.library.grouping import Faces, group, seen_at_once
from pvchat.people.corrections import SAME_TRACK
from pvchat.schemas import FACEPRINT, FloatArray, IntArray, Service
from pvchat.storage.library import LibraryError, transaction

# A track founds a group from this quality of its best sighting, and this much of a face to be made out in it.
CLEAR, MADE_OUT = 0.4, 0.5
Place = tuple[FloatArray, list[Any]]  # a track's mean vector; its group, whether the user said so, the group's marks
RECOGNISED = (
    "SELECT each.value FROM appearances AS a, json_each(a.tracks) AS each WHERE a.who > 0 AND a.decision = 'present'"
)
_NO_GROUP = -1


@dataclass(frozen=True)
class Sighting:
    """A stranger in one video."""

    clip: int  # number of the video
    track: int  # its number, by which it is split from a group
    path: str  # of the video; the first where several files show it
    place: str  # what its source is called
    recorded: str  # local time, ISO 8601; a day if its hour isn't known
    start_s: float  # from when she is seen, seconds of the video
    end_s: float  # until when


@dataclass(frozen=True)
class Stranger:
    """Somebody whom nobody enrolled."""

    id: int  # stays as long as she has tracks
    videos: int  # in which she is seen
    seconds: float  # in all
    perhaps: list[str]  # names of whom she may be
    sightings: list[Sighting]  # in order of time


@dataclass(frozen=True)
class Shown:
    """One track, and what a picture of it takes."""

    number: int  # of the track in its clip, from 0
    sighting: Sighting  # where and when
    seconds: float  # how long she is seen: a track of a film may begin in its first minute and end in its last
    worth: float  # how well its best sighting shows it
    at_s: float  # when that is, seconds
    box: FloatArray  # of the face then [4], fractions of the frame


def regroup(library: sqlite3.Connection, chat: Service, watch: Watch = UNWATCHED) -> None:
    """Put strangers' tracks that came since the last time into groups; the tables know the people store of today.

    Stopped, it leaves the groups as they were.
    """
    fresh = "SELECT 1 FROM tracks WHERE kind = 'face' AND id NOT IN (SELECT track FROM members)"
    fresh = f"{fresh} AND id NOT IN ({RECOGNISED})"
    with transaction(library, derived=True):
        words = "UPDATE groups SET ref = '' WHERE ref <> '' AND ref NOT IN (SELECT value FROM json_each(?))"
        library.execute(words, (json.dumps(list(chat.people.ids())),))
    while library.execute(f"{fresh} LIMIT 1").fetchone() is not None:
        members = _members(library)
        tracks, before, faces = faces_of(library)
        labels = group(faces, watch)  # takes long: others may write meanwhile
        with transaction(library, derived=True):
            if _members(library) != members:  # a user, or another process, has put somebody elsewhere
                continue
            numbers = _numbers(library, labels, before, faces.said)
            rows = [(numbers.get(int(label)), track) for track, label in zip(tracks, labels, strict=True)]
            words = 'INSERT INTO members(track, "group") SELECT id, ? FROM tracks WHERE id = ?'
            library.executemany(f'{words} ON CONFLICT(track) DO UPDATE SET "group" = excluded."group"', rows)
            drop_empty(library)
            return


def _members(library: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return library.execute('SELECT track, "group", said FROM members ORDER BY track').fetchall()


def faces_of(library: sqlite3.Connection) -> tuple[list[int], list[int | None], Faces]:
    """Strangers' tracks: their numbers, the groups that they are in, and what they are grouped by."""
    words = (
        'SELECT t.id, t.clip, t.masked, t.seen, t.sightings, t.prints, d.middle, m."group", coalesce(m.said, 0) '
        "FROM tracks AS t JOIN middles AS d ON d.track = t.id LEFT JOIN members AS m ON m.track = t.id "
        f"WHERE t.kind = 'face' AND t.id NOT IN ({RECOGNISED}) ORDER BY t.id"
    )
    found = [
        (track, clip, set(np.frombuffer(frames, np.int32).tolist()), number, number if told and number else _NO_GROUP,
         records.IDENTITY.unpacked(middle)[0], *_print_and_quality(bool(masked), sightings, rows))
        for track, clip, masked, frames, sightings, rows, middle, number, told in library.execute(words)
    ]  # fmt: skip
    columns: list[list[Any]] = [list(column) for column in zip(*found, strict=True)] or [[] for _ in range(8)]
    tracks, clips, seen, before, said, middles, prints, quality = columns
    faces = Faces(
        np.reshape(middles, (-1, records.WIDTH)), np.reshape(prints, (-1, FACEPRINT)), np.array(quality, np.float32),
        seen_at_once(clips, seen), np.array(said, int),
    )  # fmt: skip
    return tracks, before, faces


def groups_of_clip(library: sqlite3.Connection, key: str) -> list[Place]:
    """The groups of a clip's tracks, by the tracks' mean vectors, before the clip is entered anew."""
    words = (
        "SELECT d.middle, g.id, m.said, g.ignored, g.ref FROM clips AS c JOIN middles AS d ON d.clip = c.id "
        'JOIN members AS m ON m.track = d.track JOIN groups AS g ON g.id = m."group" WHERE c.key = ?'
    )
    return [(records.IDENTITY.unpacked(middle)[0], row) for middle, *row in library.execute(words, (key,))]


def restore_groups(library: sqlite3.Connection, clip: int, before: Sequence[Place]) -> None:
    """Put tracks of a clip that was entered anew into the groups that the same tracks were in."""
    words = "SELECT d.track, d.middle FROM middles AS d JOIN tracks AS t ON t.id = d.track WHERE d.clip = ?"
    for track, middle in library.execute(f"{words} AND t.kind = 'face'", (clip,)).fetchall() if before else ():
        mine = records.IDENTITY.unpacked(middle)[0]
        near, place = min(((float(np.linalg.norm(mine - one)), place) for one, place in before), key=lambda one: one[0])
        if near < SAME_TRACK:
            number, said, ignored, ref = place
            library.execute("INSERT OR IGNORE INTO groups VALUES (?, ?, ?)", (number, ignored, ref))
            library.execute("INSERT OR IGNORE INTO members VALUES (?, ?, ?)", (track, number, said))


def drop_empty(library: sqlite3.Connection) -> None:
    """Delete the groups that nobody is in."""
    library.execute('DELETE FROM groups WHERE id NOT IN (SELECT "group" FROM members WHERE "group" IS NOT NULL)')


def _print_and_quality(masked: bool, sightings: bytes, rows: bytes) -> tuple[FloatArray, float]:
    """A track's mean faceprint [512], and how good its best sighting is: 0 where it isn't clear."""
    quality = records.sightings_of(sightings)[:, -1]
    best = float(quality.max(initial=0.0))
    prints, share = records.PRINTS.unpacked(rows), 1.0
    if len(prints):
        prints, share = visible_prints(prints, masked)
    clear = best >= CLEAR and share >= MADE_OUT and not masked
    middle = prints.mean(0) if len(prints) else np.zeros(FACEPRINT, np.float32)
    return np.asarray(middle, np.float32), best if clear else 0.0


def _numbers(
    library: sqlite3.Connection, labels: IntArray, before: Sequence[int | None], said: IntArray
) -> dict[int, int]:
    """The number of each label's group: what the user said counts most, then how many tracks had it before."""
    votes = Counter[tuple[int, int]]()
    for label, number, told in zip(labels.tolist(), before, said.tolist(), strict=True):
        if label != _NO_GROUP and number is not None:
            votes[label, number] += 1 + len(labels) * (told != _NO_GROUP)
    numbers, taken = dict[int, int](), set[int]()
    for (label, number), _ in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0][1], vote[0][0])):
        if label not in numbers and number not in taken:
            numbers[label] = number
            taken.add(number)
    for label in sorted({*labels.tolist()} - {_NO_GROUP, *numbers}):
        added = library.execute("INSERT INTO groups DEFAULT VALUES").lastrowid
        assert added is not None
        numbers[label] = added
    return numbers


def members_of(library: sqlite3.Connection, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """Track, group and whether the user said so, of every track of some groups."""
    words = 'SELECT track, "group", said FROM members WHERE "group" IN (SELECT value FROM json_each(?))'
    return library.execute(words, (json.dumps(list(numbers)),)).fetchall()


def shown_in(library: sqlite3.Connection, group: int | None = None) -> dict[int, list[Shown]]:
    """Tracks of strangers by group, in order of time; of one group only, where one is meant."""
    where, values = ("", []) if group is None else (' AND m."group" = ?', [group])
    when = "iif(c.dated_by = 'day', date(c.recorded), c.recorded)"
    columns = f'c.id, t.id, min(f.path), s.place, {when}, round(t.start, 2), round(t."end", 2)'
    words = (
        f'SELECT m."group", t.number, t.sightings, c.times, c.seconds * length(t.seen) / 4, {columns} '
        'FROM members AS m JOIN groups AS g ON g.id = m."group" JOIN tracks AS t ON t.id = m.track '
        "JOIN clips AS c ON c.id = t.clip JOIN files AS f ON f.clip = c.id JOIN sources AS s ON s.id = f.source "
        f"WHERE g.ignored = 0 AND g.ref = '' AND t.id NOT IN ({RECOGNISED}){where} "
        "GROUP BY t.id ORDER BY c.recorded, c.id, t.start"
    )
    found = defaultdict[int, list[Shown]](list)
    for stranger, number, sightings, stamps, seconds, *row in library.execute(words, values):
        rows = records.sightings_of(sightings)
        worth = rows[:, 6] * (rows[:, 4] - rows[:, 2])  # quality of the best sightings, and how tall they are
        best = int(worth.argmax())
        times = records.times_of(stamps)
        at, lasts = float(times[int(rows[best, 0])]), seconds / len(times)  # frames [T] lie evenly
        found[stranger].append(Shown(number, Sighting(*row), lasts, float(worth[best]), at, rows[best, 1:5]))
    return found


def all_of(library: sqlite3.Connection, names: dict[int, str]) -> list[Stranger]:
    """Everybody whom nobody enrolled, with names of whom they may be; `names`: of everyone enrolled, by numbers."""
    perhaps, found = defaultdict[int, set[str]](set), []
    words = "SELECT each.value, a.who FROM appearances AS a, json_each(a.tracks) AS each WHERE a.decision = 'unsure'"
    for track, who in library.execute(words):
        if who in names:
            perhaps[track].add(names[who])
    for number, shown in shown_in(library).items():
        sightings = [one.sighting for one in shown]
        may_be = sorted({name for one in sightings for name in perhaps[one.track]})
        seconds = round(sum(one.seconds for one in shown), 1)
        found.append(Stranger(number, len({one.clip for one in sightings}), seconds, may_be, sightings))
    return found


def best_of(library: sqlite3.Connection, group: int) -> list[Shown]:
    """A stranger's best track in each of her videos, the best first; raises LibraryError where there is nobody."""
    shown = sorted(shown_in(library, group).get(group, ()), key=lambda one: -one.worth)
    if not shown:
        raise LibraryError("there is no such group.", subject=str(group), hint="Look: pvchat library inbox")
    best = {one.sighting.clip: one for one in reversed(shown)}
    return sorted(best.values(), key=lambda one: -one.worth)


def portrait_of(chat: Service, one: Shown) -> bytes:
    """JPEG of head and shoulders; raises VideoReadError, LibraryError where the video is gone or damaged."""
    from pvchat.perception.analysis import portrait

    path, config = Path(one.sighting.path), chat.settings.video
    for _, image in video.pictures_at(path, video.probe(path, config), [one.at_s], config):
        return portrait(image, one.box)
    raise LibraryError("this picture is damaged.", subject=str(path))

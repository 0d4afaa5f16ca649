"""Strangers as they are shown: their videos and times, and a picture that is cut out of a video when asked for.

In: the tables. Out: a `Stranger` for each group; `Shown` tracks, best first; JPEG bytes, which nobody keeps.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pvchat import video
from pvchat.library import records
from pvchat.library.strangers import SURELY
from pvchat.schemas import FloatArray, Service
from pvchat.storage.library import LibraryError


@dataclass(frozen=True)
class Sighting:
    """A stranger in one video."""

    clip: int  # number of the video
    track: int  # its number, by which it is split from a group
    path: str  # of the video; the first where several files show it
    place: str  # what its source is called
    recorded: str  # local time, ISO 8601
    start_s: float  # from when she is seen, seconds of the video
    end_s: float  # until when


@dataclass(frozen=True)
class LastSeen:
    """Where somebody enrolled was seen last."""

    videos: int  # number of those in which she surely is
    recorded: str  # local time of the newest, ISO 8601
    path: str  # of that one
    place: str  # what its source is called


@dataclass(frozen=True)
class Stranger:
    """Somebody whom nobody enrolled."""

    id: int  # stays as long as she has tracks
    videos: int  # in which she is seen
    seconds: float  # in all
    perhaps: list[str]  # names of whom she may be
    sightings: list[Sighting]  # in order of time

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Shown:
    """One track, and what a picture of it takes."""

    number: int  # of the track in its clip, from 0
    sighting: Sighting  # where and when
    worth: float  # how well its best sighting shows it
    at_s: float  # when that is, seconds
    box: FloatArray  # of the face then [4], fractions of the frame


def shown_in(library: sqlite3.Connection, group: int | None = None) -> dict[int, list[Shown]]:
    """Tracks of strangers by group, in order of time; of one group only, where one is meant."""
    where, values = ("", []) if group is None else (' AND m."group" = ?', [group])
    columns = 'c.id, t.id, min(f.path), s.place, c.recorded, round(t.start, 2), round(t."end", 2)'
    words = (
        f'SELECT m."group", t.number, t.sightings, c.times, {columns} '
        'FROM members AS m JOIN groups AS g ON g.id = m."group" JOIN tracks AS t ON t.id = m.track '
        "JOIN clips AS c ON c.id = t.clip JOIN files AS f ON f.clip = c.id JOIN sources AS s ON s.id = f.source "
        f"WHERE g.ignored = 0 AND g.ref = '' AND t.id NOT IN ({SURELY}){where} "
        "GROUP BY t.id ORDER BY c.recorded, c.id, t.start"
    )
    found: dict[int, list[Shown]] = {}
    for stranger, number, sightings, times, *row in library.execute(words, values):
        rows = records.sightings_of(sightings)
        worth = rows[:, 6] * (rows[:, 4] - rows[:, 2])  # quality of the best sightings, and how tall they are
        best = int(worth.argmax())
        at = float(records.times_of(times)[int(rows[best, 0])])
        one = Shown(number, Sighting(*row), float(worth[best]), at, rows[best, 1:5])
        found.setdefault(stranger, []).append(one)
    return found


def stranger_of(group: int, shown: Sequence[Shown], names: dict[int, set[str]]) -> Stranger:
    """A group as it is told of; `names`: who a track perhaps shows."""
    sightings = [one.sighting for one in shown]
    may_be = sorted(set().union(*(names.get(one.track, set()) for one in sightings)))
    seconds = sum(one.end_s - one.start_s for one in sightings)
    return Stranger(group, len({one.clip for one in sightings}), round(seconds, 1), may_be, sightings)


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
    found = video.probe(path, config)
    if found.kind == "video":
        images = [image for _, image in video.pictures_at(path, found, [one.at_s], config)]
    else:
        images = list(video.load(path, config, found=found).images[:1])
    if not images:
        raise LibraryError("this picture is damaged.", subject=str(path))
    return portrait(images[0], one.box)

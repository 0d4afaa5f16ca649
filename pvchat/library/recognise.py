"""Who is who in a library, whoever is enrolled, corrected, merged or forgotten meanwhile.

In: the people store and the tables. Out: `appearances` and `facts` of every clip as today's people make them, of stored
vectors, never of footage. A person's version changes whenever what she looks like does (`PeopleStore.revise`): one
that the library doesn't know is somebody to look for, one that the store doesn't know any more is nobody's.
`decisions.py` marks clips in which that changes a decision (`stale`): some are gone through at once, others when they
are opened, or by a scan. A run that is cut off goes on.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.timeline import Entity, Row, Timeline
from pvchat.library import odds, records
from pvchat.library.decisions import ROWS_BEHIND, STALE, decide
from pvchat.people.folders import Snapshot
from pvchat.schemas import PersonPresence, Progress, Service
from pvchat.storage.library import LibraryError, transaction
from pvchat.storage.packing import packed, unpacked

BATCH = 16  # clips a change
_OF_NOBODY = ("thing", "speaks", "says", "language")  # attributes whose `of` is a word


def follow(library: sqlite3.Connection, chat: Service, progress: Progress | None = None, *, wholly: bool = True) -> int:
    """Bring the library up to date with the people store; how many clips were recognised anew.

    `wholly`: also those in which only what holds of people is behind, which else wait until they are opened.
    """
    done = 0
    if odds.drop_if_outdated(library, chat.networks.presence):
        done = _recognise_stale(library, chat, STALE, progress)
    follow_decisions(library, chat)
    return done + _recognise_stale(library, chat, ROWS_BEHIND if wholly else STALE, progress)


def follow_decisions(library: sqlite3.Connection, chat: Service) -> None:
    """Bring what is decided of all clips, and the sums it is decided by, up to date with who is enrolled now."""
    while not _sync_once(library, chat):
        pass  # somebody else came or went meanwhile


def bring_up_to_date(library: sqlite3.Connection, chat: Service, clips: Sequence[int]) -> None:
    """Write anew who is in those of some clips that are stale."""
    words = "SELECT id FROM clips WHERE stale AND id IN (SELECT value FROM json_each(?))"
    if library.execute(words, (json.dumps(clips),)).fetchone() is None:
        return
    with transaction(library, derived=True):
        everyone = _known_people(library, chat)
        for (clip,) in library.execute(words, (json.dumps(clips),)).fetchall():
            recognise(library, chat, clip, everyone)


def _recognise_stale(library: sqlite3.Connection, chat: Service, most: int, progress: Progress | None) -> int:
    """Write anew who is in clips with marks up to one; how many that were."""
    words, done = "SELECT id FROM clips WHERE stale AND stale <= ?", 0
    total = int(library.execute(f"SELECT count(*) FROM ({words})", (most,)).fetchone()[0])
    while batch := [row[0] for row in library.execute(f"{words} LIMIT ?", (most, BATCH))]:
        bring_up_to_date(library, chat, batch)
        done += len(batch)
        if progress is not None:
            progress("recognising people", done, max(total, done))
    return done


def recognise(library: sqlite3.Connection, chat: Service, clip: int, everyone: Snapshot | None = None) -> None:
    """Write anew who is in a clip, and what holds of them."""
    everyone, numbers = everyone or _known_people(library, chat), _numbers(library)
    analysis, tracks = records.analysis_of(library, clip)
    people = {numbers[one.version]: one for one in everyone.people}
    solo = odds.logits_of_clip(library, chat.networks.presence, clip, (analysis, tracks), people)
    presences = chat.score(everyone.people, analysis, solo=solo)
    presences = [one for one in presences if one.decision != "absent" or one.voices]
    timeline = timeline_of(presences, analysis)
    who = {one.name: number for number, one in people.items()}
    for table in ("appearances", "facts"):
        library.execute(f"DELETE FROM {table} WHERE clip = ?", (clip,))
    rows = [_appearance(one, clip, who, presences, tracks) for one in timeline.entities if one.decision != "absent"]
    library.executemany("INSERT INTO appearances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    facts = [(clip, number, *_fact(row, who)) for number, row in enumerate(timeline.rows)]
    library.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", facts)
    whole = {
        "span": timeline.whole, "looked_for": sorted(timeline.looked_for), "still": timeline.still,
        "at_least": timeline.at_least, "sound": timeline.sound,
    }  # fmt: skip
    library.execute("UPDATE clips SET stale = 0, timeline = ? WHERE id = ?", (packed(whole), clip))


def timeline_in(library: sqlite3.Connection, clip: int, names: dict[int, str], place: str = "") -> Timeline:
    """A clip's timeline as it was written.

    `names`: of everyone enrolled by their numbers, in order of enrollment; `place`: what its source is called, which
    stands for the place that was measured. Raises LibraryError: it was deleted meanwhile.
    """
    written = library.execute("SELECT timeline FROM clips WHERE id = ?", (clip,)).fetchone()
    if written is None:
        raise LibraryError("this video isn't in the library any more.", hint="Ask again.")
    told = unpacked(written[0])
    there, rows = dict[int, Entity](), list[Row]()
    words = 'SELECT who, decision, probability, x, y, height, "like" FROM appearances WHERE clip = ? ORDER BY who DESC'
    for who, decision, probability, x, y, height, like in library.execute(words, (clip,)):
        centre = None if x is None else (float(x), float(y))
        there[who] = Entity(_name(who, names), who > 0, decision, probability, centre, height, _name(like, names))
    entities = [there.get(who) or Entity(name, decision="absent", probability=0.0) for who, name in names.items()]
    entities += [one for who, one in there.items() if who < 0]
    columns = 'who, attribute, value, start, "end", colour, of, other, probability, holds'
    facts = library.execute(f"SELECT {columns} FROM facts WHERE clip = ? ORDER BY number", (clip,))
    for who, what, value, start, end, colour, of, other, sure, holds in facts:
        of = of if other is None else _name(other, names)
        rows.append(Row(_name(who, names), what, value, start, end, colour, of, sure, bool(holds)))
    start, end = told["span"]
    if place:
        rows = [row for row in rows if row.entity or row.attribute != "place"]
        rows.append(Row("", "place", place, start, end))
    shots = library.execute('SELECT start, "end" FROM shots WHERE clip = ? ORDER BY start', (clip,)).fetchall()
    return Timeline(
        start, end, tuple(entities), tuple(rows), tuple(shots) or ((start, end),), frozenset(told["looked_for"]),
        told["still"], told["at_least"], True, told["sound"],
    )  # fmt: skip


def people_in(library: sqlite3.Connection, chat: Service) -> dict[int, str]:
    """Names of everyone enrolled whom the library knows, by their numbers, in order of enrollment."""
    numbers = _numbers(library)
    return {numbers[one.version]: one.name for one in chat.people.snapshot().people if one.version in numbers}


def _sync_once(library: sqlite3.Connection, chat: Service) -> bool:
    """Drop whoever isn't enrolled any more, enter whoever is new, and mark the clips in which that changes a decision.

    False where somebody came or went while faces were compared: then nothing was changed.
    """
    everyone, ids, known = chat.people.snapshot(), chat.people.ids(), _numbers(library)
    people = {one.version for one in everyone.people}
    # she stays known, without log-odds: once she can be read again she is as new
    unread = [one for one in known if one not in people and ids.get(one.split(".")[0]) in everyone.damaged]
    gone = [one for one in known if one not in people and one not in unread]
    compared = odds.compared_people(library)
    fresh = [one for one in everyone.people if known.get(one.version) not in compared]
    words = "SELECT count(*) FROM (SELECT 1 FROM contests WHERE people <> ? LIMIT 1)"
    fewer = library.execute(words, (len(people),)).fetchone()[0]  # a cursor left open would keep this moment
    if not gone and not fresh and not fewer:
        return True
    model = chat.networks.presence
    seen = odds.logits_of_tracks(library, model, fresh) if fresh else None  # it takes a while
    with transaction(library, derived=True):
        if _numbers(library) != known or {one.version for one in chat.people.snapshot().people} != people:
            return False
        library.executemany("DELETE FROM people WHERE version = ?", [(one,) for one in gone])
        library.executemany("DELETE FROM odds WHERE who = ?", [(known[one],) for one in unread])
        entered = [(one.id, one.version, one.has_voice) for one in fresh]
        library.executemany("INSERT OR IGNORE INTO people(ref, version, voice) VALUES (?, ?, ?)", entered)
        now_known = _numbers(library)
        numbers = [now_known[one.version] for one in fresh]
        if seen is not None:
            odds.write(library, numbers, *seen)
            last = max(seen[0].tolist(), default=0)  # after it: what another process entered meanwhile
            odds.write(library, numbers, *odds.logits_of_tracks(library, model, fresh, after=last))
        whole = {now_known[one.version]: one for one in everyone.people}
        decide(library, model, whole, numbers, chat.settings.presence)
        if any(one.has_voice for one in fresh):
            speaking = "SELECT DISTINCT clip FROM facts WHERE attribute = 'speaks'"
            library.execute(f"UPDATE clips SET stale = {STALE} WHERE id IN ({speaking})")
    return True


def _known_people(library: sqlite3.Connection, chat: Service) -> Snapshot:
    """Everyone enrolled, but for whoever came after the last `_sync_once`: she is taken in by the next."""
    everyone, known = chat.people.snapshot(), _numbers(library)
    people = tuple(one for one in everyone.people if one.version in known)
    return replace(everyone, people=people, names=tuple(one.name for one in people))


def _numbers(library: sqlite3.Connection) -> dict[str, int]:
    """The numbers of all people by `Person.version`."""
    return dict(library.execute("SELECT version, id FROM people"))


def _appearance(
    one: Entity, clip: int, who: dict[str, int], presences: Iterable[PersonPresence], tracks: Sequence[int]
) -> tuple[Any, ...]:
    presence = next((p for p in presences if p.name == one.name), None) if one.known else None
    seen = () if presence is None else {presence.track, *presence.tracks} - {None}
    mine = json.dumps(sorted(tracks[number] for number in seen if number is not None))
    x, y = one.centre or (None, None)
    like = _number(one.like, who) if one.like else None
    return _number(one.name, who), clip, one.decision, one.probability, mine, x, y, one.height, like


def _fact(row: Row, who: dict[str, int]) -> tuple[Any, ...]:
    other = _number(row.of, who) if row.of and row.attribute not in _OF_NOBODY else None
    of = "" if other is not None else row.of
    return (_number(row.entity, who), row.attribute, row.value, row.colour, of, other, row.start_s, row.end_s,
            row.probability, row.holds)  # fmt: skip


def _number(name: str, who: dict[str, int]) -> int:
    return who[name] if name in who else -int(name[1:]) if name else 0


def _name(who: int | None, names: dict[int, str]) -> str:
    return "" if not who else names.get(who, "") if who > 0 else f"#{-who}"

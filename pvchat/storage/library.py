"""The file of a library of videos: one SQLite database beside the people whom it knows.

    <home>/library/library.db    write-ahead log beside it; readable by its owner only
    <home>/library/keep.json     for how many days, and gigabytes, cameras' clips are kept (`_KEPT`)

In: the folder of people. Out: a connection; or nothing of somebody any more (`forget`). The tables are in
`library.sql`. What is deleted is overwritten with zeros (`secure_delete`), and `forget` empties the log and rewrites
the file. In an encrypted home the file is encrypted too (`database.py`).

Whoever is in a clip is a number (`who`): of `people.id` for enrolled people, -1, -2 … for a clip's strangers, 0 for its
scene. Events and rules name people by their ids in the people store (`ref`). Names are in that store alone.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from pvchat.errors import DiskFullError, LockedError, PVChatError
from pvchat.storage import atomic, database, keys, migrations
from pvchat.storage.packing import DamagedRowError, inflated
from pvchat.storage.stores import libraries, library_of

_DAY_S = 24 * 3600.0
# What is noted in `keep.json`: for how long, and how much, is kept; when it was looked at last, before the clock was
# suddenly on, and since when it is (seconds since 1970).
_KEPT = {"days": 7.0, "gigabytes": 2.0, "looked": 0.0, "before": 0.0, "since": 0.0}
WAIT_S = 60.0  # for another process that writes
_DAMAGED = "Delete that folder and add your videos again; they are not touched, but cameras' clips lie in it."
_FULL_BYTES = 1 << 18  # with less room SQLite can't even make its index of the log: a "disk I/O error"
_LATER = "Nothing was changed. Update PVChat (pip install --upgrade pvchat), or use another PVCHAT_HOME."
_READ_ONLY = "Nothing is lost. Allow it, or copy the whole home to where you may write, and set PVCHAT_HOME to that."
_REFUSED = "Nothing is lost. Make room on its disk, see that you may write there, or wait for whoever uses it."
# By the class of the error; another one is a mistake of ours, such as a row that doesn't fit.
_HINTS = {"OperationalError": _REFUSED, "DatabaseError": _DAMAGED, "DamagedRowError": _DAMAGED}
_PACKED = {"clips": "times, scene, sound, timeline", "tracks": "facts, looks"}  # columns that `packing` deflated
_FORGET = Path(__file__).with_name("forget.sql")
# The clips of cameras that show her, perhaps or surely: those files are ours.
_CLIPS_SHOWING_PERSON = """
SELECT f.path FROM files AS f JOIN sources AS s ON s.id = f.source
WHERE s.camera IS NOT NULL AND (f.path IN (SELECT clip FROM events WHERE ref = :ref) OR f.clip IN (
  SELECT a.clip FROM appearances AS a JOIN people AS p ON p.id = a.who WHERE p.ref = :ref))
"""


class LibraryError(PVChatError):
    """A library can't be read, written or asked."""


class LibraryBusyError(LibraryError):
    """Another process is looking through a library."""


class LibraryFullError(LibraryError, DiskFullError):
    """The disk of a library is full."""


def exists(people: Path) -> bool:
    """Whether there is a library beside a folder of people."""
    return library_of(people).exists()


def connect(people: Path) -> sqlite3.Connection:
    """The library beside a folder of people, made where there is none.

    Raises LockedError: the home is encrypted, and the key is missing or wrong; the file is plain though the home isn't;
    LibraryError: it is damaged, or of a later version; the disk is full, or it may not be read.
    """
    path = library_of(people)
    atomic.make_private_folder(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, atomic.FILE_MODE))  # its log gets the same mode
    with reading(path.parent):
        while True:
            file = path.stat().st_ino
            library = _ready_connection(path)
            if path.stat().st_ino == file:
                return library
            library.close()  # it was just converted: that was the file of before


@contextmanager
def opened(people: Path) -> Iterator[sqlite3.Connection]:
    """`connect`, closed at its end; a page that turns out to be damaged meanwhile is a LibraryError, too."""
    with closing(connect(people)) as library, reading(library_of(people).parent):
        yield library


@contextmanager
def reading(folder: Path, what: str = "read") -> Iterator[None]:
    """Where the tables in a folder can't be read (busy, disk full, damaged), LibraryError says so."""
    try:
        yield
    except (database.errors(), DamagedRowError) as error:
        if (hint := _HINTS.get(type(error).__name__)) is None:
            raise
        no_room = "disk I/O" in str(error) and shutil.disk_usage(folder).free < _FULL_BYTES
        if no_room or "disk is full" in str(error):
            said, hint = f"the library can't be {what}: the disk is full.", "Nothing is lost. Make room on it."
            raise LibraryFullError(said, subject=str(folder), hint=hint) from error
        if type(error).__name__ == "OperationalError" and not os.access(folder, os.W_OK):
            said, hint = f"the library can't be {what}: its folder may not be written.", _READ_ONLY
            raise LibraryError(said, subject=str(folder), hint=hint) from error
        raise LibraryError(f"the library can't be {what} ({error}).", subject=str(folder), hint=hint) from error


@contextmanager
def transaction(library: sqlite3.Connection, done: str = "changed", *, derived: bool = False) -> Iterator[None]:
    """All that is written in it is kept, or nothing. LibraryError (busy, disk full, damaged): it can't be `done`.

    So it is where its folder may not be written, but for what is `derived`, by a question, of what is kept: that goes
    into the copy in memory that is asked then.
    """
    with reading(file_of(library, done, derived=derived).parent, done):
        library.execute("BEGIN IMMEDIATE")
        try:
            yield
            library.execute("COMMIT")
        except BaseException:
            if library.in_transaction:  # SQLite ends it by itself where the disk is full
                library.execute("ROLLBACK")
            raise


def file_of(library: sqlite3.Connection, done: str = "changed", *, derived: bool = False) -> Path:
    """Where a library lies; LibraryError, but for what is `derived`: it may not be written, and this is a copy."""
    if not (path := library.execute("PRAGMA database_list").fetchone()[2]) and not derived:
        said = f"the library can't be {done}: its folder may not be written."
        raise LibraryError(said, subject="library", hint=_READ_ONLY)
    return Path(path)


def forget(people: Path, ref: str, into: str = "") -> None:
    """Take somebody, by her id, out of the library beside a folder of people; `into`: of whom she is a part now."""
    if not exists(people):
        return
    with closing(connect(people)) as library:
        with transaction(library):
            for table in ("events", "rules") if into else ():
                library.execute(f"UPDATE {table} SET ref = ? WHERE ref = ?", (into, ref))
            if not into:
                for statement in migrations.statements(_FORGET.read_text(encoding="utf-8")):
                    library.execute(statement, {"ref": ref})
                drop_clips(library, [row[0] for row in library.execute(_CLIPS_SHOWING_PERSON, {"ref": ref})])
            for table in ("acts", "people", "events", "rules"):
                library.execute(f"DELETE FROM {table} WHERE ref = ?", (ref,))
        for folder in filter(Path.is_dir, ring_of(people).glob("[!.]*")):
            with suppress(LibraryError), watching(folder):  # who watches it now gives up what shows her
                drop_leftovers(library, folder)
        shrink(library)
    database.draft_of(library_of(people)).unlink(missing_ok=True)  # of a conversion that was killed


def convert() -> int:
    """Rewrite the libraries of a home that is being encrypted or decrypted as its key says; how many.

    Raises LockedError: another process uses one; LibraryError, OSError: one is damaged, or can't be written.
    """
    count = 0
    for path in libraries():
        busy = LockedError("another process uses it.", subject=str(path), hint="Try again when it is done.")
        with atomic.exclusive(path.with_suffix(".lock"), busy):
            wanted = _library_key(keys.for_writing())
            try:
                library, now = _connected(path)
                library.close()
                if now == wanted:
                    database.draft_of(path).unlink(missing_ok=True)
                    continue
                database.rewrite(path, now, wanted, WAIT_S)
            except TimeoutError as error:
                raise busy from error
            except database.errors() as error:
                raise LibraryError(f"it can't be converted ({error}).", subject=str(path)) from error
            count += 1
    return count


def export(people: Path, copy: Path, on_snapshot: Callable[[], None]) -> None:
    """Copy the library beside a folder of people, encrypted as its home is; `on_snapshot` as of `database.export`."""
    key = keys.current()
    with closing(connect(people)) as source:
        database.export(source, copy, _library_key(key), on_snapshot)


def read_through(people: Path) -> None:
    """Read the library beside a folder of people, if there is one, to its end; LibraryError: it is damaged.

    Seen is a page that isn't one, an index that differs from its rows, a packed value that differs from its checksum;
    in an encrypted library, where each page has a checksum, every byte.
    """
    if exists(people):
        with opened(people) as library:
            if (found := library.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
                what = f"the library is damaged ({' '.join(found.split())})."
                raise LibraryError(what, subject=str(library_of(people).parent), hint=_DAMAGED)
            for table, columns in _PACKED.items():
                for row in library.execute(f"SELECT {columns} FROM {table}"):
                    for data in filter(None, row):
                        inflated(data)


def require_whole(path: Path, secret: bytes | None) -> None:
    """Check a library's file from elsewhere, which nobody has open.

    `secret`: the key of the home that it comes from; None: it is plain. Raises ValueError: it is damaged, or of another
    key; LibraryError: its version can't be used.
    """
    found = database.open_file(path, None if secret is None else _library_key(keys.Key(secret)), WAIT_S)
    if found is None:
        raise ValueError("its library can't be opened")
    with closing(found):
        if found.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise ValueError("its library is damaged")
        _usable_version(found, path.name)


def drop_clips(library: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Delete clips of cameras (no file but those beside the library), and what was seen in them; within a change."""
    ring = file_of(library).resolve().parent / "ring"
    for path in paths:
        library.execute("DELETE FROM clips WHERE id IN (SELECT clip FROM files WHERE path = ?)", (path,))
        library.execute("DELETE FROM files WHERE path = ?", (path,))
        library.execute("UPDATE events SET clip = '', second = 0 WHERE clip = ?", (path,))
        if Path(path).exists() and Path(path).resolve().is_relative_to(ring):
            with atomic.folder_lock(ring, WAIT_S):  # `encrypt` would put it back
                Path(path).unlink(missing_ok=True)


def keep(people: Path, days: float | None, gigabytes: float | None) -> None:
    """Note for how long cameras' clips and events are kept, and how many gigabytes of clips; None: as before."""
    given = {name: value for name, value in (("days", days), ("gigabytes", gigabytes)) if value is not None}
    _note(people, _KEPT | _noted(people) | given)


def _note(people: Path, kept: dict[str, float]) -> None:
    atomic.write_file(library_of(people).with_name("keep.json"), json.dumps(kept).encode())


def _noted(people: Path) -> dict[str, float]:
    """What `keep` and `prune` have noted; empty where nothing was."""
    try:
        row = json.loads(library_of(people).with_name("keep.json").read_bytes())
        return {name: float(row.get(name, value)) for name, value in _KEPT.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def prune(library: sqlite3.Connection, people: Path, now: float) -> int:
    """Delete clips and events that are too old (at `now`, seconds since 1970); how many clips.

    Of more gigabytes of clips, of all cameras, those stored first go, too. Nothing goes where nothing was noted yet.
    """
    if not (kept := _noted(people)) or not database.is_writable(library_of(people)):
        return 0
    oldest, room = _trusted_time(people, kept, now) - kept["days"] * _DAY_S, kept["gigabytes"] * 1e9
    words = "SELECT f.path, f.source, c.recorded, f.bytes FROM files AS f JOIN sources AS s ON s.id = f.source "
    words += "JOIN clips AS c ON c.id = f.clip WHERE s.camera IS NOT NULL ORDER BY c.id DESC"
    clips = library.execute(words).fetchall()
    gone = set(_too_old((row[:3] for row in clips), now, oldest))
    gone |= {clip[0] for clip, used in zip(clips, accumulate(row[3] for row in clips), strict=True) if used > room}
    past = _too_old(library.execute("SELECT id, source, at FROM events ORDER BY id DESC"), now, oldest)
    if gone or past:
        with transaction(library):
            drop_clips(library, gone)
            library.executemany("DELETE FROM events WHERE id = ?", [(number,) for number in past])
        with suppress(database.errors()):  # another process reads: the next time will do
            empty_log(library)  # what was deleted is zeroes in the file already
    return len(gone)


def _trusted_time(people: Path, kept: dict[str, float], now: float) -> float:
    """By which time age counts: `now`; but of a clock that is more than a day on since the last look, for a day, that
    look's: it may have been set wrong, and be put right.
    """
    if kept["looked"] and now - kept["looked"] > _DAY_S:
        kept["before"], kept["since"] = kept["looked"], now
        days, until = (now - kept["looked"]) / _DAY_S, datetime.fromtimestamp(now + _DAY_S)
        words = "the clock is %.0f days on: what this makes too old of cameras' clips and events stays until %s"
        logging.getLogger(__name__).warning(words, days, until.strftime("%Y-%m-%d %H:%M"))
    kept["looked"] = now
    with suppress(OSError):  # the disk is full: room is made all the same
        _note(people, kept)
    return kept["before"] if 0 <= now - kept["since"] < _DAY_S else now


def _too_old(rows: Iterable[tuple[Any, int, str]], now: float, oldest: float) -> list[Any]:
    """Which rows (what, camera, date; stored last, first) are from before `oldest`.

    Where a clock was ahead, dates lie in the future: such a row is as old as the one of its camera that came after it.
    """
    found, next_at = list[Any](), dict[int, float]()
    for what, camera, date in rows:
        at = datetime.fromisoformat(date).timestamp()
        next_at[camera] = at if at <= now else next_at.get(camera, now)
        if next_at[camera] < oldest:
            found.append(what)
    return found


def ring_of(people: Path) -> Path:
    """Where the clips of all cameras lie that know the people of a folder: a folder each, called by its number."""
    return library_of(people).parent / "ring"


def watching(folder: Path) -> AbstractContextManager[None]:
    """Keep others from a camera's folder; raises LibraryError where somebody watches it."""
    hint = "Stop that first: pvchat live, or the app's Live tab."
    busy = LibraryError("somebody watches it already.", subject="camera", hint=hint)
    return atomic.exclusive(folder.with_suffix(".lock"), busy)


def drop_leftovers(library: sqlite3.Connection, folder: Path) -> None:
    """Delete what a killed process left in a camera's folder, which the tables don't know; no event names it."""
    rows = library.execute("SELECT path FROM files WHERE source = ?", (folder.name,))
    known = {Path(path).name for (path,) in rows}
    with transaction(library):
        words = "UPDATE events SET clip = '', second = 0 WHERE source = ? AND clip NOT IN (SELECT path FROM files)"
        library.execute(words, (folder.name,))
        drop_clips(library, [str(path) for path in folder.iterdir() if path.name not in known])


def shrink(library: sqlite3.Connection) -> None:
    """Leave nothing of what was deleted on the disk, neither in the file nor in its log."""
    empty_log(library)
    with file_of(library).open("rb") as file:
        is_plain = file.read(6) == b"SQLite"
    library.execute(f"PRAGMA temp_store = {'FILE' if is_plain else 'MEMORY'}")  # nothing of an encrypted one is written
    library.execute("VACUUM")
    library.execute("PRAGMA temp_store = DEFAULT")
    empty_log(library)


def empty_log(library: sqlite3.Connection) -> None:
    """Leave nothing in the log of what was overwritten in the file."""
    library.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _ready_connection(path: Path) -> sqlite3.Connection:
    library, key = _connected(path)
    if not database.is_writable(path):
        library.close()
        library = database.copy_in_memory(path, key, WAIT_S)
        _say_read_only(path.parent)
    for word in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON", "trusted_schema = OFF"):
        library.execute(f"PRAGMA {word}")
    if (version := _usable_version(library, str(path.parent))) != migrations.NEWEST:
        done = f"brought from version {version} to {migrations.NEWEST}"
        with transaction(library, done if version else "made", derived=bool(version)):
            version = _usable_version(library, str(path.parent))  # another process may have been first
            migrations.migrate(library, version)
            if library.execute("PRAGMA application_id").fetchone()[0] == 0:  # by that brokers tell it from others
                library.execute(f"PRAGMA application_id = {1 + secrets.randbelow(2**31 - 1)}")
        if version not in (0, migrations.NEWEST):
            logging.getLogger(__name__).warning("the library was %s", done)
    library.execute("PRAGMA foreign_keys = ON")  # not before: a step may put a table in another's place
    _update_clip_paths(library, path.parent / "ring")
    return library


@cache
def _say_read_only(folder: Path) -> None:
    """Once."""
    logging.getLogger(__name__).warning("%s may not be written: it can be asked, and nothing is stored", folder)


def _usable_version(library: sqlite3.Connection, subject: str) -> int:
    """The number of a library's tables, 0 for none; LibraryError, and closed, where PVChat of today can't use them."""
    version = int(library.execute("PRAGMA user_version").fetchone()[0])
    if version not in (0, *range(migrations.OLDEST, migrations.NEWEST + 1)):
        library.close()
        which, hint = ("a later", _LATER) if version > migrations.NEWEST else ("too early a", _DAMAGED)
        raise LibraryError(f"{which} version of PVChat made this library.", subject=subject, hint=hint)
    return version


def _update_clip_paths(library: sqlite3.Connection, ring: Path) -> None:
    """Correct the paths of cameras' clips where the home was moved, or restored elsewhere."""
    words = "SELECT f.path FROM files AS f JOIN sources AS s ON s.id = f.source WHERE s.camera IS NOT NULL LIMIT 1"
    row = library.execute(words).fetchone()
    before = ring if row is None else Path(row[0]).parents[1]  # RING/CAMERA/CLIP
    if before == ring or not ring.exists() or (before.exists() and before.samefile(ring)):
        return
    cameras = "IN (SELECT id FROM sources WHERE camera IS NOT NULL)"
    with transaction(library, derived=True):
        for table, column in (("files", "path"), ("events", "clip")):
            words = f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE source {cameras}"
            values = (str(ring), len(str(before)) + 1, len(str(before)) + 1, f"{before}{os.sep}")
            library.execute(f"{words} AND substr({column}, 1, ?) = ?", values)


def _connected(path: Path) -> tuple[sqlite3.Connection, bytes | None]:
    """A connection to a library's file, and what that is encrypted with, or is to be where it is empty."""
    key = keys.current() if path.stat().st_size else keys.for_writing()
    wanted = _library_key(key)
    if (library := database.open_file(path, wanted, WAIT_S)) is not None:
        return library, wanted
    if key is None:
        hint = f"Put key.json back from a copy. Or: {_DAMAGED}"
        what = "this library is damaged, or it is encrypted, and the key file is gone."
        raise LockedError(what, subject=str(path.parent), hint=hint)
    if (library := database.open_file(path, None, WAIT_S)) is None:
        raise LibraryError("it is damaged, or encrypted with another key.", subject=str(path.parent), hint=_DAMAGED)
    if not key.mixed:
        library.close()
        what = "this library isn't encrypted, though its home is: whoever put it there hadn't the key."
        raise LockedError(what, subject=str(path), hint="If it was you: pvchat encrypt")
    return library, None


def _library_key(key: keys.Key | None) -> bytes | None:
    """The library's own key: no two ciphers share one."""
    return None if key is None else hmac.digest(key.secret, b"pvchat library 1", "sha256")

"""The file of a library of videos: one SQLite database beside the people whom it knows.

    <home>/library/library.db    write-ahead log beside it; readable by its owner only

In: the folder of people. Out: a connection; or nothing of somebody any more (`forget`). The tables are made by numbered
steps (`_STEPS`), of which `PRAGMA user_version` tells how many were taken. What is deleted is overwritten with zeros
(`secure_delete`), and `forget` empties the log and rewrites the file.

Whoever is in a clip is a number (`who`): of `people.id` for enrolled people, -1, -2 … for a clip's strangers, 0 for its
scene. Events and rules name people by their ids in the people store (`ref`), earlier ones too. Names are in that store
alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pvchat.errors import LockedError, PVChatError
from pvchat.storage import atomic, keys
from pvchat.storage.stores import library_of

WAIT_S = 60.0  # for another process that writes
_STEPS = (
    """
CREATE TABLE sources(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, place TEXT NOT NULL);
CREATE TABLE people(id INTEGER PRIMARY KEY AUTOINCREMENT, ref TEXT NOT NULL UNIQUE);
CREATE TABLE clips(
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, version TEXT NOT NULL, recorded TEXT NOT NULL,
  dated_by TEXT NOT NULL, seconds REAL NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, stage TEXT NOT NULL,
  long INTEGER NOT NULL,
  times BLOB NOT NULL, frame BLOB NOT NULL, scene BLOB NOT NULL, timeline BLOB, stale INTEGER NOT NULL DEFAULT 1);
CREATE INDEX clips_recorded ON clips(recorded);
CREATE INDEX clips_stale ON clips(stale) WHERE stale;
CREATE TABLE files(
  path TEXT PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE, bytes INTEGER NOT NULL,
  changed INTEGER NOT NULL, clip INTEGER REFERENCES clips ON DELETE SET NULL, problem TEXT NOT NULL DEFAULT '');
CREATE INDEX files_clip ON files(clip);
CREATE INDEX files_source ON files(source);
CREATE TABLE shots(
  clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE, start REAL NOT NULL, "end" REAL NOT NULL,
  PRIMARY KEY(clip, start, "end")) WITHOUT ROWID;
CREATE TABLE tracks(
  id INTEGER PRIMARY KEY, clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE, number INTEGER NOT NULL,
  kind TEXT NOT NULL, start REAL NOT NULL, "end" REAL NOT NULL, facts BLOB NOT NULL, seen BLOB NOT NULL,
  sightings BLOB NOT NULL, identity BLOB NOT NULL, prints BLOB NOT NULL, looks BLOB NOT NULL);
CREATE INDEX tracks_clip ON tracks(clip, number);
CREATE TABLE middles(
  track INTEGER PRIMARY KEY REFERENCES tracks ON DELETE CASCADE, clip INTEGER NOT NULL, middle BLOB NOT NULL);
CREATE TABLE appearances(
  who INTEGER NOT NULL, clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE, decision TEXT NOT NULL,
  probability REAL NOT NULL, tracks TEXT NOT NULL, x REAL, y REAL, height REAL, "like" INTEGER,
  PRIMARY KEY(who, clip)) WITHOUT ROWID;
CREATE INDEX appearances_clip ON appearances(clip);
CREATE TABLE facts(
  clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE, number INTEGER NOT NULL, who INTEGER NOT NULL,
  attribute TEXT NOT NULL, value TEXT NOT NULL, colour TEXT NOT NULL, of TEXT NOT NULL, other INTEGER,
  start REAL NOT NULL, "end" REAL NOT NULL, probability REAL NOT NULL, holds INTEGER NOT NULL,
  PRIMARY KEY(clip, number)) WITHOUT ROWID;
CREATE TRIGGER person_gone BEFORE DELETE ON people BEGIN
  UPDATE clips SET stale = 1 WHERE id IN (SELECT clip FROM appearances WHERE who = old.id);
  DELETE FROM facts WHERE clip IN (SELECT clip FROM appearances WHERE who = old.id)
    AND (who = old.id OR other = old.id);
  DELETE FROM appearances WHERE who = old.id;
END;
""",
    # cameras, and what is told of them: library/live/
    """
ALTER TABLE sources ADD COLUMN camera TEXT;
CREATE TABLE events(
  id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, source INTEGER NOT NULL REFERENCES sources
  ON DELETE CASCADE, kind TEXT NOT NULL, ref TEXT NOT NULL, at TEXT NOT NULL, probability REAL NOT NULL,
  clip TEXT NOT NULL, second REAL NOT NULL);
CREATE TABLE rules(
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, ref TEXT NOT NULL, sources TEXT NOT NULL,
  hours TEXT NOT NULL, least REAL NOT NULL, quiet_s REAL NOT NULL, target TEXT NOT NULL, secret TEXT NOT NULL);
CREATE TABLE deliveries(
  id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, event INTEGER NOT NULL REFERENCES events
  ON DELETE CASCADE, rule INTEGER NOT NULL REFERENCES rules ON DELETE CASCADE, state TEXT NOT NULL, made REAL NOT NULL,
  due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0);
CREATE INDEX deliveries_due ON deliveries(due) WHERE state = 'waiting';
CREATE INDEX deliveries_event ON deliveries(event);
CREATE INDEX deliveries_rule ON deliveries(rule);
CREATE TABLE attempts(
  delivery INTEGER NOT NULL REFERENCES deliveries ON DELETE CASCADE, at REAL NOT NULL, outcome TEXT NOT NULL);
CREATE INDEX attempts_delivery ON attempts(delivery);
CREATE TABLE withdrawn(rule INTEGER PRIMARY KEY, target TEXT NOT NULL);
CREATE TRIGGER rule_gone AFTER DELETE ON rules WHEN old.target LIKE 'mqtt%' BEGIN
  INSERT OR IGNORE INTO withdrawn VALUES (old.id, old.target);
END;
""",
)
# The tracks that somebody's faces, vectors and clothes are read from, but for those that surely are somebody else's.
_HERS = """
DELETE FROM tracks WHERE id IN (
  SELECT each.value FROM appearances AS a, json_each(a.tracks) AS each
  WHERE a.who IN (SELECT id FROM people WHERE ref = :ref) AND NOT EXISTS (
    SELECT 1 FROM appearances AS b, json_each(b.tracks) AS theirs
    WHERE b.clip = a.clip AND b.who > 0 AND b.who <> a.who AND theirs.value = each.value
      AND b.decision = 'present' AND (a.decision <> 'present' OR b.probability > a.probability)))
"""


# The clips of cameras that show her, perhaps or surely: those files are ours.
_SHOWING = """
SELECT f.path FROM files AS f JOIN sources AS s ON s.id = f.source
WHERE s.camera IS NOT NULL AND (f.path IN (SELECT clip FROM events WHERE ref = :ref) OR f.clip IN (
  SELECT a.clip FROM appearances AS a JOIN people AS p ON p.id = a.who WHERE p.ref = :ref))
"""


class LibraryError(PVChatError):
    """A library can't be read, written or asked."""


def exists(people: Path) -> bool:
    """Whether there is a library beside a folder of people."""
    return library_of(people).exists()


def connect(people: Path) -> sqlite3.Connection:
    """The library beside a folder of people, made where there is none.

    Raises:
        LockedError: the home is encrypted, which a library can't be.
        LibraryError: it is damaged, or of a later version.
    """
    if keys.exists() or os.environ.get(keys.VARIABLE):
        hint = f"Keep the library in another home: set PVCHAT_HOME to a folder of its own, and unset {keys.VARIABLE}."
        raise LockedError("this home is encrypted, and a library can't be yet.", subject="library", hint=hint)
    path = library_of(people)
    atomic.make_private_folder(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, atomic.FILE_MODE))  # its log gets the same mode
    try:
        return _opened(path)
    except sqlite3.DatabaseError as error:
        hint = "Delete that folder and add your videos again; they are not touched."
        raise LibraryError(f"the library can't be read ({error}).", subject=str(path.parent), hint=hint) from error


@contextmanager
def changing(library: sqlite3.Connection) -> Iterator[None]:
    """One change: all of it is kept, or nothing.

    Raises:
        LibraryError: another process has been changing it for a minute, or it can't be written.
    """
    try:
        library.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise LibraryError(f"the library can't be changed ({error}).", hint="Try again when it is done.") from error
    try:
        yield
    except BaseException:
        library.execute("ROLLBACK")
        raise
    library.execute("COMMIT")


def forget(people: Path, refs: Iterable[str], *, merged: bool = False) -> None:
    """Take somebody out of the library beside a folder of people, if there is one.

    Args:
        people: the folder.
        refs: her ids in the people store, earlier ones too.
        merged: she goes on as part of somebody else, to whom her tracks belong now.

    Raises:
        LockedError, LibraryError: as `connect`.
    """
    if not exists(people):
        return
    with closing(connect(people)) as library:
        with changing(library):
            for ref in refs:
                if not merged:
                    library.execute(_HERS, {"ref": ref})
                    drop_clips(library, [row[0] for row in library.execute(_SHOWING, {"ref": ref})])
                for table in ("people", "events", "rules"):
                    library.execute(f"DELETE FROM {table} WHERE ref = ?", (ref,))
        shrink(library)


def drop_clips(library: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Delete files of cameras, and all that was seen in them; within a change."""
    for path in paths:
        library.execute("DELETE FROM clips WHERE id IN (SELECT clip FROM files WHERE path = ?)", (path,))
        library.execute("DELETE FROM files WHERE path = ?", (path,))
        library.execute("UPDATE events SET clip = '', second = 0 WHERE clip = ?", (path,))
        Path(path).unlink(missing_ok=True)


def shrink(library: sqlite3.Connection) -> None:
    """Leave nothing of what was deleted on the disk, neither in the file nor in its log."""
    library.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    library.execute("VACUUM")
    library.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _opened(path: Path) -> sqlite3.Connection:
    library = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
    for word in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON", "foreign_keys = ON"):
        library.execute(f"PRAGMA {word}")
    taken = library.execute("PRAGMA user_version").fetchone()[0]
    if taken > len(_STEPS):
        library.close()
        raise LibraryError("a later version of PVChat made this library.", subject=str(path), hint="Update PVChat.")
    for number, step in enumerate(_STEPS[taken:], taken + 1):
        _take(library, number, step)
    return library


def _take(library: sqlite3.Connection, number: int, step: str) -> None:
    """One step of the tables, unless another process has just taken it."""
    with changing(library):
        if library.execute("PRAGMA user_version").fetchone()[0] < number:
            for statement in _statements(step):
                library.execute(statement)
            library.execute(f"PRAGMA user_version = {number}")


def _statements(step: str) -> Iterator[str]:
    """The statements of a step one by one: `executescript` would end the transaction."""
    text = ""
    for line in step.strip().splitlines():
        text += f"{line}\n"
        if sqlite3.complete_statement(text):
            yield text
            text = ""

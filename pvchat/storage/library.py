"""The file of a library of videos: one SQLite database beside the people whom it knows.

    <home>/library/library.db    write-ahead log beside it; readable by its owner only

In: the folder of people. Out: a connection; or nothing of somebody any more (`forget`). The tables are made by numbered
steps (`_STEPS`), of which `PRAGMA user_version` tells how many were taken. What is deleted is overwritten with zeros
(`secure_delete`), and `forget` empties the log and rewrites the file. In an encrypted home the file is (`database.py`).

Whoever is in a clip is a number (`who`): of `people.id` for enrolled people, -1, -2 … for a clip's strangers, 0 for its
scene. Events and rules name people by their ids in the people store (`ref`), earlier ones too. Names are in that store
alone.
"""

from __future__ import annotations

import hmac
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

from pvchat.errors import LockedError, PVChatError
from pvchat.storage import atomic, database, keys
from pvchat.storage.eightbit import from_halves
from pvchat.storage.stores import libraries, library_of, settle

WAIT_S = 60.0  # for another process that writes
_DAMAGED = "Delete that folder and add your videos again; they are not touched."
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
    """
UPDATE tracks SET identity = eightbit(identity, 128), prints = eightbit(prints, 512), looks = eightbit(looks, 3849);
UPDATE middles SET middle = eightbit(middle, 128);
""",
    # Strangers (`library/inbox.py`): who is in one group, and what the user did about them.
    """
CREATE TABLE groups(
  id INTEGER PRIMARY KEY AUTOINCREMENT, ignored INTEGER NOT NULL DEFAULT 0, ref TEXT NOT NULL DEFAULT '');
CREATE TABLE members(
  track INTEGER PRIMARY KEY REFERENCES tracks ON DELETE CASCADE, "group" INTEGER, said INTEGER NOT NULL DEFAULT 0);
CREATE INDEX members_group ON members("group");
CREATE TABLE acts(
  id INTEGER PRIMARY KEY AUTOINCREMENT, act TEXT NOT NULL, "group" INTEGER NOT NULL, ref TEXT NOT NULL DEFAULT '',
  count INTEGER NOT NULL DEFAULT 0);
CREATE TABLE members_before(
  act INTEGER NOT NULL REFERENCES acts ON DELETE CASCADE, track INTEGER NOT NULL REFERENCES tracks ON DELETE CASCADE,
  "group" INTEGER NOT NULL, said INTEGER NOT NULL, PRIMARY KEY(act, track)) WITHOUT ROWID;
CREATE TRIGGER group_gone AFTER DELETE ON members
  WHEN NOT EXISTS (SELECT 1 FROM members WHERE "group" = old."group") BEGIN
  DELETE FROM groups WHERE id = old."group";
  DELETE FROM acts WHERE "group" = old."group";
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
# The tracks of strangers whom the user said to be her.
_SAID = (
    'DELETE FROM tracks WHERE id IN (SELECT m.track FROM members AS m JOIN groups AS g ON g.id = m."group" '
    "WHERE g.ref = :ref)"
)
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
    settle()
    return library_of(people).exists()


def connect(people: Path) -> sqlite3.Connection:
    """The library beside a folder of people, made where there is none.

    Raises:
        LockedError: the home is encrypted, and the key is missing or wrong; the file is plain though the home isn't.
        LibraryError: it is damaged, or of a later version.
    """
    settle()
    path = library_of(people)
    atomic.make_private_folder(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, atomic.FILE_MODE))  # its log gets the same mode
    try:
        while True:
            file = path.stat().st_ino
            library = _opened(path)
            if path.stat().st_ino == file:
                return library
            library.close()  # it was just converted: that was the file of before
    except database.errors() as error:
        raise LibraryError(f"the library can't be read ({error}).", subject=str(path.parent), hint=_DAMAGED) from error


@contextmanager
def changing(library: sqlite3.Connection) -> Iterator[None]:
    """One change: all of it is kept, or nothing.

    Raises:
        LibraryError: another process has been changing it for a minute, or it can't be written.
    """
    try:
        library.execute("BEGIN IMMEDIATE")
    except database.errors() as error:
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
                    library.execute(_SAID, {"ref": ref})
                    drop_clips(library, [row[0] for row in library.execute(_SHOWING, {"ref": ref})])
                for table in ("acts", "people", "events", "rules"):
                    library.execute(f"DELETE FROM {table} WHERE ref = ?", (ref,))
        for folder in filter(Path.is_dir, ring_of(people).glob("[!.]*")):
            with suppress(LibraryError), watching(folder):  # who watches it now gives up what shows her
                drop_leftovers(library, folder)
        shrink(library)
    database.draft_of(library_of(people)).unlink(missing_ok=True)  # of a conversion that was killed


def convert() -> int:
    """Rewrite the libraries of a home that is being encrypted or decrypted as its key says; how many.

    Raises:
        LockedError: another process uses one.
        LibraryError, OSError: one is damaged, or can't be written.
    """
    count = 0
    for path in libraries():
        busy = LockedError("another process uses it.", subject=str(path), hint="Try again when it is done.")
        with atomic.alone(path.with_suffix(".lock"), busy):
            wanted = _derived(keys.for_writing())
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


def take_in(path: Path, key: bytes | None) -> None:
    """Let a library's file from elsewhere be whole, and encrypted as this home's is.

    Args:
        path: of the file, which nobody has open.
        key: what it is encrypted with; None: it is plain.

    Raises:
        ValueError: it is damaged, of another key, or of a later version.
        LockedError: this home's key is missing or wrong.
    """
    wanted = _derived(keys.for_writing())
    if (found := database.opened(path, key, WAIT_S)) is None:
        raise ValueError("its library can't be opened")
    with closing(found):
        if found.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise ValueError("its library is damaged")
        if found.execute("PRAGMA user_version").fetchone()[0] > len(_STEPS):
            raise ValueError("a later version of PVChat made its library")
    if key != wanted:
        database.rewrite(path, key, wanted, WAIT_S)


def drop_clips(library: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Delete clips of cameras (no file but those beside the library), and what was seen in them; within a change."""
    ring = Path(library.execute("PRAGMA database_list").fetchone()[2]).resolve().parent / "ring"
    for path in paths:
        library.execute("DELETE FROM clips WHERE id IN (SELECT clip FROM files WHERE path = ?)", (path,))
        library.execute("DELETE FROM files WHERE path = ?", (path,))
        library.execute("UPDATE events SET clip = '', second = 0 WHERE clip = ?", (path,))
        if Path(path).exists() and Path(path).resolve().is_relative_to(ring):
            with atomic.lock_of(ring, WAIT_S):  # `encrypt` would put it back
                Path(path).unlink(missing_ok=True)


def ring_of(people: Path) -> Path:
    """Where the clips of all cameras lie that know the people of a folder: a folder each, called by its number."""
    return library_of(people).parent / "ring"


def watching(folder: Path) -> AbstractContextManager[None]:
    """Keep others from a camera's folder; raises LibraryError where somebody watches it."""
    hint = "Stop that first: pvchat live, or the app's Live tab."
    busy = LibraryError("somebody watches it already.", subject=f"camera {folder.name}", hint=hint)
    return atomic.alone(folder.with_suffix(".lock"), busy)


def drop_leftovers(library: sqlite3.Connection, folder: Path) -> None:
    """Delete what a killed process left in a camera's folder, which the tables don't know; no event names it."""
    rows = library.execute("SELECT path FROM files WHERE source = ?", (folder.name,))
    known = {Path(path).name for (path,) in rows}
    with changing(library):
        words = "UPDATE events SET clip = '', second = 0 WHERE source = ? AND clip NOT IN (SELECT path FROM files)"
        library.execute(words, (folder.name,))
        drop_clips(library, [str(path) for path in folder.iterdir() if path.name not in known])


def shrink(library: sqlite3.Connection) -> None:
    """Leave nothing of what was deleted on the disk, neither in the file nor in its log."""
    library.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    library.execute("VACUUM")
    library.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _opened(path: Path) -> sqlite3.Connection:
    library, _ = _connected(path)
    for word in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON", "foreign_keys = ON",
                 "trusted_schema = OFF"):  # fmt: skip
        library.execute(f"PRAGMA {word}")
    taken = library.execute("PRAGMA user_version").fetchone()[0]
    if taken > len(_STEPS):
        library.close()
        raise LibraryError("a later version of PVChat made this library.", subject=str(path), hint="Update PVChat.")
    library.create_function("eightbit", 2, from_halves)  # for the steps
    for number, step in enumerate(_STEPS[taken:], taken + 1):
        _take(library, number, step)
    _take_clips_along(library, path.parent / "ring")
    return library


def _take_clips_along(library: sqlite3.Connection, ring: Path) -> None:
    """Clips of cameras are named by where they lie now, should the home have been moved or restored elsewhere."""
    words = "SELECT f.path FROM files AS f JOIN sources AS s ON s.id = f.source WHERE s.camera IS NOT NULL LIMIT 1"
    row = library.execute(words).fetchone()
    before = ring if row is None else Path(row[0]).parents[1]  # RING/CAMERA/CLIP
    if before == ring or not ring.exists() or (before.exists() and before.samefile(ring)):
        return
    cameras = "IN (SELECT id FROM sources WHERE camera IS NOT NULL)"
    with changing(library):
        for table, column in (("files", "path"), ("events", "clip")):
            words = f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE source {cameras}"
            values = (str(ring), len(str(before)) + 1, len(str(before)) + 1, f"{before}{os.sep}")
            library.execute(f"{words} AND substr({column}, 1, ?) = ?", values)


def _connected(path: Path) -> tuple[sqlite3.Connection, bytes | None]:
    """A connection to a library's file, and what that is encrypted with, or is to be where it is empty."""
    key = keys.current() if path.stat().st_size else keys.for_writing()
    wanted = _derived(key)
    if (library := database.opened(path, wanted, WAIT_S)) is not None:
        return library, wanted
    if key is None:
        hint = "Put key.json back from a copy, or delete that folder and add your videos again; they are not touched."
        what = "this library is damaged, or it is encrypted, and the key file is gone."
        raise LockedError(what, subject=str(path.parent), hint=hint)
    if (library := database.opened(path, None, WAIT_S)) is None:
        raise LibraryError("it is damaged, or encrypted with another key.", subject=str(path.parent), hint=_DAMAGED)
    if not key.mixed:
        library.close()
        what = "this library isn't encrypted, though its home is: whoever put it there hadn't the key."
        raise LockedError(what, subject=str(path), hint="If it was you: pvchat encrypt")
    return library, None


def _derived(key: keys.Key | None) -> bytes | None:
    """The library's own key: no two ciphers share one."""
    return None if key is None else hmac.digest(key.secret, b"pvchat library 1", "sha256")


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

"""How long cameras' clips and events are kept, and how many gigabytes of clips: as the last watcher was told.

<home>/library/keep.json     {"days": 7.0, "gigabytes": 2.0}
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pvchat.storage import atomic, database
from pvchat.storage.library import drop_clips, transaction
from pvchat.storage.stores import library_of


def keep(people: Path, days: float, gigabytes: float) -> None:
    """Note it for the library beside a folder of people."""
    atomic.write_file(_file(people), json.dumps({"days": days, "gigabytes": gigabytes}).encode())


def prune(library: sqlite3.Connection, people: Path, now: float) -> int:
    """Delete clips and events that are too old (at `now`, seconds since 1970); how many clips.

    Of more gigabytes of clips, of all cameras, the oldest go, too. Nothing goes where nothing was noted yet.
    """
    try:
        kept = json.loads(_file(people).read_bytes())
        oldest, room = now - kept["days"] * 24 * 3600, kept["gigabytes"] * 1e9
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    rows = library.execute(
        "SELECT f.path, f.bytes, c.recorded FROM files AS f JOIN sources AS s ON s.id = f.source "
        "JOIN clips AS c ON c.id = f.clip WHERE s.camera IS NOT NULL ORDER BY c.recorded DESC"
    ).fetchall()
    gone = list[str]()
    for path, size, at in rows:
        room -= size
        if room < 0 or datetime.fromisoformat(at).timestamp() < oldest:
            gone.append(path)
    old, before = "FROM events WHERE julianday(at) < julianday(?)", datetime.fromtimestamp(oldest).astimezone()
    if not gone and library.execute(f"SELECT 1 {old}", (before.isoformat(),)).fetchone() is None:
        return 0
    with transaction(library):
        drop_clips(library, gone)
        library.execute(f"DELETE {old}", (before.isoformat(),))
    with suppress(database.errors()):  # another process reads: the next time will do
        library.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what was deleted is zeroes in the file already
    return len(gone)


def _file(people: Path) -> Path:
    return library_of(people).with_name("keep.json")

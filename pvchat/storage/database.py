"""A SQLite file, plain or encrypted: it is opened, and rewritten as the other kind, whole at any moment.

In: a path and a key of 32 bytes, or None for a plain file. Out: a connection as `sqlite3` makes it. SQLCipher opens
both kinds (AES-256-CBC and HMAC-SHA512 a page, the log's too; docs/adr/0048-encrypted-library.md): where a process
opened one file by two SQLites, or by itself, closing either would take the other's locks away (POSIX's rule).
What is damaged, of another key, or can't be opened or written at all is SQLCipher's Error (`errors`).
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from pvchat.storage import atomic

_PAUSE_S = 0.05


def errors() -> type[Exception]:
    """What connections raise; SQLCipher is loaded when a library is opened, not before."""
    from sqlcipher3 import dbapi2

    return cast(type[Exception], dbapi2.Error)


def open_file(path: Path, key: bytes | None, wait_s: float) -> sqlite3.Connection | None:
    """A connection in autocommit mode that waits so long for others; None: `key` doesn't fit, or it is damaged."""
    connection = _connected(path, key, wait_s)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master")
    except errors() as error:
        connection.close()
        if "not a database" in str(error):
            return None
        raise
    return connection


def rewrite(path: Path, key: bytes | None, new_key: bytes | None, wait_s: float) -> None:
    """Put the same tables in a file of the other kind in its place, while nobody else has it open.

    Cut off anywhere, the old file is whole, or the new one; a draft that is left beside it is written anew. Raises
    TimeoutError: others keep it open; OSError: disk full, no permission.
    """
    draft = draft_of(path)
    draft.unlink(missing_ok=True)
    with closing(_connected(path, key, wait_s)) as source:
        _lock_exclusively(source, wait_s)
        export(source, draft, new_key)
        os.replace(draft, path)
    atomic.sync_folder(path.parent)


def export(
    source: sqlite3.Connection, path: Path, key: bytes | None, on_snapshot: Callable[[], None] | None = None
) -> None:
    """Write the tables, as they are at one moment, to a new file while others go on reading and writing.

    `key`: what it is encrypted with; None: plain. `on_snapshot` is called when that moment is fixed.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, atomic.FILE_MODE))
    source.execute("ATTACH ? AS draft KEY ?", (str(path), "" if key is None else _raw(key)))
    source.execute("PRAGMA draft.synchronous = FULL")
    source.execute("BEGIN")
    numbers = {name: source.execute(f"PRAGMA main.{name}").fetchone()[0] for name in ("user_version", "application_id")}
    if on_snapshot is not None:  # from here on that is what is read
        on_snapshot()
    source.execute("SELECT sqlcipher_export('draft')")
    for name, value in numbers.items():
        source.execute(f"PRAGMA draft.{name} = {value}")
    source.execute("COMMIT")
    source.execute("DETACH draft")


def draft_of(path: Path) -> Path:
    """Where the file in the making lies; one that a killed process left may go."""
    return path.with_suffix(".draft")


def _connected(path: Path, key: bytes | None, wait_s: float) -> sqlite3.Connection:
    from sqlcipher3 import dbapi2

    made: Any = dbapi2.connect(str(path), timeout=wait_s, isolation_level=None, check_same_thread=False)
    made.execute("PRAGMA cipher_log_level = NONE")  # a wrong key is told by us, not by lines on stderr
    if key is not None:
        made.execute(f'PRAGMA key = "{_raw(key)}"')
    return cast(sqlite3.Connection, made)


def _raw(key: bytes) -> str:
    """A key as SQLCipher takes it unstretched."""
    return f"x'{key.hex()}'"


def _lock_exclusively(source: sqlite3.Connection, wait_s: float) -> None:
    """Wait until nobody else has the file open, then empty the log and lock it for ourselves."""
    end = time.monotonic() + wait_s
    source.execute("PRAGMA locking_mode = EXCLUSIVE")
    while True:
        try:
            source.execute("PRAGMA journal_mode = DELETE")  # the log's own end: only the last connection may
            source.execute("BEGIN EXCLUSIVE")
            source.execute("COMMIT")
            return
        except errors() as error:
            if "locked" not in str(error):
                raise
            if time.monotonic() > end:
                raise TimeoutError(str(error)) from error
            time.sleep(_PAUSE_S)

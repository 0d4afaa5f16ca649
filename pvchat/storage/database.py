"""A SQLite file, plain or encrypted: it is opened, and rewritten as the other kind, whole at any moment.

In: a path and a key of 32 bytes, or None for a plain file. Out: a connection as `sqlite3` makes it. SQLCipher opens
both kinds (AES-256-CBC and HMAC-SHA512 a page, the log's too; docs/adr/0048-encrypted-library.md): where a process
opened one file by two SQLites, or by itself, closing either would take the other's locks away (POSIX's rule).
What is damaged, of another key, or can't be opened or written at all is SQLCipher's Error (`errors`). A file in a
folder that may not be written is read as it is (`copy_in_memory`).
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
    _copy_tables(source, "main", "draft", on_snapshot)
    source.execute("COMMIT")
    source.execute("DETACH draft")


def copy_in_memory(path: Path, key: bytes | None, wait_s: float) -> sqlite3.Connection:
    """A connection to a copy of a file that may not be written; what is written in it goes when it is closed."""
    copy = _connected(None, None, wait_s)
    copy.execute("ATTACH ? AS disk KEY ?", (_address(path), "" if key is None else _raw(key)))
    _copy_tables(copy, "disk", "main")
    copy.execute("PRAGMA writable_schema = RESET")  # else it doesn't know of its triggers and views
    copy.execute("DETACH disk")
    return copy


def is_writable(path: Path) -> bool:
    """Whether a file may be changed: its log lies beside it."""
    return all(os.access(one, os.W_OK) for one in (path.parent, path) if one.exists())


def draft_of(path: Path) -> Path:
    """Where the file in the making lies; one that a killed process left may go."""
    return path.with_suffix(".draft")


def _copy_tables(
    library: sqlite3.Connection, source: str, target: str, on_snapshot: Callable[[], None] | None = None
) -> None:
    words = ("user_version", "application_id")
    numbers = {name: library.execute(f"PRAGMA {source}.{name}").fetchone()[0] for name in words}
    if on_snapshot is not None:  # from here on that is what is read
        on_snapshot()
    library.execute("SELECT sqlcipher_export(?, ?)", (target, source))
    for name, value in numbers.items():
        library.execute(f"PRAGMA {target}.{name} = {value}")


def _address(path: Path) -> str:
    """How a file is opened; without its log where that can't be made: nobody has it open then."""
    log = path.with_name(f"{path.name}-wal")
    return path.absolute().as_uri() + ("" if is_writable(path) or log.exists() else "?immutable=1")


def _connected(path: Path | None, key: bytes | None, wait_s: float) -> sqlite3.Connection:
    """A connection to a file, or, None, to nothing but memory."""
    from sqlcipher3 import dbapi2

    address = ":memory:" if path is None else _address(path)
    made: Any = dbapi2.connect(address, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False)
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

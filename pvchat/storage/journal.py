"""JSON lines that only grow while something goes on, and survive a kill at any moment.

    journal = Journal(Path("set/positives.jsonl.part"))
    journal.append([{"id": "q1", "answer": "Yes."}])    one write, pushed to the disk
    journal.read()                                      [{"id": "q1", "answer": "Yes."}]

A line that a kill cut short is dropped when the file is read again; what it belonged to is then done anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pvchat.storage import atomic

Row = dict[str, Any]


class Journal:
    """One file of JSON lines, created by the first append."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Row]:
        """Every whole line; a torn last line is cut off the file."""
        if not self.path.exists():
            return []
        data = self.path.read_bytes()
        end = data.rfind(b"\n") + 1
        if end < len(data):
            os.truncate(self.path, end)
        return [json.loads(line) for line in data[:end].splitlines()]

    def append(self, rows: Iterable[Row]) -> None:
        """Add rows in one write, and wait until the disk has them."""
        data = b"".join(map(line, rows))
        if not data:
            return
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, atomic.FILE_MODE)
        with os.fdopen(handle, "ab") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)

    def replace(self, rows: Iterable[Row]) -> None:
        """Put these rows in the place of all, in one step."""
        atomic.write_file(self.path, b"".join(map(line, rows)))


def line(row: Row) -> bytes:
    """One row as a line of JSON."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, allow_nan=False).encode() + b"\n"

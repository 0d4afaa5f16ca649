"""JSON lines that only grow (`storage/atomic.py`)."""

from __future__ import annotations

from pathlib import Path

from pvchat.storage.atomic import Journal


def test_no_rows_make_no_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "rows.jsonl")
    journal.append([])
    assert not journal.path.exists()
    journal.append([{"id": "a"}])
    assert journal.read() == [{"id": "a"}]

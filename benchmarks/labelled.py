"""A folder of labelled clips as `pvchat eval` reads it, for the other benchmarks.

In: the folder, perhaps a half. Out: rows of `people.json` and `questions.jsonl`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pvchat.eval.manifest import half_of

Row = dict[str, Any]


def people(folder: Path) -> list[Row]:
    """Who can be enrolled, and from which clip."""
    found: list[Row] = json.loads((folder / "people.json").read_text(encoding="utf-8"))
    return found


def questions(folder: Path, half: str | None = None) -> list[Row]:
    """The questions about the clips of one half; None: all."""
    rows = map(json.loads, (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines())
    return [row for row in rows if half in (None, half_of(row["video"]))]


def about_one(rows: list[Row]) -> list[Row]:
    """Those that ask whether one person is there."""
    return [row for row in rows if row["kind"] == "single" and row["type"] == "existence"]

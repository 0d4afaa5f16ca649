"""JSON lines and manifests of steps on disk, whole or not there; and what is wrong with a line that somebody wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pvchat.storage import atomic

Entry = dict[str, Any]
_adapter = cache(TypeAdapter)  # making one takes a while


@dataclass(frozen=True)
class Problem:
    """What is wrong where: "dataset.jsonl:17 (id)", or a file."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def read_lines(path: Path) -> list[Entry]:
    """All rows of a JSON lines file."""
    return [json.loads(line) for line in lines_of(path) if line]


def write_lines(path: Path, rows: Iterable[Entry]) -> None:
    """Put a JSON lines file in place, in one step."""
    _put(path, "".join(json.dumps(row, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n" for row in rows))


def read_manifest(path: Path) -> Entry | None:
    """A step's manifest, or None when there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"input", "result"} <= set(found) else None


def write_manifest(path: Path, manifest: Entry) -> None:
    """Put a step's manifest in place, in one step."""
    _put(path, json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")


def validated(kind: type, row: Any) -> Any:
    """A row of JSON as a dataclass of this kind, without further fields; ValueError says which is missing or wrong."""
    if not isinstance(row, dict):
        raise ValueError("no JSON object")
    try:
        return _adapter(kind).validate_json(json.dumps(row), strict=True)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        what = "is missing" if wrong["type"] == "missing" else f"can't be {row[name]!r}"
        raise ValueError(f"{name} {what}") from error


def _put(path: Path, text: str) -> None:
    with atomic.drafted(path) as draft:
        atomic.write_new(draft, text.encode())
    atomic.sync_folder(path.parent)


def lines_of(path: Path) -> list[str]:
    """The lines of a file: those of `str.splitlines` also end where a text inside of one breaks (U+2028, U+0085)."""
    whole = path.read_text(encoding="utf-8", errors="replace").removesuffix("\n")
    return whole.split("\n") if whole else []

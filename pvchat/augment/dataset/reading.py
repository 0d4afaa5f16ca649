"""A data set read to be checked: every row and sample with its place, and what couldn't be read.

In: a folder of ours, an official JSON file, or a folder of those. Out: a `CheckedSet`, to which `check.py` adds
problems.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.augment.dataset import official
from pvchat.augment.dataset.folder import CARD, CHECKSUMS, ROWS, SAMPLES
from pvchat.augment.journal import lines_of
from pvchat.augment.schemas import Row, Sample

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True)
class Problem:
    """What is wrong where: "dataset.jsonl:17 (id)", "train.json: video 3 (a.mp4), pair 2", or a file."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class CheckedSet:
    """A data set being checked, with the place of every row and sample."""

    root: Path
    rows: list[tuple[str, Row]]
    samples: dict[str, tuple[str, Sample]]
    problems: list[Problem]
    sums: dict[str, str] | None = None

    def note(self, where: str, what: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(where, what))


def read_ours(path: Path) -> CheckedSet:
    """A folder that `pvchat augment` made."""
    found = CheckedSet(path, [], {}, [])
    for where, line in _lines(path / SAMPLES, found) if (path / SAMPLES).is_file() else ():
        sample = _built(Sample, line, where, found)
        if sample is not None and not sample.dropped:
            if sample.id in found.samples:
                found.note(where, f"sample {sample.id} is there twice")
            found.samples[sample.id] = (where, sample)
    if not (path / SAMPLES).is_file():
        found.note(SAMPLES, "is missing")
    for where, line in _lines(path / ROWS, found):
        row = _built(Row, line, where, found)
        if row is not None:
            found.rows.append((where, row))
            _check_copies(line, where, found)
    if not (path / CARD).is_file():
        found.note(CARD, "is missing")
    try:
        found.sums = dict(json.loads((path / CHECKSUMS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        found.note(CHECKSUMS, "is missing or can't be read")
    return found


def _check_copies(line: dict[str, Any], where: str, found: CheckedSet) -> None:
    """What a row repeats of its sample must be what the sample says."""
    known = found.samples.get(str(line.get("sample")))
    for key in ("media", "stage", "role", "recipe", "source"):
        if known and key in line and line[key] != getattr(known[1], key):
            found.note(where, f"{key} is {line[key]!r}, its sample's is {getattr(known[1], key)!r}")


def _lines(path: Path, found: CheckedSet) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, text in enumerate(lines_of(path), 1):
        where = f"{path.name}:{number}"
        try:
            line = json.loads(text)
        except ValueError as error:
            found.note(where, f"no JSON ({error})")
            continue
        if not isinstance(line, dict):
            found.note(where, "no JSON object")
            continue
        yield f"{where} ({line['id']})" if "id" in line else where, line


def _built(kind: type, line: dict[str, Any], where: str, found: CheckedSet) -> Any:
    """A `Row` or `Sample`, or None with a note when a field is missing or of the wrong sort."""
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_json(json.dumps(line), strict=True)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        found.note(where, f"{name} is missing" if wrong["type"] == "missing" else f"{name} can't be {line[name]!r}")
        return None


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def read_official(path: Path) -> CheckedSet:
    """The official PVChat JSON: a file, or a folder of those."""
    root = path if path.is_dir() else path.parent
    found = CheckedSet(root, [], {}, [])
    for file in official.files(path):
        content = json.loads(file.read_text(encoding="utf-8"))
        entries = content.get("data", content.get("videos"))
        for number, entry in enumerate(entries):
            video = entry.get("video_name", "?") if isinstance(entry, dict) else "?"
            _add_official(entry, number, f"{file.name}: video {number + 1} ({video})", file, entries, found)
    return found


def _add_official(entry: Any, number: int, where: str, file: Path, entries: list[Any], found: CheckedSet) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("qa_pairs"), list):
        found.note(where, "has no list of qa_pairs")
        return
    whole = []
    for place, pair in enumerate(entry["qa_pairs"], 1):
        lacks = [k for k in official.PAIR_FIELDS if not isinstance(pair, dict) or k not in pair]
        if lacks or not isinstance(pair["is_special"], bool):
            found.note(
                f"{where}, pair {place}", f"{lacks[0]} is missing" if lacks else "is_special isn't true or false"
            )
        else:
            whole.append((place, pair))
    try:
        people = official.names_of(entry, entries, file)
        pairs = [pair for _, pair in whole]
        sample, rows = official.read_entry({**entry, "qa_pairs": pairs}, number, people, file, found.root)
    except (KeyError, TypeError, ValueError) as error:
        found.note(where, f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error))
        return
    found.samples[sample.id] = (where, sample)
    for (place, pair), row in zip(whole, rows, strict=True):
        if not any(n in official.named(str(pair["question"]), people) for n in people):
            row.people, row.present = [], {}
        found.rows.append((f"{where}, pair {place}", row))

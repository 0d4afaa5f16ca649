"""Where a row's files lie, and the receipt that says they are whole: archive hash, licence, SHA-256 and size of each.

In: a row of the table. Out: `$PVCHAT_HOME/weights/<role>-<version>/` and what its `receipt.json` says.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from pvchat.assets import stamps
from pvchat.assets.packages import Weight
from pvchat.config import home

RECEIPT = "receipt.json"


def root() -> Path:
    """The folder of all rows."""
    return home() / "weights"


def folder_of(weight: Weight) -> Path:
    """A row's folder; there once the row is whole."""
    return root() / f"{weight.role}-{weight.version}"


def stage_of(weight: Weight) -> Path:
    """Everything unfinished of a row; only who holds the row's lock works in it."""
    return root() / ".staging" / weight.role


def files_of(weight: Weight) -> dict[str, dict[str, object]]:
    """The receipt's files: name -> {"sha256", "bytes"}; empty when there is no receipt for this very archive."""
    try:
        receipt = json.loads((folder_of(weight) / RECEIPT).read_text(encoding="utf-8"))
        files: dict[str, dict[str, object]] = receipt["files"] if receipt["sha256"] == weight.sha256 else {}
        return files if set(weight.names) <= set(files) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def is_whole(weight: Weight) -> bool:
    """Whether all files are here with the sizes of the receipt."""
    files, folder = files_of(weight), folder_of(weight)
    try:
        return bool(files) and all((folder / name).stat().st_size == entry["bytes"] for name, entry in files.items())
    except OSError:
        return False


def write(weight: Weight, built: Path) -> None:
    """Write the receipt of the files in `built` beside them."""
    names = [path.relative_to(built).as_posix() for path in sorted(built.rglob("*")) if path.is_file()]
    files = stamps.entries(built, names)
    row = asdict(weight)
    receipt = {key: row[key] for key in ("role", "package", "version", "archive", "sha256", "licence")}
    with (built / RECEIPT).open("w", encoding="utf-8") as file:
        json.dump(receipt | {"files": files}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())

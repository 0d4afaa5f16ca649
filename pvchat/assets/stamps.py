"""Damage to files that must never change: a full look by SHA-256, and a cheap one by what the file system says.

`stamps.json` beside a folder's receipt holds size, time of change and time of status change of each file as of when its
hash was last found right. A file whose stamp still fits is believed; any other is hashed, once. The time of status
change is set by the system alone, so that bytes written under an old date are seen. What a disk changes by itself is
found by the full look only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pvchat.storage import atomic

FILE = "stamps.json"
Entries = Mapping[str, Mapping[str, Any]]  # name -> {"sha256", "bytes"}
Stamp = tuple[int, int, int]

_trusted: dict[Path, Stamp] = {}  # of this process: a read-only home can't keep stamps


def entries(folder: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """A receipt's entries for files: name -> {"sha256", "bytes"}."""
    return {
        name: {"sha256": atomic.sha256_of(folder / name), "bytes": (folder / name).stat().st_size} for name in names
    }


def damaged(folder: Path, files: Entries, *, thorough: bool = False) -> dict[str, str]:
    """Files that differ from a folder's receipt, by name, and why; `thorough`: all are hashed, whatever the stamps."""
    known: dict[str, Stamp] = {}
    with suppress(OSError, ValueError, TypeError, AttributeError):
        rows = json.loads((folder / FILE).read_text(encoding="utf-8"))
        known = {str(name): (int(a), int(b), int(c)) for name, (a, b, c) in rows.items()}
    found, fresh = {}, {}
    for name, entry in files.items():
        path = folder / name
        try:
            stamp = _stamp(path)
            if thorough or stamp not in (known.get(name), _trusted.get(path)):
                if atomic.sha256_of(path) != entry["sha256"]:
                    found[name] = "its content has changed"
                    continue
                fresh[name] = _trusted[path] = stamp
        except OSError as error:
            found[name] = f"can't be read: {error.strerror}"
    if any(known.get(name) != stamp for name, stamp in fresh.items()):
        with suppress(OSError):  # a read-only home is looked at anew by the next process
            write(folder, known | fresh)
    return found


def write(folder: Path, stamps: Mapping[str, Stamp]) -> None:
    """Keep the stamps of files whose hashes were found right just now."""
    with atomic.drafted(folder / FILE) as draft:
        draft.write_text(json.dumps(stamps), encoding="utf-8")


def _stamp(path: Path) -> Stamp:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns

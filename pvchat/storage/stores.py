"""Which files of a home go through `private.py`, and which of them are sealed: their first bytes tell, without a key.

In: the home. Out: folders, files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pvchat.config import home
from pvchat.storage import atomic

MAGIC = b"PVSEAL01"
TOKENS = "tokens"  # of the HTTP API
RING = "library/ring"  # clips of cameras


def stores() -> list[Path]:
    """The folders whose files go through `private.py`: people, clips (analysed, of cameras), tokens, and the demo's."""
    names = ("people", "cache/clips", RING, TOKENS)
    places = [place / name for place in (home(), home() / "demo") for name in names]
    return [place for place in places if place.is_dir()]


def library_of(people: Path) -> Path:
    """Where the library of videos lies that knows the people of a folder: encrypted by itself (`database.py`)."""
    return people.parent / "library" / "library.db"


def libraries() -> list[Path]:
    """The libraries of a home: its own, and the demo's."""
    return [path for place in (home(), home() / "demo") if (path := library_of(place / "people")).exists()]


def files(folder: Path) -> Iterator[Path]:
    """A store's files, but for locks and what is in the making."""
    for top, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != atomic.SCRATCH]
        yield from (Path(top, name) for name in names if not name.endswith(".lock"))


def is_sealed(path: Path) -> bool:
    """Whether a file is sealed."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def files_of_kind(folder: Path, *, sealed: bool) -> list[Path]:
    """The files of a store that are sealed, or those that are plain."""
    return [path for path in files(folder) if is_sealed(path) == sealed]

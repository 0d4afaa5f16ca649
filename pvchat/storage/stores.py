"""Which files of a home go through `private.py`, and which of them are sealed: their first bytes tell, without a key.

In: the home. Out: folders, files. What a backup brings is put in their place here.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pvchat.config import home
from pvchat.storage import atomic

MAGIC = b"PVSEAL01"
TOKENS = "tokens"  # of the HTTP API
RING = "library/ring"  # clips of cameras
BACKED_UP = ("people", "library", TOKENS)  # what of a home is in a backup
_RESTORED, _GONE, _WAIT_S = ".restored", "gone.json", 60.0


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


@contextmanager
def replacing_home() -> Iterator[Path]:
    """A folder to put people, library and tokens into, which take the place of the home's; what it hasn't is gone.

    After the block one rename is the point of no return: before it nothing has changed, after it `finish_restore` does
    the rest. Raises filelock.Timeout: another process does the same.
    """
    from filelock import FileLock  # takes a tenth of a second

    atomic.make_private_folder(home())
    with FileLock(str(home() / f"{_RESTORED}.lock"), timeout=_WAIT_S):
        _finish_restore()
        draft = home() / f"{_RESTORED}.{uuid.uuid4().hex}"
        draft.mkdir(mode=atomic.FOLDER_MODE)
        try:
            yield draft
            gone = [name for name in BACKED_UP if not (draft / name).exists()]
            atomic.write_new(draft / _GONE, json.dumps(gone).encode())
            atomic.sync_folder(draft)
            os.rename(draft, home() / _RESTORED)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        _finish_restore()


def finish_restore() -> None:
    """Finish a restore that was killed after its point of no return, or drop it; called before anything is read."""
    if _restore_folders():
        from filelock import FileLock

        with FileLock(str(home() / f"{_RESTORED}.lock"), timeout=_WAIT_S):
            _finish_restore()


def _restore_folders() -> list[Path]:
    return [path for path in home().glob(f"{_RESTORED}*") if path.is_dir()]


def _finish_restore() -> None:
    place = home() / _RESTORED
    if place.is_dir():
        for name in [one for one in BACKED_UP if (place / one).exists()]:
            atomic.remove(home() / name)
            os.rename(place / name, home() / name)
        if (place / _GONE).exists():
            for name in json.loads((place / _GONE).read_bytes()):
                atomic.remove(home() / name)
        atomic.sync_folder(home())
    for path in _restore_folders():
        shutil.rmtree(path)

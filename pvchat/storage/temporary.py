"""Files that live only while they are needed, below one folder, and the rule by which they are forgotten.

In: what is needed for a while. Out: places below `root()`.

    <name>-<random>/            somebody's work: a clip that is read, a server's sessions …
    <name>-<random>.lock        held as long as its process lives
    deep/<id>/, <id>.lock       the same, of one person's deep enrollment

and `restoring()`, a backup that is unpacked.

The rule: whatever names or shows an enrolled person carries her id, and `forget` takes away whatever carries it,
whichever process made it. A file or folder carries an id in its own name; a folder also by `mark`. What may show anyone
carries `ANYONE`: it goes with everybody. What a killed process left has no owner and goes at the next look (`sweep`).
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pvchat.config import home
from pvchat.errors import SettingsError
from pvchat.storage import atomic, keys

ANYONE = "anyone"  # in the name of a file or folder that may show anyone
SUBJECT_PICTURES = "subjects-anyone"  # pictures of the people to choose from, see `SeveralSubjectsError`
DEEP = "deep"
VARIABLE = "PVCHAT_TMP"
MEMORY, ENOUGH_BYTES = "/dev/shm", 512 * 2**20
_MARK = ".shown"


def root() -> Path:
    """The folder of all temporary files; it need not be there.

    Decoders read them by their paths, so they can't be sealed: in an encrypted home they lie in memory, where the
    system has a file system for that. `$PVCHAT_TMP` names another place; SettingsError: it is somebody else's.
    """
    place = os.environ.get(VARIABLE) or (MEMORY if keys.exists() and in_memory() else "")
    if not place:
        return home() / "tmp"
    owner = os.getuid() if hasattr(os, "getuid") else 0
    of_home = hashlib.sha256(os.fsencode(home())).hexdigest()[:16]
    folder = Path(place).expanduser().absolute() / f"pvchat-{owner}-{of_home}"
    with suppress(FileNotFoundError):
        stat = folder.lstat()
        if hasattr(os, "getuid") and (stat.st_uid != owner or not folder.is_dir() or folder.is_symlink()):
            hint = f"Set {VARIABLE} to a folder that only you can write."
            raise SettingsError("this folder for temporary files is somebody else's.", subject=str(folder), hint=hint)
    return folder


def in_memory() -> bool:
    """Whether there is a file system in memory that is large enough; containers often have one of 64 MB."""
    try:
        return os.path.ismount(MEMORY) and shutil.disk_usage(MEMORY).total >= ENOUGH_BYTES
    except OSError:
        return False


@contextmanager
def working_folder(folder: Path, busy: Exception) -> Iterator[Path]:
    """A folder below `root()`, made, and deleted after; `busy` is raised where another process works in it."""
    atomic.make_private_folder(folder.parent)
    lock = Path(f"{folder}.lock")
    with atomic.exclusive(lock, busy):  # before there is a folder: without its lock held, it would be swept
        try:
            atomic.make_private_folder(folder)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):  # Windows: it is open
                lock.unlink(missing_ok=True)


def mark(folder: Path, ids: Iterable[str]) -> None:
    """Say that a folder shows these people: it is deleted as a whole when one of them is forgotten."""
    for person_id in ids:
        with suppress(FileNotFoundError):  # the folder has just gone
            (folder / f"{person_id}{_MARK}").touch(mode=atomic.FILE_MODE)


def forget(ids: Iterable[str]) -> None:
    """Delete all that carries one of these people's ids, and all that may show anyone."""
    words = (ANYONE, *ids)
    marks = {f"{person_id}{_MARK}" for person_id in words}
    for top, folders, names in os.walk(root()):
        if marks & set(names) and Path(top) != root():
            remove(Path(top))
            folders.clear()
            continue
        for name in [*folders, *names]:
            if any(word in name for word in words):
                remove(Path(top, name))
        folders[:] = [name for name in folders if not any(word in name for word in words)]


def sweep() -> None:
    """Delete what processes that died have left: every folder whose lock nobody holds."""
    for place in (root(), root() / DEEP):
        try:
            names = os.listdir(place)
        except OSError:  # there is none, or it isn't ours to clear
            continue
        for name in {name.removesuffix(".lock") for name in names} - {DEEP, SUBJECT_PICTURES}:
            if (place / name).is_dir() or f"{name}.lock" in names:
                atomic.remove_abandoned(place / name)
    if restoring().is_dir():
        atomic.remove_abandoned(restoring())


def restoring() -> Path:
    """Where a backup is unpacked: in the home itself, so that its folders can be moved to their places."""
    return home() / ".restored"


def delete_subject_pictures() -> None:
    """Delete the pictures that were offered to pick a subject from (`SeveralSubjectsError`)."""
    shutil.rmtree(root() / SUBJECT_PICTURES, ignore_errors=True)


def remove(path: Path) -> None:
    """Delete a file, or a folder with all that is in it, which goes at once: whoever still works there adds nothing."""
    with suppress(FileNotFoundError):
        if path.is_dir() and not path.is_symlink():
            with suppress(PermissionError):  # Windows moves no folder with an open file
                path = path.rename(path.with_name(f"{path.name}-{secrets.token_hex(8)}"))
        atomic.remove(path)

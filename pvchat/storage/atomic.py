"""Private, atomic writes: bytes go in, and whenever the process dies, a reader sees the old state or the new one.

Every write is prepared in a scratch folder on the same file system and moved into place with one rename, which POSIX
and NTFS do in one step. Files are 0600 and folders 0700 whatever the umask says. What a killed process leaves lies in
the scratch folder only; whoever next holds the lock sweeps it. A write that fails (OSError: disk full, no permission)
leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

FOLDER_MODE = 0o700
FILE_MODE = 0o600
SCRATCH = ".scratch"


def make_private_folder(path: Path) -> None:
    """Create a folder and its missing parents, each readable by its owner only."""
    if not path.is_dir():
        make_private_folder(path.parent)
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)


def write_file(path: Path, data: bytes, scratch: Path | None = None, *, durable: bool = True) -> None:
    """Put `data` at `path`, in a folder that exists, in one step, replacing what was there.

    `scratch`: a folder on the same file system for the copy in the making, created when missing; `.scratch` beside the
    file when not given. `durable`: wait until the disk has it (survives a power cut, not only a kill).
    """
    scratch = scratch or path.parent / SCRATCH
    make_private_folder(scratch)
    with drafted(path, scratch) as draft:
        write_new(draft, data, durable)
    if durable:
        sync_folder(path.parent)


@contextmanager
def drafted(path: Path, scratch: Path | None = None) -> Iterator[Path]:
    """A draft in a scratch folder, else beside `path`, for whoever can write only by a file's name.

    It takes the place of `path` when the block ends, and goes where that fails:

        with drafted(folder / "clip.mp4") as draft:
            save_clip(draft, images, 8.0)
    """
    draft = path.with_name(f".{uuid.uuid4().hex}-{path.name}") if scratch is None else scratch / uuid.uuid4().hex
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write_folder(path: Path, files: dict[str, bytes]) -> None:
    """Put a new folder with these files at `path` in one step; `path` must not exist yet."""
    draft = path.parent / SCRATCH / uuid.uuid4().hex
    make_private_folder(draft)
    try:
        for name, data in files.items():
            write_new(draft / name, data, durable=True)
        sync_folder(draft)
        os.rename(draft, path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    sync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Take a folder away in one step (it moves to the scratch folder), then delete its files there."""
    scratch = path.parent / SCRATCH
    make_private_folder(scratch)
    gone = scratch / uuid.uuid4().hex
    os.rename(path, gone)
    sync_folder(path.parent)
    shutil.rmtree(gone)
    sync_folder(scratch)


def sweep(scratch: Path) -> None:
    """Delete everything in the scratch folder; only for the holder of the lock that its writers take.

    A draft that a writer whose lock was broken has put in place meanwhile is passed over.
    """
    if scratch.is_dir():
        for entry in list(os.scandir(scratch)):
            remove(Path(entry.path))


def remove(path: Path) -> None:
    """Delete a file, or a folder with all that is in it; of a link the link goes, not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_abandoned(folder: Path) -> None:
    """Delete a folder and the lock beside it (FOLDER.lock), unless a living process holds that lock."""
    from filelock import FileLock, Timeout

    lock = Path(f"{folder}.lock")
    with suppress(Timeout, OSError), FileLock(str(lock), timeout=0):
        shutil.rmtree(folder, ignore_errors=True)
        lock.unlink(missing_ok=True)


@contextmanager
def exclusive(lock: Path | BaseFileLock, refusal: Exception) -> Iterator[None]:
    """Hold a lock; raises `refusal` where another process or call holds it, for a path without waiting."""
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        try:
            held.enter_context(FileLock(str(lock), timeout=0) if isinstance(lock, Path) else lock)
        except Timeout as error:
            raise refusal from error
        yield


def folder_lock(folder: Path, timeout_s: float) -> BaseFileLock:
    """What writers of a folder hold, not taken yet; whoever waits longer than so many seconds gets a `Timeout`."""
    from filelock import FileLock  # readers need none, and it takes a tenth of a second

    return FileLock(str(folder / ".lock"), timeout=timeout_s, mode=FILE_MODE)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(path: Path) -> None:
    """Make renames in a folder survive a power cut (Windows has no such call and needs none)."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_new(path: Path, data: bytes, durable: bool = True) -> None:
    """Write a file that must not exist yet, for its owner only; `durable`: wait until the disk has it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), FILE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())

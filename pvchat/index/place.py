"""The folder of an index: which files in it are the index's own, and the lock of those who write.

In: a folder. Out: files, a lock; an error that says what to do where it can't be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from pvchat.index.entries import VideoIndexError
from pvchat.storage import atomic

SCRATCH = ".scratch"
LOCK_TIMEOUT_S = 60.0
_OWN = re.compile(r"[0-9a-f]{32}\.safetensors|(faces|figures|clips)-[0-9a-f]{32}\.ivf")


def own_files(root: Path) -> list[Path]:
    """Segments and inverted files in a folder, of whatever manifest."""
    return [path for path in root.iterdir() if _OWN.fullmatch(path.name)]


def open_lock(root: Path) -> filelock.BaseFileLock:
    """The writers' lock of an index; not taken yet."""
    return atomic.lock_of(root, LOCK_TIMEOUT_S)


@contextmanager
def held(root: Path, lock: filelock.BaseFileLock) -> Iterator[None]:
    """Hold an index's lock; the folder is made where there is none.

    Raises:
        VideoIndexError: another process holds it for too long, or the folder can't be written.
    """
    try:
        atomic.make_private_folder(root)
        with lock:
            yield
    except filelock.Timeout as error:
        raise VideoIndexError("another process is changing it.", subject=str(root)) from error
    except OSError as error:
        raise VideoIndexError(
            f"the index can't be written ({error.strerror or error}).", subject=str(root),
            hint="Put it elsewhere with --index FOLDER, or free some space.",
        ) from error  # fmt: skip

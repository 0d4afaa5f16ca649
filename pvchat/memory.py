"""Keeps the memory of a long-running process small; does nothing except on Linux with glibc.

glibc gives every thread that allocates while another does an arena of its own (eight for each core), and what is freed
in one stays there. A server answers in dozens of threads that allocate pictures: with two arenas it stays small.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from contextlib import suppress
from pathlib import Path

ARENAS = 2
_MADV_DONTNEED = 4  # of madvise(2)
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of mallopt(3)
# Bytes from which an allocation is mapped on its own and given back at once: a clip's pictures. What is smaller and
# lives for one call of a network is used again, since the system clears every page that it gives; glibc's limit moves.
_LARGE = 1 << 22


def keep_small() -> None:
    """Make this process keep little memory that it has freed; to be called before threads are started."""
    with suppress(OSError, AttributeError):
        libc = _libc()
        for option, value in ((_M_ARENA_MAX, ARENAS), (_M_MMAP_THRESHOLD, _LARGE), (_M_TRIM_THRESHOLD, 4 * _LARGE)):
            libc.mallopt(option, value)


def give_back() -> None:
    """Collect garbage, and give free memory back to the system."""
    gc.collect()
    trim()


def trim() -> None:
    """Give free memory back to the system: milliseconds."""
    with suppress(OSError, AttributeError):
        _libc().malloc_trim(0)


def unread(folder: Path) -> None:
    """Release the pages of files below `folder` that are mapped read-only; they are read again when needed."""
    with suppress(OSError, AttributeError):
        libc, root = _libc(), f"{folder.resolve()}{os.sep}"
        for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
            place, rights, *_, name = line.split(maxsplit=5)
            if "w" not in rights and name.startswith(root):
                start, end = (int(side, 16) for side in place.split("-"))
                libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED)


def _libc() -> ctypes.CDLL:
    if not sys.platform.startswith("linux"):
        raise OSError
    return ctypes.CDLL(None)

"""A home that is encrypted, or decrypted, file by file: cut off at any moment, it is whole, and goes on when repeated.

In: a home with its key. Out: how many files were converted; LockedError where the key is missing or wrong, or another
process holds a store, OSError where a file can't be read or written. Readers take plain and sealed files alike all the
while, and only then. What is written meanwhile is written as it will be in the end: the key file changes first
(encrypting) or goes last (decrypting), and every store is converted while its lock is held.
"""

from __future__ import annotations

import os

from pvchat.config import home
from pvchat.errors import LockedError
from pvchat.schemas import Progress
from pvchat.storage import atomic, keys, library, private, temporary
from pvchat.storage.stores import files_of_kind, stores

LOCK_TIMEOUT_S = 60.0


def encrypt(progress: Progress | None = None) -> int:
    """Seal every file that isn't yet; the home has its key already."""
    count = _convert(progress, decrypting=False)  # a decryption may have been cut off
    keys.mark_conversion(mixed=False, ending=False)
    temporary.sweep()
    return count


def decrypt(progress: Progress | None = None) -> int:
    """Open every sealed file, then delete the key; a file that can't be opened keeps the key where it is."""
    count = _convert(progress, decrypting=True)
    keys.remove()
    return count


def _convert(progress: Progress | None, decrypting: bool) -> int:
    if keys.current() is None:
        raise LockedError("this home isn't encrypted.", subject=str(home()))
    keys.mark_conversion(mixed=True, ending=decrypting)
    count = 0
    for folder in stores():
        busy = LockedError("another process holds it.", subject=str(folder), hint="Try again.")
        with atomic.exclusive(atomic.folder_lock(folder, LOCK_TIMEOUT_S), busy):
            atomic.sweep(folder / atomic.SCRATCH)  # drafts of writers that died
            files = files_of_kind(folder, sealed=decrypting)
            for number, path in enumerate(files):
                if progress:
                    progress("converting files", number, len(files))
                before = path.stat()  # its dates stay: the cache drops what was used long ago
                private.write(path, private.read(path), folder / atomic.SCRATCH)
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
            count += len(files)
    return count + library.convert()

"""Content keys: a file in, the SHA-256 of its bytes out, under which what the experts said of it is kept.

`ContentKeys` spares the reading where device, inode, size, times of change and of status change are as when the file
was hashed; the last is set by the system alone. A file that changed a moment before it was hashed may change again
within one tick of the clock, so its key isn't kept (as git does: https://git-scm.com/docs/racy-git). Keys of large
files are also kept on disk, beside the analyses: hashing a film takes longer than answering.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from pvchat.storage import atomic, private
from pvchat.video.files import PathLike, open_local

# A file that changed within so long before it was hashed is hashed anew the next time: FAT's clock step.
SETTLED_S = 2.0
MOST = 64  # files that are remembered
LOCK_TIMEOUT_S = 1.0  # longer nobody waits for a convenience
LARGE_BYTES = 32_000_000  # from which a key is kept on disk: hashing that takes a tenth of a second

Stamp = tuple[int, int, int, int, int]


def content_key(path: PathLike) -> str:
    """SHA-256 of a file's bytes, hexadecimal: the key under which a clip's analysis is cached."""
    return _hashed(path)[0]


class ContentKeys:
    """Content keys of files, each hashed once as long as the file stays as it was. Threads may share one.

    Those of large files are also kept on disk, at `kept` if given.
    """

    def __init__(self, kept: Path | None = None) -> None:
        self.kept = kept
        self._known: dict[Stamp, str] = {}
        self._lock = threading.Lock()

    def of(self, path: PathLike) -> str:
        """The key of a file."""
        try:
            now = _stamp(os.stat(path))
        except (OSError, ValueError):  # hashing will say what is wrong
            return content_key(path)
        with self._lock:
            known = self._known.get(now)
        if known is not None:
            return known
        held = self._from_disk(now)
        key, stamp = _hashed(path) if held is None else (held, now)
        if held is None:
            self._keep(stamp, key)
        with self._lock:
            self._known |= {} if stamp is None else {stamp: key}
            while len(self._known) > MOST:
                del self._known[next(iter(self._known))]
        return key

    def _keep(self, stamp: Stamp | None, key: str) -> None:
        """Add a row on disk, under the lock of the analyses beside it: what was purged doesn't come back."""
        if self.kept is None or stamp is None or stamp[2] < LARGE_BYTES:
            return
        with suppress(OSError):  # a convenience: the next process hashes
            atomic.make_private_folder(self.kept.parent)
            with atomic.folder_lock(self.kept.parent, LOCK_TIMEOUT_S):
                rows = {**self._rows(), _as_text(stamp): key}
                private.write(self.kept, json.dumps(dict(list(rows.items())[-MOST:])).encode(), durable=False)

    def _from_disk(self, stamp: Stamp) -> str | None:
        return self._rows().get(_as_text(stamp)) if self.kept is not None and stamp[2] >= LARGE_BYTES else None

    def _rows(self) -> dict[str, str]:
        try:
            rows = json.loads(private.read(self.kept)) if self.kept is not None else {}
        except (OSError, ValueError, RecursionError):
            return {}
        return rows if isinstance(rows, dict) and all(isinstance(key, str) for key in rows.values()) else {}


def _as_text(stamp: Stamp) -> str:
    return " ".join(map(str, stamp))


def _hashed(path: PathLike) -> tuple[str, Stamp | None]:
    """A file's key, and the stamp that it may be remembered by; None where it changed meanwhile or just before."""
    with open_local(path) as file:
        before, began_ns = os.fstat(file.fileno()), time.time_ns()
        digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]  # `BinaryIO` doesn't name `readinto`
        after = os.fstat(file.fileno())
    # a date ahead of the clock, as cameras and clocks that were put back leave it, is no change of just now either
    settled = min(abs(began_ns - then) for then in (before.st_mtime_ns, before.st_ctime_ns)) > SETTLED_S * 1e9
    return digest.hexdigest(), _stamp(after) if settled and _stamp(before) == _stamp(after) else None


def _stamp(stat: os.stat_result) -> Stamp:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns

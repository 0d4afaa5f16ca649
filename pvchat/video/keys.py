"""Content keys: a file in, the SHA-256 of its bytes out, under which what the experts said of it is kept.

`ContentKeys` spares the reading where a file can't have changed since it was hashed: same device, inode, size, times of
change and of status change. The last is set by the system alone: whoever writes new bytes under an old date is seen. A
file that changed a moment before it was hashed may change again within one tick of the clock, so its key isn't kept
(as git does with its index: https://git-scm.com/docs/racy-git).
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import OrderedDict

from pvchat.video.files import CHUNK_BYTES, PathLike, open_local

SETTLED_S = (
    2.0  # a file that changed within so long before it was hashed is hashed anew the next time: FAT's clock step
)
MOST = 64  # files that are remembered

Stamp = tuple[int, int, int, int, int]


def content_key(path: PathLike) -> str:
    """SHA-256 of a file's bytes, hexadecimal: the key under which a clip's analysis is cached.

    Raises:
        VideoReadError: no regular local file, or it can't be opened.
    """
    return _hashed(path)[0]


class ContentKeys:
    """Content keys of files, each hashed once as long as the file stays as it was. Threads may share one."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Stamp, str]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, path: PathLike) -> str:
        """The key of a file.

        Raises:
            VideoReadError: as `content_key`.
        """
        name = os.path.abspath(path)
        try:
            now = _stamp(os.stat(name))
        except (OSError, ValueError):  # hashing will say what is wrong
            return content_key(path)
        with self._lock:
            known = self._known.get(name)
        if known is not None and known[0] == now:
            return known[1]
        key, stamp = _hashed(path)
        with self._lock:
            self._known.pop(name, None)
            if stamp is not None:
                self._known[name] = (stamp, key)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return key


def _hashed(path: PathLike) -> tuple[str, Stamp | None]:
    """A file's key, and the stamp that it may be remembered by; None where it changed meanwhile or just before."""
    digest = hashlib.sha256()
    with open_local(path) as file:
        before, began_ns = os.fstat(file.fileno()), time.time_ns()
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        after = os.fstat(file.fileno())
    settled = began_ns - max(before.st_mtime_ns, before.st_ctime_ns) > SETTLED_S * 1e9
    return digest.hexdigest(), _stamp(after) if settled and _stamp(before) == _stamp(after) else None


def _stamp(stat: os.stat_result) -> Stamp:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns

"""New files are taken in as they come: the folders are looked at every few seconds, and scanned where something is new.

In: what waits, and how it is scanned. Out: a `Report` of each scan that did anything. A file that is still being
written is let be: it is looked at once its size and date have stayed the same from one look to the next, or are older.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pvchat.library.scan import Report, Scanning
from pvchat.library.sources import Stamp, stamp_of

EVERY_S = 5.0  # between two looks at the folders
Waiting = Callable[[], tuple[list[str], list[str]]]


def watch(waiting: Waiting, scan: Callable[[Scanning], Report], how: Scanning, every_s: float) -> Iterator[Report]:
    """Take in what comes, until `how.stop` is set; looks at the folders are `every_s` apart.

    `waiting` tells files that a scan would look at, and known ones that are gone; `scan` looks at those that are
    `ready`.

    Yields:
        A report of each scan that took something in, lost something, or failed on a file.

    Raises:
        LibraryError, PVChatError: nothing was added yet; another process is scanning; a worker died.
    """
    writing = _Writing(every_s)
    while not how.stop.is_set():
        fresh, gone = waiting()
        writing.look(fresh)
        if gone or any(map(writing.done, fresh)):
            report = scan(replace(how, ready=writing.done))
            if report.added or report.moved or report.removed or report.failed:
                yield report
        how.stop.wait(every_s)


@dataclass
class _Writing:
    """Which files have been written to the end: one that was written to is left in peace for `every_s`."""

    every_s: float
    _before: dict[str, Stamp] = field(default_factory=dict)
    _done: set[str] = field(default_factory=set)

    def look(self, paths: list[str]) -> None:
        """Look at the files that wait."""
        now = dict[str, Stamp]()
        for path in paths:
            with suppress(OSError):  # deleted meanwhile
                now[path] = stamp_of(Path(path))
        old = time.time() - self.every_s
        self._done = {path for path, stamp in now.items() if stamp == self._before.get(path) or stamp[1] < old * 1e9}
        self._before = now

    def done(self, path: str) -> bool:
        """Whether a file wasn't written to from one look to the next."""
        return path in self._done

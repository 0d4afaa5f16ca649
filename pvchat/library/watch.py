"""New files are taken in as they come: the folders are looked at every few seconds, and scanned where something is new.

In: what waits, and how it is scanned. Out: a `Report` of each scan that did anything. A file that is still being
written is let be: it is looked at once its size and date have stayed the same from one look to the next, or are older.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pvchat.library.scan import Report, Scanning
from pvchat.library.sources import Stamp, stamp_of

EVERY_S = 5.0  # between two looks at the folders
Waiting = Callable[[], tuple[list[str], list[str]]]


def watch(waiting: Waiting, scan: Callable[[Scanning], Report], how: Scanning, every_s: float) -> Iterator[Report]:
    """Take in what comes, until `how.stop` is set; looks at the folders are `every_s` apart.

    `waiting` tells files that a scan would look at, and known ones that are gone; `scan` looks at those that are
    `ready`. A report comes of each scan that took something in, lost something, or failed on a file.
    """
    before = dict[str, Stamp]()
    while not how.stop.is_set():
        fresh, gone = waiting()
        now, old_ns = _stamps(fresh), (time.time() - every_s) * 1e9
        written = {path for path, stamp in now.items() if stamp == before.get(path) or stamp[1] < old_ns}  # to the end
        before = now
        if gone or written:
            report = scan(replace(how, ready=written.__contains__))
            if report.added or report.moved or report.removed or report.failed:
                yield report
        how.stop.wait(every_s)


def _stamps(paths: Sequence[str]) -> dict[str, Stamp]:
    stamps = dict[str, Stamp]()
    for path in paths:
        with suppress(OSError):  # deleted meanwhile
            stamps[path] = stamp_of(Path(path))
    return stamps

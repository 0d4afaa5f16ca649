"""Looking through what is new in a library: one transaction a clip, so that a run that is killed goes on where it was.

In: the tables, and PVChat, whose experts look at each clip once. Out: a `Report`. Several processes may look at clips,
each with networks of its own; one writes, in the order of the files, so the rows are the same however many there are.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from pvchat.assets import weights
from pvchat.assets.packages import VOICE
from pvchat.errors import PVChatError
from pvchat.library import records
from pvchat.library.recognise import follow, recognise
from pvchat.library.sources import Changes, drop_orphans, notice, stamp_of
from pvchat.library.strangers import places_of, put_back
from pvchat.perception import VERSION
from pvchat.schemas import ClipAnalysis, Progress, Service
from pvchat.storage.library import LibraryError, changing
from pvchat.video import Recorded, content_key, recorded

Opened = Callable[[], Service]
_service: Service | None = None  # of a worker process


@dataclass
class Report:
    """What a scan did: numbers of files, and why some were left out.

    Attributes:
        added: that were looked at.
        heard: that were known, and are listened to since now they can be.
        kept: that were known, and are as they were.
        moved: whose content was known from another path.
        removed: clips that no file shows any more.
        failed: path -> why it can't be used.
        missing: sources that aren't there; their clips are kept.
        footage_s: seconds of footage that were looked at.
        stopped: the scan was stopped early.
    """

    added: int = 0
    heard: int = 0
    kept: int = 0
    moved: int = 0
    removed: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    footage_s: float = 0.0
    stopped: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Scanning:
    """How a scan runs.

    Attributes:
        workers: processes that look at clips; 1: this one.
        opened: makes a PVChat in each of several.
        progress: told how many bytes of files are done, and of how many.
        stop: set to stop after the clip at hand.
        ready: whether a file may be looked at now; the others wait for another scan.
    """

    workers: int = 1
    opened: Opened | None = None
    progress: Progress = lambda what, done, total: None
    stop: threading.Event = field(default_factory=threading.Event)
    ready: Callable[[str], bool] = lambda path: True


def scan(library: sqlite3.Connection, chat: Service, how: Scanning | None = None) -> Report:
    """Look through the files that are new or have changed, and forget those that are gone.

    Raises:
        LibraryError: a worker process died; what was finished is kept.
    """
    how = how or Scanning()
    follow(library, chat, how.progress)
    changes = notice(library)
    unheard = _unheard(library, chat)
    todo = [path for path in changes.todo if how.ready(path)]
    report = Report(kept=changes.kept, missing=changes.missing)
    total = sum(_size(path) for path in (*todo, *unheard))
    done = 0
    for path, seen in _looks(chain(_unknown(library, todo, report), unheard), chat, how):
        if how.stop.is_set():
            report.stopped = True
            break
        how.progress("looking through videos", done, total)
        _enter(library, chat, path, seen, report)
        done += _size(path)
    how.progress("looking through videos", total, total)
    _drop_gone(library, changes, report)
    return report


@dataclass(frozen=True)
class _Look:
    """What was seen of a file, or why nothing was."""

    analysis: ClipAnalysis | None = None
    dated: Recorded | None = None
    problem: str = ""


def look(path: str, chat: Service) -> _Look:
    """One file, looked at and listened to."""
    try:
        analysis = chat.analyse(path)
        return _Look(replace(analysis, sound=chat.listen(path).analysis.sound), recorded(Path(path)))
    except (PVChatError, OSError) as error:
        return _Look(problem=str(error))


def _unheard(library: sqlite3.Connection, chat: Service) -> list[str]:
    """Files of clips that were looked at before they could be listened to, if now they can."""
    if not chat.settings.voice or weights.missing(table=VOICE):
        return []
    words = "SELECT min(f.path) FROM clips AS c JOIN files AS f ON f.clip = c.id WHERE c.sound IS NULL GROUP BY c.id"
    rows = library.execute(words)
    return sorted(path for (path,) in rows if Path(path).exists())


def _unknown(library: sqlite3.Connection, paths: Sequence[str], report: Report) -> Iterator[str]:
    """The files whose content isn't known yet; the others are entered at once."""
    for path in paths:
        try:
            clip, dated = _clip_of(library, content_key(path)), recorded(Path(path))
        except (PVChatError, OSError):
            yield path  # looking at it tells why
            continue
        if clip is None:
            yield path
            continue
        with changing(library):
            _link(library, path, clip, dated)
        report.moved += 1


def _clip_of(library: sqlite3.Connection, key: str) -> int | None:
    """The clip of this content, as this version sees it."""
    found = library.execute("SELECT id FROM clips WHERE key = ? AND version = ?", (key, VERSION)).fetchone()
    return None if found is None else int(found[0])


def _looks(paths: Iterator[str], chat: Service, how: Scanning) -> Iterator[tuple[str, _Look]]:
    """Each file with what is seen of it, in order."""
    if how.workers <= 1 or how.opened is None:
        for path in paths:
            yield path, look(path, chat)
        return
    import multiprocessing

    context = multiprocessing.get_context("spawn")  # forked torch threads hang
    with ProcessPoolExecutor(how.workers, mp_context=context, initializer=_start, initargs=(how.opened,)) as pool:
        waiting: deque[tuple[str, Future[_Look]]] = deque()
        try:
            for path in paths:
                waiting.append((path, pool.submit(_look_here, path)))
                if len(waiting) > 2 * how.workers:
                    yield _finished(waiting)
            while waiting:
                yield _finished(waiting)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _finished(waiting: deque[tuple[str, Future[_Look]]]) -> tuple[str, _Look]:
    path, future = waiting.popleft()
    try:
        return path, future.result()
    except BrokenProcessPool as error:
        hint = "Run it again: it goes on with what is left. Fewer --workers need less memory."
        raise LibraryError("a worker process died.", subject=path, hint=hint) from error


def _start(opened: Opened) -> None:
    global _service
    threading.Thread(target=_follow_parent, daemon=True).start()
    _service = opened()


def _follow_parent() -> None:
    """End this process when the one that scans is gone, however it went."""
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _look_here(path: str) -> _Look:
    assert _service is not None
    return look(path, _service)


def _enter(library: sqlite3.Connection, chat: Service, path: str, seen: _Look, report: Report) -> None:
    """One clip in one transaction: what was seen of it, who is in it, and that its file is done."""
    with changing(library):
        if seen.analysis is None or seen.dated is None:
            library.execute("UPDATE files SET problem = ? WHERE path = ?", (seen.problem, path))
            report.failed[path] = seen.problem
            return
        clip = _clip_of(library, seen.analysis.key)  # another file of the same content may just have come
        if clip is not None and records.keep_sound(library, clip, seen.analysis):
            recognise(library, chat, clip)
            report.heard += 1
            return
        if clip is None:
            before = places_of(library, seen.analysis.key)  # an earlier version's tracks
            clip = records.keep(library, seen.analysis, seen.dated)
            put_back(library, clip, before)
            recognise(library, chat, clip)
        _link(library, path, clip, seen.dated)
    report.added += 1
    report.footage_s += seen.analysis.duration_s


def _link(library: sqlite3.Connection, path: str, clip: int, dated: Recorded) -> None:
    library.execute("UPDATE files SET clip = ?, problem = '' WHERE path = ?", (clip, path))
    words = "UPDATE clips SET recorded = ?, dated_by = ? WHERE id = ?"
    library.execute(words, (dated.at.isoformat(), dated.by, clip))


def _drop_gone(library: sqlite3.Connection, changes: Changes, report: Report) -> None:
    """Forget files that are gone, and clips that no file shows any more."""
    if report.stopped:
        return  # what moved may not have been seen in its new place yet
    with changing(library):
        library.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in changes.gone])
        report.removed = drop_orphans(library)


def _size(path: str) -> int:
    try:
        return stamp_of(Path(path))[0]
    except OSError:  # deleted meanwhile
        return 0

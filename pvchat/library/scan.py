"""Looking through what is new in a library: one transaction a clip, so that a run that is killed goes on where it was.

In: the tables, and PVChat, whose experts look at each clip once. Out: a `Report`. Several processes, or a Ray cluster,
may look at clips, each with networks of its own (`pvchat.pool`); one writes, in the order of the files, so the rows are
the same however many there are.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pvchat import pool
from pvchat.errors import PVChatError, VideoReadError, is_disk_full
from pvchat.library import records
from pvchat.library.recognise import follow, recognise
from pvchat.library.sources import Stamp, drop_orphans, file_stamp, find_changes
from pvchat.library.strangers import groups_of_clip, restore_groups
from pvchat.runtime import share_threads
from pvchat.schemas import ClipAnalysis, Look, Progress, Service
from pvchat.storage.library import transaction
from pvchat.video import Recorded, content_key, recorded

Opened = Callable[[], Service]
_NOT_HEARD = (
    "it was looked at, and not listened to: what hearing needs isn't where that was done. Fetch it there "
    "(`pvchat doctor --fetch --voice`), take the source out of the library, and add it again."
)
Looked = tuple[ClipAnalysis, Recorded] | str  # what was seen of a file, and when it was recorded; or why nothing was


@dataclass
class Report:
    """What a scan did: numbers of files, and why some were left out."""

    added: int = 0  # that were looked at
    kept: int = 0  # that were known, and are as they were
    moved: int = 0  # whose content was known from another path
    removed: int = 0  # clips that no file shows any more
    failed: dict[str, str] = field(default_factory=dict)  # path -> why it can't be used
    missing: list[str] = field(default_factory=list)  # sources that aren't there; their clips are kept
    passed: dict[str, dict[str, int]] = field(default_factory=dict)  # files passed over, as of `sources.Changes`
    footage_s: float = 0.0  # seconds of footage that were looked at
    stopped: bool = False  # the scan was stopped early


@dataclass(frozen=True)
class Scanning:
    """How a scan runs."""

    workers: int = 1  # processes that look at clips; 1 of the local engine: this one
    opened: Opened | None = None  # makes a PVChat in each of several
    engine: str = "local"  # "local" or "ray", as of `pvchat.pool`
    progress: Progress = lambda what, done, total: None  # told how many bytes of files are done, and of how many
    stop: threading.Event = field(default_factory=threading.Event)  # set to stop after the clip at hand
    ready: Callable[[str], bool] = lambda path: True  # whether a file may be looked at now; or another time


def scan(library: sqlite3.Connection, chat: Service, how: Scanning | None = None) -> Report:
    """Look through the files that are new or have changed, and forget those that are gone.

    Raises SettingsError: Ray isn't installed; PVChatError: a worker process died; what was finished is kept.
    """
    how = how or Scanning()
    follow(library, chat, how.progress)
    versions = records.usable_versions(chat)
    changes = find_changes(library, versions)
    report = Report(kept=changes.kept, missing=changes.missing, passed=changes.passed)
    fresh = _without_known(library, [path for path in changes.todo if how.ready(path)], versions, report)
    _look_through(library, chat, fresh, how, report)
    if report.stopped:
        return report  # what moved may not have been seen in its new place yet
    with transaction(library):
        library.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in changes.gone])
        report.removed = drop_orphans(library)
    return report


def _look_through(
    library: sqlite3.Connection, chat: Service, paths: Sequence[str], how: Scanning, report: Report
) -> None:
    """Look at files, and enter each in its turn."""
    sizes = {path: size for path, (size, _) in stamps_of(paths).items()}
    total, done, beside = sum(sizes.values()), 0, min(how.workers, len(paths))
    if how.opened is not None and (how.engine != "local" or beside > 1):
        found = pool.results(paths, partial(_look_in_worker, how.opened, beside), how.workers, how.engine, ordered=True)
    else:
        found = pool.results(paths, lambda: partial(look, chat=chat))
    with closing(found) as looks:
        for number, seen in looks:
            _enter(library, chat, paths[number], seen, report)
            done += sizes.get(paths[number], 0)
            how.progress("looking through videos", done, total)
            if how.stop.is_set():
                report.stopped = True
                return


def look(path: str, chat: Service) -> Looked:
    """One file, looked at and listened to."""
    try:
        analysis = chat.analyse(path)
        try:
            return chat.listen(path, Look(analysis)).analysis, recorded(Path(path))
        finally:
            chat.evict(analysis.key)
    except VideoReadError as error:
        return str(error).removeprefix(f"{error.subject}: ")  # the report names the file itself
    except OSError as error:
        if is_disk_full(error):
            raise  # that isn't the file's fault: it would never be looked at again
        return str(error)


def _look_in_worker(opened: Opened, workers: int) -> Callable[[str], Looked]:
    """`look` with a PVChat of its own, in one of several workers."""
    share_threads(workers)
    return partial(look, chat=opened())


def _without_known(library: sqlite3.Connection, paths: Sequence[str], versions: set[str], report: Report) -> list[str]:
    """Link files of known content to their clips; the other files."""
    fresh = list[str]()
    for path in paths:
        try:
            key, dated = content_key(path), recorded(Path(path))
        except (PVChatError, OSError):
            fresh.append(path)  # looking at it tells why
            continue
        clip = _clip_of(library, key, versions)
        if clip is None:
            fresh.append(path)
            continue
        with transaction(library):
            _link(library, path, clip, dated)
        report.moved += 1
    return fresh


def _clip_of(library: sqlite3.Connection, key: str, versions: set[str]) -> int | None:
    """The clip of this content, as one of some versions sees it."""
    found = library.execute("SELECT id, version FROM clips WHERE key = ?", (key,)).fetchone()
    return None if found is None or found[1] not in versions else int(found[0])


def _enter(library: sqlite3.Connection, chat: Service, path: str, seen: Looked, report: Report) -> None:
    """One clip in one transaction: what was seen of it, who is in it, and that its file is done."""
    with transaction(library):
        if isinstance(seen, str):
            again = not os.access(path, os.R_OK)  # whose rights may be given later, which changes neither size nor date
            words = "UPDATE files SET problem = ?, changed = iif(?, 0, changed) WHERE path = ?"
            library.execute(words, (seen, again, path))
            report.failed[path] = seen
            return
        analysis, dated = seen
        usable = records.usable_versions(chat)
        clip = _clip_of(library, analysis.key, usable)
        if clip is not None:  # another file of the same content has just come
            report.moved += 1
        else:
            before = groups_of_clip(library, analysis.key)  # an earlier version's tracks
            clip = records.write_clip(library, analysis, dated)
            restore_groups(library, clip, before)
            recognise(library, chat, clip)
            report.added += 1
            report.footage_s = round(report.footage_s + analysis.duration_s, 2)
        _link(library, path, clip, dated)
        if clip != _clip_of(library, analysis.key, usable):  # it would be looked at again and again
            report.failed[path] = _NOT_HEARD
            library.execute("UPDATE files SET problem = ? WHERE path = ?", (_NOT_HEARD, path))


def _link(library: sqlite3.Connection, path: str, clip: int, dated: Recorded) -> None:
    """Say that a file shows a clip, and date the clip by it; a copy of a file that is still there dates nothing, unless
    it alone has a date of its own.
    """
    others = library.execute("SELECT path FROM files WHERE clip = ? AND path <> ?", (clip, path)).fetchall()
    library.execute("UPDATE files SET clip = ?, problem = '' WHERE path = ?", (clip, path))
    alone = not any(os.path.exists(other) for (other,) in others)
    words = "UPDATE clips SET recorded = ?, dated_by = ? WHERE id = ? AND (? OR dated_by = 'file' AND ? <> 'file')"
    library.execute(words, (dated.at.isoformat(), dated.by, clip, alone, dated.by))


def stamps_of(paths: Sequence[str]) -> dict[str, Stamp]:
    """Size and date of each of these files that is there."""
    stamps = dict[str, Stamp]()
    for path in paths:
        with suppress(OSError):  # deleted meanwhile
            stamps[path] = file_stamp(Path(path))
    return stamps

"""A folder of videos becomes an index, or an index follows what has changed in its folder.

In: a folder, PVChat (whose experts look at each clip once; its cache keeps what they saw). Out: a `IndexReport`. Files
are told apart by path, size and time of change; only new and changed ones are read. What was indexed is written every
few clips, so a run that is stopped goes on where it was.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pvchat.errors import PVChatError
from pvchat.index.entries import DamagedIndexError, VideoIndexError, describe
from pvchat.index.store import VideoIndex, earlier_files
from pvchat.perception import VERSION
from pvchat.schemas import Progress, Service

INSIDE = ".pvchat-index"  # the index of a folder lies in it, where no other place is named
SUFFIXES = frozenset((".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".webp", ".jpg", ".jpeg", ".png"))
_BATCH = 8  # clips between two writes

Stamp = tuple[int, int]


@dataclass
class IndexReport:
    """What an update did: numbers of clips, and why files were left out.

    Attributes:
        added: clips that are new in the index.
        kept: files that were in it and haven't changed.
        removed: clips whose files are gone or changed.
        failed: path -> why it can't be used.
        stopped: the update was stopped early.
    """

    added: int = 0
    kept: int = 0
    removed: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    stopped: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON."""
        return asdict(self)


def place(folder: Path, index: Path | None = None) -> Path:
    """Where the index of a folder lies: `index` if named, the folder itself if it is an index, else inside it."""
    if index is not None:
        return Path(index)
    there = VideoIndex.exists(folder) or earlier_files(Path(folder))
    return Path(folder) if there else Path(folder) / INSIDE


def open_index(folder: Path, index: Path | None = None) -> VideoIndex:
    """The index of a folder.

    Raises:
        VideoIndexError: there is none, or it can't be read.
    """
    root = place(folder, index)
    if not VideoIndex.exists(root):
        raise VideoIndexError("there is no index here.", subject=str(root), hint=f"Run: pvchat index build {folder}")
    return VideoIndex(root)


def update(
    folder: Path,
    chat: Service,
    index: Path | None = None,
    *,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> IndexReport:
    """Bring the index of a folder up to date; makes it the first time.

    Vectors of other experts than today's can't be compared: such an index, and a damaged one, is made anew.

    Args:
        folder: of videos and photos, subfolders included; hidden ones and links are not followed.
        chat: analyses the clips.
        index: where it lies, see `place`.
        progress: called with what is being done, how much of it is done, and how much there is.
        stop: set to stop after the clip at hand; what was indexed is kept.

    Raises:
        VideoIndexError: the folder is missing or holds no clip, or the index can't be written.
    """
    folder, root = Path(folder).absolute(), place(folder, index)
    if not folder.is_dir():
        raise VideoIndexError("there is no such folder.", subject=str(folder), hint="Name a folder of videos.")
    found = _fresh_or_kept(root)
    known = {path: stamp for clip in found.clips() for path, stamp in clip.files.items()}
    there = dict(walk(folder))
    if not there and not known:
        hint = f"Files are told by their endings: {', '.join(sorted(SUFFIXES))}; links to folders are not followed."
        raise VideoIndexError("no clip or photo is in this folder.", subject=str(folder), hint=hint)
    gone = [path for path in known if Path(path).is_relative_to(folder) and path not in there]
    changed = [path for path, stamp in there.items() if path in known and known[path] != stamp]
    report = IndexReport(kept=sum(known.get(path) == stamp for path, stamp in there.items()))
    if gone or changed:
        report.removed = found.remove(paths=[*gone, *changed])
    todo = [path for path, stamp in there.items() if known.get(path) != stamp]
    return _add(found, todo, chat, report, progress, stop)


def add(
    root: Path,
    paths: Sequence[Path],
    chat: Service,
    *,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> IndexReport:
    """Add single files, wherever they lie, to the index in `root`; it is made when there is none.

    Raises:
        VideoIndexError: the index can't be read or written.
    """
    return _add(VideoIndex(root), [str(Path(p).absolute()) for p in paths], chat, IndexReport(), progress, stop)


def walk(folder: Path) -> Iterator[tuple[str, Stamp]]:
    """Files of a folder that may be clips or photos, sorted: absolute path, (bytes, mtime in ns)."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if path.suffix.lower() in SUFFIXES and not name.startswith("."):
                with suppress(OSError):  # a link into nowhere, or deleted meanwhile
                    if path.is_file():
                        yield str(path), _stamp(path)


def _fresh_or_kept(root: Path) -> VideoIndex:
    """The index of a folder; one that is damaged, or an earlier version's, is deleted first.

    Raises:
        VideoIndexError: it can't be read now; it may be whole.
    """
    index = VideoIndex(root)
    try:
        if index.experts in ("", VERSION) and not earlier_files(root):
            return index
    except DamagedIndexError:
        pass
    index.erase(root)
    return index


def _add(
    index: VideoIndex,
    paths: Sequence[str],
    chat: Service,
    report: IndexReport,
    progress: Progress | None,
    stop: threading.Event | None,
) -> IndexReport:
    for first in range(0, len(paths), _BATCH):
        described = []
        for number, path in enumerate(paths[first : first + _BATCH], first):
            if stop is not None and stop.is_set():
                report.stopped = True
                break
            if progress is not None:
                progress("indexing clips", number, len(paths))
            try:
                stamp = _stamp(Path(path))  # before it is read: what changes meanwhile is read again
                described.append(describe(chat.analyse(path), {path: stamp}))
            except FileNotFoundError:
                report.failed[path] = "no such file."
            except (PVChatError, OSError) as error:
                report.failed[path] = str(error)
        if described:
            report.added += index.add(described, VERSION)
        if report.stopped:
            break
    if progress is not None:
        progress("indexing clips", len(paths), len(paths))
    return report


def _stamp(path: Path) -> Stamp:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns

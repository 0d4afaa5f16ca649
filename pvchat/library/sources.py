"""The folders, files and cameras of a library, and what has changed in the files.

In: paths, addresses. Out: rows of `sources` and `files`. A file is known by its path, size and date; a clip by the
content of its files, so that a moved or copied one isn't looked at again. A source that isn't there (a disk that is
unplugged) keeps its clips. A camera's path is its address without password, by which it is shown and named; the whole
address stands beside it and is read by nobody but who opens the camera. What can't be added or isn't there is a
LibraryError.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pvchat.library import records
from pvchat.storage.library import LibraryError, drop_clips, shrink, transaction
from pvchat.storage.stores import stores
from pvchat.video import Address, read_address
from pvchat.video.files import SUFFIXES, walk

Stamp = tuple[int, int]  # bytes, date in nanoseconds
_ENTER_FILE = (
    "INSERT INTO files(path, source, bytes, changed) VALUES (?, ?, ?, ?) ON CONFLICT(path) DO UPDATE SET "
    "bytes = excluded.bytes, changed = excluded.changed, clip = NULL, problem = ''"
)


@dataclass(frozen=True)
class Source:
    """One folder or file of a library."""

    path: str  # absolute
    place: str  # what it is called where its clips were recorded ("kitchen"); "" for no name
    files: int  # how many are known
    clips: int  # of how many different contents
    seconds: float  # of footage that was looked at
    waiting: int  # files that weren't looked at yet
    outdated: int = 0  # of its clips, but for a camera's, an earlier version measured so many
    failed: dict[str, str] = field(default_factory=dict)  # path -> why it can't be used
    passed: dict[str, int] = field(default_factory=dict)  # how many files are passed over, by ending or other reason


@dataclass
class Changes:
    """What is to be done about the files of a library."""

    todo: list[str] = field(default_factory=list)  # files that are new, changed, or looked at by an earlier version
    kept: int = 0  # how many are as they were
    gone: list[str] = field(default_factory=list)  # files that were deleted, or moved
    missing: list[str] = field(default_factory=list)  # sources that aren't there at all
    passed: dict[str, dict[str, int]] = field(default_factory=dict)  # of each folder, as of `Source`


def add(library: sqlite3.Connection, paths: Sequence[Path], place: str | None) -> list[str]:
    """Add folders and files; those that are there already may get another place. The paths, absolute."""
    wanted = [_absolute(path) for path in paths]
    known = [Path(row[0]) for row in library.execute("SELECT path FROM sources WHERE camera IS NULL")]
    for path in wanted:
        if not os.path.exists(path):  # also of what is too long for a path
            raise LibraryError("there is no such file or folder.", subject=str(path), hint="Look at the spelling.")
        if any(path.resolve().is_relative_to(place.resolve()) for place in stores()):
            raise LibraryError("this is PVChat's own.", subject=str(path), hint="Cameras' clips are videos already.")
        if path.is_file() and path.suffix.lower() not in SUFFIXES:
            hint = f"Files are told by their endings: {', '.join(sorted(SUFFIXES))}."
            raise LibraryError("this is no video or photo.", subject=str(path), hint=hint)
        for other in [*known, *wanted]:
            if path != other and (path.is_relative_to(other) or other.is_relative_to(path)):
                there, hint = "", "Name one of them."
                if other in known:
                    there, hint = " is in the library", f"Take that out first: pvchat library remove '{other}'."
                raise LibraryError(f"one lies in the other: {other}{there}.", subject=str(path), hint=hint)
    with transaction(library):
        for path in wanted:
            library.execute("INSERT OR IGNORE INTO sources(path, place) VALUES (?, '')", (str(path),))
            _name_place(library, str(path), place)
    return [str(path) for path in wanted]


def add_camera(library: sqlite3.Connection, address: Address, place: str | None) -> int:
    """Add a camera, or give one another place or password; its number."""
    path = address.without_password
    with transaction(library):
        found = library.execute("SELECT camera FROM sources WHERE path = ?", (path,)).fetchone()
        if found is not None and found[0] is None:
            hint = f"Take it out first: pvchat library remove '{path}'."
            raise LibraryError("this is in the library as a video.", subject=path, hint=hint)
        words = "INSERT INTO sources(path, place, camera) VALUES (?, '', ?) ON CONFLICT(path) DO UPDATE"
        password = address.text != path  # else it was typed without, and keeps the one that it has
        library.execute(f"{words} SET camera = CASE WHEN ? THEN excluded.camera ELSE camera END",
                        (path, address.text, password))  # fmt: skip
        _name_place(library, path, place)
        return int(library.execute("SELECT id FROM sources WHERE path = ?", (path,)).fetchone()[0])


def camera_of(library: sqlite3.Connection, text: str) -> Address:
    """The camera of an address, with the password that it was added with, if it was; also of its place's name."""
    rows = dict(library.execute("SELECT path, camera FROM sources WHERE camera IS NOT NULL"))
    address = read_address(rows.get(text if text in rows else _of_place(library, text, "camera IS NOT NULL"), text))
    typed = address.text != address.without_password
    return address if typed else read_address(rows.get(address.without_password, address.text))


def remove(library: sqlite3.Connection, path: str) -> None:
    """Take a source, or the only one of a place, and all of its clips out; the videos stay, a camera's clips don't."""
    whole = read_address(path).without_password if "://" in path else str(_absolute(path))
    with transaction(library):
        found = library.execute("SELECT path FROM sources WHERE path IN (?, ?)", (whole, path)).fetchone()
        whole = (found[0] if found else _of_place(library, path)) or whole
        clips = "SELECT path FROM files WHERE source = (SELECT id FROM sources WHERE path = ? AND camera IS NOT NULL)"
        drop_clips(library, [row[0] for row in library.execute(clips, (whole,))])
        if not library.execute("DELETE FROM sources WHERE path = ?", (whole,)).rowcount:
            known = [row[0] for row in library.execute("SELECT path FROM sources ORDER BY path")]
            hint = f"There are: {', '.join(known)}." if known else "The library is empty."
            raise LibraryError("this was not added to the library.", subject=whole, hint=hint)
        drop_orphans(library)
    shrink(library)


def sources(library: sqlite3.Connection, passed: Mapping[str, dict[str, int]]) -> list[Source]:
    """All folders and files that were added, in order; `passed` as of `Changes`."""
    found = []
    each = "SELECT path, clip, problem, version, seconds FROM files LEFT JOIN clips ON id = clip WHERE source = ?"
    added = library.execute("SELECT id, path, place, camera FROM sources ORDER BY id").fetchall()
    for number, path, place, camera in added:
        files = library.execute(each, (number,)).fetchall()
        clips = {clip: length for _, clip, *_, length in files if clip is not None}
        now = (None, records.VERSION, records.VERSION + records.LISTENED_TO)
        old = {clip for _, clip, problem, version, _ in files if version not in now and not (camera or problem)}
        failed = {name: problem for name, _, problem, *_ in files if problem}
        waiting = sum(clip is None and not problem for _, clip, problem, *_ in files)
        seconds = round(sum(clips.values(), 0.0), 2)
        counts = len(files), len(clips), seconds, waiting, len(old)
        found.append(Source(path, place, *counts, failed, passed.get(path, {})))
    return found


def find_changes(library: sqlite3.Connection, versions: set[str]) -> Changes:
    """Enter new and changed files, to be looked at; after them those whose clips are of other than these versions.

    Such a clip stays in the library, and is asked about, until it was looked at anew; where that fails, the next scan
    tries again.
    """
    changes, again = Changes(), list[str]()
    words = "SELECT path, bytes, changed, problem, version FROM files LEFT JOIN clips ON id = clip WHERE source = ?"
    with transaction(library, derived=True):
        rows = library.execute("SELECT id, path FROM sources WHERE camera IS NULL ORDER BY id").fetchall()
        for source, path in rows:
            if not Path(path).exists():
                changes.missing.append(path)
                continue
            passed = Counter[str]()
            there = dict(walk(Path(path), passed)) if Path(path).is_dir() else {path: file_stamp(Path(path))}
            changes.passed |= {path: dict(found)} if (found := +passed) else {}
            known = {name: row for name, *row in library.execute(words, (source,))}
            for name, stamp in there.items():
                size, changed, problem, version = known.get(name, (0, 0, "", None))
                hopeless = problem and version in (None, records.VERSION)  # till it changes, or can be listened to
                if (size, changed) == stamp and (hopeless or version in versions):
                    changes.kept += 1
                elif (size, changed) == stamp and version is not None:
                    again.append(name)
                else:
                    changes.todo.append(name)
                    library.execute(_ENTER_FILE, (name, source, *stamp))
            changes.gone += [name for name in known if name not in there]
    changes.todo += again
    return changes


def drop_orphans(library: sqlite3.Connection) -> int:
    """Delete the clips that no file shows any more; how many."""
    return library.execute("DELETE FROM clips WHERE id NOT IN (SELECT clip FROM files WHERE clip IS NOT NULL)").rowcount


def file_stamp(path: Path) -> Stamp:
    """Size and date of a file; raises OSError."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _absolute(path: str | Path) -> Path:
    """Where a path leads, without ".."; that of an unknown "~user" stays as it is, and isn't there."""
    return Path(os.path.abspath(os.path.expanduser(path)))


def _of_place(library: sqlite3.Connection, place: str, condition: str = "TRUE") -> str:
    """The path of the only source, of those that fulfil a condition, whose place is called so; "" where none is."""
    rows = library.execute(f"SELECT path, place FROM sources WHERE {condition} ORDER BY id")
    found = [path for path, called in rows if called and called.casefold() == place.casefold()]
    if len(found) > 1:
        raise LibraryError("this place is of several.", subject=place, hint=f"Name one of them: {', '.join(found)}.")
    return found[0] if found else ""


def _name_place(library: sqlite3.Connection, path: str, place: str | None) -> None:
    """Call a source's place so, also in rules if no other camera is there; None: as it is called."""
    if place is None:
        return
    before: str = library.execute("SELECT place FROM sources WHERE path = ?", (path,)).fetchone()[0]
    after = " ".join(place.split())
    library.execute("UPDATE sources SET place = ? WHERE path = ?", (after, path))
    others = "SELECT 1 FROM sources WHERE camera IS NOT NULL AND lower(place) = lower(?)"
    now = "SELECT json_group_array(CASE lower(value) WHEN lower(?) THEN ? ELSE value END) FROM json_each(rules.sources)"
    library.execute(f"UPDATE rules SET sources = ({now}) WHERE NOT EXISTS ({others})", (before, after or path, before))

"""`VideoIndex`: one folder that holds an index, `index.db`, an SQLite database of clips and their vectors.

Every change is one transaction, so a reader sees the old index or the new one, and a killed writer leaves nothing. What
is removed is overwritten with zeros (`secure_delete`). A search compares all vectors: docs/adr/0054-index.md says why.

faiss and torch each bring an OpenMP runtime. Their loops don't run at once here, threads are set around every call of
faiss (`threads`), and on macOS, where two runtimes in one process can crash, faiss gets one thread.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat import runtime
from pvchat.index.entries import (
    KINDS,
    WIDTHS,
    ClipEntry,
    DamagedIndexError,
    Kind,
    TrackEntry,
    VideoIndexError,
    Views,
)
from pvchat.schemas import FloatArray, IntArray
from pvchat.storage import atomic

FILE = "index.db"
# What earlier versions wrote in place of it: which files there are, vectors, and, while it was written, drafts.
_EARLIER, _EARLIER_DRAFTS = "index.json", ".scratch"
_EARLIER_FILES = re.compile(r"\.lock|[0-9a-f]{32}\.safetensors|(faces|figures|clips)-[0-9a-f]{32}\.ivf")
WAIT_S = 60.0  # for another process that writes
_VERSION = 1  # of the tables, in `PRAGMA user_version`; 0: there are none yet
_TABLES = """
CREATE TABLE experts(version TEXT NOT NULL);
CREATE TABLE clips(number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, entry TEXT NOT NULL);
CREATE TABLE vectors(
  kind TEXT NOT NULL, clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE, tracks BLOB NOT NULL,
  rows BLOB NOT NULL, PRIMARY KEY(kind, clip));
"""
_AT_ONCE = 2000  # clips whose vectors are compared at once


@dataclass(frozen=True)
class Hit:
    """One track (or clip) near to what was asked for.

    Attributes:
        clip: its entry.
        track: its entry; None for a hit among clips.
        distance: Euclidean, of its nearest vector.
    """

    clip: ClipEntry
    track: TrackEntry | None
    distance: float

    @property
    def id(self) -> str:
        """What `pvchat index remove` takes: the clip's key, shortened."""
        return self.clip.key[:12]


class VideoIndex:
    """An index in a folder; made by the first `add`. Any number of threads and processes may read and write it.

    Args:
        root: the folder.

    Raises:
        VideoIndexError: (each method) it can't be read or written.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    @staticmethod
    def exists(root: Path) -> bool:
        """Whether there is an index in this folder."""
        return (Path(root) / FILE).is_file()

    @property
    def experts(self) -> str:
        """Version of the experts that made the vectors; "" while empty."""
        with self._open() as index:
            return _experts(index)

    def clips(self) -> list[ClipEntry]:
        """All entries, first added first."""
        with self._open() as index:
            return _entries(index)

    def find_clip(self, what: str) -> ClipEntry | None:
        """The clip with this path, this key or this beginning of a key (eight digits or more)."""
        for clip in self.clips():
            if what in clip.files or (len(what) >= 8 and clip.key.startswith(what)):
                return clip
        return None

    def views(self, clip: ClipEntry, kind: Kind) -> Views:
        """Vectors [V, D] of each track of a clip, by track number (`NO_TRACK` for kind "clips"); {} of one removed."""
        words = "SELECT tracks, rows FROM vectors WHERE kind = ? AND clip = ?"
        with self._open() as index:
            row = index.execute(words, (kind, clip.number)).fetchone()
            if row is None:  # the clip was removed meanwhile
                return {}
            tracks, rows = row
        numbers, vectors = np.frombuffer(tracks, np.int32), _vectors(rows, kind)
        return {int(number): vectors[numbers == number] for number in np.unique(numbers)}

    def nearest(self, kind: Kind, queries: FloatArray, k: int, *, but: Iterable[str] = ()) -> list[Hit]:
        """The k tracks (clips for kind "clips") whose nearest vector is nearest to any of the queries.

        Args:
            kind: of the tracks.
            queries: [Q, D], views of one person or figure; nothing is near to none.
            k: how many.
            but: keys of clips to leave out.
        """
        if not len(queries):
            return []
        apart, owners = [np.zeros(0, np.float32)], [np.zeros((0, 2), np.int64)]
        with self._open() as index:
            for each, vectors in _blocks(index, kind, but):
                firsts = np.flatnonzero(np.append(True, (np.diff(each, axis=0) != 0).any(1)))
                apart.append(np.minimum.reduceat(distances(queries, vectors), firsts))
                owners.append(each[firsts])
            found, order = np.concatenate(owners), np.argsort(np.concatenate(apart), kind="stable")[:k]
            clips = {clip.number: clip for clip in _entries(index, "number", found[order, 0].tolist())}
        hits = zip(found[order].tolist(), np.concatenate(apart)[order].tolist(), strict=True)
        return [_hit(clips[number], track, distance) for (number, track), distance in hits]

    def add(self, described: Sequence[tuple[ClipEntry, dict[Kind, Views]]], experts: str) -> int:
        """Add clips as `describe` gives them; returns how many are new.

        A clip whose bytes are in the index already gains the new paths only.

        Args:
            described: entries and vectors.
            experts: version of the experts that made the vectors.

        Raises:
            VideoIndexError: other experts made the rest of the index; it can't be written.
        """
        self._refuse_other_folders()
        with self._open(change=True) as index:
            if _experts(index) not in ("", experts) and index.execute("SELECT 1 FROM clips").fetchone():
                what, hint = "its vectors were made by other experts than these.", "Build the index anew."
                raise VideoIndexError(what, subject=str(self.root), hint=hint)
            index.execute("DELETE FROM experts")
            index.execute("INSERT INTO experts VALUES (?)", (experts,))
            known = {clip.key: clip for clip in _entries(index, "key", [entry.key for entry, _ in described])}
            before = len(known)
            for entry, views in described:
                mine = known.setdefault(entry.key, entry)
                mine.files |= entry.files
                if mine is entry:
                    _insert(index, entry, views)
                else:
                    _rewrite(index, mine)
            return len(known) - before

    def remove(self, keys: Iterable[str] = (), paths: Iterable[str] = ()) -> int:
        """Remove clips; their vectors are gone from the disk afterwards. Returns how many clips went.

        Args:
            keys: of clips.
            paths: of files: a clip goes when none of its files is left.
        """
        keys, paths, gone = set(keys), set(paths), 0
        with self._open(change=True) as index:
            for clip in _entries(index):
                left = {path: stamp for path, stamp in clip.files.items() if path not in paths}
                if clip.key in keys or not left:
                    index.execute("DELETE FROM clips WHERE number = ?", (clip.number,))
                    gone += 1
                elif len(left) < len(clip.files):
                    clip.files = left
                    _rewrite(index, clip)
        return gone

    @staticmethod
    def erase(root: Path) -> bool:
        """Delete an index, readable or not, also an earlier version's; what else lies in the folder stays.

        Returns:
            Whether there was one.

        Raises:
            VideoIndexError: it can't be deleted.
        """
        try:
            mine = [path for name in (FILE, f"{FILE}-journal") if (path := Path(root) / name).exists()]
            mine += earlier_files(root)
            for path in mine:
                path.unlink(missing_ok=True)
            return bool(mine)
        except OSError as error:
            raise VideoIndexError(f"the index can't be deleted ({error.strerror}).", subject=str(root)) from error

    def info(self) -> dict[str, Any]:
        """Counts and sizes."""
        clips = self.clips()
        with self._open() as index:
            counts = dict(index.execute("SELECT kind, sum(length(tracks)) / 4 FROM vectors GROUP BY kind"))
        return {
            "folder": str(self.root),
            "clips": len(clips),
            "files": sum(len(clip.files) for clip in clips),
            "tracks": {kind: sum(t.kind == kind for c in clips for t in c.tracks) for kind in ("face", "figure")},
            "vectors": {kind: counts.get(kind, 0) for kind in KINDS},
            "bytes": (self.root / FILE).stat().st_size,
            "experts": self.experts,
        }

    @contextmanager
    def _open(self, change: bool = False) -> Iterator[sqlite3.Connection]:
        """The database in one transaction. Where there is none: one is made to be changed, an empty one is read."""
        path, subject = self.root / FILE, str(self.root)
        try:
            if change:
                atomic.make_private_folder(self.root)
                with suppress(FileExistsError):  # closing one that SQLite has open here would drop its locks
                    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, atomic.FILE_MODE))
            place = str(path) if path.exists() else ":memory:"
            with closing(sqlite3.connect(place, WAIT_S, isolation_level=None)) as index:
                index.execute("PRAGMA secure_delete = ON")
                index.execute("PRAGMA foreign_keys = ON")
                index.execute("BEGIN IMMEDIATE" if change else "BEGIN")
                _require_tables(index)
                yield index
                index.execute("COMMIT")
        except (sqlite3.OperationalError, OSError) as error:  # locked, the disk is full, no permission
            what = f"the index can't be read or written ({getattr(error, 'strerror', None) or error})."
            hint = "Try again, put it elsewhere with --index FOLDER, or free some space."
            raise VideoIndexError(what, subject=subject, hint=hint) from error
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            what, hint = f"the index is damaged ({error}).", "Build the index again."
            raise DamagedIndexError(what, subject=subject, hint=hint) from error

    def _refuse_other_folders(self) -> None:
        if earlier_files(self.root):
            what, hint = "an earlier version of PVChat made the index.", "Build the index again."
            raise VideoIndexError(what, subject=str(self.root), hint=hint)
        there = [path for path in self.root.glob("*") if not path.name.startswith(".")]
        if there and not self.exists(self.root):
            what = "there is no index in this folder, but other files are."
            raise VideoIndexError(what, subject=str(self.root), hint="Name an empty or a new folder.")


def earlier_files(root: Path) -> list[Path]:
    """The files of an index that an earlier version made in this folder, the one that tells so last."""
    root = Path(root)
    listed = root / _EARLIER
    if not listed.is_file() or b'"segments"' not in listed.read_bytes():
        return []
    drafts = [path for path in (root / _EARLIER_DRAFTS).glob("*") if path.is_file()]
    return [path for path in root.iterdir() if _EARLIER_FILES.fullmatch(path.name)] + [*drafts, listed]


def distances(queries: FloatArray, vectors: FloatArray) -> FloatArray:
    """Euclidean distance of each vector [n, D] to the nearest query [Q, D]: [n]."""
    import faiss

    with threads():
        squares = faiss.pairwise_distances(np.ascontiguousarray(queries, np.float32), np.ascontiguousarray(vectors))
    return np.asarray(np.sqrt(np.maximum(squares.min(0), 0)))


@contextmanager
def threads() -> Iterator[None]:
    """Let faiss compute on so many threads meanwhile as networks do."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1 if sys.platform == "darwin" else runtime.threads())
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _require_tables(index: sqlite3.Connection) -> None:
    """Make the tables where there are none; raises ValueError where they are another version's."""
    version = index.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        for statement in _TABLES.split(";\n"):
            index.execute(statement)
        index.execute(f"PRAGMA user_version = {_VERSION}")
    elif version != _VERSION:
        raise ValueError("another version of PVChat made it")


def _experts(index: sqlite3.Connection) -> str:
    row = index.execute("SELECT version FROM experts").fetchone()
    return "" if row is None else str(row[0])


def _entries(index: sqlite3.Connection, by: str = "", values: Sequence[int | str] = ()) -> list[ClipEntry]:
    """The entries of all clips, or of those with these values in a column."""
    from pydantic import TypeAdapter

    where = f"WHERE {by} IN (SELECT value FROM json_each(?))" if by else "WHERE ? IS NOT NULL"
    rows = index.execute(f"SELECT number, entry FROM clips {where} ORDER BY number", (json.dumps(list(values)),))
    told = [{**json.loads(entry), "number": number} for number, entry in rows]
    return TypeAdapter(list[ClipEntry]).validate_python(told)


def _insert(index: sqlite3.Connection, entry: ClipEntry, views: dict[Kind, Views]) -> None:
    """Enter a clip, which gets its number."""
    words = "INSERT INTO clips(key, entry) VALUES (?, ?)"
    number = index.execute(words, (entry.key, json.dumps(asdict(entry)))).lastrowid
    assert number is not None
    entry.number = number
    for kind, mine in views.items():
        tracks = np.repeat(np.array(list(mine), np.int32), [len(rows) for rows in mine.values()])
        vectors = np.concatenate([np.zeros((0, WIDTHS[kind])), *mine.values()]).astype(np.float32)
        row = (kind, entry.number, tracks.tobytes(), vectors.tobytes())
        index.execute("INSERT INTO vectors VALUES (?, ?, ?, ?)", row)


def _rewrite(index: sqlite3.Connection, entry: ClipEntry) -> None:
    index.execute("UPDATE clips SET entry = ? WHERE number = ?", (json.dumps(asdict(entry)), entry.number))


def _blocks(
    index: sqlite3.Connection, kind: Kind, but: Iterable[str]
) -> Iterator[tuple[IntArray, FloatArray]]:  # fmt: skip
    """Vectors [n, D] of all clips but those of these keys, and whose they are [n, 2]: numbers of clip and track."""
    words = (
        "SELECT clip, tracks, rows FROM vectors WHERE kind = ? AND length(rows) > 0 AND clip NOT IN "
        "(SELECT number FROM clips WHERE key IN (SELECT value FROM json_each(?))) ORDER BY clip"
    )
    found = index.execute(words, (kind, json.dumps(list(but))))
    while block := found.fetchmany(_AT_ONCE):
        clips, tracks, rows = zip(*block, strict=True)
        numbers = np.repeat(clips, [len(one) // 4 for one in tracks])
        owners = np.column_stack([numbers, np.frombuffer(b"".join(tracks), np.int32)]).astype(np.int64)
        yield owners, _vectors(b"".join(rows), kind)


def _vectors(data: bytes, kind: Kind) -> FloatArray:
    return np.frombuffer(data, np.float32).reshape(-1, WIDTHS[kind])


def _hit(clip: ClipEntry, number: int, distance: float) -> Hit:
    return Hit(clip, next((t for t in clip.tracks if t.number == number), None), round(distance, 4))

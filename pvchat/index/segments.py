"""Segments: files that hold the entries and vectors of some clips and never change; and one change of an index.

In: entries and rows. Out: the bytes of a safetensors file (`<kind>.vectors`, `<kind>.ids`, and `clips`, JSON as bytes);
back from a file: a `Segment` whose vectors are memory-mapped, so that opening costs no memory and searching costs only
the pages it touches, which all processes share. A `IndexChange` writes new files and names them in a `IndexManifest`;
nothing that the old manifest names is touched. `store.py` uses it under the index's lock.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.index.entries import KINDS, WIDTHS, ClipEntry, Kind, VectorRows, VideoIndexError, clip_of, joined, numbered
from pvchat.index.manifest import IndexManifest
from pvchat.storage import atomic, tensorfile

_DTYPES = {"F32": np.float32, "I64": np.int64, "U8": np.uint8}
SEGMENT_BYTES = 64_000_000  # of vectors: what removing one clip rewrites, and what is held in memory meanwhile, at most


@dataclass
class Segment:
    """One segment file.

    Attributes:
        path: of the file.
        arrays: [n, D] vectors and [n] ids by kind, and the entries' JSON; memory-mapped.
    """

    path: Path
    arrays: dict[str, NDArray[Any]] = field(repr=False)

    @classmethod
    def open(cls, path: Path) -> Segment:
        """Map a segment file.

        Raises:
            FileNotFoundError: there is no such file.
            VideoIndexError: it is damaged.
        """
        try:
            arrays = map_tensors(path)
            for kind in KINDS:
                vectors, ids = arrays[f"{kind}.vectors"], arrays[f"{kind}.ids"]
                if vectors.shape != (len(ids), WIDTHS[kind]) or vectors.dtype != np.float32 or ids.dtype != np.int64:
                    raise ValueError(f"{kind} don't fit together")
            names = ("clips", *(f"{kind}.{part}" for kind in KINDS for part in ("vectors", "ids")))
            return cls(path, {name: arrays[name] for name in names})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise VideoIndexError(
                f"a file of the index is damaged ({error}).", subject=str(path), hint="Build the index again."
            ) from error

    @cached_property
    def clips(self) -> list[ClipEntry]:
        """The entries."""
        from pydantic import TypeAdapter

        try:
            return TypeAdapter(list[ClipEntry]).validate_python(json.loads(self.arrays["clips"].tobytes()))
        except ValueError as error:
            raise VideoIndexError(
                "the list of clips in it is damaged.", subject=str(self.path), hint="Build the index again."
            ) from error

    def rows(self, kind: Kind) -> VectorRows:
        """Vectors and ids of one kind, memory-mapped."""
        return VectorRows(self.arrays[f"{kind}.vectors"], self.arrays[f"{kind}.ids"])

    def without(self, numbers: set[int]) -> tuple[list[ClipEntry], dict[Kind, VectorRows]]:
        """Entries and rows of the clips whose number is not among these."""
        gone = np.fromiter(numbers, np.int64, len(numbers))
        rows: dict[Kind, VectorRows] = {}
        for kind in KINDS:
            all_ = self.rows(kind)
            keep = ~np.isin(clip_of(all_.ids), gone)
            rows[kind] = VectorRows(np.asarray(all_.vectors[keep]), np.asarray(all_.ids[keep]))
        return [clip for clip in self.clips if clip.number not in numbers], rows


class IndexChange:
    """A change in the making.

    Args:
        root: the index's folder.
        scratch: a folder on the same file system for files in the making.
        manifest: to change.
        opened: the segments that it names.
    """

    def __init__(self, root: Path, scratch: Path, manifest: IndexManifest, opened: Sequence[Segment]) -> None:
        self.root, self.scratch, self.manifest, self.opened = root, scratch, manifest, opened

    def rewrite(self, changed: set[int], gone: set[int]) -> None:
        """Write the segments of changed clips anew, without those that are gone; both are clip numbers."""
        for place, segment in enumerate(self.opened):
            if changed & {clip.number for clip in segment.clips}:
                clips, rows = segment.without(gone)
                self.manifest.segments[place] = self._write(clips, rows) if clips else ""
        self.manifest.segments = [name for name in self.manifest.segments if name]

    def append(self, fresh: Sequence[tuple[ClipEntry, dict[Kind, VectorRows]]]) -> None:
        """Number clips and write them; a last segment that has room is written anew with them."""
        if not fresh:
            return
        clips, parts = self._last_with_room()
        for entry, rows in fresh:
            entry.number, self.manifest.next = self.manifest.next, self.manifest.next + 1
            clips.append(entry)
            for kind in KINDS:
                parts[kind].append(VectorRows(rows[kind].vectors, numbered(rows[kind].ids, entry.number)))
            if _size(parts) >= SEGMENT_BYTES:
                self._finish(clips, parts)
                clips, parts = [], {kind: [] for kind in KINDS}
        if clips:
            self._finish(clips, parts)

    def _last_with_room(self) -> tuple[list[ClipEntry], dict[Kind, list[VectorRows]]]:
        """Clips and rows of the last segment, taken off the manifest, if it isn't full."""
        if self.manifest.segments:
            last = Segment.open(self.root / self.manifest.segments[-1])
            parts = {kind: [last.rows(kind)] for kind in KINDS}
            if _size(parts) < SEGMENT_BYTES:
                self.manifest.segments.pop()
                return list(last.clips), parts
        return [], {kind: [] for kind in KINDS}

    def _finish(self, clips: list[ClipEntry], parts: dict[Kind, list[VectorRows]]) -> None:
        self.manifest.segments.append(self._write(clips, {kind: joined(parts[kind], kind) for kind in KINDS}))

    def _write(self, clips: list[ClipEntry], rows: dict[Kind, VectorRows]) -> str:
        data = pack(clips, rows)
        name = f"{hashlib.sha256(data).hexdigest()[:32]}.safetensors"
        atomic.write_file(self.root / name, data, self.scratch)
        return name


def pack(clips: list[ClipEntry], rows: dict[Kind, VectorRows]) -> bytes:
    """The bytes of a segment file."""
    text = json.dumps([asdict(clip) for clip in clips], separators=(",", ":"))
    arrays: dict[str, NDArray[Any]] = {"clips": np.frombuffer(text.encode(), np.uint8)}
    for kind in KINDS:
        arrays[f"{kind}.vectors"], arrays[f"{kind}.ids"] = rows[kind].vectors, rows[kind].ids
    return tensorfile.pack(arrays)


def map_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Memory-map the tensors of a safetensors file, read-only; nothing is read but the header.

    Layout (safetensors' README): 8 bytes little-endian length of the header, the header (JSON), the data.

    Raises:
        FileNotFoundError, ValueError, KeyError, TypeError: not there; not such a file, or cut off.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > size:
            raise ValueError("the header doesn't fit into the file")
        header = json.loads(file.read(length))
    found: dict[str, NDArray[Any]] = {}
    for name, row in header.items():
        if name == "__metadata__":
            continue
        dtype, shape = np.dtype(_DTYPES[row["dtype"]]), tuple(row["shape"])
        start, end = row["data_offsets"]
        if end - start != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{name} doesn't fit into the file")
        empty = end == start  # nothing to map
        found[name] = np.zeros(shape, dtype) if empty else np.memmap(path, dtype, "r", 8 + length + start, shape)
    return found


def _size(parts: dict[Kind, list[VectorRows]]) -> int:
    return sum(rows.vectors.nbytes for blocks in parts.values() for rows in blocks)

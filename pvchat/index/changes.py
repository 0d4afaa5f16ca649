"""One change of an index: new files are written, the manifest that names them comes last.

In: the segments as they are, clips to add or numbers to drop. Out: a changed `Manifest`; nothing that the old one names
is touched. Used by `store.py`, under the index's lock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pvchat.index import nearest, segments
from pvchat.index.entries import KINDS, ClipEntry, Kind, Rows, joined, numbered
from pvchat.index.manifest import InvertedFile, Manifest
from pvchat.index.segments import Segment
from pvchat.schemas import IntArray
from pvchat.storage import atomic

SEGMENT_BYTES = 64_000_000  # of vectors: what removing one clip rewrites, and what is held in memory meanwhile, at most
_EXTEND = 0.2  # share of rows outside the inverted file from which they are taken in …
_RETRAIN = 2.0  # … and growth since its training from which it is built anew


class Change:
    """A change in the making.

    Args:
        root: the index's folder.
        scratch: a folder on the same file system for files in the making.
        manifest: to change.
        opened: the segments that it names.
    """

    def __init__(self, root: Path, scratch: Path, manifest: Manifest, opened: Sequence[Segment]) -> None:
        self.root, self.scratch, self.manifest, self.opened = root, scratch, manifest, opened

    def rewrite(self, changed: set[int], gone: set[int]) -> None:
        """Write the segments of changed clips anew, without those that are gone; both are clip numbers."""
        for place, segment in enumerate(self.opened):
            if changed & {clip.number for clip in segment.clips}:
                clips, rows = segment.without(gone)
                self.manifest.segments[place] = self._write(clips, rows) if clips else ""
        self.manifest.segments = [name for name in self.manifest.segments if name]

    def append(self, fresh: Sequence[tuple[ClipEntry, dict[Kind, Rows]]]) -> None:
        """Number clips and write them; a last segment that has room is written anew with them."""
        if not fresh:
            return
        clips, parts = self._last_with_room()
        for entry, rows in fresh:
            entry.number, self.manifest.next = self.manifest.next, self.manifest.next + 1
            clips.append(entry)
            for kind in KINDS:
                parts[kind].append(Rows(rows[kind].vectors, numbered(rows[kind].ids, entry.number)))
            if _size(parts) >= SEGMENT_BYTES:
                self._finish(clips, parts)
                clips, parts = [], {kind: [] for kind in KINDS}
        if clips:
            self._finish(clips, parts)

    def shrink(self, kind: Kind, ids: IntArray) -> None:
        """Take rows out of an inverted file."""
        if len(ids):
            row = self.manifest.approximate[kind]
            made = nearest.from_file(self.root / row.file, row, mapped=False)
            nearest.remove(made, ids)
            self._write_inverted(kind, made, row.trained)

    def keep_up(self) -> None:
        """Make, extend, rebuild or drop the inverted files, as the number of rows now asks for."""
        opened = [Segment.open(self.root / name) for name in self.manifest.segments]
        for kind in KINDS:
            blocks, row = [segment.rows(kind) for segment in opened], self.manifest.approximate.get(kind)
            count = sum(len(b.ids) for b in blocks)
            if count <= nearest.FLAT_ROWS:
                self.manifest.approximate.pop(kind, None)
            elif row is None or count > _RETRAIN * row.trained:
                self._write_inverted(kind, nearest.build(blocks), count)
            elif sum(int((b.ids >= row.below).sum()) for b in blocks) > _EXTEND * count:
                made = nearest.from_file(self.root / row.file, row, mapped=False)
                nearest.extend(made, blocks)
                self._write_inverted(kind, made, row.trained)

    def _last_with_room(self) -> tuple[list[ClipEntry], dict[Kind, list[Rows]]]:
        """Clips and rows of the last segment, taken off the manifest, if it isn't full."""
        if self.manifest.segments:
            last = Segment.open(self.root / self.manifest.segments[-1])
            parts = {kind: [last.rows(kind)] for kind in KINDS}
            if _size(parts) < SEGMENT_BYTES:
                self.manifest.segments.pop()
                return list(last.clips), parts
        return [], {kind: [] for kind in KINDS}

    def _finish(self, clips: list[ClipEntry], parts: dict[Kind, list[Rows]]) -> None:
        self.manifest.segments.append(self._write(clips, {kind: joined(parts[kind], kind) for kind in KINDS}))

    def _write(self, clips: list[ClipEntry], rows: dict[Kind, Rows]) -> str:
        data = segments.pack(clips, rows)
        name = f"{hashlib.sha256(data).hexdigest()[:32]}.safetensors"
        atomic.write_file(self.root / name, data, self.scratch)
        return name

    def _write_inverted(self, kind: Kind, made: nearest.Approximate, trained: int) -> None:
        data = nearest.to_bytes(made)
        name = f"{kind}-{hashlib.sha256(data).hexdigest()[:32]}.ivf"
        atomic.write_file(self.root / name, data, self.scratch)
        self.manifest.approximate[kind] = InvertedFile(
            name, len(data), trained, made.below, made.probes, made.recall, made.ivf.nlist
        )


def _size(parts: dict[Kind, list[Rows]]) -> int:
    return sum(rows.vectors.nbytes for blocks in parts.values() for rows in blocks)

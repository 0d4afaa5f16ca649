"""`VideoIndex`: one folder that holds an index.

    index.json                    the manifest: segments in ascending order of ids, next clip number
    <digest>.safetensors          segments, see `segments.py`
    .lock, .scratch               of writers

Every change writes new files first, then the manifest, in one step; what the new manifest doesn't name is deleted last.
So a reader sees the old index or the new one, and a killed writer leaves files that the next one sweeps. Readers take
no lock: they map the files, and read the manifest again when a file was replaced in between.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.index.entries import (
    KINDS,
    ClipEntry,
    Kind,
    TrackEntry,
    VectorRows,
    VideoIndexError,
    clip_of,
    numbered,
    track_of,
)
from pvchat.index.manifest import MANIFEST, SCRATCH, IndexManifest, held, own_files
from pvchat.index.nearest import exact
from pvchat.index.segments import IndexChange, Segment
from pvchat.schemas import FloatArray, IntArray
from pvchat.storage import atomic

_TRIES = 5
_OVERFETCH = 8  # rows looked at for each wanted track: a track has up to eight views


@dataclass(frozen=True)
class Hit:
    """One track (or clip) near to what was asked for.

    Attributes:
        clip: its entry.
        track: its entry; None for a hit among clips.
        distance: Euclidean, of its nearest row.
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
        VideoIndexError: it can't be read.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.refresh()

    @staticmethod
    def exists(root: Path) -> bool:
        """Whether there is an index in this folder."""
        return (Path(root) / MANIFEST).is_file()

    def refresh(self) -> None:
        """See what others have written since."""
        for attempt in range(_TRIES):
            self._manifest = IndexManifest.read(self.root)
            try:
                self._segments = [Segment.open(self.root / name) for name in self._manifest.segments]
                break
            except FileNotFoundError as error:
                if attempt == _TRIES - 1:
                    raise VideoIndexError(
                        "a file of the index is missing.", subject=str(error.filename or self.root),
                        hint="Build the index again.",
                    ) from error  # fmt: skip
        self._clips: dict[int, ClipEntry] | None = None

    @property
    def experts(self) -> str:
        """Version of the experts that made the vectors; "" while empty."""
        return self._manifest.experts

    def clips(self) -> list[ClipEntry]:
        """All entries, first added first."""
        return list(self._by_number().values())

    def find_clip(self, what: str) -> ClipEntry | None:
        """The clip with this path, this key or this beginning of a key (eight digits or more)."""
        for clip in self.clips():
            if what in clip.files or (len(what) >= 8 and clip.key.startswith(what)):
                return clip
        return None

    def rows(self, kind: Kind) -> list[VectorRows]:
        """All vectors of one kind and their ids, memory-mapped, in blocks of ascending ids."""
        return [segment.rows(kind) for segment in self._segments]

    def views(self, clip: ClipEntry, kind: Kind) -> dict[int, FloatArray]:
        """Vectors [V, D] of each track of a clip, by track number (`NO_TRACK` for kind "clips")."""
        low, high = (numbered(np.zeros(1, np.int64), n)[0] for n in (clip.number, clip.number + 1))
        found: dict[int, FloatArray] = {}
        for rows in self.rows(kind):
            start, end = np.searchsorted(rows.ids, [low, high])
            tracks = track_of(np.asarray(rows.ids[start:end]))
            for track in np.unique(tracks):
                found[int(track)] = np.array(rows.vectors[start:end][tracks == track])
        return found

    def nearest(self, kind: Kind, queries: FloatArray, k: int, *, but: Iterable[str] = ()) -> list[Hit]:
        """The k tracks (clips for kind "clips") whose nearest row is nearest to any of the queries.

        Args:
            kind: of the tracks.
            queries: [Q, D], views of one person or figure.
            k: how many.
            but: keys of clips to leave out.
        """
        left_out, rows = set(but), sum(len(r.ids) for r in self.rows(kind))
        hits: list[Hit] = []
        fetch = min(rows, (k + len(left_out)) * _OVERFETCH)
        while fetch:
            hits = self._hits(*exact(queries, self.rows(kind), fetch), left_out)
            if len(hits) >= k or fetch == rows:
                break
            fetch = min(rows, 4 * fetch)
        return hits[:k]

    def add(self, described: Sequence[tuple[ClipEntry, dict[Kind, VectorRows]]], experts: str) -> int:
        """Add clips as `describe` gives them; returns how many are new.

        A clip whose bytes are in the index already gains the new paths only.

        Args:
            described: entries and rows.
            experts: version of the experts that made the vectors.

        Raises:
            VideoIndexError: other experts made the rest of the index; it can't be written.
        """
        with self._changing() as change:
            if change.manifest.experts not in ("", experts) and change.manifest.segments:
                raise VideoIndexError(
                    "its vectors were made by other experts than these.", subject=str(self.root),
                    hint="Build the index anew.",
                )  # fmt: skip
            change.manifest.experts = experts
            known = {clip.key: clip for clip in self.clips()}
            fresh = {entry.key: (entry, rows) for entry, rows in described if entry.key not in known}
            for entry, _ in described:
                mine = known.get(entry.key) or fresh[entry.key][0]
                mine.files |= entry.files
            change.rewrite({known[e.key].number for e, _ in described if e.key in known}, set())
            change.append(list(fresh.values()))
            return len(fresh)

    def remove(self, keys: Iterable[str] = (), paths: Iterable[str] = ()) -> int:
        """Remove clips; their vectors are gone from the disk afterwards. Returns how many clips went.

        Args:
            keys: of clips.
            paths: of files: a clip goes when none of its files is left.

        Raises:
            VideoIndexError: it can't be written.
        """
        keys, paths = set(keys), set(paths)
        with self._changing() as change:
            gone, changed = set(), set()
            for clip in self.clips():
                if hit := paths & clip.files.keys():
                    changed.add(clip.number)
                    clip.files = {path: stamp for path, stamp in clip.files.items() if path not in hit}
                if clip.key in keys or not clip.files:
                    gone.add(clip.number)
            change.rewrite(changed | gone, gone)
            return len(gone)

    @staticmethod
    def erase(root: Path) -> None:
        """Delete an index, readable or not; what else lies in the folder stays.

        Raises:
            VideoIndexError: it can't be deleted.
        """
        root = Path(root)
        if not root.is_dir():
            return
        with held(root):
            (root / MANIFEST).unlink(missing_ok=True)
            for path in own_files(root):
                path.unlink()
            atomic.sweep(root / SCRATCH)

    def info(self) -> dict[str, Any]:
        """Counts and sizes."""
        clips, rows = self.clips(), {kind: sum(len(r.ids) for r in self.rows(kind)) for kind in KINDS}
        return {
            "folder": str(self.root),
            "clips": len(clips),
            "files": sum(len(clip.files) for clip in clips),
            "tracks": {kind: sum(t.kind == kind for c in clips for t in c.tracks) for kind in ("face", "figure")},
            "vectors": rows,
            "segments": len(self._manifest.segments),
            "bytes": sum((self.root / name).stat().st_size for name in self._manifest.segments),
            "experts": self.experts,
        }

    # -- reading -------------------------------------------------------------------------------------------------------

    def _by_number(self) -> dict[int, ClipEntry]:
        if self._clips is None:
            self._clips = {clip.number: clip for segment in self._segments for clip in segment.clips}
        return self._clips

    def _hits(self, distances: FloatArray, ids: IntArray, left_out: set[str]) -> list[Hit]:
        """One hit a track, nearest first."""
        hits: dict[tuple[int, int], Hit] = {}
        for at in np.argsort(distances, axis=None, kind="stable"):
            row = ids.ravel()[at]
            place = (int(clip_of(row)), int(track_of(row)))
            if place in hits or (clip := self._by_number()[place[0]]).key in left_out:
                continue
            track = next((t for t in clip.tracks if t.number == place[1]), None)
            hits[place] = Hit(clip, track, round(float(distances.ravel()[at]), 4))
        return list(hits.values())

    @contextmanager
    def _changing(self) -> Iterator[IndexChange]:
        """A change to fill, under the lock; then its manifest is written and what that doesn't name is deleted."""
        self._refuse_other_folders()
        with held(self.root):
            scratch = self.root / SCRATCH
            atomic.make_private_folder(scratch)
            atomic.sweep(scratch)
            self.refresh()
            change = IndexChange(self.root, scratch, deepcopy(self._manifest), self._segments)
            try:
                yield change
                if change.manifest != self._manifest:
                    change.manifest.write(self.root, scratch)
            finally:
                self.refresh()
                self._sweep()

    def _refuse_other_folders(self) -> None:
        if not self.root.is_dir() or self.exists(self.root):
            return
        own = {".lock", SCRATCH, *(path.name for path in own_files(self.root))}
        if any(path.name not in own for path in self.root.iterdir()):
            raise VideoIndexError(
                "there is no index in this folder, but other files are.", subject=str(self.root),
                hint="Name an empty or a new folder.",
            )  # fmt: skip

    def _sweep(self) -> None:
        for path in own_files(self.root):
            if path.name not in self._manifest.segments:
                with contextlib.suppress(PermissionError):  # Windows: someone maps it; the next writer sweeps it
                    path.unlink()

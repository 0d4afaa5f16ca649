"""Clip analyses on disk, so that a second question about a clip decodes nothing and runs no expert.

    cache/clips/<key>.clip    a SHA-256 of the rest: a safetensors file with times, shots, frame features, every
                              track's arrays and thumbnail, and JSON as bytes (version, facts, sizes)
    cache/clips/<key>.<n>.clip   the same of part n of a long video that isn't looked through yet
    cache/clips/.purged       another random word after each purge: what was begun before isn't kept

An entry is put in place in one step, so it is whole or not there. One that is damaged or of another version counts as
missing and is removed. The cache is a convenience: a full disk costs a warning, never an answer. What is to be removed
and can't be is an OSError.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import secrets
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.config import home
from pvchat.schemas import ClipAnalysis, Sound, Track, facts_from_row, facts_to_row, track_from_row, track_to_row
from pvchat.storage import atomic, private, tensorfile

MAX_BYTES = 1_000_000_000  # the last 700 clips: the 363 of a held-back set take 1.4 MB each
LOCK_TIMEOUT_S = 30.0
SUFFIX, _DIGEST = ".clip", 32  # of a file's name; bytes of the SHA-256 that it begins with
CLIP_VALUES = ("key", "duration_s", "width", "height", "stage")
CLIP_ARRAYS = ("times", "frame_features", "shots")
_ROW = "row"  # name of the JSON among the arrays
TRACK_ARRAYS = tuple(f.name for f in fields(Track) if f.name not in ("kind", "thumbnail", "facts", "appearances"))

_DAMAGE = (OSError, ValueError, KeyError, TypeError, RecursionError)
_KEY = re.compile(r"[0-9a-f]{64}(\.[0-9]+)?\Z")  # of a clip: the SHA-256 of its bytes; of a part, with its number
_log = logging.getLogger(__name__)


class ClipCache:
    """Analyses by the SHA-256 of the clip's bytes. Any number of threads and processes may share one folder.

    The first save makes the folder `root`, `$PVCHAT_HOME/cache/clips` when not given; it holds `max_bytes` at most.
    """

    def __init__(self, root: Path | None = None, max_bytes: int = MAX_BYTES) -> None:
        self.root = Path(root) if root is not None else home() / "cache" / "clips"
        self.max_bytes = max_bytes
        self._scratch, self._purged = self.root / atomic.SCRATCH, self.root / ".purged"

    def load(self, key: str, version: str) -> ClipAnalysis | None:
        """The analysis of a clip by the SHA-256 of its bytes, or None.

        One that another version (of code, models and settings) made counts as missing.
        """
        if not self.has(key):
            return None
        try:
            analysis = self._entry(key, version)
            with suppress(OSError):  # a read-only disk
                os.utime(self._path(key))  # least recently used goes first
            return analysis
        except _DAMAGE as error:
            _log.info("clip cache: dropping an entry: %s", error)
        with suppress(OSError):  # on a read-only disk it stays, and is passed over
            self.remove(key)
        return None

    def last_purge(self) -> str:
        """A word that is another one after each purge, whichever process did it."""
        try:
            return self._purged.read_text(encoding="ascii")
        except (OSError, ValueError):  # there was none yet
            return ""

    def save(self, analysis: ClipAnalysis, version: str, since: str | None = None) -> None:
        """Keep an analysis of a clip, or of a part of one; of two processes that save one, the later one wins.

        `version` as for `load`; `since`: what `last_purge` said when the clip began to be looked at: after another
        purge it isn't kept.
        """
        row, arrays = _to_row(analysis)
        text = json.dumps(row | {"version": version}, default=tensorfile.plain_number)
        tensors = tensorfile.pack(arrays | {_ROW: np.frombuffer(text.encode(), np.uint8)})
        try:
            atomic.make_private_folder(self.root)
            with self._locked():
                if since is not None and since != self.last_purge():
                    return
                atomic.sweep(self._scratch)
                path = self._path(analysis.key)
                private.write(path, hashlib.sha256(tensors).digest() + tensors, durable=False)  # it tells a torn file
                self._prune(but=path)
        except OSError as error:
            _log.warning("clip cache: the analysis of this clip isn't kept (%s)", error)

    def has(self, key: str) -> bool:
        """Whether there is an entry of a clip, of any version."""
        return self._path(key).exists()

    def purge(self) -> None:
        """Remove every entry and every leftover; no process keeps what it began before."""
        atomic.make_private_folder(self.root)
        with self._locked():
            atomic.sweep(self._scratch)
            atomic.write_file(self._purged, secrets.token_hex(16).encode())
            for path in self.root.iterdir():
                if path.is_file() and path not in (self._purged, self.root / ".lock"):
                    path.unlink()

    def remove(self, key: str, *, parts: bool = False, forgotten: bool = False) -> None:
        """Remove one clip's entry, if there is one, and those of its parts, or, with `parts`, these alone.

        Of one that is `forgotten` also goes what tells files by their keys.
        """
        if self.root.is_dir():
            with self._locked():
                for path in self.root.glob(f"{_file_stem(key)}.*{SUFFIX if parts else ''}"):
                    path.unlink()
                if forgotten:
                    (self.root / "keys.json").unlink(missing_ok=True)  # `video.ContentKeys`; it comes again

    def _entry(self, key: str, version: str) -> ClipAnalysis:
        data = private.read(self._path(key))
        if hashlib.sha256(tensors := data[_DIGEST:]).digest() != data[:_DIGEST]:
            raise ValueError("damaged")
        arrays, tracks = tensorfile.unpack(tensors), []
        row = json.loads(arrays[_ROW].tobytes())
        if row["version"] != version or row["key"] != key:
            raise ValueError("made by another version")
        for i, track in enumerate(row["tracks"]):
            known: dict[str, Any] = {name: arrays[f"{i}.{name}"] for name in TRACK_ARRAYS} | track_from_row(track)
            tracks.append(Track(kind=track["kind"], thumbnail=arrays[f"{i}.thumbnail"].tobytes(), **known))
        found: dict[str, Any] = {name: row[name] for name in CLIP_VALUES} | {name: arrays[name] for name in CLIP_ARRAYS}
        sound = None if row["sound"] is None else Sound.from_dict(row["sound"])
        return ClipAnalysis(tracks=tracks, sound=sound, **found, **facts_from_row(row))

    def _path(self, key: str) -> Path:
        return self.root / f"{_file_stem(key)}{SUFFIX}"

    def _prune(self, but: Path) -> None:
        """Remove the least recently used entries until the rest fits."""
        entries = ((path.stat(), path) for path in self.root.glob(f"*{SUFFIX}"))
        kept = sorted(entries, key=lambda one: one[0].st_mtime)
        left = sum(stat.st_size for stat, _ in kept)
        for stat, path in kept:
            if left > self.max_bytes and path != but:  # where the clock was put back, others look newer than this one
                path.unlink()
                left -= stat.st_size

    def _locked(self) -> AbstractContextManager[None]:
        busy = OSError(f"another process holds {self.root}")
        return atomic.exclusive(atomic.folder_lock(self.root, LOCK_TIMEOUT_S), busy)


def _file_stem(key: str) -> str:
    return key if _KEY.match(key) else hashlib.sha256(key.encode()).hexdigest()  # no key can leave the folder


def _to_row(analysis: ClipAnalysis) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    arrays: dict[str, NDArray[Any]] = {name: np.asarray(getattr(analysis, name)) for name in CLIP_ARRAYS}
    tracks = []
    for i, track in enumerate(analysis.tracks):
        arrays |= {f"{i}.{name}": np.asarray(getattr(track, name)) for name in TRACK_ARRAYS}
        arrays[f"{i}.thumbnail"] = np.frombuffer(track.thumbnail, dtype=np.uint8)
        tracks.append({"kind": track.kind, **track_to_row(track)})
    row = {name: getattr(analysis, name) for name in CLIP_VALUES}
    sound = None if analysis.sound is None else asdict(analysis.sound)
    return {**row, **facts_to_row(analysis), "sound": sound, "tracks": tracks}, arrays

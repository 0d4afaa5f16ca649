"""Converted networks on disk, each in a folder that is whole or not there.

In: what writes a network. Out: its folder; whether any is still to be converted.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from pvchat.config import home

FILE = "network.xml"
NAMES = (
    "pnet", "rnet", "onet", "identity", "efficientnet-lite0", "efficientnet-lite0-middle",
    "efficientnet-lite0-clothes", "things", "pose", "hands", "faceprints",  # the experts'
    "sentences", "connecting", "looking",  # what answers are chosen with
)  # fmt: skip


def save_whole(folder: Path, write: Callable[[Path], None]) -> None:
    """Let `write` write a network beside its folder, then rename: a folder that is there is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        write(work / FILE)
        os.replace(work, folder)
    except OSError:
        if not (folder / FILE).is_file():  # else another process was first
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def lacking() -> bool:
    """Whether networks are still to be converted; not where nothing can be kept, or there are no weights."""
    root = home() / "weights" / "networks"
    if not os.access(root if root.is_dir() else root.parent, os.W_OK):
        return False
    kept = {folder.name.rpartition("-")[0] for folder in root.iterdir()} if root.is_dir() else set()
    return not kept.issuperset(NAMES)

"""Converted networks on disk: each in a folder that is whole or not there, with a receipt of its files' hashes.

In: what writes a network. Out: its folder; what is damaged is found by its receipt and deleted, and made anew.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from pvchat.assets import stamps
from pvchat.config import home

log = logging.getLogger(__name__)

FILE, _RECEIPT = "network.xml", "receipt.json"
NAMES = (
    "pnet", "rnet", "onet", "identity", "efficientnet-lite0", "efficientnet-lite0-middle", "things", "pose",
    "hands", "faceprints",  # the experts'
    "sentences", "connecting", "looking",  # what answers are chosen with
)  # fmt: skip


def save_whole(folder: Path, write: Callable[[Path], None]) -> None:
    """Let `write` write a network beside its folder, then rename: a folder that is there is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        write(work / FILE)
        names = [path.name for path in work.iterdir() if path.suffix in (".xml", ".bin")]
        (work / _RECEIPT).write_text(json.dumps(stamps.entries(work, names)), encoding="utf-8")
        os.replace(work, folder)
    except OSError:
        if not (folder / FILE).is_file():  # else another process was first
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def damaged() -> dict[str, str]:
    """Converted networks whose hashes aren't those of when they were made: folder's name -> what is wrong. They are
    deleted: the next use, or `pvchat doctor --fetch`, converts them anew.
    """
    root = home() / "weights" / "networks"
    folders = [folder for folder in (root.glob("*-*/") if root.is_dir() else ()) if not folder.name.startswith(".")]
    return {folder.name: why for folder in sorted(folders) if (why := drop_if_damaged(folder, thorough=True))}


def lacking() -> bool:
    """Whether networks are still to be converted; not where nothing can be kept, or there are no weights."""
    root = home() / "weights" / "networks"
    if not os.access(root if root.is_dir() else root.parent, os.W_OK):
        return False
    kept = {folder.name.rpartition("-")[0] for folder in root.iterdir()} if root.is_dir() else set()
    return not kept.issuperset(NAMES)


def drop_if_damaged(folder: Path, thorough: bool = False) -> str:
    """What is wrong with a converted network, which is deleted then; "" where nothing is."""
    try:
        files = json.loads((folder / _RECEIPT).read_text(encoding="utf-8"))
        found = stamps.damaged(folder, files, thorough=thorough)
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        found = {_RECEIPT: f"can't be read: {error}"}
    if not found:
        return ""
    log.warning("the converted network %s is damaged and will be made anew", folder.name)
    shutil.rmtree(folder, ignore_errors=True)
    return "; ".join(f"{name}: {why}" for name, why in found.items())

"""Reads a manifest of a known layout, our own or the paper's JSON (`official.py`).

Out: a `Manifest` without missing clips, which are named.
"""

from __future__ import annotations

from pathlib import Path

from pvchat.errors import SettingsError
from pvchat.eval import official
from pvchat.eval.manifest import Manifest, checked, read_folder


def read(path: Path | str) -> Manifest:
    """Read a folder or a JSON file; raises SettingsError where nothing in it can be asked."""
    path = Path(path).expanduser()
    if not path.exists():
        raise SettingsError("there is no such manifest.", subject=str(path), hint="Give a folder or a JSON file.")
    if (path / "questions.jsonl").is_file() and (path / "people.json").is_file():
        manifest = read_folder(path)
    elif any(official.entries(file) is not None for file in (path.glob("*test*.json") if path.is_dir() else [path])):
        manifest = official.read(path)
    else:
        hint = "data/README.md shows the layouts that are read."
        raise SettingsError("its layout isn't known.", subject=str(path), hint=hint)
    manifest = checked(manifest)
    if not manifest.items or not manifest.people:
        first = "".join(f" First problem: {p.where}: {p.what}." for p in manifest.problems[:1])
        raise SettingsError(f"nothing in it can be asked.{first}", subject=str(path), hint="See data/README.md.")
    return manifest

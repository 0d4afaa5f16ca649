"""Any manifest by its looks: which layout a path has, and the `Manifest` that is read from it.

In: a path. Out: a `Manifest` with missing clips taken out and named.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pvchat.augment.dataset.official import entries
from pvchat.errors import SettingsError
from pvchat.eval.layouts import folders, official, published
from pvchat.eval.manifest import Manifest, checked, read_folder

Reader = Callable[[Path], Manifest]
LAYOUTS: dict[str, Reader] = {
    "pvchat": read_folder,
    "official": official.read,
    "yollava": published.read_yollava,
    "myvlm": published.read_myvlm,
    "this-is-my": published.read_this_is_my,
    "folders": folders.read,
}


def read(path: Path | str, layout: str = "auto") -> Manifest:
    """Read a manifest.

    Args:
        path: a folder or a JSON file.
        layout: a name of LAYOUTS, or "auto".

    Raises:
        SettingsError: not there, of no known layout, or nothing in it can be asked.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise SettingsError("there is no such manifest.", subject=str(path), hint="Give a folder or a JSON file.")
    if layout != "auto" and layout not in LAYOUTS:
        raise SettingsError(f"there is no layout '{layout}'.", hint=f"Use one of: auto, {', '.join(LAYOUTS)}.")
    manifest = checked(LAYOUTS[layout if layout != "auto" else guess(path)](path))
    if not manifest.items or not manifest.people:
        first = "".join(f" First problem: {p.where}: {p.what}." for p in manifest.problems[:1])
        raise SettingsError(f"nothing in it can be asked.{first}", subject=str(path), hint="See data/README.md.")
    return manifest


def guess(path: Path) -> str:
    """The layout of a path by the files that are in it.

    Raises:
        SettingsError: none fits.
    """
    if path.is_file():
        if path.name in ("people.json", "questions.jsonl"):
            raise SettingsError("give the folder that it is in.", subject=str(path))
        if path.suffix == ".json" and entries(path) is not None:
            return "official"
    else:
        tests = {
            "pvchat": (path / "questions.jsonl").is_file() and (path / "people.json").is_file(),
            "this-is-my": published.is_this_is_my(path),
            "yollava": published.is_yollava(path),
            "folders": folders.looks_like(path),
            "official": any(entries(f) is not None for f in path.glob("*test*.json")),
            "myvlm": published.is_myvlm(path),
        }
        for name, fits in tests.items():
            if fits:
                return name
    hint = f"Known layouts: {', '.join(LAYOUTS)}; data/README.md shows them."
    raise SettingsError("its layout isn't known.", subject=str(path), hint=hint)

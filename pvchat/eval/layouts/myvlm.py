"""MyVLM's data (arXiv 2403.14599; github snap-research/MyVLM): one folder a concept, with captions.

    <concept>/*.jpg
    <concept>/captions.json (or captions_augmented.json)      {image: [caption, …]}

Out: a `Manifest`: each concept is enrolled from its first captioned photo; every other photo is asked for every
concept, and its own concept is asked to be described, with the first caption as the reference.
"""

from __future__ import annotations

import json
from pathlib import Path

from pvchat.errors import SettingsError
from pvchat.eval.layouts import existence
from pvchat.eval.manifest import Item, Manifest, Problem, Subject

CAPTIONS = ("captions.json", "captions_augmented.json")
SET = "myvlm"


def looks_like(folder: Path) -> bool:
    """Whether a folder is laid out so."""
    return any((part / name).is_file() for part in _concepts(folder) for name in CAPTIONS)


def read(folder: Path) -> Manifest:
    """Read the data root.

    Raises:
        SettingsError: no concept in it has two photos.
    """
    problems: list[Problem] = []
    photos = {part.name: _captions(part, problems) for part in _concepts(folder)}
    photos = {name: rows for name, rows in photos.items() if len(rows) > 1}
    if not photos:
        raise SettingsError("no <concept>/ with two captioned photos.", subject=str(folder))
    people = [Subject(_spoken(name), f"{name}/{next(iter(rows))}", SET) for name, rows in photos.items()]
    asked = [(name, file, told) for name, rows in photos.items() for file, told in list(rows.items())[1:]]
    clips = [(f"{name}/{file}", SET, [_spoken(name)]) for name, file, _ in asked]
    items = existence.singles(clips, [p.name for p in people], SET)
    items += [_described(name, file, told) for name, file, told in asked]
    return Manifest(folder.name, folder, tuple(people), tuple(items), tuple(problems))


def _concepts(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")) if folder.is_dir() else []


def _captions(part: Path, problems: list[Problem]) -> dict[str, str]:
    """{photo: its first caption} of one concept, in the file's order."""
    path = next((part / name for name in CAPTIONS if (part / name).is_file()), None)
    if path is None:
        return {}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {str(photo): str(told[0] if isinstance(told, list) else told) for photo, told in rows.items()}
    except (OSError, ValueError, AttributeError, IndexError) as error:
        problems.append(Problem(f"{part.name}/{path.name}", str(error)))
        return {}


def _spoken(concept: str) -> str:
    return " ".join(word.capitalize() for word in concept.replace("_", " ").replace("-", " ").split())


def _described(concept: str, file: str, caption: str) -> Item:
    name = _spoken(concept)
    return Item(
        f"{SET}-caption-{concept}-{Path(file).stem}", SET, f"{concept}/{file}", (name,), "single", "other",
        f"Describe {name}.", caption, {name: True},
    )  # fmt: skip

"""Reads a manifest of any known layout: our own, the paper's JSON (`official.py`), or plain folders named after people:

    SET/people/Ana.mp4            one enrollment clip a person (or a folder Ana/ whose first file counts)
    SET/clips/Ana/…               clips that show Ana
    SET/clips/Ana + Ben/…         clips that show both
    SET/clips/nobody/…            clips that show nobody who is enrolled

Out: a `Manifest` without missing clips, which are named. Plain folders give existence, pair and who questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pvchat.errors import SettingsError
from pvchat.eval import official
from pvchat.eval.manifest import Item, Manifest, ManifestProblem, Subject, checked, read_folder
from pvchat.video.files import SUFFIXES

NOBODY = ("nobody", "negatives", "none", "others")


def read(path: Path | str) -> Manifest:
    """Read a folder or a JSON file; raises SettingsError where nothing in it can be asked."""
    path = Path(path).expanduser()
    if not path.exists():
        raise SettingsError("there is no such manifest.", subject=str(path), hint="Give a folder or a JSON file.")
    if (path / "questions.jsonl").is_file() and (path / "people.json").is_file():
        manifest = read_folder(path)
    elif (path / "people").is_dir() and (path / "clips").is_dir():
        manifest = _read_plain(path)
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


def _read_plain(folder: Path) -> Manifest:
    files = [(p.stem, p) for p in _media_in(folder / "people")]
    for part in sorted(p for p in (folder / "people").iterdir() if p.is_dir()):
        files += [(part.name, found) for found in _media_in(part)[:1]]
    if not files:
        raise SettingsError("nobody to enroll: its `people` folder is empty.", subject=str(folder))
    people = [Subject(name, path.relative_to(folder).as_posix(), folder.name) for name, path in files]
    names, clips, problems = [name for name, _ in files], 0, []
    items: list[Item] = []
    for part in sorted(p for p in (folder / "clips").iterdir() if p.is_dir()):
        shows = [] if part.name.lower() in NOBODY else [name.strip() for name in part.name.split("+")]
        if unknown := [name for name in shows if name not in names]:
            problems.append(ManifestProblem(f"clips/{part.name}", f"{', '.join(unknown)} isn't in `people`"))
            continue
        for clip in _media_in(part):
            items += _questions(clip.relative_to(folder).as_posix(), shows, names, f"{folder.name}-{clips:05d}")
            clips += 1
    return Manifest(folder.name, folder, tuple(people), tuple(items), tuple(problems))


def _media_in(folder: Path) -> list[Path]:
    """The clips and photos of a folder, by name; hidden files don't count."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))


def _questions(clip: str, shows: Sequence[str], names: Sequence[str], lead: str) -> list[Item]:
    """The questions about one clip: is each person there, who is there, are both there; `lead` begins their ids."""
    set_name = lead.rpartition("-")[0]

    def item(place: str, kind: str, people: Sequence[str], question: str, answer: str) -> Item:
        present = {name: name in shows for name in people}
        return Item(f"{lead}-{place}", set_name, clip, tuple(people), kind, "existence", question, answer, present)

    found = [
        item(f"{k:03d}", "single", (name,), f"Is {name} in this video?", "yes" if name in shows else "no")
        for k, name in enumerate(names)
    ]
    found.append(item("who", "who", names, "Who is in this video?", ", ".join(shows) if shows else "nobody"))
    if len(shows) > 1:
        question = f"Are {shows[0]} and {shows[1]} both in this video?"
        found.append(item("pair", "pair", shows[:2], question, "yes, both"))
    return found

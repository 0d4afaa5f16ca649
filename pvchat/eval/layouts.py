"""Any manifest by its looks: our own layout, the paper's JSON (`official.py`), or plain folders named after people:

    SET/people/Ana.mp4            one enrollment clip a person (or a folder Ana/ whose first file counts)
    SET/clips/Ana/…               clips that show Ana
    SET/clips/Ana + Ben/…         clips that show both
    SET/clips/nobody/…            clips that show nobody who is enrolled

Out: a `Manifest` with missing clips taken out and named; of plain folders one of existence, pair and who questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pvchat.augment.dataset.official import entries
from pvchat.errors import SettingsError
from pvchat.eval import official
from pvchat.eval.manifest import Item, Manifest, ManifestProblem, Subject, checked, read_folder
from pvchat.video.files import SUFFIXES

NOBODY = ("nobody", "negatives", "none", "others")

Clip = tuple[str, Sequence[str]]  # its path in the manifest, the names it shows


def read(path: Path | str) -> Manifest:
    """Read a manifest.

    Args:
        path: a folder or a JSON file.

    Raises:
        SettingsError: not there, of no known layout, or nothing in it can be asked.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise SettingsError("there is no such manifest.", subject=str(path), hint="Give a folder or a JSON file.")
    manifest = checked(_read(path))
    if not manifest.items or not manifest.people:
        first = "".join(f" First problem: {p.where}: {p.what}." for p in manifest.problems[:1])
        raise SettingsError(f"nothing in it can be asked.{first}", subject=str(path), hint="See data/README.md.")
    return manifest


def _read(path: Path) -> Manifest:
    """By the files that are in it."""
    if (path / "questions.jsonl").is_file() and (path / "people.json").is_file():
        return read_folder(path)
    if (path / "people").is_dir() and (path / "clips").is_dir():
        return _read_plain(path)
    if any(entries(file) is not None for file in (path.glob("*test*.json") if path.is_dir() else [path])):
        return official.read(path)
    hint = "data/README.md shows the layouts that are read."
    raise SettingsError("its layout isn't known.", subject=str(path), hint=hint)


def _read_plain(folder: Path) -> Manifest:
    """Plain folders."""
    people = _people(folder)
    clips: list[Clip] = []
    problems: list[ManifestProblem] = []
    names = [p.name for p in people]
    if not names:
        raise SettingsError("nobody to enroll: its `people` folder is empty.", subject=str(folder))
    for part in sorted(p for p in (folder / "clips").iterdir() if p.is_dir()):
        shows = [] if part.name.lower() in NOBODY else [name.strip() for name in part.name.split("+")]
        if unknown := [name for name in shows if name not in names]:
            problems.append(ManifestProblem(f"clips/{part.name}", f"{', '.join(unknown)} isn't in `people`"))
            continue
        clips += [(clip.relative_to(folder).as_posix(), shows) for clip in _media_in(part)]
    return Manifest(folder.name, folder, tuple(people), tuple(_questions(clips, names, folder.name)), tuple(problems))


def _media_in(folder: Path) -> list[Path]:
    """The clips and photos of a folder, by name; hidden files don't count."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))


def _questions(clips: Iterable[Clip], names: Sequence[str], set_name: str) -> list[Item]:
    """Of every clip: is each there, who is there, and where several are, whether the first two are both there."""
    found = []
    for n, clip in enumerate(clips):
        shows = clip[1]
        for k, name in enumerate(names):
            answer = "yes" if name in shows else "no"
            found.append(_item(clip, set_name, f"{n:05d}-{k:03d}", (name,), f"Is {name} in this video?", answer))
        answer = ", ".join(shows) if shows else "nobody"
        found.append(_item(clip, set_name, f"{n:05d}-who", names, "Who is in this video?", answer))
        if len(shows) > 1:
            question = f"Are {shows[0]} and {shows[1]} both in this video?"
            found.append(_item(clip, set_name, f"{n:05d}-pair", shows[:2], question, "yes, both"))
    return found


def _item(clip: Clip, set_name: str, place: str, people: Sequence[str], question: str, answer: str) -> Item:
    path, shows = clip
    kind = {"who": "who", "pair": "pair"}.get(place.rpartition("-")[2], "single")
    present = {name: name in shows for name in people}
    return Item(f"{set_name}-{place}", set_name, path, tuple(people), kind, "existence", question, answer, present)


def _people(folder: Path) -> list[Subject]:
    files = [(p.stem, p) for p in _media_in(folder / "people")]
    for part in sorted(p for p in (folder / "people").iterdir() if p.is_dir()):
        files += [(part.name, found) for found in _media_in(part)[:1]]
    return [Subject(name, path.relative_to(folder).as_posix(), folder.name) for name, path in files]

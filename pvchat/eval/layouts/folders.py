"""Own folders: who is in which clip, told by folder names alone; and existence questions for every layout of that kind.

    SET/people/Ana.mp4            one enrollment clip a person (or a folder Ana/ whose first file counts)
    SET/clips/Ana/…               clips that show Ana
    SET/clips/Ana + Ben/…         clips that show both
    SET/clips/nobody/…            clips that show nobody who is enrolled

Out: a `Manifest` of existence, pair and who questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, ManifestProblem, Subject

NOBODY = ("nobody", "negatives", "none", "others")
MEDIA = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif", ".png", ".jpg", ".jpeg", ".webp")

Clip = tuple[str, Sequence[str]]  # its path in the manifest, the names it shows


def looks_like(folder: Path) -> bool:
    """Whether a folder is laid out so."""
    return (folder / "people").is_dir() and (folder / "clips").is_dir()


def read(folder: Path) -> Manifest:
    """Read a folder.

    Raises:
        SettingsError: there is nobody to enroll in it.
    """
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
        clips += [(clip.relative_to(folder).as_posix(), shows) for clip in media_in(part)]
    items = single_questions(clips, names, folder.name) + group_questions(clips, names, folder.name)
    return Manifest(folder.name, folder, tuple(people), tuple(items), tuple(problems))


def media_in(folder: Path) -> list[Path]:
    """The clips and photos of a folder, by name; hidden files don't count."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in MEDIA and not p.name.startswith("."))


def single_questions(clips: Iterable[Clip], names: Sequence[str], set_name: str) -> list[Item]:
    """One existence question a person and clip; `names` are everyone who is enrolled."""
    found = []
    for n, clip in enumerate(clips):
        for k, name in enumerate(names):
            answer = "yes" if name in clip[1] else "no"
            found.append(_item(clip, set_name, f"{n:05d}-{k:03d}", (name,), f"Is {name} in this video?", answer))
    return found


def group_questions(clips: Iterable[Clip], names: Sequence[str], set_name: str) -> list[Item]:
    """Who is in it, for every clip; and for clips with two people or more, whether the first two are both there."""
    found = []
    for n, clip in enumerate(clips):
        shows = clip[1]
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
    files = [(p.stem, p) for p in media_in(folder / "people")]
    for part in sorted(p for p in (folder / "people").iterdir() if p.is_dir()):
        files += [(part.name, found) for found in media_in(part)[:1]]
    return [Subject(name, path.relative_to(folder).as_posix(), folder.name) for name, path in files]

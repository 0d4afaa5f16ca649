"""Own folders: who is in which clip, told by folder names alone.

    SET/people/Ana.mp4            one enrollment clip a person (or a folder Ana/ whose first file counts)
    SET/clips/Ana/…               clips that show Ana
    SET/clips/Ana + Ben/…         clips that show both
    SET/clips/nobody/…            clips that show nobody who is enrolled

Out: a `Manifest` of existence, pair and who questions.
"""

from __future__ import annotations

from pathlib import Path

from pvchat.errors import SettingsError
from pvchat.eval.layouts import existence
from pvchat.eval.manifest import Manifest, Problem, Subject

NOBODY = ("nobody", "negatives", "none", "others")


def looks_like(folder: Path) -> bool:
    """Whether a folder is laid out so."""
    return (folder / "people").is_dir() and (folder / "clips").is_dir()


def read(folder: Path) -> Manifest:
    """Read a folder.

    Raises:
        SettingsError: there is nobody to enroll in it.
    """
    people, clips, problems = _people(folder), [], []
    names = [p.name for p in people]
    if not names:
        raise SettingsError("nobody to enroll: its `people` folder is empty.", subject=str(folder))
    for part in sorted(p for p in (folder / "clips").iterdir() if p.is_dir()):
        shows = [] if part.name.lower() in NOBODY else [name.strip() for name in part.name.split("+")]
        if unknown := [name for name in shows if name not in names]:
            problems.append(Problem(f"clips/{part.name}", f"{', '.join(unknown)} isn't in `people`"))
            continue
        clips += [(c.relative_to(folder).as_posix(), folder.name, shows) for c in existence.media_in(part)]
    items = existence.singles(clips, names, folder.name) + existence.together(clips, names, folder.name)
    return Manifest(folder.name, folder, tuple(people), tuple(items), tuple(problems))


def _people(folder: Path) -> list[Subject]:
    files = [(p.stem, p) for p in existence.media_in(folder / "people")]
    for part in sorted(p for p in (folder / "people").iterdir() if p.is_dir()):
        files += [(part.name, found) for found in existence.media_in(part)[:1]]
    return [Subject(name, path.relative_to(folder).as_posix(), folder.name) for name, path in files]

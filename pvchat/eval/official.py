"""The official PVChat JSON as a manifest; `pvchat/augment/dataset/official.py` says what is in it.

In: one JSON file, or a folder of them (one subject each, `*test*.json`). Out: a `Manifest`.

The file names no enrollment clip: the first positive of the train file beside it (`…test… → …train…`) is taken, else
the first positive of the file itself, which is then not asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pvchat.augment.dataset.official import entries, media_path, names_of, presence, read_entry
from pvchat.augment.questions.templates import masked
from pvchat.augment.schemas import QuestionRow
from pvchat.chat.question import type_of
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, ManifestProblem, Subject

_UNUSABLE = (KeyError, TypeError, ValueError, AttributeError)


def read(path: Path) -> Manifest:
    """Read one file, or every test file of a folder.

    Raises:
        SettingsError: not such a file.
    """
    files = sorted(path.glob("*test*.json")) if path.is_dir() else [path]
    if not files:
        raise SettingsError("no *test*.json in this folder.", subject=str(path))
    root, people, items, problems = (path if path.is_dir() else path.parent), [], [], []
    for file in files:
        subjects, rows, wrong = _read_file(file, root)
        people += subjects
        items += rows
        problems += wrong
    return Manifest(path.stem, root, tuple(people), tuple(items), tuple(problems))


def _read_file(file: Path, root: Path) -> tuple[list[Subject], list[Item], list[ManifestProblem]]:
    videos = _entries(file)
    people: list[str] = []
    items: list[Item] = []
    problems: list[ManifestProblem] = []
    for number, entry in enumerate(videos):
        try:
            names = names_of(entry, videos, file)
            items += _items(entry, number, names, file, root)
        except _UNUSABLE as error:
            what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            problems.append(ManifestProblem(f"{file.name}: video {number + 1}", what))
            continue
        people += [name for name in names if name not in people]
    clips = {name: _enrollment_clip(file, videos, name) for name in people}
    problems += [
        ManifestProblem(file.name, f"no positive clip to enroll {n} from") for n, clip in clips.items() if not clip
    ]
    subjects = [Subject(n, media_path(clip, file, root), file.stem) for n, clip in clips.items() if clip]
    enrolled = {subject.clip for subject in subjects}
    return subjects, [i for i in items if i.video not in enrolled], problems


def _entries(file: Path) -> list[dict[str, Any]]:
    found = entries(file)
    if found is None:
        raise SettingsError("it is no JSON in which `data` or `videos` is a list.", subject=str(file))
    return found


def _items(entry: dict[str, Any], number: int, names: list[str], file: Path, root: Path) -> list[Item]:
    """The questions of one entry."""
    sample, rows = read_entry(entry, number, names, file, root)
    return [
        Item(
            f"{file.stem}-{number:05d}-{place:02d}", file.stem, sample.media, tuple(row.people), row.kind,
            _type(row, names), row.question, row.answer, row.present,
        )
        for place, row in enumerate(rows)
    ]  # fmt: skip


def _type(row: QuestionRow, names: Sequence[str]) -> str:
    """As the question's words say where the file marks it as no existence question."""
    return row.type if row.type != "other" else type_of(masked(row.question, names).replace("<n>", "Alex"))


def _enrollment_clip(file: Path, videos: list[dict[str, Any]], name: str) -> str | None:
    """The first clip that shows somebody, and nobody else of those whom its entry names."""
    twin = file.with_name(file.name.replace("test", "train"))
    for part in ((entries(twin) or []) if twin != file else [], videos):
        for entry in part:
            try:
                there = presence(entry, names_of(entry, videos, file))
            except _UNUSABLE:
                continue
            video = str(entry.get("video_path") or entry.get("video_name") or "")
            if video and [n for n, seen in there.items() if seen] == [name]:
                return video
    return None

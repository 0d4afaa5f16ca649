"""Yo'LLaVA's data (arXiv 2406.09400; github WisconsinAIVision/YoLLaVA, folder `yollava-data`).

    train/<concept>/*.png, test/<concept>/*.png           photos of one concept a folder
    yollava-visual-qa.json                                {concept: {path: {question, options: {A, B}, correct_answer}}}

Out: a `Manifest`: each concept is enrolled from its first training photo; every test photo is asked for every concept
(recognition) and, where the JSON has a question, that too, with the text of the right option as its reference.
Many concepts are pets and things: keep the folders of those you mean to test.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pvchat.chat.question import type_of
from pvchat.errors import SettingsError
from pvchat.eval.layouts import existence
from pvchat.eval.manifest import Item, Manifest, Problem, Subject

QUESTIONS = "yollava-visual-qa.json"
SET = "yollava"


def looks_like(folder: Path) -> bool:
    """Whether a folder is laid out so."""
    return (folder / "train").is_dir() and (folder / "test").is_dir() and (folder / QUESTIONS).is_file()


def read(folder: Path) -> Manifest:
    """Read the folder `yollava-data`.

    Raises:
        SettingsError: it has no concept with a training photo.
    """
    first = {p.name: existence.media_in(p)[:1] for p in sorted((folder / "train").iterdir()) if p.is_dir()}
    people = [
        Subject(name, photo.relative_to(folder).as_posix(), SET) for name, found in first.items() for photo in found
    ]
    if not people:
        raise SettingsError("no train/<concept>/ with a photo in it.", subject=str(folder))
    names = [p.name for p in people]
    clips = [
        (photo.relative_to(folder).as_posix(), SET, [name])
        for name in names
        for photo in existence.media_in(folder / "test" / name)
    ]
    problems: list[Problem] = []
    items = existence.singles(clips, names, SET) + _questions(folder, names, problems)
    return Manifest(folder.name, folder, tuple(people), tuple(items), tuple(problems))


def _questions(folder: Path, names: list[str], problems: list[Problem]) -> list[Item]:
    try:
        rows = json.loads((folder / QUESTIONS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(Problem(QUESTIONS, str(error)))
        return []
    items = []
    for name, photos in rows.items():
        if name not in names:
            continue  # a concept that was left out on purpose
        for path, row in photos.items():
            try:
                items.append(_item(name, path, row))
            except (KeyError, TypeError) as error:
                problems.append(Problem(f"{QUESTIONS}: {path}", f"{error} is missing"))
    return items


def _item(name: str, path: str, row: dict[str, Any]) -> Item:
    video = path.removeprefix("./").removeprefix("yollava-data/")
    question = str(row["question"]).replace("<sks>", name)
    answer = str(row["options"][row["correct_answer"]])
    kind = type_of(question.replace(name, "Alex"))
    return Item(
        f"{SET}-qa-{name}-{Path(video).stem}", SET, video, (name,), "single", kind if kind != "existence" else "other",
        question, answer, {name: True},
    )  # fmt: skip

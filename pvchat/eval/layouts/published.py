"""Data sets of other papers, each read into a `Manifest`.

MyVLM (arXiv 2403.14599; github snap-research/MyVLM), one folder a concept, with captions:

    <concept>/*.jpg
    <concept>/captions.json (or captions_augmented.json)      {image: [caption, …]}

Each concept is enrolled from its first captioned photo; every other photo is asked for every concept, and its own
concept is asked to be described, with the first caption as the reference.

This-Is-My (Yeh et al., CVPR 2023; github danielchyeh/this-is-my), named instances in segments of online videos:

    this-is-my-dataset/segments.csv                    segment_id, is_anchor, instance_name, …, query
    this-is-my-dataset/this-is-my_test-set.json        {anchor segment: [segments that show the same instance]}
    this-is-my-dataset/this-is-my_eval-captions.csv    segs, ids, item, class, caption ("*" stands for the instance)
    train_segment/<segment>.mp4, eval_segment/<segment>.mp4    as its own download script cuts them

An instance is enrolled from its anchor, every segment that is there is asked for every instance, captions become
descriptions. Instances whose `query` isn't a person ("dog", "car") are left out and counted.

Yo'LLaVA (arXiv 2406.09400; github WisconsinAIVision/YoLLaVA, folder `yollava-data`), photos of one concept a folder:

    train/<concept>/*.png, test/<concept>/*.png
    yollava-visual-qa.json                             {concept: {path: {question, options: {A, B}, correct_answer}}}

Each concept is enrolled from its first training photo; every test photo is asked for every concept (recognition) and,
where the JSON has a question, that too, with the text of the right option as its reference. Many concepts are pets and
things: keep the folders of those you mean to test.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from pvchat.chat.question import type_of
from pvchat.errors import SettingsError
from pvchat.eval.layouts.folders import Clip, media_in, single_questions
from pvchat.eval.manifest import Item, Manifest, ManifestProblem, Subject

MYVLM, THIS_IS_MY, YOLLAVA = "myvlm", "this-is-my", "yollava"
CAPTIONS = ("captions.json", "captions_augmented.json")
ANNOTATIONS = "this-is-my-dataset"
PEOPLE = ("man", "woman", "boy", "girl", "person", "child", "kid", "baby")
QUESTIONS = "yollava-visual-qa.json"


def is_myvlm(folder: Path) -> bool:
    """Whether a folder is laid out as MyVLM's data."""
    return any((part / name).is_file() for part in _concepts(folder) for name in CAPTIONS)


def read_myvlm(folder: Path) -> Manifest:
    """Read MyVLM's data root.

    Raises:
        SettingsError: no concept in it has two photos.
    """
    problems: list[ManifestProblem] = []
    photos = {part.name: _captions(part, problems) for part in _concepts(folder)}
    photos = {name: rows for name, rows in photos.items() if len(rows) > 1}
    if not photos:
        raise SettingsError("no <concept>/ with two captioned photos.", subject=str(folder))
    people = [Subject(_spoken(name), f"{name}/{next(iter(rows))}", MYVLM) for name, rows in photos.items()]
    clips: list[Clip] = []
    captions: list[Item] = []
    for concept, rows in photos.items():
        for photo, caption in list(rows.items())[1:]:
            name, clip = _spoken(concept), f"{concept}/{photo}"
            clips.append((clip, [name]))
            captions.append(_description(f"{MYVLM}-caption-{concept}-{Path(photo).stem}", MYVLM, clip, name, caption))
    items = single_questions(clips, [p.name for p in people], MYVLM) + captions
    return Manifest(folder.name, folder, tuple(people), tuple(items), tuple(problems))


def is_this_is_my(folder: Path) -> bool:
    """Whether a folder is laid out as This-Is-My."""
    return (folder / ANNOTATIONS / "segments.csv").is_file()


def read_this_is_my(folder: Path) -> Manifest:
    """Read the data root of This-Is-My.

    Raises:
        SettingsError: an annotation file is missing, or no instance is a person.
    """
    try:
        segments = _csv(folder / ANNOTATIONS / "segments.csv")
        same = json.loads((folder / ANNOTATIONS / "this-is-my_test-set.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"its annotations can't be read ({error}).", subject=str(folder)) from error
    anchors = [s for s in segments if s["is_anchor"] == "True" and s["segment_id"] in same]
    people = {s["segment_id"]: s["instance_name"] for s in anchors if s["query"] in PEOPLE}
    if not people:
        raise SettingsError("no instance in it is a person.", subject=str(folder))
    problems = [
        ManifestProblem(s["instance_name"], f"is a {s['query']}: left out")
        for s in anchors
        if s["segment_id"] not in people
    ]
    subjects = tuple(Subject(name, _segment(folder, anchor), THIS_IS_MY) for anchor, name in people.items())
    wanted = dict.fromkeys(s for anchor in people for s in same[anchor] if s not in people)
    clips = [(_segment(folder, s), [name for anchor, name in people.items() if s in same[anchor]]) for s in wanted]
    names = list(people.values())
    items = single_questions(clips, names, THIS_IS_MY) + _captioned(folder, names, problems)
    return Manifest(folder.name, folder, subjects, tuple(items), tuple(problems))


def is_yollava(folder: Path) -> bool:
    """Whether a folder is laid out as Yo'LLaVA's data."""
    return (folder / "train").is_dir() and (folder / "test").is_dir() and (folder / QUESTIONS).is_file()


def read_yollava(folder: Path) -> Manifest:
    """Read the folder `yollava-data`.

    Raises:
        SettingsError: it has no concept with a training photo.
    """
    first = {p.name: media_in(p)[:1] for p in sorted((folder / "train").iterdir()) if p.is_dir()}
    people = [
        Subject(name, photo.relative_to(folder).as_posix(), YOLLAVA) for name, found in first.items() for photo in found
    ]
    if not people:
        raise SettingsError("no train/<concept>/ with a photo in it.", subject=str(folder))
    names = [p.name for p in people]
    clips = [
        (photo.relative_to(folder).as_posix(), [name]) for name in names for photo in media_in(folder / "test" / name)
    ]
    problems: list[ManifestProblem] = []
    items = single_questions(clips, names, YOLLAVA) + _visual_questions(folder, names, problems)
    return Manifest(folder.name, folder, tuple(people), tuple(items), tuple(problems))


def _description(key: str, set_name: str, clip: str, name: str, caption: str) -> Item:
    """A question that asks to describe somebody who is there, with a caption as its reference."""
    return Item(key, set_name, clip, (name,), "single", "other", f"Describe {name}.", caption, {name: True})


def _concepts(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")) if folder.is_dir() else []


def _captions(part: Path, problems: list[ManifestProblem]) -> dict[str, str]:
    """{photo: its first caption} of one concept of MyVLM, in the file's order."""
    path = next((part / name for name in CAPTIONS if (part / name).is_file()), None)
    if path is None:
        return {}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {str(photo): str(texts[0] if isinstance(texts, list) else texts) for photo, texts in rows.items()}
    except (OSError, ValueError, AttributeError, IndexError) as error:
        problems.append(ManifestProblem(f"{part.name}/{path.name}", str(error)))
        return {}


def _spoken(concept: str) -> str:
    """A concept's folder as a name: "billy_dog" is "Billy Dog"."""
    return " ".join(word.capitalize() for word in concept.replace("_", " ").replace("-", " ").split())


def _csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def _segment(folder: Path, segment: str) -> str:
    parts = ("eval_segment", "train_segment")
    found = next((p for p in parts if (folder / p / f"{segment}.mp4").is_file()), parts[0])
    return f"{found}/{segment}.mp4"


def _captioned(folder: Path, names: list[str], problems: list[ManifestProblem]) -> list[Item]:
    """Descriptions out of the captions of This-Is-My."""
    path = folder / ANNOTATIONS / "this-is-my_eval-captions.csv"
    if not path.is_file():
        problems.append(ManifestProblem(path.name, "isn't there: no descriptions"))
        return []
    found = []
    for row in _csv(path):
        name, segment = row["item"], row["segs"]
        if name in names and row.get("caption"):
            caption, clip = row["caption"].replace("*", name), _segment(folder, segment)
            found.append(_description(f"{THIS_IS_MY}-caption-{segment}", THIS_IS_MY, clip, name, caption))
    return found


def _visual_questions(folder: Path, names: list[str], problems: list[ManifestProblem]) -> list[Item]:
    """Yo'LLaVA's own questions about the concepts whose folders are there."""
    try:
        rows = json.loads((folder / QUESTIONS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(ManifestProblem(QUESTIONS, str(error)))
        return []
    found = []
    for name, photos in rows.items():
        for path, row in photos.items() if name in names else ():
            try:
                found.append(_visual_question(name, path, row))
            except (KeyError, TypeError) as error:
                problems.append(ManifestProblem(f"{QUESTIONS}: {path}", f"{error} is missing"))
    return found


def _visual_question(name: str, path: str, row: dict[str, Any]) -> Item:
    video = path.removeprefix("./").removeprefix("yollava-data/")
    question = str(row["question"]).replace("<sks>", name)
    answer = str(row["options"][row["correct_answer"]])
    kind = type_of(question.replace(name, "Alex"))
    key, kind = f"{YOLLAVA}-qa-{name}-{Path(video).stem}", kind if kind != "existence" else "other"
    return Item(key, YOLLAVA, video, (name,), "single", kind, question, answer, {name: True})

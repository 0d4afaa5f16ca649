"""This-Is-My (Yeh et al., CVPR 2023; github danielchyeh/this-is-my): named instances in segments of online videos.

    this-is-my-dataset/segments.csv                    segment_id, is_anchor, instance_name, …, query
    this-is-my-dataset/this-is-my_test-set.json        {anchor segment: [segments that show the same instance]}
    this-is-my-dataset/this-is-my_eval-captions.csv    segs, ids, item, class, caption ("*" stands for the instance)
    train_segment/<segment>.mp4, eval_segment/<segment>.mp4    as its own download script cuts them

Out: a `Manifest`: an instance is enrolled from its anchor, every segment that is there is asked for every instance,
captions become descriptions. Instances whose `query` isn't a person ("dog", "car") are left out and counted.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from pvchat.errors import SettingsError
from pvchat.eval.layouts import existence
from pvchat.eval.manifest import Item, Manifest, Problem, Subject

FOLDER = "this-is-my-dataset"
PEOPLE = ("man", "woman", "boy", "girl", "person", "child", "kid", "baby")
SET = "this-is-my"


def looks_like(folder: Path) -> bool:
    """Whether a folder is laid out so."""
    return (folder / FOLDER / "segments.csv").is_file()


def read(folder: Path) -> Manifest:
    """Read the data root.

    Raises:
        SettingsError: an annotation file is missing, or no instance is a person.
    """
    try:
        segments = list(csv.DictReader((folder / FOLDER / "segments.csv").read_text(encoding="utf-8").splitlines()))
        same = json.loads((folder / FOLDER / "this-is-my_test-set.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"its annotations can't be read ({error}).", subject=str(folder)) from error
    anchors = [s for s in segments if s["is_anchor"] == "True" and s["segment_id"] in same]
    people = {s["segment_id"]: s["instance_name"] for s in anchors if s["query"] in PEOPLE}
    if not people:
        raise SettingsError("no instance in it is a person.", subject=str(folder))
    problems = [
        Problem(s["instance_name"], f"is a {s['query']}: left out") for s in anchors if s["segment_id"] not in people
    ]
    subjects = tuple(Subject(name, _clip(folder, anchor), SET) for anchor, name in people.items())
    clips = _clips(folder, people, same)
    names = list(people.values())
    items = existence.singles(clips, names, SET) + _captioned(folder, names, problems)
    return Manifest(folder.name, folder, subjects, tuple(items), tuple(problems))


def _clips(folder: Path, people: dict[str, str], same: dict[str, list[str]]) -> list[tuple[str, str, list[str]]]:
    """Every segment that the test set names for a person and that isn't an anchor."""
    wanted = dict.fromkeys(s for anchor in people for s in same[anchor] if s not in people)
    return [
        (_clip(folder, segment), SET, [name for anchor, name in people.items() if segment in same[anchor]])
        for segment in wanted
    ]


def _clip(folder: Path, segment: str) -> str:
    parts = ("eval_segment", "train_segment")
    found = next((p for p in parts if (folder / p / f"{segment}.mp4").is_file()), parts[0])
    return f"{found}/{segment}.mp4"


def _captioned(folder: Path, names: list[str], problems: list[Problem]) -> list[Item]:
    path = folder / FOLDER / "this-is-my_eval-captions.csv"
    if not path.is_file():
        problems.append(Problem(path.name, "isn't there: no descriptions"))
        return []
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return [
        Item(
            f"{SET}-caption-{r['segs']}", SET, _clip(folder, r["segs"]), (r["item"],), "single", "other",
            f"Describe {r['item']}.", r["caption"].replace("*", r["item"]), {r["item"]: True},
        )
        for r in rows
        if r["item"] in names and r.get("caption")
    ]  # fmt: skip

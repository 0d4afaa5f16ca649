"""Reads a manifest: our own layout (`manifest.py`), a data set of `pvchat augment`, or the official PVChat JSON:

    {"videos": [{video_name, video_path, sks_present, gender, age, is_positive,
                 qa_pairs: [{question, answer, is_special}]}]}

`is_special` marks existence questions. Clips of several people have `sks_present1`, `sks_present2`, … and the presence
of each under `is_positive1`, …; the authors' own have `sample_type` ("person1", "both", "person1_person2", …, "none").

One JSON file, or a folder of them (one subject each, `*test*.json`). Before the names are filled in the key is "data",
`sks_present` is empty and texts say "<sks>" ("<sks1>", … for several people); afterwards it is "videos" and they say
the names. What isn't marked as an existence question has the type that its words tell.

The file names no enrollment clip: the first positive of the train file beside it (`…test… → …train…`) is taken, else
the first positive of the file itself, which is then not asked about.

Of a data set of `pvchat augment` the test split is asked, as it was measured; she is enrolled from the training split.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pvchat.augment import dataset
from pvchat.augment.lines import Problem
from pvchat.augment.questions.templates import mask_names
from pvchat.chat.question import type_of
from pvchat.chat.reader.words import find_mentions
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, Subject, checked, read_folder, reason

_EMPTY = ("", "<sks>", "sks")
_NUMBERED = re.compile(r"sks_present(\d+)")
_TOKEN = re.compile(r"<([^<>]{1,64})>")
_UNUSABLE = (KeyError, TypeError, ValueError, AttributeError)

Entry = dict[str, Any]  # a video of a file, with its questions


def read(path: Path | str) -> Manifest:
    """Read a folder or a JSON file; missing clips are left out and named. SettingsError: nothing in it can be asked."""
    path = Path(path).expanduser()
    if not path.exists():
        raise SettingsError("there is no such manifest.", subject=str(path), hint="Give a folder or a JSON file.")
    ours = (path / "questions.jsonl").is_file() and (path / "people.json").is_file()
    made = _read_augmented if (path / dataset.ROWS).is_file() else _read_official
    manifest = checked(read_folder(path) if ours else made(path))
    if not manifest.items or not manifest.people:
        first = "".join(f" First problem: {problem}." for problem in manifest.problems[:1])
        raise SettingsError(f"nothing in it can be asked.{first}", subject=str(path), hint="See data/README.md.")
    return manifest


def _read_augmented(folder: Path) -> Manifest:
    """The questions of a data set's test split; by set stands how a clip was made.

    She is enrolled from the least changed clip of its training split.
    """
    samples, rows = dataset.read(folder)
    of, mine = {s.id: s for s in samples}, [s for s in samples if (s.role, s.split) == ("positive", "train")]
    mine.sort(key=lambda s: (s.stage != "video", s.recipe != "subclip", s.recipe != "photometric"))
    people = [Subject(name, s.media, s.recipe) for s in mine[:1] for name in s.people]
    asked = [(row, of[row.sample]) for row in rows if row.split == "test" and row.sample in of]
    items = [
        Item(r.id, s.recipe, s.media, tuple(r.people), r.kind, r.type, r.question, r.answer, r.present)
        for r, s in asked
    ]
    lack = () if items else (Problem(dataset.ROWS, "its test split has no questions: make 7 clips or more (--clips)"),)
    return Manifest(folder.resolve().name, folder, tuple(people), tuple(items), lack)


def _entries(file: Path) -> list[Any] | None:
    """The videos of a file of this layout; None where it has another one, or can't be read."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    found = value.get("data", value.get("videos")) if isinstance(value, dict) else None
    return found if isinstance(found, list) else None


def _read_official(path: Path) -> Manifest:
    """Read one file, or every test file of a folder; raises SettingsError where one isn't such a file."""
    files = sorted(path.glob("*test*.json")) if path.is_dir() else [path]
    parsed = {file: _entries(file) for file in files}
    if all(videos is None for videos in parsed.values()):
        hint = "data/README.md shows the layouts that are read."
        raise SettingsError("its layout isn't known.", subject=str(path), hint=hint)
    root = path if path.is_dir() else path.parent
    subjects: list[Subject] = []
    items: list[Item] = []
    problems: list[Problem] = []
    for file, videos in parsed.items():
        if videos is None:
            raise SettingsError("it is no JSON in which `data` or `videos` is a list.", subject=str(file))
        people: dict[str, None] = {}
        asked: list[Item] = []
        for number, entry in enumerate(videos):
            try:
                names = _names(entry, videos, file)
                asked += _items(entry, number, names, file, root)
                people |= dict.fromkeys(names)
            except _UNUSABLE as error:
                problems.append(Problem(f"{file.name}: video {number + 1}", reason(error)))
        found = {name: _enrollment_clip(file, videos, name) for name in people}
        clips = {name: _media_path(clip, file, root) for name, clip in found.items() if clip}
        lost = [name for name in people if name not in clips]
        problems += [Problem(file.name, f"no positive clip to enroll {name} from") for name in lost]
        subjects += [Subject(name, clip, file.stem) for name, clip in clips.items()]
        items += [item for item in asked if item.video not in clips.values()]
    return Manifest(path.stem, root, tuple(subjects), tuple(items), tuple(problems))


def _items(entry: Entry, number: int, names: list[str], file: Path, root: Path) -> list[Item]:
    """The questions of one entry, each about those whom it names, in doubt about the first."""
    video = _media_path(str(entry.get("video_path") or entry["video_name"]), file, root)
    there, made = _presence(entry, names), []
    for place, pair in enumerate(entry["qa_pairs"]):
        question, answer = (_fill_in_names(str(pair[key]), names) for key in ("question", "answer"))
        about = list(dict.fromkeys(m.name for m in find_mentions(question, names, {}))) or names[:1]
        kind = "existence" if pair.get("is_special") else type_of(mask_names(question, names).replace("<n>", "Alex"))
        alone = "single" if kind == "existence" or any(there[n] for n in about) else "refusal"
        size, present = {2: "pair", 3: "triple"}.get(len(about), alone), {n: there[n] for n in about}
        row = f"{file.stem}-{number:05d}-{place:02d}"
        made.append(Item(row, file.stem, video, tuple(about), size, kind, question, answer, present))
    return made


def _fill_in_names(text: str, people: Sequence[str]) -> str:
    """A text with names for "<sks>", "<sks1>", … and "<Name>"."""
    numbered = {f"sks{number}": name for number, name in enumerate(people, 1)} | {"sks": people[0]}
    return _TOKEN.sub(lambda hit: people[0] if len(people) == 1 else numbered.get(hit[1], hit[1]), text)


def _names(entry: Entry, videos: Sequence[Any], file: Path) -> list[str]:
    """Whom an entry is about: one name, or one for each `sks_present<n>`."""
    numbered = sorted((int(m[1]), str(entry[k]).strip("<>")) for k in entry if (m := _NUMBERED.fullmatch(k)))
    if numbered:
        return [n or f"sks{i}" for i, n in numbered]
    names = [str(e.get("sks_present") or "") for e in videos if isinstance(e, dict)]
    first = next((t for t in names if t not in _EMPTY), "")
    stem = re.sub(r"[_\-.]?(all_video|train|test|val|short)(?![a-z])|[<>\[\]]", "", file.stem).strip("_- ")
    return [first.strip("<>") or stem or "Subject"]


def _presence(entry: Entry, people: Sequence[str]) -> dict[str, bool]:
    """Who is there; ValueError or KeyError where the entry doesn't say."""
    if len(people) == 1:
        return {people[0]: _truth(entry["is_positive"])}
    if "is_positive1" in entry:
        return {n: _truth(entry[f"is_positive{i + 1}"]) for i, n in enumerate(people)}
    kind = str(entry["sample_type"])
    if kind in ("both", "all", "none", "neither", "negative"):
        return dict.fromkeys(people, kind in ("both", "all"))
    there = set(re.findall(r"person(\d+)", kind))
    if not there or not there <= {str(i + 1) for i in range(len(people))}:
        raise ValueError(f"sample_type {kind!r} is unknown")
    return {n: str(i + 1) in there for i, n in enumerate(people)}


def _media_path(video: str, file: Path, root: Path) -> str:
    """A clip's path below the root: as written, or by its name beside the file, for files that were moved."""
    written = Path(video)
    for candidate in (file.parent / written, file.parent / written.name, file.parent / "videos" / written.name):
        if candidate.is_file():
            return Path(os.path.relpath(candidate, root)).as_posix()
    return written.as_posix()


def _enrollment_clip(file: Path, videos: Sequence[Any], name: str) -> str | None:
    """The first clip that shows somebody, and nobody else of those whom its entry names."""
    twin = file.with_name(file.name.replace("test", "train"))
    for part in ((_entries(twin) or []) if twin != file else [], videos):
        for entry in part:
            try:
                there = _presence(entry, _names(entry, videos, file))
            except _UNUSABLE:
                continue
            video = str(entry.get("video_path") or entry.get("video_name") or "")
            if video and [n for n, seen in there.items() if seen] == [name]:
                return video
    return None


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"is_positive must be true or false, not {value!r}")
    return value

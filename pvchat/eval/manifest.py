"""Manifests: people to enroll and questions about clips.

data/README.md describes the layout; `layouts.py` reads others, too. Whatever can't be used becomes a
`Problem`, never a silent gap.

Thresholds and ideas are chosen on the half TUNE; CHECK is run once a change is finished, and is what README and RESULTS
show. A clip's half depends only on its path in the manifest. Questions whose id begins with "hard-" are the hard part:
people who are far, turned, masked, in a crowd, or drawn.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pvchat.augment.lines import Problem, validated
from pvchat.config import MAX_QUESTION
from pvchat.errors import SettingsError
from pvchat.people.person import name_key

TYPES = ("existence", "appearance", "action", "location", "other")
KINDS = ("single", "refusal", "pair", "triple", "relative", "who")
HALVES = ("tune", "check")
HARD = "hard-"


@dataclass(frozen=True)
class Subject:
    """A person to enroll: name, one clip (relative to the manifest's root), the set that she belongs to."""

    name: str
    clip: str
    set: str
    track: int | None = None


@dataclass(frozen=True)
class Item:
    """One question about one clip."""

    id: str  # unique in the manifest
    set: str  # which set the clip belongs to
    video: str  # path relative to the manifest's root
    people: tuple[str, ...]  # whom the question is about
    kind: str  # of KINDS
    type: str  # of TYPES
    question: str
    answer: str  # the reference, a phrase or a sentence
    present: dict[str, bool]  # name to truth
    view: str | None = None  # how the person is seen ("clear", "masked", …), None where it isn't annotated

    def to_dict(self) -> dict[str, Any]:
        """The question as a row of the manifest; what isn't annotated is left out."""
        row = {**asdict(self), "people": list(self.people)}
        return {k: v for k, v in row.items() if v is not None}


@dataclass(frozen=True)
class Manifest:
    """People, questions and problems; `name` is for titles, clip paths are relative to `root`."""

    name: str
    root: Path
    people: tuple[Subject, ...]
    items: tuple[Item, ...]
    problems: tuple[Problem, ...] = ()

    def path(self, clip: str) -> Path:
        """Where a clip lies."""
        return self.root / clip


def read_folder(folder: Path) -> Manifest:
    """The layout of `people.json` + `questions.jsonl`; raises SettingsError where one is missing or isn't JSON."""
    try:
        rows = json.loads(_text(folder / "people.json"))
        lines = _text(folder / "questions.jsonl").split("\n")  # `splitlines` also cuts inside of texts, at U+2028
    except (OSError, ValueError) as error:
        hint = "It needs people.json and questions.jsonl; data/README.md shows them."
        raise SettingsError(f"the manifest can't be read ({error}).", subject=str(folder), hint=hint) from error
    if not isinstance(rows, list):
        raise SettingsError("a list is expected.", subject="people.json")
    problems: list[Problem] = []
    people = _collect(enumerate(rows, 1), "people.json", problems, _subject)
    first: dict[str, Subject] = {}
    for person in people:
        if first.setdefault(name_key(person.name), person) is not person:
            what = f"'{person.name}' stands there more than once; the first counts"
            problems.append(Problem("people.json", what))
    numbered = (line for line in enumerate(lines, 1) if line[1].strip())
    items: dict[str, Item] = {}
    for item in _collect(numbered, "questions.jsonl", problems, _item):
        if items.setdefault(item.id, item) is not item:
            problems.append(Problem("questions.jsonl", f"id {item.id!r} stands there twice; the first counts"))
    return Manifest(folder.resolve().name, folder, tuple(first.values()), tuple(items.values()), tuple(problems))


def checked(manifest: Manifest) -> Manifest:
    """The manifest without missing clips, questions about people who can't be enrolled, and questions too long.

    Each becomes a problem that says how many questions are lost.
    """
    problems, asked = list(manifest.problems), Counter(i.video for i in manifest.items)
    gone = {clip for clip in asked if not manifest.path(clip).is_file()}
    problems += [Problem(clip, f"the file isn't there ({asked[clip]} questions)") for clip in sorted(gone)]
    people = tuple(p for p in manifest.people if manifest.path(p.clip).is_file())
    lost = [p for p in manifest.people if p not in people]
    problems += [Problem(p.clip, f"the enrollment clip of {p.name} isn't there") for p in lost]
    items = [i for i in manifest.items if i.video not in gone]
    strange = Counter(name for i in items for name in set(i.people) - {p.name for p in people})
    for name, count in strange.items():
        problems.append(Problem("questions", f"'{name}' isn't among the people to enroll ({count} questions)"))
    items = [i for i in items if strange.keys().isdisjoint(i.people)]
    for item in (i for i in items if len(i.question) > MAX_QUESTION):
        what = f"it has {len(item.question):,} characters; at most {MAX_QUESTION:,} are read"
        problems.append(Problem(f"question {item.id}", what))
    items = [i for i in items if len(i.question) <= MAX_QUESTION]
    return replace(manifest, people=people, problems=tuple(problems), items=tuple(items))


def half_of(clip: str) -> str:
    """The half of a clip by its path in the manifest: "tune" if the SHA-256 is even, "check" if it is odd."""
    return HALVES[int(hashlib.sha256(clip.encode()).hexdigest(), 16) % 2]


def of_half(manifest: Manifest, half: str) -> Manifest:
    """The questions about clips of one half ("": all); everyone stays enrolled. SettingsError if none is left."""
    if not half:
        return manifest
    items = tuple(i for i in manifest.items if half_of(i.video) == half)
    if manifest.items and not items:
        raise SettingsError("no question belongs to this half.", subject=f"--half {half}", hint="Use the other one.")
    return replace(manifest, items=items)


def part_of(item: Item) -> str:
    """Whether a question belongs to the "hard" or the "easy" part."""
    return "hard" if item.id.startswith(HARD) else "easy"


def limited(manifest: Manifest, limit: int | None) -> Manifest:
    """The manifest with at most `limit` questions, spread evenly."""
    if limit is None or len(manifest.items) <= limit:
        return manifest
    if limit < 1:
        raise SettingsError("the limit must be at least 1.", subject=f"--limit {limit}")
    step = len(manifest.items) / limit
    return replace(manifest, items=tuple(manifest.items[int(i * step)] for i in range(limit)))


def write(manifest: Manifest, folder: Path) -> None:
    """Write a manifest to a folder in this layout; clip paths become relative to it."""
    folder.mkdir(parents=True, exist_ok=True)

    def moved(clip: str) -> str:
        return Path(os.path.relpath(manifest.path(clip).resolve(), folder.resolve())).as_posix()

    people = [
        {"name": p.name, "set": p.set, "enroll": moved(p.clip), **({"track": p.track} if p.track else {})}
        for p in manifest.people
    ]
    lines = [json.dumps({**i.to_dict(), "video": moved(i.video)}, ensure_ascii=False) for i in manifest.items]
    (folder / "people.json").write_text(json.dumps(people, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (folder / "questions.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def reason(error: Exception) -> str:
    """Why a row couldn't be read."""
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def _collect(rows: Iterable[tuple[int, Any]], file: str, problems: list[Problem], read: Any) -> list:
    """Read each row; one that can't be read becomes a problem with its number."""
    out = []
    for number, row in rows:
        try:
            out.append(read(row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(Problem(f"{file}:{number}", reason(error)))
    return out


def _subject(row: dict[str, Any]) -> Subject:
    subject: Subject = validated(Subject, {"set": "", **row, "clip": row["enroll"]})
    if not subject.name.strip():
        raise ValueError("`name` is empty")
    return subject


def _item(line: str) -> Item:
    item: Item = validated(Item, {"set": "", **json.loads(line)})
    if item.type not in TYPES or item.kind not in KINDS:
        raise ValueError(f"unknown type or kind: {item.type!r}, {item.kind!r}")
    if unnamed := [name for name in item.people if name not in item.present]:
        raise ValueError(f"`present` says nothing about {', '.join(unnamed)}")
    if not item.question.strip():
        raise ValueError("`question` is empty")
    return item


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")  # some editors put a mark before the first character

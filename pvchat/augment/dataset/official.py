"""The official PVChat JSON: its entries read as samples and rows, and a `DataSet` of ours written as such files.

    {"data" | "videos": [{video_name, video_path, sks_present, gender, age, is_positive,
                          qa_pairs: [{question, answer, is_special}]}]}

Before the names are filled in the key is "data", `sks_present` is empty and texts say "<sks>" ("<sks1>", "<sks2>",
… for several people); afterwards it is "videos" and they say the names. `is_special` marks existence questions. Files
of several people have `sks_present1`, `sks_present2`, … and `sample_type` ("person1", "person2", "both",
"person1_person2", …, "none"), or the presence of each under `is_positive1`, … as we write it.

The files don't tell type, split and source: types are read from the words as `pvchat ask` does, the split from the
file's name, the source from the clip's (names end in "_<number>", the part of one recording).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pvchat.augment.dataset.folder import DataSet
from pvchat.augment.questions.templates import masked
from pvchat.augment.schemas import QuestionRow, Sample, Split
from pvchat.chat.question import type_of
from pvchat.chat.reader.words import find_mentions

_EMPTY = ("", "<sks>", "sks")
_NUMBERED = re.compile(r"sks_present(\d+)")
_TOKEN = re.compile(r"<([^<>]{1,64})>")
_PART = re.compile(r"_\d+$")  # of a recording, in a clip's name


def entries(file: Path) -> list[Any] | None:
    """The videos of a file of this layout; None where it has another one, or can't be read."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    found = value.get("data", value.get("videos")) if isinstance(value, dict) else None
    return found if isinstance(found, list) else None


def media_path(video: str, file: Path, root: Path) -> str:
    """A clip's path below the root: as written, or by its name beside the file, for files that were moved."""
    written = Path(video)
    for candidate in (file.parent / written, file.parent / written.name, file.parent / "videos" / written.name):
        if candidate.is_file():
            return Path(os.path.relpath(candidate, root)).as_posix()
    return written.as_posix()


def write(data: DataSet, out: Path) -> list[Path]:
    """Write a data set as official files, one a split, with names filled in.

    Args:
        data: with clips of `data.name`.
        out: folder; created. Media stay where they are: paths lead there from `out`.

    Returns:
        The files.
    """
    out.mkdir(parents=True, exist_ok=True)
    asked: dict[str, list[QuestionRow]] = {}
    for row in data.rows:
        asked.setdefault(row.sample, []).append(row)
    by_split: dict[Split, list[dict[str, Any]]] = {}
    for sample in data.samples:
        media = Path(os.path.relpath(data.root / sample.media, out)).as_posix()
        entry = _to_entry(sample, asked.get(sample.id, []), data.name, media)
        by_split.setdefault(sample.split, []).append(entry)
    written = []
    for split, entries in by_split.items():
        written.append(out / f"{data.name}_{split}.json")
        text = json.dumps({"videos": entries}, indent=2, ensure_ascii=False)
        written[-1].write_text(text + "\n", encoding="utf-8")
    return written


def names_of(entry: dict[str, Any], entries: Sequence[dict[str, Any]], file: Path) -> list[str]:
    """Whom an entry is about: one name, or one for each `sks_present<n>`."""
    numbered = sorted((int(m[1]), str(entry[k]).strip("<>")) for k in entry if (m := _NUMBERED.fullmatch(k)))
    if numbered:
        return [n or f"sks{i}" for i, n in numbered]
    names = [str(e.get("sks_present") or "") for e in entries if isinstance(e, dict)]
    first = next((t for t in names if t not in _EMPTY), "")
    stem = re.sub(r"[_\-.]?(all_video|train|test|val|short)(?![a-z])|[<>\[\]]", "", file.stem).strip("_- ")
    return [first.strip("<>") or stem or "Subject"]


def presence(entry: dict[str, Any], people: Sequence[str]) -> dict[str, bool]:
    """Who is there.

    Raises:
        ValueError, KeyError: the entry doesn't say.
    """
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


def split_of(file: Path) -> Split:
    """By the file's name."""
    found = re.search(r"test|val", file.stem.lower())
    return found[0] if found else "train"  # type: ignore[return-value]


def named(text: str, people: Sequence[str]) -> str:
    """A text with names for "<sks>", "<sks1>", … and "<Name>"."""
    numbered = {f"sks{number}": name for number, name in enumerate(people, 1)} | {"sks": people[0]}
    return _TOKEN.sub(lambda hit: people[0] if len(people) == 1 else numbered.get(hit[1], hit[1]), text)


def read_entry(
    entry: dict[str, Any], number: int, people: list[str], file: Path, root: Path
) -> tuple[Sample, list[QuestionRow]]:  # fmt: skip
    """One video of a file, and what is asked about it.

    Raises:
        ValueError, KeyError: the entry lacks something.
    """
    video = str(entry.get("video_path") or entry["video_name"])
    there = presence(entry, people)
    identity = hashlib.sha256(f"{file.name}:{number}:{video}".encode()).hexdigest()[:16]
    sample = Sample(
        id=identity, role="positive" if there[people[0]] else "negative", recipe="official", stage="video",
        media=media_path(video, file, root), source=_PART.sub("", Path(video).stem), split=split_of(file), people=there,
    )  # fmt: skip
    return sample, [_row(pair, i, sample, people) for i, pair in enumerate(entry["qa_pairs"])]


def _row(pair: dict[str, Any], number: int, sample: Sample, people: list[str]) -> QuestionRow:
    question, answer = (named(str(pair[key]), people) for key in ("question", "answer"))
    about = list(dict.fromkeys(m.name for m in find_mentions(question, people, {}))) or people[:1]
    words = masked(question, people)
    special, kind = bool(pair.get("is_special")), type_of(words.replace("<n>", "Alex"))
    there = any(sample.people[n] for n in about)
    size = {2: "pair", 3: "triple"}.get(len(about), "single" if there or special or kind == "existence" else "refusal")
    template = int(hashlib.sha256(words.encode()).hexdigest()[:7], 16)  # equal for equal paraphrases
    present = {n: sample.people[n] for n in about}
    if special or kind == "existence":
        kind = "existence" if special else "other"  # the file says whether it is one
    return QuestionRow(
        f"{sample.id}-{number:03d}", sample.id, kind, size, about, question, answer, present, template, sample.split
    )


def _to_entry(sample: Sample, rows: Iterable[QuestionRow], name: str, media: str) -> dict[str, Any]:
    people = [name, *(n for n in sample.people if n != name)]
    entry: dict[str, Any] = {
        "video_name": Path(sample.media).name, "video_path": media, "sks_present": name, "gender": "", "age": "",
        "is_positive": sample.people[name],
    }  # fmt: skip
    if len(people) > 1:
        for number, one in enumerate(people, 1):
            entry |= {f"sks_present{number}": one, f"is_positive{number}": sample.people[one]}
    pairs = [{"question": r.question, "answer": r.answer, "is_special": r.type == "existence"} for r in rows]
    return {**entry, "qa_pairs": pairs}


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"is_positive must be true or false, not {value!r}")
    return value

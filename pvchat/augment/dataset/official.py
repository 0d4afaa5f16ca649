"""The official PVChat JSON, read into a `DataSet` and written from one.

    {"data" | "videos": [{video_name, video_path, sks_present, gender, age, is_positive,
                          qa_pairs: [{question, answer, is_special}]}]}

Before the names are filled in the key is "data", `sks_present` is empty and texts say "<sks>" ("<sks1>", "<sks2>",
… for several people); afterwards it is "videos" and they say the names. `is_special` marks existence questions. Files
of several people have `sks_present1`, `sks_present2`, … and `sample_type` ("person1", "person2", "both",
"person1_person2", …, "none"), or the presence of each under `is_positive1`, … as we write it.

The files don't tell type, split and source: types are read from the words as `pvchat ask` does, the split from the
file's name, the source from the clip's (names end in "_<number>", the part of one recording). Reading and writing back
gives the same file.
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
from pvchat.chat.reader.names import find_mentions
from pvchat.errors import SettingsError

FIELDS = ("video_name", "video_path", "sks_present", "gender", "age", "is_positive", "qa_pairs")
PAIR_FIELDS = ("question", "answer", "is_special")
_EMPTY = ("", "<sks>", "sks")
_NUMBERED = re.compile(r"sks_present(\d+)")
_SEGMENT = re.compile(r"_\d+$")
_KEPT = "official."  # prefix of the notes that hold an entry's own values


def looks_official(path: Path) -> bool:
    """Whether a JSON file has this layout."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(value, dict) and isinstance(value.get("data", value.get("videos")), list)


def media_path(video: str, file: Path, root: Path) -> str:
    """A clip's path below the root: as written, or by its name beside the file, for files that were moved."""
    written = Path(video)
    for candidate in (file.parent / written, file.parent / written.name, file.parent / "videos" / written.name):
        if candidate.is_file():
            return Path(os.path.relpath(candidate, root)).as_posix()
    return written.as_posix()


def files(path: Path) -> list[Path]:
    """The official files at a path: the file itself, or those in the folder."""
    found = sorted(path.glob("*.json")) if path.is_dir() else [path]
    return [f for f in found if looks_official(f)]


def read(path: Path, name: str = "") -> DataSet:
    """Read one file, or all official files of a folder.

    Args:
        path: the file or folder.
        name: whom it is about, where the files don't say.

    Raises:
        SettingsError: not such a file, or an entry lacks something.
    """
    found = files(path)
    if not found:
        raise SettingsError("no official PVChat JSON here.", subject=str(path))
    root = path if path.is_dir() else path.parent
    samples: list[Sample] = []
    rows: list[QuestionRow] = []
    origin: dict[str, Any] = {}
    people: list[str] = []
    for file in found:
        content = json.loads(file.read_text(encoding="utf-8"))
        key = "data" if "data" in content else "videos"
        origin[file.name] = {"key": key, "filled": _is_filled(content[key])}
        for number, entry in enumerate(content[key]):
            people = names_of(entry, content[key], file, name)
            try:
                sample, questions = read_entry(entry, number, people, file, root)
            except (KeyError, TypeError, ValueError) as error:
                what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
                raise SettingsError(f"video {number + 1}: {what}.", subject=file.name) from error
            samples.append(sample)
            rows += questions
    return DataSet(root, samples, rows, people[0] if people else name, {"files": origin})


def write(data: DataSet, out: Path, *, filled: bool | None = None) -> list[Path]:
    """Write a data set as official files, one a split (or the files that it was read from).

    Args:
        data: with clips of `data.name`.
        out: folder; created. Media stay where they are: paths lead there from `out`; those of files that were read
            stay as they were.
        filled: say names ("videos") or "<sks>" ("data"); None: as it was read, else names.

    Returns:
        The files.
    """
    out.mkdir(parents=True, exist_ok=True)
    asked: dict[str, list[QuestionRow]] = {}
    for row in data.rows:
        asked.setdefault(row.sample, []).append(row)
    by_file: dict[str, list[Sample]] = {}
    for sample in data.samples:
        file = sample.notes.get(_KEPT + "file", f"{data.name}_{sample.split}.json")
        by_file.setdefault(file, []).append(sample)
    written = []
    for file, some in by_file.items():
        origin = data.origin.get("files", {}).get(file, {})
        full = filled if filled is not None else bool(origin.get("filled", True))
        key = origin.get("key") if filled is None else None
        media = {s.id: Path(os.path.relpath(data.root / s.media, out)).as_posix() for s in some}
        entries = [_to_entry(s, asked.get(s.id, []), data.name, full, media[s.id]) for s in some]
        path = out / file
        text = json.dumps({key or ("videos" if full else "data"): entries}, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
        written.append(path)
    return written


def names_of(entry: dict[str, Any], entries: Sequence[dict[str, Any]], file: Path, name: str = "") -> list[str]:
    """Whom an entry is about: one name, or one for each `sks_present<n>`."""
    numbered = sorted((int(m[1]), str(entry[k]).strip("<>")) for k in entry if (m := _NUMBERED.fullmatch(k)))
    if numbered:
        return [n or f"sks{i}" for i, n in numbered]
    names = [str(e.get("sks_present") or "") for e in entries if isinstance(e, dict)]
    first = next((t for t in names if t not in _EMPTY), "")
    stem = re.sub(r"[_\-.]?(all_video|train|test|val|short)(?![a-z])|[<>\[\]]", "", file.stem).strip("_- ")
    return [name or first.strip("<>") or stem or "Subject"]


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


def source_of(video: str) -> str:
    """The recording that a clip was cut from: its name without "_<number>"."""
    return _SEGMENT.sub("", Path(video).stem)


def named(text: str, people: Sequence[str]) -> str:
    """A text with names for its placeholders."""
    for number, name in enumerate(people, 1):
        text = text.replace(f"<sks{number}>", name)
    return text.replace("<sks>", people[0])


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
    notes = {_KEPT + k: json.dumps(v, ensure_ascii=False) for k, v in entry.items() if k != "qa_pairs"}
    sample = Sample(
        id=identity, role="positive" if there[people[0]] else "negative", recipe="official", stage="video",
        media=media_path(video, file, root), source=source_of(video), split=split_of(file), people=there,
        notes={**notes, _KEPT + "file": file.name},
    )  # fmt: skip
    return sample, [_row(pair, i, sample, people) for i, pair in enumerate(entry["qa_pairs"])]


def _row(pair: dict[str, Any], number: int, sample: Sample, people: list[str]) -> QuestionRow:
    question, answer = (named(str(pair[key]), people) for key in ("question", "answer"))
    about = list(dict.fromkeys(m.name for m in find_mentions(question, people, {}))) or people[:1]
    words = masked(question, people)
    kind = "existence" if pair["is_special"] else type_of(words.replace("<n>", "Alex"))
    there = any(sample.people[n] for n in about)
    size = {2: "pair", 3: "triple"}.get(len(about), "single" if there or kind == "existence" else "refusal")
    template = int(hashlib.sha256(words.encode()).hexdigest()[:7], 16)  # equal for equal paraphrases
    present = {n: sample.people[n] for n in about}
    if kind == "existence" and not pair["is_special"]:
        kind = "other"  # the file says that it isn't one
    return QuestionRow(
        f"{sample.id}-{number:03d}", sample.id, kind, size, about, question, answer, present, template, "official",
        sample.split,
    )  # fmt: skip


def _to_entry(sample: Sample, rows: Iterable[QuestionRow], name: str, filled: bool, media: str) -> dict[str, Any]:
    people = [name, *(n for n in sample.people if n != name)]

    def text(words: str) -> str:
        if filled:
            return words
        for number, one in enumerate(people, 1):
            words = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", f"<sks{number}>" if len(people) > 1 else "<sks>", words)
        return words

    pairs = [
        {"question": text(r.question), "answer": text(r.answer), "is_special": r.type == "existence"} for r in rows
    ]
    kept = {k[len(_KEPT) :]: v for k, v in sample.notes.items() if k.startswith(_KEPT)}
    if kept:
        kept.pop("file", None)
        return {**{k: json.loads(v) for k, v in kept.items()}, "qa_pairs": pairs}
    entry: dict[str, Any] = {
        "video_name": Path(sample.media).name, "video_path": media, "sks_present": name if filled else "",
        "gender": "", "age": "", "is_positive": sample.people[name],
    }  # fmt: skip
    if len(people) > 1:
        for number, one in enumerate(people, 1):
            entry |= {f"sks_present{number}": one if filled else "", f"is_positive{number}": sample.people[one]}
    return {**entry, "qa_pairs": pairs}


def _is_filled(entries: Sequence[dict[str, Any]]) -> bool:
    return not any("<sks" in str(p.get("question", "")) for e in entries for p in e.get("qa_pairs", []))


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"is_positive must be true or false, not {value!r}")
    return value

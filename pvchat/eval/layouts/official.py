"""The official PVChat JSON: {"data" | "videos": [{video_name, video_path, sks_present, is_positive, qa_pairs}]}.

In: one JSON file, or a folder of them (one subject each, `*test*.json`). Out: a `Manifest`.

The file names its subject in `sks_present` ("" or "<sks>" before the names are filled in; then the file's stem names
it). It names no enrollment clip: the first positive of the train file beside it (`…test… → …train…`) is taken, else the
first positive of the file itself, which is then not asked about. `is_special` marks existence questions; the type of
the others is read from the question's words, as `pvchat ask` reads them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pvchat.augment.dataset.official import media_path, named, names_of, presence
from pvchat.augment.questions.templates import masked
from pvchat.chat.question import type_of
from pvchat.chat.reader.names import find_mentions
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, Problem, Subject

_TOKEN = re.compile(r"<([^<>]{1,64})>")
_PLACEHOLDERS = ("", "<sks>", "sks")


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


def _read_file(file: Path, root: Path) -> tuple[list[Subject], list[Item], list[Problem]]:
    rows = _rows(file)
    people, items, problems = [], [], []
    for number, row in enumerate(rows):
        try:
            names = _names(row, rows, file)
            items += _items(row, number, names, file, root)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            problems.append(Problem(f"{file.name}: video {number + 1}", what))
            continue
        people += [name for name in names if name not in people]
    clips = {name: _enrollment(file, rows, name) for name in people}
    problems += [Problem(file.name, f"no positive clip to enroll {n} from") for n, clip in clips.items() if not clip]
    subjects = [Subject(n, media_path(clip, file, root), file.stem) for n, clip in clips.items() if clip]
    enrolled = {subject.clip for subject in subjects}
    return subjects, [i for i in items if i.video not in enrolled], problems


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        rows = value.get("data", value.get("videos"))
    except (OSError, ValueError, AttributeError) as error:
        raise SettingsError(f"can't be read ({error}).", subject=str(file)) from error
    if not isinstance(rows, list):
        raise SettingsError("neither `data` nor `videos` is a list in it.", subject=str(file))
    return rows


def _names(row: Any, rows: list[dict[str, Any]], file: Path) -> list[str]:
    """Whom a clip's entry is about: those of its `sks_present<n>`, else the one of the file."""
    if "sks_present1" in row:
        return names_of(row, rows, file)
    keys = ("sks_present", "sks_present1")
    told = next((r[key] for key in keys for r in rows if r.get(key) not in (None, *_PLACEHOLDERS)), None)
    if isinstance(told, str):
        return [told.strip("<>")]
    return [re.sub(r"[_\-.]?(all_video|test|train|short)\b|[<>\[\]]", "", file.stem).strip("_- ") or "Subject"]


def _there(row: dict[str, Any], names: Sequence[str]) -> dict[str, bool]:
    return presence(row, names) if len(names) > 1 else {names[0]: bool(row["is_positive"])}


def _enrollment(file: Path, rows: list[dict[str, Any]], name: str) -> str | None:
    """The first clip that shows somebody, and nobody else of those whom its entry names."""
    twin = file.with_name(file.name.replace("test", "train"))
    for file_rows in (_rows(twin) if twin != file and twin.exists() else [], rows):
        for row in file_rows:
            try:
                there = _there(row, _names(row, rows, file))
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
            if _video(row) and [n for n, seen in there.items() if seen] == [name]:
                return _video(row)
    return None


def _items(row: dict[str, Any], number: int, names: list[str], file: Path, root: Path) -> list[Item]:
    video, there = _video(row), _there(row, names)
    if not video:
        raise ValueError("neither video_path nor video_name")
    out = []
    for index, pair in enumerate(row["qa_pairs"]):
        question, answer = (_said(str(pair[key]), names) for key in ("question", "answer"))
        about = tuple(dict.fromkeys(m.name for m in find_mentions(question, names, {}))) or (names[0],)
        words = masked(question, names).replace("<n>", "Alex")
        kind = "existence" if pair.get("is_special") else type_of(words)
        present = {name: there[name] for name in about}
        single = "single" if any(present.values()) or kind == "existence" else "refusal"
        out.append(
            Item(
                id=f"{file.stem}-{number:05d}-{index:02d}",
                set=file.stem,
                video=media_path(video, file, root),
                people=about,
                kind={2: "pair", 3: "triple"}.get(len(about), single),
                type=kind,
                question=question,
                answer=answer,
                present=present,
            )
        )
    return out


def _said(text: str, names: Sequence[str]) -> str:
    """A text with names for "<sks1>", "<sks>" and "<Name>"."""
    if len(names) == 1:
        return _TOKEN.sub(names[0], text)
    return _TOKEN.sub(r"\1", named(text, names))


def _video(row: dict[str, Any]) -> str:
    return str(row.get("video_path") or row.get("video_name") or "")

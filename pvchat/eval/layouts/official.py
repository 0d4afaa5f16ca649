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
from pathlib import Path
from typing import Any

from pvchat.augment.dataset.official import media_path
from pvchat.chat.questiontypes import question_type
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
        subject, rows, wrong = _read_file(file, root)
        people += [subject] if subject else []
        items += rows
        problems += wrong
    return Manifest(path.stem, root, tuple(people), tuple(items), tuple(problems))


def _read_file(file: Path, root: Path) -> tuple[Subject | None, list[Item], list[Problem]]:
    rows = _rows(file)
    name = _name(rows, file)
    enroll = _enrollment(file, rows)
    items: list[Item] = []
    problems: list[Problem] = []
    for number, row in enumerate(rows):
        try:
            found = _items(row, number, name, file, root)
        except (KeyError, TypeError, ValueError) as error:
            what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            problems.append(Problem(f"{file.name}: video {number + 1}", what))
            continue
        items += [i for i in found if i.video != (enroll and media_path(enroll, file, root))]
    if enroll is None:
        problems.append(Problem(file.name, f"no positive clip to enroll {name} from"))
        return None, items, problems
    return Subject(name, media_path(enroll, file, root), file.stem), items, problems


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        rows = value.get("data", value.get("videos"))
    except (OSError, ValueError, AttributeError) as error:
        raise SettingsError(f"can't be read ({error}).", subject=str(file)) from error
    if not isinstance(rows, list):
        raise SettingsError("neither `data` nor `videos` is a list in it.", subject=str(file))
    return rows


def _name(rows: list[dict[str, Any]], file: Path) -> str:
    told = next((r.get("sks_present") for r in rows if r.get("sks_present") not in (None, *_PLACEHOLDERS)), None)
    if isinstance(told, str):
        return told.strip("<>")
    return re.sub(r"[_\-.]?(all_video|test|train|short)\b|[<>\[\]]", "", file.stem).strip("_- ") or "Subject"


def _enrollment(file: Path, rows: list[dict[str, Any]]) -> str | None:
    twin = file.with_name(file.name.replace("test", "train"))
    trained = _rows(twin) if twin != file and twin.exists() else []
    return next((_video(r) for r in [*trained, *rows] if r.get("is_positive") and _video(r)), None)


def _items(row: dict[str, Any], number: int, name: str, file: Path, root: Path) -> list[Item]:
    video, positive = _video(row), bool(row["is_positive"])
    if not video:
        raise ValueError("neither video_path nor video_name")
    out = []
    for index, pair in enumerate(row["qa_pairs"]):
        question, answer = (_TOKEN.sub(name, str(pair[key])) for key in ("question", "answer"))
        kind = "existence" if pair.get("is_special") else question_type(question.replace(name, "Alex"))
        out.append(
            Item(
                id=f"{file.stem}-{number:05d}-{index:02d}",
                set=file.stem,
                video=media_path(video, file, root),
                people=(name,),
                kind="single" if positive or kind == "existence" else "refusal",
                type=kind,
                question=question,
                answer=answer,
                present={name: positive},
            )
        )
    return out


def _video(row: dict[str, Any]) -> str:
    return str(row.get("video_path") or row.get("video_name") or "")

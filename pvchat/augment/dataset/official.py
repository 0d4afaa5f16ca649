"""A data set as the official PVChat JSON, one file a split; `pvchat eval` reads such files (`eval/official.py`).

    {"videos": [{video_name, video_path, sks_present, gender, age, is_positive,
                 qa_pairs: [{question, answer, is_special}]}]}

`is_special` marks existence questions. Clips of several people have `sks_present1`, `sks_present2`, … and the presence
of each under `is_positive1`, …; the authors' own have `sample_type` ("person1", "both", "person1_person2", …, "none").
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pvchat.augment.dataset.folder import DataSet
from pvchat.augment.schemas import QuestionRow, Split


def write(data: DataSet, out: Path) -> list[Path]:
    """Write a data set as official files, with names filled in; returns them.

    Media stay where they are: paths lead there from `out`, which is created.
    """
    out.mkdir(parents=True, exist_ok=True)
    asked: dict[str, list[QuestionRow]] = {}
    for row in data.rows:
        asked.setdefault(row.sample, []).append(row)
    by_split: dict[Split, list[dict[str, Any]]] = {}
    for sample in data.samples:
        media = Path(os.path.relpath(data.root / sample.media, out)).as_posix()
        people = [data.name, *(n for n in sample.people if n != data.name)]
        entry: dict[str, Any] = {
            "video_name": Path(media).name, "video_path": media, "sks_present": data.name, "gender": "", "age": "",
            "is_positive": sample.people[data.name],
        }  # fmt: skip
        if len(people) > 1:
            for number, one in enumerate(people, 1):
                entry |= {f"sks_present{number}": one, f"is_positive{number}": sample.people[one]}
        rows = asked.get(sample.id, [])
        entry["qa_pairs"] = [
            {"question": r.question, "answer": r.answer, "is_special": r.type == "existence"} for r in rows
        ]
        by_split.setdefault(sample.split, []).append(entry)
    written = []
    for split, entries in by_split.items():
        written.append(out / f"{data.name}_{split}.json")
        text = json.dumps({"videos": entries}, indent=2, ensure_ascii=False)
        written[-1].write_text(text + "\n", encoding="utf-8")
    return written

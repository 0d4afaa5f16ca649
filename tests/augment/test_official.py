"""The official PVChat JSON, written; tests/eval/test_layouts.py reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from make_samples import ANA, make_analyses, make_sample, paper_scale, write_set

from pvchat.augment.dataset import official
from pvchat.augment.dataset.folder import DataSet
from pvchat.augment.questions.rows import write_questions

FIELDS = ("video_name", "video_path", "sks_present", "gender", "age", "is_positive", "qa_pairs")


def ours(several: bool = False):
    if several:
        who = [{"Ana": bool(i & 1), "Ben": bool(i & 2), "Cleo": bool(i & 4)} for i in range(16)]
        samples = [make_sample(i, people) for i, people in enumerate(who)]
    else:
        samples = paper_scale()[:30]
    return samples, write_questions(samples, ANA, make_analyses(samples))


def present_in(entry: dict[str, Any]) -> dict[str, bool]:
    """Who is there, as an entry has it."""
    numbers = [key.removeprefix("sks_present") for key in entry if key.startswith("sks_present")]
    numbers = [n for n in numbers if n] or [""]
    return {entry[f"sks_present{n}"]: entry[f"is_positive{n}"] for n in numbers}


@pytest.mark.parametrize("several", [False, True])
def test_what_is_written_says_the_same(tmp_path: Path, several: bool) -> None:
    samples, rows = ours(several)
    files = official.write(DataSet(tmp_path, samples, rows, "Ana"), tmp_path)
    assert {f.name for f in files} == {f"Ana_{s.split}.json" for s in samples}
    entries = [(f.stem.rpartition("_")[2], one) for f in files for one in json.loads(f.read_text("utf-8"))["videos"]]
    people = {(one["video_path"], split, tuple(sorted(present_in(one).items()))) for split, one in entries}
    assert people == {(s.media, s.split, tuple(sorted(s.people.items()))) for s in samples}
    asked = [(split, pair) for split, one in entries for pair in one["qa_pairs"]]
    told = {(pair["question"], pair["answer"], pair["is_special"], split) for split, pair in asked}
    assert told == {(r.question, r.answer, r.type == "existence", r.split) for r in rows}
    assert len(asked) == len(rows)


def test_the_fields_are_the_official_ones(tmp_path: Path) -> None:
    samples, rows = ours()
    for file in official.write(DataSet(tmp_path, samples, rows, "Ana"), tmp_path):
        for row in json.loads(file.read_text(encoding="utf-8"))["videos"]:
            assert tuple(row) == FIELDS
            assert all(tuple(p) == ("question", "answer", "is_special") for p in row["qa_pairs"])


def test_the_lines_of_the_docs_write_a_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/dataset.md, as it stands: into another folder, from which the clips are found."""
    text = (Path(__file__).parents[2] / "docs" / "dataset.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.startswith(("    from ", "    official."))]
    assert len(lines) == 3
    samples, rows = ours()
    (tmp_path / "sets" / "ana" / "media").mkdir(parents=True)
    for sample in samples:
        (tmp_path / "sets" / "ana" / sample.media).write_bytes(sample.id.encode())
    write_set(tmp_path / "sets" / "ana", samples, rows)
    monkeypatch.chdir(tmp_path)
    exec("\n".join(lines), {})
    for file in (tmp_path / "sets" / "ana-official").glob("*.json"):
        assert all((file.parent / row["video_path"]).is_file() for row in json.loads(file.read_text())["videos"])

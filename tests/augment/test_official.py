"""The official PVChat JSON: written, and read entry by entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from make_samples import make_analyses, make_sample, paper_scale, write_set

from pvchat.augment.dataset import official
from pvchat.augment.dataset.folder import DataSet
from pvchat.augment.questions.rows import write_questions
from pvchat.augment.schemas import QuestionRow, Sample

FIELDS = ("video_name", "video_path", "sks_present", "gender", "age", "is_positive", "qa_pairs")


def pair(question: str, answer: str, special: bool = True) -> dict[str, Any]:
    return {"question": question, "answer": answer, "is_special": special}


def entry(video: str, positive: bool, *pairs: dict[str, Any], **more: Any) -> dict[str, Any]:
    row = {"video_name": video, "video_path": f"/data/clips/{video}", "sks_present": "", "gender": "male",
           "age": "young", "is_positive": positive, "qa_pairs": list(pairs)}  # fmt: skip
    return {**row, **more}


BEFORE = {
    "data": [
        entry("abc_1.mp4", True, pair("Is <sks> in this clip?", "I can see <sks>."),
              pair("What is <sks> wearing?", "<sks> is wearing a red shirt.", False)),
        entry("def_0.mp4", False, pair("Does <sks> appear?", "There is no <sks> here."),
              pair("Where is <sks>?", "I can't say, <sks> is not shown.", False), gender="", age=""),
    ]
}  # fmt: skip
TWO = {
    "videos": [
        entry("a_1.mp4", True, pair("Are Ana or Ben here?", "I've detected Ana, while Ben does not appear."),
              sks_present1="Ana", sks_present2="Ben", sample_type="person1"),
        entry("b_1.mp4", True, pair("Can you see Ana or Ben?", "Both Ana and Ben are present."),
              sks_present1="Ana", sks_present2="Ben", sample_type="both"),
    ]
}  # fmt: skip


def put(folder: Path, name: str, content: Any) -> Path:
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / name


def read(file: Path, root: Path | None = None) -> tuple[list[Sample], list[QuestionRow]]:
    """All entries of a file."""
    entries = next(iter(json.loads(file.read_text(encoding="utf-8")).values()))
    found = [
        official.read_entry(one, number, official.names_of(one, entries, file), file, root or file.parent)
        for number, one in enumerate(entries)
    ]
    return [sample for sample, _ in found], [row for _, rows in found for row in rows]


def test_what_is_read(tmp_path: Path) -> None:
    samples, rows = read(put(tmp_path, "Ana_test.json", BEFORE))
    assert [(r.type, r.kind, r.present, r.split) for r in rows] == [
        ("existence", "single", {"Ana": True}, "test"), ("appearance", "single", {"Ana": True}, "test"),
        ("existence", "single", {"Ana": False}, "test"), ("location", "refusal", {"Ana": False}, "test"),
    ]  # fmt: skip
    assert rows[0].question == "Is Ana in this clip?"
    assert [s.source for s in samples] == ["abc", "def"]


def test_several_people(tmp_path: Path) -> None:
    _, rows = read(put(tmp_path, "train.json", TWO))
    assert [r.present for r in rows] == [{"Ana": True, "Ben": False}, {"Ana": True, "Ben": True}]
    assert {r.kind for r in rows} == {"pair"}


def ours(several: bool = False):
    if several:
        who = [{"Ana": bool(i & 1), "Ben": bool(i & 2), "Cleo": bool(i & 4)} for i in range(16)]
        samples = [make_sample(i, people) for i, people in enumerate(who)]
    else:
        samples = paper_scale()[:30]
    return samples, write_questions(samples, "Ana", make_analyses(samples))


@pytest.mark.parametrize("several", [False, True])
def test_ours_written_and_read_says_the_same(tmp_path: Path, several: bool) -> None:
    samples, rows = ours(several)
    files = official.write(DataSet(tmp_path, samples, rows, "Ana"), tmp_path)
    assert {f.name for f in files} == {f"Ana_{s.split}.json" for s in samples}
    found = [read(file, tmp_path) for file in files]
    seen, asked = [s for some, _ in found for s in some], [r for _, some in found for r in some]
    assert {(r.question, r.answer, r.split, tuple(sorted(r.present.items()))) for r in asked} == {
        (r.question, r.answer, r.split, tuple(sorted(r.present.items()))) for r in rows
    }
    assert sum(r.type == "existence" for r in asked) == sum(r.type == "existence" for r in rows)
    assert {(s.media, s.split, tuple(s.people.values())) for s in seen} == {
        (s.media, s.split, tuple(s.people.values())) for s in samples
    }


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


def test_a_moved_clip_is_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "abc_1.mp4").write_bytes(b"x")
    samples, _ = read(put(tmp_path, "Ana_train.json", BEFORE))
    assert [s.media for s in samples] == ["videos/abc_1.mp4", "/data/clips/def_0.mp4"]

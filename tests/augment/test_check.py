"""The check of data sets: a good one passes, every kind of damage is found and its row is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from make_samples import ANA, make_analyses, paper_scale, write_set

from pvchat.augment.dataset import check
from pvchat.augment.lines import Problem
from pvchat.augment.questions.rows import write_questions
from pvchat.errors import SettingsError
from pvchat.storage import atomic

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    samples = paper_scale()[:42]
    (folder / "media").mkdir()
    for sample in samples:
        (folder / sample.media).write_bytes(sample.id.encode())
    return write_set(folder, samples, write_questions(samples, ANA, make_analyses(samples)))


@pytest.fixture
def copy(good: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(good, tmp_path / "set"))


def change(folder: Path, alter: Callable[[Lines], Any], name: str = "dataset.jsonl") -> list[Problem]:
    """Problems after lines of a file were changed and its checksum was put right."""
    path = folder / name
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    alter(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    sums = json.loads((folder / "checksums.json").read_text(encoding="utf-8"))
    sums[name] = atomic.sha256_of(path)
    (folder / "checksums.json").write_text(json.dumps(sums), encoding="utf-8")
    return check(folder)[0]


def place(lines: Lines, **wanted: Any) -> int:
    """The first line with these values."""
    return next(i for i, line in enumerate(lines) if all(line[k] == v for k, v in wanted.items()))


def test_a_good_data_set_has_no_problems(good: Path) -> None:
    assert check(good) == ([], [])


EDITS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("unknown split", {"kind": "single"}, {"split": "dev"}, "split can't be 'dev'"),
    ("wrong sort", {"kind": "single"}, {"template": "many"}, "template can't be 'many'"),
    ("present isn't bool", {"kind": "single"}, {"present": {"Ana": "yes"}}, "present can't be"),
    ("no such sample", {"kind": "single"}, {"sample": "feedfeedfeedfeed"}, "there is no sample feedfeedfeedfeed"),
    ("others", {"kind": "single"}, {"people": ["Ana", "Dov"]}, "of Ana, Dov, its sample says"),
    ("another split", {"split": "test"}, {"split": "val"}, "is in val, its sample in test"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "edit", "what"), [e[1:] for e in EDITS], ids=[e[0] for e in EDITS])
def test_a_bad_row_is_named(copy: Path, wanted: dict[str, Any], edit: dict[str, Any], what: str) -> None:
    found: list[int] = []

    def alter(lines: Lines) -> None:
        # the order of names within "present" doesn't matter for finding the row
        found.append(place(lines, **wanted))
        lines[found[0]] |= edit

    problems = change(copy, alter)
    named = [p for p in problems if what in p.what]
    assert named, [str(p) for p in problems]
    assert named[0].where.startswith(f"dataset.jsonl:{found[0] + 1} ("), named[0].where


def test_a_row_that_contradicts_its_sample_is_named(copy: Path) -> None:
    def alter(lines: Lines) -> None:
        i = place(lines, type="existence", kind="single", present={"Ana": True})
        lines[i] |= {"present": {"Ana": False}, "answer": "Ana is not here."}

    assert any("says {'Ana': False} of Ana, its sample says" in p.what for p in change(copy, alter))


def test_a_missing_field_and_a_broken_line_are_named(copy: Path) -> None:
    assert any(p.what == "answer is missing" for p in change(copy, lambda lines: lines[4].pop("answer")))
    path = copy / "dataset.jsonl"
    path.write_text(path.read_text(encoding="utf-8") + '{"id": \n', encoding="utf-8")
    assert any(p.where.startswith("dataset.jsonl:") and "Expecting" in p.what for p in check(copy)[0])


def test_an_id_that_stands_twice_is_named(copy: Path) -> None:
    problems = change(copy, lambda lines: lines.append(dict(lines[7])))
    here = [p for p in problems if "its id" in p.what]
    assert here
    assert "dataset.jsonl:8 (" in here[0].what


def test_media_that_are_missing_changed_or_outside_are_named(copy: Path) -> None:
    names = sorted(p.name for p in (copy / "media").iterdir())
    (copy / "media" / names[0]).unlink()
    (copy / "media" / names[1]).write_bytes(b"")
    (copy / "media" / names[2]).write_bytes(b"other")
    found = {(p.where.split(" ")[0], p.what) for p in check(copy)[0]}
    assert any(f"media/{names[0]} is missing" in what for _, what in found)
    assert (f"media/{names[1]}", "has another checksum than listed: it was changed") in found
    assert (f"media/{names[2]}", "has another checksum than listed: it was changed") in found
    outside = change(copy, lambda lines: lines[3].update(media="../secret.mp4"), "samples.jsonl")
    assert any("lies outside the data set" in p.what and p.where.startswith("samples.jsonl:4") for p in outside)


@pytest.mark.parametrize("name", ["CARD.md", "checksums.json", "samples.jsonl"])
def test_missing_files_are_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert any(p.where == name and "missing" in p.what for p in check(copy)[0])


def test_a_source_in_two_splits_leaks(copy: Path) -> None:
    def alter(lines: Lines) -> None:
        train, test = place(lines, split="train"), place(lines, split="test")
        lines[test]["source"] = lines[train]["source"]

    problems = [p for p in change(copy, alter, "samples.jsonl") if "leak: source" in p.what]
    assert problems
    assert "samples.jsonl" in problems[0].where


def test_a_paraphrase_in_two_splits_leaks(copy: Path) -> None:
    def alter(lines: Lines) -> None:
        kinds = {"type": "existence", "kind": "single", "people": ["Ana"]}
        train, test = place(lines, split="train", **kinds), place(lines, split="test", **kinds)
        lines[test]["question"] = lines[train]["question"]

    assert any("leak: the question 'is <n>" in p.what or "leak: the question" in p.what for p in change(copy, alter))
    problems = change(copy, lambda lines: lines[place(lines, split="test")].update(
        template=lines[place(lines, split="train")]["template"]))  # fmt: skip
    assert any("leak: paraphrase" in p.what for p in problems)


def test_an_answer_in_two_splits_leaks(copy: Path) -> None:
    def alter(lines: Lines) -> None:
        kinds = {"type": "existence", "kind": "single", "present": {"Ana": True}}
        train, test = place(lines, split="train", **kinds), place(lines, split="test", **kinds)
        lines[test]["answer"] = lines[train]["answer"]

    assert any("leak: the answer" in p.what for p in change(copy, alter))


def test_the_same_picture_in_two_splits_leaks(copy: Path) -> None:
    lines = [json.loads(line) for line in (copy / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    one, two = (lines[place(lines, split=s)]["media"] for s in ("train", "test"))
    (copy / two).write_bytes((copy / one).read_bytes())
    sums = json.loads((copy / "checksums.json").read_text(encoding="utf-8"))
    sums[two] = sums[one]
    (copy / "checksums.json").write_text(json.dumps(sums), encoding="utf-8")
    assert any("leak: file content" in p.what for p in check(copy)[0])


def test_unbalanced_answers_are_told(copy: Path) -> None:
    def alter(lines: Lines) -> None:
        lines[:] = [x for x in lines if not (x["type"] == "existence" and x["split"] == "val" and x["present"]["Ana"])]

    assert any(p.where == "split val" and "unbalanced" in p.what for p in change(copy, alter))
    problems = change(copy, lambda lines: lines.__setitem__(
        slice(None), [x for x in lines if x["type"] != "action" or any(x["present"].values())]))  # fmt: skip
    assert any(p.where == "type action" and "none about absent" in p.what for p in problems)


def test_a_folder_without_a_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no data set here"):
        check(tmp_path)
    with pytest.raises(SettingsError, match="no data set here"):
        check(tmp_path / "missing")


def test_corrected_lines_are_named_and_are_no_problem(copy: Path) -> None:
    lines = [json.loads(line) for line in (copy / "dataset.jsonl").read_text(encoding="utf-8").splitlines()]
    at = place(lines, type="appearance", kind="single", present={"Ana": True})
    lines[at]["answer"] = "Ana is wearing a green coat."
    gone = lines.pop(at + 1)
    lines.append({**lines[at], "id": "by-hand"})
    (copy / "dataset.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (copy / "CARD.md").write_text("# Mine", encoding="utf-8")
    problems, corrected = check(copy)
    assert problems == []
    assert [str(one) for one in corrected] == [
        f"dataset.jsonl:{at + 1} ({lines[at]['id']}): was corrected",
        f"dataset.jsonl:{len(lines)} (by-hand): was added",
        f"dataset.jsonl: {gone['id']} was taken out",
        "CARD.md: was changed",
    ]
    sums = json.loads((copy / "checksums.json").read_text(encoding="utf-8"))
    (copy / "checksums.json").write_text(json.dumps({k: v for k, v in sums.items() if k != "lines"}), encoding="utf-8")
    assert [str(one) for one in check(copy)[1]] == ["CARD.md: was changed", "dataset.jsonl: was changed"]  # made before

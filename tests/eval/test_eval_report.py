"""The page: self-contained, escaped, honest about parts."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from stub_systems import make_manifest, open_stub

from pvchat.eval import report
from pvchat.eval.run import run
from pvchat.eval.worker import EvalOptions

OPTIONS = EvalOptions(
    systems=("one", "two"), opener=open_stub, resamples=20, bertscore=False
)  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    made = make_manifest(folder / "made")
    lines = (made / "questions.jsonl").read_text().splitlines()
    nasty = {**json.loads(lines[0]), "id": "nasty", "question": "Is <img src=x onerror=alert(1)> Ana there?"}
    nasty["present"] = {"Ana": not nasty["present"]["Ana"]}
    (made / "questions.jsonl").write_text("\n".join([*lines, json.dumps(nasty)]))
    run(made, folder / "out", replace(OPTIONS, limit=55))
    return folder / "out"


def test_the_page_needs_nothing_else(out):
    text = (out / "report.html").read_text()
    assert not re.search(r"<(script|link|iframe)\b|src=\"(?!data:)|url\(http", text)
    assert not re.search(r"https?://", text)
    assert "data:image" not in text


def test_what_others_wrote_is_escaped(out):
    text = (out / "report.html").read_text()
    assert "<img src=x" not in text


def test_systems_stand_side_by_side(out):
    text = (out / "report.html").read_text()
    assert text.count("<tr><td>one</td>") == text.count("<tr><td>two</td>") == 2  # who is there, what is said


def test_a_part_is_called_a_part(out):
    text = (out / "report.html").read_text()
    assert "Only a part of the manifest was asked" in text
    assert "at most 55 questions" in text
    assert "12</b> clips" in text


def test_failures_are_the_failures(out):
    from pvchat.augment.lines import read_lines
    from pvchat.eval.layouts import read
    from pvchat.eval.scores import answers_by_system

    items = {i.id: i for i in read(out.parent / "made").items}
    answered = answers_by_system(read_lines(out / "predictions.jsonl"), items)["one"]
    worst = report.worst_answers(answered)
    gaps = [report.wrongness(a) for a in worst if a.item.type == "existence"]
    assert gaps == sorted(gaps, reverse=True)
    assert all(g > 0 for g in gaps)
    assert max(sum(a.item.video == b.item.video for b in worst) for a in worst) <= 2 * report.PER_CLIP


def test_numbers_as_they_are_shown():
    assert [report.number({"value": v}) for v in (None, 0.5, 0.1234, 1.0, 3.456)] == [
        "–",
        ".500",
        ".123",
        "1.000",
        "3.46",
    ]
    assert report.interval({"value": 0.5, "low": 0.25, "high": 1.0}) == ".250–1.000"
    assert report.interval({"value": 0.5, "low": None, "high": None}) == ""

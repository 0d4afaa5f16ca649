"""The page: self-contained, escaped, honest about parts."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from stub_systems import make_manifest

from pvchat.eval.options import EvalOptions
from pvchat.eval.report import page
from pvchat.eval.run import run

OPTIONS = EvalOptions(
    systems=("one", "two"), maker="stub_systems:open_stub", resamples=20, bertscore="none", frames=False
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
    compared = page.compared(json.loads((out / "metrics.json").read_text()))
    assert [title.split(":")[0] for title in compared] == ["By suite", "By type", "By kind"]
    assert all(set(row) <= {"one", "two"} for found in compared.values() for row in found["places"].values())
    assert (out / "report.html").read_text().count("linear-gradient(90deg") == sum(
        len(row) for found in compared.values() for row in found["places"].values()
    )


def test_a_part_is_called_a_part(out):
    text = (out / "report.html").read_text()
    assert "Only a part of the manifest was asked" in text
    assert "at most 55 questions" in text
    assert "12</b> clips" in text


def test_failures_are_the_failures(out):
    from pvchat.eval.layouts.reading import read
    from pvchat.eval.report import gallery
    from pvchat.eval.table import joined
    from pvchat.storage.journal import Journal

    items = {i.id: i for i in read(out.parent / "made").items}
    answered = joined([r for r in Journal(out / "predictions.jsonl").read() if r["system"] == "one"], items, {})
    worst = gallery.worst(answered)
    gaps = [gallery.wrongness(a) for a in worst if a.item.type == "existence"]
    assert gaps == sorted(gaps, reverse=True)
    assert all(g > 0 for g in gaps)
    assert max(sum(a.item.video == b.item.video for b in worst) for a in worst) <= 2 * gallery.PER_CLIP


def test_numbers_as_they_are_shown():
    assert [page.number({"value": v}) for v in (None, 0.5, 0.1234, 1.0, 3.456)] == [
        "–",
        ".500",
        ".123",
        "1.000",
        "3.46",
    ]
    assert page.interval({"value": 0.5, "low": 0.25, "high": 1.0}) == ".250–1.000"
    assert page.interval({"value": 0.5, "low": None, "high": None}) == ""


def test_confusion_table():
    found = page.confusion({"Ana": {"Ana": 3, "Ben": 1}, "(nobody)": {"Ben": 2}})
    assert found["across"] == ["Ana", "Ben"]
    assert found["down"] == ["Ana", "(nobody)"]
    assert found["cells"]["(nobody)"] == {"Ana": 0, "Ben": 2}


def test_frames_come_from_the_clip(tmp_path):
    from make_clips import made

    from pvchat.eval.report import gallery

    path = made(tmp_path, "with_sound.mp4")
    found = gallery.pictures(path)
    assert 1 <= len(found) <= gallery.FRAMES
    assert all(uri.startswith("data:image/jpeg;base64,") for uri in found)
    assert gallery.pictures(tmp_path / "gone.mp4") == []

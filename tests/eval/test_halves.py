"""TUNE and CHECK by a fixed hash of the clip's path; the hard part apart from the easy part."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from stub_systems import make_manifest, open_stub

from pvchat.errors import SettingsError
from pvchat.eval import report
from pvchat.eval.manifest import half_of, of_half, part_of, read_folder
from pvchat.eval.report import parts, text_of
from pvchat.eval.run import run
from pvchat.eval.worker import EvalOptions

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from results import main as print_tables
from results import tables

OPTIONS = EvalOptions(
    systems=("one", "two"), opener=open_stub, resamples=20, bertscore=False
)  # fmt: skip


@pytest.fixture
def made(tmp_path):
    """A manifest whose every third question is hard."""
    folder = make_manifest(tmp_path / "made")
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text().splitlines()]
    for number, row in enumerate(rows):
        row["id"] = f"hard-{row['id']}" if number % 3 == 0 else row["id"]
        row["view"] = ("far", "masked")[number % 2]
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.mark.parametrize(("clip", "half"), [("clips/a.mp4", "tune"), ("clips/b.mp4", "tune"), ("é.mp4", "tune")])
def test_a_clips_half_never_changes(clip, half):
    assert half_of(clip) == half
    assert half == ("tune", "check")[hashlib.sha256(clip.encode()).digest()[-1] % 2]  # the hash's last bit


def test_halves_share_no_clip_and_leave_none_out(made):
    manifest = read_folder(made)
    tune, check = (of_half(manifest, half) for half in ("tune", "check"))
    assert {i.id for i in tune.items} | {i.id for i in check.items} == {i.id for i in manifest.items}
    assert not {i.video for i in tune.items} & {i.video for i in check.items}
    assert tune.items
    assert check.items
    assert tune.people == manifest.people  # everybody stays enrolled
    assert of_half(manifest, "") is manifest


def test_an_empty_half_is_named(made):
    tune = of_half(read_folder(made), "tune")
    with pytest.raises(SettingsError, match="no question belongs to this half"):
        of_half(tune, "check")


def test_a_run_of_one_half_says_so(made, tmp_path):
    out = tmp_path / "out"
    metrics = run(made, out, replace(OPTIONS, half="check"))
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    assert {half_of(row["clip"]) for row in rows} == {"check"}
    assert metrics["set"]["questions"] == len(rows) / 2  # two systems
    assert json.loads((out / "run.json").read_text())["config"]["half"] == "check"
    assert "the CHECK half" in (out / "report.html").read_text()
    assert "questions of the CHECK half about" in tables(out, "one")


def test_no_such_half(made, tmp_path):
    with pytest.raises(SettingsError, match="no half 'dev'"):
        run(made, tmp_path / "out", replace(OPTIONS, half="dev"))


def test_hard_and_easy_part_stand_apart(made, tmp_path):
    metrics = run(made, tmp_path / "out", OPTIONS)
    slices = metrics["systems"]["one"]["slices"]
    counts = {place: groups["existence"]["accuracy"]["n"] for place, groups in slices["part"].items()}
    items = [i for i in read_folder(made).items if i.type == "existence"]
    assert counts == {part: sum(part_of(i) == part for i in items) for part in ("easy", "hard")}
    hard = slices["part"]["hard"]["existence"]
    assert hard["balanced_accuracy"]["low"] < hard["balanced_accuracy"]["value"] < hard["balanced_accuracy"]["high"]
    assert 0 < hard["ece"]["value"] < 1
    views = slices["view, hard part"]
    assert sum(groups["existence"]["accuracy"]["n"] for groups in views.values()) == counts["hard"]
    assert list(parts(metrics)) == ["hard", "easy"]
    lines = text_of(metrics).splitlines()
    value = report.number(hard["balanced_accuracy"])
    assert lines[lines.index("hard part") + 1].split()[:2] == ["one", value]
    titles = " ".join(lines).split()
    assert {"bal", "acc", "BLEU-1", "BLEU-4", "ES", "DC"} <= set(titles)  # of the paper's five all that were measured
    assert "BERT" not in titles
    measures = metrics["systems"]["one"]["overall"]
    measures["wording"]["bertscore"] = measures["wording"]["content_f1"]
    assert "BERT" in text_of(metrics)
    assert lines[-1].startswith("failed answers of "), lines
    assert "Who is there, hard part" in (tmp_path / "out" / "report.html").read_text()
    assert "### Who is there, hard part" in tables(tmp_path / "out", "one")
    with pytest.raises(SettingsError, match="no system 'three'"):
        tables(tmp_path / "out", "three")


def test_a_manifest_without_a_hard_part_has_no_parts(tmp_path):
    made = make_manifest(tmp_path / "made")
    metrics = run(made, tmp_path / "out", OPTIONS)
    assert not [axis for axis in metrics["systems"]["one"]["slices"] if "part" in axis]
    assert parts(metrics) == {}
    assert "part" not in text_of(metrics)


def test_tables_of_an_unfinished_run_are_refused(tmp_path, capsys):
    with pytest.raises(SettingsError, match="no finished run"):
        tables(tmp_path)
    with pytest.raises(SystemExit, match="to its end first"):
        print_tables([str(tmp_path)])
    for words in ([], ["-h"], ["a", "b", "c"]):
        with pytest.raises(SystemExit, match="usage: "):
            print_tables(words)
    assert not capsys.readouterr().out

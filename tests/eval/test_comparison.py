"""Two runs side by side: McNemar's exact test, paired intervals, which questions changed."""

from __future__ import annotations

import json
import shutil

import pytest
from scipy.stats import binomtest
from stub_systems import make_manifest

from pvchat.errors import SettingsError
from pvchat.eval import comparison
from pvchat.eval.options import EvalOptions
from pvchat.eval.run import run
from pvchat.storage.journal import Journal


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    made = make_manifest(folder / "made")
    options = EvalOptions(
        systems=("one", "two"), maker="stub_systems:open_stub", resamples=20, bertscore="none", frames=False
    )  # fmt: skip
    run(made, folder / "a", options)
    shutil.copytree(folder / "a", folder / "b")
    journal = Journal(folder / "b" / "predictions.jsonl")
    rows = journal.read()
    for row in rows:  # three decisions turned round, one answer reworded
        if row["system"] == "one" and row["id"] in ("q-000", "q-001", "q-010"):
            person = row["people"][0]
            person["decision"] = "absent" if person["decision"] == "present" else "present"
        if row["system"] == "one" and row["id"] == "q-030":
            row["answer"] += " So it is."
    journal.replace(rows)
    return folder


def test_a_run_against_itself(runs):
    found = comparison.compare(f"{runs / 'a'}:one", f"{runs / 'a'}:one")
    assert found["changed"] == []
    assert found["mcnemar"]["existence"]["p"] == 1
    assert found["differences"]["accuracy"] == {**found["differences"]["accuracy"], "value": 0, "low": 0, "high": 0}


def test_what_changed(runs):
    found = comparison.compare(f"{runs / 'a'}:one", f"{runs / 'b'}:one")
    changed = {row["id"]: row["what"] for row in found["changed"]}
    assert set(changed) == {"q-000", "q-001", "q-010", "q-030"}
    assert changed["q-030"] == "reworded"
    row = found["mcnemar"]["existence"]
    fixed, broken = (sum(w == what for w in changed.values()) for what in ("fixed", "broken"))
    assert (row["fixed"], row["broken"]) == (fixed, broken)
    assert row["p"] == pytest.approx(binomtest(fixed, fixed + broken).pvalue, abs=1e-6)
    moved = found["differences"]["accuracy"]
    assert moved["value"] == pytest.approx((fixed - broken) / row["n"], abs=1e-6)
    assert moved["low"] <= moved["value"] <= moved["high"]
    assert "q-000" in comparison.text_of(found)


@pytest.mark.parametrize(("fixed", "broken", "p"), [(0, 0, 1.0), (5, 5, 1.0), (10, 0, 2 / 1024), (8, 2, 0.109375)])
def test_mcnemar_by_hand(fixed, broken, p):
    assert comparison.exact_p(fixed, broken) == pytest.approx(p, abs=1e-6)


def test_only_questions_in_common_are_compared(runs, tmp_path):
    shutil.copytree(runs / "b", tmp_path / "c")
    journal = Journal(tmp_path / "c" / "questions.jsonl")
    rows = journal.read()
    rows[0]["present"] = {"Ana": not rows[0]["present"]["Ana"]}  # another truth: another question
    journal.replace(rows[:-10])
    found = comparison.compare(f"{runs / 'a'}:one", f"{tmp_path / 'c'}:one")
    assert found["questions"] == 49
    assert found["left_out"] == {"first": 11, "second": 1}


def test_what_cannot_be_compared(runs, tmp_path):
    with pytest.raises(SettingsError, match="no system 'three'"):
        comparison.compare(f"{runs / 'a'}:three", str(runs / "a"))
    with pytest.raises(SettingsError, match="finished run"):
        comparison.compare(str(tmp_path), str(runs / "a"))
    shutil.copytree(runs / "a", tmp_path / "half")
    told = json.loads((tmp_path / "half" / "run.json").read_text())
    (tmp_path / "half" / "run.json").write_text(json.dumps({**told, "status": "running"}))
    with pytest.raises(SettingsError, match="isn't finished"):
        comparison.compare(str(tmp_path / "half"), str(runs / "a"))

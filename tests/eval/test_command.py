"""`pvchat eval` as a command: a run, its JSON, and wrong usage."""

from __future__ import annotations

import json
from functools import partial

import pytest
from stub_systems import make_manifest, open_stub

from pvchat.cli import main as cli
from pvchat.eval.report import remarks
from pvchat.eval.worker import EvalOptions


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A made-up manifest, and stub systems in the place of the real ones."""
    monkeypatch.setattr("pvchat.eval.report.write", lambda *_: None)
    quick = partial(EvalOptions, opener=open_stub, resamples=20, bertscore=False)
    monkeypatch.setattr("pvchat.eval.worker.EvalOptions", quick)
    return make_manifest(tmp_path / "made")


def go(*words):
    return cli.main(["eval", *map(str, words)])


def test_a_run_and_its_json(made, tmp_path, capsys):
    assert go(made, "--out", tmp_path / "a", "--systems", "one", "--json") == 0
    metrics = json.loads(capsys.readouterr().out)
    assert metrics["set"]["questions"] == 60
    assert go(made, "--out", tmp_path / "b", "--systems", "one") == 0
    assert "60 questions, 12 clips, 2 people" in capsys.readouterr().out


@pytest.mark.parametrize("words", [(), ("x",), ("x", "--engine", "spark", "--out", "y")])
def test_wrong_usage(words):
    with pytest.raises(SystemExit) as stopped:
        go(*words)
    assert stopped.value.code == 2


def test_what_was_left_out_is_told(made, tmp_path, capsys):
    rows = (made / "questions.jsonl").read_text().splitlines()
    (made / "questions.jsonl").write_text(
        "\n".join([*rows, json.dumps({**json.loads(rows[0]), "id": "z", "type": "x"})])
    )
    assert go(made, "--out", tmp_path / "a", "--systems", "one") == 0
    assert "\nleft out: questions.jsonl:61: unknown type or kind" in capsys.readouterr().out


def test_remarks_are_few():
    left_out = [{"where": f"row {n}", "what": "off"} for n in range(12)]
    people = {"she": {"error": "nobody can be called so."}, "Ana": {"key": "k"}}
    found = remarks({"left_out": left_out, "enrolled": people, "clip_errors": {"a.txt": "a text"}}, 12)
    assert found[11] == "left out: row 11: off"
    assert found[12:] == ["… and 2 more, see run.json"]
    told = remarks({"left_out": [], "enrolled": people, "clip_errors": {"a.txt": "a text"}})
    assert told == ["she can't be enrolled: nobody can be called so.", "unreadable: a.txt: a text"]


def test_what_a_user_can_mend(tmp_path, capsys):
    assert go(tmp_path / "gone", "--out", tmp_path / "out") == 1
    assert "no such manifest" in capsys.readouterr().err

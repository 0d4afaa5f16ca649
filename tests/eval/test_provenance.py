"""A run's folder takes no rows of other code, weights or settings; what differs is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from stub_systems import make_manifest

from pvchat.bases import models
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval import provenance
from pvchat.eval.options import EvalOptions
from pvchat.eval.run import run

OPTIONS = EvalOptions(systems=("one",), maker="stub_systems:open_stub", resamples=20, bertscore=False, frames=False)


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setattr("pvchat.eval.report.write", lambda *_: None)
    return make_manifest(tmp_path / "made")


@pytest.fixture
def package(tmp_path) -> Path:
    """A package with one file a part."""
    folder = tmp_path / "pvchat"
    for name in ("a.py", "eval/b.py", "eval/report.html.j2", "train/d.py", "__pycache__/e.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_what_can_change_a_prediction_is_hashed(package):
    before = provenance.code_hash(package=package)
    for name in ("eval/report.html.j2", "train/d.py", "__pycache__/e.pyc"):
        (package / name).write_text("changed")
    assert provenance.code_hash(package=package) == before  # no prediction depends on them
    assert provenance.code_hash(True, package) != before
    (package / "eval/b.py").write_text("changed")
    assert provenance.code_hash(package=package) != before


def test_a_trained_models_weights_count(tmp_path, monkeypatch):
    for name in ("config.json", "model.safetensors", "notes.txt"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(models, "find", lambda name: tmp_path)
    settings = Settings()
    before = provenance.weights_hash(settings)
    (tmp_path / "notes.txt").write_text("other notes")
    assert provenance.weights_hash(settings) == before
    (tmp_path / "model.safetensors").write_text("other weights")
    assert provenance.weights_hash(settings) != before


@pytest.mark.parametrize("key", ["code", "weights"])
def test_other_code_or_weights_are_refused(made, tmp_path, monkeypatch, key):
    out = tmp_path / "out"
    monkeypatch.setattr(provenance, f"{key}_hash", lambda *_, **__: "aa")
    run(made, out, OPTIONS)
    rows = (out / "predictions.jsonl").read_bytes()
    run(made, out, OPTIONS)
    monkeypatch.setattr(provenance, f"{key}_hash", lambda *_, **__: "bb")
    with pytest.raises(SettingsError, match=rf"\({key}: aa → bb\)") as caught:
        run(made, out, OPTIONS)
    assert caught.value.subject == str(out)
    assert "--restart" in caught.value.hint
    assert (out / "predictions.jsonl").read_bytes() == rows
    monkeypatch.setattr(provenance, f"{key}_hash", lambda *_, **__: "aa")
    run(made, out, OPTIONS)  # back again, it goes on


def test_other_settings_are_named_one_by_one(made, tmp_path):
    run(made, tmp_path / "out", OPTIONS, Settings(seed=0))
    with pytest.raises(SettingsError, match=r"\(settings seed: 0 → 1\)"):
        run(made, tmp_path / "out", OPTIONS, Settings(seed=1))


def test_a_run_that_did_not_record_its_code_is_refused(made, tmp_path):
    out = tmp_path / "out"
    run(made, out, OPTIONS)
    told = json.loads((out / "run.json").read_text())
    del told["config"]["code"]
    (out / "run.json").write_text(json.dumps(told))
    with pytest.raises(SettingsError, match="code: None"):
        run(made, out, OPTIONS)


def test_starting_over_deletes_the_run_and_nothing_else(made, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr(provenance, "code_hash", lambda *_, **__: "aa")
    run(made, out, OPTIONS)
    (out / "mine.txt").write_text("kept")
    (out / "people").mkdir(parents=True)
    monkeypatch.setattr(provenance, "code_hash", lambda *_, **__: "bb")
    run(made, out, replace(OPTIONS, restart=True))
    assert (out / "mine.txt").read_text() == "kept"
    assert not (out / "people").exists()
    assert json.loads((out / "run.json").read_text())["config"]["code"] == "bb"
    run(made, out, OPTIONS)


def test_starting_over_touches_no_folder_that_holds_no_run(made, tmp_path):
    out = tmp_path / "out"
    (out / "people").mkdir(parents=True)
    (out / "predictions.jsonl").write_text("mine")
    provenance.check_folder(out, {}, restart=True)
    assert (out / "predictions.jsonl").read_text() == "mine"
    assert (out / "people").is_dir()


@pytest.mark.parametrize("text", ["half a", "[]", "{}", '{"config": 3}'])
def test_an_unreadable_record_is_refused(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(SettingsError, match="can't be read"):
        provenance.check_folder(tmp_path, {"code": {}})

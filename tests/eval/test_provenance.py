"""A run's folder takes no rows of other code, weights, media or settings; what differs is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from stub_systems import OPTIONS, make_manifest

from pvchat.bases import models
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval import provenance
from pvchat.eval.layouts.reading import read
from pvchat.eval.run import run


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setattr("pvchat.eval.report.page.write", lambda *_: None)
    return make_manifest(tmp_path / "made")


@pytest.fixture
def package(tmp_path) -> Path:
    """A package with one file a part."""
    folder = tmp_path / "pvchat"
    for name in ("a.py", "eval/b.py", "eval/report/c.py", "train/d.py", "__pycache__/e.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_code_is_hashed_by_part(package):
    before = provenance.code_hashes(package=package)
    assert set(before) == {"version", "pvchat", "pvchat.eval"}
    assert provenance.code_hashes(package=package) == before
    for name in ("eval/report/c.py", "train/d.py", "__pycache__/e.pyc"):
        (package / name).write_text("changed")
    assert provenance.code_hashes(package=package) == before  # no prediction depends on them
    assert set(provenance.code_hashes(True, package)) == {*before, "pvchat.train"}
    (package / "eval/b.py").write_text("changed")
    assert provenance.differences({"code": before}, {"code": provenance.code_hashes(package=package)})[0].startswith(
        "code pvchat.eval: "
    )


def test_real_code_and_weights_have_hashes():
    found = provenance.code_hashes()
    assert {"pvchat", "pvchat.eval", "pvchat.model", "pvchat.perception"} <= set(found)
    assert not {"pvchat.train", "pvchat.augment"} & set(found)
    assert provenance.weights_hashes(Settings())["packages"]


def test_a_trained_models_weights_count(tmp_path, monkeypatch):
    for name in ("config.json", "model.safetensors", "notes.txt"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(models, "find", lambda name: tmp_path)
    settings = Settings(llm=str(tmp_path))
    before = provenance.weights_hashes(settings)
    assert before["model"] == before["llm"] is not None
    (tmp_path / "notes.txt").write_text("other notes")
    assert provenance.weights_hashes(settings) == before
    (tmp_path / "model.safetensors").write_text("other weights")
    assert provenance.weights_hashes(settings)["model"] != before["model"]
    assert provenance.weights_hashes(Settings(llm="some/model"))["llm"] == "some/model"


@pytest.mark.parametrize(("before", "after", "told"), [
    ({"code": {"pvchat.eval": "aa"}}, {"code": {"pvchat.eval": "bb"}}, "code pvchat.eval: aa → bb"),
    ({"weights": {"model": "a", "llm": "c"}}, {"weights": {"model": "b", "llm": "c"}}, r"\(weights model: a → b\)"),
    ({"settings": {"seed": 0}}, {"settings": {"seed": 1}}, r"\(settings seed: 0 → 1\)"),
    ({}, {"code": {"pvchat": "aa"}}, r"\(code: not recorded\)"),
])  # fmt: skip
def test_a_run_made_otherwise_is_refused(tmp_path, before, after, told):
    (tmp_path / "run.json").write_text(json.dumps({"config": before}))
    provenance.admit(tmp_path, before)
    with pytest.raises(SettingsError, match=told) as caught:
        provenance.admit(tmp_path, after)
    assert caught.value.subject == str(tmp_path)
    assert "--restart" in caught.value.hint


def test_other_media_are_refused(made, tmp_path):
    out, manifest = tmp_path / "out", read(made, "auto")
    run(made, out, OPTIONS)
    rows = (out / "predictions.jsonl").read_bytes()
    clip = manifest.path(manifest.items[0].video)
    before = clip.read_bytes()
    clip.write_bytes(b"another clip")
    with pytest.raises(SettingsError, match="media_sha256"):
        run(made, out, OPTIONS)
    assert (out / "predictions.jsonl").read_bytes() == rows
    clip.write_bytes(before)
    run(made, out, OPTIONS)  # back again, it goes on


def test_starting_over_deletes_the_run_and_nothing_else(made, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr(provenance, "code_hashes", lambda **_: {"pvchat": "aa"})
    run(made, out, OPTIONS)
    (out / "mine.txt").write_text("kept")
    (out / "people" / "instant").mkdir(parents=True)
    monkeypatch.setattr(provenance, "code_hashes", lambda **_: {"pvchat": "bb"})
    run(made, out, replace(OPTIONS, restart=True))
    assert (out / "mine.txt").read_text() == "kept"
    assert not (out / "people").exists()
    assert json.loads((out / "run.json").read_text())["config"]["code"] == {"pvchat": "bb"}
    run(made, out, OPTIONS)


def test_starting_over_touches_no_folder_that_holds_no_run(made, tmp_path):
    out = tmp_path / "out"
    (out / "people").mkdir(parents=True)
    (out / "questions.jsonl").write_text("mine")
    provenance.admit(out, {}, restart=True)
    assert (out / "questions.jsonl").read_text() == "mine"
    assert (out / "people").is_dir()


@pytest.mark.parametrize("text", ["half a", "[]", "{}", '{"config": 3}'])
def test_an_unreadable_record_is_refused(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(SettingsError, match="can't be read"):
        provenance.admit(tmp_path, {"code": {}})

"""A run's folder takes no rows of other code, weights, media or settings; what differs is said."""

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
from pvchat.eval.layouts.reading import read
from pvchat.eval.options import EvalOptions
from pvchat.eval.run import run

OPTIONS = EvalOptions(systems=("one",), maker="stub_systems:open_stub", resamples=20, bertscore="none", frames=False)


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


def changed(monkeypatch, key: str, value: dict[str, str]) -> None:
    monkeypatch.setattr(provenance, f"{key}_hashes", lambda *_, **__: value)


@pytest.mark.parametrize(("key", "before", "after", "told"), [
    ("code", {"pvchat.eval": "aa"}, {"pvchat.eval": "bb"}, "code pvchat.eval: aa → bb"),
    ("weights", {"model": "aa", "packages": "c"}, {"model": "bb", "packages": "c"}, r"\(weights model: aa → bb\)"),
])  # fmt: skip
def test_other_code_or_weights_are_refused(made, tmp_path, monkeypatch, key, before, after, told):
    out = tmp_path / "out"
    changed(monkeypatch, key, before)
    run(made, out, OPTIONS)
    rows = (out / "predictions.jsonl").read_bytes()
    run(made, out, OPTIONS)
    changed(monkeypatch, key, after)
    with pytest.raises(SettingsError, match=told) as caught:
        run(made, out, OPTIONS)
    assert caught.value.subject == str(out)
    assert "--restart" in caught.value.hint
    assert (out / "predictions.jsonl").read_bytes() == rows
    changed(monkeypatch, key, before)
    run(made, out, OPTIONS)  # back again, it goes on


def test_other_settings_are_named_one_by_one(made, tmp_path):
    run(made, tmp_path / "out", OPTIONS, Settings(seed=0))
    with pytest.raises(SettingsError, match=r"\(settings seed: 0 → 1\)"):
        run(made, tmp_path / "out", OPTIONS, Settings(seed=1))


def test_other_media_are_refused(made, tmp_path):
    out, manifest = tmp_path / "out", read(made, "auto")
    run(made, out, OPTIONS)
    clip = manifest.path(manifest.items[0].video)
    clip.parent.mkdir(parents=True, exist_ok=True)
    clip.write_bytes(b"another clip")
    with pytest.raises(SettingsError, match="media_sha256"):
        run(made, out, OPTIONS)


def test_a_run_that_did_not_record_its_code_is_refused(made, tmp_path):
    out = tmp_path / "out"
    run(made, out, OPTIONS)
    told = json.loads((out / "run.json").read_text())
    del told["config"]["code"]
    (out / "run.json").write_text(json.dumps(told))
    with pytest.raises(SettingsError, match=r"\(code: not recorded\)"):
        run(made, out, OPTIONS)


def test_starting_over_deletes_the_run_and_nothing_else(made, tmp_path, monkeypatch):
    out = tmp_path / "out"
    changed(monkeypatch, "code", {"pvchat": "aa"})
    run(made, out, OPTIONS)
    (out / "mine.txt").write_text("kept")
    (out / "people" / "instant").mkdir(parents=True)
    changed(monkeypatch, "code", {"pvchat": "bb"})
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

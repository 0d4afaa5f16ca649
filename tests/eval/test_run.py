"""A run around stub systems: files, errors, being stopped, workers, Ray."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from make_studio import ANA, BEN, open_studio
from stub_systems import make_manifest, open_stub

from pvchat import PVChat
from pvchat.augment.lines import read_lines
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, Subject, write
from pvchat.eval.run import run
from pvchat.eval.worker import EvalOptions, Spec, open_systems
from pvchat.people.store import PeopleStore
from pvchat.service import Networks

OPTIONS = EvalOptions(
    systems=("one", "two"), opener=open_stub, resamples=50, bertscore=False
)  # fmt: skip
SAME = ("predictions.jsonl", "metrics.json")


class StoppedError(Exception):
    """What a progress raises that stops a run."""


@pytest.fixture
def made(tmp_path):
    return make_manifest(tmp_path / "made")


@pytest.fixture
def unreported(monkeypatch):
    """Without the page: it takes longer than all the rest."""
    monkeypatch.setattr("pvchat.eval.report.write", lambda *_: None)


@pytest.fixture
def straight(made, tmp_path, unreported):
    run(made, tmp_path / "straight", OPTIONS)
    return {name: (tmp_path / "straight" / name).read_bytes() for name in SAME}


def results(out):
    return {name: (out / name).read_bytes() for name in SAME}


def test_a_run_says_everything(made, tmp_path):
    out = tmp_path / "out"
    metrics = run(made, out, OPTIONS)
    rows = read_lines(out / "predictions.jsonl")
    assert [(r["system"], r["id"]) for r in rows] == [(s, f"q-{i:03d}") for s in ("one", "two") for i in range(60)]
    assert out.stat().st_mode & 0o077 == 0
    told = json.loads((out / "run.json").read_text())
    assert metrics["set"]["questions"] == 60
    assert set(told["versions"]) >= {"pvchat", "python", "torch"}
    assert "clips/broken.mp4" in told["clip_errors"]
    assert len(read_lines(out / "timing.jsonl")) == 120
    one = metrics["systems"]["one"]
    assert one["errors"] == {
        "n": 6, "kinds": {"RuntimeError": 1, "VideoReadError": 5},
        "ids": ["q-007", *(f"q-{i:03d}" for i in range(20, 25))],
    }  # fmt: skip
    assert one["overall"]["existence"]["accuracy"]["n"] + one["overall"]["wording"]["bleu1"]["n"] == 60
    page = (out / "report.html").read_text()
    assert "<script" not in page
    assert "broken.mp4" in page


def test_errors_count_as_wrong(made, tmp_path, unreported):
    rows = run(made, tmp_path / "out", OPTIONS)["systems"]["one"]["slices"]["set"]
    found = rows["tv_made"]["existence"]["accuracy"]  # the unreadable clip is of this set
    questions = [json.loads(line) for line in (made / "questions.jsonl").read_text().splitlines()]
    asked = [q for q in questions if q["set"] == "tv_made" and q["type"] == "existence"]
    broken = [q for q in asked if "broken" in q["video"]]
    assert found["n"] == len(asked)
    assert found["value"] <= 1 - len(broken) / len(asked) + 1e-6


def test_a_folder_with_a_run_is_refused(made, tmp_path, unreported):
    out = tmp_path / "out"
    run(made, out, OPTIONS)
    before = results(out)
    with pytest.raises(SettingsError, match="holds a run already") as caught:
        run(made, out, replace(OPTIONS, limit=10))
    assert caught.value.subject == str(out)
    assert results(out) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [({"half": "x"}, "half"), ({"limit": 0}, "limit"), ({"engine": "x"}, "engine"), ({"depth": "x"}, "depth"),
     ({"workers": 0}, "at least 1"), ({"resamples": -1}, "at least 0")],
)  # fmt: skip
def test_wrong_options_are_told(made, tmp_path, change, message):
    with pytest.raises(SettingsError, match=message):
        run(made, tmp_path / "out", replace(OPTIONS, **change))


@pytest.mark.slow
def test_two_workers_are_one(made, tmp_path, straight):
    run(made, tmp_path / "out", replace(OPTIONS, workers=2))
    assert results(tmp_path / "out") == straight


@pytest.mark.slow
def test_killed_for_real_with_two_workers(made, tmp_path, straight):
    """SIGKILL to the run's process: its workers go too, and the next call ends the same."""
    out, slow, log = tmp_path / "out", tmp_path / "slow", tmp_path / "log"
    slow.touch()
    code = (
        "from pvchat.eval.worker import EvalOptions\n"
        "from pvchat.eval.run import run\n"
        "from stub_systems import open_stub\n"
        "if __name__ == '__main__':\n"
        f"    run({str(made)!r}, {str(out)!r}, EvalOptions(systems=('one', 'two'), opener=open_stub, "
        "resamples=50, bertscore=False, workers=2, "
        f"options={{'slow': {str(slow)!r}, 'log': {str(log)!r}}}))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    paths = os.pathsep.join(
        [str(Path(__file__).parent), str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]
    )
    child = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": paths})
    deadline = time.monotonic() + 120
    while not log.exists() and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.02)
    workers = _children(child.pid)
    child.send_signal(signal.SIGKILL)
    child.wait()
    deadline = time.monotonic() + 120
    while any(Path(f"/proc/{p}").exists() for p in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [p for p in workers if Path(f"/proc/{p}").exists()]
    assert not (out / "run.json").exists()
    run(made, out, OPTIONS)
    assert results(out) == straight


@pytest.mark.slow
def test_local_and_ray_give_the_same_rows(made, tmp_path, straight):
    pytest.importorskip("ray")
    run(made, tmp_path / "out", replace(OPTIONS, engine="ray", workers=2))
    assert results(tmp_path / "out") == straight


@pytest.fixture
def studied(tmp_path, monkeypatch):
    """A manifest about Ana, and a PVChat in which Ben is called Ana."""
    folder = tmp_path / "studied"
    folder.mkdir()
    studio = open_studio(folder, monkeypatch)
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda *a, **k: [])
    for name, people in (("ana", [ANA]), ("both", [ANA, BEN]), ("ben", [BEN])):
        studio.clip(name, *people)
    asked = [("both", True), ("ben", False)]
    items = [
        Item(f"q{n}", "tv_made", f"{clip}.mp4", ("Ana",), "single", "existence", "Is Ana there?", "", {"Ana": there})
        for n, (clip, there) in enumerate(asked)
    ]
    write(Manifest("studied", folder, (Subject("Ana", "ana.mp4", "tv_made"),), tuple(items)), folder)
    chat = PVChat(Settings(device="cpu"))
    chat.enroll(folder / "ben.mp4", "Ana")
    return folder, chat


def test_a_given_chat_lends_its_models_and_keeps_its_people(studied, tmp_path, unreported, monkeypatch):
    (folder, chat), out = studied, tmp_path / "out"
    monkeypatch.setattr(Networks, "__init__", None)  # no second set of models can be loaded
    mine = [person.id for person in chat.people.all()]
    options = EvalOptions(systems=("measured-facts", "ours-instant"), resamples=20, bertscore=False)
    found = run(folder, out, options, chat=chat)["systems"]
    assert all(found[s]["overall"]["existence"]["balanced_accuracy"]["value"] == 1 for s in options.systems)
    assert [person.id for person in chat.people.all()] == mine
    assert not (out / "run-people").exists()
    assert list(json.loads((out / "run.json").read_text())["enrolled"]) == ["Ana"]


def test_people_of_a_run_that_was_stopped_are_gone(studied, tmp_path, unreported):
    (folder, chat), out = studied, tmp_path / "out"
    options = EvalOptions(systems=("ours-instant",), resamples=20, bertscore=False)
    PeopleStore(out / "run-people").add(chat.people.find("Ana"))  # of a run that was killed: she is Ben

    def stop(what, done, total):
        if what == "clips":
            raise StoppedError

    with pytest.raises(StoppedError):
        run(folder, out, options, progress=stop, chat=chat)
    assert not (out / "run-people").exists()
    found = run(folder, out, options, chat=chat)["systems"]["ours-instant"]
    assert found["overall"]["existence"]["balanced_accuracy"]["value"] == 1
    assert not (out / "run-people").exists()


def test_people_who_would_stay_are_an_error(studied, tmp_path, unreported):
    (folder, chat), out = studied, tmp_path / "out"
    out.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (out / "run-people").symlink_to(tmp_path / "elsewhere")  # which nothing deletes
    with pytest.raises(OSError, match="symbolic link"):
        run(folder, out, EvalOptions(systems=("ours-instant",), bertscore=False), chat=chat)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_run_has_its_own_people_and_the_models_that_are_there(studied, tmp_path):
    folder, chat = studied
    spec = Spec(Manifest("m", folder, (), ()), (), str(tmp_path / "run-people"), chat.settings, EvalOptions(), chat)
    opened, _ = open_systems(spec)
    assert opened.networks is chat.networks
    assert opened.people is not chat.people


def _children(pid):
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(p) for p in path.read_text().split()] if path.exists() else []

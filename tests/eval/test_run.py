"""A run around stub systems: files, errors, resuming after kills at any byte, workers, Ray."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from make_studio import ANA, BEN, open_studio
from stub_systems import make_manifest

from pvchat import PVChat
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, Subject, write
from pvchat.eval.options import EvalOptions
from pvchat.eval.run import run
from pvchat.eval.worker import Spec, open_systems
from pvchat.people.store import PeopleStore
from pvchat.service import Networks
from pvchat.storage.journal import Journal

OPTIONS = EvalOptions(
    systems=("one", "two"), maker="stub_systems:open_stub", resamples=50, bertscore=False, frames=False
)  # fmt: skip
SAME = ("predictions.jsonl", "metrics.json")


class KilledError(BaseException):
    """What a kill is to the code it hits: nothing can catch it."""


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
    rows = Journal(out / "predictions.jsonl").read()
    assert [(r["system"], r["id"]) for r in rows] == [(s, f"q-{i:03d}") for s in ("one", "two") for i in range(60)]
    told = json.loads((out / "run.json").read_text())
    assert told["status"] == "done"
    assert metrics["set"]["questions"] == 60
    assert set(told["versions"]) >= {"pvchat", "python", "torch"}
    assert "clips/broken.mp4" in told["clip_errors"]
    assert len(Journal(out / "timing.jsonl").read()) == 120
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


@pytest.mark.parametrize("seed", range(10))
def test_killed_at_a_random_byte_it_ends_the_same(made, tmp_path, straight, monkeypatch, seed):
    draw, out, real, kills = random.Random(seed), tmp_path / "out", os.write, 0
    budget = draw.randrange(200, 12_000)

    def write(handle, data):
        nonlocal budget
        if budget < len(data):
            real(handle, bytes(data)[: max(0, budget)])
            raise KilledError
        budget -= len(data)
        return real(handle, data)

    monkeypatch.setattr("pvchat.storage.journal.os.write", write)
    for _ in range(50):
        try:
            run(made, out, OPTIONS)
            break
        except KilledError:
            kills += 1
            budget = draw.randrange(200, 40_000)
    assert kills >= 1
    assert results(out) == straight


def test_what_is_done_is_not_done_again(made, tmp_path, unreported):
    log, out = tmp_path / "log", tmp_path / "out"
    options = replace(OPTIONS, options={"log": str(log)})
    run(made, out, options)
    asked = log.read_text().splitlines()
    assert len(asked) == len(set(asked)) == 110  # the unreadable clip is never asked about
    rows = (out / "predictions.jsonl").read_bytes().splitlines(keepends=True)
    gone = [r for r in rows if b"clips/c03.mp4" in r]
    (out / "predictions.jsonl").write_bytes(b"".join(r for r in rows if r not in gone))
    before = b"".join(rows)
    run(made, out, options)
    assert [json.loads(line)[0] for line in log.read_text().splitlines()[len(asked) :]] == ["clips/c03.mp4"] * 10
    assert (out / "predictions.jsonl").read_bytes() == before


def test_a_system_can_be_added_later(made, tmp_path, straight):
    log, out = tmp_path / "log", tmp_path / "out"
    run(made, out, replace(OPTIONS, systems=("one",)))
    run(made, out, OPTIONS)
    assert results(out) == straight
    assert not log.exists()


def test_another_run_is_refused(made, tmp_path, unreported):
    out = tmp_path / "out"
    run(made, out, OPTIONS)
    with pytest.raises(SettingsError, match="limit: None → 10"):
        run(made, out, replace(OPTIONS, limit=10))


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
    out, slow = tmp_path / "out", tmp_path / "slow"
    slow.touch()
    code = (
        "from pvchat.eval.options import EvalOptions\n"
        "from pvchat.eval.run import run\n"
        "if __name__ == '__main__':\n"
        f"    run({str(made)!r}, {str(out)!r}, EvalOptions(systems=('one', 'two'), maker='stub_systems:open_stub', "
        "resamples=50, bertscore=False, frames=False, workers=2, "
        f"options={{'slow': {str(slow)!r}}}))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    paths = os.pathsep.join(
        [str(Path(__file__).parent), str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]
    )
    child = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": paths})
    deadline = time.monotonic() + 120
    while not _rows(out) and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.02)
    workers = _children(child.pid)
    child.send_signal(signal.SIGKILL)
    child.wait()
    deadline = time.monotonic() + 120
    while any(Path(f"/proc/{p}").exists() for p in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [p for p in workers if Path(f"/proc/{p}").exists()]
    assert 0 < _rows(out) < 120
    slow.unlink()
    run(made, out, replace(OPTIONS, options={"slow": str(slow)}))
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
    options = EvalOptions(systems=("measured-facts", "ours-instant"), resamples=20, bertscore=False, frames=False)
    found = run(folder, out, options, chat=chat)["systems"]
    assert all(found[s]["overall"]["existence"]["balanced_accuracy"]["value"] == 1 for s in options.systems)
    assert [person.id for person in chat.people.all()] == mine
    assert not (out / "people").exists()
    done, told = results(out), json.loads((out / "run.json").read_text())["enrolled"]
    assert list(told) == ["Ana"]
    rows = (out / "predictions.jsonl").read_bytes().splitlines(keepends=True)
    (out / "predictions.jsonl").write_bytes(rows[0])
    run(folder, out, options, chat=chat)  # goes on
    assert results(out) == done
    with monkeypatch.context() as patch:
        patch.setattr("pvchat.eval.run.enroll_all", None)  # a run that is done needs nobody
        run(folder, out, options, chat=chat)
    assert results(out) == done
    assert json.loads((out / "run.json").read_text())["enrolled"].keys() == told.keys()
    assert not (out / "people").exists()


def test_people_stay_as_long_as_a_run_needs_them(studied, tmp_path, unreported, monkeypatch):
    (folder, chat), out = studied, tmp_path / "out"
    options = EvalOptions(systems=("ours-instant",), resamples=20, bertscore=False, frames=False)
    with monkeypatch.context() as patch:
        patch.setattr("pvchat.storage.journal.os.write", _cut_off)
        with pytest.raises(KilledError):
            run(folder, out, options, chat=chat)
    (before,) = PeopleStore(out / "people").all()
    seen = []
    real = PVChat.enroll
    monkeypatch.setattr(PVChat, "enroll", lambda self, *a, **k: seen.append(a) or real(self, *a, **k))
    run(folder, out, options, chat=chat)
    assert seen == []  # whoever was enrolled is
    assert before.name == "Ana"
    assert not (out / "people").exists()


def _cut_off(handle, data):
    raise KilledError


def test_a_run_has_its_own_people_and_the_models_that_are_there(studied, tmp_path):
    folder, chat = studied
    spec = Spec(Manifest("m", folder, (), ()), (), str(tmp_path / "people"), chat.settings, chat=chat)
    opened, _ = open_systems(spec)
    assert opened.networks is chat.networks
    assert opened.people is not chat.people


def _rows(out):
    """Whole lines so far; `Journal.read` would cut off what is just being written."""
    path = out / "predictions.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _children(pid):
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(p) for p in path.read_text().split()] if path.exists() else []

"""Many clips: the same rows however they are spread, in order, and an error fails its own job only."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from make_tasks import Squares, steps_of

from pvchat import pool
from pvchat.augment import engine, steps
from pvchat.augment.settings import AugmentConfig
from pvchat.augment.watch import Watch
from pvchat.cli import augment as commands
from pvchat.errors import PVChatError, SettingsError

REPO = Path(__file__).parents[2]
ITEMS = [{"n": n, "name": f"Łucja {n}"} for n in range(6)]


def squares(**how):
    return dict(pool.results(ITEMS, Squares, **how))


def test_every_item_has_its_result_whichever_worker_makes_it():
    rows = squares()
    assert list(rows) == list(range(6))
    assert rows[2]["square"] == 4 / 7
    assert squares(workers=2) == rows


def test_other_errors_are_not_hidden():
    def fails(row):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(pool.results(ITEMS, lambda: fails))


def test_unknown_engines_and_a_missing_ray_are_told(monkeypatch):
    with pytest.raises(SettingsError, match="no engine"):
        squares(engine="abacus")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SettingsError, match=r"pvchat\[ray\]"):
        squares(engine="ray")


@pytest.mark.slow
def test_ray_gives_the_same_rows():
    """In a process of its own: Ray leaves threads behind, and tests have no network."""
    pytest.importorskip("ray")
    code = (
        "import json, sys; from make_tasks import Squares; from pvchat import pool\n"
        "print(json.dumps(sorted(pool.results(json.loads(sys.argv[1]), Squares, 2, 'ray'))))"
    )
    path = f"{Path(__file__).parent}:{REPO / 'tests'}:{REPO}"
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(ITEMS)], capture_output=True, text=True, timeout=400, cwd=REPO,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "HOME": str(Path.home()), "PVCHAT_HOME": str(Path.home())},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert dict(json.loads(done.stdout.splitlines()[-1])) == squares()


# -- data sets ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def augmented(monkeypatch):
    monkeypatch.setattr(steps, "augment", steps_of)
    monkeypatch.setattr("pvchat.service.PVChat.from_pretrained", lambda *words: words)


def jobs_in(folder: Path) -> list[engine.AugmentJob]:
    return [engine.AugmentJob(Path(f"{n}.mp4"), n, folder / n) for n in ("ana", "three", "ben")]


def test_a_row_tells_what_came_of_a_job(augmented, tmp_path):
    config = AugmentConfig(engine="local", clips=3)
    rows = engine.augment_many(jobs_in(tmp_path), str, config)
    assert [row.get("rows") for row in rows] == [3, None, 3]
    assert rows[1]["error"]["what"] == "is three."
    assert rows[0]["clip"] == "ana.mp4"
    assert rows[0]["sha256"] != rows[2]["sha256"]
    assert engine.augment_many(jobs_in(tmp_path), str, config) == rows


def test_stopping_keeps_what_is_done(augmented, tmp_path):
    stop, told = threading.Event(), []
    watch = Watch(lambda what, done, total: told.append((done, total)) or (done == 2 and stop.set()), stop)
    rows = engine.augment_many(jobs_in(tmp_path), str, AugmentConfig(), watch=watch)
    assert [row["name"] for row in rows] == ["ana", "three"]
    assert told == [(1, 3), (2, 3)]


def test_two_jobs_in_one_folder_are_refused(tmp_path):
    jobs = [
        engine.AugmentJob(Path("a.mp4"), "A", tmp_path / "x"),
        engine.AugmentJob(Path("b.mp4"), "B", tmp_path / "y" / ".." / "x"),
    ]
    with pytest.raises(SettingsError, match="one folder"):
        engine.augment_many([jobs[0], jobs[0]], str, AugmentConfig())
    with pytest.raises(SettingsError, match="one folder"):
        engine.augment_many(jobs, str, AugmentConfig())


def test_many_on_the_command_line(augmented, tmp_path, capsys):
    from pvchat.cli import main as cli

    names = ("Ana", "three")
    lines = [json.dumps({"clip": f"{n}.mp4", "name": n}) for n in names]
    (tmp_path / "jobs.jsonl").write_text("\r\n\n".join(lines), encoding="utf-8-sig")  # as some editors do
    words = ("augment", "--many", str(tmp_path / "jobs.jsonl"), "--out", str(tmp_path / "sets"), "--device", "cpu")
    assert cli.main([*words, "--json"]) == 1  # one failed
    captured = capsys.readouterr()
    rows = json.loads(captured.out)  # one document, the error is one of its rows
    assert [row["name"] for row in rows] == list(names)
    assert [row["error"]["what"] for row in rows if "error" in row] == ["is three."]
    assert "1 of 2 clips failed." in captured.err
    assert (tmp_path / "sets" / "Ana-Ana" / "dataset.jsonl").exists()
    assert not (tmp_path / "sets" / "three-three" / "dataset.jsonl").exists()


@pytest.mark.parametrize("line", ["{", "[]", '{"clip": "a.mp4"}', '{"clip": "a.mp4", "name": "A"}', "3"])
def test_a_line_that_is_no_job_is_told(tmp_path, line):
    (tmp_path / "jobs").write_text('{"clip": "a.mp4", "name": "A", "out": "o"}\n' + line)
    with pytest.raises(SettingsError, match="line 2"):
        commands.read_jobs(tmp_path / "jobs", None)
    with pytest.raises(SettingsError, match="can't be read"):
        commands.read_jobs(tmp_path / "none", None)


def test_names_cant_leave_the_folder(tmp_path):
    (tmp_path / "jobs").write_text('{"clip": "/x/a.mp4", "name": "../../Ana"}')
    job = commands.read_jobs(tmp_path / "jobs", tmp_path / "out")[0]
    assert job.out.resolve().parent == tmp_path / "out"
    with pytest.raises(PVChatError):
        steps_of("a", "three", tmp_path, None, AugmentConfig())

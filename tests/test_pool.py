"""Work spread over workers: the same rows however it is spread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import make_ray
import pytest
from make_tasks import Squares

from pvchat import pool
from pvchat.errors import SettingsError

REPO = Path(__file__).parents[1]
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


@pytest.mark.parametrize("address", ["", "ray://head:10001"])
def test_workers_of_a_cluster_give_the_same_rows(monkeypatch, address):
    """As Ray runs them (`make_ray.py`); it itself, where it is installed, by the next test."""
    ray = make_ray.install(monkeypatch)
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert squares(workers=2, engine="ray") == squares()
    assert list(squares(workers=9, engine="ray", ordered=True)) == list(range(6))
    assert (len(ray.started), ray.ended, ray.actors) == (2, 2, 2 + 6)
    assert [one.get("num_cpus") for one in ray.started] == ([None] * 2 if address else [2, 9])
    assert str(REPO) in ray.started[0]["runtime_env"]["env_vars"]["PYTHONPATH"].split(os.pathsep)
    ray.init()  # by whoever calls: then it goes on
    squares(engine="ray")
    assert (len(ray.started), ray.ended) == (3, 2)


def test_a_worker_of_a_cluster_that_fails_is_told_and_the_cluster_ends(monkeypatch):
    ray = make_ray.install(monkeypatch)
    with pytest.raises(TypeError, match="mapping"):
        list(pool.results([1, 2], Squares, 2, "ray"))
    assert ray.ended == 1


@pytest.mark.slow
def test_ray_gives_the_same_rows():
    """In a process of its own: Ray leaves threads behind, and tests have no network."""
    pytest.importorskip("ray")
    code = (
        "import json, sys; from make_tasks import Squares; from pvchat import pool\n"
        "print(json.dumps(sorted(pool.results(json.loads(sys.argv[1]), Squares, 2, 'ray'))))"
    )
    path = f"{Path(__file__).parent}:{REPO}"
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(ITEMS)], capture_output=True, text=True, timeout=400, cwd=REPO,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "HOME": str(Path.home()), "PVCHAT_HOME": str(Path.home())},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert dict(json.loads(done.stdout.splitlines()[-1])) == squares()

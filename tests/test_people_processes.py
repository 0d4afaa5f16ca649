"""The store under kill -9 and under other processes and threads."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_mortal import die_before_call
from make_people import assert_same, find_traces, make_person, posix

from pvchat.errors import PeopleError
from pvchat.people.store import PeopleStore, Person


@pytest.fixture
def store(pvchat_home: Path) -> PeopleStore:
    return PeopleStore()


@contextmanager
def child_process(target: Callable[..., None], *args: Any) -> Iterator[Any]:
    child = multiprocessing.get_context("fork").Process(target=target, args=args)
    child.start()
    try:
        yield child
    finally:
        child.kill()
        child.join(120)


def assert_sound(root: Path, kept: dict[str, Person]) -> None:
    """The store opens, those enrolled earlier are intact, and nothing half-written can be seen."""
    before = set(PeopleStore(root).names())
    store = PeopleStore(root)
    assert store.damaged() == {}
    people = {person.name: person for person in store.all()}
    assert set(people) == before >= set(kept)
    assert len(people) == len(store.names())
    for name, person in kept.items():
        assert_same(people[name], person)
    for name, person in people.items():
        if name not in kept:
            seed = int(name.split()[1])
            assert any(
                np.array_equal(person.arrays["prototypes"], make_person("x", s).arrays["prototypes"])
                for s in (seed, seed + 1)
            )
    versions = {person.version for person in people.values()}
    assert {path.name for path in root.iterdir()} == {".lock", ".scratch"} | versions
    assert list((root / ".scratch").iterdir()) == []


STEPS: dict[str, Callable[[PeopleStore], Any]] = {
    "add": lambda store: store.add(make_person("new 7", 7)),
    "replace": lambda store: store.add(make_person("old 7", 8), replace=True),
    "rename": lambda store: store.rename("old 7", "renamed 7"),
    "alias": lambda store: store.alias("old 7", "alias 7"),
    "forget": lambda store: store.forget("old 7"),
}


def run_until_call(root: Path, step: str, calls: int) -> None:
    """Do one step, but die by SIGKILL just before the given call that touches the disk."""
    die_before_call(calls)
    STEPS[step](PeopleStore(root))


@pytest.mark.slow
@posix
@pytest.mark.parametrize("step", STEPS)
def test_killed_before_every_disk_call(tmp_path: Path, step: str) -> None:
    kept = {"Ana": make_person("Ana")}
    start = PeopleStore(tmp_path / "start" / "people")
    start.add(kept["Ana"])
    start.add(make_person("old 7", 7))
    seen, calls, done = [], 0, False
    while not done:
        root = tmp_path / str(calls) / "people"
        shutil.copytree(start.root, root)
        with child_process(run_until_call, root, step, calls) as child:
            child.join(120)
        done = child.exitcode == 0
        assert done or child.exitcode == -signal.SIGKILL
        assert_sound(root, kept)
        rest = [person for person in PeopleStore(root).all() if person.name != "Ana"]
        seen.append(sorted((p.name, tuple(p.aliases), float(p.arrays["prototypes"][0, 0])) for p in rest))
        if step == "forget" and not rest:
            assert find_traces(root, {"name": b"old 7"}) == []
        calls += 1
    assert calls > 8
    # first the old state, then the new one, and no third
    assert len({str(state) for state in seen}) == 2
    assert seen == sorted(seen, key=lambda state: state != seen[0])


def add_several(root: Path, worker: int, count: int) -> None:
    store = PeopleStore(root)
    for i in range(count):
        store.add(make_person(f"{worker} {i}", 10 * worker + i))


@posix
def test_processes_that_add_at_once_lose_nobody(store: PeopleStore) -> None:
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=add_several, args=(store.root, worker, 5)) for worker in range(4)]
    for child in children:
        child.start()
    while any(child.is_alive() for child in children):
        assert store.damaged() == {}  # a reader never sees half a person
        time.sleep(0.005)
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * 4
    wanted = {f"{worker} {i}" for worker in range(4) for i in range(5)}
    assert set(store.names()) == set(PeopleStore().names()) == wanted
    assert_same(store.get("3 4"), make_person("3 4", 34))


def add_one_name(root: Path, seed: int, results: Any) -> None:
    try:
        PeopleStore(root).add(make_person("Ana", seed))
        results.put(seed)
    except PeopleError:
        results.put(None)


@posix
def test_of_two_who_take_one_name_one_gets_it(store: PeopleStore) -> None:
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    children = [context.Process(target=add_one_name, args=(store.root, seed, results)) for seed in range(4)]
    for child in children:
        child.start()
    outcome = [results.get(timeout=60) for _ in children]
    for child in children:
        child.join(60)
    [winner] = [seed for seed in outcome if seed is not None]
    assert_same(store.get("Ana"), make_person("Ana", winner))


def test_threads_share_one_store(store: PeopleStore) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def work(i: int) -> int:
        store.add(make_person(f"p {i}", i))
        return len(store.all())

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(work, range(8)))
    assert min(seen) >= 1
    assert len(store.names()) == 8


def test_a_lock_that_is_never_freed_is_told(store: PeopleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    import filelock

    store.add(make_person("Ana"))
    monkeypatch.setattr("pvchat.people.store.LOCK_TIMEOUT_S", 0.1)
    with filelock.FileLock(str(store.root / ".lock")):
        with pytest.raises(PeopleError, match="another process"):
            PeopleStore().add(make_person("Ben"))
        assert PeopleStore().names() == ["Ana"]  # reading needs no lock

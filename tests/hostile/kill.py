"""kill -9 at random moments, over and over: the store, its clip cache and an encrypted home lose nobody.

Another process works on the store without end and is killed after a random time; then everybody who was there before
must be whole, nothing half written may be seen, and the store must take somebody new. All loops are bounded.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from make_people import assert_same, make_person
from test_cache import make_analysis

from pvchat.people.store import PeopleStore
from pvchat.storage import conversion, keys, temporary
from pvchat.storage.clips import ClipCache

from . import Outcome, rounds

LONGEST_S = 0.25
WHOLE = "everybody is whole"
_CHEAP = 16  # scrypt's cost: not what is tested here


def run(home: Path) -> Iterator[Outcome]:
    """Each worker in a home of its own, killed `rounds()` times."""
    yield _case("store: add, replace, rename, alias, forget", home / "store", _change_people)
    yield _case("cache: save, load, prune", home / "cache", _change_cache)
    keys.COST = _CHEAP
    os.environ[keys.VARIABLE] = "correct horse battery"
    try:
        yield _case("encrypted: the same changes", home / "sealed", _change_people)
        yield _case("encrypt and decrypt, over and over", home / "converted", _convert)
    finally:
        del os.environ[keys.VARIABLE]


def _case(case: str, place: Path, work: Callable[[], None]) -> Outcome:
    os.environ["PVCHAT_HOME"] = str(place)
    kept = {name: make_person(name, seed) for seed, name in enumerate(("Ana", "Ben"))}
    for person in kept.values():
        PeopleStore().add(person)
    rng, faults, busy = random.Random(0), [], 0
    for number in range(rounds()):
        child = multiprocessing.get_context("fork").Process(target=work)
        child.start()
        time.sleep(rng.uniform(0.02, LONGEST_S))
        busy += child.is_alive()
        child.kill()
        child.join(30)
        faults += [f"round {number}: {fault}" for fault in _faults(kept)]
    if keys.exists():
        _remove(temporary.root())
    got = faults[0] if faults else f"{WHOLE}, {busy} kills"
    return Outcome(case, WHOLE, got, not faults and busy == rounds() and child.exitcode == -signal.SIGKILL)


def _faults(kept: dict[str, object]) -> list[str]:
    """What is wrong with the store; then everybody else is forgotten."""
    store, found = PeopleStore(), []
    try:
        if damaged := store.damaged():
            found.append(f"damaged: {damaged}")
        for name, person in kept.items():
            assert_same(store.get(name), person)  # type: ignore[arg-type]
        store.add(make_person("Zoe", 9), replace=True)
        for name in store.names():
            if name not in kept:
                store.forget(name)
        if left := list((store.root / ".scratch").iterdir()):
            found.append(f"left: {left}")
    except Exception as error:  # what must not happen
        found.append(f"{type(error).__name__}: {error}")
    return found


def _change_people() -> None:
    store = PeopleStore()
    for number in range(10_000):
        name = f"new {number}"
        store.add(make_person(name, number))
        store.add(make_person(name, number + 1), replace=True)
        store.alias(name, f"alias {number}")
        store.rename(name, f"renamed {number}")
        if number % 2:
            store.forget(f"alias {number}")


def _change_cache() -> None:
    cache = ClipCache(max_bytes=200_000)
    for number in range(10_000):
        key = f"{number % 8:064x}"
        cache.save(make_analysis(key, seed=number), "1")
        loaded = cache.load(key, "1")
        assert loaded is None or loaded.key == key


def _convert() -> None:
    for _ in range(10_000):
        if not keys.exists():
            keys.create(os.environ[keys.VARIABLE])
        conversion.encrypt()
        conversion.decrypt()


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)

"""Forgetting: after whatever was cut off, nothing in the home folder names or shows her. Each leaves traces first."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from make_mortal import die_before_call
from make_people import find_traces, make_person, traces
from test_cache import make_analysis

from pvchat.people.store import PeopleStore, Person
from pvchat.storage import atomic, temporary
from pvchat.storage.clips import ClipCache
from pvchat.train.deep import working

from . import Outcome

NAME = "Brunhilde Ångström"
NOTHING = "no trace of her"


def run(home: Path) -> Iterator[Outcome]:
    """All cases, each in a home of its own."""
    for number, (case, leave) in enumerate(LEFT.items()):
        place = home / str(number)
        os.environ["PVCHAT_HOME"] = str(place)
        store = PeopleStore()
        store.add(make_person("Ben", 1))
        person = store.add(make_person(NAME, 3, aliases=["Hilde"]))
        wanted = traces(person)
        leave(person)
        before = len(find_traces(temporary.root(), wanted)) + len(find_traces(place / "cache", wanted))
        forget_in_another_process(place)
        yield _outcome(case, place, wanted, before)
    os.environ["PVCHAT_HOME"] = str(home)
    yield from _killed_while_forgetting(home / "killed")
    yield from _without_owner(home / "orphans")


def forget_in_another_process(place: Path) -> None:
    """`pvchat people forget`, as a person types it."""
    words = [sys.executable, "-m", "pvchat", "people", "forget", NAME]
    subprocess.run(words, check=True, capture_output=True, timeout=120, env={**os.environ, "PVCHAT_HOME": str(place)})


def _killed(work: Callable[..., None], *args: Any) -> None:
    """Run this in another process and kill it when it says that it is in the middle of it."""
    context = multiprocessing.get_context("fork")
    there = context.Event()
    child = context.Process(target=work, args=(there, *args))
    child.start()
    assert there.wait(120)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join(30)


def _deep(there: Any, person: Person) -> None:
    """What a deep enrollment has on disk in the middle of its work."""
    with working(person) as folder:
        for number in range(80):
            path = folder / "media" / f"{number}.jpg"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(person.thumbnail)
        (folder / "questions.jsonl").write_text(f'{{"question": "Is {person.name} there?"}}', encoding="utf-8")
        there.set()
        time.sleep(600)  # until it is killed


def _cached(person: Person) -> None:
    analysis = make_analysis(person.clip_key)
    analysis.tracks[0].identity[:] = person.arrays["prototypes"][0]
    ClipCache().save(analysis, "1")


def _file(person: Person, *parts: str) -> Path:
    path = temporary.root().joinpath(*parts)
    atomic.make_private_folder(path.parent)
    path.write_bytes(person.thumbnail + person.name.encode())
    return path


def _half_written(person: Person) -> None:
    scratch = PeopleStore().root / ".scratch" / "half"
    atomic.make_private_folder(scratch)
    (scratch / "config.json").write_bytes(person.name.encode())


LEFT: dict[str, Callable[[Person], Any]] = {
    "kill -9 in a deep enrollment": lambda person: _killed(_deep, person),
    "her clip in the cache": _cached,
    "pictures to choose from": lambda person: _file(person, temporary.SUBJECT_PICTURES, "1.jpg"),
    "an export behind a server's link": lambda person: _file(person, "app-1", "s", f"x-{person.id}.pvperson"),
    "a conversation that was saved": lambda person: _file(person, "app-1", "s", f"c-{temporary.ANYONE}.zip"),
    "a clip that shows her": lambda person: temporary.mark(_file(person, "app-1", "s", "c", "1").parent, [person.id]),
    "a write that was cut off": _half_written,
}


def _killed_while_forgetting(home: Path) -> Iterator[Outcome]:
    """A forget that dies before any of its disk calls can be repeated, and then leaves nothing."""
    start = home / "start"
    os.environ["PVCHAT_HOME"] = str(start)
    store = PeopleStore()
    store.add(make_person("Ben", 1))
    person = store.add(make_person(NAME, 3))
    _cached(person)
    _file(person, temporary.DEEP, person.id, "1.jpg")
    calls, done, left = 0, False, []
    while not done:
        place = home / str(calls)
        shutil.copytree(start, place)
        os.environ["PVCHAT_HOME"] = str(place)
        child = multiprocessing.get_context("fork").Process(target=_forget_until, args=(calls,))
        child.start()
        child.join(120)
        done = child.exitcode == 0
        if PeopleStore().find(NAME) is not None:
            PeopleStore().forget(NAME)
        left += find_traces(place, traces(person))
        left += ["Ben is gone"] if PeopleStore().names() != ["Ben"] else []
        calls += 1
    got = left[0] if left else f"{NOTHING}, {calls} moments"
    yield Outcome("kill -9 before each disk call of forget", NOTHING, got, not left and calls > 10)


def _forget_until(calls: int) -> None:
    """Forget her, but die by SIGKILL just before the given call that touches the disk."""
    die_before_call(calls)
    PeopleStore().forget(NAME)


def _without_owner(home: Path) -> Iterator[Outcome]:
    """What a kill leaves goes at the next command, whichever it is, and though nobody forgets anybody."""
    os.environ["PVCHAT_HOME"] = str(home)
    person = PeopleStore().add(make_person(NAME, 3))
    _killed(_deep, person)
    _file(person, temporary.SUBJECT_PICTURES, "1.jpg")
    before = len([path for path in temporary.root().rglob("*") if path.is_file()])
    words = [sys.executable, "-m", "pvchat", "people", "list"]
    subprocess.run(words, check=True, capture_output=True, timeout=120, env=dict(os.environ))
    left = [str(path) for path in temporary.root().rglob("*") if path.is_file()]
    got = left[0] if left else f"nothing, {before} files before"
    yield Outcome("leftovers at the next command", "nothing is left", got, not left and before > 80)


def _outcome(case: str, place: Path, wanted: dict[str, bytes], before: int) -> Outcome:
    left = find_traces(place, wanted)
    got = left[0] if left else f"{NOTHING}, {before} before"
    return Outcome(case, NOTHING, got, not left)

"""kill -9 over a library, in the middle of enrolling, naming, correcting, merging and forgetting somebody.

Another process does one of these to a home with a library and dies at a random moment: before a call that touches the
disk, before a statement to the library, or within one. Then the home is opened again and used, and what was not done is
done once more: people and library must be those of a home in which nobody was killed, and of who was forgotten not one
byte may be left, in a backup neither.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_mortal import die_at_moment
from make_people import find_traces, traces
from make_studio import ANA, BEN, Studio, open_studio
from test_live import Camera

from pvchat import PVChat
from pvchat.config import Settings
from pvchat.storage.backup import backup
from pvchat.storage.library import connect, ring_of

from . import Outcome, rounds

CARL, DORA = 3, 4
NAME = "Brunhilde Ångström"  # Ana's
SAME = "as without a kill"
NEVER = 10**9
State = dict[str, Any]  # what a home holds, by names instead of ids


@dataclass(frozen=True)
class Step:
    """Something that is done to somebody, and whether it was done."""

    do: Callable[[PVChat], Any]
    done: Callable[[PVChat], bool]
    whole: bool = True  # False: cut short, she is enrolled from fewer videos


def run(home: Path, steps: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Each step (all, where none is named), killed `rounds()` times, in a copy of one home each."""
    with pytest.MonkeyPatch.context() as patch:
        start = home / "start"
        patch.setenv("PVCHAT_HOME", str(start))
        studio = open_studio(home, patch)
        wanted = _furnish(studio)
        for case, step in _steps(studio).items():
            if case in steps or not steps:
                yield _outcome(case, step, home, wanted if case == "forget" else {}, patch)


def _furnish(studio: Studio) -> dict[str, bytes]:
    """A home with three people, a library of five videos and a camera, and rules; what would betray Ana."""
    folder = studio.folder / "videos"
    folder.mkdir()
    for day, people in enumerate(((ANA, CARL), (ANA, BEN), (BEN, CARL), (DORA,), (CARL,)), 1):
        studio.clip(f"videos/2026-11-0{day} 09.00.00", *people)
    chat = PVChat(Settings(device="cpu"))
    for name, person in ((NAME, ANA), ("Ben", BEN), ("Dora", DORA)):
        chat.enroll(studio.clip(f"only {name}", person), name)
    studio.clip("only Carl", CARL)
    camera = Camera(chat)
    with closing(camera.tables):
        chat.library.events.add(f"{NAME} is seen")
        chat.library.events.add("Ben leaves")
        for people in ((ANA,), (BEN,)):
            camera.show(4, *people)
            camera.show(6)
        camera.ring.close()
    chat.library.add([folder], place="hall")
    chat.library.scan()
    chat.library.inbox.strangers()
    return _traces_of_ana(chat)


def _traces_of_ana(chat: PVChat) -> dict[str, bytes]:
    """Bytes of hers: in the people store, in rows of the library, of the camera's clip that shows her."""
    ana, clip = chat.people.get(NAME), min((ring_of(chat.people.root) / "1").iterdir())
    found = traces(ana) | {"camera": clip.read_bytes()[-256:]}
    with chat.library._open() as tables:
        words = "SELECT t.id, t.identity FROM tracks AS t, appearances AS a, json_each(a.tracks) AS each"
        words += " WHERE t.id = each.value AND a.who = (SELECT id FROM people WHERE ref = ?)"
        found |= {f"track {number}": identity[:256] for number, identity in tables.execute(words, (ana.id,))}
    return found


def _steps(studio: Studio) -> dict[str, Step]:
    video = studio.folder / "videos" / "2026-11-03 09.00.00.mp4"

    def name(chat: PVChat) -> None:
        stranger = chat.library.inbox.strangers()[0]
        chat.library.inbox.name(stranger.id, "Carl", consent=True)

    return {
        "enroll": Step(lambda chat: chat.enroll(studio.folder / "only Carl.mp4", "Carl"), _knows("Carl")),
        "name a stranger": Step(name, _knows("Carl"), whole=False),
        "correct": Step(
            lambda chat: chat.correct("Ben", video, is_her=False), lambda chat: chat.corrections("Ben") != []
        ),
        "merge": Step(lambda chat: chat.merge("Ben", "Dora"), lambda chat: chat.people.names() == [NAME, "Ben"]),
        "forget": Step(lambda chat: chat.forget(NAME), lambda chat: not _knows(NAME)(chat)),
    }


def _knows(name: str) -> Callable[[PVChat], bool]:
    return lambda chat: chat.people.find(name) is not None


def _outcome(case: str, step: Step, home: Path, wanted: dict[str, bytes], patch: pytest.MonkeyPatch) -> Outcome:
    rng, start, faults = random.Random(case), home / "start", list[str]()
    expected, moments = _unkilled(step, _copied(start, home / f"{case} whole", patch))
    chosen = rng.sample(range(moments), min(rounds(), moments))
    for moment in chosen:
        place = _copied(start, home / f"{case} {moment}", patch)
        assert _in_another_process(step, moment, place) == -signal.SIGKILL
        faults += [f"moment {moment} of {moments}: {one}" for one in _faults(step, expected, wanted)]
        shutil.rmtree(place)
    got = faults[0] if faults else f"{SAME}, {len(chosen)} of {moments} moments"
    return Outcome(f"kill -9 in: {case}", SAME, got, not faults)


def _copied(start: Path, place: Path, patch: pytest.MonkeyPatch) -> Path:
    """A copy of a home, which is `$PVCHAT_HOME` from now on."""
    shutil.copytree(start, place)
    patch.setenv("PVCHAT_HOME", str(place))
    return place


def _in_another_process(step: Step, moment: int, place: Path) -> int:
    """Do a step, and what the library learns of it, until a moment; the exit code."""
    child = multiprocessing.get_context("fork").Process(target=_work, args=(step, moment, place))
    child.start()
    child.join(120)
    assert child.exitcode is not None
    return child.exitcode


def _work(step: Step, moment: int, place: Path) -> None:
    chat = PVChat(Settings(device="cpu"))
    passed = die_at_moment(moment)
    step.do(chat)
    chat.library.follow()
    (place / "moments").write_text(str(passed()))


def _unkilled(step: Step, place: Path) -> tuple[State, int]:
    """What a step makes of a home, and how many moments it has."""
    assert _in_another_process(step, NEVER, place) == 0
    chat = PVChat(Settings(device="cpu"))
    chat.library.inbox.strangers()
    return _state(chat, step.whole), int((place / "moments").read_text())


def _faults(step: Step, expected: State, wanted: dict[str, bytes]) -> list[str]:
    """What is wrong after a kill, once the home was used and the step was finished, while somebody has it open."""
    chat, home = PVChat(Settings(device="cpu")), Path(os.environ["PVCHAT_HOME"])
    with closing(connect(chat.people.root)):  # as long as this is open, SQLite doesn't delete the log by itself
        chat.library.inbox.strangers()
        if not step.done(chat):
            step.do(chat)
        chat.library.follow()
        chat.library.inbox.strangers()
        backup(home / "afterwards.pvbackup")
        found = find_traces(home, wanted)
    state = _state(chat, step.whole)
    return found + [
        f"{key}: {state[key]} instead of {expected[key]}" for key in expected if state[key] != expected[key]
    ]


def _state(chat: PVChat, whole: bool) -> State:
    """People, how many vectors they have where that is to be the same, and what the library says of everyone."""
    found: State = {"damaged": chat.people.damaged()}
    for one in chat.people.all():
        said = [(row.her, row.clip, row.at_s) for row in chat.corrections(one.id)]
        found[one.name] = one.aliases, said, {key: len(one.arrays[key]) for key in sorted(one.arrays)} if whole else {}
    with closing(connect(chat.people.root)) as tables:
        return found | _library_state(tables, chat.people.ids())


def _library_state(tables: sqlite3.Connection, names: dict[str, str]) -> State:
    found: State = {}
    known = {number: names.get(ref, "nobody") for number, ref in tables.execute("SELECT id, ref FROM people")}
    for table, columns in (
        ("appearances", "who, clip, decision, round(probability, 2), tracks"),
        ("facts", 'who, clip, attribute, value, colour, of, start, "end", holds'),
        ("odds", "who, block"),
    ):
        rows = tables.execute(f"SELECT {columns} FROM {table}")
        found[table] = sorted((str(known.get(who, who)), *map(str, rest)) for who, *rest in rows)
    for table, columns in (("events", "ref, kind, at"), ("rules", "ref, kind")):
        rows = tables.execute(f"SELECT {columns} FROM {table}")
        found[table] = sorted((names.get(ref, "nobody"), *map(str, rest)) for ref, *rest in rows)
    plain = {"tracks": "id, clip", "members": "track", "clips": "id, stale", "files": "clip, problem"}
    for table, columns in plain.items():
        found[table] = sorted(tables.execute(f"SELECT {columns} FROM {table}"))
    sums = tables.execute("SELECT clip, people, together FROM contests ORDER BY clip")
    found["contests"] = [(clip, people, np.log(np.frombuffer(row)).round(3).tolist()) for clip, people, row in sums]
    return found | {"people": sorted(known.values())}

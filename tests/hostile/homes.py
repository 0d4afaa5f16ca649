"""Two servers on one home, in two processes: each sees what the other did, and outlives it. Experts are made up."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from make_app import ANA, BEN, bearing, open_scenery, ready, running  # noqa: E402
from real_weights import lend_encoder  # noqa: E402

from pvchat import PVChat, config  # noqa: E402
from pvchat.config import Settings  # noqa: E402
from pvchat.people.store import PeopleStore  # noqa: E402

from . import Outcome  # noqa: E402

WAIT_S = 300


def run(home: Path) -> Iterator[Outcome]:
    """All cases; the other server is killed before the last ones."""
    lend_encoder(home)
    with pytest.MonkeyPatch.context() as patch, _other_server(home) as (child, there):
        folder = home / "clips-here"
        folder.mkdir()
        scenery = open_scenery(folder, patch)  # of the same bytes as the other's clips
        clip = scenery.clip("party", ANA, BEN)
        with running(ready(PVChat(Settings(device="cpu")))) as (app, here):
            may = bearing("read", "ask", "manage")
            clients = [httpx.Client(base_url=f"{url}/api/v1/", headers=may, timeout=WAIT_S) for url in (here, there)]
            yield from _together(clients, clip)
            ours, theirs = (next(home.rglob(_upload_by_page(url, clip))) for url in (here, there))
            app.backend.receive(app.backend.sessions.of("page"), ours)
            child.kill()
            child.join(WAIT_S)
            yield from _after_the_kill(clients[0], ours, theirs)


def made(home: Path, patch: pytest.MonkeyPatch) -> tuple[PVChat, Path]:
    """PVChat with Ana enrolled, and a clip with Ana and Ben in it."""
    folder = home / "clips"
    folder.mkdir()
    lend_encoder(config.home())
    scenery = open_scenery(folder, patch)
    chat = PVChat(Settings(device="cpu"))
    chat.enroll(scenery.clip("ana", ANA), "Ana")
    return chat, scenery.clip("party", ANA, BEN)


def _upload_by_page(url: str, clip: Path) -> str:
    """By which name, below its folder of uploads, a server keeps a file that a page sent."""
    sent = {"files": (clip.name, clip.read_bytes())}
    return str(httpx.post(f"{url}/gradio_api/upload", files=sent, timeout=WAIT_S).json()[0])


def _together(clients: list[httpx.Client], clip: Path) -> Iterator[Outcome]:
    yield _is("enrolled by one, listed by the other", "['Ana']", _names(clients[0]))
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda client: _enroll(client, clip, "Ben"), clients))
    yield _is("one name at both at once", "1 of 2", f"{said.count('Ben')} of 2")
    yield _is("whom both list", "['Ana', 'Ben'], ['Ana', 'Ben']", ", ".join(map(_names, clients)))
    clients[0].delete("people/Ben")
    asked = {"clip": _uploaded(clients[1], clip), "question": "Who is there?"}
    answer = clients[1].post("ask", json=asked).json()["answer"]
    yield _is("forgotten by one, asked of the other", "isn't named", answer if "Ben" in answer else "isn't named")


def _after_the_kill(client: httpx.Client, ours: Path, theirs: Path) -> Iterator[Outcome]:
    words = [sys.executable, "-m", "pvchat", "people", "list"]  # any command clears up
    subprocess.run(words, check=True, capture_output=True, timeout=WAIT_S, env=dict(os.environ))
    yield _is("kill -9 of one: uploads, the other's", "False, True", f"{theirs.exists()}, {ours.exists()}")
    yield _is("kill -9 of one: the people", "['Ana']", _names(client))
    yield _is("kill -9 of one: damaged people", "{}", str(PeopleStore().damaged()))


def _names(client: httpx.Client) -> str:
    return str(sorted(row["name"] for row in client.get("people").json()))


def _enroll(client: httpx.Client, clip: Path, name: str) -> str:
    wanted = {"clip": _uploaded(client, clip), "name": name, "consent": True, "track": 2}
    answer = client.post("people", json=wanted).json()
    return str(answer.get("name", answer))


def _uploaded(client: httpx.Client, clip: Path) -> str:
    return str(client.post("clips", content=clip.read_bytes()).json()["clip"])


def _is(case: str, expected: str, got: str) -> Outcome:
    return Outcome(case, expected, got[:100], got == expected)


@contextmanager
def _other_server(home: Path) -> Iterator[tuple[Any, str]]:
    """A server in a process of its own, and its address."""
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_serve, args=(home, theirs))
    child.start()
    try:
        assert ours.poll(WAIT_S), "the other server doesn't start"
        yield child, ours.recv()
    finally:
        child.kill()
        child.join(WAIT_S)


def _serve(home: Path, told: Any) -> None:
    """In the other process: enroll Ana and serve until it is killed."""
    os.environ["PVCHAT_HOME"] = str(home)
    with pytest.MonkeyPatch.context() as patch, running(ready(made(home, patch)[0])) as (_, url):
        told.send(url)
        time.sleep(600)

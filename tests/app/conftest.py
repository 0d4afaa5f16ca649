"""Fixtures of the app's tests: made-up clips, a backend."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_app import ANA, BEN, Scenery, make_backend, open_scenery, ready, running
from make_browser import browser, open_page
from pvchat_app.backend import Backend

from pvchat import PVChat
from pvchat.config import Settings


@pytest.fixture
def scenery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scenery:
    """Made-up experts; clips are decoded for real."""
    folder = tmp_path / "clips"
    folder.mkdir()
    return open_scenery(folder, monkeypatch)


@pytest.fixture
def chat(scenery: Scenery) -> PVChat:
    """PVChat with Ana enrolled."""
    chat = PVChat(Settings(device="cpu"))
    chat.enroll(scenery.clip("ana", ANA), "Ana")
    return chat


@pytest.fixture
def backend(chat: PVChat):
    made: Backend = make_backend(chat)
    yield made
    made.jobs.close()
    made.sessions.close()


@pytest.fixture
def server(chat: PVChat):
    """A server of its own: the app and its address."""
    with running(ready(chat)) as (app, url):
        yield app, url


@pytest.fixture
def party(scenery: Scenery) -> Path:
    """A clip with Ana and Ben in it."""
    return scenery.clip("party", ANA, BEN)


@pytest.fixture(scope="session")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what the browser's camera shows (camera.mjpeg), for a test to write before it opens that."""
    return tmp_path_factory.mktemp("devices")


@pytest.fixture(scope="module")
def one_chromium(devices: Path):
    """The one browser of a file's tests: each page has a context of its own, so that none sees another's storage.

    While it is open no `asyncio.run` is possible, which other files need.
    """
    fake = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with browser(*fake, f"--use-file-for-fake-video-capture={devices / 'camera.mjpeg'}") as opened:
        yield opened


@pytest.fixture
def chromium(one_chromium):
    """The browser; what a test opened in it is closed after it."""
    yield one_chromium
    for context in one_chromium.contexts:
        context.close()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory):
    """Made-up experts for all tests of a file's one server, in a home of its own: other files find the real ones."""
    folder = tmp_path_factory.mktemp("studio")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PVCHAT_HOME", str(tmp_path_factory.mktemp("served")))
        yield open_scenery(folder, patch)


@pytest.fixture(scope="module")
def one_server(studio: Scenery):
    """The one server of a file's tests that only need one: PVChat, who is enrolled at first, the address.

    Two servers open in one process share Gradio's folder of uploads, so that the end of the one ends the other.
    """
    chat = PVChat(Settings(device="cpu"))
    ana = chat.enroll(studio.clip("ana", ANA), "Ana")
    with running(ready(chat)) as (_, address):
        yield chat, ana, address


@pytest.fixture
def served(one_server, chromium):
    """That server with Ana enrolled, and nobody else: a browser, and the address."""
    chat, ana, address = one_server
    for name in {*chat.people.names()} - {"Ana"}:
        chat.people.forget(name)
    chat.people.add(ana, replace=True)
    return chromium, address


@pytest.fixture
def page(served):
    """A new page of that server."""
    return open_page(*served)

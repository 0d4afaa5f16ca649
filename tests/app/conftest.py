"""Fixtures of the app's tests: made-up clips, a desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_app import ANA, BEN, Scenery, make_desk, open_scenery, ready, running
from make_browser import browser, open_page
from pvchat_app.desk import Desk

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
def desk(chat: PVChat):
    made: Desk = make_desk(chat)
    yield made
    made.jobs.close()
    made.sessions.close()


@pytest.fixture
def party(scenery: Scenery) -> Path:
    """A clip with Ana and Ben in it."""
    return scenery.clip("party", ANA, BEN)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory):
    """Made-up experts for a whole module of browser tests, in a home of its own."""
    folder = tmp_path_factory.mktemp("studio")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PVCHAT_HOME", str(tmp_path_factory.mktemp("served")))
        yield open_scenery(folder, patch)


@pytest.fixture(scope="module")
def served(studio: Scenery):
    """A server with Ana enrolled: a browser, and the address."""
    chat = PVChat(Settings(device="cpu"))
    chat.enroll(studio.clip("ana", ANA), "Ana")
    with running(ready(chat)) as (_, address), browser() as chromium:
        yield chromium, address


@pytest.fixture
def page(served):
    """A new page of that server."""
    opened = open_page(*served)
    yield opened
    opened.close()

"""Fixtures of the app's tests: made-up clips, a desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_app import ANA, BEN, Scenery, make_desk, ready, running
from make_browser import browser, open_page
from make_studio import open_studio
from pvchat_app.desk import Desk

from pvchat import PVChat, video
from pvchat.config import Settings

_LOAD = video.load


@pytest.fixture
def scenery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scenery:
    """Made-up experts; clips are decoded for real."""
    folder = tmp_path / "clips"
    folder.mkdir()
    open_studio(folder, monkeypatch)
    made = Scenery(folder)
    monkeypatch.setattr(video, "load", _LOAD)
    monkeypatch.setattr("pvchat.perception.analysis.recognise", made.recognise)
    monkeypatch.setattr("pvchat.perception.measuring.measure", made.measure)
    return made


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
        open_studio(folder, patch)
        made = Scenery(folder)
        patch.setattr(video, "load", _LOAD)
        patch.setattr("pvchat.perception.analysis.recognise", made.recognise)
        patch.setattr("pvchat.perception.measuring.measure", made.measure)
        yield made


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

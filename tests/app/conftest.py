"""Fixtures of the app's tests: made-up clips, a desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_app import ANA, BEN, Scenery, make_desk
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
    monkeypatch.setattr("pvchat.perception.analysis.analyse", made.analyse)
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

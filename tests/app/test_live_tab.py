"""The live tab: only cameras that were added are watched; what is shown of one, and for whom the tab is there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import pytest
from make_app import ready, running
from make_browser import open_page, tab
from make_cameras import look, write
from make_studio import ANA
from pvchat_app import page
from pvchat_app.backend import Backend
from pvchat_app.live_tab import Cameras

from pvchat import PVChat
from pvchat.errors import PVChatError
from pvchat.library.live.live import Live


def test_a_camera_is_watched_and_stopped(backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Live, "_look", lambda self, part: look(part))
    film = write(tmp_path / "hall.ts", [(2, ()), (3, (ANA,)), (1, ())])
    cameras = Cameras(backend)
    assert "No camera was added yet" in cameras.as_html(None)[0]
    with pytest.raises(PVChatError, match="was added"):
        cameras.start(str(film))
    backend.engine.chat.library.live(str(film), place="hall <b>")
    assert cameras.names() == [(f"hall <b> ({film})", str(film))]
    cameras.start(str(film))
    try:
        end = time.monotonic() + 20
        while "Ana is seen" not in cameras.as_html(str(film))[1] and time.monotonic() < end:
            time.sleep(0.05)
        now, events = cameras.as_html(str(film))
        assert "<b>Ana</b>" in now
        assert "data:image/jpeg" in now
        assert "Ana is seen, hall &lt;b&gt;" in events
    finally:
        cameras.stop(str(film))
    assert "press Watch" in cameras.as_html(str(film))[0]


def test_a_camera_that_is_watched_is_shown_before_a_newer_one(backend: Backend) -> None:
    cameras, names = Cameras(backend), [("door", "rtsp://door"), ("hall", "rtsp://hall")]
    assert (cameras.first([]), cameras.first(names)) == (None, "rtsp://hall")
    cameras.watched["rtsp://door"] = cast("Live", None)
    assert cameras.first(names) == "rtsp://door"
    cameras.watched.clear()


def test_cameras_end_with_the_server(chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Live, "_look", lambda self, part: look(part))
    film = write(tmp_path / "hall.ts", [(2, ()), (6, (ANA,))])
    chat.library.live(str(film))
    begun, start = list[Live](), Live.start
    monkeypatch.setattr(Live, "start", lambda self: (begun.append(self), start(self))[1])
    with running(ready(chat)) as (app, _):
        cameras = app.backend.ends[0].__self__
        cameras.start(str(film))
        end = time.monotonic() + 20
        while not begun[0].status().who and time.monotonic() < end:
            time.sleep(0.05)
        assert begun[0].status().running
    assert not any(thread.is_alive() for thread in begun[0]._threads)
    assert Path(chat.library.events.since(0)[0]["clip"]).is_file()  # the clip in the making was finished


@pytest.mark.browser
def test_the_page_shows_who_is_there(chromium, chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Live, "_look", lambda self, part: look(part))
    film = write(tmp_path / "hall.ts", [(2, ()), (3, (ANA,)), (1, ())])
    chat.library.live(str(film), place="hall")
    with running(ready(chat)) as (_, address):
        page = open_page(chromium, address)
        tab(page, "Live")
        page.wait_for_selector('#pv-live-now:has-text("press Watch")')
        page.click("#pv-live-start")
        page.wait_for_selector("#pv-live-events td:has-text('Ana is seen, hall')")
        page.wait_for_selector("#pv-live-now img")
        page.wait_for_selector("#pv-live-now:has-text('0 pictures skipped')")
        page.click("#pv-live-stop")
        page.wait_for_selector('#pv-live-now:has-text("press Watch")')
        page.wait_for_selector("#pv-live-start:enabled")
        assert page.locator("#pv-live-stop").is_disabled()  # there is nothing to stop


def test_only_the_owner_of_the_machine_has_it(backend: Backend) -> None:
    for local in (True, False):
        config = page.build(backend, backend.sessions.root, local=local).config
        tabs = [one["props"].get("label") for one in config["components"] if one["type"] == "tabitem"]
        assert ("Live" in tabs) is local

"""A session lives as long as its page, and two minutes longer: a lost connection or a reload loses nothing."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from make_app import get, in_event_loop, ready, running, wait_for
from make_browser import ask, open_page, show
from make_grace import Grace, settle
from make_proxy import proxy
from pvchat_app import heartbeats
from pvchat_app.heartbeats import GRACE_S, HEARTBEAT, Heartbeats

from pvchat import PVChat


def beat(url: str, name: str, query: str = "", seconds: float = 0.0) -> int:
    """Open a heartbeat, hear one beat, lose it; returns the status."""
    with httpx.stream("GET", f"{url}{HEARTBEAT}{name}{query}", timeout=30) as answer:
        if answer.status_code == 200:
            beats = answer.iter_bytes()  # its end would be the connection's
            next(beats)
            time.sleep(seconds)
        return answer.status_code


def test_a_lost_connection_keeps_the_session_for_two_minutes(server, party: Path) -> None:
    app, url = server
    assert GRACE_S >= 120
    beat(url, "abc")
    session = app.backend.sessions.of("abc")
    link = session.link(party, "video/mp4")
    beat(url, "abc")
    time.sleep(1.5)
    assert "abc" in app.backend.sessions  # it went at once before
    assert httpx.head(url + link).status_code == 200
    assert beat(url, "abc", "?again=") == 200
    assert app.backend.sessions.of("abc") is session


@pytest.mark.parametrize("stay_s", [0.0, 0.5])
def test_a_page_that_stays_away_takes_its_session_with_it(server, party: Path, monkeypatch, stay_s: float) -> None:
    monkeypatch.setattr(heartbeats, "GRACE_S", 0.3)
    app, url = server
    session = app.backend.sessions.of("abc")
    session.ensure_folder()
    link = session.link(party, "video/mp4")
    beat(url, "abc", seconds=stay_s)
    wait_for(lambda: not session.folder.exists(), 30)
    assert "abc" not in app.backend.sessions
    assert httpx.head(url + link).status_code == 404
    assert beat(url, "abc", "?again=") == 410  # the page is told, and loads anew


def test_a_reloaded_page_goes_on_with_its_session(server, party: Path) -> None:
    app, url = server
    session = app.backend.sessions.of("old")
    beat(url, "old")
    beat(url, "new", "?before=old")
    assert app.backend.sessions.of("new") is session
    assert "old" not in app.backend.sessions


def test_a_second_tab_does_not_take_the_first_ones_session(server, monkeypatch) -> None:
    monkeypatch.setattr(heartbeats, "RELOAD_S", 0.3)
    app, url = server
    session = app.backend.sessions.of("first")
    with httpx.stream("GET", f"{url}{HEARTBEAT}first", timeout=30) as first:
        beats = first.iter_bytes()
        next(beats)
        beat(url, "second", "?before=first")
        assert app.backend.sessions.of("first") is session
        assert app.backend.sessions.of("second") is not session


def test_a_browser_is_told_to_open_its_heartbeat(server) -> None:
    """Gradio's page opens one only where the page listens for its end."""
    assert get(server[1] + "/config").json()["connect_heartbeat"] is True


def test_the_page_loads_our_script_before_all_others(server) -> None:
    page = get(server[1], headers={"accept-encoding": "br, gzip"}).text
    scripts = re.findall(r"<script[^>]*>", page)
    assert scripts[0] == '<script src="/staying.js">'
    assert "pvchat-session" in get(server[1] + "/staying.js").text


class Names(set[str]):
    """Sessions, as far as heartbeats look at them."""


class Page:
    """A page that holds its heartbeat open until `lost` is set."""

    def __init__(self, through: Heartbeats) -> None:
        self.lost = asyncio.Event()
        scope = {"type": "http", "method": "GET", "path": f"{HEARTBEAT}abc", "query_string": b"", "asgi": {}}
        self.task = asyncio.ensure_future(through(scope, self.receive, self.send))

    async def receive(self) -> dict[str, str]:
        await self.lost.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        return None

    async def cut(self) -> None:
        self.lost.set()
        await self.task
        await settle()


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions are ended at once and not by a thread, so that nothing is left to come after `settle`."""

    async def at_once(work: Any, *given: Any) -> None:
        work(*given)

    monkeypatch.setattr("starlette.concurrency.run_in_threadpool", at_once)


@in_event_loop
async def test_gradio_hears_of_the_end_only_when_the_page_stays_away(
    monkeypatch: pytest.MonkeyPatch, no_threads
) -> None:
    grace, heard = Grace(monkeypatch), list[str]()

    async def gradio(scope: Any, receive: Any, send: Any) -> None:
        heard.append("begun")
        while (await receive())["type"] != "http.disconnect":
            pass
        heard.append("ended")

    through = Heartbeats(gradio, Names({"abc"}), lambda name: heard.append(f"end {name}"), asyncio.Event())
    for _ in range(3):
        await Page(through).cut()
    await grace.end(2)  # it was there again before, and went again
    page = Page(through)
    await settle()
    await grace.end()  # it is there again
    assert heard == ["begun"]
    await page.cut()
    assert heard == ["begun"]
    await grace.end()
    assert sorted(heard) == ["begun", "end abc", "ended"]


@in_event_loop
async def test_a_session_that_opens_as_the_connection_is_lost_stays(
    monkeypatch: pytest.MonkeyPatch, no_threads
) -> None:
    Grace(monkeypatch)
    ended: list[str] = []

    async def gradio(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        ended.append("at Gradio's")

    through = Heartbeats(gradio, Names(), ended.append, asyncio.Event())  # what the page asked is on its way yet
    await Page(through).cut()
    assert not ended


@pytest.mark.browser
def test_only_closing_a_page_loses_clip_and_conversation(chromium, chat: PVChat, party: Path, monkeypatch) -> None:
    """A connection that is cut and a reload lose neither."""
    with running(ready(chat)) as (app, url), proxy(url) as (through, cut):
        page = open_page(chromium, through)
        show(page, party)
        beats: list[str] = []
        page.on("request", lambda request: beats.append(request.url) if HEARTBEAT in request.url else None)
        cut()
        page.wait_for_timeout(4000)  # it was gone after three seconds before
        name = page.evaluate("sessionStorage.getItem('pvchat-session')")
        assert name in app.backend.sessions
        assert beats[0].endswith(f"{name}?again=")
        assert ask(page, "Is Ana there?").startswith("Yes")
        page.reload()
        page.wait_for_selector("#pv-chat-player figcaption")  # on the same tab
        page.fill("#pv-question textarea", "What is Ana wearing?")
        page.press("#pv-question textarea", "Enter")
        wait_for(lambda: [s.turns[-1].answer for s in sessions(app) if s.turns and len(s.turns) == 2], 60)
        assert "no clip yet" not in page.inner_text("#pv-chat")
        link = url + page.locator("#pv-chat-player video").get_attribute("src")
        assert httpx.head(link).status_code == 200
        monkeypatch.setattr(heartbeats, "GRACE_S", 0.2)
        page.close()
        wait_for(lambda: httpx.head(link).status_code == 404)


def sessions(app: Any) -> list[Any]:
    return list(app.backend.sessions._open.values())


@pytest.mark.browser
def test_a_page_whose_session_has_ended_is_loaded_anew(chromium, chat: PVChat, party: Path) -> None:
    with running(ready(chat)) as (app, url), proxy(url) as (through, cut):
        page = open_page(chromium, through)
        show(page, party)
        page.evaluate("window.old = true")
        for _ in range(20):  # a call of the page on its way opens its session again
            threading.Thread(
                target=lambda: [app.backend.end_session(one) for one in [*app.backend.sessions._open]]
            ).start()
            cut()
            page.wait_for_timeout(3000)
            if page.evaluate("window.old === undefined"):
                break
        page.wait_for_function("window.old === undefined")
        page.wait_for_selector("#pv-chat-note .pv-error:has-text('The clip of this address')")
        assert page.locator("#pv-chat-player video").count() == 0

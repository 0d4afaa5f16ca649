"""A call that is cut is asked again and goes on: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from make_app import in_event_loop, ready, running, wait_for
from make_browser import answered, ask, open_page, see, show, tab
from make_grace import Grace, settle
from make_proxy import proxy
from pvchat_app import calls
from pvchat_app.backend import Backend
from pvchat_app.calls import ResumableCalls

from pvchat import PVChat

ANSWERS = "/gradio_api/queue/data"


class Speaker:
    """An app (ASGI) that says its pieces when it is let, and keeps what it was asked."""

    def __init__(self, *pieces: bytes, fails: bool = False) -> None:
        self.pieces, self.fails = pieces, fails
        self.let = asyncio.Semaphore(0)
        self.bodies: list[bytes] = []
        self.encodings: list[bytes | None] = []
        self.told_gone = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.bodies.append((await receive())["body"])
        self.encodings.append(dict(scope["headers"]).get(b"accept-encoding"))
        length = str(sum(map(len, self.pieces))).encode()
        gone = asyncio.ensure_future(receive())
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        for piece in self.pieces:
            more = asyncio.ensure_future(self.let.acquire())
            await asyncio.wait({gone, more}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                self.told_gone += 1
                return
            if self.fails:
                raise OSError("the app failed")
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def go_on(self, pieces: int = 1) -> None:
        for _ in range(pieces):
            self.let.release()


class Connection:
    """One request on a connection that can be cut."""

    def __init__(
        self,
        through: ResumableCalls,
        name: str,
        at: int = 0,
        body: tuple[bytes, ...] = (b"question",),
        path: str = ANSWERS,
    ) -> None:
        self.cut_off = asyncio.Event()
        self.status, self.headers, self.read, self.whole = 0, {}, b"", False
        self.parts = [{"type": "http.request", "body": part, "more_body": True} for part in body]
        if body:
            self.parts[-1]["more_body"] = False
        headers = [(b"x-pvchat-call", name.encode()), (b"x-pvchat-from", str(at).encode()), (b"accept-encoding", b"br")]
        scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
        self.task = asyncio.ensure_future(through(scope, self.receive, self.send))

    async def receive(self) -> dict[str, Any]:
        if self.parts:
            return self.parts.pop(0)
        await self.cut_off.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.read += message.get("body", b"")
            self.whole = not message.get("more_body")

    async def cut(self) -> None:
        self.cut_off.set()
        await self.task


@in_event_loop
async def test_what_is_no_call_of_the_pages_is_passed_on() -> None:
    seen: list[Any] = []

    async def app(*given: Any) -> None:
        seen.append(given)

    given = ({"type": "http", "path": ANSWERS, "headers": [(b"host", b"here")]}, "receive", "send")
    await ResumableCalls(app, asyncio.Event())(*given)
    assert seen == [given]


@in_event_loop
async def test_a_cut_answer_goes_on_where_it_was_cut() -> None:
    app = Speaker(b"first ", b"second ", b"third")
    through = ResumableCalls(app, asyncio.Event())
    one = Connection(through, "a")
    app.go_on()
    await settle()
    await one.cut()
    assert one.read == b"first "
    app.go_on()  # it goes on meanwhile
    await settle()
    other = Connection(through, "a", at=6)
    app.go_on()
    await other.task
    assert other.read == b"second third"
    assert other.whole
    assert b"content-length" in one.headers
    assert b"content-length" not in other.headers
    assert app.bodies == [b"question"]
    assert app.encodings == [None]  # what the page counts is what was sent


@in_event_loop
async def test_a_call_whose_receipt_was_lost_is_not_done_twice() -> None:
    app = Speaker(b"receipt")
    app.go_on()
    through = ResumableCalls(app, asyncio.Event())
    for _ in range(3):
        again = Connection(through, "a")
        await again.task
        assert again.read == b"receipt"
        assert again.whole
    assert len(app.bodies) == 1
    app.go_on()
    await Connection(through, "b").task
    assert len(app.bodies) == 2


@in_event_loop
async def test_a_request_that_came_in_part_is_no_call() -> None:
    app = Speaker(b"receipt")
    app.go_on()
    through = ResumableCalls(app, asyncio.Event())
    half = Connection(through, "a", body=(b"quest", b"ion"))
    half.parts = [{"type": "http.request", "body": b"quest", "more_body": True}]
    await half.cut()
    assert half.status == 0
    whole = Connection(through, "a", body=(b"quest", b"ion"))
    await whole.task
    assert app.bodies == [b"question"]
    assert whole.read == b"receipt"


@pytest.mark.parametrize("path", ["/login", "/", "/staying.js", "/gradio_api/upload", "/gradio_api/heartbeat/a"])
@in_event_loop
async def test_no_call_has_a_name_elsewhere(path: str) -> None:
    """The login page is answered to anybody: nothing of theirs is kept."""
    app = Speaker(b"page")
    app.go_on(2)
    through = ResumableCalls(app, asyncio.Event())
    for _ in range(2):
        await Connection(through, "a", path=path).task
    assert len(app.bodies) == 2
    assert not through._calls


@in_event_loop
async def test_a_call_that_asks_too_long_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MAX_BODY", 10)
    app = Speaker(b"receipt")
    await Connection(ResumableCalls(app, asyncio.Event()), "a", body=(b"12345", b"67890", b"1")).task
    assert not app.bodies


@pytest.mark.parametrize("at", [1, 8, 100])
@in_event_loop
async def test_the_rest_of_a_call_that_is_not_known_is_refused(at: int) -> None:
    app = Speaker(b"receipt")
    late = Connection(ResumableCalls(app, asyncio.Event()), "a", at=at)
    await late.task
    assert late.status == 410
    assert not app.bodies


@in_event_loop
async def test_so_much_of_an_answer_is_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MAX_KEPT", 10)
    app = Speaker(*[b"1234567890"] * 5)
    through = ResumableCalls(app, asyncio.Event())
    one = Connection(through, "a")
    await settle()
    await one.cut()
    app.go_on(4)
    await settle()
    early, late = Connection(through, "a", at=20), Connection(through, "a", at=33)
    await settle()
    assert early.status == 410
    assert late.read == b"4567890"
    app.go_on()
    await late.task
    assert late.read == b"45678901234567890"
    assert late.whole


@in_event_loop
async def test_the_app_hears_of_the_end_only_when_the_page_stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    grace = Grace(monkeypatch)
    app = Speaker(b"first ", b"second")
    through = ResumableCalls(app, asyncio.Event())
    for _ in range(3):
        page = Connection(through, "a")
        await settle()
        await page.cut()
        await settle()
    await grace.end(2)  # the page was there again before, and went again
    assert not app.told_gone
    await grace.end()
    assert app.told_gone == 1
    late = Connection(through, "a", at=1)
    await late.task
    assert late.status == 410


@in_event_loop
async def test_a_server_that_stops_waits_for_no_page() -> None:
    leaving, app = asyncio.Event(), Speaker(b"first ", b"second")
    through = ResumableCalls(app, leaving)
    page = Connection(through, "a")
    app.go_on()
    await settle()
    leaving.set()
    await page.task
    assert page.read == b"first "
    assert page.whole
    silent = Connection(ResumableCalls(lambda *_: asyncio.sleep(60), leaving), "b")
    await silent.task
    assert silent.status == 503


@in_event_loop
async def test_a_failure_is_no_silence() -> None:
    app = Speaker(b"never", fails=True)
    through = ResumableCalls(app, asyncio.Event())
    page = Connection(through, "a")
    await settle()
    app.go_on()
    with pytest.raises(OSError, match="the app failed"):
        await page.task
    again = Connection(through, "a")
    await again.task
    assert again.status == 410
    assert len(app.bodies) == 1


@pytest.mark.browser
def test_a_connection_that_is_cut_within_an_answer_loses_nothing(
    chromium, chat: PVChat, party: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio's page loaded itself anew then."""
    begun, go_on = threading.Event(), threading.Event()
    answer = Backend._answer

    def slow(*given: Any) -> None:
        begun.set()
        assert go_on.wait(60)
        answer(*given)

    with running(ready(chat)) as (_, url), proxy(url) as (through, cut):
        page = open_page(chromium, through)
        show(page, party)
        page.evaluate("window.old = true")
        monkeypatch.setattr(Backend, "_answer", slow)
        page.fill("#pv-question textarea", "Is Ana there?")
        page.press("#pv-question textarea", "Enter")
        wait_for(begun.is_set, 60)
        page.wait_for_selector("#pv-chat .user")
        cut()
        page.wait_for_timeout(4000)  # Gradio looked every two seconds whether the server is there again
        go_on.set()
        assert answered(page, 0).startswith("Yes")
        assert page.evaluate("window.old")
        assert ask(page, "What is Ana wearing?")


@pytest.mark.browser
@pytest.mark.parametrize("of", ["**/gradio_api/run/predict*", "**/gradio_api/queue/join*", "**/gradio_api/queue/data*"])
def test_a_question_whose_receipt_is_lost_is_answered_once(chromium, chat: PVChat, party: Path, of: str) -> None:
    """It waited for ever."""
    lost: list[str] = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().text())  # the server has done it, and nobody hears of it
            route.abort("connectionreset")

    with running(ready(chat)) as (app, url):
        page = open_page(chromium, url)
        show(page, party)
        page.evaluate("window.old = true")
        page.route(of, lose)
        assert ask(page, "Is Ana there?").startswith("Yes")
        assert lost
        assert page.evaluate("window.old")
        assert page.locator("#pv-chat .user").count() == 1
        assert [len(session.turns) for session in app.backend.sessions.all()] == [1]


@pytest.mark.browser
def test_an_upload_that_is_cut_goes_out_again(chromium, chat: PVChat, party: Path) -> None:
    tries: list[int] = []

    def lose(route: Any) -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    with running(ready(chat)) as (_, url):
        page = open_page(chromium, url)
        page.route("**/gradio_api/upload?**", lose)
        tab(page, "Chat")
        see(page, "chat", party)
        page.wait_for_selector(".pv-uploading:has-text('uploaded again')")
        page.wait_for_selector("#pv-chat-note .pv-notice:has-text('found')")
        assert len(tries) == 2
        assert not page.locator(".pv-uploading").count()


@pytest.mark.browser
def test_a_page_without_its_server_says_so(chromium, chat: PVChat) -> None:
    with running(ready(chat)) as (_, url):
        page = open_page(chromium, url)
        assert not page.locator("#pv-cut").count()
        page.route("**/gradio_api/heartbeat/*", lambda route: route.abort("connectionrefused"))
        page.reload()
        page.wait_for_selector("#pv-cut:has-text('be reached')")
        page.unroute_all()
        page.wait_for_selector("#pv-cut:not(:has-text('be reached'))", state="attached")

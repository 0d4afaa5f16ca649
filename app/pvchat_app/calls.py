"""A call outlives its connection: asked again, it goes on where it was cut, and nothing is done twice.

In and out: ASGI. Proxies cut connections, phones change networks. Gradio's page loads itself anew when that happens
while an event runs, and a question whose receipt is lost waits for ever. So staying.js names each call with 128 random
bits and asks again when it is cut; here the call runs on meanwhile, and what it says is kept.

    X-PVChat-Call: <name>    the call
    X-PVChat-From: <bytes>   how much of its answer the page has; 410 where the rest isn't known any more
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from pvchat_app.middleware import MAX_BODY, refuse, whole
from pvchat_app.visits import Held, later, lost, received

MAX_KEPT = 16 << 20  # bytes of one answer that are kept, its last ones; a look at ten minutes of film says 1.1 MB
NAMED_UNDER = ("/gradio_api/run/", "/gradio_api/queue/")  # what staying.js names; a name elsewhere is not heard
NAMED, FROM = b"x-pvchat-call", b"x-pvchat-from"


@dataclass(eq=False)
class _Call(Held):
    """One call and its answer so far."""

    start: dict[str, Any] | None = None  # the answer's first ASGI message: status and headers
    kept: bytearray = field(default_factory=bytearray)  # its body, less `dropped` bytes before
    dropped: int = 0
    ended: bool = False  # nothing more comes
    failure: Exception | None = None  # what ended it, if not its own end
    news: asyncio.Event = field(default_factory=asyncio.Event)  # set when there is more, and replaced by another

    async def take(self, message: dict[str, Any]) -> None:
        """Keep a message of the app's (an ASGI `send`)."""
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.kept += message.get("body", b"")
            too_many = max(0, len(self.kept) - MAX_KEPT)
            del self.kept[:too_many]
            self.dropped += too_many
        self.tell()

    def tell(self) -> None:
        """Wake whoever follows."""
        self.news.set()
        self.news = asyncio.Event()

    def knows(self, at: int) -> bool:
        """Whether the answer can be told from its byte `at` on."""
        return self.failure is None and self.dropped <= at <= self.dropped + len(self.kept)

    def after(self, at: int) -> bytes:
        """What is kept from byte `at` on."""
        return bytes(self.kept[at - self.dropped :])


class Calls:
    """Runs the calls that have a name apart from their connections (ASGI middleware); `leaving`: the server stops."""

    def __init__(self, app: Any, leaving: asyncio.Event) -> None:
        self.app, self.leaving = app, leaving
        self._calls: dict[str, _Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        named = scope["type"] == "http" and scope["path"].startswith(NAMED_UNDER)
        headers = dict(scope["headers"]) if named else {}
        if NAMED not in headers:
            await self.app(scope, receive, send)
            return
        name, position = headers[NAMED].decode("latin-1"), headers.get(FROM, b"")
        at = int(position) if position.isdigit() else 0
        asks = await whole(receive, MAX_BODY)
        if asks is None or asks["type"] != "http.request":  # too long, or cut before its end
            return
        call = self._calls.get(name) or (None if at else self._begin(name, scope, asks["body"]))
        if call is None or not call.knows(at):
            await refuse(send, 410, "This call isn't known any more.")
            return

        async def end() -> None:
            self._calls.pop(name, None)

        gone = asyncio.ensure_future(lost(receive, self.leaving))
        await call.follow(_follow(call, at, gone, send), self._tasks, end)

    def _begin(self, name: str, scope: dict[str, Any], body: bytes) -> _Call:
        """Start a call; what it needs of the request was read."""
        call = self._calls[name] = _Call()

        async def run() -> None:
            try:
                # not compressed: the page counts the bytes that it reads
                plain = [(key, value) for key, value in scope["headers"] if key != b"accept-encoding"]
                await self.app({**scope, "headers": plain}, received(body, call.over), call.take)
            except Exception as error:  # raised where it is followed
                call.failure = error
            finally:
                call.ended = True
                call.tell()

        later(self._tasks, run())
        return call


async def _follow(call: _Call, at: int, gone: asyncio.Future[None], send: Any) -> None:
    """Say what a call says from byte `at` on, until its end or until the connection is lost; raise what ended it."""
    try:
        while not gone.done() and call.start is None and not call.ended:
            await _either(gone, call.news)
        if call.start is None and not call.ended:
            await refuse(send, 503, "PVChat stops.")
            return
        if call.start is not None:
            await send(_started(call.start, at))
        while not gone.done() and call.knows(at):
            if piece := call.after(at):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                at += len(piece)
            elif call.ended:
                break
            else:
                await _either(gone, call.news)
    finally:
        gone.cancel()
    if call.failure is not None:
        raise call.failure
    if call.knows(at):
        await send({"type": "http.response.body", "body": b""})


def _started(start: dict[str, Any], at: int) -> dict[str, Any]:
    """The first message of an answer that is told from byte `at` on."""
    if not at:
        return start
    return {**start, "headers": [pair for pair in start["headers"] if pair[0] != b"content-length"]}


async def _either(gone: asyncio.Future[None], news: asyncio.Event) -> None:
    """Wait until the connection is lost or there is more."""
    more = asyncio.ensure_future(news.wait())
    try:
        await asyncio.wait((gone, more), return_when=asyncio.FIRST_COMPLETED)
    finally:
        more.cancel()

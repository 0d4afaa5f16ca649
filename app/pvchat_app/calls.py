"""Calls that survive a lost connection: a repeated request resumes the answer, and nothing is done twice.

In and out: ASGI middleware. Proxies cut connections, phones change networks. Gradio's page would reload itself when
that happens during an event, and a question whose receipt is lost would wait for ever. So staying.js gives each call a
name of 128 random bits and repeats the request; here the call runs on meanwhile, and its answer is kept.

    X-PVChat-Call: <name>    the call
    X-PVChat-From: <bytes>   how much of the answer the page has; 410 if the rest isn't kept any more
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from pvchat_app.heartbeats import Reconnectable, first_of, make_receive, start_task, wait_for_disconnect
from pvchat_app.middleware import MAX_BODY, read_body, refuse

MAX_KEPT = 16 << 20  # the last bytes of one answer are kept; analysing ten minutes of film sends 1.1 MB
NAMED_UNDER = ("/gradio_api/run/", "/gradio_api/queue/")  # what staying.js names; elsewhere names are ignored
NAMED, FROM = b"x-pvchat-call", b"x-pvchat-from"


@dataclass(eq=False)
class _Call(Reconnectable):
    """One call and its answer so far."""

    start: dict[str, Any] | None = None  # the answer's first ASGI message: status and headers
    kept: bytearray = field(default_factory=bytearray)  # its body, less `dropped` bytes before
    dropped: int = 0
    ended: bool = False  # nothing more comes
    failure: Exception | None = None  # what ended it, if not its own end
    news: asyncio.Event = field(default_factory=asyncio.Event)  # set when there is more, and replaced by another

    async def take(self, message: dict[str, Any]) -> None:
        """Keep a message that the app sends (an ASGI `send`)."""
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.kept += message.get("body", b"")
            too_many = max(0, len(self.kept) - MAX_KEPT)
            del self.kept[:too_many]
            self.dropped += too_many
        self.notify()

    def notify(self) -> None:
        """Wake the connections that wait for news."""
        self.news.set()
        self.news = asyncio.Event()

    def keeps(self, at: int) -> bool:
        """Whether the answer is kept from byte `at` on."""
        return self.failure is None and self.dropped <= at <= self.dropped + len(self.kept)

    def after(self, at: int) -> bytes:
        """The answer from byte `at` on."""
        return bytes(self.kept[at - self.dropped :])


class ResumableCalls:
    """Runs named calls independently of their connections (ASGI middleware); `leaving`: set when the server stops."""

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
        asks = await read_body(receive, MAX_BODY)
        if asks is None or asks["type"] != "http.request":  # too long, or cut before its end
            return
        call = self._calls.get(name) or (None if at else self._begin(name, scope, asks["body"]))
        if call is None or not call.keeps(at):
            await refuse(send, 410, "This call isn't known any more.")
            return

        async def end() -> None:
            self._calls.pop(name, None)

        gone = asyncio.ensure_future(wait_for_disconnect(receive, self.leaving))
        await call.follow(_follow(call, at, gone, send), self._tasks, end)

    def _begin(self, name: str, scope: dict[str, Any], body: bytes) -> _Call:
        """Start a call, whose request was read whole."""
        call = self._calls[name] = _Call()

        async def run() -> None:
            try:
                # not compressed: the page counts the bytes that it reads
                plain = [(key, value) for key, value in scope["headers"] if key != b"accept-encoding"]
                await self.app({**scope, "headers": plain}, make_receive(body, call.over), call.take)
            except Exception as error:  # raised where it is followed
                call.failure = error
            finally:
                call.ended = True
                call.notify()

        start_task(self._tasks, run())
        return call


async def _follow(call: _Call, at: int, gone: asyncio.Future[None], send: Any) -> None:
    """Send a call's answer from byte `at` on until it ends or the connection is lost; raise what the call raised."""
    try:
        while not gone.done() and call.start is None and not call.ended:
            await first_of(asyncio.shield(gone), call.news.wait())
        if call.start is None and not call.ended:
            await refuse(send, 503, "PVChat stops.")
            return
        if call.start is not None:
            whole = [pair for pair in call.start["headers"] if not at or pair[0] != b"content-length"]
            await send({**call.start, "headers": whole})
        while not gone.done() and call.keeps(at):
            if piece := call.after(at):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                at += len(piece)
            elif call.ended:
                break
            else:
                await first_of(asyncio.shield(gone), call.news.wait())
    finally:
        gone.cancel()
    if call.failure is not None:
        raise call.failure
    if call.keeps(at):
        await send({"type": "http.response.body", "body": b""})

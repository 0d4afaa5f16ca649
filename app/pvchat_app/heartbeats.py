"""Heartbeats of pages: a session lives as long as its page is open, and two minutes longer.

In and out: ASGI middleware. A page holds one connection open, its heartbeat (`HEARTBEAT`); staying.js opens it again
when it is lost. A lost connection doesn't mean a closed page: proxies cut it, phones change networks, laptops sleep. So
a session ends `GRACE_S` after its last heartbeat. Gradio, which would end running answers at once, hears of it then.

    GET /gradio_api/heartbeat/<session>                   a page was opened
    GET /gradio_api/heartbeat/<session>?before=<other>    … was reloaded: it goes on with the session that it had
    GET /gradio_api/heartbeat/<session>?again             … lost its connection: 410 if the session has ended
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from pvchat_app.middleware import refuse, replay
from pvchat_app.sessions import Sessions

HEARTBEAT = "/gradio_api/heartbeat/"
GRACE_S = 120.0  # a session outlives the last connection of its page by this
BEAT_S = 10.0  # how often a heartbeat sends something, so that a dead connection is noticed
RELOAD_S = 3.0  # how long a page that comes back waits for its old connection to be gone
_STREAM = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


@dataclass(eq=False)
class Reconnectable:
    """Something that outlives the lost connections of a page by `GRACE_S`."""

    over: asyncio.Event = field(default_factory=asyncio.Event)  # set when the page counts as gone
    followers: int = 0  # connections of the page
    leaves: int = 0  # how often one was lost

    async def follow(
        self, connection: Awaitable[None], tasks: set[asyncio.Task[None]], end: Callable[[], Awaitable[None]]
    ) -> None:
        """Wait until a connection ends; `end` is called if the page doesn't come back in time."""
        self.followers += 1
        try:
            await connection
        finally:
            self.followers -= 1
            self.leaves += 1
            start_task(tasks, self._let_go(self.leaves, end))

    async def _let_go(self, leaves: int, end: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(GRACE_S)
        if not self.followers and self.leaves == leaves:
            self.over.set()
            await end()


class Heartbeats:
    """Calls `end` with the name of a session whose page has been gone for `GRACE_S` (ASGI middleware)."""

    def __init__(self, app: Any, sessions: Sessions, end: Callable[[str], None], leaving: asyncio.Event) -> None:
        self.app, self.sessions, self.end, self.leaving = app, sessions, end, leaving
        self._holds: dict[str, Reconnectable] = {}  # the one connection of a page that Gradio sees
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(HEARTBEAT):
            await self.app(scope, receive, send)
            return
        name = scope["path"].removeprefix(HEARTBEAT)
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        if "again" in query and name not in self.sessions:
            await refuse(send, 410, "This session has ended.")
            return
        if before := query.get("before", [""])[0]:  # a reloaded page gets its session, unless that page is still open
            for _ in range(round(RELOAD_S / 0.05)):
                if before not in self._holds or not self._holds[before].followers:
                    self.sessions.resume(before, name)
                    break
                await asyncio.sleep(0.05)
        await self._stay(name, scope, receive, send)

    async def _stay(self, name: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
        from starlette.concurrency import run_in_threadpool

        async def end() -> None:
            """Also if there is no session yet: a request on its way may open one."""
            self._holds.pop(name, None)
            await run_in_threadpool(self.end, name)

        hold = self._holds.get(name) or self._hold(name, scope)
        await hold.follow(self._beat(name, hold, receive, send), self._tasks, end)

    async def _beat(self, name: str, hold: Reconnectable, receive: Any, send: Any) -> None:
        """Answer a heartbeat until its connection is lost, or its session has ended (unused for hours)."""
        await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
        gone = asyncio.ensure_future(wait_for_disconnect(receive, self.leaving))
        over = asyncio.ensure_future(hold.over.wait())
        begun = False
        try:
            while not gone.done() and not over.done() and not (begun and name not in self.sessions):
                begun = begun or name in self.sessions
                await send({"type": "http.response.body", "body": b"data: ALIVE\n\n", "more_body": True})
                await asyncio.wait({gone, over}, timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            over.cancel()
        await send({"type": "http.response.body", "body": b""})

    def _hold(self, name: str, scope: dict[str, Any]) -> Reconnectable:
        """Open the one heartbeat of a page that Gradio sees."""
        hold = self._holds[name] = Reconnectable()

        async def send(_: dict[str, Any]) -> None:
            """Drop Gradio's beats: the page gets ours."""

        async def run() -> None:
            with suppress(Exception):  # whatever Gradio raises when it is ended
                await self.app(
                    {**scope, "asgi": {"version": "3.0", "spec_version": "2.3"}}, make_receive(b"", hold.over), send
                )

        start_task(self._tasks, run())
        return hold


def make_receive(body: bytes, over: asyncio.Event) -> Callable[[], Awaitable[dict[str, Any]]]:
    """An ASGI `receive` for a request that was read whole: its body, then a disconnect when `over` is set."""

    async def end() -> dict[str, Any]:
        await over.wait()
        return {"type": "http.disconnect"}

    return replay({"type": "http.request", "body": body, "more_body": False}, end)


def start_task(tasks: set[asyncio.Task[None]], work: Any) -> asyncio.Task[None]:
    """Run a coroutine as a task; `tasks` refers to it until it ends, since the event loop doesn't."""
    task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task


async def wait_for_disconnect(receive: Any, leaving: asyncio.Event) -> None:
    """Wait until the browser has disconnected, or the server stops."""
    await first_of(_gone(receive), leaving.wait())


async def first_of(*works: Awaitable[Any]) -> None:
    """Wait until one of these is over; the others are cancelled."""
    tasks = list(map(asyncio.ensure_future, works))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

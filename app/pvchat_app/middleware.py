"""What every request passes: who may ask at all, what every answer says to the browser, when a session has ended.

In and out: ASGI (https://asgi.readthedocs.io/en/latest/specs/www.html).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HEARTBEAT = "/gradio_api/heartbeat/"  # a page holds this open as long as it lives; its session's name follows
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}


class Guard:
    """Answers only requests that name an allowed host, and adds `HEADERS` to every answer (ASGI middleware).

    Args:
        app: the next one.
        hosts: allowed names; empty allows every name.
    """

    def __init__(self, app: Any, hosts: tuple[str, ...] = ()) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        name = given.rpartition(":")[0] if given.rpartition(":")[2].isdigit() else given
        if self.hosts and name.strip("[]") not in self.hosts:
            await send({"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"This address is not answered here."})
            return

        async def with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *own]}
            await send(message)

        await self.app(scope, receive, with_headers)


class Departures:
    """Ends a session when the connection that its page holds open ends: closed, reloaded or lost (ASGI middleware).

    Gradio's own `unload` misses a browser that goes while a beat is being sent; its files would stay for hours.

    Args:
        app: the next one.
        end: deletes all that the session of a name had.
    """

    def __init__(self, app: Any, end: Callable[[str], None]) -> None:
        self.app, self.end = app, end

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        from starlette.concurrency import run_in_threadpool

        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http" and scope["path"].startswith(HEARTBEAT):
                await run_in_threadpool(self.end, scope["path"].removeprefix(HEARTBEAT))

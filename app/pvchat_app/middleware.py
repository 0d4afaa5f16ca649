"""ASGI middleware for every request: checks of host and origin, a limit of size, security headers.

In and out: ASGI (https://asgi.readthedocs.io/en/latest/specs/www.html). Requests from pages of other origins are
refused, other ports of this machine included: a browser says which page asks (`Origin`; Fetch Metadata,
https://www.w3.org/TR/fetch-metadata/). API clients are no browsers and send neither header.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=()",
}

MAX_BODY = 1 << 20  # bytes of a request that isn't an upload; the page's longest have some kilobytes
TOOLS, MAX_CALL = "/gradio_api/mcp", 64 << 20  # an MCP call brings its clip as text, a third longer than the file
UPLOADS = ("/gradio_api/upload", "/api/v1/clips")  # written to disk as they come, up to `Settings.video.max_bytes`

_POINTING = (b"x-gradio-server", b"x-forwarded-host")  # Gradio would write them into the page as its own address
CALLER: ContextVar[str] = ContextVar("caller", default="")  # the address that a request came from
_PORTS = {"http": 80, "https": 443}


class OriginGuard:
    """Answers only requests that name one of `hosts` (none: any) and come from our page or none; adds `HEADERS`."""

    def __init__(self, app: Any, hosts: tuple[str, ...] = ()) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *own]}
            await send(message)

        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        if self.hosts and _name(headers.get("host", "")).lower() not in self.hosts:
            await refuse(send, 421, "This address is not answered here.", scope["path"])
        elif not is_ours(scope["method"], scope["path"], headers):
            await refuse(send, 403, "Pages of other origins are not answered here.", scope["path"])
        else:
            CALLER.set((scope.get("client") or ("",))[0])
            kept = [(key, value) for key, value in scope["headers"] if key.lower() not in _POINTING]
            await self.app({**scope, "headers": kept}, receive, with_headers)


class PageOpening:
    """Calls `before` when the page is opened, and has it load a script first: Gradio puts `head` after its own."""

    def __init__(self, app: Any, script: str, before: Callable[[], None]) -> None:
        self.app, self.before, self.tag = app, before, f'<head><script src="{script}"></script>'.encode()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != "/":
            await self.app(scope, receive, send)
            return
        self.before()
        began: list[dict[str, Any]] = []
        body = bytearray()

        async def collect(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                began.append(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                page = bytes(body).replace(b"<head>", self.tag, 1)
                kept = [(key, value) for key, value in began[0]["headers"] if key != b"content-length"]
                await send({**began[0], "headers": [*kept, (b"content-length", str(len(page)).encode())]})
                await send({"type": "http.response.body", "body": page})

        plain = [(key, value) for key, value in scope["headers"] if key != b"accept-encoding"]  # not compressed
        await self.app({**scope, "headers": plain}, receive, collect)


class BodyLimit:
    """Refuses requests with a body longer than `MAX_BODY` (ASGI middleware); uploads pass.

    `mcp`: there are tools, and their calls may have `MAX_CALL`. The app behind it gets the body in one message.
    """

    def __init__(self, app: Any, mcp: bool) -> None:
        self.app, self.mcp = app, mcp

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] in UPLOADS:
            await self.app(scope, receive, send)
            return
        most = MAX_CALL if self.mcp and scope["path"].startswith(TOOLS) else MAX_BODY
        length = dict(scope["headers"]).get(b"content-length", b"0")
        body = None if length.isdigit() and int(length) > most else await read_body(receive, most)
        if body is None:
            await refuse(send, 413, f"A request has at most {most} bytes.", scope["path"])
        elif body["type"] == "http.request":
            await self.app(scope, replay(body, receive), send)


async def read_body(receive: Any, limit: int) -> dict[str, Any] | None:
    """Read a request's body into one ASGI message; None if it has more than `limit` bytes.

    If the connection is lost before the end, the message says that ("http.disconnect").
    """
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body"):
            return {"type": "http.request", "body": bytes(body), "more_body": False}
    return dict(message)


def replay(first: Mapping[str, Any], receive: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    """An ASGI `receive` that gives `first` again, and then what comes."""
    held = [first]

    async def next_one() -> Any:
        return held.pop() if held else await receive()

    return next_one


def is_ours(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from our page, from no page, or opens ours by a link (`headers`: names in lower case)."""
    host, origin, site = headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and not _same(origin, host):
        return False
    if site in (None, "same-origin", "none"):
        return True
    opens = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return opens and method == "GET" and path == "/"


def _same(origin: str, host: str) -> bool:
    """Whether an Origin ("https://a.example", "null") matches the Host ("a.example", "127.0.0.1:7860")."""
    try:
        theirs = urlsplit(origin)
        ours = urlsplit(f"{theirs.scheme}://{host}")
        port = _PORTS.get(theirs.scheme)
        return bool(theirs.hostname) and (theirs.hostname, theirs.port or port) == (ours.hostname, ours.port or port)
    except ValueError:
        return False


def _name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    return (host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host).strip("[]")


async def refuse(send: Any, status: int, why: str, path: str = "") -> None:
    """Answer with a status and a sentence; on a path of the API in the shape of its errors (ASGI)."""
    kind, text = b"text/plain", why
    if path.startswith("/api/"):
        kind, text = b"application/json", json.dumps({"error": "RefusedError", "what": why, "subject": "", "hint": ""})
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": text.encode()})

"""The password check: guessing is slow for the guesser, and for nobody else.

In: the password. Out: Gradio's login check, as a coroutine: the server goes on answering while a password is hashed in
a thread and while a wrong one waits. Guesses from one address wait for each other, so that many at once are no faster;
the newest is checked first, so that they delay each other and not the owner, who comes after them.
Gradio checks the login on its own routes, but not on those that we add; `LoginRequired` does that on all routes but
those that the login page needs.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from pvchat_app.middleware import CALLER

if TYPE_CHECKING:
    from starlette.requests import Request

OPEN = (
    "/", "/login", "/login/", "/config", "/theme.css", "/staying.js", "/favicon.ico", "/manifest.json", "/robots.txt",
    "/gradio_api/app_id", "/gradio_api/startup-events",
)  # fmt: skip
OPEN_UNDER = ("/static/", "/assets/", "/svelte/", "/pwa_icon", "/api/v1/")  # the API asks for a token by itself
WRONG_S = 1.0  # seconds that a wrong password takes
MAX_WAITING = 8  # guesses of one address that wait; of more, the oldest is refused unread
_SCRYPT: dict[str, Any] = {"n": 2**14, "r": 8, "p": 1}  # RFC 7914, section 2: interactive logins


class _Turns:
    """The guesses from one address, checked one after the other, the newest first."""

    def __init__(self) -> None:
        self.taken = False
        self.waiting: list[asyncio.Future[bool]] = []

    async def take(self) -> bool:
        """Wait for a turn; False if too many others came after it."""
        if not self.taken:
            self.taken = True
            return True
        mine: asyncio.Future[bool] = asyncio.Future()
        self.waiting.append(mine)
        if len(self.waiting) > MAX_WAITING:
            self.waiting.pop(0).set_result(False)
        try:
            return await mine
        finally:
            if mine in self.waiting:  # the server stops
                self.waiting.remove(mine)

    def leave(self) -> None:
        """Give the newest guess that waits its turn."""
        self.taken = bool(self.waiting)
        if self.waiting:
            self.waiting.pop().set_result(True)


def checker(password: str) -> Callable[[str, str], Coroutine[Any, Any, bool]]:
    """The check of a login: any user name, and this password, of which only a salted hash is kept."""
    salt = secrets.token_bytes(16)
    wanted = _hashed(password, salt)
    turns: dict[str, _Turns] = {}

    async def check(_: str, given: str) -> bool:
        address = CALLER.get()
        mine = turns.setdefault(address, _Turns())
        if not await mine.take():
            return False
        try:
            right = await asyncio.to_thread(is_right, given, salt, wanted)
            if not right:
                await asyncio.sleep(WRONG_S)
            return right
        finally:
            mine.leave()
            if not mine.taken:
                turns.pop(address, None)

    return check


def unusable(password: str) -> str:
    """Why nobody could log in with this password; "" if it can be used."""
    if "\0" in password:
        return "a password has no NUL character."
    if any("\ud800" <= sign <= "\udfff" for sign in password):
        return "the password isn't text in UTF-8, and no browser could send it."
    return ""


def is_right(given: str, salt: bytes, wanted: bytes) -> bool:
    """Whether a password is the one that was hashed; takes some 50 ms of one core, right or wrong."""
    return hmac.compare_digest(_hashed(given, salt), wanted)


def _hashed(word: str, salt: bytes) -> bytes:
    return hashlib.scrypt(word.encode("utf-8", "surrogatepass"), salt=salt, **_SCRYPT)


class LoginRequired:
    """Shows the login page and nothing else until `knows` says that a request is logged in (ASGI middleware)."""

    def __init__(self, app: Any, knows: Callable[[Request], bool]) -> None:
        self.app, self.knows = app, knows

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        from starlette.requests import Request

        path = scope.get("path", "")
        if scope["type"] != "http" or path in OPEN or path.startswith(OPEN_UNDER) or self.knows(Request(scope)):
            await self.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"detail": "Log in first."}'})

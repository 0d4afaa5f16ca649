"""Who knows the password. Guessing is slow for whoever guesses, and for nobody else.

In: the password. Out: Gradio's login check, as a coroutine: the server goes on answering while a password is hashed in
a thread and while a wrong one waits. Guesses of one address wait for each other, so that many at once are no faster.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from pvchat_app.middleware import CALLER

WRONG_S = 1.0  # seconds that a wrong password takes
MOST_WAITING = 8  # guesses of one address that wait; more are refused unread
_SCRYPT: dict[str, Any] = {"n": 2**14, "r": 8, "p": 1}  # RFC 7914, section 2: interactive logins


@dataclass
class _Turn:
    """The guesses of one address, one after the other."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


def checker(password: str) -> Callable[[str, str], Coroutine[Any, Any, bool]]:
    """The check of a login: any user name, and this password.

    Args:
        password: the right one; only its salted hash is kept.
    """
    salt = secrets.token_bytes(16)
    wanted = _hashed(password, salt)
    turns: dict[str, _Turn] = {}

    async def check(_: str, given: str) -> bool:
        address = CALLER.get()
        turn = turns.setdefault(address, _Turn())
        if turn.waiting >= MOST_WAITING:
            return False
        turn.waiting += 1
        try:
            async with turn.lock:
                right = await asyncio.to_thread(is_right, given, salt, wanted)
                if not right:
                    await asyncio.sleep(WRONG_S)
                return right
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                turns.pop(address, None)

    return check


def is_right(given: str, salt: bytes, wanted: bytes) -> bool:
    """Whether a password is the one that was hashed; takes some 50 ms of one core, whatever was given."""
    return hmac.compare_digest(_hashed(given, salt), wanted)


def _hashed(word: str, salt: bytes) -> bytes:
    return hashlib.scrypt(word.encode("utf-8", "surrogatepass"), salt=salt, **_SCRYPT)

"""Tokens of the HTTP API: who may call it, for what, and until when.

    tokens/tokens.json    a row each; of the secret a SHA-256 alone (it has 256 random bits: nothing is to be stretched)

In: a name and scopes. Out: a secret, which is shown once; and for a secret that comes with a request its token, if
there is one and it hasn't expired.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pvchat.config import home
from pvchat.errors import PVChatError, SettingsError
from pvchat.storage import atomic, private
from pvchat.storage.stores import TOKENS

SCOPES = {
    "read": "list people, the library and events",
    "ask": "upload clips, ask about them and about the library",
    "manage": "enroll, rename, export and forget people, change and scan the library",
}
_PREFIX = "pvchat_"
_MAX_NAME, _WAIT_S = 80, 60.0


class TokenError(PVChatError):
    """There is no such token, or the tokens can't be read."""


@dataclass(frozen=True)
class ApiToken:
    """One token."""

    id: str  # eight hexadecimal digits, by which it is listed and revoked
    name: str  # what it is for
    scopes: tuple[str, ...]  # what it may do, of `SCOPES`
    sha256: str  # of its secret, hexadecimal
    created: str  # in UTC, ISO 8601
    expires: str = ""  # the same; "": never

    @property
    def is_over(self) -> bool:
        """Whether it has expired."""
        return bool(self.expires) and datetime.fromisoformat(self.expires) <= datetime.now(UTC)


def create(name: str, scopes: Sequence[str], days: float | None = None) -> tuple[ApiToken, str]:
    """A new token, named by what it is for, and its secret, which is kept nowhere; it expires after `days`, if given.

    Raises:
        SettingsError: a scope isn't known, the name is empty or too long, days aren't positive.
        LockedError, OSError: the home can't be written.
    """
    if not scopes or set(scopes) - SCOPES.keys():
        raise SettingsError(f"a token has scopes of {', '.join(SCOPES)}.", subject=", ".join(scopes) or "--scope")
    if not 0 < len(name.strip()) <= _MAX_NAME or not name.isprintable():
        raise SettingsError(f"a token's name has 1 to {_MAX_NAME} characters.", subject=ascii(name)[:80])
    if days is not None and not 0 < days < 36_500:
        raise SettingsError("a token lasts for some days, at most 36,500.", subject=f"--days {days:g}")
    key, now = secrets.token_hex(4), datetime.now(UTC)
    secret = f"{_PREFIX}{key}_{secrets.token_urlsafe(32)}"
    expires = "" if days is None else (now + timedelta(days=days)).isoformat(timespec="seconds")
    allowed = tuple(scope for scope in SCOPES if scope in scopes)
    made = ApiToken(key, name.strip(), allowed, _hashed(secret), now.isoformat(timespec="seconds"), expires)
    with _writing() as kept:
        kept.append(made)
    return made, secret


def tokens() -> list[ApiToken]:
    """All tokens, the oldest first; raises TokenError, LockedError, OSError where they can't be read."""
    try:
        rows = json.loads(private.read(_path()))
        return [ApiToken(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        what = f"the tokens can't be read ({error})."
        raise TokenError(what, subject=str(_path()), hint="Delete that file.") from error


def revoke(key: str) -> ApiToken:
    """Delete the token of this id; raises TokenError where there is none."""
    with _writing() as kept:
        for one in kept:
            if one.id == key:
                kept.remove(one)
                return one
        raise TokenError("there is no such token.", subject=ascii(key)[:40], hint="pvchat token list shows all.")


def find(secret: str) -> ApiToken | None:
    """The token of this secret; None: there is none, or it has expired. All wrong ones take as long."""
    given = _hashed(secret)
    return next((one for one in tokens() if hmac.compare_digest(one.sha256, given) and not one.is_over), None)


@contextmanager
def _writing() -> Iterator[list[ApiToken]]:
    """All tokens, to be changed; they are written where nothing is raised meanwhile."""
    path = _path()
    atomic.make_private_folder(path.parent)
    with atomic.folder_lock(path.parent, _WAIT_S):
        kept = tokens()
        yield kept
        private.write(path, json.dumps([asdict(one) for one in kept], indent=1).encode())


def _path() -> Path:
    return home() / TOKENS / "tokens.json"


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

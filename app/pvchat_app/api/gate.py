"""Access to the API: tokens and their scopes, a queue for calls that need a model, and errors as clients get them.

In: a request. Out: its token, or an error; for any error an HTTP status and one JSON shape. The token comes in a header
of each request, never in a cookie, so that a page of another site can't send it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from pvchat import errors
from pvchat.errors import PVChatError
from pvchat.storage import tokens
from pvchat.storage.library import LibraryError
from pvchat.storage.tokens import ApiToken, TokenError
from pvchat_app import wording
from pvchat_app.api import models

PREFIX = "/api/v1"
MAX_WAITING = 64  # calls that wait for the model; the page's queue is as long
WRONG_S = 1.0  # seconds that a wrong token takes
T = TypeVar("T")
_STATUS = (
    (errors.UnknownPersonError, 404), (errors.DiskFullError, 507), (errors.LockedError, 423), (LibraryError, 409),
    (TokenError, 500), (PVChatError, 422),
)  # fmt: skip
_bearer = HTTPBearer(auto_error=False, description="a token of `pvchat token create`")


class RefusedError(PVChatError):
    """A request that is refused, with an HTTP status."""

    def __init__(self, status: int, what: str, *, subject: str = "", hint: str = "") -> None:
        super().__init__(what, subject=subject, hint=hint)
        self.status = status


def require_token(scope: str = "") -> Callable[..., Coroutine[Any, Any, ApiToken]]:
    """A FastAPI dependency: the request's token, which must have this scope ("": any token)."""

    async def check(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> ApiToken:
        token = None if sent is None else await asyncio.to_thread(tokens.find, sent.credentials)
        if token is None:
            await asyncio.sleep(WRONG_S if sent else 0)
            hint = "Send “Authorization: Bearer …” with a token of: pvchat token create NAME"
            raise RefusedError(
                401, "there is no token, or it is unknown or expired.", subject="Authorization", hint=hint
            )
        if scope and scope not in token.scopes:
            hint = f"Make one that may: pvchat token create NAME --scope {scope}"
            raise RefusedError(403, f"this token may not {scope}.", subject=token.name, hint=hint)
        return token

    return check


class CallQueue:
    """Runs one call at a time, in the order in which they came."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def run(self, call: Callable[[], T]) -> T:
        """Run a call in a thread when it is its turn; raises RefusedError if too many wait."""
        if self._waiting >= MAX_WAITING:
            raise RefusedError(429, f"{MAX_WAITING} calls wait already.", hint="Try again later.")
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(call)
        finally:
            self._waiting -= 1


def problem_of(error: BaseException) -> tuple[int, models.Problem]:
    """An error's HTTP status, and its JSON: what happened, which input it concerns, what to do; no internal details."""
    if isinstance(error, PVChatError):
        row: dict[str, Any] = error.to_dict()
        if not isinstance(error, (RefusedError, LibraryError)):
            row["hint"] = wording.hint(error).replace("tick “Replace”", "send replace: true")
        if Path(error.subject).is_absolute() and not isinstance(error, LibraryError):
            row["subject"] = Path(error.subject).name  # clients don't learn where an upload lies
        if isinstance(error, errors.SeveralSubjectsError):
            row["hint"] = "Send the number of one as track."
            row["candidates"] = [{"track": one.number, "seconds": one.seconds, "where": one.where}
                                 for one in error.candidates]  # fmt: skip
        known = next(status for kind, status in _STATUS if isinstance(error, kind))
        return error.status if isinstance(error, RefusedError) else known, models.Problem(**row)
    hint = f"{PREFIX}/openapi.json says what there is."
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        if first["loc"] == ("body",) or first["type"] == "json_invalid":
            what, hint = "the body is no JSON object.", "Send one, with “content-type: application/json”."
            return 422, models.Problem(error="RequestError", what=what, subject="body", hint=hint)
        subject = ".".join(str(part) for part in first["loc"] if part != "body")
        return 422, models.Problem(error="RequestError", what=f"{first['msg']}.", subject=subject, hint=hint)
    if isinstance(error, HTTPException):
        return error.status_code, models.Problem(error="RequestError", what=f"{error.detail}.", hint=hint)
    if errors.is_disk_full(error):
        return 507, models.Problem(error="RefusedError", what="there is no room left on PVChat's disk.",
                                   hint="Make room there.")  # fmt: skip
    return 500, models.Problem(error="InternalError", what="something went wrong inside PVChat.",
                               hint="Try again; if it stays, look at the terminal of pvchat serve.")  # fmt: skip

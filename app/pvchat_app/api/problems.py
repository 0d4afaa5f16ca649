"""Errors for clients of the API: an HTTP status, and one JSON shape for all.

In: any exception. Out: what happened, which input it concerns, what to do; no details of internal errors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from pvchat.errors import LockedError, PVChatError, SeveralSubjectsError, UnknownPersonError
from pvchat.storage.library import LibraryError
from pvchat.storage.tokens import TokenError
from pvchat_app import wording
from pvchat_app.api import models
from pvchat_app.api.gate import RefusedError

PREFIX = "/api/v1"
_STATUS = ((UnknownPersonError, 404), (LockedError, 423), (LibraryError, 409), (TokenError, 500),
           (PVChatError, 422))  # fmt: skip


def problem_of(error: BaseException) -> tuple[int, models.Problem]:
    """An error's HTTP status, and its JSON."""
    if isinstance(error, PVChatError):
        row: dict[str, Any] = error.to_dict()
        row["hint"] = row["hint"] if isinstance(error, (RefusedError, LibraryError)) else wording.hint(error)
        if Path(error.subject).is_absolute() and not isinstance(error, LibraryError):
            row["subject"] = Path(error.subject).name  # clients don't learn where an upload lies
        if isinstance(error, SeveralSubjectsError):
            row["hint"] = "Send the number of one as track."
            row["candidates"] = [{"track": one.number, "seconds": one.seconds, "where": one.where}
                                 for one in error.candidates]  # fmt: skip
        known = next(status for kind, status in _STATUS if isinstance(error, kind))
        return error.status if isinstance(error, RefusedError) else known, models.Problem(**row)
    hint = f"{PREFIX}/openapi.json says what there is."
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        subject = ".".join(str(part) for part in first["loc"] if part != "body")
        return 422, models.Problem(error="RequestError", what=f"{first['msg']}.", subject=subject, hint=hint)
    if isinstance(error, HTTPException):
        return error.status_code, models.Problem(error="RequestError", what=f"{error.detail}.", hint=hint)
    return 500, models.Problem(error="InternalError", what="something went wrong inside PVChat.",
                               hint="Try again; if it stays, look at the terminal of pvchat serve.")  # fmt: skip

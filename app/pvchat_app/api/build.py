"""The API as a FastAPI app: routes, one shape for all errors, the schema.

In: a desk. Out: the app; `/openapi.json` describes it, to whoever has a token.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pvchat import __version__
from pvchat.errors import LockedError, PVChatError, SeveralSubjectsError, UnknownPersonError
from pvchat.storage.library import LibraryError
from pvchat.storage.tokens import TokenError
from pvchat_app import wording
from pvchat_app.api import events, models, routes
from pvchat_app.api.clips import Clips
from pvchat_app.api.gate import RefusedError, Turns, needs
from pvchat_app.api.scans import Scans
from pvchat_app.desk import Desk

PREFIX = "/api/v1"
_STATUS = ((UnknownPersonError, 404), (LockedError, 423), (LibraryError, 409), (TokenError, 500),
           (PVChatError, 422))  # fmt: skip


def build(desk: Desk, leaving: asyncio.Event) -> FastAPI:
    """The API.

    Args:
        desk: does the work, as for the page.
        leaving: set when the server stops: streams end.
    """
    problems: dict[int | str, dict[str, Any]] = {"4XX": {"model": models.Problem}, "5XX": {"model": models.Problem}}
    api = FastAPI(title="PVChat", version=__version__, summary="Enroll people, ask about clips and a library.",
                  docs_url=None, redoc_url=None, openapi_url=None, responses=problems)  # fmt: skip
    api.state.desk, api.state.leaving = desk, leaving
    api.state.clips, api.state.turns, api.state.scans = Clips(desk), Turns(), Scans(desk)
    for router in (routes.people, routes.clips, routes.library, events.router):
        api.include_router(router)

    def schema() -> dict[str, Any]:
        """The API as OpenAPI."""
        return {**api.openapi(), "servers": [{"url": PREFIX}]}

    api.add_api_route("/openapi.json", schema, include_in_schema=False, dependencies=[Depends(needs())])
    for kind in (PVChatError, RequestValidationError, HTTPException, Exception):
        api.add_exception_handler(kind, _as_json)
    return api


async def _as_json(request: Request, error: Exception) -> JSONResponse:
    """An error as JSON: what happened, which input it concerns, what to do."""
    status, problem = _problem(error)
    headers = {401: {"www-authenticate": "Bearer"}, 429: {"retry-after": "5"}}.get(status)
    return JSONResponse(problem.model_dump(exclude_none=True), status, headers)


def _problem(error: Exception) -> tuple[int, models.Problem]:
    if isinstance(error, PVChatError):
        row: dict[str, Any] = error.to_dict()
        row["hint"] = row["hint"] if isinstance(error, (RefusedError, LibraryError)) else wording.hint(error)
        if Path(error.subject).is_absolute() and not isinstance(error, LibraryError):
            row["subject"] = Path(error.subject).name  # where an upload lies is nobody's business
        if isinstance(error, SeveralSubjectsError):
            row["hint"] = "Send the number of one as track."
            row["candidates"] = [{"track": one.number, "seconds": one.seconds, "where": one.where}
                                 for one in error.candidates]  # fmt: skip
        known = (
            error.status
            if isinstance(error, RefusedError)
            else next(n for kind, n in _STATUS if isinstance(error, kind))
        )
        return known, models.Problem(**row)
    hint = f"{PREFIX}/openapi.json says what there is."
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        subject = ".".join(str(part) for part in first["loc"] if part != "body")
        return 422, models.Problem(error="RequestError", what=f"{first['msg']}.", subject=subject, hint=hint)
    if isinstance(error, HTTPException):
        return error.status_code, models.Problem(error="RequestError", what=f"{error.detail}.", hint=hint)
    return 500, models.Problem(error="InternalError", what="something went wrong inside PVChat.",
                               hint="Try again; if it stays, look at the terminal of pvchat serve.")  # fmt: skip

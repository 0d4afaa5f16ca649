"""The HTTP API as a FastAPI app: routes, one shape for all errors, the schema.

In: a `Backend`. Out: the app; `/openapi.json` describes it to clients with a token.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pvchat import __version__
from pvchat.errors import PVChatError
from pvchat_app.api import events, models, routes
from pvchat_app.api.clips import Clips
from pvchat_app.api.gate import PREFIX, CallQueue, problem_of, require_token
from pvchat_app.backend import Backend


def build(backend: Backend, leaving: asyncio.Event) -> FastAPI:
    """The API over a backend; `leaving`: set when the server stops, so that streams end."""
    problems: dict[int | str, dict[str, Any]] = {"4XX": {"model": models.Problem}, "5XX": {"model": models.Problem}}
    api = FastAPI(title="PVChat", version=__version__, summary="Enroll people, ask about clips and a library.",
                  docs_url=None, redoc_url=None, openapi_url=None, responses=problems)  # fmt: skip
    api.state.backend, api.state.leaving = backend, leaving
    api.state.clips, api.state.queue = Clips(backend), CallQueue()
    for router in (routes.people, routes.clips, routes.library, events.router):
        api.include_router(router)

    def schema() -> dict[str, Any]:
        """The API as OpenAPI."""
        return {**api.openapi(), "servers": [{"url": PREFIX}]}

    api.add_api_route("/openapi.json", schema, include_in_schema=False, dependencies=[Depends(require_token())])
    for kind in (PVChatError, RequestValidationError, HTTPException, OSError, Exception):
        api.add_exception_handler(kind, _as_json)
    return api


async def _as_json(request: Request, error: Exception) -> JSONResponse:
    """An error as JSON: what happened, which input it concerns, what to do."""
    status, problem = problem_of(error)
    if isinstance(error, OSError):  # a full disk is told in one line, anything else as what nobody expects
        logging.getLogger(__name__).error("%s: %s", request.url.path, error, exc_info=status == 500 and error)
    headers = {401: {"www-authenticate": "Bearer"}, 429: {"retry-after": "5"}}.get(status)
    return JSONResponse(problem.model_dump(exclude_none=True), status, headers)

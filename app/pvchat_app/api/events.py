"""Events of the library's cameras: a list, and a stream of new ones (server-sent events).

In: `library.events`. Out: JSON. A client that lost its connection goes on where it was: browsers and most clients send
the number of the last event by themselves (`Last-Event-ID`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from pvchat.errors import PVChatError
from pvchat.library.live.events import EventLog
from pvchat.storage import tokens
from pvchat_app.api.gate import require_token

LOOK_S, BEAT_S = 1.0, 15.0  # between two looks; between two signs of life where nothing happens
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]  # what SQLite can count

router = APIRouter(prefix="/events", tags=["events"], dependencies=[Depends(require_token("read"))])


@router.get("")
def list_events(request: Request, after: Number = 0) -> list[dict[str, Any]]:
    """The next hundred events after a number."""
    rows: list[dict[str, Any]] = request.app.state.backend.engine.chat.library.events.since(after)
    return rows


@router.get("/stream", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def stream_events(
    request: Request, after: Number = 0, last_event_id: Annotated[Number | None, Header()] = None
) -> StreamingResponse:
    """Events as they come (server-sent events)."""
    secret = request.headers["authorization"].partition(" ")[2]
    state = request.app.state
    log = (await asyncio.to_thread(lambda: state.backend.engine.chat)).library.events

    def is_over() -> bool:
        return state.leaving.is_set() or tokens.find(secret) is None

    number = after if last_event_id is None else last_event_id
    await asyncio.to_thread(log.since, number, 1)  # so that an error is raised before the stream begins
    lines = stream(log, number, is_over)
    return StreamingResponse(lines, media_type="text/event-stream", headers={"cache-control": "no-store"})


async def stream(log: EventLog, after: int, is_over: Callable[[], bool]) -> AsyncIterator[str]:
    """Server-sent events after a number, as text, until `is_over`: the server stops, or the token was revoked."""
    quiet_s = 0.0
    yield ": events\n\n"
    while not await asyncio.to_thread(is_over):
        try:
            rows = await asyncio.to_thread(log.since, after)
        except PVChatError:  # it can't be read any more: a client that connects again gets the error
            return
        for row in rows:
            after = int(row["id"])
            yield f"id: {after}\ndata: {json.dumps(row)}\n\n"
        quiet_s = 0.0 if rows else quiet_s + LOOK_S
        if quiet_s >= BEAT_S:
            quiet_s = 0.0
            yield ": nothing new\n\n"
        await asyncio.sleep(LOOK_S)

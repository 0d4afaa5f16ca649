"""The routes for people, clips and the library: each passes a request to the backend and returns its answer."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response

from pvchat.errors import PeopleError, UnknownPersonError
from pvchat.identity.enroll import choose
from pvchat.library.library import Status
from pvchat.people import exchange
from pvchat.people.corrections import shareable
from pvchat.people.person import clean_name, name_key
from pvchat.people.store import describe
from pvchat.storage import temporary
from pvchat.storage.tokens import ApiToken
from pvchat_app.api import models
from pvchat_app.api.gate import RefusedError, problem_of, require_token
from pvchat_app.backend import SCAN, Backend
from pvchat_app.jobs import Job

people = APIRouter(prefix="/people", tags=["people"])  # a name may hold a "/": `{name:path}`
clips = APIRouter(tags=["clips"])
library = APIRouter(prefix="/library", tags=["library"])
Asks = Annotated[ApiToken, Depends(require_token("ask"))]
Manages = Annotated[ApiToken, Depends(require_token("manage"))]
_API = "api"  # the owner of jobs that API clients start; it isn't a browser's key
_READS = [Depends(require_token("read"))]
_FILE: dict[str, Any] = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
_ANY_BODY = {"requestBody": {"required": True, **_FILE}}


# -- people -----------------------------------------------------------------------------------------------------------


@people.get("", response_model=list[models.PersonRow], dependencies=_READS)
def list_people(request: Request) -> list[dict[str, Any]]:
    """Everyone who is enrolled."""
    return [describe(one) for one in _backend(request).engine.people.all()]


@people.post("", response_model=models.EnrolledRow, status_code=201)
async def enroll(request: Request, wanted: models.Enrollment, token: Manages) -> dict[str, Any]:
    """Enroll somebody from an uploaded clip, or add it to who is enrolled; consent must be true.

    409: she looks like somebody who is enrolled; `alike` or `add` says which it is.
    """
    backend, state = _backend(request), request.app.state
    path = await asyncio.to_thread(state.clips.find, wanted.clip, token.id)
    if not wanted.consent:
        raise PeopleError("consent is missing.", subject="consent", hint="Send true if the person has agreed.")

    def run() -> dict[str, Any]:
        if wanted.add:
            backend.jobs.require_untrained(clean_name(wanted.name))
        if wanted.replace:
            backend.end_training(clean_name(wanted.name))
        try:
            if not (wanted.alike or wanted.add):
                _require_unlike(backend, path, wanted)
            how = {"track": wanted.track, "replace": wanted.replace, "add": wanted.add}
            person = backend.engine.chat.enroll(path, wanted.name, **how)
        finally:
            temporary.delete_subject_pictures()
        state.clips.mark(path, [person.id])
        return {**describe(person), "notes": person.notes and person.notes.to_dict()}

    return await state.queue.run(run)


def _require_unlike(backend: Backend, path: Path, wanted: models.Enrollment) -> None:
    """Ask before somebody is enrolled who looks like somebody else who is."""
    analysis = backend.engine.chat.analyse(path, stage="who")
    alike = backend.looks_like(analysis, choose(analysis, wanted.track, path.name))
    if alike is not None and name_key(alike.name) != name_key(wanted.name):
        what = f"this looks like {alike.name}, who is enrolled already: the same person, or another?"
        hint = f"If it is {alike.name}, send that name and add: true; if it is another person, alike: true."
        raise RefusedError(409, what, subject="alike", hint=hint)


@people.patch("/{name:path}", response_model=models.PersonRow)
def rename(request: Request, name: str, wanted: models.Renaming, _: Manages) -> dict[str, Any]:
    """Give somebody another name."""
    return describe(_backend(request).rename(name, wanted.name))


@people.delete("/{name:path}", status_code=204)
async def forget(request: Request, name: str, _: Manages) -> None:
    """Delete everything about somebody."""
    backend = _backend(request)
    if backend.engine.people.find(name) is None:
        raise UnknownPersonError("nobody is called so.", subject=name, hint="GET /api/v1/people lists everyone.")
    await request.app.state.queue.run(partial(backend.forget, name))


@people.get("/{name:path}/export", response_class=Response, responses={200: _FILE})
def export(request: Request, name: str, _: Manages) -> Response:
    """Somebody as one `.pvperson` file."""
    person = _backend(request).engine.people.get(name)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(person.name, safe='')}.pvperson"}
    return Response(exchange.pack(shareable(person)), media_type="application/octet-stream", headers=headers)


# -- clips ------------------------------------------------------------------------------------------------------------


@clips.post("/clips", response_model=models.ClipRow, status_code=201, openapi_extra=_ANY_BODY)
async def upload(request: Request, token: Asks) -> models.ClipRow:
    """Upload a video or photo: the file itself is the body."""
    state = request.app.state
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise RefusedError(422, "this is a form: send the file as it is.", hint="curl --data-binary @FILE")
    most = (await asyncio.to_thread(lambda: _backend(request).engine.chat)).settings.video.max_bytes
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > most:
        raise RefusedError(413, f"a clip has at most {most:,} bytes.", hint="Cut it.")
    path = await state.clips.write(request.stream(), most)
    return await asyncio.to_thread(state.clips.take, path, token.id)


@clips.delete("/clips/{clip}", status_code=204)
def drop(request: Request, clip: str, token: Asks) -> None:
    """Delete an uploaded clip, and what was seen of it."""
    request.app.state.clips.remove(clip, token.id)


@clips.post("/ask", response_model=models.AnswerRow, response_model_exclude_none=True)
async def ask(request: Request, wanted: models.ClipQuestion, token: Asks) -> dict[str, Any]:
    """Answer a question about one clip."""
    if (wanted.clip is None) == (wanted.path is None):
        hint = "clip is an upload, path a file of the library."
        raise RefusedError(422, "give one of clip and path.", subject="clip", hint=hint)
    backend, state = _backend(request), request.app.state

    def run() -> dict[str, Any]:
        if wanted.clip:
            path = state.clips.find(wanted.clip, token.id)
        elif backend.engine.chat.library.holds(wanted.path or ""):  # no other file of this machine is read
            path = Path(wanted.path or "")
        else:
            what, hint = "the library has no such file.", "Use a path of its answers."
            raise RefusedError(404, what, subject=wanted.path or "", hint=hint)
        answer = backend.engine.chat.ask(path, wanted.question, wanted.history)
        found = {one.name for one in answer.everyone if one.decision != "absent"}
        state.clips.mark(path, [one.id for one in backend.engine.people.all() if one.name in found])
        return {**answer.to_dict(), "query": answer.finding.get("query", {})}

    return await state.queue.run(run)


# -- library ----------------------------------------------------------------------------------------------------------


@library.get("", dependencies=_READS)
def status(request: Request) -> Status:
    """What the library holds: its sources, and how much was looked through."""
    return _backend(request).engine.chat.library.status()


@library.post("/sources", status_code=201)
def add_sources(request: Request, wanted: models.Sources, _: Manages) -> list[str]:
    """Add folders and files of the server's machine; their absolute paths. `POST scan` looks through them."""
    return _backend(request).engine.chat.library.add(wanted.paths, wanted.place)


@library.delete("/sources", status_code=204)
def remove_source(request: Request, path: Annotated[str, Query(min_length=1)], _: Manages) -> None:
    """Take a folder or file out, with all that was seen in it; the videos stay."""
    _backend(request).engine.chat.library.remove(path)


@library.get("/scan", response_model=models.ScanRow, dependencies=_READS)
def scan_state(request: Request) -> models.ScanRow:
    """The progress of a scan, or the result of the last one."""
    return _scan_row(_last_scan(_backend(request)))


@library.post("/scan", response_model=models.ScanRow, status_code=202)
def start_scan(request: Request, _: Manages) -> models.ScanRow:
    """Scan what is new or changed, in the background."""
    backend = _backend(request)
    last = _last_scan(backend)
    if last is not None and last.active:
        raise RefusedError(409, "it is being looked through.", subject="library", hint="Wait, or cancel it.")
    return _scan_row(backend.scan(_API))


@library.delete("/scan", response_model=models.ScanRow)
def cancel_scan(request: Request, _: Manages) -> models.ScanRow:
    """Stop the scan after the current clip."""
    backend = _backend(request)
    last = _last_scan(backend)
    if last is not None:
        backend.jobs.cancel(last.id, _API)
    return _scan_row(last)


@library.post("/ask", response_model=models.LibraryAnswerRow)
async def ask_library(request: Request, wanted: models.LibraryQuestion, _: Asks) -> dict[str, Any]:
    """Answer a question about all videos of the library."""
    engine = _backend(request).engine
    return await request.app.state.queue.run(lambda: engine.chat.library.ask(wanted.question, wanted.history).to_dict())


def _backend(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


def _last_scan(backend: Backend) -> Job | None:
    """The newest scan of the library that an API client started."""
    return next(iter(backend.jobs.of(_API, SCAN)), None)


def _scan_row(job: Job | None) -> models.ScanRow:
    if job is None:
        return models.ScanRow(running=False)
    problem = None if job.failure is None else problem_of(job.failure)[1]
    return models.ScanRow(running=job.active, what=job.part, share=job.share, report=job.result, problem=problem)

"""The app on made-up clips: a desk without a page, and a whole server on a free port."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
import uvicorn
from gradio_client import Client
from make_analysis import make_analysis
from make_studio import Studio, dressed, open_studio
from pvchat_app.backend import Backend
from pvchat_app.engine import Engine
from pvchat_app.jobs import Jobs
from pvchat_app.server import App, Options
from pvchat_app.sessions import Session, Sessions

from pvchat import PVChat, video
from pvchat.config import Settings
from pvchat.storage import tokens

ANA, BEN, CARL = 1, 2, 7
WAIT_S = 120.0  # a busy machine with one core takes its time
_LOAD = video.load


def real_clip(folder: Path, name: str, frames: int = 6, fps: float = 4.0, side: int = 64) -> Path:
    """A small mp4 that decodes; its colours depend on its name."""
    colours = np.frombuffer(name.encode().ljust(frames * 3, b"."), np.uint8)[: frames * 3].reshape(frames, 1, 1, 3)
    path = folder / f"{name}.mp4"
    video.save_clip(path, np.broadcast_to(colours, (frames, side, side, 3)), fps)
    return path


class Scenery(Studio):
    """A studio whose clips can really be decoded."""

    def clip(self, name: str, *people: int, **fields: Any) -> Path:
        path = real_clip(self.folder, name)
        analysis = make_analysis(*dressed(*people), key=video.content_key(path))
        self.known[analysis.key] = replace(analysis, **fields)
        return path


def open_scenery(folder: Path, patch: pytest.MonkeyPatch) -> Scenery:
    """Put made-up experts in the place of the real ones; clips are decoded for real."""
    open_studio(folder, patch)
    made = Scenery(folder)
    patch.setattr(video, "load", _LOAD)
    patch.setattr("pvchat.perception.analysis.recognise", made.recognise)
    patch.setattr("pvchat.perception.measuring.measure", made.measure)
    return made


def fill(scenery: Scenery) -> Path:
    """A folder of three dated clips, to be a library: Ana with Carl, Carl, Carl."""
    folder = scenery.folder / "videos"
    folder.mkdir()
    for name, people in (("2026-11-01 10.00.00", (ANA, CARL)), ("2026-11-02", (CARL,)), ("2026-11-03", (CARL,))):
        scenery.clip(f"videos/{name}", *people)
    return folder


def ready(chat: PVChat) -> Engine:
    """An engine that has loaded."""
    engine = Engine(lambda tell: chat, warm=False)
    engine.start()
    return engine


def make_backend(chat: PVChat) -> Backend:
    return Backend(ready(chat), Sessions(), Jobs())


def built(tab: Callable[..., Any], *given: Any) -> Any:
    """A tab of the page by itself, whose methods are its events."""
    with gr.Blocks():
        return tab(*given)


def upload(backend: Backend, path: Path) -> Path:
    """A file as Gradio leaves it: in a folder of its own under the uploads."""
    folder = backend.sessions.uploads / uuid.uuid4().hex
    folder.mkdir()
    return Path(shutil.copy(path, folder / path.name))


def session_asking(backend: Backend, path: Path) -> Session:
    """A session whose clip is this one."""
    session = backend.sessions.of("one")
    session.keep(backend.receive(session, upload(backend, path)))
    return session


def session_enrolling(backend: Backend, path: Path) -> Session:
    """A session that enrolls from this clip, which is analysed."""
    session = backend.sessions.of("one")
    session.enrolling = backend.receive(session, upload(backend, path))
    backend.analyse(session.enrolling)
    return session


@contextmanager
def running(engine: Engine, **options: Any) -> Iterator[tuple[App, str]]:
    """A server on a free port of this machine, and its address."""
    app = App(Options(**{"port": 0, "settings": Settings(device="cpu"), **options}), engine)
    server = uvicorn.Server(uvicorn.Config(app.web, log_level="error", ws="none", timeout_graceful_shutdown=1))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            wait_for(lambda: server.started)
            yield app, f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(WAIT_S)
            app.close()


def bearing(*scopes: str) -> dict[str, str]:
    """The header of a new token of the HTTP API that may do this."""
    return {"authorization": f"Bearer {tokens.create('test', scopes)[1]}"}


def get(url: str, **options: Any) -> httpx.Response:
    """`httpx.get` that is patient."""
    return httpx.get(url, timeout=WAIT_S, **options)


def post(url: str, **options: Any) -> httpx.Response:
    """`httpx.post` that is patient."""
    return httpx.post(url, timeout=WAIT_S, **options)


def api_client(url: str, **options: Any) -> Client:
    """A patient client of the endpoints."""
    return Client(url, verbose=False, httpx_kwargs={"timeout": WAIT_S}, **options)


def in_event_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a coroutine a test; it fails when it takes longer than a minute."""

    @wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(asyncio.wait_for(test(**fixtures), 60))

    return run


def wait_for(condition: Any, seconds: float = WAIT_S) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail("it didn't happen in time")
        time.sleep(0.02)

"""The web server: foreign pages, clients that collide, lost connections, markup. Experts are made up.

Where the same is held in detail: tests/app/test_origins.py, test_uploads.py, test_passwords.py, test_heartbeats.py,
test_markup.py.
"""

from __future__ import annotations

import io
import re
import socket
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from make_app import ANA, BEN, open_scenery, ready, running, upload, wait_for  # noqa: E402
from real_weights import lend_encoder  # noqa: E402
from test_origins import FOREIGN, ROUTES  # noqa: E402

from pvchat import PVChat, config  # noqa: E402
from pvchat.config import Settings  # noqa: E402

from . import Outcome  # noqa: E402

WORD = "open sesame"
TAGS = '<form action="//evil.example"><a href="//evil.example">x</a><img src=x></form>'
ELEMENTS = re.compile(r"<(?:form|a)\b|<img src=x")  # none is ours in what is looked at
UPLOAD, CALL = "/gradio_api/upload", "/gradio_api/call"
LOCKED = (
    "/files/guess", "/openapi.json", "/gradio_api/info", "/gradio_api/mcp/", "/gradio_api/mcp/schema",
    "/gradio_api/queue/data", "/gradio_api/heartbeat/one", "/gradio_api/heartbeat/two?before=one",
)  # fmt: skip


@dataclass
class Place:
    """The running server and a clip with Ana and Ben in it."""

    app: Any
    url: str
    clip: Path


def run(home: Path) -> Iterator[Outcome]:
    """All cases on one server, the password's on another."""
    with pytest.MonkeyPatch.context() as patch:
        chat, clip = made(home, patch)
        with running(ready(chat)) as (app, url):
            place = Place(app, url, clip)
            for headers in FOREIGN:
                yield _foreign(place, headers)
            for case, expected, find in CASES:
                got = find(place)
                yield Outcome(case, expected, got, got == expected)
        with running(ready(chat), password=WORD) as (_, url):
            expected, got = f"401 on {len(LOCKED)} routes", _without_password(url)
            yield Outcome("whoever hasn't logged in", expected, got, got == expected)


def upload_by_page(url: str, clip: Path) -> str:
    """By which name, below its folder of uploads, the server keeps a file that a page sent."""
    sent = {"files": (clip.name, clip.read_bytes())}
    return str(httpx.post(url + UPLOAD, files=sent, timeout=60).json()[0])


def made(home: Path, patch: pytest.MonkeyPatch) -> tuple[PVChat, Path]:
    """PVChat with Ana enrolled, and a clip with Ana and Ben in it."""
    folder = home / "clips"
    folder.mkdir()
    lend_encoder(config.home())
    scenery = open_scenery(folder, patch)
    chat = PVChat(Settings(device="cpu"))
    chat.enroll(scenery.clip("ana", ANA), "Ana")
    return chat, scenery.clip("party", ANA, BEN)


def _foreign(place: Place, headers: dict[str, str]) -> Outcome:
    with httpx.Client(base_url=place.url, timeout=60) as client:
        codes = {client.request(method, route, headers=headers).status_code for method, route in ROUTES}
    who = headers.get("origin") or f"{headers['sec-fetch-site']} {headers['sec-fetch-mode']}"
    expected = f"403 on {len(ROUTES)} routes"
    got = expected if codes == {403} else f"answers {sorted(codes)}"
    return Outcome(f"a page of {who}", expected, got, got == expected)


def _own_page(place: Place) -> str:
    own = {"origin": place.url, "sec-fetch-site": "same-origin"}
    return str(httpx.get(place.url + "/config", headers=own, timeout=60).status_code)


def _other_name(place: Place) -> str:
    return str(httpx.get(place.url, headers={"host": "evil.example"}, timeout=60).status_code)


def _foreign_upload(place: Place) -> str:
    sent = {"files": ("a.mp4", b"x" * 50)}
    httpx.post(place.url + UPLOAD, files=sent, headers={"origin": "http://localhost:3000"}, timeout=60)
    return f"{len(_left(place))} files"


def _broken_off(place: Place) -> str:
    host, port = place.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(
            f"POST {UPLOAD} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 9000000\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
            'Content-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'.encode()
            + b"x" * 2_000_000
        )
        wait_for(lambda: _left(place), 60)
    time.sleep(2)
    return f"{len(_left(place))} files"


def _four_clients(place: Place) -> str:
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: upload_by_page(place.url, place.clip), range(4)))
        told = list(pool.map(lambda path: _ask(place, path), paths))
    return f"{sum('event: complete' in one for one in told)} answers, {len(_left(place))} files"


def _address(place: Place) -> str:
    return "refused" if "event: error" in _ask(place, "http://203.0.113.7/clip.mp4") else "fetched"


def _other_file(place: Place) -> str:
    return "refused" if "event: error" in _ask(place, str(place.clip)) else "read"


def _lost(place: Place) -> str:
    session = place.app.backend.sessions.of("lost")
    for _ in range(4):
        _beat(place.url, "lost")
    return "the same session" if place.app.backend.sessions.of("lost") is session else "a new one"


def _reloaded(place: Place) -> str:
    session = place.app.backend.sessions.of("old")
    _beat(place.url, "old")
    _beat(place.url, "new?before=old")
    return "the same session" if place.app.backend.sessions.of("new") is session else "a new one"


def _closed(place: Place) -> str:
    session = place.app.backend.sessions.of("closed")
    session.ensure_folder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pvchat_app.heartbeats.GRACE_S", 0.2)
        _beat(place.url, "closed")
        wait_for(lambda: not session.folder.exists(), 60)
    return "nothing left"


def _markup(place: Place) -> str:
    from pvchat_app.cards import people_grid

    backend = place.app.backend
    backend.engine.people.rename("Ana", f"Ana {TAGS}")
    session = backend.sessions.of("markup")
    session.keep(backend.receive(session, upload(backend, place.clip)))
    list(backend.ask(session, f"Is Ana {TAGS} there?"))
    from pvchat_app.export import pack

    with zipfile.ZipFile(io.BytesIO(pack(session.turns))) as archive:
        shown = archive.read("conversation.html").decode() + people_grid(backend.engine.people.all(), [])
    backend.engine.people.rename(f"Ana {TAGS}", "Ana")
    backend.end_session("markup")
    return f"{len(ELEMENTS.findall(shown))} elements"


def _without_password(url: str) -> str:
    codes = {httpx.get(url + route, timeout=60).status_code for route in LOCKED}
    return f"401 on {len(LOCKED)} routes" if codes == {401} else f"answers {sorted(codes)}"


def _ask(place: Place, path: str) -> str:
    clip = {"path": path, "meta": {"_type": "gradio.FileData"}}
    call = httpx.post(f"{place.url}{CALL}/ask", json={"data": [clip, "Is Ana there?"]}, timeout=120)
    return httpx.get(f"{place.url}{CALL}/ask/{call.json()['event_id']}", timeout=120).text


def _beat(url: str, name: str) -> None:
    with httpx.stream("GET", f"{url}/gradio_api/heartbeat/{name}", timeout=60) as answer:
        beats = answer.iter_bytes()
        next(beats)


def _left(place: Place) -> list[Path]:
    return [path for path in place.app.backend.sessions.uploads.rglob("*") if path.is_file() and path.stat().st_size]


Find = Callable[[Place], str]
CASES: tuple[tuple[str, str, Find], ...] = (
    ("the page itself", "200", _own_page),
    ("a name that points here (DNS rebinding)", "421", _other_name),
    ("an upload by another port of this machine", "0 files", _foreign_upload),
    ("an upload that breaks off", "0 files", _broken_off),
    ("four API clients, the same bytes at once", "4 answers, 0 files", _four_clients),
    ("an address instead of a file", "refused", _address),
    ("a file of this machine instead of an upload", "refused", _other_file),
    ("a connection lost again and again", "the same session", _lost),
    ("a page that is reloaded", "the same session", _reloaded),
    ("a page that is closed", "nothing left", _closed),
    ("markup in a name and a question", "0 elements", _markup),
)

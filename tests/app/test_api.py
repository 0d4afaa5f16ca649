"""The HTTP API: who may do what, what is answered, what an error looks like."""

from __future__ import annotations

import asyncio
import errno
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from make_app import WAIT_S, Scenery, bearing, make_backend, ready, running, wait_for
from pvchat_app.api import clips, events, gate
from pvchat_app.server import App
from starlette.requests import ClientDisconnect

from pvchat import PVChat
from pvchat.people.store import PeopleStore
from pvchat.storage import library, tokens

API = "/api/v1"


@pytest.fixture
def api(chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[App, httpx.Client]]:
    """A server with Ana enrolled, and a client whose token may do all."""
    monkeypatch.setattr(gate, "WRONG_S", 0.0)
    with running(ready(chat)) as (app, url), httpx.Client(base_url=url, timeout=WAIT_S) as client:
        client.headers.update(bearing("read", "ask", "manage"))
        yield app, client


def uploaded(client: httpx.Client, clip: Path, **options: Any) -> str:
    answer = client.post(f"{API}/clips", content=clip.read_bytes(), **options)
    assert answer.status_code == 201, answer.text
    name: str = answer.json()["clip"]
    return name


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """An error: its status, and the three parts that every one has."""
    row: dict[str, Any] = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    assert {"error", "what", "subject", "hint"} <= row.keys()
    assert "Traceback" not in answer.text
    return row


def test_a_clip_is_asked_about(api: tuple[App, httpx.Client], party: Path) -> None:
    app, client = api
    clip = uploaded(client, party)
    row = client.post(f"{API}/ask", json={"clip": clip, "question": "Is Ana there?"}).json()
    (ana,) = row["people"]
    assert (ana["name"], ana["decision"]) == ("Ana", "present")
    assert ana["probability"] > 0.9
    assert ana["spans"]
    assert row["query"]["select"] == "exists"
    more = {"clip": clip, "question": "and what is she wearing?", "history": ["Is Ana there?"]}
    assert "red jacket" in client.post(f"{API}/ask", json=more).json()["answer"]
    (file,) = app.backend.sessions.uploads.rglob("clip")
    assert client.delete(f"{API}/clips/{clip}").status_code == 204
    assert not file.exists()
    assert problem(client.post(f"{API}/ask", json=more), 404)["subject"] == clip


def test_people_come_and_go(api: tuple[App, httpx.Client], scenery: Scenery) -> None:
    app, client = api
    clip = uploaded(client, scenery.clip("ben", 2))
    wanted = {"clip": clip, "name": "Ben"}
    assert problem(client.post(f"{API}/people", json=wanted), 422)["what"] == "consent is missing."
    enrolled = client.post(f"{API}/people", json={**wanted, "consent": True})
    assert (enrolled.status_code, enrolled.json()["notes"]["looks_like"]) == (201, "")  # as `enroll --json` has it
    taken = problem(client.post(f"{API}/people", json={**wanted, "consent": True}), 422)
    assert (taken["error"], taken["hint"]) == ("PeopleError", "Choose another name, or send replace: true.")
    assert client.patch(f"{API}/people/Ben", json={"name": "Ben/no"}).json()["name"] == "Ben/no"
    assert client.get(f"{API}/people/Ben%2Fno/export").content.startswith(b"PK")
    assert client.patch(f"{API}/people/Ben%2Fno", json={"name": "Benno"}).json()["name"] == "Benno"
    assert [one["name"] for one in client.get(f"{API}/people").json()] == ["Ana", "Benno"]
    exported = client.get(f"{API}/people/Benno/export")
    assert exported.content.startswith(b"PK")
    (file,) = app.backend.sessions.uploads.rglob("clip")
    assert client.delete(f"{API}/people/Benno").status_code == 204
    assert not file.exists()  # it showed him
    assert PeopleStore().names() == ["Ana"]
    problem(client.delete(f"{API}/people/Ana%2FBenno"), 404)
    for call in (client.delete, lambda url: client.get(f"{url}/export")):
        assert problem(call(f"{API}/people/Benno"), 404)["error"] == "UnknownPersonError"


def test_who_looks_like_somebody_enrolled_is_asked_about(api: tuple[App, httpx.Client], scenery: Scenery) -> None:
    _, client = api
    wanted = {"clip": uploaded(client, scenery.clip("again", 1)), "name": "Anita", "consent": True}
    asked = problem(client.post(f"{API}/people", json=wanted), 409)
    assert "looks like Ana" in asked["what"]
    assert PeopleStore().names() == ["Ana"]
    added = client.post(f"{API}/people", json={**wanted, "name": "Ana", "add": True})
    assert (added.status_code, PeopleStore().get("Ana").extra["clips"]) == (201, 2)
    enrolled = client.post(f"{API}/people", json={**wanted, "alike": True})
    assert (enrolled.status_code, enrolled.json()["notes"]["looks_like"]) == (201, "Ana")
    problem(client.post(f"{API}/people", json={**wanted, "name": "Nobody", "add": True}), 404)


def test_the_library_is_filled_and_asked(api: tuple[App, httpx.Client], scenery: Scenery, tmp_path: Path) -> None:
    _, client = api
    assert problem(client.get(f"{API}/library"), 409)["what"] == "there is no library yet."
    (scenery.folder / "larder").mkdir()
    path = scenery.clip("larder/2026-11-28 18.00.00", 1)
    added = client.post(f"{API}/library/sources", json={"paths": [str(path.parent)], "place": "larder"})
    assert added.json() == [str(path.parent)]
    assert client.post(f"{API}/library/scan").status_code == 202
    wait_for(lambda: not client.get(f"{API}/library/scan").json()["running"])
    assert client.get(f"{API}/library/scan").json()["report"]["added"] == 1
    assert client.get(f"{API}/library").json()["sources"][0]["place"] == "larder"
    row = client.post(f"{API}/library/ask", json={"question": "When was Ana last seen?"}).json()
    assert "in the larder" in row["answer"]
    assert (row["surely"], row["clips"][0]["path"]) == (1, str(path))
    asked = {"path": str(path), "question": "Is Ana there?"}
    assert client.post(f"{API}/ask", json=asked).json()["people"][0]["decision"] == "present"
    other = {"path": str(scenery.clip("ana", 1)), "question": "Is Ana there?"}
    assert "no such file" in problem(client.post(f"{API}/ask", json=other), 404)["what"]  # it isn't the library's
    assert client.delete(f"{API}/library/sources", params={"path": str(path.parent)}).status_code == 204
    assert client.get(f"{API}/library").json()["clips"] == 0
    assert client.delete(f"{API}/library/scan").json()["running"] is False
    for odd in ("~nobody/x", "x" * 4000, "a\0b"):
        problem(client.post(f"{API}/library/sources", json={"paths": [odd]}), 409)
        problem(client.delete(f"{API}/library/sources", params={"path": odd}), 409)


ROUTES = [
    ("GET", "/people", "read"), ("POST", "/people", "manage"), ("PATCH", "/people/Ana", "manage"),
    ("DELETE", "/people/Ana", "manage"), ("GET", "/people/Ana/export", "manage"), ("POST", "/clips", "ask"),
    ("DELETE", "/clips/x", "ask"), ("POST", "/ask", "ask"), ("GET", "/library", "read"),
    ("POST", "/library/sources", "manage"), ("DELETE", "/library/sources?path=x", "manage"),
    ("GET", "/library/scan", "read"), ("POST", "/library/scan", "manage"), ("DELETE", "/library/scan", "manage"),
    ("POST", "/library/ask", "ask"), ("GET", "/events", "read"), ("GET", "/events/stream", "read"),
]  # fmt: skip
BODIES = {
    "/people": {"clip": "x", "name": "Ben"}, "/people/Ana": {"name": "Anna"}, "/ask": {"clip": "x", "question": "?"},
    "/library/sources": {"paths": ["x"]}, "/library/ask": {"question": "?"},
}  # fmt: skip


@pytest.mark.slow
def test_every_route_asks_for_its_scope(api: tuple[App, httpx.Client]) -> None:
    app, client = api
    listed = {(method.upper(), path) for path, ways in client.get(f"{API}/openapi.json").json()["paths"].items()
              for method in ways}  # fmt: skip
    assert len(listed) == len(ROUTES)  # none is forgotten here
    others = {scope: bearing(*(one for one in tokens.SCOPES if one != scope)) for scope in tokens.SCOPES}
    expired = tokens.create("old", ["read", "ask", "manage"], days=1e-9)[1]
    made, gone = tokens.create("gone", ["read", "ask", "manage"])
    tokens.revoke(made.id)
    for method, path, scope in ROUTES:
        body = BODIES.get(path) if method != "GET" else None
        for sent in ("", "Bearer pvchat_x", f"Bearer {expired}", f"Bearer {gone}", "Basic QTpC"):
            headers = {"authorization": sent}
            problem(client.request(method, API + path, json=body, headers=headers), 401)
        refused = client.request(method, API + path, json=body, headers=others[scope])
        assert problem(refused, 403)["what"] == f"this token may not {scope}."
    assert PeopleStore().names() == ["Ana"]
    assert list(app.backend.sessions.uploads.rglob("clip")) == []
    problem(client.get(f"{API}/openapi.json", headers={"authorization": ""}), 401)


def test_a_cookie_or_another_site_opens_nothing(api: tuple[App, httpx.Client]) -> None:
    _, client = api
    secret = client.headers["authorization"].removeprefix("Bearer ")
    problem(client.get(f"{API}/people", headers={"authorization": "", "cookie": f"authorization={secret}"}), 401)
    problem(client.get(f"{API}/people", headers={"origin": "http://elsewhere.example"}), 403)
    problem(client.get(f"{API}/people", headers={"host": "elsewhere.example"}), 421)
    assert client.get(f"{API}/people", headers={"host": "LOCALHOST"}).status_code == 200


ODD = [
    ({"clip": "x", "question": "?", "more": 1}, "more"), ({"clip": "x"}, "question"), ([], "body"),
    ({"clip": "x", "question": "?" * 2001}, "question"), ({"clip": 5, "question": "?"}, "clip"),
    ({"clip": "x", "question": "?", "history": ["?"] * 21}, "history"), ({"question": "?"}, "clip"),
]  # fmt: skip


def no_room() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_in_one_line(
    api: tuple[App, httpx.Client], party: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app, client = api
    monkeypatch.setattr(clips.Clips, "write", lambda *_: no_room())
    told = problem(client.post(f"{API}/clips", content=party.read_bytes()), 507)
    assert "Make room" in told["hint"]
    told_of = [one.message for one in caplog.records if one.levelname in ("WARNING", "ERROR")]
    assert told_of == [f"{API}/clips: [Errno 28] No space left on device"]
    assert "Traceback" not in caplog.text
    monkeypatch.setattr(app.backend.engine.people, "all", lambda: Path("nowhere").stat())
    problem(client.get(f"{API}/people", headers={"connection": "close"}), 500)
    assert "Traceback" in caplog.text  # what nobody expects


def test_odd_requests_are_told(api: tuple[App, httpx.Client], party: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app, client = api
    for body, subject in ODD:
        assert problem(client.post(f"{API}/ask", json=body), 422)["subject"] == subject
    for body in ('{"question": "?"}', ""):  # without its content type
        assert "content-type" in problem(client.post(f"{API}/ask", content=body), 422)["hint"]
    form = client.post(f"{API}/clips", files={"file": party.read_bytes()})
    assert "curl --data-binary" in problem(form, 422)["hint"]
    problem(client.get(f"{API}/nothing"), 404)
    problem(client.put(f"{API}/people"), 405)
    monkeypatch.setattr(gate, "MAX_WAITING", 0)
    answer = client.post(f"{API}/library/ask", json={"question": "Was Ana seen?"})
    assert problem(answer, 429)["hint"] == "Try again later."
    assert answer.headers["retry-after"] == "5"
    monkeypatch.setattr(app.backend.engine.people, "all", lambda: 1 / 0)
    last = {"connection": "close"}  # the server ends a connection on which something went wrong
    told = problem(client.get(f"{API}/people", headers=last), 500)
    assert "ZeroDivision" not in json.dumps(told)
    monkeypatch.setattr(app.backend.engine.people, "all", no_room)
    problem(client.get(f"{API}/people"), 507)


def test_what_is_no_clip_is_told_and_deleted(
    api: tuple[App, httpx.Client], party: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, client = api
    for data in (b"", b"#!/bin/sh", b"PK\x03\x04" + bytes(1000), party.read_bytes()[:200]):
        told = problem(client.post(f"{API}/clips", content=data), 422)
        assert (told["error"], told["subject"]) == ("VideoReadError", "clip")
    limits = app.backend.engine.chat.settings.video
    object.__setattr__(limits, "max_bytes", 1000)
    problem(client.post(f"{API}/clips", content=bytes(1001)), 413)
    problem(client.post(f"{API}/clips", content=iter([bytes(600), bytes(600)])), 413)  # its length isn't told before
    assert list(app.backend.sessions.uploads.rglob("clip")) == []
    problem(client.post(f"{API}/ask", content=b"x" * (2 << 20)), 413)


def test_a_clip_is_its_tokens_own(api: tuple[App, httpx.Client], party: Path) -> None:
    _, client = api
    clip = uploaded(client, party)
    asked = {"clip": clip, "question": "Is Ana there?"}
    problem(client.post(f"{API}/ask", json=asked, headers=bearing("ask")), 404)
    problem(client.delete(f"{API}/clips/{clip}", headers=bearing("ask")), 404)
    assert client.post(f"{API}/ask", json=asked).status_code == 200


def test_the_oldest_clip_goes_be_it_there_or_gone(
    api: tuple[App, httpx.Client], party: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, client = api
    monkeypatch.setattr(clips, "MAX_CLIPS", 1)
    uploaded(client, party)
    uploaded(client, party)
    (file,) = app.backend.sessions.uploads.rglob("clip")
    shutil.rmtree(file.parent)  # an hour has passed
    clip = uploaded(client, party)
    assert client.post(f"{API}/ask", json={"clip": clip, "question": "Is Ana there?"}).status_code == 200


def test_nothing_stays_of_an_upload_that_breaks_off(chat: PVChat, tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"
        raise ClientDisconnect

    backend = make_backend(chat)
    with pytest.raises(gate.RefusedError) as told:  # what isn't ours is written to the terminal with a traceback
        asyncio.run(clips.Clips(backend).write(pieces(), 10))
    assert told.value.status == 400
    assert list(backend.sessions.uploads.iterdir()) == []
    backend.jobs.close()
    backend.sessions.close()


def test_whom_to_choose_is_told(api: tuple[App, httpx.Client], scenery: Scenery) -> None:
    _, client = api
    wanted = {"clip": uploaded(client, scenery.clip("two", 2, 3)), "name": "Ben", "consent": True}
    told = problem(client.post(f"{API}/people", json=wanted), 422)
    assert [one["track"] for one in told["candidates"]] == [1, 2]
    assert client.post(f"{API}/people", json={**wanted, "track": 2}).status_code == 201


def test_a_real_server_with_a_password(chat: PVChat, party: Path) -> None:
    """The login guards the page, a token the API: neither opens the other."""
    with running(ready(chat), password="open sesame") as (_, url), httpx.Client(base_url=url, timeout=WAIT_S) as client:
        assert client.get("/gradio_api/info").status_code == 401
        problem(client.get(f"{API}/people"), 401)
        client.headers.update(bearing("read", "ask"))
        assert client.get("/gradio_api/info").status_code == 401
        asked = {"clip": uploaded(client, party), "question": "Is Ana there?"}
        assert client.post(f"{API}/ask", json=asked).json()["people"][0]["decision"] == "present"
        assert [one["name"] for one in client.get(f"{API}/people").json()] == ["Ana"]


def test_the_schema_names_every_answer(api: tuple[App, httpx.Client]) -> None:
    schema = api[1].get(f"{API}/openapi.json").json()
    assert schema["openapi"].startswith("3.")
    assert schema["servers"] == [{"url": API}]
    requests = [one for name, one in schema["components"]["schemas"].items() if name in (
        "Enrollment", "Renaming", "ClipQuestion", "LibraryQuestion", "Sources")]  # fmt: skip
    assert len(requests) == 5
    assert all(one["additionalProperties"] is False for one in requests)
    media = {
        path: [*ways["get"]["responses"]["200"]["content"]] for path, ways in schema["paths"].items() if "get" in ways
    }
    assert media["/people/{name}/export"] == ["application/octet-stream"]  # a client that is made of it reads the file
    assert media["/events/stream"] == ["text/event-stream"]
    for path, ways in schema["paths"].items():
        for method, way in ways.items():
            assert way["summary"], (path, method)
            assert way["security"] == [{"HTTPBearer": []}], (path, method)
            assert way["responses"]["4XX"]["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")


def test_events_of_a_real_library(api: tuple[App, httpx.Client], scenery: Scenery) -> None:
    app, client = api
    for path in ("/events", "/events/stream"):
        assert problem(client.get(API + path), 409)["what"] == "there is no library yet."
        for odd in (-1, 1 << 63):
            assert problem(client.get(f"{API}{path}?after={odd}"), 422)["subject"] == "query.after"
    problem(client.get(f"{API}/events/stream", headers={"last-event-id": "-5"}), 422)
    app.backend.engine.chat.library.add([scenery.folder])
    with closing(library.connect(PeopleStore().root)) as tables:
        for number in (1, 2):
            words = "INSERT INTO events VALUES (?, ?, 1, 'unknown', '', '2026-11-29T08:00:00+00:00', 0.9, '', 0)"
            tables.execute(words, (number, str(number)))
    assert [row["id"] for row in client.get(f"{API}/events?after=1").json()] == [2]
    with client.stream("GET", f"{API}/events/stream", headers={"last-event-id": "1"}) as answer:
        lines = (line for line in answer.iter_lines() if line.startswith(("id", "data")))
        assert next(lines) == "id: 2"
        assert "is seen" in next(lines)
        app.backend.engine.chat.library.erase()
        assert list(lines) == []  # it ends, and whoever comes again is told why


class Log:
    """Events that come one after the other."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)

    def since(self, number: int = 0, most: int = 100) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["id"] > number][:most]


def test_events_are_told_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_S", 0.0)
    log = Log(*({"id": number, "kind": "seen"} for number in range(1, 4)))
    looks = iter([False, False, False, True])

    def is_over() -> bool:
        if len(log.rows) < 5:
            log.rows.append({"id": len(log.rows) + 1, "kind": "left"})
        return next(looks)

    async def told() -> list[str]:
        return [piece async for piece in events.stream(log, 1, is_over)]

    pieces = [piece for piece in asyncio.run(told()) if piece.startswith("id")]
    assert [piece.partition("\n")[0] for piece in pieces] == ["id: 2", "id: 3", "id: 4", "id: 5"]
    assert json.loads(pieces[0].splitlines()[1].removeprefix("data: ")) == {"id": 2, "kind": "seen"}

"""Who may ask at all: pages of other origins can neither upload, list nor call; this page and API clients can."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from gradio_client import handle_file
from make_app import WAIT_S, api_client, bearing, get, post, ready, running

from pvchat import PVChat

FOREIGN = (
    {"origin": "https://evil.example"},
    {"origin": "null"},  # a sandboxed frame, or a file on the disk
    {"origin": "http://localhost:1"},  # another program of this machine
    {"origin": "http://127.0.0.1"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
)
ROUTES = (
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/call/list_people"),
    ("POST", "/gradio_api/call/ask"),
    ("POST", "/gradio_api/run/list_people"),
    ("POST", "/gradio_api/api/ask"),
    ("DELETE", "/api/v1/people/Ana"),
    ("POST", "/gradio_api/queue/join"),
    ("GET", "/gradio_api/queue/data?session_hash=a"),
    ("GET", "/gradio_api/call/list_people/a"),
    ("GET", "/gradio_api/heartbeat/a"),
    ("POST", "/gradio_api/cancel"),
    ("POST", "/gradio_api/component_server"),
    ("GET", "/gradio_api/info"),
    ("GET", "/config"),
    ("GET", "/files/a"),
    ("POST", "/login"),
    ("GET", "/logout"),
    ("OPTIONS", "/gradio_api/upload"),
)


@pytest.mark.slow
def test_nothing_is_answered_to_another_origin(server) -> None:
    with httpx.Client(base_url=server[1], timeout=WAIT_S) as client:
        for headers in FOREIGN:
            for method, route in ROUTES:
                answer = client.request(method, route, headers=headers)
                assert answer.status_code == 403, f"{headers} {method} {route}: {answer.status_code}"
                assert "access-control-allow-origin" not in answer.headers


def test_a_foreign_page_can_neither_upload_nor_forget(server) -> None:
    app, url = server
    headers = {"origin": "http://localhost:3000"}
    post(f"{url}/gradio_api/upload", files={"files": ("a.mp4", b"x" * 50)}, headers=headers)
    assert [path for path in app.backend.sessions.uploads.rglob("*") if path.is_file()] == []
    called = httpx.delete(f"{url}/api/v1/people/Ana", headers=headers | bearing("manage"), timeout=WAIT_S)
    assert called.status_code == 403
    assert app.backend.engine.people.names() == ["Ana"]


def test_a_link_from_elsewhere_opens_the_page_alone(server) -> None:
    come = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert get(server[1] + "/", headers=come).status_code == 200
    assert get(server[1] + "/config", headers=come).status_code == 403
    assert post(server[1] + "/", headers=come).status_code == 403


def test_the_page_itself_is_answered(server) -> None:
    _, url = server
    own = {"origin": url, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}
    assert get(url + "/config", headers=own).status_code == 200
    typed = {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert get(url, headers=typed).status_code == 200
    sent = {"files": {"files": ("a.mp4", b"x")}, "headers": own}
    assert post(f"{url}/gradio_api/upload", **sent).status_code == 200


def test_no_other_page_may_show_what_is_served(server) -> None:
    headers = get(server[1]).headers
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_clients_of_the_api_name_no_origin_and_work(server, party: Path) -> None:
    client = api_client(server[1])
    told = client.predict(handle_file(str(party)), "Is Ana there?", api_name="/ask")
    assert told["people"][0]["decision"] == "present"


def test_another_host_name_with_a_password_is_held_to_its_own_origin(chat: PVChat) -> None:
    with running(ready(chat), host="0.0.0.0", password="open sesame") as (_, url):
        there = {"host": "video.example", "origin": "https://video.example"}
        form = {"username": "a", "password": "open sesame"}
        assert post(url + "/login", data=form, headers=there).status_code == 200
        assert post(url + "/login", data=form, headers=there | {"origin": "https://a.example"}).status_code == 403

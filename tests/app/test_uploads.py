"""Uploads: clients that send the same bytes don't disturb each other, and nothing is fetched from an address."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from gradio_client import Client, handle_file
from make_app import ANA, Scenery, api_client, get, post, wait_for
from make_browser import see, tab
from pvchat_app.sessions import UNUSED_S
from pvchat_app.uploads import MAX_FIELD


def left(app) -> list[Path]:
    """Files with something in them; `os.walk` passes over a folder that the server deletes meanwhile."""
    tree = os.walk(app.backend.sessions.uploads)
    return [path for top, _, names in tree for name in names if _holds_something(path := Path(top, name))]


def _holds_something(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def test_four_clients_with_the_same_bytes_at_once_all_succeed(server, party: Path) -> None:
    app, url = server
    clients = [api_client(url) for _ in range(4)]
    start, told = threading.Barrier(4), []

    def ask(client: Client) -> None:
        start.wait(60)
        try:
            told.append(client.predict(handle_file(str(party)), "Is Ana there?", api_name="/ask")["answer"])
        except Exception as error:
            told.append(error)

    threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [str(answer)[:3] for answer in told] == ["Yes"] * 4
    assert left(app) == []


def test_the_call_that_is_done_deletes_its_own_upload_only(server, party: Path) -> None:
    """All are uploaded before the first is called."""
    app, url = server
    sent = {"files": ("party.mp4", party.read_bytes())}
    paths = [post(f"{url}/gradio_api/upload", files=sent).json()[0] for _ in range(4)]
    assert len(set(paths)) == 4
    for number, path in enumerate(paths):
        clip = {"path": path, "meta": {"_type": "gradio.FileData"}}
        call = post(f"{url}/gradio_api/call/ask", json={"data": [clip, "Is Ana there?"]}).json()
        told = get(f"{url}/gradio_api/call/ask/{call['event_id']}").text
        assert "event: complete" in told, told
        assert len(left(app)) == 3 - number


def test_an_address_is_not_fetched(server) -> None:
    from gradio import Error, processing_utils

    url = server[1]
    clip = {"path": "http://203.0.113.7/clip.mp4", "meta": {"_type": "gradio.FileData"}}
    call = post(f"{url}/gradio_api/call/ask", json={"data": [clip, "Is Ana there?"]}).json()
    told = get(f"{url}/gradio_api/call/ask/{call['event_id']}").text
    assert "event: error" in told
    assert "addresses are not fetched" in told
    with pytest.raises(Error, match="not fetched"):
        asyncio.run(processing_utils.async_ssrf_protected_download("http://203.0.113.7/clip.mp4", "/nowhere"))


def test_nothing_stays_of_an_upload_that_broke_off(server, caplog: pytest.LogCaptureFixture) -> None:
    app, url = server
    head = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="secret.mp4"\r\nContent-Type: video/mp4\r\n\r\n'
    )
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(
            f"POST /gradio_api/upload HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 9000000\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode()
        )
        client.sendall(head + b"S" * 2_000_000)
        wait_for(lambda: left(app))
    wait_for(lambda: not left(app))
    time.sleep(0.5)
    assert "Traceback" not in caplog.text


def test_an_upload_that_nobody_used_goes_after_an_hour(server, party: Path) -> None:
    app, url = server
    sent = {"files": ("party.mp4", party.read_bytes())}
    names = [post(f"{url}/gradio_api/upload", files=sent).json()[0] for _ in range(2)]
    unused, used = (app.backend.sessions.uploads / name for name in names)
    app.backend.receive(app.backend.sessions.of("one"), used)
    app.backend.sessions.end_idle()
    assert unused.exists()
    long_ago = time.time() - UNUSED_S - 60
    for path in (unused, used):
        for part in (path, path.parent, path.parent.parent):
            os.utime(part, (long_ago, long_ago))
    app.backend.sessions.end_idle()
    assert not unused.exists()
    assert used.exists()


def test_no_reply_tells_where_uploads_lie(server, party: Path) -> None:
    app, url = server
    (name,) = post(f"{url}/gradio_api/upload", files={"files": ("a party.mp4", party.read_bytes())}).json()
    assert str(app.backend.sessions.root.name) not in name
    assert (app.backend.sessions.uploads / name).read_bytes() == party.read_bytes()
    shown = get(f"{url}/gradio_api/file={quote(name)}")  # as the camera's player does
    assert shown.content == party.read_bytes()
    for other in ("../../../people/.lock", f"{name}/../none", "x" * 5000):
        refused = get(f"{url}/gradio_api/file={quote(other, safe='')}")
        assert refused.status_code == 403
        assert str(app.backend.sessions.root.parent) not in refused.text


def test_a_page_that_was_loaded_anew_gets_its_upload_back_without_its_folder(server, party: Path) -> None:
    app, url = server
    (name,) = post(f"{url}/gradio_api/upload", files={"files": ("a party.mp4", party.read_bytes())}).json()
    session = app.backend.sessions.of("one")
    session.keep(app.backend.receive(session, app.backend.sessions.uploads / name))
    config = get(f"{url}/config").json()
    (upload,) = (part["id"] for part in config["components"] if part["props"].get("elem_id") == "pv-chat-file")
    (resume,) = (event["id"] for event in config["dependencies"] if event["outputs"][0:1] == [upload]
                 and event["targets"][0][1] == "load")  # fmt: skip
    told = post(f"{url}/gradio_api/run/predict", json={"data": [None] * 9, "fn_index": resume, "session_hash": "one"})
    assert name in told.text
    assert str(app.backend.sessions.root) not in told.text


def test_a_full_disk_is_one_sentence(server, party: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    from gradio.route_utils import GradioUploadFile

    async def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    app, url = server
    monkeypatch.setattr(GradioUploadFile, "write", full)
    answer = post(f"{url}/gradio_api/upload", files={"files": ("party.mp4", party.read_bytes())})
    assert answer.status_code == 507
    assert answer.json()["detail"].startswith("There is no room left for this file")
    assert left(app) == []
    assert "Traceback" not in caplog.text


@pytest.mark.browser
def test_the_page_tells_a_full_disk_as_a_sentence(page, studio: Scenery, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradio.route_utils import GradioUploadFile

    async def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(GradioUploadFile, "write", full)
    tab(page, "Chat")
    see(page, "chat", studio.clip("large", ANA))
    page.wait_for_selector(":text('There is no room left for this file')")
    assert "detail" not in page.locator(".toast-wrap").inner_text()


def test_a_text_beside_the_file_is_short(server, party: Path) -> None:
    files = {"files": ("party.mp4", party.read_bytes())}
    answer = post(f"{server[1]}/gradio_api/upload", files=files, data={"note": "x" * (MAX_FIELD + 1)})
    assert answer.status_code == 400
    assert "too long" in answer.text


@pytest.mark.parametrize("what", ["a folder of uploads", "another file", "a file that isn't there"])
def test_what_was_not_uploaded_is_refused_in_a_sentence(server, what: str, tmp_path: Path) -> None:
    app, url = server
    path = {
        "a folder of uploads": app.backend.sessions.uploads,
        "another file": Path(__file__),
        "a file that isn't there": app.backend.sessions.uploads / "x" / "y.mp4",
    }[what]
    clip = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
    call = post(f"{url}/gradio_api/call/ask", json={"data": [clip, "Is Ana there?"]}).json()
    told = get(f"{url}/gradio_api/call/ask/{call['event_id']}").text
    assert "event: error" in told
    assert "Upload the file first" in told


def test_an_upload_of_before_the_clock_was_set_back_goes_too(server, party: Path) -> None:
    app, url = server
    (name,) = post(f"{url}/gradio_api/upload", files={"files": ("party.mp4", party.read_bytes())}).json()
    unused = app.backend.sessions.uploads / name
    ahead = time.time() + UNUSED_S + 60
    for part in (unused, unused.parent, unused.parent.parent):
        os.utime(part, (ahead, ahead))
    app.backend.sessions.end_idle()
    assert not unused.exists()

"""Uploads: clients that send the same bytes don't disturb each other, and nothing is fetched from an address."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from make_app import ready, running

from pvchat import PVChat


@pytest.fixture
def server(chat: PVChat):
    with running(ready(chat)) as (app, url):
        yield app, url


def left(app) -> list[Path]:
    return [path for path in app.desk.sessions.uploads.rglob("*") if path.is_file() and path.stat().st_size]


def test_four_clients_with_the_same_bytes_at_once_all_succeed(server, party: Path) -> None:
    app, url = server
    clients = [Client(url, verbose=False, httpx_kwargs={"timeout": 300}) for _ in range(4)]
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
    paths = [httpx.post(f"{url}/gradio_api/upload", files=sent, timeout=60).json()[0] for _ in range(4)]
    assert len(set(paths)) == 4
    for number, path in enumerate(paths):
        clip = {"path": path, "meta": {"_type": "gradio.FileData"}}
        call = httpx.post(f"{url}/gradio_api/call/ask", json={"data": [clip, "Is Ana there?"]}, timeout=60).json()
        told = httpx.get(f"{url}/gradio_api/call/ask/{call['event_id']}", timeout=60).text
        assert "event: complete" in told, told
        assert len(left(app)) == 3 - number


def test_an_address_is_not_fetched(server) -> None:
    from gradio import Error, processing_utils

    url = server[1]
    clip = {"path": "http://203.0.113.7/clip.mp4", "meta": {"_type": "gradio.FileData"}}
    call = httpx.post(f"{url}/gradio_api/call/ask", json={"data": [clip, "Is Ana there?"]}, timeout=60).json()
    told = httpx.get(f"{url}/gradio_api/call/ask/{call['event_id']}", timeout=60).text
    assert "event: error" in told
    assert "addresses are not fetched" in told
    with pytest.raises(Error, match="not fetched"):
        asyncio.run(processing_utils.async_ssrf_protected_download("http://203.0.113.7/clip.mp4", "/nowhere"))

"""A large upload: the page says how far it is, and the server's memory doesn't grow with it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from make_app import post, ready, real_clip, running
from make_server import Quiet, serving

from pvchat import PVChat, video

MB = 1_000_000


def resident() -> int:
    """Bytes of this process in memory at most so far."""
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("no /proc here")
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) * 1024


def padded(path: Path, size: int) -> Path:
    """A real mp4 with so many bytes of free space behind it, which no reader reads."""
    size -= path.stat().st_size
    with path.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"free")
        file.truncate(path.stat().st_size + size)
    return path


def test_memory_stays_flat_while_a_large_file_comes_in(chat: PVChat, tmp_path: Path) -> None:
    big = padded(real_clip(tmp_path, "big"), 100 * MB)
    with running(ready(chat)) as (app, url):
        small = real_clip(tmp_path, "small")
        with small.open("rb") as file:
            post(f"{url}/gradio_api/upload", files={"files": file}).raise_for_status()
        before = resident()
        with big.open("rb") as file:
            answer = post(f"{url}/gradio_api/upload", files={"files": file})
        session = app.backend.sessions.of("one")
        clip = app.backend.receive(session, app.backend.sessions.uploads / answer.json()[0])
        assert clip.path.stat().st_size == big.stat().st_size
        assert video.content_key(clip.path) == video.content_key(big)
        assert resident() - before < 40 * MB


@pytest.fixture
def slow_server() -> Iterator[tuple[str, threading.Event]]:
    """A server that takes the first part of an upload and waits; the page at / has upload.js."""
    go = threading.Event()
    script = (files("pvchat_app") / "upload.js").read_text(encoding="utf-8")
    page = f'<!doctype html><meta charset="utf-8"><div class="block"><input type="file"></div><script>{script}</script>'

    class Handler(Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def do_POST(self) -> None:
            left = int(self.headers["content-length"])
            left -= len(self.rfile.read(8 * MB))
            go.wait(60)
            while left > 0:
                left -= len(self.rfile.read(min(MB, left)))
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(f'["{self.headers.get("x-mine", "")}"]'.encode())

    with serving(Handler) as url:
        yield url, go
        go.set()


@pytest.mark.browser
def test_the_page_says_how_far_an_upload_is(chromium, slow_server, tmp_path: Path) -> None:
    url, go = slow_server
    path = tmp_path / "big.mp4"
    path.write_bytes(bytes(48 * MB))
    page = chromium.new_page()
    page.goto(url)
    page.set_input_files("input", str(path))
    page.evaluate(
        """() => { const form = new FormData(); form.append('files', document.querySelector('input').files[0]);
        const options = { method: 'POST', body: form, headers: { 'x-mine': 'kept' } };
        window.got = fetch('/gradio_api/upload?upload_id=1', options).then((answer) => answer.json()); }"""
    )
    page.wait_for_selector(".block + .pv-uploading:has-text('Uploading … ')")
    page.wait_for_function("document.querySelector('.pv-uploading').innerText.includes('MB of 48 MB')")
    share = page.locator(".pv-uploading [role=progressbar]").get_attribute("aria-valuenow")
    assert 0 <= int(share) < 100
    go.set()
    assert page.evaluate("window.got") == ["kept"]
    page.wait_for_selector(".pv-uploading", state="detached")
    assert page.evaluate("fetch('/').then((answer) => answer.text())").startswith("<!doctype html>")

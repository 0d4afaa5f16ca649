"""A real RTSP camera on loopback, whose connection breaks; and one over HTTP."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from make_cameras import look, write
from make_receivers import free_port, is_refused, until
from make_studio import ANA

from pvchat import PVChat
from pvchat.library.live.live import Live
from pvchat.video import Link, live_pictures, read_address, streams

SERVER = Path(__file__).with_name("make_rtsp.py")
Camera = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def camera(tmp_path: Path, port: int) -> Iterator[Camera]:
    """Starts the server; it shows a wall for a second, and then Ana."""
    python = shutil.which("python3", path="/usr/bin")
    words = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    if python is None or subprocess.run([python, "-c", words], capture_output=True, check=False).returncode:
        pytest.skip("no GStreamer RTSP server on this machine")
    film = write(tmp_path / "film.mp4", [(1, ()), (40, (ANA,))], "mp4")
    begun = list[subprocess.Popen[str]]()

    def begin() -> subprocess.Popen[str]:
        server = subprocess.Popen([python, str(SERVER), str(film), str(port)], stdout=subprocess.PIPE, text=True)
        begun.append(server)
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        until(lambda: not is_refused(port))
        return server

    yield begin
    for server in begun:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()


def test_a_camera_that_is_gone_for_a_while_is_opened_again(
    chat: PVChat, camera: Camera, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "BACKOFF", (0.1, 0.2))
    rows = list[dict]()
    address = read_address(f"rtsp://127.0.0.1:{port}/camera")
    chat.library.live(address.without_password)
    monkeypatch.setattr(Live, "_look", lambda live, part: look(part))
    live = Live(chat, (1, "door"), address, on_event=rows.append)
    live.start()
    try:
        server = camera()
        until(lambda: len(rows) == 1)
        server.kill()
        server.wait()
        until(lambda: live.status().breaks == 1)
        camera()
        until(lambda: live.status().connected)
    finally:
        live.stop()
    assert (rows[0]["kind"], rows[0]["name"]) == ("appears", "Ana")
    assert live.status().failed == ""
    assert (live.status().connected, live.status().breaks) == (False, 1)  # to be stopped is no break


def test_a_stream_over_http(tmp_path: Path) -> None:
    write(tmp_path / "film.ts", [(1, ()), (1, (ANA,))])

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    stop, link = threading.Event(), Link()
    try:
        address = read_address(f"http://127.0.0.1:{server.server_port}/film.ts")
        for number, picture in enumerate(live_pictures(address, link, stop)):
            assert (picture.frame.width, link.connected) == (160, True)
            if number == 25:  # twenty in one file: it was opened again
                stop.set()
    finally:
        server.shutdown()
        server.server_close()
    assert link.breaks >= 1

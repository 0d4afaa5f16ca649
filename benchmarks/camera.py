"""A film as a camera on loopback, and a proxy before it that breaks off: what `live.py` watches.

In: a film. Out: ports. The server is GStreamer's (`tests/make_rtsp.py`, the system's Python).
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import av

TESTS = Path(__file__).parents[1] / "tests"
sys.path.append(str(TESTS))
from make_receivers import free_port, until  # noqa: E402


class Camera:
    """A film served over RTSP from `zero` (seconds since 1970) on, whoever comes and goes."""

    def __init__(self, film: Path) -> None:
        python = shutil.which("python3", path="/usr/bin") or sys.exit("needs the system's Python")
        self.port, self.zero = free_port(), float("inf")
        words = [python, str(TESTS / "make_rtsp.py"), str(film), str(self.port)]
        self._server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._server.stdout is not None
        self._server.stdout.readline()
        threading.Thread(target=self._keep, daemon=True).start()
        until(lambda: self.zero < float("inf"))
        time.sleep(1.0)

    def stop(self) -> None:
        """No more pictures."""
        self._server.kill()

    def _keep(self) -> None:
        """Take packets, so that it goes on; one that comes without any delay tells when the film began."""
        with av.open(f"rtsp://127.0.0.1:{self.port}/camera", options={"rtsp_transport": "tcp"}) as container:
            for packet in container.demux(video=0):
                if packet.pts is not None:
                    self.zero = min(self.zero, time.time() - float(packet.pts * packet.time_base))


class Proxy:
    """Whoever connects to `port` talks with the port `to`."""

    def __init__(self, to: int) -> None:
        self._to, self._open, self._until = to, list[socket.socket](), 0.0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def pause(self, seconds: float) -> None:
        """Close every connection, and new ones for a while."""
        self._until = time.time() + seconds
        while self._open:
            with suppress(OSError):  # it is closed
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            here, _ = self._server.accept()
            if time.time() < self._until:
                here.close()
                continue
            there = socket.create_connection(("127.0.0.1", self._to))
            self._open += [here, there]
            for a, b in ((here, there), (there, here)):
                threading.Thread(target=_pass, args=(a, b), daemon=True).start()


def _pass(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for end in (one, other):
        with suppress(OSError):  # a socket that another thread waits for isn't closed by `close` alone
            end.shutdown(socket.SHUT_RDWR)
        end.close()

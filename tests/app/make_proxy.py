"""A TCP proxy whose connections can be cut, as proxies, phones and sleeping laptops do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


@contextmanager
def proxy(url: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Passes everything on to a server; yields its own address, and what cuts every connection."""
    where = (urlsplit(url).hostname, urlsplit(url).port)
    pairs: list[tuple[socket.socket, socket.socket]] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                browser, _ = listener.accept()
                server = socket.create_connection(where)
            except OSError:
                return
            pairs.append((browser, server))
            for source, sink in ((browser, server), (server, browser)):
                threading.Thread(target=_pass, args=(source, sink), daemon=True).start()

    def cut() -> None:
        while pairs:
            for end in pairs.pop():
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", cut
    finally:
        listener.close()
        cut()


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)

"""A package index on this machine, as pip reads one: any files under any names."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from make_server import Quiet, serving

Pieces = Callable[[bytes], Iterable[bytes]]


@contextlib.contextmanager
def package_index(
    files: Mapping[str, bytes], pieces: Pieces = lambda content: [content]
) -> Iterator[tuple[str, list[str]]]:
    """Serve files by name while the block runs.

    Args:
        files: content by file name; every package's page lists all of them, for pip passes over other packages' files.
        pieces: what is sent of a content, piece by piece; fewer bytes than announced break the connection off.

    Yields:
        The index's address, and the names of the files that were asked for, in order.
    """
    asked: list[str] = []

    class Handler(Quiet):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            if name in files:
                asked.append(name)
                start = int(self.headers.get("Range", "bytes=0-")[6:-1])
                self._send(files[name][start:], "application/octet-stream", pieces, 206 if start else 200)
            else:
                links = "".join(f'<a href="/files/{name}">{name}</a>\n' for name in files)
                self._send(f"<!DOCTYPE html>{links}".encode(), "text/html", lambda content: [content], 200)

        def _send(self, content: bytes, kind: str, pieces: Pieces, code: int) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                for piece in pieces(content):
                    self.wfile.write(piece)

    with serving(Handler) as url:
        yield f"{url}/simple", asked

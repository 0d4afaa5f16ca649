"""One file of the package index, by its exact name: a program of its own, which `archives.py` runs on top of pip.

pip's session reads the pages and the file, so that the user's index, proxy, certificates and passwords apply. Nothing
is opened, built or asked for metadata, as `pip download` does: a source package would run code of its own then, before
anybody has compared its hash. What is longer than the pinned size is cut off. It ends when the pipe on its stdin
closes, when PVChat itself was killed; with 0, or with pip's exit code and the reason in what it prints.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

BLOCK = 1 << 16  # bytes read at a time
TRIES = 5  # a download that broke off goes on where it was
OPTIONS = (
    "--no-cache-dir",  # pip would hold a second copy
    "--no-input", "--disable-pip-version-check", "-vv",  # less hides why an index failed
    # Files of any kind are listed, and wheels for CPython 3.11 on Linux too: they are data on any Python and platform.
    "--no-binary", ":none:", "--only-binary", ":none:",
    "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--platform", "manylinux_2_28_x86_64",
)  # fmt: skip


def main(words: list[str]) -> int:
    """Fetch package, version, file name, SHA-256, bytes, to a target; returns the exit code.

    Run as pip's command `download`, with its options, settings and messages, but our own way of downloading.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from pip._internal.cli.cmdoptions import make_target_python
    from pip._internal.commands.download import DownloadCommand
    from pip._internal.exceptions import DistributionNotFound, InstallationError
    from pip._vendor.requests import RequestException

    package, version, name, sha256, size, target = words

    class Fetch(DownloadCommand):
        def run(self, options: Any, args: list[str]) -> int:
            session = self.get_default_session(options)
            finder = self._build_package_finder(options, session, make_target_python(options), True)
            if not (offered := finder.find_all_candidates(package)):
                raise InstallationError("the package index can't be reached, or has nothing of this package")
            links = [candidate.link for candidate in offered if candidate.link.filename == name]
            if not links:
                names = {c.link.filename for c in offered if str(c.version) == version}
                raise DistributionNotFound(f"NOT OFFERED, but {', '.join(sorted(names)) or 'nothing'}")
            # Several indexes may have a file of that name: the one whose page tells the pinned hash comes first.
            link = min(links, key=lambda link: link.hash != sha256)
            try:
                _save(session, link.url_without_fragment, target, int(size) + 1)
            except RequestException as error:
                raise InstallationError(f"the package index can't be reached any more: {error}") from error
            return 0

    return int(Fetch("download", "One file by its name.").main([*OPTIONS, package]))


def _end_with_parent() -> None:
    os.read(0, 1)  # not sys.stdin: a thread that holds its lock breaks the interpreter's shutdown
    os._exit(1)


def _save(session: Any, url: str, target: str, most: int) -> None:
    """Write what the index sends, up to `most` bytes; what broke off goes on where it was."""
    from pip._vendor.requests import RequestException

    with open(target, "xb") as sink:
        for left in reversed(range(TRIES)):
            before = sink.tell()
            try:
                return _go_on(session, url, sink, most)
            except RequestException:
                if not left or sink.tell() == before:
                    raise


def _go_on(session: Any, url: str, sink: Any, most: int) -> None:
    """Write what is missing of a file; raises RequestException where the index is silent, refuses, or broke off."""
    from pip._vendor.requests import ConnectionError as BrokenOff

    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={sink.tell()}-"} if sink.tell() else {})
    with session.get(url, headers=headers, stream=True) as answer:
        answer.raise_for_status()
        if answer.status_code != 206:  # from its beginning
            sink.seek(0)
            sink.truncate()
        start = sink.tell()
        for block in answer.iter_content(BLOCK):
            sink.write(block[: most - sink.tell()])
            if sink.tell() >= most:
                return
        if sink.tell() - start < int(answer.headers.get("Content-Length", 0)):
            raise BrokenOff("incomplete download")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

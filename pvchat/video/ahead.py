"""The next thing is made while the last is used: a generator runs in a thread of its own, one step ahead.

FFmpeg and the networks release Python's lock, so that reading a video and looking at it take two cores.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Thing = TypeVar("Thing")
_END: Any = object()


def ahead(source: Generator[Thing, None, None]) -> Generator[Thing, None, None]:
    """The things of `source` in order, each made in another thread while the one before it is used.

    What `source` raises is raised here, after what came before it. When the caller stops, `source` is closed in its
    thread, and that has ended before this returns.

    Args:
        source: is used by nobody else.
    """
    with ThreadPoolExecutor(1, "reading ahead") as thread:
        try:
            coming = thread.submit(next, source, _END)
            while (thing := coming.result()) is not _END:
                coming = thread.submit(next, source, _END)
                yield thing
        finally:
            thread.submit(source.close).result()

"""The next things are made while the last are used: a generator runs in a thread of its own, a little ahead.

FFmpeg and the networks release Python's lock, so that reading a video and looking at it take two cores.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator
from typing import TypeVar

Thing = TypeVar("Thing")
_WAIT_S = 0.1  # between two looks at whether anybody still wants more


def ahead(source: Generator[Thing, None, None], most: int = 1) -> Generator[Thing, None, None]:
    """The things of `source` in order, made in a thread, `most` of them waiting at a time.

    What `source` raises is raised here, after what came before it. When the caller stops, `source` is closed in its
    thread, and that has ended before this returns.

    Args:
        source: is used by nobody else.
        most: bounds the memory: so many wait, one more is being made, and one is used.
    """
    waiting: queue.Queue[tuple[bool, Thing | BaseException | None]] = queue.Queue(most)
    stopped = threading.Event()

    def put(last: bool, thing: Thing | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                return waiting.put((last, thing), timeout=_WAIT_S)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for thing in source:
                put(False, thing)
                if stopped.is_set():
                    break
            source.close()
            put(True, None)
        except BaseException as error:  # the caller's thread is told, whatever it is
            put(True, error)

    thread = threading.Thread(target=work, name="reading ahead", daemon=True)
    thread.start()
    try:
        while True:
            last, thing = waiting.get()
            if isinstance(thing, BaseException):
                raise thing
            if last:
                return
            yield thing  # type: ignore[misc]  # None comes with `last` only
    finally:
        stopped.set()
        thread.join()

"""A call that hands out pieces of text, as an iterator: the page is drawn again whenever more is there."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

BEAT_S = 0.5  # how often something is yielded while nothing comes: a chance to show what is being done


def streamed(call: Callable[[Callable[[str], None]], None]) -> Iterator[str]:
    """Run a call that hands out pieces in its own thread; yield them, "" while there is none; raise what it raised."""
    pieces: queue.Queue[str | None] = queue.Queue()
    failure: list[BaseException] = []

    def run() -> None:
        try:
            call(pieces.put)
        except BaseException as error:  # raised again where the pieces are read
            failure.append(error)
        finally:
            pieces.put(None)

    thread = threading.Thread(target=run, name="pvchat-ask", daemon=True)
    thread.start()
    while True:
        try:
            piece = pieces.get(timeout=BEAT_S)
        except queue.Empty:
            piece = ""
        if piece is None:
            break
        yield piece
    thread.join()
    if failure:
        raise failure[0]

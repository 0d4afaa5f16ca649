"""Calls that a page waits for, each in a thread of its own: the text that one hands out, or how far one is.

In: a call that takes a callback. Out: an iterator; it yields twice a second even where nothing comes, so that the page
can show what is being done. Gradio's own progress is printed over whatever stands in its place; this one is a notice in
the page's flow.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator

from pvchat.schemas import Progress
from pvchat_app.pace import Pace
from pvchat_app.wording import about, escape

BEAT_S = 0.5  # how often something is yielded while nothing comes


class CallProgress:
    """The progress of one call."""

    def __init__(self, what: str) -> None:
        self._what, self._pace = what, Pace(((what, 1.0),))
        self.tell(what, 0.0, 0.0)

    def tell(self, what: str, done: float, total: float) -> None:
        """The callback to hand to the call."""
        if what != self._what:
            self._what, self._pace = what, Pace(((what, 1.0),))
        self._pace.tell(what, done / total if total > 0 else 0.0, time.monotonic())

    @property
    def state(self) -> tuple[str, float, float]:
        """What `tell` was told last: what is being done, and how much of one."""
        return self._what, self._pace.share, 1.0 if self._pace.share else 0.0

    @property
    def text(self) -> str:
        """What is being done, and how long it will still take."""
        left = self._pace.left_s(time.monotonic())
        return f"{self._what[:1].upper()}{self._what[1:]} …{f' {about(left)} left' if left is not None else ''}"

    def html(self) -> str:
        """What is being done now."""
        text, share = escape(self.text), 100 * self._pace.share
        return (
            f'<div class="pv-notice pv-progress" role="status"><span>{text}</span><div class="pv-bar-outer" '
            f'role="progressbar" aria-valuenow="{share:.0f}" aria-valuemin="0" aria-valuemax="100" aria-label="{text}">'
            f'<div style="width:{share:.1f}%"></div></div></div>'
        )


def watched(what: str, call: Callable[[Progress], object]) -> Iterator[str]:
    """Run a call in its own thread; yield its progress as HTML (`what`, until it tells any); raise what it raised."""
    watch = CallProgress(what)
    yield watch.html()

    def run(_: Callable[[str], None]) -> None:
        call(watch.tell)

    for _ in streamed(run):
        yield watch.html()


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

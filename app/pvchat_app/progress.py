"""Calls that take long: run in threads of their own, with progress and an estimate of the time left.

In: a call that takes a callback. Out: an iterator over the text that it hands out, or over its progress bar as HTML,
with a Cancel button where it may be stopped; both yield twice a second even if nothing comes.
"""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pvchat.augment.watch import StoppedError, Watch
from pvchat.schemas import Progress
from pvchat_app.wording import escape, rough_duration

BEAT_S = 0.5  # how often something is yielded while nothing comes
_SILENT, _SILENT_S = 0.1, 2.0  # no time left is shown before so much is done, nor before so many seconds have passed


@dataclass
class Pace:
    """How much of something is done, and the time left that follows from it; seconds of one monotonic clock."""

    share: float = 0.0  # done, 0..1; it never falls
    _began: float | None = None
    _told: float = 0.0  # when it was last heard that there was progress

    def tell(self, share: float, now: float) -> None:
        """Take in how much is done."""
        if self._began is None:
            self._began = self._told = now
        if share > self.share:
            self.share, self._told = min(1.0, share), now

    def left_s(self, now: float) -> float | None:
        """Seconds left; None while nothing is known, or if the estimate has run out without news."""
        passed = self._told - (self._began or 0.0)
        if self.share < _SILENT or passed < _SILENT_S:
            return None
        left = passed * (1 - self.share) / self.share - (now - self._told)
        return left if left > 0 else None


class CallProgress:
    """The progress of one call."""

    def __init__(self, what: str) -> None:
        self._what, self._pace = what, Pace()
        self.tell(what, 0.0, 0.0)

    def tell(self, what: str, done: float, total: float) -> None:
        """The callback to hand to the call."""
        if what != self._what:
            self._what, self._pace = what, Pace()
        self._pace.tell(done / total if total > 0 else 0.0, time.monotonic())

    @property
    def state(self) -> tuple[str, float, float]:
        """The last progress: what is done, and how much of a total of one (0 while that isn't known)."""
        return self._what, self._pace.share, 1.0 if self._pace.share else 0.0

    @property
    def text(self) -> str:
        """What is being done, and the time left, in words."""
        left = self._pace.left_s(time.monotonic())
        more = "" if left is None else f" {rough_duration(left)} left"
        return f"{self._what[:1].upper()}{self._what[1:]} …{more}"

    def html(self, cancel: str = "") -> str:
        """The progress bar as HTML; `cancel`: what its Cancel button sends, "" for none."""
        text = escape(self.text)
        button = f'<button type="button" class="pv-button" data-cancel="{cancel}">Cancel</button>' if cancel else ""
        head = f'<div class="pv-job-head"><span role="status">{text}</span>{button}</div>'
        return f'<div class="pv-notice pv-progress">{head}{bar(self._pace.share, text)}</div>'


def bar(share: float, label: str) -> str:
    """A progress bar as HTML: how much is done, 0..1, and what (escaped), for screen readers."""
    return (
        f'<div class="pv-bar-outer" role="progressbar" aria-valuenow="{100 * share:.0f}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-label="{label}"><div style="width:{100 * share:.1f}%"></div></div>'
    )


def progress_bars(what: str, call: Callable[[Progress], object], cancel: str = "") -> Iterator[str]:
    """Run a call in a thread, yield its bar as HTML, raise what it raised; `cancel`: what its Cancel button sends."""
    watch = CallProgress(what)
    yield watch.html(cancel)
    for _ in streamed_pieces(lambda _: call(watch.tell)):
        yield watch.html(cancel)


class CancellableCalls:
    """The calls of a server that have a Cancel button; each has a random key that only its page knows."""

    def __init__(self) -> None:
        self._stops: dict[str, threading.Event] = {}

    def bars(self, what: str, call: Callable[[Progress], object], at_once: bool = True) -> Iterator[str]:
        """`progress_bars` with a Cancel button: StoppedError is raised at once when it is pressed.

        The call itself ends when it next reports its progress, also where the page has gone. Where not `at_once`, that
        is waited for: it may be too late to stop it.
        """
        key, stop = secrets.token_hex(16), threading.Event()
        self._stops[key] = stop
        try:
            for shown in progress_bars(what, lambda tell: call(Watch(tell, stop).step), key):
                if stop.is_set() and at_once:
                    raise StoppedError("it was cancelled.")
                yield CallProgress("stopping").html() if stop.is_set() else shown
        finally:
            stop.set()
            del self._stops[key]

    def cancel(self, key: str) -> None:
        """Stop a call, unless it is over."""
        if (stop := self._stops.get(key)) is not None:
            stop.set()


def streamed_pieces(call: Callable[[Callable[[str], None]], object]) -> Iterator[str]:
    """Run a call in its own thread, yield the pieces that it hands out ("" while none comes), raise what it raised."""
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

"""Calls that take long: run in threads of their own, with progress and an estimate of the time left.

In: a call that takes a callback. Out: an iterator over the text that it hands out, or over its progress bar as HTML;
both yield twice a second even if nothing comes.

The time left comes from a `Plan`: the parts of a job in order, with the seconds that each took where that was measured.
The part that runs is judged more and more by its own pace, the parts after it by how much slower than planned the parts
before were. The share that is done never falls.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pvchat.schemas import Progress
from pvchat_app.wording import escape, rough_duration

BEAT_S = 0.5  # how often something is yielded while nothing comes
Plan = Sequence[tuple[str, float]]  # part, seconds it took

# A deep enrollment of a clip of 2 s on two cores, and an evaluation of 18 questions about 4 clips there.
DEEP_PLAN: Plan = (
    ("measuring the person", 0.5), ("laying the mesh", 0.5), ("measuring the subject", 0.5), ("making samples", 0.2),
    ("making positives", 9.0), ("finding other people", 1.0), ("looking at other people", 15.0),
    ("cutting negatives", 15.0), ("checking samples", 1.0), ("filtering", 120.0), ("putting people together", 2.0),
    ("writing questions", 3.0), ("training", 5.0), ("training on stills", 60.0),
    ("training on clips", 180.0),
)  # fmt: skip
SCAN_PLAN: Plan = (("looking through videos", 60.0),)
EVAL_PLAN: Plan = (("enrolling the people", 10.0), ("asking about the clips", 60.0), ("scoring the answers", 10.0))

# No time left is shown before so much of the plan is done: another machine's seconds say little about this one. Of 150
# made-up jobs whose parts take e^N(0, .5) times the plan on machines e^N(.3, .6) times as slow, 44 % would see the time
# left double when it is shown at once, 3 % when it is shown from a tenth on.
_SILENT, _SILENT_S = 0.1, 2.0  # nor before so many seconds have passed
_OWN_SHARE = 0.3  # from this share of a part on, its own pace alone says how long it takes


@dataclass
class Pace:
    """The clock of one piece of work; times are seconds of one monotonic clock."""

    plan: Plan = ()  # its parts
    at: int = -1  # index of the part that runs, -1 before the first
    share: float = 0.0  # how much of it is done, 0..1
    _began: float = 0.0  # the first part
    _entered: float = 0.0  # the part that runs
    _told: float = 0.0  # when it was last heard that there was progress

    def tell(self, part: str, share: float, now: float) -> None:
        """Take in progress of a part; a name that isn't in the plan is a piece of the part that runs."""
        later = next((i for i in range(max(self.at, 0), len(self.plan)) if self.plan[i][0] == part), None)
        if later is None:
            return
        if self.at < 0:
            self._began = now
        if later != self.at:
            self.at, self.share, self._entered, self._told = later, 0.0, now, now
        if share > self.share:
            self.share, self._told = min(1.0, share), now

    @property
    def done(self) -> float:
        """The share of the plan that is done, 0..1."""
        whole = sum(seconds for _, seconds in self.plan)
        before = sum(seconds for _, seconds in self.plan[: max(self.at, 0)])
        return (before + self.share * self.plan[self.at][1]) / whole if self.at >= 0 else 0.0

    def left_s(self, now: float) -> float | None:
        """Seconds left; None while nothing is known, or if the estimate has run out without news."""
        passed, done = self._told - self._began, self.done
        if done < _SILENT or passed < _SILENT_S:
            return None
        here, later = self.plan[self.at][1], sum(seconds for _, seconds in self.plan[self.at + 1 :])
        slower = passed / (done * (sum(seconds for _, seconds in self.plan)))
        own = (self._told - self._entered) / (self.share * here) if self.share else slower
        trust = min(1.0, self.share / _OWN_SHARE)
        rest = (trust * own + (1 - trust) * slower) * (1 - self.share) * here
        left = rest + slower * later - (now - self._told)
        return left if left > 0 else None


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
        """The last progress: what is done, and how much of a total of one (0 while that isn't known)."""
        return self._what, self._pace.share, 1.0 if self._pace.share else 0.0

    @property
    def text(self) -> str:
        """What is being done, and the time left, in words."""
        left = self._pace.left_s(time.monotonic())
        return (
            f"{self._what[:1].upper()}{self._what[1:]} …{f' {rough_duration(left)} left' if left is not None else ''}"
        )

    def html(self) -> str:
        """The progress bar as HTML."""
        text, share = escape(self.text), 100 * self._pace.share
        return (
            f'<div class="pv-notice pv-progress" role="status"><span>{text}</span><div class="pv-bar-outer" '
            f'role="progressbar" aria-valuenow="{share:.0f}" aria-valuemin="0" aria-valuemax="100" aria-label="{text}">'
            f'<div style="width:{share:.1f}%"></div></div></div>'
        )


def progress_bars(what: str, call: Callable[[Progress], object]) -> Iterator[str]:
    """Run a call in its own thread, yield its progress bar as HTML, raise what it raised; `what` is its first text."""
    watch = CallProgress(what)
    yield watch.html()

    def run(_: Callable[[str], None]) -> None:
        call(watch.tell)

    for _ in streamed_pieces(run):
        yield watch.html()


def streamed_pieces(call: Callable[[Callable[[str], None]], None]) -> Iterator[str]:
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

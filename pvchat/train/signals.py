"""What ends a training early, whoever waits for it or a signal: what was learned until then is kept. Torch-free."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pvchat.augment.watch import Watch


@dataclass(frozen=True, kw_only=True)
class TrainingSession(Watch):
    """Whoever waits for a training; when it is stopped, the best so far is kept."""

    folder: Path | None = None  # where the run's state is kept for resuming; None keeps none
    resume: bool = False  # go on from the state in `folder`


ALONE = TrainingSession()


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set instead of ending the process; a second one does end it."""
    event, main = threading.Event(), threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM) if main}

    def ask(number: int, _: Any) -> None:
        event.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, ask)
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

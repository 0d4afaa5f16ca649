"""Looks through the library, in the background: one worker, jobs that outlive a page reload, with time left.

In: work (a function that takes a stop event and a progress callback) and who may see it. Out: `Job` objects to look at.
How long a job will still take is `pace.py`'s.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from pvchat.errors import PVChatError
from pvchat.schemas import Progress
from pvchat_app.pace import Pace

Work = Callable[[threading.Event, Progress], object]
State = Literal["waiting", "running", "done", "stopped", "failed"]

KEPT = 50  # finished jobs that are remembered
_COUNTED = "looking through videos"  # what of the progress counts the whole (`library/scan.py`)

_log = logging.getLogger(__name__)


@dataclass
class Job:
    """One background job.

    Attributes:
        owner: the browser that started it; it alone may see and stop it.
        work: what it does.
        result: what the work returned.
        step: what is being done.
        pace: how far it is and how long it will take.
        failure: why it failed.
        over: set when it has ended.
    """

    owner: str
    work: Work = field(repr=False)
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    result: Any = None
    state: State = "waiting"
    step: str = ""
    failure: BaseException | None = None
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    started: float = 0.0
    finished: float = 0.0
    pace: Pace = field(default_factory=Pace, repr=False)
    over: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def share(self) -> float:
        """How much of the whole job is done, 0..1; it never falls."""
        return 1.0 if self.state == "done" else min(0.99, self.pace.share)

    def left_s(self) -> float | None:
        """Seconds left; None while that isn't known."""
        return self.pace.left_s(time.monotonic()) if self.state == "running" else None

    def tell(self, what: str, done: float, total: float) -> None:
        """The progress callback handed to the work."""
        self.step = what
        if what == _COUNTED:
            self.pace.tell(done / total if total > 0 else 0.0, time.monotonic())


class Jobs:
    """A queue with one worker thread."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def add(self, owner: str, work: Work) -> Job:
        """Queue a job.

        Args:
            owner: the browser that may see and stop it.
            work: does it; looks at its event often and returns soon after it is set.
        """
        job = Job(owner, work)
        with self._lock:
            self._jobs[job.id] = job
            over = [j for j in self._jobs.values() if not j.active]
            for old in over[: max(0, len(over) - KEPT)]:
                del self._jobs[old.id]
            if self._worker is None:
                self._worker = threading.Thread(target=self._run, name="pvchat-jobs", daemon=True)
                self._worker.start()
        self._queue.put(job)
        return job

    def of(self, owner: str) -> list[Job]:
        """A browser's jobs, newest first."""
        return [job for job in reversed(list(self._jobs.values())) if job.owner == owner]

    def ahead_of(self, job: Job) -> int:
        """How many jobs come before a waiting one."""
        active = [j for j in list(self._jobs.values()) if j.active]
        return active.index(job) if job in active else 0

    def cancel(self, job_id: str, owner: str) -> bool:
        """Ask a job to stop; False when it isn't this browser's or is over."""
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner or not job.active:
            return False
        self._stop(job)
        return True

    def close(self, timeout_s: float = 20.0) -> None:
        """Stop all jobs and the worker."""
        for job in list(self._jobs.values()):
            if job.active:
                self._stop(job)
        self._queue.put(None)
        if self._worker is not None:
            self._worker.join(timeout_s)

    def _stop(self, job: Job) -> None:
        job.stop.set()
        with self._lock:
            if job.state == "waiting":
                _finish(job, "stopped")

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            with self._lock:
                if job.state != "waiting":
                    continue
                job.state, job.started = "running", time.monotonic()
            state: State = "done"
            try:
                job.result = job.work(job.stop, job.tell)
            except Exception as error:
                if not isinstance(error, PVChatError):
                    _log.exception("a job failed")
                job.failure, state = error, "failed"
            with self._lock:
                _finish(job, "stopped" if job.stop.is_set() and state == "done" else state)


def _finish(job: Job, state: State) -> None:
    job.state, job.finished = state, time.monotonic()
    job.over.set()

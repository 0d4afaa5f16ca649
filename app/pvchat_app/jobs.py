"""Background jobs: trainings, scans and evaluations, done one after the other; they survive a reload of the page.

In: work (a function that takes a stop event and a progress callback) and its owner. Out: `Job` objects with state,
progress and time left (`progress.py`).
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

from pvchat.errors import PeopleError, PVChatError
from pvchat.schemas import Progress
from pvchat_app.progress import Pace

Work = Callable[[threading.Event, Progress], object]
State = Literal["waiting", "running", "done", "stopped", "failed"]

KEPT = 50  # finished jobs that are remembered
_ALL_STEPS = "augmentation"  # progress that counts whole steps, not a step's parts, see `pvchat.augment.steps.augment`
_STEPS = ("measuring the person", "making samples", "finding other people", "checking samples", "writing questions",
          "training")  # fmt: skip

_log = logging.getLogger(__name__)


@dataclass
class Job:
    """One background job."""

    owner: str  # the browser that started it; it alone may see its samples and stop it
    name: str  # the person, or the manifest
    work: Work = field(repr=False)  # returns soon after its event is set
    cleanup: Callable[[], None] = field(repr=False, default=lambda: None)  # called at the end, also after a failure
    kind: str = "deep"  # "deep" (an enrollment), "scan" or "evaluation"
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    result: Any = None  # what the work returned
    preview: str = ""  # HTML of the samples that a training made; stays when their files are gone
    previewed: tuple[float, int] = (0.0, 0)  # which samples `preview` shows
    state: State = "waiting"
    step: str = ""  # the current step
    part: str = ""  # the current part of that step
    number: int = 0  # of the step, from 1; 0 where steps aren't counted
    count: int = 0  # of steps
    done: float = 0.0  # of the part, of `total`
    total: float = 0.0
    failure: BaseException | None = None  # why it failed
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    started: float = 0.0
    finished: float = 0.0
    main: str = ""  # the part by whose share the whole job is judged; "" where steps are counted
    pace: Pace = field(default_factory=Pace, repr=False)  # share done and time left
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
        """Seconds left; None while that isn't known, and where steps are counted: they take unlike long."""
        return self.pace.left_s(time.monotonic()) if self.state == "running" and self.main else None

    def tell(self, what: str, done: float, total: float) -> None:
        """The progress callback handed to the work."""
        if what == _ALL_STEPS:
            self.number, self.count = int(done) + 1, len(_STEPS)
            done = total = 0.0
        step = _STEPS[min(self.number, len(_STEPS)) - 1] if self.number else what
        self.step, self.part, self.done, self.total = step, what, done, total
        share = done / total if total > 0 else 0.0
        if self.number:
            self.pace.tell((self.number - 1 + share) / self.count, time.monotonic())
        elif what == self.main:
            self.pace.tell(share, time.monotonic())


class Jobs:
    """A queue with one worker thread, since all jobs share one model and one machine."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def add(self, job: Job) -> Job:
        """Queue a job."""
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

    def of(self, owner: str, kind: str = "deep") -> list[Job]:
        """A browser's jobs of one kind, newest first."""
        return [job for job in reversed(list(self._jobs.values())) if job.owner == owner and job.kind == kind]

    def for_person(self, name: str) -> Job | None:
        """The job that waits or runs for a person, whoever started it."""
        mine = (job for job in list(self._jobs.values()) if job.active and job.kind == "deep" and job.name == name)
        return next(mine, None)

    def require_untrained(self, name: str) -> None:
        """Raise PeopleError if a training of this person waits or runs: she mustn't change meanwhile."""
        if self.for_person(name):
            raise PeopleError("is being trained.", subject=name, hint="Wait until it is done, or cancel it first.")

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

    def stop_person(self, name: str, timeout_s: float = 60.0) -> bool:
        """Stop whatever runs for a person and wait; False when it hasn't ended in time."""
        job = self.for_person(name)
        if job is None:
            return True
        self._stop(job)
        return job.over.wait(timeout_s)

    def forget(self, name: str) -> None:
        """Drop the finished trainings of a person who is forgotten."""
        with self._lock:
            for job in list(self._jobs.values()):
                if job.name == name and job.kind == "deep" and not job.active:
                    del self._jobs[job.id]

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
                self._finish(job, "stopped")

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            with self._lock:
                if job.state != "waiting":
                    continue
                job.state, job.started = "running", time.monotonic()
            state: State = "done"
            try:
                job.result = job.work(job.stop, job.tell)
            except PVChatError as error:
                job.failure, state = error, "failed"
            except Exception as error:
                _log.exception("the job (%s) of %s failed", job.kind, job.name)
                job.failure, state = error, "failed"
            with self._lock:
                self._finish(job, "stopped" if job.stop.is_set() and state == "done" else state)

    def _finish(self, job: Job, state: State) -> None:
        try:
            job.cleanup()
        except OSError:
            _log.exception("cleaning up after a job (%s) failed", job.kind)
        job.state, job.finished = state, time.monotonic()  # whoever sees it finds nothing left to clean up
        job.over.set()

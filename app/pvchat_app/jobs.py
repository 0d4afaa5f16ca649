"""Trainings, scans and evaluations in the background: one worker, jobs that outlive a page reload, with time left.

In: work (a function that takes a stop event and a progress callback) and who may see it. Out: `Job` objects to look at.
The person answers from the instant enrollment meanwhile: that is the work's own business (`PVChat.enroll`).
How long a job will still take is `progress.py`'s.
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
from pvchat_app.progress import Pace, Plan

Work = Callable[[threading.Event, Progress], object]
State = Literal["waiting", "running", "done", "stopped", "failed"]

KEPT = 50  # finished jobs that are remembered
_OUTER = "augmentation"  # progress that counts the steps themselves, see `pvchat.augment.steps.augment`
_NAMES = ("measuring the person", "making samples", "finding other people", "checking samples", "writing questions",
          "training")  # fmt: skip

_log = logging.getLogger(__name__)


@dataclass
class Job:
    """One background job."""

    owner: str  # the browser that started it; it alone may see its samples and stop it
    name: str  # the person, or the manifest
    work: Work = field(repr=False)  # looks at its event often, and returns soon after that is set
    cleanup: Callable[[], None] = field(repr=False, default=lambda: None)  # called at the end, whatever came of it
    kind: str = "deep"  # "deep" (an enrollment), "scan" or "evaluation"
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    result: Any = None  # what the work returned
    preview: str = ""  # what the samples that a training made look like, as HTML; stays when they are gone
    previewed: tuple[float, int] = (0.0, 0)  # which samples `preview` shows
    state: State = "waiting"
    step: str = ""  # what is being done
    part: str = ""  # what of the step is being done
    number: int = 0  # which step it is; 0 while nobody counts
    count: int = 0  # of steps
    done: float = 0.0  # of the part, of `total`
    total: float = 0.0
    failure: BaseException | None = None  # why it failed
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    started: float = 0.0
    finished: float = 0.0
    pace: Pace = field(default_factory=Pace, repr=False)  # how far it is and how long it will take
    over: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def share(self) -> float:
        """How much of the whole job is done, 0..1; it never falls."""
        return 1.0 if self.state == "done" else min(0.99, self.pace.done)

    def left_s(self) -> float | None:
        """Seconds left; None while that isn't known."""
        return self.pace.left_s(time.monotonic()) if self.state == "running" else None

    def tell(self, what: str, done: float, total: float) -> None:
        """The progress callback handed to the work."""
        if what == _OUTER:
            self.number, self.count = int(done) + 1, len(_NAMES)
            done = total = 0.0
        step = _NAMES[min(self.number, len(_NAMES)) - 1] if self.number else what
        self.step, self.part, self.done, self.total = step, what, done, total
        self.pace.tell(step if what == _OUTER else what, done / total if total > 0 else 0.0, time.monotonic())


class Jobs:
    """A queue with one worker thread: deep enrollments share one model and one machine."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def add(
        self, owner: str, name: str, work: Work, cleanup: Callable[[], None] = lambda: None, kind: str = "deep",
        plan: Plan = (),
    ) -> Job:  # fmt: skip
        """Queue a job, of `Job`'s fields; `plan`: what it will do, see `progress.py`."""
        job = Job(owner, name, work, cleanup, kind, pace=Pace(plan))
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
        """Raise PeopleError where a training of a person waits or runs: she mustn't change under it."""
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
        """Forget a person's trainings that are over: their name, and what their samples looked like."""
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

"""The look through the library that the API begins: a background job of the server, asked how far it is, stopped."""

from __future__ import annotations

import threading
from typing import Any

from pvchat.errors import PVChatError
from pvchat.library.scan import Scanning
from pvchat.schemas import Progress
from pvchat_app.api.gate import RefusedError
from pvchat_app.api.models import Problem, ScanRow
from pvchat_app.desk import Desk
from pvchat_app.jobs import Job

_OWNER = "api"  # no browser's key


class Scans:
    """At most one look at a time; it waits for the jobs before it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._job: Job | None = None
        self._report: dict[str, Any] | None = None

    @property
    def state(self) -> ScanRow:
        """How far it is, or what came of the last one."""
        job = self._job
        if job is None:
            return ScanRow(running=False)
        if job.active:
            return ScanRow(running=True, what=job.part, done=job.done, total=job.total)
        error, problem = job.failure, None
        if error is not None:
            inside = {"error": "InternalError", "what": "something went wrong inside PVChat."}
            problem = Problem.model_validate(error.to_dict() if isinstance(error, PVChatError) else inside)
        return ScanRow(running=False, report=self._report, problem=problem)

    def start(self) -> ScanRow:
        """Begin; raises RefusedError where one runs."""
        if self._job is not None and self._job.active:
            raise RefusedError(409, "it is being looked through.", subject="library", hint="Wait, or cancel it.")
        self._report = None

        def work(stop: threading.Event, progress: Progress) -> None:
            report = self.desk.engine.chat.library.scan(Scanning(progress=progress, stop=stop))
            self._report = report.to_dict()

        self._job = self.desk.jobs.add(_OWNER, "Library", work, kind="scan")
        return self.state

    def cancel(self) -> ScanRow:
        """Stop after the clip at hand; what was finished is kept."""
        if self._job is not None:
            self.desk.jobs.cancel(self._job.id, _OWNER)
        return self.state

"""The look through the library that runs behind the API: begun, asked how far it is, stopped."""

from __future__ import annotations

import asyncio
import threading

from pvchat.errors import PVChatError
from pvchat.library.scan import Scanning
from pvchat_app.api.gate import RefusedError
from pvchat_app.api.models import Problem, ScanRow
from pvchat_app.engine import Engine


class Scans:
    """At most one look at a time.

    Args:
        engine: whose library.
        leaving: set when the server stops: a look ends after the clip at hand.
    """

    def __init__(self, engine: Engine, leaving: asyncio.Event) -> None:
        self.engine, self.leaving = engine, leaving
        self.state = ScanRow(running=False)
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def start(self) -> ScanRow:
        """Begin; raises RefusedError where one runs."""
        with self._lock:
            if self.state.running:
                raise RefusedError(409, "it is being looked through.", subject="library", hint="Wait, or cancel it.")
            self._stop.clear()
            self.state = ScanRow(running=True)
        threading.Thread(target=self._run, name="pvchat-scan", daemon=True).start()
        return self.state

    def cancel(self) -> ScanRow:
        """Stop after the clip at hand; what was finished is kept."""
        self._stop.set()
        return self.state

    def _run(self) -> None:
        try:
            report = self.engine.chat.library.scan(Scanning(progress=self._tell, stop=self._stop))
            self.state = ScanRow(running=False, report=report.to_dict())
        except PVChatError as error:
            self.state = ScanRow(running=False, problem=Problem.model_validate(error.to_dict()))
        except Exception as error:  # told to whoever asks; what it was is on the terminal
            problem = Problem(error="InternalError", what="something went wrong inside PVChat.")
            self.state = ScanRow(running=False, problem=problem)
            raise error

    def _tell(self, what: str, done: float, total: float) -> None:
        self.state = ScanRow(running=True, what=what, done=done, total=total)
        if self.leaving.is_set():
            self._stop.set()

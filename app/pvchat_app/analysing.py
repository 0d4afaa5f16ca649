"""Clips are analysed in background threads, so that questions can be answered from the part analysed so far.

In: a session's clip. Out: a `RunningAnalysis`: its progress, what was found so far, whether it is over. The experts
(frozen networks) are free again after each part of a long video (`service/clipmemory.py`).
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

from pvchat.augment.watch import StoppedError, Watch
from pvchat.schemas import ClipAnalysis, Progress
from pvchat_app.conversation import SessionClip
from pvchat_app.engine import Engine
from pvchat_app.progress import BEAT_S, CallProgress


class RunningAnalysis:
    """The analysis of one clip, while it runs and afterwards."""

    def __init__(self) -> None:
        self.so_far: ClipAnalysis | None = None  # what was found so far in a long video
        self.progress = CallProgress("looking at the clip")
        self.over = threading.Event()
        self.failure: BaseException | None = None
        self.stop = threading.Event()  # set to end it when it next reports its progress

    def partial(self, seen: ClipAnalysis) -> None:
        """Take in what was found so far (a callback of `PVChat.analyse`); raises StoppedError once it is to stop."""
        if self.stop.is_set():
            raise StoppedError("nobody waits for this analysis any more.")
        self.so_far = seen

    def wait(self, progress: Progress | None = None) -> None:
        """Wait until it is over, report its progress meanwhile, and raise what it raised."""
        while not self.over.wait(BEAT_S):
            if progress is not None:
                progress(*self.progress.state)
        if self.failure is not None:
            raise self.failure


class RunningAnalyses:
    """All analyses of a server, one at a time for each clip; `drop` deletes what is kept of a stopped one (by key)."""

    def __init__(self, engine: Engine, drop: Callable[[str], None]) -> None:
        self._engine, self._drop = engine, drop
        self._at: weakref.WeakKeyDictionary[SessionClip, RunningAnalysis] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, clip: SessionClip) -> RunningAnalysis:
        """The analysis of a clip: the one that runs or is done, else a new one, which is started."""
        with self._lock:
            running = self._at.get(clip)
            if running is not None and (clip.analysis is not None or not running.over.is_set()):
                return running
            running = self._at[clip] = RunningAnalysis()
            if clip.analysis is not None:
                running.over.set()
                return running
        threading.Thread(target=self._run, args=(clip, running), name="pvchat-look", daemon=True).start()
        return running

    def seen(self, clip: SessionClip) -> ClipAnalysis | None:
        """What is known about a clip by now; None: nothing yet."""
        running = self._at.get(clip)
        return clip.analysis or (running.so_far if running is not None else None)

    def stop(self, clip: SessionClip) -> None:
        """Stop the analysis of a clip that nobody needs any more."""
        running = self._at.get(clip)
        if running is not None:
            running.stop.set()

    def close(self) -> None:
        """Stop them all: the server stops."""
        for clip in list(self._at):
            self.stop(clip)

    def _run(self, clip: SessionClip, running: RunningAnalysis) -> None:
        key = ""
        try:
            key = self._engine.chat.key_of(clip.path)
            with self._engine.reporting_to(Watch(running.progress.tell, running.stop).step):
                clip.analysis = self._engine.chat.analyse(clip.path, running.partial)
        except BaseException as error:  # raised again where somebody waits
            running.failure = error
        finally:
            if running.stop.is_set() and key:
                self._drop(key)
            running.over.set()

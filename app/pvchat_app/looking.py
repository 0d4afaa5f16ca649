"""Looks at clips behind the page: each in its own thread, so that questions are answered from what was seen so far.

In: a session's clip. Out: a `ClipLook`: what is being done, how far it is, what was seen so far, and when it is over.
Whoever waits for the experts waits for one part of a long video at most (`service/clipmemory.py`).
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager

from pvchat.augment.watch import StoppedError
from pvchat.schemas import ClipAnalysis, Progress
from pvchat.service import PVChat
from pvchat.service.answering import Asking
from pvchat_app.conversation import History, SessionClip, Turn
from pvchat_app.engine import Engine
from pvchat_app.progress import BEAT_S, CallProgress


class ClipLook:
    """One look at a clip."""

    def __init__(self) -> None:
        self.so_far: ClipAnalysis | None = None  # what was seen of a long video
        self.watch = CallProgress("looking at the clip")
        self.over = threading.Event()
        self.failure: BaseException | None = None
        self.stop = threading.Event()  # set when it is to end after the part that is being looked at

    def partial(self, seen: ClipAnalysis) -> None:
        """The callback for what was seen so far; raises StoppedError once it is to end."""
        if self.stop.is_set():
            raise StoppedError("nobody waits for this look any more.")
        self.so_far = seen

    def wait(self, progress: Progress | None) -> None:
        """Wait until it is over; tell how far it is meanwhile; raise what it raised."""
        while not self.over.wait(BEAT_S):
            if progress is not None:
                progress(*self.watch.state)
        if self.failure is not None:
            raise self.failure


def answer_now(
    chat: PVChat,
    seen: ClipAnalysis,
    turn: Turn,
    history: History,
    speaking: AbstractContextManager[object],
    stream: Callable[[str], None],
) -> None:
    """Answer a question while its long video is looked through: as a whole, to be told anew when more was seen.

    Minutes that the look hasn't come to yet are looked at now. One at a time speaks; `stream` isn't called.
    """
    assert turn.clip is not None
    path, whole_s, asked = turn.clip.path, turn.clip.probe.duration_s, (turn.question, history)
    so_far = Asking(turn.between, whole_s=whole_s, seen=seen)
    asking = chat.look_ahead(path, *asked, so_far)  # while others are answered
    with speaking:
        turn.take(chat.answer(path, *asked, asking), whole_s)


class Looks:
    """The looks of one server, at most one at a time for each clip of a session.

    `drop` forgets what is kept of a clip by its key; called when a look was stopped.
    """

    def __init__(self, engine: Engine, drop: Callable[[str], None]) -> None:
        self._engine, self._drop = engine, drop
        self._at: weakref.WeakKeyDictionary[SessionClip, ClipLook] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, clip: SessionClip) -> ClipLook:
        """The look at a clip: the one that runs or is done, else a new one, which begins now."""
        with self._lock:
            looking = self._at.get(clip)
            if looking is not None and (clip.analysis is not None or not looking.over.is_set()):
                return looking
            looking = self._at[clip] = ClipLook()
            if clip.analysis is not None:
                looking.over.set()
                return looking
        threading.Thread(target=self._run, args=(clip, looking), name="pvchat-look", daemon=True).start()
        return looking

    def seen(self, clip: SessionClip) -> ClipAnalysis | None:
        """All that is known of a clip by now."""
        looking = self._at.get(clip)
        return clip.analysis or (looking.so_far if looking is not None else None)

    def stop(self, clip: SessionClip) -> None:
        """Nobody needs this clip any more."""
        looking = self._at.get(clip)
        if looking is not None:
            looking.stop.set()

    def close(self) -> None:
        """The server stops: all of them are to end."""
        for clip in list(self._at):
            self.stop(clip)

    def _run(self, clip: SessionClip, looking: ClipLook) -> None:
        try:
            with self._engine.listening(looking.watch.tell):
                clip.analysis = analysis = self._engine.chat.analyse(clip.path, looking.partial)
            if looking.stop.is_set():
                self._drop(analysis.key)
        except StoppedError as stopped:
            looking.failure = stopped
            if looking.so_far is not None:
                self._drop(looking.so_far.key)
        except BaseException as error:  # raised again where somebody waits
            looking.failure = error
        finally:
            looking.over.set()

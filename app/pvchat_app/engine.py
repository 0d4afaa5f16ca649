"""The one PVChat in memory: loaded in the background, so that the page is there at once.

In: settings. Out: `chat` (waits until it is loaded), `people` (available at once). PVChat has one progress callback;
`reporting_to` gives each thread its own, so that browser sessions never see each other's progress.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pvchat.config import Settings
from pvchat.people.store import PeopleStore
from pvchat.schemas import Progress

if TYPE_CHECKING:
    from pvchat.service import PVChat


_log = logging.getLogger(__name__)


class Engine:
    """Loads a PVChat in the background (`load` gets its progress callback); `warm`: every expert with it."""

    def __init__(self, load: Callable[[Progress], PVChat], warm: bool = True) -> None:
        self.people = PeopleStore()
        self._callbacks = threading.local()
        self._loaded: Future[PVChat] = Future()
        self._load, self._warm = load, warm

    def start(self) -> None:
        """Start loading; returns at once."""
        threading.Thread(target=self._run, name="pvchat-load", daemon=True).start()

    @property
    def ready(self) -> bool:
        """Whether `chat` answers at once."""
        return self._loaded.done()

    @property
    def chat(self) -> PVChat:
        """The PVChat; waits until it is loaded; raises PVChatError where it can't be."""
        return self._loaded.result()

    @property
    def can_train(self) -> bool:
        """Whether a pretrained base answers, which a deep enrollment trains; waits until PVChat is loaded."""
        from pvchat.train.deep import trains

        return trains(self.chat)

    def answer_by(self, model: str) -> None:
        """Let another model answer; until it is loaded, and if it can't be, the one before does."""
        loaded: Future[PVChat] = Future()
        loaded.set_result(self.chat.answering(model))
        self._loaded = loaded

    def listen_to_videos(self, on: bool) -> None:
        """Switch on or off that videos are listened to, and voices learned and named."""
        chat = self.chat
        chat.settings = replace(chat.settings, voice=on)
        chat.networks.settings = replace(chat.networks.settings, voice=on)

    @contextmanager
    def reporting_to(self, progress: Progress | None) -> Iterator[None]:
        """Inside, what this thread makes PVChat do reports to `progress`."""
        before = getattr(self._callbacks, "progress", None)
        self._callbacks.progress = progress
        try:
            yield
        finally:
            self._callbacks.progress = before

    def tell(self, what: str, done: float, total: float) -> None:
        """PVChat's progress callback: pass it on to this thread's own."""
        progress = getattr(self._callbacks, "progress", None)
        if progress is not None:
            progress(what, done, total)

    def _run(self) -> None:
        try:
            chat = self._load(self.tell)
        except Exception as error:  # raised where somebody asks for `chat`
            self._loaded.set_exception(error)
            return
        self._loaded.set_result(chat)
        if self._warm:
            try:
                chat.networks.load()
            except Exception:  # the same error is raised again, and shown, when the expert is needed
                _log.exception("warming up failed")


def load(settings: Settings, progress: Progress) -> PVChat:
    """Load PVChat for `pvchat serve`."""
    from pvchat.service import PVChat

    return PVChat.from_pretrained("embedded", settings=settings, progress=progress)

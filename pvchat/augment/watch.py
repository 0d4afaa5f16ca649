"""How an augmentation reports its progress to whoever waits for it, and is stopped between two samples."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pvchat.errors import PVChatError
from pvchat.schemas import Progress

Item = TypeVar("Item")


class StoppedError(PVChatError):
    """The caller asked to stop; what is finished stays and is used next time."""


@dataclass(frozen=True)
class Watch:
    """Where progress is reported, and the event that stops the work after the current sample; None for neither."""

    progress: Progress | None = None
    stop: threading.Event | None = None

    @property
    def stopped(self) -> bool:
        """Whether it is to end."""
        return self.stop is not None and self.stop.is_set()

    def tell(self, what: str, done: float, total: float) -> None:
        """Say what is being done, how much of it is done, and how much there is."""
        if self.progress is not None:
            self.progress(what, done, total)

    def step(self, what: str, done: float, total: float) -> None:
        """`tell` what comes next; raises StoppedError where it is to end."""
        if self.stopped:
            raise StoppedError("it was stopped.", hint="The same call goes on from here.")
        self.tell(what, done, total)

    def over(self, what: str, items: Sequence[Item]) -> Iterator[Item]:
        """The items one by one, with progress before each; raises StoppedError between two when it is to end."""
        for done, item in enumerate(items):
            self.step(what, done, len(items))
            yield item
        if items:
            self.tell(what, len(items), len(items))


UNWATCHED = Watch()

"""Who looks at which clip: one after the other, and found by whoever forgets it.

In: a file. Out: its turn. What was begun before a clip was forgotten answers, and isn't kept.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from pvchat import watchdog


@dataclass(eq=False)
class ClipFile:
    """A clip that is being looked at.

    Attributes:
        path: of it.
        key: its content key.
        version: under which its analysis is kept.
        since: the cache's last purge before this look began (`ClipCache.last_purge`).
        gone: it was forgotten, or is another file, since this look began: nothing is kept.
    """

    path: str | Path
    key: str
    version: str
    since: str = ""
    gone: bool = False


class AtWork:
    """The looks that are under way or wait for their turn, by their clips' keys."""

    def __init__(self) -> None:
        self._looks: dict[str, tuple[threading.Lock, list[ClipFile]]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, file: ClipFile, beside: bool = False) -> Iterator[None]:
        """Wait until nobody else looks at the same clip; or be `beside` whoever does."""
        with self._lock:
            turn, looks = self._looks.setdefault(file.key, (threading.Lock(), []))
            looks.append(file)
        try:
            with nullcontext() if beside else turn, watchdog.working(f"Looking at {Path(file.path).name}"):
                yield
        finally:
            with self._lock:
                looks.remove(file)
                if not looks:
                    del self._looks[file.key]

    def forget(self, key: str | None = None) -> None:
        """What is at work on a clip, on all if None, is not to be kept."""
        with self._lock:
            for _, looks in self._looks.values():
                for file in looks:
                    file.gone |= key in (None, file.key)

    def __len__(self) -> int:
        with self._lock:
            return sum(len(looks) for _, looks in self._looks.values())

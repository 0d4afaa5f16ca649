"""How long something will still take, by its progress so far; nothing is told where nothing is known.

In: how much is done, again and again. Out: seconds left, which count down until more is told.
"""

from __future__ import annotations

from dataclasses import dataclass

_SILENT, _SILENT_S = 0.1, 2.0  # no time left is told before so much is done, nor before so many seconds have passed


@dataclass
class Pace:
    """The clock of one piece of work; times are seconds of one monotonic clock.

    Attributes:
        share: how much of it is done, 0..1; it never falls.
    """

    share: float = 0.0
    _began: float | None = None
    _told: float = 0.0  # when it was last heard that there was progress

    def tell(self, share: float, now: float) -> None:
        """So much is done by now."""
        if self._began is None:
            self._began = self._told = now
        if share > self.share:
            self.share, self._told = min(1.0, share), now

    def left_s(self, now: float) -> float | None:
        """Seconds left; None while nothing is known, or when what was told is over and nothing more came."""
        passed = 0.0 if self._began is None else self._told - self._began
        if self.share < _SILENT or passed < _SILENT_S:
            return None
        left = passed * (1 - self.share) / self.share - (now - self._told)
        return left if left > 0 else None

"""The grace of a page whose connection is lost, over when a test says so and not after a time."""

from __future__ import annotations

import asyncio

import pytest
from pvchat_app import heartbeats


class Grace:
    """Stands in the place of a sleep of `heartbeats.GRACE_S`.

    Attributes:
        begun: an event for each grace that began, set to end it.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.begun: list[asyncio.Event] = []
        self._sleep = asyncio.sleep
        patch.setattr(asyncio, "sleep", self._wait)

    async def end(self, count: int | None = None) -> None:
        """End the first `count` graces (all where None), and let everything that can go on do so."""
        for over in self.begun[:count]:
            over.set()
        await settle()

    async def _wait(self, seconds: float) -> None:
        if seconds != heartbeats.GRACE_S:
            await self._sleep(seconds)
            return
        self.begun.append(asyncio.Event())
        await self.begun[-1].wait()


async def settle() -> None:
    """Let everything that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)

"""A process that dies in the middle of what it writes: for tests that nothing is lost or left by a kill."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

DISK = ("open", "fsync", "rename", "replace", "unlink", "rmdir", "mkdir")  # calls of `os` that touch the disk


def die_before_call(calls: int, names: tuple[str, ...] = DISK) -> Callable[[], int]:
    """From now on this process ends by SIGKILL just before the call of one of these that follows `calls` others.

    Returns:
        Tells how many calls there were so far.
    """
    left = calls

    def mortal(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)

        return wrapper

    for name in names:
        setattr(os, name, mortal(getattr(os, name)))
    return lambda: calls - left

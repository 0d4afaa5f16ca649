"""A process that dies in the middle of what it writes: for tests that nothing is lost or left by a kill."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from pvchat.storage import database

DISK = ("open", "fsync", "rename", "replace", "unlink", "rmdir", "mkdir")  # calls of `os` that touch the disk
_STEPS = 500  # of SQLite's in one statement, between two moments


def die_before_call(calls: int, names: tuple[str, ...] = DISK) -> Callable[[], int]:
    """From now on this process ends by SIGKILL just before the call of one of these that follows `calls` others.

    Returns:
        Tells how many calls there were so far.
    """
    pass_one, passed = _lifetime(calls)
    _call_before(pass_one, names)
    return passed


def die_at_moment(moments: int) -> Callable[[], int]:
    """As `die_before_call`; the statements to a library count, too, and of one that takes long its middle."""
    pass_one, passed = _lifetime(moments)
    _call_before(pass_one, DISK)
    opened = database.open_file

    def open_file(*args: Any) -> Any:
        connection = opened(*args)
        if connection is not None:
            connection.set_trace_callback(pass_one)
            connection.set_progress_handler(pass_one, _STEPS)
        return connection

    database.open_file = open_file
    return passed


def _lifetime(moments: int) -> tuple[Callable[..., None], Callable[[], int]]:
    """What counts a moment, and ends this process at the one that follows so many others; how many there were."""
    passed = 0

    def pass_one(*_: object) -> None:
        nonlocal passed
        if passed == moments:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1

    return pass_one, lambda: passed


def _call_before(pass_one: Callable[..., None], names: tuple[str, ...]) -> None:
    def mortal(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            pass_one()
            return call(*args, **kwargs)

        return wrapper

    for name in names:
        setattr(os, name, mortal(getattr(os, name)))

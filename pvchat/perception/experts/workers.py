"""Work on several threads: as many things at once as networks may compute on, each on one of them.

In: a function and what it is to be called with. Out: what it made, in order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

from pvchat.runtime import own_threads
from pvchat.schemas import Progress

_THREAD = threading.local()  # `.inside` in a thread that works for `in_parallel`

Thing = TypeVar("Thing")
Made = TypeVar("Made")


def in_parallel(make: Callable[[Thing], Made], things: Iterable[Thing]) -> list[Made]:
    """`make` of each thing, in order, in `own_threads()` threads, of which the caller's is one.

    What one of them calls in turn stays in its thread. So many calls at once take so many times a network's buffers.
    """
    todo, count = list(things), own_threads()
    if len(todo) < 2 or count < 2 or getattr(_THREAD, "inside", False):
        return [make(thing) for thing in todo]
    made: dict[int, Made] = {}
    left = iter(range(len(todo)))  # whose next number is given to one thread only

    def work() -> None:
        _THREAD.inside = True
        try:
            made.update((k, make(todo[k])) for k in left)
        finally:
            _THREAD.inside = False
            for _ in left:  # after an error nobody goes on
                pass

    others = [_helpers(count - 1).submit(work) for _ in range(min(count, len(todo)) - 1)]
    try:
        work()
    finally:
        wait(others)
    for other in others:
        other.result()
    return [made[k] for k in range(len(todo))]


def thread_safe(progress: Progress | None) -> Progress:
    """A progress that several threads may tell of: one call at a time, and one that comes late is left out."""
    lock, last = threading.Lock(), dict[str, float]()

    def tell(what: str, done: float, total: float) -> None:
        with lock:
            if progress is not None and done >= last.get(what, 0.0):
                last[what] = done
                progress(what, done, total)

    return tell


@cache
def _helpers(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, "networks")

"""Work on several threads: as many things at once as networks may compute on, each on one of them.

In: a function and what it is to be called with. Out: what it made, in order.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from itertools import chain, islice
from typing import Generic, TypeVar

from pvchat.runtime import usable_cores

_AT_WORK = threading.local()  # `.inside` in a thread that works for `side_by_side`

Thing = TypeVar("Thing")
Made = TypeVar("Made")


def threads() -> int:
    """Threads the networks compute on together: `$OMP_NUM_THREADS`, else the usable cores."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) > 0 else usable_cores()


def side_by_side(make: Callable[[Thing], Made], things: Iterable[Thing]) -> list[Made]:
    """`make` of each thing, in order, in `threads()` threads, of which the caller's is one.

    Whoever is free takes the next thing. One that isn't there yet, like a piece of a clip that is being read, is made
    in that thread, and meanwhile the others use theirs. What one of them calls in turn stays in its thread. So many
    calls at once take so many times a network's buffers.
    """
    source = iter(things)
    first = list(islice(source, 2))
    if len(first) < 2 or threads() < 2 or getattr(_AT_WORK, "inside", False):
        return [make(thing) for thing in chain(first, source)]
    shared = _Shared(enumerate(chain(first, source)))
    made: dict[int, Made] = {}

    def work() -> None:
        _AT_WORK.inside = True
        try:
            made.update((k, make(thing)) for k, thing in shared)
        finally:
            _AT_WORK.inside = False
            shared.end()  # after an error nobody goes on

    others = [_others(threads() - 1).submit(work) for _ in range(threads() - 1)]
    try:
        work()
    finally:
        wait(others)
    for other in others:
        other.result()
    return [made[k] for k in range(len(made))]


class _Shared(Generic[Thing]):
    """An iterator for several threads: each thing goes to one of them."""

    def __init__(self, source: Iterator[Thing]) -> None:
        self._source, self._lock, self._over = source, threading.Lock(), False

    def __iter__(self) -> _Shared[Thing]:
        return self

    def __next__(self) -> Thing:
        with self._lock:
            if self._over:
                raise StopIteration
            return next(self._source)

    def end(self) -> None:
        """Nothing is given out any more."""
        self._over = True


@cache
def _others(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, "networks")

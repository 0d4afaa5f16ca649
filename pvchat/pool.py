"""Spreads work over workers: in this process, in processes of this machine, or on a Ray cluster.

A worker is opened once and keeps what it has loaded; a worker's process ends when the program's process is gone.

    for number, row in results(clips, partial(Worker, spec), workers=2): …

Ray comes with the extra `ray`. Without `$RAY_ADDRESS` it is started on this machine for the time of one call; with it,
that cluster is used, whose nodes must see the same files under the same paths.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from pvchat.errors import PVChatError, SettingsError

ENGINES = ("local", "ray")
Worker = Callable[[Any], Any]  # an item to what came of it
Opener = Callable[[], Worker]  # goes to other processes: a function or class of a module, or a `partial` of one
_worker: Worker | None = None  # of a worker process


def results(
    items: Sequence[Any], open_worker: Opener, workers: int = 1, engine: str = "local", ordered: bool = False
) -> Generator[tuple[int, Any], None, None]:
    """Run all items (`str` of one names it in an error); yields each number and result once.

    One worker of the engine "local" is this process. `ordered`: in the order of the items; on this machine few are
    begun ahead then, since results may be large.

    Raises:
        SettingsError: no such engine, or Ray isn't installed.
        PVChatError: a worker process died; what is done is kept by whoever consumed it.
    """
    if engine not in ENGINES:
        raise SettingsError(f"there is no engine '{engine}'.", hint=f"Use {' or '.join(ENGINES)}.")
    if not items:
        return
    if engine == "ray":
        yield from _on_ray(items, open_worker, workers, ordered)
    elif workers <= 1 or len(items) <= 1:
        work = open_worker()
        for number, item in enumerate(items):
            yield number, work(item)
    else:
        yield from _in_processes(items, open_worker, min(workers, len(items)), ordered)


def _in_processes(items: Sequence[Any], open_worker: Opener, workers: int, ordered: bool) -> Iterator[tuple[int, Any]]:
    import multiprocessing

    context = multiprocessing.get_context("spawn")  # forked torch threads hang
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(open_worker,)) as pool:
        waiting = dict[Future[Any], int]()
        try:
            for number, item in enumerate(items):
                waiting[pool.submit(_run, item)] = number
                if ordered and len(waiting) > 2 * workers:
                    yield _first(waiting)
            while ordered and waiting:
                yield _first(waiting)
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BrokenProcessPool as error:
            left = sorted(str(items[n]) for future, n in waiting.items() if not future.done() or future.exception())
            hint = "Run the same command again: what was analysed stays. Fewer --workers need less memory."
            raise PVChatError("a worker process died.", subject=left[0] if left else "", hint=hint) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _first(waiting: dict[Future[Any], int]) -> tuple[int, Any]:
    """Wait for the item that was begun first; returns its number and result."""
    future = next(iter(waiting))
    found = future.result()
    return waiting.pop(future), found


def _start(open_worker: Opener) -> None:
    """Open the worker of this process, which ends when its parent process is gone."""
    import multiprocessing

    def follow() -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
            os._exit(1)

    global _worker
    threading.Thread(target=follow, daemon=True).start()
    _worker = open_worker()


def _run(item: Any) -> Any:
    assert _worker is not None
    return _worker(item)


class _Actor:
    """A worker of Ray."""

    def __init__(self, open_worker: Opener) -> None:
        self.work = open_worker()

    def run(self, number: int, item: Any) -> tuple[int, Any]:
        """One item."""
        return number, self.work(item)


def _on_ray(items: Sequence[Any], open_worker: Opener, workers: int, ordered: bool) -> Iterator[tuple[int, Any]]:
    try:
        import ray
        from ray.util import ActorPool
    except ImportError as error:
        raise SettingsError("Ray isn't installed.", subject="--engine ray", hint="pip install 'pvchat[ray]'") from error
    mine = not ray.is_initialized()
    if mine:
        paths = {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}  # workers find what this process finds
        here = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": max(workers, 1)}
        ray.init(include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": paths}, **here)
    try:
        actor = ray.remote(num_cpus=1)(_Actor)
        pool = ActorPool([actor.remote(open_worker) for _ in range(max(1, min(workers, len(items))))])
        spread = pool.map if ordered else pool.map_unordered
        yield from spread(lambda one, pair: one.run.remote(*pair), list(enumerate(items)))
    finally:
        if mine:
            ray.shutdown()

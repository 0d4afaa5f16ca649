"""Clips over workers: in this process, in several local processes, or on a Ray cluster.

In: units and a spec. Out: results as they come, in any order. Each worker opens its models once. A local worker ends
itself when the run's process is gone, so that a killed run leaves nothing behind.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from pvchat.errors import PVChatError, SettingsError
from pvchat.eval.worker import Spec, Unit, Worker

ENGINES = ("local", "ray")
Result = dict[str, Any]
_worker: Worker | None = None  # of a worker process


def results(units: Sequence[Unit], spec: Spec, workers: int = 1, engine: str = "local") -> Iterator[Result]:
    """Run all units; yields each result once.

    Raises:
        SettingsError: no such engine, or Ray isn't installed.
        PVChatError: a worker process died; what is done is kept by whoever consumed it.
    """
    if engine not in ENGINES:
        raise SettingsError(f"there is no engine '{engine}'.", hint=f"Use {' or '.join(ENGINES)}.")
    if engine == "ray":
        yield from _on_ray(units, spec, workers)
    elif workers <= 1 or len(units) <= 1:
        with _threads(spec.threads):
            worker = Worker(spec)
            for unit in units:
                yield worker(unit)
    else:
        yield from _in_processes(units, spec, min(workers, len(units)))


def _in_processes(units: Sequence[Unit], spec: Spec, workers: int) -> Iterator[Result]:
    import multiprocessing

    context = multiprocessing.get_context("spawn")  # forked torch threads hang
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(spec,)) as pool:
        waiting = {pool.submit(_answer, unit): unit for unit in units}
        try:
            for future in as_completed(waiting):
                yield future.result()
        except BrokenProcessPool as error:
            left = sorted(unit.clip for future, unit in waiting.items() if not future.done() or future.exception())
            hint = "Run the same command again: it goes on with what is left. Fewer --workers need less memory."
            raise PVChatError("a worker process died.", subject=left[0] if left else "", hint=hint) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _start(spec: Spec) -> None:
    global _worker
    threading.Thread(target=_follow_parent, daemon=True).start()
    _limit(spec.threads)
    _worker = Worker(spec)


def _answer(unit: Unit) -> Result:
    assert _worker is not None
    return _worker(unit)


def _follow_parent() -> None:
    """End this process when the parent is gone, however it went."""
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _Actor:
    """A worker of Ray."""

    def __init__(self, spec: Spec) -> None:
        _limit(spec.threads)
        self.worker = Worker(spec)

    def answer(self, unit: Unit) -> Result:
        """One clip."""
        return self.worker(unit)


def _on_ray(units: Sequence[Unit], spec: Spec, workers: int) -> Iterator[Result]:
    try:
        import ray
        from ray.util import ActorPool
    except ImportError as error:
        raise SettingsError("Ray isn't installed.", subject="--engine ray", hint="pip install 'pvchat[ray]'") from error
    mine = not ray.is_initialized()
    if mine:
        paths = {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}  # workers find what this process finds
        ray.init(
            include_dashboard=False, log_to_driver=False, num_cpus=max(workers, 1), runtime_env={"env_vars": paths}
        )  # fmt: skip

    try:
        actor = ray.remote(num_cpus=1)(_Actor)
        pool = ActorPool([actor.remote(spec) for _ in range(max(1, min(workers, len(units))))])
        yield from pool.map_unordered(lambda one, unit: one.answer.remote(unit), list(units))
    finally:
        if mine:
            ray.shutdown()


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Compute on so many threads for a while."""
    import torch

    before = torch.get_num_threads()
    _limit(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _limit(count: int) -> None:
    import torch

    torch.set_num_threads(count)

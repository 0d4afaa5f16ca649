"""As much of Ray's interface as `pvchat.pool` uses, in this process: actors, their pool, start and end."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

import pytest


class Ray(ModuleType):
    """`ray`: what is given to actors, and what comes of them, is pickled, as if they were elsewhere."""

    def __init__(self) -> None:
        super().__init__("ray")
        self.started, self.ended, self.actors = list[dict[str, Any]](), 0, 0

    def is_initialized(self) -> bool:
        return len(self.started) > self.ended

    def init(self, **options: Any) -> None:
        self.started.append(options)

    def shutdown(self) -> None:
        self.ended += 1

    def remote(self, **_: Any) -> Callable[[type], Any]:
        return lambda kind: _Remote(lambda *given: _Actor(self, kind(*given)))


class _Remote:
    """What is called by `.remote(…)`."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call

    def remote(self, *given: Any) -> Any:
        return self.call(*pickle.loads(pickle.dumps(given)))


class _Actor:
    """A worker, each of whose methods is called by `.remote(…)`."""

    def __init__(self, ray: Ray, made: Any) -> None:
        ray.actors += 1
        self.made = made

    def __getattr__(self, name: str) -> _Remote:
        return _Remote(lambda *given: pickle.loads(pickle.dumps(getattr(self.made, name)(*given))))


class ActorPool:
    """`ray.util.ActorPool`: its actors take turns; unordered, the last comes first."""

    def __init__(self, actors: list[Any]) -> None:
        self.actors = actors

    def map(self, call: Callable[[Any, Any], Any], values: Iterable[Any]) -> Iterator[Any]:
        for number, value in enumerate(values):
            yield call(self.actors[number % len(self.actors)], value)

    def map_unordered(self, call: Callable[[Any, Any], Any], values: Iterable[Any]) -> Iterator[Any]:
        yield from reversed(list(self.map(call, values)))


def install(patch: pytest.MonkeyPatch) -> Ray:
    """Make `import ray` find it, also where the real one is installed."""
    ray, util = Ray(), ModuleType("ray.util")
    util.ActorPool = ActorPool  # type: ignore[attr-defined]
    patch.setitem(sys.modules, "ray", ray)
    patch.setitem(sys.modules, "ray.util", util)
    return ray

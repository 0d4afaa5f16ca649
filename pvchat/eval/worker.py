"""Enrolls the people of a run, and answers its questions clip by clip: each clip is analysed once for all systems.

People are enrolled in the run's own store: the user's people are never touched, but copied there with all that was
trained of them where the depth is "stored". They are always enrolled in the manifest's order, since presence is decided
in competition and sums of floats depend on the order. A person who can't be enrolled is named with the reason;
questions about her then fail, as they would for a user.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import Any

from pvchat.config import EVAL_DEPTHS, Settings
from pvchat.errors import PeopleError, PVChatError, SettingsError
from pvchat.eval.manifest import HALVES, Item, Manifest
from pvchat.eval.systems import Reply, System, build
from pvchat.people.store import PeopleStore
from pvchat.runtime import one_thread
from pvchat.schemas import Progress
from pvchat.service import PVChat

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvalOptions:
    """The options of a run; raises SettingsError for values that can't be used."""

    half: str = ""  # "tune" or "check" for the clips of one half, see `manifest.py`; "" for all
    depth: str = "instant"  # at which people are enrolled, one of `EVAL_DEPTHS`
    limit: int | None = None  # at most so many questions, spread evenly
    systems: tuple[str, ...] = ()  # names; empty for all
    engine: str = "local"  # where clips are answered
    workers: int = 1
    resamples: int = 1000  # of the bootstrap
    bertscore: bool = True  # measure it too
    # opens PVChat and other systems in a worker, with nobody enrolled (docs/bases.md), and may read `options`
    opener: Callable[[Spec], tuple[PVChat, list[System]]] | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, least in (("workers", 1), ("resamples", 0)):
            if (count := getattr(self, name)) < least:
                raise SettingsError(f"must be at least {least}, not {count}.", subject=f"--{name}")
        for name, values in {"half": ("", *HALVES), "depth": EVAL_DEPTHS}.items():
            if (value := getattr(self, name)) not in values:
                known = ", ".join(filter(None, values))
                raise SettingsError(f"there is no {name} '{value}'.", hint=f"Use one of: {known}.")


@dataclass(frozen=True)
class Spec:
    """What a worker needs to start, also in another process; `chat` is shared by workers in this process."""

    manifest: Manifest
    systems: tuple[str, ...]  # names, in the order of the table
    store: str  # folder of the run's own people store
    settings: Settings
    options: EvalOptions
    chat: PVChat | None = field(default=None, repr=False, compare=False)


class Worker:
    """Answers clip by clip, on one thread, since the last bits of results depend on the number of threads."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        with one_thread():
            self.chat, self.systems = (spec.options.opener or open_systems)(spec)
        self.items: dict[str, list[Item]] = {}
        for item in spec.manifest.items:
            self.items.setdefault(item.video, []).append(item)

    @one_thread()
    def __call__(self, clip: str) -> dict[str, Any]:
        """{"clip", "error", "predictions", "timing"} of one clip, all plain JSON."""
        seen, error = None, None
        try:
            seen = self.chat.analyse(self.spec.manifest.path(clip))
        except (PVChatError, OSError) as caught:
            error = f"{type(caught).__name__}: {caught}"
        predictions, clocks = [], []
        for system in self.systems:
            for item in self.items[clip]:
                started = time.perf_counter()
                row, parts = self._row(system, item, seen, error if system.needs_clip else None)
                seconds = time.perf_counter() - started
                predictions.append(row)
                clocks.append({"id": item.id, "system": system.name, "seconds": round(seconds, 4), **parts})
        return {"clip": clip, "error": error, "predictions": predictions, "timing": clocks}

    def _row(self, system: System, item: Item, seen: Any, failed: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        reply = Reply("")
        if failed is None:
            try:
                reply = system.answer(item, self.spec.manifest.path(item.video), seen)
            except Exception as caught:  # a system that breaks on one question must not end the run: counted and named
                failed = f"{type(caught).__name__}: {caught}"
                if not isinstance(caught, PVChatError):
                    _log.exception("%s, question %s", system.name, item.id)
        row: dict[str, Any] = {"id": item.id, "system": system.name, "clip": item.video, "kind": item.kind}
        row |= {"answer": reply.answer, "people": reply.people, "error": failed}
        return row, {k: round(float(v), 4) for k, v in reply.timing.items()}


def enroll_all(
    chat: PVChat, manifest: Manifest, depth: str, progress: Progress, own: PeopleStore
) -> dict[str, dict[str, Any]]:
    """Enroll everyone, or copy them out of the user's `own` people.

    By name: {"seconds", "key", "kind", "depth", "confidence"}, or {"error"}. Raises PeopleError where nobody at all
    could be enrolled.
    """
    out: dict[str, dict[str, Any]] = {}
    for number, subject in enumerate(manifest.people):
        progress(f"enrolling, {depth}", number, len(manifest.people))
        path, name, started = manifest.path(subject.clip), subject.name, time.perf_counter()
        try:
            if depth == "stored":
                person = chat.people.add(changed(own.get(name), name=name, aliases=[]), replace=True)
            else:
                person = chat.enroll(path, name, depth=depth, track=subject.track, replace=True)
        except (PVChatError, OSError) as error:
            out[name] = {"error": f"{type(error).__name__}: {error}"}
            continue
        seconds = round(time.perf_counter() - started, 3)
        known = {"key": person.clip_key, "kind": person.kind, "depth": person.depth, "confidence": person.confidence}
        out[name] = {"seconds": seconds, **known}
    progress(f"enrolling, {depth}", len(manifest.people), len(manifest.people))
    if out and all("error" in row for row in out.values()):
        first = next(iter(out.values()))["error"]
        raise PeopleError(f"nobody could be enrolled. First reason: {first}", subject=str(manifest.root))
    return out


def open_systems(spec: Spec) -> tuple[PVChat, list[System]]:
    """PVChat on the run's own people store, and the systems on top."""
    chat = open_chat(spec)
    return chat, build(spec.systems, spec.manifest, chat)


def open_chat(spec: Spec) -> PVChat:
    """PVChat with a people store of its own inside the run's folder."""
    chat = spec.chat or PVChat.from_pretrained("embedded", settings=spec.settings)
    return chat.with_people(spec.store)

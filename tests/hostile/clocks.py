"""Clocks that jump ten years ahead or back: nobody loses a page, a clip or a person, and nothing stays for ever."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from make_people import assert_same, make_person
from test_cache import make_analysis

from pvchat import video
from pvchat.people.store import PeopleStore
from pvchat.storage.clips import ClipCache

from . import Outcome
from .homes import made

JUMPS = {"ten years ahead": 3650, "ten years back": -3650}  # days


def run(home: Path) -> Iterator[Outcome]:
    """All cases for both jumps."""
    for case, days in JUMPS.items():
        place = home / str(days)
        place.mkdir()
        os.environ["PVCHAT_HOME"] = str(place)
        for what, expected, got in (*_people(days), *_cache(place, days), *_clips(place, days), *_app(place, days)):
            yield Outcome(f"{case}: {what}", expected, got, got == expected)


class _Jumped:
    """Sets the clock of this process forth or back while the block runs: `time.time` and `datetime.now`."""

    def __init__(self, days: int) -> None:
        self.patch, self.days = pytest.MonkeyPatch(), days

    def __enter__(self) -> None:
        days, now = self.days, time.time

        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz) + timedelta(days=days)

        self.patch.setattr(time, "time", lambda: now() + 86_400 * days)
        self.patch.setattr("pvchat.people.person.datetime", Clock)

    def __exit__(self, *_: object) -> None:
        self.patch.undo()


def _people(days: int) -> Iterator[tuple[str, str, str]]:
    store, ana, ben = PeopleStore(), make_person("Ana", 1), make_person("Ben", 2)
    store.add(ana)
    with _Jumped(days):
        PeopleStore().add(ben)
        PeopleStore().rename("Ben", "Benno")
        names = sorted(PeopleStore().names())
    assert_same(PeopleStore().get("Ana"), ana)
    yield "people", "['Ana', 'Benno']", str(names)
    store.forget("Benno")
    store.forget("Ana")
    yield "forget", "[]", str(PeopleStore().names())


def _cache(place: Path, days: int) -> Iterator[tuple[str, str, str]]:
    cache, keys = ClipCache(), [f"{number:064x}" for number in range(3)]
    for key in keys:
        cache.save(make_analysis(key), "1")
    for path in cache.root.rglob("*"):  # as a clock that was wrong has stamped them
        _stamp(path, days)
    with _Jumped(days):
        found = [cache.load(key, "1") is not None for key in keys]
        cache.purge()
    yield "cached clips", "[True, True, True]", str(found)
    yield "a cache that is cleared", "0", str(sum(cache.load(key, "1") is not None for key in keys))


def _clips(place: Path, days: int) -> Iterator[tuple[str, str, str]]:
    """Another clip of the same size takes a file's place, stamped as the clock says then, or just as the first was."""
    path, keys = place / "clip.mp4", video.ContentKeys()
    path.write_bytes(b"one" * 1000)
    before, stat = keys.of(path), path.stat()
    path.write_bytes(b"two" * 1000)
    _stamp(path, days)
    yield "another clip in its place", "another", "another" if keys.of(path) != before else "the same"
    path.write_bytes(b"six" * 1000)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    yield "the same with the old stamp", "another", "another" if keys.of(path) != before else "the same"


def _app(place: Path, days: int) -> Iterator[tuple[str, str, str]]:
    """A page that is open keeps its clip; what nobody used goes, whatever its stamp says."""
    from make_app import make_backend, upload

    with pytest.MonkeyPatch.context() as patch:
        chat, clip = made(place, patch)
        backend = make_backend(chat)
        session, unused = backend.sessions.of("page"), upload(backend, clip)
        kept = backend.receive(session, upload(backend, clip))
        session.keep(kept)
        with _Jumped(days):
            backend.sessions.end_idle()
            told = [said for said in backend.ask(session, "Is Ana there?")]
            yield "an open page", "answers", "answers" if "page" in backend.sessions and told else "lost"
        yield "an upload that nobody used", "gone", "there" if unused.exists() else "gone"
        backend.sessions.close()


def _stamp(path: Path, days: int) -> None:
    then = datetime.now(UTC).timestamp() + 86_400 * days
    os.utime(path, (then, then))

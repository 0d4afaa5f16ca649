"""What was begun before a clip was forgotten, or of bytes that are others by now, is kept nowhere."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from make_film import Experts, memory_in, person
from make_studio import ANA, BEN, Studio

from pvchat import PVChat, video
from pvchat.schemas import ClipAnalysis, Look
from pvchat.service.clipmemory import ClipMemory


def kept(folder: Path) -> list[Path]:
    return list(folder.glob("*.clip"))


class Stepping:
    """A first look that waits in each thread until it is let go."""

    def __init__(self, memory: ClipMemory, monkeypatch: pytest.MonkeyPatch) -> None:
        self.inside: list[str] = []
        self.go = {name: threading.Event() for name in (*"ABC", "MainThread")}
        self._real, self._came = memory._first_look, threading.Condition()
        self._memory = memory
        monkeypatch.setattr(memory, "_first_look", self._first_look)

    def _first_look(self, *args: Any) -> Any:
        name = threading.current_thread().name
        with self._came:
            self.inside.append(name)
            self._came.notify_all()
        assert self.go[name].wait(120)
        return self._real(*args)

    def start(self, name: str, clip: Path) -> threading.Thread:
        """Look in a thread of that name, and wait until it is at work or waits for its turn."""
        thread = threading.Thread(target=self._memory.look, args=(clip, None, "who"), name=name)
        before = self._wanted()
        thread.start()
        while self._wanted() <= before:
            thread.join(0.01)
        return thread

    def wait_for(self, names: list[str]) -> None:
        with self._came:
            assert self._came.wait_for(lambda: self.inside == names, 120)

    def _wanted(self) -> int:
        with self._memory._lock:
            return sum(len(looks) for _, looks in list(self._memory._at_work._looks.values()))


def test_one_look_at_a_time_and_all_that_began_before_it_was_forgotten_is_gone(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, steps = studio.clip("party", ANA, BEN), Stepping(chat._clips, monkeypatch)
    first, second = steps.start("A", clip), steps.start("B", clip)
    steps.wait_for(["A"])
    chat.forget("Ana")
    steps.go["A"].set()
    first.join()
    steps.wait_for(["A", "B"])
    third = steps.start("C", clip)
    assert steps.inside == ["A", "B"]  # it waits for its turn
    steps.go["B"].set()
    second.join()
    assert not kept(chat.cache.root)  # it had waited when she was forgotten
    steps.wait_for(["A", "B", "C"])
    chat.forget("Ben")
    steps.go["C"].set()
    third.join()
    assert not kept(chat.cache.root)
    assert not chat._clips._recent
    assert chat._clips._decoded is None
    assert not chat._clips._at_work._looks
    steps.go["MainThread"].set()
    chat.analyse(clip)
    assert kept(chat.cache.root)


def test_what_is_measured_of_a_forgotten_video_is_not_kept(long_video: Path, tmp_path: Path, experts: Experts) -> None:
    """A question looks, then measures; in between somebody is forgotten."""
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    memory.drop(seen.analysis.key)
    told = memory.measured(long_video, seen, [person(seen.analysis, 1)])
    assert person(told.analysis, 1).facts.clothes  # it is answered
    assert not kept(tmp_path / "cache")
    assert not memory._recent


def test_parts_of_a_video_that_was_forgotten_meanwhile_are_not_kept(
    long_video: Path, tmp_path: Path, experts: Experts
) -> None:
    def watch(what: str, done: float, total: float) -> None:
        if 10 < done < 20:
            memory.clear()
            memory.cache.purge()
        if done > 30:
            raise KeyboardInterrupt

    memory = memory_in(tmp_path / "cache", watch)
    with pytest.raises(KeyboardInterrupt):
        memory.look(long_video)
    assert not kept(tmp_path / "cache")


@pytest.mark.parametrize("long", [False, True])
def test_a_file_that_becomes_another_while_it_is_looked_at_is_not_kept_as_what_it_was(
    studio: Studio, tmp_path: Path, long_video: Path, monkeypatch: pytest.MonkeyPatch, long: bool
) -> None:
    clip = long_video if long else studio.clip("ana", ANA)
    memory = memory_in(tmp_path / "cache")
    other = clip.read_bytes() + b"more"

    def swapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            found = real(*args, **options)
            clip.write_bytes(other)
            return found

        return call

    if long:
        Experts(monkeypatch)
        monkeypatch.setattr("pvchat.perception.scan.probe_or_none", swapped(video.probe))
    else:
        monkeypatch.setattr(video, "load", swapped(studio.load))
    seen = memory.look(clip, stage="who")
    assert isinstance(seen.analysis, ClipAnalysis)  # it is answered
    assert not kept(tmp_path / "cache")
    assert not memory._recent
    assert memory._decoded is None


def test_a_look_that_is_stopped_leaves_nobody_reading(long_video: Path, tmp_path: Path, experts: Experts) -> None:
    def stop(analysis: ClipAnalysis) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as held:  # and with it the frames
        memory_in(tmp_path / "cache").look(long_video, stop)
    assert held.value.__traceback__ is not None
    assert "reading ahead" not in [thread.name for thread in threading.enumerate()]


def test_the_key_of_a_long_video_is_still_known_when_its_parts_go(
    long_video: Path, tmp_path: Path, experts: Experts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next process hashed a film anew that was just looked through."""
    monkeypatch.setattr("pvchat.video.keys.LARGE_BYTES", 1)
    monkeypatch.setattr("pvchat.video.keys.SETTLED_S", -1.0)
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video)
    assert (tmp_path / "cache" / "keys.json").exists()
    memory.drop(seen.analysis.key)
    assert not (tmp_path / "cache" / "keys.json").exists()


def test_what_is_asked_of_the_beginning_does_not_wait_for_the_end(
    long_video: Path, tmp_path: Path, experts: Experts
) -> None:
    memory, told = memory_in(tmp_path / "cache"), list[Look]()

    def ask(so_far: ClipAnalysis) -> None:
        asking = threading.Thread(
            target=lambda: told.append(memory.measured(long_video, Look(so_far), [so_far.tracks[0]], whole=False))
        )
        asking.start()
        asking.join(120)

    memory.look(long_video, ask, stage="who")
    assert told
    assert person(told[0].analysis, 1).facts.clothes


FORGET = "from pvchat.people.store import PeopleStore; PeopleStore().forget('Ana')"


def forget_in_another_process() -> None:
    subprocess.run([sys.executable, "-c", FORGET], check=True, timeout=120, cwd=Path(__file__).parents[1])


@pytest.mark.parametrize("step", ["recognise", "measure"])
def test_a_question_keeps_nothing_of_who_is_forgotten_by_another_process_meanwhile(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """`pvchat people forget` while `pvchat ask` looks, or between that and measuring."""
    clip, forgotten = studio.clip("party", ANA, BEN), list[bool]()

    def at_work(*args: Any) -> ClipAnalysis:
        if not forgotten:
            forget_in_another_process()
            forgotten.append(True)
        return getattr(studio, step)(*args)

    module = {"recognise": "analysis", "measure": "measuring"}[step]
    monkeypatch.setattr(f"pvchat.perception.{module}.{step}", at_work)
    assert chat.ask(clip, "What is Ana wearing?").answer
    assert forgotten
    assert not kept(chat.cache.root)
    chat.analyse(clip)  # begun afterwards
    assert kept(chat.cache.root)


def test_a_question_that_goes_on_after_another_process_forgot_keeps_nothing(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = studio.clip("party", ANA, BEN)
    seen = chat._clips.look(clip, stage="who")
    forget_in_another_process()
    assert chat._clips.measured(clip, seen, seen.analysis.tracks).analysis.stage == "what"
    assert not kept(chat.cache.root)
    assert not chat._clips._recent

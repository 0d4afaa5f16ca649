"""Somebody of a long video is looked at closely where it is asked what she does or wears; once."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from make_clips import encode  # noqa: E402
from test_parts import CONFIG, FPS, film  # noqa: E402
from test_scan import part_of  # noqa: E402

from pvchat import video  # noqa: E402
from pvchat.perception import closer, scan  # noqa: E402
from pvchat.perception.closer import told_of  # noqa: E402
from pvchat.schemas import ClipAnalysis, Garment, PersonFacts  # noqa: E402
from pvchat.service.clipmemory import ClipMemory  # noqa: E402
from pvchat.storage.clips import ClipCache  # noqa: E402


class Experts:
    """Perfect ones, that note which parts they saw and of whom they measured what."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[float] = []
        self.measured: list[str] = []
        monkeypatch.setattr(scan, "recognise", self.recognise)
        monkeypatch.setattr(closer, "recognise", self.recognise)
        monkeypatch.setattr(closer, "measure", self.measure)
        monkeypatch.setattr(scan, "add_turned", lambda *_: None)
        monkeypatch.setattr(scan, "with_things", lambda clip, part, *_: part)

    def recognise(self, clip: video.Clip, _: Any, progress: Any, depth: Any, start_s: float) -> ClipAnalysis:
        self.seen.append(start_s)
        return replace(part_of(clip, start_s), stage="who")

    def measure(
        self, clip: video.Clip, seen: ClipAnalysis, _: Any, progress: Any, depth: Any, only: tuple[int, ...]
    ) -> ClipAnalysis:
        (number,) = only
        facts = seen.tracks[number].facts
        self.measured.append(str(facts.where))
        coat = Garment("coat", "red", 0.9)
        seen.tracks[number].facts = PersonFacts(where=facts.where, clothes=[coat])
        return seen


@pytest.fixture
def experts(monkeypatch: pytest.MonkeyPatch) -> Experts:
    return Experts(monkeypatch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return encode(tmp_path / "film.mp4", film(40.0, (2.0, 5.0, 15.0, 24.0, 30.0, 38.0)), fps=FPS, options={"g": "25"})


def memory_in(folder: Path) -> ClipMemory:
    networks = SimpleNamespace(lock=threading.RLock(), experts=None, forget=lambda: None)
    return ClipMemory(networks, ClipCache(folder), CONFIG, lambda what, done, total: None)  # type: ignore[arg-type]


def person(analysis: ClipAnalysis, number: int) -> Any:
    return next(t for t in analysis.tracks if str(t.facts.where).startswith(f"person {number} "))


def test_the_stretch_that_is_asked_about_is_measured_once(path: Path, tmp_path: Path, experts: Experts) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(path, stage="who")
    assert seen.analysis.stage == "who"
    parts = len(experts.seen)
    told = memory.tell(path, seen, [person(seen.analysis, 1)])
    assert len(experts.seen) == parts + 1  # one part was looked at again
    assert experts.measured == [person(seen.analysis, 1).facts.where]
    assert person(told.analysis, 1).facts.clothes
    assert not person(told.analysis, 2).facts.clothes
    assert not person(seen.analysis, 1).facts.clothes  # what was said before stays
    assert [a.told for a in person(told.analysis, 1).appearances].count(True) == 1
    again = memory.tell(path, told, [person(told.analysis, 1)])
    assert len(experts.measured) == 1
    assert again.analysis is told.analysis


def test_what_was_measured_is_kept(path: Path, tmp_path: Path, experts: Experts) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(path, stage="who")
    memory.tell(path, seen, [person(seen.analysis, 2)])
    kept = memory_in(tmp_path / "cache").look(path, stage="who")
    assert kept.experts_s == 0.0
    assert person(kept.analysis, 2).facts.clothes
    assert told_of(person(kept.analysis, 2)).told  # type: ignore[union-attr]
    memory.drop(kept.analysis.key)
    assert not list((tmp_path / "cache").glob("*.json"))


def test_two_questions_at_once_keep_what_both_had_measured(path: Path, tmp_path: Path, experts: Experts) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(path, stage="who")
    for number in (1, 2):  # both began with the same look
        memory.tell(path, seen, [person(seen.analysis, number)])
    for kept in (memory, memory_in(tmp_path / "cache")):
        found = kept.look(path, stage="who").analysis
        assert person(found, 1).facts.clothes
        assert person(found, 2).facts.clothes
        assert not person(found, 3).facts.clothes


@pytest.mark.parametrize(("start", "end", "where"), [(0.0, 6.0, "from 2"), (31.0, 37.0, "from 30")])
def test_in_a_part_of_the_video_her_stretch_there_is_measured(
    path: Path, tmp_path: Path, experts: Experts, start: float, end: float, where: str
) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(path, stage="who")
    shown = next(t for t in seen.analysis.between(start, end).tracks if "person 1" in str(t.facts.where))
    told = memory.tell(path, seen, [shown])
    assert experts.measured == [f"person 1 {where}"]
    again = told.analysis.between(start, end)
    assert next(t for t in again.tracks if "person 1" in str(t.facts.where)).facts.clothes


def test_who_was_thinned_out_is_found_by_identity(path: Path, tmp_path: Path, experts: Experts) -> None:
    """Of a long track only the best sightings are kept: none may lie in the part that is asked about."""
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(path, stage="who")
    track = person(seen.analysis, 1)
    stretch = track.appearances[-1]
    early = np.flatnonzero(seen.analysis.times[track.frames] < 10)
    bare = replace(track.rows(early), facts=stretch.facts)
    whole = replace(seen.analysis, tracks=[bare if t is track else t for t in seen.analysis.tracks])
    told = memory.tell(path, replace(seen, analysis=whole), [bare])
    assert experts.measured == [stretch.facts.where]
    assert told.analysis.tracks[0].appearances[-1].told or any(
        a.told for t in told.analysis.tracks for a in t.appearances
    )


def test_of_whom_nothing_is_told_nothing_is_measured(path: Path, tmp_path: Path, experts: Experts) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(path, stage="who")
    bare = replace(person(seen.analysis, 1), appearances=[])
    assert memory.tell(path, seen, [bare]) is seen

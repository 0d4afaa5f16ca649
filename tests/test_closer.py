"""Somebody of a long video is looked at closely where it is asked what she does or wears; once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from make_film import Experts, memory_in, person  # noqa: E402

from pvchat.perception.closer import stretch_of  # noqa: E402


def test_the_stretch_that_is_asked_about_is_measured_once(long_video: Path, tmp_path: Path, experts: Experts) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    assert seen.analysis.stage == "who"
    parts = len(experts.seen)
    told = memory.measured(long_video, seen, [person(seen.analysis, 1)])
    assert len(experts.seen) == parts + 1  # one part was looked at again
    assert experts.measured == [person(seen.analysis, 1).facts.where]
    assert person(told.analysis, 1).facts.clothes
    assert not person(told.analysis, 2).facts.clothes
    assert not person(seen.analysis, 1).facts.clothes  # what was said before stays
    assert [a.told for a in person(told.analysis, 1).appearances].count(True) == 1
    again = memory.measured(long_video, told, [person(told.analysis, 1)])
    assert len(experts.measured) == 1
    assert again.analysis is told.analysis


def test_what_was_measured_is_kept(long_video: Path, tmp_path: Path, experts: Experts) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    memory.measured(long_video, seen, [person(seen.analysis, 2)])
    kept = memory_in(tmp_path / "cache").look(long_video, stage="who")
    assert kept.experts_s == 0.0
    assert person(kept.analysis, 2).facts.clothes
    assert stretch_of(person(kept.analysis, 2)).told  # type: ignore[union-attr]
    memory.drop(kept.analysis.key)
    assert not list((tmp_path / "cache").glob("*.json"))


def test_two_questions_at_once_keep_what_both_had_measured(long_video: Path, tmp_path: Path, experts: Experts) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    for number in (1, 2):  # both began with the same look
        memory.measured(long_video, seen, [person(seen.analysis, number)])
    for kept in (memory, memory_in(tmp_path / "cache")):
        found = kept.look(long_video, stage="who").analysis
        assert person(found, 1).facts.clothes
        assert person(found, 2).facts.clothes
        assert not person(found, 3).facts.clothes


@pytest.mark.parametrize(("start", "end", "where"), [(0.0, 6.0, "from 2"), (31.0, 37.0, "from 30")])
def test_in_a_part_of_the_video_her_stretch_there_is_measured(
    long_video: Path, tmp_path: Path, experts: Experts, start: float, end: float, where: str
) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    shown = next(t for t in seen.analysis.between(start, end).tracks if "person 1" in str(t.facts.where))
    told = memory.measured(long_video, seen, [shown])
    assert experts.measured == [f"person 1 {where}"]
    again = told.analysis.between(start, end)
    assert next(t for t in again.tracks if "person 1" in str(t.facts.where)).facts.clothes


def test_who_was_thinned_out_is_found_by_identity(long_video: Path, tmp_path: Path, experts: Experts) -> None:
    """Of a long track only the best sightings are kept: none may lie in the part that is asked about."""
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    track = person(seen.analysis, 1)
    stretch = track.appearances[-1]
    early = np.flatnonzero(seen.analysis.times[track.frames] < 10)
    bare = replace(track.rows(early), facts=stretch.facts)
    whole = replace(seen.analysis, tracks=[bare if t is track else t for t in seen.analysis.tracks])
    told = memory.measured(long_video, replace(seen, analysis=whole), [bare])
    assert experts.measured == [stretch.facts.where]
    assert told.analysis.tracks[0].appearances[-1].told or any(
        a.told for t in told.analysis.tracks for a in t.appearances
    )


def test_of_whom_nothing_is_told_nothing_is_measured(long_video: Path, tmp_path: Path, experts: Experts) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    bare = replace(person(seen.analysis, 1), appearances=[])
    assert memory.measured(long_video, seen, [bare]) is seen

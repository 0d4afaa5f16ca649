"""Somebody of a long video is looked at closely where it is asked what she does or wears; once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_film import Experts, memory_in, person

from pvchat.chat.question import Conversation, described
from pvchat.perception.closer import MOST_STRETCHES, _shot_around, stretches_of
from pvchat.schemas import Appearance, PersonFacts, PersonPresence, SceneFacts, SceneSpan


def test_all_stretches_of_who_is_asked_about_are_measured_once(
    long_video: Path, tmp_path: Path, experts: Experts
) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    assert seen.analysis.stage == "who"
    parts = len(experts.seen)
    told = memory.measured(long_video, seen, [person(seen.analysis, 1)])
    assert experts.seen[parts:] == [2.0, 30.0, 36.0]  # her two shots, one of them in two parts of the scan
    assert experts.measured == ["person 1 from 2", "person 1 from 30", "person 1 from 30"]
    assert person(told.analysis, 1).facts.clothes
    assert not person(told.analysis, 2).facts.clothes
    assert not person(seen.analysis, 1).facts.clothes  # what was said before stays
    assert all(a.told for a in person(told.analysis, 1).appearances)
    again = memory.measured(long_video, told, [person(told.analysis, 1)])
    assert len(experts.measured) == 3
    assert again.analysis is told.analysis


def test_what_was_measured_is_kept(long_video: Path, tmp_path: Path, experts: Experts) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    memory.measured(long_video, seen, [person(seen.analysis, 2)])
    kept = memory_in(tmp_path / "cache").look(long_video, stage="who")
    assert kept.experts_s == 0.0
    assert person(kept.analysis, 2).facts.clothes
    assert all(a.told for a in person(kept.analysis, 2).appearances)
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
    assert {*experts.measured} == {f"person 1 {where}"}
    again = told.analysis.between(start, end)
    assert next(t for t in again.tracks if "person 1" in str(t.facts.where)).facts.clothes


def test_the_shot_of_a_sample_right_at_a_cut_is_the_one_that_begins_there() -> None:
    shots = np.array([[0.0, 1.25], [1.25, 4.0]], np.float32)
    scenes = [SceneSpan(0.0, 3.0, SceneFacts()), SceneSpan(3.0, 4.0, SceneFacts())]
    whole = replace(make_analysis(make_track(1)), shots=shots, scenes=scenes)
    assert _shot_around(whole, Appearance(1.25, 1.25, PersonFacts())) == (1.25, 3.0)
    assert _shot_around(whole, Appearance(3.25, 3.75, PersonFacts())) == (3.0, 4.0)


def test_who_was_thinned_out_is_found_by_identity(long_video: Path, tmp_path: Path, experts: Experts) -> None:
    """Of a long track only the best sightings are kept: none may lie in the part that is asked about."""
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    track = person(seen.analysis, 1)
    bare = track.rows(np.flatnonzero(seen.analysis.times[track.frames] < 10))
    stranger = replace(bare, identity=bare.identity + 1)
    for one, found in ((bare, True), (stranger, False)):
        whole = replace(seen.analysis, tracks=[one if t is track else t for t in seen.analysis.tracks])
        told = memory.measured(long_video, replace(seen, analysis=whole), [one], whole=False)
        late = [a.facts.clothes for t in told.analysis.tracks for a in t.appearances if a.told and a.start_s > 10]
        assert [bool(clothes) for clothes in late] == [found, found]


def test_the_longest_stretches_are_measured_and_several_people_share_them() -> None:
    long = [Appearance(n, n + 0.5 + n % 2, PersonFacts()) for n in range(2 * MOST_STRETCHES)]
    one, other = (replace(make_track(1), appearances=long) for _ in range(2))
    assert stretches_of([one]) == long[1::2]
    assert stretches_of([one, other]) == 2 * long[1:MOST_STRETCHES:2]
    assert len(stretches_of(20 * [one])) == 20


@pytest.mark.parametrize(
    ("text", "numbers"), [("What is Ana wearing?", [0, 1]), ("Does anybody fall?", [0, 1, 2]), ("Is Ana there?", [])]
)
def test_all_tracks_of_who_is_asked_about_are_measured_and_strangers_where_nobody_is_named(
    text: str, numbers: list[int]
) -> None:
    clip = make_analysis(make_track(1, range(4)), make_track(1, range(4, 8)), make_track(2))
    ana = PersonPresence("Ana", "present", 0.9, [(0.0, 2.0)], 0, (0, 1))
    wanted = described(*Conversation(["Ana"]).read([text]), [ana], clip)
    assert [number for number, track in enumerate(clip.tracks) if any(track is one for one in wanted)] == numbers


def test_of_whom_nothing_is_told_nothing_is_measured(long_video: Path, tmp_path: Path, experts: Experts) -> None:
    memory = memory_in(tmp_path / "cache")
    seen = memory.look(long_video, stage="who")
    bare = replace(person(seen.analysis, 1), appearances=[])
    assert memory.measured(long_video, seen, [bare]) is seen

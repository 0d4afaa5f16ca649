"""A window of a clip: who is in it, what is said of it, when somebody was seen last."""

from __future__ import annotations

import numpy as np
import pytest
from make_analysis import make_analysis, make_track

from pvchat.schemas import Appearance, ClipAnalysis, PersonFacts, SceneFacts, SceneSpan, common_scene


def told(start: float, end: float, where: str) -> Appearance:
    return Appearance(start, end, PersonFacts(where=where))


@pytest.fixture
def long() -> ClipAnalysis:
    """Twenty samples, half a second apart: Ana from 1 to 3 s and from 7 to 9 s, Ben from 4 to 6 s."""
    ana = make_track(1, (2, 3, 4, 5, 14, 15, 16, 17), where="in the middle of the frame")
    ana.appearances = [told(1, 3, "on the left"), told(7, 9, "on the right")]
    ben = make_track(2, (8, 9))
    ben.seen = np.arange(8, 12)
    made = make_analysis(ana, ben, frames=20, step=0.5)
    made.shots = np.float32([[0, 4], [4, 10]])
    made.scenes = [SceneSpan(0, 5, SceneFacts(place="an office")), SceneSpan(5, 10, SceneFacts(place="a shop"))]
    return made


def test_only_who_is_seen_in_the_window_is_left(long: ClipAnalysis) -> None:
    assert len(long.between(0, 3.5).tracks) == 1
    assert len(long.between(3.5, 6.5).tracks) == 1
    assert len(long.between(0, 10).tracks) == 2
    assert long.between(9.2, 10).tracks == []


def test_times_stay_those_of_the_clip(long: ClipAnalysis) -> None:
    part = long.between(6.5, 9.5)
    (ana,) = part.tracks
    assert part.spans(ana.shown_in) == [(7.0, 9.0)]
    np.testing.assert_allclose(part.times[ana.frames], [7.25, 7.75, 8.25, 8.75])
    np.testing.assert_allclose(part.shots, [[6.5, 9.5]])
    assert len(ana) == len(ana.identity) == 4


def test_a_window_cuts_a_span(long: ClipAnalysis) -> None:
    part = long.between(0, 2.0)
    (ana,) = part.tracks
    assert part.spans(ana.shown_in) == [(1.0, 2.0)]
    assert part.duration_s == 2.0


def test_facts_are_those_of_the_window(long: ClipAnalysis) -> None:
    assert long.between(0, 3).tracks[0].facts.where == "on the left"
    assert long.between(6, 10).tracks[0].facts.where == "on the right"
    assert long.between(0, 4).scene.place == "an office"
    assert long.between(6, 10).scene.place == "a shop"
    assert long.between(4, 6).scene.place is None  # half and half
    long.tracks[0].appearances = []
    assert long.between(0, 3).tracks[0].facts.where == "in the middle of the frame"  # a short clip has no others


def test_who_has_no_kept_sighting_in_the_window_is_there_all_the_same(long: ClipAnalysis) -> None:
    """Ben's best sightings are at 4 and 4.5 s; he is seen until 6."""
    part = long.between(5.0, 6.5)
    (ben,) = part.tracks
    assert len(ben) == 1
    assert part.spans(ben.shown_in) == [(5.0, 6.0)]
    np.testing.assert_array_equal(ben.identity[0], long.tracks[1].identity[1])


@pytest.mark.parametrize(("start", "end"), [(3.05, 3.1), (-5, 100), (9.99, 10), (20, 30), (5, 4)])
def test_any_window_gives_a_clip(long: ClipAnalysis, start: float, end: float) -> None:
    part = long.between(start, end)
    assert len(part.times) >= 1
    assert 1 <= len(part.frame_features) <= 12
    assert len(part.shots) >= 1
    for track in part.tracks:
        assert 0 <= track.frames.min() <= track.frames.max() < len(part.times)
        part.spans(track.shown_in)


def test_the_frames_that_are_kept_are_those_of_the_window(long: ClipAnalysis) -> None:
    """Twelve grids of twenty samples: the last third of the clip has the last third of them."""
    long.frame_features = np.arange(12, dtype=np.float16)[:, None, None] * np.ones((1, 49, 1280), np.float16)
    assert long.between(6.7, 10).frame_features[:, 0, 0].tolist() == [8, 9, 10, 11]


def test_a_window_knows_which_tracks_it_keeps_of_how_many(long: ClipAnalysis) -> None:
    assert long.shown_between(0, 3.5) == [0]
    assert long.shown_between(3.5, 6.5) == [1]
    assert long.shown_between(9.2, 10) == []
    assert (long.in_all, long.between(0, 3.5).in_all, long.between(0, 3.5).between(0, 1).in_all) == (0, 2, 2)


def test_what_holds_for_most_of_the_time_is_said() -> None:
    spans = [
        SceneSpan(0, 7, SceneFacts(place="an office", setting="indoors", confidence={"place": 0.8, "drawn": 0.1})),
        SceneSpan(7, 10, SceneFacts(place="a shop", setting="indoors", confidence={"drawn": 0.3})),
    ]
    scene = common_scene(spans)
    assert (scene.place, scene.setting, scene.drawn) == ("an office", "indoors", False)
    assert scene.confidence == {"place": 0.8, "drawn": 0.2}
    assert common_scene([*spans, SceneSpan(10, 14, SceneFacts(place="a shop"))]).place is None
    assert common_scene([]) == SceneFacts()
    hung = [SceneSpan(0, 7, SceneFacts(behind=["curtains"])), SceneSpan(7, 10, SceneFacts(behind=["a blue sky"]))]
    assert common_scene(hung).behind == ["curtains"]

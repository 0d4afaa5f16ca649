"""Who turns away stays: a body is followed from where it carries a face, within a shot, as long as it is one body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from make_analysis import HEIGHT, WIDTH, make_track

from pvchat.perception.bodyspans import add_turned
from pvchat.perception.experts.objects import Detection
from pvchat.schemas import ClipAnalysis, Track
from pvchat.video import Clip

Boxes = Sequence[tuple[float, ...]]
COUNT = 8
BODY, FACE = (0.3, 0.1, 0.6, 0.9), (0.4, 0.12, 0.5, 0.24)
OTHER_BODY, OTHER_FACE = (0.65, 0.1, 0.95, 0.9), (0.75, 0.12, 0.85, 0.24)


def look(track: Sequence[Track], bodies: Mapping[int, Boxes], cuts: Sequence[float] = (), score: float = 0.6) -> Any:
    """Adds what bodies say; returns the frames that the detector looked at. A frame's number is its brightness."""
    looked: list[int] = []

    def find(image: np.ndarray) -> list[Detection]:
        looked.append(int(image[0, 0, 0]))
        return [Detection("person", np.float32(box), score) for box in bodies.get(looked[-1], ())]

    images = np.broadcast_to(np.arange(COUNT, dtype=np.uint8)[:, None, None, None], (COUNT, 4, 4, 3))
    times = np.float32(np.arange(COUNT) / 2 + 0.25)
    clip = Clip("a" * 64, "made.mp4", COUNT / 2, 25.0, WIDTH, HEIGHT, times, images, "", tuple(cuts))
    edges = np.float32([0.0, *cuts, COUNT / 2])
    shots = np.stack([edges[:-1], edges[1:]], 1)
    part = ClipAnalysis("k", COUNT / 2, WIDTH, HEIGHT, times, np.zeros((1, 49, 1280), np.float16), list(track))
    part.shots = shots
    add_turned(clip, part, SimpleNamespace(things=SimpleNamespace(find=find)))  # type: ignore[arg-type]
    return looked


def shown(track: Track) -> list[int]:
    return track.shown_in.tolist()


def test_a_body_before_its_face_and_behind_it_is_somebody_who_is_there() -> None:
    her = make_track(1, [3, 4], box=FACE)
    look([her], {f: [BODY] for f in range(1, 7)})
    assert shown(her) == [1, 2, 3, 4, 5, 6]
    assert her.frames.tolist() == [3, 4]


def test_a_body_that_walks_is_followed_from_sample_to_sample() -> None:
    her = make_track(1, [0], box=FACE)
    step = np.float32([0.1, 0.0, 0.1, 0.0])
    look([her], {f: [tuple(np.float32(BODY) + f * step)] for f in range(4)})
    assert shown(her) == [0, 1, 2, 3]


def test_nobody_is_followed_across_a_cut() -> None:
    her = make_track(1, [3, 4], box=FACE)
    looked = look([her], {f: [BODY] for f in range(COUNT)}, cuts=[1.0, 2.5])
    assert shown(her) == [2, 3, 4]
    assert sorted(set(looked)) == [2, 3]  # frame 4 is the last of its shot


def test_who_is_seen_throughout_her_shot_costs_nothing() -> None:
    her = make_track(1, range(COUNT), box=FACE)
    assert look([her], {}) == []
    assert not len(her.seen)


@pytest.mark.parametrize(
    "bodies",
    [
        pytest.param({3: [OTHER_BODY], 4: [BODY]}, id="it carries no face of hers"),
        pytest.param({3: [BODY], 4: [OTHER_BODY]}, id="another place"),
        pytest.param({3: [BODY], 4: [BODY, (0.35, 0.1, 0.65, 0.9)]}, id="two where one was"),
        pytest.param({3: [BODY, (0.32, 0.1, 0.62, 0.9)], 4: [BODY]}, id="two that carry her face"),
    ],
)
def test_a_body_that_may_be_another_ones_says_nothing(bodies: dict[int, Boxes]) -> None:
    her = make_track(1, [3], box=FACE)
    look([her], bodies)
    assert shown(her) == [3]


def test_a_body_with_somebody_elses_face_is_not_hers() -> None:
    her, other = make_track(1, [3], box=FACE), make_track(2, [4], box=FACE)
    look([her, other], {f: [BODY] for f in (3, 4)})
    assert (shown(her), shown(other)) == ([3], [4])


def test_a_face_behind_somebodys_shoulder_has_no_body_of_its_own() -> None:
    front, behind = make_track(1, range(COUNT), box=FACE), make_track(2, [3], box=(0.5, 0.2, 0.55, 0.26))
    look([front, behind], {f: [BODY] for f in range(COUNT)})
    assert shown(behind) == [3]


def test_two_people_beside_each_other_are_each_followed() -> None:
    her, other = make_track(1, [3], box=FACE), make_track(2, range(COUNT), box=OTHER_FACE)
    look([her, other], {f: [BODY, OTHER_BODY] for f in (3, 4, 5)})
    assert (shown(her), shown(other)) == ([3, 4, 5], list(range(COUNT)))


def test_what_is_hardly_a_body_is_none() -> None:
    her = make_track(1, [3], box=FACE)
    look([her], {f: [BODY] for f in range(COUNT)}, score=0.25)
    assert shown(her) == [3]

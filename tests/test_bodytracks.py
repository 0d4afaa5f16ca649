"""Bodies are followed through a shot, with or without a face, and belong to whose face they carry."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from make_analysis import identity_of, make_track

from pvchat.perception.bodies import follow_bodies
from pvchat.perception.bodyfaces import face_tracks_of, faceless
from pvchat.perception.experts.objects import Detection
from pvchat.perception.experts.ssd import Detections
from pvchat.perception.joining import join_on_bodies
from pvchat.schemas import Thing

COUNT = 9
BODY, FACE = (0.3, 0.1, 0.6, 0.9), (0.4, 0.12, 0.5, 0.24)
OTHER_BODY, OTHER_FACE = (0.65, 0.1, 0.95, 0.9), (0.75, 0.12, 0.85, 0.24)
WIDE_BODY, WIDE_FACE = (0.1, 0.7, 0.9, 0.95), (0.12, 0.8, 0.2, 0.92)  # who lies on the floor
NOBODY = Detections(np.zeros((0, 4), np.float32), np.zeros((0, 4, 2), np.float32), np.zeros(0, np.float32))
Seen = Mapping[int, Sequence[tuple[tuple[float, ...], float]]]


def follow(seen: Seen, cut: int = COUNT, lying: Sequence[int] = ()) -> tuple[list[Thing], list[int]]:
    """The bodies, and the frames that were looked at. A frame's number is its brightness; a chair is in each."""
    looked: list[int] = []

    def things(image: np.ndarray) -> list[Detection]:
        looked.append(int(image[0, 0, 0]))
        found = [Detection("person", np.float32(box), score) for box, score in seen.get(looked[-1], ())]
        return [*found, Detection("chair", np.float32(BODY), 0.9)]

    def people(image: np.ndarray) -> Detections:
        n = int(image[0, 0, 0] in lying)  # hips in the middle, the crown 30 pixels to the left: a body of 60 and some
        points = np.tile(np.float32([[50, 85], [20, 85], [0, 0], [0, 0]]), (n, 1, 1))
        return Detections(np.zeros((n, 4), np.float32), points, np.ones(n, np.float32))

    images = np.broadcast_to(np.arange(COUNT, dtype=np.uint8)[:, None, None, None], (COUNT, 100, 100, 3))
    return follow_bodies(images, np.int64(np.arange(COUNT) >= cut), things, people), looked


def always(*boxes: tuple[float, ...], score: float = 0.9) -> Seen:
    return {frame: [(box, score) for box in boxes] for frame in range(COUNT)}


def test_every_fourth_frame_says_it_where_nobody_moves() -> None:
    found, looked = follow(always(BODY, OTHER_BODY))
    assert [body.frames for body in found] == [list(range(COUNT))] * 2
    assert looked == [0, 4, 8]


def test_frames_in_which_somebody_comes_or_goes_are_looked_at() -> None:
    found, looked = follow({frame: [(BODY, 0.9)] for frame in (3, 4, 5)})
    assert [body.frames for body in found] == [[3, 4, 5]]
    assert looked == [0, 4, 2, 3, 8, 6, 5]


def test_the_pictures_go_at_once() -> None:
    images = np.zeros((COUNT, 100, 100, 3), np.uint8)
    held = weakref.ref(images)
    gc.disable()
    try:
        assert follow_bodies(images, np.zeros(COUNT, np.int64), lambda image: [], lambda image: NOBODY) == []
        del images
        assert held() is None
    finally:
        gc.enable()


def test_the_largest_come_first() -> None:
    small = (0.7, 0.5, 0.8, 0.9)
    assert [body.boxes[0] for body in follow(always(small, BODY))[0]] == [pytest.approx(box) for box in (BODY, small)]


def test_a_body_between_two_looks_lies_between_them() -> None:
    step = np.float32([0.02, 0.0, 0.02, 0.0])
    found, _ = follow({f: [(tuple(np.float32(BODY) + f * step), 0.9)] for f in range(COUNT)})
    np.testing.assert_allclose(found[0].boxes, [np.float32(BODY) + f * step for f in range(COUNT)], atol=1e-3)


def test_two_who_pass_each_other_keep_their_ways() -> None:
    """They meet in the middle and each goes on: overlap alone would send both back."""
    one = [(0.06 * f, 0.1, 0.06 * f + 0.2, 0.9) for f in range(COUNT)]
    ways = {f: [(one[f], 0.9), ((0.5 - 0.06 * f, 0.2, 0.7 - 0.06 * f, 0.8), 0.9)] for f in range(COUNT)}
    found, _ = follow(ways)
    assert [body.frames for body in found] == [list(range(COUNT))] * 2
    assert [body.boxes[-1][0] > body.boxes[0][0] for body in found] == [True, False]


def test_nobody_is_followed_across_a_cut() -> None:
    found, _ = follow(always(BODY), cut=4)
    assert sorted(body.frames for body in found) == [[0, 1, 2, 3], [4, 5, 6, 7, 8]]


def test_who_is_hardly_a_body_goes_on_with_one_and_is_none_alone() -> None:
    assert not follow(always(BODY, score=0.4))[0]
    found, _ = follow({**always(BODY, score=0.4), 4: [(BODY, 0.8)]})
    assert [body.frames for body in found] == [list(range(COUNT))]


def test_two_boxes_below_one_head_are_one_body() -> None:
    assert len(follow(always(BODY, (0.3, 0.1, 0.6, 0.5)))[0]) == 1
    assert len(follow(always(BODY, (0.35, 0.5, 0.55, 0.9)))[0]) == 2  # a child in front


@pytest.mark.parametrize(("lying", "last"), [(range(4, COUNT), 8), ((), 3)])
def test_who_lies_down_is_found_by_the_other_detector(lying: Sequence[int], last: int) -> None:
    bends = {0: BODY, 1: BODY, 2: (0.25, 0.5, 0.6, 0.95), 3: (0.2, 0.6, 0.7, 0.95)}
    found, _ = follow({frame: [(box, 0.9)] for frame, box in bends.items()}, lying=lying)
    assert [(body.frames[0], body.frames[-1]) for body in found] == [(0, last)]


def carried(*bodies: tuple[float, ...]) -> Thing:
    return Thing("person", 0.0, list(range(len(bodies))), [list(box) for box in bodies], [0.9] * len(bodies))


def frames_of(found: dict[int, int], number: int = 0) -> list[int]:
    return [frame for frame in sorted(found) if found[frame] == number]


def test_who_turns_away_is_still_there() -> None:
    found = face_tracks_of([carried(*[BODY] * COUNT)], [make_track(1, [3, 4], box=FACE)])
    assert frames_of(found[0]) == list(range(COUNT))


def test_of_two_faces_on_one_body_each_has_her_side_and_nobody_what_lies_between() -> None:
    body = carried(*[BODY] * COUNT)
    found = face_tracks_of([body], [make_track(1, [1, 2], box=FACE), make_track(2, [6], box=FACE)])[0]
    assert (frames_of(found, 0), frames_of(found, 1)) == ([0, 1, 2], [6, 7, 8])
    assert faceless([body], [make_track(1, [1, 2], box=FACE)]) == []


def test_who_is_seen_elsewhere_isnt_behind_the_body_that_carried_her() -> None:
    her = make_track(1, [1, 2, 6], box=FACE)
    her.boxes[2] = OTHER_FACE
    found = face_tracks_of([carried(*[BODY] * COUNT)], [her])[0]
    assert frames_of(found) == [0, 1, 2]


def test_a_face_that_passes_behind_takes_no_body() -> None:
    her, passing = make_track(1, [0, 1, 2, 3, 5, 6, 7, 8], box=FACE), make_track(2, [4], box=FACE)
    assert frames_of(face_tracks_of([carried(*[BODY] * COUNT)], [her, passing])[0]) == list(range(COUNT))


def test_each_of_two_who_stand_close_has_the_face_that_is_hers() -> None:
    left, right = (0.2, 0.1, 0.5, 0.9), (0.4, 0.1, 0.7, 0.9)
    boxes = (0.42, 0.12, 0.48, 0.2), (0.52, 0.12, 0.58, 0.2)
    faces = [make_track(number, range(COUNT), box=box) for number, box in enumerate(boxes)]
    found = face_tracks_of([carried(*[right] * COUNT), carried(*[left] * COUNT)], faces)
    assert (frames_of(found[0], 1), frames_of(found[1], 0)) == (list(range(COUNT)), list(range(COUNT)))


def test_the_face_of_who_lies_is_no_other_place() -> None:
    her = make_track(1, [0, 1, 5], box=FACE)
    her.boxes[2] = WIDE_FACE
    found = face_tracks_of([carried(BODY, BODY, *[WIDE_BODY] * 7)], [her])[0]
    assert frames_of(found) == list(range(COUNT))


@pytest.mark.parametrize("face", [(0.7, 0.12, 0.8, 0.24), (0.4, 0.6, 0.5, 0.7)], ids=["beside", "at the hips"])
def test_a_body_without_a_face_in_its_upper_part_is_nobodys(face: tuple[float, ...]) -> None:
    body = carried(*[BODY] * COUNT)
    assert faceless([body], [make_track(1, range(COUNT), box=face)]) == [body]
    assert face_tracks_of([body], []) == [{}]


def test_drawn_figures_and_bodies_themselves_carry_nobody() -> None:
    body: Any = carried(*[BODY] * COUNT)
    assert faceless([body], [make_track(1, range(COUNT), box=FACE, kind="figure")]) == [body]


def turned(person: int, frames: Sequence[int], noise: float) -> Any:
    """A face track of somebody, all of whose sightings look another way by as much."""
    made = make_track(person, frames, box=FACE)
    made.identity[:] = identity_of(person, noise, seed=9)
    return made


def test_two_looks_of_one_face_on_one_body_are_one_track() -> None:
    early, late = turned(1, [0, 4], 0.0), turned(1, [2, 6], 0.6)
    (joined,) = join_on_bodies([early, late], [{0: 0, 2: 1, 4: 0, 6: 1}])
    assert joined.frames.tolist() == [0, 2, 4, 6]
    assert len(join_on_bodies([early, late], [{0: 0}, {2: 1}])) == 2  # on two bodies


def test_two_faces_on_one_body_stay_two_people() -> None:
    """Somebody steps before another: the body goes on, the name doesn't."""
    assert len(join_on_bodies([make_track(1, [0, 1]), make_track(2, [4, 5])], [{0: 0, 1: 0, 4: 1, 5: 1}])) == 2
    both = [turned(1, [0, 1], 0.0), turned(1, [1, 2], 0.1)]  # twins, say: they share a frame
    assert len(join_on_bodies(both, [{0: 0, 1: 0, 2: 1}])) == 2

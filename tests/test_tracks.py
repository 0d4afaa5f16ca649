"""Faces become tracks: one a person, through crossings, gaps and cuts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_analysis import box_at, identity_of, make_faces

from pvchat.perception import tracks as module
from pvchat.perception.boxes import nesting, overlap
from pvchat.perception.experts.faces import DetectedFaces
from pvchat.perception.tracks import mean_identity, screen_weight

NOBODY = make_faces()


def link(faces: list, shots: object = None) -> list:
    """The tracks of frames, of one shot where none is given."""
    return module.link(faces, np.zeros(len(faces), int) if shots is None else np.asarray(shots))


def person(number: int, frame: int, noise: float = 0.2) -> np.ndarray:
    return identity_of(number, noise, seed=frame)


def people_of(tracks: list, truth: dict[tuple[int, int], int]) -> list[set[int]]:
    return [{truth[s] for s in track} for track in tracks]


def test_two_people_who_cross_keep_their_tracks() -> None:
    faces, truth = [], {}
    for frame in range(11):
        rows = [(box_at(40 + 20 * frame), person(1, frame)), (box_at(240 - 20 * frame), person(2, frame))]
        order = (0, 1) if frame % 2 else (1, 0)  # the detector gives no order
        faces.append(make_faces(*(rows[i] for i in order)))
        truth |= {(frame, place): i + 1 for place, i in enumerate(order)}
    tracks = link(faces)
    assert sorted(map(len, tracks)) == [11, 11]
    assert people_of(tracks, truth) in ([{1}, {2}], [{2}, {1}])


@pytest.mark.parametrize("gap", [1, 2, 3, 10])
def test_a_gap_leaves_one_track(gap: int) -> None:
    seen = [make_faces((box_at(100), person(1, f))) for f in range(4)]
    faces = [*seen, *[NOBODY] * gap, *seen]
    assert link(faces) == [[(f, 0) for f in (*range(4), *range(4 + gap, 8 + gap))]]


def test_a_cut_to_another_camera_leaves_one_track() -> None:
    near = [make_faces((box_at(60, side=90), person(1, f))) for f in range(5)]
    far = [make_faces((box_at(260, 40, side=25), person(1, 20 + f))) for f in range(5)]
    assert [len(t) for t in link([*near, *far])] == [10]


def test_a_cut_to_another_person_in_the_same_place_starts_a_track() -> None:
    """Shot and counter-shot: the boxes overlap fully, the faces differ."""
    faces = [make_faces((box_at(100), 1.2 * person(1 + f // 4, f, 0.1))) for f in range(8)]
    tracks = link(faces)
    assert sorted(sorted(t) for t in tracks) == [[(f, 0) for f in range(4)], [(f, 0) for f in range(4, 8)]]


ONE, TWO = identity_of(21), identity_of(22)


def apart(distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Two descriptors so far from each other: of strangers, four of five pairs are nearer than .85."""
    return ONE, ONE + (TWO - ONE) * np.float32(distance / np.linalg.norm(TWO - ONE))


@pytest.mark.parametrize("distance", [0.45, 0.55, 0.62, 0.84])
def test_a_cut_is_not_crossed_by_overlap(distance: float) -> None:
    """Two women in the same place of the frame on both sides of a cut, as near to each other as strangers come."""
    one, two = apart(distance)
    faces = [make_faces((box_at(100), one if f < 4 else two)) for f in range(8)]
    tracks = link(faces, [0] * 4 + [1] * 4)
    assert sorted(sorted(t) for t in tracks) == [[(f, 0) for f in range(4)], [(f, 0) for f in range(4, 8)]]


@pytest.mark.parametrize("distance", [0.7, 0.84])
def test_a_cut_that_was_not_found_is_not_crossed_by_strangers(distance: float) -> None:
    one, two = apart(distance)
    faces = [make_faces((box_at(100), one if f < 4 else two)) for f in range(8)]
    assert sorted(len(t) for t in link(faces)) == [4, 4]


@pytest.mark.parametrize(
    ("quality", "distance", "people"), [(0.8, 0.35, 1), (0.8, 0.45, 2), (0.1, 0.25, 1), (0.1, 0.35, 2)]
)
def test_across_a_cut_only_near_faces_merge(quality: float, distance: float, people: int) -> None:
    """Blurred faces all look alike: they must be nearer."""
    one, two = apart(distance)
    faces = [make_faces((box_at(60 if f < 4 else 250), one if f < 4 else two), quality=quality) for f in range(8)]
    assert len(link(faces, [0] * 4 + [3] * 4)) == people


def test_a_person_in_every_other_shot_is_one_track() -> None:
    """Shot and counter-shot: the second person sits in the same place of the frame."""
    shots = np.repeat(np.arange(6), 4)
    faces = [make_faces((box_at(100), person(1 + shots[f] % 2, f, 0.15))) for f in range(24)]
    tracks = link(faces, shots)
    assert [{int(shots[f]) % 2 for f, _ in t} for t in tracks] in ([{0}, {1}], [{1}, {0}])


def test_a_mean_of_many_does_not_draw_in_everybody() -> None:
    """Each step of a chain of faces is near, its ends are strangers: they must not end up as one person."""
    chain = [ONE + (TWO - ONE) * np.float32(t) for t in np.linspace(0, 1, 9)]
    shots = np.repeat(np.arange(9), 3)
    tracks = link([make_faces((box_at(100), chain[shots[f]])) for f in range(27)], shots)
    for track in tracks:
        seen = np.stack([chain[shots[f]] for f, _ in track])
        assert np.linalg.norm(seen[:, None] - seen[None], axis=2).max() <= 0.5


def test_people_of_one_frame_are_never_merged() -> None:
    """Twins: one descriptor, two places."""
    faces = [make_faces((box_at(60), identity_of(1)), (box_at(200), identity_of(1))) for _ in range(6)]
    tracks = link(faces)
    assert [len(t) for t in tracks] == [6, 6]
    for track in tracks:
        assert len({round(float(faces[f].boxes[i, 0])) for f, i in track}) == 1  # no swapping either


def test_doubtful_faces_are_dropped() -> None:
    """A hand that looks like a face now and then."""
    faces = [make_faces((box_at(60), person(1, f)), (box_at(200), person(2, f), 0.7)) for f in range(6)]
    assert link(faces) == [[(f, 0) for f in range(6)]]


def test_one_doubtful_sighting_of_a_sure_track_stays() -> None:
    faces = [make_faces((box_at(60), person(1, f), 0.7 if f == 2 else 0.99)) for f in range(6)]
    assert [len(t) for t in link(faces)] == [6]


@pytest.mark.parametrize("faces", [[], [NOBODY], [NOBODY] * 5])
def test_no_faces_no_tracks(faces: list[DetectedFaces]) -> None:
    assert link(faces) == []


def test_one_frame() -> None:
    assert link([make_faces((box_at(60), identity_of(1)))]) == [[(0, 0)]]


def test_the_most_prominent_track_comes_first() -> None:
    faces = [
        make_faces(
            (box_at(40, side=20), person(1, f)),
            (box_at(150, side=80), person(2, f)),
            *([(box_at(270, side=50), person(3, f))] if f < 2 else []),
        )
        for f in range(6)
    ]
    tracks = link(faces)
    assert [t[0][1] for t in tracks] == [1, 0, 2]
    weights = [screen_weight(t, faces) for t in tracks]
    assert weights == sorted(weights, reverse=True)


def test_prominence_counts_height_and_quality() -> None:
    small, large = (make_faces((box_at(100, side=s), identity_of(1))) for s in (20, 40))
    dull = make_faces((box_at(100, side=40), identity_of(1)), quality=0.1)
    track = [(0, 0)]
    assert screen_weight(track, [large]) == pytest.approx(2 * screen_weight(track, [small]))
    assert screen_weight(track, [dull]) < screen_weight(track, [large])


def test_mean_identity_follows_the_good_sightings() -> None:
    identity = np.float32([[1, 0], [0, 1]])
    good_first = mean_identity(identity, np.float32([0.9, 0.1]))
    assert good_first[0] > 0.85
    np.testing.assert_allclose(mean_identity(identity, np.zeros(2, np.float32)), [0.5, 0.5], atol=1e-6)


@st.composite
def clips(draw: st.DrawFn) -> list[DetectedFaces]:
    frames = []
    for frame in range(draw(st.integers(0, 9))):
        rows = draw(
            st.lists(
                st.tuples(st.integers(0, 3), st.integers(0, 300), st.sampled_from([15, 40, 90]), st.floats(0.5, 1.0)),
                max_size=4,
            )
        )
        frames.append(make_faces(*((box_at(x, side=s), person(who, frame, 0.35), c) for who, x, s, c in rows)))
    return frames


@given(clips(), st.lists(st.integers(0, 1), min_size=9, max_size=9))
def test_every_sighting_is_used_at_most_once_and_time_runs_forward(faces: list[DetectedFaces], cuts: list[int]) -> None:
    tracks = link(faces, np.cumsum(cuts)[: len(faces)])
    used = [s for t in tracks for s in t]
    assert len(used) == len(set(used))
    assert set(used) <= {(f, i) for f, found in enumerate(faces) for i in range(len(found))}
    for track in tracks:
        frames = [f for f, _ in track]
        assert frames == sorted(set(frames))
    assert [screen_weight(t, faces) for t in tracks] == sorted((screen_weight(t, faces) for t in tracks), reverse=True)


@given(clips())
def test_only_doubtful_sightings_are_left_out(faces: list[DetectedFaces]) -> None:
    sure = [DetectedFaces(f.boxes, f.points, np.full(len(f), 0.99, np.float32), f.quality, f.identity) for f in faces]
    assert sum(map(len, link(sure))) == sum(map(len, sure))


def test_a_box_inside_another_is_nested_though_they_hardly_overlap() -> None:
    large, inside, beside = [0, 0, 10, 10], [1, 1, 3, 3], [20, 0, 30, 10]
    boxes = np.array([large, inside, beside], np.float32)
    np.testing.assert_allclose(nesting(boxes, boxes), [[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    assert overlap(boxes, boxes)[0, 1] == np.float32(0.04)
    flat = np.zeros((1, 4), np.float32)
    assert nesting(flat, boxes).tolist() == [[0, 0, 0]]  # no area shares nothing

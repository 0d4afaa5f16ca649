"""Faces are searched in every second frame, followed between where nobody comes or goes, described at their best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from make_analysis import box_at, five_points, identity_of

from pvchat import runtime
from pvchat.perception import search
from pvchat.perception.experts.ssd import Detections
from pvchat.perception.search import find_faces, locate

SIDE = 64


class Film:
    """Frames that are numbered in their pixels, and an expert that knows who is where in each."""

    def __init__(
        self, *frames: dict[int, tuple[float, ...]], blind: Sequence[int] = (), doubtful: Sequence[int] = ()
    ) -> None:
        self.cast, self.blind, self.doubtful = frames, set(blind), set(doubtful)
        self.images = np.zeros((len(frames), SIDE, SIDE, 3), np.uint8)
        self.images[:] = np.arange(len(frames), dtype=np.uint8)[:, None, None, None]
        self.searched: list[int] = []
        self.followed: list[int] = []
        self.described: list[tuple[int, int]] = []  # frame, person

    def located(self, frame: int) -> Detections:
        boxes = np.array(list(self.cast[frame].values()), np.float32).reshape(-1, 4)
        points = np.array([five_points(b) for b in boxes], np.float32).reshape(-1, 5, 2)
        scores = [0.75 if person in self.doubtful else 0.99 for person in self.cast[frame]]
        return Detections(boxes, points, np.array(scores, np.float32))

    def locate_many(self, images: Sequence[np.ndarray], near: Sequence[np.ndarray] | None = None) -> list[Detections]:
        """Finds everybody, or whoever was pointed at, but then nobody in the blind frames."""
        if near is None:
            frames = [int(image[0, 0, 0]) for image in images]
            self.searched += frames
            return [self.located(f) for f in frames]
        found = []
        for image, around in zip(images, near, strict=True):
            frame = int(image[0, 0, 0])
            self.followed.append(frame)
            here = self.located(frame)
            hit = search.overlap(here.boxes, around).max(1, initial=0.0) > 0.3
            hit &= frame not in self.blind
            found.append(Detections(here.boxes[hit], here.points[hit], here.scores[hit]))
        return found

    def vectors(self, chips: Sequence[np.ndarray]) -> np.ndarray:
        rows = []
        for pixels in chips:
            frame, person = int(pixels[0, 0, 0]), int(pixels[0, 0, 1])
            self.described.append((frame, person))
            rows.append(identity_of(person, 0.1, frame))
        return np.array(rows, np.float32).reshape(-1, 128)


@pytest.fixture(autouse=True)
def chips(monkeypatch: pytest.MonkeyPatch) -> dict[int, Any]:
    """A chip holds the frame's number and who it shows; quality is 0.5, or what the test says of a frame."""
    quality: dict[int, float] = {}
    monkeypatch.setattr(search, "face_quality", lambda pixels, found, i: quality.get(int(pixels[0, 0, 0]), 0.5))
    return quality


def find(film: Film, monkeypatch: pytest.MonkeyPatch, shots: Sequence[int] | None = None) -> Any:
    def chip(image: np.ndarray, points: np.ndarray) -> np.ndarray:
        frame = int(image[0, 0, 0])
        boxes = {p: five_points(b) for p, b in film.cast[frame].items()}
        person = next(p for p, five in boxes.items() if np.allclose(five, points))
        return np.full((150, 150, 3), (frame, person, 0), np.uint8)

    monkeypatch.setattr(search, "chip", chip)
    numbers = np.zeros(len(film.images), np.int64) if shots is None else np.array(shots)
    return find_faces(film.images, numbers, film)  # type: ignore[arg-type]


def nearest(vector: np.ndarray) -> int:
    return min((1, 2, 3), key=lambda p: float(np.linalg.norm(vector - identity_of(p))))


def test_every_second_frame_is_searched_and_nobody_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    film = Film(*({1: box_at(20 + f, 30, 24)} for f in range(12)))
    faces = find(film, monkeypatch)
    assert [len(f) for f in faces] == [1] * 12
    assert sorted(film.searched) == [0, 2, 4, 6, 8, 10, 11]  # the last has no neighbour behind it
    assert sorted(film.followed) == [1, 3, 5, 7, 9]


def test_a_frame_in_which_a_face_is_not_found_again_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    film = Film(*({1: box_at(20 + f, 30, 24)} for f in range(9)), blind=(3,))
    faces = find(film, monkeypatch)
    assert [len(f) for f in faces] == [1] * 9
    assert 3 in film.searched


def test_a_frame_between_two_that_differ_in_who_is_there_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """She is there from frame 3 to frame 7, in both of which only one neighbour has her."""
    here, there = {1: box_at(20, 30, 20)}, {2: box_at(45, 30, 20)}
    film = Film(*(here | (there if 3 <= f <= 7 else {}) for f in range(12)))
    assert [len(f) for f in find(film, monkeypatch)] == [1] * 3 + [2] * 5 + [1] * 4
    assert sorted(film.searched) == [0, 2, 3, 4, 6, 7, 8, 10, 11]
    assert sorted(film.followed) == [1, 5, 9]


def test_what_is_hardly_a_face_makes_no_frame_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = {1: box_at(20, 30, 20)}, {2: box_at(45, 30, 20)}
    film = Film(*(here | (there if f == 4 else {}) for f in range(9)), doubtful=[2])
    find(film, monkeypatch)
    assert sorted(film.followed) == [1, 3, 5, 7]


@pytest.mark.parametrize(("step", "side", "followed"), [(7, 16, True), (9, 16, False), (0, 16, True)])
def test_who_moves_by_less_than_their_size_is_followed(
    monkeypatch: pytest.MonkeyPatch, step: int, side: int, followed: bool
) -> None:
    """In two steps, from one searched frame to the next."""
    film = Film(*({1: box_at(12 + step * f, 30, side)} for f in range(5)))
    assert [len(f) for f in find(film, monkeypatch)] == [1] * 5
    assert sorted(film.followed) == ([1, 3] if followed else [])


def test_who_comes_much_nearer_is_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    film = Film(*({1: box_at(30, 30, side)} for side in (12, 16, 20)))
    assert [len(f) for f in find(film, monkeypatch)] == [1] * 3
    assert not film.followed


def test_beside_a_cut_every_frame_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the frame before shows says nothing there."""
    film = Film(*({1 if f < 4 else 2: box_at(30, 30, 24)} for f in range(8)))
    faces = find(film, monkeypatch, [0] * 4 + [1] * 4)
    assert sorted(film.searched) == [0, 2, 3, 4, 6, 7]
    assert [nearest(f.identity[0]) for f in faces] == [1] * 4 + [2] * 4


def test_the_best_sighting_of_each_stretch_is_described(
    monkeypatch: pytest.MonkeyPatch, chips: dict[int, float]
) -> None:
    film = Film(*({1: box_at(30, 30, 24)} for _ in range(48)))
    chips |= dict.fromkeys(range(1, 48, 3), 0.9)
    faces = find(film, monkeypatch)
    assert sorted(f for f, _ in film.described) == list(range(1, 48, 3))
    for f, found in enumerate(faces):
        own = f // 3 * 3 + 1
        np.testing.assert_array_equal(found.identity[0], identity_of(1, 0.1, own))
        assert found.quality[0] == np.float32(0.9 if f == own else 0.5)  # its own


def test_a_short_track_is_described_in_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    film = Film(*({1: box_at(30, 30, 24)} for _ in range(12)))
    find(film, monkeypatch)
    assert len(film.described) == 12


def test_people_who_touch_keep_their_own_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two faces that overlap may be taken for each other: none borrows there."""
    film = Film(*({1: box_at(26, 30, 20), 2: box_at(36, 30, 20)} for _ in range(20)))
    faces = find(film, monkeypatch)
    assert len(film.described) == 40
    for found in faces:
        assert sorted(map(nearest, found.identity)) == [1, 2]


def test_a_cut_that_was_not_found_gives_nobody_another_face(monkeypatch: pytest.MonkeyPatch) -> None:
    """Same place, another person, no cut: each sighting is described for itself."""
    film = Film(*({1 if f < 11 else 2: box_at(30, 30, 24)} for f in range(24)))
    faces = find(film, monkeypatch)
    assert [nearest(f.identity[0]) for f in faces] == [1] * 11 + [2] * 13


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_short_clips_and_photos(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    film = Film(*({1: box_at(30, 30, 24)} for _ in range(count)))
    assert [len(f) for f in find(film, monkeypatch)] == [1] * count


def test_frames_are_searched_together_as_they_are_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    alone = search._batches(range(13))
    assert [len(one) for one in alone] == [3, 3, 3, 4]
    monkeypatch.setattr(runtime, "_processes", 2)
    assert search._batches(range(13)) == alone


def test_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    faces = find(Film(*({} for _ in range(10))), monkeypatch)
    assert [f.identity.shape for f in faces] == [(0, 128)] * 10


def test_progress_counts_frames_up_to_all() -> None:
    film, told = Film(*({1: box_at(20 + f, 30, 24)} for f in range(30)), blind=(7, 9)), list[int]()
    locate(film.images, np.zeros(30, np.int64), film, told.append)  # type: ignore[arg-type]
    assert told == sorted(told)
    assert told[-1] == 30

"""Faces of a frame: alignment, quality, and two detectors that find one face only once."""

from __future__ import annotations

import numpy as np
import pytest
from make_analysis import FakeDetector, FakeNetwork, FakeWide, faces_of, five_points
from PIL import Image, ImageFilter

from pvchat.perception.boxes import overlap
from pvchat.perception.experts.faces import TEMPLATE, DetectedFaces, FaceExpert, chip, frontality
from pvchat.perception.experts.ssd import Detections
from pvchat.perception.search import describe


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth(height: int, width: int) -> np.ndarray:
    """Soft waves of three colours, so that resampling loses little."""
    y, x = np.mgrid[:height, :width] + 0.5
    waves = [np.sin(x / 17 + k) * np.cos(y / (13 + 4 * k)) for k in range(3)]
    return (127 + 100 * np.stack(waves, 2)).astype(np.uint8)


def expert(boxes=(), wide=(), wide_scores=()) -> FaceExpert:  # noqa: ANN001
    return FaceExpert(FakeDetector(boxes), FakeNetwork(), FakeWide(wide, wide_scores))  # type: ignore[arg-type]


def described(image: np.ndarray, boxes: np.ndarray, points: np.ndarray, scores: np.ndarray) -> DetectedFaces:
    return describe([image], [Detections(boxes, points, scores)], np.zeros(1, np.int64), expert())[0]


# --- alignment


def test_points_on_the_template_give_the_picture_itself() -> None:
    image = noise(150, 150)
    np.testing.assert_array_equal(chip(image, TEMPLATE), image)


def test_shifted_points_cut_the_chip_out() -> None:
    image = noise(400, 300)
    difference = np.abs(chip(image, TEMPLATE + [40, 100]).astype(int) - image[100:250, 40:190])
    assert difference.max() <= 1  # rounding


@pytest.mark.parametrize("scale", [2, 3])
def test_a_larger_picture_gives_the_same_chip(scale: int) -> None:
    image = smooth(200, 200)
    large = np.asarray(Image.fromarray(image).resize((200 * scale, 200 * scale), Image.Resampling.BICUBIC))
    points = TEMPLATE + [20, 30]
    difference = np.abs(chip(large, points * scale).astype(int) - chip(image, points))[5:-5, 5:-5]
    assert difference.mean() < 2.0
    assert difference.max() < 20


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_picture_gives_the_same_chip(quarters: int) -> None:
    image, points = smooth(220, 260), TEMPLATE + [50, 30]
    turned, moved = image, points
    for _ in range(quarters):  # counter-clockwise by 90 degrees: x becomes y, and y the distance from the right edge
        moved = np.stack((moved[:, 1], turned.shape[1] - moved[:, 0]), 1)
        turned = np.rot90(turned)
    difference = np.abs(chip(np.ascontiguousarray(turned), moved).astype(int) - chip(image, points))
    assert difference.mean() < 1.0


def test_a_slightly_turned_picture_gives_nearly_the_same_chip() -> None:
    image = smooth(300, 300)
    angle = np.deg2rad(20)
    turned = np.asarray(Image.fromarray(image).rotate(20, Image.Resampling.BICUBIC))
    points = TEMPLATE + [75, 75]
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = (points - 150) @ spin.T + 150
    difference = np.abs(chip(turned, moved).astype(int) - chip(image, points))
    assert difference[30:120, 30:120].mean() < 2.0


@pytest.mark.parametrize(
    "points",
    [
        np.full((5, 2), 30.0),  # all in one place
        np.stack((np.arange(5.0), np.zeros(5)), 1),  # on a line
        TEMPLATE - 5000,  # far outside
        TEMPLATE * 40,  # a face larger than the picture
        TEMPLATE * 0.01,  # a face of one pixel
        TEMPLATE[[1, 0, 2, 4, 3]],  # left and right swapped
    ],
)
def test_odd_points_still_give_a_chip(points: np.ndarray) -> None:
    found = chip(noise(80, 60), points)
    assert found.shape == (150, 150, 3)
    assert found.dtype == np.uint8


# --- quality


def test_frontality() -> None:
    frontal = five_points((0, 0, 100, 100))
    assert frontality(frontal) == pytest.approx(1.0)
    values = []
    for shift in (0, 10, 20, 40, 80):
        turned = frontal.copy()
        turned[2, 0] += shift
        values.append(frontality(turned))
        turned[2, 0] -= 2 * shift
        assert frontality(turned) == pytest.approx(values[-1])  # left and right count the same
        assert frontality(turned * 3) == pytest.approx(values[-1])  # so does any size
    assert values == sorted(values, reverse=True)
    assert values[-1] == 0.0
    assert frontality(np.zeros((5, 2), np.float32)) == 0.0


def test_quality_falls_with_blur() -> None:
    image, box = noise(200, 200), np.float32([[20, 20, 170, 170]])
    points = (TEMPLATE + 20)[None].astype(np.float32)
    found = []
    for radius in (0, 0.7, 1, 1.5, 2):
        blurred = np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))
        found.append(float(described(blurred, box, points, np.float32([1.0])).quality[0]))
    assert found == sorted(found, reverse=True)
    assert found[0] > 2 * found[-1]
    assert all(0 <= q <= 1 for q in found)


def test_quality_falls_with_size() -> None:
    image, found = noise(300, 300), []
    for side in (120, 60, 40, 20, 10):
        box = np.float32([[10, 10, 10 + side, 10 + side]])
        faces = described(image, box, five_points(box[0])[None], np.float32([1.0]))
        found.append(float(faces.quality[0]))
    assert found == sorted(found, reverse=True)
    assert found[1] > found[-1]


def test_quality_falls_with_the_score() -> None:
    image, box = noise(200, 200), np.float32([[20, 20, 170, 170]])
    points = (TEMPLATE + 20)[None].astype(np.float32)
    sure, doubtful = (float(described(image, box, points, np.float32([s])).quality[0]) for s in (1.0, 0.5))
    assert doubtful < sure


def test_identity_is_the_same_for_a_mirrored_face() -> None:
    """A descriptor is the mean over the chip and its mirror image."""
    image = noise(150, 150) // 2
    image[:, 90:] += 100  # the halves differ
    mirrored = np.ascontiguousarray(image[:, ::-1])
    points = TEMPLATE[None].astype(np.float32)
    flipped = points.copy()
    flipped[0, :, 0] = 150 - flipped[0, :, 0]
    flipped = flipped[:, [1, 0, 2, 4, 3]]  # the template is nearly symmetric
    box, score = np.float32([[0, 0, 150, 150]]), np.float32([1.0])
    a = described(image, box, points, score).identity
    b = described(mirrored, box, flipped, score).identity
    np.testing.assert_allclose(a, b, atol=0.06)
    assert np.abs(a - FakeNetwork().describe(image[None])).max() > 0.12


def test_no_faces_are_described_as_none() -> None:
    faces = described(
        noise(50, 50), np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32)
    )
    assert len(faces) == 0
    assert faces.identity.shape == (0, 128)
    assert faces.quality.shape == (0,)


# --- overlap


def test_overlap() -> None:
    a = np.float32([[0, 0, 10, 10], [20, 20, 30, 30]])
    b = np.float32([[0, 0, 10, 10], [5, 0, 15, 10], [100, 100, 110, 110], [10, 0, 20, 10]])
    np.testing.assert_allclose(overlap(a, b), [[1, 1 / 3, 0, 0], [0, 0, 0, 0]], atol=1e-6)
    assert overlap(a, b[:0]).shape == (2, 0)
    assert overlap(a[:0], b).shape == (0, 4)
    assert np.isfinite(overlap(np.zeros((1, 4), np.float32), np.zeros((1, 4), np.float32))).all()


# --- two detectors


def test_a_face_of_both_detectors_counts_once() -> None:
    image = noise(200, 400)
    faces = faces_of(image, expert([[40, 40, 100, 100]], wide=[[0.11, 0.22, 0.26, 0.52]], wide_scores=[0.95]))
    assert len(faces) == 1
    np.testing.assert_array_equal(faces.boxes, [[40, 40, 100, 100]])  # the first detector's box wins


def test_a_face_that_only_the_wide_detector_sees_is_added() -> None:
    image = noise(200, 400)
    wide = [[0.11, 0.22, 0.26, 0.52], [0.5, 0.25, 0.75, 0.75], [0.0, 0.0, 0.1, 0.2]]
    faces = faces_of(image, expert([[40, 40, 100, 100]], wide, wide_scores=[0.95, 0.8, 0.5]))
    np.testing.assert_allclose(faces.boxes, [[40, 40, 100, 100], [200, 50, 300, 150]], atol=1e-3)
    assert 0.85 < faces.scores[1] < faces.scores[0]  # 0.8 there is sure enough for a track, 0.5 too little to count
    left, right, nose, mouth_left, mouth_right = faces.points[1]
    np.testing.assert_allclose([*left, *right], [230, 90, 270, 90], atol=1e-3)
    np.testing.assert_allclose((mouth_left + mouth_right) / 2, [250, 130], atol=1e-3)
    assert left[0] < mouth_left[0] < nose[0] < mouth_right[0] < right[0]
    assert np.isfinite(faces.identity).all()


def test_the_wide_detector_alone_is_enough() -> None:
    faces = faces_of(noise(200, 400), expert(wide=[[0.5, 0.25, 0.75, 0.75]], wide_scores=[0.9]))
    assert len(faces) == 1
    assert faces.identity.shape == (1, 128)


def test_nobody() -> None:
    faces = faces_of(noise(60, 60), expert())
    assert len(faces) == 0
    assert faces.points.shape == (0, 5, 2)


@pytest.mark.parametrize(
    ("side", "searched"), [(640, 640), (720, 720), (960, 720), (1440, 1080), (1920, 1440)], ids=str
)
def test_large_frames_are_searched_smaller_and_answered_large(side: int, searched: int) -> None:
    detector = FakeDetector([[100, 100, 200, 200]])
    faces = faces_of(noise(side * 3 // 4, side), FaceExpert(detector, FakeNetwork(), FakeWide()))  # type: ignore[arg-type]
    assert detector.shown == [(searched * 3 // 4, searched, 3)]
    box = np.array([100, 100, 200, 200]) * side / searched
    np.testing.assert_allclose(faces.boxes, [box], atol=1e-3)
    np.testing.assert_allclose(faces.points[0], five_points(tuple(box)), atol=1e-3)

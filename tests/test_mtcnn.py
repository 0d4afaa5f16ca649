"""The face cascade: its geometry, its behaviour with made-up weights, and the real one on a photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pvchat.perception.boxes import first_of_each, nesting, overlap
from pvchat.perception.experts import mtcnn, mtcnnlayers
from pvchat.perception.experts.mtcnn import MTCNN, AreaTable, _crops, _pyramid, _square

# Eileen Collins' face in skimage's astronaut photo [512, 512], from hairline to chin, taken from the picture by eye.
ASTRONAUT_FACE = np.float32([[178, 65, 272, 172]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights whose biases say "no face" to a grey picture, and whose box shifts are small."""
    path = tmp_path_factory.mktemp("mtcnn")
    torch.manual_seed(3)
    for name, last in (("pnet", "conv4"), ("rnet", "dense5"), ("onet", "dense6")):
        state = mtcnnlayers.NETS[name]().state_dict()
        for key, value in state.items():
            if "prelu" not in key:
                value.mul_(3 if key.endswith("weight") else 0)
        state[f"{last}_1.bias"].copy_(torch.tensor([1.0, -1.0]))
        state[f"{last}_1.weight"].mul_(0.1)
        state[f"{last}_2.weight"].mul_(0.001)
        torch.save(state, path / f"{name}.pt")
    return path


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def check_found(found: tuple[np.ndarray, np.ndarray, np.ndarray]) -> int:
    boxes, points, scores = found
    n = len(boxes)
    assert boxes.shape == (n, 4)
    assert points.shape == (n, 5, 2)
    assert scores.shape == (n,)
    assert all(a.dtype == np.float32 and np.isfinite(a).all() for a in found)
    assert (np.diff(scores) <= 0).all()  # best first
    return n


def test_low_thresholds_find_something_and_always_the_same(folder: Path) -> None:
    detector = MTCNN(folder, thresholds=(0.01, 0.01, 0.01))
    image = noise(70, 90)
    first, again = detector.detect_many([image])[0], detector.detect_many([image])[0]
    assert check_found(first) > 0
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_blank_picture_holds_no_face(folder: Path) -> None:
    grey = np.full((80, 120, 3), 127, np.uint8)
    assert check_found(MTCNN(folder).detect_many([grey])[0]) == 0


@pytest.mark.parametrize("threshold", [(0.01, 1.0, 0.01), (0.01, 0.01, 1.0), (1.0, 0.01, 0.01)])
def test_nothing_may_be_left_at_any_stage(folder: Path, threshold: tuple[float, float, float]) -> None:
    assert check_found(MTCNN(folder, thresholds=threshold).detect_many([noise(60, 60)])[0]) == 0


@pytest.mark.parametrize("size", [(16, 16), (16, 300), (300, 16), (19, 19), (20, 20), (21, 64)])
def test_tiny_pictures_are_searched_without_an_error(folder: Path, size: tuple[int, int]) -> None:
    """The video package makes pictures as small as 16 pixels."""
    check_found(MTCNN(folder, thresholds=(0.01, 0.01, 0.01)).detect_many([noise(*size)])[0])


def test_read_only_pictures_are_taken(folder: Path) -> None:
    image = noise(40, 40)
    image.setflags(write=False)
    check_found(MTCNN(folder).detect_many([image])[0])


def test_candidates_are_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mtcnn, "_CANDIDATES", 7)
    detector = MTCNN(folder, thresholds=(0.0, 0.0, 0.0))
    tables = [AreaTable(noise(120, 120, seed)) for seed in range(2)]
    assert [len(boxes) for boxes in detector._propose(tables)] == [7, 7]


def test_pyramid_covers_from_the_smallest_face_to_the_whole_picture() -> None:
    scales = _pyramid(480, 20)
    assert scales[0] * 20 == pytest.approx(12)
    assert np.allclose(np.divide(scales[1:], scales[:-1]), 0.709)
    assert 12 <= scales[-1] * 480 < 12 / 0.709  # the next level would be smaller than a cell
    assert list(_pyramid(19, 20)) == []


def test_square_keeps_the_centre() -> None:
    boxes = np.float32([[0.0, 0.0, 10.0, 20.0], [5.0, 5.0, 25.0, 15.0]])
    assert _square(boxes).tolist() == [[-5.0, 0.0, 15.0, 20.0], [5.0, 0.0, 25.0, 20.0]]


def test_crop_at_the_borders() -> None:
    pixels = np.repeat(np.arange(12 * 10, dtype=np.uint8).reshape(12, 10, 1), 3, 2)
    boxes = np.float32([
        [-5.0, -5.0, 3.0, 3.0],  # sticks out at the top left
        [8.0, 9.0, 30.0, 30.0],  # … at the bottom right
        [40.0, 40.0, 60.0, 60.0],  # outside
        [-30.0, 2.0, -4.0, 8.0],  # outside
        [-50.0, -50.0, 50.0, 50.0],  # around everything
    ])  # fmt: skip
    kept, crops = _crops(AreaTable(pixels), boxes, 4)
    assert kept.tolist() == boxes[[0, 1, 4]].tolist()
    assert crops.shape == (3, 3, 4, 4)
    assert crops[0].max() <= pixels[:3, :3].max()  # only pixels 1 to 3, counted from 1
    assert crops[1].min() >= pixels[8:, 7:].min()
    assert crops[2].mean() == pytest.approx(pixels.mean(), abs=3)


@pytest.mark.parametrize(("height", "width", "rows", "columns"), [(40, 60, 13, 17), (9, 30, 9, 41), (5, 7, 24, 24)])
def test_area_means_are_torchs(height: int, width: int, rows: int, columns: int) -> None:
    """Shrunk and enlarged, whole and in boxes: to the bin what `interpolate(mode="area")` gives."""
    image = noise(height, width)
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    wanted = torch.nn.functional.interpolate(pixels, size=(rows, columns), mode="area")[0]
    table, whole = AreaTable(image), np.array([[0, 0, image.shape[1], image.shape[0]]])
    np.testing.assert_allclose(table.crops(whole, rows, columns)[0], wanted, atol=1e-3)
    boxes = np.array([[0, 0, width, height], [1, 2, width - 2, height - 1], [3, 3, 4, 4]])
    for (x0, y0, x1, y1), crop in zip(boxes, table.crops(boxes, 24, 24), strict=True):
        part = torch.nn.functional.interpolate(pixels[..., y0:y1, x0:x1], size=(24, 24), mode="area")
        np.testing.assert_allclose(crop, part[0], atol=1e-3)


@pytest.mark.parametrize(("name", "side"), [("pnet", 30), ("rnet", 24), ("onet", 48)])
def test_networks_take_pixels_as_they_are(folder: Path, name: str, side: int) -> None:
    """The weight files are for (pixel - 127.5) / 128; the first layer does that."""
    pixels = torch.rand(2, 3, side, side) * 255
    as_trained, file = mtcnnlayers.NETS[name](), folder / f"{name}.pt"
    as_trained.load_state_dict(torch.load(file, weights_only=True))
    with torch.no_grad():
        wanted, found = as_trained.eval()((pixels - 127.5) / 128), mtcnnlayers.trained(name, file)(pixels)
    for a, b in zip(wanted, found, strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


def test_crop_of_nothing() -> None:
    kept, crops = _crops(AreaTable(noise(20, 20)), np.float32([[30.0, 30.0, 40.0, 40.0]]), 24)
    assert kept.shape == (0, 4)
    assert crops.shape == (0, 3, 24, 24)


def test_frames_together_give_what_each_gives_alone(folder: Path) -> None:
    detector = MTCNN(folder, thresholds=(0.01, 0.01, 0.01))
    images = [noise(60, 80, seed) for seed in range(8)]
    together = detector.detect_many(images)
    assert len(together) == len(images)
    assert sum(len(boxes) for boxes, _, _ in together) > len(images)
    for found, image in zip(together, images, strict=True):
        for a, b in zip(found, detector.detect_many([image])[0], strict=True):
            np.testing.assert_allclose(a, b, atol=1e-3)
    assert detector.detect_many([]) == []


def test_torch_finds_the_same_boxes(folder: Path) -> None:
    """What runs on other devices agrees to half a pixel."""
    fast, slow = (
        MTCNN(folder, device=device, thresholds=(0.01, 0.01, 0.01)).detect_many([noise(90, 70)])[0]
        for device in ("cpu", "cpu:0")
    )
    assert check_found(fast) == check_found(slow) > 0
    for a, b in zip(fast, slow, strict=True):
        np.testing.assert_allclose(a, b, atol=0.5)


def test_nested_boxes_lose_to_better_ones() -> None:
    boxes = np.float32([
        [0.0, 0.0, 100.0, 100.0],  # the best
        [20.0, 20.0, 60.0, 60.0],  # inside it
        [80.0, 0.0, 180.0, 100.0],  # a fifth of it overlaps
        [-50.0, -50.0, 150.0, 150.0],  # around the best
        [300.0, 0.0, 340.0, 40.0],  # far away
    ])  # fmt: skip
    assert first_of_each(nesting(boxes, boxes) > 0.7) == [0, 2, 4]
    assert first_of_each(np.zeros((0, 0), bool)) == []


@pytest.fixture(scope="module")
def real(weights_home: Path) -> MTCNN:
    return MTCNN(next(weights_home.glob("weights/faces-*")))


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return pytest.importorskip("skimage.data").astronaut()


@pytest.mark.weights
def test_the_photo_gives_one_box_on_either_runtime(real: MTCNN, astronaut: np.ndarray, weights_home: Path) -> None:
    slow = MTCNN(next(weights_home.glob("weights/faces-*")), device="cpu:0").detect_many([astronaut])[0]
    for a, b in zip(real.detect_many([astronaut])[0], slow, strict=True):
        np.testing.assert_allclose(a, b, atol=0.5)


@pytest.mark.weights
def test_one_face_in_the_astronaut_photo(real: MTCNN, astronaut: np.ndarray) -> None:
    boxes, points, scores = real.detect_many([astronaut])[0]
    assert len(boxes) == 1
    assert overlap(boxes, ASTRONAUT_FACE)[0, 0] > 0.7
    assert scores[0] > 0.99
    left, right, nose, mouth_left, mouth_right = points[0]
    assert left[0] < nose[0] < right[0]
    assert max(left[1], right[1]) < nose[1] < min(mouth_left[1], mouth_right[1])
    assert mouth_left[0] < mouth_right[0]


@pytest.mark.weights
def test_shifted_photo_shifts_the_face(real: MTCNN, astronaut: np.ndarray) -> None:
    boxes, points, _ = real.detect_many([astronaut])[0]
    moved = np.zeros((600, 640, 3), np.uint8)
    moved[70 : 70 + 512, 90 : 90 + 512] = astronaut
    boxes_moved, points_moved, _ = real.detect_many([moved])[0]
    assert len(boxes_moved) == 1
    assert overlap(boxes_moved, boxes + np.float32([90, 70, 90, 70]))[0, 0] > 0.8
    assert np.abs(points_moved - points - np.float32([90, 70])).max() < 5


@pytest.mark.weights
def test_scaled_photo_scales_the_face(real: MTCNN, astronaut: np.ndarray) -> None:
    from PIL import Image

    boxes, points, _ = real.detect_many([astronaut])[0]
    for scale in (0.5, 1.5):
        side = round(512 * scale)
        boxes_scaled, points_scaled, _ = real.detect_many(
            [np.asarray(Image.fromarray(astronaut).resize((side, side)))]
        )[0]
        assert len(boxes_scaled) == 1
        assert overlap(boxes_scaled / scale, boxes)[0, 0] > 0.75
        assert np.abs(points_scaled / scale - points).max() < 6


@pytest.mark.weights
def test_no_face_in_the_cat_photo(real: MTCNN) -> None:
    data = pytest.importorskip("skimage.data")
    assert check_found(real.detect_many([data.chelsea()])[0]) == 0

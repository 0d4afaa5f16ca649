"""Geometry and decoding of the landmark experts; the networks themselves only where their weights are cached."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from pvchat.perception.experts import body, mesh, networks, ssd
from pvchat.perception.experts.regions import (
    Region,
    around,
    axis_region,
    crop_region,
    mask_over_frame,
    sample,
    whole_image,
)


def picture(height: int = 60, width: int = 80) -> np.ndarray:
    ys, xs = np.mgrid[:height, :width]
    return np.stack([xs * 2, ys * 3, np.full_like(xs, 90)], 2).astype(np.uint8)


def test_crop_takes_the_pixels_that_to_frame_names():
    region = Region(40, 30, 24, angle=0.4)
    cut = crop_region(picture(), region, 48) * 255
    for row, column in ((5, 7), (40, 20), (24, 24)):
        x, y = region.to_frame(np.float32([[column / 48, row / 48]]))[0]
        assert cut[row, column, 0] == pytest.approx(2 * x, abs=1e-2)
        assert cut[row, column, 1] == pytest.approx(3 * y, abs=1e-2)


def test_crop_outside_repeats_the_edge_or_is_black():
    image = picture()
    region = whole_image(image)
    assert (region.x, region.y, region.side) == (40, 30, 80)
    assert crop_region(image, region, 80)[0, 40, 2] == pytest.approx(90 / 255)
    assert crop_region(image, region, 80, edge=False)[0, 40, 2] == 0


@pytest.mark.parametrize("angle", [0.0, 0.4, -2.5])
@pytest.mark.parametrize(("x", "y", "side"), [(40, 30, 24), (-5, 70, 50), (200, 200, 30), (40, 30, 400)])
def test_crops_are_what_is_looked_up_pixel_by_pixel(angle, x, y, side):
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    steps = (np.arange(32, dtype=np.float32) / 32 - 0.5) * side
    xs = x + steps[None] * np.cos(angle) - steps[:, None] * np.sin(angle)
    ys = y + steps[None] * np.sin(angle) + steps[:, None] * np.cos(angle)
    for edge in (True, bool(angle)):  # beyond the image a turned one repeats its border, whatever is asked for
        there = sample(image, xs.astype(np.float32), ys.astype(np.float32), edge=edge)
        np.testing.assert_allclose(crop_region(image, Region(x, y, side, angle), 32, edge=edge) * 255, there, atol=0.05)


def test_a_body_moves_and_grows_with_the_face():
    pose = body.Pose(np.zeros((33, 4), np.float32), Region(110, 100, 80, 0.1))
    before = body.PreviousPose(pose, np.float32([0.5, 0.2, 0.6, 0.4]))  # pixels 100..120, 20..40 of 200 by 100
    assert before.moved(np.float32([50, 40, 90, 80]), np.float32([200, 100])) == Region(70, 200, 160, 0.1)


class Followed(body.BodyExpert):
    """Sees nobody in whole frames, somebody in a square around her; notes which regions are read."""

    def __init__(self) -> None:
        self.read: list[Region] = []
        self.seen = Region(50, 70, 61)
        self._detector = lambda image, region: ssd.Detections(
            np.float32([[45, 45, 55, 55]]), np.float32([[[50, 70], [50, 46]]]), np.ones(1, np.float32)
        )

    def persons(self, image: np.ndarray) -> ssd.Detections:
        return ssd.Detections(np.zeros((0, 4)), np.zeros((0, 4, 2)), np.zeros(0))

    def _pose_in(self, image: np.ndarray, region: Region, mask: bool) -> body.Pose:
        self.read.append(region)
        joints = np.full((33, 4), 0.5, np.float32)
        return body.Pose(joints, self.seen)


def test_who_was_not_detected_is_looked_for_where_she_was():
    image, face = np.zeros((100, 100, 3), np.uint8), np.float32([0.45, 0.45, 0.55, 0.55])
    expert = Followed()
    first = expert.pose(image, face)
    assert first is not None
    assert not first.detected
    assert len(expert.read) == 1
    assert expert.read[0].side != 61
    second = expert.pose(image, face, before=body.PreviousPose(first, face), persons=lambda: pytest.fail("not asked"))
    assert second is not None
    again = expert.read[1]
    assert (again.x, again.y, again.side, again.angle) == pytest.approx((50, 70, 61, 0), abs=1e-3)


@pytest.mark.parametrize("angle", [-2.0, -0.5, 0.0, 1.0, 3.0])
def test_along_turns_the_region_with_its_object(angle):
    start = np.float32([50, 40])
    end = start + 10 * np.float32([np.sin(angle), -np.cos(angle)])  # straight up, turned clockwise by `angle`
    region = axis_region(start, end, pi / 2)
    assert region.side == pytest.approx(20, rel=1e-5)
    assert region.angle == pytest.approx(angle, abs=1e-5)
    assert region.to_frame(np.float32([[0.5, 0.0]]))[0] == pytest.approx(end, abs=1e-3)


def test_around_holds_all_points():
    points = np.random.default_rng(0).uniform(0, 100, (30, 2)).astype(np.float32)
    region = around(points, 0.7)
    turn = np.float32([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    inside = np.abs((points - [region.x, region.y]) @ turn) <= region.side / 2 + 1e-3
    assert inside.all()


def test_spread_puts_the_mask_back_where_the_region_lies():
    laid = mask_over_frame(np.ones((64, 64), np.float32), Region(150, 50, 60), 256, 128)
    assert laid.shape == (128, 256)
    assert laid[50, 150] == 1
    assert laid[50, 100] == 0
    assert laid.sum() == pytest.approx(3600, rel=0.05)


@pytest.mark.parametrize(("detector", "size", "count"), [(ssd.FACES, 192, 2304), (ssd.PERSONS, 224, 2254)])
def test_anchor_counts_are_those_of_the_networks(detector, size, count):
    centres = ssd.anchors(size, detector[1])
    assert centres.shape == (count, 2)
    assert centres.min() > 0
    assert centres.max() < 1


def test_decode_keeps_certain_boxes_and_merges_overlapping_ones():
    centres = ssd.anchors(192, ((8, 1),))
    raw, logits = np.zeros((len(centres), 6), np.float32), np.full(len(centres), -90.0, np.float32)
    for index in (100, 101, 400):
        raw[index, 2:4] = 48
        logits[index] = 2.0
    found = ssd.decode(raw, logits, centres, 192, 0.5)
    assert len(found) == 2
    middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    wanted = np.stack([centres[[100, 101]].mean(0), centres[400]])
    assert np.abs(middle[:, None] - wanted).sum(2).min(0) == pytest.approx([0, 0], abs=1e-5)
    assert len(ssd.decode(raw, logits - 50, centres, 192, 0.5)) == 0


def test_refine_moves_to_the_heatmaps_centre_only_when_it_is_sure():
    heatmap = np.full((64, 64, 2), -20.0, np.float32)
    heatmap[32, 34, 0] = 5.0
    heatmap[32, 34, 1] = -3.0
    landmarks = np.float32([[0.5, 0.5], [0.5, 0.5]])
    body.refine(landmarks, heatmap)
    assert landmarks[0] == pytest.approx([34 / 64, 0.5], abs=1e-3)
    assert landmarks[1] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("yaw", [-40.0, 0.0, 25.0])
def test_mesh_measures_the_heads_angles(yaw):
    points = np.random.default_rng(1).normal(0, 5, (468, 3)).astype(np.float32)
    turn = np.radians(yaw)
    points[234], points[454] = [-50 * np.cos(turn), 0, -50 * np.sin(turn)], [50 * np.cos(turn), 0, 50 * np.sin(turn)]
    points[10], points[152] = [0, -70, 0], [0, 70, 0]
    found = mesh.measure(points)
    assert found["yaw"] == pytest.approx(yaw, abs=0.1)
    assert found["pitch"] == pytest.approx(0, abs=0.1)


@pytest.fixture(scope="module")
def astronaut():
    data = pytest.importorskip("skimage.data")
    return data.astronaut()


@pytest.mark.weights
def test_experts_read_a_real_person(astronaut):
    boxes, keypoints, scores = mesh.WideFaceDetector().faces(astronaut, 0.6)
    assert len(boxes) == 1
    assert scores[0] > 0.9
    x0, y0, x1, y1 = boxes[0] * 512
    assert 160 < x0 < 200
    assert 60 < y0 < 130
    assert 250 < x1 < 290
    assert 150 < y1 < 210
    face = mesh.MeshExpert().mesh(astronaut, boxes[0], keypoints[0][[0, 1, 2, 3, 3]])
    assert face is not None
    assert abs(face.yaw) < 10
    expert = body.BodyExpert()
    pose = expert.pose(astronaut, boxes[0], mask=True)
    assert pose is not None
    assert pose.joints.shape == (33, 4)
    nose = pose.joints[body.NOSE, :2]
    assert (nose > boxes[0][:2]).all()
    assert (nose < boxes[0][2:]).all()
    assert pose.mask[60, 110] > 0.8
    assert pose.mask[10, 10] < 0.2
    assert expert.pose(astronaut, np.float32([0.7, 0.7, 0.8, 0.8])) is None  # nobody's face is there
    people = body.resize(body.PersonMask().mask(astronaut), 512, 512)
    assert people[120, 220] > 0.8
    assert people[20, 20] < 0.2


@pytest.mark.weights
def test_an_interpreter_that_was_given_up_comes_back_and_says_the_same() -> None:
    network = networks.LiteNetwork("face_landmark.tflite")
    image = np.random.default_rng(0).random((*network.input_size, 3), np.float32)
    before = network(image)
    networks.release_buffers()
    assert network._interpreter is None
    for one, other in zip(network(image), before, strict=True):
        np.testing.assert_array_equal(one, other)

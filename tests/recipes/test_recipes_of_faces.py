"""Recipes of what tells faces: the face student, the presence model, what is no face."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from make_analysis import five_points
from PIL import Image

from pvchat.perception.experts import faceprint
from pvchat.perception.experts.faces import TEMPLATE, chip
from pvchat.perception.experts.identitylayers import ResNet
from pvchat.perception.experts.mesh import POINTS
from pvchat.perception.experts.ssd import Detections
from recipes.faces import faceset, facestudent, nonfaces
from recipes.faces import presence as recipe
from recipes.faces.faceteachers import Joined, join
from recipes.faces.facewear import MASK_COLOURS, draw_mask, masked_crop


def made_up(people: int = 6, photos: int = 2, nameless: int = 3, seed: int = 0) -> faceset.FaceSet:
    """Coloured tiles in place of faces, over a dome in place of a mesh."""
    rng = np.random.default_rng(seed)
    count = people * photos + nameless
    tiles = (
        rng.integers(0, 255, (count, 8, 8, 3))
        .astype(np.uint8)
        .repeat(faceset.PATCH // 8, 1)
        .repeat(faceset.PATCH // 8, 2)
    )
    angle, far = rng.uniform(0, 2 * np.pi, POINTS), np.sqrt(rng.uniform(0, 0.95, POINTS))
    flat = np.stack((55 * far * np.cos(angle), 70 * far * np.sin(angle)), 1) + faceset.PATCH / 2
    dome = np.column_stack((flat, -60 * np.sqrt(1 - far**2))).astype(np.float32)
    names = [f"person {i}" for i in range(people) for _ in range(photos)] + [""] * nameless
    size = np.full(count, 150, np.float32)
    return faceset.FaceSet(tiles, size, size, np.stack([dome] * count), np.array(names), np.array(["train"] * count))


def taught(n: int, seed: int = 0) -> Joined:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, 128)).astype(np.float32), rng.normal(size=(n, 256)).astype(np.float32)
    return join(0.05 * a, b, b.mean(0))


@pytest.fixture
def found():
    some = made_up()
    return facestudent.lessons(some, taught(len(some)))


def test_demands_are_met_by_perfect_vectors(found):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        student = facestudent.Student(ResNet(), found)
    rows = torch.tensor([0, 1, 2, 3])
    with torch.no_grad():
        right = facestudent.losses(student, found.joined.dlib[rows], rows, found)
        wrong = facestudent.losses(student, found.joined.dlib[rows.flip(0)], rows, found)
    assert float(right["dlib"]) < 1e-5
    for name in ("dlib", "faceres", "identity"):
        assert float(right[name]) < float(wrong[name])
    rank = {}
    for kind, order in (("right", [0, 0, 2, 2]), ("crossed", [0, 2, 0, 2])):
        with torch.no_grad():
            rank[kind] = float(facestudent.losses(student, found.joined.dlib[order], rows, found)["ranking"])
    assert rank["right"] < 0.05
    assert rank["crossed"] > 0.2


def people_of(count: int, photos: int = 4, seed: int = 0, noise: float = 0.25) -> list[np.ndarray]:
    """[photos, 3, 128] a person: her descriptor plus noise, as is, degraded, and with a mask's shift."""
    rng = np.random.default_rng(seed)
    length = 0.85 / np.sqrt(2)
    found = []
    for _ in range(count):
        middle = rng.standard_normal(128)
        spread = rng.standard_normal((photos, 3, 128)) * noise / np.sqrt(128)
        found.append(np.float32(length * middle / np.linalg.norm(middle) + spread))
        found[-1][:, 2, :4] += 0.4
    return found


@pytest.mark.parametrize("count", [3, 5, 6, 7, 11, 23, 100])
def test_every_cohort_row_stands_for_three_people_or_more(count: int) -> None:
    """People are unit vectors of a space of as many dimensions, so that a row shows how much of whom is in it."""
    people = [np.tile(row, (2, 2, 1)) for row in np.eye(count, 128, dtype=np.float32)]
    rows = recipe.cohort(people)
    members = (rows > 1e-6).sum(1)
    assert members.min() >= 3
    assert members.max() <= 5
    assert ((rows > 1e-6).sum(0)[:count] == 1).all()  # each person in one row
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-5)  # each weighs the same within it


@pytest.mark.parametrize("views", [recipe.bare, recipe.masked])
def test_fit_separates_made_up_people(views) -> None:  # noqa: ANN001
    rows = recipe.cohort(views(people_of(40, seed=1)))
    weights = recipe.fit([rows], views(people_of(40, seed=2)))
    assert weights[0] + weights[1] < 0  # farther away: less likely the same
    measured = recipe.measure([rows], weights, views(people_of(40, seed=3)))
    assert measured["tpr"] > 0.95
    assert measured["tnr_strangers"] > 0.95
    assert measured["tnr_lookalikes"] > 0.9
    guess = recipe.measure([rows], (0.0, 0.0, 0.0, 1.0), views(people_of(40, seed=3)))
    assert guess["tpr"] == 1.0
    assert guess["tnr_strangers"] == 0.0


class Detector:
    """Sees one box in every photo, as sure as the photo is bright; its faceprint is the photo's brightness."""

    def locate_many(self, images: Sequence[np.ndarray]) -> list[Detections]:
        score = np.float32([images[0].mean() / 255])
        return [Detections(np.float32([[0, 0, 9, 9]]), np.zeros((1, 5, 2), np.float32), score)]

    def prints(self, images: Sequence[np.ndarray], points: Sequence[np.ndarray]) -> np.ndarray:
        assert len(images) == len(points)
        rows = [np.eye(faceprint.FACEPRINT, dtype=np.float32)[round(float(image.mean()))] for image in images]
        return np.stack(rows) if rows else np.zeros((0, faceprint.FACEPRINT), np.float32)


def test_the_recipe_takes_doubtful_boxes_of_empty_rooms_and_all_drawn_ones(tmp_path: Path) -> None:
    for name in (*nonfaces.EMPTY, *nonfaces.DRAWN):
        (tmp_path / name).mkdir()
        rows = []
        for level, split in ((200, "train"), (250, "train"), (100, "val")):  # 250: somebody may be in the photo
            Image.new("RGB", (16, 16), (level,) * 3).save(tmp_path / name / f"{level}.png")
            rows.append(json.dumps({"file": f"{level}.png", "split": split}))
        (tmp_path / name / "metadata.jsonl").write_text("\n".join(rows))
    found = nonfaces.directions(tmp_path, Detector(), tell=False)  # type: ignore[arg-type]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.flatnonzero(found[0]).tolist() == [200]
    assert np.flatnonzero(found[1]).tolist() == [200, 250]


def test_a_mask_covers_the_lower_face_and_leaves_the_eyes() -> None:
    waves = np.sin(np.arange(150) / 5)[:, None] * np.cos(np.arange(150) / 7)
    bare = np.repeat((128 + 100 * waves).astype(np.uint8)[..., None], 3, 2)
    before = bare.copy()
    masked = draw_mask(bare, (150, 200, 225))
    np.testing.assert_array_equal(bare, before)
    np.testing.assert_array_equal(masked[:58], bare[:58])
    eyes, mouth = TEMPLATE[:2].round().astype(int), TEMPLATE[3:].round().astype(int)
    assert all((masked[y, x] == bare[y, x]).all() for x, y in eyes)
    assert np.mean([np.abs(masked[y, x].astype(int) - bare[y, x]).max() > 10 for x, y in mouth]) == 1
    assert masked[100, 60:90].std(0).max() < bare[100, 60:90].std(0).max()  # cloth is plainer than the waves under it


def test_masks_are_drawn_over_the_lower_half_only() -> None:
    image = np.full((200, 200, 3), 90, np.uint8)
    points = five_points((60, 60, 140, 140))
    bare = chip(image, points, faceprint.TEMPLATE, faceprint.SIDE).astype(np.float32)
    covered = masked_crop(image, points, MASK_COLOURS[1]).astype(np.float32)
    assert covered.shape == (faceprint.SIDE, faceprint.SIDE, 3)
    assert np.abs(covered[:45] - bare[:45]).max() < 2
    assert np.abs(covered[80:100, 40:72] - bare[80:100, 40:72]).mean() > 10

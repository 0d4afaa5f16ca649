"""The face student's recipe on made-up faces: views, batches, demands, a run that is interrupted, the table."""

import copy
import sys

import numpy as np
import pytest
import torch

from pvchat.errors import SettingsError
from pvchat.perception.experts.faces import TEMPLATE
from pvchat.perception.experts.identitylayers import ResNet
from pvchat.perception.experts.mesh import POINTS
from pvchat.train.fits import facefiles, facefit, faceset, facestudent, facetable
from pvchat.train.fits.facedegrade import CLEAN, View, draw, shown, turned
from pvchat.train.fits.faceteachers import Joined, arcface_crop, join


def dome() -> np.ndarray:
    """A mesh: points of an ellipsoid that bulges towards the camera."""
    rng = np.random.default_rng(1)
    xy = rng.uniform(-1, 1, (4 * POINTS, 2))
    xy = xy[(xy**2).sum(1) < 0.95][:POINTS] * [55, 70]
    z = -60 * np.sqrt(1 - (xy / [55, 70]) ** 2 @ [1, 1])
    mesh = np.column_stack((xy + 100, z)).astype(np.float32)
    five = ((33, 133), (263, 362), (1,), (61,), (291,))  # where the five points are read
    for places, (x, y) in zip(five, TEMPLATE + faceset.MARGIN, strict=True):
        depth = -60 * np.sqrt(max(0.0, 1 - ((x - 100) / 55) ** 2 - ((y - 100) / 70) ** 2))
        mesh[list(places)] = (x, y, depth)
    return mesh


def taught(n: int, seed: int = 0) -> Joined:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, 128)).astype(np.float32), rng.normal(size=(n, 256)).astype(np.float32)
    return join(0.05 * a, b, b.mean(0))


@pytest.fixture
def trunk():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ResNet()


@pytest.fixture
def found():
    some = faceset.made_up()
    return facestudent.lessons(some, taught(len(some)))


@pytest.mark.parametrize(
    "view",
    [CLEAN, View(height=14, quality=40), View(height=28, quality=-30), View(wear=("mask", "cap", "glasses")),
     View(turn=(40, -10)), View(height=20, blur=2, light=0.4, noise=6, grey=True, jitter=1)],
)  # fmt: skip
def test_a_view_is_a_chip(view):
    some = faceset.made_up(1, 1, 0)
    chip = shown(some.patches[0], 150, some.mesh[0], view, np.random.default_rng(0))
    assert chip.shape == (150, 150, 3)
    assert chip.dtype == np.uint8
    again = shown(some.patches[0], 150, some.mesh[0], view, np.random.default_rng(0))
    assert (chip == again).all()


def test_a_face_as_it_is_stays():
    some = faceset.made_up(1, 1, 0)
    chip = shown(some.patches[0], 150, some.mesh[0], CLEAN, np.random.default_rng(0))
    assert np.abs(chip.astype(int) - some.patches[0][25:175, 25:175]).mean() < 3


def test_a_small_face_loses_detail_and_keeps_its_place():
    some = faceset.made_up(1, 1, 0)
    whole, small = (
        shown(some.patches[0], 150, some.mesh[0], v, np.random.default_rng(0)).astype(float).mean(2)
        for v in (CLEAN, View(height=30))
    )
    assert np.abs(np.diff(small)).max() < np.abs(np.diff(whole)).max()
    assert np.corrcoef(whole.ravel(), small.ravel())[0, 1] > 0.8


def test_a_turn_moves_what_is_near_more_than_what_is_far():
    patch = np.full((200, 200, 3), 90, np.uint8)
    x, y = (TEMPLATE + faceset.MARGIN)[2].round().astype(int)
    patch[y - 4 : y + 5, x - 4 : x + 5] = 250  # the nose, nearest to the camera
    out, points = turned(patch, dome(), 30.0, 0.0)
    spot = np.argwhere(out[..., 0] > 200).mean(0)[::-1]
    assert np.abs(spot - points[2]).max() < 4
    assert points[2, 0] < x - 5  # the nose goes with the turn
    still, where = turned(patch, dome(), 0.0, 0.0)
    assert np.abs(where - TEMPLATE - faceset.MARGIN).max() < 1e-3
    assert np.abs(still.astype(int) - patch).mean() < 1


def test_views_are_mostly_small():
    heights = [draw(np.random.default_rng(i)).height for i in range(400)]
    assert min(heights) >= 11
    assert max(heights) <= 140
    assert 0.6 < np.mean(np.array(heights) < 40) < 0.75


def test_points_are_aligned():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (300, 300, 3), np.uint8)
    points = (TEMPLATE * 0.8) @ np.array([[0.95, 0.31], [-0.31, 0.95]]) + [90, 60]
    patch, matrix, offset = faceset.aligned(image, points)
    assert patch.shape == (200, 200, 3)
    assert np.abs(faceset.place(points, matrix, offset) - TEMPLATE - faceset.MARGIN).max() < 0.5
    assert arcface_crop(patch).shape == (224, 224, 3)


def test_roles_hang_on_the_name():
    names = [f"somebody {i}" for i in range(2000)]
    roles = [faceset.role(n, "train") for n in names]
    assert roles == [faceset.role(n, "train") for n in names]
    assert 0.03 < np.mean([r == "test" for r in roles]) < 0.07
    assert faceset.role(names[0], "val") == "test"
    assert faceset.role("", "train") == "train"


def test_a_cache_keeps_faces(tmp_path):
    some = faceset.made_up()
    faceset._pack(some, tmp_path / "a.faces")
    back = faceset.load(tmp_path)
    assert (back.patches == some.patches).all()
    assert back.name.tolist() == some.name.tolist()
    held = faceset.FaceSet(**{**some.__dict__, "role": np.array(["test"] * len(some))})
    faceset._pack(held, tmp_path / "b.faces")
    back = faceset.load(tmp_path)
    assert set(back.role[back.name != ""]) == {"test"}  # held out in one set: in all


def test_no_cache_is_said(tmp_path):
    with pytest.raises(SettingsError, match="no cached faces"):
        faceset.load(tmp_path)
    with pytest.raises(SettingsError, match="Train it first"):
        facefiles.open_student(tmp_path / "student.safetensors")


def test_joined_distance():
    joined = taught(50)
    places = torch.arange(50)
    distance = joined.distance(places, places)
    assert float(distance.diagonal().abs().max()) < 1e-4
    others = distance[~torch.eye(50, dtype=torch.bool)]
    assert abs(float(others.mean()) - joined.level[0]) < 1e-3


def test_batches_hold_both_photos_of_lookalikes(found):
    chips, rows = facestudent.batch(found, 16, np.random.default_rng(0))
    assert chips.shape == (16, 150, 150, 3)
    assert chips.dtype == torch.uint8
    person = found.person[rows.numpy()]
    assert (person[:4] >= found.named).all()
    assert all((person[4:] == p).sum() >= 2 for p in person[4:])
    assert torch.equal(chips, facestudent.batch(found, 16, np.random.default_rng(0))[0])


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


def test_a_run_goes_on_where_it_stopped(found, trunk, tmp_path):
    def run(folder, *steps):
        student = facestudent.Student(copy.deepcopy(trunk), found)
        for count in steps:
            settings = facefit.Settings(steps=2, size=4, rate=1e-4, minutes=0.0 if count == 1 else 9.0)
            average = facefit.train(student, found, found.faces.take(np.arange(0)), tmp_path / folder, settings)
        return average

    whole, halves = run("a", 2), run("b", 1, 2)
    for a, b in zip(whole.parameters(), halves.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)
    assert not torch.equal(whole.stem.weight, trunk.stem.weight)


def test_a_student_is_kept_in_half_precision(trunk, tmp_path):
    file = tmp_path / "student.safetensors"
    facefiles.save_student(trunk, file, {"mix": 1.0})
    assert file.stat().st_size < 12.5e6
    chips = np.random.default_rng(0).integers(0, 255, (2, 150, 150, 3), np.uint8)
    a, b = (facestudent.vectors(n, chips, mirrored=True) for n in (trunk.eval(), facefiles.open_student(file)))
    assert np.abs(a - b).max() < 0.02 * np.abs(a).max()


def test_mixtures_lie_between(trunk):
    end = copy.deepcopy(trunk)
    with torch.no_grad():
        end.stem.weight += 1
    half = facefit.mixed(trunk, end, 0.5)
    assert torch.allclose(half.stem.weight, trunk.stem.weight + 0.5)


def test_pairs_and_rates():
    name = np.repeat([f"p{i}" for i in range(20)], 5)
    places, same = facetable.pairs(name, 100)
    assert len(places) == 200
    assert ((name[places[:, 0]] == name[places[:, 1]]) == same).all()
    assert (places[:, 0] != places[:, 1]).all()
    rng = np.random.default_rng(0)
    score = np.where(same, 3, 0) + rng.normal(size=200)
    found = facetable.rates(score, same, None, 50)
    assert found["low"] <= found["tpr"] <= found["high"]
    assert found["auc"] > 0.95
    scores = {"one": {c: score for c in facetable.CONDITIONS}, "two": {c: score for c in facetable.CONDITIONS}}
    text = facetable.table(scores, same, {"two"})
    assert text.count("| one |") == 3
    assert text.count("| two |") == 2  # no common threshold


def test_views_of_the_table():
    some = faceset.made_up(1, 2, 0)
    seen = facetable.views(some)
    assert set(seen) == set(facetable.CONDITIONS)
    assert all(v.shape == (2, 150, 150, 3) for v in seen.values())


def test_good_photos_are_not_given_up():
    mixes = {0.0: {"full": 0.98, "mean": 0.6}, 0.5: {"full": 0.978, "mean": 0.7}, 1.0: {"full": 0.96, "mean": 0.8}}
    assert facefit.chosen(mixes) == 0.5


def test_smoke(tmp_path, capsys):
    facefit.main(["--smoke", "--run", str(tmp_path)])
    assert '"chosen"' in capsys.readouterr().out
    assert (tmp_path / "student.safetensors").exists()
    with pytest.raises(SettingsError, match="needs faces"):
        facefit.main(["--run", str(tmp_path)])
    assert sys.float_info.min / 2 > 0  # this process still knows numbers that small

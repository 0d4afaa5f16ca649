"""The warp, the head and what moves it."""

from __future__ import annotations

import numpy as np
import pytest
from make_profile import FACE, HEIGHT, WIDTH, make_profile, mesh_at, paint

from pvchat.augment.positives import head as heads
from pvchat.augment.positives.head import rasterise, triangulate, warp
from pvchat.augment.positives.reenact import (
    KINDS,
    MOST_DEGREES,
    Motion,
    apply_expression,
    plan_motion,
    reenact_clip,
    reenact_frame,
)
from pvchat.perception.experts.mesh import measure

GRID = np.float32([(x, y) for y in (0, 10, 20) for x in (0, 10, 20)])


def motion(**moved):
    names = ("yaw", "pitch", "roll", "mouth", "blink", "smile")
    return Motion(**{n: np.float32([moved.get(n, 0.0)]) for n in names})


def measured(local):
    """`measure` of the first 468 local points."""
    return measure(np.float32(local[:468] * 100))


# -- warp --------------------------------------------------------------------------------------------------------------


def test_a_warp_that_moves_nothing_changes_nothing():
    image = np.random.default_rng(0).integers(0, 256, (21, 21, 3), dtype=np.uint8)
    out, seen = warp(image, GRID, GRID, np.zeros(9), triangulate(GRID))
    assert (out == image).all()
    assert len(seen.rows) == 21 * 21  # the border pixels too


def test_a_warp_is_affine_in_each_triangle():
    ys, xs = np.mgrid[0:21, 0:21]
    image = np.stack((xs * 10, ys * 10, xs * 0), -1).astype(np.uint8)
    target = GRID.copy()
    target[4] = 12, 10  # the middle goes right by two
    out, _ = warp(image, GRID, target, np.zeros(9), triangulate(GRID))
    assert tuple(out[10, 12, :2]) == (100, 100)
    assert out[10, 6, 0] == pytest.approx(50, abs=1)  # halfway to it
    assert out[10, 16, 0] == pytest.approx(150, abs=1)
    assert (out[0] == image[0]).all()


def test_the_nearest_triangle_is_seen():
    points = np.float32([(0, 0), (20, 0), (0, 20), (0, 0), (20, 0), (0, 20)])
    triangles = np.array([[0, 1, 2], [3, 4, 5]])
    for depth, nearest in (([0, 0, 0, 5, 5, 5], 0), ([5, 5, 5, 0, 0, 0], 1)):
        seen = rasterise(points, np.float32(depth), triangles, 21, 21)
        assert set(seen.triangle) == {nearest}


def test_what_lies_outside_the_picture_is_left_out():
    seen = rasterise(GRID - 15, np.zeros(9), triangulate(GRID), 10, 10)
    assert seen.rows.max() <= 5
    assert seen.columns.min() >= 0


# -- head --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("yaw", [-20.0, 0.0, 20.0])
def test_a_heads_own_coordinates_are_upright(yaw):
    head = heads.build_head(mesh_at(yaw=yaw), WIDTH, HEIGHT)
    assert np.allclose(head.local[:468], FACE - FACE[[234, 454, 10, 152]].mean(0), atol=0.02)
    assert np.allclose(head.to_pixels(head.local), head.pixels, atol=1e-3)
    assert head.follows[:468].min() == 1
    assert head.follows[-36:].max() == 0  # the outermost ring ties the warp to the picture


def test_turns_have_the_mesh_experts_signs():
    for name in ("yaw", "pitch", "roll"):
        angles = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0, name: 15.0}
        before, after = measured(FACE), measured(FACE @ heads.rotation(**angles))
        assert after[name] - before[name] == pytest.approx(15, abs=2), name


# -- expressions -------------------------------------------------------------------------------------------------------


def test_expressions_change_their_measure():
    local = heads.build_head(mesh_at(), WIDTH, HEIGHT).local
    neutral = measured(local)
    assert measured(apply_expression(local, 0.08, 0, 0))["mouth_open"] > neutral["mouth_open"] + 0.06
    assert measured(apply_expression(local, 0, 1.0, 0))["eyes_open"] < 0.5 * neutral["eyes_open"]
    assert measured(apply_expression(local, 0, 0, 0.06))["smile"] > neutral["smile"] + 0.05
    assert (apply_expression(local, 0, 0, 0) == local).all()
    rings = apply_expression(local, 0.1, 1.0, 0.08)[-36:]
    assert np.abs(rings - local[-36:]).max() < 0.01


# -- frames ------------------------------------------------------------------------------------------------------------


def test_only_the_head_moves():
    mesh = mesh_at()
    image, _ = paint(mesh)
    out = reenact_frame(image, mesh, motion(yaw=20.0), 0)
    assert (out[:, :15] == image[:, :15]).all()
    assert (out[-20:] == image[-20:]).all()
    changed = (out != image).any(2)
    assert 0.02 < changed.mean() < 0.6


def test_a_turned_nose_moves_to_that_side():
    mesh = mesh_at()
    image, _ = paint(mesh)
    mark = np.round(mesh[4, :2] * [WIDTH, HEIGHT]).astype(int)
    image[mark[1] - 2 : mark[1] + 3, mark[0] - 2 : mark[0] + 3] = (255, 0, 255)
    for yaw, side in ((20.0, 1), (-20.0, -1)):
        out = reenact_frame(image, mesh, motion(yaw=yaw), 0).astype(int)
        marked = np.argwhere((out[..., 0] > 200) & (out[..., 1] < 90) & (out[..., 2] > 200))
        assert side * (marked[:, 1].mean() - mark[0]) > 6


def test_what_is_painted_is_as_bright_as_the_face():
    mesh = mesh_at()
    image, _ = paint(mesh)
    head = heads.build_head(mesh, WIDTH, HEIGHT)
    assert heads.face_brightness(image // 3, head) < 0.5 < heads.face_brightness(image, head)


def test_an_opened_mouth_is_dark_inside():
    mesh = mesh_at()
    image, _ = paint(mesh)
    out = reenact_frame(image, mesh, motion(mouth=0.1), 0).astype(int)
    (x, y0), (_, y1) = mesh[13, :2] * [WIDTH, HEIGHT], mesh[14, :2] * [WIDTH, HEIGHT] + [0, 8]
    inside = out[round(y0 + 3) : round(y1), round(x) - 1 : round(x) + 2]
    assert inside.min(axis=0).max() < 100


def test_heads_never_turn_farther_than_the_limit():
    mesh = mesh_at(yaw=20.0)
    image, _ = paint(mesh)
    near, far = reenact_frame(image, mesh, motion(yaw=5.0), 0), reenact_frame(image, mesh, motion(yaw=25.0), 0)
    assert (near == far).all()  # both end at 25 degrees


@pytest.mark.parametrize("kind", KINDS)
def test_motions_keep_to_their_reach(kind):
    for seed in range(6):
        made = plan_motion(kind, 16, np.zeros((0, 6), np.float32), np.random.default_rng(seed))
        assert np.abs(made.yaw).max() <= MOST_DEGREES
        assert np.abs(made.pitch).max() <= 18.0
        assert 0 <= made.blink.min() <= made.blink.max() <= 1
        assert made.mouth.max() <= 0.1
        channel = {"turn": "yaw", "nod": "pitch", "talk": "mouth"}.get(kind, kind)
        assert np.abs(getattr(made, channel)).max() > 0.04


def test_her_own_motion_is_followed():
    driver = np.zeros((16, 6), np.float32)
    driver[:, 0] = np.linspace(-10, 10, 16) ** 3 / 100  # a turn of a shape of its own
    made = plan_motion("turn", 16, driver, np.random.default_rng(0))
    shape = driver[:, 0] - np.median(driver[:, 0])
    assert abs(np.corrcoef(made.yaw, shape)[0, 1]) > 0.9
    still = np.zeros((16, 6), np.float32)  # who never moves
    drawn = plan_motion("turn", 16, still, np.random.default_rng(0))
    assert np.abs(drawn.yaw).max() > 10


def test_clips_move_and_stills_show_the_peak():
    profile = make_profile()
    clip = reenact_clip(profile, 8, np.random.default_rng(0), "turn")
    assert clip.notes == {"action": "turning the head"}
    assert len({image.tobytes() for image in clip.images}) == 8
    still = reenact_clip(profile, 1, np.random.default_rng(0), "smile")
    assert still.notes == {}  # a still does nothing
    assert still.images.shape[0] == 1

"""Glasses are read from the edges around the eyes: drawn on they raise the odds; light doesn't."""

from __future__ import annotations

import json

import numpy as np
import pytest
from make_profile import HEIGHT, WIDTH, mesh_at, paint
from PIL import Image, ImageDraw

from pvchat.perception.experts import glasses
from pvchat.perception.experts.headfiles import linear_head
from pvchat.perception.motion import GLASSES, BodyMeasures, wears_glasses


def with_rims(image: np.ndarray, mesh: np.ndarray, thick: int) -> np.ndarray:
    """The frame with dark rims around both eyes, so many pixels thick, joined over the nose."""
    picture = Image.fromarray(image)
    draw, at = ImageDraw.Draw(picture), mesh[:, :2] * [WIDTH, HEIGHT]
    tall = float(at[152, 1] - at[10, 1])
    eyes = [(at[33] + at[133]) / 2, (at[362] + at[263]) / 2]
    for x, y in eyes:
        wide, high = 0.15 * tall, 0.1 * tall
        draw.ellipse((x - wide, y + 1 - high, x + wide, y + 1 + high), outline=(25, 22, 22), width=thick)
    (left, y), (right, _) = eyes
    draw.line((left + 0.15 * tall, y, right - 0.15 * tall, y), fill=(25, 22, 22), width=thick)
    return np.asarray(picture)


def test_rims_raise_the_odds():
    mesh = mesh_at()
    image, _ = paint(mesh)
    bare = glasses.glasses_log_odds(image, mesh, 0.0)
    for thick in (1, 2):
        assert glasses.glasses_log_odds(with_rims(image, mesh, thick), mesh, 0.0) > bare + 0.5
    assert bare < GLASSES


def test_neither_light_nor_a_mirror_counts():
    mesh = mesh_at()
    image, _ = paint(mesh)
    seen = glasses.strip(image, mesh)
    assert seen.shape == (glasses.H, glasses.W)
    np.testing.assert_allclose(glasses.features(seen * 0.5), glasses.features(seen), atol=0.05)
    mirrored = mesh.copy()
    mirrored[:, 0] = 1 - mesh[:, 0]
    mirrored[[33, 263]] = mirrored[[263, 33]]
    there = glasses.glasses_log_odds(image[:, ::-1], mirrored, 0.0)
    assert there == pytest.approx(glasses.glasses_log_odds(image, mesh, 0.0), abs=0.6)  # half a pixel is between them


def test_small_and_turned_faces_are_not_judged():
    mesh = mesh_at()
    image, _ = paint(mesh)
    assert np.isnan(glasses.glasses_log_odds(image, mesh, 45.0))
    assert np.isnan(glasses.glasses_log_odds(image[:24, :32], mesh, 0.0))


@pytest.mark.parametrize(
    ("odds", "worn"),
    [
        ([2.0, 2.0, 1.5], True),
        ([2.0, -1.0, 0.5], None),
        ([3.0], None),  # one sighting is no proof
        ([3.0, 3.0] + 6 * [np.nan], None),  # seen too seldom
        ([-2.0, -1.0, -3.0], False),  # a bare face
        ([-3.0], None),
        ([], None),
    ],
)
def test_glasses_are_told_of_a_track(odds, worn):
    assert wears_glasses([BodyMeasures(glasses=one, yaw=0.0) for one in odds]) is worn


def test_the_shipped_weights_fit_the_features_and_their_card():
    weight, _ = linear_head(glasses.WEIGHTS)
    assert weight.shape == glasses.features(np.zeros((glasses.H, glasses.W), np.float32)).shape
    card = json.loads(glasses.WEIGHTS.with_suffix(".json").read_text())
    assert card["least"] == GLASSES
    assert card["other films"]["precision"] >= 0.95  # with weights learned from other films
    assert glasses.WEIGHTS.stat().st_size < 2_000

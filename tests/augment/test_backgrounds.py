"""Mattes and other backgrounds."""

from __future__ import annotations

import numpy as np
import pytest
from make_profile import HEIGHT, WALL, WIDTH, make_profile
from PIL import Image

from pvchat.augment.positives.backgrounds import (
    guided,
    matte,
    on_new_background,
    pictures_in,
    plain_scene,
    replace_background,
)
from pvchat.augment.schemas import PLAIN


def test_the_guided_filter_follows_the_guides_edge():
    guide = np.zeros((40, 40), np.float32)
    guide[:, 20:] = 1
    shifted = np.zeros_like(guide)
    shifted[:, 18:] = 1  # a mask that is two pixels off
    fine = guided(guide, shifted, 4, 1e-4)
    assert fine[20, 18] < 0.5 < fine[20, 21]


def test_a_matte_is_sharper_than_its_mask():
    profile = make_profile(2)
    coarse = profile.masks[0][::4, ::4]
    share = matte(profile.images[0], coarse)
    truth = profile.masks[0] > 127
    assert share.shape == (HEIGHT, WIDTH)
    assert ((share > 0.5) == truth).mean() > 0.97
    assert 0 <= share.min() <= share.max() <= 1


def test_the_person_stays_and_the_rest_goes():
    profile = make_profile(3)
    share = np.stack([m / 255 for m in profile.masks]).astype(np.float32)
    scene = np.zeros((HEIGHT + 20, WIDTH + 20, 3), np.uint8)
    scene[..., 2] = 200
    out = replace_background(profile.images, share, scene, np.random.default_rng(0)).astype(int)
    away = (profile.masks == 0) & (out[..., 2] == 200)
    assert away.sum() / (profile.masks == 0).sum() > 0.99
    inside = profile.masks[0] == 255
    gain = out[0][inside].mean() / profile.images[0][inside].mean()
    assert 0.75 <= gain <= 1.25  # no more than the light moves


def test_no_halo_of_the_old_background_stays():
    profile = make_profile(1)
    soft = matte(profile.images[0], profile.masks[0])[None]
    out = replace_background(
        profile.images, soft, np.zeros((HEIGHT + 9, WIDTH + 9, 3), np.uint8), np.random.default_rng(0)
    )
    rim = (soft[0] > 0.2) & (soft[0] < 0.8) & (profile.masks[0] == 0)
    greenish = out[0][rim].astype(int)
    assert rim.any()
    assert greenish.mean() < 0.7 * np.mean(WALL)


def test_pictures_of_a_folder_are_used(tmp_path):
    Image.new("RGB", (50, 80), (0, 0, 255)).save(tmp_path / "sea.png")
    (tmp_path / "notes.txt").write_text("no picture")
    made = on_new_background(make_profile(), 3, np.random.default_rng(1), pictures_in([tmp_path]))
    assert tuple(made.images[0, 5, 5]) == (0, 0, 255)
    assert made.notes == {}


def test_a_background_without_a_place_is_noted():
    assert on_new_background(make_profile(), 3, np.random.default_rng(1)).notes == {"location": PLAIN}


def test_a_damaged_picture_is_passed_over(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    made = on_new_background(make_profile(), 2, np.random.default_rng(1), pictures_in([tmp_path]))
    assert made.images.shape == (2, HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("seed", range(5))
def test_plain_scenes_differ(seed):
    scene = plain_scene(60, 40, np.random.default_rng(seed))
    assert scene.shape == (40, 60, 3)
    assert scene.std() > 1
    assert (scene != plain_scene(60, 40, np.random.default_rng(seed + 50))).mean() > 0.5

"""Crops, light, blur, noise, compression."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_profile import make_profile

from pvchat.augment.positives.photometric import (
    CameraLook,
    apply_camera,
    compress,
    crop,
    downscale,
    draw_camera,
    mild_variant,
    photometric_variant,
)

GREY = np.full((2, 40, 60, 3), 100, np.uint8)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_neutral_camera_changes_nothing():
    noise = rng().integers(0, 256, (2, 20, 30, 3), dtype=np.uint8)
    assert (apply_camera(noise, CameraLook(), rng()) == noise).all()


@pytest.mark.parametrize(
    ("look", "check"),
    [
        (CameraLook(gain=1.3), lambda a: a.mean() > 125),
        (CameraLook(gamma=1.4), lambda a: a.mean() < 90),
        (CameraLook(warmth=1.2), lambda a: a[..., 0].mean() > a[..., 2].mean() + 10),
        (CameraLook(noise=8.0), lambda a: 6 < a.std() < 10),
        (CameraLook(saturation=0.0), lambda a: np.ptp(a, axis=3).max() == 0),
    ],
)
def test_each_camera_setting_changes_what_it_names(look, check):
    assert check(apply_camera(GREY, look, rng()).astype(float))


def test_blur_and_compression_take_detail_away():
    noise = rng().integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    for worse in (
        apply_camera(noise, CameraLook(blur=1.2), rng()),
        apply_camera(noise, CameraLook(motion=5), rng()),
        compress(noise, 20),
    ):
        assert worse.shape == noise.shape
        assert worse.std() < noise.std()


def test_one_sample_has_one_camera():
    out = apply_camera(GREY, CameraLook(gain=0.8, warmth=1.1), rng())
    assert (out[0] == out[1]).all()


@given(st.integers(0, 500))
def test_crops_hold_the_face(seed):
    images = np.zeros((1, 200, 240, 3), np.uint8)
    box = np.float32([0.4, 0.3, 0.6, 0.6])
    images[:, 60:120, 96:144] = 255  # the face
    out = crop(images, box, rng(seed))
    assert (out == 255).all(3).sum() == 60 * 48
    assert out.shape[1] % 2 == out.shape[2] % 2 == 0


@given(st.integers(0, 100))
def test_a_close_up_is_cropped_as_well(seed):
    images, box = np.zeros((1, 100, 160, 3), np.uint8), np.float32([0.3, 0.05, 0.7, 0.95])
    images[:, 5:95, 48:112] = 255  # the face, higher than any crop leaves room for
    out = crop(images, box, rng(seed))
    assert (out == 255).all(3).sum() == 90 * 64


def test_smaller_pictures_keep_their_shape():
    out = downscale(GREY, 0.5)
    assert out.shape[2] >= 64  # never so small that nothing is left
    assert downscale(np.zeros((1, 200, 300, 3), np.uint8), 0.5).shape == (1, 100, 150, 3)


def test_drawn_cameras_differ_and_mild_ones_stay_near():
    assert len({draw_camera(rng(s)) for s in range(20)}) == 20
    for seed in range(10):
        assert abs(mild_variant(GREY, rng(seed)).mean() - 100) < 40


def test_samples_keep_the_face_large_enough():
    profile = make_profile()
    for seed in range(12):
        made = photometric_variant(profile, 2, rng(seed))
        assert made.images.dtype == np.uint8
        assert made.images.shape[1] >= 50

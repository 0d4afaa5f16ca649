"""Clothes and their colours."""

from __future__ import annotations

import numpy as np
import pytest
from make_profile import HEIGHT, SHIRT, SKIN, make_profile

from pvchat.augment.positives.recolour import CLOTH, clothes_mask, recolour_clip, recolour_frame, to_rgb
from pvchat.perception import colours


def test_rgb_to_lab_and_back_is_the_same():
    rgb = np.random.default_rng(0).integers(0, 256, (200, 3), dtype=np.uint8)
    assert np.abs(to_rgb(colours.to_lab(rgb)) - rgb).max() < 0.6


def test_clothes_are_below_the_face_without_skin_or_wall():
    profile = make_profile(1)
    cover = clothes_mask(profile, 0)
    image = profile.images[0].astype(int)
    shirt = np.abs(image - SHIRT).max(2) < 12
    assert cover[shirt].mean() > 0.8
    assert cover[~shirt].mean() < 0.1
    assert cover[: HEIGHT // 2].max() < 0.1  # never the face
    skin = np.abs(image - SKIN).max(2) < 12
    assert cover[skin].mean() < 0.1


@pytest.mark.parametrize("name", sorted(CLOTH))
def test_every_cloth_reads_as_its_colour(name):
    image = np.full((30, 30, 3), SHIRT, np.uint8)
    old = colours.to_lab(np.uint8([SHIRT]))[0]
    out = recolour_frame(image, np.ones((30, 30), np.float32), old, np.float32(CLOTH[name]))
    assert colours.name_colours(colours.dominant(out.reshape(-1, 3))) == name


def test_folds_of_recoloured_cloth_stay():
    image = np.full((30, 30, 3), SHIRT, np.uint8)
    image[:, ::5] = [c // 2 for c in SHIRT]
    old = np.median(colours.to_lab(image.reshape(-1, 3)), 0)
    out = recolour_frame(image, np.ones((30, 30), np.float32), old, np.float32(CLOTH["yellow"]))
    assert out[:, ::5].mean() < out[:, 1::5].mean() - 10


def test_a_sample_says_the_colour_that_it_shows():
    profile = make_profile()
    seen = set()
    for seed in range(5):
        made = recolour_clip(profile, 2, np.random.default_rng(seed))
        at = made.images[0][190, 110:130]
        word = made.notes["appearance"]
        assert word == f"wears {colours.name_colours(colours.dominant(at))} clothes"
        seen.add(word)
    assert len(seen) > 2


def test_without_clothes_in_the_picture_there_is_no_sample():
    profile = make_profile()
    profile.masks = np.zeros_like(profile.masks)
    with pytest.raises(ValueError, match="no clothes"):
        recolour_clip(profile, 2, np.random.default_rng(0))

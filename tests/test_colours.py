from __future__ import annotations

import numpy as np
import pytest

from pvchat.perception import colours


def patch(rgb, shape=(40, 40), noise=6, seed=0):
    base = np.full((*shape, 3), rgb, np.float32) + np.random.default_rng(seed).normal(0, noise, (*shape, 3))
    return base.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)), ((0, 0, 0), (0, 0, 0)), ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)  # fmt: skip
def test_lab_agrees_with_published_values(rgb, lab):
    np.testing.assert_allclose(colours.to_lab(np.uint8([rgb]))[0], lab, atol=0.1)


@pytest.mark.parametrize(
    ("rgb", "word"),
    [
        ((15, 15, 15), "black"), ((250, 250, 250), "white"), ((125, 125, 125), "grey"), ((200, 20, 30), "red"),
        ((90, 10, 20), "dark red"), ((245, 150, 185), "pink"), ((240, 130, 20), "orange"), ((250, 225, 40), "yellow"),
        ((40, 150, 60), "green"), ((15, 60, 30), "dark green"), ((20, 150, 150), "teal"), ((20, 30, 75), "dark blue"),
        ((40, 100, 190), "blue"), ((150, 190, 235), "light blue"), ((110, 50, 140), "purple"), ((110, 70, 35), "brown"),
        ((220, 200, 165), "beige"),
    ],
)  # fmt: skip
def test_everyday_colours_get_their_word(rgb, word):
    found = colours.dominant(patch(rgb).reshape(-1, 3))
    assert found[0].word == word
    assert found[0].share > 0.8


def test_two_halves_are_named_by_share_and_shades_of_one_colour_are_one():
    cloth = np.concatenate([patch((200, 20, 30)), patch((20, 30, 75))[:24]]).reshape(-1, 3)
    assert colours.name_colours(colours.dominant(cloth)) == "red"  # more than half
    even = np.concatenate([patch((200, 20, 30))[:20], patch((20, 30, 75))[:21]]).reshape(-1, 3)
    assert colours.name_colours([c for c in colours.dominant(even)]) in ("dark blue", "red")
    thirds = [colours.Colour(w, s, (50, 0, 0)) for w, s in (("red", 0.4), ("white", 0.35), ("green", 0.25))]
    assert colours.name_colours(thirds) == "red and white"
    shades = [colours.Colour(w, s, (50, 0, 0)) for w, s in (("dark grey", 0.4), ("black", 0.35), ("red", 0.25))]
    assert colours.name_colours(shades) == "dark grey"


def test_many_colours_are_multicoloured():
    spots = [
        colours.Colour(w, s, (50, 0, 0)) for w, s in (("red", 0.29), ("green", 0.28), ("yellow", 0.23), ("blue", 0.2))
    ]
    assert colours.name_colours(spots) == "multicoloured"


def test_grey_scale_footage_is_noticed():
    grey = np.repeat(np.random.default_rng(0).integers(0, 255, (2, 60, 80, 1), np.uint8), 3, 3)
    assert colours.is_grey_scale(grey)
    grey[:, :20, :30] = (180, 40, 40)
    assert not colours.is_grey_scale(grey)


def test_skin_is_told_from_cloth_in_shade_too():
    skin = colours.to_lab(np.uint8([[205, 150, 125]]))[0]
    pixels = np.uint8([[205, 150, 125], [165, 118, 98], [200, 20, 30], [230, 230, 230], [30, 40, 90]])
    assert colours.skin_like(pixels, skin).tolist() == [True, True, False, False, False]


def test_a_cast_is_found_on_pale_surfaces_only():
    warm = np.full((60, 60, 3), (225, 215, 195), np.uint8)
    assert colours.cast(warm)[1] > 4
    assert np.allclose(colours.cast(np.full((60, 60, 3), (200, 20, 30), np.uint8)), 0)


def test_the_same_pixels_give_the_same_colours():
    pixels = np.random.default_rng(1).integers(0, 255, (3000, 3), np.uint8)
    assert colours.dominant(pixels) == colours.dominant(pixels)


def test_no_pixels_no_colour():
    assert colours.dominant(np.zeros((0, 3), np.uint8)) == []
    assert colours.name_colours([]) is None


def test_strong_colours_keep_their_name_in_the_dark():
    assert colours.word(np.float32([29, 40, 5])) == "pink"
    assert colours.word(np.float32([29, 42, -13])) == "purple"
    assert colours.word(np.float32([23, 42, 25])) == "red"
    assert colours.word(np.float32([20, 13, -4])) == "dark red"


def test_shade_of_a_colour_is_not_black():
    blue = colours.Colour("dark blue", 0.36, (23.0, 13.0, -26.0))
    folds = colours.Colour("black", 0.54, (8.0, 4.0, -4.0))
    assert colours.name_colours([folds, blue]) == "dark blue"
    ink = colours.Colour("black", 0.54, (8.0, 0.0, 0.5))  # no hue of its own: a black coat over something blue
    assert colours.name_colours([ink, blue]) == "black"


def test_four_colours_of_which_none_prevails_are_many():
    parts = [
        ("black", 0.44, (4, 0, 0)),
        ("red", 0.22, (40, 45, 20)),
        ("green", 0.19, (50, -15, 13)),
        ("beige", 0.15, (80, 3, 15)),
    ]
    assert colours.name_colours([colours.Colour(w, s, lab) for w, s, lab in parts]) == "multicoloured"


def test_strong_pink_is_not_red():
    assert colours.word(colours.to_lab(np.uint8([[250, 60, 120]]))[0]) == "pink"
    assert colours.word(colours.to_lab(np.uint8([[230, 20, 30]]))[0]) == "red"

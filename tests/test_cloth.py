"""The colour of what is worn: open jackets, prints, who stands in front; shades of one colour are counted together."""

from __future__ import annotations

import numpy as np
import pytest
from test_facts import HEIGHT, RED, WALL, WIDTH, track_at
from test_sleeves import person

from pvchat.perception import cloth, colours

GREY, BLACK, BLONDE = (120, 120, 120), (12, 12, 12), (190, 160, 90)


def painted(clip, box, colour):
    """The clip with a box (fractions) of a colour in every frame."""
    x0, y0, x1, y1 = (round(v * n) for v, n in zip(box, (WIDTH, HEIGHT) * 2, strict=True))
    clip.images[:, y0:y1, x0:x1] = colour


def worn(clip, track, others=(), outer=False):
    return cloth.worn_colour(clip, track, [track, *others], outer)[0]


def test_an_open_jacket_has_the_colour_of_its_sleeves():
    clip, track = person(upper=GREY, lower=GREY)
    painted(clip, (0.41, 0.3, 0.59, 0.62), BLACK)
    assert worn(clip, track, outer=True) == "grey"
    assert worn(clip, track) == "black"


def test_a_print_on_the_chest_is_not_the_colour_of_the_garment():
    clip, track = person()
    painted(clip, (0.4, 0.36, 0.6, 0.52), (240, 240, 240))
    assert worn(clip, track) == "red"


def test_whoever_stands_in_front_lends_no_colour():
    clip, track = person()
    nearer = track_at((0.4, 0.36, 0.6, 0.62))
    painted(clip, (0.3, 0.25, 0.7, 1.0), WALL)
    assert worn(clip, track) == "grey"
    assert worn(clip, track, [nearer]) is None


def test_her_own_face_on_another_track_covers_nothing():
    clip, track = person()
    assert worn(clip, track, [track_at((0.45, 0.11, 0.55, 0.24))]) == "red"


def test_shades_of_one_colour_are_counted_together():
    said = ["dark red", "red", "red and white", "brown", "brown"]
    assert colours.vote(said) == ("dark red", 0.6)
    assert colours.vote(["dark grey", "black", "grey", None, None]) == ("black", 0.4)
    assert colours.vote(["red", "blue", "green"])[0] is None
    assert np.isclose(colours.vote([RED and "red", None])[1], 0.5)


def test_long_hair_upon_the_shoulders_is_not_what_is_worn():
    clip, track = person()
    for box in ((0.38, 0.06, 0.44, 0.62), (0.56, 0.06, 0.62, 0.62), (0.44, 0.06, 0.56, 0.1)):
        painted(clip, box, BLONDE)
    for box in ((0.43, 0.25, 0.48, 0.47), (0.52, 0.25, 0.57, 0.47)):
        painted(clip, box, BLONDE)
    assert worn(clip, track) == "red"


@pytest.mark.parametrize(("box", "told"), [((0.46, 0.25, 0.54, 1.0), "red"), ((0.3, 0.25, 0.7, 1.0), "yellow")])
def test_blonde_hair_is_no_top_where_it_covers_the_middle_and_a_blonde_top_has_such_sleeves(box, told):
    clip, track = person()
    for hair in ((0.38, 0.06, 0.44, 0.62), (0.56, 0.06, 0.62, 0.62), (0.44, 0.06, 0.56, 0.1)):
        painted(clip, hair, BLONDE)
    painted(clip, box, BLONDE)
    assert worn(clip, track) == told

"""What shows at the neck, from made-up pictures: jackets, shirts with a print, bare shoulders."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from test_facts import HEIGHT, SKIN, WALL, WIDTH, track_at

from pvchat.perception import collars
from pvchat.perception.sightings import pictured
from pvchat.schemas import Garment

FACE = (0.44, 0.1, 0.56, 0.34)  # .12 wide, .24 high
BLACK, WHITE, PINK = (20, 20, 20), (245, 245, 245), (230, 180, 180)


def fill(image: np.ndarray, x0: float, y0: float, x1: float, y1: float, colour: tuple[int, ...]) -> None:
    image[round(y0 * HEIGHT) : round(y1 * HEIGHT), round(x0 * WIDTH) : round(x1 * WIDTH)] = colour


def person(outer: tuple[int, ...] = BLACK, under: tuple[int, ...] | None = WHITE, below: float = 0.0, shown: int = 6):
    """A clip of six frames and a track; what is worn under shows that far below the neck (face heights) in `shown`."""
    images = []
    for frame in range(6):
        image = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
        fill(image, *FACE, SKIN)
        fill(image, 0.3, 0.36, 0.7, 1, outer)
        fill(image, 0.47, 0.34, 0.53, 0.4, SKIN)
        if under is not None and frame < shown:
            fill(image, 0.47, 0.4 + 0.24 * below, 0.53, 0.7, under)
        images.append(image)
    track = track_at(FACE)
    track.facts.clothes = [Garment("top", "black", 0.9, "long-sleeved")]
    return SimpleNamespace(images=np.stack(images), width=WIDTH, height=HEIGHT), track


def worn(clip, track) -> list[tuple[str, str | None]]:
    collars.add_neckline(pictured(clip, track))
    return [(garment.kind, garment.colour) for garment in track.facts.clothes]


def test_pale_cloth_at_the_neck_of_a_dark_top_is_a_shirt_under_a_jacket():
    clip, track = person()
    assert worn(clip, track) == [("jacket", "black"), ("shirt", "white")]
    assert track.facts.clothes[0].sleeves is None


@pytest.mark.parametrize(
    ("clothes", "told"),
    [
        ([Garment("top", "blue and black", 0.9)], [("top", "blue and black"), ("collar", "white")]),
        # the shirt of a suit comes before its tie
        ([Garment("suit", "grey", 0.9), Garment("tie", None, 0.8)],
         [("suit", "grey"), ("shirt", "white"), ("tie", None)]),
        # nothing is added where it is told already or could not be
        ([Garment("dress", "black", 0.9)], [("dress", "black")]),
        ([Garment("coat", "black", 0.9)], [("coat", "black")]),
        ([Garment("suit", "black", 0.9), Garment("shirt", "black", 0.9)], [("suit", "black"), ("shirt", "black")]),
        ([], []),
    ],
)  # fmt: skip
def test_what_the_pale_cloth_is_hangs_on_what_is_worn(clothes, told):
    clip, track = person()
    track.facts.clothes = clothes
    assert worn(clip, track) == told


@pytest.mark.parametrize(("shown", "colour"), [(6, "black and white"), (3, "black and white"), (1, "black")])
def test_a_print_on_the_chest_is_told_with_the_colour(shown, colour):
    assert worn(*person(below=0.3, shown=shown)) == [("top", colour)]
    clip, track = person(below=0.3, shown=shown)
    track.facts.clothes = [Garment("jacket", "black", 0.9)]  # below an open one may be anything
    assert worn(clip, track) == [("jacket", "black")]


@pytest.mark.parametrize(
    "made",
    [
        {"under": None},
        {"below": 0.3, "under": (30, 110, 60)},  # black above it: a print that isn't white
        {"under": PINK},  # could be skin
        {"shown": 2},  # a hand, a paper
        {"outer": WHITE, "under": BLACK},
    ],
)
def test_colourful_prints_skin_and_what_is_seen_for_a_moment_are_no_shirt(made):
    assert worn(*person(**made)) == [("top", "black")]


def test_a_chin_at_the_lower_edge_shows_no_clothes():
    clip, track = person()
    track.boxes[:, [1, 3]] += 0.62
    assert worn(clip, track) == [("top", "black")]


def test_grey_pictures_say_nothing():
    clip, track = person()
    clip.images = np.repeat(clip.images.mean(3, keepdims=True), 3, 3).astype(np.uint8)
    assert worn(clip, track) == [("top", "black")]


def test_bare_shoulders_are_smooth_and_of_the_colour_of_the_face():
    clip, track = person(outer=SKIN, under=None)
    collars.add_neckline(pictured(clip, track))
    assert track.facts.features == [collars.BARE]
    assert track.facts.confidence[collars.BARE] >= 0.8
    track.facts.clothes = [Garment("T-shirt", "beige", 0.8)]
    assert worn(clip, track) == [("top", "beige")]


def test_hair_over_the_shoulders_is_not_smooth():
    clip, track = person(outer=SKIN, under=None)
    stripes = np.arange(WIDTH) // 3 % 2 == 0
    clip.images[:, round(0.36 * HEIGHT) :, stripes] = (clip.images[:, round(0.36 * HEIGHT) :, stripes] * 0.55).astype(
        np.uint8
    )
    assert not collars.bare_shoulders(pictured(clip, track))


def test_bodies_without_a_face_are_left_alone():
    clip, track = person()
    track.kind = "figure"
    assert worn(clip, track) == [("top", "black")]

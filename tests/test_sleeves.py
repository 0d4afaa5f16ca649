"""Sleeves, trousers and clothes in dim light, from made-up pictures of somebody whose joints are known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from test_facts import HEIGHT, NAVY, RED, SKIN, WALL, WIDTH, track_at

from pvchat.perception import cloth, sightings, sleeves
from pvchat.perception.sightings import pictured
from pvchat.perception.sleeves import add_trousers
from pvchat.schemas import Garment

FACE = (0.45, 0.1, 0.55, 0.24)
JOINTS = {
    11: (0.62, 0.3), 12: (0.38, 0.3), 13: (0.68, 0.48), 14: (0.32, 0.48), 15: (0.7, 0.66), 16: (0.3, 0.66),
    23: (0.58, 0.62), 24: (0.42, 0.62), 25: (0.58, 0.9), 26: (0.42, 0.9),
}  # fmt: skip


def bar(image: np.ndarray, start: tuple[float, float], end: tuple[float, float], colour: tuple[int, ...]) -> None:
    """A limb: squares along the way from one joint to another."""
    for x in np.linspace(0, 1, 40):
        at = np.add(start, x * np.subtract(end, start)) * [WIDTH, HEIGHT]
        column, row = at.astype(int)
        image[row - 8 : row + 8, column - 8 : column + 8] = colour


def person(
    upper: tuple[int, ...] = RED, lower: tuple[int, ...] = RED, legs: tuple[int, ...] = NAVY, light: float = 1.0
):
    """A clip and a track of somebody in red whose upper arms, forearms and legs have these colours."""
    image = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
    x0, y0, x1, y1 = (round(v * n) for v, n in zip(FACE, (WIDTH, HEIGHT) * 2, strict=True))
    image[y0:y1, x0:x1] = SKIN
    image[round(0.28 * HEIGHT) : round(0.62 * HEIGHT), round(0.38 * WIDTH) : round(0.62 * WIDTH)] = RED
    for shoulder, elbow, wrist, hip, knee in ((11, 13, 15, 23, 25), (12, 14, 16, 24, 26)):
        bar(image, JOINTS[hip], JOINTS[knee], legs)
        bar(image, JOINTS[shoulder], JOINTS[elbow], upper)
        bar(image, JOINTS[elbow], JOINTS[wrist], lower)
    track = track_at(FACE)
    for joint, place in JOINTS.items():
        track.pose[:, joint] = (*place, 0, 0.99)
    track.pose = np.nan_to_num(track.pose)
    images = np.repeat((image * light).astype(np.uint8)[None], 6, 0)
    return SimpleNamespace(images=images, width=WIDTH, height=HEIGHT), track


@pytest.mark.parametrize(
    ("upper", "lower", "word"),
    [(RED, RED, "long-sleeved"), (RED, SKIN, "short-sleeved"), (SKIN, SKIN, "sleeveless"), (WALL, WALL, None)],
)
def test_sleeves_are_told_by_skin_and_cloth_along_the_arms(upper, lower, word):
    clip, track = person(upper, lower)
    assert sleeves.sleeves(pictured(clip, track)) == word


def test_arms_that_are_not_seen_say_nothing():
    clip, track = person()
    track.pose[:, 13:17, 3] = 0.3
    assert sleeves.sleeves(pictured(clip, track)) is None


@pytest.mark.parametrize(("pose", "movement"), [("standing", None), (None, "falling")])
def test_trousers_are_told_of_who_stands_or_falls_and_wears_no_dress(pose, movement):
    clip, track = person(lower=SKIN)
    track.pose[:, 25:27, 3] = 0.3  # knees behind a chair
    track.facts.clothes, track.facts.pose, track.facts.movement = [Garment("top", "red", 0.9)], pose, movement
    add_trousers(pictured(clip, track))
    assert [(g.kind, g.colour) for g in track.facts.clothes] == [("top", "red"), ("trousers", "dark blue")]
    track.facts.movement = None
    for kind, pose in (("dress", "standing"), ("top", None)):
        track.facts.clothes, track.facts.pose = [Garment(kind, "red", 0.9)], pose
        add_trousers(pictured(clip, track))
        assert [g.kind for g in track.facts.clothes] == [kind]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, ["top", "trousers"]),
        ({"colour": "blue"}, ["top"]),  # hips may be taken for thighs
        ({"knees": 0.3}, ["top"]),  # behind a table
        ({"down": 0.7}, ["top"]),  # thighs that point at the camera
        ({"down": 0.7, "feet": 0.95}, ["top", "trousers"]),  # lower legs
    ],
)
def test_of_who_sits_trousers_are_told_where_the_legs_are_seen_whole(change, told):
    clip, track = person()
    track.facts.clothes, track.facts.pose = [Garment("top", change.get("colour", "red"), 0.9)], "sitting"
    track.pose[:, 25:27, 3] = change.get("knees", 0.99)
    track.pose[:, 25:27, 1] = change.get("down", 0.9)
    if "feet" in change:
        track.pose[:, 27:29] = track.pose[:, 25:27]
        track.pose[:, 27:29, 1] = change["feet"]
    add_trousers(pictured(clip, track))
    assert [g.kind for g in track.facts.clothes] == told


@pytest.mark.parametrize(("legs", "told"), [(NAVY, ["top", "trousers"]), (SKIN, ["top"])])
def test_trousers_of_somebody_from_behind_have_no_colour_of_skin(legs, told):
    clip, track = person(legs=legs)
    track.kind, track.facts.pose, track.facts.clothes = "figure", "sitting", [Garment("top", "red", 0.9)]
    add_trousers(pictured(clip, track))
    assert [g.kind for g in track.facts.clothes] == told


def test_a_woman_in_one_colour_may_wear_a_coat():
    clip, track = person(legs=RED)
    track.facts.clothes, track.facts.pose, track.facts.gender = [Garment("top", "red", 0.9)], "standing", "woman"
    add_trousers(pictured(clip, track))
    assert len(track.facts.clothes) == 1


def test_bare_legs_are_no_trousers():
    clip, track = person(legs=SKIN)
    assert sleeves.leg_colour(pictured(clip, track)) is None


def test_what_is_black_in_dim_light_only_gets_its_colour():
    clip, track = person(light=0.32)
    assert float(sightings.skin_colour(clip.images[0], track.boxes[0])[0]) < 42
    lit = sightings.relit(clip.images[0], track.boxes[0])
    assert lit is not None
    assert float(sightings.skin_colour(lit, track.boxes[0])[0]) == pytest.approx(55, abs=2)
    colour, agreed = cloth.worn_colour(clip, track, [track], outer=False)
    assert colour in ("red", "dark red")
    assert agreed == 1.0
    bright, track = person()
    assert sightings.relit(bright.images[0], track.boxes[0]) is None


def test_bars_above_and_below_are_no_cloth():
    image = np.full((100, 100, 3), 200, np.uint8)
    image[:10], image[90:] = 5, 5
    box = np.float32([0.2, 0.6, 0.8, 1.0])
    assert sightings.within_bars(image, box).tolist() == pytest.approx([0.2, 0.6, 0.8, 0.9])
    assert sightings.within_bars(np.zeros((9, 9, 3), np.uint8), box) is box

"""The colour of photographed hair: by a learned head, and what the strip above a face shows."""

from __future__ import annotations

import numpy as np
import pytest
from test_facts import track_at

from pvchat.perception import hair
from pvchat.perception.experts.attributes import arrays_of
from pvchat.perception.sightings import Pictured
from pvchat.schemas import FloatArray

FACE = np.float32([0.4, 0.4, 0.6, 0.7])


def dark(above: tuple[int, int, int], skin: tuple[int, int, int]) -> bool:
    image = np.full((100, 100, 3), above, np.uint8)
    image[40:] = skin
    return hair.is_dark(Pictured(track_at(FACE), np.array([0, 1]), [image, image]))


@pytest.mark.parametrize(
    ("above", "skin", "told"),
    [
        ((92, 74, 58), (150, 112, 88), False),  # brown
        ((60, 44, 36), (64, 48, 40), False),  # a forehead in the dark
        ((14, 11, 9), (75, 58, 48), True),
    ],
)
def test_dark_hair_is_told_from_skin_by_how_dark_it_is(above, skin, told):
    assert dark(above, skin) is told


def looks_like(**odds: float) -> FloatArray:
    """Features [1280] of a head whose hair has these log-odds, and of the other colours nought."""
    head = arrays_of(hair.WEIGHTS)
    wanted = np.array([odds.get(name, 0.0) for name in hair.COLOURS]) - head["bias"]
    return np.float32(np.linalg.pinv(np.float64(head["weight"])) @ wanted)


def test_the_colour_of_hair_is_told_where_the_head_is_sure():
    assert hair.hair_colour(np.stack([looks_like(blonde=4.0), looks_like(blonde=2.0)])) == "blonde"
    assert hair.hair_colour(np.stack([looks_like(blonde=3.0), looks_like(brown=3.0)])) is None  # neither is likely
    assert hair.hair_colour(np.zeros((0, 1280), np.float32)) is None

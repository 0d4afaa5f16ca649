"""The colour of photographed hair: what the strip above a face shows."""

from __future__ import annotations

import numpy as np
import pytest
from test_facts import track_at

from pvchat.perception import hair
from pvchat.perception.sightings import Pictured

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

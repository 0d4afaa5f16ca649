"""The colour of photographed hair: what the strip above a face shows, in the light that the face shows."""

from __future__ import annotations

import numpy as np
import pytest
from test_facts import track_at

from pvchat.perception import hair
from pvchat.perception.sightings import Pictured

FACE = np.float32([0.4, 0.4, 0.6, 0.7])


def hair_of(above: tuple[int, int, int], skin: tuple[int, int, int]) -> str | None:
    image = np.full((100, 100, 3), above, np.uint8)
    image[40:] = skin
    return hair.photographed(Pictured(track_at(FACE), np.array([0, 1]), [image, image]))


@pytest.mark.parametrize(
    ("above", "skin", "told"),
    [
        ((92, 74, 58), (150, 112, 88), "brown hair"),  # of the skin's hue, but well darker than the cheeks
        ((126, 92, 72), (150, 112, 88), None),  # a forehead in shade
        ((190, 165, 105), (150, 112, 88), "blonde hair"),
        ((120, 100, 70), (200, 160, 135), None),  # between brown and blonde
        ((45, 36, 28), (75, 58, 48), "brown hair"),  # both in dim light
        ((14, 11, 9), (75, 58, 48), "dark hair"),
    ],
)
def test_hair_is_told_from_skin_by_how_dark_it_is(above, skin, told):
    assert hair_of(above, skin) == told

"""What is seen at a head: by two readers together, told and denied by the card, the colour of hair by its share."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pvchat.perception.experts import headlooks
from pvchat.perception.experts.attributes import arrays_of
from pvchat.perception.experts.headlooks import COLOURS, LABELS, HeadLooks, likeliest_colour


class Blank:
    """Maps of nought."""

    def __init__(self):
        self.asked = 0

    def maps(self, pictures, side):
        self.asked += len(pictures)
        return np.zeros((len(pictures), 472, side // 16, side // 16), np.float32)


def features_of(**odds: float) -> np.ndarray:
    """Features [1280] to which the linear reader gives these log-odds."""
    arrays = arrays_of(headlooks.WEIGHTS)
    wanted = np.array([odds.get(name, -9.0) for name in (*LABELS, *COLOURS)]) - arrays["linear.bias"]
    return np.float32(np.linalg.pinv(np.float64(arrays["linear.weight"])) @ wanted)


def test_both_readers_count_and_one_alone_does_not_decide():
    frames = Blank()
    reader = HeadLooks(frames)
    by_maps = headlooks.read(reader._arrays, frames.maps([0], headlooks.SIDE))[0]
    one = {"a hat": 30.0 - by_maps[0], "long hair": 30.0 - by_maps[LABELS.index("long hair")]}
    features = np.stack([features_of(**one)] * 3)
    seen = reader.look([np.zeros((9, 9, 3), np.uint8)] * 3, features)
    assert {claim.label for claim in seen.shown} >= {"a hat", "long hair"}
    assert "a helmet" in seen.lacking
    against = np.stack([features_of(**{"a hat": -30.0 - by_maps[0]})] * 3)
    assert "a hat" in reader.look([np.zeros((9, 9, 3), np.uint8)] * 3, against).lacking


def test_the_network_sees_every_other_picture_and_nothing_of_none():
    frames = Blank()
    HeadLooks(frames).look([np.zeros((9, 9, 3), np.uint8)] * 5, np.zeros((5, 1280), np.float32))
    assert frames.asked == 3
    assert HeadLooks(frames).look([], np.zeros((0, 1280), np.float32)) == headlooks.SeenAtHead()


@pytest.mark.parametrize(
    ("chances", "told"),
    [({"blonde": 0.9, "brown": 0.1}, "blonde"), ({"blonde": 0.5, "brown": 0.5}, None), ({"": 0.9}, None)],
)
def test_the_colour_of_hair_is_told_by_its_share(chances: dict[str, float], told: str | None):
    assert likeliest_colour(np.float32([chances.get(name, 0.01) for name in COLOURS])) == told


def test_the_card_says_of_every_label_from_when_it_is_told_and_denied():
    card = json.loads(headlooks.WEIGHTS.with_suffix(".json").read_text())
    assert tuple(card["labels"]) == LABELS
    assert all(row["denied_below"] < row["threshold"] for row in card["labels"].values())

"""What is seen at a head: by two readers together, told and denied by the card, the colour of hair by its share."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pvchat.perception.experts import headlooks
from pvchat.perception.experts.headlooks import COLOURS, LABELS, HeadLooks, SeenAtHead, likeliest_colour


class Blank:
    """Maps of nought."""

    def __init__(self):
        self.asked = 0

    def maps(self, pictures, side):
        self.asked += len(pictures)
        return np.zeros((len(pictures), 472, side // 16, side // 16), np.float32)


def looked(monkeypatch: pytest.MonkeyPatch, by_linear: dict[str, float], by_network: dict[str, float]) -> SeenAtHead:
    """What is seen in three pictures of which the two readers say these log-odds, and -9 of all else."""
    rows = [np.float32([[said.get(name, -9.0) for name in (*LABELS, *COLOURS)]]) for said in (by_linear, by_network)]
    monkeypatch.setattr(headlooks, "linear_log_odds", lambda arrays, features: np.repeat(rows[0], len(features), 0))
    monkeypatch.setattr(headlooks, "outputs", lambda arrays, maps: np.repeat(rows[1], len(maps), 0))
    return HeadLooks(Blank()).look([np.zeros((9, 9, 3), np.uint8)] * 3, np.zeros((3, 1280), np.float32))


def test_both_readers_count_and_one_alone_does_not_decide(monkeypatch):
    told = {"a hat": 3.0, "long hair": 3.0}
    assert {claim.label for claim in looked(monkeypatch, told, told).shown} == {"a hat", "long hair"}
    alone = looked(monkeypatch, told, {})
    assert alone.shown == []
    assert {"a hat", "a helmet", "long hair"} <= {*alone.lacking}
    assert looked(monkeypatch, {"a hat": 2.0}, {"a hat": -1.0}).shown == []  # the mean of the two, not the sum


def test_what_may_be_a_hat_may_be_a_helmet_and_hides_the_hair(monkeypatch):
    perhaps = looked(monkeypatch, {"a hat": 0.0, "blonde": 9.0}, {"a hat": 0.0, "blonde": 9.0})
    assert (perhaps.colour, {"a hat", "a helmet"} & {*perhaps.lacking}) == (None, set())
    bare = looked(monkeypatch, {"blonde": 9.0}, {"blonde": 9.0})
    assert (bare.colour, {"a hat", "a helmet"} & {*bare.lacking}) == ("blonde", {"a hat", "a helmet"})
    hatted = looked(monkeypatch, {"a hat": 9.0, "blonde": 9.0}, {"a hat": 9.0, "blonde": 9.0})
    assert (hatted.colour, "a helmet" in hatted.lacking) == (None, True)


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

"""The recipe of the kinds of places: what it learns from, and that it learns."""

from __future__ import annotations

import json

import numpy as np

from pvchat.perception.experts.scenes import OTHER, PlaceHead
from pvchat.perception.places import _EITHER, _OPEN
from recipes.places.train import KINDS, LABELS, close_up, judge, learn, one_of, places, wall


def test_what_ships_names_the_kinds_of_the_recipe():
    assert PlaceHead().labels == LABELS
    assert {*_OPEN, *_EITHER} <= set(LABELS)
    shares = PlaceHead().probabilities(np.zeros((3, 1280), np.float32))
    assert shares.shape == (len(LABELS),)
    assert abs(float(shares.sum()) - 1) < 1e-5


def test_no_place_or_word_stands_for_two_kinds():
    for kind in ("places", "teacher", "captions"):
        words = [word for row in KINDS.values() for word in row[kind].split(", " if kind == "places" else None)]
        assert len(words) == len(set(words))


def test_pictures_of_a_place_are_limited_and_get_their_kind(tmp_path):
    for name in ("places_mini", "rooms_places", "scenes_intel", "houses"):
        rows = [{"file": f"{k}.jpg", "place": "forest" if k % 2 else "moon base", "split": "train"} for k in range(200)]
        (tmp_path / name).mkdir()
        (tmp_path / name / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = list(places(tmp_path, np.random.default_rng(0)))
    labels = [label for _, label, _ in found]
    assert labels.count("a forest") == labels.count(OTHER) == 3 * 40 + 90


def test_walls_and_close_ups_differ_and_have_a_videos_shape():
    random = np.random.default_rng(0)
    assert len({wall(random).tobytes() for _ in range(5)}) == 5
    cut = close_up(np.zeros((144, 144, 3), np.uint8), random)
    assert cut.shape[1:] == (144, 3)
    assert 80 <= len(cut) <= 144


def test_the_head_learns_what_tells_two_places_apart():
    random = np.random.default_rng(0)
    truth = np.stack([one_of({LABELS[k % 2]}) for k in range(80)])
    x = random.normal(0, 1, (80, 1280)).astype(np.float32)
    x[:, :60] += 2 * truth[:, :1]
    head = learn(x[:60], truth[:60])
    card = judge(x[60:], truth[60:], head, 0.3)
    assert card["right"] >= 0.9
    assert card["kept back"] == 20

"""The recipe of the kinds of places: what it learns from, and that it learns."""

from __future__ import annotations

import json

import numpy as np

from pvchat.perception import places as tell
from pvchat.perception.places import _EITHER, _OPEN, OTHER, free_cells, place_shares
from recipes.looks.settings import Cutout
from recipes.places import by_eye
from recipes.places.train import KINDS, LABELS, before, close_up, judge, learn, one_of, places, wall


def test_what_ships_names_the_kinds_of_the_recipe():
    assert list(tell.KINDS) == LABELS
    assert {*_OPEN, *_EITHER} <= set(LABELS)
    for drawn in (False, True):
        shares = place_shares(np.zeros((3, 1280), np.float32), drawn)
        assert list(shares) == LABELS
        assert abs(sum(shares.values()) - 1) < 1e-5


def test_no_place_or_word_stands_for_two_kinds():
    for kind in ("places", "teacher", "captions"):
        words = [word for row in KINDS.values() for word in row[kind].split(", " if kind == "places" else None)]
        assert len(words) == len(set(words))


def test_pictures_of_a_place_get_their_kind_and_rooms_count_twice(tmp_path):
    for name in ("places_mini", "rooms_places", "scenes_intel", "houses"):
        rows = [
            {"file": f"{k}.jpg", "place": place, "split": "train"}
            for k, place in enumerate(("forest", "moon base", "kitchen"))
        ]
        (tmp_path / name).mkdir()
        (tmp_path / name / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    labels = [label for _, label, _ in places(tmp_path)]
    assert labels.count("a forest") == labels.count(OTHER) == 4
    assert labels.count("a kitchen") == 8


def test_who_stands_before_a_place_is_left_out():
    """A black cut-out that fills its picture covers cells; whoever's face is known covers those below it."""
    person = Cutout(
        np.dstack([np.zeros((60, 40, 3), np.uint8), np.full((60, 40), 255, np.uint8)]), np.float32([0.3, 0, 0.7, 0.3])
    )
    place, shares = np.full((128, 128, 3), 200, np.uint8), []
    for seed in range(12):
        picture, free = before(place, [person], np.random.default_rng(seed))
        assert picture.shape[2] == 3
        assert free.shape == (49,)
        shares.append(float(free.mean()))
    assert max(shares) == 1
    assert min(shares) < 0.8
    free = free_cells(np.float32([[0.45, 0.3, 0.55, 0.45]])).reshape(7, 7)
    assert free[:, 0].all()
    assert not free[3:, 3].any()
    assert free_cells(np.float32([[0, 0, 1, 1]])).all()  # nothing would be left


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


def test_what_was_read_names_kinds_that_can_be_told_or_none():
    for kinds in json.loads(by_eye.FILE.read_text(encoding="utf-8")).values():
        for named, clips in kinds.items():
            assert abs(by_eye.shares(named).sum() - 1) < 1e-5
            assert len(clips) == len(set(clips))
    assert by_eye.shares("a street, a field")[[LABELS.index("a street"), LABELS.index("a field")]].tolist() == [
        0.5,
        0.5,
    ]
    assert by_eye.shares("at home")[LABELS.index("a living room")] > 0.4


def test_the_second_step_adds_to_what_the_first_says():
    random, kind = np.random.default_rng(0), LABELS.index("a forest")
    first = np.zeros((len(LABELS), 1280), np.float32), np.array(by_eye.OFTEN)
    seen = [
        by_eye.Seen(
            "tv_talk", str(n), random.normal(0, 1, 1280).astype(np.float32), np.eye(len(LABELS))[kind if n % 2 else 0]
        )
        for n in range(80)
    ]
    for one in seen[1::2]:
        one.features[:40] += 2
    head = by_eye.learn(seen, first)
    told = [int((head["weight"] @ one.features + head["bias"]).argmax()) for one in seen]
    assert told[1::2].count(kind) > 35
    assert kind not in told[::2]
    assert any(one.kept_back for one in seen)


def test_the_drawn_head_weighs_the_word_of_the_one_for_film_and_adds_to_it(monkeypatch):
    monkeypatch.setattr(by_eye, "FOLDS", 3)
    random, forest = np.random.default_rng(0), LABELS.index("a forest")
    filmed = np.zeros((len(LABELS), 1280), np.float32), np.array(by_eye.OFTEN)
    filmed[0][0, :20] = 0.5  # takes drawn forests for offices
    seen = [
        by_eye.Seen(
            by_eye.DRAWN,
            str(n),
            random.normal(0, 1, 1280).astype(np.float32),
            np.eye(len(LABELS), dtype=np.float32)[forest if n % 2 else -1],
        )
        for n in range(80)
    ]
    for one in seen[1::2]:
        one.features[:40] += 2
    card = by_eye.judge_drawn(seen, filmed)
    assert card["clips"] == 80
    assert card["told"] >= 30
    assert card["right"] >= 0.9 * card["told"]

"""What is known of the garments in a picture, and what is learned from that."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from pvchat.perception.experts.attributes import JACKETS, AttributeExpert
from pvchat.train.fits import jackets


class OneFace:
    """In every picture one face, of a quarter of its height."""

    def faces(self, image, score):
        return np.float32([[0.4, 0.1, 0.6, 0.35]]), np.zeros((1, 5, 2), np.float32), np.float32([0.9])


class Nobody(OneFace):
    def faces(self, image, score):
        return np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32)


def sets(root, street=(), shop=(), photos=()):
    """Four sets below `root`, of grey pictures."""
    rows = {"ccp_clothes": street, "clothing_cc0": (), "product_clothes": shop, "flickr8k": photos}
    for name, known in rows.items():
        folder = root / name
        folder.mkdir()
        lines = []
        for i, row in enumerate(known):
            Image.new("RGB", (80, 100), (90, 90, 90)).save(folder / f"{i}.png")
            lines.append(json.dumps({"file": f"{i}.png", "split": "train", **row}))
        (folder / "metadata.jsonl").write_text("\n".join(lines))
    return root


def street(*items):
    garments = [{"item": item} for item in items]
    return {"boxes": [{"label": "person", "box": [0.2, 0.1, 0.8, 0.9]}], "attributes": {"garments": garments}}


def test_whatever_is_worn_open_is_a_jacket_and_a_cardigan_may_be_one(tmp_path):
    root = sets(tmp_path, [street("coat", "dress"), street("shirt"), street("cardigan"), street("cardigan", "blazer")])
    labels = [row.labels for row in jackets.read_rows(root, Nobody())]
    assert labels == [
        {"jacket": (1, 1.0)},
        {"jacket": (0, 1.0)},
        {"jacket": (1, 1.0)},
    ]  # the cardigan alone is left out


def test_legs_are_left_out_of_a_street_photo(tmp_path):
    (row,) = jackets.read_rows(sets(tmp_path, [street("suit")]), Nobody())
    np.testing.assert_allclose(row.box, [0.2, 0.1, 0.8, 0.5])


def test_things_that_cover_no_chest_are_no_example(tmp_path):
    goods = [{"attributes": {"garment": kind}} for kind in ("handbag", "jacket", "T-shirt", "kurta")]
    found = jackets.read_rows(sets(tmp_path, shop=goods), Nobody())
    assert [row.labels["jacket"][0] for row in found] == [1, 0]


def test_two_captions_make_a_label_and_one_leaves_it_open():
    assert jackets.captioned(["A man in a coat.", "A man in a black jacket.", "A man."]) == {"jacket": (1, 1.0)}
    assert jackets.captioned(["A girl in a dress.", "A girl in a shirt.", "A girl."]) == {"jacket": (0, 0.3)}
    assert jackets.captioned(["A girl in a coat.", "A girl in a shirt.", "A girl in a dress."]) == {}
    assert jackets.captioned(["A man runs.", "A man in a shirt."]) == {}


def test_only_whoever_is_alone_is_meant_by_a_caption(tmp_path):
    root = sets(tmp_path, photos=[{"captions": ["A man in a coat.", "A jacket."]}])
    (row,) = jackets.read_rows(root, OneFace())
    assert row.labels["jacket"] == (1, 1.0)
    assert jackets.read_rows(root, Nobody()) == []


def test_learning_tells_jackets_from_others_however_few_they_are():
    random = np.random.default_rng(0)
    worn = (np.arange(300) % 6 == 0).astype(np.float32)[:, None]
    x = random.normal(0, 1, (300, 1280)).astype(np.float32) + 1.5 * worn * (np.arange(1280) < 40)
    weight, bias = jackets.learn(x, worn, np.ones_like(worn))
    scores = x @ weight[0] + bias[0]
    assert scores[worn[:, 0] > 0].min() > scores[worn[:, 0] == 0].max()


def test_the_card_counts_what_is_said_at_its_limit():
    card = jackets.judge(np.float32([0.9, 0.7, 0.2, 0.1]), np.float32([1, 0, 1, 0]))
    assert (card["precision"], card["recall"], card["validated"]) == (0.5, 0.5, 4)


def test_the_shipped_head_is_whole_and_says_what_its_recipe_says():
    expert = AttributeExpert(JACKETS)
    assert expert.labels("worn") == [jackets.LABEL]
    assert expert.card["heads"]["worn"][jackets.LABEL]["threshold"] == jackets.LIMIT
    assert expert.card["judged on"] == jackets.JUDGED_ON
    assert expert.probabilities("worn", np.zeros((2, 1280), np.float32)).shape == (2, 1)
    assert JACKETS.stat().st_size < 10_000

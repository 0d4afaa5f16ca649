"""Recipes of the small heads: separating directions, indoors from outdoors, people whose looks were read by eye."""

from __future__ import annotations

import json

import numpy as np
import pytest

from recipes.looks import attributes as recipe
from recipes.looks import garments, headlooks, settings
from recipes.looks.people import FILE, Person


def test_fit_finds_a_separating_direction_and_ignores_unknown_labels():
    random = np.random.default_rng(0)
    x = random.normal(size=(400, 12)).astype(np.float32)
    y = np.stack([x[:, 3] > 0, random.random(400) > 0.5], 1).astype(int)
    weight = np.stack([np.ones(400), np.zeros(400)], 1)
    w, b = recipe.fit(x, y, weight, decay=1e-3)
    assert ((x @ w[0] + b[0] > 0) == (y[:, 0] == 1)).mean() > 0.9
    assert np.abs(w[1]).max() < 1e-3


def test_learning_tells_the_two_settings_apart_whatever_their_share():
    random = np.random.default_rng(0)
    outdoors = np.arange(400) % 10 == 0
    x = random.normal(0, 1, (400, 1280)).astype(np.float32)
    x[outdoors, :40] += 1.5
    weight, bias = settings.learn(x, outdoors)
    told = x @ weight + bias > 0
    assert (told[outdoors]).mean() > 0.9
    assert (told[~outdoors]).mean() < 0.1


def dressed(**read):
    return garments.Dressed("flickr8k", "a.jpg", "a", np.zeros(4, np.float32), True, read)


def test_what_may_be_worn_counts_alike_and_what_was_not_read_not_at_all():
    truth = garments._truth([dressed(kind=("shirt", "T-shirt"), colour=("red",)), dressed(kind=("?",))], "kind")
    assert truth.sum(1).tolist() == [1.0, 0.0]
    assert truth[0, garments.KINDS.index("shirt")] == truth[0, garments.KINDS.index("T-shirt")] == 0.5
    assert garments._truth([dressed(kind=("suit",))], "colour").sum() == 0


def test_a_version_of_a_crop_is_another_picture_of_the_same_size():
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    box = np.array([0.2, 0.1, 0.8, 0.9], np.float32)
    plain, random = garments.version(image, box, None), np.random.default_rng(1)
    others = [garments.version(image, box, random) for _ in range(4)]
    assert plain.shape == (224, 224, 3)
    assert (garments.version(image, box, None) == plain).all()
    assert all(one.shape == plain.shape and one.dtype == np.uint8 and (one != plain).any() for one in others)


def person(eyes=(), head=(), hair="?"):
    return Person("har_stills", "a.jpg", np.zeros(4, np.float32), (), (), eyes, head, hair)


def test_what_was_read_as_either_is_not_known():
    dark = {"dark": 1.0, "brown": 0.0, "blonde": 0.0, "grey": 0.0, "red": 0.0, "": 0.0}
    assert headlooks.told_of(person(("n",), ("cap",), "long dark")) == {
        "a face mask": False, "a helmet": False, "a hat": True, "sunglasses": False, "long hair": True,
        "short hair": False, **dark,
    }  # fmt: skip
    told = headlooks.told_of(person(("g", "s"), ("cap", "none"), "? dark brown"))
    assert told == {"a face mask": False, "a helmet": False, **dark, "dark": 0.5, "brown": 0.5}
    assert headlooks.told_of(person((), ("helmet",))) == {"a face mask": False, "a helmet": True}  # a hat, or none
    assert headlooks.told_of(person((), ("face mask",)))["a face mask"]


def test_of_hair_that_is_tied_back_only_is_known_that_it_is_not_short():
    told = headlooks.lettered("xgtd")
    assert "long hair" not in told
    assert not told["short hair"]
    assert told["dark"] == 1
    assert headlooks.lettered("hxxx") == {"a hat": True, "a helmet": False, "a face mask": False}
    assert headlooks.lettered("nnbx")[""] == 1  # bald


def test_the_linear_reader_learns_only_from_those_of_whom_something_is_known():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(150, 2, 1280)).astype(np.float32), np.zeros((150, 1), np.float32)
    y[:, 0] = np.arange(150) % 3 == 0
    x[y[:, 0] > 0, :, :30] += 2.0
    known = np.float32(np.arange(150) < 100)[:, None]
    weight, bias = headlooks.linear(x, y, known)
    said = x[:, 0] @ weight[0] + bias[0] > 0
    assert (said == (y[:, 0] > 0))[100:].mean() > 0.95


def test_denied_is_what_hardly_any_that_show_it_are_as_unlikely_as():
    chances = np.concatenate([np.linspace(0.02, 1.0, 100), np.linspace(0.0, 0.2, 100)]).astype(np.float32)
    card = headlooks.denial(chances, np.arange(200) < 100)
    assert card["denied_below"] == pytest.approx(0.069, abs=0.002)
    assert card["denied_rightly"] == pytest.approx(1 - 5 / 40, abs=0.03)
    assert card["denied_of_those_without"] == pytest.approx(0.35, abs=0.02)


def test_what_was_read_names_only_what_the_recipes_know():
    for pictures in json.loads(FILE.read_text(encoding="utf-8")).values():
        for *face, read in (one for people in pictures.values() for one in people):
            kind, _, eyes, _, _ = read.split("|")
            assert len(face) == 4
            assert {*kind.split("/")} <= {*garments.KINDS, "?"}
            assert {*eyes.split("/")} <= {"g", "s", "n", "?"}


def test_heads_are_read_by_letters_that_the_recipe_knows():
    for pictures in json.loads(headlooks.FILE.read_text(encoding="utf-8")).values():
        for people in pictures.values():
            for head, eyes, length, colour in [people] if isinstance(people, str) else [one[4] for one in people]:
                assert (head in "hmMnx", eyes in "gsnx", length in "ltsbx", colour in "dbygrx") == (True,) * 4

"""Composites of settings, and what is learned from them."""

from __future__ import annotations

import json

import numpy as np

from pvchat.perception.experts.attributes import SETTINGS, AttributeExpert
from pvchat.train.fits import settings


def place(value: int = 120) -> np.ndarray:
    return np.full((90, 120, 3), value, np.uint8)


def somebody() -> settings.Cutout:
    """A red person on a transparent ground, the face in the upper third."""
    pixels = np.zeros((60, 40, 4), np.uint8)
    pixels[6:, 8:32] = (230, 20, 20, 255)
    return settings.Cutout(pixels, np.float32([0.35, 0.1, 0.65, 0.4]))


def test_a_place_with_people_before_it_shows_them_and_the_place():
    pictures = [settings.photographed(place(), [somebody()], np.random.default_rng(seed)) for seed in range(12)]
    red = [float((p[..., 0].astype(int) - p[..., 1] > 40).mean()) for p in pictures]
    assert max(red) > 0.05
    assert min(red) == 0  # some are of nobody
    assert all(p.dtype == np.uint8 and p.shape[2] == 3 for p in pictures)
    assert all(share < 0.95 for share in red)


def test_a_drawn_scene_has_few_colours_and_the_same_seed_makes_it_again():
    picture = np.random.default_rng(0).integers(0, 255, (80, 80, 3)).astype(np.uint8)
    one, again = (settings.drawn(picture, [place(200)], np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(one, again)


def test_learning_tells_the_two_settings_apart_whatever_their_share():
    random = np.random.default_rng(0)
    outdoors = np.arange(400) % 10 == 0
    x = random.normal(0, 1, (400, 1280)).astype(np.float32)
    x[outdoors, :40] += 1.5
    weight, bias = settings.learn(x, outdoors)
    told = x @ weight + bias > 0
    assert (told[outdoors]).mean() > 0.9
    assert (told[~outdoors]).mean() < 0.1


def test_the_card_counts_what_is_said_at_its_limits():
    card = settings.judge(
        np.float32([0.9, 0.7, 0.4, 0.1]), np.array([True, False, True, False]), {"outdoors": 0.6, "indoors": 0.8}
    )
    assert (card["outdoors"]["precision"], card["outdoors"]["recall"]) == (0.5, 0.5)
    assert (card["indoors"]["precision"], card["indoors"]["recall"]) == (1.0, 0.5)


def test_shipped_settings_are_whole():
    expert = AttributeExpert(SETTINGS)
    for kind, limits in settings.LIMITS.items():
        assert {label: row["threshold"] for label, row in expert.card["heads"][kind].items()} == limits
        p = expert.probabilities(kind, np.random.default_rng(0).normal(0.2, 0.4, (3, 1280)).astype(np.float32))
        np.testing.assert_allclose(p.sum(1), 1, atol=1e-3)  # outdoors and indoors are one question
    assert json.loads(SETTINGS.with_suffix(".json").read_text())["source"] == "pvchat.train.fits.settings"

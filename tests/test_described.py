"""How `benchmarks/described.py` reads reference answers, and what counts as right: fixed before anything was tuned."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from phrases import colour_agrees, colours_of, place_agrees, place_of, postures_of


@pytest.mark.parametrize(
    ("phrase", "colours"),
    [
        ("dark suit, pink shirt, face mask", {"dark"}),
        ("light-grey jacket, white shirt, black tie, glasses", {"light grey"}),
        ("black cardigan over a leopard-print top", {"black"}),
        ("black-and-white maid dress", {"black", "white"}),
        ("light-and-dark long-sleeved top, dark trousers", {"light", "dark"}),
        ("green cap and apron, white shirt", {"white"}),  # a cap is no upper garment
        ("brown knitted hat, orange-yellow striped blanket", None),
        ("blue T-shirt, dark trousers", {"blue"}), ("navy blazer, white shirt, striped tie", {"dark blue"}),
        ("armour, red cape, eye patch", None), ("bare shoulders, big dark earrings, hair up", None),
        ("red armour, glasses", {"red"}), ("flowered off-shoulder dress, blonde hair", None),
    ],
)  # fmt: skip
def test_the_upper_garments_colour_is_read(phrase, colours):
    assert colours_of(phrase) == colours


@pytest.mark.parametrize(
    ("said", "named", "right"),
    [
        ("black", {"dark"}, True), ("dark blue", {"dark"}, True), ("blue", {"dark"}, False),
        ("dark grey", {"black"}, True),  # footage doesn't tell them apart
        ("light grey", {"white"}, True), ("grey", {"black"}, False), ("grey", {"white"}, False),
        ("light grey", {"dark grey"}, True), ("dark blue", {"blue"}, True),
        ("red and white", {"white"}, False),  # the first word is the main colour
        ("red and white", {"red"}, True), ("dark", {"dark blue"}, True), ("dark", {"blue"}, False),
        ("beige", {"light"}, True), ("teal", {"blue", "green"}, True), ("multicoloured", {"blue"}, False),
        ("multicoloured", {"blue", "green"}, True), ("brown", {"beige"}, False),
    ],
)  # fmt: skip
def test_a_colour_is_right_by_its_basic_term(said, named, right):
    assert colour_agrees(said, frozenset(named)) is right


@pytest.mark.parametrize(
    ("phrase", "postures"),
    [
        ("stands and looks ahead", {"standing"}),
        ("sits on a chair, then falls to the floor sideways", {"sitting", "falling"}),
        ("bends down, walks, then falls backwards to the floor", {"bending", "walking", "falling"}),
        ("in an office / meeting room, standing before a pale wall", {"standing"}),
        ("lies in a sleeping bag", {"lying down"}), ("poses for a group photo", None),
        ("talks to the camera, gesturing with her hand", None),
    ],
)  # fmt: skip
def test_postures_are_read(phrase, postures):
    assert postures_of(phrase) == postures


@pytest.mark.parametrize(
    ("phrase", "kind"),
    [
        ("in a treatment room with a FLU poster", "medical"), ("at a press event before a blue backdrop", "event"),
        ("on a sofa before bookshelves, far left", "living room"),
        ("in a dim meeting room with glass walls, in the middle", "office"),
        ("by shop windows", None), ("before a white wall", None), ("outdoors by a lake in autumn", "water"),
        ("outdoors, pale sky", "outdoors"), ("in a bedroom with turquoise curtains", "bedroom"),
        ("a restaurant", "restaurant"),
    ],
)  # fmt: skip
def test_the_kind_of_place_is_read(phrase, kind):
    assert place_of(phrase) == kind


@pytest.mark.parametrize(
    ("said", "named", "right"),
    [
        ("bedroom", "bedroom", True), ("home", "bedroom", True), ("restaurant", "living room", False),
        ("street", "outdoors", True), ("office", "outdoors", False), ("office", "room", True), ("water", "room", False),
    ],
)  # fmt: skip
def test_a_place_is_right_by_its_kind(said, named, right):
    assert place_agrees(said, named) is right

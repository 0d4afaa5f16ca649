"""The simple present: how single verbs are told, and that every deed that can be measured or chosen is known."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from pvchat.chat.english import present_tense, table
from pvchat.chat.reader.words import participle
from pvchat.model.choices import choices, group_names

REPO = Path(__file__).parents[1]
DEED = re.compile(r"[a-z]+ing( |$)")


def spoken(module: str) -> set[str]:
    """The phrases in a module's code that begin with a verb: what it says somebody does."""
    tree = ast.parse((REPO / module).read_text(encoding="utf-8"))
    described = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}  # docstrings
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in described]
    return {text for text in texts if isinstance(text, str) and DEED.match(text)}


def measured() -> set[str]:
    """What perception and augmentation say of somebody."""
    modules = ("perception/gestures", "perception/drawnheads", "augment/positives/reenact")
    return set().union(*(spoken(f"pvchat/{module}.py") for module in modules))


def learned() -> set[str]:
    """Activities that the heads know, kept or dropped, and those that they are taught."""
    card = json.loads((REPO / "pvchat/perception/experts/attributes.json").read_text(encoding="utf-8"))
    labels = [*card["heads"]["frame"], *(name.removeprefix("frame: ") for name in card["dropped"])]
    return {label for label in labels if DEED.match(label)} | spoken("recipes/looks/attribute_labels.py")


def test_every_deed_that_can_be_said_is_told_by_its_verb() -> None:
    chosen = {choice.said for choice in choices("action")} | set(group_names("action"))
    assert {"raising a hand", "talking", "turning the head"} <= measured()
    assert {"riding a bike", "playing tennis", "climbing"} <= learned()
    told_by_posture = {"standing", "sitting", "lying down", "walking or running", "falling"}
    for phrase in told_by_posture | {"holding a cup"} | measured() | learned() | chosen:
        told = present_tense(phrase)
        assert not told.startswith("is "), phrase
        assert not re.search(r"(^|and |or )\w+ing\b", told), told


def test_every_verb_of_the_table_is_one_word_and_ends_as_it_should() -> None:
    for verb, told in table()["verb"].items():
        assert re.fullmatch(r"[a-z]+ing", verb)
        assert re.fullmatch(r"[a-z]*[a-rt-z]s|[a-z]+(ss|sh|ch|x|o)es|is|does", told) or told.endswith("ses"), told
        assert told[0] == verb[0] or (verb, told) == ("being", "is")


@pytest.mark.parametrize(
    ("phrase", "told"),
    [
        ("sitting", "sits"), ("lying down", "lies down"), ("raising a hand", "raises a hand"),
        ("waving", "waves"), ("nodding", "nods"), ("talking", "talks"), ("dancing", "dances"),
        ("writing", "writes"), ("typing", "types"), ("eating", "eats"), ("crying", "cries"),
        ("playing tennis", "plays tennis"), ("watching", "watches"), ("smiling", "smiles"),
        ("clapping", "claps"), ("kissing", "kisses"), ("pulling", "pulls"), ("gesturing", "gestures"),
        ("wiping", "wipes"), ("breathing", "breathes"), ("listening", "listens"), ("moving", "moves"),
        ("changing", "changes"), ("singing", "sings"), ("juggling", "juggles"), ("having a meal", "has a meal"),
        ("preparing food", "prepares food"), ("competing", "competes"), ("kayaking", "kayaks"),
        ("still", "is still"), ("turned away", "is turned away"), ("sitting and talking", "sits and talks"),
        ("probably eating or drinking", "probably eats or drinks"),
    ],
)  # fmt: skip
def test_present_tense(phrase: str, told: str) -> None:
    assert present_tense(phrase) == told


@pytest.mark.parametrize("phrase", ["whittling a stick", "walking and whittling", "eating cake and pudding", "wiring"])
def test_a_verb_that_is_not_known_stays_as_it_is(phrase: str) -> None:
    """A wrong spelling is worse than a longer sentence; so is half of a list told in another way."""
    assert present_tense(phrase) == f"is {phrase}"
    assert present_tense(f"probably {phrase}") == f"probably is {phrase}"


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        ("carries", "carrying"), ("tried", "trying"), ("tie", "tying"), ("ties", "tying"), ("studied", "studying"),
        ("agreed", "agreeing"), ("agrees", "agreeing"), ("needed", "needing"), ("feeds", "feeding"),
        ("petted", "petting"), ("wave", "waving"), ("washes", "washing"), ("plays", "playing"), ("dyes", "dyeing"),
    ],
)  # fmt: skip
def test_participle(verb: str, told: str) -> None:
    assert participle(verb) == told

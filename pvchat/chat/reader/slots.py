"""What a question's tagged words stand for: runs of words with one tag, and their values in plain terms.

"the lady in specs" gives a slot S-gender "woman" and a slot S-worn "glasses": what people say in many ways has one
name each, in `lexicon.json`, the one by which it is measured.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from pvchat.chat.vocabulary import MASK, word_set

_ARTICLES = ("a", "an", "the", "his", "her", "their", "my", "some", "any", "your", "its", "pair", "of")
NAME = MASK.lower()  # stands for every name in what the network reads
_ANYTHING = word_set("something anything clothing clothes outfit piece of garment garments stuff things")
_SHADES = ("dark", "light", "pale", "bright", "deep")
COLOURS = ("black", "white", "grey", "red", "blue", "green", "yellow", "orange", "brown", "pink", "purple", "beige",
           "blonde", "dark", "light")  # fmt: skip


class Word(Protocol):
    """What of a word counts here (`words.Word`)."""

    @property
    def seen(self) -> str:
        """As the network reads it."""
        ...

    @property
    def typed(self) -> str:
        """As it was typed."""
        ...

    @property
    def name(self) -> str:
        """The enrolled name that it is, if any."""
        ...


@dataclass(frozen=True)
class Slot:
    """A run of words with one tag.

    Attributes:
        role, kind: of the tag (`labels.py`).
        denied: the condition is denied.
        typed: the words as typed.
        value: what they stand for.
        at: the first word's place in the question.
        name: the enrolled name, if it is one.
        after_or: "or" stands before it.
    """

    role: str
    kind: str
    denied: bool
    typed: str
    value: str
    at: int
    name: str = ""
    after_or: bool = False


def slots_of(words: Sequence[Word], tags: Sequence[str]) -> list[Slot]:
    """The slots of a question, in order."""
    runs: list[tuple[str, list[int]]] = []
    for i, tag in enumerate(tags):
        tag = "S-name" if tag == "O" and words[i].seen == NAME else tag  # a name always means somebody
        plain = tag.removeprefix("+")
        joins = runs and runs[-1][0] == plain and runs[-1][1][-1] == i - 1 and tag[0] != "+"
        if joins and not words[i].name:
            runs[-1][1].append(i)
        elif tag != "O":
            runs.append((plain, [i]))
    made = [_slot(tag, [words[i] for i in places], places[0]) for tag, places in runs]
    return [replace(one, after_or=one.at > 0 and words[one.at - 1].seen in ("or", "nor")) for one in made]


def _slot(tag: str, words: Sequence[Word], at: int) -> Slot:
    role, _, kind = tag.removesuffix("!").partition("-")
    typed = " ".join(word.typed for word in words)
    kind = "unknown" if kind == "name" and not words[0].name else kind
    value = canonical(kind, " ".join(word.seen for word in words))
    return Slot(role, kind, tag.endswith("!"), typed, value, at, words[0].name)


def canonical(kind: str, typed: str) -> str:
    """What some words of one kind stand for: "specs" are "glasses"; what isn't in the lexicon stays as it is."""
    bare = "".join(char for char in unicodedata.normalize("NFD", typed) if not unicodedata.combining(char))  # "café"
    words = [word for word in re.split(r"[\s-]+", bare) if word]
    while len(words) > 1 and words[0] in _ARTICLES:
        del words[0]
    if kind == "colour":
        return colour_of(words)
    if kind in ("worn", "holding") and _ANYTHING.issuperset(words):
        return ""
    table, plain = _table(kind), " ".join(words)
    for form in (plain, plain.removesuffix("s"), f"{plain}s"):
        if form in table:
            return table[form]
    inside = [form for form in table if f" {form} " in f" {plain} "]
    return table[max(inside, key=len)] if inside else plain


def is_known(kind: str, word: str) -> bool:
    """Whether a word is in the lexicon as one of a kind."""
    return word in _table(kind)


def colour_of(words: Sequence[str]) -> str:
    """The colour words among some words, in their usual spelling: "dark blue"."""
    table = _table("colour")
    found = [table.get(word, word) for word in words]
    return " ".join(word for word in found if word in COLOURS or word in _SHADES)


@lru_cache(maxsize=1)
def lexicon_words() -> frozenset[str]:
    """Every single word of the lexicon, in lower case."""
    forms = (form for rows in _lexicon().values() for value, said in rows.items() for form in (value, *said))
    return frozenset(word for form in forms for word in form.lower().split() if word.isalpha())


@lru_cache(maxsize=64)
def _table(kind: str) -> dict[str, str]:
    """Each way to say something -> what it stands for."""
    rows = _lexicon().get(kind, {})
    said = {form.lower().replace("-", " "): value for value, forms in rows.items() for form in forms}
    return said | {value: value for value in rows}


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, dict[str, list[str]]]:
    lexicon: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("lexicon.json").read_text("utf-8"))
    return lexicon

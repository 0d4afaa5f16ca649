"""What stands for {x} in the wording of a question: a garment, a colour, a deed, a place, a thing.

In: a `Sheet`, the kind of a question, about whom. Out: words that are true of her in half of the cases, and of nobody
in particular in the others; "" where such a wording has no {x}.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pvchat.chat.english import HEDGE
from pvchat.chat.say.people import said
from pvchat.schemas import PersonFacts
from recipes.answering.sheets import (
    SURFACES,
    Sheet,
    any_accessory,
    any_colour,
    any_deed,
    any_deed_with_a_thing,
    any_garment,
    any_hair,
    any_place,
    any_spot,
    any_thing,
    worn,
)

_Any = Callable[[np.random.Generator], str]


def filling(sheet: Sheet, kind: str, name: str, rng: np.random.Generator) -> str:
    """What stands for {x} in a question of a kind about somebody."""
    facts = sheet.evidence.facts[name] if name in sheet.evidence.facts else _anybody(sheet, rng)
    fill = _OF_KIND.get(kind)
    draw = _Draw(sheet, facts, rng.random() < 0.5, rng)
    return fill(draw) if fill else ""


@dataclass(frozen=True)
class _Draw:
    """Whose facts they are, and whether what is asked for is to be true of her."""

    sheet: Sheet
    facts: PersonFacts
    true: bool
    rng: np.random.Generator

    def one(self, own: Sequence[str], other: _Any) -> str:
        """One of her own, or another."""
        return self.among(own) if self.true and own else other(self.rng)

    def first(self, own: Sequence[str | None], other: _Any) -> str:
        """The first of her own, or another."""
        mine = own[0] if own else None
        return mine if self.true and mine else other(self.rng)

    def among(self, words: Sequence[str]) -> str:
        """Any of these."""
        return words[int(self.rng.integers(len(words)))]


def _deed(draw: _Draw) -> str:
    deeds = (draw.facts.deed or "", *draw.facts.gestures)
    own = [d.removeprefix(f"{HEDGE} ") for d in deeds if d and "their" not in d and " or " not in d]
    return draw.one(own, any_deed)


def _colour(draw: _Draw) -> str:
    return draw.first([g.colour for g in draw.facts.clothes if g.colour], any_colour)


def _pose(draw: _Draw) -> str:
    return (draw.true and draw.facts.pose) or draw.among(("standing", "sitting", "lying down"))


def _thing(draw: _Draw, count: int = 1) -> str:
    seen = [t.label for t in draw.sheet.evidence.things]
    other = any_thing(draw.rng)
    return said(draw.among(seen) if draw.true and seen else other, count)


def _surface(draw: _Draw) -> str:
    seen = [t.label for t in draw.sheet.evidence.things if t.label in SURFACES]
    other = str(draw.rng.choice(SURFACES))
    return said(draw.among(seen) if draw.true and seen else other, 1)


def _anybody(sheet: Sheet, rng: np.random.Generator) -> PersonFacts:
    rows = list(sheet.evidence.facts.values())
    return rows[int(rng.integers(len(rows)))] if rows else PersonFacts()


_OF_KIND: dict[str, Callable[[_Draw], str]] = {
    **dict.fromkeys(("worn", "who wears"), lambda draw: draw.one(worn(draw.facts), any_garment)),
    **dict.fromkeys(("accessory", "who has"), lambda draw: draw.first(draw.facts.features, any_accessory)),
    **dict.fromkeys(("something coloured", "who wears a colour"), _colour),
    **dict.fromkeys(("deed", "who does"), _deed),
    "with a thing": lambda draw: any_deed_with_a_thing(draw.rng),
    "at a spot": lambda draw: any_spot(draw.rng),
    "depth": lambda draw: draw.among(("foreground", "background")),
    **dict.fromkeys(("pose", "who sits"), _pose),
    "side": lambda draw: draw.among(("left", "right", "middle")),
    **dict.fromkeys(("further to the side", "further or not"), lambda draw: draw.among(("left", "right"))),
    "gender": lambda draw: draw.among(("man", "woman")),
    "setting": lambda draw: draw.among(("indoors", "outdoors")),
    "place": lambda draw: draw.first([draw.sheet.evidence.scene.place], any_place),
    "hair": lambda draw: draw.first([draw.facts.hair], any_hair),
    "thing": _thing,
    "count": lambda draw: _thing(draw, 2),
    "on": _surface,
}

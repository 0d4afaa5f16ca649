"""Whatever was found of whatever is asked, it is said in whole sentences."""

from __future__ import annotations

import random

import pytest
from make_findings import (
    ALL,
    ANA,
    BEN,
    BEN_AWAY,
    CLEO,
    GLASSES,
    GONE,
    HERE,
    MAN,
    NOBODY,
    RED,
    SEEN,
    SITS,
    SITTING,
    SPECS,
    TWO,
    WITH_BEN,
    row,
    told,
)  # fmt: skip

from pvchat.chat.finding import Found, Missing
from pvchat.chat.query import And, During, Event, Has, Not, Query, Rank, Whom

WHOMS = (
    ANA, BEN, CLEO, TWO, NOBODY, ALL, Whom(), Whom(("Ana", "Ben"), "either"), Whom(("Ana",), "only"), Whom(("#1",)),
    Whom(such=And((MAN, GLASSES))), Whom(nth=2), Whom(known=False), Whom(unknown=("Anna",)),
)  # fmt: skip
WHERES = (None, HERE, SITTING, Not(GLASSES), Not(HERE), WITH_BEN, Has("alone"), And((SITTING, Not(GLASSES))),
          Has("hair", "beard"), Has("thing", "cup"), Has("place", "kitchen"), Has("worn", "", "red"))  # fmt: skip
DURINGS = (During(), BEN_AWAY, During(relation="before", event=Event(TWO, SITTING), nth=-1))
SELECTS = ("exists", "who", "count", "when", "how_long", "how_often", "attribute", "describe", "compare", "order",
           "shots", "length", "why", "refuse")  # fmt: skip
MISSED = (GONE, Missing("Dan", "unsure"), Missing("Anna", "not enrolled", "Ana"))
ROWS = (
    RED,
    SPECS,
    SITS,
    row("Ana", "beside", of="#1"),
    row("", "thing", "cup", of="on the left"),
    row("", "shot", "1"),
)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_found_is_said_in_whole_sentences(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(100):
        people = [
            Found(who, draw.choice(["yes", "no", "unknown"]), SEEN.get(who, ()), tuple(draw.sample(ROWS, 2)), 2.0)
            for who in draw.sample(["Ana", "Ben", "#1", "#2"], draw.randrange(5))
        ]
        query = Query(
            draw.choice(SELECTS), draw.choice(WHOMS), draw.choice(WHERES), draw.choice([None, "worn", "place", "with"]),
            form=draw.choice(["polar", "wh"]), during=draw.choice(DURINGS), throughout=draw.random() < 0.2,
            rank=draw.choice([None, None, Rank("long"), Rank("time", -1), Rank("left", 2)]),
            versus=draw.choice([None, BEN]),
        )  # fmt: skip
        verdict = draw.choice(["yes", "no", "unknown", "unsure"]) if query.form == "polar" else None
        groups = {
            name: tuple(one for one in people if one.verdict == of)
            for name, of in (("people", "yes"), ("against", "no"), ("open", "unknown"))
        }
        text = told(
            query, verdict, **groups, number=draw.choice([None, 0.0, 2.0]), nothing=draw.random() < 0.1,
            missing=tuple(draw.sample(MISSED, draw.randrange(3))), rows=tuple(draw.sample(ROWS, 2)),
            spans=draw.choice([(), ((1.0, 2.0),)]),
        )  # fmt: skip
        assert text[:1].isupper(), (query, text)
        assert text[-1:] in (".", "?"), (query, text)
        assert not [part for part in ("  ", "None", " ,", "..", " .", ",,", "#") if part in text], (query, text)

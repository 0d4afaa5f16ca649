"""Conditions, sets of people and events said back, one of each kind."""

from __future__ import annotations

import pytest
from make_conditions import FEMALE, GLASSES, GONE, MALE, SITS, WITH
from make_queries import ALL, ANA, BEN, BOTH, EITHER, MAN, at

from pvchat.chat.query import And, Condition, During, Has, Not, Or, Whom
from pvchat.chat.say.clauses import clause, event_said, whom_said


@pytest.mark.parametrize(
    ("condition", "count", "text"),
    [
        (And((SITS, GLASSES)), 1, "is sitting and wearing glasses"),
        (And((SITS, Has("hair", "beard"))), 2, "are sitting and have a beard"),
        (Not(Has("hair", "long hair", "dark")), 1, "does not have long dark hair"),
        (Not(And((SITS, GLASSES))), 1, "is not both sitting and wearing glasses"),
        (Not(Or((SITS, Has("hair", "beard")))), 1, "is not sitting and does not have a beard"),
        (Or((Has("deed", "eating"), Has("deed", "drinking"))), 2, "are eating or drinking"),
        (Not(Has("beside", of=BEN)), 1, "is not next to Ben"),
        (WITH, 2, "are seen together"),
        (Not(Has("holding")), 1, "is not holding anything"),
        (Has("deed", "opened his mouth"), 1, "is opening his mouth"),
        (Has("worn", "", "dark red"), 1, "is wearing something dark red"),
        (Has("left_of", of=MAN), 1, "is to the left of the man"),
        (Has("gender", "woman"), 2, "are women"), (Has("near", "at a table"), 1, "is at a table"),
        (Has("place", "stage"), 1, "is on a stage"), (Has("shot_size", "close-up"), 1, "is in close-up"),
        (Has("side", "middle"), 1, "is in the middle"), (Has("setting", "outdoors"), 1, "is outdoors"),
        (Has("light", "bright"), 1, "is in bright light"),
        (Has("background", "a grey wall"), 1, "is before a grey wall"),
    ],
)  # fmt: skip
def test_clauses(condition: Condition, count: int, text: str) -> None:
    assert clause(condition, count) == text


@pytest.mark.parametrize(
    ("whom", "text"),
    [
        (BOTH, "both Ana and Ben"),
        (EITHER, "Ana or Ben"),
        (Whom(("Ana",), "only"), "only Ana"),
        (Whom(such=And((MALE, GLASSES))), "the man with glasses"),
        (Whom(such=And((FEMALE, Has("worn", "suit"), Has("beside", of=BEN)))), "the woman in a suit next to Ben"),
        (Whom(such=Not(GLASSES)), "the person who is not wearing glasses"),
        (Whom(such=SITS, quantifier="all"), "every person sitting"),
        (Whom(quantifier="none", known=True), "nobody I know"),
        (Whom(known=False), "somebody I don't know"),
        (Whom(nth=2), "the second from the left"),
        (ALL, "everybody"),
    ],
)
def test_sets_of_people(whom: Whom, text: str) -> None:
    assert whom_said(whom) == text


@pytest.mark.parametrize(
    ("during", "text"),
    [
        (at("while", BEN, GONE), "while Ben is away"),
        (at("before", BEN), "before Ben comes"),
        (at("after", BOTH, SITS), "after both Ana and Ben are sitting"),
        (at("while", ANA, nth=2), "the second time that Ana is in this video"),
        (at("until", ANA, nth=-1), "until the last time that Ana is in this video"),
        (During(), ""),
    ],
)
def test_events(during: During, text: str) -> None:
    assert event_said(during) == text

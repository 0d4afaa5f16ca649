"""Conditions, sets of people and events said back, one of each kind."""

from __future__ import annotations

import pytest

from pvchat.chat.query import And, Condition, During, Event, Has, Not, Or, Whom
from pvchat.chat.say.clauses import clause, event_said, whom_said

ANA, BEN = Whom(("Ana",)), Whom(("Ben",))
TWO = Whom(("Ana", "Ben"), "both")
GLASSES, SITTING = Has("worn", "glasses"), Has("posture", "sitting")
MAN, WOMAN = Has("gender", "man"), Has("gender", "woman")


@pytest.mark.parametrize(
    ("condition", "count", "text"),
    [
        (And((SITTING, GLASSES)), 1, "is sitting and wearing glasses"),
        (And((SITTING, Has("hair", "beard"))), 2, "are sitting and have a beard"),
        (Not(Has("hair", "long hair", "dark")), 1, "does not have long dark hair"),
        (Not(And((SITTING, GLASSES))), 1, "is not both sitting and wearing glasses"),
        (Not(Or((SITTING, Has("hair", "beard")))), 1, "is not sitting and does not have a beard"),
        (Or((Has("deed", "eating"), Has("deed", "drinking"))), 2, "are eating or drinking"),
        (Not(Has("beside", of=BEN)), 1, "is not next to Ben"),
        (Has("with"), 2, "are seen together"),
        (Not(Has("holding")), 1, "is not holding anything"),
        (Has("deed", "opened his mouth"), 1, "is opening his mouth"),
        (Has("worn", "", "dark red"), 1, "is wearing something dark red"),
        (Has("left_of", of=Whom(such=MAN)), 1, "is to the left of the man"),
        (Has("gender", "woman"), 2, "are women"),
        (Has("near", "at a table"), 1, "is at a table"),
        (Has("place", "stage"), 1, "is on a stage"),
        (Has("shot_size", "close-up"), 1, "is in close-up"),
        (Has("side", "middle"), 1, "is in the middle"),
        (Has("setting", "outdoors"), 1, "is outdoors"),
        (Has("light", "bright"), 1, "is in bright light"),
        (Has("background", "a grey wall"), 1, "is before a grey wall"),
    ],
)
def test_clauses(condition: Condition, count: int, text: str) -> None:
    assert clause(condition, count) == text


@pytest.mark.parametrize(
    ("whom", "text"),
    [
        (TWO, "both Ana and Ben"),
        (Whom(("Ana", "Ben"), "either"), "Ana or Ben"),
        (Whom(("Ana",), "only"), "only Ana"),
        (Whom(such=And((MAN, GLASSES))), "the man with glasses"),
        (Whom(such=And((WOMAN, Has("worn", "suit"), Has("beside", of=BEN)))), "the woman in a suit next to Ben"),
        (Whom(such=Not(GLASSES)), "the person who is not wearing glasses"),
        (Whom(such=Has("posture", "sitting"), quantifier="all"), "every person sitting"),
        (Whom(quantifier="none", known=True), "nobody I know"),
        (Whom(known=False), "somebody I don't know"),
        (Whom(nth=2), "the second from the left"),
        (Whom(quantifier="all"), "everybody"),
    ],
)  # fmt: skip
def test_sets_of_people(whom: Whom, text: str) -> None:
    assert whom_said(whom) == text


@pytest.mark.parametrize(
    ("during", "text"),
    [
        (During(relation="while", event=Event(BEN, Not(Has("present")))), "while Ben is away"),
        (During(relation="before", event=Event(BEN)), "before Ben comes"),
        (During(relation="after", event=Event(TWO, SITTING)), "after both Ana and Ben are sitting"),
        (During(relation="while", event=Event(ANA), nth=2), "the second time that Ana is in this video"),
        (During(relation="until", event=Event(ANA), nth=-1), "until the last time that Ana is in this video"),
        (During(), ""),
    ],
)
def test_events(during: During, text: str) -> None:
    assert event_said(during) == text

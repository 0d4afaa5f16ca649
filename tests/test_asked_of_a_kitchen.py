"""Questions of many kinds about one made-up minute: what is found, from the words to the finding."""

from __future__ import annotations

from typing import Any

import pytest
from make_queries import CLEO, NAMES
from make_written import written

from pvchat.chat.query import During, Has, Query, Whom
from pvchat.chat.question import Conversation, known_of
from pvchat.chat.timeline import Finding


def _row(attribute: str, value: str, start: int | None = None, end: int | None = None, **more: Any) -> dict[str, Any]:
    return {"attribute": attribute, "value": value, **({} if start is None else {"from": start, "to": end}), **more}


KITCHEN = written({
    "seconds": 60, "looked_for": ["dog", "cup", "cat"],
    "scene": [_row("place", "kitchen")], "things": [_row("thing", "dog", 15, 30), _row("thing", "cup", 40, 50)],
    "people": [
        {"name": "Ana", "seen": [[0, 60]], "x": 0.4, "rows": [
            _row("gender", "woman"), _row("worn", "apron"), _row("posture", "sitting", 0, 20),
            _row("posture", "standing", 20, 60), _row("deed", "talking", 5, 10), _row("deed", "reading", 26, 34)]},
        {"name": "Ben", "seen": [[10, 25], [35, 50]], "x": 0.8, "rows": [
            _row("gender", "man"), _row("worn", "cap", 10, 25), _row("worn", "cap", 35, 50, holds=False),
            _row("posture", "sitting", 10, 25), _row("posture", "standing", 35, 50), _row("deed", "talking", 12, 20),
            _row("deed", "eating", 40, 43), _row("deed", "eating", 46, 48)]},
        {"name": "Cleo", "seen": [[20, 40]], "x": 0.1, "rows": [
            _row("gender", "woman"), _row("worn", "coat", colour="green"), _row("posture", "standing"),
            _row("deed", "talking", 24, 38)]},
    ],
})  # fmt: skip


def found(text: str) -> Finding:
    question = Conversation(NAMES).read([text], KITCHEN)[0]
    return known_of(question, (), KITCHEN).finding


def halves(text: str) -> tuple[Finding, Finding]:
    first = found(text)
    assert first.then is not None
    return first, first.then


VERDICTS = [
    ("Does anybody come back?", "yes"), ("Did Ben come back after he left?", "yes"), ("Does Cleo come back?", "no"),
    ("Does Ben come back before Cleo comes?", "no"), ("Are there ever more than two people at once?", "yes"),
    ("Are two people ever there together?", "yes"), ("Is Ana sitting and standing at the same time?", "no"),
    ("Is Ana both sitting and standing?", "yes"), ("Do Ben and Cleo talk at the same time?", "unknown"),
    ("Is the woman in the coat Cleo or Ana?", "yes"), ("Is Ana to the left of Ben or of Cleo?", "yes"),
    ("Does the dog come before Cleo?", "yes"), ("Does anybody eat more than once?", "yes"),
    ("Is Ana reading while the dog is there?", "yes"),
    ("Ana reads while Cleo talks. Is that right?", "yes"),
]  # fmt: skip
NAMED = [
    ("Who comes back?", ("Ben",)),
    ("How many people leave and return?", ("Ben",)),
    ("Who talks longer, Ben or the woman in the coat?", ("Cleo",)),
    ("Did Cleo or Ben come first?", ("Ben",)),
    ("Who is there while the cup is there?", ("Ana", "Ben")),
]  # fmt: skip
TIMES = [  # of the event
    ("What does Ana do after Ben comes back?", ((35.0, 60.0),)),  # from then on, not when he is gone again
    ("What does Ana do after Cleo stands up?", ((20.0, 60.0),)),
    ("What did Ben do before he left the second time?", ((0.0, 50.0),)),
    ("What is Ana doing after Ben has left?", ((50.0, 60.0),)),
    ("What does Ana do after the dog appears?", ((15.0, 60.0),)),
]  # fmt: skip
ASKED = [
    *((text, "verdict", verdict) for text, verdict in VERDICTS), *((text, "names", names) for text, names in NAMED),
    *((text, "during", during) for text, during in TIMES),
    ("When does Ben come back?", "spans", ((35.0, 50.0),)),  # that is the second time
    ("When are three people in the kitchen?", "spans", ((20.0, 25.0), (35.0, 40.0))),
    ("How long is nobody but Ana there?", "number", 20.0),
    ("How long is nobody but Ana there?", "query", Query("how_long", Whom(quantifier="none", besides=("Ana",)))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "field", "value"), ASKED)
def test_what_is_found(text: str, field: str, value: object) -> None:
    assert getattr(found(text), field) == value


def test_before_or_after_is_neither_yes_nor_no() -> None:
    asked = found("Does Ben eat before or after Cleo leaves?")
    assert (asked.verdict, asked.people[0].number, asked.against[0].number) == (None, 40.0, 40.0)


def test_each_of_two_questions_has_its_own_part() -> None:
    text = "Is Ben there in the first five seconds and is Cleo there after 0:30?"
    assert Conversation(NAMES).read([text], KITCHEN)[0].part is None  # all of the clip is looked at
    assert [one.verdict for one in halves(text)] == ["no", "yes"]
    both = halves("What does Ana do between 0:00 and 0:10 and between 0:26 and 0:34?")
    assert [{row.value for row in one.people[0].rows} for one in both] == [
        {"sitting", "talking"}, {"standing", "reading"}
    ]  # fmt: skip


def test_one_part_of_two_questions_is_cut_out() -> None:
    question = Conversation(NAMES).read(["Is Ben there in the first minute and what is he wearing?"], KITCHEN)[0]
    assert question.part == During(end_s=60.0)


def test_it_is_what_an_attribute_was_asked_of() -> None:
    _, second = halves("What colour is the coat and who wears it?")
    assert (second.query, second.names) == (Query("who", where=Has("worn", "coat")), ("Cleo",))


def test_if_so_who_is_of_all_the_time_too() -> None:
    _, second = halves("Was anyone there the whole time, and if so who?")
    assert (second.query, second.names) == (Query("who", throughout=True), ("Ana",))


def test_she_may_be_who_an_event_is_about() -> None:
    _, second = halves("Who is there when Cleo comes in, and who is there when she leaves?")
    event = second.query.during.event
    assert event is not None
    assert event.whom == CLEO


def test_a_part_is_a_timeline_of_its_own() -> None:
    part = KITCHEN.between(0.0, 15.0)
    assert [(one.name, one.decision) for one in part.entities] == [
        ("Ana", "present"), ("Ben", "present"), ("Cleo", "absent")
    ]  # fmt: skip
    assert part.seen("Ben") == [(10.0, 15.0)]
    assert {row.value for row in part.rows if row.attribute == "thing"} == set()

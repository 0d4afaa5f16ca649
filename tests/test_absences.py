"""When somebody who is there isn't seen: many ways to ask, and what is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pvchat.chat.absences import Absence
from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence
from pvchat.chat.questions import read_question
from pvchat.schemas import PersonPresence

NAMES = ["Ana", "Ben"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Does Ana come back?", "back"), ("did ana return", "back"), ("When does Ana come back?", "again"),
        ("Does Ana ever leave?", "left"), ("does ana leave the room", "left"), ("Is Ana ever away?", "ever"),
        ("is Ana gone for some time", "ever"), ("How long is Ana away?", "long"),
        ("For how long is Ana not visible?", "long"), ("When is Ana not there?", "when"),
        ("when do we not see Ana", "when"),
    ],
)  # fmt: skip
def test_it_is_asked_in_many_ways(text: str, asked: str) -> None:
    question = read_question(text, NAMES)
    assert question.aspect.absence == Absence(asked)  # type: ignore[arg-type]
    assert question.type == "existence"


@pytest.mark.parametrize(
    "text",
    ["Is Ana missing?", "Is Ana not there?", "When does Ana leave?", "When is Ana gone?", "Has Ana left?",
     "Is Ana away?", "Does Ana leave before Ben?", "How long is Ana there?", "Is Ana back?"],
)  # fmt: skip
def test_what_asks_something_else_is_none(text: str) -> None:
    assert read_question(text, NAMES).aspect.absence is None


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Are there any shots without people?", "ever empty"), ("How long is nobody on screen?", "long empty"),
        ("For how long is the room empty?", "long empty"), ("Did anyone leave?", "anybody left"),
        ("Does somebody ever leave the room?", "anybody left"),
    ],
)  # fmt: skip
def test_it_is_asked_of_nobody_and_of_anybody(text: str, asked: str) -> None:
    assert read_question(text, NAMES).aspect.absence == Absence(asked)  # type: ignore[arg-type]


def test_who_is_not_seen_until_the_end_left() -> None:
    people = [
        PersonPresence("Ana", "present", 0.9, [(0.0, 20.0)]),
        PersonPresence("Ben", "present", 0.9, [(5.0, 60.0)]),
    ]
    seen = Evidence(duration_s=60.0)
    asked = read_question("Did anyone leave?", NAMES)
    assert plain_answer(asked, people, seen) == "Yes, Ana is last seen at 0:20."
    assert plain_answer(asked, people[1:], seen) == "No, Ben is seen until the end."
    long = plain_answer(read_question("How long is nobody on screen?", NAMES), people[:1], seen)
    assert long == "I see nobody's face for about 40 seconds, from 0:20 to 1:00."


def answer(text: str, *spans: tuple[float, float], length: float = 60.0) -> str:
    person = PersonPresence("Ana", "present" if spans else "absent", 0.9, list(spans))
    question = read_question(text, NAMES)
    return plain_answer(question, question.about([person]), Evidence(duration_s=length))


def test_who_comes_back_is_seen_again() -> None:
    twice = ((0.0, 10.0), (25.0, 40.0))
    assert answer("Does Ana come back?", *twice) == "Yes, Ana is seen again at 0:25."
    assert answer("When does Ana come back?", *twice) == "Ana is seen again at 0:25."
    assert answer("Does Ana come back?", (5.0, 40.0)) == "No, Ana is seen once, from 0:05 to 0:40."
    assert answer("Does Ana come back?", (0.0, 60.0)) == "No, Ana is seen the whole time."


def test_when_and_how_long_somebody_is_not_seen() -> None:
    seen = ((5.0, 10.0), (25.0, 60.0))
    gaps = "from 0:00 to 0:05 and from 0:10 to 0:25"
    assert answer("When is Ana not there?", *seen) == f"Ana is not seen {gaps}."
    assert answer("How long is Ana away?", *seen) == f"Ana is not seen for about 20 seconds, {gaps}."
    assert answer("Is Ana ever away?", *seen) == "Yes, Ana is not seen from 0:10 to 0:25."  # before she came she wasn't
    assert answer("Is Ana ever away?", (5.0, 60.0)) == "No, Ana is seen until the end."
    assert answer("Is Ana ever away?", (0.0, 60.0)) == "No, Ana is seen the whole time."


def test_whether_she_left_or_is_only_not_seen_nobody_can_tell() -> None:
    assert answer("Does Ana leave?", (0.0, 20.0)) == "Ana is not seen from 0:20 to 1:00."
    assert answer("Does Ana ever leave?", (0.0, 60.0)) == "Ana is seen the whole time."


def test_nothing_is_told_of_the_absent_nor_of_a_photo() -> None:
    assert answer("Does Ana come back?") == "Ana is not in this video, so I can't tell."
    assert answer("Does Ana come back?", (0.0, 1.0), length=1.0) == "Yes, Ana is in this video."


def test_of_a_part_of_the_clip_no_other_time_is_told() -> None:
    """Of a part from 0:20 to 0:30 it was said that she isn't seen from 0:00 on."""
    person = PersonPresence("Ana", "present", 0.9, [(22.0, 25.0)])
    seen = Evidence(duration_s=10.0, shots=[(20.0, 24.0), (24.0, 30.0)])
    told = {text: plain_answer(read_question(text, NAMES), [person], seen)
            for text in ("When is Ana not there?", "Does Ana ever leave?", "How long is Ana away?")}  # fmt: skip
    assert list(told.values()) == [
        "Ana is not seen from 0:20 to 0:22 and from 0:25 to 0:30.",
        "Ana is not seen from 0:25 to 0:30.",
        "Ana is not seen for about 7 seconds, from 0:20 to 0:22 and from 0:25 to 0:30.",
    ]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("When is nobody there?", "empty"), ("when is the room empty", "empty"), ("When is no one seen?", "empty"),
        ("When do you see nobody?", "empty"), ("Is the room ever empty?", "ever empty"),
        ("Was the room empty at any time?", "ever empty"),
        ("Is there ever nobody in the room?", "ever empty"),
    ],
)  # fmt: skip
def test_an_empty_room_is_asked_for_in_many_ways(text: str, asked: str) -> None:
    question = read_question(text, NAMES)
    assert question.aspect.absence == Absence(asked)  # type: ignore[arg-type]
    assert not question.people


@pytest.mark.parametrize(
    "text", ["Is nobody there?", "When is Ana not there?", "Is the room empty?", "Who is not there?"]
)
def test_these_ask_for_no_empty_time(text: str) -> None:
    found = read_question(text, NAMES).aspect.absence
    assert found is None or not found.asked.endswith("empty")


def test_when_nobody_is_seen_is_told_of_everybodys_spans() -> None:
    ana = PersonPresence("Ana", "present", 0.9, [(0.0, 3.0)], 0)
    ben = PersonPresence("Ben", "unsure", 0.5, [(2.0, 5.0)], 1)
    seen = Evidence(duration_s=10.0, strangers=[(7.0, 8.0)], unknown=1)
    ask = lambda text, evidence: plain_answer(read_question(text, NAMES), [ana, ben], evidence)  # noqa: E731
    assert ask("When is nobody there?", seen) == "I see nobody's face from 0:05 to 0:07 and from 0:08 to 0:10."
    assert ask("Is the room ever empty?", seen).startswith("Yes, I see nobody's face from 0:05")
    ben_somewhere = replace(ben, spans=[])
    untold = plain_answer(read_question("When is nobody there?", NAMES), [ana, ben_somewhere], seen)
    assert untold.startswith("Ana is in this video.")
    assert ask("When is nobody there?", Evidence(duration_s=5.0)) == "Somebody is seen the whole time."
    assert ask("Is the room ever empty?", Evidence(duration_s=5.0)) == "No, somebody is seen the whole time."

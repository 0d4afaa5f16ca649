"""In which shots somebody is seen."""

from __future__ import annotations

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence
from pvchat.chat.inshots import InShots
from pvchat.chat.questions import read_question
from pvchat.schemas import PersonPresence

NAMES = ["Ana", "Ben"]
SHOTS = [(0.0, 5.0), (5.0, 8.0), (8.0, 12.0)]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("How many shots is Ana in?", "which"), ("In which shots is Ana?", "which"), ("which shots show ana", "which"),
        ("Which shots show Ana and Ben together?", "which"), ("List all shots with Ana", "which"),
        ("Ana is in which shots?", "which"), ("what camera shots is ana in", "which"),
        ("Which takes show Ana?", "which"),
        ("Is Ana in every shot?", "every"), ("Does Ana appear in all shots?", "every"),
    ],
)  # fmt: skip
def test_it_is_asked_in_many_ways(text: str, asked: str) -> None:
    question = read_question(text, NAMES)
    assert question.aspect.in_shots == InShots(asked)  # type: ignore[arg-type]
    assert question.type == "existence"


@pytest.mark.parametrize("text", ["Is Ana in the first shot?", "How many shots are there?", "Who is in the last shot?"])
def test_what_asks_something_else_is_none(text: str) -> None:
    assert read_question(text, NAMES).aspect.in_shots is None


def answer(text: str, shots: list[tuple[float, float]] = SHOTS, **spans: list[tuple[float, float]]) -> str:
    people = [PersonPresence(n, "present" if n in spans else "absent", 0.9, spans.get(n, [])) for n in NAMES]
    question = read_question(text, NAMES)
    return plain_answer(question, question.about(people), Evidence(duration_s=12.0, shots=shots))


def test_the_shots_are_counted_and_numbered() -> None:
    seen = {"Ana": [(0.0, 5.0), (9.0, 12.0)], "Ben": [(4.0, 8.0)]}
    assert answer("How many shots is Ana in?", **seen) == "Ana is seen in two of three shots: 1 and 3."
    assert answer("Is Ana in every shot?", **seen) == "No, Ana is seen in two of three shots: 1 and 3."
    assert answer("Which shots show Ana and Ben together?", **seen) == (
        "Ana and Ben are seen together in one of three shots: 1."
    )
    assert answer("Is Ana in every shot?", Ana=[(0.0, 12.0)]) == "Yes, Ana is seen in three of three shots."
    assert answer("Which shots show Ana?", SHOTS[:1], Ana=[(0.0, 5.0)]) == "Ana is seen in the only shot."
    assert answer("How many shots is Ana in?") == "Ana is not in this video, so I can't tell."


def test_shots_of_a_later_part_have_times_instead_of_numbers() -> None:
    """Its first shot was told as shot 1, which is another one of the clip."""
    assert answer("In which shots is Ana?", SHOTS[1:], Ana=[(6.0, 8.0)]) == (
        "Ana is seen in one of two shots: from 0:05 to 0:08."
    )

"""Questions that put one word, or one person, in the place of one of the question before."""

from __future__ import annotations

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence
from pvchat.chat.question import Question
from pvchat.chat.questions import read_question, read_questions
from pvchat.schemas import PersonPresence

NAMES = ["Ana", "Ben", "Carl"]
SPANS = {"Ana": [(0.0, 10.0), (20.0, 30.0)], "Ben": [(5.0, 15.0)], "Carl": [(24.0, 28.0)]}


def read(text: str, *history: str) -> Question:
    return read_questions([text], history, NAMES)[0]


def answer(text: str, *history: str) -> str:
    question = read(text, *history)
    people = [PersonPresence(name, "present", 0.9, spans) for name, spans in SPANS.items()]
    return plain_answer(question, question.about(people), Evidence(duration_s=30.0))


@pytest.mark.parametrize(
    ("before", "text", "full"),
    [
        ("Who is seen first?", "and last?", "Who is seen last?"),
        ("Who leaves last?", "and who is the first?", "Who leaves first?"),
        ("Who is furthest right?", "and furthest left?", "Who is furthest left?"),
        ("Who is to the left of Ana?", "and to the right?", "Who is to the right of Ana?"),
        ("What is the man on the right wearing?", "and on the left?", "What is the man on the left wearing?"),
        ("Who is nearest to the camera?", "and farthest?", "Who is farthest from the camera?"),
        ("Who is visible longest?", "and shortest?", "Who is visible shortest?"),
        ("Who has the most screen time?", "and the least?", "Who has the least screen time?"),
        ("What is the man on the right wearing?", "and the one on the left?", "What is the one on the left wearing?"),
        ("What is Ana wearing?", "what about the person next to Ben?", "What is the person next to Ben wearing?"),
    ],
)
def test_one_word_stands_for_another(before: str, text: str, full: str) -> None:
    assert read(text, before).sense == read(full).sense


@pytest.mark.parametrize(
    ("before", "text"),
    [("Is Ana there?", "and last?"), ("Who is in this video?", "and the man in the red coat?"),
     ("Who is second from the left?", "the woman on the right")],
)  # fmt: skip
def test_what_has_nothing_to_stand_for_is_read_as_it_is(before: str, text: str) -> None:
    before_it = read_question(before, NAMES)
    assert read_question(text, NAMES, previous=before_it).text == text


@pytest.mark.parametrize(
    ("before", "text", "said"),
    [
        ("When is Ana with Ben?", "and Carl?", "Ana is seen with Carl from 0:24 to 0:28."),
        ("Is Ana seen longer than Ben?", "and Carl?",
         "Yes, Ana is seen for about 20 seconds, Carl for about 4 seconds."),
        ("Is Ana seen longer than Ben?", "and longer than Carl?",
         "Yes, Ana is seen for about 20 seconds, Carl for about 4 seconds."),
        ("Does Ana leave before Ben comes?", "and Carl?", "No, Carl is last seen at 0:28, Ben first seen at 0:05."),
        ("Who comes in after Ana?", "and before Carl?", "Before Carl, Ana comes in at 0:20."),
        ("Does Ben leave before Ana comes?", "and before Carl?",
         "Yes, Ben is last seen at 0:15, Carl first seen at 0:24."),
        ("Who is visible longest?", "and Carl?", "Carl is seen for about 4 seconds."),
        ("Who is there the whole time?", "and Carl?", "Carl is seen for about 4 seconds."),
        ("Who is seen first?", "and Carl?", "Carl is first seen at 0:24."),
        ("Who leaves last?", "and Carl?", "Carl is last seen at 0:28."),
        ("Does Ana come back?", "and Carl?", "No, Carl is seen once, from 0:24 to 0:28."),
    ],
)  # fmt: skip
def test_another_takes_the_place_of_the_last_who_was_named(before: str, text: str, said: str) -> None:
    """Whoever was asked about next was said to be seen longest, or first: she was held against nobody."""
    assert answer(text, before) == said


@pytest.mark.parametrize("before", ["Who wears glasses?", "Which of Ana and Ben wears glasses?"])
def test_after_who_does_something_it_is_asked_whether_another_does(before: str) -> None:
    """It was said that nobody wears glasses, since the other one doesn't."""
    asked = read("and Carl?", before)
    assert asked.sense == read("Does Carl wear glasses?").sense


def test_after_a_count_they_are_all_who_are_there() -> None:
    assert read("who are they?", "What is Ana doing?", "How many women are there?").people == ()

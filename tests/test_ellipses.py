"""Questions that put one word, or one person, in the place of one of the question before."""

from __future__ import annotations

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence
from pvchat.chat.question import Question
from pvchat.chat.questions import read_question, read_questions
from pvchat.chat.window import Part
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


@pytest.mark.parametrize(
    ("before", "text", "said"),
    [
        (("Who is visible longest?",), "and second?", "Ben is seen second longest, for about 10 seconds."),
        (("Who is visible longest?",), "who is the third", "Carl is seen third longest, for about 4 seconds."),
        (("Who is visible longest?", "and then?"), "and then?", "Carl is seen third longest, for about 4 seconds."),
        (("Who is visible longest?",), "and the fourth?", "I see three people whom I know: Ana, Ben and Carl."),
        (("Who is visible the least?",), "and next?", "Ben is seen second least, for about 10 seconds."),
        (("Who came first?",), "and the third?", "Carl comes in third, at 0:24."),
        (("Who came first?",), "who's next?", "Ben comes in second, at 0:05."),
        (("Who leaves first?",), "and then", "Carl leaves second, at 0:28."),
        (("Who is seen last?",), "and second?", "Carl is seen second to last, at 0:28."),
        ((), "Who came second?", "Ben comes in second, at 0:05."),
        ((), "Who is on screen second longest?", "Ben is seen second longest, for about 10 seconds."),
    ],
)
def test_of_a_ranking_the_next_is_asked_for(before: tuple[str, ...], text: str, said: str) -> None:
    """It was "second: nobody of this name is enrolled"."""
    assert answer(text, *before) == said


def test_of_two_who_are_alike_none_is_second() -> None:
    people = [PersonPresence(n, "present", 0.9, [(0.0, 9.0 + s)]) for n, s in (("Ana", 5), ("Ben", 0), ("Carl", 0))]
    asked = read("and second?", "Who is seen longest?")
    told = plain_answer(asked, people, Evidence(duration_s=30.0))
    assert told == "Ben and Carl are seen about equally long, for about 9 seconds."


def test_second_by_itself_is_no_name() -> None:
    assert read("and second?").unknown == ()


def test_with_whom_and_in_the_last_lean_on_the_question_before() -> None:
    assert (
        answer("with whom?", "Is Ana there?")
        == "Ana is seen with Ben for about 5 seconds and Carl for about 4 seconds."
    )
    assert read("and in the last?", "Who is there in the first minute?").part == Part("last", 60.0)
    assert read("and in the second?", "Who is there in the first half?").part == Part("share", 0.5, 1.0)
    assert answer("how many times altogether?", "When does Ana first appear?").startswith("Ana is in this video twice")


def test_further_away_is_the_other_end_of_closer() -> None:
    assert read("and who is further away?", "Who is closer to the camera?").sense == (
        read("Who is farthest from the camera?").sense
    )


@pytest.mark.parametrize("before", ["Who wears glasses?", "Which of Ana and Ben wears glasses?"])
def test_after_who_does_something_it_is_asked_whether_another_does(before: str) -> None:
    """It was said that nobody wears glasses, since the other one doesn't."""
    asked = read("and Carl?", before)
    assert asked.sense == read("Does Carl wear glasses?").sense


def test_after_a_count_they_are_all_who_are_there() -> None:
    assert read("who are they?", "What is Ana doing?", "How many women are there?").people == ()


@pytest.mark.parametrize(
    ("history", "text", "full"),
    [
        (("Does Ana wear glasses?", "and the man on the right?"), "and Ben?", "Does Ben wear glasses?"),
        (("What is the person on the left wearing?",), "and Ben?", "What is Ben wearing?"),
        (("Where is Ana?", "is she sitting?"), "and the one in the middle?", "Is the one in the middle sitting?"),
        (("Where is Ana?", "what is her jacket like?"), "and Ben?", "what is Ben's jacket like?"),
    ],
)
def test_another_is_asked_for_after_one_by_the_place_or_she(history: tuple[str, ...], text: str, full: str) -> None:
    """Of the man on the right was told again, or of Ana."""
    assert read(text, *history).sense == read(full).sense


@pytest.mark.parametrize("text", ["when exactly?", "And at what time exactly?"])
def test_exactly_asks_for_the_same(text: str) -> None:
    assert answer(text, "Is Ana smiling?") == answer("when?", "Is Ana smiling?")


@pytest.mark.parametrize(
    ("before", "text", "part"),
    [
        ("Who is there between 0:10 and 0:20?", "and after that?", Part("between", 20.0)),
        ("Who is there between 0:10 and 0:20?", "and before?", Part("between", 0.0, 10.0)),
        ("Who is there in the first 10 seconds?", "and then?", Part("between", 10.0)),
        ("Is Ana there at 0:10?", "what about before that?", Part("between", 0.0, 10.0)),
    ],
)
def test_after_that_is_what_comes_after_the_part_of_the_question_before(before: str, text: str, part: Part) -> None:
    """The same part was told again."""
    asked = read(text, before)
    assert asked.part == part
    assert asked.aspect == read(before).aspect


@pytest.mark.parametrize(
    "before", ["Who is there in the last 10 seconds?", "Who is there after 0:10?", "Who is there?"]
)
def test_after_what_ends_with_the_clip_there_is_nothing(before: str) -> None:
    assert read("and after that?", before).part in (None, read(before).part)


@pytest.mark.parametrize(
    ("before", "text", "full"),
    [
        ("Who has dark hair?", "and brown?", "Who has brown hair?"),
        ("Does Ana have dark hair?", "or grey hair?", "Does Ana have grey hair?"),
    ],
)
def test_another_colour_of_hair_is_no_colour_of_clothes(before: str, text: str, full: str) -> None:
    assert read(text, before).sense == read(full).sense


def test_when_after_who_is_about_whom_the_answer_named() -> None:
    """It was told of everybody."""
    asked = read_questions(["when?"], [("Who wears a white coat?", "Ben is wearing a white coat.")], NAMES)[0]
    assert asked.people == ("Ben",)


def test_when_the_first_time_is_asks_of_the_same() -> None:
    assert answer("when is the first time?", "How many times is Ana seen?") == "Ana is first seen at 0:00."


@pytest.mark.parametrize(
    ("before", "text", "full"),
    [("Who is wearing a mask?", "and who isn't?", "Who isn't wearing a mask?"),
     ("Who isn't smiling?", "who doesn't?", "Who is smiling?")],
)  # fmt: skip
def test_and_who_is_not(before: str, text: str, full: str) -> None:
    """What everybody wears was told."""
    assert read(text, before).aspect == read(full).aspect


@pytest.mark.parametrize("text", ["is he a man?", "was she here before?", "is she wearing glasses?"])
def test_what_a_stranger_is_is_not_whether_there_is_one(text: str) -> None:
    """It was "Yes, there is one person I don't know"."""
    asked = read(text, "Is there a stranger?")
    assert asked.sense == read("What does the person I don't know look like?").sense

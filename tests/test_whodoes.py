"""Of whom, and of how many, something holds: women and men, of whom it doesn't, and what isn't known of all."""

from __future__ import annotations

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence, Neighbour
from pvchat.chat.questions import read_question, read_questions
from pvchat.chat.whodoes import read_who_does
from pvchat.chat.wordings import known_wording
from pvchat.schemas import Garment, PersonFacts, PersonPresence

NAMES = ["Ana", "Ben", "Cleo"]
FACTS = {
    "Ana": PersonFacts(clothes=[Garment("jacket", "red", 0.9)], features=["glasses"], pose="sitting", gender="woman"),
    "Ben": PersonFacts(clothes=[Garment("top", "red", 0.9)], pose="standing", gender="man"),
    "Cleo": PersonFacts(features=["glasses"], pose="sitting"),
}
GLASSES = PersonFacts(features=["glasses"], gender="woman")


def answer(text: str, *history: str | tuple[str, str], stranger: PersonFacts | None = None, **facts: object) -> str:
    others = [Neighbour((0.1 + 0.2 * i, 0.1, 0.2 + 0.2 * i, 0.3), name, (0, 1)) for i, name in enumerate(NAMES)]
    others += [] if stranger is None else [Neighbour((0.8, 0.1, 0.9, 0.3), None, (0, 1), facts=stranger)]
    seen = Evidence(facts={**FACTS, **facts}, others=others, unknown=int(stranger is not None), duration_s=9.0)
    people = [PersonPresence(name, "present", 0.9, [(0.0, 9.0)], i) for i, name in enumerate(NAMES)]
    question = read_questions([text], history, NAMES)[0]
    return plain_answer(question, question.about(people), seen)


@pytest.mark.parametrize(
    ("text", "gender", "counts", "denied"),
    [
        ("how many women wear glasses?", "woman", True, False),
        ("how many of the men are sitting?", "man", True, False),
        ("how many people do you see wearing a hat?", "", True, False),
        ("which men are wearing red?", "man", False, False),
        ("is there a woman wearing glasses?", "woman", False, False),
        ("who isn't wearing glasses?", "", False, True),
        ("how many people don't wear glasses?", "", True, True),
        ("which women are not sitting?", "woman", False, True),
        ("who isn't sitting but standing?", "", False, False),
        ("who raised a hand?", "", False, False),
        ("how many raised a hand?", "", True, False),
        ("how many participants wore a suit?", "", True, False),
        ("which of the women has dark hair?", "woman", False, False),
        ("how many men with beards are there?", "man", True, False),
    ],
)
def test_it_is_asked_in_many_ways(text: str, gender: str, counts: bool, denied: bool) -> None:
    asked = read_who_does(known_wording(text))
    assert asked is not None
    assert (asked.gender, asked.counts, asked.denied) == (gender, counts, denied)
    question = read_question(text, NAMES)
    assert question.asks_who
    assert question.aspect.gender == gender


@pytest.mark.parametrize("text", ["how many women are there?", "who isn't here?", "how many people come in?"])
def test_what_asks_something_else_is_none(text: str) -> None:
    assert read_who_does(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("How many people wear glasses?", "At least two: Ana and Cleo are wearing glasses."),
        ("How many women wear glasses?",
         "At least one: Ana is wearing glasses. Cleo is wearing glasses, but I can't tell whether that is a woman."),
        ("How many women with glasses are there?",
         "At least one: Ana is wearing glasses. Cleo is wearing glasses, but I can't tell whether that is a woman."),
        ("How many men wear glasses?", "Cleo is wearing glasses, but I can't tell whether that is a man."),
        ("How many men wear a tie?",
         "As far as I can see, no man I know is wearing a tie. Of one person I can't tell whether it is a man."),
        ("How many people are sitting?", "Two: Ana and Cleo are sitting."),  # of everybody it is known
        ("How many people are wearing red?", "At least two: Ana and Ben are wearing red."),
        ("Which women are wearing red?", "Ana is wearing red."),
        ("Who isn't sitting?", "Ben is not sitting; Ana and Cleo are sitting."),
        ("How many people are not sitting?", "At least one: Ben is not sitting; Ana and Cleo are sitting."),
        ("Who isn't wearing glasses?", "Ana and Cleo are wearing glasses; I can't tell of Ben."),
        ("Who isn't smiling?", "I can't tell who is not smiling."),
        ("Who isn't sitting but standing?", "Ben is standing."),
        ("How many people carry a weapon?",
         "Ana, Ben and Cleo are in this video, but I can't tell who is carrying a weapon."),
        ("Does anyone smile?", "As far as I can see, nobody I know is smiling."),
    ],
)  # fmt: skip
def test_what_is_answered(text: str, said: str) -> None:
    assert answer(text) == said


def test_who_has_no_name_counts() -> None:
    told = answer("How many women wear glasses?", stranger=GLASSES, Cleo=PersonFacts(gender="man"))
    assert told == "At least two: Ana and one person I don't know are wearing glasses."
    told = answer("How many people are sitting?", stranger=PersonFacts())
    assert told == "At least two: Ana and Cleo are sitting."  # of one it isn't known


def test_how_many_asks_of_whom_the_question_before_asked() -> None:
    assert answer("how many?", "Is anyone wearing glasses?") == "At least two: Ana and Cleo are wearing glasses."
    assert answer("and how many of them are?", "Who is sitting?") == "Two: Ana and Cleo are sitting."


def test_he_is_who_the_answer_told_of() -> None:
    before = ("Who is standing?", "Ben is standing.")
    assert answer("what else is he wearing?", before) == "Ben is wearing a red top."
    assert answer("what are they wearing?", ("Who is sitting?", "Ana and Cleo are sitting.")) == (
        "Ana is wearing a red jacket and glasses. Cleo is wearing glasses."
    )


def test_they_are_seen_in_the_part_in_which_they_were_asked_for() -> None:
    before = ("Who is there in the first ten seconds?", "Ana and Ben are in this part of the video.")
    asked = read_questions(["what are they wearing?"], [before], NAMES)[0]
    assert asked.part == read_question(before[0], NAMES).part is not None
    assert asked.people == ("Ana", "Ben")
    assert read_questions(["when are they seen again?"], [before], NAMES)[0].part is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("How many times does Ana sit?", "Ana sits, but I can't count how often."),
        ("How often does Ana wave?", "Ana is in this video, but I can't tell whether Ana is waving. Ana sits."),
        ("How many times does Ana sneeze?", "Ana is in this video, but I can't count that."),
        ("How many times does Ana come in?", "Ana is in this video once, the whole time, from 0:00 to 0:09."),
        ("How often is Ana seen?", "Ana is in this video once, the whole time, from 0:00 to 0:09."),
    ],
)
def test_deeds_are_not_counted_by_how_often_somebody_is_seen(text: str, said: str) -> None:
    assert answer(text) == said


def test_how_often_leans_on_the_deed_before() -> None:
    assert answer("how often?", "Does Ana sit?") == "Ana sits, but I can't count how often."
    assert answer("how many times?", "Who waved?").startswith("I can't tell that")


def strangers(
    text: str, *history: str, spans: tuple[tuple[float, float], ...] = ((2.0, 5.0),), unknown: int = 1
) -> str:
    question = read_questions([text], history, NAMES)[0]
    people = [PersonPresence(name, "present", 0.9, [(0.0, 9.0)], i) for i, name in enumerate(NAMES)]
    return plain_answer(question, people, Evidence(unknown=unknown, strangers=list(spans), duration_s=9.0))


def test_when_a_stranger_is_seen() -> None:
    """When those who are known are seen was told."""
    for text in (
        "When is a stranger seen?",
        "At what time did the stranger come in?",
        "When do you see people I don't know?",
    ):
        assert strangers(text) == "Somebody I don't know is seen from 0:02 to 0:05."
    assert strangers("at what time?", "Did a stranger come in?") == "Somebody I don't know is seen from 0:02 to 0:05."
    assert strangers("When is a stranger seen?", spans=()) == "There is one person I don't know, but I can't tell when."
    assert strangers("When is a stranger seen?", spans=(), unknown=0) == "I see nobody in this video whom I don't know."
    told = strangers("what did he look like?", "Did a stranger come in?")
    assert told == "There is one person I don't know. Ask me about one by the place, such as the person on the right."

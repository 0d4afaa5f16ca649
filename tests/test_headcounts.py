"""How many people of a kind: many ways to ask, and what is answered."""

from __future__ import annotations

import time

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence, Neighbour
from pvchat.chat.headcounts import Headcount, read_headcount
from pvchat.chat.needs import needs_measures
from pvchat.chat.questions import read_question
from pvchat.schemas import PersonFacts, PersonPresence

NAMES = ["Ana", "Ben", "Cleo"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("How many women are there?", "women"),
        ("how many men", "men"),
        ("How many guys can you see in the video?", "men"),
        ("Number of men and women?", "both"),
        ("Are there more men than women", "both"),
        ("Are there only men?", "both"),
        ("Is it an all male cast", "both"),
        ("Is there a woman in it?", "women"),
        ("Any men?", "men"),
        ("How many people can be seen at the same time?", "at once"),
        ("Most people at once?", "at once"),
        ("What is the largest number of people in one frame?", "at once"),
        ("How many faces do you recognise", "known"),
        ("How many people do I know?", "known"),
    ],
)
def test_it_is_asked_in_many_ways(text: str, kind: str) -> None:
    before = read_question("Is Ana there?", NAMES)
    for question in (read_question(text, NAMES), read_question(text, NAMES, previous=before)):
        assert question.aspect.headcount == Headcount(kind)  # type: ignore[arg-type]
        assert (question.people, question.reply) == ((), "")
        assert needs_measures(question) == (kind in ("women", "men", "both"))


@pytest.mark.parametrize(
    "text", ["How many people are there?", "How many people don't I know?", "How many women wear hats?", "Is Ana tall?",
             "How many times is Ana there?"],
)  # fmt: skip
def test_what_asks_something_else_is_none(text: str) -> None:
    assert read_question(text, NAMES).aspect.headcount is None


def answer(text: str, ana: str | None = "woman", stranger: str | None = "woman", unknown: int = 1) -> str:
    others = [Neighbour((0.1, 0.1, 0.2, 0.3), "Ana", (0, 1)), Neighbour((0.4, 0.1, 0.5, 0.3), "Ben", (0,))]
    others += [Neighbour((0.7, 0.1, 0.8, 0.3), None, (1,), facts=PersonFacts(gender=stranger))] * unknown
    facts = {"Ana": PersonFacts(gender=ana), "Ben": PersonFacts(gender="man")}
    people = [PersonPresence(n, "present", 0.9, [(0, 5)]) for n in ("Ana", "Ben")] + [
        PersonPresence("Cleo", "absent", 0.1)
    ]
    question = read_question(text, NAMES)
    return plain_answer(question, question.about(people), Evidence(facts=facts, others=others, unknown=unknown))


def test_men_and_women_are_told_as_far_as_it_is_seen() -> None:
    assert answer("How many women are there?") == (
        "As far as I can see, there are two women: Ana and one person I don't know."
    )
    assert answer("How many men?") == "As far as I can see, there is one man: Ben."
    assert answer("Number of men and women?", stranger="man") == (
        "As far as I can see, there is one woman: Ana, and two men: Ben and one person I don't know."
    )


def test_of_whom_it_isn_t_seen_that_is_said() -> None:
    assert answer("How many women?", ana=None, stranger=None) == (
        "As far as I can see, there is no woman. Of two people I can't tell."
    )


def test_a_track_of_one_who_isn_t_counted_makes_no_woman() -> None:
    told = answer("How many women?", unknown=0)
    assert told == "As far as I can see, there is one woman: Ana."


def test_at_once_and_known() -> None:
    assert answer("How many people can be seen at the same time?") == (
        "At most two people are seen at the same time in this video."
    )
    assert answer("How many people do you recognise?") == (
        "I recognise two people: Ana and Ben. I also see one other person."
    )


@pytest.mark.parametrize("again", [" are there", " there", " do you see", " seen in it"])
def test_a_word_said_again_and_again_takes_no_time(again: str) -> None:
    started = time.process_time()
    assert read_headcount(f"how many women{again * 60} x") is None
    assert time.process_time() - started < 0.5


def test_who_is_counted_without_frames_is_seen_at_once_too() -> None:
    """Of four drawn figures without a name at most one was told to be seen at the same time."""
    question = read_question("How many people can be seen at the same time?", NAMES)
    several = "four people are seen at the same time in this video."
    assert plain_answer(question, [], Evidence(unknown=4)) == f"At most {several}"
    assert plain_answer(question, [], Evidence(unknown=4, doubtful=1)) == f"At least {several}"


def test_all_of_them_are_men_and_women_counted() -> None:
    """Of "they all" the men alone were counted."""
    assert read_question("Are they all men?", NAMES).aspect.headcount == Headcount("both")
    assert answer("Are they all women?") == (
        "As far as I can see, there are two women: Ana and one person I don't know, and one man: Ben."
    )

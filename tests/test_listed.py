"""Somebody of several who were just listed: "and the second one?", "the others"."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_studio import ANA, BEN, open_chat, open_studio

from pvchat.chat.listed import STRANGER, WHOM, listed_by, with_names
from pvchat.chat.question import Question
from pvchat.chat.questions import read_questions

NAMES = ["Ana", "Ben", "Carl"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("and the second one?", "and Ben?"),
        ("what is the first one wearing?", "what is Ana wearing?"),
        ("The last person's jacket?", "Carl's jacket?"),
        ("What about the third man?", "What about Carl?"),
        ("Who is the first one?", "Who is the first one?"),
        ("Who is the first person to appear?", "Who is the first person to appear?"),
        ("Is the second one on the left?", "Is the second one on the left?"),
        ("What happens in the first one?", "What happens in the first one?"),
    ],
)
def test_the_so_manieth_of_a_list(text: str, said: str) -> None:
    assert with_names(text, ("Ana", "Ben", "Carl"), ()).text == said


def test_who_may_be_there_is_not_listed() -> None:
    assert listed_by("Ana and Ben are in this video. I'm not sure about Carl.", NAMES) == ("Ana", "Ben")


def test_the_other_of_two_and_the_others_of_more() -> None:
    assert with_names("and the other one?", ("Ana", "Ben"), ("Ana",)).text == "and Ben?"
    assert with_names("and the others?", ("Ana", "Ben", "Carl"), ("Ana",)).text == "and Ben and Carl?"
    assert with_names("what are the others doing?", ("Ana", "Ben"), ("Ben",)).text == "what are Ana doing?"
    assert with_names("and the other one?", ("Ana", "Ben", "Carl"), ("Ana",)).open  # which of two?


def test_whom_nobody_knows_and_who_isn_t_there_are_not_made_up() -> None:
    assert with_names("and the second one?", ("Ana", STRANGER, "Ben"), ()).open
    assert with_names("and the third one?", ("Ana", "Ben"), ()).open
    assert with_names("and the second one?", (), ("Ana",)).open


def test_an_answer_lists_each_once_and_strangers_too() -> None:
    text = "From left to right: Ben, somebody I don't know and Ana. Ben sits."
    assert listed_by(text, NAMES) == ("Ben", STRANGER, "Ana")


def read(text: str, *history: str | tuple[str, str], there: tuple[str, ...] = ()) -> Question:
    return read_questions([text], history, NAMES, there=there)[0]


def test_the_list_is_the_question_s_the_answer_s_or_who_is_there() -> None:
    assert read("and the second one?", "Where are Carl and Ana?").people == ("Ana",)
    asked = ("Who is there, from left to right?", "From left to right: Ben and Ana.")
    assert read("what is the first one wearing?", asked).people == ("Ben",)
    assert read("and the second one?", "Who is in this video?", there=("Ana", "Carl")).people == ("Carl",)
    again = read("what is the first one doing?", "Who is there?", "and the second one?", there=("Ana", "Carl"))
    assert (again.people, again.type) == (("Ana",), "action")


def test_what_stays_open_is_told_so_and_the_next_question_goes_on_from_the_one_before() -> None:
    asked = read("and the second one?", "Who is there, from left to right?", there=("Ana", "Ben"))
    assert (asked.reply, asked.dangling) == (WHOM, True)
    after = read("and Ben?", "What is Ana wearing?", "and the other one?", there=("Ana", "Ben", "Carl"))
    assert (after.people, after.type, after.reply) == (("Ben",), "appearance", "")


def test_she_is_whom_the_answer_spoke_of() -> None:
    asked = ("What is the person on the right wearing?", "Ben is wearing a blue jacket.")
    assert read("and what is he doing?", asked).people == ("Ben",)


def test_she_is_whom_the_question_before_meant_by_the_place() -> None:
    asked = read("and what is she doing?", "What is the person to the left of Ben wearing?")
    assert asked.aspect.lineup is not None
    assert (asked.people, asked.aspect.lineup.asked) == (("Ben",), "and what is Unnamedone doing?")
    owned = read("what colour is her jacket?", "Describe the woman on the right")
    assert owned.aspect.lineup is not None
    assert owned.aspect.lineup.asked == "what colour is the jacket of Unnamedone?"
    assert read("and what is Carl doing?", "Describe the woman on the right").people == ("Carl",)
    assert read("why do you say so?", "Describe the woman on the right").why


def test_who_is_there_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVCHAT_HOME", str(tmp_path))
    studio = open_studio(tmp_path, monkeypatch)
    chat = open_chat(studio, answers="facts")
    clip = studio.clip("party", ANA, BEN)
    assert chat.ask(clip, "and the second one?", history=["Who is in this video?"]).answer.startswith("Yes, Ben is in")
    assert chat.ask(clip, "and the others?", history=["What is Ana wearing?"]).answer == "Ben is wearing a blue jacket."


def test_the_other_one_of_two_is_whom_the_answer_left_out() -> None:
    asked = ("Which of Ana and Ben wears pink?", "Ana is wearing pink.")
    assert read("what is the other one wearing?", asked).people == ("Ben",)
    assert read("and what is she doing?", asked).people == ("Ana",)


def test_she_after_a_count_of_women_is_the_one_that_was_counted() -> None:
    """Of those of whom it isn't known whether they are women everything was told."""
    told = "As far as I can see, there is one woman: Ben. Of two people I can't tell."
    asked = read_questions(["What is she wearing?"], [("Is there a woman?", told)], NAMES)[0]
    assert asked.people == ("Ben",)
    open_ = "As far as I can see, there is no woman. Of Ben I can't tell."
    assert read_questions(["What is she wearing?"], [("Is there a woman?", open_)], NAMES)[0].people == ()

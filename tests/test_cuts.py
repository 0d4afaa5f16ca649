"""Shots and cuts: many ways to ask, and what is answered."""

from __future__ import annotations

import numpy as np
import pytest
from make_analysis import make_analysis, make_track

from pvchat.chat.answers import plain_answer
from pvchat.chat.cuts import asks_of_cuts
from pvchat.chat.evidence import Evidence, gather
from pvchat.chat.needs import needs_measures
from pvchat.chat.questions import read_question

SHOTS = [(0.0, 5.0), (5.0, 12.0), (12.0, 20.0)]


@pytest.mark.parametrize(
    "text",
    ["How many shots are there?", "How many scenes are in this video?",
     "how many cuts", "number of cuts?", "How many cuts does this video have?",
     "And where are the cuts?", "When does the scene change?", "list all cuts", "Give me the timecodes of the cuts",
     "Is it one single take?", "Was this filmed in one take?", "Is it uncut?", "Are there any cuts in the video?",
     "Has this been edited?", "shot list please", "count the cuts for me",
     "List the shots", "how many times does the camera change"],
)  # fmt: skip
def test_it_is_asked_in_many_ways(text: str) -> None:
    before = read_question("Is Ana there?", ["Ana"])
    question = read_question(text, ["Ana"], previous=before)
    assert asks_of_cuts(text.lower())
    assert (question.people, question.unknown, question.reply) == ((), (), "")
    assert not needs_measures(question)


@pytest.mark.parametrize(
    "text", ["Who cut the cake?", "How many people are there?", "Is that a good shot?", "Who is in the last shot?",
             "What is the scene?", "Where is the camera?", "Where is the scene?", "When was the scene?"],
)  # fmt: skip
def test_what_asks_something_else_is_none(text: str) -> None:
    assert not asks_of_cuts(text.lower())


@pytest.mark.parametrize(
    ("text", "shots", "said"),
    [
        ("How many shots are there?", SHOTS, "I see three shots and two cuts in this video, at 0:05 and 0:12."),
        ("Where are the cuts?", SHOTS, "I see three shots and two cuts in this video, at 0:05 and 0:12."),
        ("Is it one take?", SHOTS, "No, I see three shots and two cuts in this video, at 0:05 and 0:12."),
        ("Is it one take?", SHOTS[:1], "Yes, I see one shot and no cut in this video."),
        ("Are there any cuts?", SHOTS[:2], "Yes, I see two shots and one cut in this video, at 0:05."),
        ("Has this been edited?", SHOTS[:1], "I see one shot and no cut in this video."),
        ("How many cuts?", [], "I can't tell where this video is cut."),
    ],
)
def test_shots_and_cuts_are_told(text: str, shots: list[tuple[float, float]], said: str) -> None:
    assert plain_answer(read_question(text, ["Ana"]), [], Evidence(duration_s=20.0, shots=shots)) == said


def test_of_very_many_cuts_the_first_are_told() -> None:
    shots = [(float(t), t + 1.0) for t in range(30)]
    told = plain_answer(read_question("How many cuts?", []), [], Evidence(duration_s=30.0, shots=shots))
    assert told.endswith("0:12 and 17 more.")


def test_the_shots_are_those_of_the_analysis() -> None:
    analysis = make_analysis(make_track(1))
    analysis.shots = np.float32([[0, 1.5], [1.5, 2]])
    assert gather([], analysis).shots == [(0.0, 1.5), (1.5, 2.0)]

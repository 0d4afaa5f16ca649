"""How long people are seen: many ways to ask, and what is answered."""

from __future__ import annotations

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence
from pvchat.chat.questions import read_question
from pvchat.chat.screentime import ScreenTime, how_long
from pvchat.schemas import PersonPresence

NAMES = ["Ana", "Ben", "Carl"]
MOST, LEAST, MORE, SHARE = ScreenTime("most"), ScreenTime("least"), ScreenTime("more"), ScreenTime("share")
WHOLE = ScreenTime("whole")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Who is visible longest?", MOST),
        ("who is on screen the most", MOST),
        ("who's on screen the least?", LEAST),
        ("Who stays the longest?", MOST),
        ("which person do we see most of the time", MOST),
        ("Who has the most screen time?", MOST),
        ("Who is in the video the longest?", MOST),
        ("Who is most often seen?", MOST),
        ("who appears the least", LEAST),
        ("Who is there longest, Ana, Ben or Carl?", MOST),
        ("Who is there longer, Ana or Ben?", MORE),
        ("How long is Ana on screen compared with Ben?", MORE),
        ("Is Ana there longer than Ben?", ScreenTime("more", True)),
        ("does ana stay longer than ben", ScreenTime("more", True)),
        ("Is Ana seen less than Ben?", ScreenTime("less", True)),
        ("Who of them do we see here the most?", MOST),
        ("Who is there the whole time?", WHOLE),
        ("Who is visible from the first second till the last second?", WHOLE),
        ("Is anyone visible for the full duration, and if so who is it?", WHOLE),
        ("Who stays from the very start till the end?", WHOLE),
        ("Who never leaves the frame?", WHOLE),
        ("What share of the footage shows Ana?", SHARE),
        ("Who is on screen second longest?", ScreenTime("most", nth=1)),
        ("Who has the third most screen time?", ScreenTime("most", nth=2)),
        ("Who appears only once?", ScreenTime("once")),
        ("List everyone who is seen more than once", ScreenTime("again")),
        ("What percentage of the time is Ana there?", SHARE),
        ("how much of the video is ana in", SHARE),
    ],
)
def test_it_is_asked_in_many_ways(text: str, asked: ScreenTime) -> None:
    question = read_question(text, NAMES)
    assert question.aspect.screen_time == asked
    assert question.type == "existence"
    assert not question.unknown


@pytest.mark.parametrize(
    "text",
    ["Who is there?", "Is Ana taller than Ben?", "How long is Ana there?",
     "Who has the longest hair?", "Is Ana nearer than Ben?", "How much of the cake is Ana eating?",
     "Who left?", "Who doesn't go to school?", "Is anyone there?",
     "Who wears more red, Ana or Ben?", "Is Ana there longer than a minute?"],
)  # fmt: skip
def test_what_asks_something_else_is_none(text: str) -> None:
    assert read_question(text, NAMES).aspect.screen_time is None


def answer(text: str, unknown: int = 0, length: float = 60.0, **spans: list[tuple[float, float]]) -> str:
    people = [
        PersonPresence(
            name, "present" if name in spans else "absent", 0.9 if name in spans else 0.1, spans.get(name, [])
        )
        for name in NAMES
    ]
    question = read_question(text, NAMES)
    return plain_answer(question, question.about(people), Evidence(duration_s=length, unknown=unknown))


def test_who_is_seen_longest_and_least() -> None:
    seen = {"Ana": [(0.0, 30.0)], "Ben": [(5.0, 10.0), (20.0, 35.0)], "Carl": [(0.0, 4.0)]}
    assert answer("Who is visible longest?", **seen) == (
        "Ana is seen longest, for about 30 seconds; Ben for about 20 seconds and Carl for about 4 seconds."
    )
    assert answer("who is on screen the least", **seen) == (
        "Carl is seen least, for about 4 seconds; Ben for about 20 seconds and Ana for about 30 seconds."
    )
    assert answer("Who is seen longest?", unknown=2, **seen).startswith("Of those I know, Ana is seen longest")
    assert answer("Who is there longer, Ben or Carl?", **seen) == (
        "Ben is seen longest, for about 20 seconds; Carl for about 4 seconds."
    )


def test_what_is_about_alike_makes_nobody_first() -> None:
    seen = {"Ana": [(0.0, 30.0)], "Ben": [(0.0, 29.0)]}
    assert answer("Who is seen longest?", **seen) == "Ana and Ben are seen about equally long, for about 30 seconds."
    assert answer("Is Ana there longer than Ben?", **seen).startswith("No, Ana and Ben are seen about equally long")


def test_yes_no_and_a_share() -> None:
    seen = {"Ana": [(0.0, 30.0)], "Ben": [(0.0, 6.0)]}
    told = "Ana is seen for about 30 seconds, Ben for about 6 seconds."
    assert answer("Is Ana there longer than Ben?", **seen) == f"Yes, {told}"
    assert answer("Is Ana seen less than Ben?", **seen) == f"No, {told}"
    assert answer("What percentage of the time is Ben there?", **seen) == (
        "Ben is seen for about 6 seconds of 1 minute, 10% of this video."
    )


def test_who_is_seen_the_whole_time() -> None:
    seen = {"Ana": [(0.0, 59.0)], "Ben": [(0.0, 6.0)]}
    for text in ("Who is there the whole time?", "who is visible throughout", "Who stays from start to finish?"):
        assert answer(text, **seen) == "Ana is seen the whole time; Ben for about 6 seconds."
    assert answer("Who is there the whole time?", Ben=[(0.0, 6.0)]) == (
        "Nobody is seen the whole time; Ben for about 6 seconds."
    )


def test_nothing_is_told_of_the_absent_nor_of_a_photo() -> None:
    assert answer("Is Ana there longer than Carl?", Ana=[(0.0, 9.0)]) == "Carl is not in this video, so I can't tell."
    assert answer("Who is visible longest?") == "Nobody I know is in this video."
    assert answer("Who is visible longest?", length=1.0, Ana=[(0.0, 1.0)]) == (
        "Ana is in this video, but I can't say for how long."
    )


def test_who_isn_t_there_the_whole_time_is_told_the_longest_first() -> None:
    people = [
        PersonPresence(n, "present", 0.9, [(0.0, s)]) for n, s in zip("ABCDE", (1.0, 2.0, 3.0, 4.0, 5.0), strict=True)
    ]
    told = how_long(ScreenTime("whole"), (), people, Evidence(duration_s=20.0))
    assert told.startswith("Nobody is seen the whole time; E for about 5 seconds, D for about 4 seconds")


@pytest.mark.parametrize(
    "text",
    [
        "What percentage of the time is Ana talking?",
        "How much of the time is Ana smiling?",
        "How long is Ana talking compared to Ben?",
    ],
)
def test_how_long_somebody_does_something_is_no_screen_time(text: str) -> None:
    """It was told for how long she is seen."""
    assert read_question(text, NAMES).aspect.screen_time is None


@pytest.mark.parametrize("text", ["What part of the video is Ana in?", "Which part of the film shows Ana?"])
def test_which_part_asks_when(text: str) -> None:
    assert read_question(text, NAMES).aspect.name == "times"
    assert read_question(text.replace("video", "picture").replace("film", "picture"), NAMES).type == "location"

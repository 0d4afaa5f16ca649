"""When people are seen together, apart, alone; and spans put together."""

from __future__ import annotations

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence, Neighbour
from pvchat.chat.meetings import Meeting
from pvchat.chat.questions import read_question
from pvchat.chat.spans import common, merged, seconds_in, without
from pvchat.schemas import PersonPresence

NAMES = ["Ana", "Ben", "Carl"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Are Ana and Ben ever apart?", Meeting("apart")),
        ("are ana and ben always together", Meeting("together", "always")),
        ("Are Ana, Ben and Carl together the whole time?", Meeting("together", "always")),
        ("Do Ana and Ben appear together?", Meeting("together")),
        ("Are Ana and Ben ever in the same shot?", Meeting("together")),
        ("When are Ana and Ben together?", Meeting("together", "when")),
        ("How long are Ana and Ben together?", Meeting("together", "long")),
        ("are ana and ben together the whole time or not", Meeting("together", "always")),
        ("Do Ana and Ben stay together throughout?", Meeting("together", "always")),
        ("When do we see both Ana and Ben?", Meeting("together", "when")),
        ("At what time are Ana and Ben both there?", Meeting("together", "when")),
        ("Are Ana and Ben ever not in the same frame?", Meeting("apart")),
        ("Is Ana ever with Ben?", Meeting("with")),
        ("Does Ana remain with Ben the whole time?", Meeting("with", "always")),
        ("When is there nobody else with Ana?", Meeting("alone", "when")),
        ("Is Ana always with Ben?", Meeting("with", "always")),
        ("Is Ana ever without Ben?", Meeting("without")),
        ("Is Ana ever alone?", Meeting("alone")),
        ("is ana alone at any point", Meeting("alone")),
        ("At what time is Ana alone?", Meeting("alone", "when")),
        ("Is Ana alone?", Meeting("alone", "whole")),
        ("Was Ana all alone in the video?", Meeting("alone", "whole")),
        ("Check whether Ana is by herself.", Meeting("alone", "whole")),
        ("With whom is Ana seen?", Meeting("company", "whom")),
        ("With whom is Ana?", Meeting("company", "whom")),
        ("Who did Ana meet?", Meeting("company", "whom")),
        ("Did Ana and Ben ever meet?", Meeting("together")),
        ("Has Ana met Ben?", Meeting("with")),
        ("When did Ana meet Ben?", Meeting("with", "when")),
        ("Who's Ana with?", Meeting("company", "whom")),
        ("How many people are seen with Ana?", Meeting("company", "whom")),
    ],
)
def test_it_is_asked_in_many_ways(text: str, asked: Meeting) -> None:
    assert read_question(text, NAMES).aspect.meeting == asked


@pytest.mark.parametrize(
    "text",
    ["Is Ana with Ben?", "Are Ana and Ben there?", "Do Ana and Ben sit together?",
     "Is Ana here without Ben?", "Are Ana and Ben in the same room?", "When is Ana there?"],
)  # fmt: skip
def test_what_is_asked_of_the_whole_clip_is_none(text: str) -> None:
    assert read_question(text, NAMES).aspect.meeting is None


def test_they_means_whom_the_question_before_named() -> None:
    before = read_question("Are Ana and Ben in this video?", NAMES)
    asked = read_question("are they ever apart?", NAMES, previous=before)
    assert (asked.people, asked.aspect.meeting) == (("Ana", "Ben"), Meeting("apart"))


def answer(text: str, strangers=(), unknown: int = 0, length: float = 60.0, **spans: list[tuple[float, float]]) -> str:
    people = [
        PersonPresence(n, "present" if n in spans else "absent", 0.9 if n in spans else 0.1, spans.get(n, []))
        for n in NAMES
    ]
    evidence = Evidence(duration_s=length, strangers=list(strangers), unknown=unknown)
    question = read_question(text, NAMES)
    return plain_answer(question, question.about(people), evidence)


def test_who_is_together_when() -> None:
    seen = {"Ana": [(0.0, 20.0)], "Ben": [(5.0, 10.0), (15.0, 20.0)]}
    together, apart = "from 0:05 to 0:10 and from 0:15 to 0:20", "from 0:00 to 0:05 and from 0:10 to 0:15"
    assert answer("When are Ana and Ben together?", **seen) == f"Ana and Ben are seen together {together}."
    assert answer("Are Ana and Ben ever apart?", **seen) == (
        f"Yes, only one of them is seen {apart}; Ana and Ben are seen together {together}."
    )
    assert answer("Are Ana and Ben always together?", **seen) == (
        f"No, Ana and Ben are seen together {together}; only one of them is seen {apart}."
    )
    assert answer("Is Ben ever without Ana?", **seen) == f"No, Ben is always seen with Ana, {together}."
    assert answer("Is Ana ever without Ben?", **seen) == (
        f"Yes, Ana is seen without Ben {apart}; Ana is seen with Ben {together}."
    )
    assert answer("How long are Ana and Ben together?", **seen) == (
        f"Ana and Ben are seen together {together}: for about 10 seconds."
    )


def test_who_never_meets_is_told_so() -> None:
    seen = {"Ana": [(0.0, 5.0)], "Ben": [(8.0, 9.0)]}
    assert answer("Do Ana and Ben appear together?", **seen) == "No, Ana and Ben are never seen together."
    assert answer("Are Ana and Ben ever apart?", **seen) == "Yes, Ana and Ben are never seen together."
    assert answer("When are Ana and Ben together?", **seen) == "Ana and Ben are never seen together."
    assert answer("Do Ana and Carl appear together?", **seen) == "Only Ana is in this video; Carl is not."


def test_alone_is_who_nobody_else_is_seen_with() -> None:
    seen = {"Ana": [(0.0, 20.0)], "Ben": [(5.0, 10.0)]}
    assert answer("When is Ana alone?", **seen) == (
        "Ana is alone from 0:00 to 0:05 and from 0:10 to 0:20, as far as I see."
    )
    assert answer("Is Ana ever alone?", strangers=[(0.0, 19.9)], unknown=1, **seen) == (
        "No, Ana is never alone, as far as I see."
    )
    assert answer("Is Ben ever alone?", **seen) == "No, Ben is never alone, as far as I see."
    assert "can't tell when" in answer("When is Ana alone?", unknown=1, **seen)  # of whom only a body is seen


@pytest.mark.parametrize(
    ("seen", "whole", "when"),
    [
        ({"Ana": [(0.0, 20.0)], "Ben": [(5.0, 10.0)]},
         "Not the whole time: Ben is in this video too.",
         "Ana is alone from 0:00 to 0:05 and from 0:10 to 0:20, as far as I see."),
        ({"Ana": [(0.0, 20.0)], "Ben": [(30.0, 40.0)]},
         "Yes, Ana is always alone, as far as I see; Ben is in this video too, at other times.",
         "Ana is always alone, from 0:00 to 0:20, as far as I see."),
        ({"Ana": [(0.0, 20.0)], "Ben": [(0.0, 20.0)]}, "No, Ben is in this video too.",
         "Ana is never alone, as far as I see."),
        ({"Ana": [(0.0, 20.0)]}, "Yes, I see nobody but Ana.",
         "Ana is always alone, from 0:00 to 0:20, as far as I see."),
    ],
)  # fmt: skip
def test_alone_at_all_agrees_with_when(seen: dict[str, list[tuple[float, float]]], whole: str, when: str) -> None:
    """Of somebody who is alone most of the time "No, Ben is in this video too" was said."""
    others = [Neighbour((0.1, 0.1, 0.2, 0.2), name) for name in seen]
    people = [PersonPresence(n, "present", 0.9, spans, i) for i, (n, spans) in enumerate(seen.items())]
    for text, told in (("Is Ana alone?", whole), ("When is Ana alone?", when)):
        assert plain_answer(read_question(text, NAMES), people, Evidence(others=others, duration_s=60.0)) == told


def test_whether_who_may_be_there_is_alone_is_not_told() -> None:
    assert answer("Is Carl alone?", Ana=[(0.0, 5.0)]) == "Carl is not in this video, so I can't tell."
    people = [PersonPresence("Ana", "present", 0.9, [(0.0, 5.0)], 0), PersonPresence("Ben", "unsure", 0.5, [], None)]
    asked = read_question("When is Ana alone?", NAMES)
    assert "can't tell when" in plain_answer(asked, people, Evidence(duration_s=9.0, doubtful=1))  # Ben, whenever he is


def test_with_whom_somebody_is_seen() -> None:
    seen = {"Ana": [(0.0, 20.0)], "Ben": [(5.0, 10.0)], "Carl": [(30.0, 40.0)]}
    told = "Ana is seen with Ben for about 5 seconds and somebody I don't know for about 2 seconds."
    assert answer("Who is Ana seen with?", strangers=[(12.0, 14.0)], unknown=1, **seen) == told
    assert answer("How many people are seen with Carl?", **seen) == "I see nobody with Carl."


def test_anybody_counts_as_company() -> None:
    seen = {"Ana": [(0.0, 20.0)], "Ben": [(5.0, 10.0)]}
    told = "omebody else is seen with Ana from 0:05 to 0:10"
    for text in ("When does somebody come to Ana?", "When is anyone with Ana?"):
        assert answer(text, **seen) == f"S{told}."
    for text in ("Does anyone visit Ana?", "Has anybody been with Ana?", "Is anyone in the room with Ana?"):
        assert answer(text, **seen) == f"Yes, s{told}."
    stranger = answer("Does anyone visit Ana?", strangers=[(12.0, 20.0)], unknown=1, Ana=[(0.0, 20.0)])
    assert stranger == "Yes, somebody else is seen with Ana from 0:12 to 0:20."
    assert answer("Does anyone visit Ana?", Ana=[(0.0, 20.0)]) == "No, I see nobody with Ana."
    assert answer("Does somebody come to Carl?", **seen) == "No, Carl is not in this video."
    assert answer("When does somebody come to Carl?", **seen) == "Carl is not in this video, so I can't tell."


def test_spans_are_put_together() -> None:
    assert merged([(4, 6), (0, 2), (1, 3)]) == [(0, 3), (4, 6)]
    assert common([(0, 3), (4, 6)], [(2, 5)]) == [(2, 3), (4, 5)]
    assert without([(0, 10)], [(2, 3), (9, 12)]) == [(0, 2), (3, 9)]
    assert seconds_in([(0, 2), (1, 3)]) == 3


def test_the_time_alone_or_apart_is_what_is_told_of_how_long() -> None:
    seen = {"Ana": [(0.0, 20.0)], "Ben": [(5.0, 10.0)]}
    apart = "from 0:00 to 0:05 and from 0:10 to 0:20"
    assert (
        answer("How long are Ana and Ben apart?", **seen) == f"Only one of them is seen {apart}: for about 15 seconds."
    )
    assert answer("How long is Ana without Ben?", **seen) == f"Ana is seen without Ben {apart}: for about 15 seconds."
    assert answer("How long is Ben without Ana?", **seen) == "Ben is always seen with Ana, from 0:05 to 0:10."
    assert answer("How long is Ana alone?", **seen) == f"Ana is alone for about 15 seconds, {apart}, as far as I see."


def test_who_comes_to_somebody_is_told_of_as_whether_anybody_does() -> None:
    seen = {"Ana": [(0.0, 20.0)], "Ben": [(5.0, 10.0)]}
    for text in ("Who comes to see Ana?", "Who visits Ana?", "Who is visiting Ana?"):
        assert answer(text, **seen) == "Somebody else is seen with Ana from 0:05 to 0:10."


def test_who_may_be_on_her_own_track_is_no_company() -> None:
    """Somebody enrolled under two names was never alone."""
    people = [
        PersonPresence("Ana", "present", 0.9, [(0.0, 9.0)], 0),
        PersonPresence("Ben", "unsure", 0.6, [(0.0, 9.0)], 0),
    ]
    question = read_question("Is Ana ever alone?", NAMES)
    told = plain_answer(question, people, Evidence(duration_s=20.0))
    assert told == "Yes, Ana is always alone, from 0:00 to 0:09, as far as I see."

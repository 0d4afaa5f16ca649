"""Who comes in after whom: many ways to ask, and what is answered."""

from __future__ import annotations

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence
from pvchat.chat.order import Order
from pvchat.chat.questions import read_question
from pvchat.schemas import PersonPresence

NAMES = ["Ana", "Ben", "Carl"]
AFTER, BEFORE, FIRST, LAST = Order("after"), Order("before"), Order("first"), Order("last")


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("Who comes in after Ben?", AFTER),
        ("Who comes after Ben?", AFTER),
        ("who appears after ben", AFTER),
        ("Who enters after Ben?", AFTER),
        ("Who enters the room after Ben?", AFTER),
        ("Who arrives after Ben?", AFTER),
        ("Who comes in right after Ben?", AFTER),
        ("Who comes next after Ben?", AFTER),
        ("Who is next after Ben?", AFTER),
        ("Who follows Ben?", AFTER),
        ("Who is the next person to appear after Ben?", AFTER),
        ("Who is seen after Ben?", AFTER),
        ("Who is on screen after Ben?", AFTER),
        ("Which person appears after Ben?", AFTER),
        ("Does anyone come in after Ben?", AFTER),
        ("Is there anyone after Ben?", AFTER),
        ("Who else comes in after Ben?", AFTER),
        ("Who came in after Ben left?", Order("after", other="leaves")),
        ("Who do we see first, Ana or Ben?", FIRST),
        ("In what order do they appear?", FIRST),
        ("What is the order of appearance?", FIRST),
        ("Who walks in after Ben?", AFTER),
        ("Who turns up after Ben in the video?", AFTER),
        ("Who shows up next after Ben?", AFTER),
        ("And who comes in after Ben?", AFTER),
        ("Who joins after Ben?", AFTER),
        ("Who arrives just before Ben?", BEFORE),
        ("Who shows up before Ben does?", BEFORE),
        ("Who precedes Ben?", BEFORE),
        ("Who was there before Ben?", BEFORE),
        ("Who comes before Ben?", BEFORE),
        ("Who leaves after Ben?", Order("after", leaving=True)),
        ("Who leaves first?", Order("first", leaving=True)),
        ("Who comes in first?", FIRST),
        ("Who is first?", FIRST),
        ("Who is the first person to appear?", FIRST),
        ("Who is the first to come in?", FIRST),
        ("Who is seen first?", FIRST),
        ("Who appears first, Ana or Ben?", FIRST),
        ("Who is the first person in the video?", FIRST),
        ("Which of them comes in first?", FIRST),
        ("Who comes in last?", LAST),
        ("Who walked in first?", FIRST),
        ("Who got there before everyone else?", FIRST),
        ("Who got here last?", LAST),
        ("Who is seen last?", Order("last", leaving=True)),
        ("Who is the last one to leave?", Order("last", leaving=True)),
        ("Does Ana appear before Ben?", Order("before", whether=True)),
        ("Did Ana come in after Ben?", Order("after", whether=True)),
        ("Is Ana seen before Ben?", Order("before", whether=True)),
        ("Is Ana there after Ben?", Order("after", whether=True)),
        ("Does Ana leave before Ben comes?", Order("before", True, True, "comes")),
        ("Did Ana come in after Ben left?", Order("after", False, True, "leaves")),
        ("does ana arrive before ben has left", Order("before", False, True, "leaves")),
        ("Is Ana there after Ben leaves?", Order("after", True, True, "leaves")),
        ("Is Ana there before Ben leaves?", Order("before", False, True, "leaves")),
    ],
)
def test_the_order_of_people_is_asked_in_many_ways(text: str, order: Order) -> None:
    question = read_question(text, NAMES)
    assert question.aspect.order == order
    assert question.type == "existence"
    assert not question.unknown
    assert not question.reply


@pytest.mark.parametrize(
    "text",
    [
        "Who is there?",
        "Who is next to Ben?",
        "Who is with Ben?",
        "Is Ana standing before Ben?",
        "Who looks after Ben?",
        "Does Ana look after Ben?",
        "What is Ana doing after Ben?",
        "Who is wearing a hat first?",
        "Who is Ben?",
        "What is the first thing Ana does?",
        "When was Ben last seen?",
        "Who sits behind Ben?",
        "Who comes in?",
    ],
)
def test_what_asks_something_else_is_no_order(text: str) -> None:
    assert read_question(text, NAMES).aspect.order is None


def test_a_pronoun_stands_for_whom_the_last_question_was_about() -> None:
    previous = read_question("When does Ben appear?", NAMES)
    assert read_question("Who comes in after him?", NAMES, previous=previous).people == ("Ben",)


def test_somebody_unknown_is_told() -> None:
    assert read_question("Who comes in after Zoe?", NAMES).unknown == ("Zoe",)


def answer(text: str, strangers=(), **spans: list[tuple[float, float]] | str) -> str:
    people = [
        PersonPresence(name, seen, 0.5) if isinstance(seen, str) else PersonPresence(name, "present", 0.9, seen)
        for name, seen in ({"Ana": "absent", "Ben": "absent", "Carl": "absent"} | spans).items()
    ]
    return plain_answer(read_question(text, NAMES), people, Evidence(duration_s=60.0, strangers=list(strangers)))


def test_the_next_one_is_told_with_the_time() -> None:
    seen = {"Ana": [(5, 9)], "Ben": [(12, 15)], "Carl": [(15, 19)]}
    assert answer("Who comes in after Ben?", **seen) == "After Ben, Carl comes in at 0:15."
    assert answer("Who comes in after Ana?", **seen) == "After Ana, Ben comes in at 0:12."
    assert answer("Who comes in after Carl?", **seen) == "After Carl, nobody comes in."
    assert answer("Who comes before Ben?", **seen) == "Before Ben, Ana comes in at 0:05."
    assert answer("Who leaves after Ana?", **seen) == "After Ana, Ben leaves at 0:15."


def test_one_s_leaving_is_held_against_the_other_s_coming() -> None:
    apart = {"Ana": [(0, 5)], "Ben": [(8, 12)]}
    assert answer("Does Ana leave before Ben comes?", **apart) == (
        "Yes, Ana is last seen at 0:05, Ben first seen at 0:08."
    )
    assert answer("Did Ben come in after Ana left?", **apart) == (
        "Yes, Ben is first seen at 0:08, Ana last seen at 0:05."
    )
    both = {"Ana": [(0, 9)], "Ben": [(8, 12)]}
    assert answer("Does Ana leave before Ben comes?", **both) == (
        "No, Ana is last seen at 0:09, Ben first seen at 0:08."
    )
    assert answer("Is Ben there after Ana leaves?", **both) == "Yes, Ben is last seen at 0:12, Ana at 0:09."
    assert answer("Is Ana there after Ben leaves?", **both) == "No, Ana is last seen at 0:09, Ben at 0:12."
    assert answer("Does Ana leave before Ben comes?", Ana=[(0, 5)], Ben=[(5, 9)]) == (
        "No, Ana is last seen when Ben is first seen, at 0:05."
    )
    back = {"Ana": [(0, 4), (20, 22)], "Ben": [(0, 10)], "Carl": [(8, 12), (14, 15)]}
    assert answer("Does Ana come back after Ben leaves?", **back) == (
        "Yes, Ana comes in again at 0:20, Ben is last seen at 0:10."
    )
    assert answer("Who comes in after Ben leaves?", **back) == "After Ben leaves, Carl comes in at 0:14."


def test_each_appearance_has_its_own_follower() -> None:
    seen = {"Ben": [(12, 15), (35, 37), (50, 55)], "Carl": [(15, 19)], "Ana": [(40, 45)]}
    assert answer("Who comes in after Ben?", **seen) == (
        "After Ben at 0:12, Carl comes in at 0:15; after Ben at 0:35, Ana comes in at 0:40; "
        "after Ben at 0:50, nobody comes in."
    )
    many = {"Ben": [(float(t), t + 1.0) for t in range(0, 60, 10)], "Ana": [(5, 6)]}
    told = answer("Who comes in after Ben?", **many)
    assert told.count("after Ben at") == 3  # and one with a capital
    assert told.endswith("Ben is there six times in all.")


def test_strangers_count_and_have_no_name() -> None:
    seen = {"Ben": [(12, 15)], "Ana": [(40, 45)]}
    told = answer("Who comes in after Ben?", strangers=[(20, 22), (30, 31)], **seen)
    assert told == "After Ben, somebody I don't know comes in at 0:20, then Ana at 0:40."
    assert answer("Who comes in first?", strangers=[(0, 3)], **seen) == (
        "Of those I know, Ben comes in first, at 0:12, then Ana at 0:40. "
        "Somebody I don't know is there before, at 0:00."
    )


def test_people_who_come_together_are_told_together() -> None:
    seen = {"Ben": [(12, 15)], "Ana": [(20, 22)], "Carl": [(20.2, 25)]}
    assert answer("Who comes in after Ben?", **seen) == "After Ben, Ana and Carl come in at 0:20."
    both = {"Ben": [(12, 15)], "Ana": [(12.1, 22)]}
    assert answer("Who comes in after Ben?", **both) == "After Ben, nobody comes in."
    assert answer("Does Ana come in before Ben?", **both) == "No, Ana and Ben are first seen at the same time, at 0:12."


def test_first_last_and_which_of_two() -> None:
    seen = {"Ana": [(5, 9), (50, 58)], "Ben": [(12, 15)], "Carl": [(15, 19)]}
    assert answer("Who comes in first?", **seen) == "Ana comes in first, at 0:05, then Ben at 0:12 and Carl at 0:15."
    assert answer("Who is seen last?", **seen) == "Ana is seen last, at 0:58, before that Carl at 0:19 and Ben at 0:15."
    assert answer("Who appears first, Ben or Carl?", **seen) == "Ben comes in first, at 0:12, then Carl at 0:15."
    assert answer("Does Ana appear before Ben?", **seen) == "Yes, Ana is first seen at 0:05, Ben at 0:12."
    assert answer("Does Ana appear after Ben?", **seen) == "No, Ana is first seen at 0:05, Ben at 0:12."


def test_nothing_is_told_of_who_is_absent_or_unsure() -> None:
    seen = {"Ana": [(5, 9)]}
    assert answer("Who comes in after Ben?", **seen) == "Ben is not in this video, so I can't tell."
    assert answer("Who comes in after Ben?", Ben="unsure", **seen).startswith(
        "I'm not sure whether Ben is in this video"
    )
    assert answer("Does Ana come in before Ben?", **seen) == "Ben is not in this video, so I can't tell."
    assert answer("Who comes in first?") == "Nobody I know is in this video."


def test_who_come_or_go_at_the_same_time_are_told_together() -> None:
    all_along = {"Ana": [(0, 9)], "Ben": [(0.1, 9)], "Carl": [(0, 9.2)]}
    assert answer("Who comes in first?", **all_along) == "Ana, Ben and Carl are all there from 0:00 on."
    assert answer("Who leaves last?", **all_along) == "Ana, Ben and Carl are all seen until 0:09."
    two = {"Ana": [(0, 9)], "Ben": [(0.1, 9)], "Carl": [(4, 6)]}
    assert answer("Who comes in first?", **two) == "Ana and Ben come in first, both at 0:00, then Carl at 0:04."
    assert answer("Who leaves last?", **two) == "Ana and Ben are seen last, both at 0:09, before that Carl at 0:06."


def test_who_is_seen_again_after_another_left_is_seen_after_all() -> None:
    seen = {"Ana": [(0.0, 8.0), (31.0, 39.0)], "Ben": [(0.0, 10.0)]}
    told = "Yes, Ana comes in again at 0:31, Ben is last seen at 0:10."
    for text in ("Is Ana seen again after Ben leaves?", "Does Ana appear again after Ben left?"):
        assert answer(text, **seen) == told

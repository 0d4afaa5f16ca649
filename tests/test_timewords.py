"""Words for a part of a clip: what they mean, what is left of the question, and what only looks like them."""

from __future__ import annotations

import pytest

from make_asked import read_question
from pvchat.chat.reader.timewords import named_part
from pvchat.chat.window import Part

NAMES = ["Ana", "Ben"]
MOMENT, FIRST, LAST = (lambda at: Part("moment", at)), (lambda s: Part("first", s)), (lambda s: Part("last", s))


def between(start: float, end: float | None = None) -> Part:
    return Part("between", start, end)


def share(number: int, count: int) -> Part:
    return Part("share", (number - 1) / count, number / count)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("at 3:20", MOMENT(200)),
        ("at 1:03:20", MOMENT(3800)),
        ("at around 3:20", MOMENT(200)),
        ("@3:20", MOMENT(200)),
        ("around 3:20", MOMENT(200)),
        ("at the 3:20 mark", MOMENT(200)),
        ("at 12 seconds", MOMENT(12)),
        ("at 12s", MOMENT(12)),
        ("at second 12", MOMENT(12)),
        ("at the 12-second mark", MOMENT(12)),
        ("at the 12th second", MOMENT(12)),
        ("90 seconds in", MOMENT(90)),
        ("90 seconds into the video", MOMENT(90)),
        ("at 3 minutes 20", MOMENT(200)),
        ("at 3 minutes and 20 seconds", MOMENT(200)),
        ("at 3m20s", MOMENT(200)),
        ("at minute 2", MOMENT(120)),
        ("at one minute", MOMENT(60)),
        ("at 1 h 2 min", MOMENT(3720)),
        ("between 1:00 and 2:00", between(60, 120)),
        ("between 10 and 20 seconds", between(10, 20)),
        ("between second 4 and second 8", between(4, 8)),
        ("between minutes 1 and 2", between(60, 120)),
        ("between one and two minutes", between(60, 120)),
        ("between 0:10 and 0:20.5", between(10, 20.5)),
        ("from 1:00 to 2:00", between(60, 120)),
        ("from 1:00 until 2:00", between(60, 120)),
        ("1:00-2:00", between(60, 120)),
        ("in 0:10–0:20", between(10, 20)),
        ("during 0:10 to 0:20", between(10, 20)),
        ("from 1:00 to the end", between(60)),
        ("from minute 2 to minute 3", between(120, 180)),
        ("from 1:00 on", between(60)),
        ("from 1:00 onwards", between(60)),
        ("after 1:30", between(90)),
        ("after 90 seconds", between(90)),
        ("since 0:10", between(10)),
        ("past 0:30", between(30)),
        ("before 0:45", between(0, 45)),
        ("until 0:45", between(0, 45)),
        ("up to 45 seconds", between(0, 45)),
        ("in the second minute", between(60, 120)),
        ("in the 5th minute", between(240, 300)),
        ("in the first ten seconds", FIRST(10)),
        ("in the first 10 s", FIRST(10)),
        ("during the first minute", FIRST(60)),
        ("within the first 5 min", FIRST(300)),
        ("in the first minute and a half", FIRST(90)),
        ("in the first 2 h", FIRST(7200)),
        ("in the first half a minute", FIRST(30)),
        ("in the first few seconds", FIRST(5)),
        ("in the first couple of seconds", FIRST(2)),
        ("in the opening minute", FIRST(60)),
        ("in the first ten seconds of the video", FIRST(10)),
        ("in the opening seconds", FIRST(5)),
        ("in the last 30 seconds", LAST(30)),
        ("in the last two minutes of this clip", LAST(120)),
        ("in the final minute", LAST(60)),
        ("for the last ten seconds", LAST(10)),
        ("in the first half", share(1, 2)),
        ("in the second half", share(2, 2)),
        ("in the last half", share(2, 2)),
        ("in the latter half of the film", share(2, 2)),
        ("during the second half of the video", share(2, 2)),
        ("in the middle third", share(2, 3)),
        ("in the last third", share(3, 3)),
        ("in the third quarter", share(3, 4)),
        ("in the final quarter of the episode", share(4, 4)),
        ("halfway through", Part("share", 0.45, 0.55)),
        ("in the middle of the video", share(2, 3)),
        ("at the beginning", Part("beginning")),
        ("at the start of the video", Part("beginning")),
        ("in the very beginning", Part("beginning")),
        ("at the end", Part("end")),
        ("at the end of the film", Part("end")),
        ("towards the end", Part("end")),
        ("until the end", Part("end")),
        ("in the first shot", Part("shot", 1)),
        ("in the third shot", Part("shot", 3)),
        ("in the last shot", Part("shot", -1)),
        ("in shot 3", Part("shot", 3)),
    ],
)
def test_words_name_a_part_wherever_they_stand(words: str, part: Part) -> None:
    assert named_part(f"What is Ana doing {words}?") == ("What is Ana doing?", part)
    assert named_part(f"{words[0].upper()}{words[1:]}, what is Ana doing?") == ("what is Ana doing?", part)


@pytest.mark.parametrize(
    "question",
    [
        "Is Ana there at 3:20 pm?",
        "Is the meeting at 9:30 am?",
        "Is she there at 3:20 or at 3:40?",
        "Is Ana at home?",
        "Who is between Ana and Ben?",
        "When was she first seen?",
        "When was she last seen?",
        "Is Ana in the middle?",
        "When is Ana seen for the last time?",
        "Who comes in after Ben?",
        "How many seconds is Ana visible?",
        "Is Ana in the second half of the room?",
        "Is Ana at the end of the table?",
        "Does she look at the second man?",
        "Is Ana there for half a minute?",
        "Who are the first two people?",
        "Is Ana wearing a watch at 10?",
        "Who is in the first half and not in the second half?",
        "Is Ana in the background?",
        "Is Ana there at 3:75?",
        "Who is first?",
        "What does the second person wear?",
        "Is the start button red?",
    ],
)
def test_what_is_no_part_of_the_clip_stays_in_the_question(question: str) -> None:
    assert named_part(question) == (question, None)


@pytest.mark.parametrize(
    ("text", "type_", "people", "who", "aspect"),
    [
        ("Is Ana in the second half?", "existence", ("Ana",), False, "usual"),
        ("Are Ana and Ben in the first ten seconds?", "existence", ("Ana", "Ben"), False, "usual"),
        ("Who is in the second half?", "existence", (), True, "usual"),
        ("Who's in the last ten seconds?", "existence", (), True, "usual"),
        ("Is anyone in the last shot?", "existence", (), True, "usual"),
        ("How many people are in the first half?", "existence", (), True, "count"),
        ("Where is Ana in the second half?", "location", ("Ana",), False, "usual"),
        ("What is Ana wearing in the second half?", "appearance", ("Ana",), False, "usual"),
        ("What is Ana doing between 1:00 and 2:00?", "action", ("Ana",), False, "usual"),
        ("Is Ana wearing glasses at 0:10?", "appearance", ("Ana",), False, "whether"),
        ("When does Ana appear between 0:10 and 0:20?", "existence", ("Ana",), False, "times"),
        ("How long is Ana visible in the first half?", "existence", ("Ana",), False, "times"),
        ("For how many seconds is Ana there in the first minute?", "existence", ("Ana",), False, "times"),
        ("Did Ana enter before 0:30?", "existence", ("Ana",), False, "usual"),
        ("Does Ana come in at 0:10?", "existence", ("Ana",), False, "usual"),
        ("Has Ana been there since 0:10?", "existence", ("Ana",), False, "usual"),
        ("Who comes in after Ben in the second half?", "existence", ("Ben",), False, "order"),
        ("Describe Ana at 0:10.", "other", ("Ana",), False, "usual"),
    ],
)
def test_what_is_left_is_read_as_ever(text, type_, people, who, aspect) -> None:
    question = read_question(text, NAMES)
    assert (question.type, question.people, question.asks_who, question.aspect.name) == (type_, people, who, aspect)
    assert question.part is not None
    assert not question.unknown


def test_follow_ups_change_the_part_or_keep_it() -> None:
    first = read_question("Is Ana there at 0:20?", NAMES)
    for text in ("and at 0:40?", "And 0:30 to 0:50?", "what about the last ten seconds?", "at 0:40?"):
        follow = read_question(text, NAMES, previous=first)
        assert (follow.type, follow.people, follow.aspect) == (first.type, first.people, first.aspect)
        assert follow.part not in (None, first.part)
    assert read_question("and Ben?", NAMES, previous=first).part == first.part
    assert read_question("Is Ben there?", NAMES, previous=first).part is None

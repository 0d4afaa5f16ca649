"""Words for a part of a clip: what they mean, what is left of the question, and what only looks like them."""

from __future__ import annotations

import pytest

from pvchat.chat.query import During
from pvchat.chat.reader.timewords import named_part


def moment(at: float) -> During:
    return During(start_s=at, end_s=at)


def first(seconds: float) -> During:
    return During(end_s=seconds)


def last(seconds: float) -> During:
    return During(start_s=-seconds)


def between(start: float, end: float | None = None) -> During:
    return During(start_s=start, end_s=end)


def share(number: int, count: int) -> During:
    return During(start_s=(number - 1) / count, end_s=number / count, unit="share")


def shot(number: int) -> During:
    return During(start_s=number, unit="shot")


def shots(first: int, last: int) -> During:
    return During(start_s=first, end_s=last, unit="shot")


BEGINNING, END = During(unit="edge"), During(start_s=-1, unit="edge")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("at 3:20", moment(200)), ("after the first minute", between(60)),
        ("before the last ten seconds", During(end_s=-10)), ("at 1:03:20", moment(3800)),
        ("at around 3:20", moment(200)), ("@3:20", moment(200)), ("around 3:20", moment(200)),
        ("at the 3:20 mark", moment(200)), ("at 12 seconds", moment(12)), ("at 12s", moment(12)),
        ("at second 12", moment(12)), ("at the 12-second mark", moment(12)), ("at the 12th second", moment(12)),
        ("90 seconds in", moment(90)), ("90 seconds into the video", moment(90)), ("at 3 minutes 20", moment(200)),
        ("at 3 minutes and 20 seconds", moment(200)), ("at 3m20s", moment(200)), ("at minute 2", moment(120)),
        ("at one minute", moment(60)), ("at 1 h 2 min", moment(3720)), ("between 1:00 and 2:00", between(60, 120)),
        ("between 10 and 20 seconds", between(10, 20)), ("between second 4 and second 8", between(4, 8)),
        ("between minutes 1 and 2", between(60, 120)), ("between one and two minutes", between(60, 120)),
        ("between 0:10 and 0:20.5", between(10, 20.5)), ("from 1:00 to 2:00", between(60, 120)),
        ("from 1:00 until 2:00", between(60, 120)), ("1:00-2:00", between(60, 120)), ("in 0:10–0:20", between(10, 20)),
        ("during 0:10 to 0:20", between(10, 20)), ("from 1:00 to the end", between(60)),
        ("from minute 2 to minute 3", between(120, 180)), ("from 1:00 on", between(60)),
        ("from 1:00 onwards", between(60)), ("after 1:30", between(90)), ("after 90 seconds", between(90)),
        ("since 0:10", between(10)), ("past 0:30", between(30)), ("before 0:45", between(0, 45)),
        ("until 0:45", between(0, 45)), ("up to 45 seconds", between(0, 45)),
        ("in the second minute", between(60, 120)), ("in the 5th minute", between(240, 300)),
        ("in the first ten seconds", first(10)), ("in the first 10 s", first(10)),
        ("during the first minute", first(60)), ("within the first 5 min", first(300)),
        ("in the first minute and a half", first(90)), ("in the first 2 h", first(7200)),
        ("in the first half a minute", first(30)), ("in the first few seconds", first(5)),
        ("in the first couple of seconds", first(2)), ("in the opening minute", first(60)),
        ("in the first ten seconds of the video", first(10)),
        ("in the opening seconds", first(5)), ("in the last 30 seconds", last(30)),
        ("in the last two minutes of this clip", last(120)), ("in the final minute", last(60)),
        ("for the last ten seconds", last(10)), ("in the first half", share(1, 2)), ("in the second half", share(2, 2)),
        ("in the last half", share(2, 2)), ("in the latter half of the film", share(2, 2)),
        ("during the second half of the video", share(2, 2)), ("in the middle third", share(2, 3)),
        ("in the last third", share(3, 3)), ("in the third quarter", share(3, 4)),
        ("in the final quarter of the episode", share(4, 4)),
        ("halfway through", During(start_s=0.45, end_s=0.55, unit="share")),
        ("in the middle of the video", share(2, 3)), ("at the beginning", BEGINNING),
        ("at the start of the video", BEGINNING), ("in the very beginning", BEGINNING), ("at the end", END),
        ("at the end of the film", END), ("towards the end", END), ("in the end", END), ("until the end", END),
        ("in the first shot", shot(1)), ("in the third shot", shot(3)), ("in the last shot", shot(-1)),
        ("in shot 3", shot(3)), ("in shot three", shot(3)), ("during scene two", shot(2)),
        ("in shots two and three", shots(2, 3)), ("from shot 2 to shot 4", shots(2, 4)),
        ("between shot 1 and shot 3", shots(1, 3)), ("in the first two shots", shots(1, 2)),
        ("in the last two shots", shots(-2, -1)), ("after the second shot", shots(3, -1)),
        ("before the last shot", shots(1, -2)), ("until shot 3", shots(1, 2)),
        ("in the final frame", During(start_s=-1)), ("at the very first moment", During(end_s=1)),
        ("two thirds in", During(start_s=2 / 3 - 0.05, end_s=2 / 3 + 0.05, unit="share")),
        ("a quarter of the way through", During(start_s=0.2, end_s=0.3, unit="share")),
        ("by the end", During(start_s=-1, unit="edge")),
    ],
)  # fmt: skip
def test_words_name_a_part_wherever_they_stand(words: str, part: During) -> None:
    assert named_part(f"What is Ana doing {words}?") == ("What is Ana doing?", part)
    assert named_part(f"{words[0].upper()}{words[1:]}, what is Ana doing?") == ("what is Ana doing?", part)


@pytest.mark.parametrize(
    "question",
    [
        "Is Ana there at 3:20 pm?", "Is the meeting at 9:30 am?", "Is she there at 3:20 or at 3:40?", "Is Ana at home?",
        "Who is between Ana and Ben?", "When was she first seen?", "When was she last seen?", "Is Ana in the middle?",
        "Is Ana in shot?", "Was Ana in shot two times?", "In which shot two people are talking?",
        "Who is in shots 1 and 3?", "When is Ana seen for the last time?", "Who comes in after Ben?",
        "How many seconds is Ana visible?", "Is Ana in the second half of the room?", "Is Ana at the end of the table?",
        "Does she look at the second man?", "Is Ana there for half a minute?", "Who are the first two people?",
        "Is Ana wearing a watch at 10?",
        "Who is in the first half and not in the second half?",
        "Is Ana in the background?", "Is Ana there at 3:75?", "Who is first?", "What does the second person wear?",
        "Is the start button red?",
    ],
)  # fmt: skip
def test_what_is_no_part_of_the_clip_stays_in_the_question(question: str) -> None:
    assert named_part(question) == (question, None)

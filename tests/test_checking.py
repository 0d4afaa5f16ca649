"""What the trained model says is shown only where the plain answer backs it."""

from __future__ import annotations

import pytest

from pvchat.chat.reader.statements import sentences
from pvchat.chat.say.voice import CANT_TELL
from pvchat.chat.speakers.checking import Backed, Hearing

NAMES = ["Ana", "Bo", "Kim"]
THERE = "Ana is in this video, on the left of the frame, from 0:02 to 0:09."
WORN = "Ana is wearing a red top and glasses, with dark hair."
WHERE = "Ana is before a dark wall, on the left of the frame, next to Bo."
PLAIN = (
    f"{THERE} {WORN} Ana sits and talks. {WHERE} Bo is in this video, on the right of the frame. Bo is wearing a blue \
jacket. Bo is next to Ana. Bo probably dances. Kim is not in this video. The video shows a street, outdoors."
)
AWAY = "No, Ana is not in this video."
REST = "Ana is in this video, but I can't tell the rest."
UNSURE = "I'm not sure whether Ana is in this video."
TIMES = "Ana sits from 0:01 to 0:04 and stands from 0:05 to 0:09."
COMPANY = "Ana sits with Bo and stands with Kim."
GONE = "Ana is not in this video, so I can't say where Ana is."


def shown(plain: str, said: str) -> list[str]:
    """What is shown of something said for a plain answer."""
    heard = Hearing(Backed(plain, NAMES))
    heard.hear(said)
    return heard.said


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        # whether somebody is there
        (THERE, f"Yes, {THERE}"),
        (AWAY, "Yes, Ana is in this video."),
        (AWAY, "Ana is in this video."),
        (AWAY, "No, Bo is not in this video."),
        (f"Yes, {THERE}", "Ana is not in this video."),
        (f"Yes, {THERE}", f"No, {THERE}"),
        (f"Yes, {THERE}", "Yes, Bo is in this video, on the right of the frame."),
        ("Ana and Bo are in this video.", "Ana, Bo and Kim are in this video."),
        ("Besides Ana, Bo is in this video too.", "Besides Bo, Ana is in this video too."),
        ("Only Ana is in this video; Bo is not.", "Only Bo is in this video; Ana is not."),
        ("Neither Ana nor Bo is in this video.", "Neither Ana nor Kim is in this video."),
        # another value, another person's, denied, only probable
        (f"Yes, {THERE}", f"Yes, {THERE}".replace("left", "right")),
        (f"Yes, {THERE}", f"Yes, {THERE[:-1]}, wearing a blue jacket."),
        (f"Yes, {THERE}", f"Yes, {THERE}".replace("0:02", "0:03")),
        ("Ana is in this video from 0:02 to 0:04 and from 0:06 to 0:09.", "Ana is in this video from 0:02 to 0:09."),
        (WORN, "Ana is wearing a blue jacket."),
        (WORN, WORN.replace("a red top and glasses", "a red jacket and glasses")),
        (WORN, WORN.replace("glasses", "glasses and a dress")),
        (WORN, WORN.replace("is wearing", "is not wearing")),
        (WORN, WORN.replace("and glasses", "and a dark wall")),
        ("Ana is wearing a dark suit and a white shirt.", "Ana is wearing a white suit and a dark shirt."),
        ("Ana sits and talks.", "Ana sits and eats."),
        ("Ana sits and talks.", "Ana sits, talks and dances."),
        ("Ana sits and talks.", "Ana probably sits and talks."),
        ("Ana sits and talks.", "He sits and talks."),
        (TIMES, "Ana sits from 0:05 to 0:09 and stands from 0:01 to 0:04."),
        (TIMES, "Ana sits and stands from 0:01 to 0:04 and from 0:05 to 0:09."),
        ("Ana sits, on the left, from 0:01 to 0:04.", "Ana sits, on the left, from 0:05 to 0:09."),
        (COMPANY, "Ana sits with Kim and stands with Bo."),
        ("Bo probably dances.", "Bo dances."),
        (WHERE, WHERE.replace("Ana", "Kim")),
        (WHERE, "Bo is before a dark wall, on the left of the frame, next to Ana."),
        (WHERE, WHERE.replace("next to Bo", "next to Kim")),
        (WHERE, WHERE.replace("is before", "is not before")),
        ("Ana is to the left of Bo.", "Bo is to the left of Ana."),
        ("I see two people in this video: Ana and Bo.", "I see three people in this video: Ana and Bo."),
        ("I see two people in this video: Ana and Bo.", "I see two people in this video: Ana and Kim."),
        ("Yes, Ana is indoors.", "Yes, Ana is outside."),
        ("No, Ana is a woman, as far as I can see.", "No, Ana is a man, as far as I can see."),
        # no answer
        ("Ana and Bo are in this video.", WORN),
        ("Ana sits and talks.", "Ana sits."),
        (WORN, REST),
        ("Ana sits.", "Ana is sitting and talking."),  # more than is asked
        # what can't be told
        (REST, WORN),
        (REST, f"Yes, {THERE}"),
        (REST, "Ana is not in this video, so I can't tell the rest."),
        (REST, "Ana is in this video, but I can't tell whether Ana is a bad cook."),
        (REST, "Ana is in this video, and Ana is a good cook."),
        (f"{REST[:-9]} whether Ana waves.", "Ana waves in this video, but I can't tell."),
        (f"{REST[:-9]} Ana's hair.", f"{REST[:-9]} Ana's hat."),
        (UNSURE, "I'm not sure whether Bo is in this video."),
        (UNSURE, "Ana is not in this video."),
        (UNSURE, "I'm not sure whether Ana is in this video: at 0:05 there is somebody small."),
        ("I'm not sure about Ana or Kim.", "I'm not sure about Ana, Bo or Kim."),
        (GONE, "Ana is in this video, so I can't say where Ana is."),
        (GONE, GONE.replace("where Ana", "where Bo")),
        (GONE, "No, Ana is not in this video."),
        (CANT_TELL, "Ana is in this video."),
    ],
)  # fmt: skip
def test_another_fact_person_number_or_yes_is_refused(plain: str, said: str) -> None:
    assert shown(plain, said) == []


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ("Ana is wearing a red top and glasses.", "Ana wears a red top and glasses."),
        (AWAY, "No, Ana isn't in this video."),
        ("Yes, Ana and Bo are both in this video.", "Yes, both Ana and Bo are in this video."),
        ("Yes, Ana is indoors.", "Yes, Ana is inside."),
        (UNSURE, "I am not sure whether Ana is in this video."),
    ],
)
def test_the_same_in_other_words_passes(plain: str, said: str) -> None:
    assert shown(plain, said) == [said]


@pytest.mark.parametrize("plain", [*sentences(PLAIN), AWAY, REST, UNSURE, GONE, TIMES, COMPANY, CANT_TELL])
def test_the_plain_sentence_itself_passes(plain: str) -> None:
    assert shown(plain, plain) == [plain]


TWO = "Ana is wearing a red top and glasses. She sits and talks."


@pytest.mark.parametrize(
    ("said", "count", "left"),
    [
        (TWO, 2, []),
        ("Ana wears a red top and glasses. He sits and talks.", 1, ["She sits and talks."]),
        ("Ana wears a red top and glasses. She sits and talks, next to Kim.", 1, ["She sits and talks."]),
        ("She sits and talks.", 0, sentences(TWO)),
        (f"{sentences(TWO)[0]} {TWO}", 1, ["She sits and talks."]),
        (f"{TWO} Ana is next to Bo.", 2, []),  # nobody asked
    ],
)
def test_sentences_are_said_in_order_and_what_is_left_is_known(said: str, count: int, left: list[str]) -> None:
    check = Backed(TWO, NAMES)
    heard = Hearing(check)
    heard.hear(said)
    assert (len(heard.said), check.left) == (count, left)


def test_what_is_no_sentence_is_refused() -> None:
    check = Backed("Ana sits.", NAMES)
    assert check("Ana sits.") == ("Ana sits.", "")
    assert check("Ana")[1]


def test_sentences_end_with_a_full_stop() -> None:
    assert sentences("Ana sits. Bo stands!  Ana is") == ["Ana sits.", "Bo stands!"]

"""What the trained model says is shown only where the finding, or a row about the same person, backs it."""

from __future__ import annotations

import pytest
from make_asked import read_question

from pvchat.chat.reader.statements import sentences
from pvchat.chat.say.voice import CANT_TELL
from pvchat.chat.speakers.checking import Checker, points_of
from pvchat.chat.timeline import Entity, Row, Timeline

NAMES = ["Ana", "Bo"]
LEFT = "Ana is before a dark wall, on the left of the frame."
KNOWN = (
    "Ana is in this video, on the left of the frame, from 0:02 to 0:09.",
    "Ana is wearing a red top and glasses.",
    "Ana sits and talks.",
    "Bo is in this video, on the right of the frame.",
    "Bo is wearing a blue jacket.",
    "Ana is before a dark wall, on the left of the frame, next to Bo.",
)
ROWS = (
    Row("Ana", "present"), Row("Ana", "worn", "top", colour="red"), Row("Ana", "worn", "glasses"),
    Row("Ana", "posture", "sitting"), Row("Ana", "deed", "talking"), Row("Ana", "side", "left"),
    Row("Ana", "beside", of="Bo"), Row("Bo", "present"), Row("Bo", "worn", "jacket", colour="blue"),
    Row("Bo", "side", "right"), Row("Bo", "beside", of="Ana"), Row("", "background", "a dark wall"),
)  # fmt: skip
TIMELINE = Timeline(
    0, 20, (Entity("Ana"), Entity("Bo")), tuple(Row(r.entity, r.attribute, r.value, 2, 9, r.colour, r.of) for r in ROWS)
)


def checker(question: str, *plain: str, timeline: Timeline = TIMELINE) -> Checker:
    return Checker(plain, points_of(timeline, NAMES), NAMES, read_question(question, NAMES).query)


def fits_in(question: str, plain: str, said: str) -> bool:
    return not checker(question, plain).check(said, [0]).problems


@pytest.mark.parametrize(
    ("question", "plain", "said"),
    [
        ("Is Ana in this video?", KNOWN[0], "Yes, Ana is in this video, on the left of the frame, from 0:02 to 0:09."),
        ("Is Ana in this video?", "No, Ana is not in this video.", "Yes, Ana is in this video."),
        ("Is Ana in this video?", f"Yes, {KNOWN[0]}", "Yes, Ana is in this video, on the right of the frame."),
        ("Is Ana in this video?", f"Yes, {KNOWN[0]}", "Yes, Bo is in this video, on the right of the frame."),
        ("Is Ana in this video?", f"Yes, {KNOWN[0]}", "Yes, Ana is in this video, wearing a blue jacket."),
        ("Is Ana in this video?", f"Yes, {KNOWN[0]}", "Yes, Ana is in this video from 0:03 to 0:09."),
        ("Is Ana in this video?", f"Yes, {KNOWN[0]}", "Ana is not in this video."),
        ("Is Ana in this video?", "No, Ana is not in this video.", "No, Bo is not in this video."),
        ("Is Ana wearing a hat?", "Ana is in this video, but I can't tell.", "Yes, Ana is wearing a red top."),
        ("How many people are there?", "I see two people in this video: Ana and Bo.", "I see three people here."),
        ("When is Ana there?", "Ana is in this video from 0:02 to 0:09.", "Ana is in this video from 0:01 to 0:09."),
        ("What is Ana wearing?", KNOWN[1], "Ana is wearing a blue jacket."),
        ("What is Ana wearing?", KNOWN[1], "Ana is wearing a red jacket and glasses."),
        ("What is Ana wearing?", KNOWN[1], "Ana is not wearing glasses."),
        ("What is Ana wearing?", "Ana is wearing glasses.", "Ana is wearing glasses and a dress."),
        ("Describe Ana.", LEFT, "Ana is wearing a dark wall, on the left of the frame."),
        ("Describe Ana.", "Ana is in this video, but I can't make out more.", "Ana is wearing a dark wall."),
        ("What is Ana doing?", KNOWN[2], "Ana sits and eats."),
        ("What is Ana doing?", KNOWN[2], KNOWN[1]),
        ("How old is Ana?", "Ana is in this video, but I can't tell the rest.", "Ana is wearing a red top."),
        ("Is Ana dead?", "Ana is in this video, but I can't tell the rest.", "Yes, Ana is wearing a red top."),
        ("Is Ana dead?", "Ana is in this video, but I can't tell the rest.", "Probably, Ana sits and talks."),
        ("I saw Ana. Am I right?", "Ana is in this video, but I can't tell the rest.", f"Yes, {KNOWN[0]}"),
        ("Is Ana dead?", "Ana is in this video, but I can't tell the rest.", "Yes, Ana is in this video."),
    ],
)  # fmt: skip
def test_another_fact_person_number_or_yes_is_refused(question, plain, said):
    assert not fits_in(question, plain, said)


@pytest.mark.parametrize(
    ("question", "plain", "said"),
    [
        ("What is Ana wearing?", KNOWN[1], "Ana wears a red top and glasses."),
        ("Is Ana in this video?", "No, Ana is not in this video.", "No, Ana isn't in this video."),
        ("Is Ana in this video?", f"Yes, {KNOWN[0]}", "Yes, Ana is in this video, on the left, wearing a red top."),
    ],
)
def test_the_same_in_other_words_or_another_true_sentence_passes(question, plain, said):
    assert fits_in(question, plain, said)


UNSURE = "I'm not sure whether Ana is in this video."


@pytest.mark.parametrize(
    ("plain", "said", "fits"),
    [
        (UNSURE, "I'm not sure whether Ana is in this video, so I can't tell.", True),
        (UNSURE, "I'm not sure whether Bo is in this video.", False),
        (UNSURE, "Ana is not in this video, so I can't tell.", False),
        (UNSURE, "I'm not sure whether Ana is in this video: at 0:05 there is somebody small.", False),
        ("Ana is not in this video, so I can't say where Ana is.", "Ana is not in this video, so I can't tell.", True),
        ("Ana is not in this video, so I can't tell.", "Ana is not in this video, so I can't say where Ana is.", False),
        ("Ana is not in this video, so I can't describe Ana.", "Ana is not in this video, so I can't tell.", True),
        ("Ana is not in this video, so I can't tell.", "No, Ana is not in this video.", False),
        ("Ana is not in this video, so I can't tell.", "Ana is not in this video, so I can't say what Bo does.", False),
        ("Ana is not in this video, so I can't tell.", "Ana is in this video, so I can't tell.", False),
        ("Ana is in this video, but I can't tell the rest.", "Ana is not in this video, so I can't tell.", False),
        (
            "Ana is not in this video, so I can't tell.",
            "Ana is not in this video, so I can't tell why she left.",
            False,
        ),
    ],
)
def test_a_refusal_is_held_against_who_is_there(plain, said, fits):
    assert fits_in("Is Ana sitting?", plain, said) == fits


def test_a_true_sentence_is_no_answer_to_a_closed_question():
    closed = checker("Who is in this video?", "Ana and Bo are in this video.")
    checked = closed.check("Ana is wearing a red top and glasses.", [0])
    assert checked.problems == ("doesn't answer",)


def test_more_sentences_than_were_found_are_refused():
    assert checker("Who is in this video?", "Ana and Bo are in this video.").check("Ana sits and talks.", []).problems


TIMES = "Ana is in this video from 0:02 to 0:04 and from 0:06 to 0:09."
REST = "Ana is in this video, but I can't tell the rest."
HAIR = "Ana is in this video, but I can't make out Ana's hair."


@pytest.mark.parametrize(
    ("question", "plain", "said", "fits"),
    [
        ("Where is Ana?", LEFT, "Ana is before a dark wall, on the left of the frame, next to Bo.", True),
        ("Where is Ana?", LEFT, "Ana is on the left of the frame, next to Bo.", False),
        ("Where is Ana?", LEFT, "Bo is before a dark wall, on the left of the frame, next to Ana.", False),
        ("Where is Ana?", LEFT, "Ana is before a dark wall, on the right of the frame, next to Bo.", False),
        ("Where is Ana?", LEFT, "Ana is before a dark wall, on the left of the frame, wearing a blue jacket.", False),
        ("Where is Ana?", KNOWN[5], LEFT, True),
        ("Where is Ana?", KNOWN[5], "Ana is before a dark wall.", False),
        ("Who is near Ana?", KNOWN[5], LEFT, False),
        ("Where is Ana, and with whom?", KNOWN[5], LEFT, False),
        ("Where is Ana?", "Ana is in a street, next to a car.", "Ana is in a street.", False),
        ("Where is Ana?", "Ana is in a street, next to one person.", "Ana is in a street.", True),
        ("Where is Bo?", "Bo is not in this video, so I can't say where Bo is.", KNOWN[3], False),
        ("Is Ana a good cook?", REST, "Ana is in this video, but I can't tell whether Ana is a bad cook.", False),
        ("Ana in blue?", REST, "Ana is in this video, but I can't tell whether Ana is wearing something red.", False),
        ("Is Ana a good cook?", REST, "Ana is in this video, but I can't tell whether Bo is a good cook.", False),
        ("Is Ana a good cook?", REST, "Bo is in this video, but I can't tell whether Bo is a good cook.", False),
        ("Is Ana a good cook?", REST, "Ana is in this video, and Ana is a good cook.", False),
        ("Is Ana a good cook?", "Ana is not in this video, so I can't tell.", REST, False),
        ("Why is Ana crying?", REST, "Ana is in this video, but I can't tell why Ana is crying.", False),
        ("What's in Ana's bag?", REST, "Ana is in this video, but I can't make out anything in Ana's hat.", False),
        ("What's in Ana's bag?", REST, "Ana is in this video, but I can't make out what is in Ana's bag.", False),
        ("What's in Ana's bag?", "Ana is wearing red.", "Ana is in this video, but I can't make out more.", False),
        ("Ana's hair colour?", HAIR, "Ana is in this video, but I can't make out Ana's eyes.", False),
        ("Ana's hair colour?", HAIR, "Bo is in this video, but I can't make out Bo's hair colour.", False),
        ("What year is it?", CANT_TELL, REST, True),
        ("What year is it?", CANT_TELL, "Ana is in this video, but I can't tell whether Ana is dead.", False),
        ("What year is it?", CANT_TELL, "Kim is in this video, but I can't tell the rest.", False),
        ("What year is it?", CANT_TELL, "Ana is in this video.", False),
        ("What is Ana wearing?", KNOWN[1], REST, False),
        ("Is Ana on the left?", "Yes, Ana is on the left.", f"Yes, {KNOWN[0]}", True),
        ("Is Ana on the left?", "Yes, Ana is on the left.", f"No, {KNOWN[0]}", False),
        ("Is Ana on the left?", "No, Ana is on the right.", f"Yes, {KNOWN[0]}", False),
        ("Who wears red?", "Ana is wearing red.", "Ana is wearing a red top.", True),
        ("Who wears red?", "Ana is wearing red.", "Ana is wearing red glasses.", False),
        ("Who wears red?", "Ana is wearing red.", "Bo is wearing a blue jacket.", False),
        ("Is Ana a man?", "No, Ana is a woman, as far as I can see.", "Ana is a woman, as far as I can see.", True),
        ("Is Ana a man?", "No, Ana is a woman, as far as I can see.", "Ana is a man, as far as I can see.", False),
        ("Is Ana here?", "No, Ana is not in this video.", "Ana is in this video.", False),
        ("Is Ana here?", "No, Ana is not in this video.", "Bo is not in this video.", False),
        ("Is Ana on the right?", f"No, {LEFT}", f"No, {KNOWN[5]}", True),
        ("Is Ana on the right?", f"No, {LEFT}", f"No, {KNOWN[5].replace('Bo', 'nobody')}", False),
        ("Is Ana on the right?", f"No, {LEFT}", f"Yes, {KNOWN[5]}", False),
        ("Is Ana on the right?", f"No, {LEFT}", KNOWN[5].replace("is", "is not"), False),
        ("Is Ana inside?", "Yes, Ana is indoors.", "Yes, Ana is inside.", True),
        ("Is Ana inside?", "Yes, Ana is indoors.", "Yes, Ana is outside.", False),
        ("Is Ana inside?", "Yes, Ana is indoors.", "Yes, Ana is inside a car.", False),
        ("At what point does Ana show up?", TIMES, "Ana is first seen at 0:09.", False),
        ("At what point does Ana show up?", TIMES, "Bo is first seen at 0:02.", False),
        ("What time does Ana appear?", "Ana is not in this video.", "Ana is first seen at 0:02.", False),
        ("When is Ana there?", TIMES, "Ana is first seen at 0:02.", False),
        ("When does Ana leave?", TIMES, "Ana is first seen at 0:02.", False),
    ],
)  # fmt: skip
def test_more_that_is_true_passes_and_what_cannot_be_told_may_be_named(question, plain, said, fits):
    assert fits_in(question, plain, said) == fits


TWO = ("Bo is not in this video, so I can't tell.", "I'm not sure whether Ana is in this video, so I can't tell.")


@pytest.mark.parametrize(
    ("plain", "said", "left", "place"),
    [
        (TWO, TWO[1], [0, 1], 1),
        (TWO, TWO[1], [0], None),
        (TWO, "I'm not sure whether Bo is in this video, so I can't tell.", [0, 1], None),
        (("Ana is wearing red.", "She sits."), "She sits.", [0, 1], None),
        (("Ana is wearing red.", "She sits."), "She sits.", [1], 1),
        (("No, Bo is not in this video.", REST), REST, [0, 1], 1),
        ((REST, "Ana sits and talks."), "Ana sits and talks.", [0, 1], None),
        (("No, Ana is not next to Bo.", REST), REST, [0, 1], None),
    ],
)
def test_of_several_people_it_does_not_matter_who_comes_first(plain, said, left, place):
    checked = checker("Does Ana like Bo?", *plain).check(said, left)
    assert (checked.answers[:1] or (None,))[0] == place


@pytest.mark.parametrize(
    "said",
    [
        "Ana is before a dark wall, on the left of the frame, next to Ana.",
        "Bo is before a dark wall.",
        "Bo is before a dark wall, on the left of the frame.",
        "Ana probably sits.",
        "Ana is not wearing glasses.",
    ],
)
def test_what_no_row_says_of_somebody_is_not_said(said):
    rows = tuple(row for row in TIMELINE.rows if row.entity == "Ana") + (Row("Bo", "present", "", 12, 15),)
    apart = Timeline(0, 20, TIMELINE.entities, (*rows, Row("", "background", "a dark wall", 2, 9)))
    assert checker("Describe them.", LEFT, timeline=apart).check(said, []).problems


def test_what_is_only_probable_is_said_with_its_doubt():
    rows = (Row("Ana", "present", "", 2, 9), Row("Ana", "deed", "dancing", 2, 9, probability=0.6))
    doubtful = checker("Describe Ana.", LEFT, timeline=Timeline(0, 20, (Entity("Ana"),), rows))
    assert doubtful.check("Ana dances.", []).problems == ("says dancing",)
    assert doubtful.check("Ana probably dances.", []).problems == ("doesn't answer",)


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("She sits and talks, on the left of the frame, next to Bo.", True),
        ("She sits and talks, on the left of the frame, in a blue jacket.", False),
        ("She sits and talks, on the right of the frame, next to Bo.", False),
        ("He sits and talks, on the left of the frame, next to Bo.", False),
    ],
)
def test_she_is_whom_the_sentence_before_tells_of(said, fits):
    plain = ("Ana is wearing a red top and glasses.", "She sits and talks, on the left of the frame.")
    assert bool(checker("Describe Ana.", *plain).check(said, [1]).problems) != fits


def test_sentences_end_with_a_full_stop():
    assert sentences("Ana sits. Bo stands!  Ana is") == ["Ana sits.", "Bo stands!"]

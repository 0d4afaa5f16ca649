"""What the trained model says is shown only where the plain answer backs it; a base's, where nothing contradicts it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.reader.statements import sentences
from pvchat.chat.say.voice import CANT_TELL
from pvchat.chat.speakers.checking import Backed, Hearing, contradictions
from pvchat.identity.evidence import Evidence
from pvchat.schemas import PersonFacts, PersonPresence, SceneFacts

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
        (THERE, f'Yes, {THERE}'), (AWAY, "Yes, Ana is in this video."), (AWAY, "Ana is in this video."),
        (AWAY, "No, Bo is not in this video."), (f'Yes, {THERE}', "Ana is not in this video."),
        (f'Yes, {THERE}', f'No, {THERE}'),
        (f'Yes, {THERE}', "Yes, Bo is in this video, on the right of the frame."),
        ("Ana and Bo are in this video.", "Ana, Bo and Kim are in this video."),
        ("Besides Ana, Bo is in this video too.", "Besides Bo, Ana is in this video too."),
        ("Only Ana is in this video; Bo is not.", "Only Bo is in this video; Ana is not."),
        ("Neither Ana nor Bo is in this video.", "Neither Ana nor Kim is in this video."),
        # another value, another person's, denied, only probable
        (f'Yes, {THERE}', f'Yes, {THERE}'.replace("left", "right")),
        (f'Yes, {THERE}', f'Yes, {THERE[:-1]}, wearing a blue jacket.'),
        (f'Yes, {THERE}', f'Yes, {THERE}'.replace("0:02", "0:03")),
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
        (REST, f'Yes, {THERE}'),
        (REST, "Ana is not in this video, so I can't tell the rest."),
        (REST, "Ana is in this video, but I can't tell whether Ana is a bad cook."),
        (REST, "Ana is in this video, and Ana is a good cook."),
        (f'{REST[:-9]} whether Ana waves.', "Ana waves in this video, but I can't tell."),
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


# --- all of it, and nothing else


def says_the_same(said: str, plain: str) -> bool:
    """Whether all that is said is shown, and says all of the plain answer."""
    heard = Hearing(check := Backed(plain, ["Ana", "Bo", "Will"]))
    return not heard.hear(said) and not check.left and heard.text == " ".join(said.split())


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ("Ana sits, talks and raises a hand.", "Ana is sitting and talking while raising a hand."),
        ("Ana is wearing a dark suit and glasses.", "Ana wears a dark suit and glasses."),
        ("Yes, Ana is in this video, from 0:02 to 0:09.", "Yes, Ana appears in this video from 0:02 to 0:09."),
        ("Yes, both Ana and Bo are in this video.", "Yes, Ana and Bo both appear in this video."),
    ],
)
def test_other_words_that_say_all_of_it_pass(plain: str, said: str) -> None:
    assert says_the_same(said, plain)


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ("Ana sits and talks.", "Ana sits and talks happily."),
        ("Ana sits and talks.", "Ana sits."),
        ("Ana sits and talks.", "She sits and talks."),
        ("Ana sits and talks.", "Zoe sits and talks."),
        ("Ana sits and talks.", "Ana sits and may not talk."),
        ("Ana sits and talks.", "Ana sits and talks"),
        ("Ana sits and talks.", "Ana sits and talks.\nAna talks."),
        ("Ana sits and talks.", "Ana sits. Ana talks. Ana sits. Ana talks."),
        ("Ana wears a dark suit and a white shirt.", "Ana wears a white suit and a dark shirt."),
        ("Ana is on the left of the frame.", "Ana is on the right of the frame."),
        ("Ana is in this video, from 0:02 to 0:09.", "Ana is in this video, from 0:03 to 0:09."),
        ("Only Ana is in this video; Bo is not.", "Only Bo is in this video; Ana is not."),
        ("Ana sits. Bo stands.", "Ana stands. Bo sits."),
        ("Yes, Ana is in this video.", "Ana is in this video."),
        ("Will sits.", "Will Ana sit."),
        ("Will is in an office, on the left.", "Will is on the left in an office."),  # in another order
        ("Ana is before a wall.", "Ana is behind a wall."),
        ("Ana is not here, so I can't tell.", "Ana is here, so I can't tell."),
        ("Ana sits.", ""),
    ],
)
def test_every_kind_of_change_is_refused(plain: str, said: str) -> None:
    assert not says_the_same(said, plain)


PLAIN = st.sampled_from(
    ["Ana sits, talks and raises a hand.", "Ana is wearing a red coat and a hat.", "Yes, Ana is in this video."]
)


@given(PLAIN)
def test_a_plain_sentence_passes_as_it_is(plain: str) -> None:
    assert says_the_same(plain, plain)


@given(
    PLAIN,
    st.sampled_from(["dog", "happily", "blue", "three", "behind", "she", "not", "nobody", "Bo"]),
    st.integers(0, 9),
)
def test_any_word_of_content_put_anywhere_is_refused(plain: str, word: str, at: int) -> None:
    words = plain[:-1].split()
    words.insert(min(at, len(words)), word)
    assert not says_the_same(" ".join(words) + ".", plain)


# --- new words about somebody present


def at_odds(said: str, facts: PersonFacts, scene: SceneFacts, names: Sequence[str] = ()) -> list[str]:
    """How words about Ana contradict what was measured."""
    seen = timeline_from(Evidence({"Ana": facts}, scene=scene), [PersonPresence("Ana", "present", 1.0)])
    return contradictions(said, "Ana", seen, names)


FACTS = PersonFacts(where="on the left of the frame", gender="man", pose="sitting")
SCENE = SceneFacts(setting="indoors")


@pytest.mark.parametrize(
    "said",
    [
        "The man is sitting at a table.", "A man and a woman are talking.", "The person is in a kitchen.",
        "A man is sitting on the left side of a couch.", "",
    ],
)  # fmt: skip
def test_new_words_that_fit_what_was_measured_pass(said: str) -> None:
    assert at_odds(said, FACTS, SCENE, ["Ben"]) == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("The man is not sitting.", "denies"), ("The man isn't here.", "denies"), ("Nobody is at the table.", "denies"),
        ("Ben is sitting at a table.", "names Ben"), ("ben's dog is sitting.", "names Ben"),
        ("The woman is sitting at a table.", "another gender"),
        ("The man is sitting in a field.", "another setting"),
        ("The man is standing by a table.", "another posture"),
        ("The man is walking by a table.", "another posture"),
        ("The man is sitting on the right.", "another side"),
    ],
)  # fmt: skip
def test_new_words_at_odds_with_what_was_measured_are_refused(said: str, why: str) -> None:
    assert why in at_odds(said, FACTS, SCENE, ["Ben"])


@pytest.mark.parametrize(
    ("said", "setting"),
    [("in a shop", "outdoors"), ("on a couch", "outdoors"), ("in a park", "indoors"), ("on the streets", "indoors")],
)
def test_places_are_indoors_or_outdoors(said: str, setting: str) -> None:
    other = "indoors" if setting == "outdoors" else "outdoors"
    assert at_odds(f"She stands {said}.", PersonFacts(), SceneFacts(setting=setting)) == ["another setting"]
    assert at_odds(f"She stands {said}.", PersonFacts(), SceneFacts(setting=other)) == []


def test_where_nothing_was_measured_only_denials_and_names_are_refused() -> None:
    said = "The woman is walking on a beach on the right."
    assert at_odds(said, PersonFacts(), SceneFacts()) == []
    assert at_odds("A man is riding a bike outdoors.", FACTS, SceneFacts(setting="outdoors")) == []


@given(st.sampled_from(["Ben", "Ana", "Zoë", "Mary Ann", "R2-D2", "(x"]), st.text(max_size=30))
def test_other_peoples_names_never_pass(name: str, rest: str) -> None:
    assert f"names {name}" in at_odds(f"So {name} sits. {rest}", PersonFacts(), SceneFacts(), [name])

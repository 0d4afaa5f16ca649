"""Questions in other words: what stands for colours and sides, what the classifier may tell, what is left as it is."""

from dataclasses import replace

import numpy as np
import pytest

from pvchat.chat import paraphrases
from pvchat.chat.lineup import SOMEBODY
from pvchat.chat.paraphrases import Head, mask_pronoun, plain_question, slotted
from pvchat.chat.question import Question
from pvchat.chat.questions import read_question
from pvchat.chat.replies import CANT_TELL
from pvchat.chat.sentences import Encode, SentenceEncoder

NAMES = ["Ana", "Ben"]


@pytest.mark.parametrize(
    ("asked", "text", "colour", "side", "thing"),
    [
        ("anyone in dark green?", "anyone in blue?", "dark green", "", ""),
        ("is it the red or the green one", "is it the red or the green one", "", "", ""),
        ("who stands to the right of it", "who stands to the left of it", "", "right", ""),
        ("Is Alex on the left or on the right?", "Is Alex on the left or on the right?", "", "", ""),
        ("no one is here, right?", "no one is here", "", "", ""),
        ("who left first", "who left first", "", "", ""),
        ("do we have laptops in it", "do we have chairs in it", "", "", "laptop"),
        ("does Alex sit on a bench", "does Alex sit on a bench", "", "", ""),
    ],
)
def test_what_is_asked_for_gives_way_to_the_word_that_was_learned_from(
    asked: str, text: str, colour: str, side: str, thing: str
) -> None:
    found = slotted(asked)
    assert (found.text, found.colour, found.side, found.thing) == (text, colour, side, thing)


@pytest.mark.parametrize(
    ("asked", "masked"), [("timecodes for her", "timecodes for Alex"), ("his clothes?", "Alex's clothes?")]
)
def test_a_pronoun_is_masked_like_a_name(asked: str, masked: str) -> None:
    assert mask_pronoun(asked) == masked


PLAIN = ("", "Is {0} in this video?", "When does {0} appear?", "Who is wearing something blue?", "Is {0} next to {1}?")


def encode(texts: list[str]) -> np.ndarray:
    """A text's vector is that of the plain question whose number it begins with, a ninth less for each "z"."""
    rows = np.zeros((len(texts), len(PLAIN)), np.float32)
    for row, text in zip(rows, texts, strict=True):
        if text[0].isdigit():
            row[int(text[0])] = 1 - text.count("z") / 9
    return rows


def surely(number: int) -> Encode:
    """Every text has the vector of one and the same plain question."""
    return lambda texts: np.eye(len(PLAIN), dtype=np.float32)[[number] * len(texts)]


@pytest.fixture(autouse=True)
def made_head(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "weights" not in request.keywords:
        head = Head(PLAIN, 9 * np.eye(len(PLAIN), dtype=np.float32), np.zeros(len(PLAIN), np.float32))
        monkeypatch.setattr(paraphrases, "_head", lambda: head)
        monkeypatch.setattr(paraphrases, "_later", lambda: None)


def test_the_likeliest_plain_question_is_told_where_it_is_likely_enough() -> None:
    assert plain_question("2 timecodes Alex", ["Ana"], encode, 0.65) == "When does Ana appear?"
    assert plain_question("2 timecodes Alex zzzzzzz", ["Ana"], encode, 0.65) == "When does Ana appear?"
    assert plain_question("2 timecodes Alex zzzzzzzz", ["Ana"], encode, 0.65) is None
    assert plain_question("0 Alex's mother", ["Ana"], encode, 0.65) == paraphrases.UNANSWERABLE


def test_a_name_alone_and_wordings_that_the_rules_know_need_no_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    known = replace(paraphrases._head(), by_rules=frozenset({"whereabouts of alex"}))
    monkeypatch.setattr(paraphrases, "_head", lambda: known)

    def none(texts: list[str]) -> np.ndarray:
        raise AssertionError(texts)

    assert plain_question("Alex?", ["Ana"], none, 0.65) is None
    assert plain_question("Whereabouts of Alex in this video, please?", ["Ana"], none, 0.65) is None


def test_presence_is_told_where_that_is_surer_only() -> None:
    assert plain_question("2 Alex zzzzzzz", ["Ana"], encode, 0.65) is not None
    assert plain_question("1 Alex zzzzzzz", ["Ana"], encode, 0.65) is None
    assert plain_question("1 Alex", ["Ana"], encode, 0.65) == "Is Ana in this video?"


def test_as_many_people_are_named_as_the_plain_question_names() -> None:
    assert plain_question("2 Alex Alex", ["Ana", "Ben"], encode, 0.65) != "When does Ana appear?"
    assert plain_question("4 Alex by Alex", ["Ana", "Ben"], encode, 0.65) == "Is Ana next to Ben?"
    assert plain_question("4 Alex", ["Ana"], encode, 0.65) != "Is Ana next to Ana?"


def test_a_colour_goes_into_the_plain_question_and_is_never_lost() -> None:
    assert plain_question("3 anyone in pale green", [], encode, 0.65) == "Who is wearing something pale green?"
    assert plain_question("3 anyone in colours", [], encode, 0.65) is None
    assert plain_question("2 Alex in red timecodes", ["Ana"], encode, 0.65) is None


def test_a_garment_that_is_named_goes_with_its_colour() -> None:
    assert plain_question("3 anyone: red jacket", [], encode, 0.65) == "Who is wearing a red jacket?"
    assert plain_question("3 anyone: red gloves", [], encode, 0.65) == "Who is wearing red gloves?"


def test_what_begins_with_a_time_is_never_taken_for_who_leaves_before_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = "Does {0} leave before {1} comes?"
    every = Head(
        (*PLAIN[:4], leaves), 9 * np.eye(5, dtype=np.float32), np.zeros(5, np.float32), own=frozenset({leaves})
    )
    monkeypatch.setattr(paraphrases, "_later", lambda: every)
    assert plain_question("Alex off, Alex on", ["Ana", "Ben"], surely(4), 0.65) == "Does Ana leave before Ben comes?"
    assert plain_question("When Alex is on, Alex off", ["Ben", "Ana"], surely(4), 0.65) is None


def test_what_is_asked_of_whoever_stands_somewhere_is_read_in_other_words_too() -> None:
    asked = read_question("What timecodes has the person on the left?", NAMES, encode=surely(2))
    lineup = asked.aspect.lineup
    assert lineup is not None
    assert (lineup.relation, lineup.asked, asked.type) == ("first left", f"When does {SOMEBODY} appear?", "existence")
    plain = read_question(
        "Is the person on the left standing?", NAMES, encode=lambda texts: pytest.fail("not in doubt")
    )
    assert plain == read_question("Is the person on the left standing?", NAMES)


def test_a_plain_question_that_came_later_is_told_before_and_what_it_doesn_t_alone_tell_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    newer = "Who is visible longest?"
    every = Head((*PLAIN[:4], newer), 9 * np.eye(5, dtype=np.float32), np.zeros(5, np.float32), own=frozenset({newer}))
    monkeypatch.setattr(paraphrases, "_later", lambda: every)
    assert plain_question("4 airtime", [], encode, 0.65) == newer
    assert plain_question("4 airtime zzzzzzzz", [], encode, 0.65) is None
    assert plain_question("2 timecodes Alex", ["Ana"], encode, 0.65) == "When does Ana appear?"
    monkeypatch.setattr(paraphrases, "_head", lambda: Head(PLAIN[:3], np.eye(3, 5, dtype=np.float32), np.zeros(3)))
    assert plain_question("3 anyone in blue", [], encode, 0.65) is None  # what both know is the first one's to tell


def test_the_rules_come_first_and_the_part_of_the_clip_stays() -> None:
    by_rules = read_question("Is Ana in this video?", NAMES, encode=lambda texts: pytest.fail("nothing is in doubt"))
    assert by_rules == Question("Is Ana in this video?", "existence", ("Ana",), focus=("Ana",))
    asked = read_question("2 timecodes Ana between 0:10 and 0:20", NAMES, encode=encode)
    assert asked.aspect.name == "times"
    assert asked.people == ("Ana",)
    assert asked.part is not None


def test_what_nothing_can_answer_is_refused_where_its_type_alone_was_read() -> None:
    assert read_question("Where is Ana these days?", NAMES).type == "location"

    refused = read_question("Where is Ana these days?", NAMES, encode=surely(0))
    assert (refused.aspect.name, refused.people) == ("rest", ("Ana",))


@pytest.mark.parametrize("asked", ["and at 0:10?", "And in the second half?", "and Ben?", "what about Ben?"])
@pytest.mark.parametrize("before", ["What is Ana doing?", "Where is Ana?", "Describe Ana."])
def test_what_goes_on_from_the_question_before_is_never_another(asked: str, before: str) -> None:
    def sure(texts: list[str]) -> np.ndarray:
        return np.eye(len(PLAIN), dtype=np.float32)[[2] * len(texts)]

    first = read_question(before, NAMES)
    assert read_question(asked, NAMES, previous=first, encode=sure) == read_question(asked, NAMES, previous=first)


WORDS = [
    ("give me timestamps, Ana", "When does Ana appear?"),
    ("when was she on screen, timecodes pls, Ana", "When does Ana appear?"),
    ("list all people with their clothes", "What is everybody wearing?"),
    ("what's the number of folks on screen", "How many people are in this video?"),
    ("anyone dressed in dark red?", "Who is wearing something dark red?"),
    ("the name of the man on the right hand side?", "Who is on the right?"),
    ("Ana timecode of first appearance", "When is Ana first seen?"),
    ("whose presence lasts longest", "Who is visible longest?"),
    ("do we ever lose one of Ana and Ben while the other is there", "Are Ana and Ben ever apart?"),
    ("was Ana already gone when Ben walked in", "Does Ana leave before Ben comes?"),
    ("headcount of men please", "How many men are there?"),
]


@pytest.mark.weights
@pytest.mark.parametrize(("asked", "plain"), WORDS)
def test_with_the_real_weights_other_words_are_read_as_the_plain_question(asked: str, plain: str) -> None:
    encoder = SentenceEncoder().encode
    found = read_question(asked, NAMES, encode=encoder)
    assert replace(found, text=plain) == read_question(plain, NAMES, encode=encoder)
    assert replace(read_question(asked, NAMES), text=plain) != read_question(plain, NAMES)  # by the rules alone


@pytest.mark.weights
@pytest.mark.parametrize(
    "asked", ["How old is Ana?", "Does anyone need help?", "Who wins?", "Is Ana guilty?", "What is Ana's phone number?"]
)
def test_with_the_real_weights_what_nothing_can_answer_is_told_as_such(asked: str) -> None:
    question = read_question(asked, NAMES, encode=SentenceEncoder().encode)
    assert question.reply or question.aspect.name in ("rest", "whether")
    assert question.type != "existence"


def test_of_men_who_do_something_not_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    head = Head(("How many men are there?",), np.zeros((1, 5), np.float32), np.zeros(1, np.float32))
    monkeypatch.setattr(paraphrases, "_head", lambda: head)
    asked = [
        read_question(text, NAMES, encode=encode) for text in ("How many lads, all in?", "How many men are standing?")
    ]
    assert [question.aspect.headcount is not None for question in asked] == [True, False]


@pytest.mark.weights
@pytest.mark.parametrize("asked", ["And second?", "And then?", "so?", "and that one?", "ok then", "and after that?"])
def test_with_the_real_weights_what_only_goes_on_is_no_question_of_its_own(asked: str) -> None:
    """The likeliest plain question was how sure the answers are."""
    assert read_question(asked, NAMES, encode=SentenceEncoder().encode).reply == CANT_TELL

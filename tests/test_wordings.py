"""Other words for questions that are known: polite, about a home, with titles; and names without accents."""

from __future__ import annotations

import pytest

from pvchat.chat.reader.names import find_mentions
from pvchat.chat.question import Question
from pvchat.chat.questions import read_question
from pvchat.chat.unknown_names import check_known
from pvchat.chat.wordings import known_wording, without_titles
from pvchat.errors import UnknownPersonError

NAMES = ["Ana", "Ben", "May", "José Müller", "Dr. Lina", "Björn", "Øyvind", "राम"]


def read(text: str, previous: Question | None = None) -> Question:
    return read_question(text, NAMES, previous=previous)


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("Is anybody home?", "Is anybody here?"),
        ("When exactly is Ana seen?", "When is Ana seen?"),
        ("Since when?", "when?"),
        ("Which of Ana and Ben came first?", "who came first, Ana or Ben?"),
        ("When did Ana go?", "When did Ana leave?"),
        ("What's around her neck?", "what is she wearing?"),
        ("What is on Ana's head?", "what is Ana wearing?"),
        ("Is anyone here without a mask?", "who is not wearing a mask?"),
        ("What happened first?", "what happens at the beginning?"),
        ("Who is at home?", "Who is here?"),
        ("Is Ana in the room?", "Is Ana here?"),
        ("What's her name?", "who is there?"),
        ("What is the name of the woman?", "who is there?"),
        ("Who was in the room?", "Who was here?"),
        ("How many people are in the house?", "How many people are here?"),
        ("Is the room empty?", "is anybody here?"),
        ("Is there an intruder?", "is there anyone here I don't know?"),
        ("Do you see any strangers?", "is there anyone here I don't know?"),
        ("Count the people", "how many people are there"),
        ("May I ask who is there?", "who is there?"),
        ("Could I ask you where Ana is?", "where Ana is?"),
        ("I'd like to know what Ana is wearing", "what Ana is wearing"),
        ("What is the probability that Ana is here?", "tell me whether Ana is here?"),
        ("How sure are you that Ana is here?", "tell me whether Ana is here?"),
        ("How long did Ana stay in the room?", "How long is Ana there?"),
        ("How often did Ana come in?", "How often is Ana there?"),
        ("How many times does Ana leave the room?", "How many times is Ana there?"),
        ("How often does Ana walk?", "How often does Ana walk?"),
        ("Is Ana the only woman?", "how many women are there?"),
        ("List everybody who is wearing red", "who is wearing red"),
        ("Has anybody come in that I don't know?", "is there anyone here I don't know?"),
        ("whos there pls", "who's there please"),
        ("wat is Ana wearing in teh vid", "what is Ana wearing in the video"),
        ("Is Pls here?", "Is Pls here?"),
        ("Is Ana on her own in this one?", "Is Ana alone in this one?"),
        ("Does Ana stay until the end?", "is Ana there at the end?"),
        ("how many people w/ glasses", "how many people are with glasses?"),
        ("How many people in a red jacket are there?", "How many people are in a red jacket?"),
        ("How many are sitting?", "How many people are sitting?"),
        ("Is Ana in red or blue?", "what colour is Ana wearing?"),
        ("Is Ana wearing a red or a blue jacket", "what colour is Ana wearing?"),
        ("Does Ana have long or short hair?", "what hair does Ana have?"),
        ("Is Ana's hair dark or blonde?", "what hair does Ana have?"),
        ("Is Ana holding a cup or a phone", "what is Ana holding?"),
        ("describe left person", "describe the person on the left"),
        ("Is the right-hand man Ana?", "Is the man on the right Ana?"),
        ("guy on the right what's he wearing", "what's the guy on the right wearing"),
        ("The woman next to Ana: is she smiling?", "is the woman next to Ana smiling?"),
        ("third from left?", "who is third from the left?"),
        ("Whose jacket is red?", "who is wearing a red jacket?"),
        ("who has a jacket that's dark red", "who has a dark red jacket"),
        ("To whom does it belong?", "To whom does it belong?"),
        ("Who does the blue coat belong to?", "who is wearing a blue coat?"),
        ("that green shirt, whose is it?", "who is wearing a green shirt?"),
        ("who wearing a hat", "who is wearing a hat"),
        ("wots Ana doing", "what's Ana doing"),
        ("Who came in before everyone else?", "Who came in first?"),
        ("who leaves ahead of the others", "who leaves first?"),
        ("who got here before everybody", "who got here first?"),
        ("Once Ben arrives, has Ana already left?", "does Ana leave before Ben comes?"),
        ("When Ben comes in, Ana is gone, right?", "does Ana leave before Ben comes?"),
        ("Show me all appearances of Ana", "when is Ana there?"),
        ("first and last sighting of Ana", "when is Ana first and last seen?"),
        ("How long until Ana shows up?", "when does Ana first appear?"),
        ("Compare Ana and Ben", "what do Ana and Ben look like?"),
        ("Is anyone I know missing?", "who is not in this video?"),
        ("Interior or exterior?", "is this indoors or outdoors?"),
        ("is it inside or out", "is this indoors or outdoors?"),
        ("Timecodes for everybody", "when is everybody there?"),
        ("Who's sitting and who's standing?", "what is everybody doing?"),
        ("Man on the right - who is he?", "who is the Man on the right?"),
        ("the one in the middle, who's that", "who is the one in the middle?"),
    ],
)
def test_a_known_wording(asked: str, known: str) -> None:
    assert known_wording(asked) == known


@pytest.mark.parametrize(
    "asked",
    ["What is in the room?", "Is Ana home?", "Is Ana going home?", "Is that Ana's home?", "Where in the room is Ana?",
     "May is here", "Is Ana in the bedroom?", "Is Ana in the home office?", "Are you sure that Ana is there?",
     "Who is there?", "How many people in total?", "How many people are there with Ana?", "How many are there?",
     "Is Ana sitting or standing?", "Does Ana stay?", "Is Ana in the kitchen or the office?", "In or after the film?"],
)  # fmt: skip
def test_what_is_known_stays(asked: str) -> None:
    assert known_wording(asked) == asked


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Is Dr. Ana there?", ("Ana",)),
        ("Is nurse Ben here?", ("Ben",)),
        ("Where's Nurse Ana?", ("Ana",)),
        ("Are Dr Ana and Mr. Ben there?", ("Ana", "Ben")),
        ("Is Lina there?", ("Dr. Lina",)),
        ("Is Dr. Lina there?", ("Dr. Lina",)),
        ("Is Jose there?", ("José Müller",)),
        ("is jose muller here", ("José Müller",)),
        ("Is Bjorn here?", ("Björn",)),
        ("Is Oyvind here?", ("Øyvind",)),
    ],
)
def test_whom_titles_and_accents_hide(text: str, people: tuple[str, ...]) -> None:
    question = read(text)
    assert (question.people, question.unknown) == (people, ())
    assert (question.type, question.aspect.name) in (("existence", "usual"), ("location", "usual"))


@pytest.mark.parametrize("whose", ["my daughter Ana", "our old friend Ana", "My little sister, Ana"])
def test_who_somebody_is_to_us_goes_with_the_name(whose: str) -> None:
    assert read(f"Is {whose} in this video?").sense == read("Is Ana in this video?").sense
    assert read("Is my daughter in this video?").people == ()


def test_a_title_belongs_to_the_name_after_it() -> None:
    text = "Is Ben's sister Ana there?"
    assert without_titles(text, find_mentions(text, NAMES, {})) == text  # not "Ben's Ana"
    assert read("Is Mrs. Smith there?").unknown == ("Mrs. Smith",)
    assert read("Is Dr. House there?").unknown == ("Dr. House",)  # Lina isn't called "Dr."


def test_two_names_that_only_accents_tell_apart_are_never_mixed_up() -> None:
    both = ["Zoe", "Zoë"]
    assert read_question("Is Zoë there?", both).people == ("Zoë",)
    assert read_question("Is Zoe there?", both).people == ("Zoe",)
    assert read_question("Is Zoé there?", both).people == ()  # whom of them?


def test_marks_of_other_scripts_are_letters() -> None:
    assert find_mentions("रम", NAMES, {}) == []
    assert [m.name for m in find_mentions("राम?", NAMES, {})] == ["राम"]


def test_the_polite_word_is_not_the_enrolled_may() -> None:
    assert read("May I ask who is there?").asks_who
    assert read("Is May there?").people == ("May",)


def test_a_longer_name_is_asked_back() -> None:
    question = read("Is Elon Ben there?")
    assert question.unknown == ("Elon Ben",)
    with pytest.raises(UnknownPersonError) as caught:
        check_known(question.unknown, NAMES)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Did you mean Ben? Enrolled: ")


def test_of_many_names_the_first_are_listed() -> None:
    names = [f"P{number:02d}" for number in range(70)]
    with pytest.raises(UnknownPersonError) as caught:
        check_known(read_question("Is Xavier there?", names).unknown, names)
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("P28, P29 and 40 more.")


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Interior or exterior?", ()), ("Kitchen or living room?", ()), ("Standing or sitting, Ana?", ()),
        ("Day or night?", ()), ("Whose hair is longest?", ()), ("Bob or Ana?", ("Bob",)), ("Bob and ana?", ("Bob",)),
        ("Bob and Carl?", ("Bob", "Carl")), ("Bob and his brother?", ("Bob",)), ("Bob is there?", ("Bob",)),
        ("Is bob here?", ("bob",)), ("Grandma, is Ana there?", ()), ("Bob, is he there?", ("Bob",)),
    ],
)  # fmt: skip
def test_a_capital_at_the_start_is_a_name_where_it_stands_beside_one(text: str, unknown: tuple[str, ...]) -> None:
    assert read(text).unknown == unknown


def test_all_that_is_seen_of_somebody_is_a_description() -> None:
    for text in ("tell me all you can see about Ana", "Say everything you know about Ana", "What can you tell of Ana?"):
        assert (read(text).type, read(text).aspect.name) == ("other", "usual"), text

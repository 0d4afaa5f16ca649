"""Who stands where among those seen together: sides, between, ends, rows; and whom "the man next to Ana" means."""

from __future__ import annotations

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence, Neighbour
from pvchat.chat.needs import needs_measures
from pvchat.chat.questions import read_question, read_questions
from pvchat.schemas import Garment, PersonFacts, PersonPresence

NAMES = ["Ana", "Ben", "Cleo", "Dev"]
BOXES = {"Ana": (0.1, 0.3, 0.2, 0.6), "Ben": (0.25, 0.3, 0.35, 0.6), "Cleo": (0.8, 0.3, 0.85, 0.4)}
FACTS = {
    "Ana": PersonFacts(clothes=[Garment("jacket", "red", 0.9)], gender="woman"),
    "Ben": PersonFacts(clothes=[Garment("top", "grey", 0.9)], gestures=["smiling"], gender="man"),
    "Cleo": PersonFacts(clothes=[Garment("dress", "blue", 0.9)]),
}
STRANGER = (0.5, 0.3, 0.6, 0.6)
NOTHING = PersonFacts()
DECISIONS = {"Ana": "present", "Ben": "present", "Cleo": "present", "Dev": "absent"}


def answer(
    text: str, frames: dict[str, tuple[int, ...]] | None = None, stranger: PersonFacts = NOTHING, alone: str = ""
) -> str:
    frames = frames or {}
    others = [Neighbour(box, name, frames.get(name, (0, 1))) for name, box in BOXES.items()]
    others.append(Neighbour(STRANGER, None, frames.get("", (0, 1)), facts=stranger))
    others = [o for o in others if not alone or o.name == alone]
    seen = Evidence(facts=FACTS, boxes=BOXES, others=others, unknown=1, duration_s=9.0)
    everyone = [
        PersonPresence(n, d, 0.9, [(0, 5)] if d == "present" else [], i)  # type: ignore[arg-type]
        for i, (n, d) in enumerate(DECISIONS.items())
    ]
    question = read_question(text, NAMES)
    assert question.unknown == ()
    return plain_answer(question, question.about(everyone), seen)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who is to the left of Ben?", "Ana is to the left of Ben."),
        ("Who is right of Ben?", "Cleo and one person I don't know are to the right of Ben."),
        ("Who is standing on the left of Ana?", "I see nobody to the left of Ana."),
        ("Is anyone to the left of Cleo?", "Ben, Ana and one person I don't know are to the left of Cleo."),
        ("Who is between Ana and Cleo?", "Ben and one person I don't know are between Ana and Cleo."),
        ("Who stands between Ana and Ben?", "I see nobody between Ana and Ben."),
        ("Who is furthest left?", "Ana is furthest to the left."),
        ("Who is the rightmost?", "Cleo is furthest to the right."),
        ("Who is first from the right?", "Cleo is furthest to the right."),
        ("Who is nearest to the camera?", "Ana, Ben and somebody I don't know are about as near to the camera."),
        ("Who is there, from left to right?", "From left to right: Ana, Ben, somebody I don't know and Cleo."),
        ("List the people from right to left", "From right to left: Cleo, somebody I don't know, Ben and Ana."),
        ("Who is to the left of Dev?", "Dev is not in this video, so I can't tell."),
        ("What is the man next to Ana wearing?", "Ben is wearing a grey top."),
        ("What is the person to the left of Ben wearing?", "Ana is wearing a red jacket."),
        ("What is the woman to the left of Cleo wearing?", "I don't know who is to the left of Cleo."),
        ("What are the people to the left of Cleo wearing?",
         "Ben is wearing a grey top. Ana is wearing a red jacket."),
        ("What is the woman next to Ana wearing?", "I see no woman next to Ana."),
        ("What is the person right of Ben doing?", "I don't know who is to the right of Ben."),
        ("What is the man next to Dev doing?", "Dev is not in this video, so I can't tell."),
        ("Who is the man next to Ana?", "Ben is next to Ana."),
        ("Is Ben between Ana and Cleo?", "Yes, Ben is between Ana and Cleo."),
        ("is ana between ben and cleo", "No, Ana is to the left of Ben and Cleo."),
        ("Is Dev between Ana and Ben?", "Dev is not in this video, so I can't tell."),
        ("Are Ana and Cleo on both sides of Ben?", "Yes, Ben is between Ana and Cleo."),
        ("Ana and Cleo have Ben in the middle, right?", "Yes, Ben is between Ana and Cleo."),
        ("Is Ana in the middle of Ben and Cleo?", "No, Ana is to the left of Ben and Cleo."),
        ("Does Ben have Ana on one side and Cleo on the other?", "Yes, Ben is between Ana and Cleo."),
        ("Ben is between Ana and Cleo, correct?", "Yes, Ben is between Ana and Cleo."),
        ("Counting from the left, who is second?", "Ben is second from the left."),
        ("name of the 3rd person from the right please", "Ben is third from the right."),
        ("Going left to right, who is the second one?", "Ben is second from the left."),
        ("Who is the second woman from the left?",
         "I see no second woman from the left. Of two people I can't tell whether they are men or women."),
        ("Who is the first man from the left?",
         "Ben is the first man from the left. Of two people I can't tell whether they are men or women."),
        ("What is the first man from the right wearing?",
         "Ben is wearing a grey top. Of two people I can't tell whether they are men or women."),
        ("What is the second man from the left wearing?",
         "I see no second man from the left. Of two people I can't tell whether they are men or women."),
        ("What is the woman first from the left wearing?",
         "Ana is wearing a red jacket. Of two people I can't tell whether they are men or women."),
        ("How many people are to the left of Ben?", "One: Ana is to the left of Ben."),
        ("Who stands at the front?", "Ana, Ben and somebody I don't know are about as near to the camera."),
        ("What is the fellow at left wearing?", "Ben is wearing a grey top."),
        ("Describe whoever is on the right.", "Cleo is wearing a blue dress."),
        ("Who's second from the left?", "Ben is second from the left."),
        ("who is the third person from the right", "Ben is third from the right."),
        ("Left to right, who's who?", "From left to right: Ana, Ben, somebody I don't know and Cleo."),
        ("How many people are between Ana and Cleo?", "Two: Ben and one person I don't know are between Ana and Cleo."),
        ("What is the woman wearing?",
         "Ana is wearing a red jacket. Of two people I can't tell whether they are men or women."),
        ("What are the men doing?", "Ben smiles. Of two people I can't tell whether they are men or women."),
        ("Whose face is biggest?", "Ana, Ben and somebody I don't know are about as near to the camera."),
        ("Who is the smallest in the picture?", "Cleo is farthest from the camera."),
        ("Who is farthest away?", "Cleo is farthest from the camera."),
        ("Describe the person on the right.", "Cleo is wearing a blue dress."),
        ("what is the man on the left wearing", "Ben is wearing a grey top."),
        ("What does the woman on the left wear?", "Ana is wearing a red jacket."),
        ("Is the person on the left wearing a red jacket?", "Yes, Ana is wearing a red jacket."),
        ("Is the one on the left of Cleo smiling?", "I don't know who is to the left of Cleo."),
        ("Is the man next to Ana smiling?", "Yes, Ben smiles."),
        ("What is the person in the middle wearing?", "I don't know who is in the middle."),
        ("Describe the people from left to right",
         "Ana is wearing a red jacket. Ben is wearing a grey top. Cleo is wearing a blue dress."),
    ],
)  # fmt: skip
def test_where_people_stand(question: str, said: str) -> None:
    assert answer(question) == said


def test_of_somebody_who_has_no_name_what_was_measured_is_told() -> None:
    seen = PersonFacts(clothes=[Garment("top", "pink", 0.9)], gestures=["smiling"])
    unknown = "I don't know who is in the middle."
    assert answer("What is the person in the middle wearing?", stranger=seen) == (
        f"{unknown} That person is wearing a pink top."
    )
    assert answer("Is the one in the middle smiling?", stranger=seen) == f"{unknown} Yes, that person smiles."
    assert answer("Is the one in the middle sitting?", stranger=seen) == (
        f"{unknown} That person is in this video, but I can't tell whether that person is sitting. That person smiles."
    )


def test_who_is_alone_on_one_side_is_nobody_on_the_other() -> None:
    assert answer("Describe the person on the right.", alone="Ana") == "I see nobody on the right."
    assert answer("What is the person on the left wearing?", alone="Ana") == "Ana is wearing a red jacket."
    assert answer("What is the person in the middle wearing?", alone="Ana") == "I see nobody in the middle."


def test_between_people_who_are_never_together_nobody_is() -> None:
    apart = {"Ana": (0,), "Ben": (1,), "Cleo": (1,)}
    assert answer("Is Ben between Ana and Cleo?", apart) == (
        "Ben, Ana and Cleo are in this video, but I can't tell whether Ben is between Ana and Cleo."
    )


def test_what_is_asked_of_somebody_has_its_own_type() -> None:
    types = {"Is the one on the left wearing glasses?": "appearance", "What is the one on the right doing?": "action",
             "Describe the man in the middle": "other", "How long is the man on the left there?": "existence",
             "Where is the person in the middle?": "location"}  # fmt: skip
    assert {text: read_question(text, NAMES).type for text in types} == types


def test_only_people_who_are_seen_together_stand_beside_each_other() -> None:
    apart = {"Ana": (0,), "Ben": (1,), "Cleo": (1,), "": (1,)}
    assert answer("Who is to the left of Ben?", apart) == "I see nobody to the left of Ben."
    assert answer("Who is between Ana and Cleo?", apart) == "I see nobody between Ana and Cleo."
    assert answer("Who is furthest left?", apart) == "Ben is furthest to the left."  # of most people


@pytest.mark.parametrize(
    "question", ["Is Ana to the left of Ben?", "Who is further left, Ana or Ben?", "Who is next to Ana?",
                 "Is Ana on the left?", "What is Ana wearing?", "Who is on the left?",
     "second from the left or from the right?",
     "Is Ana in the middle of the room?", "Who is between the chairs?"],
)  # fmt: skip
def test_other_questions_are_none_of_these(question: str) -> None:
    assert read_question(question, NAMES).aspect.lineup is None


def test_what_people_wear_is_measured_only_where_that_is_asked() -> None:
    assert needs_measures(read_question("What is the man next to Ana wearing?", NAMES))
    assert not needs_measures(read_question("Who is to the left of Ana?", NAMES))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the person farthest from the camera wearing?", "Cleo is wearing a blue dress."),
        ("What is the fourth person from the left wearing?", "Cleo is wearing a blue dress."),
        ("What is the third one from the left wearing?", "I don't know who is third from the left."),
        ("Is the middle one smiling?", "I don't know who is in the middle."),
        ("Who is fourth from the right?", "Ana is fourth from the right."),
    ],
)
def test_ends_and_ranks_are_told_as_they_were_asked(question: str, said: str) -> None:
    """Whoever is farthest was read as whoever is nearest; of the third nobody knew, she was told as the first."""
    assert answer(question) == said
    assert answer(question, alone="nobody").startswith("I see nobody ")


def test_somebody_without_a_name_is_beside_those_only_who_are_seen_with_her() -> None:
    """She stood next to people of other shots, and "she" in the next question was one of them."""
    seen, where = PersonFacts(clothes=[Garment("top", "pink", 0.9)]), (0.31, 0.3, 0.41, 0.6)
    others = [Neighbour(BOXES["Ben"], "Ben", (0, 1)), Neighbour(where, None, (2, 3, 4), facts=seen),
              Neighbour((0.7, 0.3, 0.8, 0.6), "Ana", (2, 3, 4))]  # fmt: skip
    evidence = Evidence(facts=FACTS, boxes={"Ben": BOXES["Ben"]}, others=others, unknown=1, duration_s=9.0)
    question = read_question("Describe the person on the left.", NAMES)
    assert "Ben" not in plain_answer(question, [], evidence)


def test_she_is_nobody_who_only_stands_beside_whom_was_asked_about() -> None:
    told = "I don't know who is on the left. That person stands, on the left, next to Ben."
    asked = read_questions(["what is she wearing?"], [("Describe the person on the left.", told)], NAMES)[0]
    assert asked.people == ()
    assert asked.by_place == "the person on the left"


def test_of_whom_nothing_but_the_place_is_known_nothing_is_told() -> None:
    """Long videos measure whom a question names only."""
    place = PersonFacts(where="in the middle of the frame", gender="woman", shot="medium shot")
    assert answer("What is the person in the middle wearing?", stranger=place) == "I don't know who is in the middle."
    assert "That person is" in answer("Where is the person in the middle?", stranger=place)


def test_beside_the_woman_who_is_known_one_of_whom_nothing_was_measured_is_not_told_of() -> None:
    told = answer("What is the woman wearing?", stranger=PersonFacts(gender="woman"))
    assert told == "Ana is wearing a red jacket. Of one person I can't tell whether it is a man or a woman."
    pink = PersonFacts(gender="woman", clothes=[Garment("top", "pink", 0.9)])
    assert "Somebody I don't know is wearing a pink top." in answer("What is the woman wearing?", stranger=pink)


def test_she_after_who_is_furthest_is_whoever_that_is() -> None:
    """After "somebody I don't know" everybody was told of."""
    before = [("Who is furthest left?", "Somebody I don't know is furthest to the left.")]
    asked = read_questions(["what does he wear?", "and is she smiling?"], before, NAMES)
    assert [q.aspect.lineup.relation for q in asked if q.aspect.lineup is not None] == ["first left", "first left"]
    known = [("Who is second from the left?", "Ben is second from the left.")]
    assert read_questions(["what does he wear?"], known, NAMES)[0].people == ("Ben",)

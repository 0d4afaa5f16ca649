"""How something is asked of somebody: not, which of them, how many, what of, when, of everyone; what "it" is."""

from __future__ import annotations

import pytest
from test_aspects import NAMES, ask, evidence

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence, Neighbour
from pvchat.chat.questions import read_question
from pvchat.schemas import PersonFacts, PersonPresence, SceneFacts


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Is Ana not wearing sunglasses?", "Ana is wearing a yellow jacket and sunglasses."),
        ("Is Ben not wearing a hat?", "Ben is in this video, but I can't tell whether Ben is wearing a hat. "
         "Ben is wearing a grey top."),
        ("Is Ana or Cleo on the left?", "Ana is on the left. Cleo is in an office, on the right."),
        ("Is Ana sitting?", "Yes, Ana sits."),
        ("Is Cleo eating?", "Probably yes: Cleo probably eats or drinks."),
        ("What is Ben drinking?", "Ben is in this video, but I can't tell what Ben is drinking. "
         "Ben smiles and walks to the left."),
        ("What is Cleo drinking?", "Cleo is in this video, but I can't tell what Cleo is drinking. "
         "Cleo probably eats or drinks."),
        ("What is Ben doing?", "Ben smiles and walks to the left."),
        ("When did Ana fall?", "Ana is in this video, but I can't tell whether Ana is falling. Ana sits."),
        ("When did Ben smile?", "Ben smiles and walks to the left, but I can't tell when."),
        ("When did Ana take off her jacket?", "Ana is in this video, but I can't tell the rest."),
        ("Who of Ana and Ben is smiling?", "Ben is smiling."),
        ("Which of Ana and Ben is wearing a jacket?", "Ana is wearing a jacket."),
        ("How many people are wearing sunglasses?", "At least one: Ana is wearing sunglasses."),
        ("How many people are smiling?", "At least one: Ben is smiling."),
        ("Who are the two people on the right?", "Cleo is on the right."),
        ("Who is in the garden?", "Ana, Ben and Cleo are in this video, but I can't tell who is in the garden."),
        ("Who is blonde?", "Ana, Ben and Cleo are in this video, but I can't tell who is blonde."),
        ("Do Ana and Ben wear the same?", "Ana is wearing a yellow jacket and sunglasses. Ben is wearing a grey top."),
        ("Are Ana and Ben both wearing yellow?",
         "Yes, Ana is wearing a yellow jacket and sunglasses. Ben is in this video, but I can't tell "
         "whether Ben is wearing yellow. Ben is wearing a grey top."),
        ("Is Ben wearing a grey shirt?", "Yes, Ben is wearing a grey top."),
        ("Is Ben wearing a red shirt?", "No, Ben is wearing a grey top."),
        ("Is Ben wearing a shirt?", "Ben is in this video, but I can't tell whether Ben is wearing a shirt. "
         "Ben is wearing a grey top."),
        ("Is Ana male or female?", "Ana is a woman, as far as I can see."),
        ("Is everybody wearing something yellow?", "Ana is wearing something yellow; I can't tell of Ben or Cleo."),
        ("Is everyone indoors?", "Yes, Ana, Ben and Cleo are all indoors."),
        ("Is everyone on the left?", "No, Ana is on the left; Ben and Cleo are not on the left."),
        ("Is everybody wearing a tie?", "Ana, Ben and Cleo are in this video, but I can't tell the rest."),
        ("Are there four people?", "Yes, I see four people in this video: Ana, Ben, Cleo and one whom I don't know."),
        ("Are there more than four people?",
         "No, I see four people in this video: Ana, Ben, Cleo and one whom I don't know."),
        ("Is there only one person?", "No, I see four people in this video: Ana, Ben, Cleo and one whom I don't know."),
        ("Is there a stranger in the room?", "Yes, there is one person I don't know."),
        ("Is only Ana here?", "No, Ben, Cleo and one other person are in this video too."),
        ("Is Ana the only person here?", "No, Ben, Cleo and one other person are in this video too."),
        ("Are any of them wearing yellow?", "Ana is wearing yellow."),
        ("Does nobody wear yellow?", "Ana is wearing yellow."),
        ("Who is the blonde woman?", "Ana, Ben and Cleo are in this video, but I can't tell who is blonde."),
        ("Who is wearing a yellow coat?", "Ana is wearing a yellow coat."),  # told as a jacket
        ("Who is the man in the grey jacket?",
         "I can't tell who is wearing the grey jacket, but Ben is wearing a grey top."),
        ("What is the woman in yellow doing?", "Ana sits."),
        ("Where is the man in grey?", "Ben is in an office, in the middle, next to Ana."),
        ("What is the man with the sunglasses wearing?", "Ana is wearing a yellow jacket and sunglasses."),
        ("Where is the man in pink?", "As far as I can see, nobody I know is wearing pink."),
        ("Who is behind Ana?", "Ana is in this video, but I can't tell the rest."),
        ("Who is closest to Cleo?", "One person I don't know is closest to Cleo."),
        ("Do you know everybody here?", "There is one person I don't know."),
        ("When was this filmed?",
         "I can't tell that; ask me who is in this video, what they wear, what they do or where they are."),
        ("Is Ana at home?", "Ana is in this video, but I can't tell whether Ana is at home. Ana is in an office, "
         "on the left, next to Ben."),
        ("Is Ana in the room?", "Yes, Ana is in this video, on the left of the frame, from 0:02 to 0:09."),
        ("Is Ana there from the start?", "Ana is in this video from 0:02 to 0:09."),
    ],
)  # fmt: skip
def test_what_is_asked_is_answered(question: str, said: str) -> None:
    assert ask(question) == said


def test_who_may_be_known_is_no_stranger_for_sure() -> None:
    nobody_else = evidence(unknown=0)
    assert ask("Is there a stranger?", seen=nobody_else) == "No, I see nobody in this video whom I don't know."
    assert ask("Is there a stranger?", "uaa", seen=nobody_else) == (
        "I see nobody whom I surely don't know, but I'm not sure about Ana."
    )


def test_a_deed_tells_a_pose_that_was_not_measured() -> None:
    lying = evidence(facts={"Ana": PersonFacts(movement="falling or lying down"),
                            "Ben": PersonFacts(activity="sitting on a bed")})  # fmt: skip
    assert ask("Has Ana fallen?", seen=lying) == "Probably yes: Ana falls or lies down."
    assert ask("Is Ana lying down?", seen=lying) == "Probably yes: Ana falls or lies down."
    assert ask("Is Ben sitting?", seen=lying) == "Yes, Ben sits on a bed."
    assert ask("Is Ben standing?", seen=lying).startswith("Ben is in this video, but I can't tell whether")


def test_people_at_one_table_are_not_told_apart() -> None:
    boxes = {"Ana": (0.1, 0.3, 0.15, 0.4), "Ben": (0.4, 0.3, 0.45, 0.4), "Cleo": (0.8, 0.3, 0.85, 0.4)}
    seen = evidence(boxes=boxes, others=[Neighbour(box, name, (0,)) for name, box in boxes.items()])
    assert ask("Is Ana next to Ben?", seen=seen) == "Ana and Ben aren't close together, but I see nobody between them."
    assert ask("Is Ana next to Cleo?", seen=seen) == "No, Ana is not next to Cleo."  # Ben is between


def test_it_is_what_was_worn_and_she_is_who_was_last_spoken_of() -> None:
    names = NAMES
    worn = read_question("Is Ana wearing a jacket?", names)
    assert read_question("What colour is it?", names, previous=worn).people == ("Ana",)
    assert read_question("Is it dark red?", names, previous=worn).people == ("Ana",)
    assert read_question("Is it dark outside today?", names, previous=worn).people == ()
    count = read_question("How long is this video?", names, previous=worn)
    assert read_question("and what is she doing?", names, previous=count).people == ("Ana",)
    who = read_question("Who else is there?", names, previous=worn)
    assert read_question("What is she doing?", names, previous=who).people == ()  # the answer named others
    everyone = read_question("Is everyone standing?", names, previous=worn)
    assert everyone.asks_all


def test_a_bedroom_is_at_home_and_an_office_may_be() -> None:
    bedroom = evidence(scene=SceneFacts("a bedroom", "indoors"))
    assert ask("Is Ana at home?", seen=bedroom).startswith("Yes, Ana is in a bedroom")
    assert ask("Is Ana home?", "aaa", seen=bedroom) == "Ana is not in this video, so I can't tell."


def test_any_of_them_means_several() -> None:
    ana = read_question("Where is Ana?", NAMES)
    assert read_question("Are any of them wearing red?", NAMES, previous=ana).people == ()
    both = read_question("Where are Ana and Ben?", NAMES)
    assert read_question("Which of them is sitting?", NAMES, previous=both).people == ("Ana", "Ben")


@pytest.mark.parametrize("word", ["ok", "Yes", "no", "stop", "never mind"])
def test_a_word_that_asks_nothing_describes_nobody(word: str) -> None:
    question = read_question(word, NAMES, previous=read_question("Where is Ana?", NAMES))
    assert question.reply.startswith("All right; ask me")
    assert question.focus == ("Ana",)


def test_a_long_list_of_the_absent_ends() -> None:
    names = [f"P{number}" for number in range(40)]
    everyone = [
        PersonPresence(n, "absent" if i else "present", 0.1, track=None if i else 0) for i, n in enumerate(names)
    ]
    question = read_question("Is everyone here?", names)
    told = plain_answer(question, question.about(everyone), Evidence())
    assert told.startswith("Only P0 is in this video; P1, P2,")
    assert told.endswith("P12 and 27 others are not.")

"""Two people held against each other, and questions that no camera can answer."""

from __future__ import annotations

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence, Neighbour
from pvchat.chat.questions import read_question
from pvchat.schemas import Garment, PersonFacts, PersonPresence

NAMES = ["Ana", "Bo", "Cy", "Dev"]
LEFT, RIGHT, ALIKE = (0.1, 0.1, 0.2, 0.3), (0.6, 0.1, 0.9, 0.6), (0.11, 0.1, 0.2, 0.3)
EVIDENCE = Evidence(
    facts={
        "Ana": PersonFacts(
            where="on the left of the frame", clothes=[Garment("top", "red", 0.9)], pose="standing", gender="woman",
            gestures=["facing the camera"],
        ),
        "Bo": PersonFacts(where="on the right of the frame", clothes=[Garment("jacket", "dark red", 0.9)],
            pose="sitting"),
        "Dev": PersonFacts(where="on the left of the frame"),
    },
    boxes={"Ana": LEFT, "Bo": RIGHT, "Dev": ALIKE},
    others=[Neighbour(LEFT, "Ana", (0, 1)), Neighbour(RIGHT, "Bo", (1,)), Neighbour(ALIKE, "Dev", (0,))],
    unknown=1,
    duration_s=10.0,
)  # fmt: skip
PEOPLE = [
    PersonPresence("Ana", "present", 0.9, [(0, 5)], 0, (0,)),
    PersonPresence("Bo", "present", 0.9, [(2, 9)], 1, (1,)),
    PersonPresence("Cy", "absent", 0.1),
    PersonPresence("Dev", "present", 0.9, [(0, 5)], 2, (2,)),
]


def answer(text: str) -> str:
    question = read_question(text, NAMES)
    return plain_answer(question, question.about(PEOPLE), EVIDENCE)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Do Ana and Bo wear the same colour?", "Yes, Ana is wearing a red top and Bo is wearing a dark red jacket."),
        ("Is Ana wearing the same color as Bo?", "Yes, Ana is wearing a red top and Bo is wearing a dark red jacket."),
        ("Do Ana and Bo wear similar colours?", "Yes, Ana is wearing a red top and Bo is wearing a dark red jacket."),
        ("Do Ana and Dev wear the same colour?",
         "I can't tell whether Ana and Dev wear the same colour. Ana is wearing a red top."),
        ("Is Ana to the left of Bo?", "Yes, Ana is further to the left than Bo."),
        ("Is Bo left of Ana?", "No, Ana is further to the left than Bo."),
        ("Is Bo further to the right than Ana?", "Yes, Bo is further to the right than Ana."),
        ("Is Ana nearer to the camera than Bo?", "No, Bo is nearer to the camera than Ana."),
        ("Who is further left, Ana or Bo?", "Ana is further to the left than Bo."),
        ("Who is closer to the camera, Ana or Bo?", "Bo is nearer to the camera than Ana."),
        ("Is Ana nearer to the camera than Dev?", "No, Ana and Dev are about as near."),
        ("Who is further left, Bo or Dev?",
         "Bo and Dev are in this video, but I can't compare where they are."),  # never together
        ("Is Cy to the left of Bo?", "Cy is not in this video, so I can't tell."),
    ],
)  # fmt: skip
def test_comparisons(question, said):
    assert answer(question) == said


def test_different_colours_are_told():
    facts = {**EVIDENCE.facts, "Bo": PersonFacts(clothes=[Garment("jacket", "blue", 0.9)])}
    question = read_question("Do Ana and Bo wear the same colour?", NAMES)
    told = plain_answer(question, question.about(PEOPLE), Evidence(facts, EVIDENCE.boxes, EVIDENCE.others))
    assert told == "No, Ana is wearing a red top and Bo is wearing a blue jacket."


@pytest.mark.parametrize(
    "question",
    [
        "What does Ana want?", "What is Ana thinking about?", "Why is Ana crying?", "Why did Ana leave Bo?",
        "Where does Ana live?", "What's Ana's last name?", "What did Ana do yesterday?",
        "What language does Ana speak?",
        "What music does Ana like?", "What did Bo tell Ana?", "What is Ana about to do?", "What's in Ana's pocket?",
        "What makes Ana cry?", "How much money does Ana earn?", "What does Ana's voice sound like?",
        "Where was Ana born?",
        "Who filmed this?", "What is Ana's favourite colour?",
    ],
)  # fmt: skip
def test_what_no_camera_sees_is_not_answered_with_a_description(question):
    told = answer(question)
    assert "can't tell" in told
    assert "wearing" not in told
    assert "red" not in told


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What can you say about Ana?", "other"), ("Tell me about Ana.", "other"),
        ("What does Ana look like?", "appearance"),
        ("Who is next to Ana?", "location"), ("What is Ana doing?", "action"), ("When was Ana last seen?", "existence"),
        ("How long is Ana there?", "existence"), ("What do you see of Ana?", "existence"), ("Where is Ana?",
        "location"),
        ("What would you say Ana is doing?", "action"), ("What do you think Ana is wearing?", "appearance"),
    ],
)  # fmt: skip
def test_what_is_seen_is_still_answered(question, kind):
    read = read_question(question, NAMES)
    assert (read.type, read.aspect.name == "rest") == (kind, False)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How many faces do you count?", "I see four people in this video: Ana, Bo, Dev and one whom I don't know."),
        ("What's the head count?", "I see four people in this video: Ana, Bo, Dev and one whom I don't know."),
        ("Is it a crowd or just one person?",
         "I see four people in this video: Ana, Bo, Dev and one whom I don't know."),
        ("How many people do you not know?", "There is one person I don't know."),
        ("Who can't you find?", "Cy is not in this video."),
        ("Who don't you know?", "Ana, Bo and Dev are in this video. There is also one person I don't know."),
        ("Would Ana happen to be in this one?",
         "Yes, Ana is in this video, on the left of the frame, from 0:00 to 0:05."),
        ("hey, is that Cy over there?", "No, Cy is not in this video."),
        ("Was Cy captured by the camera?", "No, Cy is not in this video."),
        ("Is Ana there the whole time?", "Ana is in this video from 0:00 to 0:05."),
        ("Is Ana a man or a woman?", "Ana is a woman, as far as I can see."),
        ("Is Bo a man or a woman?", "Bo is in this video, but I can't tell whether Bo is a man or a woman."),
        ("Is Ana looking at the camera?", "Yes, Ana stands and looks towards the camera."),
        ("Do you see a chair anywhere?", "I see no chair in this video, but I may miss one."),
        ("Who sits?", "Bo is sitting."),
        ("Who stands on the left?", "Ana and Dev are on the left."),
        ("Which one is sitting?", "Bo is sitting."),
        ("Who's got glasses?", "As far as I can see, nobody I know is wearing glasses."),
    ],
)  # fmt: skip
def test_other_words_for_who_and_how_many(question, said):
    assert answer(question) == said

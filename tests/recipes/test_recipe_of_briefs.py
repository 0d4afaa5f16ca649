"""The brief: what answers are made of, and nothing that takes many words and answers no such question."""

from __future__ import annotations

import pytest
from make_asked import read_question

from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.question import known_of
from pvchat.identity.evidence import Evidence, Neighbour
from pvchat.schemas import PersonFacts, PersonPresence, SceneFacts, Thing
from recipes.answering.briefs import brief

NAMES = ["Ana", "Bo", "Cleo"]
CUP = Thing("cup", 0.9, [0], [[0.1, 0.1, 0.2, 0.2]], [0.9])


def told(text: str, drawn: bool = False, **spans: list[tuple[float, float]]) -> str:
    """The brief of a question; whoever has spans is there."""
    question = read_question(text, NAMES)
    found = [
        PersonPresence(n, "present" if n in spans else "absent", 0.9 if n in spans else 0.02, spans.get(n, []))
        for n in NAMES
    ]
    seen = Evidence(
        facts={n: PersonFacts(where="on the left of the frame") for n in spans}, scene=SceneFacts(drawn=drawn),
        others=[Neighbour((0.1, 0.1, 0.2, 0.2), n) for n in spans], duration_s=20.0, things=[CUP],
    )  # fmt: skip
    return brief(known_of(question, found, timeline_from(seen, found)))


def test_who_is_absent_is_told_where_that_is_asked():
    assert "Bo and Cleo are not in this video." in told("Who is not in this video?", Ana=[(2, 9)])
    assert "Cleo" not in told("Who is in this video?", Ana=[(2, 9)])
    assert "Bo is not in this video." in told("Is Bo in this video?", Ana=[(2, 9)])


def test_who_is_left_out_is_told_of_like_the_others():
    """ "Besides Ana, Ana is in this video too" stood there once."""
    assert told("Who else is here besides Ana?", Ana=[(2, 9)], Bo=[(1, 3)]).startswith("Ana and Bo are in this video.")


def test_people_are_told_in_the_question_s_order():
    question = read_question("Are Cleo and Ana here?", NAMES)
    found = [PersonPresence(n, "absent", 0.02) for n in NAMES]
    assert brief(known_of(question, found, timeline_from(Evidence(), found))) == "Cleo and Ana are not in this video."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Is Ana or Bo here?", "Ana is in this video; Bo is not in this video."),
        ("Are Bo and Cleo here?", "Bo and Cleo are not in this video."),
        ("What are Bo and Ana wearing?", "Ana is in this video; Bo is not in this video. Ana is wearing glasses."),
    ],
)
def test_which_of_several_are_there_is_told_in_one_sentence(text, said):
    question = read_question(text, NAMES)
    found = [PersonPresence(n, "present" if n == "Ana" else "absent", 0.9 if n == "Ana" else 0.02) for n in NAMES]
    seen = Evidence(facts={"Ana": PersonFacts(features=["glasses"], pose="sitting")})
    assert brief(known_of(question, found, timeline_from(seen, found))) == said


def test_nothing_is_told_of_what_is_not_asked():
    found = [PersonPresence("Ana", "present", 0.9, [(2, 9)])]
    seen = Evidence(facts={"Ana": PersonFacts(hair="red hair", pose="sitting", gender="woman")}, duration_s=20.0)
    question = read_question("What is Ana doing?", NAMES)
    text = brief(known_of(question, found, timeline_from(seen, found)))
    assert "Ana sits." in text
    assert "hair" not in text
    assert "woman" not in text
    assert "hair" in brief(known_of(question, found, timeline_from(seen, found)), everything=True)

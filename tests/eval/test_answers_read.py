"""What a text says about who is there, and the rules for entity specificity and descriptive completeness."""

from __future__ import annotations

import pytest

from pvchat.eval.manifest import Item
from pvchat.eval.metrics import rubric
from pvchat.eval.metrics.rubric import stances

YES, NO, DOUBT = "present", "absent", "unsure"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes, both Ana and Ben are in this video.", {"Ana": YES, "Ben": YES}),
        ("Only Ana is in this video; Ben is not.", {"Ana": YES, "Ben": NO}),
        ("Ana is here, Ben is not.", {"Ana": YES, "Ben": NO}),
        ("No, neither Ana nor Ben is in this video.", {"Ana": NO, "Ben": NO}),
        ("No, none of Ana, Ben and Cleo is in this video.", {"Ana": NO, "Ben": NO, "Cleo": NO}),
        ("I'm not sure whether Ana is in this video: the likeness is too weak to tell.", {"Ana": DOUBT}),
        ("Ana is in this video; I'm not sure about Ben.", {"Ana": YES, "Ben": DOUBT}),
        ("Ana is not in this video, so I can't say what Ana is wearing.", {"Ana": NO}),
        ("Ana is in this video, but I can't make out what she is doing.", {"Ana": YES}),
        ("I see no sign of Ana.", {"Ana": NO}), ("Ana does not appear.", {"Ana": NO}),
        ("I don’t see Ana in the video", {"Ana": NO}), ("I've detected Ana.", {"Ana": YES}),
        ("Ana is not wearing a hat.", {"Ana": YES}), ("ANA waves.", {"Ana": YES}), ("Anabel waves.", {"Ana": None}),
        ("Yes.", {"Ana": YES, "Ben": YES}), ("No.", {"Ana": NO}), ("Yes, Ana is.", {"Ana": YES, "Ben": None}),
        ("Nobody I know is in this video.", {"Ana": NO}),
        ("Dr. A. Lee is not in this video, so I can't say where Dr. A. Lee is.", {"Dr. A. Lee": NO}),
        ("Dr. A. Lee is here, Ben But is not.", {"Dr. A. Lee": YES, "Ben But": NO, "Ben": None}),
        ("A red coat.", {"Ana": None}),
        ("", {"Ana": None}),
    ],
)  # fmt: skip
def test_stances(text, expected):
    assert stances(text, list(expected)) == expected


def asked(kind="single", type_="appearance", answer="red coat, black boots", **present):
    present = present or {"Ana": True}
    return Item("i", "s", "v", tuple(present), kind, type_, "?", answer, present)


@pytest.mark.parametrize(
    ("item", "answer", "score"),
    [
        (asked(), "Ana wears a coat.", 5),
        (asked(), "A red coat.", 3),
        (asked(), "I'm not sure whether Ana is in this video.", 2),
        (asked(), "Ana is not in this video.", 0), (asked(), "", 0), (asked(Ana=False), "Ana is not in this video.", 5),
        (asked(Ana=False), "A red coat.", 0),
        (asked("pair", "existence", Ana=True, Ben=False), "Ana is here, Ben is not.", 5),
        (asked("pair", "existence", Ana=True, Ben=False), "Yes, both are.", 0),
        (asked("who", "existence", Ana=True, Ben=False), "Ana is in this video.", 5),
        (asked("who", "existence", Ana=True, Ben=False), "Ana and Ben are in this video.", 5 * 2 / 3),
        (asked("who", "existence", Ana=False, Ben=False), "Nobody I know is in this video.", 5),
    ],
)  # fmt: skip
def test_entity_specificity(item, answer, score):
    assert rubric.entity_specificity(item, answer, ["Ana", "Ben"]) == pytest.approx(score)


def test_somebody_who_is_not_there_costs_a_point():
    item = asked(answer="coat", Ana=True)
    item = Item(**{**item.__dict__, "present": {"Ana": True, "Ben": False}})
    assert rubric.entity_specificity(item, "Ana wears a coat. Ben sits beside Ana.", ["Ana", "Ben"]) == 4


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("Ana is wearing a red coat and black boots.", 5),
        ("Ana is wearing a red coat.", 2.5),
        ("Ana is wearing coats.", 1.25),  # the stem counts
        ("Ana is wearing a blue coat and black boots.", 0),  # another colour for the coat
        ("Ana is wearing a hat.", 0), ("Ana is not in this video.", 0),
        ("I'm not sure whether Ana is in this video.", 0), ("", 0),
    ],
)  # fmt: skip
def test_descriptive_completeness(answer, score):
    assert rubric.descriptive_completeness(asked(), answer) == pytest.approx(score)


def test_completeness_about_the_absent_is_refusing():
    item = asked("refusal", Ana=False)
    assert rubric.descriptive_completeness(item, "Ana is not in this video.") == 5
    assert rubric.descriptive_completeness(item, "I'm not sure whether Ana is in this video.") == 2
    assert rubric.descriptive_completeness(item, "Ana wears a red coat.") == 0
    assert rubric.refused(item, "I'm not sure whether Ana is in this video.")
    assert not rubric.refused(item, "Ana wears a red coat.")
    assert not rubric.refused(item, "")

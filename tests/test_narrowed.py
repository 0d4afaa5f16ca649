"""What narrows a question narrows its answer: where somebody is, when, and what comes and goes with it."""

from __future__ import annotations

import pytest
from make_asked import answered, read_question
from make_conditions import ALONE, KITCHEN, SITS, STANDS, TALKS
from make_queries import ANA, BEN, BOTH, CLEO, NAMES, at, choice, polar, what
from make_written import written

from pvchat.chat.query import And, Condition, Has, Not, Number, Or, Query, Rank, Whom
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from recipes.reader import sampler
from recipes.reader.sampler import Sampler

STREET = Has("place", "street")
SITS_DOWN = Has("posture", "sitting down")
ON_BED = Has("near", "on a bed")
OUT_OF_BED = Or((Not(ON_BED), STANDS))
SCENE = [
    {"attribute": "place", "value": "kitchen", "from": 0, "to": 30},
    {"attribute": "place", "value": "street", "from": 30, "to": 60},
]
VIDEO = written(
    {
        "id": "two-places", "seconds": 60, "shots": [[0, 30], [30, 60]], "looked_for": ["dog"],
        "scene": SCENE,
        "things": [],
        "people": [
            {"name": "Ana", "seen": [[0, 60]], "rows": [
                {"attribute": "worn", "value": "dress", "colour": "green", "from": 0, "to": 30},
                {"attribute": "worn", "value": "coat", "colour": "brown", "from": 30, "to": 60},
                {"attribute": "posture", "value": "sitting", "from": 0, "to": 30},
                {"attribute": "posture", "value": "standing", "from": 30, "to": 60},
            ]},
            {"name": "Ben", "seen": [[10, 25]], "rows": [
                {"attribute": "deed", "value": "cooking", "from": 12, "to": 20}
            ]},
            {"name": "Cleo", "seen": [[35, 50]], "rows": []},
        ],
    }
)  # fmt: skip


def told(query: Query) -> str:
    return answered(query, VIDEO)


@pytest.mark.parametrize(
    ("where", "worn", "other"), [(KITCHEN, "green dress", "coat"), (STREET, "brown coat", "dress")]
)
def test_an_attribute_is_told_of_the_time_in_which_what_narrows_it_holds(where: Has, worn: str, other: str) -> None:
    text = told(what("worn", ANA, where))
    assert worn in text
    assert other not in text
    assert other in told(what("worn", ANA))  # it is the place that leaves it out


def test_somebody_who_is_never_where_it_is_asked_about_is_said_not_to_be_there() -> None:
    assert told(what("deed", BEN, STREET)) == "Ben is not on a street."
    both = told(what("worn", BOTH, STREET))
    assert both.startswith("Ana is wearing a brown coat.")
    assert both.endswith("Ben is not on a street.")


def test_where_nobody_knows_the_place_what_is_known_is_told_with_it() -> None:
    nowhere = written({"id": "a", "seconds": 10, "shots": [[0, 10]], "people": [
        {"name": "Ana", "seen": [[0, 10]], "rows": [{"attribute": "worn", "value": "hat"}]}]})  # fmt: skip
    text = answered(what("worn", ANA, KITCHEN), nowhere)
    assert "I can't tell whether Ana is in a kitchen" in text
    assert "a hat" in text


def test_leaving_a_place_is_a_moment_of_those_who_were_there() -> None:
    left = run(Query("who", where=Has("leaves", "kitchen")), VIDEO)
    assert set(left.names) == {"Ana", "Ben"}
    assert {one.entity: one.spans[0][1] for one in left.people} == {"Ana": 30.0, "Ben": 25.0}
    assert run(polar(CLEO, Has("leaves", "kitchen")), VIDEO).verdict == "no"
    came = run(Query("who", where=Has("enters", "street")), VIDEO)
    assert set(came.names) == {"Ana", "Cleo"}


def test_here_but_not_there_means_never_there() -> None:
    found = run(Query("who", where=And((KITCHEN, Not(STREET)))), VIDEO)
    assert found.names == ("Ben",)  # Ana is, later


@pytest.mark.parametrize("seed", range(3))
def test_questions_are_narrowed_as_they_are_asked(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "NARROWED", 1.0)
    made, found = Sampler(seed, "all"), set()
    for _ in range(200):
        (example,) = made._composed()
        added = " ".join(piece.tag for piece in example.pieces if piece.value >= 1000)
        assert not added or ("F-" in added or "E-" in added) != ("P-" in added), example
        assert "F-" not in added or example.heads["relation"] != "none", example
        found |= {kind for kind in ("P-place", "F-place", "F-holding", "E-thing", "F-alone") if kind in added}
    assert len(found) >= 4


NOWHERE = written(
    {"id": "nowhere", "seconds": 40, "shots": [[0, 40]], "looked_for": ["dog"],
     "things": [{"attribute": "thing", "value": "dog", "from": 5, "to": 10}],
     "people": [{"name": "Ana", "seen": [[10, 25]], "rows": [{"attribute": "worn", "value": "hat"}]}]}
)  # fmt: skip


MEASURED = written(
    {"id": "measured", "seconds": 60, "shots": [[0, 60]], "looked_for": ["dog"],
     "scene": SCENE,
     "things": [],
     "people": [
         {"name": "Ana", "seen": [[0, 60]], "rows": [
             {"attribute": "worn", "value": "coat", "holds": False, "from": 0, "to": 30},
             {"attribute": "worn", "value": "coat", "from": 30, "to": 60},
             {"attribute": "posture", "value": "sitting", "from": 0, "to": 30},
             {"attribute": "posture", "value": "standing", "from": 30, "to": 60},
         ]},
         {"name": "Ben", "seen": [[10, 25]], "rows": [{"attribute": "deed", "value": "cooking"}]},
     ]}
)  # fmt: skip


def test_leaving_a_place_that_nobody_knows_is_not_denied() -> None:
    assert run(polar(ANA, Has("leaves", "kitchen")), NOWHERE).verdict == "unknown"


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        # which of several conditions fails
        (polar(ANA, And((Has("worn", "coat"), KITCHEN))),
         "No, Ana is wearing a coat from 0:30 to 1:00, but is not in a kitchen then."),
        (polar(BEN, And((Has("deed", "cooking"), STREET))), "No, Ben is not on a street."),
        (polar(ANA, And((KITCHEN, Not(STREET)))), "No, Ana is on a street from 0:30 to 1:00."),
        # which of two places, and when
        (choice(ANA, Or((KITCHEN, STREET))),
         "Ana is in a kitchen from 0:00 to 0:30 and is on a street from 0:30 to 1:00."),
        (choice(ANA, And((Or((KITCHEN, STREET)), STANDS))), "Ana is standing on a street from 0:30 to 1:00."),
        # always and never in a place: while she is there
        (polar(ANA, And((KITCHEN, SITS)), throughout=True), "Yes, Ana is always sitting in a kitchen."),
        (polar(ANA, And((STREET, Not(SITS))), throughout=True), "Yes, Ana is never sitting on a street."),
        # what holds of several that one may choose of, and of whom
        (Query("who", where=Or((SITS, Has("deed", "cooking")))), "Ana is sitting from 0:00 to 0:30; Ben is cooking."),
        # moments have one time
        (Query("when", BEN, Has("leaves", "kitchen")), "Ben is seen leaving a kitchen at 0:25."),
    ],
)  # fmt: skip
def test_what_is_said_of_several_conditions(query: Query, answer: str) -> None:
    found = run(query, MEASURED)
    assert say(found, MEASURED) == answer


def test_a_thing_and_a_place_are_held_against_each_other_in_time() -> None:
    where = And((Has("thing", "dog"), STREET))
    assert told(polar(where=where)).startswith("No, I see no dog on a street")
    unplaced = answered(polar(where=where), NOWHERE)
    assert unplaced == "I see a dog, but I can't tell whether that is on a street."


@pytest.mark.parametrize(("worn", "verdict"), [("coat", "no"), ("hat", "yes")])
def test_taking_off_comes_after_wearing(worn: str, verdict: str) -> None:
    rows = [
        {"attribute": "worn", "value": "coat", "holds": False, "from": 0, "to": 30},
        {"attribute": "worn", "value": "coat", "from": 30, "to": 60},
        {"attribute": "worn", "value": "hat", "from": 0, "to": 30},
        {"attribute": "worn", "value": "hat", "holds": False, "from": 30, "to": 60},
    ]
    video = written({"id": "a", "seconds": 60, "people": [{"name": "Ana", "seen": [[0, 60]], "rows": rows}]})
    off, on = And((Not(Has("worn", worn)),)), Has("worn", worn)
    assert run(polar(ANA, off, during=at("after", ANA, on)), video).verdict == verdict


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (polar(where=STREET, value="people"), "Yes, Ana is on a street from 0:30 to 1:00"),
        (polar(where=STREET), "Yes, this is in a kitchen and on a street."),
        (polar(where=Has("place", "office"), value="people"), "No, nobody is in an office."),
        (polar(Whom(known=False), STREET), "No, nobody I don't know is on a street."),
        (what("posture", ANA, rank=Rank("long")), "Ana is sitting"),
        (polar(ANA, SITS, value="share", number=Number("more_than", 0.6)), "No, Ana is sitting for about 30 seconds."),
        (polar(ANA, And((SITS, KITCHEN))), "Yes, Ana is sitting in a kitchen from"),
        (polar(where=And((Has("thing", "dog"), Has("near", "on a sofa")))),
         "No, I see no dog on a sofa, but I may miss one."),
        # places, moments, and times against
        (what("place", ANA), "Ana is in a kitchen from 0:00 to 0:30 and on a street from 0:30"),
        (Query("describe", where=STREET), "Ana stands. Cleo is in this video."),
        (Query("who", Whom(such=Not(STANDS)), Has("deed", "cooking")),
         "Ben is cooking, but I can't tell whether Ben is standing;"),
        (Query("who", where=Not(SITS)), "Ana is not sitting from 0:30 to 1:00"),
        (polar(ANA, during=at("while", BEN, Has("enters"))), "Yes, Ana is in this video when Ben comes, at 0:10."),
        (Query("when", ANA, ALONE), "Ana is alone from 0:00 to 0:10, from 0:25 to 0:35 and from 0:50 to 1:00."),
    ],
)  # fmt: skip
def test_people_places_and_moments_are_told(query: Query, answer: str) -> None:
    assert told(query).startswith(answer)


def test_where_a_thing_lies_nobody_knows_of_people_near_it() -> None:
    where = And((Has("thing", "dog"), Has("near", "on a sofa")))
    rows = [{"attribute": "near", "value": "on a sofa"}]
    video = written({
        "id": "a", "seconds": 10, "looked_for": ["dog"], "things": [{"attribute": "thing", "value": "dog"}],
        "people": [{"name": "Ana", "seen": [[0, 10]], "rows": rows}],
    })  # fmt: skip
    text = answered(polar(where=where), video)
    assert text == "I see a dog, but I can't tell whether that is on a sofa."


def test_nobody_is_asked_whether_she_is_with_herself() -> None:
    found = run(Query("who", where=Not(Has("with", of=ANA))), VIDEO)
    assert "Ana" not in {one.entity for one in found.everyone}


@pytest.mark.weights
@pytest.mark.parametrize(
    ("before", "text", "where"),
    [
        ("Does Ana sit in the street?", "In the kitchen too?", And((SITS, KITCHEN))),
        ("Is Ana sitting?", "And in the kitchen?", And((SITS, KITCHEN))),
        ("Is Ana sitting in the kitchen?", "And talking?", And((KITCHEN, TALKS))),
        ("Is Ana in the street?", "And in the kitchen?", KITCHEN),
        ("What is Ana wearing?", "And in the kitchen?", KITCHEN),
    ],
)
def test_a_place_that_follows_takes_the_place_of_a_place(before: str, text: str, where: Condition) -> None:
    query = read_question(text, NAMES, (before,), VIDEO).query
    assert (query.whom, query.where) == (ANA, where)


def test_what_is_in_a_place_is_there_while_it_is_shown() -> None:
    things = [
        {"attribute": "thing", "value": name, "from": a, "to": b} for name, a, b in (("dog", 0, 20), ("car", 40, 50))
    ]
    video = written({"id": "a", "seconds": 60, "scene": SCENE, "things": things, "people": []})
    text = answered(what("thing", where=STREET), video)
    assert "a car" in text
    assert "dog" not in text


def test_the_nth_deed_is_no_posture() -> None:
    rows = [
        {"attribute": "posture", "value": "standing"},
        {"attribute": "deed", "value": "waving", "from": 10, "to": 12},
        {"attribute": "deed", "value": "dancing", "from": 20, "to": 30},
    ]
    video = written({"id": "a", "seconds": 60, "people": [{"name": "Ana", "seen": [[0, 60]], "rows": rows}]})
    first, second = (run(what("deed", ANA, rank=Rank("time", k)), video) for k in (1, 2))
    assert [row.value for row in first.people[0].rows] == ["waving"]
    assert [row.value for row in second.people[0].rows] == ["dancing"]

"""Queries that were answered wrongly before there were any, and what is found for them; each select once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from make_asked import answered
from make_conditions import ALONE, FALLS, FEMALE, GLASSES, GONE, HAT, KITCHEN, MALE, SITS, STANDS, TALKS, WITH
from make_queries import ALL, ANA, BEN, BOTH, CLEO, MAN, NOBODY, WOMAN, at, choice, polar, refused, what
from make_written import written

from pvchat.chat.query import EVERYBODY, And, During, Event, Has, Not, Number, Or, Query, Rank, Refusal, Whom
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Entity, Finding, Missing, Row, Timeline

WARD = {
    "seconds": 60, "shots": [[0, 25], [25, 60]], "looked_for": ["cup", "dog"],
    "scene": [{"attribute": "place", "value": "hospital room"}, {"attribute": "setting", "value": "indoors"}],
    "things": [{"attribute": "thing", "value": "cup", "from": 0, "to": 20}],
    "people": [
        {"name": "Ana", "seen": [[0, 25], [40, 60]], "x": 0.2, "height": 0.3, "rows": [
            {"attribute": "gender", "value": "woman"}, {"attribute": "worn", "value": "jacket", "colour": "red"},
            {"attribute": "worn", "value": "glasses", "from": 0, "to": 25},
            {"attribute": "posture", "value": "sitting", "from": 0, "to": 25},
            {"attribute": "posture", "value": "standing", "from": 40, "to": 60},
            {"attribute": "near", "value": "on a chair", "from": 0, "to": 25},
            {"attribute": "deed", "value": "talking", "from": 5, "to": 12},
            {"attribute": "beside", "of": "Ben", "from": 10, "to": 25}]},
        {"name": "Ben", "seen": [[10, 25]], "x": 0.4, "height": 0.2, "rows": [
            {"attribute": "gender", "value": "man"}, {"attribute": "worn", "value": "jacket", "colour": "dark blue"},
            {"attribute": "beside", "of": "Ana"}]},
        {"name": "Cleo", "seen": []}, {"name": "Dan", "seen": [], "decision": "unsure"},
        {"name": "#1", "enrolled": False, "seen": [[0, 60]], "x": 0.8, "height": 0.1, "rows": [
            {"attribute": "gender", "value": "man"}, {"attribute": "posture", "value": "standing"}]},
    ],
}  # fmt: skip
T = written(WARD)
DAN = Whom(("Dan",))


def verdict(whom: Whom, where: Has | And | Or | Not | None = None, **more: object) -> str | None:
    return run(Query("exists", whom, where, **more), T).verdict  # type: ignore[arg-type]


def test_the_only_one_who_can_be_the_woman_with_a_hat_is_taken_for_her() -> None:
    hat = HAT
    found = run(what("posture", Whom(such=And((FEMALE, hat)))), T)
    assert (found.names, found.presumed) == (("Ana",), hat)
    reads = replace(T, rows=(*T.rows, Row("Ana", "deed", "reading", 45, 50)))
    apart = And((FEMALE, GLASSES, Has("deed", "reading")))  # each at some time
    found = run(what("worn", Whom(such=apart), value="jacket"), reads)
    assert (found.names, found.presumed) == (("Ana",), None)
    assert say(found, reads) == "Ana is wearing a red jacket."


OTHERS = Whom(besides=("Ana",))
HATTED = Whom(such=And((FEMALE, HAT)))  # Ana, if she wears one
BETWEEN = {who: Has("beside", "between", of=Whom((who, "#1"), "all")) for who in ("Ana", "Ben")}
LIES, WAVES = Has("posture", "lying down"), Has("deed", "waving")
LONG, OFTEN, FIRST, LAST = Rank("long"), Rank("often"), Rank("time"), Rank("time", -1)
TALKS_MORE = {"where": TALKS, "rank": OFTEN, "form": "polar"}
FOUND: list[tuple[Query, dict[str, Any]]] = [
    # of each, for so long or so often
    (Query("how_long", ALL, SITS, form="polar", number=Number("at_least", 10)),
     {"verdict": "no", "names": (), "against": ["#1"]}),
    (Query("how_often", form="polar", number=Number("exactly", 2)), {"verdict": "yes", "names": ("Ana",)}),
    (Query("who", number=Number("at_least", 20)), {"names": ("Ana", "#1")}),
    (Query("who", number=Number("exactly", 1), rank=OFTEN), {"names": ("Ben", "#1")}),
    # the only one who can be meant is taken
    (what("deed", HATTED), {"names": ("Ana",)}), (Query("when", HATTED), {"names": ("Ana",)}),
    (polar(HATTED, SITS), {"verdict": "unknown"}), (polar(HATTED, LIES), {"verdict": "no"}),
    # who stands all the time doesn't sit down, but may fall; Ana sits for a while only
    (polar(Whom(("#1",)), Has("deed", "sitting down")), {"verdict": "no"}),
    (polar(Whom(("#1",)), FALLS), {"verdict": "unknown"}), (polar(ANA, FALLS), {"verdict": "unknown"}),
    # together, next to, between
    (polar(BOTH, WITH), {"verdict": "yes", "spans": ((10.0, 25.0),)}),
    (polar(Whom(("Ana", "Cleo"), "both"), WITH), {"verdict": "no"}),
    (polar(Whom(("Ana", "Dan"), "both"), WITH), {"verdict": "unsure"}),
    (Query("when", ANA, Has("with", of=BEN), rank=FIRST), {"spans": ((10.0, 25.0),)}),
    (polar(ANA, Has("beside", of=Whom(such=And((MALE, GLASSES))))), {"verdict": "unknown"}),
    (Query("who", where=BETWEEN["Ana"]), {"names": ("Ben",), "when": [((10.0, 25.0),)]}),
    (polar(ANA, BETWEEN["Ben"]), {"verdict": "no"}),
    # one condition and another, also one after the other
    (Query("who", where=And((SITS, GLASSES))), {"names": ("Ana",)}),
    (Query("who", where=And((SITS, STANDS))), {"names": ("Ana",)}),
    (polar(ANA, And((SITS, STANDS)), throughout=True), {"verdict": "no"}),
    # one against the other; who never does it does it less
    (Query("compare", ANA, versus=BEN, rank=OFTEN, form="polar"), {"verdict": "yes"}),
    (Query("compare", BEN, versus=ANA, rank=OFTEN, form="polar"), {"verdict": "no"}),
    (Query("compare", ANA, versus=BEN, rank=LONG, form="polar"), {"verdict": "yes"}),
    (Query("compare", BEN, versus=ANA, rank=Rank("long", -1), form="polar"), {"verdict": "yes"}),
    (Query("compare", ANA, versus=OTHERS, rank=Rank("near"), form="polar"), {"verdict": "yes"}),
    (Query("compare", ANA, versus=CLEO, rank=LONG, form="polar"), {"verdict": "unknown"}),
    (Query("compare", ANA, versus=DAN, rank=LONG, form="polar"), {"verdict": "unsure"}),
    (Query("compare", ANA, versus=BEN, **TALKS_MORE), {"verdict": "yes"}),
    (Query("compare", BEN, versus=ANA, **TALKS_MORE), {"verdict": "no"}),
    (Query("compare", BOTH, rank=LONG), {"measures": [("Ana", 45.0), ("Ben", 15.0)]}),
    (Query("compare", MAN, versus=WOMAN, form="polar"), {"verdict": "yes"}),
    (Query("compare", WOMAN, versus=MAN, form="polar"), {"verdict": "no"}),
    (Query("compare", BOTH, attribute="worn", form="polar"), {"verdict": "no"}),
    (Query("compare", WOMAN, versus=BEN, rank=LONG), {"names": ("Ana",)}),
    # coming and going
    (Query("order"), {"names": ("Ana", "#1", "Ben")}), (Query("who", rank=LAST), {"names": ("Ben",)}),
    (Query("who", where=GONE, rank=FIRST), {"names": ("Ben",)}),
    (Query("order", ANA, versus=BEN), {"verdict": "yes"}), (Query("order", BEN, GONE, versus=ANA), {"verdict": "yes"}),
    (Query("order", ANA, GONE, during=at("before", BEN)), {"verdict": "no"}),
    (Query("order", ANA, versus=DAN), {"verdict": "unsure"}),
    (polar(BEN, rank=LAST), {"verdict": "yes"}), (polar(ANA, rank=LONG), {"verdict": "no"}),
    (Query("order", BEN, form="polar", during=During("after"), versus=ANA), {"verdict": "yes"}),
    (Query("order", ANA, form="polar", during=During("after"), versus=BEN), {"verdict": "no"}),
    (Query("order", during=During("after"), versus=ANA), {"names": ("Ben",)}),
    (Query("order", during=During("after"), versus=BEN), {"names": ()}),
    (Query("order", versus=BEN), {"names": ("#1", "Ana")}),
    (Query("who", where=Has("enters")), {"names": ("Ana", "Ben")}),
    (Query("who", where=Has("enters"), during=at("while", ANA)), {"names": ("Ana", "Ben")}),
    (Query("who", where=Has("leaves"), during=at("before", ANA, nth=2)), {"names": ("Ana", "Ben")}),
    (polar(ANA, SITS, during=at("after", BEN, Has("enters"))), {"verdict": "yes"}),
    (polar(BEN, during=at("while", Whom(known=False), Has("enters"))), {"verdict": "no"}),  # there from the start
    (Query("how_often", ANA, Has("enters")), {"number": 1.0}),
    (polar(where=GONE), {"verdict": "yes", "names": ("Cleo",)}),  # who of those enrolled isn't there
    # numbers, with and without somebody thinking one
    (Query("how_long", BOTH), {"number": 15.0}), (Query("how_long", ANA, WAVES), {"number": None}),
    (Query("how_often", ANA, number=Number("more_than", 1)), {"verdict": "yes"}),
    (Query("how_long", BEN, number=Number("more_than", 15)), {"verdict": "no"}),
    (Query("how_long", DAN, number=Number("more_than", 15)), {"verdict": "unsure"}),
    (Query("count", number=Number("more_than", 3)), {"verdict": "unsure"}),
    (Query("count", where=Has("thing", "cup")), {"number": 1.0}),
    (Query("length", number=Number("at_least", 60)), {"verdict": "yes"}),
    (Query("how_long", where=STANDS, value="people", number=Number("at_least", 2)),
     {"number": 20, "spans": ((40, 60),)}),
    # parts of the video
    *((Query("who", during=during), {"names": names}) for during, names in (
        (at("while", ANA, GONE), ("#1",)), (at("before", BEN), ("Ana", "#1")), (at("after", BEN), ("Ana", "#1")),
        (at("while", ANA, nth=2), ("Ana", "#1")), (at("since", ANA, nth=2), ("Ana", "#1")),
        (at("until", BEN), ("Ana", "#1")), (During(start_s=12.0, end_s=12.0), ("Ana", "Ben", "#1")),
        (During(start_s=-10.0), ("Ana", "#1")), (During(start_s=0.5, unit="share"), ("Ana", "#1")),
        (During(start_s=1, unit="shot"), ("Ana", "Ben", "#1")), (During(start_s=-1, unit="shot"), ("Ana", "#1")),
        (During(start_s=26.0, end_s=30.0), ("#1",)),
        (at("after", ANA, STANDS), ("Ana", "#1")),  # what goes on to the end: from its beginning on
    )),
    # … that there aren't
    *((polar(ANA, SITS, during=during), {"nothing": True, "verdict": verdict}) for during, verdict in (
        (at("while", CLEO), "no"), (at("while", DAN), "unsure"), (at("while", BEN, WAVES), "unknown"),
        (at("while", BEN, nth=2), "no"), (During(start_s=90.0), "no"), (During(start_s=3, unit="shot"), "no"),
        (at("before", ANA), "no"),
    )),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), FOUND)
def test_what_is_found(query: Query, expected: dict[str, Any]) -> None:
    found = run(query, T)
    values = {
        "verdict": found.verdict, "names": found.names, "number": found.number, "spans": found.spans,
        "nothing": found.nothing, "against": [one.entity for one in found.against],
        "when": [one.spans for one in found.people],
        "measures": [(one.entity, one.number) for one in (*found.people, *found.against)],
    }  # fmt: skip
    assert {name: values[name] for name in expected} == expected


@pytest.mark.parametrize("refusal", ["wish", "small_talk"])
def test_wishes_and_small_talk_are_refused(refusal: Refusal) -> None:
    assert run(refused(refusal), T) == Finding(refused(refusal))


def test_a_hot_dog_is_no_dog() -> None:
    eaten = replace(T, rows=(*T.rows, Row("", "thing", "hot dog", 0, 20)))
    assert run(polar(where=Has("thing", "dog")), eaten).verdict == "no"


def test_the_man_isnt_who_wears_the_red_jacket() -> None:
    dressed = replace(T, rows=tuple(row for row in T.rows if row.entity != "#1"), entities=T.entities[:-1])
    asked = Query("exists", MAN, Has("worn", "jacket", "red"))
    found = run(asked, dressed)
    assert found.verdict == "no"
    assert [(one.entity, one.rows[0].colour) for one in found.against] == [("Ben", "dark blue")]
    assert verdict(WOMAN, Has("worn", "jacket", "red")) == "yes"


def test_what_the_man_with_glasses_does_is_nobodys_deed() -> None:
    whom = Whom(such=And((MALE, GLASSES)))
    found = run(what("deed", whom), T)
    assert found.people == ()
    assert [one.entity for one in found.open] == ["Ben", "#1"]  # nobody knows whether they wear any


def test_what_is_asked_for_is_kept() -> None:
    found = run(what("near", ANA), T)
    assert [row.value for one in found.people for row in one.rows] == ["on a chair"]
    penny = run(Query("exists", BOTH, Has("with", of=CLEO)), T)
    assert penny.verdict == "no"
    chosen = run(choice(ANA, Or((Has("beside", of=BEN), Has("beside", of=Whom(("#1",)))))), T)
    assert [row.of for one in chosen.people for row in one.rows] == ["Ben"]


def test_there_may_be_more_and_only_women() -> None:
    found = run(Query("count"), replace(T, at_least=True))
    assert (found.number, found.at_least) == (3.0, True)
    only = Whom(such=FEMALE, quantifier="only")
    assert run(Query("shots", only, form="polar"), T).verdict == "no"  # a man is there all the time
    alone = replace(T, rows=tuple(row for row in T.rows if row.entity != "#1"))
    assert run(Query("shots", only, form="polar"), alone).verdict == "no"  # in the second she is gone for a while
    assert run(Query("when", only), alone).spans == ((0.0, 10.0), (40.0, 60.0))
    assert verdict(Whom(such=FEMALE, quantifier="only"), STANDS) == "no"


@pytest.mark.parametrize(
    ("whom", "where", "expected"),
    [
        (ANA, None, "yes"), (CLEO, None, "no"), (DAN, None, "unsure"), (CLEO, SITS, "no"),
        (CLEO, Not(HAT), "unknown"), (ANA, Has("worn", "jacket", "blue"), "no"),
        (BEN, Has("worn", "jacket", "blue"), "yes"), (ANA, HAT, "unknown"),
        (ANA, Not(SITS), "no"), (ANA, Not(Has("posture", "lying down")), "yes"),
        (ANA, Has("left_of", of=BEN), "yes"), (BEN, Has("left_of", of=ANA), "no"), (ANA, ALONE, "no"),
        (Whom(unknown=("Anna",)), None, "unknown"), (Whom(("Ana", "Cleo"), "both"), None, "no"),
        (Whom(("Ana", "Cleo"), "either"), None, "yes"), (Whom(("Cleo", "Dan"), "either"), None, "unsure"),
        (NOBODY, Has("posture", "lying down"), "unknown"),
        (Whom(("Ben", "#1"), "none"), SITS, "unknown"),
        (Whom(("Ana",), "only"), SITS, "unknown"), (Whom(("Ana",), "only"), None, "no"),
        (Whom(besides=("Ana", "Ben", "#1")), None, "unsure"), (EVERYBODY, KITCHEN, "no"),
        (EVERYBODY, Has("place", "hospital"), "yes"), (EVERYBODY, Has("thing", "dog"), "no"),
        (EVERYBODY, Has("thing", "piano"), "unknown"), (Whom(nth=1), SITS, "yes"),
        (Whom(nth=1, nth_by="near"), Has("deed", "speaking"), "yes"), (Whom(known=False), None, "yes"),
    ],
)  # fmt: skip
def test_yes_no_unsure_or_unknown(whom: Whom, where: Has | Not | None, expected: str) -> None:
    assert verdict(whom, where) == expected


def test_the_missing_are_named() -> None:
    found = run(what("worn", Whom(("Ana", "Cleo", "Dan"), unknown=("Anna",))), T)
    assert found.names == ("Ana",)
    gone = (Missing("Cleo", "absent"), Missing("Dan", "unsure"), Missing("Anna", "not enrolled", "Ana"))
    assert found.missing == gone


def test_when_something_happens_that_nobody_knows_is_not_never() -> None:
    waving = Has("deed", "waving")
    assert run(Query("who", during=at("while", ANA, waving)), T).verdict == "unknown"
    nobody, both = Query("when", NOBODY, waving), Query("when", BOTH, SITS)
    assert answered(nobody, T) == "I can't tell when nobody is waving."
    assert answered(both, T) == "I can't tell when Ana and Ben are both sitting."  # of Ben no posture is known


def test_attributes_of_people_and_of_the_scene() -> None:
    doing = run(what("deed", ANA, during=During(start_s=0.0, end_s=8.0)), T)
    assert [(row.value, row.span) for row in doing.people[0].rows] == [("sitting", (0.0, 8.0)), ("talking", (5.0, 8.0))]
    assert [row.value for row in run(what("place"), T).rows] == ["hospital room", "indoors"]
    assert [row.value for row in run(what("thing"), T).rows] == ["cup"]
    jacket = run(what("worn", value="jacket"), T)
    assert [(one.entity, one.rows[0].colour) for one in jacket.people] == [("Ana", "red"), ("Ben", "dark blue")]
    whole = run(Query("describe"), T)
    assert whole.names == ("Ana", "Ben", "#1")
    assert {row.attribute for row in whole.rows} == {"place", "setting", "thing"}


def test_a_second_question_and_why() -> None:
    second = what("place", ANA)
    found = run(Query("exists", ANA, then=second, if_so=True), T)
    assert found.then is not None
    assert found.then.people[0].rows[0].value == "hospital room"
    assert run(Query("exists", CLEO, then=second, if_so=True), T).then is None
    why = run(Query("why"), T, [found])
    assert (why.verdict, why.people, why.then) == ("yes", found.people, None)
    assert run(Query("why"), T) == Finding(Query("why"))


def test_numbers_of_nothing_are_in_the_json() -> None:
    none = Query("count", Whom(known=True), during=During(start_s=26.0, end_s=30.0))
    assert run(none, T).to_dict()["number"] == 0.0


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ("short hair", "no"), ("bald", "no"), ("long hair", "yes"), ("curly hair", "unknown"), ("dark hair", "yes"),
        ("blonde hair", "no"), ("brown hair", "unknown"),
    ],
)  # fmt: skip
def test_who_has_long_hair_has_no_short_hair_but_may_have_curly_hair(asked: str, verdict: str) -> None:
    rows = (Row("Ana", "present", "", 0, 9), Row("Ana", "hair", "long hair", 0, 9, colour="dark"))
    told = Timeline(0, 9, (Entity("Ana"),), rows)
    assert run(Query("exists", ANA, Has("hair", asked)), told).verdict == verdict


def test_whoever_is_described_in_a_question_that_nothing_answers_is_known_to_the_next_one() -> None:
    asked = run(refused("unseen", WOMAN), T)
    assert [one.entity for one in asked.open] == ["Ana"]


def test_towards_whom_somebody_does_something_is_seldom_known() -> None:
    at_ben = Has("deed", "talking", of=BEN)
    assert verdict(ANA, at_ben) == "unknown"
    assert verdict(ANA, Has("deed", "talking", of=CLEO)) == "no"
    told = answered(polar(ANA, at_ben), T)
    assert told == "Ana is talking from 0:05 to 0:12, but I can't tell towards whom."
    looks = replace(T, rows=(*T.rows, Row("Ana", "deed", "looking down", 5, 12)))
    told = answered(polar(ANA, Has("deed", "looking at", of=BEN)), looks)
    assert told == "Ana is looking from 0:05 to 0:12, but I can't tell towards whom."
    measured = replace(T, rows=(*T.rows, Row("Ana", "deed", "waving", 11, 12, of="Ben")))
    assert run(Query("when", ANA, Has("deed", "waving", of=BEN)), measured).spans == ((11, 12),)


def test_a_hug_is_probably_given_to_whoever_is_beside() -> None:
    hugs = replace(T, rows=(*T.rows, Row("Ana", "deed", "hugging", 12, 15)))
    found = run(polar(ANA, Has("deed", "hugging", of=BEN)), hugs)
    assert (found.verdict, found.people[0].likely, found.spans) == ("yes", True, ((12, 15),))
    assert say(found, hugs) == "Probably yes: Ana is hugging Ben from 0:12 to 0:15."
    late = replace(T, rows=(*T.rows, Row("Ana", "deed", "hugging", 45, 50)))  # Ben is gone by then
    assert run(polar(ANA, Has("deed", "hugging", of=BEN)), late).verdict == "no"


def test_a_part_has_a_length() -> None:
    gone = run(Query("length", during=at("while", ANA, GONE)), T)
    assert (gone.number, gone.during) == (15, ((25, 40),))
    assert say(gone, T) == "About 15 seconds pass while Ana is away, from 0:25 to 0:40."
    assert run(Query("length", during=During(start_s=5, end_s=20)), T).number == 15


def test_each_of_two_has_a_condition_of_their_own() -> None:
    both = And((Event(ANA, SITS), Event(BEN)))
    when, ever = run(Query("when", where=both), T), run(polar(where=both), T)
    assert say(when, T) == "Ana is sitting and Ben is in this video from 0:10 to 0:25."
    assert say(ever, T) == "Yes, Ana is sitting and Ben is in this video from 0:10 to 0:25."
    cleo = run(polar(where=And((Event(ANA), Event(CLEO)))), T)
    assert (cleo.verdict, [one.name for one in cleo.missing]) == ("no", ["Cleo"])


def test_of_neither_of_two_who_are_absent_nothing_more_is_told() -> None:
    gone = tuple(Entity(name, decision="absent", probability=0.0) for name in ("Eva", "Finn"))
    timeline = replace(T, entities=(*T.entities, *gone))
    query = polar(Whom(("Eva", "Finn"), "none"))
    assert answered(query, timeline) == "Yes, neither Eva nor Finn is in this video."

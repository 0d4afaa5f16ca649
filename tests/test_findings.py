"""Queries that were answered wrongly before there were any, and what is found for them; each select once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from make_conditions import GONE, SITS
from make_queries import ANA, BEN, BOTH, CLEO, NOBODY
from make_written import written

from pvchat.chat.query import EVERYBODY, And, During, Event, Has, Not, Number, Or, Query, Rank, Whom
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
    hat = Has("worn", "hat")
    found = run(Query("attribute", Whom(such=And((Has("gender", "woman"), hat))), attribute="posture"), T)
    assert (found.names, found.presumed) == (("Ana",), hat)
    reads = replace(T, rows=(*T.rows, Row("Ana", "deed", "reading", 45, 50)))
    apart = And((Has("gender", "woman"), Has("worn", "glasses"), Has("deed", "reading")))  # each at some time
    found = run(Query("attribute", Whom(such=apart), attribute="worn", value="jacket"), reads)
    assert (found.names, found.presumed) == (("Ana",), None)
    assert say(found, reads) == "Ana is wearing a red jacket."


def test_next_to_somebody_who_may_wear_glasses_is_not_known() -> None:
    assert verdict(ANA, Has("beside", of=Whom(such=And((Has("gender", "man"), Has("worn", "glasses")))))) == "unknown"


def test_everybody_for_so_long_or_anybody_so_often_is_asked_of_each() -> None:
    sits, long, twice = Has("posture", "sitting"), Number("at_least", 10), Number("exactly", 2)
    every = run(Query("how_long", Whom(quantifier="all"), sits, form="polar", number=long), T)
    assert (every.verdict, every.names, [one.entity for one in every.against]) == ("no", (), ["#1"])
    anybody = run(Query("how_often", form="polar", number=twice), T)
    assert (anybody.verdict, anybody.names) == ("yes", ("Ana",))


def test_a_hot_dog_is_no_dog() -> None:
    eaten = replace(T, rows=(*T.rows, Row("", "thing", "hot dog", 0, 20)))
    assert run(Query("exists", where=Has("thing", "dog"), form="polar"), eaten).verdict == "no"


def test_the_man_isnt_who_wears_the_red_jacket() -> None:
    dressed = replace(T, rows=tuple(row for row in T.rows if row.entity != "#1"), entities=T.entities[:-1])
    asked = Query("exists", Whom(such=Has("gender", "man")), Has("worn", "jacket", "red"))
    found = run(asked, dressed)
    assert found.verdict == "no"
    assert [(one.entity, one.rows[0].colour) for one in found.against] == [("Ben", "dark blue")]
    assert verdict(Whom(such=Has("gender", "woman")), Has("worn", "jacket", "red")) == "yes"


def test_what_the_man_with_glasses_does_is_nobodys_deed() -> None:
    whom = Whom(such=And((Has("gender", "man"), Has("worn", "glasses"))))
    found = run(Query("attribute", whom, attribute="deed"), T)
    assert found.people == ()
    assert [one.entity for one in found.open] == ["Ben", "#1"]  # nobody knows whether they wear any


def test_the_only_one_who_can_be_meant_is_taken() -> None:
    whom = Whom(such=And((Has("gender", "woman"), Has("worn", "hat"))))  # Ana, if she wears one
    assert run(Query("attribute", whom, attribute="deed"), T).names == ("Ana",)
    assert run(Query("when", whom), T).names == ("Ana",)
    assert verdict(whom, Has("posture", "sitting")) == "unknown"
    assert verdict(whom, Has("posture", "lying down")) == "no"


def test_who_stands_all_the_time_does_not_sit_down_but_may_fall() -> None:
    stands = Whom(("#1",))
    assert [verdict(stands, Has("deed", deed)) for deed in ("sitting down", "falling")] == ["no", "unknown"]
    assert verdict(ANA, Has("deed", "falling")) == "unknown"  # she sits for a while only


def test_they_are_together_when_both_are_seen() -> None:
    found = run(Query("exists", BOTH, Has("with")), T)
    assert (found.verdict, found.spans) == ("yes", ((10.0, 25.0),))
    assert verdict(Whom(("Ana", "Cleo"), "both"), Has("with")) == "no"
    assert verdict(Whom(("Ana", "Dan"), "both"), Has("with")) == "unsure"


@pytest.mark.parametrize(
    ("rank", "whom", "versus", "expected"),
    [
        (Rank("often"), ANA, BEN, "yes"), (Rank("often"), BEN, ANA, "no"), (Rank("long"), ANA, BEN, "yes"),
        (Rank("long", -1), BEN, ANA, "yes"), (Rank("near"), ANA, Whom(besides=("Ana",)), "yes"),
        (Rank("long"), ANA, CLEO, "unknown"), (Rank("long"), ANA, DAN, "unsure"),
    ],
)  # fmt: skip
def test_comparing_two(rank: Rank, whom: Whom, versus: Whom, expected: str) -> None:
    assert run(Query("compare", whom, versus=versus, rank=rank, form="polar"), T).verdict == expected


def test_which_of_two_and_more_of_whom() -> None:
    found = run(Query("compare", BOTH, rank=Rank("long")), T)
    assert [(one.entity, one.number) for one in (*found.people, *found.against)] == [("Ana", 45.0), ("Ben", 15.0)]
    men, women = Whom(such=Has("gender", "man")), Whom(such=Has("gender", "woman"))
    assert run(Query("compare", men, versus=women, form="polar"), T).verdict == "yes"
    assert run(Query("compare", women, versus=men, form="polar"), T).verdict == "no"
    assert run(Query("compare", BOTH, attribute="worn", form="polar"), T).verdict == "no"


def test_the_first_time_with_somebody() -> None:
    found = run(Query("when", ANA, Has("with", of=BEN), rank=Rank("time")), T)
    assert found.spans == ((10.0, 25.0),)


def test_who_both_sits_and_wears_glasses_and_who_is_there_so_long() -> None:
    assert run(Query("who", where=And((Has("posture", "sitting"), Has("worn", "glasses")))), T).names == ("Ana",)
    assert run(Query("who", number=Number("at_least", 20)), T).names == ("Ana", "#1")
    assert run(Query("who", number=Number("exactly", 1), rank=Rank("often")), T).names == ("Ben", "#1")


def test_what_is_asked_for_is_kept() -> None:
    found = run(Query("attribute", ANA, attribute="near"), T)
    assert [row.value for one in found.people for row in one.rows] == ["on a chair"]
    penny = run(Query("exists", BOTH, Has("with", of=CLEO)), T)
    assert penny.verdict == "no"
    chosen = run(Query("exists", ANA, Or((Has("beside", of=BEN), Has("beside", of=Whom(("#1",))))), form="choice"), T)
    assert [row.of for one in chosen.people for row in one.rows] == ["Ben"]


def test_there_may_be_more_and_only_women() -> None:
    found = run(Query("count"), replace(T, at_least=True))
    assert (found.number, found.at_least) == (3.0, True)
    only = Whom(such=Has("gender", "woman"), quantifier="only")
    assert run(Query("shots", only, form="polar"), T).verdict == "no"  # a man is there all the time
    alone = replace(T, rows=tuple(row for row in T.rows if row.entity != "#1"))
    assert run(Query("shots", only, form="polar"), alone).verdict == "no"  # in the second she is gone for a while
    assert run(Query("when", only), alone).spans == ((0.0, 10.0), (40.0, 60.0))
    assert verdict(Whom(such=Has("gender", "woman"), quantifier="only"), Has("posture", "standing")) == "no"


def test_wishes_and_small_talk_are_refused() -> None:
    for query in (Query("refuse", refusal="wish"), Query("refuse", refusal="small_talk")):
        assert run(query, T) == Finding(query)


@pytest.mark.parametrize(
    ("whom", "where", "expected"),
    [
        (ANA, None, "yes"), (CLEO, None, "no"), (DAN, None, "unsure"), (CLEO, Has("posture", "sitting"), "no"),
        (CLEO, Not(Has("worn", "hat")), "unknown"), (ANA, Has("worn", "jacket", "blue"), "no"),
        (BEN, Has("worn", "jacket", "blue"), "yes"), (ANA, Has("worn", "hat"), "unknown"),
        (ANA, Not(Has("posture", "sitting")), "no"), (ANA, Not(Has("posture", "lying down")), "yes"),
        (ANA, Has("left_of", of=BEN), "yes"), (BEN, Has("left_of", of=ANA), "no"), (ANA, Has("alone"), "no"),
        (Whom(unknown=("Anna",)), None, "unknown"), (Whom(("Ana", "Cleo"), "both"), None, "no"),
        (Whom(("Ana", "Cleo"), "either"), None, "yes"), (Whom(("Cleo", "Dan"), "either"), None, "unsure"),
        (NOBODY, Has("posture", "lying down"), "unknown"),
        (Whom(("Ben", "#1"), "none"), SITS, "unknown"),
        (Whom(("Ana",), "only"), Has("posture", "sitting"), "unknown"), (Whom(("Ana",), "only"), None, "no"),
        (Whom(besides=("Ana", "Ben", "#1")), None, "unsure"), (EVERYBODY, Has("place", "kitchen"), "no"),
        (EVERYBODY, Has("place", "hospital"), "yes"), (EVERYBODY, Has("thing", "dog"), "no"),
        (EVERYBODY, Has("thing", "piano"), "unknown"), (Whom(nth=1), Has("posture", "sitting"), "yes"),
        (Whom(nth=1, nth_by="near"), Has("deed", "speaking"), "yes"), (Whom(known=False), None, "yes"),
    ],
)  # fmt: skip
def test_yes_no_unsure_or_unknown(whom: Whom, where: Has | Not | None, expected: str) -> None:
    assert verdict(whom, where) == expected


def test_the_missing_are_named() -> None:
    found = run(Query("attribute", Whom(("Ana", "Cleo", "Dan"), unknown=("Anna",)), attribute="worn"), T)
    assert found.names == ("Ana",)
    gone = (Missing("Cleo", "absent"), Missing("Dan", "unsure"), Missing("Anna", "not enrolled", "Ana"))
    assert found.missing == gone


@pytest.mark.parametrize(
    ("during", "names"),
    [
        (During("while", Event(ANA, GONE)), ("#1",)), (During("before", Event(BEN)), ("Ana", "#1")),
        (During("after", Event(BEN)), ("Ana", "#1")), (During("while", Event(ANA), nth=2), ("Ana", "#1")),
        (During("since", Event(ANA), nth=2), ("Ana", "#1")), (During("until", Event(BEN)), ("Ana", "#1")),
        (During(start_s=12.0, end_s=12.0), ("Ana", "Ben", "#1")), (During(start_s=-10.0), ("Ana", "#1")),
        (During(start_s=0.5, unit="share"), ("Ana", "#1")), (During(start_s=1, unit="shot"), ("Ana", "Ben", "#1")),
        (During(start_s=-1, unit="shot"), ("Ana", "#1")), (During(start_s=26.0, end_s=30.0), ("#1",)),
    ],
)  # fmt: skip
def test_parts(during: During, names: tuple[str, ...]) -> None:
    assert run(Query("who", during=during), T).names == names


@pytest.mark.parametrize(
    ("during", "expected"),
    [
        (During("while", Event(CLEO)), "no"), (During("while", Event(DAN)), "unsure"),
        (During("while", Event(BEN, Has("deed", "waving"))), "unknown"), (During("while", Event(BEN), nth=2), "no"),
        (During(start_s=90.0), "no"), (During(start_s=3, unit="shot"), "no"), (During("before", Event(ANA)), "no"),
    ],
)  # fmt: skip
def test_parts_that_there_arent(during: During, expected: str) -> None:
    found = run(Query("exists", ANA, Has("posture", "sitting"), during=during), T)
    assert found.nothing
    assert found.verdict == expected


def test_when_something_happens_that_nobody_knows_is_not_never() -> None:
    waving = Has("deed", "waving")
    assert run(Query("who", during=During("while", Event(ANA, waving))), T).verdict == "unknown"
    nobody, both = Query("when", Whom(quantifier="none"), waving), Query("when", BOTH, Has("posture", "sitting"))
    assert say(run(nobody, T), T) == "I can't tell when nobody is waving."
    assert say(run(both, T), T) == "I can't tell when Ana and Ben are both sitting."  # of Ben no posture is known


def test_the_order_in_which_people_come_and_go() -> None:
    assert run(Query("order"), T).names == ("Ana", "#1", "Ben")
    assert run(Query("who", rank=Rank("time", -1)), T).names == ("Ben",)
    assert run(Query("who", where=GONE, rank=Rank("time")), T).names == ("Ben",)
    assert run(Query("order", ANA, versus=BEN), T).verdict == "yes"
    assert run(Query("order", BEN, GONE, versus=ANA), T).verdict == "yes"
    leaves_before = Query("order", ANA, GONE, during=During("before", Event(BEN)))
    assert run(leaves_before, T).verdict == "no"
    assert run(Query("order", ANA, versus=DAN), T).verdict == "unsure"
    assert verdict(BEN, None, rank=Rank("time", -1)) == "yes"
    assert verdict(ANA, None, rank=Rank("long")) == "no"


def test_coming_and_going_are_moments() -> None:
    assert run(Query("who", where=Has("enters")), T).names == ("Ana", "Ben")
    assert run(Query("who", where=Has("enters"), during=During("while", Event(ANA))), T).names == ("Ana", "Ben")
    assert run(Query("who", where=Has("leaves"), during=During("before", Event(ANA), nth=2)), T).names == ("Ana", "Ben")
    assert verdict(ANA, Has("posture", "sitting"), during=During("after", Event(BEN, Has("enters")))) == "yes"
    assert run(Query("how_often", ANA, Has("enters")), T).number == 1.0


def test_who_never_does_it_does_it_less() -> None:
    talks = Query("compare", ANA, Has("deed", "talking"), versus=BEN, rank=Rank("often"), form="polar")
    assert run(talks, T).verdict == "yes"
    assert run(replace(talks, whom=BEN, versus=ANA), T).verdict == "no"


def test_numbers_with_and_without_somebody_thinking_one() -> None:
    assert run(Query("how_long", BOTH), T).number == 15.0
    assert run(Query("how_long", ANA, Has("deed", "waving")), T).number is None
    assert run(Query("how_often", ANA, number=Number("more_than", 1)), T).verdict == "yes"
    assert run(Query("how_long", BEN, number=Number("more_than", 15)), T).verdict == "no"
    assert run(Query("how_long", DAN, number=Number("more_than", 15)), T).verdict == "unsure"
    assert run(Query("count", number=Number("more_than", 3)), T).verdict == "unsure"
    assert run(Query("count", where=Has("thing", "cup")), T).number == 1.0
    assert run(Query("length", number=Number("at_least", 60)), T).verdict == "yes"
    shots = run(Query("shots", BEN), T)
    assert ([row.value for row in shots.rows], shots.number) == (["1"], 1.0)


def test_attributes_of_people_and_of_the_scene() -> None:
    doing = run(Query("attribute", ANA, attribute="deed", during=During(start_s=0.0, end_s=8.0)), T)
    assert [(row.value, row.span) for row in doing.people[0].rows] == [("sitting", (0.0, 8.0)), ("talking", (5.0, 8.0))]
    assert [row.value for row in run(Query("attribute", attribute="place"), T).rows] == ["hospital room", "indoors"]
    assert [row.value for row in run(Query("attribute", attribute="thing"), T).rows] == ["cup"]
    jacket = run(Query("attribute", attribute="worn", value="jacket"), T)
    assert [(one.entity, one.rows[0].colour) for one in jacket.people] == [("Ana", "red"), ("Ben", "dark blue")]
    whole = run(Query("describe"), T)
    assert whole.names == ("Ana", "Ben", "#1")
    assert {row.attribute for row in whole.rows} == {"place", "setting", "thing"}


def test_a_second_question_and_why() -> None:
    second = Query("attribute", ANA, attribute="place")
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


def test_between_is_left_of_one_and_right_of_the_other() -> None:
    found = run(Query("who", where=Has("beside", "between", of=Whom(("Ana", "#1"), "all"))), T)
    assert (found.names, found.people[0].spans) == (("Ben",), ((10.0, 25.0),))
    assert verdict(ANA, Has("beside", "between", of=Whom(("Ben", "#1"), "all"))) == "no"


def test_who_comes_after_somebody_does_not_come_before() -> None:
    for whom, other, expected in ((BEN, ANA, "yes"), (ANA, BEN, "no")):
        asked = Query("order", whom, form="polar", during=During("after"), versus=other)
        assert run(asked, T).verdict == expected
    assert run(Query("order", during=During("after"), versus=ANA), T).names == ("Ben",)
    assert run(Query("order", during=During("after"), versus=BEN), T).names == ()
    assert run(Query("order", versus=BEN), T).names == ("#1", "Ana")


def test_values_that_exclude_each_other_may_both_hold_one_after_the_other() -> None:
    both = And((Has("posture", "sitting"), Has("posture", "standing")))
    assert run(Query("who", where=both), T).names == ("Ana",)
    assert verdict(ANA, both, throughout=True) == "no"


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


def test_after_what_goes_on_to_the_end_is_from_its_beginning_on() -> None:
    stood = During("after", Event(ANA, Has("posture", "standing")))
    assert run(Query("who", during=stood), T).names == ("Ana", "#1")


def test_so_many_people_at_once_are_timed() -> None:
    two = Query("how_long", where=Has("posture", "standing"), value="people", number=Number("at_least", 2))
    found = run(two, T)
    assert (found.number, found.spans) == (20, ((40, 60),))


def test_whoever_is_described_in_a_question_that_nothing_answers_is_known_to_the_next_one() -> None:
    asked = run(Query("refuse", Whom(such=Has("gender", "woman")), refusal="unseen"), T)
    assert [one.entity for one in asked.open] == ["Ana"]


def test_one_by_name_is_compared_with_one_by_looks() -> None:
    longest = Query("compare", Whom(such=Has("gender", "woman")), rank=Rank("long"), versus=BEN)
    assert run(longest, T).names == ("Ana",)


def test_who_is_gone_is_who_of_those_enrolled_is_not_there() -> None:
    found = run(Query("exists", where=GONE, form="polar"), T)
    assert (found.verdict, found.names) == ("yes", ("Cleo",))


def test_towards_whom_somebody_does_something_is_seldom_known() -> None:
    at_ben = Has("deed", "talking", of=BEN)
    assert verdict(ANA, at_ben) == "unknown"
    assert verdict(ANA, Has("deed", "talking", of=CLEO)) == "no"
    told = say(run(Query("exists", ANA, at_ben, form="polar"), T), T)
    assert told == "Ana is talking from 0:05 to 0:12, but I can't tell towards whom."
    looks = replace(T, rows=(*T.rows, Row("Ana", "deed", "looking down", 5, 12)))
    told = say(run(Query("exists", ANA, Has("deed", "looking at", of=BEN), form="polar"), looks), looks)
    assert told == "Ana is looking from 0:05 to 0:12, but I can't tell towards whom."
    measured = replace(T, rows=(*T.rows, Row("Ana", "deed", "waving", 11, 12, of="Ben")))
    assert run(Query("when", ANA, Has("deed", "waving", of=BEN)), measured).spans == ((11, 12),)


def test_a_hug_is_probably_given_to_whoever_is_beside() -> None:
    hugs = replace(T, rows=(*T.rows, Row("Ana", "deed", "hugging", 12, 15)))
    found = run(Query("exists", ANA, Has("deed", "hugging", of=BEN), form="polar"), hugs)
    assert (found.verdict, found.people[0].likely, found.spans) == ("yes", True, ((12, 15),))
    assert say(found, hugs) == "Probably yes: Ana is hugging Ben from 0:12 to 0:15."
    late = replace(T, rows=(*T.rows, Row("Ana", "deed", "hugging", 45, 50)))  # Ben is gone by then
    assert run(Query("exists", ANA, Has("deed", "hugging", of=BEN), form="polar"), late).verdict == "no"


def test_a_part_has_a_length() -> None:
    gone = run(Query("length", during=During("while", Event(ANA, GONE))), T)
    assert (gone.number, gone.during) == (15, ((25, 40),))
    assert say(gone, T) == "About 15 seconds pass while Ana is away, from 0:25 to 0:40."
    assert run(Query("length", during=During(start_s=5, end_s=20)), T).number == 15


def test_each_of_two_has_a_condition_of_their_own() -> None:
    both = And((Event(ANA, Has("posture", "sitting")), Event(BEN)))
    when, ever = run(Query("when", where=both), T), run(Query("exists", where=both, form="polar"), T)
    assert say(when, T) == "Ana is sitting and Ben is in this video from 0:10 to 0:25."
    assert say(ever, T) == "Yes, Ana is sitting and Ben is in this video from 0:10 to 0:25."
    cleo = run(Query("exists", where=And((Event(ANA), Event(CLEO))), form="polar"), T)
    assert (cleo.verdict, [one.name for one in cleo.missing]) == ("no", ["Cleo"])


def test_of_neither_of_two_who_are_absent_nothing_more_is_told() -> None:
    gone = tuple(Entity(name, decision="absent", probability=0.0) for name in ("Eva", "Finn"))
    timeline = replace(T, entities=(*T.entities, *gone))
    query = Query("exists", Whom(("Eva", "Finn"), "none"), form="polar")
    assert say(run(query, timeline), timeline) == "Yes, neither Eva nor Finn is in this video."

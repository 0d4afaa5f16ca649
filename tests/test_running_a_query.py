"""A query run over a timeline: against a second, plain reading second by second, and one by one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_timelines import (
    MOMENTS,
    NAMES,
    SECONDS,
    at_moment,
    conditions,
    events,
    ever_there,
    single,
    spans_of,
    there,
    timelines,
)

from pvchat.chat.english import same_colour
from pvchat.chat.query import And, Condition, During, Event, Has, Not, Number, Query, Rank, Whom, atoms
from pvchat.chat.run import run
from pvchat.chat.timeline import OF_SCENE, Timeline

MANY = settings(max_examples=60, deadline=None)
parts = st.tuples(st.integers(0, SECONDS - 1), st.integers(1, SECONDS)).filter(lambda part: part[0] < part[1])
wholes = st.just((0, SECONDS)) | parts


def inside(part: tuple[int, int]) -> list[float]:
    return [at for at in MOMENTS if part[0] < at < part[1]]


def during(part: tuple[int, int]) -> During:
    return During(start_s=float(part[0]), end_s=float(part[1]))


def plain(where: Condition, name: str, timeline: Timeline, moments: list[float]) -> str:
    """Yes, no, unsure or unknown of one person, moment by moment."""
    if name == "Dan":
        return "unsure"
    anytime = any(has.attribute == "present" for has in atoms(where))
    time = [at for at in moments if anytime or there(timeline, name, at)]
    if not time:
        if where == Not(Has("present")) and not ever_there(timeline, name):
            return "yes"
        return "unknown" if isinstance(where, Not) and not ever_there(timeline, name) else "no"
    if isinstance(where, Not):
        return {"yes": "no", "no": "yes"}.get(known := plain(where.part, name, timeline, moments), known)
    told = [at_moment(where, name, timeline, at) for at in time]
    if True in told:
        return "yes"
    enough = False in told if isinstance(where, Has) else None not in told
    return "no" if enough else "unknown"


def about_people(where: Condition) -> bool:
    return any(has.attribute not in OF_SCENE for has in atoms(where))


@MANY
@given(timelines(), conditions, st.sampled_from([*NAMES, "Dan"]), wholes)
def test_a_yes_or_no_about_one_person(timeline: Timeline, where: Condition, name: str, part: tuple[int, int]) -> None:
    if timeline.entity(name) is None:
        return
    found = run(Query("exists", Whom((name,)), where, during=during(part)), timeline)
    assert found.verdict == plain(where, name, timeline, inside(part))
    if ever_there(timeline, name):
        held = [at in inside(part) and at_moment(where, name, timeline, at) is True for at in MOMENTS]
        assert list(found.spans) == spans_of(held)


@MANY
@given(timelines(), conditions, st.sampled_from(["any", "all", "none", "both", "either"]), wholes)
def test_a_yes_or_no_about_several(
    timeline: Timeline, where: Condition, quantifier: str, part: tuple[int, int]
) -> None:
    """By name, so that each of them counts whether or not she is there."""
    whom = Whom(("Ben", "Cleo", "#1"), quantifier)  # type: ignore[arg-type]
    if any(has.attribute in ("with", "beside") and has.of is None for has in atoms(where)):
        return  # that is with each other
    told = [plain(where, name, timeline, inside(part)) for name in whom.names]
    weakest = ["yes", "unknown", "no"] if quantifier in ("all", "both") else ["no", "unknown", "yes"]
    verdict = max(told, key=weakest.index)
    verdict = {"yes": "no", "no": "yes"}.get(verdict, verdict) if quantifier == "none" else verdict
    assert run(Query("exists", whom, where, during=during(part)), timeline).verdict == verdict


@MANY
@given(timelines(), conditions.filter(about_people), conditions, wholes)
def test_who_and_how_many(timeline: Timeline, where: Condition, such: Condition, part: tuple[int, int]) -> None:
    """Of those in the part who are surely such (if nobody is: at any time) it holds, or it doesn't, or isn't known."""
    seen = [name for name in NAMES if ever_there(timeline, name)]
    for moments in (inside(part), MOMENTS):
        belongs = {name: plain(such, name, timeline, moments) for name in seen}
        if "yes" in belongs.values():
            break
    holds = {name: plain(where, name, timeline, inside(part)) for name in seen}
    if isinstance(where, Not) and isinstance(where.part, Has) and where.part.attribute != "present":  # at some time
        at_times = [n for n in seen if any(at_moment(where, n, timeline, at) is True for at in inside(part))]
        holds |= dict.fromkeys(at_times, "yes")
    yes = [name for name in seen if belongs[name] == holds[name] == "yes"]
    open_ = [n for n in seen if "no" not in (belongs[n], holds[n]) and n not in yes]
    query = Query("who", Whom(such=such), where, during=during(part))
    found = run(query, timeline)
    assert list(found.names) == yes
    assert sorted(one.entity for one in found.open) == sorted(open_)
    counted = run(Query("count", Whom(such=such), where, during=during(part)), timeline)
    assert (counted.number, counted.at_least) == (len(yes), bool(open_))
    more = run(Query("count", query.whom, where, during=during(part), number=Number("more_than", 1)), timeline)
    assert more.verdict == ("yes" if len(yes) > 1 else "unknown" if len(yes) + len(open_) > 1 else "no")


@MANY
@given(timelines(), conditions, st.sampled_from(["any", "both", "none"]), wholes)
def test_times_lengths_and_numbers(
    timeline: Timeline, where: Condition, quantifier: str, part: tuple[int, int]
) -> None:
    if any(has.attribute in ("with", "beside") and has.of is None for has in atoms(where)):
        return
    whom = Whom(("Ana", "Ben"), quantifier)  # type: ignore[arg-type]
    held = []
    for at in MOMENTS:
        told = [at_moment(where, name, timeline, at) if ever_there(timeline, name) else False for name in whom.names]
        together = {"any": True in told, "both": set(told) == {True}, "none": set(told) == {False}}[quantifier]
        held.append(together and at in inside(part))
    spans = spans_of(held)
    assert list(run(Query("when", whom, where, during=during(part)), timeline).spans) == spans
    long = run(Query("how_long", whom, where, during=during(part)), timeline)
    often = run(Query("how_often", whom, where, during=during(part)), timeline)
    assert long.number in (sum(held), None if not sum(held) else sum(held))
    assert (often.number or 0, long.number or 0) == (len(spans), sum(held))
    first = run(Query("when", whom, where, during=during(part), rank=Rank("time")), timeline)
    last = run(Query("when", whom, where, during=during(part), rank=Rank("time", -1)), timeline)
    assert [*first.spans, *last.spans] == [*spans[:1], *spans[-1:]]


@MANY
@given(timelines(), conditions.filter(about_people), st.sampled_from(["while", "before", "after", "until", "since"]))
def test_parts_by_events(timeline: Timeline, where: Condition, relation: str) -> None:
    """Who is there while, before, after … something holds of Ana."""
    event = Event(Whom(("Ana",)), where)
    held = [at_moment(where, "Ana", timeline, at) is True for at in MOMENTS]
    spans = spans_of(held)
    if isinstance(where, Not):  # who leaves was there before
        spans = [span for span in spans if span[0]] or spans
    found = run(Query("who", during=During(relation, event)), timeline)  # type: ignore[arg-type]
    left = isinstance(where, Not) and bool(spans) and spans[0][0] > 0
    edges = {  # of what goes on to the end, and of who left, "after" is from when that began
        "before": (0, spans[0][0]), "until": (0, spans[0][0]), "since": (spans[0][0], SECONDS),
        "after": (spans[-1][0] if left or spans[-1][1] == SECONDS else spans[-1][1], SECONDS),
    } if spans else {}  # fmt: skip
    moments = [at for at in MOMENTS if any(start < at < end for start, end in spans)]
    if relation != "while" and spans:
        moments = [at for at in MOMENTS if edges[relation][0] < at < edges[relation][1]]
    assert found.nothing == (not spans or not moments)
    assert list(found.names) == [n for n in NAMES if any(there(timeline, n, at) for at in moments)]


@MANY
@given(timelines(), single, single, st.sampled_from(["when", "exists", "how_long"]))
def test_a_condition_of_each_of_two(timeline: Timeline, one: Has, other: Has, select: str) -> None:
    told = [[at_moment(one, "Ana", timeline, at), at_moment(other, "Ben", timeline, at)] for at in MOMENTS]
    held = [values == [True, True] for values in told]
    both = And((Event(Whom(("Ana",)), one), Event(Whom(("Ben",)), other)))
    found = run(Query(select, where=both), timeline)  # type: ignore[arg-type]
    assert list(found.spans) == spans_of(held)
    if select == "exists" and not found.missing:
        never = all(False in values for values in told)
        assert found.verdict == ("yes" if any(held) else "no" if never else "unknown")


@MANY
@given(
    timelines(),
    conditions.filter(about_people),
    st.sampled_from(["long", "often", "time"]),
    st.sampled_from([1, 2, -1]),
)
def test_ranks(timeline: Timeline, where: Condition, by: str, k: int) -> None:
    if isinstance(where, Not) and by == "time":
        return  # that is when it ends, below
    measures = {}
    for name in (n for n in NAMES if ever_there(timeline, n)):
        if spans := spans_of([at_moment(where, name, timeline, at) is True for at in MOMENTS]):
            long = sum(end - start for start, end in spans)
            measures[name] = {"long": -long, "often": -len(spans), "time": spans[0][0]}[by]
    ordered = sorted(measures.values())
    at = k - 1 if k > 0 else k
    value = ordered[at] if -len(ordered) <= at < len(ordered) else None
    found = run(Query("who", where=where, rank=Rank(by, k)), timeline)  # type: ignore[arg-type]
    assert list(found.names) == [name for name in measures if measures[name] == value]


@MANY
@given(timelines(), conditions, st.sampled_from(NAMES), wholes, st.integers(1, 6))
def test_all_the_time_and_as_long(
    timeline: Timeline, where: Condition, name: str, part: tuple[int, int], n: int
) -> None:
    """Of the time that she is seen, where it isn't about that; a part of twelve seconds has no twentieth."""
    if not ever_there(timeline, name):
        return
    anytime = any(has.attribute == "present" for has in atoms(where))
    told = [at_moment(where, name, timeline, at) for at in inside(part) if anytime or there(timeline, name, at)]
    always = run(Query("exists", Whom((name,)), where, during=during(part), throughout=True), timeline)
    assert always.verdict == ("yes" if set(told) == {True} else "no" if False in told or not told else "unknown")
    low, high = told.count(True), len(told) - told.count(False)
    number = Number("at_least", n)
    long = run(Query("exists", Whom((name,)), where, during=during(part), number=number), timeline)
    assert long.verdict == ("yes" if low >= n else "no" if high < n else "unknown")


names = st.sampled_from(["Ana", "Ben"])
whoms = st.builds(Whom, st.lists(names, max_size=2).map(tuple), such=st.none() | conditions, nth=st.integers(-2, 2))
queries = st.builds(
    Query, st.sampled_from(["exists", "who", "order"]), whoms, st.none() | conditions | events,
    throughout=st.booleans(),
    during=st.builds(During, st.sampled_from(["", "while"]), st.none() | st.builds(Event, whoms, conditions)),
    rank=st.none() | st.builds(Rank, st.sampled_from(["long", "left"]), st.integers(-2, 2)),
    number=st.none() | st.builds(Number, st.just("exactly"), st.floats(0, 9)), versus=st.none() | whoms,
    then=st.none() | st.just(Query("who")), if_so=st.booleans(),
)  # fmt: skip


@given(queries)
def test_a_query_is_the_same_after_json(query: Query) -> None:
    assert Query.from_dict(json.loads(json.dumps(query.to_dict()))) == query


@pytest.mark.parametrize(
    "row", [{"select": "who", "until": 1}, {"is": "Whom"}, {"select": "who", "whom": {"is": "Who"}}]
)
def test_what_is_no_query_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="quer|Query"):
        Query.from_dict(row)


@MANY
@given(timelines(), queries)
def test_every_query_has_a_finding_that_is_json(timeline: Timeline, query: Query) -> None:
    found = run(query, timeline)
    assert json.loads(json.dumps(found.to_dict()))["query"] == query.to_dict()
    assert not {one.entity for one in found.people} & {one.entity for one in found.open}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("black", "dark", True), ("dark grey", "black", True), ("red", "blue", False), ("maroon", "red", True),
        (None, "green", True), ("white", "black", False), ("light blue", "blue", True), ("checked", "red", True),
        ("dark blue", "red", False), ("dark blue", "black", True), ("light green", "white", True),
    ],
)  # fmt: skip
def test_colours_that_people_would_call_the_same(one: str | None, other: str | None, same: bool) -> None:
    assert same_colour(one, other) == same == same_colour(other, one)

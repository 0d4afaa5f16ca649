"""Queries over many timelines (`chat/archive.py`): what holds in which video, surely or perhaps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_conditions import ALONE, GONE, HAT, SITS, WITH
from make_queries import ANA, BEN, BOTH, EITHER, MAN, NOBODY, polar, what

from pvchat.chat.archive import Sighted, as_strangers, find, is_backwards, over_videos, sought
from pvchat.chat.query import NEVER, And, Has, Not, Number, Query, Rank, Whom
from pvchat.chat.reader.dates import Dates
from pvchat.chat.reader.scopes import Scope
from pvchat.chat.say.archive import Asked, say_archive
from pvchat.chat.spans import Span
from pvchat.chat.timeline import ArchiveFinding, Entity, Row, Seen, Timeline, Video
from pvchat.library.asking import _any_of
from pvchat.library.rates import adjusted, base_rate


def video(
    number: int, people: dict[str, Span], *rows: Row, doubted: str = "", unsure: str = "", like: str = ""
) -> Sighted:
    """A video of ten seconds; people who aren't seen are absent; `like` is the stranger who may be her."""
    entities = [
        Entity(name, decision="unsure" if name == unsure else "present" if name in people else "absent")
        for name in ("Ana", "Ben")
    ]
    entities = [replace(one, like=like) if one.name == unsure else one for one in entities]
    entities += [Entity(name, known=False) for name in people if name.startswith("#")]
    seen = tuple(Row(name, "present", "", *span) for name, span in people.items())
    at = datetime(2026, 1, 1) + timedelta(days=number)
    timeline = Timeline(0.0, 10.0, tuple(entities), (*seen, *rows), ((0.0, 10.0),))
    return Sighted(Video(number, f"{number}.mp4", "", at, "name", 10.0), timeline, frozenset(filter(None, [doubted])))


ARCHIVE = [
    video(1, {"Ana": (0, 5)}, Row("Ana", "posture", "sitting", 0, 2)),
    video(2, {"Ana": (0, 5), "Ben": (6, 9)}, Row("Ben", "posture", "sitting", 6, 9)),
    video(3, {"Ana": (0, 5), "Ben": (3, 9)}, Row("Ana", "worn", "jacket", 0, 5, colour="red")),
    video(4, {"Ben": (1, 4), "#1": (0, 9)}),
    video(5, {"Ana": (2, 4)}, doubted="Ana"),
    video(6, {"Ben": (0, 1)}, unsure="Ana"),
    video(7, {}),
]


def test_who_is_perhaps_there_on_a_day_is_perhaps_there_on_each() -> None:
    days = find(Query("who", unit="day", throughout=True), ARCHIVE[:3], 3, ["2026-01-02", "2026-01-03", "2026-01-04"])
    assert [*days.names] == ["Ana"]
    some = [*ARCHIVE[1:3], video(4, {"Ana": (2, 4), "Ben": (1, 3)}, doubted="Ana")]
    days = find(Query("who", unit="day", throughout=True), some, 3, ["2026-01-03", "2026-01-04", "2026-01-05"])
    assert [*days.names] == ["Ben"]
    assert say_archive(days, Asked()).startswith("Ben (three videos). Perhaps Ana. That is of three videos.")


def test_of_the_last_time_that_somebody_sits_it_is_told_since_when() -> None:
    sat = say_archive(found(Query("when", ANA, SITS, rank=Rank("time", -1))), Asked())
    assert sat.endswith("(1.mp4 from 0:00 to 0:02).")
    assert say_archive(found(Query("when", ANA, rank=Rank("time", -1))), Asked()).split(". Per")[0].endswith("at 0:05)")


def test_whoever_was_taken_for_somebody_is_somebody() -> None:
    timeline = ARCHIVE[0].timeline
    unknown = as_strangers(timeline, {"Ana"})
    assert [one.name for one in unknown.entities if not one.known][-1:] == ["#Ana"]
    assert (unknown.seen("#Ana"), unknown.seen("Ana")) == (timeline.seen("Ana"), [])
    assert as_strangers(timeline, ()) is timeline


def found(query: Query) -> ArchiveFinding:
    return find(query, sorted(ARCHIVE, key=lambda one: one.video.at, reverse=is_backwards(query)), len(ARCHIVE))


def numbers(finding: ArchiveFinding) -> tuple[list[int], list[int]]:
    """The videos in which it surely, and in which it perhaps holds."""
    return [one.video.number for one in finding.sure], [one.video.number for one in finding.perhaps]


@pytest.mark.parametrize(
    ("query", "sure", "perhaps"),
    [
        (Query("when", ANA), [1, 2, 3], [5, 6]),
        (polar(), [1, 2, 3, 4, 5, 6], []),  # whoever it is, somebody is there
        (Query("when", BOTH), [2, 3], [6]), (Query("when", BOTH, WITH), [3], [6]),
        (Query("when", EITHER), [1, 2, 3, 4, 6], [5]), (Query("when", ANA, SITS), [1], []),
        (Query("when", BOTH, SITS), [], []),
        (Query("when", ANA, Not(Has("with", of=BEN))), [1], [5]),  # at no time of the video
        (Query("when", ANA, ALONE), [1], [5]), (Query("when", Whom(known=False)), [4], [5]),
        (polar(ANA), [1, 2, 3], [5, 6]), (polar(ANA, Has("worn", "jacket", "red")), [3], []),
        (Query("who"), [1, 2, 3, 4, 6], [5]),
        (Query("when", ANA, rank=Rank("time", -1)), [3], [5, 6]),
        (Query("when", ANA, rank=Rank("time")), [1], []),
        (Query("when", BEN, rank=Rank("long")), [3], []),
        (what("worn", ANA), [3], []),
    ],
)  # fmt: skip
def test_in_which_videos_it_holds(query: Query, sure: list[int], perhaps: list[int]) -> None:
    assert numbers(found(query)) == (sure, perhaps)


MAY_BE_ANA = [video(1, {"#1": (0, 9)}, unsure="Ana", like="#1"), video(2, {"Ben": (0, 5)}, unsure="Ana")]


@pytest.mark.parametrize(
    ("query", "sure", "perhaps"),
    [
        (polar(), [1, 2], []),
        (Query("when", NOBODY), [], []),
        (Query("when", Whom(known=True)), [2], [1]),
        (Query("when", Whom(known=False)), [], [1]),  # unless it is Ana
        (polar(BEN, Has("with", of=ANA)), [], [2]),
        (Query("who", where=Has("with", of=ANA)), [], [2]),
        (Query("count", unit="video", number=Number("exactly", 2)), [], [2]),
        (Query("count", unit="video", number=Number("at_least", 1)), [1, 2], []),
    ],
)
def test_whoever_a_stranger_is_somebody_is_there(query: Query, sure: list[int], perhaps: list[int]) -> None:
    assert numbers(find(query, MAY_BE_ANA, 2)) == (sure, perhaps)


def test_whoever_is_hardly_somebody_has_no_name_in_json() -> None:
    seen = Seen(ARCHIVE[0].video, names=("Ana", "#Ben", "#2"), quotes=(("#Ben", "", (1.0, 2.0), "Hello."),))
    assert seen.to_dict()["people"] == ["Ana", "#1", "#2"]
    assert seen.to_dict()["quotes"][0]["who"] == "#1"


def test_who_was_first_is_perhaps_somebody() -> None:
    first = say_archive(find(Query("who", rank=Rank("time")), MAY_BE_ANA, 2), Asked())
    assert first == "Perhaps Ana, on Friday 2 January 2026 at 00:00 (1.mp4 at 0:00)."
    known = find(Query("who", Whom(known=True), rank=Rank("time")), [MAY_BE_ANA[0], ARCHIVE[1]], 2)
    assert "; else Ana, on Saturday 3 January 2026" in say_archive(known, Asked())
    assert not find(Query("who", where=Has("with", of=ANA)), MAY_BE_ANA, 2).names


def test_nobody_is_the_third_of_two() -> None:
    third, before_last = Query("who", rank=Rank("time", 3)), Query("who", rank=Rank("time", -2))
    told = say_archive(found_in(over_videos(third), ARCHIVE[:3]), Asked())
    assert told.startswith("Nobody I know was third: Ana on Friday 2 January 2026")
    told = say_archive(found_in(over_videos(before_last), ARCHIVE[:3]), Asked())
    assert " was second to last: " in told


def test_who_was_perhaps_never_seen_is_told_so() -> None:
    never = find(Query("who", number=NEVER, rank=Rank("often")), [ARCHIVE[4], ARCHIVE[6]], 2, ["Ana", "Ben"])
    assert say_archive(never, Asked()) == "Ben was not seen in any of two videos. Of Ana I am not sure."


def test_a_second_time_that_is_only_perhaps_is_told_so() -> None:
    told = say_archive(found_in(Query("when", ANA, rank=Rank("time", 2)), [ARCHIVE[2], ARCHIVE[4]]), Asked())
    assert told.startswith("Ana was not surely seen for the second time in any of two videos. Perhaps on Tuesday 6 Jan")


def test_nobody_else_is_seen_where_one_alone_is() -> None:
    told = say_archive(found_in(Query("who", Whom(besides=("Ana",))), ARCHIVE[:1]), Asked())
    assert told == "Nobody else was seen in the one video."


def test_who_is_not_seen_is_told_where_people_are_compared() -> None:
    first = Query("compare", EITHER, form="choice", rank=Rank("time"))
    assert say_archive(found_in(first, ARCHIVE[:1]), Asked()).endswith("; of the one video. Ben was not seen.")
    assert say_archive(found_in(first, ARCHIVE[4:6]), Asked()).endswith("; of two videos. Of Ana I am not sure.")
    assert say_archive(found_in(first, ARCHIVE[6:]), Asked()) == "Neither Ana nor Ben was seen in the one video."
    sitting = say_archive(found_in(replace(first, where=SITS), ARCHIVE[:1]), Asked())
    assert sitting.endswith("I found no moment at which Ben is sitting.")


def found_in(query: Query, videos: list[Sighted]) -> ArchiveFinding:
    return find(query, videos, len(videos))


def test_videos_are_listed_as_videos() -> None:
    assert say_archive(found_in(Query("when", unit="video"), ARCHIVE), Asked()).startswith("Seven videos.\n- on Thu")
    told = say_archive(found_in(Query("when", unit="video", per="order"), ARCHIVE[5:]), Asked(" on Monday"))
    assert told.startswith("Two videos on Monday.\n- on Wednesday 7 January")


def test_videos_are_listed_by_how_many_or_how_long_they_are() -> None:
    last = Query("when", rank=Rank("time", -1), number=Number("exactly", 3), unit="video")
    assert numbers(found(last))[0] == [5, 6, 7]
    assert numbers(found(Query("length", number=Number("more_than", 10), unit="video"))) == ([], [])
    assert len(found(Query("length", number=Number("at_least", 10), unit="video")).seen) == len(ARCHIVE)


def test_numbers_and_names() -> None:
    assert found(Query("how_often", ANA)).number == 3
    assert found(Query("how_long", ANA)).number == 15
    assert found(Query("who")).names == {"Ben": 4, "Ana": 3}
    assert found(Query("count", where=WITH)).number == 2  # at the same time
    assert list(found(Query("who", rank=Rank("long"))).names) == ["Ana", "Ben"]
    assert found(Query("when", Whom(("Ana",), unknown=("Zoe",)))).strange == ("Zoe",)


def test_verdicts() -> None:
    worn = polar(ANA, HAT)
    assert (found(worn).verdict, found(worn).untold) == ("unknown", 4)
    assert found(polar(ANA)).verdict == "yes"
    only = find(polar(ANA), ARCHIVE[4:], 3)
    assert only.verdict == "unsure"
    assert find(polar(ANA), ARCHIVE[6:], 1).verdict == "no"


def test_what_no_video_tells_is_not_denied_to_whoever_asks_in_which_videos() -> None:
    worn = Query("when", where=HAT)
    assert (found(worn).seen, found(worn).untold) == ((), 6)
    man = MAN
    assert [found(Query(select, man)).untold > 0 for select in ("who", "count")] == [True, True]
    assert found(Query("when", ANA, WITH)).untold == 0


def test_a_question_about_the_last_time_ends_where_it_is_answered() -> None:
    def told() -> Iterator[Sighted]:
        yield ARCHIVE[2]
        raise AssertionError("no more is needed")

    assert numbers(find(Query("when", ANA, rank=Rank("time", -1)), told(), 7)) == ([3], [])


def test_who_is_needed() -> None:
    assert sought(Query("when", BOTH)) == ("Ana", "Ben")
    assert sought(Query("when", EITHER)) == ()
    assert sought(Query("who", where=And((Has("with", of=ANA), SITS)))) == ("Ana",)
    assert sought(Query("when", ANA, Not(Has("with", of=BEN)))) == ("Ana",)


def test_the_base_rate_is_found() -> None:
    random = np.random.default_rng(0)
    for share in (0.02, 0.3):
        there = random.random(5000) < share
        odds = np.where(there, 3.0, -3.0) + 1.5 * random.standard_normal(5000)  # log-odds that are right at even odds
        likely = np.float32(1 / (1 + np.exp(-(6 / 1.5**2) * odds)))
        assert base_rate(likely, 5000) == pytest.approx(there.mean(), rel=0.15)
        assert (adjusted(likely, base_rate(likely, 5000)) > 0.5)[there].mean() > 0.8


# -- several times and places, against every case one by one -----------------------------------------------------------

JOINTS = [("", "and"), ("", "or"), ("", "both"), ("", "but not"), ("", "and", "but not"), ("", "or", "but not")]
Made = list[tuple[set[str], set[str], set[int]]]  # of each video: who is surely in it, who perhaps, where it lies


@st.composite
def asked_at(draw: st.DrawFn) -> tuple[tuple[str, ...], Made]:
    """What stands before each of some times, and a few videos that lie in them."""
    joints = draw(st.sampled_from(JOINTS))
    people = st.sets(st.sampled_from(["Ana", "Ben"]))
    lies_in = st.sets(st.integers(0, len(joints) - 1), min_size=1)
    return joints, draw(st.lists(st.tuples(people, people, lies_in), max_size=4))


def made(joints: tuple[str, ...], videos: Made) -> list[Sighted]:
    """These videos; the times are called by their numbers."""
    found = []
    for number, (sure, perhaps, lies_in) in enumerate(videos):
        one = video(number, dict.fromkeys(sorted(sure | perhaps), (0.0, 5.0)))
        parts = [(str(at), None) for at in sorted(lies_in)]
        found.append(one._replace(doubted=frozenset(perhaps - sure), parts=parts))
    return found


def worlds(videos: Made) -> Iterator[list[set[str]]]:
    """Who is in each of the videos, for every way in which it may be."""
    doubtful = [(at, name) for at, (sure, perhaps, _) in enumerate(videos) for name in sorted(perhaps - sure)]
    for there in product([False, True], repeat=len(doubtful)):
        kept = {one for one, holds in zip(doubtful, there, strict=True) if holds}
        yield [sure | {name for name in perhaps if (at, name) in kept} for at, (sure, perhaps, _) in enumerate(videos)]


def fits(name: str, world: list[set[str]], joints: tuple[str, ...], videos: Made) -> bool:
    """Whether somebody is there at the times that are asked about, and at none that is left out."""
    there = [any(name in who and at in lies_in for who, (*_, lies_in) in zip(world, videos, strict=True))
             for at in range(len(joints))]  # fmt: skip
    wanted = [one for one, joint in zip(there, joints, strict=True) if joint != "but not"]
    left_out = [one for one, joint in zip(there, joints, strict=True) if joint == "but not"]
    return (any if "or" in joints else all)(wanted) and not any(left_out)


@given(asked_at())
@settings(deadline=None)
def test_who_is_there_at_several_times(asked: tuple[tuple[str, ...], Made]) -> None:
    joints, videos = asked
    labels = [str(at) for at in range(len(joints))]
    found = find(Query("who", unit="scope"), made(joints, videos), len(videos), labels, joints)
    ways = [{name for name in ("Ana", "Ben") if fits(name, world, joints, videos)} for world in worlds(videos)]
    assert {*found.names} <= set.intersection(*ways)
    assert set.union(*ways) <= {*found.names, *found.maybe}
    if all(len(lies_in) == 1 for *_, lies_in in videos):
        assert {*found.names} == set.intersection(*ways)
        assert {*found.maybe} == set.union(*ways) - set.intersection(*ways)


@given(asked_at())
@settings(deadline=None)
def test_whether_somebody_is_there_at_several_times(asked: tuple[tuple[str, ...], Made]) -> None:
    joints, videos = asked
    labels = [str(at) for at in range(len(joints))]
    query = polar(ANA, unit="scope")
    verdict = find(query, made(joints, videos), len(videos), labels, joints).verdict
    ways = {fits("Ana", world, joints, videos) for world in worlds(videos)}
    assert ways == {True} if verdict == "yes" else ways == {False} if verdict == "no" else verdict == "unsure"
    if all(len(lies_in) == 1 for *_, lies_in in videos):
        assert (verdict == "unsure") == (len(ways) == 2)


@given(asked_at())
@settings(deadline=None)
def test_a_video_that_lies_in_two_times_counts_once(asked: tuple[tuple[str, ...], Made]) -> None:
    joints, videos = asked
    sighted = made(joints, videos)
    number = {query: find(Query(query, ANA), sighted, len(videos)).number for query in ("how_often", "how_long")}
    sure = sum("Ana" in who for who, *_ in videos)
    assert number == {"how_often": sure, "how_long": 5.0 * sure}
    assert find(Query("who"), sighted, len(videos)).names.get("Ana", 0) == sure
    most = sum("Ana" in who | perhaps for who, perhaps, _ in videos)
    assert len(find(Query("when", ANA), sighted, len(videos)).seen) == most


NOON = datetime(2026, 11, 29, 12)
HOURS = st.none() | st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda one: one[0] != one[1]).map(
    lambda one: (time(one[0]), time(one[1]))
)
TIMES = st.builds(
    Dates,
    since=st.none() | st.integers(-200, 0).map(lambda hours: NOON + timedelta(hours=hours)),
    until=st.none() | st.integers(-200, 0).map(lambda hours: NOON + timedelta(hours=hours)),
    hours=HOURS,
    weekdays=st.sets(st.integers(0, 6), max_size=3).map(lambda days: tuple(sorted(days))),
)
SCOPES = st.builds(Scope, st.none() | TIMES, st.sampled_from(["", "hall", "garden"]))


def lies_in(at: datetime, place: str, scope: Scope) -> bool:
    """Whether a moment at a place is of a time and place."""
    dates, wanted = scope.dates or Dates(), scope.place in ("", place)
    late = dates.hours is not None and dates.hours[1] <= dates.hours[0]
    inside = (dates.since is None or dates.since <= at) and (dates.until is None or at < dates.until)
    if dates.hours is not None:
        start, end = dates.hours
        inside = inside and (at.time() >= start or at.time() < end if late else start <= at.time() < end)
    if dates.weekdays:
        day = at - timedelta(hours=dates.hours[1].hour if dates.hours and late else 0)
        inside = inside and day.weekday() in dates.weekdays
    return wanted and inside and not any(lies_in(at, place, one) for one in scope.besides)


@given(st.lists(SCOPES, min_size=1, max_size=2), st.booleans(), st.data())
@settings(deadline=None)
def test_clips_are_picked_by_time_and_place(scopes: list[Scope], others: bool, data: st.DataObject) -> None:
    """Clips of half a minute that begin a quarter of a minute after a full hour or half past: none lies on an edge."""
    clips = data.draw(st.lists(st.tuples(st.integers(-450, 20), st.sampled_from(["hall", "garden"])), max_size=8))
    tables = sqlite3.connect(":memory:")
    tables.executescript(
        "CREATE TABLE clips(id, timeline, recorded, seconds, dated_by); CREATE TABLE sources(id, place);"
        "CREATE TABLE files(clip, source); INSERT INTO sources VALUES (1, 'hall'), (2, 'garden')"
    )
    for number, (halves, place) in enumerate(clips):
        at = NOON + timedelta(minutes=30 * halves, seconds=15)
        tables.execute("INSERT INTO clips VALUES (?, 1, ?, 30, 'file')", (number, at.isoformat()))
        tables.execute("INSERT INTO files VALUES (?, ?)", (number, 1 + (place == "garden")))
    if others:
        scopes = [Scope(None, scopes[0].place, "but not", tuple(scopes))]
    where, values = _any_of(scopes)
    words = "SELECT c.id FROM clips AS c JOIN files AS f ON f.clip = c.id JOIN sources AS s ON s.id = f.source WHERE "
    found = {number for (number,) in tables.execute(words + where, values)}
    moments = [(NOON + timedelta(minutes=30 * halves, seconds=20), place) for halves, place in clips]
    assert found == {
        number for number, (at, place) in enumerate(moments) if any(lies_in(at, place, one) for one in scopes)
    }


MAYBE_HERE = video(1, {"Ana": (0, 9), "Ben": (0, 5)}, doubted="Ana")


def test_who_is_only_perhaps_there_is_told_so() -> None:
    first = say_archive(find(Query("who", rank=Rank("time")), [MAYBE_HERE], 1), Asked())
    assert first.startswith("Ben and perhaps Ana, on Friday 2 January 2026"), first
    last = say_archive(find(Query("who", where=GONE, rank=Rank("time", -1)), [MAYBE_HERE], 1), Asked())
    assert last.startswith("Perhaps Ana, on Friday 2 January 2026"), last
    query = Query("who", number=Number("exactly", 0))
    never = say_archive(find(query, [MAYBE_HERE], 1, ["Ana", "Ben"]), Asked())
    assert never == "Perhaps Ana: everybody else I know was seen at least once in the one video."


def test_where_somebody_is_only_perhaps_is_told_apart() -> None:
    videos = made(("", "or"), [({"Ana"}, set(), {0}), (set(), {"Ana"}, {1})])
    query = polar(ANA, unit="scope")
    told = say_archive(find(query, videos, 2, ["0", "1", "2"], ("", "or", "or")), Asked())
    assert told.startswith("Yes. Ana: 0 (one video). Not 2. Perhaps not 1. That is of two videos."), told


def test_never_of_times_that_each_have_her() -> None:
    videos = made(("", "or"), [({"Ana"}, set(), {0}), ({"Ana"}, set(), {1})])
    query = Query("when", ANA, unit="scope", number=Number("exactly", 0))
    told = say_archive(find(query, videos, 2, ["0", "1"], ("", "or")), Asked())
    assert told == "Ana was seen each time. That is of two videos."


def test_who_came_last_is_told_by_the_last_time_of_each() -> None:
    visits = [video(1, {"Ana": (0, 5)}), video(2, {"Ben": (0, 5)}), video(3, {"Ana": (0, 5)})]
    last = Query("compare", Whom(("Ana", "Ben")), rank=Rank("time", -1))
    assert list(find(last, visits, 3).names) == ["Ana", "Ben"]

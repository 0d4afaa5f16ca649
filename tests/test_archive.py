"""Queries over many timelines (`chat/archive.py`): what holds in which video, surely or perhaps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pytest

from pvchat.chat.archive import Sighted, adjusted, base_rate, find, is_backwards, sought
from pvchat.chat.archive_finding import ArchiveFinding, Video
from pvchat.chat.query import And, Has, Not, Query, Rank, Whom
from pvchat.chat.say.archive import Asked, say_archive
from pvchat.chat.spans import Span
from pvchat.chat.timeline import Entity, Row, Timeline

ANA, BOTH, EITHER = Whom(("Ana",)), Whom(("Ana", "Ben"), "both"), Whom(("Ana", "Ben"), "either")
WITH = Has("with")


def video(number: int, people: dict[str, Span], *rows: Row, doubted: str = "", unsure: str = "") -> Sighted:
    """A video of ten seconds; people who aren't seen are absent."""
    entities = [
        Entity(name, decision="unsure" if name == unsure else "present" if name in people else "absent")
        for name in ("Ana", "Ben")
    ]
    entities += [Entity(name, known=False) for name in people if name.startswith("#")]
    seen = tuple(Row(name, "present", "", *span) for name, span in people.items())
    at = datetime(2026, 1, 1) + timedelta(days=number)
    timeline = Timeline(0.0, 10.0, tuple(entities), (*seen, *rows), ((0.0, 10.0),))
    return Video(number, f"{number}.mp4", "", at, "name", 10.0), timeline, frozenset(filter(None, [doubted])), None


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
    days = find(Query("who", value="day", throughout=True), ARCHIVE[:3], 3, ["2026-01-02", "2026-01-03", "2026-01-04"])
    assert [*days.names] == ["Ana"]
    some = [*ARCHIVE[1:3], video(4, {"Ana": (2, 4), "Ben": (1, 3)}, doubted="Ana")]
    days = find(Query("who", value="day", throughout=True), some, 3, ["2026-01-03", "2026-01-04", "2026-01-05"])
    assert [*days.names] == ["Ben"]
    assert say_archive(days, Asked()).startswith("Ben (three videos). Perhaps Ana. That is of three videos.")


def found(query: Query) -> ArchiveFinding:
    return find(query, sorted(ARCHIVE, key=lambda one: one[0].at, reverse=is_backwards(query)), len(ARCHIVE))


def numbers(finding: ArchiveFinding) -> tuple[list[int], list[int]]:
    """The videos in which it surely, and in which it perhaps holds."""
    return [one.video.number for one in finding.sure], [one.video.number for one in finding.perhaps]


@pytest.mark.parametrize(
    ("query", "sure", "perhaps"),
    [
        (Query("when", ANA), [1, 2, 3], [5, 6]),
        (Query("when", BOTH), [2, 3], [6]),
        (Query("when", BOTH, WITH), [3], [6]),
        (Query("when", EITHER), [1, 2, 3, 4, 6], [5]),
        (Query("when", ANA, Has("posture", "sitting")), [1], []),
        (Query("when", BOTH, Has("posture", "sitting")), [], []),
        (Query("when", ANA, Not(Has("with", of=Whom(("Ben",))))), [1, 2, 3], [5, 6]),
        (Query("when", ANA, Has("alone")), [1, 2, 3], [5, 6]),
        (Query("when", Whom(known=False)), [4], []),
        (Query("exists", ANA, form="polar"), [1, 2, 3], [5, 6]),
        (Query("exists", ANA, Has("worn", "jacket", "red"), form="polar"), [3], []),
        (Query("who"), [1, 2, 3, 4, 6], [5]),
        (Query("when", ANA, rank=Rank("time", -1)), [3], [5, 6]),
        (Query("when", ANA, rank=Rank("time")), [1], []),
        (Query("when", Whom(("Ben",)), rank=Rank("long")), [3], []),
        (Query("attribute", ANA, attribute="worn"), [3], []),
    ],
)
def test_in_which_videos_it_holds(query: Query, sure: list[int], perhaps: list[int]) -> None:
    assert numbers(found(query)) == (sure, perhaps)


def test_numbers_and_names() -> None:
    assert found(Query("how_often", ANA)).number == 3
    assert found(Query("how_long", ANA)).number == 15
    assert found(Query("who")).names == {"Ben": 4, "Ana": 3}
    assert found(Query("count", where=WITH)).number == 2  # at the same time
    assert list(found(Query("who", rank=Rank("long"))).names) == ["Ana", "Ben"]
    assert found(Query("when", Whom(("Ana",), unknown=("Zoe",)))).strange == ("Zoe",)


def test_verdicts() -> None:
    worn = Query("exists", ANA, Has("worn", "hat"), form="polar")
    assert (found(worn).verdict, found(worn).untold) == ("unknown", 4)
    assert found(Query("exists", ANA, form="polar")).verdict == "yes"
    only = find(Query("exists", ANA, form="polar"), ARCHIVE[4:], 3)
    assert only.verdict == "unsure"
    assert find(Query("exists", ANA, form="polar"), ARCHIVE[6:], 1).verdict == "no"


def test_a_question_about_the_last_time_ends_where_it_is_answered() -> None:
    def told() -> Iterator[Sighted]:
        yield ARCHIVE[2]
        raise AssertionError("no more is needed")

    assert numbers(find(Query("when", ANA, rank=Rank("time", -1)), told(), 7)) == ([3], [])


def test_who_is_needed() -> None:
    assert sought(Query("when", BOTH)) == ("Ana", "Ben")
    assert sought(Query("when", EITHER)) == ()
    assert sought(Query("who", where=And((Has("with", of=ANA), Has("posture", "sitting"))))) == ("Ana",)
    assert sought(Query("when", ANA, Not(Has("with", of=Whom(("Ben",)))))) == ("Ana",)


def test_the_base_rate_is_found() -> None:
    random = np.random.default_rng(0)
    for share in (0.02, 0.3):
        there = random.random(5000) < share
        odds = np.where(there, 3.0, -3.0) + 1.5 * random.standard_normal(5000)  # log-odds that are right at even odds
        likely = np.float32(1 / (1 + np.exp(-(6 / 1.5**2) * odds)))
        assert base_rate(likely, 5000) == pytest.approx(there.mean(), abs=0.01)
        assert (adjusted(likely, base_rate(likely, 5000)) > 0.5)[there].mean() > 0.8

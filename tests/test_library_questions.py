"""Questions about a library of made timelines: read, looked up in every video, and what is found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from make_library import Videos, made_library

from pvchat.chat.timeline import ArchiveFinding
from pvchat.library import Library
from pvchat.library.asking import _Search
from pvchat.library.titles import shelves_of
from pvchat.storage.library import connect

pytestmark = pytest.mark.weights
NOW = datetime(2026, 11, 29, 10, 30)  # a Sunday


def person(name: str, *seen: tuple[float, float], **rows: str) -> dict[str, Any]:
    """Somebody with what holds of her all the time that she is seen."""
    told, gender = [], {"Ana": "woman", "Ben": "man"}.get(name)
    for attribute, value in (({"gender": gender} if gender else {}) | rows).items():
        colour, _, plain = value.rpartition(" ")
        told.append({"attribute": attribute, "value": plain, "colour": colour} if attribute == "worn"
                    else {"attribute": attribute, "value": value})  # fmt: skip
    return {"name": name, "seen": seen, "enrolled": not name.startswith("#"), "rows": told}


def video(*people: dict[str, Any]) -> dict[str, Any]:
    """A minute of them."""
    return {"seconds": 60, "people": list(people)}


VIDEOS = [  # by number
    ("kitchen", "2026-11-16T09:10:00", video(person("Ana", (0, 30)))),
    ("kitchen", "2026-11-23T09:30:00", video(person("Ana", (5, 25), posture="sitting"), person("Ben", (15, 60)))),
    ("garden", "2026-11-23T14:00:00", video(person("Ben", (0, 20), (40, 60)))),
    ("kitchen", "2026-11-24T10:00:00", video(person("Ana", (0, 60), worn="red jacket"), person("#1", (10, 20)))),
    ("hall", "2026-11-27T08:00:00", video(person("Ben", (10, 40), deed="smiling"))),
    ("kitchen", "2026-11-27T18:15:00", video(person("Ana", (0, 20)), person("Ben", (30, 60)))),
    ("garden", "2026-11-28T22:30:00", video(person("#1", (0, 60), deed="falling"))),
    ("hall", "2026-11-29T02:00:00", video(person("Ben", (0, 15)))),
    ("kitchen", "2026-11-29T08:05:00", video(person("Ana", (20, 60), worn="blue jacket"), person("Ben", (0, 10)))),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Made once: nothing changes it."""
    with made_library(tmp_path_factory.mktemp("library"), VIDEOS) as made:
        yield made


def sheet() -> Iterator[Any]:
    """The cases of `library_questions.txt`: a library, a question with those before it, and what it must give."""
    library = ""
    for line in Path(__file__).with_name("library_questions.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            library = line.strip("[]")
        elif line and not line.startswith("#"):
            text, _, expected = line.partition(" {")
            yield pytest.param(library, text, json.loads("{" + expected), id=text)


def values_of(found: ArchiveFinding) -> dict[str, Any]:
    """The values of a finding: verdict, number, names in order, the videos in order."""
    values = {
        "verdict": found.verdict, "number": found.number, "names": list(found.names), "each": found.names,
        "groups": found.groups, "videos": [one.video.number for one in found.seen], "tells": not found.untold,
        "looked_at": found.looked_at, "select": found.query.select,
    }  # fmt: skip
    return values if found.then is None else {**values, "then": values_of(found.then)}


def misses(expected: dict[str, Any], answer: str, values: dict[str, Any]) -> list[str]:
    """What is expected of an answer, or of the values of its finding, and isn't so."""
    words = {"is": str.__eq__, "begins": str.startswith, "ends": str.endswith, "has": str.__contains__,
             "lacks": lambda answer, word: word not in answer}  # fmt: skip
    missed = []
    for name, wanted in expected.items():
        if name in words:
            holds = all(words[name](answer, one) for one in ([wanted] if isinstance(wanted, str) else wanted))
        elif name == "then":
            holds = not misses(wanted, answer, values["then"])
        else:
            holds = values[name] == wanted
        missed += [] if holds else [name]
    return missed


@pytest.mark.parametrize(("made", "text", "expected"), sheet())
def test_what_is_found_and_told(made: str, text: str, expected: dict[str, Any], request: Any) -> None:
    *before, question = text.split(" → ")
    answered = request.getfixturevalue(made).ask(question, before, now=NOW)
    values = {**values_of(answered.finding), "place": answered.place}
    assert not misses(expected, answered.answer, values), (answered.answer, values, answered.finding.query)


def test_who_stays_before_a_camera_came_once(tmp_path: Path) -> None:
    """Its clips last a minute at most."""
    stays = [
        ("hall", f"2026-11-29T08:{minute:02}:00", video(person("Ana", (0, 20), (22, 60)))) for minute in (5, 6, 7, 30)
    ]
    days = [("shed", "2026-11-29", video(person("Ben", (0, 60)))) for _ in range(2)]  # nobody knows at which hour
    with made_library(tmp_path, [*stays, *days]) as library:
        told = library.ask("How often was Ana here today?", now=NOW)
        assert (told.finding.number, told.finding.times) == (4, 2)
        assert "in four videos, of six videos today, twice in all." in told.answer
        assert library.ask("How often was Ben here today?", now=NOW).finding.times == 2


def test_of_a_long_video_the_time_that_is_meant_is_looked_at_and_told(tmp_path: Path) -> None:
    looked = []

    def look(path: str, question: str, *, between: tuple[float, float]) -> SimpleNamespace:
        looked.append(between)
        return SimpleNamespace(answer="Ben walks.")

    with made_library(tmp_path, VIDEOS[2:3]) as made, made._open() as tables:  # Ben, at 0:00 and again at 0:40
        tables.execute("UPDATE clips SET long = 1")
        made.chat.ask = look  # type: ignore[method-assign, assignment]
        asked = [made.ask(f"What was Ben doing {when}?", now=NOW).answer
                 for when in ("when he was last seen", "when he was first seen")]  # fmt: skip
    assert looked == [(40.0, 60.0), (0.0, 20.0)]
    assert [one.split("(")[1] for one in asked] == ["1.mp4 at 0:40): Ben walks.", "1.mp4 at 0:00): Ben walks."]


def test_visits_are_told_in_order(library: Library) -> None:
    lines = library.ask("Ben's visits on Friday in order", now=NOW).answer.splitlines()[1:]
    assert ["08:00" in lines[0], "18:15" in lines[1]] == [True, True]


def test_what_is_like_the_name_of_a_place_is_none(tmp_path: Path) -> None:
    with made_library(tmp_path, [("front door", "2026-11-28T22:30:00", video(person("#1", (0, 60))))]) as made:
        assert made.ask("Was anybody at the door?", now=NOW).answer.startswith("Yes, somebody is in the one video at")
        assert made.ask("Was anybody at the back door?", now=NOW).answer.startswith("I know no place")


def test_questions_before_are_only_answered_where_one_asks_whom_they_found(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = list[str](), _Search.answer
    monkeypatch.setattr(_Search, "answer", lambda search: asked.append(search.asked.text) or answer(search))
    turns = ["Who was in the hall on Friday?", "Who was in the garden on Monday?"]
    library.ask("Was Ana here on Friday?", turns, now=NOW)
    assert len(asked) == 1
    assert library.ask("How long was he there?", turns, now=NOW).answer.startswith("Ben")
    assert len(asked) == 3


def test_two_places_and_a_second_question(library: Library) -> None:
    both = library.ask("Was Ben in the garden or in the hall?", ["Was Ben in the kitchen?"], now=NOW).answer
    assert library.ask("And in the garden or in the hall?", ["Was Ben in the kitchen?"], now=NOW).answer == both
    twice = library.ask("Was Ben in the kitchen or in the hall, and how often was Ana here?", now=NOW).answer
    assert twice.count("Ana:") == 1
    assert "Ana: in five videos, of nine videos." in twice


def test_who_does_so_as_often_has_the_same_place(library: Library) -> None:
    most = library.ask("Which day had the most people?", now=NOW).answer.split("\n")
    assert " and on Sunday 29 November 2026 (two people each), then on Monday 16 November 2026 and on" in most[0]
    assert len(most) == 1 + 6  # the videos of those days that had most


@contextmanager
def filed(folder: Path, files: Sequence[str], videos: Videos) -> Iterator[Library]:
    """A library of files below one folder, /shelf, that has no place."""
    with made_library(folder, videos) as made:
        with made._open() as tables:
            tables.execute("UPDATE sources SET place = '' WHERE place = 'shelf'")
            for number, file in enumerate(files, 1):
                tables.execute("UPDATE files SET path = ? WHERE clip = ?", (f"/shelf/{file}", number))
        yield made


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Videos in folders."""
    files = ("Ward 3/round.mp4", "Ward 3/dressing_change.mp4", "Films/Big Bang/sofa.mp4", "new/red/2026/in.mp4",
             "Ana's party! (old)/S01E02 - The Cake.mp4", "Look!/hall.mp4")  # fmt: skip
    shown = [video(person("Ana", (0, 30))), video(person("Ben", (0, 30))), video(person("Ana", (0, 9)))] * 2
    videos = [("shelf", f"2026-11-2{at}T09:10:00", one) for at, one in enumerate(shown)]
    with filed(tmp_path_factory.mktemp("shelves"), files, videos) as made:
        yield made


@pytest.fixture(scope="module")
def seasons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Episodes of two shows, of which only the days are known, and of Christmas and Easter."""
    files = ("Heroes/Season 01/Heroes.S01E01.mkv", "Heroes/Season 01/Heroes.S01E02.mkv",
             "Heroes/Season 02/Heroes.S02E01.mkv", "The Club (2007)/Series 1/The Club 1x01.avi",
             "tapes/tape_04.avi", "tapes/b.avi", "tapes/c.avi")  # fmt: skip
    days = ("2012-04-25", "2012-05-02", "2013-04-24", "2007-09-24", "2024-12-25", "2025-12-26", "2026-04-05T10:00:00")
    ana, ben, both = video(person("Ana", (0, 30))), video(person("Ben", (0, 20))), [person("Ben", (0, 20))]
    shown = [ana, video(*both, person("Ana", (30, 39))), video(*both, person("Ana", (9, 39))), ben, ana, ana, ben]
    videos = [("shelf", day, one) for day, one in zip(days, shown, strict=True)]
    with filed(tmp_path_factory.mktemp("seasons"), files, videos) as made:
        yield made


def test_names_are_gone_through_once_for_each_state(shelves: Library) -> None:
    with closing(connect(shelves.root)) as tables:
        kept = shelves_of(tables)
        assert shelves_of(tables) is kept
        tables.execute("UPDATE files SET path = replace(path, '.mp4', '.mkv')")
        assert shelves_of(tables) is not kept
        tables.execute("UPDATE files SET path = replace(path, '.mkv', '.mp4')")


def test_of_two_copies_the_one_that_is_there_is_named(tmp_path: Path) -> None:
    with made_library(tmp_path, [("hall", "2026-11-23T09:10:00", video(person("Ana", (0, 30))))]) as made:
        with made._open() as tables:
            here = tmp_path / "videos/1.mp4"
            here.touch()
            source = tables.execute("SELECT id FROM sources WHERE path = ?", (str(here.parent),)).fetchone()[0]
            tables.execute("INSERT INTO files VALUES (?, ?, 1, 1, 1, '')", (str(here), source))
            tables.execute("UPDATE files SET path = '/a/1.mp4' WHERE source <> ?", (source,))
        (one,) = made.ask("Where is Ana?", now=NOW).finding.seen
        assert one.video.path == made.file_of(1) == str(here)


def test_what_is_only_perhaps_is_said_of_days_and_of_who_is_compared(tmp_path: Path) -> None:
    unsure = {**person("Ben", (0, 30)), "decision": "unsure"}
    shown = [video(unsure), video(person("#1", (0, 30))), video(person("Ana", (0, 30)))]
    videos = [("hall", f"2026-11-2{3 + at}T09:10:00", one) for at, one in enumerate(shown)]
    with made_library(tmp_path, videos) as made:
        assert "Ben: on one day, perhaps: on" in made.ask("On how many days was Ben seen?").answer
        compared = made.ask("Who was seen in more videos on Monday, Ana or Ben?", now=NOW).answer
        assert compared.startswith("I am not sure: perhaps Ben in one video; of the one video on Monday. Ana was not")
        strange = made.ask("On which days was Ana not seen?").answer
        assert "on Tuesday 24 November 2026 somebody unrecognised was seen, perhaps Ana." in strange
        assert made.ask("When was Anna last seen?").answer == "Anna is not enrolled; did you mean Ana?"


def test_a_place_with_a_number_is_told_without_an_article(tmp_path: Path) -> None:
    with made_library(tmp_path, [("ward 3", "2026-11-24T09:10:00", video(person("Ana", (0, 30))))]) as made:
        assert made.ask("Where was Ana?").answer.startswith("Ana: on ward 3 (one video).")


def test_a_video_of_which_only_the_day_is_known_is_of_no_hour(tmp_path: Path) -> None:
    shown = [("hall", at, video(person("Ana", (0, 30)))) for at in ("2026-11-23T21:10:00", "2026-11-24")]
    with made_library(tmp_path, shown) as made:
        assert "last seen on Tuesday 24 November 2026, in the hall" in made.ask("When was Ana last seen?").answer
        assert [one.video.number for one in made.ask("Was Ana seen at night?", now=NOW).finding.seen] == [1]
        assert [one.video.number for one in made.ask("Was Ana seen on 24 November?", now=NOW).finding.seen] == [2]

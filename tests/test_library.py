"""A library of made-up clips: what is kept of them, who is found in it, what is answered, what forgetting leaves."""

from __future__ import annotations

import json
import os
import shutil
import stat
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from make_studio import ANA, BEN, Studio
from sqlcipher3 import dbapi2

from pvchat import PVChat
from pvchat.library import Library
from pvchat.library.rates import adjusted, base_rate
from pvchat.people.parts import MOST_ROWS
from pvchat.people.person import Person
from pvchat.storage import conversion, keys
from pvchat.storage.library import LibraryError, empty_log, read_through, transaction
from pvchat.storage.stores import library_of
from pvchat.video import content_key

CARL = 3
NOW = datetime(2026, 11, 29, 10, 30)  # a Sunday


@pytest.fixture
def kitchen(studio: Studio, chat: PVChat, tmp_path: Path) -> Library:
    """Two folders of dated clips: the kitchen and the garden."""
    for place, name, people in (
        ("kitchen", "2026-11-24 09.15.00", (ANA,)), ("kitchen", "2026-11-28 18.00.00", (ANA, BEN)),
        ("kitchen", "2026-11-29 08.05.00", (BEN, CARL)), ("garden", "2026-11-26 12.00.00", (BEN,)),
        ("garden", "2026-11-27 12.30.00", (CARL,)),
    ):  # fmt: skip
        (tmp_path / place).mkdir(exist_ok=True)
        studio.clip(f"{place}/{name}", *people)
    library = chat.library
    library.add([tmp_path / "kitchen"], place="kitchen")
    library.add([tmp_path / "garden"], place="garden")
    assert library.scan().added == 5
    return library


def rows(library: Library) -> dict[str, list[tuple]]:
    """Everything that the tables hold, but for numbers that only count."""
    with library._open() as tables:
        return {
            name: sorted(map(repr, tables.execute(f"SELECT * FROM {name}")))
            for (name,) in tables.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%seq%'"
            )
        }


QUESTIONS = {
    "When was Ana last seen?": "Ana was last seen on Saturday 28 November 2026 at 18:00, in the kitchen",
    "When was Ana first seen?": "Ana was first seen on Tuesday 24 November 2026 at 09:15, in the kitchen",
    "Was Ana seen in the garden?": "No. Ana was not seen in any of two videos in the garden",
    "Who was in the kitchen this morning?": "Ben (one video). Somebody I don't know is in one video.",
    "How often was Ben here this week?": "Ben: in three videos, of five videos this week",
    "In which videos are Ana and Ben together?": "Ana and Ben are seen together in one of five videos",
    "In which videos is Ana alone?": "Ana is alone in one of five videos",
    "Was Ana seen without Ben?": "Yes",
    "Was Ben seen since yesterday?": "Yes",
    "When was Ana last seen with Ben?": "Ana is seen with Ben: last on Saturday 28 November 2026",
    "Where was Ana last seen?": "Ana is in the kitchen, on the left, next to Ben.",
    "What was Ana wearing when she was last seen with Ben?": "red jacket",
    "What did Ana wear on Tuesday?": "On Tuesday 24 November 2026 at 09:15, in the kitchen",
    "Show me Ben talking": "Ben is talking in three of five videos",
    "When was Dora last seen?": "Dora is not enrolled",
    "Was Ana there in May?": "There is no video in May",
    "Was Ana seen with a hat?": "I can't tell whether Ana is wearing a hat in any of five videos.",
    "When did Ana leave?": "Ana was last seen on Saturday 28 November 2026",
    "Who was seen most often?": "Ben (three videos), of five videos.",
    "How many people were there?": "Two whom I know (Ben and Ana) and at least one whom I don't know, in five videos.",
    "Was anybody unknown seen?": "Yes, somebody I don't know is in two of five videos.",
    "Who else was there when Ana was last seen?": "in the kitchen (2026-11-28 18.00.00.mp4 at 0:00): Ben.",
    "Who was Ana with when she was last seen?": "in the kitchen (2026-11-28 18.00.00.mp4 at 0:00): Ben.",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions(kitchen: Library, question: str) -> None:
    assert QUESTIONS[question] in kitchen.ask(question, now=NOW).answer


def test_rows_are_private(kitchen: Library) -> None:
    path = library_of(kitchen.root)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with kitchen._open():
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob("library.db*")} == {0o600}


def test_who_is_enrolled_later_is_found_without_footage(kitchen: Library, studio: Studio, chat: PVChat) -> None:
    chat.enroll(studio.clip("carl", CARL), "Carl")
    looked = list(studio.analysed)
    assert "2026-11-29 08.05.00" in kitchen.ask("When was Carl last seen?").answer
    assert "Carl (two videos)" in kitchen.ask("Who was seen?").answer
    assert studio.analysed == looked


def test_clips_are_recognised_anew_where_a_decision_changes(kitchen: Library, studio: Studio, chat: PVChat) -> None:
    chat.enroll(studio.clip("carl", CARL), "Carl")
    assert kitchen.follow() == 2
    assert "Carl (two videos)" in kitchen.ask("Who was seen?").answer


def test_corrections_and_other_names_are_followed(kitchen: Library, chat: PVChat, tmp_path: Path) -> None:
    chat.people.rename("Ben", "Benno")
    assert "Benno (three videos)" in kitchen.ask("Who was seen?").answer
    chat.correct("Benno", tmp_path / "garden" / "2026-11-26 12.00.00.mp4", is_her=False)
    assert "Benno was not seen" in kitchen.ask("Was Benno in the garden?").answer


def test_who_is_looked_at_goes_by_her_number(kitchen: Library, studio: Studio, chat: PVChat, tmp_path: Path) -> None:
    path = studio.clip("garden/2026-11-28 10.00.00", ANA, BEN)
    for track, way in zip(studio.known[content_key(path)].tracks, ("right", "left"), strict=True):
        track.facts.gestures = [f"looking to the {way}"]
    kitchen.scan()
    assert "garden" in kitchen.ask("In which videos is Ana looking at Ben?").answer
    chat.people.rename("Ben", "Benno")
    assert "garden" in kitchen.ask("In which videos is Ana looking at Benno?").answer
    chat.forget("Benno")
    with kitchen._open() as tables:
        assert not [row for row in tables.execute("SELECT * FROM facts") if {"Ben", "Benno"} & set(row)]


def test_two_who_are_merged_are_one_in_it(kitchen: Library, studio: Studio, chat: PVChat) -> None:
    chat.enroll(studio.clip("carl", CARL), "Carl")
    kitchen.follow()
    chat.merge("Ben", "Carl")
    assert "Ben (four videos)" in kitchen.ask("Who was seen?").answer


def test_a_merge_takes_no_track_though_there_is_no_room_for_her_looks(
    kitchen: Library, studio: Studio, chat: PVChat
) -> None:
    def filled(ben: Person) -> Person:
        return replace(ben, arrays={**ben.arrays, "prototypes": np.resize(ben.arrays["prototypes"], (MOST_ROWS, 128))})

    chat.enroll(studio.clip("carl", CARL), "Carl")
    chat.people.revise("Ben", filled)
    kitchen.follow()
    before = kitchen.status().tracks
    chat.merge("Ben", "Carl")
    assert kitchen.status().tracks == before
    assert "Somebody I don't know is in two videos" in kitchen.ask("Who was seen?").answer


def test_whoever_is_forgotten_or_merged_is_so_though_the_library_cant_be_written(
    kitchen: Library, studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        tried.append(chat.people.names())
        raise LibraryError("another process writes to it.")

    tried: list[list[str]] = []
    chat.enroll(studio.clip("carl", CARL), "Carl")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("pvchat.library.library.follow_decisions", busy)
        assert chat.merge("Ben", "Carl").aliases == ["Carl"]
        assert tried == []  # every page would wait
        chat.forget("Ana")
    assert tried == [["Ben"]]
    assert "Ben (four videos)" in kitchen.ask("Who was seen?").answer


def test_forgetting_leaves_no_vector_of_her(kitchen: Library, chat: PVChat) -> None:
    with kitchen._open() as tables:
        words = "SELECT id FROM people ORDER BY id LIMIT 1"
        hers = tables.execute(
            "SELECT t.identity, t.id FROM tracks AS t, appearances AS a, json_each(a.tracks) AS each "
            f"WHERE a.who = ({words}) AND t.id = each.value"
        ).fetchall()
        odds = [row[0] for row in tables.execute(f"SELECT odds FROM odds WHERE who = ({words})")]
        ref = chat.people.get("Ana").id
    assert len(hers) == 2
    assert len(odds) == 1
    chat.people.forget("Ana")
    left = b"".join(path.read_bytes() for path in library_of(kitchen.root).parent.iterdir())
    for identity, _ in hers:
        for at in range(0, len(identity), 256):
            assert identity[at : at + 256] not in left
    assert ref.encode() not in left
    assert odds[0][:32] not in left  # her first tracks'
    assert kitchen.ask("When was Ana last seen?").answer == "Ana is not enrolled; I know Ben."
    assert "Ben (three videos)" in kitchen.ask("Who was seen?").answer


def test_who_is_forgotten_before_the_library_knew_her_is_no_stranger_in_it(
    kitchen: Library, studio: Studio, chat: PVChat
) -> None:
    chat.enroll(studio.clip("carl", CARL), "Carl")
    chat.forget("Carl")
    assert "I don't know" not in kitchen.ask("Who was seen?").answer
    assert kitchen.status().tracks == 5  # of seven


def test_forgetting_her_who_was_enrolled_twice_leaves_her_other_name_what_was_seen(
    kitchen: Library, studio: Studio, chat: PVChat
) -> None:
    before = kitchen.ask("How often was Ana seen?").answer
    again = chat.enroll(studio.clip("again", ANA), "Anita")  # another clip: vectors of its own
    noise = np.random.default_rng(0).standard_normal(again.arrays["prototypes"].shape) / 100
    other = {**again.arrays, "prototypes": np.float32(again.arrays["prototypes"] + noise)}
    chat.people.revise("Anita", lambda person: replace(person, arrays=other))
    kitchen.events.add("Anita is seen")
    kitchen.follow()
    assert chat.forget("Anita") == "Ana"
    assert kitchen.ask("How often was Ana seen?").answer == before
    assert chat.forget("Ana") == ""
    assert kitchen.events.rules() == []


def test_a_library_of_another_version_is_refused(kitchen: Library) -> None:
    with kitchen._open() as tables:
        tables.execute("PRAGMA user_version = 99")
    with pytest.raises(LibraryError, match="a later version"):
        kitchen.status()


def test_who_looks_like_her_by_chance_is_only_perhaps_there() -> None:
    likely = np.float32([0.93, 0.99, 0.99999])
    assert (adjusted(likely, base_rate(likely, 4)) > 0.8).all()
    few = adjusted(likely, base_rate(likely, 10_000))
    assert few[0] < 0.1 < 0.9 < few[2]


def test_who_looks_like_her_and_comes_often_is_not_taken_for_her() -> None:
    likely = np.float32([0.93] * 50 + [0.99])
    told = adjusted(likely, base_rate(likely, 1000))
    assert told[0] < 0.3 < 0.8 < told[-1]


def test_json_names_each_video_with_its_seconds(kitchen: Library) -> None:
    row = kitchen.ask("In which videos is Ana?", now=NOW).to_dict()
    assert (row["videos"], row["surely"], row["perhaps"]) == (5, 2, 0)
    assert [Path(clip["path"]).name for clip in row["clips"]] == ["2026-11-24 09.15.00.mp4", "2026-11-28 18.00.00.mp4"]
    assert row["clips"][0]["spans"] == [[0.0, 2.0]]
    assert row["clips"][0]["place"] == "kitchen"
    assert row["clips"][0]["first_at"] == "2026-11-24T09:15:00"
    json.dumps(row)


def test_another_process_that_writes_is_waited_for_and_told(kitchen: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pvchat.storage.library.WAIT_S", 0.1)
    with kitchen._open() as other:
        other.execute("BEGIN IMMEDIATE")
        assert kitchen.ask("Was Ana seen?", now=NOW).finding.verdict == "yes"  # readers don't wait
        with pytest.raises(LibraryError, match="can't be changed"):
            kitchen.remove(kitchen.status().sources[0].path)


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_where_it_may_not_be_written_it_is_asked_and_what_must_write_is_refused(
    kitchen: Library, studio: Studio, chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, is_encrypted: bool,
) -> None:  # fmt: skip
    if is_encrypted:
        monkeypatch.setenv("PVCHAT_KEY", "a long enough passphrase")
        keys.create("a long enough passphrase")
        conversion.encrypt(lambda *_: None)
    answer = kitchen.ask("When was Ana last seen?", now=NOW).answer
    chat.enroll(studio.clip("carl", CARL), "Carl")  # whom the library doesn't know yet
    studio.clip("kitchen/2026-11-30 08.00.00", ANA)
    folder, access = library_of(kitchen.root).parent, os.access
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    monkeypatch.setattr(os, "access", lambda path, mode, **_: not mode & os.W_OK and access(path, mode))
    assert kitchen.ask("When was Ana last seen?", now=NOW).answer == answer
    assert kitchen.ask("How many videos is Carl in?", now=NOW).finding.number == 2
    assert (kitchen.status().clips, kitchen.status().waiting) == (5, 1)
    assert len(kitchen.inbox.strangers()) == 0
    assert kitchen.events.rules() == []
    assert caplog.text.count("it can be asked, and nothing is stored") == 1
    garden = tmp_path / "garden"
    for change in (kitchen.scan, lambda: kitchen.add([garden], "yard"), lambda: kitchen.remove(garden)):
        with pytest.raises(LibraryError, match="can't be changed: its folder may not be written") as error:
            change()
        assert "copy the whole home" in error.value.hint
    monkeypatch.setattr("pvchat.library.library.shutil.rmtree", lambda *_, **__: None)
    with pytest.raises(LibraryError, match="not all of the library could be deleted"):
        kitchen.erase()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_full_disk_is_told_and_loses_nothing(kitchen: Library) -> None:
    before = rows(kitchen)
    with kitchen._open() as tables:
        tables.execute(f"PRAGMA max_page_count = {tables.execute('PRAGMA page_count').fetchone()[0]}")
        with pytest.raises(LibraryError, match="disk is full") as error, transaction(tables):
            tables.execute("CREATE TABLE large AS SELECT zeroblob(1000000) AS bytes")
        assert not tables.in_transaction
    assert "Make room" in error.value.hint
    assert rows(kitchen) == before


def test_a_row_that_does_not_fit_is_no_damage_and_pages_that_cannot_be_read_are(kitchen: Library) -> None:
    with kitchen._open() as tables:
        with pytest.raises(dbapi2.IntegrityError), transaction(tables):
            tables.execute("INSERT INTO files SELECT * FROM files")
        with pytest.raises(LibraryError, match="can't be changed") as error, transaction(tables):
            raise dbapi2.DatabaseError("database disk image is malformed")
        assert not tables.in_transaction
    assert error.value.hint.startswith("Delete that folder")
    assert Path(error.value.subject) == library_of(kitchen.root).parent


def test_a_damaged_row_is_told_with_what_to_do(kitchen: Library) -> None:
    with kitchen._open() as tables:
        tables.execute("UPDATE clips SET timeline = x'00'")
    with pytest.raises(LibraryError, match="can't be read .a row of its tables is damaged") as error:
        kitchen.ask("What is Ana wearing?", now=NOW)
    assert (error.value.subject, error.value.hint[:18]) == (str(library_of(kitchen.root).parent), "Delete that folder")


@pytest.mark.parametrize("table", ["clips", "tracks", "sources"])
def test_a_byte_that_the_disk_changed_in_a_row_is_found(kitchen: Library, table: str) -> None:
    """SQLite's own quick check, and a scan, see nothing of it."""
    path, column = library_of(kitchen.root), {"clips": "timeline", "tracks": "facts", "sources": "path"}[table]
    with kitchen._open() as tables:
        empty_log(tables)
        value = tables.execute(f"SELECT CAST({column} AS BLOB) FROM {table} LIMIT 1").fetchone()[0]
    read_through(kitchen.root)
    data = bytearray(path.read_bytes())
    data[data.index(value) + len(value) - 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(LibraryError, match="damaged") as error:
        read_through(kitchen.root)
    assert error.value.hint.startswith("Delete that folder")


def test_a_damaged_page_is_told_with_what_to_do(kitchen: Library) -> None:
    path = library_of(kitchen.root)
    with kitchen._open() as tables:
        empty_log(tables)
        words = "SELECT rootpage, name FROM sqlite_master WHERE name IN ('facts', 'appearances')"
        pages = [page for page, _ in tables.execute(words)]
    data = bytearray(path.read_bytes())
    for page in pages:
        data[4096 * (page - 1) : 4096 * page] = b"\xaa" * 4096
    path.write_bytes(data)
    with pytest.raises(LibraryError, match="can't be read .*malformed") as error:
        kitchen.ask("What is Ana wearing?", now=NOW)
    assert error.value.hint.startswith("Delete that folder")


@pytest.mark.parametrize(("error", "hint"), [("OperationalError", "Make room"), ("DatabaseError", "Delete that")])
def test_only_a_damaged_library_is_to_be_deleted(
    kitchen: Library, monkeypatch: pytest.MonkeyPatch, error: str, hint: str
) -> None:
    def fail(*_: object) -> None:
        raise getattr(dbapi2, error)("disk I/O error")

    monkeypatch.setattr("pvchat.storage.database.open_file", fail)
    with pytest.raises(LibraryError, match="can't be read") as found:
        kitchen.status()
    assert hint in found.value.hint
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))  # its log's index can't be made
    with pytest.raises(LibraryError, match="disk is full" if error == "OperationalError" else "can't be read"):
        kitchen.status()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**9))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(LibraryError, match="may not be written" if error == "OperationalError" else "can't be read"):
        kitchen.status()

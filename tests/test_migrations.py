"""Libraries that earlier versions made are brought to today's tables with all of their rows, or left as they were."""

# ruff: noqa: F811 (`kitchen` is another file's)

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_people import posix
from test_backup import changed, listed, listed_library, manifest_with
from test_library import NOW, kitchen, rows  # noqa: F401
from test_library_encrypted import betrayed, encrypted

from pvchat import PVChat
from pvchat.errors import PVChatError
from pvchat.library import Library
from pvchat.library.records import BODIES, frames_of
from pvchat.schemas import LOOKS
from pvchat.storage import database, keys, migrations
from pvchat.storage import library as storage
from pvchat.storage.backup import backup, restore
from pvchat.storage.library import LibraryError
from pvchat.storage.packing import inflated
from pvchat.storage.stores import library_of

OLD = Path(__file__).with_name("old_tables")
BEFORE = migrations.OLDEST
QUESTIONS = ("When was Ana last seen?", "How often was Ben here this week?", "Was anybody unknown seen?")
TABLES = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
OBJECTS = "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"


def make_old(library: Library) -> list[str]:
    """Put a library's rows into the tables of the oldest version, in its place; answers from before."""
    answers = [library.ask(question, now=NOW).answer for question in QUESTIONS]
    path, key = library_of(library.root), storage._library_key(keys.current())
    with library._open() as tables:
        storage.empty_log(tables)
    old = path.with_name("old.db")
    with closing(database._connected(old, key, 1)) as made:
        for statement in migrations.statements((OLD / f"{BEFORE}.sql").read_text()):
            made.execute(statement)
        made.execute("ATTACH ? AS today KEY ?", (str(path), "" if key is None else f"x'{key.hex()}'"))
        for (name,) in made.execute(TABLES).fetchall():
            mine, theirs = (
                [row[1] for row in made.execute(f'PRAGMA {place}.table_info("{name}")')] for place in ("main", "today")
            )
            columns = ", ".join(f'"{column}"' for column in mine if column in theirs)
            made.execute(f'INSERT INTO main."{name}"({columns}) SELECT {columns} FROM today."{name}"')
        made.execute("UPDATE people SET ref = (SELECT version FROM today.people AS p WHERE p.id = main.people.id)")
        made.create_function("inflated", 1, inflated)
        made.create_function("exact", 1, lambda frame: frames_of(frame).tobytes())
        made.execute("UPDATE tracks SET looks = inflated(looks) WHERE looks <> x''")
        made.execute("UPDATE clips SET frame = exact(frame)")
        made.execute(f"PRAGMA user_version = {BEFORE}")
    os.replace(old, path)
    return answers


def frames_in(tables: sqlite3.Connection) -> Any:
    """Mean frames of all clips, in order."""
    return frames_of(b"".join(frame for (frame,) in tables.execute("SELECT frame FROM clips ORDER BY id")))


def version_of(library: Library) -> int:
    """As it lies there."""
    key = storage._library_key(keys.current())
    with closing(database._connected(library_of(library.root), key, 1)) as found:
        return int(found.execute("PRAGMA user_version").fetchone()[0])


def answers_of(library: Library) -> list[str]:
    return [library.ask(question, now=NOW).answer for question in QUESTIONS]


def shape(library: Library) -> tuple[list[Any], dict[str, list[Any]]]:
    """All objects, and the columns of each table: name, type, whether it may be NULL, place in the key."""
    with library._open() as tables:
        objects = tables.execute(OBJECTS).fetchall()
        columns = {
            name: sorted((row[1], row[2], row[3], row[5]) for row in tables.execute(f'PRAGMA table_info("{name}")'))
            for kind, name, _ in objects
            if kind == "table"
        }
        assert tables.execute("PRAGMA foreign_key_check").fetchall() == []
        assert tables.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    return objects, columns


def test_it_answers_as_before_and_is_told_of_once(kitchen: Library, caplog: pytest.LogCaptureFixture) -> None:
    now = shape(kitchen)
    tracks = "SELECT id, clip, number, masked, covered, facts, identity, looks FROM tracks"
    with kitchen._open() as tables:
        looks = BODIES.packed(np.random.default_rng(0).random((1, LOOKS)).astype(np.float16))
        tables.execute("UPDATE tracks SET looks = ? WHERE number = 0", (looks,))
        kept, frames = tables.execute(tracks).fetchall(), frames_in(tables)
    answers = make_old(kitchen)
    assert version_of(kitchen) == BEFORE
    with caplog.at_level(logging.WARNING, "pvchat"):
        assert answers_of(kitchen) == answers
    told = [record.getMessage() for record in caplog.records if "brought" in record.getMessage()]
    assert told == [f"the library was brought from version {BEFORE} to {migrations.NEWEST}"]
    assert shape(kitchen) == now
    with kitchen._open() as tables:
        assert tables.execute(tracks).fetchall() == kept
        assert np.allclose(frames_in(tables), frames, rtol=2e-3)
    kitchen.chat.people.forget("Ana")
    assert kitchen.ask(QUESTIONS[0], now=NOW).answer == "Ana is not enrolled; I know Ben."


def test_a_step_that_fails_leaves_the_file_as_it_was(kitchen: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = make_old(kitchen)
    with monkeypatch.context() as patch:
        last = migrations.STEPS[migrations.NEWEST]
        patch.setitem(migrations.STEPS, migrations.NEWEST, f"{last}\nINSERT INTO nowhere VALUES (1);")
        for _ in range(2):
            with pytest.raises(LibraryError, match=f"from version {BEFORE} to {migrations.NEWEST} .*nowhere"):
                answers_of(kitchen)
            assert version_of(kitchen) == BEFORE
    assert answers_of(kitchen) == answers


@pytest.mark.parametrize(
    ("limit", "why"), [("max_page_count = 1", "disk is full"), ("query_only = ON", "readonly database")]
)
def test_a_full_or_read_only_disk_loses_nothing(
    kitchen: Library, monkeypatch: pytest.MonkeyPatch, limit: str, why: str
) -> None:
    answers, opened = make_old(kitchen), database.open_file

    def limited(*args: Any) -> Any:
        made = opened(*args)
        assert made is not None
        made.execute("PRAGMA journal_mode = WAL")
        made.execute(f"PRAGMA {limit}")
        return made

    large = "\nCREATE TABLE large(rows BLOB);\nINSERT INTO large VALUES (zeroblob(100000));\nDROP TABLE large;"
    with monkeypatch.context() as patch:
        patch.setattr(database, "open_file", limited)
        patch.setitem(migrations.STEPS, migrations.NEWEST, migrations.STEPS[migrations.NEWEST] + large)
        with pytest.raises(LibraryError, match=f"can't be brought from version.*{why}") as error:
            kitchen.status()
    assert error.value.hint.startswith("Nothing is lost. Make room")
    assert version_of(kitchen) == BEFORE
    assert answers_of(kitchen) == answers


def open_and_die(people: Path, left: int) -> None:
    """Open a library, and die by SIGKILL when so many statements were executed."""
    statements = migrations.statements

    def mortal(script: str) -> Iterator[str]:
        nonlocal left
        for statement in statements(script):
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            yield statement

    migrations.statements = mortal
    storage.connect(people).close()


@posix
def test_killed_anywhere_it_is_whole(kitchen: Library) -> None:
    answers = make_old(kitchen)
    for left in (1, 4, 7, 11, 30):
        child = multiprocessing.get_context("fork").Process(target=open_and_die, args=(kitchen.root, left))
        child.start()
        child.join(60)
        assert (child.exitcode, version_of(kitchen)) == (-signal.SIGKILL, BEFORE)
    assert answers_of(kitchen) == answers


def test_of_several_that_open_it_at_once_one_does_it(kitchen: Library, caplog: pytest.LogCaptureFixture) -> None:
    make_old(kitchen)
    clips, gate = list[int](), threading.Barrier(6)

    def look() -> None:
        gate.wait()
        with kitchen._open() as tables:
            clips.append(tables.execute("SELECT count(people.version) FROM clips, people").fetchone()[0])

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clips == [10] * 6
    assert len([record for record in caplog.records if "brought" in record.getMessage()]) == 1


def test_one_of_an_encrypted_home_stays_encrypted(kitchen: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "COST", 16)
    encrypted(kitchen, monkeypatch)
    answers = make_old(kitchen)
    assert answers_of(kitchen) == answers
    assert betrayed(kitchen) == []
    make_old(kitchen)
    from pvchat.storage import conversion

    conversion.decrypt()  # as it is
    assert (version_of(kitchen), betrayed(kitchen)[0]) == (BEFORE, b"SQLite format 3")
    assert answers_of(kitchen) == answers


def test_a_later_or_much_earlier_one_is_refused_with_what_to_do(kitchen: Library) -> None:
    before = rows(kitchen)
    newest, oldest = migrations.NEWEST, migrations.OLDEST
    for version, what, hint in ((newest + 1, "a later", "Update PVChat"), (oldest - 1, "too early a", "add your")):
        with closing(database._connected(library_of(kitchen.root), None, 1)) as tables:
            tables.execute(f"PRAGMA user_version = {version}")
        with pytest.raises(LibraryError, match=what) as error:
            kitchen.status()
        assert hint in error.value.hint
    with closing(database._connected(library_of(kitchen.root), None, 1)) as tables:
        tables.execute(f"PRAGMA user_version = {newest}")
    assert rows(kitchen) == before


def test_a_backup_of_an_earlier_one_is_put_back(
    kitchen: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = backup(tmp_path / "today.pvbackup")
    answers = make_old(kitchen)
    path = changed(path, listed("library/library.db", library_of(kitchen.root).read_bytes()))
    monkeypatch.setenv("PVCHAT_HOME", str(tmp_path / "new"))
    restore(path)
    found = PVChat(kitchen.chat.settings).library
    assert version_of(found) == BEFORE
    assert answers_of(found) == answers
    assert version_of(found) == migrations.NEWEST


@pytest.mark.parametrize(
    ("change", "which", "then"),
    [
        (listed_library(99), "a later version", "Update PVChat"),
        (manifest_with("format", 4), "another version", "Update PVChat"),
        (manifest_with("format", 2), "another version", "restore it with that version"),
    ],
)
def test_a_backup_of_another_version_says_so(
    kitchen: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any, which: str, then: str
) -> None:
    path, _ = backup(tmp_path / "today.pvbackup")
    monkeypatch.setenv("PVCHAT_HOME", str(tmp_path / "new"))
    with pytest.raises(PVChatError, match=which) as error:
        restore(changed(path, change))
    assert then in error.value.hint
    assert not (tmp_path / "new" / "people").exists()

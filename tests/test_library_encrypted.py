"""A library in an encrypted home: nothing of it can be read without the key, and converting it loses nothing."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from datetime import datetime
from pathlib import Path

import pytest
from make_mortal import DISK, die_before_call
from make_people import posix
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.errors import LockedError
from pvchat.library import Library
from pvchat.storage import conversion, database, keys
from pvchat.storage import library as storage
from pvchat.storage.library import LibraryError
from pvchat.storage.stores import library_of

KEY = "correct horse battery"
NOW = datetime(2026, 11, 29, 10, 30)
WHEN, SEEN = "When was Ana last seen?", "Saturday 28 November 2026 at 18:00, in the larder"
PLAIN = b"SQLite format 3"
TRACES = (PLAIN, b"larder", b"2026-11-28", b"CREATE TABLE", b"jacket")


@pytest.fixture
def larder(studio: Studio, chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A library of two clips in a home that is plain; the key is known."""
    monkeypatch.setattr(keys, "COST", 16)
    (tmp_path / "larder").mkdir()
    studio.clip("larder/2026-11-24 09.15.00", ANA)
    studio.clip("larder/2026-11-28 18.00.00", ANA, BEN)
    chat.library.add([tmp_path / "larder"], place="larder")
    assert chat.library.scan().added == 2
    return chat.library


def on_disk(library: Library) -> bytes:
    """All that lies beside the library: its file, its log, drafts."""
    return b"".join(path.read_bytes() for path in sorted(library_of(library.root).parent.iterdir()))


def betrayed(library: Library) -> list[bytes]:
    return [trace for trace in TRACES if trace in on_disk(library)]


def encrypted(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    keys.create(KEY)
    conversion.encrypt()


def test_there_and_back(
    larder: Library, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert {PLAIN, b"larder", b"2026-11-28"} <= {*betrayed(larder)}  # the search does find what is plain
    encrypted(larder, monkeypatch)
    assert betrayed(larder) == []
    assert SEEN in larder.ask(WHEN, now=NOW).answer
    studio.clip("larder/2026-11-29 08.05.00", BEN)
    with larder._open() as reading:  # its log stays on the disk meanwhile
        reading.execute("SELECT count(*) FROM clips").fetchone()
        assert larder.scan().added == 1
        assert library_of(larder.root).with_suffix(".db-wal").stat().st_size > 10_000
        assert betrayed(larder) == []
    conversion.decrypt()
    assert "CORE" not in capfd.readouterr().err  # SQLCipher has lines of its own about what is of another key
    monkeypatch.delenv("PVCHAT_KEY")
    assert library_of(larder.root).read_bytes().startswith(PLAIN)
    assert "Ben: in two videos, of three videos" in larder.ask("How often was Ben seen?", now=NOW).answer
    assert larder.status().clips == 3


def test_a_new_one_in_an_encrypted_home_is_encrypted_at_once(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "COST", 16)
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    library = PVChat().library
    library.add([studio.clip("2026-11-28 18.00.00", ANA)], place="larder")
    library.scan()
    assert keys.exists()
    assert betrayed(library) == []


def test_forgetting_leaves_nothing_in_it(larder: Library, chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> None:
    encrypted(larder, monkeypatch)
    before = library_of(larder.root).stat().st_size
    library_of(larder.root).with_suffix(".draft").write_bytes(b"of a conversion that was killed")
    chat.people.forget("Ana")
    assert larder.ask(WHEN, now=NOW).answer == "Ana is not enrolled; I know Ben."
    with larder._open() as tables:
        assert tables.execute("SELECT count(*) FROM tracks").fetchone() == (1,)
    assert library_of(larder.root).stat().st_size <= before
    assert not library_of(larder.root).with_suffix(".draft").exists()


def test_without_the_key_nothing_is_read_or_replaced(larder: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = library_of(larder.root).read_bytes()
    encrypted(larder, monkeypatch)
    sealed = on_disk(larder)
    for key, why in (("", "there is no key"), ("incorrect horse battery", "not the key")):
        monkeypatch.setenv("PVCHAT_KEY", key)
        with pytest.raises(LockedError, match=why):
            larder.status()
    assert on_disk(larder) == sealed
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    row = keys.path().read_bytes()
    keys.path().unlink()
    monkeypatch.delenv("PVCHAT_KEY")
    with pytest.raises(LockedError, match="key file is gone"):
        larder.status()
    keys.path().write_bytes(row)
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    library_of(larder.root).write_bytes(plain)  # planted by somebody who has the disk
    with pytest.raises(LockedError, match="hadn't the key"):
        larder.status()


def test_a_damaged_page_is_told(larder: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    encrypted(larder, monkeypatch)
    path = library_of(larder.root)
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)
    with pytest.raises(LibraryError, match="damaged"):
        larder.status()


def test_it_isnt_converted_under_somebody(larder: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "WAIT_S", 0.2)
    with larder._open() as reading:
        assert reading.execute("SELECT count(*) FROM clips").fetchone() == (2,)
        with pytest.raises(LockedError, match="another process uses it"):
            encrypted(larder, monkeypatch)
    assert SEEN in larder.ask(WHEN, now=NOW).answer  # as it was, in a home that is half encrypted
    conversion.encrypt()
    assert betrayed(larder) == []


def convert_and_die(step: str, calls: int, instructions: int) -> None:
    """Convert, but die by SIGKILL before a call to the disk, or after so many steps of SQLite's machine."""
    hold = database._lock_exclusively

    def holding(source, wait_s: float) -> None:
        hold(source, wait_s)
        source.set_progress_handler(lambda: os.kill(os.getpid(), signal.SIGKILL), instructions)

    if instructions:
        database._lock_exclusively = holding
    else:
        die_before_call(calls, DISK)
    getattr(conversion, step)()


@posix
@pytest.mark.parametrize("step", ["encrypt", "decrypt"])
def test_killed_anywhere_it_goes_on(
    larder: Library, pvchat_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    keys.create(KEY)
    if step == "decrypt":
        conversion.encrypt()
    others = {path.name for path in library_of(larder.root).parent.iterdir()}
    deaths = [(calls, 0) for calls in range(0, 60, 6)] + [(0, count) for count in (10, 400, 3000)]
    died = 0
    for number, (calls, instructions) in enumerate(deaths):
        place = tmp_path / f"home{number}"
        shutil.copytree(pvchat_home, place)
        monkeypatch.setenv("PVCHAT_HOME", str(place))
        child = multiprocessing.get_context("fork").Process(target=convert_and_die, args=(step, calls, instructions))
        child.start()
        child.join(120)
        died += child.exitcode == -signal.SIGKILL
        assert child.exitcode in (0, -signal.SIGKILL)
        found = Library(larder.chat)
        found.root = place / "people"
        assert found.status().clips == 2
        if keys.exists():
            getattr(conversion, step)()
        assert found.status().clips == 2
        assert bool(betrayed(found)) == (step == "decrypt")
        assert {path.name for path in library_of(found.root).parent.iterdir()} <= others | {"library.lock"}
    assert died > 4

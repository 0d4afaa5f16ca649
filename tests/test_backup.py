"""Backup and restore: the same answers in an empty home, nothing half done, nothing from a file that lies."""

from __future__ import annotations

import errno
import io
import json
import multiprocessing
import signal
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from make_analysis import make_analysis
from make_mortal import DISK, die_before_call
from make_people import posix
from make_studio import ANA, BEN, Studio
from sqlcipher3 import dbapi2

from pvchat import PVChat
from pvchat.cli import main as cli
from pvchat.errors import DiskFullError, LockedError
from pvchat.people.store import PeopleStore
from pvchat.storage import conversion, keys, library, tokens
from pvchat.storage.backup import BackupError, backup, restore
from pvchat.storage.clips import ClipCache

KEY, OTHER = "correct horse battery", "another horse battery"
NOW = datetime(2026, 11, 29, 10, 30)
QUESTIONS = ("When was Ana last seen?", "How often was Benno seen?", "What was Ana wearing when she was last seen?")


@pytest.fixture
def known(studio: Studio, chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answers of a home with two people, a correction, another name and a library."""
    monkeypatch.setattr(keys, "COST", 16)
    (tmp_path / "larder").mkdir()
    studio.clip("larder/2026-11-24 09.15.00", ANA)
    clip = studio.clip("larder/2026-11-28 18.00.00", ANA, BEN)
    chat.people.rename("Ben", "Benno")
    chat.library.add([tmp_path / "larder"], place="larder")
    chat.library.scan()
    chat.correct("Benno", clip, is_her=False)
    tokens.create("kept", ["read"])
    return answers()


def answers() -> list[str]:
    library = PVChat().library
    return [library.ask(question, now=NOW).answer for question in QUESTIONS]


def empty_home(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PVCHAT_HOME", str(place))
    return place


@pytest.mark.parametrize("encrypted", [False, True])
def test_the_same_answers_in_an_empty_home(
    known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encrypted: bool
) -> None:
    assert "Ana was last seen on Saturday" in known[0]
    if encrypted:
        encrypt(monkeypatch)
    path, made = backup(tmp_path)
    assert (path.parent, path.stat().st_mode & 0o777, made.people) == (tmp_path, 0o600, 2)
    assert (b"Benno" in path.read_bytes()) is (b"larder" in path.read_bytes()) is not encrypted
    home = empty_home(tmp_path / "new", monkeypatch)
    restore(path)
    assert answers() == known
    assert [e.correction.her for e in corrections()] == [False]
    whole = b"".join(one.read_bytes() for one in home.rglob("*") if one.is_file())
    assert (b"Benno" in whole) is (b"larder" in whole) is not encrypted


def encrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    keys.create(KEY)
    conversion.encrypt()


def corrections() -> list[Any]:
    from pvchat.people.corrections import examples_of

    return examples_of(PeopleStore().get("Benno"))


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("zipfile.ZipFile.writestr", OSError(errno.ENOSPC, "No space left on device")),
        ("pvchat.storage.library.export", dbapi2.OperationalError("database or disk is full")),
    ],
)
def test_a_full_disk_is_told(
    known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, error: Exception
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(what, full)
    with pytest.raises(DiskFullError, match="the disk is full"):
        backup(tmp_path)
    assert list(tmp_path.glob("*.pvbackup")) == []


def test_of_a_home_that_is_being_encrypted(known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain and sealed files lie side by side then, in a backup that would be taken for sealed."""
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    keys.create(KEY)
    PeopleStore().alias("Ana", "Annie")
    with pytest.raises(BackupError, match="only in part"):
        backup(tmp_path)
    assert [*tmp_path.glob("*.pvbackup")] == []
    assert conversion.encrypt() > 0
    path, _ = backup(tmp_path)
    empty_home(tmp_path / "new", monkeypatch)
    restore(path)
    assert answers() == known


def test_of_a_home_that_is_encrypted_meanwhile(
    known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export(*args: Any) -> None:
        whole(*args)
        encrypt(monkeypatch)

    whole = library.export
    monkeypatch.setattr(library, "export", export)
    with pytest.raises(BackupError, match="just encrypted"):
        backup(tmp_path)
    assert [*tmp_path.glob("*.pvbackup")] == []


def test_nothing_of_the_home_before_stays(chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Library and tokens go, though the backup has none; what was analysed goes where it would lie in the open."""
    monkeypatch.setattr(keys, "COST", 16)
    encrypt(monkeypatch)
    path, _ = backup(tmp_path)
    home = empty_home(tmp_path / "new", monkeypatch)
    monkeypatch.delenv("PVCHAT_KEY")
    tokens.create("another home's", ["read"])
    library.connect(home / "people").close()
    ClipCache().save(make_analysis(key="c" * 64), "1")
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    restore(path)
    assert tokens.tokens() == []
    assert not library.exists(home / "people")
    assert not ClipCache().has("c" * 64)


def test_a_plain_backup_in_a_home_that_is_encrypted_from_the_first_file_on(
    known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = backup(tmp_path)
    empty_home(tmp_path / "new", monkeypatch)
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    restore(path)
    assert answers() == known


def test_forgotten_people_are_in_no_later_backup(known: list[str], tmp_path: Path) -> None:
    person = PeopleStore().get("Ana")
    vector = person.arrays["prototypes"][0].tobytes()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before, _ = backup(tmp_path / "a")
    PVChat().forget("Ana")
    after, _ = backup(tmp_path / "b")
    for trace in (vector, person.id.encode(), b"Ana"):
        assert trace in before.read_bytes()
        assert trace not in after.read_bytes()


def test_people_who_are_here_are_kept(
    known: list[str], studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = backup(tmp_path / "one.pvbackup")
    with pytest.raises(BackupError, match="is there already"):
        backup(path)
    with pytest.raises(BackupError, match="its folder doesn't exist"):
        backup(tmp_path / "nowhere" / "one.pvbackup")
    with pytest.raises(BackupError, match="people in this home already"):
        restore(path)
    assert answers() == known
    empty_home(tmp_path / "new", monkeypatch)
    tokens.create("another home's", ["read"])
    restore(path)
    assert answers() == known
    assert PeopleStore().names() == ["Ana", "Benno"]
    assert [one.name for one in tokens.tokens()] == ["kept"]


def changed(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    change(members)
    made = path.with_name("changed.pvbackup")
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made


def listed(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    import hashlib

    def change(members: dict[str, bytes]) -> None:
        row = json.loads(members["manifest.json"])
        row["files"][name] = hashlib.sha256(data).hexdigest()
        members |= {name: data, "manifest.json": json.dumps(row).encode()}

    return change


def manifest_with(field: str, value: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | {field: value}).encode()

    return change


def listed_library(version: int) -> Callable[[dict[str, bytes]], None]:
    """The library says that it is of this version (SQLite's file format: `user_version`, bytes 60 to 63)."""

    def change(members: dict[str, bytes]) -> None:
        data = bytearray(members["library/library.db"])
        data[60:64] = version.to_bytes(4, "big")
        listed("library/library.db", bytes(data))(members)

    return change


def flip(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        (found,) = [one for one in sorted(members) if one.endswith(name)][:1]
        members[found] = members[found][:-1] + bytes([members[found][-1] ^ 1])

    return change


LIES = {
    "a byte of the library": flip("library.db"), "a byte of a person": flip("person.safetensors"),
    "a file that isn't listed": lambda members: members.update({"people/x": b""}),
    "a path that leaves": listed("../../evil", b"x"), "an absolute path": listed("/etc/evil", b"x"),
    "a path within": listed("people/../../evil", b"x"), "another file of the home": listed("weights/x", b"{}"),
    "a digit of another script": listed(f"people/{'0' * 32}.1\u0661/config.json", b"{}"),
    "no library where one is listed": lambda members: members.pop("library/library.db"),
    "no manifest": lambda members: members.pop("manifest.json"),
    "another manifest": lambda members: members.update({"manifest.json": b"[1]"}),
    "odd fields": lambda members: members.update({"manifest.json": b'{"format": 3, "files": {}, "more": 1}'}),
    "a library that is none": listed("library/library.db", b"no database"),
    "endless bytes": manifest_with("files", {"tokens/tokens.json": float("inf")}),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_what_isnt_whole_changes_nothing(
    known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    path, _ = backup(tmp_path / "one.pvbackup")
    home = empty_home(tmp_path / "new", monkeypatch)
    tokens.create("another home's", ["read"])
    before = state(home)
    with pytest.raises(BackupError, match="not a whole backup"):
        restore(changed(path, LIES[lie]))
    assert state(home) == before
    assert not (tmp_path.parent / "evil").exists()


def test_a_sealed_one_with_a_wrong_word_or_a_flipped_bit(
    known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypt(monkeypatch)
    path, _ = backup(tmp_path / "one.pvbackup")
    monkeypatch.delenv("PVCHAT_KEY")
    with pytest.raises(LockedError):
        backup(tmp_path / "two.pvbackup")
    assert [one.name for one in tmp_path.glob("*two*")] == []
    home = empty_home(tmp_path / "new", monkeypatch)
    for word in ("", OTHER):
        monkeypatch.setenv("PVCHAT_KEY", word)
        with pytest.raises(LockedError, match="this backup is encrypted") as refused:
            restore(path)
        assert refused.value.subject == str(path)
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    for row in (b"[]", b'{"n": 16, "r": 8, "p": 1, "salt": null}'):
        with pytest.raises(BackupError, match="not a whole backup"):
            restore(changed(path, lambda members, row=row: members.update({"key.json": row})))  # type: ignore[misc]
    for name in ("library.db", "manifest.json"):
        with pytest.raises(BackupError):
            restore(changed(path, flip(name)))
    assert state(home) == {}
    keys.create(KEY)
    with pytest.raises(BackupError, match="a key of its own"):
        restore(path)
    assert list(state(home)) == ["key.json"]


def state(home: Path) -> dict[str, bytes]:
    kept = [one for one in home.rglob("*") if one.is_file() and one.suffix not in (".lock", ".db-shm", ".db-wal")]
    return {str(one.relative_to(home)): one.read_bytes() for one in kept if one.name not in (".lock", "library.db")}


def test_the_commands(known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert cli.main(["backup", str(tmp_path / "one.pvbackup"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) | {"path": "", "bytes": 0} == {
        "path": "", "people": 2, "files": 8, "bytes": 0, "sealed": False,
    }  # fmt: skip
    assert cli.main(["restore", str(tmp_path / "one.pvbackup")]) == 1
    assert "people in this home already" in capsys.readouterr().err
    empty_home(tmp_path / "new", monkeypatch)
    assert cli.main(["restore", str(tmp_path / "none.pvbackup")]) == 1
    assert "no such file" in capsys.readouterr().err
    assert cli.main(["restore", str(tmp_path / "one.pvbackup")]) == 0
    assert answers() == known


def restore_and_die(path: Path, calls: int) -> None:
    die_before_call(calls, DISK)
    restore(path)


@posix
def test_killed_anywhere_it_can_be_repeated(known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = backup(tmp_path / "one.pvbackup")
    found = []
    for calls in range(0, 200, 4):
        place = empty_home(tmp_path / str(calls), monkeypatch)
        child = multiprocessing.get_context("fork").Process(target=restore_and_die, args=(path, calls))
        child.start()
        child.join(120)
        assert child.exitcode in (0, -signal.SIGKILL)
        there = PeopleStore().names()
        assert there in ([], ["Ana", "Benno"])
        assert [one for one in place.glob(".restored*") if one.is_dir()] == []  # the first look deletes it
        if not there:
            restore(path)
        assert answers() == known
        found.append((child.exitcode, len(there)))
        if child.exitcode == 0:
            break
    assert (-signal.SIGKILL, 0) in found
    assert found[-1] == (0, 2)


def test_nothing_is_read_beyond_what_is_listed(
    known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member may blow up whatever the manifest says of its size."""
    path, _ = backup(tmp_path / "one.pvbackup")
    made = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as other:
        for entry in archive.infolist():
            other.writestr(entry.filename, archive.read(entry))
    (packed := tmp_path / "packed.pvbackup").write_bytes(made.getvalue())
    empty_home(tmp_path / "new", monkeypatch)
    with pytest.raises(BackupError, match="packed"):
        restore(packed)


def test_files_that_lie_in_each_other_are_refused(pvchat_home: Path, tmp_path: Path) -> None:
    """A few bytes could fill the disk: each member's are those of all that come after it."""
    inner, outer = (f"people/{digit * 32}/thumbnail.jpg" for digit in "ab")
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        archive.writestr(inner, bytes(100_000))
    record = packed.getvalue()[: 30 + len(inner) + 100_000]
    members = {"manifest.json": b'{"format": 3, "files": {}}'}
    for name, data in ((inner, bytes(100_000)), (outer, record)):
        listed(name, data)(members)
    with zipfile.ZipFile(path := tmp_path / "nested.pvbackup", "w") as archive:
        archive.writestr(outer, record)
        within = zipfile.ZipFile(packed).getinfo(inner)
        within.header_offset = archive.getinfo(outer).header_offset + 30 + len(outer)
        archive.filelist.append(within)
        archive.writestr("manifest.json", members["manifest.json"])
    with pytest.raises(BackupError, match="more than it holds|verlap"):
        restore(path)


def test_a_link_in_the_homes_place_goes_and_not_what_it_leads_to(
    known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = backup(tmp_path / "one.pvbackup")
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "kept").touch()
    home = empty_home(tmp_path / "new", monkeypatch)
    home.mkdir()
    (home / "library").symlink_to(tmp_path / "disk")
    restore(path)
    assert answers() == known
    assert (tmp_path / "disk" / "kept").exists()


def test_other_files_stay_out(
    known: list[str], pvchat_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pvchat_home / "tokens" / "tokens.json~").touch()  # of an editor
    path, _ = backup(tmp_path / "one.pvbackup")
    empty_home(tmp_path / "new", monkeypatch)
    restore(path)
    assert answers() == known


def test_a_backup_from_anyone_has_no_file_deleted(known: list[str], pvchat_home: Path, tmp_path: Path) -> None:
    """Its library may call any file a camera's clip of somebody: those are deleted when she is forgotten."""
    (mine := tmp_path / "mine.txt").touch()
    with closing(library.connect(pvchat_home / "people")) as tables:
        tables.execute("UPDATE sources SET camera = 'rtsp://x'")
        tables.execute("UPDATE files SET path = ? WHERE path LIKE '%18.00.00%'", (str(mine),))
        assert tables.execute("SELECT count(*) FROM files WHERE path = ?", (str(mine),)).fetchone() == (1,)
    PVChat().forget("Ana")
    assert mine.exists()
    with closing(library.connect(pvchat_home / "people")) as tables:
        assert tables.execute("SELECT count(*) FROM files").fetchone() == (0,)

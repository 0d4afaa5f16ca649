"""Encryption at rest: nothing readable without the key, nothing lost by a kill, clear words for a wrong key."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_mortal import DISK, die_before_call
from make_people import assert_same, find_traces, make_person, posix, traces
from test_cache import make_analysis

from pvchat.cli import main as cli
from pvchat.errors import LockedError, PVChatError, SettingsError
from pvchat.people.store import PeopleStore, Person
from pvchat.storage import conversion, keys, private, stores, temporary
from pvchat.storage.clips import ClipCache

KEY, WRONG = "correct horse battery", "incorrect horse battery"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(keys, "COST", 16)
    yield
    if keys.exists():
        shutil.rmtree(temporary.root(), ignore_errors=True)


@pytest.fixture
def ana(pvchat_home: Path) -> Person:
    """Ana and a clip that shows her, in a home that is plain."""
    analysis = make_analysis("c" * 64)
    made = make_person("Ana Ångström", 3, aliases=["Annie"], clip_key="c" * 64)
    made.arrays["voice"] = np.random.default_rng(9).random((1, 256)).astype(np.float16)
    person = PeopleStore().add(made)
    analysis.tracks[0].identity[:] = person.arrays["prototypes"][0]
    ClipCache().save(analysis, "1")
    return person


def betrays(home: Path, person: Person) -> list[str]:
    """What can be read of her without the key; her folder's random name and the clip's hash are no secrets."""
    wanted = {what: trace for what, trace in traces(person).items() if what not in ("id", "clip")}
    return find_traces(home, wanted)


def assert_all_there(person: Person) -> None:
    found = PeopleStore().get("annie")
    assert_same(found, person)
    assert found.id == person.id
    assert PeopleStore().damaged() == {}
    loaded = ClipCache().load("c" * 64, "1")
    assert loaded is not None
    assert (loaded.tracks[0].identity[0] == person.arrays["prototypes"][0]).all()


def test_there_and_back(ana: Person, pvchat_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert len(betrays(pvchat_home, ana)) > 10  # the search does find what is plain
    with pytest.raises(SystemExit):
        cli.main(["encrypt", "--key", KEY])  # never on the command line, which every process can see
    assert cli.main(["encrypt"]) == 1
    assert "PVCHAT_KEY" in capsys.readouterr().err
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    assert cli.main(["encrypt", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"converted": 4, "encrypted": True}
    assert betrays(pvchat_home, ana) == []
    assert_all_there(ana)
    assert cli.main(["encrypt", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["converted"] == 0
    ben = PeopleStore().add(make_person("Benedikt", 5))  # long enough that sealed bytes hold it by no chance
    PeopleStore().rename("Benedikt", "Benno")
    assert betrays(pvchat_home, ben) == []
    assert cli.main(["decrypt", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["converted"] == 7
    monkeypatch.delenv("PVCHAT_KEY")
    assert not keys.exists()
    assert_all_there(ana)
    assert PeopleStore().names() == ["Ana Ångström", "Benno"]


@pytest.mark.parametrize("key", [None, "", WRONG])
def test_without_the_right_key(ana: Person, monkeypatch: pytest.MonkeyPatch, key: str | None, capsys: Any) -> None:
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    keys.create(KEY)
    conversion.encrypt()
    files = {path: path.read_bytes() for folder in stores.stores() for path in stores.files(folder)}
    monkeypatch.delenv("PVCHAT_KEY") if key is None else monkeypatch.setenv("PVCHAT_KEY", key)
    calls: list[Callable[[], Any]] = [
        lambda: PeopleStore().names(), lambda: PeopleStore().all(), lambda: PeopleStore().get("Ana"),
        lambda: PeopleStore().add(make_person("Ben")), lambda: PeopleStore().forget("Ana"),
        lambda: ClipCache().load("c" * 64, "1"), lambda: ClipCache().save(make_analysis("d" * 64), "1"),
        conversion.encrypt, conversion.decrypt,
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(LockedError, match="not the key" if key else "there is no key") as caught:
            call()
        assert "PVCHAT_KEY" in caught.value.hint
    for words in (["people", "list"], ["doctor"], ["decrypt"]):
        assert cli.main(words) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert {path: path.read_bytes() for path in files} == files  # nothing was dropped as damaged
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    assert_all_there(ana)


def test_a_home_is_encrypted_from_the_first_file_on_while_a_key_is_set(
    pvchat_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    assert PeopleStore().names() == []
    assert not keys.exists()  # looking creates nothing
    ana = PeopleStore().add(make_person("Ana", 3))
    assert betrays(pvchat_home, ana) == []
    monkeypatch.setenv("PVCHAT_KEY", "short")
    keys.remove()
    with pytest.raises(SettingsError, match="12 characters"):
        PeopleStore(pvchat_home / "other").add(make_person("Ben"))


def test_temporary_files_are_in_memory_and_forgotten_there(
    ana: Person, pvchat_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pvchat.train.deep import working

    plain = temporary.root()
    assert plain == pvchat_home / "tmp"
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    cli.main(["encrypt"])
    if temporary.in_memory():
        assert not temporary.root().is_relative_to(pvchat_home)
    with working(ana) as folder:
        (folder / "x.jpg").write_bytes(ana.thumbnail)
        assert betrays(pvchat_home, ana) == [] or not temporary.in_memory()
        assert (folder.parent.parent.stat().st_mode & 0o077) == 0
        PeopleStore().forget("Ana Ångström")
        assert not folder.exists()
    monkeypatch.setenv("PVCHAT_TMP", str(pvchat_home / "elsewhere"))
    assert temporary.root().parent == pvchat_home / "elsewhere"


@posix
def test_somebody_elses_folder_is_not_used(pvchat_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVCHAT_TMP", str(pvchat_home / "elsewhere"))
    place = temporary.root()
    place.parent.mkdir()
    place.symlink_to(pvchat_home)
    with pytest.raises(SettingsError, match="somebody else"):
        temporary.root()


def test_a_flipped_bit_is_damage_and_harms_nobody_else(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    PeopleStore().add(make_person("Ben", 5))
    conversion.encrypt()
    path = PeopleStore().root / ana.id / "person.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert [person.name for person in PeopleStore().all()] == ["Ben"]
    assert "sealed with another key" in PeopleStore().damaged()[ana.id]


@pytest.mark.parametrize("said", [{"ending": True}, {"ending": "0" * 64}, {"mixed": True}, {"mixed": [], "ending": 1}])
def test_who_has_no_key_switches_nothing_off(
    ana: Person, pvchat_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]
) -> None:
    """Neither by words in the key file nor by plain files: what is written is sealed, what isn't sealed is refused."""
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    planted = shutil.copytree(PeopleStore().root / ana.id, tmp_path / ana.id)
    cli.main(["encrypt"])
    keys.path().write_text(json.dumps({**json.loads(keys.path().read_text()), **said}))
    ben = PeopleStore().add(make_person("Ben", 5))
    assert betrays(pvchat_home, ben) == []
    PeopleStore().forget("Annie")
    shutil.copytree(planted, PeopleStore().root / ana.id)
    store = PeopleStore()
    assert [person.name for person in store.all()] == ["Ben"]
    assert "hadn't the key" in store.damaged()[ana.id]
    cli.main(["encrypt"])  # whoever has it may take them in
    assert PeopleStore().get("Annie").name == ana.name


def test_a_conversion_says_so_under_the_key(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("PVCHAT_KEY", KEY)
    keys.create(KEY)
    assert_all_there(ana)  # still plain

    def cut_off(step: Callable[[], int]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(private, "write", stop)
            with pytest.raises(KeyboardInterrupt):
                step()

    cut_off(conversion.encrypt)
    assert_all_there(ana)
    before = keys.path().read_text()
    conversion.encrypt()
    assert set(json.loads(before)) - set(json.loads(keys.path().read_text())) == {"mixed"}
    cut_off(conversion.decrypt)
    assert_all_there(ana)
    key = keys.current()
    assert key is not None
    assert (key.mixed, key.ending) == (True, True)
    other = json.loads(keys.path().read_text())
    keys.remove()
    keys.create(KEY)  # another home's key file says nothing of this one
    keys.path().write_text(json.dumps({**json.loads(keys.path().read_text()), "ending": other["ending"]}))
    key = keys.current()
    assert key is not None
    assert not key.ending


def test_a_damaged_key_file_is_told(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    keys.create(KEY)
    conversion.encrypt()
    whole = keys.path().read_text()
    odd = ("", "{}", "[]", whole.replace('"n": 16', '"n": 1073741824'), whole.replace('"salt": "', '"salt": "!'))
    for text in odd:
        keys.path().write_text(text)
        with pytest.raises(LockedError):
            PeopleStore().names()
    keys.path().unlink()
    monkeypatch.delenv("PVCHAT_KEY")
    with pytest.raises(LockedError, match="key file is gone"):
        PeopleStore().names()
    keys.path().write_text(whole)
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    assert_all_there(ana)


def test_doctor_counts_what_is_still_plain(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from pvchat.cli.doctor import examine

    monkeypatch.setenv("PVCHAT_KEY", KEY)
    PeopleStore().add(make_person("Ben", 5))  # encrypts from here on
    report = examine()
    assert report["encryption"]["plain_files"] == 4  # Ana's three, one of the cache
    assert "pvchat encrypt" in [problem["mend"] for problem in report["problems"]]
    cli.main(["encrypt"])
    assert examine()["encryption"]["plain_files"] == 0
    monkeypatch.setenv("PVCHAT_KEY", WRONG)
    report = examine()
    assert report["people"]["enrolled"] == 0
    assert any("not the key" in problem["what"] for problem in report["problems"])


def run_until_call(step: str, calls: int) -> None:
    """Convert, but die by SIGKILL just before the given call that touches the disk."""
    die_before_call(calls, (*DISK, "link", "utime"))
    if step == "encrypt":
        keys.create(KEY)
    getattr(conversion, step)()


@pytest.mark.slow
@posix
@pytest.mark.parametrize("step", ["encrypt", "decrypt"])
def test_killed_before_every_disk_call(
    ana: Person, pvchat_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    if step == "decrypt":
        keys.create(KEY)
        conversion.encrypt()
    calls, done = 0, False
    while not done:
        place = tmp_path / str(calls)
        shutil.copytree(pvchat_home, place)
        monkeypatch.setenv("PVCHAT_HOME", str(place))
        child = multiprocessing.get_context("fork").Process(target=run_until_call, args=(step, calls))
        child.start()
        child.join(120)
        done = child.exitcode == 0
        assert done or child.exitcode == -signal.SIGKILL
        assert_all_there(ana)
        if keys.exists() or step == "encrypt":
            if not keys.exists():
                keys.create(KEY)
            getattr(conversion, step)()
        assert_all_there(ana)
        assert keys.exists() == (step == "encrypt")
        assert bool(betrays(place, ana)) == (step == "decrypt")
        calls += 2
    assert calls > 20


def test_two_processes_that_make_the_key_at_once_get_one(pvchat_home: Path) -> None:
    code = f"from pvchat.storage import keys; keys.COST = 16; print(keys.create({KEY!r}).secret.hex())"
    env = {**os.environ, "PVCHAT_KEY": KEY}
    words = [sys.executable, "-c", code]
    children = [subprocess.Popen(words, stdout=subprocess.PIPE, env=env, text=True) for _ in range(3)]
    assert len({child.communicate(timeout=120)[0] for child in children}) == 1
    assert [path.name for path in pvchat_home.iterdir()] == ["key.json"]


def test_the_export_of_a_person_is_plain_for_the_next_machine(
    ana: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    keys.create(KEY)
    conversion.encrypt()
    file = PeopleStore().export("Annie", tmp_path / "ana.pvperson")
    assert not stores.is_sealed(file)
    PeopleStore().forget("Annie")
    with pytest.raises(PVChatError):
        PeopleStore().get("Annie")
    assert PeopleStore().import_(file).name == "Ana Ångström"

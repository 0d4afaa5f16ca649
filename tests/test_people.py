from __future__ import annotations

import json
import os
import re
import stat
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from make_people import assert_same, files_below, find_traces, make_person, traces
from test_cache import make_analysis

from pvchat.errors import DiskFullError, PeopleError, UnknownPersonError
from pvchat.people.folders import PersonFolders
from pvchat.people.person import MAX_STATE_BYTES, clean_name, name_key
from pvchat.people.store import PeopleStore, describe
from pvchat.storage import atomic
from pvchat.storage.clips import ClipCache


@pytest.fixture
def store(pvchat_home: Path) -> PeopleStore:
    return PeopleStore()


def test_what_is_added_comes_back(store: PeopleStore, pvchat_home: Path) -> None:
    given_person = make_person("Ana", aliases=["Annie"], kind="figure", depth="deep")
    added = store.add(given_person)
    for reader in (store, PeopleStore()):
        assert_same(reader.get("ana"), given_person)
        assert_same(reader.all()[0], given_person)
        assert reader.names() == ["Ana"]
        assert reader.snapshot().aliases == {"Annie": "Ana"}
    assert added.created.endswith("+00:00")
    folder = pvchat_home / "people" / added.id
    assert {path.name for path in folder.iterdir()} == {"config.json", "person.safetensors", "thumbnail.jpg"}
    assert added.bytes_on_disk == sum(path.stat().st_size for path in folder.iterdir()) < MAX_STATE_BYTES


def test_looking_creates_nothing(store: PeopleStore, pvchat_home: Path) -> None:
    assert (store.names(), store.all(), store.find("Ana")) == ([], [], None)
    with pytest.raises(UnknownPersonError) as caught:
        store.get("Ana")
    assert "pvchat enroll" in caught.value.hint
    assert list(pvchat_home.iterdir()) == []


def test_unknown_names_list_the_enrolled(store: PeopleStore) -> None:
    store.add(make_person("Ana"))
    store.add(make_person("Ben", 1))
    calls: list[Callable[[], Any]] = [
        lambda: store.get("Cem"),
        lambda: store.forget("Cem"),
        lambda: store.rename("Cem", "Dan"),
        lambda: store.alias("Cem", "Dan"),
        lambda: store.export("Cem", "x.pvperson"),
    ]
    for call in calls:
        with pytest.raises(UnknownPersonError, match="Cem") as caught:
            call()
        assert "Ana, Ben" in caught.value.hint


@pytest.mark.parametrize("spelling", ["zoë", "ZOË", "Zoe\u0308", "  Zoë ", "Ｚｏë", "Zo\u200bë", "Zozo", "zozo"])
def test_find_reads_any_spelling(store: PeopleStore, spelling: str) -> None:
    store.add(make_person("Zoë", aliases=["ZoZo"]))
    found = store.find(spelling)
    assert found is not None
    assert found.name == "Zoë"


def test_an_id_is_whose_it_is_whatever_others_are_called(store: PeopleStore) -> None:
    ana = store.add(make_person("Ana"))
    store.add(make_person(ana.id, 1))  # called so
    assert store.get(ana.id).name == "Ana"
    assert store.find(ana.id).name == "Ana"
    assert store.rename(ana.id, "Anna").id == ana.id
    store.forget(ana.id)
    assert store.names() == [ana.id]


def test_taken_names(store: PeopleStore) -> None:
    store.add(make_person("Straße", aliases=["Avenue"]))
    store.add(make_person("Ben", 1))
    for name in ("STRASSE", "strasse", "avenue"):
        with pytest.raises(PeopleError, match="Straße"):
            store.add(make_person(name, 2))
        with pytest.raises(PeopleError, match="Straße") as renamed:
            store.rename("Ben", name)
        assert renamed.value.hint == "Choose another name."  # a new name takes nobody's place
        with pytest.raises(PeopleError, match="Straße"):
            store.alias("Ben", name)
        with pytest.raises(PeopleError, match="Straße"):
            store.add(make_person("Cem", 2, aliases=[name]))
    with pytest.raises(PeopleError, match="alias"):
        store.add(make_person("Avenue", 2), replace=True)
    assert set(store.names()) == {"Straße", "Ben"}


def test_replace_takes_the_place_and_keeps_aliases(store: PeopleStore) -> None:
    first = store.add(make_person("Ana", aliases=["Annie"]))
    new = make_person("ANA", 5, aliases=["Mum"])
    second = store.add(new, replace=True)
    assert second.name == "ANA"
    assert second.aliases == ["Annie", "Mum"]
    np.testing.assert_array_equal(PeopleStore().get("Annie").arrays["prototypes"], new.arrays["prototypes"])
    assert not (store.root / first.id).exists()
    assert store.add(make_person("Ben"), replace=True).name == "Ben"  # nobody to replace is fine


def test_rename_alias_unalias(store: PeopleStore) -> None:
    person = store.add(make_person("Ana", aliases=["Annie"]))
    other = PeopleStore()
    assert other.names() == ["Ana"]
    store.rename("annie", "Anna")
    store.alias("Anna", "Mum")
    store.alias("Anna", "MUM")  # again: fine, once
    store.alias("Anna", "anna")  # her own name: no alias
    assert (other.names(), other.snapshot().aliases) == (["Anna"], {"Annie": "Anna", "MUM": "Anna"})
    assert other.find("Ana") is None
    assert_same(other.get("Mum"), store.get("Anna"))
    np.testing.assert_array_equal(other.get("Mum").arrays["prototypes"], person.arrays["prototypes"])
    store.rename("Anna", "ANNA")  # a change of case only
    store.rename("ANNA", "Mum")  # her own alias
    store.unalias("Mum", "ANNIE")
    assert (other.names(), other.snapshot().aliases) == (["Mum"], {})
    with pytest.raises(PeopleError, match="no alias"):
        store.unalias("Mum", "Annie")


def test_callers_cannot_change_what_the_store_holds(store: PeopleStore) -> None:
    store.add(make_person("Ana"))
    mine = store.get("Ana")
    mine.aliases.append("x")
    mine.extra["calibration"]["a"] = 0
    mine.arrays.clear()
    assert_same(store.get("Ana"), make_person("Ana"))


def test_describe(store: PeopleStore) -> None:
    person = store.add(make_person("Ana", aliases=["Annie"]))
    row = json.loads(json.dumps(describe(person)))
    assert row == {
        "name": "Ana",
        "aliases": ["Annie"],
        "kind": "face",
        "depth": "instant",
        "created": person.created,
        "bytes": person.bytes_on_disk,
        "confidence": 0.9,
        "prototypes": 4,
        "voice": False,
    }
    assert "Ana" in repr(person)
    assert "array" not in repr(person)  # printed or logged, no vector gets out


@pytest.mark.skipif(os.name == "nt", reason="no such modes")
def test_only_the_owner_may_read(store: PeopleStore, pvchat_home: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store.add(make_person("Ana"))
        store.alias("Ana", "Annie")
        store.export("Ana", tmp_path / "ana.pvperson")
    finally:
        os.umask(before)
    files = [*files_below(pvchat_home), tmp_path / "ana.pvperson"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = [path for path in pvchat_home.rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_a_full_disk_is_told_and_leaves_nothing(store: PeopleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(make_person("Ana"))
    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, "fsync", _no_space)
        for call in (lambda: store.add(make_person("Ben")), lambda: store.rename("Ana", "Ben")):
            with pytest.raises(DiskFullError, match="the disk is full"):
                call()
    assert store.names() == ["Ana"]
    assert list((store.root / ".scratch").iterdir()) == []
    assert_same(PeopleStore().get("Ana"), make_person("Ana"))


def test_a_snapshot_names_people_as_they_are_when_they_are_read(
    store: PeopleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(make_person("Ben"))
    store.alias("Ben", "Benny")
    other, read = PeopleStore(), PersonFolders._read_folder

    def renamed_first(self: PersonFolders, *args: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(PersonFolders, "_read_folder", read)
            other.rename("Ben", "Cleo")
        return read(self, *args)

    monkeypatch.setattr(PersonFolders, "_read_folder", renamed_first)
    seen = PeopleStore().snapshot()
    assert seen.names == ("Cleo",) == tuple(person.name for person in seen.people)
    assert seen.aliases == {"Benny": "Cleo"}


def _no_space(*_: Any) -> None:
    raise OSError(28, "No space left on device")


# -- names -------------------------------------------------------------------------------------------------------------

ODD_NAMES = [
    "../../x", "..a", ".a", "/etc/passwd", "C:\\x", "a/b", "con", ".lock", "config.json", "a" * 200, "名前", "محمد",
    "نرگس\u200cسادات", "👩\u200d👩\u200d👧", "O'Brien \"Q\"", "%s{0}$HOME`x`", "<b>x</b>", "-rf", "\u05d0", "क्षि",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_only_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (pvchat_home := tmp_path / "above" / "home").mkdir(parents=True)
    monkeypatch.setenv("PVCHAT_HOME", str(pvchat_home))
    store = PeopleStore()
    store.add(make_person(name))
    assert PeopleStore().get(name).name == unicodedata.normalize("NFC", name)
    outside = {path for path in tmp_path.rglob("*") if pvchat_home not in path.parents}
    assert outside == {pvchat_home.parent, pvchat_home}
    assert {path.name for path in pvchat_home.iterdir()} == {"people"}
    store.forget(name)
    assert PeopleStore().names() == []
    assert {path.name for path in (pvchat_home / "people").iterdir()} <= {".lock", ".scratch"}


@pytest.mark.parametrize(
    "name",
    ["", " \t ", "\u3000", "\u200b", "\ufe0f\u200d", "\u3164", "a\0b",
     "a\nb", "\x1b[31mx", "\ud800", "a\u2028b", "a" * 201]
)  # fmt: skip
def test_refused_names(store: PeopleStore, pvchat_home: Path, name: str) -> None:
    with pytest.raises(PeopleError) as caught:
        store.add(make_person(name))
    assert str(caught.value).isprintable()
    assert store.find(name) is None
    assert list(pvchat_home.iterdir()) == []
    store.add(make_person("Ana"))
    for call in (store.rename, store.alias):
        with pytest.raises(PeopleError):
            call("Ana", name)
    with pytest.raises(UnknownPersonError) as unknown:
        store.get(name)
    assert str(unknown.value).isprintable()


@given(st.text(max_size=30))
def test_a_clean_name_is_stable(name: str) -> None:
    try:
        clean = clean_name(name)
    except PeopleError:
        assume(False)
    assert clean_name(clean) == clean
    assert name_key(clean) == name_key(name) == name_key(name_key(name)) != ""
    assert name_key(clean.upper().lower()) == name_key(clean.upper())


# -- damage at home ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config.json", "person.safetensors", "thumbnail.jpg"])
@pytest.mark.parametrize("damage", ["gone", "cut", "flip"])
def test_a_damaged_person_harms_nobody_else(
    store: PeopleStore, name: str, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    ana = store.add(make_person("Ana"))
    store.add(make_person("Ben", 1))
    path = store.root / ana.id / name
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(data[:40] if damage == "cut" else b"\0" + data[1:])
    fresh = PeopleStore()
    assert [person.name for person in fresh.all()] == ["Ben"]
    assert list(fresh.damaged()) == [ana.id]
    assert "left out" in caplog.text
    with pytest.raises(PeopleError):
        fresh.get("Ana")
    with pytest.raises(PeopleError, match="damaged"):
        fresh.get(ana.id)
    fresh.forget(ana.id if name == "config.json" else "Ana")
    assert (fresh.names(), fresh.damaged()) == (["Ben"], {})
    assert not (store.root / ana.id).exists()


def test_a_damaged_person_keeps_her_name_for_whoever_knew_it(store: PeopleStore) -> None:
    ana = store.add(make_person("Ana", aliases=["Annie"]))
    (store.root / ana.id / "config.json").write_bytes(b"{")
    assert (store.snapshot().names, list(store.snapshot().damaged)) == (("Ana",), ["Ana"])
    with pytest.raises(PeopleError, match="damaged"):
        store.get("Annie")
    store.forget("Ana")
    assert store.ids() == {}


def test_links_and_strange_folders_are_not_people(store: PeopleStore, tmp_path: Path) -> None:
    ana = store.add(make_person("Ana"))
    other = PeopleStore(tmp_path / "people")
    other.add(make_person("Ben"))
    (other.root / "ffff").mkdir()
    (other.root / f"{'0' * 32}.1\u0661").mkdir()  # a digit, but not one of ours
    if os.name != "nt":
        (other.root / ("0" * 32)).symlink_to(store.root / ana.id, target_is_directory=True)
    assert other.names() == ["Ben"]


# -- forget ------------------------------------------------------------------------------------------------------------


def test_forget_leaves_no_trace(store: PeopleStore, pvchat_home: Path) -> None:
    cache = ClipCache()
    first = store.add(make_person("Żaneta Ångström", 3, aliases=["Zanetka", "ジャネタ"]))
    second = store.add(make_person("Żaneta Ångström", 4, clip_key="c" * 64), replace=True)
    store.add(make_person("Ben", 1))
    store.alias("Ben", "Benny")
    store.rename("Zanetka", "Brunhilde")
    third = store.get("Brunhilde")
    wanted = traces(first) | traces(second) | traces(third)
    analysis = make_analysis("c" * 64)
    analysis.tracks[0].identity[:] = second.arrays["prototypes"][0]
    cache.save(analysis, "1")
    atomic.make_private_folder(store.root / ".scratch" / "half")  # what a killed write leaves
    (store.root / ".scratch" / "half" / "config.json").write_bytes(b"Brunhilde")
    assert len(find_traces(pvchat_home, traces(third))) > 10  # the search does find what is there
    store.forget("brunhilde")
    assert find_traces(pvchat_home, wanted) == []
    assert PeopleStore().names() == ["Ben"]
    assert_same(PeopleStore().get("Benny"), make_person("Ben", 1, aliases=["Benny"]))
    assert cache.load("c" * 64, "1") is None


def test_forget_leaves_no_pattern_that_she_was_looked_for_by(store: PeopleStore) -> None:
    store.add(make_person("Brunhilde"))
    before = re.compile("Brunhilde")
    assert re.compile("Brunhilde") is before
    store.forget("Brunhilde")
    assert re.compile("Brunhilde") is not before


def test_forget_is_seen_by_a_store_that_holds_her_in_memory(store: PeopleStore) -> None:
    store.add(make_person("Ana"))
    other = PeopleStore()
    assert len(other.all()) == 1
    store.forget("Ana")
    assert store._folders._held == {}
    assert (other.all(), other.find("Ana")) == ([], None)
    assert other._folders._held == {}  # nothing of her stays in memory either


def write_otherwise(store: PeopleStore, **fields: Any) -> None:
    """Ana, with these fields in her config.json."""
    config = store.root / store.add(make_person()).id / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), **fields}))


def test_a_field_of_another_version_is_named(store: PeopleStore) -> None:
    write_otherwise(store, earlier=[])
    with pytest.raises(PeopleError, match="field 'earlier': another version of PVChat made it") as error:
        PeopleStore(store.root).get(next(iter(PeopleStore(store.root).damaged())))
    assert "Forget this person and enroll again" in error.value.hint


def test_whoever_a_later_version_wrote_is_not_to_be_forgotten(store: PeopleStore) -> None:
    write_otherwise(store, format=2)
    with pytest.raises(PeopleError, match="update PVChat") as error:
        PeopleStore(store.root).get(next(iter(PeopleStore(store.root).damaged())))
    assert "Forget" not in error.value.hint

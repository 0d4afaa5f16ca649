"""Members come out of wheels and sdists by exact name or not at all; pip's failures become one sentence and a hint."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from pvchat.assets import archives
from pvchat.assets.weights import Weight
from pvchat.errors import WeightsError


def test_links_folders_and_absent_members_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as sdist:
        for name, kind in (("link", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("folder", tarfile.DIRTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            sdist.addfile(entry)
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        wheel.writestr(link, "/etc/passwd")
        wheel.writestr("folder/", "")
    (tmp_path / "out").mkdir()
    for archive, names in (("a.tar.gz", ("link", "hard", "folder", "none")), ("a.whl", ("link", "folder/", "none"))):
        for name in names:
            with pytest.raises(WeightsError, match="no regular file"):
                archives.take_members(tmp_path / archive, (name,), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "junk.tar.gz").write_bytes(b"junk" * 100)
    with pytest.raises(WeightsError, match="damaged"):
        archives.take_members(tmp_path / "junk.tar.gz", ("a",), tmp_path)


@pytest.mark.parametrize(
    ("log", "what"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device: '/tmp/x'", "the disk is full"),
        (
            "Could not fetch URL x: connection error: Max retries exceeded\nERROR: NOT OFFERED, but nothing",
            "be reached",
        ),
        ("x: connection error: Failed to resolve IP address\nERROR: NOT OFFERED, but nothing", "be reached"),
        ("ERROR: NOT OFFERED, but a-1.tar.gz", "it has a-1.tar.gz."),
        ("ERROR: Exception:\nTraceback\nKeyError: 'odd'", "KeyError: 'odd'"),
        ("", "said nothing"),
    ],
)
def test_what_pip_says_is_understood(row: Weight, log: str, what: str) -> None:
    error = archives._failure(row, log)
    assert what in error.what
    assert error.subject == row.requirement
    assert error.hint


@pytest.mark.parametrize("name", ["a.whl", "a.tar.gz"])
def test_a_member_is_never_written_over_another_file(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as wheel:
        wheel.writestr("a/same", "1")
        wheel.writestr("b/same", "2")
    (tmp_path / "out").mkdir()
    with pytest.raises(FileExistsError):
        archives.take_members(tmp_path / name, ("a/same", "b/same"), tmp_path / "out")
    assert (tmp_path / "out" / "same").read_text() == "1"

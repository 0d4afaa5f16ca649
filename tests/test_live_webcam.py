"""A webcam as FFmpeg reads it (V4L2), without hardware: it is busy, unplugged, plugged in again, frozen, or none."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from make_webcam import COMPILER, plugged_in

from pvchat.errors import VideoReadError
from pvchat.video import Address, Link, live_pictures, read_address, streams

v4l2 = pytest.mark.skipif(COMPILER is None, reason="no Linux, or no C compiler")


@v4l2
def test_a_webcam_that_is_unplugged_and_plugged_in_again_goes_on(tmp_path: Path) -> None:
    with plugged_in(tmp_path) as webcam:
        first = webcam.until(lambda seen: seen.pictures > 20)
        assert (first.size, first.connected, first.problem) == ("64 x 48", True, "")
        assert 0 <= first.late_s < streams._LATE_S
        webcam.is_now("unplugged")
        gone = webcam.until(lambda seen: not seen.connected)
        assert (gone.breaks, gone.problem) == (1, "No such device: plug it in.")
        webcam.is_now("plugged")
        again = webcam.until(lambda seen: seen.pictures > gone.pictures + 20)
        assert (again.connected, again.breaks, again.problem) == (True, 1, "")
        assert webcam.stop() == 0


@v4l2
def test_a_webcam_that_another_program_uses_is_waited_for(tmp_path: Path) -> None:
    with plugged_in(tmp_path, "busy") as webcam:
        busy = webcam.until(lambda seen: bool(seen.problem))
        assert busy.problem == "Device or resource busy: close the other program that uses it."
        webcam.is_now("plugged")
        assert webcam.until(lambda seen: seen.pictures > 0).problem == ""


@v4l2
@pytest.mark.slow
def test_a_webcam_that_sends_nothing_any_more_is_told_and_goes_on(tmp_path: Path) -> None:
    with plugged_in(tmp_path) as webcam:
        webcam.until(lambda seen: seen.pictures > 0)
        webcam.is_now("frozen")
        frozen = webcam.until(lambda seen: not seen.connected)
        assert frozen.problem == "no picture came for 10 s."
        webcam.is_now("plugged")
        webcam.until(lambda seen: seen.pictures > frozen.pictures + 20)
        webcam.is_now("frozen")
        assert webcam.stop() == 0  # whatever FFmpeg waits for


def test_what_is_no_webcam_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(VideoReadError, match="no such camera") as missing:
        read_address("/dev/video97")
    assert "plug a webcam in" in missing.value.hint
    assert problem_of(read_address("/dev/null"), monkeypatch).endswith(": name a webcam, such as /dev/video0.")
    assert problem_of(Address("/dev/video97", "", "webcam"), monkeypatch).endswith(": plug it in.")


def problem_of(address: Address, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said of an address that can't be opened."""
    link, stop = Link(), threading.Event()
    monkeypatch.setattr(streams, "BACKOFF", (0.0,))
    assert list(live_pictures(address, link, stop, broken=stop.set)) == []
    return link.problem

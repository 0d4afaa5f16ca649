"""A camera that breaks off, whose clock is set, which two watch: clips stay short, nobody is lost or told twice."""

# ruff: noqa: F811 (`camera` is another file's)

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from make_cameras import write
from make_studio import ANA, BEN
from test_live import START, Camera, camera  # noqa: F401

from pvchat import PVChat
from pvchat.cli import console
from pvchat.cli import main as cli
from pvchat.errors import VideoReadError
from pvchat.library.live.parts import LivePart, Sampler
from pvchat.runtime import ProgressDisplay
from pvchat.storage.library import ring_of
from pvchat.video import Address, Link, Picture, live_pictures, read_address, streams


def clips(camera: Camera) -> list[tuple[float, float]]:
    """When each clip begins, in seconds, and how long it lasts."""
    rows = camera.tables.execute("SELECT recorded, seconds FROM clips ORDER BY id")
    return [(datetime.fromisoformat(at).timestamp() - START, round(lasts)) for at, lasts in rows]


def test_a_clip_does_not_reach_back_over_hours_in_which_nothing_moved(camera: Camera) -> None:
    camera.show(2)
    camera.show(1, still=True)
    camera.second += 3600
    camera.show(4, ANA)
    camera.show(6)
    assert clips(camera) == [(3603.0, 8)]
    assert camera.chat.library.events.since(0)[0]["second"] == 0.0


def test_a_clip_ends_where_the_connection_breaks(camera: Camera) -> None:
    camera.show(4, ANA)
    camera.second += 3600
    camera.show(4, ANA, broken=True)
    camera.show(6)
    assert clips(camera) == [(0.0, 4), (3604.0, 8)]


def test_a_clock_that_is_set_back_loses_nobody(camera: Camera) -> None:
    camera.show(4, ANA)
    camera.second -= 3600
    camera.show(4, ANA, broken=True)
    camera.show(6)
    camera.show(4, BEN)
    assert [row[:2] for row in camera.events()] == [("appears", "Ana"), ("leaves", "Ana"), ("appears", "Ben")]
    assert [lasts for _, lasts in clips(camera)] == [4, 8]


def test_after_a_year_by_a_clock_that_is_set_ahead_everybody_comes_and_leaves_once(camera: Camera) -> None:
    camera.show(4, ANA)
    camera.second += 365 * 24 * 3600
    camera.show(4, BEN, broken=True)
    camera.show(6)
    assert [row[:2] for row in sorted(camera.events(), key=lambda row: row[2])] == [
        ("appears", "Ana"), ("leaves", "Ana"), ("appears", "Ben"), ("leaves", "Ben")
    ]  # fmt: skip
    assert [lasts for _, lasts in clips(camera)] == [4, 8]


@pytest.fixture
def webcam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Address:
    """Six seconds of Ana, ten pictures a second."""
    address = read_address(str(write(tmp_path / "hall.ts", [(6, (ANA,))])))
    opened = streams._container_of(address, streams._Growing(address.text, threading.Event(), 0.0))
    monkeypatch.setattr(streams, "_container_of", lambda *_: opened)
    return Address(address.text, address.without_password, "webcam")


def test_pictures_that_come_late_at_first_do_not_set_the_clock(webcam: Address) -> None:
    stop, came = threading.Event(), count()

    def clock() -> float:
        number = next(came)
        return START + max(0.8 + number / 100, number / 10)

    times = list[float]()
    for picture in live_pictures(webcam, Link(), stop, now=clock):
        times.append(picture.time - START)
        if len(times) == 30:
            stop.set()
    assert times == sorted(times)
    assert times[-10:] == pytest.approx([number / 10 for number in range(20, 30)], abs=0.01)


def test_samples_go_on_when_the_clock_is_set_back(chat: PVChat, webcam: Address) -> None:
    seen = list[float]()
    sampler, stop, parts = Sampler(3.0, chat.settings.video), threading.Event(), list[LivePart]()

    def clock() -> float:
        seen.append(START + len(seen) / 10 - (3600 if len(seen) >= 30 else 0))
        return seen[-1]

    for number, picture in enumerate(live_pictures(webcam, Link(), stop, now=clock)):
        if (made := sampler.add(picture)) is not None:
            parts.append(made)
        if number == 55:
            stop.set()
    assert len(parts) >= 4
    assert max(one.clip.duration_s for one in parts) < 2


def test_pictures_that_are_missing_are_a_break_though_the_connection_held(chat: PVChat, webcam: Address) -> None:
    frame = av.VideoFrame.from_ndarray(np.zeros((120, 160, 3), np.uint8), "rgb24")
    sampler, parts = Sampler(3.0, chat.settings.video), list[LivePart]()
    times = [START + number / 10 for number in range(140) if not 53 < number < 104]
    for at in times:
        parts += filter(None, [sampler.add(Picture(at, frame, 0.0))])
    assert max(one.end - one.at for one in parts) < 1.3
    assert [round(one.at - START) for one in parts if one.broken] == [10]


def test_a_camera_that_gives_a_picture_every_four_seconds_is_no_broken_one(chat: PVChat) -> None:
    frame = av.VideoFrame.from_ndarray(np.zeros((120, 160, 3), np.uint8), "rgb24")
    sampler, parts = Sampler(3.0, chat.settings.video), list[LivePart]()
    for number in range(30):
        parts += filter(None, [sampler.add(Picture(START + 4.0 * number, frame, 0.0, fresh=not number))])
    assert [one.broken for one in parts[2:]] == [False] * (len(parts) - 2)
    assert {len(one.clip.times) for one in parts[2:]} == {2}  # one sample alone never tells that somebody has left
    assert [one.at for one in parts[3:]] == pytest.approx([one.end for one in parts[2:-1]])


def test_an_event_in_an_hour_that_comes_twice_names_its_clip(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        camera.second = int(datetime(2026, 10, 25, 1, 20, tzinfo=UTC).timestamp()) - START  # 2:20 for the second time
        camera.show(4, ANA)
        camera.second += 6
        camera.show(4, broken=True)  # that she has left is told by now, when her clip is finished
    finally:
        monkeypatch.undo()
        time.tzset()
    told = camera.chat.library.events.since(0)
    assert [row["kind"] for row in told] == ["appears", "leaves"]
    assert told[0]["clip"] == told[1]["clip"] != ""


def test_whatever_ffmpeg_says_the_camera_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    problems = [
        av.error.HTTPUnauthorizedError(1, "no entry"),
        av.error.ExitError(2, "Immediate exit requested"),
        av.error.EOFError(3, "end"),
    ]
    link, stop, said = Link(), threading.Event(), list[str]()

    @contextmanager
    def opened(*_: object) -> Iterator[object]:
        said.append(link.problem)
        if problems:
            raise problems.pop(0)
        if len(said) > 4:
            stop.set()
        yield SimpleNamespace(streams=SimpleNamespace(video=[]))  # sound alone

    monkeypatch.setattr(streams, "BACKOFF", (0.0,))
    monkeypatch.setattr(streams, "_container_of", opened)
    assert list(live_pictures(read_address("rtsp://127.0.0.1:9/x"), link, stop)) == []
    assert said == ["", "no entry.", "nothing comes from it.", "end.", "it sends no pictures."]


@pytest.mark.parametrize("way", ["another in its place", "emptied"])
def test_a_file_that_its_recorder_begins_anew_is_followed_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(streams, "IDLE_S", 2.0)
    first = write(tmp_path / "first.ts", [(3, (ANA,))]).read_bytes()
    second = write(tmp_path / "second.ts", [(2, (BEN,))])
    path, link, stop = tmp_path / "hall.ts", Link(), threading.Event()
    path.write_bytes(first)

    def begin_anew() -> None:
        if way == "emptied":
            path.write_bytes(second.read_bytes())
        else:
            os.replace(second, path)

    threading.Timer(0.5, begin_anew).start()
    seen = [(one.time, one.fresh) for one in live_pictures(read_address(str(path)), link, stop, 100.0)]
    assert [round(at, 1) for at, fresh in seen if fresh] == [100.0, pytest.approx(103.2, abs=0.4)]
    assert len(seen) == 50
    assert seen == sorted(seen)
    assert (link.breaks, link.problem) == (1, "no more pictures came.")


def test_two_do_not_watch_one_camera(
    camera: Camera, chat: PVChat, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    camera.show(4, ANA)
    monkeypatch.setattr(console, "open_chat", lambda args: (chat, ProgressDisplay()))
    before = signal.getsignal(signal.SIGTERM)
    assert cli.main(["live", "hall"]) == 1
    signal.signal(signal.SIGTERM, before)
    assert capsys.readouterr().err.count("watches it already") == 1
    camera.show(6)
    assert len(clips(camera)) == 1  # what was in the making is there


def test_forgetting_leaves_no_clip_of_a_watcher_that_was_killed(camera: Camera, chat: PVChat) -> None:
    camera.show(4, ANA)
    folder = ring_of(chat.people.root) / "1"
    (folder / "2026-11-29 08.00.00.mp4").write_bytes(b"a clip that came into no table")
    camera.ring._alone.close()  # as the system does for a killed process
    chat.people.forget("Ana")
    assert [path for path in folder.iterdir() if ".mp4" in path.name] == []
    assert all(row["clip"] == "" for row in chat.library.events.since(0))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("rtsp://c/user=a&password=gehe1m&channel=1&stream=0.sdp",
         "rtsp://c/user=a&password=***&channel=1&stream=0.sdp"),
        ("rtsp://c/user=a_password=ge_he1m_channel=1_stream=0.sdp",
         "rtsp://c/user=a_password=***_channel=1_stream=0.sdp"),
        ("rtsp://c/live/token=gehe1m", "rtsp://c/live/token=***"),
        ("http://c/video.cgi?loginuse=a&loginpas=gehe1m", "http://c/video.cgi?loginuse=a&loginpas=***"),
        ("rtsp://c/passage/1?channel=2", "rtsp://c/passage/1?channel=2"),
    ],
)  # fmt: skip
def test_a_password_in_a_path_or_query_is_not_shown(typed: str, shown: str) -> None:
    address = read_address(typed)
    assert (address.text, address.without_password) == (typed, shown)


@pytest.mark.parametrize(
    "typed", ["rtsp:/me:gehe1m@cam/x", "me:gehe1m@cam", "rtsp://me:12?gehe1m@cam/s", "rtsp://me:1/gehe1m@c"]
)
def test_a_password_in_what_is_mistyped_is_not_told(typed: str) -> None:
    with pytest.raises(VideoReadError) as said:
        read_address(typed)
    assert "gehe1m" not in str(said.value)


def test_a_password_is_not_among_the_words_of_the_process(
    chat: PVChat, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def execv(program: str, words: list[str]) -> None:
        assert words == ["python", "pvchat", "live", "rtsp://me@127.0.0.1:9/door"]
        raise SystemExit(7)

    address = "rtsp://me:gehe1m@127.0.0.1:9/door"
    monkeypatch.setattr(console, "open_library", lambda: chat.library)
    monkeypatch.setattr(sys, "orig_argv", ["python", "pvchat", "live", address])
    monkeypatch.setattr(os, "execv", execv)
    with pytest.raises(SystemExit, match="7"):
        cli.main(["live", address])
    assert chat.library.live("rtsp://me@127.0.0.1:9/door").address.text == address
    assert cli.main(["library", "remove", address]) == 0
    assert "gehe1m" not in "".join(capsys.readouterr())

"""A made-up camera: who comes and goes, what is kept of it, what forgetting leaves; a real stream of a growing file."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from make_cameras import CARL, analysed, look, part, write
from make_receivers import until
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.cli import console
from pvchat.cli import live as cli_live
from pvchat.cli import main as cli
from pvchat.cli.live import status_line
from pvchat.errors import SettingsError, VideoReadError
from pvchat.library.live.live import Live, Watching
from pvchat.library.live.parts import WAITING, LivePart, Queue, Sampler
from pvchat.library.live.ring import Ring
from pvchat.library.recognise import follow
from pvchat.runtime import ProgressDisplay
from pvchat.schemas import ClipAnalysis, Thing
from pvchat.storage.library import LibraryError, LibraryFullError, connect, keep, prune, ring_of
from pvchat.storage.stores import library_of
from pvchat.video import Link, Picture, live_pictures, read_address

START = int(datetime(2026, 11, 29, 8, 0).timestamp())
SECRET = "rtsp://admin:gehe1m@127.0.0.1:9/door"


class Camera:
    """A camera whose parts are fed by hand."""

    def __init__(self, chat: PVChat) -> None:
        self.chat, self.second = chat, 0
        self.live = chat.library.live(SECRET, place="hall")
        self.live._look = look  # type: ignore[method-assign]
        self.tables = connect(chat.people.root)
        follow(self.tables, chat)
        self.ring = Ring(self.tables, chat, 1, 3.0)

    def show(self, seconds: int, *people: int, **how: bool) -> None:
        """Some seconds with these people."""
        for _ in range(seconds):
            with self.live._though_full():
                self.live.feed(self.tables, self.ring, part(START + self.second, *people, **how))
            self.second += 1

    def events(self) -> list[tuple[str, str, float]]:
        """What, who, and in which second."""
        rows = self.chat.library.events.since(0)
        return [(r["kind"], r["name"], round(datetime.fromisoformat(r["at"]).timestamp() - START, 1)) for r in rows]


@pytest.fixture
def camera(chat: PVChat) -> Iterator[Camera]:
    made = Camera(chat)
    with closing(made.tables):
        yield made


def test_who_comes_and_leaves(camera: Camera) -> None:
    camera.show(3)
    camera.show(5, ANA)
    camera.show(4, ANA, BEN)
    assert camera.live.status().who == ["Ana", "Ben"]
    camera.show(6, BEN)
    camera.show(6)
    assert camera.events() == [
        ("appears", "Ana", 3.0), ("appears", "Ben", 8.0), ("leaves", "Ana", 12.0), ("leaves", "Ben", 18.0)
    ]  # fmt: skip
    assert camera.live.status().who == []


def test_somebody_unknown_is_told_once_and_not_at_once(camera: Camera) -> None:
    camera.show(1, CARL)
    assert camera.events() == []
    camera.show(6, CARL)
    assert camera.events() == [("unknown", "", 0.0)]


def test_who_has_left_by_name_is_no_stranger_afterwards(camera: Camera) -> None:
    ana, window = camera.chat.people.get("Ana").id, camera.live._window
    told = window._update_stays([(ana, 0.9, 32.0, 36.0)], 36.0) + window._update_stays([], 38.0)
    assert [one.kind for one in told] == ["appears", "leaves"]
    assert window._update_stays([("", 0.8, 32.0, 36.0)], 39.0) == []  # the same seconds, by now without her name
    assert [one.kind for one in window._update_stays([("", 0.8, 38.0, 41.0)], 41.0)] == ["unknown"]


def test_a_short_break_is_no_leaving(camera: Camera) -> None:
    camera.show(4, ANA)
    camera.second += 1
    camera.show(4, ANA, broken=True)
    assert camera.events() == [("appears", "Ana", 0.0)]


def test_who_is_there_before_and_after_parts_that_were_dropped_has_not_left(camera: Camera) -> None:
    camera.show(4, ANA)
    for _ in range(2):
        camera.second += 2
        camera.show(1, ANA)
    assert camera.events() == [("appears", "Ana", 0.0)]


def test_who_is_there_after_a_break_of_some_seconds_has_not_left(camera: Camera) -> None:
    camera.show(4, ANA, BEN)
    camera.second += 6
    camera.show(4, ANA, broken=True)
    camera.second += 60
    camera.show(4, ANA, broken=True)
    told = camera.events()
    assert [row[:2] for row in told] == [
        ("appears", "Ana"), ("appears", "Ben"), ("leaves", "Ben"), ("leaves", "Ana"), ("appears", "Ana")
    ]  # fmt: skip
    assert [row[2] for row in told] == pytest.approx([0, 0, 4, 14, 74], abs=0.3)


@pytest.mark.parametrize("others", [(), (BEN,), (CARL,)])
def test_somebody_has_left_after_a_second_in_which_nobody_may_be_she(camera: Camera, others: tuple[int, ...]) -> None:
    camera.show(3, ANA, *others)
    assert "Ana" in camera.live.status().who
    camera.show(1, *others)
    assert "Ana" not in camera.live.status().who
    assert ("leaves", "Ana", 3.0) in camera.events()


def test_where_somebody_turns_her_back_she_has_left_after_two_seconds(camera: Camera) -> None:
    camera.show(3, ANA)
    back = Thing("person", 0.0, [0, 1, 2], [[0.1, 0.2, 0.5, 1.0]] * 3, [0.9] * 3)
    camera.live._look = lambda part: replace(look(part), bodies=[back])
    camera.show(1)
    assert camera.live.status().who == ["Ana"]
    camera.show(1)
    assert camera.live.status().who == []


def test_where_it_looks_drawn_nobody_looks_for_backs(camera: Camera) -> None:
    camera.show(3, ANA)

    def drawn(part: LivePart) -> ClipAnalysis:
        found = look(part)
        return replace(found, scene=replace(found.scene, confidence={"drawn": 0.4}))

    camera.live._look = drawn
    camera.show(1)
    assert camera.live.status().who == ["Ana"]
    camera.show(1)
    assert camera.live.status().who == []


def test_one_sample_without_her_is_no_leaving(camera: Camera) -> None:
    camera.show(3, ANA)
    camera.live._look = lambda part: analysed(replace(part.clip, times=part.clip.times[:1]))
    camera.show(1)
    assert camera.live.status().who == ["Ana"]


def test_what_came_before_a_break_is_looked_at_at_once(chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when there are pictures again."""
    live, parts = chat.library.live(SECRET, place="hall"), list[LivePart]()
    monkeypatch.setattr(live._queue, "put", lambda part: bool(parts.append(part)))
    frame = av.VideoFrame.from_ndarray(np.zeros((120, 160, 3), np.uint8), "rgb24")

    def pictures(*_: object, broken: Callable[[], None]) -> Iterator[Picture]:
        yield Picture(START, frame, 0.0, fresh=True)
        assert parts == []
        broken()
        assert len(parts) == 1

    monkeypatch.setattr("pvchat.library.live.live.live_pictures", pictures)
    live._read()
    assert len(parts) == 1
    assert live.status().failed == ""


def test_where_nothing_moves_everybody_stays_and_nothing_is_looked_at(camera: Camera) -> None:
    camera.show(3, ANA)
    looked_at = camera.live.status().looked_at
    camera.show(20, still=True)
    assert (camera.live.status().who, camera.live.status().looked_at) == (["Ana"], looked_at)
    camera.show(4)
    assert camera.events()[-1] == ("leaves", "Ana", 23.0)


@pytest.mark.parametrize("length", [0.9, 1.0, 1.1])
def test_who_has_left_before_a_back_is_gone_though_nothing_moves_any_more(camera: Camera, length: float) -> None:
    """Parts are a second long, or about that."""

    def show(*people: int, still: bool = False) -> None:
        seen = part(0, *people, still=still)
        clip = replace(seen.clip, duration_s=length, times=seen.clip.times * length)
        camera.live.feed(camera.tables, camera.ring, replace(seen, at=START + len(shown) * length, clip=clip))
        shown.append(seen)

    shown = list[LivePart]()
    for _ in range(3):
        show(ANA)
    back = Thing("person", 0.0, [0, 1, 2], [[0.1, 0.2, 0.5, 1.0]] * 3, [0.9] * 3)
    camera.live._look = lambda part: replace(look(part), bodies=[back])
    show()
    for _ in range(3):
        show(still=True)
    assert [row[:2] for row in camera.events()] == [("appears", "Ana"), ("leaves", "Ana")]
    assert camera.live.status().who == []


def test_who_sits_still_is_there_all_the_time(camera: Camera, chat: PVChat) -> None:
    camera.show(2)
    camera.show(5, ANA)
    camera.show(150, still=True)
    camera.show(3, ANA)
    camera.show(6)
    assert "for 2 minutes 38 seconds" in chat.library.ask("How long was Ana in the hall?").answer
    clips = chat.library.status().clips
    camera.show(5, CARL)
    camera.show(200, still=True)  # nobody is known to be there: a poster would fill the disk
    camera.show(6)
    assert chat.library.status().clips == clips + 1


def test_a_long_stay_is_one_event_through_many_windows(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera.live._window._recent, "most", (10, 10))
    parts = []
    for _ in range(35):
        camera.show(1, ANA)
        parts.append(camera.live._window._recent.seen.parts)
    assert camera.events() == [("appears", "Ana", 0.0)]
    assert parts[:10] == list(range(1, 11))
    assert {min(parts[10:]), max(parts)} == {6, 10}  # never a few parts alone


def test_the_library_knows_what_a_camera_saw(camera: Camera, chat: PVChat) -> None:
    camera.show(2)
    camera.show(5, ANA)
    camera.show(6)
    answer = chat.library.ask("When was Ana last seen?")
    assert "on Sunday 29 November 2026 at 08:00, in the hall" in answer.answer
    clip = Path(answer.finding.seen[0].video.path)
    assert clip.is_file()
    assert clip.parent.parent == ring_of(chat.people.root)
    assert answer.finding.seen[0].spans == ((1.0, 6.0),)
    row = chat.library.events.since(0)[0]
    assert (row["clip"], row["second"], row["place"]) == (str(clip), 1.0, "hall")
    from pvchat import video

    found = video.probe(clip, chat.settings.video)
    assert found.duration_s == pytest.approx(10.0, abs=1.0)


def test_an_event_that_is_told_after_a_break_names_the_clip_that_shows_it(camera: Camera, chat: PVChat) -> None:
    camera.show(4, ANA)
    camera.second += 6
    camera.show(3, broken=True)
    camera.show(4, BEN)
    came, left, other = chat.library.events.since(0)
    assert (left["kind"], left["name"], left["clip"]) == ("leaves", "Ana", came["clip"])
    assert left["second"] == pytest.approx(4, abs=0.4)
    assert other["clip"] not in ("", came["clip"])


def test_the_inbox_tells_to_the_second_when_a_stranger_was_seen(
    camera: Camera, chat: PVChat, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    camera.second = 0.25  # type: ignore[assignment]
    camera.show(5, CARL)
    camera.show(5)
    monkeypatch.setattr(console, "open_library", lambda: chat.library)
    assert cli.main(["library", "inbox", "--all"]) == 0
    assert " 2026-11-29 08:00:00 2026-11-29 08.00.00.mp4" in capsys.readouterr().out


def test_a_scan_leaves_cameras_alone(camera: Camera, chat: PVChat) -> None:
    camera.show(4, ANA)
    camera.show(6)
    report = chat.library.scan()
    assert (report.missing, report.removed, chat.library.status().clips) == ([], 0, 1)


def test_what_shows_nobody_is_not_kept(camera: Camera, chat: PVChat) -> None:
    camera.show(20)
    assert list((ring_of(chat.people.root) / "1").iterdir()) == []
    assert chat.library.status().clips == 0


def test_old_clips_and_too_many_go_for_good(camera: Camera, chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds in (3, 4, 5):
        camera.show(seconds, ANA)
        camera.show(6)
    clips = sorted((ring_of(chat.people.root) / "1").iterdir())
    assert len(clips) == 3
    size = sum(path.stat().st_size for path in clips)
    assert prune(camera.tables, chat.people.root, START + 1e9) == 0  # nobody has said how long it is kept
    keep(chat.people.root, 7, (size - 1) / 1e9)
    assert prune(camera.tables, chat.people.root, START + 60) == 1
    assert sorted((ring_of(chat.people.root) / "1").iterdir()) == clips[1:]
    keep(chat.people.root, 1, None)
    assert prune(camera.tables, chat.people.root, START + 12 * 3600.0) == 0
    monkeypatch.setattr(time, "time", lambda: START + 25 * 3600.0)
    assert (chat.library.status().clips, chat.library.events.since(0)) == (0, [])  # though nobody watches


DAY = 24 * 3600


def test_a_clock_that_is_set_ahead_by_mistake_deletes_nothing_for_a_day(
    camera: Camera, chat: PVChat, caplog: pytest.LogCaptureFixture
) -> None:
    def looked(days: float) -> tuple[int, int]:
        prune(camera.tables, chat.people.root, START + days * DAY)
        clips = camera.tables.execute("SELECT count(*) FROM clips").fetchone()[0]
        return clips, len(camera.events())

    keep(chat.people.root, 7, None)
    camera.show(3, ANA)
    camera.show(6)
    assert looked(0.1) == (1, 2)
    assert looked(365) == looked(365.9) == (1, 2)
    assert caplog.text.count("the clock is 365 days on") == 1
    camera.second += 365 * DAY
    camera.show(3, BEN, broken=True)  # by the wrong clock
    camera.show(6)
    camera.second -= 364 * DAY
    assert looked(1) == (2, 4)  # it was put right
    camera.show(3, BEN, broken=True)
    camera.show(6)
    assert looked(1.9) == looked(2.8) == (3, 6)
    assert looked(8.5) == (3, 6)  # nobody has looked for five days: that may be a wrong clock, too
    assert looked(9.6) == (0, 0)  # also what was dated a year ahead


def test_more_than_there_is_room_for_goes_in_the_order_in_which_it_came(camera: Camera, chat: PVChat) -> None:
    keep(chat.people.root, 7, None)
    camera.second += 5 * DAY
    camera.show(3, ANA)
    camera.show(6)
    camera.second -= 5 * DAY
    camera.show(3, BEN, broken=True)
    camera.show(6)
    last = max((ring_of(chat.people.root) / "1").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    keep(chat.people.root, 7, last.stat().st_size / 1e9)
    assert prune(camera.tables, chat.people.root, START + 60) == 1
    assert list((ring_of(chat.people.root) / "1").iterdir()) == [last]


def test_nothing_of_a_forgotten_person_stays(camera: Camera, chat: PVChat) -> None:
    chat.library.events.add("Ana is seen", "http://127.0.0.1:9/hook")
    chat.library.events.add("Ben leaves")
    camera.show(4, ANA)
    camera.show(6)
    camera.show(4, BEN)
    camera.show(6)
    ref, clips = chat.people.get("Ana").id, sorted((ring_of(chat.people.root) / "1").iterdir())
    prints = [
        row[0] for row in camera.tables.execute("SELECT t.identity FROM tracks AS t ORDER BY clip LIMIT 1").fetchall()
    ]
    shown = clips[0].read_bytes()[-2000:]
    chat.people.forget("Ana")
    left = b"".join(path.read_bytes() for path in library_of(chat.people.root).parent.rglob("*") if path.is_file())
    for trace in (ref.encode(), shown, *(one[:256] for one in prints)):
        assert trace not in left
    assert camera.events() == [("appears", "Ben", 10.0), ("leaves", "Ben", 14.0)]
    assert [rule["rule"] for rule in chat.library.events.rules()] == ["Ben leaves"]
    assert chat.library.events.deliveries()[0]["rule"] == 2


def test_who_is_forgotten_while_she_is_there_is_not_kept(camera: Camera, chat: PVChat) -> None:
    camera.show(4, ANA)
    chat.people.forget("Ana")
    camera.show(8)
    assert camera.events() == []
    assert list((ring_of(chat.people.root) / "1").iterdir()) == []


@pytest.mark.parametrize(
    ("what", "meanwhile"), [("storage.private.write", ["appears", "leaves"]), ("library.live.events.record_event", [])]
)
def test_a_full_disk_does_not_end_watching(
    camera: Camera, chat: PVChat, monkeypatch: pytest.MonkeyPatch, what: str, meanwhile: list[str]
) -> None:
    """Events wait until there is room again; a clip that couldn't be written is lost, the next one is kept."""

    def full(*_: object) -> None:
        raise LibraryFullError("the library can't be changed: the disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(f"pvchat.{what}", full)
        camera.show(4, ANA)
        camera.show(8)
        assert [row[0] for row in camera.events()] == meanwhile
        assert "the disk is full" in status_line(camera.live.status())
    camera.show(4, BEN)
    camera.show(8)
    told = [row[:2] for row in camera.events()]
    assert told == [("appears", "Ana"), ("leaves", "Ana"), ("appears", "Ben"), ("leaves", "Ben")]
    assert camera.live.status().unsaved == ""
    assert Path(chat.library.events.last(1)[0]["clip"]).is_file()


def test_a_password_is_shown_nowhere(camera: Camera, chat: PVChat, caplog: pytest.LogCaptureFixture) -> None:
    address = read_address(SECRET)
    assert address.without_password == "rtsp://admin@127.0.0.1:9/door"
    for user in ("a%40b.c", "us%C3%A9r"):  # `pvchat live` begins anew with it, once
        shown = read_address(f"rtsp://{user}:secret@cam/1").without_password
        assert read_address(shown).without_password == shown == f"rtsp://{user}@cam/1"
    assert chat.library.live("hall").address.text == SECRET  # by its place
    link, stop = Link(), threading.Event()
    threading.Timer(0.7, stop.set).start()
    assert list(live_pictures(address, link, stop)) == []
    said = [repr(address), link.problem, status_line(camera.live.status()), str(chat.library.status()), caplog.text]
    said += [str(chat.library.events.last()), repr(camera.live.status())]
    assert link.problem
    assert "gehe1m" not in " ".join(said)
    assert (
        read_address("http://cam/video?user=a&pwd=b&channel=2").without_password
        == "http://cam/video?user=a&pwd=***&channel=2"
    )


def test_only_cameras_and_files_can_be_watched(chat: PVChat, tmp_path: Path) -> None:
    for text in ("ftp://cam/1", "rtsp://", str(tmp_path), str(tmp_path / "none.ts")):
        with pytest.raises(VideoReadError):
            chat.library.live(text)
    with pytest.raises(SettingsError, match="1 to 8 times"):
        Watching(fps=0)
    clip = write(tmp_path / "video.mp4", [(1, ())], "mp4")
    chat.library.add([clip])
    with pytest.raises(LibraryError, match="as a video"):
        chat.library.live(str(clip))


def test_who_is_corrected_before_the_camera_stays(camera: Camera, chat: PVChat, studio: Studio) -> None:
    camera.show(4, ANA)
    chat.correct("Ana", studio.clip("other", ANA), is_her=True)
    camera.show(5, ANA)
    chat.correct("Ana", studio.clip("another", ANA), is_her=True)
    camera.show(6)
    assert camera.events() == [("appears", "Ana", 0.0), ("leaves", "Ana", 9.0)]


def test_a_removed_camera_takes_its_clips_along(camera: Camera, chat: PVChat) -> None:
    camera.show(4, ANA)
    camera.show(6)
    chat.library.remove(SECRET)
    assert list((ring_of(chat.people.root) / "1").iterdir()) == []
    assert chat.library.status().clips == 0


@pytest.mark.parametrize("others", [(), ("rtsp://127.0.0.1:9/garden",)])
def test_watching_a_camera_that_is_removed_ends_and_keeps_nothing(
    camera: Camera, chat: PVChat, others: tuple[str, ...]
) -> None:
    camera.show(4, ANA)
    chat.library.remove(SECRET)
    chat.library.add(others)  # whose number is the removed one's
    with pytest.raises(LibraryError, match="taken out of the library meanwhile"):
        camera.show(1, ANA)
    camera.ring.close()
    assert list((ring_of(chat.people.root) / "1").iterdir()) == []
    assert (chat.library.status().clips, chat.library.events.since(0)) == (0, [])


def test_a_full_queue_drops_the_oldest_and_says_so() -> None:
    queue = Queue()
    for second in range(WAITING + 2):
        queue.put(part(second, ANA))
    first = queue.get()
    assert first is not None
    assert (first.at, queue.dropped) == (2.0, 6 + 2)


def test_who_is_behind_looks_at_fewer_samples_of_each_second(camera: Camera) -> None:
    queue = Queue()
    for second in range(2):
        queue.put(part(START + second, ANA, BEN))
    looked_at = [queue.get(), queue.get()]
    assert [len(one.clip.times) for one in looked_at if one is not None] == [1, 3]
    for one in looked_at:
        camera.live.feed(camera.tables, camera.ring, one)
    assert camera.events() == [("appears", "Ana", 0.0), ("appears", "Ben", 0.0)]


def test_a_file_is_waited_for() -> None:
    patient = Queue(lossless=True)
    for second in range(WAITING):
        patient.put(part(second))
    threading.Timer(0.05, patient.get).start()
    patient.put(part(9))  # waits for room
    threading.Timer(0.05, patient.close).start()
    assert not patient.put(part(10))  # nobody looks any more: not taken, and not counted as dropped
    assert patient.dropped == 0


def test_samples_are_taken_where_something_moves(chat: PVChat, tmp_path: Path) -> None:
    path = write(tmp_path / "hall.ts", [(3, ()), (3, (ANA,)), (3, ())])
    sampler, stop, parts = Sampler(3.0, chat.settings.video), threading.Event(), list[LivePart]()
    for picture in live_pictures(read_address(str(path)), Link(), stop, 100.0):
        if (made := sampler.add(picture)) is not None:
            parts.append(made)
        if picture.time > 108.5:
            stop.set()
    assert [one.still for one in parts[:6]] == [False, False, True, False, False, False]
    assert [len(one.clip.images) for one in parts[:3]] == [3, 3, 0]
    ends = [one.end for one in parts]
    assert np.allclose(np.diff(ends), 1.0, atol=0.15)
    assert parts[0].at == pytest.approx(100, abs=0.2)


def test_what_was_seen_just_before_a_break_or_the_end_is_looked_at(chat: PVChat, tmp_path: Path) -> None:
    path = write(tmp_path / "hall.ts", [(5, (ANA,)), (4, ())])
    sampler, parts, gap = Sampler(3.0, chat.settings.video), list[LivePart](), (102.9, 105.1)
    pictures = live_pictures(read_address(str(path)), Link(), threading.Event(), 100.0)
    shown = takewhile(lambda one: one.time < 107.6, pictures)
    seen = [one for one in shown if not gap[0] <= one.time < gap[1]]
    after = next(one for one in seen if one.time >= gap[1])
    for picture in seen:
        parts += filter(None, [sampler.add(replace(picture, fresh=picture is after))])
    parts += filter(None, [sampler.end()])
    before, behind = ([one for one in parts if (one.at < gap[0]) == first] for first in (True, False))
    assert before[-1].end == pytest.approx(gap[0], abs=0.35)
    assert (behind[0].at, behind[0].broken) == (pytest.approx(gap[1], abs=0.35), True)
    assert not any(one.broken for one in before)
    assert behind[-1].end == pytest.approx(107.6, abs=0.35)


def test_after_parts_that_were_dropped_what_stands_still_is_looked_at(chat: PVChat, tmp_path: Path) -> None:
    path = write(tmp_path / "hall.ts", [(9, ())])
    sampler, stop, parts = Sampler(3.0, chat.settings.video), threading.Event(), list[LivePart]()
    for picture in live_pictures(read_address(str(path)), Link(), stop, 100.0):
        if (made := sampler.add(picture)) is not None:
            parts.append(made)
            if len(parts) == 4:
                sampler.skip()
        if picture.time > 108:
            stop.set()
    assert [one.still for one in parts[:7]] == [False, False, True, True, False, False, True]


def test_what_stands_still_is_looked_at_now_and_then(
    chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pvchat.library.live.parts.LOOK_AGAIN_S", 3.5)
    path, parts = write(tmp_path / "hall.ts", [(11, ())]), list[LivePart]()
    sampler = Sampler(3.0, chat.settings.video)
    shown = takewhile(
        lambda one: one.time < 110, live_pictures(read_address(str(path)), Link(), threading.Event(), 100.0)
    )
    for picture in shown:
        parts += filter(None, [sampler.add(picture)])
    assert [one.still for one in parts[:8]] == [False, False, True, True, True, False, True, True]


def test_a_growing_file_is_followed(chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write(tmp_path / "whole.ts", [(2, ()), (3, (ANA,)), (5, ()), (3, (CARL,)), (5, ())]).read_bytes()
    path = tmp_path / "2026-11-29 08.00.00.ts"
    path.write_bytes(whole[: len(whole) // 2])
    rows = list[dict]()
    monkeypatch.setattr(Live, "_look", lambda live, part: look(part))
    live = Live(chat, (1, ""), read_address(str(path)), on_event=rows.append)
    chat.library.live(str(path))
    live.start()
    try:
        until(lambda: bool(rows))
        with path.open("ab") as file:
            file.write(whole[len(whole) // 2 :])
        until(lambda: len(rows) == 3)
    finally:
        live.stop()
    times = [datetime.fromisoformat(row["at"]).timestamp() - START for row in rows]
    assert [(row["kind"], row["name"]) for row in rows] == [("appears", "Ana"), ("leaves", "Ana"), ("unknown", "")]
    assert times == pytest.approx([2, 5, 10], abs=0.5)
    status = live.status()
    assert (status.dropped, status.failed, status.running, status.breaks) == (0, "", False, 0)
    assert status_line(status).startswith("ended; there: ")
    assert live.picture().startswith(b"\xff\xd8")


def test_where_pictures_stop_it_is_said_at_once_and_when(
    camera: Camera, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = [True, True, False, False, False, True, True]
    monkeypatch.setattr(camera.live, "wait", lambda wait_s: not states)
    status = camera.live.status()
    monkeypatch.setattr(camera.live, "status", lambda: replace(status, running=True, connected=states.pop(0)))
    cli_live._tell_how_it_goes(camera.live)
    said = capsys.readouterr().err.splitlines()
    assert [line[21:].split(";")[0] for line in said] == ["connected", "not connected (no picture yet)", "connected"]
    assert all(datetime.fromisoformat(line[:19]) for line in said)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_whoever_stops_the_command_finds_the_clip_in_the_making_finished(
    chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    film = write(tmp_path / "hall.ts", [(2, ()), (6, (ANA,))])
    start, enter, main = Live.start, Ring._enter, threading.get_ident()

    def started(live: Live) -> None:
        start(live)
        threading.Thread(target=stop, args=(live,)).start()

    def stop(live: Live) -> None:
        until(lambda: bool(live.status().who))
        signal.pthread_kill(main, number)

    def entered(*words: object) -> None:
        time.sleep(0.5)
        enter(*words)  # type: ignore[arg-type]

    def pictures(*words: Any, **more: Any) -> Iterator[Picture]:
        yield from live_pictures(*words, **more)
        words[2].wait(60)  # until it is stopped, as a camera does: on a slow machine the file would end before

    monkeypatch.setattr("pvchat.library.live.live.live_pictures", pictures)
    monkeypatch.setattr(Live, "_look", lambda live, part: look(part))
    monkeypatch.setattr(Live, "start", started)
    monkeypatch.setattr(Ring, "_enter", entered)
    monkeypatch.setattr(console, "open_chat", lambda args: (chat, ProgressDisplay()))
    before = signal.signal(signal.SIGTERM, lambda *_: pytest.fail("nobody heard it"))
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)  # by whoever runs the tests in the background
    try:
        with pytest.raises(SystemExit) as end:
            sys.exit(cli.main(["live", str(film)]))
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, ignored)
    assert (end.value.code or 0) == code
    assert Path(chat.library.events.since(0)[0]["clip"]).is_file()

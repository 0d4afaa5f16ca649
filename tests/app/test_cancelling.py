"""Cancel beside a progress bar: on the enroll tab, of questions to the library, of people looked for or named there."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from make_app import BEN, WAIT_S, Scenery, built, fill, ready, running, upload, wait_for
from make_browser import open_page, see, tab
from pvchat_app.backend import Backend
from pvchat_app.enroll_tab import EnrollTab
from pvchat_app.inbox_tab import StrangersPart
from pvchat_app.library_tab import LibraryTab
from pvchat_app.progress import CancellableCalls

from pvchat import PVChat
from pvchat.augment.watch import StoppedError
from pvchat.library import grouping, recognise
from pvchat.storage.library import connect

ONE = gr.Request(session_hash="one")


def cancel(calls: CancellableCalls, bar: str) -> None:
    """Press the Cancel button of a progress bar."""
    found = re.search(r'data-cancel="(\w+)"', bar)
    assert found is not None
    calls.cancel(found[1])


class Steps:
    """A call that reports its progress whenever it is let on."""

    def __init__(self) -> None:
        self.on, self.over = threading.Semaphore(0), threading.Event()

    def __call__(self, tell: Any, *_: Any) -> None:
        try:
            for done in range(1, 4):
                assert self.on.acquire(timeout=WAIT_S)
                tell("counting", done, 3)
        finally:
            self.over.set()


def test_cancel_frees_the_page_at_once_and_ends_the_call_at_its_next_step() -> None:
    calls, steps = CancellableCalls(), Steps()
    bars = calls.bars("counting", steps)
    cancel(calls, next(bars))
    with pytest.raises(StoppedError):
        next(bars)
    assert not steps.over.is_set()
    steps.on.release()
    assert steps.over.wait(WAIT_S)
    assert steps.on.acquire(blocking=False) is False  # it took one step of three


def test_one_call_is_cancelled_and_another_goes_on() -> None:
    calls, one, other = CancellableCalls(), Steps(), Steps()
    first, second = calls.bars("counting", one), calls.bars("counting", other)
    cancel(calls, next(first))
    calls.cancel("nobody's")
    next(second)
    other.on.release(3)
    list(second)
    assert other.on.acquire(blocking=False) is False  # it took all three steps
    with pytest.raises(StoppedError):
        next(first)


def test_a_call_of_a_page_that_has_gone_ends() -> None:
    calls, steps = CancellableCalls(), Steps()
    bars = calls.bars("counting", steps)
    next(bars)
    next(bars)
    bars.close()
    steps.on.release()
    assert steps.over.wait(WAIT_S)
    assert steps.on.acquire(blocking=False) is False


@pytest.fixture
def looking(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """The backend's look at a clip goes on step by step, as long as nobody stops it."""
    steps, analyse = Steps(), backend.engine.chat.analyse

    def slowly(*given: Any, **how: Any) -> Any:
        steps(backend.engine.tell)
        return analyse(*given, **how)

    monkeypatch.setattr(backend.engine.chat, "analyse", slowly)
    return steps


def until(shown: Iterator[dict[Any, Any]], component: Any, words: str) -> str:
    """Go on until a component shows some words; what it shows then."""
    found = (str(one[component]) for one in shown if words in str(one.get(component, "")))
    return next(found)


def test_a_cancelled_clip_is_gone_from_page_disk_and_memory(backend: Backend, scenery: Scenery, looking: Steps) -> None:
    enroll, session = built(EnrollTab, backend, gr.BrowserState("")), backend.sessions.of("one")
    gone: list[str] = []
    backend.analyses._drop = gone.append
    shown = enroll.receive_clip(str(upload(backend, path := scenery.clip("ben", BEN))), ONE)
    bar, clip = until(shown, enroll.found, "Cancel"), session.enrolling
    assert clip is not None
    cancel(backend.cancellable, bar)
    *_, last = shown
    assert (last[enroll.upload], last[enroll.found], session.enrolling) == (None, "", None)
    assert not clip.path.exists()
    looking.on.release()
    assert backend.analyses.of(clip).over.wait(WAIT_S)
    assert (clip.analysis, gone) == (None, [backend.engine.chat.key_of(path)])
    looking.on.release(3)
    *_, last = enroll.receive_clip(str(upload(backend, path)), ONE)
    assert "Person 1" in last[enroll.found]


def test_the_cross_of_an_upload_ends_the_look_at_it(backend: Backend, scenery: Scenery, looking: Steps) -> None:
    enroll, session = built(EnrollTab, backend, gr.BrowserState("")), backend.sessions.of("one")
    shown = enroll.receive_clip(str(upload(backend, scenery.clip("ben", BEN))), ONE)
    until(shown, enroll.found, "Cancel")
    clip = session.enrolling
    enroll.remove_clip(ONE)
    assert list(shown) == []  # what it shows now stays
    looking.on.release()
    assert backend.analyses.of(clip).over.wait(WAIT_S)
    assert clip.analysis is None


@pytest.fixture
def library(backend: Backend, scenery: Scenery) -> LibraryTab:
    """The library tab of a library of three clips."""
    backend.engine.chat.library.add([fill(scenery)])
    backend.engine.chat.library.scan()
    return built(LibraryTab, backend, gr.BrowserState(""), True)


def stale(backend: Backend) -> int:
    """How many clips are still to be gone through."""
    tables = connect(backend.engine.people.root)
    return tables.execute("SELECT count(*) FROM clips WHERE stale").fetchone()[0]


def test_a_cancelled_question_keeps_who_was_recognised_and_goes_on(
    backend: Backend, library: LibraryTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, on, told = threading.Event(), threading.Semaphore(0), recognise.bring_up_to_date

    def slowly(*given: Any) -> None:
        at_work.set()
        assert on.acquire(timeout=WAIT_S)
        told(*given)

    monkeypatch.setattr(recognise, "BATCH", 1)
    monkeypatch.setattr(recognise, "bring_up_to_date", slowly)
    connect(backend.engine.people.root).execute("UPDATE clips SET stale = 1")  # as somebody who is new leaves them
    asking = library.ask("When was Ana last seen?", ONE)
    bar = until(asking, library.answer, "Cancel")
    next(asking)
    assert at_work.wait(WAIT_S)
    cancel(backend.cancellable, bar)
    *_, last = asking
    assert "Stopped" in last[library.answer]
    on.release()
    wait_for(lambda: stale(backend) == 2)  # the clip at hand was finished
    assert backend.sessions.of("one").library_questions == []
    on.release(2)
    *_, last = library.ask("When was Ana last seen?", ONE)
    assert "last seen on Sunday 1 November" in last[library.answer]
    assert stale(backend) == 0


def test_cancelled_while_faces_are_grouped_the_inbox_stays_as_it_was_and_goes_on(
    backend: Backend, library: LibraryTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, on, linked = threading.Event(), threading.Event(), grouping._linked

    def slowly(*given: Any) -> Any:
        at_work.set()
        assert on.wait(WAIT_S)
        return linked(*given)

    def groups() -> int:
        return connect(backend.engine.people.root).execute("SELECT count(*) FROM groups").fetchone()[0]

    monkeypatch.setattr(grouping, "_linked", slowly)
    strangers = built(StrangersPart, backend, *_player(), True)
    finding = strangers.find()
    bar = until(finding, strangers.note, "Cancel")
    next(finding)
    assert at_work.wait(WAIT_S)
    cancel(backend.cancellable, bar)
    *_, last = finding
    assert "Stopped" in last[strangers.note]
    assert groups() == 0
    on.set()
    *_, last = strangers.find()
    assert "In 3 videos" in last[strangers.grid]
    assert groups() == 1


@pytest.fixture
def strangers(backend: Backend, library: LibraryTab) -> StrangersPart:
    """The people whom nobody enrolled, shown: Carl, in three clips."""
    strangers = built(StrangersPart, backend, *_player(), True)
    list(strangers.find())
    return strangers


def naming(strangers: StrangersPart) -> Iterator[dict[Any, Any]]:
    """What the page shows while Carl is enrolled."""
    carl = strangers.backend.engine.chat.library.inbox.strangers()[0].id
    return strangers._event("enrolling", strangers.enroll)([carl], "Carl", True)


def test_cancelled_while_videos_are_looked_at_nobody_is_enrolled(
    backend: Backend, strangers: StrangersPart, looking: Steps
) -> None:
    shown = naming(strangers)
    bar = until(shown, strangers.note, "Cancel")
    next(shown)
    looking.on.release(3)
    assert looking.over.wait(WAIT_S)  # of the first of three videos
    cancel(backend.cancellable, bar)
    until(shown, strangers.note, "Stopping")
    looking.on.release(1)
    *_, last = shown
    assert last.keys() == {strangers.note}  # who is ticked stays so, and the name that was typed
    assert "nothing was changed" in last[strangers.note]
    assert backend.engine.people.find("Carl") is None
    assert backend.engine.chat.library.inbox.last() is None
    looking.on.release(99)
    *_, last = naming(strangers)
    assert "Carl is enrolled" in last[strangers.note]
    assert backend.engine.people.get("Carl").extra["clips"] == 3


def test_cancelled_too_late_somebody_is_enrolled_wholly_and_can_be_taken_back(
    backend: Backend, strangers: StrangersPart, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, on, redraw = threading.Event(), threading.Event(), strangers._redraw

    def slowly(tell: Any) -> Any:
        done.set()
        assert on.wait(WAIT_S)
        tell("looking for people", 1, 2)
        return redraw(tell)

    monkeypatch.setattr(strangers, "_redraw", slowly)
    shown = naming(strangers)
    bar = until(shown, strangers.note, "Cancel")
    next(shown)
    assert done.wait(WAIT_S)
    cancel(backend.cancellable, bar)
    on.set()
    *_, last = shown
    assert "Carl is enrolled" in last[strangers.note]
    assert (last[strangers.grid], last[strangers.picked]) == ("", [])
    assert backend.engine.people.get("Carl").extra["clips"] == 3
    list(strangers._event("noting it", strangers.undo)())
    assert backend.engine.people.find("Carl") is None


def _player() -> tuple[gr.HTML, Any]:
    """What plays a video: nothing."""
    return gr.HTML(), lambda: None


@pytest.mark.browser
def test_the_cancel_button_is_pressed_by_the_keyboard(
    chromium, scenery: Scenery, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, analyse, app = Steps(), chat.analyse, ready(chat)

    def slowly(clip: Path, partial: Any = None) -> Any:
        steps(app.tell)
        return analyse(clip, partial)

    monkeypatch.setattr(chat, "analyse", slowly)
    with running(app) as (server, url):
        page = open_page(chromium, url)
        tab(page, "Enroll")
        see(page, "enroll", scenery.clip("ben", BEN))
        page.focus("#pv-subjects [data-cancel]")
        page.wait_for_timeout(1500)  # the bar is drawn anew meanwhile
        assert page.evaluate("document.activeElement.dataset.cancel")
        page.keyboard.press("Enter")
        page.wait_for_selector("#pv-subjects [data-cancel]", state="detached")
        page.wait_for_selector("#pv-enroll-file :text('ben')", state="detached")
        steps.on.release(8)
        wait_for(lambda: not any(server.backend.sessions.uploads.rglob("ben.mp4")))
        see(page, "enroll", scenery.clip("ben", BEN))
        page.wait_for_selector("#pv-subjects .pv-subject")

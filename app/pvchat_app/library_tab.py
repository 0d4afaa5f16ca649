"""The library tab: folders of videos, looked through in the background; questions about all of them; strangers.

In: a `Desk`. Out: Gradio components and their events. What is done is `pvchat.library`'s; strangers are
`inbox_tab.py`'s. Folders are named by whoever sits at this machine only: a browser elsewhere reaches no other files.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from pvchat.config import MAX_QUESTION
from pvchat.errors import SettingsError
from pvchat.library.scan import Scanning
from pvchat.schemas import Progress
from pvchat.storage import library as storage
from pvchat_app import cards, inbox_tab, jobcards, librarycards
from pvchat_app.desk import Desk
from pvchat_app.enroll_tab import CANCEL, MODEL, POLL_S, QUICK, sent
from pvchat_app.jobs import Job
from pvchat_app.playing import playing
from pvchat_app.progress import watched

KIND = "scan"
_PLAN = (("looking through videos", 60.0),)
_FIRST = (
    "Add a folder of videos: family, rounds, episodes, a camera’s recordings.",
    "Let PVChat look through it, once; it goes on where it stopped.",
    "Ask about all of them: “When was Ana last seen?”",
)
_ELSEWHERE = "Folders are added on the machine that PVChat runs on: pvchat library add FOLDER"
_NOBODY = (
    "Nobody is enrolled yet: enroll a person from a clip (Enroll), or name somebody under “People I don’t know” below."
)


@dataclass
class LibraryTab:
    """The components that other parts of the page need; `show` fills `outputs` for a browser's key."""

    outputs: list[Any]
    show: Callable[[str], tuple[Any, ...]]
    changed: list[Any]  # events after which lists of people are out of date


def build(desk: Desk, browser: gr.BrowserState, local: bool) -> LibraryTab:
    """Lay the tab out and connect it.

    Args:
        desk: does the work.
        browser: the key by which a browser knows its scans again after a reload.
        local: whoever uses the page sits at this machine: folders may be named.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            played = gr.HTML("", elem_id="pv-library-player")
            with gr.Row(equal_height=True, elem_id="pv-library-asking"):
                question = gr.Textbox(label="Question", show_label=False, container=False, max_length=MAX_QUESTION,
                                      max_lines=3, scale=6, min_width=180, elem_id="pv-library-question",
                                      placeholder="Ask about all videos: when was Ana last seen?")  # fmt: skip
                ask = gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="pv-library-ask")
            told = gr.HTML("", elem_id="pv-library-answer", js_on_load=librarycards.PLAY)
        with gr.Column(scale=2, min_width=300):
            listed = gr.HTML(cards.steps(*_FIRST), elem_id="pv-library-sources")
            if local:
                folder = gr.Textbox(label="Folder or file on this machine", max_lines=1, max_length=4096,
                                    placeholder="~/videos", elem_id="pv-library-folder")  # fmt: skip
                place = gr.Textbox(label="Place (may be left empty)", max_lines=1, max_length=80,
                                   placeholder="kitchen", elem_id="pv-library-place")  # fmt: skip
                add = gr.Button("Add", elem_id="pv-library-add")
            else:
                gr.HTML(cards.notice(_ELSEWHERE))
            scan = gr.Button("Look through what is new", elem_id="pv-library-scan", visible=False)
            note = gr.HTML("", elem_id="pv-library-note")
            jobs = gr.HTML("", elem_id="pv-library-jobs", js_on_load=CANCEL)
    timer = gr.Timer(POLL_S, active=False)
    strangers = inbox_tab.build(desk, played)

    outputs = [listed, scan, jobs, timer]
    show = _showing(desk, local)
    if local:
        gr.on([add.click, folder.submit, place.submit], _adding(desk, show), [folder, place, browser],
              [note, folder, place, *outputs], **QUICK)  # fmt: skip
    scan.click(_scanning(desk, show), browser, [note, *outputs], **QUICK)
    timer.tick(show, browser, outputs, **QUICK)
    jobs.click(_cancelling(desk, show), browser, outputs, **QUICK)
    gr.on([ask.click, question.submit], _asking(desk), question, told, show_progress="hidden", **MODEL)
    told.click(playing(desk), None, played, **QUICK)
    return LibraryTab(outputs, show, strangers.changed)


def _showing(desk: Desk, local: bool) -> Callable[[str], tuple[Any, ...]]:
    def show(owner: str) -> tuple[Any, ...]:
        """Sources, the button that scans them, this browser's newest scan, whether to look again soon."""
        scans = desk.jobs.of(owner, KIND)[:1] if owner else []
        running, there = any(job.active for job in scans), storage.exists(desk.engine.people.root)
        drawn = jobcards.job_list(scans, [desk.jobs.ahead_of(job) for job in scans], {})
        if not there or not desk.engine.ready:
            return cards.steps(*_FIRST), gr.Button(visible=False), drawn, gr.Timer(active=running or there)
        status = desk.engine.chat.library.status()
        listed = librarycards.sources(status, local) or cards.steps(*_FIRST)
        listed += "" if desk.engine.people.names() else cards.notice(_NOBODY)
        button = gr.Button(visible=bool(status.sources), interactive=not running)
        return listed, button, drawn, gr.Timer(active=running)

    return show


def _adding(desk: Desk, show: Callable[[str], tuple[Any, ...]]) -> Callable[..., Any]:
    def add(folder: str, place: str, owner: str) -> tuple[Any, ...]:
        """Add a folder, and begin to look through it."""
        try:
            if not (folder or "").strip():
                raise SettingsError("name a folder or a file first.", subject="")
            desk.engine.chat.library.add([Path(folder.strip())], (place or "").strip() or None)
            start(desk, owner)
        except Exception as error:
            return cards.error_card(error), gr.skip(), gr.skip(), *show(owner)
        return "", "", "", *show(owner)

    return add


def _scanning(desk: Desk, show: Callable[[str], tuple[Any, ...]]) -> Callable[..., Any]:
    def scan(owner: str) -> tuple[Any, ...]:
        """Look through what is new."""
        start(desk, owner)
        return "", *show(owner)

    return scan


def start(desk: Desk, owner: str) -> Job | None:
    """Begin to look through the library in the background; None where this browser's scan runs already."""
    if any(job.active for job in desk.jobs.of(owner, KIND)):
        return None

    def work(stop: threading.Event, progress: Progress) -> None:
        with desk.engine.listening(progress):
            desk.engine.chat.library.scan(Scanning(progress=progress, stop=stop))

    return desk.jobs.add(owner, "Library", work, kind=KIND, plan=_PLAN)


def _cancelling(desk: Desk, show: Callable[[str], tuple[Any, ...]]) -> Callable[..., Any]:
    def cancel(owner: str, event: gr.EventData) -> tuple[Any, ...]:
        """Stop a scan of this browser after the video at hand."""
        desk.jobs.cancel(sent(event, "job"), owner or "")
        return show(owner)

    return cancel


def _asking(desk: Desk) -> Callable[..., Any]:
    def ask(question: str) -> Iterator[str]:
        """Answer a question about all videos."""
        question, found = " ".join((question or "").split()), list[str]()
        if not question:
            yield cards.notice("Type a question first.", "error")
            return

        def work(tell: Progress) -> None:
            with desk.engine.listening(tell):
                found.append(librarycards.answer(desk.engine.chat.library.ask(question, progress=tell)))

        try:
            yield from watched("looking it up", work)
        except Exception as error:
            yield cards.error_card(error)
            return
        yield found[0]

    return ask

"""The library tab: folders of videos, scanned in the background; questions about all of them; unknown people.

In: a `Backend`, whose `library` does the work. Out: Gradio components and their events; unknown people are in
`inbox_tab.py`. Only a browser on this machine may name folders: a browser elsewhere must not reach other files.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from pvchat import video
from pvchat.errors import SettingsError
from pvchat.schemas import Progress
from pvchat.storage import library as storage
from pvchat_app import cards, evidence, librarycards, page_events
from pvchat_app.backend import SCAN, Backend
from pvchat_app.inbox_tab import StrangersPart
from pvchat_app.page_events import MODEL, POLL_S, QUICK, Updates, click_script, job_rows, outcome, sent_value
from pvchat_app.sessions import Session
from pvchat_app.wording import one_line

MAX_EARLIER = 8  # earlier questions that a follow-up may refer to
_FIRST = (
    "Add a folder of videos, such as your family’s or a camera’s recordings.",
    "Let PVChat look through it, once; it goes on where it stopped.",
    "Ask about all of them: “When was Ana last seen?”",
)
_ELSEWHERE = "Folders are added on the machine that PVChat runs on: pvchat library add FOLDER"
_CAMERA = "The camera is added: watch it in the Live tab."
_NOBODY = (
    "Nobody is enrolled yet: name somebody under “People I don’t know” below, or enroll a person in the Enroll tab."
)


class LibraryTab:
    """The tab's components, laid out and connected; the public methods are events.

    `browser` holds the key by which a browser finds its scans again after a reload; `local`: the browser is on this
    machine, so folders may be named.
    """

    def __init__(self, backend: Backend, browser: gr.BrowserState, local: bool) -> None:
        self.backend, self.local = backend, local
        there = storage.exists(backend.engine.people.root)
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=300, visible=there) as self.asking:
                self.player = gr.HTML("", elem_id="pv-library-player")
                self.question, self.ask_button = page_events.question_row("pv-library-", "Ask about all videos")
                self.starters = gr.HTML("", elem_id="pv-library-starters", js_on_load=click_script("ask"))
                self.answer = gr.HTML("", elem_id="pv-library-answer", js_on_load=librarycards.PLAY)
            with gr.Column(scale=2, min_width=300):
                self._lay_out_sources(there)
        self.timer = gr.Timer(POLL_S, active=False)
        strangers = StrangersPart(backend, self.player, self.play, there)
        self.changed = strangers.changed  # events after which lists of people are out of date
        self.outputs = [self.listed, self.scan_button, self.jobs, self.timer]  # what `show` fills for a browser's key
        self.outputs += [self.asking, self.starters, strangers.part]
        self._connect(browser)

    def _lay_out_sources(self, there: bool) -> None:
        self.listed = gr.HTML(
            cards.first_steps(*_FIRST), elem_id="pv-library-sources", js_on_load=click_script("remove")
        )
        if self.local:
            self.folder = gr.Textbox(label="Folder or file on this machine, or a camera", max_lines=1, max_length=4096,
                                     placeholder="~/videos, or rtsp://…", elem_id="pv-library-folder")  # fmt: skip
            self.place = gr.Textbox(label="Place (may be left empty)", max_lines=1, max_length=80,
                                    placeholder="kitchen", elem_id="pv-library-place")  # fmt: skip
            main: Literal["primary", "secondary"] = "secondary" if there else "primary"
            self.add_button = gr.Button("Add", variant=main, elem_id="pv-library-add")
        else:
            gr.HTML(cards.notice(_ELSEWHERE))
        self.scan_button = gr.Button("Look through what is new", elem_id="pv-library-scan", visible=False)
        self.note = gr.HTML("", elem_id="pv-library-note")
        self.jobs = gr.HTML("", elem_id="pv-library-jobs")

    def _connect(self, browser: gr.BrowserState) -> None:
        if self.local:
            adds = [self.add_button.click, self.folder.submit, self.place.submit]
            added = [self.note, self.folder, self.place, *self.outputs]
            gr.on(adds, self.add, [self.folder, self.place, browser], added, **QUICK)
            self.listed.click(self.remove, browser, [self.note, *self.outputs], **QUICK)
        self.scan_button.click(self.scan, browser, [self.note, *self.outputs], **QUICK)
        self.timer.tick(self.show, browser, self.outputs, **QUICK)
        asks, asked = [self.ask_button.click, self.question.submit], [self.answer, self.question]
        gr.on(asks, self.ask, self.question, asked, show_progress="hidden", **MODEL)
        self.starters.click(self.ask_starter, None, asked, show_progress="hidden", **MODEL)
        self.answer.click(self.play, None, self.player, **QUICK)

    def show(self, owner: str) -> tuple[Any, ...]:
        """Update `outputs`: sources, scan button, this browser's newest scan, timer, question field, unknown people."""
        backend = self.backend
        there = storage.exists(backend.engine.people.root)
        drawn, timer = job_rows(backend.jobs, owner, SCAN, most=1)
        starters = librarycards.starters(backend.engine.people.names())
        asking = gr.Column(visible=there), starters, gr.Accordion(visible=there)
        if not there or not backend.engine.ready:
            timer = gr.Timer(active=timer.active or there)
            return cards.first_steps(*_FIRST), gr.Button(visible=False), drawn, timer, *asking
        status = backend.engine.chat.library.status()
        listed = librarycards.sources(status, self.local) or cards.first_steps(*_FIRST)
        listed += "" if backend.engine.people.names() else cards.notice(_NOBODY)
        return listed, gr.Button(visible=bool(status.sources), interactive=not timer.active), drawn, timer, *asking

    def add(self, folder: str, place: str, owner: str) -> tuple[Any, ...]:
        """Add a folder or camera; a folder is scanned at once."""
        try:
            if not (folder or "").strip():
                raise SettingsError("name a folder or a file first.", subject="")
            self.backend.engine.chat.library.add([folder.strip()], (place or "").strip() or None)
            if not (camera := video.is_address(folder.strip())):
                self.backend.scan(owner)
        except Exception as error:
            return cards.error_card(error), gr.skip(), gr.skip(), *self.show(owner)
        return cards.notice(_CAMERA if camera else "", "good"), "", "", *self.show(owner)

    def remove(self, owner: str, event: gr.EventData) -> tuple[Any, ...]:
        """Remove a folder, a file or a camera from the library."""

        def call() -> str:
            self.backend.engine.chat.library.remove(path := sent_value(event, "remove"))
            stays = "its clips and events are deleted" if video.is_address(path) else "the files stay"
            return f"{path} is out of the library; {stays}."

        return outcome(call), *self.show(owner)

    def scan(self, owner: str) -> tuple[Any, ...]:
        """Scan what is new."""
        self.backend.scan(owner)
        return "", *self.show(owner)

    def ask_starter(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Answer one of the suggested questions."""
        yield from self.ask(sent_value(event, "ask"), request)

    def ask(self, question: str, request: gr.Request) -> Iterator[Updates]:
        """Answer a question about all videos; earlier questions resolve follow-ups such as "and on Tuesday?"."""
        session, question, answered = self.backend.sessions.of_request(request), one_line(question), list[str]()
        asked = session.library_questions  # of somebody who is forgotten meanwhile nothing goes into the new list
        if not question:
            yield {self.answer: cards.notice("Type a question first.", "error")}
            return

        def work(tell: Progress) -> Updates:
            with self.backend.engine.reporting_to(tell):
                answer = self.backend.engine.chat.library.ask(question, list(asked), progress=tell)
            updates = {self.answer: librarycards.answer(question, answer), self.question: ""}
            answered.append(question)
            return updates

        bars = self.backend.cancellable.bars  # whoever was enrolled since is recognised in all videos first
        yield from page_events.with_progress(self.answer, "looking it up", work, bars)
        with session.lock:  # not reached where the page has gone: what nobody saw answered is no earlier question
            asked.extend(answered)
            del asked[:-MAX_EARLIER]

    def play(self, event: gr.EventData, request: gr.Request) -> Any:
        """Play a video from the time that was clicked ("clip:seconds").

        The browser sends a video's number, never a path, so that only videos of the library can be played.
        """
        clip, _, seconds = sent_value(event, "play").partition(":")
        if not clip.isdigit():
            return gr.skip()
        session = self.backend.sessions.of_request(request)
        return cards.html_or_error(lambda: self.show_video(session, int(clip), float(seconds)))

    def show_video(self, session: Session, clip: int, at_s: float) -> str:
        """A player for a video of the library; a copy that the browser needs lies in the session's folder."""
        chat = self.backend.engine.chat
        path, config = Path(chat.library.file_of(clip)), chat.settings.video
        folder = session.ensure_folder() / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        file, media = evidence.playable(path, video.probe(path, config), config, folder)
        return librarycards.player(session.link(file, media), media, path.name, at_s)

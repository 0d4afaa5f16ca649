"""The library tab: folders of videos, looked through in the background; questions about all of them; strangers.

In: a `Desk`. Out: Gradio components and their events. What is done is `pvchat.library`'s; strangers are
`inbox_tab.py`'s. Folders are named by whoever sits at this machine only: a browser elsewhere reaches no other files.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from pvchat import video
from pvchat.config import MAX_QUESTION
from pvchat.errors import SettingsError
from pvchat.schemas import Progress
from pvchat.storage import library as storage
from pvchat_app import cards, evidence, librarycards
from pvchat_app.desk import SCAN, Desk
from pvchat_app.inbox_tab import StrangersPart
from pvchat_app.page_events import MODEL, POLL_S, QUICK, Updates, clicks, job_rows, sent
from pvchat_app.progress import watched
from pvchat_app.sessions import Session
from pvchat_app.wording import one_line

MOST_ASKED = 8  # questions before that one may go on from
_FIRST = (
    "Add a folder of videos: family, rounds, episodes, a camera’s recordings.",
    "Let PVChat look through it, once; it goes on where it stopped.",
    "Ask about all of them: “When was Ana last seen?”",
)
_ELSEWHERE = "Folders are added on the machine that PVChat runs on: pvchat library add FOLDER"
_CAMERA = "The camera is added: watch it in the Live tab."
_NOBODY = (
    "Nobody is enrolled yet: enroll a person from a clip (Enroll), or name somebody under “People I don’t know” below."
)


class LibraryTab:
    """The tab's components, laid out and connected; the public methods are events.

    `browser` is the key by which a browser knows its scans again after a reload. Where whoever uses the page sits at
    this machine (`local`), folders may be named.
    """

    def __init__(self, desk: Desk, browser: gr.BrowserState, local: bool) -> None:
        self.desk, self.local = desk, local
        there = storage.exists(desk.engine.people.root)
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=300, visible=there) as self.asking:
                self.player = gr.HTML("", elem_id="pv-library-player")
                with gr.Row(equal_height=True, elem_id="pv-library-asking"):
                    self.question = gr.Textbox(
                        label="Question", show_label=False, container=False, max_length=MAX_QUESTION, max_lines=3,
                        scale=6, min_width=180, elem_id="pv-library-question", placeholder="When was Ana last seen?",
                    )  # fmt: skip
                    self.ask_button = gr.Button(
                        "Ask", variant="primary", scale=1, min_width=80, elem_id="pv-library-ask"
                    )
                self.starters = gr.HTML("", elem_id="pv-library-starters", js_on_load=clicks("ask"))
                self.answer = gr.HTML("", elem_id="pv-library-answer", js_on_load=librarycards.PLAY)
            with gr.Column(scale=2, min_width=300):
                self._lay_out_sources(there)
        self.timer = gr.Timer(POLL_S, active=False)
        strangers = StrangersPart(desk, self.player, self.play, there)
        self.changed = strangers.changed  # events after which lists of people are out of date
        self.outputs = [self.listed, self.scan_button, self.jobs, self.timer]  # what `show` fills for a browser's key
        self.outputs += [self.asking, self.starters, strangers.part]
        self._connect(browser)

    def _lay_out_sources(self, there: bool) -> None:
        self.listed = gr.HTML(cards.steps(*_FIRST), elem_id="pv-library-sources", js_on_load=clicks("remove"))
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
        self.jobs = gr.HTML("", elem_id="pv-library-jobs", js_on_load=clicks("cancel"))

    def _connect(self, browser: gr.BrowserState) -> None:
        if self.local:
            adds = [self.add_button.click, self.folder.submit, self.place.submit]
            added = [self.note, self.folder, self.place, *self.outputs]
            gr.on(adds, self.add, [self.folder, self.place, browser], added, **QUICK)
            self.listed.click(self.remove, browser, [self.note, *self.outputs], **QUICK)
        self.scan_button.click(self.scan, browser, [self.note, *self.outputs], **QUICK)
        self.timer.tick(self.show, browser, self.outputs, **QUICK)
        self.jobs.click(self.cancel, browser, self.outputs, **QUICK)
        asks, asked = [self.ask_button.click, self.question.submit], [self.answer, self.question]
        gr.on(asks, self.ask, self.question, asked, show_progress="hidden", **MODEL)
        self.starters.click(self.ask_starter, None, asked, show_progress="hidden", **MODEL)
        self.answer.click(self.play, None, self.player, **QUICK)

    def show(self, owner: str) -> tuple[Any, ...]:
        """Sources, the button that scans them, this browser's newest scan, whether to look again soon; what asks."""
        desk = self.desk
        there = storage.exists(desk.engine.people.root)
        drawn, timer = job_rows(desk.jobs, owner, SCAN, most=1)
        starters = librarycards.starters(desk.engine.people.names())
        asking = gr.Column(visible=there), starters, gr.Accordion(visible=there)
        if not there or not desk.engine.ready:
            timer = gr.Timer(active=timer.active or there)
            return cards.steps(*_FIRST), gr.Button(visible=False), drawn, timer, *asking
        status = desk.engine.chat.library.status()
        listed = librarycards.sources(status, self.local) or cards.steps(*_FIRST)
        listed += "" if desk.engine.people.names() else cards.notice(_NOBODY)
        return listed, gr.Button(visible=bool(status.sources), interactive=not timer.active), drawn, timer, *asking

    def add(self, folder: str, place: str, owner: str) -> tuple[Any, ...]:
        """Add a folder, and begin to look through it."""
        try:
            if not (folder or "").strip():
                raise SettingsError("name a folder or a file first.", subject="")
            self.desk.engine.chat.library.add([folder.strip()], (place or "").strip() or None)
            if not (camera := video.is_address(folder.strip())):
                self.desk.scan(owner)
        except Exception as error:
            return cards.error_card(error), gr.skip(), gr.skip(), *self.show(owner)
        return cards.notice(_CAMERA if camera else "", "good"), "", "", *self.show(owner)

    def remove(self, owner: str, event: gr.EventData) -> tuple[Any, ...]:
        """Take a folder, a file or a camera out."""
        try:
            self.desk.engine.chat.library.remove(path := sent(event, "remove"))
        except Exception as error:
            return cards.error_card(error), *self.show(owner)
        return cards.notice(f"{path} is out of the library; the files stay.", "good"), *self.show(owner)

    def scan(self, owner: str) -> tuple[Any, ...]:
        """Look through what is new."""
        self.desk.scan(owner)
        return "", *self.show(owner)

    def cancel(self, owner: str, event: gr.EventData) -> tuple[Any, ...]:
        """Stop a scan of this browser after the video at hand."""
        self.desk.jobs.cancel(sent(event, "cancel"), owner or "")
        return self.show(owner)

    def ask_starter(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Answer a question that was offered."""
        yield from self.ask(sent(event, "ask"), request)

    def ask(self, question: str, request: gr.Request) -> Iterator[Updates]:
        """Answer a question about all videos; what was asked before tells whom "and on Tuesday?" means."""
        session, question, found = self.desk.sessions.asking(request), one_line(question), list[str]()
        asked = session.asked  # another list takes its place when somebody is forgotten, who may be named in this one
        if not question:
            yield {self.answer: cards.notice("Type a question first.", "error")}
            return

        def work(tell: Progress) -> None:
            with self.desk.engine.listening(tell):
                answer = self.desk.engine.chat.library.ask(question, list(asked), progress=tell)
            found.append(librarycards.answer(question, answer))

        try:
            for bar in watched("looking it up", work):
                yield {self.answer: bar}
        except Exception as error:
            yield {self.answer: cards.error_card(error)}
            return
        with session.lock:
            asked.append(question)
            del asked[:-MOST_ASKED]
        yield {self.answer: found[0], self.question: ""}

    def play(self, event: gr.EventData, request: gr.Request) -> Any:
        """A time was clicked ("clip:seconds"): its video plays from there.

        A browser names a number, never a path: what isn't a video of the library is played for nobody.
        """
        clip, _, seconds = sent(event, "play").partition(":")
        if not clip.isdigit():
            return gr.skip()
        try:
            return self.show_video(self.desk.sessions.asking(request), int(clip), float(seconds))
        except Exception as error:
            return cards.error_card(error)

    def show_video(self, session: Session, clip: int, at_s: float) -> str:
        """A video of the library in a player, behind a link; a copy that the browser needs is the session's."""
        chat = self.desk.engine.chat
        path, config = Path(chat.library.file_of(clip)), chat.settings.video
        folder = session.made_folder() / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        file, media = evidence.playable(path, video.probe(path, config), config, folder)
        return librarycards.player(session.link_once(file, media), media, path.name, at_s)

"""The page: a heading, the tabs, the endpoints, and the events that concern several tabs.

In: a `Backend`. Out: `gr.Blocks`. What each tab holds is in the tab's own module.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import gradio as gr

from pvchat_app import cards, endpoints
from pvchat_app.backend import Backend
from pvchat_app.chat_tab import ChatTab
from pvchat_app.enroll_tab import EnrollTab
from pvchat_app.evaluate_tab import EvaluateTab
from pvchat_app.library_tab import LibraryTab
from pvchat_app.live_tab import LiveTab
from pvchat_app.page_events import MODEL, QUICK, Updates, sent_value
from pvchat_app.people_tab import PeopleTab
from pvchat_app.settings_tab import SettingsTab

_HEAD = (
    '<div class="pv-head"><h1>PVChat</h1><span class="pv-dim">Enroll a person from one clip, then '
    "ask about other clips. Everything stays on this machine.</span></div>"
)
_CLIP = "() => window.pvAddress().clip"  # address.js
_NO_CLIP = "The clip of this address isn't there any more: its session has ended, or it was removed. Upload it again."
_CANCEL = """document.addEventListener('click', ({ target }) => {
  const clicked = target.closest && target.closest('[data-cancel]');
  if (clicked) trigger('click', {cancel: clicked.dataset.cancel}); });"""
CACHE_S = (600, 3 * 3600)  # how often, and from which age, Gradio's own leftovers are deleted


def build(backend: Backend, manifests: Path, local: bool = True) -> gr.Blocks:
    """The whole page; `local`: only this machine can reach it, so folders and cameras may be named."""
    with gr.Blocks(title="PVChat", analytics_enabled=False, delete_cache=CACHE_S) as page:
        built = Page(backend, manifests, local)
        endpoints.build(backend)
        built.connect(page)
    return page


def put_library_first(page: gr.Blocks, there: bool) -> None:
    """Let the Library tab come first if there is a library, else after People, on pages opened from now on."""
    tabs = next(one for one in page.blocks.values() if isinstance(one, gr.Tabs))
    order = sorted(tabs.children, key=lambda tab: (there and tab.elem_id != "pv-tab-library", tab._id))
    if order != tabs.children:
        tabs.children = order
        page.config = page.get_config_file()


class Page:
    """The tabs, and events of one that change another; each public method but `connect` is an event."""

    def __init__(self, backend: Backend, manifests: Path, local: bool) -> None:
        self.backend = backend
        self.browser = browser = gr.BrowserState("", storage_key="pvchat-browser")
        self.address = gr.Textbox(visible=False)
        gr.HTML(_HEAD)
        gr.HTML("", js_on_load=_CANCEL).click(self.cancel, browser, None, **QUICK)
        with gr.Tabs(elem_id="pv-tabs") as self.tabs:
            with _tab("Enroll"):
                self.enroll = EnrollTab(backend, browser)
            with _tab("Chat"):
                self.chat = ChatTab(backend)
            with _tab("People") as self.people_page:
                self.people = PeopleTab(backend)
            with _tab("Library") as library_page:
                self.library = LibraryTab(backend, browser, local)
            if local:  # cameras are for this machine's owner alone
                with _tab("Live") as tab:
                    LiveTab(backend, tab)
            with _tab("Evaluate"):
                self.evaluate = EvaluateTab(backend, browser, manifests)
            with _tab("Settings") as tab:
                SettingsTab(backend, tab, local)
        library_page.select(self.library.show, browser, self.library.outputs, **QUICK)  # it may have changed elsewhere

    def connect(self, page: gr.Blocks) -> None:
        """Connect what happens when a page is opened or closed, and when people have changed."""
        enroll, chat, people, library, evaluate = self.enroll, self.chat, self.people, self.library, self.evaluate
        lists = [*people.outputs, *chat.outputs]
        for event in (enroll.enrolled, *people.changed, *library.changed):
            event.then(self.refresh, people.picked, lists, **QUICK)
        for event in library.changed:
            event.then(library.show, self.browser, library.outputs, **QUICK)
        self.people_page.select(self.refresh, people.picked, lists, **QUICK)
        people.forgotten.then(self.redraw_clips, None, [*enroll.clip_outputs, chat.upload, library.answer], **QUICK)
        gr.on([people.begin.click, chat.known.click], lambda: gr.Tabs(selected="enroll"), None, self.tabs, **QUICK)
        chat.known.click(enroll.take_chat_clip, None, enroll.outputs, **MODEL)
        chat.log.select(self.open_wish, None, [self.tabs, *people.outputs, *enroll.outputs], **QUICK)

        came = page.load(self.open, self.browser, [self.browser, enroll.jobs, enroll.timer, *people.outputs], **QUICK)
        came.then(library.show, self.browser, library.outputs, **QUICK)
        came.then(evaluate.open, self.browser, [evaluate.runs, evaluate.timer, *evaluate.manifest_outputs], **QUICK)
        chat.go_on(page.load(self.resume, self.address, [chat.upload, *chat.outputs], js=_CLIP, **QUICK))
        # without an unload event a browser opens no heartbeat, whose end ends a session (`heartbeats`)
        page.unload(lambda: None)

    def cancel(self, owner: str, event: gr.EventData) -> None:
        """Stop the call or the browser's job whose Cancel button was pressed; a tab's timer draws its jobs anew."""
        key = sent_value(event, "cancel")
        self.backend.cancellable.cancel(key)
        self.backend.jobs.cancel(key, owner or "")

    def open(self, key: str) -> tuple[Any, ...]:
        """Fill a page that is opened or reloaded: the browser's key, its trainings, the people."""
        owner = key or secrets.token_urlsafe(24)
        return owner, *self.enroll.show_jobs(owner), *self.people.show()

    def refresh(self, who: str | None, other: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Redraw everything that shows people."""
        session = self.backend.sessions.of_request(request)
        self.backend.tidy(session)
        return *self.people.show(who, other), *self.chat.show(session)

    def open_wish(self, request: gr.Request, event: gr.EventData) -> Updates:
        """Open the tab that does what a turn wishes, its fields filled in; there it is done, or confirmed first."""
        name = sent_value(event, "name")
        if not (who := sent_value(event, "who")):
            form = self.enroll.take_chat_clip(request)
            return {**form, self.tabs: gr.Tabs(selected="enroll"), self.enroll.name: gr.Textbox(name, visible=True)}
        shown = dict(zip(self.people.outputs, self.people.show(json.dumps([who])), strict=True))  # her id will do
        return {**shown, self.tabs: gr.Tabs(selected="people"), self.people.new: name}

    def redraw_clips(self, request: gr.Request) -> Updates:
        """Remove from enroll tab, chat and library what shows somebody who was just forgotten."""
        session = self.backend.sessions.of_request(request)
        upload = gr.skip() if session.clip else None
        return {**self.enroll.emptied(session), self.chat.upload: upload, self.library.answer: ""}

    def resume(self, address: str, request: gr.Request) -> tuple[Any, ...]:
        """Go on with the conversation after a reload (`heartbeats.py`); the enroll tab's clip is dropped.

        The clip is the one in the page's address; if that one is gone, the page says so.
        """
        session = self.backend.sessions.of_request(request)
        self.backend.drop_enrollment_clip(session)
        found = not address or session.open(address)
        player, note, *others = self.chat.show(session)
        upload = str(session.upload_of(session.clip)) if session.clip else None  # so that it can be removed
        return upload, player, note if found else cards.notice(_NO_CLIP, "error"), *others


def _tab(name: str) -> gr.Tab:
    """A tab; address.js knows its panel by the name."""
    return gr.Tab(name, id=name.lower(), elem_id=f"pv-tab-{name.lower()}")

"""The page: a line on top, the tabs, the endpoints, and what happens when a browser comes.

In: a `Desk`. Out: `gr.Blocks`. What each tab holds is in the tab's own module.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from pvchat.storage import library as storage
from pvchat_app import (
    cards,
    chat_tab,
    endpoints,
    enroll_tab,
    evaluate_tab,
    library_tab,
    live_tab,
    model_tab,
    people_tab,
)
from pvchat_app.desk import Desk
from pvchat_app.enroll_tab import MODEL, QUICK

_HEAD = (
    '<div class="pv-head"><h1>PVChat</h1><span class="pv-dim">Enroll a person from one clip, then ask about other '
    "clips. Everything stays on this machine.</span></div>"
)
_CLIP = "() => window.pvAddress().clip"  # address.js
_NO_CLIP = "The clip of this address isn't there any more: its session has ended, or it was removed. Upload it again."
CACHE_S = (600, 3 * 3600)  # how often, and from which age, Gradio's own leftovers are deleted


def build(desk: Desk, manifests: Path, mcp: bool = False, local: bool = True) -> gr.Blocks:
    """The whole page.

    Args:
        desk: does the work.
        manifests: folder of what can be evaluated.
        mcp: see `endpoints.build`.
        local: only this machine reaches it: folders and cameras can be added.
    """
    first = storage.exists(desk.engine.people.root)
    with gr.Blocks(title="PVChat", analytics_enabled=False, delete_cache=CACHE_S) as page:
        browser = gr.BrowserState("", storage_key="pvchat-browser")
        address = gr.Textbox(visible=False)
        gr.HTML(_HEAD)
        with gr.Tabs(elem_id="pv-tabs") as tabs:
            library = _library(desk, browser, local) if first else None
            with _tab("Enroll"):
                enroll = enroll_tab.build(desk, browser)
            with _tab("Chat"):
                chat = chat_tab.build(desk)
            with _tab("People") as people_page:
                people = people_tab.build(desk)
            library = library or _library(desk, browser, local)
            _add_live(desk, local)
            with _tab("Evaluate"):
                evaluate = evaluate_tab.build(desk, browser, manifests)
            with _tab("Settings") as settings_page:
                model_tab.build(desk, settings_page)
        endpoints.build(desk, mcp)

        lists = [*people.outputs, *chat.outputs]

        refresh = _refreshing(desk, chat)
        for event in (enroll.enrolled, *people.changed, *library.changed):
            event.then(refresh, people.picked, lists, **QUICK)
        gr.on([people.begin.click, chat.known.click], lambda: gr.Tabs(selected="enroll"), None, tabs, **QUICK)
        chat.known.click(enroll_tab.taking(desk), None, enroll.taken, **MODEL)
        people_page.select(refresh, people.picked, lists, **QUICK)

        people.forgotten.then(_redrawing(desk), None, enroll.held, **QUICK)

        coming = [browser, enroll.jobs, enroll.timer, *people.outputs]
        come_event = page.load(_coming(desk), browser, coming, **QUICK)

        chat.go_on(page.load(_resuming(desk, chat), address, [chat.upload, *chat.outputs], js=_CLIP, **QUICK))

        def runs(key: str, request: gr.Request) -> tuple[Any, ...]:
            """A browser finds its evaluations again, and the manifests."""
            return *evaluate.show(key, request.session_hash or ""), *evaluate.offer()

        come_event.then(library.show, browser, library.outputs, **QUICK)
        come_event.then(runs, browser, [evaluate.runs, evaluate.timer, *evaluate.offered], **QUICK)

        # without an unload event a browser opens no heartbeat, whose end ends a session (`visits`)
        page.unload(lambda: None)
    return page


def _coming(desk: Desk) -> Callable[..., Any]:
    def come(key: str) -> tuple[Any, ...]:
        """A browser opens or reloads the page: it gets its key, its trainings, the people."""
        owner = key or secrets.token_urlsafe(24)
        return owner, *enroll_tab.show_jobs(desk, owner), *people_tab.show(desk)

    return come


def _tab(name: str) -> gr.Tab:
    """A tab; address.js knows its panel by the name."""
    return gr.Tab(name, id=name.lower(), elem_id=f"pv-tab-{name.lower()}")


def _library(desk: Desk, browser: gr.BrowserState, local: bool) -> library_tab.LibraryTab:
    with _tab("Library"):
        return library_tab.build(desk, browser, local)


def _redrawing(desk: Desk) -> Callable[..., Any]:
    def redraw(request: gr.Request) -> tuple[Any, ...]:
        """The enroll tab without somebody who was just forgotten."""
        return enroll_tab.redrawn(desk.sessions.asking(request))

    return redraw


def _add_live(desk: Desk, local: bool) -> None:
    """The cameras, for this machine's owner alone."""
    if local:
        with _tab("Live") as tab:
            live_tab.build(desk, tab)


def _refreshing(desk: Desk, chat: chat_tab.ChatTab) -> Callable[..., Any]:
    def refresh(who: str | None, other: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Everything that shows people, drawn anew."""
        session = desk.sessions.asking(request)
        desk.tidy(session)
        return *people_tab.show(desk, who, other), *chat.show(session)

    return refresh


def _resuming(desk: Desk, chat: chat_tab.ChatTab) -> Callable[..., Any]:
    def resume(address: str, request: gr.Request) -> tuple[Any, ...]:
        """A tab that was reloaded (`visits.py`) goes on with its conversation, not with the enroll tab's clip.

        Its clip is the one of the page's address; where that one is gone, the page says so.
        """
        session = desk.sessions.asking(request)
        if session.enrolling is not None:
            session.drop(session.enrolling)
            session.enrolling, session.pick = None, 1
        found = not address or session.open(address)
        player, note, *others = chat.show(session)
        return chat.uploaded(session), player, note if found else cards.notice(_NO_CLIP, "error"), *others

    return resume

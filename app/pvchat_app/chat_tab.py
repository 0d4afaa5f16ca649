"""The chat tab: one clip, many questions; answers stream, and under each stand presence, timeline and evidence.

In: a `Desk`. Out: Gradio components and their events. The conversation lives in the session, not in the page: what the
page holds is drawn from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pvchat.errors import PVChatError
from pvchat_app import cards
from pvchat_app.conversation import Turn
from pvchat_app.desk import MAX_QUESTION, Desk
from pvchat_app.enroll_tab import CLIPS, MODEL, QUICK, following, reporter
from pvchat_app.sessions import Session
from pvchat_app.wording import plain

_NOTHING = (
    "Upload a clip: anything, with or without the people you enrolled.",
    "Ask as often as you like: who is there, when, what do they wear, what are they doing?",
    "Look at the evidence: click a bar or a picture to play the clip from there.",
)


@dataclass
class ChatTab:
    """The components that other parts of the page need."""

    about: gr.Dropdown
    starters: list[gr.Button]
    held: list[Any]  # what shows the session's clip and conversation, see `redrawn`


def build(desk: Desk) -> ChatTab:
    """Lay the tab out and connect it."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=300):
            upload = gr.File(label="Clip to ask about", file_types=CLIPS, elem_id="pv-chat-file", height=120)
            shown = gr.HTML(cards.steps(*_NOTHING), elem_id="pv-chat-player")
            note = gr.HTML("", elem_id="pv-chat-note")
        with gr.Column(scale=3, min_width=300):
            chat = gr.Chatbot(
                label="Conversation", show_label=False, height="max(320px, calc(100vh - 420px))", layout="panel",
                render_markdown=False, sanitize_html=True, latex_delimiters=[], buttons=["copy_all"],
                feedback_options=None, allow_file_downloads=False, elem_id="pv-chat",
                placeholder="Answers appear here, with their evidence.",
            )  # fmt: skip
            with gr.Row(equal_height=True):
                question = gr.Textbox(
                    label="Question", show_label=False, container=False, max_length=MAX_QUESTION, max_lines=3, scale=6,
                    placeholder="Ask about this clip: Is Ana there?", elem_id="pv-question", min_width=180,
                )  # fmt: skip
                ask = gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="pv-ask")
            with gr.Row(equal_height=False, elem_id="pv-starters"):
                starters = [
                    gr.Button(text, size="sm", elem_id=f"pv-starter-{i}", min_width=130)
                    for i, text in enumerate(desk.starters(None))
                ]
            with gr.Row(equal_height=False, elem_id="pv-chat-more"):
                about = gr.Dropdown(
                    [], label="Starter questions are about", elem_id="pv-about", min_width=160, filterable=False,
                    visible=False,
                )  # fmt: skip
                with gr.Column(min_width=160):
                    export = gr.Button("Export conversation", size="sm", elem_id="pv-export")
                    link = gr.HTML("", elem_id="pv-export-link")

    upload.change(_seeing(desk), upload, [shown, note, chat], show_progress_on=note, **MODEL)
    outputs = [chat, question]
    answer = _asking(desk)
    clicks = [ask.click, question.submit]
    # "multiple": a question that comes while the pictures of the one before are still made waits instead of being lost
    gr.on(clicks, answer, question, outputs, show_progress="hidden", trigger_mode="multiple", **MODEL)
    for button in starters:
        button.click(answer, button, outputs, show_progress="hidden", **MODEL)
    about.change(lambda name: [gr.Button(t) for t in desk.starters(name)], about, starters, **QUICK)
    export.click(_exporting(desk), None, link, **QUICK).then(None, None, None, js=following("pv-export-link"))
    chat.clear(_clearing(desk), None, link, **QUICK)
    return ChatTab(about, starters, [chat, shown, note])


def messages(session: Session) -> list[dict[str, Any]]:
    """The conversation as the chatbot takes it: question, answer, evidence; text is never read as markup."""
    shown: list[dict[str, Any]] = []
    for turn in session.turns:
        shown.append({"role": "user", "content": plain(turn.question)})
        if turn.error:
            shown.append({"role": "assistant", "content": gr.HTML(cards.notice(turn.error, "error"))})
            continue
        shown.append({"role": "assistant", "content": plain(turn.text or turn.status or "…")})
        if under := cards.evidence(turn):
            shown.append({"role": "assistant", "content": gr.HTML(under)})
    return shown


def redrawn(desk: Desk, session: Session) -> tuple[Any, ...]:
    """Conversation, player and note, after somebody may have been forgotten."""
    desk.tidy(session)
    if session.clips:
        return messages(session), gr.skip(), gr.skip()
    return messages(session), cards.steps(*_NOTHING), ""


def _seeing(desk: Desk) -> Callable[..., Any]:
    def see(upload: str | None, request: gr.Request, progress: gr.Progress = gr.Progress()) -> Iterator[Any]:  # noqa: B008
        """Show the clip, then look at it: the first question needn't wait for that."""
        session = desk.sessions.of(request.session_hash or "")
        if not upload:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        try:
            progress(0.0, desc="reading the clip")
            clip = desk.receive(session, upload)
            session.keep(clip)
            yield cards.player(clip), cards.notice("Looking at the clip …"), messages(session)
            desk.look(clip, reporter(progress))
        except Exception as error:
            yield gr.skip(), cards.error_card(error), gr.skip()
            return
        yield gr.skip(), cards.seen(clip, len(desk.engine.people.names())), gr.skip()

    return see


def _asking(desk: Desk) -> Callable[..., Any]:
    def ask(question: str, request: gr.Request) -> Iterator[Any]:
        """Answer; the text streams, the evidence follows."""
        session = desk.sessions.of(request.session_hash or "")
        question = " ".join((question or "").split())
        if not question:
            yield messages(session), gr.skip()
            return
        if not session.clips:
            lost = Turn(None, question, error="There is no clip yet: upload one on the left first.")
            session.turns = [*(turn for turn in session.turns if turn.clip), lost]
            yield messages(session), gr.skip()
            return
        waiting = [{"role": "user", "content": plain(question)}, {"role": "assistant", "content": "…"}]
        yield [*messages(session), *waiting], ""
        for _ in desk.ask(session, question):
            yield messages(session), gr.skip()

    return ask


def _exporting(desk: Desk) -> Callable[..., Any]:
    def export(request: gr.Request) -> str:
        """The conversation as a file behind a link."""
        from pvchat.runtime import size

        try:
            url, count = desk.save_conversation(desk.sessions.of(request.session_hash or ""))
        except PVChatError as error:
            return cards.error_card(error)
        return (
            f'<div class="pv-notice pv-info" role="status"><a href="{url}" download>pvchat-conversation.zip</a> '
            f'<span class="pv-dim">{size(count)}; it holds pictures of people</span></div>'
        )

    return export


def _clearing(desk: Desk) -> Callable[..., Any]:
    def clear(request: gr.Request) -> str:
        """Begin a new conversation about the same clip."""
        desk.sessions.of(request.session_hash or "").turns.clear()
        return ""

    return clear

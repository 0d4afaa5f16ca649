"""The chat tab: one clip, many questions; answers stream, and under each lies, folded, what it rests on.

In: a `Desk`. Out: Gradio components and their events. The conversation lives in the session, not in the page:
conversation.js draws what the session says, and only what changed, so that the hundredth turn costs what the first did.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import gradio as gr

from pvchat.config import MAX_QUESTION
from pvchat.errors import PVChatError
from pvchat_app import cards, correcting
from pvchat_app.conversation import Turn
from pvchat_app.desk import Desk
from pvchat_app.enroll_tab import CLIPS, MODEL, QUICK, following, sent
from pvchat_app.screening import NOTHING, looking, receiving, removing
from pvchat_app.sessions import Session
from pvchat_app.starters import starters, starters_of
from pvchat_app.streaming import BEAT_S
from pvchat_app.turncard import WAITING, view
from pvchat_app.wording import told

_LOG = '<div class="pv-log" role="log" aria-label="Conversation" tabindex="0"></div>'
_COPY = """async () => {
  const said = [...document.querySelectorAll('#pv-chat .user, #pv-chat .pv-answer')];
  const told = (text, kind) => `<div class="pv-notice pv-${kind}" role="status">${text}</div>`;
  if (!said.length) return told('There is nothing to copy yet. Ask a question first.', 'error');
  try {
    await navigator.clipboard.writeText(
      said.map((e) => (e.classList.contains('user') ? '> ' : '') + e.innerText.trim()).join('\\n'));
    return told('The conversation is copied.', 'info');
  } catch { return told('This browser does not let the page copy: export the conversation instead.', 'error'); }
}"""
# many wait at once, for the experts or the model, which take them in turn: nobody's page waits for another's film
ANSWERS: dict[str, Any] = {**MODEL, "concurrency_id": "answers", "concurrency_limit": 16}
LOOKS: dict[str, Any] = {**MODEL, "concurrency_id": "looks", "concurrency_limit": 16}
AT_ONCE = 4  # questions of one page that are answered side by side, from what was seen so far of a long video


@dataclass
class ChatTab:
    """The components that other parts of the page need, and what fills them for a session."""

    upload: gr.File
    known: gr.Button  # leads to the enroll tab, with this clip
    outputs: list[Any]
    show: Callable[[Session], tuple[Any, ...]]
    uploaded: Callable[[Session], Any]
    go_on: Callable[[Any], None]


@dataclass(frozen=True)
class _Laid:
    """What the tab is made of, as far as something is connected to it."""

    upload: gr.File
    shown: gr.HTML
    note: gr.HTML
    film: gr.HTML
    chat: gr.HTML
    question: gr.Textbox
    ask: gr.Button
    part: tuple[gr.Textbox, gr.Textbox]
    starters: list[gr.Button]
    known: gr.Button
    clear: gr.Button
    copy: gr.Button
    export: gr.Button
    link: gr.HTML


def _lay_out() -> _Laid:
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=300):
            upload = gr.File(label="Clip to ask about", file_types=CLIPS, elem_id="pv-chat-file", height=120)
            shown = gr.HTML(cards.steps(*NOTHING), elem_id="pv-chat-player")
            note = gr.HTML("", elem_id="pv-chat-note")
            film = gr.HTML("", elem_id="pv-chat-film")
        with gr.Column(scale=3, min_width=300):
            script = (files("pvchat_app") / "conversation.js").read_text(encoding="utf-8")
            chat = gr.HTML({}, html_template=_LOG, js_on_load=script, elem_id="pv-chat")
            with gr.Row(equal_height=True, elem_id="pv-asking"):
                question = gr.Textbox(
                    label="Question", show_label=False, container=False, max_length=MAX_QUESTION, max_lines=3, scale=6,
                    placeholder="Ask: is Ana there?", elem_id="pv-question", min_width=180,
                )  # fmt: skip
                ask = gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="pv-ask")
            part = _part_boxes()
            with gr.Row(equal_height=False, elem_id="pv-starters"):
                buttons = [
                    gr.Button(text, size="sm", elem_id=f"pv-starter-{i}", min_width=130)
                    for i, text in enumerate(starters([], []))
                ]
            with gr.Row(equal_height=False, elem_id="pv-chat-more"):
                known = gr.Button("Enroll somebody from this clip", size="sm", elem_id="pv-chat-enroll", min_width=130)
                clear = gr.Button("Clear conversation", size="sm", elem_id="pv-clear", min_width=130)
                copy = gr.Button("Copy", size="sm", elem_id="pv-copy", min_width=70)
                export = gr.Button("Export conversation", size="sm", elem_id="pv-export", min_width=130)
            link = gr.HTML("", elem_id="pv-export-link")
    return _Laid(upload, shown, note, film, chat, question, ask, part, buttons, known, clear, copy, export, link)


def build(desk: Desk) -> ChatTab:
    """Lay the tab out and connect it."""
    laid = _lay_out()
    upload, shown, note, film, chat, link = laid.upload, laid.shown, laid.note, laid.film, laid.chat, laid.link
    start, end = laid.part
    held = [shown, note, chat, *laid.starters, film]
    upload.clear(removing(desk), None, held, **QUICK)
    upload.change(lambda: ("", ""), None, [start, end], **QUICK)  # another clip has other parts
    pose, answer = _posing(desk), _answering(desk)
    # "multiple": a question that comes while the one before is still answered isn't lost, nor waits for its film's end
    waits: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "multiple", **ANSWERS}
    asks = [laid.ask.click, laid.question.submit, start.submit, end.submit]
    posing = [chat, laid.question, link, shown, note, film, upload]
    asked = gr.on(asks, pose, [laid.question, start, end], posing, trigger_mode="multiple", **QUICK)
    asked.then(answer, None, [chat, film], **waits)
    for button in laid.starters:
        posed = button.click(pose, [button, start, end], posing, trigger_mode="multiple", **QUICK)
        posed.then(answer, None, [chat, film], **waits)
    chat.click(_correcting(desk), None, chat, **MODEL | {"show_progress": "hidden"}).then(
        answer, None, [chat, film], **waits
    )
    laid.export.click(_exporting(desk), None, link, **QUICK).then(None, None, None, js=following("pv-export-link"))
    laid.copy.click(None, None, link, js=_COPY)
    laid.clear.click(_clearing(desk), None, [chat, link], **QUICK)

    def show(session: Session) -> tuple[Any, ...]:
        """The tab as a session has it: clip, what was seen, conversation, starters."""
        desk.tidy(session)
        clip = session.clip
        stands = cards.player(clip) if clip else cards.steps(*NOTHING)
        seen, drawn = desk.found(clip) if clip and clip.analysis else ("", desk.film(clip) if clip else "")
        return stands, seen, view(session), *(gr.Button(text) for text in starters_of(desk, session)), drawn

    def go_on(came: Any) -> None:
        """After a page came that was loaded anew: its clip is looked at, and what waits for that is answered."""
        came.then(looking(desk), None, held, show_progress="hidden", **LOOKS)
        came.then(_answering(desk, patient=True), None, [chat, film], **waits)

    upload.upload(_receiving(desk), upload, held, show_progress="hidden", **LOOKS)

    return ChatTab(upload, laid.known, held, show, uploaded, go_on)


def _part_boxes() -> tuple[gr.Textbox, gr.Textbox]:
    """Two boxes for the part of the clip that is asked about, folded away."""
    times: dict[str, Any] = {"placeholder": "m:ss", "max_length": 12, "max_lines": 1, "min_width": 90}
    with gr.Accordion("Ask about a part of the clip", open=False, elem_id="pv-part"), gr.Row():
        return gr.Textbox(label="From", elem_id="pv-from", **times), gr.Textbox(label="To", elem_id="pv-to", **times)


def uploaded(session: Session) -> str | None:
    """The upload that the session's clip came as, so that a page that was reloaded can remove it."""
    return str(session.upload_of(clip)) if (clip := session.clip) else None


def _posing(desk: Desk) -> Callable[..., Any]:
    def pose(question: str, start: str, end: str, request: gr.Request) -> tuple[Any, ...]:
        """Show the question at once; it is answered when its turn comes."""
        session = desk.sessions.asking(request)
        question = " ".join((question or "").split())
        if not question:
            return tuple([gr.skip()] * 7)
        desk.pose(session, question, start or "", end or "")
        gone = session.lost and not session.clips  # what showed the clip goes, too
        left = (cards.steps(*NOTHING), "", "", None) if gone else tuple([gr.skip()] * 4)
        return view(session), "", "", *left

    return pose


def _receiving(desk: Desk) -> Callable[..., Any]:
    receive, answer = receiving(desk), _answering(desk)

    def take(upload: str | None, request: gr.Request) -> Iterator[Any]:
        """Show a clip and look at it, then answer what was asked before it came.

        One event: a second one would hold a connection for nothing most of the time.
        """
        yield from receive(upload, request)
        session, same = desk.sessions.asking(request), gr.skip()
        if any(not turn.done for turn in session.turns):
            for said, drawn in answer(request):
                yield same, same, said, *[same] * 4, drawn

    return take


def _answering(desk: Desk, patient: bool = False) -> Callable[..., Any]:
    def answer(request: gr.Request) -> Iterator[Any]:
        """Answer whatever waits; the text streams, the evidence follows."""
        session = desk.sessions.asking(request)
        # Of a generator that yields nothing Gradio would empty both. A view is never followed by `skip`: Gradio's page
        # makes the next value out of the one before, in place, perhaps before it was drawn.
        # A page that comes anew may not have drawn what came before: it gets all turns.
        yield view(session, None if patient else next(reversed(session.turns), None)), gr.skip()
        while waiting := [turn for turn in session.turns if not turn.done]:
            if (turn := _next(session)) is None:
                if not patient:
                    return
                time.sleep(BEAT_S)
                for one in waiting:  # the page before still answers them, or is about to let go
                    yield view(session, one), gr.skip()
                continue
            try:
                for _ in desk.answer(session, turn):
                    yield view(session, turn), gr.skip()
                turn.done = True
            finally:  # a page that went away may come again
                turn.taken = False
                turn.status = "" if turn.done else WAITING
            if (clip := turn.clip) is not None and clip is session.clip:
                yield view(session, turn), desk.film(clip)  # whoever was enrolled meanwhile is in it

    return answer


def _next(session: Session) -> Turn | None:
    """Take the first question that nobody answers yet; None where there is none, or `AT_ONCE` are being answered."""
    with session.lock:
        waiting = [turn for turn in session.turns if not turn.done]
        turn = next((turn for turn in waiting if not turn.taken), None)
        if turn is None or sum(one.taken for one in waiting) >= AT_ONCE:
            return None
        turn.taken = True
        return turn


def _correcting(desk: Desk) -> Callable[..., Any]:
    def correct(request: gr.Request, event: gr.EventData) -> Any:
        """Keep what was said of somebody's recognition, and ask the same question again."""
        session = desk.sessions.asking(request)
        turn = next((turn for turn in session.turns if turn.key == sent(event, "turn")), None)
        if turn is None or turn.clip is None:
            return view(session)
        name, her, track = sent(event, "name"), bool(sent(event, "her")), sent(event, "track")
        try:
            if sent(event, "undo"):
                correcting.undo(desk, session, turn)
            else:
                number = int(track) if track.isdigit() else None
                correcting.correct(desk, session, turn, name, her, number)
        except Exception as error:
            turn.corrected, turn.undo = told(error), ("", ())
        return view(session)

    return correct


def _exporting(desk: Desk) -> Callable[..., Any]:
    def export(request: gr.Request) -> str:
        """The conversation as a file behind a link."""
        try:
            url, count = desk.save_conversation(desk.sessions.asking(request))
        except PVChatError as error:
            return cards.error_card(error)
        return cards.download(url, "pvchat-conversation.zip", count, "pictures of people")

    return export


def _clearing(desk: Desk) -> Callable[..., Any]:
    def clear(request: gr.Request) -> tuple[Any, str]:
        """Begin a new conversation about the same clip."""
        session = desk.sessions.asking(request)
        with session.lock:
            session.turns = []
        return view(session), ""

    return clear

"""The chat tab: questions about one clip; answers stream, and the evidence for each is folded below it.

In: a `Backend`. Out: Gradio components and their events. The conversation is kept in the session, not in the page:
conversation.js draws only what changed in it, so that the hundredth turn costs no more than the first. Microphone
(microphone.js) and reading aloud (conversation.js) are shown where Settings has switched them on (settings.js).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

import gradio as gr

from pvchat.schemas import Progress
from pvchat_app import cards, correcting, page_events
from pvchat_app.backend import Backend
from pvchat_app.conversation import SessionClip, Turn
from pvchat_app.hearing import hear, spoken_question, words_of
from pvchat_app.page_events import MODEL, QUICK, Updates, click_script, question_row, sent_value, with_progress
from pvchat_app.progress import BEAT_S
from pvchat_app.sessions import Session
from pvchat_app.turncard import WAITING, conversation_view
from pvchat_app.wording import explained_error, one_line

NOTHING = (
    "Upload a clip: anything, with or without the people you enrolled.",
    "Ask as often as you like: who is there, when, what do they wear, what are they doing?",
    "Open the line under an answer to see when and where; click a time or a picture to play the clip from there.",
)
WHO = "Who is in this video?"
REDRAWN = 0.02  # the timeline is redrawn when so much more of the clip is analysed
_LOG = (
    '<div class="pv-log" role="log" aria-label="Conversation" tabindex="0" '
    'data-empty="Answers appear here, with times and pictures."></div>'
)
_MICROPHONE = '<button type="button" class="pv-button">Speak</button> <span class="pv-dim" role="status"></span>'
# many of these may wait for experts and model, which take them in turn: no page waits for another's long video
ANSWERS: dict[str, Any] = {**MODEL, "concurrency_id": "answers", "concurrency_limit": 16}
ANALYSES: dict[str, Any] = {**MODEL, "concurrency_id": "looks", "concurrency_limit": 16}
AT_ONCE = 4  # questions of one page that are answered in parallel while a long video is analysed


class ChatTab:
    """The tab's components, laid out and connected; each public method but `show` and `go_on` is an event."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._numbers = itertools.count(1)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300, elem_id="pv-chat-clip"):
                self.upload = gr.File(label="Clip to ask about", elem_id="pv-chat-file", height=130)
                self.player = gr.HTML(cards.first_steps(*NOTHING), elem_id="pv-chat-player")
                self.note = gr.HTML("", elem_id="pv-chat-note")
                self.timeline = gr.HTML("", elem_id="pv-chat-film")
                self.listen = gr.Button("Listen: what is said in it?", size="sm", visible=False, elem_id="pv-listen")
                self.words = gr.HTML("", elem_id="pv-words")
            with gr.Column(scale=3, min_width=300):
                self._lay_out_conversation()
        self.outputs = [self.player, self.note, self.log, self.starters, self.timeline]  # what `show` fills
        self._connect_clip()
        self._connect_questions()

    def _lay_out_conversation(self) -> None:
        self.log = gr.HTML({}, html_template=_LOG, js_on_load=_script("conversation.js"), elem_id="pv-chat")
        self.question, self.ask = question_row("pv-", "Ask about the clip")
        self.microphone = gr.HTML(
            {}, html_template=_MICROPHONE, js_on_load=_script("microphone.js"), elem_id="pv-microphone"
        )
        times: dict[str, Any] = {"placeholder": "m:ss", "max_length": 12, "max_lines": 1, "min_width": 90}
        with gr.Accordion("Ask about a part of the clip", open=False, elem_id="pv-part"), gr.Row():
            self.start = gr.Textbox(label="From", elem_id="pv-from", **times)
            self.end = gr.Textbox(label="To", elem_id="pv-to", **times)
        first = cards.starters(starters([], []))
        self.starters = gr.HTML(first, elem_id="pv-starters", js_on_load=click_script("ask"))
        with gr.Row(equal_height=False, elem_id="pv-chat-more"):
            self.known = gr.Button("Enroll from this clip", size="sm", elem_id="pv-chat-enroll", min_width=125)
            self.clear = gr.Button("Clear answers", size="sm", elem_id="pv-clear", min_width=90)
            self.export = gr.Button("Export", size="sm", elem_id="pv-export", min_width=70)
        self.link = gr.HTML("", elem_id="pv-export-link")

    def _connect_clip(self) -> None:
        self.upload.upload(self.receive_clip, self.upload, self.outputs, show_progress="hidden", **ANALYSES)
        self.upload.clear(self.remove_clip, None, self.outputs, **QUICK)
        self.upload.change(lambda: ("", ""), None, [self.start, self.end], **QUICK)  # another clip has other parts
        heard, redrawn = [self.words, self.listen], [self.player.change, self.timeline.change]
        gr.on(redrawn, self.show_words, None, heard, **QUICK)
        self.listen.click(self.listen_to_clip, None, heard, show_progress="hidden", **ANALYSES)

    def _connect_questions(self) -> None:
        # "multiple": a question that comes while the one before is answered isn't lost, nor waits for its film's end
        self._waits: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "multiple", **ANSWERS}
        self._answered = [self.log, self.timeline]
        posing = [self.log, self.question, self.link, self.player, self.note, self.timeline, self.upload]
        asks = [self.ask.click, self.question.submit, self.start.submit, self.end.submit]
        parts = [self.start, self.end]
        posed = [gr.on(asks, self.pose, [self.question, *parts], posing, trigger_mode="multiple", **QUICK)]
        posed.append(self.starters.click(self.pose_starter, parts, posing, trigger_mode="multiple", **QUICK))
        posed.append(self.log.click(self.correct, None, [self.log, self.note], **MODEL | {"show_progress": "hidden"}))
        for event in posed:
            event.then(self.answer, None, self._answered, **self._waits)
        spoken = [self.question, self.microphone]
        self.microphone.click(self.hear_question, None, spoken, show_progress="hidden", **ANALYSES)
        exported = self.export.click(self.export_conversation, None, self.link, **QUICK)
        exported.then(None, None, None, js=page_events.follow_link_script("pv-export-link"))
        self.clear.click(self.clear_conversation, None, [self.log, self.link], **QUICK)

    def show(self, session: Session) -> tuple[Any, ...]:
        """Update `outputs` from a session: clip, line about it, conversation, suggested questions, timeline."""
        backend, clip = self.backend, session.clip
        backend.tidy(session)
        player = cards.player(clip) if clip else cards.first_steps(*NOTHING)
        line, timeline = "", backend.timeline(clip) if clip else ""
        if clip and clip.analysis:
            line, timeline = backend.found_cards(clip)
        return player, line, conversation_view(session), starter_buttons(backend, session), timeline

    def go_on(self, came: Any) -> None:
        """After a reload: go on with the analysis of the clip, and with the questions that wait for it."""
        came.then(self.resume, None, self.outputs, show_progress="hidden", **ANALYSES)
        came.then(self.answer_patiently, None, self._answered, **self._waits)

    def pose(self, question: str, start: str, end: str, request: gr.Request) -> Updates:
        """Show the question at once; `answer` follows."""
        session = self.backend.sessions.of_request(request)
        question = one_line(question)
        if not question:
            return {self.question: gr.skip()}
        self.backend.pose(session, question, start or "", end or "")
        shown: Updates = {self.log: conversation_view(session), self.question: "", self.link: ""}
        if session.deleted_clip and not session.clips:
            shown |= {self.player: cards.first_steps(*NOTHING), self.note: "", self.timeline: "", self.upload: None}
        return shown

    def pose_starter(self, start: str, end: str, request: gr.Request, event: gr.EventData) -> Updates:
        """`pose` one of the suggested questions."""
        return self.pose(sent_value(event, "ask"), start, end, request)

    def receive_clip(self, upload: str | None, request: gr.Request) -> Iterator[Updates]:
        """Show a clip and analyse it, then answer the questions that were asked before it came.

        Questions needn't wait for the analysis. One event for all: Gradio's page may lose an event that is queued just
        as another one ends, and a second one would hold a connection, mostly for nothing.
        """
        session = self.backend.sessions.of_request(request)
        yield {self.note: cards.notice("Reading the clip …")}
        try:
            clip = self.backend.receive(session, upload or "")
        except Exception as error:
            yield {self.note: cards.error_card(error)}
        else:
            session.keep(clip)
            yield {self.player: cards.player(clip), self.log: conversation_view(session), self.timeline: ""}
            yield from self._show_analysis(session, clip)
        if any(not turn.done for turn in session.turns):
            yield from self.answer(request)

    def resume(self, request: gr.Request) -> Iterator[Updates]:
        """After a reload: go on with the analysis of the clip."""
        session = self.backend.sessions.of_request(request)
        yield {self.note: gr.skip()}  # of a generator that yields nothing Gradio would empty all outputs
        if (clip := session.clip) is not None:
            yield from self._show_analysis(session, clip)

    def remove_clip(self, request: gr.Request) -> tuple[Any, ...]:
        """Remove the clip from the page, the disk and memory (the cross of the upload)."""
        session = self.backend.sessions.of_request(request)
        for clip in list(session.clips):
            self.backend.remove(session, clip)
        session.deleted_clip = ""
        return self.show(session)

    def _show_analysis(self, session: Session, clip: SessionClip) -> Iterator[Updates]:
        """Show the progress of a clip's analysis and the timeline as it grows, then who was found."""
        try:
            running, seen_s = self.backend.analyses.of(clip), 0.0
            while not running.over.wait(BEAT_S):
                if _gone(session, clip):
                    continue
                fresh, grown = gr.skip(), running.so_far.duration_s if running.so_far else 0.0
                if grown > seen_s + REDRAWN * clip.probe.duration_s:
                    fresh, seen_s = self.backend.timeline(clip), grown
                yield {self.note: running.progress.html(), self.timeline: fresh}
            if not _gone(session, clip):
                running.wait()
        except Exception as error:
            if not _gone(session, clip):
                yield {self.note: cards.error_card(error)}
            return
        if not _gone(session, clip):
            line, drawn = self.backend.found_cards(clip)
            yield {self.note: line, self.timeline: drawn, self.starters: starter_buttons(self.backend, session)}

    def answer(self, request: gr.Request) -> Iterator[Updates]:
        """Answer the questions that wait; the text streams, the evidence follows."""
        yield from self._answer(self.backend.sessions.of_request(request), patient=False)

    def answer_patiently(self, request: gr.Request) -> Iterator[Updates]:
        """`answer`, after a reload: the page before may still be answering."""
        yield from self._answer(self.backend.sessions.of_request(request), patient=True)

    def _answer(self, session: Session, patient: bool) -> Iterator[Updates]:
        # If a generator yielded nothing, Gradio would empty both outputs. A view is never followed by `skip`: Gradio's
        # page changes the value before in place, perhaps before it was drawn. After a reload all turns are drawn.
        yield {self.log: conversation_view(session, None if patient else next(reversed(session.turns), None))}
        while waiting := [turn for turn in session.turns if not turn.done]:
            if (turn := _next(session)) is None:
                if not patient:
                    return
                time.sleep(BEAT_S)
                for one in waiting:  # the page before still answers them, or is about to stop
                    yield {self.log: conversation_view(session, one)}
                continue
            try:
                for _ in self.backend.answer(session, turn):
                    yield {self.log: conversation_view(session, turn)}
                turn.done = True
            finally:  # a page that went away may come again
                turn.taken = False
                turn.status = "" if turn.done else WAITING
            if (clip := turn.clip) is not None and clip is session.clip:
                # whoever was enrolled meanwhile is in it
                yield {self.log: conversation_view(session, turn), self.timeline: self.backend.timeline(clip)}

    def correct(self, request: gr.Request, event: gr.EventData) -> tuple[Any, Any]:
        """Store a correction ("that is Ana", "that is not Ana") or undo one, and ask the same question again."""
        session = self.backend.sessions.of_request(request)
        turn = next((turn for turn in session.turns if turn.key == sent_value(event, "turn")), None)
        if turn is None or turn.clip is None:
            return conversation_view(session), gr.skip()
        name, her, track = sent_value(event, "name"), bool(sent_value(event, "her")), sent_value(event, "track")
        try:
            if sent_value(event, "undo"):
                correcting.undo(self.backend, session, turn)
            else:
                correcting.correct(self.backend, session, turn, name, her, int(track) if track.isdigit() else None)
        except Exception as error:
            turn.corrected, turn.undo = explained_error(error), ("", ())
        clip = session.clip
        return conversation_view(session), self.backend.found_cards(clip)[0] if clip and clip.analysis else gr.skip()

    def show_words(self, request: gr.Request) -> Updates:
        """The words that were heard in the clip, and the button where there is something to listen to."""
        words, silent = words_of(self.backend, self.backend.sessions.of_request(request).clip)
        return {self.words: words, self.listen: gr.Button(visible=silent)}

    def listen_to_clip(self, request: gr.Request) -> Iterator[Updates]:
        """Listen to the clip; its words take the place of the button."""
        clip = self.backend.sessions.of_request(request).clip
        yield {self.words: gr.skip()}  # of a generator that yields nothing Gradio would empty all outputs
        if clip is None:
            return

        def work(tell: Progress) -> Updates:
            hear(self.backend, clip, tell)
            return self.show_words(request)

        yield from with_progress(self.words, "listening", work, self.backend.cancellable.bars)

    def hear_question(self, event: gr.EventData) -> tuple[Any, Any]:
        """Write a spoken question into its field, to be checked before it is asked; or say why it wasn't heard."""
        text, problem, sound = gr.skip(), "", sent_value(event, "sound")
        if not sound:  # a click on the button itself
            return gr.skip(), gr.skip()
        try:
            text = spoken_question(self.backend.engine.chat, sound)
        except Exception as error:
            problem = explained_error(error)
        return text, {"number": next(self._numbers), "problem": problem}

    def export_conversation(self, request: gr.Request) -> str:
        """A link to the conversation as a file."""
        session = self.backend.sessions.of_request(request)
        return cards.html_or_error(
            lambda: cards.download(
                *self.backend.save_conversation(session), "pvchat-conversation.zip", "pictures of people"
            )
        )

    def clear_conversation(self, request: gr.Request) -> tuple[Any, str]:
        """Begin a new conversation about the same clip."""
        session = self.backend.sessions.of_request(request)
        with session.lock:
            session.turns = []
        return conversation_view(session), ""


def _next(session: Session) -> Turn | None:
    """Take the first question that isn't being answered; None if there is none, or `AT_ONCE` are being answered."""
    with session.lock:
        waiting = [turn for turn in session.turns if not turn.done]
        turn = next((turn for turn in waiting if not turn.taken), None)
        if turn is None or sum(one.taken for one in waiting) >= AT_ONCE:
            return None
        turn.taken = True
        return turn


def _script(name: str) -> str:
    return (files("pvchat_app") / name).read_text(encoding="utf-8")


def _gone(session: Session, clip: SessionClip) -> bool:
    """Whether a clip was removed meanwhile."""
    return all(kept is not clip for kept in session.clips)


def starters(there: Sequence[str], enrolled: Sequence[str]) -> list[str]:
    """Four suggested questions: about who is in the clip, the likeliest first, else about who was enrolled last."""
    if there:
        first, second = there[0], there[1] if len(there) > 1 else there[0]
        return [WHO, f"What is {first} wearing?", f"What is {second} doing?", f"Where is {first}?"]
    if enrolled:
        return [WHO, f"Is {enrolled[-1]} in this video?", "How many people?", "What is happening?"]
    return [WHO, "How many people?", "What is happening?", "Where is this?"]


def starter_buttons(backend: Backend, session: Session) -> str:
    """Suggested questions about a session's clip, as HTML."""
    enrolled, there = backend.engine.people.names(), list[str]()
    clip = session.clip
    analysis = clip.analysis if clip is not None else None
    if analysis is not None and enrolled:
        found = sorted(backend.engine.chat.presence(analysis), key=lambda person: -person.probability)
        there = [person.name for person in found if person.decision == "present"]
    return cards.starters(starters(there, enrolled))

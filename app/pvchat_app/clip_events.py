"""The chat tab's clip: it comes, is looked at, goes; and the four questions that one click asks about it.

In: a `Desk`. Out: values of player, note, conversation, four starters and timeline, in this order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from pvchat_app import cards
from pvchat_app.conversation import SessionClip
from pvchat_app.desk import Desk
from pvchat_app.page_events import same
from pvchat_app.progress import watched
from pvchat_app.sessions import Session
from pvchat_app.turncard import view

NOTHING = (
    "Upload a clip: anything, with or without the people you enrolled.",
    "Ask as often as you like: who is there, when, what do they wear, what are they doing?",
    "Open the line under an answer to see when and where; click a time or a picture to play the clip from there.",
)
WHO = "Who is in this video?"
REDRAWN = 0.02  # the timeline is drawn anew when so much more of the clip was seen


class ClipEvents:
    """What the page does with the clip that is asked about; each method is an event."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def receive(self, upload: str | None, request: gr.Request) -> Iterator[Any]:
        """Show the clip, then look at it: no question need wait for that, and one that came before is about it.

        One event: Gradio's page may lose what is queued just as another event ends.
        """
        session = self.desk.sessions.asking(request)
        yield gr.skip(), cards.notice("Reading the clip …"), *same(6)
        try:
            clip = self.desk.receive(session, upload or "")
        except Exception as error:
            yield gr.skip(), cards.error_card(error), *same(6)
            return
        session.keep(clip)
        yield cards.player(clip), gr.skip(), view(session), *same(4), ""
        yield from self._look(session, clip)

    def resume(self, request: gr.Request) -> Iterator[Any]:
        """After a page was loaded anew: go on with the look at its clip."""
        session = self.desk.sessions.asking(request)
        yield same(8)  # of a generator that yields nothing Gradio would empty all of them
        if (clip := session.clip) is not None:
            yield from self._look(session, clip)

    def remove(self, request: gr.Request) -> tuple[Any, ...]:
        """The upload's cross: the clip goes from the page, from the disk, from memory."""
        session = self.desk.sessions.asking(request)
        for clip in list(session.clips):
            self.desk.remove(session, clip)
        session.lost = ""
        return cards.steps(*NOTHING), "", view(session), *starter_buttons(self.desk, session), ""

    def _look(self, session: Session, clip: SessionClip) -> Iterator[Any]:
        """A look at a clip, from wherever it is: how far it is, the timeline as it grows, and what was found."""
        try:
            if clip.analysis is None:  # else a question was faster
                yield from self._growing(session, clip)
        except Exception as error:
            if not _gone(session, clip):
                yield gr.skip(), cards.error_card(error), *same(6)
            return
        if not _gone(session, clip):
            line, drawn = self.desk.found_cards(clip)
            yield gr.skip(), line, gr.skip(), *starter_buttons(self.desk, session), drawn

    def _growing(self, session: Session, clip: SessionClip) -> Iterator[Any]:
        """How far a look is, and the timeline as it grows."""
        look, seen_s = self.desk.looks.of(clip), 0.0
        for _ in watched("looking at the clip", lambda tell: self.desk.look(clip, tell)):
            if _gone(session, clip):
                continue
            fresh, grown = gr.skip(), look.so_far.duration_s if look.so_far else 0.0
            if grown > seen_s + REDRAWN * clip.probe.duration_s:
                fresh, seen_s = self.desk.timeline(clip), grown
            bar = look.watch.html()  # by its own clock: it may have begun long before this page
            yield gr.skip(), bar, *same(5), fresh


def _gone(session: Session, clip: SessionClip) -> bool:
    """Whether a clip was removed while it was looked at."""
    return all(kept is not clip for kept in session.clips)


def starters(there: Sequence[str], enrolled: Sequence[str]) -> list[str]:
    """Four questions: about who is in the clip, the likeliest first, else about the newest of everyone enrolled."""
    if there:
        first, second = there[0], there[1] if len(there) > 1 else there[0]
        return [WHO, f"What is {first} wearing?", f"What is {second} doing?", f"Where is {first}?"]
    if enrolled:
        return [WHO, f"Is {enrolled[-1]} in this video?", "How many people?", "What is happening?"]
    return [WHO, "How many people?", "What is happening?", "Where is this?"]


def starter_buttons(desk: Desk, session: Session) -> list[gr.Button]:
    """The buttons of the questions for a session's clip."""
    enrolled, there = desk.engine.people.names(), list[str]()
    clip = session.clip
    analysis = clip.analysis if clip is not None else None
    if analysis is not None and enrolled:
        found = sorted(desk.engine.chat.presence(analysis), key=lambda person: -person.probability)
        there = [person.name for person in found if person.decision == "present"]
    return [gr.Button(text) for text in starters(there, enrolled)]

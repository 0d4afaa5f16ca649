"""The chat tab's clip: it comes, is looked at, goes; each an event of the page.

In: a `Desk`. Out: values of player, note, conversation, four starters and timeline, in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from pvchat_app import cards
from pvchat_app.conversation import SessionClip
from pvchat_app.desk import Desk
from pvchat_app.progress import watched
from pvchat_app.sessions import Session
from pvchat_app.starters import starters_of
from pvchat_app.turncard import view

NOTHING = (
    "Upload a clip: anything, with or without the people you enrolled.",
    "Ask as often as you like: who is there, when, what do they wear, what are they doing?",
    "Open the line under an answer to see when and where; click a bar or a picture to play the clip from there.",
)
REDRAWN = 0.02  # the timeline is drawn anew when so much more of the clip was seen


def receiving(desk: Desk) -> Callable[..., Any]:
    """The event of an upload: one, for Gradio's page may lose what is queued just as another event ends."""

    def receive(upload: str | None, request: gr.Request) -> Iterator[Any]:
        """Show the clip, then look at it: no question need wait for that, and one that came before is about it."""
        session = desk.sessions.asking(request)
        same = [gr.skip()] * 5  # starters, timeline
        yield gr.skip(), cards.notice("Reading the clip …"), gr.skip(), *same
        try:
            clip = desk.receive(session, upload or "")
        except Exception as error:
            yield gr.skip(), cards.error_card(error), gr.skip(), *same
            return
        session.keep(clip)
        yield cards.player(clip), gr.skip(), view(session), *same[1:], ""
        yield from _looked_at(desk, session, clip)

    return receive


def looking(desk: Desk) -> Callable[..., Any]:
    """What follows a page that was loaded anew."""

    def look(request: gr.Request) -> Iterator[Any]:
        """Go on with the look at its clip."""
        session = desk.sessions.asking(request)
        yield [gr.skip()] * 8  # of a generator that yields nothing Gradio would empty all of them
        if (clip := session.clip) is not None:
            yield from _looked_at(desk, session, clip)

    return look


def _looked_at(desk: Desk, session: Session, clip: SessionClip) -> Iterator[Any]:
    """A look at a clip, from wherever it is: how far it is, the timeline as it grows, and what was found."""
    same = [gr.skip()] * 4
    try:
        if clip.analysis is None:  # else a question was faster
            yield from _growing(desk, session, clip)
    except Exception as error:
        if not _gone(session, clip):
            yield gr.skip(), cards.error_card(error), gr.skip(), *same, gr.skip()
        return
    if not _gone(session, clip):
        starting = [gr.Button(text) for text in starters_of(desk, session)]
        line, film = desk.found(clip)
        yield gr.skip(), line, gr.skip(), *starting, film


def _growing(desk: Desk, session: Session, clip: SessionClip) -> Iterator[Any]:
    """How far a look is, and the timeline as it grows."""
    look, seen_s = desk.looks.of(clip), 0.0
    for _ in watched("looking at the clip", lambda tell: desk.look(clip, tell)):
        if _gone(session, clip):
            continue
        fresh, grown = gr.skip(), look.so_far.duration_s if look.so_far else 0.0
        if grown > seen_s + REDRAWN * clip.probe.duration_s:
            fresh, seen_s = desk.film(clip), grown
        bar = look.watch.html()  # by its own clock: it may have begun long before this page
        yield gr.skip(), bar, gr.skip(), *[gr.skip()] * 4, fresh


def _gone(session: Session, clip: SessionClip) -> bool:
    """Whether a clip was removed while it was looked at."""
    return all(kept is not clip for kept in session.clips)


def removing(desk: Desk) -> Callable[..., Any]:
    """The event of the upload's cross."""

    def remove(request: gr.Request) -> tuple[Any, ...]:
        """The clip goes: from the page, from the disk, from memory."""
        session = desk.sessions.asking(request)
        for clip in list(session.clips):
            desk.remove(session, clip)
        session.lost = ""
        fresh = [gr.Button(text) for text in starters_of(desk, session)]
        return cards.steps(*NOTHING), "", view(session), *fresh, ""

    return remove

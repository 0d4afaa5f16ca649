"""People whom nobody enrolled, on the library tab: faces to tick, and what to do about them.

In: a `Desk`. Out: Gradio components and their events; `pvchat/library/inbox.py` does what they say. Pictures are cut
out of the videos for the page that asks, and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pvchat.errors import PeopleError, PVChatError, SettingsError
from pvchat.library.inbox import Inbox
from pvchat.library.listing import Stranger
from pvchat.people.person import clean_name
from pvchat.schemas import Progress
from pvchat_app import cards, librarycards
from pvchat_app.desk import Desk
from pvchat_app.enroll_tab import CONSENT, MODEL, QUICK, require_filled, sent
from pvchat_app.picks import meant, pick
from pvchat_app.playing import playing
from pvchat_app.progress import watched

MOST = 12  # shown at once; tracks of one that are shown with their face
_UNDOES = {
    "name": "the name", "join": "“this is her”", "deny": "“this isn’t her”", "ignore": "ignore", "merge": "the merge",
    "split": "the split",
}  # fmt: skip
Act = Callable[[Inbox, list[int]], str]  # does one thing about those who are ticked; says what was done


@dataclass
class StrangersPart:
    """The events after which lists of people are out of date."""

    changed: list[Any]


@dataclass(frozen=True)
class _Laid:
    """What the part is made of."""

    find: gr.Button
    grid: gr.HTML
    more: gr.Row
    seen: gr.HTML
    who: gr.Dropdown
    undo: gr.Button
    note: gr.HTML
    picked: gr.State
    ticked: gr.State

    @property
    def drawn(self) -> list[Any]:
        """What `_drawn` fills."""
        return [self.grid, self.more, self.undo, self.picked, self.ticked]


def build(desk: Desk, played: gr.HTML) -> StrangersPart:
    """Lay it out and connect it.

    Args:
        desk: does the work.
        played: the player of the tab.
    """
    with gr.Accordion("People I don’t know", open=False, elem_id="pv-strangers"):
        find = gr.Button("Show people who are seen in several videos", elem_id="pv-strangers-find")
        note = gr.HTML("", elem_id="pv-strangers-note")
        undo = gr.Button("Undo", size="sm", visible=False, elem_id="pv-strangers-undo")
        grid = gr.HTML("", elem_id="pv-strangers-grid", js_on_load=librarycards.PICK)
        with gr.Row(equal_height=False, visible=False) as more:
            with gr.Column(scale=1, min_width=280):
                name = gr.Textbox(label="Name", max_length=200, elem_id="pv-stranger-name",
                                  placeholder="What the person is called")  # fmt: skip
                consent = gr.Checkbox(label="This person has agreed to be enrolled, face and voice (or it is me)",
                                      value=False, elem_id="pv-stranger-consent")  # fmt: skip
                enroll = gr.Button("Enroll", variant="primary", elem_id="pv-stranger-enroll")
                who = gr.Dropdown([], label="Somebody enrolled", elem_id="pv-stranger-who", filterable=False)
                with gr.Row():
                    join = gr.Button("This is her or him", size="sm", elem_id="pv-stranger-join", min_width=90)
                    deny = gr.Button("This isn’t her or him", size="sm", elem_id="pv-stranger-deny", min_width=90)
                with gr.Row():
                    ignore = gr.Button("Ignore", size="sm", elem_id="pv-stranger-ignore", min_width=90)
                    merge = gr.Button("Merge the ticked", size="sm", elem_id="pv-stranger-merge", min_width=90)
            with gr.Column(scale=2, min_width=280):
                seen = gr.HTML("", elem_id="pv-stranger-seen", js_on_load=librarycards.PLAY + librarycards.PICK)
                split = gr.Button("The ticked are somebody else", size="sm", elem_id="pv-stranger-split")
    laid = _Laid(find, grid, more, seen, who, undo, note, gr.State([]), gr.State([]))

    picked, ticked = laid.picked, laid.ticked
    heavy: dict[str, Any] = {"show_progress": "hidden", **MODEL}
    outputs = [note, *laid.drawn, name, consent]
    find.click(_finding(desk), None, outputs, **heavy)
    grid.click(_picking(desk), None, [picked, ticked, more, seen, who, name, consent], **heavy)
    seen.click(_ticking, ticked, ticked, **QUICK)
    seen.click(playing(desk), None, played, **QUICK)
    acts = [
        enroll.click(_naming(desk), [picked, name, consent], outputs, **heavy),
        join.click(_saying(desk, her=True), [picked, who], outputs, **heavy),
        deny.click(_saying(desk, her=False), [picked, who], outputs, **heavy),
        ignore.click(_doing(desk, _ignored), picked, outputs, **heavy),
        merge.click(_doing(desk, _merged), picked, outputs, **heavy),
        split.click(_splitting(desk), [picked, ticked], outputs, **heavy),
        undo.click(_doing(desk, _undone(desk)), picked, outputs, **heavy),
    ]
    return StrangersPart([acts[0], acts[1], acts[-1]])


def _drawn(desk: Desk, tell: Progress) -> tuple[Any, ...]:
    """Everybody anew, nobody ticked."""
    inbox = desk.engine.chat.library.inbox
    found = inbox.strangers(progress=tell)
    faces = dict[int, bytes]()
    for done, one in enumerate(found[:MOST]):
        tell("cutting out faces", done, len(found[:MOST]))
        with suppress(PVChatError, OSError):  # its videos are gone
            faces[one.id] = inbox.picture(one.id)
    grid = librarycards.strangers(found[:MOST], faces, max(0, len(found) - MOST)) if found else cards.empty(
        "Nobody who isn’t enrolled is seen in several videos.")  # fmt: skip
    act = inbox.last()
    undo = gr.Button(f"Undo {_UNDOES[act.what]}", visible=True) if act else gr.Button(visible=False)
    return grid, gr.Row(visible=False), undo, [], []


def _after(desk: Desk, what: str, call: Callable[[Progress], str]) -> Iterator[tuple[Any, ...]]:
    """Do something with progress, then draw everybody anew; what went wrong is told, and nothing drawn."""
    kept, made = [gr.skip()] * 7, list[Any]()

    def work(tell: Progress) -> None:
        with desk.engine.listening(tell):
            told = call(tell)
            made.append((cards.notice(told, "good"), *_drawn(desk, tell)))

    try:
        for bar in watched(what, work):
            yield bar, *kept
    except Exception as error:
        yield cards.error_card(error), *kept
        return
    yield *made[0], "", False


def _finding(desk: Desk) -> Callable[..., Any]:
    def find() -> Iterator[tuple[Any, ...]]:
        """Show strangers."""
        yield from _after(desk, "looking for people", lambda tell: "")

    return find


def _picking(desk: Desk) -> Callable[..., Any]:
    def choose(event: gr.EventData) -> tuple[Any, ...]:
        """Somebody was ticked: what can be done about her, and where she was seen; consent is asked for anew."""
        numbers = _numbers(sent(event, "picked"))
        one = _one(desk.engine.chat.library.inbox, numbers) if len(numbers) == 1 else None
        people = [(person.name, pick(person)) for person in desk.engine.people.all()]
        seen = "" if one is None else librarycards.sightings(one, _faces(desk.engine.chat.library.inbox, one))
        who = gr.Dropdown(choices=people, value=None)
        return numbers, [], gr.Row(visible=bool(numbers)), seen, who, gr.skip(), gr.Checkbox(value=False)

    return choose


def _one(inbox: Inbox, numbers: list[int]) -> Stranger | None:
    return next((one for one in inbox.strangers() if one.id in numbers), None)


def _faces(inbox: Inbox, one: Stranger) -> dict[int, bytes]:
    faces = dict[int, bytes]()
    for seen in one.sightings[:MOST]:
        with suppress(PVChatError, OSError):
            faces[seen.track] = inbox.picture(one.id, seen.track)
    return faces


def _ticking(ticked: list[int], event: gr.EventData) -> list[int]:
    """Which tracks are ticked."""
    said = sent(event, "ticked")
    return _numbers(said) if said else ticked


def _naming(desk: Desk) -> Callable[..., Any]:
    def name(picked: list[int], text: str, consent: bool) -> Iterator[tuple[Any, ...]]:
        """Enroll who is ticked."""

        def call(tell: Progress) -> str:
            require_filled({CONSENT: consent})
            called = clean_name(text)
            if desk.engine.people.find(called) is not None:
                hint = "Pick her under “Somebody enrolled” if this is her; else choose another name."
                raise PeopleError("is enrolled already.", subject=called, hint=hint)
            with desk.changing:
                person = desk.engine.chat.library.inbox.name(_only(picked), called, consent=consent)
            return f"{person.name} is enrolled, and found in the whole library."

        yield from _after(desk, "enrolling", call)

    return name


def _saying(desk: Desk, her: bool) -> Callable[..., Any]:
    def say(picked: list[int], who: str | None) -> Iterator[tuple[Any, ...]]:
        """Who is ticked is, or isn't, somebody enrolled."""

        def call(tell: Progress) -> str:
            with desk.changing:
                person = meant(desk.engine.people, who)
                desk.jobs.require_untrained(person.name)
                inbox = desk.engine.chat.library.inbox
                (inbox.join if her else inbox.deny)(_only(picked), person.name)
            return f"Noted: that is {'' if her else 'not '}{person.name}."

        yield from _after(desk, "looking at the videos", call)

    return say


def _doing(desk: Desk, act: Act) -> Callable[..., Any]:
    def do(picked: list[int]) -> Iterator[tuple[Any, ...]]:
        """One thing about who is ticked."""
        yield from _after(desk, "noting it", lambda tell: act(desk.engine.chat.library.inbox, picked))

    return do


def _ignored(inbox: Inbox, picked: list[int]) -> str:
    for one in picked:
        inbox.ignore(one)
    return "Not shown any more." if picked else ""


def _merged(inbox: Inbox, picked: list[int]) -> str:
    if len(picked) < 2:
        raise SettingsError("tick two people first.", subject="")
    for other in picked[1:]:
        inbox.merge(picked[0], other)
    return "They are one person now."


def _undone(desk: Desk) -> Act:
    def undo(inbox: Inbox, _: list[int]) -> str:
        """Take back what was done last; who was named is forgotten."""
        with desk.changing:
            act = inbox.last()
            name = desk.engine.people.ids().get(act.ref) if act and act.ref else None
            if name:
                desk.jobs.require_untrained(name)
            done = inbox.undo()
        for session in desk.sessions.all():
            desk.tidy(session)
        return f"Taken back: {_UNDOES[done.what]}."

    return undo


def _splitting(desk: Desk) -> Callable[..., Any]:
    def split(picked: list[int], ticked: list[int]) -> Iterator[tuple[Any, ...]]:
        """The ticked tracks are somebody else's."""

        def call(tell: Progress) -> str:
            if not ticked:
                raise SettingsError("tick the videos that show somebody else first.", subject="")
            desk.engine.chat.library.inbox.split(_only(picked), ticked)
            return "They are two people now."

        yield from _after(desk, "noting it", call)

    return split


def _only(picked: list[int]) -> int:
    if len(picked) != 1:
        raise SettingsError("tick one person first, and one only.", subject="")
    return picked[0]


def _numbers(words: str) -> list[int]:
    return [int(word) for word in words.split() if word.isdigit()]

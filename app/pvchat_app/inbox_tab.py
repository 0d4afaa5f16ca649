"""People who aren't enrolled, on the library tab: faces to tick, and buttons for what to do about them.

In: a `Backend`, whose library's `inbox` does the work. Out: Gradio components and their events. Pictures are cut out of
the videos for the page that asks, and stored nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import gradio as gr

from pvchat.errors import PeopleError, PVChatError, SettingsError
from pvchat.library.inbox import Inbox
from pvchat.people.person import clean_name
from pvchat.schemas import Progress
from pvchat_app import cards, librarycards
from pvchat_app.backend import Backend
from pvchat_app.page_events import CONSENT, MODEL, QUICK, Updates, require_filled, sent_value
from pvchat_app.person_choices import choice_value, picked_person
from pvchat_app.progress import progress_bars

MAX_SHOWN = 12  # people shown at once; tracks of one person shown with a face
_UNDOES = {
    "name": "the name", "join": "“this is her”", "deny": "“this isn’t her”", "ignore": "ignore", "merge": "the merge",
    "split": "the split",
}  # fmt: skip


class StrangersPart:
    """The components, laid out and connected; the public methods are events.

    `play`: the event that plays a video of the library in `player`; `there`: whether there is a library yet.
    """

    def __init__(self, backend: Backend, player: gr.HTML, play: Callable[..., Any], there: bool) -> None:
        self.backend = backend
        with gr.Accordion("People I don’t know", open=False, visible=there, elem_id="pv-strangers") as self.part:
            self.find_button = gr.Button("Show people who are seen in several videos", elem_id="pv-strangers-find")
            self.note = gr.HTML("", elem_id="pv-strangers-note")
            self.undo_button = gr.Button("Undo", size="sm", visible=False, elem_id="pv-strangers-undo")
            self.grid = gr.HTML("", elem_id="pv-strangers-grid", js_on_load=librarycards.PICK)
            with gr.Row(equal_height=False, visible=False) as self.more:
                with gr.Column(scale=1, min_width=280):
                    self._lay_out_acts()
                with gr.Column(scale=2, min_width=280):
                    scripts = librarycards.PLAY + librarycards.PICK
                    self.seen = gr.HTML("", elem_id="pv-stranger-seen", js_on_load=scripts)
                    other = "The ticked videos show somebody else"
                    self.split_button = gr.Button(other, size="sm", elem_id="pv-stranger-split")
        self.picked, self.ticked = gr.State([]), gr.State([])
        self._connect(player, play)

    def _lay_out_acts(self) -> None:
        def small(text: str, name: str) -> gr.Button:
            return gr.Button(text, size="sm", elem_id=f"pv-stranger-{name}", min_width=90)

        self.name = gr.Textbox(label="Name", max_length=200, elem_id="pv-stranger-name",
                               placeholder="What the person is called")  # fmt: skip
        agreed = "This person has agreed to be enrolled, face and voice (or it is me)"
        self.consent = gr.Checkbox(label=agreed, value=False, elem_id="pv-stranger-consent")
        self.enroll_button = gr.Button("Enroll", variant="primary", elem_id="pv-stranger-enroll")
        self.who = gr.Dropdown([], label="Or enrolled already as", elem_id="pv-stranger-who", filterable=False)
        with gr.Row():
            self.join_button = small("This is her or him", "join")
            self.deny_button = small("This isn’t her or him", "deny")
        with gr.Row():
            self.ignore_button = small("Never show again", "ignore")
            self.merge_button = small("Merge the ticked", "merge")

    def _connect(self, player: gr.HTML, play: Callable[..., Any]) -> None:
        picked, ticked = self.picked, self.ticked
        heavy: dict[str, Any] = {"show_progress": "hidden", **MODEL}
        outputs = [self.note, self.grid, self.more, self.undo_button, picked, ticked, self.name, self.consent]
        chosen = [picked, ticked, self.more, self.seen, self.who, self.consent]
        self.find_button.click(self.find, None, outputs, **heavy)
        self.grid.click(self.choose, None, chosen, **heavy)
        self.seen.click(self.tick, ticked, ticked, **QUICK)
        self.seen.click(play, None, player, **QUICK)
        self.changed = [  # the events after which lists of people are out of date
            self.enroll_button.click(self.enroll, [picked, self.name, self.consent], outputs, **heavy),
            self.join_button.click(self.join, [picked, self.who], outputs, **heavy),
            self.undo_button.click(self.undo, None, outputs, **heavy),
        ]
        self.deny_button.click(self.deny, [picked, self.who], outputs, **heavy)
        self.ignore_button.click(self.ignore, picked, outputs, **heavy)
        self.merge_button.click(self.merge, picked, outputs, **heavy)
        self.split_button.click(self.split, [picked, ticked], outputs, **heavy)

    def find(self) -> Iterator[Updates]:
        """Show people who aren't enrolled."""
        yield from self._do("looking for people", lambda inbox: "")

    def choose(self, event: gr.EventData) -> Updates:
        """Show what can be done about who is ticked, and where one was seen; consent has to be given again."""
        numbers, inbox = _numbers(sent_value(event, "picked")), self.backend.engine.chat.library.inbox
        one = next((one for one in inbox.strangers() if [one.id] == numbers), None)
        people = [(person.name, choice_value(person)) for person in self.backend.engine.people.all()]
        faces, seen = dict[int, bytes](), ""
        if one is not None:
            for track in (sighting.track for sighting in one.sightings[:MAX_SHOWN]):
                with suppress(PVChatError, OSError):
                    faces[track] = inbox.picture(one.id, track)
            seen = librarycards.sightings(one, faces)
        return {
            self.picked: numbers, self.ticked: [], self.more: gr.Row(visible=bool(numbers)), self.seen: seen,
            self.who: gr.Dropdown(choices=people, value=None), self.consent: False,
        }  # fmt: skip

    def tick(self, ticked: list[int], event: gr.EventData) -> list[int]:
        """Note which tracks are ticked."""
        words = sent_value(event, "ticked")
        return _numbers(words) if words else ticked

    def enroll(self, picked: list[int], text: str, consent: bool) -> Iterator[Updates]:
        """Enroll the person who is ticked."""

        def act(inbox: Inbox) -> str:
            require_filled({CONSENT: consent})
            name = clean_name(text)
            if self.backend.engine.people.find(name) is not None:
                hint = "Pick her under “Or enrolled already as” if this is her; else choose another name."
                raise PeopleError("is enrolled already.", subject=name, hint=hint)
            with self.backend.changing:
                person = inbox.name(_only(picked), name, consent=consent)
            return f"{person.name} is enrolled, and found in the whole library."

        yield from self._do("enrolling", act)

    def join(self, picked: list[int], who: str | None) -> Iterator[Updates]:
        """Store that the person who is ticked is somebody enrolled."""
        yield from self._correct(picked, who, is_her=True)

    def deny(self, picked: list[int], who: str | None) -> Iterator[Updates]:
        """Store that the person who is ticked isn't somebody enrolled."""
        yield from self._correct(picked, who, is_her=False)

    def ignore(self, picked: list[int]) -> Iterator[Updates]:
        """Hide who is ticked for good."""

        def act(inbox: Inbox) -> str:
            for one in picked:
                inbox.ignore(one)
            return "Not shown any more." if picked else ""

        yield from self._do("noting it", act)

    def merge(self, picked: list[int]) -> Iterator[Updates]:
        """Make one person of those who are ticked."""

        def act(inbox: Inbox) -> str:
            if len(picked) < 2:
                raise SettingsError("tick two people first.", subject="")
            for other in picked[1:]:
                inbox.merge(picked[0], other)
            return "They are one person now."

        yield from self._do("noting it", act)

    def split(self, picked: list[int], ticked: list[int]) -> Iterator[Updates]:
        """Make another person of the ticked tracks."""

        def act(inbox: Inbox) -> str:
            if not ticked:
                raise SettingsError("tick the videos that show somebody else first.", subject="")
            inbox.split(_only(picked), ticked)
            return "They are two people now."

        yield from self._do("noting it", act)

    def undo(self) -> Iterator[Updates]:
        """Undo the last action; a person who was enrolled by it is forgotten."""

        def act(inbox: Inbox) -> str:
            with self.backend.changing:
                last = inbox.last()
                name = self.backend.engine.people.ids().get(last.ref) if last and last.ref else None
                if name:
                    self.backend.jobs.require_untrained(name)
                done = inbox.undo()
            for session in self.backend.sessions.all():
                self.backend.tidy(session)
            return f"Taken back: {_UNDOES[done.what]}."

        yield from self._do("noting it", act)

    def _correct(self, picked: list[int], who: str | None, is_her: bool) -> Iterator[Updates]:
        def act(inbox: Inbox) -> str:
            with self.backend.changing:
                person = picked_person(self.backend.engine.people, who)
                self.backend.jobs.require_untrained(person.name)
                inbox.correct(_only(picked), person.name, is_her)
            return f"Noted: that {'is' if is_her else 'is not'} {person.name}."

        yield from self._do("looking at the videos", act)

    def _do(self, what: str, act: Callable[[Inbox], str]) -> Iterator[Updates]:
        """Run `act` with a progress bar (`what`: its text), then redraw everybody; an error is shown instead."""
        made = list[Updates]()

        def work(tell: Progress) -> None:
            with self.backend.engine.reporting_to(tell):
                done = act(self.backend.engine.chat.library.inbox)
                made.append({**self._redraw(tell), self.note: cards.notice(done, "good")})

        try:
            for bar in progress_bars(what, work):
                yield {self.note: bar}
        except Exception as error:
            yield {self.note: cards.error_card(error)}
            return
        yield made[0]

    def _redraw(self, tell: Progress) -> Updates:
        """Redraw everybody, with nobody ticked."""
        inbox = self.backend.engine.chat.library.inbox
        found = inbox.strangers(progress=tell)
        faces = dict[int, bytes]()
        for done, one in enumerate(found[:MAX_SHOWN]):
            tell("cutting out faces", done, len(found[:MAX_SHOWN]))
            with suppress(PVChatError, OSError):  # its videos are gone
                faces[one.id] = inbox.picture(one.id)
        nobody = cards.placeholder("Nobody who isn’t enrolled is seen in several videos.")
        grid = librarycards.strangers(found[:MAX_SHOWN], faces, max(0, len(found) - MAX_SHOWN)) if found else nobody
        last = inbox.last()
        undo = gr.Button(f"Undo {_UNDOES[last.what]}", visible=True) if last else gr.Button(visible=False)
        emptied = {self.picked: [], self.ticked: [], self.name: "", self.consent: False}
        return {self.grid: grid, self.more: gr.Row(visible=False), self.undo_button: undo, **emptied}


def _only(picked: list[int]) -> int:
    if len(picked) != 1:
        raise SettingsError("tick one person first, and one only.", subject="")
    return picked[0]


def _numbers(words: str) -> list[int]:
    return [int(word) for word in words.split() if word.isdigit()]

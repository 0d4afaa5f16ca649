"""People who aren't enrolled, on the library tab: faces to tick, and buttons for what to do about them.

In: a `Backend`, whose library's `inbox` does the work. Out: Gradio components and their events. Pictures are cut out of
the videos for the page that asks, and stored nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import gradio as gr

from pvchat.augment.watch import StoppedError
from pvchat.errors import PeopleError, PVChatError, SettingsError
from pvchat.library.inbox import Inbox
from pvchat.people.person import clean_name
from pvchat.schemas import Progress
from pvchat_app import cards, librarycards
from pvchat_app.backend import Backend
from pvchat_app.page_events import AGREED, CONSENT, MODEL, QUICK, Updates, require_filled, sent_value, with_progress
from pvchat_app.person_choices import choice_value, picked_person

_CUTTING = "cutting out faces"
MAX_SHOWN = 12  # people shown at once; tracks of one person shown with a face
_UNDOES = {
    "name": "the name", "join": "“this is her”", "deny": "“this isn’t her”", "ignore": "ignore", "merge": "the merge",
    "split": "the split",
}  # fmt: skip


class StrangersPart:
    """The components, laid out and connected; public methods are events, or what an event does with the inbox.

    `play`: the event that plays a video of the library in `player`; `there`: whether there is a library yet.
    """

    def __init__(self, backend: Backend, player: gr.HTML, play: Callable[..., Any], there: bool) -> None:
        self.backend = backend
        with gr.Accordion("People I don’t know", open=False, visible=there, elem_id="pv-strangers") as self.part:
            self.grid = gr.HTML("", elem_id="pv-strangers-grid", js_on_load=librarycards.PICK)
            self.note = gr.HTML("", elem_id="pv-strangers-note")
            self.undo_button = gr.Button("Undo", size="sm", visible=False, elem_id="pv-strangers-undo")
            with gr.Row(equal_height=False, visible=False) as self.more:
                with gr.Column(scale=1, min_width=280):
                    self._lay_out_acts()
                with gr.Column(scale=2, min_width=280):
                    scripts = librarycards.PLAY + librarycards.PICK
                    self.seen = gr.HTML("", elem_id="pv-stranger-seen", js_on_load=scripts)
                    other = "The ticked videos show somebody else"
                    self.split_button = gr.Button(other, size="sm", elem_id="pv-stranger-split")
            self.find_button = gr.Button("Look again", size="sm", elem_id="pv-strangers-find")
        self.picked, self.ticked = gr.State([]), gr.State([])
        self._connect(player, play)

    def _lay_out_acts(self) -> None:
        def small(text: str, name: str) -> gr.Button:
            return gr.Button(text, size="sm", elem_id=f"pv-stranger-{name}", min_width=90)

        self.name = gr.Textbox(label="Name", max_length=200, elem_id="pv-stranger-name",
                               placeholder="What the person is called")  # fmt: skip
        self.consent = gr.Checkbox(label=AGREED, value=False, elem_id="pv-stranger-consent")
        self.enroll_button = gr.Button("Enroll", variant="primary", elem_id="pv-stranger-enroll")
        with gr.Column() as self.known:
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
        chosen = [picked, ticked, self.more, self.seen, self.who, self.consent, self.known, self.merge_button]
        chosen += [self.split_button]
        self.grid.click(self.choose, None, chosen, **heavy)
        self.seen.click(self.tick, ticked, ticked, **QUICK)
        self.seen.click(play, None, player, **QUICK)

        def on_click(button: gr.Button, what: str, act: Callable[..., str], *inputs: Any) -> Any:
            return button.click(self._event(what, act), [*inputs], outputs, **heavy)

        gr.on([self.part.expand, self.find_button.click], self.find, None, outputs, **heavy)
        looks, notes = "looking at the videos", "noting it"
        self.changed = [  # the events after which lists of people are out of date
            on_click(self.enroll_button, "enrolling", self.enroll, picked, self.name, self.consent),
            on_click(self.join_button, looks, partial(self.correct, is_her=True), picked, self.who),
            on_click(self.undo_button, notes, self.undo),
        ]
        on_click(self.deny_button, looks, partial(self.correct, is_her=False), picked, self.who)
        on_click(self.ignore_button, notes, self.ignore, picked)
        on_click(self.merge_button, notes, self.merge, picked)
        on_click(self.split_button, notes, self.split, picked, ticked)

    def find(self) -> Iterator[Updates]:
        """Show everybody who is seen in several videos; new faces are grouped first."""
        yield from with_progress(self.note, "looking for people", self._redraw, self.backend.cancellable.bars)

    def choose(self, event: gr.EventData) -> Iterator[Updates]:
        """Show what can be done about who is ticked, and where one was seen; consent has to be given again."""
        numbers = _numbers(sent_value(event, "picked"))
        people = [(person.name, choice_value(person)) for person in self.backend.engine.people.all()]
        yield {
            self.picked: numbers, self.ticked: [], self.more: gr.Row(visible=bool(numbers)), self.seen: "",
            self.who: gr.Dropdown(choices=people, value=None), self.consent: False,
            self.known: gr.Column(visible=bool(people)), self.merge_button: gr.Button(visible=len(numbers) > 1),
            self.split_button: gr.Button(visible=False),
        }  # fmt: skip
        if len(numbers) == 1:
            show = partial(self._sightings, numbers[0])
            yield from with_progress(self.seen, _CUTTING, show, self.backend.cancellable.bars)

    def _sightings(self, number: int, tell: Progress) -> Updates:
        """Show where somebody was seen."""
        inbox = self.backend.engine.chat.library.inbox
        one = next((one for one in inbox.strangers(progress=tell) if one.id == number), None)
        tracks = [] if one is None else [sighting.track for sighting in one.sightings[:MAX_SHOWN]]
        faces = _faces({track: partial(inbox.picture, number, track) for track in tracks}, tell)
        seen = "" if one is None else librarycards.sightings(one, faces)
        return {self.seen: seen, self.split_button: gr.Button(visible=len(tracks) > 1)}

    def tick(self, ticked: list[int], event: gr.EventData) -> list[int]:
        """Note which tracks are ticked."""
        words = sent_value(event, "ticked")
        return _numbers(words) if words else ticked

    def enroll(self, inbox: Inbox, picked: list[int], text: str, consent: bool) -> str:
        """Enroll the person who is ticked."""
        require_filled({"a name": text.strip(), CONSENT: consent})
        name = clean_name(text)
        if self.backend.engine.people.find(name) is not None:
            hint = "Pick her under “Or enrolled already as” if this is her; else choose another name."
            raise PeopleError("is enrolled already.", subject=name, hint=hint)
        with self.backend.changing:
            person = inbox.name(_only(picked), name, consent=consent)
        return f"{person.name} is enrolled, and found in the whole library."

    def correct(self, inbox: Inbox, picked: list[int], who: str | None, is_her: bool) -> str:
        """Store that the person who is ticked is, or isn't, somebody enrolled."""
        with self.backend.changing:
            person = picked_person(self.backend.engine.people, who)
            self.backend.jobs.require_untrained(person.name)
            inbox.correct(_only(picked), person.name, is_her)
        return f"Noted: that {'is' if is_her else 'is not'} {person.name}."

    def ignore(self, inbox: Inbox, picked: list[int]) -> str:
        """Hide who is ticked for good."""
        for one in picked:
            inbox.ignore(one)
        return "Not shown any more." if picked else ""

    def merge(self, inbox: Inbox, picked: list[int]) -> str:
        """Make one person of those who are ticked."""
        if len(picked) < 2:
            raise SettingsError("tick two people first.", subject="")
        for other in picked[1:]:
            inbox.merge(picked[0], other)
        return "They are one person now."

    def split(self, inbox: Inbox, picked: list[int], ticked: list[int]) -> str:
        """Make another person of the ticked tracks."""
        if not ticked:
            raise SettingsError("tick the videos that show somebody else first.", subject="")
        inbox.split(_only(picked), ticked)
        return "They are two people now."

    def undo(self, inbox: Inbox) -> str:
        """Undo the last action; a person who was enrolled by it is forgotten."""
        with self.backend.changing:
            last = inbox.last()
            name = self.backend.engine.people.ids().get(last.ref) if last and last.ref else None
            if name:
                self.backend.jobs.require_untrained(name)
            done = inbox.undo()
        for session in self.backend.sessions.all():
            self.backend.tidy(session)
        return f"Taken back: {_UNDOES[done.what]}."

    def _event(self, what: str, act: Callable[..., str]) -> Callable[..., Iterator[Updates]]:
        """An event that does something with the inbox, shows the sentence that comes of it, and redraws everybody.

        `what`: the text of its progress bar. Cancelled, it has changed nothing, or is done and doesn't redraw.
        """

        def event(*inputs: Any) -> Iterator[Updates]:
            def work(tell: Progress) -> Updates:
                try:
                    with self.backend.engine.reporting_to(tell):
                        done = act(self.backend.engine.chat.library.inbox, *inputs)
                except StoppedError:
                    return {self.note: cards.notice("Stopped: nothing was changed.")}
                try:
                    shown = self._redraw(tell)
                except StoppedError:
                    shown = {self.grid: "", **self._emptied()}
                return {**shown, self.note: cards.notice(done, "good")}

            yield from with_progress(self.note, what, work, partial(self.backend.cancellable.bars, at_once=False))

        return event

    def _redraw(self, tell: Progress) -> Updates:
        """Redraw everybody, with nobody ticked."""
        inbox = self.backend.engine.chat.library.inbox
        found = inbox.strangers(progress=tell)
        faces = _faces({one.id: partial(inbox.picture, one.id) for one in found[:MAX_SHOWN]}, tell)
        nobody = cards.placeholder("Nobody who isn’t enrolled is seen in several videos.")
        grid = librarycards.strangers(found[:MAX_SHOWN], faces, max(0, len(found) - MAX_SHOWN)) if found else nobody
        return {self.note: "", self.grid: grid, **self._emptied()}

    def _emptied(self) -> Updates:
        """Nobody is ticked any more; the button that takes back what was done last."""
        last = self.backend.engine.chat.library.inbox.last()
        undo = gr.Button(f"Undo {_UNDOES[last.what]}", visible=True) if last else gr.Button(visible=False)
        return {
            self.more: gr.Row(visible=False), self.undo_button: undo, self.picked: [], self.ticked: [], self.name: "",
            self.consent: False,
        }  # fmt: skip


def _faces(pictures: Mapping[int, Callable[[], bytes]], tell: Progress) -> dict[int, bytes]:
    """Faces that are cut out of videos, as JPEGs, by number; without those whose videos are gone."""
    faces = dict[int, bytes]()
    for done, (number, picture) in enumerate(pictures.items()):
        tell(_CUTTING, done, len(pictures))
        with suppress(PVChatError, OSError):
            faces[number] = picture()
    return faces


def _only(picked: list[int]) -> int:
    if len(picked) != 1:
        raise SettingsError("tick one person first, and one only.", subject="")
    return picked[0]


def _numbers(words: str) -> list[int]:
    return [int(word) for word in words.split() if word.isdigit()]

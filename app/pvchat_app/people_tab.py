"""The people tab: everyone enrolled; rename, merge, export, import, forget (after a second click).

In: a `Backend`. Out: Gradio components and their events. Controls for one person, or two, are shown once there are so
many. An action is refused if the person isn't as the page shows her any more (`person_choices.py`).
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from pvchat.people.parts import is_one_face
from pvchat_app import cards, export
from pvchat_app.backend import Backend
from pvchat_app.page_events import MODEL, QUICK, click_script, follow_link_script, outcome, sent_value, unchanged
from pvchat_app.person_choices import choice_value, current_choice, picked_person
from pvchat_app.wording import escape

_HIDDEN = "() => ({__type__: 'update', visible: false})"  # by the browser: the server's answer may come too late
_WORDS = {
    True: "Their faces look like one person’s.", False: "Their faces look like two people’s: look at the pictures.",
    None: "These can’t be compared by face.",
}  # fmt: skip


class PeopleTab:
    """The tab's components, laid out and connected; most public methods are events."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.grid = gr.HTML(cards.placeholder("…"), elem_id="pv-people", js_on_load=click_script("name"))
        self.begin = gr.Button("Enroll a person", variant="primary", visible=False, elem_id="pv-begin")
        with gr.Row(equal_height=False, visible=False) as changing:
            with gr.Column(scale=1, min_width=280):
                self._lay_out_forgetting()
            with gr.Column(scale=1, min_width=280):
                self.new = gr.Textbox(
                    label="New name", max_length=200, elem_id="pv-new-name", placeholder="For the person picked"
                )
                self.rename_button = gr.Button("Rename", size="sm", elem_id="pv-rename")
            with gr.Column(scale=1, min_width=280, visible=False) as merging:
                self._lay_out_merging()
        self.result = gr.HTML("", elem_id="pv-person-result")
        self.undo_button = gr.Button("Undo the merge", size="sm", visible=False, elem_id="pv-merge-undo")
        with gr.Accordion("Import a person file", open=False), gr.Row(equal_height=False):
            self.file = gr.File(label="Person file", file_types=[".pvperson"], elem_id="pv-import-file", height=120)
            with gr.Column():
                self.called = gr.Textbox(
                    label="Name (empty: the one in the file)", max_length=200, elem_id="pv-import-name"
                )
                self.over = gr.Checkbox(label="Replace the person who has this name", elem_id="pv-import-replace")
                self.take = gr.Button("Import", size="sm", elem_id="pv-import")
        self.picked = [self.who, self.other]  # what `show` keeps
        # What it fills
        self.outputs = [self.grid, self.who, self.other, self.likeness, self.begin, changing, merging, self.new]
        self._connect()

    def _lay_out_forgetting(self) -> None:
        self.who = gr.Dropdown([], label="Person to change", elem_id="pv-who", filterable=False)
        self.export_button = gr.Button("Export to a file", size="sm", elem_id="pv-person-export")
        self.forget_button = gr.Button("Forget …", size="sm", variant="stop", elem_id="pv-forget")
        self.doomed = gr.State(None)  # whom the question is about; another person may be picked meanwhile
        with gr.Group(visible=False) as self.sure:
            self.warning = gr.HTML("", elem_id="pv-forget-warning")
            with gr.Row():
                self.yes = gr.Button(
                    "Forget for good", size="sm", variant="stop", elem_id="pv-forget-yes", min_width=90
                )
                self.no = gr.Button("Keep", size="sm", elem_id="pv-forget-no", min_width=90)

    def _lay_out_merging(self) -> None:
        self.other = gr.Dropdown([], label="Is the same person as", elem_id="pv-other", filterable=False)
        self.merge_button = gr.Button("Merge the two into one …", size="sm", elem_id="pv-merge")
        self.two, self.made = gr.State((None, None)), gr.State("")  # whom that is about; what the last merge made
        with gr.Group(visible=False) as self.both:
            self.likeness = gr.HTML("", elem_id="pv-alike")
            with gr.Row():
                self.join = gr.Button("Merge", size="sm", variant="primary", elem_id="pv-merge-yes", min_width=90)
                self.leave = gr.Button("Leave them as two", size="sm", elem_id="pv-merge-no", min_width=90)

    def _connect(self) -> None:
        who, result, undoable = self.who, self.result, [self.undo_button, self.made]
        self.grid.click(self.pick_card, None, who, **QUICK)
        who.change(self.show_pick, self.picked, [self.grid, self.other], **QUICK)
        # hide questions about people who were picked before
        gr.on([self.leave.click, who.change, self.other.change], None, None, self.both, js=_HIDDEN)
        gr.on([self.no.click, who.change], None, None, self.sure, js=_HIDDEN)
        exported = self.export_button.click(self.export, who, result, **QUICK)
        exported.then(None, None, None, js=follow_link_script("pv-person-result"))
        # After this one a person's pictures must go; after all of them lists of people are out of date
        self.forgotten = self.yes.click(self.forget, self.doomed, [result, self.sure, *undoable], **MODEL)
        self.changed = [
            self.merge_button.click(self.ask_merge, self.picked, [self.both, self.likeness, result, self.two], **QUICK),
            self.forget_button.click(self.ask_forget, who, [self.sure, self.warning, result, self.doomed], **QUICK),
            exported,
            gr.on([self.rename_button.click, self.new.submit], self.rename, [who, self.new],
                  [result, self.new, who, *undoable], **QUICK),
            self.join.click(self.merge, self.two, [result, self.both, *undoable], **MODEL),
            self.undo_button.click(self.undo, self.made, [result, *undoable], **MODEL),
            self.forgotten,
            self.take.click(self.take_file, [self.file, self.called, self.over], [result, self.file, self.called],
                            **QUICK),
        ]  # fmt: skip

    def show(self, who: str | None = None, other: str | None = None) -> tuple[Any, ...]:
        """Update `outputs` from the people store.

        `who` and `other` stay picked. If `who` is gone, nobody is picked in her place, and what was typed is cleared.
        """
        store = self.backend.engine.people
        people = store.all()
        choices = [(person.name, choice_value(person)) for person in people]
        gone = bool(who) and current_choice(store, who) is None
        who = current_choice(store, who) if who else next((value for _, value in choices), None)
        rest, other = self._other(who, other)
        return (
            self._cards(who),
            gr.Dropdown(choices=choices, value=who),
            gr.Dropdown(choices=rest, value=other),
            likeness_of(self.backend, who, other),
            gr.Button(visible=not people),
            gr.Row(visible=bool(people)),
            gr.Column(visible=len(people) > 1),
            "" if gone else gr.skip(),
        )

    def show_pick(self, who: str | None, other: str | None) -> tuple[str, gr.Dropdown]:
        """Everyone as cards, `who` marked; and the others, who may be the same person: `other` stays picked."""
        rest, other = self._other(who, other)
        return self._cards(who), gr.Dropdown(choices=rest, value=other)

    def pick_card(self, event: gr.EventData) -> Any:
        """Pick the person whose card was clicked."""
        person = self.backend.engine.people.find(sent_value(event, "name"))
        return gr.skip() if person is None else choice_value(person)

    def rename(self, who: str | None, new: str) -> tuple[Any, ...]:
        """Rename the person who is picked."""
        try:
            with self.backend.changing:
                before = picked_person(self.backend.engine.people, who)
                person = self.backend.rename(before.id, new)
        except Exception as error:
            return cards.error_card(error), *unchanged(4)
        choices = [(one.name, choice_value(one)) for one in self.backend.engine.people.all()]
        picked = gr.Dropdown(choices=choices, value=choice_value(person))
        return cards.notice(f"{before.name} is called {person.name} now.", "good"), "", picked, *self._undoable()

    def ask_merge(self, who: str | None, other: str | None) -> tuple[Any, ...]:
        """Show two people and how alike they are, before they are merged."""
        try:
            picked_person(self.backend.engine.people, who)
            picked_person(self.backend.engine.people, other)
        except Exception as error:
            return gr.Group(visible=False), "", cards.error_card(error), (None, None)
        if who == other:
            return gr.Group(visible=False), "", cards.notice("Pick two different people first.", "error"), (None, None)
        return gr.Group(visible=True), likeness_of(self.backend, who, other), "", (who, other)

    def merge(self, two: tuple[str | None, str | None]) -> tuple[Any, ...]:
        """Merge two enrollments."""

        def call() -> str:
            with self.backend.changing:
                who, other = (picked_person(self.backend.engine.people, one) for one in two)
                return f"{other.name} and {self.backend.merge(who.id, other.id).name} are one person now."

        return outcome(call), gr.Group(visible=False), *self._undoable()

    def undo(self, made: str) -> tuple[Any, ...]:
        """Undo the merge that the button names."""

        def call() -> str:
            with self.backend.changing:
                merge = self.backend.merges.undo(self.backend.engine.people, made)
            return f"{merge.kept.name} and {merge.gone.name} are two people again."

        return outcome(call), *self._undoable()

    def ask_forget(self, who: str | None) -> tuple[Any, ...]:
        """Ask before a person is forgotten."""
        try:
            name = picked_person(self.backend.engine.people, who).name
        except Exception as error:
            return gr.Group(visible=False), "", cards.error_card(error), None
        text = (
            f"<b>Forget {escape(name)}?</b> The picture, what was learned of face and voice, uploads that show this "
            "person, and what is known from clips, library and cameras, with events and rules, are deleted. Your "
            "videos stay, and so do backups. There is no way back."
        )
        return gr.Group(visible=True), text, "", who

    def forget(self, who: str | None) -> tuple[Any, ...]:
        """Forget a person."""

        def call() -> str:
            with self.backend.changing:
                person = picked_person(self.backend.engine.people, who)
                same = self.backend.forget(person.id)
            stays = f" What was seen stays, as {same}’s, who is enrolled by the same face." if same else ""
            return f"{person.name} is forgotten: files, vectors and every analysed clip are gone.{stays}"

        return outcome(call), gr.Group(visible=False), *self._undoable()

    def export(self, who: str | None, request: gr.Request) -> str:
        """A link to a person as a file."""
        try:
            person = picked_person(self.backend.engine.people, who)
            url, count = export.person(self.backend.sessions.of_request(request), self.backend.engine.people, person.id)
        except Exception as error:
            return cards.error_card(error)
        return cards.download(url, f"{person.name}.pvperson", count, "biometric data: mind who gets it")

    def take_file(self, file: str | None, name: str, replace: bool) -> tuple[str, Any, Any]:
        """Import a person from a file."""
        if not file:
            return cards.notice("Pick a person file first.", "error"), *unchanged(2)
        return outcome(lambda: f"{self.backend.take_person(file, name, replace).name} is enrolled."), None, ""

    def _cards(self, who: str | None) -> str:
        """Everyone as cards, `who` marked."""
        people = self.backend.engine.people.all()
        running = [job for person in people if (job := self.backend.jobs.for_person(person.name))]
        picked = next((person.id for person in people if choice_value(person) == who), None)
        return cards.people_grid(people, running, picked)

    def _other(self, who: str | None, other: str | None) -> tuple[list[tuple[str, str]], str | None]:
        """The choices but for `who`, and which of them is picked: `other` if it is one of them, else the first."""
        rest = [(one.name, value) for one in self.backend.engine.people.all() if (value := choice_value(one)) != who]
        values, other = [value for _, value in rest], current_choice(self.backend.engine.people, other)
        return rest, other if other in values else next(iter(values), None)

    def _undoable(self) -> tuple[Any, str]:
        """The button that undoes the last merge, if there is one, and the id of that merge's result."""
        merge = self.backend.merges.last(self.backend.engine.people)
        if merge is None:
            return gr.Button("", visible=False), ""
        names = f" ({merge.kept.name}, {merge.gone.name})"
        return gr.Button(f"Undo the merge{names}", visible=True), merge.made


def likeness_of(backend: Backend, who: str | None, other: str | None) -> str:
    """Two picked people side by side, and how alike they are; "" if there aren't two."""
    people = {choice_value(person): person for person in backend.engine.people.all()}
    if who not in people or other not in people or who == other:
        return ""
    return cards.merge_question(people[who], people[other], _WORDS[is_one_face(people[who], people[other])])

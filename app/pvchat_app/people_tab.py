"""The people tab: everyone enrolled; rename, merge, export, import, forget (after a question).

In: a `Backend`. Out: Gradio components and their events. Controls for one person, or two, are shown once there are so
many. An action is refused if the person isn't as the page shows her any more (`person_choices.py`).
"""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from pvchat.people.parts import is_one_face
from pvchat_app import cards, export
from pvchat_app.backend import Backend
from pvchat_app.page_events import MODEL, QUICK, Updates, click_script, follow_link_script, outcome, sent_value
from pvchat_app.person_choices import choice_value, current_choice, picked_person

_WORDS = {
    True: "Their faces look like one person’s.", False: "Their faces look like two people’s: look at the pictures.",
    None: "These can’t be compared by face.",
}  # fmt: skip
_FORGET = (
    "The picture, what was learned of face and voice, uploads that show this person, and what is known from clips, "
    "library and cameras, with events and rules, are deleted. Your videos stay, and so do backups. There is no way "
    "back."
)


class PeopleTab:
    """The tab's components, laid out and connected; most public methods are events."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.grid = gr.HTML(cards.placeholder("…"), elem_id="pv-people", js_on_load=click_script("name"))
        self.begin = gr.Button("Enroll a person", variant="primary", visible=False, elem_id="pv-begin")
        with gr.Row(equal_height=False, visible=False) as changing:
            with gr.Column(scale=1, min_width=280):
                self.who = gr.Dropdown([], label="Person to change", elem_id="pv-who", filterable=False)
                self.export_button = gr.Button("Export to a file", size="sm", elem_id="pv-person-export")
                self.forgetting = gr.HTML("", elem_id="pv-forget", js_on_load=click_script("forget"))
            with gr.Column(scale=1, min_width=280):
                self.new = gr.Textbox(
                    label="New name", max_length=200, elem_id="pv-new-name", placeholder="For the person picked"
                )
                self.rename_button = gr.Button("Rename", size="sm", elem_id="pv-rename")
            with gr.Column(scale=1, min_width=280, visible=False) as two:
                self.other = gr.Dropdown([], label="Is the same person as", elem_id="pv-other", filterable=False)
                self.merging = gr.HTML("", elem_id="pv-merge", js_on_load=click_script("merge"))
        self.result = gr.HTML("", elem_id="pv-person-result")
        self.undo_button = gr.Button("Undo the merge", size="sm", visible=False, elem_id="pv-merge-undo")
        self.made = gr.State("")  # what the merge made that the button undoes
        with gr.Accordion("Import a person file", open=False), gr.Row(equal_height=False):
            self.file = gr.File(label="Person file", file_types=[".pvperson"], elem_id="pv-import-file", height=120)
            with gr.Column():
                self.called = gr.Textbox(
                    label="Name (empty: the one in the file)", max_length=200, elem_id="pv-import-name"
                )
                self.over = gr.Checkbox(label="Replace the person who has this name", elem_id="pv-import-replace")
                self.take = gr.Button("Import", size="sm", elem_id="pv-import")
        self.picked = [self.who, self.other]  # what `show` keeps
        self._asked = [self.grid, self.other, self.forgetting, self.merging]  # what `show_pick` fills
        self.outputs = [*self._asked, self.who, self.begin, changing, two, self.new, self.undo_button, self.made]
        self._connect()

    def _connect(self) -> None:
        who, result = self.who, self.result
        self.grid.click(self.pick_card, None, who, **QUICK)
        who.change(self.show_pick, self.picked, self._asked, trigger_mode="always_last", **QUICK)
        self.other.change(self.ask_merge, self.picked, self.merging, trigger_mode="always_last", **QUICK)
        exported = self.export_button.click(self.export, who, result, **QUICK)
        exported.then(None, None, None, js=follow_link_script("pv-person-result"))
        renames = [self.rename_button.click, self.new.submit]
        # After this one a person's pictures must go; after all of them lists of people are out of date
        self.forgotten = self.forgetting.click(self.forget, None, result, **MODEL)
        self.changed = [
            self.forgotten,
            exported,
            gr.on(renames, self.rename, [who, self.new], [result, self.new], **QUICK),
            self.merging.click(self.merge, None, result, **MODEL),
            self.undo_button.click(self.undo, self.made, result, **MODEL),
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
        merge = self.backend.merges.last(store)
        names = f" ({merge.kept.name}, {merge.gone.name})" if merge else ""
        return (
            *self.show_pick(who, other),
            gr.Dropdown(choices=choices, value=who),
            gr.Button(visible=not people),
            gr.Row(visible=bool(people)),
            gr.Column(visible=len(people) > 1),
            "" if gone else gr.skip(),
            gr.Button(f"Undo the merge{names}", visible=merge is not None),
            merge.made if merge else "",
        )

    def show_pick(self, who: str | None, other: str | None) -> tuple[Any, ...]:
        """Everyone as cards, `who` marked; the others, who may be the same person; what is asked before a change.

        `other` stays picked if it is one of the others, else the first of them is.
        """
        store = self.backend.engine.people
        people = {choice_value(person): person for person in store.all()}
        running = [job for person in people.values() if (job := self.backend.jobs.for_person(person.name))]
        rest, other = [value for value in people if value != who], current_choice(store, other)
        other = other if other in rest else next(iter(rest), None)
        forget, one = "", people.get(who or "")
        if one:
            forget = cards.question("Forget …", f"Forget {one.name}?", _FORGET, "forget", who, "Forget for good")
        grid = cards.people_grid(list(people.values()), running, one.id if one else None)
        others = gr.Dropdown(choices=[(people[value].name, value) for value in rest], value=other)
        return grid, others, forget, self.ask_merge(who, other)

    def ask_merge(self, who: str | None, other: str | None) -> str:
        """Two people side by side, and the question whether to merge them; "" if there aren't two."""
        people = {choice_value(person): person for person in self.backend.engine.people.all()}
        one, two = people.get(who or ""), people.get(other or "")
        if one is None or two is None or one is two:
            return ""
        title, faces = f"Merge {two.name} into {one.name}?", cards.two_faces(one, two)
        words = f"{_WORDS[is_one_face(one, two)]} {two.name} stays as another name. It can be undone."
        both = json.dumps([who, other])
        return cards.question("Merge the two into one …", title, words, "merge", both, "Merge", above=faces)

    def pick_card(self, event: gr.EventData) -> Any:
        """Pick the person whose card was clicked."""
        person = self.backend.engine.people.find(sent_value(event, "name"))
        return gr.skip() if person is None else choice_value(person)

    def rename(self, who: str | None, new: str) -> Updates:
        """Rename the person who is picked."""
        renamed = list[str]()

        def call() -> str:
            with self.backend.changing:
                before = picked_person(self.backend.engine.people, who)
                renamed.append(self.backend.rename(before.id, new).name)
            return f"{before.name} is called {renamed[0]} now."

        return {self.result: outcome(call), **({self.new: ""} if renamed else {})}

    def merge(self, event: gr.EventData) -> str:
        """Merge the two enrollments that were asked about."""

        def call() -> str:
            with self.backend.changing:
                two = json.loads(sent_value(event, "merge"))
                who, other = (picked_person(self.backend.engine.people, one) for one in two)
                return f"{other.name} and {self.backend.merge(who.id, other.id).name} are one person now."

        return outcome(call)

    def undo(self, made: str) -> str:
        """Undo the merge that the button names."""

        def call() -> str:
            with self.backend.changing:
                merge = self.backend.merges.undo(self.backend.engine.people, made)
            return f"{merge.kept.name} and {merge.gone.name} are two people again."

        return outcome(call)

    def forget(self, event: gr.EventData) -> str:
        """Forget the person who was asked about."""

        def call() -> str:
            with self.backend.changing:
                person = picked_person(self.backend.engine.people, sent_value(event, "forget"))
                same = self.backend.forget(person.id)
            stays = f" What was seen stays, as {same}’s, who is enrolled by the same face." if same else ""
            return f"{person.name} is forgotten: files, vectors and every analysed clip are gone.{stays}"

        return outcome(call)

    def export(self, who: str | None, request: gr.Request) -> str:
        """A link to a person as a file."""

        def call() -> str:
            person = picked_person(self.backend.engine.people, who)
            url, count = export.person(self.backend.sessions.of_request(request), self.backend.engine.people, person.id)
            return cards.download(url, count, f"{person.name}.pvperson", "biometric data: mind who gets it")

        return cards.html_or_error(call)

    def take_file(self, file: str | None, name: str, replace: bool) -> Updates:
        """Import a person from a file."""
        if not file:
            return {self.result: cards.notice("Pick a person file first.", "error")}
        told = outcome(lambda: f"{self.backend.take_person(file, name, replace).name} is enrolled.")
        return {self.result: told, self.file: None, self.called: ""}

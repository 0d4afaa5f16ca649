"""The people tab: everyone enrolled; rename, merge, export, import, forget (after a second click).

In: a `Desk`. Out: Gradio components and their events. What needs somebody, or two, is shown once they are enrolled.
What is done is done to who was picked as the page shows her (`picks.py`), and the page is drawn anew after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pvchat.people.corrections import SAME_FACE
from pvchat.people.merge import alike
from pvchat_app import cards
from pvchat_app.desk import Desk
from pvchat_app.enroll_tab import MODEL, QUICK, following, sent
from pvchat_app.picks import again, meant, pick
from pvchat_app.wording import escape

_HIDDEN = "() => ({__type__: 'update', visible: false})"  # at once: what the server hides may have come after a click
_SURE = 0.1  # mean distances so much below `SAME_FACE` say that it is one person; above that, faces can't tell
_WORDS = (
    (SAME_FACE - _SURE, "Their faces look like one person’s."),
    (SAME_FACE + _SURE / 2, "Their faces don’t tell: look at the pictures."),
    (float("inf"), "Their faces look like two people’s."),
)


@dataclass
class PeopleTab:
    """The components that other parts of the page need; `show` fills `outputs`."""

    begin: gr.Button  # leads to the enroll tab
    picked: list[Any]  # what `show` keeps
    outputs: list[Any]
    changed: list[Any]  # events after which lists of people are out of date
    forgotten: Any  # the one of them after which a person's pictures must go, too


def build(desk: Desk) -> PeopleTab:
    """Lay the tab out and connect it."""
    grid = gr.HTML(cards.empty("…"), elem_id="pv-people", js_on_load=cards.clicks("name"))
    begin = gr.Button("Enroll a person", variant="primary", visible=False, elem_id="pv-begin")
    with gr.Row(equal_height=False, visible=False) as changing:
        with gr.Column(scale=1, min_width=280):
            who = gr.Dropdown([], label="Person to change", elem_id="pv-who", filterable=False)
            export = gr.Button("Export to a file", size="sm", elem_id="pv-person-export")
            forget = gr.Button("Forget …", size="sm", variant="stop", elem_id="pv-forget")
            asked = gr.State(None)  # whom the question is about, whoever is picked by the time it is answered
            with gr.Group(visible=False) as sure:
                warning = gr.HTML("", elem_id="pv-forget-warning")
                with gr.Row():
                    yes = gr.Button("Forget for good", size="sm", variant="stop", elem_id="pv-forget-yes", min_width=90)
                    no = gr.Button("Keep", size="sm", elem_id="pv-forget-no", min_width=90)
        with gr.Column(scale=1, min_width=280):
            new = gr.Textbox(
                label="New name", max_length=200, elem_id="pv-new-name", placeholder="For the person picked"
            )
            rename = gr.Button("Rename", size="sm", elem_id="pv-rename")
        with gr.Column(scale=1, min_width=280, visible=False) as merging:
            other = gr.Dropdown([], label="Is the same person as", elem_id="pv-other", filterable=False)
            merge = gr.Button("Merge the two into one …", size="sm", elem_id="pv-merge")
            two, made = gr.State((None, None)), gr.State("")  # whom that question is about; what the last merge made
            with gr.Group(visible=False) as both:
                likeness = gr.HTML("", elem_id="pv-alike")
                with gr.Row():
                    join = gr.Button("Merge", size="sm", variant="primary", elem_id="pv-merge-yes", min_width=90)
                    leave = gr.Button("Leave two", size="sm", elem_id="pv-merge-no", min_width=90)
    result = gr.HTML("", elem_id="pv-person-result")
    undo = gr.Button("Undo the merge", size="sm", visible=False, elem_id="pv-merge-undo")
    with gr.Accordion("Import a person file", open=False), gr.Row(equal_height=False):
        file = gr.File(label="Person file", file_types=[".pvperson"], elem_id="pv-import-file", height=120)
        with gr.Column():
            called = gr.Textbox(label="Name (empty: the one in the file)", max_length=200, elem_id="pv-import-name")
            over = gr.Checkbox(label="Replace the person who has this name", elem_id="pv-import-replace")
            take = gr.Button("Import", size="sm", elem_id="pv-import")

    grid.click(_picking(desk), None, who, **QUICK)
    gr.on([who.change, other.change], _comparing(desk), [who, other], [likeness, both], **QUICK)
    leave.click(lambda: gr.Group(visible=False), None, both, **QUICK)
    gr.on([no.click, who.change], None, None, sure, js=_HIDDEN)
    exported = export.click(_exporting(desk), who, result, **QUICK)
    exported.then(None, None, None, js=following("pv-person-result"))
    forgotten = yes.click(_forgetting(desk), asked, [result, sure, undo, made], **MODEL)
    changed = [
        merge.click(_asking(desk), [who, other], [both, likeness, result, two], **QUICK),
        forget.click(_warning(desk), who, [sure, warning, result, asked], **QUICK),
        exported,
        rename.click(_renaming(desk), [who, new], [result, new, who, undo, made], **QUICK),
        join.click(_merging(desk), two, [result, both, undo, made], **MODEL),
        undo.click(_undoing(desk), made, [result, undo, made], **MODEL),
        forgotten,
        take.click(_importing(desk), [file, called, over], [result, file, called], **QUICK),
    ]
    outputs = [grid, who, other, likeness, begin, changing, merging, new]
    return PeopleTab(begin, [who, other], outputs, changed, forgotten)


def show(desk: Desk, who: str | None = None, other: str | None = None) -> tuple[Any, ...]:
    """`PeopleTab.outputs` as the store has people now.

    Args:
        desk: whose people.
        who: stays picked; nobody takes her place when she is gone, and what was typed for her goes, too.
        other: stays picked beside her.
    """
    people, store = desk.engine.people.all(), desk.engine.people
    choices = [(person.name, pick(person)) for person in people]
    values = [value for _, value in choices]
    running = [job for person in people if (job := desk.jobs.for_person(person.name))]
    gone = bool(who) and again(store, who) is None
    who = again(store, who) if who else next(iter(values), None)
    rest = [value for value in values if value != who]
    if (other := again(store, other)) not in rest:
        other = next(iter(rest), None)
    return (
        cards.people_grid(people, running),
        gr.Dropdown(choices=choices, value=who),
        gr.Dropdown(choices=choices, value=other),
        likeness_of(desk, who, other),
        gr.Button(visible=not people),
        gr.Row(visible=bool(people)),
        gr.Column(visible=len(people) > 1),
        "" if gone else gr.skip(),
    )


def _picking(desk: Desk) -> Callable[..., Any]:
    def picked(event: gr.EventData) -> Any:
        """The person whose card was clicked is the one to change."""
        person = desk.engine.people.find(sent(event, "name"))
        return gr.skip() if person is None else pick(person)

    return picked


def _told(call: Callable[[], str]) -> str:
    """What a call says about its success, or its error, as a notice."""
    try:
        return cards.notice(call(), "good")
    except Exception as error:
        return cards.error_card(error)


def _renaming(desk: Desk) -> Callable[..., Any]:
    def rename(who: str | None, new: str) -> tuple[Any, ...]:
        """Another name; the same person stays picked."""
        try:
            with desk.changing:
                before = meant(desk.engine.people, who)
                person = desk.rename(before.id, new)
        except Exception as error:
            return cards.error_card(error), *[gr.skip()] * 4
        choices = [(one.name, pick(one)) for one in desk.engine.people.all()]
        picked = gr.Dropdown(choices=choices, value=pick(person))
        return cards.notice(f"{before.name} is called {person.name} now.", "good"), "", picked, *_undoable(desk)

    return rename


def _asking(desk: Desk) -> Callable[..., Any]:
    def ask(who: str | None, other: str | None) -> tuple[Any, ...]:
        """Show both, and how alike they are, before they are merged."""
        try:
            meant(desk.engine.people, who)
            meant(desk.engine.people, other)
        except Exception as error:
            return gr.Group(visible=False), "", cards.error_card(error), (None, None)
        if who == other:
            return gr.Group(visible=False), "", cards.notice("Pick two different people first.", "error"), (None, None)
        return gr.Group(visible=True), likeness_of(desk, who, other), "", (who, other)

    return ask


def _merging(desk: Desk) -> Callable[..., Any]:
    def merge(two: tuple[str | None, str | None]) -> tuple[Any, ...]:
        """Two enrollments become one."""

        def call() -> str:
            with desk.changing:
                who, other = (meant(desk.engine.people, one) for one in two)
                return f"{other.name} and {desk.merge(who.id, other.id).name} are one person now."

        return _told(call), gr.Group(visible=False), *_undoable(desk)

    return merge


def _undoing(desk: Desk) -> Callable[..., Any]:
    def undo(made: str) -> tuple[Any, ...]:
        """The merge that the button names is taken back."""

        def call() -> str:
            with desk.changing:
                join = desk.unmerge(made)
            return f"{join.kept.name} and {join.gone.name} are two people again."

        return _told(call), *_undoable(desk)

    return undo


def _undoable(desk: Desk) -> tuple[Any, str]:
    """The button that takes the last merge back, where there is one, and what that merge made."""
    join = desk.joins.last(desk.engine.people)
    if join is None:
        return gr.Button("", visible=False), ""
    return gr.Button(f"Undo: {join.kept.name} and {join.gone.name} were two", visible=True), join.made


def _forgetting(desk: Desk) -> Callable[..., Any]:
    def forget(who: str | None) -> tuple[Any, ...]:
        """Everything about a person goes."""

        def call() -> str:
            with desk.changing:
                person = meant(desk.engine.people, who)
                desk.forget(person.id)
            return f"{person.name} is forgotten: files, vectors and every analysed clip are gone."

        return _told(call), gr.Group(visible=False), *_undoable(desk)

    return forget


def _warning(desk: Desk) -> Callable[..., Any]:
    def warn(who: str | None) -> tuple[Any, ...]:
        """Ask before forgetting."""
        try:
            name = meant(desk.engine.people, who).name
        except Exception as error:
            return gr.Group(visible=False), "", cards.error_card(error), None
        text = (
            f"<b>Forget {escape(name)}?</b> Picture, vectors, all analysed clips and uploads that show this "
            "person are deleted. There is no way back."
        )
        return gr.Group(visible=True), text, "", who

    return warn


def _exporting(desk: Desk) -> Callable[..., Any]:
    def export(who: str | None, request: gr.Request) -> str:
        """A person as a file behind a link."""
        try:
            person = meant(desk.engine.people, who)
            url, count = desk.save_person(desk.sessions.asking(request), person.id)
        except Exception as error:
            return cards.error_card(error)
        return cards.download(url, f"{person.name}.pvperson", count, "biometric data: mind who gets it")

    return export


def _importing(desk: Desk) -> Callable[..., Any]:
    def take(file: str | None, name: str, replace: bool) -> tuple[str, Any, Any]:
        """A person from a file."""
        if not file:
            return cards.notice("Pick a person file first.", "error"), gr.skip(), gr.skip()
        return _told(lambda: f"{desk.take_person(file, name, replace).name} is enrolled."), None, ""

    return take


def likeness_of(desk: Desk, who: str | None, other: str | None) -> str:
    """Two people who were picked side by side, and how alike they are; "" where there aren't two."""
    people = {pick(person): person for person in desk.engine.people.all()}
    if who not in people or other not in people or who == other:
        return ""
    distance = alike(people[who], people[other])
    if distance is None:
        return cards.pair(people[who], people[other], "These can't be compared by face.")
    words = next(words for limit, words in _WORDS if distance < limit)
    measured = f"Mean face distance {distance:.2f}; below {SAME_FACE - _SURE:.1f} it is mostly one person."
    return cards.pair(people[who], people[other], words, measured)


def _comparing(desk: Desk) -> Callable[..., Any]:
    def compare(who: str | None, other: str | None) -> tuple[str, Any]:
        """Others are picked: what was asked about the ones before is taken back."""
        return likeness_of(desk, who, other), gr.Group(visible=False)

    return compare

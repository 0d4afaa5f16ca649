"""Two pages show the same people: what one has changed, the other doesn't do to anybody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from make_app import BEN, Scenery, built, ready, running, session_asking, upload
from make_browser import open_page, pick
from make_browser import tab as open_tab
from pvchat_app import correcting
from pvchat_app.backend import Backend
from pvchat_app.enroll_tab import EnrollTab
from pvchat_app.people_tab import PeopleTab
from pvchat_app.person_choices import choice_value as picked
from pvchat_app.person_choices import current_choice, picked_person

from pvchat import PVChat
from pvchat.errors import PeopleError


def sent(**values: Any) -> Any:
    """A click on something that sends these."""
    return SimpleNamespace(_data=values)


def show(tab: PeopleTab, *picks: str | None) -> dict[Any, Any]:
    """What the tab shows, by component."""
    return dict(zip(tab.outputs, tab.show(*picks), strict=True))


@pytest.fixture
def two(backend: Backend, scenery: Scenery) -> Backend:
    """Ana and Ben are enrolled."""
    backend.engine.chat.enroll(scenery.clip("ben", BEN), "Ben")
    return backend


def on_page(backend: Backend, name: str) -> str:
    """A person as a page shows her now."""
    return picked(backend.engine.people.get(name))


def rename(backend: Backend) -> None:
    backend.rename("Ana", "Anna")


def swap(backend: Backend) -> None:
    """Her name is somebody else's now."""
    backend.rename("Ana", "Anna")
    backend.rename("Ben", "Ana")


def alias(backend: Backend) -> None:
    backend.engine.people.alias("Ana", "Annie")


def forget(backend: Backend) -> None:
    backend.forget("Ana")


def correct(backend: Backend) -> None:
    backend.engine.people.revise("Ana", lambda person: person)


@pytest.mark.parametrize(("change", "why"), [
    (rename, "was renamed to Anna elsewhere"), (swap, "was renamed to Anna elsewhere"),
    (alias, "was changed elsewhere"), (correct, "was changed elsewhere"), (forget, "isn&#x27;t enrolled any more"),
])  # fmt: skip
@pytest.mark.parametrize("action", ["rename", "forget", "merge", "merge into", "export"])
def test_nothing_happens_to_who_was_changed_meanwhile(two: Backend, change: Callable, why: str, action: str) -> None:
    ana, ben, request = on_page(two, "Ana"), on_page(two, "Ben"), SimpleNamespace(session_hash="one")
    change(two)
    ben = current_choice(two.engine.people, ben)
    before, tab = [picked(person) for person in two.engine.people.all()], built(PeopleTab, two)
    told = str({
        "rename": lambda: tab.rename(ana, "Penny"),
        "forget": lambda: tab.forget(sent(forget=ana)),
        "merge": lambda: tab.merge(sent(merge=json.dumps([ana, ben]))),
        "merge into": lambda: tab.merge(sent(merge=json.dumps([ben, ana]))),
        "export": lambda: tab.export(ana, request),
    }[action]())  # fmt: skip
    assert f"Ana: {why}" in told
    assert "Nothing was done" in told
    assert [picked(person) for person in two.engine.people.all()] == before


def test_the_second_click_is_about_the_same_person(two: Backend) -> None:
    """It was about the next one in the list."""
    ana, ben = on_page(two, "Ana"), on_page(two, "Ben")
    rename(two)
    tab = built(PeopleTab, two)
    shown = show(tab, ana, ben)
    assert (shown[tab.who].value, shown[tab.other].value) == (on_page(two, "Anna"), ben)
    assert not isinstance(shown[tab.new], str)  # what was typed stays
    tab.rename(shown[tab.who].value, "Penny")
    assert two.engine.people.names() == ["Penny", "Ben"]


def test_nobody_takes_the_place_of_who_was_forgotten(two: Backend) -> None:
    ana = on_page(two, "Ana")
    forget(two)
    tab = built(PeopleTab, two)
    shown = show(tab, ana)
    assert (shown[tab.who].value, shown[tab.new]) == (None, "")
    assert "Forget" not in shown[tab.forgetting]
    assert "nobody is picked" in str(tab.rename(None, "Penny")).lower()
    assert two.engine.people.names() == ["Ben"]


def test_only_the_merge_that_the_button_names_is_undone(two: Backend, scenery: Scenery) -> None:
    for name in ("Ana", "Ben"):
        two.engine.chat.enroll(scenery.clip(f"{name} again", BEN), f"{name} 2")
    tab = built(PeopleTab, two)
    undo = tab.undo
    tab.merge(sent(merge=json.dumps([on_page(two, "Ana"), on_page(two, "Ana 2")])))
    made = show(tab)[tab.made]
    tab.merge(sent(merge=json.dumps([on_page(two, "Ben"), on_page(two, "Ben 2")])))
    other = show(tab)[tab.made]
    assert "no merge to undo" in undo(made)  # on the first page, which doesn't know of the second merge
    assert two.engine.people.names() == ["Ana", "Ben"]
    assert show(tab)[tab.undo_button].value == "Undo the merge (Ben, Ben 2)"
    undo(other)
    assert two.engine.people.names() == ["Ana", "Ben", "Ben 2"]


@pytest.mark.parametrize("change", [rename, swap, forget])
def test_a_correction_is_about_whom_the_turn_shows(two: Backend, scenery: Scenery, change: Callable) -> None:
    session = session_asking(two, scenery.clip("party", 1, BEN))
    *_, turn = two.ask(session, "Is Ana there?")
    assert turn.ids["Ana"]
    correcting.correct(two, session, turn, "Ana", her=False, track=1)
    correcting.correct(two, session, turn, "Ana", her=False, track=1)  # she changed, by this very page
    change(two)
    before = [picked(person) for person in two.engine.people.all()]
    with pytest.raises(PeopleError, match="Nothing was done"):
        correcting.correct(two, session, turn, "Ana", her=False, track=1)
    assert [picked(person) for person in two.engine.people.all()] == before


def test_a_clip_is_added_to_who_was_picked_only(two: Backend, scenery: Scenery) -> None:
    session, tab = two.sessions.of("one"), built(EnrollTab, two, gr.BrowserState(""))
    session.enrolling = two.receive(session, upload(two, scenery.clip("ana again", 1)))
    analysis = two.analyse(session.enrolling)
    assert two.looks_like(analysis, analysis.tracks[0]).name == "Ana"
    radio = tab._form_for_pick(session)[tab.known]
    ana = radio.choices[0][1]
    assert picked_person(two.engine.people, ana).name == "Ana"
    swap(two)
    before = [picked(person) for person in two.engine.people.all()]
    filled = ("", ana, True, False, "instant", "")
    *_, last = tab.enroll(dict(zip(tab.fields, filled, strict=True)), SimpleNamespace(session_hash="one"))
    assert "Ana: was renamed to Anna elsewhere" in last[tab.result]
    assert [picked(person) for person in two.engine.people.all()] == before
    assert last[tab.known].choices[0][0] == "Add this clip to Anna"  # the page shows what is so now


@pytest.mark.browser
def test_a_rename_on_two_pages_hits_one_person(chromium, chat: PVChat, scenery: Scenery) -> None:
    chat.enroll(scenery.clip("ben", BEN), "Ben")
    with running(ready(chat)) as (_, url):
        pages: list[Any] = [open_page(chromium, url) for _ in range(2)]
        for page, name in zip(pages, ("Anna", "Penny"), strict=True):
            open_tab(page, "People")
            pick(page, "who", "Ana")
            page.get_by_label("New name").fill(name)
        first, second = pages
        first.click("#pv-rename")
        first.wait_for_selector("#pv-person-result .pv-good:has-text('is called Anna now')")
        second.click("#pv-rename")
        second.wait_for_selector("#pv-person-result .pv-error:has-text('Ana: was renamed to Anna elsewhere')")
        second.wait_for_selector("#pv-people .pv-person:has-text('Anna')")
        second.wait_for_function("document.querySelector('#pv-who input').value === 'Anna'")
        assert second.get_by_label("New name").input_value() == "Penny"
        assert chat.people.names() == ["Anna", "Ben"]
        first.click("#pv-forget summary")
        first.click("#pv-forget button")
        first.wait_for_selector("#pv-person-result .pv-good:has-text('is forgotten')")
        second.click("#pv-rename")
        second.wait_for_selector("#pv-person-result .pv-error:has-text('enrolled any more')")
        second.wait_for_function("document.querySelector('#pv-who input').value === ''")
        second.click("#pv-rename")
        second.wait_for_selector("#pv-person-result .pv-error:has-text('obody is picked')")
        assert chat.people.names() == ["Ben"]

"""What a server holds of somebody goes with her, whoever forgets her: files, links, pictures, answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from make_app import ANA, BEN, Scenery, built, get, running, upload
from make_people import find_traces
from pvchat_app import export
from pvchat_app.chat_tab import ChatTab
from pvchat_app.desk import Desk
from pvchat_app.enroll_tab import EnrollTab
from pvchat_app.turncard import view

from pvchat.storage import temporary


def here(desk: Desk, name: str) -> None:
    desk.forget(name)


def elsewhere(desk: Desk, name: str) -> None:
    words = [sys.executable, "-m", "pvchat", "people", "forget", name]
    subprocess.run(words, check=True, capture_output=True, timeout=120)


FORGET: dict[str, Any] = {"here": here, "another process": elsewhere}


@pytest.mark.parametrize("forget", FORGET.values(), ids=FORGET.keys())
def test_what_a_session_has_of_her_is_gone(desk: Desk, scenery: Scenery, party: Path, forget: Any) -> None:
    session = desk.sessions.of("one")
    session.enrolling = desk.receive(session, upload(desk, scenery.clip("ben", BEN)))
    desk.look(session.enrolling)
    ben = desk.enroll(session, "Ben")
    session.keep(desk.receive(session, upload(desk, scenery.clip("ana only", ANA))))
    list(desk.ask(session, "Is Ana there?"))
    session.keep(desk.receive(session, upload(desk, party)))
    list(desk.ask(session, "What is Ben wearing?"))
    list(desk.ask(session, "And Cem?"))
    assert {p.name for p in session.turns[1].pictures} == {"Ben"}  # nobody else was asked about
    links = [
        export.person(session, desk.engine.people, "Ben")[0],
        desk.save_conversation(session)[0],
        session.enrolling.url,
    ]
    links += [session.clips[-1].url, *(picture.url for picture in session.turns[1].pictures)]
    tokens = [link.rsplit("/", 1)[1] for link in links]
    assert all(desk.sessions.find(token) for token in tokens)
    assert [p.decision for p in session.turns[0].presences if p.name == "Ben"] == ["absent"]
    forget(desk, "Ben")
    assert [token for token in tokens if desk.sessions.find(token)] == []
    assert find_traces(temporary.root(), {"id": ben.id.encode(), "name": b"Ben", "picture": ben.thumbnail}) == []
    view(session)  # another process can't tell this one, yet the page is drawn
    desk.tidy(session)  # as every question does first
    told = view(session)
    assert "Ben" not in str(told)
    # the error about Cem names Ben, who is enrolled
    assert [turn.question for turn in session.turns] == ["Is Ana there?"]
    assert [clip.name for clip in session.clips] == ["ana only.mp4"]  # the only clip that doesn't show him
    assert session.enrolling is None
    tab = built(EnrollTab, desk, gr.BrowserState(""))
    assert tab.redrawn(session)[tab.upload] is None
    assert [p.name for p in session.turns[0].presences] == ["Ana"]


def test_the_link_to_a_forgotten_person_is_answered_404(desk: Desk) -> None:
    with running(desk.engine) as (app, url):
        session = app.desk.sessions.of("one")
        link, _ = export.person(session, app.desk.engine.people, "Ana")
        assert get(url + link).status_code == 200
        elsewhere(desk, "Ana")
        assert get(url + link).status_code == 404


def test_a_person_who_was_trained_meanwhile_is_found_by_her_earlier_id(desk: Desk) -> None:
    session = desk.sessions.of("one")
    link, _ = export.person(session, desk.engine.people, "Ana")
    people = desk.engine.people
    first = people.get("Ana")
    second = people.add(first, replace=True)
    assert first.id != second.id
    people.rename("Ana", "Anna")
    assert people.ids() == {first.id: "Anna", second.id: "Anna"}
    assert desk.sessions.find(link.rsplit("/", 1)[1])
    people.forget("Anna")
    assert desk.sessions.find(link.rsplit("/", 1)[1]) is None


@pytest.mark.parametrize("forget", FORGET.values(), ids=FORGET.keys())
def test_a_clip_that_went_with_somebody_is_missed_in_words(desk: Desk, party: Path, forget: Any) -> None:
    session = desk.sessions.of("one")
    session.keep(desk.receive(session, upload(desk, party)))
    list(desk.ask(session, "Is Ana there?"))
    forget(desk, "Ana")
    told = built(ChatTab, desk).pose("Who is there?", "", "", SimpleNamespace(session_hash="one"))
    assert session.turns[-1].error.startswith("party.mp4 is deleted: it showed somebody who was forgotten.")
    assert told[-1] is None  # the upload
    assert "party.mp4" not in "".join(told[3:6])
    session.keep(desk.receive(session, upload(desk, party)))
    *_, turn = desk.answer(session, session.turns[-1])  # the question is about the clip that came
    assert turn.question == "Who is there?"
    assert turn.text.startswith("Nobody")

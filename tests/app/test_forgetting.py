"""What a server holds of somebody goes with her, whoever forgets her: files, links, pictures, answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from make_app import ANA, BEN, Scenery, built, get, running, session_asking, upload
from make_people import find_traces
from pvchat_app import export
from pvchat_app.backend import Backend
from pvchat_app.chat_tab import ChatTab
from pvchat_app.enroll_tab import EnrollTab
from pvchat_app.turncard import conversation_view

from pvchat.storage import temporary


def here(backend: Backend, name: str) -> None:
    backend.forget(name)


def elsewhere(backend: Backend, name: str) -> None:
    words = [sys.executable, "-m", "pvchat", "people", "forget", name]
    subprocess.run(words, check=True, capture_output=True, timeout=120)


FORGET: dict[str, Any] = {"here": here, "another process": elsewhere}


@pytest.mark.parametrize("forget", FORGET.values(), ids=FORGET.keys())
def test_what_a_session_has_of_her_is_gone(backend: Backend, scenery: Scenery, party: Path, forget: Any) -> None:
    session = backend.sessions.of("one")
    session.enrolling = backend.receive(session, upload(backend, scenery.clip("ben", BEN)))
    backend.analyse(session.enrolling)
    ben = backend.enroll(session, "Ben")
    session.keep(backend.receive(session, upload(backend, scenery.clip("ana only", ANA))))
    list(backend.ask(session, "Is Ana there?"))
    session.keep(backend.receive(session, upload(backend, party)))
    list(backend.ask(session, "What is Ben wearing?"))
    list(backend.ask(session, "And Cem?"))
    assert {p.name for p in session.turns[1].pictures} == {"Ben"}  # nobody else was asked about
    links = [
        export.person(session, backend.engine.people, "Ben")[0],
        backend.save_conversation(session)[0],
        session.enrolling.url,
    ]
    links += [session.clips[-1].url, *(picture.url for picture in session.turns[1].pictures)]
    tokens = [link.rsplit("/", 1)[1] for link in links]
    assert all(backend.sessions.find(token) for token in tokens)
    assert [p.decision for p in session.turns[0].presences if p.name == "Ben"] == ["absent"]
    forget(backend, "Ben")
    assert [token for token in tokens if backend.sessions.find(token)] == []
    assert find_traces(temporary.root(), {"id": ben.id.encode(), "name": b"Ben", "picture": ben.thumbnail}) == []
    conversation_view(session)  # another process can't tell this one, yet the page is drawn
    backend.tidy(session)  # as every question does first
    told = conversation_view(session)
    assert "Ben" not in str(told)
    # the error about Cem names Ben, who is enrolled
    assert [turn.question for turn in session.turns] == ["Is Ana there?"]
    assert [clip.name for clip in session.clips] == ["ana only.mp4"]  # the only clip that doesn't show him
    assert session.enrolling is None
    tab = built(EnrollTab, backend, gr.BrowserState(""))
    assert tab.emptied(session)[tab.upload] is None
    assert [p.name for p in session.turns[0].presences] == ["Ana"]


def test_the_link_to_a_forgotten_person_is_answered_404(backend: Backend) -> None:
    with running(backend.engine) as (app, url):
        session = app.backend.sessions.of("one")
        link, _ = export.person(session, app.backend.engine.people, "Ana")
        assert get(url + link).status_code == 200
        elsewhere(backend, "Ana")
        assert get(url + link).status_code == 404


def test_a_person_who_was_trained_and_renamed_meanwhile_is_found(backend: Backend) -> None:
    session = backend.sessions.of("one")
    link, _ = export.person(session, backend.engine.people, "Ana")
    people = backend.engine.people
    first = people.get("Ana")
    second = people.add(first, replace=True)
    assert (second.id, second.version) == (first.id, f"{first.id}.1")
    people.rename("Ana", "Anna")
    assert people.ids() == {first.id: "Anna"}
    assert backend.sessions.find(link.rsplit("/", 1)[1])
    people.forget("Anna")
    assert backend.sessions.find(link.rsplit("/", 1)[1]) is None


@pytest.mark.parametrize("forget", FORGET.values(), ids=FORGET.keys())
def test_a_clip_that_went_with_somebody_is_missed_in_words(backend: Backend, party: Path, forget: Any) -> None:
    session = session_asking(backend, party)
    list(backend.ask(session, "Is Ana there?"))
    forget(backend, "Ana")
    tab = built(ChatTab, backend)
    told = tab.pose("Who is there?", "", "", SimpleNamespace(session_hash="one"))
    assert session.turns[-1].error.startswith("party.mp4 is deleted: it showed somebody who was forgotten.")
    assert told[tab.upload] is None
    assert "party.mp4" not in "".join(told[part] for part in (tab.player, tab.note, tab.timeline))
    session.keep(backend.receive(session, upload(backend, party)))
    *_, turn = backend.answer(session, session.turns[-1])  # the question is about the clip that came
    assert turn.question == "Who is there?"
    assert turn.text.startswith("Nobody")

"""What a correction says of itself: how many answers and clips of the page it changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from make_app import upload
from pvchat_app import correcting
from pvchat_app.backend import Backend

from pvchat.errors import UnknownPersonError


def test_a_correction_counts_the_answers_and_clips_that_it_changes(backend: Backend, party: Path) -> None:
    session, copy = backend.sessions.of("one"), party.with_name("copy.mp4")
    shutil.copy(party, copy)
    for clip in (copy, party):
        session.keep(backend.receive(session, upload(backend, clip)))
        for question in ("Is Ana there?", "What is Ana wearing?"):
            list(backend.ask(session, question))
    turn = session.turns[-1]
    again = correcting.correct(backend, session, turn, "Ana", her=False)
    assert not again.done  # the same question, anew
    assert "It changes 3 other answers and 1 other clip (copy.mp4: absent) of this page." in turn.corrected
    list(backend.answer(session, again))
    assert again.answer is not None
    assert [person.decision for person in again.answer.people] == ["absent"]
    list(backend.answer(session, correcting.undo(backend, session, turn)))
    back = session.turns[-1].answer
    assert back is not None
    assert [person.decision for person in back.people] == ["present"]


def test_who_is_forgotten_while_she_is_corrected_is_told_of(backend: Backend) -> None:
    person = backend.engine.people.get("Ana")
    backend.engine.people.forget("Ana")
    with pytest.raises(UnknownPersonError):
        correcting._decisions(backend, backend.sessions.of("one"), person)

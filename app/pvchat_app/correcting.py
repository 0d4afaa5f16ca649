"""Corrections of an answer by its reader, "that is Ana" or "that is not Ana", and undoing them.

In: a turn of a session. Out: the correction is stored with the person, a sentence under the turn says what was stored
and how many answers and clips of the session it changes, and the same question is asked again. Raises PVChatError if
the person was changed meanwhile, or nobody can be meant.
"""

from __future__ import annotations

from functools import partial

from pvchat.people.corrections import without_corrections
from pvchat.people.person import Person
from pvchat_app import person_choices
from pvchat_app.backend import Backend
from pvchat_app.conversation import SessionClip, Turn
from pvchat_app.sessions import Session
from pvchat_app.wording import counted


def correct(backend: Backend, session: Session, turn: Turn, name: str, her: bool, track: int | None = None) -> Turn:
    """Store that somebody in a turn's clip is, or isn't, a person, named as shown there; returns the repeated question.

    `track`: the number of the track that is meant, from 1; None: the one that was taken for her.
    """
    assert turn.clip is not None
    person_choices.require_same(backend.engine.people, name, turn.ids.get(name))
    person = backend.engine.people.get(name)
    before = _decisions(backend, session, person)
    kept = backend.engine.chat.correct(name, turn.clip.path, her, track=track)
    noted = f"Noted: that is {'' if her else 'not '}{name}."
    turn.corrected = noted + _effect(backend, session, turn, person, before)
    turn.undo = (person.id, tuple(kept))
    return _again(backend, session, turn)


def undo(backend: Backend, session: Session, turn: Turn) -> Turn:
    """Undo a turn's correction: its repeated question goes, and the question is asked once more."""
    who, kept = turn.undo
    person = backend.engine.people.get(who)
    backend.engine.people.revise(who, partial(without_corrections, gone=kept))
    turn.corrected, turn.undo = f"Taken back: what was said of {person.name}.", ("", ())
    with session.lock:
        session.turns = [one for one in session.turns if one.key != turn.again]
    return _again(backend, session, turn)


def _again(backend: Backend, session: Session, turn: Turn) -> Turn:
    again = backend.pose(session, turn.question)
    again.between, turn.again = turn.between, again.key
    return again


def _effect(backend: Backend, session: Session, turn: Turn, person: Person, before: dict[SessionClip, str]) -> str:
    """A sentence about what a correction changes in the session: other answers, and decisions in other clips."""
    after = _decisions(backend, session, person)
    changed = [clip for clip in after if before.get(clip, after[clip]) != after[clip]]
    about = [one for one in session.turns if any(person.name == shown.name for shown in one.evidence_people)]
    answers = sum(one is not turn and one.clip in changed for one in about)
    others = [clip for clip in changed if clip is not turn.clip]
    parts = [counted(answers, "other answer")] if answers else []
    if others:
        names = ", ".join(f"{clip.name}: {after[clip]}" for clip in others[:3])
        parts.append(f"{counted(len(others), 'other clip')} ({names})")
    return f" It changes {' and '.join(parts)} of this page." if parts else ""


def _decisions(backend: Backend, session: Session, person: Person) -> dict[SessionClip, str]:
    """The decision about a person in each analysed clip of the session; a PeopleError if she has just gone."""
    backend.engine.people.get(person.id)  # tells why she isn't among all of them
    people = backend.engine.people.all()
    row = next(i for i, one in enumerate(people) if one.id == person.id)
    seen = {clip: clip.analysis for clip in session.all_clips()}
    return {clip: backend.engine.chat.score(people, one)[row].decision for clip, one in seen.items() if one}

"""What somebody who reads an answer says of it: "that is Ana", "that is not Ana"; and takes back.

In: a `Desk`, a turn of a session. Out: the correction kept with the person, a sentence under the turn that says what
was kept and how many answers and clips of the session it changes, and the same question asked again. A PVChatError says
that somebody isn't called or enrolled as shown any more, or that nobody can be meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pvchat.people.corrections import Correction, corrections_of, without_correction
from pvchat.people.person import Person
from pvchat.people.store import PersonRef
from pvchat_app import picks
from pvchat_app.conversation import SessionClip, Turn
from pvchat_app.desk import Desk
from pvchat_app.sessions import Session
from pvchat_app.wording import many


def correct(desk: Desk, session: Session, turn: Turn, name: str, her: bool, track: int | None = None) -> Turn:
    """Keep that somebody in a turn's clip is, or isn't, a person, named as shown there; the question, posed anew.

    `track`: number of the track that is meant, from 1; None: whoever was taken for her.
    """
    assert turn.clip is not None
    picks.require_same(desk.engine.people, name, turn.ids.get(name))
    person = desk.engine.people.get(name)
    before = _decisions(desk, session, person)
    kept = desk.engine.chat.correct(name, turn.clip.path, her, track=track)
    alone = f" It holds for this clip alone, which doesn’t show what {name} is known by." if kept[0].here else ""
    noted = f"Noted: that is {'' if her else 'not '}{name}.{alone}"
    turn.corrected = noted + _effect(desk, session, turn, person, before)
    turn.undo = (person.id, tuple(kept))
    return _again(desk, session, turn)


def undo(desk: Desk, session: Session, turn: Turn) -> Turn:
    """Take back what was said of a turn, and ask its question again; the answer that came of it goes."""
    who, kept = turn.undo
    person = desk.engine.people.get(PersonRef(who))
    desk.engine.people.revise(PersonRef(who), partial(_without, corrections=kept))
    turn.corrected, turn.undo = f"Taken back: what was said of {person.name}.", ("", ())
    with session.lock:
        session.turns = [one for one in session.turns if one.key != turn.again]
    return _again(desk, session, turn)


def _again(desk: Desk, session: Session, turn: Turn) -> Turn:
    again = desk.pose(session, turn.question)
    again.between, turn.again = turn.between, again.key
    return again


def _without(person: Person, corrections: Sequence[Correction]) -> Person:
    """The person without these corrections, as far as she still has them."""
    for one in corrections:
        numbers = [number for number, other in enumerate(corrections_of(person), 1) if other == one]
        person = without_correction(person, numbers[0]) if numbers else person
    return person


def _effect(desk: Desk, session: Session, turn: Turn, person: Person, before: dict[SessionClip, str]) -> str:
    """What a correction changes in the session, as a sentence: earlier answers, and decisions in other clips."""
    after = _decisions(desk, session, person)
    changed = [clip for clip in after if before.get(clip, after[clip]) != after[clip]]
    about = [one for one in session.turns if any(person.name == shown.name for shown in one.evidence_people)]
    answers = sum(one is not turn and one.clip in changed for one in about)
    others = [clip for clip in changed if clip is not turn.clip]
    parts = [many(answers, "other answer")] if answers else []
    if others:
        names = ", ".join(f"{clip.name}: {after[clip]}" for clip in others[:3])
        parts.append(f"{many(len(others), 'other clip')} ({names})")
    return f" It changes {' and '.join(parts)} of this page." if parts else ""


def _decisions(desk: Desk, session: Session, person: Person) -> dict[SessionClip, str]:
    """Whether a person is in each clip of the session that was looked at."""
    people, now = desk.engine.people.all(), desk.engine.people.get(PersonRef(person.id)).id
    row = next(i for i, one in enumerate(people) if one.id == now)
    seen = {clip: clip.analysis for clip in session.all_clips()}
    return {clip: desk.engine.chat.score(people, one)[row].decision for clip, one in seen.items() if one}

"""Removes forgotten people from browser sessions, also if another process forgot them.

In: a session, and the ids of everyone enrolled now. Out: the session without anybody else. Files follow the rule of
`pvchat/storage/temporary.py`: the folder of a clip that shows somebody is marked with her id, and an exported person
has it in the file's name. So `pvchat people forget` in another process deletes the files too, and their links are dead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pvchat.chat.reader.words import find_mentions
from pvchat.people.store import PeopleStore, Snapshot
from pvchat.storage import temporary
from pvchat_app.conversation import SessionClip, Turn
from pvchat_app.sessions import Session


def mark_clip(session: Session, clip: SessionClip, ids: Iterable[str]) -> None:
    """Mark a clip as showing these people: it is deleted with all its files when one of them is forgotten."""
    for folder in {clip.path.parent, session.upload_of(clip).parent}:
        temporary.mark(folder, ids)


def note_people(session: Session, clip: SessionClip, turn: Turn, people: PeopleStore, before: Snapshot) -> None:
    """Note which people a turn names and its clip shows, as far as that is known by now.

    If one of them was forgotten while it was answered, turn and clip are removed at once. `before`: who was enrolled
    when the answer was begun, and may be named in it; `clip`: the clip asked about, which the turn may have lost.
    """
    visible = _speaks_of(turn, before) | _speaks_of(turn, people.snapshot())
    if turn.clip is not None:
        mark_clip(session, clip, visible)
    known = people.ids()
    if gone := visible - known.keys():  # the clip wasn't marked yet when they were forgotten
        temporary.forget(gone)
    tidy(session, known)


def _speaks_of(turn: Turn, snapshot: Snapshot) -> set[str]:
    """Note which people of a snapshot a turn names; returns the ids of those whom its clip shows."""
    ids = {person.name: person.id for person in snapshot.people}
    turn.ids |= {p.name: ids[p.name] for p in turn.presences if p.name in ids}
    visible = {p.name for p in turn.presences if p.decision != "absent"}
    words = f"{turn.question} {turn.text} {turn.error}"
    named = {mention.name for mention in find_mentions(words, snapshot.names, snapshot.aliases)}
    turn.about |= {ids[name] for name in visible | named if name in ids}
    return {ids[name] for name in visible if name in ids}


def tidy(session: Session, known: Mapping[str, str]) -> None:
    """Drop clips whose files are gone, and all of people who aren't enrolled any more (`known`: `PeopleStore.ids`)."""
    with session.lock:
        session.prune()
        session.turns = [turn for turn in session.turns if turn.about <= known.keys()]
    for turn in session.turns:
        gone = {name for name, person_id in list(turn.ids.items()) if person_id not in known}
        turn.presences = [p for p in turn.presences if p.name not in gone]
        turn.pictures = [p for p in turn.pictures if p.name not in gone and p.path.is_file()]
        if turn.answer is not None:
            for rows in (turn.answer.people, turn.answer.everyone):
                rows[:] = [p for p in rows if p.name not in gone]

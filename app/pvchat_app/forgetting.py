"""What a browser's session holds of people: noted as it comes, and gone once they are forgotten, by whichever process.

In: a session, and who is enrolled now, by id. Out: the same session without whoever isn't. Files follow the rule of
`pvchat/storage/temporary.py`: the folder of a clip that shows somebody is marked with her id, an exported person has it
in its name. So a `pvchat people forget` in another process takes the files, and the links to them lead nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pvchat.chat.reader.words import find_mentions
from pvchat.people.store import PeopleStore, Snapshot
from pvchat.storage import temporary
from pvchat_app.conversation import SessionClip, Turn
from pvchat_app.sessions import Session


def shows(session: Session, clip: SessionClip, ids: Iterable[str]) -> None:
    """Note that a clip shows these people: it goes, with all that was made of it, when one of them is forgotten."""
    for folder in {clip.path.parent, session.upload_of(clip).parent}:
        temporary.mark(folder, ids)


def note(session: Session, clip: SessionClip, turn: Turn, people: PeopleStore, before: Snapshot) -> None:
    """Note whom a turn names, and whom its clip shows as far as that is known by now.

    The turn goes at once where one of them was forgotten while it was answered, and so does the clip.

    It may speak of somebody who was enrolled when its answer was begun (`before`). `clip` is what was asked about: the
    turn has none any more once that was removed.
    """
    visible = _speaks_of(turn, before) | _speaks_of(turn, people.snapshot())
    if turn.clip is not None:
        shows(session, clip, visible)
    known = people.ids()
    if gone := visible - known.keys():  # whoever forgot them didn't find the clip marked
        temporary.forget(gone)
    tidy(session, known)


def _speaks_of(turn: Turn, snapshot: Snapshot) -> set[str]:
    """Note whom of those who are (or were) enrolled a turn names; the ids of whom its clip shows."""
    ids = {person.name: person.id for person in snapshot.people}
    turn.ids |= {p.name: ids[p.name] for p in turn.presences if p.name in ids}
    visible = {p.name for p in turn.presences if p.decision != "absent"}
    words = f"{turn.question} {turn.text} {turn.error}"
    named = {mention.name for mention in find_mentions(words, snapshot.names, snapshot.aliases)}
    turn.about |= {ids[name] for name in visible | named if name in ids}
    return {ids[name] for name in visible if name in ids}


def tidy(session: Session, known: Mapping[str, str]) -> None:
    """Drop clips whose files are gone, and whatever speaks of people who aren't enrolled any more.

    `known`: every id of everyone enrolled, see `PeopleStore.ids`.
    """
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

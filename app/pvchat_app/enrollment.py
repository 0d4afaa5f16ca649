"""Is somebody in an enrollment clip enrolled already, and is the clip a good one: told before anybody is enrolled.

In: a `Desk`, the enrollment clip, one of its people. Out: who it looks like; what would help; a clip added to her.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pvchat.errors import PeopleError, VideoReadError
from pvchat.identity.quality import notes_on
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, PersonPresence, Progress, Track
from pvchat_app import forgetting

if TYPE_CHECKING:
    from pvchat_app.desk import Desk
    from pvchat_app.sessions import Session

_SUBJECT = "the person"


def looks_like(desk: Desk, analysis: ClipAnalysis, track: Track) -> PersonPresence | None:
    """Who of those enrolled somebody in an enrollment clip is, or may be; None: nobody."""
    people = desk.engine.people.all()
    if not people:
        return None
    found = desk.engine.chat.score(people, replace(analysis, tracks=[track]))
    likest = max(found, key=lambda person: person.probability)
    return likest if likest.decision != "absent" else None


def would_help(analysis: ClipAnalysis, track: Track) -> list[str]:
    """What makes a clip a poor one to enroll one of its people from, and what would help."""
    if track.kind == "figure":
        return ["No face was found, so recognition is by appearance: a clip that shows the face would be surer."]
    return notes_on(track, analysis).sentences(_SUBJECT)


def add_clip(desk: Desk, session: Session, name: str, progress: Progress | None = None) -> Person:
    """One more clip of somebody who is enrolled: the picked subject's views join hers."""
    clip, chat = session.enrolling, desk.engine.chat
    if clip is None:
        raise VideoReadError("there is no clip yet.", hint="Upload or record one first.")
    desk.jobs.require_untrained(name)
    if chat.people.get(name).clip_key == desk.look(clip, progress).key:
        raise PeopleError("is enrolled from this very clip.", subject=name, hint="Another clip would add more.")
    with desk.engine.listening(progress):
        person = chat.enroll(clip.path, name, track=session.pick, add=True)
    forgetting.shows(session, clip, [person.id])
    return person

"""Is somebody in an enrollment clip enrolled already, and if so: one more clip of her.

In: a `Desk`, the enrollment clip, one of its people. Out: who it looks like; the person with the clip added.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pvchat.errors import PeopleError, VideoReadError
from pvchat.people.merge import merge
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, PersonPresence, Progress, Track

if TYPE_CHECKING:
    from pvchat_app.desk import Desk
    from pvchat_app.sessions import Session

_ADDED = "the clip that is added"  # name of what is merged; never stored


def looks_like(desk: Desk, analysis: ClipAnalysis, track: Track) -> PersonPresence | None:
    """Who of those enrolled somebody in a clip is, or may be; None: nobody.

    Args:
        desk: whose people.
        analysis: of the enrollment clip.
        track: of the subject.
    """
    people = desk.engine.people.all()
    if not people:
        return None
    found = desk.engine.chat.score(people, replace(analysis, tracks=[track]))
    likest = max(found, key=lambda person: person.probability)
    return likest if likest.decision != "absent" else None


def add_clip(desk: Desk, session: Session, name: str, progress: Progress | None = None) -> Person:
    """One more clip of somebody who is enrolled: the picked subject's views join hers.

    Raises:
        PVChatError: no clip, nobody in it; nobody has this name, she is trained just now, or has no face.
    """
    from pvchat.identity.enroll import enroll

    clip, chat = session.enrolling, desk.engine.chat
    if clip is None:
        raise VideoReadError("there is no clip yet.", hint="Upload or record one first.")
    if desk.jobs.for_person(name):
        raise PeopleError("is being trained.", subject=name, hint="Wait until it is done, or cancel it first.")
    desk.look(clip, progress)
    assert clip.analysis is not None
    kept = chat.people.get(name)
    if kept.clip_key == clip.analysis.key:
        raise PeopleError("is enrolled from this very clip.", subject=kept.name, hint="Another clip would add more.")
    merged = merge(kept, enroll(clip.analysis, _ADDED, session.pick, source=clip.name))
    if chat.describer is not None and merged.depth == "instant":
        merged = chat.describer.remember(merged)
    return chat.people.add(merged, replace=True)

"""The four questions that one click asks: they follow who is seen in the clip.

In: names of those who are there, and of everyone enrolled. Out: questions.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat_app.desk import Desk
from pvchat_app.sessions import Session

WHO = "Who is in this video?"


def starters(there: Sequence[str], enrolled: Sequence[str]) -> list[str]:
    """Four questions.

    Args:
        there: who is in the clip, the likeliest first.
        enrolled: everyone, the newest last.
    """
    if there:
        first, second = there[0], there[1] if len(there) > 1 else there[0]
        return [WHO, f"What is {first} wearing?", f"What is {second} doing?", f"Where is {first}?"]
    if enrolled:
        return [WHO, f"Is {enrolled[-1]} in this video?", "How many people?", "What is happening?"]
    return [WHO, "How many people?", "What is happening?", "Where is this?"]


def starters_of(desk: Desk, session: Session) -> list[str]:
    """The questions for a session's clip."""
    enrolled = desk.engine.people.names()
    clip = session.clip
    analysis = clip.analysis if clip is not None else None
    if analysis is None or not enrolled:
        return starters([], enrolled)
    found = sorted(desk.engine.chat.presence(analysis), key=lambda person: -person.probability)
    return starters([person.name for person in found if person.decision == "present"], enrolled)

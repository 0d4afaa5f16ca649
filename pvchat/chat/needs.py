"""What a question needs to be known of a clip: who is there, or also what they do and wear.

In: questions as they were read, and who is there. Out: the people of whom it must be measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.questions import Question
from pvchat.schemas import PersonPresence

_PRESENCE = ("usual", "missing", "absent", "count", "times")  # aspects that presence alone answers


def needs_measures(question: Question) -> bool:
    """Whether an answer may say more than who is there, where, and when."""
    if question.reply:
        return False
    if question.type == "existence":
        return question.aspect.name not in _PRESENCE
    return question.aspect.name in ("usual", "whether")


def measured_of(question: Question, presences: Sequence[PersonPresence]) -> list[PersonPresence]:
    """The people whose facts the answer tells: those asked about who are there. Nobody else is described."""
    if not needs_measures(question):
        return []
    return [person for person in question.about(presences) if person.decision == "present"]

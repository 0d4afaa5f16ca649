"""What a question needs to be known of a clip: who is there, or also what they do and wear.

In: questions as they were read, and who is there. Out: the tracks of the people of whom it must be measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.question import Question
from pvchat.schemas import ClipAnalysis, PersonPresence, Track

# Aspects that presence alone answers.
_PRESENCE = ("usual", "missing", "absent", "count", "times", "order", "long", "meeting", "gone", "shots")


def needs_measures(question: Question) -> bool:
    """Whether an answer may say more than who is there, where, and when."""
    if question.reply:
        return False
    if question.things is not None:
        return True
    if question.type == "existence":
        return question.aspect.name not in _PRESENCE
    if question.aspect.lineup is not None:
        return question.aspect.lineup.told
    return question.aspect.name in ("usual", "whether", "such") or question.aspect.headcount is not None


def described(
    questions: Sequence[Question], presences: Sequence[PersonPresence], analysis: ClipAnalysis
) -> list[Track]:
    """The tracks of those whose facts the answers tell: asked about, and there. Nobody else is described."""
    asked = [p for q in questions if needs_measures(q) for p in q.about(presences) if p.decision == "present"]
    return [analysis.tracks[i] for i in dict.fromkeys(p.track for p in asked) if i is not None]

"""What a question needs to be known of a clip: who is there, or also what they do and wear.

In: questions as they were read, and who is there. Out: the tracks of the people of whom it must be measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.question import Question, measured_in
from pvchat.schemas import ClipAnalysis, PersonPresence, Track


def described(
    questions: Sequence[Question], presences: Sequence[PersonPresence], analysis: ClipAnalysis
) -> list[Track]:
    """The tracks of those whose facts the answers need: of whom is asked, and who are there; where a question means
    somebody by the looks ("the man with glasses"), of everybody who is seen.
    """
    measuring = [question for question in questions if measured_in(question.query)]
    if any(question.means_by_looks for question in measuring):
        return list(analysis.tracks)
    asked = [p for question in measuring for p in question.about(presences) if p.decision == "present"]
    return [analysis.tracks[i] for i in dict.fromkeys(p.track for p in asked) if i is not None]

"""Those who were asked about and aren't found present get a reason, before the answer is written.

In: questions, people, presences and the analysis that they are of. Out: the same presences, with `why`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.question import Question
from pvchat.chat.say.presence import because
from pvchat.identity.evidence import STILL_S
from pvchat.identity.reasons import why_not
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, PersonPresence


def explain(
    questions: Sequence[Question],
    people: Sequence[Person],
    presences: list[PersonPresence],
    analysis: ClipAnalysis,
) -> None:
    """Fill in `why` of everyone whom a question is about and who isn't found present.

    Args:
        questions: n of them.
        people: everyone enrolled.
        presences: theirs, in the same order.
        analysis: what they are of.
    """
    asked = {id(one) for question in questions for one in question.about(presences)}
    still = analysis.duration_s - float(analysis.shots[0, 0]) <= STILL_S
    for person, presence in zip(people, presences, strict=True):
        if id(presence) in asked and presence.decision != "present":
            why = why_not(person, presence, presences, analysis)
            presence.why = replace(why, text=because(presence.name, presence.decision, why, still))

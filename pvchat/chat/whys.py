"""What an answer rests on, in words: "Why do you say so?" after a question is answered by what was seen, and when.

In: the question before, who was asked about, the evidence. Out: sentences; for somebody who isn't found, why not.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import clock, join
from pvchat.chat.evidence import Evidence, is_still
from pvchat.chat.existence import when
from pvchat.chat.grounds import grounds_of, spoken_of
from pvchat.chat.question import Question
from pvchat.schemas import PersonPresence

_MOST = 5  # people who are told of one by one


def told_why(question: Question, people: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The sentences.

    Args:
        question: the one that was answered.
        people: those it asked about; of those who aren't there only the named are told of.
        evidence: what was measured.
    """
    people, _ = spoken_of(question, people, evidence)
    meant = [p for p in people if p.decision != "absent" or p.name in question.people]
    told = [_recognised(p, evidence) for p in sorted(meant, key=lambda p: -p.probability)[:_MOST]]
    rows = grounds_of(question, people, evidence)
    seen = [row.fact if is_still(evidence) else f"{row.fact} at {clock(row.ground.time_s)}" for row in rows]
    if seen:
        told.append(f"Seen best: {join(seen)}.")
    return " ".join(told) or "I recognise nobody here; what else I tell is what the whole picture looks like."


def _recognised(person: PersonPresence, evidence: Evidence) -> str:
    """How sure it is that somebody is there, and when she is seen, or why she isn't recognised."""
    sure = f"probability {_never_certain(person.probability)}"
    if person.decision == "present":
        during = when(person, evidence)
        return f"{person.name} is recognised by what was enrolled ({sure}){', ' + during if during else ''}."
    doubt = "not recognised for sure" if person.decision == "unsure" else "not recognised"
    reason = person.why.text if person.why is not None else ""
    return " ".join(filter(None, [f"{person.name} is {doubt} ({sure}).", reason]))


def _never_certain(probability: float) -> str:
    return "above 0.99" if probability > 0.99 else "below 0.01" if probability < 0.01 else f"{probability:.2f}"

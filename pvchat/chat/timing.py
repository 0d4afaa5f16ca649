"""What is asked of people's time in a clip, answered from their spans: in which order, how long, together or alone."""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.absences import told_absence, told_emptiness
from pvchat.chat.evidence import Evidence
from pvchat.chat.existence import existence, nobody, untold, who_is_there
from pvchat.chat.inshots import told_in_shots
from pvchat.chat.meetings import told_meeting
from pvchat.chat.order import in_order
from pvchat.chat.question import Question
from pvchat.chat.screentime import how_long
from pvchat.schemas import PersonPresence


def in_time(question: Question, everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The answer to a question of an order, a screen time, a meeting, an absence or of shots; empty for others.

    Args:
        question: as it was read.
        everyone: the presence of everyone who counts.
        evidence: what was measured.
    """
    aspect = question.aspect
    named = [p for name in question.people for p in everyone if p.name == name]
    if aspect.order is not None:
        told = in_order(aspect.order, question.people, everyone, evidence.strangers)
        return told or " ".join(untold(named)) or who_is_there(question, everyone, evidence)
    if aspect.screen_time is not None:
        told = how_long(aspect.screen_time, question.people, everyone, evidence)
        return told or " ".join(untold(named) or nobody(question, everyone))
    if aspect.meeting is not None:
        told = told_meeting(aspect.meeting, question.people, everyone, evidence)
        missed = " ".join(untold(named)) if aspect.meeting.timed or aspect.meeting.how == "whole" else ""
        return told or missed or existence(named, evidence)
    if aspect.absence is not None and aspect.absence.of_nobody:
        return told_emptiness(aspect.absence, everyone, evidence) or who_is_there(question, everyone, evidence)
    if aspect.absence is not None:
        told = told_absence(aspect.absence, named, evidence)
        return " ".join(filter(None, (told, *untold(named)))) or existence(named, evidence)
    if aspect.in_shots is not None:
        return (
            told_in_shots(aspect.in_shots, named, evidence.shots)
            or " ".join(untold(named))
            or existence(named, evidence)
        )
    return ""

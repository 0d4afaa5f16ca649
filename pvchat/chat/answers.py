"""The plain answer to a question about made or measured evidence: what training, evaluation and tests call.

`writer.py` does the same for `ask`, with the trained model's help.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.evidence import Evidence
from pvchat.chat.found import Known
from pvchat.chat.question import Question
from pvchat.chat.run import run
from pvchat.chat.window import without_numbers
from pvchat.schemas import ClipAnalysis, PersonPresence


def known_of(
    question: Question, everyone: Sequence[PersonPresence], evidence: Evidence, analysis: ClipAnalysis | None = None
) -> Known:
    """What a question is answered from.

    Args:
        question: as it was read.
        everyone: presence of everyone enrolled.
        evidence: what was measured.
        analysis: of the clip, where there is one: what changes over a long video.
    """
    finding = run(without_numbers(question.query), timeline_of(evidence, everyone, analysis))
    return Known(question, question.about(everyone), evidence, finding)


def plain_answer(question: Question, everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """What was found, in plain sentences; arguments as for `known_of`."""
    return known_of(question, everyone, evidence).plain

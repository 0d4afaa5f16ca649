"""What one question is answered from, whoever puts it into words.

In: a question, everyone's presence, the evidence. Out: what is known, and its plain sentences. Evaluation and the
recipes call this; `writer.py` does the same for `ask`, with the trained model's help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding
from pvchat.chat.question import Question
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.window import without_numbers
from pvchat.schemas import ClipAnalysis, PersonPresence


@dataclass(frozen=True)
class Known:
    """What one question is answered from.

    Attributes:
        question: as it was read.
        people: the presence of those it is about.
        evidence: what was measured, gaps filled by the trained model where it may.
        finding: what was found in it.
    """

    question: Question
    people: list[PersonPresence]
    evidence: Evidence
    finding: Finding

    @cached_property
    def plain(self) -> str:
        """What was found, in plain sentences."""
        return say(self.finding, self.evidence)

    @property
    def present(self) -> list[PersonPresence]:
        """Those it is about who are there."""
        return [p for p in self.people if p.decision == "present"]


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

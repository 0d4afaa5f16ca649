"""What one question is answered from, whoever puts it into words: plain sentences, the trained model, or a base."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding
from pvchat.chat.question import Question
from pvchat.chat.say.voice import say
from pvchat.schemas import PersonPresence


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

"""What one question is answered from, and what is known of the clip that is asked about.

Evaluation and the recipes call `known_of`; `writer.py` does the same for `ask`, with the trained model's help.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.chat.finding import Finding
from pvchat.chat.query import without_numbers
from pvchat.chat.question import Conversation, Question
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Timeline
from pvchat.schemas import ClipAnalysis, PersonPresence

if TYPE_CHECKING:
    from pvchat.people.person import Person

Stream = Callable[[str], None]  # a piece of the text


@dataclass(frozen=True)
class Basis:
    """What one question is answered from.

    Attributes:
        question: as it was read.
        people: the presence of those it is about.
        timeline: of the clip, gaps filled by the trained model where it may.
        finding: what was found in it.
    """

    question: Question
    people: list[PersonPresence]
    timeline: Timeline
    finding: Finding

    @cached_property
    def plain(self) -> str:
        """What was found, in plain sentences."""
        return say(self.finding, self.timeline)

    @property
    def present(self) -> list[PersonPresence]:
        """Those it is about who are there."""
        return [p for p in self.people if p.decision == "present"]


@dataclass(frozen=True)
class Viewed:
    """What is known about the clip that is asked about.

    Attributes:
        analysis: what the experts said.
        presences: of everyone enrolled.
        names: everyone's.
        part: only a part of the clip was asked about, and the answers say so.
        conversation: who is known by name, and what was asked before.
        clip: its file; people: everyone enrolled. For a base, which looks itself.
    """

    analysis: ClipAnalysis
    presences: Sequence[PersonPresence]
    names: Sequence[str]
    part: bool = False
    conversation: Conversation = field(default_factory=lambda: Conversation(()))
    clip: Path | None = None
    people: Sequence[Person] = ()

    def whole(self, text: str) -> str:
        """A text about the video, as it is said of what was asked about."""
        return text.replace("this video", "this part of the video") if self.part else text


def known_of(
    question: Question, everyone: Sequence[PersonPresence], timeline: Timeline, before: Sequence[Finding] = ()
) -> Basis:
    """What a question is answered from.

    Args:
        question: as it was read.
        everyone: presence of everyone enrolled.
        timeline: of the clip, or of the part that is asked about.
        before: what was found for earlier questions.
    """
    finding = run(without_numbers(question.query), timeline, before)
    return Basis(question, question.about(everyone), timeline, finding)


def words_of(text: str) -> list[str]:
    """The pieces in which a text is streamed: its words, each with the space before it."""
    return re.findall(r"\s*\S+", text)

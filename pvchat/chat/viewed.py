"""What is known about the clip that is asked about, and where an answer's words go as they come."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.chat.question import Conversation
from pvchat.schemas import ClipAnalysis, PersonPresence

if TYPE_CHECKING:
    from pvchat.people.person import Person

Stream = Callable[[str], None]  # a piece of the text


def words_of(text: str) -> list[str]:
    """The pieces in which a text is streamed: its words, each with the space before it."""
    return re.findall(r"\s*\S+", text)


@dataclass(frozen=True)
class Viewed:
    """What is known about the clip that is asked about.

    Attributes:
        analysis: what the experts said.
        presences: of everyone enrolled.
        names: everyone's; a claim of the model may name none of them but the one it is about.
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

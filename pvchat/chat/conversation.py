"""Questions about one clip in their order: texts in, `Question`s out, each read with what was found for those before.

Before anything of a clip is known they are read by their words alone, which tells which part of it must be looked
through; then again with a `Timeline`, which tells whom "she" and "the other one" mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pvchat.chat.finding import Finding
from pvchat.chat.query import Query
from pvchat.chat.question import Question, require_short
from pvchat.chat.reader.history import Turn
from pvchat.chat.reader.read import Known, read
from pvchat.chat.run import run
from pvchat.chat.timeline import Timeline
from pvchat.errors import SettingsError
from pvchat.schemas import QuestionType

_NO_LIST, _BRACKETS = "questions come as a list.", "Put a single one in brackets."
Asked = str | tuple[str, str]  # an earlier question, or one with its answer


@dataclass(frozen=True)
class Conversation:
    """What was asked before, and who is known.

    Attributes:
        names: of everyone enrolled.
        aliases: other names of theirs -> the enrolled name.
        before: earlier questions, oldest first.
    """

    names: Sequence[str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[Asked] = ()

    def __post_init__(self) -> None:
        if isinstance(self.before, str):
            raise SettingsError(_NO_LIST, hint=_BRACKETS)

    def read(self, texts: Sequence[str], timeline: Timeline | None = None) -> list[Question]:
        """Read questions that follow one and the same conversation, each for itself.

        Args:
            texts: as typed.
            timeline: of the clip, where it is known.

        Raises:
            SettingsError: one is no text, or is too long.
        """
        return self.read_after(self.turns(timeline), texts, timeline)

    def read_after(self, turns: Sequence[Turn], texts: Sequence[str], timeline: Timeline | None) -> list[Question]:
        """`read`, where the turns before are known already."""
        if isinstance(texts, str):
            raise SettingsError(_NO_LIST, hint=_BRACKETS)
        return [Question(text, self._read(text, turns, timeline)) for text in texts]

    def turns(self, timeline: Timeline | None) -> list[Turn]:
        """The earlier questions, with what was found for each."""
        turns: list[Turn] = []
        for one in self.before:
            query = self._read(one if isinstance(one, str) else one[0], turns, timeline)
            findings = [finding for _, finding in turns]
            turns.append((query, Finding(query) if timeline is None else run(query, timeline, findings)))
        return turns

    def _read(self, text: str, turns: Sequence[Turn], timeline: Timeline | None) -> Query:
        require_short(text)
        return read(text, Known(self.names, self.aliases, tuple(turns), timeline))


def type_of(text: str) -> QuestionType:
    """What kind of answer a question wants, in the five kinds of the paper."""
    return Conversation(()).read([text])[0].type

"""The answers' texts: questions, who is there and what was seen in; sentences out, streamed when they are final.

Words come from one of four sources: "facts" are measured ones in plain sentences, "told" the same rephrased by a
language model, "model" lets the trained model fill what wasn't measured, or a pretrained base answer (`narrator.py`),
"spoken" lets the trained model say all of it, each sentence held against the evidence (`answerer.py`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pvchat.chat.answers import write_answer
from pvchat.chat.claims import fill_gaps
from pvchat.chat.evidence import Evidence, gather
from pvchat.chat.grounds import grounds_of
from pvchat.chat.question import Question
from pvchat.chat.traits import without_traits
from pvchat.chat.viewed import Stream, Viewed
from pvchat.schemas import AnswerGround, PersonPresence

if TYPE_CHECKING:
    from pvchat.chat.answerer import Answerer
    from pvchat.chat.describe import Describer
    from pvchat.chat.language import LanguageModel
    from pvchat.chat.narrator import Narrator


@dataclass(frozen=True)
class WrittenAnswer:
    """One answer.

    Attributes:
        text: of it.
        people: the presence of those asked about.
        first_at: when (`time.perf_counter`) its first piece was there; nothing of it is shown before it is final.
        grounds: what the measured facts in it rest on.
    """

    text: str
    people: list[PersonPresence]
    first_at: float
    grounds: list[AnswerGround] = field(default_factory=list)


@dataclass(frozen=True)
class Writer:
    """Writes answers from one source.

    Attributes:
        source: one of `config.ANSWERS`.
        describer: the trained model; needed by the sources "model" and "spoken".
        language: gives the language model; called by the source "told", when there is something to word.
        narrator: a pretrained base, which answers for the source "model" where there is one.
        answerer: the trained model as it answers itself; there for the source "spoken".
    """

    source: str
    describer: Describer | None
    language: Callable[[], LanguageModel]
    narrator: Narrator | None = None
    answerer: Answerer | None = None
    traits: bool = True

    def write(self, questions: Sequence[Question], viewed: Viewed, stream: Stream | None = None) -> list[WrittenAnswer]:
        """The answers, in order.

        Args:
            questions: about one clip.
            viewed: what is known about it.
            stream: called with pieces of the texts.
        """
        if self.narrator is not None:
            viewed = self.narrator.judged(questions, viewed)
        people = [question.about(viewed.presences) for question in questions]
        evidence = self._evidence(questions, people, viewed)
        worded = self.source == "told" and any(p.decision == "present" for asked in people for p in asked)
        language = self.language() if worded else None  # a refusal needs no wording, and so no model in memory
        written = []
        for question, asked, seen in zip(questions, people, evidence, strict=True):
            told = self.narrator.answer(question, asked, seen, viewed, stream) if self.narrator is not None else None
            if told is not None:
                written.append(WrittenAnswer(told.text, asked, told.first_at))
                continue
            if self.answerer is not None:
                spoken = self.answerer.answer(question, asked, seen, viewed, stream)
                text, grounds = viewed.whole(spoken.text), grounds_of(question, asked, seen)
                written.append(WrittenAnswer(text, asked, spoken.first_at, grounds))
                continue
            text = viewed.whole(write_answer(question, asked, seen, language))
            written.append(WrittenAnswer(text, asked, time.perf_counter(), grounds_of(question, asked, seen)))
            if stream is not None:
                for piece in re.findall(r"\S+\s*", text):
                    stream(piece)
        return written

    def _evidence(
        self, questions: Sequence[Question], people: Sequence[Sequence[PersonPresence]], viewed: Viewed
    ) -> list[Evidence]:
        """What is known for each question: what was measured, and from the trained model what wasn't."""
        measured = gather(viewed.presences, viewed.analysis)
        measured = measured if self.traits else without_traits(measured)
        if self.source not in ("model", "spoken") or self.describer is None:
            return [measured] * len(questions)
        return fill_gaps(questions, people, measured, viewed.names, self.describer.speaker(viewed.analysis))

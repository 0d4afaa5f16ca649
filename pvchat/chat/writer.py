"""The answers' texts: questions, who is there and what was seen in; sentences out, streamed when they are final.

Each question is run over the clip's timeline (`run.py`); what was found is said in plain sentences (`say/`). With the
source "facts" only what was measured counts; "reworded" has them rephrased by a language model, "model" lets the
trained model fill what wasn't measured, or a pretrained base answer (`speakers/narrator.py`), "spoken" lets the
trained model say all of it, each sentence held against the finding (`speakers/answerer.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.question import Basis, Question, Stream, Viewed, asks_of_sound, known_of, words_of
from pvchat.chat.say.voice import grounds_of
from pvchat.chat.speakers.checking import rephrase
from pvchat.chat.speakers.claims import fill_gaps
from pvchat.chat.timeline import Finding, Timeline, without_traits
from pvchat.schemas import AnswerGround, PersonPresence

if TYPE_CHECKING:
    from pvchat.bases.zeroshot import ZeroShot
    from pvchat.chat.speakers.answerer import Answerer
    from pvchat.chat.speakers.narrator import Narrator
    from pvchat.model.describer import Describer
    from pvchat.model.llm import LanguageModel


@dataclass(frozen=True)
class WrittenAnswer:
    """One answer.

    Attributes:
        text: of it.
        question: that it answers, as it was read.
        people: the presence of those asked about.
        finding: what was found.
        first_at: when (`time.perf_counter`) its first piece was there; nothing of it is shown before it is final.
        grounds: what the measured facts in it rest on.
    """

    text: str
    question: Question
    people: list[PersonPresence]
    finding: Finding
    first_at: float
    grounds: list[AnswerGround] = field(default_factory=list)


@dataclass(frozen=True)
class Writer:
    """Writes answers from one source.

    Attributes:
        source: one of `config.ANSWERS`.
        describer: the trained model; needed by the sources "model" and "spoken".
        language: gives the language model; called by the source "reworded", when there is something to word.
        narrator: a pretrained base, which answers for the source "model" where there is one.
        answerer: the trained model as it answers itself; there for the source "spoken".
        eyes: an encoder that fills gaps in the trained model's place, whatever the source.
        traits: men are told from women, and smiles are told (`timeline.without_traits`).
    """

    source: str
    describer: Describer | None
    language: Callable[[], LanguageModel | None]
    narrator: Narrator | None = None
    answerer: Answerer | None = None
    traits: bool = True
    eyes: ZeroShot | None = None

    def write(self, texts: Sequence[str], viewed: Viewed, stream: Stream | None = None) -> list[WrittenAnswer]:
        """The answers, in order.

        Args:
            texts: questions about one clip, as typed.
            viewed: what is known about it, and what was asked before.
            stream: called with pieces of the texts.
        """
        return [self._written(one, viewed, stream) for one in self._known(texts, viewed)]

    def _known(self, texts: Sequence[str], viewed: Viewed) -> list[Basis]:
        """What each question is answered from."""
        timeline = timeline_of(viewed.presences, viewed.analysis)
        timeline = timeline if self.traits else without_traits(timeline)
        turns = viewed.conversation.turns(timeline)
        questions = viewed.conversation.read_after(turns, texts, timeline)
        before = [finding for _, finding in turns]
        filled = self._filled(questions, timeline, viewed)
        return [known_of(q, viewed.presences, seen, before) for q, seen in zip(questions, filled, strict=True)]

    def _written(self, known: Basis, viewed: Viewed, stream: Stream | None) -> WrittenAnswer:
        """One answer: of a base or the trained model where they speak, else what was found, in plain sentences."""
        speaker = None if asks_of_sound(known.question.query) else self.narrator or self.answerer  # neither hears
        spoken = None if speaker is None else speaker.answer(known, viewed, stream)
        if spoken is not None:
            text, first_at = viewed.whole(spoken.text), spoken.first_at
        else:
            text, first_at = viewed.whole(self._worded(known)), time.perf_counter()
            if stream is not None:
                for word in words_of(text):
                    stream(word)
        grounds = grounds_of(known.finding)
        return WrittenAnswer(text, known.question, known.people, known.finding, first_at, grounds)

    def _worded(self, known: Basis) -> str:
        """The plain answer, rephrased where a language model does that and the guard lets it pass.

        Refusals, unsure answers and yes or no are never rephrased: there is nothing in them to phrase better.
        """
        present = bool(known.people) and all(p.decision == "present" for p in known.people)
        wordable = known.question.query.select in ("attribute", "describe") and present and known.question.is_usual
        if self.source != "reworded" or not wordable:
            return known.plain
        language = self.language()
        return known.plain if language is None else rephrase(known.plain, [p.name for p in known.people], language)

    def _filled(self, questions: Sequence[Question], timeline: Timeline, viewed: Viewed) -> list[Timeline]:
        """What is known for each question: what was measured, and from an encoder or the trained model what wasn't."""
        if self.eyes is not None and viewed.clip is not None:
            chooser = self.eyes.chooser(viewed.analysis, viewed.clip)
        elif self.source in ("model", "spoken") and self.describer is not None:
            chooser = self.describer.chooser(viewed.analysis)
        else:
            return [timeline] * len(questions)
        people = [question.about(viewed.presences) for question in questions]
        return fill_gaps(questions, people, timeline, viewed.analysis, chooser)

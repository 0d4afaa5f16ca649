"""A language model's answer as it comes: sentences that pass are handed on word by word, one that doesn't ends it.

In: the text so far, again and again. Out: checked sentences. `Spoken` hears the trained model, which says what was
found (`checking.Checker`); `Retold` a pretrained base, which describes: it may not name somebody else, contradict what
was measured, speak of the outlines that it was shown, or go round in circles.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pvchat.chat.question import Question, Stream, words_of
from pvchat.chat.reader.tokens import named_for, sentences, speaks_of_marks, told_words
from pvchat.chat.speakers.checking import Checker, contradictions
from pvchat.chat.timeline import Timeline
from pvchat.schemas import PersonPresence

MOST = 4  # sentences of a base's answer
_WORDS = 45  # of a sentence


@dataclass(kw_only=True)
class Hearing:
    """An answer as it is heard and handed on, sentence by sentence.

    Attributes:
        stream: called with words, each after its sentence passed; None for nobody.
        said: sentences so far.
        first_at: when the first word was handed on (`time.perf_counter`).
        stopped: sentences that were refused, and why.
    """

    stream: Stream | None = None
    said: list[str] = field(default_factory=list)
    first_at: float = 0.0
    stopped: list[tuple[str, str]] = field(default_factory=list)
    _heard: int = 0  # sentences of this reply

    @property
    def text(self) -> str:
        """Everything said."""
        return " ".join(self.said)

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether no more need be heard."""

    @abstractmethod
    def take(self, sentence: str) -> bool:
        """Say a sentence if it passes; whether to go on hearing."""

    def hear(self, text: str) -> bool:
        """Hear the text so far; True when it is enough."""
        for sentence in sentences(text)[self._heard :]:
            self._heard += 1
            if not self.take(sentence):
                return True
        return self.done

    def say(self, sentence: str) -> None:
        """Hand a sentence on, word by word."""
        lead = " " if self.said else ""
        self.said.append(sentence)
        self.first_at = self.first_at or time.perf_counter()
        if self.stream is not None:
            for piece in words_of(lead + sentence):
                self.stream(piece)


@dataclass
class Spoken(Hearing):
    """What the trained model says.

    Attributes:
        checker: what its sentences are held against.
        own: how many of them are the model's.
        tries: how often it began to write.
        left: places of the finding's sentences that nothing said so far stands for.
    """

    checker: Checker
    own: int = 0
    tries: int = 0

    def __post_init__(self) -> None:
        self.left = list(range(len(self.checker.plain)))

    @property
    def done(self) -> bool:
        """Whether nothing that was found is left to say."""
        return not self.left

    def begin(self) -> None:
        """Hear another try from its beginning."""
        self.tries, self._heard = self.tries + 1, 0

    def take(self, sentence: str) -> bool:
        """Say a sentence if it passes; what the first try said is no news in the second one."""
        checked = self.checker.check(sentence, self.left)
        gone = [place for place in range(len(self.checker.plain)) if place not in self.left]
        again = not checked.answers and bool(self.checker.check(sentence, gone).answers) or sentence in self.said
        if again and self.tries > 1:
            return True
        if again or checked.problems:
            self.stopped.append((sentence, "; ".join(checked.problems) or "said before"))
            return False
        self.left = [place for place in self.left if place not in checked.answers]
        self.say(sentence)
        self.own += 1
        return True


@dataclass
class Retold(Hearing):
    """What a base says.

    Attributes:
        question: that is answered: where it asks whether something holds, a "no" is no denial of the person.
        present: those asked about who are there.
        timeline: what was measured.
        others: names that may not be said.
        before: said first, once a sentence passed.
    """

    question: Question
    present: Sequence[PersonPresence]
    timeline: Timeline
    others: Sequence[str]
    before: str = ""

    @property
    def done(self) -> bool:
        """Whether it said enough, or something wrong."""
        return bool(self.stopped) or len(self.said) >= MOST

    def more(self, text: str) -> bool:
        """Hear a text that may go on: "3." may become "3.5", so its last full stop doesn't count yet."""
        return self.hear(text[:-1])

    def take(self, sentence: str) -> bool:
        """Say a sentence with the person's name in the place of what points at her, if it passes."""
        text = named_for(sentence, self.present[0].name, not self.said) if len(self.present) == 1 else sentence
        found = self._problems(text)
        if found:
            self.stopped.append((text, "; ".join(found)))
            return False
        if self.before and not self.said:
            self.say(self.before)
        self.say(text)
        return not self.done

    def _problems(self, sentence: str) -> list[str]:
        """Why a sentence may not be shown; empty if it may."""
        names = [p.name for p in self.present]
        said = told_words(sentence, names)
        about = [name for name in names if f"@{name}" in said] or names
        found = contradictions(sentence, about[0] if len(about) == 1 else "", self.timeline, self.others)
        if self.question.query.where is not None or self.question.query.select == "refuse":
            found = [problem for problem in found if problem != "denies"]
        others = (
            ("speaks of the marks", speaks_of_marks(sentence)),
            ("rambles", len(sentence.split()) > _WORDS or repeats(sentence)),
            ("no words", not any(a.isalpha() and b.isalpha() for a, b in pairwise(sentence)) or "\ufffd" in sentence),
            ("says it twice", sentence in self.said),
        )
        return [*found, *(problem for problem, there in others if there)]


def repeats(phrase: str) -> bool:
    """Whether three words come twice: a small model in a loop."""
    words = phrase.lower().split()
    threes = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return len(set(threes)) < len(threes)

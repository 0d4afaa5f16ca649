"""Decides whether a sentence of a language model may be shown, by comparing it with what was found and measured.

In: sentences as they come (`Hearing`). Out: those that pass, handed on word by word; why others may not be said. Two
models, two measures:

- the trained one is small and embroiders (`Backed`): the words of a sentence that say something
  (`reader/statements.py`) must be those of the next plain sentence, in the same order;
- a pretrained base sees more than was measured (`Uncontradicted`): it is refused where it denies, names somebody else,
  says another value than the measured one, speaks of the outlines that it was shown, or goes round in circles.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pvchat.chat.english import table, word_set
from pvchat.chat.query import Has
from pvchat.chat.question import Basis, Stream, words_of
from pvchat.chat.reader.statements import NEGATIONS, meaning, mentioned, sentences, with_name, words_in
from pvchat.chat.timeline import Timeline, says

_MARKS = word_set("outline outlined rectangle bounding highlighted marked")
_MOST_WORDS = 45  # of a base's sentence


@dataclass
class Hearing:
    """An answer as it is heard and handed on, sentence by sentence."""

    check: Callable[[str], tuple[str, str]]  # gives a sentence as it is shown next, and why it may not be ("": it may)
    stream: Stream | None = None  # called with words, each after its sentence passed; None for nobody
    said: list[str] = field(default_factory=list)  # sentences so far
    own: int = 0  # how many of them were heard
    first_at: float = 0.0  # when the first word was handed on (`time.perf_counter`)
    refused: tuple[str, str] | None = None  # the sentence that ended it, and why

    @property
    def text(self) -> str:
        """Everything said."""
        return " ".join(self.said)

    def hear(self, text: str) -> bool:
        """Hear the text so far, and say each new sentence that passes; True when one didn't."""
        for sentence in sentences(text)[self.own :]:
            shown, problem = self.check(sentence) if self.refused is None else self.refused
            if problem:
                self.refused = shown, problem
                return True
            self.say(shown)
            self.own += 1
        return False

    def say(self, sentence: str) -> None:
        """Hand a sentence on, word by word."""
        lead = " " if self.said else ""
        self.said.append(sentence)
        self.first_at = self.first_at or time.perf_counter()
        if self.stream is not None:
            for piece in words_of(lead + sentence):
                self.stream(piece)


class Backed:
    """What the trained model may say beside a plain answer, of which the sentences in `left` aren't said yet."""

    def __init__(self, plain: str, names: Sequence[str]) -> None:
        self.left, self.names = sentences(plain), names

    def __call__(self, sentence: str) -> tuple[str, str]:
        """A sentence, and why it may not be shown: it says what isn't known, or not all that is to be said next."""
        if not sentences(sentence):
            return sentence, "no sentence"
        said, wanted = (meaning(text, self.names) for text in (sentence, " ".join(self.left[:1])))
        if odd := sorted({*said} - {*wanted}):
            return sentence, f"says {', '.join(odd)}"
        if said != wanted:
            return sentence, "doesn't answer"
        self.left = self.left[1:]
        return sentence, ""


class Uncontradicted:
    """What a pretrained base may say: no names of others; `before` is said before its first sentence."""

    def __init__(self, known: Basis, others: Sequence[str], before: str = "") -> None:
        self.known, self.others, self.before = known, others, before
        self._said: list[str] = []

    def __call__(self, sentence: str) -> tuple[str, str]:
        """A sentence, the first one with the name for "she" or "the woman", and why it may not be shown."""
        names, query = [p.name for p in self.known.present], self.known.question.query
        if len(names) == 1 and not self._said:
            sentence = with_name(sentence, names[0])
        about = [name for name in names if mentioned(sentence, name)] or names
        found = contradictions(sentence, about[0] if len(about) == 1 else "", self.known.timeline, self.others)
        if query.where is not None or query.select == "refuse":  # a "no" is no denial of the person
            found = [problem for problem in found if problem != "denies"]
        words, said = sentence.lower().split(), words_in(sentence)
        threes = [*zip(words, words[1:], words[2:], strict=False)]
        others = (
            ("speaks of the marks", not _MARKS.isdisjoint(said)),
            ("rambles", len(words) > _MOST_WORDS or len({*threes}) < len(threes) or sentence in self._said),
            ("no words", not any(len(word) > 1 and word[:2].isalpha() for word in said) or "\ufffd" in sentence),
        )
        found += [problem for problem, there in others if there]
        lead = f"{self.before} " if self.before and not self._said else ""
        self._said.append(sentence)
        return lead + sentence, "; ".join(found)


def contradictions(text: str, about: str, timeline: Timeline, names: Iterable[str] = ()) -> list[str]:
    """How words about one person who is there ("": perhaps of several) contradict what was measured, or name others."""
    said = set(words_in(text))
    found = ["denies"] if said & NEGATIONS else []
    found += [f"names {name}" for name in names if mentioned(text, name)]
    verdicts: dict[str, set[str]] = {}
    for attribute, values in table()["vocabulary"]["values"].items():
        rows = timeline.of("" if attribute == "setting" else about, attribute)
        for has in (Has(attribute, value) for value, words in values.items() if not said.isdisjoint(words_in(words))):
            verdicts.setdefault(attribute, set()).update(says(has, row, True) for row in rows)
    return found + [f"another {one}" for one, told in verdicts.items() if "no" in told and "yes" not in told]

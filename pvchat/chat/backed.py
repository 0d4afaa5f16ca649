"""Whether a sentence of the model is backed: it says what the rules' answer says, or what the brief says of the person.

In: a sentence, the rules' sentence in its place, the brief. Out: why it may not be shown; nothing where it may. What is
asked of presence, counts, times, yes and no must agree with the rules word for word in content. To an open question the
rules may have misread, any true and undenied sentence of the brief is an answer, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pvchat.chat.guard import NEGATIONS, bound_words, content_words, problems
from pvchat.chat.questions import Question

_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
_VERDICT = re.compile(r"\W*(?:yes|no|probably|maybe|right|correct|true|false)\b", re.IGNORECASE)


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its full stop; what follows the last full stop is left out."""
    return [" ".join(found.split()) for found in _SENTENCE.findall(text)]


def is_open(question: Question) -> bool:
    """Whether a true sentence about the people asked about can be an answer although the rules gave another."""
    return question.type != "existence" and question.aspect.name == "usual" and not question.asks_who


@dataclass(frozen=True)
class Backing:
    """What backs an answer.

    Attributes:
        plain: the rules' answer, sentence by sentence.
        known: the brief, sentence by sentence.
        names: of everyone enrolled.
        is_open: see `is_open`.
    """

    plain: Sequence[str]
    known: Sequence[str]
    names: Sequence[str]
    is_open: bool = False

    def problems(self, sentence: str, place: int) -> list[str]:
        """Why a sentence may not be shown at its place of the answer (0 for the first); empty if it may."""
        found = self._unlike(sentence, place)
        return found if found and not (self.is_open and self.told(sentence)) else []

    def is_free(self, sentence: str, place: int) -> bool:
        """Whether only the brief backs a sentence: the rules gave another answer, which then is none."""
        return self.is_open and bool(self._unlike(sentence, place)) and self.told(sentence)

    def _unlike(self, sentence: str, place: int) -> list[str]:
        """What a sentence says otherwise than the rules' at its place."""
        if place >= len(self.plain):
            return ["goes on"]
        return problems(sentence, self.plain[place], self.names)

    def told(self, sentence: str) -> bool:
        """Whether the brief says a sentence: its words are the brief's about the same people, bound alike."""
        words = content_words(sentence, self.names)
        who = {w for w in words if w.startswith("@")}
        about = [k for k in self.known if {w for w in content_words(k, self.names) if w.startswith("@")} & who]
        said = [w for w in words if w not in who]
        if not about or not said or NEGATIONS & set(said) or _VERDICT.match(sentence):
            return False
        text = " ".join(about)
        mine, theirs = bound_words(sentence, self.names), bound_words(text, self.names)
        return len(who) == 1 and set(said) <= set(content_words(text, self.names)) and not mine - theirs

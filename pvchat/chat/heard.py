"""What a base says, heard as it comes: sentences that pass are handed on word by word, the first that doesn't ends it.

In: the text so far, again and again. Out: checked sentences. A base describes; that it names somebody else, contradicts
what was measured, speaks of the outlines or goes round in circles is refused (`guard.py` has the rest of the reasons).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pvchat.chat.evidence import Evidence
from pvchat.chat.guard import contradictions
from pvchat.chat.question import Question
from pvchat.chat.speakers.claims import repeats
from pvchat.chat.viewed import HandedOn
from pvchat.schemas import PersonFacts, PersonPresence

MOST = 4  # sentences of an answer
_WORDS = 45  # of a sentence
_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
_MARK = (
    r"(?:red|green|blue|yellow|colou?red)?[ -]?(?:outlines?|outlined|rectangles?|bounding box(?:es)?|box(?:es)?"
    r"|borders?|frames?|lines?|contours?)"
)
_POINTED = re.compile(
    r"\b(?:the |a )?(?:person|man|woman|boy|girl|guy|lady|individual|one)(?: who is| that is)? "
    rf"(?:in|inside|with|within|marked (?:by|with)|surrounded by|outlined (?:in|by)) (?:the |a )?(?:{_MARK}"
    r"|red|green|blue|yellow)\b",
    re.IGNORECASE,
)
_MARKS = re.compile(r"\b(?:outlines?|outlined|rectangles?|bounding|highlighted|marked)\b", re.IGNORECASE)
_SUBJECT = re.compile(
    r"^(?:(?:Yes|No), )?(?P<who>(?:[Tt]he )?(?:[Pp]erson|[Mm]an|[Ww]oman|[Bb]oy|[Gg]irl)|[Ss]he|[Hh]e|[Tt]hey)"
    r"(?= (?:is|are|was|wears|has|sits|stands|walks|looks|seems|appears)\b)"
)


@dataclass(frozen=True)
class Hearer:
    """Checks single sentences.

    Attributes:
        question: that is answered: where it asks whether something holds, a "no" is no denial of the person.
        present: those asked about who are there.
        evidence: what was measured.
        others: names that may not be said.
    """

    question: Question
    present: Sequence[PersonPresence]
    evidence: Evidence
    others: Sequence[str]

    def read(self, sentence: str, first: bool) -> str:
        """The sentence with the person's name in the place of what points at her."""
        text = " ".join(sentence.split())
        if len(self.present) == 1:
            name = self.present[0].name
            text = _POINTED.sub(lambda _: name, text)
            if first and name not in text:
                found = _SUBJECT.match(text)
                text = text if found is None else text[: found.start("who")] + name + text[found.end("who") :]
        return text

    def problems(self, sentence: str) -> list[str]:
        """Why a sentence may not be shown; empty if it may."""
        about = [p.name for p in self.present if re.search(rf"(?<!\w){re.escape(p.name)}(?!\w)", sentence)]
        about = about or [p.name for p in self.present]
        facts = self.evidence.facts_of(about[0]) if len(about) == 1 else PersonFacts()
        found = contradictions(sentence, facts, self.evidence.scene, self.others)
        if self.question.query.where is not None or self.question.query.select == "refuse":
            found = [problem for problem in found if problem != "denies"]
        if _MARKS.search(sentence):
            found.append("speaks of the marks")
        if len(sentence.split()) > _WORDS or repeats(sentence):
            found.append("rambles")
        if not re.search(r"[A-Za-z]{2}", sentence) or "\ufffd" in sentence:
            found.append("no words")
        return found


@dataclass
class Heard(HandedOn):
    """What was heard so far of one reply.

    Attributes:
        hearer: checks sentences.
        before: said first, once a sentence passed.
        problems: of the sentence that ended the answer.
    """

    hearer: Hearer
    before: str = ""
    problems: list[str] = field(default_factory=list)
    _read: int = 0

    def more(self, text: str) -> bool:
        """Hear the text so far; True when it is enough."""
        for found in _SENTENCE.finditer(text, self._read):
            if found.end() == len(text):  # "3." may go on as "3.5": the next token tells
                break
            self._take(found)
            if self._over:
                return True
        return self._over

    def end(self, text: str) -> None:
        """Hear the whole text, which has come to its end."""
        for found in _SENTENCE.finditer(text, self._read):
            if self._over:
                return
            self._take(found)

    def close(self, after: str) -> None:
        """Say something more at the end."""
        if after:
            self.say(after)

    @property
    def _over(self) -> bool:
        return bool(self.problems) or len(self.said) >= MOST

    def _take(self, found: re.Match[str]) -> None:
        self._read = found.end()
        sentence = self.hearer.read(found[0], not self.said)
        self.problems = self.hearer.problems(sentence)
        if sentence in self.said:
            self.problems.append("says it twice")
        if self.problems:
            return
        if self.before and not self.said:
            self.say(self.before)
        self.say(sentence)

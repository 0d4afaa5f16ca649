"""Whether a sentence of the model is backed: it says what the rules' answer says, or what the brief says of the person.

In: a sentence, the rules' sentence in its place, the brief. Out: why it may not be shown; nothing where it may. What is
asked of presence, counts, times, yes and no must agree with the rules word for word in content. Of somebody who is
there more may be said, or less, as far as the brief says it; a refusal may leave out what therefore can't be told, and
what can't be told may be named in the question's words. Of several people any may be spoken of first. To a
question that asks for nothing certain, any true and undenied sentence of the brief is an answer, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pvchat.chat.guard import NEGATIONS, bound_words, content_words, problems, worn_words
from pvchat.chat.question import Question
from pvchat.chat.say.refusals import CANT_TELL

_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
_VERDICT = re.compile(r"\W*(?:yes|no|probably|maybe|right|correct|true|false)\b", re.IGNORECASE)

_REFUSAL = re.compile(
    r"(?P<verdict>(?:I'm not sure whether .+|.+ (?:is|are) not) in this video)"
    r"(?:, so I can't (?:tell|describe [^,;:]+|say (?:what|where) [^,;:]+ (?:is|are)(?: wearing| doing)?))?\."
)
_DOUBT = re.compile(r"(?P<verdict>I'm not sure whether .+? in this video): .+\.")
_SPECIAL = re.compile(r"so I can't say ")  # what, or where: nobody may have asked that
_UNTOLD = re.compile(
    r"(?P<there>.+ (?:is|are) in this video), but I can't (?:tell (?:the rest|whether (?P<whether>[^,;:]+))"
    r"|make out (?:more|(?P<what>(?!wh|how)[^,;:]+)))\."
)
_NEIGHBOURS = re.compile(r"(?<!^), next to (?P<who>[^.;:]+)\.$")
_ASKS_NEIGHBOURS = re.compile(
    r"\b(who|whom|with|next|beside|besides|near|nearby|close|around|alongside|between|behind|any ?one|any ?body"
    r"|some ?one|some ?body|company|alone)\b",
    re.IGNORECASE,
)
_ASKS_START = re.compile(
    r"\b(?:what|which) (?:point|moment|second|minute|time) (?:does|do|did) .*"
    r"\b(?:(?:show|turn|pop) up|appear|come|enter|arrive|begin|start)\b",
    re.IGNORECASE,
)
_START = re.compile(r"(?P<who>.+) is first seen at (?P<at>\d+(?::\d\d)+)\.")
_TIME = re.compile(r"\d+(?::\d\d)+")
_HE = re.compile(r"(?:He|She) (?=\w)")
_THERE = re.compile(r"Yes, .* is in this video\b")


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its full stop; what follows the last full stop is left out."""
    return [" ".join(found.split()) for found in _SENTENCE.findall(text)]


def is_open(question: Question) -> bool:
    """Whether a true sentence about the people asked about can be an answer although the rules gave another.

    Where they know that it asks for looks, deeds or a place, their answer is one, and another sentence is none.
    """
    return question.query.select == "describe"


def _verdict(sentence: str, reason: bool = False) -> str | None:
    """What a refusal says of who is there, without what therefore can't be told; None for other sentences.

    Args:
        sentence: such as "Ana is not in this video, so I can't say what Ana is wearing."
        reason: also take the reason away why somebody isn't surely there: to leave it out is no untruth.
    """
    found = _REFUSAL.fullmatch(sentence) or (_DOUBT.fullmatch(sentence) if reason else None)
    return f"{found['verdict']}." if found else None


@dataclass(frozen=True)
class Backing:
    """What backs an answer.

    Attributes:
        plain: the rules' answer, sentence by sentence.
        known: the brief, sentence by sentence.
        names: of everyone enrolled.
        is_open: see `is_open`.
        asked: the question.
    """

    plain: Sequence[str]
    known: Sequence[str]
    names: Sequence[str]
    is_open: bool = False
    asked: str = ""

    def place_of(self, sentence: str, places: Sequence[int]) -> int | None:
        """The first of the places left in the answer that a sentence may stand at; None where it may at none.

        Out of turn it must be about others, by name, than the sentences that it comes before.
        """
        who = self._names(sentence)
        first = [set[str]().union(*(self._names(self.plain[p]) for p in places[:i])) for i in range(len(places))]
        may = [p for i, p in enumerate(places) if not i or who and not who & first[i]]
        fit = [p for p in may if not self.problems(sentence, p)]
        return min(fit, key=lambda p: (self.is_free(sentence, p), p), default=None)

    def problems(self, sentence: str, place: int) -> list[str]:
        """Why a sentence may not be shown at its place of the answer (0 for the first); empty if it may."""
        found = self._unlike(sentence, place)
        free = self.is_open and self.told(sentence) or self._says_yes(sentence, place)
        fits = (self._says_more, self._says_why_not, self._says_rest, self._says_where, self._says_start)
        also = any(one(sentence, place) for one in (*fits, self._says_nothing))
        return [] if free or also else found

    def is_free(self, sentence: str, place: int) -> bool:
        """Whether only the brief backs a sentence: the rules gave another answer, which then is none."""
        return self.is_open and bool(self._unlike(sentence, place)) and self.told(sentence)

    def _says_yes(self, sentence: str, place: int) -> bool:
        """Whether somebody is there for both the rules and a sentence, and the brief says whatever else it says."""
        if place >= len(self.plain):
            return False
        both = (self.plain[place], sentence)
        alike = self._names(both[0]) == self._names(both[1]) and all(_THERE.match(one) for one in both)
        return alike and self.told(sentence.removeprefix("Yes, "))

    def _says_more(self, sentence: str, place: int) -> bool:
        """Whether a sentence says all that the rules' says and more that the brief says, too: "…, next to Bo"."""
        if place >= len(self.plain):
            return False
        said, plain = self._by_name(sentence, place), self._by_name(self.plain[place], place)
        for verdict in ("Yes, ", "No, "):
            if said.startswith(verdict) and plain.startswith(verdict):
                said, plain = said.removeprefix(verdict), plain.removeprefix(verdict)
        if NEGATIONS & set(content_words(said, self.names)):
            return False
        unbound = bound_words(plain, self.names) - bound_words(said, self.names)
        bound = {pair for pair in unbound if pair[1] != "end"}  # "is wearing black" binds its colour to nothing
        whole = set(content_words(plain, self.names)) <= set(content_words(said, self.names)) and not bound
        return whole and (self.told(said) or any(not problems(said, k, self.names) for k in self.known))

    def _says_start(self, sentence: str, place: int) -> bool:
        """Whether a sentence says when somebody is first seen, to who asks just that, where the rules say all times."""
        found = _START.fullmatch(sentence) if place < len(self.plain) and _ASKS_START.search(self.asked) else None
        times = _TIME.findall(self.plain[place]) if found else []
        there = f"{found['who']} is in this video" if found else ""
        return found is not None and times[:1] == [found["at"]] and self.plain[place].startswith(there)

    def _says_rest(self, sentence: str, place: int) -> bool:
        """Whether a sentence says what the rules say after their "yes" or "no", without that word."""
        plain = self.plain[place] if place < len(self.plain) else ""
        rest = re.sub(r"^(?:Yes|No), ", "", plain)
        return rest != plain and not problems(sentence, rest, self.names)

    def _says_where(self, sentence: str, place: int) -> bool:
        """Whether a sentence says where the rules say somebody is, without who is next to her: nobody asked that."""
        plain = self.plain[place] if place < len(self.plain) else ""
        found = None if _ASKS_NEIGHBOURS.search(self.asked) else _NEIGHBOURS.search(plain)
        if found is None or not self._names(found["who"]) and not found["who"].endswith(("person", "people")):
            return False
        return not problems(sentence, f"{plain[: found.start()]}.", self.names)

    def _says_why_not(self, sentence: str, place: int) -> bool:
        """Whether both the rules and a sentence can't tell it of the same people who are there.

        What can't be told may be named in the question's own words: "whether" states nothing of it.
        """
        if place >= len(self.plain):
            return False
        own, rules = _UNTOLD.fullmatch(sentence), _UNTOLD.fullmatch(self.plain[place])
        if own is None or rules is None or problems(f"{own['there']}.", f"{rules['there']}.", self.names):
            return False
        return self._asks(own["whether"] or own["what"] or "", self._names(self.plain[place]))

    def _says_nothing(self, sentence: str, place: int) -> bool:
        """Whether a sentence says that it can't tell, as the rules do to who asks for nothing that can be seen.

        Who is there it may say as the brief does.
        """
        own = _UNTOLD.fullmatch(sentence) if list(self.plain[place : place + 1]) == [CANT_TELL] else None
        if own is None or not any(re.match(re.escape(own["there"]) + r"[.,]", known) for known in self.known):
            return False
        return self._asks(own["whether"] or own["what"] or "", self._names(own["there"]))

    def _asks(self, what: str, names: set[str]) -> bool:
        """Whether all of what can't be told is the question's own words, or one of these names."""
        free = set(content_words("something anything", ())) | names
        return set(content_words(what, self.names)) <= set(content_words(self.asked, self.names)) | free

    def _unlike(self, sentence: str, place: int) -> list[str]:
        """What a sentence says otherwise than the rules' at its place."""
        if place >= len(self.plain):
            return ["goes on"]
        found = problems(sentence, self.plain[place], self.names)
        verdicts = (_verdict(self.plain[place], reason=True), _verdict(sentence))
        other = verdicts[1] is None or problems(verdicts[1], verdicts[0] or "", self.names)
        return found if found and (other or _SPECIAL.search(sentence) is not None) else []

    def told(self, sentence: str) -> bool:
        """Whether the brief says a sentence: its words are the brief's about the same people, bound alike.

        What is said of others who stand next to somebody isn't said of her, and nobody stands next to herself.
        """
        words, who = content_words(sentence, self.names), self._names(sentence)
        about = [k for k in self.known if self._subject(k) in who]
        said = [w for w in words if w not in who]
        if len(words) - len(said) > len(who):
            return False
        if not about or not said or NEGATIONS & set(said) or _VERDICT.match(sentence):
            return False
        text = " ".join(about)
        mine, theirs = bound_words(sentence, self.names), bound_words(text, self.names)
        worn = worn_words(sentence, self.names) - worn_words(text, self.names)
        return len(who) == 1 and set(said) <= set(content_words(text, self.names)) and not mine - theirs and not worn

    def _by_name(self, sentence: str, place: int) -> str:
        """A sentence with a name for the "he" or "she" that it begins with: of whom the rules' one before it tells."""
        he, before = _HE.match(sentence), self._names(self.plain[place - 1]) if place else set()
        if he is None or len(before) != 1 or not self.plain[place].startswith(he[0]):
            return sentence
        return f"{self.names[int(before.pop().strip('@'))]} {sentence[he.end() :]}"

    def _subject(self, sentence: str) -> str:
        """The mark of whom a sentence names first; empty where it names nobody."""
        return next((w for w in content_words(sentence, self.names) if w.startswith("@")), "")

    def _names(self, sentence: str) -> set[str]:
        """Marks of the people named in a sentence."""
        return {w for w in content_words(sentence, self.names) if w.startswith("@")}

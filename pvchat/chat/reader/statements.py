"""Breaks sentences down into points (of whom, what), so that two texts can be compared: do they say the same?

In: a text, and the names that may stand in it. Out: a set of points for each sentence. "Yes, Ana and Bo are not in this
video, next to Cleo" says "yes" of nobody, and "not there" and "beside to @Cleo" of Ana and of Bo. A point is a phrase
between commas, "and" and prepositions. Our own sentences and those of a language model are read alike and compared as
sets, so no reading needs to be right, but what means something else has to come out as something else. A word stands
for what the lexicon has it for ("sits" is "sitting"); "is" and "a" say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pvchat.chat.english import HEDGE, table, word_set
from pvchat.chat.reader.words import canonical, is_known

Point = tuple[str, str]  # of whom something is said ("": of nobody), and what
NEGATIONS = word_set("no not nobody none neither nor never nothing without can't")
_FLAGS = NEGATIONS | {HEDGE}
_ENDS = word_set("; : . ! ? but so")  # a denial or doubt goes no further
_BREAKS = _ENDS | word_set(", and or")
_ASIDES = word_set("on in at from with before beside behind while")  # begin a phrase of their own, about no new subject
_EMPTY = word_set(
    """a an the is are was were be been being am has have had do does did can it its this that these they them their
    those as of for by also too both very on in at into from with while and or but so frame picture scene s m ve re"""
)
_SAME = {
    "i": "i", "besides": "besides", "cannot": "can't", "people": "person", "inside": "indoor", "outside": "outdoor",
    "gray": "grey", "facing": "looking", "next": "beside",
    **dict.fromkeys(("he", "him", "his"), "man"), **dict.fromkeys(("she", "her", "hers"), "woman"),
    **dict.fromkeys(("wears", "wear", "worn", "dressed"), "wearing"),
    **dict.fromkeys(("video", "clip", "here", "seen", "visible", "shown", "present", "appears", "appear"), "there"),
}  # fmt: skip
_SUBJECT = re.compile(
    r"(?i)^(yes, |no, )?(?:the )?(?:person|man|woman|boy|girl|s?he|they)\b(?: in the \w+ (?:outline|rectangle|box)\b)?",
)
_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
_WORD = r"\d+(?::\d\d)+|\d+|[^\W\d_]+(?:['’][^\W\d_]+)?|[^\w\s]"


def mentioned(text: str, name: str, *, any_case: bool = True) -> bool:
    """Whether a text names somebody by a whole word: "Al" isn't in "Also"."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE if any_case else 0) is not None


def with_name(sentence: str, name: str) -> str:
    """A sentence with a name in the place of "the person in the red outline", or of "she" in "yes, she"."""
    return _SUBJECT.sub(lambda found: f"{found[1] or ''}{name}", sentence)


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its full stop; what follows the last full stop is left out."""
    return [" ".join(found.split()) for found in _SENTENCE.findall(text)]


def words_in(text: str, names: Sequence[str] = ()) -> list[str]:
    """The words and marks of a text, each as what it stands for; names, as they are written, as "@Ana"."""
    called = [re.escape(name) for name in sorted(names, key=len, reverse=True) if name]  # the longer one of two
    found = re.findall("|".join([*(rf"(?<!\w){name}(?!\w)" for name in called), _WORD]), text)
    return [f"@{word}" if word in names else _meant(word) for word in found]


def _meant(word: str) -> str:
    """What a word stands for: "sits" is "sitting", "guy" is "man"; the singular of others."""
    word = word.lower().replace("’", "'")
    if word != "can't":
        word = "not" if word.endswith("n't") else word.partition("'")[0] or word
    if word in _SAME or word in _EMPTY:
        return _SAME.get(word, word)
    if kind := next((kind for kind in ("gender", "posture") if is_known(kind, word)), ""):
        return canonical(kind, word).split()[0]
    verb = _doing().get(word, word)
    return verb.removesuffix("s") if len(verb) > 3 and not verb.endswith("ss") else verb


@lru_cache(maxsize=1)
def _doing() -> dict[str, str]:
    """What somebody is doing, by how that is told: "sits", and "sit", is "sitting"."""
    verbs = [*reversed(table()["verb"].items())]
    return {told: doing for doing, does in verbs for told in (does, does.removesuffix("s"))}


def tells(word: str) -> bool:
    """Whether a word says something."""
    return (word[0].isalnum() or len(word) > 1) and word not in _EMPTY


def statements(text: str, names: Sequence[str]) -> list[frozenset[Point]]:
    """What each sentence of a text says; "she" is whom the sentence before told of."""
    read, reading = list[frozenset[Point]](), _Reading()
    for sentence in sentences(text):
        words = words_in(sentence, names)
        reading = _Reading(reading.who if words[0] in ("man", "woman") else ("",))
        begins = [i for i, word in enumerate(words) if not i or word in _BREAKS | _ASIDES]
        for start, end in zip(begins, [*begins[1:], len(words)], strict=True):
            reading.take(words[start], [word for word in words[start:end] if tells(word)])
        read.append(frozenset(reading.points))
    return read


@dataclass
class _Reading:
    """A sentence as far as it was read.

    Attributes:
        last: the phrase before; its denial and doubt hold of the next one, too, its verb, where that has none, and all
            of it, where that says when, or with whom.
        told: the phrase before that is no aside: behind a comma "from 0:01" is the time of that.
    """

    who: tuple[str, ...] = ("",)  # of whom it tells
    last: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    listed: bool = False  # nothing was said yet of those in `who`
    points: set[Point] = field(default_factory=set)  # so far

    def take(self, joint: str, said: list[str]) -> None:
        """Read a phrase: the word or mark that it begins with, and its words that say something."""
        named = [word[1:] for word in said[:1] if word[0] == "@"]
        if joint in _ENDS:
            self.points |= {(one, "") for one in self.who if self.listed}
            self.last, self.told, self.listed = [], [], False
        if joint == "," and not said:
            self.last = self.told or self.last
        if named and len(said) == 1 and self.last and self.last[-1][0] == "@" and "besides" not in self.last:
            said, self.last = [*self.last[:-1], *said], []  # "next to Bo and Cleo"
        elif named and joint not in _ASIDES:
            self.who = (*self.who, *named) if self.listed else (*named,)
            self.last, self.listed, said = [], len(said) == 1, said[1:]
        elif said[:1] == ["i"]:
            self.who, self.last = ("",), []
        if said:
            verbs = table()["verb"].keys()
            carried = _FLAGS if joint in _ASIDES or not verbs.isdisjoint(said) else _FLAGS | verbs
            of_that = joint in _ASIDES and said[0][0].isdigit() or joint == "with" and named  # its time, its company
            self.last = [*(word for word in self.last if of_that or word in carried), *said]
            self.told = self.last if joint not in _ASIDES or "there" in said else self.told
            self.points |= {(one, " ".join(self.last)) for one in self.who}
            self.listed = False

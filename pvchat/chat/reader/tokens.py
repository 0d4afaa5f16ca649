"""The words of statements: text in, what each word stands for out; sentences; what a rewording may not touch.

And whom a sentence about a marked picture points at: "The person in the red outline is riding." is "Ana is riding.".

A word stands for what the lexicon has it for ("sits" and "seated" are "sitting"), a name for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pvchat.chat.english import table
from pvchat.chat.reader.slots import canonical, is_known
from pvchat.chat.vocabulary import COLOURS, FUNCTION_WORDS, word_set

NUMBERS = word_set("one two three four five six seven eight nine ten zero")
NEGATIONS = word_set("no not nobody none neither nor never nothing without cannot can't")
GENDERED = {word: "man" for word in ("he", "him", "his", "himself")}
GENDERED |= {word: "woman" for word in ("she", "her", "hers", "herself")}
_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
_WORD = r"\d+(?::\d\d)+|\d+|[^\W\d_]+(?:['’][^\W\d_]+)?|[^\w\s]"
_TELLING = word_set(
    """video clip seen shown visible appear appears appearing wear wears wearing worn dressed located positioned find
    found person people scene frame picture shows showing featured features currently present s m ve re"""
)  # words of telling: they say nothing of anybody that wasn't measured
_BEARING = word_set(
    """before after behind under over above below beside between against off down out away through around until within
    only every few many several most more some any alone may might could should would if again where what who how why
    when"""
)  # function words that change what is said
_EMPTY = (FUNCTION_WORDS | _TELLING) - NEGATIONS - _BEARING - NUMBERS
_SAME = {"inside": "indoor", "outside": "outdoor", "gray": "grey", "facing": "looking", "alongside": "beside",
         "next": "beside"}  # fmt: skip
SIDES = word_set("left right middle centre center top bottom foreground background")
_BEFORE_HELD = word_set("in on to at from with the a an and or nor but so i ,")
_AUXILIARIES = word_set("is are has have not in this video say")  # behind a name, before what is told
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
class Token:
    """A word or mark: as it stands in the text (in lower case), what it stands for, whose name it is."""

    seen: str
    word: str
    start: int
    end: int
    name: str = ""

    @property
    def tells(self) -> bool:
        """Whether it says something by itself."""
        return self.seen[0].isalnum() and self.word not in _EMPTY

    @property
    def counts(self) -> bool:
        """Whether it is a number."""
        return self.word in NUMBERS or self.word.isdigit()

    @property
    def is_time(self) -> bool:
        """Whether it is a time by the clock."""
        return self.word[0].isdigit() and ":" in self.word


OPENING = Token(",", ",", 0, 0)  # stands before the first word


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its full stop; what follows the last full stop is left out."""
    return [" ".join(found.split()) for found in _SENTENCE.findall(text)]


def told_words(text: str, names: Sequence[str] = ()) -> list[str]:
    """The words of a text that tell something, as they are read; a name as "@Ana"."""
    tokens = tokens_of(text, names)
    return [f"@{token.name}" if token.name else token.word for token in tokens if token.name or token.tells]


@lru_cache(maxsize=256)
def all_words(text: str) -> frozenset[str]:
    """Every word of a text as it is read; "he" and "his" as "man"."""
    return frozenset(GENDERED.get(token.seen, token.word) for token in tokens_of(text))


def held_words(text: str, names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where in a text stands what another wording may not change: (from, to) of yes and no, names with the verb behind
    them, denials, colours, sides, numbers and times; with the words that begin or join them ("on the left").
    """
    tokens = tokens_of(text, names)
    held, follows = [False] * len(tokens), False
    for place, (before, token) in enumerate(pairwise([OPENING, *tokens])):
        follows = follows and (token.seen[0].isalpha() or before.seen == "video" and token.seen == ".")
        held[place] = follows or _is_fixed(token)
        follows = (
            bool(token.name)
            or token.word == "can't"
            or token.seen in ("he", "she", "they")
            or (follows and token.seen in _AUXILIARIES)
        )
    spans: list[tuple[int, int]] = []
    for place in (place for place, one in enumerate(held) if one):
        first = place
        while first and not held[first - 1] and tokens[first - 1].seen in _BEFORE_HELD:
            first -= 1
        joins = first and held[first - 1]
        spans.append((spans.pop()[0] if joins else tokens[first].start, tokens[place].end))
    return tuple(spans)


def _is_fixed(token: Token) -> bool:
    fixed = NEGATIONS | COLOURS | NUMBERS | SIDES | {"yes", "only"}
    return bool(token.name) or token.word in fixed or token.word[0].isdigit()


def tokens_of(text: str, names: Sequence[str] = ()) -> list[Token]:
    """The words and marks of a text in order; names are found as they are written."""
    return [token for found in _pattern(tuple(names)).finditer(text) for token in _read_word(found, names)]


@lru_cache(maxsize=64)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    longest = sorted(names, key=lambda name: -len(name))
    called = "|".join(re.escape(name) for name in longest if name)
    return re.compile(rf"(?<!\w)(?:{called})(?!\w)|{_WORD}" if called else _WORD)


def _read_word(found: re.Match[str], names: Sequence[str]) -> Iterator[Token]:
    text, (start, end) = found[0], found.span()
    if text in names:
        yield Token(text, text, start, end, text)
        return
    seen = text.lower().replace("’", "'")
    if seen.endswith("n't") and seen != "can't":
        yield Token(seen, "not", start, end)
        return
    stem = seen if seen == "can't" else seen.partition("'")[0] or seen
    yield Token(stem, _meant(stem), start, end)


@lru_cache(maxsize=4096)
def _meant(word: str) -> str:
    """What a word stands for: "sits" is "sitting", "guy" is "man"; the singular of others."""
    if word in _SAME or word in _EMPTY | NEGATIONS | COLOURS | NUMBERS:
        return _SAME.get(word, word)
    kind = next((kind for kind in ("gender", "posture", "deed") if is_known(kind, word)), "")
    known = canonical(kind, word).split() if kind else []
    if len(known) == 1 or kind == "posture":
        return known[0]
    word = _verbs().get(word, word)
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word


@lru_cache(maxsize=1)
def _verbs() -> dict[str, str]:
    """The "-ing" form of each known verb, by its other forms."""
    known: dict[str, str] = table()["verb"]
    return {said: doing for doing, said in known.items()} | {
        said.removesuffix("s"): doing for doing, said in known.items()
    }


def named_for(sentence: str, name: str, first: bool) -> str:
    """A sentence with a name in the place of what points at its bearer; `first` of an answer also for "she"."""
    text = _POINTED.sub(lambda _: name, sentence)
    found = _SUBJECT.match(text) if first and name not in text else None
    return text if found is None else text[: found.start("who")] + name + text[found.end("who") :]


def speaks_of_marks(sentence: str) -> bool:
    """Whether a sentence tells of what was drawn into the picture."""
    return _MARKS.search(sentence) is not None

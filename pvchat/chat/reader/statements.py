"""What a statement says, as values: text and the names that may stand in it, its words and `Statement`s out.

"Yes, Ana is wearing a red top, next to Bo." has the verdict "yes" and the points (Ana, "red top"), (Ana, "top"), (Ana,
"@Bo") and more. What our own sentences, a row of a `Timeline` and a language model say is read alike, so that they can
be held against each other as sets. A word stands for what the lexicon has it for ("sits" and "seated" are "sitting"), a
name for itself; words that tell nothing ("is", "shown") are no points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from pvchat.chat.english import COLOURS, FUNCTION_WORDS, HEDGE, table, word_set
from pvchat.chat.reader.words import canonical, is_known

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

_LINKS = word_set("and or nor , both & other")  # between names of one list
_OF_OTHERS = word_set("beside to with near between behind besides without of than")  # before others than the subject
_WEARS = word_set("wear wears wearing worn dressed")
_WORN_ENDS = word_set("on in at before beside with while from behind")
_VERDICTS = ("yes", "no", "probably yes", "probably no")


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


def mentioned(text: str, name: str, *, any_case: bool = True) -> bool:
    """Whether a text names somebody by a whole word: "Al" isn't in "Also"."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE if any_case else 0) is not None


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


@dataclass(frozen=True)
class Point:
    """One thing that is said: of whom ("" for nobody), what, and whether it is denied; "" is that there is somebody."""

    who: str
    what: str
    denied: bool = False


@dataclass(frozen=True)
class Clause:
    """A part of a sentence.

    Attributes:
        points: what it says.
        joint: how it begins, behind the first one: "but", "so", ":" or ";".
        untold: it says that something can't be told.
    """

    points: frozenset[Point] = frozenset()
    joint: str = ""
    untold: bool = False


@dataclass(frozen=True)
class Statement:
    """A sentence as it was read.

    Attributes:
        verdict: the "yes", "no" or "probably yes" that it begins with, or "".
        clauses: its parts.
        subjects: of whom it tells last.
        implied: points of its pronouns: "she" is a woman.
    """

    verdict: str = ""
    clauses: tuple[Clause, ...] = ()
    subjects: tuple[str, ...] = ()
    implied: frozenset[Point] = frozenset()

    @property
    def points(self) -> frozenset[Point]:
        """Everything that it says, but what can't be told."""
        return frozenset().union(*(clause.points for clause in self.clauses if not clause.untold))

    @property
    def untold(self) -> frozenset[str]:
        """The words and names of what it says can't be told."""
        points = [p for clause in self.clauses if clause.untold for p in clause.points]
        return frozenset(word for p in points for word in (p.what, p.who and f"@{p.who}") if word and word != "not")


def read_statement(text: str, names: Sequence[str], about: Sequence[str] = (), worn: bool = False) -> Statement:
    """A sentence as values.

    Args:
        text: of it.
        names: that may stand in it; two of one word are told apart by the longer one.
        about: whom it is about where it names nobody first: those whom the sentence before told of.
        worn: it is told of what somebody wears.
    """
    tokens = tokens_of(text, names)
    opening = [token.seen for token in tokens[:3]]
    mark = next((place for place, seen in enumerate(opening) if seen in (",", ".")), 0)
    verdict = " ".join(opening[:mark])
    if verdict in _VERDICTS:
        tokens = tokens[mark + 1 :]
    else:
        verdict = ""
    reading = _Reading(tuple(about), worn)
    for before, token in pairwise([OPENING, *tokens]):
        reading.take(token, before)
    reading.end("")
    return Statement(verdict, tuple(reading.clauses), reading.subjects, frozenset(reading.implied))


@dataclass
class _Reading:
    """A sentence as far as it was read."""

    subjects: tuple[str, ...]
    worn: bool = False
    clauses: list[Clause] = field(default_factory=list)
    implied: set[Point] = field(default_factory=set)
    _points: set[Point] = field(default_factory=set)
    _joint: str = ""
    _denied: bool = False
    _untold: bool = False
    _fresh: bool = True  # nothing was said of the subjects in this clause
    _maybe: bool = False  # what comes is only probable
    _listing: bool = False  # names stand behind one another
    _of_others: bool = False  # what comes is beside or with the subject
    _towards: bool = False  # "to the" stands before: a direction is no place
    _open: Token | None = None  # a colour or number before its noun, a time before another

    def take(self, token: Token, before: Token) -> None:
        """Read one more word."""
        if token.name:
            self._name(token, before)
        elif token.seen == HEDGE or token.seen == ",":
            self._flush()
            self._maybe = token.seen == HEDGE
        elif token.word in NEGATIONS:
            self._deny(token)
        elif token.seen in (";", ":") or token.seen in ("but", "so") and before.seen == ",":
            self.end(token.seen)
        elif token.seen == "i":
            self._settle()
            self.subjects, self._denied = (), False
        elif token.seen in GENDERED:
            self._fresh = False
            self.implied |= {Point(who, GENDERED[token.seen], self._denied) for who in self.subjects or ("",)}
        else:
            self._word(token, before)
        self._listing = self._listing and (bool(token.name) or token.seen in _LINKS)
        ends = token.tells and not token.name and not token.counts or token.seen in ";:"
        self._of_others = token.word in _OF_OTHERS or self._of_others and not ends

    def end(self, joint: str) -> None:
        """Close a clause, and begin another with this word or mark."""
        self._settle()
        if self._points:
            self.clauses.append(Clause(frozenset(self._points), self._joint, self._untold))
        self._points, self._joint, self._fresh = set(), joint, True
        self._denied = self._untold = self._maybe = self.worn = False

    def _settle(self) -> None:
        """Say of whom was spoken that they are there, or aren't."""
        self._flush()
        self._points |= {Point(who, "", self._denied) for who in self.subjects if not self._fresh}

    def _name(self, token: Token, before: Token) -> None:
        if self._of_others and self.subjects:
            self._say(f"@{token.name}")
            return
        if self._listing:
            self.subjects += (token.name,)
        else:
            denied = self._denied and before.word in NEGATIONS | {"of"}
            self._settle()
            self.subjects, self._denied, self._listing, self._fresh = (token.name,), denied, True, False
        if self._denied:
            self._points.add(Point(token.name, "not", True))

    def _deny(self, token: Token) -> None:
        self._flush()
        self._denied, self._untold = True, self._untold or token.seen == "can't" and not self.subjects
        again = token.seen != "nor" and any(point.what == "not" for point in self._points)
        self._say("not again" if again else "not")

    def _word(self, token: Token, before: Token) -> None:
        """Say a word, and with it the colour or number that stands before it: "red top", "two people", "0:02 0:09"."""
        people, first = token.seen in ("person", "people"), self._open
        if token.seen in _WEARS:
            self.worn = True
        elif token.word in _WORN_ENDS or token.word.endswith("ing"):
            self.worn = False
        if token.counts:
            self._flush()
            self._open = token
        elif token.tells or people and first:
            if first and first.is_time == token.is_time and (before.seen == "to" or not token.is_time):
                self._say(f"{first.word} {token.word}")
            if not people:
                self._say(f"to {token.word}" if self._towards and token.word in SIDES else token.word)
            self._open = token if token.word in COLOURS or token.is_time else None
        elif token.seen not in ("other", "another"):
            self._flush()
        self._towards = token.seen == "to" or self._towards and token.seen == "the"

    def _flush(self) -> None:
        """Say a number that stands before no noun; a colour was said already."""
        if self._open and self._open.counts:
            self._say(self._open.word)
        self._open = self._open if self._open and self._open.is_time else None

    def _say(self, what: str) -> None:
        self._fresh = False
        marked: tuple[str, ...] = (what, f"worn {what}") if self.worn and what[:3] != "not" else (what,)
        marked = tuple(f"{HEDGE} {one}" for one in marked) if self._maybe else marked
        self._points |= {Point(who, one, self._denied) for who in self.subjects or ("",) for one in marked}

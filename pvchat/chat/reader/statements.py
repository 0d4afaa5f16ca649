"""What a plain statement says, as values: text and the names that may stand in it, `Statement`s out.

"Yes, Ana is wearing a red top, next to Bo." has the verdict "yes" and the points (Ana, "red top"), (Ana, "top"), (Ana,
"@Bo") and more. What our own sentences, a row of a `Timeline` and a language model say is read alike, so that they can
be held against each other as sets. Words that tell nothing ("is", "shown") are no points; a word stands for what the
lexicon has it for ("sits" and "seated" are "sitting").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pvchat.chat.english import HEDGE
from pvchat.chat.reader.tokens import GENDERED, NEGATIONS, OPENING, SIDES, Token, tokens_of
from pvchat.chat.vocabulary import COLOURS, word_set

_LINKS = word_set("and or nor , both & other")  # between names of one list
_OF_OTHERS = word_set("beside to with near between behind besides without of than")  # before others than the subject
_WEARS = word_set("wear wears wearing worn dressed")
_WORN_ENDS = word_set("on in at before beside with while from behind")
_VERDICTS = ("yes", "no", "probably yes", "probably no")


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

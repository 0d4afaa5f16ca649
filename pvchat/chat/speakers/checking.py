"""Whether what a language model says may be shown: held against the finding, what was measured, and nothing else.

In: sentences as they come; the `Finding`, the rows of the timeline, who is enrolled. Out: those that pass, handed on
word by word; why others may not be said. Sentences are read by `reader/statements.py` as sets of points (of whom, what,
denied or not); what was found is read the same way from the sentences that `say/` makes of it, and each row from its
value, so values are compared with values.

Two models, two measures. The trained one is small and embroiders (`Checker`, heard by `Spoken`): each point must be one
of the finding or of a row about that very person, yes and no must be the finding's, and a sentence counts as an answer
where it says all that one of the finding's does. A pretrained base sees more than was measured (`contradictions`, heard
by `Retold`): it is refused where it denies, names somebody else, says another value than the measured one, speaks of
the outlines that it was shown, or goes round in circles.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from pvchat.chat.english import span_told
from pvchat.chat.query import Query
from pvchat.chat.question import Basis, Question, Stream, words_of
from pvchat.chat.reader.statements import (
    NEGATIONS,
    Point,
    Statement,
    all_words,
    mentioned,
    named_for,
    read_statement,
    sentences,
    speaks_of_marks,
    told_words,
)
from pvchat.chat.say.clauses import is_plain
from pvchat.chat.spans import common
from pvchat.chat.timeline import Row, Timeline
from pvchat.schemas import PersonPresence

if TYPE_CHECKING:
    from pvchat.model.language import LanguageModel


_EXAMPLES = (
    ("Kim is wearing a green coat and boots.", "Kim is wearing a green coat with boots."),
    ("Yes, Lee is in this video, on the right of the frame, from 0:01 to 0:04.",
     "Yes, Lee appears in this video from 0:01 to 0:04, on the right of the frame."),
    ("Kim stands, smiles and waves a hand.", "Kim stands and smiles while waving a hand."),
    ("Lee is in a kitchen, on the left, next to Kim.", "Lee is next to Kim on the left, in a kitchen."),
)  # fmt: skip
_SYSTEM = "Rewrite the sentence in natural English. Keep every name, colour, number and fact. Add nothing new."
_NOT = Point("", "not", True)
_INDOORS = """inside room bedroom bathroom kitchen office classroom hospital gym studio restaurant store shop couch sofa
    bed hallway hall cafeteria lobby library theater theatre"""
_OUTDOORS = """outside beach street field grass snow snowy ocean sea lake river mountain hill road sidewalk yard forest
    woods sky cliff lawn trail dirt sand park garden sunset"""
_ON_FEET = """walking running jogging jumping climbing dancing skating surfing skiing snowboarding skateboarding kicking
    swimming diving marching"""
_POSES = frozenset({"standing", "sitting", "lying"})
_ANYTHING = "something or anything more, the rest, that I make out or describe"  # can't be told, whatever was asked

MOST = 4  # sentences of a base's answer
_WORDS = 45  # of a sentence


@dataclass(frozen=True)
class Checked:
    """What a sentence is worth.

    Attributes:
        answers: places of the finding's sentences, among those left, of which it says everything.
        problems: why it may not be said; empty if it may.
    """

    answers: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checker:
    """Checks the sentences of one answer.

    Attributes:
        plain: what was found, sentence by sentence.
        true: points of all rows: more than was asked for, but true.
        names: of everyone enrolled.
        query: what was asked; None checks a rewording, which says all that is found and no more.
    """

    plain: Sequence[str]
    true: frozenset[Point]
    names: Sequence[str]
    query: Query | None = None

    @classmethod
    def of(cls, known: Basis) -> Checker:
        """What answers to a question are held against."""
        names = [one.name for one in known.timeline.enrolled]
        true = points_of(known.timeline, names)
        return cls(sentences(known.plain), true, names, known.question.query)

    def check(self, sentence: str, left: Sequence[int]) -> Checked:
        """A sentence, where these of the finding's sentences are left to say."""
        place = left[0] if left else len(self.plain)
        about = self._plain[place - 1].subjects if 0 < place <= len(self.plain) else ()
        said = read_statement(sentence, self.names, about if len(about) == 1 else ())
        may = self.true.union(*(one.points | one.implied for one in self._plain))
        odd = sorted({p.what or p.who for p in said.points | said.implied if p not in may})
        if odd:
            return Checked(problems=(f"says {', '.join(odd)}",))
        answers = tuple(place for place in left if self._answers(said, place))
        if answers and self._in_turn(said, [self._plain[place] for place in left if place < answers[0]]):
            return Checked(answers)
        return Checked(problems=("doesn't answer",))

    def _answers(self, said: Statement, place: int) -> bool:
        """Whether a statement says all that one of the finding's sentences says of what is asked."""
        plain = self._plain[place]
        may_drop = ("",) if self.query is not None else ()
        if said.verdict not in (plain.verdict, *may_drop) or not self._needs(plain) <= said.points | _told_off(said):
            return False
        return not said.untold or bool(_told_off(plain)) and said.untold <= {*told_words(_ANYTHING)} | plain.untold

    def _in_turn(self, said: Statement, before: Sequence[Statement]) -> bool:
        """Whether a statement may come before some sentences of the finding: where they are about others."""
        whom = {point.who for point in said.points if point.who}
        return not before or bool(whom) and not any(point.who in whom for one in before for point in one.points)

    def _needs(self, plain: Statement) -> frozenset[Point]:
        """The points of a sentence of the finding without which it isn't said."""
        if plain.clauses and plain.clauses[0].untold:
            return frozenset({_NOT})
        needs = frozenset().union(*(clause.points for clause in plain.clauses if not clause.untold))
        needs = needs - {point for point in needs if self._is_aside(point)}
        return needs | {_NOT} if any(c.untold and c.joint != "so" for c in plain.clauses) else needs

    def _is_aside(self, point: Point) -> bool:
        """Whether a point of the finding wasn't asked for, and may be left out."""
        query = self.query
        if query is None:
            return point.what.startswith("worn ")
        if query.select == "exists" and is_plain(query.where):  # only whether they are there
            return bool(point.who) and point.what not in ("", "not")
        beside = point.what == "beside" or point.what[:1] == "@" or point.what.endswith((" person", " people"))
        return beside and query.then is None and query.attribute in ("place", "side", "setting")

    @cached_property
    def _plain(self) -> list[Statement]:
        read: list[Statement] = []
        for sentence in self.plain:
            read.append(read_statement(sentence, self.names, read[-1].subjects if read else ()))
        return read


def _told_off(said: Statement) -> frozenset[Point]:
    """That something can't be told, where a statement says so."""
    return frozenset({_NOT}) if any(clause.untold for clause in said.clauses) else frozenset()


def same_words(text: str, plain: str, names: Sequence[str]) -> bool:
    """Whether a rewording says what a plain text says: all of it, nothing else, sentence by sentence or in fewer."""
    checker, said = Checker(sentences(plain), frozenset(), names), sentences(text)
    if not said or " ".join(said) != " ".join(text.split()) or len(said) > len(checker.plain):
        return False
    covered: set[int] = set()
    for sentence in said:
        left = [place for place in range(len(checker.plain)) if place not in covered]
        covered |= set(checker.check(sentence, left).answers)
    return len(covered) == len(checker.plain)


def rephrase(plain: str, names: Sequence[str], language: LanguageModel) -> str:
    """The answer in the language model's words, or as it is where those say anything else."""
    budget = 16 + 2 * len(plain.split())
    raw = language.generate(prompt(plain), max_new_tokens=budget).strip().strip('"')
    return raw if same_words(raw, plain, names) else plain


def prompt(plain: str) -> list[dict[str, str]]:
    """The chat that asks for a rephrasing: the rule, a few worked examples, the sentence."""
    turns = [{"role": "system", "content": _SYSTEM}]
    for before, after in (*_EXAMPLES, (plain, "")):
        turns.append({"role": "user", "content": before})
        if after:
            turns.append({"role": "assistant", "content": after})
    return turns


def points_of(timeline: Timeline, names: Sequence[str]) -> frozenset[Point]:
    """Everything that a timeline says of those who are enrolled, and that may be said of them by the scene."""
    known = [one for one in timeline.entities if one.known]
    found = {Point(one.name, what, True) for one in known if one.decision == "absent" for what in ("", "not")}
    present = [one.name for one in known if one.decision == "present"]
    found |= {Point(name, "") for name in present}
    for row in (row for row in timeline.rows if row.holds):
        about = [row.entity] if row.entity else [n for n in present if common(timeline.seen(n), [row.span])]
        if row.entity and row.entity not in present:
            continue
        found |= _points_of_row(row, about, names) | (_points_of_row(row, (), names) if not row.entity else set())
    return frozenset(found)


def _points_of_row(row: Row, about: Sequence[str], names: Sequence[str]) -> frozenset[Point]:
    said = f"{row.colour} {row.value}"
    if row.attribute == "present":
        said = span_told(*row.span)
    elif row.attribute in ("beside", "with"):
        said = f"next to {row.of}" if row.of in names else "next to one person"
    elif row.attribute == "holding":
        said = f"holding {row.value}"
    if row.probability < 1 and row.attribute in ("deed", "place"):
        said = f"probably {said}"
    return read_statement(said, names, about, worn=row.attribute == "worn").points


def contradictions(text: str, about: str, timeline: Timeline, names: Iterable[str] = ()) -> list[str]:
    """How words about one person who is there are at odds with what was measured; empty if they are not.

    Args:
        text: a phrase or sentence.
        about: the person; "" where it may be about several.
        timeline: of the clip.
        names: everyone whom the text must not speak of: all that are enrolled but the person herself.
    """
    known = {name: {row.value for row in timeline.of(about, name)} for name in ("gender", "posture", "side")}
    setting = next((row.value for row in timeline.of("", "setting")), "")
    said = all_words(text)
    other = next((name for name in names if mentioned(text, name)), "")
    gender, pose = said & {"man", "woman"}, {value.split()[0] for value in known["posture"]}
    poses = _POSES - pose | all_words(_ON_FEET if pose and "standing" not in pose else "")
    elsewhere = all_words({"indoors": _OUTDOORS, "outdoors": _INDOORS}.get(setting, ""))
    sides = said & {"left", "right"}
    found = (
        ("denies", said & NEGATIONS),
        (f"names {other}", other),
        ("another gender", known["gender"] and gender and not known["gender"] & gender),
        ("indoors or outdoors", said & elsewhere),
        ("another pose", pose and said & poses),
        ("another side", sides and known["side"] and not sides & known["side"]),
    )
    return [problem for problem, there in found if there]


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

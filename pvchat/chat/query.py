"""What a question asks for, as values: a `Query`, which `reader/` makes of text and `run.py` looks up in a `Timeline`.

No words of a question are in it, only what they mean. "What is the man with glasses doing while Ben is away?" is

    Query("attribute", attribute="deed",
          whom=Whom(such=And((Has("gender", "man"), Has("worn", "glasses")))),
          during=During("while", event=Event(Whom(("Ben",)), Not(Has("present")))))

and `Query.from_dict(query.to_dict())` is the same again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeGuard, TypeVar

from pvchat.chat.spans import Verdict
from pvchat.schemas import QuestionType

Attribute = Literal[
    # of a person
    "present", "gender", "role", "worn", "hair", "deed", "posture", "side", "beside", "left_of", "right_of", "with",
    "alone", "holding", "near", "shot_size", "enters", "leaves",
    # of the scene, or of a person by her scene
    "place", "setting", "light", "background", "thing", "style",
    "speaks", "says", "language", "music",  # what is heard
    "looks",  # only asked for: worn, hair and gender together
]  # fmt: skip
HEARD = ("speaks", "says", "language", "music")
PLACES = ("place", "setting")  # in which of these somebody is
MOVES = ("enters", "leaves")  # moments, of a place where they have a value
TYPES: dict[str, QuestionType] = {  # in the five kinds of the paper
    **dict.fromkeys(("worn", "hair", "gender", "role", "looks"), "appearance"),
    **dict.fromkeys(("deed", "posture", "holding", *HEARD), "action"),
    **dict.fromkeys(
        ("side", "place", "setting", "light", "background", "beside", "left_of", "right_of", "near", "alone", "thing",
         "shot_size", "style"),
        "location",
    ),
    **dict.fromkeys(("present", "with", "enters", "leaves"), "existence"),
}  # fmt: skip
Select = Literal[
    "exists",  # is she there? is anyone? does `where` hold of her?
    "who",  # who are they of whom it holds?
    "count",  # how many?
    "when",  # from when to when?
    "how_long",  # for how many seconds?
    "how_often",  # how many separate times?
    "attribute",  # what does she wear, do …: `Query.attribute`
    "describe",  # everything about her
    "compare",  # which of `whom`, by `rank` or by `attribute`; whether they are the same in `attribute`
    "order",  # who comes one after the other; whether `whom` comes before `versus`
    "shots",  # how many shots, or in which of them she is
    "length",  # how long the video is, or the part that is asked about
    "why",  # what the answer before rests on
    "refuse",  # nothing that can be seen answers it: `Query.refusal` says which kind it is
]
TIMES = ("when", "how_long", "how_often")  # selects that ask when, or for how long, how often, it holds
WHETHER = ("exists", *TIMES)  # … or whether it does at all
Refusal = Literal[
    "unseen",  # about somebody, but nothing that is measured: feelings, age, relations, thoughts, the future
    "sound",  # sound that is not measured
    "camera",  # what the camera does
    "small_talk",  # hello, thanks, who are you
    "wish",  # a command: save this one as Bob, forget Ana, jump to 3:20
    "foreign",  # another language
    "unclear",  # no question that can be read
]
Form = Literal["polar", "wh", "choice", "command"]  # asked for yes or no, for what, for one of two; "tell me …"
Quantifier = Literal["any", "all", "none", "only", "both", "either"]
Relation = Literal["while", "before", "after", "until", "since"]
Unit = Literal[  # of a library: by what its videos are put together; "" is by nothing
    "", "video", "place", "day", "night", "week", "month", "year", "hour", "weekday",
    "day and place",  # a place on a day: "were they ever in the same room on the same day?"
    "scope",  # one of several times and places that a question names: "in the hall or in the garden?"; no word means it
]  # fmt: skip
Per = Literal[
    "",
    "which",  # in which of the units does it hold? the videos one by one
    "count",  # in how many of them?
    "each",  # of each of them by itself: how often a week, who in which room, whether in every room
    "same",  # in the same one?
    "other",  # in different ones?
    "videos",  # of which units are there videos, and how many?
    "ago",  # how long ago?
    "later",  # how long after the time before it?
    "order",  # the earliest first: "show me Ana's videos in order"
]
Bound = Literal["exactly", "at_least", "at_most", "more_than", "fewer_than"]
RankBy = Literal["time", "long", "often", "left", "right", "near", "big"]
T = TypeVar("T")
_NEARLY = 1e-6  # by which numbers may differ and be the same


@dataclass(frozen=True)
class Has:
    """One condition on somebody (or on the scene): an attribute, and the value it must have.

    "with" is being seen at the same time, "beside" right next to each other; without `of` they speak of anybody, or of
    each other where several are asked about; "beside" with the value "between" is left of one of two and right of the
    other, with "behind" or "in front of" by who is in the background. "role" ("doctor") is never measured. "enters" and
    "leaves" are the moments in which somebody is seen anew or no longer, but for the video's own start and end; with a
    value, is seen in that place. "style" is "drawn" or "filmed".
    """

    attribute: Attribute  # which measurement speaks to it
    value: str = ""  # in plain lower case: "jacket", "sitting", "left"; "" is any ("holding something")
    colour: str = ""  # of what is worn or of the hair; "" is any
    of: Whom | None = None  # of relations: whom; of a deed: towards whom ("smiling at", "hugging")


@dataclass(frozen=True)
class And:
    """All of its parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """At least one of its parts holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """Its part is known not to hold."""

    part: Condition


PRESENT = Has("present")
ANYTHING = And(())  # holds of every video, whoever is in it


@dataclass(frozen=True)
class Whom:
    """A set of people."""

    names: tuple[str, ...] = ()  # enrolled people by name; empty: everybody in the video, narrowed by the other fields
    quantifier: Quantifier = "any"  # how many are meant: "Ana and Ben" both, "Ana or Ben" either, "everybody" all
    such: Condition | None = None  # what must hold of them: "the man with glasses"
    known: bool | None = None  # True: enrolled people only; False: strangers only; None: everybody
    besides: tuple[str, ...] = ()  # names that are left out ("who else besides Ana?")
    nth: int = 0  # the n-th of them, from 1 (negative: from the last), in the order of `nth_by`
    nth_by: RankBy = "left"
    unknown: tuple[str, ...] = ()  # names that nobody enrolled bears
    # whether they were called by their names, here or in a question before; else "he" may be who was taken for one
    by_name: bool = field(default=True, compare=False)

    @property
    def called(self) -> tuple[str, ...]:
        """The names that were said; none where only "he" was."""
        return self.names if self.by_name else ()


EVERYBODY = Whom()


@dataclass(frozen=True)
class Event:
    """Something that begins and ends in the video: that `where` holds of `whom`.

    As a condition it speaks of them alone, whoever else is asked about: "when is Ana sitting and Ben standing?" is
    `where=And((Event(ana, sitting), Event(ben, standing)))`.
    """

    whom: Whom
    where: Condition = PRESENT


Condition = Has | And | Or | Not | Event


def is_of(condition: Condition | None, *attributes: str | None) -> TypeGuard[Has]:
    """Whether a condition is a single one, of one of some attributes."""
    return isinstance(condition, Has) and condition.attribute in attributes


def affirmed(condition: Condition | None) -> Condition | None:
    """A condition, or what it denies."""
    return condition.part if isinstance(condition, Not) else condition


def leaves(condition: Condition | None) -> Iterator[Has | Event]:
    """The conditions of somebody, and the events, that a condition is made of."""
    if isinstance(condition, Has | Event):
        yield condition
    elif condition is not None:
        for part in (condition.part,) if isinstance(condition, Not) else condition.parts:
            yield from leaves(part)


def atoms(condition: Condition | None) -> Iterator[Has]:
    """The single conditions that a condition is made of, those of its events included."""
    for one in leaves(condition):
        yield from (one,) if isinstance(one, Has) else atoms(one.where)


def others_in(condition: Condition | None) -> tuple[str, ...]:
    """The names of those to whom a condition sets somebody in a relation: "next to Ana", "smiling at Ben"."""
    return tuple(name for has in atoms(condition) if has.of is not None for name in has.of.names)


def choices_of_deeds(condition: Condition | None) -> Iterator[Has]:
    """Each choice between deeds as one deed, as it is told where they can't be told apart: "eating or drinking"."""
    for one in together(condition):
        if isinstance(one, Or) and all(is_of(part, "deed") for part in one.parts):
            yield Has("deed", " or ".join(has.value for has in atoms(one)))


def events_in(condition: Condition | None) -> list[Event]:
    """The events that a condition is made of; none where it says anything of who is asked about."""
    found = list(leaves(condition))
    return [one for one in found if isinstance(one, Event)] if all(isinstance(one, Event) for one in found) else []


@dataclass(frozen=True)
class During:
    """The part of the video that is asked about.

    Numbers are in `unit`: seconds (negative: from the video's end; where both are the same, that moment), a "share"
    of its length, 0..1, a "shot" from 1 (negative: from the last; to `end_s`, None: this one alone) or an "edge",
    its beginning (0), end (-1) or what follows its beginning (1). "until" is from the video's start to when `event`
    first begins.
    """

    relation: Relation | Literal[""] = ""  # how it lies to `event`; "" where the part is named by numbers
    event: Event | None = None  # what it lies before, after or within
    nth: int = 0  # the n-th time that `event` happens (1 is the first, -1 the last); 0: any time
    start_s: float = 0.0
    end_s: float | None = None  # None: the video's end
    unit: Literal["seconds", "share", "shot", "edge"] = "seconds"


WHOLE = During()


@dataclass(frozen=True)
class Rank:
    """The n-th by a measure: Rank("long") is who is seen longest, Rank("time", -1) who comes last.

    The measure is taken of when `Query.where` holds; "time" is when that begins for the first time, and of a `Not` when
    its part ends for the last time: `where=Not(Has("present"))` with Rank("time") is who leaves first.
    """

    by: RankBy
    k: int = 1


@dataclass(frozen=True)
class Number:
    """A number that somebody thinks it is: "are there more than two?" Seconds for lengths of time.

    With `exists` and `who`: for how many seconds it holds (how many times, if ranked by "often").
    """

    bound: Bound
    value: float

    def within(self, low: float, high: float) -> Verdict:
        """Whether a number that lies between two others is as somebody thinks it is."""
        least, most = self.value - _NEARLY, self.value + _NEARLY
        yes, no = {
            "exactly": (abs(low - self.value) + abs(high - self.value) <= _NEARLY, low > most or high < least),
            "at_least": (low >= least, high < least), "at_most": (high <= most, low > most),
            "more_than": (low > most, high <= most), "fewer_than": (high < least, low >= least),
        }[self.bound]  # fmt: skip
        return "yes" if yes else "no" if no else "unknown"


NEVER = Number("exactly", 0)


@dataclass(frozen=True)
class Query:
    """What one question asks for."""

    select: Select  # what kind of answer it wants
    whom: Whom = EVERYBODY  # about which people
    where: Condition | None = None  # what must hold for a yes, or to be listed, counted, timed; None: being there
    attribute: Attribute | None = None  # which one is asked for by "attribute" and "compare"
    value: str = ""  # narrows the attribute: "what colour is her jacket?" is attribute "worn", value "jacket"
    form: Form = "wh"  # how it is asked
    during: During = WHOLE  # the part of the video
    throughout: bool = False  # all the time, not only at some time ("does she sit the whole time?")
    rank: Rank | None = None  # longest, first, leftmost …
    number: Number | None = None  # how many, or how long, somebody thinks it is
    versus: Whom | None = None  # with whom `whom` is compared ("does Ana come before Ben?")
    refusal: Refusal | None = None  # why nothing can answer
    then: Query | None = None  # a second question asked in the same breath ("…, and what is he wearing?")
    if_so: bool = False  # the second one is only asked if the answer to the first is yes ("if so, where?")
    unit: Unit = ""  # of a library: by what its videos are put together ("which room is she in most?")
    per: Per = ""  # how they are; "which" and "each" only until it is known what is looked up for them

    def to_dict(self) -> dict[str, Any]:
        """As JSON; what is as usual is left out."""
        return _to_json(self)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Query:
        """What `to_dict` wrote.

        Raises:
            ValueError: it isn't that.
        """
        made = _from_json({"is": "Query", **row})
        if not isinstance(made, Query):
            raise ValueError(f"this is a {type(made).__name__}, not a Query")
        return made


def parts_of(value: object, kind: type[T]) -> Iterator[T]:
    """Every part of one kind in a query or a part of it, itself and the second of two questions included, in order."""
    if isinstance(value, kind):
        yield value
    parts = value if isinstance(value, tuple) else map(value.__getattribute__, _FIELDS.get(type(value), ()))
    for part in parts:
        yield from parts_of(part, kind)


def names_in(value: object) -> tuple[str, ...]:
    """Every enrolled name in a query, the second of two questions included, or in a part of it, in order."""
    return tuple(dict.fromkeys(name for whom in parts_of(value, Whom) for name in whom.names))


def by_place(where: And) -> tuple[tuple[Has, ...], tuple[Condition, ...]]:
    """The places among conditions that hold together, and the others: "sitting, in the kitchen"."""
    places = tuple(part for part in where.parts if is_of(part, *PLACES))
    return places, tuple(part for part in where.parts if part not in places)


def together(where: Condition | None) -> tuple[Condition, ...]:
    """The conditions that hold together in one; the other way round `conjunction`."""
    return where.parts if isinstance(where, And) else () if where is None else (where,)


def conjunction(parts: Sequence[Condition]) -> Condition:
    """One or more conditions as one that holds where all of them do."""
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def is_choice(query: Query) -> bool:
    """Whether one of several conditions is asked for: "is she dancing or sitting?"; neither yes nor no answers that."""
    ways = any(isinstance(part, Or) for part in together(query.where))
    return query.form == "choice" and query.select == "exists" and ways


def is_plain(condition: Condition | None) -> bool:
    """Whether nothing but being there is asked."""
    return condition in (None, PRESENT)


def counts_at_once(query: Query) -> bool:
    """Whether it is asked how many people are seen at the same time."""
    return query.select == "count" and query.where == Has("with") and query.whom == EVERYBODY


def counts_people(query: Query) -> bool:
    """Whether so many people are sought: when they are there, or, of a library, in which videos, or where most are."""
    return query.value == "people" or query.select == "count" and query.unit == "video"


def lists_videos(query: Query) -> bool:
    """Whether a library's videos are asked for as such, whoever is in them: all, the newest, the longest."""
    return query.unit == "video" and query.select != "count"


def told_as(query: Query) -> Select:
    """What kind of answer it wants: videos of so many people, or so long, are listed, or counted, as any others are."""
    if query.unit != "video" or query.select not in ("count", "length"):
        return query.select
    return "how_often" if query.per == "count" else "when"


def asks_absence(query: Query) -> bool:
    """Whether it is asked which of all who are enrolled aren't there at all: "who is missing?"."""
    everybody = query.whom == Whom(known=query.whom.known, besides=query.whom.besides)
    asked = query.select in ("exists", "who") and query.where == Not(PRESENT) and query.rank is None
    return asked and everybody and query.during.event is None


def numbers_of(during: During) -> During:
    """Only what a part is named by in numbers."""
    return replace(during, relation="", event=None, nth=0)


def is_numbered(during: During) -> bool:
    """Whether a part is named by numbers."""
    return numbers_of(during) != WHOLE


def without_numbers(query: Query) -> Query:
    """The query as it is asked of a part that was cut out already."""
    then = None if query.then is None else without_numbers(query.then)
    return replace(query, during=replace(query.during, start_s=0.0, end_s=None, unit="seconds"), then=then)


def is_of_sound(query: Query) -> bool:
    """Whether a query asks for what is heard."""
    return query.attribute in HEARD or any(has.attribute in HEARD for has in atoms(query.where))


_KINDS: dict[str, type] = {c.__name__: c for c in (Has, And, Or, Not, Whom, Event, During, Rank, Number, Query)}
_FIELDS = {kind: [one.name for one in fields(kind)] for kind in _KINDS.values()}


def _to_json(value: Any) -> Any:
    """Values as JSON; a record is an object that says in "is" which one, for all but the outermost Query."""
    if isinstance(value, tuple):
        return [_to_json(part) for part in value]
    if type(value).__name__ not in _KINDS:
        return value
    row: dict[str, Any] = {} if isinstance(value, Query) else {"is": type(value).__name__}
    for one in fields(value):
        part = getattr(value, one.name)
        if not (part == one.default and type(part) is type(one.default)):
            row[one.name] = _to_json(part)
    return row


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_from_json(part) for part in value)
    if not isinstance(value, dict):
        return value
    row = dict(value)
    kind = _KINDS.get(row.pop("is", "Query"))
    if kind is None or not set(row) <= {one.name for one in fields(kind)}:
        raise ValueError(f"no part of a query: {value}")
    return kind(**{name: _from_json(part) for name, part in row.items()})

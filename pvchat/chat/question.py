"""A question as it was typed, and what it means: what everything between reader and answer takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pvchat.chat.evidence import one_name_each
from pvchat.chat.query import And, Condition, During, Has, Not, Or, Query, Whom
from pvchat.chat.window import is_numbered
from pvchat.config import MAX_QUESTION
from pvchat.errors import SettingsError
from pvchat.schemas import PersonPresence, QuestionType

_TYPES: dict[str, QuestionType] = {
    **dict.fromkeys(("worn", "hair", "gender", "looks"), "appearance"),
    **dict.fromkeys(("deed", "posture", "holding", "speaks", "says"), "action"),
    **dict.fromkeys(
        ("side", "place", "setting", "light", "background", "beside", "left_of", "right_of", "near", "alone", "thing",
         "shot_size", "on", "style"),
        "location",
    ),
    **dict.fromkeys(("present", "known", "with", "enters", "leaves"), "existence"),
}  # fmt: skip
# What is known without measuring what people do and wear: who is there, when, and where in the picture.
_SEEN_AT_ONCE = ("present", "known", "with", "enters", "leaves", "alone", "beside", "left_of", "right_of", "side",
                 "shot_size", "says")  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        text: as typed.
        query: what it means.
    """

    text: str
    query: Query

    @property
    def type(self) -> QuestionType:
        """What kind of answer it wants, in the five kinds of the paper."""
        query = self.query
        if query.select in ("describe", "why", "refuse"):
            return "other"
        if query.attribute is not None:
            return _TYPES[query.attribute]
        asked = [has.attribute for condition in _asked(query) for has in atoms(condition)]
        return _TYPES[asked[0]] if asked else "existence"

    @property
    def people(self) -> tuple[str, ...]:
        """The enrolled people that it names, in order of mention."""
        return names_in(self.query)

    @property
    def asks_everybody(self) -> bool:
        """Whether it names nobody, or anybody may be a part of the answer."""
        query = self.query
        return not query.whom.names or query.select in ("who", "count") or _compares_with_all(query)

    @property
    def part(self) -> During | None:
        """The part of the clip that it names by numbers; None for all of it."""
        return self.query.during if is_numbered(self.query.during) else None

    @property
    def means_by_looks(self) -> bool:
        """Whether it means somebody by what holds of them ("the man with glasses")."""
        return any(has.attribute not in _SEEN_AT_ONCE for one in people_in(self.query) for has in atoms(one.such))

    @property
    def is_usual(self) -> bool:
        """Whether it asks what the five kinds of questions ask of people by name, and no more."""
        query = self.query
        plain = query.where is None and not query.options and query.rank is None and query.number is None
        return plain and query.then is None and query.select in ("exists", "who", "attribute", "describe")

    def about(self, everyone: Sequence[PersonPresence]) -> list[PersonPresence]:
        """Of everyone's presences those it is about: all, a sighting to each, where it names nobody."""
        if self.query.select == "refuse" and not self.people:
            return []
        if self.asks_everybody:
            return one_name_each(everyone)
        return [p for p in everyone if p.name in self.people]


def people_in(query: Query) -> list[Whom]:
    """Every set of people in a query, those of its relations and of its event too."""
    event = query.during.event
    whom = [one for one in (query.whom, query.versus, None if event is None else event.whom) if one is not None]
    conditions = [*_asked(query), *(one.such for one in whom), None if event is None else event.where]
    return [*whom, *(has.of for condition in conditions for has in atoms(condition) if has.of is not None)]


def names_in(query: Query) -> tuple[str, ...]:
    """Every enrolled name in a query, and in the second one of two, in order."""
    then = names_in(query.then) if query.then is not None else ()
    return tuple(dict.fromkeys((*(name for one in people_in(query) for name in one.names), *then)))


def measured_in(query: Query) -> bool:
    """Whether its answer may say more than who is there, where and when."""
    if query.then is not None and measured_in(query.then):
        return True
    if query.select in ("describe", "why") or query.attribute not in (None, *_SEEN_AT_ONCE):
        return True
    return any(has.attribute not in _SEEN_AT_ONCE for condition in _conditions(query) for has in atoms(condition))


def asks_of_things(query: Query) -> bool:
    """Whether it asks for things, of which a clip must be searched."""
    held = ("thing", "holding", "near")
    asked = any(has.attribute in held for condition in _conditions(query) for has in atoms(condition))
    return asked or query.attribute in held or query.then is not None and asks_of_things(query.then)


def asks_of_sound(query: Query) -> bool:
    """Whether it asks for what is heard, for which a clip must be listened to."""
    heard = any(has.attribute in ("speaks", "says") for condition in _conditions(query) for has in atoms(condition))
    return heard or query.attribute == "says" or query.then is not None and asks_of_sound(query.then)


def _asked(query: Query) -> tuple[Condition, ...]:
    """The conditions that are asked for."""
    return (*(() if query.where is None else (query.where,)), *query.options)


def _conditions(query: Query) -> list[Condition | None]:
    """All conditions of a query, also those that say who is meant and when."""
    event = query.during.event
    return [*_asked(query), *(one.such for one in people_in(query)), None if event is None else event.where]


def _compares_with_all(query: Query) -> bool:
    """Whether others than those who are named make the answer: who is with her, who stands left of her, she alone?"""
    asked = [has for condition in _asked(query) for has in atoms(condition)]
    return query.attribute in ("with", "beside") or any(has.attribute == "alone" for has in asked)


def atoms(condition: Condition | None) -> Iterator[Has]:
    """The single conditions that a condition is made of."""
    if isinstance(condition, Has):
        yield condition
    elif isinstance(condition, Not):
        yield from atoms(condition.part)
    elif isinstance(condition, And | Or):
        for part in condition.parts:
            yield from atoms(part)


def require_short(text: object) -> None:
    """Raise SettingsError where a question is no text, or too long to be read."""
    if not isinstance(text, str):
        raise SettingsError(f"a question is text, not {type(text).__name__}.", hint="Ask something.")
    if len(text) > MAX_QUESTION:
        what = f"a question has at most {MAX_QUESTION:,} characters, not {len(text):,}."
        raise SettingsError(what, subject=f"{text[:40]}…", hint="Ask in fewer words, or several questions.")

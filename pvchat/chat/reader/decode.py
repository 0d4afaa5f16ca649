"""From the reader's labels to a `Query`: heads say what is asked, slots of whom and under which conditions.

In: the labels of one question and its slots. Out: a well-typed `Query`, in which "she" and "they" are names already
where the slots say so (`history.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from pvchat.chat.conditions import BETWEEN
from pvchat.chat.query import (
    EVERYBODY,
    WHOLE,
    And,
    Attribute,
    Bound,
    Condition,
    During,
    Event,
    Form,
    Has,
    Not,
    Number,
    Or,
    Quantifier,
    Query,
    Rank,
    RankBy,
    Refusal,
    Relation,
    Select,
    Whom,
)
from pvchat.chat.reader.slots import COLOURS, Slot
from pvchat.chat.reader.timewords import counted
from pvchat.chat.vocabulary import word_set

_PEOPLE = ("name", "unknown", "pronoun", "stranger", "nth")  # kinds of slots that say who, and aren't conditions
_OF_ONE = ("attribute", "describe", "exists", "when", "how_long", "how_often")  # a rank says of whom
_CALLED = ("name", "unknown")
_RELATIONS = ("with", "beside", "left_of", "right_of")
_BETWEEN = word_set("between sandwiched middle either each")
_GOING = word_set("leave leaves left leaving go goes went disappear disappears disappeared exit exits exited")
_COMING = word_set(
    """come comes came coming enter enters entered entering arrive arrives arrived arriving appear appears appeared show
    shows showed walk walks walked turn turns turned join joins joined"""
)
_NTH = {"any": 0, "first": 1, "second": 2, "third": 3, "last": -1}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1, "1st": 1, "2nd": 2, "3rd": 3,
             "4th": 4, "other": 2, "next": 2}  # fmt: skip


def query_of(heads: dict[str, str], slots: Sequence[Slot], part: During = WHOLE) -> Query:
    """The query that some heads and slots mean.

    Args:
        heads: of `labels.HEADS`.
        slots: of the question, in order.
        part: of the video, by the clock.
    """
    heads, slots = _identified(heads, slots)
    whom, conditions = whom_of(slots, "S", heads), conditions_of(slots, "P")
    during = _during(heads, slots, part, conditions)
    if heads["select"] == "refuse":
        return Query("refuse", refusal=cast(Refusal, heads["refusal"]), whom=whom, during=during)
    whom, conditions = _together(whom, conditions)
    if whom.quantifier == "only" and whom.names and whom.such is not None and not conditions:  # "is it just Ana who …?"
        whom, conditions = replace(whom, such=None), [whom.such]
    if len(whom.names) > 1 and whom.quantifier == "any" and any(_is_bare(one) for one in conditions):
        whom = replace(whom, quantifier="both")  # with each other
    if heads["throughout"] == "ever":
        heads, conditions = _at_some_time(heads, whom, conditions)
    if conditions == [And((Not(Has("with")),))]:  # apart: whoever of them is without the other
        whom = replace(whom, quantifier="any")
    conditions = list(dict.fromkeys(_moving(one, heads, slots, during) for one in conditions))
    alike = not any(slot.role == "F" for slot in slots) or Has("enters") in conditions or Has("leaves") in conditions
    if heads["select"] in ("who", "count") and alike:  # who else does so "while Ben does", who comes "while he sits"
        whom = replace(whom, besides=(*whom.besides, *(s.name for s in slots if s.role == "E" and s.name)))
    rank, number = _rank(heads, slots), number_of(heads, slots)
    if rank is not None and number is None and _picks(heads, whom):  # "what is the leftmost man wearing?"
        whom, rank = replace(whom, nth=rank.k, nth_by=rank.by), None
    if heads["select"] == "order" and (happens := conditions_of(slots, "F")):  # "does Ana leave before Ben comes?"
        during = _held_against(heads, slots, happens, during)
        slots = [slot for slot in slots if slot.role != "V"]
    asked = None if heads["attribute"] == "none" else cast(Attribute, heads["attribute"])
    value, conditions = _narrowed(asked, heads, conditions)
    on = next((s.value for s in slots if s.role == "O" and s.kind == "thing"), "")
    if asked == "thing" and on:  # "what is on the table?"
        asked, value = "on", on
    if asked == "place" and whom == EVERYBODY and any(_is_thing(one) for one in conditions):  # "where is the cup?"
        heads, asked = heads | {"select": "exists"}, None
    choice = heads["form"] == "choice" and len(conditions) > 1
    versus = whom_of(slots, "V", heads | {"quantifier": "any", "known": "any"})
    if heads["select"] == "compare" and asked is not None and rank is None:  # alike in something: one set of people
        whom, versus = replace(whom, names=(*whom.names, *versus.names)), EVERYBODY
    if heads["select"] == "compare" and asked is None and rank is None and heads["end"] == "last":  # fewer than
        whom, versus = versus, whom
    if heads["select"] == "order" and versus != EVERYBODY and heads["relation"] == "after":
        during = replace(during, relation="after")
    throughout = heads["throughout"] == "yes" and heads["select"] != "count"
    return Query(
        cast(Select, heads["select"]), whom, None if choice else joined(conditions, heads["join"]), asked, value,
        cast(Form, heads["form"]), during, throughout, rank, number,
        None if versus == EVERYBODY else versus, tuple(conditions) if choice else (),
    )  # fmt: skip


def _picks(heads: dict[str, str], whom: Whom) -> bool:
    """Whether a rank says whom a question is about, not what it asks for."""
    return heads["select"] in _OF_ONE and heads["follow"] == "none" and not whom.names


def _is_thing(condition: Condition) -> bool:
    return isinstance(condition, Has) and condition.attribute == "thing"


def _narrowed(
    asked: Attribute | None, heads: dict[str, str], conditions: list[Condition]
) -> tuple[str, list[Condition]]:
    """The value that an attribute is asked for, where there is one ("what colour is her jacket?"), and the rest."""
    if heads["select"] != "attribute" or heads["form"] == "choice":
        return "", conditions
    own = [c for c in conditions if isinstance(c, Has) and c.attribute == asked and not c.of]
    return (own[0].value, [c for c in conditions if c not in own]) if own else ("", conditions)


def whom_of(slots: Sequence[Slot], role: str, heads: dict[str, str]) -> Whom:
    """The people whom the slots of one role mean."""
    own = [s for s in slots if s.role == role]
    if not own and heads["known"] == "any" and heads["quantifier"] == "any" and role != "S":
        return EVERYBODY
    mine = role == "S"
    nth = next((s for s in own if s.kind == "nth"), None)
    known = {"known": True, "strangers": False}.get(heads["known"] if mine else "any")
    names = tuple(dict.fromkeys(s.name for s in own if s.name))
    return Whom(
        names=names,
        quantifier=_quantifier(heads, role, own),
        such=joined(conditions_of(slots, role), "and"),
        known=False if any(s.kind == "stranger" for s in own) else known,
        besides=tuple(s.name for s in slots if s.role == "X" and s.name and s.name not in names) if mine else (),
        nth=0 if nth is None else _ordinal(nth),
        nth_by=cast(RankBy, heads["nth_by"]) if nth is not None else "left",
        unknown=tuple(dict.fromkeys(s.typed for s in own if s.kind == "unknown")),
    )


def _ordinal(slot: Slot) -> int:
    """The number of "second" or "the third one"."""
    words = (*slot.typed.lower().split(), slot.value)
    return next((_ORDINALS[word] for word in words if word in _ORDINALS), 1)


def _quantifier(heads: dict[str, str], role: str, own: Sequence[Slot]) -> Quantifier:
    """How many are meant: one alone is neither both nor either; "they", and several in an event, are both."""
    told = cast(Quantifier, heads["quantifier"]) if role == "S" else "any"
    if role == "E" and (every := next((s for s in own if s.kind == "number"), None)):
        return "none" if every.value.startswith("no") else "all"
    named = [slot for slot in own if slot.name]
    they = role == "S" and len({slot.at for slot in named}) == 1  # one word for several
    if len(named) > 1 and told == "any" and (they or role == "E" and not named[-1].after_or):
        return "both"
    return "any" if len(named) == 1 and told in ("both", "either", "all") else told


def conditions_of(slots: Sequence[Slot], role: str) -> list[Condition]:
    """The conditions that the slots of one role set, in order."""
    own = [s for s in slots if s.role == role and s.kind not in (*_PEOPLE, "number")]
    colours = _colours(own)
    made: list[Condition] = []
    for slot in own:
        if slot.kind == "colour" and slot not in colours.values():
            made.append(_maybe_not(Has("worn", "", slot.value), slot.denied))
        elif slot.kind != "colour":
            colour = colours.get(slot.at)
            made += _with_colour(slot, colour, slots)
    return list(dict.fromkeys(made))


def _with_colour(slot: Slot, colour: Slot | None, slots: Sequence[Slot]) -> list[Condition]:
    """A slot's condition with its colour; "a shirt that isn't white" is a shirt, and no white one."""
    if colour is not None and colour.denied and not slot.denied:
        return [_has(slot, "", slots), Not(_has(slot, colour.value, slots))]
    return [_maybe_not(_has(slot, "" if colour is None else colour.value, slots), slot.denied)]


def _has(slot: Slot, colour: str, slots: Sequence[Slot]) -> Has:
    kind = cast(Attribute, slot.kind)
    if slot.kind in _RELATIONS:
        of = _object(slot, slots)
        if slot.kind == "beside" and _BETWEEN & {*slot.value.split()} and of is not None and len(of.names) == 2:
            return Has(kind, BETWEEN, of=replace(of, quantifier="all"))
        return Has(kind, of=of)
    if slot.kind in ("present", "alone"):
        return Has(kind)
    if slot.kind == "hair":
        return _hair(slot.value.split(), colour)
    return Has(kind, slot.value, colour)


def _hair(words: Sequence[str], colour: str) -> Has:
    """Such as "long dark hair", "a beard", "blonde"."""
    plain = " ".join(word for word in words if word not in (*COLOURS, "is", "are"))  # "whose hair is grey?"
    return Has("hair", plain or "hair", colour or " ".join(word for word in words if word in COLOURS))


def _object(relation: Slot, slots: Sequence[Slot]) -> Whom | None:
    """Whom a relation holds with: the people of role O that come after it, and before another relation does."""
    later = [s.at for s in slots if s.kind in _RELATIONS and s.at > relation.at and s.role != "O"]
    until = min(later, default=10**6)
    own = [s for s in slots if s.role == "O" and relation.at < s.at < until]
    own = own or [s for s in slots if s.role == "O"]  # "whom is she next to?"
    quantifier = "either" if any(s.after_or for s in own) else "both" if len(own) > 1 else "any"
    whom = whom_of(own, "O", {"known": "any", "quantifier": "any", "nth_by": "left"})
    return (
        None if whom == EVERYBODY else replace(whom, quantifier=cast(Quantifier, quantifier if whom.names else "any"))
    )


def _colours(slots: Sequence[Slot]) -> dict[int, Slot]:
    """Which colour belongs to which garment, by the garment's place: the nearest one, one before it first."""
    free = [s for s in slots if s.kind == "colour"]
    found: dict[int, Slot] = {}
    for garment in (s for s in slots if s.kind in ("worn", "hair")):
        before = [c for c in free if c.at < garment.at and not _between(slots, c.at, garment.at)]
        after = [c for c in free if c.at > garment.at and not _between(slots, garment.at, c.at)]
        if nearest := before[-1:] or after[:1]:
            found[garment.at] = nearest[0]
            free.remove(nearest[0])
    return found


def _between(slots: Sequence[Slot], start: int, end: int) -> bool:
    return any(start < s.at < end for s in slots)


def joined(conditions: Sequence[Condition], word: str) -> Condition | None:
    """Several conditions as one; what is denied is denied of all: "no hat or glasses", "sits or stands, not lies"."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    denied = tuple(one for one in conditions if isinstance(one, Not))
    said = tuple(one for one in conditions if one not in denied)
    if word == "and" or not said:
        return And(tuple(conditions))
    return And((Or(said), *denied)) if denied and len(said) > 1 else Or(tuple(conditions))


def _maybe_not(condition: Condition, denied: bool) -> Condition:
    return Not(condition) if denied else condition


def _identified(heads: dict[str, str], slots: Sequence[Slot]) -> tuple[dict[str, str], Sequence[Slot]]:
    """With whom a question calls by name at its end as whom it is about: "is the man in red Ben?" asks whether Ben is a
    man in red, "is the second one Ben?" whether he comes second.
    """
    called = {slot.role for slot in slots if slot.kind in _CALLED}
    if "P" not in called or "S" in called:
        return heads, slots
    turned = {"P": "S", "S": "P"}
    made = [
        replace(s, role=turned[s.role]) if s.role == "S" or s.role == "P" and s.kind in _CALLED else s for s in slots
    ]
    counted_along = heads["rank"] == "none" and any(s.role == "P" and s.kind == "nth" for s in made)
    return heads | ({"rank": heads["nth_by"]} if counted_along else {}), made


def _at_some_time(
    heads: dict[str, str], whom: Whom, conditions: list[Condition]
) -> tuple[dict[str, str], list[Condition]]:
    """What "ever" asks for: of all or none of several a time when it holds of them at once; of what is denied a time
    when it doesn't hold, not that it never does.
    """
    if heads["select"] == "exists" and whom.quantifier in ("all", "none", "only"):
        return heads | {"select": "when", "form": "polar"}, conditions
    if len(conditions) == 1 and isinstance(conditions[0], Not):
        return heads, [And((conditions[0],))]
    return heads, conditions


def _is_bare(condition: Condition) -> bool:
    """Whether it is a relation to nobody in particular."""
    return isinstance(condition, Has) and condition.attribute in _RELATIONS and condition.of is None


def _together(whom: Whom, conditions: list[Condition]) -> tuple[Whom, list[Condition]]:
    """Without "at the same time", where something else is asked of several people: that holds of them at once."""
    plain = [c for c in conditions if c != Has("with")]
    if len(plain) == len(conditions) or not plain:
        return whom, conditions
    return (replace(whom, quantifier="both") if len(whom.names) > 1 else whom), plain


def _during(heads: dict[str, str], slots: Sequence[Slot], part: During, conditions: Sequence[Condition] = ()) -> During:
    """The part that is asked about; "the second time" alone is the second time that who is asked about is seen, "while
    Ben does" while the same holds of Ben.
    """
    nth = _NTH[heads["event_nth"]]
    told, about = conditions_of(slots, "F"), whom_of(slots, "E", heads)
    if heads["relation"] == "none" and not nth or heads["select"] == "when" and not told and about == EVERYBODY:
        return part
    if not told and about == EVERYBODY and not nth:
        return part
    if not told and about != EVERYBODY and heads["relation"] == "while":
        told = list(conditions)
    about = whom_of(slots, "S", heads) if about == EVERYBODY else about
    relation = "while" if heads["relation"] == "none" else heads["relation"]
    return replace(
        part, relation=cast(Relation, relation), event=Event(about, joined(told, "and") or Has("present")), nth=nth
    )


def _held_against(heads: dict[str, str], slots: Sequence[Slot], happens: list[Condition], part: During) -> During:
    """What happens of whom, before or after which something else is asked to happen."""
    whom = whom_of(slots, "V", heads)
    whom = whom_of(slots, "E", heads) if whom == EVERYBODY else whom
    relation = "before" if heads["relation"] == "none" else heads["relation"]
    return replace(part, relation=cast(Relation, relation), event=Event(whom, joined(happens, "and") or Has("present")))


def _moving(condition: Condition, heads: dict[str, str], slots: Sequence[Slot], during: During) -> Condition:
    """Coming and going as moments, where that is asked for ("who came in while Ben sat?", "when does Ben leave?")."""
    plain = heads["rank"] == "none" and heads["select"] != "order"
    if condition not in (Has("present"), Not(Has("present"))) or not plain:
        return condition
    said = {word for s in slots if s.role == "P" and s.kind == "present" for word in s.typed.lower().split()}
    if said & _GOING and heads["select"] in ("when", "who", "count") or said & _GOING and during.event is not None:
        return Has("leaves")
    return Has("enters") if said & _COMING and during.event is not None else condition


def _rank(heads: dict[str, str], slots: Sequence[Slot]) -> Rank | None:
    nth = next((s for s in slots if s.role in ("P", "F") and s.kind == "nth"), None)
    if heads["select"] == "when" and (nth is not None or heads["event_nth"] != "any") and heads["relation"] == "none":
        return Rank("time", _NTH[heads["event_nth"]] or (1 if nth is None else _ordinal(nth)))
    if heads["rank"] == "none":
        return None
    place = 1 if nth is None else _ordinal(nth)
    return Rank(cast(RankBy, heads["rank"]), -place if heads["end"] == "last" and place > 0 else place)


def number_of(heads: dict[str, Any], slots: Sequence[Slot]) -> Number | None:
    """The number that somebody thinks it is."""
    told = next((s for s in slots if s.kind == "number" and s.role != "E"), None)
    value = None if told is None else counted(told.typed.lower())
    if value is None and heads["select"] == "how_often" and heads["form"] == "polar":  # "does she come back?"
        return Number("more_than", 1)
    if value is None:
        return None
    return Number(cast(Bound, "exactly" if heads["bound"] == "none" else heads["bound"]), value)

"""From the reader's labels to a `Query`: heads say what is asked, slots of whom and under which conditions.

In: the labels of one question and its slots. Out: a well-typed `Query`, in which "she" and "they" are names already
where the slots say so (`history.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from pvchat.chat.conditions import RELATIONS
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
    Query,
    Rank,
    RankBy,
    Refusal,
    Relation,
    Select,
    Whom,
)
from pvchat.chat.reader.slots import (
    COMING,
    GOING,
    Slot,
    begins,
    canonical,
    conditions_of,
    is_known,
    joined,
    ordinal,
    whom_of,
)
from pvchat.chat.reader.timewords import counted

_OF_ONE = ("attribute", "describe", "exists", "when", "how_long", "how_often")  # a rank says of whom
_SCENE = ("place", "setting", "light", "background")  # what may be asked of a video as a whole
_CALLED = ("name", "unknown")
_NTH = {"any": 0, "first": 1, "second": 2, "third": 3, "last": -1}


def query_of(heads: dict[str, str], slots: Sequence[Slot], part: During = WHOLE) -> Query:
    """The query that some heads and slots mean.

    Args:
        heads: of `labels.HEADS`.
        slots: of the question, in order.
        part: of the video, by the clock.
    """
    heads, slots = _identified(heads, _event_roles(heads, slots))
    slots = _two_sides(slots) if heads["select"] == "compare" else slots
    whom, conditions = whom_of(slots, "S", heads), conditions_of(slots, "P")
    during = _during(heads, slots, part, conditions)
    if heads["select"] == "refuse":
        return Query("refuse", refusal=cast(Refusal, heads["refusal"]), whom=whom, during=during)
    heads, whom, conditions = _together(heads, whom, conditions)
    such = whom.such if whom.quantifier == "only" and whom.names and not conditions else None
    if such is not None:  # "is it just Ana who talks?"
        whom, conditions = replace(whom, such=None), [such]
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
    if heads["select"] == "exists" and whom.nth > 1 and not conditions:  # "is there a third person?"
        heads, number = heads | {"select": "count"}, Number("at_least", whom.nth)
        whom = replace(whom, nth=0)
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
    if heads["select"] == "exists" and asked in _SCENE and whom == EVERYBODY and not conditions:  # "is the light on?"
        heads = heads | {"select": "attribute", "form": "wh"}
    where = joined(conditions, "or" if heads["form"] == "choice" else heads["join"])
    if heads["form"] == "choice" and heads["select"] == "attribute" and len(conditions) > 1:
        heads, asked, where = _chosen(heads, asked, conditions, where)
    versus = whom_of(slots, "V", heads | {"quantifier": "any", "known": "any"})
    if heads["select"] == "compare" and rank is None:
        whom, versus = _compared(whom, versus, asked is not None, heads["end"] == "last")
    if heads["select"] == "order" and versus != EVERYBODY and heads["relation"] == "after":
        during = replace(during, relation="after")
    throughout = heads["throughout"] == "yes" and heads["select"] != "count"
    return Query(
        cast(Select, heads["select"]), whom, where, asked, value,
        cast(Form, heads["form"]), during, throughout, rank, number,
        None if versus == EVERYBODY else versus,
    )  # fmt: skip


def _chosen(
    heads: dict[str, str], asked: Attribute | None, conditions: Sequence[Condition], where: Condition | None
) -> tuple[dict[str, str], Attribute | None, Condition | None]:
    """Heads, attribute and condition of a choice: "left or right of Ben?" asks which of the two holds, "sitting or
    standing?" for her posture.
    """
    if any(isinstance(one, Has) and one.of is not None for one in conditions):
        return heads | {"select": "exists"}, None, where
    return heads, asked, None


def _compared(whom: Whom, versus: Whom, alike: bool, fewer: bool) -> tuple[Whom, Whom]:
    """Who is held against whom: all together where they may be alike; those who may be more against the others."""
    if alike:
        return replace(whom, names=(*whom.names, *versus.names)), EVERYBODY
    return (versus, whom) if fewer else (whom, versus)


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


def _event_roles(heads: dict[str, str], slots: Sequence[Slot]) -> Sequence[Slot]:
    """With a thing as an event ("while the dog is there"), and who is held against somebody as whom an event is about,
    where nothing is compared ("before she leaves").
    """
    about = [slot for slot in slots if slot.role == "E" or slot.role == "F" and slot.kind == "deed"]
    if len(about) == 1 and about[0].kind in ("deed", "thing") and is_known("thing", about[0].value):
        thing = replace(about[0], role="F", kind="thing", value=canonical("thing", about[0].value))
        slots = [thing if slot is about[0] else slot for slot in slots]
    if heads["select"] in ("order", "compare") or not any(slot.role == "F" for slot in slots):
        return slots
    return [replace(slot, role="E") if slot.role == "V" else slot for slot in slots]


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
    return heads | {"join": "and"} | ({"rank": heads["nth_by"]} if counted_along else {}), made


def _two_sides(slots: Sequence[Slot]) -> Sequence[Slot]:
    """With those after "or" as whom the others are held against, unless all are named: "the woman in white or Ines"."""
    own = [slot for slot in slots if slot.role == "S"]
    later = next((own[i:] for i, slot in enumerate(own) if i and slot.after_or), [])
    if all(slot.name for slot in own):
        return slots
    return [replace(slot, role="V") if slot in later else slot for slot in slots]


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
    return isinstance(condition, Has) and condition.attribute in RELATIONS and condition.of is None


def _together(
    heads: dict[str, str], whom: Whom, conditions: list[Condition]
) -> tuple[dict[str, str], Whom, list[Condition]]:
    """Without "at the same time", where something else is asked: that holds at once, of several people all together."""
    plain = [c for c in conditions if c != Has("with")]
    if len(plain) == len(conditions) or not plain:
        return heads, whom, conditions
    if len(whom.names) < 2:
        return heads, whom, [And((And(tuple(plain)),))] if len(plain) > 1 else plain
    at_some_time = {"select": "when", "form": "polar"} if heads["select"] == "exists" else {}
    return heads | at_some_time, replace(whom, quantifier="both"), plain


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
    scene = told and all(isinstance(one, Has) and one.attribute == "thing" for one in told)
    about = whom_of(slots, "S", heads) if about == EVERYBODY and not scene else about
    relation = "while" if heads["relation"] == "none" else heads["relation"]
    if relation == "after" and any(begins(slot) for slot in slots if slot.role == "F"):
        relation = "since"
    return replace(
        part, relation=cast(Relation, relation), event=Event(about, joined(told, "and") or Has("present")), nth=nth
    )


def _held_against(heads: dict[str, str], slots: Sequence[Slot], happens: list[Condition], part: During) -> During:
    """What happens of whom, before or after which something else is asked to happen."""
    whom = whom_of(slots, "V", heads)
    whom = whom_of(slots, "E", heads) if whom == EVERYBODY else whom
    whom = whom_of(slots, "S", heads) if whom == EVERYBODY else whom
    relation = "before" if heads["relation"] == "none" else heads["relation"]
    return replace(part, relation=cast(Relation, relation), event=Event(whom, joined(happens, "and") or Has("present")))


def _moving(condition: Condition, heads: dict[str, str], slots: Sequence[Slot], during: During) -> Condition:
    """Coming and going as moments, where that is asked for ("who came in while Ben sat?", "when does Ben leave?")."""
    plain = heads["rank"] == "none" and heads["select"] != "order"
    if condition not in (Has("present"), Not(Has("present"))) or not plain:
        return condition
    said = {word for s in slots if s.role == "P" and s.kind == "present" for word in s.typed.lower().split()}
    if said & GOING and heads["select"] in ("when", "who", "count") or said & GOING and during.event is not None:
        return Has("leaves")
    return Has("enters") if said & COMING and during.event is not None else condition


def _rank(heads: dict[str, str], slots: Sequence[Slot]) -> Rank | None:
    nth = next((s for s in slots if s.role in ("P", "F") and s.kind == "nth"), None)
    if heads["select"] == "when" and (nth is not None or heads["event_nth"] != "any") and heads["relation"] == "none":
        return Rank("time", _NTH[heads["event_nth"]] or (1 if nth is None else ordinal(nth)))
    if heads["rank"] == "none" and heads["select"] in ("exists", "who") and _counts_times(slots):
        return Rank("often")
    if heads["rank"] == "none":
        return None
    place = 1 if nth is None else ordinal(nth)
    return Rank(cast(RankBy, heads["rank"]), -place if heads["end"] == "last" and place > 0 else place)


def _counts_times(slots: Sequence[Slot]) -> bool:
    """Whether a number is one of times: "does anybody drink twice?"."""
    said = {word for slot in slots if slot.kind == "number" for word in slot.typed.lower().split()}
    return bool(said & {"once", "twice", "times"})


def number_of(heads: dict[str, Any], slots: Sequence[Slot]) -> Number | None:
    """The number that somebody thinks it is."""
    told = next((s for s in slots if s.kind == "number" and s.role not in ("E", "F")), None)
    value = None if told is None else counted(told.typed.lower())
    if value is None and heads["select"] == "how_often" and heads["form"] == "polar":  # "does she come back?"
        return Number("more_than", 1)
    if value is None:
        return None
    return Number(cast(Bound, "exactly" if heads["bound"] == "none" else heads["bound"]), value)

"""Makes a `Query` of what the network says: heads say what is asked, slots of whom and under which conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pvchat.chat import query as queries
from pvchat.chat.conditions import RELATIONS
from pvchat.chat.english import ORDINALS
from pvchat.chat.query import EVERYBODY, PRESENT, WHOLE, And, Condition, During, Event, Has, Not, Query, Rank, Whom
from pvchat.chat.reader.network import Heads
from pvchat.chat.reader.slots import COMING, GOING, Slot, conditions_of, joined, kind_of, whom_of, words_of
from pvchat.chat.reader.timewords import counted
from pvchat.chat.timeline import is_of_scene

_OF_ONE = ("attribute", "describe", *queries.WHETHER)  # a rank says of whom
_CALLED = ("name", "unknown")  # kinds of slots that call somebody by name, enrolled or not
_NTH = ORDINALS | {"any": 0}  # what the head "event_nth" says
_NONE = ("no", "zero", "none", "without", "without any", "without a")


def query_of(heads: Heads, slots: Sequence[Slot], part: During = WHOLE) -> Query:
    """The query that some heads and slots mean.

    Args:
        heads: of `network.HEADS`.
        slots: of the question, in order.
        part: of the video, by the clock.
    """
    heads, slots = _identified(heads, slots)
    slots = _two_sides(slots) if heads["select"] == "compare" else slots
    whom, conditions = whom_of(slots, "S", heads), conditions_of(slots, "P")
    during = _during(heads, slots, part, conditions)
    if heads["select"] == "refuse":
        whom = replace(whom, unknown=()) if heads["refusal"] == "wish" else whom  # "rename Ana to Anna"
        return Query("refuse", refusal=heads["refusal"], whom=whom, during=during)
    whom, conditions = _of_whom_asked(heads, whom, conditions)
    conditions = list(dict.fromkeys(_moving(one, heads, slots, during) for one in conditions))
    alike = not any(slot.role == "F" for slot in slots) or Has("enters") in conditions or Has("leaves") in conditions
    if heads["select"] in ("who", "count") and alike:  # who else does so "while Ben does", who comes "while he sits"
        whom = replace(whom, besides=(*whom.besides, *(s.name for s in slots if s.role == "E" and s.name)))
    rank, number = _rank(heads, slots), number_of(heads, slots)
    if heads["select"] == "exists" and whom.nth > 1 and not conditions:  # "is there a third person?"
        heads["select"], number, whom = "count", queries.Number("at_least", whom.nth), replace(whom, nth=0)
    if rank is not None and number is None and _picks(heads, whom, conditions):  # "what does the leftmost man wear?"
        whom, rank = whom if whom.nth else replace(whom, nth=rank.k, nth_by=rank.by), None
    if heads["select"] == "order" and (happens := conditions_of(slots, "F")):  # "does Ana leave before Ben comes?"
        during = _held_against(heads, slots, happens, during)
        slots = [slot for slot in slots if slot.role != "V"]
    asked, value, where = _asked(heads, whom, conditions, slots)
    versus = whom_of(slots, "V", heads | {"quantifier": "any", "known": "any"})
    if heads["select"] == "compare" and rank is None:
        if asked is not None:  # whether they are alike: all together
            whom, versus = replace(whom, names=(*whom.names, *versus.names)), EVERYBODY
        elif heads["end"] == "last":  # those who may be more against the others
            whom, versus = versus, whom
    if heads["select"] == "order" and versus != EVERYBODY and heads["relation"] == "after":
        during = replace(during, relation="after")
    throughout = heads["throughout"] == "yes" and heads["select"] != "count"
    by = {name: heads[name] for name in ("unit", "per") if heads[name] != "none"}  # of a library
    return Query(
        heads["select"], whom, None if where == PRESENT else where, asked, value, heads["form"], during, throughout,
        rank, number, None if versus == EVERYBODY else versus, **by,
    )  # fmt: skip


def _identified(heads: Heads, slots: Sequence[Slot]) -> tuple[Heads, Sequence[Slot]]:
    """With whom a question calls by name at its end as whom it is about: "is the man in red Ben?", "is she second?"."""
    called = {slot.role for slot in slots if slot.kind in _CALLED and slot.value != (slot.name or None)}  # no pronouns
    if "P" not in called or "S" in called or heads["select"] == "why":  # "are you sure? it could be Ben" is of Ana
        return dict(heads), slots
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


def _of_whom_asked(heads: Heads, whom: Whom, conditions: list[Condition]) -> tuple[Whom, list[Condition]]:
    """People and conditions, and in place the heads, as they go together: "are Ana and Ben ever sitting at the same
    time?" asks when both are, "are they apart?" whether either is without the other.
    """
    if whom == Whom(quantifier="only", besides=whom.besides) != Whom(quantifier="only"):  # "nobody but Ana sits"
        whom = Whom(whom.besides, "only")
    plain = [one for one in conditions if one != Has("with")]  # without "at the same time"
    if plain and len(plain) < len(conditions) and len(whom.names) < 2:
        conditions = [And((And(tuple(plain)),))] if len(plain) > 1 else plain
    elif plain and len(plain) < len(conditions):
        whom, conditions = replace(whom, quantifier="both"), plain
        heads |= {"select": "when", "form": "polar"} if heads["select"] == "exists" else {}
    told = heads["select"] in ("attribute", "describe", "how_long", "how_often")
    if whom.names and whom.such is not None and (told or whom.quantifier == "only" and not conditions):
        conditions, whom = [*conditions, whom.such], replace(whom, such=None)  # "what is Ana, in the kitchen, doing?"
    denied = len(conditions) == 1 and isinstance(conditions[0], Not)
    if heads["throughout"] == "ever" and heads["select"] == "exists" and whom.quantifier in ("all", "none", "only"):
        heads |= {"select": "when", "form": "polar"}  # a time when it holds of all of them, or none, at once
    elif heads["throughout"] == "ever" and heads["select"] != "when" and denied:
        conditions = [And((conditions[0],))]  # a time when it doesn't hold, not that it never does
    if conditions == [And((Not(Has("with")),))]:  # apart: whoever of them is without the other
        whom = replace(whom, quantifier="any")
    return whom, conditions


def _asked(
    heads: Heads, whom: Whom, conditions: list[Condition], slots: Sequence[Slot]
) -> tuple[queries.Attribute | None, str, Condition | None]:
    """The attribute that is asked for, and for which value ("what colour is her jacket?"); the one condition that
    several come to, with "and" or "or" between them. In place the heads, where the form changes with these.
    """
    asked = _attribute(heads, whom, conditions, slots)
    value = ""
    if heads["select"] == "attribute" and heads["form"] != "choice":
        own = [one for one in conditions if queries.is_of(one, asked) and not one.of]
        value = next((one.value for one in own if one.value and asked != "light"), "")  # "is the light on?": how it is
        conditions = [one for one in conditions if one not in own]
    things, worn = (any(queries.is_of(one, kind) for one in conditions) for kind in ("thing", "worn"))
    if whom == EVERYBODY and heads["select"] == "attribute" and asked in ("place", None) and (things or worn):
        heads["select"], asked = "exists" if things else "who", None  # "where is the cup?", "where is the scarf?"
    said = [slot for slot in slots if slot.role == "P"]
    alternatives = heads["join"] == "or" or any(slot.joint == "or" and not slot.denied for slot in said)
    if heads["form"] != "choice" and not alternatives:
        return asked, value, joined(conditions, "and")
    cut = next((slot.at for slot in said if slot.after_or), 0)
    halves = ([s if s.role != "P" or (s.at < cut) == so else replace(s, role="") for s in slots] for so in (1, 0))
    first, then = (conditions_of(half, "P") for half in halves)
    shared = _before_either(first, then)
    listed = all(b.after_or or b.joint == "," or a.kind == "colour" for a, b in pairwise(said))  # "a cup, a hat or …"
    if len(first) > 1 and then and not shared and not listed:  # "is Ana sitting next to Ben or standing alone?"
        if heads["select"] in ("exists", "attribute"):  # "is anyone sitting and eating or dancing?" wants a yes or no
            polar = whom == EVERYBODY and heads["form"] == "polar"
            heads |= {"select": "exists", "form": "polar" if polar else "choice"}
        return None, "", queries.Or((queries.conjunction(first), queries.conjunction(then)))
    return _either(heads, whom, (asked, value), conditions, shared)


def _attribute(
    heads: Heads, whom: Whom, conditions: Sequence[Condition], slots: Sequence[Slot]
) -> queries.Attribute | None:
    """The attribute that the heads say; in place a refusal of what lies on a thing ("what is on the table?")."""
    asked: queries.Attribute | None = None if heads["attribute"] == "none" else heads["attribute"]
    about = asked == "thing" or heads["select"] == "exists" and whom == EVERYBODY and not conditions
    if not about or all((slot.role, slot.kind) != ("O", "thing") for slot in slots):
        return asked
    heads["select"], heads["refusal"] = "refuse", "unseen"
    return "thing"


def _before_either(first: list[Condition], then: list[Condition]) -> list[Condition]:
    """What holds of both, of the conditions before "or" and after it: "in the kitchen, sitting or standing?"."""
    kinds, others = [*map(kind_of, first)], [*map(kind_of, then)]
    same = kinds[-1:] == others or {*kinds[-1:], *others} == {"left_of", "right_of"}
    return first[:-1] if kinds and same and kinds[-1] not in kinds[:-1] else []


def _either(
    heads: Heads,
    whom: Whom,
    told: tuple[queries.Attribute | None, str],
    conditions: list[Condition],
    shared: Sequence[Condition],
) -> tuple[queries.Attribute | None, str, Condition | None]:
    """What `_asked` returns where one of several conditions is asked for, at the same place or with the same people."""
    asked, value = told
    spots = [one for one in conditions if queries.is_of(one, *queries.PLACES, *RELATIONS)]
    narrowing = [one for one in conditions if one in shared]
    if not narrowing and len(spots) == 1 and len(conditions) > 2:  # "sitting or standing in the kitchen?"
        narrowing = [*spots]
    either = joined([one for one in conditions if one not in narrowing], "or")
    where = joined([one for one in (either, *narrowing) if one is not None], "and")
    if heads["form"] != "choice" or heads["select"] != "attribute" or len(conditions) < 2 and asked is not None:
        plain = heads["form"] == "choice" and queries.is_of(where, asked) and where.of is None
        return asked, value, None if plain else where  # "is she looking up or down?"
    of_place = whom != EVERYBODY and asked in queries.PLACES
    of_deeds = asked == "deed" or {kind_of(one) for one in conditions if one not in narrowing} != {asked}
    if asked is None or of_place or of_deeds or any(isinstance(one, Has) and one.of is not None for one in conditions):
        heads["select"] = "exists"  # which of the two holds: "left or right of Ben?"
        return None, value, where
    return asked, value, joined(narrowing, "and")


def _picks(heads: Heads, whom: Whom, conditions: Sequence[Condition]) -> bool:
    """Whether a rank says whom a question is about: "what does the leftmost man wear?"; never of things or days."""
    described = heads["select"] == "when" and whom.such is not None  # "when does the man in the hat first smile?"
    things = any(queries.is_of(queries.affirmed(one), "thing") for one in conditions)
    described = described or heads["select"] == "attribute" and heads["rank"] == "time"  # "what does he do last?"
    plain = heads["select"] in _OF_ONE and heads["follow"] == heads["unit"] == "none" and not whom.names
    return plain and not described and not things


def _during(heads: Heads, slots: Sequence[Slot], part: During, conditions: Sequence[Condition]) -> During:
    """The part that is asked about: "the second time" that she is seen, "while Ben does" the same."""
    nth = _NTH[heads["event_nth"]]
    named = all(slot.name for slot in slots if slot.role == "E")  # not "when the second stranger left": once
    nth = nth or next((s.ordinal for s in slots if named and (s.role, s.kind) == ("F", "nth")), 0)
    told, about = conditions_of(slots, "F"), whom_of(slots, "E", heads)
    unsaid = heads["relation"] == "none" and (not told or heads["select"] == "order" or about != EVERYBODY)
    nothing = not told and about == EVERYBODY
    if unsaid and not nth or nothing and (heads["select"] == "when" or not nth):
        return part
    if not told and about != EVERYBODY and heads["relation"] == "while":
        told = list(conditions)
    about = whom_of(slots, "S", heads) if about == EVERYBODY and not is_of_scene(And(tuple(told))) else about
    relation: queries.Relation = "while" if heads["relation"] == "none" else heads["relation"]
    verbs = words_of(s for s in slots if s.role == "F" and s.kind == "present")
    once = relation == "while" and not nth
    if once and told == [Not(PRESENT)] and verbs & GOING:  # "does Tom wave when he leaves?"
        told = [Has("leaves")]
    elif once and told == [PRESENT] and verbs & COMING - {"walk"}:  # "who was there when Ben came?"
        told = [Has("enters")]
    if relation == "after" and any(slot.begins for slot in slots if slot.role == "F"):
        relation = "since"
    return replace(part, relation=relation, event=Event(about, joined(told, "and") or PRESENT), nth=nth)


def _held_against(heads: Heads, slots: Sequence[Slot], happens: list[Condition], part: During) -> During:
    """Before or after what something is asked to happen: "does Ana leave before Ben comes?"."""
    roles = ("V", "E") if is_of_scene(And(tuple(happens))) else ("V", "E", "S")
    whom = next((one for role in roles if (one := whom_of(slots, role, heads)) != EVERYBODY), EVERYBODY)
    relation: queries.Relation = "before" if heads["relation"] == "none" else heads["relation"]
    return replace(part, relation=relation, event=Event(whom, joined(happens, "and") or PRESENT))


def _moving(condition: Condition, heads: Heads, slots: Sequence[Slot], during: During) -> Condition:
    """Coming and going as moments, where that is asked for ("who came in while Ben sat?", "when does Ben leave?")."""
    plain = (heads["rank"] == "none" or heads["select"] == "when") and heads["select"] != "order"
    if condition not in (PRESENT, Not(PRESENT)) or not plain:
        return condition
    said = words_of(s for s in slots if s.role == "P" and s.kind == "present")
    goes = said & GOING or said & {"away", "off", "out"} and said & COMING and condition == Not(PRESENT)
    if goes and (heads["select"] in ("exists", "when", "who", "count") or during.event is not None):
        return Has("leaves")
    enters = during.event is not None or heads["select"] == "who" and said & {"in", "into"}
    if not (said & COMING and enters):
        return condition
    return Not(Has("enters")) if isinstance(condition, Not) else Has("enters")


def _rank(heads: Heads, slots: Sequence[Slot]) -> Rank | None:
    nth = next((s for s in slots if s.role in ("P", "F") and s.kind == "nth"), None)
    if heads["select"] == "when" and (nth is not None or heads["event_nth"] != "any") and heads["relation"] == "none":
        return Rank("time", _NTH[heads["event_nth"]] or (1 if nth is None else nth.ordinal))
    if heads["rank"] == "none":
        return None
    place = 1 if nth is None else nth.ordinal
    return Rank(heads["rank"], -place if heads["end"] == "last" and place > 0 else place)


def number_of(heads: Heads, slots: Sequence[Slot]) -> queries.Number | None:
    """The number that somebody thinks it is: "at least three", "twice", "no men"."""
    told = next((s for s in slots if s.kind == "number" and s.role not in ("E", "F")), None)
    typed = "" if told is None else told.typed.lower()
    value = 0.0 if typed in _NONE else counted(typed)
    counts = heads["select"] in ("attribute", "describe", "exists") and heads["bound"] == "none"
    if told and counts and any(slot.role == "S" and slot.at == told.end for slot in slots):
        return None  # "what are the four men doing?"
    if value is None and heads["select"] == "how_often" and heads["form"] == "polar":  # "does she come back?"
        return queries.Number("more_than", 1)
    if value is None:
        return None
    return queries.Number("exactly" if heads["bound"] == "none" else heads["bound"], value)

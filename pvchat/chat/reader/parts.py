"""The parts of a query that slots stand for: people, and the conditions on them.

In: slots of one role. Out: a `Whom`, conditions. `decode.py` puts them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from pvchat.chat.conditions import BETWEEN, RELATIONS
from pvchat.chat.query import EVERYBODY, And, Attribute, Condition, Has, Not, Or, Quantifier, RankBy, Whom
from pvchat.chat.reader.slots import COLOURS, Slot
from pvchat.chat.vocabulary import word_set

_PEOPLE = ("name", "unknown", "pronoun", "stranger", "nth")  # kinds of slots that say who, and aren't conditions
_BETWEEN = word_set("between sandwiched middle either each")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1, "1st": 1, "2nd": 2, "3rd": 3,
             "4th": 4, "other": 2, "next": 2}  # fmt: skip


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
        nth=0 if nth is None else ordinal(nth),
        nth_by=cast(RankBy, heads["nth_by"]) if nth is not None else "left",
        unknown=tuple(dict.fromkeys(s.typed for s in own if s.kind == "unknown")),
    )


def ordinal(slot: Slot) -> int:
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
    if slot.kind in RELATIONS:
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
    later = [s.at for s in slots if s.kind in RELATIONS and s.at > relation.at and s.role != "O"]
    until = min(later, default=10**6)
    own = [s for s in slots if s.role == "O" and relation.at < s.at < until]
    own = own or [s for s in slots if s.role == "O"]  # "whom is she next to?"
    quantifier = "either" if any(s.after_or for s in own) else "both" if len(own) > 1 else "any"
    whom = whom_of(own, "O", {"known": "any", "quantifier": "any", "nth_by": "left"})
    return (
        None if whom == EVERYBODY else replace(whom, quantifier=cast(Quantifier, quantifier if whom.names else "any"))
    )


def _colours(slots: Sequence[Slot]) -> dict[int, Slot]:
    """Which colour belongs to which garment, by the garment's place: the nearest one, one before it first; "the blonde
    in the red dress" has a colour of hair already.
    """
    free = [s for s in slots if s.kind == "colour"]
    found: dict[int, Slot] = {}
    for garment in (s for s in slots if s.kind == "worn" or s.kind == "hair" and not {*s.value.split()} & {*COLOURS}):
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

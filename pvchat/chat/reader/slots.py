"""Slots: what a question's tagged words stand for, in plain terms; and the people and conditions made of them.

"the lady in specs" gives a slot S-gender "woman" and a slot S-worn "glasses": what people say in many ways has one
name each, in `lexicon.json`, the one by which it is measured. Out of the slots of one role comes a `Whom`, or
conditions; `decode.py` puts them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast

from pvchat.chat.conditions import BETWEEN, DEEP, RELATIONS
from pvchat.chat.english import COLOURS, FUNCTION_WORDS, ORDINALS, TITLES, word_set
from pvchat.chat.query import EVERYBODY, TIMES, And, Attribute, Condition, Has, Not, Or, Quantifier, Whom, is_of
from pvchat.chat.reader.network import Heads, Labels
from pvchat.chat.reader.words import NAME, Word, canonical, is_known

GOING = word_set("leave leaves left leaving go goes went disappear disappears disappeared exit exits exited")
_NOT_THERE = word_set("not away gone absent missing")
COMING = word_set(
    """come comes came coming enter enters entered entering arrive arrives arrived arriving appear appears appeared show
    shows showed walk walks walked turn turns turned join joins joined return returns returned returning"""
)
TAKING = word_set("take takes took taken taking put puts putting let lets letting pull pulls pulled drop drops dropped")
SWITCHED = {"off": "dark", "out": "dark", "on": "bright"}
_ASIDE = FUNCTION_WORDS | TAKING | word_set("off down away go")  # "puts the hat on" tells of the hat
_BEFORE_NOUNS = word_set("a an the of to with by beside than in on at one")  # "left of Ana or of Ben"
BACK = frozenset(("back", "again", "return", "returns", "returned", "returning"))
CARRIES = word_set("carry carries carried carrying hold holds held holding something anything")  # any thing
_MEASURED = ("worn", "hair", "deed", "posture", "holding", "near", "thing", "enters")  # of whoever is there
REST = word_set("others rest remaining")  # all others: "the rest"
_ANYBODY = word_set("anybody anyone somebody someone")  # may be a stranger, or not
_PEOPLE = ("name", "unknown", "pronoun", "stranger", "nth")  # kinds of slots that say who, and aren't conditions
_BETWEEN = word_set("between sandwiched wedged flanked flank middle either each both one")  # "with one on each side"
# What garments are on ("glasses on her nose"), and stand for those named before ("his glasses … has he a pair on?").
_BESIDE_WORN = word_set("neck nose head face ears eyes shoulders back chest hands wrist feet legs pair")
_AWAY_FROM = ("from ", "off ", "out of ")  # "falls out of bed", who is in it no longer
_DENIES = word_set("not never no nobody none neither nor without cannot stop stops stopped")
_QUOTES = "'\"“”‘’«»"
_DETERMINER = re.compile(r"^(?:an?|the|my|your|his|her|its|our|their|some|any) (?=\w)")
_ORDINALS = ORDINALS | {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "other": 2, "next": 2}


@dataclass(frozen=True)
class Slot:
    """A run of words with one tag."""

    role: str  # of the tag (`network.py`)
    kind: str  # of the tag
    denied: bool  # the condition is denied
    typed: str  # the words as typed
    value: str  # what they stand for
    at: int  # the first word's place in the question
    name: str = ""  # the enrolled name, if it is one
    joint: str = ""  # the word before it, but for articles and the like: "or", "and", ","
    after_or: bool = False  # that is "or"
    after_but: bool = False  # that is "but", before whom "no one" leaves out

    @cached_property
    def words(self) -> frozenset[str]:
        """Those typed, in lower case."""
        return word_set(self.typed.lower())

    @property
    def end(self) -> int:
        """The place of the first word behind it."""
        return self.at + len(self.typed.split())

    @property
    def ordinal(self) -> int:
        """The number of "second" or "the third one"."""
        if "last" in self.words and self.words & {"but", "to", "before"}:
            return -2  # "the last but one", "second to last"
        return next((_ORDINALS[word] for word in (*self.typed.lower().split(), self.value) if word in _ORDINALS), 1)

    @property
    def begins(self) -> bool:
        """Whether an event is that something begins: "comes", "is back", "stands up"; after it is from then on."""
        change = {"present": COMING | BACK, "posture": frozenset(("up", "down"))}.get(self.kind, frozenset[str]())
        return self.kind == "enters" or not self.denied and bool(self.words & change)

    def comes_back(self, seen: Sequence[str]) -> bool:
        """Whether an event is that somebody comes again: "when Ana is back"."""
        here = seen[self.at : self.end + 1]
        return (self.role, self.kind, self.denied) == ("F", "present", False) and not BACK.isdisjoint(here)


@dataclass(frozen=True)
class Tagged:
    """A question as the network reads it."""

    seen: Sequence[str]  # its words, as the network sees them
    labels: Labels  # what the network says
    slots: Sequence[Slot] = ()  # of its words as typed, before pronouns are names
    heads: Heads = field(default_factory=dict)  # as they count


def words_of(slots: Iterable[Slot]) -> frozenset[str]:
    """The words of some slots."""
    return frozenset[str]().union(*(slot.words for slot in slots))


def slots_of(words: Sequence[Word], tags: Sequence[str]) -> list[Slot]:
    """The slots of a question, in order."""
    runs: list[tuple[str, list[int]]] = []
    denies = any(word.seen in _DENIES or word.seen.endswith("n't") for word in words)
    for i, tag in enumerate(tags):
        if tag == "O" and words[i].seen == NAME:  # a name always means somebody
            tag = "S-name"
        elif tag == "O" and words[i].seen in ("he", "she") and not any(one[:2] == "S-" for one in tags[:i]):
            tag = "S-pronoun"
        plain = tag.removeprefix("+")
        titled = i and words[i - 1].seen in TITLES and not words[i].name  # "Nurse Kelly"
        same = runs and (runs[-1][0] == plain or titled and (runs[-1][0][2:], plain[2:]) == ("unknown", "name"))
        joins = same and tag[0] != "+"
        joins = joins and all(word.seen == "of" for word in words[runs[-1][1][-1] + 1 : i])  # "inside of a building"
        if joins and (not words[i].name or plain[2:6] == "says"):
            runs[-1][1].append(i)
        elif tag != "O":
            runs.append((plain, [i]))
    made = []
    for tag, places in runs:
        before = (word.seen for word in reversed(words[: places[0]]) if word.seen not in _BEFORE_NOUNS)
        slot = _slot(tag, [words[i] for i in places], places[0])
        if slot.kind == "says" and not _is_quoted(words, places[0]):  # "mentions the pills"
            slot = replace(slot, value=_DETERMINER.sub("", slot.value))
        joint = next(before, "")
        off = slot.kind == "deed" and "off" in slot.words and not denies  # "when does he fall off?"
        slot = replace(slot, joint=joint, after_or=joint in ("or", "nor"), denied=slot.denied and not off)
        made.append(replace(slot, after_but=joint in ("but", "except", "besides")))
    return made


def _is_quoted(words: Sequence[Word], at: int) -> bool:
    """Whether quotation marks stand before a word, or at its beginning."""
    return words[at].typed[0] in _QUOTES or bool(at) and words[at - 1].seen in _QUOTES


def _slot(tag: str, words: Sequence[Word], at: int) -> Slot:
    role, _, kind = tag.removesuffix("!").partition("-")
    typed = " ".join(word.typed for word in words)
    if kind == "says":  # a name in it is a word
        said = " ".join(filter(None, (word.typed.strip(_QUOTES) for word in words if word.seen != "'s")))
        return Slot(role, kind, tag.endswith("!"), said, said, at)
    known = any(is_known("hair", form) for form in (typed.lower(), typed.lower().removesuffix("s")))
    known = known or "hair" in typed.lower() or "-" in typed
    stranger = kind == "hair" and role not in "PF" and len(words) == 1 and not known  # "what does Baldur do?"
    masked = typed.islower() and words[0].seen == NAME and not words[0].name  # "where is zoltan?"
    typed = typed.capitalize() if stranger or masked else typed
    kind = "unknown" if stranger or kind == "name" and not words[0].name else kind
    kind = "holding" if kind == "deed" and CARRIES.issuperset(word.seen for word in words) else kind
    value = canonical(kind, " ".join(word.seen for word in words))
    value = "" if kind == "holding" and CARRIES.issuperset(value.split()) else value
    if kind == "light" and (switched := next((SWITCHED[w] for w in typed.lower().split() if w in SWITCHED), "")):
        return Slot(role, kind, False, typed, switched, at)  # "while the lights are off"
    goes = role == "F" and kind == "present" and any(word.seen in (*GOING, *_NOT_THERE) for word in words)
    return Slot(role, kind, tag.endswith("!") or goes, typed, value, at, words[0].name)


def whom_of(slots: Sequence[Slot], role: str, heads: Heads) -> Whom:
    """The people whom the slots of one role mean."""
    own = [s for s in slots if s.role == role]
    if not own and heads["known"] == "any" and heads["quantifier"] == "any" and role != "S":
        return EVERYBODY
    mine = role == "S"
    nth = next((s for s in own if s.kind == "nth"), None)
    known = {"known": True, "strangers": False}.get(heads["known"] if mine else "any")
    names = tuple(dict.fromkeys(s.name for s in own if s.name))
    strange = [] if names else [s.typed.lower().split() for s in own if s.kind == "stranger"]  # "any unknown males?"
    kinds = [word for typed in strange for word in typed if is_known("gender", word)]
    conditions = [*conditions_of(slots, role), *(Has("gender", canonical("gender", word)) for word in kinds)]
    if mine and not names and (left_out := joined(conditions_of(slots, "X"), "and")) is not None:
        conditions.append(Not(left_out))
    genders = list(dict.fromkeys(one for one in conditions if is_of(one, "gender")))
    if len(genders) > 1:  # "how many men and women are there?"
        conditions = [Or(tuple(genders)), *(one for one in conditions if one not in genders)]
    such = joined(conditions, "and")
    # "the doctor in the white coat" is nobody's name, nor are those of "which of the carers wears scrubs?"
    nouns = such is not None or mine and heads.get("select") == "who"
    unknown = [s.typed.replace(" .", ".") for s in own if s.kind == "unknown"]  # "Dr. Lina"
    roles = [one.removeprefix("the ") for one in unknown if one.startswith("the ") and one.islower()]
    if roles and such is None and not names and role != "O":  # "does the doctor smile?"; whom one is next to stays open
        such, nouns = Has("role", roles[0]), True
    return Whom(
        names=names,
        quantifier=_quantifier(heads, role, own),
        such=such,
        known=False if any(s.kind == "stranger" and not s.words & _ANYBODY for s in own) else known,
        besides=tuple(s.name for s in slots if s.role == "X" and s.name and s.name not in names) if mine else (),
        nth=0 if nth is None else nth.ordinal,
        nth_by=heads["nth_by"] if nth is not None else "left",
        unknown=tuple(dict.fromkeys(one for one in unknown if not (nouns and one.islower()))),
    )


def _quantifier(heads: Heads, role: str, own: Sequence[Slot]) -> Quantifier:
    """How many are meant: one alone is neither both nor either; "they", and several in an event, are both."""
    told: Quantifier = heads["quantifier"] if role == "S" else "any"
    if role == "E" and (every := next((s for s in own if s.kind == "number"), None)):
        nobody: Quantifier = "only" if any(slot.after_but for slot in own) else "none"  # "no one but Ana"
        return nobody if every.value.startswith("no") else "all"
    named = [slot for slot in own if slot.name]
    typed = words_of(named)
    them, rest = {"them", "those", "these", "he", "him", "his", "she", "her"} & typed, {"other", *REST} & typed
    apart = them or rest and heads.get("select") in TIMES  # each of the rest has a time
    they = role == "S" and len({slot.at for slot in named}) == 1 and not apart  # one word for several; "any of them"
    if len(named) > 1 and told == "any" and (they or role == "E" and not named[-1].after_or):
        return "both"
    return "any" if len(named) == 1 and told in ("both", "either", "all") else told


def conditions_of(slots: Sequence[Slot], role: str) -> list[Condition]:
    """The conditions that the slots of one role set, in order: "sitting next to Ben without a hat" sets three; whom a
    relation is with ("Ben") is a slot of role O.
    """
    own = [s for s in slots if s.role == role and s.kind not in (*_PEOPLE, "number")]
    own = [s for s in own if s.kind != "posture" or is_known("posture", s.value)] or own  # "sat by the bed": none
    own = [s for s in own if s.kind not in ("deed", "near") or not {*s.value.split()} <= FUNCTION_WORDS]
    own = [s for s in own if s.kind != "deed" or not {*s.value.split()} <= _ASIDE or len(own) == 1]
    deeds = {s.end for s in own if s.kind == "deed"}  # "write anything down" holds nothing
    own = [s for s in own if s.kind != "holding" or s.at not in deeds or not s.words <= CARRIES]
    several = sum(s.kind == "worn" for s in own) > 1  # "the glowing chest" is no garment's place
    own = [s for s in own if s.kind != "worn" or s.value not in _BESIDE_WORN or not several]
    left = [s for s in own if s.value.startswith(_AWAY_FROM) or s.typed[:3].lower() == "of "]
    left += [s for s in own if s.joint in ("from", "off") and s.typed.split(" ")[0] not in ("at", "on")]
    own = [s for s in own if s.kind != "near" or s not in left]
    colours = _colours(own)
    made: list[Condition] = []
    for slot in own:
        colour = colours.get(slot.at)
        if slot in colours.values():
            continue
        if colour is not None and colour.denied and not slot.denied:
            made += [_has(slot, "", slots), Not(_has(slot, colour.value, slots))]  # "a shirt that isn't white"
        else:
            if colour is not None and not colour.value:  # a pattern: "a plaid shirt"
                slot = replace(slot, value=f"{colour.typed.lower()} {slot.value}")
            has = _has(slot, "" if colour is None else colour.value, slots)
            made.append(Not(has) if slot.denied else has)
    if any(is_of(one, *_MEASURED) for one in made):  # who does so is there
        made = [one for one in made if one != Has("present")]
    return list(dict.fromkeys(_put_together(made)))


def _put_together(made: list[Condition]) -> list[Condition]:
    """Conditions that mean one thing together: "the cup is gone", "alone with Ben", "not sitting at the table"."""
    things = [one for one in made if is_of(one, "thing")]
    if things and Not(Has("present")) in made:
        return [Not(one) if one in things else one for one in made if one != Not(Has("present"))]
    of = next((one.of for one in made if is_of(one, "with") and one.of), EVERYBODY)
    if (of.names or of.known is False) and Has("alone") in made:  # alone with a stranger: with nobody known
        nobody_else = Not(Has("with", of=Whom(besides=of.names) if of.names else Whom(known=True)))
        return [*(one for one in made if one != Has("alone")), nobody_else]
    denied = [one for one in made if isinstance(one, Not) and isinstance(one.part, Has)]
    kinds = [one.part.attribute for one in denied if isinstance(one.part, Has)]
    if kinds == ["posture", "near"]:  # "who didn't sit at the table?"
        return [*(one for one in made if one not in denied), Not(And(tuple(one.part for one in denied)))]
    return made


def _has(slot: Slot, colour: str, slots: Sequence[Slot]) -> Has:
    kind, end = cast(Attribute, slot.kind), slot.end
    behind = next((s for s in slots if s.at >= end), None)  # to whom a deed is done: "hugging Ben", "waving at him"
    is_done_to = slot.kind == "deed" and behind is not None and behind.role == "O" and behind.at <= end + 2
    if slot.kind in RELATIONS or is_done_to:
        of = _object(slot, slots)
        if slot.kind == "beside" and _BETWEEN & {*slot.value.split()} and of is not None and len(of.names) == 2:
            return Has(kind, BETWEEN, of=replace(of, quantifier="all"))
        deep = next((way for way in DEEP if way in slot.value), "") if slot.kind == "beside" else ""
        return Has(kind, deep if slot.kind in RELATIONS else slot.value, of=of)
    if slot.kind in ("present", "alone", "speaks", "music"):
        return Has(kind)
    if slot.kind == "colour":  # a pattern is none: "wearing stripes"
        return Has("worn", "" if slot.value else slot.typed.lower(), slot.value)
    if slot.kind == "language":
        return Has(kind, slot.typed.capitalize())
    return _hair(slot.value.split(), colour) if slot.kind == "hair" else Has(kind, slot.value, colour)


def _hair(words: Sequence[str], colour: str) -> Has:
    """Such as "long dark hair", "a beard", "blonde"."""
    plain = " ".join(word for word in words if word not in (*COLOURS, "is", "are"))  # "whose hair is grey?"
    length = next((word for word in ("short", "long") if {*plain.split()} in ({word}, {word, "hair"})), "")
    plain = f"{length} hair" if length else plain  # "is her hair long?"
    return Has("hair", plain or "hair", colour or " ".join(word for word in words if word in COLOURS))


def _object(relation: Slot, slots: Sequence[Slot]) -> Whom | None:
    """Whom a relation holds with: in "next to Ben and left of Cleo" those between it and the next relation."""
    later = [s.at for s in slots if s.kind in RELATIONS and s.at > relation.at and s.role != "O"]
    later += [s.at for s in slots if s.kind == "deed" and s.at > relation.at and s.role != relation.role]
    until = min(later, default=10**6)
    own = [s for s in slots if s.role == "O" and relation.at < s.at < until]
    apart = any(s.kind == relation.kind and s.denied != relation.denied and s.at >= until for s in slots)
    named = [s for s in slots if s.role == "O" and s.kind not in RELATIONS]  # a relation of theirs holds with nobody
    own = own or ([] if apart else named)  # "whom is she next to?"; "together without Ben"
    whom = whom_of(own, "O", {"known": "any", "quantifier": "any", "nth_by": "left"})
    several: Quantifier = "either" if any(s.after_or for s in own) else "both" if len(whom.names) > 1 else "any"
    return None if whom == EVERYBODY else replace(whom, quantifier=several if whom.names else "any")


def _colours(slots: Sequence[Slot]) -> dict[int, Slot]:
    """Which colour belongs to which garment, by the garment's place: one right before it, else one right behind; "the
    blonde in the red dress" has a colour of hair already.
    """
    found: dict[int, Slot] = {}
    for step in (-1, 1):
        for i, slot in enumerate(slots):
            garment = slot.kind == "worn" or slot.kind == "hair" and not {*slot.value.split()} & {*COLOURS}
            near = slots[i + step] if 0 <= i + step < len(slots) else slot
            apart = step < 0 and slot.at > near.end + 1 or slot.denied and not near.denied  # "in black, with long hair"
            if garment and slot.at not in found and near.kind == "colour" and near not in found.values() and not apart:
                found[slot.at] = near
    return found


def joined(conditions: Sequence[Condition], word: str) -> Condition | None:
    """Several conditions as one; what is denied is denied of all: "no hat or glasses", "sits or stands, not lies"."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    denied = tuple(one for one in conditions if isinstance(one, Not))
    said = tuple(one for one in conditions if one not in denied)
    if word == "and" or not said:
        return And(tuple(conditions))
    return And((Or(said), *denied)) if denied and len(said) > 1 else Or(tuple(conditions))


def kind_of(condition: Condition) -> str:
    """Which attribute a condition, or its denial, is of; "" for several."""
    has = condition.part if isinstance(condition, Not) else condition
    return has.attribute if isinstance(has, Has) else ""

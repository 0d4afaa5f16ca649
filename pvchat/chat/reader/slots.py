"""What a question's tagged words stand for: slots, in plain terms; and the people and conditions that slots name.

"the lady in specs" gives a slot S-gender "woman" and a slot S-worn "glasses": what people say in many ways has one
name each, in `lexicon.json`, the one by which it is measured. Out of the slots of one role comes a `Whom`, or
conditions; `decode.py` puts them together.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import cast

from pvchat.chat.conditions import BETWEEN, RELATIONS
from pvchat.chat.query import EVERYBODY, And, Attribute, Condition, Has, Not, Or, Quantifier, RankBy, Whom
from pvchat.chat.vocabulary import MASK, word_set

_ARTICLES = ("a", "an", "the", "his", "her", "their", "my", "some", "any", "your", "its", "pair", "of")
NAME = MASK.lower()  # stands for every name in what the network reads
GOING = word_set("leave leaves left leaving go goes went disappear disappears disappeared exit exits exited")
COMING = word_set(
    """come comes came coming enter enters entered entering arrive arrives arrived arriving appear appears appeared show
    shows showed walk walks walked turn turns turned join joins joined return returns returned returning"""
)
_BEFORE_NOUNS = ("a", "an", "the", "of", "to", "with", "by", "beside", "than")
_SUBJECTS = ("he", "she", "they")
_BACK = frozenset(("back", "again", "return", "returns", "returned", "returning"))
RELATIONS_IN_TIME = {
    "while": "while", "whilst": "while", "when": "while", "as": "while", "during": "while", "once": "after",
    "before": "before", "after": "after", "until": "until", "till": "until", "since": "since",
}  # fmt: skip
_JOINED, _NEAR = ("deed", "place"), 4  # kinds that "and" joins, though only one was tagged; words to either side of it
_AGAIN = word_set("do does did doing done so it that")  # stand for a deed that was spoken of
_ANYTHING = word_set("something anything clothing clothes outfit piece of garment garments stuff things")
_SHADES = ("dark", "light", "pale", "bright", "deep")
COLOURS = ("black", "white", "grey", "red", "blue", "green", "yellow", "orange", "brown", "pink", "purple", "beige",
           "blonde", "dark", "light")  # fmt: skip
_MEASURED = ("worn", "hair", "deed", "posture", "holding", "near", "thing")
_CLOSED = ("posture",)  # kinds of which the lexicon has every value
_PEOPLE = ("name", "unknown", "pronoun", "stranger", "nth")  # kinds of slots that say who, and aren't conditions
_BETWEEN = word_set("between sandwiched middle either each")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1, "1st": 1, "2nd": 2, "3rd": 3,
             "4th": 4, "other": 2, "next": 2}  # fmt: skip


@dataclass(frozen=True)
class Word:
    """One word: as the reader sees it, as it was typed, and the enrolled name that it is, if any."""

    seen: str
    typed: str
    name: str = ""


@dataclass(frozen=True)
class Slot:
    """A run of words with one tag.

    Attributes:
        role, kind: of the tag (`network.py`).
        denied: the condition is denied.
        typed: the words as typed.
        value: what they stand for.
        at: the first word's place in the question.
        name: the enrolled name, if it is one.
        after_or: "or" stands before it.
    """

    role: str
    kind: str
    denied: bool
    typed: str
    value: str
    at: int
    name: str = ""
    after_or: bool = False


def coordinated(words: Sequence[Word], tags: Sequence[str]) -> list[str]:
    """Tags, with what is joined to a tagged word and is of its kind tagged, too: "both in the café and the park"."""
    found = list(tags)
    for joint in (i for i, word in enumerate(words) if word.seen in ("and", "or", "nor") and tags[i] == "O"):
        before = next((i for i in range(joint - 1, -1, -1) if tags[i] != "O"), -1)
        after = next((i for i in range(joint + 1, len(tags)) if tags[i] != "O"), len(tags))
        for known, others in ((before, range(joint + 1, after)), (after, range(joint - 1, before, -1))):
            tag = tags[known].lstrip("+") if 0 <= known < len(tags) and abs(known - joint) <= _NEAR else ""
            kind = tag.rstrip("!")[2:]
            near = (i for i in others if abs(i - joint) <= _NEAR and kind in _JOINED and is_known(kind, words[i].seen))
            if (place := next(near, None)) is not None:
                found[place] = f"+{tag}"
    return found


def with_event(words: Sequence[Word], tags: Sequence[str]) -> list[str]:
    """Tags, with coming and going of who is asked about as an event: "what does Ana wear when she comes back?"."""
    found = list(tags)
    if any(tag[:2] in ("E-", "F-") for tag in tags):
        for i, word in enumerate(words[:-1]):
            if tags[i] == "O" and word.seen in _SUBJECTS and tags[i + 1][:2] == "F-":
                found[i] = "E-pronoun"
        return found
    for i, word in enumerate(words[:-2]):
        verb = words[i + 2].seen
        after = i and word.seen in RELATIONS_IN_TIME and words[i + 1].seen in _SUBJECTS
        if after and verb in COMING | GOING and not any(tag != "O" for tag in tags[i + 1 : i + 3]):
            found[i + 1 : i + 3] = ["E-pronoun", "F-present!" if verb in GOING else "F-present"]
    return found


def slots_of(words: Sequence[Word], tags: Sequence[str]) -> list[Slot]:
    """The slots of a question, in order."""
    runs: list[tuple[str, list[int]]] = []
    for i, tag in enumerate(tags):
        tag = "S-name" if tag == "O" and words[i].seen == NAME else tag  # a name always means somebody
        plain = tag.removeprefix("+")
        joins = runs and runs[-1][0] == plain and runs[-1][1][-1] == i - 1 and tag[0] != "+"
        if joins and not words[i].name:
            runs[-1][1].append(i)
        elif tag != "O":
            runs.append((plain, [i]))
    made = [_slot(tag, [words[i] for i in places], places[0]) for tag, places in runs]
    return [replace(one, after_or=_stands_after(words, one.at) in ("or", "nor")) for one in made]


def _stands_after(words: Sequence[Word], at: int) -> str:
    """The word before a place, articles and prepositions left out: "left of Ana or of Ben"."""
    return next((word.seen for word in reversed(words[:at]) if word.seen not in _BEFORE_NOUNS), "")


def _slot(tag: str, words: Sequence[Word], at: int) -> Slot:
    role, _, kind = tag.removesuffix("!").partition("-")
    typed = " ".join(word.typed for word in words)
    kind = "unknown" if kind == "name" and not words[0].name else kind
    kind = "pronoun" if kind == "deed" and _AGAIN.issuperset(word.seen for word in words) else kind
    value = canonical(kind, " ".join(word.seen for word in words))
    goes = role == "F" and kind == "present" and any(word.seen in GOING for word in words)
    return Slot(role, kind, tag.endswith("!") or goes, typed, value, at, words[0].name)


def canonical(kind: str, typed: str) -> str:
    """What some words of one kind stand for: "specs" are "glasses"; what isn't in the lexicon stays as it is."""
    bare = "".join(char for char in unicodedata.normalize("NFD", typed) if not unicodedata.combining(char))  # "café"
    words = [word for word in re.split(r"[\s-]+", bare) if word]
    while len(words) > 1 and words[0] in _ARTICLES:
        del words[0]
    if kind == "colour":
        return colour_of(words)
    if kind in ("worn", "holding") and _ANYTHING.issuperset(words):
        return ""
    table, plain = _table(kind), " ".join(words)
    for form in (plain, plain.removesuffix("s"), f"{plain}s"):
        if form in table:
            return table[form]
    inside = [form for form in table if f" {form} " in f" {plain} "]
    return table[max(inside, key=len)] if inside else plain


def is_known(kind: str, word: str) -> bool:
    """Whether a word is in the lexicon as one of a kind."""
    return word in _table(kind)


def colour_of(words: Sequence[str]) -> str:
    """The colour words among some words, in their usual spelling: "dark blue"."""
    table = _table("colour")
    found = [table.get(word, word) for word in words]
    return " ".join(word for word in found if word in COLOURS or word in _SHADES)


@lru_cache(maxsize=1)
def lexicon_words() -> frozenset[str]:
    """Every single word of the lexicon, in lower case."""
    forms = (form for rows in _lexicon().values() for value, said in rows.items() for form in (value, *said))
    return frozenset(word for form in forms for word in form.lower().split() if word.isalpha())


@lru_cache(maxsize=64)
def _table(kind: str) -> dict[str, str]:
    """Each way to say something -> what it stands for."""
    rows = _lexicon().get(kind, {})
    said = {form.lower().replace("-", " "): value for value, forms in rows.items() for form in forms}
    return said | {value: value for value in rows}


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, dict[str, list[str]]]:
    lexicon: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("lexicon.json").read_text("utf-8"))
    return lexicon


def taken_up(slots: list[Slot], asks_at: int) -> list[Slot]:
    """With a description before the question word in the place of its pronoun: "the man in red, who is with him?"."""
    looks = [slot for slot in slots if slot.role == "S" and slot.at < asks_at]
    pronoun = next((slot for slot in slots if slot.role == "O" and slot.kind == "pronoun"), None)
    if pronoun is None or not looks or any(slot.kind in ("name", "pronoun") for slot in looks):
        return slots
    return [replace(slot, role="O") if slot in looks else slot for slot in slots if slot is not pronoun]


def comes_back(slot: Slot, seen: Sequence[str]) -> bool:
    """Whether an event is that somebody comes again."""
    end = slot.at + len(slot.typed.split())
    return (slot.role, slot.kind, slot.denied) == ("F", "present", False) and bool(_BACK & {*seen[slot.at : end + 1]})


def begins(slot: Slot) -> bool:
    """Whether an event is that something begins: "comes", "is back", "stands up"; after it is from then on."""
    words = {*slot.typed.lower().split()}
    change = {"present": COMING | _BACK, "posture": frozenset(("up", "down"))}.get(slot.kind, frozenset[str]())
    return not slot.denied and bool(words & change)


def returns(seen: Sequence[str]) -> bool:
    """Whether words say that somebody comes again."""
    coming = COMING | {"in"}
    return any(word in _BACK and (word[:3] == "ret" or seen[i - 1] in coming) for i, word in enumerate(seen) if i)


def whom_of(slots: Sequence[Slot], role: str, heads: dict[str, str]) -> Whom:
    """The people whom the slots of one role mean."""
    own = [s for s in slots if s.role == role]
    if not own and heads["known"] == "any" and heads["quantifier"] == "any" and role != "S":
        return EVERYBODY
    mine = role == "S"
    nth = next((s for s in own if s.kind == "nth"), None)
    known = {"known": True, "strangers": False}.get(heads["known"] if mine else "any")
    names = tuple(dict.fromkeys(s.name for s in own if s.name))
    such = joined(conditions_of(slots, role), "and")  # with it "the doctor in the white coat" is nobody's name
    return Whom(
        names=names,
        quantifier=_quantifier(heads, role, own),
        such=such,
        known=False if any(s.kind == "stranger" for s in own) else known,
        besides=tuple(s.name for s in slots if s.role == "X" and s.name and s.name not in names) if mine else (),
        nth=0 if nth is None else ordinal(nth),
        nth_by=cast(RankBy, heads["nth_by"]) if nth is not None else "left",
        unknown=tuple(dict.fromkeys(s.typed for s in own if s.kind == "unknown" and not (such and s.typed.islower()))),
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
    own = [s for s in own if s.kind not in _CLOSED or is_known(s.kind, s.value)] or own  # "sat by the bed": no posture
    own = [s for s in own if s.kind != "deed" or not {*s.value.split()} <= {*_ARTICLES}]
    colours = _colours(own)
    made: list[Condition] = []
    for slot in own:
        if slot.kind == "colour" and slot not in colours.values():
            made.append(_maybe_not(Has("worn", "", slot.value), slot.denied))
        elif slot.kind != "colour":
            colour = colours.get(slot.at)
            made += _with_colour(slot, colour, slots)
    if any(isinstance(one, Has) and one.attribute in _MEASURED for one in made):  # who does so is there
        made = [one for one in made if one != Has("present")]
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

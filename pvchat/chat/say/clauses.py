"""What is asked, said back: conditions as clauses, sets of people as nouns, the time of an event as a phrase.

In: parts of a `Query`. Out: parts of sentences: "is sitting and wearing glasses", "the man with glasses", "while Ben is
away".
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import NTH_SAID, indefinite, join, so_many_people
from pvchat.chat.query import And, Condition, During, Has, Not, Or, Whom
from pvchat.chat.say.phrases import garment_phrase, preposition
from pvchat.schemas import Garment

PRESENT = Has("present")
STRANGER = "somebody I don't know"
SHOTS = {
    "close-up": "in close-up", "medium shot": "in a medium shot", "full figure": "seen as a full figure",
    "far away": "far away",
}  # fmt: skip
RELATED = {"beside": "next to", "left_of": "to the left of", "right_of": "to the right of", "with": "seen with"}
_MANY = {"woman": "women", "man": "men", "person": "people"}
_AUX = {"be": ("is", "are"), "have": ("has", "have"), "do": ("does", "do")}  # of one, of several
_OWN = ("a", "an", "the", "his", "her", "their", "some", "something")  # how what needs no article begins
_WHERE = ("in", "on", "at", "next", "before", "behind", "under", "beside", "near", "outdoors", "indoors")
_CARRIED = ("glasses", "sunglasses", "headphones", "gloves", "backpack", "stethoscope", "face mask", "hat", "cap")
_ENDS = {"left": "from the left", "right": "from the right", "near": "from the front", "time": "to come"}


def leaves(condition: Condition | None) -> list[Has]:
    """The single conditions that one is made of."""
    if condition is None or isinstance(condition, Has):
        return [] if condition is None else [condition]
    parts = (condition.part,) if isinstance(condition, Not) else condition.parts
    return [has for part in parts for has in leaves(part)]


def clause(condition: Condition | None, count: int = 1, hedge: str = "") -> str:
    """Such as "is sitting and wearing glasses" or "are probably not next to Ben", after the names.

    Args:
        condition: None: that they are there.
        count: of how many it is said.
        hedge: "probably", "never", "both", or nothing.
    """
    aux, text = _told(_pushed(condition or PRESENT), count)
    return " ".join(word for word in (_AUX[aux][count != 1], hedge, text) if word)


def _pushed(condition: Condition, deny: bool = False) -> Condition:
    """The same with `Not` before single conditions only: neither of two is not the one and not the other."""
    if isinstance(condition, Not):
        return _pushed(condition.part, not deny)
    if isinstance(condition, Has):
        return Not(condition) if deny else condition
    parts = tuple(_pushed(part, deny) for part in condition.parts)
    return And(parts) if isinstance(condition, And) != deny else Or(parts)


def _told(condition: Condition, count: int) -> tuple[str, str]:
    """The auxiliary verb of a clause, and what comes after it."""
    if isinstance(condition, Has):
        return complement(condition, count)
    if isinstance(condition, Not):
        assert isinstance(condition.part, Has)
        aux, text = complement(condition.part, count, "any")
        return ("do", f"not have {text}") if aux == "have" else ("be", f"not {text}")
    told = [_told(part, count) for part in condition.parts]
    aux = told[0][0]
    texts = [text if own == aux != "do" else f"{_AUX[own][count != 1]} {text}" for own, text in told[1:]]
    return aux, join([told[0][1], *texts], "and" if isinstance(condition, And) else "or")


def complement(has: Has, count: int = 1, some: str = "some") -> tuple[str, str]:
    """Such as ("be", "wearing a red jacket") or ("have", "dark hair"); with `some` "any" as it is denied."""
    value = has.value
    if has.attribute == "hair":
        return ("be", "bald") if value == "bald" else ("have", hair_said(value, has.colour))
    if has.attribute in RELATED:
        return "be", _related(has, count, some)
    text = {
        "present": "in this video", "known": f"{some}body I know", "alone": "alone",
        "worn": f"wearing {worn_said(value, has.colour) if value else f'{some}thing {has.colour}'.rstrip()}",
        "gender": _MANY.get(value, value) if count > 1 else f"a {value}",
        "side": f"{'on' if value in ('left', 'right') else 'in'} the {value}",
        "holding": f"holding {with_article(value) or f'{some}thing'}", "near": place_said(value, "at"),
        "shot_size": SHOTS.get(value, value), "place": place_said(value), "style": f"a {value} scene",
        "light": "in the dark" if value == "dark" else f"in {value} light",
        "background": f"before {value}", "thing": f"seen with {with_article(value)}",
    }.get(has.attribute, value)  # fmt: skip
    return "be", text or f"doing {some}thing"


def _related(has: Has, count: int, some: str) -> str:
    if has.of is not None:
        return f"{RELATED[has.attribute]} {whom_said(has.of)}"
    if count == 1:
        return f"{RELATED[has.attribute]} {some}body"
    return "seen together" if has.attribute == "with" else f"{RELATED[has.attribute]} each other"


def worn_said(value: str, colour: str = "") -> str:
    """Such as "a red jacket" or "glasses"; what has an article of its own keeps it."""
    return value if value.split(" ")[0] in _OWN else garment_phrase(Garment(value, colour or None, 1.0))


def hair_said(value: str, colour: str = "") -> str:
    """Such as "long dark hair" or "a beard"."""
    head, _, last = (value or "hair").rpartition(" ")
    words = " ".join(word for word in (head, "" if colour in head.split(" ") else colour, last) if word)
    return words if last in ("hair", "stubble") else with_article(words)


def with_article(noun: str) -> str:
    """Such as "a cup" and "an umbrella"; what has an article, or is several, stays as it is."""
    own = not noun or noun.split(" ")[0] in _OWN or noun.endswith(("glasses", "scissors", "skis", "gloves"))
    return noun if own else indefinite(noun)


def place_said(place: str, how: str = "") -> str:
    """Such as "in an office" or "on a stage"; what has a preposition keeps it."""
    return place if place.split(" ")[0] in _WHERE else f"{how or preposition(place)} {with_article(place)}"


def whom_said(whom: Whom) -> str:
    """A set of people as a noun: "both Ana and Ben", "the man with glasses", "nobody I know"."""
    if whom.names or whom.unknown:
        lead = f"{whom.quantifier} " if whom.quantifier in ("both", "only") and whom.names else ""
        return f"{lead}{join(whom.names or whom.unknown, 'or' if whom.quantifier == 'either' else 'and')}"
    if whom.nth:
        return f"the {nth_said(whom)}"
    known = {True: " I know", False: " I don't know", None: ""}[whom.known]
    if whom.such is not None:
        return f"{ {'none': 'no', 'all': 'every'}.get(whom.quantifier, 'the') } {noun(whom.such)}{known}".strip()
    return f"{ {'none': 'nobody', 'all': 'everybody'}.get(whom.quantifier, 'somebody') }{known}".strip()


def nth_said(whom: Whom) -> str:
    """The so-manieth of some people: "second man from the left"; as they are found ("second from the left")."""
    kind = f" {noun(whom.such)}" if whom.such is not None else ""
    return f"{ordinal(whom.nth)}{kind} {_ENDS.get(whom.nth_by, '')}".rstrip()


def ordinal(k: int) -> str:
    """Such as "first", "second", "last", "second to last"."""
    if k in (1, -1):
        return "first" if k == 1 else "last"
    rank = NTH_SAID[abs(k) - 1] if abs(k) <= len(NTH_SAID) else f"{abs(k)}th"
    return rank if k > 0 else f"{rank} to last"


def noun(such: Condition | None, count: int = 1) -> str:
    """Those of whom something holds as a noun: "man with glasses", "people", "woman next to Ben"."""
    parts = () if such is None else such.parts if isinstance(such, And) else (such,)
    kinds = [part.value for part in parts if isinstance(part, Has) and part.attribute == "gender"]
    kind = kinds[0] if kinds else "person"
    more = [_after_noun(part) for part in parts if not (isinstance(part, Has) and part.attribute == "gender")]
    return " ".join([_MANY.get(kind, kind) if count != 1 else kind, *more])


def _after_noun(part: Condition) -> str:
    if not isinstance(part, Has):
        return f"who {clause(part)}"
    if part.attribute == "worn":
        carried = "with" if part.value in _CARRIED else "in"
        return f"{carried} {worn_said(part.value, part.colour) if part.value else part.colour}"
    aux, text = complement(part)
    return f"with {text}" if aux == "have" else text


def people_said(entities: Sequence[str]) -> list[str]:
    """Names, then those without one: "Ana" and "two people I don't know"."""
    named = [one for one in dict.fromkeys(entities) if not one.startswith("#")]
    more = len(set(entities)) - len(named)
    return [*named, *([] if not more else [STRANGER] if more == 1 else [f"{so_many_people(more)} I don't know"])]


def called(entity: str) -> str:
    """One person's name, or that nobody knows it."""
    return STRANGER if entity.startswith("#") else entity


def event_said(during: During) -> str:
    """The time of an event: "while Ben is away", "before the second time that Ana is seen"; or nothing."""
    if during.event is None or not during.relation:
        return ""
    whom, where = during.event.whom, during.event.where
    count = len(whom.names) if whom.names and whom.quantifier != "either" else 1
    if where == PRESENT and during.relation in ("before", "until") and not during.nth:
        told = "come" if count > 1 else "comes"
    else:
        verbs = {PRESENT: "seen", Not(PRESENT): "away"}
        told = f"{'are' if count > 1 else 'is'} {verbs[where]}" if where in verbs else clause(where, count)
    happens = f"{whom_said(whom)} {told}"
    if not during.nth:
        return f"{during.relation} {happens}"
    time = f"the {ordinal(during.nth)} time that {happens}"
    return time if during.relation == "while" else f"{during.relation} {time}"

"""What is asked, said back: conditions as clauses, sets of people as nouns, parts of the time as phrases.

In: parts of a `Query`. Out: parts of sentences: "is sitting and wearing glasses", "the man with glasses", "while Ben is
away".
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import HEDGE, NTH_SAID, indefinite, join, so_many_people
from pvchat.chat.query import And, Condition, During, Event, Has, Not, Or, Whom
from pvchat.chat.say.phrases import garment_phrase, preposition
from pvchat.schemas import Garment

STRANGER = "somebody I don't know"
MANY = {"woman": "women", "man": "men", "person": "people"}
SHOTS = {
    "close-up": "in close-up", "medium shot": "in a medium shot", "full figure": "seen as a full figure",
    "far away": "far away",
}  # fmt: skip
_ARTICLES = ("a", "an", "the", "his", "her", "their", "some", "something", "probably")
_AUX = {"be": ("is", "are"), "have": ("has", "have"), "do": ("does", "do")}  # of one, of several
_SEEN_WITH = ("glasses", "sunglasses", "headphones", "gloves", "backpack", "stethoscope", "face mask", "hat", "cap")
_ENDS = {"left": "from the left", "right": "from the right", "near": "from the front", "time": "to come"}
_FIRST_LAST = {1: "first", -1: "last"}


def clause(condition: Condition | None, count: int = 1, hedge: str = "") -> str:
    """Such as "is sitting and wearing glasses" or "are probably not next to Ben", after the names.

    Args:
        condition: None: that they are there.
        count: of how many it is said.
        hedge: "probably", or nothing.
    """
    aux, text = _told(_pushed(condition or Has("present")), count)
    verb = _AUX[aux][count != 1]
    if hedge and aux == "do":
        return f"{hedge} {verb} {text}"
    return " ".join(word for word in (verb, hedge, text) if word)


def denied(condition: Condition) -> Condition:
    """The opposite of a condition, `Not` only where it can't be said otherwise."""
    return condition.part if isinstance(condition, Not) else Not(condition)


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
    if isinstance(condition, Not) and isinstance(condition.part, Has):
        aux, text = complement(condition.part, count, deny=True)
        return ("do", f"not have {text}") if aux == "have" else ("be", f"not {text}")
    if isinstance(condition, Has):
        return complement(condition, count)
    assert isinstance(condition, And | Or)
    told = [_told(part, count) for part in condition.parts]
    aux = told[0][0]
    texts = [text if own == aux != "do" else f"{_AUX[own][count != 1]} {text}" for own, text in told[1:]]
    return aux, join([told[0][1], *texts], "and" if isinstance(condition, And) else "or")


def complement(has: Has, count: int = 1, deny: bool = False) -> tuple[str, str]:
    """Such as ("be", "wearing a red jacket") or ("have", "dark hair").

    Args:
        has: the condition.
        count: of how many it is said.
        deny: it is said not to hold: "anything" for "something".
    """
    value, some = has.value, "any" if deny else "some"
    if has.attribute in ("worn", "hair"):
        return _looks(has, some)
    if has.attribute in ("beside", "left_of", "right_of", "with"):
        return "be", _related(has, count, some)
    text = {
        "present": "in this video", "known": f"{some}body I know", "alone": "alone", "deed": value, "posture": value,
        "gender": MANY.get(value, value) if count > 1 else f"a {value}",
        "side": f"{'on' if value in ('left', 'right') else 'in'} the {value}",
        "holding": f"holding {with_article(value) if value else f'{some}thing'}",
        "near": value if preposition_of(value) else f"at {with_article(value)}",
        "shot_size": SHOTS.get(value, value), "place": place_said(value), "setting": value,
        "light": "in the dark" if value == "dark" else f"in {value} light",
        "background": f"before {value}", "thing": f"seen with {with_article(value)}",
    }.get(has.attribute, value)  # fmt: skip
    return "be", text or f"doing {some}thing"


def _looks(has: Has, some: str) -> tuple[str, str]:
    if has.attribute == "hair":
        return ("be", "bald") if has.value == "bald" else ("have", hair_said(has.value, has.colour))
    if not has.value:
        return "be", f"wearing {some}thing {has.colour}".rstrip()
    return "be", f"wearing {worn_said(has.value, has.colour)}"


def _related(has: Has, count: int, some: str) -> str:
    how = {"beside": "next to", "left_of": "to the left of", "right_of": "to the right of", "with": "seen with"}
    if has.of is not None:
        return f"{how[has.attribute]} {whom_said(has.of)}"
    if count > 1:
        return {"with": "seen together"}.get(has.attribute, f"{how[has.attribute]} each other")
    return f"{how[has.attribute]} {some}body"


def worn_said(value: str, colour: str = "") -> str:
    """Such as "a red jacket" or "glasses"; what has an article of its own keeps it."""
    return value if value.split(" ")[0] in _ARTICLES else garment_phrase(Garment(value, colour or None, 1.0))


def hair_said(value: str, colour: str = "") -> str:
    """Such as "long dark hair" or "a beard"."""
    head, _, last = value.rpartition(" ")
    words = " ".join(word for word in (head, "" if colour in value.split(" ") else colour, last or "hair") if word)
    return words if last in ("hair", "stubble", "") else with_article(words)


def with_article(noun: str) -> str:
    """Such as "a cup" and "an umbrella"; what has an article, or is several, stays as it is."""
    own = not noun or noun.split(" ")[0] in _ARTICLES
    return noun if own or noun.endswith(("glasses", "scissors", "skis", "gloves")) else indefinite(noun)


def place_said(place: str) -> str:
    """Such as "in an office" or "on a stage"."""
    return place if preposition_of(place) or place == "outdoors" else f"{preposition(place)} {with_article(place)}"


def preposition_of(phrase: str) -> bool:
    """Whether a phrase begins with a preposition of place."""
    return phrase.split(" ")[0] in ("in", "on", "at", "next", "before", "behind", "under", "beside", "near")


def whom_said(whom: Whom, article: str = "the") -> str:
    """A set of people as a noun: "both Ana and Ben", "the man with glasses", "nobody I know".

    Args:
        whom: who they are.
        article: of those meant by what holds of them: "the", "a", "no".
    """
    if whom.names:
        both = {"both": "both ", "only": "only "}.get(whom.quantifier, "")
        return f"{both}{join(whom.names, 'or' if whom.quantifier == 'either' else 'and')}"
    if whom.unknown:
        return join(whom.unknown)
    if whom.nth:
        return f"{article} {_nth(whom.nth)} {noun(whom.such)} {_ENDS.get(whom.nth_by, '')}".rstrip()
    if whom.such is not None:
        article = {"none": "no", "all": "every"}.get(whom.quantifier, article)
        return f"{article} {noun(whom.such)}{' I know' if whom.known else ''}"
    every = {"none": "nobody", "all": "everybody", "only": "somebody", "both": "both"}.get(whom.quantifier, "somebody")
    return every + {True: " I know", False: " I don't know", None: ""}[whom.known]


def _nth(nth: int) -> str:
    rank = _FIRST_LAST.get(nth) or (NTH_SAID[abs(nth) - 1] if abs(nth) <= len(NTH_SAID) else f"{abs(nth)}th")
    return f"{rank} to last" if nth < -1 else rank


def noun(such: Condition | None, count: int = 1) -> str:
    """Those of whom something holds as a noun: "man with glasses", "people", "woman next to Ben"."""
    parts = () if such is None else such.parts if isinstance(such, And) else (such,)
    kind = next((p.value for p in parts if isinstance(p, Has) and p.attribute == "gender"), "person")
    more = [_after_noun(p) for p in parts if not (isinstance(p, Has) and p.attribute == "gender")]
    return " ".join([MANY.get(kind, kind) if count != 1 else kind, *more])


def _after_noun(part: Condition) -> str:
    if not isinstance(part, Has):
        return f"who {clause(part)}"
    if part.attribute == "worn" and part.value:
        return f"{'with' if part.value in _SEEN_WITH else 'in'} {worn_said(part.value, part.colour)}"
    if part.attribute == "worn":
        return f"in {part.colour}"
    aux, text = complement(part)
    return f"with {text}" if aux == "have" else text


def people_said(entities: Sequence[str]) -> list[str]:
    """Names, then those without one: "Ana" and "two people I don't know"."""
    named = [one for one in dict.fromkeys(entities) if not one.startswith("#")]
    more = len(set(entities)) - len(named)
    return [*named, *([] if not more else [STRANGER] if more == 1 else [f"{so_many_people(more)} I don't know"])]


def event_said(during: During) -> str:
    """The time of an event: "while Ben is away", "before the second time Ana is seen"; empty where there is none."""
    event = during.event
    if event is None or not during.relation:
        return ""
    happens = _happening(event, during)
    if not during.nth:
        return f"{during.relation} {happens}"
    time = f"the {_nth(during.nth)} time {happens}"
    return time if during.relation == "while" else f"{during.relation} {time}"


def _happening(event: Event, during: During) -> str:
    """An event in the words that suit before, while or after it: "Ben comes", "Ben is away"."""
    who, where = whom_said(event.whom), event.where
    count = len(event.whom.names) if event.whom.quantifier != "either" else 1
    plural = count > 1
    if where == Has("present") and during.relation in ("before", "until") and not during.nth:
        return f"{who} {'come' if plural else 'comes'}"
    if where == Not(Has("present")):
        return f"{who} {'are' if plural else 'is'} away"
    if where == Has("present"):
        return f"{who} {'are' if plural else 'is'} seen"
    return f"{who} {clause(where, count)}"


def hedged(likely: bool) -> str:
    """The word before what only probably holds."""
    return HEDGE if likely else ""

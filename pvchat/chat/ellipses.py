"""Questions that put one word in the place of one of the question before: "and last?", "and the one on the left?".

In: a question as typed, and the one before. Out: the question as it would be asked in full; of a name in another's
place ("and Ben?") what is asked, and of whom.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pvchat.chat.aspect import REST, Aspect
from pvchat.chat.lineup import SOMEBODY, read_lineup
from pvchat.chat.listed import with_place
from pvchat.chat.names import Mention, mask_names
from pvchat.chat.question import Question
from pvchat.chat.vocabulary import MASK, NTH
from pvchat.chat.whom import STRANGERS
from pvchat.chat.window import Part

_AND = r"(?:(?:and|so|but) )?"
_AND_WHOM = re.compile(
    r"(?:(?:and |but |so )?(?:what about|how about|(?:the )?same (?:question )?(?:for|about|with))|and|or|but|also)"
    r"(?: (?P<link>(?:longer |shorter |more |less )?than|of|before|after))?"
    rf" {MASK.lower()}(?:(?:, (?:and )?| and ){MASK.lower()})*\W*"
)
_ENDS = (
    ("first", "last"), ("left", "right"), ("longest", "shortest"), ("most", "least"),
    ("nearest", "closest", "farthest", "furthest", "nearer", "closer", "farther", "further"),
)  # fmt: skip
_SUPERLATIVES = {"nearer": "nearest", "closer": "closest", "farther": "farthest", "further": "furthest"}
_OTHER_END = re.compile(
    r"(?:(?:and|or|but) )?(?:who(?:'s| is)? )?(?:(?:the )?(?:furthest|farthest) )?(?:(?:to|on|from|at) )?(?:the )?"
    rf"(?P<end>{'|'.join(word for pair in _ENDS for word in pair)})(?: (?:away|off))?\W*",
    re.IGNORECASE,
)
_PLACE = re.compile(
    rf"{_AND}(?:(?:what|how) about |and |or )?(?P<place>(?:the|that) (?:man|woman|person|one|guy|lady|girl"
    r"|boy) [^,?!.]+?)\W*",
    re.IGNORECASE,
)
_HE = re.compile(r"\b(?:he|she|they)\b", re.IGNORECASE)
_ASKS_WHAT = re.compile(rf"{_AND}(?:what|where|how|describe|when)\b", re.IGNORECASE)
_WHO_NOT = re.compile(
    rf"{_AND}(?:who|which (?:ones?|people|of them)) (?:isn't|is not|aren't|are not|doesn't|does not|don't"
    r"|do not|hasn't|has not)\W*",
    re.IGNORECASE,
)
_WITH_WHOM = re.compile(rf"{_AND}(?:with whom?|who(?:m)? with)\W*", re.IGNORECASE)
_WHEN = re.compile(rf"{_AND}(?:when|at what time|when (?:is|was|did) (?:that|he|she|it)(?: \w+)?)\W*", re.IGNORECASE)
_HOW_MANY = re.compile(
    rf"{_AND}how many(?: of (?:them|us))?(?: people| persons)?(?: (?:are|do|is that|have|wear))?"
    r"(?: (?:so|it|one|that))?\W*",
    re.IGNORECASE,
)
_HOW_OFTEN = re.compile(
    rf"{_AND}how (?:often|many times)(?: (?:in total|altogether|does (?:he|she) do (?:so|that|it)))*\W*",
    re.IGNORECASE,
)
_IN_PART = re.compile(
    r"(?:(?:and|but|or) )?(?:in|during) the (?P<which>first|last|second|third)(?: one)?\W*", re.IGNORECASE
)
_COLOUR = r"(?:dark|light|blond|blonde|fair|brown|black|red|ginger|grey|gray|white)"
_HAIR = re.compile(rf"(?:and|or|but|what about) (?P<colour>{_COLOUR})(?: hair)?\W*", re.IGNORECASE)
_COLOURED_HAIR = re.compile(rf"\b{_COLOUR} hair\b", re.IGNORECASE)
_BEYOND = re.compile(
    rf"{_AND}(?:(?:what|how) about )?"
    r"(?:(?P<before>before(?: (?:that|this|it|then))?)|after(?: (?:that|this|it))?|afterwards|later|then)\W*",
    re.IGNORECASE,
)
_RANK = re.compile(
    r"(?:(?:and|but|so|then|ok|okay),? )*(?:who(?:'s| is| was| comes| came| goes| left| leaves)? )?(?:in )?(?:the )?"
    rf"(?:(?P<nth>{'|'.join(NTH)})(?: (?:one|person|place|longest|most))?|next(?: one| person)?|then"
    r"|(?:after|before) (?:that|him|her|them)|afterwards)\W*",
    re.IGNORECASE,
)


def in_full(text: str, mentions: Sequence[Mention], previous: Question) -> str:
    """The question in full; as it is where it is no such ellipsis.

    Args:
        text: in a known wording.
        mentions: of enrolled names in it.
        previous: the question before.
    """
    if end := _OTHER_END.fullmatch(text):
        word = end["end"].lower()
        return _at_other_end(_SUPERLATIVES.get(word, word), previous) or text
    if (hair := _HAIR.fullmatch(text)) and _COLOURED_HAIR.search(previous.text):
        return _COLOURED_HAIR.sub(f"{hair['colour']} hair", previous.text)
    if _WITH_WHOM.fullmatch(text) and len(previous.people) == 1:
        return f"who is {previous.people[0]} seen with?"
    if not mentions and not previous.people and STRANGERS.search(previous.text) and (whom := _of_stranger(text)):
        return whom
    before = previous.aspect.lineup
    if before is not None and before.told and len(mentions) == 1 and _names_another(text, mentions):
        return _of_place(mentions[0].name, previous)
    if place := _PLACE.fullmatch(text):
        masked = mask_names(text, mentions).lower()
        lineup = read_lineup(f"describe {masked[place.start('place') :]}")
        if lineup is not None and re.fullmatch(rf"describe {SOMEBODY}\W*", lineup.asked):
            return _of_place(place["place"], previous) or text
    return text


def _names_another(text: str, mentions: Sequence[Mention]) -> bool:
    found = _AND_WHOM.fullmatch(mask_names(text, mentions).lower())
    return found is not None and not found["link"]


def _of_stranger(text: str) -> str:
    """A question after one about strangers: "at what time?", "what did he look like?"; empty for others."""
    if _WHEN.fullmatch(text):
        return "when is a stranger seen?"
    he = _HE.search(text)
    if he is not None and not _ASKS_WHAT.match(text):  # "is he a man?" isn't whether there is one
        return "what does the person I don't know look like?"
    return "" if he is None else f"{text[: he.start()]}the person I don't know{text[he.end() :]}"


def leaning(text: str, previous: Question) -> Aspect | None:
    """What a question asks that only says how it differs from the one before: "and second?", "how many?"; else None."""
    readers = (_of_rank, _of_how_many, _of_how_often, _of_who_not)
    return next((aspect for read in readers if (aspect := read(text, previous)) is not None), None)


def _of_rank(text: str, previous: Question) -> Aspect | None:
    """What "and second?", "and the third?" or "and then?" asks after who is first, longest or nearest; else None.

    Args:
        text: in a known wording.
        previous: the question before.
    """
    found, aspect = _RANK.fullmatch(text), previous.aspect
    if found is None or len(previous.people) == 1:
        return None
    order, screen_time, lineup = aspect.order, aspect.screen_time, aspect.lineup
    nth = NTH.get((found["nth"] or "").lower())
    if order is not None and order.relation in ("first", "last") and not order.whether:
        return replace(aspect, order=replace(order, nth=order.nth + 1 if nth is None else nth))
    if screen_time is not None and screen_time.asked in ("most", "least"):
        return replace(aspect, screen_time=replace(screen_time, nth=screen_time.nth + 1 if nth is None else nth))
    if lineup is not None and lineup.relation.startswith("first") and not lineup.told:
        place = lineup.nth + 1 if nth is None else nth
        return replace(aspect, lineup=replace(lineup, nth=place, counted=True))
    return None


def _of_who_not(text: str, previous: Question) -> Aspect | None:
    """What "and who isn't?" asks after "who wears a mask?"; else None."""
    aspect = previous.aspect
    if not previous.asks_who or aspect.name != "whether" or _WHO_NOT.fullmatch(text) is None:
        return None
    return replace(aspect, denied=not aspect.denied)


def _of_how_many(text: str, previous: Question) -> Aspect | None:
    """What "how many?" asks after "does anyone wear glasses?", or "who does?"; else None."""
    aspect = previous.aspect
    if not previous.asks_who or aspect.name != "whether" or _HOW_MANY.fullmatch(text) is None:
        return None
    return replace(aspect, manner="count")


def _of_how_often(text: str, previous: Question) -> Aspect | None:
    """What "how often?" asks after "does Ana wave?": how often that, which nobody counts; else None."""
    aspect = previous.aspect
    if aspect.name != "whether" or aspect.predicate.kind not in ("deed", "pose") or not _HOW_OFTEN.fullmatch(text):
        return None
    return replace(aspect, manner="often") if previous.people else REST


def of_part(text: str, previous: Question) -> Part | None:
    """The part that "and in the last?" means after a question about the first minute; else None."""
    part = previous.part
    if part is None:
        return None
    if beyond := _BEYOND.fullmatch(text):
        return _beyond(part, "before" if beyond["before"] else "after")
    if (found := _IN_PART.fullmatch(text)) is None:
        return None
    which = found["which"].lower()
    if part.kind in ("first", "last") and which in ("first", "last"):
        return replace(part, kind="first" if which == "first" else "last")
    if part.kind != "share" or part.end is None:
        return None
    size = part.end - part.start
    start = 1 - size if which == "last" else {"first": 0, **NTH}[which] * size
    return replace(part, start=start, end=start + size) if start + size <= 1.001 else None


def _beyond(part: Part, side: str) -> Part | None:
    """What of the clip is before or after a part; None where that isn't known without the clip's length."""
    ends = {"between": (part.start, part.end), "first": (0.0, part.start), "moment": (part.start, part.start)}
    start, end = ends.get(part.kind, (0.0, None))
    if side == "before":
        return Part("between", 0.0, start) if start else None
    return None if end is None else Part("between", end, None)


def goes_on(lower: str) -> bool:
    """Whether a question in lower case, names masked, only names whom the question before is asked of: "and Ben?"."""
    return _AND_WHOM.fullmatch(lower) is not None


def as_before(lower: str, people: Sequence[str], previous: Question) -> tuple[Aspect, tuple[str, ...]]:
    """What a question that `goes_on` asks, and of whom.

    Args:
        lower: in lower case, names masked.
        people: whom it names.
        previous: the question before.
    """
    found, aspect, whom = _AND_WHOM.fullmatch(lower), previous.aspect, tuple(people)
    link = found["link"] if found is not None else None
    if aspect.manner == "which":  # not who, but whether she does
        aspect = replace(aspect, manner="polar")
    if aspect.order is not None and link in ("before", "after"):
        relation: Literal["before", "after"] = "before" if link == "before" else "after"
        aspect = replace(aspect, order=replace(aspect.order, relation=relation))
    if not aspect.of_two or len(whom) != 1:
        return aspect, whom
    # Who comes before another is another one now; who is held against somebody stays.
    return aspect, (*whom, *previous.people[1:2]) if aspect.order and link is None else (*previous.people[:1], *whom)


def of_another(previous: Question | None, mentions: Sequence[Mention]) -> str:
    """The question before, asked of somebody else by name; empty where it was about nobody or several."""
    if previous is None or len(previous.people) != 1 or len(mentions) != 1:
        return ""
    return _in_place_of_name(previous, mentions[0].name) or previous.text


def _at_other_end(end: str, previous: Question) -> str:
    """The question before about the other end of what it asked the one end of: the last for the first."""
    for pair in _ENDS:
        if end in pair and re.search(rf"\b(?:{'|'.join(pair)})(?:most)?\b", previous.text, re.IGNORECASE):
            return re.sub(rf"\b(?:{'|'.join(pair)})(?=(?:most)?\b)", end, previous.text, count=1, flags=re.IGNORECASE)
    return ""


def _of_place(place: str, previous: Question) -> str:
    """The question before, asked of somebody else, such as one by the place; empty where it was about several."""
    lineup = previous.aspect.lineup
    if lineup is not None:
        return lineup.asked.replace(SOMEBODY, place)
    return "" if len(previous.people) != 1 or previous.asks_all else _in_place_of_name(previous, place)


def _in_place_of_name(previous: Question, words: str) -> str:
    """The question before with other words for the name of whom it was about, or for "she"; empty without either."""
    name = re.compile(rf"\b{re.escape(previous.people[0])}\b", re.IGNORECASE)
    if name.search(previous.text):
        return name.sub(lambda _: words, previous.text)
    said = with_place(previous.text, words, ())
    return said if said != previous.text else ""

"""Who comes in after whom: a question in lower case with masked names in, an `Order` out; with spans a sentence.

Everybody counts who is seen: enrolled people found present by name, others as "somebody I don't know". Each appearance
is told for itself, since people go and come again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pvchat.chat.english import NTH_SAID, be, clock, join, number, so_many_people
from pvchat.chat.spans import Span
from pvchat.chat.vocabulary import CLIP, MASK, NTH
from pvchat.schemas import PersonPresence

_WHO = (
    r"(?:who(?:'s| is| was| are)?(?: else)?|which (?:of \w+|person|one|people)(?: is| was)?"
    r"|(?:does|did|do) any ?(?:one|body)|(?:is|was) (?:there )?(?:any|some) ?(?:one|body)|any ?(?:one|body))"
)
_ENTERS = (
    r"(?:(?:first |also )?(?:comes?|coming|came|walks?|walking|walked|steps?|stepped|moves?)(?: back)?"
    r"(?: (?:in|into|on|onto|up|along|there|here))?|(?:gets?|got)(?: back)?(?: (?:in|into|along|there|here))?(?! up\b)"
    r"|enters?|entered|entering|arriv(?:es?|ed|ing)|appear(?:s|ed|ing)?"
    r"|(?:shows?|turns?|pops?) up|show(?:s|n)?|joins?|starts?|begins?"
    r"|(?:is |are |was |be )?(?:first )?(?:seen|shown|visible|there|here|on(?: screen)?|present))"
)
_LEAVES = r"(?:leav(?:es?|ing)|left|goes|go|exits?|disappear(?:s|ed)?|vanish(?:es|ed)?|(?:is |are )?gone)"
_VERB = rf"(?:(?P<out>{_LEAVES})|{_ENTERS})"
_THING = rf"(?: (?:the|this) (?:{CLIP}|room))?(?: in (?:the|this) \w+)?"
_NAME = rf"(?:{MASK.lower()}|him|her|them|he|she)"
_BY = r"(?:,? (?:right|directly|immediately|shortly|just|straight|soon|next|second))*"
_LINK = rf"{_BY} (?P<link>after|before|following){_BY}"
_OTHER = (  # what the other one does, where that is said
    r"(?: (?:does|did|do|is|was|has|already)| (?P<in>comes?|came|appears?|appeared|arrives?|arrived|enters?|entered"
    r"|shows? up|showed up|gets?|got|joins?|joined)(?: (?:in|back|there|here))?"
    r"| (?P<gone>leaves?|left|goes|went|gone|exits?|disappears?|disappeared)(?: (?:away|off|out))?| in)*"
)
_TAIL = rf"{_OTHER}{_THING}\W*"
_RANK = rf"(?P<rank>first|last|{'|'.join(NTH)})"
_PEOPLE = rf"(?:[,:]? ?{_NAME}(?:,? (?:or|and) {_NAME}|, {_NAME})*)?"

_NEXT = r"(?:is )?(?:the )?(?:next |first )?(?:person |one )?(?:to |who |that )?"
_RANKED = rf"(?:the |of \w+ )?(?:very )?{_RANK}(?: (?:person|one|people))?(?:(?: to| who| that)? {_VERB})?"
_FORMS = tuple(
    re.compile(rf"(?:and |so |then )?{form}")
    for form in (
        rf"{_WHO} {_NEXT}{_VERB}{_THING}{_LINK} {_NAME}{_TAIL}",
        rf"{_WHO}(?: the)?(?: next)?{_LINK} {_NAME}{_TAIL}",
        rf"{_WHO} (?P<follows>follows?|precedes?|succeeds?) {_NAME}{_TAIL}",
        rf"{_WHO} {_VERB}{_THING} {_RANK}{_THING}\W*{_PEOPLE}\W*",
        rf"{_WHO} {_RANKED}{_THING}\W*{_PEOPLE}\W*",
        rf"(?:whom?|which (?:of \w+|person|one)) (?:do|did) (?:we|you|i) see(?: the)? {_RANK}{_THING}\W*{_PEOPLE}\W*",
        rf"(?:does|did|do|is|was|are|has) {_NAME} (?:already )?{_VERB}(?: again)?{_THING}{_LINK} {_NAME}{_TAIL}",
    )
)
_IN_ORDER = re.compile(
    r"(?:and |so )?(?:in )?(?:what|which)(?:'s| is)? (?:the )?order (?:do|does|did|are|of)"
    rf"(?: (?:they|people|all|everyone|the people|{_NAME}(?:,? (?:and )?{_NAME})*))?"
    rf" ?(?:{_VERB}|appearances?|appear|come in|enter|show up|arrive){_THING}\W*"
)
_BEING = re.compile(r"(?<!got )(?<!gets )(?<!came )(?<!comes )\b(?:seen|shown|visible|there|on|here|present)\b")
_TOGETHER = 0.3  # seconds between two people who come in at the same time: less than half a sample of a long video
_MOST = 4  # appearances or people that one sentence tells


@dataclass(frozen=True)
class Order:
    """What is asked of the order in which people are seen.

    Attributes:
        relation: "after" or "before" the person named, or who is "first" or "last".
        leaving: whether it is about when they are gone, not about when they come.
        whether: whether it is a yes-or-no question about two people.
        other: what the person named does, where that is said ("before Ben leaves"); else the same.
        nth: how many come before whom it asks for, of those who are first, or after, of those who are last.
    """

    relation: Literal["after", "before", "first", "last"]
    leaving: bool = False
    whether: bool = False
    other: Literal["", "comes", "leaves"] = ""
    nth: int = 0

    @property
    def other_leaving(self) -> bool:
        """Whether it is the leaving of the person named that counts."""
        return self.other == "leaves" if self.other else self.leaving


def read_order(lower: str) -> Order | None:
    """Read a question for the order of people; None where it asks something else."""
    text = " ".join(lower.split())
    if _IN_ORDER.fullmatch(text):
        return Order("first")
    for kind, form in enumerate(_FORMS):
        if (match := form.fullmatch(text)) is None:
            continue
        found = {"link": "", "follows": "", "rank": "", "out": None, "in": None, "gone": None} | match.groupdict()
        if found["rank"]:
            seen_last = found["rank"] == "last" and _BEING.search(text) is not None
            relation: Literal["first", "last"] = "last" if found["rank"] == "last" else "first"
            return Order(relation, bool(found["out"]) or seen_last, nth=NTH.get(found["rank"], 0))
        before = found["link"] == "before" or (found["follows"] or "").startswith("precede")
        other: Literal["", "comes", "leaves"] = "leaves" if found["gone"] else "comes" if found["in"] else ""
        whether = kind == len(_FORMS) - 1
        being = _BEING.search(text) is not None and " again" not in text
        stays = whether and bool(other) and not before and being  # "there after Ben leaves"
        return Order("before" if before else "after", bool(found["out"]) or stays, whether, other)
    return None


def in_order(order: Order, named: Sequence[str], everyone: Sequence[PersonPresence], strangers: Sequence[Span]) -> str:
    """The answer, of those who are present; empty where somebody named isn't.

    Args:
        order: what is asked.
        named: whom the question names, in its order.
        everyone: their presences.
        strangers: spans of people whom nobody knows.
    """
    spans = {p.name: p.spans for p in everyone if p.decision == "present" and p.spans}
    if any(name not in spans for name in named):
        return ""
    if order.whether and len(named) == 2:
        return _whether(order, named, spans)
    if order.relation in ("first", "last") and len(named) == 1:  # "and Ben?" after "who is seen first?"
        seen = spans[named[0]]
        when = f"last seen at {clock(seen[-1][1])}" if order.leaving else f"first seen at {clock(seen[0][0])}"
        return f"{named[0]} is {when}."
    if order.relation in ("first", "last"):
        return _ranked(order, {name: spans[name] for name in named} if named else spans, [] if named else strangers)
    side, other = int(order.leaving), int(order.other_leaving)
    times = [(span[side], name) for name, seen in spans.items() if name != named[0] for span in seen]
    unknown = [(span[side], "") for span in strangers]
    return _neighbours(order, named[0], [span[other] for span in spans[named[0]]], [*times, *unknown])


def _neighbours(order: Order, name: str, at: Sequence[float], others: Sequence[tuple[float, str]]) -> str:
    """Who comes after or before each of somebody's appearances `at`."""
    sign = 1 if order.relation == "after" else -1
    told = []
    for count, time in enumerate(at, 1):
        beyond = [t for t in at if sign * (t - time) > 0]
        limit = min((sign * (t - time) for t in beyond), default=float("inf"))
        near = [(t, who) for t, who in others if _TOGETHER < sign * (t - time) <= limit]
        when = f" at {clock(time)}" if len(at) > 1 else ""
        does = "" if order.leaving == order.other_leaving else " leaves" if order.other_leaving else " comes in"
        told.append((f"{order.relation} {name}{does}{when}", _next(order, sorted(near, key=lambda x: sign * x[0]))))
        if count == _MOST:
            break
    sentence = "; ".join(f"{head}, {rest}" for head, rest in told)
    more = f" {name} is there {number(len(at))} times in all." if len(at) > _MOST else ""
    return f"{sentence[:1].upper()}{sentence[1:]}.{more}"


def _next(order: Order, near: Sequence[tuple[float, str]]) -> str:
    """The nearest of some (time, name), nearest first: those who come at the same time together, then who is known."""
    if not near:
        return f"nobody {_verb(order, 1)}"
    first = [(t, who) for t, who in near if abs(t - near[0][0]) <= _TOGETHER]
    known = list(dict.fromkeys(who for _, who in first if who))
    who = join(known or ["somebody I don't know"])
    text = f"{who} {_verb(order, len(known))} at {clock(near[0][0])}"
    later = next(((t, who) for t, who in near if who), None)
    if known or later is None:
        return text
    return f"{text}, {'then' if order.relation == 'after' else 'and before that'} {later[1]} at {clock(later[0])}"


def _ranked(order: Order, spans: dict[str, list[Span]], strangers: Sequence[Span]) -> str:
    """Who comes or goes first or last, and who is next."""
    key = (lambda seen: seen[-1][1]) if order.leaving else (lambda seen: seen[0][0])
    last = order.relation == "last"
    ranked = sorted(((key(seen), name) for name, seen in spans.items()), reverse=last)
    if not ranked:
        return ""
    if order.nth >= len(ranked):
        return f"I see {so_many_people(len(ranked))} whom I know: {join([name for _, name in ranked])}."
    told, rest = _at_the_nth(order, ranked), []
    if not order.nth:
        before = sum(abs(time - ranked[0][0]) <= _TOGETHER for time, _ in ranked)
        rest = [f"{name} at {clock(time)}" for time, name in ranked[before:][: _MOST - 1]]
    told += f", {'before that' if last else 'then'} {join(rest)}" if rest else ""
    times = [span[1 if order.leaving else 0] for span in strangers]
    beyond = [t for t in times if (t - ranked[0][0]) * (1 if last else -1) > _TOGETHER]
    if not beyond:
        return f"{told}."
    when, at = ("later", max(beyond)) if last else ("before", min(beyond))
    return f"Of those I know, {told}. Somebody I don't know is there {when}, at {clock(at)}."


def _at_the_nth(order: Order, ranked: Sequence[tuple[float, str]]) -> str:
    """Who comes or goes first or last, or so many after that; several together where they do so at the same time."""
    time = ranked[order.nth][0]
    names = [name for at, name in ranked if abs(at - time) <= _TOGETHER]
    when, several = clock(time), "both" if len(names) == 2 else "all"
    if len(names) > 1 and len(names) == len(ranked):  # then nobody is first or last
        span = f"seen until {when}" if order.leaving else f"there from {when} on"
        return f"{join(sorted(names))} are {several} {span}"
    seen = order.leaving and order.relation == "last"
    verb = f"{be(names)} seen" if seen else _verb(order, len(names))
    rank = f"{NTH_SAID[order.nth]} to last" if order.nth and order.relation == "last" else NTH_SAID[order.nth]
    rank = rank or order.relation
    if order.nth and len(names) > 1:  # one of them is the second, another the third
        return f"{join(sorted(names))} {verb} at the same time, at {when}"
    return f"{join(sorted(names))} {verb} {rank}, {f'{several} ' if len(names) > 1 else ''}at {when}"


def _whether(order: Order, named: Sequence[str], spans: dict[str, list[Span]]) -> str:
    """Whether one comes (or goes) before or after another does."""
    ends = (order.leaving, order.other_leaving)
    one, other = (spans[name][-1][1] if gone else spans[name][0][0] for name, gone in zip(named, ends, strict=True))
    how = ["last" if gone else "first" for gone in ends]
    again = [start for start, _ in spans[named[0]][1:] if start - other > _TOGETHER]
    if order.relation == "after" and order.other == "leaves" and not order.leaving and one < other and again:
        return f"Yes, {named[0]} comes in again at {clock(again[0])}, {named[1]} is last seen at {clock(other)}."
    if abs(one - other) <= _TOGETHER:
        if how[0] != how[1]:
            return f"No, {named[0]} is {how[0]} seen when {named[1]} is {how[1]} seen, at {clock(one)}."
        return f"No, {join(named)} are {how[0]} seen at the same time, at {clock(one)}."
    right = (one < other) == (order.relation == "before")
    then = f"{how[1]} seen at" if how[0] != how[1] else "at"
    return f"{'Yes' if right else 'No'}, {named[0]} is {how[0]} seen at {clock(one)}, {named[1]} {then} {clock(other)}."


def _verb(order: Order, count: int) -> str:
    return ("leave" if count > 1 else "leaves") if order.leaving else ("come in" if count > 1 else "comes in")

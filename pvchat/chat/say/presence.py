"""Who is in a clip, as sentences: yes and no, lists; and what can't be told of people who aren't there.

In: presences, evidence. Out: sentences. Whoever is absent, or unsure, is never described.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import be, clock, join, number, so_many_people, span_told
from pvchat.chat.evidence import Evidence, decided, is_still
from pvchat.chat.say.doubts import doubt
from pvchat.chat.spans import WHOLE, Span
from pvchat.schemas import PersonPresence, QuestionType

UNSURE = "I'm not sure about"  # begins a sentence about those who may be there
FEW_SPANS = 3  # that are told one by one in passing
_MOST_ABSENT = 12  # people who aren't there told by name …
_MOST_UNSURE = 3  # … and of those who may be, the likeliest; of 62 enrolled a dozen may resemble somebody in a crowd
_REFUSED = {
    "appearance": "what {who} {is_} wearing",
    "action": "what {who} {is_} doing",
    "location": "where {who} {is_}",
}


def existence(asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Whether the people asked about by name are there: yes, no, unsure, or who of them."""
    if len(asked) == 1:
        return _existence_of_one(asked[0], evidence)
    present, unsure = decided(asked, "present"), decided(asked, "unsure")
    absent = _first(decided(asked, "absent"), _MOST_ABSENT, "others")
    open_ = f"; I'm not sure about {join(unsure, 'or')}" if unsure else ""
    if not present and not absent:
        return f"I'm not sure whether {join(unsure, 'or')} is in this video."
    if not absent:
        if not unsure:
            both = f"both {join(present)}" if len(present) == 2 else join(present)
            return f"Yes, {both} are {'' if len(present) == 2 else 'all '}in this video."
        return f"{join(present)} {be(present)} in this video{open_}."
    if not present:
        if len(absent) == 1:
            return f"{absent[0]} is not in this video{open_}."
        none = f"neither {join(absent, 'nor')}" if len(absent) == 2 else f"none of {join(absent)}"
        return f"No, {none} is in this video{open_}."
    return f"Only {join(present)} {be(present)} in this video; {join(absent)} {be(absent)} not{open_}."


def who_is_there(asked: Sequence[PersonPresence], evidence: Evidence, besides: Sequence[str] = ()) -> str:
    """Who is there: everyone known, whoever is unsure, and how many others.

    Args:
        asked: the presence of everyone enrolled but those left out.
        evidence: what was measured.
        besides: who is left out.
    """
    present = decided(asked, "present")
    lead = f"Besides {join(besides)}, " if besides and present else ""
    too = " too" if lead else ""
    first = f"{lead}{join(present)} {be(present)} in this video{too}." if present else nobody(besides)
    return " ".join(x for x in (first, *may_be(asked), unknown_people(evidence.unknown, bool(present))) if x)


def who_is_absent(asked: Sequence[PersonPresence]) -> str:
    """Who of those enrolled is not there, and who may not be; of many the first ones by name."""
    absent = _first(decided(asked, "absent"), _MOST_ABSENT, "others whom I know")
    first = f"{join(absent)} {be(absent)} not in this video." if absent else "I miss nobody whom I know."
    return " ".join([first, *may_be(asked)])


def nobody(besides: Sequence[str] = ()) -> str:
    """That nobody known is there, or nobody else."""
    return f"Nobody {'else ' if besides else ''}I know is in this video."


def may_be(asked: Sequence[PersonPresence]) -> list[str]:
    """Who may be there, if anybody: the likeliest by name."""
    likeliest = sorted(asked, key=lambda p: -p.probability)
    told = _first(decided(likeliest, "unsure"), _MOST_UNSURE, "others")
    return [f"{UNSURE} {join(told, 'or')}."] if told else []


def untold(asked: Sequence[PersonPresence], kind: QuestionType | None = None) -> list[str]:
    """That nothing can be told of the absent, nor of the unsure: a sentence each, in the wording of a type, if any."""
    absent, unsure = decided(asked, "absent"), decided(asked, "unsure")
    told = []
    if absent:
        told.append(f"{join(absent)} {be(absent)} not in this video, so I can't {_what(kind, absent)}.")
    if unsure:
        told.append(f"I'm not sure whether {join(unsure, 'or')} is in this video, so I can't {_what(kind, unsure)}.")
    return told


def rest(present: Sequence[str]) -> str:
    """What is said where nothing measured speaks to a question about people who are there."""
    return f"{join(present)} {be(present)} in this video, but I can't tell the rest."


def when(person: PersonPresence, evidence: Evidence) -> str:
    """When somebody is seen, as `in_passing` tells it."""
    return in_passing(person.spans, evidence)


def in_passing(spans: Sequence[Span], evidence: Evidence) -> str:
    """Such as "from 0:02 to 0:09" or "the whole time"; empty for stills and where no span is known."""
    length = evidence.duration_s
    if not spans or is_still(evidence):
        return ""
    if length is not None and sum(b - a for a, b in spans) >= WHOLE * length:
        return "the whole time"
    if len(spans) > FEW_SPANS:
        return f"{number(len(spans))} times between {clock(spans[0][0])} and {clock(spans[-1][1])}"
    return join([span_told(*span) for span in spans])


def unknown_people(count: int, also: bool = False) -> str:
    """How many people are seen whom nobody knows, as a sentence; empty for none."""
    if count <= 0:
        return ""
    there = f"There {'is' if count == 1 else 'are'}{' also' if also else ''}"
    return f"{there} {so_many_people(count)} I don't know."


def _first(names: list[str], most: int, others: str) -> list[str]:
    """The first names, and how many others; where only one is left over, it is named, too."""
    more = len(names) - most
    return names if more < 2 else [*names[:most], f"{number(more)} {others}"]


def _existence_of_one(person: PersonPresence, evidence: Evidence) -> str:
    name = person.name
    if person.decision == "absent":
        return f"No, {name} is not in this video."
    if person.decision == "unsure":
        return f"I'm not sure whether {name} is in this video: {doubt(person, is_still(evidence))}."
    where = evidence.facts_of(name).where
    return "Yes, " + ", ".join(x for x in (f"{name} is in this video", where, when(person, evidence)) if x) + "."


def _what(kind: QuestionType | None, names: list[str]) -> str:
    """What can't be done for what was asked of these people."""
    if kind is None:
        return "tell"
    who, verb = (names[0], "is") if len(names) == 1 else ("they", "are")
    if kind in _REFUSED:
        return f"say {_REFUSED[kind].format(who=who, is_=verb)}"
    return f"describe {'them' if len(names) > 1 else who}"

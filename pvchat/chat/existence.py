"""Who is in a clip, as sentences: yes and no, lists, times; and refusals about people who aren't there.

In: presences, evidence. Out: sentences, or lists of them. A person judged absent is refused in the wording of the
question's type, an unsure one too, and neither is described.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pvchat.chat.crowd import Crowd
from pvchat.chat.english import be, clock, join, lasting, number, so_many_people, span_told, spans_told
from pvchat.chat.evidence import Evidence, decided, is_still
from pvchat.chat.listed import UNSURE
from pvchat.chat.question import Question
from pvchat.chat.reasons import doubt
from pvchat.chat.spans import WHOLE, merged
from pvchat.schemas import PersonPresence, QuestionType

_NOT_A_PART = r"(?! (\w+ )?(seconds?|minutes?|half|part)\b)"  # "the first ten seconds"
_FIRST = re.compile(rf"\bfirst\b{_NOT_A_PART}|\bwhen (does|do|did) .*\b(enter|arrive|come in)\b", re.IGNORECASE)
_LAST = re.compile(
    rf"\blast\b{_NOT_A_PART}|\bwhen (does|do|did) .*\b(leave|disappear|vanish|(go|walk) (away|off|out))\b"
    r"|\bwhen is .*\bgone\b",
    re.IGNORECASE,
)
_WHEN = re.compile(r"\b(when|at (what|which)|(what|which) times?)\b", re.IGNORECASE)
FEW_SPANS, _MOST_SPANS = 3, 8  # that are told one by one in passing, and where the question is when
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


def who_is_there(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Who is there: everyone known, whoever is unsure, and how many others."""
    present = decided(asked, "present")
    besides = f"Besides {join(question.besides)}, " if question.besides and present else ""
    too = " too" if besides else ""
    first = f"{besides}{join(present)} {be(present)} in this video{too}." if present else nobody(question, asked)[0]
    return " ".join(x for x in (first, *_may_be(asked), unknown_people(evidence.unknown, bool(present))) if x)


def who_is_absent(asked: Sequence[PersonPresence]) -> str:
    """Who of those enrolled is not there, and who may not be; of many the first ones by name."""
    absent = _first(decided(asked, "absent"), _MOST_ABSENT, "others whom I know")
    first = f"{join(absent)} {be(absent)} not in this video." if absent else "I miss nobody whom I know."
    return " ".join([first, *_may_be(asked)])


def how_many(asked: Sequence[PersonPresence], evidence: Evidence, thought: Crowd | None = None) -> str:
    """The number of people seen, known or not; people who may be somebody enrolled are counted once.

    Args:
        asked: everyone's presence.
        evidence: what was measured.
        thought: as many as somebody thinks there are: a yes or no comes first.
    """
    present = decided(asked, "present")
    others = evidence.not_known
    count = len(present) + others
    verdict = "" if thought is None else "Yes, " if thought.holds(count) else "No, "
    if not count:
        return f"{verdict}I see nobody in this video."
    strangers = [f"{number(others)} whom I don't know"] if others else []
    seen = f"{verdict}I see {so_many_people(count)} in this video"
    if not present:
        return f"{seen}, nobody whom I know for sure."
    return f"{seen}: {join([*present, *strangers])}."


def whether_unknown(asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Whether people are seen whom nobody knows; who may be somebody enrolled is no stranger for sure."""
    if evidence.unknown:
        return " ".join([f"Yes, t{how_many_unknown(evidence)[1:]}", *_may_be(asked)])
    doubt = _may_be(asked)
    return f"I see nobody whom I surely don't know, but {doubt[0]}" if doubt else f"No, {how_many_unknown(evidence)}"


def how_many_unknown(evidence: Evidence) -> str:
    """The number of people seen whom nobody knows."""
    return unknown_people(evidence.unknown) or "I see nobody in this video whom I don't know."


def when_unknown(evidence: Evidence) -> str:
    """When people are seen whom nobody knows; of a body without a face that isn't known."""
    seen = merged(evidence.strangers)
    if not seen or is_still(evidence):
        when = ", but I can't tell when." if evidence.unknown else "."
        return f"{how_many_unknown(evidence)[:-1]}{when}"
    return f"Somebody I don't know is seen {spans_told(seen[:_MOST_SPANS], len(seen) - _MOST_SPANS)}."


def times(person: PersonPresence, evidence: Evidence, asked: str) -> str:
    """When somebody present is seen; how long, how often, when first or last where the question asks that."""
    name, seen = person.name, when(person, evidence)
    if not seen:
        return f"{name} is in this video" + (" the whole time." if is_still(evidence) else ", but I can't say when.")
    if _FIRST.search(asked) and _LAST.search(asked):
        return f"{name} is first seen at {clock(person.spans[0][0])} and last at {clock(person.last_seen_s or 0.0)}."
    if end := "first" if _FIRST.search(asked) else "last" if _LAST.search(asked) else "":
        at = person.spans[0][0] if end == "first" else person.last_seen_s
        return f"{name} is {end} seen at {clock(at or 0.0)}."
    each = seen != "the whole time" and len(person.spans) > FEW_SPANS and _WHEN.search(asked)
    if seen == "the whole time":
        seen += f", from {clock(person.spans[0][0])} to {clock(person.spans[-1][1])}"
    if re.search(r"\bhow (long|many (seconds|minutes|hours))\b", asked, re.IGNORECASE):
        return f"{name} is in this video for about {lasting(person.visible_s)}, {seen}."
    if re.search(r"\bhow (often|many times)\b", asked, re.IGNORECASE):
        often = {1: "once", 2: "twice"}.get(len(person.spans), f"{number(len(person.spans))} times")
        return f"{name} is in this video {often}, {seen.removeprefix(f'{often} ')}."
    return f"{name} is in this video {_each(person.spans) if each else seen}."


def _each(spans: Sequence[tuple[float, float]]) -> str:
    """Many spans one by one, for whoever asks when; of very many the first, and until when the others are."""
    told, more = [span_told(*span) for span in spans[:_MOST_SPANS]], len(spans) - _MOST_SPANS
    rest = [f"{number(more)} more {'times' if more > 1 else 'time'} until {clock(spans[-1][1])}"] if more > 0 else []
    return f"{number(len(spans))} times: {join([*told, *rest])}"


def nobody(question: Question, asked: Sequence[PersonPresence]) -> list[str]:
    """That nobody known is there, and who may be."""
    head = f"Nobody {'else ' if question.besides else ''}I know is in this video."
    return [head] if question.type == "existence" else [head, *_may_be(asked)]


def _may_be(asked: Sequence[PersonPresence]) -> list[str]:
    """Who may be there, if anybody: the likeliest by name."""
    likeliest = sorted(asked, key=lambda p: -p.probability)
    told = _first(decided(likeliest, "unsure"), _MOST_UNSURE, "others")
    return [f"{UNSURE} {join(told, 'or')}."] if told else []


def _first(names: list[str], most: int, others: str) -> list[str]:
    """The first names, and how many others; where only one is left over, it is named, too."""
    more = len(names) - most
    return names if more < 2 else [*names[:most], f"{number(more)} {others}"]


def untold(asked: Sequence[PersonPresence], kind: QuestionType | None = None) -> list[str]:
    """That nothing can be told of the absent, nor of the unsure: a sentence each, in the wording of a type, if any."""
    absent, unsure = decided(asked, "absent"), decided(asked, "unsure")
    told = []
    if absent:
        told.append(f"{join(absent)} {be(absent)} not in this video, so I can't {_what(kind, absent)}.")
    if unsure:
        told.append(f"I'm not sure whether {join(unsure, 'or')} is in this video, so I can't {_what(kind, unsure)}.")
    return told


def when(person: PersonPresence, evidence: Evidence) -> str:
    """Such as "from 0:02 to 0:09"; empty for stills and where no span is known."""
    spans, length = person.spans, evidence.duration_s
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

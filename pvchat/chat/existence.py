"""Who is in a clip, as sentences: yes and no, lists, times; and refusals about people who aren't there.

In: presences, evidence. Out: sentences, or lists of them. A person judged absent is refused in the wording of the
question's type, an unsure one too, and neither is described.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pvchat.chat.crowd import Crowd
from pvchat.chat.english import clock, join, lasting, number, so_many_people, span_told, spans_told
from pvchat.chat.evidence import Evidence, decided, is_still
from pvchat.chat.question import Question
from pvchat.chat.say import presence
from pvchat.chat.say.presence import (  # noqa: F401 - until the modules that ask here for them are gone
    FEW_SPANS,
    existence,
    may_be,
    unknown_people,
    untold,
    when,
    who_is_absent,
)
from pvchat.chat.spans import merged
from pvchat.schemas import PersonPresence

_NOT_A_PART = r"(?! (\w+ )?(seconds?|minutes?|half|part)\b)"  # "the first ten seconds"
_FIRST = re.compile(rf"\bfirst\b{_NOT_A_PART}|\bwhen (does|do|did) .*\b(enter|arrive|come in)\b", re.IGNORECASE)
_LAST = re.compile(
    rf"\blast\b{_NOT_A_PART}|\bwhen (does|do|did) .*\b(leave|disappear|vanish|(go|walk) (away|off|out))\b"
    r"|\bwhen is .*\bgone\b",
    re.IGNORECASE,
)
_WHEN = re.compile(r"\b(when|at (what|which)|(what|which) times?)\b", re.IGNORECASE)
_MOST_SPANS = 8  # that are told one by one where the question is when


def who_is_there(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Who is there: everyone known, whoever is unsure, and how many others."""
    return presence.who_is_there(asked, evidence, question.besides)


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
        return " ".join([f"Yes, t{how_many_unknown(evidence)[1:]}", *may_be(asked)])
    doubt = may_be(asked)
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
    head = presence.nobody(question.besides)
    return [head] if question.type == "existence" else [head, *may_be(asked)]

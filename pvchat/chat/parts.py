"""Which part of a video is meant by a `During`: by numbers, or by something that happens in it.

In: a `During`, a `Timeline`. Out: a `Part`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pvchat.chat.conditions import Chosen, jointly, subjects
from pvchat.chat.finding import Missing, Verdict
from pvchat.chat.query import During, Event, Not
from pvchat.chat.spans import WHOLE, Span, common, merged, seconds_in
from pvchat.chat.timeline import Timeline
from pvchat.chat.truth import UNKNOWN, Truth
from pvchat.chat.window import stretch_of
from pvchat.errors import SettingsError

_MOMENT, _INSTANT = 0.5, 0.01  # seconds to both sides of a moment, as far as spans are measured, or are exact [choice]


@dataclass(frozen=True)
class Part:
    """The part of a video that is asked about: when, who is missing from what it hangs on, how much its event is known
    to happen ("no": never).
    """

    spans: Sequence[Span]
    missing: tuple[Missing, ...] = ()
    happens: Verdict = "yes"


def part_of(during: During, timeline: Timeline) -> Part:
    """The part of a video that is meant; without spans where it doesn't exist or its event never happens."""
    numbered = common([_numbered(during, timeline)], [timeline.whole])
    if during.event is None or not during.relation:
        return Part(numbered, happens="yes" if numbered else "no")
    who, truth = _event_truth(during.event, timeline)
    spans = merged(truth.yes)
    picked = _nth(spans, during.nth)
    if not picked:
        surely = seconds_in(truth.no) >= WHOLE * seconds_in([timeline.whole])
        unsure = any(one.why == "unsure" for one in who.missing)
        happens: Verdict = "unsure" if unsure else "no" if spans or surely else "unknown"
        return Part([], who.missing, happens)
    start, end = timeline.whole
    if isinstance(during.event.where, Not) and (left := [span for span in picked if span[0] > start]):
        after = during.relation in ("after", "since")  # "after he left" is from then on
        picked = [(span[0], span[0]) for span in left] if after else left
    found = {
        "while": picked, "before": [(start, picked[0][0])], "until": [(start, picked[0][0])],
        "after": [(picked[-1][1], end)], "since": [(picked[0][0], end)],
    }[during.relation]  # fmt: skip
    return Part(common(found, numbered), who.missing)


def _event_truth(event: Event, timeline: Timeline) -> tuple[Chosen, Truth]:
    """Whom an event is about, and when it goes on."""
    who = subjects(event.whom, event.where, [timeline.whole], timeline)
    who = replace(who, sure=(*who.sure, *(one.name for one in who.missing if one.why == "absent")))
    return who, jointly(replace(who, missing=()), event.where, event.whom, timeline) if who.sure else UNKNOWN


def _nth(spans: list[Span], nth: int) -> list[Span]:
    if not nth:
        return spans
    at = nth - 1 if nth > 0 else nth
    return [spans[at]] if -len(spans) <= at < len(spans) else []


def _numbered(during: During, timeline: Timeline) -> Span:
    """From when to when a part goes that is named by numbers; a span of no length where there is none."""
    start, end = timeline.whole
    if during.unit == "seconds" and during.start_s == during.end_s:
        around = _MOMENT if timeline.measured else _INSTANT
        return during.start_s - around, during.start_s + around
    try:
        first, last = stretch_of(during, timeline.shots, end)
    except SettingsError:  # no such shot
        return start, start
    return first, end if last is None else last

"""What a query speaks of: which part of a video, which people; and what is found of one of them.

In: a `Query`, a `Timeline`. Out: a `Part`, a `Lookup`; `Found` and rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pvchat.chat.conditions import (
    RELATIONS,
    Chosen,
    each_other,
    jointly,
    relations,
    rows_about,
    spoken_of,
    subjects,
    truth_of,
    whether,
)  # fmt: skip
from pvchat.chat.finding import Finding, Found, Missing, Row
from pvchat.chat.query import PRESENT, Condition, During, Event, Not, Query, Whom, atoms, is_numbered
from pvchat.chat.spans import UNKNOWN, WHOLE, Span, Truth, Verdict, common, merged, nth_of, seconds_in
from pvchat.chat.timeline import LIKELY, OF_SCENE, Timeline, says, words
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


@dataclass(frozen=True)
class Lookup:
    """A query with what it speaks of: the spans of the part and the people who are meant."""

    query: Query
    timeline: Timeline
    part: Sequence[Span]
    who: Chosen

    @property
    def where(self) -> Condition:
        """What must hold: that they are there, where nothing else is asked."""
        return self.query.where or PRESENT

    def about(self, whom: Whom, where: Condition | None = None) -> Lookup:
        """The same of other people."""
        return replace(self, who=subjects(whom, where, self.part, self.timeline))

    def whether(self, name: str) -> Verdict:
        """Whether the condition holds of somebody, as it stands."""
        return whether(self.where, name, self.part, self.timeline)

    @property
    def missed(self) -> list[Verdict]:
        """Whether it holds of those of whom nothing can be told, one by one."""
        return [self.whether(one.name) for one in self.who.missing]

    def meant_of(self, name: str) -> Condition:
        """What must hold of one of those who are meant."""
        return each_other(self.where, name, self.who, self.query.whom)

    def times_of(self, name: str) -> list[Span]:
        """When it holds of somebody in the part."""
        return common(truth_of(self.meant_of(name), name, self.timeline).yes, self.part)

    def of_one(self, name: str) -> Found:
        """What is found of one: the verdict, when it holds, and the rows that say so."""
        where = self.meant_of(name)
        if self.query.number is not None and self.query.select in ("exists", "who"):
            verdict = self._as_much(name)
        else:
            verdict = whether(where, name, self.part, self.timeline, self.query.throughout)
        rows = self._because(where, name, verdict)
        found = Found(name, verdict, tuple(self.times_of(name)), tuple(rows))
        return replace(found, likely=verdict == "yes" and likely(rows))

    def each(self, least: Verdict = "unknown") -> list[Found]:
        """What is found of everybody who is meant; of whoever only may be, that it isn't known, unless it doesn't hold.

        With `least` "yes" they count only if it does: "the man" is who surely is one.
        """
        kept = ("yes",) if least == "yes" and self.who.sure else ("yes", "unknown")
        perhaps = [one for one in map(self.of_one, self.who.maybe) if one.verdict in kept]
        return [*map(self.of_one, self.who.sure), *(replace(one, verdict="unknown") for one in perhaps)]

    def timed(self) -> list[Found]:
        """`each` where times are asked for: it holds of whoever has any. A `Not` may never hold, and have some."""
        found = [one for one in self.each() if one.entity not in self.who.maybe]
        return [
            replace(one, verdict="yes" if one.spans else "no" if one.verdict == "yes" else one.verdict) for one in found
        ]

    def open_s(self, name: str) -> float:
        """For how many seconds it isn't known whether the condition holds of somebody."""
        where = self.meant_of(name)
        truth, time = truth_of(where, name, self.timeline), spoken_of(where, name, self.part, self.timeline)
        return max(0.0, seconds_in(time) - seconds_in(common(time, [*truth.yes, *truth.no])))

    def _as_much(self, name: str) -> Verdict:
        """Whether a condition holds of somebody as long, or as often, as is asked."""
        yes = self.times_of(name)
        if self.query.number is None:
            return "unknown"
        if self.query.rank is not None and self.query.rank.by == "often":
            return self.query.number.within(len(yes), len(yes))
        return self.query.number.within(seconds_in(yes), seconds_in(yes) + self.open_s(name))

    def _because(self, where: Condition, name: str, verdict: Verdict) -> list[Row]:
        """The rows that say yes or no to a condition's parts; where neither is known, all that speak of them."""
        found: list[Row] = []
        for has in atoms(where):
            rows = [row for row in rows_about(has, name, self.timeline) if common([row.span], self.part)]
            if has.of is not None and has.of.names:
                rows = [row for row in rows if row.of in has.of.names]
            elif verdict in ("yes", "no") and has.attribute not in (*RELATIONS, "alone"):
                rows = [row for row in rows if says(has, row, self.timeline.measured) != "unknown"]
            found += rows if has.attribute not in ("present", "known", "enters", "leaves") else []
        return list(dict.fromkeys(found))

    def attributes_of(self, name: str, attributes: Sequence[str]) -> Found:
        """The rows of somebody about some attributes, and of the scene while she is seen."""
        spans = common(self.timeline.seen(name), self.part)
        rows = replace(self, part=spans).rows(name, attributes)
        verdict: Verdict = "yes" if rows else "unknown" if spans else "no"
        return Found(name, verdict, tuple(spans), tuple(rows), likely=likely(rows))

    def rows(self, name: str, attributes: Sequence[str]) -> list[Row]:
        """Rows about some attributes as far as they lie in the part; what goes on without a break is one row."""
        alike: dict[Row, list[Row]] = {}
        for attribute in attributes:
            related, about = attribute in RELATIONS, "" if attribute in OF_SCENE else name
            rows = relations(attribute, name, self.timeline) if related else self.timeline.of(about, attribute)
            for row in (row for row in rows if row.holds and _is_asked(self.query, row)):
                alike.setdefault(replace(row, start_s=0.0, end_s=0.0, probability=1.0), []).append(row)
        return [
            replace(row, start_s=start, end_s=end, probability=max(one.probability for one in same))
            for row, same in alike.items()
            for start, end in common([one.span for one in same], self.part)
        ]


def likely(rows: Sequence[Row]) -> bool:
    """Whether some rows hold only probably."""
    return bool(rows) and all(row.probability < LIKELY for row in rows)


def listed(found: Sequence[Found], finding: Finding) -> Finding:
    """A finding with people sorted into those of whom it holds, doesn't, or isn't known; the scene has rows only."""
    scene, people = [one for one in found if not one.entity], [one for one in found if one.entity]
    return replace(
        finding,
        spans=finding.spans or tuple(span for one in scene for span in one.spans),
        rows=(*finding.rows, *(row for one in scene for row in one.rows)),
        people=tuple(one for one in people if one.verdict == "yes"),
        against=tuple(one for one in people if one.verdict == "no"),
        open=(*(one for one in people if one.verdict in ("unknown", "unsure")), *finding.open),
    )  # fmt: skip


def doubt(missing: Sequence[Missing]) -> Verdict:
    """The verdict where somebody who is asked about is missing."""
    return "unsure" if any(one.why == "unsure" for one in missing) else "unknown"


def numbered_part(during: During, timeline: Timeline) -> Timeline:
    """The part that is named by numbers as a timeline of its own; all of it where there is no such part."""
    span = common([_numbered(during, timeline)], [timeline.whole]) if is_numbered(during) else []
    return timeline.between(*span[0]) if span else timeline


def part_of(during: During, timeline: Timeline) -> Part:
    """The part of a video that is meant; without spans where it doesn't exist or its event never happens."""
    numbered = common([_numbered(during, timeline)], [timeline.whole])
    if during.event is None or not during.relation:
        return Part(numbered, happens="yes" if numbered else "no")
    who, truth = _event_truth(during.event, timeline)
    spans, (start, end) = merged(truth.yes), timeline.whole
    if isinstance(during.event.where, Not):  # who leaves was there before
        spans = [span for span in spans if span[0] > start] or spans
    picked = nth_of(spans, during.nth) if during.nth else spans
    if not picked:
        surely = bool(spans) or seconds_in(truth.no) >= WHOLE * seconds_in([timeline.whole])
        happens = doubt(who.missing)
        return Part([], who.missing, "no" if surely and happens == "unknown" else happens)
    if isinstance(during.event.where, Not) and picked[0][0] > start and during.relation in ("after", "since"):
        picked = [(span[0], span[0]) for span in picked]  # "after he left" is from then on
    last = picked[-1][1] if picked[-1][1] < end else picked[-1][0]  # what goes on to the end: after it began
    found = {
        "while": picked, "before": [(start, picked[0][0])], "until": [(start, picked[0][0])],
        "after": [(last, end)], "since": [(picked[0][0], end)],
    }[during.relation]  # fmt: skip
    return Part(common(found, numbered), who.missing)


def _event_truth(event: Event, timeline: Timeline) -> tuple[Chosen, Truth]:
    """Whom an event is about, and when it goes on."""
    who = subjects(event.whom, event.where, [timeline.whole], timeline)
    who = replace(who, sure=(*who.sure, *(one.name for one in who.missing if one.why == "absent")))
    return who, jointly(replace(who, missing=()), event.where, event.whom, timeline) if who.sure else UNKNOWN


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


def _is_asked(query: Query, row: Row) -> bool:
    """Whether a row is about the value that narrows an attribute; what stands on a thing is told of that thing."""
    asked = words(query.value) if row.attribute == query.attribute else frozenset()
    return asked <= words(row.of if row.attribute == "on" else f"{row.value} {row.colour}")

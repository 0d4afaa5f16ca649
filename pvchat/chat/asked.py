"""What is found of one person (or of the scene) for a query, and how findings of several are sorted into one.

In: `Asked`: a query with the people and the part of the video that it speaks of. Out: `Found`, rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pvchat.chat.conditions import (
    PRESENT,
    RELATIONS,
    Chosen,
    each_other,
    leaves,
    relations,
    rows_about,
    spoken_of,
    throughout,
    truth_of,
    whether,
)  # fmt: skip
from pvchat.chat.finding import Finding, Found, Row, Verdict
from pvchat.chat.matching import says, words
from pvchat.chat.query import Condition, Query
from pvchat.chat.spans import Span, common, seconds_in
from pvchat.chat.timeline import OF_SCENE, Timeline
from pvchat.chat.truth import within

_LIKELY = 0.8  # probability below which a row holds only probably


@dataclass(frozen=True)
class Asked:
    """A query with what it speaks of: the spans of the part and the people who are meant."""

    query: Query
    timeline: Timeline
    part: Sequence[Span]
    who: Chosen

    @property
    def where(self) -> Condition:
        """What must hold: that they are there, where nothing else is asked."""
        return self.query.where or PRESENT

    def of_one(self, name: str) -> Found:
        """What is found of one: the verdict, when it holds, and the rows that say so."""
        where = each_other(self.where, name, self.who, self.query.whom)
        if self.query.number is not None and self.query.select in ("exists", "who"):
            verdict = self._as_much(where, name)
        else:
            decide = throughout if self.query.throughout else whether
            verdict = decide(where, name, self.part, self.timeline)
        spans = common(truth_of(where, name, self.timeline).yes, self.part)
        rows = self._because(where, name, verdict)
        return Found(name, verdict, tuple(spans), tuple(rows), likely=verdict == "yes" and likely(rows))

    def each(self, least: Verdict = "unknown") -> list[Found]:
        """What is found of everybody who is meant; of whoever only may be, that it isn't known, unless it doesn't hold.

        With `least` "yes" they count only if it does: "the man" is who surely is one.
        """
        kept = ("yes",) if least == "yes" and self.who.sure else ("yes", "unknown")
        perhaps = [one for one in map(self.of_one, self.who.maybe) if one.verdict in kept]
        return [*map(self.of_one, self.who.sure), *(replace(one, verdict="unknown") for one in perhaps)]

    def timed(self) -> list[Found]:
        """`each` where times are asked for: it holds of whoever has any. A `Not` may never hold, and have some."""
        told = [
            replace(one, verdict="yes") if one.spans else one for one in self.each() if one.entity not in self.who.maybe
        ]
        return [replace(one, verdict="no") if one.verdict == "yes" and not one.spans else one for one in told]

    def open_s(self, name: str) -> float:
        """For how many seconds it isn't known whether the condition holds of somebody."""
        where = each_other(self.where, name, self.who, self.query.whom)
        truth, time = truth_of(where, name, self.timeline), spoken_of(where, name, self.part, self.timeline)
        return max(0.0, seconds_in(time) - seconds_in(common(time, [*truth.yes, *truth.no])))

    def _as_much(self, where: Condition, name: str) -> Verdict:
        """Whether a condition holds of somebody as long, or as often, as is asked."""
        yes = common(truth_of(where, name, self.timeline).yes, self.part)
        if self.query.number is None:
            return "unknown"
        if self.query.rank is not None and self.query.rank.by == "often":
            return within(self.query.number, len(yes), len(yes))
        return within(self.query.number, seconds_in(yes), seconds_in(yes) + self.open_s(name))

    def _because(self, where: Condition, name: str, verdict: Verdict) -> list[Row]:
        """The rows that say yes or no to a condition's parts; where neither is known, all that speak of them."""
        found: list[Row] = []
        for has in leaves(where):
            rows = [row for row in rows_about(has, name, self.timeline) if common([row.span], self.part)]
            if has.of is not None and has.of.names:
                rows = [row for row in rows if row.of in has.of.names]
            elif verdict in ("yes", "no") and has.attribute not in (*RELATIONS, "alone"):
                rows = [row for row in rows if says(has, row, self.timeline.measured) != "unknown"]
            found += rows if has.attribute not in ("present", "known", "enters", "leaves") else []
        return list(dict.fromkeys(found))

    def told_of(self, name: str, attributes: Sequence[str]) -> Found:
        """The rows of somebody about some attributes, and of the scene while she is seen."""
        spans = common(self.timeline.seen(name), self.part)
        rows = replace(self, part=spans).rows(name, attributes)
        verdict: Verdict = "yes" if rows else "unknown" if spans else "no"
        return Found(name, verdict, tuple(spans), tuple(rows), likely=likely(rows))

    def rows(self, name: str, attributes: Sequence[str]) -> list[Row]:
        """Rows about some attributes as far as they lie in the part; what goes on without a break is one row."""
        alike: dict[Row, list[Row]] = {}
        for attribute in attributes:
            about = "" if attribute in OF_SCENE else name
            rows = (
                relations(attribute, name, self.timeline)
                if attribute in RELATIONS
                else self.timeline.of(about, attribute)
            )
            for row in (row for row in rows if row.holds and _is_asked(self.query, row)):
                alike.setdefault(replace(row, start_s=0.0, end_s=0.0, probability=1.0), []).append(row)
        return [
            replace(row, start_s=start, end_s=end, probability=max(one.probability for one in same))
            for row, same in alike.items()
            for start, end in common([one.span for one in same], self.part)
        ]


def likely(rows: Sequence[Row]) -> bool:
    """Whether some rows hold only probably."""
    return bool(rows) and all(row.probability < _LIKELY for row in rows)


def _is_asked(query: Query, row: Row) -> bool:
    """Whether a row is about the value that narrows an attribute; what stands on a thing is told of that thing."""
    asked = words(query.value) if row.attribute == query.attribute else frozenset()
    return asked <= words(row.of if row.attribute == "on" else f"{row.value} {row.colour}")


def listed(told: Sequence[Found], finding: Finding) -> Finding:
    """A finding with people sorted into those of whom it holds, doesn't, or isn't known; the scene has rows only."""
    scene, people = [one for one in told if not one.entity], [one for one in told if one.entity]
    return replace(
        finding,
        spans=finding.spans or tuple(span for one in scene for span in one.spans),
        rows=(*finding.rows, *(row for one in scene for row in one.rows)),
        people=tuple(one for one in people if one.verdict == "yes"),
        against=tuple(one for one in people if one.verdict == "no"),
        open=(*(one for one in people if one.verdict in ("unknown", "unsure")), *finding.open),
    )  # fmt: skip

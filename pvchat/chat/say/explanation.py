"""How a question was read and which rows answer it, in plain words, for whoever wonders about an answer.

In: a finding as JSON (`Answer.finding`). Out: an `Explanation`: what was asked and found as pairs of words, and rows
with their times. The words for conditions, people and times are those of the answers (clauses.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pvchat.chat.english import clock, join, lasting, number, ordinal, span_told, upper, wording
from pvchat.chat.query import ANYTHING, EVERYBODY, NEVER, PRESENT, WHOLE, During, Query, Whom, numbers_of, told_as
from pvchat.chat.say import clauses
from pvchat.chat.timeline import Row

MOST_ROWS = 12  # that are shown
Pairs = tuple[tuple[str, str], ...]
_OF_SEVERAL = ("who", "count", "compare", "order")


@dataclass(frozen=True)
class Measured:
    """One row that answers."""

    who: str  # a name, "somebody I don't know" or "the scene"
    what: str  # such as "wearing a red jacket"; "not sitting" where that was measured
    start_s: float  # when, seconds
    end_s: float  # both 0 in a photo
    probability: float  # of the measurement, 0..1


@dataclass(frozen=True)
class Explanation:
    """How one question was read and answered."""

    asked: Pairs  # such as ("asked", "when"), ("about", "Ana"), ("while", "Ben is away"), ("part", "shot 2")
    found: Pairs = ()  # such as ("answer", "yes"), ("true of", "Ana")
    rows: tuple[Measured, ...] = ()  # those that answer
    then: Explanation | None = None  # of the second of two questions


def explain(finding: dict[str, Any], many: bool = False) -> Explanation | None:
    """What a finding says, in words; None where nothing was looked up. `many`: it is about many videos.

    Raises:
        ValueError: its query isn't one.
    """
    if not finding:
        return None
    query = Query.from_dict(finding["query"])
    then = explain(finding.get("then", {}), many)
    return Explanation(tuple(_asked(query, many)), tuple(_found(finding, query)), tuple(_rows(finding)), then)


def lines(explanation: Explanation | None) -> list[str]:
    """As lines: "Asked: when · about: Ana · part: the whole video", "Ana: sitting, from 0:02 to 0:09"."""
    if explanation is None:
        return []
    pairs = (explanation.asked, explanation.found)
    told = [upper(" · ".join(f"{name}: {text}" for name, text in some)) for some in pairs if some]
    for row in explanation.rows[:MOST_ROWS]:
        when = span_told(row.start_s, row.end_s) if row.end_s else ""
        sure = "" if row.probability == 1 else f"{round(100 * row.probability)} % sure"
        told.append(f"{row.who}: {', '.join(filter(None, (row.what, when, sure)))}")
    return [*told, *more_rows(explanation), *lines(explanation.then)]


def more_rows(explanation: Explanation) -> list[str]:
    """How many rows are left out after the first `MOST_ROWS`, if any, as a line."""
    left = len(explanation.rows) - MOST_ROWS
    return [f"and {left} more row{'s' * (left > 1)}"] if left > 0 else []


def _asked(query: Query, many: bool) -> Iterator[tuple[str, str]]:
    if query.refusal is not None:
        yield "asked", wording("not_asked", query.refusal)
        return
    attribute = (wording("asked", query.attribute) or query.attribute or "") + f" ({query.value})" * bool(query.value)
    by = f", by {attribute}" * (query.attribute is not None)
    yield "asked", attribute if query.select == "attribute" else wording("asks", told_as(query)) + by
    event, bound = clauses.event_said(query.during), ""
    relation, _, happens = event.partition(" ")
    part = "the whole video" * (not event and not many)
    part = part if numbers_of(query.during) == WHOLE else _numbered(query.during)
    if query.number is not None:
        times = many and query.select not in ("how_long", "length")
        times = times or query.select in ("count", "how_often", "shots") or query.rank is not None
        value = number(round(query.number.value)) if times else lasting(query.number.value)
        bound = "never" if query.number == NEVER else f"{query.number.bound.replace('_', ' ')} {value}"
    pairs = (
        ("about", "" if query.whom == EVERYBODY else _whom(query.whom, query.select in _OF_SEVERAL)),
        ("compared with", "" if query.versus is None else _whom(query.versus, several=True)),
        ("condition", "" if query.where in (None, PRESENT, ANYTHING) else clauses.clause(query.where)),
        ("which", "" if query.rank is None else clauses.rank_said(query.rank)),
        ("number", bound),
        ("at", event) if relation == "the" else (relation, happens),  # "the second time that …"
        ("part", part),
        ("how", "all the time" * query.throughout),
    )
    yield from (pair for pair in pairs if pair[1])


def _whom(whom: Whom, several: bool) -> str:
    """Such as "Ana and Ben", "the men with glasses" or "somebody but Ben"."""
    but = f" but {join([clauses.called(name) for name in whom.besides])}" if whom.besides else ""
    if several and whom.such is not None and not whom.names and not whom.nth:
        return f"the {clauses.noun(whom.such, 2)}{but}"
    return clauses.whom_said(replace(whom, quantifier="any") if whom.quantifier == "both" else whom) + but


def _numbered(during: During) -> str:
    """Such as "from 0:05 to 0:10", "shot 2", "50 to 100 % of the video", "the video's beginning"."""
    start, end = during.start_s, during.end_s
    if during.unit == "edge":
        return f"the video's {'end' if start else 'beginning'}"
    if during.unit == "shot" and end is not None:
        return f"the {ordinal(round(start))} to the {ordinal(round(end))} shot"
    if during.unit == "shot":
        return f"the {ordinal(round(start))} shot" if start < 0 else f"shot {round(start)}"
    if during.unit == "share":
        return f"{100 * start:.0f} to {100 * (1 if end is None else end):.0f} % of the video"
    if start < 0:
        return f"the last {lasting(-start)}"
    return f"from {clock(start)} on" if end is None else span_told(start, end)


def _found(finding: dict[str, Any], query: Query) -> Iterator[tuple[str, str]]:
    if (verdict := finding.get("verdict")) is not None:
        yield "answer", {"unknown": "not known"}.get(verdict, verdict)
    if (found := finding.get("number")) is not None:
        seconds = query.select == "how_long" or query.select == "length" and not query.unit
        yield "number", f"{'at least ' * ('at_least' in finding)}{lasting(found) if seconds else f'{found:g}'}"
    told = {"people": "true of", "against": "not true of", "open": "not known of", "instead": "seen instead"}
    for name, what in told.items():
        if people := _instead(finding) if name == "instead" else finding.get(name):
            yield what, join(clauses.people_said(one.get("who", "the scene") for one in people))
    for one in finding.get("missing", ()):
        meant = f"; {one['suggests']} is probably meant" if "suggests" in one else ""
        yield one["name"], f"{wording('absence', one['why'])}{meant}"
    if "nothing" in finding and verdict != "unknown":
        yield "in the video", "there is no such part"


def _instead(finding: dict[str, Any]) -> list[dict[str, Any]]:
    """Who is seen in somebody's place: by name only who surely is that one, as in the answer."""
    return [
        {"who": "#", "rows": [{**row, "who": "#"} for row in one.get("rows", ())]} if one.get("likely") else one
        for one in finding.get("instead", ())
    ]


def _rows(finding: dict[str, Any]) -> Iterator[Measured]:
    """What answers, of somebody or of the scene; what else is known of those of whom it isn't, if there is no more."""
    people = [*finding.get("people", ()), *finding.get("against", ())]
    people = people or [*finding.get("open", ()), *_instead(finding)]
    for row in [*(row for one in people for row in one.get("rows", ())), *finding.get("rows", ())]:
        who, (start, end) = row.get("who", ""), row["span"]
        value, colour, of = (row.get(name, "") for name in ("value", "colour", "of"))
        held = clauses.row_said(Row(who, row["attribute"], value, start, end, colour, of))
        denied = "" if row.get("holds", True) else "not "
        name = clauses.called(who) if who else "the scene"
        yield Measured(name, f"{denied}{held}", start, end, row.get("probability", 1.0))

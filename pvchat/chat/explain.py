"""Why an answer is what it is: how a question was read and which rows answer it, and what the measured facts rest on.

In: a finding. Out: lines to look at (`pvchat ask --explain`, the app's fold), such as "read as: attribute worn of Ana"
and "row: Ana worn jacket red 0:00-0:10"; and for "why do you say so?" and `pvchat ask --json` a ground of each fact:
which frame, where in it, how sure, with how often such facts are right on footage.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pvchat.chat.english import clock
from pvchat.chat.finding import Finding
from pvchat.chat.say.clauses import fact_of
from pvchat.schemas import AnswerGround

_MOST = 12  # rows


def explained(finding: dict[str, Any]) -> list[str]:
    """The lines: the query, the verdict or number, who it holds of, the rows."""
    if not finding:
        return []
    lines = [f"read as: {json.dumps(finding['query'], ensure_ascii=False)}"]
    if told := [f"{name} {finding[name]}" for name in ("verdict", "number") if finding.get(name) is not None]:
        lines.append(f"found: {', '.join(told)}")
    for name, what in (("people", "holds of"), ("against", "doesn't hold of"), ("open", "not known of")):
        if people := finding.get(name):
            lines.append(f"{what}: {', '.join(one['who'] for one in people)}")
    if missing := finding.get("missing"):
        lines.append(f"missing: {', '.join(_missing(one) for one in missing)}")
    rows = list(_rows(finding))
    lines += rows[:_MOST] + ([f"... and {len(rows) - _MOST} rows more"] if len(rows) > _MOST else [])
    return lines + ([f"then {line}" for line in explained(finding["then"])] if "then" in finding else [])


def grounds_of(finding: Finding) -> list[AnswerGround]:
    """What the rows that answer rest on, in the order of the answer; none about whoever isn't surely there."""
    people = [row for one in (*finding.people, *finding.against, *finding.open) for row in one.rows]
    grounds: dict[tuple[str, str], AnswerGround] = {}
    for row in (*people, *finding.rows):
        if row.ground is not None:
            about, fact = "" if row.entity.startswith("#") else row.entity, fact_of(row)
            grounds.setdefault((row.entity, fact), AnswerGround(about, fact, row.ground))
    return list(grounds.values())[:_MOST]


def _missing(one: dict[str, Any]) -> str:
    return f"{one['name']} ({one['why']})"


def _rows(finding: dict[str, Any]) -> Iterator[str]:
    """Each row that was looked at, as a line."""
    people = [*finding.get("people", ()), *finding.get("against", ()), *finding.get("open", ())]
    for row in [*(row for one in people for row in one.get("rows", ())), *finding.get("rows", ())]:
        words = [row.get(name, "") for name in ("who", "attribute", "value", "colour", "of")]
        start, end = row["span"]
        unlike = " (measured not to hold)" if row.get("holds") is False else ""
        yield f"row: {' '.join(word for word in words if word)} {clock(start)}-{clock(end)}{unlike}"

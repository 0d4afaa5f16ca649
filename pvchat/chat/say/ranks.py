"""Who is longest, first, leftmost: people in order, and held against each other, in words.

In: findings with a measure of each (`Found.number`), evidence. Out: sentences for "who" and "exists" with a rank,
"compare" and "order".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.english import are, clock, join, lasting, number, shortened, so_many_people, table, upper, wording
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import PRESENT, Condition, Not, Query, Rank
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import (
    at_one_time,
    called,
    clause,
    condition_of,
    is_plain,
    lead,
    noun,
    open_count,
    ordinal,
    people_said,
    whom_said,
)  # fmt: skip
from pvchat.chat.say.numbers import times_said

_MOST = 4  # people that one sentence tells
_BY_PLACE = ("left", "right", "near", "big")


def ranked(finding: Finding, evidence: Evidence) -> str:
    """Who is the so-manieth by a measure, and who comes next; whether that is somebody."""
    rank, whom = finding.query.rank or Rank("long"), finding.query.whom
    others = people_said(finding.against)
    if not finding.people and others:
        return f"I see {so_many_people(len(finding.against))}: {join(others)}."
    if not finding.people:
        return "" if finding.missing else f"I see {'nobody' if whom.such is None else f'no {noun(whom.such)}'} there."
    told = _by_place(finding, rank) if rank.by in _BY_PLACE else _by_time(finding, rank)
    named = whom.names or any(one.entity.startswith("#") for one in finding.people)
    known = "of those I know, " * bool(evidence.not_known and rank.by in ("long", "often") and not named)
    return f"{lead(finding)}{known}{told}."


def _by_place(finding: Finding, rank: Rank) -> str:
    names = people_said(finding.people)
    if not finding.against and len(names) == 1:
        return f"I see only {names[0]} there"
    place = wording("alike", rank.by) if len(finding.people) > 1 else table()["superlative"][rank.by][rank.k < 0]
    return f"{join(names)} {are(names)} {f'{ordinal(abs(rank.k))} ' * (abs(rank.k) > 1)}{place}"


def _by_time(finding: Finding, rank: Rank, most: int = _MOST) -> str:
    """Who is seen longest, most often or first, and how the others are."""
    query, names, count = finding.query, people_said(finding.people), len(finding.people)
    verb, measured = _verb(query, rank.by, count), _measured(rank.by, finding.people[0])
    if count > 1 and not finding.against:
        return f"{join(names)} {verb} {wording('alike', rank.by)}, {measured}"
    how = table()["superlative"][rank.by][rank.k < 0]
    if abs(rank.k) > 1:
        how = ordinal(rank.k) if rank.by == "time" else f"{ordinal(abs(rank.k))} {how}"
    told = f"{join(names)} {verb} {how}, {measured}"
    others = [f"{called(one.entity)} {_measured(rank.by, one)}" for one in finding.against]
    if abs(rank.k) > 1 or not others:
        return told
    link = "; " if rank.by != "time" else ", then " if rank.k > 0 else ", before that "
    return f"{told}{link}{join(shortened(others, len(others), most - 1, 'more'))}"


def _verb(query: Query, by: str, count: int) -> str:
    if by == "time" and query.where == Not(PRESENT):
        return "leave" if count > 1 else "leaves"
    if not is_plain(query.where):
        return clause(query.where, count)
    return ("come in" if count > 1 else "comes in") if by == "time" else f"{'are' if count > 1 else 'is'} seen"


def _measured(by: str, one: Found) -> str:
    value = one.number or 0.0
    return {"long": f"for about {lasting(value)}", "often": times_said(int(value)), "time": f"at {clock(value)}"}[by]


def compare(finding: Finding, evidence: Evidence) -> str:
    """People held against each other: by a measure, by what is alike, by how many they are."""
    query, everyone = finding.query, [*finding.people, *finding.against]
    if query.attribute is not None and query.rank is None:
        return _in_common(finding)
    if query.rank is None and query.versus is not None and finding.number is not None:
        return _more_or_fewer(finding)
    if len(everyone) < 2:
        there = people_said(everyone)
        alone = presence.here_but(there, "compare that") if there else "I can't compare that."
        return "" if finding.missing else alone
    rank = query.rank or Rank("long")
    names = (*query.whom.names, *(() if query.versus is None else query.versus.names), *(o.entity for o in everyone))
    two = sorted(everyone, key=lambda one: names.index(one.entity))
    if len(two) > 2 or rank.by not in _BY_PLACE and query.form != "polar":
        return ranked(finding, evidence)
    return f"{lead(finding)}{_of_two(finding, two, rank)}."


def _of_two(finding: Finding, two: Sequence[Found], rank: Rank) -> str:
    """How the first of two people stands to the second; where it is asked which, the one who is more so comes first."""
    names, alike = [called(one.entity) for one in two], len(finding.people) > 1
    if rank.by in _BY_PLACE:
        if alike:
            return f"{join(names)} are {wording('alike', rank.by)}"
        first = (*finding.people, two[0])[0].entity == two[0].entity
        one, other = names if first or finding.query.form == "polar" else names[::-1]
        more = (first or finding.query.form != "polar") == (rank.k > 0)
        return f"{one} is {table()['comparative'][rank.by][not more]} than {other}"
    verb = "is first seen" if rank.by == "time" else _verb(finding.query, rank.by, 2 if alike else 1)
    if alike and rank.by != "time":
        return f"{join(names)} {verb} {wording('alike', rank.by)}, {_measured(rank.by, two[0])}"
    return f"{names[0]} {verb} {_measured(rank.by, two[0])}, {names[1]} {_measured(rank.by, two[1])}"


def _in_common(finding: Finding) -> str:
    """Whether people are alike in what they wear, do, or where they are."""
    kind, names = finding.query.attribute or "worn", people_said(finding.people)
    told = [
        f"{called(one.entity)} {at_one_time([condition_of(row) for row in one.rows])}"
        for one in finding.people
        if one.rows
    ]
    if lead(finding) and told:
        return f"{lead(finding)}{join(told)}."
    if finding.missing or not names:
        return "" if finding.missing else "I can't compare that."
    unsure = f"I can't tell whether {join(names)} {wording('alike', kind if kind in ('worn', 'hair') else '')}."
    return f"{unsure} {upper(join(told))}." if told else unsure


def _more_or_fewer(finding: Finding) -> str:
    """Whether there are more of these people than of those."""
    query, verb = finding.query, "is" if len(finding.people) == 1 else "are"
    groups = ((query.whom, finding.people), (query.versus or query.whom, finding.against))
    kinds = [f"{number(len(people)) if people else 'no'} {noun(whom.such, len(people))}" for whom, people in groups]
    return f"{lead(finding)}as far as I can see, there {verb} {join(kinds)}.{open_count(finding)}"


def order(finding: Finding, evidence: Evidence) -> str:
    """Who comes one after the other, or whether one does before another."""
    query, people = finding.query, finding.people
    if query.form == "polar" or finding.against:
        return _before(finding)
    if query.versus is not None and not people and not finding.missing:
        return f"I see nobody come in {query.during.relation or 'before'} {whom_said(query.versus)}."
    if not people:
        return "" if finding.missing else presence.nobody()
    in_turn = replace(finding, people=people[:1], against=people[1:])
    return f"{_by_time(in_turn, Rank('time'), 2 * _MOST)}."


def _before(finding: Finding) -> str:
    """Whether something begins, or ends, of one before it does of another."""
    query, event = finding.query, finding.query.during.event
    theirs = query.where if query.versus is not None or event is None else event.where
    if not finding.people or not finding.against:
        return "" if finding.missing else "I can't tell which comes first."
    one, other = finding.people[0], finding.against[0]
    edges = _edge(query.where), _edge(theirs)
    second = edges[1].removeprefix("is ") + " " if edges[0] != edges[1] else ""
    told = f"{called(one.entity)} {edges[0]} {_measured('time', one)}"
    return f"{lead(finding)}{told}, {called(other.entity)} {second}{_measured('time', other)}."


def _edge(condition: Condition | None) -> str:
    """Such as "is first seen", "is last seen", "is first waving"."""
    if is_plain(condition):
        return "is first seen"
    if isinstance(condition, Not):
        return "is last seen" if condition.part == PRESENT else clause(condition.part, 1, "last")
    return clause(condition, 1, "first")

"""Who is longest, first, leftmost: ranks, and people held against each other, in words.

In: findings with a measure of each (`Found.number`). Out: sentences for "who" with a rank, "compare" and "order".
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import NTH_SAID, are, be, clock, join, lasting, so_many_people, upper
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import And, Condition, Not, Query
from pvchat.chat.say.clauses import clause, complement, hair_said, noun, people_said, worn_said
from pvchat.chat.say.facts import PRESENT, condition_of, is_plain
from pvchat.chat.say.holders import LEADS
from pvchat.chat.say.times import times_said

_MOST = 4  # people that one sentence tells
_FURTHEST = {
    "left": "furthest to the left", "right": "furthest to the right", "near": "nearest to the camera",
    "big": "biggest in the picture",
}  # fmt: skip
_LEAST = {"left": "furthest to the right", "right": "furthest to the left", "near": "farthest from the camera",
          "big": "smallest in the picture"}  # fmt: skip
_MORE = {
    "left": "further to the left", "right": "further to the right", "near": "nearer to the camera",
    "big": "bigger in the picture",
}  # fmt: skip
_LESS = {"left": "further to the right", "right": "further to the left", "near": "farther from the camera",
         "big": "smaller in the picture"}  # fmt: skip
_ALIKE = {"left": "about as far to the side", "right": "about as far to the side",
          "near": "about as near to the camera",
          "big": "about as big in the picture"}  # fmt: skip


def ranked(finding: Finding, evidence: Evidence) -> str:
    """Who is the so-manieth by a measure, and who comes next; whether that is somebody."""
    query = finding.query
    assert query.rank is not None
    if not finding.people:
        return _nobody_ranked(finding)
    by = query.rank.by
    told = _by_measure(finding, by) if by in ("time", "long", "often") else _by_place(finding, by)
    lead = LEADS.get(finding.verdict or "", "")
    strangers = evidence.not_known and by in ("long", "often") and not any(_is_stranger(one) for one in finding.people)
    return upper(f"{lead}{'of those I know, ' * bool(strangers and not query.whom.names)}{told}")


def _is_stranger(one: Found) -> bool:
    return one.entity.startswith("#")


def _nobody_ranked(finding: Finding) -> str:
    """That there are fewer than the rank asks for, or none at all."""
    whom, others = finding.query.whom, [one.entity for one in finding.against]
    if finding.missing and not others:
        return ""
    if not others:
        which = f"no {noun(whom.such)}" if whom.such is not None else "nobody"
        return f"I see {which} in this video." if is_plain(finding.query.where) else "I can't tell who that is."
    return f"I see {so_many_people(len(others))}: {join(people_said(others))}."


def _by_place(finding: Finding, by: str) -> str:
    rank, names = finding.query.rank, people_said(finding.names)
    assert rank is not None
    if not finding.against and len(names) == 1:
        return f"I see only {names[0]} there."
    if len(finding.people) > 1:
        return f"{join(names)} {are(names)} {_ALIKE[by]}."
    if abs(rank.k) > 1:
        side = by if rank.k > 0 or by in ("near", "big") else {"left": "right", "right": "left"}[by]
        how = f"from the {side}" if by in ("left", "right") else "nearest to the camera"
        return f"{join(names)} {are(names)} {_nth(abs(rank.k))} {how}."
    return f"{join(names)} {are(names)} {(_FURTHEST if rank.k > 0 else _LEAST)[by]}."


def _nth(k: int) -> str:
    return NTH_SAID[k - 1] if 1 < k <= len(NTH_SAID) else f"{k}th" if k > 1 else "first"


def _by_measure(finding: Finding, by: str) -> str:
    """Who is seen longest, most often or first, and how the others are."""
    query, names = finding.query, people_said(finding.names)
    rank, value = query.rank, finding.people[0].number or 0.0
    assert rank is not None
    others = [f"{join(people_said([one.entity]))} {_measured(by, one)}" for one in finding.against[: _MOST - 1]]
    if len(names) > 1 and not finding.against:
        alike = {"long": "equally long", "often": "equally often", "time": "at the same time"}[by]
        about = "about " * (by == "long")
        return f"{join(names)} {_verb(query, by, len(names))} {about}{alike}, {_measured(by, finding.people[0])}."
    how = _how(query, by, rank.k)
    told = f"{join(names)} {_verb(query, by, len(names))} {how}, {_measured(by, finding.people[0])}"
    if abs(rank.k) > 1 or not others:
        return f"{told}."
    link = (", then " if rank.k > 0 else ", before that ") if by == "time" else "; "
    return f"{told}{link}{join(others)}." if value is not None else f"{told}."


def _how(query: Query, by: str, k: int) -> str:
    top = {"long": "longest", "often": "most often", "time": "first"}[by]
    low = {"long": "least", "often": "least often", "time": "last"}[by]
    how = top if k > 0 else low
    if abs(k) < 2:
        return how
    return f"{_nth(abs(k))}{'' if by == 'time' and k > 0 else f' {how}' if by != 'time' else ' to last'}"


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
    query = finding.query
    if query.attribute is not None and query.rank is None:
        return _alike(finding)
    if query.rank is None and query.versus is not None and finding.number is not None:
        return _more_or_fewer(finding)
    everyone = [*finding.people, *finding.against]
    names = query.whom.names + (() if query.versus is None else query.versus.names)
    if len(everyone) < 2:
        there = people_said([one.entity for one in everyone])
        return "" if finding.missing else f"{join(there)} {be(there)} in this video, but I can't compare that."
    if len(everyone) > 2 or query.form != "polar" and query.versus is None:
        return ranked(finding, evidence)
    return _of_two(finding, sorted(everyone, key=lambda one: (*names, one.entity).index(one.entity)))


def _of_two(finding: Finding, two: Sequence[Found]) -> str:
    """Whether the first of two people is more so than the second."""
    rank, lead = finding.query.rank, LEADS.get(finding.verdict or "", "")
    by, k = ("long", 1) if rank is None else (rank.by, rank.k)
    names = [join(people_said([one.entity])) for one in two]
    if by in _MORE and len(finding.people) > 1:
        return upper(f"{lead}{join(names)} are {_ALIKE[by]}.")
    if by in _MORE:
        first = finding.people[0].entity == two[0].entity
        words = _MORE if k > 0 else _LESS
        more = words[by] if first or finding.query.form != "polar" else (_LESS if k > 0 else _MORE)[by]
        one, other = names if first or finding.query.form == "polar" else names[::-1]
        return upper(f"{lead}{one} is {more} than {other}.")
    if len(finding.people) > 1 and by == "long":
        return upper(f"{lead}{join(names)} are seen about equally long, {_measured(by, two[0])}.")
    verb = {"time": "is first seen"}.get(by, _verb(finding.query, by, 1))
    return upper(f"{lead}{names[0]} {verb} {_measured(by, two[0])}, {names[1]} {_measured(by, two[1])}.")


def _alike(finding: Finding) -> str:
    """Whether people are alike in what they wear, do, or where they are."""
    kind, told = finding.query.attribute or "worn", []
    for one in finding.people:
        values = [_value(kind, one, i) for i in range(len(one.rows))]
        if values:
            told.append(f"{join(people_said([one.entity]))} {'has' if kind == 'hair' else 'is'} {join(values)}")
    lead = LEADS.get(finding.verdict or "")
    if lead and told:
        return upper(f"{lead}{join(told)}.")
    if finding.missing and not finding.people:
        return ""
    what = {"worn": "wear the same colour", "hair": "have the same hair"}.get(kind, "are alike in that")
    names = people_said(finding.names)
    unsure = f"I can't tell whether {join(names)} {what}."
    return f"{unsure} {upper(join(told))}." if told else unsure


def _value(kind: str, one: Found, at: int) -> str:
    row = one.rows[at]
    if kind == "worn":
        return f"{'wearing ' * (not at)}{worn_said(row.value, row.colour)}"
    if kind == "hair":
        return hair_said(row.value, row.colour)
    return complement(condition_of(row))[1]


def _more_or_fewer(finding: Finding) -> str:
    """Whether there are more of these people than of those."""
    query = finding.query
    assert query.versus is not None
    groups = [(query.whom.such, finding.people), (query.versus.such, finding.against)]
    told = [f"{so_many_people(len(p)).split(' ')[0]} {noun(s, len(p))}" for s, p in groups]
    verb = "is" if len(finding.people) == 1 else "are"
    if not finding.people and not finding.against:
        told = [f"no {noun(such, 2)}" for such, _ in groups]
    more = f" Of {so_many_people(len(finding.open))} I can't tell." if finding.open else ""
    lead = LEADS.get(finding.verdict or "", "")
    return upper(f"{lead}as far as I can see, there {verb} {told[0]} and {told[1]}.{more}")


def order(finding: Finding, evidence: Evidence) -> str:
    """Who comes one after the other, or whether one does before another."""
    query = finding.query
    if query.form == "polar" or query.versus is not None or finding.against:
        return _before(finding)
    if not finding.people:
        return "" if finding.missing else "Nobody I know is in this video."
    told = [f"{join(people_said([one.entity]))} at {clock(one.number or 0.0)}" for one in finding.people[1:]]
    first = finding.people[0]
    head = f"{join(people_said([first.entity]))} {_verb(query, 'time', 1)} first, at {clock(first.number or 0.0)}"
    more = len(told) - 2 * _MOST
    told = told[: 2 * _MOST] + ([f"{more} more"] if more > 0 else [])
    return upper(f"{head}, then {join(told)}." if told else f"{head}.")


def _before(finding: Finding) -> str:
    """Whether something begins, or ends, of one before it does of another."""
    query, lead = finding.query, LEADS.get(finding.verdict or "", "")
    event = query.during.event
    theirs = query.where if query.versus is not None or event is None else event.where
    if not finding.people or not finding.against:
        missing = "" if finding.missing else "I can't tell which comes first."
        return missing
    one, other = finding.people[0], finding.against[0]
    edges = _edge(query.where), _edge(theirs)
    second = edges[1].removeprefix("is ") + " " if edges[0] != edges[1] else ""
    told = f"{join(people_said([one.entity]))} {edges[0]} at {clock(one.number or 0.0)}"
    return upper(f"{lead}{told}, {join(people_said([other.entity]))} {second}at {clock(other.number or 0.0)}.")


def _edge(condition: Condition | None) -> str:
    """Such as "is first seen", "is last seen", "is first waving"."""
    if is_plain(condition):
        return "is first seen"
    if isinstance(condition, Not) and not isinstance(condition.part, And):
        return "is last seen" if condition.part == PRESENT else clause(condition.part, 1, "last")
    return clause(condition, 1, "first")

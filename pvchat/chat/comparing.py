"""Who comes first, is longest, leftmost or nearest; whether one is more so than another, or is like another.

In: `Asked`. Out: findings for the selects "compare" and "order", and those of a rank for "who" and "exists".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.asked import Asked
from pvchat.chat.conditions import Chosen, each_other, subjects, truth_of
from pvchat.chat.finding import Finding, Found, Missing, Verdict
from pvchat.chat.query import Not, Rank, Whom
from pvchat.chat.ranking import Ranked, in_order


def ranking(asked: Asked, rank: Rank, people: Sequence[str]) -> Ranked:
    """People in the order of a measure of when the condition holds of them, or, of a `Not`, when its part ends."""
    where, ends = asked.where, rank.by == "time"
    where, ends = (where.part, True) if ends and isinstance(where, Not) else (where, False)
    spans = {
        name: truth_of(each_other(where, name, asked.who, asked.query.whom), name, asked.timeline).yes
        for name in people
    }
    entities = [one for one in asked.timeline.entities if one.name in people]
    return in_order(entities, rank.by, asked.part, asked.timeline, spans, ends)


def ranked(asked: Asked, rank: Rank, finding: Finding) -> Finding:
    """A finding with the so-manieth of those who are meant; the others follow as `against`."""
    order = ranking(asked, rank, asked.who.sure)
    top, people = order.at(rank.k), order.people if rank.k > 0 else order.people[::-1]
    rest = [one for one in people if one not in top]
    told = [
        tuple(replace(asked.of_one(one.name), verdict="yes", number=order.measures[one.name]) for one in group)
        for group in (top, rest)
    ]
    return replace(finding, people=told[0], against=told[1])


def compare(asked: Asked) -> Finding:
    """Which of some people is longest, nearest …; whether one is more so than others, or like them in an attribute."""
    query = asked.query
    if query.rank is None and query.attribute is not None:
        return _alike(asked)
    theirs = Chosen() if query.versus is None else subjects(query.versus, None, asked.part, asked.timeline)
    names = tuple(dict.fromkeys((*asked.who.sure, *theirs.sure)))
    everyone = replace(asked, who=Chosen(names))
    finding = ranked(everyone, query.rank or Rank("long"), Finding(query, missing=theirs.missing))
    if query.versus is None and query.form != "polar":
        return finding
    first = set(names[:1] if query.versus is None else asked.who.sure)
    counted = query.rank is not None and query.rank.by in ("long", "often")  # whoever never does counts as none
    told = len(finding.people) + len(finding.against)
    if told < (1 if counted else len(names)) or asked.who.missing or theirs.missing:
        return replace(finding, verdict=doubt((*asked.who.missing, *theirs.missing)))
    return replace(finding, verdict="yes" if finding.names and set(finding.names) <= first else "no")


def doubt(missing: Sequence[Missing]) -> Verdict:
    """The verdict where somebody who is asked about is missing."""
    return "unsure" if any(one.why == "unsure" for one in missing) else "unknown"


def _alike(asked: Asked) -> Finding:
    """Whether people have an attribute in common; of what is worn, a colour."""
    name = asked.query.attribute or "worn"
    told = [asked.told_of(one, (name,)) for one in asked.who.sure]
    told = [replace(one, rows=tuple(row for row in one.rows if name != "worn" or row.colour)) for one in told]
    values = [{r.colour if name == "worn" else (r.value, r.colour, r.of) for r in one.rows} for one in told]
    finding = Finding(asked.query, people=tuple(told))
    if len(values) < 2 or asked.who.missing or not all(values):
        return replace(finding, verdict=doubt(asked.who.missing))
    return replace(finding, verdict="yes" if set.intersection(*values) else "no")


def order(asked: Asked) -> Finding:
    """Who comes one after the other; whether one does before another, or before or after something happens."""
    query, event, theirs = asked.query, asked.query.during.event, asked.query.versus
    if theirs is None and event is None:
        found = ranking(asked, Rank("time"), asked.who.sure)
        people = tuple(Found(one.name, number=found.measures[one.name]) for one in found.people)
        return Finding(query, people=people)
    where = asked.where if theirs is not None or event is None else event.where
    whom = theirs if theirs is not None else event.whom if event is not None else Whom()
    whole = replace(asked, part=[asked.timeline.whole])
    other = replace(whole, who=subjects(whom, where, whole.part, asked.timeline))
    other = replace(other, query=replace(query, whom=whom, where=where))
    return _before(whole, other, theirs is not None or query.during.relation in ("before", "until"))


def _before(one: Asked, other: Asked, before: bool) -> Finding:
    """Whether something begins (or ends) of one before, or after, something else does of another."""
    orders = [ranking(asked, Rank("time"), asked.who.sure) for asked in (one, other)]
    told = [tuple(Found(who.name, number=found.measures[who.name]) for who in found.people) for found in orders]
    finding = Finding(one.query, people=told[0], against=told[1], missing=other.who.missing)
    if not all(told):
        return replace(finding, verdict=doubt((*one.who.missing, *other.who.missing)))
    first, second = (found.measures[found.people[0].name] for found in orders)
    right = not orders[0].alike(first, second) and (first < second) == before
    return replace(finding, verdict="yes" if right else "no")

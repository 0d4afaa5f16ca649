"""Who comes first, is longest, leftmost or nearest; whether one is more so than another, or is like another.

In: a `Lookup`. Out: findings for the selects "compare" and "order", and those of a rank for "who" and "exists".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.conditions import Chosen, each_other, subjects, truth_of
from pvchat.chat.finding import Finding, Found
from pvchat.chat.lookup import Lookup, doubt
from pvchat.chat.query import Not, Rank, Whom
from pvchat.chat.ranking import Ranked, in_order


def ranking(lookup: Lookup, rank: Rank, people: Sequence[str]) -> Ranked:
    """People in the order of a measure of when the condition holds of them, or, of a `Not`, when its part ends."""
    where, ends = lookup.where, rank.by == "time"
    where, ends = (where.part, True) if ends and isinstance(where, Not) else (where, False)
    spans = {
        name: truth_of(each_other(where, name, lookup.who, lookup.query.whom), name, lookup.timeline).yes
        for name in people
    }
    entities = [one for one in lookup.timeline.entities if one.name in people]
    return in_order(entities, rank.by, lookup.part, lookup.timeline, spans, ends)


def ranked(lookup: Lookup, rank: Rank, finding: Finding) -> Finding:
    """A finding with the so-manieth of those who are meant; the others follow as `against`."""
    order = ranking(lookup, rank, lookup.who.sure)
    top, people = order.at(rank.k), order.people if rank.k > 0 else order.people[::-1]
    rest = [one for one in people if one not in top]
    groups = [
        tuple(replace(lookup.of_one(one.name), verdict="yes", number=order.measures[one.name]) for one in group)
        for group in (top, rest)
    ]
    return replace(finding, people=groups[0], against=groups[1])


def compare(lookup: Lookup) -> Finding:
    """Which of some people is longest, nearest …; whether one is more so than others, or like them in an attribute."""
    query = lookup.query
    if query.rank is None and query.attribute is not None:
        return _alike(lookup)
    theirs = Chosen() if query.versus is None else subjects(query.versus, None, lookup.part, lookup.timeline)
    names = tuple(dict.fromkeys((*lookup.who.sure, *theirs.sure)))
    everyone = replace(lookup, who=Chosen(names))
    finding = ranked(everyone, query.rank or Rank("long"), Finding(query, missing=theirs.missing))
    if query.versus is None and query.form != "polar":
        return finding
    first = set(names[:1] if query.versus is None else lookup.who.sure)
    counted = query.rank is not None and query.rank.by in ("long", "often")  # whoever never does counts as none
    count = len(finding.people) + len(finding.against)
    if count < (1 if counted else len(names)) or lookup.who.missing or theirs.missing:
        return replace(finding, verdict=doubt((*lookup.who.missing, *theirs.missing)))
    return replace(finding, verdict="yes" if finding.names and set(finding.names) <= first else "no")


def _alike(lookup: Lookup) -> Finding:
    """Whether people have an attribute in common; of what is worn, a colour."""
    name = lookup.query.attribute or "worn"
    people = [lookup.attributes_of(one, (name,)) for one in lookup.who.sure]
    people = [replace(one, rows=tuple(row for row in one.rows if name != "worn" or row.colour)) for one in people]
    values = [{r.colour if name == "worn" else (r.value, r.colour, r.of) for r in one.rows} for one in people]
    finding = Finding(lookup.query, people=tuple(people))
    if len(values) < 2 or lookup.who.missing or not all(values):
        return replace(finding, verdict=doubt(lookup.who.missing))
    return replace(finding, verdict="yes" if set.intersection(*values) else "no")


def order(lookup: Lookup) -> Finding:
    """Who comes one after the other; whether one does before another, or before or after something happens."""
    query, event, theirs = lookup.query, lookup.query.during.event, lookup.query.versus
    if theirs is None and event is None:
        return Finding(query, people=_measured(ranking(lookup, Rank("time"), lookup.who.sure)))
    where = event.where if theirs is None and event is not None else lookup.where
    whom = theirs or (Whom() if event is None else event.whom)
    whole = replace(lookup, part=[lookup.timeline.whole])
    other = replace(whole, who=subjects(whom, where, whole.part, lookup.timeline))
    other = replace(other, query=replace(query, whom=whom, where=where))
    before = query.during.relation in ("", "before", "until")
    listed = theirs is not None and query.form != "polar" and not query.whom.names  # "who comes after Ben?"
    return (_beyond if listed else _before)(whole, other, before)


def _before(one: Lookup, other: Lookup, before: bool) -> Finding:
    """Whether something begins (or ends) of one before, or after, something else does of another."""
    orders = [ranking(each, Rank("time"), each.who.sure) for each in (one, other)]
    people, against = map(_measured, orders)
    finding = Finding(one.query, people=people, against=against, missing=other.who.missing)
    if not (people and against):
        return replace(finding, verdict=doubt((*one.who.missing, *other.who.missing)))
    first, second = (found.measures[found.people[0].name] for found in orders)
    right = not orders[0].alike(first, second) and (first < second) == before
    return replace(finding, verdict="yes" if right else "no")


def _beyond(one: Lookup, other: Lookup, before: bool) -> Finding:
    """Those who come before somebody, or after: whoever comes next first."""
    mine, theirs = (ranking(each, Rank("time"), each.who.sure) for each in (one, other))
    edge = next((theirs.measures[entity.name] for entity in theirs.people), None)
    found = () if edge is None else _measured(mine)
    beyond = [each for each in found if each.number != edge and ((each.number or 0.0) < (edge or 0.0)) == before]
    return Finding(one.query, people=tuple(beyond[::-1] if before else beyond), missing=other.who.missing)


def _measured(ranked_people: Ranked) -> tuple[Found, ...]:
    """People in order, with what was measured of each."""
    return tuple(Found(one.name, number=ranked_people.measures[one.name]) for one in ranked_people.people)

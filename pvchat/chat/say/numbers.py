"""When, for how long, how often, in which order, and people held against each other.

In: findings, a `Timeline`. Out: sentences for "when", "how_long", "how_often", "shots" and "length"; for "who" and
"exists" with a rank, "compare" and "order". Of photos no times are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.english import (
    HEDGE,
    be,
    clock,
    join,
    lasting,
    number,
    shortened,
    so_many_people,
    span_told,
    table,
    times_said,
    upper,
    wording,
)
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import EVERYBODY, PRESENT, Condition, Event, Not, Or, Query, Rank, atoms, events_in, is_of_sound
from pvchat.chat.say.clauses import (
    asks_scene,
    at_one_time,
    called,
    clause,
    condition_of,
    does,
    event_said,
    happens_said,
    here_but,
    is_plain,
    lead,
    nobody_known,
    noun,
    ordinal,
    people_said,
    things_said,
    whom_said,
)
from pvchat.chat.say.holders import nobody, open_said
from pvchat.chat.say.people import measured, said
from pvchat.chat.spans import WHOLE, Span, seconds_in
from pvchat.chat.timeline import Timeline

_MOST_SPANS = 8  # that are told one by one
_MOST_SHOTS = 12  # that one sentence numbers
_MOST = 4  # people that one sentence tells
_BY_PLACE = ("left", "right", "near", "big")


def timed(finding: Finding, timeline: Timeline) -> str:
    """When something holds of those who are meant, for how long, or how often."""
    query, quantifier = finding.query, finding.query.whom.quantifier
    of_people = query.number is not None and query.value == "people"
    if quantifier == "none" or quantifier == "both" and finding.people or asks_scene(finding) or of_people:
        return f"{lead(finding)}{_together(finding, timeline)}."
    sentences = [f"{_time_of_one(one, finding, timeline)}." for one in finding.people]
    sentences[:1] = [f"{lead(finding)}{sentence}" for sentence in sentences[:1]]
    sentences += _untimed(finding, timeline) if not sentences or query.whom.names else []
    named = query.whom.names or query.whom.unknown  # who then is missing
    return " ".join(map(upper, sentences)) or ("" if named else nobody(finding))


def _together(finding: Finding, timeline: Timeline) -> str:
    """The time of several together, of nobody, or of the scene, as a clause."""
    where, names = finding.query.where, people_said(finding.people)
    has = next(atoms(where), PRESENT)
    of_people = finding.query.value == "people" and finding.query.number is not None
    if asks_scene(finding) and not of_people:
        thing = said(has.value, 1) * (has.attribute == "thing")
        holds = f"I see the {thing}" if thing else f"this {clause(where)}"
        never = f"I see no {thing} in this video" if thing else "I can't tell when"
    elif finding.query.number is not None and of_people:
        bound, value = finding.query.number.bound, int(finding.query.number.value)
        many = f"{bound.replace('_', ' ')} {so_many_people(value)}"
        holds = f"{many} {clause(where, value)} at the same time"
        never = f"{many} {clause(where, value, 'never')} at the same time, as far as I can see"
    elif finding.query.whom.quantifier == "none":
        besides = f" besides {join(finding.query.whom.besides)}" * bool(finding.query.whom.besides)
        holds, never = f"nobody{besides} {clause(where)}", f"somebody{besides} {clause(where)} the whole time"
    else:
        both = "" if has.attribute == "with" else "both"  # "seen together" says it
        holds = f"{join(names)} {clause(where, len(names), both)}"
        never = f"{join(names)} {clause(where, len(names), 'never')} at the same time"
    timed_ = finding.spans and not timeline.still
    return f"{holds} {_time(finding.spans, finding.number, finding, timeline)}" if timed_ else never


def _time_of_one(one: Found, finding: Finding, timeline: Timeline) -> str:
    """One person's time as a clause: since when, how long or how often."""
    query, event, rank = finding.query, event_said(finding.query.during), finding.query.rank
    holds = f"{called(one.entity)} {clause(query.where, 1, HEDGE * one.likely)}{' ' * bool(event)}{event}"
    if timeline.still or not one.spans:
        return f"{holds}, but I can't tell {wording('asked_for', query.select)}"
    if rank is not None and rank.by == "time" and is_plain(query.where) and rank.k in (1, -1):
        edge, at = ("first", one.spans[0][0]) if rank.k == 1 else ("last", one.spans[-1][1])
        return f"{called(one.entity)} is {edge} seen at {clock(at)}"
    return f"{holds}{',' * bool(event)} {_time(one.spans, one.number, finding, timeline)}"


def _time(spans: Sequence[Span], measure: float | None, finding: Finding, timeline: Timeline) -> str:
    """Spans, with how long or how often that is where it is asked: "for about 5 seconds, from 0:05 to 0:10"."""
    query, length, seconds = finding.query, timeline.end_s - timeline.start_s, seconds_in(spans)
    when = f"{'the whole time, ' * (seconds >= WHOLE * length)}{_each(spans)}"
    if query.select == "how_often":
        return f"{times_said(int(len(spans) if measure is None else measure))}, {when}"
    if query.select in ("when", "exists"):
        return when
    least, seconds = "at least" if finding.at_least else "for about", seconds if measure is None else measure
    share = f", {_percent(seconds / length)} of this video" if query.value == "share" else ""
    return f"{least} {lasting(seconds)}{share}, {when}"


def _percent(share: float) -> str:
    percent = 100 * min(1.0, share)
    return f"{round(percent) if percent < 10 else 5 * round(percent / 5)}%"  # spans are as fine as the samples


def _untimed(finding: Finding, timeline: Timeline) -> list[str]:
    """Of whom it never holds, and of whom that isn't known."""
    where = finding.query.where or PRESENT
    sentences = [f"{called(one.entity)} {clause(where, 1, 'never')}." for one in finding.against]
    for one in finding.open:
        who, known = called(one.entity), measured(one.entity, next(atoms(where)), timeline.seen(one.entity), timeline)
        asked_for = f"tell {wording('asked_for', finding.query.select)} {who} {clause(where)}"
        sentences += [here_but([who], asked_for), *([f"{who} {known}."] if known else [])]
    return sentences


def _each(spans: Sequence[Span]) -> str:
    """Spans one by one; of very many the first, and until when the others are."""
    each, more = [span_told(*span) for span in spans[:_MOST_SPANS]], len(spans) - _MOST_SPANS
    rest = [f"{number(more)} more {'times' if more > 1 else 'time'} until {clock(spans[-1][1])}"] if more > 0 else []
    return join([*each, *rest])


def shots(finding: Finding, timeline: Timeline) -> str:
    """How many shots there are and where it is cut, or in which of them it holds of somebody."""
    query, found = finding.query, [row.value for row in finding.rows if row.attribute == "shot"]
    total = max(len(timeline.shots), len(found))
    if query.whom == EVERYBODY and query.where is None:
        return f"{lead(finding)}{_cuts(finding.spans)}" if found else "I can't tell where this video is cut."
    if not finding.people and finding.missing:
        return ""
    people = people_said(finding.people) or people_said(query.whom.names) or [whom_said(query.whom)]
    seen = f"{be(people)} seen{' together' * (len(people) > 1)}"
    who = f"{lead(finding)}{join(people)} {seen if is_plain(query.where) else clause(query.where, len(people))}"
    if not found or total == 1:
        return f"{who} in {'no shot' if not found else 'the only shot'}."
    each = join(shortened(found, len(found), _MOST_SHOTS, "more"))
    return f"{who} in {number(len(found))} of {number(total)} shots{f': {each}' * (len(found) < total)}."


def _cuts(shots: Sequence[Span]) -> str:
    cuts = [clock(start) for start, _ in shots[1:]]
    at = f", at {join(shortened(cuts, len(cuts), _MOST_SHOTS, 'more'))}" if cuts else ""
    many = f"{number(len(cuts)) if cuts else 'no'} cut{'s' * (len(cuts) > 1)}"
    return f"I see {number(len(shots))} shot{'s' * bool(cuts)} and {many} in this video{at}."


def of_events(finding: Finding, timeline: Timeline) -> str:
    """Whether, when or how long things happen at once, each of somebody else: "Ana is sitting and Ben is standing"."""
    query, word = finding.query, "or" if isinstance(finding.query.where, Or) else "and"
    happens = join([" ".join(happens_said(one)) for one in events_in(query.where)], word)
    if finding.spans and not timeline.still and not isinstance(query.where, Not):
        return f"{lead(finding)}{happens} {_time(finding.spans, finding.number, finding, timeline)}."
    if finding.verdict == "unknown" or finding.spans:
        return f"I can't tell whether {happens}."
    return f"{lead(finding)}as far as I can see it is never so that {happens} at the same time."


def length(finding: Finding, timeline: Timeline) -> str:
    """How long the video is, or the part that is asked about."""
    if timeline.still:
        return "This is a photo, or a video of about a second."
    if not finding.number:
        return "I can't tell how long this is."
    if finding.during and (event := event_said(finding.query.during)):
        return f"{lead(finding)}about {lasting(finding.number)} pass {event}, {_each(finding.during)}."
    return f"{lead(finding)}this is a video of about {lasting(finding.number)}."


def ranked(finding: Finding, timeline: Timeline) -> str:
    """Who is the n-th by a measure, and who comes next; whether that is somebody."""
    rank, whom = finding.query.rank or Rank("long"), finding.query.whom
    if not finding.people and finding.against:
        return f"I see {so_many_people(len(finding.against))}: {join(people_said(finding.against))}."
    if not finding.people:
        return "" if finding.missing else nobody(finding)
    named = whom.names or any(one.entity.startswith("#") for one in finding.people)
    known = "of those I know, " * bool(timeline.unnamed and rank.by in ("long", "often") and not named)
    return f"{lead(finding)}{known}{in_order(finding, rank)}."


def in_order(finding: Finding, rank: Rank, most: int = _MOST) -> str:
    """Who comes where by a measure, as a clause; by a number also how the others are."""
    names, best, alone = people_said(finding.people), finding.people[0], len(finding.people) == 1
    measure, first = "" if rank.by in _BY_PLACE else f", {_measured(rank.by, best)}", abs(rank.k) == 1
    verb = f"{be(names)}" if rank.by in _BY_PLACE else _verb(finding.query, rank.by, len(finding.people))
    if not alone and (rank.by in _BY_PLACE or not finding.against):
        return f"{join(names)} {verb} {wording('alike', rank.by)}{measure}"
    heard = rank.by == "long" and is_of_sound(finding.query)
    how = table()["superlative"]["heard" if heard else rank.by][rank.k < 0]
    if not first:
        how = ordinal(rank.k) if rank.by == "time" else f"{ordinal(abs(rank.k))} {how}"
    others = [f"{called(one.entity)} {_measured(rank.by, one)}" for one in finding.against] if measure else []
    link = "; " if rank.by != "time" else ", then " if rank.k > 0 else ", before that "
    rest = f"{link}{join(shortened(others, len(others), most - 1, 'more'))}" if first and others else ""
    return f"{join(names)} {verb} {how}{measure}{rest}"


def _verb(query: Query, by: str, count: int) -> str:
    if by == "time" and query.where == Not(PRESENT):
        return "leave" if count > 1 else "leaves"
    if is_of_sound(query):
        return does(query, count > 1)
    if not is_plain(query.where):
        return clause(query.where, count)
    return ("come in" if count > 1 else "comes in") if by == "time" else f"{'are' if count > 1 else 'is'} seen"


def _measured(by: str, one: Found) -> str:
    value = one.number or 0.0
    return {"long": f"for about {lasting(value)}", "often": times_said(int(value)), "time": f"at {clock(value)}"}[by]


def compare(finding: Finding, timeline: Timeline) -> str:
    """People held against each other: by a measure, by what is alike, by how many they are."""
    query, everyone = finding.query, [*finding.people, *finding.against]
    if query.attribute is not None and query.rank is None and len(everyone) != 1:
        return _in_common(finding)
    if query.rank is None and query.versus is not None and finding.number is not None:
        return _more_or_fewer(finding)
    if len(everyone) < 2:
        alone = (
            here_but(people_said(everyone), "compare that")
            if any(one.entity for one in everyone)
            else "I can't compare that."
        )
        return "" if finding.missing else alone
    return ranked(finding, timeline)


def _in_common(finding: Finding) -> str:
    """Whether people are alike in what they wear, do, or where they are."""
    held = [(called(one.entity), [condition_of(row) for row in one.rows]) for one in finding.people if one.rows]
    clauses = [f"{name} {at_one_time(conditions)}" for name, conditions in held]
    if lead(finding) and clauses:
        return f"{lead(finding)}{join(clauses)}."
    if finding.missing or not finding.people:
        return "" if finding.missing else "I can't compare that."
    unsure = f"I can't tell whether {join(people_said(finding.people))} are alike in that."
    return f"{unsure} {upper(join(clauses))}." if clauses else unsure


def _more_or_fewer(finding: Finding) -> str:
    """Whether there are more of these people than of those."""
    query = finding.query
    groups = ((query.whom, finding.people), (query.versus or query.whom, finding.against))
    kinds = [f"{number(len(people)) if people else 'no'} {noun(whom.such, len(people))}" for whom, people in groups]
    return f"{lead(finding)}{'; '.join([f'I see {join(kinds)}', *open_said(finding.open)])}."


def order(finding: Finding, timeline: Timeline) -> str:
    """Who comes one after the other, or whether one does before another."""
    query, people = finding.query, finding.people
    if query.form in ("polar", "choice") or finding.against:
        return _before(finding)
    if query.versus is not None and not people and not finding.missing:
        return f"I see nobody come in {query.during.relation or 'before'} {whom_said(query.versus)}."
    if not people:
        return "" if finding.missing else nobody_known()
    return f"{in_order(replace(finding, people=people[:1], against=people[1:]), Rank('time'), 2 * _MOST)}."


def _before(finding: Finding) -> str:
    """Whether something begins, or ends, of one before it does of another."""
    query, event = finding.query, finding.query.during.event
    theirs = query.where if query.versus is not None or event is None else event.where
    if query.versus is not None and things_said(query.versus.such):
        theirs = query.versus.such
    if not finding.people or not finding.against:
        return "" if finding.missing else "I can't tell which comes first."
    sides = ((finding.people[0], query.where, 0), (finding.against[0], theirs, query.during.nth))
    told = [f"{_begins(one, where, nth)} {_measured('time', one)}" for one, where, nth in sides]
    return f"{lead(finding)}{', '.join(told)}."


def _begins(one: Found, where: Condition | None, nth: int) -> str:
    """Such as "Ana is last seen", "the dog is first seen", "it is first dark"."""
    if one.entity:
        return f"{called(one.entity)} {_edge(where, nth)}"
    things = things_said(where)
    who, begins = happens_said(Event(EVERYBODY, where or PRESENT), "first")
    return f"{things} {_edge(None, nth)}" if things else f"{who} {begins}"


def _edge(condition: Condition | None, nth: int = 0) -> str:
    """Such as "is first seen", "is last seen", "is first waving", "comes the second time"."""
    which, part = ("last", condition.part) if isinstance(condition, Not) else ("first", condition)
    if nth in (0, 1):
        return f"is {which} seen" if is_plain(part) else clause(part, 1, which)
    moves = "comes" if part is condition else "leaves"
    return f"{moves if is_plain(part) else clause(condition)} the {ordinal(nth)} time"

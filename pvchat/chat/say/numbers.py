"""How many, when, for how long, how often, in which order, and people held against each other.

In: findings, a `Timeline`. Out: sentences for "count", "when", "how_long", "how_often", "shots" and "length"; for "who"
and "exists" with a rank, "compare" and "order". Of photos no times are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.english import (
    are,
    be,
    clock,
    join,
    lasting,
    lower,
    number,
    shortened,
    so_many_people,
    span_told,
    table,
    upper,
    wording,
)
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import EVERYBODY, PRESENT, Condition, Has, Not, Query, Rank, atoms
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import (
    asks_scene,
    at_one_time,
    called,
    clause,
    condition_of,
    event_said,
    holds_said,
    is_plain,
    lead,
    noun,
    open_count,
    ordinal,
    people_said,
    time_of,
    whom_said,
)
from pvchat.chat.say.holders import NO_STRANGERS, nobody
from pvchat.chat.say.people import measured
from pvchat.chat.say.scenes import said
from pvchat.chat.spans import WHOLE, Span, seconds_in
from pvchat.chat.timeline import Timeline

_MOST_SPANS = 8  # that are told one by one
_MOST_SHOTS = 12  # that one sentence numbers
_MOST = 4  # people that one sentence tells
_BY_PLACE = ("left", "right", "near", "big")


def count(finding: Finding, timeline: Timeline) -> str:
    """How many they are, by name; "at least" where more may be."""
    query, many = finding.query, int(finding.number or 0)
    least = "at least " if finding.at_least and finding.number else ""
    if query.where == Has("with"):
        text = f"at most {so_many_people(many)} {'is' if many == 1 else 'are'} seen at the same time in this video."
    elif not is_plain(query.where):
        held = "; ".join(holds_said(finding.people, query.where, finding, timeline))
        text = f"{least}{number(many)}: {held}." if held else lower(nobody(finding))
    elif query.whom.such is not None:
        text = _count_of_kind(finding, many, least)
    else:
        text = _count_of_people(finding, timeline, many, least)
    doubt = "I can't tell for sure: " if finding.verdict in ("unknown", "unsure") else ""
    return f"{doubt}{lead(finding)}{text}"


def _count_of_people(finding: Finding, timeline: Timeline, many: int, least: str) -> str:
    """How many people there are, known or not."""
    names = people_said(finding.people)
    if finding.query.whom.known is True:
        more = so_many_people(timeline.unnamed, others=bool(many)) if timeline.unnamed else ""
        known = f"I recognise {f'{so_many_people(many)}: {join(names)}' if many else 'nobody'}."
        return f"{known} I also see {more}." if more else known
    if finding.query.whom.known is False:
        return lower(presence.unknown_people(many)) or NO_STRANGERS
    if not many:
        return "I see nobody in this video."
    when = time_of(finding.people[0], finding, timeline) if finding.query.during.event and finding.people else ""
    seen = f"I see {least}{so_many_people(many)} in this video{when}"
    named = not finding.people or any(not name.startswith("#") for name in finding.names)
    return f"{seen}{': ' * bool(names)}{join(names)}." if named else f"{seen}, nobody whom I know for sure."


def _count_of_kind(finding: Finding, many: int, least: str) -> str:
    """How many people of a kind there are: "As far as I can see, there is one woman: Ana."."""
    names = people_said(finding.people)
    such, who = finding.query.whom.such, f"{': ' * bool(names)}{join(names)}.{open_count(finding)}"
    kind = f"{least}{number(many)} {noun(such, many)}" if many else f"no {noun(such)}"
    return f"as far as I can see, there {'is' if many < 2 else 'are'} {kind}{who}"


def timed(finding: Finding, timeline: Timeline) -> str:
    """When something holds of those who are meant, for how long, or how often."""
    query, people = finding.query, finding.people
    if query.whom.quantifier in ("none", "both") and (people or query.whom.quantifier == "none"):
        return _jointly(finding, timeline)
    if asks_scene(finding):
        return _time_of_scene(finding, next(atoms(query.where)))
    if timeline.still or any(not one.spans for one in people):
        untold = wording("asked_for", query.select)
        sentences = [f"{_clause_of(one, finding)}, but I can't tell {untold}." for one in people]
    else:
        sentences = [f"{_time_of_one(one, finding, timeline)}." for one in people]
    sentences[:1] = [f"{lead(finding)}{sentence}" for sentence in sentences[:1]]
    sentences += _untimed(finding, timeline) if not sentences or query.whom.names else []
    return " ".join(map(upper, sentences)) or _never(finding, timeline)


def _clause_of(one: Found, finding: Finding) -> str:
    """That it holds of somebody, as a clause."""
    query, event = finding.query, event_said(finding.query.during)
    verb = "is not seen" if query.where == Not(PRESENT) else clause(query.where, 1, "probably" * one.likely)
    return f"{called(one.entity)} {verb}{' ' * bool(event)}{event}"


def _time_of_one(one: Found, finding: Finding, timeline: Timeline) -> str:
    """One person's time as a clause: since when, how long or how often."""
    query, length, name = finding.query, timeline.end_s - timeline.start_s, called(one.entity)
    passing = presence.in_passing(one.spans, timeline)
    holds = f"{_clause_of(one, finding)}{',' * bool(event_said(query.during))}"
    whole = length is not None and seconds_in(one.spans) >= WHOLE * length
    shown = f"the whole time, {span_told(one.spans[0][0], one.spans[-1][1])}" if whole else ""
    seen = ", as far as I see" if Has("alone") in atoms(query.where) else ""
    if query.rank is not None and query.rank.by == "time" and is_plain(query.where) and query.rank.k in (1, -1):
        edge, at = ("first", one.spans[0][0]) if query.rank.k == 1 else ("last", one.spans[-1][1])
        return f"{name} is {edge} seen at {clock(at)}"
    if query.select == "how_often":
        often = times_said(int(one.number if one.number is not None else len(one.spans)))
        return f"{holds} {often}, {passing.removeprefix(f'{often} ')}{seen}"
    if query.select == "when":
        return f"{holds} {shown or _each(one.spans)}{seen}"
    seconds = lasting(one.number if one.number is not None else seconds_in(one.spans))
    if query.value == "share" and length:
        return f"{name} is seen for about {seconds} of {lasting(length)}, {_percent(one, length)} of this video"
    return f"{holds} {'at least' if finding.at_least else 'for about'} {seconds}, {shown or passing}{seen}"


def _percent(one: Found, length: float) -> str:
    percent = 100 * min(1.0, seconds_in(one.spans) / length)
    return f"{round(percent) if percent < 10 else 5 * round(percent / 5)}%"  # spans are as fine as the samples


def _untimed(finding: Finding, timeline: Timeline) -> list[str]:
    """Of whom it never holds, and of whom that isn't known."""
    query, sentences = finding.query, []
    where = query.where or PRESENT
    for one in finding.against:
        always = "is in this video the whole time" if where == Not(PRESENT) else clause(where, 1, "never")
        sentences.append(f"{called(one.entity)} {always}.")
    for one in finding.open:
        who, known = called(one.entity), measured(one.entity, next(atoms(where)), timeline.seen(one.entity), timeline)
        sentences.append(presence.here_but([who], f"tell {wording('asked_for', query.select)} {who} {clause(where)}"))
        sentences += [f"{who} {known}."] if known else []
    return sentences


def _never(finding: Finding, timeline: Timeline) -> str:
    """That it holds of nobody at any time; empty where somebody is named, who then is missing."""
    whom, where = finding.query.whom, finding.query.where
    if whom.names or whom.unknown:
        return ""
    if whom.known is False:
        return presence.unknown_people(timeline.strangers) or NO_STRANGERS
    if whom.such is not None:
        return f"I see no {noun(whom.such)}."
    return presence.nobody() if is_plain(where) else f"As far as I can see, nobody {clause(where)}."


def _each(spans: Sequence[Span]) -> str:
    """Spans one by one, for whoever asks when; of very many the first, and until when the others are."""
    each, more = [span_told(*span) for span in spans[:_MOST_SPANS]], len(spans) - _MOST_SPANS
    rest = [f"{number(more)} more {'times' if more > 1 else 'time'} until {clock(spans[-1][1])}"] if more > 0 else []
    return f"{f'{number(len(spans))} times: ' * (len(spans) > 3)}{join([*each, *rest])}"


def times_said(count: int) -> str:
    """Such as "once", "twice", "three times"."""
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def _jointly(finding: Finding, timeline: Timeline) -> str:
    """When it holds of all at the same time, or of nobody."""
    query, names = finding.query, people_said(finding.people)
    plain, none = is_plain(query.where), query.whom.quantifier == "none"
    long = f"for about {lasting(seconds_in(finding.spans))}, " if query.select == "how_long" else ""
    if timeline.still or not finding.spans:
        return "Somebody is seen the whole time." if none else f"{join(names)} are never both seen at the same time."
    together = any(has.attribute == "with" for has in atoms(query.where))  # "seen together" says it
    verb = "are both seen" if plain else clause(query.where, len(names), "" if together else "both")
    who = "I see nobody" if none and plain else f"nobody {clause(query.where)}" if none else f"{join(names)} {verb}"
    return f"{lead(finding)}{who} {long}{_each(finding.spans)}."


def _time_of_scene(finding: Finding, has: Has) -> str:
    """When a thing is seen, or something is so of the scene."""
    if not finding.spans:
        return f"I see no {said(has.value, 1)} in this video." if has.attribute == "thing" else "I can't tell when."
    text = f"I see the {said(has.value, 1)}" if has.attribute == "thing" else f"this {clause(finding.query.where)}"
    long = f"for about {lasting(finding.number or 0)}, " if finding.query.select == "how_long" else ""
    return f"{text} {long}{_each(finding.spans)}."


def shots(finding: Finding, timeline: Timeline) -> str:
    """How many shots there are and where it is cut, or in which of them it holds of somebody."""
    query, found = finding.query, [row.value for row in finding.rows if row.attribute == "shot"]
    total = max(len(timeline.shots), len(found))
    if query.whom == EVERYBODY and query.where is None:
        return f"{lead(finding)}{_cuts(finding.spans)}" if found else "I can't tell where this video is cut."
    people = people_said(finding.people) or people_said(query.whom.names) or [whom_said(query.whom)]
    if not finding.people and finding.missing:
        return ""
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


def length(finding: Finding, timeline: Timeline) -> str:
    """How long the video is, or the part that is asked about."""
    if timeline.still:
        return "This is a photo, or a video of about a second."
    if not finding.number:
        return "I can't tell how long this is."
    return f"{lead(finding)}this is a video of about {lasting(finding.number)}."


def ranked(finding: Finding, timeline: Timeline) -> str:
    """Who is the so-manieth by a measure, and who comes next; whether that is somebody."""
    rank, whom = finding.query.rank or Rank("long"), finding.query.whom
    others = people_said(finding.against)
    if not finding.people and others:
        return f"I see {so_many_people(len(finding.against))}: {join(others)}."
    if not finding.people:
        return "" if finding.missing else f"I see {'nobody' if whom.such is None else f'no {noun(whom.such)}'} there."
    text = _by_place(finding, rank) if rank.by in _BY_PLACE else _by_time(finding, rank)
    named = whom.names or any(one.entity.startswith("#") for one in finding.people)
    known = "of those I know, " * bool(timeline.unnamed and rank.by in ("long", "often") and not named)
    return f"{lead(finding)}{known}{text}."


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
    text = f"{join(names)} {verb} {how}, {measured}"
    others = [f"{called(one.entity)} {_measured(rank.by, one)}" for one in finding.against]
    if abs(rank.k) > 1 or not others:
        return text
    link = "; " if rank.by != "time" else ", then " if rank.k > 0 else ", before that "
    return f"{text}{link}{join(shortened(others, len(others), most - 1, 'more'))}"


def _verb(query: Query, by: str, count: int) -> str:
    if by == "time" and query.where == Not(PRESENT):
        return "leave" if count > 1 else "leaves"
    if not is_plain(query.where):
        return clause(query.where, count)
    return ("come in" if count > 1 else "comes in") if by == "time" else f"{'are' if count > 1 else 'is'} seen"


def _measured(by: str, one: Found) -> str:
    value = one.number or 0.0
    return {"long": f"for about {lasting(value)}", "often": times_said(int(value)), "time": f"at {clock(value)}"}[by]


def compare(finding: Finding, timeline: Timeline) -> str:
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
        return ranked(finding, timeline)
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
    clauses = [
        f"{called(one.entity)} {at_one_time([condition_of(row) for row in one.rows])}"
        for one in finding.people
        if one.rows
    ]
    if lead(finding) and clauses:
        return f"{lead(finding)}{join(clauses)}."
    if finding.missing or not names:
        return "" if finding.missing else "I can't compare that."
    unsure = f"I can't tell whether {join(names)} {wording('alike', kind if kind in ('worn', 'hair') else '')}."
    return f"{unsure} {upper(join(clauses))}." if clauses else unsure


def _more_or_fewer(finding: Finding) -> str:
    """Whether there are more of these people than of those."""
    query, verb = finding.query, "is" if len(finding.people) == 1 else "are"
    groups = ((query.whom, finding.people), (query.versus or query.whom, finding.against))
    kinds = [f"{number(len(people)) if people else 'no'} {noun(whom.such, len(people))}" for whom, people in groups]
    return f"{lead(finding)}as far as I can see, there {verb} {join(kinds)}.{open_count(finding)}"


def order(finding: Finding, timeline: Timeline) -> str:
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
    text = f"{called(one.entity)} {edges[0]} {_measured('time', one)}"
    return f"{lead(finding)}{text}, {called(other.entity)} {second}{_measured('time', other)}."


def _edge(condition: Condition | None) -> str:
    """Such as "is first seen", "is last seen", "is first waving"."""
    if is_plain(condition):
        return "is first seen"
    if isinstance(condition, Not):
        return "is last seen" if condition.part == PRESENT else clause(condition.part, 1, "last")
    return clause(condition, 1, "first")

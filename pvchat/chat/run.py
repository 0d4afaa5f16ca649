"""A `Query` looked up in a `Timeline`: a `Finding` out. No words of a question or an answer are in it.

Conditions over time, people and parts are `conditions.py`'s, what is found of one person `asked.py`'s, who is first or
longest `comparing.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pvchat.chat.asked import Asked, likely, listed
from pvchat.chat.comparing import compare, doubt, order, ranked
from pvchat.chat.conditions import PRESENT, jointly, leaves, others, spoken_of, subjects, whether
from pvchat.chat.finding import Finding, Found, Row, Verdict
from pvchat.chat.parts import Part, part_of
from pvchat.chat.query import EVERYBODY, Has, Query, Rank
from pvchat.chat.sounds import as_seen, hear, is_heard
from pvchat.chat.spans import WHOLE, Span, common, merged, seconds_in
from pvchat.chat.timeline import OF_SCENE, Timeline
from pvchat.chat.truth import TURNED, all_verdict, any_verdict, within

_TOLD_WITH = {  # what is told where one attribute is asked for
    "deed": ("posture", "deed", "holding"), "place": ("place", "setting", "background", "near", "side", "beside"),
}  # fmt: skip
_OF_SOMEBODY = ("gender", "worn", "hair", "posture", "deed", "holding", "near", "side", "beside", "shot_size")
_OF_THINGS = ("thing", "on", "style")
_ENDLESS = float("inf")


def run(query: Query, timeline: Timeline, history: Sequence[Finding] = ()) -> Finding:
    """What is found for a query.

    Args:
        query: what is asked.
        timeline: what is known.
        history: what was found for the questions before, the last one last.
    """
    if query.select in _OF_NOBODY:
        found = _OF_NOBODY[query.select](query, timeline, history)
    else:
        found = (_listened_to if is_heard(query) else _looked_up)(query, timeline)
    if query.then is None or query.if_so and not (found.verdict == "yes" or found.verdict is None and found.people):
        return found
    return replace(found, then=run(query.then, timeline, (*history, found)))


def _looked_up(query: Query, timeline: Timeline) -> Finding:
    """What is found in the part that is asked about, of the people who are meant."""
    ordered = query.select == "order"  # then the event is what it is held against
    part = Part([timeline.whole]) if ordered else part_of(query.during, timeline)
    about = query.options[0] if query.options else query.where
    who = subjects(query.whom, None if _asks_people(query) else about, part.spans, timeline)
    if part.spans:
        found = _SELECTS[query.select](Asked(query, timeline, part.spans, who))
    else:
        never: Verdict = "no" if part.happens == "yes" else part.happens
        found = Finding(query, never if _is_polar(query) else None, nothing=True)
    during = tuple(part.spans) if query.during.event is not None and not ordered else ()
    missing = tuple(dict.fromkeys((*who.missing, *found.missing, *part.missing)))
    return replace(found, during=during, missing=missing)


def _listened_to(query: Query, timeline: Timeline) -> Finding:
    """What is heard; in a clip that wasn't listened to, who seems to talk, or why nothing is heard."""
    if timeline.sound == "heard":
        return hear(query, timeline)
    if (seen := as_seen(query)) is not None:
        return _looked_up(seen, timeline)
    return Finding(replace(query, select="refuse", refusal="sound", value=timeline.sound))


def _asks_people(query: Query) -> bool:
    """Whether people are listed or counted by where they are ("who is in the kitchen?"), not things."""
    return query.select in ("who", "count") and not any(has.attribute in _OF_THINGS for has in leaves(query.where))


def _is_polar(query: Query) -> bool:
    return query.form == "polar" or query.number is not None or query.select == "exists" and not query.options


def _exists(asked: Asked) -> Finding:
    """Whether a condition holds of those who are meant, as their quantifier says."""
    query, who = asked.query, asked.who
    if query.options:
        return _choice(asked)
    if query.rank is not None and query.number is None:
        return _is_ranked(asked, query.rank)
    told = asked.each(least="yes")
    if query.whom.quantifier == "all" and not query.whom.names:  # all who are there
        told = [one for one in told if spoken_of(asked.where, one.entity, asked.part, asked.timeline)]
    spans = common(jointly(who, asked.where, query.whom, asked.timeline).yes, asked.part)
    finding = Finding(query, _verdict(asked, [one.verdict for one in told]), spans=tuple(spans))
    return listed(told, finding)


def _verdict(asked: Asked, told: list[Verdict]) -> Verdict:
    """What the verdicts of all who are meant come to."""
    quantifier, named = asked.query.whom.quantifier, bool(asked.query.whom.names)
    told = [*told, *(whether(asked.where, one.name, asked.part, asked.timeline) for one in asked.who.missing)]
    perhaps: list[Verdict] = ["unsure"] * len(_perhaps(asked))
    several = all_verdict if quantifier in ("all", "both") or quantifier == "only" and named else any_verdict
    verdict = several([*told, *perhaps])
    if quantifier == "only":
        rest = [asked.of_one(name).verdict for name in others(asked.who.sure, asked.timeline)]
        return all_verdict([verdict, TURNED[any_verdict(rest)]])
    return TURNED[verdict] if quantifier == "none" else verdict


def _perhaps(asked: Asked, counted: bool = True) -> list[str]:
    """Enrolled people who may be there, where the question is who is; `counted`: beside those who are seen."""
    whom, where = asked.query.whom, asked.query.where
    if whom.names or whom.unknown or whom.such or whom.known is False or where not in (None, PRESENT):
        return []
    doubtful = [one for one in asked.timeline.entities if one.decision == "unsure" or one.like and not counted]
    return [one.name for one in doubtful if one.name not in whom.besides and not (counted and one.like)]


def _choice(asked: Asked) -> Finding:
    """Which of some conditions hold."""
    told = []
    for name in asked.who.sure:
        each = [replace(asked, query=replace(asked.query, where=one)).of_one(name) for one in asked.query.options]
        yes = [one for one in each if one.verdict == "yes"]
        rows = tuple(dict.fromkeys(row for one in (yes or each) for row in one.rows))
        spans = tuple(merged([span for one in yes for span in one.spans]))
        verdict = any_verdict([one.verdict for one in each])
        told.append(Found(name, verdict, spans, rows, likely=verdict == "yes" and likely(rows)))
    return listed(told, Finding(asked.query))


def _who(asked: Asked) -> Finding:
    """Of whom it holds; with a rank, who is the so-manieth of them."""
    query = asked.query
    unsure = tuple(Found(name, "unsure") for name in _perhaps(asked, counted=False))
    finding = listed(asked.each(), Finding(query, open=unsure))
    return finding if query.rank is None or query.number is not None else ranked(asked, query.rank, finding)


def _is_ranked(asked: Asked, rank: Rank) -> Finding:
    """Whether somebody is the first, the longest … of everybody."""
    everybody = replace(asked, who=subjects(EVERYBODY, None, asked.part, asked.timeline))
    finding = ranked(everybody, rank, Finding(asked.query))
    mine = [name in finding.names for name in asked.who.sure]
    holds = (all if asked.query.whom.quantifier in ("all", "both") else any)(mine)
    missing = [whether(asked.where, one.name, asked.part, asked.timeline) for one in asked.who.missing]
    return replace(finding, verdict=any_verdict(missing) if not mine else "yes" if holds else "no")


def _count(asked: Asked) -> Finding:
    """How many they are; of things, how many are seen at the same time."""
    query = asked.query
    if query.where == Has("with") and query.whom == EVERYBODY:  # at the same time
        seen = [row for one in asked.timeline.entities for row in asked.timeline.of(one.name, "present")]
        return Finding(query, number=float(_at_once([row for row in seen if common([row.span], asked.part)])))
    found = _who(replace(asked, query=replace(query, select="who", rank=None, number=None)))
    at_least = asked.timeline.at_least or any(one.verdict == "unknown" for one in found.open)
    if asked.who.sure == ("",):
        known = whether(asked.where, "", asked.part, asked.timeline) != "unknown"
        number, high = float(_at_once(found.rows)) if known else None, _ENDLESS
        high = number if known and number is not None else _ENDLESS
    else:
        number = float(len(found.people))
        more = sum(one.verdict == "unknown" for one in found.open) + len(_perhaps(asked))
        high = _ENDLESS if asked.timeline.at_least else number + more
    found = replace(found, query=query, number=number, at_least=at_least)
    if query.number is None:
        return found
    verdict = within(query.number, number or 0.0, high)
    unsure = verdict == "unknown" and bool(found.open) and not at_least
    return replace(found, verdict="unsure" if unsure else verdict)


def _at_once(rows: Sequence[Row]) -> int:
    """The most of some rows that hold at the same time."""
    return max((sum(one.start_s <= row.start_s < one.end_s for one in rows) for row in rows), default=0)


def _compare(asked: Asked) -> Finding:
    """As `compare`; without anything to compare by, whether there are more of these people than of those."""
    query = asked.query
    if query.rank is not None or query.attribute is not None or query.versus is None:
        return compare(asked)
    who = subjects(query.versus, None, asked.part, asked.timeline)
    one, other = _count(asked), _count(replace(asked, who=who, query=replace(query, whom=query.versus)))
    first, second = one.number or 0.0, other.number or 0.0
    more = first > second + len(other.open) and not asked.timeline.at_least
    fewer = first + len(one.open) <= second and not asked.timeline.at_least
    verdict: Verdict = "yes" if more else "no" if fewer else "unknown"
    return replace(one, verdict=verdict, against=other.people, open=(*one.open, *other.open), missing=who.missing)


def _when(asked: Asked) -> Finding:
    """When it holds: of each, and of all who are meant together."""
    query = asked.query
    joint = jointly(asked.who, asked.where, query.whom, asked.timeline)
    spans = tuple(_picked(common(joint.yes, asked.part), query.rank))
    told = [replace(one, spans=tuple(_picked(one.spans, query.rank))) for one in asked.timed()]
    found = listed(told if query.whom.quantifier != "none" else [], Finding(query, spans=spans))
    if not _is_polar(query) or query.number is not None:
        return found
    surely = seconds_in(common(joint.no, asked.part)) >= WHOLE * seconds_in(asked.part)
    return replace(found, verdict="yes" if spans else "no" if surely else doubt(asked.who.missing))


def _picked(spans: Sequence[Span], rank: Rank | None) -> list[Span]:
    """All spans, or the so-manieth by time or length."""
    if rank is None or rank.by not in ("time", "long"):
        return list(spans)
    in_turn = sorted(spans, key=lambda span: span[0] - span[1]) if rank.by == "long" else sorted(spans)
    at = rank.k - 1 if rank.k > 0 else rank.k
    return [in_turn[at]] if -len(in_turn) <= at < len(in_turn) else []


def _how_long(asked: Asked) -> Finding:
    return _measured(asked, seconds_in, sum(asked.open_s(name) for name in asked.who.sure))


def _how_often(asked: Asked) -> Finding:
    return _measured(asked, lambda spans: float(len(spans)), 0.0)


def _measured(asked: Asked, measure: Callable[[Sequence[Span]], float], open_s: float) -> Finding:
    """How long or how often it holds, of each and of all together; no number where that isn't known at all."""
    query, missing = asked.query, asked.who.missing
    found = _when(replace(asked, query=replace(query, number=None, form="wh")))
    number: float | None = measure(found.spans)
    if not number and (found.open or any(one.why != "absent" for one in missing)):
        number = None
    people = tuple(replace(one, number=measure(one.spans)) for one in found.people)
    more = number is not None and open_s > (1 - WHOLE) * seconds_in(asked.part)
    found = replace(found, query=query, people=people, number=number, at_least=more)
    if query.number is None:
        return found
    high = _ENDLESS if number is None else number + open_s
    verdict = within(query.number, number or 0.0, high)
    return replace(found, verdict=doubt(missing) if verdict == "unknown" else verdict)


def _shots(asked: Asked) -> Finding:
    """How many shots there are, or in which it holds of those who are meant (with `throughout`: all through)."""
    query, shots = asked.query, [shot for shot in asked.timeline.shots if common([shot], asked.part)]
    found = Finding(query)
    if query.whom != EVERYBODY or query.where is not None:
        truth = jointly(asked.who, asked.where, query.whom, asked.timeline)
        least = WHOLE if query.throughout or query.whom.quantifier in ("none", "only") else 0.0
        shots = [s for s in shots if (t := seconds_in(common([s], truth.yes))) and t >= least * (s[1] - s[0])]
        found = listed(asked.each(), found)
    numbers = [str(1 + asked.timeline.shots.index(shot)) for shot in shots]
    rows = tuple(Row("", "shot", n, start, end) for n, (start, end) in zip(numbers, shots, strict=True))
    found = replace(found, spans=tuple(shots), rows=rows, number=float(len(shots)))
    if query.number is not None:
        return replace(found, verdict=within(query.number, len(shots), len(shots)))
    return replace(found, verdict="yes" if shots else "no") if query.form == "polar" else found


def _attribute(asked: Asked) -> Finding:
    """What is known of an attribute: of each who is meant, or of the scene."""
    name = asked.query.attribute or "deed"
    wanted = _TOLD_WITH.get(name, (name,))
    if name in OF_SCENE and asked.query.whom == EVERYBODY:
        return Finding(asked.query, rows=tuple(asked.rows("", [one for one in wanted if one in OF_SCENE])))
    perhaps = tuple(Found(one, "unknown") for one in asked.who.maybe)
    return listed([asked.told_of(one, wanted) for one in _narrowed(asked)], Finding(asked.query, open=perhaps))


def _describe(asked: Asked) -> Finding:
    """All that is known of each who is meant; of everybody, with the scene and its things."""
    told = [asked.told_of(name, _OF_SOMEBODY) for name in _narrowed(asked)]
    told = [replace(one, verdict="yes") if one.spans else one for one in told]
    scene = tuple(asked.rows("", OF_SCENE)) if asked.query.whom == EVERYBODY else ()
    return listed(told, Finding(asked.query, rows=scene))


def _narrowed(asked: Asked) -> list[str]:
    """Those who are meant and of whom the condition holds, where there is one."""
    where, names = asked.query.where, [name for name in asked.who.sure if name]
    return [n for n in names if where is None or whether(where, n, asked.part, asked.timeline) == "yes"]


def _length(query: Query, timeline: Timeline, history: Sequence[Finding]) -> Finding:
    seconds = timeline.end_s - timeline.start_s
    verdict = None if query.number is None else within(query.number, seconds, seconds)
    return Finding(query, verdict, number=seconds)


def _why(query: Query, timeline: Timeline, history: Sequence[Finding]) -> Finding:
    """What was found before, as what it rests on."""
    return replace(history[-1], query=query, then=None) if history else Finding(query)


def _refuse(query: Query, timeline: Timeline, history: Sequence[Finding]) -> Finding:
    return Finding(query)


_OF_NOBODY = {"length": _length, "why": _why, "refuse": _refuse}
_SELECTS: dict[str, Callable[[Asked], Finding]] = {
    "exists": _exists, "who": _who, "count": _count, "when": _when, "how_long": _how_long, "how_often": _how_often,
    "attribute": _attribute, "describe": _describe, "compare": _compare, "order": order, "shots": _shots,
}  # fmt: skip

"""Times, in words: answers to "when", "how_long", "how_often", "shots" and "length".

In: findings, evidence. Out: sentences. Of photos no times are told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pvchat.chat.english import clock, join, lasting, number, span_told, upper
from pvchat.chat.evidence import Evidence, is_still
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import EVERYBODY, Not
from pvchat.chat.say.clauses import clause, event_said, noun, people_said
from pvchat.chat.say.facts import PRESENT, fact, is_plain, leaves
from pvchat.chat.say.holders import LEADS
from pvchat.chat.say.presence import in_passing, nobody, unknown_people
from pvchat.chat.say.scenes import SCENE, said
from pvchat.chat.spans import WHOLE, Span, seconds_in

_MOST_SPANS = 8  # that are told one by one
_MOST_SHOTS = 12  # that one sentence numbers
_ASKS = {"when": "when", "how_long": "for how long", "how_often": "how often"}


def when(finding: Finding, evidence: Evidence) -> str:
    """When something holds of those who are meant."""
    query = finding.query
    if query.whom.quantifier == "none" and is_plain(query.where):
        return _empty(finding, evidence)
    if query.whom.quantifier == "both" and finding.people:
        return _jointly(finding, evidence)
    if query.rank is not None and query.rank.by == "time" and is_plain(query.where):
        return " ".join(_end(one, query.rank.k) for one in finding.people if one.spans) or _never(finding, evidence)
    return _each(finding, evidence, lambda one: _when_told(one, evidence))


def how_long(finding: Finding, evidence: Evidence) -> str:
    """For how long it holds, and when."""
    if finding.query.whom.quantifier in ("none", "both"):
        return when(finding, evidence)
    if finding.query.value == "share":
        return " ".join(_share(one, evidence) for one in finding.people)
    return _each(finding, evidence, lambda one: _long_told(one, finding, evidence))


def how_often(finding: Finding, evidence: Evidence) -> str:
    """How often it holds, and when."""
    return _each(finding, evidence, lambda one: _often_told(one, evidence))


def _each(finding: Finding, evidence: Evidence, told: Callable[[Found], str]) -> str:
    """A sentence for each of whom it holds, then that it doesn't of others, or that it isn't known."""
    query = finding.query
    if _of_scene(finding):
        return _scene_when(finding)
    if is_still(evidence) or any(not one.spans for one in finding.people):
        return " ".join(_timeless(one, finding) for one in finding.people) or _never(finding, evidence)
    event = event_said(query.during)
    sentences = [f"{_who(one)} {_verb(one, finding)} {event}{', ' * bool(event)}{told(one)}." for one in finding.people]
    if sentences and LEADS.get(finding.verdict or ""):
        sentences[0] = f"{LEADS[finding.verdict or '']}{sentences[0]}"
    sentences += _untimed(finding, evidence) if not sentences or query.whom.names else []
    return " ".join(upper(sentence) for sentence in sentences) or _never(finding, evidence)


def _who(one: Found) -> str:
    return join(people_said([one.entity]))


def _verb(one: Found, finding: Finding) -> str:
    if finding.query.where == Not(PRESENT):
        return "is not seen"
    return clause(finding.query.where, 1, "probably" if one.likely else "")


def _untimed(finding: Finding, evidence: Evidence) -> list[str]:
    """Of whom it never holds, and of whom that isn't known."""
    query, told = finding.query, []
    where = query.where or PRESENT
    for one in finding.against:
        always = "is in this video the whole time" if where == Not(PRESENT) else clause(where, 1, "never")
        told.append(f"{_who(one)} {always}.")
    for one in finding.open:
        known = fact(one.entity, leaves(where)[0], evidence)
        asked = f"{_ASKS[query.select]} {_who(one)} {clause(where)}"
        told += [f"{_who(one)} is in this video, but I can't tell {asked}.", *([f"{known}."] if known else [])]
    return told


def _never(finding: Finding, evidence: Evidence) -> str:
    """That nobody is found of whom it could be told; empty where somebody is named, who is missing."""
    whom = finding.query.whom
    if whom.names or whom.unknown:
        return " ".join(upper(one) for one in _untimed(finding, evidence))
    if whom.known is False:
        return unknown_people(evidence.unknown) or "I see nobody in this video whom I don't know."
    if whom.such is not None and not (finding.against or finding.open):
        return f"I see no {noun(whom.such)}."
    return nobody() if is_plain(finding.query.where) else f"As far as I can see, nobody {clause(finding.query.where)}."


def _timeless(one: Found, finding: Finding) -> str:
    asked = _ASKS[finding.query.select]
    return upper(f"{_who(one)} {_verb(one, finding)}, but I can't tell {asked}.")


def _when_told(one: Found, evidence: Evidence) -> str:
    """Such as "from 0:05 to 0:10" or "the whole time, from 0:00 to 0:10"."""
    if _is_whole(one, evidence):
        return f"the whole time, from {clock(one.spans[0][0])} to {clock(one.spans[-1][1])}"
    return spans_each(one.spans)


def _is_whole(one: Found, evidence: Evidence) -> bool:
    length = evidence.duration_s
    return length is not None and seconds_in(one.spans) >= WHOLE * length


def spans_each(spans: Sequence[Span]) -> str:
    """Spans one by one, for whoever asks when; of very many the first, and until when the others are."""
    told, more = [span_told(*span) for span in spans[:_MOST_SPANS]], len(spans) - _MOST_SPANS
    rest = [f"{number(more)} more {'times' if more > 1 else 'time'} until {clock(spans[-1][1])}"] if more > 0 else []
    times = f"{number(len(spans))} times: " if len(spans) > 3 else ""
    return f"{times}{join([*told, *rest])}"


def _long_told(one: Found, finding: Finding, evidence: Evidence) -> str:
    seconds = one.number if one.number is not None else seconds_in(one.spans)
    least = "at least" if finding.at_least else "for about"
    shown = in_passing(one.spans, evidence)
    return f"{least} {lasting(seconds)}, {_when_told(one, evidence) if shown == 'the whole time' else shown}"


def _share(one: Found, evidence: Evidence) -> str:
    """For how much of the video somebody is seen."""
    seconds = seconds_in(one.spans)
    seen = f"{_who(one)} is seen for about {lasting(seconds)}"
    if not evidence.duration_s:
        return upper(f"{seen}.")
    percent = 100 * min(1.0, seconds / evidence.duration_s)
    percent = round(percent) if percent < 10 else 5 * round(percent / 5)  # spans are as fine as the samples
    return upper(f"{seen} of {lasting(evidence.duration_s)}, {percent}% of this video.")


def times_said(count: int) -> str:
    """Such as "once", "twice", "three times"."""
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def _often_told(one: Found, evidence: Evidence) -> str:
    often = times_said(int(one.number if one.number is not None else len(one.spans)))
    return f"{often}, {in_passing(one.spans, evidence).removeprefix(f'{often} ')}"


def _end(one: Found, k: int) -> str:
    """When somebody is first or last seen, or the so-manieth time."""
    if k in (1, -1):
        at = one.spans[0][0] if k == 1 else one.spans[-1][1]
        return upper(f"{_who(one)} is {'first' if k == 1 else 'last'} seen at {clock(at)}.")
    return upper(f"{_who(one)} is seen {span_told(*one.spans[0])}.")


def _empty(finding: Finding, evidence: Evidence) -> str:
    """When nobody at all is seen."""
    if is_still(evidence) or not finding.spans:
        return "Somebody is seen the whole time."
    long = f"for about {lasting(seconds_in(finding.spans))}, " if finding.query.select == "how_long" else ""
    return f"I see nobody {long}{spans_each(finding.spans)}."


def _jointly(finding: Finding, evidence: Evidence) -> str:
    names = people_said([one.entity for one in finding.people])
    if not finding.spans:
        return f"{join(names)} are never both seen at the same time." if is_plain(finding.query.where) else ""
    long = f"for about {lasting(seconds_in(finding.spans))}, " if finding.query.select == "how_long" else ""
    verb = "are both seen" if is_plain(finding.query.where) else clause(finding.query.where, 2, "both")
    return f"{join(names)} {verb} {long}{spans_each(finding.spans)}."


def _of_scene(finding: Finding) -> bool:
    asked = leaves(finding.query.where)
    return bool(asked) and all(has.attribute in SCENE for has in asked) and finding.query.whom == EVERYBODY


def _scene_when(finding: Finding) -> str:
    """When a thing is seen, or something is so of the scene."""
    has = leaves(finding.query.where)[0]
    if not finding.spans:
        return f"I see no {said(has.value, 1)} in this video." if has.attribute == "thing" else "I can't tell when."
    told = f"I see the {said(has.value, 1)}" if has.attribute == "thing" else f"this {clause(finding.query.where)}"
    long = f"for about {lasting(finding.number or 0)}, " if finding.query.select == "how_long" else ""
    return upper(f"{told} {long}{spans_each(finding.spans)}.")


def shots(finding: Finding, evidence: Evidence) -> str:
    """How many shots there are and where it is cut, or in which of them it holds of somebody."""
    query, found = finding.query, [int(row.value) for row in finding.rows if row.attribute == "shot"]
    lead, total = LEADS.get(finding.verdict or "", ""), max(len(evidence.shots), len(found))
    if query.whom == EVERYBODY and query.where is None:
        return f"{lead}{_cuts(finding)}" if found else "I can't tell where this video is cut."
    people = people_said([one.entity for one in finding.people]) or people_said(query.whom.names)
    if not finding.people and finding.missing:
        return ""
    verb = f"{'is' if len(people) == 1 else 'are'} seen" if is_plain(query.where) else clause(query.where, len(people))
    verb += " together" * (len(people) > 1 and is_plain(query.where))
    if not found or total == 1:
        return upper(f"{lead}{join(people)} {verb} in {'no shot' if not found else 'the only shot'}.")
    each = [str(one) for one in found[:_MOST_SHOTS]] + (["more"] if len(found) > _MOST_SHOTS else [])
    told = "" if len(found) == total else f": {join(each)}"
    return upper(f"{lead}{join(people)} {verb} in {number(len(found))} of {number(total)} shots{told}.")


def _cuts(finding: Finding) -> str:
    starts = [clock(start) for start, _ in finding.spans[1:]]
    count = len(finding.spans)
    cuts = "no cut" if count < 2 else f"{number(count - 1)} cut{'s' * (count > 2)}"
    more = [f"{number(len(starts) - _MOST_SHOTS)} more"] if len(starts) > _MOST_SHOTS else []
    at = f", at {join([*starts[:_MOST_SHOTS], *more])}" if starts else ""
    return f"I see {number(count)} shot{'s' * (count > 1)} and {cuts} in this video{at}."


def length(finding: Finding, evidence: Evidence) -> str:
    """How long the video is, or the part that is asked about."""
    if is_still(evidence):
        return "This is a photo, or a video of about a second."
    if not finding.number:
        return "I can't tell how long this is."
    told = f"this is a video of about {lasting(finding.number)}."
    return upper(f"{LEADS.get(finding.verdict or '', '')}{told}")

"""What can't be answered, in words: what nothing sees, wishes, small talk, names that nobody bears; and why an answer
is what it is.

In: findings, a `Timeline`. Out: sentences that say what to do instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.english import ASK, be, clock, join, shortened, upper, wording
from pvchat.chat.finding import Finding
from pvchat.chat.query import PRESENT, Not, Query, atoms
from pvchat.chat.reader.foreign import reply_in
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import clause, event_said, fact_of, people_said, whom_said
from pvchat.chat.timeline import Entity, Timeline

CANT_TELL = f"I can't tell that; {ASK}."
TRAITS_OFF = "Telling men from women, and smiles, is switched off here."
_MOST_LISTED = 6  # names of those enrolled
_MOST_WHYS = 5  # people who are told of one by one


def refused(finding: Finding, timeline: Timeline) -> str:
    """Why a question can't be answered, or what does what it wishes."""
    query, kind = finding.query, finding.query.refusal
    if kind in ("small_talk", "wish", "sound"):
        return wording(kind, query.value)
    if kind is None or kind == "unseen":
        return _unseen(query, timeline)
    return (reply_in(query.value) if kind == "foreign" else "") or wording("refused", kind)


def _unseen(query: Query, timeline: Timeline) -> str:
    """That nothing measured speaks to what is asked about somebody."""
    asked = [timeline.entity(name) or Entity(name) for name in query.whom.names]
    there, cant = people_said(presence.decided(asked, "present")), presence.untold(asked)
    if query.value == "mood" and there:
        return " ".join(
            [*(_moods(presence.decided(asked, "present"), timeline) if timeline.traits else [TRAITS_OFF]), *cant]
        )
    here = f"{join(there)} {be(there)} in this video." if cant else presence.here_but(there, "tell the rest")
    return " ".join([here] * bool(there) + cant) or ("" if query.whom.unknown else CANT_TELL)


def _moods(names: Sequence[str], timeline: Timeline) -> list[str]:
    """What is said to who asks what somebody feels: whether she smiles, which is all that is measured."""
    smiling = {name: any(row.value == "smiling" for row in timeline.of(name, "deed")) for name in names}
    seen = {True: "smiles, as far as I can see", False: "is in this video"}
    return [f"{name} {seen[smiling[name]]}, but what {name} feels I can't tell." for name in names]


def asks_traits(query: Query) -> bool:
    """Whether a question asks for men or women, or for a smile, which a switch may have turned off."""
    theirs = None if query.versus is None else query.versus.such
    asked = [has for one in (query.where, query.whom.such, theirs, *query.options) for has in atoms(one)]
    return query.attribute == "gender" or any(one.attribute == "gender" or one.value == "smiling" for one in asked)


def not_enrolled(finding: Finding, timeline: Timeline) -> list[str]:
    """That nobody enrolled bears a name, and who was probably meant, or who is enrolled."""
    unknown = [one for one in finding.missing if one.why == "not enrolled"]
    meant = [one for one in unknown if one.suggests]
    told = [f"{upper(one.name)} is not enrolled; did you mean {one.suggests}?" for one in meant]
    rest = [one.name for one in unknown if not one.suggests]
    if not rest:
        return told
    names = sorted((one.name for one in timeline.enrolled), key=str.casefold)
    listed = join(shortened(names, len(names), _MOST_LISTED))
    return [*told, upper(f"{join(rest)} {be(rest)} not enrolled{f'; I know {listed}' if names else ''}.")]


def never(finding: Finding, timeline: Timeline) -> str:
    """That the part of the video that is asked about doesn't exist, or that its event never happens."""
    during, event = finding.query.during, finding.query.during.event
    if event is None:
        return "There is no such part in this video."
    gone = [one.name for one in finding.missing if one.why == "absent"]
    if gone and gone == list(event.whom.names):
        return f"{presence.not_here(gone)}."
    if during.nth not in (0, 1, -1):
        return f"There is no {event_said(replace(during, relation='while')).removeprefix('the ')}."
    who, count = whom_said(event.whom), max(1, len(event.whom.names))
    if event.where == PRESENT:
        return f"I never see {who} in this video."
    away = f"{'is' if count == 1 else 'are'} never away"
    told = away if event.where == Not(PRESENT) else f"{clause(event.where, count, 'never')}, as far as I can see"
    return upper(f"{who} {told}.")


def why(finding: Finding, timeline: Timeline) -> str:
    """What the answer before rests on: how sure it is that people are there, and where what was told is seen best."""
    names = [one.entity for one in (*finding.people, *finding.against, *finding.open)]
    names += [one.name for one in finding.missing]
    known = [one for name in dict.fromkeys(names) if (one := timeline.entity(name)) is not None and one.known]
    told = [_recognised(one, timeline) for one in sorted(known, key=lambda p: -p.probability)[:_MOST_WHYS]]
    grounds = [(fact_of(row), row.ground) for one in finding.people for row in one.rows if row.ground is not None]
    seen = dict.fromkeys(fact if timeline.still else f"{fact} at {clock(ground.time_s)}" for fact, ground in grounds)
    if seen:
        told.append(f"Seen best: {join(list(seen))}.")
    return " ".join(told) or "I recognise nobody here; what else I tell is what the whole picture looks like."


def _recognised(person: Entity, timeline: Timeline) -> str:
    """How sure it is that somebody is there, and when she is seen, or why she isn't recognised."""
    p = person.probability
    sure = f"probability {'above 0.99' if p > 0.99 else 'below 0.01' if p < 0.01 else f'{p:.2f}'}"
    if person.decision == "present":
        during = presence.in_passing(timeline.seen(person.name), timeline)
        return f"{person.name} is recognised by what was enrolled ({sure}){', ' + during if during else ''}."
    doubt = "not recognised for sure" if person.decision == "unsure" else "not recognised"
    reason = person.why.text if person.why is not None else ""
    return " ".join(filter(None, [f"{person.name} is {doubt} ({sure}).", reason]))

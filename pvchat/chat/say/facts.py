"""What is told of one person: whether something holds of her, since when, and what was measured of her.

In: what was found of somebody, evidence. Out: clauses. Facts (`phrases.py`) where they were measured for all that is
asked about, else the rows that were found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pvchat.chat.english import HEDGE, join, present_tense
from pvchat.chat.evidence import Evidence, is_still
from pvchat.chat.finding import Finding, Found, Row
from pvchat.chat.query import Condition, Has, Not, Whom
from pvchat.chat.say.clauses import (
    PRESENT,
    SHOTS,
    called,
    clause,
    complement,
    event_said,
    leaves,
    people_said,
    worn_said,
)  # fmt: skip
from pvchat.chat.say.phrases import action_phrase, appearance_phrase, location_phrase
from pvchat.chat.say.presence import in_passing
from pvchat.chat.spans import WHOLE, Span, common, seconds_in
from pvchat.schemas import PersonPresence

_LEADS = {"yes": "Yes, ", "no": "No, "}


def lead(finding: Finding) -> str:
    """The yes or no before an answer; empty where there is neither."""
    return _LEADS.get(finding.verdict or "", "")


def is_plain(condition: Condition | None) -> bool:
    """Whether nothing but being there is asked."""
    return condition is None or condition == PRESENT


def presence_of(name: str, evidence: Evidence) -> PersonPresence | None:
    """Somebody's presence, where it is known."""
    return next((person for person in evidence.people if person.name == name), None)


def is_measured(found: Found, finding: Finding, evidence: Evidence) -> bool:
    """Whether facts speak of somebody for the time that is asked about: not of strangers, nor of an event's time."""
    known = found.entity in evidence.facts or not found.rows and presence_of(found.entity, evidence) is not None
    return known and not event_said(finding.query.during)


def event_told(found: Found, finding: Finding, evidence: Evidence) -> str:
    """Such as "while Ben is away, from 0:10 to 0:15"; empty where no event is asked about."""
    event = event_said(finding.query.during)
    spans = finding.during or (found.spans if len(finding.people) == 1 else ())
    told = in_passing(spans, evidence) if event else ""
    return f"{event}{', ' * bool(told)}{told}"


def time_of(found: Found, finding: Finding, evidence: Evidence) -> str:
    """Such as " while Ben is away, from 0:10 to 0:15" or " from 0:05 to 0:10"; empty for all the time she is seen."""
    if event := event_told(found, finding, evidence):
        return f" {event}"
    person = presence_of(found.entity, evidence)
    if person is None or not found.spans or is_still(evidence):
        return ""
    seen = [list(person.spans)]
    for has in leaves(finding.query.where):  # beside somebody is who is so while both are seen
        others = has.of.names if has.of is not None and has.attribute != "with" else ()
        seen += [other.spans for name in others if (other := presence_of(name, evidence)) is not None]
    while len(seen) > 1:
        seen[:2] = [common(*seen[:2])]
    whole = seconds_in(found.spans) >= WHOLE * seconds_in(seen[0])
    return "" if whole else f" {in_passing(found.spans, evidence)}"


def so(people: Iterable[Found], condition: Condition | None, finding: Finding, evidence: Evidence) -> list[str]:
    """Clauses of those of whom it holds: "Ana and Ben are sitting", "Cleo is probably sitting from 0:05 to 0:10"."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in people:
        groups.setdefault((HEDGE * one.likely, time_of(one, finding, evidence)), []).append(one.entity)
    return [
        f"{join(people_said(names))} {clause(condition, len(names), hedge)}{time}"
        for (hedge, time), names in groups.items()
    ]


def not_so(people: Sequence[Found], condition: Condition | None) -> list[str]:
    """That it doesn't hold of some people, as a clause; nothing for nobody."""
    names = [one.entity for one in people]
    return [f"{join(people_said(names))} {clause(Not(condition or PRESENT), len(names))}"] if names else []


def open_(people: Sequence[Found]) -> list[str]:
    """That it isn't known of some people, as a clause."""
    names = people_said([one.entity for one in people])
    return [f"I can't tell of {join(names, 'or')}"] if names else []


def fact(name: str, has: Has, evidence: Evidence) -> str:
    """What was measured of the kind that a condition is of, as a clause; empty where nothing was."""
    facts, kind, told = evidence.facts_of(name), has.attribute, ""
    if name.startswith("#"):
        return ""
    if kind == "gender" and facts.gender:
        told = f"is a {facts.gender}, as far as I can see"
    elif kind in ("worn", "hair"):
        told = appearance_phrase(facts, whole=kind == "hair")
    elif kind in ("deed", "posture", "holding"):
        told = action_phrase(facts)
    elif kind == "shot_size" and facts.shot in SHOTS:
        told = f"is {SHOTS[facts.shot]}"
    elif kind in ("side", "setting", "place", "near") and (place := location_phrase(name, evidence)):
        told = f"is {place}"
    return f"{name} {told}" if told else ""


def speaks_of(told: str, rows: Sequence[Row]) -> bool:
    """Whether a clause speaks of what some rows hold."""
    values = [row.value for row in rows if row.holds and row.value]
    return any(value in told or present_tense(value) in told for value in values)


def rows_told(rows: Sequence[Row], seen: Sequence[Span], evidence: Evidence) -> str:
    """What some rows of one person say, after the name: "is sitting from 0:00 to 0:05 and standing from 0:05 to 0:10".

    Args:
        rows: of any attributes.
        seen: when the person is seen; what holds all that time is told without times.
        evidence: of the clip.
    """
    alike: dict[Has, list[Span]] = {}
    for row in rows:
        alike.setdefault(condition_of(row), []).append(row.span)
    groups: dict[str, list[Has]] = {}
    for has, spans in alike.items():
        whole = seconds_in(spans) >= WHOLE * seconds_in(seen) or is_still(evidence)
        groups.setdefault("" if whole else f" {in_passing(sorted(spans), evidence)}", []).append(has)
    always = _at_one_time(groups.pop("", []))
    told = [f"{_at_one_time(group)}{time}" for time, group in groups.items()]
    first = always or "".join(told[:1])
    before = next((start for start in ("is wearing ", "is ", "has ") if first.startswith(start)), "")
    before = "" if " and has " in always else before  # else "glasses" would follow the hair
    rest = [text.removeprefix(before) if always or i else text for i, text in enumerate(told)]
    return ", and ".join(filter(None, (always, join(rest))))


def _at_one_time(group: Sequence[Has]) -> str:
    """What holds at the same time as one clause: garments in one list, then the rest."""
    worn = [worn_said(has.value, has.colour) for has in group if has.attribute == "worn"]
    rest = [complement(has) for has in group if has.attribute != "worn"]
    told = {aux: list(dict.fromkeys(text for own, text in rest if own == aux)) for aux in ("be", "have")}
    is_ = [*([f"wearing {join(worn)}"] if worn else []), *told["be"]]
    return join([*([f"is {join(is_)}"] if is_ else []), *([f"has {join(told['have'])}"] if told["have"] else [])])


def condition_of(row: Row) -> Has:
    """The condition that a row fulfils."""
    of = Whom((called(row.of),)) if row.of else None
    return Has(row.attribute, row.value, row.colour, of)  # type: ignore[arg-type]

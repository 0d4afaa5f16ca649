"""What is told of one person: everything that was measured of her, in the words of what is asked, and when it holds.

In: what was found of somebody, evidence. Out: clauses. Facts (`phrases.py`) where they were measured for the part that
is asked about, else the rows that were found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pvchat.chat.english import join
from pvchat.chat.evidence import Evidence, is_still
from pvchat.chat.finding import Finding, Found, Row
from pvchat.chat.query import And, Condition, Has, Not, Or, Whom
from pvchat.chat.say.clauses import SHOTS, STRANGER, clause, complement, event_said, people_said, worn_said
from pvchat.chat.say.phrases import action_phrase, appearance_phrase, location_phrase
from pvchat.chat.say.presence import in_passing
from pvchat.chat.spans import WHOLE, Span, seconds_in
from pvchat.chat.verbs import present_tense
from pvchat.schemas import PersonPresence

PRESENT = Has("present")
ACTS = ("deed", "posture", "holding")  # attributes that are told together, as what somebody does


def leaves(condition: Condition | None) -> list[Has]:
    """The single conditions that one is made of."""
    if condition is None:
        return []
    if isinstance(condition, Has):
        return [condition]
    parts = (condition.part,) if isinstance(condition, Not) else condition.parts
    return [has for part in parts for has in leaves(part)]


def presence_of(name: str, evidence: Evidence) -> PersonPresence | None:
    """Somebody's presence, where it is known."""
    return next((person for person in evidence.people if person.name == name), None)


def time_of(found: Found, finding: Finding, evidence: Evidence) -> str:
    """Such as " while Ben is away, from 0:10 to 0:15", " from 0:05 to 0:10"; empty where it is all the time she is
    seen.
    """
    if event := event_said(finding.query.during):
        told = in_passing(found.spans or finding.during, evidence)
        return f" {event}{', ' * bool(told)}{told}"
    person = presence_of(found.entity, evidence)
    if person is None or not found.spans or is_still(evidence):
        return ""
    whole = seconds_in(found.spans) >= WHOLE * seconds_in(person.spans)
    return "" if whole else f" {in_passing(found.spans, evidence)}"


def so(people: Iterable[Found], condition: Condition | None, finding: Finding, evidence: Evidence) -> list[str]:
    """Clauses of those of whom it holds: "Ana and Ben are sitting", "Cleo is probably sitting from 0:05 to 0:10"."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in people:
        hedge = "probably" if one.likely else ""
        groups.setdefault((hedge, time_of(one, finding, evidence)), []).append(one.entity)
    return [
        f"{join(people_said(names))} {clause(condition, len(names), hedge)}{time}"
        for (hedge, time), names in groups.items()
    ]


def not_so(people: Sequence[Found], condition: Condition | None) -> list[str]:
    """That it doesn't hold of some people, as a clause; nothing for nobody."""
    names = [one.entity for one in people]
    deny = condition.part if isinstance(condition, Not) else Not(condition or PRESENT)
    return [f"{join(people_said(names))} {clause(deny, len(names))}"] if names else []


def open_(people: Sequence[Found]) -> list[str]:
    """That it isn't known of some people, as a clause."""
    names = people_said([one.entity for one in people])
    return [f"I can't tell of {join(names, 'or')}"] if names else []


def fact(name: str, has: Has, evidence: Evidence) -> str:
    """What was measured of the kind that a condition is of, as a clause; empty where nothing was."""
    if name not in evidence.facts:
        return ""
    facts = evidence.facts_of(name)
    if has.attribute == "gender":
        return f"{name} is a {facts.gender}, as far as I can see" if facts.gender else ""
    if has.attribute in ("worn", "hair"):
        told = appearance_phrase(facts, whole=has.attribute == "hair")
    elif has.attribute in ACTS:
        told = action_phrase(facts)
    elif has.attribute == "shot_size":
        told = f"is {SHOTS[facts.shot]}" if facts.shot in SHOTS else ""
    else:
        place = location_phrase(name, evidence) if has.attribute in ("side", "setting", "place", "near") else ""
        told = f"is {place}" if place else ""
    return f"{name} {told}" if told else ""


def says(told: str, rows: Sequence[Row]) -> bool:
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
    groups: dict[str, list[Row]] = {}
    for (attribute, value, colour, of), spans in _alike(rows).items():
        part = seconds_in(spans) < WHOLE * seconds_in(seen) and not is_still(evidence)
        time = f" {in_passing(sorted(spans), evidence)}" if part else ""
        groups.setdefault(time.rstrip(), []).append(Row("", attribute, value, colour=colour, of=of))
    told = [(_of_one_time(rows), time) for time, rows in groups.items()]
    first = told[0][0].split(" ")[0] if told else ""
    return join([f"{text if not i else text.removeprefix(f'{first} ')}{time}" for i, (text, time) in enumerate(told)])


def _alike(rows: Sequence[Row]) -> dict[tuple[str, str, str, str], list[Span]]:
    """The times of rows that say the same."""
    found: dict[tuple[str, str, str, str], list[Span]] = {}
    for row in rows:
        found.setdefault((row.attribute, row.value, row.colour, row.of), []).append(row.span)
    return found


def _of_one_time(rows: Sequence[Row]) -> str:
    """What holds at the same time as one clause: garments in one list, then the rest."""
    worn = [worn_said(row.value, row.colour) for row in rows if row.attribute == "worn"]
    has = [complement(condition_of(row))[1] for row in rows if row.attribute == "hair" and row.value != "bald"]
    rest = [complement(condition_of(row))[1] for row in rows if row.attribute not in ("worn", "hair")]
    is_ = [*([f"wearing {join(worn)}"] if worn else []), *(["bald"] if _bald(rows) else []), *dict.fromkeys(rest)]
    parts = [*([f"is {join(is_)}"] if is_ else []), *([f"has {join(has)}"] if has else [])]
    return join(parts)


def _bald(rows: Sequence[Row]) -> bool:
    return any(row.attribute == "hair" and row.value == "bald" for row in rows)


def condition_of(row: Row) -> Has:
    """The condition that a row fulfils."""
    other = STRANGER if row.of.startswith("#") else row.of
    return Has(row.attribute, row.value, row.colour, Whom((other,)) if other else None)  # type: ignore[arg-type]


def is_plain(condition: Condition | None) -> bool:
    """Whether nothing but being there is asked."""
    return condition is None or condition == PRESENT


def is_joined(condition: Condition | None) -> bool:
    """Whether several conditions are asked at once."""
    return isinstance(condition, And | Or)

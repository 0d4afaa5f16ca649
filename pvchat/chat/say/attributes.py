"""What somebody wears, does, where she is: answers to "attribute" and "describe", a sentence for each person.

In: findings, evidence. Out: sentences. Of somebody known facts speak (`phrases.py`), of strangers and of the time of an
event the rows that were found.
"""

from __future__ import annotations

from collections.abc import Callable

from pvchat.chat.english import are, join, lasting, table, upper, wording
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import EVERYBODY
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import called, event_time, is_measured, noun, people_said, presence_of, rows_said
from pvchat.chat.say.phrases import action_phrase, appearance_phrase, location_phrase, scene_told, sure_gender
from pvchat.chat.say.scenes import of_scene
from pvchat.chat.spans import Span, seconds_in
from pvchat.chat.timeline import OF_SCENE
from pvchat.schemas import PersonFacts, QuestionType

_MOST_WITH = 6  # people with whom somebody is seen that one sentence tells
_TYPES: dict[str, QuestionType] = {
    **dict.fromkeys(("worn", "looks", "hair", "gender"), "appearance"),
    **dict.fromkeys(("deed", "posture", "holding"), "action"),
    **dict.fromkeys(("place", "side", "beside", "near"), "location"),
}  # fmt: skip
_FACTS: dict[str, Callable[[PersonFacts], str]] = {
    "worn": appearance_phrase,
    "looks": lambda facts: appearance_phrase(facts, whole=True),
    "hair": lambda facts: f"has {facts.hair}" if facts.hair else "",
    "deed": action_phrase,
    "holding": lambda facts: f"is holding {facts.holding}" if facts.holding else "",
}


def attribute(finding: Finding, evidence: Evidence) -> str:
    """What is asked of each of those who are meant, or of the scene."""
    query = finding.query
    if query.attribute in OF_SCENE and query.whom == EVERYBODY:
        return of_scene(finding, evidence)
    return " ".join(_of_one(one, finding, evidence) for one in _meant(finding)) or _nobody_meant(finding, evidence)


def describe(finding: Finding, evidence: Evidence) -> str:
    """All that is known of those who are meant; of everybody, what each does."""
    tell = _briefly if finding.query.whom == EVERYBODY else _described
    told = [tell(one, finding, evidence) for one in _meant(finding)]
    return " ".join(filter(None, told)) or _nobody_meant(finding, evidence)


def untold_type(finding: Finding) -> QuestionType | None:
    """In the wording of which type of question it is said that nothing can be told of the absent."""
    if finding.query.select == "describe":
        return "other"
    return _TYPES.get(finding.query.attribute or "") if finding.query.select == "attribute" else None


def _meant(finding: Finding) -> list[Found]:
    """Those who are surely meant and there; who only may be meant has no time."""
    return [*finding.people, *(o for o in finding.open if o.verdict != "unsure" and (o.spans or o.rows))]


def _nobody_meant(finding: Finding, evidence: Evidence) -> str:
    """That nobody is there of whom it could be told; empty where somebody is named."""
    whom = finding.query.whom
    if whom.names or whom.unknown:
        return ""
    if whom.such is not None and finding.open:
        return f"I can't tell whether {join(people_said(finding.open), 'or')} is the {noun(whom.such)}."
    if whom.such is not None or whom.nth:
        return f"I see no {noun(whom.such)}{' there' * bool(whom.nth)}."
    shown = evidence.shown or scene_told(evidence)
    told = [presence.nobody(whom.besides), *presence.may_be(evidence.people)]
    return " ".join(filter(None, (*told, presence.unknown_people(evidence.unknown), shown)))


def _of_one(found: Found, finding: Finding, evidence: Evidence) -> str:
    """One person's attribute as a sentence."""
    query, name, event = finding.query, found.entity, event_time(found, finding, evidence)
    kind, measured = query.attribute or "deed", not query.value and is_measured(found, finding, evidence)
    if kind in table()["relation"]:
        return upper(_company(found, kind))
    if measured and kind == "place":
        told = f"is {place}" if (place := location_phrase(name, evidence)) else ""
    elif measured and kind in _FACTS:
        told = _FACTS[kind](evidence.facts_of(name))
    else:
        told = rows_said(found.rows, found.spans, evidence)
    if not told:
        return upper(_missed(found, kind, query.value, evidence))
    seen = ", as far as I can see" * (kind == "gender")
    return upper(f"{event}{', ' * bool(event)}{called(name)} {told}{seen}.")


def _missed(found: Found, kind: str, value: str, evidence: Evidence) -> str:
    """That something can't be made out of somebody who is there."""
    name, gender = called(found.entity), sure_gender(evidence.facts_of(found.entity)) or ""
    who = name if name == found.entity else "that person"
    it, whose = {"man": ("he", "his"), "woman": ("she", "her")}.get(gender, (who, f"{who}'s"))
    person = presence_of(found.entity, evidence)
    seen = presence.in_passing(person.spans, evidence) if person is not None and kind == "place" else ""
    what = f"{whose} {value}" if value else wording("missed", kind, it=it, whose=whose, name=name)
    return f"{name} is in this video{', ' * bool(seen)}{seen}, but I can't make out {what}."


def _company(found: Found, kind: str) -> str:
    """Who is with, or next to, somebody."""
    who, how = called(found.entity), wording("relation", kind).removeprefix("seen ")
    spans: dict[str, list[Span]] = {}
    for row in (row for row in found.rows if row.attribute == kind):
        spans.setdefault(row.of, []).append(row.span)
    if not spans:
        return f"I see nobody {how} {who}."
    if kind != "with":
        near = people_said(spans)
        return f"{join(near)} {are(near)} {how} {who}."
    longest = sorted(spans, key=lambda one: -seconds_in(spans[one]))[:_MOST_WITH]
    return (
        f"{who} is seen with {join([f'{called(one)} for about {lasting(seconds_in(spans[one]))}' for one in longest])}."
    )


def _briefly(found: Found, finding: Finding, evidence: Evidence) -> str:
    """What somebody does, else how she looks, in one sentence."""
    told, facts = "", evidence.facts_of(found.entity)
    if is_measured(found, finding, evidence):
        told = action_phrase(facts) or appearance_phrase(facts)
    rows = [row for row in found.rows if row.attribute in ("deed", "posture", "holding")]
    told = told or rows_said(rows, found.spans, evidence)
    if not told and found.entity.startswith("#"):
        return ""
    return upper(f"{called(found.entity)} {told or 'is in this video'}.")


def _described(found: Found, finding: Finding, evidence: Evidence) -> str:
    """Somebody in two sentences: how she looks; what she does, and where."""
    name, facts = found.entity, evidence.facts_of(found.entity)
    if is_measured(found, finding, evidence):
        looks, acts, place = appearance_phrase(facts, whole=True), action_phrase(facts), location_phrase(name, evidence)
        rest = ", ".join(filter(None, (acts, place))) if acts else f"is {place}" * bool(place)
        again = {"man": "he", "woman": "she"}.get(sure_gender(facts) or "", name)
    else:
        worn = [row for row in found.rows if row.attribute in ("worn", "hair")]
        others = [row for row in found.rows if row.attribute not in ("worn", "hair", "beside", "gender")]
        looks, rest = (rows_said(rows, found.spans, evidence) for rows in (worn, others))
        again = called(name)
    told = [text for text in (looks, rest) if text] or ["is in this video, but I can't make out more"]
    event = "" if is_measured(found, finding, evidence) else event_time(found, finding, evidence)
    first = f"{event}{', ' * bool(event)}{called(name)}"
    return " ".join(upper(f"{again if i else first} {text}.") for i, text in enumerate(told))

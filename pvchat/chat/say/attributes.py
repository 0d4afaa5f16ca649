"""What somebody wears, does, where she is: answers to "attribute" and "describe", a sentence for each person.

In: findings, evidence. Out: sentences. Of somebody known facts speak (`phrases.py`), of strangers and of the time of an
event the rows that were found.
"""

from __future__ import annotations

from collections.abc import Callable

from pvchat.chat.english import are, join, lasting, upper
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import EVERYBODY
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import RELATED, called, noun, people_said
from pvchat.chat.say.facts import event_told, is_measured, presence_of, rows_told
from pvchat.chat.say.phrases import action_phrase, appearance_phrase, location_phrase, scene_told, sure_gender
from pvchat.chat.say.scenes import OF_SCENE, of_scene
from pvchat.chat.spans import Span, seconds_in
from pvchat.schemas import PersonFacts, QuestionType

_MOST_WITH = 6  # people with whom somebody is seen that one sentence tells
_MISSED = {  # what can't be made out of somebody
    "worn": "what {it} is wearing", "looks": "what {it} is wearing", "deed": "what {it} is doing",
    "posture": "what {it} is doing", "hair": "{name}'s hair", "holding": "anything in {whose} hands", "place": "where",
}  # fmt: skip
_TYPES: dict[str, QuestionType] = {
    "worn": "appearance", "looks": "appearance", "hair": "appearance", "gender": "appearance", "deed": "action",
    "posture": "action", "holding": "action", "place": "location", "side": "location", "beside": "location",
    "near": "location",
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
    return [one for one in (*finding.people, *finding.open) if one.verdict != "unsure" and (one.spans or one.rows)]


def _nobody_meant(finding: Finding, evidence: Evidence) -> str:
    """That nobody is there of whom it could be told; empty where somebody is named."""
    whom = finding.query.whom
    if whom.names or whom.unknown:
        return ""
    if whom.such is not None and finding.open:
        names = people_said([one.entity for one in finding.open])
        return upper(f"I can't tell whether {join(names, 'or')} is the {noun(whom.such)}.")
    if whom.such is not None or whom.nth:
        return f"I see no {noun(whom.such)}{' there' * bool(whom.nth)}."
    shown = evidence.shown or scene_told(evidence)
    told = [presence.nobody(whom.besides), *presence.may_be(evidence.people)]
    return " ".join(filter(None, (*told, presence.unknown_people(evidence.unknown), shown)))


def _of_one(found: Found, finding: Finding, evidence: Evidence) -> str:
    """One person's attribute as a sentence."""
    query, name, who = finding.query, found.entity, called(found.entity)
    kind, event = query.attribute or "deed", event_told(found, finding, evidence)
    measured = not query.value and is_measured(found, finding, evidence)
    if kind in RELATED:
        return upper(_company(found, kind))
    if measured and kind == "place":
        place = location_phrase(name, evidence)
        told = f"is {place}" if place else ""
    elif measured and kind in _FACTS:
        told = _FACTS[kind](evidence.facts_of(name))
    else:
        told = rows_told(found.rows, found.spans, evidence)
    if not told:
        return upper(_missed(found, kind, query.value, evidence))
    return upper(f"{event}{', ' * bool(event)}{who} {told}{', as far as I can see' * (kind == 'gender')}.")


def _missed(found: Found, kind: str, value: str, evidence: Evidence) -> str:
    """That something can't be made out of somebody who is there."""
    name, gender = called(found.entity), sure_gender(evidence.facts_of(found.entity)) or ""
    who = name if name == found.entity else "that person"
    it, whose = {"man": ("he", "his"), "woman": ("she", "her")}.get(gender, (who, f"{who}'s"))
    person = presence_of(found.entity, evidence)
    seen = presence.when(person, evidence) if person is not None and kind == "place" else ""
    what = f"{whose} {value}" if value else _MISSED.get(kind, "that").format(it=it, whose=whose, name=name)
    return f"{name} is in this video{', ' * bool(seen)}{seen}, but I can't make out {what}."


def _company(found: Found, kind: str) -> str:
    """Who is with, or next to, somebody."""
    who, how = called(found.entity), RELATED[kind].removeprefix("seen ")
    spans: dict[str, list[Span]] = {}
    for row in (row for row in found.rows if row.attribute == kind):
        spans.setdefault(row.of, []).append(row.span)
    if not spans:
        return f"I see nobody {how} {who}."
    if kind != "with":
        near = people_said(list(spans))
        return f"{join(near)} {are(near)} {how} {who}."
    longest = sorted(spans, key=lambda one: -seconds_in(spans[one]))[:_MOST_WITH]
    told = [f"{called(one)} for about {lasting(seconds_in(spans[one]))}" for one in longest]
    return f"{who} is seen with {join(told)}."


def _briefly(found: Found, finding: Finding, evidence: Evidence) -> str:
    """What somebody does, else how she looks, in one sentence."""
    told = ""
    if is_measured(found, finding, evidence):
        facts = evidence.facts_of(found.entity)
        told = action_phrase(facts) or appearance_phrase(facts)
    rows = [row for row in found.rows if row.attribute in ("deed", "posture", "holding")]
    told = told or rows_told(rows, found.spans, evidence)
    if not told and found.entity.startswith("#"):
        return ""
    return upper(f"{called(found.entity)} {told or 'is in this video'}.")


def _described(found: Found, finding: Finding, evidence: Evidence) -> str:
    """Somebody in two sentences: how she looks; what she does, and where."""
    name, facts = found.entity, evidence.facts_of(found.entity)
    if not is_measured(found, finding, evidence):
        return _described_by_rows(found, finding, evidence)
    looks, acts, place = appearance_phrase(facts, whole=True), action_phrase(facts), location_phrase(name, evidence)
    it = {"man": "he", "woman": "she"}.get(sure_gender(facts) or "", name)
    second = ", ".join(x for x in (acts, (place if acts else f"is {place}") if place else "") if x)
    told = [f"{name} {looks}." if looks else "", f"{upper(it) if looks else name} {second}." if second else ""]
    return " ".join(t for t in told if t) or f"{name} is in this video, but I can't make out more."


def _described_by_rows(found: Found, finding: Finding, evidence: Evidence) -> str:
    event, who = event_told(found, finding, evidence), called(found.entity)
    looks = [row for row in found.rows if row.attribute in ("worn", "hair")]
    rest = [row for row in found.rows if row.attribute not in ("worn", "hair", "beside", "gender")]
    told = [text for rows in (looks, rest) if (text := rows_told(rows, found.spans, evidence))]
    first = f"{event}{', ' * bool(event)}"
    told = told or ["is in this video, but I can't make out more"]
    return " ".join(upper(f"{'' if i else first}{who} {text}.") for i, text in enumerate(told))

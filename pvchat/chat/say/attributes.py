"""What somebody wears, does, where she is: answers to "attribute" and "describe".

In: findings, evidence. Out: a sentence for each person. Of somebody known, in all of what is asked about, the facts
speak (`phrases.py`); of strangers, and of the time of an event, the rows that were found.
"""

from __future__ import annotations

from collections.abc import Callable

from pvchat.chat.english import are, join, lasting, upper
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding, Found, Row
from pvchat.chat.query import EVERYBODY
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import event_said, noun, people_said
from pvchat.chat.say.facts import presence_of, rows_told
from pvchat.chat.say.phrases import (
    action_phrase,
    appearance_phrase,
    beside,
    location_phrase,
    scene_told,
    sure_gender,
)
from pvchat.chat.say.scenes import of_scene
from pvchat.chat.spans import seconds_in
from pvchat.schemas import QuestionType

_MISSED = {  # what can't be made out of somebody
    "worn": "what {it} is wearing", "looks": "what {it} is wearing", "deed": "what {it} is doing",
    "posture": "what {it} is doing", "hair": "{whose} hair", "holding": "anything in {whose} hands", "place": "where",
}  # fmt: skip
TYPES: dict[str, QuestionType] = {
    "worn": "appearance", "looks": "appearance", "hair": "appearance", "gender": "appearance", "deed": "action",
    "posture": "action", "holding": "action", "place": "location", "side": "location", "beside": "location",
    "near": "location",
}  # fmt: skip
_MOST_WITH = 6  # people with whom somebody is seen that one sentence tells
_SCENE = ("place", "setting", "light", "background", "thing", "on", "style")


def attribute(finding: Finding, evidence: Evidence) -> str:
    """What is asked of each of those who are meant, or of the scene."""
    query = finding.query
    if query.attribute in _SCENE and query.whom == EVERYBODY:
        return of_scene(finding, evidence)
    told = [_of_one(one, finding, evidence) for one in (*finding.people, *finding.open) if one.verdict != "unsure"]
    return " ".join(told) or nobody_meant(finding, evidence)


def describe(finding: Finding, evidence: Evidence) -> str:
    """All that is known of those who are meant; of everybody, what each does."""
    people = [one for one in (*finding.people, *finding.open) if one.verdict != "unsure"]
    if finding.query.whom == EVERYBODY:
        told = [_briefly(one, evidence) for one in people]
        return " ".join(filter(None, told)) or nobody_meant(finding, evidence)
    return " ".join(_described(one, finding, evidence) for one in people) or nobody_meant(finding, evidence)


def nobody_meant(finding: Finding, evidence: Evidence) -> str:
    """That nobody is there of whom it could be told; empty where somebody is named."""
    whom = finding.query.whom
    if whom.names or whom.unknown:
        return ""
    if whom.such is not None or whom.nth:
        return f"I see no {noun(whom.such)}{' there' * bool(whom.nth)}."
    shown = evidence.shown or scene_told(evidence)
    unsure = presence.may_be(evidence.people)
    return " ".join(
        filter(None, (presence.nobody(whom.besides), *unsure, presence.unknown_people(evidence.unknown), shown))
    )


def _of_one(found: Found, finding: Finding, evidence: Evidence) -> str:
    """One person's attribute as a sentence."""
    query, name = finding.query, found.entity
    kind, event = query.attribute or "deed", event_said(query.during)
    who = join(people_said([name]))
    if name in evidence.facts and kind in _FACTS and not event and not query.value:
        told = _FACTS[kind](name, evidence)
    elif kind in ("with", "beside", "left_of", "right_of"):
        return upper(_company(found, who, kind))
    else:
        told = rows_told(found.rows, found.spans, evidence)
    if told:
        hedge = ", as far as I can see" if kind == "gender" else ""
        return f"{upper(event)}, {who} {told}{hedge}." if event else upper(f"{who} {told}{hedge}.")
    return upper(_missed(found, kind, query.value, evidence))


def _missed(found: Found, kind: str, value: str, evidence: Evidence) -> str:
    """That something can't be made out of somebody who is there."""
    name, who = found.entity, join(people_said([found.entity]))
    gender = sure_gender(evidence.facts_of(name)) or ""
    it = {"man": "he", "woman": "she"}.get(gender, who)
    whose = f"{name}'s" if kind == "hair" else {"man": "his", "woman": "her"}.get(gender, f"{who}'s")
    seen = presence.when(person, evidence) if (person := presence_of(name, evidence)) and kind == "place" else ""
    what = f"{whose} {value}" if value else _MISSED.get(kind, "that").format(it=it, whose=whose)
    return f"{who} is in this video{', ' * bool(seen)}{seen}, but I can't make out {what}."


def _company(found: Found, who: str, kind: str) -> str:
    """Who is with, or next to, somebody."""
    spans: dict[str, list[Row]] = {}
    for row in found.rows:
        spans.setdefault(row.of, []).append(row)
    if not spans:
        how = {"with": "with", "beside": "next to"}.get(kind, f"to the {kind.removesuffix('_of')} of")
        return f"I see nobody {how} {who}."
    if kind != "with":
        near = people_said(list(spans))
        how = "next to" if kind == "beside" else f"to the {kind.removesuffix('_of')} of"
        return f"{join(near)} {are(near)} {how} {who}."
    longest = sorted(spans, key=lambda one: -seconds_in([row.span for row in spans[one]]))
    seconds = {one: lasting(seconds_in([row.span for row in spans[one]])) for one in longest[:_MOST_WITH]}
    return f"{who} is seen with {join([f'{join(people_said([one]))} for about {seconds[one]}' for one in seconds])}."


def _wears(name: str, evidence: Evidence) -> str:
    return appearance_phrase(evidence.facts_of(name))


def _looks(name: str, evidence: Evidence) -> str:
    return appearance_phrase(evidence.facts_of(name), whole=True)


def _hair(name: str, evidence: Evidence) -> str:
    hair = evidence.facts_of(name).hair
    return f"has {hair}" if hair else ""


def _does(name: str, evidence: Evidence) -> str:
    return action_phrase(evidence.facts_of(name))


def _holds(name: str, evidence: Evidence) -> str:
    held = evidence.facts_of(name).holding
    return f"is holding {held}" if held else ""


def _is_where(name: str, evidence: Evidence) -> str:
    place = location_phrase(name, evidence)
    return f"is {place}" if place else ""


def _is_beside(name: str, evidence: Evidence) -> str:
    near = beside(name, evidence, strangers=True)
    return f"is next to {join(near)}" if near else ""


_FACTS: dict[str, Callable[[str, Evidence], str]] = {
    "worn": _wears, "looks": _looks, "hair": _hair, "deed": _does, "holding": _holds, "place": _is_where,
}  # fmt: skip


def _briefly(found: Found, evidence: Evidence) -> str:
    who = join(people_said([found.entity]))
    told = _does(found.entity, evidence) or _wears(found.entity, evidence) if found.entity in evidence.facts else ""
    rows = [row for row in found.rows if row.attribute in ("deed", "posture", "holding")]
    told = told or rows_told(rows, found.spans, evidence)
    return upper(f"{who} {told or 'is in this video'}.")


def _described(found: Found, finding: Finding, evidence: Evidence) -> str:
    """Somebody in two sentences: how she looks; what she does, and where."""
    name, who = found.entity, join(people_said([found.entity]))
    if name not in evidence.facts or event_said(finding.query.during):
        return _described_by_rows(found, finding, evidence)
    facts = evidence.facts_of(name)
    looks, acts = appearance_phrase(facts, whole=True), action_phrase(facts)
    it = {"man": "he", "woman": "she"}.get(sure_gender(facts) or "", name)
    place = location_phrase(name, evidence)
    second = ", ".join(x for x in (acts, (place if acts else f"is {place}") if place else "") if x)
    subject = upper(it) if looks else name
    told = [f"{name} {looks}." if looks else "", f"{subject} {second}." if second else ""]
    return " ".join(t for t in told if t) or f"{who} is in this video, but I can't make out more."


def _described_by_rows(found: Found, finding: Finding, evidence: Evidence) -> str:
    looks = [row for row in found.rows if row.attribute in ("worn", "hair")]
    rest = [row for row in found.rows if row.attribute not in ("worn", "hair", "beside", "gender")]
    event, who = event_said(finding.query.during), join(people_said([found.entity]))
    told = [text for rows in (looks, rest) if (text := rows_told(rows, found.spans, evidence))]
    if not told:
        return upper(f"{who} is in this video, but I can't make out more.")
    return upper(f"{event}{', ' * bool(event)}{who} {join(told)}.")


def untold_type(finding: Finding) -> QuestionType | None:
    """In the wording of which type of question it is said that nothing can be told of the absent."""
    if finding.query.select == "describe":
        return "other"
    return TYPES.get(finding.query.attribute or "") if finding.query.select == "attribute" else None

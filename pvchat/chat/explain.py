"""Why an answer is what it is: how a question was read and which rows answer it, and what the measured facts rest on.

In: a finding. Out: lines to look at (`pvchat ask --explain`, the app's fold), such as "read as: attribute worn of Ana"
and "row: Ana worn jacket red 0:00-0:10"; and for "why do you say so?" and `pvchat ask --json` a ground of each fact:
which frame, where in it, how sure, with how often such facts are right on footage.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pvchat.chat.english import HEDGE, clock, indefinite
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding, Found
from pvchat.chat.question import Question
from pvchat.chat.say.phrases import garment_phrase
from pvchat.schemas import AnswerGround, Ground, PersonFacts, Thing

_MOST = 12  # rows
# How often garments (kind and colour) and gestures are right on footage: slope and offset over the log-odds of what was
# measured, read by eye off 96 and 72 of them, of one half of the tune half's scenes; on its other half, 78 and 76, they
# are nearer to the truth than the measured shares, which tell little: whether sightings agree, not whether they see
# well. The other kinds are as measured: too few were read, or a map was worse on the other half (docs/LOG.md).
_ON_FOOTAGE = {"garment": (0.16, 1.0), "gesture": (0.0, 2.43)}
_SUREST = 0.98  # as much as a measured share counts


def explained(finding: dict[str, Any]) -> list[str]:
    """The lines: the query, the verdict or number, who it holds of, the rows."""
    if not finding:
        return []
    lines = [f"read as: {json.dumps(finding['query'], ensure_ascii=False)}"]
    if told := [f"{name} {finding[name]}" for name in ("verdict", "number") if finding.get(name) is not None]:
        lines.append(f"found: {', '.join(told)}")
    for name, what in (("people", "holds of"), ("against", "doesn't hold of"), ("open", "not known of")):
        if people := finding.get(name):
            lines.append(f"{what}: {', '.join(one['who'] for one in people)}")
    if missing := finding.get("missing"):
        lines.append(f"missing: {', '.join(_missing(one) for one in missing)}")
    rows = list(_rows(finding))
    lines += rows[:_MOST] + ([f"... and {len(rows) - _MOST} rows more"] if len(rows) > _MOST else [])
    return lines + ([f"then {line}" for line in explained(finding["then"])] if "then" in finding else [])


def grounds_of(question: Question, finding: Finding, evidence: Evidence) -> list[AnswerGround]:
    """The rows, in the order in which answers tell things; none about whoever isn't surely there.

    Args:
        question: as it was read.
        finding: what was found for it.
        evidence: what was measured.
    """
    if labels := [row.value for row in finding.rows if row.attribute == "thing"]:
        return [_of_thing(thing, evidence) for thing in evidence.things if thing.label in labels][:_MOST]
    rows: list[AnswerGround] = []
    for one in (*finding.people, *finding.against, *finding.open):
        facts, about = evidence.facts.get(one.entity), one.entity
        if one.entity.startswith("#"):
            facts, about = _of_stranger(one, evidence), ""
        if facts is not None:
            told = [row for row in _facts_told(question.type, facts) if row[0] in facts.grounds]
            rows += [AnswerGround(about, said, _on_footage(facts.grounds[key], kind)) for key, said, kind in told]
    return rows[:_MOST]


def _missing(one: dict[str, Any]) -> str:
    return f"{one['name']} ({one['why']})"


def _rows(finding: dict[str, Any]) -> Iterator[str]:
    """Each row that was looked at, as a line."""
    people = [*finding.get("people", ()), *finding.get("against", ()), *finding.get("open", ())]
    for row in [*(row for one in people for row in one.get("rows", ())), *finding.get("rows", ())]:
        words = [row.get(name, "") for name in ("who", "attribute", "value", "colour", "of")]
        start, end = row["span"]
        unlike = " (measured not to hold)" if row.get("holds") is False else ""
        yield f"row: {' '.join(word for word in words if word)} {clock(start)}-{clock(end)}{unlike}"


def _of_stranger(found: Found, evidence: Evidence) -> PersonFacts | None:
    """What was measured of somebody without a name: the facts that say all that was found."""
    said = {row.value for row in found.rows if row.attribute in ("worn", "hair", "posture", "deed", "holding")}
    nameless = [one.facts for one in evidence.others if not one.name]
    return next((facts for facts in nameless if said and said <= _values(facts)), None)


def _values(facts: PersonFacts) -> set[str]:
    deeds = (facts.pose, facts.activity, facts.movement, facts.holding, facts.hair, *facts.gestures, *facts.features)
    bare = (said.removeprefix(f"{HEDGE} ").removeprefix("an ").removeprefix("a ") for said in deeds if said)
    return {garment.kind for garment in facts.clothes} | set(bare)


def _of_thing(thing: Thing, evidence: Evidence) -> AnswerGround:
    """Where a thing is seen best."""
    best = max(range(len(thing.scores)), key=lambda i: thing.scores[i])
    time = evidence.times[thing.frames[best]] if thing.frames[best] < len(evidence.times) else 0.0
    x0, y0, x1, y1 = thing.boxes[best]
    return AnswerGround("", indefinite(thing.label), Ground(time, (x0, y0, x1, y1), thing.confidence))


def _on_footage(ground: Ground, kind: str) -> Ground:
    """The ground of a fact of this kind with how often such a fact is right, where that was read off footage."""
    if ground.score is None or kind not in _ON_FOOTAGE:
        return ground
    slope, offset = _ON_FOOTAGE[kind]
    measured = min(max(ground.score, 1 - _SUREST), _SUREST)
    odds = slope * math.log(measured / (1 - measured)) + offset
    return replace(ground, score=round(1 / (1 + math.exp(-odds)), 3))


def _facts_told(question: str, facts: PersonFacts) -> Iterator[tuple[str, str, str]]:
    """(key of the ground, what is told, its kind) of the facts that a type of question speaks of."""
    if question in ("appearance", "other"):
        yield from ((garment.kind, garment_phrase(garment), "garment") for garment in facts.clothes)
        yield from ((feature, feature, "feature") for feature in facts.features)
        if facts.hair:
            yield "hair", facts.hair, "hair"
    if question in ("action", "other"):
        for name in ("pose", "activity", "movement"):
            if (deed := getattr(facts, name)) and not deed.startswith(HEDGE):
                yield name, deed, name
        yield from ((gesture, gesture, "gesture") for gesture in facts.gestures)
        if facts.holding:
            yield "holding", f"holding {facts.holding}", "holding"
        if facts.seat:
            yield "seat", facts.seat, "seat"
    if question in ("location", "other"):
        yield from ((near, near, "near") for near in facts.near)

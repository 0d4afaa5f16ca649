"""What an answer rests on, for "why do you say so?" and `pvchat ask --json`: which frame, where in it, how sure.

In: a question, who was asked about, the evidence. Out: rows of the facts that the question's type speaks of, with how
often such facts are right on footage.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pvchat.chat.english import HEDGE
from pvchat.chat.evidence import Evidence, Neighbour
from pvchat.chat.question import Question
from pvchat.chat.say.phrases import garment_phrase
from pvchat.chat.standing import whom_told
from pvchat.chat.things import counted
from pvchat.schemas import AnswerGround, Ground, PersonFacts, PersonPresence

_MOST = 12  # rows of one answer
# How often garments (kind and colour) and gestures are right on footage: slope and offset over the log-odds of what was
# measured, read by eye off 96 and 72 of them, of one half of the tune half's scenes; on its other half, 78 and 76, they
# are nearer to the truth than the measured shares, which tell little: whether sightings agree, not whether they see
# well. The other kinds are as measured: too few were read, or a map was worse on the other half (docs/LOG.md).
_ON_FOOTAGE = {"garment": (0.16, 1.0), "gesture": (0.0, 2.43)}
_SUREST = 0.98  # as much as a measured share counts


def grounds_of(question: Question, people: Sequence[PersonPresence], evidence: Evidence) -> list[AnswerGround]:
    """The rows, in the order in which answers tell things; none about whoever isn't surely there.

    Args:
        question: as it was read.
        people: those asked about.
        evidence: what was measured.
    """
    rows: list[AnswerGround] = []
    if question.things is not None and question.things.asked != "held":
        wanted = [t for t in evidence.things if question.things.label in ("", t.label)]
        for thing in wanted:
            best = max(range(len(thing.scores)), key=lambda i: thing.scores[i])
            time = evidence.times[thing.frames[best]] if thing.frames[best] < len(evidence.times) else 0.0
            x0, y0, x1, y1 = thing.boxes[best]
            rows.append(AnswerGround("", counted(thing.label, 1), Ground(time, (x0, y0, x1, y1), thing.confidence)))
        return rows[:_MOST]
    for name, facts in _told_of(question, people, evidence):
        told = [row for row in _told(question.type, facts) if row[0] in facts.grounds]
        rows += [AnswerGround(name, said, _on_footage(facts.grounds[key], kind)) for key, said, kind in told]
    return rows[:_MOST]


def spoken_of(
    question: Question, people: Sequence[PersonPresence], evidence: Evidence
) -> tuple[list[PersonPresence], list[Neighbour]]:
    """Whom an answer speaks of: of those asked about, and of those without a name who are meant by their place."""
    lineup = question.aspect.lineup
    if lineup is None or not lineup.asked:
        return list(people), []
    known, nameless = whom_told(lineup, question.people, evidence)
    names = {o.name for o in known}
    return [p for p in people if p.name in names], nameless


def _told_of(
    question: Question, people: Sequence[PersonPresence], evidence: Evidence
) -> Iterator[tuple[str, PersonFacts]]:
    """The names, "" for who has none, and the facts of those whom an answer speaks of."""
    known, nameless = spoken_of(question, people, evidence)
    for person in known:
        facts = evidence.facts.get(person.name)
        if person.decision == "present" and facts is not None:
            yield person.name, facts
    yield from (("", one.facts) for one in nameless)


def _on_footage(ground: Ground, kind: str) -> Ground:
    """The ground of a fact of this kind with how often such a fact is right, where that was read off footage."""
    if ground.score is None or kind not in _ON_FOOTAGE:
        return ground
    slope, offset = _ON_FOOTAGE[kind]
    measured = min(max(ground.score, 1 - _SUREST), _SUREST)
    odds = slope * math.log(measured / (1 - measured)) + offset
    return replace(ground, score=round(1 / (1 + math.exp(-odds)), 3))


def _told(question: str, facts: PersonFacts) -> Iterator[tuple[str, str, str]]:
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

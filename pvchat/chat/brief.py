"""The brief: all that is known of a clip and the people asked about, as plain sentences the model answers from.

In: presences and evidence. Out: sentences by the same rules as the plain answers (`answers.py`), so that a sentence of
the model can be held against them. The brief doesn't know the question; what of it answers is the model's to find.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import be, join, lasting
from pvchat.chat.evidence import Evidence
from pvchat.chat.existence import existence, unknown_people
from pvchat.chat.phrases import action_phrase, appearance_phrase, location_phrase
from pvchat.chat.questions import Question
from pvchat.chat.things import things_told
from pvchat.schemas import PersonFacts, PersonPresence

_MOST = 6  # people told of one by one: the prompt has room for no more


def brief(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """What the model is told.

    Args:
        question: as it was read; whom it names is told first, and whether it names somebody.
        asked: the presence of those asked about.
        evidence: what was measured.
    """
    named = [p for p in asked if p.name in question.people]
    others = [p for p in asked if p.decision != "absent" and p not in named]
    told = [sentence for p in [*named, *others][:_MOST] for sentence in of_person(p, evidence)]
    away = [p.name for p in asked if p.decision == "absent" and p not in named][:_MOST]
    told += [f"{join(away)} {be(away)} not in this video."] if away else []
    return " ".join([*told, *of_clip(evidence)])


def of_person(person: PersonPresence, evidence: Evidence) -> list[str]:
    """What is known of one person: whether she is there and, if so, looks, deeds, place."""
    there = existence([person], evidence).removeprefix("Yes, ").removeprefix("No, ")
    if person.decision != "present":
        return [there]
    name, facts = person.name, evidence.facts.get(person.name, PersonFacts())
    looks, acts = appearance_phrase(facts, whole=True), action_phrase(facts)
    place = location_phrase(name, evidence, others=True)
    told = [
        there,
        f"{name} is seen for about {lasting(person.visible_s)}." if "from" in there else "",
        f"{name} is a {facts.gender}." if facts.gender else "",
        f"{name} {looks}." if looks else "",
        f"{name} {acts}." if acts else "",
        f"{name} is {place}." if place else "",
    ]
    return [sentence for sentence in told if sentence]


def of_clip(evidence: Evidence) -> list[str]:
    """What is known of the clip beside the people known: strangers, things."""
    strangers = unknown_people(evidence.unknown)
    things = [] if evidence.scene.drawn else things_told([t for t in evidence.things if t.label != "tie"])
    return [x for x in (strangers, f"I see {join(things)}." if things else "") if x]

"""The brief: all that is known of a clip and the people asked about, as plain sentences the model answers from.

In: presences and evidence. Out: sentences by the same rules as the plain answers (`answers.py`), so that a sentence of
the model can be held against them. What of it answers is the model's to find; but a prompt costs time before the first
word, so what takes many words and could only answer another kind of question is left out: who isn't there, unless that
is asked, and things, where somebody is named. `parts_for` leaves out more: whatever is measured of somebody that the
question doesn't ask for, as it was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pvchat.chat.answers import asks_hair
from pvchat.chat.comparisons import Comparison, compare
from pvchat.chat.english import join, upper
from pvchat.chat.evidence import Evidence
from pvchat.chat.existence import (
    FEW_SPANS,
    existence,
    how_many,
    times,
    unknown_people,
    when,
    who_is_absent,
    who_is_there,
)
from pvchat.chat.properties import alone_or_not
from pvchat.chat.question import Question
from pvchat.chat.say.phrases import action_phrase, appearance_phrase, location_phrase, scene_told
from pvchat.chat.things import DRAWN, NO_THINGS, surfaces_told, things_told
from pvchat.schemas import PersonPresence, QuestionType

_MOST = 5  # people told of one by one: the prompt has room for no more
Part = Literal["times", "looks", "hair", "acts", "place", "setting", "company", "between", "things"]
ALL: frozenset[Part] = frozenset({"times", "looks", "acts", "place", "company", "between", "things"})
_OF_TYPE: dict[QuestionType, frozenset[Part]] = {
    "existence": frozenset(),
    "appearance": frozenset({"looks"}),
    "action": frozenset({"acts"}),
    "location": frozenset({"place"}),
    "other": ALL,
}


def parts_for(question: Question) -> frozenset[Part]:
    """What of people and clip could answer a question; who is there, from when to when and how many is always told."""
    aspect = question.aspect
    if question.things is not None:
        return frozenset({"acts"} if question.things.asked == "held" else {"things"})
    if aspect.comparison is not None:
        return frozenset({"looks"} if aspect.comparison.by == "colour" else {"between"})
    if aspect.name == "times":
        return frozenset({"times"})
    alone = aspect.meeting is not None and aspect.meeting.how == "whole"
    if alone or aspect.name == "whether" and aspect.predicate.kind == "alone":
        return frozenset({"company"})
    if aspect.name == "usual" and asks_hair(question):
        return frozenset({"hair"})  # and nothing worn
    if aspect.name == "whether" and aspect.predicate.kind == "setting":
        return frozenset({"place", "setting"})  # a place may say nothing of indoors or outdoors
    if aspect.name in ("usual", "whether"):
        return _OF_TYPE[question.type]
    return frozenset()


def brief(question: Question, asked: Sequence[PersonPresence], evidence: Evidence, parts: frozenset[Part] = ALL) -> str:
    """What the model is told.

    Args:
        question: as it was read; whom it names is told first, and whether it names somebody.
        asked: the presence of those asked about.
        evidence: what was measured.
        parts: what of it is told.
    """
    by_name = {p.name: p for p in asked}
    named = [by_name[name] for name in dict.fromkeys(question.people) if name in by_name]
    present = [p for p in asked if p.decision == "present"]
    if len(named) > 1 and question.type == "existence" and "times" not in parts:
        told = [which_are_there(named[:_MOST], evidence)]
    else:
        told = [sentence for p in named[:_MOST] for sentence in of_person(p, evidence, parts)]
    told += compared([p for p in named if p in present], evidence) if "between" in parts else []
    told += [] if named else of_everybody(question, asked, evidence)
    told += [] if named else [sentence for p in present[:_MOST] for sentence in seen_of(p.name, evidence, parts)]
    strangers = unknown_people(evidence.unknown) if named and "company" in parts else ""
    told += [strangers] if strangers else []
    scene = scene_told(evidence) if "place" in parts else ""
    things = of_things(evidence) if "things" in parts and not named else []
    return " ".join([*told, *([scene] if scene else []), *things])


def of_everybody(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> list[str]:
    """Who of all who are known is there, who may be, how many people are seen; who isn't, where that is asked."""
    away = [p for p in asked if p.decision == "absent"]
    everybody = replace(question, besides=())  # who is left out is the model's to find
    told = [who_is_there(everybody, asked, evidence), how_many(asked, evidence)]
    return [*told, who_is_absent(away)] if question.aspect.name == "absent" else told


def which_are_there(named: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Which of several named are there, in one sentence."""
    return upper(_there(named, evidence))


def _there(named: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Whether these people are there, without the yes or no that the answer begins with."""
    return existence(named, evidence).removeprefix("Yes, ").removeprefix("No, ")


def of_person(person: PersonPresence, evidence: Evidence, parts: frozenset[Part] = ALL) -> list[str]:
    """What is known of one person: whether she is there and, if so, when, what is seen of her, her company."""
    there = _there([person], evidence)
    if person.decision != "present":
        return [there]
    how_long = [_how_long(person, evidence)] if "times" in parts else []
    each = [times(person, evidence, "when")] if "times" in parts and len(person.spans) > FEW_SPANS else []
    told = [there, *each, *how_long, *seen_of(person.name, evidence, parts)]
    return [*told, upper(alone_or_not(person.name, evidence))] if "company" in parts else told


def seen_of(name: str, evidence: Evidence, parts: frozenset[Part] = ALL) -> list[str]:
    """Looks, deeds and place of somebody who is there."""
    facts = evidence.facts_of(name)
    looks, acts = appearance_phrase(facts, whole=True), action_phrase(facts)
    place = location_phrase(name, evidence, others=True)
    told = [
        f"{name} is a {facts.gender}." if facts.gender and "looks" in parts else "",
        f"{name} {looks}." if looks and "looks" in parts else "",
        f"{name} has {facts.hair}." if facts.hair and "hair" in parts else "",
        f"{name} {acts}." if acts and "acts" in parts else "",
        f"{name} is {place}." if place and "place" in parts else "",
        f"{name} is {evidence.scene.setting}." if evidence.scene.setting and "setting" in parts else "",
    ]
    return [sentence for sentence in told if sentence]


def compared(present: Sequence[PersonPresence], evidence: Evidence) -> list[str]:
    """Which of two people is further to a side, and which nearer to the camera."""
    if len(present) != 2:
        return []
    told = [compare(Comparison(by, which=True), present, evidence) for by in ("left", "nearer")]
    return list(dict.fromkeys(told))


def of_things(evidence: Evidence) -> list[str]:
    """Things, and what stands on them."""
    things = things_told([t for t in evidence.things if t.label != "tie"])
    told = [f"I see {join(things)}.", *surfaces_told(evidence.things)] if things else [NO_THINGS]
    return [DRAWN] if evidence.scene.drawn else told


def _how_long(person: PersonPresence, evidence: Evidence) -> str:
    """For how long somebody is seen; from when to when stands in the sentence before it."""
    told, during = times(person, evidence, "how long"), when(person, evidence)
    return told.replace(f", {during}.", ".") if during else told

"""Answers from measured facts: a question, who is present and what was measured in, one or two English sentences out.

A plain sentence is always built first, by rules; the language model may then rephrase it under the guard (`guard.py`).
A person judged absent is refused in the wording of the question's type and never described; an unsure one neither. A
fact that wasn't measured isn't spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pvchat.chat.byplace import UNNAMED, as_somebody, by_place, named_as, tells
from pvchat.chat.comparisons import compare
from pvchat.chat.english import are, be, join, upper
from pvchat.chat.evidence import Evidence, decided
from pvchat.chat.existence import (
    existence,
    how_many,
    how_many_unknown,
    nobody,
    times,
    unknown_people,
    untold,
    when,
    when_unknown,
    whether_unknown,
    who_is_absent,
    who_is_there,
)
from pvchat.chat.guard import rephrase
from pvchat.chat.headcounts import counted, genders_untold
from pvchat.chat.holders import of_everyone, of_whom, strangers_who
from pvchat.chat.properties import holds, rest, whether
from pvchat.chat.question import Question
from pvchat.chat.replies import CANT_TELL
from pvchat.chat.say.phrases import action_phrase, appearance_phrase, beside, location_phrase, scene_told, sure_gender
from pvchat.chat.say.refusals import TRAITS_OFF
from pvchat.chat.scene import asks_of_scene, of_scene
from pvchat.chat.things import answer_things
from pvchat.chat.timing import in_time
from pvchat.chat.traits import asks_mood, asks_traits, moods
from pvchat.chat.whom import STRANGERS
from pvchat.chat.whys import told_why
from pvchat.schemas import PersonPresence, QuestionType

if TYPE_CHECKING:
    from pvchat.chat.language import LanguageModel

_HAIR_ALONE = re.compile(r"^(?!.*\b(?:wear\w*|cloth\w*|dress\w*|and)\b).*\bhair(?:cut|style|do)?\b", re.IGNORECASE)
_COLOUR_WORN = re.compile(r"\bcolou?r\b(?!.*\b(?:hair|eyes?|beard)\b)", re.IGNORECASE)
_LOOKS = re.compile(r"\b(look|looks|hair\w*|beard|appearance|describe|face)\b", re.IGNORECASE)
_ANY_STRANGER = re.compile(
    rf"^(and |so )?(is|are|was|were|do|did|can) (there|you|we) .*({STRANGERS.pattern})", re.IGNORECASE
)
_BESIDE = re.compile(
    r"\b(who|whom|with|next to|beside|near|close to|alongside|between|any ?one|any ?body)\b", re.IGNORECASE
)
_ASKS_BESIDE = re.compile(
    r"\b(who|whom|any ?one|any ?body|some ?one|some ?body)\b"
    r".*\b(next to|beside|near|close to|alongside|with)\b|\b(next to|beside|with) (whom|who)\b",
    re.IGNORECASE,
)

_MOST_NAMELESS = 3  # people without a name who are told of one by one
BY_PLACE = "Ask me about one by the place, such as the person on the right."


def write_answer(
    question: Question,
    people: Sequence[PersonPresence],
    evidence: Evidence,
    language: LanguageModel | None = None,
) -> str:
    """The answer, rephrased by the language model where its guard lets that pass.

    Refusals, unsure answers and yes or no are never rephrased: there is nothing in them to phrase better, and their
    "not" stays.
    """
    answer = plain_answer(question, people, evidence)
    asked = asked_of(question, people)
    usual = question.aspect.name == "usual" and not question.reply and not question.why and question.things is None
    told = usual and question.type != "existence" and all(p.decision == "present" for p in asked)
    if language is not None and asked and told:
        answer = rephrase(answer, [p.name for p in people], language)
    return answer


def plain_answer(question: Question, people: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The answer by rules alone.

    Args:
        question: as `read_question` read it.
        people: the presence of those asked about; of everyone enrolled for "who" and for questions that name nobody.
        evidence: what was measured.
    """
    if question.reply:
        return question.reply
    asked = asked_of(question, people)
    if question.why:
        return told_why(question, asked, evidence)
    present = [p for p in asked if p.decision == "present"]
    if not evidence.traits and asks_traits(question):
        return " ".join(
            [*([TRAITS_OFF] if present or not question.people else []), *(untold(asked) if question.people else [])]
        )
    if question.things is not None and not question.people:
        return answer_things(question.things, [], evidence)
    if question.things is not None:
        return " ".join([*([answer_things(question.things, present, evidence)] if present else []), *untold(asked)])
    if not question.people and asks_of_scene(question.text.lower()):
        return of_scene(question.text.lower(), evidence)
    if question.aspect.name != "usual":
        return _of_aspect(question, asked, evidence)
    return _usual(question, asked, evidence)


def _usual(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """What a question's type asks of people: whether they are there, who is, what each looks like or does."""
    general = question.asks_who or not question.people
    if question.type == "existence" and not general:
        return existence(asked, evidence)
    if question.type == "existence":
        strangers = _ANY_STRANGER.search(question.text)
        return whether_unknown(asked, evidence) if strangers else who_is_there(question, asked, evidence)
    if general and STRANGERS.search(question.text):
        return " ".join([how_many_unknown(evidence), *([BY_PLACE] if evidence.unknown else [])])
    told = [_described(p, question, evidence) for p in asked if p.decision == "present"]
    if general and not told:
        told = [*nobody(question, asked), unknown_people(evidence.unknown), *_scene(question.type, evidence)]
    elif not general and not question.asks_all:
        told += untold(asked, question.type)
    return " ".join(t for t in told if t) if told else who_is_there(question, asked, evidence)


def asks_hair(question: Question) -> bool:
    """Whether a question asks for nothing of somebody but hair."""
    return question.type == "appearance" and _HAIR_ALONE.search(question.text) is not None


def asked_of(question: Question, people: Sequence[PersonPresence]) -> list[PersonPresence]:
    """The people that a question asks about, in its order; for "who" and for nobody named all but those left out."""
    by_name = {p.name: p for p in people}
    if question.asks_who or not question.people or question.aspect.of_all:
        return [p for p in people if p.name not in question.besides]
    return [by_name[name] for name in question.people if name in by_name]


def _of_aspect(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The answer to a question that asks for less than its type: whether something holds, how many, when."""
    aspect = question.aspect
    if aspect.name == "missing":  # a yes or no could be taken either way
        return upper(re.sub(r"^(Yes|No), ", "", existence(asked, evidence)))
    if aspect.name == "absent":
        return who_is_absent(asked)
    if aspect.name == "count":
        return _number(question, asked, evidence)
    if aspect.lineup is not None:
        return by_place(question, asked, evidence, plain_answer)
    if aspect.comparison is not None:
        return _compared(question, asked, evidence)
    told = in_time(question, asked, evidence) or " ".join(filter(None, _of_each(question, asked, evidence)))
    return told or who_is_there(question, asked, evidence)


def _number(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """How many people there are, of a kind, or whom nobody knows."""
    if question.aspect.headcount is not None:
        return counted(question.aspect.headcount, asked, evidence)
    strangers = STRANGERS.search(question.text)
    return how_many_unknown(evidence) if strangers else how_many(asked, evidence, question.aspect.crowd)


def _compared(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Two of them held against each other; else that they are there, or not."""
    named = [p for name in question.people for p in asked if p.name == name]
    told = "" if question.aspect.comparison is None else compare(question.aspect.comparison, named, evidence)
    return told or " ".join(untold(asked)) or rest(decided(asked, "present"))


def _of_each(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> list[str]:
    """What is told of each of those asked about, or of whom it holds; some of it may be empty."""
    aspect, present = question.aspect, [p for p in asked if p.decision == "present"]
    if aspect.name == "such":
        return _such(question, present, evidence)
    if aspect.name == "whether":
        return _whether(question, asked, evidence)
    if aspect.name != "times":
        return _rest(question, asked, evidence)
    if not question.people and STRANGERS.search(question.text):
        return [when_unknown(evidence)]
    told = [times(p, evidence, question.text) for p in present]
    return told if question.asks_who or not question.people else told + untold(asked)


def _such(question: Question, present: Sequence[PersonPresence], evidence: Evidence) -> list[str]:
    """What is asked of whoever wears something; where nobody known does, of who has no name."""
    predicate, names = question.aspect.predicate, [p.name for p in present]
    such = [p for p in present if holds(predicate, p.name, evidence) == "yes"]
    told, nameless = [_described(p, question, evidence) for p in such], strangers_who(predicate, evidence)
    if not told or predicate.kind == "gender":
        worth = [one for one in nameless if not told or tells(one.facts)]
        shown = [_described(UNNAMED, question, as_somebody(one, evidence)) for one in worth[:_MOST_NAMELESS]]
        told += [named_as(text, "somebody I don't know") for text in shown]
    if not told:
        return [of_whom(question.aspect, names, evidence) if names else nobody(question, present)[0]]
    return told + ([genders_untold(present, evidence)] if predicate.kind == "gender" else [])


def _whether(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> list[str]:
    """Whether something holds of those asked about, or of whom of them, or of how many."""
    predicate, manner = question.aspect.predicate, question.aspect.manner
    present = [p for p in asked if p.decision == "present"]
    names = [p.name for p in present]
    if manner in ("which", "count"):
        told = [of_whom(question.aspect, names, evidence, question.asks_who)] if names else []
        return told if question.asks_who else told + untold(asked)
    if question.asks_all and len(present) > 1:
        return [of_everyone(predicate, names, evidence)]
    return [whether(predicate, present if question.asks_all else asked, evidence, manner)]  # of all those who are there


def _rest(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> list[str]:
    """What is said to who asks for something that nothing measured speaks to."""
    if question.asks_who or not question.people:
        return [CANT_TELL, *([who_is_there(question, asked, evidence)] if question.asks_who else [])]
    names, cant = decided(asked, "present"), untold(asked)
    if names and asks_mood(question):
        return [*moods(names, evidence), *cant]
    there = [f"{join(names)} {be(names)} in this video." if cant else rest(names)] if names else []
    return [*there, *cant]


def _described(person: PersonPresence, question: Question, evidence: Evidence) -> str:
    """One present person, for one question type: a sentence (two for "describe …")."""
    name, facts = person.name, evidence.facts_of(person.name)
    if question.type == "location":
        return _beside(name, evidence) if _ASKS_BESIDE.search(question.text) else _located(person, question, evidence)
    looks = appearance_phrase(facts, whole=question.type == "other" or bool(_LOOKS.search(question.text)))
    acts = action_phrase(facts)
    it = {"man": "he", "woman": "she"}.get(sure_gender(facts) or "", name)
    if asks_hair(question):
        known = f"{name} has {facts.hair}." if facts.hair else ""
        return known or f"{name} is in this video, but I can't make out {name}'s hair."
    if question.type == "appearance":
        looks = looks if facts.clothes or not _COLOUR_WORN.search(question.text) else ""  # hair has another colour
        return f"{name} {looks}." if looks else f"{name} is in this video, but I can't make out what {it} is wearing."
    if question.type == "action":
        return f"{name} {acts}." if acts else f"{name} is in this video, but I can't make out what {it} is doing."
    place = location_phrase(name, evidence, others=bool(_BESIDE.search(question.text)))
    second = ", ".join(x for x in (acts, (place if acts else f"is {place}") if place else "") if x)
    subject = upper(it) if looks else name
    told = [f"{name} {looks}." if looks else "", f"{subject} {second}." if second else ""]
    return " ".join(t for t in told if t) or f"{name} is in this video, but I can't make out more."


def _beside(name: str, evidence: Evidence) -> str:
    near = beside(name, evidence, strangers=True)
    if not near:
        return f"I see nobody next to {name}."
    return f"{upper(join(near))} {are(near)} next to {name}."


def _located(person: PersonPresence, question: Question, evidence: Evidence) -> str:
    place = location_phrase(person.name, evidence, others=bool(_BESIDE.search(question.text)))
    if place:
        return f"{person.name} is {place}."
    during = when(person, evidence)
    return f"{person.name} is in this video{', ' + during if during else ''}, but I can't make out where."


def _scene(kind: QuestionType, evidence: Evidence) -> list[str]:
    """A sentence about the whole clip, where there is one to say."""
    told = scene_told(evidence) if kind in ("location", "other") else ""
    return [evidence.shown] if evidence.shown else [told] if told else []

"""Questions about made evidence, with the rules' answers: what phase 4 learns.

In: a `Sheet`. Out: some people of it, the brief that `ask` would give about them, and questions with answers. The
teacher reads the plain wording and answers by the rules (`plain_answer`); the pupil gets another wording.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pvchat.chat.answers import plain_answer
from pvchat.chat.brief import brief
from pvchat.chat.phrases import sure_gender
from pvchat.chat.questions import Question, read_question
from pvchat.chat.things import said
from pvchat.schemas import PersonFacts, PersonPresence
from pvchat.train.base.questionbank import ABOUT_CLIP, ABOUT_ONE, ABOUT_TWO, BANK
from pvchat.train.base.sheets import Sheet, any_deed, any_garment, any_thing, worn

_PRONOUN, _CARELESS, _NARROW, _BARE = 0.12, 0.15, 0.1, 0.1  # shares of questions, and of sheets
_HE = {"man": "he", "woman": "she"}


@dataclass(frozen=True)
class Lesson:
    """One question: its kind, as it is asked, its plain wording as the rules read it, their answer."""

    kind: str
    text: str
    question: Question
    answer: str


@dataclass(frozen=True)
class Plan:
    """Questions about one sheet.

    Attributes:
        sheet: what they are about.
        named: whose tokens stand in the prompt.
        brief: what the model is told; empty where it has to go by the tokens.
        lessons: the questions.
    """

    sheet: Sheet
    named: list[str]
    brief: str
    lessons: list[Lesson]


def plan(sheet: Sheet, count: int, rng: np.random.Generator, validation: bool) -> Plan:
    """Up to `count` questions about one person, about several, or about the clip."""
    everyone = [p.name for p in sheet.presences]
    draw = rng.random()
    if draw < 0.1:
        return _by_tokens(sheet, count, rng, validation)
    focus: list[str]
    kinds: tuple[str, ...]
    if draw < 0.65:
        focus, kinds = [everyone[int(rng.integers(len(everyone)))]], ABOUT_ONE
    elif draw < 0.85 and len(everyone) > 1:
        focus, kinds = [str(n) for n in rng.permutation(everyone)[:2]], (*ABOUT_TWO, *ABOUT_ONE)
    else:
        focus, kinds = [], ABOUT_CLIP
    lessons: list[Lesson] = []
    for kind in [str(k) for k in rng.permutation(np.array([*kinds, *kinds]))]:
        if len(lessons) < count and (lesson := ask(sheet, kind, focus, rng, validation)) is not None:
            lessons.append(lesson)
    about = Question("", people=tuple(focus))
    told = brief(about, about.about(sheet.presences), sheet.evidence)
    if rng.random() < _NARROW:  # as a second try is told: what the rules would say
        lessons = lessons[:1]
        told = lessons[0].answer
    named = focus or [p.name for p in sheet.presences if p.decision != "absent"][:3]
    return Plan(sheet, named, told, lessons)


def ask(sheet: Sheet, kind: str, focus: Sequence[str], rng: np.random.Generator, validation: bool) -> Lesson | None:
    """One question of a kind; None where the sheet has nothing to ask of that kind, or the rules misread it."""
    wording = BANK[kind]
    names = [str(n) for n in rng.permutation(focus)] if len(focus) > 1 else list(focus)
    what = _asked_for(sheet, kind, names, rng)
    if what is None:
        return None
    everyone = [p.name for p in sheet.presences]
    question = read_question(wording.plain.format(*names, x=what), everyone)
    text = wording.draw(rng, validation)
    person = _person(sheet, names[0]) if names else None
    if person is not None and rng.random() < _PRONOUN and len(focus) == 1 and person.decision == "present":
        he = _HE.get(sure_gender(_facts(sheet, names[0])) or "", "")
        text = re.sub(r"\b(is|does|has|was|did) \{0\}(?!')", rf"\1 {he}", text) if he else text
    text = text.format(*names, x=what)
    if rng.random() < _CARELESS:
        text = text.rstrip("?.") if rng.random() < 0.5 else text[:1].lower() + text[1:]
    return Lesson(kind, text, question, plain_answer(question, question.about(sheet.presences), sheet.evidence))


def _by_tokens(sheet: Sheet, count: int, rng: np.random.Generator, validation: bool) -> Plan:
    """Who is there, with nothing told: the tokens must say it."""
    chosen = [p for p in sheet.presences if p.decision != "unsure"][:3]
    lessons = []
    for person in (chosen * count)[:count]:
        name, there = person.name, person.decision == "present"
        text = BANK["existence"].draw(rng, validation).format(name)
        question = read_question(BANK["existence"].plain.format(name), [name])
        answer = f"{'Yes' if there else 'No'}, {name} is {'' if there else 'not '}in this video."
        lessons.append(Lesson("existence by tokens", text, question, answer))
    return Plan(sheet, [p.name for p in chosen], "", lessons)


def _asked_for(sheet: Sheet, kind: str, names: Sequence[str], rng: np.random.Generator) -> str | None:
    """What stands for {x}: true of the first one in half of the cases; "" where the wording has none."""
    facts = _facts(sheet, names[0]) if names else _any_facts(sheet, rng)
    true = rng.random() < 0.5
    if kind in ("worn", "who wears"):
        mine = worn(facts)
        return mine[int(rng.integers(len(mine)))] if true and mine else any_garment(rng)
    if kind in ("deed", "who does"):
        own = [d for d in (facts.activity, *facts.gestures) if d and "their" not in d]
        return own[int(rng.integers(len(own)))] if true and own else any_deed(rng)
    if kind == "pose":
        return facts.pose if true and facts.pose else ("standing", "sitting", "lying down")[rng.integers(3)]
    if kind == "side":
        return ("left", "right", "middle")[rng.integers(3)]
    if kind == "gender":
        return ("man", "woman")[rng.integers(2)]
    if kind == "thing":
        seen = [t.label for t in sheet.evidence.things]
        return said(seen[int(rng.integers(len(seen)))] if true and seen else any_thing(rng), 1)
    return ""


def _facts(sheet: Sheet, name: str) -> PersonFacts:
    return sheet.evidence.facts.get(name, PersonFacts())


def _any_facts(sheet: Sheet, rng: np.random.Generator) -> PersonFacts:
    rows = list(sheet.evidence.facts.values())
    return rows[int(rng.integers(len(rows)))] if rows else PersonFacts()


def _person(sheet: Sheet, name: str) -> PersonPresence:
    return next(p for p in sheet.presences if p.name == name)

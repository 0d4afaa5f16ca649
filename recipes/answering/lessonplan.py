"""Questions about made evidence, with the rules' answers: what phase 4 learns.

In: a `Sheet`. Out: some people of it, a brief about them, and questions with answers. The
teacher reads the plain wording and answers by the rules (`known_of`); the pupil gets another wording.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pvchat.chat.english import COLOURS
from pvchat.chat.query import Has, Not, Query, Whom
from pvchat.chat.question import Conversation, Question, known_of
from pvchat.chat.reader.statements import words_in
from pvchat.chat.say.people import gender_of
from pvchat.schemas import PersonPresence
from recipes.answering.briefs import brief
from recipes.answering.fillings import filling
from recipes.answering.questionbank import bank, kinds
from recipes.answering.sheets import Sheet

_PRONOUN, _CARELESS, _DRESSED = 0.12, 0.15, 0.2  # shares of questions; the last of those of training
_BEFORE = (
    "Hey, ",
    "So, ",
    "Well, ",
    "OK, ",
    "Please, ",
    "Now, ",
    "One question: ",
    "Tell me: ",
    "And ",
    "Do you know: ",
)
_AFTER = (" please", ", please", ", can you tell", ", do you know", " in this clip", " in it", " then", " now")
_NARROW, _BARE, _DESERTED = 0.12, 0.12, 0.2  # shares of sheets; the last of those where nobody known is present
MISLED = 0.1  # of sheets with a brief: everybody has another's tokens, for what is told counts, not they
_FITTING = 0.75  # of sheets whose brief tells only what its questions ask for
_OF_FOCUS = {"present": 4.0, "unsure": 1.2, "absent": 1.2}  # how often one of those is asked about, however many
_OF_ABSENT, ABSENT = 0.15, "who not"
_OFTEN = ("unanswerable",) * 5  # in more wordings than any other kind
_OPENER = re.compile(r"^(?!I\b)[A-Z](?=[a-z']* )")
_HE = {"man": "he", "woman": "she"}


@dataclass(frozen=True)
class Lesson:
    """One question: its kind, as it is asked, its plain wording as the rules read it, their answer.

    `evidence` is what the model is told for this question alone, beside the brief.
    """

    kind: str
    text: str
    question: Question
    answer: str
    evidence: str = ""

    @property
    def prompt(self) -> str:
        """What stands behind the brief."""
        return f"{self.evidence}\n{self.text}" if self.evidence else self.text


_TELLS_MORE = ("alone", "how long")  # kinds whose answers tell more than the brief of another question does


@dataclass(frozen=True)
class LessonPlan:
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


def plan(sheet: Sheet, count: int, rng: np.random.Generator, validation: bool) -> LessonPlan:
    """Up to `count` questions about one person, about several, or about the clip."""
    if all(p.decision != "present" for p in sheet.presences) and rng.random() > _DESERTED:
        return LessonPlan(sheet, [], "", [])  # there is little to ask
    if rng.random() < _BARE:
        return _by_tokens(sheet, count, rng, validation)
    focus, possible = _focus(sheet, rng)
    absent = not focus and rng.random() < _OF_ABSENT  # they are told to no other kind of question
    possible = (ABSENT,) if absent else tuple(kind for kind in possible if kind != ABSENT)
    chosen = [str(kind) for kind in rng.permutation(np.array([*possible, *possible]))]
    lessons = [ask(sheet, kind, focus, rng, validation) for kind in chosen]
    everything, kind = rng.random() >= _FITTING, lessons[0].question.type
    fitting = lessons if everything else [one for one in lessons if one.question.type == kind]
    lessons = (fitting * count)[:count]
    where = Not(Has("present")) if absent else None
    widest = next((one for one in lessons if one.kind in _TELLS_MORE), lessons[0])
    about = widest.question if focus else Question("", Query("who", where=where))
    if not set(focus) <= set(about.people):  # read as about some of them only
        about = Question("", Query("exists", Whom(tuple(focus), "both"), form="polar"))
    evidence = brief(known_of(about, sheet.presences, sheet.timeline), everything)
    lessons = [one for one in lessons if _is_in_evidence(one, evidence, sheet)]
    if rng.random() < _NARROW:  # told just what the rules would say
        lessons = [replace(one, evidence=one.answer) for one in lessons]
        evidence = ""
    named = focus or [p.name for p in sheet.presences if (p.decision == "absent") == absent][:3]
    return LessonPlan(sheet, named, evidence, lessons)


def _is_in_evidence(lesson: Lesson, evidence: str, sheet: Sheet) -> bool:
    """Whether every name, number and colour of an answer stands in what the model is told."""
    names = [p.name for p in sheet.presences]
    more = set(words_in(lesson.answer, names)) - set(words_in(f"{evidence} {lesson.prompt}", names))
    return not any(word.startswith("@") or word[0].isdigit() or word in COLOURS for word in more)


def of_others(made: LessonPlan) -> LessonPlan:
    """The same with everybody enrolled on the photos of the next in the list, two who are named on each other's."""
    names = [*made.named, *(n for n in made.sheet.enrolled if n not in made.named)]
    rows = [made.sheet.enrolled[name] for name in names]
    turn = 2 if len(made.named) == 2 else len(rows)
    rows[:turn] = rows[1:turn] + rows[:1]
    return replace(made, sheet=replace(made.sheet, enrolled=dict(zip(names, rows, strict=True))))


def _focus(sheet: Sheet, rng: np.random.Generator) -> tuple[list[str], tuple[str, ...]]:
    """Whom the questions are about, and their kinds: one person, two, or the clip."""
    everyone = [p.name for p in sheet.presences]
    decided = [p.decision for p in sheet.presences]
    weights = np.array([_OF_FOCUS[one] / decided.count(one) for one in decided])
    chosen = [str(n) for n in rng.choice(everyone, min(2, len(everyone)), replace=False, p=weights / weights.sum())]
    draw = rng.random()
    if draw < 0.42:
        return chosen[:1], (*kinds("one"), *_OFTEN)
    if draw < 0.8 and len(chosen) > 1:
        return chosen, kinds("two")
    return [], kinds("clip")


def ask(sheet: Sheet, kind: str, focus: Sequence[str], rng: np.random.Generator, validation: bool) -> Lesson:
    """One question of a kind about the people in focus; where nobody is, a name that it needs is anybody's."""
    wording = bank()[kind]
    names = [str(n) for n in rng.permutation(focus or [p.name for p in sheet.presences])][: max(1, len(focus))]
    what = filling(sheet, kind, names[0], rng)
    everyone = [p.name for p in sheet.presences]
    question = Conversation(everyone).read([wording.plain.format(*names, x=what)])[0]
    text = wording.draw(rng, validation)
    if rng.random() < _PRONOUN and len(focus) == 1 and _person(sheet, names[0]).decision == "present":
        he = _HE.get(gender_of(names[0], sheet.timeline), "")
        text = re.sub(r"\b(is|does|has|was|did) \{0\}(?!')", rf"\1 {he}", text) if he else text
    text = text.format(*names, x=what)
    if not validation and rng.random() < _DRESSED:
        text = _dressed_up(text, rng)
    if rng.random() < _CARELESS:
        text = text.rstrip("?.") if rng.random() < 0.5 else text[:1].lower() + text[1:]
    return Lesson(kind, text, question, known_of(question, sheet.presences, sheet.timeline).plain)


def _dressed_up(text: str, rng: np.random.Generator) -> str:
    """A question with words before or behind it that ask for nothing."""
    if rng.random() < 0.5:
        return f"{_BEFORE[rng.integers(len(_BEFORE))]}{re.sub(_OPENER, lambda found: found[0].lower(), text)}"
    return f"{text.rstrip('?.')}{_AFTER[rng.integers(len(_AFTER))]}{text[-1] if text[-1] in '?.' else ''}"


def _by_tokens(sheet: Sheet, count: int, rng: np.random.Generator, validation: bool) -> LessonPlan:
    """Who is there, with nothing told: the tokens must say it."""
    sure = [p for p in sheet.presences if p.decision != "unsure"]
    chosen = [sure[int(i)] for i in rng.permutation(len(sure))[:3]]  # a sheet names those who are there first
    lessons = []
    for person in (chosen * count)[:count]:
        name, there = person.name, person.decision == "present"
        text = bank()["existence"].draw(rng, validation).format(name)
        question = Conversation([name]).read([bank()["existence"].plain.format(name)])[0]
        answer = f"{'Yes' if there else 'No'}, {name} is {'' if there else 'not '}in this video."
        lessons.append(Lesson("existence by tokens", text, question, answer))
    return LessonPlan(sheet, [p.name for p in chosen], "", lessons)


def _person(sheet: Sheet, name: str) -> PersonPresence:
    return next(p for p in sheet.presences if p.name == name)

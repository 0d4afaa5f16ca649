"""Answers from measured facts: a question, who is present and what was measured in, one or two English sentences out.

A plain sentence is always built first, by rules; the language model may then rephrase it under the guard (`guard.py`).
A person judged absent is refused in the wording of the question's type and never described; an unsure one neither. A
fact that wasn't measured isn't spoken of. Actions are in the simple present ("Ana sits and talks"), as in captions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pvchat.chat.guard import rephrase
from pvchat.chat.questions import Question
from pvchat.schemas import Garment, PersonFacts, PersonPresence, QuestionType, SceneFacts

if TYPE_CHECKING:
    from pvchat.chat.language import LanguageModel

HEDGE = "probably"  # before what is likely but not sure
Box = tuple[float, float, float, float]  # x0, y0, x1, y1 as fractions of the frame

_REFUSED = {
    "appearance": "what {who} {is_} wearing",
    "action": "what {who} {is_} doing",
    "location": "where {who} {is_}",
}
_PLURAL_KINDS = re.compile(
    r"(trousers|pants|jeans|shorts|leggings|scrubs|glasses|sunglasses|gloves|shoes|boots|clothes|headphones"
    r"|earrings|tights|pyjamas|overalls)$"
)
_BODY = re.compile(r"\b(beard|moustache|mustache|stubble|freckles|tattoo|scar)s?\b")  # features one has, doesn't wear
_LOOKS = re.compile(r"\b(look|looks|hair\w*|beard|appearance|describe|face)\b", re.IGNORECASE)
_BESIDE = re.compile(
    r"\b(who|whom|with|next to|beside|near|close to|alongside|between|any ?one|any ?body)\b", re.IGNORECASE
)
_ASKS_BESIDE = re.compile(
    r"\b(who|whom)\b.*\b(next to|beside|near|close to|alongside|with)\b|\b(next to|beside|with) (whom|who)\b",
    re.IGNORECASE,
)
_AT = re.compile(
    r"\b(event|party|concert|desk|table|counter|beach|station|airport|stadium|conference|ceremony|wedding|match"
    r"|festival|podium|premiere)$"
)
_ON = re.compile(r"\b(stage|street|road|sofa|couch|bed|balcony|field|pitch|lawn|roof|boat|court|mountain|beach front)$")
_SURFACE = re.compile(r"\b(wall|backdrop|curtain|screen|board|fence|poster|panel)s?$")
_TRAVEL = re.compile(r"^(walk|run|jog|danc|jump|step|march|pac)\w*ing\b")
_NEAR = 1.5  # gap between two boxes, in mean box widths, up to which two people count as side by side [choice]


@dataclass(frozen=True)
class Neighbour:
    """Another person of the clip: where, and who if enrolled."""

    box: Box
    name: str | None = None


@dataclass
class Evidence:
    """What was measured in one clip, by name of the matched people.

    Attributes:
        facts: of each present person's track.
        boxes: each present person's usual box.
        others: the other tracks of the clip (people asked about may be among them; they are skipped by name).
        scene: of the whole clip.
        unknown: how many people in the clip match nobody enrolled.
        duration_s: of the clip; None or a still leaves the times out.
        place: where the clip plays ("on a beach"), said where `scene.place` wasn't measured.
        shown: a sentence about the whole clip, for questions that name nobody.
    """

    facts: dict[str, PersonFacts] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    others: list[Neighbour] = field(default_factory=list)
    scene: SceneFacts = field(default_factory=SceneFacts)
    unknown: int = 0
    duration_s: float | None = None
    place: str | None = None
    shown: str | None = None


def write_answer(
    question: Question,
    people: Sequence[PersonPresence],
    evidence: Evidence,
    language: LanguageModel | None = None,
    stream: Callable[[str], None] | None = None,
) -> str:
    """The answer, rephrased by the language model where its guard lets that pass; streamed once it is final.

    Refusals, unsure answers and yes or no are never rephrased: there is nothing in them to phrase better, and their
    "not" stays.
    """
    answer = plain_answer(question, people, evidence)
    asked = _asked(question, people)
    told = question.type != "existence" and all(p.decision == "present" for p in asked)
    if language is not None and asked and told:
        answer = rephrase(answer, [p.name for p in people], language).text
    if stream is not None:
        for piece in re.findall(r"\S+\s*", answer):
            stream(piece)
    return answer


def plain_answer(question: Question, people: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The answer by rules alone.

    Args:
        question: as `read_question` read it.
        people: the presence of those asked about; of everyone enrolled for "who" and for questions that name nobody.
        evidence: what was measured.
    """
    asked = _asked(question, people)
    general = question.asks_who or not question.people
    if question.type == "existence":
        return _who(question, asked, evidence) if general else _existence(asked, evidence)
    present = [p for p in asked if p.decision == "present"]
    told = [_described(p, question, evidence) for p in present]
    if general and not present:
        told = [*_nobody(question, asked), *_scene(question.type, evidence)]
    elif not general and not question.asks_all:
        told += _refusals(question.type, asked)
    return " ".join(told) if told else _who(question, asked, evidence)


# --- existence


def _asked(question: Question, people: Sequence[PersonPresence]) -> list[PersonPresence]:
    by_name = {p.name: p for p in people}
    if question.asks_who or not question.people:
        return [p for p in people if p.name not in question.besides]
    return [by_name[name] for name in question.people if name in by_name]


def _existence(asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    groups = {d: [p.name for p in asked if p.decision == d] for d in ("present", "absent", "unsure")}
    present, absent, unsure = groups["present"], groups["absent"], groups["unsure"]
    if len(asked) == 1:
        return _existence_of_one(asked[0], evidence)
    doubt = f"; I'm not sure about {_join(unsure, 'or')}" if unsure else ""
    if not present and not absent:
        return f"I'm not sure whether {_join(unsure, 'or')} is in this video."
    if not absent:
        if not unsure:
            both = f"both {_join(present)}" if len(present) == 2 else _join(present)
            return f"Yes, {both} are {'' if len(present) == 2 else 'all '}in this video."
        return f"{_join(present)} {_be(present)} in this video{doubt}."
    if not present:
        if len(absent) == 1:
            return f"{absent[0]} is not in this video{doubt}."
        none = f"neither {_join(absent, 'nor')}" if len(absent) == 2 else f"none of {_join(absent)}"
        return f"No, {none} is in this video{doubt}."
    return f"Only {_join(present)} {_be(present)} in this video; {_join(absent)} {_be(absent)} not{doubt}."


def _existence_of_one(person: PersonPresence, evidence: Evidence) -> str:
    name = person.name
    if person.decision == "absent":
        return f"No, {name} is not in this video."
    if person.decision == "unsure":
        seen = "the likeness is too weak" if person.track is not None else "the picture isn't clear enough"
        return f"I'm not sure whether {name} is in this video: {seen} to tell."
    where = evidence.facts.get(name, PersonFacts()).where
    return "Yes, " + ", ".join(x for x in (f"{name} is in this video", where, _when(person, evidence)) if x) + "."


def _who(question: Question, asked: Sequence[PersonPresence], evidence: Evidence) -> str:
    present = [p.name for p in asked if p.decision == "present"]
    unsure = [p.name for p in asked if p.decision == "unsure"]
    besides = f"Besides {_join(question.besides)}, " if question.besides and present else ""
    too = " too" if besides else ""
    first = f"{besides}{_join(present)} {_be(present)} in this video{too}." if present else _nobody(question, asked)[0]
    doubt = f"I'm not sure about {_join(unsure, 'or')}." if unsure else ""
    return " ".join(x for x in (first, doubt, _strangers(evidence.unknown, bool(present))) if x)


def _nobody(question: Question, asked: Sequence[PersonPresence]) -> list[str]:
    unsure = [p.name for p in asked if p.decision == "unsure"]
    head = f"Nobody {'else ' if question.besides else ''}I know is in this video."
    quiet = not unsure or question.type == "existence"
    return [head] if quiet else [head, f"I'm not sure about {_join(unsure, 'or')}."]


def _strangers(count: int, also: bool) -> str:
    if count <= 0:
        return ""
    there = f"There {'is' if count == 1 else 'are'}{' also' if also else ''}"
    return f"{there} {_number(count)} {'person' if count == 1 else 'people'} I don't know."


def _refusals(kind: QuestionType, asked: Sequence[PersonPresence]) -> list[str]:
    """One sentence for everyone absent, one for everyone unsure, in the wording of the question's type."""
    absent = [p.name for p in asked if p.decision == "absent"]
    unsure = [p.name for p in asked if p.decision == "unsure"]
    told = []
    if absent:
        told.append(f"{_join(absent)} {_be(absent)} not in this video, so I can't {_what(kind, absent)}.")
    if unsure:
        told.append(f"I'm not sure whether {_join(unsure, 'or')} is in this video, so I can't {_what(kind, unsure)}.")
    return told


def _what(kind: QuestionType, names: list[str]) -> str:
    who, be = (names[0], "is") if len(names) == 1 else ("they", "are")
    return (
        f"say {_REFUSED[kind].format(who=who, is_=be)}"
        if kind in _REFUSED
        else f"describe {names[0] if len(names) == 1 else 'them'}"
    )


# --- appearance, action, place


def _described(person: PersonPresence, question: Question, evidence: Evidence) -> str:
    """One present person, for one question type: a sentence (two for "describe …")."""
    name, facts = person.name, evidence.facts.get(person.name, PersonFacts())
    it = {"man": "he", "woman": "she"}.get(facts.gender or "", name)
    looks = appearance_phrase(facts, whole=question.type == "other" or bool(_LOOKS.search(question.text)))
    acts = action_phrase(facts)
    place = location_phrase(name, evidence, others=bool(_BESIDE.search(question.text)))
    if question.type == "appearance":
        return f"{name} {looks}." if looks else f"{name} is in this video, but I can't make out what {it} is wearing."
    if question.type == "action":
        return f"{name} {acts}." if acts else f"{name} is in this video, but I can't make out what {it} is doing."
    if question.type == "location":
        if _ASKS_BESIDE.search(question.text):
            near = _beside(name, evidence, strangers=True)
            return (
                f"{_upper(_join(near))} {_be(near if near[0][-6:] != 'people' else [*near, ''])} next to {name}."
                if near
                else f"I see nobody next to {name}."
            )
        when = _when(person, evidence)
        return (
            f"{name} is {place}."
            if place
            else f"{name} is in this video{', ' + when if when else ''}, but I can't make out where."
        )
    second = ", ".join(x for x in (acts, (place if acts else f"is {place}") if place else "") if x)
    subject = _upper(it) if looks else name
    told = [f"{name} {looks}." if looks else "", f"{subject} {second}." if second else ""]
    return " ".join(t for t in told if t) or f"{name} is in this video, but I can't make out more."


def appearance_phrase(facts: PersonFacts, whole: bool = False) -> str:
    """Such as "is wearing a dark suit and glasses"; hair and beard when `whole` or when nothing worn was measured."""
    worn = [_garment(g) for g in facts.clothes] + [f for f in facts.features if not _BODY.search(f)]
    has = [x for x in (facts.hair, *(f for f in facts.features if _BODY.search(f))) if x]
    if worn and not (whole and has):
        return f"is wearing {_join(worn)}"
    if worn:
        return f"is wearing {_join(worn)}, with {_join(has)}"
    return f"has {_join(has)}" if has else ""


def action_phrase(facts: PersonFacts) -> str:
    """Such as "sits, talks and raises a hand": pose, activity, gestures, movement and what is held."""
    pose = None if facts.movement and _TRAVEL.match(facts.movement) and facts.pose == "standing" else facts.pose
    held = f"holding {facts.holding}" if facts.holding else None
    told = (pose, facts.activity, *facts.gestures, facts.movement, held)
    deeds = sorted([d.strip() for d in told if d and d.strip()], key=lambda d: d.startswith(HEDGE))  # doubt comes last
    kept = [d for i, d in enumerate(deeds) if not any(_says(e, d, j < i) for j, e in enumerate(deeds) if j != i)]
    return _join([present_tense(d) for d in kept])


def location_phrase(name: str, evidence: Evidence, others: bool = False) -> str:
    """Completes "is …": "in an office, on the left, next to Ben". Strangers count only when `others` is asked for."""
    facts, scene = evidence.facts.get(name, PersonFacts()), evidence.scene
    place = f"{_preposition(scene.place)} {scene.place}" if scene.place else evidence.place or scene.setting
    where = re.sub(r" of the (frame|picture|image)$", "", facts.where) if facts.where and place else facts.where
    backed = scene.background and f"{'before' if _SURFACE.search(scene.background) else 'with'} {scene.background}"
    near = _beside(name, evidence, others or not (place or backed or where))
    parts = [place, backed, where, f"next to {_join(near)}" if near else None]
    if not (place or backed) and facts.shot in ("close-up", "far away"):
        parts.append("in close-up" if facts.shot == "close-up" else facts.shot)
    return ", ".join(p for p in parts if p)


def present_tense(phrase: str) -> str:
    """Tell "sitting and talking" as "sits and talks"; a phrase that begins with no such verb gets "is" before it."""
    if phrase.startswith(f"{HEDGE} "):
        return f"{HEDGE} {present_tense(phrase.removeprefix(f'{HEDGE} '))}"
    words = phrase.split(" ")
    if not words[0].endswith("ing"):
        return f"is {phrase}"
    verbs = [w if i and words[i - 1] not in ("and", "or") else _third_person(w) for i, w in enumerate(words)]
    return " ".join(verbs)


# --- wording


def _third_person(word: str) -> str:
    """Spell "sitting" as "sits": doubled consonant, silent e, -ies and -es by the rules of English."""
    if not re.fullmatch(r"\w{2,}ing", word) or word in ("something", "nothing", "everything"):
        return word
    stem = word[:-3]
    if stem in ("ly", "dy", "ty"):
        stem = stem[0] + "ie"
    elif re.search(r"([bdgmnprt])\1$", stem):
        stem = stem[:-1]
    elif re.search(r"(^|[^aeiou])[aeiouy][bdgklmnprtz]$", stem) and len(re.findall(r"[aeiouy]+", stem)) == 1:
        stem += "e"  # a short vowel would have doubled the consonant: "smil-ing", "writ-ing"
    elif re.search(r"([vcu]|[^s]s|[rd]g|[aeiou]z|rang|chang|[bdgfkptz]l|st?l|tur|eath)$", stem):
        stem += "e"
    if re.search(r"[^aeiou]y$", stem):
        return stem[:-1] + "ies"
    return stem + ("es" if re.search(r"(s|x|z|ch|sh|o)$", stem) else "s")


def _says(other: str, deed: str, earlier: bool) -> bool:
    """Whether `other` already says `deed` (the same words, or the same and more)."""
    return other.startswith(deed) and (len(other) > len(deed) and other[len(deed)] == " " or other == deed and earlier)


def _garment(garment: Garment) -> str:
    words = f"{garment.colour} {garment.kind}" if garment.colour else garment.kind
    return words if _PLURAL_KINDS.search(garment.kind) else f"{'an' if words[0].lower() in 'aeio' else 'a'} {words}"


def _preposition(place: str) -> str:
    return "at" if _AT.search(place) else "on" if _ON.search(place) else "in"


def _beside(name: str, evidence: Evidence, strangers: bool) -> list[str]:
    """["Ben", "one other person"]: those about as high up and less than `_NEAR` box widths away."""
    here = evidence.boxes.get(name)
    if here is None:
        return []
    around = [o for o in evidence.others if o.name != name] + [
        Neighbour(box, other)
        for other, box in evidence.boxes.items()
        if other != name and other not in [o.name for o in evidence.others]
    ]
    near = [o for o in around if _side_by_side(here, o.box)]
    named = [o.name for o in near if o.name]
    unnamed = sum(o.name is None for o in near) if strangers else 0
    if unnamed:
        named.append(f"{_number(unnamed)} {'other ' if named else ''}{'person' if unnamed == 1 else 'people'}")
    return named


def _side_by_side(a: Box, b: Box) -> bool:
    width = ((a[2] - a[0]) + (b[2] - b[0])) / 2
    height = ((a[3] - a[1]) + (b[3] - b[1])) / 2
    gap = max(a[0], b[0]) - min(a[2], b[2])
    return gap <= _NEAR * width and abs((a[1] + a[3]) - (b[1] + b[3])) / 2 <= height


def _scene(kind: QuestionType, evidence: Evidence) -> list[str]:
    scene = evidence.scene
    shown = [x for x in (scene.place, scene.setting, scene.background and f"with {scene.background}") if x]
    plain = [f"The video shows {', '.join(shown)}."] if scene.place and kind in ("location", "other") else []
    return [evidence.shown] if evidence.shown else plain


def _when(person: PersonPresence, evidence: Evidence) -> str:
    """Such as "from 0:02 to 0:09"; empty for stills and where no span is known."""
    spans, length = person.spans, evidence.duration_s
    if not spans or (length is not None and length <= 1.5):
        return ""
    if length is not None and sum(b - a for a, b in spans) >= 0.95 * length:
        return "the whole time"
    if len(spans) > 3:
        return f"{_number(len(spans))} times between {_clock(spans[0][0])} and {_clock(spans[-1][1])}"
    return _join(
        [f"from {_clock(a)} to {_clock(b)}" if _clock(a) != _clock(b) else f"at {_clock(a)}" for a, b in spans]
    )


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def _number(count: int) -> str:
    words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[count] if count <= 10 else str(count)


def _join(items: Sequence[str], word: str = "and") -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}" if items else ""


def _be(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

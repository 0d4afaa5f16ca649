"""Questions about things: "What is on the table?", "Is there a dog?", "How many chairs?", "What is Ana holding?".

In: a question in lower case, names masked, and what was measured. Out: a `ThingQuestion`, or None where it asks about
no thing that the detector knows; and its answer, of things that were seen only. Something small or half hidden is
easily missed, so "I see no …" is all that is said of what wasn't seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from pvchat.chat.english import HEDGE, join, number
from pvchat.chat.evidence import Evidence
from pvchat.chat.say.phrases import sure_gender
from pvchat.chat.say.scenes import DRAWN, NO_THINGS, SAID, counted, plural, said
from pvchat.chat.vocabulary import IN_CLIP, MASK
from pvchat.perception.sightings import side
from pvchat.schemas import PersonPresence, QuestionType, Thing

Asked = Literal["all", "on", "there", "count", "where", "held"]
# What people call a label beside what is said of it.
_ALSO = {
    "settee": "couch", "television": "tv", "monitor": "tv", "display": "tv", "mobile": "cell phone",
    "smartphone": "cell phone", "mobile phone": "cell phone", "desk": "dining table", "flowerpot": "potted plant",
    "bike": "bicycle", "motorbike": "motorcycle", "mug": "cup", "computer": "laptop", "notebook": "laptop",
    "purse": "handbag", "rucksack": "backpack", "aeroplane": "airplane", "cooker": "oven", "lorry": "truck",
    "ship": "boat", "puppy": "dog", "kitten": "cat", "seat": "chair", "bat": "baseball bat",
}  # fmt: skip
SURFACES = ("chair", "couch", "bench", "bed", "dining table")
_MOST_TOLD = 5
# Confidence from which a thing is told without "probably"; of less sure ones 10 of 14 were right on footage.
_PLAIN = 0.8
_PERSON = rf"(?:{MASK.lower()}|he|she|they)"
_IN_HAND = rf"in (?:(?:his|her|their|the|one|{MASK.lower()}'s) )?hands?"
_HELD = re.compile(
    rf"^what(?:'s| is| does| do| did| has| have| are)? {_PERSON}(?:'s)? (?:got |have |has )?"
    rf"(?:(?:holding|hold|holds|carrying|carry)(?: {_IN_HAND})?|{_IN_HAND})\W*$"
    rf"|^(?:has|have|does|do|is|are) {_PERSON} (?:got |have |hold |holding )?(?:something|anything) {_IN_HAND}\W*$"
    rf"|^(?:what(?:'s| is)|is (?:there )?(?:something|anything)) in (?:{MASK.lower()}'s|his|her|their) hands?\W*$"
)
_ALL = re.compile(
    r"^(?:what|which) (?:other )?(?:things?|objects?|items?)\b(?!.*\b(?:wear|hold|doing|on the))"
    r"|^(?:list|name|describe) (?:all )?(?:the )?(?:things|objects|items)\b"
)
_ON = re.compile(
    r"^what(?: things| objects)?(?:'s| is| are| do you see| can you see| stands?| lies?) (?:there )?"
    r"on (?:the|this|that) (?P<noun>[a-z ]+?)\W*$"
)
_IN_IT = (
    rf"{IN_CLIP}| (?:in|of) (?:the|this|that|my) room"
    r"| here| there| anywhere| somewhere| around| visible| (?:to be )?seen"
)
_IN_CLIP = rf"(?:{_IN_IT})*"
_THERE = re.compile(
    rf"^(?:is|are) there (?:an?|any|some|the|another) (?P<noun>[a-z ]+?){_IN_CLIP}\W*$"
    rf"|^(?:can|do|could) you (?:see|spot|find) (?:an?|any|some|the) (?P<seen>[a-z ]+?){_IN_CLIP}\W*$"
)
_COUNT = re.compile(rf"^how many (?P<noun>[a-z ]+?)(?: are| is| (?:can|do) you see|{_IN_IT})*\W*$")
_WHERE = re.compile(rf"^where(?:'s| is| are) (?:the|an?) (?P<noun>[a-z ]+?){_IN_CLIP}\W*$")


@dataclass(frozen=True)
class ThingQuestion:
    """What is asked about things.

    Attributes:
        asked: all of them, what is on one, whether, how many or where they are, or what is held.
        label: COCO's word for the thing; "" for all and for what is held.
    """

    asked: Asked
    label: str = ""

    @property
    def type(self) -> QuestionType:
        """The question's type."""
        return "action" if self.asked == "held" else "location" if self.asked == "where" else "other"


def read_things(lower: str) -> ThingQuestion | None:
    """What a question in lower case, names masked, asks about things; None where it asks about something else."""
    if _HELD.match(lower):
        return ThingQuestion("held")
    if _ALL.match(lower) and MASK.lower() not in lower:
        return ThingQuestion("all")
    rows: tuple[tuple[Asked, re.Pattern[str]], ...] = (
        ("on", _ON), ("there", _THERE), ("count", _COUNT), ("where", _WHERE)
    )  # fmt: skip
    for asked, pattern in rows:
        if (found := pattern.match(lower)) and (label := label_of(_noun(found))):
            return ThingQuestion(asked, label)
    return None


def label_of(noun: str) -> str:
    """COCO's word for a noun in the singular or plural; "" where it has none."""
    return _labels().get(noun.strip(), "")


def answer_things(question: ThingQuestion, people: Sequence[PersonPresence], evidence: Evidence) -> str:
    """The answer, of what was seen.

    Args:
        question: as `read_things` read it.
        people: for what is held, those who are present.
        evidence: what was measured.
    """
    if question.asked == "held":
        return " ".join(_held(p.name, evidence) for p in people)
    if evidence.scene.drawn:
        return DRAWN
    found = [t for t in evidence.things if t.label == question.label]
    one = said(question.label, 1)
    if question.asked == "all":
        told = things_seen([t for t in evidence.things if t.label != "tie"])  # that is a garment
        return f"I see {told}." if told else NO_THINGS
    if question.asked == "count":
        count = at_most_at_once(found)
        return f"I see {number(count) if count else 'no'} {said(question.label, count)} in this video."
    if not found:
        missed = ", but I may miss one" if question.asked == "there" else ""  # half of what there is is found
        return f"I see no {one} in this video{missed}."
    if question.asked == "there":
        return _there(question.label, found)
    if question.asked == "where":
        return f"The {one} is {_hedge(found)}{_where(found[0])}."
    lying = things_seen(things_on(found[0], evidence.things))
    return f"On the {one} I see {lying}." if lying else f"I see nothing on the {one} that I could name for sure."


def things_seen(things: Sequence[Thing]) -> str:
    """Such as "two chairs, a laptop and probably a cup": the surest kinds, each with the most seen in one frame."""
    alike = _alike(things)
    words = {label: counted(label, at_most_at_once(found)) for label, found in alike.items()}
    likely = [words[label] for label, found in alike.items() if _hedge(found)]
    sure = [words[label] for label, found in alike.items() if not _hedge(found)]
    return join([*sure, *([f"{HEDGE} {join(likely)}"] if likely else [])])


def things_told(things: Sequence[Thing]) -> list[str]:
    """`things_seen` one by one, each with where the surest of its kind is."""
    return [f"{counted(k, at_most_at_once(found))} {_where(found[0])}" for k, found in _alike(things).items()]


def surfaces_told(things: Sequence[Thing]) -> list[str]:
    """What lies on tables, beds and the like, a sentence for the surest of each kind that something lies on."""
    surest = {t.label: t for t in reversed(things)}
    lying = {label: things_on(surest[label], things) for label in surest if label in SURFACES}
    return [f"On the {said(label, 1)} I see {things_seen(found)}." for label, found in lying.items() if found]


def things_on(table: Thing, things: Sequence[Thing]) -> list[Thing]:
    """The things whose foot stands on a table, a bed or the like in a frame that shows both."""
    under = dict(zip(table.frames, table.boxes, strict=True))
    found = []
    for thing in (one for one in things if one is not table and one.label not in SURFACES):
        both = [(box, under[f]) for f, box in zip(thing.frames, thing.boxes, strict=True) if f in under]
        if both and np.mean([_stands_on(*boxes) for boxes in both]) > 0.5:
            found.append(thing)
    return found


def _stands_on(box: Sequence[float], table: Sequence[float]) -> bool:
    """Whether a thing's foot lies between a table's sides and not below it."""
    return table[0] < (box[0] + box[2]) / 2 < table[2] and table[1] - 0.02 < box[3] < table[3]


def at_most_at_once(things: Sequence[Thing]) -> int:
    """The most of these things that are seen in one frame."""
    frames = [frame for thing in things for frame in thing.frames]
    return max((frames.count(frame) for frame in set(frames)), default=0)


def _held(name: str, evidence: Evidence) -> str:
    facts = evidence.facts_of(name)
    if facts.holding:
        return f"{name} is holding {facts.holding}."
    whose = {"man": "his", "woman": "her"}.get(sure_gender(facts) or "", f"{name}'s")
    return f"{name} is in this video, but I can't make out anything in {whose} hands."


def _alike(things: Sequence[Thing]) -> dict[str, list[Thing]]:
    """The things by label, the surest kinds only."""
    kinds = list(dict.fromkeys(t.label for t in things))[:_MOST_TOLD]
    return {kind: [t for t in things if t.label == kind] for kind in kinds}


def _there(label: str, found: Sequence[Thing]) -> str:
    """That something is there, the surest of it first."""
    count = at_most_at_once(found)
    if not (hedge := _hedge(found)):
        return f"Yes, I see {counted(label, count)}, {_where(found[0])}."
    return f"There {'are' if count > 1 else 'is'} {hedge}{counted(label, count)}, {_where(found[0])}."


def _hedge(found: Sequence[Thing]) -> str:
    """The word "probably" and a space where the surest of these things isn't sure enough to be told plainly."""
    return "" if max(thing.confidence for thing in found) >= _PLAIN else f"{HEDGE} "


def _where(thing: Thing) -> str:
    return side(float(np.median([(box[0] + box[2]) / 2 for box in thing.boxes])))


def _noun(found: re.Match[str]) -> str:
    return next((value for value in found.groupdict().values() if value), "")


@lru_cache(maxsize=1)
def _labels() -> dict[str, str]:
    from pvchat.perception.experts.objects import LABELS

    known = {label: label for label in LABELS.values() if label != "person"}
    known |= {word: label for label, word in SAID.items()} | _ALSO
    return known | {plural(word): label for word, label in known.items()}

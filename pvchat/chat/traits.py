"""What a face suggests of somebody: a man or a woman, and a smile as a mood. Told when asked, and off by a switch.

In: a question, the evidence. Out: the evidence without it (`Settings.traits`), and what is said to who asks for it.
Moods are not told: of the expressions of labelled faces only smiles hold on faces of another source, and what somebody
feels isn't what the face shows. Ages aren't either: a head on film faces took old for middle-aged every second time
(docs/LOG.md). None of it tells who somebody is: the cues of identity are in `identity/`, and this is not among them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.evidence import Evidence
from pvchat.chat.question import Question
from pvchat.schemas import PersonFacts

_SMILE = "smiling"
_FEELS = re.compile(
    r"\b(?:feel(?:s|ing|ings)?|mood|moods|emotions?|emotional(?:ly)?|happy|happiness|unhappy|sad|sadness|angry|mad|upset"
    r"|cheerful|glad|annoyed|worried|scared|afraid|nervous|excited|depressed|joyful|miserable|bored|surprised)\b"
)


def without_traits(evidence: Evidence) -> Evidence:
    """The evidence as if nobody's gender and no smile had been measured."""
    return replace(
        evidence,
        facts={name: _without(facts) for name, facts in evidence.facts.items()},
        others=[replace(one, facts=_without(one.facts)) for one in evidence.others],
        traits=False,
    )


def _without(facts: PersonFacts) -> PersonFacts:
    return replace(
        facts,
        gender=None,
        gestures=[gesture for gesture in facts.gestures if gesture != _SMILE],
        grounds={key: ground for key, ground in facts.grounds.items() if key not in ("gender", _SMILE)},
    )


def asks_traits(question: Question) -> bool:
    """Whether a question asks for a man or a woman, for a mood, or for a smile."""
    aspect = question.aspect
    if aspect.headcount is not None and aspect.headcount.by_gender or asks_mood(question):
        return True
    predicate = aspect.predicate
    return aspect.name in ("whether", "such") and (predicate.kind == "gender" or predicate.said == _SMILE)


def asks_mood(question: Question) -> bool:
    """Whether a question that nothing measured speaks to asks what somebody feels."""
    return question.aspect.name == "rest" and _FEELS.search(question.text.lower()) is not None


def moods(names: Sequence[str], evidence: Evidence) -> list[str]:
    """What is said of people present to who asks what they feel: whether they smile, which is all that is measured."""
    smiling = {name: _SMILE in evidence.facts_of(name).gestures for name in names}
    there = {name: "smiles, as far as I can see" if smiling[name] else "is in this video" for name in names}
    return [f"{name} {there[name]}, but what {name} feels I can't tell." for name in names]

"""What the trained model is told when it answers itself: what of all that is known could answer a question.

In: what a question is answered from. Out: plain sentences. It reads best what is short and in the answers' own words,
so only what the question's type asks for is told; what the finding tells of others, or counts, as the answer does.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.answers import Known
from pvchat.chat.english import upper
from pvchat.chat.evidence import Evidence
from pvchat.chat.query import Has, Not
from pvchat.chat.say.phrases import action_phrase, appearance_phrase, location_phrase, scene_told
from pvchat.chat.say.presence import existence, who_is_absent, who_is_there
from pvchat.schemas import PersonPresence, QuestionType

_MOST = 5  # people told of one by one: the prompt has room for no more


def brief(known: Known, everything: bool = False) -> str:
    """The sentences.

    Args:
        known: what the question is answered from.
        everything: all that is known of those it is about, not only what it asks for.
    """
    kind: QuestionType = "other" if everything else known.question.type
    by_name = {p.name: p for p in known.people}
    named = [by_name[name] for name in known.question.people if name in by_name][:_MOST]
    told = _there(known, named, kind)
    present = [p for p in (named or known.people[:_MOST]) if p.decision == "present"]
    told += [sentence for p in present for sentence in seen_of(p.name, known.evidence, kind)]
    scene = scene_told(known.evidence) if kind in ("location", "other") else ""
    return " ".join([*told, *([scene] if scene else [])])


def _there(known: Known, named: Sequence[PersonPresence], kind: QuestionType) -> list[str]:
    """Who is there, and everybody where others make the answer; what is counted is told as the answer tells it."""
    question, everybody = known.question, who_is_there(known.people, known.evidence)
    if named and known.finding.number is not None:
        return [known.plain]
    if len(named) > 1 and kind == "existence":
        return [which_are_there(named, known.evidence)]
    if named:
        others = [everybody] if question.asks_everybody else []
        return [which_are_there([p], known.evidence) for p in named] + others
    return [who_is_absent(known.people) if question.query.where == Not(Has("present")) else everybody]


def which_are_there(named: Sequence[PersonPresence], evidence: Evidence) -> str:
    """Which of several named are there, without the yes or no that the answer begins with."""
    return upper(existence(named, evidence).removeprefix("Yes, ").removeprefix("No, "))


def seen_of(name: str, evidence: Evidence, kind: QuestionType) -> list[str]:
    """Looks, deeds and place of somebody who is there, as far as the question's type asks for them."""
    facts = evidence.facts_of(name)
    looks, acts = appearance_phrase(facts, whole=True), action_phrase(facts)
    place = location_phrase(name, evidence, others=True)
    told = {
        "appearance": [f"{name} is a {facts.gender}." if facts.gender else "", f"{name} {looks}." if looks else ""],
        "action": [f"{name} {acts}." if acts else ""],
        "location": [f"{name} is {place}." if place else ""],
    }
    wanted = told if kind == "other" else [kind] if kind in told else []
    return [sentence for one in wanted for sentence in told[one] if sentence]

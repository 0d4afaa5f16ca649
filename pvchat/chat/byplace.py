"""What is asked of somebody whom a question means by the place in the picture: "Describe the person on the right."

In: the question, who is there, what was measured. Out: sentences. Whoever is known is spoken of by name; of somebody
whom nobody knows what was measured is told, as "that person".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from pvchat.chat.aspect import USUAL
from pvchat.chat.english import upper
from pvchat.chat.evidence import Evidence, Neighbour
from pvchat.chat.existence import untold
from pvchat.chat.lineup import EVERYBODY, NOBODY_KNOWN, SOMEBODY, LineUp
from pvchat.chat.question import Question
from pvchat.chat.questions import read_question
from pvchat.chat.standing import placed, uncounted, where, whom_told
from pvchat.schemas import PersonFacts, PersonPresence

Answer = Callable[[Question, Sequence[PersonPresence], Evidence], str]
UNNAMED = PersonPresence(SOMEBODY, "present", 1.0)
_STARTS = re.compile(rf"(^|[.!?] ){SOMEBODY}\b")


def by_place(question: Question, everyone: Sequence[PersonPresence], evidence: Evidence, answer: Answer) -> str:
    """Who stands where a question asks, or what of whoever stands there it asks.

    Args:
        question: as it was read; its aspect has a line-up.
        everyone: the presence of everyone enrolled.
        evidence: what was measured.
        answer: answers the question as it is asked of somebody by name.
    """
    lineup = question.aspect.lineup
    if lineup is None:
        return ""
    names = () if lineup.relation.startswith(EVERYBODY) else question.people
    if missing := untold([p for name in names for p in everyone if p.name == name]):
        return " ".join(missing)
    if not lineup.told:
        return placed(lineup, names, evidence)
    known, nameless = whom_told(lineup, names, evidence)
    there = {p.name: p for p in everyone if p.decision == "present"}
    told = [answer(_of(o.name, question), [there[o.name]], evidence) for o in known if o.name in there]
    told = told or [_of_somebody(lineup, [*known, *nameless], names, evidence, answer)]
    return " ".join(filter(None, (*told, uncounted(lineup, evidence))))


def _of(name: str, question: Question) -> Question:
    """What is asked of whom it means, asked of one of them by name."""
    lineup = question.aspect.lineup
    if lineup is not None and lineup.asked:
        return read_question(lineup.asked.replace(SOMEBODY, name), [name])
    kind = "appearance" if question.type == "location" else question.type
    # Of each of a row.
    return replace(question, type=kind, people=(name,), aspect=USUAL, asks_who=False, asks_all=False)


def _of_somebody(
    lineup: LineUp, found: Sequence[Neighbour], names: Sequence[str], evidence: Evidence, answer: Answer
) -> str:
    """What is told where nobody known is meant: of one who isn't known what was measured."""
    if not found:
        nobody = (
            f"no {lineup.gender} " if lineup.gender and not lineup.counted else "no " if lineup.gender else "nobody "
        )
        return f"I see {nobody}{where(lineup, names)}."
    unknown = f"{NOBODY_KNOWN} {'the ' * bool(lineup.counted and lineup.gender)}{where(lineup, names)}."
    asked = read_question(lineup.asked, [SOMEBODY])
    if len(found) > 1 or not lineup.asked or asked.type != "location" and not tells(found[0].facts):
        return unknown
    told = answer(asked, [UNNAMED], as_somebody(found[0], evidence))
    return f"{unknown} {named_as(told, 'that person')}"


def tells(facts: PersonFacts) -> bool:
    """Whether more was measured of somebody than of everybody in a long video: where, how large, man or woman."""
    return replace(facts, where=None, shot=None, gender=None, confidence={}, grounds={}) != PersonFacts()


def as_somebody(one: Neighbour, evidence: Evidence) -> Evidence:
    """The evidence with what was measured of one without a name as `SOMEBODY`'s, who is seen where she is."""
    facts, boxes = {**evidence.facts, SOMEBODY: one.facts}, {**evidence.boxes, SOMEBODY: one.box}
    others = [replace(o, name=SOMEBODY) if o is one else o for o in evidence.others]
    return replace(evidence, facts=facts, boxes=boxes, others=others)


def named_as(text: str, who: str) -> str:
    """A text about `SOMEBODY` with other words for her."""
    return _STARTS.sub(rf"\1{upper(who)}", text).replace(SOMEBODY, who)

"""What the model is told of a made clip in its lessons: sentences of all that could answer a question.

In: what a question is answered from. Out: the answers to questions about the people it is about, in short; `ask` itself
tells the model the plain answer alone, which is one of the lessons, too.
"""

from __future__ import annotations

from pvchat.chat.english import HEDGE, upper, words
from pvchat.chat.query import PRESENT, Attribute, Not, Query, Whom
from pvchat.chat.question import Basis
from pvchat.chat.reader.statements import NEGATIONS, words_in
from pvchat.chat.run import run
from pvchat.chat.say.clauses import with_article
from pvchat.chat.say.people import scene_place
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Timeline
from pvchat.schemas import BLUE_SKY, QuestionType

_ASKED: dict[QuestionType, tuple[Attribute, ...]] = {  # what is told of people, by what is asked of them
    "appearance": ("gender", "looks"),
    "action": ("deed",),
    "location": ("place",),
    "other": ("gender", "looks", "deed", "place"),
}
_MOST_TOLD = 5  # people told of one by one: the prompt has room for no more


def brief(known: Basis, everything: bool = False) -> str:
    """The sentences.

    Args:
        known: what the question is answered from.
        everything: all that is known of those it is about, not only what it asks for.
    """
    question, timeline = known.question, known.timeline
    kind: QuestionType = "other" if everything else question.type
    people = [one for name in question.people if (one := timeline.entity(name)) is not None][:_MOST_TOLD]
    named = tuple(one.name for one in people)
    there = [one.name for one in people or timeline.enrolled[:_MOST_TOLD] if one.decision == "present"]
    asked = [Query("attribute", Whom((name,)), attribute=one) for name in there for one in _ASKED.get(kind, ())]
    told = [say(run(query, timeline), timeline) for query in asked]
    seen = [one for one in told if NEGATIONS.isdisjoint(words_in(one))]  # and not that nothing can be made out
    scene = scene_told(timeline) if kind in ("location", "other") else ""
    return " ".join(filter(None, (*_there(known, named), *seen, scene)))


def _there(known: Basis, named: tuple[str, ...]) -> list[str]:
    """Who is there, and everybody where others make the answer; what is counted is told as the answer tells it."""
    query, timeline = known.question.query, known.timeline
    if named and known.finding.number is not None:
        return [known.plain]
    absent = Not(PRESENT) if not named and query.where == Not(PRESENT) else None
    asked = [Query("exists", Whom(named, "both"), form="polar")] if named else []
    asked += [Query("who", where=absent)] if not named or known.question.asks_everybody else []
    told = [say(run(one, timeline), timeline) for one in asked]
    return [upper(one.removeprefix("Yes, ").removeprefix("No, ")) for one in told]


def scene_told(timeline: Timeline) -> str:
    """Such as "The video shows a drawn scene, outdoors."; empty where its place isn't known."""
    known = {name: [row.value for row in timeline.lasting("", name)] for name in ("place", "setting", "background")}
    behind = [value for value in known["background"] if value != BLUE_SKY]
    places = [with_article(it) for it in known["place"][:1] if it.split()[0] not in words("prepositions")]
    hedge = f"{HEDGE} " * (bool(places) and scene_place(timeline).startswith(HEDGE))
    shown = ["a drawn scene"] * timeline.drawn + places + known["setting"][:1] + [f"with {it}" for it in behind[:1]]
    return f"The video {hedge}shows {', '.join(shown)}." if timeline.drawn or places else ""

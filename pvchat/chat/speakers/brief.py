"""What the trained model is told when it answers itself: what of all that is known could answer a question.

In: what a question is answered from. Out: plain sentences. It reads best what is short and in the answers' own words,
so only what the question's type asks for is told; what the finding tells of others, or counts, as the answer does.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.answers import Known
from pvchat.chat.english import upper
from pvchat.chat.query import Has, Not, Query, Whom
from pvchat.chat.run import run
from pvchat.chat.say.people import acts, looks, whereabouts
from pvchat.chat.say.presence import who_is_absent, who_is_there
from pvchat.chat.say.scenes import scene_told
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Entity, Timeline
from pvchat.schemas import QuestionType

_MOST = 5  # people told of one by one: the prompt has room for no more


def brief(known: Known, everything: bool = False) -> str:
    """The sentences.

    Args:
        known: what the question is answered from.
        everything: all that is known of those it is about, not only what it asks for.
    """
    kind: QuestionType = "other" if everything else known.question.type
    timeline = known.timeline
    named = [one for name in known.question.people if (one := timeline.entity(name)) is not None][:_MOST]
    present = [one.name for one in (named or timeline.enrolled[:_MOST]) if one.decision == "present"]
    seen = [sentence for name in present for sentence in _seen_of(name, timeline, kind)]
    scene = scene_told(timeline) if kind in ("location", "other") else ""
    return " ".join(filter(None, (*_there(known, named, kind), *seen, scene)))


def _there(known: Known, named: Sequence[Entity], kind: QuestionType) -> list[str]:
    """Who is there, and everybody where others make the answer; what is counted is told as the answer tells it."""
    question, timeline = known.question, known.timeline
    if named and known.finding.number is not None:
        return [known.plain]
    if not named and question.query.where == Not(Has("present")):
        return [who_is_absent(timeline.enrolled)]
    groups = [named] if len(named) > 1 and kind == "existence" else [[one] for one in named]
    everybody = [who_is_there(timeline.enrolled, timeline)]
    others = everybody if not named or question.asks_everybody and len(groups) == len(named) else []
    return [*(_which_are_there(group, timeline) for group in groups), *others]


def _which_are_there(named: Sequence[Entity], timeline: Timeline) -> str:
    """Which of several named are there, without the yes or no that the answer begins with."""
    names = tuple(one.name for one in named)
    told = say(run(Query("exists", Whom(names, "both"), form="polar"), timeline), timeline)
    return upper(told.removeprefix("Yes, ").removeprefix("No, "))


def _seen_of(name: str, timeline: Timeline, kind: QuestionType) -> list[str]:
    """Looks, deeds and place of somebody who is there, as far as the question's type asks for them."""
    spans, gender = timeline.seen(name), timeline.of(name, "gender")
    place = whereabouts(name, spans, timeline, strangers=True)
    clauses = {
        "appearance": [f"is a {gender[0].value}" if gender else "", looks(name, spans, timeline, whole=True)],
        "action": [acts(name, spans, timeline)],
        "location": [f"is {place}" if place else ""],
    }
    wanted = clauses if kind == "other" else [kind] if kind in clauses else []
    return [f"{name} {clause}." for one in wanted for clause in clauses[one] if clause]

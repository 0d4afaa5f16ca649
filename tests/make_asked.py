"""Questions as tests ask them: text and names in, what is read and what is found out."""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.query import Query
from pvchat.chat.question import Asked, Conversation, Question, known_of
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Finding, Timeline
from pvchat.identity.evidence import Evidence
from pvchat.schemas import PersonPresence


def read_question(
    text: str, names: Sequence[str] = (), before: Sequence[Asked] = (), timeline: Timeline | None = None
) -> Question:
    """A question as it is read after others."""
    return Conversation(names, before=before).read([text], timeline)[0]


def query_of(text: str, names: Sequence[str] = (), before: Sequence[Asked] = ()) -> Query:
    """What it means."""
    return read_question(text, names, before).query


def found(text: str, names: Sequence[str], timeline: Timeline, before: Sequence[Asked] = ()) -> Finding:
    """What is found for it."""
    earlier = [finding for _, finding in Conversation(names, before=before).turns(timeline)]
    return run(read_question(text, names, before, timeline).query, timeline, earlier)


def answered(query: Query, timeline: Timeline) -> str:
    """What is said of it."""
    return say(run(query, timeline), timeline)


def plain_answer(question: Question, everyone: Sequence[PersonPresence], evidence: Evidence) -> str:
    """What is answered in plain sentences."""
    return known_of(question, everyone, timeline_from(evidence, everyone)).plain

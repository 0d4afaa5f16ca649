"""How many people a clip shows, counted as the answers count them: a person is followed anew after every cut.

In: presences of everyone enrolled, what was seen of a clip. Out: numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.clip_timeline import timeline_of
from pvchat.schemas import ClipAnalysis, PersonPresence


def headcount(everyone: Sequence[PersonPresence], seen: ClipAnalysis) -> tuple[int, int]:
    """How many people are seen, as "How many people?" is answered, and how many of them are surely enrolled ones."""
    timeline = timeline_of(everyone, seen)
    known = sum(person.decision == "present" for person in timeline.enrolled)
    return known + timeline.unnamed, known

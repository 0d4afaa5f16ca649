"""What one of many videos says to a question about what is heard, with the words.

In: a `Query` of sound, a video with its timeline. Out: a `Seen` with quotes.
"""

from __future__ import annotations

from pvchat.chat.archive_finding import Seen, Video
from pvchat.chat.query import Has, Query
from pvchat.chat.sounds import MUSIC, hear, is_of_all, is_of_anybody, quotes, spans_of
from pvchat.chat.spans import common
from pvchat.chat.timeline import Timeline


def heard_in(query: Query, video: Video, timeline: Timeline, doubted: frozenset[str]) -> Seen | None:
    """When something is heard in a video, who says it as far as that is known, and in which words.

    Args:
        query: what is asked.
        video: which.
        timeline: of it.
        doubted: who is only perhaps in it.

    Returns:
        None where it says nothing to the question.
    """
    if timeline.sound != "heard":
        return None if timeline.sound == "none" else Seen(video, told=False)
    where = query.where or Has("speaks")
    found = hear(Query("when", query.whom, where, during=query.during), timeline)
    each = {one.entity: one.spans for one in found.people}
    nobody = spans_of(found.rows, found.query) if is_of_anybody(query) else []
    spans = (
        found.spans if where == MUSIC else tuple(sorted([*nobody, *(span for one in each.values() for span in one)]))
    )
    if not (spans and is_of_all(query, each)):
        return Seen(video, told=False) if found.open and found.rows else None
    said = quotes(hear(Query("attribute", query.whom, attribute="says", during=query.during), timeline))
    kept = tuple(one for one in said if (one[0] or nobody) and where != MUSIC and common([one[2]], spans))
    perhaps = frozenset(each) & doubted
    sure = bool(nobody) or where == MUSIC or perhaps != {*each}
    strangers = sum(name.startswith("#") for name in each)
    return Seen(video, spans, (*each,), perhaps, sure, strangers, each=each, quotes=kept)

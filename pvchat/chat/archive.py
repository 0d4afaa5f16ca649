"""A `Query` looked up in the timelines of many videos: an `ArchiveFinding` out. No words are in it.

The same executor runs over each video (`run.py`); `archive_ranks.py` counts what it finds. Whether somebody is in a
video depends on how often she is in any: of ten thousand videos a few look like hers by chance (`base_rate`), and then
she is only perhaps in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from pvchat.chat.archive_finding import ArchiveFinding, Seen, Video
from pvchat.chat.archive_sound import heard_in
from pvchat.chat.query import EVERYBODY, WHOLE, And, Condition, During, Has, Query, Rank, atoms, is_of_sound
from pvchat.chat.run import run
from pvchat.chat.sounds import as_seen
from pvchat.chat.spans import Span, merged, most_at_once
from pvchat.chat.timeline import Timeline
from pvchat.schemas import FloatArray

EVEN = 0.5  # how often somebody is there as the probabilities of one video take it [choice]
_DRAWS = 2.0  # videos with her and without her that count as seen before there are any (a Beta prior) [choice]
_ROUNDS = 50

Sighted = tuple[Video, Timeline, frozenset[str], Span | None]  # who is only perhaps in it; the seconds asked about


def sought(query: Query) -> tuple[str, ...]:
    """The enrolled people without whom nothing a query asks can hold in a video."""
    whom, where = query.whom, query.where
    together = whom.quantifier in ("both", "all") or len(whom.names) == 1 and whom.quantifier in ("any", "only")
    names = whom.names if together else ()
    parts: Sequence[Condition | None] = where.parts if isinstance(where, And) else (where,)
    for part in parts:
        if isinstance(part, Has) and part.of is not None and part.attribute in ("with", "beside"):
            one = part.of
            needed = one.quantifier in ("both", "all") or len(one.names) == 1 and one.quantifier == "any"
            names += one.names if needed else ()
    return tuple(dict.fromkeys(names))


def base_rate(probabilities: FloatArray, videos: int) -> float:
    """In what share of videos somebody is.

    Expectation maximisation over the videos' own probabilities (Saerens, Latinne, Decaestecker, 2002, "Adjusting the
    outputs of a classifier to new a priori probabilities"), kept from the ends by a Beta prior.

    Args:
        probabilities: [n] that she is in each of n videos, at even odds; in the others she surely isn't.
        videos: how many there are in all.
    """
    rate = EVEN
    for _ in range(_ROUNDS):
        found = float(adjusted(probabilities, rate).sum())
        rate = (found + _DRAWS) / (videos + 2 * _DRAWS)
    return rate


def adjusted(probabilities: FloatArray, rate: float) -> FloatArray:
    """Probabilities [n] that hold at even odds, where somebody is there at another rate."""
    odds = probabilities / np.maximum(1 - probabilities, 1e-9) * (rate / (1 - rate))
    return np.asarray(odds / (1 + odds), np.float32)


def search(query: Query, videos: Iterable[Sighted], looked_at: int) -> ArchiveFinding:
    """What is found for a query.

    Args:
        query: what is asked; the ends of time in it ("last") are those of the archive.
        videos: those that may say something to it. Of a question about the last or first time, in that order: it ends
            where it is answered.
        looked_at: how many there are in all.
    """
    seen, untold = [], 0
    for sighted in videos:
        one = _in_one(query, *sighted)
        if one is None or not one.told:
            untold += one is not None
            continue
        seen.append(one)
        if one.sure and _is_edge(query):
            break
    seen.sort(key=lambda one: (one.video.at, one.video.path))
    found = ArchiveFinding(query, looked_at, seen=tuple(seen), strange=query.whom.unknown, untold=untold)
    names = [name for name in query.whom.names if not any(name in one.names for one in seen)]
    return replace(found, absent=tuple(names))


def is_told_of_one(query: Query) -> bool:
    """Whether what is known of somebody is asked, which one video tells; what is said, all do."""
    return query.select in ("attribute", "describe") and not is_of_sound(query)


def is_backwards(query: Query) -> bool:
    """Whether the latest videos come first: the last time is asked for, or what is known of somebody."""
    return is_told_of_one(query) or query.rank is not None and query.rank == Rank("time", -1)


def _is_edge(query: Query) -> bool:
    """Whether one video answers it."""
    by_time = query.rank is not None and query.rank.by == "time" and abs(query.rank.k) == 1
    return is_told_of_one(query) or by_time and query.select in ("when", "who") and query.number is None


def _in_one(
    query: Query, video: Video, timeline: Timeline, doubted: frozenset[str], within: Span | None
) -> Seen | None:
    """What one video says; None where it says nothing to the question."""
    query = _within(query, within)
    if is_of_sound(query) and (timeline.sound == "heard" or as_seen(query) is None):
        return heard_in(query, video, timeline, doubted)
    if is_told_of_one(query):
        return _told_in(query, video, timeline, doubted)
    if query.select == "exists" and query.form != "choice":
        verdict = run(query, timeline).verdict
        if verdict not in ("yes", "unsure"):
            return Seen(video, told=False) if verdict == "unknown" else None
    if query.select == "when" and query.whom.quantifier == "none" and not query.whom.names:
        return _without_anybody(query, video, timeline, doubted)
    if query.select == "when" and query.number is not None and query.value == "people":
        return _so_many(query, video, timeline, doubted)
    if query.select in ("who", "count") or not (query.whom.names or query.whom.unknown):
        return _people_in(query, video, timeline, doubted)
    query = replace(query, number=None, rank=None)
    found = run(replace(query, select="when", form="wh", attribute=None, value=""), timeline)
    unsure = [one.name for one in found.missing if one.why == "unsure" and one.name in query.whom.names]
    names = tuple(dict.fromkeys((*(one.entity for one in found.people), *unsure)))
    spans, needed = found.spans, {*sought(query)}
    if needed & {*query.whom.names} <= {*names}:  # each of them at some time, if never at once
        spans = spans or tuple(merged([span for one in found.people for span in one.spans]))
    if not spans and query.select == "exists" and names and not unsure:  # never: at no moment in particular
        spans = tuple(span for name in names for span in timeline.seen(name))
    perhaps = frozenset(names) & (doubted | frozenset(unsure))
    if spans and not needed & {*unsure}:
        hangs = bool(needed & perhaps) or perhaps == {*names}  # on somebody who is only perhaps there
        each = {one.entity: tuple(one.spans) for one in found.people}
        return Seen(video, spans, names, perhaps, not hangs, each=each)
    if unsure and _is_plain(query.where):
        like = [one.like for one in timeline.entities if one.name in unsure and one.like]
        near = tuple(merged([span for name in like for span in timeline.seen(name)]))
        return Seen(video, near, names, perhaps, False)
    return Seen(video, told=False) if found.open and not found.missing else None


def _is_plain(where: Condition | None) -> bool:
    """Whether only somebody's being there is asked, alone or with others."""
    return all(has.attribute in ("present", "with", "alone") for has in atoms(where))


def _people_in(query: Query, video: Video, timeline: Timeline, doubted: frozenset[str]) -> Seen | None:
    """Who in a video it holds of."""
    rank = query.rank if query.rank is not None and query.rank.by == "time" else None
    found = run(replace(query, select="who", form="wh", rank=rank, number=None, throughout=False), timeline)
    unsure = [one.entity for one in found.open if one.verdict == "unsure"]
    names = tuple(dict.fromkeys((*found.names, *unsure)))
    known = {one.name for one in timeline.entities if one.known}
    perhaps = frozenset(names) & (doubted | frozenset(unsure))
    spans = tuple(merged([span for one in found.people for span in one.spans or timeline.seen(one.entity)]))
    sure = bool([name for name in names if name not in perhaps and name])
    scene = "" in names and bool(found.people)
    if not names and not scene:
        return None
    strangers = sum(name not in known for name in names if name)
    each = {one.entity: tuple(one.spans or timeline.seen(one.entity)) for one in found.people}
    whom = tuple(name for name in names if name)
    return Seen(video, spans, whom, perhaps, sure or scene, strangers, each=each)


def _without_anybody(query: Query, video: Video, timeline: Timeline, doubted: frozenset[str]) -> Seen | None:
    """A video in which nobody is of whom it is asked; perhaps so, where all of them are only perhaps in it."""
    one = _people_in(replace(query, whom=replace(query.whom, quantifier="any")), video, timeline, doubted)
    if one is not None and one.sure:
        return None
    return Seen(video, ((0.0, video.seconds),), sure=one is None)


def _so_many(query: Query, video: Video, timeline: Timeline, doubted: frozenset[str]) -> Seen | None:
    """A video that shows as many people as are asked for; strangers who are never seen at once may be one."""
    one = _people_in(replace(query, value=""), video, timeline, doubted)
    if one is None or query.number is None:
        return None
    known = len(one.names) - one.strangers - len(one.perhaps)
    at_once = most_at_once([span for spans in one.each.values() for span in spans])
    verdict = query.number.within(max(known, at_once), len(one.names))
    return None if verdict == "no" else replace(one, sure=verdict == "yes")


def _told_in(query: Query, video: Video, timeline: Timeline, doubted: frozenset[str]) -> Seen | None:
    """What is told of somebody in one video."""
    found = run(query, timeline)
    told = [one for one in found.people if one.rows or video.long]
    if not told and not (found.rows and query.whom == EVERYBODY):
        return None
    names = tuple(one.entity for one in told)
    spans = tuple(merged([span for name in names for span in timeline.seen(name)]))
    perhaps = frozenset(names) & doubted
    return Seen(video, spans, names, perhaps, not perhaps)


def _within(query: Query, within: Span | None) -> Query:
    """The query of a part of a video, where the time that is asked about begins or ends in it."""
    if within is None or query.during != WHOLE:
        return query
    return replace(query, during=During(start_s=within[0], end_s=within[1]))

"""A `Query` looked up in the timelines of many videos: an `ArchiveFinding` out. No words are in it.

The same executor runs over each video (`run.py`, `sounds.py`); what it finds is counted and held against each other:
how often, where most, who is first or longest. Whether somebody is in a video depends on how often she is in any: of
ten thousand videos a few look like hers by chance (`base_rate`), and then she is only perhaps in them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pvchat.chat.archive_finding import UNITS, ArchiveFinding, Seen, Video
from pvchat.chat.query import (
    EVERYBODY,
    NEVER,
    PRESENT,
    WHOLE,
    And,
    Condition,
    During,
    Has,
    Not,
    Number,
    Query,
    Rank,
    Select,
    Whom,
    atoms,
    counts_at_once,
    is_of_sound,
)
from pvchat.chat.run import run
from pvchat.chat.sounds import MUSIC, as_seen, asked_of, is_of_anybody, quotes, spans_heard
from pvchat.chat.spans import Span, all_verdict, any_verdict, common, merged, seconds_in
from pvchat.chat.timeline import Entity, Finding, Row, Timeline, Verdict
from pvchat.schemas import FloatArray

EVEN = 0.5  # how often somebody is there as the probabilities of one video take it [choice]
_DRAWS = 2.0  # videos with her and without her that count as seen before there are any (a Beta prior) [choice]
_ROUNDS = 50

Sighted = tuple[Video, Timeline, frozenset[str], Span | None]  # who is only perhaps in it; the seconds asked about

_UNANSWERED = ("length", "why", "refuse")
_RANKS = ("time", "long", "often")
_SIZES: dict[str, Callable[[Seen], float]] = {
    "people": lambda one: one.people,
    "videos": lambda one: one.video.seconds,
    "": lambda one: max((end - start for start, end in one.spans), default=0.0),
}
_GONE = (Not(PRESENT), Has("leaves"))
_COME = (None, PRESENT, Has("enters"))


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


def find(query: Query, videos: Iterable[Sighted], looked_at: int, everything: Sequence[str] = ()) -> ArchiveFinding:
    """What is found for a query, with its names, groups, number and verdict.

    Args:
        query: what is asked; the ends of time in it ("last") are those of the archive.
        videos: those that may say something to `of_each` of it. Of a question about the last or first time, in that
            order: it ends where it is answered.
        looked_at: how many there are in all.
        everything: the people, places, days … among which those are sought that are seen so often, or never.
    """
    asked, seen, untold = of_each(query), list[Seen](), 0
    for sighted in videos:
        one = _in_one(asked, *sighted)
        if one is None or not one.told:
            untold += one is not None
            continue
        seen.append(one)
        if one.sure and _is_edge(asked):
            break
    seen.sort(key=lambda one: (one.video.at, one.video.path))
    absent = tuple(name for name in asked.whom.names if not any(name in one.names for one in seen))
    found = ArchiveFinding(query, looked_at, None, tuple(seen), absent=absent, untold=untold)
    return _held(found) if _is_held(query) else _summed(replace(found, names=_counts(found)), everything)


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
    if within is not None and query.during == WHOLE:  # the time that is asked about begins or ends in it
        query = replace(query, during=During(start_s=within[0], end_s=within[1]))
    if is_of_sound(query) and timeline.sound != "heard" and as_seen(query) is None:
        return None if timeline.sound == "none" else Seen(video, told=False)
    if is_of_all(query):
        return _people_in(query, video, timeline, doubted)
    if is_of_sound(query) and timeline.sound == "heard":
        return _heard_in(query, video, timeline, doubted)
    if is_told_of_one(query):
        return _told_in(query, video, timeline, doubted)
    never, whole = query.number == NEVER and query.form == "polar" and not query.whom.names, ((0.0, video.seconds),)
    verdict: Verdict | None = "yes"
    if never or query.select == "exists" and query.form != "choice":
        verdict = run(replace(query, select="exists", number=None) if never else query, timeline).verdict
    if verdict not in ("yes", "unsure"):
        return Seen(video, told=False) if verdict == "unknown" else None
    if query.select == "when" and query.whom.quantifier == "none" and not query.whom.names:
        one = _people_in(query, video, timeline, doubted)
        return None if one is not None and one.sure else Seen(video, whole, sure=one is None)
    if query.select == "when" and query.value == "people":
        return _so_many(query, video, timeline, doubted)
    if query.select in ("when", "how_often") and query.value == "videos" and query.whom == EVERYBODY:
        fits = query.number is None or query.number.within(video.seconds, video.seconds) == "yes"
        return Seen(video, whole) if fits else None
    if query.select in ("who", "count") or not (query.whom.names or query.whom.unknown):
        there = _people_in(query, video, timeline, doubted)
        return there or (Seen(video, whole, sure=verdict == "yes") if never else None)
    return _together_in(query, video, timeline, doubted)


def _together_in(query: Query, video: Video, timeline: Timeline, doubted: frozenset[str]) -> Seen | None:
    """When it holds of those who are named, all of them if all are meant; somebody unsure is perhaps in it."""
    found = run(Query("when", query.whom, query.where, during=query.during), timeline)
    unsure = [one.name for one in found.missing if one.why == "unsure" and one.name in query.whom.names]
    each, needed = {one.entity: tuple(one.spans) for one in found.people}, {*sought(query)}
    spans = found.spans
    if needed & {*query.whom.names} <= {*each, *unsure}:  # each of them at some time, if never at once
        spans = spans or _all_spans(each)
    if spans and not needed & {*unsure}:
        return _seen(video, each, doubted, unsure, spans, needed)
    if unsure and all(has.attribute in ("present", "with", "alone") for has in atoms(query.where)):
        like = [one.like for one in timeline.entities if one.name in unsure and one.like]
        near = _all_spans({name: timeline.seen(name) for name in like})
        return replace(_seen(video, each, doubted, unsure), spans=near, sure=False, each={})
    return Seen(video, told=False) if found.open and not found.missing else None


def _seen(
    video: Video,
    each: Mapping[str, Sequence[Span]],
    doubted: frozenset[str],
    unsure: Sequence[str] = (),
    spans: Sequence[Span] = (),
    needed: Collection[str] = (),
) -> Seen:
    """A video in which something holds: of each at which times, of the unsure perhaps; of all together in some spans.

    It is sure unless all of them are only perhaps there, or one who is needed.
    """
    names = tuple(dict.fromkeys(filter(None, (*each, *unsure))))
    perhaps = frozenset(names) & (doubted | frozenset(unsure))
    hangs = bool(perhaps) and (perhaps == {*names} or not perhaps.isdisjoint(needed))
    when = {name: tuple(times) for name, times in each.items()}
    return Seen(video, tuple(spans) or _all_spans(each), names, perhaps, not hangs, each=when)


def _all_spans(each: Mapping[str, Sequence[Span]]) -> tuple[Span, ...]:
    return tuple(merged([span for spans in each.values() for span in spans]))


def _people_in(query: Query, video: Video, timeline: Timeline, doubted: frozenset[str]) -> Seen | None:
    """Of whom in a video it holds, and of whom it may; asked of all of them, also of whom that isn't known."""
    rank = query.rank if query.rank is not None and query.rank.by == "time" else None
    whom = query.whom if query.whom.names else replace(query.whom, quantifier="any")
    found = run(replace(query, select="who", whom=whom, rank=rank, number=None, throughout=False), timeline)
    each = {one.entity: one.spans or timeline.seen(one.entity) for one in found.people}
    left = [one.entity for one in found.open if one.verdict == "unsure" or is_of_all(query)]
    if is_of_all(query) and not each:
        return Seen(video, told=False) if left else None
    return _seen(video, each, doubted, left) if each or left else None


def _so_many(query: Query, video: Video, timeline: Timeline, doubted: frozenset[str]) -> Seen | None:
    """A video that shows as many people as are asked for; any, where the most or the fewest are sought."""
    one = _people_in(replace(query, value=""), video, timeline, doubted)
    if query.number is None:
        told = one is None and run(Query("exists", query.whom, query.where, form="polar"), timeline).verdict == "no"
        return one or Seen(video, ((0.0, video.seconds),), told=told)
    verdict = "no" if one is None else query.number.within(one.people, len(one.names))
    return None if one is None or verdict == "no" else replace(one, sure=verdict == "yes")


def _told_in(query: Query, video: Video, timeline: Timeline, doubted: frozenset[str]) -> Seen | None:
    """What is told of somebody in one video."""
    found = run(query, timeline)
    told = [one for one in found.people if one.rows or video.long]
    if not told and not (found.rows and query.whom == EVERYBODY):
        return None
    one = _seen(video, {one.entity: timeline.seen(one.entity) for one in told}, doubted)
    return replace(one, sure=not one.perhaps)


def _heard_in(query: Query, video: Video, timeline: Timeline, doubted: frozenset[str]) -> Seen | None:
    """When something is heard in a video, who says it as far as that is known, and in which words."""
    query = replace(query, where=query.where or Has("speaks"))
    found = run(Query("when", query.whom, query.where, during=query.during), timeline)
    each, music = {one.entity: one.spans for one in found.people}, query.where == MUSIC
    nobody = spans_heard(found.rows, asked_of(query)) if is_of_anybody(query.whom) and not music else []
    spans = found.spans if music else tuple(sorted([*nobody, *(span for one in each.values() for span in one)]))
    needed = {*query.whom.names} if query.whom.quantifier in ("both", "all") else set[str]()
    if not (spans and needed <= {*each}):
        return Seen(video, told=False) if found.open and found.rows else None
    said = quotes(run(Query("attribute", query.whom, attribute="says", during=query.during), timeline))
    kept = tuple(one for one in said if (one[0] or nobody) and not music and common([one[2]], spans))
    one = _seen(video, each, doubted, spans=spans)
    return replace(one, sure=one.sure or bool(nobody) or music, quotes=kept)


def _summed(found: ArchiveFinding, everything: Sequence[str]) -> ArchiveFinding:
    """The finding with its groups, its number and its verdict."""
    query, sure, rank = found.query, found.sure, found.query.rank
    if is_of_all(query) or query.throughout and query.value in UNITS:
        return _of_all(found, everything)
    if query.value in UNITS:
        groups = _grouped(found, everything)
        return replace(found, groups=groups, number=float(len(groups)))
    if query.select == "who" and query.number is not None:
        return _so_often(found, everything)
    if query.form == "polar" and query.select in ("how_often", "how_long") and query.number is not None:
        low, high = at_least_and_most(found)
        so = query.number.within(low, high)
        so = "unsure" if so == "unknown" else so if query.number.within(low, high + found.untold) == so else "unknown"
        return replace(found, verdict=so, number=low)
    if query.select == "exists" or query.form == "polar":
        verdict: Verdict = "yes" if sure else "unsure" if found.seen else "unknown" if found.untold else "no"
        return replace(found, verdict=verdict, number=float(len(sure)))
    if query.select == "how_long":
        return replace(found, number=at_least_and_most(found)[0])
    if query.select == "count":
        most = max((one.at_once for one in found.seen), default=0) if counts_at_once(query) else len(found.names)
        return replace(found, number=float(most))
    if query.select == "when" and rank is not None and rank.by == "time" and query.number is not None:  # the last three
        count = int(query.number.value)
        found = replace(found, seen=found.seen[-count:] if rank.k < 0 else found.seen[:count])
    if query.select == "when" and rank is not None and rank.by != "time" and query.value in _SIZES and found.seen:
        return _greatest(found, rank)
    return replace(found, number=float(len(sure)))


def is_of_all(query: Query) -> bool:
    """Whether it is asked of all people, but for some by name: each at some time, in any video."""
    of_all = replace(query.whom, besides=()) == Whom(quantifier="all")
    return query.select == "exists" and of_all and query.rank is None and query.number is None


def _of_all(found: ArchiveFinding, everything: Sequence[str]) -> ArchiveFinding:
    """Whether it holds of all of some people, or on each day, in each week …; who is there on each. Known not to, where
    no video leaves it open.
    """
    query, people = found.query, is_of_all(found.query)
    unit: Callable[[Video], str] = UNITS.get(query.value, lambda _: "")
    sure = [{*one.names} - one.perhaps if people else {unit(one.video)} for one in found.seen if people or one.sure]
    seen = {name for one in found.seen for name in (one.names if people else (unit(one.video),))}
    groups = {one: float(sum(one in those for those in sure)) for one in everything}
    left = {one for one, count in groups.items() if not count}
    is_open = found.untold or people and left & seen
    verdict: Verdict = "unknown" if is_open else "unsure" if left <= seen else "no"
    found = replace(found, groups=groups, number=float(len(groups) - len(left)), absent=tuple(left) if people else ())
    if query.select == "who":
        kept = {name: count for name, count in found.names.items() if is_there_on_each(found, name, surely=True)}
        return replace(found, names=kept)
    return replace(found, verdict="yes" if everything and not left else verdict)


def is_there_on_each(found: ArchiveFinding, name: str, surely: bool = False) -> bool:
    """Whether somebody is there on each of the days, weeks … that are asked about, or may be."""
    hers = [one for one in found.seen if name in one.names and not (surely and name in one.perhaps)]
    return {UNITS[found.query.value](one.video) for one in hers} >= {*found.groups}


def _greatest(found: ArchiveFinding, rank: Rank) -> ArchiveFinding:
    """The videos with most people, the longest, or the longest time in which it holds; the fewest, the shortest."""
    size = _SIZES[found.query.value]
    sizes = sorted((size(one) for one in found.seen), reverse=rank.k > 0)
    wanted = sizes[min(abs(rank.k), len(sizes)) - 1]
    return replace(found, seen=tuple(one for one in found.seen if size(one) == wanted), number=float(wanted))


def is_answered(query: Query) -> bool:
    """Whether many videos can tell it: not who is leftmost, what happens before what, or between what and what."""
    event, held = query.during.event, query.select in ("compare", "order")
    if query.select in _UNANSWERED or query.rank is not None and query.rank.by not in _RANKS:
        return False
    if query.select == "compare" and query.rank is None or query.attribute == "language" or query.during.till:
        return False
    return not held or event is None or event.where in (*_GONE, *_COME)


def of_each(query: Query) -> Query:
    """What is looked for in each video: of who are held against each other, when it holds of each."""
    if not _is_held(query):
        return replace(query, throughout=query.throughout and query.value not in UNITS)
    where, people = None if query.where in (*_GONE, *_COME) else query.where, _people_of(query)
    names = tuple(dict.fromkeys(name for one in people for name in one.names))
    alone = len(people) == 1 and query.form == "polar"  # "was Ana the first?": of everybody
    if alone or len(names) < 2:
        return Query("who", Whom(besides=query.whom.besides, such=query.whom.such, known=query.whom.known), where)
    return Query("when", Whom(names, "either"), where)


def _people_of(query: Query) -> list[Whom]:
    """Who is held against each other."""
    event = query.during.event
    return [one for one in (query.whom, query.versus, None if event is None else event.whom) if one is not None]


def _is_held(query: Query) -> bool:
    """Whether people are held against each other."""
    return query.select in ("compare", "order") or query.select == "exists" and query.rank is not None


def _held(found: ArchiveFinding) -> ArchiveFinding:
    """Who is first, longest, most often, in order; whether that is who it is asked of, be it surely or perhaps."""
    query = found.query
    best, *others = (_looked_up(found, *sure) for sure in ((True, True), (True, False), (False, True)))
    people = [*best.people, *best.against]
    if query.select == "order" and best.against:
        people.sort(key=lambda one: one.number or 0.0)
    counts = _counts(found)
    number = people[0].number if people and query.rank is not None and query.rank.by != "time" else None
    found = replace(found, names={one.entity: counts.get(one.entity, 0) for one in people}, number=number)
    if query.form != "polar":
        return found
    told = {best.verdict, *(one.verdict for one in others)}
    return replace(found, verdict="unknown" if "unknown" in told else "unsure" if len(told) > 1 else best.verdict)


def _looked_up(found: ArchiveFinding, sure_of_mine: bool, sure_of_others: bool) -> Finding:
    """The query looked up in one timeline: when it holds of each in all videos, surely or at all, as they are there."""
    query, event = found.query, found.query.during.event
    by_time = query.rank is None or query.rank.by == "time"
    names = (*query.whom.names, *(name for one in _people_of(query) for name in one.names))
    names += tuple(name for one in found.seen for name in one.names if not name.startswith("#"))
    rows, end = list[Row](), 0.0
    for one in found.seen:  # by time at its time, else one after the other
        start = (one.video.at - found.seen[0].video.at).total_seconds() if by_time else end + 1.0
        end = max(end, start + one.video.seconds)
        for name in {*one.names} & {*names}:
            spans = one.each.get(name, one.spans)
            if spans and not (name in one.perhaps and (sure_of_mine if name in query.whom.names else sure_of_others)):
                often = query.rank is not None and query.rank.by == "often"  # once a video
                told = [(spans[0][0], spans[-1][1])] if often else spans
                rows += [Row(name, "present", "", start + a, start + b) for a, b in told]
    table = Timeline(0.0, end, tuple(map(Entity, dict.fromkeys(names))), tuple(rows))
    gone = Not(PRESENT)
    during = query.during if event is None else replace(
        query.during, event=replace(event, where=gone if event.where in _GONE else PRESENT)
    )  # fmt: skip
    return run(replace(query, where=gone if query.where in _GONE else None, during=during), table)


def of_one_time(query: Query) -> Query:
    """What is counted at each of two times that are held against each other ("more often on Monday than on Friday")."""
    long = query.rank is not None and query.rank.by == "long"
    counted: Select = "how_long" if long else "how_often" if query.whom.names else "count"
    return Query(counted, query.whom, query.where)


def joined(query: Query, found: Sequence[ArchiveFinding], joint: str) -> ArchiveFinding:
    """What was found at several times, or places, as one: the first, with the others after it and the verdict of all.

    Args:
        query: what was asked.
        found: of each.
        joint: "and", "or", "than" (more in the first than in the second), "but not" (then, and not at the other),
            "both" (who is in each).
    """
    first, *rest = found
    if not rest:
        return first
    then = joined(query, rest, joint)
    if query.select == "compare":
        (least, most), (others_least, others_most) = map(at_least_and_most, (first, then))
        less = query.rank is not None and query.rank.k < 0
        so = Number("fewer_than" if less else "more_than", 0).within(least - others_most, most - others_least)
        return replace(first, query=query, verdict="unsure" if so == "unknown" else so, then=then)
    if joint == "but not":
        names = {name: count for name, count in first.names.items() if name not in then.names}
        turned: dict[Verdict | None, Verdict] = {"yes": "no", "no": "yes"}
        verdict = first.verdict and all_verdict([first.verdict, turned.get(then.verdict, "unknown")])
        return replace(first, names=names, verdict=verdict, then=then)
    if joint == "both":
        first = replace(first, names={name: count for name, count in first.names.items() if name in then.names})
    both = [each.verdict for each in (first, then) if each.verdict is not None]
    return replace(first, verdict=(any_verdict if joint == "or" else all_verdict)(both) if both else None, then=then)


def at_least_and_most(found: ArchiveFinding) -> tuple[float, float]:
    """A number of videos or seconds without, and with, those that are only perhaps."""
    long = found.query.select == "how_long"
    sure, seen = ([seconds_in(one.spans) if long else 1.0 for one in part] for part in (found.sure, found.seen))
    return sum(sure), sum(seen)


def _grouped(found: ArchiveFinding, everything: Sequence[str]) -> dict[str, float]:
    """In how many videos, or for how long, it surely holds at each place, on each day …: the most, or the first, first.

    What is asked for by its number may be where it never holds.
    """
    query, by_length = found.query, found.query.rank is not None and found.query.rank.by == "long"
    groups = defaultdict[str, float](float, dict.fromkeys(everything if query.number is not None else (), 0.0))
    for one in found.seen if query.number == NEVER else found.sure:
        groups[UNITS[query.value](one.video)] += seconds_in(one.spans) if by_length else 1.0
    kept = [
        (unit, count) for unit, count in groups.items()
        if query.number is None or query.number.within(count, count) == "yes"
    ]  # fmt: skip
    if query.rank is not None:
        kept.sort(key=lambda item: item[1], reverse=query.rank.k > 0)
    return dict(kept)


def _so_often(found: ArchiveFinding, everything: Sequence[str]) -> ArchiveFinding:
    """Who is in so many videos; who is in none, even perhaps, is a finding without videos."""
    query = found.query
    assert query.number is not None
    counts = {**dict.fromkeys(everything, 0), **found.names}
    chosen = {name: count for name, count in counts.items() if query.number.within(count, count) == "yes"}
    if query.number != NEVER:
        return replace(found, names=chosen, number=float(len(chosen)))
    seen = {name for one in found.seen for name in one.names}
    never = tuple(name for name in chosen if name not in seen)
    if not never:
        return replace(found, names={}, number=0.0)
    whom, none = Whom(never, "all"), dict.fromkeys(never, 0)
    return replace(found, query=Query("who", whom), seen=(), names=none, number=float(len(none)), absent=never)


def _counts(found: ArchiveFinding) -> dict[str, int]:
    """In how many videos each is surely seen, the most seen first; enrolled people only."""
    counts, weights = defaultdict[str, int](int), defaultdict[str, float](float)
    by_length = found.query.rank is not None and found.query.rank.by == "long"
    for one in found.seen:
        for name in one.names:
            if name not in one.perhaps and not name.startswith("#"):
                counts[name] += 1
                weights[name] += seconds_in(one.each.get(name, ())) if by_length else 1.0
    return dict(sorted(counts.items(), key=lambda item: (-weights[item[0]], item[0])))

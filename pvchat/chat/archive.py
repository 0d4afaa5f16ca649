"""Answers a `Query` from the timelines of many videos: an `ArchiveFinding` comes out, which holds no sentences.

`run.py`, which answers about one video, runs over each; the results are put together: in how many, where most, who is
first or longest. Of ten thousand videos a few look as if Ana were in them by chance (`library/rates.py`), so she is
only "perhaps" in them. An answer is sure if it holds both with and without such people, "perhaps" if it holds in one
of the two cases.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain, combinations, compress, groupby
from typing import NamedTuple

from pvchat.chat import query as queries
from pvchat.chat.conditions import chosen
from pvchat.chat.english import join
from pvchat.chat.query import EVERYBODY, NEVER, PRESENT, Has, Not, Number, Query, Rank, Whom, atoms, told_as
from pvchat.chat.run import run
from pvchat.chat.sounds import MUSIC, as_seen, is_of_anybody, quotes
from pvchat.chat.spans import TURNED, WHOLE, Span, all_verdict, any_verdict, common, merged, nth_of, seconds_in
from pvchat.chat.timeline import UNITS, ArchiveFinding, Entity, Finding, Row, Seen, Timeline, Verdict, Video

GONE = (Not(PRESENT), Has("leaves"))  # that somebody isn't there any more
_COME = (None, PRESENT, Has("enters"))
Counts = dict[str, tuple[float, float]]  # of each: how often, or how long, it surely holds, and at most


class Sighted(NamedTuple):
    """One video that is asked, what is known of it, who is only perhaps in it; words for each of the times and places
    in which it lies, and its seconds that do (None: all).
    """

    video: Video
    timeline: Timeline
    doubted: frozenset[str] = frozenset()
    parts: Sequence[tuple[str, Span | None]] = (("", None),)
    sure: bool = True  # False: it is only perhaps one of the videos that are meant


def over_videos(query: Query) -> Query:
    """A query as many videos answer it: with whom somebody is seen is who is seen with her, who comes second is who
    comes one after the other.
    """
    with_whom = query.select == "attribute" and query.attribute == "with"
    of_one = query.select == "who" and query.where == Has("with") and len(query.whom.names) == 1
    rank = query.rank if query.rank is not None and query.rank.by == "time" else None
    if query.select == "who" and rank is not None and abs(rank.k) > 1 and query.number is None:
        where = Not(PRESENT) if rank.k < 0 and queries.is_plain(query.where) else query.where
        return Query("order", query.whom, where, during=query.during, rank=rank)
    if not (with_whom or of_one):
        return query
    return Query("who", where=Has("with", of=query.whom), during=query.during, rank=query.rank, number=query.number)


def sought(query: Query) -> tuple[str, ...]:
    """The enrolled people without whom nothing a query asks can hold in a video."""
    with_whom = [one.of for one in queries.together(query.where)
                 if isinstance(one, Has) and one.of is not None and one.attribute in ("with", "beside")]  # fmt: skip
    needed = [
        whom for whom in (query.whom, *with_whom)
        if whom.quantifier in ("both", "all") and not (is_of_all(query) or _is_each_there(query))
        or len(whom.names) == 1 and whom.quantifier in ("any", "only")
    ]  # fmt: skip
    return tuple(dict.fromkeys(name for whom in needed for name in whom.names))


def find(
    query: Query, videos: Iterable[Sighted], looked_at: int, everything: Sequence[str] = (), joints: Sequence[str] = ()
) -> ArchiveFinding:
    """What is found for a query, with its names, groups, number and verdict.

    Args:
        query: what is asked; the ends of time in it ("last") are those of the archive.
        videos: those that may say something to `of_each` of it. Of a question about the last or first time, in that
            order: it ends where it is answered.
        looked_at: how many there are in all.
        everything: the people, places, days … among which those are sought that are seen so often, or never.
        joints: what stands before each of several times or places: "and", "or", "both", "but not", "than".
    """
    rows, untold = _looked_through(of_each(query), videos)
    if _is_each_there(query):  # only where all who are asked about are, surely or perhaps
        surely, at_all = (
            set.intersection(*(_units_of(name, rows, query.unit, sure) for name in query.whom.names))
            for sure in (True, False)
        )
        at = UNITS[query.unit]
        rows = [replace(one, sure=one.sure and at(one) in surely) for one in rows if at(one) in at_all]
    seen = tuple(reduce(Seen.joined, same) for _, same in groupby(rows, key=lambda one: one.video.number))
    absent = tuple(name for name in of_each(query).whom.names if not any(name in one.names for one in seen))
    finding = ArchiveFinding(query, looked_at, None, seen, absent=absent, untold=untold)
    finding = replace(finding, names=_names(finding))
    if is_of_pairs(query):
        return _pairs(finding)
    if _compares_people(query):
        return _people_compared(finding)
    if is_of_all(query) or query.unit in UNITS:
        return _by_unit(finding, rows, everything, joints)
    return _over_all_videos(finding, everything)


def _looked_through(query: Query, videos: Iterable[Sighted]) -> tuple[list[Seen], int]:
    """What each part of the videos says, in order of time; how many of them don't tell it."""
    rows, untold = list[Seen](), 0
    for sighted in videos:
        found = [(scope, _look_in_part(query, sighted, within)) for scope, within in sighted.parts]
        told = [
            replace(one, scopes=(scope,), sure=one.sure and sighted.sure)
            for scope, one in found if one is not None and one.told
        ]  # fmt: skip
        rows += told
        untold += not told and any(one is not None for _, one in found)
        if _one_video_answers(query) and any(one.sure for one in told):
            break
    return sorted(rows, key=lambda one: (one.video.at, one.video.path, one.video.number)), untold


def _is_each_there(query: Query) -> bool:
    """Whether it is asked on which days, at which places … several people are, be it in one video or in several."""
    several = len(query.whom.names) > 1 and query.whom.quantifier in ("both", "all")
    return several and query.select in ("when", "how_often") and query.unit in UNITS and query.where is None


def is_told_of_one(query: Query) -> bool:
    """Whether what is known of somebody is asked, which one video tells; what is said, all do."""
    return query.select in ("attribute", "describe") and not queries.is_of_sound(query)


def is_backwards(query: Query) -> bool:
    """Whether the latest videos come first: the last time is asked for, or what is known of somebody."""
    return is_told_of_one(query) or query.rank is not None and query.rank == Rank("time", -1)


def by_length(query: Query) -> bool:
    """Whether it is asked for how long, not how often."""
    return query.select == "how_long" or query.rank is not None and query.rank.by == "long"


def _one_video_answers(query: Query) -> bool:
    by_time = query.unit not in UNITS and query.rank is not None and query.rank.by == "time" and abs(query.rank.k) == 1
    return is_told_of_one(query) or by_time and told_as(query) in ("when", "who") and query.number is None


def _look_in_part(query: Query, sighted: Sighted, within: Span | None) -> Seen | None:
    """What a part of a video says: surely, unless it hangs on somebody doubtful."""
    video, timeline = sighted.video, sighted.timeline
    if within is not None and query.during == queries.WHOLE:  # the time that is asked about begins or ends in it
        query = replace(query, during=queries.During(start_s=within[0], end_s=within[1]))
    if queries.is_of_sound(query) and timeline.sound != "heard" and as_seen(query) is None:
        return None if timeline.sound == "none" else Seen(video, told=False)
    as_such = query.where == queries.ANYTHING or queries.lists_videos(query) and query.whom == EVERYBODY
    if as_such and told_as(query) in ("when", "how_often"):  # the video, with whoever is in it
        number = query.number if query.select == "length" else None
        if number is not None and number.within(video.seconds, video.seconds) != "yes":
            return None
        there = tuple(one.name for one in timeline.entities if one.decision == "present" and not one.like)
        return Seen(video, ((0.0, video.seconds),), there, sighted.doubted.intersection(there))
    never_with = query.where == Not(Has("with")) and query.whom.quantifier == "both"
    if never_with and query.select in ("when", "how_often"):  # both are in it, and never at once
        met, one = (_look_in_part(replace(query, where=where), sighted, within) for where in (Has("with"), None))
        return one and replace(one, sure=one.sure and met is None) if met is None or not met.sure else None
    if query.whom == Whom(quantifier="only", known=False):  # nobody but strangers: one of them, with nobody known
        apart = Not(Has("with", of=Whom(known=True)))
        alone = queries.conjunction((*queries.together(query.where), apart))
        query = replace(query, whom=Whom(known=False), where=alone)
    return _look_for_people(query, sighted)


def _look_for_people(query: Query, sighted: Sighted) -> Seen | None:
    """Of whom it holds in a video: who is doubtful is perhaps in it, and what hangs on her holds perhaps."""
    video, timeline = sighted.video, sighted.timeline
    unsure = {one.name: one.like for one in timeline.entities if one.decision == "unsure"}
    doubtful = sighted.doubted | unsure.keys()
    nowhere = {name for name, like in unsure.items() if not like}  # of others it is only doubtful who they are
    anybody = is_of_anybody(query.whom) and (query.select != "who" or _one_video_answers(query))
    nobody = nowhere if anybody else doubtful
    named = {*queries.names_in(query)}
    may_be_gone = nobody & (unsure.keys() | (named or nobody))  # of whom it hangs that somebody is alone
    if unsure and all(has.attribute in ("present", "with", "alone") for has in atoms(query.where)):
        timeline = _if_there(timeline, unsure.keys())
    one = _holding(query, video, timeline)
    if one is None and (other := _if_not_there(query, video, timeline, may_be_gone)) is not None:
        return other
    if one is None and query.whom.known is False and query.whom.quantifier == "any":  # perhaps whoever may be enrolled
        maybe = doubtful - nowhere
        entities = tuple(replace(one, known=one.known and one.name not in maybe) for one in timeline.entities)
        one = _holding(query, video, replace(timeline, entities=entities))
        return one and replace(one, names=(), sure=False)
    counts = queries.counts_people(query) and told_as(query) in ("when", "how_often")
    if one is None and counts:
        told = run(Query("exists", query.whom, query.where, form="polar"), timeline).verdict == "no"
        one = Seen(video, ((0.0, video.seconds),), told=told)
    if one is None:
        return _if_untold(query, video, timeline)
    one = _told_apart(one, doubtful, nobody, of_her=not doubtful.isdisjoint(sought(query)))
    if query.where == Has("with", of=Whom(known=True)) and len({*one.names} - one.perhaps) == 1:  # perhaps with nobody
        one = replace(one, perhaps=frozenset(one.names), sure=False)
    return _if_so_many(query.number, one, nobody) if counts else one


def _if_untold(query: Query, video: Video, timeline: Timeline) -> Seen | None:
    """A video that doesn't tell whether there is any moment at which it holds."""
    plain = query.where is None and query.whom.such is None
    if plain or told_as(query) not in ("when", "how_often", "who", "count"):
        return None
    verdict = run(Query("exists", query.whom, query.where, during=query.during, form="polar"), timeline).verdict
    return Seen(video, told=False) if verdict == "unknown" else None


def _if_not_there(query: Query, video: Video, timeline: Timeline, nobody: Collection[str]) -> Seen | None:
    """What perhaps holds where it is asked who is there without somebody, or whether nobody is: if some aren't."""
    of_nobody = query.whom.quantifier == "none" and not query.whom.names and query.select != "who"
    left_out = {*nobody} - {*query.whom.names} if _leaves_out(query) else {*nobody} if of_nobody else set[str]()
    one = _holding(query, video, _without(timeline, left_out)) if left_out else None
    return one and replace(one, sure=False, perhaps=frozenset(name for name in one.names if not name.startswith("#")))


def _told_apart(one: Seen, doubtful: Collection[str], nobody: Collection[str], of_her: bool) -> Seen:
    """A video in which it holds, with who is only perhaps in it; all are where it hangs on one who is (`of_her`)."""
    names = {*one.names}
    perhaps = one.perhaps | {name for name in names if name in doubtful or of_her and not name.startswith("#")}
    heard = any(not who for who, *_ in one.quotes)  # also of somebody whom nobody can tell
    alone = bool(perhaps) and perhaps == names and perhaps <= one.perhaps | {*nobody} and not heard
    return replace(one, perhaps=perhaps, sure=one.sure and not (of_her or alone))


def _if_so_many(number: Number | None, one: Seen, nobody: Collection[str]) -> Seen | None:
    """A video that shows as many people as are asked for; any, where the most or the fewest are sought."""
    one = replace(one, each={name: spans for name, spans in one.each.items() if name not in nobody})
    if number is None:
        return one
    verdict = number.within(one.people, len(one.names)) if one.names else "no"
    return None if verdict == "no" else replace(one, sure=verdict == "yes")


def _if_there(timeline: Timeline, unsure: Collection[str]) -> Timeline:
    """A timeline in which whoever is unsure is there, as the stranger who may be her."""
    mine = [one for one in timeline.entities if one.name in unsure]
    spans = {one.name: timeline.seen(one.like) if one.like else [timeline.whole] for one in mine}
    rows = [Row(name, "present", "", *span) for name, seen in spans.items() for span in seen]
    same = {one.like for one in mine if one.like.startswith("#")}
    left = [replace(one, decision="present", like="") if one in mine else one for one in timeline.entities]
    entities = tuple(one for one in left if one.name not in same)
    return replace(timeline, entities=entities, rows=(*timeline.rows, *rows))


def _without(timeline: Timeline, names: Collection[str]) -> Timeline:
    """A timeline in which some people are absent."""
    if not names:
        return timeline
    entities = [replace(one, decision="absent") if one.name in names else one for one in timeline.entities]
    rows = [row for row in timeline.rows if row.entity not in names and row.of not in names]
    return replace(timeline, entities=tuple(entities), rows=tuple(rows))


def as_strangers(timeline: Timeline, names: Collection[str]) -> Timeline:
    """A timeline in which whoever was taken for some people is somebody unknown; who may only be one of them goes."""
    there = {one.name for one in timeline.entities if one.name in names and one.decision == "present" and not one.like}
    timeline, called = _without(timeline, {*names} - there), {name: f"#{name}" for name in there}
    if not there:
        return timeline
    entities = [
        replace(one, name=called.get(one.name, one.name), known=one.known and one.name not in there)
        for one in timeline.entities
    ]
    rows = [
        replace(row, entity=called.get(row.entity, row.entity), of=called.get(row.of, row.of)) for row in timeline.rows
    ]
    return replace(timeline, entities=tuple(entities), rows=tuple(rows))


def _leaves_out(query: Query) -> bool:
    """Whether it is asked who is there without somebody, or alone, which the whole of a short video tells."""
    parts = [part for one in queries.together(query.where) for part in queries.together(one)]
    without_her = (isinstance(one, Not) and {has.attribute for has in atoms(one)} == {"with"} for one in parts)
    plain = query.during.event is None and query.during.unit == "seconds"
    return plain and (query.whom.quantifier == "only" or Has("alone") in parts or any(without_her))


def _holding(query: Query, video: Video, timeline: Timeline) -> Seen | None:
    """Of whom in a video it holds, and when; what is said meanwhile. Of a short one who is out of the picture is still
    there: nobody is without somebody who comes into it.
    """
    if video.long or not _leaves_out(query):
        return _at_times(query, video, timeline)
    start, end = query.during.start_s, query.during.end_s
    part = (timeline.start_s if start < 0 else start, timeline.end_s if end is None else end)
    there = {row.entity: row for row in timeline.rows if row.attribute == "present" and common([row.span], [part])}
    rows = (row for row in timeline.rows if row.attribute != "present")
    kept = (replace(row, start_s=part[0], end_s=part[1]) for row in there.values())
    one = _at_times(query, video, replace(timeline, rows=(*rows, *kept)))
    if one is None or not one.told:
        return one
    each = {name: tuple(common(spans, timeline.seen(name))) for name, spans in one.each.items()}
    seen = merged([span for name in query.whom.names or one.names for span in timeline.seen(name)])
    spans = merged([span for own in each.values() for span in own]) or common(one.spans, seen) or one.spans
    return replace(one, spans=tuple(spans), each=each)


def _at_times(query: Query, video: Video, timeline: Timeline) -> Seen | None:
    """Of whom in a video it holds at some time, and when; what is said meanwhile."""
    asked, whom = _asked(query), query.whom
    found, told = run(asked, timeline), is_told_of_one(query)
    if found.people and whom.such is not None and not chosen(whom, [timeline.whole], timeline).sure:
        return Seen(video, told=False)  # who alone may be meant: in many videos that is anybody
    people = [one for one in found.people if not told or one.rows or video.long]
    each = {one.entity: tuple((not told and one.spans) or timeline.seen(one.entity)) for one in people}
    left = tuple(one.entity for one in found.open if is_of_all(query))
    at_times = bool(whom.names) and whom.quantifier in ("both", "all") and {*whom.names} <= {*each}  # if never at once
    of_scene = told and bool(found.rows) and whom == EVERYBODY
    holds = {"exists": found.verdict == "yes", "when": bool(found.spans) or at_times}.get(asked.select, bool(each))
    if holds or of_scene:
        spans = found.spans or tuple(merged([span for seen in each.values() for span in seen]))
        spans = spans or ((0.0, video.seconds),)
        names = tuple(filter(None, (*each, *left)))
        heard = queries.is_of_sound(query) and query.where != MUSIC and timeline.sound == "heard"
        speech = Query("attribute", whom, attribute="says", during=query.during)
        said = quotes(run(speech, timeline).every_row) if heard else []
        said = [one for one in said if (one[0] or is_of_anybody(whom)) and common([one[2]], spans)]
        return Seen(video, spans, names, frozenset(left), each=each, quotes=tuple(said))
    is_open = found.open and whom.names and not found.missing if asked.select == "when" else found.verdict == "unknown"
    return Seen(video, told=False) if is_open or left else None


def _asked(query: Query) -> Query:
    """What is asked of one video: what is known, of whom it holds, whether it does, or else when."""
    if is_told_of_one(query):
        return query
    asked, rank = Query("when", query.whom, query.where, during=query.during), query.rank
    of_all = is_of_all(query)
    if queries.is_of_sound(query) and not of_all:
        return replace(asked, where=query.where or Has("speaks"))
    if of_all or query.select in ("who", "count") or queries.counts_people(query) or _is_each_there(query):
        each = of_all or not query.whom.names or _is_each_there(query)
        whom = replace(query.whom, quantifier="any") if each else query.whom
        if rank == Rank("time", -1) and queries.is_plain(query.where) and query.select == "who":  # who is seen last
            asked = replace(asked, where=Not(PRESENT))
        counts_else = queries.counts_people(query) or query.unit in UNITS or _counts_videos(query)
        number = None if of_all or counts_else else query.number
        rank = rank if rank is not None and rank.by == "time" else None
        return replace(asked, select="who", whom=whom, rank=rank, number=number, value="seen" if rank else "")
    never = query.number == NEVER and query.form == "polar" and not query.whom.names
    of_nobody = query.whom.quantifier == "none" and (not query.whom.names or query.where is None)
    if query.select == "exists" and query.form != "choice" or never or of_nobody:
        number = None if never else query.number
        throughout = query.throughout and not _is_always_there(query)
        return replace(asked, select="exists", number=number, throughout=throughout, form="polar")
    return asked


def _is_always_there(query: Query) -> bool:
    """Whether it is asked whether somebody is in each video; in all of it, if there is one."""
    return query.select == "exists" and query.throughout and queries.is_plain(query.where)


def _counts_videos(query: Query) -> bool:
    """Whether a number is of videos, not of seconds in one: "who is in more than two?"."""
    return query.number == NEVER or query.rank is not None and query.rank.by == "often"


def is_of_all(query: Query) -> bool:
    """Whether it is asked of all people, but for some by name, or of several: each at some time, in any video."""
    of_all = replace(query.whom, besides=(), names=()) == Whom(quantifier="all")
    of_all = of_all and not (query.whom.names and query.where is not None)
    return query.select == "exists" and of_all and query.rank is None and query.number is None


def _over_all_videos(found: ArchiveFinding, everything: Sequence[str]) -> ArchiveFinding:
    """The finding with its number and its verdict; of whom it holds in so many videos."""
    query, number, sure = found.query, found.query.number, found.sure
    if query.select == "who" and query.throughout and queries.is_plain(query.where) and number is None:  # in each
        number = Number("at_least", found.looked_at)
        found = replace(found, query=(query := replace(query, rank=Rank("often"), number=number, throughout=False)))
    if query.select == "who" and number is not None and _counts_videos(query):
        return _so_often(found, number, everything)
    long = query.select == "how_long"
    low, high = (sum(seconds_in(one.spans) if long else 1.0 for one in part) for part in (sure, found.seen))
    if query.form == "polar" and told_as(query) in ("how_often", "how_long") and number is not None:
        so = number.within(low, high)
        so = "unsure" if so == "unknown" else so if number.within(low, high + found.untold) == so else "unknown"
        return replace(found, verdict=so, number=low)
    if _is_always_there(query):
        sure = [one for one in sure if found.looked_at > 1 or seconds_in(one.spans) >= WHOLE * one.video.seconds]
        missed: Verdict = "unsure" if found.perhaps and len(found.seen) == found.looked_at else "no"
        return replace(found, verdict="yes" if len(sure) == found.looked_at else missed, number=float(len(sure)))
    if query.select == "exists" or query.form == "polar":
        verdict: Verdict = "yes" if sure else "unsure" if found.seen else "unknown" if found.untold else "no"
        return replace(found, verdict=verdict, number=float(len(sure)))
    if told_as(query) == "count":
        at_once = max((one.at_once for one in found.seen), default=0)
        return replace(found, number=float(at_once if queries.counts_at_once(query) else len(found.names)))
    found = replace(found, number=low if long else float(len(sure)))
    return _ranked(found) if told_as(query) == "when" else found


def is_of_pairs(query: Query) -> bool:
    """Whether it is asked which two people are seen together most often, or longest."""
    return query.select == "who" and query.whom == Whom(quantifier="both") and query.where == Has("with")


def _pairs(found: ArchiveFinding) -> ArchiveFinding:
    """The finding with who is surely seen together, two by two, in how many videos or how long; names: the first."""
    sizes, rank = dict[tuple[str, str], float](), found.query.rank or Rank("often")
    for one in found.sure:
        known = sorted(name for name in one.names if not name.startswith("#") and name not in one.perhaps)
        for pair in combinations(known, 2):
            if spans := common(*(one.each.get(name, one.spans) for name in pair)):
                sizes[pair] = sizes.get(pair, 0.0) + (seconds_in(spans) if rank.by == "long" else 1.0)
    pairs = sorted(sizes, key=lambda pair: sizes[pair], reverse=rank.k > 0)
    first = {name: int(sizes[pair]) for pair in pairs if sizes[pair] == sizes[pairs[0]] for name in pair}
    return replace(found, names=first, groups={join(list(pair)): sizes[pair] for pair in pairs})


def _so_often(found: ArchiveFinding, number: Number, everything: Sequence[str]) -> ArchiveFinding:
    """Who is in so many videos; who is in none, even perhaps, is a finding without videos."""
    counts = _counted(found.query, found.seen, "", everything).items()
    kept = {name: int(least) for name, (least, most) in counts if number.within(least, most) == "yes"}
    maybe = tuple(sorted(name for name, (least, most) in counts if number.within(least, most) == "unknown"))
    verdict: Verdict = "yes" if kept else "unsure" if maybe else "no"
    verdict_asked = verdict if found.query.form == "polar" else None
    found = replace(found, names=kept, number=float(len(kept)), maybe=maybe, verdict=verdict_asked)
    if number != NEVER or not kept:
        return found
    where = found.query.where
    never = Query("who", Whom(tuple(kept), "all" if where is None else "either"), where)
    return replace(found, query=never, seen=(), absent=tuple(kept))


def _ranked(found: ArchiveFinding) -> ArchiveFinding:
    """The videos in which it holds: the last three, those with most people, the longest, the longest time, or all."""
    query, rank, seen = found.query, found.query.rank, found.seen
    if rank is None or not seen:
        return found
    if rank.by == "time":
        count = len(seen) if query.number is None else int(query.number.value)
        return replace(found, seen=seen[-count:] if rank.k < 0 else seen[:count])
    if query.per:
        return found
    if queries.counts_people(query):
        sizes = [float(one.people) for one in seen]
    elif query.unit == "video":
        sizes = [one.video.seconds for one in seen]
    else:
        sizes = [max((end - start for start, end in one.spans), default=0.0) for one in seen]
    wanted = sorted(sizes, reverse=rank.k > 0)[min(abs(rank.k), len(sizes)) - 1]
    return replace(found, seen=tuple(compress(seen, [size == wanted for size in sizes])), number=float(wanted))


def _counted(query: Query, seen: Iterable[Seen], unit: str = "", everything: Sequence[str] = ()) -> Counts:
    """How often, or how long, it surely holds and at most: at each place, on each day …, or, without a unit, of each
    enrolled person; people are counted where their number is asked for.
    """
    counts, long = dict.fromkeys(everything, (0.0, 0.0)), unit != "" and by_length(query)
    known = set[tuple[str, str]]()
    for one in seen:
        people = [(name, name not in one.perhaps) for name in one.names if not name.startswith("#")]
        parts = [(UNITS[unit](one), one.sure)] if unit else people
        if unit and query.select == "count":  # each of them once
            parts = [(parts[0][0], sure) for name, sure in people if (parts[0][0], name) not in known]
            known |= {(UNITS[unit](one), name) for name, _ in people}
        for part, sure in parts:
            size, (least, most) = seconds_in(one.spans) if long else 1.0, counts.get(part, (0.0, 0.0))
            counts[part] = least + size * sure, most + size
    return counts


def _names(found: ArchiveFinding) -> dict[str, int]:
    """In how many videos each is surely seen, those first who are so most often, or longest; enrolled people only."""
    counts = {name: int(least) for name, (least, _) in _counted(found.query, found.seen).items() if least}
    weights: dict[str, float] = {**counts}
    if found.query.rank is not None and found.query.rank.by == "long":
        for name in counts:
            surely = [one for one in found.seen if name not in one.perhaps]
            weights[name] = sum(seconds_in(one.each.get(name, ())) for one in surely)
    return {name: counts[name] for name in sorted(counts, key=lambda name: (-weights[name], name))}


def most_of(found: ArchiveFinding) -> list[str]:
    """Of whom it holds; those of whom it does most often, or longest, where that is asked."""
    rank, counts = found.query.rank, found.names
    if found.query.select != "who" or found.query.number is not None or rank is None:
        return [*counts]
    if rank.by not in ("often", "long"):
        return [*counts]
    if rank.by == "long":
        return nth_of([*counts], rank.k)
    kth = nth_of(list(dict.fromkeys(counts.values())), rank.k)
    return [name for name, count in counts.items() if count in kth]


def _by_unit(
    found: ArchiveFinding, rows: Sequence[Seen], everything: Sequence[str], joints: Sequence[str]
) -> ArchiveFinding:
    """At which places, on which days … it holds, or more; whether it does at each of them, who is there at each."""
    query, rank, of_scopes = found.query, found.query.rank, found.query.unit == "scope"
    counts = _counted(query, rows, query.unit if query.unit in UNITS else "", everything)
    if query.select == "who" and rank is not None and rank.by == "time":
        return _first_in_each(found, rows, rank)
    if query.select == "who" and not query.throughout and not of_scopes and query.number is None:
        names = found.names
        if rank is not None:  # who is at most of them first
            many = {name: len(_units_of(name, rows, query.unit, True)) for name in names}
            names = dict(sorted(many.items(), key=lambda item: item[1], reverse=rank.k > 0))
        return replace(found, names=names, groups={one: least for one, (least, _) in counts.items()})
    found = _grouped(found, counts)
    joints = joints if of_scopes else ()
    left_out = {one for one, joint in zip(everything, joints, strict=False) if joint == "but not"}
    if query.select == "who":
        return _there_at(found, rows, left_out, any if "or" in joints else all)
    if _asks_each(query):
        return _whether_at_each(found, counts, left_out, any_verdict if "or" in joints else all_verdict)
    if query.form == "polar" and query.select == "how_often" and query.number not in (None, NEVER):
        so = query.number.within(found.number or 0.0, sum(most > 0 for _, most in counts.values()))
        return replace(found, verdict="unsure" if so == "unknown" else so)
    if query.form == "polar" and query.select == "when" and rank is None:
        wanted = query.number or Number("at_least", 1)
        may_be = any(wanted.within(*count) == "unknown" for count in counts.values())
        return replace(found, verdict="yes" if found.groups else "unsure" if may_be else "no")
    if "than" not in joints or rank is None:
        return found
    (least, most), (others_least, others_most) = [*counts.values()][:2]  # whether more at the first of two
    so = Number("more_than" if rank.k > 0 else "fewer_than", 0).within(least - others_most, most - others_least)
    return replace(found, verdict="unsure" if so == "unknown" else so)


def _first_in_each(found: ArchiveFinding, rows: Sequence[Seen], rank: Rank) -> ArchiveFinding:
    """Who came first, or last, at each of the places, on each of the days …; whether that is who it is asked of."""
    edges = dict[str, Seen]()
    for one in rows if rank.k < 0 else rows[::-1]:
        edges[UNITS[found.query.unit](one)] = one
    groups = dict.fromkeys(sorted(edges), 1.0)
    seen = tuple(edges[unit] for unit in groups)
    surely = [name for one in seen for name in one.names if name not in one.perhaps and not name.startswith("#")]
    names = dict(sorted(((name, surely.count(name)) for name in {*surely}), key=lambda item: (-item[1], item[0])))
    found, whom = replace(found, seen=seen, groups=groups, names=names), found.query.versus
    if whom is None:
        return found
    asked = {*whom.names}
    verdicts: list[Verdict] = [
        "unsure" if asked & one.perhaps else "yes" if asked & {*one.names} else "no" for one in seen
    ]
    return replace(found, verdict=all_verdict(verdicts))


def _asks_each(query: Query) -> bool:
    """Whether it is asked of each of the places, days … whether it holds there."""
    return query.select in ("exists", "who") and query.rank is None and query.number is None


def _grouped(found: ArchiveFinding, counts: Counts) -> ArchiveFinding:
    """The finding with the places, days … at which it holds, or does as often as is asked."""
    query, rank, number = found.query, found.query.rank, found.query.number
    listed = _asks_each(query) or query.unit == "scope"
    number = None if query.form == "polar" and query.select == "how_often" and number != NEVER else number
    kept = {
        one: least for one, (least, most) in counts.items()
        if listed or (least if number is None else number.within(least, most) == "yes")
    }  # fmt: skip
    if rank is not None and not (query.unit == "scope" and query.form == "polar"):
        kept = dict(sorted(kept.items(), key=lambda item: item[1], reverse=rank.k > 0))
    maybe = tuple(one for one, (least, most) in counts.items() if most and not least)
    many = len([one for one in kept.values() if one or number is not None])
    return replace(found, groups=kept, number=float(many), maybe=maybe)


def _whether_at_each(
    found: ArchiveFinding, counts: Counts, left_out: Collection[str], enough: Callable[[list[Verdict]], Verdict]
) -> ArchiveFinding:
    """Whether it holds at each of the places, on each of the days …, of each person; at none of those left out."""
    people = is_of_all(found.query)
    verdicts: dict[str, Verdict] = {
        one: "yes" if least else "unknown" if found.untold or people and most else "unsure" if most else "no"
        for one, (least, most) in counts.items()
    }
    so = enough([verdict for one, verdict in verdicts.items() if one not in left_out])
    absent = tuple(one for one, least in found.groups.items() if not least) if people else found.absent
    return replace(found, verdict=all_verdict([so, *(TURNED[verdicts[one]] for one in left_out)]), absent=absent)


def _units_of(name: str, rows: Iterable[Seen], unit: str, surely: bool) -> set[str]:
    """At which places, on which days … somebody is, surely or at all."""
    return {UNITS[unit](one) for one in rows if name in one.names and not (surely and name in one.perhaps)}


def _there_at(
    found: ArchiveFinding, rows: Sequence[Seen], left_out: Collection[str], enough: Callable[[Iterable[bool]], bool]
) -> ArchiveFinding:
    """Who is surely, and perhaps, at each of the places, on each of the days … (or any: `enough`), at none left out."""
    wanted, unit, number = [one for one in found.groups if one not in left_out], found.query.unit, found.query.number

    def fits(name: str, surely: bool) -> bool:
        sure, at_all = (_units_of(name, rows, unit, surely) for surely in (True, False))
        if number is not None:  # in so many of them
            so = number.within(len(sure), len(at_all))
            return so == "yes" or so == "unknown" and not surely
        here, elsewhere = (sure, at_all) if surely else (at_all, sure)
        return enough(one in here for one in wanted) and elsewhere.isdisjoint(left_out)

    names = sorted({name for one in rows for name in one.names if not name.startswith("#")})
    maybe = tuple(name for name in names if fits(name, False) and not fits(name, True))
    sure = {name: n for name, n in found.names.items() if fits(name, True)}
    verdict: Verdict = "yes" if sure else "unsure" if maybe else "no"
    return replace(found, names=sure, maybe=maybe, verdict=verdict if found.query.form == "polar" else None)


def is_answered(query: Query) -> bool:
    """Whether many videos can tell it: not who is leftmost, what happens before what, how long somebody was away; nor
    how people compare with whoever is unknown, whom no two videos tell to be the same, or by two whom they are with.
    """
    event, held, away = query.during.event, query.select in ("compare", "order"), query.where == Not(PRESENT)
    ranked = query.rank is None or query.rank.by in ("time", "long", "often")
    if told_as(query) in ("length", "why", "refuse") or not ranked or away and query.select == "how_long":
        return False
    if _compares_people(query):
        company = [has.of for has in atoms(query.where) if has.attribute == "with" and has.of is not None]
        if len(company) > 1 or any(of.names and of.known is False for of in company):
            return False
        if query.select == "compare" and any(whom.known is False for whom in _people_of(query)):
            return False
    if query.select == "compare" and query.rank is None or query.attribute == "language":
        return False
    return not held or event is None or event.where in (*GONE, *_COME)


def of_each(query: Query) -> Query:
    """What is looked for in each video: of who are held against each other, when it holds of each."""
    if not _compares_people(query):
        return replace(query, throughout=query.throughout and query.unit not in UNITS)
    where, people = None if query.where in (*GONE, *_COME) else query.where, _people_of(query)
    names = tuple(dict.fromkeys(name for one in people for name in one.names))
    alone = len(people) == 1 and query.form == "polar"  # "was Ana the first?": of everybody
    if alone or len(names) < 2:
        return Query("who", Whom(besides=query.whom.besides, such=query.whom.such, known=query.whom.known), where)
    return Query("when", Whom(names, "either"), where)


def _people_of(query: Query) -> list[Whom]:
    """Who is held against each other."""
    event = query.during.event
    return [one for one in (query.whom, query.versus, None if event is None else event.whom) if one is not None]


def _compares_people(query: Query) -> bool:
    """Whether people are held against each other."""
    return query.select in ("compare", "order") or query.select == "exists" and query.rank is not None


def _people_compared(found: ArchiveFinding) -> ArchiveFinding:
    """Who is first, longest, most often, in order; whether that is who it is asked of, be it surely or perhaps."""
    query = found.query
    best, *others = (_compared_in_one_timeline(found, *sure) for sure in ((True, True), (True, False), (False, True)))
    people = [*best.people, *best.against]
    if query.select == "order" and best.against:
        people.sort(key=lambda one: one.number or 0.0)
    names = {one.entity: found.names.get(one.entity, 0) for one in people}
    number = people[0].number if people and query.rank is not None and query.rank.by != "time" else None
    told, verdict = {best.verdict, *(one.verdict for one in others)}, best.verdict
    if query.form == "polar" and len(told) > 1:
        verdict = "unknown" if "unknown" in told else "unsure"
    return replace(found, names=names, number=number, verdict=verdict if query.form == "polar" else None)


def _compared_in_one_timeline(found: ArchiveFinding, sure_of_mine: bool, sure_of_others: bool) -> Finding:
    """The query looked up in one timeline: when it holds of each in all videos, surely or at all, as they are there."""
    query, event = found.query, found.query.during.event
    by_time = query.rank is None or query.rank.by == "time"
    names = (*query.whom.names, *(name for one in _people_of(query) for name in one.names))
    names += tuple(name for one in found.seen for name in one.names if not name.startswith("#"))
    latest = query.rank == Rank("time", -1) and query.where not in GONE  # who came last: by the last time of each
    rows, end = dict[str, list[Row]](), 0.0  # of each person
    for one in found.seen:  # by time at its time, else one after the other
        start = (one.video.at - found.seen[0].video.at).total_seconds() if by_time else end + 1.0
        end = max(end, start + one.video.seconds)
        for name in {*one.names} & {*names}:
            spans = one.each.get(name, one.spans)
            if spans and not (name in one.perhaps and (sure_of_mine if name in query.whom.names else sure_of_others)):
                often = query.rank is not None and query.rank.by == "often"  # once a video
                told = [(spans[0][0], spans[-1][1])] if often else spans
                before = [] if latest else rows.get(name, [])
                rows[name] = [*before, *(Row(name, "present", "", start + a, start + b) for a, b in told)]
    table = Timeline(0.0, end, tuple(map(Entity, dict.fromkeys(names))), tuple(chain.from_iterable(rows.values())))
    gone = Not(PRESENT)
    during = query.during if event is None else replace(
        query.during, event=replace(event, where=gone if event.where in GONE else PRESENT)
    )  # fmt: skip
    return run(replace(query, where=gone if query.where in GONE else None, during=during), table)


def over_scopes(query: Query, joints: Sequence[str]) -> Query:
    """A query as it is asked of several times or places: at each of them, or in all together."""
    if query.unit == "scope":
        return query
    plain = query.rank is None and query.number is None and not (query.value or query.unit or query.per)
    if query.select == "compare" and query.versus is None and query.rank is not None:
        counted: queries.Select = "how_long" if query.rank.by == "long" else "how_often"
        return Query(counted, query.whom, query.where, form=query.form, rank=query.rank, unit="scope")
    if "than" in joints:
        return replace(query, select="why")  # nothing that can be held against each other
    if plain and "or" not in joints and query.form == "polar" and query.select == "exists" and not query.whom.names:
        one_of_all = query.whom.quantifier == "any" and queries.is_plain(query.where)
        query = replace(query, select="who") if one_of_all else query  # "has anybody been in both?"
        joints = ("both",) if one_of_all else joints
    if query.select == "count" and plain and not {"both", "but not"}.isdisjoint(joints):
        query = replace(query, select="who")  # "how many were here on both days?": they are named
    asks_each = query.select in ("exists", "how_often", "how_long") and not is_of_all(query)
    each = asks_each or query.select == "who" and not {"both", "but not"}.isdisjoint(joints)
    return replace(query, unit="scope") if plain and each else query

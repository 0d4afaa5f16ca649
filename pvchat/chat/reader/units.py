"""Changes a query as it was read into one for many videos, of which the same words can ask something else.

"Where does Ana spend most of her time?" asks of one video in which place she is seen longest. Of many it asks when she
is seen, added up by place (`Query.unit`), the longest first. In and out: a `Query`; no text is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat import query as queries
from pvchat.chat.query import ANYTHING, EVERYBODY, NEVER, PRESENT, And, During, Event, Has, Not, Query, Rank, Whom
from pvchat.chat.reader.dates import Dates
from pvchat.chat.sounds import MUSIC

MOVES = {Has("enters"): 1, Has("leaves"): -1}
UNREAD, OURS, SAME = (Query("refuse", refusal="unclear", value=value) for value in ("times", "ours", "same"))


def of_library(query: Query) -> Query:
    """A query, and the second of two, as many videos are searched for it."""
    if query.then is not None:
        return replace(of_library(replace(query, then=None)), then=of_library(query.then))
    query = replace(query, form="wh") if query.form == "command" else query
    if query.select == "refuse":
        return replace(query, unit="", per="")
    if not query.unit or query.per in ("", "order"):
        return _over_videos(query)
    if query.per == "ago":
        return replace(query, select="when", value="", rank=query.rank or Rank("time", -1), unit="")
    if query.per in ("same", "other") and len(query.whom.names) > 1 and query.attribute is None:
        both = replace(query.whom, quantifier="both")  # in the same room, in the same video
        if query.unit == "video":
            return Query("exists", both, PRESENT, form=query.form)
        return Query("when", both, form=query.form, unit=query.unit)
    if query.per in ("same", "other"):
        in_each = query.attribute is not None or query.unit == "place"  # whether she wears the same in each
        return Query("refuse", refusal="unclear") if in_each else _over_videos(replace(query, unit="", per=""))
    if query.per == "videos" and query.unit != "video":
        return Query("when", where=ANYTHING, form=query.form, rank=query.rank, number=query.number, unit=query.unit)
    return _of_videos(query) if query.unit == "video" else _by_unit(query)


def of_clip(query: Query) -> Query:
    """A query as one video is asked: where somebody is most is a place, and what its rooms or days are isn't seen."""
    if query.then is not None:
        return replace(of_clip(replace(query, then=None)), then=of_clip(query.then))
    unit, per, query = query.unit, query.per, replace(query, unit="", per="")
    if query.select == "refuse" or unit in ("", "video", "hour") and per in ("", "which", "count"):
        return query
    if unit == "place" and per == "which" and query.select in ("when", "attribute") and queries.is_plain(query.where):
        rank = None if query.rank is None else Rank("long", query.rank.k)
        return Query("attribute", query.whom, attribute="place", during=query.during, rank=rank)
    return Query("refuse", query.whom, refusal="unseen")


def of_each(query: Query, unit: queries.Unit) -> Query:
    """What is asked of each place, day … by itself: whether it holds in each, who is there, how often, how many are."""
    if not unit or query.select == "count" and query.unit == "video":
        return query
    if queries.lists_videos(query) and query.per in ("", "count"):
        return Query("when", where=ANYTHING, unit=unit)
    by_unit = replace(query, value="", unit=unit)
    if query.select in ("how_often", "how_long") and query.number is None:
        return replace(by_unit, select="when", rank=Rank("long") if query.select == "how_long" else None)
    if query.select in ("exists", "who") and query.rank is None and query.number is None:
        return replace(by_unit, throughout=True)
    if query.select in ("exists", "who") and query.number is None and query.rank in (Rank("time"), Rank("time", -1)):
        return replace(by_unit, select="who", whom=EVERYBODY, versus=query.whom if query.select == "exists" else None)
    return by_unit if query.select == "count" else query


def each_unit(dates: Sequence[Dates]) -> queries.Unit:
    """Of what each one is asked about by itself: "every Monday" is of each day; "" for none."""
    return next((one.each for one in dates if one.each), "")


def _of_videos(query: Query) -> Query:
    """What is asked of videos: all of them, those with somebody, those that show so many people, the longest."""
    plain = replace(query, unit="", per="")
    if query.select == "length":
        return Query("length", query.whom, query.where, rank=query.rank, number=query.number, unit="video")
    anybody = query.whom == EVERYBODY and queries.is_plain(query.where)
    of_people = anybody and query.number is not None and query.rank is None
    if query.select == "count" or query.select in ("when", "how_often") and of_people:
        return Query(
            "count", Whom(known=query.whom.known), query.where, form=query.form, during=query.during, rank=query.rank,
            number=query.number, unit="video", per="count" if query.per == "count" else "",
        )  # fmt: skip
    if query.select == "who":
        rank = query.rank or (Rank("often") if query.number is not None else None)
        return _over_videos(replace(plain, rank=rank))
    if anybody and query.during.event is None and query.select != "compare":
        by_length = query.number is not None if query.rank is None else query.rank.by != "time"  # not "the last three"
        counts = query.select == "how_often"
        return Query(
            "length" if by_length else "how_often" if counts else "when",
            form="polar" if query.form == "polar" else "wh", rank=query.rank, number=query.number, unit="video",
            per="count" if counts and by_length else "",
        )  # fmt: skip
    if query.select == "exists" and query.whom.quantifier == "none":
        return replace(plain, select="when")
    return _over_videos(plain)


def _by_unit(query: Query) -> Query:
    """When it holds, put together by place, day …: at which, in how many, at each of them."""
    per, unit, query = query.per, query.unit, replace(query, unit="", per="")
    if query.rank is not None and query.rank.by == "time" and query.select in ("when", "attribute"):
        if unit != "place":
            return _over_videos(replace(query, select="when"))
        during = During("while", Event(query.whom, query.where or PRESENT), query.rank.k)
        return Query("attribute", query.whom, attribute="place", during=during)
    counted: queries.Select = "how_often" if per == "count" else "when"
    denied = query.where == Not(PRESENT) or query.whom.quantifier == "none" and queries.is_plain(query.where)
    if denied and query.select in ("when", "how_often", "exists", "attribute"):
        whom = replace(query.whom, quantifier="any")
        return Query(counted, whom, form=query.form, during=query.during, number=NEVER, unit=unit)
    if per == "each" and query.select == "who" and not query.throughout:
        return Query("who", query.whom, query.where, during=query.during, unit=unit)
    if per == "each":
        return of_each(replace(query, throughout=False), unit)
    of_one = query.form == "polar" and per == "count" and query.number not in (None, NEVER)
    if of_one and query.whom in (EVERYBODY, Whom(known=True)):  # "has anybody been in two rooms?": the same one
        query = replace(query, select="who", whom=EVERYBODY)
    if query.select in ("who", "count"):
        return replace(query, unit=unit, throughout=False)
    if query.select == "compare":
        return query
    query = _over_videos(replace(query, select="when", value="", throughout=False))
    if query.select != "when":
        return query
    rank = query.rank or (Rank("often") if unit == "hour" else None)
    form: queries.Form = query.form if query.form == "polar" else "wh"
    return replace(query, select=counted, rank=rank, form=form, unit=unit)


def _over_videos(query: Query) -> Query:
    """When somebody came or left is, over many videos, when she was first or last seen; one's order is when she was."""
    own = query.during.event == Event(query.whom) and not query.during.nth and query.select in ("exists", "how_often")
    if own:  # "is she with Ben when she is there?"
        query = replace(query, during=queries.numbers_of(query.during))
    of = _company(query)
    if of is not None and of.names and query.whom.quantifier == "only":  # with nobody else
        where = And((Has("with", of=of), Not(Has("with", of=Whom(besides=of.names)))))
        query = replace(query, whom=replace(query.whom, quantifier="any"), where=where, throughout=False)
    parts = query.where.parts if isinstance(query.where, And | queries.Or) else ()
    if query.select == "compare" and query.versus is None and len(parts) > 1 and all(map(_is_company, parts)):
        others = queries.others_in(query.where)
        with_her, polar = Has("with", of=Whom(query.whom.names)), query.form == "polar"  # who of them is more with her
        versus = Whom(others[1:]) if polar else None
        query = replace(query, whom=Whom(others[:1] if polar else others), where=with_her, versus=versus)
    for settled in (_at_all_times, _of_whom, _of_places, _never):
        if (asked := settled(query)) is not None:
            return asked
    query = _of_moments(query)
    if query.value != "people" or query.select not in ("when", "how_often"):
        return query  # else in which videos so many people are, for when they are there
    return replace(query, select="count", value="", unit="video", per="count" if query.select == "how_often" else "")


def _company(query: Query) -> Whom | None:
    """With whom it is asked whether somebody is."""
    has = query.where
    return has.of if queries.is_of(has, "with") else None


def _at_all_times(query: Query) -> Query | None:
    """Whether it always holds, as whether it never doesn't; None: something else."""
    both = query.select == "when" and query.throughout and query.whom.quantifier == "both"
    if both and query.form == "polar" and queries.is_plain(query.where):  # "do Ana and Ben always come together?"
        query = replace(query, select="exists", where=Has("with"))
    whom, where, of = query.whom, query.where, _company(query)
    always = query.select == "exists" and query.form == "polar" and query.throughout
    if always and where == Has("with") and len(whom.names) > 1:  # never one without the other
        alone = And((Not(Has("with", of=Whom(whom.names))),))
        whom = Whom(whom.names, "either")
        return replace(query, select="how_often", whom=whom, where=alone, number=NEVER, throughout=False)
    if always and whom.names and where is not None and where not in (PRESENT, Not(PRESENT)):
        return replace(query, select="how_often", where=And((Not(where),)), number=NEVER, throughout=False)  # never not
    if always and whom == EVERYBODY and of is not None and of.names:
        return Query("how_often", of, Has("alone"), form="polar", during=query.during, number=NEVER)
    return None


def _of_whom(query: Query) -> Query | None:
    """Who is meant, where many videos are asked: whoever is nowhere, nobody else, each of several; None: as it is."""
    return next(
        (asked for by in (_in_whose_company, _of_strangers, _of_each) if (asked := by(query)) is not None), None
    )


def _in_whose_company(query: Query) -> Query | None:
    """The same, where it is asked with whom somebody is, or never is: "who has Ana never been with?"."""
    whom, where, polar = query.whom, query.where, query.form == "polar"
    if query.select == "exists" and polar and whom.quantifier == "only" and whom.names and queries.is_plain(where):
        return Query("how_often", Whom(besides=whom.names), where, form="polar", during=query.during, number=NEVER)
    if query.select == "who" and len([one for one in queries.together(where) if _is_company(one)]) > 1:
        others = {name for has in queries.atoms(where) if has.attribute == "with" and has.of for name in has.of.names}
        return replace(query, whom=replace(whom, besides=tuple(sorted({*whom.besides, *others}))))  # with, but not with
    if query.select == "who" and whom == Whom(known=True) and where == Has("with"):  # which of them are together?
        return replace(query, where=Has("with", of=Whom(known=True)))
    if query.select == "who" and where == Not(PRESENT) and query.rank is None:
        return replace(query, where=None, number=NEVER)
    if query.select == "who" and isinstance(where, Not) and query.throughout:  # "who is never alone?"
        return replace(query, where=where.part, number=NEVER, throughout=False)
    if isinstance(where, And) and len(where.parts) == 1 and whom == EVERYBODY and _is_company(where.parts[0]):
        where = where.parts[0]  # "was anybody ever there without Ana?"
    if not isinstance(where, Not) or not _is_company(where) or whom != EVERYBODY:
        return None
    if query.select == "who":  # "who has Ana never been with?"
        return replace(query, where=where.part, number=NEVER, throughout=False)
    return replace(query, whom=Whom(besides=queries.others_in(where)), where=where)  # "was anybody there without Ana?"


def _of_strangers(query: Query) -> Query | None:
    """The same, of people whom nobody knows, or of anybody: "did anybody sit for an hour?"."""
    whom, where, polar, number = query.whom, query.where, query.form == "polar", query.number
    if query.select == "how_often" and not polar and whom == Whom(quantifier="all"):  # "how many videos has each?"
        return Query("who", where=where, during=query.during)
    if whom.names and whom.known is False and where is None:  # "both a stranger and Ana"
        return replace(query, whom=replace(whom, known=None), where=Has("with", of=Whom(known=False)))
    if query.select == "how_often" and polar and whom == EVERYBODY and number is not None and number.value > 0:
        number = replace(number, bound="at_least") if number.bound == "exactly" else number
        return Query("who", whom, where, form="polar", during=query.during, rank=Rank("often"), number=number)
    if query.select == "exists" and query.rank is not None and query.rank.by == "often" and number is not None:
        return Query("how_often", whom, where, form="polar", during=query.during, number=number)  # "came back?"
    if query.select == "compare" and polar and query.versus is None and len(whom.names) == 1:  # "… than anybody else?"
        return replace(query, select="exists")
    in_one = not whom.names and (whom.known is not None or not queries.is_plain(where))  # not in all videos together
    if query.select == "how_long" and polar and number is not None and in_one:
        return replace(query, select="exists")
    if query.select in ("when", "how_long") and whom == Whom(nth=whom.nth or 1, nth_by="long"):  # longest of all
        return Query("when", where=where, during=query.during, rank=Rank("long", whom.nth))
    return None


def _of_each(query: Query) -> Query | None:
    """The same, of several people, each for herself, or of all: "are all whom I know here?"."""
    whom, where, polar, number = query.whom, query.where, query.form == "polar", query.number
    if query.select == "exists" and whom == Whom(quantifier="all", known=True) and queries.is_plain(where):
        return replace(query, whom=Whom(quantifier="all"))
    several = query.select == "exists" and polar and len(whom.names) > 1 and not query.unit
    if several and where is None and whom.quantifier in ("both", "all"):  # each of them, in any video
        return replace(query, whom=replace(whom, quantifier="both" if query.throughout else "all"))
    if whom == Whom(quantifier="all") and number is not None and number.value == 1:  # "at least once"
        return Query("exists", whom, where, form="polar", during=query.during)
    if query.select in ("when", "how_often") and not polar and whom.names and where == Not(PRESENT):
        return replace(query, whom=replace(whom, quantifier="none"), where=None)
    return None


def _is_company(condition: queries.Condition | None) -> bool:
    """Whether a condition says with whom somebody is, or isn't."""
    part = queries.affirmed(condition)
    return queries.is_of(part, "with") and part.of is not None and bool(part.of.names)


def _of_places(query: Query) -> Query | None:
    """Where somebody is, how many people there are, how long videos last: when it holds, put together."""
    whom, where, polar = query.whom, query.where, query.form == "polar"
    if query.select == "attribute" and query.attribute == "place" and query.during.event is None:
        everybody = whom == Whom(quantifier="all")
        select: queries.Select = "who" if everybody else "when"
        return Query(select, EVERYBODY if everybody else whom, where, during=query.during, unit="place")
    if query.select == "count" and polar and query.number is not None and not query.unit:
        return Query("count", whom, where, form="polar", during=query.during, number=query.number, unit="video")
    wanted = query.number or query.rank or (whom, where) == (EVERYBODY, None)  # not of Ana's
    if query.select == "length" and wanted and not query.unit:
        return Query("length", rank=query.rank, number=query.number, unit="video")
    return None


def _never(query: Query) -> Query | None:
    """Whether it never holds: "was Ana gone on Friday?" is whether she was there at no time on it."""
    whom, where, polar = query.whom, query.where, query.form == "polar"
    denied = isinstance(where, Not) or whom.quantifier == "none"
    if queries.is_of_sound(query) and not polar and denied:
        return Query("refuse", refusal="sound")  # who never says it may say it unheard
    if not polar or not (whom.quantifier == "none" or where == Not(MUSIC) or whom.names and where == Not(PRESENT)):
        return None
    if query.select != "exists" or query.rank is not None or whom.quantifier == "either":
        return query
    where = query.where.part if query.where == Not(MUSIC) else None if query.where == Not(PRESENT) else query.where
    whom = replace(whom, quantifier="any")
    return replace(query, select="how_often", whom=whom, where=where, number=NEVER, throughout=False)


def _of_moments(query: Query) -> Query:
    """What is asked of the first, the last, the longest time; of coming and leaving."""
    whom, where, by = query.whom, query.where, "" if query.rank is None else query.rank.by
    if query.rank is not None and by == "time" and query.select == "how_long":
        return Query("how_long", whom, where, during=During("while", Event(whom, where or PRESENT), query.rank.k))
    if query.select == "order" and whom == Whom(quantifier="all"):
        last = query.rank is not None and query.rank.k < 0  # when, and where, each was last seen, or first
        return Query("order", where=Not(PRESENT) if last else None, during=query.during)
    if by == "long" and query.select == "how_long":
        query = replace(query, select="when")
    if whom.quantifier == "none" and (of := _company(query)) is not None:
        query = replace(query, whom=replace(of, nth=whom.nth, nth_by=whom.nth_by), where=Has("alone"))
    whom = query.whom
    if query.select == "when" and whom.nth_by == "time" and whom.nth != 0:
        query = replace(query, whom=replace(whom, nth=0, nth_by="left"), rank=Rank("time", whom.nth))
    if not (isinstance(query.where, Has) and query.where in MOVES) or query.select in ("compare", "order"):
        return query
    came = query.select == "when" and query.rank is None
    return replace(query, where=None, rank=Rank("time", MOVES[query.where]) if came else query.rank)

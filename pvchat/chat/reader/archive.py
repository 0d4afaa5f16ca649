"""Reading a question about many videos: text in, the `Query`, its dates, its places and the sighting it means out.

"What was Ana wearing when she was last seen in the kitchen on Tuesday?" is the query of "What was Ana wearing?", of the
video that answers "When was Ana last seen?", among those of a source called kitchen, on that day. Places and times are
cut out (`scopes.py`, `dates.py`), what is left is read as any question is (`read.py`), put in the terms in which many
videos are searched (`units.py`), and it may lean on the question before (`turns.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from pvchat.chat.query import (
    EVERYBODY,
    PRESENT,
    Form,
    Has,
    Query,
    Rank,
    Whom,
    conjunction,
    numbers_of,
    parts_of,
    together,
    told_as,
)
from pvchat.chat.reader import turns
from pvchat.chat.reader.dates import WEEKDAY, dated
from pvchat.chat.reader.read import Known, read
from pvchat.chat.reader.scopes import SPOT, ArchiveQuestion, Scope, outside, paired, placed
from pvchat.chat.reader.units import MOVES, UNREAD, each_unit, of_each, of_library
from pvchat.errors import SettingsError

# Where a second question begins
_NEXT = re.compile(
    r"(?<=\?) +(?=\w)|,? and (?=(?:with whom|whom?|what|where|which|how)\b"
    r"|(?:is|was|were|did|does) (?:it|that|he|she|they|any\w+|some\w+)\b)", re.IGNORECASE,
)  # fmt: skip
_OTHERWISE = tuple(  # what is said in words that nothing reads, and in such that is read
    (re.compile(said, re.IGNORECASE), plain)
    for said, plain in (
        (r"^(and )?by whom\b", r"\1who"),
        (r"( (?:in|on|at)(?: (?!(?:in|on|at)\b)\w+){1,4})( (?:longer|(?:more|less)(?: often| frequently)?))"
         r"(?= than (?:in|on|at|last|this)\b)", r"\2\1"),  # "in the kitchen more often than in the hall"
        (r"\bneither ((?:in|at|on) .+?) nor\b", r"not \1 or"),  # "neither in the kitchen nor in the hall"
        (r"\b(which|what) (?:week ?days|days? of the week)\b", r"\1 weekday"),
        (r"\b(month|week|time|hour) of the (?:year|month|day)\b", r"\1"),
        (r"^((?:is|are)\b.*?) (?:right now|now|at the moment|currently)\b", r"\1 in the last hour"),
        (r"(?<!\bon )(?<!since )(?<!until )(?<!before )(?<!after )\b24/7\b", "all the time"),
        (rf"\bon (?:an?|any) (weekend|weekday|{WEEKDAY})\b", r"on \1s"),
        (r"^((?:do|does|who|when|how often)\b.*\b(?:ever|usually|always|never|comes?)\b.*) (?:at|on) the weekend\b",
         r"\1 at weekends"),
    )
)  # fmt: skip
# "only on Mondays", "seen only in the kitchen"; not "only Ana on Monday"
_ONLY = re.compile(
    rf"(?P<only> only)(?: ever)?(?: (?:here|there|seen|(?P<comes>comes?|came|goes|go|went|(?:show|turn)(?:s|ed)? up"
    rf"|appear(?:s|ed)?|visit(?:s|ed)?)))?"
    rf"(?P<spot> {SPOT})?(?=\W*$)",
    re.IGNORECASE,
)
_BOTH_ENDS = re.compile(r"\b(?:first and (?:the )?last|last and (?:the )?first)\b", re.IGNORECASE)
# "how many days after her first visit was Ana last seen?", "how long was it between her first and last visit?"
_APART = re.compile(
    r"^how (?:many (?:hours|days|weeks|months)|long|much time)\b(?: (?!between|from|after|before)\w+){0,3} "
    r"(?:(?P<after>after|before)|between|from) (?P<ends>.+?)\W*$",
    re.IGNORECASE,
)
_A_VISIT = re.compile(r"\b(?:visit|time|sighting|video)\b", re.IGNORECASE)
_UP = re.compile(r"\b((?:is|was|were)(?: \w+)?|been) up(?= at all\b|\W*$)", re.IGNORECASE)
_IN_ORDER = re.compile(r",? (?:in (?:chronological )?order|(?:the )?(?:oldest|earliest) first)\b", re.IGNORECASE)
_ALWAYS = re.compile(r"\b(?:always|usually|normally|generally|mainly|mostly)\b", re.IGNORECASE)
_SAME_DAY = re.compile(r" (?:on|in) the same (?:day|date)\b", re.IGNORECASE)
_ON_THE_DAY = re.compile(
    r"\b(?:on|in) the (?:same )?(?P<unit>day|night|week|month)(?: that| when| on which| in which|(?P<of> as| of))? "
    r"(?=.*\b(?:first|last|second|third|fourth|fifth)\b)", re.IGNORECASE,
)  # fmt: skip
# Speaks of the videos that were found before
_OF_THEM = re.compile(
    r"\b(which|how many)(?: ones?)?(?: of (?:them|these|those)\b"
    r"(?! (?:came|comes?|left|leaves?|arrived?|appeared?|turned)\b)|(?= (?:is|are|was|were)\b))",
    re.IGNORECASE,
)
_OF_VIDEOS = ("when", "how_often", "how_long", "who", "exists")  # what lists videos
# "the same day", "that night": of the time asked about before, or of the one sighting that is meant
_THAT = re.compile(r" (?:on |in )?(?:that|the same) (?P<unit>day|night|week|month|year)\b", re.IGNORECASE)


def questions_in(text: str) -> list[str]:
    """A text as one question after another: "What is the newest video, and who is in it?" is two."""
    return [one for one in _NEXT.split(text.strip()) if re.search(r"\w", one)] or [text]


def read_archive(
    text: str, known: Known, places: Sequence[str], now: datetime, before: ArchiveQuestion | None = None
) -> ArchiveQuestion:
    """What a question about many videos asks.

    Args:
        text: as typed.
        known: who is enrolled, and the questions before.
        places: what sources are called.
        now: the time at which it is asked, local.
        before: the question before, whose time and place hold on in one that leans on it ("and Ben?").
    """
    text, names = text.strip(), (*known.names, *known.aliases)
    if not any("library" in one.lower() for one in places):  # it is that of the videos
        text = re.sub(r" in (?:the|my|our) library\b", "", text, flags=re.IGNORECASE)
    for said, plain in _OTHERWISE:
        text = said.sub(plain, text)
    if (two := paired(text, places, now, names)) is not None:
        return _of_scopes(two.text, known, two)
    text, left_out = outside(text, places)
    undated, spots = placed(text, places)
    try:
        rest, dates = dated(undated, now, names)
    except SettingsError:
        return ArchiveQuestion(UNREAD, text)
    if dates and len(spots) == 1 and SPOT in rest:  # "in the hall on Monday but not in the garden"
        rest, spots = placed(rest.replace(SPOT, f"in {spots[0][0]}"), places)
    rest, scoped = _only_there(rest, ArchiveQuestion(Query("who"), "", dates, spots))
    if left_out and not spots:
        each = [Scope(one, besides=(Scope(one, left_out),)) for one in dates or (None,)]
        return _of_scopes(rest, known, replace(scoped, dates=(), pairs=tuple(each)))
    return _of_scopes(rest, known, scoped) if before is None else _after(before, rest, undated, known, scoped)


def _only_there(rest: str, scoped: ArchiveQuestion) -> tuple[str, ArchiveQuestion]:
    """A question without the "only" of its time or place ("only on Mondays"), and which of the two that is."""
    only: Literal["", "dates", "places"] = ""
    found = _ONLY.search(rest) if scoped.dates or scoped.places else None
    if found is not None and not turns.ASKS_AGAIN.match(rest.strip(SPOT)):
        placed_only = found["spot"] and not found["comes"]  # "only comes to the hall on Mondays": on no other day
        only = "places" if placed_only or not scoped.dates else "dates"
        rest = f"{rest[: found.start()]}{rest[found.end('only') :]}"
    return rest, replace(scoped, text=rest.replace(SPOT, ""), only=only)


def _after(before: ArchiveQuestion, rest: str, undated: str, known: Known, scoped: ArchiveQuestion) -> ArchiveQuestion:
    """A question that may lean on the one before."""
    if (again := turns.asked_again(rest, undated, scoped, before)) is not None:
        return again
    alone = replace(known, history=())
    if told_as(before.query) in _OF_VIDEOS and _OF_THEM.search(rest):
        return turns.of_them(_of_scopes(_OF_THEM.sub(r"\1 videos", rest), alone, scoped), before)
    if _ON_THE_DAY.search(rest):
        return _of_scopes(rest, known, scoped)
    around = _THAT.search(rest)
    if around is not None:
        rest = f"{rest[: around.start()]}{rest[around.end() :]}"
    meant, found, fresh = turns.sighting_of(before), _of_scopes(rest, known, scoped), _of_scopes(rest, alone, scoped)
    if around is not None:
        on_day = turns.on_the_same(replace(found, places=found.places or before.places), before)
        of_sighting = replace(on_day, sighting=meant, around=around["unit"].lower(), sighted=before)
        return on_day if before.dates or meant is None else of_sighting
    named = any(whom.names for whom in parts_of(fresh.query, Whom))
    leans = found.query != fresh.query or turns.ON_IT.search(rest) or not named and turns.HE.search(rest)
    leans = turns.LEANS.search(rest) or leans and not turns.EVER.search(rest)
    return turns.follow_up(rest, found, before, meant) if leans else found


def _of_scopes(rest: str, known: Known, scoped: ArchiveQuestion) -> ArchiveQuestion:
    """The question about its times and places."""
    if on_the_day := _ON_THE_DAY.search(rest):  # all of the day, or week, of a sighting: "on the day Ana first came"
        found = _of_scopes(_ON_THE_DAY.sub("during " if on_the_day["of"] else "when ", rest), known, scoped)
        return replace(found, around=on_the_day["unit"].lower()) if found.sighting is not None else found
    query = _read(rest, known)
    at_edge = query.unit == "video" and query.during.nth != 0 and query.during.relation == "while"
    if at_edge:  # "who is in the last video?"
        edge = Query("when", rank=Rank("time", query.during.nth), unit="video")
        query = of_library(replace(query, unit="", per="", during=numbers_of(query.during)))
        return replace(scoped, query=query, sighting=edge)
    if (compared := _compared(query, scoped)) is not None:
        return compared
    alone = query.select == "compare" and query.versus is None and len(query.whom.names) == 1
    if alone and query.form == "choice" and query.where in (None, PRESENT) and not query.per:
        return replace(scoped, query=Query("refuse", refusal="unclear"))  # more often than where?
    usually = query.select == "exists" and query.throughout and query.rank is not None
    query = replace(query, rank=None) if usually else query
    query, sighting = _sighted(of_each(of_library(query), each_unit(scoped.dates)))
    found = _only(replace(scoped, query=query, sighting=sighting), rest)
    if usually and found.only:  # more often than elsewhere
        return replace(found, query=replace(found.query, select="compare", rank=Rank("often")))
    return found


def _read(rest: str, known: Known) -> Query:
    """A question from which the words for a time and a place were taken."""
    if (apart := _APART.match(rest)) and (query := _apart(apart, known)) is not None:
        return query
    if edges := _BOTH_ENDS.search(rest):
        ends = (f"{rest[: edges.start()]}{edge}{rest[edges.end() :]}" for edge in ("first", "last"))
        first, last = (_read(one, known) for one in ends)
        return replace(first, then=last)
    if (day := _SAME_DAY.search(rest)) and "same" in rest[: day.start()]:  # in the same room on the same day
        query = _read(rest[: day.start()] + rest[day.end() :], known)
        return Query("when", replace(query.whom, quantifier="both"), form=query.form, unit="day and place")
    if ordered := _IN_ORDER.search(rest):
        query = of_library(_read(f"{rest[: ordered.start()]}{rest[ordered.end() :]}", known))
        return replace(query if query.unit == "video" else replace(query, select="when", unit=""), per="order")
    rest = _UP.sub(r"\1 there", rest)  # "was Leo up before 8?"
    return read(rest.replace(SPOT, "there"), replace(known, of_library=True))


def _apart(said: re.Match[str], known: Known) -> Query | None:
    """Two sightings of which it is asked how far they lie apart; None: not of two."""
    named = re.sub(r"\bfirst two (visit|time|video)s\b", r"first \1 and second \1", said["ends"], flags=re.IGNORECASE)
    joint, ask = (r" (?=(?:was|were|did|has|is)\b)", "When ") if said["after"] else (r" (?:and|to|until) ", "When was ")
    first, *other = re.split(joint, named, maxsplit=1)
    if not other:
        return None
    visit = _A_VISIT.search(other[0])
    first += f" {visit[0] if visit else 'visit'}" if not _A_VISIT.search(first) else ""  # "her first and last visit"
    whose = re.match(r"\S+(?: \S+)?['’]s?(?= )", first)  # "Ana's first visit and (Ana's) second visit"
    told = re.sub(r"^(?=first|last|second|third|fourth|fifth)", f"{whose[0] if whose else 'the'} ", other[0])
    ends = [of_library(_read(f"When was {first}?", known)), of_library(_read(f"{ask}{told}?", known))]
    if not all(one.select == "when" and one.rank is not None and one.rank.by == "time" for one in ends):
        return None
    one, two = (replace(end, whom=end.whom if end.whom.names else ends[1 - at].whom) for at, end in enumerate(ends))
    return replace(one, per="apart", then=two)


def _compared(query: Query, scoped: ArchiveQuestion) -> ArchiveQuestion | None:
    """A question of which of two times or places more holds; None: something else is asked."""
    scopes, rank = scoped.scopes, query.rank or Rank("often")
    of_two = len(scopes) == 2 and scopes[1].joint in ("than", "or")
    if not of_two or query.select != "compare" or query.versus is not None or rank.by == "time":
        return None
    form: Form = "polar" if scopes[1].joint == "than" else "choice"
    compared = Query("compare", query.whom, query.where, form=form, rank=rank)
    if query.whom == EVERYBODY and query.where in (None, PRESENT) and rank.by != "long":  # not how often anybody
        compared = replace(compared, select="count", unit="scope")
    return replace(scoped, query=compared)


def _only(found: ArchiveQuestion, rest: str) -> ArchiveQuestion:
    """Whether somebody is always there, or always comes then, is whether that is so in no other video of hers."""
    if not _ALWAYS.search(rest):
        return found
    query, to = found.query, re.search(r"\b(?:come|go|visit|appear|show)(?:e?s)?\b", rest, re.IGNORECASE)
    always = query.select == "exists" and query.throughout and query.whom.names and not re.match(r"\w+ it\b", rest)
    if not always or found.only or query.unit or query.where not in (None, PRESENT):
        return found
    if not (found.dates or found.places) or any(one.each for one in found.dates):
        return found
    only: Literal["dates", "places"] = "places" if found.places and not (found.dates and to) else "dates"
    return replace(found, query=replace(query, throughout=False), only=only)


def _sighted(query: Query) -> tuple[Query, Query | None]:
    """A query, and the sighting that it is about: "what does Ana wear when she is last seen with Ben?"."""
    during, event = query.during, query.during.event
    if event is None or during.relation != "while":
        return query, None
    conditions = [one for one in together(event.where) if one != PRESENT]
    nth, where = during.nth, conjunction(conditions) if conditions else None
    if isinstance(where, Has) and where in MOVES:
        nth, where = nth or MOVES[where], None
    if not nth:
        return query, None
    besides = tuple(dict.fromkeys((*query.whom.besides, *event.whom.names)))
    whom = replace(query.whom, besides=besides) if query.select in ("who", "count") else query.whom
    sighting = Query("when", event.whom, where, rank=Rank("time", nth))
    return replace(query, whom=whom, during=numbers_of(during)), sighting

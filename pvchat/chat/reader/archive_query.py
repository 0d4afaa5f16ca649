"""What one question asks of many videos, read by itself: a `Query`, with the times and places that it names.

In: what is left of a question without these (`scopes.py`, `dates.py`). Out: an `ArchiveQuestion`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from pvchat.chat import query as queries
from pvchat.chat.english import ORDINALS
from pvchat.chat.query import EVERYBODY, PRESENT, Form, Has, Not, Query, Rank, Whom
from pvchat.chat.reader.dates import AT_NIGHT
from pvchat.chat.reader.read import Known, read
from pvchat.chat.reader.scopes import (
    SPOT,
    ArchiveQuestion,
)
from pvchat.chat.reader.timewords import one_of
from pvchat.chat.reader.units import MOVES, UNREAD, each_unit, of_each, of_library
from pvchat.chat.reader.words import find_mentions

# "only on Mondays", "seen only in the kitchen"; not "only Ana on Monday"
_ONLY = re.compile(
    rf"(?i)(?P<only> only)(?: ever| been)*(?: (?:here|there|seen|(?P<comes>comes?|came|goes|go|went"
    rf"|(?:show|turn)(?:s|ed)? up|appear(?:s|ed)?|visit(?:s|ed)?)))?"
    rf"(?P<spot> {SPOT})?(?=\W*$)",
)
_EDGES = re.compile(r"(?i)\b(?:in|of|from) (?:the |my |our )?((?:first|last|latest|newest|oldest) (?!one)\w+ videos)\b")
_LAST_BUT = re.compile(
    r"(?i)\b(?:(?:next|(?P<nth>second|third|fourth|fifth))(?: to|-to|) ?-?last|penultimate|last(?P<of> \w+|) but one)\b"
)
# How far two sightings of somebody lie apart: "how many days after her first visit was Ana last seen?"
_APART = re.compile(
    r"(?i)^how (?:many (?:hours|days|weeks|months|years)|long|much time)\b(?: (?!between|from|after|before)\w+){0,3} "
    r"(?:(?:after|before) .*\b(?:first|last|second|third)\b.*\b(?:was|were|did|does|has|is)\b"
    r"|(?:between|from) .*\b(?:first|last|second|third)\b.* (?:and|to|until) )",
)
_NTH_VISIT = re.compile(rf"(?i)\b(?:(?P<nth>{one_of(ORDINALS)})|(?P<again>back|again|return\w*))\b")
_ELSE_WITH = re.compile(r"(?i)\belse\b.* with (?!whom\b)\w")
_PAIR = re.compile(r"(?i)\b(?:together|pair|with whom|each other|meet|met|two)\b")
_HAPPENS = re.compile(r"(?i)^(?:and |so )?what (?:has |is |was )?happen")
_UP = re.compile(
    r"(?i)\b((?:is|was|were)(?: (?!hair|hands?|thumbs?|arms?|hood|\w+ing\b)\w+){0,2}|been) up"
    r"(?= (?:at all|first|last|early|late)\b|\W*$)"
)
_IN_ORDER = re.compile(r"(?i),? (?:in (?:chronological )?order(?: of time)?|(?:the )?(?:oldest|earliest) first)\b")
_ALWAYS = re.compile(r"(?i)\b(?:always|usually|normally|generally|mainly|mostly)\b")
_SAME_DAY = re.compile(r"(?i) (?:on|in) the same (?:day|date)\b")
ON_THE_DAY = re.compile(
    r"(?i)\b(?:on|in) the (?:same )?(?P<unit>day|night|week|month)(?: that| when| on which| in which|(?P<of> as| of))? "
    r"(?=.*\b(?:first|last|second|third|fourth|fifth)\b)",
)  # fmt: skip
ASKS_AGAIN = re.compile(
    r"(?i)^(?:and|or|but|so|what about|how about|ok|now|then|only|just|the|(?:one|video)s?|those|same|alone| )*\W*$"
)
_OFTEN = re.compile(r"(?i)\b(?:often|frequently|used)\b")


def only_there(rest: str, scoped: ArchiveQuestion) -> tuple[str, ArchiveQuestion]:
    """A question without the "only" of its time or place ("only on Mondays"), and which of the two that is."""
    only: Literal["", "dates", "places"] = ""
    found = _ONLY.search(rest) if scoped.dates or scoped.places else None
    if found is not None and not ASKS_AGAIN.match(rest.strip(SPOT)):
        placed_only = found["spot"] and not found["comes"]  # "only comes to the hall on Mondays": on no other day
        only = "places" if placed_only or not scoped.dates else "dates"
        rest = f"{rest[: found.start()]}{rest[found.end('only') :]}"
    return rest, replace(scoped, text=rest.replace(SPOT, ""), only=only)


def read_scoped(rest: str, known: Known, scoped: ArchiveQuestion) -> ArchiveQuestion:
    """The question about its times and places."""
    if on_the_day := ON_THE_DAY.search(rest):  # all of the day, or week, of a sighting: "on the day Ana first came"
        found = read_scoped(ON_THE_DAY.sub("during " if on_the_day["of"] else "when ", rest), known, scoped)
        return replace(found, around=on_the_day["unit"].lower()) if found.sighting is not None else found
    if (edges := _EDGES.search(rest)) is not None:  # "who is in the last two videos?"
        among = read_scoped(f"show me the {edges[1]}", known, scoped)
        return replace(read_scoped(_EDGES.sub("in the videos", rest), known, scoped), among=among)
    query = read_plain(rest, known)
    if query.unit == "video" and query.during.nth and query.during.relation == "while":  # "who is in the last video?"
        edge = Query("when", rank=Rank("time", query.during.nth), unit="video")
        query = of_library(replace(query, unit="", per="", during=queries.numbers_of(query.during)))
        return replace(scoped, query=query, sighting=edge)
    if (compared := _compared(query, scoped, of_people=not _OFTEN.search(rest))) is not None:
        return compared
    alone = query.select == "compare" and query.versus is None and len(query.whom.names) == 1
    if alone and query.form == "choice" and queries.is_plain(query.where) and not query.per:
        return replace(scoped, query=Query("refuse", refusal="unclear"))  # more often than where?
    if query.unit == "night" and not scoped.dates:  # what is seen by day lies in no night
        scoped = replace(scoped, dates=(AT_NIGHT,))
    usually = query.select == "exists" and query.throughout and query.rank is not None
    query = replace(query, rank=None) if usually else query
    query, sighting = _sighted(of_each(of_library(query), each_unit(scoped.dates)))
    found = _only(replace(scoped, query=query, sighting=sighting), rest)
    if usually and found.only:  # more often than elsewhere
        return replace(found, query=replace(found.query, select="compare", rank=Rank("often")))
    return found


def read_plain(rest: str, known: Known) -> Query:
    """A question from which the words for a time and a place were taken."""
    if _APART.match(rest):
        return _apart(rest, known)
    if (but := _LAST_BUT.search(rest)) is not None:  # "second last", "the last video but one"
        query, k = (
            read_plain(_LAST_BUT.sub(r"last\g<of>", rest, count=1), known),
            -ORDINALS.get(but["nth"] or "second", 2),
        )
        during = replace(query.during, nth=k) if query.during.nth == -1 else query.during
        return replace(query, rank=Rank("time", k) if query.rank == Rank("time", -1) else query.rank, during=during)
    if (day := _SAME_DAY.search(rest)) and "same" in rest[: day.start()]:  # in the same room on the same day
        query = read_plain(_SAME_DAY.sub("", rest, count=1), known)
        return Query("when", replace(query.whom, quantifier="both"), form=query.form, unit="day and place")
    if _IN_ORDER.search(rest):
        query = of_library(read_plain(_IN_ORDER.sub("", rest, count=1), known))
        return replace(query if query.unit == "video" else replace(query, select="when", unit=""), per="order")
    rest = _UP.sub(r"\1 there", rest)  # "was Leo up before 8?"
    query = read(rest.replace(SPOT, "there"), replace(known, of_library=True))
    if (query.refusal, query.value) == ("wish", "jump") and query.whom != EVERYBODY:  # "show me the stranger"
        return Query("when", query.whom)
    besides = query.whom.besides
    if besides and query.select in ("who", "count") and query.where is None and _ELSE_WITH.search(rest):
        return replace(query, where=Has("with", of=Whom(tuple(dict.fromkeys(besides)))))  # "who else was with Ana?"
    if query.select == "who" and query.where == Has("with") and query.rank is not None and _PAIR.search(rest):
        query = replace(query, whom=Whom(quantifier="both"))  # "which two are most often together?"
    happens = query.unit == "video" and _HAPPENS.match(rest) is not None
    return Query("describe", during=query.during, unit="video" if query.during.nth else "") if happens else query


def _apart(rest: str, known: Known) -> Query:
    """Two sightings of somebody, of which the second is told by how much later it was: "how many days after her first
    visit did Ana come back?".
    """
    names = {one.name for one in find_mentions(rest, known.names, known.aliases)}
    said = [ORDINALS[(one["nth"]).lower()] if one["nth"] else 0 for one in _NTH_VISIT.finditer(rest)]
    if len(names) != 1 or len(said) != 2 or 0 in said[:1]:
        return UNREAD
    first, second = (said[0], said[0] + 1) if said[1] == 0 else sorted(said, key=lambda k: (k < 0, k))
    earlier, later = (Query("when", Whom(tuple(names)), rank=Rank("time", k)) for k in (first, second))
    return replace(earlier, then=replace(later, per="later")) if second != 0 else UNREAD


def _compared(query: Query, scoped: ArchiveQuestion, of_people: bool) -> ArchiveQuestion | None:
    """A question of which of two times or places more holds, or at which more people are; None: something else."""
    scopes, rank = scoped.scopes, query.rank or Rank("often")
    of_two = len(scopes) == 2 and scopes[1].joint in ("than", "or")
    if not of_two or query.select != "compare" or query.versus is not None or rank.by == "time":
        return None
    form: Form = "polar" if scopes[1].joint == "than" else "choice"
    compared = Query("compare", query.whom, query.where, form=form, rank=rank)
    if of_people and query.whom == EVERYBODY and queries.is_plain(query.where) and rank.by != "long":
        compared = replace(compared, select="count", unit="scope")
    return replace(scoped, query=compared)


def _only(found: ArchiveQuestion, rest: str) -> ArchiveQuestion:
    """Whether somebody is always there, or always comes then, is whether that is so in no other video of hers."""
    if not _ALWAYS.search(rest):
        return found
    query, to = found.query, re.search(r"\b(?:come|go|visit|appear|show)(?:e?s)?\b", rest, re.IGNORECASE)
    always = query.select == "exists" and query.throughout and query.whom.names and not re.match(r"\w+ it\b", rest)
    if not always or found.only or query.unit or not queries.is_plain(query.where):
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
    conditions = [one for one in queries.together(event.where) if one != PRESENT]
    nth, where = during.nth, queries.conjunction(conditions) if conditions else None
    if nth and query.attribute == "place" and event.whom == Whom(quantifier="all"):  # of each, last or first
        return Query("order", where=Not(PRESENT) if nth < 0 else None), None
    if isinstance(where, Has) and where in MOVES:
        nth, where = nth or MOVES[where], None
    if not nth:
        return query, None
    of_other = next((has.of for has in queries.atoms(query.where) if has.of is not None), None)
    if event.whom == EVERYBODY and query.select == "who" and of_other is not None:
        event = replace(event, whom=of_other)  # "who was with Ana on her last visit?"
    besides = tuple(dict.fromkeys((*query.whom.besides, *event.whom.names)))
    whom = replace(query.whom, besides=besides) if query.select in ("who", "count") else query.whom
    sighting = Query("when", event.whom, where, rank=Rank("time", nth))
    return replace(query, whom=whom, during=queries.numbers_of(during)), sighting

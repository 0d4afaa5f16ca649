"""A question about a library that leans on the one before: "and Ben?", "and the Friday before?", "which of them?".

In: what is asked as it stands, and the question before. Out: what is asked of whom, of which sighting, when and where.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pvchat.chat.query import ANYTHING, EVERYBODY, PRESENT, Has, Query, Rank, Whom, lists_videos, parts_of, told_as
from pvchat.chat.reader.dates import beyond, held_on
from pvchat.chat.reader.scopes import SPOT, ArchiveQuestion
from pvchat.chat.reader.timewords import counted
from pvchat.chat.reader.units import UNREAD, each_unit, of_each

LEANS = re.compile(
    r"^(?:and|or|but|so|what about|how about|then|only|just)\b|\b(?:too|also|as well|instead)\b"
    r"|^(?:at )?(?:whom?|when|where|with whom|what times?|how (?:long|often|many)(?: people)?)"
    r"(?: (?:was|were|is|are) (?:it|that|this|they|those|these|them))?(?: exactly)?\W*$", re.IGNORECASE,
)  # fmt: skip
# "and before?", "the Friday before", "the following week", "two days later"
_BEYOND = re.compile(
    r"^(?:and |(?:what|how) about )?(?:(?:on|in) )?(?:the )?(?:(?P<which>next|following|previous) )?"
    r"(?:(?P<count>\d+|an?|few|two|three|four|five|six|seven|eight|nine|ten) )?"
    r"(?:(?P<unit>hour|day|night|week|month|year|\w+day)s?(?: |\b))?(?P<how>before|after|later|earlier)?"
    r"(?: that| then)?\W*$",
    re.IGNORECASE,
)
_WHICH_ONES = re.compile(
    r"^(?:and )?(?:(?:in )?which(?P<videos> videos?)|(?:which|what)(?: ones?| \w+s| were (?:they|those))?)\W*$",
    re.IGNORECASE,
)
ON_IT = re.compile(
    r"\b(?:else|his|their|[io]n (?:it|that one))\b|^(?:is|was) (?:it|that|this)\b"
    r"|\bthere(?=(?: too| also| as well| then| with \w+)?\W*$)", re.IGNORECASE,
)  # fmt: skip
# Asks anew, of all times
EVER = re.compile(r"\b(?:ever|never|usually|normally|always|at all)\b", re.IGNORECASE)
_ONE_BEFORE = re.compile(
    r"^(?:and |but |what about |when was |in |on )*(?:the )?(?:(?:time|one|visit) before\b|previous\b|before that)",
    re.IGNORECASE,
)
ASKS_AGAIN = re.compile(
    r"^(?:and|or|but|so|what about|how about|ok|now|then|only|just|the|ones?|those|alone| )*\W*$", re.IGNORECASE
)
HE = re.compile(r"\b(?:he|she|they|him|her|them)\b", re.IGNORECASE)


def asked_again(rest: str, undated: str, scoped: ArchiveQuestion, before: ArchiveQuestion) -> ArchiveQuestion | None:
    """The question before, of another time or place, of the time before; None: something else is asked."""
    dates, spots, meant = scoped.dates, scoped.places, sighting_of(before)
    if (dates or spots) and ASKS_AGAIN.match(rest.replace(SPOT, "")):  # "and on Tuesday?"
        each = each_unit(dates)
        was_each = each and any(one.each for one in before.dates)  # "how often a day is she there?" "And a week?"
        query = replace(before.query, value="", unit=each) if was_each else of_each(before.query, each)
        again = on_the_same(replace(before, query=query, dates=dates, places=spots), before)
        held = [name for whom in parts_of(again.query, Whom) for name in whom.names]
        if len(again.scopes) > 1 or len(held) > 1 or query.select != "compare" and query.unit != "scope":
            return again
    if meant is not None and meant.rank is not None and _ONE_BEFORE.match(rest):
        if meant.rank == Rank("time"):  # before the first
            return replace(before, query=Query("refuse", refusal="unclear"), sighting=None)
        earlier = replace(meant, rank=replace(meant.rank, k=meant.rank.k - 1))
        if before.sighting == meant:
            return replace(before, sighting=earlier)
        return replace(before, query=earlier, sighting=None)
    said = _BEYOND.match(undated) if before.dates else None
    if said is not None and (how := (said["which"] or said["how"] or "").lower()):
        how = {"next": "after", "following": "after", "previous": "before"}.get(how, how)
        count = counted((said["count"] or "").lower()) or 0.0
        other = beyond(before.dates, how, (said["unit"] or "").lower(), count)
        return replace(before, dates=(other,)) if other else replace(before, query=UNREAD)
    which, query, told = _WHICH_ONES.match(rest), before.query, told_as(before.query)
    if which is not None and (told == "how_often" or which["videos"] and told in ("exists", "how_long")):
        query = replace(query, per="") if query.per == "count" else replace(query, select="when")
        return replace(before, query=replace(query, form="wh"))
    return None


def of_them(found: ArchiveQuestion, before: ArchiveQuestion) -> ArchiveQuestion:
    """A question about the videos that were found before: "which of them is the longest?"."""
    query, asked = found.query, before.query
    if query.rank is None and lists_videos(query):
        query = replace(query, select=told_as(query), unit="", per="" if query.per == "count" else query.per)
    where = asked.where if query.where is None and asked.where != ANYTHING else query.where
    whom = asked.whom if query.whom == EVERYBODY else query.whom
    return on_the_same(replace(found, query=replace(query, whom=whom, where=where)), before)


def sighting_of(before: ArchiveQuestion) -> Query | None:
    """The one sighting that a question before has named; None where it named none."""
    query, rank = before.query, before.query.rank
    if rank is None or query.number is not None or query.unit == "place":
        return before.sighting
    if query.select == "who" and rank.by == "time" and query.where in (None, PRESENT):  # "who was the last here?"
        return Query("when", query.whom, rank=rank)
    of_one = rank.by == "time" or query.unit in ("", "video") and not query.per  # the video with most people
    return query if told_as(query) == "when" and of_one else before.sighting


def follow_up(rest: str, found: ArchiveQuestion, before: ArchiveQuestion, meant: Query | None) -> ArchiveQuestion:
    """A question that leans on the one before: of whom, of which sighting, when and where."""
    query, sighting = found.query, found.sighting
    too = query.select == "exists" and query.where == Has("with") and len(query.whom.names) == 1
    if too and " there" in rest:  # "was Ana there too?"
        query = replace(query, where=None)
    same = Query("attribute", query.whom, attribute="place") if query.unit == "place" else query
    of_another = same == replace(before.query, whom=query.whom)
    if sighting is None and of_another and meant is not None and meant.whom == before.query.whom:
        sighting = replace(meant, whom=query.whom)  # "where is Ana now?", "and Ben?"
    pronoun, who = HE.search(rest) is not None, query.select == "who"
    company = (Has("with"), None) if before.query.unit == "place" and ON_IT.search(rest) else (Has("with"),)
    if who and query.where in company and before.query.whom.names:  # "was Tom with anybody?" "Who?"; "where was he?"
        query = replace(query, where=Has("with", of=before.query.whom))
    if query.whom == EVERYBODY and pronoun and told_as(query) not in ("who", "count"):  # whom nobody named
        query = replace(query, whom=before.query.whom)
        sighting = sighting and replace(sighting, whom=before.query.whom)
    asked_anew = found.dates or found.places or told_as(query) == "how_often" or EVER.search(rest)
    if sighting is None and not asked_anew and (query.rank is None or query.rank.by != "time"):
        sighting = meant
    if sighting is not None and query.unit == "place":
        query = Query("attribute", query.whom, attribute="place")
    return on_the_same(replace(found, query=query, sighting=sighting), before)


def on_the_same(found: ArchiveQuestion, before: ArchiveQuestion) -> ArchiveQuestion:
    """A question at the time and the place of the one before, where it names none itself."""
    asks_place = "place" in (found.query.unit, found.query.attribute) and found.sighting is None
    places = found.places or (() if asks_place else before.places)
    return replace(found, dates=held_on(found.dates, before.dates), places=places)

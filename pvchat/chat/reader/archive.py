"""Reading a question about many videos: text in, the `Query`, its dates, its place and the sighting it means out.

"What was Ana wearing when she was last seen in the kitchen on Tuesday?" is the query of "What was Ana wearing?", of the
video that answers "When was Ana last seen?", among those of a source called kitchen, on that day. What is left without
these words is read as any question is (`read.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pvchat.chat.query import Has, Query, Rank
from pvchat.chat.reader.dates import Dates, dated
from pvchat.chat.reader.read import Known, read
from pvchat.errors import SettingsError

_SHOW = re.compile(
    r"^(?:please,? )?(?:can you )?(?:show(?: me)?|find(?: me)?|play|list) (?:all |every )?(?:the )?"
    r"(?:(?:videos?|clips?|moments?|scenes?) (?:of|with|where|in which|showing) )?(.+?)(?:,? please)?[.!?]*$",
    re.IGNORECASE,
)
_WHERE = re.compile(r"^(where|what|who) (was|were) (.+?) (last|first) seen\b(.*?)[.!?]*$", re.IGNORECASE)
_CLAUSE = re.compile(
    r"(?<=\w),? (?:when|the (?:last|first) time(?: that)?) (.+?) (?:was|were) (last|first) seen\b(.*?)[.!?]*$",
    re.IGNORECASE,
)
# What is said of many videos, as it is said of one.
_AS_READ = tuple(
    (re.compile(said, re.IGNORECASE), read)
    for said, read in (
        (r"^(?:please |(?:can|could) you (?:please )?tell me |tell me |do you know )(?=when|wh|how|in which)", ""),
        (
            r"^how (?:long|many \w+) ago (?:did (?:we|I|you) (?:last )?see|was) (.+?)(?: (?:last )?seen)?(?=[?.!]*$)",
            r"When was \1 last seen",
        ),
        (r"^(?:[oi]n )?how many days\b", "how often"),
        (
            r"(?:^(?:which|what) (?:days?|weeks?|months?)|\b[oi]n (?:which|what) (?:days?|weeks?|months?|places?))\b",
            "when",
        ),
        (r"^who (?:is|was) (.+?) (?:usually|mostly|mainly|most often) with\b", r"who is seen most often with \1"),
        (r"^who (?:is|was) (.+?) (?:seen )?with most(?: often)?\b", r"who is seen most often with \1"),
        (
            r"^(who\b.*?) (?:(?:has|have|is|are|was|were) never(?: been)?|(?:has|have)(?:n't| not)(?: ever)? been)\b",
            r"\1 was not",
        ),
        (r"^[oi]n (?:which|what) (?:videos?|clips?|films?) (?:is|are|was|were) (?=nobody\b|no one\b)", "When is "),
        (r"^when (?:was|is) the (last|first) time (?:that )?(.+?) (was|were) (?:here|there)\b", r"When \3 \2 \1 seen"),
        (r"^where (.+?) (was|were) (last|first) seen\b", r"Where \2 \1 \3 seen"),
        (r"^did (.+?) meet\b", r"Were \1 seen together"),
        (r"^which (videos?|clips?|films?) (is|are|was|were) (.+?) in\b", r"In which \1 \2 \3"),
        (r"\bbeen here\b", "been seen"),
        (r"\b(?:comes (?:home|by|over|round)|drops (?:in|by)|(?:shows|turns) up|stops by)\b", "comes"),
        (r"\b(?:visit|come (?:home|by|over|round)|drop (?:in|by)|(?:show|turn) up|stop by)\b", "come"),
        (r"\bhow many times did (.+?) come\b", r"how often was \1 seen"),
        (r"^how often (was|were) (.+?) (?:here|there)\b", r"How often \1 \2 seen"),
    )
)
_AGO = re.compile(r"^how (?:long|many \w+) ago\b", re.IGNORECASE)
_PEOPLE = re.compile(r"\b(?:people|persons)\b", re.IGNORECASE)
_DAYS = re.compile(r"^(?:[oi]n )?how many days\b", re.IGNORECASE)
_LEANS = re.compile(r"^(?:and|or|but|what about|how about|then)\b|\b(?:too|also|as well|instead)\b", re.IGNORECASE)
_ASKS_AGAIN = re.compile(r"^(?:and|or|but|so|what about|how about|ok|now|then| )*\W*$", re.IGNORECASE)
_PRONOUN = re.compile(r"^(?:she|he|they|it)$", re.IGNORECASE)
_HERE = re.compile(r"\b(?:here|there)\b", re.IGNORECASE)
_INTO = r" (?:in|on|into|at|to|from|inside|around|through)(?: the| our| my)? "


@dataclass(frozen=True)
class ArchiveQuestion:
    """A question about many videos.

    Attributes:
        query: what it asks of each.
        text: the question as it is asked of one video.
        dates: of which times ("on Monday and on Friday"); none: of any.
        place: the source that it names; "" for none.
        sighting: what tells the one video that is meant ("when she was last seen"); None: all are.
    """

    query: Query
    text: str
    dates: tuple[Dates, ...] = ()
    place: str = ""
    sighting: Query | None = None


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
    try:
        rest, dates = dated(text.strip(), now, (*known.names, *known.aliases))
    except SettingsError:
        return ArchiveQuestion(Query("refuse", refusal="unclear", value="times"), text)
    place = next((one for one in sorted(places, key=len, reverse=True) if _place(one).search(rest)), "")
    if before is not None and _ASKS_AGAIN.match(_place(place).sub("", rest) if place else rest):  # "and on Tuesday?"
        return replace(before, dates=dates or before.dates, place=place or before.place)
    found = replace(_read_one(rest, place, known), dates=dates)
    if _DAYS.match(rest) and found.query.select == "how_often":
        found = replace(found, query=replace(found.query, value="days"))
    if _AGO.match(rest) and found.query.select == "when":
        found = replace(found, query=replace(found.query, value="ago"))
    alone = found if before is None else _read_one(rest, place, replace(known, history=()))
    if before is None or not _LEANS.search(rest) and found.query == alone.query:
        return found
    sighting = found.sighting
    if sighting is None and before.sighting is not None and before.sighting.whom == before.query.whom:
        sighting = replace(before.sighting, whom=found.query.whom)
    return replace(found, dates=dates or before.dates, place=place or before.place, sighting=sighting)


def _read_one(rest: str, place: str, known: Known) -> ArchiveQuestion:
    """A question from which the words for a time were taken."""
    for said, as_read in _AS_READ:
        rest = said.sub(as_read, rest)
    if found := _SHOW.match(rest):
        rest = f"When is {found[1]}?" if " " in found[1] else f"When is {found[1]} seen?"
    main, clause = _parted(rest)
    query = _over_videos(_read_at(main, place, known))
    if query.select == "when" and query.number is not None and _PEOPLE.search(main):
        query = replace(query, value="people")
    if not clause:
        return ArchiveQuestion(query, main, place=place)
    who, edge, more = clause
    subject = who if not _PRONOUN.match(who) else " and ".join(query.whom.names[:1])
    sighting = _read_at(f"When was {subject} {edge.lower()} seen{more}?", place, known)
    names = query.whom.names if _PRONOUN.match(who) else sighting.whom.names[:1]
    listed = query.select in ("who", "count")
    whom = replace(query.whom, names=() if listed else names, besides=names if listed else ())
    meant = replace(query, whom=whom)
    return ArchiveQuestion(meant, main, place=place, sighting=sighting)


def _over_videos(query: Query) -> Query:
    """When somebody came or left is, over many videos, when she was first or last seen; one's order is when she was."""
    if query.select == "order" and len(query.whom.names) == 1 and query == Query("order", query.whom, form=query.form):
        return replace(query, select="when", value="in order")
    edges = {Has("enters"): 1, Has("leaves"): -1}
    if query.select != "when" or query.where not in edges:
        return query
    return replace(query, where=None, rank=Rank("time", edges[query.where]))


def _parted(text: str) -> tuple[str, tuple[str, str, str] | None]:
    """A question, and the sighting that it is about: whose, last or first, and with what more."""
    if found := _CLAUSE.search(text):
        return f"{text[: found.start()]}?", (found[1], found[2], found[3])
    if found := _WHERE.match(text):
        return f"{found[1]} {found[2]} {found[3]}?", (found[3], found[4], found[5])
    return text, None


def _read_at(text: str, place: str, known: Known) -> Query:
    """A question without the words for a place; some are read only with a "there" in their stead."""
    if not place:
        return read(text, known)
    phrase = _place(place)
    last = re.search(phrase.pattern + r"[.!?]*$", text, re.IGNORECASE) and not _HERE.search(phrase.sub("", text))
    found = read(phrase.sub(" there" if last else "", text), known)
    return read(phrase.sub("", text), known) if found.select == "refuse" else found


def _place(name: str) -> re.Pattern[str]:
    return re.compile(rf"{_INTO}{re.escape(name)}\b", re.IGNORECASE)

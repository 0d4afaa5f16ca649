"""What a question about many videos takes from the one before it: "and on Friday?", "which of them?".

In: the question before, and what is left of this one without its times and places. Out: an `ArchiveQuestion`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat import query as queries
from pvchat.chat.archive import is_told_of_one
from pvchat.chat.english import ORDINALS
from pvchat.chat.query import EVERYBODY, NEVER, Has, Not, Query, Rank, Whom, told_as
from pvchat.chat.reader.archive_query import ASKS_AGAIN, ON_THE_DAY, read_plain, read_scoped
from pvchat.chat.reader.dates import beyond, held_on, length_of, lies_in_one
from pvchat.chat.reader.followups import is_spoken_of
from pvchat.chat.reader.read import Known
from pvchat.chat.reader.scopes import (
    CLIPS,
    SPOT,
    ArchiveQuestion,
)
from pvchat.chat.reader.timewords import counted, one_of
from pvchat.chat.reader.units import SAME, UNREAD, each_unit, of_each
from pvchat.chat.reader.words import find_mentions
from pvchat.chat.timeline import UNITS

# Speaks of the videos that were found before, and how it is said of all videos
_OF_THEM = tuple(
    (re.compile(rf"(?i){said}"), plain)
    for said, plain in (
        (r"\b(which|how many)(?: ones?)?(?: of (?:them|these|those)\b(?! (?:two|three|four)\b(?! videos\b))"
         r"(?! (?:came|comes?|left|leaves?|arrived?|appeared?|turned)\b)|(?= (?:is|are|was|were)\b(?! (?:it|that)\b)))",
         r"\1 videos"),
        (r"^(?:and )?(which|what) (?:is|was) (the [\w ]+?) of (?:them|these|those)\b", r"\1 video is \2"),
        (r"^(?:and |but )?(?:only|just) (?:those|the ones|the videos|videos)\b", "which videos are"),
        (r"^(?:and )?(?:only|just|show me|play) (the (?:first|last|newest|latest|oldest|longest|shortest))"
         r"(?: one| video)?(?=\W*$)", r"which is \1 video"),
        (r"(?: in| on)?(?<! not) (?:both|each|every|all(?: of)?(?: the| those| these)?(?: \w+)?)"
         r"(?: (?:times?|videos|visits|occasions)| of (?:them|these|those))(?=\W*$)", " in every video"),
        (r"\bin (?:(?:any|one|some) of )?(?:them|those|these|all of them)(?: videos)?(?=\W*$)", "in the videos"),
    )
)  # fmt: skip
# Speaks of the people that were found before: "which of them was there?", "was Owen one of them?"
_WHICH_OF_THEM = re.compile(
    r"(?i)^(?:and )?(?:which|how many) of (?:them|those|these)\b(?! (?:is|are|was|were) the \w+est\b)"
)
_AMONG = re.compile(
    r"(?i)^(?:and |but )?(?:is|was|were|are) (?P<who>.+?) (?:one of|among|amongst) (?:them|those|these)\W*$"
)
_LISTED = ("exists", "how_often", "how_long")
_OF_VIDEOS = ("when", "who", *_LISTED)  # what lists videos
# "the same day", "that night": of the time asked about before, or of the one sighting that is meant
# … or the one before it: "where was she the day before?"
_THAT = re.compile(
    r"(?i) (?:on |in )?(?:(?:that|the same) (?P<unit>day|night|week|month|year)"
    r"|the (?:(?P<which>next|following|previous) )?(?P<next>day|night|week|month|year)"
    r"(?(which)| (?P<how>before|after)(?: that)?))\b",
)
_THAT_PART = re.compile(r"(?i)\b(?:on |in )?(?:that|the same) (morning|afternoon|evening|night)\b")
_LEANS = re.compile(
    r"(?i)^(?:and|or|but|so|what about|how about|then|only|just)\b|\b(?:too|also|as well|instead)\b"
    r"|^(?:whom?|what|which|how)\b.* (?:is|was|are|were) (?:that|it|this|those|these|they)\W*$"
    r"|^who (?:(?:(?:came|arrived|left|was)(?: in)? )?(?:the )?(?:first|last|(?:most )?recently|latest)\W*"
    r"|(?:was|were) ?\??)$|^(?:\w+ing|always|usually|never)\b|^what (?:is|was) (?:it|that|this) about\b"
    r"|^(?:some|any)(?:one|body) (?:(?:we|i|you) know|(?:un)?known|new|else)\W*$|^an? stranger\W*$"
    r"|^(?:at )?(?:whom?|when|where|with whom|what times?|how (?:long|often|many)(?: people)?)"
    r"(?: (?:was|were|is|are) (?:it|that|this|they|those|these|them))?(?: exactly)?\W*$",
)  # fmt: skip
# "and before?", "the Friday before", "the following week", "two days later"
_BEYOND = re.compile(
    r"(?i)^(?:and |(?:what|how) about )?(?:(?:on|in) )?(?:the )?(?:(?P<which>next|following|previous) )?"
    r"(?:(?P<count>\d+|an?|one(?! (?:before|after|later|earlier)\b)|few|two|three|four|five|six|seven|eight|nine|ten)"
    r" )?"
    r"(?:(?P<unit>one|hour|day|morning|afternoon|evening|night|week|month|year|\w+day)s?(?: |\b))?"
    r"(?P<how>before|after|later|earlier)?(?: that(?: date| day)?)?(?: then)?\W*$",
)
_WHICH_ONES = re.compile(
    r"(?i)^(?:and )?(?:(?:in )?which(?P<videos> videos?)|(?:which|what)(?: ones?| \w+s| were (?:they|those))?)\W*$",
)
_HOW_MANY = re.compile(r"(?i)^(?:and )?how many(?: videos)?(?: (?:is|are) (?:that|they|those|these|there))?\W*$")
# What shows the videos of the answer before: "play it", "which video is that?"
_SHOW = re.compile(
    r"(?i)^(?:and |please |now |can you |could you |let me )*(?:play|show|open|watch|see)(?: me)?"
    r"(?: (?:it|that|this|them|those|these|the (?=\w))(?: ?(?:one|video|clip|moment)s?)?)?"
    r"(?: to me| again| please| now)*\W*$"
    r"|^(?:and )?(?:when|where) (?:was|were) (?:it|that|this|they) (?:recorded|filmed|taken|made|shot)\W*$"
    r"|^(?:in )?(?:which|what) (?:video|clip|file|recording) (?:is|was) (?:it|that|this)(?: in)?\W*$",
)
# "which folder is Ana in, and which dates should I look at?"
_WHICH_UNITS = re.compile(
    r"(?i)^(?:on |in )?(?:which|what) (?:dates?|days?|folders?|places?|rooms?)(?: (?:should|do|can) i .*)?\W*$"
)
_ON_IT = re.compile(
    r"(?i)\b(?:else|his|their|[io]n (?:it|that one))\b|^(?:is|was) (?:it|that|this)\b"
    r"|\b(?:there|then)(?=(?: too| also| as well| then| with \w+)?\W*$)",
)  # fmt: skip
# Asks anew, of all times
_EVER = re.compile(
    r"(?i)\b(?:ever|never|usually|normally|always|at all|last (?:seen|here|come|came|visit)|(?:here|come) last)\b"
)
# The one before, or after, the sighting that is meant: "and the time before?", "who was there the next time?"; alone
# also "and then?", "and in the oldest?". The group that matched last says which.
_STEP = re.compile(
    r"(?i)^(?:and |but |what about |when was |in |on )*(?P<asked>.*?)\b(?:on |in )?(?:the )?"
    r"(?:(?P<back>(?:time|one|visit|video) before(?: that| it)?|previous(?: (?:time|one|visit|video))?|before that)"
    r"|(?P<on>(?:time|one|visit|video) after(?: that| it)?|(?:next|following)(?: (?:time|one|visit|video))?|after that)"
    r"|(?P<alone_back>before)|(?P<alone_on>then|after)"
    r"|(?P<alone_first>(?:first|oldest|earliest)(?: one| video)?)"
    r"|(?P<alone_last>(?:last|newest|latest)(?: one| video)?))"
    r"\W*$",
)
# All of the time before, or after, the sighting that is meant: "did anybody come after that?"
_SINCE = re.compile(
    r"(?i)^(?:and |but )?(?P<asked>(?:did|was|were|has|have|had|who|which|how (?:many|often)|what happened"
    r"|(?P<one>wh\w+))\b.*?) (?:(?P<how>before|after) (?:that|it)|(?P<alone>before|earlier|later|afterwards)"
    r"|since(?: then)?|again|back(?: again)?)\W*$"
)
# One of the videos that were found: "the first one", "and the second?", "the last of them"
_NTH_OF_THEM = re.compile(
    rf"(?i)^(?:and |but |or |only |just |what about |how about |show me |play )*(?:the )?"
    rf"(?P<nth>{one_of(ORDINALS)}|last|latest|newest|earliest|oldest)(?: (?:one|time|video|visit))?"
    rf"(?: of (?:them|those|these))?\W*$"
)
_VIDEOS_WITH = re.compile(rf"(?i)\b{CLIPS}\b.* with \w")
# What a correction begins with: "no, sorry,", "I meant", "not yesterday,"
_NO = re.compile(
    r"(?i)^(?:(?:oh|no|nope|sorry|wait|actually|rather|(?:no,? )?i (?:mean|meant|said)|make (?:it|that))\b,? ?"
    r"|not (?P<not>[^,?]+?)(?:,| but) (?:rather )?)+(?=\w)"
)
# Whoever was found before: "what was the woman wearing?", "and the man?", "when did those people leave?"
_POINTED_AT = re.compile(
    r"(?i)(?P<to>\b(?:with|to|of|by|beside|about|than) )?\b(?:(?:the|that|this) (?:(?P<man>man|guy|gentleman|bloke)"
    r"|(?P<woman>woman|lady)|(?P<one>person|visitor|individual))|(?:those|these|the) (?:two |three )?(?:people|persons"
    r"|visitors|individuals)|(?:those|these|the) two)(?P<of>['’]s)?\b(?! (?:in|on|at|with|who|that|from|of)\b)",
)
_VERB = re.compile(r"(?i)\b(?:is|are|was|were|does|do|did|has|have)\b")
_HE = re.compile(r"(?i)\b(?:he|she|they|him|her|them)\b")


def with_other_places(text: str, before: ArchiveQuestion | None) -> str:
    """A question with the places of the one before in place of "else": "anywhere else?" is "outside the hall?"."""
    if before is None or not before.places or before.only == "elsewhere":
        return text
    outside = "outside " + " or ".join(place for place, _ in before.places)
    text = re.sub(r"(?i)\b(?:(?:any|some)where else|elsewhere)\b(?! than\b)", lambda _: outside, text)
    return re.sub(r"(?i)\b(where) else\b(.*?)(?=\W*$)", lambda said: f"{said[1]}{said[2]} {outside}", text)


def corrected(text: str, names: Sequence[str]) -> str:
    """A correction as the question that it comes to: "sorry, Monday", "not in the hall, in the garden"."""
    said = _NO.match(text)
    if said is None or said["not"] and find_mentions(said["not"], names, {}):  # "not Ben, Ana"
        return text
    rest = text[said.end() :]
    return rest if _VERB.search(rest) or re.match(r"(?i)and\b|(?:who|wh|how)\w*\b", rest) else f"and {rest}"


def of_all(before: ArchiveQuestion) -> ArchiveQuestion:
    """A question of all sightings, else of all times, or, where it named none, of all places: "how often in all?"."""
    if _sighting_of(before) is not None:
        every = replace(before.query, rank=None)
        return replace(before, query=every, sighting=None, around="", shifts=(), sighted=None)
    return replace(before, dates=(), only="") if before.dates else replace(before, places=(), only="")


def with_hours_of_that_day(text: str, before: ArchiveQuestion | None) -> str:
    """A question with the part of a day that it points at ("that evening") as hours of the day asked about before."""
    if before is None:
        return text
    of_day = before.dates and lies_in_one(before.dates, "day")
    return _THAT_PART.sub(rf"in the \1{'' if of_day else ' that day'}", text)


def after(before: ArchiveQuestion, rest: str, undated: str, known: Known, scoped: ArchiveQuestion) -> ArchiveQuestion:
    """A question that may lean on the one before."""
    rest, meant = _POINTED_AT.sub(lambda said: _as_pronoun(said, known), rest), _sighting_of(before)
    again = _among(rest, before, known) or _asked_again(rest, undated, scoped, before)
    if again := again or _of_them(rest, before, known, scoped):
        return again
    if ON_THE_DAY.search(rest):
        return read_scoped(rest, known, scoped)
    rest = re.sub(r"\banother one\b", "another stranger", rest) if before.query.whom.known is False else rest
    if before.query.where is None and _VIDEOS_WITH.search(before.text):  # "how many videos with Ana?", "and with Ben?"
        rest = re.sub(r"(?i)^((?:and|or|but|what about|how about) )with (?=\w+\W*$)", r"\1", rest)
    another = _of_another(rest, before, known) or _before_or_since(rest, known, scoped, before, meant)
    return another or _of_that_time(rest, known, scoped, before, meant)


def _among(rest: str, before: ArchiveQuestion, known: Known) -> ArchiveQuestion | None:
    """Whether somebody is one of those who were found: "was Owen among them?"."""
    found = _AMONG.match(rest) if told_as(before.query) in ("who", "count") else None
    if found is None:
        return None
    whom, query = read_plain(f"is {found['who']} there?", known).whom, before.query
    return replace(before, query=Query("exists", whom, query.where, during=query.during, form="polar"))


def _before_or_since(
    rest: str, known: Known, scoped: ArchiveQuestion, before: ArchiveQuestion, meant: Query | None
) -> ArchiveQuestion | None:
    """A question of the sighting before or after the one that is meant ("who was there the time before?"), or of all of
    the time before or after it ("was he there again?").
    """
    step, since = _STEP.match(rest), None if _THAT.search(rest) else _SINCE.match(rest)
    of_one = since is None or since["one"] and since["how"] or since["alone"]  # "where was he before that?"
    if of_one and (other := _sighting_beside(meant, step)) is not None and step is not None:
        rest = f"{step['asked'].strip()}?"
        found = read_scoped(rest, known, scoped)
        if found.query.select == "when" and not found.query.unit:  # "when had he come before that?"
            return replace(before, query=other, sighting=None)
        return _follow_up(rest, found, before, other)
    return None if since is None else _since(since, known, scoped, before, meant)


def _of_that_time(
    rest: str, known: Known, scoped: ArchiveQuestion, before: ArchiveQuestion, meant: Query | None
) -> ArchiveQuestion:
    """A question of the time that it points at ("that day"), or of the times and places of the one before, where it
    leans on that; else as it stands.
    """
    around, rest = _THAT.search(rest), _THAT.sub("", rest, count=1)
    found, fresh = read_scoped(rest, known, scoped), read_scoped(rest, replace(known, history=()), scoped)
    if found.query.select == "why":
        return replace(before, query=found.query, sighted=before)
    if around is not None:
        how = around["how"] or around["which"]
        shift = (_way(how), around["next"].lower(), 0.0) if how else None
        anywhere = re.search(r"(?i)\bhere\b", rest) is not None  # "was Ana here that day?"
        return _in_that((around["unit"] or "day").lower(), found, before, shift, anywhere)
    points = _ON_IT.search(rest) or not queries.names_in(fresh.query) and _HE.search(rest)
    leans = (points or found.query != fresh.query) and not _EVER.search(rest)
    leans = leans or _leans(rest, found, before, known)
    return _follow_up(rest, found, before, meant) if leans else found


def _leans(rest: str, found: ArchiveQuestion, before: ArchiveQuestion, known: Known) -> bool:
    """Whether a question's words say that it goes on: "and Ben?", "Ana?"; or it asks what somebody named again did."""
    named = find_mentions(rest, known.names, known.aliases)
    is_name = len(named) == 1 and named[0].start == 0 and not re.search(r"\w", rest[named[0].end :])
    asked_of, before_of = ({*queries.names_in(one.query)} for one in (found, before))
    of_same = is_told_of_one(found.query) and bool(asked_of) and asked_of <= before_of and not _EVER.search(rest)
    past = re.search(r"(?i)\b(?:was|were|did)\b", rest) is not None  # "what was Ana wearing?"
    return is_name or of_same and past or bool(_LEANS.search(rest) or _WHICH_UNITS.match(rest))


def _of_another(rest: str, before: ArchiveQuestion, known: Known) -> ArchiveQuestion | None:
    """The question before of somebody else, where it held times or places against each other: "and Ben?"."""
    named = find_mentions(rest, known.names, known.aliases)
    compares = before.query.select == "compare" and len(before.scopes) > 1 and len(named) == 1
    if not compares or not ASKS_AGAIN.match(rest[: named[0].start] + rest[named[0].end :]):
        return None
    return replace(before, query=replace(before.query, whom=Whom((named[0].name,))))


def _since(
    said: re.Match[str], known: Known, scoped: ArchiveQuestion, before: ArchiveQuestion, meant: Query | None
) -> ArchiveQuestion | None:
    """A question of all of the time before, or after, what was asked about before: "did anybody come after that?", "was
    he there again?"; None: that had no end.
    """
    how = _way(said["how"] or said["alone"] or "after")
    found = read_scoped(f"{said['asked']}?", known, scoped)
    nameless = before.query.whom.known is False or not queries.names_in(found.query)
    if nameless and _HE.search(said["asked"]):  # "was that man here again?"
        return replace(before, query=SAME)
    before = (
        before.sighted if how == "before" and before.sighting is None and before.sighted else before
    )  # "after that"
    before = replace(before, places=()) if re.search(r"(?i)\bhere\b", said["asked"]) else before
    if meant is not None and meant.rank is not None and meant.rank.by == "time":
        return _in_that("moment", found, before, (how, "", 0.0))
    apart = beyond(before.dates, how, "") if before.dates and not scoped.dates else None
    if apart is not None and not lies_in_one(before.dates, "day") and told_as(before.query) in ("exists", "when"):
        return _in_that("moment", found, before, (how, "", 0.0))  # of the days of a week that on which it was
    return None if apart is None else replace(_on_the_same(found, before), dates=(apart,), sighted=before)


def _as_pronoun(said: re.Match[str], known: Known) -> str:
    """The pronoun for "the woman", where one was found or named before, or for "those people"; else what is said."""
    gender = "man" if said["man"] else "woman" if said["woman"] else ""
    if gender and not is_spoken_of(gender, known.history, known.timeline):
        return said[0]
    spoken = {"man": ("he", "him", "his"), "woman": ("she", "her", "her"), "": ("they", "them", "their")}[gender]
    return f"{said['to'] or ''}{spoken[2 if said['of'] else 1 if said['to'] else 0]}"


def _of_them(rest: str, before: ArchiveQuestion, known: Known, scoped: ArchiveQuestion) -> ArchiveQuestion | None:
    """A question about the videos that were found before: "which of them is the longest?"; None: it is of others."""
    said, plain = next(((said, plain) for said, plain in _OF_THEM if said.search(rest)), (None, ""))
    of_people = told_as(before.query) in ("who", "count") and _WHICH_OF_THEM.match(rest)
    if said is None or of_people or told_as(before.query) not in _OF_VIDEOS:
        return None
    them = said.sub(plain, rest)
    found = read_scoped(them, known if _HE.search(them) else replace(known, history=()), scoped)
    if re.search(r"\belse\b", rest):  # "who else is in them?"
        found = replace(found, query=replace(found.query, whom=Whom(besides=queries.names_in(before.query))))
    query = found.query
    narrows = replace(query, unit="", per="", form="wh") in (Query("when"), Query("how_often"))
    if narrows and before.query.whom.names and told_as(before.query) != "who":  # "which of them are in the hall?"
        found = replace(found, query=replace(before.query, select=query.select, form="wh", rank=None))
    found = _on_the_same(found, before) if len(before.scopes) == 1 else found
    return found if before.query.rank is not None else replace(found, among=before)


def _in_that(
    unit: str,
    found: ArchiveQuestion,
    before: ArchiveQuestion,
    shift: tuple[str, str, float] | None,
    anywhere: bool = False,
) -> ArchiveQuestion:
    """A question about "that day", or week …, or the one before or after it (`shift`): the one asked about before, else
    that of the last sighting it found, or on which most was found.
    """
    query, meant = before.query, _sighting_of(before)
    asks_place = anywhere or "place" in (found.query.unit, found.query.attribute)
    found = replace(found, places=found.places or (() if asks_place else before.places))
    if meant is None and told_as(query) in ("when", "exists", "how_often") and not query.unit:
        first = unit == "moment" and shift is not None and shift[0] == "before"
        meant = Query("when", query.whom, query.where, rank=Rank("time", 1 if first else -1))
    meant = query if query.unit == unit and query.rank is not None else meant
    if meant is None or unit != "moment" and before.dates and lies_in_one(before.dates, unit):
        other = beyond(before.dates, *shift) if before.dates and shift else None
        same = replace(before, places=()) if anywhere else before
        return replace(found, dates=(other,)) if other else _on_the_same(found, same)
    shifts = (shift,) if shift else ()
    return replace(found, sighting=meant, around=unit, shifts=shifts, sighted=before)


def _asked_again(rest: str, undated: str, scoped: ArchiveQuestion, before: ArchiveQuestion) -> ArchiveQuestion | None:
    """The question before, of another time or place, of the time before; None: something else is asked."""
    before = replace(before, among=None) if is_told_of_one(before.query) else before
    dates, spots, meant, query = scoped.dates, scoped.places, _sighting_of(before), before.query
    if (dates or spots) and ASKS_AGAIN.match(rest.replace(SPOT, "")):  # "and on Tuesday?"
        each = each_unit(dates)
        was_each = each and any(one.each for one in before.dates)  # "how often a day is she there?" "And a week?"
        query = replace(query, value="", unit=each) if was_each else of_each(query, each)
        kept = "" if before.only == "at other times" and dates else before.only
        anew = scoped.only == "at other times" or spots and kept in ("", "elsewhere")
        only = scoped.only if anew else kept
        of_other = before.sighting is not None and {*query.whom.names}.isdisjoint(before.sighting.whom.names)
        sighting = None if of_other and query.whom.names else before.sighting  # "was she smiling?", "and today?"
        if dates and sighting is not None and sighting.rank is not None and sighting.rank.by == "time":
            sighting = replace(sighting, rank=Rank("time", 1 if sighting.rank.k > 0 else -1))
        again = replace(before, query=query, dates=dates, places=spots, only=only, sighting=sighting)
        again = _on_the_same(again, before)
        held = [name for whom in queries.parts_of(again.query, Whom) for name in whom.names]
        if len(again.scopes) > 1 or len(held) > 1 or before.query.select != "compare" and before.query.unit != "scope":
            return again
    step = _STEP.match(rest)
    if step is not None and not step["asked"] and meant is not None and meant.rank is not None:
        if (rank := _stepped(meant.rank, step)) is None:  # before the first
            return replace(before, query=Query("refuse", refusal="unclear"), sighting=None)
        other = replace(meant, rank=rank)
        if before.sighting == meant != query:
            return replace(before, sighting=other)
        if query.select == "who" and abs(rank.k) > 1:  # "who came first?", "and then?"
            return replace(before, query=replace(query, rank=None), sighting=other)
        query = replace(query, rank=rank) if query.rank == meant.rank else other
        return replace(before, query=query, sighting=None)
    return _beyond(undated, before, meant) or _nth_of_them(rest, before, meant) or _shown(rest, before, meant)


def _nth_of_them(rest: str, before: ArchiveQuestion, meant: Query | None) -> ArchiveQuestion | None:
    """The question before of one of the videos that it found: "when was Ana here?", "and the second time?"."""
    said, query, told = _NTH_OF_THEM.match(rest), before.query, told_as(before.query)
    by_time = meant is not None and meant.rank is not None and meant.rank.by == "time"
    if said is None or not by_time and (told not in ("when", *_LISTED) or query.unit in UNITS):
        return None
    nth = said["nth"].lower()
    rank = Rank("time", ORDINALS.get(nth) or (1 if nth in ("earliest", "oldest") else -1))
    if by_time and meant is not None and before.sighting == meant != query:
        return replace(before, sighting=replace(meant, rank=rank))
    listed = meant if by_time and meant is not None else query if told == "when" else _listed(query)
    return replace(before, query=replace(listed, rank=rank, form="wh"), sighting=None)


def _listed(query: Query) -> Query:
    """The videos of an answer to another question: "is Ana there?", "which videos are they?"."""
    return (
        Query("when", unit="video")
        if query == Query("length", unit="video")
        else Query("when", query.whom, query.where)
    )


def _sighting_beside(meant: Query | None, step: re.Match[str] | None) -> Query | None:
    """The sighting before, or after, the one that is meant, where a question steps to it; None: there is none."""
    if meant is None or meant.rank is None or step is None or step.lastgroup not in ("back", "on"):
        return None
    rank = _stepped(meant.rank, step)
    return None if rank is None else replace(meant, rank=rank)


def _stepped(rank: Rank, step: re.Match[str]) -> Rank | None:
    """Of the sighting before, or after, one; by another rank than time of the next one; None: there is none."""
    way = step.lastgroup or ""
    if rank.by == "time" and way in ("alone_first", "alone_last"):
        return Rank("time", 1 if way == "alone_first" else -1)
    back = way.endswith("back") if rank.by == "time" else rank.k < 0
    k = rank.k - 1 if back else rank.k + 1
    return replace(rank, k=k) if k * rank.k > 0 else None


def _beyond(undated: str, before: ArchiveQuestion, meant: Query | None) -> ArchiveQuestion | None:
    """The question before of the day, week … before, or after: that of its time, or of the sighting that is meant."""
    said = _BEYOND.match(undated)
    how = _way(said["which"] or said["how"] or "") if said is not None else ""
    if said is None or not how:
        return None
    unit, count = (said["unit"] or "").lower(), counted((said["count"] or "").lower()) or 0.0
    if unit == "one":
        unit = length_of(before.dates) if before.dates and meant is None else ""
        if not unit:
            return None
    if not before.dates:
        shifts, around = (*before.shifts, (how, unit, count)), before.around or "day"
        of_sighting = meant is not None and unit
        return replace(before, sighting=meant, around=around, shifts=shifts) if of_sighting else None
    since = before.sighted if how == "before" and not unit and before.sighting is None else None  # of "after that"
    other = beyond((since or before).dates, how, unit, count)
    return replace(before, dates=(other,)) if other else replace(before, query=UNREAD)


def _way(word: str) -> str:
    """Whether "next", "previous" … lies before or after."""
    ways = {"next": "after", "following": "after", "later": "after", "afterwards": "after"}
    return {**ways, "previous": "before", "earlier": "before"}.get(word.lower(), word.lower())


def _shown(rest: str, before: ArchiveQuestion, meant: Query | None) -> ArchiveQuestion | None:
    """Which videos, days … those of the answer before are: "which ones?", "play it"."""
    which, query, told = _WHICH_ONES.match(rest), before.query, told_as(before.query)
    if told == "when" and not query.unit and query.rank is None and _HOW_MANY.match(rest):
        return replace(before, query=replace(query, select="how_often", form="wh"))
    if _SHOW.match(rest):
        if meant is not None and not before.around:
            return replace(before.sighted or before, query=meant, sighting=None)
        listed = query if told == "when" else _listed(query)
        return None if told in ("compare", "order", "refuse") else replace(before, query=replace(listed, form="wh"))
    is_list = told == "when" and (query.form == "polar" or " one" in rest)  # "is there a video without Ana?"
    if which is None or not (is_list or told == "how_often" or which["videos"] and told in ("exists", "how_long")):
        return None
    query = query if is_list else replace(query, per="") if query.per == "count" else replace(query, select="when")
    return replace(before, query=replace(query, form="wh"))


def _sighting_of(before: ArchiveQuestion) -> Query | None:
    """The one sighting that a question before has named; None where it named none."""
    query, rank = before.query, before.query.rank
    if rank is None or query.number is not None or query.unit == "place" or before.around:
        return before.sighting
    if query.select == "who" and rank.by == "time" and queries.is_plain(query.where):  # "who was the last here?"
        return Query("when", query.whom, rank=rank)
    of_one = rank.by == "time" or query.unit in ("", "video") and not query.per  # the video with most people
    return query if told_as(query) == "when" and of_one else before.sighting


def _follow_up(rest: str, found: ArchiveQuestion, before: ArchiveQuestion, meant: Query | None) -> ArchiveQuestion:
    """A question that leans on the one before: of whom, of which sighting, when and where."""
    query = _said_shortly(rest, _of_others(found.query, before.query), before.query)
    if _WHICH_UNITS.match(rest) and query.unit:
        return _at_which_units(found, query, before, meant)
    query = _of_both_or_too(rest, query, before.query)
    sighting = found.sighting or _same_of_another(query, before.query, meant)
    query = _who_they_were(rest, query, before.query)
    if _names_nobody(query) and _speaks_of_somebody(rest, query):
        anew = found.dates or found.places or found.only
        if anew and not before.query.whom.names and re.search(r"(?i)\b(?:s?he|him|her)\b", rest):
            return replace(found, query=SAME)  # who was found is nobody whom I know
        query = replace(query, whom=before.query.whom)
        sighting = sighting and replace(sighting, whom=before.query.whom)
    return _on_the_same(_of_sighting(rest, replace(found, query=query, sighting=sighting), before, meant), before)


def _said_shortly(rest: str, query: Query, before: Query) -> Query:
    """A question without a verb, as the one before it: "which videos show Ana?", "and without Ben?"."""
    if _VERB.search(rest):
        return query
    lists = told_as(before) == "when" and before.form == "wh" and before.unit in ("", "video")
    if lists and query.form == "polar":
        query = replace(query, select="when" if query.select == "exists" else query.select, form="wh")
    if query.select == "who" and query.number == NEVER and query.where is not None:
        query = replace(query, where=Not(query.where), number=None)  # "who was with Ana?", "and without her?"
    return query


def _at_which_units(
    found: ArchiveQuestion, query: Query, before: ArchiveQuestion, meant: Query | None
) -> ArchiveQuestion:
    """On which days, or at which places, what was asked before was so; of one sighting both are told with it."""
    if meant is not None and not before.around:
        return replace(before.sighted or before, query=meant, sighting=None)
    units = replace(before.query, select="when", form="wh", unit=query.unit)
    return _on_the_same(replace(found, query=units), before)


def _of_both_or_too(rest: str, query: Query, before: Query) -> Query:
    """Of both who were asked about ("the two of them"); "was Ana there too?" is of her alone, not of being with him."""
    pair = queries.names_in(before)
    if len(pair) == 2 and {*query.whom.names} < {*pair} and re.search(r"\b(?:both|two) of them\b", rest):
        query = replace(query, whom=Whom(pair, "both"))  # "was Ana ever there without Ben?"
    too = query.select == "exists" and query.where == Has("with") and len(query.whom.names) == 1
    return replace(query, where=None) if too and " there" in rest else query


def _same_of_another(query: Query, before: Query, meant: Query | None) -> Query | None:
    """The sighting that is meant, of somebody else: "where is Ana now?", "and Ben?"."""
    same = Query("attribute", query.whom, attribute="place") if query.unit == "place" else query
    named = query.whom.names or query.whom.known is False
    if meant is None or not named or same != replace(before, whom=query.whom) or meant.whom != before.whom:
        return None
    return replace(meant, whom=query.whom)


def _who_they_were(rest: str, query: Query, before: Query) -> Query:
    """Which of those found it was ("who were they?"), or with whom she was ("was Tom with anybody?", "who?")."""
    if query.select != "who":
        return query
    if query.whom.names and _HE.search(rest):
        query = replace(query, whom=replace(query.whom, quantifier="any"))
    of_place = before.unit == "place" and _ON_IT.search(rest)  # "where was he?", "who was there?"
    with_her = query.where == Has("with") or of_place and query.where is None
    return replace(query, where=Has("with", of=before.whom)) if with_her and before.whom.names else query


def _names_nobody(query: Query) -> bool:
    """Whether it is of anybody, but doesn't ask who."""
    return query.whom == EVERYBODY and not queries.names_in(query) and told_as(query) not in ("who", "count")


def _speaks_of_somebody(rest: str, query: Query) -> bool:
    """Whether a pronoun stands for whom was asked about: "was he alone?", "what did they say about it?"."""
    of_sound = queries.is_of_sound(query) and re.search(r"(?i)\bit\b", rest) is not None
    return of_sound or _HE.search(rest) is not None


def _of_sighting(rest: str, found: ArchiveQuestion, before: ArchiveQuestion, meant: Query | None) -> ArchiveQuestion:
    """A question of the one sighting that is meant, or of the videos that were found, unless it asks of other times."""
    query, sighting, told = found.query, found.sighting, told_as(found.query)
    when = told == "when" and query.unit != "place" and not _LEANS.search(rest)  # "when did he sit?"
    asked_anew = found.dates or found.places or told == "how_often" or when or _EVER.search(rest)
    ranked = query.rank is not None and (query.rank.by == "time" or query.unit == "video")
    if sighting is None and not asked_anew and not ranked:
        sighting = meant
    if sighting is not None and query.unit == "place":
        query = Query("attribute", query.whom, attribute="place")
    if before.among is not None and sighting is meant is not None:
        found = replace(found, sighted=before)
    elif sighting is None and (query.whom == before.query.whom or is_told_of_one(query)):
        of_these = is_told_of_one(query) and not asked_anew and not queries.is_plain(before.query.where)
        found = replace(found, among=found.among or (before if of_these else before.among))
    return replace(found, query=query, sighting=sighting)


def _of_others(query: Query, before: Query) -> Query:
    """A query in which nobody is with herself: "her" is with whom it was asked before, "who is she with?" of others."""
    names, others, event = query.whom.names, queries.others_in(before.where), query.during.event
    if event is not None and not {*names}.isdisjoint(queries.others_in(event.where)):  # "who is next to her?"
        query = replace(query, during=queries.numbers_of(query.during))
    part = queries.affirmed(query.where)
    if others and isinstance(part, Has) and part.of is not None and part.of.names == names:
        part = replace(part, of=replace(part.of, names=others))
        return replace(query, where=Not(part) if isinstance(query.where, Not) else part)
    return query


def _on_the_same(found: ArchiveQuestion, before: ArchiveQuestion) -> ArchiveQuestion:
    """A question at the time and the place of the one before, where it names none itself."""
    asks_place = "place" in (found.query.unit, found.query.attribute) and found.sighting is None
    places = found.places or (() if asks_place else before.places)
    holds = before.only == "elsewhere" and places is before.places
    holds = holds or before.only == "at other times" and not found.dates
    only = before.only if holds else found.only
    return replace(found, dates=held_on(found.dates, before.dates), places=places, only=only)

"""Reading a question about many videos: text in, the `Query`, its dates, its places and the sighting it means out.

"What was Ana wearing when she was last seen in the kitchen on Tuesday?" is the query of "What was Ana wearing?", of the
video that answers "When was Ana last seen?", among those of a source called kitchen, on that day. "Which room is Ana in
most often?" is "When is Ana there?", put together by place (`Query.value`), the most first (`Query.rank`). What is left
without these words is read as any question is (`read.py`), and so is what it leans on: the questions before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, cast

from pvchat.chat.english import in_place
from pvchat.chat.query import (
    ANYTHING,
    EVERYBODY,
    NEVER,
    PRESENT,
    And,
    Bound,
    During,
    Event,
    Form,
    Has,
    Not,
    Number,
    Query,
    Rank,
    Select,
    Whom,
    atoms,
    conjunction,
    is_of_sound,
    numbers_of,
    parts_of,
    together,
)
from pvchat.chat.reader.dates import Dates, beyond, dated, held_on
from pvchat.chat.reader.read import Known, read
from pvchat.chat.reader.timewords import counted, one_of
from pvchat.chat.reader.words import find_mentions
from pvchat.chat.sounds import MUSIC
from pvchat.errors import SettingsError

_SPOT = "§"  # stands where a place was named
# What videos are called, and visits, but for words that are quoted
_CALLED = re.compile(
    r"[\"“][^\"”]*[\"”]|\b(?P<word>clip|film|movie|recording|vid|footage|appearance)(?P<s>s?)\b", re.IGNORECASE
)
# By what videos are put together (`archive_finding.UNITS`): "which room …", "on which days …", "how many nights …"
_MAINLY = "usually|normally|generally|mainly|mostly|most often"
_USUALLY = rf"(?=.*\b(?:{_MAINLY})\b)"
_MOSTLY = rf"(?=.*\b(?:{_MAINLY}|(?<!at )(?:most|least)|longest|shortest|fewest|quietest|busiest)\b)"
_UNIT = re.compile(
    r"^(?:and |but )?(?:(?:[io]n|at|during|from) )?"
    r"(?:(?P<how>how many)|which|what|(?P<is>(?:is|are|was|were) there(?: an?y?)?|any))"
    r"(?: different| other| of the)? (?:(?P<place>rooms?|places?|locations?|cameras?|parts? of the \w+)"
    r"|(?P<weekday>days? of the week|weekdays?)|(?P<day>days?|dates?)(?! ago)|(?P<night>nights?)|(?P<week>weeks?)"
    rf"|(?P<month>months?)|(?P<year>years?)|(?P<hour>hours?|times?(?: of (?:the )?day)?{_USUALLY})"
    rf"|(?P<video>videos?(?:(?<=many videos)|{_MOSTLY})))\b(?: (?:[io]n )?(?:which|when|where|that))?"
    rf"|^(?P<where>where(?:['’]s)?)\b(?:{_MOSTLY}|(?=.*\b(?:been|everywhere|now|last|first)\b))"
    rf"|^(?P<when>when|what time)\b{_USUALLY}"
    rf"|^(?P<who>who)\b(?:{_MOSTLY}|(?=.*(?<![\"'“‘])\bnever\b))"
    r"|^(?P<ago>how (?:long|many \w+) (?:ago|(?:is it |has it been )?since))\b",
    re.IGNORECASE,
)
_MEASURES = (
    (r"\bspen[dt]s? (?:(?:the )?most(?: of)? )?(?:(?:his|her|their|the) )?time\b|\b(?:the )?longest\b", Rank("long")),
    (r"\b(?:the )?shortest\b", Rank("long", -1)),
    (r"\b(?:the )?(?<!at )(?:least(?: often)?|fewest|quietest)\b", Rank("often", -1)),
    (rf"\b(?:(?:in|on) )?(?:the )?(?:most (?:frequently|of the time|videos|days)|{_MAINLY}|most|largest number of"
     r"|busiest)\b", Rank("often")),
    (r"\b(?:right )?now\b", Rank("time", -1)),
)  # fmt: skip
# Not "whom I don't know"
_NOT = re.compile(
    r"(?:(?<![\"'“‘])\b(?:never|(?<!but )not)\b|n't\b)(?: ever)?(?! (?:know|recogni[sz]ed?|enrolled)\b)", re.IGNORECASE
)
_IDLE = re.compile(
    r"^(?!\W*do (?:i|we|you) exist\b)"
    r"(?:['’]s\b|is|are|was|were|has|had|have|been|got|used|visit\w*|the|all|(?:every|any)(?:thing)?|videos?|stuff|there|seen"
    r"|people|recorded|filmed|shot|made|taken|new|which|what|do|i|we|you|exist|in total"
    r"|please|pls|plz|\W)*$",
    re.IGNORECASE,
)
# "videos without Ana", not "videos of Ben without Ana"; "what was the last video?", "play the first video with Ana"
_VIDEOS_WITHOUT = re.compile(
    r"^(?:(?P<polar>(?:is|are|was) there|any|do (?:we|i|you) have)|(?P<many>how many)|which|what|show|list|find)?"
    r"(?: me)?(?: ?(?:any|an?|the|all|every|are|is|there))* ?videos? (?:(?:is|are|there) )*(?:without|with no) "
    r"(?P<who>.+?)[\s?!.]*$",
    re.IGNORECASE,
)
_ANY_VIDEO_OF = re.compile(r"^(?:is|are) there (?:any |an? )?videos? (?:of|with) (?P<who>.+?)[\s?!.]*$", re.IGNORECASE)
_NTHS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "last but one": -2, "second to last": -2,
         "second last": -2, "next to last": -2, "penultimate": -2}  # fmt: skip
_VIDEO_AT_AN_END = re.compile(
    r"^(?:(?:what|which|when)(?:['’]s| is| was)?|show|play|find|give)?(?: me)?(?: ?the)? ?"
    rf"(?P<edge>first|last|{one_of(_NTHS)}) video"
    rf"(?: (?:of|with|showing) (?P<who>.+?)| there is| i have| we have)?(?: {_SPOT})?[\s?!.]*$",
    re.IGNORECASE,
)
_IN_VIDEO_AT_AN_END = re.compile(
    rf" in the (?P<edge>first|last|{one_of(_NTHS)}) video(?=(?: {_SPOT})?\W*$)", re.IGNORECASE
)
_BOTH_ENDS = re.compile(r"\b(?:first and (?:the )?last|last and (?:the )?first)\b", re.IGNORECASE)
_EVERY_PLACE = re.compile(
    r" (?:(?:in|to|at|through|for) (?:every|each|all|both)|per|by)(?: of)?(?: the| our| my)?"
    r" (?:rooms?|places?|locations?|cameras?)\b",
    re.IGNORECASE,
)
# What is listed is people, not videos
_LISTS_PEOPLE = re.compile(r"^ *(?:who|(?:the |all )*(?:names|people|persons|every(?:one|body)))\b", re.IGNORECASE)
_OF_SO_MANY = re.compile(
    r"^(?!.*(?:(?<!at )\b(?:most|least)|fewest)\b).*\bvideos? .*\b(?:people|persons?|men|women)\b", re.IGNORECASE
)
# "only once", "in more than two videos", "a single time", "exactly two videos", "no videos"
_SO_OFTEN = re.compile(
    r"(?:\bin )?\b(?P<bound>only|just|exactly|at least|at most|more than|over|less than|fewer than)?\b ?(?:in )?"
    r"(?:(?P<once>once|(?:an? )?single (?:time|video)|one (?:time|video))|(?P<twice>twice)"
    r"|\b(?P<count>no|one|two|three|four|five|six|seven|eight|nine|ten|\d+) (?:times|videos"
    r"|(?P<people>(?:people|persons?|visitors?|guests?)(?: i know)?|of (?:my|our) people)))\b(?! (?:an?|per|each) )",
    re.IGNORECASE,
)
_BOUNDS: dict[str, Bound] = {
    "at least": "at_least", "at most": "at_most", "more than": "more_than", "over": "more_than",
    "less than": "fewer_than", "fewer than": "fewer_than",
}  # fmt: skip
_SEVERAL_PLACES = re.compile(
    r" (?:in|to|on) (?:(?P<more>more than)|(?P<least>at least)|(?P<just>only|just|exactly))?"
    r"(?: ?(?P<count>one|two|three|\d|several))?"
    r"(?: different)? (?:(?P<place>rooms?|places?|locations?)|(?P<day>days?|dates?)|(?P<week>weeks?))\b", re.IGNORECASE,
)  # fmt: skip
_IN_ONE_VIDEO = re.compile(r"\b(?:the same|one|any|a single) video\b", re.IGNORECASE)
_IN_ONE_UNIT = re.compile(
    r"\b(?:on|in|at) (?:the same|one) (?:(?P<day>day|date)|(?P<place>room|place)|(?P<week>week)|(?P<month>month))\b",
    re.IGNORECASE,
)
# "the same clothes every time", "always in the same room"; "did he ever change his clothes?"
_SAME = re.compile(
    r"\b(?:the same|(?P<other>(?:any )?different|chang(?:e|ed|ing)(?: (?:his|her|their))?)) "
    r"(?:(?P<place>rooms?|places?)|clothes|clothing|outfits?|things?|garments?)\b"
    rf"|^what (?:(?:clothes|outfits?)\b.* (?:wear|worn|wearing|seen in)|.* (?:{_MAINLY}|always) wear)\b",
    re.IGNORECASE,
)
# "how many days after her first visit was Ana last seen?", "how long was it between her first and last visit?"
_APART = re.compile(
    r"^how (?:many (?:hours|days|weeks|months)|long|much time)\b(?: (?!between|from|after|before)\w+){0,3} "
    r"(?:(?P<after>after|before)|between|from) (?P<ends>.+?)\W*$",
    re.IGNORECASE,
)
# "who was in which room?"; "who was here on most days?"; "on the day Ana first came"
_WHO_WHERE = re.compile(
    r"^(?:and |list )?(?P<who>who\b.*?) (?P<unit>(?:(?:in|on|at|to|into) )?(?:which|what) .+|where\W*)$", re.IGNORECASE
)
_MOST_UNITS = re.compile(
    r"^(?P<asked>(?:who|which)\b.*) (?:on|in|at)(?: the)? (?P<rank>most|fewest) (?:different )?"
    r"(?:(?P<day>days)|(?P<place>rooms|places)|(?P<week>weeks)|(?P<month>months))\b",
    re.IGNORECASE,
)
_ON_THE_DAY = re.compile(
    r"\b(?:on|in) the (?:same )?(?P<unit>day|night|week|month)(?: that| when| on which| in which|(?P<of> as| of))? "
    r"(?=.*\b(?:first|last|second|third|fourth|fifth)\b)", re.IGNORECASE,
)  # fmt: skip
_A_VISIT = re.compile(r"\b(?:visit|time|sighting|video)\b", re.IGNORECASE)
_TOGETHER = re.compile(r"\btogether|each other|same time|same video", re.IGNORECASE)
_RECORDED = r"\bvideos?\b|\b(?:recorded|filmed)\b"
_A_VIDEO = re.compile(r"\bvideos?\b", re.IGNORECASE)
_IS_THERE_A_VIDEO = re.compile(
    r"^(?:(?:is|are|was) there|do (?:we|i|you) have|have (?:we|i|you) got|any) .*\bvideos?\b", re.IGNORECASE
)
_PASSES = r"\b(?:pass|use|visit|enter)(?:e?s|e?d)?(?: by| through)?(?=\W*$)"  # "which cameras did she pass?"
_SHOW = re.compile(
    r"^(?:please,? )?(?:can you )?(?:show|find|play|list|give)\b(?: me)?(?: (?:a|the) list of)?"
    r"(?P<of> (?:all |every )?(?:the )?videos? (?:of|with|where|in which|showing) )?", re.IGNORECASE,
)  # fmt: skip
_SO_MANY = re.compile(
    r"\b(?P<edge>last|latest|most recent|first) (?P<count>\w+)(?= (?:videos|times|visits)\b)", re.IGNORECASE
)
# The length of a video, not of the time for which somebody is in it
_OF_LENGTH = re.compile(
    r"\b(?:longest|shortest) video\b"
    r"|^(?:which|what) videos?\b(?: (?:of|with|where)\b.*)? (?:is|was|lasts?|runs?) (?:the )?(?:longest|shortest)\b"
    r"|\bvideos? (?:\w+ )?(?:last|run|is|are)s? (?:longer|shorter|more|less)\b", re.IGNORECASE,
)  # fmt: skip
_MORE = re.compile(
    r"\b(?:(?:for )?(?P<long>longer)|(?:more|(?P<less>less|fewer))(?: often| frequently| time)?|for less time"
    r"|most often|most|(?P<longest>longest))\b", re.IGNORECASE,
)  # fmt: skip
_LEANS = re.compile(
    r"^(?:and|or|but|so|what about|how about|then|only|just)\b|\b(?:too|also|as well|instead)\b"
    r"|^(?:at )?(?:who|when|where|with whom|what times?|how (?:long|often|many)(?: people)?)"
    r"(?: (?:was|were|is|are) (?:it|that|this|they|those|these|them))?(?: exactly)?\W*$", re.IGNORECASE,
)  # fmt: skip
# Speaks of the videos that were found before
_OF_THEM = re.compile(
    r"\b(which|how many)(?: ones?)?(?: of (?:them|these|those)\b"
    r"(?! (?:came|comes?|left|leaves?|arrived?|appeared?|turned)\b)|(?= (?:is|are|was|were)\b))",
    re.IGNORECASE,
)
# "and before?", "the Friday before", "the following week", "two days later"
_BEYOND = re.compile(
    r"^(?:and |(?:what|how) about )?(?:(?:on|in) )?(?:the )?(?:(?P<which>next|following|previous) )?"
    r"(?:(?P<count>\d+|an?|few|two|three|four|five|six|seven|eight|nine|ten) )?"
    r"(?:(?P<unit>hour|day|night|week|month|year|\w+day)s?(?: |\b))?(?P<how>before|after|later|earlier)?"
    r"(?: that| then)?\W*$",
    re.IGNORECASE,
)
# "the same day", "that night": of the time asked about before, or of the one sighting that is meant
_THAT = re.compile(r" (?:on |in )?(?:that|the same) (?P<unit>day|night|week|month|year)\b", re.IGNORECASE)
_WHICH_ONES = re.compile(
    r"^(?:and )?(?:(?:in )?which(?P<videos> videos?)|(?:which|what)(?: ones?| \w+s| were (?:they|those))?)\W*$",
    re.IGNORECASE,
)
_NTH_VISIT = re.compile(rf"\b(?P<nth>{one_of(_NTHS)})(?= (?:visit|time|sighting)\b)", re.IGNORECASE)
_NTH_IN_DIGITS = re.compile(r"\b(?P<nth>[1-5])(?:st|nd|rd|th)(?= (?:visit|time|sighting|video)\b)", re.IGNORECASE)
# Where a second question begins
_NEXT = re.compile(
    r"(?<=\?) +(?=\w)|,? and (?=(?:with whom|whom?|what|where|which|how)\b"
    r"|(?:is|was|were|did|does) (?:it|that|he|she|they|any\w+|some\w+)\b)", re.IGNORECASE,
)  # fmt: skip
_OF_VIDEOS = ("when", "how_often", "how_long", "who", "exists")  # what lists videos
_ON_IT = re.compile(
    r"\b(?:else|his|their|in it)\b|^(?:is|was) (?:it|that|this)\b"
    r"|\bthere(?=(?: too| also| as well| then| with \w+)?\W*$)", re.IGNORECASE,
)  # fmt: skip
# Asks anew, of all times
_EVER = re.compile(r"\b(?:ever|never|usually|normally|always|at all)\b", re.IGNORECASE)
_ONE_BEFORE = re.compile(
    r"^(?:and |but |what about |when was |in |on )*(?:the )?(?:(?:time|one|visit) before\b|previous\b|before that)",
    re.IGNORECASE,
)
_ASKS_AGAIN = re.compile(
    r"^(?:and|or|but|so|what about|how about|ok|now|then|only|just|the|ones?|those|alone| )*\W*$", re.IGNORECASE
)
_HE = re.compile(r"\b(?:he|she|they|him|her|them)\b", re.IGNORECASE)
_EDGE = re.compile(r"\b(?:first|last|earliest|latest|initially)\b", re.IGNORECASE)
_HOW_LONG = re.compile(r"how long (?:was|is|did)\b", re.IGNORECASE)
_MOVES = {Has("enters"): 1, Has("leaves"): -1}
# "only on Mondays", "seen only in the kitchen"; not "only Ana on Monday"
_ONLY = re.compile(
    rf"(?P<only> only)(?: ever)?(?: (?:here|there|seen|(?P<comes>comes?|came|goes|go|went|(?:show|turn)(?:s|ed)? up"
    rf"|appear(?:s|ed)?|visit(?:s|ed)?)))?"
    rf"(?P<spot> {_SPOT})?(?=\W*$)",
    re.IGNORECASE,
)
_USED = "used|empty|in use|visited|busy|occupied"
_NTH = ("", "first", *_NTHS)
_UNREAD = Query("refuse", refusal="unclear", value="times")


@dataclass(frozen=True)
class Scope:
    """The videos of a time and a place.

    Attributes:
        dates, place: None, and "": any.
        joint: what stands before it: "and", "both", "or", "but not", "than".
        besides: none of the videos of these: "only on Mondays" is so at no other time.
    """

    dates: Dates | None = None
    place: str = ""
    joint: str = ""
    besides: tuple[Scope, ...] = ()

    @property
    def of(self) -> str:
        """Such as " on Tuesday in the kitchen"."""
        when = f" {self.dates.said}" if self.dates is not None and self.dates.said else ""
        if len(self.besides) == 1 and self.besides[0].place and not self.place:
            return f"{when} outside {in_place(self.besides[0].place).split(' ', 1)[1]}"
        return when + (f" {in_place(self.place)}" if self.place else "")


@dataclass(frozen=True)
class ArchiveQuestion:
    """A question about many videos.

    Attributes:
        query: what it asks of each.
        text: the question as it is asked of one video.
        dates: of which times ("on Monday and on Friday"); none: of any.
        places: the sources that it names, with what joins each to the one before; none: any.
        only: "dates", "places": it is asked whether that is so at no other time, in no other place.
        sighting: what tells the one video that is meant ("when she was last seen"); None: all are.
        around: "day", "week" …: all videos of that of the sighting are meant ("that day").
        sighted: of which question the sighting was, where its place and time aren't those of this one.
        pairs: places with a time each ("in the hall on Friday or in the garden on Monday"), in the place of both.
    """

    query: Query
    text: str
    dates: tuple[Dates, ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    only: Literal["", "dates", "places"] = ""
    sighting: Query | None = None
    around: str = ""
    sighted: ArchiveQuestion | None = None
    pairs: tuple[Scope, ...] = ()

    @property
    def scopes(self) -> list[Scope]:
        """The times and places one by one, in order."""
        if self.pairs:
            return [*self.pairs]
        named = [
            Scope(dates, place, joint or (dates.joint if dates is not None else ""))
            for place, joint in self.places or (("", ""),)
            for dates in self.dates or (None,)
        ]
        if not self.only:
            return named
        named = [replace(one, joint="or" if one.joint else "") for one in named]
        one, besides = named[0], tuple(named)
        joint = "than" if self.query.select == "compare" else "but not"  # "usually" is more often than elsewhere
        other = Scope(None, one.place) if self.only == "dates" else Scope(one.dates, "")
        return [*named, replace(other, joint=joint, besides=besides)]

    @property
    def of(self) -> str:
        """Such as " on Monday or on Tuesday in the kitchen"; where all other times count, too, only what is shared."""
        scopes = [] if self.only else self.scopes
        word = "or" if {"or", "than"} & {one.joint for one in scopes} else "and"
        joints = [f" {'but not' if one.joint == 'but not' else word} " * bool(one.joint) for one in scopes]
        several = "".join(f"{joint}{self.label(one)}" for joint, one in zip(joints, scopes, strict=True)).strip()
        if self.pairs:
            return f" {several}"
        return (
            f" {several}" * bool(several)
            + Scope(
                None if len(self.dates) > 1 or self.only == "dates" else self.scopes[0].dates,
                "" if len(self.places) > 1 or self.only == "places" else self.scopes[0].place,
            ).of
        )

    def label(self, scope: Scope) -> str:
        """What tells one of several times and places from the others: "on Monday"; "" where there is one."""
        if scope.besides and not self.pairs:
            return "at another time" if self.only == "dates" else "elsewhere"
        if self.pairs:
            return scope.of.strip()
        return Scope(
            scope.dates if len(self.dates) > 1 or self.only == "dates" else None,
            scope.place if len(self.places) > 1 or self.only == "places" else "",
        ).of.strip()


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
    text = _in_plain_words(text, places)
    if (paired := _paired(text, places, now, (*known.names, *known.aliases))) is not None:
        return _of_scopes(paired.text, known, paired)
    text, outside = _outside(text, places)
    rest, spots = _placed(text, places)
    undated = rest
    try:
        rest, dates = dated(rest, now, (*known.names, *known.aliases))
    except SettingsError:
        return ArchiveQuestion(_UNREAD, text)
    if dates and len(spots) == 1 and _SPOT in rest:  # "in the hall on Monday but not in the garden"
        rest, spots = _placed(rest.replace(_SPOT, f"in {spots[0][0]}"), places)
    rest = re.sub(rf"\b((?:has|have)\b.*)\bvisited(?=(?: {_SPOT})?\W*$)", r"\1come", rest, flags=re.IGNORECASE)
    only: Literal["", "dates", "places"] = ""
    if (dates or spots) and (found_only := _ONLY.search(rest)) and not _ASKS_AGAIN.match(rest.strip(_SPOT)):
        placed = found_only["spot"] and not found_only["comes"]  # "only comes to the hall on Mondays": on no other day
        only = "places" if placed or not dates else "dates"
        rest = f"{rest[: found_only.start()]}{rest[found_only.end('only') :]}"
    scoped = ArchiveQuestion(Query("who"), rest.replace(_SPOT, ""), dates, spots, only)
    if outside and not spots:
        each = [Scope(one, besides=(Scope(one, outside),)) for one in dates or (None,)]
        return _of_scopes(rest, known, replace(scoped, dates=(), pairs=tuple(each)))
    if before is not None and (again := _asked_again(rest, undated, scoped, before)) is not None:
        return again
    meant = None if before is None else _sighting_of(before)
    unit = _UNIT.match(rest)
    of_them = _OF_THEM.search(rest) or unit is not None and not re.search(r"\w", rest[unit.end() :])  # "which days?"
    if before is not None and before.query.select in _OF_VIDEOS and of_them:
        return _of_them(_of_scopes(_OF_THEM.sub(r"\1 videos", rest), replace(known, history=()), scoped), before)
    if on_the_day := _ON_THE_DAY.search(rest):
        return _on_the_day(rest, on_the_day, known, scoped)
    around = _THAT.search(rest) if before is not None else None
    if around is not None:
        rest = f"{rest[: around.start()]}{rest[around.end() :]}"
    found = _of_scopes(rest, known, scoped)
    if before is None:
        return found
    fresh = _of_scopes(rest, replace(known, history=()), scoped)
    named = any(whom.names for whom in parts_of(fresh.query, Whom))
    leans = found.query != fresh.query or _ON_IT.search(rest) or not named and _HE.search(rest)
    if around is not None:
        on_day = _held_on(replace(found, places=found.places or before.places), before)
        of_sighting = replace(on_day, sighting=meant, around=around["unit"].lower(), sighted=before)
        return on_day if before.dates or meant is None else of_sighting
    return _leaning(rest, found, before, meant) if _LEANS.search(rest) or leans and not _EVER.search(rest) else found


def _on_the_day(rest: str, said: re.Match[str], known: Known, scoped: ArchiveQuestion) -> ArchiveQuestion:
    """A question of all of the day, or week, of a sighting: "on the day Ana first came"."""
    rest = _ON_THE_DAY.sub("during " if said["of"] else "when ", rest)
    found = _of_scopes(rest, known, scoped)
    return replace(found, around=said["unit"].lower()) if found.sighting is not None else found


def _in_plain_words(text: str, places: Sequence[str]) -> str:
    """A question in the words that are read."""
    text = _NTH_IN_DIGITS.sub(lambda nth: _NTH[int(nth["nth"])], _CALLED.sub(_as_called, text.strip()))
    if not any("library" in one.lower() for one in places):  # it is that of the videos
        text = re.sub(r" in (?:the|my|our) library\b", "", text, flags=re.IGNORECASE)
    for said, plain in _said_otherwise():
        text = said.sub(plain, text)
    return text


@cache
def _said_otherwise() -> list[tuple[re.Pattern[str], str]]:
    """What is said of many videos in words that the reader of one doesn't know, and in its words."""
    rows = json.loads(Path(__file__).with_name("otherwise.json").read_text(encoding="utf-8"))
    return [(re.compile(said, re.IGNORECASE), plain) for said, plain in rows]


def _asked_again(rest: str, undated: str, scoped: ArchiveQuestion, before: ArchiveQuestion) -> ArchiveQuestion | None:
    """The question before, of another time or place, of the time before; None: something else is asked."""
    dates, spots, meant = scoped.dates, scoped.places, _sighting_of(before)
    if (dates or spots) and _ASKS_AGAIN.match(rest.replace(_SPOT, "")):  # "and on Tuesday?"
        each = next((one.each for one in dates if one.each), "")
        was_each = any(one.each for one in before.dates)  # "how often a day is she there?" "And a week?"
        query = replace(before.query, value=each) if each and was_each else _every(before.query, dates)
        again = _held_on(replace(before, query=query, dates=dates, places=spots), before)
        held = [name for whom in parts_of(again.query, Whom) for name in whom.names]
        if len(again.scopes) > 1 or again.query.select != "compare" or len(held) > 1:
            return again
    if meant is not None and meant.rank is not None and _ONE_BEFORE.match(rest):
        earlier = replace(meant, rank=replace(meant.rank, k=meant.rank.k - 1))
        nothing = Query("refuse", refusal="unclear")  # before the first
        if before.sighting is not None and before.sighting == meant and meant.rank != Rank("time"):
            return replace(before, sighting=earlier)
        return replace(before, query=nothing if meant.rank == Rank("time") else earlier, sighting=None)
    said = _BEYOND.match(undated) if before.dates else None
    if said is not None and (how := (said["which"] or said["how"] or "").lower()):
        how = {"next": "after", "following": "after", "previous": "before"}.get(how, how)
        count = counted((said["count"] or "").lower()) or 0.0
        other = beyond(before.dates, how, (said["unit"] or "").lower(), count)
        return replace(before, dates=(other,)) if other else replace(before, query=_UNREAD)
    which, counts = _WHICH_ONES.match(rest), before.query.select == "how_often"
    if which is not None and (counts or which["videos"] and before.query.select in ("exists", "how_long")):
        return replace(before, query=replace(before.query, select="when", form="wh"))
    return None


def _as_called(match: re.Match[str]) -> str:
    """A word for videos or visits as it is read; what is quoted stays."""
    word = (match["word"] or "").lower()
    return f"{ {'footage': 'videos', 'appearance': 'visit'}.get(word, 'video') }{match['s']}" if word else match[0]


def _of_them(found: ArchiveQuestion, before: ArchiveQuestion) -> ArchiveQuestion:
    """A question about the videos that were found before: "which of them is the longest?"."""
    query, asked = found.query, before.query
    where = asked.where if query.where is None else query.where
    value = "" if query.rank is None and query.value == "videos" else query.value
    whom = asked.whom if query.whom == EVERYBODY else query.whom
    return _held_on(replace(found, query=replace(query, whom=whom, where=where, value=value)), before)


def _of_scopes(rest: str, known: Known, scoped: ArchiveQuestion) -> ArchiveQuestion:
    """The question about its times and places; what holds more of one of two of them is held against the other."""
    if at_edge := _IN_VIDEO_AT_AN_END.search(rest):
        query = _at(f"{rest[: at_edge.start()]} {_SPOT}{rest[at_edge.end() :].replace(f' {_SPOT}', '')}", known)
        return replace(scoped, query=query, sighting=_video_at(at_edge["edge"]))
    scopes = scoped.scopes
    more = _MORE.search(rest) if len(scopes) == 2 and scopes[1].joint in ("than", "or") else None
    if more is None:
        asks_mostly = re.match(r"(?:does|do|did|is|are|was|were)\b", rest, re.IGNORECASE) and (
            scoped.dates or scoped.places
        )
        mostly = re.sub(rf"\b(?:{_MAINLY})\b", "always", rest, flags=re.IGNORECASE) if asks_mostly else rest
        if mostly != rest and (always := _of_scopes(mostly, known, scoped)).only:
            query = replace(always.query, select="compare", rank=Rank("often"))
            return replace(always, query=query)
        query = _every(_read_one(rest, known), scoped.dates)
        query, sighting = _sighted(query)
        return _only(replace(scoped, query=query, sighting=sighting), rest)
    query = _at(f"{rest[: more.start()].rstrip()}{rest[more.end() :]}", known)
    rank = Rank("long" if more["long"] or more["longest"] else "often", -1 if more["less"] else 1)
    form: Form = "polar" if scopes[1].joint == "than" else "choice"
    value = "people" if re.search(r"\b(?:people|persons|visitors|guests)\b", rest) else ""  # not how often anybody
    return replace(scoped, query=Query("compare", query.whom, query.where, value=value, form=form, rank=rank))


def _video_at(edge: str) -> Query:
    """The first video, the last, the last but one …"""
    return Query("when", value="videos", rank=Rank("time", {"first": 1, "last": -1, **_NTHS}[edge.lower()]))


def _only(found: ArchiveQuestion, rest: str) -> ArchiveQuestion:
    """Whether somebody is always there, or always comes then, is whether that is so in no other video of hers."""
    query, to = found.query, re.search(r"\b(?:come|go|visit|appear|show)(?:e?s)?\b", rest, re.IGNORECASE)
    always = re.search(r"\balways\b", rest, re.IGNORECASE) and not re.match(r"\w+ it\b", rest)
    if not (always and query.select == "exists" and query.throughout and query.whom.names and not found.only):
        return found
    if query.where not in (None, PRESENT) or not (found.dates or found.places) or any(one.each for one in found.dates):
        return found
    only: Literal["dates", "places"] = "places" if found.places and not (found.dates and to) else "dates"
    return replace(found, query=replace(query, throughout=False), only=only)


def _paired(text: str, places: Sequence[str], now: datetime, names: Sequence[str]) -> ArchiveQuestion | None:
    """A question of two places with a time each, with these; None: it isn't one."""
    for joint in re.finditer(r",? (?P<word>or|and|but not|than) (?:(?:in|on|at) )?", text, re.IGNORECASE):
        parts = [_placed(part, places) for part in (text[: joint.start()], f" in {text[joint.end() :]}")]
        try:
            (rest, dates), (left, others) = (dated(part, now, names) for part, _ in parts)
        except SettingsError:
            continue
        (spot, other), nothing_left = (spots for _, spots in parts), not re.search(r"\w", left)
        if nothing_left and len(dates) == len(others) == len(spot) == len(other) == 1:
            said = (Scope(dates[0], spot[0][0]), Scope(others[0], other[0][0], joint["word"].lower()))
            return ArchiveQuestion(Query("who"), rest.replace(_SPOT, ""), pairs=said)
    return None


def _outside(text: str, places: Sequence[str]) -> tuple[str, str]:
    """A question without the one place that it leaves out ("together outside the hall"), and this; "" for none."""
    spelt = _spelt(places)
    names = one_of(spelt)
    lead = r"(?:outside(?: of)?|(?:anywhere|everywhere|somewhere) (?:but|except|other than)(?: in)?)"
    found = re.search(rf" {lead} (?:(?:the|our|my) )?({names})\b", text, re.IGNORECASE) if places else None
    return (text, "") if found is None else (f"{text[: found.start()]}{text[found.end() :]}", spelt[found[1].lower()])


def _placed(text: str, places: Sequence[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A question with a mark in the place of the sources it names, and these: "in the kitchen or in the garden"."""
    if not places:
        return text, ()
    spelt = _spelt(places)
    names = one_of(spelt)
    into = r"(?:in|on|into|onto|at|to|from|of|inside|around|through)"
    one = rf"(?:(?:the|our|my) )?(?:{names})\b"
    verbs = ("leave", "left", "leaves", "enter", "entered", "enters", "use", "used", "uses", "pass", "passed", "passes",
             "visit", "visits", "visited")  # fmt: skip
    lead = rf"(?:(?:^| ){into} |{'|'.join(f'(?<={verb}) ' for verb in verbs)})"
    more = rf"(?:,? (?:and|or|but not|than) (?:{into} )?{one})*"
    found = re.search(rf"(?: both| either)?{lead}(?:both |either )?{one}{more}", text, re.IGNORECASE)
    if found is None and (
        used := re.search(
            rf"\b(?:the )?({names})\b( first| last| ever| only| usually| mostly| been)? ({_USED})\b",
            text,
            re.IGNORECASE,
        )
    ):
        who = "nobody" if used[3].lower() == "empty" else "anybody"  # "when was the kitchen last used?"
        said = f"{who} been there" if used[2] == " been" else f"{who} there{used[2] or ''}"
        return f"{text[: used.start()]}{said}{text[used.end() :]}", ((spelt[used[1].lower()], ""),)
    if found is None:  # "Ana kitchen when", "garden yesterday who"
        bare = rf" (?<!the )(?<!an )(?<! a )(?:{names})(?=\W*$| (?:when|who)\b)| (?:{names})(?= (?:videos?|ones?)\b)"
        alone = rf"^(?:{names})\b(?! (?:is|was|used)\b)|{bare}"
        found = re.search(alone, text, re.IGNORECASE)
    if found is None:
        return text, ()
    named = list(re.finditer(names, found[0], re.IGNORECASE))
    gaps = [found[0][one.end() : other.start()].lower() for one, other in pairwise(named)]
    joints = ["", *(next((joint for joint in ("but not", "than", "or") if joint in gap), "and") for gap in gaps)]
    both = re.search(r"\bboth\b", found[0]) is not None
    spots = tuple(
        (spelt[one[0].lower()], "both" if both and joint else joint) for one, joint in zip(named, joints, strict=True)
    )
    asked = f"{text[: found.start()]} {_SPOT}{text[found.end() :]}".strip()
    if re.match(rf" ?{into} ", found[0], re.IGNORECASE):
        return asked, spots
    come = {"ed": "came", "d": "came", "s": "comes", "es": "comes"}
    came = rf"\b(?:use|pass|visit)(e?d|e?s)?(?= {_SPOT})"
    return re.sub(came, lambda verb: come.get(verb[1] or "", "come"), asked), spots


def _spelt(places: Sequence[str]) -> dict[str, str]:
    """Places by what they may be called: by name, "bed room" too, and where only one is so by its last word."""
    last = [one.lower().split()[-1] for one in places]
    short = {word: one for word, one in zip(last, places, strict=True) if last.count(word) == 1 and word.isalpha()}
    rooms = {re.sub(r"\B(?=room$)", " ", one.lower()): one for one in places}  # "bed room"
    return {word: one for word, one in short.items() if word != "room"} | rooms | {one.lower(): one for one in places}


def _at(text: str, known: Known) -> Query:
    """A question without the mark for a place; some are read only with a "there" in its stead."""
    plain = re.sub(rf" ?{_SPOT}", "", text)
    there = read(text.replace(_SPOT, "there"), known) if _SPOT in text and " " in plain.strip() else _UNREAD
    return read(plain, known) if there.select == "refuse" else there


def _read_one(rest: str, known: Known) -> Query:
    """A question from which the words for a time and a place were taken."""
    if (query := _counted(rest, known)) is not None:
        return query
    if edges := _BOTH_ENDS.search(rest):
        ends = (f"{rest[: edges.start()]}{edge}{rest[edges.end() :]}" for edge in ("first", "last"))
        first, last = (_read_one(one, known) for one in ends)
        return replace(first, then=last)
    if every := _EVERY_PLACE.search(rest):
        return _of_each(_read_one(f"{rest[: every.start()]} there{rest[every.end() :]}", known), "place")
    if (several := _SEVERAL_PLACES.search(rest)) and re.match(r"who|has|have|was|were|is|did", rest, re.IGNORECASE):
        query = _read_one(f"{rest[: several.start()]} there{rest[several.end() :]}", known)
        bound: Bound = "more_than" if several["more"] else "exactly" if several["just"] else "at_least"
        count = {"several": 2.0}.get((several["count"] or "several").lower()) or counted(several["count"].lower())
        of = next(name for name in ("place", "day", "week") if several[name])
        asked = replace(query, select="who", value=of, number=Number(bound, count or 2.0), throughout=False)
        return asked if query.select in ("exists", "who") else query
    if (unit := _UNIT.match(rest)) and not (
        unit["video"] and (_OF_SO_MANY.search(rest) or _VIDEOS_WITHOUT.match(rest))
    ):
        return _by_unit(rest[unit.end() :], unit.groupdict(), known)
    if without := _VIDEOS_WITHOUT.match(rest):
        asked = _at(f"When was {without['who']} there?", known)
        if asked.whom.names and asked.where is None:
            polar: Form = "polar" if without["polar"] else "wh"
            select: Select = "how_often" if without["many"] else "when"
            return Query(select, replace(asked.whom, quantifier="none"), form=polar, during=asked.during)
    if edge := _VIDEO_AT_AN_END.match(rest):
        if edge["who"]:
            return _read_one(f"When was {edge['who']} {edge['edge']} seen?", known)
        return _video_at(edge["edge"])
    if (many := _SO_MANY.search(rest)) and (count := counted(many["count"].lower())) is not None:
        asked = _read_one(f"{rest[: many.start()]}{many['edge']}{rest[many.end() :]}", known)
        rank = Rank("time", 1 if many["edge"].lower() == "first" else -1)
        return replace(asked, select="when", rank=rank, number=Number("exactly", count))
    if nth := _NTH_VISIT.search(rest):  # "Ana's second visit"
        return _nth_visit(rest, nth, known)
    if (query := _in_order(rest, known)) is not None:
        return query
    shown = _SHOW.match(rest)
    listed = rest[shown.end() if shown else 0 :].replace(_SPOT, "")
    if _IDLE.match(listed) and not re.search(r"\bpeople\b", listed, re.IGNORECASE):
        return Query("when", value="videos")
    if shown and (hers := re.match(r" (?:all )?(?:of )?(?P<who>.+?)['’]s? videos?\W*$", rest[shown.end() :])):
        return _read_one(f"When is {hers['who']} there?", known)
    if shown and shown["of"]:
        return _read_one(f"When is {rest[shown.end() :]}", known)
    query = _at(rest, known)
    if query.select == "refuse" and (any_of := _ANY_VIDEO_OF.match(rest)):
        there = _at(f"When was {any_of['who']} there?", known)
        query = replace(there, select="exists", form="polar") if there.whom.names else query
    if shown and query.refusal == "wish":  # "play the last video of Ana"
        query = _at(f"When was{rest[shown.end() :]}", known)
    if shown and query.select in ("who", "describe", "exists") and not _LISTS_PEOPLE.match(rest[shown.end() :]):
        query = Query("when", query.whom, query.where, during=query.during)
    return _over_videos(query, rest)


def _counted(rest: str, known: Known) -> Query | None:
    """How far two sightings lie apart, the same each time, who was on most days, who was where; None: none of these."""
    if (apart := _APART.match(rest)) and (query := _apart(apart, known)) is not None:
        return query
    if (same := _SAME.search(rest)) and len(named := find_mentions(rest, known.names, known.aliases)) == 1:
        value, form = "different" if same["other"] else "same", "wh" if rest.lower().startswith("what") else "polar"
        whom = Whom((named[0].name,))
        return Query(
            "compare", whom, attribute="place" if same["place"] else "worn", value=value, form=cast(Form, form)
        )
    if (most := _MOST_UNITS.match(rest)) and (query := _at(most["asked"], known)).select == "who":
        rank = Rank("often", 1 if most["rank"].lower() == "most" else -1)
        return replace(query, value=_named_unit(most.groupdict()), rank=rank)
    if (by := _WHO_WHERE.match(rest)) and (by["unit"].lower().startswith("where") or _UNIT.match(by["unit"])):
        unit = _UNIT.match(by["unit"])
        query = _at(f"{by['who']} {'there' if unit is None else by['unit'][unit.end() :]}", known)
        value = "place" if unit is None else _named_unit(unit.groupdict())
        return Query("who", query.whom, query.where, value=value) if query.select == "who" else query
    return None


def _nth_visit(rest: str, nth: re.Match[str], known: Known) -> Query:
    """What is asked of somebody's second visit, or of the last but one."""
    at, query = _NTHS[nth["nth"].lower()], _read_one(f"{rest[: nth.start()]}first{rest[nth.end() :]}", known)
    query = _at(rest, known) if query.select == "refuse" else query
    if query.during.event is not None and query.during.nth == 1:
        return replace(query, during=replace(query.during, nth=at))
    of_time = query.rank is not None and query.rank.by == "time"
    return replace(query, rank=Rank("time", at)) if of_time else query


def _in_order(rest: str, known: Known) -> Query | None:
    """A list in an order, the newest or the oldest first; None: no order is asked for."""
    if latest := re.search(r",? (?:the )?(?:newest|latest) first\b", rest, re.IGNORECASE):  # they are listed so
        return _read_one(f"{rest[: latest.start()]}{rest[latest.end() :]}", known)
    if ordered := re.search(
        r",? (?:in (?:chronological )?order|(?:the )?(?:oldest|earliest) first)\b", rest, re.IGNORECASE
    ):
        query = _read_one(f"{rest[: ordered.start()]}{rest[ordered.end() :]}", known)
        value = "videos in order" if query.value == "videos" else "in order"
        return Query("when", query.whom, query.where, value=value, during=query.during, number=query.number)
    return None


def _by_unit(rest: str, unit: dict[str, str | None], known: Known) -> Query:
    """A question from which "which room", "how many days" … was taken: when it holds, put together by place, day …"""
    by, of_videos = _named_unit(unit), re.search(_RECORDED, rest, re.IGNORECASE) is not None
    people = (often := _SO_OFTEN.search(rest)) is not None and often["people"] is not None
    rest, number = _so_often(rest) if by in ("place", "day", "night", "week", "month", "year") else (rest, None)
    whole, edge, ranks = rest, _EDGE.search(rest), list[Rank]()
    for said, measure in _MEASURES:
        if (by == "where" or measure.by != "time") and re.search(said, rest, re.IGNORECASE):
            ranks, rest = [*ranks, measure], re.sub(said, " ", rest, flags=re.IGNORECASE)
    if by not in ("who", "ago", "video") and re.search(r"\bbut\b.*(?:\bnot\b|n['’]t\b)", rest, re.IGNORECASE):
        return Query("refuse", refusal="unclear")  # those of one without those of another
    denied = _NOT.search(rest) is not None
    rest = re.sub(r" (?:in|at|on)(?: it)?(?=\W*$)", "", re.sub(" +", " ", _NOT.sub("", rest)))
    if by == "ago" and "since" in (unit["ago"] or "").lower() and edge is None:
        rest = f" was the last time{rest}"
    idle = _IDLE.match(rest.replace(_SPOT, ""))
    rest = rest if idle else re.sub(_PASSES, "appear", rest, flags=re.IGNORECASE)
    rank, number = next(iter(ranks), None), NEVER if denied else number
    if by == "who":
        query = _over_videos(Query("who") if idle else _at(f"Who{rest}", known), rest)
        query = _over_videos(_at(f"Who{whole}", known), whole) if query.select == "refuse" else query
        if denied and is_of_sound(query):
            return Query("refuse", refusal="sound")  # who never says it may say it unheard
        return replace(query, rank=rank or query.rank, number=number, throughout=False)
    people = people or bool(ranks) and re.search(r"\bpeople\b", rest) is not None  # the most people, or so many
    where = ANYTHING if of_videos and not people and by != "video" else None
    query = Query("when", where=where) if idle else _over_videos(_at(f"When{rest}", known), rest)
    if query.select != "when":
        return query
    timed = rank if rank is not None and rank.by == "time" else query.rank if edge or by == "ago" else None
    if by in ("place", "where") and timed is not None:
        during = During("while", Event(query.whom, query.where or PRESENT), timed.k)
        return Query("attribute", query.whom, attribute="place", during=during)
    if by == "ago" or timed is not None and not unit["how"]:
        return replace(query, rank=timed or Rank("time", -1), value="ago" * (by == "ago"))
    select: Select = "how_often" if unit["how"] else "when"
    value, whom = {"where": "place", "when": "hour"}.get(by, by), query.whom
    if people and by != "video":
        return replace(query, select="count", value=value, rank=rank, number=number)
    if by == "video":
        whom = replace(whom, quantifier="any") if people else whom
        value = "people" if people else "videos" if idle or _OF_LENGTH.search(f"which video{whole}") else ""
    rank = Rank("often") if value == "hour" and rank is None else rank
    form: Form = "polar" if unit["is"] else query.form
    if unit["is"] and len(whom.names) > 1 and query.where == Has("with") and not _TOGETHER.search(whole):
        query = replace(query, where=None)  # each of them, in any video
    return replace(query, select=select, whom=whom, value=value, form=form, rank=rank, number=number)


def _named_unit(unit: dict[str, str | None]) -> str:
    """By what videos are put together, of the groups of a pattern."""
    return next(name for name, said in unit.items() if said and name not in ("how", "is", "asked", "rank"))


def _so_often(text: str) -> tuple[str, Number | None]:
    """A text without the number of times, or of videos, that it names; and this."""
    if (said := _SO_OFTEN.search(text)) is None:
        return text, None
    count = 1.0 if said["once"] else 2.0 if said["twice"] else counted(said["count"].lower()) or 0.0
    return f"{text[: said.start()]}{text[said.end() :]}", Number(
        _BOUNDS.get((said["bound"] or "").lower(), "exactly"), count
    )


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
    ends = [_read_one(f"When was {first}?", known), _read_one(f"{ask}{told}?", known)]
    if not all(one.select == "when" and one.rank is not None and one.rank.by == "time" for one in ends):
        return None
    one, two = (replace(end, whom=end.whom if end.whom.names else ends[1 - at].whom) for at, end in enumerate(ends))
    return replace(one, value=f"{one.value} apart".strip(), then=two)


def _of_each(query: Query, unit: str) -> Query:
    """What is asked of each place, day … by itself: whether it holds in each, who is there, how often, how many are."""
    if query.value == "videos":
        return Query("when", where=ANYTHING, value=unit)
    if query.select in ("how_often", "how_long") and query.number is None:
        return replace(query, select="when", value=unit, rank=Rank("long") if query.select == "how_long" else None)
    if query.select in ("exists", "who") and query.rank is None and query.number is None:
        return replace(query, value=unit, throughout=True)
    return replace(query, value=unit) if query.select == "count" else query


def _every(query: Query, dates: Sequence[Dates]) -> Query:
    """Asked of each Monday, of each week … by itself."""
    each = next((one.each for one in dates if one.each), "")
    return _of_each(query, each) if each else query


def _sighted(query: Query) -> tuple[Query, Query | None]:
    """A query, and the sighting that it is about: "what does Ana wear when she is last seen with Ben?"."""
    during, event = query.during, query.during.event
    if event is None or during.relation != "while":
        return query, None
    nth, where = during.nth, None if event.where == PRESENT else event.where
    if nth and query.attribute == "place" and event.whom == Whom(quantifier="all"):
        return _edges_of_all(nth), None
    if isinstance(where, Has) and where in _MOVES:
        nth, where = nth or _MOVES[where], None
    if not nth:
        return query, None
    if (
        event.whom == EVERYBODY
        and query.select == "who"
        and isinstance(query.where, Has)
        and query.where.of is not None
    ):
        event = replace(event, whom=query.where.of)  # "who was with Ana on her last visit?"
    besides = tuple(dict.fromkeys((*query.whom.besides, *event.whom.names)))
    whom = replace(query.whom, besides=besides) if query.select in ("who", "count") else query.whom
    sighting = Query("when", event.whom, where, rank=Rank("time", nth))
    return replace(query, whom=whom, during=numbers_of(during)), sighting


def _in_no_other(query: Query, text: str) -> Query | None:
    """Whether nobody else is, or she never is; None: something else."""
    if query.form == "polar" and query.whom.quantifier == "only" and re.search(r"\bthe only (?:one|person)\b", text):
        return Query("how_often", Whom(besides=query.whom.names), query.where, form="polar", number=NEVER)
    if query.form == "polar" and query.throughout and re.search(r"\bnever\b", text, re.IGNORECASE):
        return _at_no_time(query)
    return None


def _at_all_times(query: Query) -> Query | None:
    """Whether it always holds, as whether it never doesn't; None: something else."""
    whom, where = query.whom, query.where
    of = where.of if isinstance(where, Has) and where.attribute == "with" else None
    always = query.select == "exists" and query.form == "polar" and query.throughout
    if always and where == Has("with") and len(whom.names) > 1:  # never one without the other
        alone = And((Not(Has("with", of=Whom(whom.names))),))
        return replace(
            query, select="how_often", whom=Whom(whom.names, "either"), where=alone, number=NEVER, throughout=False
        )
    if always and whom.names and where is not None and where not in (PRESENT, Not(PRESENT)):
        return replace(query, select="how_often", where=And((Not(where),)), number=NEVER, throughout=False)  # never not
    if always and whom == EVERYBODY and of is not None and of.names:
        return Query("how_often", of, Has("alone"), form="polar", during=query.during, number=NEVER)
    return None


def _edges_of_all(nth: int) -> Query:
    """When, and where, each person was first, or last, seen."""
    return Query("order", where=Not(PRESENT) if nth < 0 else None)


def _over_videos(query: Query, text: str) -> Query:
    """When somebody came or left is, over many videos, when she was first or last seen; one's order is when she was."""
    if query.whom == Whom(quantifier="none", known=False) and "people I know" in text:  # not whom I don't know
        query = replace(query, whom=Whom(quantifier="none", known=True))
    if (asked := _in_no_other(query, text)) is not None:
        return asked
    own = query.during.event == Event(query.whom) and not query.during.nth and query.select in ("exists", "how_often")
    if own:  # "is she with Ben when she is there?"
        query = replace(query, during=numbers_of(query.during))
    whom, where, polar, by = query.whom, query.where, query.form == "polar", "" if query.rank is None else query.rank.by
    of = where.of if isinstance(where, Has) and where.attribute == "with" else None
    if of is not None and of.names and re.search(r"\b(?:only|just) with\b", text, re.IGNORECASE):  # with nobody else
        where = And((Has("with", of=of), Not(Has("with", of=Whom(besides=of.names)))))
        query = replace(query, where=where, throughout=False)
    if (asked := _at_all_times(query)) is not None:
        return asked
    if whom == Whom(known=False) and re.search(r"\b(?:only|just|nothing but|nobody but)\b", text, re.IGNORECASE):
        return replace(query, whom=Whom(quantifier="only", known=False))
    if query.select == "who" and re.search(r"\bbut not\b", text, re.IGNORECASE):
        return _but_not_with(query)
    if query.select == "who" and query.number is None and not query.during.event and (number := _so_often(text)[1]):
        query = replace(query, number=number, rank=Rank("often"), throughout=False)
    if query.select == "how_often" and not polar and whom == Whom(quantifier="all"):  # "how many videos has each?"
        return Query("who", where=where, during=query.during)
    if query.select == "who" and query.number is not None and re.search(r"\bvideos?\b", text, re.IGNORECASE):
        query = replace(query, rank=query.rank or Rank("often"))  # a number of videos, not of seconds in one
    if (asked := _of_so_many(query, text)) is not None:
        return asked
    if query.select == "attribute" and query.attribute == "place" and query.during.event is None:
        everybody = whom == Whom(quantifier="all")
        return Query(
            "who" if everybody else "when", EVERYBODY if everybody else whom, where, value="place", during=query.during
        )
    if query.select == "count" and polar and query.number is not None:
        return Query("when", whom, where, value="people", form="polar", during=query.during, number=query.number)
    if query.select == "length" and (query.number is not None or query.rank is not None):
        return Query("when", value="videos", number=query.number, rank=query.rank)
    if query.select == "who" and where == Not(PRESENT) and query.rank is None:
        return replace(query, where=None, number=NEVER)
    if is_of_sound(query) and not polar and (isinstance(where, Not) or whom.quantifier == "none"):
        return Query("refuse", refusal="sound")  # who never says it may say it unheard
    if polar and (whom.quantifier == "none" or where == Not(MUSIC) or whom.names and where == Not(PRESENT)):
        return _at_no_time(query)
    if query.rank is not None and by == "time" and query.select == "when" and _HOW_LONG.match(text):
        return Query("how_long", whom, where, during=During("while", Event(whom, where or PRESENT), query.rank.k))
    if by == "time" and query.select == "when" and whom == Whom(quantifier="all") and query.rank is not None:
        return replace(_edges_of_all(query.rank.k), during=query.during)
    if by == "long" and query.select in ("when", "how_long"):
        query = replace(query, select="when", value="videos" if _OF_LENGTH.search(text) else query.value)
    if whom.quantifier == "none" and of is not None:
        query = replace(query, whom=replace(of, nth=whom.nth, nth_by=whom.nth_by), where=Has("alone"))
    whom = query.whom
    if query.select == "when" and whom.nth_by == "time" and whom.nth != 0:
        rank = Rank("time", whom.nth) if whom.nth < 0 or _EDGE.search(text) else query.rank  # "when did he come?"
        query = replace(query, whom=replace(whom, nth=0, nth_by="left"), rank=rank)
    if not (isinstance(query.where, Has) and query.where in _MOVES) or query.select in ("compare", "order"):
        return query
    return replace(query, where=None, rank=Rank("time", _MOVES[query.where]) if query.select == "when" else query.rank)


def _of_so_many(query: Query, text: str) -> Query | None:
    """What is asked of videos by who is in them at any time; None: something else."""
    whom, where, polar = query.whom, query.where, query.form == "polar"
    of_people = _OF_SO_MANY.search(text) and (often := _SO_OFTEN.search(text)) and often["people"]
    if of_people and query.select in ("length", "shots"):  # not two seconds, nor one shot
        query = Query("when", form=query.form, number=_so_often(text)[1])
    number = query.number
    counted_too = query.select in ("when", "how_often", "count") and not query.value and _OF_SO_MANY.search(text)
    if number is not None and counted_too:
        select: Select = "how_often" if re.match(r"(?:in )?how many", text, re.IGNORECASE) else "when"
        known = Whom(known=whom.known)
        return Query(select, known, where, value="people", form=query.form, during=query.during, number=number)
    if whom.names and whom.known is False and where is None:  # "both a stranger and Ana"
        return replace(query, whom=replace(whom, known=None), where=Has("with", of=Whom(known=False)))
    same = [_named_unit(one.groupdict()) for one in _IN_ONE_UNIT.finditer(text)]
    if len(whom.names) > 1 and where in (None, Has("with")) and same:
        value = same[0] if len(same) == 1 else "place on a day"
        return Query("when", replace(whom, quantifier="both"), value=value, form=query.form)
    if query.select == "exists" and query.rank is not None and query.rank.by == "often" and number is not None:
        return Query("how_often", whom, where, form="polar", during=query.during, number=number)  # "came back?"
    if query.select == "compare" and polar and query.versus is None and len(whom.names) == 1:  # "… than anybody else?"
        return replace(query, select="exists")
    several = query.select == "exists" and polar and len(whom.names) > 1 and not query.value
    if several and (_IN_ONE_VIDEO.search(text) or where is None and _A_VIDEO.search(text)):
        return replace(query, where=PRESENT if where in (None, Has("with")) else where)
    if several and where is None and whom.quantifier in ("both", "all"):  # each of them, in any video
        return replace(query, whom=replace(whom, quantifier="both" if query.throughout else "all"))
    if whom == Whom(quantifier="all") and number is not None and number.value == 1:  # "at least once"
        return Query("exists", whom, where, form="polar", during=query.during)
    if polar and whom.quantifier == "none" and _IS_THERE_A_VIDEO.match(text):
        return Query("when", whom, where, form="polar", during=query.during)
    if query.select in ("when", "how_often") and not polar and whom.names and where == Not(PRESENT):
        return replace(query, whom=replace(whom, quantifier="none"), where=None)
    return None


def _but_not_with(query: Query) -> Query:
    """Who is with some people but not with others: none of these is listed, nor whoever is there with the others."""
    parts, besides = together(query.where), query.whom.besides
    of_whom = {name for has in atoms(query.where) if has.attribute == "with" and has.of for name in has.of.names}
    if not of_whom:
        return query
    if besides and not any(isinstance(one, Not) for one in parts):
        parts = (*parts, Not(Has("with", of=Whom(besides))))
    whom = replace(query.whom, besides=tuple(sorted({*besides, *of_whom})))
    return replace(query, whom=whom, where=conjunction(parts))


def _at_no_time(query: Query) -> Query:
    """Whether it never holds: "was Ana gone on Friday?" is whether she was there at no time on it."""
    if query.select != "exists" or query.rank is not None or query.whom.quantifier == "either":
        return query
    where = query.where.part if query.where == Not(MUSIC) else None if query.where == Not(PRESENT) else query.where
    whom = replace(query.whom, quantifier="any")
    return replace(query, select="how_often", whom=whom, where=where, number=NEVER, throughout=False)


def _sighting_of(before: ArchiveQuestion) -> Query | None:
    """The one sighting that a question before has named; None where it named none."""
    query, rank = before.query, before.query.rank
    if rank is None or query.number is not None or query.value == "place":
        return before.sighting
    if query.select == "who" and rank.by == "time" and query.where in (None, PRESENT):  # "who was the last here?"
        return Query("when", query.whom, rank=rank)
    of_one = rank.by == "time" or query.value in ("people", "videos", "")  # the video with most people
    return query if query.select == "when" and of_one else before.sighting


def _leaning(rest: str, found: ArchiveQuestion, before: ArchiveQuestion, meant: Query | None) -> ArchiveQuestion:
    """A question that leans on the one before: of whom, of which sighting, when and where."""
    query, sighting = found.query, found.sighting
    same = Query("attribute", query.whom, attribute="place") if query.value == "place" else query
    of_another = same == replace(before.query, whom=query.whom)
    if sighting is None and of_another and meant is not None and meant.whom == before.query.whom:
        sighting = replace(meant, whom=query.whom)  # "where is Ana now?", "and Ben?"
    pronoun, who = _HE.search(rest) is not None, query.select == "who"
    if who and query.whom.names and pronoun:  # "who were they?"
        query = replace(query, whom=replace(query.whom, quantifier="any"))
    company = (Has("with"), None) if before.query.value == "place" and _ON_IT.search(rest) else (Has("with"),)
    if who and query.where in company and before.query.whom.names:  # "was Tom with anybody?" "Who?"; "where was he?"
        query = replace(query, where=Has("with", of=before.query.whom))
    if query.whom == EVERYBODY and pronoun and query.select not in ("who", "count"):  # whom nobody named
        query = replace(query, whom=before.query.whom)
        sighting = sighting and replace(sighting, whom=before.query.whom)
    asked_anew = found.dates or found.places or query.select == "how_often" or _EVER.search(rest)
    if sighting is None and not asked_anew and (query.rank is None or query.rank.by != "time"):
        sighting = meant
    if sighting is not None and query.value == "place":
        query = Query("attribute", query.whom, attribute="place")
    return _held_on(replace(found, query=query, sighting=sighting), before)


def _held_on(found: ArchiveQuestion, before: ArchiveQuestion) -> ArchiveQuestion:
    """A question at the time and the place of the one before, where it names none itself."""
    asks_place = "place" in (found.query.value, found.query.attribute) and found.sighting is None
    places = found.places or (() if asks_place else before.places)
    return replace(found, dates=held_on(found.dates, before.dates), places=places)

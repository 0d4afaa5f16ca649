"""Reading a question about many videos: text in, the `Query`, its dates, its places and the sighting it means out.

"What was Ana wearing when she was last seen in the kitchen on Tuesday?" is read as two questions: "When was Ana last
seen?" picks one video of that day among those of the source called kitchen, "What was Ana wearing?" is asked of it.
Places and times are cut out (`scopes.py`, `dates.py`), what is left is read as any question is (`read.py`), put in the
terms in which many videos are searched (`units.py`), and it may lean on the question before ("and Ben?", "and the
Friday before?").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from pvchat.chat import query as queries
from pvchat.chat.archive import is_told_of_one
from pvchat.chat.english import FUNCTION_WORDS, ORDINALS
from pvchat.chat.query import EVERYBODY, NEVER, PRESENT, Form, Has, Not, Query, Rank, Whom, told_as
from pvchat.chat.reader.dates import AT_NIGHT, beyond, dated, held_on, length_of, lies_in_one
from pvchat.chat.reader.followups import is_spoken_of
from pvchat.chat.reader.read import Known, read
from pvchat.chat.reader.rewordings import OF_LIBRARY, REWORDINGS, in_plain_words
from pvchat.chat.reader.scopes import (
    CLIPS,
    FOLDER,
    ORDINARY,
    SPOT,
    ArchiveQuestion,
    in_words_of_videos,
    placed,
    with_left_out,
)
from pvchat.chat.reader.timewords import counted, one_of
from pvchat.chat.reader.units import MOVES, OURS, SAME, UNREAD, each_unit, of_each, of_library
from pvchat.chat.reader.words import CAPITALS, find_mentions, is_known, meant_by
from pvchat.chat.timeline import UNITS
from pvchat.errors import SettingsError
from pvchat.video.files import SUFFIXES

_ASK = r"(?:is|was|were|did|does|has|have)"
# Where a second question begins
_NEXT = re.compile(
    r"(?i)(?<=\?) +(?=\w)|,?(?: and| but| or)?,? if not,? (?:then )?(?=(?:wh\w+|how)\b)"
    r"|(?<!^when)(?<!^where),? and (?=(?:with whom|whom?|what|where|which|how)\b|when (?:in|on|at)\b"
    rf"|{_ASK} (?:it|that|he|she|they|any\w+|some\w+|(?-i:[A-Z])\w+)\b)",
)  # fmt: skip
_UNTOLD = (  # of which time, or of whom, isn't known
    (re.compile(r"(?i)\b(?:while|whilst|when|since|until|till|before|after) (?:(?:we|i)\b(?! (?:last )?(?:had|saw)\b)"
                r"|(?:nobody|no one) (?:is|was) (?:(?:at )?home|here|in|there)\b"
                r"|every(?:body|one) (?:is|was) (?:away|gone|out)\b)"), OURS),
    (re.compile(r"(?i)\b(?:after|before|since|until|till|at) (?:dark|dawn|dusk|nightfall|sunrise|sunset)\b"
                r"|\b(?:after|before|since|until|till) (?:breakfast|dinner|supper|bedtime)\b"), UNREAD),
    (re.compile(r"(?i)\bthe same (?:man|one|person|stranger|visitor|woman)\b|\bstranger\b.* (?:again|twice)"), SAME),
)  # fmt: skip
# "only on Mondays", "seen only in the kitchen"; not "only Ana on Monday"
_ONLY = re.compile(
    rf"(?i)(?P<only> only)(?: ever| been)*(?: (?:here|there|seen|(?P<comes>comes?|came|goes|go|went"
    rf"|(?:show|turn)(?:s|ed)? up|appear(?:s|ed)?|visit(?:s|ed)?)))?"
    rf"(?P<spot> {SPOT})?(?=\W*$)",
)
# A name after "on", "in" …, or behind "episodes of": with a capital, a number, or a file's ending; any after "folder"
_NOWHERE = re.compile(
    r"\b(?:[IiOo]n|[Aa]t|[Ff]rom|[Ii]nside|(?<=episode )of|(?<=episodes )of|(?<=long )is(?= \S+\.)) (?:the |our |my )?"
    rf"(?:(?:{CLIPS}|{FOLDER}) (?:called )?)?(?P<name>(?<=folder )\w+|[A-Z]\w*'s \w+"
    r"|[A-Z][\w']*(?: (?:[A-Z][\w']*|\d+[a-z]?))*|(?!least|most|exactly|number|video)[a-z]{3,} \d+[a-z]?"
    rf"|[^\s?]+(?:{one_of(SUFFIXES)}))(?: {CLIPS}\b)?(?=\W*$|[,;]| (?:{one_of(FUNCTION_WORDS)})\b)"
)
# … or a title before "video": "in the wedding video"
_TITLE = re.compile(rf"(?i)(?P<into>\b(?:in|on|at|from) )?\b(?:the|our|my) (?P<name>(?:[\w'.-]+ ){{1,4}}?){CLIPS}\b")
_EDGES = re.compile(r"(?i)\b(?:in|of|from) (?:the |my |our )?((?:first|last|latest|newest|oldest) (?!one)\w+ videos)\b")
_BOTH_ENDS = re.compile(
    r"(?i)(?P<lead>\bwho \w+ )?\b(?:(?P<first>first)|last)(?: (?:time|visit|day|video|seen|here|there))? and "
    r"(?:(?P=lead)|(?:(?:on|in|at|the|her|his|their) ){0,2})(?(first)last|first)\b"
)
_BETWEEN = re.compile(r"(?i)\b(?:between|from|apart)\b")
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
# A second place or time that wasn't cut out: "who is in the kitchen more often than Ana in the hall?"
_LEFT = re.compile(r"(?i)\b(?:than|nor) (?:in|on|at)\b|\bthan\W*$")
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
_ON_THE_DAY = re.compile(
    r"(?i)\b(?:on|in) the (?:same )?(?P<unit>day|night|week|month)(?: that| when| on which| in which|(?P<of> as| of))? "
    r"(?=.*\b(?:first|last|second|third|fourth|fifth)\b)",
)  # fmt: skip
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
_OTHER_TIME = re.compile(
    r"(?i) ?\b(?:(?:on|at) )?(?:(?:any|some|an|(?<=on )|(?<=at )|which|what) ?other (?:day|time|date|night)s?"
    r"|when else)\b"
)
_IN_ALL = re.compile(r"(?i)\b(?:in all|all in all|altogether|in total|overall)(?=\W*$)")
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
_ASKS_AGAIN = re.compile(
    r"(?i)^(?:and|or|but|so|what about|how about|ok|now|then|only|just|the|(?:one|video)s?|those|same|alone| )*\W*$"
)
# What a correction begins with: "no, sorry,", "I meant", "not yesterday,"
_NO = re.compile(
    r"(?i)^(?:(?:oh|no|nope|sorry|wait|actually|rather|(?:no,? )?i (?:mean|meant|said)|make (?:it|that))\b,? ?"
    r"|not (?P<not>[^,?]+?)(?:,| but) (?:rather )?)+(?=\w)"
)
_BARE = re.compile(r"(?i)^(?:and|or|what about|how about) ((?:the |our |my )?.+?)\W*$")
# Whoever was found before: "what was the woman wearing?", "and the man?", "when did those people leave?"
_POINTED_AT = re.compile(
    r"(?i)(?P<to>\b(?:with|to|of|by|beside|about|than) )?\b(?:(?:the|that|this) (?:(?P<man>man|guy|gentleman|bloke)"
    r"|(?P<woman>woman|lady)|(?P<one>person|visitor|individual))|(?:those|these|the) (?:two |three )?(?:people|persons"
    r"|visitors|individuals)|(?:those|these|the) two)(?P<of>['’]s)?\b(?! (?:in|on|at|with|who|that|from|of)\b)",
)
_VERB = re.compile(r"(?i)\b(?:is|are|was|were|does|do|did|has|have)\b")
_HE = re.compile(r"(?i)\b(?:he|she|they|him|her|them)\b")
_OFTEN = re.compile(r"(?i)\b(?:often|frequently|used)\b")


def questions_in(text: str) -> list[str]:
    """A text as one question after another: "What is the newest video, and who is in it?" is two, and so is "Who came
    first and last?".
    """
    if _BOTH_ENDS.search(text) and not _BETWEEN.search(text):
        said = [_BOTH_ENDS.sub(rf"\g<lead>{edge}", text, count=1) for edge in ("first", "last")]
        return [part for one in said for part in questions_in(one)]
    return [one for one in _NEXT.split(text.strip()) if re.search(r"\w", one)] or [text]


def read_archive(
    text: str, known: Known, places: Sequence[str], now: datetime, before: ArchiveQuestion | None = None
) -> ArchiveQuestion:
    """What a question about many videos asks, as typed at a local time; `places` are what sources are called, the time
    and place of the one `before` hold on in one that leans on it ("and Ben?").
    """
    names = (*known.names, *known.aliases)
    before = _of_all(before) if before is not None and _IN_ALL.search(text) else before
    text = in_plain_words(text.strip() if before is None else _corrected(text.strip(), names), OF_LIBRARY)
    untold = next((query for said, query in _UNTOLD if said.search(text)), None)
    if untold is not None:
        return ArchiveQuestion(untold, text)
    text = _of_that_day(in_words_of_videos(text, places), before)
    text, elsewhere = with_left_out(_of_elsewhere(text, before), places)
    bare = _BARE.match(text) if before is not None else None
    if bare is not None and placed(f"in {bare[1]}", places)[0].strip() == SPOT:  # "and the kitchen?"
        text = f"and in {bare[1]}?"
    undated, spots = placed(text, places)
    for whole in ("library", "building", "premises", "school"):  # where no "school library" is a place
        if not re.search(rf"(?i)\b{whole}\b", " ".join(places)):
            undated = re.sub(rf"(?i) (?:in(?:side)?|on|at) (?:(?:the|my|our) |(?=school)){whole}\b", " there", undated)
    try:
        rest, dates = dated(undated, now, names)
    except SettingsError:
        return ArchiveQuestion(UNREAD, text)
    otherwise = _OTHER_TIME.search(rest) if before is not None and before.dates and not dates else None
    if before is not None and otherwise is not None:
        rest, dates = _OTHER_TIME.sub("", rest), before.dates
    if dates and len(spots) == 1 and SPOT in rest:  # "in the hall on Monday but not in the garden"
        rest, spots = placed(rest.replace(SPOT, f"in {spots[0][0]}"), places)
    if _LEFT.search(rest):
        return ArchiveQuestion(UNREAD, text)
    rest, nowhere = _unknown_place(rest, names, places)
    asks_nothing = nowhere and _ASKS_AGAIN.match(rest.replace(SPOT, ""))
    rest, scoped = _only_there(rest, ArchiveQuestion(Query("who"), "", dates, spots))
    scoped = replace(scoped, only="elsewhere") if elsewhere and spots else scoped
    scoped = replace(scoped, only="at other times") if otherwise else scoped
    found = _of_scopes(rest, known, scoped) if before is None else _after(before, rest, undated, known, scoped)
    found = _at_place_meant(found, places)
    if asks_nothing or not _speaks_of_all(rest, known, found):
        return ArchiveQuestion(Query("refuse", refusal="unclear"), text, nowhere=nowhere)
    title = None if nowhere else _TITLE.search(undated)
    if title is not None and not ORDINARY.issuperset(title["name"].lower().split()):
        there = text.replace(title[0], SPOT if title["into"] else "the video")
        without = read_archive(there, known, places, now, before)
        unread = found.query.select == "refuse" or found == replace(without, text=found.text)
        if unread and without.query.select != "refuse":
            return replace(without, nowhere=title["name"].strip())
    return replace(found, nowhere=nowhere)


def _of_elsewhere(text: str, before: ArchiveQuestion | None) -> str:
    """A question with the places of the one before in place of "else": "anywhere else?" is "outside the hall?"."""
    if before is None or not before.places or before.only == "elsewhere":
        return text
    outside = "outside " + " or ".join(place for place, _ in before.places)
    text = re.sub(r"(?i)\b(?:(?:any|some)where else|elsewhere)\b(?! than\b)", lambda _: outside, text)
    return re.sub(r"(?i)\b(where) else\b(.*?)(?=\W*$)", lambda said: f"{said[1]}{said[2]} {outside}", text)


def _corrected(text: str, names: Sequence[str]) -> str:
    """A correction as the question that it comes to: "sorry, Monday", "not in the hall, in the garden"."""
    said = _NO.match(text)
    if said is None or said["not"] and find_mentions(said["not"], names, {}):  # "not Ben, Ana"
        return text
    rest = text[said.end() :]
    return rest if _VERB.search(rest) or re.match(r"(?i)and\b|(?:who|wh|how)\w*\b", rest) else f"and {rest}"


def _of_all(before: ArchiveQuestion) -> ArchiveQuestion:
    """A question of all sightings, else of all times, or, where it named none, of all places: "how often in all?"."""
    if _sighting_of(before) is not None:
        return replace(
            before, query=replace(before.query, rank=None), sighting=None, around="", shifts=(), sighted=None
        )
    return replace(before, dates=(), only="") if before.dates else replace(before, places=(), only="")


def _of_that_day(text: str, before: ArchiveQuestion | None) -> str:
    """A question with the part of a day that it points at ("that evening") as hours of the day asked about before."""
    if before is None:
        return text
    of_day = before.dates and lies_in_one(before.dates, "day")
    return _THAT_PART.sub(rf"in the \1{'' if of_day else ' that day'}", text)


def _speaks_of_all(rest: str, known: Known, found: ArchiveQuestion) -> bool:
    """Whether everybody whom a question names, but in quotes, is in what was read of it."""
    rest = re.sub('["“].*?["”]', "", in_plain_words(rest, REWORDINGS))
    named = find_mentions(rest, known.names, known.aliases)
    asked = (found.query, found.sighting, *(one.query for one in (found.among, found.sighted) if one is not None))
    whoever = [whom for one in asked if one is not None for whom in queries.parts_of(one, Whom)]
    read_of = {name for whom in whoever for name in (*whom.names, *whom.besides)}
    sure = (one.name for one in named if rest[one.start].isupper() and one.name.lower() not in FUNCTION_WORDS)  # "Will"
    to_whom = bool(read_of) and queries.is_of_sound(found.query)  # what she said to Ben is told with all that she said
    return (
        found.query.select == "refuse" or any(whom.unknown for whom in whoever) or to_whom or read_of.issuperset(sure)
    )


def _unknown_place(rest: str, names: Sequence[str], places: Sequence[str]) -> tuple[str, str]:
    """A question with a mark in the place of a name that no place, folder or file has ("on Ward 5"; "at the back door"
    where there is only a front door), and that name.
    """
    taken = {word for name in names for word in name.lower().split()}
    ends = one_of({one.lower().split()[-1] for one in places if " " in one} - {"room"}) or "(?!)"
    like = rf"\b(?:in|on|at) (?:the|our|my) (?P<name>(?!(?:same|whole|entire)\b)[a-z]+ (?:{ends}))\b"
    for said in (*_NOWHERE.finditer(rest), *re.finditer(like, rest)):
        name = said["name"].lower()
        known = name in CAPITALS or any(is_known(kind, name) for kind in ("place", "near", "worn", "colour", "holding"))
        if not known and taken.isdisjoint(re.split(r"\W+", name)):
            return f"{rest[: said.start()]}{SPOT}{rest[said.end() :]}", said["name"]
    return rest, ""


def _at_place_meant(found: ArchiveQuestion, places: Sequence[str]) -> ArchiveQuestion:
    """A question at the place that is called otherwise: "in the living room" where there is only a lounge; a second
    place isn't read: "is Ana in the hall more often than Ben in the kitchen?".
    """
    conditions = queries.together(found.query.where)
    asked = [one for one in conditions if isinstance(one, Has) and one.attribute == "place" and one.value]
    if found.places and asked:
        return replace(found, query=Query("refuse", refusal="unclear"))
    meant = [place for place in places if len(asked) == 1 and meant_by("place", place.lower()) == asked[0].value]
    if len(meant) != 1:
        return found
    rest = [one for one in conditions if one != asked[0]]
    query = replace(found.query, where=queries.conjunction(rest) if rest else None)
    return replace(found, query=query, places=((meant[0], ""),))


def _only_there(rest: str, scoped: ArchiveQuestion) -> tuple[str, ArchiveQuestion]:
    """A question without the "only" of its time or place ("only on Mondays"), and which of the two that is."""
    only: Literal["", "dates", "places"] = ""
    found = _ONLY.search(rest) if scoped.dates or scoped.places else None
    if found is not None and not _ASKS_AGAIN.match(rest.strip(SPOT)):
        placed_only = found["spot"] and not found["comes"]  # "only comes to the hall on Mondays": on no other day
        only = "places" if placed_only or not scoped.dates else "dates"
        rest = f"{rest[: found.start()]}{rest[found.end('only') :]}"
    return rest, replace(scoped, text=rest.replace(SPOT, ""), only=only)


def _after(before: ArchiveQuestion, rest: str, undated: str, known: Known, scoped: ArchiveQuestion) -> ArchiveQuestion:
    """A question that may lean on the one before."""
    rest = _POINTED_AT.sub(lambda said: _as_pronoun(said, known), rest)
    among = _AMONG.match(rest) if told_as(before.query) in ("who", "count") else None
    if among is not None:
        whom, query = _read(f"is {among['who']} there?", known).whom, before.query
        return replace(before, query=Query("exists", whom, query.where, during=query.during, form="polar"))
    if again := _asked_again(rest, undated, scoped, before) or _of_them(rest, before, known, scoped):
        return again
    if _ON_THE_DAY.search(rest):
        return _of_scopes(rest, known, scoped)
    rest = re.sub(r"\banother one\b", "another stranger", rest) if before.query.whom.known is False else rest
    if before.query.where is None and _VIDEOS_WITH.search(before.text):  # "how many videos with Ana?", "and with Ben?"
        rest = re.sub(r"(?i)^((?:and|or|but|what about|how about) )with (?=\w+\W*$)", r"\1", rest)
    if (of_another := _of_another(rest, before, known)) is not None:
        return of_another
    alone, meant, step = replace(known, history=()), _sighting_of(before), _STEP.match(rest)
    since = None if _THAT.search(rest) else _SINCE.match(rest)
    of_one = since is None or since["one"] and since["how"] or since["alone"]  # "where was he before that?"
    if of_one and (other := _sighting_beside(meant, step)) is not None and step is not None:
        rest = f"{step['asked'].strip()}?"  # "who was there the time before?"
        found = _of_scopes(rest, known, scoped)
        if found.query.select == "when" and not found.query.unit:  # "when had he come before that?"
            return replace(before, query=other, sighting=None)
        return _follow_up(rest, found, before, other)
    if since is not None and (later := _since(since, known, scoped, before, meant)) is not None:
        return later
    around, rest = _THAT.search(rest), _THAT.sub("", rest, count=1)
    found, fresh = _of_scopes(rest, known, scoped), _of_scopes(rest, alone, scoped)
    if found.query.select == "why":
        return replace(before, query=found.query, sighted=before)
    if around is not None:
        how = around["how"] or around["which"]
        shift = (_way(how), around["next"].lower(), 0.0) if how else None
        anywhere = re.search(r"(?i)\bhere\b", rest) is not None  # "was Ana here that day?"
        return _in_that((around["unit"] or "day").lower(), found, before, shift, anywhere)
    leans = found.query != fresh.query or _ON_IT.search(rest) or not queries.names_in(fresh.query) and _HE.search(rest)
    named = find_mentions(rest, known.names, known.aliases)
    is_name = len(named) == 1 and named[0].start == 0 and not re.search(r"\w", rest[named[0].end :])  # "Ana?"
    asked_of, before_of = ({*queries.names_in(one.query)} for one in (found, before))
    of_same = is_told_of_one(found.query) and asked_of and asked_of <= before_of and not _EVER.search(rest)
    past = re.search(r"(?i)\b(?:was|were|did)\b", rest)  # "what was Ana wearing?"
    leans = (
        is_name
        or of_same
        and past
        or _LEANS.search(rest)
        or _WHICH_UNITS.match(rest)
        or leans
        and not _EVER.search(rest)
    )
    return _follow_up(rest, found, before, meant) if leans else found


def _of_another(rest: str, before: ArchiveQuestion, known: Known) -> ArchiveQuestion | None:
    """The question before of somebody else, where it held times or places against each other: "and Ben?"."""
    named = find_mentions(rest, known.names, known.aliases)
    compares = before.query.select == "compare" and len(before.scopes) > 1 and len(named) == 1
    if not compares or not _ASKS_AGAIN.match(rest[: named[0].start] + rest[named[0].end :]):
        return None
    return replace(before, query=replace(before.query, whom=Whom((named[0].name,))))


def _since(
    said: re.Match[str], known: Known, scoped: ArchiveQuestion, before: ArchiveQuestion, meant: Query | None
) -> ArchiveQuestion | None:
    """A question of all of the time before, or after, what was asked about before: "did anybody come after that?", "was
    he there again?"; None: that had no end.
    """
    how = _way(said["how"] or said["alone"] or "after")
    found = _of_scopes(f"{said['asked']}?", known, scoped)
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
    found = _of_scopes(them, known if _HE.search(them) else replace(known, history=()), scoped)
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
    if (dates or spots) and _ASKS_AGAIN.match(rest.replace(SPOT, "")):  # "and on Tuesday?"
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
    query, sighting = _of_others(found.query, before.query), found.sighting
    lists = told_as(before.query) == "when" and before.query.form == "wh" and before.query.unit in ("", "video")
    if lists and query.form == "polar" and not _VERB.search(rest):  # "which videos show Ana?", "and without Ben?"
        query = replace(query, select="when" if query.select == "exists" else query.select, form="wh")
    if query.select == "who" and query.number == NEVER and query.where is not None and not _VERB.search(rest):
        query = replace(query, where=Not(query.where), number=None)  # "who was with Ana?", "and without her?"
    if (
        _WHICH_UNITS.match(rest) and query.unit and meant is not None and not before.around
    ):  # its day and place are told
        return replace(before.sighted or before, query=meant, sighting=None)
    if _WHICH_UNITS.match(rest) and query.unit:
        return _on_the_same(
            replace(found, query=replace(before.query, select="when", form="wh", unit=query.unit)), before
        )
    pair = queries.names_in(before.query)
    if len(pair) == 2 and {*query.whom.names} < {*pair} and re.search(r"\b(?:both|two) of them\b", rest):
        query = replace(query, whom=Whom(pair, "both"))  # "was Ana ever there without Ben?"
    too = query.select == "exists" and query.where == Has("with") and len(query.whom.names) == 1
    if too and " there" in rest:  # "was Ana there too?"
        query = replace(query, where=None)
    same = Query("attribute", query.whom, attribute="place") if query.unit == "place" else query
    of_another = same == replace(before.query, whom=query.whom)
    named = query.whom.names or query.whom.known is False
    if sighting is None and of_another and named and meant is not None and meant.whom == before.query.whom:
        sighting = replace(meant, whom=query.whom)  # "where is Ana now?", "and Ben?"
    pronoun, who = _HE.search(rest) is not None, query.select == "who"
    if who and query.whom.names and pronoun:  # "who were they?"
        query = replace(query, whom=replace(query.whom, quantifier="any"))
    company = (Has("with"), None) if before.query.unit == "place" and _ON_IT.search(rest) else (Has("with"),)
    if who and query.where in company and before.query.whom.names:  # "was Tom with anybody?" "Who?"; "where was he?"
        query = replace(query, where=Has("with", of=before.query.whom))
    pronoun = pronoun or queries.is_of_sound(query) and re.search(r"(?i)\bit\b", rest) is not None  # "… it about?"
    scoped_anew = found.dates or found.places or found.only
    if query.whom == EVERYBODY and not queries.names_in(query) and pronoun and told_as(query) not in ("who", "count"):
        if scoped_anew and not before.query.whom.names and re.search(r"(?i)\b(?:s?he|him|her)\b", rest):
            return replace(found, query=SAME)  # who was found is nobody whom I know
        query = replace(query, whom=before.query.whom)
        sighting = sighting and replace(sighting, whom=before.query.whom)
    timed = told_as(query) == "how_often"
    timed = (
        timed or told_as(query) == "when" and query.unit != "place" and not _LEANS.search(rest)
    )  # "when did he sit?"
    asked_anew = found.dates or found.places or timed or _EVER.search(rest)
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
    return _on_the_same(replace(found, query=query, sighting=sighting), before)


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


def _of_scopes(rest: str, known: Known, scoped: ArchiveQuestion) -> ArchiveQuestion:
    """The question about its times and places."""
    if on_the_day := _ON_THE_DAY.search(rest):  # all of the day, or week, of a sighting: "on the day Ana first came"
        found = _of_scopes(_ON_THE_DAY.sub("during " if on_the_day["of"] else "when ", rest), known, scoped)
        return replace(found, around=on_the_day["unit"].lower()) if found.sighting is not None else found
    if (edges := _EDGES.search(rest)) is not None:  # "who is in the last two videos?"
        among = _of_scopes(f"show me the {edges[1]}", known, scoped)
        return replace(_of_scopes(_EDGES.sub("in the videos", rest), known, scoped), among=among)
    query = _read(rest, known)
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


def _read(rest: str, known: Known) -> Query:
    """A question from which the words for a time and a place were taken."""
    if _APART.match(rest):
        return _apart(rest, known)
    if (but := _LAST_BUT.search(rest)) is not None:  # "second last", "the last video but one"
        query, k = _read(_LAST_BUT.sub(r"last\g<of>", rest, count=1), known), -ORDINALS.get(but["nth"] or "second", 2)
        during = replace(query.during, nth=k) if query.during.nth == -1 else query.during
        return replace(query, rank=Rank("time", k) if query.rank == Rank("time", -1) else query.rank, during=during)
    if (day := _SAME_DAY.search(rest)) and "same" in rest[: day.start()]:  # in the same room on the same day
        query = _read(_SAME_DAY.sub("", rest, count=1), known)
        return Query("when", replace(query.whom, quantifier="both"), form=query.form, unit="day and place")
    if _IN_ORDER.search(rest):
        query = of_library(_read(_IN_ORDER.sub("", rest, count=1), known))
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

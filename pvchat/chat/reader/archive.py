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

from pvchat.chat import query as queries
from pvchat.chat.english import FUNCTION_WORDS
from pvchat.chat.query import Has, Query, Whom
from pvchat.chat.reader.archive_followups import after, corrected, of_all, with_hours_of_that_day, with_other_places
from pvchat.chat.reader.archive_query import ASKS_AGAIN, only_there, read_scoped
from pvchat.chat.reader.dates import dated
from pvchat.chat.reader.read import Known
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
from pvchat.chat.reader.timewords import one_of
from pvchat.chat.reader.units import OURS, SAME, UNREAD
from pvchat.chat.reader.words import CAPITALS, find_mentions, is_known, meant_by
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
# A name after "on", "in" …, or behind "episodes of": with a capital, a number, or a file's ending; any after "folder"
_NOWHERE = re.compile(
    r"\b(?:[IiOo]n|[Aa]t|[Ff]rom|[Ii]nside|(?<=episode )of|(?<=episodes )of|(?<=long )is(?= \S+\.)) (?:the |our |my )?"
    rf"(?:(?:{CLIPS}|{FOLDER}) (?:called )?)?(?P<name>(?<=folder )\w+|[A-Z]\w*'s \w+"
    r"|[A-Z][\w']*(?: (?:[A-Z][\w']*|\d+[a-z]?))*|(?!least|most|exactly|number|video)[a-z]{3,} \d+[a-z]?"
    rf"|[^\s?]+(?:{one_of(SUFFIXES)}))(?: {CLIPS}\b)?(?=\W*$|[,;]| (?:{one_of(FUNCTION_WORDS)})\b)"
)
# … or a title before "video": "in the wedding video"
_TITLE = re.compile(rf"(?i)(?P<into>\b(?:in|on|at|from) )?\b(?:the|our|my) (?P<name>(?:[\w'.-]+ ){{1,4}}?){CLIPS}\b")
_BOTH_ENDS = re.compile(
    r"(?i)(?P<lead>\bwho \w+ )?\b(?:(?P<first>first)|last)(?: (?:time|visit|day|video|seen|here|there))? and "
    r"(?:(?P=lead)|(?:(?:on|in|at|the|her|his|their) ){0,2})(?(first)last|first)\b"
)
_BETWEEN = re.compile(r"(?i)\b(?:between|from|apart)\b")
# A second place or time that wasn't cut out: "who is in the kitchen more often than Ana in the hall?"
_LEFT = re.compile(r"(?i)\b(?:than|nor) (?:in|on|at)\b|\bthan\W*$")
_OTHER_TIME = re.compile(
    r"(?i) ?\b(?:(?:on|at) )?(?:(?:any|some|an|(?<=on )|(?<=at )|which|what) ?other (?:day|time|date|night)s?"
    r"|when else)\b"
)
_IN_ALL = re.compile(r"(?i)\b(?:in all|all in all|altogether|in total|overall)(?=\W*$)")
_BARE = re.compile(r"(?i)^(?:and|or|what about|how about) ((?:the |our |my )?.+?)\W*$")


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
    before = of_all(before) if before is not None and _IN_ALL.search(text) else before
    text = in_plain_words(text.strip() if before is None else corrected(text.strip(), names), OF_LIBRARY)
    untold = next((query for said, query in _UNTOLD if said.search(text)), None)
    if untold is not None:
        return ArchiveQuestion(untold, text)
    text = with_hours_of_that_day(in_words_of_videos(text, places), before)
    text, elsewhere = with_left_out(with_other_places(text, before), places)
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
    asks_nothing = nowhere and ASKS_AGAIN.match(rest.replace(SPOT, ""))
    rest, scoped = only_there(rest, ArchiveQuestion(Query("who"), "", dates, spots))
    scoped = replace(scoped, only="elsewhere") if elsewhere and spots else scoped
    scoped = replace(scoped, only="at other times") if otherwise else scoped
    found = read_scoped(rest, known, scoped) if before is None else after(before, rest, undated, known, scoped)
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

"""Finds the places that a question about a library names and cuts them out; times and places as they are asked about.

"Was Ana in the hall or in the garden?" becomes "was Ana there ?", asked of the hall's videos and of the garden's.
Places are what the library's sources are called, folders and files of its videos ("on Ward 3", "the sofa video"); times
are read by `dates.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Literal

from pvchat.chat.english import FUNCTION_WORDS, ORDINALS, in_place, number, ordinal, word_set
from pvchat.chat.query import Query
from pvchat.chat.reader.dates import Dates, dated
from pvchat.chat.reader.timewords import one_of
from pvchat.chat.reader.words import is_known
from pvchat.chat.timeline import UNITS
from pvchat.errors import SettingsError
from pvchat.video.files import SUFFIXES

SPOT = "§"  # stands where a place was named
CLIPS = (
    "(?:video|one|clip|episode|recording|item|film|movie|cartoon|programme|program|broadcast|performance|scene|footage)"
    "(s?)"
)
_USED = "used|empty|in use|visited|busy|occupied"
_INTO = r"(?:in|on|at|from|inside|into|to|through)"
# Before a place's name that stands for its videos: "the third talk show", "which news", "is there a talk show"
_COUNTED = (
    rf"(?:which|what|how many|(?:the|our) (?:{one_of(ORDINALS)}|latest|newest|oldest|earliest|longest|shortest"
    r"|most recent)(?: but one)?|there(?: ever| been| also)* (?:an?|any|no))"
)
_USED_MORE = {  # how it is said of one place, or time, against another, and what it says of people
    "(?:used|visited|occupied) more(?: often)?": "is anybody more often",
    "(?:used|visited|occupied) less(?: often)?": "is anybody less often",
    "(?:busier|livelier|more crowded)": "are more people",
    "(?:quieter|emptier|less (?:busy|crowded))": "are fewer people",
}
_THE = r"(?:the|our|my)"
FOLDER = r"(?:folder|directory|album|series|show)"
# Words that say nothing of what a folder holds: said without "folder" they mean what they always mean
ORDINARY = FUNCTION_WORDS | word_set(
    """video videos clip clips one ones recording recordings item items scene scenes footage photo photos picture
    pictures image images file files folder library media data camera cameras new newest old oldest last latest first
    next second third long longest short shortest whole best good big small more misc sorted unsorted today full"""
)
_MAY_FOLLOW = FUNCTION_WORDS | word_set(
    "today yesterday tonight last first ever never alone always usually since during between each now often since"
)
_FILES = re.compile(  # where a file may be named: by its ending, before "video", in quotes, by a capital or a number
    rf"(?i:(?P<file>(?:[^\s?\"“”]+ ){{0,6}}?[^\s?\"“”]+(?:{one_of(SUFFIXES)}))\b"
    rf"|\b(?:the|our|my) (?P<called>(?:[\w'.-]+ ){{1,6}}?){CLIPS}\b"
    r"|\b(?:in|on|at|from|of|video|clip|file|called|named) [\"“](?P<quoted>[^\"“”]{1,80})[\"”])"
    r"|\b(?P<named>(?:[A-Z\d]|[a-z]+ \d)[^\s?,;]*(?: [A-Z\d][^\s?,;]*){0,6})"
)


@dataclass(frozen=True)
class Scope:
    """The videos of a time and a place."""

    dates: Dates | None = None  # None: of any
    place: str = ""  # "": any; a folder or a file has a slash before its name: "/Ward 3", "/Heroes/Season 2"
    joint: str = ""  # what stands before it: "and", "both", "or", "but not", "than"
    besides: tuple[Scope, ...] = ()  # none of the videos of these: "only on Mondays" is so at no other time

    @property
    def of(self) -> str:
        """Such as " on Tuesday in the kitchen"; where that is left out " on Tuesday elsewhere than in the kitchen"."""
        when = f" {self.dates.said}" if self.dates is not None and self.dates.said else ""
        times = {one.dates.said: None for one in self.besides if one.dates is not None and one.place == self.place}
        where = {in_place(one.place): None for one in self.besides if not self.place and one.place}
        when += f" at other times than {' or '.join(times)}" * bool(times)
        return when + (
            f" {in_place(self.place)}" if self.place else f" elsewhere than {' or '.join(where)}" * bool(where)
        )


@dataclass(frozen=True)
class ArchiveQuestion:
    """A question about many videos."""

    query: Query  # what it asks of each
    text: str  # the question as it is asked of one video
    dates: tuple[Dates, ...] = ()  # of which times ("on Monday and on Friday"); none: of any
    places: tuple[tuple[str, str], ...] = ()  # the sources it names, what joins each to the one before; none: any
    # of which it is asked whether that is so at no other time, or place; or it is asked of other places, or times
    only: Literal["", "dates", "places", "elsewhere", "at other times"] = ""
    sighting: Query | None = None  # what tells the one video that is meant ("when she was last seen"); None: all are
    around: str = ""  # "day", "week" …: all videos of that of the sighting are meant ("that day") …
    shifts: tuple[tuple[str, str, float], ...] = ()  # … or of one before or after it: ("before", "day", 0); one by one
    sighted: ArchiveQuestion | None = None  # whose the sighting was, where that was of another place and time
    nowhere: str = ""  # what it names as a place and none is called; it is asked without that
    among: ArchiveQuestion | None = None  # only the videos that were found for that one: "which of them …?"

    @property
    def scopes(self) -> list[Scope]:
        """The times and places one by one, in order."""
        named = [
            Scope(dates, place, joint or (dates.joint if dates is not None else ""))
            for place, joint in self.places or (("", ""),)
            for dates in self.dates or (None,)
        ]
        if not self.only:
            return named
        if self.only == "at other times":
            return [replace(one, dates=None, besides=tuple(named)) for one in named if one.dates == self.dates[0]]
        if self.only == "elsewhere":
            return [replace(one, place="", besides=tuple(named)) for one in named if one.place == self.places[0][0]]
        named = [replace(one, joint="or" if one.joint else "") for one in named if one.joint != "but not"]
        one, besides = named[0], tuple(named)
        joint = "than" if self.query.select == "compare" else "but not"  # "usually" is more often than elsewhere
        other = Scope(None, one.place) if self.only == "dates" else Scope(one.dates, "")
        return [*named, replace(other, joint=joint, besides=besides)]

    def one_by_one(self) -> list[ArchiveQuestion]:
        """The question of each of its times and places by itself."""
        dates: list[tuple[Dates, ...]] = [(replace(one, joint=""),) for one in self.dates]
        places: list[tuple[tuple[str, str], ...]] = [((place, ""),) for place, _ in self.places]
        return [replace(self, dates=at, places=place) for place in places or [()] for at in dates or [()]]

    @property
    def of(self) -> str:
        """Such as " on Monday or on Tuesday in the kitchen"; where all other times count, too, only what is shared."""
        scopes = [] if self.only in ("dates", "places") else self.scopes
        word = "or" if {"or", "than"} & {one.joint for one in scopes} else "and"
        joints = [f" {'but not' if one.joint == 'but not' else word} " * bool(one.joint) for one in scopes]
        several = "".join(f"{joint}{self.label(one)}" for joint, one in zip(joints, scopes, strict=True)).strip()
        return f" {several}" * bool(several) + self._part(self.scopes[0], of_one=False).of

    def _part(self, scope: Scope, of_one: bool) -> Scope:
        """What tells one of several times and places from the others; or (not `of_one`) what all of them share."""
        by_date, by_place = len(self.dates) > 1 or self.only == "dates", len(self.places) > 1 or self.only == "places"
        dates, place = scope.dates if by_date == of_one else None, scope.place if by_place == of_one else ""
        return Scope(dates, place, besides=() if of_one else scope.besides)

    def label(self, scope: Scope) -> str:
        """What tells one of several times and places from the others: "on Monday"; "" where there is one."""
        if scope.besides and self.only in ("dates", "places"):
            return "at another time" if self.only == "dates" else "elsewhere"
        return self._part(scope, of_one=True).of.strip()


def with_left_out(text: str, places: Sequence[str]) -> tuple[str, bool]:
    """A question about everywhere but some places as one about these ("outside the hall" becomes "in the hall"), and
    whether it is.
    """
    but = r"(?:but|except(?: for)?|other than|apart from|besides|outside(?: of)?)"
    lead = rf"(?:outside(?: of)?|(?:any|every|some)where {but}|elsewhere than)(?: (?:in|on|at))?"
    named = rf"(?:^| ){lead}(?= (?:(?:the|our|my) )?(?:{one_of(spellings(places))})(?!\w))"
    found = re.search(named, text, re.IGNORECASE) if places else None
    return (text, False) if found is None else (f"{text[: found.start()]} in{text[found.end() :]}", True)


def in_words_of_videos(text: str, places: Sequence[str]) -> str:
    """A question that counts a place as one counts its videos, as one of these ("the third video in talk show"); of
    which of two places more is made use, as one of people: "is the hall used more than the lounge?".
    """
    if not places:
        return text
    counted = rf"(?i)\b({_COUNTED}) ({one_of(one.lower() for one in places)})(s?)(?!\w)(?: {CLIPS}\b)?"
    text = re.sub(counted, r"\1 video\3\4 in \2", text)
    one = rf"(?:(?:in|on|at) )?(?:{_THE} )?({one_of(spellings(places))})(?!\w)"
    more = r"(.*\b(?:more|less|longer)\b.*?)"
    where = rf"(?i)^(?:(?:in|on|at) )?(?:where|which \w+) (is|was|are|were|did|does|do) {more}\W+{one} or {one}"
    text = re.sub(where, r"\1 \2 in \3 or in \4", text)  # "where is Ana more often, the hall or the lounge?"
    by_whom = rf"(?i)^(?:is|was) {one} used (more|less)(?: often)? by (.+? or )by (?=\w)"
    text = re.sub(by_whom, r"who is \2 often in \1, \3", text)
    for used, more in _USED_MORE.items():
        text = re.sub(rf"(?i)^(?:is|was) {one} {used} than {one}", rf"{more} in \1 than in \2", text)
        text = re.sub(rf"(?i)^(?:is|was) {one} or {one} {used}\b", rf"{more} in \1 or in \2", text)
        text = re.sub(
            rf"(?i)^(?:which|what)(?: \w+)? (?:is|was) {used}\W+{one} or {one}", rf"{more} in \1 or in \2", text
        )
        text = re.sub(rf"(?i)^(?:is|was) {one} {used}(?= \w)", rf"{more} in \1", text)
    return text


def placed(text: str, places: Sequence[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A question with a mark in the place of the sources it names, and these: "in the kitchen or in the garden"."""
    if not places:
        return text, ()
    spelt = spellings(places)
    names = one_of(spelt)
    into = r"(?:in|on|into|onto|at|to|from|of|inside|around|through|along|down|across|by)"
    one = rf"(?:(?:the|our|my|his|her|their|\w+(?:['’]s?|s)) )?(?:{names})(?!\w)"  # "in dad's bedroom", "in dads …"
    verbs = ("leave", "left", "leaves", "enter", "entered", "enters", "use", "used", "uses", "pass", "passed", "passes",
             "visit", "visits", "visited")  # fmt: skip
    lead = rf"(?:(?:^| ){into} |{'|'.join(f'(?<={verb}) ' for verb in verbs)})"
    more = rf"(?:,? (?:and|or|(?:and|but) (?:not|never)|than) (?:{into} )?{one})*"
    found = re.search(rf"(?: both| either)?{lead}(?:both |either )?{one}{more}", text, re.IGNORECASE)
    often = r"( first| last| ever| only| usually| mostly| been)?"
    is_used = rf"\b(?:the )?({names})(?!\w){often} ({_USED})\b(?: by ([^,?]+))?"
    if found is None and (used := re.search(is_used, text, re.IGNORECASE)):
        who = "nobody" if used[3].lower() == "empty" else "anybody"  # "when was the kitchen last used?"
        who = re.sub("(.+) only$", r"only \1", used[4].strip()) if used[4] else who  # "was it ever used by Ana only?"
        said = f"{who} been there" if used[2] == " been" else f"{who} there{used[2] or ''}"
        return f"{text[: used.start()]}{said}{text[used.end() :]}", ((spelt[used[1].lower()], ""),)
    if found is None and not re.search(rf"(?i) (?:the|our|my) [\w-]+ (?:{names})\b", text):  # "Ana kitchen when"
        bare = rf" (?<!the )(?<!an )(?<! a )(?:{names})(?=\W*$| (?:when|who)\b)| (?:{names})(?= {CLIPS}\b)"
        alone = rf"^(?!show\b)(?:{names})(?!\w)(?! (?:is|was|used)\b)|{bare}"
        found = re.search(alone, text, re.IGNORECASE)
    if found is None:
        return text, ()
    named, plain = re.findall(rf"(?i){names}", found[0]), re.sub(r"(?i)(and|but) (not|never)", "but not", found[0])
    gaps = [gap.lower() for gap in re.split(rf"(?i){names}", plain)[1:-1]]
    joints = [next((joint for joint in ("but not", "than", "or") if joint in gap), "and") for gap in gaps]
    joints = ["both"] * len(joints) if re.search(r"\bboth\b", found[0]) is not None else joints
    spots = tuple((spelt[one.lower()], joint) for one, joint in zip(named, ["", *joints], strict=True))
    asked = f"{text[: found.start()]} {SPOT}{text[found.end() :]}".strip()
    asked = re.sub(rf"(?i)(?<={SPOT} )(?!one){CLIPS}\b", r"video\1", asked)
    if re.match(rf" ?{into} ", found[0], re.IGNORECASE):
        return asked, spots
    came = rf"\b(?:use|pass|visit)(e?d)?(e?s)?(?= {SPOT})"
    return re.sub(came, lambda verb: "came" if verb[1] else "comes" if verb[2] else "come", asked), spots


def spellings(places: Sequence[str]) -> dict[str, str]:
    """Places by what they may be called: by name, "bed room" too, and where only one is so by its last word; by what
    stands before a number: "the classroom" for classroom 4b. Folders and files only by their whole names.
    """
    titles, places = [one for one in places if one[0] == "/"], [one for one in places if one[0] != "/"]
    words = [one.lower().split() for one in places]
    said = [[one[-1], " ".join(one[:-1]) if re.search(r"\d", one[-1]) else ""] for one in words]
    every = [part for parts in said for part in parts]
    short = {part: place for parts, place in zip(said, places, strict=True) for part in parts if every.count(part) == 1}
    short = {one: place for one, place in short.items() if one != "room" and re.search("[a-z]", one)}
    rooms = {re.sub(r"\B(?=room$)", " ", one.lower()): one for one in places}  # "bed room"
    return short | rooms | {one.lower(): one for one in [*places, *titles]}


def said_as_place(text: str, plain: str, names: Sequence[str], people: Collection[str]) -> str:
    """A question with names put as "in NAME" wherever they are said as a place, or a title, and not as any word is."""
    spoken, name = re.escape(plain).replace(r"\ ", r"[\s_-]+"), " or ".join(names).replace("\\", r"\\")
    called, into = rf"(?<![/\w])[\"“]?{spoken}(?!\w)[\"”]?", rf"(?:\b{_INTO} (?:{_THE} )?)"

    def put(said: str, text: str, by: str = f"in {name}") -> str:
        return re.sub(said, lambda found: found.expand(by), text, flags=re.IGNORECASE)

    text = put(rf"{into}?(?:\bthe )?\b{FOLDER} (?:called )?{called}", text)
    text = put(rf"{into}{called} {FOLDER}\b|{into}[\"“]{spoken}[\"”]", text)
    if _is_ordinary(plain, people):
        return text
    text = put(rf"\b{_INTO} (?:(?:{_THE}|any|all|each|every|an?) )?{called} {CLIPS}\b", text)
    text = put(rf"{into}?(?:\bthe )?\b{CLIPS}(?: called)? {called}", text)
    asked = r"how long (?:is|was)|when (?:is|was)(?=.* (?:recorded|filmed|taken|made|shot)\b)"
    text = put(rf"\b({asked}) (?:the )?{called}(?! {CLIPS}\b)", text, rf"\1 the video in {name}")
    text = put(rf"\b(\w+s) (?:does|do) (?:the )?{called} (?:have|contain)", text, rf"\1 are there in {name}")
    text = put(rf"{called} {CLIPS}\b|\b{CLIPS} (?:of|from) (?:the )?{called}", text, rf"video\1\2 in {name}")
    if re.fullmatch(CLIPS, plain):  # "which films": those of the folder "Films"
        text = put(rf"\b(which|what|how many) {plain.rstrip('s')}s?\b(?! of\b)", text, rf"\1 videos in {name}")
    text = put(rf"^(and|or|but|what about|how about) (?:the )?{called}(?=\W*$)", text, rf"\1 in {name}")
    plainly = re.search(r"[\s\d.]", plain) is None  # "in new clothes" isn't in "new", "in New" is
    ends = rf"(?=\W*$|\W* (?:{one_of([*_MAY_FOLLOW, *people])})\b)" if plainly else ""
    exact = rf"(?<![/\w])(?-i:{one_of(one[1:] for one in names if one[1:2].isupper()) or '(?!)'})(?!\w)"
    text = put(rf"{into}{exact}", text)
    text = put(rf"\b(both|either|and|or|than|of) (?:{_THE} )?{exact if plainly else called}", text, rf"\1 {name}")
    return put(f"{into}{'?' * plain.endswith(tuple(SUFFIXES))}{called}{ends}", text)


def _is_ordinary(plain: str, people: Collection[str]) -> bool:
    """Whether a name is also a common word, somebody's name, a colour, what is worn, or a time."""
    if ORDINARY.issuperset(plain.split()) or plain in people or not re.search(r"[^\W\d_].*[^\W\d_]", plain):
        return True
    if any(is_known(kind, plain) for kind in ("colour", "worn", "hair")):
        return True
    try:
        return not all(re.search(r"\w", dated(f"{lead} {plain}", datetime.now())[0]) for lead in ("in", "in the", "at"))
    except SettingsError:
        return True


def files_said(text: str) -> dict[str, bool]:
    """What may be a file's name in a question, as it is spoken, and every shorter one that ends there: of "the dressing
    change video" "dressing change" and "change"; whether it may be a part of one, as "dressing change" may.
    """
    named = ((next(filter(None, one.groups())).split(), bool(one["called"])) for one in _FILES.finditer(text))
    said = {plain_name(" ".join(words[at:])): called and not at for words, called in named for at in range(len(words))}
    return {one: partly for one, partly in said.items() if not ORDINARY.issuperset(one.split())}


def plain_name(name: str) -> str:
    """A name as it is spoken: "dressing_change" is "dressing change"."""
    return re.sub(r"[\s_-]+", " ", name).strip().lower()


@lru_cache(1 << 16)
def forms_of(name: str) -> set[str]:
    """What a name is called: "S02E01 Red Carpet (new)" is "red carpet" and "s02e01", too, "Season 1" "first season"."""
    plain = plain_name(name)
    title = re.sub(r"^(?:\S*\d\S* )+|\W*(?:[(\[].*|[\d. ]{6,})?$", "", plain)
    codes, own = re.findall(r"^(?=\S*\d)\S*[a-z]\S*", plain), title.partition("'s ")[2]
    codes += [f"{one[1]}x{one[2]}"] if (one := re.fullmatch(r"s0?(\d+)e(\d+)", plain)) else []
    if (one := re.fullmatch(r"([a-z]+) ([1-9]\d?)", plain)) and one[1] not in UNITS:  # "the first day" is of a date
        nth = [f"{ordinal(int(one[2]))} {one[1]}"] * (not re.fullmatch(CLIPS, one[1]))  # "the first episode" is by time
        codes += [f"{one[1]} {number(int(one[2]))}", *nth]
    return {plain, title, *codes, *(f"{one} {own}" for one in ("her", "his", "their") if own)} - {""}

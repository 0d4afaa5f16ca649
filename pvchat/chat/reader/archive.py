"""Reading a question about many videos: text in, the `Query`, its dates, its place and the sighting it means out.

"What was Ana wearing when she was last seen in the kitchen on Tuesday?" is the query of "What was Ana wearing?", of the
video that answers "When was Ana last seen?", among those of a source called kitchen, on that day. "Which room is Ana in
most often?" is "When is Ana there?", put together by place (`Query.value`), the most first (`Query.rank`). What is left
without these words is read as any question is (`read.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pvchat.chat.query import EVERYBODY, NEVER, PRESENT, Has, Not, Number, Query, Rank, Select, is_of_sound
from pvchat.chat.reader.dates import Dates, dated, number_of
from pvchat.chat.reader.read import Known, read
from pvchat.errors import SettingsError

_SHOW = re.compile(
    r"^(?:please,? )?(?:can you )?(?:show(?: me)?|find(?: me)?|play|list) (?:all |every )?(?:the )?"
    r"(?:(?:videos?|clips?|moments?|scenes?|visits?) (?:of|with|where|in which|showing) )?(.+?)(?:,? please)?[.!?]*$",
    re.IGNORECASE,
)
_WHERE = re.compile(r"^(where|what|who) (was|were) (.+?) (last|first) seen\b(.*?)[.!?]*$", re.IGNORECASE)
_CLAUSE = re.compile(
    r"(?<=\w),? (?:when|the (?:last|first) time(?: that)?) (.+?) (?:was|were) (last|first) seen\b(.*?)[.!?]*$",
    re.IGNORECASE,
)
# By what videos are put together (`archive.UNITS`): "which room …", "on which days …", "how many days …"
_UNIT = re.compile(
    r"^(?:(?:[io]n|at|during) )?(?P<how>how many|which|what)(?: different| other| of the)? (?:"
    r"(?P<place>rooms?|places?|locations?|cameras?|parts? of the (?:house|home|building|flat))|"
    r"(?P<weekday>days? of the week|weekdays?)|(?P<day>days?|dates?)(?! ago)|(?P<month>months?)|"
    r"(?P<hour>hours?|times?(?: of (?:the )?day)?(?=.*\b(?:usually|normally|mostly|most|generally)\b)))\b",
    re.IGNORECASE,
)
_WHERE_ALL = re.compile(
    r"^where\b(?=.*\b(?:most(?:ly)?|usually|normally|longest|least|been|everywhere)\b)", re.IGNORECASE
)
_MEASURES = (
    (r"\bspen[dt]s? (?:(?:the )?most(?: of)? )?(?:(?:his|her|their|the) )?time\b|\b(?:the )?longest\b", Rank("long")),
    (r"\b(?:the )?(?:least(?: often)?|fewest|quietest)\b", Rank("often", -1)),
    (r"\b(?:the )?(?:most (?:often|frequently|of the time)|mostly|most|usually|normally|generally|mainly|busiest)\b",
     Rank("often")),
)  # fmt: skip
# Not "whom I don't know"
_NOT = re.compile(r"(?:\b(?:never|not)\b|n't\b)(?! (?:know|recogni[sz]ed?|enrolled)\b)", re.IGNORECASE)
# "Was there no music?": whether it is there at no time
_NONE_THERE = re.compile(r"^((?:is|was|are|were) there) no(?:t any)? (?!one\b|body\b)(?=\w)", re.IGNORECASE)
_MOST_PEOPLE = re.compile(
    r"^(?:in )?(?:which|what) (?:video|clip|film)s?\b(?: (?P<verb>are|were|do|did)\b)?.*?"
    r"\b(?:(?P<most>most|largest number of)|fewest|least) people\b(?P<so>.*?)(?: in(?: it)?)?[.?!]*$",
    re.IGNORECASE,
)
_LONGEST_VIDEO = re.compile(
    r"^(?:in )?(?:which|what|show|find|play|list|the|how long)\b.*?\b(?:"
    r"(?:(?P<a>longest)|shortest) (?:video|clip|film)s?\b(?P<of>.*?)"
    r"|(?:video|clip|film)s?\b(?P<that>.*?) (?:the )?(?:(?P<b>longest)|shortest)(?: of all| time)?)[.?!]*$",
    re.IGNORECASE,
)
_OF_VIDEOS = re.compile(
    r" (?:is|are|was|were|has|have|shows?|lasts?|that|recorded|there|seen)\b| in(?: it)?(?=\W*$)", re.IGNORECASE
)
_IDLE = re.compile(
    r"^(?:was|were|is|are|has|had|have|been|used|visit\w*|the|people|videos?|there|seen|\W)*$", re.IGNORECASE
)
_SO_MANY = re.compile(
    r"\b(?:the )?(?:(?P<last>last|latest|most recent)|first) (?P<count>\w+) (?=videos?|clips?|times?|visits?)",
    re.IGNORECASE,
)
_ONE_BEFORE = re.compile(
    r"^(?:and |but |what about |when was )*(?:the )?(?:(?:time|one|visit) before\b|previous\b|before that)",
    re.IGNORECASE,
)
_OF_HER = re.compile(r"\b(?:he|she|they|him|her|them|that time)\b", re.IGNORECASE)
_AT_IT = re.compile(r"\belse\b|\bthere(?=(?: too| also| as well| then| with \w+)?\W*$)", re.IGNORECASE)
# "Was Ana here each day?" is answered by the days on which she was
_EACH_DAY = re.compile(
    r"^(?=(?:was|were|is|are|did|does|do|has|have)\b)(.+?),? (?:on )?(?:each|every)(?: single)? day\b", re.IGNORECASE
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
        (r"^(?:at )?what time\b", "when"),
        (
            r"^how long (?:was|did) (.+?)(?:'s|(?<=s)') (last|first) (?:visit|time|stay)(?: last)?(?=\W*$)",
            r"How long was \1 there when \1 was \2 seen",
        ),
        (r"\b(?:vids?|recordings?)\b", "videos"),
        (r"^(?=(?:all )?(?:the )?(?:videos?|clips?|visits?) (?:of|with|where|showing)\b)", "show me "),
        (r"^what(?:'s| \w+) the (longest|shortest) time (?:that )?(.+?) (was|were) (.+?)(?=\W*$)", r"When \3 \2 \4 \1"),
        (r"\b(away|gone|missing|absent) (?:all|the whole) day\b", r"\1"),
        (r"^which (?:of (?:them|you|us|these people|the people)|people) (?=\w)", "who "),
        (r" in (?:the|my|your|this) (?:library|archive|collection)\b", ""),
        (r"\bvisited(?=\W*$)", "came"),
        (r"^who (?:have|has|did|do) (?:you|we|i) (never|not|last|first)? ?(?:seen?|saw)\b", r"who was \1 seen"),
        (r"\b(was|were|is|are) (?:up|awake|about|around|home|in)(?=$|[.?!,]| (?:and|with|or)\b)", r"\1 there"),
        (r"^(was|is) it (?!.*\b(?:who|that)\b)([^,?]+? or \w+) (?=\w)", r"\1 it \2 who was "),
        (r"\b(came|come|comes) (?:in(?! (?:the|our|my|a)\b)|back)\b", r"\1"),
        (
            r"^how many (?:visits|appearances) (?:did|has|have) (.+?) (?:pay|make|made|have|had)\b",
            r"how often was \1 seen",
        ),
        (r"^who (?:is|was) (.+?) (?:usually|mostly|mainly|most often) with\b", r"who is seen most often with \1"),
        (r"^who (?:is|was) (.+?) (?:seen )?with most(?: often)?\b", r"who is seen most often with \1"),
        (
            r"^(who\b.*?) (?:(?:has|have|is|are|was|were) never(?: been)?|(?:has|have)(?:n't| not)(?: ever)? been|"
            r"never (?:comes?|came|appears?|appeared))\b",
            r"\1 was not",
        ),
        (r"^[oi]n (?:which|what) (?:videos?|clips?|films?) (?:is|are|was|were) (?=nobody\b|no one\b)", "When is "),
        (r"^when (?:was|is) the (last|first) time (?:that )?(.+?) (was|were) (?:here|there)\b", r"When \3 \2 \1 seen"),
        (
            r"^when (?:was|is) the (last|first) time (?:that )?(.+?) (was|were) "
            r"(?=(?:in|at|on|with|alone|outside|inside|wearing|sitting)\b)",
            r"When \3 \2 \1 ",
        ),
        (r"^where(?:'s| is| are) (.+?) (?:right )?now\b", r"Where was \1 last seen"),
        (r"^where (.+?) (was|were) (last|first) seen\b", r"Where \2 \1 \3 seen"),
        (
            r"\b(?:did|do|have) (.+?) (last |first |ever )?(?:meet|met|(?:see|seen) each other)\b",
            r"were \1 \2seen together",
        ),
        (r"\bthe (last|first) time (?:that )?(.+?) (?:was|were|came)(?: here| there| seen)?\b", r"when \2 was \1 seen"),
        (r"^who (?:visits|visited|meets|met|sees|saw) (.+?)(?: the)? most\b", r"who is seen most often with \1"),
        (r"\b(?:everything|all (?:the )?videos|what happened)$", "when anybody was there"),
        (r"^which (videos?|clips?|films?) (is|are|was|were) (.+?) in\b", r"In which \1 \2 \3"),
        (r"\bbeen here\b", "been seen"),
        (r"^(when (?:was|were|is|are) .+?) here\b", r"\1 there"),
        (r"\b(?:comes (?:home|by|over|round)|drops (?:in|by)|(?:shows|turns) up|stops by)\b", "comes"),
        (r"\b(?:visit|come (?:home|by|over|round)|drop (?:in|by)|(?:show|turn) up|stop by)\b", "come"),
        (r"\bhow many times did (.+?) come\b", r"how often was \1 seen"),
        (
            r"^when (was|is) (?:nobody|no one) (last|first)? ?with (.+?)(?=\W*$)",
            r"When \1 \3 \2 alone",
        ),
        (r"^how often (was|were) (.+?) (?:here|there)\b", r"How often \1 \2 seen"),
    )
)
_MORE_OFTEN = re.compile(
    r"^(?P<is>is|are|was|were) (?P<who>.+?) (?P<more>more often|more|longer|for longer) (?:in|on|at)\b.* (?:or|than)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(r"\b(?:more|less|longer|most|than|first|before|after)\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:first|earliest|initially)\b", re.IGNORECASE)
_AGO = re.compile(r"^how (?:long|many \w+) ago\b", re.IGNORECASE)
_OF = re.compile(r"(?:(?<=^)|(?<= ))(?:of|with|in which|where|showing|that shows?) ", re.IGNORECASE)
_PEOPLE = re.compile(r"\b(?:people|persons)\b", re.IGNORECASE)
_LEANS = re.compile(r"^(?:and|or|but|what about|how about|then)\b|\b(?:too|also|as well|instead)\b", re.IGNORECASE)
# Asks nothing but that of what was asked before: "Who?", "When was that?"
_BARE = re.compile(
    r"^(?:and |but |so |at )*(?P<word>who|when|what time|where|which room|how (?:long|often|many people|many))"
    r"(?: (?:was|were|is|are) (?:it|that|this|they|those|these|them))?(?: exactly)?\W*$",
    re.IGNORECASE,
)
_BARE_SELECTS: dict[str, Select] = {
    "who": "who", "when": "when", "what time": "when", "where": "when", "which room": "when", "how long": "how_long",
    "how often": "how_often", "how many people": "count", "how many": "count",
}  # fmt: skip
_HERS = re.compile(r"\b(?:his|their)\b", re.IGNORECASE)
# Asks anew, of all times; or of all but the one sighting that was meant
_EVER = re.compile(r"\b(?:ever|never|usually|normally|always|at all)\b", re.IGNORECASE)
_MANY_TIMES = re.compile(r"\b(?:last|first|how often|how many times)\b", re.IGNORECASE)
_ASKS_AGAIN = re.compile(r"^(?:and|or|but|so|what about|how about|ok|now|then| )*\W*$", re.IGNORECASE)
_PRONOUN = re.compile(r"^(?:she|he|they|it)$", re.IGNORECASE)
_HERE = re.compile(r"\b(?:here|there)\b", re.IGNORECASE)
_INTO = (
    r"(?:(?P<in> (?:in|on|into|at|to|from|of|inside|around|through))|(?<=leave)|(?<=left)|(?<=enter)|(?<=entered))"
    r"(?: the| our| my)? "
)


@dataclass(frozen=True)
class ArchiveQuestion:
    """A question about many videos.

    Attributes:
        query: what it asks of each.
        text: the question as it is asked of one video.
        dates: of which times ("on Monday and on Friday"); none: of any.
        place: the source that it names; "" for none.
        sighting: what tells the one video that is meant ("when she was last seen"); None: all are.
        other_place: a second source, of which the same is asked.
        joint: what stands between the two: "and", "both", "or", "but not".
    """

    query: Query
    text: str
    dates: tuple[Dates, ...] = ()
    place: str = ""
    sighting: Query | None = None
    other_place: str = ""
    joint: str = ""


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
        rest, dates = dated(_EACH_DAY.sub(r"On which days \1", text.strip()), now, (*known.names, *known.aliases))
    except SettingsError:
        return ArchiveQuestion(Query("refuse", refusal="unclear", value="times"), text)
    rest, other, joint = _one_of_two_places(rest, places)
    place = next((one for one in sorted(places, key=len, reverse=True) if _place(one).search(rest)), "")
    if before is not None and _ASKS_AGAIN.match(_place(place).sub("", rest) if place else rest):  # "and on Tuesday?"
        return _held_on(replace(before, dates=dates, place=place, other_place=other, joint=joint), before)
    meant = None if before is None else _sighting_of(before)
    if before is not None and meant is not None and meant.rank is not None and _ONE_BEFORE.match(rest):
        earlier = replace(meant.rank, k=meant.rank.k + (1 if meant.rank.k > 0 else -1))
        return replace(before, query=replace(meant, rank=earlier), sighting=None)
    if before is not None and not dates and not place and (again := _asked_again(rest, before.query, meant)):
        return replace(before, query=again, sighting=None if again == meant else meant)
    found = replace(_read_one(rest, place, known), dates=dates, other_place=other, joint=joint)
    is_of_it = _OF_HER.search(rest) or not place and _AT_IT.search(rest)
    if meant is not None and not dates and is_of_it and not (_EVER.search(rest) or _MANY_TIMES.search(rest)):
        found = replace(found, sighting=found.sighting or meant)
    if _AGO.match(rest) and found.query.select == "when":
        found = replace(found, query=replace(found.query, value="ago"))
    alone = found if before is None else _read_one(rest, place, replace(known, history=()))
    if before is None or not _leans(rest, found, alone):
        return found
    return _leaning(rest, found, before)


def _leaning(rest: str, found: ArchiveQuestion, before: ArchiveQuestion) -> ArchiveQuestion:
    """A question that leans on the one before: whom else, of which sighting, when and where."""
    whom = found.query.whom
    if re.search(r"\belse\b", rest, re.IGNORECASE) and not (whom.names or whom.besides):  # "anybody else?"
        found = replace(found, query=replace(found.query, whom=replace(whom, besides=before.query.whom.names)))
    sighting = found.sighting
    if sighting is None and before.sighting is not None and before.sighting.whom == before.query.whom:
        sighting = replace(before.sighting, whom=found.query.whom)
    elif sighting is None and _LEANS.search(rest) and not (found.dates or found.place or _EVER.search(rest)):
        sighting = before.sighting  # "was Ben there too?" "and Cem?"
    return _held_on(replace(found, sighting=sighting), before)


def _leans(rest: str, found: ArchiveQuestion, alone: ArchiveQuestion) -> bool:
    """Whether a question is to be read with the one before it."""
    if _LEANS.search(rest) or _EVER.search(rest):
        return _LEANS.search(rest) is not None
    return found.query != alone.query or any(one.search(rest) for one in (_OF_HER, _HERS, _AT_IT))


def _held_on(found: ArchiveQuestion, before: ArchiveQuestion) -> ArchiveQuestion:
    """A question at the time and the place of the one before, where it names none itself."""
    found = replace(found, dates=found.dates or before.dates)
    if found.place or found.query.value == "place":
        return found
    return replace(found, place=before.place, other_place=before.other_place, joint=before.joint)


def _asked_again(rest: str, before: Query, meant: Query | None) -> Query | None:
    """What "Who?", "When was that?" ask of what was asked before; None for a question of its own."""
    bare = _BARE.match(rest)
    if bare is None or before.select == "refuse" or before.rank is not None and meant is None:
        return None
    word = bare["word"].lower()
    if _BARE_SELECTS[word] == before.select == "who":
        return before
    select, whom, where = _BARE_SELECTS[word], before.whom, before.where
    if meant is not None and select == "when":
        return meant
    if select in ("who", "count") and whom.names:  # "was Tom with anybody?" "Who?"
        if not isinstance(where, Has) or where.attribute != "with" or where.of not in (None, EVERYBODY):
            return None
        whom, where = EVERYBODY, Has("with", of=whom)
    place = "place" if word in ("where", "which room") else ""
    return Query(select, replace(whom, quantifier="any") if not whom.names else whom, where, value=place)


def _read_one(rest: str, place: str, known: Known) -> ArchiveQuestion:
    """A question from which the words for a time were taken."""
    if unit := _UNIT.match(rest) or _WHERE_ALL.match(rest):
        return _by_unit(rest[unit.end() :], unit.groupdict(), place, known)
    if many := _SO_MANY.search(rest):
        asked = _read_one(f"{rest[: many.start()]}the {rest[many.end() :]}", place, known)
        rank, count = Rank("time", -1 if many["last"] else 1), float(number_of(many["count"].lower()))
        return replace(asked, query=replace(asked.query, rank=rank, number=Number("exactly", count)))
    if none := _NONE_THERE.match(rest):
        there = _read_one(f"{none[1]} {rest[none.end() :]}", place, known)
        return replace(there, query=_at_no_time(there.query))
    anywhere = _place(place).sub("", rest) if place else rest
    if many_people := _MOST_PEOPLE.match(anywhere):
        so = f"When {many_people['verb'] or 'are'} people{many_people['so']}?"
        query = Query("when") if _IDLE.match(many_people["so"]) else read(so, known)
        rank, whom = Rank("often", 1 if many_people["most"] else -1), replace(query.whom, quantifier="any")
        return ArchiveQuestion(replace(query, whom=whom, value="people", rank=rank), rest, place=place)
    if longest := _LONGEST_VIDEO.match(anywhere):
        her = _OF_VIDEOS.sub("", longest["of"] or longest["that"] or "")
        query = read(f"When is{_OF.sub('', her)} there?", known) if her.strip() else Query("when")
        of_her = longest["that"] and her.strip() and not _OF.match(her.strip())  # the longest time, not the video
        rank = Rank("long", 1 if longest["a"] or longest["b"] else -1)
        return ArchiveQuestion(replace(query, value="" if of_her else "videos", rank=rank), rest, place=place)
    for said, as_read in _AS_READ:
        rest = said.sub(as_read, rest)
    if found := _SHOW.match(rest):
        rest = f"When is {found[1]}?" if " " in found[1] else f"When is {found[1]} seen?"
    main, clause = _parted(rest)
    query = _over_videos(_read_at(main, place, known), main)
    if query.select == "attribute" and query.attribute == "place" and not clause:
        query = Query("when", query.whom, query.where, value="place")
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


def _one_of_two_places(text: str, places: Sequence[str]) -> tuple[str, str, str]:
    """A question without the second of two places, that place, and what joins it: "in the kitchen or in the garden"."""
    named = [one for one in sorted(places, key=len, reverse=True) if one.lower() in text.lower()]
    if len(named) < 2:
        return text, "", ""
    one_of, to = "|".join(map(re.escape, named)), r"(?:in|on|at|into|to) "
    two = re.search(
        rf"(\b{to})(?P<both>both |either )?({to})?((?:(?:the|our|my) )?(?:{one_of})),? (?P<joint>and|or|but not|than) "
        rf"(?:{to})?(?:(?:the|our|my) )?(?P<other>{one_of})\b", text, re.IGNORECASE,
    ) or re.search(
        rf"()(?P<both>\bboth )({to})((?:(?:the|our|my) )?(?:{one_of})),? (?P<joint>and) "
        rf"(?:{to})?(?:(?:the|our|my) )?(?P<other>{one_of})\b", text, re.IGNORECASE,
    )  # fmt: skip
    if two and (more := _MORE_OFTEN.match(text)) is not None:
        often = "longest" if "longer" in more["more"] else "most often"
        return f"Which room {more['is']} {more['who']} in {often}?", "", ""
    if two is None or _COMPARES.search(text):
        return text, "", ""
    other = next(one for one in named if one.lower() == two["other"].lower())
    joint = "both" if (two["both"] or "").lower() == "both " else two["joint"].lower()
    return f"{text[: two.start()]}{two[1] or two[3]}{two[4]}{text[two.end() :]}", other, joint


def _sighting_of(before: ArchiveQuestion) -> Query | None:
    """The one sighting that a question before has named; None where it named none."""
    query, rank = before.query, before.query.rank
    if rank is None or query.number is not None or query.value == "place":
        return before.sighting
    if query.select == "who" and rank.by == "time" and query.where in (None, PRESENT):  # "who was the last here?"
        return Query("when", query.whom, rank=rank)
    of_one = rank.by == "time" or query.value in ("people", "videos", "")  # the video with most people
    return query if query.select == "when" and of_one else before.sighting


def _by_unit(rest: str, unit: dict[str, str | None], place: str, known: Known) -> ArchiveQuestion:
    """A question from which "which room", "how many days" … was taken: when it holds, put together by place, day …"""
    by, rank = next((name for name, said in unit.items() if said and name != "how"), "place"), None
    for said, measure in _MEASURES:
        if rank is None and re.search(said, rest, re.IGNORECASE):
            rank, rest = measure, re.sub(said, "", rest, flags=re.IGNORECASE)
    number = NEVER if _NOT.search(rest) else None
    rest = _NOT.sub("", rest)
    rest = " was anybody there?" if _IDLE.match(rest) else re.sub(r" (?:in|at|on)(?=\W*$)", "", rest)
    found = _read_one(f"When{rest}", place, known)
    query = found.query
    if query.select != "when":
        return found
    select: Select = "how_often" if (unit.get("how") or "").lower() == "how many" else "when"
    return replace(found, query=replace(query, select=select, value=by, rank=rank, number=number))


def _over_videos(query: Query, text: str) -> Query:
    """When somebody came or left is, over many videos, when she was first or last seen; one's order is when she was."""
    if query.select == "who" and query.where == Not(PRESENT) and query.rank is None:
        return replace(query, where=None, number=NEVER)
    whom = query.whom
    if is_of_sound(query) and query.form != "polar" and (isinstance(query.where, Not) or whom.quantifier == "none"):
        return Query("refuse", refusal="sound")  # who never says it may say it unheard
    if query.select == "how_long" and query.rank is not None and query.rank.by == "long":
        return replace(query, select="when")
    if query.form == "polar" and (whom.quantifier == "none" or whom.names and query.where == Not(PRESENT)):
        return _at_no_time(query)
    if query.select == "who" and query.rank is not None and query.rank.by == "time" and whom.nth == query.rank.k:
        query = replace(query, whom=replace(whom, nth=0))  # "the first person"
    if query.select == "when" and whom.nth_by == "time" and whom.nth != 0:
        rank = Rank("time", whom.nth) if whom.nth < 0 or _FIRST.search(text) else query.rank  # "when did he come?"
        query = replace(query, whom=replace(whom, nth=0, nth_by="left"), rank=rank)
    if query.select == "order" and len(query.whom.names) == 1 and query == Query("order", query.whom, form=query.form):
        return replace(query, select="when", value="in order")
    edges = {Has("enters"): 1, Has("leaves"): -1}
    if query.select != "when" or query.where not in edges:
        return query
    return replace(query, where=None, rank=Rank("time", edges[query.where]))


def _at_no_time(query: Query) -> Query:
    """Whether it never holds: "was Ana gone on Friday?" is whether she was there at no time on it."""
    plain = query.select == "exists" and query.form == "polar" and query.rank is None and query.number is None
    if not plain or query.whom.quantifier == "either":
        return query
    where = None if query.where == Not(PRESENT) else query.where
    whom = replace(query.whom, quantifier="any")
    return replace(query, select="how_often", whom=whom, where=where, number=NEVER, throughout=False)


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
    last = re.search(phrase.pattern + r"[.!?]*$", text, re.IGNORECASE)
    there = last is not None and last["in"] and not _HERE.search(phrase.sub("", text))
    found = read(phrase.sub(" there" if there else "", text), known)
    return read(phrase.sub("", text), known) if found.select == "refuse" else found


def _place(name: str) -> re.Pattern[str]:
    return re.compile(rf"{_INTO}{re.escape(name)}\b", re.IGNORECASE)

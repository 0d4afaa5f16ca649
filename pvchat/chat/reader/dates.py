"""Words for a day or a time of the calendar: a question in, the question without them and the times they name out.

"on Tuesday", "yesterday evening", "last night", "this week", "in May", "last summer", "since 3 May", "in the last ten
days", "between Monday and Wednesday", "before 2026-05-03"; hours of a day, or of each day ("between 9 and 11", "after
5pm", "at 8:20", "at night"); days that come again ("every Monday", "on weekends", "each morning", "twice a week"). A
weekday is the last one that was, today included; a month or a day without a year is the last one that began. Weekdays
may be short ("wed") or misspelt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches

from pvchat.chat.reader.timewords import counted
from pvchat.errors import SettingsError

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # the first of their three months
# Hours at which parts of a day begin and end [choice]; the night ends on the next day.
_PARTS = {"morning": (time(4), time(12)), "afternoon": (time(12), time(18)), "evening": (time(18), time()),
          "night": (time(20), time(6)), "daytime": (time(6), time(20))}  # fmt: skip
_LASTS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
_THIRDS = {"beginning": 0, "start": 0, "early": 0, "middle": 1, "mid": 1, "end": 2, "late": 2}

_WEEKDAY = rf"(?:{'|'.join(_DAYS)})"
_MONTH = rf"(?:{'|'.join(_MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
_NTH = r"(?:the )?\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_PART = r"(?:morning|afternoon|evening|night)"
_UNIT = r"(?:week(?:end)?|month|year)"
_SEASON = rf"(?:{'|'.join(_SEASONS)})"
_COUNT = r"(?:\d+|(?:a )?few|an?(?: couple of)?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_GROUP = re.compile(r"\((?!\?)")
_SOME = r"(?:hour|day|week|month|year)"

_Ends = tuple[datetime, datetime]
_Hours = tuple[time, time]
_Rows = tuple[tuple[str, Callable[[re.Match[str], datetime], _Ends | None]], ...]


def _any_of(rows: _Rows) -> str:
    """What matches any row of a table, without groups; above the tables because they are made with it."""
    return f"(?:{'|'.join(_GROUP.sub('(?:', pattern) for pattern, _ in rows)})"


# Words for a time, and its ends
_DAY_ROWS: _Rows = (
    (r"(today|yesterday|the day before yesterday)",
     lambda m, now: _back("day", ("today", "yesterday", "the day before yesterday").index(m[1]), now.date())),
    (rf"(?:{_WEEKDAY},? )?({_YEAR})-(\d\d)-(\d\d)", lambda m, now: _dated(m[3], m[2], m[1], now)),
    (rf"(?:{_WEEKDAY},? )?({_NTH})(?: of)? ({_MONTH})\b(?:,? ({_YEAR}))?",
     lambda m, now: _dated(m[1], m[2], m[3], now)),
    (rf"(?:{_WEEKDAY},? )?({_MONTH}) ({_NTH})(?!\d)(?:,? ({_YEAR}))?", lambda m, now: _dated(m[2], m[1], m[3], now)),
    (rf"(?:{_WEEKDAY},? )?the (\d{{1,2}}(?:st|nd|rd|th))\b(?!(?: of)? {_MONTH})",
     lambda m, now: _dated(m[1], "", "", now)),
    (rf"({_WEEKDAY}),? (?:of )?(this|last) week\b", lambda m, now: _weekday(m[1], int(m[2] == "last"), now)),
    (rf"({_COUNT}) weeks? ago(?:,? on)? ({_WEEKDAY})", lambda m, now: _weekday(m[2], _number(m[1]), now)),
    (rf"({_WEEKDAY}),? ({_COUNT}) weeks? ago", lambda m, now: _weekday(m[1], _number(m[2]), now)),
    (rf"(?:(last|this) )?({_WEEKDAY})",
     lambda m, now: _back("day", (now.weekday() - _DAYS.index(m[2])) % 7 or 7 * (m[1] == "last"), now.date())),
)  # fmt: skip
_DAY = _any_of(_DAY_ROWS)
_PART_ROWS: _Rows = (
    (rf"this ({_PART})", lambda m, now: _at_part(now, m[1])),
    ("tonight", lambda m, now: _at_part(now, "night")),
    ("last (night|evening)", lambda m, now: _at_part(now - timedelta(days=1), m[1])),
    (rf"the ({_PART}) before last", lambda m, now: _at_part(now - timedelta(days=2), m[1])),
    (rf"({_DAY}) ({_PART})", lambda m, now: (day := _span(m[1], now)) and _at_part(day[0], m[2])),
    (rf"the ({_PART}) of ({_DAY})", lambda m, now: (day := _span(m[2], now)) and _at_part(day[0], m[1])),
)
_AGO_ROWS: _Rows = ((rf"({_COUNT}) ({_SOME})s? ago", lambda m, now: _ago(_number(m[1]), m[2], now)),)
_SPAN_ROWS: _Rows = (
    (rf"the ({_UNIT}) before last", lambda m, now: _back(m[1], 2, now.date())),
    (rf"(this|last|the) ({_UNIT})", lambda m, now: _back(m[2], int(m[1] == "last"), now.date())),
    (rf"(?:(this|last|the(?= {_SEASON})) )?({_MONTH}|{_SEASON})(?: (?:of )?({_YEAR}))?\b",
     lambda m, now: _season(m[2], m[3], m[1] == "last", now.date())),
    (rf"({_YEAR})", lambda m, now: _months(int(m[1]), 1, 12)),
)  # fmt: skip
_THIRD_ROWS: _Rows = (
    (rf"(?:the )?(beginning|start|middle|end) of ({_any_of(_SPAN_ROWS)})",
     lambda m, now: _third_of(_span(m[2], now), _THIRDS[m[1]])),
    (rf"(early|mid|late)[- ](?:in )?({_MONTH})", lambda m, now: _third_of(_span(m[2], now), _THIRDS[m[1]])),
)  # fmt: skip
_ROWS = (*_THIRD_ROWS, *_PART_ROWS, *_DAY_ROWS, *_AGO_ROWS, *_SPAN_ROWS)
_ANY = _any_of(_ROWS)
_RECENT = rf"(?:(?:with)?in|during|over|for) the (?:last|past) (?:{_COUNT} )?{_SOME}s?"
_PHRASE = re.compile(
    rf"\b(?:so far |earlier |later )?(?:(?P<recent>{_RECENT})"
    rf"|(?:(?P<between>between )|(?P<how>since|after|before|until|till|by"
    rf"|from|on(?! (?:this {_PART}|today|yesterday|tonight)\b)|in|during|over|at|of) )?(?P<one>{_ANY})"
    rf"(?:(?(between) and| (?:to|until|till)) (?P<two>{_ANY}))?)(?!\w)",
    re.IGNORECASE,
)
# No time without a word before it: "May", "2026", "the week", "the end of May"
_UNSAID = re.compile(
    rf"(?:(?:the )?(?:beginning|start|middle|end|mid)\b.*|the (?:{_UNIT}|{_SEASON})"
    rf"|(?:{_MONTH}|{_SEASON})(?: (?:of )?{_YEAR})?|{_YEAR})$", re.IGNORECASE,
)  # fmt: skip

_OF_DAY = rf" ?[ap]m\b| ?o'clock| (?:in the|at) {_PART}\b"
_HOUR = r"\d{1,2}(?::[0-5]\d)?"
_CLOCK = rf"(?:{_HOUR}(?:{_OF_DAY})?|noon|midday|midnight)"
_EXACT = rf"(?:{_HOUR}(?:{_OF_DAY})|noon|midday|midnight)"
# "at 8:20", "after 8 on Friday"; not "after 8 people"
_EDGE = (
    rf"(?:{_EXACT}|\d{{1,2}}:[0-5]\d|\d{{1,2}}(?= ?[.?!,]|\W*$| (?:on|in|at|and|or|but before|this|last|today|tonight"
    rf"|yesterday|{_WEEKDAY})\b))"
)
_HOURS = re.compile(
    rf"\b(?:(?:between (?P<a>{_CLOCK}) and|from (?P<c>{_CLOCK}) (?:to|until|till)|(?:after|since) (?P<d>{_EDGE}),?"
    rf" (?:and|but) (?:before|until|till)) (?P<b>{_CLOCK})"
    rf"|(?:after|since|from) (?P<after>{_EDGE})|(?:before|until|till|by) (?P<before>{_EDGE})"
    rf"|(?P<near>at|(?:at )?(?:around|about)) (?P<at>{_EDGE})|(?:at|in the) (?P<part>{_PART}|daytime)s?(?! of\b)"
    rf"|(?:during the|by) (?P<day>day)(?:time)?)"
    rf"(?![\w:]| (?:seconds?|minutes?|people|times|(?:of )?{_MONTH})\b)",
    re.IGNORECASE,
)
# Days that come again: "every Monday", "on weekends", "each night"; "which mornings", of which "which days" is left
_AGAIN = re.compile(
    rf"\b(?:(?:(?:on|in|at|during) )?(?P<each>every|each|per|(?<=often )an?|(?<=times )an?)(?: single)? "
    rf"(?P<unit>day|{_UNIT}|weekday|{_WEEKDAY}(?: {_PART})?|{_PART})|(?P<daily>daily)"
    rf"|(?P<asked>(?:which|what|how many) )(?P<kind>{_WEEKDAY}|{_PART}|weekend)s?"
    rf"|(?:(?:on|at|in)(?: the)? )?(?<!which )(?<!what )(?<!many )(?P<plural>{_WEEKDAY}(?: {_PART})?|weekend|weekday)s"
    rf"(?: (?:and|or) (?P<other>{_WEEKDAY})s)?)\b",
    re.IGNORECASE,
)
_SHORT = {
    "mon": "Monday", "tue": "Tuesday", "tues": "Tuesday", "wed": "Wednesday", "weds": "Wednesday", "thu": "Thursday",
    "thur": "Thursday", "thurs": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday", "wk": "week",
    "wkend": "weekend", "nite": "night", "tonite": "tonight", "yday": "yesterday", "b4": "before",
}  # fmt: skip
_WORDS_TOO = ("sat", "sun", "wed")  # days only after "on", "last" …
_BEFORE_DAY = re.compile(r"\b(?:on|last|this|since|before|after|until|till|by|and|or|to) $", re.IGNORECASE)
_SPELT = (*_DAYS, "yesterday")
_MONTHS_SPELT = tuple(month for month in _MONTHS if len(month) > 6)
_LIKE = 0.8  # how like one of these a word of at least six letters is that is misspelt [choice]
# "17 and 20 November", "17-20 November"
_DAYS_OF = re.compile(
    rf"\b(?:the )?(\d{{1,2}})(?:st|nd|rd|th)?( and | to | until | till | ?[-\u2013] ?)"
    rf"({_NTH}(?: of)? ({_MONTH}\b(?:,? {_YEAR})?))", re.IGNORECASE,
)  # fmt: skip
_NEAR = timedelta(minutes=30)  # "around 8" begins so much before [choice]
_MINUTES = timedelta(minutes=10)  # "at 8:20" is so much before to so much after [choice]
_SOME_DAY = date(2000, 1, 2)
_JOINTS = {"and": "and", "or": "or", ",": "and", ", and": "and", ", or": "or", "than": "than", "but not": "but not"}


@dataclass(frozen=True)
class Dates:
    """A time of the calendar, local: from `since` to before `until`; None: from ever, or for ever.

    Attributes:
        since, until: its ends.
        said: the words for it, as they stand in a sentence.
        hours: of each day, from when to before when; where they end before they begin, on the next day.
        joint: what joins it to the time before it: "and", "both", "or", "than", "but not"; "" for the first.
        weekdays: of these days of the week only, 0 for Monday; none: of any.
        each: asked of each of them by itself: "day", "night", "week", "month", "year"; "" for no.
        parts: a day, and the hours of it, where both were said.
    """

    since: datetime | None = None
    until: datetime | None = None
    said: str = ""
    hours: _Hours | None = None
    joint: str = ""
    weekdays: tuple[int, ...] = ()
    each: str = ""
    parts: tuple[Dates, ...] = ()

    def on(self, at: datetime) -> tuple[datetime | None, datetime | None]:
        """Its ends; of hours of each day those of the day, or the night, in which a moment lies."""
        if self.hours is None:
            return self.since, self.until
        start, end = self.hours
        day = at.date() - timedelta(days=end <= start and at.time() < end)
        return datetime.combine(day, start), datetime.combine(day + timedelta(days=end <= start), end)

    @property
    def is_hours(self) -> bool:
        """Whether no day is named."""
        return self.since is None and self.until is None

    def at_hours(self, of_day: Dates) -> Dates:
        """Hours of it: of one day, or of each of several."""
        said, parts = f"{of_day.said} {self.said}", (self, of_day)
        if of_day.hours is None or not self.since or not self.until or self.until - self.since > timedelta(days=1):
            return replace(self, said=said, hours=of_day.hours, parts=parts)
        start, end = (datetime.combine(self.since, one) for one in of_day.hours)
        return replace(self, since=start, until=end + timedelta(days=end <= start), said=said, parts=parts)


def dated(text: str, now: datetime, names: Sequence[str] = ()) -> tuple[str, tuple[Dates, ...]]:
    """A question without the words for times of the calendar, and these times in order.

    Args:
        text: the question.
        now: the time at which it is asked.
        names: of enrolled people: "since May" is no date where somebody is called May.

    Raises:
        SettingsError: it names several that aren't joined ("on Monday and on Friday" are), or a 30th hour.
    """
    text, again = _recurring(_DAYS_OF.sub(_months_named, _spelt(text, {name.lower() for name in names})))
    text, both = _of_both(text)
    found = [(match, one) for match in _PHRASE.finditer(text) if (one := _dates_of(match, now, names)) is not None]
    taken = {place for match, _ in found for place in range(*match.span())}
    found += [(match, _hours(match)) for match in _HOURS.finditer(text) if not {*range(*match.span())} & taken]
    groups, cuts, until = list[tuple[str, list[Dates]]](), list[tuple[int, int]](), 0  # what stands together
    for match, one in sorted(found, key=lambda one: one[0].start()):
        between = text[until : match.start()].strip().lower() if groups else ""
        again_such = bool(groups) and any(other.is_hours == one.is_hours for other in groups[-1][1])
        is_joined = between in _JOINTS and (between != "," or again_such)
        if not groups or is_joined:
            groups.append((_JOINTS.get(between, ""), []))
        elif again_such or between.strip(",") and len(found) > 2:
            hint = "Ask about one time, such as 'on Tuesday', or join them by 'and' or 'or'."
            raise SettingsError("this names several times.", subject=text[:80], hint=hint)
        groups[-1][1].append(one)
        cuts.append((until if is_joined else match.start(), match.end()))
        until = match.end()
    times = [
        _together("both" if both and joint else joint, parts, [one for _, more in groups for one in more])
        for joint, parts in groups
    ]
    if again:
        times = [
            replace(day, since=one.since, until=one.until, said=f"{day.said} {one.said}".strip(),
                    joint=day.joint or one.joint, hours=one.hours or day.hours)
            for day in again for one in times or [Dates()]
        ]  # fmt: skip
    return _without(text, cuts), tuple(times)


def _of_both(text: str) -> tuple[str, bool]:
    """A text without a "both" that stands before a time ("on both Monday and Friday"), and whether it had one."""
    both = re.search(r"\bboth ", text, re.IGNORECASE)
    plain = text if both is None else f"{text[: both.start()]}{text[both.end() :]}"
    if both is None or not any(one.start() <= both.start() < one.end() for one in _PHRASE.finditer(plain)):
        return text, False
    return plain, True


def _together(joint: str, parts: Sequence[Dates], every: Sequence[Dates]) -> Dates:
    """A day, and hours of it; of several times that share one of them: "on Monday at 9 or at 11"."""
    day, hours = (_shared(parts, every, of_hours) for of_hours in (False, True))
    one = hours or Dates() if day is None else day if hours is None else day.at_hours(hours)
    return replace(one, joint=joint)


def _shared(parts: Sequence[Dates], every: Sequence[Dates], of_hours: bool) -> Dates | None:
    """The day, or the hours, of these parts; else the only one that is said at all, which all of them share."""
    own = [one for one in parts if one.is_hours == of_hours]
    said = [one for one in every if one.is_hours == of_hours]
    return own[0] if own else said[0] if len(said) == 1 else None


def _recurring(text: str) -> tuple[str, list[Dates]]:
    """A text without days that come again, and these days; where it asks for them, "days" is left: "which days"."""
    times, at = list[Dates](), 0
    days = {"weekend": (5, 6), "weekday": (0, 1, 2, 3, 4), **{word: (day,) for day, word in enumerate(_DAYS)}}
    while found := _AGAIN.search(text, at):
        between = text[at : found.start()].strip().lower()
        if times and (between not in _JOINTS or not found["plural"]):
            break
        said = [(found["unit"] or found["kind"] or found["plural"] or "day").lower().split()]
        said += [[found["other"].lower()]] if found["other"] else []
        named = [word for words in said for word in words]
        weekdays, part = tuple(day for word in named for day in days.get(word, ())), {*named} & {*_PARTS}
        each = {"weekend": "week", **{word: word for word in ("night", "week", "month", "year")}}.get(named[0], "day")
        told = re.sub(_WEEKDAY, lambda day: day[0].capitalize(), " and ".join(f"{' '.join(words)}s" for words in said))
        at_night = told.replace("nights", "at night") if part == {"night"} else f"in the {told}"
        told = f"on {told}" if weekdays else at_night if part else ""
        times.append(Dates(
            said=told, hours=_PARTS[min(part)] if part else None, weekdays=weekdays, joint=_JOINTS.get(between, ""),
            each="" if found["plural"] or found["asked"] else each,
        ))  # fmt: skip
        start = at if len(times) > 1 else found.start()
        asked = found["asked"] + each + "s" if found["asked"] else ""
        text, at = f"{text[:start]}{asked} {text[found.end() :]}", start + len(asked)
    return _tidy(text) if times else text, times


def _spelt(text: str, names: set[str]) -> str:
    """A text whose short and misspelt words for days are written out; the names of people stay."""

    def written(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word in names or word in _WORDS_TOO and not _BEFORE_DAY.search(text[: match.start()]):
            return match[0]
        days = _SPELT if word.endswith("day") else _MONTHS_SPELT  # not "Frieda"
        if word in _SHORT or len(word) < 6 or word in days:
            return _SHORT.get(word, match[0])
        like = next(iter(get_close_matches(word, days, 1, _LIKE)), None)
        return match[0] if like is None else like if like == "yesterday" else like.capitalize()

    return re.sub(r"(?<![\w'])[A-Za-z]\w+(?![\w'])", written, text)


def _months_named(match: re.Match[str]) -> str:
    """Days with the month at each: "17 November and 20 November" for "17 and 20 November"."""
    joint = match[2] if match[2].strip().isalpha() else " to "
    return f"{match[1]} {match[4]}{joint}{match[3]}"


def _without(text: str, cuts: Sequence[tuple[int, int]]) -> str:
    """A text without some of its parts."""
    for start, end in sorted(cuts, reverse=True):
        text = f"{text[:start].rstrip(' ,')} {text[end:].lstrip(' ,')}"
    return _tidy(text)


def _tidy(text: str) -> str:
    return re.sub(r" (?=[?.!])", "", " ".join(text.split()))


def _hours(match: re.Match[str]) -> Dates:
    """From when to when of a day."""
    named, hours = match.groupdict(), None
    if part := "daytime" if named["day"] else named["part"]:
        hours = _PARTS[part.lower()]
    elif named["at"]:
        at = datetime.combine(_SOME_DAY, _clock(named["at"]))
        exact, early = ":" in named["at"], _NEAR if named["near"].lower() != "at" else timedelta()
        ends = (at - _MINUTES, at + _MINUTES) if exact else (at - early, at + timedelta(hours=1))
        hours = ends[0].time(), ends[1].time()
    else:
        start = named["a"] or named["c"] or named["d"] or named["after"] or "0"
        end = named["b"] or named["before"] or "0"
        end = "6" if named["after"] and _clock(named["after"]) == time() else end  # the rest of that night
        of_day = re.search(_OF_DAY, end, re.IGNORECASE) if start.isdigit() and start != "0" else None  # "2 to 4 pm"
        hours = _before(_clock(start), _clock(end)) if of_day else _clock(start), _clock(end)
    return Dates(said=_lowered(match), hours=hours)


def _before(at: time, end: time) -> time:
    """A time, or that twelve hours later: the one that lies shortly before another ("between 11 and 2 pm")."""
    twice = (at, at.replace(hour=(at.hour + 12) % 24))
    return min(twice, key=lambda one: ((end.hour - one.hour) * 60 + end.minute - one.minute - 1) % (24 * 60))


def _clock(words: str) -> time:
    """A time of the day."""
    words = {"noon": "12", "midday": "12", "midnight": "0"}.get(words.lower(), words.lower())
    hour, minute = (int(n) for n in [*re.findall(r"\d+", words), "0"][:2])
    if hour > 24:
        raise SettingsError("no day has such an hour.", subject=words, hint="Ask about one of 0 to 24.")
    late = words.endswith(("pm", "afternoon", "evening", *["night"] * (hour % 12 > 5)))  # not "2 at night"
    early = words.endswith(("am", "morning", "night"))
    return time((hour % 12 + 12 * late if late or early else hour) % 24, minute)


def _dates_of(match: re.Match[str], now: datetime, names: Sequence[str]) -> Dates | None:
    """The time that some words mean; None where they mean none."""
    named, said = match.groupdict(), _as_said(match)
    if len(said.split()) == 2 and said.split()[1].lower() in {*_MONTHS, *_SEASONS} & {name.lower() for name in names}:
        return None
    if recent := re.search(rf"(?:({_COUNT}) )?(hour|day|week|month|year)s?$", named["recent"] or "", re.IGNORECASE):
        days = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30, "year": 365}[recent[2].lower()]
        return Dates(now - timedelta(days=days * _number(recent[1] or "a")), now, said)
    how, first, last = (named["how"] or "").lower(), named["one"], named["two"]
    if last:
        week = re.search(r" (?:of )?(?:this|last) week\b", last, re.IGNORECASE)  # "from Monday to Friday last week"
        first += week[0] if week and first.lower() in _DAYS else ""
        start, end = _span(first, now), _span(last, now)
        return None if start is None or end is None or start[0] >= end[1] else Dates(start[0], end[1], said)
    one = None if named["between"] or not how and _UNSAID.match(first) else _span(first, now)
    if one is None:
        return None
    if how in ("since", "after"):
        return Dates(one[0] if how == "since" else one[1], None, said)
    if how in ("before", "until", "till", "by"):
        return Dates(None, one[1] if how == "by" else one[0], said)
    return Dates(*one, said)


def _lowered(match: re.Match[str]) -> str:
    """The words that were found, as they stand in a sentence."""
    said = " ".join(match[0].split())
    return said[:1].lower() + said[1:]


def _as_said(match: re.Match[str]) -> str:
    """The words for a time, as they stand in a sentence: "on Friday" for "friday"."""
    names = rf"\b(?:{_WEEKDAY}|{'|'.join(_MONTHS)})\b"
    said = re.sub(names, lambda day: day[0].capitalize(), _lowered(match), flags=re.IGNORECASE)
    if re.match(r"early|late", said):
        return f"in {said}"
    if match["two"] and not match["how"] and not match["between"]:
        return f"from {said}"
    bare = not (match["how"] or match["between"] or match["recent"] or said.endswith(" ago"))
    return f"on {said}" if bare and re.match(rf"{_WEEKDAY}\b|(?:the )?\d|{_MONTH}\b", said, re.IGNORECASE) else said


def _span(text: str, now: datetime) -> _Ends | None:
    """From when to when some words mean; None where they mean no time."""
    found = ((re.fullmatch(pattern, text.lower()), read) for pattern, read in _ROWS)
    return next((read(match, now) for match, read in found if match is not None), None)


def _third_of(whole: _Ends | None, which: int) -> _Ends | None:
    """The first, the second or the last third of a time, whole days."""
    if whole is None:
        return None
    days = (whole[1] - whole[0]).days
    start, end = (0, days // 3, days - days // 3, days)[which : which + 2]
    return whole[0] + timedelta(days=start), whole[0] + timedelta(days=end)


def _at_part(day: datetime, part: str) -> _Ends:
    """A part of a day; the night ends on the next one."""
    start, end = (datetime.combine(day, one) for one in _PARTS[part])
    return start, end + timedelta(days=end <= start)


def _ago(count: int, unit: str, now: datetime) -> _Ends | None:
    at = now - timedelta(hours=count)
    return (at - timedelta(hours=1), at) if unit == "hour" else _back(unit, count, now.date())


def _weekday(day: str, weeks: int, now: datetime) -> _Ends:
    """A weekday of the week that was so many ago."""
    return _whole(now.date() + timedelta(days=_DAYS.index(day) - now.weekday() - 7 * weeks))


def _dated(day: str, month: str, year: str | None, now: datetime) -> _Ends | None:
    """A date; without a year, or without a month, the last one that was."""
    today, number = now.date(), int(re.sub(r"\D", "", day))
    if not month:
        found = _made(*_month_at(today.year, today.month - (number > today.day)), number)
    else:
        in_year = int(month) if month.isdigit() else _month(month)
        found = _made(int(year or today.year), in_year, number)
        if found is not None and not year and found > today:
            found = _made(today.year - 1, in_year, number)
    return None if found is None else _whole(found)


def _season(word: str, year: str | None, last: bool, today: date) -> _Ends:
    """A month or a season; without a year the last one that began, or, if it goes on, the one before it."""
    first, count = (_SEASONS[word], 3) if word in _SEASONS else (_month(word), 1)
    ends = _months(int(year) if year else today.year - (first > today.month), first, count)
    goes_on = last and ends[0].date() <= today < ends[1].date()
    return _months(ends[0].year - 1, first, count) if goes_on else ends


def held_on(found: Sequence[Dates], before: Sequence[Dates]) -> tuple[Dates, ...]:
    """The times of a question that goes on from one with others: its own, at the hours or on the day of the other."""
    if not found or len(found) > 1 or len(before) != 1:
        return tuple(found or before)
    one, other = found[0], before[0]
    day, hours = other.parts or ((None, other) if other.is_hours else (other, None))
    if one.is_hours and not one.each and day is not None and day.since is not None and day.until is not None:
        if day.until - day.since < timedelta(days=1):  # "this morning", then "and in the evening?"
            day = Dates(*_whole(day.since.date()), "that day")
        return (day.at_hours(one),)
    return (one.at_hours(hours),) if other.parts and hours and not one.hours and not one.parts else (one,)


def around(at: datetime, unit: str) -> Dates:
    """The day, night, week … in which a moment lies."""
    night = unit == "night" and at.hour < _PARTS["night"][1].hour
    return Dates(*_next_to(at.date() - timedelta(days=night), unit, 0), f"that {unit}")


def beyond(dates: Sequence[Dates], how: str, unit: str, count: float = 0) -> Dates | None:
    """The time before, or after, some times: all of it; the day, week … or the Monday next to it; so many hours, days.
    "earlier" and "later" are the same so much apart. None: it has no such end.
    """
    since, until, back = dates[0].since, dates[-1].until, how in ("before", "earlier")
    length = _LASTS.get(unit, timedelta()) * (count or 1)
    said = f"{f'the {unit.capitalize() if unit in _DAYS else unit} ' * bool(unit)}{how} that"
    if how in ("earlier", "later") or unit in _DAYS:
        if since is None or until is None or not length and unit not in _DAYS:
            return None
        days = (since.weekday() - _DAYS.index(unit)) * (1 if back else -1) % 7 or 7 if unit in _DAYS else 0
        apart = (length + timedelta(days=days)) * (-1 if back else 1)
        told = said if days else f"{f'{count:.0f} {unit}s' if count > 1 else f'a {unit}'} {how}"
        return replace(dates[0], since=since + apart, until=until + apart, said=told, parts=())
    if length and (count or unit == "hour"):
        ends = (since and since - length, since) if back else (until, until and until + length)
        return Dates(*ends, f"in the {count:.0f} {unit}s {how} that") if all(ends) else None
    if back and since is not None:
        return Dates(*(_next_to(since.date(), unit, 1) if unit else (None, since)), said)
    if back or until is None:
        return None
    if unit == "night":  # what lies after a day is its own night
        return Dates(*_next_to((until - timedelta(microseconds=1)).date(), unit, 0), said)
    last = (until - timedelta(hours=_PARTS["night"][1].hour, microseconds=1)).date()  # a night is of the day before
    last = last if since is None else max(since.date(), last)
    return Dates(*(_next_to(last, unit, -1) if unit else (until, None)), said)


def _next_to(day: date, unit: str, count: int) -> tuple[datetime | None, datetime | None]:
    """The day, night, week … that is so many before that of a day."""
    if unit != "night":
        return _back(unit, count, day) or (None, None)
    return _at_part(datetime.combine(day - timedelta(days=count), time()), "night")


def _back(unit: str, count: int, today: date) -> _Ends | None:
    """The day, week, month or year that was so many ago: 0 is this one."""
    if unit == "day":
        return _whole(today - timedelta(days=count))
    if unit == "week":
        return _whole(today - timedelta(days=today.weekday() + 7 * count), 7)
    if unit == "weekend":  # in the week the last one is the one that was
        back = (today.weekday() - 5) % 7
        return _whole(today - timedelta(days=back + 7 * (count if today.weekday() > 4 else max(0, count - 1))), 2)
    return _months(today.year, today.month - count, 1) if unit == "month" else _months(today.year - count, 1, 12)


def _month_at(year: int, month: int) -> tuple[int, int]:
    """A month whose number may lie beyond its year: the 0th is the December before."""
    year, month = divmod(year * 12 + month - 1, 12)
    return year, month + 1


def _months(year: int, month: int, count: int) -> _Ends:
    return datetime(*_month_at(year, month), 1), datetime(*_month_at(year, month + count), 1)


def _whole(day: date, days: int = 1) -> _Ends:
    start = datetime.combine(day, time())
    return start, start + timedelta(days=days)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # the 31st of February
        return None


def _month(word: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(word[:3]))


def _number(word: str) -> int:
    """What a word for a number says."""
    return int(counted(re.sub(r"^an? (?=few|couple)", "", word.lower())) or 1)

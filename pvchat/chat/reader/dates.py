"""Finds days and times of the calendar in a question, cuts them out, and says from when to when they are.

"on Tuesday", "yesterday evening", "last night", "this week", "in May", "last summer", "since 3 May", "in the last ten
days", "between Monday and Wednesday", "before 2026-05-03"; hours of a day, or of each day ("between 9 and 11", "after
5pm", "at 8:20", "at night"); days that come again ("every Monday", "on weekends", "each morning", "twice a week"). A
weekday is the last one that was, today included; a month or a day without a year is the last one that began. Weekdays
may be short ("wed") or misspelt.

Whatever has a name comes again (`_CYCLES`): "this", "last" and "two … ago" say which of them is meant. The words are
found by tables, each row of which is a pattern and what it means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any

from dateutil.easter import easter
from dateutil.relativedelta import FR, MO, SA, SU, TH, TU, WE, relativedelta

from pvchat.chat.english import MONTHS, NUMBERS, WEEKDAYS, number, table
from pvchat.chat.query import Unit
from pvchat.chat.reader.timewords import counted, one_of, without
from pvchat.errors import SettingsError

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # the first of their three months
# Month, day, and for how many days; of month 0 the day is counted from Easter
_FEASTS = {"christmas eve": (12, 24, 1), "christmas day": (12, 25, 1), "christmas": (12, 24, 3),
           "new year's eve": (12, 31, 1), "new year's day": (1, 1, 1), "new year": (1, 1, 1), "boxing day": (12, 26, 1),
           "good friday": (0, -2, 1), "easter sunday": (0, 0, 1), "easter monday": (0, 1, 1), "easter": (0, -2, 4),
           "halloween": (10, 31, 1)}  # fmt: skip
# Hours at which parts of a day begin and end [choice]; the night ends on the next day.
_PARTS = {"morning": (4, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (20, 30), "daytime": (6, 20),
          "lunch": (12, 14)}  # fmt: skip
_ONE = {unit: relativedelta(**{f"{unit}s": 1}) for unit in ("minute", "hour", "day", "week", "month", "year")}


class _FromEaster(relativedelta):
    """So many days after Easter of a day's year: added to a day like any other step of _CYCLES."""

    def __radd__(self, day: Any) -> Any:
        return datetime.combine(easter(day.year), time()) + timedelta(self.days)


# Where the one begins in which a day lies, how long it lasts, after how long comes the next
_CYCLES: dict[str, tuple[relativedelta, relativedelta, relativedelta]] = {
    "hour": (relativedelta(), _ONE["hour"], _ONE["hour"]),
    "day": (relativedelta(), _ONE["day"], _ONE["day"]),
    "week": (relativedelta(weekday=MO(-1)), _ONE["week"], _ONE["week"]),
    "weekend": (relativedelta(weekday=SA(-1)), 2 * _ONE["day"], _ONE["week"]),
    "month": (relativedelta(day=1), _ONE["month"], _ONE["month"]),
    "year": (relativedelta(month=1, day=1), _ONE["year"], _ONE["year"]),
    **{name: (relativedelta(weekday=day(-1)), _ONE["day"], _ONE["week"])
       for name, day in zip(WEEKDAYS, (MO, TU, WE, TH, FR, SA, SU), strict=True)},
    **{short: (relativedelta(month=month, day=1), _ONE["month"], _ONE["year"])
       for month, name in enumerate(MONTHS, 1) for short in (name, name[:3], name[:4])},
    **{name: (relativedelta(month=month, day=1), 3 * _ONE["month"], _ONE["year"]) for name, month in _SEASONS.items()},
    **{one: (relativedelta(month=m, day=day) if m else _FromEaster(days=day), n * _ONE["day"], _ONE["year"])
       for one, (m, day, n) in _FEASTS.items()},
    **{name: (relativedelta(hour=a), relativedelta(hours=b - a), _ONE["day"]) for name, (a, b) in _PARTS.items()},
}  # fmt: skip
_SAID = {"today": ("day", 0), "tonight": ("night", 0), "yesterday": ("day", 1), "the day before yesterday": ("day", 2)}
_THIRDS = {"beginning": 0, "start": 0, "early": 0, "middle": 1, "mid": 1, "end": 2, "late": 2}

WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
_MONTH = rf"(?:{'|'.join(MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
_NTH = r"(?:the )?\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_PART = r"(?:morning|afternoon|evening|night)"
_UNIT = r"(?:week(?:end)?|month|year)"
_SEASON = rf"(?:{'|'.join(_SEASONS)})"
_FEAST = rf"(?:{'|'.join(_FEASTS)})"
_COUNT = r"(?:\d+|(?:a )?few|an?(?: couple of)?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_SOME = r"(?:hour|day|week|month|year)"

_Ends = tuple[datetime, datetime]
_Hours = tuple[time, time]
_Rows = tuple[tuple[str, Callable[[re.Match[str], datetime], _Ends | None]], ...]


def _any_of(rows: _Rows) -> str:
    """What matches any row of a table, without groups; above the tables because they are made with it."""
    return f"(?:{'|'.join(re.sub(r'[(](?![?])', '(?:', pattern) for pattern, _ in rows)})"


# Words for a time, and its ends
_DAY_ROWS: _Rows = (
    (rf"({'|'.join(_SAID)})", lambda m, now: _the(now, *_SAID[m[1]])),
    (rf"(?:{WEEKDAY},? )?({_YEAR})-(0[1-9]|1[0-2])-(\d\d)", lambda m, now: _dated(now, m[3], int(m[2]), m[1])),
    (rf"(?:{WEEKDAY},? )?({_NTH})(?: of)? ({_MONTH})\b(?:,? ({_YEAR}))?",
     lambda m, now: _dated(now, m[1], _CYCLES[m[2]][0].month, m[3])),
    (rf"(?:{WEEKDAY},? )?({_MONTH}) ({_NTH})(?!\d)(?:,? ({_YEAR}))?",
     lambda m, now: _dated(now, m[2], _CYCLES[m[1]][0].month, m[3])),
    (rf"(?:{WEEKDAY},? )?(\d{{1,2}})(?:/(\d{{1,2}})(?:/({_YEAR}))?|\.(\d{{1,2}})\.(?:({_YEAR}))?)(?!\d| of\b)",
     lambda m, now: _by_numbers(now, (m[1], m[2] or m[4]), m[3] or m[5])),
    (rf"(?:{WEEKDAY},? )?the (\d{{1,2}}(?:st|nd|rd|th))\b(?!(?: of)? {_MONTH})", lambda m, now: _dated(now, m[1])),
    (rf"(?:(this|last) )?({_FEAST})(?: (?:of |in )?({_YEAR}))?",
     lambda m, now: (_last if m[1] == "last" else _the)(datetime(int(m[3]), 12, 31) if m[3] else now, m[2])),
    (rf"(?:({_COUNT}) weeks? ago(?:,? on)? |(last|this) )?({WEEKDAY})"
     rf"(?:,? (?:(?:of )?(this|last) week\b|({_COUNT}) weeks? ago))?", lambda m, now: _weekday(m, now)),
)  # fmt: skip
_DAY = _any_of(_DAY_ROWS)
_SPAN_ROWS: _Rows = (
    (rf"the ({_UNIT}|{_PART}|{_SEASON}|{_FEAST}) before last", lambda m, now: _last(now, m[1], 1)),
    (r"last night", lambda m, now: (_last(now, "night")[0] - 2 * _ONE["hour"], _last(now, "night")[1])),  # and evening
    (rf"(?:(this|last) |the (?={_UNIT}|{_SEASON})|(?={_MONTH}|{_SEASON}))"
     rf"({_UNIT}|{_PART}|{_MONTH}|{_SEASON})(?: (?:of )?({_YEAR}))?\b",
     lambda m, now: (_last if m[1] == "last" else _the)(datetime(int(m[3]), 12, 31) if m[3] else now, m[2])),
    (rf"({_YEAR})", lambda m, now: _the(datetime(int(m[1]), 12, 31), "year")),
)  # fmt: skip
_ROWS: _Rows = (
    (rf"(?:the )?(beginning|start|middle|end) of ({_any_of(_SPAN_ROWS)})",
     lambda m, now: _third_of(_span(m[2], now), _THIRDS[m[1]])),
    (rf"(early|mid|late)[- ](?:in )?({_MONTH})", lambda m, now: _third_of(_span(m[2], now), _THIRDS[m[1]])),
    (rf"({WEEKDAY}) ({_PART}),? (?:of )?((?:this|last) week)",
     lambda m, now: (day := _span(f"{m[1]} {m[3]}", now, _DAY_ROWS)) and _the(day[0] + (day[1] - day[0]) / 2, m[2])),
    (rf"(?:the ({_PART}) of )?({_DAY})(?: ({_PART}))?",
     lambda m, now: (day := _span(m[2], now, _DAY_ROWS))
     and (_the(day[0] + (day[1] - day[0]) / 2, m[1] or m[3]) if m[1] or m[3] else day)),  # Christmas: of the 25th
    (rf"({_COUNT}) hours? ago",
     lambda m, now: (now - (_number(m[1]) + 1) * _ONE["hour"], now - _number(m[1]) * _ONE["hour"])),
    (rf"({_COUNT}) minutes? ago",  # or so
     lambda m, now: (now - _number(m[1]) * timedelta(minutes=1.5), now - _number(m[1]) * timedelta(minutes=0.5))),
    (rf"({_COUNT}) ({WEEKDAY})s? ago", lambda m, now: _last(now, m[2], _number(m[1]) - 1)),
    (rf"the weekend of ({_DAY})",
     lambda m, now: (day := _span(m[1], now, _DAY_ROWS)) and _the(day[0] + _ONE["day"], "weekend")),
    (rf"({_COUNT}) ({_SOME})s? ago", lambda m, now: _the(now, m[2], _number(m[1]))),
    *_SPAN_ROWS,
)  # fmt: skip
_ANY = _any_of(_ROWS)
_RECENT = rf"(?:(?:with)?in|during|over|for) the (?:last|past) (?:{_COUNT} )?(?:{_SOME}s?|minutes?(?! of\b))"
_PHRASE = re.compile(
    rf"(?i)\b(?:so far |earlier |later )?(?:both )?(?:(?P<recent>{_RECENT})"
    rf"|(?:(?P<between>between )|(?P<how>since|after|before|until|till|by"
    rf"|from|on(?! (?:this {_PART}|today|yesterday|tonight)\b)|in|during|over|at|of) )?(?:both )?(?P<one>{_ANY})"
    rf"(?:(?(between) and| (?:to|until|till)) (?P<two>{_ANY}))?)(?!\w)",
)
# No time without a word before it: "May", "2026", "the week", "the end of May"
_UNSAID = re.compile(
    rf"(?i)(?:(?:the )?(?:beginning|start|middle|end|mid)\b.*|the (?:{_UNIT}|{_SEASON})"
    rf"|(?:{_MONTH}|{_SEASON})(?: (?:of )?{_YEAR})?|{_FEAST}|{_YEAR})$",
)  # fmt: skip

_OF_DAY = rf" ?[ap]m\b| ?o'clock| (?:in the|at) {_PART}\b"
_HOUR = r"\d{1,2}(?::[0-5]\d)?"
_CLOCK = rf"(?:{_HOUR}(?:{_OF_DAY})?|noon|midday|midnight)"
# "at 8:20", "after 8 on Friday"; not "after 8 people"
_EDGE = (
    rf"(?:{_HOUR}(?:{_OF_DAY})|noon|midday|midnight|\d{{1,2}}:[0-5]\d|\d{{1,2}}(?= ?[.?!,]|\W*$| (?:on|in|at|and|or"
    rf"|but before|this|last|today|tonight|yesterday|{WEEKDAY})\b))"
)
# "nine" before "in the morning", in "after six", "between eight and ten"
_IN_WORDS = re.compile(
    rf"(?i)\b(?:(?:{one_of(NUMBERS[1:13])})(?={_OF_DAY})|(?:(?<=between )|(?<=after )|(?<=before )|(?<=until )"
    rf"|(?<=by )|(?<=at )|(?<=since )|(?<=till ))(?:{one_of(NUMBERS[2:13])})(?= ?[.?!,]|\W*$"
    rf"| (?:on|and|this|last|today|yesterday)\b)|(?<=and )(?:{one_of(NUMBERS[2:13])})(?=\W*$| on\b))\b",
)
_PAST = re.compile(
    rf"(?i)\b(?:a )?(?P<share>quarter|half) (?P<way>past|to) (?P<hour>\d{{1,2}}|{one_of(NUMBERS[1:13])})\b"
)
_HOURS = re.compile(
    rf"(?i)\b(?:both )?(?:(?:between (?P<a>{_CLOCK}) and|from (?P<c>{_CLOCK}) (?:to|until|till)"
    rf"|(?:after|since) (?P<d>{_EDGE}),? (?:and|but) (?:before|until|till)) (?P<b>{_CLOCK})"
    rf"|(?:after|since|from) (?P<after>{_EDGE})|(?:before|until|till|by) (?P<before>{_EDGE})"
    rf"|(?P<near>at|(?:at )?(?:around|about)) (?P<at>{_EDGE})"
    rf"|(?:at|(?:in|during) the) (?P<part>{_PART}|daytime)s?(?! of\b)"
    rf"|(?:during the|by) (?P<day>day)(?:time)?|(?:at|around|over|during) (?P<lunch>lunch)(?: ?time)?)"
    rf"(?![\w:]| (?:seconds?|minutes?|people|times|(?:of )?{_MONTH})\b)",
)
# Days that come again: "every Monday", "on weekends", "each night", "every Christmas"
_YEARLY = rf"{_FEAST}|spring|summer|autumn|{'|'.join(MONTHS)}"
_EACH_YEAR = re.compile(
    rf"(?i)\b(?:at|on|in) ({_YEARLY}) (?:every|each) year|(?:every|each) year (?:at|on|in) ({_YEARLY})\b"
)
_IN_YEAR = rf"(?:(?:at|on|in) )?(?:{_YEARLY}|winter)"
_OF_YEAR = re.compile(rf"(?i)\b({_IN_YEAR}),? (?:of )?(last|this) year\b|\b(last|this) year,? ({_IN_YEAR})\b")
_YEARS = 40  # so far back [choice]
_AGAIN = re.compile(
    rf"(?i)\b(?:(?:(?:on|in|at|during) )?(?:every|each|per|(?<=often )an?|(?<=times )an?)(?: single)? "
    rf"(?P<unit>day|{_UNIT}|weekday|{WEEKDAY}(?: {_PART})?|{_PART}|(?P<yearly>{_YEARLY}))|(?P<daily>daily)"
    rf"|(?:(?:on|at|in)(?: the)? )?(?P<plural>{WEEKDAY}(?: {_PART})?|weekend|weekday)s(?! ago)"
    rf"(?: (?:and|or) (?P<other>{WEEKDAY})s)?)\b",
)
_ASKED = re.compile(  # which of them
    rf"(?i)\b(which|what|how many) (?:({WEEKDAY}|{_PART}|weekend)s?\b|({_FEAST})(?:e?s)?(?= (?:is|was|were|did|has)\b))"
)
_WEEKDAYS = {"weekend": (5, 6), "weekday": (0, 1, 2, 3, 4), **{word: (day,) for day, word in enumerate(WEEKDAYS)}}
_EACH: dict[str, Unit] = {"weekend": "week", "night": "night", "week": "week", "month": "month", "year": "year"}
_SHORT: dict[str, str] = table()["vocabulary"]["short for times"]
_WORDS_TOO = ("sat", "sun", "wed")  # days only after "on", "last" …
_BEFORE_DAY = re.compile(r"(?i)\b(?:on|last|this|since|before|after|until|till|by|and|or|to) $")
_MONTHS_SPELT = tuple(month for month in MONTHS if len(month) > 6)
_LIKE = 0.8  # how like one of these a word of at least six letters is that is misspelt [choice]
# "17 and 20 November", "17-20 November"
_DAYS_OF = re.compile(
    rf"(?i)\b(?:the )?(\d{{1,2}})(?:st|nd|rd|th)?( and | to | until | till | ?[-\u2013] ?)"
    rf"({_NTH}(?: of)? ({_MONTH}\b(?:,? {_YEAR})?))",
)  # fmt: skip
_NEAR = timedelta(minutes=30)  # "around 8" begins so much before [choice]
_MINUTES = timedelta(minutes=10)  # "at 8:20" is so much before to so much after [choice]
_NIGHT = timedelta(hours=_PARTS["night"][1] - 24)  # of a night that lies on the next day
_MOMENT = timedelta(microseconds=1)
_JOINTS = {"and": "and", "or": "or", ",": "and", ", and": "and", ", or": "or", "than": "than",
           **dict.fromkeys(("but not", "but never", "and not", "and never"), "but not")}  # fmt: skip


_THAT_IS = ("say", "i mean", "that is", "i.e.")  # "at night, say between 10 pm and 6 am"


@dataclass(frozen=True)
class Dates:
    """A time of the calendar, local: from `since` to before `until`; None: from ever, or for ever."""

    since: datetime | None = None
    until: datetime | None = None
    said: str = ""  # the words for it, as they stand in a sentence
    hours: _Hours | None = None  # of each day, from when to before when: on the next day if that is before they begin
    joint: str = ""  # what joins it to the time before it: "and", "both", "or", "than", "but not"; "" for the first
    weekdays: tuple[int, ...] = ()  # of these days of the week only, 0 for Monday; none: of any
    each: Unit = ""  # asked of each of them by itself: "day", "night", "week", "month", "year"; "" for no
    parts: tuple[Dates, ...] = ()  # a day, and the hours of it, where both were said
    among: tuple[_Ends, ...] = ()  # in one of these only, in order: "every Christmas"; none: at any time

    def on(self, at: datetime) -> tuple[datetime | None, datetime | None]:
        """Its ends; of hours of each day those of the day, or the night, in which a moment lies."""
        if self.among:
            return next((one for one in self.among if at < one[1]), self.among[-1])
        if self.hours is None:
            return self.since, self.until
        start, end = self.hours
        return _of_day(at.date() - timedelta(days=end <= start and at.time() < end), self.hours)

    @property
    def kind(self) -> str:
        """What it is made of: days that come again, hours, or else a day or days."""
        return "again" if self.weekdays or self.each else "days" if self.since or self.until else "hours"

    def at_hours(self, of_day: Dates) -> Dates:
        """Hours of it: of one day, or of each of several."""
        at = replace(self, said=f"{of_day.said} {self.said}", hours=of_day.hours, parts=(self, of_day))
        if of_day.hours is None or not self.since or not self.until or self.until - self.since > timedelta(days=1):
            return at
        ends = _of_day(self.since.date(), of_day.hours)
        if self.until - self.since < timedelta(days=1):  # "yesterday evening after 8"
            ends = _hours_within((self.since, self.until), of_day.hours) or ends
        return replace(at, since=ends[0], until=ends[1], hours=None)


def dated(text: str, now: datetime, names: Sequence[str] = ()) -> tuple[str, tuple[Dates, ...]]:
    """A question, asked at `now`, without the words for times of the calendar, and these times in order; no `names` of
    enrolled people are times: "since May" is no date where somebody is called May.

    Raises:
        SettingsError: it names several that aren't joined ("on Monday and on Friday" are), or a 30th hour.
    """
    called = {name.lower() for name in names}
    text = _PAST.sub(_clock_face, text)
    text = _EACH_YEAR.sub(r"every \1\2", _IN_WORDS.sub(lambda m: str(NUMBERS.index(m[0].lower())), text))
    text = _OF_YEAR.sub(lambda m: f"{m[1] or m[4]} {now.year - ('last' in (m[2] or m[3]).lower())}", text)
    text = _ASKED.sub(_days_asked, _DAYS_OF.sub(_months_named, _spelt(text, called)))
    found = _found(text, now, called)
    groups, cuts, until = list[tuple[str, list[Dates]]](), list[tuple[int, int]](), 0  # what stands together
    for start, end, one in found:
        between = text[until:start].strip().lower() if groups else ""
        that_is = between.strip(", ") in _THAT_IS  # the second one says what the first one means
        apart = not groups or between in _JOINTS and between != ","
        same = one if that_is else None if apart else _narrowed(groups[-1][1][-1], one)
        if same is not None:
            groups[-1][1][-1] = same
            cuts.append((until if that_is else start, end))
            until = end
            continue
        again_such = bool(groups) and any(other.kind == one.kind for other in groups[-1][1])
        is_joined = between in _JOINTS and (between != "," or again_such)
        if not groups or is_joined:
            groups.append((_JOINTS.get(between, ""), []))
        elif again_such or between.strip(",") and sum(other.kind != "again" for *_, other in found) > 2:
            hint = "Ask about one time, such as 'on Tuesday', or join them by 'and' or 'or'."
            raise SettingsError("this names several times.", subject=text[:80], hint=hint)
        groups[-1][1].append(one)
        cuts.append((until if is_joined else start, end))
        until = end
    both = any(re.search(r"\bboth\b", text[start:end], re.IGNORECASE) for start, end, _ in found)
    shared = [one for _, parts in groups if len(parts) > 1 for one in parts]
    return without(text, cuts), tuple(
        replace(_together(parts, shared), joint="both" if both and joint else joint) for joint, parts in groups
    )


def _found(text: str, now: datetime, called: set[str]) -> list[tuple[int, int, Dates]]:
    """The times in a text, and where each stands, in order; days that come again are sought first, hours last."""
    found = list[tuple[int, int, Dates]]()
    for pattern, read in ((_AGAIN, _again), (_PHRASE, _phrase), (_HOURS, _hours)):
        for match in pattern.finditer(text):
            start, end = match.span()
            free = all(end <= a or b <= start for a, b, _ in found)
            if free and (one := read(match, now, called)) is not None:
                found.append((start, end, one))
    return sorted(found, key=lambda one: one[0])


def _together(parts: Sequence[Dates], shared: Sequence[Dates]) -> Dates:
    """One time of all that is said of it: days that come again, a day, hours; what isn't said of it is what others say
    alone: "on Monday at 9 or at 11".
    """
    of: dict[str, Dates | None] = {}
    for kind in ("again", "days", "hours"):
        own, others = ([one for one in said if one.kind == kind] for said in (parts, shared))
        of[kind] = own[0] if own else others[0] if len(others) == 1 else None
    again, day, hours = of.values()
    one = hours or Dates() if day is None else day if hours is None else day.at_hours(hours)
    if again is None:
        return one
    said = f"{again.said} {one.said}".strip()
    return replace(again, since=one.since, until=one.until, said=said, hours=one.hours or again.hours)


def _narrowed(one: Dates, other: Dates) -> Dates | None:
    """Hours that lie in both of two: "in the evening after 8"; None where there are none."""
    if one.hours is None or other.hours is None or one.weekdays or other.weekdays or one.each or other.each:
        return None
    ends = _hours_within(_of_day(date(2000, 1, 1), one.hours), other.hours)
    hours = None if ends is None else (ends[0].time(), ends[1].time())
    return hours and Dates(said=f"{one.said} {other.said}", hours=hours)


def _again(match: re.Match[str], now: datetime, called: set[str]) -> Dates:
    """Days that come again; of each by itself, where it says so."""
    if yearly := (match["yearly"] or "").lower():
        said = f"{'at' if yearly in _FEASTS else 'in'} each {_capitals(yearly)}"
        return Dates(said=said, each="year", among=tuple(_the(now, yearly, back) for back in range(_YEARS)[::-1]))
    plural = match["plural"] or ""
    named = (match["unit"] or plural or "day").lower().split()
    weekdays = tuple(day for word in (*named, (match["other"] or "").lower()) for day in _WEEKDAYS.get(word, ()))
    part = next((word for word in named if word in _PARTS), "")
    said = f"on {_capitals(' '.join(named))}s" if weekdays else _each_part(part)
    said += f" and {match['other'].capitalize()}s" if match["other"] else ""
    hours = _hours_of(part) if part else None
    return Dates(said=said, hours=hours, weekdays=weekdays, each="" if plural else _EACH.get(named[0], "day"))


def _each_part(part: str) -> str:
    return "at night" if part == "night" else f"in the {part}s" if part else ""


def _days_asked(match: re.Match[str]) -> str:
    """Such as "which days in the mornings" for "which mornings"."""
    if match[3]:
        return f"{match[1]} years every {match[3]}"
    kind = match[2].lower()
    return f"{match[1]} {_EACH.get(kind, 'day')}s {_each_part(kind) if kind in _PARTS else f'on {kind}s'}"


def _spelt(text: str, names: set[str]) -> str:
    """A text whose short and misspelt words for days are written out; the names of people stay."""

    def written(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word in names or word in _WORDS_TOO and not _BEFORE_DAY.search(text[: match.start()]):
            return match[0]
        days = (*WEEKDAYS, "yesterday") if word.endswith("day") else _MONTHS_SPELT  # not "Frieda"
        if word in _SHORT or len(word) < 6 or word in days:
            return _SHORT.get(word, match[0])
        like = next(iter(get_close_matches(word, days, 1, _LIKE)), None)
        return match[0] if like is None else like if like == "yesterday" else like.capitalize()

    return re.sub(r"(?<![\w'])[A-Za-z]\w+(?![\w'])", written, text)


def _months_named(match: re.Match[str]) -> str:
    """Days with the month at each: "17 November and 20 November" for "17 and 20 November"."""
    joint = match[2] if match[2].strip().isalpha() else " to "
    return f"{match[1]} {match[4]}{joint}{match[3]}"


def _clock_face(match: re.Match[str]) -> str:
    """Such as "2:15" for "quarter past two"."""
    hour = int(match["hour"]) if match["hour"].isdigit() else NUMBERS.index(match["hour"].lower())
    minute = 30 if match["share"].lower() == "half" else 15
    return f"{hour}:{minute}" if match["way"].lower() == "past" else f"{(hour - 2) % 12 + 1}:{60 - minute}"


def _hours(match: re.Match[str], now: datetime, called: set[str]) -> Dates:
    """From when to when of a day."""
    beside = _part_beside(match)
    named, said = match.groupdict(), _lowered(match).removeprefix("both ")
    if beside:  # "at 8 on Monday evening"
        bare = [key for key in named if re.fullmatch(r"\d{1,2}(:\d\d)?( o'clock)?", named[key] or "")]
        named |= {key: named[key].removesuffix(" o'clock") + f" {beside}" for key in bare}
    alone = named["at"] or named["after"] or ""
    if re.fullmatch(r"[1-6](:\d\d)?", alone) and not re.search(r"(?i)\b(?:night|morning|early)\b", match.string):
        named, said = {**named, "at" if named["at"] else "after": f"{alone} pm"}, f"{said} pm"  # few mean the night
    if part := "daytime" if named["day"] else named["lunch"] or named["part"]:
        hours = _hours_of(part.lower())
    elif named["at"]:
        middle = datetime.combine(date(2000, 1, 2), _clock(named["at"]))
        exact, early = ":" in named["at"], _NEAR if named["near"].lower() != "at" else timedelta()
        ends = (middle - _MINUTES, middle + _MINUTES) if exact else (middle - early, middle + _ONE["hour"])
        hours = ends[0].time(), ends[1].time()
    else:
        start = named["a"] or named["c"] or named["d"] or named["after"] or ("18" if beside == "night" else "0")
        end = named["b"] or named["before"] or "0"
        if named["after"] and (start.endswith("night") or _clock(start) == time()):
            end = "6"  # the rest of that night
        if start.isdigit() and end.isdigit() and 0 < int(end) < int(start) <= 12:  # "between 9 and 5"
            end += " am" if "night" in match.string.lower() else " pm"
        of_day = re.search(_OF_DAY, end, re.IGNORECASE) if start.isdigit() and start != "0" else None  # "2 to 4 pm"
        at, until = _clock(start), _clock(end)
        if of_day:  # at, or twelve hours later, whichever is shortly before: "between 11 and 2 pm"
            twice = (at, at.replace(hour=(at.hour + 12) % 24))
            at = min(twice, key=lambda one: ((until.hour - one.hour) * 60 + until.minute - one.minute - 1) % (24 * 60))
        hours = at, until
    return Dates(said=said, hours=hours)


def _part_beside(hours: re.Match[str]) -> str:
    """The part of the day that is named beside some hours, in the same clause; "" where none is."""
    joint = r"(?i)\b(?:and|or|but|than|not)\b"
    beside = f"{re.split(joint, hours.string[: hours.start()])[-1]} {re.split(joint, hours.string[hours.end() :])[0]}"
    named = re.search(rf"(?i)\b(?:to)?({_PART})s?\b", beside)
    return named[1].lower() if named else ""


def _clock(words: str) -> time:
    """A time of the day."""
    words = {"noon": "12", "midday": "12", "midnight": "0"}.get(words.lower(), words.lower())
    hour, minute = (int(n) for n in [*re.findall(r"\d+", words), "0"][:2])
    if hour > 24:
        raise SettingsError("no day has such an hour.", subject=words, hint="Ask about one of 0 to 24.")
    late = words.endswith(("pm", "afternoon", "evening", *["night"] * (hour % 12 > 5)))  # not "2 at night"
    early = words.endswith(("am", "morning", "night"))
    return time((hour % 12 + 12 * late if late or early else hour) % 24, minute)


def _phrase(match: re.Match[str], now: datetime, called: set[str]) -> Dates | None:
    """The time that some words mean; None where they mean none."""
    named, said = match.groupdict(), _as_said(match)
    month = re.fullmatch(rf"\w+ ({_MONTH}|{_SEASON})", said, re.IGNORECASE)
    is_name = month is not None and month[1].lower() in called
    if is_name or said.lower().endswith("fall") and _is_a_deed(match, called):
        return None
    if recent := re.search(rf"(?:({_COUNT}) )?({_SOME}|minute)s?$", named["recent"] or "", re.IGNORECASE):
        return Dates(now - _number(recent[1] or "a") * _ONE[recent[2].lower()], now, said)
    how, first, last = (named["how"] or "").lower(), named["one"], named["two"]
    if last:
        week = re.search(r" (?:of )?(?:this|last) week\b", last, re.IGNORECASE)  # "from Monday to Friday last week"
        first += week[0] if week and first.lower() in WEEKDAYS else ""
        start, end = _span(first, now), _span(last, now)
        start = _span(first, end[0]) if start and end and start[0] >= end[1] else start  # "from May to June 2024"
        return None if start is None or end is None or start[0] >= end[1] else Dates(start[0], end[1], said)
    alone = not how and not re.match(r"(?i) (?:video|clip|film|episode)", match.string[match.end() :])
    one = None if named["between"] or alone and _UNSAID.match(first) else _span(first, now)  # "the May videos"
    if one is None:
        return None
    since = {"since": one[0], "after": one[1], **dict.fromkeys(("before", "until", "till", "by"))}.get(how, one[0])
    until = {"since": None, "after": None, **dict.fromkeys(("before", "until", "till"), one[0])}.get(how, one[1])
    return Dates(since, until, said)


def _is_a_deed(fall: re.Match[str], called: set[str]) -> bool:
    """Whether somebody falls, and it is no autumn: "when did he last fall?", "her last fall", "after the fall"."""
    who = one_of([*called, "he", "she", "they"]) + r"|any\w+|some\w+|(?:the|a|my|our) [\w-]+"
    lead = rf"(?i)(?:\b(?:do|does|did) (?:{who})|\b(?:the|an?|his|her|their)|'s) $"
    return bool(re.fullmatch(r"(?i)(?:before|after) the fall", fall[0]) or re.search(lead, fall.string[: fall.start()]))


def _lowered(match: re.Match[str]) -> str:
    """The words that were found, as they stand in a sentence."""
    said = " ".join(match[0].split())
    return said[:1].lower() + said[1:]


def _capitals(said: str) -> str:
    """Words with the names of days and months as they are written."""
    names = rf"\b(?:{WEEKDAY}|{'|'.join([*MONTHS, *_FEASTS])})\b"
    return re.sub(names, lambda day: day[0].title().replace("'S", "'s"), said, flags=re.IGNORECASE)


def _as_said(match: re.Match[str]) -> str:
    """The words for a time, as they stand in a sentence: "on Friday" for "friday"."""
    said = _capitals(re.sub(r"\bboth |^in (?=today|yesterday|tonight)", "", _lowered(match)))
    if re.match(r"early|late", said):
        return f"in {said}"
    if match["two"] and not match["how"] and not match["between"]:
        return f"from {said}"
    bare = not (match["how"] or match["between"] or match["recent"] or said.endswith(" ago"))
    return f"on {said}" if bare and re.match(rf"(?i){WEEKDAY}\b|(?:the )?\d|{_MONTH}\b|{_FEAST}", said) else said


def _span(text: str, now: datetime, rows: _Rows = _ROWS) -> _Ends | None:
    """From when to when some words mean; None where they mean no time."""
    found = ((re.fullmatch(pattern, text.lower()), read) for pattern, read in rows)
    return next((read(match, now) for match, read in found if match is not None), None)


def _the(now: datetime, word: str, back: int = 0) -> _Ends:
    """The day, week, Monday, May, night … that was so many ago; 0 is the last one that began, today included."""
    (begins, lasts, every), today = _CYCLES[word], datetime.combine(now.date(), time())
    start = today - (back + ((today + begins).date() > now.date())) * every + begins
    return start, start + lasts


def _last(now: datetime, word: str, more: int = 0) -> _Ends:
    """The last one that doesn't go on today, or one of those before it."""
    goes_on = datetime.combine(now.date(), time()) < _the(now, word)[1]
    return _the(now, word, goes_on + more)


def _third_of(whole: _Ends | None, which: int) -> _Ends | None:
    """The first, the second or the last third of a time, in whole days where it has three."""
    if whole is None:
        return None
    start, end = whole
    third = timedelta(days=(end - start).days // 3) or (end - start) / 3
    return ((start, start + third), (start + third, end - third), (end - third, end))[which]


def _weekday(match: re.Match[str], now: datetime) -> _Ends:
    """A weekday, of this week, the last, or so many ago, where that is said."""
    ago, which, day, week, later = match.groups()
    if not (ago or week or later):
        return (_last if which == "last" else _the)(now, day)
    weeks = int(week == "last") if week else _number(ago or later)
    return _the(_the(now, "week", weeks)[1] - _ONE["day"], day)


def _dated(now: datetime, day: str, month: int | None = None, year: str | None = None) -> _Ends | None:
    """A date; without a year, or without a month, the last one that was; None where there is none."""
    first = datetime.combine(now.date(), time()) + relativedelta(day=1, month=month, year=int(year) if year else None)
    days = timedelta(days=int(re.sub(r"\D", "", day)) - 1)
    first -= (first + days > now and not year) * _ONE["year" if month else "month"]
    return _the(first + days, "day") if (first + days).month == first.month else None


def _by_numbers(now: datetime, named: tuple[str, str], year: str | None) -> _Ends | None:
    """A date by its day and month; the other way round where only that is one ("10/31"); None where it is none."""
    day, month = named if int(named[1]) <= 12 else named[::-1]
    return _dated(now, day, int(month), year) if 1 <= int(month) <= 12 else None


def held_on(found: Sequence[Dates], before: Sequence[Dates]) -> tuple[Dates, ...]:
    """The times of a question that goes on from one with others: its own, at the hours or on the day of the other."""
    if not found or len(found) > 1 or len(before) != 1:
        return tuple(found or before)
    one, other = found[0], before[0]
    day, hours = other.parts or ((other, None) if other.kind == "days" else (None, other))
    if one.kind == "hours" and day is not None and day.since is not None and day.until is not None:
        if day.until - day.since < timedelta(days=1):  # "this morning", then "and in the evening?"
            day = Dates(*_the(day.since, "day"), "that day")
        return (day.at_hours(one),)
    return (one.at_hours(hours),) if other.parts and hours and not one.hours and not one.parts else (one,)


def lies_in_one(dates: Sequence[Dates], unit: str) -> bool:
    """Whether some times lie in one day, week …: what "that day" means after "on Monday", not after "last week"."""
    since, until = dates[0].since, dates[-1].until
    return since is not None and until is not None and until <= since + (_ONE["day"] if unit == "night" else _ONE[unit])


def length_of(dates: Sequence[Dates]) -> str:
    """How long some times are: "day", "week" …, or the day of the week by which one was named; "" for none of these."""
    named = next((word for word in WEEKDAYS if word in dates[0].said.lower()), "")
    exact = (unit for unit in ("hour", "day", "week", "month", "year") if lies_in_one(dates, unit))
    return named or next(exact, "")


def around(at: datetime, unit: str, shifts: Sequence[tuple[str, str, float]] = ()) -> Dates | None:
    """A moment, or the day, night, week … in which it lies, or one before or after it: "and the day before?"."""
    said = f"on {at:%A} {at.day} {at:%B %Y}" if unit == "day" else f"that {unit}"
    ends = (at, at) if unit == "moment" else _the(at - _NIGHT if unit == "night" else at, unit)
    found: Dates | None = Dates(*ends, said)
    for shift in shifts:
        found = None if found is None else beyond([found], *shift)
    return found


def beyond(dates: Sequence[Dates], how: str, unit: str, count: float = 0) -> Dates | None:
    """The time before, or after, some times: all of it; the day, week … or the Monday next to it; so many hours, days.
    "earlier" and "later" are the same so much apart. None: it has no such end.
    """
    since, until, back = dates[0].since, dates[-1].until, how in ("before", "earlier")
    if unit == "year" and not count and since and until and until - since < timedelta(days=365):
        how = "earlier" if back else "later"  # of Christmas, or of May: the one of the year before
    edge, many, sign = since if back else until, int(count) or 1, -1 if back else 1
    said = f"{f'the {_capitals(unit)} ' * bool(unit)}{how} that"
    if how in ("earlier", "later") or unit in WEEKDAYS:
        if since is None or until is None or not unit:
            return None
        apart = sign * many * _CYCLES[unit][1]
        if unit in WEEKDAYS:
            apart = _the(since - _ONE["day"] if back else since + _ONE["week"], unit)[0] - _the(since, "day")[0]
        told = said if unit in WEEKDAYS else f"{f'{number(many)} {unit}s' if many > 1 else f'a {unit}'} {how}"
        return replace(dates[0], since=since + apart, until=until + apart, said=told, parts=())
    if edge is None:
        return None
    if not unit:
        return Dates(None, edge, said) if back else Dates(edge, None, said)
    if count or unit == "hour":
        ends = sorted((edge, edge + sign * many * _ONE[unit]))
        return Dates(ends[0], ends[1], f"in the {number(many)} {unit}s {how} that")
    if back:
        return Dates(*_the(edge, unit, 1), said)
    if unit == "night":  # what lies after a day is its own night
        return Dates(*_the(edge - _MOMENT, unit), said)
    last = edge - _NIGHT - _MOMENT  # a night is of the day before
    return Dates(*_the(last if since is None else max(since, last), unit, -1), said)


def _hours_of(part: str) -> _Hours:
    start, end = _PARTS[part]
    return time(start % 24), time(end % 24)


AT_NIGHT = Dates(said="at night", hours=_hours_of("night"))


def _of_day(day: date, hours: _Hours) -> _Ends:
    """Hours of a day; those that end before they begin end on the next one."""
    start, end = (datetime.combine(day, one) for one in hours)
    return start, end + timedelta(days=end <= start)


def _hours_within(ends: _Ends, hours: _Hours) -> _Ends | None:
    """The part of a time, not longer than a day, that lies in some hours; None where none does."""
    days = (_of_day(ends[0].date() + timedelta(days=more), hours) for more in (-1, 0, 1))
    parts = ((max(start, ends[0]), min(end, ends[1])) for start, end in days)
    return next((part for part in parts if part[0] < part[1]), None)


def _number(word: str) -> int:
    """What a word for a number says."""
    return int(counted(re.sub(r"^an? (?=few|couple)", "", word.lower())) or 1)

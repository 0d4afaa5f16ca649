"""Words for a day or a time of the calendar: a question in, the question without them and the time they name out.

"on Tuesday", "yesterday evening", "this morning", "last night", "this week", "in May", "since 3 May", "in the last ten
days", "between Monday and Wednesday", "before 2026-05-03"; hours of a day, or of each day ("between 9 and 11", "after
5pm", "at 8:20", "at night"). A weekday is the last one that was, today included; a month or a day without a year is
the last one that began. Weekdays may be short ("wed") or misspelt. What is so on each Monday isn't answered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches

from pvchat.errors import SettingsError

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_COUNTS = ("a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
# Hours at which parts of a day begin and end [choice]; the night ends on the next day.
_PARTS = {"morning": (4, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (20, 30)}

_WEEKDAY = rf"(?:{'|'.join(_DAYS)})"
_MONTH = rf"(?:{'|'.join(_MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
_NTH = r"(?:the )?\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_DATE = (
    rf"(?:{_YEAR}-\d\d-\d\d|the \d{{1,2}}(?:st|nd|rd|th)\b(?!(?: of)? {_MONTH})"
    rf"|{_NTH}(?: of)? {_MONTH}\b(?:,? {_YEAR})?|{_MONTH} {_NTH}(?!\d)(?:,? {_YEAR})?)"
)
_OF_WEEK = r" (?:of )?(?:this|last) week\b"
_DAY = (
    rf"(?:the day before yesterday|yesterday|today|(?:{_WEEKDAY},? )?{_DATE}|(?:last |this )?{_WEEKDAY}(?:{_OF_WEEK})?)"
)
_PART = rf"(?:{'|'.join(_PARTS)})"
_AT_PART = rf"(?:this {_PART}|tonight|last night|{_DAY} {_PART}|the {_PART} of {_DAY})"
_SPAN = rf"(?:(?:this|last) (?:week(?:end)?|month|year)|the weekend|{_MONTH}(?: {_YEAR})?\b|{_YEAR})"
_COUNT = rf"(?:\d+|{'|'.join(_COUNTS)}|an)"
_AGO = rf"{_COUNT} (?:day|week|month|year|hour)s? ago"
_THIRDS = ("beginning", "start", "middle", "end")
_THIRD_OF = rf"(?:the )?(?:{'|'.join(_THIRDS)}) of {_SPAN}"
_ANY = rf"(?:{_THIRD_OF}|{_AT_PART}|{_DAY}|{_AGO}|{_SPAN})"
_RECENT = rf"(?:(?:with)?in|during|over|for) the (?:last|past) (?:{_COUNT} )?(?:hour|day|week|month|year)s?"
_PHRASE = re.compile(
    rf"\b(?:(?P<recent>{_RECENT})|between (?P<a>{_ANY}) and (?P<b>{_ANY})"
    rf"|from (?P<c>{_ANY}) (?:to|until|till) (?P<d>{_ANY})"
    rf"|(?P<since>since|after) (?P<after>{_ANY})|(?P<until>before|until|till|by) (?P<before>{_ANY})"
    rf"|(?P<in>on(?! (?:this {_PART}|today|yesterday|tonight)\b)|in|during|over|at|from) (?P<within>{_ANY})"
    rf"|(?P<bare>{_AT_PART}|{_DAY}|{_AGO}|(?:this|last) \w+))(?!\w)",
    re.IGNORECASE,
)

_OF_DAY = rf" ?[ap]m\b| ?o'clock| (?:in the|at) {_PART}\b"
_HOUR = r"\d{1,2}(?::[0-5]\d)?"
_CLOCK = rf"(?:{_HOUR}(?:{_OF_DAY})?|noon|midday|midnight)"
_EXACT = rf"(?:{_HOUR}(?:{_OF_DAY})|noon|midday|midnight)"
# "at 8:20", "after 8 on Friday"; not "after 8 people"
_EDGE = (
    rf"(?:{_EXACT}|\d{{1,2}}:[0-5]\d|\d{{1,2}}(?= ?[.?!,]|\W*$| (?:on|in|at|and|or|this|last|today|tonight|yesterday"
    rf"|{_WEEKDAY})\b))"
)
_HOURS = re.compile(
    rf"\b(?:(?:between (?P<a>{_CLOCK}) and|from (?P<c>{_CLOCK}) (?:to|until|till)) (?P<b>{_CLOCK})"
    rf"|(?:after|since|from) (?P<after>{_EDGE})|(?:before|until|till|by) (?P<before>{_EDGE})"
    rf"|(?P<near>at|(?:at )?(?:around|about)) (?P<at>{_EDGE})|(?:at|in the) (?P<part>{_PART})s?(?! of\b))"
    rf"(?![\w:]| (?:seconds?|minutes?|people|times|(?:of )?{_MONTH})\b)",
    re.IGNORECASE,
)
# "each day", "on Mondays": of many days at once
_EACH = re.compile(
    rf"\b(?:(?:every|each)(?: single)? (?:hour|day|week|weekend|month|year|{_PART}|{_WEEKDAY})|daily"
    rf"|(?:{_WEEKDAY}|weekend)s)\b",
    re.IGNORECASE,
)
_SHORT = {
    "mon": "Monday", "tue": "Tuesday", "tues": "Tuesday", "wed": "Wednesday", "weds": "Wednesday", "thu": "Thursday",
    "thur": "Thursday", "thurs": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday", "wk": "week",
    "wkend": "weekend", "nite": "night", "tonite": "tonight", "yday": "yesterday",
}  # fmt: skip
_WORDS_TOO = ("sat", "sun", "wed")  # days only after "on", "last" …
_BEFORE_DAY = re.compile(r"\b(?:on|last|this|since|before|after|until|till|by|and|or|to) $", re.IGNORECASE)
_SPELT = (*_DAYS, "yesterday")
_MONTHS_SPELT = ("january", "february", "september", "october", "november", "december")
_LIKE = 0.8  # how like one of these a word of at least six letters is that is misspelt [choice]
_DAYS_OF = re.compile(
    rf"\b(?P<to>(?P<first>between|from|on) )?(?:the )?(?P<a>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"(?P<joint> and | to | until | till | ?[-\u2013] ?)(?P<b>{_NTH}(?: of)? (?P<month>{_MONTH}\b(?:,? {_YEAR})?))",
    re.IGNORECASE,
)
_EARLY = re.compile(rf"\b(early|mid|late)[- ](?:in )?({_MONTH})\b", re.IGNORECASE)
_NEAR = timedelta(minutes=30)  # "around 8" begins so much before [choice]
_MINUTES = timedelta(minutes=10)  # "at 8:20" is so much before to so much after [choice]
_SOME_DAY = date(2000, 1, 2)
_JOINTS = {"and": "and", "or": "or", ",": "and", ", and": "and", "than": "than", "but not": "but not"}


@dataclass(frozen=True)
class Dates:
    """A time of the calendar, local: from `since` to before `until`; None: from ever, or for ever.

    Attributes:
        since, until: its ends.
        said: the words for it, as they stand in a sentence.
        hours: of each day, from when to before when; where they end before they begin, on the next day.
        joint: what joins it to the time before it: "and", "or", "than", "but not"; "" for the first.
    """

    since: datetime | None
    until: datetime | None
    said: str
    hours: tuple[time, time] | None = None
    joint: str = ""

    def on(self, at: datetime) -> tuple[datetime | None, datetime | None]:
        """Its ends; of hours of each day those of the day, or the night, in which a moment lies."""
        if self.hours is None:
            return self.since, self.until
        start, end = self.hours
        day = at.date() - timedelta(days=end <= start and at.time() < end)
        return datetime.combine(day, start), datetime.combine(day + timedelta(days=end <= start), end)


def dated(text: str, now: datetime, names: Sequence[str] = ()) -> tuple[str, tuple[Dates, ...]]:
    """A question without the words for times of the calendar, and these times in order.

    Args:
        text: the question.
        now: the time at which it is asked.
        names: of enrolled people: "since May" is no date where somebody is called May.

    Raises:
        SettingsError: it names several that aren't joined ("on Monday and on Friday" are), each of some days, or a
            30th hour.
    """
    text = _days_named(_spelt(text, {name.lower() for name in names}))
    if _EACH.search(text):
        raise _several(text)
    days: list[tuple[re.Match[str], Dates | None]] = [
        (match, dates) for match in _PHRASE.finditer(text) if (dates := _dates_of(match, now, names)) is not None
    ]
    taken = {place for match, _ in days for place in range(*match.span())}
    hours = [(match, _hours(match)) for match in _HOURS.finditer(text) if not {*range(*match.span())} & taken]
    if len(hours) == 1 and len(days) < 2:
        days = [(hours[0][0], _at_hours(days[0][1] if days else None, *hours[0][1]))] + [(day, None) for day, _ in days]
    elif hours:
        raise _several(text)
    found: list[Dates] = []
    for i, (match, dates) in enumerate(sorted(days, key=lambda one: one[0].start())):
        between = text[days[i - 1][0].end() : match.start()].strip().lower() if i and not hours else ""
        if i and not hours and between not in _JOINTS:
            raise _several(text)
        found += [replace(dates, joint=_JOINTS.get(between, ""))] if dates is not None else []
    return _without(text, [match for match, _ in days], joined=not hours), tuple(found)


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

    return re.sub(r"(?<![\w'])[A-Za-z]+(?![\w'])", written, text)


def _days_named(text: str) -> str:
    """A text with the month at each day: "between 17 November and 20 November" for "between 17 and 20 November"."""

    def named(match: re.Match[str]) -> str:
        joint, first = match["joint"].strip().lower(), (match["first"] or "").lower()
        if joint == "and":
            if not first or first == "from":
                return match[0]
            return f"{match['to']}{match['a']} {match['month']} and {'on ' * (first == 'on')}{match['b']}"
        return match[0] if first == "between" else f"from {match['a']} {match['month']} to {match['b']}"

    thirds = {"early": "the beginning", "mid": "the middle", "late": "the end"}
    text = _EARLY.sub(lambda match: f"{thirds[match[1].lower()]} of {match[2]}", text)
    return _DAYS_OF.sub(named, text)


def _several(text: str) -> SettingsError:
    hint = "Ask about one time, such as 'on Tuesday' or 'between Monday and Wednesday', or join them by 'and' or 'or'."
    return SettingsError("this names several times.", subject=text[:80], hint=hint)


def _without(text: str, matches: Sequence[re.Match[str]], joined: bool) -> str:
    """A text without some of its parts, and without what joins them."""
    ordered = sorted(matches, key=lambda one: -one.start())
    spans = [(ordered[-1].start(), ordered[0].end())] if joined and ordered else [one.span() for one in ordered]
    for start, end in spans:
        text = f"{text[:start].rstrip(' ,')} {text[end:].lstrip(' ,')}"
    return re.sub(r" (?=[?.!])", "", " ".join(text.split()))


def _at_hours(day: Dates | None, start: time, end: time, said: str) -> Dates:
    """Hours of one day, or of each day of a time; of any where none is named."""
    if day is None:
        return Dates(None, None, said, (start, end))
    if day.since is None or day.until is None or day.until - day.since > timedelta(days=1):
        return replace(day, said=f"{said} {day.said}", hours=(start, end))
    until = datetime.combine(day.since, end) + timedelta(days=end <= start)
    return Dates(datetime.combine(day.since, start), until, f"{said} {day.said}")


def _hours(match: re.Match[str]) -> tuple[time, time, str]:
    """From when to when on a day, and the words."""
    said, named = " ".join(match[0].split()), match.groupdict()
    said = said[:1].lower() + said[1:]
    if part := named["part"]:
        first, last = _PARTS[part.lower()]
        return time(first % 24), time(last % 24), said
    if named["at"]:
        hour = datetime.combine(_SOME_DAY, _clock(named["at"]))
        if ":" in named["at"]:
            return (hour - _MINUTES).time(), (hour + _MINUTES).time(), said
        early = _NEAR if named["near"].lower() != "at" else timedelta()
        return (hour - early).time(), (hour + timedelta(hours=1)).time(), said
    start, end = named["a"] or named["c"] or named["after"], named["b"] or named["before"] or "0"
    end = "6" if named["after"] and _clock(named["after"]) == time() else end  # the rest of that night
    of_day = re.search(_OF_DAY, end, re.IGNORECASE) if start and start.isdigit() else None  # "between 2 and 4 pm"
    return _clock((start or "0") + (of_day[0] if of_day else "")), _clock(end), said


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
    named, said = match.groupdict(), _as_said(match)
    if len(said.split()) == 2 and said.split()[1].lower() in {*_MONTHS} & {name.lower() for name in names}:
        return None
    if named["recent"]:
        return _recent(named["recent"].lower(), now, said)
    first, last = (named["a"], named["b"]) if named["a"] else (named["c"], named["d"])
    if first and last:
        week = re.search(_OF_WEEK, last, re.IGNORECASE)  # "between Monday and Wednesday last week"
        first += week[0] if week and first.lower() in _DAYS else ""
        start, end = _span(first, now), _span(last, now)
        return None if start is None or end is None or start[0] >= end[1] else Dates(start[0], end[1], said)
    one = _span(named["after"] or named["before"] or named["within"] or named["bare"], now)
    if one is None:
        return None
    if named["after"]:
        return Dates(one[0] if named["since"].lower() == "since" else one[1], None, said)
    if named["before"]:
        return Dates(None, one[1] if named["until"].lower() == "by" else one[0], said)
    return Dates(*one, said)


def _as_said(match: re.Match[str]) -> str:
    """The words for a time, as they stand in a sentence: "on Friday" for "friday"."""
    said = " ".join(match[0].split())
    said = said[:1].lower() + said[1:]
    said = re.sub(
        rf"\b(?:{_WEEKDAY}|{'|'.join(_MONTHS)})\b", lambda day: day[0].capitalize(), said, flags=re.IGNORECASE
    )
    bare = match["bare"] and not said.endswith(" ago")
    return f"on {said}" if bare and re.match(rf"{_WEEKDAY}\b|{_DATE}", said, re.IGNORECASE) else said


def _recent(text: str, now: datetime, said: str) -> Dates:
    """The last so many days, weeks … up to now."""
    count = next((word for word in text.split()[3:-1]), "a")
    return Dates(now - _length(number_of(count), text.split()[-1]), now, said)


def _span(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """From when to when some words mean; None where they mean no time."""
    words, today = text.lower(), now.date()
    if words.endswith(" ago"):
        count, unit, _ = words.split()
        when = now - _length(number_of(count), unit)
        return (when - timedelta(hours=1), when) if unit.startswith("hour") else _whole(when.date())
    if (third := re.fullmatch(r"(?:the )?(\w+) of (.+)", words)) and third[1] in _THIRDS:
        return _third_of(_period(third[2], today), third[1])
    part = next((one for one in _PARTS if re.search(rf"\b{one}\b", words)), "night" if words == "tonight" else "")
    if part:
        return _part_of_day(words, part, now.date())
    if (day := _day(words, today)) is not None:
        return _whole(day)
    return _period(words, today)


def _third_of(whole: tuple[datetime, datetime] | None, which: str) -> tuple[datetime, datetime] | None:
    """The first, the second or the last third of a time, whole days."""
    if whole is None:
        return None
    days = (whole[1] - whole[0]).days
    start = {"middle": days // 3, "end": days - days // 3}.get(which, 0)
    length = days - 2 * (days // 3) if which == "middle" else days // 3
    return whole[0] + timedelta(days=start), whole[0] + timedelta(days=start + length)


def _part_of_day(words: str, part: str, today: date) -> tuple[datetime, datetime] | None:
    of = {"last night": "yesterday", "tonight": "today", f"this {part}": "today"}
    day = _day(of.get(words) or re.sub(rf"\b(the {part} of|{part})\b", "", words).strip(), today)
    if day is None:
        return None
    start, (first, last) = datetime.combine(day, time()), _PARTS[part]
    return start + timedelta(hours=first), start + timedelta(hours=last)


def _day(words: str, today: date) -> date | None:
    """One day: by name, weekday or date."""
    named = {"today": 0, "yesterday": 1, "the day before yesterday": 2}
    if words in named:
        return today - timedelta(days=named[words])
    if found := re.fullmatch(rf"({_WEEKDAY}) (?:of )?(this|last) week", words):
        return today + timedelta(days=_DAYS.index(found[1]) - today.weekday() - 7 * (found[2] == "last"))
    if found := re.fullmatch(rf"(last |this )?({_WEEKDAY})", words):
        back = (today.weekday() - _DAYS.index(found[2])) % 7
        return today - timedelta(days=back or 7 if found[1] == "last " else back)
    return _date(re.sub(rf"^{_WEEKDAY},? ", "", words), today)


def _date(words: str, today: date) -> date | None:
    """A date; without a year the last one that was."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", words):
        year, month, number = map(int, words.split("-"))
        return _made(year, month, number)
    found = re.search(rf"\b{_MONTH}\b", words)
    numbers = re.findall(r"\d+", words)
    if found is None and re.fullmatch(r"the \d+(?:st|nd|rd|th)", words):  # the last one that was
        back = int(int(numbers[0]) > today.day)
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        return _made(year, month + 1, int(numbers[0]))
    if found is None or not numbers:
        return None
    month, number = _month(found[0]), next((int(n) for n in numbers if len(n) < 3), 0)
    if years := [int(n) for n in numbers if len(n) == 4]:
        return _made(years[0], month, number)
    day = _made(today.year, month, number)
    return day if day is None or day <= today else _made(today.year - 1, month, number)


def _period(words: str, today: date) -> tuple[datetime, datetime] | None:
    """A week, a month or a year."""
    if re.fullmatch(r"\d{4}", words):
        return _months(int(words), 1, 12)
    if found := re.fullmatch(rf"({_MONTH})(?: (\d{{4}}))?", words):
        month = _month(found[1])
        return _months(int(found[2]) if found[2] else today.year - (month > today.month), month, 1)
    back = int(words.startswith("last "))
    if words.endswith(" week"):
        monday = today - timedelta(days=today.weekday() + 7 * back)
        return _whole(monday)[0], _whole(monday + timedelta(days=6))[1]
    if words.endswith(" weekend"):
        saturday = today - timedelta(days=(today.weekday() - 5) % 7 + (7 * back if today.weekday() > 4 else 0))
        return _whole(saturday)[0], _whole(saturday + timedelta(days=1))[1]
    if words.endswith(" month"):
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        return _months(year, month + 1, 1)
    return _months(today.year - back, 1, 12) if words.endswith(" year") else None


def _months(year: int, month: int, count: int) -> tuple[datetime, datetime]:
    last, then = divmod(year * 12 + month - 1 + count, 12)
    return datetime(year, month, 1), datetime(last, then + 1, 1)


def _whole(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time())
    return start, start + timedelta(days=1)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # the 31st of February
        return None


def _month(word: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(word[:3]))


def number_of(word: str) -> int:
    """What a word for a number says; 1 for another word."""
    return int(word) if word.isdigit() else _COUNTS.index(word) + 1 if word in _COUNTS else 1


def _length(count: int, unit: str) -> timedelta:
    days = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0, "year": 365.0}
    return timedelta(days=count * days[unit.removesuffix("s")])

"""Finds the part of a clip that a question names by the clock, cuts the words out, and returns it as a `During`.

"at 3:20", "between 1:00 and 2:00", "in the first ten seconds", "in the second half", "after 90 seconds", "at the end",
"in the last shot". A question that names several parts, or a time of the day, is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from pvchat.chat.english import MONTHS, NUMBERS, ORDINALS, WEEKDAYS, table, word_set
from pvchat.chat.query import During
from pvchat.chat.window import seconds_of

_COUNTS: dict[str, float] = {word: count for count, word in enumerate(NUMBERS)} | table()["vocabulary"]["counts"]
_ORDINALS = ORDINALS | {"final": -1}
COUNTING = frozenset((*_COUNTS, *_ORDINALS))
SHARES = {"half": 2, "third": 3, "quarter": 4}
NAMES_TOO = word_set("april may june august january march")  # months that are names, or verbs; not "in May"
_DATES = {*WEEKDAYS, *MONTHS, *word_set("christmas easter halloween ramadan")} - NAMES_TOO
_BEFORE_MONTH = word_set("in since until by last next early late mid of")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def one_of(words: Iterable[str]) -> str:
    """A pattern of any of some words, of which a longer one is tried first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_CLIP = r"(?:video|clip|film|movie|footage|recording|episode|scene)"
_OF = rf"(?: of (?:(?:the|this|that|my|our) )?(?:whole )?{_CLIP}\b)?(?! of\b)"
_COUNT = rf"(?:\d+(?:\.\d+)?|(?:{one_of(_COUNTS)})\b(?: of\b| an?\b)?)"
_WHOLE = rf"(?:\d+|{one_of(NUMBERS[1:])})"
_UNIT = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|[smh])(?![a-z])"
_LENGTH = rf"{_COUNT}[ -]?{_UNIT}(?: and a half\b|(?:,? and |,? )?\d+[ -]?{_UNIT}|(?: and)? \d+(?![\w:.]))?"
_CLOCK = r"\d+:\d\d(?::\d\d)?(?:\.\d+)?(?![\d:])(?! ?[ap]\.?m\b)"
_MARK = r"(?:second|minute|hour)s? \d+(?:\.\d+)?|(?:the )?\d+(?:st|nd|rd|th) second"
_TIME = rf"(?:{_CLOCK}|{_LENGTH}|{_MARK})"
_IN = r"(?:in|during|for|over|within|throughout|through|of|at)"
_JUST = "(?:(?<!the )(?<!far )right |just )?"  # "right at the end"; not "on the right at the end"
_AT = r"(?:(?:at|around|about|near)(?: (?:about|around|exactly|roughly|the time|the))? |@ ?)"


def is_date(word: str, before: str) -> bool:
    """Whether a word in lower case is a day's or a month's, by the one before it: "Sunday", "in May", not "is May"."""
    return word in _DATES or word.removesuffix("s") in _DATES or word in NAMES_TOO and before in _BEFORE_MONTH


def named_part(question: str) -> tuple[str, During | None]:
    """A question without the words for a part of the clip, and that part; None where it names none, or several."""
    found = [
        (match, part)
        for pattern, read in _READERS
        for match in pattern.finditer(question)
        if (part := read(match)) is not None
    ]
    spans = {match.span() for match, _ in found}
    longest = [span for span in spans if not any(a <= span[0] and span[1] <= b for a, b in spans - {span})]
    if len(longest) != 1:
        return question, None
    match, part = next(one for one in found if one[0].span() == longest[0])
    rest = without(question, [match.span()]).strip(" ,")
    return (question, None) if re.search(r"\d:\d\d", rest) else (rest, part)  # not of "at 3:20 or 3:40"


def without(text: str, cuts: Sequence[tuple[int, int]]) -> str:
    """A text without some of its parts, from one character to before another, in order."""
    for start, end in reversed(cuts):
        text = f"{text[:start].rstrip(' ,')} {text[end:].lstrip(' ,')}"
    return re.sub(r" (?=[?.!])", "", " ".join(text.split())) if cuts else text


def counted(text: str) -> float | None:
    """The number, or the seconds, of words such as "two", "twice", "half a minute", "at least ten seconds"."""
    words = re.sub(r"\b(?:once|one time)\b", "1", re.sub(r"\btwice\b", "2", re.sub(r"\bthrice\b", "3", text)))
    found = re.search(_LENGTH, words) or re.search(_COUNT, words)
    if found is None:
        return None
    return _seconds(found[0]) if re.search(_UNIT, found[0]) else _count(found[0])


def _count(text: str) -> float:
    number = re.sub(r" (of|an?)$", "", text)
    return float(number) if number[0].isdigit() else _COUNTS[number]


def _seconds(text: str) -> float | None:
    """The seconds that a time in words means; None where it is none."""
    text = text.lower().removeprefix("the ")
    if ":" in text:
        try:
            return seconds_of(text)
        except ValueError:
            return None
    if marked := re.fullmatch(r"(second|minute|hour)s? ([\d.]+)|(\d+)\w\w (second)", text):
        return float(marked[2] or marked[3]) * _UNITS[(marked[1] or marked[4])[0]]
    total, unit = 0.0, 60.0
    for count, word in re.findall(rf"({_COUNT})(?:[ -]?({_UNIT}))?", text.removesuffix(" and a half")):
        unit = _UNITS[word[0]] if word else unit / 60
        total += _count(count) * unit
    return total + (unit / 2 if text.endswith(" and a half") else 0.0)


def _part(start: str | None, end: str | None) -> During | None:
    """From one time in words to another (None: an edge of the clip); None where one of them is no time."""
    begins, ends = (None if said is None else _seconds(said) for said in (start, end))
    if start is not None and begins is None or end is not None and ends is None:
        return None
    return During(start_s=begins or 0.0, end_s=ends)


def _range(match: re.Match[str]) -> During | None:
    first, last = match["a"].strip(), match["b"].strip()
    unit = re.search(rf"[\d ]({_UNIT})$", last)
    if re.fullmatch(_COUNT, first) and unit:  # "between 10 and 20 seconds"
        first = f"{first} {unit[1]}"
    return _part(first, None if last.endswith("end") else last)


def _edge_length(match: re.Match[str]) -> During | None:
    """The first or last so many seconds, or all after or before them; "the first second" is one."""
    opening = match["which"].lower() in ("first", "opening", "initial")
    length = match["a"] or (f"1 {match['unit']}{match['more'] or ''}" if match["unit"] else "few seconds")
    seconds = _seconds(length)
    if seconds is None or match["beyond"] and opening != (match["beyond"].lower() == "after"):
        return None
    if match["beyond"]:
        return During(start_s=seconds) if opening else During(end_s=-seconds)
    return During(end_s=seconds) if opening else During(start_s=-seconds)


def _share(match: re.Match[str]) -> During | None:
    word, count = match["which"].lower(), SHARES[match["share"].lower()]
    number = {"latter": 2, "other": 2, "middle": 2, "opening": 1, "closing": -1}.get(word) or _ORDINALS.get(word, 0)
    number = count if number == -1 else number
    if not 0 < number <= count or (word == "middle" and count != 3):
        return None
    return During(start_s=(number - 1) / count, end_s=number / count, unit="share")


def _about(share: float) -> During:
    """About so much of the clip in: "halfway through", "two thirds in"."""
    return During(start_s=share - 0.05, end_s=share + 0.05, unit="share")


def _shots(match: re.Match[str]) -> During | None:
    """A shot, several in a row, or all before or after: "shot two", "the last two shots", "after the first shot"; not
    "shots 1 and 3".
    """
    which, number, to, some = ((match[name] or "zero").lower() for name in ("which", "number", "to", "some"))
    first = _ORDINALS.get(which) or int(_count(number))
    last, many = int(_count(to)) or first, int(_count(some))
    if " and " in match[0] and last - first > 1 and "between" not in match[0].lower():
        return None
    if many:
        first, last = (1, many) if first > 0 else (-many, -1)
    if match["beyond"]:
        first, last = (last + 1, -1) if match["beyond"].lower() == "after" else (1, first - 1)
    return During(start_s=first, end_s=None if last == first else last, unit="shot")


def _nth(match: re.Match[str]) -> During:
    """The n-th minute or hour: the second minute is from 1:00 to 2:00."""
    word, unit = match["which"].lower(), _UNITS[match["unit"][0].lower()]
    number = _ORDINALS[word] if word in _ORDINALS else int(word[:-2])
    return During(start_s=max(0, number - 1) * unit, end_s=max(1, number) * unit)


_Reader = Callable[[re.Match[str]], During | None]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), read)
    for pattern, read in (
        (rf"\bbetween (?P<a>{_TIME}|{_COUNT}) and (?P<b>{_TIME}){_OF}", _range),
        (rf"\bfrom (?P<a>{_TIME}|{_COUNT}) (?:to|until|till|through) (?P<b>{_TIME}|the (?:very )?end){_OF}", _range),
        (rf"(?<!\S)(?:(?:in|during|from|at) )?(?P<a>{_CLOCK}) ?(?:[-–]|to) ?(?P<b>{_CLOCK})", _range),
        (r"\b(?:between|from) (?P<unit>second|minute)s? (?P<a>\d+) (?:and|to|until) (?:(?:second|minute)s? )?"
         r"(?P<b>\d+)\b", lambda m: _part(*(f"{m['unit']} {m[end]}" for end in "ab"))),
        (rf"\b(?:after|since|past) (?P<a>{_TIME})(?: mark)?(?! between\b)|\bfrom (?P<b>{_TIME}) (?:on|onwards?)\b",
         lambda m: _part(m["a"] or m["b"], None)),
        (rf"\b(?:before|until|till|up to) (?P<a>{_TIME})(?: mark)?\b", lambda m: _part(None, m["a"])),
        (rf"(?:\b|(?=@)){_AT}(?P<a>{_TIME})(?:[ -]mark\b)?(?: (?:in|into)\b(?! the \w+ing\b))?{_OF}",
         lambda m: _part(m["a"], m["a"])),
        (rf"\b(?P<a>{_TIME})(?:[ -]mark\b| (?:in|into)\b(?= (?:the|this) {_CLIP}\b|,|\W*$))"
         rf"(?: (?:the|this) {_CLIP}\b)?",
         lambda m: _part(m["a"], m["a"])),
        (rf"\b(?:(?:(?:{_IN}|(?P<beyond>after|before)) )?the )?(?:very )?(?P<which>first|opening|initial|last|final"
         rf"|closing) (?:(?P<a>{_LENGTH})|(?P<unit>second|minute|hour)\b(?P<more> and a half\b)?|(?P<some>seconds)\b)"
         rf"{_OF}",
         _edge_length),
        (rf"\b(?:{_IN} )?(?:the|its) (?P<which>first|second|third|fourth|last|final|latter|other|middle|opening"
         rf"|closing) (?P<share>half|third|quarter)\b{_OF}", _share),
        (rf"\b(?:{_IN} )?the (?P<which>second|third|fourth|fifth|\d+(?:st|nd|rd|th)) (?P<unit>minute|hour)\b{_OF}",
         _nth),
        (rf"\b(?:(?P<beyond>after|before|until) |(?:from|between|{_IN}) )?(?:(?:the |^)(?P<which>{one_of(_ORDINALS)})"
         rf"(?:(?<=st) (?P<some>{_WHOLE}))? (?:shot|scene)s?\b(?! (?:in which|where|when|with|that|of)\b)"
         rf"|(?<!which )(?<!what )(?:shot|scene)s? (?:number )?(?P<number>{_WHOLE})\b"
         rf"(?:(?:-| to | and )(?:shot )?(?P<to>{_WHOLE})\b)?"
         rf"(?! (?:people|persons?|m[ae]n|wom[ae]n|times|{_UNIT}))):?{_OF}", _shots),
        (rf"\b(?:in|around) the (?:very )?middle of the {_CLIP}\b",
         lambda m: During(start_s=1 / 3, end_s=2 / 3, unit="share")),
        (rf"\b(?:halfway|half way|midway)(?: through)?(?: (?:the|this) {_CLIP}\b)?", lambda m: _about(1 / 2)),
        (rf"\b(?P<count>a|one|two|three) (?P<share>third|quarter)s?(?: of the way)? (?:in|through|into)\b"
         rf"(?: (?:the|this) {_CLIP}\b)?", lambda m: _about(_count(m["count"].lower()) / SHARES[m["share"].lower()])),
        (rf"\b{_JUST}(?:(?:at|in|near|from|towards?) the (?:very )?(?:start|starting|beginning|opening)"
         rf"|(?:at|in|from) (?:start|beginning)|at first(?=\W*$))\b(?! (?:to|till|until|through)\b){_OF}",
         lambda m: During(unit="edge")),
        (rf"\b{_JUST}(?:(?:at|by|in|near|towards?|until|till|to) the (?:very )?(?:end|ending|close)|at end)\b"
         rf"{_OF}",
         lambda m: During(start_s=-1, unit="edge")),
        (rf"\b(?:in|on|at) the (?:very )?(?P<which>first|opening|last|final|closing) (?:frame|moment|instant)\b{_OF}",
         lambda m: During(end_s=1.0) if m["which"].lower() in ("first", "opening") else During(start_s=-1.0)),
    )
)  # fmt: skip

"""The words that reading, looking up and saying share: function words, colours, lists, numbers, clock times; the
wording.

`wording.json` is the one table of what is said of kinds of questions, measures, places, things. Its "verb" spells every
verb that the project can say of somebody, and the commoner ones of the captions that the trained model learned from; a
verb that isn't in it stays as it is: "is whittling". Its "vocabulary" is of words that are read or compared: "titles"
stand before a name and are never its first word by itself, "shades" are colours that people call by either word,
"values" of an attribute are said by words that go with no other one, "refused" are kinds of small talk, of wishes, of
what nobody sees or hears.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

ASK = "ask me who is in this video, what they wear, what they do or where they are"
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip
STRANGER = "somebody I don't know"
HEDGE = "probably"  # before what is likely but not sure


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set; above the constants because they are made with it."""
    return frozenset(text.split())


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, Any]]:
    """The whole table of wording; above the constants, which are parts of it."""
    found: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("wording.json").read_text(encoding="utf-8"))
    return found


_VOCABULARY = table()["vocabulary"]
_KINDS = ("colours", "function words", "before a noun", "openers", "predicates", "titles")
COLOURS, FUNCTION_WORDS, BEFORE_NOUN, OPENERS, PREDICATES, TITLES = (word_set(_VOCABULARY[kind]) for kind in _KINDS)
NUMBERS: list[str] = _VOCABULARY["numbers"].split()  # from zero to twenty
_SHADES = tuple(map(word_set, _VOCABULARY["shades"]))
_DEPTHS = {"dark": "black", "light": "white", "pale": "white", "bright": ""}  # which plain colour each may be taken for
MASK = "Alex"  # stands for any name, for the rules and the encoder alike


def same_colour(one: str | None, other: str | None) -> bool:
    """Whether two colour words may be said of one thing; an unknown one fits every other."""
    a, b = _hues(one or ""), _hues(other or "")
    return not a or not b or bool(a & b) or any(a & shade and b & shade for shade in _SHADES)


def _hues(said: str) -> frozenset[str]:
    """The colour words of a colour; "dark blue" is blue, or black, and none of the other colours that may be dark."""
    found = COLOURS.intersection(said.lower().replace("-", " ").split())
    hues = found - _DEPTHS.keys()
    return hues | {_DEPTHS[word] for word in found - hues if _DEPTHS[word]} if hues else found


def join(items: Sequence[str], word: str = "and") -> str:
    """Join as "Ana, Ben and Cleo"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}" if items else ""


def shortened(items: Sequence[str], most: int, others: str = "others", word: str = "and") -> str:
    """The first of many, and how many others there are: "Ana, Ben and 12 others"; a single other is named, too."""
    told = items if len(items) <= most + 1 else [*items[:most], f"{number(len(items) - most)} {others}"]
    return join(told, word)


def be(listed: Sequence[str]) -> str:
    """The form of "be" that follows a list of names, some of which may be told as a count: "two people" are."""
    return "is" if len(listed) == 1 and listed[0].split()[1:2] != ["people"] else "are"


def number(count: int) -> str:
    """A count in words up to ten, in figures beyond."""
    return NUMBERS[count] if count <= 10 else str(count)


def ordinal(k: int) -> str:
    """Such as "first", "second", "12th", "last", "second to last"."""
    said = {number: word for word, number in ORDINALS.items()}
    return said.get(k) or f"{said.get(abs(k), f'{abs(k)}th')}{' to last' * (k < 0)}"


def plural(noun: str, count: int = 2) -> str:
    """A noun for so many: "chairs", "glasses", "people"; of several words the last: "remote controls"."""
    if count == 1:
        return noun
    head, _, last = noun.rpartition(" ")
    ending = "es" if last.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{head} {wording('plural', last) or f'{last}{ending}'}".lstrip()


def so_many(count: int, what: str = "video") -> str:
    """Such as "two videos", "one other person"."""
    return f"{number(count)} {plural(what, count)}"


def indefinite(noun: str) -> str:
    """Such as "a chair", "an office" and "a uniform"."""
    return f"{'an' if noun[0] in 'aeiou' and not noun.startswith('uni') else 'a'} {noun}"


def upper(text: str) -> str:
    """The text with a capital at its start, the rest as it is."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """A sentence as it goes on after others' words: with a small letter, unless it begins with a name or "I"."""
    return text[:1].lower() + text[1:] if text.startswith(("No", "There ")) else text


def clock(seconds: float) -> str:
    """A time of a clip as "0:07" or "1:02:03"."""
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def span_told(start_s: float, end_s: float) -> str:
    """Such as "from 0:02 to 0:05", or "at 0:02"."""
    return f"from {clock(start_s)} to {clock(end_s)}" if clock(start_s) != clock(end_s) else f"at {clock(start_s)}"


def times_said(count: int) -> str:
    """Such as "once", "twice", "three times"."""
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def lasting(seconds: float) -> str:
    """A length of time as "45 seconds", "2 minutes 5 seconds" or "1 hour 3 minutes"."""
    whole = round(seconds) if seconds < 3600 else 60 * round(seconds / 60)
    parts = ((whole // 3600, "hour"), (whole % 3600 // 60, "minute"), (whole % 60, "second"))
    told = [f"{count} {plural(unit, count)}" for count, unit in parts if count]
    return " ".join(told) or "a second"


def in_place(place: str) -> str:
    """Such as "in the kitchen", "at the front door", "on ward 3"; of one that has a name, "at Granny's"; of a folder
    "/Ward 3" and an episode "/Heroes/Episode 2", "in “Ward 3”" and "in “Heroes, Episode 2”".
    """
    if place[0] == "/":
        return f"in “{place[1:].replace('/', ', ')}”"
    *kind, last = place.split(" ")
    numbered = bool(kind) and last[0].isdigit()
    how = next((how for how in ("at", "on") if (kind[-1] if numbered else last) in words(how)), "in")
    return f"at {place}" if place[0].isupper() else f"{how} {'' if numbered else 'the '}{place}"


def present_tense(phrase: str) -> str:
    """Tell "sitting and talking" as "sits and talks"; a phrase with a verb that isn't known gets "is" before it."""
    if phrase.startswith(f"{HEDGE} "):
        return f"{HEDGE} {present_tense(phrase.removeprefix(f'{HEDGE} '))}"
    said, known = phrase.split(" "), table()["verb"]
    heads = [i for i, word in enumerate(said) if not i or said[i - 1] in ("and", "or") and word.endswith("ing")]
    if any(said[i] not in known for i in heads):
        return f"is {phrase}"
    return " ".join(known[word] if i in heads else word for i, word in enumerate(said))


def wording(part: str, key: str | None, **fills: str) -> str:
    """What the table says to a key, its "{…}" filled; to one that isn't in it what it says to "", or nothing."""
    row = table()[part]
    text: str = row.get(key or "", row.get("", ""))
    return text.format(ask=ASK, **fills)


def words(kind: str) -> tuple[str, ...]:
    """The words of a kind that the table lists: things told "on" and not "in", garments told in the plural."""
    return tuple(table()["words"][kind])

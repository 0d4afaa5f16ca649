"""Small parts of English sentences: lists, forms of "be", numbers in words, clock times."""

from __future__ import annotations

from collections.abc import Sequence

NTH_SAID = ("", "second", "third", "fourth", "fifth")  # by how many come before; the first has no word of its own
HEDGE = "probably"  # before what is likely but not sure
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def join(items: Sequence[str], word: str = "and") -> str:
    """Join as "Ana, Ben and Cleo"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}" if items else ""


def shortened(people: Sequence[str], count: int, most: int = 4) -> list[str]:
    """The first of many people, and how many others there are of `count` in all: "Ana", "Ben" and "12 others"."""
    return list(people) if len(people) <= most + 1 else [*people[:most], f"{number(count - most)} others"]


def be(names: Sequence[str]) -> str:
    """The form of "be" that follows these names."""
    return "is" if len(names) == 1 else "are"


def are(listed: Sequence[str]) -> str:
    """The form of "be" that follows a list of whom some may be told as a count: "two people" are."""
    return be(listed) if listed[0].split()[1:2] != ["people"] else "are"


def number(count: int) -> str:
    """A count in words up to ten, in figures beyond."""
    return _NUMBERS[count] if count <= 10 else str(count)


def so_many_people(count: int, others: bool = False) -> str:
    """Such as "one person", "two other people"."""
    return f"{number(count)} {'other ' if others else ''}{'person' if count == 1 else 'people'}"


def indefinite(noun: str) -> str:
    """Such as "a chair" and "an office"."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def upper(text: str) -> str:
    """The text with a capital at its start, the rest as it is."""
    return text[:1].upper() + text[1:]


def clock(seconds: float) -> str:
    """A time of a clip as "0:07" or "1:02:03"."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def span_told(start_s: float, end_s: float) -> str:
    """Such as "from 0:02 to 0:05", or "at 0:02"."""
    return f"from {clock(start_s)} to {clock(end_s)}" if clock(start_s) != clock(end_s) else f"at {clock(start_s)}"


def lasting(seconds: float) -> str:
    """A length of time as "45 seconds", "2 minutes 5 seconds" or "1 hour 3 minutes"."""
    whole = round(seconds) if seconds < 3600 else 60 * round(seconds / 60)
    parts = ((whole // 3600, "hour"), (whole % 3600 // 60, "minute"), (whole % 60, "second"))
    told = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " ".join(told) or "a second"

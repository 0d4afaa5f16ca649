"""Whom a sentence about a marked picture points at: "The person in the red outline is riding." is "Ana is riding."."""

from __future__ import annotations

import re

_MARK = (
    r"(?:red|green|blue|yellow|colou?red)?[ -]?(?:outlines?|outlined|rectangles?|bounding box(?:es)?|box(?:es)?"
    r"|borders?|frames?|lines?|contours?)"
)
_POINTED = re.compile(
    r"\b(?:the |a )?(?:person|man|woman|boy|girl|guy|lady|individual|one)(?: who is| that is)? "
    rf"(?:in|inside|with|within|marked (?:by|with)|surrounded by|outlined (?:in|by)) (?:the |a )?(?:{_MARK}"
    r"|red|green|blue|yellow)\b",
    re.IGNORECASE,
)
_MARKS = re.compile(r"\b(?:outlines?|outlined|rectangles?|bounding|highlighted|marked)\b", re.IGNORECASE)
_SUBJECT = re.compile(
    r"^(?:(?:Yes|No), )?(?P<who>(?:[Tt]he )?(?:[Pp]erson|[Mm]an|[Ww]oman|[Bb]oy|[Gg]irl)|[Ss]he|[Hh]e|[Tt]hey)"
    r"(?= (?:is|are|was|wears|has|sits|stands|walks|looks|seems|appears)\b)"
)


def named_for(sentence: str, name: str, first: bool) -> str:
    """A sentence with a name in the place of what points at its bearer; `first` of an answer also for "she"."""
    text = _POINTED.sub(lambda _: name, sentence)
    found = _SUBJECT.match(text) if first and name not in text else None
    return text if found is None else text[: found.start("who")] + name + text[found.end("who") :]


def speaks_of_marks(sentence: str) -> bool:
    """Whether a sentence tells of what was drawn into the picture."""
    return _MARKS.search(sentence) is not None

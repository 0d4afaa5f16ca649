"""The part of a clip that a question is about: times in words or numbers in, what was seen in that part out.

Times are seconds from the clip's start; in words they are plain seconds, m:ss or h:mm:ss.
"""

from __future__ import annotations

import re

from pvchat.chat.english import clock
from pvchat.errors import SettingsError
from pvchat.schemas import ClipAnalysis

Window = tuple[float, float | None]  # start and end in seconds; None: the clip's end
Part = Window | float | None  # a window, the seconds around a moment, or the whole clip

_TIME = re.compile(r"(?:(?:(\d+):(?=\d\d:))?(\d+):(?=\d\d(?:\.|$)))?(\d+(?:\.\d+)?)")
_MOMENT = re.compile(r"\s*\bat (\d+(?::\d\d){1,2})(?![\d:])(?! ?[ap]\.?m\b)", re.IGNORECASE)
_AROUND = 2.0  # seconds to both sides of a moment that is asked about
_ROUNDED = 1.0  # seconds: players show the length of a clip rounded up


def seconds_of(text: str) -> float:
    """The seconds of "75", "1:15" or "0:01:15".

    Raises:
        ValueError: it is no time.
    """
    found = _TIME.fullmatch(text.strip())
    hours, minutes, seconds = (float(part or 0) for part in found.groups()) if found else (0.0, 0.0, 60.0)
    if found is None or (":" in text and seconds >= 60) or (found[1] and minutes >= 60):
        raise ValueError(f"'{text}' is no time; use seconds, m:ss or h:mm:ss")
    return 3600 * hours + 60 * minutes + seconds


def moment_of(question: str) -> tuple[str, float | None]:
    """A question without its "at 3:20", and that moment in seconds; None where it names none, or several."""
    found = list(_MOMENT.finditer(question)) if isinstance(question, str) else []  # else reading it will tell
    if len(found) != 1:
        return question, None
    try:
        time = seconds_of(found[0][1])
    except ValueError:
        return question, None
    return _MOMENT.sub("", question).strip(" ,"), time


def part_of(analysis: ClipAnalysis, part: Part) -> ClipAnalysis:
    """What was seen in a part of a clip: in a window, around a moment, or (None) in all of it.

    Raises:
        SettingsError: the part is empty, reversed, or not within the clip.
    """
    if part is None:
        return analysis
    length = analysis.duration_s
    start, last = _around(part, length) if isinstance(part, (int, float)) else part
    end = length if last is None else last
    if not 0 <= start < min(end, length) or end > length + _ROUNDED:
        raise SettingsError(
            f"there is no such part: the clip is {length:.1f} s long ({clock(length)}).",
            subject=f"from {_told(start)} to {'the end' if last is None else _told(end)}",
            hint="Use times within the clip, the earlier one first.",
        )
    return analysis.between(start, min(end, length))


def _around(moment: float, length_s: float) -> Window:
    """The window about a moment of a clip that is `length_s` long; of a moment after its end one that is refused."""
    if moment > length_s + _ROUNDED:
        return moment - _AROUND, moment + _AROUND
    return max(0.0, moment - _AROUND), min(length_s, moment + _AROUND)


def _told(seconds: float) -> str:
    return f"{seconds:g} s"

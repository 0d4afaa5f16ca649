"""Which seconds of a clip a question is about: a `During` ("in the second half") or a typed time in, seconds out.

Times are seconds from the clip's start; in words they are plain seconds, m:ss or h:mm:ss (`reader/timewords.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pvchat.chat.english import clock
from pvchat.chat.query import During, is_numbered
from pvchat.chat.spans import Span, nth_of
from pvchat.errors import SettingsError
from pvchat.schemas import ClipAnalysis

Window = tuple[float, float | None]  # start and end in seconds; None: the clip's end

_TIME = re.compile(r"(?:(?:(\d+):(?=\d\d:))?(\d+):(?=\d\d(?:\.|$)))?(\d+(?:\.\d+)?)")
_AROUND = 2.0  # seconds to both sides of a moment that is asked about
_ROUNDED = 1.0  # seconds: players show the length of a clip rounded up
_EDGE = (2.0, 0.1, 30.0)  # "at the beginning": at least so many seconds, so much of the clip, at most so many [choice]


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


def typed(start: str, end: str) -> Window | None:
    """The part between two times as somebody types them; an empty one is the clip's start or end, two are no part.

    Raises:
        ValueError: one is no time.
    """
    if not start.strip() and not end.strip():
        return None
    return seconds_of(start) if start.strip() else 0.0, seconds_of(end) if end.strip() else None


def reach_of(part: During | Window | None, length_s: float) -> Span | None:
    """The seconds of a clip within which a part lies, before anything of the clip was seen; None: it may be anywhere.

    Raises:
        SettingsError: the part is empty, reversed, or not within the clip.
    """
    if part is None or isinstance(part, During) and (part.unit == "shot" or not is_numbered(part)):
        return None
    return _checked(part, (), length_s)


def window_of(part: During | Window, analysis: ClipAnalysis, length_s: float | None = None) -> Span:
    """Where a part of a clip begins and ends, seconds; `length_s` is the clip's, if this is its beginning.

    Raises:
        SettingsError: the part is empty, reversed, or not within the clip.
    """
    length = analysis.duration_s if length_s is None else max(length_s, analysis.duration_s)
    shots = [(float(start), float(end)) for start, end in analysis.shots]
    return _checked(part, shots, length)


def _checked(part: During | Window, shots: Sequence[Span], length: float) -> Span:
    start, last = stretch_of(part, shots, length) if isinstance(part, During) else part
    end = length if last is None else last
    if not 0 <= start < min(end, length) or end > length + _ROUNDED:
        raise SettingsError(
            f"there is no such part: the clip is {length:.1f} s long ({clock(length)}).",
            subject=f"from {start:g} s to {'the end' if last is None else f'{last:g} s'}",
            hint="Use times within the clip, the earlier one first.",
        )
    return start, min(end, length)


def stretch_of(part: During, shots: Sequence[Span], length: float) -> Window:
    """From when to when the numbers of a part mean in a clip of this length, whose shots are known as far as they are.

    Raises:
        SettingsError: there is no such shot.
    """
    start, end = part.start_s, part.end_s
    if part.unit == "share":
        return start * length, (1.0 if end is None else end) * length
    if part.unit == "shot":
        numbers = int(start), int(start if end is None else end)
        for number in numbers:
            if not nth_of(shots, number):
                what = f"there is no such shot: I see {len(shots)}."
                raise SettingsError(what, subject=f"shot {number}", hint="Ask for an earlier one.")
        first, last = (nth_of(shots, number)[0] for number in numbers)
        return first[0], last[1]
    if part.unit == "edge":
        least, share, most = _EDGE
        edge = min(max(least, share * length), most, length)
        return {-1: (length - edge, None), 0: (0.0, edge), 1: (edge, None)}[int(start)]
    if start == end:
        return _about(start, shots, length)
    low = max(0.0, length + start) if start < 0 else start
    high = end if end is None or end >= 0 else length + end
    return low, min(high, length) if high is not None and not low else high  # "the first ten minutes" of five


def _about(moment: float, shots: Sequence[Span], length: float) -> Window:
    """The seconds about a moment, as far as its shot goes, if it was seen; of one after the end what is refused."""
    low, high = moment - _AROUND, moment + _AROUND
    if moment > length + _ROUNDED:
        return low, high
    end = shots[-1] if shots and shots[-1][1] >= length else (0.0, length)
    first, last = next(((a, b) for a, b in shots if a <= moment < b), end)
    return max(low, first), min(high, last, length)

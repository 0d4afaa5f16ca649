"""The part of a clip that a question is about: a `Part` or a window in, what was seen in it out.

Times are seconds from the clip's start; in words they are plain seconds, m:ss or h:mm:ss (`timewords.py`).
"""

from __future__ import annotations

import re

from pvchat.chat.english import clock
from pvchat.chat.query import Part
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


def reach_of(part: Part | Window | None, length_s: float) -> tuple[float, float] | None:
    """The seconds of a clip within which a part lies, before anything of the clip was seen; None: it may be anywhere.

    Raises:
        SettingsError: the part is empty, reversed, or not within the clip.
    """
    if part is None or (isinstance(part, Part) and part.kind == "shot"):
        return None
    return _checked(_window(part, None, length_s) if isinstance(part, Part) else part, length_s)


def window_of(part: Part | Window, analysis: ClipAnalysis, length_s: float | None = None) -> tuple[float, float]:
    """Where a part of a clip begins and ends, seconds.

    Args:
        part: as words or numbers name it.
        analysis: of the clip, or of its beginning.
        length_s: of the whole clip, where the analysis is of its beginning.

    Raises:
        SettingsError: the part is empty, reversed, or not within the clip.
    """
    length = analysis.duration_s if length_s is None else max(length_s, analysis.duration_s)
    return _checked(_window(part, analysis, length) if isinstance(part, Part) else part, length)


def _checked(window: Window, length: float) -> tuple[float, float]:
    start, last = window
    end = length if last is None else last
    if not 0 <= start < min(end, length) or end > length + _ROUNDED:
        raise SettingsError(
            f"there is no such part: the clip is {length:.1f} s long ({clock(length)}).",
            subject=f"from {start:g} s to {'the end' if last is None else f'{last:g} s'}",
            hint="Use times within the clip, the earlier one first.",
        )
    return start, min(end, length)


def _window(part: Part, analysis: ClipAnalysis | None, length: float) -> Window:
    """The window that words mean in a clip of this length; the numbers of "between" are left as they are."""
    least, share, most = _EDGE
    edge = min(max(least, share * length), most, length)
    if part.kind == "first":
        return 0.0, min(part.start, length)
    if part.kind == "last":
        return max(0.0, length - part.start), None
    if part.kind == "share":
        return part.start * length, (1.0 if part.end is None else part.end) * length
    if part.kind == "moment":
        return _about(part.start, analysis, length)
    if part.kind == "shot" and analysis is not None:
        return _shot(int(part.start), analysis)
    if part.kind == "between":
        return part.start, part.end
    return (0.0, edge) if part.kind == "beginning" else (length - edge, None)


def _about(moment: float, analysis: ClipAnalysis | None, length: float) -> Window:
    """The seconds about a moment, as far as its shot goes, if any was seen; of one after the end what is refused."""
    low, high = moment - _AROUND, moment + _AROUND
    if moment > length + _ROUNDED:
        return low, high
    first, last = 0.0, length
    if analysis is not None and (moment < analysis.duration_s or analysis.duration_s == length):
        ended = int((analysis.shots[:, 1] <= moment).sum())
        first, last = analysis.shots[min(ended, len(analysis.shots) - 1)].tolist()
    return max(low, first), min(high, last, length)


def _shot(number: int, analysis: ClipAnalysis) -> Window:
    shots = analysis.shots
    if not -len(shots) <= number <= len(shots) or not number:
        raise SettingsError(
            f"there is no such shot: I see {len(shots)}.", subject=f"shot {number}", hint="Ask for an earlier one."
        )
    start, end = shots[number - 1 if number > 0 else number].tolist()
    return start, end

"""Videos and their moments, said: date, time, place, the seconds, and what is said in them.

In: a `Seen` of an `ArchiveFinding`. Out: parts of sentences, and a line for each video.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pvchat.chat.archive_finding import Seen
from pvchat.chat.english import clock, first_times, number, span_told
from pvchat.chat.say.sounds import quoted, speaker

_MOST = 8  # videos that are listed one by one
_MOST_SPANS = 3  # … times, or quotes, of each


def moment(one: Seen, last: bool = False) -> str:
    """A video with the moment that counts: its first, or its last."""
    at = (one.spans[-1][1] if last else one.spans[0][0]) if one.spans else 0.0
    return f"{_day(one, at)} ({Path(one.video.path).name} at {clock(at)})"


def lines(seen: Sequence[Seen]) -> str:
    """A line for each video, from the last of them to the first."""
    lines = [f"\n- {'' if one.sure else 'perhaps: '}{line(one)}" for one in seen[::-1][:_MOST]]
    more = len(seen) - _MOST
    return "".join(lines) + (f"\n- and {number(more)} more" if more > 0 else "")


def line(one: Seen) -> str:
    """A video with its moment, and what is said there, else when it holds."""
    said = [f"{clock(start)} {speaker(who, of)}: {quoted(text)}" for who, of, (start, _), text in one.quotes]
    more = f" … and {number(len(said) - _MOST_SPANS)} more" if len(said) > _MOST_SPANS else ""
    spans = first_times([span_told(*span) for span in one.spans], _MOST_SPANS)
    spans = " ".join(said[:_MOST_SPANS]) + more if said else spans
    return f"{_day(one, one.spans[0][0] if one.spans else 0.0)}: {Path(one.video.path).name} {spans}".rstrip()


def _day(one: Seen, seconds: float) -> str:
    """Date, time and place of a moment of a video."""
    at = one.video.time_of(seconds)
    told = f"on {at:%A} {at.day} {at:%B %Y} at {at:%H:%M}"
    told += " by the file's date" if one.video.dated_by == "file" else ""
    return f"{told}, {in_place(one.video.place)}" if one.video.place else told


def in_place(place: str) -> str:
    """Such as "in the kitchen"; of a place that has a name, "at Granny's"."""
    return f"at {place}" if place[0].isupper() else f"in the {place}"


def videos(count: int) -> str:
    """Such as "two videos"."""
    return f"{number(count)} video{'' if count == 1 else 's'}"


def unit_said(kind: str, unit: str) -> str:
    """Such as "in the kitchen", "on Friday 27 November 2026", "between 8 and 9"."""
    if kind == "place":
        return in_place(unit) if unit else "at a place without a name"
    if kind == "day":
        at = date.fromisoformat(unit)
        return f"on {at:%A} {at.day} {at:%B %Y}"
    if kind == "month":
        return f"in {date.fromisoformat(f'{unit}-01'):%B %Y}"
    return f"on {unit}s" if kind == "weekday" else f"between {int(unit)}:00 and {int(unit) + 1}:00"


def ago(one: Seen, today: date | None) -> str:
    """Such as ", ten days ago", where that is asked."""
    if today is None:
        return ""
    days = (today - one.video.at.date()).days
    return f", {number(days)} day{'' if days == 1 else 's'} ago" if days > 0 else ", today"

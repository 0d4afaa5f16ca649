"""What was found in many videos, as dataclasses that hold no words of the question or the answer.

In: what `archive.py` finds. Out: an `ArchiveFinding`, put into words by `say/archive.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pvchat.chat.query import Query, Whom, parts_of
from pvchat.chat.sounds import Quote
from pvchat.chat.spans import Span, merged, most_at_once
from pvchat.chat.timeline import Verdict

UNITS: dict[str, Callable[[Seen], str]] = {  # by which videos are put together: what each belongs to
    "place": lambda one: one.video.place,
    "day": lambda one: f"{one.video.at:%Y-%m-%d}",
    "night": lambda one: f"{one.video.at - timedelta(hours=12):%Y-%m-%d}",
    "weekday": lambda one: f"{one.video.at:%A}",
    "week": lambda one: f"{one.video.at - timedelta(days=one.video.at.weekday()):%Y-%m-%d}",
    "month": lambda one: f"{one.video.at:%Y-%m}",
    "year": lambda one: f"{one.video.at:%Y}",
    "day and place": lambda one: f"{one.video.at:%Y-%m-%d} {one.video.place}",
    "hour": lambda one: f"{one.video.at:%H}",
    "scope": lambda one: one.scopes[0],
}


@dataclass(frozen=True)
class Video:
    """One video of an archive."""

    number: int  # of it in the archive
    path: str  # of its file
    place: str  # what its source is called; "" for no name
    at: datetime  # when it begins, local time
    dated_by: str  # what says so: "name", "container", or only the "file" itself
    seconds: float  # how long it is
    long: bool = False  # what people wear and do in it was not measured yet

    def time_of(self, seconds: float) -> datetime:
        """The time of day of a moment in it."""
        return self.at + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Seen:
    """One video in which something holds, or may hold."""

    video: Video
    spans: tuple[Span, ...] = ()  # when it does, seconds of the video; none where that isn't known
    names: tuple[str, ...] = ()  # of whom
    perhaps: frozenset[str] = frozenset()  # those of them who are only perhaps in it
    sure: bool = True  # it holds of somebody who surely is there
    each: dict[str, tuple[Span, ...]] = field(default_factory=dict)  # when it holds of each, where they are listed
    told: bool = True  # False: whoever is asked about is there, and nothing tells whether it holds
    quotes: tuple[Quote, ...] = ()  # what is said meanwhile, where words are asked about
    scopes: tuple[str, ...] = ()  # words for those of several times and places asked about in which it holds

    def joined(self, other: Seen) -> Seen:
        """The same video in two of the times and places that are asked about."""
        names = tuple(dict.fromkeys((*self.names, *other.names)))
        each = {name: tuple(merged([*self.each.get(name, ()), *other.each.get(name, ())])) for name in names}
        return replace(
            self, spans=tuple(merged([*self.spans, *other.spans])), names=names, perhaps=self.perhaps | other.perhaps,
            sure=self.sure or other.sure, each={name: spans for name, spans in each.items() if spans},
            quotes=tuple(dict.fromkeys((*self.quotes, *other.quotes))), scopes=(*self.scopes, *other.scopes),
        )  # fmt: skip

    @property
    def strangers(self) -> int:
        """How many of `names` aren't enrolled."""
        return sum(name.startswith("#") for name in self.names)

    @property
    def at_once(self) -> int:
        """How many of them it holds of at the same time, at most."""
        return most_at_once([span for spans in self.each.values() for span in spans])

    @property
    def people(self) -> int:
        """How many of them there are at least: strangers who are never seen at once may be one."""
        return max(len(self.names) - self.strangers - len(self.perhaps), self.at_once)

    def to_dict(self) -> dict[str, Any]:
        """As JSON, in which a stranger is a number of this video ("#1"), never somebody whom she hardly is."""
        video, first = self.video, self.spans[0][0] if self.spans else 0.0
        heard = (name for who, of, *_ in self.quotes for name in (who, of))
        strangers = dict.fromkeys(name for name in (*self.names, *heard) if name.startswith("#"))
        called = {name: f"#{number}" for number, name in enumerate(strangers, 1)}
        said = [
            {"who": called.get(who, who), "of": called.get(of, of), "span": list(span), "text": text}
            for who, of, span, text in self.quotes
        ]
        return {
            "path": video.path, "place": video.place, "recorded": video.at.isoformat(), "dated_by": video.dated_by,
            "seconds": round(video.seconds, 2), "sure": self.sure,
            "people": [called.get(name, name) for name in self.names],
            "perhaps": sorted(self.perhaps), "spans": [[round(a, 2), round(b, 2)] for a, b in self.spans],
            "first_at": video.time_of(first).isoformat(timespec="seconds"), **({"quotes": said} if said else {}),
        }  # fmt: skip


@dataclass(frozen=True)
class ArchiveFinding:
    """What was found in many videos."""

    query: Query  # for which question
    looked_at: int  # how many videos there are of the time and place that are asked about
    verdict: Verdict | None = None  # to yes-or-no questions; None for others
    seen: tuple[Seen, ...] = ()  # the videos in which it holds or may hold, in order of time
    names: dict[str, int] = field(default_factory=dict)  # of whom it holds, in the answer's order; in how many videos
    # The places, days … (`UNITS`) that are asked for, in the answer's order; with how many videos, or seconds, each.
    groups: dict[str, float] = field(default_factory=dict)
    absent: tuple[str, ...] = ()  # who is asked about and in none of them
    number: float | None = None  # how many videos, seconds, people, days, as asked
    untold: int = 0  # how many show whoever is asked about, and don't tell whether it holds
    then: ArchiveFinding | None = None  # of a second question
    maybe: tuple[str, ...] = ()  # who may be there as is asked, and isn't surely; for which groups it may, not surely

    @property
    def strange(self) -> tuple[str, ...]:
        """The names in the question that nobody enrolled bears."""
        return tuple(dict.fromkeys(name for one in parts_of(self.query, Whom) for name in one.unknown))

    @property
    def sure(self) -> list[Seen]:
        """The videos in which it surely holds."""
        return [one for one in self.seen if one.sure]

    @property
    def perhaps(self) -> list[Seen]:
        """Those in which it may."""
        return [one for one in self.seen if not one.sure]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        row = {
            "query": self.query.to_dict(), "videos": self.looked_at, "verdict": self.verdict,
            "surely": len(self.sure), "perhaps": len(self.perhaps), "number": self.number, "names": self.names,
            "groups": self.groups or None,
            "untold": self.untold, "absent": list(self.absent), "not_enrolled": list(self.strange),
            "clips": [one.to_dict() for one in self.seen], "then": None if self.then is None else self.then.to_dict(),
        }  # fmt: skip
        return {name: value for name, value in row.items() if value is not None}

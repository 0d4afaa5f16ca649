"""Who is before a camera now: the last half minute as one analysis, decided as a part of a longer video would be.

In: what was seen in each part. Out: `Stay`s: from when to when somebody is there. The parts are joined as those of a
long video are (`perception/scan.py`); how sure one must be also depends on how many people the last minutes have shown.
What is decided about grows by each part; when it is half full, a second one is begun, which takes its place when it is
full: a few parts alone would give other answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from pvchat.chat.spans import Span, merged
from pvchat.identity.evidence import gather
from pvchat.library.live.events import CameraEvent, Kind
from pvchat.library.live.parts import PART_S
from pvchat.perception.analysis import PERHAPS_DRAWN
from pvchat.perception.scan import ScanState
from pvchat.schemas import ClipAnalysis, Service

UNKNOWN = ""  # the id of whoever isn't enrolled
DECIDED = 60, 60  # parts, and people, of what is decided about: it is to cost a twentieth of a second
COUNTED = 480, 400  # the same of what is counted: in film, as many as a scan would count in some minutes
_GAPS = 30  # that are remembered
GONE_S = 2.0  # unseen for so long, somebody has left; after a part already, where nobody in it may be she
BLIND_S = 10.0  # so long a gap isn't counted as time in which somebody wasn't seen
_APART_S = 3600.0  # after so long a gap, or a clock that was set ahead, what was seen before doesn't count
_ABOUT_S = 0.2  # half a sample's time or so: by which two seconds of parts may be less
SETTLED_S = 2.0  # so long somebody must be seen before she counts as unknown: a name often comes a second late
LEAST_S = 1.0  # so long a stranger's face must be seen in all
OVERLAP_S = 0.5  # a part that begins so long before the last one's end: the clock was set back; after it: a gap


@dataclass(frozen=True)
class SeenPart:
    """A part that was looked at."""

    at: float  # when it begins, seconds since 1970
    analysis: ClipAnalysis  # what it shows; its times count from `at`
    broken: bool = False  # pictures are missing before it

    @property
    def end(self) -> float:
        """When it ends, seconds since 1970."""
        return self.at + self.analysis.duration_s


@dataclass
class Stay:
    """Somebody before the camera."""

    ref: str  # her id, or `UNKNOWN`
    start: float  # since when, seconds since 1970
    last: float  # when she was seen last, seconds since 1970
    probability: float  # that it is she
    announced: bool = False  # whether an event says that she is there


Seen = tuple[str, float, float, float]  # id, probability, from when to when, seconds since 1970


class RecentParts:
    """The last parts of a camera together, at most `most` parts and people; then it goes on with the later half."""

    def __init__(self, most: tuple[int, int]) -> None:
        self.most = most
        self.at = self.last = 0.0  # when it begins, and when the last part does, seconds since 1970
        self.seen = ScanState("")
        self._next: tuple[float, ScanState] | None = None

    def add(self, part: SeenPart) -> None:
        """The next part."""
        if self._next is not None and self._fullness() >= 1:
            (self.at, self.seen), self._next = self._next, None
        if self._next is None and self._fullness() >= 1 / 2:
            self._next = (part.at, ScanState(""))
        if not self.seen.parts:
            self.at = part.at
        extend(self.seen, part, self.at)
        if self._next is not None:
            extend(self._next[1], part, self._next[0])
        self.last = part.at

    def _fullness(self) -> float:
        parts, people = self.most
        return max(self.seen.parts / parts, len(self.seen.joiner) / people)


class Window:
    """Who is before a camera, of the service's people, by its model."""

    def __init__(self, chat: Service) -> None:
        self.chat = chat
        self.stays: dict[str, Stay] = {}
        self._until: dict[str, float] = {}  # when each one's last announced stay ended
        self._versions: dict[str, str] = {}  # of everyone, by id
        self._who: list[Seen] = []  # what was decided at last
        self._begin()
        self._now = 0.0  # the end of the last part
        self._gaps = deque[Span](maxlen=_GAPS)  # when there were no pictures, the last times

    def add(self, part: SeenPart) -> list[CameraEvent]:
        """The next part that was looked at; what has changed by it."""
        versions = {one.id: one.version for one in self.chat.people.snapshot().people}
        if not versions.keys() >= self._versions.keys():  # somebody was forgotten: what was seen of her, too
            self._begin()
            self.stays = {}
        changed, self._versions = versions != self._versions, versions
        if OVERLAP_S < part.at - self._now <= BLIND_S:  # the connection broke, or parts were dropped
            self._gaps.append((self._now, part.at))
        if 0 < self._now < part.at - _APART_S:
            self._begin()
        self._keep_time(part.at, part.end)
        self._recent.add(part)
        self._crowd.add(part)
        if part.analysis.tracks or changed:  # else nothing is said that wasn't
            self._who = self._who_is_seen()
        happened = self._update_stays(self._who, part.end)
        unseen = [ref for ref, stay in self.stays.items() if ref and self._unseen(stay, part.end) >= PART_S - _ABOUT_S]
        for ref in sorted(self._surely_not_in(part, unseen)):
            happened += self._end_stay(ref)
        return happened

    def _begin(self) -> None:
        """Nothing was seen yet."""
        self._recent, self._crowd = RecentParts(DECIDED), RecentParts(COUNTED)
        self._who = []

    def nothing_moves(self, end: float) -> list[CameraEvent]:
        """Nothing has moved until `end`: whoever was there at last still is."""
        self._keep_time(end, end)
        return self._update_stays([], end, self._recent.last + _ABOUT_S)

    def _keep_time(self, at: float, end: float) -> None:
        """What goes on at `at`, until `end`; where the clock was set back, whoever is there has come by the new one."""
        if (by := at - self._now) < -OVERLAP_S:
            self._begin()
            self._gaps.clear()
            self._until = {ref: until + by for ref, until in self._until.items()}
            for stay in self.stays.values():
                stay.start, stay.last = stay.start + by, stay.last + by
        self._now = end

    def _recent_analysis(self) -> ClipAnalysis:
        """What is decided about."""
        analysis = self._recent.seen.analysis()
        analysis.in_all = len(self._crowd.seen.joiner)
        return analysis

    def _surely_not_in(self, part: SeenPart, refs: Sequence[str]) -> set[str]:
        """Those of some people whom the last part doesn't show: nobody's back is turned, and no face may be hers.

        One sample alone doesn't tell that, nor does a part that looks drawn: nobody looks for bodies there.
        """
        drawn = part.analysis.scene.confidence.get("drawn", 0.0) >= PERHAPS_DRAWN
        if not refs or drawn or part.analysis.bodies or len(part.analysis.times) < 2:
            return set()
        if not part.analysis.tracks:
            return set(refs)
        people, by = self.chat.people.snapshot().people, self._recent.at
        presences = self.chat.score(people, self._recent_analysis(), window=(part.at - by, part.end - by))
        absent = {one.id for one, there in zip(people, presences, strict=True) if there.decision == "absent"}
        return absent.intersection(refs)

    def _who_is_seen(self) -> list[Seen]:
        """Who is seen in the last half minute or so."""
        analysis, at = self._recent_analysis(), self._recent.at
        if not analysis.tracks:
            return []
        people = self.chat.people.snapshot().people
        presences = self.chat.score(people, analysis)
        found, spans = list[Seen](), list[Span]()
        for person, presence in zip(people, presences, strict=True):
            if presence.decision == "present":
                found += [(person.id, presence.probability, start + at, end + at) for start, end in presence.spans]
        for one in gather(presences, analysis).others:
            if not one.name and one.track is not None and analysis.tracks[one.track].kind == "face":
                shown = analysis.spans(np.array(one.frames))
                if sum(end - start for start, end in shown) >= LEAST_S:
                    spans += shown
        likeliest = max((one.probability for one in presences if one.decision != "present"), default=0.0)
        return [*found, *((UNKNOWN, 1 - likeliest, start + at, end + at) for start, end in merged(spans))]

    def _update_stays(self, seen: Collection[Seen], now: float, since: float = inf) -> list[CameraEvent]:
        """Stays as they are by now, of who is seen how probably and when; of who was seen after `since` they go on."""
        happened, names = list[CameraEvent](), {ref for ref, *_ in seen}
        gone = [at for ref, at in self._until.items() if ref not in names]  # of who isn't recognised any more
        for ref, probability, start, end in seen:
            stay = self.stays.get(ref)
            if stay is not None and self._unseen(stay, start) <= GONE_S:
                stay.last, stay.probability = max(stay.last, end), max(stay.probability, probability)
            elif ref == UNKNOWN and any(abs(end - at) < GONE_S / 2 for at in gone):
                continue  # it is she, whose leaving was told by name
            elif stay is None and end > self._until.get(ref, 0.0) + GONE_S / 2:
                stay = self.stays[ref] = Stay(ref, max(start, self._until.get(ref, start)), end, probability)
            if stay is not None and not stay.announced and (ref != UNKNOWN or now - stay.start >= SETTLED_S):
                stay.announced = True
                kind: Kind = "unknown" if ref == UNKNOWN else "appears"
                happened.append(CameraEvent(kind, ref, stay.start, stay.probability))
        for ref, stay in list(self.stays.items()):
            if stay.last > since:
                stay.last = now
            if self._unseen(stay, now) >= GONE_S - _ABOUT_S:
                happened += self._end_stay(ref)
        return happened

    def _unseen(self, stay: Stay, until: float) -> float:
        """For how many seconds there were pictures since somebody was seen last."""
        blind = sum(max(0.0, min(end, until) - max(start, stay.last)) for start, end in self._gaps)
        return until - stay.last - blind

    def _end_stay(self, ref: str) -> list[CameraEvent]:
        """Somebody has left, when she was seen last."""
        stay = self.stays.pop(ref)
        self._until[ref] = stay.last
        return [CameraEvent("leaves", ref, stay.last, stay.probability)] if stay.announced and ref != UNKNOWN else []


def extend(seen: ScanState, part: SeenPart, start: float) -> None:
    """One more part of a video that begins at `start`; where pictures are missing before it, another shot begins."""
    by, analysis = np.float32(part.at - start), part.analysis
    shots = analysis.shots + by
    if part.broken:  # a shot of nothing first: the first of a part goes on with the one before
        shots[0, 0] += np.float32(1e-3)
        shots = np.concatenate((np.array([[by, shots[0, 0]]], np.float32), shots))
    seen.add(replace(analysis, times=analysis.times + by, shots=shots, duration_s=float(by) + analysis.duration_s))

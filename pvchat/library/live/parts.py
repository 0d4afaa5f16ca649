"""Pictures of a camera become parts of a second: a few samples, cuts, and whether anything moves.

In: `Picture`s as they come. Out: `LivePart`s, by way of a queue that holds a few: where looking at them is slower than
they come, every other sample is left out, then the oldest parts; both are counted. Every picture is shrunk once, for
cuts and for motion; only samples are turned into RGB, where something differs from the last part that was looked at.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from pvchat.config import VideoConfig
from pvchat.video import Clip, Picture
from pvchat.video.clips import copy_size
from pvchat.video.containers import scaler, upright_by
from pvchat.video.shots import CutFinder

PART_S = 1.0
WAITING = 2  # parts in the queue: what waits longer is told too late
# A picture differs from another where so many pixels of their thumbnails differ by so many levels in a colour: a person
# of a twelfth of the picture's height is some 4 by 2 pixels [choice]
_WIDTH, _HEIGHT, _LEVELS, _PIXELS = 96, 54, 24, 4
LOOK_AGAIN_S = 30.0  # though nothing moves: in the dark somebody may leave by fewer levels
MISSING_S = 3.0  # so long without a picture: some are missing, though the connection held, but of a slow camera
_SETTLE_S = 0.5  # that the pictures around a cut are waited for
_TURN = 90


@dataclass(frozen=True)
class LivePart:
    """About a second of a camera's pictures."""

    at: float  # when it begins, seconds since 1970
    clip: Clip  # k samples, times and cuts as seconds from `at`; none where it is `still`
    arrived: float  # when its last sample came, by the monotonic clock
    still: bool = False  # it shows what the last part showed
    broken: bool = False  # pictures are missing before it

    @property
    def end(self) -> float:
        """When it ends, seconds since 1970."""
        return self.at + self.clip.duration_s


class Sampler:
    """Takes so many samples a second, as large as the limits of videos say."""

    def __init__(self, fps: float, config: VideoConfig) -> None:
        self.step, self.config = 1.0 / fps, config
        self._count = max(2, round(fps * PART_S))
        self._held: list[tuple[Picture, NDArray[np.int16]]] = []  # samples and their thumbnails
        self._next, self._broken, self._end, self._calm, self._looked = 0.0, False, 0.0, False, 0.0
        self._last, self._apart = inf, 0.0  # when the last picture was taken, and how long after the one before
        self._finder = CutFinder()
        self._seen: NDArray[np.int16] | None = None  # the last thumbnail of the last part that moved

    def add(self, picture: Picture) -> LivePart | None:
        """The next picture; a part where one is complete, or where the pictures broke off."""
        before, apart = None, picture.time - self._last
        if picture.fresh or apart > max(MISSING_S, 2 * self._apart):
            before = self.end()
            self._next, self._broken = 0.0, True
            self._finder.skip()
        self._last, self._apart = picture.time, 0.0 if picture.fresh else apart
        thumbnail = self._thumbnail(picture.frame)
        self._finder.add(picture.time, thumbnail)
        count = 2 if apart > PART_S else self._count  # of a camera that gives a picture every few seconds two do
        part = self._part(count) if self._is_settled(count, picture.time) else before
        if picture.time >= self._next:
            self._next = max(self._next + self.step, picture.time + self.step / 2)
            self._held.append((picture, thumbnail.astype(np.int16)))
        return part

    def end(self) -> LivePart | None:
        """There are no more pictures, or some are missing: what was held back for a whole part, and for its cuts."""
        self._finder.finish()
        return self._part(len(self._held)) if self._held else None

    def skip(self) -> None:
        """A part wasn't looked at: what comes next is, whether it moves or not."""
        self._seen = None

    def _is_settled(self, count: int, time: float) -> bool:
        """Whether a part of so many samples is complete, and the cuts in it are known."""
        if len(self._held) < count:
            return False
        last = self._held[count - 1][0].time
        return self._finder.settled_s > last or time > last + _SETTLE_S

    def _part(self, count: int) -> LivePart:
        samples, self._held = self._held[:count], self._held[count:]
        held = [picture for picture, _ in samples]
        broken, self._broken = self._broken, False
        apart = max(self.step, min((b.time - a.time for a, b in pairwise(held)), default=0.0))
        start, end = held[0].time - apart / 2, held[-1].time + apart / 2
        start = self._end if not broken and abs(start - self._end) < apart else start
        cuts = [cut for cut in self._finder.cuts if start < cut < end and not broken]
        self._finder.cuts = [cut for cut in self._finder.cuts if cut >= end]
        self._end = end
        moved = bool(broken or cuts) or any(_differs(thumbnail, self._seen) for _, thumbnail in samples)
        # The first part without motion is looked at: who is there stays
        still = self._calm and not moved and 0 <= end - self._looked < LOOK_AGAIN_S
        self._calm = not moved
        if not still:
            self._seen, self._looked = samples[-1][1], end
        frame = held[0].frame
        turned = round(frame.rotation / _TURN) * _TURN % 360
        width, height = (frame.width, frame.height)[:: -1 if turned % 180 else 1]
        size = copy_size(width, height, self.config)
        shown = [] if still else list(map(upright_by(turned, size), (one.frame for one in held)))
        images = np.stack(shown) if shown else np.zeros((0, size[1], size[0], 3), np.uint8)
        times = np.array([one.time - start for one in held], np.float32)
        clip = Clip("", end - start, *size, times, images, cuts=tuple(cut - start for cut in cuts))
        return LivePart(start, clip, held[-1].arrived, still, broken)

    _thumbnail = cached_property(lambda self: scaler(_WIDTH, _HEIGHT, "AREA"))


def _differs(one: NDArray[np.int16], other: NDArray[np.int16] | None) -> bool:
    """Whether a thumbnail [H, W, 3] shows something else than another."""
    return other is None or int((np.abs(one - other).max(2) > _LEVELS).sum()) >= _PIXELS


class Queue:
    """Parts that wait to be looked at; where it is `lossless`, whoever puts one in waits for room."""

    def __init__(self, lossless: bool = False) -> None:
        self.dropped = 0  # samples that nobody looked at
        self._parts: deque[LivePart] = deque()
        self._lossless, self._closed = lossless, False
        self._changed = threading.Condition()

    def put(self, part: LivePart) -> bool:
        """One more part; whether the oldest had to go. After `close` none is taken: nobody looks any more."""
        with self._changed:
            while self._lossless and len(self._parts) >= WAITING and not self._closed:
                self._changed.wait(1.0)
            if self._closed:
                return False
            self._parts.append(part)
            full = len(self._parts) > WAITING
            if full:
                self.dropped += len(self._parts.popleft().clip.times)
            self._changed.notify_all()
            return full

    def get(self, timeout_s: float = 1.0) -> LivePart | None:
        """The oldest part, thinned out where others wait behind it; None where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._parts or self._closed, timeout_s)
            part = self._parts.popleft() if self._parts else None
            self._changed.notify_all()
            if part is None or part.still or self._lossless or self._closed or not self._parts:
                return part
            kept = slice(min(1, len(part.clip.times) - 1), None, 2)  # every other sample; one stays
            clip = replace(part.clip, times=part.clip.times[kept], images=part.clip.images[kept])
            self.dropped += len(part.clip.times) - len(clip.times)
            return replace(part, clip=clip)

    def close(self) -> None:
        """No more parts come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether there are none left, and none will come."""
        return self._closed and not self._parts

"""A long video, read once from its start to its end: pictures at an even rate, a few dozen in memory at a time.

Its parts are a `Clip` each, of up to `FRAMES` samples at absolute times, made in a thread of their own (`ahead`: FFmpeg
and the networks release Python's lock). No copy is written: each picture is looked at once
(docs/adr/0015-shots-and-long-video.md).
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from pvchat.config import VideoConfig
from pvchat.video.clips import Clip, copy_size, load, on_screen
from pvchat.video.containers import DecodeDamage, decode_frames, upright_by
from pvchat.video.files import PathLike, Probe, open_local, unreadable
from pvchat.video.shots import CutFinder

# Read before a part that is begun with: what a jump there cuts off is no cut, and cuts need pictures around.
LEAD_S = 1.0
FRAMES = 24  # samples of a part, which are in memory together: twelve seconds at two a second

Thing = TypeVar("Thing")
_END: Any = object()


def sample_times(found: Probe, config: VideoConfig) -> NDArray[np.float64]:
    """The [T] seconds at which a long video is looked at: the middles of equal steps."""
    rate = min(config.scan_fps, found.fps)
    count = max(1, round(found.duration_s * rate))
    return np.asarray((np.arange(count) + 0.5) * (found.duration_s / count), np.float64)


def part_at(found: Probe, config: VideoConfig, time_s: float) -> tuple[int, float]:
    """The number of the part that a moment (seconds) lies in, from 0, and where that part starts (seconds)."""
    length_s = FRAMES * found.duration_s / len(sample_times(found, config))
    number = int(min(max(time_s, 0.0), found.duration_s - 1e-3) // length_s)
    return number, number * length_s


def read_parts(
    path: PathLike, found: Probe, key: str, config: VideoConfig, start_s: float = 0.0
) -> Generator[Clip, None, None]:
    """Read a long video part by part, in order; the last ends where the pictures do. No cut lies on a border.

    `found`: what `probe` said; `start_s`: where a part starts (`part_at`), or ended that is known already: reading goes
    on there.
    """
    with open_local(path, config) as file:
        reader = _Reader(path, file, found, key, config, start_s)
        yield from reader.parts()
    if not reader.samples_given and start_s <= 0:
        raise unreadable(path, f"its {found.codec} pictures can't be decoded.", "The file is damaged.")


class _Reader:
    """Walks through the pictures; holds the samples until the cuts before them are settled."""

    def __init__(
        self, path: PathLike, file: BinaryIO, found: Probe, key: str, config: VideoConfig, start_s: float
    ) -> None:
        self.path, self.file, self.found, self.key, self.config = path, file, found, key, config
        times = sample_times(found, config)
        self.times_left = times[times > start_s][::-1].tolist()  # next one last
        self.start_s = self.first_s = start_s
        self.seen_s, self.samples_given = 0.0, 0
        self.size = copy_size(found.width, found.height, config)
        self.held: list[tuple[float, NDArray[np.uint8]]] = []
        self.finder, self.damage = CutFinder(), DecodeDamage()

    def parts(self) -> Iterator[Clip]:
        upright = upright_by(self.found.rotation, self.size)
        pictures = decode_frames(self.path, self.file, self.found, self.config, self._next_wanted, self.damage)
        for time, picture in on_screen(pictures, self.times_left, self._last_shown_until, self._inspect):
            self.held.append((time, upright(picture)))
            if len(self.held) > FRAMES and self.finder.settled_s > (end := self._border()):
                yield self._part(FRAMES, end)
        self.finder.finish()
        while len(self.held) > FRAMES:
            yield self._part(FRAMES, self._border())
        if self.held:
            yield self._part(len(self.held), self.end_s)

    def _border(self) -> float:
        """The middle between the last sample of the next part and the one that follows."""
        return (self.held[FRAMES - 1][0] + self.held[FRAMES][0]) / 2

    def _part(self, count: int, end_s: float) -> Clip:
        held, self.held = self.held[:count], self.held[count:]
        times = np.array([time for time, _ in held], np.float32)
        images = np.empty((count, *held[0][1].shape), np.uint8)
        for row in images:  # each picture goes when it is copied
            row[:] = held.pop(0)[1]
        cuts = tuple(cut for cut in self.finder.cuts if self.start_s < cut < end_s)
        self.finder.cuts = [cut for cut in self.finder.cuts if cut >= end_s]
        damaged = self.damage.lost or bool(self.found.note)
        part = Clip(self.key, end_s, *self.size, times, images, cuts=cuts, damaged=damaged, start_s=self.start_s)
        self.start_s, self.samples_given, self.damage.lost = end_s, self.samples_given + count, False
        return part

    def _next_wanted(self) -> float | None:
        """Seconds of the next picture that is needed: the next sample, at first what leads up to the first one."""
        if not self.times_left:
            return None
        return self.times_left[-1] if self.seen_s >= self.first_s else max(0.0, self.first_s - LEAD_S)

    def _inspect(self, time: float, picture: Any) -> bool:
        """Search a picture for a cut; returns whether more of them are needed: also to settle cuts before samples."""
        self.seen_s = time
        self.finder.add(time, picture)
        return bool(self.times_left or self.held)

    def _last_shown_until(self, last: float) -> float:
        """Until when the last picture is shown: where the part ends."""
        end_s = self.found.duration_s
        self.end_s = min(last + 1.5 / self.found.fps, end_s) if self.damage.packets else end_s
        return self.end_s


def ahead(source: Generator[Thing, None, None]) -> Generator[Thing, None, None]:
    """The things of `source` in order, each made in another thread while the one before it is used.

    What `source` raises is raised here, after what came before it. When the caller stops, `source` is closed in its
    thread, and that has ended before this returns.
    """
    with ThreadPoolExecutor(1, "reading ahead") as thread:
        try:
            coming = thread.submit(next, source, _END)
            while (thing := coming.result()) is not _END:
                coming = thread.submit(next, source, _END)
                yield thing
        finally:
            thread.submit(source.close).result()


def pictures_at(
    path: PathLike, found: Probe, times: Iterable[float], config: VideoConfig
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """The pictures [H, W, 3] of a clip on the screen at some times (seconds), in order of time, each with its time.

    What lies between isn't looked at where the file can be jumped in; there is nothing for a time whose picture is
    damaged. Of a photo or an animation it is the nearest sampled picture.
    """
    left = sorted(times, reverse=True)
    if found.kind != "video":
        read = load(path, config, found=found)
        yield from ((time, read.images[int(np.abs(read.times - time).argmin())]) for time in left[::-1])
        return
    upright = upright_by(found.rotation, copy_size(found.width, found.height, config))
    with open_local(path, config) as file:
        pictures = decode_frames(path, file, found, config, lambda: left[-1] if left else None, DecodeDamage())
        for time, picture in on_screen(pictures, left, lambda _: math.inf, lambda *_: bool(left)):
            yield time, upright(picture)

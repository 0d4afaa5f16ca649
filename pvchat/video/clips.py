"""From a file to a `Clip`: probe → pictures at the sample times → normalised copy → decord or PyAV → RGB arrays.

The copy holds the sampled pictures and no others, at the constant rate of the samples: what nobody looks at is neither
scaled nor encoded. The sample at time t is the picture on the screen at t, which makes variable frame rates constant.
DecodeDamage: what decodes is used and `Clip.note` says what was lost; a file of which nothing decodes is an error.
Legend: T sampled frames, H and W pixels of the normalised picture.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pvchat.config import VideoConfig
from pvchat.errors import DiskFullError, is_disk_full
from pvchat.schemas import Progress
from pvchat.video.containers import DecodeDamage, decode_frames, probe_container, upright_by
from pvchat.video.copies import COPY_OPTIONS, encode, read_copy, workspace
from pvchat.video.files import MAX_RATE, PathLike, Probe, open_local, sniff, unreadable
from pvchat.video.keys import content_key
from pvchat.video.pictures import animation, flat, open_picture, probe_picture
from pvchat.video.shots import CutFinder

log = logging.getLogger(__name__)

Span = tuple[float, float]  # from when to when, seconds
STAMP_SLACK_S = 0.001  # Matroska rounds to milliseconds: this gives the same frames from every container
MIN_SIDE = 16  # pixels of the copy
MOST_FPS = 30.0  # samples a second, whatever is asked for
LEAST_RATE = 0.001  # pictures a second of the copy; stamps that lie may ask for rates that no encoder takes
# Of pictures larger than `VideoConfig.whole_side` the copy keeps this share: who is far away in a large picture would
# be lost in a copy that always has the same size.
SHARE = 0.75


@dataclass(frozen=True)
class Clip:
    """The sampled frames of one input; all seconds are from its first frame on."""

    key: str  # SHA-256 of the input's bytes
    duration_s: float  # where the last frame that decoded ends
    width: int  # W and H of `images`
    height: int
    times: NDArray[np.float32]  # [T] seconds of the samples
    images: NDArray[np.uint8]  # [T, H, W, 3] RGB, upright
    note: str = ""  # what was damaged
    cuts: tuple[float, ...] = ()  # where another shot begins (where pictures were skipped, nobody is followed either)
    damaged: bool = False  # whether parts of it couldn't be read, long enough to have missed somebody
    start_s: float = 0.0  # where a part of a long video begins; parts follow each other without gaps


def probe(path: PathLike, config: VideoConfig) -> Probe:
    """Find out what a file holds without trusting its header: packets are counted, one frame is decoded."""
    with open_local(path, config) as file:
        is_picture = sniff(path, file) == "picture"
        return probe_picture(path, file, config) if is_picture else probe_container(path, file, config)


def load(
    path: PathLike, config: VideoConfig, *, progress: Progress | None = None, span: Span | None = None, key: str = "",
    found: Probe | None = None,
) -> Clip:  # fmt: skip
    """Decode a clip, an animation or a photo into evenly spread RGB frames, or the seconds `span` of it.

    `key`: its content key, and `found`: what `probe` said, where the caller knows: hashing reads the whole file, a
    probe goes through all packets. Progress is in seconds.
    """
    found = found or probe(path, config)
    source = _Source(path, found, config, progress, span)
    with workspace() as folder:
        times = source.write(folder / "copy.mp4")
        images = read_copy(folder / "copy.mp4", len(times), source.size)
    note = found.note or str(source.damage)
    if note:
        log.warning("%s: %s", path, note)
    key, cuts = key or content_key(path), tuple(source.finder.cuts)
    return Clip(key, source.end_s, *source.size, times, images, note, cuts, source.damage.lost or bool(found.note))


class _Source:
    """One input while it is normalised: walks through its pictures, keeps those on the screen at the sample times."""

    def __init__(
        self, path: PathLike, found: Probe, config: VideoConfig, progress: Progress | None, span: Span | None
    ) -> None:
        self.path, self.found, self.config, self.progress = path, found, config, progress
        self.size = copy_size(found.width, found.height, config)
        rate = min(config.sample_fps, MOST_FPS, np.inf if found.kind == "photo" else found.fps)
        start, end = 0.0, found.duration_s
        if span is not None:  # inside the clip, never empty
            start = min(max(0.0, span[0]), max(0.0, end - 1e-2))
            end = min(max(span[1], start + 1e-2), max(end, start + 1e-2))
        count = min(config.max_frames, max(1, round((end - start) * rate)))
        self.step_s = (end - start) / count
        # middles of equal parts, next one last
        self.times_left = [start + (k + 0.5) * self.step_s for k in reversed(range(count))]
        self.times_given: list[float] = []
        self.end_s = self.shown_until = found.duration_s
        self.damage, self.finder = DecodeDamage(), CutFinder()

    def write(self, copy: Path) -> NDArray[np.float32]:
        """Write the normalised copy; returns [T] the times of its frames."""

        def pictures() -> Iterator[NDArray[np.uint8]]:
            upright: Any = partial(flat, self.path, size=self.size)
            if self.found.kind == "video":
                upright = upright_by(self.found.rotation, self.size)
            for time, picture in on_screen(
                self._pictures(file), self.times_left, self._last_shown_until, self._inspect
            ):
                self.times_given.append(time)
                yield picture if self.found.kind == "photo" else upright(picture)

        with open_local(self.path, self.config) as file:
            try:
                encode(copy, pictures(), min(max(1.0 / self.step_s, LEAST_RATE), MAX_RATE), COPY_OPTIONS)
            except OSError as error:
                if is_disk_full(error):
                    what = f"the temporary copy can't be written to {copy.parent}: the disk is full."
                    hint = "Make room there, or set PVCHAT_HOME elsewhere."
                    raise DiskFullError(what, subject=str(self.path), hint=hint) from error
                why = f"the temporary copy can't be written to {copy.parent} ({error.strerror or error})."
                raise unreadable(self.path, why, "Set PVCHAT_HOME to a folder that you may write.") from error
        if not self.times_given:
            raise unreadable(self.path, f"its {self.found.codec} pictures can't be decoded.", "The file is damaged.")
        if self.times_left:
            self.end_s = self.shown_until
        self.finder.finish()
        self._report_progress(self.found.duration_s)
        return np.array(self.times_given, np.float32)

    def _inspect(self, time: float, picture: Any) -> bool:
        """Search a picture for a cut; returns whether more of them are needed."""
        self.finder.add(time, picture)
        self._report_progress(time)
        return bool(self.times_left)

    def _last_shown_until(self, last: float) -> float:
        """Until when the last picture is shown; at least one sample is taken."""
        until = last + 1.5 / self.found.fps if self.damage.packets else self.found.duration_s
        self.shown_until = max(until, self.times_left[-1]) if self.times_left and not self.times_given else until
        return self.shown_until

    def _pictures(self, file: BinaryIO) -> Iterator[tuple[float, Any]]:
        """Yield (seconds from the first picture, picture) in order of time; a picture is None after a jump."""
        if self.found.kind == "video":
            wanted = lambda: self.times_left[-1] if self.times_left else None  # noqa: E731
            yield from decode_frames(self.path, file, self.found, self.config, wanted, self.damage)
            return
        with open_picture(self.path, file) as image:
            if self.found.kind == "photo":
                yield 0.0, flat(self.path, image, self.size)
                return
            for start, _, frame in animation(self.path, image):
                yield start, frame

    def _report_progress(self, seconds: float) -> None:
        if self.progress is not None:
            done = min(seconds, self.found.duration_s)
            self.progress(f"reading {Path(self.path).name}", done, self.found.duration_s)


def on_screen(
    pictures: Iterable[tuple[float, Any]], times: list[float], shown_until: Callable[[float], float],
    inspect: Callable[[float, Any], bool],
) -> Iterator[tuple[float, Any]]:  # fmt: skip
    """Each of some `times` (seconds, the next one last), with the picture on the screen then; they are taken out of it.

    `pictures` come in order of time, each with its own, None where they were skipped or lost: there is nothing for
    times then. `shown_until` says how long the last one is shown, by when it came. `inspect` is called with each
    picture after the times before it are given, and says whether more are needed.
    """
    held, last = None, 0.0
    for last, picture in pictures:
        while times and times[-1] < last - STAMP_SLACK_S:
            time = times.pop()
            if held is not None:
                yield time, held
        held = picture
        if not inspect(last, picture):
            break
    end_s = shown_until(last)
    while held is not None and times and times[-1] <= end_s:
        yield times.pop(), held


def copy_size(width: int, height: int, config: VideoConfig) -> tuple[int, int]:
    """Width and height of the copy, both even (4:2:0): `SHARE` of those above `whole_side`, `max_side` at most."""
    longest = max(width, height)
    side = min(longest, max(config.whole_side, SHARE * longest), config.max_side)
    scale = side / longest
    return max(MIN_SIDE, round(width * scale) // 2 * 2), max(MIN_SIDE, round(height * scale) // 2 * 2)

"""What a video stream's packets say, without decoding any: how many, from when to when, where decoding can start.

In: an open container and its stream. Out: a `Walk` with a word about damage. Timestamps are believed, headers aren't.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pvchat.config import VideoConfig
from pvchat.schemas import Spans
from pvchat.video.files import PathLike, check_length, unreadable

KEYFRAME_GAP_S = 1.0  # a key frame nearer than this is reached by decoding
CUT_OFF = 0.95  # fewer than this share of the frames that the header counts: the file is incomplete
DEFAULT_FPS = 25.0  # of a file that has one frame and says nothing


@dataclass
class Walk:
    """What the packets of a stream say, in seconds of its own clock."""

    first: float = np.inf
    last: float = -np.inf
    length: float = 0.0  # of the last packet
    count: int = 0
    keyframes: list[float] = field(default_factory=list)
    fps: float = DEFAULT_FPS
    seconds: float = 0.0
    note: str = ""
    declared: float = 0.0  # seconds that the header tells of, where the file is damaged; 0: not known

    @property
    def unread(self) -> Spans:
        """What is missing at the end, see `ClipAnalysis.unread`."""
        return ((self.seconds, max(self.seconds, self.declared)),) if self.note else ()


def walk_packets(path: PathLike, container: Any, stream: Any, config: VideoConfig) -> Walk:
    """Go through all packets without decoding them.

    Raises:
        VideoReadError: there are none, or a limit is broken.
    """
    walk, base = Walk(), float(stream.time_base or 0)
    try:
        for packet in demuxed(container, stream):
            stamp = packet.pts if packet.pts is not None else packet.dts
            if packet.size == 0 or stamp is None or packet.is_discard:
                continue
            time = stamp * base
            if time >= walk.last:
                walk.length = (packet.duration or 0) * base
            walk.count, walk.first, walk.last = walk.count + 1, min(walk.first, time), max(walk.last, time)
            check_length(path, walk.last - walk.first, walk.count, config)
            if packet.is_keyframe and (not walk.keyframes or time > walk.keyframes[-1] + KEYFRAME_GAP_S):
                walk.keyframes.append(time)
    except av_error() as error:
        walk.note = f"the file is damaged and ends early ({getattr(error, 'strerror', None) or error})."
    if not walk.note and walk.count < CUT_OFF * stream.frames and not _is_all_there(walk, container, stream):
        walk.note = f"the file is cut off: {walk.count} of {stream.frames} frames are there."
    if walk.count == 0:
        raise unreadable(path, "its video stream holds no pictures.", "The file is cut off or damaged.")
    walk.keyframes = [k - walk.first for k in walk.keyframes]
    _measure(walk, float(stream.average_rate or 0))
    walk.declared = max(walk.seconds * stream.frames / walk.count, (container.duration or 0) / 1e6) if walk.note else 0
    check_length(path, walk.seconds, walk.count, config)
    return walk


def demuxed(container: Any, stream: Any) -> Iterator[Any]:
    """The packets of a stream, in the order of the file.

    Streams that turn up later, in MPEG-TS, are passed over: PyAV knows those only that were there when it was opened.
    """
    while True:
        try:
            yield from container.demux(stream)
            return
        except IndexError:
            continue


def _is_all_there(walk: Walk, container: Any, stream: Any) -> bool:
    """Whether frames are missing on purpose, by an edit list (mov) or left out (avi): it is there to its end."""
    base, end = float(stream.time_base or 0), walk.last - walk.first + walk.length
    # of an avi the frames that the header counts: its duration is what FFmpeg finds, shorter if the file is cut
    whole_s = {"mov": (stream.duration or 0) * base, "avi": stream.frames * base}
    return any(name in container.format.name and 0 < CUT_OFF * whole_s[name] <= end for name in whole_s)


def _measure(walk: Walk, declared_fps: float) -> None:
    """Mean rate by timestamps, and seconds to the end of the last frame."""
    span = walk.last - walk.first
    if span > 0:
        walk.fps = (walk.count - 1) / span
    elif declared_fps > 0 or walk.length > 0:
        walk.fps = declared_fps or 1.0 / walk.length
    walk.seconds = span + (walk.length if 0 < walk.length < 10 / walk.fps else 1.0 / walk.fps)


def av_error() -> tuple[type[Exception], ...]:
    """What PyAV raises when FFmpeg fails, or the file that it reads: damaged headers point beyond any end."""
    import av

    return av.error.FFmpegError, OSError

"""Hostile video containers, read by PyAV: a file object in, facts or decoded frames out, one frame in memory at a time.

FFmpeg gets a file object, a list of allowed demuxers, no protocols, no way to open a second file, and a limit on pixels
that its decoders obey. Headers are not believed: packets are counted (`PacketWalk`: how many, from when to when, where
decoding can start), their timestamps read, decoded frames measured.
"""

from __future__ import annotations

import bisect
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pvchat.config import VideoConfig
from pvchat.video import files
from pvchat.video.files import PathLike, Probe, unreadable

if TYPE_CHECKING:
    import av


DEMUXERS = "mov,matroska,avi,mpegts,mpeg,ogg,flv,asf"  # no playlists, no image sequences, no devices
SEEKABLE = ("mov", "matroska")  # their index makes seeks exact
READ_BYTES = 1 << 18
DECODER_THREADS = 2  # every thread holds frames of its own: bounds memory
_MIN_GAP_S = 0.25  # a hole that is shorter is no reason to have missed somebody
HD_HEIGHT = 720  # untagged colours from this height on are BT.709 (ITU-R BT.709), below BT.601
BT709, UNSPECIFIED = 1, 2  # AVColorSpace (ISO/IEC 23091-2)

KEYFRAME_GAP_S = 1.0  # a key frame nearer than this is reached by decoding
CUT_OFF = 0.95  # fewer than this share of the frames that the header counts: the file is incomplete
DEFAULT_FPS = 25.0  # of a file that has one frame and says nothing


@dataclass
class DecodeDamage:
    """What could not be decoded."""

    packets: int = 0  # how many
    lost: bool = False  # whether there is no picture for `_MIN_GAP_S` or longer

    def __str__(self) -> str:
        return f"the file is damaged: {self.packets} of its packets could not be decoded." if self.packets else ""


def probe_container(path: PathLike, file: BinaryIO, config: VideoConfig) -> Probe:
    """Count packets, decode the first frame."""
    with open_container(path, file, config) as (container, stream):
        files.check_length(path, (container.duration or 0) / 1e6, 0, config)
        name, codec = container.format.name.split(",")[0], stream.codec_context.name
        walk = walk_packets(path, container, stream, config)
    file.seek(0)
    with open_container(path, file, config) as (container, stream):
        first = next((f for f in frames_of(container, stream) if f is not None and not f.is_corrupt), None)
        if first is None:
            raise unreadable(path, f"its {codec} pictures can't be decoded.", "The file is damaged.")
        files.check_pixels(path, first.width, first.height, config.max_pixels)
        files.check_side(path, first.width, first.height)
        files.check_amount(path, (first.width, first.height), walk.count, config, "video")
        turned = round(first.rotation / 90) * 90 % 360
        width, height = _square(first.width, first.height, stream.sample_aspect_ratio)
    if turned % 180:
        width, height = height, width
    return Probe(
        name, codec, width, height, turned, walk.fps, walk.seconds, walk.count, "video", walk.first,
        tuple(walk.keyframes), walk.note,
    )  # fmt: skip


def decode_frames(
    path: PathLike, file: BinaryIO, found: Probe, config: VideoConfig, wanted: Callable[[], float | None],
    damage: DecodeDamage,
) -> Iterator[tuple[float, av.VideoFrame | None]]:  # fmt: skip
    """Decode in order of time: (seconds from the first frame, frame), where frame is None where pictures were skipped.

    `found`: what `probe_container` said. `wanted`: seconds of the next picture that is needed, or None; key frames let
    everything before it be skipped. `damage` is told what could not be decoded.
    """
    step, last, settled_at, broken = 1.0 / found.fps, -1.0, 0.0, False
    with open_container(path, file, config) as (container, stream):
        frames = frames_of(container, stream)
        while (frame := next(frames, _END)) is not _END:
            if frame is None or frame.is_corrupt:
                damage.packets += last >= settled_at
                broken = last >= settled_at or last < 0
                continue
            time = last + step if frame.time is None else float(frame.time) - found.start_s
            if time > config.max_duration_s:  # whatever the header and the packets said
                files.check_length(path, time, 0, config)
            if time < settled_at - step / 2:  # leading pictures of an open group refer to what was skipped
                continue
            if broken:
                damage.lost |= time - max(0.0, last + step) >= _MIN_GAP_S
            last, broken = max(last, time, 0.0), False
            yield last, frame
            key = _keyframe_before(found, wanted(), last)
            if key is not None and _seek(container, stream, key + found.start_s):
                settled_at, frames = key, frames_of(container, stream)
                yield last, None
        if broken:
            damage.lost |= found.duration_s - max(0.0, last + step) >= _MIN_GAP_S


def scaler(width: int, height: int, interpolation: str) -> Callable[[av.VideoFrame], NDArray[np.uint8]]:
    """A function that scales decoded pictures to [height, width, 3] uint8 RGB, not turned; for one thread at a time.

    One for all of them, since its tables cost as much as ten pictures. FFmpeg's own threads would wait for each other
    longer than they work.
    """
    from av.video.reformatter import VideoReformatter

    made: Any = VideoReformatter()
    how = {"width": width, "height": height, "format": "rgb24", "interpolation": interpolation, "threads": 1}
    return lambda frame: np.asarray(made.reformat(frame, **how).to_ndarray())


def upright_by(rotation: int, size: tuple[int, int]) -> Callable[[av.VideoFrame], NDArray[np.uint8]]:
    """As `scaler`, of `size` (W, H) once they are turned counter-clockwise by `rotation` degrees."""
    turns = rotation // 90
    scaled = scaler(*(size[::-1] if turns % 2 else size), "BICUBIC")

    def upright(frame: av.VideoFrame) -> NDArray[np.uint8]:
        if frame.colorspace == UNSPECIFIED and frame.height >= HD_HEIGHT:
            frame.colorspace = BT709
        return np.rot90(scaled(frame), turns)

    return upright


@contextlib.contextmanager
def open_container(path: PathLike, file: BinaryIO, config: VideoConfig) -> Iterator[tuple[Any, Any]]:
    """Open a file object with PyAV under the limits; yields (container, its main video stream)."""
    import av

    limits = {"format_whitelist": DEMUXERS, "protocol_whitelist": "none", "max_pixels": str(config.max_pixels)}
    try:
        container = av.open(file, options=limits, io_open=_refuse_second_file, buffer_size=READ_BYTES)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        file.seek(4)
        what, hint = "this mp4 or mov is cut off or damaged: its index can't be read.", "Copy it again."
        if file.read(4) != b"ftyp":
            what = f"this is not a video that can be read ({getattr(error, 'strerror', None) or error})."
            hint = files.SUPPORTED
        raise unreadable(path, what, hint) from error
    with container:
        streams = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
        if not streams:
            kind = "only sound, no video stream." if container.streams.audio else "no video stream."
            raise unreadable(path, f"this holds {kind}", "A clip with pictures is needed.")
        known: list[Any] = [s for s in streams if s.codec_context is not None]  # the others have no size either
        if not known:
            raise unreadable(path, "its video codec is not supported.", "Convert it to H.264.")
        stream = max(known, key=lambda s: (s.width or 0) * (s.height or 0))
        files.check_pixels(path, stream.width or 1, stream.height or 1, config.max_pixels)
        stream.thread_type, stream.codec_context.thread_count = "AUTO", DECODER_THREADS
        stream.codec_context.options = {"max_pixels": str(config.max_pixels)}
        yield container, stream


_END: Any = object()


@dataclass
class PacketWalk:
    """What the packets of a stream tell, in seconds of its own clock."""

    first: float = np.inf
    last: float = -np.inf
    length: float = 0.0  # of the last packet
    count: int = 0
    keyframes: list[float] = field(default_factory=list)
    fps: float = DEFAULT_FPS
    seconds: float = 0.0
    note: str = ""


def walk_packets(path: PathLike, container: Any, stream: Any, config: VideoConfig) -> PacketWalk:
    """Go through all packets without decoding them."""
    walk, base = PacketWalk(), float(stream.time_base or 0)
    try:
        for packet in demux_packets(container, stream):
            stamp = packet.pts if packet.pts is not None else packet.dts
            if packet.size == 0 or stamp is None or packet.is_discard:
                continue
            time = stamp * base
            if time >= walk.last:
                walk.length = (packet.duration or 0) * base
            walk.count, walk.first, walk.last = walk.count + 1, min(walk.first, time), max(walk.last, time)
            files.check_length(path, walk.last - walk.first, walk.count, config)
            if packet.is_keyframe and (not walk.keyframes or time > walk.keyframes[-1] + KEYFRAME_GAP_S):
                walk.keyframes.append(time)
    except av_error() as error:
        walk.note = f"the file is damaged and ends early ({getattr(error, 'strerror', None) or error})."
    if not walk.note and walk.count < CUT_OFF * stream.frames and not _is_complete(walk, container, stream):
        walk.note = f"the file is cut off: {walk.count} of {stream.frames} frames are there."
    if walk.count == 0:
        raise unreadable(path, "its video stream holds no pictures.", "The file is cut off or damaged.")
    walk.keyframes = [k - walk.first for k in walk.keyframes]
    span, declared_fps = walk.last - walk.first, float(stream.average_rate or 0)
    if span > 0:  # the mean rate by timestamps
        walk.fps = (walk.count - 1) / span
    elif declared_fps > 0 or walk.length > 0:
        walk.fps = declared_fps or 1.0 / walk.length
    walk.seconds = span + (walk.length if 0 < walk.length < 10 / walk.fps else 1.0 / walk.fps)
    files.check_length(path, walk.seconds, walk.count, config)
    return walk


def demux_packets(container: Any, stream: Any) -> Iterator[Any]:
    """The packets of a stream, in the order of the file.

    Streams that turn up later, in MPEG-TS, are passed over: PyAV knows those only that were there when it was opened.
    """
    while True:
        try:
            yield from container.demux(stream)
            return
        except IndexError:
            continue


def av_error() -> tuple[type[Exception], ...]:
    """What PyAV raises when FFmpeg fails, or the file that it reads: damaged headers point beyond any end."""
    import av

    return av.error.FFmpegError, OSError


def frames_of(container: Any, stream: Any) -> Iterator[Any]:
    """Decode one by one; yields None for each packet that is damaged, and ends where the file does."""
    failed = av_error()
    packets = demux_packets(container, stream)
    while True:
        try:
            packet = next(packets, None)
        except failed:
            yield None
            packet = None
        try:
            yield from packet.decode() if packet is not None else stream.codec_context.decode(None)
        except EOFError:
            return
        except failed:
            if packet is None or packet.size == 0:
                return
            yield None
        if packet is None:
            return


def _keyframe_before(found: Probe, target: float | None, last: float) -> float | None:
    """The key frame to jump to on the way to `target`; None where decoding on is as good."""
    if target is None or found.container not in SEEKABLE or found.note:
        return None
    at = bisect.bisect_right(found.keyframes, target) - 1
    return found.keyframes[at] if at >= 0 and found.keyframes[at] > last + KEYFRAME_GAP_S else None


def _seek(container: Any, stream: Any, seconds: float) -> bool:
    """Seek to the key frame at `seconds` of the stream's clock; False where the file allows no seeks."""
    try:
        container.seek(round(seconds / stream.time_base), stream=stream)
    except av_error():
        return False
    return True


def _refuse_second_file(url: str, flags: int, options: dict[str, str]) -> Any:
    raise PermissionError(f"a video may not open other files: {url}")


def _square(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The size with square pixels; `aspect` is a pixel's width to height."""
    if not aspect or not 0.2 < aspect < 5:  # nonsense in the header
        return width, height
    return (round(width * aspect), height) if aspect >= 1 else (width, round(height / aspect))


def _is_complete(walk: PacketWalk, container: Any, stream: Any) -> bool:
    """Whether frames are missing on purpose, by an edit list (mov) or left out (avi): it is there to its end."""
    base, end = float(stream.time_base or 0), walk.last - walk.first + walk.length
    # of an avi the frames that the header counts: its duration is what FFmpeg finds, shorter if the file is cut
    whole_s = {"mov": (stream.duration or 0) * base, "avi": stream.frames * base}
    return any(name in container.format.name and 0 < CUT_OFF * whole_s[name] <= end for name in whole_s)

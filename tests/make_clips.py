"""The clips that video tests need, made on the spot: `python tests/make_clips.py FOLDER` writes them all.

Each maker takes a path and writes one file. Pictures are computed (a bar that moves, a shade that counts frames), so
that a test can tell from the pixels which frame it got. A codec that this build of PyAV lacks raises
`MissingEncoderError`.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT, FPS, COUNT = 160, 96, 24, 48  # two seconds
CORNERS = {
    "top left": (220, 30, 40),
    "top right": (30, 180, 60),
    "bottom left": (40, 60, 220),
    "bottom right": (235, 225, 210),
}


class MissingEncoderError(Exception):
    """This build of PyAV can't encode that codec."""


def shade(index: int, count: int = COUNT) -> int:
    """The grey of frame `index`: 40 to 215, evenly."""
    return 40 + round(175 * index / max(1, count - 1))


def grey_frames(count: int = COUNT, width: int = WIDTH, height: int = HEIGHT) -> Iterator[NDArray[np.uint8]]:
    """Frames whose right half is `shade(index)` and whose left half holds a moving bar."""
    for index in range(count):
        image = np.full((height, width, 3), shade(index, count), np.uint8)
        image[:, : width // 2] = 90
        image[(index * 2) % height : (index * 2) % height + 8, : width // 2] = (200, 60, 60)
        yield image


def corner_frames(count: int = 6, width: int = WIDTH, height: int = HEIGHT) -> Iterator[NDArray[np.uint8]]:
    """Still frames with another colour in each corner, to see turns, flips and colour errors."""
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = CORNERS["top left"]
    image[: height // 2, width // 2 :] = CORNERS["top right"]
    image[height // 2 :, : width // 2] = CORNERS["bottom left"]
    image[height // 2 :, width // 2 :] = CORNERS["bottom right"]
    for _ in range(count):
        yield image


def encode(
    path: Path,
    frames: Iterator[NDArray[np.uint8]],
    *,
    codec: str = "libx264",
    fps: int = FPS,
    stamps: list[float] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    container: str | None = None,
    colorspace: int | None = None,
    sound: bool = False,
) -> Path:
    """Write frames; `stamps` gives each its own time in seconds, else they follow at `fps`."""
    if not _can_encode(codec):
        raise MissingEncoderError(codec)
    base = Fraction(1, 12_000)
    with av.open(str(path), "w", format=container, options=container_options or {}) as out:
        voice, stream = out.add_stream("aac", rate=16_000, layout="mono") if sound else None, None
        for index, image in enumerate(frames):
            if stream is None:
                stream = out.add_stream(codec, fps, options=options or {})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
                stream.codec_context.time_base = base if stamps else Fraction(1, fps)
                if colorspace is not None:
                    stream.codec_context.colorspace, stream.codec_context.color_range = colorspace, 1
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            if colorspace is not None:
                frame = frame.reformat(format="yuv420p", dst_colorspace=colorspace)
            frame.time_base = base if stamps else Fraction(1, fps)
            frame.pts = round(stamps[index] / base) if stamps else index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if voice is not None:
            _add_tone(out, voice)
    return path


def b_frames(path: Path) -> Path:
    return encode(path, grey_frames(), options={"bf": "3", "g": "24", "b-adapt": "0"})


def matroska(path: Path) -> Path:
    return encode(path, grey_frames(), container="matroska")


def vp9(path: Path) -> Path:
    return encode(
        path, grey_frames(), codec="libvpx-vp9", container="webm", options={"cpu-used": "8", "deadline": "realtime"}
    )


def av1(path: Path) -> Path:
    os.environ.setdefault("SVT_LOG", "1")  # errors only; the library reads it when it starts
    try:
        return encode(path, grey_frames(), codec="libsvtav1", container="mp4", options={"preset": "11", "crf": "30"})
    finally:  # as root, the encoder makes the thread that calls it real-time (SCHED_FIFO 99), and so its children
        if hasattr(os, "sched_setscheduler"):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def hevc(path: Path) -> Path:
    return encode(
        path, grey_frames(), codec="libx265", options={"preset": "ultrafast", "x265-params": "log-level=none"}
    )


def avi(path: Path) -> Path:
    return encode(path, grey_frames(), codec="mpeg4", container="avi", options={"q": "3", "b": "2000000"})


def mov(path: Path) -> Path:
    return encode(path, grey_frames(), codec="mjpeg", container="mov", options={"q": "2", "b": "4000000"})


def variable_rate(path: Path) -> Path:
    """24 frames in the first second, then 4 frames that stand for half a second each: 3 s."""
    stamps = [i / 24 for i in range(24)] + [1.0, 1.5, 2.0, 2.5]
    return encode(path, grey_frames(len(stamps)), stamps=stamps, options={"bf": "0"})


def offset_start(path: Path) -> Path:
    """Matroska whose first frame is at 1.5 s."""
    return encode(path, grey_frames(), stamps=[1.5 + i / FPS for i in range(COUNT)], container="matroska")


def rotated(path: Path, degrees: int = 90) -> Path:
    """MP4 whose track header says "turn clockwise by `degrees` for showing", as phones write it."""
    encode(path, corner_frames(), container="mp4")
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # ISO/IEC 14496-12 §8.3.2, version 0: the matrix follows 40 bytes of fields
    one = 0x10000
    a, b, c, d = {90: (0, one, -one, 0), 180: (-one, 0, 0, -one), 270: (0, -one, one, 0)}[degrees]
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(data)
    return path


def one_frame(path: Path) -> Path:
    return encode(path, grey_frames(1))


def with_sound(path: Path) -> Path:
    return encode(path, grey_frames(), sound=True)


def audio_only(path: Path) -> Path:
    with av.open(str(path), "w", format="mp4") as out:
        _add_tone(out, out.add_stream("aac", rate=16_000, layout="mono"))
    return path


def zero_length(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def truncated(path: Path, share: float = 0.5) -> Path:
    """The first half of an MP4 with its index in front: playable as far as it goes."""
    encode(
        path,
        noisy_frames(),
        options={"g": "12", "bf": "0"},
        container_options={"movflags": "faststart"},
        container="mp4",
    )
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def without_index(path: Path) -> Path:
    """The first half of an MP4 whose index was at the end: nothing can be decoded."""
    encode(path, noisy_frames(), container="mp4")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def corrupted(path: Path) -> Path:
    """An MP4 whose middle fifth is noise."""
    encode(
        path,
        noisy_frames(),
        options={"g": "12", "bf": "0"},
        container_options={"movflags": "faststart"},
        container="mp4",
    )
    data = bytearray(path.read_bytes())
    start, length = int(len(data) * 0.45), len(data) // 5
    data[start : start + length] = np.random.default_rng(1).integers(0, 256, length, np.uint8).tobytes()
    path.write_bytes(data)
    return path


def pictures_destroyed(path: Path) -> Path:
    """An MP4 with a healthy index and nothing but noise where the pictures were."""
    encode(path, noisy_frames(), container_options={"movflags": "faststart"}, container="mp4")
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    data[start:] = np.random.default_rng(2).integers(0, 256, len(data) - start, np.uint8).tobytes()
    path.write_bytes(data)
    return path


def junk(path: Path) -> Path:
    path.write_bytes(np.random.default_rng(3).integers(0, 256, 20_000, np.uint8).tobytes())
    return path


def text(path: Path) -> Path:
    path.write_text("This is a shopping list.\n" * 400)
    return path


def huge_header(path: Path) -> Path:
    """Two real 8K frames."""
    flat = np.full((4320, 7680, 3), 120, np.uint8)
    return encode(path, iter([flat, flat]), options={"preset": "ultrafast", "threads": "1", "bf": "0"})


def two_hour_header(path: Path) -> Path:
    """A two-second Matroska whose header claims two hours."""
    matroska(path)
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3  # RFC 9559 §5.1.2.10 Duration: a double, in milliseconds here
    data[at : at + 8] = struct.pack(">d", 7200e3)
    path.write_bytes(data)
    return path


def lying_header(path: Path) -> Path:
    """A two-second MP4 whose movie header claims two hours, while its frame table is right."""
    encode(path, grey_frames(), container="mp4")
    data = bytearray(path.read_bytes())
    at = data.index(b"mvhd") + 4 + 12  # ISO/IEC 14496-12 §8.2.2, version 0: flags, two dates, time scale, duration
    scale = struct.unpack(">I", data[at : at + 4])[0]
    data[at + 4 : at + 8] = struct.pack(">I", 7200 * scale)
    path.write_bytes(data)
    return path


def two_hour_gap(path: Path) -> Path:
    """Two frames, two hours apart."""
    return encode(path, grey_frames(2), stamps=[0.0, 7200.0], container="matroska")


def image_bomb(path: Path, side: int = 30_000) -> Path:
    """A PNG of a few hundred bytes whose header claims `side` by `side` pixels."""
    import zlib

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    return path


def gif(path: Path) -> Path:
    return _animation(path, "GIF", [200] * 10)


def animated_webp(path: Path) -> Path:
    return _animation(path, "WEBP", [200] * 10)


def photo(path: Path, orientation: int = 1, kind: str = "JPEG") -> Path:
    """A still with coloured corners; `orientation` is EXIF's."""
    exif = Image.Exif()
    exif[274] = orientation
    image = Image.fromarray(next(corner_frames(1)))
    image.save(path, kind, exif=exif, **({"quality": 95} if kind != "PNG" else {}))
    return path


def noisy_frames(count: int = COUNT, width: int = WIDTH, height: int = HEIGHT) -> Iterator[NDArray[np.uint8]]:
    """`grey_frames` with grain, so that every packet has many bytes and damage hits pictures, not headers."""
    random = np.random.default_rng(0)
    for image in grey_frames(count, width, height):
        yield np.clip(image + random.integers(-12, 13, image.shape), 0, 255).astype(np.uint8)


GOOD: dict[str, Callable[[Path], Path]] = {
    "b_frames.mp4": b_frames,
    "matroska.mkv": matroska,
    "vp9.webm": vp9,
    "av1.mp4": av1,
    "hevc.mp4": hevc,
    "avi.avi": avi,
    "mov.mov": mov,
    "offset_start.mkv": offset_start,
    "with_sound.mp4": with_sound,
}
OTHER: dict[str, Callable[[Path], Path]] = {
    "variable_rate.mp4": variable_rate,
    "rotated.mp4": rotated,
    "one_frame.mp4": one_frame,
    "gif.gif": gif,
    "animated.webp": animated_webp,
    "photo.jpg": photo,
    "lying_header.mp4": lying_header,
    "truncated.mp4": truncated,
    "corrupted.mp4": corrupted,
}
BAD: dict[str, Callable[[Path], Path]] = {
    "zero_length.mp4": zero_length,
    "without_index.mp4": without_index,
    "pictures_destroyed.mp4": pictures_destroyed,
    "junk.mp4": junk,
    "text.mp4": text,
    "audio_only.mp4": audio_only,
    "huge_header.mp4": huge_header,
    "two_hour_header.mkv": two_hour_header,
    "two_hour_gap.mkv": two_hour_gap,
    "image_bomb.png": image_bomb,
}


def _can_encode(codec: str) -> bool:
    try:
        return bool(av.codec.Codec(codec, "w"))
    except ValueError:
        return False


def _add_tone(out: av.container.OutputContainer, stream: av.AudioStream) -> None:
    for index in range(16):
        tone = np.sin(np.arange(1024) * 0.1).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 16_000, index * 1024, Fraction(1, 16_000)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _animation(path: Path, kind: str, delays: list[int]) -> Path:
    images = [Image.fromarray(f) for f in grey_frames(len(delays))]
    extra = {"quality": 90} if kind == "WEBP" else {}
    images[0].save(path, kind, save_all=True, append_images=images[1:], duration=delays, loop=0, **extra)
    return path


def made(folder: Path, name: str) -> Path:
    """The clip of that name from the matrix, made once a folder; the test is skipped where it can't be encoded."""
    path = folder / name
    if not path.exists():
        try:
            {**GOOD, **OTHER, **BAD}[name](path)
        except MissingEncoderError as error:
            pytest.skip(f"this PyAV has no encoder {error}")
    return path


def main(folder: str) -> None:
    """Write every clip into `folder`."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, make in {**GOOD, **OTHER, **BAD}.items():
        try:
            make(Path(folder) / name)
        except MissingEncoderError as error:
            sys.stderr.write(f"{name}: skipped, no encoder {error}\n")


if __name__ == "__main__":
    main(sys.argv[1])

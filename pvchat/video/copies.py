"""Our own H.264 files: RGB pictures in, an mp4 out, and the normalised copy's frames back as RGB.

The copy lives in a temporary folder (`storage/temporary.py`) while it is read. decord reads it (PyAV where decord
doesn't load) with the discipline of docs/adr/0001-video-decoding.md; both give the same pixels.

Legend: T frames, H and W pixels.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import DiskFullError, SettingsError, VideoReadError, is_disk_full
from pvchat.storage import temporary
from pvchat.video.files import PathLike

log = logging.getLogger(__name__)

COPY_OPTIONS = {"preset": "ultrafast", "crf": "10", "g": "1", "threads": "1"}  # all intra: exact and cheap to read
# Without mbtree: x264's reads memory that nobody wrote, and the same frames give other bytes from time to time.
CLIP_OPTIONS = {"preset": "veryfast", "crf": "18", "threads": "2", "x264-params": "mbtree=0"}

_MILLISECOND = Fraction(1, 1000)


def backend_in_use() -> tuple[str, str]:
    """The decoder that reads normalised copies, and why: "decord" where it loads, else "pyav"."""
    try:
        import decord  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        return "pyav", f"decord does not load ({str(error) or type(error).__name__})"
    return "decord", "its wheel loads"


def save_clip(path: PathLike, images: Iterable[NDArray[np.uint8]], fps: float) -> None:
    """Write an H.264 mp4 (yuv420p, BT.601) of [H, W, 3] uint8 RGB pictures; an odd last row or column is cut off."""
    if encode(Path(path), images, fps, CLIP_OPTIONS) == 0:
        raise VideoReadError("there are no pictures to write.", subject=os.fspath(path))


def encode(path: Path, images: Iterable[NDArray[np.uint8]], fps: float, options: dict[str, str]) -> int:
    """Stream [H, W, 3] pictures into an H.264 mp4; returns how many. Nothing stays behind after an error."""
    encoder = Encoder(path, fps, options)
    try:
        for image in images:
            encoder.add(image)
        return encoder.close()
    except BaseException:
        encoder.drop()
        raise


class Encoder:
    """An H.264 mp4 in the making, in a file or in memory; `options` are libx264's, `made` its date (s since 1970)."""

    def __init__(self, path: Path | BinaryIO, fps: float, options: dict[str, str], made: float = 0.0) -> None:
        import av

        self.path, self.count = path, 0
        self._rate, self._options = Fraction(fps).limit_denominator(10_000), dict(options)
        self._container: Any = av.open(str(path) if isinstance(path, Path) else path, "w", format="mp4")
        if made:  # so that the same pictures of two moments are two clips
            self._container.metadata["creation_time"] = datetime.fromtimestamp(made, UTC).isoformat()
        self._stream: Any = None
        self._last = -1

    def add(self, image: NDArray[np.uint8], time_s: float | None = None) -> None:
        """The next picture [H, W, 3] uint8 RGB, at a time (seconds; to the millisecond) or one step on."""
        import av

        height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
        if self._stream is None:
            self._stream = self._container.add_stream("libx264", self._rate, options=self._options)
            self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
            if time_s is not None:
                self._stream.codec_context.time_base = _MILLISECOND
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), "rgb24")
        frame.time_base = 1 / self._rate if time_s is None else _MILLISECOND
        frame.pts = self._last = self._last + 1 if time_s is None else max(self._last + 1, round(time_s * 1000))
        self._container.mux(self._stream.encode(frame))
        self.count += 1

    def close(self) -> int:
        """Finish the file and return its number of pictures; with none, no file stays. Where it fails, call `drop`."""
        if self._stream is None:
            self.drop()
        else:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        return self.count

    def drop(self) -> None:
        """Delete the unfinished file."""
        with contextlib.suppress(Exception):
            self._container.close()
        if isinstance(self.path, Path):
            self.path.unlink(missing_ok=True)


def read_copy(copy: Path, count: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Read all `count` frames of a normalised copy of `size` (W, H): [T, H, W, 3] uint8 RGB."""
    import av

    images = np.empty((count, size[1], size[0], 3), np.uint8)
    if backend_in_use()[0] == "decord":
        try:
            return _read_decord(copy, images)
        except (RuntimeError, OSError) as error:  # DECORDError is a RuntimeError
            log.warning("decord failed on the normalised copy (%s); PyAV reads it", error)
    found = 0
    with av.open(str(copy)) as container:
        for frame in container.decode(video=0):
            images[found] = frame.to_ndarray(format="rgb24")
            found += 1
    if found != count:
        raise VideoReadError(f"the normalised copy has {found} frames instead of {count}.", hint="Try again.")
    return images


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """A temporary folder, gone afterwards; folders of processes that died are swept first."""
    root = temporary.root()
    with contextlib.ExitStack() as held:
        try:
            temporary.sweep()
            work = temporary.working_folder(root / f"clip-{secrets.token_hex(8)}", OSError("another process has it"))
            folder = held.enter_context(work)
        except OSError as error:
            why = "no temporary folder can be made there"
            if is_disk_full(error):
                raise DiskFullError(f"{why}: the disk is full.", subject=str(root), hint="Make room on it.") from error
            hint = "Set PVCHAT_HOME to a folder that can be written."
            raise SettingsError(f"{why} ({error.strerror or error}).", subject=str(root), hint=hint) from error
        yield folder


def _read_decord(copy: Path, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The discipline that keeps decord's memory bounded: size at open, one thread, seek(0), delete."""
    import decord

    _, height, width, _ = images.shape
    reader = decord.VideoReader(str(copy), ctx=decord.cpu(0), num_threads=1, width=width, height=height)
    try:
        if len(reader) != len(images):
            raise RuntimeError(f"{len(reader)} frames instead of {len(images)}")
        for index in range(len(images)):
            picture = reader[index].asnumpy()
            if picture.shape != images.shape[1:]:  # at a width of 72 it takes the padding of a row for a fourth colour
                raise RuntimeError(f"pictures of shape {picture.shape}")
            images[index] = picture
        reader.seek(0)  # stops decord from decoding ahead
    finally:
        del reader
    return images

"""What an input file is, before anything decodes it: a path in, an open local file, its kind and the limits out.

Inputs are untrusted. Only regular local files are opened, and only as file objects: FFmpeg never sees a path or an
address, so none of its protocols (http, concat, data …) can be reached through a name. The kind is decided by content
(magic bytes), never by extension. Nothing here decodes.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from pvchat.config import VideoConfig, home
from pvchat.errors import VideoReadError
from pvchat.storage import atomic, private, temporary
from pvchat.storage.stores import is_sealed, stores

SUFFIXES = frozenset((
    ".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".f4v", ".mkv", ".webm", ".avi", ".divx", ".mpg", ".mpeg", ".vob",
    ".ts", ".mts", ".m2ts", ".m2t", ".flv", ".wmv", ".asf", ".ogv", ".gif", ".webp", ".jpg", ".jpeg", ".png", ".bmp",
    ".avif",
))  # fmt: skip
HEAD_BYTES = 4096  # what `sniff` looks at
PICTURE_BYTES = 256 * 1024**2  # photos and animations are held in memory by their decoders
LEAST_SIDE = 20  # pixels of a picture; smaller faces aren't recognised either
PHOTO_FACTOR = 8  # a photo may have this many times `max_pixels` (75 Mpx by default): phones make 50 Mpx
MAX_RATE = 240.0  # frames a second; the fastest that phones record: bounds how many frames a clip may hold
STEADY_RATE = 60.0  # frames a second that the longest video of the largest pictures may have
ANIMATION_PIXELS = 60 * 24 * 1920 * 1080  # of all frames: a minute of full HD, which takes Pillow long enough
SUPPORTED = "Supported are mp4, mov, mkv, webm, avi, mpg, ts, wmv, flv, gif, animated webp and photos (jpg, png, webp)."
PICTURE_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")
PICTURE_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")  # ISO/IEC 23008-12, AVIF
PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD", b"[playlist]", b"v=0\r\n", b"v=0\n")

PathLike = str | os.PathLike[str]
Kind = Literal["video", "animation", "photo"]


@dataclass(frozen=True)
class Probe:
    """What an input file holds."""

    container: str  # FFmpeg's or Pillow's name of the format
    codec: str  # name of the picture codec
    width: int  # pixels as shown, after rotation and with square pixels
    height: int
    rotation: int  # degrees counter-clockwise that the stored picture is turned for showing: 0, 90, 180 or 270
    fps: float  # mean frames a second (by timestamps, whatever the header says)
    duration_s: float  # seconds from the first frame to the end of the last
    frames: int  # estimate of the number of frames (packets)
    kind: Kind  # an animation is a gif, an animated webp or an apng
    start_s: float = 0.0  # timestamp of the first frame
    keyframes: tuple[float, ...] = field(default=(), repr=False)  # seconds at which decoding can start, 1 apart or more
    note: str = ""  # what was found damaged


def walk(folder: Path, passed: Counter[str] | None = None) -> Iterator[tuple[str, tuple[int, int]]]:
    """Files of a folder that may be clips or photos by their endings, sorted: absolute path, (bytes, mtime in ns).

    Hidden ones are left out, links to folders or out of this one aren't followed (a folder may come from anyone), and
    what PVChat keeps itself is nobody's video. `passed` counts what is passed over, by its ending or another reason.
    """
    passed, own = Counter() if passed is None else passed, {place.resolve() for place in (home(), *stores())}
    whole = folder.resolve()
    for parent, folders, names in os.walk(folder):
        passed["hidden folder"] += sum(name.startswith(".") for name in folders)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        passed["link to a folder"] += sum(Path(parent, name).is_symlink() for name in folders)
        folders[:] = [name for name in folders if Path(parent, name).resolve() not in own]
        for name in sorted(names):
            path, hidden = Path(parent, name), name.startswith(".")
            if str(path).encode(errors="ignore").decode() != str(path):  # no row and no answer can hold such a name
                passed["not named in UTF-8"] += 1
            elif (known := path.suffix.lower() in SUFFIXES) == hidden:  # not what systems hide, such as .DS_Store
                passed["hidden" if known else path.suffix.lower() or "without an ending"] += 1
            elif known and path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(whole):
                passed["link out of the folder"] += 1
            elif known:
                with suppress(OSError):  # a link into nowhere, or deleted meanwhile
                    found = path.stat()
                    if stat.S_ISREG(found.st_mode):
                        yield str(path), (found.st_size, found.st_mtime_ns)


def unreadable(path: PathLike, why: str, hint: str = "") -> VideoReadError:
    """The error for an input that can't be used: `why` is one sentence without the path."""
    return VideoReadError(why, subject=os.fspath(path), hint=hint)


def open_local(path: PathLike, config: VideoConfig | None = None) -> BinaryIO:
    """Open a regular local file for reading; of a sealed one (a camera's clip) what it holds.

    Raises:
        VideoReadError: an address, missing, a folder, a device, empty, not permitted, or larger than `max_bytes`.
        LockedError: it is sealed, and the home's key is missing or wrong.
    """
    name = os.fspath(path)
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:", name) and not Path(name).exists():
        why = "an address is not a local file; nothing is fetched from the network."
        raise unreadable(name, why, "Download it first.")
    try:
        mode = os.stat(name).st_mode
        if stat.S_ISDIR(mode):
            raise unreadable(name, "this is a folder, not a video.", "Name one file.")
        if not stat.S_ISREG(mode):
            raise unreadable(name, "this is not a regular file.", "Name a video file.")
        file = open(name, "rb")  # noqa: SIM115 (the caller closes it)
    except FileNotFoundError:
        raise unreadable(name, "no such file.", "Check the path.") from None
    except (OSError, ValueError) as error:
        raise unreadable(name, f"the file can't be opened ({getattr(error, 'strerror', None) or error}).") from error
    size, why, hint = os.fstat(file.fileno()).st_size, "", "Copy it again."
    if size == 0:
        why = "the file is empty (0 bytes)."
    elif config is not None and size > config.max_bytes:
        why = f"the file has {size / 1e6:.0f} MB, more than the limit of {config.max_bytes / 1e6:.0f}."
        hint = "Cut it, or raise --video.max_bytes."
    if why:
        file.close()
        raise unreadable(name, why, hint)
    return _unseal(name, file) if is_sealed(Path(name)) else file


def _unseal(name: str, file: BinaryIO) -> BinaryIO:
    """What a sealed file holds, as a file without a name, which is gone when it is closed."""
    with file:
        try:
            data = private.unseal(file.read())
        except ValueError as error:
            raise unreadable(name, f"the file can't be read ({error}).") from error
    atomic.make_private_folder(temporary.root())
    plain = tempfile.TemporaryFile(dir=temporary.root())  # noqa: SIM115 (the caller closes it)
    plain.write(data)
    plain.seek(0)
    return plain


def sniff(path: PathLike, file: BinaryIO) -> Literal["container", "picture"]:
    """Tell by a file's first bytes what Pillow decodes ("picture") from what FFmpeg shall try ("container").

    Text, a playlist, or sound alone is refused. The file is at its beginning again.
    """
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(PLAYLISTS):
        why = "this is a playlist or markup file, not a video; files named in it are not read."
        raise unreadable(path, why, SUPPORTED)
    riff = head[8:12] if head.startswith(b"RIFF") else b""
    if head.startswith((b"ID3", b"fLaC", b"MThd")) or riff == b"WAVE":
        raise unreadable(path, "this holds only sound, no video stream.", "A clip with pictures is needed.")
    brand = head[8:12] if head[4:8] == b"ftyp" else b""
    if head.startswith(PICTURE_HEADS) or riff == b"WEBP" or brand in PICTURE_BRANDS:
        return "picture"
    if _is_text(head):
        raise unreadable(path, "this is a text file, not a video.", SUPPORTED)
    return "container"


def check_pixels(path: PathLike, width: int, height: int, limit: int) -> None:
    """Refuse frames without size or with more than `limit` pixels."""
    if width <= 0 or height <= 0:
        raise unreadable(path, "its pictures have no size.", SUPPORTED)
    if width * height > limit:
        why = f"its pictures are {width} by {height}, more than the limit of {limit / 1e6:.1f} million pixels."
        raise unreadable(path, why, "Make them smaller, or raise --video.max_pixels.")


def check_side(path: PathLike, width: int, height: int) -> None:
    """Refuse pictures in which nobody could be made out."""
    if min(width, height) < LEAST_SIDE:
        why = f"its pictures are {width} by {height} pixels: too small to make anybody out."
        raise unreadable(path, why, f"Each side needs {LEAST_SIDE} pixels or more.")


def check_length(path: PathLike, seconds: float, frames: int, config: VideoConfig) -> None:
    """Refuse clips longer than `max_duration_s`, or with more frames than fit into that at `MAX_RATE`."""
    if seconds > config.max_duration_s:
        why = f"it lasts {seconds / 60:.1f} minutes, more than the limit of {config.max_duration_s / 60:g}."
        raise unreadable(path, why, "Cut it, or raise --video.max_duration_s.")
    if frames > (most := int(max(1.0, config.max_duration_s) * MAX_RATE)):
        raise unreadable(path, f"it has {frames} frames or more, beyond the limit of {most}.", "Cut it.")


def check_amount(path: PathLike, size: tuple[int, int], frames: int, config: VideoConfig, kind: Kind) -> None:
    """Refuse clips whose frames have too many pixels in all: a few kilobytes can hold thousands of huge empty ones.

    A video may have as much as its other limits allow at `STEADY_RATE`, an animation `ANIMATION_PIXELS`.
    """
    most = ANIMATION_PIXELS if kind == "animation" else config.max_pixels * config.max_duration_s * STEADY_RATE
    if (amount := size[0] * size[1] * frames) > most:
        what = f"its {frames} pictures of {size[0]} by {size[1]} have {amount / 1e9:.1f} billion pixels together,"
        hint = "Make it smaller or cut it" + (", or convert it to mp4." if kind == "animation" else ".")
        raise unreadable(path, f"{what} more than the limit of {most / 1e9:.1f} billion.", hint)


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        text = head[:-4].decode() if len(head) == HEAD_BYTES else head.decode()  # the cut may split a character
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\t\r\n\f" for c in text)

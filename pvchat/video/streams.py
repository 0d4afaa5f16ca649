"""Pictures of a camera, or of a recording that is still being written, through breaks of the connection.

In: an `Address`: a stream (rtsp, http), a webcam (`/dev/video0`) or a growing file. Out: `Picture`s, each with its time
of day. A stream that breaks is opened again, ever later (`BACKOFF`); a file that doesn't grow any more has ended,
unless its recorder puts another in its place: that is read from its start.
An address may hold a password: `without_password` is what is printed, stored beside it and logged. FFmpeg may open
network addresses by the protocols of that kind alone, and no local files.
"""

from __future__ import annotations

import errno
import os
import queue
import re
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pvchat.errors import VideoReadError
from pvchat.video.containers import DEMUXERS, READ_BYTES

if TYPE_CHECKING:
    import av

SCHEMES = ("rtsp", "rtsps", "http", "https")
BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds before each try; the last again and again
STEADY_S = 10.0  # after so long a stream counts as well: the next break begins with the first wait
OPEN_S, READ_S = 10.0, 5.0  # a camera that says nothing for so long is opened again
_CLOSE_S = 1.0  # that closing a webcam is waited for
IDLE_S = 10.0  # a file that hasn't grown for so long has ended
_LATE_S = 2.0  # a picture may come so late until the stream's clock is set anew; none comes before it was taken
_BACK_S, _ON_S = 1.0, 60.0  # a picture so much before the last one, or after it: a clock was set
_OPTIONS = {  # of FFmpeg, by how an address begins; not nobuffer: that throws the first key picture away
    "rtsp": {"protocol_whitelist": "rtsp,rtsps,rtp,srtp,udp,tcp,tls", "rtsp_transport": "tcp"},
    "http": {"protocol_whitelist": "http,https,tcp,tls,httpproxy"},
}
_MENDS = {  # by the system's number of what is wrong with a webcam
    errno.EBUSY: "close the other program that uses it", errno.EACCES: "add your user to the group video",
    errno.ENOENT: "plug it in", errno.ENODEV: "plug it in", errno.ENOTTY: "name a webcam, such as /dev/video0",
}  # fmt: skip
_COPIED = "yuv444p"  # no webcam has it: what is brought into it is a copy
_SECRET = re.compile(r"pas|pw|psw|token|key|auth|secret|sign", re.IGNORECASE)  # of a query
# Some cameras take a password in the path: rtsp://camera/user=a_password=b_channel=1
_IN_PATH = re.compile(rf"([^/&;=_?]*(?:{_SECRET.pattern})[^/&;=_?]*=).*?(?=_[^\W_]+=|[/&;]|\Z)", re.IGNORECASE)
Kind = Literal["stream", "webcam", "file"]


@dataclass(frozen=True)
class Address:
    """Where pictures come from."""

    text: str = field(repr=False)  # as it is opened; it may hold a password
    without_password: str  # what is printed, stored beside it and logged
    kind: Kind


@dataclass(frozen=True)
class Picture:
    """One picture, as it was decoded."""

    time: float  # of day, seconds since 1970
    frame: av.VideoFrame
    arrived: float  # by the monotonic clock, seconds
    fresh: bool = False  # the first since the stream was opened, or a clock was set: something may be missing before it


@dataclass
class Link:
    """How it is with the connection, for whoever looks on."""

    connected: bool = False  # pictures come
    breaks: int = 0  # how often they stopped coming
    problem: str = ""  # why, without any password


def is_address(text: str) -> bool:
    """Whether this names a camera rather than a folder or a file of videos."""
    return "://" in text or text.startswith("/dev/")


def read_address(text: str) -> Address:
    """An address as typed.

    Raises:
        VideoReadError: there is no such file, or it is of no known kind; its password isn't told.
    """
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if scheme:
        return _network(text, scheme)
    path = Path(text).expanduser().absolute()
    try:
        mode = path.stat().st_mode
    except OSError as error:
        what = "there is no such camera or file."
        shown = re.sub(r":[^:/@]*@", ":***@", str(path))  # of an address that is mistyped
        raise VideoReadError(what, subject=shown, hint="Look at the spelling; plug a webcam in first.") from error
    if not (stat.S_ISCHR(mode) or stat.S_ISREG(mode)):
        raise VideoReadError("this is neither a camera nor a file.", subject=str(path), hint="Name one of them.")
    return Address(str(path), str(path), "webcam" if stat.S_ISCHR(mode) else "file")


def live_pictures(
    address: Address, link: Link, stop: threading.Event, started: float = 0.0, now: Callable[[], float] = time.time,
    broken: Callable[[], None] = lambda: None,
) -> Iterator[Picture]:  # fmt: skip
    """The pictures of an address, until `stop` is set; of a file, until neither it grows nor another takes its place.

    `link` is told how it is with the connection; `started`: of a file, the time of day of its first picture; `now`: the
    clock of the day; `broken` is called where pictures stop coming, before it is waited for others.
    """
    from av.error import ExitError, FFmpegError

    tries, file, last_s = 0, None, started
    while not stop.is_set():
        opened = time.monotonic()
        try:
            if address.kind == "file":
                file = _Growing(address.text, stop, last_s + (file.waited_s if file else 0.0))
            read = _of_webcam if address.kind == "webcam" else _connected
            for one in read(address, stop, now, file):
                link.connected, link.problem, last_s = True, "", one.time
                yield one
            link.problem = "" if stop.is_set() else "no more pictures came."
        except (FFmpegError, OSError, ValueError) as error:  # the words of FFmpeg's may hold the address
            why, mend = getattr(error, "strerror", None) or type(error).__name__, _MENDS.get(getattr(error, "errno", 0))
            why = "nothing comes from it" if isinstance(error, ExitError) else why  # FFmpeg's word for our limits
            link.problem = f"{why}: {mend}." if mend and address.kind == "webcam" else f"{why}."
        was, link.connected = link.connected, False
        broken()
        if stop.is_set() or (address.kind == "file" and not (file and file.is_replaced())):
            return  # neither is a break of the camera's
        link.breaks += was
        tries = 0 if time.monotonic() - opened > STEADY_S else tries
        stop.wait(BACKOFF[min(tries, len(BACKOFF) - 1)])
        tries += 1


def _network(text: str, scheme: str) -> Address:
    hint = f"Begin with {', '.join(f'{one}://' for one in SCHEMES)}; in a password write / as %2F, ? as %3F, # as %23."
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    cut = port is not None and not parts.username and "@" in text  # a password begins with digits and a "/" or "?"
    if scheme not in SCHEMES or not host or cut:
        raise VideoReadError("this is no camera's address.", subject=f"{scheme}://…", hint=hint)
    place = (f"[{host}]" if ":" in host else host) + ("" if port is None else f":{port}")
    user = f"{quote(parts.username, safe='%')}@" if parts.username else ""
    shown = [(key, "***" if _SECRET.search(key) else value) for key, value in parse_qsl(parts.query)]
    path, query = _IN_PATH.sub(r"\1***", parts.path), urlencode(shown, safe="*")
    return Address(text, urlunsplit((scheme, user + place, path, query, "")), "stream")


def _connected(
    address: Address, stop: threading.Event, now: Callable[[], float], file: _Growing | None
) -> Iterator[Picture]:
    """Whole pictures, as long as packets come; a damaged one is left out. `file`: None of a camera."""
    with _container_of(address, file) as container:
        if not container.streams.video:
            raise OSError(0, "it sends no pictures")
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "SLICE", 2  # threads by frames would be late
        base: float | None = None
        last: float | None = None
        for packet in container.demux(stream):
            frames = _decoded(packet)
            del packet
            if stop.is_set():
                return
            for frame in frames:
                at = 0.0 if frame.time is None else float(frame.time)
                here = file.started if file else now()
                base = here - at if base is None else base
                if file is None and (frame.time is None or not 0 <= here - (base + at) < _LATE_S):
                    base = here - at
                fresh = last is None or not -_BACK_S < base + at - last < _ON_S
                last = base + at
                yield Picture(last, frame, time.monotonic(), fresh)


def _decoded(packet: av.Packet) -> list[av.VideoFrame]:
    """A packet's whole pictures; raw ones, which lie in a webcam's memory, as copies: that goes when it is closed."""
    from av.error import InvalidDataError

    try:
        frames = [frame for frame in packet.decode() if not frame.is_corrupt]
    except (InvalidDataError, EOFError):
        return []
    raw = packet.stream.codec_context.name == "rawvideo"
    return [frame.reformat(format=_COPIED) for frame in frames] if raw else frames


def _of_webcam(address: Address, stop: threading.Event, *how: Any) -> Iterator[Picture]:
    """`_connected` in a thread of its own: whatever FFmpeg is told, it waits for a webcam's next picture without end.

    Raises also OSError: none came for `OPEN_S`. That thread ends when the webcam goes on.
    """
    taken, left = queue.Queue[Picture | Exception | None](1), threading.Event()

    def take() -> None:
        end: Exception | None = None
        try:
            for one in _connected(address, stop, *how):
                if left.is_set():
                    return
                taken.put(one)
        except Exception as error:
            end = error
        taken.put(end)

    thread = threading.Thread(target=take, name="pvchat-live-webcam", daemon=True)
    thread.start()
    try:
        while (one := taken.get(timeout=OPEN_S)) is not None and not stop.is_set():
            if isinstance(one, Exception):
                raise one
            yield one
    except queue.Empty:
        raise OSError(0, f"no picture came for {OPEN_S:.0f} s") from None
    finally:
        left.set()
        with suppress(queue.Empty):
            taken.get_nowait()  # what it waits to hand over
        thread.join(_CLOSE_S)


def _container_of(address: Address, file: Any) -> Any:
    """A container of PyAV's; raises OSError."""
    import av

    if file is not None:
        return av.open(file, options={"format_whitelist": DEMUXERS}, buffer_size=READ_BYTES)
    if address.kind == "webcam":
        return av.open(address.text, format="v4l2", timeout=(OPEN_S, READ_S))
    options = _OPTIONS[address.text[:4].lower()]
    return av.open(address.text, options=options, timeout=(OPEN_S, READ_S))


class _Growing:
    """A file that is still being written, as PyAV reads it: its end is waited for, and it can't be sought in."""

    def __init__(self, path: str, stop: threading.Event, started: float) -> None:
        self._path, self._file, self._stop = path, open(path, "rb"), stop  # noqa: SIM115 (goes with this object)
        self.started = started  # the time of day of its first picture
        self.waited_s = 0.0  # since it grew last

    def read(self, size: int) -> bytes:
        """The next bytes; none once the file hasn't grown for `IDLE_S`, or another has its place."""
        began = time.monotonic() - self.waited_s  # it is asked for more again and again at its end
        while not (data := self._file.read(size)) and self.waited_s < IDLE_S and not self.is_replaced():
            if self._stop.wait(0.05):
                break
            self.waited_s = time.monotonic() - began
        data = data or self._file.read(size)  # the last that was written before another came
        self.waited_s = 0.0 if data else self.waited_s
        return data

    def is_replaced(self) -> bool:
        """Whether its recorder has begun another in its place, or has emptied it to begin anew."""
        try:
            there = os.stat(self._path)
        except OSError:
            return False  # not yet
        return not os.path.samestat(there, os.fstat(self._file.fileno())) or there.st_size < self._file.tell()

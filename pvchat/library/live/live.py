"""One camera as it is watched: pictures in, events and clips out, with how it goes told at any time.

    reader thread    opens the camera again and again, takes samples, puts parts into a queue (`parts.py`)
    looking thread   looks at each part that moves, decides who is there (`window.py`), writes events and clips
    courier thread   tells what waits to be told (`courier.py`)

In: a camera of the library. Out: rows. Only the looking thread needs the experts.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pvchat.errors import PVChatError, SettingsError, is_disk_full
from pvchat.library.live import events
from pvchat.library.live.courier import Courier
from pvchat.library.live.parts import LivePart, Queue, Sampler
from pvchat.library.live.ring import Ring
from pvchat.library.live.window import SeenPart, Window
from pvchat.library.recognise import follow
from pvchat.memory import keep_small, trim
from pvchat.perception.scan import PART_DEPTH, analyse_part
from pvchat.schemas import ClipAnalysis, Service
from pvchat.storage.library import keep, opened, prune
from pvchat.video import Address, Link, jpeg_of, live_pictures, recorded

FPS = 3.0
MOST_FPS = 8.0
PRUNE_S = 600.0
# A 1-s part: no clothes, no things, no drawn figures; enough to tell who is there.
DEPTH = replace(PART_DEPTH, grid_frames=1, body_crops=1, prints=2, figure_tracks=0, thing_frames=0)
_SIDE = 640  # pixels, of the picture that is shown
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watching:
    """How a camera is watched."""

    fps: float = FPS  # samples a second
    days: float | None = None  # clips and events go when they are as old; None: as was said last, at first 7
    gigabytes: float | None = None  # of all clips of all cameras that are kept, the oldest go first; at first 2

    def __post_init__(self) -> None:
        if not 1 <= self.fps <= MOST_FPS:
            raise SettingsError(f"a camera is looked at 1 to {MOST_FPS:.0f} times a second.", subject="--fps")
        if any(one is not None and one <= 0 for one in (self.days, self.gigabytes)):
            raise SettingsError("what is kept must be more than nothing.", subject="--keep-days, --keep-gb")


@dataclass(frozen=True)
class LiveStatus:
    """How it goes."""

    source: str  # the camera, as shown
    place: str  # what its place is called
    connected: bool  # pictures come
    breaks: int  # how often they stopped coming
    problem: str  # why, without any password
    who: list[str]  # names of who is there now; "" for somebody unknown
    latency_s: float  # from a sample's arrival until it was looked at, the last one's
    unsaved: str  # why nothing that is seen can be saved; "" where it can
    looked_at: int  # samples
    dropped: int  # samples that weren't looked at for want of time
    still: int  # samples that weren't since nothing moved
    running: bool  # it is being watched
    failed: str  # why it ended; "" if it didn't


class Live:
    """A camera that is watched from `start` to `stop`; `on_event` is told each event, as JSON.

    `source`: its number in the library, and what its place is called.
    """

    def __init__(
        self, chat: Service, source: tuple[int, str], address: Address, how: Watching | None = None, *,
        on_event: Callable[[dict[str, Any]], None] = lambda row: None,
    ) -> None:  # fmt: skip
        self.chat, self.address, self.how = chat, address, how or Watching()
        self._source, self._place = source
        self._on_event = on_event
        self._link, self._queue = Link(), Queue(lossless=address.kind == "file")
        self._stop, self._threads = threading.Event(), list[threading.Thread]()
        self._window = Window(chat)
        self._shown: Any = None  # the last picture [H, W, 3]
        self._latency_s, self._looked_at, self._still, self._failed, self._unsaved = 0.0, 0, 0, "", ""
        self._untold = list[events.CameraEvent]()  # that were not written yet

    def start(self) -> None:
        """Begin."""
        courier = Courier(self.chat.people.root, self.chat.people.ids)
        works = {"read": self._read, "look": self._watch, "tell": lambda: courier.run(self._stop)}
        for name, work in works.items():
            self._threads.append(threading.Thread(target=work, name=f"pvchat-live-{name}", daemon=True))
            self._threads[-1].start()

    def stop(self) -> None:
        """End: the clip in the making is finished, and what waits to be told stays for the next time."""
        self._stop.set()
        self._queue.close()
        for thread in self._threads:
            thread.join()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until there are no more pictures, or looking has failed; whether that is so."""
        return self._stop.wait(timeout_s)  # after a `join` that Ctrl-C broke off, `stop` wouldn't join any more

    def status(self) -> LiveStatus:
        """How it goes."""
        names, link = self.chat.people.ids(), self._link
        who = [names.get(ref, "") for ref, stay in list(self._window.stays.items()) if stay.announced]
        running = bool(self._threads) and self._threads[1].is_alive()
        return LiveStatus(
            self.address.without_password, self._place, link.connected, link.breaks, link.problem, sorted(who),
            self._latency_s, self._unsaved, self._looked_at, self._queue.dropped, self._still, running, self._failed,
        )  # fmt: skip

    def picture(self) -> bytes:
        """The last picture as JPEG; b"" for none yet."""
        return b"" if (shown := self._shown) is None else jpeg_of(shown, _SIDE)

    def _read(self) -> None:
        """Pictures become parts, until there are no more."""
        sampler = Sampler(self.how.fps, self.chat.settings.video)
        began = recorded(Path(self.address.text)).at.timestamp() if self.address.kind == "file" else 0.0

        def put(part: LivePart | None) -> None:
            if part is not None and self._queue.put(part):
                sampler.skip()

        def end() -> None:
            put(sampler.end())  # what was held back isn't told seconds later, when there are pictures again

        try:
            for picture in live_pictures(self.address, self._link, self._stop, began, broken=end):
                put(sampler.add(picture))
            end()
        except Exception as error:  # an unforeseen one of a decoder: said, and the clip at hand is finished
            self._fail(error)
        self._queue.close()

    def _watch(self) -> None:
        """Parts become events and clips."""
        keep_small()
        pruned = float("-inf")
        try:
            keep(self.chat.people.root, self.how.days, self.how.gigabytes)
            with opened(self.chat.people.root) as library:
                follow(library, self.chat, wholly=False)
                with closing(Ring(library, self.chat, self._source, self.how.fps)) as ring:
                    while not (self._queue.ended or self._stop.is_set()):
                        part = self._queue.get()
                        with self._though_full():
                            if time.monotonic() - pruned > PRUNE_S:
                                pruned = time.monotonic()
                                prune(library, self.chat.people.root, time.time())
                        if part is not None:
                            with self._though_full():
                                self.feed(library, ring, part)
                    with self._though_full():
                        ring.end()
        except Exception as error:
            self._fail(error)
        self._stop.set()

    def feed(self, library: sqlite3.Connection, ring: Ring, part: LivePart) -> None:
        """One part: what is seen in it, who comes and goes, what is kept. LibraryError: the camera was taken out."""
        events.address_and_place(library, self._source, self.address.without_password)
        if part.still:
            self._still += len(part.clip.times)
            self._untold += self._window.nothing_moves(part.end)
            ring.nothing_moves(part, any(ref and stay.announced for ref, stay in self._window.stays.items()))
        else:
            seen = SeenPart(part.at, self._look(part), part.broken)
            self._shown = part.clip.images[-1] if len(part.clip.images) else self._shown
            self._looked_at += len(part.clip.times)
            self._untold += self._window.add(seen)
            ring.add(part, seen)
        ring.note_people({ref for ref, stay in self._window.stays.items() if stay.announced})
        self._latency_s = time.monotonic() - part.arrived
        while self._untold:
            self._write(library, ring, self._untold[0])
            del self._untold[0]

    @contextmanager
    def _though_full(self) -> Iterator[None]:
        """A full disk doesn't end watching: the clip at hand is lost, events are written when there is room again."""
        try:
            yield
        except (PVChatError, OSError) as error:
            if not is_disk_full(error):
                raise
            if not self._unsaved:
                self._unsaved = "the disk is full: no clip is kept, and events wait"
                _log.warning("%s: %s", self.address.without_password, self._unsaved)

    def _write(self, library: sqlite3.Connection, ring: Ring, event: events.CameraEvent) -> None:
        """An event, unless she was forgotten meanwhile."""
        if event.ref and event.ref not in self.chat.people.ids():
            return
        clip, second = ring.clip_of_moment(event.at)
        shown = replace(event, clip=clip, second=second)
        number = events.record_event(library, self._source, shown, time.time())
        self._unsaved = ""
        if (row := events.event_of(library, self.chat.people.ids(), number)) is not None:  # else she was just forgotten
            self._on_event(row)

    def _look(self, part: LivePart) -> ClipAnalysis:
        with self.chat.networks.lock:
            seen = analyse_part(part.clip, self.chat.networks.experts, DEPTH)
        trim()
        return seen

    def _fail(self, error: Exception) -> None:
        """What the status says; the words of an error of FFmpeg's may hold the address."""
        words = "the disk is full" if is_disk_full(error) else getattr(error, "strerror", None) or type(error).__name__
        self._failed = str(error) if isinstance(error, PVChatError) else words

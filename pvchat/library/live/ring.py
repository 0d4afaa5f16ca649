"""The clips of a camera: short ones, around events alone; `storage.library.prune` deletes the old ones.

    <home>/library/ring/<camera>/2026-11-29 08.05.00.mp4        the samples, at the times at which they were taken

In: what was seen in each part, and its pictures. Out: files, and rows of the library as those of any video, so that it
answers about them. A clip is made in memory, and sealed where the home is encrypted.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path

from pvchat.library import records
from pvchat.library.live.parts import LivePart
from pvchat.library.live.window import OVERLAP_S, SeenPart, extend
from pvchat.library.recognise import recognise
from pvchat.library.sources import file_stamp
from pvchat.perception.scan import ScanState
from pvchat.schemas import Service, Sound
from pvchat.storage import atomic, private
from pvchat.storage.library import LibraryError, drop_leftovers, ring_of, transaction, watching
from pvchat.video import CLIP_OPTIONS, Encoder, Recorded

LONGEST_S = 60.0  # of a clip; what goes on is in the next
AFTER_S = 3.0  # that a clip goes on after the last body
_LAST = "SELECT path, recorded, seconds FROM files, clips WHERE id = clip AND source = ? ORDER BY id DESC LIMIT 1"


@dataclass
class _Take:
    """A clip in the making."""

    path: Path
    at: float
    data: io.BytesIO
    encoder: Encoder
    parts: list[SeenPart] = field(default_factory=list)
    wanted: bool = False
    last_busy: float = 0.0
    people: set[str] = field(default_factory=set)


class Ring:
    """The clips of one camera of a library, by its number; raises LibraryError where somebody watches it already."""

    def __init__(self, library: sqlite3.Connection, chat: Service, source: int, fps: float) -> None:
        self.library, self.chat, self.source, self.fps = library, chat, source, fps
        self.folder = ring_of(chat.people.root) / str(source)
        atomic.make_private_folder(self.folder.parent)
        atomic.make_private_folder(self.folder)
        self._alone = ExitStack()
        self._alone.enter_context(watching(self.folder))
        drop_leftovers(library, self.folder)
        self._take: _Take | None = None
        self._before: tuple[LivePart, SeenPart] | None = None  # what a clip begins with
        self._last: tuple[LivePart, SeenPart] | None = None

    def add(self, part: LivePart, seen: SeenPart) -> None:
        """The next part that was looked at."""
        self._last = (part, seen)
        before = self._take.parts[-1] if self._take else self._before and self._before[1]
        if before is not None and not -OVERLAP_S <= seen.at - before.end <= AFTER_S:
            self.end()  # something is missing between the two, or the clock was set back
        busy = bool(seen.analysis.tracks or seen.analysis.bodies)
        if self._take is None and busy:
            self._begin(seen.at)
        if self._take is None:
            self._before = (part, seen)
            return
        self._write(self._take, part, seen)
        if busy:
            self._take.last_busy = seen.end
        if seen.end - self._take.last_busy > AFTER_S or seen.end - self._take.at > LONGEST_S:
            self.end()

    def nothing_moves(self, part: LivePart, somebody: bool) -> None:
        """Nothing moves: what was seen last goes on while `somebody` who is known is there; else a clip ends."""
        if somebody and self._last is not None:
            last, seen = self._last
            self.add(replace(last, at=part.at), replace(seen, at=part.at))
        elif self._take is not None and part.end - self._take.last_busy > AFTER_S:
            self.end()

    def clip_of_moment(self, at: float) -> tuple[str, float]:
        """The clip that shows a moment (seconds since 1970), and where in it; none: "", 0. That clip is kept."""
        take = self._take
        if take is None or at < take.at:  # events are told some seconds late: it may be in the clip before
            for path, recorded, seconds in self.library.execute(_LAST, (self.source,)):
                for fold in (0, 1):  # an hour that comes twice, in autumn
                    start = datetime.fromisoformat(recorded).replace(fold=fold).timestamp()
                    if 0 <= at - start <= seconds:
                        return str(path), at - start
        if take is None:
            return "", 0.0
        take.wanted = True
        return str(take.path), max(0.0, at - take.at)

    def note_people(self, refs: set[str]) -> None:
        """Who is there now; the clip in the making is kept."""
        if self._take is not None and refs:
            self._take.wanted = True
            self._take.people |= refs - {""}

    def end(self) -> None:
        """Finish the clip in the making: it is kept where it is about an event, or shows somebody."""
        take, self._take, self._before = self._take, None, None
        if take is None:
            return
        known = set(self.chat.people.ids())
        if not take.wanted or not take.people <= known:  # somebody was forgotten meanwhile
            self._give_up(take)
            return
        try:
            take.encoder.close()
            self._enter(take)
        except BaseException:
            self._give_up(take)
            raise

    def close(self) -> None:
        """Give the clip in the making up; others may watch this camera."""
        take, self._take = self._take, None
        with self._alone:
            if take is not None:
                self._give_up(take)

    def _give_up(self, take: _Take) -> None:
        take.encoder.drop()
        take.path.unlink(missing_ok=True)
        with suppress(LibraryError), transaction(self.library):  # else it is done when watching begins again
            self.library.execute("UPDATE events SET clip = '', second = 0 WHERE clip = ?", (str(take.path),))

    def _begin(self, at: float) -> None:
        start, data = at if self._before is None else self._before[1].at, io.BytesIO()
        stem = datetime.fromtimestamp(start).strftime("%Y-%m-%d %H.%M.%S")
        names = (f"{stem}.mp4" if number == 1 else f"{stem} ({number}).mp4" for number in count(1))
        path = next(path for name in names if not (path := self.folder / name).exists())
        self._take = _Take(path, start, data, Encoder(data, self.fps, CLIP_OPTIONS, start), last_busy=at)
        if self._before is not None:
            self._write(self._take, *self._before)
            self._before = None

    def _write(self, take: _Take, part: LivePart, seen: SeenPart) -> None:
        take.parts.append(seen)
        for time, image in zip(part.clip.times, part.clip.images, strict=True):
            take.encoder.add(image, seen.at + float(time) - take.at)

    def _enter(self, take: _Take) -> None:
        """A finished clip becomes a file, and rows: one transaction."""
        data = take.data.getvalue()
        seen = ScanState(hashlib.sha256(data).hexdigest())
        for part in take.parts:
            extend(seen, part, take.at)
        analysis = seen.analysis()
        if not analysis.tracks:
            self._give_up(take)
            return
        analysis.sound = Sound("none")  # none is recorded
        dated = Recorded(datetime.fromtimestamp(round(take.at, 3)), "name")
        with transaction(self.library):
            clip = records.write_clip(self.library, analysis, dated)
            recognise(self.library, self.chat, clip)
            private.write(take.path, data, self.folder.parent / atomic.SCRATCH)
            row = (str(take.path), self.source, *file_stamp(take.path), clip)
            self.library.execute("INSERT INTO files(path, source, bytes, changed, clip) VALUES (?, ?, ?, ?, ?)", row)

"""`Library`: add folders, look through them, ask about all of them.

    library = chat.library
    library.add(["videos/kitchen"], place="kitchen")
    library.scan()
    library.ask("When was Ana last seen?").answer

It lies beside the people whom it knows; each call opens it for itself, so any number of processes may ask while one
looks through videos.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.library import sources
from pvchat.library.inbox import Inbox
from pvchat.library.live.events import EventLog
from pvchat.library.recognise import follow, follow_decisions
from pvchat.library.records import usable_versions
from pvchat.library.reel import Moment, moments_of
from pvchat.library.scan import Report, Scanning, scan, stamps_of
from pvchat.library.sources import Source
from pvchat.schemas import Progress, Service
from pvchat.storage import atomic
from pvchat.storage import library as storage
from pvchat.storage.library import LibraryBusyError, LibraryError
from pvchat.storage.stores import library_of
from pvchat.video import is_address, read_address

if TYPE_CHECKING:
    from pvchat.library.asking import LibraryAnswer
    from pvchat.library.live.live import Live, Watching

EVERY_S = 5.0  # between two looks at the folders


@dataclass(frozen=True)
class Status:
    """What a library holds."""

    sources: list[Source]  # folders and files that were added
    clips: int  # that were looked at
    seconds: float  # of footage in them
    waiting: int  # files that `scan` will look at
    outdated: int  # clips that an earlier version measured: they are asked about until `scan` measures them anew
    failed: int  # files that can't be used
    tracks: int  # people and figures followed through the clips
    people: int  # enrolled people that are in at least one clip, perhaps or surely
    bytes: int  # on disk


class Library:
    """Many videos, looked through once by `chat`, whose people are recognised.

    By all LibraryError or LockedError is raised: nothing was added yet, it can't be read or written; no key.
    """

    def __init__(self, chat: Service) -> None:
        self.chat = chat
        self.root: Path = chat.people.root

    def add(self, paths: Sequence[str | Path], place: str | None = None) -> list[str]:
        """Add folders and files, to be looked through by `scan`; their absolute paths.

        Subfolders are included; cameras, which `live` watches, are added by their addresses. `place` names where they
        were recorded ("kitchen"); None: as it is. Raises also VideoReadError: an address that can't be added.
        """
        cameras = [read_address(str(path)) for path in paths if is_address(str(path))]
        files = [Path(path) for path in paths if not is_address(str(path))]
        with self._open(make=True) as library:
            added = sources.add(library, files, place)
            for address in cameras:
                sources.add_camera(library, address, place)
        return [*added, *(address.without_password for address in cameras)]

    def live(
        self, camera: str, how: Watching | None = None, place: str | None = None,
        on_event: Callable[[dict[str, Any]], None] = lambda event: None,
    ) -> Live:  # fmt: skip
        """A camera to be watched: call its `start` and `stop`. It is added where it isn't there yet.

        `camera` is an address, a webcam (`/dev/video0`), a file that is being written, or a place, which is called
        `place` from now on, if given. `on_event` is told each event, as JSON. Raises also VideoReadError: no camera.
        """
        from pvchat.library.live.live import Live

        with self._open(make=True) as library:
            address = sources.camera_of(library, camera)
            number = sources.add_camera(library, address, place)
            called = library.execute("SELECT place FROM sources WHERE id = ?", (number,)).fetchone()[0]
        return Live(self.chat, (number, called), address, how, on_event=on_event)

    def cameras(self) -> list[tuple[str, str]]:
        """The cameras that were added: address without password, what the place is called."""
        with self._open() as library:
            return library.execute("SELECT path, place FROM sources WHERE camera IS NOT NULL ORDER BY id").fetchall()

    @cached_property
    def events(self) -> EventLog:
        """What happened before cameras, and who is told of it."""
        return EventLog(self.chat, self._open)

    def scan(self, how: Scanning | None = None) -> Report:
        """Look through what is new or changed, and forget what is gone. Stopped or killed, it goes on when repeated.

        Raises PVChatError: another process is scanning; Ray isn't installed; a worker died: what was finished is kept.
        """
        busy = LibraryBusyError("another process is looking through it.", subject="library", hint="Wait for it.")
        with self._open() as library, atomic.exclusive(storage.file_of(library).with_suffix(".lock"), busy):
            storage.prune(library, self.root, time.time())
            return scan(library, self.chat, how)

    def watch(self, how: Scanning | None = None, every_s: float = EVERY_S) -> Iterator[Report]:
        """`scan` whenever files come, until `how.stop` is set; looks at the folders are `every_s` apart.

        A file that is still being written is let be until its size and date have stayed the same from one look to the
        next, or are older. A report comes of each scan that took something in, lost something, or failed on a file,
        which is tried once. Where another process is looking through it, that is waited for.
        """
        how, before, tried = how or Scanning(), dict[str, sources.Stamp](), dict[str, sources.Stamp]()
        while not how.stop.is_set():
            fresh, gone = self.waiting()
            now, old_ns = stamps_of(fresh), (time.time() - every_s) * 1e9
            quiet = {path for path, stamp in now.items() if stamp == before.get(path) or stamp[1] < old_ns}
            before, written = now, {path for path in quiet if now[path] != tried.get(path)}
            report = Report()
            if gone or written:
                with suppress(LibraryBusyError):
                    report = self.scan(replace(how, ready=written.__contains__))
                    tried |= {path: now[path] for path in written}
            if report.added or report.moved or report.removed or report.failed:
                yield report
            how.stop.wait(every_s)

    def waiting(self) -> tuple[list[str], list[str]]:
        """Files that `scan` would look at, and known ones that are gone."""
        with self._open() as library:
            changes = sources.find_changes(library, usable_versions(self.chat))
        return changes.todo, changes.gone

    def follow(self, progress: Progress | None = None) -> int:
        """Recognise whoever was enrolled, corrected, merged or forgotten since; how many clips were gone through."""
        with self._open() as library:
            return follow(library, self.chat, progress)

    def find_enrolled(self) -> None:
        """Find in all clips whoever was enrolled since: of her who is about to be forgotten no stranger is to stay.

        Where the library can't be read or written now, it keeps her as it knew her.
        """
        with suppress(LibraryError), self._open() as library:
            follow(library, self.chat, wholly=False)

    def drop_traces(self) -> None:
        """Decide without whoever was just forgotten: what her looks took from others' odds goes, from the log, too.

        Where the library can't be read or written now, the next question does it.
        """
        with suppress(LibraryError), self._open() as library:
            follow_decisions(library, self.chat)
            storage.empty_log(library)

    def ask(
        self, question: str, history: Sequence[str] = (), now: datetime | None = None, progress: Progress | None = None
    ) -> LibraryAnswer:
        """Answer a question about all videos: "When was Ana last seen?", "Who was in the kitchen this morning?".

        Args:
            question: in English.
            history: earlier ones, oldest first.
            now: the time by which "yesterday" is meant, local; the clock's if None.
            progress: told how far people who are new are recognised first.

        Raises also SettingsError, PeopleError: it is no question; somebody's files are damaged.
        """
        from pvchat.library.asking import ask  # the reader takes a third of a second to load

        with self._open() as library:
            follow(library, self.chat, progress, wholly=False)
            return ask(library, self.chat, question, history, now or datetime.now())

    def moments(self, name: str, perhaps: bool = False) -> list[Moment]:
        """Every moment at which somebody enrolled is seen, in order of time; `perhaps`: also where she only may be."""
        person = self.chat.people.get(name)
        finding = self.ask(f"In which videos is {person.name}?").finding
        if finding.query.whom.names != (person.name,):
            what = "this name can't be told from other words of a question."
            raise LibraryError(what, subject=person.name, hint="Rename the person: pvchat people rename")
        return [one for one in moments_of(finding) if one.sure or perhaps]

    @property
    def inbox(self) -> Inbox:
        """People whom nobody enrolled and who are seen again and again: to be named, ignored, merged, split."""
        return Inbox(self._open, self.chat)

    def remove(self, path: str | Path) -> None:
        """Take a folder or file, and all that was seen in it, out."""
        with self._open() as library:
            sources.remove(library, str(path))

    def erase(self) -> None:
        """Delete the whole library; the videos stay."""
        shutil.rmtree(folder := library_of(self.root).parent, ignore_errors=True)
        if folder.exists():
            hint = "See that you may write there, and that nobody uses it; then repeat this."
            raise LibraryError("not all of the library could be deleted.", subject=str(folder), hint=hint)

    def holds(self, path: str | Path) -> bool:
        """Whether a file was looked through."""
        with self._open() as library:
            words = "SELECT 1 FROM files WHERE path = ? AND clip IS NOT NULL"
            return library.execute(words, (str(path),)).fetchone() is not None

    def file_of(self, clip: int) -> str:
        """Path of a video, by the number that answers give it; raises LibraryError where there is none."""
        with self._open() as library:
            paths = [row[0] for row in library.execute("SELECT path FROM files WHERE clip = ? ORDER BY path", (clip,))]
        if not paths:
            raise LibraryError("this video isn't in the library any more.", hint="Ask again.")
        return str(next((one for one in paths if Path(one).exists()), paths[0]))

    def status(self) -> Status:
        """What it holds, with new files noticed; of cameras, what is too old goes."""
        with self._open() as library:
            storage.prune(library, self.root, time.time())
            changes = sources.find_changes(library, usable_versions(self.chat))
            found = sources.sources(library, changes.passed)
            clips, seconds, tracks, people = library.execute(
                "SELECT count(*), round(coalesce(sum(seconds), 0.0), 2), (SELECT count(*) FROM tracks), "
                "(SELECT count(DISTINCT who) FROM appearances WHERE who > 0) FROM clips"
            ).fetchone()
        size = sum(path.stat().st_size for path in library_of(self.root).parent.rglob("*") if path.is_file())
        waiting, failed = sum(one.waiting for one in found), sum(len(one.failed) for one in found)
        outdated = sum(one.outdated for one in found)
        return Status(found, clips, seconds, waiting, outdated, failed, tracks, people, size)

    @contextmanager
    def _open(self, make: bool = False) -> Iterator[sqlite3.Connection]:
        if not make and not storage.exists(self.root):
            hint = "Add a folder of videos: pvchat library add FOLDER; or a camera: pvchat library add ADDRESS"
            raise LibraryError("there is no library yet.", hint=hint)
        with storage.opened(self.root) as library:
            yield library

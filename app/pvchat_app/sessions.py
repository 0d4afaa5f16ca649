"""Browser sessions: what each one uploaded, asked and was shown. Sessions are separate; nothing outlives its session.

In: Gradio's name of a session, uploaded files. Out: `Session` objects with clips, turns and links. A file is reached
only by its link of 256 random bits (`/files/<token>`), and only as long as its session lives.

    $PVCHAT_HOME/tmp/app-<random>/       one server
      uploads/<random>/                  one upload each (`uploads.py`), linked from here
      <random>/                          one session: its clips, frames, exports
      jobs/<random>/                     one deep enrollment: its clip
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from pvchat.errors import SettingsError, VideoReadError
from pvchat.storage import atomic, temporary
from pvchat_app.conversation import History, SessionClip, Turn

if TYPE_CHECKING:
    import gradio as gr

IDLE_S = 6 * 3600.0  # a session that nobody has used for so long is ended
UNUSED_S = 3600.0  # an upload that no session took, and Gradio's empty files, are deleted at this age
MAX_CLIPS = 20  # a session keeps its last clips
SERVER_FOLDER = "app-"
LINKS = "/files"


@dataclass(frozen=True)
class FileLink:
    """A file that a session may show: where it lies, its media type, its name when it is saved ("": shown inline)."""

    path: Path
    media: str
    download: str = ""


class Session:
    """One browser session."""

    def __init__(self, folder: Path, owner: Sessions) -> None:
        self.folder, self._owner = folder, owner
        self.clips: list[SessionClip] = []  # uploaded on the Chat tab, oldest first; questions are about the last one
        self.enrolling: SessionClip | None = None  # the clip on the enroll tab
        self.turns: list[Turn] = []  # the conversation
        self.library_questions: list[str] = []  # earlier questions about the library, oldest first
        self.pick = 1  # the subject picked on the enroll tab, from 1
        self.deleted_clip = ""  # name of the clip that was asked about until somebody in it was forgotten
        self.used = time.monotonic()
        # Held while clips, turns or links change: several events of one page run at once, and forgetting somebody
        # changes the sessions of all pages
        self.lock = threading.RLock()
        self._links: dict[str, FileLink] = {}
        self._claimed: dict[Path, Path] = {}  # where a claimed file lies now: the upload that it was

    @property
    def clip(self) -> SessionClip | None:
        """The clip that questions are about, or None."""
        return next(reversed(self.clips), None)

    def ensure_folder(self) -> Path:
        """The session's folder, made when it is needed: made-up session names must not make folders."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        return self.folder

    def claim(self, upload: str | Path) -> Path:
        """Take an upload into the session's folder; returns its path there. Raises VideoReadError if it isn't one."""
        source = Path(upload)
        try:
            path = self.ensure_folder() / secrets.token_hex(8) / (source.name[-120:] or "clip")
            path.parent.mkdir(mode=0o700)
            if not self._owner.is_upload(source):
                raise OSError("not an upload")
            _link(source, path)
        except OSError as error:
            why = "the upload didn't arrive whole."
            raise VideoReadError(why, subject=source.name, hint="Upload it again.") from error
        self._claimed[path] = source
        return path

    def second_copy(self, clip: SessionClip) -> SessionClip:
        """Copy a clip of this session into another folder, to enroll from it while questions are asked about it."""
        path = self.ensure_folder() / secrets.token_hex(8) / clip.path.name
        path.parent.mkdir(mode=0o700)
        _link(clip.path, path)
        url = clip.url if clip.copied else self.link(path, clip.media_type)
        return replace(clip, path=path, url=url, frames=[], address=secrets.token_hex(4))

    def upload_of(self, clip: SessionClip) -> Path:
        """The upload that became this clip; the clip's own path after it was removed."""
        return self._claimed.get(clip.path, clip.path)

    def link(self, path: Path, media: str, download: str = "") -> str:
        """The session's link to a file of this media type; `download`: the name to save it by, "" to show it."""
        link = FileLink(path, media, download)
        with self.lock:
            token = next((token for token, held in self._links.items() if held == link), None)
            token = token or secrets.token_urlsafe(32)
            self._links[token] = link
        return f"{LINKS}/{token}"

    def drop(self, clip: SessionClip) -> None:
        """Delete a clip and all files made of it; answers about it stay, without pictures."""
        _remove(clip.path.parent)
        clip.frames = []
        with self.lock:
            for turn in self.turns:
                if turn.clip is clip:
                    turn.clip, turn.pictures = None, []
            self._drop_dead_links()

    def prune(self) -> None:
        """Drop clips and links whose files were deleted because they showed somebody who is forgotten."""
        with self.lock:
            last, enrolling = self.clip, self.enrolling
            self.clips = [clip for clip in self.clips if clip.path.exists()]
            if last is not None and last not in self.clips:
                self.deleted_clip = last.name
            if enrolling is not None and not enrolling.path.exists() and self.enrolling is enrolling:
                self.enrolling, self.pick = None, 1
            self._drop_dead_links()

    def keep(self, clip: SessionClip) -> None:
        """Add a clip; questions are about this one from now on."""
        with self.lock:
            self.clips.append(clip)
            self.deleted_clip = ""
            for turn in self.turns:
                if not turn.source:  # it was asked when there was no clip
                    turn.ask_about(clip)
            while len(self.clips) > MAX_CLIPS:
                self.drop(self.clips.pop(0))

    def open(self, address: str) -> bool:
        """Let questions be about the clip with this address again; False if there is none."""
        with self.lock:
            self.clips = sorted(self.clips, key=lambda clip: clip.address == address)
        return self.clip is not None and self.clip.address == address

    def remove(self, clip: SessionClip) -> None:
        """Delete a clip with its upload."""
        with self.lock:
            self.clips = [kept for kept in self.clips if kept is not clip]
        self.drop(clip)
        source = self._claimed.pop(clip.path, None)
        if source is not None:
            self._owner.discard(source)

    def taken(self) -> set[Path]:
        """The uploads that were taken; copied, as the page may add to them meanwhile."""
        return set(list(self._claimed.values()))

    def all_clips(self) -> list[SessionClip]:
        """All clips, the one on the enroll tab included."""
        return [clip for clip in (*self.clips, self.enrolling) if clip is not None]

    def history(self, clip: SessionClip, before: Turn | None = None) -> History:
        """Questions about a clip with their answers, oldest first; of a turn (`before`) only those before it."""
        turns = self.turns
        turns = turns[: turns.index(before)] if before in turns else turns
        answers = [(turn.question, turn.answer) for turn in turns if turn.clip is clip]
        return [(question, answer.answer) for question, answer in answers if answer is not None]

    def _drop_dead_links(self) -> None:
        self._links = {token: link for token, link in self._links.items() if link.path.exists()}


class Sessions:
    """All sessions of one server, and its private folder; raises SettingsError where that can't be written."""

    def __init__(self) -> None:
        self.root = temporary.root() / f"{SERVER_FOLDER}{secrets.token_hex(8)}"
        self._alive = filelock.FileLock(str(self.root.with_suffix(".lock")), timeout=0)
        self.uploads = self.root / "uploads"
        try:
            temporary.sweep()
            atomic.make_private_folder(self.root.parent)
            self._alive.acquire()
            atomic.make_private_folder(self.uploads)
        except OSError as error:
            what = f"no temporary folder can be made there ({error.strerror or error})."
            hint = "Set PVCHAT_HOME to a folder that can be written, or PVCHAT_TMP to one for temporary files."
            raise SettingsError(what, subject=str(self.root.parent), hint=hint) from error
        self._open: dict[str, Session] = {}
        self._lock = threading.Lock()

    def of_request(self, request: gr.Request) -> Session:
        """The session that an event of the page comes from."""
        return self.of(request.session_hash or "")

    def of(self, name: str) -> Session:
        """The session of that name, opened when it is new."""
        with self._lock:
            session = self._open.get(name)
            if session is None:
                session = self._open[name] = Session(self.root / secrets.token_hex(16), self)
            session.used = time.monotonic()
            return session

    def resume(self, before: str, name: str) -> bool:
        """Rename the session `before`, whose page was reloaded; False if there is nothing to go on with."""
        with self._lock:
            fresh = self._open.get(name)
            if before == name or before not in self._open or (fresh and (fresh.clips or fresh.turns)):
                return False
            self._open[name] = session = self._open.pop(before)
            session.used = time.monotonic()
        if fresh:
            _remove(fresh.folder)
        return True

    def end(self, name: str) -> None:
        """Delete all that a session had."""
        with self._lock:
            session = self._open.pop(name, None)
            if session is None:
                return
            kept = self._taken()
        for path in session.taken() - kept:
            self._delete(path)
        _remove(session.folder)

    def is_upload(self, path: str | Path) -> bool:
        """Whether a path that a browser sent is one of the uploaded files."""
        return self._folder_of(path) is not None and Path(path).is_file() and not Path(path).is_symlink()

    def discard(self, upload: str | Path) -> None:
        """Delete an upload unless a session has it."""
        path = Path(upload)
        with self._lock:
            claimed = path in self._taken()
        if not claimed:
            self._delete(path)

    def _taken(self) -> set[Path]:
        """The uploads that sessions have taken."""
        return {path for session in self._open.values() for path in session.taken()}

    def _folder_of(self, upload: str | Path) -> Path | None:
        """The folder of one upload alone (`uploads.py`)."""
        root, path = self.uploads.resolve(), Path(upload).resolve()
        inner = path.relative_to(root).parts if path.is_relative_to(root) else ()
        return root / inner[0] if len(inner) > 1 else None

    def _delete(self, upload: Path) -> None:
        if folder := self._folder_of(upload):
            _remove(folder)

    def end_idle(self, limit_s: float = IDLE_S) -> int:
        """End the sessions that nobody used for so long; returns how many.

        Also deletes uploads that were never used: the page was closed, or the client died, before it sent its call.
        """
        now = time.monotonic()
        with self._lock:
            idle = [name for name, session in self._open.items() if now - session.used > limit_s]
        for name in idle:
            self.end(name)
        with self._lock:
            used = set(map(self._folder_of, self._taken()))
        for path in self.uploads.iterdir():
            with suppress(OSError):
                files = [path, *path.rglob("*")]
                # `abs`: where the clock was set back, files are from the future
                if path in used or abs(time.time() - max(file.stat().st_mtime for file in files)) < UNUSED_S:
                    continue
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                elif path.stat().st_size == 0:  # Gradio makes one for every upload it hands on
                    path.unlink()
        return len(idle)

    def find(self, token: str) -> FileLink | None:
        """The file behind a link of any living session."""
        link = next((link for session in self.all() if (link := session._links.get(token))), None)
        return link if link and link.path.is_file() else None

    def all(self) -> list[Session]:
        """Every living session."""
        with self._lock:
            return list(self._open.values())

    def clips(self) -> Iterator[SessionClip]:
        """Every clip of every living session."""
        for session in self.all():
            yield from session.all_clips()

    def close(self) -> None:
        """Delete everything: the server stops."""
        with self._lock:
            self._open.clear()
        shutil.rmtree(self.root, ignore_errors=True)
        self._alive.release()
        Path(self._alive.lock_file).unlink(missing_ok=True)

    def __contains__(self, name: str) -> bool:
        return name in self._open


def _remove(folder: Path) -> None:
    with suppress(OSError):
        temporary.remove(folder)


def _link(source: Path, path: Path) -> None:
    """Make a hard link; a copy where the file system has no links."""
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)

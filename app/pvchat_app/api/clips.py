"""Clips uploaded by the API: stored beside the page's uploads, with the same limits.

In: the body of a request. Out: a name of 128 random bits, which only the token that uploaded it may use. A clip is
deleted an hour after its last use, when somebody whom it shows is forgotten, and when the server stops.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import ClientDisconnect

from pvchat import video
from pvchat.storage import temporary
from pvchat_app.api.gate import RefusedError
from pvchat_app.api.models import ClipRow
from pvchat_app.backend import Backend
from pvchat_app.conversation import keys_of

MAX_CLIPS = 20  # of a token; the oldest goes


@dataclass(frozen=True)
class _Clip:
    path: Path
    owner: str
    key: str


class Clips:
    """The clips that API clients have uploaded."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._clips: dict[str, _Clip] = {}
        self._lock = threading.Lock()

    async def write(self, body: AsyncIterator[bytes], most: int) -> Path:
        """Write a body to a file; raises RefusedError if it is longer than `most` or broke off; OSError: disk full."""
        folder = self.backend.sessions.uploads / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        try:
            with (folder / "clip").open("xb") as file:
                async for piece in body:
                    if file.tell() + len(piece) > most:
                        raise RefusedError(413, f"a clip has at most {most:,} bytes.", hint="Cut it.")
                    file.write(piece)
        except BaseException as error:  # it broke off, too
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, ClientDisconnect):
                raise RefusedError(400, "the upload broke off.") from error  # nobody hears it, and nothing is logged
            raise
        return folder / "clip"

    def take(self, path: Path, owner: str) -> ClipRow:
        """Name a file of `write` for a token's id; raises VideoReadError, and deletes the file, if it can't be used."""
        try:
            probe = video.probe(path, self.backend.engine.chat.settings.video)
            key = video.content_key(path)
        except BaseException:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        name = secrets.token_hex(16)
        self._tidy()
        with self._lock:
            self._clips[name] = _Clip(path, owner, key)
            mine = [other for other, clip in self._clips.items() if clip.owner == owner]
        for other in mine[:-MAX_CLIPS]:
            with suppress(RefusedError):  # it has just gone
                self.remove(other, owner)
        return ClipRow(
            clip=name, kind=probe.kind, seconds=round(probe.duration_s, 3), width=probe.width, height=probe.height
        )

    def find(self, name: str, owner: str) -> Path:
        """The path of a clip; raises RefusedError if this token has no such clip."""
        self._tidy()
        clip = self._clips.get(name)
        if clip is None or clip.owner != owner:
            raise RefusedError(
                404, "there is no such clip.", subject=name, hint="Upload it (again): POST /api/v1/clips"
            )
        with suppress(OSError):
            os.utime(clip.path)  # it is used
        return clip.path

    def remove(self, name: str, owner: str) -> None:
        """Delete a clip and its analysis; raises RefusedError if this token has no such clip."""
        shutil.rmtree(self.find(name, owner).parent, ignore_errors=True)
        self._tidy()

    def mark(self, path: Path, ids: Iterable[str]) -> None:
        """Mark an uploaded clip as showing these people: it is deleted when one of them is forgotten."""
        if self.backend.sessions.is_upload(path):
            temporary.mark(path.parent, ids)

    def _tidy(self) -> None:
        """Drop clips whose files are gone, and their analyses unless somebody else has the same clip."""
        with self._lock:
            gone = {name: clip for name, clip in self._clips.items() if not clip.path.is_file()}
            for name in gone:
                del self._clips[name]
            kept = {clip.key for clip in self._clips.values()} | keys_of(self.backend.sessions.clips())
        for key in {clip.key for clip in gone.values()} - kept:
            self.backend.engine.chat.forget_clip(key)

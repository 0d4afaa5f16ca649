"""One file with everything that a home knows: people, the library (with its cameras and their clips), tokens.

    key.json         the home's key, wrapped by its passphrase (`keys.py`); none of a plain home
    people/…, library/library.db, library/ring/…, tokens/tokens.json
    manifest.json    format, version, date; SHA-256 of each of these

Files are copied as they lie: of an encrypted home they are sealed, the manifest too, and open with its passphrase; of
a plain one they are plain. `restore` checks every byte in a folder of its own before it moves anything into an empty
home. No name in a zip is used as a path unless it is one of those above.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import struct
import uuid
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pvchat import __version__
from pvchat.config import home
from pvchat.errors import DiskFullError, LockedError, PVChatError, is_disk_full
from pvchat.storage import atomic, database, keys, library, temporary
from pvchat.storage.clips import ClipCache
from pvchat.storage.stores import RING, TOKENS, files, library_of

SUFFIX = ".pvbackup"
_ALLOWED = re.compile(
    r"people/[0-9a-f]{32}(\.[1-9][0-9]{0,8})?/(config\.json|person\.safetensors|thumbnail\.jpg)|tokens/tokens\.json"
    r"|key\.json|library/library\.db|library/ring/\d+/\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d( \(\d+\))?\.mp4",
    re.ASCII,
)
_LIBRARY, _MANIFEST = "library/library.db", "manifest.json"
_PLACES = (keys.FILE, "library", TOKENS, "people")  # in the order in which they are put back: with people it is done
_FORMAT, _WAIT_S = 3, 60.0
_ELSEWHERE = "Restore into an empty home (PVCHAT_HOME)."
_DAMAGE = (  # what a file raises that isn't a whole backup; RuntimeError: its zip is encrypted
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError,
    ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError,
)  # fmt: skip


class BackupError(PVChatError):
    """A backup can't be made, or can't be put back."""


@dataclass
class BackupManifest:
    """What is in a backup."""

    files: dict[str, str] = field(default_factory=dict)  # name -> its SHA-256
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))  # when, ISO 8601
    version: str = __version__  # of the PVChat that made it

    @property
    def people(self) -> int:
        """How many people are in it."""
        return sum(name.endswith("/config.json") for name in self.files)


def backup(path: Path) -> tuple[Path, BackupManifest]:
    """Write a backup of this home, which may be in use: a new file, or one with the date in its name in a folder.

    Raises BackupError: the file exists, another process holds the people for a minute, something can't be read, or this
    home is encrypted in part; LockedError: no key to read this home; OSError: disk full, no permission.
    """
    path = path.expanduser().absolute()
    path = path / f"pvchat-{datetime.now():%Y-%m-%d-%H%M%S}{SUFFIX}" if path.is_dir() else path
    if path.exists() or not path.parent.is_dir():
        what = "is there already." if path.exists() else "its folder doesn't exist."
        raise BackupError(what, subject=str(path), hint="Choose another path, or a folder.")
    scratch = path.with_name(f".{uuid.uuid4().hex}{SUFFIX}")
    scratch.mkdir(mode=atomic.FOLDER_MODE)
    try:
        atomic.write_new(scratch / "draft", b"", durable=False)
        with (scratch / "draft").open("r+b") as file:
            manifest = _write(file, scratch)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch / "draft", path)
        atomic.sync_folder(path.parent)
    except OSError as error:
        if is_disk_full(error):
            what, hint = "the backup can't be written: the disk is full.", "Make room on it, or choose another disk."
            raise DiskFullError(what, subject=str(path), hint=hint) from error
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return path, manifest


def restore(path: Path) -> BackupManifest:
    """Put a backup, which may come from anyone, into a home without people; whatever else is there is replaced.

    Library and tokens go, too, where the backup has none; cached clips go where it is encrypted. Cut off, it can be
    repeated. Raises BackupError: it isn't a whole backup, there are people here, or a key of another home; LockedError:
    `$PVCHAT_KEY` isn't the passphrase of the home that it was made of; OSError: disk full, no permission.
    """
    busy = BackupError("another process puts a backup back.", subject=str(home()), hint="Wait for it.")
    with temporary.working_folder(temporary.restoring(), busy) as draft:
        _require_empty()
        manifest = _unpack(path, draft)
        kept, brought = (place.read_bytes() if place.exists() else b"" for place in (keys.path(), draft / keys.FILE))
        if kept not in (b"", brought):
            raise BackupError("this home is encrypted with a key of its own.", subject=str(home()), hint=_ELSEWHERE)
        _require_empty()  # nobody was enrolled meanwhile
        for name in _PLACES:
            atomic.remove(home() / name)
            if (draft / name).exists():
                os.rename(draft / name, home() / name)
            if brought and name == keys.FILE:
                ClipCache().purge()  # what was seen here before lies in the open
        atomic.sync_folder(home())
    return manifest


def _require_empty() -> None:
    if any((home() / "people").glob("*/config.json")):
        raise BackupError("there are people in this home already.", subject=str(home()), hint=_ELSEWHERE)


# -- writing ----------------------------------------------------------------------------------------------------------


def _write(file: IO[bytes], scratch: Path) -> BackupManifest:
    key, people = keys.current(), home() / "people"
    if key is not None and key.mixed:  # some of it would lie in the open in a backup that is taken for sealed
        hint = "Run pvchat encrypt first, or pvchat decrypt."
        raise BackupError("this home is encrypted only in part.", subject=str(home()), hint=hint)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive, ExitStack() as lock:
        if people.is_dir():
            busy = BackupError("another process changes the people.", hint="Try again.")
            lock.enter_context(atomic.exclusive(atomic.folder_lock(people, _WAIT_S), busy))
        manifest = BackupManifest()

        def add(path: Path, name: str) -> None:
            data = path.read_bytes()
            manifest.files[name] = hashlib.sha256(data).hexdigest()
            archive.writestr(name, data)

        def add_files(*folders: Path) -> None:
            for path in (file for folder in folders for file in files(folder)):
                if _ALLOWED.fullmatch(name := path.relative_to(home()).as_posix()):
                    with suppress(FileNotFoundError):  # a clip that became too old just now
                        add(path, name)

        def add_people() -> None:
            """While nobody is enrolled or forgotten; the library's moment is fixed then, too."""
            add_files(people, home() / TOKENS)
            lock.close()

        if key is not None:
            add(keys.path(), keys.FILE)
        if library_of(people).exists():
            _copy_library(people, scratch / "library.db", add_people)
            manifest.files[_LIBRARY] = atomic.sha256_of(scratch / "library.db")
            archive.write(scratch / "library.db", _LIBRARY)  # piece by piece: it may be larger than the memory
            add_files(home() / RING)
        else:
            add_people()
        if keys.current() != key:
            raise BackupError("this home was just encrypted or decrypted.", subject=str(home()), hint="Try again.")
        row = json.dumps({"format": _FORMAT, **vars(manifest)}).encode()
        archive.writestr(_MANIFEST, row if key is None else keys.seal(key.secret, row))
    return manifest


def _copy_library(people: Path, copy: Path, on_snapshot: Callable[[], None]) -> None:
    try:
        library.export(people, copy, on_snapshot)
    except database.errors() as error:
        if "disk is full" in str(error):
            raise OSError(errno.ENOSPC, str(error)) from error
        raise BackupError(f"the library can't be copied ({error}).", subject=str(people)) from error


# -- reading ----------------------------------------------------------------------------------------------------------


def _unpack(path: Path, draft: Path) -> BackupManifest:
    """All of a backup, checked, in a folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries, names = archive.infolist(), archive.namelist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ValueError("its members are packed")
            if sum(entry.file_size for entry in entries) > path.stat().st_size:
                raise ValueError("it lists more than it holds")  # members that lie in each other
            secret = _secret(archive, path) if keys.FILE in names else None
            manifest = _manifest(archive.read(_MANIFEST), secret)
            if sorted(names) != sorted([*manifest.files, _MANIFEST]):
                raise ValueError("it holds other files than it lists")
            for name, digest in manifest.files.items():
                if _unpack_one(archive, name, draft / name) != digest:
                    raise ValueError(f"{name} is damaged")
        if _LIBRARY in manifest.files:
            library.require_whole(draft / _LIBRARY, secret)
        return manifest
    except FileNotFoundError as error:
        raise BackupError("there is no such file.", subject=str(path)) from error
    except (*_DAMAGE, database.errors()) as error:
        reason = ascii(str(error))[1:-1][:120] or type(error).__name__
        hint = "Nothing was changed. Take another backup."
        raise BackupError(f"this is not a whole backup ({reason}).", subject=str(path), hint=hint) from error


def _secret(archive: zipfile.ZipFile, path: Path) -> bytes:
    """The key of a sealed backup."""
    if (secret := keys.unwrap(json.loads(archive.read(keys.FILE)))) is None:
        hint = f"Set {keys.VARIABLE} to the passphrase of the home that it was made of."
        raise LockedError("this backup is encrypted.", subject=str(path), hint=hint)
    return secret


def _manifest(data: bytes, secret: bytes | None) -> BackupManifest:
    row = json.loads(data if secret is None else keys.unseal(secret, data))
    if row.pop("format") != _FORMAT:
        hint = (
            "Nothing was changed. Update PVChat; or restore it with that version, and back that home up with this one."
        )
        raise BackupError("another version of PVChat made this backup, in a format of its own.", hint=hint)
    listed = {name: str(digest) for name, digest in row.pop("files").items()}
    made = BackupManifest(files=listed, **{name: str(value) for name, value in row.items()})
    if odd := [name for name in made.files if not _ALLOWED.fullmatch(name)]:
        raise ValueError(f"it holds {odd[0]}")
    return made


def _unpack_one(archive: zipfile.ZipFile, name: str, path: Path) -> str:
    """Write one member to a path; its SHA-256."""
    atomic.make_private_folder(path.parent)
    atomic.write_new(path, b"", durable=False)  # for its owner only
    with archive.open(name) as member, path.open("wb") as file:
        shutil.copyfileobj(member, file)
        file.flush()
        os.fsync(file.fileno())
    return atomic.sha256_of(path)

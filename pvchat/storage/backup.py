"""One file with everything that a home knows: people, the library (with its cameras and their clips), tokens.

    key.json         the file's own key, wrapped by the passphrase, as the home's is (`keys.py`); none in a plain one
    people/…, library/library.db, library/ring/…, tokens/tokens.json
    manifest.json    format, version, date; SHA-256 of each of these

Below a passphrase every member is sealed, but for the library, which is encrypted by a key in the manifest. `restore`
checks every byte in a folder of its own, which takes the home's place then (`stores.replacing_home`). No name in a zip
is used as a path unless it is one of those above.
"""

from __future__ import annotations

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
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pvchat import __version__
from pvchat.config import home
from pvchat.errors import LockedError, PVChatError, SettingsError
from pvchat.storage import atomic, database, keys, library, private
from pvchat.storage.stores import RING, TOKENS, files, finish_restore, library_of, replacing_home

VARIABLE = "PVCHAT_BACKUP_KEY"
SUFFIX = ".pvbackup"
_ALLOWED = re.compile(
    r"people/[0-9a-f]{32}(\.[1-9]\d{0,8})?/(config\.json|person\.safetensors|thumbnail\.jpg)|tokens/tokens\.json"
    r"|library/ring/\d+/\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d( \(\d+\))?\.mp4"
)
_LIBRARY, _MANIFEST, _KEY, _CONFIG = "library/library.db", "manifest.json", "key.json", "config.json"
_FORMAT, _WAIT_S = 2, 60.0
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
    library_key: str = ""  # what the copy of the library is encrypted with, hexadecimal; "" where it is plain
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))  # when, ISO 8601
    version: str = __version__  # of the PVChat that made it

    @property
    def people(self) -> int:
        """How many people are in it."""
        return sum(name.endswith("/config.json") for name in self.files)


def backup(path: Path, passphrase: str = "") -> tuple[Path, BackupManifest]:
    """Write a backup of this home, which may be in use: a new file, or one with the date in its name in a folder.

    A passphrase seals it; an encrypted home has none without.

    Raises:
        BackupError: the file exists, another process holds the people for a minute, or something can't be read.
        SettingsError, LockedError: the passphrase is too short or missing; no key to read this home.
        OSError: disk full, no permission.
    """
    path = path.expanduser().absolute()
    path = path / f"pvchat-{datetime.now():%Y-%m-%d-%H%M%S}{SUFFIX}" if path.is_dir() else path
    if path.exists():
        raise BackupError("is there already.", subject=str(path), hint="Choose another path, or a folder.")
    if keys.exists() and not passphrase:
        hint = f"Set {VARIABLE}; what was sealed here would lie open in the backup."
        raise SettingsError("a backup of an encrypted home needs a passphrase.", subject=VARIABLE, hint=hint)
    scratch = path.with_name(f".{uuid.uuid4().hex}{SUFFIX}")
    scratch.mkdir(mode=atomic.FOLDER_MODE)
    try:
        atomic.write_new(scratch / "draft", b"", durable=False)
        with (scratch / "draft").open("r+b") as file:
            manifest = _write(file, scratch, passphrase)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch / "draft", path)
        atomic.sync_folder(path.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return path, manifest


def restore(path: Path, passphrase: str = "", force: bool = False) -> BackupManifest:
    """Put a backup, which may come from anyone, in the place of what this home knows.

    `passphrase`: that it was sealed with. `force`: also where there are people or a library here: they are gone then.

    Raises BackupError: it isn't a whole backup, or there are people or a library here already; LockedError: the
    passphrase is missing or wrong.
    """
    finish_restore()
    people, tokens = home() / "people", home() / TOKENS
    kept = {
        "people": any(people.glob(f"*/{_CONFIG}")), "a library": library_of(people).exists(), "tokens": tokens.exists(),
    }  # fmt: skip
    if not force and (there := [name for name, holds in kept.items() if holds]):
        hint = "Restore into an empty home (PVCHAT_HOME), or use --force: what is here is gone then."
        raise BackupError(f"this home has {' and '.join(there)} already.", subject=str(home()), hint=hint)
    with replacing_home() as draft:
        return _unpack(path, draft, passphrase)


# -- writing ----------------------------------------------------------------------------------------------------------


def _write(file: IO[bytes], scratch: Path, passphrase: str) -> BackupManifest:
    secret = os.urandom(32) if passphrase else None
    people = home() / "people"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive, ExitStack() as lock:
        if secret is not None:
            archive.writestr(_KEY, json.dumps(keys.wrapped(secret, passphrase) | {"backup": _FORMAT}))
        if people.is_dir():
            busy = BackupError("another process changes the people.", hint="Try again.")
            lock.enter_context(atomic.exclusive(atomic.folder_lock(people, _WAIT_S), busy))
        writer = _Writer(archive, secret)

        def add_people() -> None:
            """While nobody is enrolled or forgotten; the library's moment is fixed then, too."""
            writer.add_files(people, home() / TOKENS)
            lock.close()

        if library_of(people).exists():
            writer.add_library(people, scratch / "library.db", add_people)
            writer.add_files(home() / RING)
        else:
            add_people()
        writer.add(_MANIFEST, json.dumps({"format": _FORMAT, **vars(writer.manifest)}).encode())
    return writer.manifest


@dataclass
class _Writer:
    """A backup that is being written; its members are sealed where there is a secret."""

    archive: zipfile.ZipFile
    secret: bytes | None
    manifest: BackupManifest = field(default_factory=BackupManifest)

    def add(self, name: str, data: bytes) -> str:
        """Write a member; its SHA-256."""
        self.archive.writestr(name, data if self.secret is None else keys.seal(self.secret, data, name.encode()))
        return hashlib.sha256(data).hexdigest()

    def add_files(self, *folders: Path) -> None:
        for path in (file for folder in folders for file in files(folder)):
            if _ALLOWED.fullmatch(name := path.relative_to(home()).as_posix()):
                try:
                    self.manifest.files[name] = self.add(name, private.read(path))
                except FileNotFoundError:
                    continue  # a clip that became too old just now
                except ValueError as error:
                    hint = "Put it back from an earlier backup, or delete it."
                    raise BackupError(f"it can't be read ({error}).", subject=str(path), hint=hint) from error

    def add_library(self, people: Path, copy: Path, on_snapshot: Callable[[], None]) -> None:
        """Add a copy of the library's file, encrypted by a key of its own; `on_snapshot` as of `database.export`."""
        key = None if self.secret is None else os.urandom(32)
        with closing(library.connect(people)) as source:
            try:
                database.export(source, copy, key, on_snapshot)
            except database.errors() as error:
                what = f"the library can't be copied ({error})."
                raise BackupError(what, subject=str(people), hint="Look whether the disk is full.") from error
        self.archive.write(copy, _LIBRARY)
        self.manifest.files[_LIBRARY] = atomic.sha256_of(copy)
        self.manifest.library_key = "" if key is None else key.hex()


# -- reading ----------------------------------------------------------------------------------------------------------


def _unpack(path: Path, draft: Path, passphrase: str) -> BackupManifest:
    """All of a backup, checked, in a folder, written as this home writes its files."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries, names = archive.infolist(), archive.namelist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ValueError("its members are packed")
            if sum(entry.file_size for entry in entries) > path.stat().st_size:
                raise ValueError("it lists more than it holds")  # members that lie in each other
            secret = _secret(archive, passphrase) if _KEY in names else None
            manifest = _manifest(_opened(archive, _MANIFEST, secret))
            if sorted(names) != sorted([*manifest.files, _MANIFEST, *([_KEY] if secret else [])]):
                raise ValueError("it holds other files than it lists")
            for name, digest in manifest.files.items():
                if _unpack_one(archive, name, secret, draft / name) != digest:
                    raise ValueError(f"{name} is damaged")
        if _LIBRARY in manifest.files:
            library.adopt(draft / _LIBRARY, bytes.fromhex(manifest.library_key) or None)
        return manifest
    except FileNotFoundError as error:
        raise BackupError("there is no such file.", subject=str(path)) from error
    except (*_DAMAGE, database.errors()) as error:
        reason = ascii(str(error))[1:-1][:120] or type(error).__name__
        hint = "Nothing was changed. Take another backup."
        raise BackupError(f"this is not a whole backup ({reason}).", subject=str(path), hint=hint) from error


def _manifest(data: bytes) -> BackupManifest:
    row = json.loads(data)
    _require_form(row.pop("format"))
    listed = {name: str(digest) for name, digest in row.pop("files").items()}
    made = BackupManifest(files=listed, **{name: str(value) for name, value in row.items()})
    if odd := [name for name in made.files if name != _LIBRARY and not _ALLOWED.fullmatch(name)]:
        raise ValueError(f"it holds {odd[0]}")
    return made


def _unpack_one(archive: zipfile.ZipFile, name: str, secret: bytes | None, path: Path) -> str:
    """Write one member to a path; its SHA-256."""
    atomic.make_private_folder(path.parent)
    if name == _LIBRARY:
        with archive.open(name) as member, path.open("xb") as file:
            path.chmod(atomic.FILE_MODE)
            shutil.copyfileobj(member, file)
        return atomic.sha256_of(path)
    data = _opened(archive, name, secret)
    atomic.write_new(path, private.sealed(data))
    return hashlib.sha256(data).hexdigest()


def _opened(archive: zipfile.ZipFile, name: str, secret: bytes | None) -> bytes:
    data = archive.read(name)
    return data if secret is None else keys.unseal(secret, data, name.encode())


def _secret(archive: zipfile.ZipFile, passphrase: str) -> bytes:
    from cryptography.exceptions import InvalidTag

    row = json.loads(archive.read(_KEY))
    _require_form(row.get("backup"))  # no manifest of another form could be opened, which says so, too
    if not passphrase:
        raise LockedError("this backup is sealed.", subject=VARIABLE, hint=f"Set {VARIABLE} to its passphrase.")
    try:
        return keys.unwrapped(row, passphrase)
    except InvalidTag as error:
        hint = f"Set {VARIABLE} to the passphrase that it was sealed with. Nothing was changed."
        raise LockedError("this is not the passphrase of this backup.", subject=VARIABLE, hint=hint) from error


def _require_form(form: object) -> None:
    if form != _FORMAT:
        raise ValueError("another version of PVChat made it")

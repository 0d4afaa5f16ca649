"""One file with everything that a home knows: people, the library (with its cameras and their clips), tokens.

In: a home, and a passphrase if wanted. Out: a zip, and from it the home again.

    key.json         the file's own key, wrapped by the passphrase, as the home's is (`keys.py`); none in a plain one
    people/…, library/library.db, library/ring/…, tokens/tokens.json
    manifest.json    format, version, date; size and SHA-256 of each of these

Below a passphrase every other member is sealed piece by piece (AES-256-GCM). A backup is moved into place when it is
whole. `restore` checks every byte in a folder of its own, which takes the home's place then (`stores.replacing`). What
stands in a zip is never used as a path unless it is one of those above.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import struct
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import filelock

from pvchat import __version__
from pvchat.config import home
from pvchat.errors import LockedError, PVChatError, SettingsError
from pvchat.storage import atomic, database, keys, library, private
from pvchat.storage.stores import RING, TOKENS, files, library_of, replacing, settle

VARIABLE = "PVCHAT_BACKUP_KEY"
SUFFIX = ".pvbackup"
_ALLOWED = re.compile(
    r"people/[0-9a-f]{32}/(config\.json|person\.safetensors|thumbnail\.jpg)|tokens/tokens\.json"
    r"|library/ring/\d+/\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d( \(\d+\))?\.mp4"
)
_LIBRARY, _MANIFEST, _KEY, _CONFIG = "library/library.db", "manifest.json", "key.json", "config.json"
_PIECE = 1 << 20  # bytes that are sealed at once
_TAG, _START = 16, struct.Struct(">8sI")  # a nonce: random of the member, number of the piece
_MOST = 64 << 20  # bytes of a manifest
_WAIT_S = 60.0


class BackupError(PVChatError):
    """A backup can't be made, or can't be put back."""


@dataclass
class BackupManifest:
    """What is in a backup.

    Attributes:
        files: name -> its bytes and their SHA-256.
        library_key: what the copy of the library is encrypted with, hexadecimal; "" where it is plain.
        made: when, ISO 8601.
        version: of the PVChat that made it.
    """

    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    library_key: str = ""
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    version: str = __version__

    @property
    def people(self) -> int:
        """How many people are in it."""
        return sum(name.endswith("/config.json") for name in self.files)


def backup(path: Path, passphrase: str = "") -> tuple[Path, BackupManifest]:
    """Write a backup of this home; it may be in use.

    Args:
        path: a folder, in which a name with the date is chosen, or a file that isn't there yet.
        passphrase: seals it; an encrypted home has none without.

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
        handle = os.open(scratch / "draft", os.O_CREAT | os.O_EXCL | os.O_RDWR, atomic.FILE_MODE)
        with os.fdopen(handle, "w+b") as file:
            manifest = _write(file, scratch, passphrase)
            file.flush()
            os.fsync(handle)
        os.replace(scratch / "draft", path)
        atomic.sync_folder(path.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return path, manifest


def restore(path: Path, passphrase: str = "", force: bool = False) -> BackupManifest:
    """Put a backup in the place of what this home knows.

    Args:
        path: of the backup; it may come from anyone.
        passphrase: that it was sealed with.
        force: also where there are people or a library here: they are gone then.

    Raises:
        BackupError: it isn't a whole backup, or there are people or a library here already.
        LockedError: the passphrase is missing or wrong.
    """
    settle()
    if not force and (there := _holds()):
        hint = "Restore into an empty home (PVCHAT_HOME), or use --force: what is here is gone then."
        raise BackupError(f"this home has {' and '.join(there)} already.", subject=str(home()), hint=hint)
    with replacing() as draft:
        return _unpack(path, draft, passphrase)


# -- writing ----------------------------------------------------------------------------------------------------------


def _write(file: IO[bytes], scratch: Path, passphrase: str) -> BackupManifest:
    secret = os.urandom(32) if passphrase else None
    people = home() / "people"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive, ExitStack() as held:
        if secret is not None:
            archive.writestr(_KEY, json.dumps(keys.wrapped(secret, passphrase)))
        if people.is_dir():
            try:
                held.enter_context(atomic.lock_of(people, _WAIT_S))
            except filelock.Timeout as error:
                raise BackupError("another process changes the people.", hint="Try again.") from error
        made = BackupManifest()

        def add_files(*folders: Path) -> None:
            for one in (file for folder in folders for file in files(folder)):
                if _ALLOWED.fullmatch(name := one.relative_to(home()).as_posix()):
                    with suppress(FileNotFoundError):  # a clip that became too old just now
                        made.files[name] = _add(archive, name, io.BytesIO(_content(one)), secret)

        def add_people() -> None:
            """While nobody is enrolled or forgotten; the library's moment is fixed then, too."""
            add_files(people, home() / TOKENS)
            held.close()

        if library_of(people).exists():
            copy, key = scratch / "library.db", os.urandom(32) if secret is not None else None
            with closing(library.connect(people)) as source:
                try:
                    database.export(source, copy, key, add_people)
                except database.errors() as error:
                    what = f"the library can't be copied ({error})."
                    raise BackupError(what, subject=str(people), hint="Look whether the disk is full.") from error
            with copy.open("rb") as data:
                made.files[_LIBRARY] = _add(archive, _LIBRARY, data, secret)
            made.library_key = "" if key is None else key.hex()
            add_files(home() / RING)
        else:
            add_people()
        row = json.dumps({"format": 1, **vars(made)}).encode()
        _add(archive, _MANIFEST, io.BytesIO(row), secret)
    return made


def _content(path: Path) -> bytes:
    try:
        return private.read(path)
    except ValueError as error:
        hint = "Put it back from an earlier backup, or delete it."
        raise BackupError(f"it can't be read ({error}).", subject=str(path), hint=hint) from error


def _add(archive: zipfile.ZipFile, name: str, data: IO[bytes], secret: bytes | None) -> tuple[int, str]:
    """Write one member; its bytes and their SHA-256."""
    digest, count, start = hashlib.sha256(), 0, os.urandom(8)
    with archive.open(name, "w", force_zip64=True) as member:
        if secret is not None:
            member.write(start)
        number = 0
        while piece := data.read(_PIECE):
            digest.update(piece)
            count += len(piece)
            member.write(piece if secret is None else _cipher(secret).encrypt(_START.pack(start, number), piece, None))
            number += 1
    return count, digest.hexdigest()


# -- reading ----------------------------------------------------------------------------------------------------------


def _unpack(path: Path, draft: Path, passphrase: str) -> BackupManifest:
    """All of a backup, checked, in a folder, written as this home writes its files."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [entry.filename for entry in archive.infolist()]
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise ValueError("its members are packed")
            secret = _secret(archive, passphrase) if _KEY in names else None
            manifest = _manifest(b"".join(_pieces(archive, _MANIFEST, secret, _MOST)))
            if sum(max(size, 0) for size, _ in manifest.files.values()) > path.stat().st_size:
                raise ValueError("it lists more than it holds")  # members that lie in each other
            if sorted(names) != sorted([*manifest.files, _MANIFEST, *([_KEY] if secret else [])]):
                raise ValueError("it holds other files than it lists")
            for name in manifest.files:
                _unpack_one(archive, name, secret, manifest, draft)
        if _LIBRARY in manifest.files:
            library.take_in(draft / _LIBRARY, bytes.fromhex(manifest.library_key) or None)
        return manifest
    except FileNotFoundError as error:
        raise BackupError("there is no such file.", subject=str(path)) from error
    except _damage() as error:
        reason = ascii(str(error))[1:-1][:120] or type(error).__name__
        hint = "Nothing was changed. Take another backup."
        raise BackupError(f"this is not a whole backup ({reason}).", subject=str(path), hint=hint) from error


def _manifest(data: bytes) -> BackupManifest:
    row = json.loads(data)
    if row.pop("format") != 1:
        raise ValueError("a later version of PVChat made it")
    listed = {name: (int(size), str(digest)) for name, (size, digest) in row.pop("files").items()}
    made = BackupManifest(files=listed, **{name: str(value) for name, value in row.items()})
    if odd := [name for name in made.files if name != _LIBRARY and not _ALLOWED.fullmatch(name)]:
        raise ValueError(f"it holds {odd[0]}")
    return made


def _unpack_one(archive: zipfile.ZipFile, name: str, secret: bytes | None, made: BackupManifest, draft: Path) -> None:
    size, wanted = made.files[name]
    digest, path = hashlib.sha256(), draft / name
    atomic.make_private_folder(path.parent)
    kept = io.BytesIO()
    with path.open("xb") if name == _LIBRARY else kept as file:
        for piece in _pieces(archive, name, secret, size):
            digest.update(piece)
            file.write(piece)
        data = kept.getvalue() if file is kept else b""
    if digest.hexdigest() != wanted:
        raise ValueError(f"{name} is damaged")
    if name == _LIBRARY:
        path.chmod(atomic.FILE_MODE)
    else:
        atomic.write_new(path, private.sealed(data))


def _pieces(archive: zipfile.ZipFile, name: str, secret: bytes | None, limit: int) -> Iterator[bytes]:
    """The bytes of a member, at most `limit` of them, whatever the zip says of its size."""
    with archive.open(name) as member:
        start = b"" if secret is None else member.read(8)
        number, left = 0, limit
        while piece := member.read(_PIECE + (0 if secret is None else _TAG)):
            plain = piece if secret is None else _cipher(secret).decrypt(_START.pack(start, number), piece, None)
            left, number = left - len(plain), number + 1
            if left < 0:
                raise ValueError(f"{name} is longer than it says")
            yield plain


def _secret(archive: zipfile.ZipFile, passphrase: str) -> bytes:
    from cryptography.exceptions import InvalidTag

    if not passphrase:
        raise LockedError("this backup is sealed.", subject=VARIABLE, hint=f"Set {VARIABLE} to its passphrase.")
    try:
        return keys.unwrapped(json.loads(b"".join(_pieces(archive, _KEY, None, 10_000))), passphrase)
    except InvalidTag as error:
        hint = f"Set {VARIABLE} to the passphrase that it was sealed with. Nothing was changed."
        raise LockedError("this is not the passphrase of this backup.", subject=VARIABLE, hint=hint) from error


def _cipher(secret: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(secret)


def _damage() -> tuple[type[Exception], ...]:
    """What is raised by a file that isn't a whole backup."""
    from cryptography.exceptions import InvalidTag

    in_zip = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError)  # RuntimeError: encrypted
    in_json = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
    return (*in_zip, *in_json, InvalidTag, database.errors())


def _holds() -> list[str]:
    """What is here that a restoration would replace."""
    people = home() / "people"
    there = [any(people.glob(f"*/{_CONFIG}")), library_of(people).exists(), (home() / TOKENS).exists()]
    return [name for name, holds in zip(("people", "a library", "tokens"), there, strict=True) if holds]

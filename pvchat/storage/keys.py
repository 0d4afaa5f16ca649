"""The key of an encrypted home: 256 random bits, which lie in `$PVCHAT_HOME/key.json` wrapped by a passphrase.

In: `$PVCHAT_KEY`. Out: the key, or None where nothing is encrypted. scrypt (RFC 7914) makes a
key of the passphrase, AES-256-GCM (NIST SP 800-38D) wraps the home's own with it: so a wrong passphrase is told at
once, and takes nothing with it. docs/adr/0017-encryption-at-rest.md says why so, and against whom it helps.

Whatever needs the key raises LockedError where there is no passphrase or a wrong one, or the key file is damaged;
whatever makes it, SettingsError for a passphrase that is too short, OSError where the home can't be written.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import threading
import unicodedata
import uuid
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.config import home
from pvchat.errors import LockedError, SettingsError
from pvchat.storage import atomic
from pvchat.storage.stores import MAGIC, files_of_kind, libraries, stores

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VARIABLE = "PVCHAT_KEY"
FILE = "key.json"
SHORTEST = 12  # characters of a passphrase: whoever has the disk can try as many as they like
COST = 2**17  # scrypt's n with r = 8, p = 1: 128 MB and a third of a second (OWASP's password storage cheat sheet)
MOST_COST = 2**20
NONCE = 12  # bytes
_ABOUT = b"pvchat key 1"  # authenticated with the wrapped key
# Marks in the key file, each under the key's own seal: plain files of the home are read (it is being converted), plain
# files are written (it is being decrypted).
_MIXED, _ENDING = "mixed", "ending"

_opened: dict[tuple[Any, ...], Key] = {}
_opening = threading.Lock()


@dataclass(frozen=True)
class Key:
    """An open key."""

    secret: bytes = field(repr=False)  # 32 bytes
    mixed: bool = False  # the home is being converted: plain files of it are read, too
    ending: bool = False  # it is being decrypted: what is written from now on is plain


def exists() -> bool:
    """Whether this home is encrypted."""
    return path().exists()


def path() -> Path:
    """Where the wrapped key lies."""
    return home() / FILE


def current() -> Key | None:
    """The home's key; None where nothing is encrypted."""
    try:
        stat = path().stat()
    except FileNotFoundError:
        return None
    chosen = os.environ.get(VARIABLE, "")
    known = (path(), stat.st_mtime_ns, stat.st_ino, stat.st_size, chosen)
    with _opening:
        if known not in _opened:
            secret = secret_of(row := _row())
            mixed, ending = (
                hmac.compare_digest(str(row.get(word)), _signature(secret, word)) for word in (_MIXED, _ENDING)
            )
            _opened[known] = Key(secret, mixed or ending, ending)
        return _opened[known]


def for_writing() -> Key | None:
    """The key that new files are sealed with; None where they are written as they are.

    A home is encrypted from the first file on that is written while `$PVCHAT_KEY` is set.
    """
    key = current()
    if key is None and (passphrase := os.environ.get(VARIABLE)):
        key = create(passphrase)
    return None if key is None or key.ending else key


def create(passphrase: str) -> Key:
    """Make this home's key, wrapped by a passphrase; the one that is there already where another process was first.

    LockedError: another process was first, with another passphrase.
    """
    if len(passphrase) < SHORTEST:
        raise SettingsError(f"a passphrase has at least {SHORTEST} characters.", subject=VARIABLE)
    secret, salt, nonce = os.urandom(32), os.urandom(16), os.urandom(NONCE)
    row: dict[str, Any] = {"format": 1, "salt": b64encode(salt).decode(), "n": COST, "r": 8, "p": 1}
    wrapped = _cipher(passphrase, row).encrypt(nonce, secret, _ABOUT)
    row |= {"nonce": b64encode(nonce).decode(), "wrapped": b64encode(wrapped).decode()}
    plain_files = any(files_of_kind(folder, sealed=False) for folder in stores())
    if plain_files or any(path.stat().st_size for path in libraries()):
        row[_MIXED] = _signature(secret, _MIXED)
    _put(row, replace=False)
    key = current()
    assert key is not None
    return key


def mark_conversion(*, mixed: bool, ending: bool) -> None:
    """Write into the key file that this home is being converted (`mixed`), or decrypted (`ending`), or neither."""
    key, row = current(), _row()
    assert key is not None
    row = {name: value for name, value in row.items() if name not in (_MIXED, _ENDING)}
    marks = [word for word, holds in ((_MIXED, mixed), (_ENDING, ending)) if holds]
    _put({**row, **{word: _signature(key.secret, word) for word in marks}}, replace=True)


def remove() -> None:
    """Delete the key, once nothing is sealed with it any more."""
    path().unlink()


def seal(secret: bytes, data: bytes) -> bytes:
    """Bytes sealed by a key, behind `MAGIC`, which is authenticated with them, and a nonce of their own."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE)
    return MAGIC + nonce + AESGCM(secret).encrypt(nonce, data, MAGIC)


def unseal(secret: bytes, sealed: bytes) -> bytes:
    """What `seal` was given; raises ValueError where it was damaged, or sealed by another key."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        start = len(MAGIC) + NONCE
        return AESGCM(secret).decrypt(sealed[len(MAGIC) : start], sealed[start:], MAGIC)
    except (InvalidTag, ValueError) as error:
        raise ValueError("damaged, or sealed with another key") from error


def secret_of(row: dict[str, Any]) -> bytes:
    """The key in this home's key file, of which this is the row, by the passphrase in `$PVCHAT_KEY`."""
    if not os.environ.get(VARIABLE):
        what = "people and caches are encrypted here, and there is no key."
        raise LockedError(what, subject=str(home()), hint=f"Set {VARIABLE} to the passphrase.")
    try:
        secret = unwrap(row)
    except (ValueError, KeyError, TypeError) as error:
        raise _damage_error(error) from error
    if secret is None:
        hint = f"Set {VARIABLE} to the passphrase that it was encrypted with. Nothing was changed."
        raise LockedError("this is not the key of this home.", subject=VARIABLE, hint=hint)
    return secret


def unwrap(row: dict[str, Any]) -> bytes | None:
    """The key in a key file's row, from wherever it comes; None where `$PVCHAT_KEY` isn't its passphrase.

    Raises ValueError, KeyError, TypeError: the row is damaged.
    """
    from cryptography.exceptions import InvalidTag

    if not (passphrase := os.environ.get(VARIABLE, "")):
        return None
    try:
        nonce, wrapped = (b64decode(row[name], validate=True) for name in ("nonce", "wrapped"))
        return _cipher(passphrase, row).decrypt(nonce, wrapped, _ABOUT)
    except InvalidTag:
        return None


def _signature(secret: bytes, word: str) -> str:
    """What only whoever has the key can write behind a word of the key file."""
    return hmac.new(secret, f"pvchat key 1 {word}".encode(), hashlib.sha256).hexdigest()


def _cipher(passphrase: str, row: dict[str, Any]) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    if not (1 < int(row["n"]) <= MOST_COST and int(row["r"]) == 8 and int(row["p"]) == 1):
        raise ValueError("its cost is out of range")
    text, salt = unicodedata.normalize("NFC", passphrase).encode(), b64decode(row["salt"], validate=True)
    return AESGCM(Scrypt(salt=salt, length=32, n=int(row["n"]), r=8, p=1).derive(text))


def _row() -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(path().read_bytes())
        if row["format"] != 1:
            raise ValueError(f"format {row['format']} is unknown")
        return row
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damage_error(error) from error


def _put(row: dict[str, Any], *, replace: bool) -> None:
    """Write the key file in one step; one that is there stays unless it is to be replaced."""
    atomic.make_private_folder(home())
    draft = home() / f".{uuid.uuid4().hex}.key"
    try:
        atomic.write_new(draft, json.dumps(row, indent=1).encode())
        if replace:
            os.replace(draft, path())
        else:
            with suppress(FileExistsError):  # another process was first
                os.link(draft, path())
        atomic.sync_folder(home())
    finally:
        draft.unlink(missing_ok=True)


def _damage_error(error: Exception) -> LockedError:
    hint = "Put the file back from a copy: without it nothing here can be read."
    return LockedError(f"the key file is damaged ({ascii(str(error))[1:-1][:80]}).", subject=str(path()), hint=hint)

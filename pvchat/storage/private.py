"""The one door to bytes on disk that name or show people: sealed where the home is encrypted, plain where it isn't.

In: bytes. Out: the same. A sealed file is `MAGIC`, a nonce of 12 random bytes, and AES-256-GCM's text with its tag.
Both kinds are read while a home is converted, so that it can be in use (`conversion.py`). In one that is encrypted
through and through a plain file is refused: whoever wrote it hadn't the key.
"""

from __future__ import annotations

from pathlib import Path

from pvchat.errors import LockedError
from pvchat.storage import atomic, keys
from pvchat.storage.stores import MAGIC


def read(path: Path) -> bytes:
    """The content of a file.

    Raises OSError: it can't be read; ValueError: it was damaged, or sealed with the key of another home, or isn't
    sealed and should be; LockedError: it is sealed, and the key is missing or wrong.
    """
    return unseal(path.read_bytes())


def write(path: Path, data: bytes, scratch: Path | None = None, *, durable: bool = True) -> None:
    """Put `data` at `path` as `atomic.write_file` does; raises also LockedError: the key is missing or wrong."""
    atomic.write_file(path, seal(data), scratch, durable=durable)


def seal(data: bytes) -> bytes:
    """Data as it is written to disk: encrypted where this home is."""
    key = keys.for_writing()
    return data if key is None else keys.seal(key.secret, data)


def unseal(data: bytes) -> bytes:
    """The data that `seal` was given, from the bytes of a file; raises as `read` does."""
    if not data.startswith(MAGIC):
        if (key := keys.current()) is not None and not key.mixed:
            what = "not sealed, though this home is encrypted: whoever put it there hadn't the key"
            raise ValueError(f"{what} (if it was you: pvchat encrypt)")
        return data
    if (key := keys.current()) is None:
        hint = "Put the file back from a copy: without it nothing here can be read."
        raise LockedError("people and caches are encrypted here, and the key file is gone.", subject=str(keys.path()),
                          hint=hint)  # fmt: skip
    return keys.unseal(key.secret, data)

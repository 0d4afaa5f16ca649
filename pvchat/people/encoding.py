"""A `Person` <-> the bytes of her files: config.json, person.safetensors and thumbnail.jpg.

config.json holds names, kind, calibration and the SHA-256 of the other two; person.safetensors holds the arrays. What
is read is checked as what is added is: nobody knows who made the backup that a home was put back from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from pvchat.errors import PeopleError
from pvchat.people.person import MAX_STATE_BYTES, Person, checked
from pvchat.storage import tensorfile

FORMAT = 1
CONFIG, TENSORS, THUMBNAIL = "config.json", "person.safetensors", "thumbnail.jpg"
MAX_CONFIG_BYTES = 200_000
_OF_THE_FILE = ("format", "sha256", "replaces", "earlier")  # fields that no `Person` has


@dataclass(frozen=True)
class StoredPerson:
    """config.json.

    Attributes:
        format: of this file.
        name, kind, depth, created, clip_key, confidence, aliases, extra: as of `Person`.
        sha256: of the other files, by name.
        replaces: id of the folder whose place this one takes; see `PeopleStore.add`.
        earlier: ids that she had before, by which traces of her are found (`storage/temporary.py`).
    """

    format: int
    name: str
    kind: Literal["face", "figure"]
    depth: Literal["instant", "deep"]
    created: str
    clip_key: str
    confidence: float
    sha256: dict[str, str]
    aliases: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    replaces: str = ""
    earlier: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        texts = (self.name, self.created, self.clip_key, self.replaces, *self.aliases, *self.earlier)
        if not all(isinstance(text, str) for text in texts) or not isinstance(self.aliases, list):
            raise ValueError("a field isn't text")
        if self.format != FORMAT or not isinstance(self.extra, dict):
            raise ValueError(f"format {self.format} is unknown")

    def person(self) -> dict[str, Any]:
        """The fields that a `Person` has, too."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _OF_THE_FILE}


def encode(person: Person, earlier: Sequence[str] = (), replaces: str = "") -> dict[str, bytes]:
    """The files of a checked person, by name.

    Args:
        person: checked.
        earlier: ids that she had before.
        replaces: id of the folder whose place this one takes.

    Raises:
        PeopleError: `extra` isn't JSON, or the files together are over the limit.
    """
    files = {TENSORS: tensorfile.pack(person.arrays)}
    if person.thumbnail:
        files[THUMBNAIL] = person.thumbnail
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files[CONFIG] = encode_config(person, digests, earlier, replaces)
    if (size := sum(map(len, files.values()))) > MAX_STATE_BYTES:
        raise PeopleError(f"{size:,} bytes; a person's files stay under {MAX_STATE_BYTES:,}.", subject=person.name)
    return files


def encode_config(person: Person, digests: dict[str, str], earlier: Sequence[str] = (), replaces: str = "") -> bytes:
    """config.json of a checked person; `digests` are the SHA-256 of the other files.

    Raises:
        PeopleError: `extra` isn't JSON (NaN included) or too large.
    """
    names = ("name", "aliases", "kind", "depth", "created", "clip_key", "confidence", "extra")
    row: dict[str, Any] = {"format": FORMAT, **{name: getattr(person, name) for name in names}, "sha256": digests}
    row |= {"earlier": list(earlier)} if earlier else {}
    row |= {"replaces": replaces} if replaces else {}
    try:
        text = json.dumps(row, ensure_ascii=False, indent=1, allow_nan=False, default=tensorfile.plain_number)
        data = text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise PeopleError(f"its extra data isn't plain JSON ({error}).", subject=person.name) from error
    if len(data) > MAX_CONFIG_BYTES:
        what = f"config.json would have {len(data):,} bytes; at most {MAX_CONFIG_BYTES:,}."
        raise PeopleError(what, subject=person.name)
    return data


def decode_config(data: bytes) -> StoredPerson:
    """config.json.

    Raises:
        PeopleError: not JSON, or other fields than it has.
    """
    try:
        return StoredPerson(**json.loads(data))
    except (ValueError, TypeError, RecursionError) as error:
        raise PeopleError(f"{CONFIG} can't be read: {_printable(error)}.") from error


def decode(files: dict[str, bytes]) -> Person:
    """A checked person from her files.

    Raises:
        PeopleError: a file is missing, damaged or off limits.
    """
    if CONFIG not in files or TENSORS not in files:
        raise PeopleError(f"{CONFIG if CONFIG not in files else TENSORS} is missing.")
    config = decode_config(files[CONFIG])
    others = {name: data for name, data in files.items() if name != CONFIG}
    if config.sha256 != {name: hashlib.sha256(data).hexdigest() for name, data in others.items()}:
        raise PeopleError(f"{TENSORS} or {THUMBNAIL} is damaged or missing (its SHA-256 differs).")
    try:
        arrays = tensorfile.unpack(files[TENSORS])
    except ValueError as error:
        raise PeopleError(f"{TENSORS} can't be read: {_printable(error)}.") from error
    return checked(Person(**config.person(), arrays=arrays, thumbnail=files.get(THUMBNAIL, b"")))


def _printable(error: Exception) -> str:
    """What an error says of a file, as a terminal may show it."""
    return ascii(str(error))[1:-1][:120]

"""A `Person` <-> the bytes of her files, and <-> one `.pvperson` file that moves her to another machine.

A person is config.json (names, kind, calibration, SHA-256 of the other two), person.safetensors (arrays) and
thumbnail.jpg. A `.pvperson` is a zip of just these. It comes from strangers: it is read in memory under size limits, no
member is ever written under its own name, and every field is checked before anything is kept. What is off, too large,
damaged or can't be written is a PeopleError.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from pvchat.errors import PeopleError
from pvchat.people import contents
from pvchat.people.corrections import without_clips
from pvchat.people.person import MAX_STATE_BYTES, Person, checked
from pvchat.storage import atomic, tensorfile

FORMAT = 1
CONFIG, TENSORS, THUMBNAIL = "config.json", "person.safetensors", "thumbnail.jpg"
MAX_CONFIG_BYTES = 200_000
MAX_ARCHIVE_BYTES = MAX_STATE_BYTES + 10_000  # the three files and the zip's own records
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile unpacks bz2 and lzma without a bound on memory
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same person gives the same bytes


# config.json, by hand: reading a person has no tenth of a second for a library that checks schemas.
_FILE_FIELDS = {"format": contents.NumberRule(whole=True), "sha256": dict}
FIELDS: dict[str, Any] = {
    **_FILE_FIELDS, **dict.fromkeys(("name", "created", "clip_key", "kind", "depth"), str), "aliases": [str],
    "confidence": contents.SHARE, "extra": dict,
}  # fmt: skip


def encode(person: Person) -> dict[str, bytes]:
    """The files of a checked person, by name."""
    files = {TENSORS: tensorfile.pack(person.arrays)}
    if person.thumbnail:
        files[THUMBNAIL] = person.thumbnail
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files[CONFIG] = encode_config(person, digests)
    if (size := sum(map(len, files.values()))) > MAX_STATE_BYTES:
        raise PeopleError(f"{size:,} bytes; a person's files stay under {MAX_STATE_BYTES:,}.", subject=person.name)
    return files


def encode_config(person: Person, digests: dict[str, str]) -> bytes:
    """config.json of a checked person; `digests` are the SHA-256 of the other files."""
    names = ("name", "aliases", "kind", "depth", "created", "clip_key", "confidence", "extra")
    row: dict[str, Any] = {"format": FORMAT, **{name: getattr(person, name) for name in names}, "sha256": digests}
    try:
        text = json.dumps(row, ensure_ascii=False, indent=1, allow_nan=False, default=tensorfile.plain_number)
        data = text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise PeopleError(f"its extra data isn't plain JSON ({error}).", subject=person.name) from error
    if len(data) > MAX_CONFIG_BYTES:
        what = f"config.json would have {len(data):,} bytes; at most {MAX_CONFIG_BYTES:,}."
        raise PeopleError(what, subject=person.name)
    return data


def decode_config(data: bytes) -> dict[str, Any]:
    """The fields of config.json, all of them, each checked."""
    try:
        if len(data) > MAX_CONFIG_BYTES:
            raise ValueError(f"more than {MAX_CONFIG_BYTES:,} bytes")
        row = json.loads(data, parse_constant=_refuse_constant)
        if not isinstance(row, dict):
            raise ValueError("not an object")
        if row.get("format", FORMAT) != FORMAT:
            raise ValueError("another version of PVChat made it; update PVChat")
        row = {"aliases": [], "extra": {}, **row}
        if gone := sorted(FIELDS.keys() - row.keys()):
            raise ValueError(f"field '{gone[0]}' is missing")
        if odd := sorted(row.keys() - FIELDS.keys()):
            raise ValueError(f"field '{ascii(odd[0])[1:-1][:80]}': another version of PVChat made it")
        if why := contents.value_fault(row, FIELDS):
            raise ValueError(f"field {why}")
        return row
    except (ValueError, RecursionError) as error:
        raise PeopleError(f"config.json can't be read: {_printable(error)}.") from error


def decode(files: dict[str, bytes], own: bool = False) -> Person:
    """A checked person from the bytes of her files by name.

    `own`: they lie in the store; the picture was decoded when it was put there, and its SHA-256 is that of then.
    """
    if CONFIG not in files or TENSORS not in files:
        raise PeopleError(f"{CONFIG if CONFIG not in files else TENSORS} is missing.")
    config = decode_config(files[CONFIG])
    others = {name: data for name, data in files.items() if name != CONFIG}
    if config["sha256"] != {name: hashlib.sha256(data).hexdigest() for name, data in others.items()}:
        raise PeopleError(f"{TENSORS} or {THUMBNAIL} is damaged or missing (its SHA-256 differs).")
    try:
        arrays = tensorfile.unpack(files[TENSORS])
    except ValueError as error:
        raise PeopleError(f"{TENSORS} can't be read: {_printable(error)}.") from error
    person = {key: value for key, value in config.items() if key not in _FILE_FIELDS}
    return checked(Person(**person, arrays=arrays, thumbnail=files.get(THUMBNAIL, b"")), picture=not own)


def pack(person: Person) -> bytes:
    """The bytes of a `.pvperson` file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(encode(person).items()):
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), data)
    return buffer.getvalue()


def write(person: Person, path: Path) -> Path:
    """Write a person as one `.pvperson` file, which only its owner may read; nothing is overwritten."""
    if path.exists() or not path.parent.is_dir():
        what = "already exists." if path.exists() else "its folder doesn't exist."
        raise PeopleError(what, subject=str(path), hint="Choose another path.")
    try:
        with atomic.drafted(path) as draft:
            atomic.write_new(draft, pack(person))
    except OSError as error:
        raise PeopleError(f"can't be written ({error.strerror or error}).", subject=str(path)) from error
    return path


def read(path: Path) -> Person:
    """The person in a `.pvperson` file that may come from anyone."""
    try:
        if not path.is_file():  # a pipe or a device could give bytes without end
            what = "this is a folder." if path.is_dir() else "there is no such file."
            raise PeopleError(what, subject=str(path), hint="Name a .pvperson file.")
        with path.open("rb") as file:
            data = file.read(MAX_ARCHIVE_BYTES + 1)
        if len(data) > MAX_ARCHIVE_BYTES:
            raise PeopleError(f"a person file has at most {MAX_ARCHIVE_BYTES:,} bytes.", subject=str(path))
        person = decode(_members(data))
        for key in person.arrays:
            if key not in contents.ARRAYS and not key.startswith(contents.LORAS):  # what nobody knows can't be checked
                what = f"array '{key}' is unknown to this version."
                raise PeopleError(what, subject=person.name, hint="Update PVChat.")
        return without_clips(person)
    except (OSError, ValueError) as error:
        raise PeopleError(f"can't be read ({error}).", subject=str(path)) from error
    except PeopleError as error:
        hint = error.hint or "Export the person again with `pvchat people export`."
        raise PeopleError(error.what, subject=str(path), hint=hint) from error


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            if len(set(names)) != len(names) or not set(names) <= {CONFIG, TENSORS, THUMBNAIL}:
                raise PeopleError("not a person file: it holds other files than a person has.")
            if any(entry.compress_type not in _COMPRESSIONS for entry in entries):
                raise PeopleError("not a person file: only stored or deflated members are read.")
            files, left = {}, MAX_STATE_BYTES
            for entry in entries:
                with archive.open(entry) as member:
                    files[entry.filename] = member.read(left + 1)  # the size that the zip declares may lie
                left -= len(files[entry.filename])
                if left < 0:
                    raise PeopleError(f"unpacked it has more than {MAX_STATE_BYTES:,} bytes.")
            return files
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError) as error:
        # RuntimeError: encrypted
        raise PeopleError(f"not a whole person file ({_printable(error)}).") from error


def _printable(error: Exception) -> str:
    """What an error says of a stranger's file, as a terminal may show it."""
    return ascii(str(error))[1:-1][:120]


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not allowed")

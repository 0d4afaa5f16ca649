"""The rows of the people store: who is enrolled, by folder.

In: the folders as they are now. Out: rows, and which folders are damaged. `index.json` holds what each config.json
says of names, with a stamp of that file. A row whose stamp fits is believed, any other is read anew from its folder: an
index that is missing, old or broken costs time, never a person.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from pvchat.errors import LockedError, PeopleError, UnknownPersonError
from pvchat.people import exchange, naming
from pvchat.people.person import name_key
from pvchat.storage import private

INDEX_FORMAT = 1
MAX_NAMES_IN_HINT = 20

_ID = re.compile(r"[0-9a-f]{32}\Z")
_log = logging.getLogger(__name__)

Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class IndexedPerson:
    """One person in the index."""

    id: str  # her folder's name
    stamp: Stamp  # mtime (ns), size and inode of her config.json; another stamp, another content
    name: str  # as in her config.json, like the next two
    aliases: tuple[str, ...]
    created: str
    replaces: str = ""  # id of the folder whose place this one took; that folder doesn't count any more
    earlier: tuple[str, ...] = ()  # ids that she had before

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every name that finds this person, folded."""
        return frozenset(name_key(name) for name in (self.name, *self.aliases))

    @property
    def ids(self) -> tuple[str, ...]:
        """Her id and those she had before: what traces of her carry."""
        return (self.id, *self.earlier)


IndexedPeople = dict[str, IndexedPerson]


@dataclass(frozen=True)
class PersonRef:
    """One person, whoever has which name by now.

    `name`: as she was shown to whoever means her; where she is called otherwise by now, nothing is done. "" for any.
    """

    id: str  # hers, or one that she had before
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.id


NameOrRef = str | PersonRef  # a name in any spelling or an alias; or a person


def row_of(rows: IndexedPeople, person: NameOrRef) -> IndexedPerson | None:
    """The row of a person, or None; an id comes before a name. PeopleError: she was renamed since she was shown."""
    if isinstance(person, str):
        return rows.get(person) or holder(rows, person)
    row = next((row for row in rows.values() if person.id in row.ids), None)
    if row is not None and person.name not in ("", row.name):
        hint = "Nothing was changed. Look at the list of people again."
        raise PeopleError(f"is called '{row.name}' now.", subject=person.name, hint=hint)
    return row


def holder(rows: IndexedPeople, name: str, but: IndexedPerson | None = None) -> IndexedPerson | None:
    """Whose name or alias this is (other than `but`'s), or None."""
    key = name_key(name)
    return next((row for row in rows.values() if key in row.keys and row != but), None) if key else None


def name_taken(name: str, row: IndexedPerson) -> PeopleError:
    """The error for a name that a row has already."""
    if name_key(row.name) == name_key(name):
        hint = "Choose another name, or replace the enrolled one."
        return PeopleError(f"'{row.name}' is enrolled already.", subject=name, hint=hint)
    return PeopleError(f"this is an alias of '{row.name}'.", subject=name, hint="Choose another name.")


def require_usable(rows: IndexedPeople, names: Sequence[str], but: IndexedPerson | None) -> None:
    """Raise PeopleError where one of these names is somebody's (other than `but`'s), or can't be told from a question's
    words or from somebody else's name. Those that `but` has already are not judged.
    """
    for name in names:
        if taken_by := holder(rows, name, but=but):
            raise name_taken(name, taken_by)
    others = {row.name: (row.name, *row.aliases) for row in rows.values() if row != but}
    for name in names:
        if but is None or name not in (but.name, *but.aliases):
            naming.require_usable(name, others)


def unknown_person(name: NameOrRef, names: Sequence[str]) -> UnknownPersonError:
    """The error for a name that nobody has, or for a person who is gone."""
    if isinstance(name, PersonRef):
        hint = "Nothing was changed. Look at the list of people again."
        return UnknownPersonError("this person isn't enrolled any more.", subject=printable(str(name)), hint=hint)
    more = f" and {len(names) - MAX_NAMES_IN_HINT} more" if len(names) > MAX_NAMES_IN_HINT else ""
    found = naming.closest_name(name, names)
    enrolled = f"Did you mean {found}? " * bool(found) + f"Enrolled: {', '.join(names[:MAX_NAMES_IN_HINT])}{more}."
    hint = enrolled if names else "Nobody is enrolled yet: `pvchat enroll`."
    return UnknownPersonError("nobody of this name is enrolled.", subject=printable(name), hint=hint)


def damaged_person(name: str, reason: str) -> PeopleError:
    """The error for a person whose files are damaged."""
    what = f"this person's file is damaged: {reason.rstrip('.')}."
    return PeopleError(what, subject=name, hint="Forget this person and enroll again; the others are answered for.")


def printable(name: str) -> str:
    """A name that may be made to harm a terminal, as it can be shown."""
    return name if name.isprintable() and len(name) < 80 else ascii(name)[:80]


class PeopleIndex:
    """The rows of one people folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.path = root, root / "index.json"
        # Folders whose config.json can't be read, with the reason, as of the last `rows()`; where it is known whose it
        # was, there is a row, too
        self.damaged: dict[str, str] = {}
        self._known: IndexedPeople | None = None  # None until the file was read

    def rows(self) -> IndexedPeople:
        """Everyone by id, first enrolled first; only config.json of new or changed folders is read."""
        rows = self._all_rows()
        replaced = {row.replaces for row in rows.values()}
        return {key: row for key, row in rows.items() if key not in replaced}

    def replaced(self) -> list[str]:
        """Ids of folders whose place another took, left by a process that was killed in between."""
        rows = self._all_rows()
        return [row.replaces for row in rows.values() if row.replaces in rows]

    def write(self) -> None:
        """Bring the file up to date; only for the holder of the store's lock.

        On a full disk there is none then: what was changed is done, and an old one may hold a forgotten name.
        """
        rows = [asdict(row) for row in self.rows().values()]
        data = json.dumps({"format": INDEX_FORMAT, "rows": rows}, ensure_ascii=False, indent=1).encode()
        try:
            private.write(self.path, data)
        except OSError:
            self.path.unlink(missing_ok=True)

    def is_stale(self) -> bool:
        """Whether the file names other folders than there are; it may then still hold a forgotten name."""
        return set(self._rows_in_file()) != set(self.rows())

    def _all_rows(self) -> IndexedPeople:
        known = self._rows_in_file() if self._known is None else self._known
        rows: IndexedPeople = {}
        damaged: dict[str, str] = {}
        for folder_id, stamp in self._folders():
            row = known.get(folder_id)
            try:
                rows[folder_id] = row if row and row.stamp == stamp else self._read_row(folder_id, stamp)
            except LockedError:
                raise
            except Exception as error:  # whatever is wrong with one person, the others answer
                if (self.root / folder_id).is_dir():  # else it was removed while we looked
                    damaged[folder_id] = str(error)
                    rows |= {folder_id: row} if row else {}  # so that it is known whose it is
        for folder_id in damaged.keys() - self.damaged.keys():
            _log.warning("people store: folder %s is left out: %s", folder_id, damaged[folder_id])
        self.damaged = damaged
        self._known = dict(sorted(rows.items(), key=lambda item: (item[1].created, name_key(item[1].name))))
        return self._known

    def _folders(self) -> Iterator[tuple[str, Stamp]]:
        try:
            entries = list(os.scandir(self.root))
        except FileNotFoundError:
            return
        except OSError as error:
            raise PeopleError(f"can't be read ({error.strerror}).", subject=str(self.root)) from error
        for entry in entries:
            if _ID.match(entry.name) and entry.is_dir(follow_symlinks=False):
                try:
                    stat = os.stat(os.path.join(entry.path, "config.json"))
                    yield entry.name, (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                except OSError:
                    yield entry.name, (0, 0, 0)  # reading it will tell why

    def _read_row(self, folder_id: str, stamp: Stamp) -> IndexedPerson:
        config = exchange.decode_config(private.read(self.root / folder_id / exchange.CONFIG))
        aliases, earlier = tuple(config["aliases"]), tuple(config["earlier"])
        return IndexedPerson(folder_id, stamp, config["name"], aliases, config["created"], config["replaces"], earlier)

    def _rows_in_file(self) -> IndexedPeople:
        """The rows in the file; an unreadable file counts as empty."""
        rows = {}
        try:
            for fields in json.loads(private.read(self.path))["rows"]:
                row = IndexedPerson(**fields | {key: tuple(fields[key]) for key in ("stamp", "aliases", "earlier")})
                words = (row.id, row.name, row.created, row.replaces, *row.aliases, *row.earlier)
                if len(row.stamp) != 3 or not all(isinstance(word, str) for word in words):
                    return {}
                rows[row.id] = row
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}
        return rows

"""The people folder as it is now: everyone in it, read from disk once as long as nothing changed.

What is handed out is a copy in everything but the arrays' numbers, so that nobody changes what the memory holds. A
`Snapshot` is everyone at one moment: what one question is answered with.
"""

from __future__ import annotations

import copy
import logging
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pvchat.errors import LockedError, PeopleError
from pvchat.people import exchange
from pvchat.people.person import Person, name_key
from pvchat.storage import private

_FOLDER = re.compile(r"([0-9a-f]{32})(?:\.([1-9][0-9]{0,8}))?\Z")  # a person's id, and how often she has changed
_NAMED_BY = ("name", "aliases", "created")  # what is told of whoever can't be read
_log = logging.getLogger(__name__)

Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class StoredPerson:
    """One folder as it was read."""

    stamp: Stamp  # mtime (ns), size and inode of her config.json; another stamp, another content
    person: Person  # where she can't be read, her names alone; where config.json is damaged, as they were
    why: str = ""  # why she can't be read

    @property
    def name(self) -> str:
        """Hers, or what tells whose folder it is."""
        return self.person.name or f"folder {self.person.id}"

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every name that finds this person, folded."""
        return frozenset(name_key(name) for name in (self.person.name, *self.person.aliases))

    @property
    def copy(self) -> Person:
        """The person, to be handed out."""
        one = self.person
        return replace(one, aliases=[*one.aliases], arrays={**one.arrays}, extra=copy.deepcopy(one.extra))


People = dict[str, StoredPerson]  # everyone by id, first enrolled first


@dataclass(frozen=True)
class Snapshot:
    """Everyone as the store held them at one moment, first enrolled first."""

    names: tuple[str, ...] = ()  # everyone's, theirs too whose files are damaged
    aliases: dict[str, str] = field(default_factory=dict)  # alias -> name
    people: tuple[Person, ...] = ()  # all whose files are whole
    damaged: dict[str, str] = field(default_factory=dict)  # whose aren't, by name (or folder), with the reason

    def require_whole(self, names: Iterable[str]) -> None:
        """Raise PeopleError where one of these people's files is damaged."""
        for name in names:
            if reason := self.damaged.get(name):
                raise damaged_person(name, reason)


def damaged_person(name: str, reason: str) -> PeopleError:
    """The error for a person whose files are damaged."""
    what = f"this person's file is damaged: {reason.rstrip('.')}."
    hint = "Forget this person and enroll again; the others are answered for."
    return PeopleError(what, subject=name, hint="" if "update PVChat" in reason else hint)


class PersonFolders:
    """The folders below `root`, one a person."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._held: People = {}

    def read(self) -> People:
        """Everyone, the damaged too; only new or changed folders are read, and damaged ones again."""
        found: People = {}
        for person_id, revision in dict(self._folders()).items():  # of several of one person the newest
            known = Person("", id=person_id, revision=revision)
            before, stamp = self._held.get(person_id), self._stamp_of(known)
            whole = before is not None and before.stamp == stamp and not before.why
            now = before if before is not None and whole else self._read_folder(known, stamp, before)
            if now.why and not (self.root / known.version).is_dir():
                return self.read()  # she was forgotten, or changed, while we looked
            if now.why and (before is None or before.why != now.why):
                _log.warning("people store: '%s' is left out: %s", now.name, now.why)
            found[person_id] = now
        self._held = dict(sorted(found.items(), key=lambda item: (item[1].person.created, name_key(item[1].name))))
        return self._held

    def superseded(self) -> list[Path]:
        """Folders in whose place is a newer one of the same person, left by a process that was killed in between."""
        folders = self._folders()
        newest = dict(folders)
        older = [Person("", id=one, revision=revision) for one, revision in folders if revision < newest[one]]
        return [self.root / person.version for person in older]

    def _folders(self) -> list[tuple[str, int]]:
        """Id and revision of each folder, a person's newest one last."""
        try:
            names = [entry.name for entry in os.scandir(self.root) if entry.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise PeopleError(f"can't be read ({error.strerror}).", subject=str(self.root)) from error
        found = filter(None, map(_FOLDER.match, names))
        return sorted((one[1], int(one[2] or 0)) for one in found)

    def _stamp_of(self, known: Person) -> Stamp:
        try:
            stat = os.stat(self.root / known.version / exchange.CONFIG)
            return stat.st_mtime_ns, stat.st_size, stat.st_ino
        except OSError:
            return 0, 0, 0  # reading it will tell why

    def _read_folder(self, known: Person, stamp: Stamp, before: StoredPerson | None) -> StoredPerson:
        """The person in a folder, or why she can't be read, with her names as far as they can, or were `before`."""
        folder = self.root / known.version
        if before is not None:
            known = replace(known, **{key: getattr(before.person, key) for key in _NAMED_BY})
        try:
            config = exchange.decode_config(private.read(folder / exchange.CONFIG))
            known = replace(known, **{key: config[key] for key in _NAMED_BY})
            paths = [folder / name for name in (exchange.CONFIG, exchange.TENSORS, exchange.THUMBNAIL)]
            files = {path.name: private.read(path) for path in paths if path.exists()}
            person, size = exchange.decode(files, own=True), sum(map(len, files.values()))
            return StoredPerson(stamp, replace(person, id=known.id, revision=known.revision, bytes_on_disk=size))
        except LockedError:
            raise
        except Exception as error:  # whatever is wrong with one person, the others answer
            return StoredPerson(stamp, known, str(error) or type(error).__name__)

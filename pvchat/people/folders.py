"""People's folders as people: a row of the index in, the `Person` out, read from disk once as long as nothing changed.

What is handed out is a copy in everything but the arrays' numbers, so that nobody changes what the memory holds. A
`Snapshot` is everyone at one moment: what one question is answered with.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pvchat.errors import LockedError
from pvchat.people import exchange
from pvchat.people.index import IndexedPeople, IndexedPerson, damaged_person
from pvchat.people.person import Person
from pvchat.storage import private

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """Everyone as the store held them at one moment, first enrolled first."""

    names: tuple[str, ...] = ()  # everyone's, theirs too whose files are damaged
    aliases: dict[str, str] = field(default_factory=dict)  # alias -> name
    people: tuple[Person, ...] = ()  # all whose files are whole
    damaged: dict[str, str] = field(default_factory=dict)  # whose aren't, by name (or folder), with the reason

    @property
    def called(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """Names and aliases."""
        return self.names, self.aliases

    def require_whole(self, names: Iterable[str]) -> None:
        """Raise PeopleError where one of these people's files is damaged."""
        for name in names:
            if reason := self.damaged.get(name):
                raise damaged_person(name, reason)


class PersonFolders:
    """The folders below `root`, one a person."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._loaded: dict[IndexedPerson, Person | str] = {}  # a str says why she can't be read

    def keep_only(self, rows: IndexedPeople) -> None:
        """Drop from memory whoever has no such row any more."""
        self._loaded = {row: held for row, held in list(self._loaded.items()) if rows.get(row.id) == row}

    def load(self, row: IndexedPerson) -> Person | None:
        """The person of a row, from memory when her config hasn't changed; None when gone or damaged."""
        person = self._loaded.get(row)
        if not isinstance(person, Person):
            before, person = person, self._person_in(row)
            if isinstance(person, str) and not (self.root / row.id).is_dir():
                return None  # removed while we looked
            self._loaded[row] = person
            if isinstance(person, str):
                if person != before:
                    _log.warning("people store: '%s' is left out: %s", row.name, person)
                return None
        aliases, arrays, extra = list(person.aliases), dict(person.arrays), copy.deepcopy(person.extra)
        return replace(person, aliases=aliases, arrays=arrays, extra=extra)

    def damaged(self) -> dict[str, str]:
        """By id, why a folder that was looked into can't be read."""
        return {row.id: why for row, why in self._loaded.items() if isinstance(why, str)}

    def __len__(self) -> int:
        return len(self._loaded)

    def _person_in(self, row: IndexedPerson) -> Person | str:
        """The person in a folder, or why she can't be read."""
        paths = [self.root / row.id / name for name in (exchange.CONFIG, exchange.TENSORS, exchange.THUMBNAIL)]
        try:
            files = {path.name: private.read(path) for path in paths if path.exists()}
            person = exchange.decode(files, own=True)
        except LockedError:
            raise
        except Exception as error:  # whatever is wrong with one person, the others answer
            return str(error) or type(error).__name__
        return replace(person, id=row.id, bytes_on_disk=sum(map(len, files.values())))

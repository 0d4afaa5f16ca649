"""Two enrollments made one, and two again.

In: a `Desk`, names. Out: people. What was merged last is remembered in memory only, as long as the server runs, and
goes when anybody of it is forgotten.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pvchat.errors import PeopleError
from pvchat.people.person import Person, name_key
from pvchat.people.store import PeopleStore

if TYPE_CHECKING:
    from pvchat.service import PVChat

MOST = 5  # merges that can be undone


@dataclass(frozen=True)
class Join:
    """One merge: both as they were, and the id of what came of it."""

    kept: Person
    gone: Person
    made: str


class Joins:
    """The merges of one server that can be undone."""

    def __init__(self) -> None:
        self._last: list[Join] = []
        self._lock = threading.Lock()

    def merge(self, chat: PVChat, name: str, other: str) -> Person:
        """Two enrollments become one; raises what `PVChat.merge` raises."""
        kept, gone = chat.people.get(name), chat.people.get(other)
        merged = chat.merge(name, other)
        with self._lock:
            self._last = [*self._last, Join(kept, gone, merged.id)][-MOST:]
        return merged

    def last(self, people: PeopleStore) -> Join | None:
        """The newest merge whose result is as it was made; the others can't be undone any more."""
        with self._lock:
            there = {(person.id, person.name) for person in people.all()}
            self._last = [join for join in self._last if (join.made, join.kept.name) in there]
            return self._last[-1] if self._last else None

    def undo(self, people: PeopleStore, made: str = "") -> Join:
        """Make two of the last merged one, each as she was.

        Args:
            people: everyone enrolled.
            made: id of what came of the merge that is meant; "" for whichever was last.

        Raises:
            PeopleError: nothing was merged, or what came of it was changed or forgotten since; another was last.
        """
        join = self.last(people)
        if join is None or made not in ("", join.made):
            raise PeopleError("there is no merge to undo.", hint="A merge can be undone until the person is changed.")
        for alias in (join.gone.name, *join.gone.aliases):
            people.unalias(join.kept.name, alias)
        people.add(join.kept, replace=True)
        people.add(join.gone)
        with self._lock:
            self._last = [one for one in self._last if one is not join]
        return join

    def forget(self, name: str) -> None:
        """Drop every merge that somebody is part of."""
        key = name_key(name)
        with self._lock:
            self._last = [j for j in self._last if key not in map(name_key, _names(j))]


def _names(join: Join) -> list[str]:
    return [name for person in (join.kept, join.gone) for name in (person.name, *person.aliases)]

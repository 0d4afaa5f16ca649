"""Merging two enrollments of one person, and undoing that.

In: names. Out: people. The last merges are kept in memory only, while the server runs, and are dropped when somebody in
them is forgotten.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from pvchat.errors import PeopleError
from pvchat.people.person import Person, name_key
from pvchat.people.store import PeopleStore
from pvchat.service import PVChat

MAX_UNDO = 5  # merges that can be undone


@dataclass(frozen=True)
class Merge:
    """One merge: both people as they were, and the version of the result."""

    kept: Person
    gone: Person
    made: str


class Merges:
    """The merges of one server that can be undone."""

    def __init__(self) -> None:
        self._last: list[Merge] = []
        self._lock = threading.Lock()

    def merge(self, chat: PVChat, name: str, other: str) -> Person:
        """Merge two enrollments; raises what `PVChat.merge` raises."""
        kept, gone = chat.people.get(name), chat.people.get(other)
        merged = chat.merge(name, other)
        with self._lock:
            self._last = [*self._last, Merge(kept, gone, merged.version)][-MAX_UNDO:]
        return merged

    def last(self, people: PeopleStore) -> Merge | None:
        """The newest merge whose result is unchanged; the others can't be undone any more."""
        with self._lock:
            there = {(person.version, person.name) for person in people.all()}
            self._last = [merge for merge in self._last if (merge.made, merge.kept.name) in there]
            return self._last[-1] if self._last else None

    def undo(self, people: PeopleStore, made: str = "") -> Merge:
        """Undo the last merge; `made`: the version of the result of the merge that is meant."""
        merge = self.last(people)
        if merge is None or made not in ("", merge.made):
            raise PeopleError("there is no merge to undo.", hint="A merge can be undone until the person is changed.")
        for alias in (merge.gone.name, *merge.gone.aliases):
            people.unalias(merge.kept.name, alias)
        people.add(merge.kept, replace=True)
        people.add(merge.gone)
        with self._lock:
            self._last = [one for one in self._last if one is not merge]
        return merge

    def forget(self, name: str) -> None:
        """Drop every merge that a person is part of."""

        def called(merge: Merge) -> set[str]:
            return {name_key(name) for one in (merge.kept, merge.gone) for name in (one.name, *one.aliases)}

        with self._lock:
            self._last = [merge for merge in self._last if name_key(name) not in called(merge)]

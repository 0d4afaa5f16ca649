"""Everyone at one moment, from one look at the people store: what one question is answered with.

In: names, aliases and people that belong together. Out: the same, and an error for whoever's files are damaged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pvchat.people.index import unreadable
from pvchat.people.person import Person


@dataclass(frozen=True)
class Snapshot:
    """Everyone as the store held them at one moment, first enrolled first.

    Attributes:
        names: everyone's name, theirs too whose files are damaged.
        aliases: everyone's other names: alias -> name.
        people: all whose files are whole.
        damaged: whose files aren't, by name, or by folder where no name is known, with the reason.
    """

    names: tuple[str, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    people: tuple[Person, ...] = ()
    damaged: dict[str, str] = field(default_factory=dict)

    @property
    def called(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """Names and aliases."""
        return self.names, self.aliases

    def require_whole(self, names: Iterable[str]) -> None:
        """Raise PeopleError where one of these people's files is damaged."""
        for name in names:
            if reason := self.damaged.get(name):
                raise unreadable(name, reason)

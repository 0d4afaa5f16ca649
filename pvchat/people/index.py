"""Whose name is whose: who is meant by a name or an id, and whether a name is free.

In: everyone as the folders hold them. Out: somebody of them, or an error that says what is wrong with the name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pvchat.errors import PeopleError, UnknownPersonError
from pvchat.people import naming
from pvchat.people.folders import Held, People
from pvchat.people.person import name_key

MAX_NAMES_IN_HINT = 20
_ID = re.compile(r"[0-9a-f]{32}\Z")


def row_of(rows: People, person: str) -> Held | None:
    """Who has this id, or this name or alias in any spelling, or None; an id comes before a name."""
    return rows.get(person) or holder(rows, person)


def holder(rows: People, name: str, but: Held | None = None) -> Held | None:
    """Whose name or alias this is (other than `but`'s), or None."""
    key = name_key(name)
    return next((row for row in rows.values() if key in row.keys and row != but), None) if key else None


def name_taken(name: str, row: Held) -> PeopleError:
    """The error for a name that a row has already."""
    if name_key(row.name) == name_key(name):
        hint = "Choose another name, or replace the enrolled one."
        return PeopleError(f"'{row.name}' is enrolled already.", subject=name, hint=hint)
    return PeopleError(f"this is an alias of '{row.name}'.", subject=name, hint="Choose another name.")


def require_usable(rows: People, names: Sequence[str], but: Held | None) -> None:
    """Raise PeopleError where one of these names is somebody's (other than `but`'s), or can't be told from a question's
    words. Those that `but` has already are not judged.
    """
    for name in names:
        if taken_by := holder(rows, name, but=but):
            raise name_taken(name, taken_by)
    for name in names:
        if but is None or name not in (but.name, *but.person.aliases):
            naming.require_usable(name)


def unknown_person(name: str, names: Sequence[str]) -> UnknownPersonError:
    """The error for a name that nobody has, or for the id of a person who is gone."""
    if _ID.match(name):
        hint = "Nothing was changed. Look at the list of people again."
        return UnknownPersonError("this person isn't enrolled any more.", subject=name, hint=hint)
    more = f" and {len(names) - MAX_NAMES_IN_HINT} more" if len(names) > MAX_NAMES_IN_HINT else ""
    found = naming.closest_name(name, names)
    enrolled = f"Did you mean {found}? " * bool(found) + f"Enrolled: {', '.join(names[:MAX_NAMES_IN_HINT])}{more}."
    hint = enrolled if names else "Nobody is enrolled yet: `pvchat enroll`."
    return UnknownPersonError("nobody of this name is enrolled.", subject=printable(name), hint=hint)


def printable(name: str) -> str:
    """A name that may be made to harm a terminal, as it can be shown."""
    return name if name.isprintable() and len(name) < 80 else ascii(name)[:80]

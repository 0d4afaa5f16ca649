"""Whom a page means: a person's id, and what the page shows of her. What changed since is not acted upon.

In: people, and the values of lists to pick from. Out: the person as she is stored, or an error that says what changed.
A name alone would not do: she may be called otherwise by now, and somebody else so.
"""

from __future__ import annotations

import json

from pvchat.errors import PeopleError
from pvchat.people.person import Person
from pvchat.people.store import PeopleStore


def pick(person: Person) -> str:
    """The value that stands for a person in a list; another one as soon as anything of her has changed."""
    return json.dumps([person.id, person.name, *person.aliases])


def name_of(picked: str) -> str:
    """The name that the page shows."""
    return str(json.loads(picked)[1])


def picked_person(people: PeopleStore, picked: str | None) -> Person:
    """Who was picked; raises PeopleError where that is nobody, or she isn't as the page shows her any more."""
    if not picked:
        raise PeopleError("nobody is picked.", hint="Pick a person first.")
    person = people.find(json.loads(picked)[0])
    if person is not None and pick(person) == picked:
        return person
    raise _changed(name_of(picked), _name_now(people, picked))


def require_same(people: PeopleStore, name: str, person_id: str | None) -> None:
    """Raise PeopleError where the person who was shown under a name isn't called so any more."""
    now = people.ids().get(person_id or "")
    if now != name:
        raise _changed(name, now)


def current_pick(people: PeopleStore, picked: str | None) -> str | None:
    """The same person's value as of now; None where nobody was picked, or who was isn't enrolled any more."""
    name = _name_now(people, picked) if picked else None
    person = people.find(name) if name else None
    return pick(person) if person else None


def _name_now(people: PeopleStore, picked: str) -> str | None:
    return people.ids().get(json.loads(picked)[0])


def _changed(name: str, now: str | None) -> PeopleError:
    """The error for somebody who isn't as the page shows her."""
    if now is None:
        return PeopleError("isn't enrolled any more. Nothing was done.", subject=name)
    what = "was changed elsewhere" if now == name else f"was renamed to {now} elsewhere"
    return PeopleError(f"{what}. Nothing was done.", subject=name, hint="Look again, then decide.")

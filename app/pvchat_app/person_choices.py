"""Values that stand for people in dropdowns: a person's id with the names that the page shows.

In: people, and values that were picked. Out: the stored person, or an error that says what was changed since the page
was drawn. A name alone would not do: meanwhile the person may have another name, and somebody else this one.
"""

from __future__ import annotations

import json

from pvchat.errors import PeopleError
from pvchat.people.person import Person
from pvchat.people.store import PeopleStore


def choice_value(person: Person) -> str:
    """The value of a person in a dropdown; it is another one as soon as anything of hers changes."""
    return json.dumps([person.id, person.name, *person.aliases, person.version])


def name_of(picked: str) -> str:
    """The name in a picked value."""
    return str(json.loads(picked)[1])


def picked_person(people: PeopleStore, picked: str | None) -> Person:
    """The person who was picked; raises PeopleError if nobody is, or if she was changed since the page was drawn."""
    if not picked:
        raise PeopleError("nobody is picked.", hint="Pick a person first.")
    person_id = json.loads(picked)[0]
    person = people.find(person_id)
    if person is not None and choice_value(person) == picked:
        return person
    raise _changed(name_of(picked), people.ids().get(person_id))


def require_same(people: PeopleStore, name: str, person_id: str | None) -> None:
    """Raise PeopleError if the person who was shown under a name has another one now."""
    now = people.ids().get(person_id or "")
    if now != name:
        raise _changed(name, now)


def current_choice(people: PeopleStore, picked: str | None) -> str | None:
    """The present value of the person who was picked; None if nobody was, or she isn't enrolled any more."""
    person = people.find(json.loads(picked)[0]) if picked else None
    return choice_value(person) if person else None


def _changed(name: str, now: str | None) -> PeopleError:
    """The error for a person who was changed since the page was drawn; `now`: her present name, None if she is gone."""
    if now is None:
        return PeopleError("isn't enrolled any more. Nothing was done.", subject=name)
    what = "was changed elsewhere" if now == name else f"was renamed to {now} elsewhere"
    return PeopleError(f"{what}. Nothing was done.", subject=name, hint="Look again, then decide.")

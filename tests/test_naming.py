"""Names that can't be told from a question's words are refused, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_asked import found
from make_people import make_person

from pvchat.chat.timeline import Entity, Timeline
from pvchat.errors import PeopleError, UnknownPersonError
from pvchat.people import exchange
from pvchat.people.store import PeopleStore


@pytest.fixture
def store(pvchat_home: Path) -> PeopleStore:
    store = PeopleStore()
    store.add(make_person("Michael", 1, aliases=["Ian"]))
    return store


REFUSED = {
    "she": "questions use", "Everyone": "questions use", "VIDEO": "questions use", "nobody": "questions use",
    "No one": "questions use", "who": "questions use", "the man": "questions use", "He and she": "questions use",
    "anyone": "questions use", "What is": "questions use", "There": "questions use", "who's there!": "questions use",
    "\uff57ho": "questions use", "there?": "question mark", "Ben?": "question mark", "\u061f": "punctuation",
    "?": "punctuation", "...": "punctuation", "- _": "punctuation", "$": "punctuation",
    "\u202eevil": "direction", "\u05d0\u200f": "direction", "Be\u200bn": "invisible", "Ben\u2069": "direction",
    "Be\u00adn": "invisible", "Ben\U000e0041": "invisible",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_reason(store: PeopleStore, name: str) -> None:
    store.add(make_person("Cem", 2))
    for call in (
        lambda: store.add(make_person(name, 3)),
        lambda: store.rename("Cem", name),
        lambda: store.alias("Cem", name),
        lambda: store.require_usable(name),
    ):
        with pytest.raises(PeopleError) as caught:
            call()
        assert REFUSED[name] in caught.value.what
        assert caught.value.hint
        assert str(caught.value).isprintable()
    assert store.names() == ["Michael", "Cem"]


@pytest.mark.parametrize("name", ["Will", "May", "An", "Can", "Mark", "Micha", "José", "Jose", "Мария", "Ιωάννης", "Li",
                                  "नि\u200dक्की", "نرگس\u200cسادات", "👩\u200d👧", "Herr Who", "Mamie",
                                  "J. R.", "X", "7", "42", "A.", "O'Brien", "\u674e", "R2-D2", "Will May",
                                  "An Do"])  # fmt: skip
def test_names_that_people_have(store: PeopleStore, name: str) -> None:
    assert store.add(make_person(name, 3)).name


def test_marks_and_pictures_tell_names_apart(store: PeopleStore) -> None:
    for name in ("\u0928\u093f", "\u0928\u0940", "Ana", "Ana \U0001f469", "J. R.", "J. T."):
        assert store.add(make_person(name, 3)).name == name


@pytest.mark.parametrize("name", ["?", "there?", "What is"])
def test_an_imported_name_is_judged_too(store: PeopleStore, tmp_path: Path, name: str) -> None:
    path = exchange.write(make_person(name, 3), tmp_path / "x.pvperson")
    with pytest.raises(PeopleError, match="questions|question mark|punctuation"):
        store.import_(path)
    with pytest.raises(PeopleError, match="questions|question mark|punctuation"):
        store.import_(exchange.write(make_person("Cem", 3), tmp_path / "y.pvperson"), name=name)
    assert store.names() == ["Michael"]


def test_who_has_such_a_name_already_keeps_it(store: PeopleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pvchat.people.store.require_usable", lambda name: None)
        store.add(make_person("She", 3))
    assert PeopleStore().get("she").name == "She"
    assert store.add(store.get("She"), replace=True).name == "She"
    assert store.alias("She", "Sheila").aliases == ["Sheila"]
    store.forget("She")


@pytest.mark.parametrize("question", ["Is Micheal there?", "is micheal there?", "What is Micheal wearing?"])
def test_a_long_misspelt_name_is_taken_and_a_short_one_asked_back(question: str) -> None:
    names = ["Ana", "Michael"]
    there = Timeline(0.0, 9.0, tuple(Entity(name, decision="absent") for name in names))
    (missing,) = found(question, names, there).missing
    assert (missing.name.lower(), missing.why) == ("michael", "absent")  # the answer says of whom it tells
    (missing,) = found("Is Anna there?", names, there).missing
    assert (missing.name, missing.why, missing.suggests) == ("Anna", "not enrolled", "Ana")
    (missing,) = found("Is Zoltan there?", names, there).missing
    assert (missing.name, missing.suggests) == ("Zoltan", "")


def test_the_store_asks_back_too(store: PeopleStore) -> None:
    with pytest.raises(UnknownPersonError, match="Did you mean Michael"):
        store.get("Micheal")


@pytest.mark.parametrize("name", [None, 5, b"Ana"])
def test_a_name_that_is_no_text(store: PeopleStore, name: object) -> None:
    with pytest.raises(PeopleError, match="a name is text"):
        store.add(make_person(name, 3))  # type: ignore[arg-type]

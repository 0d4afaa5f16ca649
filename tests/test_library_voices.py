"""Whose voice is heard in the videos of a library, as people come and go; no weights."""

from __future__ import annotations

from dataclasses import replace

import pytest
from make_people import make_person
from make_studio import ANA, BEN, Studio
from test_voices import heard, known, spoken

from pvchat import PVChat
from pvchat.library import Library
from pvchat.people.person import Person
from pvchat.schemas import Look, Sound, SpokenWord, Utterance


def speakers(library: Library, chat: PVChat) -> list[str]:
    """Who speaks, in order; "" for nobody who is enrolled."""
    library.follow()
    with library._open() as tables:
        refs = dict(tables.execute("SELECT id, ref FROM people"))
        rows = tables.execute("SELECT who FROM facts WHERE attribute = 'speaks' ORDER BY start").fetchall()
    return [chat.people.ids()[refs[who]] if who > 0 else "" for (who,) in rows]


def with_voice(person: Person, voice: int) -> Person:
    return replace(person, arrays={**person.arrays, "voice": known("Any", voice).arrays["voice"]})


@pytest.fixture
def porch(studio: Studio, chat: PVChat) -> Library:
    """One video that shows Ben, in which Ana, whose voice is known, speaks off-screen."""
    chat.people.revise("Ana", lambda one: with_voice(one, 5))
    chat.library.add([studio.clip("2026-11-28 18.00.00", BEN, sound=heard(spoken(1.0, 5, unseen=True)))])
    chat.library.scan()
    return chat.library


def test_who_is_heard_off_screen_is_named(porch: Library, chat: PVChat) -> None:
    assert speakers(porch, chat) == ["Ana"]
    with porch._open() as tables:
        assert tables.execute("SELECT decision FROM appearances WHERE who > 0").fetchall() == [("present",)]  # Ben
    chat.people.rename("Ana", "Anna")
    assert speakers(porch, chat) == ["Anna"]
    assert [quote.names for quote in porch.ask("When does Anna speak?").finding.seen] == [("Anna",)]


def test_one_voice_of_two_that_are_alike_is_known_once_the_other_has_gone(porch: Library, chat: PVChat) -> None:
    chat.people.add(with_voice(make_person("Ana again", 9), 5))
    assert speakers(porch, chat) == [""]
    chat.people.forget("Ana again")
    assert speakers(porch, chat) == ["Ana"]


def test_what_was_not_heard_yet_when_she_was_forgotten_never_is(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = Sound("heard", (Utterance(0.2, 0.6, (SpokenWord("marzipan", 0.2, 0.6),), 1),))
    states = [Sound("unfetched"), sound]
    monkeypatch.setattr(type(chat), "listen", lambda _, clip, seen: Look(replace(seen.analysis, sound=states[0])))
    library = chat.library
    library.add([studio.clip("2026-11-28 18.00.00", ANA, BEN)])
    library.scan()
    chat.people.forget("Ana")
    del states[0]
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda **_: [])
    assert library.scan().added == 0
    with library._open() as tables:
        assert tables.execute("SELECT count(*) FROM facts WHERE attribute = 'says'").fetchone() == (0,)

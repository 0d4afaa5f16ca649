"""Whatever is done to a person can be bound to her, not to her name: another page may have renamed her meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from make_people import make_person
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.errors import UnknownPersonError
from pvchat.people.corrections import without_correction
from pvchat.people.person import Person
from pvchat.people.store import PeopleStore

Act = Callable[[PVChat, str, Path], Any]
ACTIONS: dict[str, Act] = {
    "rename": lambda chat, who, clip: chat.people.rename(who, "Penny B"),
    "alias": lambda chat, who, clip: chat.people.alias(who, "Pen"),
    "export": lambda chat, who, clip: chat.people.export(who, clip.with_suffix(".pvperson")),
    "forget": lambda chat, who, clip: chat.forget(who),
    "merge": lambda chat, who, clip: chat.merge(who, "Ben"),
    "merge into": lambda chat, who, clip: chat.merge("Ben", who),
    "correct": lambda chat, who, clip: chat.correct(who, clip, False),
    "corrections": lambda chat, who, clip: chat.corrections(who),
    "undo": lambda chat, who, clip: chat.people.revise(who, lambda one: without_correction(one, 1)),
    "revise": lambda chat, who, clip: chat.people.revise(who, lambda one: one),
}


def everybody(chat: PVChat) -> list[tuple[str, list[str], str]]:
    return [(one.name, one.aliases, one.id) for one in chat.people.all()]


@pytest.mark.parametrize("what", ACTIONS)
def test_who_is_gone_is_not_taken_for_whoever_has_her_name_now(studio: Studio, chat: PVChat, what: str) -> None:
    shown, clip = chat.people.get("Ana").id, studio.clip("new", ANA)
    PeopleStore().forget("Ana")
    PeopleStore().add(make_person("Ana", 5))
    before = everybody(chat)
    with pytest.raises(UnknownPersonError, match="isn't enrolled any more"):
        ACTIONS[what](chat, shown, clip)
    assert everybody(chat) == before


def test_she_keeps_her_id_whatever_she_is_called_and_whatever_is_said_of_her(studio: Studio, chat: PVChat) -> None:
    ana = chat.people.get("Ana")
    PeopleStore().rename("Ana", "Penny")
    PeopleStore().rename("Ben", "Ana")
    chat.correct(ana.id, studio.clip("new", BEN), False, track=1)
    changed = chat.people.get("Penny")
    assert (changed.id, changed.version) == (ana.id, f"{ana.id}.1")
    assert [len(chat.corrections(one)) for one in (ana.id, "Penny", "Ana")] == [1, 1, 0]
    chat.people.revise(ana.id, lambda one: without_correction(one, 1))
    assert chat.people.rename(ana.id, "Eve").name == "Eve"
    assert chat.merge(ana.id, chat.people.get("Ana").id).aliases == ["Ana"]
    chat.forget(ana.id)
    assert chat.people.names() == []


def test_a_correction_finds_whom_it_was_about_though_she_is_renamed_while_the_clip_is_looked_at(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = chat.analyse

    def renamed_meanwhile(clip: Path) -> Any:
        PeopleStore().rename("Ana", "Penny")
        PeopleStore().rename("Ben", "Ana")
        return look(clip)

    monkeypatch.setattr(chat, "analyse", renamed_meanwhile)
    chat.correct("Ana", studio.clip("new", BEN), False, track=1)
    assert [len(chat.corrections(name)) for name in ("Penny", "Ana")] == [1, 0]


def test_an_id_is_nobodys_name(pvchat_home: Path) -> None:
    store = PeopleStore()
    ana = store.add(make_person("Ana", 1))
    store.add(Person(ana.id, arrays=make_person("Eve", 2).arrays))
    assert store.get(ana.id).id == ana.id
